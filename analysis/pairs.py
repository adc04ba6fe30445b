"""Every pair of strategies on one outcome, judged together.

The numbers are those of :mod:`analysis.effects`, pair by pair. Here they follow, for all pairs at once, from one product
of the resamples with each strategy's outcome and the products of two of them: ten strategies make 45 pairs, and nobody
waits half a minute for a comparison. Where a pair is out of the ordinary (a seed without the number, no spread, no
difference to speak of) it goes through :mod:`analysis.effects` itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from analysis.effects import (
    SPREADS,
    Difference,
    Pairing,
    Ratio,
    few_seeds_correction,
    judged_together,
    multiplier_differences,
    pairing,
    pairwise_differences,
    probability_better,
)
from analysis.statistics import MULTIPLIER, Estimate, bca_bounds, draw_counts

SPREAD_TO_SPEAK_OF = 1e-8
"""A variance below this share of the squared level, or of another variance, is left to the careful way."""


@dataclass(frozen=True)
class Pair:
    """Two strategies on one outcome, as a member of the family of all pairs.

    Attributes
    ----------
    difference
        The first less the second: size, chance of doing better, p-value adjusted for all pairs, and whether it stands.
    pairing
        What the same seeds saved; None for multipliers, which have no value per seed.
    """

    difference: Difference
    pairing: Pairing | None

    def to_json(self) -> dict[str, Any]:
        """Return the fields of the difference, and ``pairing``."""
        return self.difference.to_json() | {"pairing": self.pairing.to_json() if self.pairing else None}


Pairs = dict[tuple[str, str], Pair]


def all_pairs(values: Mapping[str, np.ndarray], unit: str = "", higher_is_better: bool = True) -> Pairs:
    """Return every strategy against every later one on one outcome, all pairs judged together (Holm).

    Parameters
    ----------
    values
        Strategy to float64, (seeds,), all on the same seeds in the same order. A seed where either side of a pair is NaN
        is left out of that pair, and its notes say so.
    unit
        Of the values.
    higher_is_better
        Turns the chance of doing better, not the sign of a difference.

    Returns
    -------
    dict
        (strategy, reference) to the pair, in the order given.

    Raises
    ------
    ValueError
        If the strategies are not on the same number of seeds.
    """
    columns = {name: np.asarray(column, dtype=float) for name, column in values.items()}
    moments = _Moments.of({name: column for name, column in columns.items() if _varies(column)})
    found: dict[tuple[str, str], tuple[Difference, Pairing]] = {}
    for first, second in combinations(values, 2):
        if moments is not None and moments.are_ordinary(first, second):
            better = probability_better(columns[first], columns[second], higher_is_better)
            found[first, second] = _difference(moments, first, second, unit, better), _pairing(moments, first, second)
        else:
            two = {first: columns[first], second: columns[second]}
            (one,) = pairwise_differences(two, unit, higher_is_better).values()
            found[first, second] = one, pairing(columns[first], columns[second])
    judged = judged_together([difference for difference, _ in found.values()])
    return {pair: Pair(one, found[pair][1]) for pair, one in zip(found, judged, strict=True)}


def all_multiplier_pairs(ratios: Mapping[str, Ratio]) -> Pairs:
    """Return every multiplier against every later one, all pairs judged together (Holm).

    Parameters
    ----------
    ratios
        Strategy to (private, public), each float64, (seeds,), euros beyond the twin's on the same seeds, of the strategies
        whose multiplier is defined (:func:`analysis.statistics.additional_multiplier`).

    Returns
    -------
    dict
        (strategy, reference) to the pair, in the order given; a ratio has no value per seed, hence no effect size, no
        chance of doing better and no pairing.
    """
    found: list[Difference] = []
    whole = all(np.isfinite(column).all() for ratio in ratios.values() for column in ratio)
    moments = _RatioMoments(ratios) if whole and len(ratios) > 1 else None
    for first, second in combinations(ratios, 2):
        if moments is not None and moments.are_ordinary(first, second):
            found.append(moments.difference_of(first, second))
        else:
            found += multiplier_differences({first: ratios[first], second: ratios[second]}, second).values()
    return {(one.strategy, one.reference): Pair(one, None) for one in judged_together(found)}


# --- means, and means of products, over seeds, resamples and seeds left out -------------------------------------------


def _varies(column: np.ndarray) -> bool:
    """Whether a column is known on all of two seeds or more, and its spread is no matter of rounding."""
    if column.size < 2 or not np.isfinite(column).all():
        return False
    return float(np.var(column)) > 1e-4 * SPREAD_TO_SPEAK_OF * float(np.square(column).max())


class _Moments:
    """Means of columns and of their products, in all the ways that an interval needs.

    Attributes
    ----------
    columns
        Name to float64, (seeds,).
    levels
        Name to what was taken off the column.
    ways
        Three arrays, one row for each mean: over all seeds (1 column), over each resample, leaving out each seed.
    """

    def __init__(self, columns: dict[str, np.ndarray]) -> None:
        names = list(columns)
        self.columns, self.levels = columns, dict.fromkeys(columns, 0.0)
        self.seeds = columns[names[0]].size
        stack = np.array([columns[name] for name in names])
        i, j = np.triu_indices(len(names))
        rows = np.concatenate([stack, stack[i] * stack[j]])
        self._place: dict[tuple[str, ...], int] = {(name,): k for k, name in enumerate(names)}
        self._place |= {(names[a], names[b]): len(names) + k for k, (a, b) in enumerate(zip(i, j, strict=True))}
        sums = rows.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):  # of one seed nothing is left when it is left out
            without = (sums - rows) / (self.seeds - 1)
        self.ways = (sums / self.seeds, rows @ draw_counts(self.seeds).T / self.seeds, without)

    @classmethod
    def of(cls, values: dict[str, np.ndarray]) -> _Moments | None:
        """Return the moments of outcomes, each less its own mean; None where there is nothing to compare."""
        if len({column.size for column in values.values()}) != 1 or len(values) < 2:
            return None
        moments = cls({name: column - column.mean() for name, column in values.items()})
        moments.levels = {name: float(column.mean()) for name, column in values.items()}
        return moments

    def mean(self, way: int, name: str) -> np.ndarray:
        """Return the mean of a column, (1,), (resamples,) or (seeds,)."""
        return np.asarray(self.ways[way][self._place[name,]])

    def product(self, way: int, one: str, other: str) -> np.ndarray:
        """Return the mean of the product of two columns, in the same shape."""
        place = (one, other) if (one, other) in self._place else (other, one)
        return np.asarray(self.ways[way][self._place[place]])

    def variance(self, way: int, name: str) -> np.ndarray:
        """Return the variance of a column."""
        return self.product(way, name, name) - self.mean(way, name) ** 2

    def variance_between(self, way: int, one: str, other: str) -> np.ndarray:
        """Return the variance of the difference of two columns."""
        apart = self.mean(way, one) - self.mean(way, other)
        squares = self.product(way, one, one) + self.product(way, other, other) - 2.0 * self.product(way, one, other)
        return np.maximum(squares - apart**2, 0.0)

    def are_ordinary(self, one: str, other: str) -> bool:
        """Whether both are there and differ by more than a constant, so that nothing is lost by taking squares apart."""
        if (one,) not in self._place or (other,) not in self._place:
            return False
        between = float(np.var(self.columns[one] - self.columns[other]))
        apart = self.levels[one] - self.levels[other]
        return between > SPREAD_TO_SPEAK_OF * float(self.variance(0, one)[0] + self.variance(0, other)[0] + 1e-4 * apart**2)

    def apart(self, way: int, one: str, other: str) -> np.ndarray:
        """Return the mean difference, levels included."""
        return self.levels[one] - self.levels[other] + self.mean(way, one) - self.mean(way, other)

    def estimate(self, statistic: Callable[[int], np.ndarray], unit: str, factor: float = 1.0) -> Estimate:
        """Return a function of the moments with its BCa interval.

        Parameters
        ----------
        statistic
            From a way of taking means (place in `ways`) to the numbers.
        factor
            That the number and its interval are multiplied with.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            value, resampled, jackknifed = (statistic(way) for way in range(3))
        low, high, note = bca_bounds(float(value[0]), resampled, jackknifed)
        return Estimate(factor * float(value[0]), factor * low, factor * high, unit, note)


