"""Companies brought to parcels: by name, address, coordinates and floor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klaver.importing.companies.matching import DOUBTFUL, jobs_left_out, match_companies
from klaver.importing.findings import CannotImport, Findings
from klaver.language import ImportLanguage

RD = "EPSG:28992"
LEFT, TOP = 222_000.0, 512_000.0


def parcels(count: int = 6, **columns: list) -> gpd.GeoDataFrame:
    """Return squares of 100 m in a row, 10 m apart, called "A 1" and on."""
    boxes = [shapely.box(LEFT + 110 * n, TOP, LEFT + 110 * n + 100, TOP + 100) for n in range(count)]
    names = [f"A {n + 1}" for n in range(count)]
    return gpd.GeoDataFrame({"name": names, **columns}, geometry=boxes, index=names, crs=RD)


def units(*rows: tuple[str, str, str, float, float], **columns: list) -> gpd.GeoDataFrame:
    """Return addresses: street, number, postcode, and metres east and north of the first parcel's corner."""
    table = {
        "street": [row[0] for row in rows],
        "number": [row[1] for row in rows],
        "postcode": [row[2] for row in rows],
    }
    points = [shapely.Point(LEFT + row[3], TOP + row[4]) for row in rows]
    return gpd.GeoDataFrame({**table, **columns}, geometry=points, crs=RD)


