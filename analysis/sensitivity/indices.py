"""Sobol indices: which share of the variance is due to an assumption alone, and which with all others."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.assumptions import Assumption
from analysis.effects import LEVEL, adjusted_p_values
from analysis.sensitivity.chance import chance_share
from analysis.sensitivity.design import LUCK, Design, blocks
from analysis.sensitivity.running import OUTCOMES, Answers, Contrast, run_design
from analysis.sensitivity.screening import led_by_place, rows_of
from analysis.statistics import ratio_bounds

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

SAMPLES, SEEDS = 128, 10
_RESAMPLES, _SEED = 1_000, 4_711
_LEAST_BLOCKS = 8


@dataclass(frozen=True)
class Indices:
    """Sobol indices of a few assumptions; attributes as those of :class:`~analysis.sensitivity.screening.Screening`.

    Attributes
    ----------
    samples, left_out
        Number of Saltelli blocks that the numbers rest on, and that were left out because a run failed.
    table : DataFrame
        A row per contrast, outcome and factor, the luck among them: ``s1`` and ``st`` (first and total order, shares of the
        variance of means over seeds) with 95% bootstrap intervals over blocks; ``effect`` (what the outcome changes by from
        the low end of the range to the high end, on average, in `unit`) with its interval; ``p`` and ``stands``.
    """

    park: str
    contrasts: tuple[Contrast, ...]
    factors: tuple[Assumption, ...]
    samples: int
    left_out: int
    seeds: int
    table: pd.DataFrame
    chance: pd.DataFrame
    convergence: pd.DataFrame
    receipt: str

    def rows(self, contrast: Contrast, outcome: str) -> pd.DataFrame:
        """Return the rows of one outcome of one contrast, the largest total index first, without the luck."""
        return rows_of(self.table, contrast, outcome, "st")


def decompose(
    scenario: Scenario, strategies: Sequence[Strategy], chosen: Sequence[Assumption], seeds: int = SEEDS,
    samples: int = SAMPLES, **how: Any,
) -> Indices:
    """Divide the variance of outcomes over a few assumptions; the others stay at their defaults.

    The indices are those of means over seeds, not of single futures: the more seeds, the less of it is luck. The total
    index of the luck is the share of the variance that chance still has; that of an assumption holds, besides what the
    assumption does, at most as much chance. An assumption *stands* where its first index is above zero, or its total index
    above that of the luck, by a normal test on the bootstrap, doubled for looking twice and corrected for the number of
    assumptions (Holm): the chance of one false alarm or more is near 5% for each outcome. With fewer than 32 blocks the
    bootstrap is rough.

    Parameters
    ----------
    scenario, strategies
        The park, and two strategies.
    chosen
        Assumptions, one or more.
    seeds
        Futures per point, 1 or more.
    samples
        Saltelli blocks, a power of 2. Each takes (assumptions + 3) points times seeds times 3 runs.
    **how
        ``store``, ``engine``, ``quarters``, ``progress``, ``tell``: as :func:`run_design` takes them.

    Raises
    ------
    ValueError
        If there are not two strategies that do something, or samples is no power of 2.
    RunFailed
        If too many runs failed.
    """
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"samples is {samples}; a power of 2 is needed")
    design = blocks(len(chosen), samples)
    return indices_of(scenario.name, chosen, run_design(scenario, strategies, chosen, design, seeds, **how))


def indices_of(park: str, factors: Sequence[Assumption], answers: Answers) -> Indices:
    """Return what the outcomes of Saltelli blocks say."""
    design, names = answers.design, [*(factor.name for factor in factors), LUCK]
    tables, chances, courses = [], [], []
    for contrast in answers.contrasts:
        for outcome, unit in OUTCOMES.items():
            values = answers.values(contrast, outcome)
            place = {"contrast": contrast.key, "outcome": outcome}
            tables.append(sobol_table(design, values.mean(axis=2), names).assign(**place, unit=unit))
            chances.append(place | chance_share(values[:, [0, -1]])._asdict())
            courses.append(_course(values.mean(axis=2), names).assign(**place))
    return Indices(
        park, answers.contrasts, tuple(factors), len(design.places), answers.left_out, answers.measures.shape[3],
        led_by_place(pd.concat(tables)), pd.DataFrame(chances), led_by_place(pd.concat(courses)), answers.receipt,
    )  # fmt: skip


def sobol_table(design: Design, values: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return Sobol indices of an outcome (blocks, points): a row per name, the luck last."""
    found = _sobol(values, names)
    table = pd.DataFrame({"factor": names} | {
        column: found[key] for column, key in (("s1", "S1"), ("s1_low", "low1"), ("s1_high", "high1"), ("st", "ST"),
                                               ("st_low", "lowT"), ("st_high", "highT"))
    })  # fmt: skip
    chance = _chance(found)
    judged = np.array(adjusted_p_values(list(chance), "holm"), float)
    return table.assign(**_effects(design, values), p=[*chance, np.nan], stands=[*(judged <= LEVEL), False])


