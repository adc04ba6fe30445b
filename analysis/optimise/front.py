"""The front judged again, on futures that the search never saw: what holds, what was luck, and who surpasses whom.

*Surpassed with confidence*: one strategy is better than another on all three objectives, so surely that the chance of one
false claim or more among all pairs is kept near 5%. Every pair and objective gets a difference over its bootstrap error; the
limit is the 95% quantile, over resamples of the futures, of the largest deviation of all of them together (the single-step
max-T of Westfall and Young 1993). A claim needs all three differences beyond that limit, so it is on the safe side: strategies
that are equal on one objective never surpass one another, and "not surpassed" may be "cannot tell".

*Optimism*: how much better the front looked on the futures of the search than it is on fresh ones, less the same for the
shipped strategies, which nobody selected: what they lose or gain is the luck of the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analysis.optimise.futures import BALANCE, OUTLAY, PRIVATE, PUBLIC, VITALITY, Evaluate, Futures
from analysis.optimise.objectives import OBJECTIVES, Robust, resampled, scaled, shortage, worth
from analysis.optimise.search import Searched
from analysis.optimise.space import Decisions, Space
from analysis.statistics import Estimate, additional_multiplier, mean_with_interval

if TYPE_CHECKING:
    from sim.inputs.strategy import Strategy

LEVEL = 0.05  # chance of one false claim or more among all pairs
UNITS = {"multiplier_additional": "euro private per euro public", "vitality": "points",
         "social_balance": "EUR, present value against the twin"}  # fmt: skip
KEPT, SURPASSED, NO_DENOMINATOR = "kept", "surpassed", "no_denominator"
REPRESENTATIVES = 7


class Surpassing(NamedTuple):
    """Which strategy surpasses which.

    Attributes
    ----------
    pairs : bool, (strategies, strategies)
        Whether the first is better than the second on all objectives, with confidence.
    differences, margins : float64, (strategies, strategies, 3)
        First less second, and half the width of its simultaneous interval.
    """

    pairs: np.ndarray
    differences: np.ndarray
    margins: np.ndarray


def surpassing(values: np.ndarray, draws: np.ndarray, level: float = LEVEL) -> Surpassing:
    """Return which strategies surpass which on all objectives, all pairs judged together.

    Parameters
    ----------
    values : float64, (strategies, 3)
        More is better. A strategy that has no number, here or in a resample, is in no pair.
    draws : float64, (resamples, strategies, 3)
        The same in every resample of the futures.
    level
        Chance of one false claim or more, 0-1.
    """
    n = len(values)
    usable = np.isfinite(values).all(axis=1) & np.isfinite(draws).all(axis=(0, 2))
    centred = np.where(usable[:, None], draws - values, 0.0)
    differences = np.where((usable[:, None] & usable)[..., None], values[:, None] - values[None], np.nan)
    errors = np.empty((n, n, 3))
    largest = np.zeros(len(draws))
    for k in range(3):
        for i in range(n):
            deviation = centred[:, i, k, None] - centred[:, :, k]
            errors[i, :, k] = deviation.std(axis=0)
            there = errors[i, :, k] > 1e-12 * (1.0 + np.abs(values[i, k]))
            if usable[i] and there.any():
                largest = np.maximum(largest, np.abs(deviation[:, there] / errors[i, there, k]).max(axis=1))
    margins = float(np.quantile(largest, 1.0 - level)) * errors
    with np.errstate(invalid="ignore"):
        pairs = (differences > margins).all(axis=2)
    return Surpassing(pairs, differences, margins)


class Optimism(NamedTuple):
    """How much better the front looked in the search, on one objective.

    Attributes
    ----------
    front, shipped
        Mean over the members, and over the shipped strategies, of search less fresh futures; NaN without shipped ones.
    net
        The difference of the two, with the interval for the luck of the fresh futures.
    """

    objective: str
    front: float
    shipped: float
    net: Estimate


@dataclass(frozen=True)
class Judged:
    """The front on fresh futures.

    Attributes
    ----------
    members
        Strategies of the front, in the order of their multiplier in the search, highest first.
    searched, fresh : float64, (members, 3)
        Objectives on the futures of the search and on fresh ones.
    public : float64, (members,)
        Mean public euros beyond the twin's, on fresh futures.
    fate
        ``kept``, ``surpassed`` (by another member, with confidence), or ``no_denominator``.
    surpassed_by
        Place of the member that does so most clearly; -1 where nobody does.
    optimism
        One per objective.
    """

    members: tuple[Strategy, ...]
    searched: np.ndarray
    fresh: np.ndarray
    public: np.ndarray
    fate: tuple[str, ...]
    surpassed_by: tuple[int, ...]
    optimism: tuple[Optimism, ...]

    @property
    def kept(self) -> list[int]:
        """Places of the members that were kept."""
        return [k for k, fate in enumerate(self.fate) if fate == KEPT]


def judge(found: Searched, space: Space, evaluate: Evaluate, futures: Futures, robust: Robust, most: int) -> Judged:
    """Judge the front of a search on fresh futures.

    Parameters
    ----------
    futures
        Without any seed or set of the search.
    most
        Members at most.
    """
    places = found.front(most)
    places = places[np.argsort(-found.values[places, 0], kind="stable")]
    members = tuple(found.candidates[k] for k in places)
    n = len(members)
    outcomes = evaluate([*members, *found.shipped], futures)
    before = np.concatenate([found.outcomes[places], found.shipped_outcomes])
    searched, fresh, draws = worth(before, robust), worth(outcomes, robust), resampled(outcomes, robust)
    sound = shortage(outcomes[:n], space.gross_ha) <= 0.0
    fresh[:n][~sound] = np.nan
    among = surpassing(fresh[:n], draws[:, :n])
    fate, by = [], []
    for k in range(n):
        above = np.flatnonzero(among.pairs[:, k])
        fate.append(SURPASSED if above.size else KEPT if sound[k] else NO_DENOMINATOR)
        by.append(int(above[np.argmax((among.differences / among.margins)[above, k].min(axis=1))]) if above.size else -1)
    public = outcomes[:n, ..., PUBLIC].mean(axis=(1, 2))
    return Judged(members, searched[:n], fresh[:n], public, tuple(fate), tuple(by), _optimism(searched, fresh, draws, n))


def _optimism(searched: np.ndarray, fresh: np.ndarray, draws: np.ndarray, n: int) -> tuple[Optimism, ...]:
    found = []
    for k, objective in enumerate(OBJECTIVES):
        known = np.isfinite(searched[:, k]) & np.isfinite(fresh[:, k]) & np.isfinite(draws[:, :, k]).all(axis=0)
        ours, others = np.flatnonzero(known[:n]), n + np.flatnonzero(known[n:])
        if not ours.size or not others.size:
            nothing = Estimate(None, None, None, UNITS[objective], "undefined: too few strategies have this number")
            found.append(Optimism(objective, np.nan, np.nan, nothing))
            continue
        front, shipped = (float((searched[some, k] - fresh[some, k]).mean()) for some in (ours, others))
        begin = searched[ours, k].mean() - searched[others, k].mean()
        low, high = np.quantile(begin - (draws[:, ours, k].mean(axis=1) - draws[:, others, k].mean(axis=1)), [0.025, 0.975])
        found.append(Optimism(objective, front, shipped, Estimate(front - shipped, float(low), float(high), UNITS[objective])))
    return tuple(found)


# --- members that stand for the front --------------------------------------------------------------------------------


def representatives(judged: Judged, decided: Sequence[Decisions], space: Space) -> dict[int, tuple[str, ...]]:
    """Return the members that stand for the front, by place, each with why it is among them.

    The ends of the three objectives, the one in between (nearest to the best of all three), that with the least public money,
    and then those that differ most in what they do from all that are there. Chosen on the fresh futures: numbers to report
    come from others yet.
    """
    kept = judged.kept
    if not kept:
        return {}
    values = judged.fresh[kept]
    place = scaled(values)
    chosen: dict[int, list[str]] = {}
    firsts = [(f"most_{objective}", int(np.argmax(values[:, k]))) for k, objective in enumerate(OBJECTIVES)]
    firsts.append(("between", int(np.argmin(((1.0 - place) ** 2).sum(axis=1)))))
    firsts.append(("cheapest", int(np.argmin(judged.public[kept]))))
    for why, where in firsts:
        chosen.setdefault(kept[where], []).append(why)
    while len(chosen) < min(REPRESENTATIVES, len(kept)):
        far = {k: min(distance(space, decided[k], decided[other]) for other in chosen) for k in kept if k not in chosen}
        chosen[max(far, key=lambda k: (far[k], -k))] = ["different"]
    return {k: tuple(why) for k, why in chosen.items()}


def distance(space: Space, first: Decisions, second: Decisions) -> float:
    """Return the mean over the decision variables of how far two strategies lie apart, 0-1."""
    return float(np.mean([*space.apart(first, second).values()]))


class Spread(NamedTuple):
    """How far the members of a front lie apart on one decision variable, beside strategies drawn at random."""

    variable: str
    members: float
    random: float

    @property
    def share(self) -> float:
        """The distance between members as a share of that between random strategies; NaN where those do not differ."""
        return self.members / self.random if self.random > 0.0 else float("nan")


def spreads(space: Space, members: Sequence[Decisions], random: Sequence[Decisions]) -> list[Spread]:
    """Return the mean distance between two members and between two random strategies, per variable and over ``all``."""
    ours, others = _mean_distances(space, members), _mean_distances(space, random)
    found = [Spread(name, ours[name], others[name]) for name in others]
    return [*found, Spread("all", float(np.mean([*ours.values()])), float(np.mean([*others.values()])))]


def _mean_distances(space: Space, some: Sequence[Decisions]) -> dict[str, float]:
    pairs = [space.apart(a, b) for k, a in enumerate(some) for b in some[k + 1 :]]
    names = space.apart(some[0], some[0])
    return {name: float(np.mean([pair[name] for pair in pairs])) if pairs else 0.0 for name in names}


# --- numbers to report -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reported:
    """What strategies bring, on futures that neither the search nor the choice of members saw.

    Attributes
    ----------
    strategies
        Members of the front first, then others, then the shipped ones.
    estimates
        Per strategy: the three objectives as means over futures, ``private`` and ``public`` (euros beyond the twin's).
    robust
        Per strategy the objectives in their robust form; empty where there is none.
    against
        Who surpasses whom in the form of the search.
    """

    strategies: tuple[Strategy, ...]
    estimates: tuple[dict[str, Estimate], ...]
    robust: tuple[dict[str, Estimate], ...]
    against: Surpassing


def report(space: Space, strategies: Sequence[Strategy], evaluate: Evaluate, futures: Futures, robust: Robust) -> Reported:
    """Return what strategies bring, and who surpasses whom, on futures of their own."""
    outcomes = evaluate(strategies, futures)
    values, draws = worth(outcomes, robust), resampled(outcomes, robust)
    values[shortage(outcomes, space.gross_ha) > 0.0, 0] = np.nan
    # A future is a seed; where assumptions are uncertain too, it is a set of them, with the mean of its seeds.
    flat = outcomes.mean(axis=1 if robust == "none" else 2)
    forms: list[dict[str, Estimate]] = [{} for _ in strategies]
    if robust != "none":
        ends = np.quantile(draws, [0.025, 0.975], axis=0)
        forms = [{objective: _form(values[k, m], ends[:, k, m], objective) for m, objective in enumerate(OBJECTIVES)}
                 for k in range(len(strategies))]  # fmt: skip
    estimates = tuple(_estimates(one, space.gross_ha) for one in flat)
    return Reported(tuple(strategies), estimates, tuple(forms), surpassing(values, draws))


def _form(value: float, ends: np.ndarray, objective: str) -> Estimate:
    if not np.isfinite([value, *ends]).all():
        return Estimate(None, None, None, UNITS[objective], "undefined: too little public money beyond the twin's in a set")
    return Estimate(float(value), float(ends[0]), float(ends[1]), UNITS[objective], "percentile interval")


def _estimates(flat: np.ndarray, gross_ha: float) -> dict[str, Estimate]:
    """Return the outcomes of one strategy, from float64, (futures, 5)."""
    extra, outlay = flat[:, PUBLIC], flat[:, OUTLAY]
    found = {"multiplier_additional": additional_multiplier(
        flat[:, PRIVATE], outlay, np.zeros(len(flat)), outlay - extra, gross_ha)}
    for name, column in (("vitality", VITALITY), ("social_balance", BALANCE), ("private", PRIVATE), ("public", PUBLIC)):
        found[name] = mean_with_interval(flat[:, column], UNITS.get(name, "EUR"))
    return found


def to_json(estimates: dict[str, Estimate]) -> dict[str, Any]:
    """Return estimates as plain values."""
    return {name: estimate.to_json() for name, estimate in estimates.items()}
