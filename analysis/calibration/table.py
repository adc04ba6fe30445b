"""Posteriors from a table of simulations drawn from the prior, and whether such posteriors can be trusted.

The simulations nearest to the data are kept, weighted by a kernel of their distance, and corrected for what distance is
left by a linear regression of the parameters on the statistics (Beaumont, Zhang and Balding 2002, Genetics 162(4)). The
parameters are regressed as logits of their place in the prior, so that none leaves its range. The same correction is
made to the last generation of the sequential method, with its weights.

The table serves any data, so each of its simulations can stand for the data in turn, with the other ones as the table:
its parameters are the truth, and how often the intervals hold it and where it ranks among draws from the posterior show
whether the method does what it says, averaged over the prior (simulation-based calibration: Talts and others 2018,
arXiv:1804.06788).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analysis.calibration.targets import Target, distance, standardised, with_error

LEVELS = (0.5, 0.8, 0.95)
NEAREST, LEAST_NEAREST = 0.2, 100  # share of the table that is kept, and simulations at least
RANKS = 63  # draws among which a truth is ranked: 64 possible ranks
_EDGE = 1e-4  # places nearer to an end of the prior count as this near, so that their logit is finite
_BINS = 16


@dataclass(frozen=True)
class Weighted:
    """A weighted sample of parameter sets.

    Attributes
    ----------
    places : float64, (sets, parameters)
        In the range of the prior, 0-1.
    weights : float64, (sets,)
        Sum to 1.
    """

    places: np.ndarray
    weights: np.ndarray

    def quantiles(self, shares: Sequence[float]) -> np.ndarray:
        """Return weighted quantiles of each parameter's place, float64 (shares, parameters)."""
        found = np.empty((len(shares), self.places.shape[1]))
        for column, values in enumerate(self.places.T):
            order = np.argsort(values, kind="stable")
            passed = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            found[:, column] = np.interp(shares, passed, values[order])
        return found

    def spread(self) -> np.ndarray:
        """Return the weighted standard deviation of each parameter's place, float64 (parameters,)."""
        mean = self.weights @ self.places
        return np.asarray(np.sqrt(self.weights @ np.square(self.places - mean)))

    def effective(self) -> float:
        """Return how many equally weighted sets would be as precise (Kish)."""
        return float(1.0 / np.square(self.weights).sum())


@dataclass(frozen=True)
class Table:
    """Simulations of parameter sets drawn from the prior.

    Attributes
    ----------
    places : float64, (simulations, parameters)
        0-1.
    statistics : float64, (simulations, targets)
        Without the error of the source; finite.
    targets : tuple of Target
    noise : float64, (targets,)
        Standard deviation of each statistic between simulations with the same parameters.
    """

    places: np.ndarray
    statistics: np.ndarray
    targets: tuple[Target, ...]
    noise: np.ndarray

    @classmethod
    def of(cls, places: np.ndarray, statistics: np.ndarray, targets: Sequence[Target]) -> Table:
        """Return the table of simulations that have every statistic.

        Raises
        ------
        ValueError
            If there are too few to estimate the noise.
        """
        known = np.isfinite(statistics).all(axis=1)
        if known.sum() < 2 * quadratic(places).shape[1]:
            raise ValueError(f"{known.sum()} simulations with every statistic are too few; take more")
        places, statistics = places[known], statistics[known]
        terms = quadratic(places)
        left = statistics - terms @ np.linalg.lstsq(terms, statistics, rcond=None)[0]
        # The middle of the residuals: their tails belong to parameter sets far from any data (few healthy parks left).
        noise = 1.4826 * np.median(np.abs(left - np.median(left, axis=0)), axis=0)
        return cls(places, statistics, tuple(targets), noise * math.sqrt(len(terms) / (len(terms) - terms.shape[1])))

    def z(self) -> np.ndarray:
        """Return standardised statistics with the error of the source, float64 (simulations, targets)."""
        return standardised(self.targets, with_error(self.targets, self.statistics, range(len(self.places))), self.noise)

    def only(self, kept: Sequence[bool]) -> Table:
        """Return the table with some of its targets."""
        chosen = np.flatnonzero(kept)
        return Table(self.places, self.statistics[:, chosen], tuple(self.targets[k] for k in chosen), self.noise[chosen])

    def posterior(self) -> Weighted:
        """Return the posterior given the targets."""
        return nearest(self.places, self.z())


