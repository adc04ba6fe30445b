"""Morris screening: what every assumption does, one at a time, from many places in the ranges of all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.assumptions import Assumption, assumptions
from analysis.effects import LEVEL, adjusted_p_values
from analysis.sensitivity.chance import chance_of_effects, chance_share
from analysis.sensitivity.design import LUCK, Design, trajectories
from analysis.sensitivity.running import OUTCOMES, Answers, Contrast, run_design
from analysis.statistics import means_with_intervals

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

TRAJECTORIES, SEEDS = 30, 10
LARGEST = 5  # factors that are named, and whose convergence is shown


@dataclass(frozen=True)
class Screening:
    """What Morris screening found.

    Attributes
    ----------
    park
        Name.
    contrasts
        The first strategy less the second, and each less the twin.
    factors
        Assumptions that were moved.
    trajectories, left_out
        Number that the numbers rest on, and that were left out because a run failed.
    seeds
        Futures per point.
    table : DataFrame
        A row per contrast, outcome and factor, the luck among them: ``mu`` (mean effect of going from the low end of the
        range to the high end, in `unit`), ``mu_star`` (mean absolute effect), both with 95% intervals over trajectories,
        ``sigma``, ``p`` and ``stands``.
    chance : DataFrame
        Per contrast and outcome the share of the variance of a single future that is luck, with its interval.
    convergence : DataFrame
        ``mu_star`` of the largest and of the luck against the number of trajectories, with intervals.
    receipt
        Hash of the keys of all runs.
    """

    park: str
    contrasts: tuple[Contrast, ...]
    factors: tuple[Assumption, ...]
    trajectories: int
    left_out: int
    seeds: int
    table: pd.DataFrame
    chance: pd.DataFrame
    convergence: pd.DataFrame
    receipt: str

    def rows(self, contrast: Contrast, outcome: str) -> pd.DataFrame:
        """Return the rows of one outcome of one contrast, the largest mean absolute effect first, without the luck."""
        return rows_of(self.table, contrast, outcome)

    def most_important(self, number: int) -> tuple[Assumption, ...]:
        """Return the assumptions that matter most for the difference between the strategies, over all outcomes.

        By the mean over outcomes of ``mu_star`` as a share of the largest; those that stand for some outcome come first.
        """
        return matter_most(self.table, "mu_star", self.contrasts[0], self.factors, number)


def screen(
    scenario: Scenario, strategies: Sequence[Strategy], seeds: int = SEEDS, number: int = TRAJECTORIES,
    chosen: Sequence[Assumption] | None = None, **how: Any,
) -> Screening:
    """Screen assumptions on a park: which of them do something, to each of two strategies and to their difference?

    An assumption *stands* for an outcome where its effects are told from those of other luck
    (:func:`analysis.sensitivity.chance.chance_of_effects`), all assumptions judged together so that of those that stand on
    average at most 5% are false alarms (Benjamini and Hochberg 1995). Fewer than 8 trajectories can hardly show anything.

    Parameters
    ----------
    scenario, strategies
        The park, and two strategies.
    seeds
        Futures per point, 1 or more; with 2 or more the share of chance is known.
    number
        Of trajectories, 2 or more. Each takes (assumptions + 2) points times seeds times 3 runs.
    chosen
        Assumptions; all if None.
    **how
        ``store``, ``engine``, ``quarters``, ``progress``, ``tell``: as :func:`run_design` takes them.

    Raises
    ------
    ValueError
        If there are not two strategies that do something.
    RunFailed
        If too many runs failed.
    """
    factors = tuple(assumptions() if chosen is None else chosen)
    design = trajectories(len(factors), number)
    return screening_of(scenario.name, factors, run_design(scenario, strategies, factors, design, seeds, **how))


def screening_of(park: str, factors: Sequence[Assumption], answers: Answers) -> Screening:
    """Return what the outcomes of trajectories say."""
    design, names = answers.design, [*(factor.name for factor in factors), LUCK]
    set_places, tables, chances, courses = places_as_set(design, factors), [], [], []
    for contrast in answers.contrasts:
        for outcome, unit in OUTCOMES.items():
            values = answers.values(contrast, outcome)
            place = {"contrast": contrast.key, "outcome": outcome}
            mean = values.mean(axis=2)
            effects = elementary_effects(design, mean, set_places)
            # Against the luck as designed: the steps of all factors are then alike, as the test has it.
            table = morris_table(effects, names, chance_of_effects(elementary_effects(design, mean)))
            tables.append(table.assign(**place, unit=unit))
            # The ends of a trajectory have no factor's place in common.
            chances.append(place | chance_share(values[:, [0, -1]])._asdict())
            largest = table.drop(index=len(names) - 1).sort_values("mu_star", ascending=False, kind="stable")
            courses.append(_course(effects, [*largest.index[:LARGEST], len(names) - 1], names).assign(**place))
    return Screening(
        park, answers.contrasts, tuple(factors), len(design.places), answers.left_out, answers.measures.shape[3],
        led_by_place(pd.concat(tables)), pd.DataFrame(chances), led_by_place(pd.concat(courses)), answers.receipt,
    )  # fmt: skip


def elementary_effects(design: Design, values: np.ndarray, places: np.ndarray | None = None) -> np.ndarray:
    """Return elementary effects: the change of an outcome per range of the factor that was moved.

    Parameters
    ----------
    design
        Trajectories.
    values : float64, (trajectories, points)
        The outcome.
    places : float64, (trajectories, points, factors + 1), optional
        Where the factors really were, if not where the design has them.

    Returns
    -------
    float64, (trajectories, factors + 1)
        In the order of the factors, the luck last.
    """
    moved = np.abs(np.diff(design.places, axis=1)).argmax(axis=2)
    rows = np.arange(len(moved))[:, None]
    steps = np.diff(design.places if places is None else places, axis=1)[rows, np.arange(moved.shape[1]), moved]
    effects = np.empty(moved.shape)
    effects[rows, moved] = np.diff(values, axis=1) / steps
    return effects


def morris_table(effects: np.ndarray, names: Sequence[str], chance: np.ndarray) -> pd.DataFrame:
    """Return Morris' measures: a row per name, the luck last.

    Parameters
    ----------
    effects : float64, (trajectories, factors + 1)
        Elementary effects.
    chance : float64, (factors,)
        p-values (:func:`~analysis.sensitivity.chance.chance_of_effects`).
    """
    table = pd.DataFrame({"factor": names})
    for name, columns in (("mu", effects), ("mu_star", np.abs(effects))):
        found = means_with_intervals(columns, [""] * len(names))
        for column, part in ((name, "mean"), (f"{name}_low", "low"), (f"{name}_high", "high")):
            table[column] = [getattr(estimate, part) for estimate in found]
    judged = np.array(adjusted_p_values(list(chance), "fdr_bh"), float)
    return table.assign(sigma=effects.std(axis=0, ddof=1), p=[*chance, np.nan], stands=[*(judged <= LEVEL), False])


def places_as_set(design: Design, factors: Sequence[Assumption]) -> np.ndarray:
    """Return the places as the values have them: what is counted is set to whole numbers."""
    places = design.places.copy()
    for k, factor in enumerate(factors):
        levels, inverse = np.unique(places[:, :, k], return_inverse=True)
        set_to = np.array([(factor.value_at(level) - factor.low) / (factor.high - factor.low) for level in levels])
        places[:, :, k] = set_to[inverse].reshape(places.shape[:2])
    return places


def _course(effects: np.ndarray, columns: Sequence[int], names: Sequence[str]) -> pd.DataFrame:
    """Return mu_star of some factors on the first trajectories, a quarter, a half, three quarters and all."""
    parts = []
    for number in sorted({max(2, len(effects) * k // 4) for k in (1, 2, 3, 4)}):
        sizes = means_with_intervals(np.abs(effects[:number, list(columns)]), [""] * len(columns))
        parts.append(pd.DataFrame({
            "groups": number, "factor": [names[k] for k in columns], "value": [size.mean for size in sizes],
            "low": [size.low for size in sizes], "high": [size.high for size in sizes],
        }))  # fmt: skip
    return pd.concat(parts)


def matter_most(
    table: pd.DataFrame, size: str, contrast: Contrast, factors: Sequence[Assumption], number: int
) -> tuple[Assumption, ...]:
    """Return those with the largest mean over outcomes of a size, as a share of its largest; those that stand come first."""
    table = table[(table["contrast"] == contrast.key) & (table["factor"] != LUCK)]
    largest = table.groupby("outcome")[size].transform("max")
    table = table.assign(share=np.where(largest > 0.0, table[size] / largest.where(largest > 0.0, 1.0), 0.0))
    score = table.groupby("factor").agg(stands=("stands", "any"), share=("share", "mean"))
    order = score.sort_values(["stands", "share"], ascending=False, kind="stable").index[:number]
    known = {assumption.name: assumption for assumption in factors}
    return tuple(known[name] for name in order)


def rows_of(table: pd.DataFrame, contrast: Contrast, outcome: str, by: str = "mu_star") -> pd.DataFrame:
    rows = table[(table["contrast"] == contrast.key) & (table["outcome"] == outcome) & (table["factor"] != LUCK)]
    return rows.sort_values(by, ascending=False, kind="stable")


def led_by_place(table: pd.DataFrame) -> pd.DataFrame:
    first = ["contrast", "outcome", "factor"]
    return table[[*first, *(column for column in table.columns if column not in first)]].reset_index(drop=True)
