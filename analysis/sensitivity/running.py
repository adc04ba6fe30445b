"""The runs of a design, through the store like those of any experiment, and the outcomes of its points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.assumptions import Assumption, values_at
from analysis.engines import Engine, engine_for
from analysis.experiment import Cell, Plan, Varied, carry_out, first_failure, plan_runs
from analysis.experiment_schema import TWIN
from analysis.identity import hash_of_keys
from analysis.sensitivity.design import Design
from analysis.store import Memory, Store
from analysis.variants import Point, vary_park

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

MEASURES = ("private_investment", "public_outlay", "vitality", "vitality_core", "welfare")
OUTCOMES = {
    "private_investment": "EUR", "public_outlay": "EUR", "net_private": "EUR", "vitality": "0-100", "vitality_core": "0-100",
    "social_balance": "EUR",
}  # fmt: skip
"""Outcomes -> unit. ``net_private``: private less public euros."""
LEAST_GROUPS = 2

Progress = Callable[[int, int], None]


class Contrast(NamedTuple):
    """One strategy less another, or less the twin."""

    first: str
    second: str = TWIN

    @property
    def key(self) -> str:
        """A name for tables."""
        return f"{self.first}-{self.second}"


@dataclass(frozen=True)
class Answers:
    """What the model gives at the points of a design.

    Attributes
    ----------
    design
        Only the groups of which every run was made.
    strategies
        Names, the twin first.
    measures : float64, (groups, points, strategies, seeds, measures)
        In the order of :data:`MEASURES`.
    left_out
        Number of groups that are left out because a run of theirs failed.
    receipt
        Hash of the keys of all runs.
    """

    design: Design
    strategies: tuple[str, ...]
    measures: np.ndarray
    left_out: int
    receipt: str

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Each strategy less the twin, and the first less the second."""
        first, second = self.strategies[1:]
        return Contrast(first, second), Contrast(first), Contrast(second)

    def values(self, contrast: Contrast, outcome: str) -> np.ndarray:
        """Return an outcome of a contrast: float64, (groups, points, seeds), paired seed by seed."""
        first, second = (self.measures[:, :, self.strategies.index(name)] for name in contrast)
        differences = first - second
        if outcome == "net_private":
            return np.asarray(differences[..., 0] - differences[..., 1])
        return np.asarray(differences[..., MEASURES.index("welfare" if outcome == "social_balance" else outcome)])


def run_design(
    scenario: Scenario,
    strategies: Sequence[Strategy],
    chosen: Sequence[Assumption],
    design: Design,
    seeds: int,
    *,
    store: Store | Memory | None = None,
    engine: Engine | None = None,
    quarters: int | None = None,
    progress: Progress | None = None,
    tell: Progress | None = None,
    least: int = LEAST_GROUPS,
) -> Answers:
    """Run two strategies and the twin at every point of a design.

    Parameters
    ----------
    scenario
        The park; the values of a point go over its own.
    strategies
        Two, with different names, that do something.
    chosen
        The factors of the design, in its order.
    seeds
        Futures per point, 1 or more.
    store
        Where runs are kept and found again; in memory if None.
    engine
        Where they are made; a process a core if None.
    quarters
        Length of a run; as the park says if None.
    progress, tell
        As :func:`analysis.experiment.run_pairs` has them.
    least
        Number of groups of which every run is needed.

    Raises
    ------
    ValueError
        If there are not two such strategies.
    RunFailed
        If so many runs failed that fewer groups than the least are whole.
    """
    from sim.inputs.strategy import load_strategy

    names = [strategy.name for strategy in strategies]
    if len(set(names)) != 2 or any(strategy.approach == "none" for strategy in strategies):
        raise ValueError(f"two different strategies that do something are needed, not {', '.join(names) or 'none'}")
    place = store if store is not None else Memory()
    plan = _plan(scenario, [load_strategy(TWIN), *strategies], chosen, design, seeds, quarters)
    todo = len(plan.missing(place.known()))
    if tell is not None:
        tell(len(plan.keys) - todo, todo)
    carry_out(plan, place, engine or engine_for(None, None, todo), progress, keep_design=False)
    return _read(plan, place, (TWIN, *names), design, seeds, least)


def _plan(
    scenario: Scenario, strategies: Sequence[Strategy], chosen: Sequence[Assumption], design: Design, seeds: int,
    quarters: int | None,
) -> Plan:
    """List the runs of a design; every group and luck has seeds of its own."""
    number, lucks = design.places.shape[1], design.other_luck
    # Without the values in the table: two hundred columns for every run. They follow from the design.
    cells = [
        Cell(point, {}, park, strategy, seed)
        for group, rows in enumerate(design.places)
        for k, row in enumerate(rows)
        for point in (group * number + k,)
        for park in (Varied(scenario, Point(point, values_at(chosen, row[:-1])), vary_park),)
        for strategy in strategies
        for seed in design.seeds(group, bool(lucks[group, k]), seeds)
    ]
    return plan_runs("sensitivity", cells, sorted({cell.seed for cell in cells if cell.seed is not None}), quarters=quarters)


def _read(
    plan: Plan, store: Store | Memory, names: tuple[str, ...], design: Design, seeds: int, least: int
) -> Answers:
    rows = plan.design.assign(place=plan.design["strategy"].map(names.index)).sort_values(["point", "place", "seed"])
    found = store.runs(plan.keys)
    groups, points = design.places.shape[:2]
    measures = np.full((len(rows), len(MEASURES)), np.nan)
    if len(found):
        measures = found.reindex(rows["run"])[list(MEASURES)].to_numpy(float)
    measures = measures.reshape(groups, points, len(names), seeds, len(MEASURES))
    whole = np.isfinite(measures).all(axis=(1, 2, 3, 4))
    if whole.sum() < min(least, groups):
        raise first_failure(rows["run"], store)
    return Answers(Design(design.places[whole]), names, measures[whole], int((~whole).sum()), hash_of_keys(plan.keys))
