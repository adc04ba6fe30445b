"""A road moves: the strip between two parcels is given up and a route over open land takes its place (mechanics G).

Planning changes nothing on the map. A plan is legal when every parcel that could reach the exit still can, no parcel
falls apart or loses all its land, no building is cut, and the two parcels then adjoin. Carrying it out swaps cells one
kind for the other: their number stays the same.

The route is a shortest path (Dijkstra) from the roads that still reach the exit to whatever lost access: land costs
one, road nothing. Equal routes are told apart by marks that are the same in a mirror image.
"""

from __future__ import annotations

import numpy as np

from sim.compiled import rule
from sim.park.lattice import (
    ROAD_WIDTH,
    describe_all,
    gather_cells,
    is_connected,
    mark_cell,
    neighbour,
    rank_all_neighbours,
    refresh_exits,
    work_cells,
    work_floats,
)
from sim.records import PLOT, ROAD, ROAD_MOVE

_ANY_LAND, _EDGE_ONLY, _NO_LAND = 0, 1, 2  # what a parcel may give for the new road
_TRIES = 24

_OLD, _NEW = 1, 2  # marks of cells, work space 1


@rule
def plan_road_move(world, opportunity_row, parcel_a, parcel_b):
    """Find out whether the road between two parcels can move, and where to.

    Parameters
    ----------
    world : World
        Only ``road_old`` and ``road_new`` change: the row gets the road cells given up and the parcel cells that
        become road, -1 beyond the last (all -1 when there is no legal move).
    opportunity_row : int
        Row of ``road_old`` and ``road_new`` to write.
    parcel_a, parcel_b : int
        Parcels that face each other across a road of at most three cells.

    Returns
    -------
    int
        Number of parcel cells that become road. 0: no legal move, or (``road_old[row, 0]`` is not -1) the road can be
        given up without any replacement.
    """
    old, new = world.road_old[opportunity_row], world.road_new[opportunity_row]
    for i in range(ROAD_MOVE):
        old[i], new[i] = -1, -1
    n_old = mark_strip(world, parcel_a, parcel_b)
    if n_old < 1 or n_old > ROAD_MOVE:
        return 0
    served, allowance = work_cells(world, 6), work_cells(world, 7)
    _mark_roads_to_exit(world)
    _list_served(world, served)
    for p in range(world.counts[0].parcels):
        allowance[p] = _ANY_LAND
    for _ in range(_TRIES):
        _forget_new_cells(world)
        n_new = _route(world, parcel_a, parcel_b)
        if n_new < 0:
            return 0
        offender = _first_parcel_harmed(world)
        if offender < 0:
            return _write_plan(world, old, new)
        allowance[offender] += 1
    return 0


@rule
def mark_strip(world, parcel_a, parcel_b):
    """Mark in work space 1 the road cells that lie straight between two parcels; return how many, 0 if none or illegal.

    An exit is never given up.
    """
    rows, columns = world.grid[0].rows, world.grid[0].columns
    marks = work_cells(world, 1)
    for cell in range(world.cell_kind.size):
        marks[cell] = 0
    count = 0
    for cell in range(world.cell_kind.size):
        if world.cell_parcel[cell] != parcel_a:
            continue
        for side in range(4):
            width, other = 0, neighbour(rows, columns, cell, side)
            while other >= 0 and world.cell_kind[other] == ROAD and width <= ROAD_WIDTH:
                width += 1
                other = neighbour(rows, columns, other, side)
            if width < 1 or width > ROAD_WIDTH or other < 0 or world.cell_parcel[other] != parcel_b:
                continue
            other = cell
            for _ in range(width):
                other = neighbour(rows, columns, other, side)
                if world.cell_exit[other] == 0.0:
                    return 0
                if marks[other] == 0:
                    marks[other] = _OLD
                    count += 1
    return count


@rule
def _is_road(world, marks, cell):
    return (world.cell_kind[cell] == ROAD and marks[cell] != _OLD) or marks[cell] == _NEW


@rule
def _mark_roads_to_exit(world):
    """Set work space 2 to 1 for road cells that reach an exit as the map stands now, before anything is given up."""
    reach = work_cells(world, 2)
    for cell in range(world.cell_kind.size):
        reach[cell] = world.cell_kind[cell] == ROAD and world.cell_exit[cell] < np.inf


