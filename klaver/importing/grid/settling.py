"""Who holds which cell: to whoever covers most of it, and then moved along borders until areas are right and parcels whole.

A cell only ever goes to a parcel that covers at least ``LEAST_SHARE`` of it (less only to keep a parcel whole, or to give a
very small one its cell), so parcels never touch on the grid that do not nearly touch on the map.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from klaver.importing.grid.cells import Cover, Lattice, pieces
from sim.records import GREEN, OUTSIDE, ROAD, WATER

LEAST_SHARE = 0.25
"""Of a cell: who covers less does not get it to make up for area."""
BEYOND = -9
"""Holder of the cells in the ring around the map."""
LONGEST_BRIDGE = 3
"""Cells taken at most to bring a piece of a parcel back to the rest."""
SWEEPS = 12


def held_as(kind: int) -> int:
    """Return the number that stands for ground of a kind among holders; parcels are 0 and up."""
    return -1 - kind


ON_ROAD, ON_WATER = held_as(ROAD), held_as(WATER)


@dataclass
class Draft:
    """A map being made. Positions of cells are those of a lattice with a ring around, so every cell has four neighbours.

    Attributes
    ----------
    lattice
        With the ring.
    holder
        Of each cell: position of a parcel, or ``held_as(kind)``, or ``BEYOND``.
    shares
        Of each parcel: cell to the share of it that the parcel covers.
    claims
        Of each cell: the parcels that cover some of it.
    open_share, road_share : float64, (cells,)
        Of each cell: what no parcel covers; what roads cover.
    ground : int8, (cells,)
        What a cell is if neither a parcel nor a road holds it (``records.OUTSIDE``, ``GREEN`` or ``WATER``).
    target : float64, (parcels,)
        Cells that each parcel should have.
    cells
        Of each parcel: those that it holds.
    """

    lattice: Lattice
    holder: list[int]
    shares: list[dict[int, float]]
    claims: dict[int, list[int]]
    open_share: np.ndarray
    road_share: np.ndarray
    ground: np.ndarray
    target: np.ndarray
    cells: list[set[int]] = field(default_factory=list)

    def beside(self, cell: int) -> tuple[int, int, int, int]:
        """Return the four neighbours of a cell within the ring."""
        width = self.lattice.columns
        return cell - width, cell + 1, cell + width, cell - 1

    def give(self, cell: int, to: int) -> None:
        """Give a cell to a parcel or to a kind of ground."""
        before = self.holder[cell]
        if before >= 0:
            self.cells[before].discard(cell)
        if to >= 0:
            self.cells[to].add(cell)
        self.holder[cell] = to

    def release(self, cell: int) -> None:
        """Give a cell to what it is without parcels: road where that goes on beside it, else other ground."""
        road = self.road_share[cell] >= LEAST_SHARE and any(self.holder[other] == ON_ROAD for other in self.beside(cell))
        self.give(cell, ON_ROAD if road else held_as(int(self.ground[cell])))

    def need(self, parcel: int) -> float:
        """Return how many cells a parcel is short of (negative: has too many)."""
        return float(self.target[parcel]) - len(self.cells[parcel])

    def can_spare(self, cell: int) -> bool:
        """Return whether its holder stays in one piece, as far as the cells around tell, and keeps a cell."""
        holder, width = self.holder[cell], self.lattice.columns
        steps = (-width, -width + 1, 1, width + 1, width, width - 1, -1, -width - 1)
        own = [self.holder[cell + step] == holder for step in steps]
        sides = own[0] + own[2] + own[4] + own[6]
        if sides == 0:
            return False
        if sides == 1:
            return True
        runs = sum(own[at] and own[at + 1] and own[(at + 2) % 8] for at in (0, 2, 4, 6))
        return sides - runs <= 1

    def spares_its_road(self, cell: int) -> bool:
        """Return whether its holder keeps a side on a road without this cell, if it has one."""
        if not any(self.holder[other] == ON_ROAD for other in self.beside(cell)):
            return True
        own = self.cells[self.holder[cell]]
        return any(self.holder[other] == ON_ROAD for at in own if at != cell for other in self.beside(at))

    def grid(self) -> np.ndarray:
        """Return the holders, ring included, (rows, columns)."""
        return np.array(self.holder, np.int64).reshape(self.lattice.rows, self.lattice.columns)


def first_draft(
    lattice: Lattice, parcels: Cover, grounds: dict[int, np.ndarray], within: np.ndarray, target: np.ndarray
) -> Draft:
    """Return the map on which each cell goes to what covers most of it.

    Parameters
    ----------
    lattice
        With its ring.
    parcels
        What parcels cover of it.
    grounds
        ``records.ROAD``, ``WATER``, ``GREEN``, ``OUTSIDE`` to the share of each cell that is such ground.
    within : bool, (cells,)
        Whether a cell lies within the park: what nobody covers is green there, and outside elsewhere.
    target : float64, (parcels,)
        Area of each parcel, in cells.
    """
    size = lattice.size
    covered = parcels.total(size)
    left, shares = 1.0 - covered, {}
    for kind in (ROAD, WATER, GREEN, OUTSIDE):
        shares[kind] = np.minimum(grounds[kind], left)
        left = left - shares[kind]
    shares[OUTSIDE] = shares[OUTSIDE] + np.where(within, 0.0, left)
    shares[GREEN] = shares[GREEN] + np.where(within, left, 0.0)
    kinds = np.array([ROAD, WATER, GREEN, OUTSIDE])
    table = np.stack([shares[kind] for kind in kinds])
    off_road = table[1:].copy()
    off_road[1:, :] += np.stack([np.where(within, 1e-6, 0.0), np.where(within, 0.0, 1e-6)])
    holder = np.array([held_as(int(kind)) for kind in kinds])[np.argmax(table, axis=0)]
    order = np.lexsort((parcels.shape, -np.round(parcels.share, 9), parcels.cell))
    cell, first = np.unique(parcels.cell[order], return_index=True)
    best, share = parcels.shape[order][first], parcels.share[order][first]
    wins = share >= np.round(np.max(table, axis=0)[cell], 9) - 1e-9
    holder[cell[wins]] = best[wins]
    ring = np.ones((lattice.rows, lattice.columns), bool)
    ring[1:-1, 1:-1] = False
    holder[ring.ravel()] = BEYOND
    draft = Draft(lattice, holder.tolist(), [{} for _ in target], defaultdict(list), 1.0 - covered, shares[ROAD],
                  kinds[1:][np.argmax(off_road, axis=0)].astype(np.int8), target, [set() for _ in target])  # fmt: skip
    inner = ~ring.ravel()[parcels.cell]
    for at, parcel, part in zip(parcels.cell[inner].tolist(), parcels.shape[inner].tolist(), parcels.share[inner].tolist(),
                                strict=True):  # fmt: skip
        draft.shares[parcel][at] = part
        draft.claims[at].append(parcel)
    for at in np.flatnonzero(holder >= 0).tolist():
        draft.cells[holder[at]].add(at)
    return draft


def seat_the_small(draft: Draft) -> None:
    """Give every parcel without a cell its best one: taken from others if it fills half a cell, else only if it is free."""
    empty = [parcel for parcel in range(len(draft.target)) if not draft.cells[parcel]]
    for parcel in sorted(empty, key=lambda parcel: (-round(float(draft.target[parcel]), 6), parcel)):
        large = draft.target[parcel] >= 0.5
        for cell, share in sorted(draft.shares[parcel].items(), key=lambda item: (-round(item[1], 6), item[0])):
            holder = draft.holder[cell]
            free = holder < 0 and holder not in (ON_ROAD, BEYOND)
            if free or (large and share >= 0.1 and holder >= 0 and draft.can_spare(cell)):
                draft.give(cell, parcel)
                break


# --- areas -----------------------------------------------------------------------------------------------------------


def settle_areas(draft: Draft) -> None:
    """Move cells along borders from parcels that have too many to those that are short, while that brings them nearer.

    Every move makes the sum of squared differences smaller, so it ends; it keeps every parcel in one piece and on its road.
    """
    for _ in range(SWEEPS):
        order = sorted(range(len(draft.target)), key=lambda parcel: (-round(abs(draft.need(parcel)), 6), parcel))
        moved = sum(_settle(draft, parcel) for parcel in order if draft.cells[parcel])
        if not moved:
            return


def _settle(draft: Draft, parcel: int) -> int:
    """Bring one parcel as near to its area as its neighbours allow; return how many cells moved."""
    moved = 0
    while abs(draft.need(parcel)) > 0.5:
        moves = list(_gains(draft, parcel) if draft.need(parcel) > 0 else _losses(draft, parcel))
        if not moves:
            break
        _, minus, to = max(moves)  # of equal ones the cell that comes first
        cell = -minus
        if to >= 0:
            draft.give(cell, to)
        else:
            draft.release(cell)
        moved += 1
    return moved


def _gains(draft: Draft, parcel: int) -> Iterator[tuple[float, int, int]]:
    """Yield the cells that a parcel could take, with how good that is."""
    need = draft.need(parcel)
    for cell, share in draft.shares[parcel].items():
        holder = draft.holder[cell]
        if holder == parcel or holder in (BEYOND, ON_WATER) or share < LEAST_SHARE:
            continue
        if parcel not in (draft.holder[other] for other in draft.beside(cell)):
            continue
        if holder >= 0:
            gain = need - draft.need(holder)
            if gain > 1.0 and draft.can_spare(cell) and draft.spares_its_road(cell):
                yield round(gain + share, 6), -cell, parcel
        elif need > 0.5 and (holder != ON_ROAD or _road_can_go(draft, cell, parcel)):
            yield round(need + 0.5 + share, 6), -cell, parcel


def _losses(draft: Draft, parcel: int) -> Iterator[tuple[float, int, int]]:
    """Yield the cells that a parcel could let go, to whom, with how good that is."""
    need = draft.need(parcel)
    for cell in draft.cells[parcel]:
        share = draft.shares[parcel].get(cell, 0.0)
        if share > 1.0 - LEAST_SHARE + 1e-9 or not draft.can_spare(cell) or not draft.spares_its_road(cell):
            continue
        around = {draft.holder[other] for other in draft.beside(cell)}
        for other in draft.claims.get(cell, ()):
            if other != parcel and other in around and draft.shares[other][cell] >= LEAST_SHARE:
                gain = draft.need(other) - need
                if gain > 1.0:
                    yield round(gain - share, 6), -cell, other
        if need < -0.5 and draft.open_share[cell] >= LEAST_SHARE:
            yield round(0.5 - need - share, 6), -cell, -1


def _road_can_go(draft: Draft, cell: int, parcel: int) -> bool:
    """Return whether a road stays whole and its neighbours stay on it without a cell that it hardly covers half of."""
    beside = [draft.holder[other] for other in draft.beside(cell)]
    if any(holder >= 0 and holder != parcel for holder in beside) or beside.count(ON_ROAD) < 2:
        return False
    if not draft.can_spare(cell):
        return False
    own = draft.cells[parcel] | {cell}
    return any(draft.holder[other] == ON_ROAD for at in own for other in draft.beside(at) if other != cell)


# --- pieces ----------------------------------------------------------------------------------------------------------


def make_whole(draft: Draft) -> int:
    """Bring every parcel into one piece: by a short bridge over cells that it touches, else the smaller pieces go.

    Returns
    -------
    int
        Cells that changed hands.
    """
    changed = 0
    for attempt in range(8):
        broken = _broken(draft)
        for parcel, parts in broken:
            for part in parts[1:]:
                bridge = _bridge(draft, parcel, part) if attempt < 4 and len(part) > 1 else None
                if bridge is not None:
                    for cell in bridge:
                        if draft.holder[cell] < 0 or draft.can_spare(cell):  # a cell before may have been its neighbour
                            draft.give(cell, parcel)
                    changed += len(bridge)
                else:
                    changed += _let_go(draft, parcel, part, to_others=attempt < 6)
        if not broken:
            break
    return changed


def _broken(draft: Draft) -> list[tuple[int, list[list[int]]]]:
    """Return parcels that lie in several pieces, each with its pieces, the largest first."""
    label = pieces(draft.grid()).ravel()
    holder = np.array(draft.holder)
    held = np.flatnonzero(holder >= 0)
    pairs = np.unique(np.column_stack([holder[held], label[held]]), axis=0)
    several = np.flatnonzero(np.bincount(pairs[:, 0]) > 1) if len(pairs) else ()
    found = []
    for parcel in several:
        parts: dict[int, list[int]] = defaultdict(list)
        for cell in sorted(draft.cells[parcel]):
            parts[int(label[cell])].append(cell)
        found.append((int(parcel), sorted(parts.values(), key=lambda part: (-len(part), part[0]))))
    return found


def _bridge(draft: Draft, parcel: int, part: list[int]) -> list[int] | None:
    """Return the fewest cells that join a piece to the rest of its parcel, all touched by it and to be spared; or None."""
    start, rest = set(part), draft.cells[parcel]
    queue: deque[tuple[int, tuple[int, ...]]] = deque((cell, ()) for cell in part)
    seen = set(start)
    while queue:
        cell, path = queue.popleft()
        for other in draft.beside(cell):
            if other in seen:
                continue
            seen.add(other)
            if other in rest:
                return list(path) if path else None
            holder = draft.holder[other]
            spare = draft.can_spare(other) if holder >= 0 else holder not in (BEYOND, ON_ROAD)
            if len(path) < LONGEST_BRIDGE and other in draft.shares[parcel] and spare:
                queue.append((other, (*path, other)))
    return None


def _let_go(draft: Draft, parcel: int, part: list[int], *, to_others: bool) -> int:
    """Give the cells of a piece to who covers most of the rest and lies beside it, else to the ground."""
    for cell in part:
        around = {draft.holder[other] for other in draft.beside(cell)}
        takers = [other for other in draft.claims.get(cell, ()) if other != parcel and other in around] if to_others else []
        if takers:
            draft.give(cell, max(takers, key=lambda other: (round(draft.shares[other][cell], 6), -other)))
        else:
            draft.release(cell)
    return len(part)
