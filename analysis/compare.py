"""Strategies against each other on the same seeds: the main job.

Every strategy runs on the same worlds as the reference, so every difference is paired. A multiplier over many runs is a
ratio of sums, with an interval over seeds; it is undefined, with its reason, where there is no public money to divide by.

Which strategies can be told apart is decided here and nowhere else: on each of :data:`RANKED` all pairs are judged
together (:mod:`analysis.pairs`), so that neither the choice of a reference nor the number of strategies finds a winner by
chance, and the JSON, the terminal and the report say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import statistics, tails
from analysis.effects import Difference
from analysis.experiment import Runs
from analysis.experiment_schema import TWIN
from analysis.pairs import Pair, Pairs, all_multiplier_pairs, all_pairs
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
_MEANS = {outcome: unit for outcome, unit in OUTCOMES.items() if not outcome.startswith("multiplier")}
RANKED = ("multiplier_additional", "vitality", "social_balance")
NET_PRIVATE = "net_private"
QUANTILES = (0.1, 0.5, 0.9)
"""Shares of futures: a bad one of ten, the middle one, a good one of ten."""
FUTURES = {"vitality": "0-100", "social_balance": "EUR, present value against the twin", NET_PRIVATE: "EUR"}
"""Outcomes told by quantiles and worst futures -> unit."""


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

    def named(self, park: str) -> Comparison:
        """Return the same comparison under another name of the park; what is worked out already stays so."""
        other = replace(self, runs=replace(self.runs, park=park))
        vars(other).update({key: value for key, value in vars(self).items() if key not in ("runs", "reference")})
        return other

    # --- values ------------------------------------------------------------------------------------------------------

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {name: self.runs.table.xs(name, level="strategy") for name in self.strategies}

    def values(self, strategy: str, outcome: str) -> np.ndarray:
        """Return an outcome of one strategy per seed, float64, (seeds,), in ascending order of seed.

        Parameters
        ----------
        outcome
            A raw measure; ``social_balance`` (EUR against the twin); or ``net_private``: private euros beyond the twin's
            less public euros beyond the twin's. That is above 0 in just those futures in which an extra public euro goes
            with more than one extra private euro, and needs no denominator.

        Raises
        ------
        ValueError
            If the strategy was not run.
        """
        if strategy not in self._tables:
            raise ValueError(f"strategy {strategy!r} was not run; there are: {', '.join(self.strategies)}")
        if outcome == NET_PRIVATE:
            return self.beyond_twin(strategy, "private_investment") - self.beyond_twin(strategy, "public_outlay")
        if outcome == "social_balance":
            return self.beyond_twin(strategy, "welfare")
        return self._tables[strategy][outcome].to_numpy(dtype=float)

    def beyond_twin(self, strategy: str, measure: str) -> np.ndarray:
        """Return a raw measure less that of the twin on the same seed, float64, (seeds,)."""
        return self.values(strategy, measure) - self.values(TWIN, measure)

    # --- one by one --------------------------------------------------------------------------------------------------

    def estimate(self, strategy: str, outcome: str) -> Estimate:
        """Return one outcome of one strategy, with its interval over seeds.

        Raises
        ------
        ValueError
            If there is no such outcome or strategy.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome {outcome!r} is not known; there are: {', '.join(OUTCOMES)}")
        public = self.values(strategy, "public_outlay")
        if outcome == "multiplier_gross":
            return statistics.ratio_of_sums(self.values(strategy, "private_investment"), public, self.runs.gross_ha)
        if outcome.startswith("multiplier_additional"):
            if strategy == TWIN:
                note = "undefined: the twin without intervention is what is compared with"
                return Estimate(None, None, None, statistics.MULTIPLIER, note)
            suffix = "_region" if outcome.endswith("region") else ""
            return statistics.additional_multiplier(
                self.values(strategy, f"private_investment{suffix}"), public,
                self.values(TWIN, f"private_investment{suffix}"), self.values(TWIN, "public_outlay"),
                self.runs.gross_ha)
        return statistics.mean_with_interval(self.values(strategy, outcome), OUTCOMES[outcome])

    def difference(self, strategy: str, outcome: str, reference: str | None = None) -> Estimate | None:
        """Return the paired difference from a reference; None where there is none to take (multipliers).

        Its interval stands by itself. Whether it holds among all that is compared is in :meth:`against`.
        """
        if outcome.startswith("multiplier"):
            return None
        other = reference or self.reference
        return statistics.paired_difference(self.values(strategy, outcome), self.values(other, outcome), OUTCOMES[outcome])

    # --- all at once -------------------------------------------------------------------------------------------------

    def _in_one(self, value_of: Callable[[str, str], np.ndarray], outcomes: dict[str, str]) -> dict[str, dict[str, Estimate]]:
        """Return the mean of every outcome (name to unit) of every strategy, in one go."""
        columns = np.column_stack([value_of(name, outcome) for name in self.strategies for outcome in outcomes])
        found = iter(statistics.means_with_intervals(columns, [*outcomes.values()] * len(self.strategies)))
        return {name: {outcome: next(found) for outcome in outcomes} for name in self.strategies}

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """Every outcome of every strategy."""
        means = self._in_one(self.values, _MEANS)
        return {name: {outcome: means[name][outcome] if outcome in _MEANS else self.estimate(name, outcome)
                       for outcome in OUTCOMES} for name in self.strategies}

    @cached_property
    def differences(self) -> dict[str, dict[str, Estimate | None]]:
        """The paired difference of every outcome of every strategy from the reference."""
        found = self._in_one(lambda name, outcome: self.values(name, outcome) - self.values(self.reference, outcome), _MEANS)
        return {name: {outcome: found[name].get(outcome) for outcome in OUTCOMES} for name in self.strategies}

    @cached_property
    def social_balance_lines(self) -> dict[str, dict[str, Estimate]]:
        """Every line of the social balance of every strategy, against the twin."""
        return self._in_one(self.beyond_twin, dict.fromkeys(WELFARE_LINES, "EUR"))

    # --- against each other ------------------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> dict[str, Pairs]:
        """Every pair of strategies on each of :data:`RANKED`, judged together; the highest mean first.

        On the additional multiplier only strategies with a defined one. On the social balance the spread is that of
        welfare in euros: differences are those of the social balance, and the twin has its own luck in it.
        """
        found = {"multiplier_additional": all_multiplier_pairs({name: self._extra(name) for name in self._with_multiplier()})}
        for outcome in ("vitality", "social_balance"):
            measure = "welfare" if outcome == "social_balance" else outcome
            values = {name: self.values(name, measure) for name in self.order(outcome)}
            found[outcome] = all_pairs(values, OUTCOMES[outcome])
        return found

    def _extra(self, strategy: str) -> tuple[np.ndarray, np.ndarray]:
        """Return private and public euros beyond the twin's per seed."""
        return self.beyond_twin(strategy, "private_investment"), self.beyond_twin(strategy, "public_outlay")

    def _with_multiplier(self) -> list[str]:
        """Return the strategies whose additional multiplier is defined, highest first."""
        return [name for name in self.order("multiplier_additional")
                if self.estimates[name]["multiplier_additional"].defined]

    def order(self, outcome: str) -> list[str]:
        """Return the strategies by their mean on an outcome, highest first; those without a number come last."""
        def lowness(name: str) -> float:
            mean = self.estimates[name][outcome].mean
            return np.inf if mean is None else -mean

        return sorted(self.strategies, key=lowness)

    def against(self, strategy: str, outcome: str, reference: str | None = None) -> Difference | None:
        """Return one strategy less another on one of :data:`RANKED`, judged together with all other pairs.

        Parameters
        ----------
        reference
            Any of the strategies; that of the comparison if None.

        Returns
        -------
        Difference or None
            None of a strategy against itself, and where one of two multipliers is undefined.

        Raises
        ------
        ValueError
            If there is no such outcome, or a strategy was not run.
        """
        other = reference or self.reference
        if outcome not in RANKED:
            raise ValueError(f"outcome {outcome!r} is not ranked; there are: {', '.join(RANKED)}")
        for name in (strategy, other):
            if name not in self.strategies:
                raise ValueError(f"strategy {name!r} was not run; there are: {', '.join(self.strategies)}")
        pairs = self.pairs[outcome]
        if (strategy, other) in pairs:
            return pairs[strategy, other].difference
        return _turned(pairs[other, strategy]) if (other, strategy) in pairs else None

    def stands(self, outcome: str, strategy: str, reference: str | None = None) -> bool:
        """Whether two strategies can be told apart on one of :data:`RANKED`, among all pairs judged together."""
        found = self.against(strategy, outcome, reference)
        return found is not None and found.stands

    def alike(self, outcome: str) -> list[tuple[str, ...]]:
        """Return the groups of strategies of which no pair stands on one of :data:`RANKED`, best first.

        A strategy that can be told from all others is a group of its own; one without a multiplier is in none.
        """
        order = self._with_multiplier() if outcome == "multiplier_additional" else self.order(outcome)
        pairs = {}
        for pair, found in self.pairs[outcome].items():
            # An estimate without interval cannot be told apart; one whose interval has no width can.
            bound = (found.difference.difference.mean or 1.0) if found.difference.stands else None
            pairs[pair] = Estimate(bound, bound, bound)
        return statistics.indistinguishable_groups(order, pairs)

    @cached_property
    def probability_best(self) -> dict[str, dict[str, float]]:
        """Share of futures in which each strategy does best, per ranked outcome.

        For the multiplier it is how often a strategy's ratio of sums is highest when seeds are resampled, among those
        with a defined one: the ratio of a single run means little.
        """
        result = {
            outcome: statistics.probability_best({name: self.values(name, outcome) for name in self.strategies})
            for outcome in ("vitality", "social_balance")
        }
        ratios = {name: self._extra(name) for name in self.strategies
                  if self.estimates[name]["multiplier_additional"].defined}
        found = statistics.probability_best_on_average(ratios) if ratios else {}
        result["multiplier_additional"] = {name: found.get(name, 0.0) for name in self.strategies}
        return result

    # --- what futures bring ------------------------------------------------------------------------------------------

    @cached_property
    def moves_less_than_one_euro(self) -> dict[str, Estimate]:
        """Share of futures in which an extra public euro moves less than one extra private euro, per strategy.

        Undefined where the additional multiplier is: there is about no extra public money to move anything with.
        """
        found = {}
        for name in self.strategies:
            ratio = self.estimates[name]["multiplier_additional"]
            found[name] = (statistics.moves_less_than(1.0, *self._extra(name)) if ratio.defined
                           else Estimate(None, None, None, statistics.SHARE_OF_RUNS, ratio.note))
        return found

    @cached_property
    def futures(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Per strategy and outcome (:data:`FUTURES`): ``quantiles`` (share of futures to estimate), ``worst_tenth``.

        The worst tenth is the mean over the worst futures (expected shortfall).
        """
        return {name: {outcome: self._futures(self.values(name, outcome), unit) for outcome, unit in FUTURES.items()}
                for name in self.strategies}

    @staticmethod
    def _futures(values: np.ndarray, unit: str) -> dict[str, Any]:
        quantiles = {share: _quantile(values, share, unit) for share in QUANTILES}
        return {"quantiles": quantiles, "worst_tenth": tails.expected_shortfall(values, unit=unit)}

    @property
    def note(self) -> str | None:
        """A warning that goes with the whole comparison, or None."""
        return statistics.few_seeds_note(len(self.runs.seeds))

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain values, in the documented form (``docs/data.md``)."""
        return {
            "park": self.runs.park, "seeds": len(self.runs.seeds), "quarters": self.runs.quarters,
            "gross_ha": self.runs.gross_ha, "reference": self.reference, "note": self.note,
            "not_distinguishable": {outcome: [list(group) for group in self.alike(outcome)] for outcome in RANKED},
            "pairs": {outcome: [pair.to_json() for pair in self.pairs[outcome].values()] for outcome in RANKED},
            "strategies": {name: self._strategy_as_json(name) for name in self.strategies},
        }

    def _strategy_as_json(self, name: str) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for outcome in OUTCOMES:
            row[outcome] = self.estimates[name][outcome].to_json()
            found = self.differences[name][outcome]
            if found is not None:
                row[outcome]["difference"] = {"mean": found.mean, "low": found.low, "high": found.high}
        row["social_balance_lines"] = {}
        for line, change in self.social_balance_lines[name].items():
            short = line.removeprefix("welfare_")
            ends = low_and_high(short, change.mean) if change.mean is not None else (None, None)
            row["social_balance_lines"][short] = change.to_json() | {
                "at_low_unit_value": ends[0], "at_high_unit_value": ends[1]}
        row["private_from_top_1_percent_of_runs"] = statistics.top_share(self.beyond_twin(name, "private_investment")).mean
        row["probability_best"] = {outcome: self.probability_best[outcome][name] for outcome in RANKED}
        against = {outcome: self.against(name, outcome) for outcome in RANKED}
        row["against_reference"] = {outcome: one.to_json() if one else None for outcome, one in against.items()}
        row["moves_less_than_one_euro"] = self.moves_less_than_one_euro[name].to_json()
        row["futures"] = {
            outcome: {"quantiles": {f"{share:g}": one.to_json() for share, one in found["quantiles"].items()},
                      "worst_tenth": found["worst_tenth"].to_json()}
            for outcome, found in self.futures[name].items()
        }  # fmt: skip
        return row

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


def _turned(pair: Pair) -> Difference:
    """Return the second of a pair less the first."""
    found = pair.difference

    def turn(estimate: Estimate | None, whole: float) -> Estimate | None:
        if estimate is None:
            return None
        mean, low, high = (None if end is None else whole - end for end in (estimate.mean, estimate.high, estimate.low))
        return replace(estimate, mean=mean, low=low, high=high)

    turned = turn(found.difference, 0.0)
    assert turned is not None
    return replace(found, strategy=found.reference, reference=found.strategy, difference=turned,
                   effect=turn(found.effect, 0.0), better=turn(found.better, 1.0))  # fmt: skip


@lru_cache(maxsize=64)
def _places(seeds: int, share: float) -> Estimate:
    """Return a quantile of 0, 1, 2, ...: which runs, in rising order, are the ends of its interval."""
    return tails.quantile(np.arange(float(seeds)), share)


def _quantile(values: np.ndarray, share: float, unit: str) -> Estimate:
    """Return a quantile as :func:`analysis.tails.quantile` does; which runs are its ends is looked up, which is slow."""
    if not np.isfinite(values).all():
        return tails.quantile(values, share, unit)
    rising, places = np.sort(values), _places(values.size, share)
    low, high = (None if end is None else float(rising[round(end)]) for end in (places.low, places.high))
    return Estimate(float(np.quantile(rising, share)), low, high, unit, places.note)


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