@rule
def _trace_roads(world):
    """Set work space 2 to 1 for road cells, old ones left out and new ones counted in, that reach an exit."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    marks, reach, queue = work_cells(world, 1), work_cells(world, 2), work_cells(world, 4)
    tail = 0
    for cell in range(world.cell_kind.size):
        reach[cell] = 0
        if world.cell_kind[cell] == ROAD and world.cell_exit[cell] == 0.0 and marks[cell] != _OLD:
            reach[cell] = 1
            queue[tail] = cell
            tail += 1
    head = 0
    while head < tail:
        for side in range(4):
            other = neighbour(rows, columns, queue[head], side)
            if other >= 0 and reach[other] == 0 and _is_road(world, marks, other):
                reach[other] = 1
                queue[tail] = other
                tail += 1
        head += 1


@rule
def _list_served(world, served):
    """Set ``served`` to 1 for the parcels with a cell that stays theirs beside a road of work space 2, else to 0."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    marks, reach = work_cells(world, 1), work_cells(world, 2)
    for p in range(world.counts[0].parcels):
        served[p] = 0
    for cell in range(world.cell_parcel.size):
        p = world.cell_parcel[cell]
        if p < 0 or served[p] == 1 or marks[cell] == _NEW:
            continue
        for side in range(4):
            other = neighbour(rows, columns, cell, side)
            if other >= 0 and reach[other] == 1:
                served[p] = 1


@rule
def _forget_new_cells(world):
    marks = work_cells(world, 1)
    for cell in range(world.cell_kind.size):
        if marks[cell] == _NEW:
            marks[cell] = 0


@rule
def _route(world, parcel_a, parcel_b):
    """Mark new road cells in work space 1 until every parcel that had access has it again; return how many, or -1."""
    served = work_cells(world, 6)
    marks = work_cells(world, 1)
    total = 0
    while True:
        _trace_roads(world)
        lost = work_cells(world, 5)
        any_lost = False
        _list_served(world, lost)
        for p in range(world.counts[0].parcels):
            lost[p] = served[p] == 1 and lost[p] == 0
            any_lost = any_lost or lost[p] != 0
        if not any_lost:
            return total
        end = _find_way(world, parcel_a, parcel_b)
        if end < 0:
            return -1
        came_from = work_cells(world, 3)
        cell, added = end, 0
        while cell >= 0:
            if world.cell_kind[cell] == PLOT and marks[cell] == 0:
                marks[cell] = _NEW
                added += 1
            cell = came_from[cell]
        total += added
        if added == 0 or total > ROAD_MOVE:
            return -1


@rule
def _find_way(world, parcel_a, parcel_b):
    """Return the end of the cheapest way from the roads in work space 2 to a cell that serves a parcel in need.

    Work space 3 then holds where each cell was reached from; -1 if there is no way. The queue is a binary heap in work
    spaces 4 (cells) and 1-4 of the floats: its keys are the costs.
    """
    rows, columns = world.grid[0].rows, world.grid[0].columns
    marks, reach, came_from = work_cells(world, 1), work_cells(world, 2), work_cells(world, 3)
    cost, heap, place = work_floats(world, 0), work_cells(world, 4), work_floats(world, 1)
    waiting = 0
    for cell in range(world.cell_kind.size):
        came_from[cell], cost[cell], place[cell] = -1, np.inf, -1.0
    for cell in range(world.cell_kind.size):
        if reach[cell] == 1:
            cost[cell] = 0.0
            waiting = _raise_in_heap(heap, place, cost, waiting, cell)
    while waiting > 0:
        cell = heap[0]
        waiting = _take_from_heap(heap, place, cost, waiting)
        if reach[cell] == 0 and _serves_lost_parcel(world, cell):
            return cell
        for side in range(4):
            other = neighbour(rows, columns, cell, side)
            if other < 0 or reach[other] == 1:
                continue
            if _is_road(world, marks, other):
                step = 0.0
            elif _may_become_road(world, parcel_a, parcel_b, other):
                step = 1.0 + 1e-4 * mark_cell(world, world.cell_parcel[other], other)
            else:
                continue
            if cost[cell] + step < cost[other]:
                cost[other] = cost[cell] + step
                came_from[other] = cell
                waiting = _raise_in_heap(heap, place, cost, waiting, other)
    return -1


