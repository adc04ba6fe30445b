"""What is exported comes back: the same lattice, rows and marks, and to the bit the same run."""

from dataclasses import replace
from pathlib import Path

import pytest

from klaver.exporting.geopackage import write_geopackage
from klaver.exporting.park_layers import park_layers
from klaver.importing.importer import Imported, Request, import_park
from klaver.importing.knowledge import knowledge
from klaver.park_text import park_text
from klaver.results import plain
from klaver.runs import run
from sim.inputs.scenario import Scenario, check_scenario, list_parks, load_park

PLACE = {"crs": "EPSG:28992", "west": 228_000.0, "north": 513_000.0}


def round_trip(scenario: Scenario, folder: Path) -> Imported:
    path = folder / "exported.gpkg"
    write_geopackage(path, park_layers(scenario))
    return import_park(Request(path))


def assert_the_same_park(one: Scenario, other: Scenario) -> None:
    ours, theirs = one.plan(), other.plan()
    assert (ours.kind == theirs.kind).all() and (ours.parcel_of == theirs.parcel_of).all()
    assert ours.exits == theirs.exits and ours.cell_m == theirs.cell_m and ours.burn_in == theirs.burn_in
    for table in ("parcels", "companies", "owners"):
        for mine, yours in zip(getattr(ours, table), getattr(theirs, table), strict=True):
            # What is assumed is a set of names.
            assert replace(mine, assumed=()) == replace(yours, assumed=()) and set(mine.assumed) == set(yours.assumed)
    assert ours.founding == theirs.founding and ours.windows == theirs.windows and ours.motorway == theirs.motorway
    for key in ("name", "title", "description", "quarters", "municipality", "own_parameters", "place"):
        assert getattr(one, key) == getattr(other, key), key


@pytest.mark.parametrize("name", list_parks())
def test_an_exported_park_comes_back_the_same(name: str, tmp_path: Path) -> None:
    there = load_park(name)
    back = round_trip(there, tmp_path).scenario
    assert_the_same_park(there, back)
    if there.map is not None:
        assert [row.note for row in there.companies] == [row.note for row in back.companies]


def test_a_park_with_a_place_comes_back_to_it(tmp_path: Path) -> None:
    there = check_scenario(load_park("rollepaal").resolved() | {"place": PLACE}, "placed")
    assert_the_same_park(there, round_trip(there, tmp_path).scenario)


def test_the_running_example_runs_the_same_from_its_map_as_from_its_file(tmp_path: Path) -> None:
    there = load_park("rollepaal")
    made = import_park(Request(Path(__file__).parents[3] / "scenarios" / "gis" / "rollepaal.gpkg"))
    assert_the_same_park(there, made.scenario)
    for seed in (1, 2):
        one, other = (run(park, "demand_driven", seed=seed) for park in (there, made.scenario))
        assert plain(one.outcomes) == plain(other.outcomes)
        for name, table in one.tables.items():
            assert table.equals(other.tables[name]), name


def test_what_was_known_is_known_after_the_way_there_and_back(tmp_path: Path) -> None:
    there = load_park("rollepaal")
    back = round_trip(there, tmp_path).scenario
    ours, theirs = (knowledge(park).set_index(["kind", "name", "field"])["mark"].sort_index() for park in (there, back))
    assert (ours == theirs.reindex(ours.index)).mean() > 0.99


def test_nothing_is_said_to_be_mended_of_a_park_that_was_exported(tmp_path: Path) -> None:
    made = round_trip(load_park("rollepaal"), tmp_path)
    assert [finding.key for finding in made.findings if finding.level in ("mended", "left_out", "refused")] == []


def test_an_exported_park_stays_readable_as_a_park_file(tmp_path: Path) -> None:
    text = park_text(round_trip(load_park("rollepaal"), tmp_path).scenario)
    assert 'P = { kind = "parcel"' in text and max(map(len, text.splitlines())) < 400
