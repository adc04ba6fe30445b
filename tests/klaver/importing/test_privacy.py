"""Names replaced by codes; the key kept apart."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from klaver.importing.companies.privacy import Anonymised, anonymise, note_unique, read_key, round_jobs, write_key
from klaver.importing.findings import CannotImport, Findings
from klaver.importing.layers import Layers
from klaver.language import ImportLanguage

RD = "EPSG:28992"
FIRMS = ["Voorbeeld Staal B.V.", "Voorbeeld Berken BV", "Drukkerij Zwaluw", "Garage Kievit", "Zwaluw"]
PARCELS = ["DDV00 A 1234", "Kavel Zwaluw", "Industrieweg 6", "Landje van Reiger", "plot 5"]
SECRETS = [
    "staal",
    "berken",
    "zwaluw",
    "kievit",
    "reiger",
    "valk",
    "industrieweg",
    "handelskade",
    "7701",
    "ddv00",
    "1234",
    "222123",
    "0160100000",
]


def boxes(count: int) -> list[shapely.Polygon]:
    return [shapely.box(100.0 * n, 0.0, 100.0 * n + 90.0, 90.0) for n in range(count)]


def park() -> tuple[Layers, Any, pd.DataFrame, Findings]:
    """Return an import of five companies as it stands before codes are given."""
    companies = pd.DataFrame(
        {
            "name": FIRMS,
            "parcel": PARCELS,
            "street": ["Industrieweg", "Industrieweg", "Handelskade", "Handelskade", None],
            "number": ["2", "4", "6", "8", None],
            "postcode": ["7701AB", "7701AB", "7701AC", None, None],
            "city": "Dedemsvaart",
            "x": 222_123.0,
            "y": 512_000.0,
            "sbi": ["2511", "1623", "1812", "4520", "6420"],
            "sector": ["manufacturing", "manufacturing", "manufacturing", "automotive", "business_services"],
            "jobs": [12.0, 3.0, 40.0, 6.0, 1.0],
            "tenant": [True, False, None, None, True],
            "note": "mail reiger at Industrieweg 2",
            "assumed": ["sector", None, "jobs;Landje van Reiger", None, None],
            "telefoon": "0612345678",
        },
        index=[2, 3, 4, 5, 6],
    )
    owners = pd.DataFrame(
        {
            "name": ["A. Reiger", "Valk Vastgoed", "Gemeente Hardenberg"],
            "kind": ["person", "investor", "municipality"],
            "note": "belt Reiger",
        }
    )
    parcels = gpd.GeoDataFrame(
        {
            "name": PARCELS,
            "owner": ["Voorbeeld Staal B.V.", "Valk Vastgoed", "Gemeente Hardenberg", "A. Reiger", None],
            "street": "Industrieweg",
            "number": "2",
            "postcode": "7701AB",
            "note": "van Reiger",
            "floor": [900.0, None, 0.0, None, 50.0],
            "quality": [0.5, None, None, None, 0.2],
        },
        geometry=boxes(5),
        crs=RD,
    )
    units = gpd.GeoDataFrame(
        {
            "street": ["Industrieweg"],
            "number": ["2"],
            "postcode": ["7701AB"],
            "floor": [900.0],
            "building": ["0160100000012345"],
        },
        geometry=[shapely.Point(5, 5)],
        crs=RD,
    )
    buildings = gpd.GeoDataFrame(
        {"id": ["0160100000012345"], "built": [1980.0]}, geometry=[shapely.box(1, 1, 40, 40)], crs=RD
    )
    layers = Layers(pyproj.CRS(RD), parcels, companies=companies, owners=owners, addresses=units, buildings=buildings)
    shapes = parcels.set_index("name", drop=False)
    parcel_of = np.array([[0, 1, 2, 3, 4], [-1, -1, -1, -1, -1]])
    areas = pd.DataFrame({"in_file": 8_100.0, "on_grid": 8_000.0}, index=pd.Index(PARCELS, name="name"))
    grid = SimpleNamespace(
        kind=np.where(parcel_of >= 0, 4, 1),
        parcel_of=parcel_of,
        names=list(PARCELS),
        exits=[(1, 0)],
        cell_m=90.0,
        west=0.0,
        north=90.0,
        enclaves={"plot 5"},
        areas=areas,
        inferred=set(),
        shapes=shapes,
    )
    matches = pd.DataFrame(
        {"parcel": PARCELS, "how": "name", "score": 1.0, "distance_m": 5.0, "doubtful": False, "left_out": False},
        index=companies.index,
    )
    findings = Findings()
    findings.add(
        "note",
        "matching.conflict",
        what="Garage Kievit",
        where=(222_123.0, 512_000.0),
        company="garage kievit",
        parcel="Landje van Reiger",
        metres=140,
        taken="DDV00 A-1234",
    )
    findings.add(
        "left_out",
        "matching.no_parcel_near",
        company="Voorbeeld Staal bv",
        near="Kavel Zwaluw (Handelskade 4, 7701 AB)",
    )
    findings.add("assumed", "matching.divided", parcel="plot 5", n=2, companies="Drukkerij Zwaluw, Zwaluw, ... (+1)")
    return layers, grid, matches, findings


def everything(made: Anonymised) -> str:
    """Return everything that goes on, as one text in lower case."""
    tables = [
        made.layers.companies,
        made.layers.owners,
        made.layers.parcels,
        made.layers.addresses,
        made.layers.buildings,
        made.grid.shapes,
        made.grid.areas,
        made.matches,
    ]
    kept = [pd.DataFrame(table.drop(columns="geometry", errors="ignore")).to_csv() for table in tables]
    kept += [str(made.grid.names), str(made.grid.enclaves)]
    kept += [repr(finding) for finding in made.findings]
    kept += [finding.told(ImportLanguage(code)) for finding in made.findings for code in ("nl", "en")]
    return "\n".join(kept).lower()


def test_nothing_that_goes_on_holds_a_name_or_address() -> None:
    made = anonymise(*park())
    text = everything(made)
    assert [secret for secret in SECRETS if secret in text] == []
    assert "0612345678" not in text
    assert "gemeente hardenberg" in text  # no secret party


def test_the_key_says_who_is_who_with_address_and_row() -> None:
    key = anonymise(*park()).key
    firms = key[key["kind"] == "company"].set_index("name")
    assert sorted(firms["code"]) == ["B001", "B002", "B003", "B004", "B005"]
    assert (firms.loc["Voorbeeld Berken BV", "address"], firms.loc["Voorbeeld Berken BV", "row"]) == (
        "Industrieweg 4 7701AB Dedemsvaart",
        "3",
    )
    assert set(key.loc[key["kind"] == "owner", "name"]) == {"A. Reiger", "Valk Vastgoed"}
    assert set(key.loc[key["kind"] == "parcel", "name"]) == set(PARCELS)


def test_tables_still_fit_together() -> None:
    layers, grid, matches, findings = park()
    made = anonymise(layers, grid, matches, findings)
    code = made.key.set_index("name")["code"]
    for at, firm in enumerate(FIRMS):
        row = made.layers.companies[made.layers.companies["name"] == code[firm]]
        assert row["jobs"].item() == layers.companies["jobs"].iloc[at]
        assert made.matches.loc[row.index[0], "parcel"] == code[PARCELS[at]]
    for at, parcel in enumerate(PARCELS):
        where = np.argwhere(grid.parcel_of == at)
        new = made.grid.names.index(code[parcel])
        assert np.array_equal(np.argwhere(made.grid.parcel_of == new), where)
        assert made.grid.shapes.geometry[code[parcel]].equals(grid.shapes.geometry[parcel])
    assert made.grid.shapes.loc[code["DDV00 A 1234"], "owner"] == code["Voorbeeld Staal B.V."]
    assert made.grid.shapes.loc[code["Industrieweg 6"], "owner"] == "Gemeente Hardenberg"
    assert made.grid.enclaves == {code["plot 5"]}
    assert list(made.grid.shapes.index) == list(made.grid.areas.index) == made.grid.names
    assert made.layers.addresses["building"].tolist() == made.layers.buildings["id"].tolist()


def test_a_part_of_a_parcel_has_the_code_of_the_whole_and_its_number() -> None:
    layers, grid, matches, findings = park()
    grid.names = ["DDV00 A 1234 · 1", "DDV00 A 1234 · 2", "Industrieweg 6 (2)", "Industrieweg 6 van Reiger", "plot 5"]
    grid.enclaves = set()
    grid.shapes = grid.shapes.assign(name=grid.names, part_of=["DDV00 A 1234"] * 2 + ["Industrieweg 6"] * 2 + [None])
    grid.shapes.index = grid.areas.index = pd.Index(grid.names, name="name")
    made = anonymise(layers, grid, matches.assign(parcel=grid.names), findings)
    code = made.key.set_index("name")["code"]
    first, second = code["DDV00 A 1234"], code["Industrieweg 6"]
    assert {f"{first} · 1", f"{first} · 2", f"{second} (2)", code["plot 5"]} < set(made.grid.names)
    assert set(made.matches["parcel"]) == set(made.grid.names)
    assert [secret for secret in SECRETS if secret in everything(made)] == []


def test_what_went_in_is_left_as_it_was() -> None:
    given = park()
    before = given[0].companies.copy(), list(given[1].names), given[1].parcel_of.copy()
    anonymise(*given)
    assert given[0].companies.equals(before[0])
    assert given[1].names == before[1]
    assert np.array_equal(given[1].parcel_of, before[2])


def test_the_order_of_the_file_is_not_in_the_codes_nor_in_the_rows() -> None:
    orders = set()
    for seed in range(12):
        made = anonymise(*park(), seed_key=bytes([seed]) * 8)
        assert made.layers.companies["name"].tolist() == sorted(made.layers.companies["name"])
        assert made.layers.companies.index.tolist() == made.matches.index.tolist() == list(range(5))
        orders.add(tuple(made.key.set_index("name").loc[FIRMS, "code"]))
    assert len(orders) > 8
    same = [anonymise(*park(), seed_key=b"secret").key for _ in range(2)]
    assert same[0].equals(same[1])


def test_two_imports_without_a_seed_differ() -> None:
    keys = [tuple(anonymise(*park()).key.set_index("name").loc[[*FIRMS, *PARCELS], "code"]) for _ in range(4)]
    assert len(set(keys)) > 1


def test_a_company_keeps_its_code_and_a_new_one_gets_a_free_one() -> None:
    first = anonymise(*park()).key
    layers, grid, matches, findings = park()
    layers.companies.loc[2, "name"] = "VOORBEELD STAAL bv"
    layers.companies.loc[6, "name"] = "Nieuwkomer"
    layers.parcels["owner"] = None
    second = anonymise(layers, grid, matches, findings, first)
    was, now = first.set_index("name")["code"], second.key.set_index("name")["code"]
    assert {"B001", "B002", "B003", "B004", "B005"} & {now["Nieuwkomer"]} == set()
    assert set(second.layers.companies["name"]) == {*was[FIRMS[:4]], now["Nieuwkomer"]}
    assert set(first["code"]) <= set(second.key["code"])
    assert set(second.grid.names) == set(was[PARCELS])


def test_two_companies_of_one_name_get_two_codes() -> None:
    layers, grid, matches, findings = park()
    layers.companies["name"] = ["Twee BV", "Twee BV (2)", "Twee nv", "Drie", "Vier"]
    made = anonymise(layers, grid, matches, findings)
    assert made.layers.companies["name"].is_unique
    again = anonymise(layers, grid, matches, findings, made.key)
    assert again.layers.companies["name"].is_unique


def test_a_name_inside_a_longer_word_is_no_name() -> None:
    layers, grid, matches, findings = park()
    findings.add("note", "matching.key_no_file", file="zwaluwnest.csv")
    told = [finding.values.get("file") for finding in anonymise(layers, grid, matches, findings).findings]
    assert "zwaluwnest.csv" in told


def test_companies_that_stand_out_are_counted() -> None:
    companies = pd.DataFrame(
        {"sector": ["construction"] * 4 + ["logistics"] * 2 + [None], "jobs": [5.0, 5.0, 5.0, 80.0, 9.0, 9.0, np.nan]}
    )
    findings = Findings()
    assert note_unique(companies, findings) == 3
    assert note_unique(companies, findings, fewest=2) == 1
    assert note_unique(companies.iloc[:3], findings) == 0
    assert findings.counts()["matching.recognisable"] == 2


def test_rounded_jobs_are_of_few_kinds_and_marked() -> None:
    findings = Findings()
    jobs = [0.4, 1.0, 4.0, 5.0, 19.0, 20.0, 230.0, 9_000.0, np.nan]
    rounded = round_jobs(pd.DataFrame({"jobs": jobs, "assumed": ["sector", *[None] * 8]}), findings)
    assert rounded["jobs"].tolist()[:-1] == [1, 1, 3, 7, 14, 32, 320, 3_000]
    assert np.isnan(rounded["jobs"].iloc[-1])
    assert rounded["assumed"].tolist() == ["sector;jobs", *["jobs"] * 7, None]
    told = next(iter(findings))
    assert told.values["after"] == 3_378.0


def test_the_key_goes_to_a_file_that_only_its_owner_reads_and_comes_back_the_same(tmp_path: Path) -> None:
    key = anonymise(*park()).key
    key.loc[0, "name"] = "=HYPERLINK(1)"
    key.loc[1, "name"] = "'s-Hof"
    place = tmp_path / "key.csv"
    os.umask(old := os.umask(0))
    os.umask(0)
    try:
        write_key(place, key)
    finally:
        os.umask(old)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert not re.search(r"(^|,)=", place.read_text(encoding="utf-8"), re.MULTILINE)
    assert read_key(place).equals(key)
    write_key(place, key)  # an update replaces it
    assert [path.name for path in tmp_path.iterdir()] == ["key.csv"]


def test_the_key_does_not_go_where_the_park_goes_unless_told(tmp_path: Path) -> None:
    key = anonymise(*park()).key
    out = tmp_path / "park"
    (out / "deeper").mkdir(parents=True)
    (tmp_path / "elsewhere").symlink_to(out)
    for place in (
        out / "key.csv",
        out / "deeper" / "key.csv",
        tmp_path / "elsewhere" / "key.csv",
        tmp_path / "x" / ".." / "park" / "k.csv",
    ):
        with pytest.raises(
            CannotImport, match="does not belong in the folder 'park'|does not belong in the folder ‘park’"
        ):
            write_key(place, key, apart_from=[out])
    write_key(out / "key.csv", key, apart_from=[out], anywhere=True)
    assert sorted(path.name for path in out.iterdir()) == ["deeper", "key.csv"]


def test_the_key_replaces_no_link_and_no_folder(tmp_path: Path) -> None:
    key = anonymise(*park()).key
    (tmp_path / "other.txt").write_text("keep", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "other.txt")
    (tmp_path / "folder.csv").mkdir()
    for name in ("link.csv", "folder.csv"):
        with pytest.raises(CannotImport, match="link or no ordinary file"):
            write_key(tmp_path / name, key)
    with pytest.raises(CannotImport, match="could not be written"):
        write_key(tmp_path / "nowhere" / "key.csv", key)
    assert (tmp_path / "other.txt").read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,code\nx,B001\n",
        b"kind,code,name,address,row\ncompany,B001,a,,\ncompany,B001,b,,\n",
        b"kind,code,name,address,row\nking,B001,a,,\n",
        b"kind,code,name,address,row\ncompany,1,a,,\n",
        b"\xff\xfe\x00",
        b"\x00" * 50,
    ],
)
def test_what_is_no_key_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "key.csv"
    place.write_bytes(content)
    with pytest.raises(CannotImport, match="key.csv’ is not the key of an earlier import"):
        read_key(place)
    with pytest.raises(CannotImport, match="is not the key"):
        read_key(tmp_path / "absent.csv")
