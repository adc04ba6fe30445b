"""What each strategy adds at every point of an experiment, which of them is best there, and what another choice costs.

A *gain* is an outcome of a strategy less that of its twin ``none`` on the same park variant and seed; the twin itself takes
part with a gain of 0, since doing nothing extra is a choice as well. Points at which a run is missing are left out whole.

With few seeds it is uncertain which strategy is best at a point. Two things follow:

- A best strategy is *clear* where it is ahead of every other in a paired t test over seeds, two-sided at 5%. That there are
  many others needs no further correction: the worst case is one other that is as good (Gutmann and Maymin 1987), so at
  most 5% of the points where two are equally good are called clear. A point that is not clear is undecided.
- Whoever is chosen for coming out first looks better than it is (the winner's curse). So regret is cross-fitted: the best
  strategy is chosen on all seeds but one and measured on that one, in turn. Regret then errs to the low side, as the choice
  may be wrong; the plain figure (highest mean less own mean, on the same seeds) errs to the high side. Both are given.

Seeds are common to all points, so intervals are t intervals over seeds, of means over points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.experiment import Plan
from analysis.experiment_schema import TWIN
from analysis.factors import factors_of
from analysis.statistics import Estimate
from analysis.store import Memory, Store

LEVEL = 0.05
LEAST_POINTS, LEAST_SEEDS = 40, 4  # below which halves of halves say nothing
WORST = 0.1  # the share of points that is looked at as the worst
NOBODY = -1  # in place of a winner where several are best to the last bit
COLUMN_OF = {"social_balance": "welfare"}


class TooLittle(ValueError):
    """An experiment that is too small to look for regions in; ``key`` and ``values`` name the sentence a user is told."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key}: {values}")
        self.key, self.values = key, values


@dataclass(frozen=True)
class Gains:
    """What strategies add on one park, at every point and seed.

    Attributes
    ----------
    park, measure : str
    strategies
        Names of those that take part; ``none`` last where it does.
    seeds
        Ascending.
    factors : DataFrame
        What each point sets: index ``point``, a column per factor that varies.
    values : float64, (points, strategies, seeds)
        Outcome less that of the twin, in the unit of the measure; zero for the twin itself.
    left_out
        Points of which a run is missing or failed.
    """

    park: str
    measure: str
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    factors: pd.DataFrame
    values: np.ndarray
    left_out: int = 0

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.factors)


def read_gains(plan: Plan, store: Store | Memory, measure: str, strategies: Sequence[str] | None = None) -> list[Gains]:
    """Return the gains of every park of an experiment, in its order.

    Parameters
    ----------
    measure
        A name of ``analysis.deciding.SMALLEST``; more is better.
    strategies
        Those to choose between; all of the experiment, with the twin, if None.

    Raises
    ------
    TooLittle
        If no factor varies, a park has fewer than 40 complete points, there are fewer than 4 seeds, or there are not two
        strategies to choose between.
    """
    names = factors_of(plan)
    if not names:
        raise TooLittle("error.discover_factors", name=plan.name)
    if len(plan.seeds) < LEAST_SEEDS:
        raise TooLittle("error.discover_seeds", name=plan.name, n=len(plan.seeds), least=LEAST_SEEDS)
    outcomes = store.runs(plan.keys)[COLUMN_OF.get(measure, measure)]
    order = [*(name for name in plan.order if name != TWIN), TWIN]
    chosen = order if strategies is None else [name for name in order if name in strategies]
    if len(chosen) < 2 or not set(strategies or ()) <= set(order):
        raise TooLittle("error.discover_strategies", name=plan.name, names=", ".join(order))
    takes_part = np.isin(order, chosen)
    found = []
    for park, design in plan.design.groupby("park", sort=False, observed=True):
        rows = design.assign(value=outcomes.reindex(design["run"]).to_numpy()).astype({"strategy": object})
        grid = rows.pivot(index="point", columns=["strategy", "seed"], values="value").sort_index()
        grid = grid.reindex(columns=pd.MultiIndex.from_product([order, plan.seeds]))
        whole = grid.notna().all(axis=1)
        if whole.sum() < LEAST_POINTS:
            raise TooLittle("error.discover_points", park=park, n=int(whole.sum()), least=LEAST_POINTS)
        cube = grid[whole].to_numpy(float).reshape(-1, len(order), len(plan.seeds))
        factors = rows.drop_duplicates("point").set_index("point")[names].sort_index()[whole]
        gain = (cube - cube[:, -1:])[:, takes_part]
        found.append(Gains(str(park), measure, tuple(chosen), plan.seeds, factors, gain, int((~whole).sum())))
    return found


def winners(values: np.ndarray) -> np.ndarray:
    """Return the place of the strategy with the highest mean at each point: int, (points,).

    Parameters
    ----------
    values : float64, (points, strategies, seeds)

    Returns
    -------
    int, (points,)
        ``NOBODY`` where two share the highest mean, as two strategies do that came to the very same.
    """
    means = values.mean(axis=2)
    first = means.argmax(axis=1)
    tied = np.isclose(means, means.max(axis=1, keepdims=True), rtol=1e-12, atol=0.0).sum(axis=1) > 1
    return np.where(tied, NOBODY, first)


