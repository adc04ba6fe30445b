"""Scenario discovery: over a wide sample of assumptions and parks, where does each strategy do best, and what is regret?

``gains.py`` reads what each strategy adds at each point of an experiment, with winners, regret and turning orders;
``regions.py`` searches boxes (PRIM, in ``prim.py``) and judges them out of sample and against chance; ``rules.py`` grows a
decision tree; ``tables.py``, ``wording.py`` and ``figures.py`` give it as tables, sentences and pictures, in Dutch and English.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.discovery.gains import (
    Flip,
    Gains,
    Regret,
    Safest,
    TooLittle,
    Won,
    flips,
    is_clear,
    read_gains,
    regrets,
    shares_won,
    winners,
)
from analysis.discovery.regions import FOUND, PERMUTATIONS, Limit, Region, find_regions
from analysis.discovery.rules import Advice, find_advice
from analysis.engines import Engine
from analysis.experiment import Plan
from analysis.store import Memory, Store


@dataclass(frozen=True)
class Typical:
    """A run that stands for a region: in the middle of the box, with the strategy at its median.

    Attributes
    ----------
    run : str
        Its key.
    point, seed : int
    """

    run: str
    point: int
    seed: int


@dataclass(frozen=True)
class Discovered:
    """What was found on one park.

    Attributes
    ----------
    won
        A row per strategy.
    undecided : float
        Share of points at which no strategy is ahead of every other beyond chance, 0-1.
    typical
        A run for every region found, by strategy.
    """

    gains: Gains
    won: tuple[Won, ...]
    undecided: float
    regrets: tuple[Regret, ...]
    safest: tuple[Safest, ...]
    regions: tuple[Region, ...]
    typical: dict[str, Typical]
    advice: Advice
    flips: tuple[Flip, ...]

    @property
    def park(self) -> str:
        """Name of the park."""
        return self.gains.park

    @property
    def found(self) -> list[Region]:
        """Regions that beat chance, the one that stands out most first."""
        return sorted((region for region in self.regions if region.status == FOUND), key=lambda r: -r.held_out.score)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        gains = self.gains
        return {
            "park": gains.park, "measure": gains.measure, "points": gains.points, "left_out": gains.left_out,
            "seeds": list(gains.seeds), "undecided": self.undecided,
            "won": [won._asdict() | {"best": won.best.to_json()} for won in self.won],
            "regret": [
                regret._asdict() | {what: getattr(regret, what).to_json() for what in ("mean", "worst", "most")}
                for regret in self.regrets
            ],
            "least_regret": [safest._asdict() for safest in self.safest],
            "regions": [
                region.to_json() | ({"run": vars(self.typical[region.strategy])} if region.strategy in self.typical else {})
                for region in self.regions
            ],
            "advice": self.advice.to_json(), "flips": [flip.to_json() for flip in self.flips],
        }  # fmt: skip


def discover(
    plan: Plan, store: Store | Memory, measure: str, engine: Engine, permutations: int = PERMUTATIONS,
    progress: Callable[[int, int], None] | None = None, strategies: Sequence[str] | None = None,
) -> list[Discovered]:
    """Return what an experiment says of where each strategy does best, per park.

    Parameters
    ----------
    plan, store
        What was run, and where the runs are.
    measure
        A name of ``analysis.deciding.SMALLEST``; more is better.
    engine
        Where searches are repeated on outcomes that were dealt anew.
    permutations
        How often they are.
    progress
        Called as ``progress(permutations done, permutations to do)``.
    strategies
        Those to choose between; all of the experiment, with the twin ``none``, if None.

    Raises
    ------
    TooLittle
        If there are too few points, seeds, factors or strategies.
    """
    gains = read_gains(plan, store, measure, strategies)
    regions = find_regions(gains, engine, permutations, progress)
    found = []
    for park, advice in zip(gains, find_advice(gains, permutations), strict=True):
        table, safest = regrets(park)
        own = tuple(region for region in regions if region.park == park.park)
        typical = {region.strategy: typical_run(plan, park, region) for region in own if region.status == FOUND}
        found.append(Discovered(
            park, tuple(shares_won(park)), float((~is_clear(park.values)).mean()), tuple(table), tuple(safest), own, typical,
            advice, tuple(flips(park)),
        ))  # fmt: skip
    return found


def typical_run(plan: Plan, gains: Gains, region: Region) -> Typical:
    """Return the run that stands for a region.

    The point is the one nearest to the middle of the box, among those in it at which the strategy is best: by the factors
    that the box restricts, each measured in its spread within the box. The seed is the one with the median gain there.
    """
    strategy = gains.strategies.index(region.strategy)
    inside = region.inside & (winners(gains.values) == strategy)
    inside = inside if inside.any() else region.inside
    names = [limit.factor for limit in region.limits if limit.level is None]
    within = gains.factors.loc[inside, names].astype(float)
    spread = within.std(ddof=0).replace(0.0, 1.0)
    away = (((within - within.median()) / spread) ** 2).sum(axis=1)
    point = int(away.index[int(away.to_numpy().argmin())])
    own = gains.values[gains.factors.index.get_loc(point), strategy]
    seed = gains.seeds[int(np.argsort(own, kind="stable")[(len(own) - 1) // 2])]
    design = plan.design
    chosen = design[(design["park"] == gains.park) & (design["point"] == point) & (design["strategy"] == region.strategy)
                    & (design["seed"] == seed)]  # fmt: skip
    return Typical(str(chosen["run"].iloc[0]), point, int(seed))


__all__ = [
    "FOUND", "PERMUTATIONS", "Advice", "Discovered", "Flip", "Gains", "Limit", "Region", "Regret", "Safest", "TooLittle",
    "Typical", "Won", "discover", "find_advice", "find_regions", "flips", "read_gains", "regrets", "shares_won",
    "typical_run", "winners",
]  # fmt: skip
