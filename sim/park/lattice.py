"""The ground of a park: cells, stretches of public space, and what follows for a parcel from where its cells lie.

Cells stand in flat arrays, row by row from the north. Everything derived here is the same for a park and for its mirror
image, but for the coordinates: distances between centres are worked out in whole numbers, so that a tie is a tie in
both, and a tie is broken by a key that travels with the parcel, never by a position in a table.

The compiled rules at the end keep parcels, exits and neighbour lists right after land has changed hands. They use
``world.scratch`` and ``world.scratch_f`` as work space, in :data:`SLICES` equal parts (see :func:`scratch_length`): a
rule that calls them must not keep anything there.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.compiled import rule
from sim.draws import mix
from sim.records import BORDERS, GREEN, NEAR, ROAD, SEGMENT

if TYPE_CHECKING:
    from sim.park.plan import ParkPlan

SLICES = 8  # parts of the work space
ROAD_WIDTH = 3  # cells: parcels with more than this between them do not face each other
STRETCH_LOW, STRETCH_AIM, STRETCH_HIGH = 1_000.0, 1_500.0, 2_500.0  # m2 of public space kept and renewed together
_COLOUR_ROUNDS = 24

_ODD = np.uint64(0x9E3779B97F4A7C15)
_THREE = np.uint64(3)


class Lattice(NamedTuple):
    """The cells of a park before anything is drawn: flat arrays, row by row from the north."""

    kind: np.ndarray      # int8: OUTSIDE ... PLOT
    parcel: np.ndarray    # int64: parcel, or -1
    segment: np.ndarray   # int64: segment of a road or green cell, or -1
    exit_m: np.ndarray    # float64: metres to the exit over roads; inf where none
    segments: np.ndarray  # SEGMENT: key, area, x and y are filled in


def scratch_length(cells: int, rows_of_largest_table: int) -> int:
    """Return how long ``World.scratch`` and ``World.scratch_f`` must be for a park of this size."""
    return SLICES * max(cells, rows_of_largest_table, 64)


def name_key(*parts: str) -> int:
    """Return a key (0 to 2**64 - 1) that depends on these names alone: the same in every run and on every machine."""
    return int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest(), "little")


def build_lattice(plan: ParkPlan, parcel_keys: np.ndarray) -> Lattice:
    """Lay the plan's cells out in flat arrays, measure the way to the exit, and cut public space into segments.

    Parameters
    ----------
    plan
        The park; its `kind`, `parcel_of`, `exits` and `cell_m` are read.
    parcel_keys
        uint64, one per parcel of the plan: they break ties, so that a mirrored plan is cut in mirrored segments.
    """
    rows, columns = plan.kind.shape
    kind = np.ascontiguousarray(plan.kind, dtype=np.int8).ravel().copy()
    parcel = np.ascontiguousarray(plan.parcel_of, dtype=np.int64).ravel().copy()
    exit_m = np.full(kind.size, np.inf)
    for row, column in plan.exits:
        exit_m[row * columns + column] = 0.0
    queue = np.empty(kind.size, np.int64)
    measure_exits(rows, columns, plan.cell_m, kind, exit_m, queue)
    colour = colour_cells(rows, columns, kind, parcel, exit_m, np.asarray(parcel_keys, np.uint64))
    segment, segments = _cut_public_space(plan.cell_m, rows, columns, kind, exit_m, colour)
    return Lattice(kind, parcel, segment, exit_m, segments)


def _cut_public_space(
    cell_m: float, rows: int, columns: int, kind: np.ndarray, exit_m: np.ndarray, colour: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    roads = np.flatnonzero(kind == ROAD)
    segment = np.full(kind.size, -1, np.int64)
    if roads.size == 0:
        return segment, np.zeros(0, SEGMENT).view(np.recarray)
    order = roads[np.lexsort((colour[roads], -exit_m[roads]))]
    rank = np.full(kind.size, -1, np.int64)
    rank[order] = np.arange(order.size)
    greens = np.flatnonzero(kind == GREEN)
    keeper = nearest_roads(columns, greens, order)
    weight = np.zeros(kind.size)
    weight[roads] = cell_m * cell_m
    np.add.at(weight, keeper, cell_m * cell_m)
    count = grow_stretches(rows, columns, order, rank, weight, segment)
    count = join_fragments(rows, columns, order, weight, segment, count)
    segment[greens] = segment[keeper]

    last = np.full(count, -1, np.int64)
    np.maximum.at(last, segment[order], rank[order])  # the cell nearest the exit stands last in `order`
    number = np.empty(count, np.int64)
    number[np.argsort(-last)] = np.arange(count, dtype=np.int64)
    public = np.flatnonzero(segment >= 0)
    segment[public] = number[segment[public]]

    segments = np.zeros(count, SEGMENT).view(np.recarray)
    at = segment[public]
    cells = np.bincount(at, minlength=count)
    segments.area = cells * (cell_m * cell_m)
    row, column = np.divmod(public, columns)
    segments.x = np.bincount(at, 2 * column + 1, count) * cell_m / (2 * cells)
    segments.y = np.bincount(at, 2 * (rows - row) - 1, count) * cell_m / (2 * cells)
    keys = np.zeros(count, np.uint64)
    np.add.at(keys, at, colour[public])
    segments.key = keys
    return segment, segments


@rule
def neighbour(rows, columns, cell, side):
    """Return the cell north, east, south or west (`side` 0 to 3) of ``cell``, or -1 beyond the edge of the map."""
    if side == 0:
        return cell - columns if cell >= columns else -1
    if side == 2:
        return cell + columns if cell + columns < rows * columns else -1
    column = cell % columns
    if side == 1:
        return cell + 1 if column + 1 < columns else -1
    return cell - 1 if column > 0 else -1


@rule
def measure_exits(rows, columns, cell_m, kind, exit_m, queue):
    """Fill ``exit_m`` with metres over road cells to the nearest exit, in place.

    Parameters
    ----------
    exit_m : float64 array, one per cell
        On entry 0 at the exits; anything else is overwritten, with inf where no exit can be reached.
    queue : int64 array, one per cell
        Work space.
    """
    tail = 0
    for cell in range(kind.size):
        if exit_m[cell] == 0.0 and kind[cell] == ROAD:
            queue[tail] = cell
            tail += 1
        else:
            exit_m[cell] = np.inf
    head = 0
    while head < tail:
        cell = queue[head]
        head += 1
        for side in range(4):
            other = neighbour(rows, columns, cell, side)
            if other >= 0 and kind[other] == ROAD and exit_m[other] == np.inf:
                exit_m[other] = exit_m[cell] + cell_m
                queue[tail] = other
                tail += 1


@rule
def colour_cells(rows, columns, kind, parcel, exit_m, parcel_keys):
    """Return a uint64 per cell that tells cells apart by what lies around them, and is the same in a mirror image."""
    colour = np.empty(kind.size, np.uint64)
    for cell in range(kind.size):
        code = mix(np.uint64(kind[cell]) + _ODD)
        if parcel[cell] >= 0:
            code = mix(code ^ parcel_keys[parcel[cell]])
        if exit_m[cell] < np.inf:
            code = mix(code ^ np.uint64(np.int64(exit_m[cell] * 1000.0)))
        colour[cell] = code
    before = np.empty_like(colour)
    for _ in range(_COLOUR_ROUNDS):
        before[:] = colour
        for cell in range(kind.size):
            around = np.uint64(0)
            for side in range(4):
                other = neighbour(rows, columns, cell, side)
                if other >= 0:
                    around = around + mix(before[other])
                else:
                    around = around + _ODD
            colour[cell] = mix(before[cell] * _THREE + around)
    return colour


@rule
def nearest_roads(columns, greens, order):
    """Return for each green cell the nearest road cell; of several, the one that stands first in ``order``."""
    found = np.empty(greens.size, np.int64)
    for i in range(greens.size):
        row, column = greens[i] // columns, greens[i] % columns
        best = np.int64(1) << 60
        for road in order:
            away = (road // columns - row) ** 2 + (road % columns - column) ** 2
            if away < best:
                best = away
                found[i] = road
    return found


@rule
def grow_stretches(rows, columns, order, rank, weight, segment):
    """Cut the road cells into connected stretches, the far ends of the roads first; return how many.

    Parameters
    ----------
    order : int64 array
        Road cells, the farthest from the exit first.
    rank : int64 array, one per cell
        Position in `order`.
    weight : float64 array, one per cell
        m2 of public space kept with a road cell.
    segment : int64 array, one per cell
        -1 on entry; filled in place for road cells.
    """
    count = 0
    frontier = np.empty(4 * order.size + 4, np.int64)
    steps = np.empty(4 * order.size + 4, np.int64)
    for start in order:
        if segment[start] >= 0:
            continue
        area = 0.0
        frontier[0], steps[0] = start, 0
        waiting = 1
        while waiting > 0 and area < STRETCH_AIM:
            best = 0
            for i in range(1, waiting):
                nearer = steps[i] < steps[best]
                if nearer or (steps[i] == steps[best] and rank[frontier[i]] < rank[frontier[best]]):
                    best = i
            cell, step = frontier[best], steps[best]
            waiting -= 1
            frontier[best], steps[best] = frontier[waiting], steps[waiting]
            if segment[cell] >= 0:
                continue
            if area >= STRETCH_LOW and area + weight[cell] > STRETCH_HIGH:
                break
            segment[cell] = count
            area += weight[cell]
            for side in range(4):
                other = neighbour(rows, columns, cell, side)
                if other >= 0 and rank[other] >= 0 and segment[other] < 0:
                    frontier[waiting], steps[waiting] = other, step + 1
                    waiting += 1
        count += 1
    return count


@rule
def join_fragments(rows, columns, order, weight, segment, count):
    """Add each stretch that came out too small to its smallest neighbour; return how many stretches are left.

    ``segment`` is renumbered in place. A stretch with no neighbour stays as it is.
    """
    area = np.zeros(count)
    for cell in order:
        area[segment[cell]] += weight[cell]
    alone = np.zeros(count, np.bool_)
    while True:
        # Of several equally small, the one numbered first: numbers follow the order of growth, which mirrors.
        small = -1
        for s in range(count):
            if 0.0 < area[s] < STRETCH_LOW and not alone[s] and (small < 0 or area[s] < area[small]):
                small = s
        if small < 0:
            break
        into = -1
        for cell in order:
            if segment[cell] != small:
                continue
            for side in range(4):
                other = neighbour(rows, columns, cell, side)
                if other < 0 or segment[other] < 0 or segment[other] == small:
                    continue
                s = segment[other]
                if into < 0 or area[s] < area[into] or (area[s] == area[into] and s < into):
                    into = s
        if into < 0:
            alone[small] = True
            continue
        area[into] += area[small]
        area[small] = 0.0
        for cell in order:
            if segment[cell] == small:
                segment[cell] = into
    number = np.full(count, -1, np.int64)
    left = 0
    for s in range(count):
        if area[s] > 0.0:
            number[s] = left
            left += 1
    for cell in order:
        segment[cell] = number[segment[cell]]
    return left


# --- rules on a world ------------------------------------------------------------------------------------------------


@rule
def work_cells(world, part):
    """Return part 0 to 7 of the whole-number work space: at least one entry per cell and per row of any table."""
    length = world.scratch.size // SLICES
    return world.scratch[part * length : (part + 1) * length]


@rule
def work_floats(world, part):
    """Return part 0 to 7 of the floating-point work space."""
    length = world.scratch_f.size // SLICES
    return world.scratch_f[part * length : (part + 1) * length]


@rule
def refresh_exits(world):
    """Measure ``world.cell_exit`` anew after a road moved. Exits are the road cells at distance 0; they stay."""
    grid = world.grid[0]
    measure_exits(grid.rows, grid.columns, grid.cell_m, world.cell_kind, world.cell_exit, work_cells(world, 0))


@rule
def gather_cells(world, p, out):
    """Write the cells of parcel ``p`` to ``out``, row by row, and return how many there are."""
    n = 0
    for cell in range(world.cell_parcel.size):
        if world.cell_parcel[cell] == p:
            out[n] = cell
            n += 1
    return n


@rule
def sort_cells(world, cells, starts):
    """Group all parcel cells by parcel: parcel ``p`` has ``cells[starts[p]:starts[p + 1]]``, row by row.

    Parameters
    ----------
    cells, starts : int64 arrays
        Filled in place; `starts` has one entry more than there are parcels.
    """
    parcels = world.counts[0].parcels
    for p in range(parcels + 1):
        starts[p] = 0
    for cell in range(world.cell_parcel.size):
        if world.cell_parcel[cell] >= 0:
            starts[world.cell_parcel[cell] + 1] += 1
    for p in range(parcels):
        starts[p + 1] += starts[p]
    for cell in range(world.cell_parcel.size):
        p = world.cell_parcel[cell]
        if p >= 0:
            cells[starts[p]] = cell
            starts[p] += 1
    for p in range(parcels, 0, -1):
        starts[p] = starts[p - 1]
    starts[0] = 0


@rule
def _tally(names, tally, n, name):
    for i in range(n):
        if names[i] == name:
            tally[i] += 1.0
            return n
    names[n] = name
    tally[n] = 1.0
    return n + 1


@rule
def describe_cells(world, p, cells, n):
    """Set what follows for parcel ``p`` from its ``n`` cells; see :func:`describe_parcel`."""
    parcel = world.parcels[p]
    rows, columns, cell_m = world.grid[0].rows, world.grid[0].columns, world.grid[0].cell_m
    others, shared = work_cells(world, 6), work_floats(world, 6)
    stretches, fronts = work_cells(world, 7), work_floats(world, 7)
    n_others, n_stretches, edges, sum_x, sum_y = 0, 0, 0, 0, 0
    exit_m = np.inf
    for i in range(n):
        cell = cells[i]
        sum_x += 2 * (cell % columns) + 1
        sum_y += 2 * (rows - cell // columns) - 1
        for side in range(4):
            other = neighbour(rows, columns, cell, side)
            if other < 0:
                continue
            if world.cell_parcel[other] >= 0:
                if world.cell_parcel[other] != p:
                    n_others = _tally(others, shared, n_others, world.cell_parcel[other])
            elif world.cell_kind[other] == ROAD:
                edges += 1
                exit_m = min(exit_m, world.cell_exit[other])
                n_stretches = _tally(stretches, fronts, n_stretches, world.cell_segment[other])
    parcel.cells = n
    parcel.area = n * cell_m * cell_m
    parcel.frontage = edges * cell_m
    if n > 0:
        parcel.x = sum_x * cell_m / (2.0 * n)
        parcel.y = sum_y * cell_m / (2.0 * n)
    if edges > 0:
        parcel.exit_m = exit_m
        parcel.segment = _widest_front(world, stretches, fronts, n_stretches)
    elif n > 0:
        _reach_over_land(world, p, sum_x, sum_y)
    _keep_longest_borders(world, p, others, shared, n_others)


@rule
def _widest_front(world, stretches, fronts, n):
    best = 0
    for i in range(1, n):
        higher = world.segments[stretches[i]].key > world.segments[stretches[best]].key
        if fronts[i] > fronts[best] or (fronts[i] == fronts[best] and higher):
            best = i
    return stretches[best]


@rule
def _reach_over_land(world, p, sum_x, sum_y):
    """Give an enclave the segment of the nearest road, and the way there over land added to its way to the exit."""
    parcel = world.parcels[p]
    rows, columns, cell_m = world.grid[0].rows, world.grid[0].columns, world.grid[0].cell_m
    n = parcel.cells
    nearest = np.inf
    parcel.exit_m = np.inf
    for cell in range(world.cell_kind.size):
        if world.cell_kind[cell] != ROAD or world.cell_segment[cell] < 0:
            continue
        across = np.float64((2 * (cell % columns) + 1) * n - sum_x)
        along = np.float64((2 * (rows - cell // columns) - 1) * n - sum_y)
        away = across * across + along * along
        over_land = math.sqrt(away) * cell_m / (2.0 * n)
        if away < nearest or (away == nearest and world.cell_exit[cell] + over_land < parcel.exit_m):
            nearest = away
            parcel.exit_m = world.cell_exit[cell] + over_land
            parcel.segment = world.cell_segment[cell]


@rule
def _keep_longest_borders(world, p, others, shared, n):
    cell_m = world.grid[0].cell_m
    kept = min(n, BORDERS)
    for i in range(kept):
        best = i
        for j in range(i + 1, n):
            same = shared[j] == shared[best]
            if shared[j] > shared[best] or (same and world.parcels[others[j]].key < world.parcels[others[best]].key):
                best = j
        others[i], others[best] = others[best], others[i]
        shared[i], shared[best] = shared[best], shared[i]
        world.borders[p, i] = others[i]
        world.border_m[p, i] = shared[i] * cell_m
    for i in range(kept, BORDERS):
        world.borders[p, i] = -1
        world.border_m[p, i] = 0.0
    world.parcels[p].n_borders = kept


@rule
def describe_parcel(world, p):
    """Set what follows for parcel ``p`` from where its cells lie.

    Changes `cells`, `area` (m2), `frontage` (m), `x`, `y`, `exit_m` (m), `segment`, `n_borders` of the parcel and its
    row of ``world.borders`` and ``world.border_m``, longest border first, equal ones by key. A parcel without frontage
    (an enclave) gets the segment of the nearest road, and its distance over land counts towards `exit_m`.
    """
    cells = work_cells(world, 0)
    n = gather_cells(world, p, cells)
    describe_cells(world, p, cells, n)


@rule
def describe_all(world):
    """Describe every parcel in use, in one pass over the cells; see :func:`describe_parcel`."""
    cells, starts = work_cells(world, 0), work_cells(world, 1)
    sort_cells(world, cells, starts)
    for p in range(world.counts[0].parcels):
        describe_cells(world, p, cells[starts[p] : starts[p + 1]], starts[p + 1] - starts[p])


@rule
def distance_between(world, p, q):
    """Return metres between the centres of two parcels: to the bit the same in a mirror image of the park."""
    a, b = world.parcels[p], world.parcels[q]
    cell_m = world.grid[0].cell_m
    # Centres are fractions: whole numbers of half cells, divided by the number of cells.
    across = np.rint(2.0 * a.x * a.cells / cell_m) * b.cells - np.rint(2.0 * b.x * b.cells / cell_m) * a.cells
    along = np.rint(2.0 * a.y * a.cells / cell_m) * b.cells - np.rint(2.0 * b.y * b.cells / cell_m) * a.cells
    return math.sqrt(across * across + along * along) * cell_m / (2.0 * a.cells * b.cells)


@rule
def rank_neighbours(world, p):
    """Fill row ``p`` of ``world.near`` and ``world.near_weight`` anew: nearest first, equally near ones by key."""
    away = work_floats(world, 5)
    n = 0
    for q in range(world.counts[0].parcels):
        if q == p or not world.parcels[q].live:
            continue
        d = distance_between(world, p, q)
        key = world.parcels[q].key
        i = n
        while i > 0 and (away[i - 1] > d or (away[i - 1] == d and world.parcels[world.near[p, i - 1]].key > key)):
            i -= 1
        if i >= NEAR:
            continue
        n = min(n + 1, NEAR)
        for j in range(n - 1, i, -1):
            away[j] = away[j - 1]
            world.near[p, j] = world.near[p, j - 1]
        away[i] = d
        world.near[p, i] = q
    half = world.parameters[0].half_distance
    for i in range(n):
        world.near_weight[p, i] = 2.0 ** (-away[i] / half)
    for i in range(n, NEAR):
        world.near[p, i] = -1
        world.near_weight[p, i] = 0.0


@rule
def _stands_near(world, q, p):
    last = world.near[q, NEAR - 1]
    if last < 0:
        return True
    for i in range(NEAR):
        if world.near[q, i] == p:
            return True
    return world.parcels[p].live and distance_between(world, q, p) <= distance_between(world, q, last)


@rule
def refresh_around_two(world, a, b):
    """Bring the lists of nearest parcels up to date after a split or a merger changed parcels ``a`` and ``b``.

    The result is that of :func:`rank_all_neighbours`. A list that keeps enough of its other parcels is mended, which is
    much cheaper than ranking anew: where it does not, it is ranked anew.
    """
    for p in (a, b):
        if world.parcels[p].live:
            rank_neighbours(world, p)
        else:
            for i in range(NEAR):
                world.near[p, i] = -1
                world.near_weight[p, i] = 0.0
    for q in range(world.counts[0].parcels):
        if q != a and q != b and world.parcels[q].live and (_stands_near(world, q, a) or _stands_near(world, q, b)):
            if not _mend_neighbours(world, q, a, b):
                rank_neighbours(world, q)


@rule
def _mend_neighbours(world, q, a, b):
    """Put ``a`` and ``b`` in their places in the list of ``q``; return whether the list is then certainly right."""
    was_full = world.near[q, NEAR - 1] >= 0
    n = 0
    for i in range(NEAR):
        j = world.near[q, i]
        if j < 0:
            break
        if j != a and j != b:
            world.near[q, n] = j
            world.near_weight[q, n] = world.near_weight[q, i]
            n += 1
    half = world.parameters[0].half_distance
    for p in (a, b):
        if not world.parcels[p].live:
            continue
        d = distance_between(world, q, p)
        key = world.parcels[p].key
        at = n
        while at > 0:
            other = world.near[q, at - 1]
            away = distance_between(world, q, other)
            if not (away > d or (away == d and world.parcels[other].key > key)):
                break
            at -= 1
        if at == NEAR:
            continue
        if at == n and was_full:
            return False  # others that the list never held may stand before it
        if n < NEAR:
            n += 1
        for i in range(n - 1, at, -1):
            world.near[q, i] = world.near[q, i - 1]
            world.near_weight[q, i] = world.near_weight[q, i - 1]
        world.near[q, at] = p
        world.near_weight[q, at] = 2.0 ** (-d / half)
    if was_full and n < NEAR:
        return False
    for i in range(n, NEAR):
        world.near[q, i] = -1
        world.near_weight[q, i] = 0.0
    return True


@rule
def rank_all_neighbours(world):
    """Fill the lists of nearest parcels for every parcel in use."""
    for p in range(world.counts[0].parcels):
        if world.parcels[p].live:
            rank_neighbours(world, p)


@rule
def mark_cell(world, p, cell):
    """Return a number from 0 to 1 that tells the cells of parcel ``p`` apart by what lies around: it breaks ties.

    It follows from the squared distances to the centres of the parcel and of its three nearest neighbours, in whole
    numbers, so a cell has the same mark in a mirror image of the park.
    """
    rows, columns, cell_m = world.grid[0].rows, world.grid[0].columns, world.grid[0].cell_m
    h = world.parcels[p].key
    for i in range(4):
        q = p if i == 0 else world.near[p, i - 1]
        if q < 0:
            break
        centre = world.parcels[q]
        n = centre.cells
        across = (2 * (cell % columns) + 1) * n - np.int64(np.rint(2.0 * centre.x * n / cell_m))
        along = (2 * (rows - cell // columns) - 1) * n - np.int64(np.rint(2.0 * centre.y * n / cell_m))
        h = mix(h ^ np.uint64(across * across + along * along))
    return np.float64(h >> np.uint64(11)) / 9007199254740992.0


@rule
def is_connected(world, cells, n, value):
    """Return whether the cells with ``value`` in work space 2 form one piece of at least one cell."""
    rows, columns = world.grid[0].rows, world.grid[0].columns
    state, queue = work_cells(world, 2), work_cells(world, 4)
    members, tail = 0, 0
    for i in range(n):
        if state[cells[i]] == value:
            members += 1
            if tail == 0:
                queue[0] = cells[i]
                tail = 1
    if members == 0:
        return False
    state[queue[0]] = -value
    head = 0
    while head < tail:
        for side in range(4):
            other = neighbour(rows, columns, queue[head], side)
            if other >= 0 and state[other] == value:
                state[other] = -value
                queue[tail] = other
                tail += 1
        head += 1
    for i in range(tail):
        state[queue[i]] = value
    return tail == members
