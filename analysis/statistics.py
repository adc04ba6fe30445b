"""Intervals, paired differences, ratios of sums and rankings over seeds.

Every number of a comparison is a mean or a ratio of sums over seeds, so one resampling serves all: draw how often each
seed counts, and everything follows by one matrix product. Intervals are bias-corrected and accelerated (BCa, Efron
1987), and fall back to percentiles, with a note, where BCa is not defined. The draws depend on the number of seeds
alone, so a number never depends on workers, on the order of rows, or on which other strategies were compared.
(:func:`scipy.stats.bootstrap` gives the same intervals run by run; the matrix product is some fifty times faster, which
the dashboard needs. ``tests/analysis/test_statistics.py`` holds the two against each other.)
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import networkx
import numpy as np
from scipy.special import ndtr, ndtri

CONFIDENCE = 0.95
RESAMPLES = 4000
FEW_SEEDS = 30  # below this, strategies are not ranked without a warning
LEAST_EUROS_PER_HA = 2_000.0  # extra public euros per gross hectare below which a multiplier has no denominator
LEAST_SHARE = 0.02  # ... or below this share of the public outlay itself


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval over seeds.

    Attributes
    ----------
    mean, low, high
        None where the number is undefined (``note`` then says why) or, for `low` and `high`, where one seed gives no
        interval.
    unit
        Such as ``"EUR"``.
    note
        What a reader must know, or None.
    """

    mean: float | None
    low: float | None
    high: float | None
    unit: str = ""
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the five fields under their own names."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "unit": self.unit, "note": self.note}

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return self.mean is not None

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies wholly on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)


def join_notes(*notes: str | None) -> str | None:
    """Return the notes that are there as one, each once, or None."""
    kept = list(dict.fromkeys(note for note in notes if note))
    return "; ".join(kept) if kept else None


# --- resampling ------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def draw_counts(n: int) -> np.ndarray:
    """Return how often each of ``n`` seeds counts in each resample: float64, (resamples, n), rows sum to ``n``.

    Fewer resamples are drawn for thousands of seeds, where each interval is narrow, to keep within some 32 MB.
    """
    resamples = RESAMPLES if n <= 1000 else max(1000, RESAMPLES * 1000 // n)
    rng = np.random.Generator(np.random.PCG64(0x4B1A4E5 + n))
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples).astype(float)
    counts.setflags(write=False)
    return counts


