"""What is striven for, in numbers: three objectives, their robust forms, and when a multiplier may count.

The objectives are the additional multiplier (a ratio of sums over seeds), the gain in vitality and the social balance, all
against the twin and all to be made as large as can be. Public outlay is none of them: the social balance is in euros and
counts what the municipality costs, so scale is in it, and with four objectives nearly every strategy is on the front.
A ratio tempts a search to divide by nearly nothing. Hence the constraint: extra public money must be a denominator by the same
rule as anywhere else (:func:`analysis.statistics.least_outlay`).

Robust forms work on sets of assumptions. ``decile``: the mean over the worst tenth of the sets, per objective. ``regret``:
the largest shortfall over the sets from the best of all that was tried there, with its sign turned (0 is best).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from analysis.optimise.futures import BALANCE, OUTLAY, PRIVATE, PUBLIC, VITALITY
from analysis.statistics import LEAST_EUROS_PER_HA, LEAST_SHARE, draw_counts

OBJECTIVES = ("multiplier_additional", "vitality", "social_balance")
Robust = Literal["none", "decile", "regret"]
ROBUST: tuple[Robust, ...] = ("none", "decile", "regret")
WORST = 0.1  # share of the sets that the decile form looks at


def per_set(outcomes: np.ndarray) -> np.ndarray:
    """Return the objectives in each set, float64, (strategies, sets, 3), from outcomes (strategies, sets, seeds, 5).

    NaN for a multiplier without extra public money in that set.
    """
    means = outcomes.mean(axis=2)
    return np.stack([_ratio(means), means[..., VITALITY], means[..., BALANCE]], axis=2)


def _ratio(means: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(means[..., PUBLIC] > 0.0, means[..., PRIVATE] / means[..., PUBLIC], np.nan)


def units(outcomes: np.ndarray, robust: Robust) -> int:
    """Return how many futures there are to resample: seeds, or sets where the form is a robust one."""
    return int(outcomes.shape[2] if robust == "none" else outcomes.shape[1])


def worth(
    outcomes: np.ndarray, robust: Robust = "none", best: np.ndarray | None = None, counts: np.ndarray | None = None
) -> np.ndarray:
    """Return what strategies are worth on the three objectives.

    Parameters
    ----------
    outcomes : float64, (strategies, sets, seeds, 5)
    robust
        The form of the objectives.
    best : float64, (sets, 3), optional
        The best in each set that regret is taken from; of these strategies themselves if None.
    counts : float64, (resamples, units), optional
        How often each future counts; once each if None.

    Returns
    -------
    float64, (resamples, strategies, 3), or (strategies, 3) without counts
    """
    weights = np.ones((1, units(outcomes, robust))) if counts is None else counts
    if robust == "none":
        found = _means(outcomes, weights)
    elif robust == "decile":
        found = _worst(per_set(outcomes), weights)
    else:
        values = per_set(outcomes)
        found = -_largest((best_per_set(values) if best is None else best) - values, weights)
    return found[0] if counts is None else found


def best_per_set(values: np.ndarray) -> np.ndarray:
    """Return the best of all strategies in each set, float64, (sets, 3), from objectives (strategies, sets, 3)."""
    return np.where(np.isnan(values), -np.inf, values).max(axis=0, initial=-np.inf)


def _means(outcomes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    flat = outcomes.mean(axis=1)
    means = np.einsum("bs,nsm->bnm", weights, flat, optimize=True) / weights.sum(axis=1)[:, None, None]
    return np.stack([_ratio(means), means[..., VITALITY], means[..., BALANCE]], axis=2)


def _worst(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean over the worst tenth of the sets, (resamples, strategies, 3)."""
    m = max(1, math.ceil(WORST * values.shape[1] - 1e-9))
    found = np.empty((len(weights), len(values), 3))
    order = np.argsort(values, axis=1)
    for i in range(len(values)):
        for k in range(3):
            rising = order[i, :, k]
            counted = weights[:, rising]
            taken = np.clip(m - (np.cumsum(counted, axis=1) - counted), 0.0, counted)
            found[:, i, k] = np.nan if np.isnan(values[i, :, k]).any() else taken @ values[i, rising, k] / m
    return found


def _largest(loss: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the largest loss over the sets that count, (resamples, strategies, 3)."""
    there = (weights > 0.0)[:, :, None]
    return np.stack([np.where(there, one, -np.inf).max(axis=1) for one in loss], axis=1)


def shortage(outcomes: np.ndarray, gross_ha: float) -> np.ndarray:
    """Return how far extra public money falls short of a denominator, float64, (strategies,): 0 or less is enough.

    In the set where it is worst; as a share of what is needed. The bound is that of a normal distribution: the search asks for
    thousands of them. Reported multipliers follow :func:`analysis.statistics.additional_multiplier`.
    """
    extra, seeds = outcomes[..., PUBLIC], outcomes.shape[2]
    error = extra.std(axis=2, ddof=1) / math.sqrt(seeds) if seeds > 1 else np.zeros(extra.shape[:2])
    least = np.maximum(LEAST_EUROS_PER_HA * gross_ha, LEAST_SHARE * outcomes[..., OUTLAY].mean(axis=2))
    return np.asarray(((least - (extra.mean(axis=2) - 1.96 * error)) / least).max(axis=1))


def nondominated(values: np.ndarray) -> np.ndarray:
    """Return which rows no other row equals or surpasses on all objectives and surpasses on one, bool, (rows,).

    >>> nondominated(np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.5, 0.5, 0.0]])).tolist()
    [True, True, False]
    """
    kept = np.isfinite(values).all(axis=1)
    for row in np.flatnonzero(kept):
        others = values[kept]
        kept[row] = not ((others >= values[row]).all(axis=1) & (others > values[row]).any(axis=1)).any()
    return kept


def resampled(outcomes: np.ndarray, robust: Robust, best: np.ndarray | None = None) -> np.ndarray:
    """Return what strategies are worth in every resample of the futures, float64, (resamples, strategies, 3)."""
    return worth(outcomes, robust, best, draw_counts(units(outcomes, robust)))


def scaled(values: np.ndarray) -> np.ndarray:
    """Return objectives between the lowest (0) and the highest (1) of the rows, float64; 1 where all are equal."""
    low, high = values.min(axis=0), values.max(axis=0)
    return np.where(high > low, (values - low) / np.where(high > low, high - low, 1.0), 1.0)
