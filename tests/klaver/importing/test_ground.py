"""Roads, green and water from layers or inferred; exits; and a way from every parcel to a road."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from shapely import affinity

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.grid.cells import Lattice, cover, pieces
from klaver.importing.grid.gridding import lay_on_grid
from klaver.importing.layers import Layers
from sim.park.ascii_map import check_lattice
from sim.records import GREEN, OUTSIDE, ROAD, WATER
from tests.klaver.importing.subdivisions import RD, layer, parcels


def lay(layers: Layers, cell_m: float | None = 10.0):
    findings = Findings()
    grid = lay_on_grid(layers, cell_m=cell_m, findings=findings)
    assert check_lattice(grid.kind, grid.parcel_of, grid.names, grid.exits, grid.enclaves) == []
    return grid, findings


def at(grid, x: float, y: float) -> int:
    return int(grid.kind[int((grid.north - y) // grid.cell_m), int((x - grid.west) // grid.cell_m)])


def two_rows(road_m: float = 12.0, number: int = 5) -> dict:
    """Return two rows of parcels of 40 by 60 m with a strip between them from y = 0 up."""
    return {f"{row}{n}": shapely.box(40 * n, y, 40 * n + 40, y + 60) for row, y in (("south", -60.0), ("north", road_m))
            for n in range(number)}  # fmt: skip


# --- shares of cells -------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(3, 400))
def test_shares_of_cells_add_up_to_the_area_of_the_polygon(seed, corners):
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    far = rng.uniform(5, 90, corners)
    shape = shapely.make_valid(shapely.Polygon(np.column_stack([far * np.cos(turn), far * np.sin(turn)])))
    lattice = Lattice(-103.0, 101.0, 7.0, 30, 30)
    covered = cover(np.array([shape, shapely.box(-50, -50, 50, 50)], dtype=object), lattice)
    area = np.bincount(covered.shape, covered.share, 2) * lattice.area
    assert area[0] == pytest.approx(shape.area, abs=0.01 * lattice.area * 4)
    assert area[1] == pytest.approx(10_000, abs=1)
    assert np.all((covered.share > 0) & (covered.share <= 1))


def test_what_lies_beyond_the_cells_does_not_count():
    covered = cover(np.array([shapely.box(-500, -500, 500, 500)], dtype=object), Lattice(0.0, 30.0, 10.0, 3, 2))
    assert sorted(covered.cell) == list(range(6)) and np.all(covered.share == 1)


@given(st.integers(0, 10**6))
def test_pieces_are_those_of_scipy(seed):
    of = np.random.default_rng(seed).integers(-1, 3, (9, 11))
    found = pieces(of)
    for value in range(3):
        expected, number = label(of == value)
        pairs = {(int(a), int(b)) for a, b in zip(expected[of == value], found[of == value], strict=True)}
        assert len(pairs) == number == len({b for _, b in pairs})
    assert np.all(found[of < 0] == -1)


# --- roads of the files ----------------------------------------------------------------------------------------------


def test_a_line_becomes_a_road_of_its_width():
    road = layer(shapely.LineString([(-40, 10), (240, 10)]), width=[20.0])
    grid, _ = lay(Layers(RD, parcels(two_rows(20.0)), roads=road))
    assert not grid.enclaves and at(grid, 100, 5) == at(grid, 100, 15) == ROAD
    assert grid.areas["error"].abs().max() < 0.05


@pytest.mark.parametrize("cell_m", [10.0, 15.0, 20.0, 25.0])
@pytest.mark.parametrize("bend", [[(-40, 6), (240, 6)], [(-40, 5), (100, 8), (240, 4)]])
def test_a_road_narrower_than_a_cell_hangs_together(cell_m, bend):
    grid, findings = lay(Layers(RD, parcels(two_rows(12.0)), roads=layer(shapely.LineString(bend), width=[5.0])), cell_m)
    road = pieces(np.where(grid.kind == ROAD, 0, -1))
    assert len(np.unique(road[road >= 0])) == 1
    assert not grid.enclaves and len(grid.names) == 10
    if cell_m >= 20.0:
        assert findings.counts()["gridding.roads_joined"] == 1


def test_a_crossing_of_narrow_roads_keeps_its_four_arms():
    shapes = {f"{x}{y}": shapely.box(x * 74 + 7, y * 74 + 7, x * 74 + 67, y * 74 + 67) for x in (0, 1) for y in (0, 1)}
    lines = layer(shapely.LineString([(74, -20), (74, 168)]), shapely.LineString([(-20, 74), (168, 74)]))
    grid, _ = lay(Layers(RD, parcels(shapes), roads=lines), 20.0)
    assert not grid.enclaves and len(grid.exits) == 4


def test_a_parcel_that_a_road_covers_is_road():
    shapes = {**two_rows(), "street": shapely.box(0, 0, 200, 12)}
    grid, findings = lay(Layers(RD, parcels(shapes), roads=layer(shapely.box(-40, 2, 240, 11))))
    assert "street" not in grid.names
    assert findings.counts()["gridding.parcel_is_road"] == 1


def test_a_parcel_under_a_road_with_a_building_on_it_stays_a_parcel():
    shapes = {**two_rows(), "kiosk": shapely.box(0, 0, 200, 12)}
    layers = Layers(RD, parcels(shapes), roads=layer(shapely.box(-40, 0, 240, 8)), buildings=layer(shapely.box(50, 8, 80, 12)))
    grid, findings = lay(layers, 5.0)
    assert "kiosk" in grid.names and findings.counts()["gridding.parcel_is_road"] == 0


def test_a_parcel_that_a_line_runs_along_is_road():
    shapes = {**two_rows(), "street": shapely.box(0, 0, 200, 12)}
    grid, findings = lay(Layers(RD, parcels(shapes), roads=layer(shapely.LineString([(-40, 6), (240, 6)]))))
    assert "street" not in grid.names and findings.counts()["gridding.parcel_is_road"] == 1
    assert at(grid, 100, 6) == ROAD


def test_a_line_along_the_side_of_parcels_takes_nothing_of_them():
    shapes = two_rows(12.0)
    grid, findings = lay(Layers(RD, parcels(shapes), roads=layer(shapely.LineString([(-40, 1), (240, 1)]), width=[10.0])))
    assert findings.counts()["gridding.road_over_parcel"] == 0
    assert grid.areas["mended"].to_numpy() == pytest.approx(grid.areas["in_file"].to_numpy())


def test_rows_whose_use_is_ground_are_no_parcels():
    shapes = {**two_rows(), "street": shapely.box(0, 0, 200, 12), "pond": shapely.box(0, -100, 200, -60)}
    uses = [None] * 10 + ["road", "water"]
    grid, _ = lay(Layers(RD, parcels(shapes, use=uses), green=layer(shapely.box(0, 72, 200, 112))))
    assert len(grid.names) == 10 and "roads" not in grid.inferred and "green" not in grid.inferred
    assert (at(grid, 100, 6), at(grid, 100, -80), at(grid, 100, 92)) == (ROAD, WATER, GREEN)


def test_roads_far_beyond_the_parcels_do_not_make_the_map_larger():
    grid, _ = lay(Layers(RD, parcels(two_rows()), roads=layer(shapely.LineString([(-9_000, 6), (9_000, 6)]))))
    assert grid.kind.shape[1] < 35 and len(grid.exits) == 2


# --- roads inferred --------------------------------------------------------------------------------------------------


def test_the_strip_between_parcels_becomes_a_road():
    grid, findings = lay(Layers(RD, parcels(two_rows(12.0))))
    assert {"roads", "exits", "boundary"} <= grid.inferred
    assert not grid.enclaves and at(grid, 100, 6) == ROAD
    assert findings.counts()["gridding.roads_inferred"] == 1
    assert len(grid.exits) == 2


def test_a_long_thin_parcel_becomes_the_road_where_there_is_no_other():
    shapes = {**two_rows(12.0), "4711": shapely.box(0, 0, 200, 12)}
    grid, findings = lay(Layers(RD, parcels(shapes)))
    assert "4711" not in grid.names and not grid.enclaves
    (told,) = [finding for finding in findings if finding.key == "gridding.thin_parcel_is_road"]
    assert told.level == "assumed" and told.what == "4711"


@pytest.mark.parametrize("used", ["building", "company", "point", "floor"])
def test_a_thin_parcel_that_is_used_is_no_road(used):
    shapes = {**two_rows(12.0), "4711": shapely.box(0, 0, 200, 12)}
    layers = Layers(RD, parcels(shapes, **({"floor": [np.nan] * 10 + [300.0]} if used == "floor" else {})))
    if used == "building":
        layers.buildings = layer(shapely.box(20, 2, 60, 10))
    if used == "company":
        layers.companies = pd.DataFrame({"name": ["maker"], "parcel": ["4711"]})
    if used == "point":
        layers.companies = pd.DataFrame({"name": ["maker"], "x": [100.0], "y": [5.0]})
    with pytest.raises(CannotImport, match="Give a layer of roads"):
        lay(layers)


def test_parcels_without_room_between_them_are_refused_and_told_which_layer_helps():
    shapes = {f"p{n}": shapely.box(50 * n, 0, 50 * n + 50, 50) for n in range(4)}
    with pytest.raises(CannotImport, match="no room between the parcels") as refused:
        lay(Layers(RD, parcels(shapes)))
    assert refused.value.findings[0].key == "gridding.no_road"


def test_a_boundary_makes_the_strip_outside_the_parcels_road_and_the_field_green():
    shapes = {f"p{n}": shapely.box(50 * n, 0, 50 * n + 50, 50) for n in range(4)}
    boundary = layer(shapely.union_all([shapely.box(0, -15, 200, 50), shapely.box(0, 50, 100, 200)]))
    grid, _ = lay(Layers(RD, parcels(shapes), boundary=boundary), 5.0)
    assert not grid.enclaves and "boundary" not in grid.inferred
    assert at(grid, 100, -7) == ROAD and at(grid, 50, 120) == GREEN and at(grid, 150, 120) == OUTSIDE


def test_a_wide_rim_within_the_boundary_is_green_where_a_street_serves_the_parcels():
    boundary = layer(shapely.box(-30, -90, 230, 102))
    grid, _ = lay(Layers(RD, parcels(two_rows(12.0)), boundary=boundary))
    assert not grid.enclaves and at(grid, 100, 6) == ROAD
    assert at(grid, -15, -40) == at(grid, 100, 90) == GREEN


def test_a_second_inferred_street_gets_an_exit_where_it_ends_in_the_green():
    more = {f"far {name}": affinity.translate(shape, 0, 300) for name, shape in two_rows().items()}
    boundary = layer(shapely.box(-40, -100, 240, 412))
    layers = Layers(RD, parcels({**two_rows(), **more}), boundary=boundary, exits=layer(shapely.Point(0, 6)))
    grid, findings = lay(layers)
    assert not grid.enclaves and findings.counts()["gridding.exit_added"] == 1


def test_an_inferred_yard_among_parcels_gets_no_exit():
    yard = shapely.box(60, 160, 140, 172)
    block = {"a": shapely.box(0, 72, 100, 260) - yard, "b": shapely.box(100, 72, 200, 260) - yard}
    shapes = two_rows() | {"inner": shapely.box(70, 172, 130, 200)}
    block = {name: shape - shapes["inner"] for name, shape in block.items()}
    grid, findings = lay(Layers(RD, parcels({**shapes, **block})))
    assert "inner" in grid.enclaves and findings.counts()["gridding.exit_added"] == 0


# --- exits -----------------------------------------------------------------------------------------------------------


def street(**more) -> Layers:
    return Layers(RD, parcels(two_rows()), roads=layer(shapely.box(-20, 0, 220, 12)), **more)


def test_exits_of_the_file_are_kept_where_a_road_is():
    grid, findings = lay(street(exits=layer(shapely.Point(-18, 6), shapely.Point(300, 300))))
    assert len(grid.exits) == 1 and grid.exits[0][1] <= 3 and "exits" not in grid.inferred
    (told,) = [finding for finding in findings if finding.key == "gridding.exit_without_road"]
    assert told.where == (300.0, 300.0)


def test_a_road_that_ends_within_the_map_gets_its_exit_where_it_leaves_the_parcels():
    grid, findings = lay(street())
    assert len(grid.exits) == 2 and "exits" in grid.inferred
    assert findings.counts()["gridding.exits_at_edge"] == 1


def test_an_enclosed_road_gets_one_exit_nearest_to_the_outside():
    ring = shapely.box(0, 0, 200, 200)
    yard = shapely.box(60, 60, 140, 80)
    shapes = {"a": shapely.box(0, 0, 100, 200) - yard, "b": shapely.box(100, 0, 200, 200) - yard}
    grid, findings = lay(Layers(RD, parcels(shapes), roads=layer(yard)))
    assert ring.area and len(grid.exits) == 1 and findings.counts()["gridding.exit_nearest"] == 1


def test_roads_that_do_not_hang_together_each_get_an_exit():
    shapes = {**two_rows(), "apart": shapely.box(0, 100, 200, 140)}
    roads = layer(shapely.box(-20, 0, 220, 12), shapely.box(0, 140, 200, 152))
    exits = layer(shapely.Point(-15, 6))
    grid, findings = lay(Layers(RD, parcels(shapes), roads=roads, exits=exits))
    assert len(grid.exits) == 2 and not grid.enclaves
    assert findings.counts()["gridding.exit_added"] == 1


# --- access ----------------------------------------------------------------------------------------------------------


def test_a_parcel_behind_a_verge_gets_a_way():
    shapes = {**two_rows(), "behind": shapely.box(-70, 0, -40, 40)}
    grid, findings = lay(street(), 10.0)
    assert not grid.enclaves and findings.counts()["gridding.way_made"] == 0
    layers = Layers(RD, parcels(shapes), roads=layer(shapely.box(-10, 0, 220, 12)), exits=layer(shapely.Point(215, 6)))
    grid, findings = lay(layers)
    (told,) = [finding for finding in findings if finding.key == "gridding.way_made"]
    assert told.what == "behind" and told.values["length"] == 30 and not grid.enclaves


def test_a_strip_to_the_road_narrower_than_a_cell_gives_access():
    flag = shapely.union_all([shapely.box(0, 72, 80, 112), shapely.box(38, 12, 42, 72)])
    shapes = two_rows() | {"north0": shapely.box(0, 12, 38, 72), "north1": shapely.box(42, 12, 80, 72), "flag": flag}
    grid, _ = lay(Layers(RD, parcels(shapes), roads=layer(shapely.box(-20, 0, 220, 12))), 20.0)
    assert "flag" in grid.names and "flag" not in grid.enclaves


def test_a_parcel_behind_others_becomes_an_enclave_with_a_note():
    shapes = {**two_rows(), "back": shapely.box(0, 72, 200, 132)}
    grid, findings = lay(Layers(RD, parcels(shapes), roads=layer(shapely.box(-20, 0, 220, 12))))
    assert grid.enclaves == {"back"}
    (told,) = [finding for finding in findings if finding.key == "gridding.enclave"]
    assert told.what == "back" and told.where is not None


def test_what_the_file_calls_an_enclave_gets_no_way_and_no_note():
    shapes = {**two_rows(), "behind": shapely.box(-70, 0, -40, 40)}
    table = parcels(shapes, enclave=[None] * 10 + [True])
    grid, findings = lay(Layers(RD, table, roads=layer(shapely.box(-10, 0, 220, 12)), exits=layer(shapely.Point(215, 6))))
    assert grid.enclaves == {"behind"}
    assert findings.counts()["gridding.way_made"] == findings.counts()["gridding.enclave"] == 0


def test_no_access_for_most_parcels_is_refused():
    shapes = {f"p{x}{y}": shapely.box(50 * x, 50 * y, 50 * x + 50, 50 * y + 50) for x in range(5) for y in range(5)}
    with pytest.raises(CannotImport, match="20 do not lie on a road"):
        lay(Layers(RD, parcels(shapes), roads=layer(shapely.box(-20, -12, 270, 0))))


def test_no_road_is_made_through_water():
    shapes = {**two_rows(), "isle": shapely.box(-70, 0, -40, 40)}
    layers = Layers(RD, parcels(shapes), roads=layer(shapely.box(-10, 0, 220, 12)), exits=layer(shapely.Point(215, 6)))
    layers.water = layer(shapely.box(-100, -40, -10, 80) - shapes["isle"])
    grid, _ = lay(layers)
    assert grid.enclaves == {"isle"}


def test_layers_without_rows_are_as_no_layers():
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=RD)
    grid, _ = lay(Layers(RD, parcels(two_rows()), roads=empty, green=empty, water=empty, exits=empty, buildings=empty))
    assert "roads" in grid.inferred and not grid.enclaves
