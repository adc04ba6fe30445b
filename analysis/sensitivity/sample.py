"""A sample over all assumptions at once: the main effect of each, where most of an outcome is chance.

One future of a park is for the greater part luck. A trajectory (Morris) uses a run for one assumption only; here every run
tells of all of them. Points fill the ranges evenly (Latin hypercubes), each with one seed of its own, so that luck
is noise that goes with no assumption; the twin and both strategies share that seed. Least squares on all assumptions
together gives what each does from the low end of its range to the high end, on average over the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.assumptions import Assumption, assumptions
from analysis.effects import LEVEL, adjusted_p_values
from analysis.sensitivity.chance import Share
from analysis.sensitivity.design import CUBE, points
from analysis.sensitivity.running import OUTCOMES, Answers, Contrast, run_design
from analysis.sensitivity.screening import LARGEST, led_by_place, matter_most, places_as_set
from analysis.statistics import CONFIDENCE, ratio_bounds

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

POINTS = 2_048
_PER_NUMBER = 2  # points for each number that is estimated, at the least
_FOLDS, _SEED = 5, 3_301
_STILL = 1e-12  # of its largest value: an outcome that varies by less does not vary


@dataclass(frozen=True)
class Sample:
    """What the sample found; attributes as those of :class:`~analysis.sensitivity.screening.Screening`.

    Attributes
    ----------
    points, left_out
        Number that the numbers rest on, and that were left out because a run failed.
    seeds
        Futures per point: always 1.
    table : DataFrame
        A row per contrast, outcome and factor: ``effect`` (from the low end of the range to the high end, in `unit`) with
        its 95% interval, ``p`` and ``stands``.
    explained : DataFrame
        Per contrast and outcome ``share`` (of the variance of a single future that the main effects account for together)
        with its 95% interval, ``predicted`` (R2 at points left out one at a time, which is lower), and for the first
        contrast ``beyond`` (what trees add to R2 at points not used; see :func:`beyond_main_effects`) with its interval.
    convergence : DataFrame
        Effects of the largest on the first quarter, half and all of the points, and ``standing``: how many stand there.
    """

    park: str
    contrasts: tuple[Contrast, ...]
    factors: tuple[Assumption, ...]
    points: int
    left_out: int
    seeds: int
    table: pd.DataFrame
    explained: pd.DataFrame
    convergence: pd.DataFrame
    receipt: str

    def rows(self, contrast: Contrast, outcome: str) -> pd.DataFrame:
        """Return the rows of one outcome of one contrast, the largest effect first, whatever its sign."""
        rows = self.table[(self.table["contrast"] == contrast.key) & (self.table["outcome"] == outcome)]
        return rows.sort_values("effect", key=np.abs, ascending=False, kind="stable")

    def most_important(self, number: int) -> tuple[Assumption, ...]:
        """Return the assumptions that matter most for the difference, as :meth:`Screening.most_important` does."""
        return matter_most(self.table.assign(size=self.table["effect"].abs()), "size", self.contrasts[0], self.factors, number)


def least_points(factors: int) -> int:
    """Return how many points so many assumptions take at the least: two for each number that is estimated, in whole cubes."""
    return -(-_PER_NUMBER * (factors + 1) // CUBE) * CUBE


def sample(
    scenario: Scenario, strategies: Sequence[Strategy], number: int = POINTS, chosen: Sequence[Assumption] | None = None,
    **how: Any,
) -> Sample:
    """Find what each assumption does on a park, to each of two strategies and to their difference.

    An assumption *stands* for an outcome where its effect differs from zero (t test with errors that allow luck to be
    larger at some points than at others), all assumptions judged together so that of those that stand on average at most 5%
    are false alarms (Benjamini and Hochberg 1995).

    Parameters
    ----------
    scenario, strategies
        The park, and two strategies.
    number
        Of points: a multiple of :data:`~analysis.sensitivity.design.CUBE`, at least :func:`least_points`. Each takes 3 runs.
    chosen
        Assumptions; all if None.
    **how
        ``store``, ``engine``, ``quarters``, ``progress``, ``tell``: as :func:`run_design` takes them.

    Raises
    ------
    ValueError
        If there are not two strategies that do something, or too few points.
    RunFailed
        If so many runs failed that too few points are left.
    """
    factors = tuple(assumptions() if chosen is None else chosen)
    least = least_points(len(factors))
    if number < least or number % CUBE:
        raise ValueError(f"points is {number}; {len(factors)} assumptions need a multiple of {CUBE}, at least {least}")
    few = _PER_NUMBER * (len(factors) + 1)  # a point of which a run fails is left out
    answers = run_design(scenario, strategies, factors, points(len(factors), number), 1, least=few, **how)
    return sample_of(scenario.name, factors, answers)


def sample_of(park: str, factors: Sequence[Assumption], answers: Answers) -> Sample:
    """Return what the outcomes of a sample say."""
    places = places_as_set(answers.design, factors)[:, 0, :-1]
    names, number = [factor.name for factor in factors], len(places)
    kinds = [(contrast, outcome) for contrast in answers.contrasts for outcome in OUTCOMES]
    values = np.column_stack([answers.values(contrast, outcome)[:, 0, 0] for contrast, outcome in kinds])
    parts = [n for n in (number // 4, number // 2) if n >= _PER_NUMBER * (len(names) + 1)] + [number]
    fits = {n: main_effects(places[:n], values[:n]) for n in parts}
    found = fits[number]
    tables, explained, courses = [], [], []
    for k, (contrast, outcome) in enumerate(kinds):
        place = {"contrast": contrast.key, "outcome": outcome}
        judged = {n: stand(fit.p[:, k]) for n, fit in fits.items()}
        tables.append(pd.DataFrame({
            "factor": names, "effect": found.effect[:, k], "effect_low": found.low[:, k], "effect_high": found.high[:, k],
            "p": found.p[:, k], "stands": judged[number],
        }).assign(**place, unit=OUTCOMES[outcome]))  # fmt: skip
        share = found.share(k)
        beyond = Share(np.nan, np.nan, np.nan)
        if contrast == answers.contrasts[0]:
            beyond = beyond_main_effects(places, values[:, k])
        explained.append(place | {
            "share": share.value, "share_low": share.low, "share_high": share.high, "predicted": found.predicted(k),
            "beyond": beyond.value, "beyond_low": beyond.low, "beyond_high": beyond.high,
        })  # fmt: skip
        largest = np.argsort(-np.abs(found.effect[:, k]), kind="stable")[:LARGEST]
        courses += [
            pd.DataFrame({
                "groups": n, "factor": [names[row] for row in largest], "value": fit.effect[largest, k],
                "low": fit.low[largest, k], "high": fit.high[largest, k], "standing": int(judged[n].sum()),
            }).assign(**place) for n, fit in fits.items()
        ]  # fmt: skip
    return Sample(
        park, answers.contrasts, tuple(factors), number, answers.left_out, 1, led_by_place(pd.concat(tables)),
        pd.DataFrame(explained), led_by_place(pd.concat(courses)), answers.receipt,
    )  # fmt: skip


def stand(p: np.ndarray) -> np.ndarray:
    """Return which p-values stand when on average at most 5% of those that stand are false alarms: bool."""
    return np.array(adjusted_p_values(list(p), "fdr_bh"), float) <= LEVEL


class MainEffects(NamedTuple):
    """Least squares of outcomes on places, all assumptions together.

    Attributes
    ----------
    effect, low, high : float64, (factors, outcomes)
        Change from one end of the range to the other, with its 95% interval.
    p : float64, (factors, outcomes)
        Two-sided; not corrected.
    left : float64, (points, outcomes)
        What is left at each point when the fit is made without it.
    leverage : float64, (points,)
        How much a point draws the fit to itself, 0-1.
    deviation : float64, (points, outcomes)
        From the mean of the other points.
    """

    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    left: np.ndarray
    leverage: np.ndarray
    deviation: np.ndarray

    def share(self, outcome: int) -> Share:
        """Return the share of the variance that main effects account for: unbiased, so below 0 where there are none."""
        if not self.deviation[:, outcome].any():
            return Share(np.nan, np.nan, np.nan)
        # Residual times left-out residual has the variance of the noise as its mean, however many factors there are.
        noise = self.left[:, outcome] ** 2 * (1.0 - self.leverage)
        around = self.deviation[:, outcome] ** 2 * (1.0 - 1.0 / len(self.left))
        value, low, high, _ = ratio_bounds(noise, around)
        return Share(1.0 - value, 1.0 - high, 1.0 - low)

    def predicted(self, outcome: int) -> float:
        """Return R2 at points left out one at a time; below 0 where the mean predicts better."""
        around = float((self.deviation[:, outcome] ** 2).sum())
        return 1.0 - float((self.left[:, outcome] ** 2).sum()) / around if around > 0.0 else np.nan


def main_effects(places: np.ndarray, values: np.ndarray) -> MainEffects:
    """Return main effects, with HC3 errors (MacKinnon and White 1985), which hold where noise differs between points.

    They are somewhat too wide when there are few points for each factor.

    Parameters
    ----------
    places : float64, (points, factors)
        0-1 in the range of each.
    values : float64, (points, outcomes)
        One future per point. Where all are equal, effects are 0 and p is 1.
    """
    number, count = places.shape
    columns = np.column_stack([np.ones(number), places - places.mean(axis=0)])
    inverse = np.linalg.pinv(columns)
    leverage = np.einsum("ij,ji->i", columns, inverse)
    deviation = (values - values.mean(axis=0)) * number / (number - 1.0)
    deviation[:, np.ptp(values, axis=0) <= _STILL * np.abs(values).max(axis=0)] = 0.0
    around = deviation * (number - 1.0) / number
    fitted = inverse @ around
    left = (around - columns @ fitted) / (1.0 - leverage)[:, None]
    effect, error = fitted[1:], np.sqrt(inverse**2 @ left**2)[1:]
    freedom = number - count - 1
    reach = stats.t.ppf(0.5 + CONFIDENCE / 2.0, freedom) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2.0 * stats.t.sf(np.abs(effect) / error, freedom)
    return MainEffects(effect, effect - reach, effect + reach, np.where(np.isnan(p), 1.0, p), left, leverage, deviation)


def beyond_main_effects(places: np.ndarray, values: np.ndarray) -> Share:
    """Return what interactions and bends add to R2 at points not used, as far as gradient-boosted trees find them.

    Five folds: trees are fitted to what main effects leave of four, and both predict the fifth. Trees on noise predict
    worse than none, so that the value lies below 0 where there is nothing; it says what can be told, not what there is.

    Parameters
    ----------
    places : float64, (points, factors)
        0-1 in the range of each.
    values : float64, (points,)
        One future per point.

    Returns
    -------
    Share
        Of the variance, with a 95% interval over points; NaN where the outcome does not vary.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    if np.ptp(values) <= _STILL * np.abs(values).max():
        return Share(np.nan, np.nan, np.nan)
    fold = np.random.Generator(np.random.PCG64(_SEED)).permutation(len(values)) % _FOLDS
    columns = np.column_stack([np.ones(len(values)), places])
    gained, around = np.empty(len(values)), np.empty(len(values))
    for k in range(_FOLDS):
        used, new = fold != k, fold == k
        coefficients = np.linalg.lstsq(columns[used], values[used], rcond=None)[0]
        left = values - columns @ coefficients
        size = float(left[used].std()) or 1.0
        trees = HistGradientBoostingRegressor(max_iter=50, learning_rate=0.05, max_leaf_nodes=8, max_bins=32,
                                              early_stopping=False, random_state=_SEED)  # fmt: skip
        with threadpool_limits(1):  # so small a fit takes ten times as long on more threads
            added = size * trees.fit(places[used], left[used] / size).predict(places[new])
        gained[new] = left[new] ** 2 - (left[new] - added) ** 2
        around[new] = (values[new] - values[used].mean()) ** 2
    return Share(*ratio_bounds(gained, around)[:3])
