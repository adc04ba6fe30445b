"""What is chance and what is not: tests against luck, and the share of a variance that is the seed's."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from analysis.statistics import bca_bounds, draw_counts

_ALL_FLIPS = 12  # up to so many trajectories every pattern of signs is tried; above, 20,000 drawn ones
_FLIPS = 20_000


class Share(NamedTuple):
    """A share, 0-1, with its 95% interval; all NaN where it cannot be known."""

    value: float
    low: float
    high: float


def chance_share(values: np.ndarray) -> Share:
    """Return which share of the variance of a single future is the luck of its seed, and not the assumptions.

    A one-way analysis of variance: within points against between them, the latter without the luck that is left in means
    over seeds.

    Parameters
    ----------
    values : float64, (groups, points, seeds)
        Points that are spread over the ranges of all assumptions; resampled by group.

    Returns
    -------
    Share
        Unknown with one seed per point or one group, or where nothing varies.
    """
    groups, points, seeds = values.shape
    if seeds < 2 or groups < 2:
        return Share(np.nan, np.nan, np.nan)
    values = values - values.mean()
    mean = values.mean(axis=2)
    columns = np.column_stack([mean.mean(axis=1), (mean**2).mean(axis=1), values.var(axis=2, ddof=1).mean(axis=1)])
    unbiased = groups * points / (groups * points - 1.0)

    def share(means: np.ndarray) -> np.ndarray:
        within = means[..., 2]
        between = np.maximum(unbiased * (means[..., 1] - means[..., 0] ** 2) - within / seeds, 0.0)
        with np.errstate(invalid="ignore"):
            return np.asarray(within / (within + between))

    value = float(share(columns.mean(axis=0)))
    if not np.isfinite(value):
        return Share(np.nan, np.nan, np.nan)
    jackknifed = share((columns.sum(axis=0) - columns) / (groups - 1.0))
    low, high, _ = bca_bounds(value, share(draw_counts(groups) @ columns / groups), jackknifed)
    return Share(value, low, high)


@functools.lru_cache(maxsize=8)
def _signs(groups: int) -> np.ndarray:
    """Return patterns of signs, the first all plus: float64, (patterns, groups)."""
    if groups <= _ALL_FLIPS:
        return 1.0 - 2.0 * ((np.arange(2**groups)[:, None] >> np.arange(groups)) & 1)
    signs = 1.0 - 2.0 * np.random.Generator(np.random.PCG64(groups)).integers(0, 2, (_FLIPS, groups))
    signs[0] = 1.0
    return signs


def chance_of_effects(effects: np.ndarray) -> np.ndarray:
    """Return how likely effects like these are where a factor does no more than other luck does.

    Two tests by flipping signs, which need no shape of the distribution: of the mean effect against zero (does it go one
    way?), and of the mean absolute effect against that of the luck (is it larger?). Both are right where the factor acts
    as a new draw of luck: its effect is then as likely to have one sign as the other, and its size may be exchanged for
    that of the luck in the same trajectory. The smaller of the two counts, doubled.

    Parameters
    ----------
    effects : float64, (groups, factors + 1)
        The last column is the luck.

    Returns
    -------
    float64, (factors,)
        p-values, not corrected for how many factors there are.
    """
    groups, signs = len(effects), _signs(len(effects))
    own, size = effects[:, :-1], np.abs(effects[:, :-1]) - np.abs(effects[:, -1:])
    slack = 1e-12 * np.abs(effects).max(initial=0.0)
    flipped = np.abs(signs @ own) / groups
    direction = (flipped >= flipped[0] - slack).mean(axis=0)
    flipped = signs @ size / groups
    larger = (flipped >= flipped[0] - slack).mean(axis=0)
    # An effect of nil is as likely as anything; rounding would not say so.
    nil = np.abs(own).max(axis=0, initial=0.0) <= slack
    return np.where(nil, 1.0, np.minimum(1.0, 2.0 * np.minimum(direction, larger)))
