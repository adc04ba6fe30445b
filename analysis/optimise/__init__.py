"""The best trade-offs that a search over strategies finds, and what remains of them on futures it never saw.

    space.py        what may be chosen, and the strategy that a choice makes
    futures.py      what strategies bring, against their twin, in given futures; the three lots of futures
    objectives.py   multiplier, vitality and social balance, as means or in a robust form
    search.py       NSGA-II, a generation at a time
    front.py        the front judged again: optimism, who surpasses whom, members that stand for it, their intervals
    study.py        all of that on one park or several
    figures.py      pictures of it
"""

from __future__ import annotations

from analysis.optimise.front import Judged, Reported, Spread, Surpassing
from analysis.optimise.futures import Futures, Runner, Stages, draw_stages
from analysis.optimise.objectives import OBJECTIVES, ROBUST, Robust
from analysis.optimise.search import NothingFound, Searched
from analysis.optimise.space import Decisions, Space
from analysis.optimise.study import ParkFront, Size, optimise

__all__ = [
    "OBJECTIVES", "ROBUST", "Decisions", "Futures", "Judged", "NothingFound", "ParkFront", "Reported", "Robust", "Runner",
    "Searched", "Size", "Space", "Spread", "Stages", "Surpassing", "draw_stages", "optimise",
]  # fmt: skip