def is_clear(values: np.ndarray) -> np.ndarray:
    """Return at which points the best strategy is ahead of every other beyond chance: bool, (points,)."""
    best, (points, _, seeds) = winners(values), values.shape
    lead = values[np.arange(points), best][:, None] - values
    with np.errstate(divide="ignore", invalid="ignore"):
        t = lead.mean(axis=2) / (lead.std(axis=2, ddof=1) / math.sqrt(seeds))
    t[np.arange(points), best] = np.inf
    return (best != NOBODY) & (t.min(axis=1) > stats.t.ppf(1.0 - LEVEL / 2.0, seeds - 1))


# --- shares of points --------------------------------------------------------------------------------------------------


class Won(NamedTuple):
    """How often a strategy is best: shares of points, 0-1.

    Attributes
    ----------
    strategy : str
    best
        On the mean over seeds, with a 95% interval over seeds (jackknife).
    clear : float
        Beyond chance; wrong at 5% of the points at most.
    """

    strategy: str
    best: Estimate
    clear: float


def shares_won(gains: Gains) -> list[Won]:
    """Return of each strategy at which share of the points it is best, and clearly best."""
    places, n = np.arange(len(gains.strategies)), len(gains.seeds)
    best, clear = winners(gains.values), is_clear(gains.values)
    share = (best[:, None] == places).mean(axis=0)
    without = np.array([(winners(np.delete(gains.values, j, axis=2))[:, None] == places).mean(axis=0) for j in range(n)])
    spread = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = stats.t.ppf(1.0 - LEVEL / 2.0, n - 1) * spread
    return [
        Won(name, Estimate(float(share[k]), float(max(0.0, share[k] - half[k])), float(min(1.0, share[k] + half[k])), "0-1"),
            float((clear & (best == k)).mean()))
        for k, name in enumerate(gains.strategies)
    ]  # fmt: skip


def share_of_points(k: int, n: int) -> Estimate:
    """Return a share of points with its 95% interval (Wilson)."""
    if n == 0:
        return Estimate(None, None, None, "0-1", "no points")
    ends = stats.binomtest(k, n).proportion_ci(1.0 - LEVEL, method="wilson")
    return Estimate(k / n, float(ends.low), float(ends.high), "0-1")


# --- regret ------------------------------------------------------------------------------------------------------------


class Regret(NamedTuple):
    """What choosing one strategy everywhere costs, in the unit of the measure, against the best at each point.

    Attributes
    ----------
    strategy : str
    mean, worst, most
        Cross-fitted: mean over points; mean over the tenth of the points where it costs most; at the point where it costs
        most. Which points those are is read from the other seeds as well.
    plain : float
        Mean over points without cross-fitting, which errs to the high side.
    """

    strategy: str
    mean: Estimate
    worst: Estimate
    most: Estimate
    plain: float


class Safest(NamedTuple):
    """The strategy with the least regret by one criterion, and those that cannot be told from it (paired t, Bonferroni)."""

    criterion: str
    best: str
    alike: tuple[str, ...]


def regret_per_point(values: np.ndarray) -> np.ndarray:
    """Return cross-fitted regret at each point, mean over seeds: float64, (points, strategies)."""
    return np.mean([measured for measured, _ in _left_out_in_turn(values)], axis=0)


def regrets(gains: Gains) -> tuple[list[Regret], list[Safest]]:
    """Return the regret of every strategy, and which has the least on average, in the worst tenth and at worst."""
    number = max(1, round(WORST * gains.points))
    by_seed: dict[str, list[np.ndarray]] = {"mean": [], "worst": [], "most": []}
    for measured, judged in _left_out_in_turn(gains.values):
        order = np.argsort(-judged, axis=0, kind="stable")
        by_seed["mean"].append(measured.mean(axis=0))
        by_seed["worst"].append(np.take_along_axis(measured, order[:number], axis=0).mean(axis=0))
        by_seed["most"].append(np.take_along_axis(measured, order[:1], axis=0)[0])
    found = {name: np.array(rows) for name, rows in by_seed.items()}  # (seeds, strategies)
    means = gains.values.mean(axis=2)
    plain = (means.max(axis=1, keepdims=True) - means).mean(axis=0)
    table = []
    for k, name in enumerate(gains.strategies):
        mean, worst, most = (over_seeds(rows[:, k]) for rows in found.values())
        table.append(Regret(name, mean, worst, most, float(plain[k])))
    return table, [_safest(what, rows, gains.strategies) for what, rows in found.items()]