def _sobol(values: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return SALib's indices with percentile intervals and resamples; NaN where the outcome does not vary."""
    from SALib.analyze import sobol

    count = len(names)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        empty = np.full(count, np.nan)
        return dict.fromkeys(("S1", "low1", "high1", "ST", "lowT", "highT"), empty) | {
            "all1": np.full((_RESAMPLES, count), np.nan), "allT": np.full((_RESAMPLES, count), np.nan)}  # fmt: skip
    problem = {"num_vars": count, "names": list(names), "bounds": [[0.0, 1.0]] * count}
    with warnings.catch_warnings():
        # On few blocks a resample may not vary; its indices are then 0, and the intervals are wide enough as it is.
        warnings.filterwarnings("ignore", message="Constant values")
        found = sobol.analyze(problem, values.ravel(), calc_second_order=False, num_resamples=_RESAMPLES,
                              keep_resamples=True, seed=_SEED)  # fmt: skip
    ends = {"1": np.quantile(found["S1_conf_all"], (0.025, 0.975), axis=0),
            "T": np.quantile(found["ST_conf_all"], (0.025, 0.975), axis=0)}  # fmt: skip
    return {
        "S1": found["S1"], "ST": found["ST"], "low1": ends["1"][0], "high1": ends["1"][1], "lowT": ends["T"][0],
        "highT": ends["T"][1], "all1": found["S1_conf_all"], "allT": found["ST_conf_all"],
    }  # fmt: skip


def _chance(found: dict[str, np.ndarray]) -> np.ndarray:
    """Return how likely such indices are where a factor does no more than other luck: p-values, (factors,)."""
    first, total = found["S1"][:-1], found["ST"][:-1] - found["ST"][-1]
    spreads = (found["all1"][:, :-1].std(axis=0, ddof=1), (found["allT"][:, :-1] - found["allT"][:, -1:]).std(axis=0, ddof=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        tails = [1.0 - ndtr(value / spread) for value, spread in zip((first, total), spreads, strict=True)]
    return np.where(np.isnan(tails[0]) | np.isnan(tails[1]), 1.0, np.minimum(1.0, 2.0 * np.minimum(*tails)))


def _effects(design: Design, values: np.ndarray) -> dict[str, list[float]]:
    """Return what the outcome changes by per range of each factor: the least-squares line through changes from A."""
    columns: dict[str, list[float]] = {"effect": [], "effect_low": [], "effect_high": []}
    for k in range(design.places.shape[2] - 1):
        step = design.places[:, k + 1, k] - design.places[:, 0, k]
        value, low, high, _ = ratio_bounds(step * (values[:, k + 1] - values[:, 0]), step**2)
        for column, number in zip(columns.values(), (value, low, high), strict=True):
            column.append(number)
    for column in columns.values():  # the luck has no low and high end
        column.append(np.nan)
    return columns


def _course(values: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return total indices on the first blocks, doubling up to all."""
    numbers = {len(values)}
    while (half := min(numbers) // 2) >= _LEAST_BLOCKS:
        numbers.add(half)
    parts = []
    for number in sorted(numbers):
        found = _sobol(values[:number], names)
        parts.append(pd.DataFrame({"groups": number, "factor": names, "value": found["ST"], "low": found["lowT"],
                                   "high": found["highT"]}))  # fmt: skip
    return pd.concat(parts)
