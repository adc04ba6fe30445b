"""Parcels change shape: split, merge, a building that comes or goes (mechanics G). Roads move in ``roads.py``.

Each rule either does all of its work or, when there is no legal way, changes nothing. Cells, euros and cents are
conserved: what one parcel loses another gains. Order of choice follows geometry and keys, never positions in a table,
so a mirrored park is cut in mirrored parts.

All rules use ``world.scratch`` and ``world.scratch_f`` as work space (see ``lattice.py``).
"""

from __future__ import annotations

import numpy as np

from sim.compiled import rule
from sim.draws import derived_key
from sim.park.lattice import (
    ROAD_WIDTH,
    describe_parcel,
    gather_cells,
    is_connected,
    mark_cell,
    neighbour,
    refresh_around_two,
    work_cells,
    work_floats,
)
from sim.records import NEVER, ROAD

FULL_PARCELS = 3  # number of the table in ``world.counts[0].full``
STORIES = 1.3  # m2 of floor per m2 of ground under a building
_STARTS = 8  # starting cells tried before a split is given up

_IN_REST, _IN_PART = 1, 2
_STEPS_ROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


@rule
def cell_distance(columns, a, b):
    """Return the distance between two cells as a king walks, with a straight line to tell equals apart (cells)."""
    down, across = abs(a // columns - b // columns), abs(a % columns - b % columns)
    return max(down, across) + 1e-4 * np.sqrt(np.float64(down * down + across * across))


@rule
def adjoins(world, cell, p):
    """Return whether ``cell`` lies next to land of parcel ``p``."""
    for side in range(4):
        other = neighbour(world.grid[0].rows, world.grid[0].columns, cell, side)
        if other >= 0 and world.cell_parcel[other] == p:
            return True
    return False


@rule
def count_fronts(world, cell):
    """Return the number of sides, 0 to 4, that ``cell`` has in common with a road."""
    fronts = 0
    for side in range(4):
        other = neighbour(world.grid[0].rows, world.grid[0].columns, cell, side)
        if other >= 0 and world.cell_kind[other] == ROAD:
            fronts += 1
    return fronts


# --- split -----------------------------------------------------------------------------------------------------------


@rule
def split_parcel(world, parcel, cells_wanted, toward, needs_road):
    """Cut a connected part off a parcel, as a new parcel of the same owner.

    The part starts at the cell nearest to the buyer's land and takes the nearest adjoining cell each time. It never
    takes a cell under a building, cuts the remainder in two, or takes the remainder's last frontage.

    Parameters
    ----------
    world : World
        Changed: cells, both parcels and the lists of those around, ``counts[0].parcels``.
    parcel : int
        Parcel to cut.
    cells_wanted : int
        Cells of the new parcel, 1 to one less than the parcel has.
    toward : int
        Parcel of the buyer, or -1: start at the frontage that lies farthest from the building.
    needs_road : bool
        The part must have frontage. If not, it must adjoin parcel `toward` (an enclave of the buyer's); with
        `toward` -1 frontage is always needed.

    Returns
    -------
    int
        The new parcel; -1 if there is no legal split, and then nothing has changed, or if the table is full, and then
        ``counts[0].full`` says so.
    """
    cells = work_cells(world, 0)
    n = gather_cells(world, parcel, cells)
    if not world.parcels[parcel].live or cells_wanted < 1 or cells_wanted >= n:
        return -1
    if world.counts[0].parcels >= world.parcels.size:
        world.counts[0].full = FULL_PARCELS
        return -1
    roadside = needs_road or toward < 0
    rank_starts(world, parcel, cells, n, toward, roadside)
    starts = work_cells(world, 1)
    for attempt in range(min(_STARTS, n)):
        if starts[attempt] < 0:
            break
        if grow_part(world, parcel, cells, n, cells_wanted, toward, starts[attempt]):
            return write_split(world, parcel, cells, n, cells_wanted)
    return -1


@rule
def rank_starts(world, parcel, cells, n, toward, roadside):
    """List in work space 1 up to eight cells a part may start from, the best first, -1 beyond the last.

    Also fills float work space 0 with the distance (cells) of each cell to the buyer's land, or 0 without buyer.
    """
    columns = world.grid[0].columns
    starts, away, score = work_cells(world, 1), work_floats(world, 0), work_floats(world, 1)
    for i in range(n):
        away[i] = 0.0
        if toward >= 0:
            away[i] = np.inf
            for cell in range(world.cell_parcel.size):
                if world.cell_parcel[cell] == toward:
                    away[i] = min(away[i], cell_distance(columns, cells[i], cell))
        score[i] = np.inf
        legal = not world.cell_built[cells[i]] and (not roadside or count_fronts(world, cells[i]) > 0)
        if legal and (roadside or adjoins(world, cells[i], toward)):
            score[i] = away[i] if toward >= 0 else -_away_from_building(world, parcel, cells, n, cells[i])
            score[i] += 1e-6 * mark_cell(world, parcel, cells[i])
    for attempt in range(min(_STARTS, n)):
        best = 0
        for i in range(1, n):
            if score[i] < score[best]:
                best = i
        starts[attempt] = cells[best] if score[best] < np.inf else -1
        score[best] = np.inf


@rule
def _away_from_building(world, parcel, cells, n, cell):
    """Return the distance (cells) to the nearest built cell; on vacant land to the farthest cell, so a corner wins."""
    columns = world.grid[0].columns
    nearest, farthest = np.inf, 0.0
    for i in range(n):
        d = cell_distance(columns, cell, cells[i])
        farthest = max(farthest, d)
        if world.cell_built[cells[i]]:
            nearest = min(nearest, d)
    return nearest if nearest < np.inf else farthest


@rule
def grow_part(world, parcel, cells, n, wanted, toward, start):
    """Mark in work space 2 which cells of the parcel (same order as ``cells``) form the part; return success.

    Work space 2 holds, per cell of the map, 1 for the remainder and 2 for the part, and 0 elsewhere.
    """
    columns = world.grid[0].columns
    state, away, order = work_cells(world, 2), work_floats(world, 0), work_floats(world, 2)
    fronts = 0
    for cell in range(world.cell_parcel.size):
        state[cell] = 0
    for i in range(n):
        state[cells[i]] = _IN_REST
        fronts += count_fronts(world, cells[i])
        order[i] = away[i] + 1e-3 * cell_distance(columns, cells[i], start)
        order[i] += 1e-9 * mark_cell(world, parcel, cells[i])
    keeps_front = fronts > 0
    size = 0
    while size < wanted:
        best = _best_addition(world, cells, n, order, start, size, fronts if keeps_front else 1000)
        if best < 0:
            return False
        state[cells[best]] = _IN_PART
        fronts -= count_fronts(world, cells[best])
        size += 1
    return True


@rule
def _best_addition(world, cells, n, order, start, size, fronts):
    """Return the position of the nearest cell that may join the part, or -1. ``fronts``: sides the remainder has."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    state, refused = work_cells(world, 2), work_cells(world, 3)
    for i in range(n):
        refused[i] = 0
    while True:
        best = -1
        for i in range(n):
            if refused[i] or state[cells[i]] != _IN_REST or world.cell_built[cells[i]]:
                continue
            if (size == 0 and cells[i] != start) or (best >= 0 and order[i] >= order[best]):
                continue
            if size == 0 or touches(rows, columns, state, cells[i], _IN_PART):
                best = i
        if best < 0:
            return -1
        if fronts > count_fronts(world, cells[best]) and _leaves_whole(world, cells, n, cells[best]):
            return best
        refused[best] = 1


@rule
def touches(rows, columns, state, cell, value):
    """Return whether a cell beside ``cell`` has ``value`` in ``state``."""
    for side in range(4):
        other = neighbour(rows, columns, cell, side)
        if other >= 0 and state[other] == value:
            return True
    return False


@rule
def _leaves_whole(world, cells, n, cell):
    """Return whether the remainder (1 in work space 2) stays one piece, and something, without ``cell``."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    state = work_cells(world, 2)
    # Going round the cell: with one unbroken run of remainder at its sides, taking it out cannot cut anything.
    row, column = cell // columns, cell % columns
    runs, sides, before = 0, 0, False
    for turn in range(9):
        down, across = _STEPS_ROUND[turn % 8]
        inside = 0 <= row + down < rows and 0 <= column + across < columns
        here = inside and state[(row + down) * columns + column + across] == _IN_REST
        if turn < 8 and turn % 2 == 0 and here:
            sides += 1
        if turn > 0 and here and not before:
            runs += 1
        before = here
    if sides == 1 or (sides > 0 and runs <= 1):
        return True
    state[cell] = 0
    whole = is_connected(world, cells, n, _IN_REST)
    state[cell] = _IN_REST
    return whole


@rule
def write_split(world, parcel, cells, n, size):
    """Make the marked part a parcel of its own and return it; see :func:`split_parcel`."""
    old = world.parcels[parcel]
    row = world.counts[0].parcels
    world.counts[0].parcels = row + 1
    new = world.parcels[row]
    key, quarter = old.key, world.clock[0].quarter
    state = work_cells(world, 2)
    for i in range(n):
        if state[cells[i]] == _IN_PART:
            world.cell_parcel[cells[i]] = row
    new.key = derived_key(key, np.int64(n) * 1_000_003 + size)
    new.live, new.owner, new.occupant = True, old.owner, -1
    new.floor, new.quality, new.fit, new.energy = 0.0, 0.0, 0.0, 0.0
    new.soil_cost = share_of(old.soil_cost, size, n)
    old.soil_cost -= new.soil_cost
    new.public_cents = share_of(old.public_cents, size, n)
    old.public_cents -= new.public_cents
    book = np.int64(np.rint(old.book * 100.0))
    part = share_of(book, size, n)
    new.book, old.book = part / 100.0, (book - part) / 100.0
    new.asking = old.asking * size / n
    old.asking -= new.asking
    new.offered, new.wish_to_sell, new.assumed = False, False, old.assumed
    new.vacant_since = old.vacant_since if old.occupant < 0 else quarter
    new.building_until, new.reserved, new.opportunity, new.built_before = NEVER, -1, -1, 0
    for i in range(new.motives.size):
        new.motives[i] = old.motives[i]
    describe_parcel(world, parcel)
    describe_parcel(world, row)
    _describe_around(world, row)
    _describe_around(world, parcel)
    refresh_around_two(world, parcel, row)
    return row


@rule
def share_of(total, part, whole):
    """Return ``total * part / whole`` as a whole number: the largest remainder gets the odd cent, the old part a tie.

    All are int64; `total` up to 1e13 cents with parcels up to 1e5 cells.
    """
    scaled = np.int64(total) * part
    share = scaled // whole
    if 2 * (scaled - share * whole) > whole:
        share += 1
    return share


@rule
def _describe_around(world, p):
    for i in range(world.parcels[p].n_borders):
        describe_parcel(world, world.borders[p, i])


# --- merge -----------------------------------------------------------------------------------------------------------


@rule
def merge_parcels(world, keep, gone):
    """Add parcel ``gone`` to parcel ``keep``: same owner, shared border.

    Land, floor, book value, asking price, soil cost and public outlay add up; quality, fit and energy are means by
    floor (by land when neither has a building), motives by land. ``gone`` is no longer live and holds nothing; its
    `occupant` is left for the caller, who moves the companies.

    Returns
    -------
    bool
        False if the owners differ, the two do not adjoin, or one is not live; then nothing has changed.
    """
    if keep == gone or not world.parcels[keep].live or not world.parcels[gone].live:
        return False
    a, b = world.parcels[keep], world.parcels[gone]
    if a.owner != b.owner or not share_border(world, keep, gone):
        return False
    weight = b.floor / (a.floor + b.floor) if a.floor + b.floor > 0.0 else b.area / (a.area + b.area)
    a.quality += weight * (b.quality - a.quality)
    a.fit += weight * (b.fit - a.fit)
    a.energy += weight * (b.energy - a.energy)
    by_land = b.area / (a.area + b.area)
    for i in range(a.motives.size):
        a.motives[i] += by_land * (b.motives[i] - a.motives[i])
    a.built_before = np.int64(np.rint(a.built_before + weight * (b.built_before - a.built_before)))
    a.key = derived_key(a.key, b.key)
    a.floor += b.floor
    a.soil_cost += b.soil_cost
    a.public_cents += b.public_cents
    a.book = (np.rint(a.book * 100.0) + np.rint(b.book * 100.0)) / 100.0
    a.asking += b.asking
    a.assumed = a.assumed or b.assumed
    a.building_until = max(a.building_until, b.building_until)
    for cell in range(world.cell_parcel.size):
        if world.cell_parcel[cell] == gone:
            world.cell_parcel[cell] = keep
    _retire(world, gone)
    describe_parcel(world, keep)
    _describe_around(world, keep)
    refresh_around_two(world, gone, keep)
    return True


@rule
def share_border(world, p, q):
    """Return whether two parcels have a border in common."""
    for cell in range(world.cell_parcel.size):
        if world.cell_parcel[cell] == p and adjoins(world, cell, q):
            return True
    return False


@rule
def _retire(world, p):
    parcel = world.parcels[p]
    parcel.live, parcel.offered, parcel.wish_to_sell = False, False, False
    parcel.floor, parcel.book, parcel.asking = 0.0, 0.0, 0.0
    parcel.quality, parcel.fit, parcel.energy = 0.0, 0.0, 0.0
    parcel.soil_cost, parcel.public_cents = 0, 0
    describe_parcel(world, p)


# --- buildings -------------------------------------------------------------------------------------------------------


@rule
def clear_building(world, parcel):
    """Take the building off the map: no cell of the parcel is built any more. The record's `floor` is the caller's."""
    for cell in range(world.cell_parcel.size):
        if world.cell_parcel[cell] == parcel:
            world.cell_built[cell] = False


@rule
def place_building(world, parcel, floor):
    """Mark the ground under ``floor`` m2 as built, instead of what stood on the parcel; return the number of cells.

    A connected block at the back of the plot: cells along the road stay free for parking, unless all lie along it;
    then at least one cell stays free, if there is more than one.
    """
    cells = work_cells(world, 0)
    return build_on(world, parcel, cells, gather_cells(world, parcel, cells), floor)


@rule
def build_on(world, parcel, cells, n, floor):
    """Mark the ground under a building on the given cells of ``parcel``; see :func:`place_building`."""
    columns, cell_m = world.grid[0].columns, world.grid[0].cell_m
    state, order = work_cells(world, 2), work_floats(world, 2)
    behind = 0
    for i in range(n):
        world.cell_built[cells[i]] = False
        behind += count_fronts(world, cells[i]) == 0
    if floor <= 0.0 or n == 0:
        return 0
    room = behind if behind > 0 else max(n - 1, 1)
    wanted = min(room, max(1, np.int64(np.rint(floor / STORIES / (cell_m * cell_m)))))
    middle = _middle_cell(world, parcel, cells, n, behind > 0)
    for i in range(n):
        order[i] = cell_distance(columns, cells[i], middle) + 1e-6 * mark_cell(world, parcel, cells[i])
        state[cells[i]] = 0
    size = 0
    while size < wanted:
        best = -1
        for i in range(n):
            cell = cells[i]
            if world.cell_built[cell] or (behind > 0 and count_fronts(world, cell) > 0):
                continue
            if size > 0 and not _built_beside(world, parcel, cell):
                continue
            if best < 0 or order[i] < order[best]:
                best = i
        if best < 0:
            break
        world.cell_built[cells[best]] = True
        size += 1
    return size


@rule
def _built_beside(world, parcel, cell):
    for side in range(4):
        other = neighbour(world.grid[0].rows, world.grid[0].columns, cell, side)
        if other >= 0 and world.cell_parcel[other] == parcel and world.cell_built[other]:
            return True
    return False


@rule
def _middle_cell(world, parcel, cells, n, behind):
    """Return the cell nearest the middle of the land behind the frontage (of all land if ``behind`` is false)."""
    columns = world.grid[0].columns
    count, down, across = 0, 0, 0
    for i in range(n):
        if not behind or count_fronts(world, cells[i]) == 0:
            count += 1
            down += cells[i] // columns
            across += cells[i] % columns
    best, middle = np.inf, cells[0]
    for i in range(n):
        if behind and count_fronts(world, cells[i]) > 0:
            continue
        off_down, off_across = cells[i] // columns * count - down, cells[i] % columns * count - across
        off = np.float64(off_down * off_down + off_across * off_across) + 0.5 * mark_cell(world, parcel, cells[i])
        if off < best:
            best, middle = off, cells[i]
    return middle


# --- roads -----------------------------------------------------------------------------------------------------------


@rule
def look_across(world, cell, side):
    """Return the parcel seen from ``cell`` straight across a road of at most three cells, or -1."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    other = neighbour(rows, columns, cell, side)
    width = 0
    while other >= 0 and world.cell_kind[other] == ROAD and width < ROAD_WIDTH:
        width += 1
        other = neighbour(rows, columns, other, side)
    return world.cell_parcel[other] if width > 0 and other >= 0 else -1


@rule
def facing_parcels(world, parcel, out):
    """List the parcels that face ``parcel`` across a road of at most three cells.

    Parameters
    ----------
    out : int array
        Filled with parcels, the widest front first, equal ones by key; a front too many is left out.

    Returns
    -------
    int
        How many were written.
    """
    cells, seen, width = work_cells(world, 0), work_cells(world, 6), work_floats(world, 6)
    n = gather_cells(world, parcel, cells)
    count = 0
    for i in range(n):
        for side in range(4):
            q = look_across(world, cells[i], side)
            if q < 0 or q == parcel:
                continue
            at = 0
            while at < count and seen[at] != q:
                at += 1
            if at == count:
                seen[at], width[at] = q, 0.0
                count += 1
            width[at] += 1.0
    count_out = min(count, out.size)
    for i in range(count_out):
        best = i
        for j in range(i + 1, count):
            same = width[j] == width[best]
            if width[j] > width[best] or (same and world.parcels[seen[j]].key < world.parcels[seen[best]].key):
                best = j
        seen[i], seen[best] = seen[best], seen[i]
        width[i], width[best] = width[best], width[i]
        out[i] = seen[i]
    return count_out
