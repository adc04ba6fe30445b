"""The ground of a park: the way to the exit, segments, descriptions; and all of it the same in a mirror."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.park.founding import found_park, keep_ground
from sim.park.generate import lay_out
from sim.park.lattice import distance_between, name_key, refresh_exits
from sim.park.parcels import split_parcel
from sim.park.plan import LayoutSettings
from sim.records import GREEN, ROAD

from .parks import (
    PARAMETERS,
    VILLAGE,
    assert_map_and_records_agree,
    cells_of,
    mirrored,
    pieces,
    plan_of,
    roads_to_exit,
    seeds,
    village,
)

LAYOUTS = [LayoutSettings("a", gross_ha=9, firms=18), LayoutSettings("b", gross_ha=14, firms=20, vacant_site_ha=2.0)]


def test_the_way_to_the_exit_is_counted_over_roads():
    world = village()
    at = {cell: world.cell_exit[cell[0] * 12 + cell[1]] for cell in [(7, 10), (7, 3), (3, 3), (3, 10), (0, 0)]}
    assert at == {(7, 10): 0.0, (7, 3): 140.0, (3, 3): 220.0, (3, 10): 360.0, (0, 0): np.inf}
    assert world.parcels[5].exit_m == 60.0  # G: its nearest front cell is three from the exit


def test_a_broken_road_cuts_off_what_lies_behind_it():
    world = village()
    world.cell_kind[7 * 12 + 8] = GREEN
    refresh_exits(world)
    assert np.isfinite(world.cell_exit).sum() == len(roads_to_exit(world)) == 2


def test_a_parcel_is_described_by_its_cells():
    world = village()
    c = world.parcels[2]  # C: three rows of three, above the road
    assert (c.cells, c.area, c.frontage) == (9, 3600.0, 60.0)
    assert (c.x, c.y) == (190.0, 170.0)
    assert world.borders[2][: c.n_borders].tolist() == [1]
    assert world.border_m[2][0] == 60.0
    assert distance_between(world, 0, 1) == 80.0
    assert_map_and_records_agree(world)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda s: s.name)
def test_segments_are_stretches_of_public_space_of_the_right_size(layout):
    plan = lay_out(layout)
    world = keep_ground(plan, 300.0)
    public = (world.cell_kind == ROAD) | (world.cell_kind == GREEN)
    assert ((world.cell_segment >= 0) == public).all()
    n = int(world.counts[0].segments)
    columns = int(world.grid[0].columns)
    for s in range(n):
        road = np.flatnonzero((world.cell_segment == s) & (world.cell_kind == ROAD))
        assert pieces({divmod(int(cell), columns) for cell in road}) == 1
    areas = world.segments.area[:n]
    assert np.mean((areas >= 1_000) & (areas <= 2_500)) > 0.6
    assert areas.sum() == public.sum() * plan.cell_m**2
    assert len(set(world.segments.key[:n].tolist())) == n


@pytest.mark.parametrize("plan", [plan_of(VILLAGE), *map(lay_out, LAYOUTS)], ids=lambda p: p.name)
def test_a_mirrored_map_changes_nothing_but_coordinates(plan):
    one, other = (found_park(p, PARAMETERS, 3, 20)[0] for p in (plan, mirrored(plan)))
    width = int(one.grid[0].columns) * one.grid[0].cell_m
    for table in ("parcels", "segments", "companies", "owners"):
        a, b = getattr(one, table), getattr(other, table)
        for field in a.dtype.names:
            if field == "x":
                used = int(getattr(one.counts[0], table))
                np.testing.assert_allclose(a.x[:used], width - b.x[:used], atol=1e-6)
            elif field == "y":
                np.testing.assert_allclose(a.y, b.y, atol=1e-6)
            else:
                assert (a[field] == b[field]).all(), (table, field)
    for member in ("borders", "border_m", "near", "near_weight"):
        assert (getattr(one, member) == getattr(other, member)).all(), member
    shape = (int(one.grid[0].rows), -1)
    for member in ("cell_segment", "cell_exit", "cell_built", "cell_parcel"):
        assert (getattr(one, member).reshape(shape) == getattr(other, member).reshape(shape)[:, ::-1]).all(), member


@settings(max_examples=30, deadline=None)
@given(parcel=st.integers(0, 7), wanted=st.integers(1, 8), toward=st.integers(-1, 7), road=st.booleans(), seed=seeds)
def test_a_mirrored_parcel_is_split_in_mirrored_parts(parcel, wanted, toward, road, seed):
    plan = plan_of(VILLAGE)
    one, other = (found_park(p, PARAMETERS, seed, 20)[0] for p in (plan, mirrored(plan)))
    new, seen = (split_parcel(world, parcel, wanted, toward, road) for world in (one, other))
    assert new == seen
    if new >= 0:
        columns = int(one.grid[0].columns)
        assert cells_of(one, new) == {(row, columns - 1 - column) for row, column in cells_of(other, new)}
        for member in ("borders", "near", "near_weight"):
            assert (getattr(one, member) == getattr(other, member)).all(), member


def test_a_key_depends_on_names_alone():
    assert name_key("park", "parcel", "A") == name_key("park", "parcel", "A")
    assert name_key("park", "parcel", "A") != name_key("park", "company", "A")
    assert name_key("ab", "c") != name_key("a", "bc")
