"""How a statistic over the stock is estimated, how sure it is, and what follows: met, not met, cannot tell.

An estimate is a combination of weighted sums over parks and seeds. Parks differ, and all parks of one seed share its
recessions and elections, so parks and seeds are resampled both, independently (the pigeonhole bootstrap: Owen 2007,
Annals of Applied Statistics 1(2)); it errs on the wide side. A band is *met* if the 90% interval lies within it, *not met*
if the interval lies outside it, and otherwise there are too few parks to tell. Both are tests at 5 per cent: the first is
the test of equivalence by two one-sided tests (Schuirmann 1987). What the rule gets wrong, with the sampling error as it is
here, is found by simulating it: see :func:`error_rates`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

CONFIDENCE = 0.90
RESAMPLES = 2_000
MET, NOT_MET, CANNOT_TELL, NOT_REPRESENTED = "met", "not_met", "cannot_tell", "not_represented"
VERDICTS = (MET, NOT_MET, CANNOT_TELL, NOT_REPRESENTED)

Combine = Callable[..., Any]


@dataclass(frozen=True)
class Sample:
    """Totals of the runs of some parks on the same seeds.

    Attributes
    ----------
    weights : float64, (parks,)
        Parks in the stock that each stands for; more than 0.
    totals : dict of float64, (parks, seeds)
        By name; finite.
    """

    weights: np.ndarray
    totals: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Statistic:
    """One number that a pattern speaks of, and the band in which a credible model has it.

    Attributes
    ----------
    key : str
        Its name in the wording.
    sample : str
        Which runs: ``alone`` (without policy), ``mix``, ``appraisals`` or ``council``.
    totals : tuple of str
        Names of totals, in the order in which `combine` takes them.
    combine : callable
        From weighted sums to the statistic; takes arrays of any one shape and gives that shape.
    low, high : float
        The band, in the unit of the statistic.
    mark : str
        S, C, R or J: where the band comes from (see ``docs/parameters.md``).
    sources : str
        Codes.
    digits : int
        Decimals to show.
    by_construction : bool
        Whether an input fixes it, so that meeting the band proves nothing.
    per_park : bool
        Whether the value of a single park says something, and is drawn.
    """

    key: str
    sample: str
    totals: tuple[str, ...]
    combine: Combine
    low: float
    high: float
    mark: str
    sources: str
    digits: int = 1
    by_construction: bool = False
    per_park: bool = True

    @property
    def width(self) -> float:
        """Width of the band."""
        return self.high - self.low


class ErrorRates(NamedTuple):
    """What the verdict does to models whose true value is known; chances, 0-1.

    NaN where there is no sampling error to simulate.
    """

    false_alarm: float  # a model in the middle of the band is called not met
    missed: float  # a model one band-width outside is called met (the worse of the two sides)
    recognised: float  # a model in the middle is called met
    caught: float  # a model one band-width outside is called not met (the worse of the two sides)


@dataclass(frozen=True)
class Finding:
    """What the runs say of one statistic.

    Attributes
    ----------
    value, low, high : float
        The estimate and its 90% interval; NaN where there is none.
    sd : float
        Standard error.
    verdict : str
        ``met``, ``not_met`` or ``cannot_tell``.
    widths, sds : float
        Distance from the band's nearest edge, in band-widths and in standard errors; 0 within the band, negative below.
    rates : ErrorRates
    parks : float64, (parks,)
        The statistic of each park over all its seeds; NaN where it has none.
    weights : float64, (parks,)
    """

    statistic: Statistic
    value: float
    low: float
    high: float
    sd: float
    verdict: str
    widths: float
    sds: float
    rates: ErrorRates
    parks: np.ndarray
    weights: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Return all but the single parks, as plain values."""
        band = self.statistic
        return {
            "statistic": band.key, "value": self.value, "low": self.low, "high": self.high, "sd": self.sd,
            "band": [band.low, band.high], "mark": band.mark, "sources": band.sources, "runs": band.sample,
            "by_construction": band.by_construction, "verdict": self.verdict, "band_widths_off": self.widths,
            "sd_off": self.sds, "error_rates": self.rates._asdict(),
        }  # fmt: skip