def _left_out_in_turn(values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, per seed, regret measured on that seed and regret as the others judge it: (points, strategies) each."""
    seeds, rows = values.shape[2], np.arange(len(values))
    total, found = values.sum(axis=2), []
    for j in range(seeds):
        others = (total - values[:, :, j]) / (seeds - 1)
        best = others.argmax(axis=1)
        found.append((values[rows, best, j][:, None] - values[:, :, j], others.max(axis=1, keepdims=True) - others))
    return found


def _safest(criterion: str, rows: np.ndarray, strategies: Sequence[str]) -> Safest:
    best = int(rows.mean(axis=0).argmin())
    alike = [strategies[k] for k in range(len(strategies))
             if k != best and not over_seeds(rows[:, k] - rows[:, best], LEVEL / (len(strategies) - 1)).excludes_zero]
    return Safest(criterion, strategies[best], tuple(alike))


def over_seeds(values: np.ndarray, level: float = LEVEL, unit: str = "") -> Estimate:
    """Return a mean over seeds with its t interval; that of float64, (seeds,)."""
    mean, n = float(values.mean()), values.size
    half = float(stats.t.ppf(1.0 - level / 2.0, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - half, mean + half, unit)


# --- where the order of two strategies turns round ---------------------------------------------------------------------


class Flip(NamedTuple):
    """A factor along which the order of two strategies turns round.

    Attributes
    ----------
    factor : str
    split
        The median of its values, or the level that is set apart.
    ahead_below, ahead_above
        The strategy ahead at or below the split (or at other levels), and the one ahead above it (or at that level).
    below, above
        Lead of the one ahead over the other, with a 95% interval over seeds.
    p : float
        Of the smaller of both leads, Bonferroni over factors, pairs and directions.
    """

    factor: str
    split: float | str
    ahead_below: str
    ahead_above: str
    below: Estimate
    above: Estimate
    p: float

    def to_json(self) -> dict[str, Any]:
        """Return the flip as plain values."""
        return self._asdict() | {"below": self.below.to_json(), "above": self.above.to_json()}


class Split(NamedTuple):
    """Points divided by one factor: bool, (points,), true above the median or at a level."""

    factor: str
    at: float | str
    above: np.ndarray


def splits_of(factors: pd.DataFrame) -> list[Split]:
    """Return the points divided by each factor at its median, and by each level of one that is not a number."""
    found = []
    for name in map(str, factors.columns):
        column = factors[name]
        if is_number(column):
            found.append(Split(name, float(column.median()), (column > column.median()).to_numpy()))
        else:
            found += [Split(name, str(level), (column.astype(str) == str(level)).to_numpy())
                      for level in sorted(column.astype(str).unique())]  # fmt: skip
    return [split for split in found if 0 < split.above.sum() < len(split.above)]


def is_number(column: pd.Series) -> bool:
    """Return whether a factor is a number, and not a choice or true or false."""
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def flips(gains: Gains) -> list[Flip]:
    """Return where the order of two strategies turns round along one factor, the largest first.

    Both leads must stand: the mean lead over the points on each side, one-sided t over seeds. The chance that any flip is
    told where there is none is at most 5% over all factors and pairs of the park.
    """
    splits, names = splits_of(gains.factors), gains.strategies
    tests = len(splits) * len(names) * (len(names) - 1)
    found = []
    for split in splits:
        low, high = gains.values[~split.above].mean(axis=0), gains.values[split.above].mean(axis=0)  # (strategies, seeds)
        for a in range(len(names)):
            for b in range(len(names)):
                lead_low, lead_high = low[a] - low[b], high[b] - high[a]
                if lead_low.mean() <= 0.0 or lead_high.mean() <= 0.0:
                    continue
                p = min(1.0, tests * max(_p_above_zero(lead_low), _p_above_zero(lead_high)))
                if p <= LEVEL:
                    found.append(Flip(split.factor, split.at, names[a], names[b], over_seeds(lead_low),
                                      over_seeds(lead_high), p))  # fmt: skip
    return sorted(found, key=lambda flip: -min(flip.below.mean or 0.0, flip.above.mean or 0.0))


def _p_above_zero(values: np.ndarray) -> float:
    spread = values.std(ddof=1)
    return float(stats.t.sf(values.mean() / (spread / math.sqrt(values.size)), values.size - 1)) if spread > 0.0 else 0.0


def wins_per_side(gains: Gains) -> pd.DataFrame:
    """Return the share of points that each strategy is best at on either side of every split.

    Returns
    -------
    DataFrame
        ``factor``, ``split``, ``strategy``, ``below``, ``above`` (shares of points, 0-1), ``shift``: half the sum of the
        absolute changes over strategies, 0 (none) to 1, by which the splits are ordered.
    """
    won, rows = winners(gains.values)[:, None] == np.arange(len(gains.strategies)), []
    for split in splits_of(gains.factors):
        below, above = won[~split.above].mean(axis=0), won[split.above].mean(axis=0)
        shift = 0.5 * float(np.abs(above - below).sum())
        rows += [(split.factor, str(split.at), *row, shift) for row in zip(gains.strategies, below, above, strict=True)]
    table = pd.DataFrame(rows, columns=["factor", "split", "strategy", "below", "above", "shift"])
    return table.sort_values("shift", ascending=False, kind="stable", ignore_index=True)
