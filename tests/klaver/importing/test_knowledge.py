"""Of every value of a park it is known whether it was measured, assumed, or is drawn anew."""

from __future__ import annotations

import pandas as pd
import pytest

from klaver.importing.knowledge import COMPANY_FIELDS, PARCEL_FIELDS, knowledge, parcel_shares, shares
from sim.inputs.scenario import Scenario, check_scenario, list_parks, load_park

TWO = {
    "name": "two", "map": "AAB\n##E\nCCD", "cell_m": 20.0,
    "legend": {"A": {"kind": "parcel", "name": "mill"}, "B": {"kind": "parcel", "name": "shed"},
               "C": {"kind": "parcel", "name": "yard"}, "D": {"kind": "parcel", "name": "field"}},
    "parcels": [
        {"name": "mill", "floor": 400.0, "quality": 0.5, "energy": 0.4, "assumed": ["energy"]},
        {"name": "shed", "vacant_quarters": 8, "owner": "Jansen"},
        {"name": "field", "floor": 0.0},
    ],
    "companies": [
        {"name": "Molen BV", "parcel": "mill", "sector": "logistics", "jobs": 12.0, "tenant": False},
        {"name": "Zoeker", "land_wish": 500.0},
    ],
    "owners": [{"name": "Jansen", "kind": "person", "assumed": ["kind"]}],
}  # fmt: skip


def mark(table: pd.DataFrame, name: str, field: str) -> str:
    found = table[(table["name"] == name) & (table["field"] == field)]["mark"]
    assert len(found) == 1, (name, field)
    return str(found.iloc[0])


@pytest.fixture(scope="module")
def two() -> pd.DataFrame:
    return knowledge(check_scenario(TWO, "two"))


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("mill", "floor", "measured"), ("mill", "quality", "measured"), ("mill", "energy", "assumed"),
        ("mill", "fit", "imputed"), ("mill", "soil_cost", "imputed"), ("mill", "vacancy", "measured"),
        ("mill", "owner", "assumed"), ("mill", "area", "measured"),
        ("shed", "floor", "imputed"), ("shed", "vacancy", "measured"), ("shed", "owner", "measured"),
        ("yard", "vacancy", "imputed"), ("yard", "owner", "imputed"), ("yard", "age", "imputed"),
        ("Molen BV", "sector", "measured"), ("Molen BV", "jobs", "measured"), ("Molen BV", "trust", "imputed"),
        ("Molen BV", "tenant", "assumed"), ("Jansen", "kind", "assumed"), ("Jansen", "willing", "imputed"),
    ],
)  # fmt: skip
def test_a_value_has_the_mark_that_the_file_gives_it(two: pd.DataFrame, name: str, field: str, expected: str) -> None:
    assert mark(two, name, field) == expected


def test_what_follows_from_a_stated_value_by_a_rule_is_assumed(two: pd.DataFrame) -> None:
    assert mark(two, "mill", "age") == "assumed"  # from its quality
    assert mark(two, "Molen BV", "turnover") == "assumed"  # from its jobs
    assert mark(two, "field", "owner") == "assumed"  # land of nobody is the municipality's


def test_what_does_not_apply_has_no_row(two: pd.DataFrame) -> None:
    assert set(two[two["name"] == "field"]["field"]) == {"area", "owner", "floor"}
    assert not {"parcel", "tenant"} & set(two[two["name"] == "Zoeker"]["field"])


def test_every_value_stands_there_once(two: pd.DataFrame) -> None:
    assert not two.duplicated(["kind", "name", "field"]).any()
    assert set(two[two["name"] == "mill"]["field"]) == set(PARCEL_FIELDS)
    assert set(two[two["name"] == "Molen BV"]["field"]) == set(COMPANY_FIELDS)


def test_whether_a_company_rents_is_measured_only_where_the_file_says_so() -> None:
    def of(tenant: object, owner: str | None = None, assumed: list[str] | None = None) -> tuple[str, str]:
        row = {"name": "Molen BV", "parcel": "mill", "assumed": assumed or []}
        row |= {} if tenant is None else {"tenant": tenant}
        parcels = [{"name": "mill"} | ({} if owner is None else {"owner": owner})]
        park = check_scenario({**TWO, "companies": [row], "parcels": parcels}, "two")
        found = set()
        for way in (park, Scenario.from_resolved(park.resolved())):
            table = knowledge(way)
            found.add((mark(table, "Molen BV", "tenant"), mark(table, "mill", "owner")))
        (one,) = found
        return one

    assert of(None) == ("assumed", "assumed")  # owning is the default
    assert of(False) == ("assumed", "assumed")  # and cannot be told from it
    assert of(False, owner="Molen BV") == ("measured", "measured")
    assert of("unknown", owner="Jansen") == ("measured", "measured")
    assert of(True) == ("measured", "imputed")  # who lets it is drawn
    assert of("unknown") == ("imputed", "imputed")
    assert of(True, assumed=["tenant"]) == ("assumed", "imputed")


def test_an_age_that_is_stated_leaves_the_state_of_the_building_open() -> None:
    rows = [{"name": "mill", "age": 30.0}, {"name": "shed", "vacant": True, "assumed": ["vacant"]}]
    table = knowledge(check_scenario({**TWO, "parcels": rows, "owners": []}, "two"))
    assert (mark(table, "mill", "age"), mark(table, "mill", "quality")) == ("measured", "imputed")
    assert mark(table, "shed", "vacancy") == "assumed"


def test_of_a_generated_park_everything_is_imputed() -> None:
    table = knowledge(load_park("typical"))
    assert len(table) > 400
    assert shares(table) == {"measured": 0.0, "assumed": 0.0, "imputed": 1.0}


def test_rollepaal_states_what_its_source_states() -> None:
    table = knowledge(load_park("rollepaal"))
    assert mark(table, "Plukon", "sector") == "measured"
    assert mark(table, "Plukon", "jobs") == "assumed"
    assert mark(table, "wehkamp site", "vacancy") == "assumed"
    assert mark(table, "plukon", "vacancy") == "measured"
    assert mark(table, "plot 1", "quality") == "imputed"
    assert 0.05 < shares(table)["measured"] < 0.3


@pytest.mark.parametrize("name", list_parks())
def test_the_marks_of_a_park_do_not_depend_on_which_way_it_came(name: str) -> None:
    park = load_park(name)
    again = Scenario.from_resolved(park.resolved())
    pd.testing.assert_frame_equal(knowledge(park), knowledge(again))


def test_the_shares_of_a_parcel_count_its_company_too() -> None:
    scenario = check_scenario(TWO, "two")
    found = parcel_shares(scenario)
    assert list(found.index) == ["mill", "shed", "yard", "field"]
    assert found.sum(axis=1).tolist() == pytest.approx([1.0] * 4)
    table = knowledge(scenario)
    values = table[table["name"].isin(["mill", "Molen BV"])]
    assert found.loc["mill", "measured"] == pytest.approx((values["mark"] == "measured").mean())
