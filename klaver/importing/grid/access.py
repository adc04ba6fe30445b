"""Roads that hang together on the grid, exits, and a way from every parcel to a road that reaches one."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import shapely
from scipy.ndimage import distance_transform_cdt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from klaver.importing.findings import Findings
from klaver.importing.grid.cells import cover, pieces
from klaver.importing.grid.settling import BEYOND, ON_ROAD, ON_WATER, Draft, held_as
from sim.records import OUTSIDE

NEEDED = 0.1
"""Of a cell: where a road covers so much, the grid has a road there or in a cell beside it."""
LONGEST_WAY, LONGEST_WAY_M = 5, 75.0
"""Cells, and metres, of road added at most to give a parcel access."""
TOUCHING = 1.0
"""m from a road: a parcel so near lies on it, even where the cells between are another's; they may become road then."""


def join_roads(draft: Draft, roads: np.ndarray) -> tuple[int, int]:
    """Make every road that hangs together on the map do so on the grid, over cells that it touches.

    Parameters
    ----------
    draft
        Gets the cells of road that are missing: where a road is narrower than a cell, no cell is road for the most part.
    roads : object, (n,)
        Polygons.

    Returns
    -------
    added, taken : int
        Cells that became road; of those, cells that a parcel held.
    """
    covered = cover(roads, draft.lattice)
    inner = np.array(draft.holder)[covered.cell] != BEYOND
    cells, road, share = covered.cell[inner], covered.shape[inner], covered.share[inner]
    order = np.lexsort((cells, road))
    cells, road, share = cells[order], road[order], share[order]
    added = taken = 0
    for start, stop in zip(*(np.searchsorted(road, np.unique(road), side) for side in ("left", "right")), strict=True):
        if share[start:stop].sum() < 1.0:
            continue
        for cell in _missing(draft, cells[start:stop], share[start:stop]):
            taken += draft.holder[cell] >= 0
            added += 1
            draft.give(cell, ON_ROAD)
    return added, taken


def _missing(draft: Draft, cells: np.ndarray, share: np.ndarray) -> list[int]:
    """Return the cells that one road lacks to be whole, and to come within a cell of everywhere where it is."""
    holder = np.array([draft.holder[cell] for cell in cells.tolist()])
    scarce = np.array([held >= 0 and len(draft.cells[held]) <= 2 for held in holder.tolist()])
    is_road = holder == ON_ROAD
    cost = np.where(is_road, 1e-3, 2.0 - share + 0.5 * (holder >= 0) + 3.0 * scarce)
    one, other = _sides(cells, draft.lattice.columns)
    before = is_road.copy()
    if not is_road.any():
        is_road[np.argmax(np.round(share, 6))] = True
    size = len(cells)
    ways = coo_array((np.concatenate([cost[other], cost[one]]), (np.concatenate([one, other]), np.concatenate([other, one]))),
                     shape=(size, size)).tocsr()  # fmt: skip
    for _ in range(200):
        net = _largest(is_road, one, other)
        lacking = is_road & ~net | (share >= NEEDED) & ~_within_a_cell(cells, net, draft.lattice.columns)
        if not lacking.any():
            break
        distance, before_it, _ = dijkstra(ways, indices=np.flatnonzero(net), return_predecessors=True, min_only=True)
        lacking &= np.isfinite(distance)
        if not lacking.any():
            break
        group = _groups(lacking, one, other)
        for number in np.unique(group[lacking]):
            members = np.flatnonzero(lacking & (group == number))
            at = members[np.argmax(np.round(distance[members], 6))]
            while at >= 0 and not net[at]:
                is_road[at] = True
                at = before_it[at]
    return [int(cell) for cell in cells[is_road & ~before]]


