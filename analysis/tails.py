"""What happens in the bad and the good futures: quantiles, expected shortfall, chance of loss.

Pure functions of float arrays over seeds. A strategy that does well on average may still do badly in one future of ten,
and a council answers for that one too. The share of futures in which a public euro moves less than so many private
euros is :func:`analysis.statistics.moves_less_than`.
"""

from __future__ import annotations

import numpy as np

from analysis.statistics import (
    CONFIDENCE,
    Estimate,
    bca_bounds,
    draw_counts,
    join_notes,
    left_out_note,
    share_below,
)

WORST = 0.1  # share of futures that expected shortfall looks at
FEW_IN_TAIL = 5.0  # runs in the tail below which its mean is shaky


def quantile(values: np.ndarray, probability: float, unit: str = "") -> Estimate:
    """Return a quantile over futures with an interval that assumes nothing of their distribution.

    The ends of the interval are runs themselves (order statistics), chosen by :func:`scipy.stats.quantile_test` so that
    they hold the quantile at least 95% of the time.

    Parameters
    ----------
    values : float64, (seeds,)
        NaN where a seed has no such number; those seeds are left out, and the note says so.
    probability
        Share of futures below the quantile, 0-1 without the ends.

    Returns
    -------
    Estimate
        `mean` is the quantile. `low` or `high` is None where there are too few seeds for that end, and the note says so.

    Raises
    ------
    ValueError
        If `probability` is not between 0 and 1.
    """
    from scipy import stats  # slow to import

    if not 0.0 < probability < 1.0:
        raise ValueError(f"the share of futures below a quantile is {probability}; it lies between 0 and 1")
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    if not known.any():
        return Estimate(None, None, None, unit, "undefined: no run gives this number")
    found = values[known]
    interval = stats.quantile_test(found, p=probability).confidence_interval(CONFIDENCE)
    low, high = (float(end) if np.isfinite(end) else None for end in interval)
    note = None if low is not None and high is not None else f"{found.size} seeds are too few for both ends"
    return Estimate(float(np.quantile(found, probability)), low, high, unit, join_notes(left_out_note(known), note))


def expected_shortfall(values: np.ndarray, worst: float = WORST, unit: str = "") -> Estimate:
    """Return the mean over the worst futures of an outcome of which more is better (Acerbi and Tasche 2002).

    Parameters
    ----------
    values : float64, (seeds,)
        NaN where a seed has no such number; those seeds are left out, and the note says so. For an outcome of which
        less is better, give its negative.
    worst
        Share of futures that counts as worst, above 0 up to 1; a part of a run counts for that part.

    Returns
    -------
    Estimate
        With a BCa 95% interval; the note says when fewer than five runs are behind it, for then it is too narrow.

    Raises
    ------
    ValueError
        If `worst` is not above 0 and at most 1.
    """
    if not 0.0 < worst <= 1.0:
        raise ValueError(f"the share of worst futures is {worst}; it lies above 0, up to 1")
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    if not known.any():
        return Estimate(None, None, None, unit, "undefined: no run gives this number")
    found = np.sort(values[known])
    n, tail = found.size, worst * found.size
    note = left_out_note(known)
    if tail < FEW_IN_TAIL:
        note = join_notes(note, f"from the worst {tail:.3g} of {n} runs: the interval is too narrow")
    value = float(_sum_of_lowest(found, np.array(tail)) / tail)
    if n == 1:
        return Estimate(value, None, None, unit, join_notes(note, "one seed: no interval"))
    # Runs in rising order are taken until the tail is full: what of each resampled run is still needed.
    counts = draw_counts(n)
    weights = np.clip(tail - (np.cumsum(counts, axis=1) - counts), 0.0, counts)
    low, high, remark = bca_bounds(value, weights @ found / tail, _jackknifed(found, worst))
    return Estimate(value, low, high, unit, join_notes(note, remark))


def _sum_of_lowest(rising: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Return the sum of the lowest ``many`` of the numbers; a part of a number counts for that part."""
    return np.interp(many, np.arange(rising.size + 1), np.concatenate([[0.0], np.cumsum(rising)]))


def _jackknifed(rising: np.ndarray, worst: float) -> np.ndarray:
    """Return the shortfall leaving out one run at a time, (seeds,), for ``rising`` runs."""
    n = rising.size
    tail = worst * (n - 1)
    # A run within the tail makes room for the next one; a run beyond it changes nothing.
    within = np.arange(n) < tail
    sums = np.where(within, _sum_of_lowest(rising, np.array(tail + 1.0)) - rising, _sum_of_lowest(rising, np.array(tail)))
    return np.asarray(sums / tail)


def chance_of_loss(values: np.ndarray) -> Estimate:
    """Return the share of futures in which an outcome, such as the social balance, lies below zero.

    Parameters
    ----------
    values : float64, (seeds,)
        NaN where a seed has no such number; those seeds are left out, and the note says so.

    Returns
    -------
    Estimate
        Share 0-1 with a Wilson 95% interval.
    """
    return share_below(values, 0.0)