@rule
def _may_become_road(world, parcel_a, parcel_b, cell):
    """Return whether a cell is open land that its parcel may give, and does not keep the two parcels apart."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    marks, allowance = work_cells(world, 1), work_cells(world, 7)
    p = world.cell_parcel[cell]
    if p < 0 or world.cell_kind[cell] != PLOT or world.cell_built[cell] or allowance[p] >= _NO_LAND:
        return False
    at_edge = False
    for side in range(4):
        other = neighbour(rows, columns, cell, side)
        if other < 0 or world.cell_parcel[other] != p:
            at_edge = True
        if other >= 0 and marks[other] == _OLD and (p == parcel_a or p == parcel_b):
            return False
    return at_edge or allowance[p] == _ANY_LAND


@rule
def _serves_lost_parcel(world, cell):
    rows, columns = world.grid[0].rows, world.grid[0].columns
    lost = work_cells(world, 5)
    for side in range(4):
        other = neighbour(rows, columns, cell, side)
        if other >= 0 and world.cell_parcel[other] >= 0 and lost[world.cell_parcel[other]]:
            return True
    return False


@rule
def _raise_in_heap(heap, place, cost, waiting, cell):
    """Put ``cell`` in the heap, or move it up after its cost fell; return the size of the heap."""
    if place[cell] < 0.0:
        place[cell] = waiting
        heap[waiting] = cell
        waiting += 1
    at = np.int64(place[cell])
    while at > 0:
        above = (at - 1) // 2
        if cost[heap[above]] <= cost[cell]:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = cell
    place[cell] = at
    return waiting


@rule
def _take_from_heap(heap, place, cost, waiting):
    """Take the first cell off the heap; return its new size."""
    waiting -= 1
    cell = heap[waiting]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= waiting:
            break
        if below + 1 < waiting and cost[heap[below + 1]] < cost[heap[below]]:
            below += 1
        if cost[cell] <= cost[heap[below]]:
            break
        heap[at] = heap[below]
        place[heap[at]] = at
        at = below
    heap[at] = cell
    place[cell] = at
    return waiting


@rule
def _first_parcel_harmed(world):
    """Return a parcel that the new road cuts in two or uses up, the one with the lowest key, or -1."""
    marks, state, cells = work_cells(world, 1), work_cells(world, 2), work_cells(world, 0)
    gives = work_cells(world, 5)
    for p in range(world.counts[0].parcels):
        gives[p] = 0
    for cell in range(world.cell_parcel.size):
        if marks[cell] == _NEW:
            gives[world.cell_parcel[cell]] = 1
    harmed = -1
    for p in range(world.counts[0].parcels):
        if gives[p] == 0:
            continue
        n = gather_cells(world, p, cells)
        for i in range(n):
            state[cells[i]] = 0 if marks[cells[i]] == _NEW else 7
        lower = harmed < 0 or world.parcels[p].key < world.parcels[harmed].key
        if lower and not is_connected(world, cells, n, 7):
            harmed = p
        for i in range(n):
            state[cells[i]] = 0
    return harmed


@rule
def _write_plan(world, old, new):
    marks = work_cells(world, 1)
    n_old, n_new = 0, 0
    for cell in range(world.cell_kind.size):
        if marks[cell] == _OLD:
            old[n_old] = cell
            n_old += 1
        elif marks[cell] == _NEW:
            new[n_new] = cell
            n_new += 1
    return n_new


@rule
def move_road(world, opportunity_row, parcel):
    """Carry out the plan in ``road_old`` and ``road_new``: the old cells become land of ``parcel``.

    The new cells become road, kept together with the stretch of public space that the nearest old cell belonged to.
    Changes the cells, every parcel's description and list of nearest parcels, and the area of segments. The number of
    cells stays the same. Money is the caller's.
    """
    old, new = world.road_old[opportunity_row], world.road_new[opportunity_row]
    square = world.grid[0].cell_m * world.grid[0].cell_m
    for i in range(ROAD_MOVE):
        if new[i] < 0:
            break
        s = _segment_of_nearest(world, old, new[i])
        world.cell_kind[new[i]] = ROAD
        world.cell_parcel[new[i]] = -1
        world.cell_segment[new[i]] = s
        world.cell_exit[new[i]] = np.inf
        if s >= 0:
            world.segments[s].area += square
    for i in range(ROAD_MOVE):
        if old[i] < 0:
            break
        if world.cell_segment[old[i]] >= 0:
            world.segments[world.cell_segment[old[i]]].area -= square
        world.cell_kind[old[i]] = PLOT
        world.cell_parcel[old[i]] = parcel
        world.cell_segment[old[i]] = -1
        world.cell_built[old[i]] = False
    refresh_exits(world)
    describe_all(world)
    rank_all_neighbours(world)


@rule
def _segment_of_nearest(world, old, cell):
    columns = world.grid[0].columns
    best, found = np.int64(1) << 60, -1
    for i in range(ROAD_MOVE):
        if old[i] < 0:
            break
        s = world.cell_segment[old[i]]
        away = (old[i] // columns - cell // columns) ** 2 + (old[i] % columns - cell % columns) ** 2
        if s < 0 or away > best:
            continue
        if away < best or world.segments[s].key > world.segments[found].key:
            best, found = away, s
    return found
