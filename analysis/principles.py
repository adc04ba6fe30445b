"""The six guiding principles taken apart: every combination on the same seeds, effects and interactions.

A full factorial of 2**6 strategies that differ in nothing but the six switches. The *main effect* of a principle is the
mean difference between on and off over the 32 combinations of the others; *taken away* is what all six lose when this one
goes; an *interaction* is half the difference of one principle's effect with and without another. All are computed per
seed, so they are paired, and averaged with an interval over seeds. Source: Montgomery, Design and Analysis of
Experiments, ch. 6 (2**k factorials); Holm (1979) for the fifteen interactions together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.effects import adjusted_p_values
from analysis.experiment import TWIN, Runs
from analysis.statistics import Estimate, additional_multiplier, few_seeds_note, mean_with_interval

PRINCIPLES = ("interests", "societal_value", "flexibility", "tailored_roles", "sharp_choices", "exit")
OUTCOMES = {
    "vitality": "0-100", "social_balance": "EUR, present value against the twin", "private_investment": "EUR",
    "public_outlay": "EUR", "opportunities_realised": "number",
}  # fmt: skip
ALL = "p" + "1" * 6


def combination_names() -> list[str]:
    """Return the names of the 64 combinations: ``p`` and a digit per principle, 1 is on; all on first."""
    return ["p" + "".join(bits) for bits in product("10", repeat=len(PRINCIPLES))]


def signs(names: list[str]) -> np.ndarray:
    """Return +1 where a combination has a principle on and -1 where off, (combinations, principles)."""
    return np.array([[1.0 if bit == "1" else -1.0 for bit in name[1:]] for name in names])


def main_effects(values: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Return the main effect of each principle per seed, (seeds, principles).

    Parameters
    ----------
    values : float64, (seeds, combinations)
        One outcome.
    design : float64, (combinations, principles)
        As :func:`signs` gives it, every combination once.
    """
    return values @ design * (2.0 / design.shape[0])


def interactions(values: np.ndarray, design: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """Return the two-way interactions per seed: pair of principles to float64 (seeds,)."""
    half = 2.0 / design.shape[0]
    return {
        (a, b): values @ (design[:, a] * design[:, b]) * half for a, b in combinations(range(design.shape[1]), 2)
    }


def holm(p_values: np.ndarray, level: float = 0.05) -> np.ndarray:
    """Return which of several tests reject when the chance of one false alarm in all is kept below ``level`` (Holm)."""
    return np.array(adjusted_p_values(p_values.tolist())) <= level


@dataclass(frozen=True)
class Ablation:
    """What the 64 combinations say about the six principles.

    Attributes
    ----------
    runs
        Of all combinations and the twin.
    strategy
        Name of the strategy whose switches were turned.
    """

    runs: Runs
    strategy: str

    @cached_property
    def names(self) -> list[str]:
        """The combinations."""
        return combination_names()

    @cached_property
    def design(self) -> np.ndarray:
        """Signs of the combinations."""
        return signs(self.names)

    def values(self, outcome: str) -> np.ndarray:
        """Return one outcome of every combination, float64, (seeds, combinations)."""
        if outcome == "social_balance":
            twin = self.runs.values(TWIN, "welfare")
            return np.column_stack([self.runs.values(name, "welfare") - twin for name in self.names])
        return np.column_stack([self.runs.values(name, outcome) for name in self.names])

    @cached_property
    def main(self) -> dict[str, dict[str, Estimate]]:
        """Outcome to principle to main effect."""
        found: dict[str, dict[str, Estimate]] = {}
        for outcome, unit in OUTCOMES.items():
            effects = main_effects(self.values(outcome), self.design)
            found[outcome] = {name: mean_with_interval(effects[:, k], unit) for k, name in enumerate(PRINCIPLES)}
        return found

    @cached_property
    def taken_away(self) -> dict[str, dict[str, Estimate]]:
        """Outcome to principle to what all six together lose when this one is switched off (all on minus all but it)."""
        found: dict[str, dict[str, Estimate]] = {}
        for outcome, unit in OUTCOMES.items():
            values = self.values(outcome)
            everything = values[:, self.names.index(ALL)]
            found[outcome] = {
                name: mean_with_interval(everything - values[:, self.names.index(without(k))], unit)
                for k, name in enumerate(PRINCIPLES)
            }
        return found

    @cached_property
    def multipliers(self) -> dict[str, Estimate]:
        """Additional multiplier of all six, and of all but each (key: the principle left out)."""
        return {"all": self._multiplier(ALL)} | {name: self._multiplier(without(k)) for k, name in enumerate(PRINCIPLES)}

    def _multiplier(self, name: str) -> Estimate:
        return additional_multiplier(
            self.runs.values(name, "private_investment"), self.runs.values(name, "public_outlay"),
            self.runs.values(TWIN, "private_investment"), self.runs.values(TWIN, "public_outlay"), self.runs.gross_ha,
        )  # fmt: skip

    @cached_property
    def interactions(self) -> dict[str, dict[tuple[str, str], tuple[Estimate, bool]]]:
        """Outcome to pair to (interaction, whether it stands after Holm's correction over the fifteen)."""
        found: dict[str, dict[tuple[str, str], tuple[Estimate, bool]]] = {}
        for outcome in ("vitality", "social_balance"):
            pairs = interactions(self.values(outcome), self.design)
            p_values = np.array([_p_value(values) for values in pairs.values()])
            stands = holm(p_values)
            found[outcome] = {
                (PRINCIPLES[a], PRINCIPLES[b]): (mean_with_interval(values, OUTCOMES[outcome]), bool(stands[k]))
                for k, ((a, b), values) in enumerate(pairs.items())
            }
        return found

    def combinations(self) -> pd.DataFrame:
        """Return the mean outcomes of the 64 combinations, one row each."""
        frame = pd.DataFrame({outcome: self.values(outcome).mean(axis=0) for outcome in OUTCOMES}, index=self.names)
        for k, name in enumerate(PRINCIPLES):
            frame.insert(k, name, self.design[:, k] > 0)
        frame.index.name = "combination"
        return frame

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, in the documented form (``docs/data.md``)."""
        return {
            "park": self.runs.park, "strategy": self.strategy, "seeds": len(self.runs.seeds),
            "quarters": self.runs.quarters, "note": few_seeds_note(len(self.runs.seeds)),
            "main_effects": _estimates(self.main), "taken_away": _estimates(self.taken_away),
            "multiplier_additional": {name: found.to_json() for name, found in self.multipliers.items()},
            "interactions": {
                outcome: [
                    {"principles": list(pair), **found.to_json(), "stands": stands}
                    for pair, (found, stands) in pairs.items()
                ]
                for outcome, pairs in self.interactions.items()
            },
        }  # fmt: skip

    def plot(self, language: str = "en") -> Any:
        """Draw the main effects on vitality and social balance with their intervals (a matplotlib Figure)."""
        from analysis.figures import principle_effects

        return principle_effects(self, language)


def without(principle: int) -> str:
    """Return the combination of all principles but one."""
    return "p" + "".join("0" if k == principle else "1" for k in range(len(PRINCIPLES)))


def _p_value(values: np.ndarray) -> float:
    """Return the two-sided p-value of a mean of zero (t test over seeds); 1 where nothing varies."""
    if values.size < 2 or float(np.ptp(values)) == 0.0:
        return 1.0
    return float(stats.ttest_1samp(values, 0.0).pvalue)


def _estimates(found: Mapping[str, Mapping[str, Estimate]]) -> dict[str, Any]:
    return {outcome: {name: estimate.to_json() for name, estimate in row.items()} for outcome, row in found.items()}
