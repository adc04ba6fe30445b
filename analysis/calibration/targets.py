"""What is calibrated, on which numbers, and how far a simulated number is from a known one.

**Parameters.** Six, no more (mechanics F): of uncertainty only the product theta (1 + phi/2) shows in patterns, so phi and the
taste for variety are fixed, and what policy does (conversations, pushes, bargaining) cannot be seen where there is none. The
prior of each is uniform over its plausible range (``analysis.assumptions``). Not log-uniform: the ranges span a factor
of three to nine, and where a source or a judgement gives two ends, nothing says that the lower one is likelier.

**Numbers.** Patterns 1, 3, 4 (onset only) and 5 (age gradient), of parks without policy. Never what policy does, never a
multiplier, never an order of strategies. Every other number that a park without policy gives is the check.

**Error of the source.** A band is how well a number is known. It is read as its 90 per cent interval (the level at which
patterns are judged): the reported number is that of the stock plus a normal error with a standard deviation of half the
band over 1.645. Every simulated number gets such an error, drawn once for each simulation, so that what is fitted and what is
known are the same kind of thing, and the posterior is exact for this error as the tolerance goes to 0 (Wilkinson 2013,
Statistical Applications in Genetics and Molecular Biology 12(2)). So nothing is gained by lying in the middle of a wide
band, and a narrow band weighs more. A distance of zero anywhere inside would make all parameter sets within equally good
up to the very edge, as if the ends were known exactly.

**Numbers out of reach.** A number whose band holds less than one in a hundred draws from the prior cannot be had by these six
parameters. Fitting it would bend them to make up for something else that is wrong (Frazier, Robert and Rousseau 2020,
Journal of the Royal Statistical Society B 82(2)). It is left out, by this rule alone, and told as not met; what
including it would do is shown (:func:`analysis.calibration.study.sensitivities`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.assumptions import Assumption, named_assumptions
from analysis.patterns.definitions import PATTERNS
from analysis.patterns.estimation import Statistic

CALIBRATED = ("beta", "chi", "theta", "growth_sd", "review_interval", "prospect_rate")
"""Names of the parameters that are calibrated, at most (mechanics F)."""
FITTED = {1: ("relocation", "mover_growth"), 3: ("vacancy", "still_vacant", "structural", "structural_low"), 4: ("onset",)}
"""Statistics that are fitted, by pattern; with :data:`AGE_GRADIENT` of pattern 5."""
AGE_GRADIENT = Statistic("age_gradient", "alone", (), lambda: None, 1.1, 3.1, "J", "S5", 2)
"""Share of the oldest premises among those renewed over their share among those not renewed, without policy.

S5 has 38 against 18 per cent, a ratio of 2.1, for sites that were *treated*: half of them by a municipality, which a park
without policy cannot show. What it can show is which premises their owners renew. That the gradient is the same there is
a judgement, so the band is twice as wide as that of pattern 5. The model keeps no year of building; the oldest are the
worst in quality, as many as the share of sites from before 1960 (``analysis.dutch_stock.OLDEST_SHARE``).
"""
LEAST_REACHED = 0.01
_NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class Target:
    """One number that is known with an error.

    Attributes
    ----------
    pattern : int
    key : str
        Of the statistic.
    value : float
        Middle of the band, in the unit of the statistic.
    error : float
        Standard deviation of the error of the source.
    low, high : float
        The band.
    digits : int
        Decimals to show.
    """

    pattern: int
    key: str
    value: float
    error: float
    low: float
    high: float
    digits: int = 1

    @classmethod
    def of(cls, pattern: int, statistic: Statistic) -> Target:
        """Return the target that the band of a statistic gives."""
        middle = 0.5 * (statistic.low + statistic.high)
        return cls(pattern, statistic.key, middle, 0.5 * statistic.width / _NORMAL_90, statistic.low, statistic.high,
                   max(statistic.digits, 1))  # fmt: skip


def calibrated() -> tuple[Assumption, ...]:
    """Return the parameters that are calibrated, with the ends of their priors."""
    return named_assumptions(CALIBRATED)


def policy_free() -> dict[int, tuple[Statistic, ...]]:
    """Return every statistic that is read from parks without policy, by pattern, without that of age."""
    found = {pattern.number: tuple(s for s in pattern.statistics if s.sample == "alone") for pattern in PATTERNS}
    return {number: statistics for number, statistics in found.items() if statistics}


def fitted_targets() -> tuple[Target, ...]:
    """Return the targets that are fitted, before those out of reach are left out."""
    found = [Target.of(number, one) for number, every in policy_free().items() for one in every
             if one.key in FITTED.get(number, ())]  # fmt: skip
    return (*found, Target.of(5, AGE_GRADIENT))


def check_targets() -> tuple[Target, ...]:
    """Return the targets that are never fitted, and by which the posterior is checked."""
    fitted = {target.key for target in fitted_targets()}
    return tuple(Target.of(number, one) for number, every in policy_free().items() for one in every
                 if one.key not in fitted)  # fmt: skip


def in_reach(targets: Sequence[Target], statistics: Mapping[str, np.ndarray]) -> tuple[Target, ...]:
    """Return the targets whose band holds at least one in a hundred draws from the prior.

    Parameters
    ----------
    statistics : dict of float64, (draws,)
        What the simulations gave, without the error of the source; NaN where a simulation has no such number.
    """
    def reached(target: Target) -> float:
        values = statistics[target.key]
        return float(np.mean((values >= target.low) & (values <= target.high)))

    return tuple(target for target in targets if reached(target) >= LEAST_REACHED)


def with_error(targets: Sequence[Target], statistics: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """Return simulated statistics with the error of the source added.

    Parameters
    ----------
    statistics : float64, (simulations, targets)
    seeds
        One per simulation; the same gives the same error of a target, whichever others are among the targets.

    Returns
    -------
    float64, (simulations, targets)
    """
    places = {target.key: place for place, target in enumerate((*fitted_targets(), *check_targets()))}
    order = [places.get(target.key, place) for place, target in enumerate(targets)]
    draws = np.array([np.random.Generator(np.random.PCG64([0xE440, seed])).standard_normal(1 + max(order)) for seed in seeds])
    return np.asarray(statistics + draws[:, order] * np.array([target.error for target in targets]))


def standardised(targets: Sequence[Target], statistics: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return how far statistics lie from their targets, in standard deviations of source and simulation together.

    Parameters
    ----------
    statistics : float64, (..., targets)
    noise : float64, (targets,)
        Standard deviation of a statistic between simulations with the same parameters.
    """
    scale = np.hypot(noise, [target.error for target in targets])
    return np.asarray((statistics - np.array([target.value for target in targets])) / scale)


def distance(z: np.ndarray) -> np.ndarray:
    """Return the root mean square of standardised differences, float64 (...,); infinite where one is not known."""
    found = np.sqrt(np.mean(np.square(z), axis=-1))
    return np.where(np.isfinite(found), found, np.inf)
