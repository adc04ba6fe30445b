"""Boxes of factors within which one strategy is the best, found with PRIM and judged on points and seeds held out of it.

PRIM (``prim.py``; for scenario discovery: Bryant and Lempert 2010) peels ever smaller boxes. The one is taken whose share of
wins is furthest beyond the share over all points, in standard errors; then restrictions are dropped, the weakest first,
whose quasi-p-value (binomial: wins inside against the share without this restriction) is above 5%, and until three factors
are left, which a sentence can hold.

A search always finds something. So the points are halved and the seeds are halved: a box is found on one half of the points
with one half of the seeds, and judged on the other points with the other seeds. Whether it beats chance is tested by
permutation: the outcomes of points are dealt anew over the points, everything is searched again, and the standard score of
the held-out wins is held against the largest one over all strategies and parks (Westfall and Young's single-step maxT).
So the chance that any box at all is called found where the factors decide nothing is at most 5%. A box that does not pass is
reported as not found. A strategy that is best at fewer than 5%, or more than 95%, of the points searched is not searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.discovery.gains import LEVEL, Gains, is_clear, is_number, share_of_points, winners
from analysis.discovery.prim import Bounds, Tally, choose_box, peel, tally, within, workbench_peel
from analysis.engines import Engine
from analysis.statistics import Estimate

RARE = 0.05  # of the points: below it, or above the rest, there is no region to look for
PERMUTATIONS = 199
_BATCH = 10  # permutations in a job
_DRAW = 20_101  # of the halves and the permutations

FOUND, NOT_FOUND, TOO_RARE, TOO_OFTEN = "found", "not_found", "too_rare", "too_often"


class Column(NamedTuple):
    """A column of numbers that a box can restrict: a factor, or whether a factor has one of its levels (0 or 1)."""

    factor: str
    level: str | None = None


class Limit(NamedTuple):
    """What a box asks of one factor.

    Attributes
    ----------
    factor : str
    low, high : float or None
        Bounds; None where open. Both None where `level` says it.
    level : str or None
        Of a factor that is no number: the level it has, or with `without` the one it has not.
    without : bool
    quasi_p : float
        Chance of as many wins in the box at the share of wins that the box would have without this restriction.
    """

    factor: str
    low: float | None
    high: float | None
    level: str | None
    without: bool
    quasi_p: float


@dataclass(frozen=True)
class Region:
    """Where one strategy does best on one park, or that no such region was found.

    Attributes
    ----------
    status : {"found", "not_found", "too_rare", "too_often"}
    limits
        What the box asks of factors, strongest first; empty where nothing was searched, or no restriction was left.
    searched, held_out : Tally
        Of the half in which the box was found, and of the other points with the other seeds.
    density : Estimate
        Held out: share of wins inside, with a 95% interval over points (Wilson).
    most : str
        Held out: the strategy that is best at most of the points inside; it may be another one, that of the region then
        being best more often there than elsewhere, and no more than that.
    clear, clear_wins : int
        Held-out points inside at which the best is clear on all seeds, and those at which it is this strategy.
    p : float
        Permutation p-value of the held-out score, over all strategies and parks together.
    inside : bool, (points,)
        Which of all points lie in the box.
    curve : DataFrame
        ``mass``, ``coverage``, ``density`` (searched) and ``coverage_held_out``, ``density_held_out`` of every box peeled.
    """

    park: str
    strategy: str
    status: str
    limits: tuple[Limit, ...]
    searched: Tally
    held_out: Tally
    density: Estimate
    most: str
    clear: int
    clear_wins: int
    p: float | None
    inside: np.ndarray
    curve: pd.DataFrame

    @property
    def leads(self) -> bool:
        """Whether the strategy is best at most of the held-out points inside, and not only at more than elsewhere."""
        return self.most == self.strategy

    def to_json(self) -> dict[str, Any]:
        """Return the region as plain values."""
        return {
            "park": self.park, "strategy": self.strategy, "status": self.status, "p": self.p,
            "limits": [limit._asdict() for limit in self.limits], "searched": self.searched.to_json(),
            "held_out": self.held_out.to_json(), "density_held_out": self.density.to_json(), "most": self.most,
            "clear": self.clear, "clear_wins": self.clear_wins,
        }  # fmt: skip


# --- halves and columns ------------------------------------------------------------------------------------------------


class Halves(NamedTuple):
    """The points and seeds of a park, halved, as a search needs them.

    Attributes
    ----------
    x : float64, (points, columns)
    columns
        What they are.
    search : bool, (points,)
        Which points are searched; the others are held out.
    first, second : int, (points,)
        Winner at every point on one half of the seeds, and on the other.
    """

    x: np.ndarray
    columns: tuple[Column, ...]
    search: np.ndarray
    first: np.ndarray
    second: np.ndarray


def halve(gains: Gains) -> Halves:
    """Return the halves of a park's points (drawn, always the same) and seeds (every other one)."""
    columns, x = columns_of(gains.factors)
    search = np.zeros(gains.points, bool)
    search[np.random.default_rng(_DRAW).permutation(gains.points)[: gains.points // 2]] = True
    return Halves(x, columns, search, winners(gains.values[:, :, ::2]), winners(gains.values[:, :, 1::2]))


def columns_of(factors: pd.DataFrame) -> tuple[tuple[Column, ...], np.ndarray]:
    """Return factors as columns of numbers: one per number, and one of zeros and ones per level of anything else."""
    columns: list[Column] = []
    values: list[np.ndarray] = []
    for name in map(str, factors.columns):
        if is_number(factors[name]):
            columns.append(Column(name))
            values.append(factors[name].to_numpy(float))
            continue
        text = factors[name].astype(str)
        for level in sorted(text.unique()):
            columns.append(Column(name, level))
            values.append((text == level).to_numpy(float))
    return tuple(columns), np.column_stack(values)


# --- held out, and against chance --------------------------------------------------------------------------------------


def _is_searched(halves: Halves, strategy: int) -> str | None:
    """Return why a strategy is not searched for; None if it is."""
    share = (halves.first[halves.search] == strategy).mean()
    return TOO_RARE if share < RARE else TOO_OFTEN if share > 1.0 - RARE else None


def _score(halves: Halves, strategy: int) -> float:
    """Return the held-out score of the box that a search finds for a strategy; 0 where it finds none."""
    x, y = halves.x[halves.search], halves.first[halves.search] == strategy
    box, limits = choose_box(x, y, peel(x, y))
    if not limits:
        return 0.0
    return tally(within(halves.x[~halves.search], box), halves.second[~halves.search] == strategy).score


@dataclass(frozen=True)
class Shuffles:
    """A job: searches after the outcomes of points were dealt anew, some permutations of every park and strategy."""

    parks: tuple[tuple[Halves, tuple[int, ...]], ...]
    numbers: tuple[int, ...]

    def split(self) -> list[Shuffles]:
        """Return the job as jobs of one permutation each."""
        return [Shuffles(self.parks, (number,)) for number in self.numbers]


def shuffled_scores(job: Shuffles) -> list[tuple[int, float]]:
    """Return the largest held-out score over all parks and strategies, per permutation."""
    found = []
    for number in job.numbers:
        random, largest = np.random.default_rng([_DRAW, number]), 0.0
        for halves, strategies in job.parks:
            deal = random.permutation(len(halves.x))
            dealt = halves._replace(first=halves.first[deal], second=halves.second[deal])
            largest = max([largest, *(_score(dealt, strategy) for strategy in strategies)])
        found.append((number, largest))
    return found


def find_regions(
    gains: Sequence[Gains], engine: Engine, permutations: int = PERMUTATIONS, progress: Callable[[int, int], None] | None = None
) -> list[Region]:
    """Return of every park and strategy the region in which it does best, or that none was found.

    Parameters
    ----------
    gains
        Of each park.
    engine
        Where the permutations are searched.
    permutations
        How many; the smallest p-value is one over one more.
    progress
        Called as ``progress(permutations done, permutations to do)``.
    """
    halved = [halve(park) for park in gains]
    searched = tuple(
        (halves, tuple(k for k in range(len(park.strategies)) if _is_searched(halves, k) is None))
        for park, halves in zip(gains, halved, strict=True)
    )
    largest = _by_chance(searched, engine, permutations, progress)
    return [_region(park, halves, strategy, largest)
            for park, halves in zip(gains, halved, strict=True) for strategy in range(len(park.strategies))]  # fmt: skip


def _by_chance(
    searched: tuple[tuple[Halves, tuple[int, ...]], ...], engine: Engine, permutations: int,
    progress: Callable[[int, int], None] | None,
) -> np.ndarray:
    """Return the largest score of every permutation: float64, (permutations,)."""

    def jobs() -> Iterator[Shuffles]:
        for first in range(0, permutations, _BATCH):
            yield Shuffles(searched, tuple(range(first, min(first + _BATCH, permutations))))

    largest, done = np.zeros(permutations), 0
    with engine:
        for finished in engine.carry_out(shuffled_scores, jobs()):
            if finished.result is None:
                raise RuntimeError(f"permutation {finished.job.numbers[0]}: the worker died: {finished.lost}")
            for number, score in finished.result:
                largest[number] = score
            done += len(finished.job.numbers)
            if progress is not None:
                progress(done, permutations)
    return largest


def _region(gains: Gains, halves: Halves, strategy: int, largest: np.ndarray) -> Region:
    search, name = halves.search, gains.strategies[strategy]
    x, y, wins = halves.x[search], halves.first[search] == strategy, halves.second[~search] == strategy
    status = _is_searched(halves, strategy)
    boxes = workbench_peel(x, y) if status is None else []
    everywhere = np.ones(gains.points, bool)
    if not boxes:
        whole = (tally(everywhere[search], y), tally(everywhere[~search], wins))
        return Region(gains.park, name, status or NOT_FOUND, (), *whole, share_of_points(whole[1].wins, whole[1].inside),
                      _most(halves, everywhere, gains.strategies), 0, 0, None, everywhere,
                      _curve(halves, [], y, wins))  # fmt: skip
    box, values = choose_box(x, y, boxes)
    inside = within(halves.x, box)
    held_out = tally(inside[~search], wins)
    score = held_out.score if values else 0.0
    p = float((1 + (largest >= score).sum()) / (1 + largest.size))
    clear = is_clear(gains.values) & inside & ~search
    return Region(
        gains.park, name, FOUND if p <= LEVEL else NOT_FOUND,
        tuple(_limit(halves.columns[column], box[0][column], box[1][column], value) for column, value in values.items()),
        tally(inside[search], y), held_out, share_of_points(held_out.wins, held_out.inside),
        _most(halves, inside, gains.strategies),
        int(clear.sum()), int((clear & (winners(gains.values) == strategy)).sum()), p, inside,
        _curve(halves, boxes, y, wins),
    )  # fmt: skip


def _most(halves: Halves, inside: np.ndarray, strategies: Sequence[str]) -> str:
    """Return the strategy that is best at most of the held-out points inside."""
    return strategies[int((halves.second[inside & ~halves.search][:, None] == np.arange(len(strategies))).sum(axis=0).argmax())]


def _limit(column: Column, low: float, high: float, value: float) -> Limit:
    if column.level is not None:
        return Limit(column.factor, None, None, column.level, bool(np.isfinite(high)), value)
    bottom, top = (float(end) if np.isfinite(end) else None for end in (low, high))
    return Limit(column.factor, bottom, top, None, False, value)


def _curve(halves: Halves, boxes: Sequence[Bounds], y: np.ndarray, wins: np.ndarray) -> pd.DataFrame:
    rows = []
    for low, high in boxes:
        opened = (np.where(low == boxes[0][0], -np.inf, low), np.where(high == boxes[0][1], np.inf, high))
        one, other = tally(within(halves.x[halves.search], opened), y), tally(within(halves.x[~halves.search], opened), wins)
        rows.append((one.mass, one.coverage, one.density, other.coverage, other.density))
    return pd.DataFrame(rows, columns=["mass", "coverage", "density", "coverage_held_out", "density_held_out"])
