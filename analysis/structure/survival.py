"""Which conclusions about strategies survive another structure of the model.

A *claim* is a statement that could be made of a park: one strategy does better than another on a measure, or is the highest
of all. It becomes a *conclusion* if it is decided in the model as it is: the difference is told apart from zero when all
claims of the park are judged together (Holm: 5% chance of one false conclusion or more). Which of two strategies is ahead
is read from the runs, never stated beforehand. Under each structure all conclusions are judged together in the same way, so
that in every structure, taken by itself, the chance of one false decision or more is 5%: over sixteen structures some may
be expected. A conclusion that is *undecided* under a structure is not refuted there: more seeds may decide it.

That the highest is picked by its own numbers costs nothing against the runner-up: the plain two-sided test of the first
against the second is right as it is (Hung and Fithian 2019, *Annals of Statistics* 47(3), 1758-1782). Where another one has
become the highest, it was picked from all others, and its p-value is multiplied by their number (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.compare import OUTCOMES, Comparison
from analysis.effects import Difference, Ratio, differences_between, judged_together, multiplier_differences
from analysis.experiment_schema import TWIN
from analysis.statistics import (
    MULTIPLIER,
    Estimate,
    bca_bounds,
    draw_counts,
    mean_with_interval,
    multiplier_difference,
)
from analysis.structure.running import AS_IT_IS
from sim.inputs.strategy import Strategy

LEANING = 0.5  # a mix in which one role has more than this share of the time leans on that role
MEASURES = ("vitality", "multiplier_additional", "social_balance")
"""What claims are about, in the order in which they are shown; those of :data:`analysis.compare.RANKED`."""
ADDED = {"vitality": "0-100", "private_investment": "EUR", "social_balance": OUTCOMES["social_balance"]}
"""What the table of effects has of every strategy beside its multiplier -> unit."""

Verdict = Literal["holds", "undecided", "turns"]
VERDICTS: tuple[Verdict, ...] = ("holds", "undecided", "turns")


class Claim(NamedTuple):
    """A statement that could be made of a park.

    Attributes
    ----------
    kind
        ``beats_nothing``, ``demand_or_supply``, ``highest`` or ``balanced``: which question it answers.
    measure
        One of :data:`MEASURES`.
    first, second
        The first does better than the second; without a second, better than every other.
    """

    kind: str
    measure: str
    first: str
    second: str | None = None


@dataclass(frozen=True)
class Under:
    """A conclusion under one structure.

    Attributes
    ----------
    verdict
        Whether it holds there: decided in the same direction, ``undecided``, or ``turns``: decided in the opposite one.
    difference
        First less second, judged together with all other conclusions there. Of a claim without a second the second is the
        highest of the others there.
    change
        That difference less the same in the model as it is, paired by seed, with its own 95% interval (not adjusted).
    """

    verdict: Verdict
    difference: Difference
    change: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the fields under their own names; estimates as they give themselves."""
        return {"verdict": self.verdict, "difference": self.difference.to_json(), "change": self.change.to_json()}


