"""Folders of files become layers of one park: the forms of Dutch open data, systems of coordinates, broken and bad files."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.layers import Layers
from klaver.importing.reading.files import Limits, read_folder
from klaver.language import ImportLanguage
from tests.klaver.importing import hostile
from tests.klaver.importing.dutch_forms import (
    STREET,
    ibis,
    plots,
    write_bag,
    write_bgt,
    write_ibis,
    write_kadaster,
    write_lisa_csv,
    write_lisa_xlsx,
    write_park,
)


def read(place: Path | None, **options: Any) -> tuple[Layers, Findings]:
    findings = Findings()
    layers = read_folder(place, findings=findings, **options)
    for finding in findings:  # every finding can be told in both languages
        assert finding.told(ImportLanguage("nl")) and finding.told(ImportLanguage("en"))
    return layers, findings


def why_refused(place: Path | None, **options: Any) -> list[str]:
    with pytest.raises(CannotImport) as problem:
        read(place, **options)
    assert all(problem.value.told(ImportLanguage("nl")))
    return [finding.key.removeprefix("reading.") for finding in problem.value.findings]


def saved(frame: gpd.GeoDataFrame, path: Path) -> Path:
    frame.to_file(path)
    return path


def areas(layers: Layers) -> list[float]:
    return [round(area) for area in layers.parcels.area]


# --- a whole park ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("companies", ["csv", "xlsx"])
def test_a_folder_of_dutch_open_data_is_understood_without_a_word_of_help(tmp_path: Path, companies: str) -> None:
    layers, findings = read(write_park(tmp_path / "park", companies=companies))
    assert {(source.role, source.form) for source in layers.sources} == {
        ("parcels", "Kadaster perceel"), ("buildings", "BAG pand"), ("addresses", "BAG verblijfsobject"),
        ("roads", "BGT wegdeel"), ("water", "BGT waterdeel"), ("boundary", "IBIS"), ("companies", "LISA")}  # fmt: skip
    assert layers.crs.to_epsg() == 28992
    assert layers.parcels["name"].tolist() == [f"S {1201 + at}" for at in range(12)]
    assert areas(layers) == [4000] * 12
    assert layers.buildings is not None and layers.buildings["built"].tolist()[:2] == [1978.0, 1981.0]
    assert layers.addresses is not None and layers.addresses["number"].tolist()[1:4] == ["4", "6A", "8-2"]
    assert len(layers.addresses) == 9, "the unit that was withdrawn is not there"
    assert layers.roads is not None and len(layers.roads) == 1, "the railway is no road"
    firms = layers.companies
    assert firms is not None and firms["name"].tolist()[1] == "Synthetisch bedrijf 2 – Café"
    assert firms["jobs"].tolist()[:2] == [4.5, 8.5] and firms["turnover"].tolist()[0] == 1_001_000.0
    assert firms["tenant"].tolist()[:3] == [False, False, True] and firms["street"][0] == STREET
    points = gpd.GeoSeries(gpd.points_from_xy(firms["x"], firms["y"]), crs=layers.crs)
    assert layers.parcels.geometry.iloc[:10].contains(points).all(), "companies lie where their coordinates say"
    assert not findings.of("refused")


def test_an_archive_gives_what_its_folder_gives(tmp_path: Path) -> None:
    folder = write_park(tmp_path / "park")
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    plain, packed = read(folder)[0], read(archive)[0]
    assert plain.parcels.equals(packed.parcels) and plain.companies is not None and plain.companies.equals(packed.companies)


def test_every_column_is_either_used_or_named_as_unused(tmp_path: Path) -> None:
    layers, _ = read(write_park(tmp_path / "park"))
    for source in layers.sources:
        assert not set(source.columns.values()) & set(source.unused)
        assert source.sha256 and source.rows > 0
    kadaster = next(source for source in layers.sources if source.role == "parcels")
    assert "kadastrale_grootte_waarde" in kadaster.unused and kadaster.columns["section"] == "sectie"


def test_a_work_site_without_parcels_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    assert why_refused(write_ibis(tmp_path)) == ["only_work_sites"]


def test_parcels_outside_the_work_site_are_left_out_and_counted(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    half = ibis()
    half.geometry = [box(*plots()[6].shape.bounds).union(box(*plots()[11].shape.bounds)).envelope]
    half.to_file(tmp_path / "ibis.gpkg")
    layers, findings = read(tmp_path)
    assert layers.parcels["name"].tolist() == [f"S {number}" for number in range(1207, 1213)]
    assert [finding.values["n"] for finding in findings if finding.key == "reading.outside_boundary"] == [6]


def test_files_named_one_by_one_need_no_telling_names(tmp_path: Path) -> None:
    one = saved(hostile.squares().rename(columns={"kavel": "k"}), tmp_path / "a1.geojson")
    two = write_lisa_csv(tmp_path).rename(tmp_path / "b2.csv")
    layers, _ = read(None, parcels=one, companies=two)
    assert len(layers.parcels) == 12 and layers.companies is not None and len(layers.companies) == 10


def test_a_file_named_for_a_role_goes_before_what_the_folder_has(tmp_path: Path) -> None:
    folder = write_park(tmp_path / "park")
    own = saved(hostile.squares().iloc[:3], tmp_path / "own.geojson")
    layers, _ = read(folder, parcels=own)
    assert layers.parcels["name"].tolist() == ["k0", "k1", "k2"]


def test_a_file_of_the_wrong_kind_for_its_role_is_refused(tmp_path: Path) -> None:
    assert why_refused(None, parcels=write_lisa_csv(tmp_path)) == ["not_for_role"]


def test_of_a_file_with_several_layers_the_one_meant_must_show(tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    hostile.squares().rename(columns={"kavel": "k"}).to_file(path, layer="laag 1")
    hostile.squares().rename(columns={"kavel": "k"}).iloc[:4].to_file(path, layer="laag 2")
    assert why_refused(None, parcels=path) == ["which_layer"]
    mapping = tmp_path / "mapping.toml"
    text = '[files]\nparcels = "all.gpkg:laag 2"\n[parcels]\nname = "k"\n[sectors]\n"46" = "logistics"\n'
    mapping.write_text(text, encoding="utf-8")
    layers, _ = read(path, mapping=mapping)
    assert layers.parcels["name"].tolist() == ["k0", "k1", "k2", "k3"]
    assert layers.settings["sectors"] == {"46": "logistics"}


def test_a_mapping_of_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[files]\nparcels = "other.gpkg"\n', encoding="utf-8")
    assert "mapping_no_file" in why_refused(write_park(tmp_path / "park"), mapping=mapping)


def test_the_only_layer_of_polygons_is_taken_for_the_parcels_and_said(tmp_path: Path) -> None:
    layers, findings = read(saved(hostile.squares().rename(columns={"kavel": "foo"}), tmp_path / "export.geojson"))
    assert len(layers.parcels) == 12
    assert "reading.taken_for_parcels" in findings.counts()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert why_refused(tmp_path) == ["no_parcels"]
    assert why_refused(tmp_path / "nowhere") == ["not_there"]


def test_far_away_roads_are_not_kept(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    lines = [LineString([(x, 513_086), (x + 300, 513_086)]) for x in (229_000, 240_000)]
    roads = gpd.GeoDataFrame({"breedte": ["6,5", "5"]}, geometry=lines, crs="EPSG:28992")
    layers, _ = read(saved(roads, tmp_path / "wegen.gpkg").parent)
    assert layers.roads is not None and layers.roads["width"].tolist() == [6.5]


# --- our own form ----------------------------------------------------------------------------------------------------


def exchanged(path: Path) -> Path:
    shapes = [plot.shape for plot in plots()[:2]]
    parcels = gpd.GeoDataFrame({"name": ["a", "b"], "floor": [900.0, None], "vacant": [None, True], "assumed": ["floor", None]},
                               geometry=shapes, crs="EPSG:28992")  # fmt: skip
    ground = gpd.GeoDataFrame({"kind": ["road", "green", "water"]}, crs="EPSG:28992",
                              geometry=[box(229_000, 513_080, 229_100, 513_092), box(229_000, 513_172, 229_100, 513_180),
                                        box(229_000, 512_980, 229_100, 513_000)])  # fmt: skip
    exits = gpd.GeoDataFrame({"name": ["e"]}, geometry=[Point(229_000, 513_086)], crs="EPSG:28992")
    parcels.to_file(path, layer="parcels")
    ground.to_file(path, layer="ground")
    exits.to_file(path, layer="exits")
    for name, table in {
        "companies": pd.DataFrame({"name": ["f"], "parcel": ["a"], "sector": ["logistics"], "jobs": [12.0], "tenant": [True]}),
        "owners": pd.DataFrame({"name": ["o"], "kind": ["investor"], "willing": [False]}),
        "settings": pd.DataFrame({"key": ["cell_m", "title", "evil"], "value": ["10", '{"nl": "Proef", "en": "Trial"}', "1"]}),
    }.items():
        pyogrio.write_dataframe(table, path, layer=name)
    return path


def test_our_own_form_comes_back_as_it_was(tmp_path: Path) -> None:
    layers, findings = read(exchanged(tmp_path / "park.gpkg"))
    assert layers.settings == {"cell_m": 10, "title": {"nl": "Proef", "en": "Trial"}}
    assert [finding.values["key_name"] for finding in findings if finding.key == "reading.setting_unknown"] == ["evil"]
    assert layers.parcels["assumed"].tolist() == ["floor", None] and layers.parcels["vacant"].tolist() == [None, True]
    for role in (layers.roads, layers.green, layers.water, layers.exits):
        assert role is not None and len(role) == 1
    firms = layers.companies
    assert firms is not None
    assert firms.loc[0, ["name", "parcel", "sector", "jobs", "tenant"]].tolist() == ["f", "a", "logistics", 12.0, True]
    assert layers.owners is not None and layers.owners.loc[0, ["name", "kind", "willing"]].tolist() == ["o", "investor", False]


# --- coordinates -----------------------------------------------------------------------------------------------------


def swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=frame.crs)


def without_system(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_crs(None, allow_override=True)


def test_degrees_come_out_in_rd_within_a_metre(tmp_path: Path) -> None:
    layers, _ = read(saved(hostile.squares().to_crs("EPSG:4326"), tmp_path / "kavels.geojson"))
    assert layers.crs.to_epsg() == 28992
    np.testing.assert_allclose(layers.parcels.total_bounds, hostile.squares().total_bounds, atol=1.0)


def test_a_file_without_a_system_in_rd_is_taken_for_rd_and_said(tmp_path: Path) -> None:
    layers, findings = read(saved(without_system(hostile.squares()), tmp_path / "kavels.shp"))
    assert areas(layers) == [4000] * 12
    assert [finding.level for finding in findings if finding.key == "reading.crs_assumed"] == ["assumed"]


def test_a_geojson_in_rd_that_does_not_say_so_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "kavels.geojson"
    rows = (hostile.feature(hostile.ring(229_000 + 50 * at, 513_000)) for at in range(3))
    path.write_text(hostile.collection(rows), "utf-8")
    layers, findings = read(path)
    assert areas(layers) == [1600] * 3 and "reading.crs_assumed" in findings.counts()


def test_a_file_whose_system_does_not_show_is_refused_until_it_is_given(tmp_path: Path) -> None:
    moved = hostile.squares()
    path = saved(without_system(moved.set_geometry(moved.translate(300_000, 4_000_000))), tmp_path / "kavels.shp")
    assert why_refused(path) == ["no_crs"]
    layers, _ = read(path, crs="EPSG:32632")
    assert layers.crs.to_epsg() == 32632


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:28992"])
def test_swapped_coordinates_are_exchanged_and_said(tmp_path: Path, crs: str) -> None:
    layers, findings = read(saved(swapped(hostile.squares().to_crs(crs)), tmp_path / "kavels.gpkg"))
    np.testing.assert_allclose(layers.parcels.total_bounds, hostile.squares().total_bounds, atol=1.0)
    assert [finding.level for finding in findings if finding.key == "reading.swapped"] == ["mended"]


def test_swapped_degrees_in_a_geojson_are_exchanged_too(tmp_path: Path) -> None:
    layers, findings = read(saved(swapped(hostile.squares().to_crs("EPSG:4326")), tmp_path / "kavels.geojson"))
    np.testing.assert_allclose(layers.parcels.total_bounds, hostile.squares().total_bounds, atol=1.0)
    assert "reading.swapped" in findings.counts()


def test_degrees_in_a_file_that_says_rd_are_refused_with_the_reason(tmp_path: Path) -> None:
    wrong = hostile.squares().to_crs("EPSG:4326").set_crs("EPSG:28992", allow_override=True)
    path = saved(wrong, tmp_path / "kavels.gpkg")
    assert why_refused(path) == ["degrees_in_metres"]
    layers, _ = read(path, crs="EPSG:4326")
    np.testing.assert_allclose(layers.parcels.total_bounds, hostile.squares().total_bounds, atol=1.0)


def test_metres_in_a_file_that_says_degrees_are_refused(tmp_path: Path) -> None:
    wrong = hostile.squares().set_crs("EPSG:4326", allow_override=True)
    assert why_refused(saved(wrong, tmp_path / "kavels.gpkg")) == ["metres_in_degrees"]


def test_a_park_elsewhere_comes_out_in_its_utm_zone(tmp_path: Path) -> None:
    degrees = gpd.GeoDataFrame({"kavel": ["a"]}, geometry=[box(10.0, 60.0, 10.001, 60.001)], crs="EPSG:4326")
    layers, _ = read(saved(degrees, tmp_path / "plots.geojson"))
    assert layers.crs.to_epsg() == 32632
    mercator = saved(degrees.to_crs("EPSG:3857"), tmp_path / "plots.gpkg")
    assert read(mercator)[0].crs.to_epsg() == 32632, "web mercator is not true to size"
    assert abs(read(mercator)[0].parcels.area.iloc[0] - layers.parcels.area.iloc[0]) < 1.0


def test_a_system_with_heights_is_read_without_them(tmp_path: Path) -> None:
    raised = hostile.squares()
    raised = raised.set_geometry(shapely.force_3d(raised.geometry.to_numpy(), 3.0), crs="EPSG:7415")
    layers, _ = read(saved(raised, tmp_path / "kavels.gpkg"))
    assert layers.crs.to_epsg() == 28992 and not layers.parcels.has_z.any()


@pytest.mark.parametrize(
    "options", [{"crs": "EPSG:999999"}, {"crs": "here"}, {"target_crs": "nonsense"}, {"target_crs": "EPSG:4326"}]
)
def test_a_system_that_is_none_or_not_in_metres_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    assert why_refused(write_kadaster(tmp_path), **options)[0] in ("unknown_crs", "target_not_metres")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("rd_x;rd_y", "229025,5;513132,5"), ("X;Y", "229.025;513.132"), ("lon;lat", "{lon};{lat}"),
        ("lat;lon", "{lat};{lon}"), ("x;y", "513132;229025"), ("longitude;latitude", "{lat};{lon}"),
    ],
)  # fmt: skip
def test_companies_are_placed_whatever_their_coordinates_are_in(tmp_path: Path, header: str, cells: str) -> None:
    write_kadaster(tmp_path)
    degrees = gpd.GeoSeries([Point(229_025, 513_132)], crs="EPSG:28992").to_crs("EPSG:4326").iloc[0]
    row = cells.format(lon=f"{degrees.x:.6f}", lat=f"{degrees.y:.6f}")
    (tmp_path / "bedrijven.csv").write_text(f"naam;{header}\na;{row}\nb;;\n", encoding="utf-8")
    layers, _ = read(tmp_path)
    assert layers.companies is not None
    assert abs(layers.companies["x"][0] - 229_025) < 2 and abs(layers.companies["y"][0] - 513_132) < 2
    assert layers.companies[["x", "y"]].iloc[1].isna().all()


def test_coordinates_of_companies_that_lie_nowhere_do_not_cost_the_list(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    (tmp_path / "bedrijven.csv").write_text("naam;x;y;banen\na;9999999;8888888;3\n", encoding="utf-8")
    layers, findings = read(tmp_path)
    assert layers.companies is not None and layers.companies["jobs"].tolist() == [3.0]
    assert "reading.points_nowhere" in findings.counts()


def test_companies_can_be_a_layer_of_points(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    firms = gpd.GeoDataFrame({"naam": ["a"], "sbi": ["2511"]}, geometry=[Point(229_025, 513_132)], crs="EPSG:28992")
    layers, _ = read(saved(firms.to_crs("EPSG:4326"), tmp_path / "bedrijven.geojson").parent)
    assert layers.companies is not None and abs(layers.companies["x"][0] - 229_025) < 1


# --- geometry --------------------------------------------------------------------------------------------------------


def test_points_and_lines_among_the_parcels_are_left_out_with_a_place(tmp_path: Path) -> None:
    shapes = [*hostile.squares().geometry[:3], Point(229_010, 513_010), LineString([(229_000, 513_000), (229_100, 513_000)])]
    layers, findings = read(saved(hostile.kavels(shapes), tmp_path / "kavels.gpkg"))
    assert layers.parcels["name"].tolist() == ["k0", "k1", "k2"]
    (finding,) = [one for one in findings if one.key.startswith("reading.no_area")]
    assert finding.values["n"] == 2 and finding.where == (229_010.0, 513_010.0)


def test_an_outline_that_crosses_itself_is_mended_and_its_place_told(tmp_path: Path) -> None:
    bow = Polygon([(229_000, 513_000), (229_100, 513_100), (229_100, 513_000), (229_000, 513_100)])
    layers, findings = read(saved(hostile.kavels([*hostile.squares().geometry[:3], bow]), tmp_path / "kavels.gpkg"))
    assert layers.parcels.is_valid.all() and areas(layers)[3] == 5000
    (finding,) = [one for one in findings if one.key == "reading.invalid_shape"]
    assert finding.values["row"] == 4 and finding.where is not None and shapely.Point(finding.where).distance(bow) < 1


def test_what_has_no_area_or_no_shape_is_left_out(tmp_path: Path) -> None:
    flat = Polygon([(229_000, 513_000), (229_050, 513_000), (229_100, 513_000), (229_000, 513_000)])
    shapes = [*hostile.squares().geometry[:3], flat, None, Polygon()]
    layers, findings = read(saved(hostile.kavels(shapes), tmp_path / "kavels.gpkg"))
    assert len(layers.parcels) == 3
    assert findings.counts()["reading.nothing_left"] == 1
    assert [one.values["n"] for one in findings if one.key == "reading.no_shape"] == [2]


def test_a_shape_that_is_there_twice_is_kept_once_wherever_it_begins(tmp_path: Path) -> None:
    first, second = hostile.squares().geometry[:2]
    turned = Polygon([*first.exterior.coords[2:-1], *first.exterior.coords[:3]])
    layers, findings = read(saved(hostile.kavels([first, second, turned]), tmp_path / "kavels.gpkg"))
    assert layers.parcels["name"].tolist() == ["k0", "k1"]
    assert findings.counts()["reading.shape_twice"] == 1


def test_parcels_of_several_parts_stay_whole(tmp_path: Path) -> None:
    first, second = hostile.squares().geometry.iloc[0], hostile.squares().geometry.iloc[2]
    layers, _ = read(saved(hostile.kavels([MultiPolygon([first, second])]), tmp_path / "kavels.gpkg"))
    assert areas(layers) == [8000]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_coordinates_that_are_no_number_or_lie_nowhere_are_refused(tmp_path: Path, value: float) -> None:
    ring = np.array(hostile.ring(229_000, 513_000))
    ring[2] = (value, 513_040)
    shapes = [*hostile.squares().geometry[:3], Polygon(ring)]
    assert why_refused(saved(hostile.kavels(shapes), tmp_path / "kavels.gpkg")) == ["no_coordinates"]


def test_an_intricate_outline_is_left_out_in_time(tmp_path: Path) -> None:
    path = saved(hostile.kavels([*hostile.squares().geometry[:3], hostile.star(20_000)]), tmp_path / "kavels.gpkg")
    start = time.perf_counter()
    layers, findings = read(path)
    assert time.perf_counter() - start < 5.0
    assert len(layers.parcels) == 3 and findings.counts()["reading.too_intricate"] == 1


def test_parcels_far_apart_are_refused_with_the_one_that_is_far(tmp_path: Path) -> None:
    shapes = [*hostile.squares().geometry, box(260_000, 513_000, 260_050, 513_050)]
    with pytest.raises(CannotImport) as problem:
        read(saved(hostile.kavels(shapes), tmp_path / "kavels.gpkg"))
    (finding,) = problem.value.findings
    assert finding.key == "reading.too_wide" and finding.values["parcel"] == "k12" and finding.where == (260_025, 513_025)


# --- names -----------------------------------------------------------------------------------------------------------


def test_names_are_made_unique_and_printable(tmp_path: Path) -> None:
    frame = hostile.squares().iloc[:5].assign(kavel=["a", "a", None, "b\x07\u202e", "x" * 300])
    layers, findings = read(saved(frame, tmp_path / "kavels.gpkg"))
    names = layers.parcels["name"].tolist()
    assert names[:3] == ["a", "a (2)", "parcel 3"]
    assert all(name.isprintable() and len(name) <= 80 for name in names) and len(set(names)) == 5
    assert findings.counts()["reading.double_parcel"] == 1


NAMES = st.one_of(st.none(), st.sampled_from(["a", "a (2)", "parcel 2", "parcel 3"]), st.text(max_size=90))


@given(st.lists(NAMES, max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_names_become_different_ones(names: list[str | None]) -> None:
    from klaver.importing.reading.naming import unique

    made = unique(pd.Series(names, dtype=object), "parcel", "kavels.gpkg", Findings()).tolist()
    assert len(set(made)) == len(names) and all(len(name) <= 80 for name in made)
    for place, name in enumerate(names):
        if isinstance(name, str) and len(name) <= 80 and name == name.rstrip() and names.index(name) == place:
            assert made[place].startswith(name[:73]), "the first of a name keeps it"


def test_rows_of_companies_that_are_there_twice_are_kept_once(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    (tmp_path / "bedrijven.csv").write_text("naam;banen\na;1\na;1\na;2\n", encoding="utf-8")
    layers, findings = read(tmp_path)
    assert layers.companies is not None and layers.companies["name"].tolist() == ["a", "a (2)"]
    assert findings.counts()["reading.row_twice"] == 1


# --- limits and bad files --------------------------------------------------------------------------------------------


def test_a_geojson_of_too_many_polygons_is_refused_in_time(tmp_path: Path) -> None:
    path = hostile.many_polygons_geojson(tmp_path / "kavels.geojson", 150_000)
    start = time.perf_counter()
    assert why_refused(path) == ["too_many_features"]
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize("hide", [False, True])
def test_a_geopackage_of_a_million_rows_is_refused_in_time_and_in_little_memory(tmp_path: Path, hide: bool) -> None:
    path = hostile.crowded_gpkg(tmp_path / "kavels.gpkg", 1_000_000, hide=hide)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    assert why_refused(path) == ["too_many_features"]
    assert time.perf_counter() - start < 10.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "kilobytes"


def test_too_many_corner_points_are_refused(tmp_path: Path) -> None:
    circle = Point(229_000, 513_000).buffer(100, quad_segs=2_000)
    path = saved(hostile.kavels([circle]), tmp_path / "kavels.gpkg")
    assert why_refused(path, limits=Limits(vertices=5_000)) == ["too_many_vertices"]


def test_a_geojson_with_a_new_column_in_every_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kavels.geojson"
    rows = (hostile.feature(hostile.ring(229_000, 513_000), **{f"k{at}": 1}) for at in range(5_000))
    path.write_text(hostile.collection(rows), "utf-8")
    start = time.perf_counter()
    assert why_refused(path) == ["too_many_columns"]
    assert time.perf_counter() - start < 10.0


def test_a_view_that_never_ends_is_not_opened(tmp_path: Path) -> None:
    start = time.perf_counter()
    layers, findings = read(hostile.endless_view(tmp_path / "park.gpkg"))
    assert time.perf_counter() - start < 5.0
    assert len(layers.parcels) == 12 and findings.counts()["reading.view"] == 1


def test_a_virtual_table_is_refused(tmp_path: Path) -> None:
    path = hostile.gpkg_with(tmp_path / "kavels.gpkg", ["CREATE VIRTUAL TABLE kavels USING fts5(naam)"])
    assert why_refused(path) == ["virtual_table"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/hostname"}',
        '{"geometryType": "esriGeometryPolygon", "fields": [], "features": [{"attributes": {}, "geometry": {"rings": []}}]}',
        '{"type": "Topology", "objects": {}, "arcs": []}',
        '{"type": "Feature", "stac_version": "1.0.0", "geometry": null, "assets": {"a": {"href": "http://127.0.0.1:9/a.tif"}}}',
        '{"links": [{"rel": "data", "href": "http://127.0.0.1:9/collections"}]}',
        '{"features": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": [' + "[" * 5_000,
        '{"type": "FeatureCollection", "features": []}',
        "{",
    ],
)
def test_json_that_is_no_map_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kavels.geojson"
    path.write_text(text, encoding="utf-8")
    assert why_refused(path)


def test_a_file_that_points_to_others_is_not_followed(tmp_path: Path) -> None:
    secret = saved(hostile.squares(), tmp_path / "secret.gpkg")
    layer = f'<OGRVRTLayer name="kavels"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    for name, text in {
        "a.geojson": f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>",
        "b.geojson": json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret}",
                                 "features": "FeatureCollection"}),
        "c.geojson": '{"a": "FeatureCollection", "type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}',
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert why_refused(tmp_path / name)


def test_a_shapefile_without_its_parts_is_refused_or_read_without_names(tmp_path: Path) -> None:
    path = saved(hostile.squares(), tmp_path / "kavels.shp")
    (tmp_path / "kavels.shx").unlink()
    assert why_refused(path) == ["cannot_read"] or len(read(path)[0].parcels) == 12


def test_a_shapefile_in_utf_8_without_saying_so_keeps_its_accents(tmp_path: Path) -> None:
    path = saved(hostile.squares().iloc[:2].assign(kavel=["Café", "Noël"]), tmp_path / "kavels.shp")
    (tmp_path / "kavels.cpg").unlink()
    assert read(path)[0].parcels["name"].tolist() == ["Café", "Noël"]


def test_a_shapefile_that_says_utf_8_but_is_not_is_read_as_windows_writes(tmp_path: Path) -> None:
    path = saved(hostile.squares().iloc[:2].assign(kavel=["Café", "Noël"]), tmp_path / "kavels.shp")
    table = path.with_suffix(".dbf")
    content = table.read_bytes()
    for name in ("Café", "Noël"):
        content = content.replace(name.encode() + b" ", name.encode("cp1252") + b"  ")
    table.write_bytes(content)
    layers, findings = read(path)
    assert layers.parcels["name"].tolist() == ["Café", "Noël"] and "reading.windows_encoding" in findings.counts()


@pytest.mark.parametrize("before", [b"", b" " * 1_048_570], ids=["short", "across blocks"])
def test_a_geojson_in_windows_encoding_keeps_its_accents(tmp_path: Path, before: bytes) -> None:
    text = hostile.collection([hostile.feature(hostile.ring(229_000, 513_000), kavel="CAFE")], "EPSG:28992").encode()
    path = tmp_path / "kavels.geojson"
    path.write_bytes(text.replace(b"CAFE", b"Caf\xe9").replace(b'"features"', before + b'"features"'))
    layers, findings = read(path)
    assert layers.parcels["name"].tolist() == ["Café"] and "reading.windows_encoding" in findings.counts()


def test_a_geopackage_that_is_open_in_another_program_is_told(tmp_path: Path) -> None:
    path = write_kadaster(tmp_path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE unsaved (a)")
        base.commit()
        before = sorted(file.name for file in tmp_path.iterdir())
        layers, findings = read(tmp_path)
        assert sorted(file.name for file in tmp_path.iterdir()) == before
    assert len(layers.parcels) == 12 and list(findings.counts()) == ["reading.open_elsewhere"]


def test_nothing_is_left_behind_and_nothing_written_beside_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))  # no other test's folders
    (tmp_path / "temp").mkdir()
    folder = write_park(tmp_path / "park")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    read(folder)
    why_refused(hostile.zip_bomb(tmp_path / "bomb.zip", 60))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert not any((tmp_path / "temp").iterdir())


def test_a_problem_with_one_file_does_not_hide_another(tmp_path: Path) -> None:
    (tmp_path / "kavels.gpkg").write_bytes(b"SQLite format 3\x00" + b"\x00" * 52 + b"GPKG" + b"rubbish" * 50)
    (tmp_path / "bedrijven.xlsx").write_bytes(b"%PDF")
    assert sorted(why_refused(tmp_path)) == ["cannot_read", "wrong_content"]


def test_a_sentence_about_a_broken_file_names_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "kavels.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + b"\x00" * 52 + b"GPKG" + b"rubbish" * 50)
    with pytest.raises(CannotImport) as problem:
        read(path)
    assert "kavels.gpkg" in str(problem.value) and "/" not in str(problem.value).replace("GeoPackage", "")


WRITERS: dict[str, Callable[[Path], Path]] = {
    "gpkg": write_bag, "bgt": write_bgt, "csv": write_lisa_csv, "shp": write_ibis,
    "geojson": lambda folder: saved(hostile.squares().to_crs("EPSG:4326"), folder / "kavels.geojson"),
    "kavels": lambda folder: saved(hostile.squares(), folder / "kavels.shp"),
    "parcels": write_kadaster,
    "xlsx": write_lisa_xlsx,
}  # fmt: skip


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """Valid files of every kind, by kind and name."""
    found = {}
    for kind, write in WRITERS.items():
        folder = tmp_path_factory.mktemp(kind)
        write(folder)
        found[kind] = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found


@given(data=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_no_damage_to_a_file_makes_reading_fail_in_any_other_way(
    originals: dict[str, dict[str, bytes]], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(originals)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in originals[kind].items():
            changed = bytearray(content)
            for _ in range(data.draw(st.integers(0, 12))):
                at = data.draw(st.integers(0, len(changed) - 1))
                changed[at] = data.draw(st.integers(0, 255))
            if data.draw(st.integers(0, 4)) == 0:
                del changed[data.draw(st.integers(0, len(changed))) :]
            (folder / file).write_bytes(changed)
        try:
            layers, _ = read(folder)
        except CannotImport as problem:
            assert problem.problems
        else:
            assert len(layers.parcels) and layers.parcels.is_valid.all() and layers.parcels["name"].is_unique
