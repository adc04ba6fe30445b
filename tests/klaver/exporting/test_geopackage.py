"""A park and what became of it as a GeoPackage: outlines that cover the cells, numbers that are those of the runs."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from klaver.exporting.geopackage import write_geopackage
from klaver.exporting.outcome_layers import comparison_layers, run_layers
from klaver.exporting.park_layers import NOWHERE, park_layers
from klaver.runs import run
from sim.inputs.scenario import Scenario, check_scenario, load_park
from sim.inputs.strategy import load_strategy
from sim.records import PLOT, ROAD

VILLAGE = load_park("small_village")
ROLLEPAAL = load_park("rollepaal")


def placed(scenario: Scenario) -> Scenario:
    place = {"crs": "EPSG:28992", "west": 228_000.0, "north": 513_000.0}
    return check_scenario(scenario.resolved() | {"place": place}, "placed")


@pytest.mark.parametrize("park", [VILLAGE, ROLLEPAAL], ids=["generated", "drawn"])
def test_parcels_and_ground_cover_every_cell_once(park: Scenario) -> None:
    layers, plan = park_layers(park), park.plan()
    cell = plan.cell_m**2
    assert layers["parcels"].area.sum() == pytest.approx(np.count_nonzero(plan.kind == PLOT) * cell)
    for row, outline in enumerate(layers["parcels"].geometry):
        assert outline.area == pytest.approx(np.count_nonzero(plan.parcel_of == row) * cell)
    roads = layers["ground"][layers["ground"]["kind"] == "road"]
    assert roads.area.sum() == pytest.approx(np.count_nonzero(plan.kind == ROAD) * cell)
    both = [*layers["parcels"].geometry, *layers["ground"].geometry]
    assert shapely.union_all(both).area == pytest.approx(sum(shape.area for shape in both))


def test_a_park_without_a_place_lies_nowhere_and_one_with_a_place_lies_there() -> None:
    assert park_layers(ROLLEPAAL)["parcels"].crs == NOWHERE
    there = park_layers(placed(ROLLEPAAL))["parcels"]
    assert there.crs.to_epsg() == 28992
    west, _, _, north = there.total_bounds
    assert west >= 228_000 and north <= 513_000 and west < 228_400


def test_the_file_has_a_layer_each_with_one_type_of_geometry(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    write_geopackage(path, park_layers(placed(ROLLEPAAL)))
    found = dict(pyogrio.list_layers(path).tolist())
    assert found == {"parcels": "Polygon", "ground": "Polygon", "exits": "Point", "companies": "Point", "owners": None,
                     "settings": None}  # fmt: skip
    parcels = pyogrio.read_dataframe(path, layer="parcels")
    site = parcels[parcels["name"] == "wehkamp site"].iloc[0]
    assert site["owner"] == "HMO" and site["floor"] == 9000.0 and "owner" in site["assumed"].split(";")
    assert [entry.name for entry in tmp_path.iterdir()] == ["park.gpkg"]


def test_a_layer_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    write_geopackage(path, park_layers(ROLLEPAAL))
    before = path.read_bytes()
    broken = gpd.GeoDataFrame({"name": [1 + 2j]}, geometry=[shapely.Point(0, 0)])
    with pytest.raises((TypeError, ValueError, RuntimeError, NotImplementedError)):
        write_geopackage(path, {"parcels": park_layers(VILLAGE)["parcels"], "exits": broken})
    assert path.read_bytes() == before and [entry.name for entry in tmp_path.iterdir()] == ["park.gpkg"]


def test_the_last_year_of_a_run_is_the_run_that_the_command_makes() -> None:
    made = run(VILLAGE, "demand_driven", seed=3, quarters=24)
    layers = run_layers(VILLAGE, load_strategy("demand_driven"), 3, 24)
    by_year = layers["parcels_by_year"]
    assert sorted(by_year["year"].unique()) == [0, 1, 2, 3, 4, 5, 6]
    for name, tables in (("strategy", made.tables), ("twin", made.twin_tables)):
        end = by_year[(by_year["run"] == name) & (by_year["year"] == 6)].set_index("parcel")
        table = tables["parcels"][tables["parcels"]["live"]].set_index("name")
        assert sorted(end.index) == sorted(table.index)
        for column, theirs in (("floor_m2", "floor"), ("quality", "quality"), ("area_m2", "area")):
            pd.testing.assert_series_equal(end[column].sort_index(), table[theirs].sort_index(), check_names=False)
        assert end.geometry.area.sum() == pytest.approx(table["area"].sum())
    assert len(layers["opportunities"]) == len(made.tables["opportunities"])


def test_a_comparison_has_the_means_of_its_futures_and_paired_differences() -> None:
    strategies = [load_strategy("none"), load_strategy("demand_driven")]
    table = comparison_layers(VILLAGE, strategies, [1, 2, 3], 24)["parcels_by_year"]
    ends = [run(VILLAGE, "demand_driven", seed=seed, quarters=24) for seed in (1, 2, 3)]
    last = table[(table["strategy"] == "demand_driven") & (table["year"] == 6)]
    jobs = [made.tables["companies"].query("state == 'sitting'")["jobs"].sum() for made in ends]
    assert last["jobs"].sum() == pytest.approx(np.mean(jobs))
    floor = [made.tables["parcels"].query("live")["floor"].sum() for made in ends]
    twin = [made.twin_tables["parcels"].query("live")["floor"].sum() for made in ends]
    assert last["floor_m2"].sum() == pytest.approx(np.mean(floor))
    assert last["floor_m2_difference"].sum() == pytest.approx(np.mean(floor) - np.mean(twin))
    start = table[table["year"] == 0]
    assert (start.filter(like="_difference").to_numpy() == 0.0).all()
    assert table["vacant"].between(0, 1).all() and table["built"].between(0, 1).all()
