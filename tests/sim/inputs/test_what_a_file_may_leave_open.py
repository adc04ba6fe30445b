"""Keys of a park file for what is known in part: an age, a vacancy of unknown length, a tenure that nobody knows, a place."""

import pytest

from analysis.identity import content_hash
from sim.inputs.problems import InvalidFile
from sim.inputs.scenario import Scenario, check_scenario

MAP = "AABB\nE###\n"
LEGEND = {letter: {"kind": "parcel", "name": letter} for letter in "AB"}


def park(**content: object) -> Scenario:
    return check_scenario({"name": "small", "map": MAP, "legend": LEGEND, **content}, "small.toml")


def test_a_tenure_may_be_unknown() -> None:
    plan = park(companies=[{"name": "one", "parcel": "A", "tenant": "unknown"}, {"name": "two", "parcel": "B"}]).plan()
    assert [company.tenant for company in plan.companies] == [None, False]


def test_vacancy_may_be_known_without_its_length() -> None:
    plan = park(parcels=[{"name": "A", "vacant": True}, {"name": "B", "vacant": False}]).plan()
    assert [parcel.stands_vacant for parcel in plan.parcels] == [True, False]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"parcels": [{"name": "A", "vacant": False, "vacant_quarters": 4}]},
         "small.toml: parcels[1] has stood vacant for 4 quarters, and is not vacant."),
        ({"parcels": [{"name": "A", "age": -1.0}]}, "small.toml: parcels[1].age is -1.0; it must be at least 0."),
        ({"place": {"crs": "EPSG:28992", "west": 1.0, "north": 2.0, "south": 0.0}}, "place.south is not a known key."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(content: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        park(**content)
    assert said in str(refused.value)


def test_a_vacant_parcel_has_no_company() -> None:
    with pytest.raises(InvalidFile, match="'A' is vacant and has company 'one'"):
        park(parcels=[{"name": "A", "vacant": True}], companies=[{"name": "one", "parcel": "A"}]).plan()


def test_where_a_park_lies_makes_no_other_run_of_it() -> None:
    here = park(place={"crs": "EPSG:28992", "west": 220_000.0, "north": 510_000.0})
    assert content_hash(here.resolved()) == content_hash(park().resolved())
