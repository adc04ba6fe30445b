"""Strategies against each other on the same seeds: the main job.

Every strategy runs on the same worlds as the reference, so every difference is paired. A multiplier over many runs is a
ratio of sums, with an interval over seeds; it is undefined, with its reason, where there is no public money to divide by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import statistics
from analysis.experiment import TWIN, Runs
from analysis.social_balance import WELFARE_LINES, low_and_high
from analysis.statistics import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Outcome key -> unit. The keys are stable: docs/data.md, and the JSON of `klaver compare`.
OUTCOMES = {
    "multiplier_gross": statistics.MULTIPLIER,
    "multiplier_additional": statistics.MULTIPLIER,
    "multiplier_additional_region": statistics.MULTIPLIER,
    "vitality": "0-100", "vitality_core": "0-100", "vitality_occupancy": "0-100", "vitality_premises": "0-100",
    "vitality_public_space": "0-100", "vitality_jobs": "0-100", "vitality_dynamics": "0-100",
    "vitality_organisation": "0-100", "vitality_future": "0-100",
    "social_balance": "EUR, present value against the twin",
    "private_investment": "EUR", "public_outlay": "EUR", "vacancy": "share", "jobs": "jobs",
    "opportunities_started": "number", "opportunities_realised": "number", "opportunities_exited": "number",
    "lead_time": "quarters", "displacement": "share", "satisfaction": "0-1",
}  # fmt: skip
RANKED = ("multiplier_additional", "vitality", "social_balance")


@dataclass(frozen=True)
class Comparison:
    """What a comparison of strategies came to.

    Attributes
    ----------
    runs
        The runs behind it.
    reference
        Strategy that differences are taken from.
    """

    runs: Runs
    reference: str = TWIN

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies, in the order asked for."""
        return self.runs.strategies

    def _measure(self, strategy: str, outcome: str) -> np.ndarray:
        if outcome == "social_balance":
            return self.runs.values(strategy, "welfare") - self.runs.values(TWIN, "welfare")
        return self.runs.values(strategy, outcome)

    def estimate(self, strategy: str, outcome: str) -> Estimate:
        """Return one outcome of one strategy, with its interval over seeds.

        Raises
        ------
        ValueError
            If there is no such outcome or strategy.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome {outcome!r} is not known; there are: {', '.join(OUTCOMES)}")
        private, public = self.runs.values(strategy, "private_investment"), self.runs.values(strategy, "public_outlay")
        if outcome == "multiplier_gross":
            return statistics.ratio_of_sums(private, public, self.runs.gross_ha)
        if outcome.startswith("multiplier_additional"):
            if strategy == TWIN:
                note = "undefined: the twin without intervention is what is compared with"
                return Estimate(None, None, None, statistics.MULTIPLIER, note)
            suffix = "_region" if outcome.endswith("region") else ""
            return statistics.additional_multiplier(
                self.runs.values(strategy, f"private_investment{suffix}"), public,
                self.runs.values(TWIN, f"private_investment{suffix}"), self.runs.values(TWIN, "public_outlay"),
                self.runs.gross_ha)
        return statistics.mean_with_interval(self._measure(strategy, outcome), OUTCOMES[outcome])

    def difference(self, strategy: str, outcome: str, reference: str | None = None) -> Estimate | None:
        """Return the paired difference from the reference; None where there is none to take (multipliers)."""
        if outcome.startswith("multiplier"):
            return None
        other = reference or self.reference
        return statistics.paired_difference(
            self._measure(strategy, outcome), self._measure(other, outcome), OUTCOMES[outcome])

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """Every outcome of every strategy."""
        return {name: {outcome: self.estimate(name, outcome) for outcome in OUTCOMES} for name in self.strategies}

    @cached_property
    def differences(self) -> dict[str, dict[str, Estimate | None]]:
        """The paired difference of every outcome of every strategy from the reference."""
        return {name: {outcome: self.difference(name, outcome) for outcome in OUTCOMES} for name in self.strategies}

    @cached_property
    def probability_best(self) -> dict[str, dict[str, float]]:
        """Share of futures in which each strategy does best, per ranked outcome.

        For the multiplier it is how often a strategy's ratio of sums is highest when seeds are resampled, among those
        with a defined one: the ratio of a single run means little.
        """
        result = {
            outcome: statistics.probability_best({name: self._measure(name, outcome) for name in self.strategies})
            for outcome in ("vitality", "social_balance")
        }
        twin_private = self.runs.values(TWIN, "private_investment")
        twin_public = self.runs.values(TWIN, "public_outlay")
        ratios = {
            name: (self.runs.values(name, "private_investment") - twin_private,
                   self.runs.values(name, "public_outlay") - twin_public)
            for name in self.strategies if self.estimates[name]["multiplier_additional"].defined
        }
        found = statistics.probability_best_on_average(ratios) if ratios else {}
        result["multiplier_additional"] = {name: found.get(name, 0.0) for name in self.strategies}
        return result

    def alike(self, outcome: str) -> list[tuple[str, ...]]:
        """Return the groups of strategies that cannot be told apart on ``vitality`` or ``social_balance``, best first."""
        order = sorted(self.strategies, key=lambda name: -(self.estimates[name][outcome].mean or 0.0))
        pairs = {(a, b): statistics.paired_difference(self._measure(a, outcome), self._measure(b, outcome))
                 for a, b in combinations(order, 2)}
        return statistics.indistinguishable_groups(order, pairs)

    @property
    def note(self) -> str | None:
        """A warning that goes with the whole comparison, or None."""
        return statistics.few_seeds_note(len(self.runs.seeds))

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain values, in the documented form (``docs/data.md``)."""
        strategies = {}
        for name in self.strategies:
            row: dict[str, Any] = {}
            for outcome in OUTCOMES:
                row[outcome] = self.estimates[name][outcome].to_json()
                found = self.differences[name][outcome]
                if found is not None:
                    row[outcome]["difference"] = {"mean": found.mean, "low": found.low, "high": found.high}
            row["social_balance_lines"] = {}
            for line in WELFARE_LINES:
                found = statistics.paired_difference(self.runs.values(name, line), self.runs.values(TWIN, line), "EUR")
                short = line.removeprefix("welfare_")
                ends = low_and_high(short, found.mean) if found.mean is not None else (None, None)
                row["social_balance_lines"][short] = found.to_json() | {
                    "at_low_unit_value": ends[0], "at_high_unit_value": ends[1]}
            twin_private = self.runs.values(TWIN, "private_investment")
            extra = self.runs.values(name, "private_investment") - twin_private
            row["private_from_top_1_percent_of_runs"] = statistics.top_share(extra).mean
            row["probability_best"] = {outcome: self.probability_best[outcome][name] for outcome in RANKED}
            strategies[name] = row
        return {
            "park": self.runs.park, "seeds": len(self.runs.seeds), "quarters": self.runs.quarters,
            "gross_ha": self.runs.gross_ha, "reference": self.reference, "note": self.note,
            "not_distinguishable": {outcome: [list(group) for group in self.alike(outcome)]
                                    for outcome in ("vitality", "social_balance")},
            "strategies": strategies,
        }

    def summary(self) -> pd.DataFrame:
        """Return one row per strategy and outcome: mean, low, high, difference with low and high, unit, note."""
        rows = []
        for name in self.strategies:
            for outcome in OUTCOMES:
                found, change = self.estimates[name][outcome], self.differences[name][outcome]
                rows.append({
                    "strategy": name, "outcome": outcome, "mean": found.mean, "low": found.low, "high": found.high,
                    "difference": change.mean if change else None, "difference_low": change.low if change else None,
                    "difference_high": change.high if change else None, "unit": OUTCOMES[outcome], "note": found.note,
                })
        return pd.DataFrame(rows).set_index(["strategy", "outcome"])

    def plot_outcomes(self, language: str = "en") -> Figure:
        """Draw multiplier, vitality and social balance per strategy, each with its interval."""
        from analysis import figures

        return figures.outcomes_per_strategy(self, language)

    def plot_multiplier(self, language: str = "en") -> Any:
        """Draw the multipliers per strategy, with intervals; return the Matplotlib axes."""
        return self.plot_outcomes(language).axes[0]

    def plot_euros(self, language: str = "en") -> Figure:
        """Draw public and private euros over time, per strategy and for the twin."""
        from analysis import figures

        return figures.euros_over_time(self.runs, language)

    def plot_vitality(self, language: str = "en") -> Figure:
        """Draw vitality over time, per strategy and for the twin."""
        from analysis import figures

        return figures.vitality_over_time(self.runs, language)


def compare(runs: Runs, reference: str = TWIN) -> Comparison:
    """Compare the strategies of a set of runs.

    Raises
    ------
    ValueError
        If the reference was not run.
    """
    if reference not in runs.strategies:
        raise ValueError(f"the reference {reference!r} was not run; there are: {', '.join(runs.strategies)}")
    return Comparison(runs, reference)
