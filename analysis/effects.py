"""How large differences between strategies are, and which of them stand when many are looked at together.

Pure functions of float arrays over seeds, paired on common random numbers. A difference comes with its size against the
luck between futures, the share of futures in which it is there, and a p-value adjusted for the family it belongs to.

The p-values are those of the bootstrap-t (Hall 1992, *The Bootstrap and Edgeworth Expansion*, ch. 3): the mean of the
differences over its own standard error, in every resample. The t test and the test by flipping signs take differences
to be symmetric around zero, which money is not: where now and then one investment decides, they raised up to five times
the false alarms they promise (20 seeds, money in one future of seven: 25% instead of 5%), the bootstrap-t 6%; over all
of the skewed problems tried 2-10%. ``tests/analysis/test_effects.py`` keeps that comparison. Intervals stay BCa, so near
the border an interval may exclude zero where the p-value does not reject; what *stands* follows the p-value.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import gammaln

from analysis.statistics import (
    MULTIPLIER,
    SHARE_OF_RUNS,
    Estimate,
    bca_bounds,
    draw_counts,
    join_notes,
    left_out_note,
    multiplier_difference,
    paired_difference,
    share_of_runs,
)

LEVEL = 0.05  # chance of one false alarm or more in a whole family
SPREADS = "standard deviations between futures"
ROUNDING = 1e-12  # differences below this share of the numbers themselves are no differences
SAME_EVERYWHERE = 1e-9  # a spread below this share of the level is none

Ratio = tuple[np.ndarray, np.ndarray]


def _paired(*columns: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the columns on the seeds that all of them know, and which those are (bool, (seeds,))."""
    arrays = [np.asarray(column, dtype=float) for column in columns]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(f"paired outcomes need the same seeds: {' against '.join(str(a.size) for a in arrays)}")
    known = np.logical_and.reduce([np.isfinite(array) for array in arrays])
    return [array[known] for array in arrays], known


def _from_means(
    columns: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], unit: str, note: str | None, factor: float = 1.0
) -> Estimate:
    """Return a smooth function of means over seeds, such as a correlation, with its BCa interval.

    Parameters
    ----------
    columns : float64, (seeds, columns)
        What is averaged.
    statistic
        From means (..., columns) to numbers (...).
    factor
        That the number and its interval are multiplied with.
    """
    n = len(columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(columns.mean(axis=0)))
        resampled = statistic(draw_counts(n) @ columns / n)
        jackknifed = statistic((columns.sum(axis=0) - columns) / (n - 1))
    low, high, remark = bca_bounds(value, resampled, jackknifed)
    return Estimate(factor * value, factor * low, factor * high, unit, join_notes(note, remark))


def _varies(values: np.ndarray) -> bool:
    return values.size > 1 and float(np.std(values)) > SAME_EVERYWHERE * float(np.abs(values).max())


