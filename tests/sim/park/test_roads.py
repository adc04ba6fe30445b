"""A road that moves: cells are swapped, nobody loses the way out, and planning changes nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.park.founding import found_park
from sim.park.parcels import adjoins
from sim.park.plan import PlanParcel
from sim.park.roads import move_road, plan_road_move
from sim.records import ROAD, copy_world

from .parks import (
    PARAMETERS,
    assert_map_and_records_agree,
    bare_village,
    cells_of,
    mirrored,
    plan_of,
    roads_to_exit,
    seeds,
    touches,
    village,
)

# Between A and B lies the only way to C: it can go round the far side of B, over B's and D's edges.
CUL_DE_SAC = """
AAAAAAAA
AAAAAAAA
#######E
CBBBBDDD
CBBBBDDD
CBBBBDDD
"""
A, B, C, D = range(4)


def cul_de_sac(**details):
    open_land = {letter: PlanParcel(letter, floor=0.0) for letter in "ABCD"}
    return found_park(plan_of(CUL_DE_SAC, **open_land | details), PARAMETERS, 1, 20)[0]


def with_access(world):
    roads = roads_to_exit(world)
    live = [p for p in range(int(world.counts[0].parcels)) if world.parcels[p].live]
    return {p for p in live if touches(cells_of(world, p), roads)}


def check_move(world, a, b):
    """Plan, move, and assert all that must hold; return the number of new cells, or None without a legal move."""
    before = copy_world(world)
    number = plan_road_move(world, 0, a, b)
    assert (world.cell_kind == before.cell_kind).all()
    assert (world.cell_parcel == before.cell_parcel).all()
    old, new = ({int(c) for c in cells[0] if c >= 0} for cells in (world.road_old, world.road_new))
    assert len(new) == number
    if not old:
        assert not new
        return None
    assert not any(world.cell_built[cell] for cell in new)
    access = with_access(world)
    move_road(world, 0, a)
    assert with_access(world) >= access
    assert np.count_nonzero(world.cell_kind == ROAD) == np.count_nonzero(before.cell_kind == ROAD) - len(old) + number
    assert world.cell_kind.size == before.cell_kind.size
    assert all(world.cell_parcel[cell] == a for cell in old)
    assert all(world.cell_kind[cell] == ROAD for cell in new)
    assert (world.parcels.live == before.parcels.live).all()
    assert any(adjoins(world, cell, b) for cell in np.flatnonzero(world.cell_parcel == a))
    assert_map_and_records_agree(world)
    return number


def test_a_road_goes_round_the_far_side():
    number = check_move(cul_de_sac(), A, B)
    assert number is not None
    assert number >= 4


def test_a_building_in_the_way_stops_the_road():
    world = cul_de_sac()
    world.cell_built[(world.cell_parcel == D) | (world.cell_parcel == B) | (world.cell_parcel == C)] = True
    world.cell_built[world.cell_parcel == A] = True
    assert check_move(world, A, B) is None


def test_an_exit_is_never_given_up():
    world = cul_de_sac()
    assert plan_road_move(world, 0, A, D) == 0
    assert (world.road_old[0] == -1).all()


def test_parcels_that_do_not_face_each_other_have_no_road_to_move():
    world = bare_village()
    assert plan_road_move(world, 0, 0, 7) == 0
    assert (world.road_old[0] == -1).all()


@settings(max_examples=30, deadline=None)
@given(a=st.integers(0, 7), b=st.integers(0, 7), seed=seeds, built=st.booleans())
def test_a_move_keeps_cells_and_everyones_way_out(a, b, seed, built):
    check_move(village(seed) if built else bare_village(), a, b)


@settings(max_examples=30, deadline=None)
@given(a=st.integers(0, 7), b=st.integers(0, 7))
def test_a_mirrored_road_moves_to_the_mirrored_place(a, b):
    from .parks import VILLAGE

    plan = plan_of(VILLAGE, **{c: PlanParcel(c, floor=0.0) for c in "ABCDFGHI"})
    one, other = (found_park(p, PARAMETERS, 1, 20)[0] for p in (plan, mirrored(plan)))
    assert plan_road_move(one, 0, a, b) == plan_road_move(other, 0, a, b)
    columns = int(one.grid[0].columns)
    for cells, seen in ((one.road_old[0], other.road_old[0]), (one.road_new[0], other.road_new[0])):
        reflected = {c // columns * columns + columns - 1 - c % columns for c in seen.tolist() if c >= 0}
        assert {c for c in cells.tolist() if c >= 0} == reflected
