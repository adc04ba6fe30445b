"""Polygons of parcels are mended, each change told with its place, or left out."""

from __future__ import annotations

import pytest
import shapely

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.grid.repairs import mend, tell_islands
from tests.klaver.importing.subdivisions import parcels

NONE = shapely.Polygon()


def mended(shapes: dict, *, cell_m: float = 10.0, roads=NONE, ground=NONE, stated=False, **columns):
    findings = Findings()
    table = mend(parcels(shapes, **columns), cell_m, roads, ground, findings, stated=stated)
    return table.set_index("name"), findings


def test_sound_parcels_are_left_as_they_are():
    table, findings = mended({"a": shapely.box(0, 0, 50, 50), "b": shapely.box(50, 0, 100, 50)})
    assert len(findings) == 0
    assert table.geometry["a"].equals(shapely.box(0, 0, 50, 50)) and table["in_file"]["b"] == 2500.0


def test_of_two_that_overlap_the_larger_gives_way():
    table, findings = mended({"large": shapely.box(0, 0, 100, 50), "small": shapely.box(90, 0, 120, 50)})
    assert table.geometry["small"].area == 1500 and table.geometry["large"].area == 4500
    assert table["in_file"]["large"] == 5000
    (told,) = findings
    assert (told.level, told.key, told.what) == ("mended", "gridding.overlap", "large")
    assert told.values["area"] == 500 and 90 <= told.where[0] <= 100


def test_an_overlap_below_a_hundredth_of_the_smaller_is_mended_without_a_word():
    table, findings = mended({"a": shapely.box(0, 0, 50.1, 50), "b": shapely.box(50, 0, 99, 50)})
    assert len(findings) == 0
    assert table.geometry["a"].intersection(table.geometry["b"]).area < 1e-6


def test_a_parcel_within_another_stays_and_leaves_a_hole():
    table, _ = mended({"site": shapely.box(0, 0, 100, 100), "plot": shapely.box(40, 40, 60, 60)})
    assert table.geometry["site"].area == 9600 and table.geometry["plot"].area == 400


def test_what_is_drawn_twice_is_kept_once():
    table, findings = mended({"b": shapely.box(0, 0, 50, 50), "a": shapely.box(0, 0, 50, 50.1)})
    assert list(table.index) == ["a"]
    (told,) = findings
    assert (told.level, told.key, told.what, told.values["other"]) == ("left_out", "gridding.twice", "b", "a")


def test_a_sliver_is_left_out_however_long():
    table, findings = mended({"a": shapely.box(0, 0, 300, 50), "strip": shapely.box(0, 50, 300, 51)})
    assert list(table.index) == ["a"]
    assert findings.counts() == {"gridding.sliver": 1}


def test_a_small_hole_with_nothing_in_it_is_filled():
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 55, 55)
    table, findings = mended({"a": ring})
    assert table.geometry["a"].area == 10_000
    assert findings.counts() == {"gridding.hole": 1}


@pytest.mark.parametrize("case", ["parcel", "water", "large", "stated"])
def test_a_hole_that_is_something_stays(case):
    size = 25 if case == "large" else 15
    hole = shapely.box(40, 40, 40 + size, 40 + size)
    shapes = {"a": shapely.box(0, 0, 100, 100) - hole}
    if case == "parcel":
        shapes["b"] = hole
    table, _ = mended(shapes, ground=hole if case == "water" else NONE, stated=case == "stated")
    assert table.geometry["a"].area == 10_000 - size**2


def test_parts_within_a_cell_are_joined_where_nothing_lies_between():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(56, 0, 90, 50)])
    table, findings = mended({"a": parts}, roads=shapely.box(0, -20, 90, -10))
    assert list(table.index) == ["a"] and table.geometry["a"].geom_type == "Polygon"
    assert table.geometry["a"].area == pytest.approx(4500, abs=10)
    assert findings.counts() == {"gridding.parts_joined": 1}


def test_parts_on_both_sides_of_a_road_are_not_joined():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(56, 0, 90, 50)])
    table, findings = mended({"a": parts}, roads=shapely.box(50, -20, 56, 70))
    assert sorted(table.index) == ["a", "a (2)"]
    assert table["part_of"]["a (2)"] == "a" and table["in_file"]["a (2)"] == 34 * 50
    assert findings.counts() == {"gridding.part_apart": 1}


def test_parts_that_touch_only_at_a_corner_are_two():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(50, 50, 90, 90)])
    table, _ = mended({"a": parts}, cell_m=10.0)
    assert all(shape.geom_type == "Polygon" for shape in table.geometry)


def test_a_name_that_is_taken_is_not_given_to_a_part():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(150, 0, 190, 50)])
    table, _ = mended({"a": parts, "a (2)": shapely.box(60, 0, 100, 50)})
    assert sorted(table.index) == ["a", "a (2)", "a (3)"]


def test_a_loose_part_of_less_than_four_cells_is_left_out():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 50, 50), shapely.box(150, 0, 165, 20)])
    table, findings = mended({"a": parts})
    assert list(table.index) == ["a"]
    (told,) = findings
    assert (told.level, told.key, told.values["area"]) == ("left_out", "gridding.small_part", 300)


def test_a_road_through_a_parcel_is_taken_off_it():
    table, findings = mended({"a": shapely.box(0, 0, 200, 100)}, roads=shapely.box(120, -10, 130, 110))
    assert table.geometry["a"].area == 12_000 and table.geometry["a (2)"].area == 7000
    assert findings.counts() == {"gridding.road_over_parcel": 1, "gridding.part_apart": 1}


def test_a_road_that_grazes_a_parcel_leaves_it_whole():
    table, findings = mended({"a": shapely.box(0, 0, 200, 100)}, roads=shapely.box(0, 99.8, 200, 108))
    assert table.geometry["a"].area == 20_000 and len(findings) == 0


def test_a_parcel_under_a_road_altogether_is_left_out_and_told():
    shapes = {"a": shapely.box(0, 0, 50, 50), "b": shapely.box(60, 0, 70, 50)}
    table, findings = mended(shapes, roads=shapely.box(55, -5, 75, 60))
    assert list(table.index) == ["a"]
    assert findings.counts() == {"gridding.road_over_parcel": 1, "gridding.nothing_left": 1}


def test_groups_apart_are_told_and_stay():
    findings = Findings()
    shapes = {"a": shapely.box(0, 0, 50, 50), "b": shapely.box(50, 0, 100, 50), "c": shapely.box(400, 0, 450, 50)}
    table = tell_islands(parcels(shapes), findings)
    assert len(table) == 3
    (told,) = findings
    assert (told.level, told.key, told.what, told.values["distance"]) == ("note", "gridding.island", "c", 300)


def test_a_small_group_kilometres_away_is_left_out():
    findings = Findings()
    shapes = {f"p{n}": shapely.box(60 * n, 0, 60 * n + 50, 50) for n in range(12)}
    table = tell_islands(parcels({**shapes, "stray": shapely.box(9_000, 0, 9_050, 50)}), findings)
    assert len(table) == 12
    assert [(finding.level, finding.what) for finding in findings] == [("left_out", "stray")]


def test_thousands_of_shapes_over_one_another_are_refused_and_not_taken_apart():
    shapes = {f"p{n}": shapely.box(n, n, n + 2_000, n + 2_000) for n in range(1_500)}
    with pytest.raises(CannotImport, match="overlap"):
        mended(shapes)
