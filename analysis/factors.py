"""What the factors of an experiment do to what a strategy adds.

Every effect is paired: what a strategy adds to the reference at the same point of the design and the same seed. How it
is told follows from the design:

- A factor with two levels, or with a few numbers, has one effect: highest less lowest level.
- A factor with a few levels that have no order has one per level: that level less the mean of all.
- A factor over a sampled range has one: the upper half of its values less the lower half; and its rank correlation.
- In a design of kind ``list`` several factors change at once, so that what each does by itself cannot be known. There
  an effect is that of a whole point: less the mean of all points.
- Factors whose levels always go together share one effect, for the same reason.

Values of a seed are averaged over the points concerned, so intervals are over seeds and speak of chance; a seed that
lacks a run at one of them is left out, and the note of the effect says so. Only the rank correlation has its interval
over points: it holds chance too, as far as the seeds of a point leave it in their mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.experiment import Plan
from analysis.experiment_schema import TWIN
from analysis.statistics import Estimate, mean_with_interval
from analysis.store import Memory, Store

UNITS = {"vitality": "0-100", "social_balance": "EUR, present value against the twin", "private_investment": "EUR"}
MEAN = "mean"
"""What stands for the mean of all in :attr:`Effect.low`."""
_FEW = 6  # levels that are told one by one
_LEAST_POINTS = 10  # below which a rank correlation has no interval to speak of
DESIGN_COLUMNS = ("run", "point", "park", "strategy", "seed", "park_hash", "strategy_hash")


@dataclass(frozen=True)
class Effect:
    """What a factor, or a point of a list, does to what one strategy adds on one park.

    Attributes
    ----------
    park, strategy, outcome
        Where, to what, on what.
    factors
        Dotted names; several where their levels always go together, or where a whole point is meant.
    kind
        ``levels`` (highest less lowest), ``level`` (less the mean of all), ``halves`` (of a sampled range) or ``point``.
    low, high
        What is compared: values or ranges, joined by commas for several factors; `low` is :data:`MEAN` for the mean of
        all. Of a point `high` is its number in the design.
    estimate
        Of the change from low to high, with its 95% interval over seeds.
    values
        Of a point: what it sets its factors to.
    rank
        Of a sampled range: the rank correlation of factor and effect over points, -1 to 1, with its 95% interval.
    """

    park: str
    strategy: str
    factors: tuple[str, ...]
    kind: str
    low: str
    high: str
    outcome: str
    estimate: Estimate
    values: tuple[tuple[str, str], ...] = ()
    rank: Estimate | None = None

    @property
    def factor(self) -> str:
        """The factors in one text."""
        return ", ".join(self.factors)

    def to_json(self) -> dict[str, Any]:
        """Return the effect as plain values."""
        return {
            "park": self.park, "strategy": self.strategy, "factor": self.factor, "factors": list(self.factors),
            "kind": self.kind, "low": self.low, "high": self.high, "outcome": self.outcome, **self.estimate.to_json(),
            "values": dict(self.values), "rank_correlation": self.rank.to_json() if self.rank else None,
        }  # fmt: skip


class _Contrast(NamedTuple):
    """What is compared with what: names of both, and which points belong to each (bool, (points,))."""

    factors: tuple[str, ...]
    kind: str
    low: str
    high: str
    in_low: np.ndarray
    in_high: np.ndarray
    values: tuple[tuple[str, str], ...] = ()
    column: np.ndarray | None = None  # of the factor, where it is a sampled range


def factors_of(plan: Plan) -> list[str]:
    """Return the factors of a plan that take more than one value."""
    names = [name for name in plan.design.columns if name not in DESIGN_COLUMNS]
    return [name for name in names if plan.design[name].nunique(dropna=False) > 1]


def factor_effects(
    plan: Plan, store: Store | Memory, reference: str = TWIN, outcomes: Sequence[str] = ("vitality", "social_balance")
) -> list[Effect]:
    """Return what each factor does to what each strategy adds to the reference, largest first per outcome.

    Parameters
    ----------
    plan, store
        What was run, and where the runs are; runs that are not there are passed over.
    outcomes
        Keys of :data:`UNITS`.
    """
    names = factors_of(plan)
    if not names:
        return []
    kind = plan.content.get("experiment", {}).get("design", {}).get("kind", "factorial")
    points = plan.design.drop_duplicates("point").set_index("point")[names].sort_index()
    contrasts = list(_points_apart(points) if kind == "list" else _contrasts(points))
    runs = store.runs(plan.keys)
    found: list[Effect] = []
    for park, design in plan.design.groupby("park", sort=False, observed=True):
        table = _added(design.reset_index(drop=True), runs, reference, outcomes)
        for strategy, rows in table.groupby("strategy", sort=False, observed=True):
            for outcome in outcomes:
                grid = rows.pivot_table(index="seed", columns="point", values=outcome).reindex(columns=points.index)
                if grid.notna().all(axis=1).any():
                    found += _effects(str(park), str(strategy), outcome, contrasts, grid.to_numpy())
    return sorted(found, key=lambda effect: (outcomes.index(effect.outcome), -abs(effect.estimate.mean or 0.0)))


def _effects(park: str, strategy: str, outcome: str, contrasts: Sequence[_Contrast], grid: np.ndarray) -> Iterator[Effect]:
    """Yield the effect of every contrast on what a strategy adds: float64, (seeds, points), NaN where a run is missing."""
    over_seeds = np.nanmean(grid, axis=0)
    for contrast in contrasts:
        change = grid[:, contrast.in_high].mean(axis=1) - grid[:, contrast.in_low].mean(axis=1)
        rank = None if contrast.column is None else rank_correlation(contrast.column, over_seeds)
        yield Effect(park, strategy, contrast.factors, contrast.kind, contrast.low, contrast.high, outcome,
                     mean_with_interval(change, UNITS[outcome]), contrast.values, rank)  # fmt: skip


def rank_correlation(values: np.ndarray, effects: np.ndarray) -> Estimate:
    """Return Spearman's rank correlation over points, with the 95% interval of Bonett and Wright (2000).

    Parameters
    ----------
    values, effects : float64, (points,)
        Of a factor, and of what is looked at, at each point.

    Returns
    -------
    Estimate
        -1 to 1; without interval below ten points, and undefined where one of the two does not vary.
    """
    from scipy import stats

    unit, n = "-1 to 1", values.size
    if n < 3 or np.ptp(values) == 0.0 or np.ptp(effects) == 0.0:
        return Estimate(None, None, None, unit, "undefined: one of the two does not vary")
    found = float(stats.spearmanr(values, effects).statistic)
    if n < _LEAST_POINTS or abs(found) >= 1.0:
        return Estimate(found, None, None, unit, f"{n} points: no interval")
    half = float(stats.norm.ppf(0.975)) * math.sqrt((1.0 + found**2 / 2.0) / (n - 3))
    low, high = (math.tanh(math.atanh(found) + end) for end in (-half, half))
    return Estimate(found, low, high, unit)


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


# --- what is compared with what ---------------------------------------------------------------------------------------


def _points_apart(points: pd.DataFrame) -> Iterator[_Contrast]:
    """Yield each point against the mean of all."""
    everywhere = np.ones(len(points), bool)
    for place, (number, values) in enumerate(points.iterrows()):
        stated = tuple((str(name), _named(value)) for name, value in values.items() if not pd.isna(value))
        names = tuple(str(name) for name in points.columns)
        yield _Contrast(names, "point", MEAN, str(number), everywhere, np.arange(len(points)) == place, stated)


def _contrasts(points: pd.DataFrame) -> Iterator[_Contrast]:
    """Yield the contrasts of every factor; factors whose levels always go together share theirs."""
    together: dict[bytes, list[str]] = {}
    for name in points.columns:
        together.setdefault(_order_of_levels(points[name]), []).append(str(name))
    for names in together.values():
        yield from _of_levels(points, tuple(names))


def _order_of_levels(values: pd.Series) -> bytes:
    """Return what two factors have in common if their levels always go together, in the same or in opposite order."""
    if _is_range(values):  # every point has a value of its own: what counts is which is higher
        rank = values.rank(method="dense").to_numpy()
        return (rank if rank[0] <= rank.max() / 2 else rank.max() + 1 - rank).tobytes() + b"range"
    return pd.factorize(values, use_na_sentinel=False)[0].tobytes()


def _is_range(values: pd.Series) -> bool:
    levels = values.dropna().unique()
    return len(levels) > _FEW and all(_is_number(level) for level in levels)


def _of_levels(points: pd.DataFrame, names: tuple[str, ...]) -> Iterator[_Contrast]:
    values = points[names[0]]
    levels = list(values.dropna().unique())
    numeric = all(_is_number(level) for level in levels)

    def named(chosen: np.ndarray) -> str:
        """Return what the factors are at the points chosen: values, or ranges."""
        return ", ".join(_span(points.loc[chosen, name]) for name in names)

    if len(levels) < 2:
        return
    if _is_range(values):
        middle = float(values.median())
        low, high = (values <= middle).to_numpy(), (values > middle).to_numpy()
        yield _Contrast(names, "halves", named(low), named(high), low, high, column=values.to_numpy(dtype=float))
    elif numeric or len(levels) == 2:
        ends = (min(levels), max(levels)) if numeric else sorted(levels, key=str)
        low, high = ((values == level).to_numpy() for level in ends)
        yield _Contrast(names, "levels", named(low), named(high), low, high)
    else:
        for level in levels:
            here = (values == level).to_numpy()
            yield _Contrast(names, "level", MEAN, named(here), values.notna().to_numpy(), here)


def _span(values: pd.Series) -> str:
    levels = list(values.dropna().unique())
    if len(levels) == 1:
        return _named(levels[0])
    return f"{_named(min(levels))} – {_named(max(levels))}" if levels and all(_is_number(x) for x in levels) else "…"


def _is_number(level: Any) -> bool:
    return isinstance(level, (int, float, np.number)) and not isinstance(level, (bool, np.bool_))


def _named(level: Any) -> str:
    return f"{level:.3g}" if _is_number(level) and abs(level) < 1000 else f"{level:.0f}" if _is_number(level) else str(level)
