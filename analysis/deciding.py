"""Seeds until it is decided which strategy is best: a selection (``selection.py``) fed by the engine.

Each round makes only the seeds that are still wanted, of the strategies that are still in; what the store holds is not
made again. The choice is the same on any number of workers, since seeds are looked at in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.engines import Engine
from analysis.experiment import Runs, carry_out, collect, first_failure, plan_experiment
from analysis.experiment_schema import TWIN, Experiment
from analysis.selection import CONFIDENCE, Selection, Verdict, seeds_needed
from analysis.store import Memory, Store
from sim.inputs.scenario import Scenario

SMALLEST: dict[str, float] = {
    "vitality": 1.0, "vitality_core": 1.0, "social_balance": 1_000_000.0, "private_investment": 1_000_000.0,
    "jobs": 10.0, "opportunities_realised": 0.5,
}  # fmt: skip
"""Outcomes that a choice can be made on (more is better, every run has them), with the smallest difference that matters
where the user does not say: a judgement. A multiplier is none of them: a ratio of sums has no value per seed."""
FIRST = 50  # outcomes in euros are skewed: see analysis/selection.py
BATCH, SHARE = 20, 0.2  # seeds added at a time: so many, or this share of those there are; the choice does not depend on it
BUDGET = 20_000  # runs, over all strategies of a park


@dataclass(frozen=True)
class Decision:
    """Which strategy is best on a park, and what that rests on.

    Attributes
    ----------
    park, outcome
        Where, and on what.
    verdict
        What the selection came to.
    means
        Mean of the outcome by strategy, over the seeds that each had.
    runs
        Runs that were needed, twins included.
    budget
        Runs that were allowed.
    """

    park: str
    outcome: str
    verdict: Verdict
    means: dict[str, float]
    runs: int
    budget: int

    @property
    def common_seeds(self) -> int:
        """Seeds that every strategy has."""
        return min(self.verdict.seeds.values())

    def to_json(self) -> dict[str, Any]:
        """Return the decision as plain values."""
        return {"park": self.park, "outcome": self.outcome, **self.verdict.to_json(), "means": self.means,
                "runs": self.runs, "budget": self.budget}  # fmt: skip


def values_of(runs: Runs, outcome: str) -> dict[str, np.ndarray]:
    """Return an outcome by strategy, float64, (seeds,); the social balance is that against the twin."""
    if outcome != "social_balance":
        return {name: runs.values(name, outcome) for name in runs.strategies}
    twin = runs.values(TWIN, "welfare")
    return {name: runs.values(name, "welfare") - twin for name in runs.strategies}


def decide(
    experiment: Experiment,
    park: Scenario,
    store: Store | Memory,
    engine: Engine,
    outcome: str = "vitality",
    smallest: float | None = None,
    *,
    confidence: float = CONFIDENCE,
    first: int = FIRST,
    budget: int = BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> Decision:
    """Add seeds until the best strategy on a park is known with the stated confidence, or the budget is spent.

    Parameters
    ----------
    experiment
        Its strategies are the candidates; its first seed is where the seeds begin.
    park
        One of its parks.
    store
        Takes the runs.
    engine
        Where the runs are made.
    outcome
        One of :data:`SMALLEST`.
    smallest
        Smallest difference that matters, in the unit of the outcome; that of :data:`SMALLEST` if None.
    confidence
        Least chance that the choice is right, 0-1.
    first
        Seeds of the first stage.
    budget
        Runs at most, twins included; at least those of the first stage.
    progress
        Called as ``progress(seeds looked at, seeds about needed)``.

    Raises
    ------
    ValueError
        If no choice can be made on that outcome, or the budget does not cover the first stage.
    RunFailed
        If a run raised: a choice among what happened not to fail would be no choice.
    """
    if outcome not in SMALLEST:
        raise ValueError(f"no choice can be made on {outcome!r}; on these it can: {', '.join(SMALLEST)}")
    names = [strategy.name for strategy in experiment.strategies]
    selection = Selection(names, smallest or SMALLEST[outcome], confidence, first)
    points = len(experiment.points())
    start, used, known = min(experiment.seeds), 0, {name: np.empty(0) for name in names}
    if first * len(names) * points > budget:
        raise ValueError(f"the first stage takes {first * len(names) * points} runs, and the budget is {budget}")
    with engine:  # its workers stay from one round to the next
        while wanted := selection.wanted(max(BATCH, round(SHARE * selection.seeds_looked_at))):
            seeds = max(wanted.values())
            surviving = [name for name in names if name in wanted]
            used_then = used + points * _new_runs(known, {*surviving, TWIN}, seeds)
            if used_then > budget:
                break
            used = used_then
            runs = _round(experiment, park, surviving, range(start, start + seeds), store, engine)
            found = values_of(runs, outcome)
            known |= found
            selection.observe({name: found[name] for name in surviving})
            if progress is not None and not selection.decided:
                likely = seeds_needed({name: known[name] for name in names}, selection.smallest, confidence, first)
                progress(seeds, max(likely, seeds + 1))
    means = {name: float(known[name][: selection.verdict().seeds[name]].mean()) for name in names}
    return Decision(park.name, outcome, selection.verdict(), means, used, budget)


def _new_runs(known: Mapping[str, np.ndarray], names: set[str], seeds: int) -> int:
    return sum(max(0, seeds - known[name].size) for name in names if name in known)


def _round(
    experiment: Experiment, park: Scenario, names: Sequence[str], seeds: range, store: Store | Memory,
    engine: Engine,
) -> Runs:
    """Make the runs of some strategies on a park for some seeds, as far as they are not there."""
    some = [strategy for strategy in experiment.strategies if strategy.name in {*names, TWIN}]
    part = experiment.model_copy(update={"parks": [park], "strategies": some, "seeds": list(seeds)})
    plan = plan_experiment(part)
    carried = carry_out(plan, store, engine, keep_design=False)
    if len(carried.failed):
        raise first_failure(plan.design["run"], store)
    return collect(plan, store)[park.name]
