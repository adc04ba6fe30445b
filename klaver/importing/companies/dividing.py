"""A connected set of cells divided into connected pieces of wanted sizes, each at the road where that can be.

Several ways of cutting are tried: strips along rows and columns, in both directions, as units of a building lie side by
side; strips inward from the road; and pieces that grow from cells at the road. Each is mended (stray bits go to a
neighbour), then cells on the borders move from pieces that are too large to pieces that are too small, and the best one is
taken: first no piece too small, then as many as can be at the road, then sizes near to what was wanted and short borders.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np

_TRIES = 6  # sets of starting cells that pieces grow from
_PASSES = 40  # rounds of moving cells across borders
_BORDER = 0.15  # weight of a cell's side between two pieces against a cell too many or too few


def divide(cells: np.ndarray, front: np.ndarray, weights: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide cells among sharers.

    Parameters
    ----------
    cells
        (n, 2) int: row and column; they hang together by their sides.
    front
        (n,) bool: the cell has a side on a road.
    weights
        (k,) float: share that each sharer should get, positive, any sum.
    least
        Cells that every piece has at least.

    Returns
    -------
    piece_of : int array (n,)
        Piece of every cell, from 0; piece i is that of sharer i. Where no division into k pieces was found there are fewer:
        the last sharers have none.
    has_front : bool array (pieces,)
        Whether the piece has a side on a road.
    """
    land = _Land(cells, front)
    most = max(1, min(len(weights), len(cells) // least))
    for count in range(most, 1, -1):
        wanted = wanted_sizes(len(cells), weights[:count], least)
        best = min((land.settle(start, wanted, least) for start in land.starts(wanted)), key=lambda found: found[0])
        if best[0][0] == 0:
            return best[1], np.array([front[best[1] == k].any() for k in range(count)])
    return np.zeros(len(cells), int), np.array([front.any()])


def wanted_sizes(n: int, weights: np.ndarray, least: int) -> np.ndarray:
    """Return whole numbers of cells near to the weights, each at least ``least``, that sum to ``n``.

    >>> wanted_sizes(10, np.array([0.7, 0.2, 0.1]), 2).tolist()
    [6, 2, 2]
    """
    free = n - least * len(weights)
    exact = np.maximum(weights / weights.sum() * n - least, 0.0)
    exact = exact * (free / exact.sum()) if exact.sum() > 0.0 else np.full(len(weights), free / len(weights))
    sizes = np.floor(exact).astype(int)
    rest = np.argsort(-(exact - sizes), kind="stable")[: free - int(sizes.sum())]
    sizes[rest] += 1
    return sizes + least


class _Land:
    """The cells of one parcel, with who lies next to whom."""

    def __init__(self, cells: np.ndarray, front: np.ndarray) -> None:
        self.cells, self.front, self.n = cells, front, len(cells)
        at = {(int(row), int(column)): i for i, (row, column) in enumerate(cells)}
        steps = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
        self.ring = [[at.get((int(row) + down, int(column) + across), -1) for down, across in steps] for row, column in cells]
        self.beside = [[other for other in ring[::2] if other >= 0] for ring in self.ring]

    def starts(self, wanted: np.ndarray) -> Iterable[np.ndarray]:
        """Yield first divisions: not all are in one piece each."""
        for axis in (0, 1):
            for order in (self._snake(axis, 1), self._snake(axis, -1)):
                piece_of = np.empty(self.n, int)
                piece_of[order] = np.repeat(np.arange(len(wanted)), wanted)
                yield piece_of
        fronts = np.flatnonzero(self.front)
        if len(fronts) >= len(wanted):
            yield self._along_front(fronts, wanted)
        for attempt in range(_TRIES):
            seeds = self._seeds(len(wanted), attempt)
            if seeds is not None:
                yield self._grow(seeds, wanted)

    def _snake(self, axis: int, way: int) -> np.ndarray:
        """Return the cells row by row (or column by column), every other line backwards, so that the path hangs together."""
        line, along = self.cells[:, axis], self.cells[:, 1 - axis]
        back = np.where((line - line.min()) % 2 == 0, way, -way)
        return np.lexsort((along * back, line))

    def _along_front(self, fronts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return strips from the road inward: every cell goes with the cell at the road that it lies nearest to over land."""
        behind = np.full(self.n, -1)
        behind[fronts] = fronts
        queue = list(fronts)
        for cell in queue:
            for other in self.beside[cell]:
                if behind[other] < 0:
                    behind[other] = behind[cell]
                    queue.append(other)
        order = self._around(fronts)
        depth = np.bincount(behind, minlength=self.n)[order].cumsum()
        ends = np.searchsorted(depth, wanted.cumsum(), side="right")
        for k in range(len(wanted)):  # at least one cell at the road for each, and enough left for those to come
            first = ends[k - 1] + 1 if k else 1
            ends[k] = min(max(ends[k], first), len(order) - (len(wanted) - 1 - k))
        ends[-1] = len(order)
        piece = np.empty(self.n, int)
        piece[order] = np.repeat(np.arange(len(wanted)), np.diff(ends, prepend=0))
        return piece[behind]

    def _around(self, fronts: np.ndarray) -> np.ndarray:
        """Return cells in the order in which they lie around the middle of the land, beginning after the widest gap."""
        seen = self.cells[fronts] - self.cells.mean(axis=0)
        angle = np.arctan2(seen[:, 0], seen[:, 1])
        order = np.argsort(angle, kind="stable")
        gaps = np.diff(angle[order], append=angle[order[0]] + 2.0 * np.pi)
        return fronts[np.roll(order, -int(gaps.argmax()) - 1)]

    def _seeds(self, count: int, attempt: int) -> np.ndarray | None:
        """Return cells to grow from, far apart: at the road where there are enough of those, else anywhere."""
        among = np.flatnonzero(self.front)
        if len(among) < count or attempt >= _TRIES - 2:
            among = np.arange(self.n)
        if len(among) < count:
            return None
        spot = self.cells[among].astype(float)
        chosen = [(attempt * len(among)) // _TRIES]
        away = np.abs(spot - spot[chosen[0]]).sum(axis=1)
        while len(chosen) < count:
            chosen.append(int(away.argmax()))
            away = np.minimum(away, np.abs(spot - spot[chosen[-1]]).sum(axis=1))
        return among[chosen]

    def _grow(self, seeds: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Let pieces grow, the one that lacks most first, by the cell nearest to where it began."""
        piece_of = np.full(self.n, -1)
        piece_of[seeds] = np.arange(len(seeds))
        size = np.ones(len(seeds))
        rims: list[list[tuple[float, int]]] = [[] for _ in seeds]
        start = self.cells[seeds].astype(float)

        def reach(piece: int, cell: int) -> None:
            for other in self.beside[cell]:
                if piece_of[other] < 0:
                    heapq.heappush(rims[piece], (float(((self.cells[other] - start[piece]) ** 2).sum()), other))

        for piece, cell in enumerate(seeds):
            reach(piece, int(cell))
        turns = [(1.0 / wanted[piece], piece) for piece in range(len(seeds))]
        heapq.heapify(turns)
        while turns:
            _, piece = heapq.heappop(turns)
            while rims[piece] and piece_of[rims[piece][0][1]] >= 0:
                heapq.heappop(rims[piece])
            if not rims[piece]:
                continue
            cell = heapq.heappop(rims[piece])[1]
            piece_of[cell], size[piece] = piece, size[piece] + 1
            reach(piece, cell)
            heapq.heappush(turns, (size[piece] / wanted[piece], piece))
        return piece_of

    def settle(
        self, piece_of: np.ndarray, wanted: np.ndarray, least: int
    ) -> tuple[tuple[int, int, float], np.ndarray]:
        """Mend and balance a division; return what is wrong with it (less is better) and the division."""
        self._join_strays(piece_of, len(wanted))
        self._balance(piece_of, wanted, least)
        size = np.bincount(piece_of, minlength=len(wanted))
        fronts = np.bincount(piece_of, self.front, len(wanted))
        cut = sum(piece_of[i] != piece_of[j] for i in range(self.n) for j in self.beside[i] if j > i)
        wrong = (int((size < least).sum()), int((fronts == 0).sum()), float(np.abs(size - wanted).sum() + _BORDER * cut))
        return wrong, piece_of

    def _join_strays(self, piece_of: np.ndarray, count: int) -> None:
        """Keep the largest part of every piece; the others go to a piece that they lie next to."""
        parts = self._parts(piece_of)
        keep: dict[int, list[int]] = {}
        for part in parts:
            piece = int(piece_of[part[0]])
            if len(part) > len(keep.get(piece, ())):
                keep[piece] = part
        settled = {cell for part in keep.values() for cell in part}
        strays = [cell for part in parts for cell in part if cell not in settled]
        size = np.bincount(piece_of[list(settled)], minlength=count)
        while strays:
            for cell in list(strays):
                around = [int(piece_of[other]) for other in self.beside[cell] if other in settled]
                if around:
                    piece = min(around, key=lambda piece: size[piece])
                    piece_of[cell], size[piece] = piece, size[piece] + 1
                    settled.add(cell)
                    strays.remove(cell)

    def _parts(self, piece_of: np.ndarray) -> list[list[int]]:
        """Return the cells of every connected part of every piece."""
        seen, parts = np.zeros(self.n, bool), []
        for first in range(self.n):
            if seen[first]:
                continue
            part, seen[first] = [first], True
            for cell in part:
                for other in self.beside[cell]:
                    if not seen[other] and piece_of[other] == piece_of[cell]:
                        seen[other] = True
                        part.append(other)
            parts.append(part)
        return parts

    def _balance(self, piece_of: np.ndarray, wanted: np.ndarray, least: int) -> None:
        """Move cells on borders to the piece that lacks more, as long as the squared differences fall."""
        over = np.bincount(piece_of, minlength=len(wanted)) - wanted
        fronts = np.bincount(piece_of, self.front, len(wanted))
        for _ in range(_PASSES):
            moved = False
            for cell in range(self.n):
                mine = piece_of[cell]
                other = min((piece_of[i] for i in self.beside[cell]), key=lambda piece: over[piece], default=mine)
                last = (self.front[cell] and fronts[mine] == 1) or over[mine] + wanted[mine] <= least
                if over[mine] - over[other] <= 1 or last or not self._can_go(piece_of, cell):
                    continue
                piece_of[cell] = other
                over[mine], over[other], moved = over[mine] - 1, over[other] + 1, True
                fronts[mine], fronts[other] = fronts[mine] - self.front[cell], fronts[other] + self.front[cell]
            if not moved:
                return

    def _can_go(self, piece_of: np.ndarray, cell: int) -> bool:
        """Return whether the rest of a cell's piece certainly hangs together without it: by what lies around it."""
        mine = [other >= 0 and piece_of[other] == piece_of[cell] for other in self.ring[cell]]
        sides = sum(mine[::2])
        # Sides that a corner in between joins are one group; the cell may go when all its sides are in one group.
        joined = sum(mine[k] and mine[k + 1] and mine[(k + 2) % 8] for k in (0, 2, 4, 6))
        return sides > 0 and (sides - joined <= 1)