def _differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a - b, where what only rounding tells apart is nil."""
    return np.where(np.isclose(a, b, rtol=ROUNDING, atol=0.0), 0.0, a - b)


# --- size of a difference --------------------------------------------------------------------------------------------


def standardised_difference(values: np.ndarray, reference: np.ndarray) -> Estimate:
    """Return the paired difference in standard deviations between futures: Hedges' g_av.

    The mean difference over the root of the mean of the two variances, times the correction for few seeds with the
    degrees of freedom of paired samples, 2 (n - 1) / (1 + r^2) (Cousineau and Goulet-Pelletier 2021, *Quantitative
    Methods for Psychology* 17). Not over the spread of the differences: that would call an effect large because the
    pairing is good, where this asks how large it is against the luck a park may have anyhow.

    Parameters
    ----------
    values, reference : float64, (seeds,)
        On the same seeds in the same order. A seed where either is NaN is left out, and the note says so.

    Returns
    -------
    Estimate
        With a BCa 95% interval; undefined on one seed, or where neither side varies. Where one side does not vary, such
        as the social balance of the twin, the spread is that of the other.

    Raises
    ------
    ValueError
        If the two are not on the same number of seeds.
    """
    (a, b), known = _paired(values, reference)
    note = left_out_note(known)
    varying = [_varies(a), _varies(b)]
    if not any(varying):
        return Estimate(None, None, None, SPREADS, join_notes("undefined: no spread between futures", note))
    n, freedom = a.size, float(a.size - 1)
    if all(varying):
        freedom = 2.0 * (n - 1) / (1.0 + float(np.corrcoef(a, b)[0, 1]) ** 2)
    else:
        note = join_notes("one side does not vary: set against the spread of the other", note)
    difference, a, b = a - b, a - a.mean(), b - b.mean()

    def in_spreads(means: np.ndarray) -> np.ndarray:
        spread = [means[..., 1 + k] - means[..., 3 + k] ** 2 for k in (0, 1) if varying[k]]
        return means[..., 0] / np.sqrt(np.mean(spread, axis=0) * n / (n - 1))

    columns = np.column_stack([difference, a**2, b**2, a, b])
    return _from_means(columns, in_spreads, SPREADS, note, few_seeds_correction(freedom))


def few_seeds_correction(freedom: float) -> float:
    """Return what a standardised difference is multiplied with so that it is right on average (Hedges 1981).

    Parameters
    ----------
    freedom
        Degrees of freedom of the spread; at 1 the mean does not exist, and the correction is 0.

    >>> round(few_seeds_correction(10.0), 4)
    0.9227
    """
    if freedom <= 1.0:
        return 0.0
    return math.exp(gammaln(freedom / 2.0) - gammaln((freedom - 1.0) / 2.0)) / math.sqrt(freedom / 2.0)


def probability_better(values: np.ndarray, reference: np.ndarray, higher_is_better: bool = True) -> Estimate:
    """Return in which share of futures a strategy does better than the reference; a tie counts half.

    Parameters
    ----------
    values, reference : float64, (seeds,)
        On the same seeds in the same order. A seed where either is NaN is left out, and the note says so.
    higher_is_better
        False for outcomes such as vacancy.

    Returns
    -------
    Estimate
        Share 0-1 with a Wilson 95% interval, cautious where there are ties.

    Raises
    ------
    ValueError
        If the two are not on the same number of seeds.
    """
    (a, b), known = _paired(values, reference)
    if not a.size:
        return Estimate(None, None, None, SHARE_OF_RUNS, "undefined: no seed gives this number on both sides")
    ahead = _differences(a, b) if higher_is_better else _differences(b, a)
    scores = np.where(ahead == 0.0, 0.5, ahead > 0.0)
    return replace(share_of_runs(scores), note=left_out_note(known))


@dataclass(frozen=True)
class Pairing:
    """What running two strategies on the same seeds saved.

    Attributes
    ----------
    seeds
        Seeds known on both sides.
    correlation
        Of the two outcomes over seeds, -1 to 1.
    variance_ratio
        Var(A) + Var(B) over Var(A - B): how many times the variance of a difference would be without pairing.
    equivalent_seeds
        Seeds per strategy that separate luck would need for a difference as sure as this one: the ratio times `seeds`.
    """

    seeds: int
    correlation: Estimate
    variance_ratio: Estimate
    equivalent_seeds: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the four fields under their own names."""
        return {"seeds": self.seeds, "correlation": self.correlation.to_json(),
                "variance_ratio": self.variance_ratio.to_json(), "equivalent_seeds": self.equivalent_seeds.to_json()}


def pairing(values: np.ndarray, reference: np.ndarray) -> Pairing:
    """Return what common random numbers saved in comparing ``values`` with ``reference``.

    Parameters
    ----------
    values, reference : float64, (seeds,)
        On the same seeds in the same order. A seed where either is NaN is left out, and the note says so.

    Raises
    ------
    ValueError
        If the two are not on the same number of seeds.
    """
    (a, b), known = _paired(values, reference)
    note, n = left_out_note(known), a.size
    units = ("-1 to 1", "times", "seeds per strategy")
    if not _varies(a) or not _varies(b):
        nothing = join_notes("undefined: one of the two does not vary", note)
        return Pairing(n, *(Estimate(None, None, None, unit, nothing) for unit in units))
    a, b = a - a.mean(), b - b.mean()
    columns = np.column_stack([a, b, a - b, a**2, b**2, (a - b) ** 2])

    def variances(means: np.ndarray) -> np.ndarray:
        return np.asarray(np.moveaxis(means[..., 3:] - means[..., :3] ** 2, -1, 0))

    def correlation(means: np.ndarray) -> np.ndarray:
        first, second, between = variances(means)
        return np.asarray((first + second - between) / (2.0 * np.sqrt(first * second)))

    def ratio(means: np.ndarray) -> np.ndarray:
        first, second, between = variances(means)
        return np.asarray((first + second) / between)

    related = _from_means(columns, correlation, units[0], note)
    # Two outcomes that differ by the same in every future: their difference is known from one seed.
    if float(np.var(a - b)) <= ROUNDING * float(np.var(a) + np.var(b)):
        nothing = join_notes("undefined: the difference is the same in every future", note)
        return Pairing(n, related, *(Estimate(None, None, None, unit, nothing) for unit in units[1:]))
    return Pairing(n, related, _from_means(columns, ratio, units[1], note),
                   _from_means(columns, ratio, units[2], note, float(n)))


# --- p-values and families -------------------------------------------------------------------------------------------