def bca_bounds(
    value: float, resampled: np.ndarray, jackknifed: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[float, float, str | None]:
    """Return the BCa interval of one number, or the percentile interval and a note.

    Parameters
    ----------
    value
        The number on all seeds.
    resampled : float64, (resamples,)
        The same on each resample; may hold NaN or inf, which are left out.
    jackknifed : float64, (n,)
        The same, leaving out one seed at a time.
    confidence
        Of the interval, 0-1.
    """
    usable = np.sort(resampled[np.isfinite(resampled)])
    if usable.size == 0:
        return value, value, "no interval: not one resample gives a number"
    if usable[-1] - usable[0] <= 1e-12 * max(1.0, abs(value)):
        return value, value, None
    tail = (1.0 - confidence) / 2.0
    probabilities = np.array([tail, 1.0 - tail])
    # Those below the value, and half of those equal to it.
    below = (np.searchsorted(usable, value, "left") + np.searchsorted(usable, value, "right")) / (2.0 * usable.size)
    note = None
    if 0.0 < below < 1.0 and np.isfinite(jackknifed).all():
        deviation = jackknifed.mean() - jackknifed
        scale = float((deviation**2).sum())
        acceleration = float((deviation**3).sum()) / (6.0 * scale**1.5) if scale > 0.0 else 0.0
        bias, z = ndtri(below), ndtri(probabilities)
        stretch = 1.0 - acceleration * (bias + z)
        if (stretch > 0.0).all():
            probabilities = ndtr(bias + (bias + z) / stretch)
        else:
            note = "percentile interval"
    else:
        note = "percentile interval"
    if usable.size < resampled.size:
        note = join_notes(note, "percentile interval" if note else None, "some resamples have no denominator")
    low, high = _quantiles_of_sorted(usable, probabilities)
    return float(low), float(high), note


def _quantiles_of_sorted(rising: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return what :func:`numpy.quantile` gives, of numbers in rising order: a tenth of the time, for thousands of calls."""
    places = probabilities * (rising.size - 1)
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, rising.size - 1)
    return np.asarray(rising[before] + (places - before) * (rising[after] - rising[before]))


def ratio_bounds(
    above: np.ndarray, below: np.ndarray | None = None, confidence: float = CONFIDENCE
) -> tuple[float, float, float, str | None]:
    """Return sum(above) / sum(below) over seeds with its interval, and a note or None.

    Parameters
    ----------
    above : float64, (seeds,)
        Finite.
    below : float64, (seeds,), optional
        Finite, with a sum other than 0; by default ones, which makes it a mean.
    confidence
        Of the interval, 0-1.

    Returns
    -------
    value, low, high : float
        All equal on one seed.
    """
    n = above.size
    divisor = np.ones(n) if below is None else below
    value = float(above.sum() / divisor.sum())
    if n == 1:
        return value, value, value, "one seed: no interval"
    counts = draw_counts(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        resampled = (counts @ above) / (n if below is None else counts @ below)  # the counts of a resample sum to n
        jackknifed = (above.sum() - above) / (divisor.sum() - divisor)
    low, high, note = bca_bounds(value, resampled, jackknifed, confidence)
    return value, low, high, note


def _estimate(above: np.ndarray, below: np.ndarray | None, unit: str, note: str | None) -> Estimate:
    value, low, high, remark = ratio_bounds(above, below)
    if above.size == 1:
        return Estimate(value, None, None, unit, join_notes(note, remark))
    return Estimate(value, low, high, unit, join_notes(note, remark))


def mean_with_interval(values: np.ndarray, unit: str = "") -> Estimate:
    """Return the mean over seeds with its 95% interval.

    Parameters
    ----------
    values : float64, (seeds,)
        NaN where a seed has no such number; those seeds are left out, and the note says so.
    """
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    if not known.any():
        return Estimate(None, None, None, unit, "undefined: no run gives this number")
    return _estimate(values[known], None, unit, left_out_note(known))


def means_with_intervals(columns: np.ndarray, units: Sequence[str]) -> list[Estimate]:
    """Return the mean of each column over seeds with its 95% interval: :func:`mean_with_interval` of many at once.

    One product with the resamples serves all columns that know the same seeds, which for the some five hundred numbers
    of a comparison is several times faster than one by one.

    Parameters
    ----------
    columns : float64, (seeds, columns)
        NaN where a seed has no such number; those seeds are left out of that column, and its note says so.
    units
        One for each column.
    """
    columns = np.asarray(columns, dtype=float)
    known, found = np.isfinite(columns), [Estimate(None, None, None)] * columns.shape[1]
    alike: dict[bytes, list[int]] = {}
    for k in range(columns.shape[1]):
        alike.setdefault(known[:, k].tobytes(), []).append(k)
    for places in alike.values():
        here = known[:, places[0]]
        n = int(here.sum())
        if n < 2:
            for k in places:
                found[k] = mean_with_interval(columns[:, k], units[k])
            continue
        rows = np.ascontiguousarray(columns[np.ix_(here, places)].T)
        resampled, sums = (rows @ draw_counts(n).T) / n, rows.sum(axis=1)
        jackknifed = (sums[:, None] - rows) / (n - 1.0)
        for row, k in enumerate(places):
            value = float(sums[row] / n)
            low, high, remark = bca_bounds(value, resampled[row], jackknifed[row])
            found[k] = Estimate(value, low, high, units[k], join_notes(left_out_note(here), remark))
    return found


def paired_difference(values: np.ndarray, reference: np.ndarray, unit: str = "") -> Estimate:
    """Return the mean of ``values - reference`` over seeds with its 95% interval.

    Parameters
    ----------
    values, reference : float64, (seeds,)
        On the same seeds in the same order. A seed where either is NaN is left out, and the note says so.

    Raises
    ------
    ValueError
        If the two are not on the same number of seeds.
    """
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    if values.shape != reference.shape:
        raise ValueError(f"a paired difference needs the same seeds: {values.size} against {reference.size}")
    difference = values - reference
    if not np.isfinite(difference).any():
        return Estimate(None, None, None, unit, "undefined: no seed gives this number on both sides")
    return mean_with_interval(difference, unit)


def left_out_note(known: np.ndarray) -> str | None:
    """Return what to say of the seeds that are not ``known`` (bool, (seeds,)), or None when all are."""
    if known.all():
        return None
    return f"from {int(known.sum())} of {known.size} seeds; the others have no such number"


# --- multipliers -----------------------------------------------------------------------------------------------------

MULTIPLIER = "euro private per euro public"
SHARE_OF_RUNS = "share of runs"


def least_outlay(gross_ha: float, outlay: np.ndarray) -> float:
    """Return the extra public euros, mean per run, below which a multiplier is undefined (mechanics E).

    Parameters
    ----------
    gross_ha
        Area within the park's boundary, hectares.
    outlay : float64, (seeds,)
        Public outlay N of the strategy itself, euros.
    """
    return max(LEAST_EUROS_PER_HA * gross_ha, LEAST_SHARE * float(np.mean(outlay)))


def ratio_of_sums(private: np.ndarray, public: np.ndarray, gross_ha: float) -> Estimate:
    """Return the gross multiplier: all private euros over all public euros of the seeds together.

    Parameters
    ----------
    private, public : float64, (seeds,)
        Euros of each run; public euros 0 or more.
    gross_ha
        Area within the park's boundary, hectares.
    """
    return _multiplier(private, public, least_outlay(gross_ha, public), "public outlay")


def additional_multiplier(
    private: np.ndarray, public: np.ndarray, twin_private: np.ndarray, twin_public: np.ndarray, gross_ha: float
) -> Estimate:
    """Return the additional multiplier: private euros beyond the twin over public euros beyond the twin.

    Parameters
    ----------
    private, public : float64, (seeds,)
        Euros of each run with the strategy.
    twin_private, twin_public : float64, (seeds,)
        Euros of the twin without intervention on the same seeds.
    gross_ha
        Area within the park's boundary, hectares.

    Returns
    -------
    Estimate
        Undefined where the extra public money is about nil; negative where private money was crowded out.
    """
    return _multiplier(
        private - twin_private, public - twin_public, least_outlay(gross_ha, public),
        "public outlay beyond the twin's",
    )


def _multiplier(private: np.ndarray, public: np.ndarray, least: float, what: str) -> Estimate:
    mean, bound, _, _ = ratio_bounds(public)
    if bound < least:
        note = (f"undefined: {what} is {mean:,.0f} euros per run with a lower 2.5% bound of {bound:,.0f}; "
                f"below {least:,.0f} a ratio says nothing")
        return Estimate(None, None, None, MULTIPLIER, note)
    return _estimate(private, public, MULTIPLIER, None)


def multiplier_difference(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], confidence: float = CONFIDENCE
) -> Estimate:
    """Return the difference between two ratios of sums on the same seeds, with its interval.

    Parameters
    ----------
    first, second : (private, public), each float64, (seeds,)
        Both ratios must be defined: see :func:`additional_multiplier`.
    """
    (a, b), (c, d) = first, second
    value = float(a.sum() / b.sum() - c.sum() / d.sum())
    if a.size == 1:
        return Estimate(value, None, None, MULTIPLIER, "one seed: no interval")
    counts = draw_counts(a.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        resampled = (counts @ a) / (counts @ b) - (counts @ c) / (counts @ d)
        jackknifed = (a.sum() - a) / (b.sum() - b) - (c.sum() - c) / (d.sum() - d)
    low, high, note = bca_bounds(value, resampled, jackknifed, confidence)
    return Estimate(value, low, high, MULTIPLIER, note)


def moves_less_than(m: float, private: np.ndarray, public: np.ndarray) -> Estimate:
    """Return the share of futures in which a public euro moves less than ``m`` private euros.

    Needs no denominator: counts runs with ``private - m * public`` below 0.

    Parameters
    ----------
    m
        Private euros per public euro.
    private, public : float64, (seeds,)
        Euros beyond the twin's, on the same seeds.

    Returns
    -------
    Estimate
        Share 0-1 with a Wilson 95% interval.
    """
    return share_below(private - m * public, 0.0)


def share_below(values: np.ndarray, level: float) -> Estimate:
    """Return the share of futures in which ``values`` lie below ``level``, with its Wilson 95% interval.

    Parameters
    ----------
    values : float64, (seeds,)
        Seeds where it is NaN are left out, and the note says so.
    level
        In the unit of the values.
    """
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    if not known.any():
        return Estimate(None, None, None, SHARE_OF_RUNS, "undefined: no run gives this number")
    return replace(share_of_runs(values[known] < level), note=left_out_note(known))


def share_of_runs(scores: np.ndarray) -> Estimate:
    """Return the share of runs for which ``scores`` holds, with its Wilson 95% interval.

    Parameters
    ----------
    scores : bool or float64, (seeds,)
        Whether a run counts, or how much of it, 0-1: half for a tie, and the interval is then wider than it need be.

    >>> share_of_runs(np.array([True] * 5 + [False] * 5)).mean
    0.5
    """
    n = scores.size
    share = float(np.mean(scores))
    z = float(ndtri(0.5 + CONFIDENCE / 2.0))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), SHARE_OF_RUNS)


def top_share(values: np.ndarray, top: float = 0.01) -> Estimate:
    """Return which share of the sum comes from the largest ``top`` share of runs (at least one run).

    Undefined where the sum is not positive.
    """
    total = float(values.sum())
    if total <= 0.0:
        return Estimate(None, None, None, "share", "undefined: together the runs gain nothing")
    k = max(1, math.ceil(top * values.size - 1e-9))
    note = None if values.size * top >= 1.0 else f"one run of {values.size} is more than the top {top:.0%}"
    return Estimate(float(np.sort(values)[-k:].sum() / total), None, None, "share", note)


# --- rankings --------------------------------------------------------------------------------------------------------


def few_seeds_note(n: int) -> str | None:
    """Return the warning that ``n`` seeds are too few to rank, or None."""
    return None if n >= FEW_SEEDS else f"{n} seeds are too few to rank (at least {FEW_SEEDS})"


def probability_best(values: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return in which share of futures each strategy is the best of those compared.

    Parameters
    ----------
    values
        Strategy to float64, (seeds,), higher is better, all on the same seeds. NaN: no candidate on that seed.

    Returns
    -------
    dict
        Share 0-1 each. Strategies that tie share that future equally, so they sum to 1 wherever there is a candidate.
    """
    names = list(values)
    table = np.array([values[name] for name in names], dtype=float)
    table = np.where(np.isnan(table), -np.inf, table)
    best = table.max(axis=0)
    candidates = np.isfinite(best)
    if not candidates.any():
        return dict.fromkeys(names, 0.0)
    wins = np.isclose(table, best, rtol=1e-12, atol=0.0) & np.isfinite(table)
    share = (wins / np.maximum(wins.sum(axis=0), 1))[:, candidates].mean(axis=1)
    return {name: float(value) for name, value in zip(names, share, strict=True)}


def probability_best_on_average(ratios: Mapping[str, tuple[np.ndarray, np.ndarray | None]]) -> dict[str, float]:
    """Return how often each strategy's mean (or ratio of sums) is the highest when the seeds are resampled.

    This is how sure the ranking of the *averages* is; it goes to 0 or 1 as seeds are added, where
    :func:`probability_best` settles at the share of futures.

    Parameters
    ----------
    ratios
        Strategy to (above, below), each float64, (seeds,); `below` None makes it a mean.
    """
    names = list(ratios)
    if not names:
        return {}
    above = np.array([ratio[0] for ratio in ratios.values()], dtype=float)
    below = np.array([np.ones_like(first) if second is None else second for first, second in ratios.values()], dtype=float)
    draws = draw_counts(above.shape[1]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = (above @ draws) / (below @ draws)
    return probability_best(dict(zip(names, rows, strict=True)))


def indistinguishable_groups(
    order: Sequence[str], differences: Mapping[tuple[str, str], Estimate], smallest: float = 0.0
) -> list[tuple[str, ...]]:
    """Return the largest groups of strategies of which no two can be told apart.

    Two cannot be told apart when the interval of their difference reaches within ``smallest`` of zero, or there is
    none. A strategy may stand in several groups: being alike is not transitive.

    Parameters
    ----------
    order
        Strategies, best first: the order within and between groups.
    differences
        (first, second) to the paired difference, for every pair in `order` in at least one direction.
    smallest
        Smallest difference that matters, 0 or more, in the unit of the outcome.
    """
    graph = networkx.Graph()
    graph.add_nodes_from(order)
    for i, first in enumerate(order):
        for second in order[i + 1 :]:
            found = differences.get((first, second)) or differences.get((second, first))
            if found is None or found.low is None or found.high is None or (found.low <= smallest and found.high >= -smallest):
                graph.add_edge(first, second)
    place = {name: i for i, name in enumerate(order)}
    groups = [tuple(sorted(group, key=place.__getitem__)) for group in networkx.find_cliques(graph)]
    return sorted(groups, key=lambda group: [place[name] for name in group])