def quadratic(places: np.ndarray) -> np.ndarray:
    """Return the terms of a full quadratic in the parameters."""
    n = places.shape[1]
    pairs = [places[:, i] * places[:, j] for i in range(n) for j in range(i + 1)]
    return np.column_stack([np.ones(len(places)), places, *pairs])


def nearest(places: np.ndarray, z: np.ndarray) -> Weighted:
    """Return the posterior from a table, by rejection and regression.

    Parameters
    ----------
    places : float64, (simulations, parameters)
    z : float64, (simulations, targets)
        Standardised differences from the data.
    """
    far = distance(z)
    count = min(len(far), max(LEAST_NEAREST, round(NEAREST * len(far))))
    chosen = np.argsort(far, kind="stable")[:count]
    return adjusted(places[chosen], z[chosen], np.full(count, 1.0 / count))


def adjusted(places: np.ndarray, z: np.ndarray, weights: np.ndarray) -> Weighted:
    """Return parameter sets corrected for the distance that is left, by linear regression.

    The correction goes to a difference of zero where that lies among the differences of the sets themselves (their central
    90 per cent), and else no further than those: a number that these parameters do not reach together with the others
    would have them moved along a line beyond anything that was simulated, out to the ends of their priors (the regression
    is not to be trusted where the model is wrong: Frazier, Robert and Rousseau 2020). Slopes are shrunk a little (ridge, the
    number of targets over the effective number of sets), which matters to small populations only.

    Parameters
    ----------
    places : float64, (sets, parameters)
        0-1.
    z : float64, (sets, targets)
        Standardised differences from the data.
    weights : float64, (sets,)
        Those they come with; the kernel (Epanechnikov, as wide as the largest distance) multiplies them.
    """
    far = distance(z)
    kernel = weights * (1.0 - np.square(far / (far.max() * (1.0 + 1e-9)))) + 1e-300
    kernel = kernel / kernel.sum()
    clipped = np.clip(places, _EDGE, 1.0 - _EDGE)
    logits = np.log(clipped / (1.0 - clipped))
    design = np.column_stack([np.ones(len(z)), z])
    weighted = design * kernel[:, None]
    effective = 1.0 / np.square(kernel).sum()
    ridge = np.diag([0.0, *np.full(z.shape[1], z.shape[1] / effective)])
    slopes = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ logits)
    left = logits - design @ slopes
    low, high = Weighted(z, kernel).quantiles([0.05, 0.95])
    # Residuals are smaller than errors by what the regression took up; without this, intervals are too narrow.
    wider = math.sqrt(effective / max(effective - design.shape[1], 1.0))
    moved = slopes[0] + np.clip(0.0, low, high) @ slopes[1:] + wider * left
    return Weighted(1.0 / (1.0 + np.exp(-moved)), kernel)


# --- can it be trusted ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovery:
    """How posteriors of made-up data relate to the parameters that the data were made with.

    Attributes
    ----------
    truths, medians, low, high : float64, (datasets, parameters)
        Places 0-1: the truth, the posterior's median, and its 95% interval.
    inside : bool, (levels, datasets, parameters)
        Whether the central interval of each of :data:`LEVELS` holds the truth.
    ranks : int64, (datasets, parameters)
        Draws from the posterior below the truth, 0 to :data:`RANKS`.
    """

    truths: np.ndarray
    medians: np.ndarray
    low: np.ndarray
    high: np.ndarray
    inside: np.ndarray
    ranks: np.ndarray

    def coverage(self) -> np.ndarray:
        """Return the share of intervals that hold the truth, float64 (levels, parameters)."""
        return np.asarray(self.inside.mean(axis=1))

    def uniformity(self) -> np.ndarray:
        """Return p-values of the chi-square test that the ranks are uniform, float64 (parameters,); see :func:`uniform`."""
        return np.array([uniform(ranks) for ranks in self.ranks.T])

    def explained(self) -> np.ndarray:
        """Return the correlation of truth and median, float64 (parameters,); 0 where no data can tell a parameter."""
        return np.array([_correlation(a, b) for a, b in zip(self.truths.T, self.medians.T, strict=True)])


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if min(a.std(), b.std()) > 0.0 else 0.0