def p_value(first: Ratio, second: Ratio) -> float | None:
    """Return the two-sided p-value of no difference between two ratios of sums over the same seeds (bootstrap-t).

    Parameters
    ----------
    first, second : (above, below), each float64, (seeds,)
        Finite, in the same order of seeds; `below` with a sum above 0. With ones below, a ratio is a mean.

    Returns
    -------
    float or None
        0-1, at least 2 / (resamples + 1); None on one seed. Where the difference is the same on every seed, that of the
        sign test, 2 / 2**seeds, or 1 where there is none.
    """
    (a, b), (c, d) = first, second
    n = a.size
    if n < 2:
        return None
    ratios = a.sum() / b.sum(), c.sum() / d.sum()
    # Freed of their own ratio, the numerators give every resample's difference from what was found.
    a, c = a - ratios[0] * b, c - ratios[1] * d
    found, influence = ratios[0] - ratios[1], a / b.mean() - c / d.mean()
    error = float(np.std(influence, ddof=1)) / math.sqrt(n)
    least = SAME_EVERYWHERE * max(abs(ratios[0]), abs(ratios[1]))
    if error <= least:
        return 2.0 * 0.5**n if abs(found) > least else 1.0
    pivots = _resampled_pivots(np.column_stack([a, b, c, d]))
    above, below = np.count_nonzero(pivots >= found / error), np.count_nonzero(pivots <= found / error)
    return float(min(1.0, 2.0 * (1 + min(above, below)) / (pivots.size + 1)))


