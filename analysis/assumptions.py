"""The assumptions of the model that might be otherwise, and between which values each of them may plausibly lie.

Every parameter whose mark is R (recalled) or J (a judgement) is an assumption; so are those worked out from figures (C)
for which a range is known. Parameters read in a source (S) are not, nor are the switches, which turn a part of the model
off and are compared as structures (``analysis/structure/``). The range within which a parameter *may* be set
(``sim/inputs/parameters.py``) is far wider than what is plausible: a chance may be anything from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from sim.inputs.parameters import PARAMETERS, Parameter

SPREAD = 0.5
"""A parameter without a range of its own lies between half and one and a half times its default (J)."""

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "growth_mean": (-0.02, 0.027),  # S21
    "closure_rate": (0.02, 0.07),  # C on S83,S81
    "premises_life": (100.0, 200.0),  # C on S23: building life of 40-70 years at usual maintenance
    "half_distance": (150.0, 600.0),  # R
    "substitution": (0.1, 1.0),  # mechanics C1: from near Cobb-Douglas to a plain sum
    "beta": (0.05, 0.45),
    "chi": (0.05, 0.45),
    "theta": (0.05, 0.20),  # hurdle of 10-20 per cent, S13,S88,S89
    "phi": (1.0, 7.0),  # value over cost that triggers, 1.05-2.0 (S93 low, R)
    "build_cost": (590.0, 1_100.0),  # S47 low, R high
    "floor_space_index": (0.28, 0.60),  # C
    "rent_yield": (0.065, 0.10),  # R
    "stall_chance": (0.2, 0.4),  # S80
    "value_neighbours": (0.0, 0.30),  # S95 cap, S96 low
    "displacement": (0.2, 0.8),  # R
    "overrun_size": (0.2, 1.0),
    "trust_start": (0.2, 0.6),
    "prospect_rate": (0.10, 0.50),  # mechanics C10 has 0.13 prospects that settle half the time, all on one market
    "builds_elsewhere": (0.2, 0.8),
}
"""Ranges that a source or the design gives, by parameter; marks and codes as in ``docs/parameters.md``."""

_WHOLE = {"rounds", "links", "parties", "talks"}  # units that are counted
_NOT_YET = {"clover_rho"}  # does nothing while the switch that it belongs to is off


@dataclass(frozen=True)
class Assumption:
    """One parameter that might be otherwise.

    Attributes
    ----------
    parameter : Parameter
        As the model has it.
    low, high : float
        Ends of the plausible range, in the parameter's unit.
    """

    parameter: Parameter
    low: float
    high: float

    @property
    def name(self) -> str:
        """Name as a factor of an experiment: ``parameters.beta``."""
        return f"parameters.{self.parameter.name}"

    def value_at(self, place: float) -> float:
        """Return the value at a place in the range, 0 (low) to 1 (high); whole where the parameter is counted."""
        value = self.low + float(place) * (self.high - self.low)
        return float(math.floor(value + 0.5)) if self.parameter.unit in _WHOLE else value


@cache
def assumptions() -> tuple[Assumption, ...]:
    """Return every assumption, in the order of the table of parameters."""
    return tuple(_assumption(p) for p in PARAMETERS if _is_assumption(p))


def named_assumptions(names: Sequence[str]) -> tuple[Assumption, ...]:
    """Return the assumptions of these names (``beta`` or ``parameters.beta``), in that order.

    Raises
    ------
    KeyError
        If one is no assumption.
    """
    known = {assumption.parameter.name: assumption for assumption in assumptions()}
    return tuple(known[name.removeprefix("parameters.")] for name in names)


def values_at(chosen: Sequence[Assumption], places: np.ndarray) -> dict[str, float]:
    """Return what a row of places (0-1), one per assumption, sets: dotted name to value."""
    return {assumption.name: assumption.value_at(place) for assumption, place in zip(chosen, places, strict=True)}


def _is_assumption(parameter: Parameter) -> bool:
    if parameter.unit == "switch" or parameter.name in _NOT_YET:
        return False
    return parameter.mark in ("R", "J") or parameter.name in PLAUSIBLE


def _assumption(parameter: Parameter) -> Assumption:
    ends = PLAUSIBLE.get(parameter.name)
    if ends is None:
        ends = sorted(((1.0 - SPREAD) * parameter.default, (1.0 + SPREAD) * parameter.default))
        if parameter.unit in _WHOLE:
            ends = (math.floor(ends[0] + 0.5), math.floor(ends[1] + 0.5))
    return Assumption(parameter, max(ends[0], parameter.low), min(ends[1], parameter.high))


__all__ = ["PLAUSIBLE", "SPREAD", "Assumption", "assumptions", "named_assumptions", "values_at"]