@dataclass(frozen=True)
class Conclusion:
    """A claim that is decided in the model as it is.

    Attributes
    ----------
    difference
        First less second in the model as it is, above zero, judged together with all claims of the park.
    under
        What becomes of it, by name of structure.
    """

    claim: Claim
    difference: Difference
    under: dict[str, Under]

    @property
    def survives(self) -> bool:
        """Whether it holds under every structure."""
        return all(one.verdict == "holds" for one in self.under.values())

    @property
    def most_changed(self) -> tuple[str, Under]:
        """The structure that changes the difference most."""
        return max(self.under.items(), key=lambda item: abs(item[1].change.mean or 0.0))

    def to_json(self) -> dict[str, Any]:
        """Return the claim, its difference, and what becomes of it."""
        return self.claim._asdict() | {
            "difference": self.difference.to_json(), "survives": self.survives,
            "structures": {name: one.to_json() for name, one in self.under.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Survival:
    """What remains on one park.

    Attributes
    ----------
    park
        Its name.
    seeds
        Futures that every number is from.
    structures
        Names of what was held against the model as it is.
    conclusions
        By measure, in the order of the claims.
    undecided
        Claims that are not decided in the model as it is, and so are no conclusions.
    """

    park: str
    seeds: int
    structures: tuple[str, ...]
    conclusions: tuple[Conclusion, ...]
    undecided: tuple[tuple[Claim, Difference], ...]

    @property
    def counts(self) -> dict[str, dict[Verdict, int]]:
        """How many conclusions hold, are undecided and turn, by structure."""
        return {name: {verdict: sum(one.under[name].verdict == verdict for one in self.conclusions) for verdict in VERDICTS}
                for name in self.structures}  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return everything under its own name."""
        return {
            "park": self.park, "seeds": self.seeds, "structures": list(self.structures),
            "conclusions": [one.to_json() for one in self.conclusions],
            "not_decided": [claim._asdict() | {"difference": found.to_json()} for claim, found in self.undecided],
            "counts": self.counts,
        }  # fmt: skip

    def table(self) -> pd.DataFrame:
        """Return a row per conclusion and structure, the model as it is among them."""
        return pd.DataFrame([row for one in self.conclusions for row in _rows(self.park, one)], columns=list(_COLUMNS))


_COLUMNS = ("park", "kind", "measure", "first", "second", "structure", "verdict", "difference", "difference_low",
            "difference_high", "p_adjusted", "family", "change", "change_low", "change_high", "unit", "note")  # fmt: skip


def _rows(park: str, conclusion: Conclusion) -> Iterator[dict[str, Any]]:
    nothing = Estimate(0.0, 0.0, 0.0, conclusion.difference.difference.unit)
    as_it_is = Under("holds", conclusion.difference, nothing)
    for name, under in ((AS_IT_IS, as_it_is), *conclusion.under.items()):
        found = under.difference
        yield {
            "park": park, "kind": conclusion.claim.kind, "measure": conclusion.claim.measure, "first": found.strategy,
            "second": found.reference, "structure": name, "verdict": under.verdict,
            **_cells("difference", found.difference), "p_adjusted": found.adjusted, "family": found.family,
            **_cells("change", under.change), "unit": found.difference.unit, "note": found.difference.note,
        }  # fmt: skip


def _cells(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.mean, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


# --- claims ----------------------------------------------------------------------------------------------------------


def survival(comparisons: Mapping[str, Comparison], strategies: Sequence[Strategy]) -> Survival:
    """Return which conclusions of a park survive which structure.

    Parameters
    ----------
    comparisons
        Name of a structure to the comparison of all strategies there, :data:`AS_IT_IS` among them; on the same seeds.
    strategies
        Those that were compared; their mixes of roles tell which claims there are.

    Raises
    ------
    ValueError
        If two comparisons are not on the same seeds.
    """
    here, others = comparisons[AS_IT_IS], {name: one for name, one in comparisons.items() if name != AS_IT_IS}
    if any(one.runs.seeds != here.runs.seeds for one in others.values()):
        raise ValueError("structures are compared on the same seeds")
    claims = claims_of(here, strategies)
    judged = judged_together([lead(here, claim) for claim in claims])
    decided = [(claim, found) for claim, found in zip(claims, judged, strict=True) if found.stands]
    conclusions = [_forwards(here, claim, found) for claim, found in decided]
    under: list[dict[str, Under]] = [{} for _ in conclusions]
    for name, there in others.items():
        for place, (claim, as_it_is), found in zip(
            count(), conclusions, judged_together([lead(there, claim) for claim, _ in conclusions])
        ):
            under[place][name] = Under(verdict_of(found), found, _change(claim, there, found, here, as_it_is))
    return Survival(
        here.runs.park, len(here.runs.seeds), tuple(others),
        tuple(Conclusion(claim, found, under[place]) for place, (claim, found) in enumerate(conclusions)),
        tuple((claim, found) for claim, found in zip(claims, judged, strict=True) if not found.stands),
    )  # fmt: skip


def claims_of(here: Comparison, strategies: Sequence[Strategy]) -> list[Claim]:
    """Return the claims of a park, by measure: which strategies there are decides, and who is the highest as it is.

    Every strategy against doing nothing extra, and a balanced mix of roles against each mix that leans on one, on vitality;
    demand-driven against supply-driven, and the highest against every other, on every measure.
    """
    acting = [one for one in strategies if one.approach != "none"]
    names = {one.name for one in acting}
    claims = []
    for measure in MEASURES:
        if measure == "vitality":
            claims += [Claim("beats_nothing", measure, one.name, TWIN) for one in acting]
        if {"demand_driven", "supply_driven"} <= names:
            claims.append(Claim("demand_or_supply", measure, "demand_driven", "supply_driven"))
        order = order_on(here, measure)
        if len(order) > 1:
            claims.append(Claim("highest", measure, order[0]))
        if measure == "vitality" and "demand_driven" in names:
            claims += [Claim("balanced", measure, "demand_driven", one.name) for one in acting if _leans(one)]
    return claims


def _leans(strategy: Strategy) -> bool:
    return strategy.approach == "demand_driven" and max(strategy.roles.model_dump().values()) > LEANING


def order_on(comparison: Comparison, measure: str) -> list[str]:
    """Return the strategies that have a measure, the twin among them, the highest first."""
    if measure == "multiplier_additional":
        ratios = {name: _ratio(comparison, name) for name in comparison.strategies}
        means = {name: float(ratio[0].sum() / ratio[1].sum()) for name, ratio in ratios.items() if ratio is not None}
    else:
        means = {name: float(_values(comparison, name, measure).mean()) for name in comparison.strategies}
    return sorted(means, key=lambda name: -means[name])


# --- differences -----------------------------------------------------------------------------------------------------


def lead(comparison: Comparison, claim: Claim) -> Difference:
    """Return how far the first of a claim is ahead of the second, as a member of a family that is not judged yet.

    A claim without a second is held against the highest of the others. Undefined, without a p-value, where one of two
    multipliers is.
    """
    if claim.second is not None:
        return _difference(comparison, claim.measure, claim.first, claim.second)
    order = order_on(comparison, claim.measure)
    others = [name for name in order if name != claim.first]
    found = _difference(comparison, claim.measure, claim.first, others[0] if others else TWIN)
    if found.p_value is not None and order[0] != claim.first:
        found = replace(found, p_value=min(1.0, found.p_value * len(others)))
    return found


def _difference(comparison: Comparison, measure: str, first: str, second: str) -> Difference:
    if measure == "multiplier_additional":
        return multiplier_differences({name: _ratio(comparison, name) for name in (first, second)}, second)[first]
    values = {name: _values(comparison, name, measure) for name in (first, second)}
    return differences_between(values, second, OUTCOMES[measure])[first]


def _forwards(here: Comparison, claim: Claim, found: Difference) -> tuple[Claim, Difference]:
    """Return a decided claim so that its first is ahead: the other way round where the second was."""
    if claim.second is None or (found.difference.mean or 0.0) > 0.0:
        return claim, found
    turned = claim._replace(first=claim.second, second=claim.first)
    return turned, replace(lead(here, turned), adjusted=found.adjusted, stands=found.stands, family=found.family)


def verdict_of(found: Difference) -> Verdict:
    """Return whether a conclusion holds where the first is so far ahead of the second."""
    if not found.stands or found.difference.mean is None:
        return "undecided"
    return "holds" if found.difference.mean > 0.0 else "turns"


def _change(claim: Claim, there: Comparison, found: Difference, here: Comparison, as_it_is: Difference) -> Estimate:
    """Return a difference under a structure less that in the model as it is, paired by seed."""
    sides = ((there, found), (here, as_it_is))
    if claim.measure == "multiplier_additional":
        ratios = [_ratio(runs, name) for runs, one in sides for name in (one.strategy, one.reference)]
        known = [ratio for ratio in ratios if ratio is not None]
        if len(known) < len(ratios):
            return Estimate(None, None, None, MULTIPLIER, "undefined: one of the multipliers is")
        return _change_of_ratios(known)
    ahead = [_values(runs, one.strategy, claim.measure) - _values(runs, one.reference, claim.measure) for runs, one in sides]
    return mean_with_interval(ahead[0] - ahead[1], OUTCOMES[claim.measure])


def _change_of_ratios(ratios: Sequence[Ratio]) -> Estimate:
    """Return (first - second) - (third - fourth) of four ratios of sums on the same two seeds or more, with its interval."""
    columns = np.column_stack([column for ratio in ratios for column in ratio])
    n = len(columns)

    def change(means: np.ndarray) -> np.ndarray:
        first, second, third, fourth = np.moveaxis(means[..., 0::2] / means[..., 1::2], -1, 0)
        return np.asarray((first - second) - (third - fourth))

    with np.errstate(divide="ignore", invalid="ignore"):
        value, resampled = float(change(columns.mean(axis=0))), change(draw_counts(n) @ columns / n)
        jackknifed = change((columns.sum(axis=0) - columns) / (n - 1))
    low, high, note = bca_bounds(value, resampled, jackknifed)
    return Estimate(value, low, high, MULTIPLIER, note)


def _ratio(comparison: Comparison, name: str) -> Ratio | None:
    """Return private and public euros beyond the twin's per seed; None where the multiplier is undefined."""
    if not comparison.estimate(name, "multiplier_additional").defined:
        return None
    return comparison.beyond_twin(name, "private_investment"), comparison.beyond_twin(name, "public_outlay")


def _values(comparison: Comparison, name: str, measure: str) -> np.ndarray:
    """Return a measure per seed, such that differences of it are those of the measure.

    The social balance of the twin is nil by definition: welfare in euros has the twin's own luck in it.
    """
    return comparison.values(name, "welfare" if measure == "social_balance" else measure)


def effects_table(comparisons: Mapping[str, Comparison]) -> pd.DataFrame:
    """Return what every strategy adds under every structure, and how far that differs from the model as it is.

    A row per structure, strategy and measure: the multiplier, and against the twin of the same structure vitality, private
    euros and the social balance; then the change, paired by seed. Intervals are 95%, each by itself.
    """
    here = comparisons[AS_IT_IS]
    rows = []
    for structure, there in comparisons.items():
        for name in there.strategies:
            if name == TWIN:
                continue
            for measure, unit in ADDED.items():
                added = [_values(one, name, measure) - _values(one, TWIN, measure) for one in (there, here)]
                effect, change = (mean_with_interval(values, unit) for values in (added[0], added[0] - added[1]))
                rows.append(_effect_row(here.runs.park, structure, name, measure, effect, change))
            ratios = [_ratio(one, name) for one in (there, here)]
            change = Estimate(None, None, None, MULTIPLIER, "undefined: one of the multipliers is")
            if ratios[0] is not None and ratios[1] is not None:
                change = multiplier_difference(ratios[0], ratios[1])
            effect = there.estimate(name, "multiplier_additional")
            rows.append(_effect_row(here.runs.park, structure, name, "multiplier_additional", effect, change))
    return pd.DataFrame(rows)


def _effect_row(park: str, structure: str, strategy: str, measure: str, effect: Estimate, change: Estimate) -> dict[str, Any]:
    return {"park": park, "structure": structure, "strategy": strategy, "measure": measure, **_cells("effect", effect),
            **_cells("change", change), "unit": effect.unit, "note": effect.note or change.note}  # fmt: skip