class _Held(NamedTuple):
    shares: tuple[float, ...]
    columns: dict[float, tuple[int, int]]


def _shares() -> _Held:
    shares = sorted({0.5, *(end for level in LEVELS for end in (0.5 - 0.5 * level, 0.5 + 0.5 * level))})
    return _Held(tuple(shares), {level: (shares.index(0.5 - 0.5 * level), shares.index(0.5 + 0.5 * level)) for level in LEVELS})


def recovery_of(truths: np.ndarray, posteriors: Sequence[Weighted], seed: int = 1) -> Recovery:
    """Return how posteriors relate to the truths.

    Parameters
    ----------
    truths : float64, (datasets, parameters)
    posteriors
        One per dataset.
    seed
        Of the draws among which truths are ranked.
    """
    held = _shares()
    quantiles = np.array([posterior.quantiles(held.shares) for posterior in posteriors])  # (datasets, shares, parameters)
    inside = np.array([
        (quantiles[:, low] <= truths) & (truths <= quantiles[:, high]) for low, high in held.columns.values()
    ])  # fmt: skip
    rng = np.random.Generator(np.random.PCG64([0x5BC, seed]))
    ranks = np.empty(truths.shape, np.int64)
    for k, posterior in enumerate(posteriors):
        drawn = posterior.places[rng.choice(len(posterior.weights), RANKS, p=posterior.weights)]
        ranks[k] = (drawn < truths[k]).sum(axis=0)
    low, high = held.columns[LEVELS[-1]]
    return Recovery(truths, quantiles[:, held.shares.index(0.5)], quantiles[:, low], quantiles[:, high], inside, ranks)


def recover(table: Table, datasets: int, seed: int = 1) -> Recovery:
    """Let simulations of a table stand for the data in turn, each against the others.

    Parameters
    ----------
    datasets
        How many, spread evenly over the table; at most all.
    """
    n = len(table.places)
    chosen = np.unique(np.linspace(0, n - 1, min(datasets, n)).round().astype(int))
    scale = np.hypot(table.noise, [target.error for target in table.targets])
    simulated = with_error(table.targets, table.statistics, range(n)) / scale
    # The data of a dataset have errors of their own: other numbers than those of the same simulation in the table.
    data = with_error(table.targets, table.statistics[chosen], [n + int(k) for k in chosen]) / scale
    posteriors = []
    for k, held in enumerate(chosen):
        others = np.arange(n) != held
        posteriors.append(nearest(table.places[others], simulated[others] - data[k]))
    return recovery_of(table.places[chosen], posteriors, seed)


def uniform(ranks: np.ndarray) -> float:
    """Return the p-value of the chi-square test that ranks from 0 to :data:`RANKS` are uniform, in bins of four ranks.

    With 5 per cent as the border a method that is right is called wrong once in twenty parameters; judge several together
    by the smallest p-value times their number (Bonferroni).
    """
    from scipy.stats import chisquare

    counts = np.bincount(ranks * _BINS // (RANKS + 1), minlength=_BINS)
    return float(chisquare(counts).pvalue)


def ecdf_band(datasets: int, level: float = 0.95, simulations: int = 1_000) -> np.ndarray:
    """Return how far the distribution of uniform ranks may lie from the diagonal, for all ranks at once.

    Returns
    -------
    float64, (RANKS + 1,)
        Half-width of a band that holds the whole curve with that probability: as wide as the curve varies at each rank,
        scaled until `level` of simulated curves lie within (Säilynoja, Bürkner and Vehtari 2022, Statistics and Computing
        32, in its simulated form).
    """
    rng = np.random.Generator(np.random.PCG64(0xECDF + datasets))
    counts = rng.multinomial(datasets, np.full(RANKS + 1, 1.0 / (RANKS + 1)), simulations)
    expected = np.arange(1, RANKS + 2) / (RANKS + 1)
    apart = np.abs(np.cumsum(counts, axis=1) / datasets - expected)
    wide = np.sqrt(expected * (1.0 - expected) / datasets)
    scaled = (apart[:, :-1] / wide[:-1]).max(axis=1)
    return np.asarray(np.quantile(scaled, level) * wide)