def _sides(cells: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of positions in ``cells`` (sorted) that lie side by side."""
    found = []
    for step in (1, width):
        at = np.searchsorted(cells, cells + step)
        there = (at < len(cells)) & (cells[np.minimum(at, len(cells) - 1)] == cells + step)
        found.append((np.flatnonzero(there), at[there]))
    return np.concatenate([found[0][0], found[1][0]]), np.concatenate([found[0][1], found[1][1]])


def _groups(chosen: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    keep = chosen[one] & chosen[other]
    graph = coo_array((np.ones(int(keep.sum()), np.int8), (one[keep], other[keep])), shape=(len(chosen), len(chosen)))
    return np.asarray(connected_components(graph, directed=False)[1])


def _largest(chosen: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the largest group among chosen cells."""
    group = _groups(chosen, one, other)
    return chosen & (group == np.argmax(np.bincount(group[chosen])))


def _within_a_cell(cells: np.ndarray, net: np.ndarray, width: int) -> np.ndarray:
    """Return which cells are in the net or touch it by a side or corner."""
    around = np.concatenate([cells[net] + down + right for down in (-width, 0, width) for right in (-1, 0, 1)])
    return np.isin(cells, around)


# --- exits -----------------------------------------------------------------------------------------------------------


def place_exits(draft: Draft, stated: np.ndarray | None, ways_out: list[Any], findings: Findings) -> tuple[list[int], bool]:
    """Return the road cells where the park meets the outside, and whether they were inferred.

    Parameters
    ----------
    draft
        With its roads.
    stated : object, (n,), or None
        Points that the files call exits.
    ways_out
        Points where roads leave the park.
    findings
        Gets what was assumed, and exits that lie by no road.
    """
    roads = np.flatnonzero(np.array(draft.holder) == ON_ROAD)
    if not len(roads):
        return [], True
    tree = cKDTree(draft.lattice.centres(roads))
    side = draft.lattice.cell_m
    found: list[int] = []
    for point in () if stated is None else stated:
        distance, at = tree.query((point.x, point.y))
        if distance <= max(3 * side, 30.0):
            found.append(int(roads[at]))
        else:
            findings.add("left_out", "gridding.exit_without_road", where=(point.x, point.y), distance=round(float(distance)))
    if found:
        return list(dict.fromkeys(found)), False
    for point in ways_out:
        distance, at = tree.query((point.x, point.y))
        if distance <= 2.5 * side:
            found.append(int(roads[at]))
    found = list(dict.fromkeys(found))
    key = "gridding.exits_at_edge" if found else "gridding.exit_nearest"
    found = found or [_outermost(draft, roads)]
    findings.add("assumed", key, where=draft.lattice.place(found[0]), n=len(found))
    return found, True


def _outermost(draft: Draft, roads: np.ndarray) -> int:
    """Return the road cell nearest to the outside."""
    return int(roads[np.argmin(_depth(draft)[roads])])


def _depth(draft: Draft) -> np.ndarray:
    """Return how many cells each lies from the outside."""
    grid = draft.grid()
    inside = (grid != BEYOND) & (grid != held_as(OUTSIDE))
    return np.asarray(distance_transform_cdt(inside, metric="taxicab")).ravel()


# --- access ----------------------------------------------------------------------------------------------------------


class Access:
    """Which roads reach an exit, and which parcels a road.

    Parameters
    ----------
    draft
        Gets the ways that are made.
    exits
        Road cells.
    names, shapes
        Of the parcels.
    roads
        Polygon of all roads.
    findings
        Gets what is made.
    """

    def __init__(
        self, draft: Draft, exits: list[int], names: list[str], shapes: np.ndarray, roads: Any, findings: Findings
    ) -> None:
        self.draft, self.exits, self.names, self.shapes, self.roads = draft, exits, names, shapes, roads
        self.findings = findings
        self.reached: set[int] = set()
        for cell in exits:
            self._spread(cell)

    def has(self, parcel: int) -> bool:
        """Return whether a parcel has a side on a road that reaches an exit."""
        return any(other in self.reached for cell in self.draft.cells[parcel] for other in self.draft.beside(cell))

    def give(self, enclaves: set[int], *, exits_too: bool) -> set[int]:
        """Give access where it can be; return the parcels that have none, those that may included.

        Parameters
        ----------
        enclaves
            Parcels that may lie without a road: nothing is made for them.
        exits_too
            Whether a road that hangs together with no exit gets one of its own, wherever it lies.
        """
        wanting = [parcel for parcel in range(len(self.names)) if self.draft.cells[parcel] and parcel not in enclaves]
        wanting = [parcel for parcel in wanting if not self.has(parcel)]
        self._open_roads_apart(wanting, exits_too)
        for _ in range(2):  # a way made for one may serve the next
            wanting = [parcel for parcel in wanting if not self.has(parcel) and not self._make_way(parcel)]
        return enclaves | {parcel for parcel in wanting if not self.has(parcel)}

    def _spread(self, start: int) -> None:
        """Mark all road that hangs together with a cell as reached."""
        stack = [start]
        while stack:
            cell = stack.pop()
            if cell not in self.reached and self.draft.holder[cell] == ON_ROAD:
                self.reached.add(cell)
                stack += self.draft.beside(cell)

    def _open_roads_apart(self, wanting: list[int], exits_too: bool) -> None:
        """Give an exit to roads that parcels lie on and that no exit reaches: where they come nearest to the outside."""
        grid = self.draft.grid()
        label = pieces(np.where(grid == ON_ROAD, 0, -1)).ravel()
        depth = _depth(self.draft)
        beside = {int(label[other]): other for parcel in wanting for cell in sorted(self.draft.cells[parcel])
                  for other in self.draft.beside(cell) if label[other] >= 0}  # fmt: skip
        for number, cell in sorted(beside.items()):
            members = np.flatnonzero(label == number)
            if cell in self.reached or len(members) < 2:
                continue
            outermost = int(members[np.argmin(depth[members])]) if exits_too else self._open_end(members.tolist())
            if outermost is not None:
                self.exits.append(outermost)
                self._spread(outermost)
                self.findings.add("assumed", "gridding.exit_added", where=self.draft.lattice.place(outermost),
                                  length=round(len(members) * self.draft.lattice.cell_m))  # fmt: skip

    def _open_end(self, road: list[int]) -> int | None:
        """Return the cell of a road from which it is ``LONGEST_WAY_M`` at most to the outside over nobody's parcel; or None."""
        steps = int(LONGEST_WAY_M / self.draft.lattice.cell_m) + 1
        front, seen = [(cell, cell) for cell in road], set(road)
        for _ in range(steps):
            following = []
            for start, cell in front:
                for other in self.draft.beside(cell):
                    holder = self.draft.holder[other]
                    if holder in (BEYOND, held_as(OUTSIDE)):
                        return start
                    if other not in seen and holder < 0 and holder != ON_WATER:
                        seen.add(other)
                        following.append((start, other))
            front = following
        return None

    def _make_way(self, parcel: int) -> bool:
        """Make the cheapest way of at most ``LONGEST_WAY`` cells from a parcel to a road; return whether there is one."""
        longest = min(LONGEST_WAY, int(LONGEST_WAY_M / self.draft.lattice.cell_m))
        near = shapely.distance(self.shapes[parcel], self.roads) <= TOUCHING
        own = sorted(self.draft.cells[parcel])
        queue: list[tuple[float, tuple[int, ...], int]] = [(0.0, (), cell) for cell in own]
        seen: set[int] = set()
        while queue:
            cost, way, cell = heapq.heappop(queue)
            if cell in seen:
                continue
            seen.add(cell)
            beside = self.draft.beside(cell)
            if way and any(other in self.reached for other in beside):
                if self._lay(parcel, way):
                    return True
                continue
            if len(way) >= longest:
                continue
            for other in beside:
                step = self._step(parcel, other, near and len(way) < 2)
                if step is not None and other not in seen:
                    heapq.heappush(queue, (cost + step, (*way, other), other))
        return False

    def _step(self, parcel: int, cell: int, near: bool) -> float | None:
        """Return what it costs to make road of a cell; None where that cannot be."""
        holder = self.draft.holder[cell]
        if holder in (BEYOND, ON_WATER) or holder == parcel:
            return None
        if holder < 0:
            return 0.01 if holder == ON_ROAD else 1.0
        if not self.draft.can_spare(cell):
            return None
        return 1.5 if cell in self.draft.shares[parcel] else 2.0 if near else None

    def _lay(self, parcel: int, way: tuple[int, ...]) -> bool:
        """Make road of some cells; return whether their holders could spare all of them together, else nothing changes."""
        held = [self.draft.holder[cell] for cell in way]
        for at, cell in enumerate(way):
            if held[at] >= 0 and not self.draft.can_spare(cell):
                for before, holder in zip(way[:at], held, strict=False):
                    self.draft.give(before, holder)
                return False
            self.draft.give(cell, ON_ROAD)
        self._spread(way[-1])
        side, taken = self.draft.lattice.cell_m, sum(holder >= 0 for holder in held)
        self.findings.add("mended", "gridding.way_taken" if taken else "gridding.way_made",
                          where=self.draft.lattice.place(way[0]), what=self.names[parcel], parcel=self.names[parcel],
                          length=round(len(way) * side), area=round(taken * side**2))  # fmt: skip
        return True
