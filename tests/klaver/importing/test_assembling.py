"""What goes into a park file: floor and age of buildings, who owns what, what is vacant, and what stays open."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import Point, box

from klaver.importing.assembling import ENOUGH, Choices, assemble, founding_from
from klaver.importing.findings import Findings
from klaver.importing.grid.gridding import Grid, lay_on_grid
from klaver.importing.layers import Layers
from klaver.importing.premises import Premises
from sim.inputs.scenario import Founding, Scenario

RD = pyproj.CRS("EPSG:28992")
NAMES = ("A", "B", "C", "D")


def layers_of(parcels: dict[str, list[Any]] | None = None, **more: Any) -> Layers:
    """Return four plots of 40 by 40 m along a road of 20 m."""
    shapes = [box(40 * k, 20, 40 * k + 40, 60) for k in range(4)]
    table = gpd.GeoDataFrame({"name": list(NAMES), **(parcels or {})}, geometry=shapes, crs=RD)
    roads = gpd.GeoDataFrame(geometry=[box(0, 0, 160, 20)], crs=RD)
    return Layers(RD, table, roads=roads, **more)


def buildings(*rows: tuple[Any, dict[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame([values for _, values in rows], geometry=[shape for shape, _ in rows], crs=RD)


def on_grid(layers: Layers) -> Grid:
    return lay_on_grid(layers, cell_m=20.0, findings=Findings())


def park(layers: Layers, companies: dict[str, str] | None = None, findings: Findings | None = None, **choices: Any) -> Scenario:
    if layers.companies is None:
        matches = pd.DataFrame(columns=["parcel", "how", "score", "distance_m"])
    else:
        seats = [(companies or {}).get(name) for name in layers.companies["name"]]
        matches = pd.DataFrame({"parcel": pd.Series(seats, dtype=object), "doubtful": False}, index=layers.companies.index)
    return assemble(layers, on_grid(layers), matches, Choices("four", **choices), Findings() if findings is None else findings)


def row(scenario: Scenario, name: str) -> Any:
    return next(row for row in scenario.parcels if row.name == name)


# --- buildings -------------------------------------------------------------------------------------------------------


def test_floor_is_the_sum_of_the_units_and_age_the_mean_by_what_is_covered() -> None:
    built = buildings((box(5, 25, 25, 45), {"id": "1", "built": 1980.0}), (box(30, 25, 35, 45), {"id": "2", "built": 2000.0}))
    units = gpd.GeoDataFrame({"floor": [300.0, 250.0, 100.0], "building": ["1", "1", "2"]},
                             geometry=[Point(10, 30)] * 3, crs=RD)  # fmt: skip
    layers = layers_of(buildings=built, addresses=units)
    made = Premises.of(layers, on_grid(layers), 2020, Findings())
    assert made.floor("A") == (650.0, False)
    assert made.age("A") == pytest.approx((400 * 40 + 100 * 20) / 500)
    assert made.floor("B") == (0.0, False) and made.has_buildings("B") is False and made.age("B") is None


def test_a_building_over_two_parcels_counts_for_each_by_its_part() -> None:
    layers = layers_of(buildings=buildings((box(30, 25, 70, 45), {"id": "1", "floor": 800.0})))
    made = Premises.of(layers, on_grid(layers), 2020, Findings())
    assert made.floor("A") == (200.0, False) and made.floor("B") == (600.0, False)


def test_outlines_alone_are_one_storey_and_that_is_assumed() -> None:
    findings = Findings()
    layers = layers_of(buildings=buildings((box(5, 25, 25, 45), {"id": "1"})))
    made = Premises.of(layers, on_grid(layers), 2020, findings)
    assert made.floor("A") == (400.0, True) and findings.counts()["command.floor_from_outlines"] == 1


def test_units_without_buildings_say_what_floor_there_is_but_not_where_there_is_none() -> None:
    units = gpd.GeoDataFrame({"floor": [300.0, np.nan, 200.0]}, geometry=[Point(10, 30), Point(12, 30), Point(40, 40)], crs=RD)
    layers = layers_of(addresses=units)
    made = Premises.of(layers, on_grid(layers), 2020, Findings())
    total = sum(floor for floor, _ in (made.floor("A"), made.floor("B")) if floor is not None)
    assert total == 500.0  # the unit on the border counts once
    assert made.floor("D") == (None, False) and made.has_buildings("D") is None


@pytest.mark.parametrize(("status", "stands"), [
    ("Pand in gebruik", True), ("Sloopvergunning verleend", True), ("Verbouwing pand", True), ("Pand gesloopt", False),
    ("Bouwvergunning verleend", False), ("Bouw gestart", False), ("Niet gerealiseerd pand", False),
])  # fmt: skip
def test_only_what_stands_counts(status: str, stands: bool) -> None:
    layers = layers_of(buildings=buildings((box(5, 25, 25, 45), {"id": "1", "floor": 500.0, "status": status})))
    assert Premises.of(layers, on_grid(layers), 2020, Findings()).floor("A")[0] == (500.0 if stands else 0.0)


def test_a_shed_or_a_neighbours_wall_is_no_building() -> None:
    there = (box(39.8, 25, 70, 45), {"id": "1", "floor": 600.0}), (box(5, 25, 7, 28), {"id": "2"})
    layers = layers_of(buildings=buildings(*there))
    made = Premises.of(layers, on_grid(layers), 2020, Findings())
    assert made.floor("A") == (0.0, False)


def test_what_the_parcel_says_itself_counts_first() -> None:
    layers = layers_of({"floor": [900.0, None, None, None], "built": [1990.0, None, None, None]},
                       buildings=buildings((box(5, 25, 25, 45), {"id": "1", "built": 1950.0})))  # fmt: skip
    scenario = park(layers, year=2020)
    assert row(scenario, "A").floor == 900.0 and row(scenario, "A").age == 30.0 and not row(scenario, "A").assumed


# --- who is there, who owns it ---------------------------------------------------------------------------------------


def companies_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


def test_what_no_file_says_stays_open() -> None:
    layers = layers_of(companies=companies_of({"name": "one"}))
    scenario = park(layers, {"one": "A"})
    (company,) = scenario.companies
    assert company.jobs is None and company.sector is None and company.tenant == "unknown" and company.trust is None
    assert row(scenario, "A").floor is None and row(scenario, "A").quality is None and row(scenario, "B").vacant is None


def test_a_company_that_owns_is_named_as_owner_and_one_that_rents_is_not() -> None:
    layers = layers_of(companies=companies_of({"name": "one", "tenant": False}, {"name": "two", "tenant": True}))
    scenario = park(layers, {"one": "A", "two": "B"})
    assert row(scenario, "A").owner == "one" and row(scenario, "B").owner is None


def test_a_company_that_found_no_parcel_is_left_out_and_one_from_outside_looks_for_a_site() -> None:
    layers = layers_of(companies=companies_of({"name": "one"}, {"name": "lost"}, {"name": "seeker", "outside": True}))
    scenario = park(layers, {"one": "A"})
    assert [(company.name, company.parcel) for company in scenario.companies] == [("one", "A"), ("seeker", None)]


def test_with_a_complete_list_a_building_without_a_company_is_vacant_and_that_is_assumed() -> None:
    built = buildings(*((box(40 * k + 5, 25, 40 * k + 25, 45), {"id": str(k), "floor": 400.0}) for k in range(3)))
    layers = layers_of(companies=companies_of({"name": "one"}), buildings=built)
    complete, partly = (park(layers, {"one": "A"}, complete=choice) for choice in (True, False))
    assert [row(complete, name).vacant for name in NAMES] == [None, True, True, None]
    assert row(complete, "B").assumed == ["vacant"] and row(complete, "D").floor == 0.0
    assert all(row(partly, name).vacant is None for name in NAMES)


def test_land_with_a_company_on_it_has_premises_of_unknown_floor() -> None:
    findings = Findings()
    layers = layers_of(companies=companies_of({"name": "one"}), buildings=buildings((box(45, 25, 65, 45), {"id": "1"})))
    assert row(park(layers, {"one": "A"}, findings), "A").floor is None
    assert findings.counts()["command.company_without_building"] == 1


@pytest.mark.parametrize(("name", "kind"), [
    ("Gemeente Hardenberg", "municipality"), ("Jansen Vastgoed", "investor"), ("Holding De Molen B.V.", "investor"),
    ("P. de Vries", "person"),
])  # fmt: skip
def test_an_owner_without_a_company_is_what_its_name_says_and_that_is_assumed(name: str, kind: str) -> None:
    scenario = park(layers_of({"owner": [name, None, None, None]}))
    owner = next(owner for owner in scenario.owners if owner.name == name)
    assert owner.kind == kind and owner.assumed == ["kind"] and row(scenario, "A").owner == name


def test_a_kind_of_owner_that_is_stated_is_not_assumed() -> None:
    scenario = park(layers_of({"owner": ["P. de Vries", None, None, None], "owner_kind": ["developer", None, None, None]}))
    assert [(owner.kind, owner.assumed) for owner in scenario.owners] == [("developer", [])]


def test_the_park_lies_where_its_map_lies_unless_that_would_give_it_away() -> None:
    scenario = park(layers_of())
    assert scenario.place is not None and scenario.place.crs == "EPSG:28992"
    assert (scenario.place.west, scenario.place.north) == (0.0, 60.0)
    assert park(layers_of(), placed=False).place is None


# --- distributions ---------------------------------------------------------------------------------------------------


def test_unknown_values_are_drawn_from_known_ones_once_there_are_enough() -> None:
    known = [{"name": f"{k}", "parcel": f"p{k}", "sector": "logistics", "jobs": 50.0, "tenant": True} for k in range(ENOUGH)]
    parcels = [{"name": f"p{k}"} for k in range(ENOUGH + 1)]
    learned = founding_from(known, parcels, Findings())
    default = Founding()
    assert learned["sector_shares"]["logistics"] == pytest.approx((1.0 + default.sector_shares["logistics"]) / 2)
    assert sum(learned["sector_shares"].values()) == pytest.approx(1.0)
    assert default.median_jobs < learned["median_jobs"] < 50.0 and default.mean_jobs < learned["mean_jobs"] < 50.0
    assert learned["owner_occupied"] == pytest.approx(default.owner_occupied / 2, abs=1e-3)
    assert Founding(**learned)
    assert founding_from(known[:-1], parcels, Findings()) == {}


def test_nothing_is_learned_where_nothing_is_left_to_draw() -> None:
    known = [{"name": f"{k}", "parcel": f"p{k}", "sector": "logistics", "jobs": 50.0, "tenant": True} for k in range(ENOUGH)]
    findings = Findings()
    assert founding_from(known, [{"name": f"p{k}"} for k in range(ENOUGH)], findings) == {} and not len(findings)
    assert founding_from(known, [{"name": "land", "floor": 0.0}, {"name": "shut", "vacant": True}], findings) == {}