# --- one pair ---------------------------------------------------------------------------------------------------------


def _difference(moments: _Moments, one: str, other: str, unit: str, better: Estimate) -> Difference:
    """Return a difference as :func:`analysis.effects.pairwise_differences` does, but not yet judged with others."""
    n = moments.seeds
    spreads = [moments.variance(0, name) for name in (one, other)]
    together = (spreads[0] + spreads[1] - moments.variance_between(0, one, other)) / (2.0 * np.sqrt(spreads[0] * spreads[1]))
    freedom = 2.0 * (n - 1) / (1.0 + float(together[0]) ** 2)

    def in_spreads(way: int) -> np.ndarray:
        spread = 0.5 * (moments.variance(way, one) + moments.variance(way, other)) * n / (n - 1)
        return np.asarray(moments.apart(way, one, other) / np.sqrt(spread))

    with np.errstate(divide="ignore", invalid="ignore"):
        # Every resample's difference from what was found, over its own standard error.
        pivots = (moments.mean(1, one) - moments.mean(1, other)) / np.sqrt(moments.variance_between(1, one, other) / (n - 1))
    found = float(moments.apart(0, one, other)[0])
    error = math.sqrt(float(moments.variance_between(0, one, other)[0]) / (n - 1))
    return Difference(
        one, other, moments.estimate(lambda way: moments.apart(way, one, other), unit),
        moments.estimate(in_spreads, SPREADS, few_seeds_correction(freedom)), better, _two_sided(found / error, pivots),
    )  # fmt: skip


