"""The whole of an optimisation: search every park, judge its front, choose members, and report them beside what is shipped.

With several parks the member in between of each is tried on all others as well, with a team and a budget to their scale: mixes
that differ in words may do as well as one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.optimise.front import REPRESENTATIVES, Judged, Reported, Spread, judge, report, representatives, spreads
from analysis.optimise.futures import Evaluate, Stages
from analysis.optimise.objectives import Robust
from analysis.optimise.search import Searched, search
from analysis.optimise.space import Decisions, Space

if TYPE_CHECKING:
    from sim.inputs.strategy import Strategy


@dataclass(frozen=True)
class Size:
    """How large a study is: candidates per generation, generations, and members that are judged again at most."""

    population: int
    generations: int

    def runs(self, stages: Stages, shipped: int) -> int:
        """Return how many runs one park takes at most, twins and tries on other parks not counted."""
        reported = shipped + REPRESENTATIVES
        return (self.population * self.generations + shipped) * stages.search.runs + (
            self.population + shipped) * stages.judge.runs + reported * stages.report.runs  # fmt: skip


@dataclass(frozen=True)
class ParkFront:
    """What came out on one park.

    Attributes
    ----------
    space
        What could be chosen.
    searched, judged, reported
        All that was tried; the front on fresh futures; the members that stand for it, on futures of their own.
    decided
        What each member of the front decides.
    chosen
        Members that stand for the front, by place, with why.
    spread
        How far kept members lie apart.
    guests
        Names of parks whose member in between was tried here, in the order in which they follow the chosen members.
    """

    space: Space
    searched: Searched
    judged: Judged
    decided: tuple[Decisions, ...]
    chosen: dict[int, tuple[str, ...]]
    spread: tuple[Spread, ...]
    reported: Reported
    guests: tuple[str, ...] = ()

    @property
    def between(self) -> int | None:
        """Place of the member in between; None where none was kept."""
        return next((k for k, why in self.chosen.items() if "between" in why), None)

    def row_of(self, place: int) -> int:
        """Return the row of a chosen member among the reported strategies."""
        return list(self.chosen).index(place)

    @property
    def shipped_rows(self) -> range:
        """Rows of the shipped strategies among the reported ones."""
        return range(len(self.chosen) + len(self.guests), len(self.reported.strategies))


def optimise(
    spaces: Sequence[Space],
    evaluators: Sequence[Evaluate],
    stages: Stages,
    shipped: Sequence[Strategy],
    size: Size,
    robust: Robust = "none",
    each: Callable[[str, int], None] | None = None,
) -> list[ParkFront]:
    """Search, judge and report every park.

    Parameters
    ----------
    spaces, evaluators
        One of each per park.
    stages
        Futures of the three lots; the same numbers on every park.
    shipped
        Strategies to compare with, the twin not among them.
    size
        Of the search.
    robust
        The form of the objectives.
    each
        Called as ``each(park, generation)`` after every generation.

    Raises
    ------
    NothingFound
        If on a park no candidate spends enough for a multiplier.
    """
    halfway = [_search_and_judge(space, evaluate, stages, shipped, size, robust, each)
               for space, evaluate in zip(spaces, evaluators, strict=True)]  # fmt: skip
    betweens: dict[str, tuple[Space, Strategy]] = {}
    for space, (_, judged, _, chosen, _) in zip(spaces, halfway, strict=True):
        place = next((k for k, why in chosen.items() if "between" in why), None)
        if place is not None:
            betweens[space.park.name] = space, judged.members[place]
    fronts = []
    for space, evaluate, (found, judged, decided, chosen, spread) in zip(spaces, evaluators, halfway, strict=True):
        guests = {park: space.transplanted(strategy, home) for park, (home, strategy) in betweens.items()
                  if park != space.park.name}  # fmt: skip
        strategies = [*(judged.members[k] for k in chosen), *guests.values(), *shipped]
        reported = report(space, strategies, evaluate, stages.report, robust)
        fronts.append(ParkFront(space, found, judged, decided, chosen, spread, reported, tuple(guests)))
    return fronts


def _search_and_judge(
    space: Space, evaluate: Evaluate, stages: Stages, shipped: Sequence[Strategy], size: Size, robust: Robust,
    each: Callable[[str, int], None] | None,
) -> tuple[Searched, Judged, tuple[Decisions, ...], dict[int, tuple[str, ...]], tuple[Spread, ...]]:
    def tell(generation: int) -> None:
        if each is not None:
            each(space.park.name, generation)

    found = search(space, evaluate, stages.search, shipped, population=size.population, generations=size.generations,
                   robust=robust, each=tell)  # fmt: skip
    judged = judge(found, space, evaluate, stages.judge, robust, size.population)
    decided = tuple(space.decisions(member) for member in judged.members)
    chosen = representatives(judged, decided, space)
    random = [space.decisions(found.candidates[k]) for k in np.flatnonzero(found.generation == 0)]
    kept = [decided[k] for k in judged.kept]
    spread = tuple(spreads(space, kept, random)) if kept else ()
    return found, judged, decided, chosen, spread
