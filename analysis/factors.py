"""What the factors of an experiment do: to each outcome, and to what a strategy adds.

Every effect is paired: the same seeds and the same other factors as far as the design is balanced. A factor with two
levels, or with many (a sampled range, cut at its median), has one effect: high minus low. One with a few levels that have
no order has an effect per level: that level minus the mean of all. Values of a seed are averaged over the points
concerned, so intervals are over seeds and speak of chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.experiment import Plan
from analysis.experiment_schema import TWIN
from analysis.statistics import Estimate, mean_with_interval
from analysis.store import Memory, Store

UNITS = {"vitality": "0-100", "social_balance": "EUR, present value against the twin", "private_investment": "EUR"}
_FEW = 6  # levels that are told one by one
DESIGN_COLUMNS = ("run", "point", "park", "strategy", "seed", "park_hash", "strategy_hash")


@dataclass(frozen=True)
class Effect:
    """What one factor does to what one strategy adds, on one park.

    Attributes
    ----------
    park, strategy, factor, outcome
        Where, to what, of what, on what.
    low, high
        What is compared: values or ranges of the factor; `low` is "mean" where `high` is held against all.
    estimate
        Of the change when the factor goes from low to high, with its 95% interval over seeds.
    """

    park: str
    strategy: str
    factor: str
    low: str
    high: str
    outcome: str
    estimate: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the effect as plain values."""
        return {
            "park": self.park, "strategy": self.strategy, "factor": self.factor, "low": self.low, "high": self.high,
            "outcome": self.outcome, **self.estimate.to_json(),
        }  # fmt: skip


def factors_of(plan: Plan) -> list[str]:
    """Return the factors of a plan that take more than one value."""
    names = [name for name in plan.design.columns if name not in DESIGN_COLUMNS]
    return [name for name in names if plan.design[name].nunique(dropna=True) > 1]


def factor_effects(
    plan: Plan, store: Store | Memory, reference: str = TWIN, outcomes: Sequence[str] = ("vitality", "social_balance")
) -> list[Effect]:
    """Return what each factor does to what each strategy adds to the reference, largest first per outcome.

    Parameters
    ----------
    outcomes
        Keys of :data:`UNITS`.
    """
    names = factors_of(plan)
    if not names:
        return []
    runs = store.runs(plan.keys)
    found: list[Effect] = []
    for park, design in plan.design.groupby("park", sort=False, observed=True):
        table = _added(design.reset_index(drop=True), runs, reference, outcomes)
        for strategy, rows in table.groupby("strategy", sort=False, observed=True):
            for factor in names:
                for low, high, in_low, in_high in _contrasts(rows[factor]):
                    for outcome in outcomes:
                        change = _change(rows, outcome, in_low, in_high)
                        if change is not None:
                            estimate = mean_with_interval(change, UNITS[outcome])
                            found.append(Effect(str(park), str(strategy), factor, low, high, outcome, estimate))
    return sorted(found, key=lambda effect: (outcomes.index(effect.outcome), -abs(effect.estimate.mean or 0.0)))


def _added(design: pd.DataFrame, runs: pd.DataFrame, reference: str, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return what each strategy adds to the reference at the same point and seed, one row a run."""
    design = design[design["run"].isin(runs.index)].astype({"strategy": object})
    for outcome in outcomes:
        column = "welfare" if outcome == "social_balance" else outcome
        design[outcome] = runs.loc[design["run"], column].to_numpy()
    base = design[design["strategy"] == reference].set_index(["point", "seed"])[list(outcomes)]
    rest = design[~design["strategy"].isin([reference, TWIN])]
    same = base.reindex(pd.MultiIndex.from_frame(rest[["point", "seed"]]))
    return rest.assign(**{outcome: rest[outcome].to_numpy() - same[outcome].to_numpy() for outcome in outcomes})


def _contrasts(values: pd.Series) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield what of a factor is compared with what: names of both, and which rows belong to each."""
    levels = list(values.dropna().unique())
    numeric = all(isinstance(level, (int, float, np.number)) and not isinstance(level, (bool, np.bool_)) for level in levels)
    if len(levels) < 2:
        return
    if numeric and len(levels) > _FEW:
        middle = float(values.median())
        yield (f"{values.min():.3g} – {middle:.3g}", f"{middle:.3g} – {values.max():.3g}",
               (values <= middle).to_numpy(), (values > middle).to_numpy())  # fmt: skip
    elif numeric or len(levels) == 2:
        low, high = (min(levels), max(levels)) if numeric else sorted(levels, key=str)
        yield _named(low), _named(high), (values == low).to_numpy(), (values == high).to_numpy()
    else:
        for level in levels:
            yield "mean", _named(level), values.notna().to_numpy(), (values == level).to_numpy()


def _named(level: Any) -> str:
    return f"{level:g}" if isinstance(level, (int, float, np.number)) and not isinstance(level, (bool, np.bool_)) else str(level)


def _change(rows: pd.DataFrame, outcome: str, in_low: np.ndarray, in_high: np.ndarray) -> np.ndarray | None:
    """Return, per seed, the mean over the points of high less that of low; None where one of them is empty."""
    low, high = (rows[chosen].groupby("seed")[outcome].mean() for chosen in (in_low, in_high))
    change = (high - low).dropna()
    return change.to_numpy() if len(change) else None