def _resampled_pivots(columns: np.ndarray) -> np.ndarray:
    """Return the difference of two ratios over its standard error in each resample, (resamples,) or fewer.

    Parameters
    ----------
    columns : float64, (seeds, 4)
        Above and below of the first, above and below of the second; both ratios 0 over all seeds.
    """
    n = len(columns)
    counts = draw_counts(n)
    means = counts @ columns / n
    products = (counts @ (columns[:, :, None] * columns[:, None, :]).reshape(n, 16) / n).reshape(-1, 4, 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = means[:, 0] / means[:, 1], means[:, 2] / means[:, 3]
        slopes = np.column_stack([1.0 / means[:, 1], -ratios[0] / means[:, 1],
                                  -1.0 / means[:, 3], ratios[1] / means[:, 3]])
        variance = np.einsum("ri,rij,rj->r", slopes, products, slopes) / (n - 1)
        pivots = (ratios[0] - ratios[1]) / np.sqrt(np.maximum(variance, 0.0))
    return np.asarray(pivots[~np.isnan(pivots)])


@dataclass(frozen=True)
class Difference:
    """One strategy against another on one outcome, as a member of a family of differences.

    Attributes
    ----------
    strategy, reference
        The first minus the second.
    difference
        Paired, with its own 95% interval (not adjusted).
    effect
        The same in standard deviations between futures; None for multipliers, which have no value per future.
    better
        Share of futures in which the strategy does better; None for multipliers.
    p_value, adjusted
        Two-sided, 0-1; `adjusted` for all of the family together (Holm). None where there is no number.
    stands
        Whether it is told apart from zero when the chance of one false alarm in the whole family is kept to 5%.
    family
        Number of differences judged together.
    """

    strategy: str
    reference: str
    difference: Estimate
    effect: Estimate | None
    better: Estimate | None
    p_value: float | None
    adjusted: float | None = None
    stands: bool = False
    family: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the fields under their own names; estimates as they give themselves."""
        return {
            "strategy": self.strategy, "reference": self.reference, "difference": self.difference.to_json(),
            "effect": self.effect.to_json() if self.effect else None,
            "better": self.better.to_json() if self.better else None,
            "p_value": self.p_value, "adjusted": self.adjusted, "stands": self.stands, "family": self.family,
        }  # fmt: skip


def adjusted_p_values(p_values: Sequence[float | None], method: str = "holm") -> list[float | None]:
    """Return p-values adjusted for being looked at together; those that are None stay so and do not count.

    Parameters
    ----------
    p_values
        Each 0-1.
    method
        As :func:`statsmodels.stats.multitest.multipletests` names them: ``"holm"`` keeps the chance of one false alarm
        whatever the dependence, ``"fdr_bh"`` the share of false ones among those that stand.
    """
    known = [k for k, value in enumerate(p_values) if value is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    if known:
        from statsmodels.stats.multitest import multipletests  # slow to import, and needed only here

        # It collects garbage on every call, 0.15 s of looking at all there is; what is frozen is not looked at.
        thaw = gc.get_freeze_count() == 0
        gc.freeze()
        found = multipletests([p_values[k] for k in known], method=method)[1]
        if thaw:
            gc.unfreeze()
        for k, value in zip(known, found, strict=True):
            adjusted[k] = float(value)
    return adjusted


def judged_together(differences: Iterable[Difference], level: float = LEVEL, method: str = "holm") -> list[Difference]:
    """Return the same differences judged as one family: adjusted p-values, and which of them stand.

    For a question that spans several outcomes, references or parks: put all that is read into it. A p-value is at least
    2 / 4001 (2 / 1001 from 4,000 seeds), so of more than some hundred differences none could stand by Holm.

    Parameters
    ----------
    level
        0-1: with Holm the chance of one false alarm or more.
    method
        See :func:`adjusted_p_values`.
    """
    family = list(differences)
    adjusted = adjusted_p_values([one.p_value for one in family], method)
    size = sum(one.p_value is not None for one in family)
    return [
        replace(one, adjusted=value, stands=value is not None and value <= level, family=size)
        for one, value in zip(family, adjusted, strict=True)
    ]


def _difference(
    strategy: str, reference: str, values: Mapping[str, np.ndarray], unit: str, higher_is_better: bool
) -> Difference:
    (a, b), _ = _paired(values[strategy], values[reference])
    ones = np.ones(a.size)
    return Difference(
        strategy, reference, paired_difference(values[strategy], values[reference], unit),
        standardised_difference(values[strategy], values[reference]),
        probability_better(values[strategy], values[reference], higher_is_better),
        p_value((_differences(a, b), ones), (np.zeros(a.size), ones)),
    )  # fmt: skip


def differences_between(
    values: Mapping[str, np.ndarray], reference: str, unit: str = "", higher_is_better: bool = True,
    level: float = LEVEL,
) -> dict[str, Difference]:
    """Return each strategy against one reference on one outcome, all of them judged together.

    Parameters
    ----------
    values
        Strategy to float64, (seeds,), all on the same seeds in the same order, the reference among them. A seed where
        either side of a difference is NaN is left out of that difference, and its notes say so.
    reference
        Any of the strategies.
    unit
        Of the outcome.
    higher_is_better
        False for outcomes such as vacancy; it turns `better`, not the sign of the difference.
    level
        Chance of one false alarm or more in the family, 0-1.

    Returns
    -------
    dict
        Strategy to :class:`Difference`, in the order given, without the reference.

    Raises
    ------
    ValueError
        If the reference is not among the strategies, or they are not on the same number of seeds.
    """
    _check_reference(reference, values)
    found = [_difference(name, reference, values, unit, higher_is_better) for name in values if name != reference]
    return {one.strategy: one for one in judged_together(found, level)}


def pairwise_differences(
    values: Mapping[str, np.ndarray], unit: str = "", higher_is_better: bool = True, level: float = LEVEL
) -> dict[tuple[str, str], Difference]:
    """Return every strategy against every later one on one outcome, all pairs judged together.

    Parameters and errors are those of :func:`differences_between`; the keys are (strategy, reference).
    """
    pairs = combinations(values, 2)
    found = [_difference(first, second, values, unit, higher_is_better) for first, second in pairs]
    return {(one.strategy, one.reference): one for one in judged_together(found, level)}


def multiplier_differences(
    ratios: Mapping[str, Ratio | None], reference: str, level: float = LEVEL
) -> dict[str, Difference]:
    """Return the multiplier of each strategy against that of a reference, all of them judged together.

    Parameters
    ----------
    ratios
        Strategy to (private, public), each float64, (seeds,), euros on the same seeds: beyond the twin's for the
        additional multiplier. None where the multiplier is undefined (:func:`analysis.statistics.additional_multiplier`).
    reference
        Any of the strategies.
    level
        Chance of one false alarm or more in the family, 0-1.

    Returns
    -------
    dict
        Strategy to :class:`Difference`, without the reference. Undefined, and not in the family, where either
        multiplier is. A ratio has no value per future, so no effect size and no share of futures goes with it.

    Raises
    ------
    ValueError
        If the reference is not among the strategies, or they are not on the same number of seeds.
    """
    _check_reference(reference, ratios)
    found = [_ratio_difference(name, reference, ratios[name], ratios[reference]) for name in ratios if name != reference]
    return {one.strategy: one for one in judged_together(found, level)}


def _ratio_difference(strategy: str, reference: str, first: Ratio | None, second: Ratio | None) -> Difference:
    if first is None or second is None:
        nothing = Estimate(None, None, None, MULTIPLIER, "undefined: one of the two multipliers is")
        return Difference(strategy, reference, nothing, None, None, None)
    (a, b, c, d), known = _paired(*first, *second)
    if not a.size:
        nothing = Estimate(None, None, None, MULTIPLIER, "undefined: no seed gives this number on both sides")
        return Difference(strategy, reference, nothing, None, None, None)
    found = multiplier_difference((a, b), (c, d))
    found = replace(found, note=join_notes(left_out_note(known), found.note))
    return Difference(strategy, reference, found, None, None, p_value((a, b), (c, d)))


def _check_reference(reference: str, strategies: Mapping[str, Any]) -> None:
    if reference not in strategies:
        raise ValueError(f"the reference {reference!r} was not run; there are: {', '.join(strategies)}")