def firms(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return companies, called firm 1 and on where nothing else is said."""
    return pd.DataFrame([{"name": f"firm {n}"} | row for n, row in enumerate(rows, 1)], index=range(2, len(rows) + 2))


ROADSIDE = units(
    ("Industrieweg", "2", "7701AB", 50, 50),
    ("Industrieweg", "4", "7701AB", 160, 50),
    ("Industrieweg", "6a", "7701AB", 270, 50),
    ("Industrieweg", "6b", "7701AB", 380, 50),
    ("Handelsweg", "9", "7701AC", 5_000, 50),
)


@pytest.fixture
def match() -> Callable[..., pd.DataFrame]:
    """Match with some parcels and addresses."""

    def run(companies: pd.DataFrame, **options: Any) -> pd.DataFrame:
        given = {"shapes": parcels(), "addresses": ROADSIDE, "buildings": None, "findings": Findings()} | options
        return match_companies(companies, **given)

    return run


def told(findings: Findings, key: str) -> list[str]:
    return [finding.told(ImportLanguage("en")) for finding in findings if finding.key == f"matching.{key}"]


@pytest.mark.parametrize("stated", ["A 3", "a3", "A 03", "Hardenberg A 3", "HDB01 A 00003 G0000"])
def test_a_stated_parcel_is_found_however_it_is_written(match: Callable[..., pd.DataFrame], stated: str) -> None:
    found = match(firms({"parcel": stated})).iloc[0]
    assert (found["parcel"], found["how"], found["doubtful"]) == ("A 3", "name", False)


def test_a_designation_that_two_parcels_answer_to_is_no_match(match: Callable[..., pd.DataFrame]) -> None:
    shapes = parcels(2)
    shapes.index = ["Ommen A 1", "Hardenberg A 1"]
    findings = Findings()
    found = match(firms({"parcel": "A 1"}, {"parcel": "Ommen A 1"}), shapes=shapes, findings=findings)
    assert found["parcel"].tolist() == [None, "Ommen A 1"]
    assert findings.counts()["matching.unknown_parcel"] == 1


def test_a_full_address_is_certain_and_a_vague_one_is_less(match: Callable[..., pd.DataFrame]) -> None:
    found = match(
        firms(
            {"street": "Industrieweg", "number": "4", "postcode": "7701AB"},
            {"street": "Industriewg.", "number": "4", "city": "Dedemsvaart"},
            {"street": "Indusrtieweg", "number": "4"},
        )
    )
    assert found["parcel"].tolist() == ["A 2"] * 3
    assert found["score"].iloc[0] == 1.0
    assert found["score"].is_monotonic_decreasing


def test_a_number_with_units_on_two_parcels_is_doubtful(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    found = match(firms({"street": "Industrieweg", "number": "6", "postcode": "7701AB"}), findings=findings).iloc[0]
    assert found["parcel"] in ("A 3", "A 4")
    assert found["doubtful"]
    assert found["score"] < DOUBTFUL
    assert findings.counts()["matching.doubtful_address"] == 1


def test_a_range_over_several_parcels_names_the_others(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    found = match(firms({"street": "Industrieweg", "number": "2-4", "postcode": "7701AB"}), findings=findings).iloc[0]
    assert found["parcel"] == "A 1"
    assert found["score"] == pytest.approx(0.75)
    assert "A 2" in told(findings, "more_parcels")[0]


def test_the_parcels_own_address_serves_where_there_is_no_layer_of_addresses(
    match: Callable[..., pd.DataFrame],
) -> None:
    shapes = parcels(3, street=["Kade", "Kade", None], number=["1", "3-5", None])
    found = match(firms({"street": "Kade 5"}, {"street": "kade", "number": "1"}), shapes=shapes, addresses=None)
    assert found["parcel"].tolist() == ["A 2", "A 1"]


def test_a_point_on_the_street_lies_on_the_parcel_of_its_building(match: Callable[..., pd.DataFrame]) -> None:
    house = gpd.GeoDataFrame({"id": ["b1"]}, geometry=[shapely.box(LEFT + 20, TOP + 10, LEFT + 80, TOP + 90)], crs=RD)
    point = units(("Kade", "7", "7701AD", 50, -40), building=["b1"])
    with_building = match(firms({"street": "Kade 7", "postcode": "7701AD"}), addresses=point, buildings=house)
    assert with_building["parcel"].tolist() == ["A 1"]
    with pytest.raises(CannotImport):
        match(firms({"street": "Kade 7", "postcode": "7701AD"}), addresses=point)


def test_coordinates_beside_a_parcel_count_less_the_further_they_are(match: Callable[..., pd.DataFrame]) -> None:
    at = [{"x": LEFT + 50.0, "y": TOP - away} for away in (-50.0, 5.0, 15.0, 24.0, 26.0)]
    found = match(firms(*at))
    assert found["parcel"].tolist() == ["A 1"] * 4 + [None]
    assert found["how"].tolist() == ["coordinates"] * 4 + [""]
    assert found["score"].iloc[0] == 1.0
    assert (np.diff(found["score"]) < 0.0).all()
    assert found["distance_m"].tolist()[:4] == pytest.approx([0.0, 5.0, 15.0, 24.0])
    assert np.isnan(found["distance_m"].iloc[4])


def test_address_and_coordinates_confirm_each_other(match: Callable[..., pd.DataFrame]) -> None:
    vague = {"street": "Indusrtieweg", "number": "4"}
    alone, both = match(firms(vague, vague | {"name": "other", "x": LEFT + 160.0, "y": TOP - 10.0}))["score"]
    assert alone < both < 1.0


def test_a_contradiction_of_more_than_100_m_is_noted_and_doubtful(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    at = {"street": "Industrieweg", "number": "2", "postcode": "7701AB", "y": TOP + 50.0}
    found = match(firms(at | {"x": LEFT + 600.0}, at | {"x": LEFT + 160.0}), findings=findings)
    assert found["parcel"].tolist() == ["A 1", "A 1"]
    assert found["doubtful"].tolist() == [True, False]
    assert len(told(findings, "conflict")) == 1


def test_a_double_row_is_kept_once_and_other_jobs_are_told(match: Callable[..., pd.DataFrame]) -> None:
    at = {"street": "Industrieweg", "number": "2", "postcode": "7701AB"}
    findings = Findings()
    companies = firms(
        at | {"name": "Voorbeeld BV", "jobs": 10.0, "sbi": "2511"},
        at | {"name": "VOORBEELD B.V. (2)", "jobs": 4.0},
        at | {"name": "Voorbeeld Hout", "jobs": 2.0},
        {"name": "Voorbeeld bv (3)", "x": LEFT + 270.0, "y": TOP + 5.0, "jobs": 1.0},
    )
    found = match(companies, findings=findings)
    assert found["how"].tolist() == ["address", "double", "address", "coordinates"]
    assert found["left_out"].tolist() == [False, True, False, False]
    assert "4" in told(findings, "double_other_jobs")[0]
    assert jobs_left_out(companies, found) == (0.0, 0)


def test_companies_elsewhere_are_told_together_with_their_jobs(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    companies = firms(
        {"parcel": "A 1"},
        {"x": LEFT + 9_000.0, "y": TOP, "jobs": 7.0},
        {"street": "Handelsweg 9", "postcode": "7701AC", "jobs": 5.0},
        {"street": "Dorpsstraat 1", "postcode": "7799ZZ", "jobs": 3.0},
    )
    found = match(companies, findings=findings)
    assert found["left_out"].tolist() == [False, True, True, True]
    assert [finding.values["jobs"] for finding in findings if finding.key == "matching.elsewhere"] == [15.0]
    assert jobs_left_out(companies, found) == (15.0, 0)


def test_a_company_nearly_on_the_park_is_told_with_three_candidates(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    match(
        firms({"parcel": "A 1"}, {"street": "Industrieweg 8"}, {"x": LEFT + 50.0, "y": TOP - 60.0}), findings=findings
    )
    by_address, by_place = sorted(told(findings, "no_parcel_near"))
    assert "A 4 (Industrieweg 6b)" in by_address
    assert "A 1 (60 m), A 2 (85 m)" in by_place


def test_without_addresses_on_the_map_the_advice_is_to_add_them(match: Callable[..., pd.DataFrame]) -> None:
    findings = Findings()
    match(firms({"parcel": "A 1"}, {"street": "Industrieweg 8"}, {"jobs": 2.0}), addresses=None, findings=findings)
    assert findings.counts()["matching.no_addresses"] == findings.counts()["matching.no_place"] == 1


def test_a_list_of_another_park_is_refused(match: Callable[..., pd.DataFrame]) -> None:
    with pytest.raises(CannotImport, match="None of the 2 companies"):
        match(firms({"x": 100_000.0, "y": 400_000.0}, {"street": "Dorpsstraat 1"}))


def test_a_company_from_outside_needs_no_parcel(match: Callable[..., pd.DataFrame]) -> None:
    found = match(firms({"outside": True, "street": "Industrieweg 2"}))
    assert found["parcel"].tolist() == [None]
    assert found["left_out"].tolist() == [False]


def test_floor_places_a_company_only_when_asked_and_only_when_clear(match: Callable[..., pd.DataFrame]) -> None:
    shapes = parcels(4, floor=[1_000.0, 5_000.0, 500.0, 505.0])
    companies = firms({"parcel": "A 1"}, {"floor": 5_010.0}, {"floor": 502.0}, {"floor": 90.0})
    assert match(companies, shapes=shapes)["parcel"].tolist() == ["A 1", None, None, None]
    findings = Findings()
    found = match(companies, shapes=shapes, by_area=True, findings=findings)
    assert found["parcel"].tolist() == ["A 1", "A 2", None, None]
    assert found["how"].tolist()[1] == "area"
    assert found["doubtful"].tolist()[1]
    assert findings.counts()["matching.doubtful_area"] == 1


def test_missing_values_of_every_kind_are_no_values(match: Callable[..., pd.DataFrame]) -> None:
    companies = pd.DataFrame(
        {
            "name": ["a", "b", "c"],
            "parcel": ["A 1", None, pd.NA],
            "street": [None, np.nan, "Industrieweg 2"],
            "x": [None, np.inf, np.nan],
            "y": [1.0, 2.0, None],
            "outside": [None, pd.NA, False],
            "jobs": ["x", None, 3],
        }
    )
    assert match(companies)["parcel"].tolist() == ["A 1", None, "A 1"]


def test_an_empty_list_gives_an_empty_table(match: Callable[..., pd.DataFrame]) -> None:
    found = match(pd.DataFrame({"name": []}))
    assert len(found) == 0
    assert {"parcel", "how", "score", "distance_m", "doubtful", "left_out"} <= set(found.columns)


def test_the_order_of_rows_does_not_matter(match: Callable[..., pd.DataFrame]) -> None:
    rng = np.random.default_rng(4)
    rows = [
        {
            "name": f"f{n}",
            "street": f"Industrieweg {rng.integers(1, 9)}",
            "x": LEFT + rng.uniform(0, 700),
            "y": TOP + 50.0,
        }
        for n in range(30)
    ]
    companies = firms(*rows)
    mixed = companies.sample(frac=1.0, random_state=1)
    columns = ["parcel", "how", "score"]
    assert match(mixed)[columns].sort_index().equals(match(companies)[columns])


def test_5000_companies_and_2000_parcels_take_less_than_5_seconds() -> None:
    side = 45
    boxes = [shapely.box(60 * x, 60 * y, 60 * x + 50, 60 * y + 50) for x in range(side) for y in range(side)]
    shapes = gpd.GeoDataFrame(geometry=boxes, index=[f"P {n}" for n in range(len(boxes))], crs=RD)
    streets = [
        f"{word}{kind}"
        for word in ("Noorder", "Molen", "Kanaal", "Smeden", "Wevers", "Handels")
        for kind in ("weg", "straat", "kade", "laan", "dijk", "pad")
    ]
    rng = np.random.default_rng(2)
    count = 6_000
    spots = shapely.points(rng.uniform(0, 60 * side, (count, 2)))
    known = gpd.GeoDataFrame(
        {
            "street": rng.choice(streets, count),
            "number": [str(n % 300 + 1) for n in range(count)],
            "postcode": [f"77{n % 90 + 10}AB" for n in range(count)],
        },
        geometry=spots,
        crs=RD,
    )
    some = rng.integers(0, count, 5_000)
    companies = pd.DataFrame(
        {
            "name": [f"firm {n}" for n in range(5_000)],
            "street": known["street"].to_numpy()[some],
            "number": known["number"].to_numpy()[some],
            "postcode": known["postcode"].to_numpy()[some],
            "x": np.where(rng.random(5_000) < 0.5, rng.uniform(0, 60 * side, 5_000), np.nan),
            "y": rng.uniform(0, 60 * side, 5_000),
        }
    )
    wrong = rng.random(5_000) < 0.2
    companies.loc[wrong, "street"] = [f"{street[:4]}{n % 977}x" for n, street in enumerate(companies["street"][wrong])]
    companies.loc[wrong, "postcode"] = None
    start = time.perf_counter()
    found = match_companies(companies, shapes, known, None, Findings())
    assert time.perf_counter() - start < 5.0
    assert found["parcel"].notna().mean() > 0.6
