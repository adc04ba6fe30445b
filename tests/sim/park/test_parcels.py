"""Split, merge, buildings, facing: what must be conserved, and what a cut may never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.park.founding import found_park
from sim.park.generate import lay_out
from sim.park.parcels import (
    clear_building,
    facing_parcels,
    merge_parcels,
    place_building,
    share_of,
    split_parcel,
)
from sim.park.plan import LayoutSettings, PlanParcel
from sim.records import ROAD, copy_world
from sim.world import FIELDS

from .parks import PARAMETERS, assert_map_and_records_agree, bare_village, cells_of, pieces, seeds, touches, village

A, B, C, D, F, G, H, I = range(8)  # noqa: E741 - the letters of the map


def cents(world, field):
    value = world.parcels[field][: int(world.counts[0].parcels)]
    return int(np.rint(value * 100).sum()) if value.dtype.kind == "f" else int(value.sum())


def same(one, other):
    ignored = ("scratch", "scratch_f")
    return all(a.tobytes() == b.tobytes() for a, b, n in zip(one, other, FIELDS, strict=True) if n not in ignored)


@settings(max_examples=40, deadline=None)
@given(parcel=st.integers(0, 7), wanted=st.integers(0, 25), toward=st.integers(-1, 7), road=st.booleans(), seed=seeds)
def test_a_split_conserves_cells_and_cents_and_leaves_both_parts_whole(parcel, wanted, toward, road, seed):
    world = village(seed)
    world.parcels[parcel].soil_cost = 12_345_679
    world.parcels[parcel].public_cents = 777
    before, land = copy_world(world), cells_of(world, parcel)
    sums = [cents(world, field) for field in ("book", "soil_cost", "public_cents")]
    new = split_parcel(world, parcel, wanted, toward if toward != parcel else -1, road)
    if new < 0:
        assert same(world, before)
        return
    part, rest = cells_of(world, new), cells_of(world, parcel)
    assert len(part) == wanted
    assert part | rest == land
    assert not part & rest
    assert pieces(part) == pieces(rest) == 1
    assert [cents(world, field) for field in ("book", "soil_cost", "public_cents")] == sums
    columns = int(world.grid[0].columns)
    assert not any(world.cell_built[row * columns + column] for row, column in part)
    roads = {divmod(int(c), columns) for c in np.flatnonzero(world.cell_kind == ROAD)}
    assert touches(rest, roads)
    if road or toward in (-1, parcel):
        assert touches(part, roads)
    else:
        assert touches(part, cells_of(world, toward))
    assert world.parcels[new].key != before.parcels[parcel].key
    assert_map_and_records_agree(world)


@settings(max_examples=30, deadline=None)
@given(wanted=st.integers(1, 20), toward=st.sampled_from([-1, G, D]))
def test_a_split_and_a_merge_restore_the_parcel(wanted, toward):
    world = bare_village()
    before = copy_world(world)
    new = split_parcel(world, I, wanted, toward, True)
    if new < 0:
        return
    assert merge_parcels(world, I, new)
    assert (world.cell_parcel == before.cell_parcel).all()
    for field in ("area", "frontage", "x", "y", "exit_m", "segment", "soil_cost", "n_borders"):
        assert world.parcels[I][field] == before.parcels[I][field], field
    assert world.parcels[I].book == pytest.approx(before.parcels[I].book, abs=0.001)
    assert not world.parcels[new].live
    assert_map_and_records_agree(world)


def test_open_land_can_be_cut_in_every_size_along_the_road():
    for wanted in range(1, 14):
        assert split_parcel(bare_village(), I, wanted, -1, True) >= 0, wanted


def test_a_part_for_a_neighbour_lies_along_its_border():
    world = bare_village()
    new = split_parcel(world, G, 3, H, False)
    assert cells_of(world, new) == {(4, 7), (5, 7), (6, 7)}


def test_a_part_for_anyone_is_a_block_at_the_corner_of_the_road_farthest_from_the_building():
    world = bare_village(I=PlanParcel("I", floor=400.0))
    columns = int(world.grid[0].columns)
    world.cell_built[:] = False
    world.cell_built[9 * columns + 10] = True
    new = split_parcel(world, I, 4, -1, True)
    assert cells_of(world, new) == {(8, 4), (8, 5), (9, 4), (9, 5)}


def test_a_building_is_never_cut():
    world = bare_village()
    place_building(world, B, 1.3 * 400 * 12)
    assert int(world.cell_built.sum()) == 8
    assert split_parcel(world, B, 5, -1, True) == -1
    clear_building(world, B)
    assert split_parcel(world, B, 5, -1, True) >= 0


def test_the_remainder_keeps_its_last_frontage():
    world = bare_village()
    columns = int(world.grid[0].columns)
    world.cell_kind[3 * columns + 4 : 3 * columns + 8] = 2  # green: B now fronts nothing
    world.cell_kind[3 * columns + 4] = ROAD  # ... but one cell
    assert split_parcel(world, B, 2, -1, True) == -1
    assert split_parcel(world, B, 2, C, False) >= 0


def test_a_full_table_is_reported_and_nothing_changes():
    world = bare_village()
    world.counts[0].parcels = world.parcels.size
    before = copy_world(world)
    assert split_parcel(world, I, 3, -1, True) == -1
    assert world.counts[0].full == 3
    world.counts[0].full = 0
    assert same(world, before)


def test_only_neighbours_of_one_owner_merge():
    world = bare_village()
    before = copy_world(world)
    assert not merge_parcels(world, A, C)
    assert not merge_parcels(world, A, A)
    world.parcels[B].owner = 3
    assert not merge_parcels(world, A, B)
    world.parcels[B].owner = before.parcels[B].owner
    assert same(world, before)
    assert merge_parcels(world, A, B)
    assert_map_and_records_agree(world)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, pair=st.sampled_from([(A, B), (B, C), (G, H), (D, F)]))
def test_a_merge_adds_land_floor_and_money_and_averages_quality_by_floor(seed, pair):
    keep, gone = pair
    world = village(seed)
    world.parcels[gone].owner = world.parcels[keep].owner
    a, b = copy_world(world).parcels[[keep, gone]]
    sums = {f: cents(world, f) for f in ("book", "soil_cost", "floor", "area", "asking")}
    assert merge_parcels(world, keep, gone)
    for field, total in sums.items():
        assert cents(world, field) == pytest.approx(total, abs=1)
    merged = world.parcels[keep]
    assert merged.floor * merged.quality == pytest.approx(a.floor * a.quality + b.floor * b.quality)
    assert merged.key not in (a.key, b.key)
    assert_map_and_records_agree(world)


@given(total=st.integers(0, 10**12), whole=st.integers(2, 5_000), data=st.data())
@settings(max_examples=50, deadline=None)
def test_the_largest_remainder_gets_the_odd_cent(total, whole, data):
    part = data.draw(st.integers(1, whole - 1))
    share = share_of(total, part, whole)
    assert abs(share * whole - total * part) * 2 <= whole
    assert share + share_of(total, whole - part, whole) in (total, total - 1)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, parcel=st.integers(0, 7), floor=st.floats(0, 20_000))
def test_a_building_stands_in_one_piece_and_leaves_the_road_side_free(seed, parcel, floor):
    world = village(seed)
    others = world.cell_built & (world.cell_parcel != parcel)
    placed = place_building(world, parcel, floor)
    columns = int(world.grid[0].columns)
    built = {divmod(int(c), columns) for c in np.flatnonzero(world.cell_built & (world.cell_parcel == parcel))}
    assert (others == (world.cell_built & (world.cell_parcel != parcel))).all()
    assert len(built) == placed
    assert pieces(built) == (floor > 0)
    roads = {divmod(int(c), columns) for c in np.flatnonzero(world.cell_kind == ROAD)}
    assert not touches(built, roads)
    behind = {cell for cell in cells_of(world, parcel) if not touches({cell}, roads)}
    assert placed == min(len(behind), max(1, round(floor / 1.3 / 400)) if floor > 0 else 0)


def test_parcels_face_each_other_across_the_road_only():
    world = bare_village()
    out = np.empty(8, np.int64)
    assert out[: facing_parcels(world, A, out)].tolist() == [D]
    assert set(out[: facing_parcels(world, G, out)].tolist()) == {B, I, D}
    assert facing_parcels(world, G, out[:1]) == 1
    assert out[0] == I or out[0] == B


def test_a_big_vacant_site_can_be_sold_in_parts():
    plan = lay_out(LayoutSettings("core", gross_ha=15, firms=20, vacant_site_ha=3.0))
    world, _ = found_park(plan, PARAMETERS, 1, 20)
    site = len(plan.parcels) - 1
    clear_building(world, site)
    assert all(split_parcel(world, site, 10, -1, True) >= 0 for _ in range(4))
    assert_map_and_records_agree(world)