def estimate(statistic: Statistic, sample: Sample) -> Finding:
    """Return what a sample says of a statistic."""
    arrays = [np.asarray(sample.totals[name], float) for name in statistic.totals]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic.combine(*(sample.weights @ array.sum(axis=1) for array in arrays)))
        spread = np.asarray(statistic.combine(*resample(sample.weights, arrays)), float)
        parks = np.asarray(statistic.combine(*(array.sum(axis=1) for array in arrays)), float)
    usable = spread[np.isfinite(spread)]
    tail = 0.5 * (1.0 - CONFIDENCE)
    # One park, or one seed, varies by nothing that could be resampled.
    known = math.isfinite(value) and usable.size > 0.9 * spread.size and float(np.ptp(usable)) > 1e-9 * max(1.0, abs(value))
    low, high = (float(end) for end in np.quantile(usable, [tail, 1.0 - tail])) if known else (math.nan, math.nan)
    sd = float(usable.std(ddof=1)) if known else math.nan
    off = distance(value, statistic.low, statistic.high)
    return Finding(
        statistic, value, low, high, sd, verdict(low, high, statistic.low, statistic.high), off / statistic.width,
        off / sd if known else math.nan, error_rates(usable - value, statistic) if known else ErrorRates(*[math.nan] * 4),
        np.where(np.isfinite(parks), parks, np.nan), sample.weights,
    )  # fmt: skip


def resample(weights: np.ndarray, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Return the weighted sums of each total in resamples of parks and of seeds: float64, (resamples,) each.

    Parameters
    ----------
    weights : float64, (parks,)
    arrays : list of float64, (parks, seeds)
    """
    parks, seeds = arrays[0].shape
    rng = np.random.Generator(np.random.PCG64(0x57D1E5 + 10_007 * parks + seeds))
    of_parks = rng.multinomial(parks, np.full(parks, 1.0 / parks), RESAMPLES) * weights
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1.0 / seeds), RESAMPLES)
    return [np.einsum("rs,rs->r", of_parks @ array, of_seeds.astype(float)) for array in arrays]


def distance(value: float, low: float, high: float) -> float:
    """Return how far a value lies outside a band: 0 within, negative below it.

    >>> distance(3.0, 4.0, 6.0), distance(5.0, 4.0, 6.0), distance(8.5, 4.0, 6.0)
    (-1.0, 0.0, 2.5)
    """
    return min(value - low, 0.0) + max(value - high, 0.0)


def verdict(low: float, high: float, band_low: float, band_high: float) -> str:
    """Return what an interval says of a band: within it, outside it, or neither.

    >>> verdict(4.2, 5.0, 4.0, 6.0), verdict(6.1, 7.0, 4.0, 6.0), verdict(5.0, 6.5, 4.0, 6.0)
    ('met', 'not_met', 'cannot_tell')
    """
    if band_low <= low and high <= band_high:
        return MET
    if high < band_low or low > band_high:
        return NOT_MET
    return CANNOT_TELL


def error_rates(deviations: np.ndarray, statistic: Statistic) -> ErrorRates:
    """Return how often the verdict is wrong and right, with a sampling error like that of this sample.

    A model with a known true value is estimated again and again: each estimate is that value plus one of the resampled
    deviations, and its interval lies about it as the deviations do. The sampling error is taken to be as large wherever
    the true value lies.

    Parameters
    ----------
    deviations : float64, (n,)
        Resampled estimates less the estimate; finite.
    """
    tail = 0.5 * (1.0 - CONFIDENCE)
    below, above = np.quantile(deviations, [tail, 1.0 - tail])
    centred = deviations - deviations.mean()

    def called(truth: float, outcome: str) -> float:
        estimates = truth + centred
        calls = [verdict(value + below, value + above, statistic.low, statistic.high) == outcome for value in estimates]
        return float(np.mean(calls))

    middle = 0.5 * (statistic.low + statistic.high)
    outside = (statistic.low - statistic.width, statistic.high + statistic.width)
    return ErrorRates(
        called(middle, NOT_MET), max(called(truth, MET) for truth in outside), called(middle, MET),
        min(called(truth, NOT_MET) for truth in outside),
    )  # fmt: skip