def _two_sided(found: float, pivots: np.ndarray) -> float:
    """Return the p-value of what was found, in standard errors, among the same of resamples (bootstrap-t)."""
    known = pivots[~np.isnan(pivots)]
    above, below = np.count_nonzero(known >= found), np.count_nonzero(known <= found)
    return float(min(1.0, 2.0 * (1 + min(above, below)) / (known.size + 1)))


def _pairing(moments: _Moments, one: str, other: str) -> Pairing:
    """Return what the same seeds saved, as :func:`analysis.effects.pairing` does."""

    def correlation(way: int) -> np.ndarray:
        first, second = moments.variance(way, one), moments.variance(way, other)
        return np.asarray((first + second - moments.variance_between(way, one, other)) / (2.0 * np.sqrt(first * second)))

    def ratio(way: int) -> np.ndarray:
        whole = moments.variance(way, one) + moments.variance(way, other)
        return np.asarray(whole / moments.variance_between(way, one, other))

    return Pairing(moments.seeds, moments.estimate(correlation, "-1 to 1"), moments.estimate(ratio, "times"),
                   moments.estimate(ratio, "seeds per strategy", float(moments.seeds)))  # fmt: skip


class _RatioMoments(_Moments):
    """Moments of ratios of sums: of each strategy what is above, freed of its own ratio, and what is below."""

    def __init__(self, ratios: Mapping[str, Ratio]) -> None:
        self.ratios = {name: float(above.sum() / below.sum()) for name, (above, below) in ratios.items()}
        free = {f"{name} above": above - self.ratios[name] * below for name, (above, below) in ratios.items()}
        super().__init__(free | {f"{name} below": below for name, (_, below) in ratios.items()})

    def change(self, way: int, name: str) -> np.ndarray:
        """Return how far a ratio lies from that over all seeds."""
        return self.mean(way, f"{name} above") / self.mean(way, f"{name} below")

    def product_of_influences(self, way: int, one: str, other: str) -> np.ndarray:
        """Return the mean product of what each seed does to two ratios."""
        (a, b), (c, d) = ((f"{name} above", f"{name} below") for name in (one, other))
        first, second = self.change(way, one), self.change(way, other)
        products = (self.product(way, a, c) - second * self.product(way, a, d) - first * self.product(way, b, c)
                    + first * second * self.product(way, b, d))  # fmt: skip
        return np.asarray(products / (self.mean(way, b) * self.mean(way, d)))

    def standard_error(self, way: int, one: str, other: str) -> np.ndarray:
        """Return the standard error of the difference of two ratios."""
        squares = (self.product_of_influences(way, one, one) + self.product_of_influences(way, other, other)
                   - 2.0 * self.product_of_influences(way, one, other))  # fmt: skip
        return np.sqrt(np.maximum(squares, 0.0) / (self.seeds - 1))

    def are_ordinary(self, one: str, other: str) -> bool:
        """Whether there are seeds enough, and the two ratios differ by more than a constant."""
        if self.seeds < 2:
            return False
        error = float(self.standard_error(0, one, other)[0])
        return error > math.sqrt(SPREAD_TO_SPEAK_OF) * max(abs(self.ratios[one]), abs(self.ratios[other]))

    def difference_of(self, one: str, other: str) -> Difference:
        """Return the difference of two ratios as :func:`analysis.effects.multiplier_differences` does, not yet judged."""
        apart = self.ratios[one] - self.ratios[other]
        with np.errstate(divide="ignore", invalid="ignore"):
            pivots = (self.change(1, one) - self.change(1, other)) / self.standard_error(1, one, other)
        found = self.estimate(lambda way: apart + self.change(way, one) - self.change(way, other), MULTIPLIER)
        return Difference(one, other, found, None, None,
                          _two_sided(apart / float(self.standard_error(0, one, other)[0]), pivots))  # fmt: skip
