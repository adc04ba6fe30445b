"""The search itself: NSGA-II (Deb et al. 2002), asked for a whole generation at a time.

Every candidate of every generation meets the same futures (common random numbers), so that a strategy is not kept for having
been lucky on seeds of its own. It may still be lucky on the common ones: whatever the search finds is judged again elsewhere
(:mod:`analysis.optimise.front`). The first generation is random; shipped strategies are not among it, so that they are a
measure from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.optimise.futures import Evaluate, Futures
from analysis.optimise.objectives import Robust, best_per_set, nondominated, per_set, scaled, shortage, worth
from analysis.optimise.space import Space

if TYPE_CHECKING:
    from sim.inputs.strategy import Strategy

SEED = 1  # of the search; its own luck, apart from that of the futures
_NOTHING = 1e9  # objective (to be made small) of a candidate without a multiplier; its constraint is broken as well


class NothingFound(ValueError):
    """No candidate spends enough beyond the twin for a multiplier. ``key`` and ``values`` name what a user is told."""

    def __init__(self, park: str) -> None:
        super().__init__(f"{park}: no candidate spends enough beyond the twin to have a multiplier")
        self.key, self.values = "optimise.nothing_found", {"park": park}


@dataclass(frozen=True)
class Searched:
    """Everything that a search tried.

    Attributes
    ----------
    candidates
        Distinct strategies, in the order in which they were tried.
    generation : int, (candidates,)
        In which each was tried first, from 0.
    outcomes : float64, (candidates, sets, seeds, 5)
        On the futures of the search.
    feasible : bool, (candidates,)
        Whether its extra public money is a denominator.
    values : float64, (candidates, 3)
        Objectives on the futures of the search; NaN where there is no multiplier.
    shipped, shipped_outcomes, shipped_values
        The same for the shipped strategies.
    """

    candidates: tuple[Strategy, ...]
    generation: np.ndarray
    outcomes: np.ndarray
    feasible: np.ndarray
    values: np.ndarray
    shipped: tuple[Strategy, ...]
    shipped_outcomes: np.ndarray
    shipped_values: np.ndarray

    def front(self, most: int) -> np.ndarray:
        """Return the places of the candidates that no other surpasses; at most so many, those in the emptiest parts."""
        places = np.flatnonzero(self.feasible)
        places = places[nondominated(self.values[places])]
        return places[thinned(self.values[places], most)]

    def hypervolume(self) -> tuple[np.ndarray, float]:
        """Return the hypervolume of what had been found by each generation, float64, (generations,), and of what is shipped.

        Objectives are scaled so that the first generation and the shipped strategies lie between 0 and 1, and the volume is
        counted from 0: it may exceed 1 later.
        """
        from pymoo.indicators.hv import HV

        known = self.feasible & np.isfinite(self.values).all(axis=1)
        shipped = self.shipped_values[np.isfinite(self.shipped_values).all(axis=1)]
        begin = np.vstack([self.values[known & (self.generation == 0)], shipped])
        if not len(begin):
            begin = self.values[known]
        low, width = begin.min(axis=0), np.maximum(np.ptp(begin, axis=0), 1e-12)
        indicator = HV(ref_point=np.zeros(3), norm_ref_point=False)

        def volume(values: np.ndarray) -> float:
            return float(indicator(-(values - low) / width)) if len(values) else 0.0

        rising = [volume(self.values[known & (self.generation <= g)]) for g in range(int(self.generation.max()) + 1)]
        return np.array(rising), volume(shipped)


def thinned(values: np.ndarray, most: int) -> np.ndarray:
    """Return the places of at most so many rows (none surpassed by another), leaving out time and again one of the closest two.

    Parameters
    ----------
    values : float64, (rows, 3)
        Ends of an objective are never left out first: their neighbours are.
    """
    kept = list(range(len(values)))
    if len(kept) <= most:
        return np.array(kept, int)
    place = scaled(values)
    ends = {int(k) for k in place.argmax(axis=0)}
    distance = np.sqrt(((place[:, None] - place[None]) ** 2).sum(axis=2))
    while len(kept) > most:
        near = distance[np.ix_(kept, kept)] + np.diag(np.full(len(kept), np.inf))
        two = np.sort(near, axis=1)[:, :2] if len(kept) > 2 else near
        order = sorted(range(len(kept)), key=lambda k: (kept[k] in ends, *two[k]))
        del kept[order[0]]
    return np.array(kept, int)


def search(
    space: Space,
    evaluate: Evaluate,
    futures: Futures,
    shipped: Sequence[Strategy],
    *,
    population: int,
    generations: int,
    robust: Robust = "none",
    each: Callable[[int], None] | None = None,
) -> Searched:
    """Search the space for strategies that no other surpasses on all objectives.

    Parameters
    ----------
    space
        What may be chosen.
    evaluate
        Gives the outcomes of strategies in futures.
    futures
        The same for every candidate of every generation.
    shipped
        Strategies to measure by; with ``robust="regret"`` they are among those that regret is taken from.
    population, generations
        Candidates per generation, 4 or more; generations, the first (random) one included, 1 or more.
    robust
        The form of the objectives.
    each
        Called after each generation with its number, from 0.

    Raises
    ------
    NothingFound
        If not one candidate spends enough for a multiplier.
    """
    from pymoo.core.evaluator import Evaluator
    from pymoo.problems.static import StaticProblem

    given = evaluate(shipped, futures)
    tried: dict[str, int] = {}
    candidates: list[Strategy] = []
    generation: list[int] = []
    lots: list[np.ndarray] = []
    best = np.full((len(futures.sets), 3), -np.inf) if robust == "regret" else None
    algorithm, problem = _algorithm(space, population, generations)
    number = 0
    while algorithm.has_next():
        asked = algorithm.ask()
        strategies = [space.strategy(one.X) for one in asked]
        new = [one for one in {s.name: s for s in strategies}.values() if one.name not in tried]
        if new:
            for strategy in new:
                tried[strategy.name] = len(candidates)
                candidates.append(strategy)
                generation.append(number)
            lots.append(evaluate(new, futures))
        outcomes = np.concatenate(lots)
        short = shortage(outcomes, space.gross_ha)
        if best is not None:
            given_too = given[shortage(given, space.gross_ha) <= 0.0]
            best = best_per_set(per_set(np.concatenate([outcomes[short <= 0.0], given_too])))
        values = worth(outcomes, robust, best)
        places = [tried[strategy.name] for strategy in strategies]
        if best is not None and number:
            # What is best in a set has moved, and with it the regret of those that were there already.
            old = [tried[space.strategy(one.X).name] for one in algorithm.pop]
            algorithm.pop.set("F", _small(values[old]))
        static = StaticProblem(problem, F=_small(values[places]), G=short[places, None])
        Evaluator().eval(static, asked)
        algorithm.tell(infills=asked)
        if each is not None:
            each(number)
        number += 1
    feasible = (short <= 0.0) & np.isfinite(values).all(axis=1)
    if not feasible.any():
        raise NothingFound(space.park.name)
    measured = worth(given, robust, best)
    measured[shortage(given, space.gross_ha) > 0.0] = np.nan
    return Searched(tuple(candidates), np.array(generation), outcomes, feasible, values, tuple(shipped), given, measured)


def _small(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), -values, _NOTHING)


def _algorithm(space: Space, population: int, generations: int) -> tuple[Any, Any]:
    """Return NSGA-II over variables of several kinds, ready to be asked, and the problem it works on."""
    from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
    from pymoo.core.duplicate import DuplicateElimination
    from pymoo.core.mixed import MixedVariableMating, MixedVariableSampling
    from pymoo.core.problem import Problem
    from pymoo.operators.selection.tournament import TournamentSelection
    from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

    class SameStrategy(DuplicateElimination):
        """Leaves out choices that come to a strategy that is there already."""

        def _do(self, pop: Any, other: Any, is_duplicate: np.ndarray) -> np.ndarray:
            names = {space.strategy(one.X).name for one in other} if other is not None else set()
            for k, one in enumerate(pop):
                name = space.strategy(one.X).name
                is_duplicate[k] |= name in names
                names.add(name) if other is None else None
            return is_duplicate

    problem = Problem(vars=space.variables, n_obj=3, n_ieq_constr=1)
    mating = MixedVariableMating(
        selection=TournamentSelection(func_comp=binary_tournament), eliminate_duplicates=SameStrategy())
    algorithm = NSGA2(
        pop_size=population, sampling=MixedVariableSampling(), mating=mating, eliminate_duplicates=SameStrategy(),
        survival=RankAndCrowding(crowding_func="mnn"),
    )  # fmt: skip
    algorithm.setup(problem, termination=("n_gen", generations), seed=SEED, verbose=False)
    return algorithm, problem
