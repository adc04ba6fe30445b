"""What strategies bring in which futures: every strategy against its twin, on the same assumptions and seeds.

The futures of the search, those on which its front is judged again, and those from which numbers are reported have no seed
and no set of assumptions in common. Within each of them all strategies meet the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from analysis.engines import Engine
from analysis.experiment import Cell, Varied, carry_out, first_failure, plan_runs
from analysis.store import Memory, Store
from analysis.variants import Point, vary_park
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy, load_strategy

PRIVATE, PUBLIC, VITALITY, BALANCE, OUTLAY = range(5)
"""Along the last axis of outcomes: private and public euros, vitality and welfare beyond the twin's; public outlay itself."""
_MEASURES = ("private_investment", "public_outlay", "vitality", "welfare")


class Futures(NamedTuple):
    """In which futures strategies are tried: every set of assumptions with every seed."""

    sets: tuple[Mapping[str, Any], ...]
    seeds: tuple[int, ...]

    @property
    def runs(self) -> int:
        """Number of runs of one strategy."""
        return len(self.sets) * len(self.seeds)


Evaluate = Callable[[Sequence[Strategy], Futures], np.ndarray]
"""Strategies and futures to outcomes, float64, (strategies, sets, seeds, 5)."""


class Stages(NamedTuple):
    """The three lots of futures: to search on, to judge the front on, and to report from."""

    search: Futures
    judge: Futures
    report: Futures


def draw_stages(seeds: int, fresh: int, sets: int | None = None) -> Stages:
    """Return three lots of futures without anything in common.

    Parameters
    ----------
    seeds
        Of the search (of each set of assumptions, where there are sets).
    fresh
        Futures for the second and for the third lot each.
    sets
        Sets of assumptions of the search: a Latin hypercube over the plausible ranges (``analysis/assumptions.py``). The
        other lots have ``fresh // seeds`` sets. None: the park's own assumptions, and chance alone.
    """
    if sets is None:
        lots = [(1, seeds), (1, fresh), (1, fresh)]
    else:
        lots = [(sets, seeds), (fresh // seeds, seeds), (fresh // seeds, seeds)]
    first, found = 1, []
    for number, (many, each) in enumerate(lots):
        assumed = ({},) if sets is None else draw_sets(many, number)
        found.append(Futures(assumed, tuple(range(first, first + each))))
        first += each
    return Stages(*found)


def draw_sets(n: int, number: int) -> tuple[Mapping[str, float], ...]:
    """Return ``n`` sets of all assumptions, by dotted name: a Latin hypercube over their ranges, another per ``number``."""
    from scipy.stats import qmc

    from analysis.assumptions import assumptions, values_at

    chosen = assumptions()
    places = qmc.LatinHypercube(len(chosen), rng=np.random.default_rng([0x0B71, number])).random(n)
    return tuple(values_at(chosen, row) for row in places)


@dataclass
class Runner:
    """Makes runs on one park, as far as a store does not hold them: an :data:`Evaluate`.

    Attributes
    ----------
    park
        As its file has it.
    store, engine
        Where runs are kept and made.
    progress
        Called with the number of runs that are done or were there, twins not counted.
    """

    park: Scenario
    store: Store | Memory
    engine: Engine
    progress: Callable[[int], None] | None = None
    done: int = 0

    def __call__(self, strategies: Sequence[Strategy], futures: Futures) -> np.ndarray:
        """Return what strategies bring beyond their twin, float64, (strategies, sets, seeds, 5).

        Raises
        ------
        RunFailed
            If a run raised: a front over what happened not to fail would be no front.
        """
        chosen = [load_strategy("none"), *strategies]
        cells = []
        for number, values in enumerate(futures.sets):
            park = Varied(self.park, Point(number, values), vary_park) if values else self.park
            cells += [Cell(number, {}, park, strategy) for strategy in chosen]
        plan = plan_runs("optimise", cells, futures.seeds)

        most = futures.runs * len(strategies)

        def report(done: int, _: int) -> None:
            if self.progress is not None:
                self.progress(self.done + min(done, most))

        carried = carry_out(plan, self.store, self.engine, report, keep_design=False)
        if len(carried.failed):
            raise first_failure(plan.design["run"], self.store)
        self.done += most
        report(0, 0)
        found = self.store.runs(plan.keys).loc[plan.design["run"], list(_MEASURES)].to_numpy(float)
        # The design lists cell by cell, and within a cell seed by seed.
        cube = found.reshape(len(futures.sets), len(chosen), len(futures.seeds), len(_MEASURES))
        beyond = cube[:, 1:] - cube[:, :1]
        outcomes = np.concatenate([beyond, cube[:, 1:, :, PUBLIC, None]], axis=3)
        return np.ascontiguousarray(outcomes.transpose(1, 0, 2, 3))
