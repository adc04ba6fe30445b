"""Columns found by name in two languages, mapping files, and what values come to mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.layers import ADDRESS_COLUMNS, BUILDING_COLUMNS, COMPANY_COLUMNS, OWNER_COLUMNS, PARCEL_COLUMNS
from klaver.importing.reading.columns import fold, match_columns, read_mapping, unit_factor
from klaver.importing.reading.forms import EXCHANGE_LAYERS, FORMS, SYNONYMS
from klaver.importing.reading.held_files import Limits
from klaver.importing.reading.recognising import recognise
from klaver.importing.reading.standardising import class_middle, standardise
from klaver.importing.reading.values import Values
from tests.klaver.importing import dutch_forms


def chosen(columns: list[str], role: str = "companies") -> dict[str, str]:
    return match_columns(columns, role, {}, "list.csv", Findings())[0]


def made(role: str, findings: Findings | None = None, **columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    findings = Findings() if findings is None else findings
    names, _ = match_columns(list(frame.columns), role, {}, "list.csv", findings)
    return standardise(Values(frame, names, "list.csv", Limits(), findings), role)


@pytest.mark.parametrize(
    "column", ["Bedrijfsnaam", "BEDRIJFSNAAM", "bedrijfs_naam", "Bedrijfs naam", "name", "Company Name", "náám"]
)
def test_case_accents_spaces_and_underscores_do_not_matter(column: str) -> None:
    assert chosen([column]) == {"name": column}


@pytest.mark.parametrize(
    ("role", "known"),
    [("parcels", PARCEL_COLUMNS), ("companies", COMPANY_COLUMNS), ("buildings", BUILDING_COLUMNS), ("owners", OWNER_COLUMNS),
     ("addresses", ADDRESS_COLUMNS)],
)  # fmt: skip
def test_every_standard_column_is_known_by_its_own_name(role: str, known: dict[str, str]) -> None:
    assert chosen(list(known), role) == {name: name for name in known}


def test_no_synonym_stands_for_two_things() -> None:
    for role, names in SYNONYMS.items():
        every = [synonym for synonyms in names.values() for synonym in synonyms]
        assert len(every) == len(set(every)), (role, {one for one in every if every.count(one) > 1})
        assert all(synonym == fold(synonym) for synonym in every), role


def test_an_exact_name_goes_before_a_synonym_and_the_other_is_told() -> None:
    findings = Findings()
    names, unused = match_columns(["werknemers", "jobs"], "companies", {}, "list.csv", findings)
    assert names == {"jobs": "jobs"} and unused == ("werknemers",)
    assert [finding.values["other"] for finding in findings] == ["werknemers"]


def test_a_name_cut_off_by_a_shapefile_is_still_known() -> None:
    assert chosen(["VLOEROPPER"], "parcels") == {"floor": "VLOEROPPER"}
    assert chosen(["BEDRIJFSNA"]) == {"name": "BEDRIJFSNA"}


def test_units_in_a_columns_name_are_passed_over_or_reckoned_with() -> None:
    assert chosen(["Vloeroppervlak (m²)"], "parcels") == {"floor": "Vloeroppervlak (m²)"}
    assert chosen(["ruimtewens_ha"]) == {"land_wish": "ruimtewens_ha"}
    assert unit_factor("ruimtewens (ha)", money=False) == 1e4 and unit_factor("oppervlakte hal", money=False) == 1.0
    assert unit_factor("omzet (x 1.000)", money=True) == 1e3 and unit_factor("omzet mln", money=True) == 1e6
    assert made("companies", **{"naam": ["a"], "ruimtewens_ha": ["0,5"]})["land_wish"].tolist() == [5_000.0]


# --- the known forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "frame", "geometry", "role", "form"),
    [
        ("perceel", dutch_forms.kadaster(), "polygon", "parcels", "Kadaster perceel"),
        ("pand", dutch_forms.panden(), "polygon", "buildings", "BAG pand"),
        ("verblijfsobject", dutch_forms.verblijfsobjecten(), "point", "addresses", "BAG verblijfsobject"),
        ("wegdeel", dutch_forms.wegdelen(), "polygon", "roads", "BGT wegdeel"),
        ("waterdeel", dutch_forms.waterdelen(), "polygon", "water", "BGT waterdeel"),
        ("anything", dutch_forms.ibis(), "polygon", "boundary", "IBIS"),
    ],
)
def test_the_forms_of_dutch_open_data_are_recognised(
    layer: str, frame: pd.DataFrame, geometry: str, role: str, form: str
) -> None:
    columns = tuple(name for name in frame.columns if name != "geometry")
    guess = recognise(layer, "file.gpkg", geometry, columns)
    assert (guess.role, guess.form) == (role, form)


@pytest.mark.parametrize(
    ("name", "geometry", "role"),
    [
        ("bedrijfskavels.geojson", "polygon", "parcels"), ("kavels_bedrijventerrein_zuid.shp", "polygon", "parcels"),
        ("BedrijventerreinGrens.geojson", "polygon", "boundary"), ("wegen.geojson", "line", "roads"),
        ("openbaar-groen.geojson", "polygon", "green"), ("sloten2024.geojson", "polygon", "water"),
        ("bedrijvenlijst kavel 12.csv", "none", "companies"), ("gebouwen.shp", "polygon", "buildings"),
        ("adressen.gpkg", "point", "addresses"), ("plots.geojson", "polygon", "parcels"), ("roads.shp", "line", "roads"),
        ("zonnepanelen.geojson", "point", ""),
    ],
)  # fmt: skip
def test_a_layer_is_recognised_by_what_it_is_called(name: str, geometry: str, role: str) -> None:
    assert recognise("", name, geometry, ("foo",)).role == role


def test_our_own_form_is_only_recognised_with_its_settings() -> None:
    everything = frozenset(EXCHANGE_LAYERS)
    assert recognise("ground", "park.gpkg", "polygon", ("kind",), everything).form == "Klaver"
    assert recognise("ground", "park.gpkg", "polygon", ("kind",), frozenset(("ground",))).form == ""


def test_every_form_can_have_its_role() -> None:
    assert {form.role for form in FORMS} <= set(SYNONYMS)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "rents"),
    [("huur", True), ("Gehuurd", True), ("ja", True), (True, True), (1.0, True), ("koop", False), ("eigendom", False),
     ("Nee", False), ("0", False), (None, None)],
)  # fmt: skip
def test_renting_and_owning_are_understood_in_many_words(word: object, rents: bool | None) -> None:
    table = made("companies", naam=["a"], eigendomssituatie=[word])
    assert table["tenant"].tolist() == [rents]


def test_a_column_of_owner_occupiers_says_the_opposite() -> None:
    assert made("companies", naam=["a", "b"], eigen_pand=["ja", "nee"])["tenant"].tolist() == [False, True]


def test_a_word_that_is_not_understood_is_told_with_its_line_and_left_open() -> None:
    findings = Findings()
    table = made("companies", findings, naam=["a", "b"], huurder=["ja", "soms"])
    assert table["tenant"].tolist() == [True, None]
    (finding,) = findings
    assert (finding.key, finding.values["line"], finding.values["value"]) == ("reading.no_word", 1, "soms")


@pytest.mark.parametrize(
    ("text", "middle"),
    [("10-19", 14.5), ("10 t/m 19", 14.5), ("50 tot 100", 75.0), ("1 – 4", 2.5), ("100+", 150.0), ("250 en meer", 375.0),
     ("< 5", 2.5), ("10-19 werkzame personen", 14.5), ("12", None), ("19-10", None)],
)  # fmt: skip
def test_a_class_of_jobs_counts_for_its_middle(text: str, middle: float | None) -> None:
    assert class_middle(text) == middle


def test_jobs_of_a_class_are_assumed_and_stated_jobs_are_not() -> None:
    table = made("companies", naam=["a", "b", "c"], banen=["12", "10-19", None])
    assert table["jobs"].tolist()[:2] == [12.0, 14.5] and np.isnan(table["jobs"][2])
    assert table["assumed"].tolist() == [None, "jobs", None]


def test_full_time_and_part_time_make_the_jobs_unless_there_is_a_total() -> None:
    parts = {"Mannen fulltime": [4], "Vrouwen fulltime": [3], "Mannen parttime": [None], "Vrouwen parttime": [2]}
    assert made("companies", naam=["a"], **parts)["jobs"].tolist() == [9.0]
    assert made("companies", naam=["a"], banen=[11], **parts)["jobs"].tolist() == [11.0]


def test_full_time_equivalents_stand_in_for_jobs_and_are_marked() -> None:
    table = made("companies", naam=["a", "b"], fte=["7,5", None], banen=[None, 4])
    assert table["jobs"].tolist() == [7.5, 4.0]
    assert table["assumed"].tolist() == ["jobs", None]


def test_an_energy_label_becomes_a_number_that_is_marked_as_assumed() -> None:
    table = made("parcels", kavel=["a", "b", "c"], energielabel=["A+++", "g", None])
    assert table["energy"][0] > 0.9 and table["energy"][1] < 0.1 and np.isnan(table["energy"][2])
    assert table["assumed"].tolist() == ["energy", "energy", None]


def test_what_the_file_itself_calls_assumed_stays_so() -> None:
    table = made("parcels", name=["a"], assumed=["floor; quality"], energy=["C"], floor=["100"])
    assert table["assumed"].tolist() == ["energy;floor;quality"]


def test_shares_are_read_as_shares_percentages_and_not_as_marks() -> None:
    findings = Findings()
    assert made("parcels", kavel=["a", "b"], kwaliteit=["0,8", "0.25"])["quality"].tolist() == [0.8, 0.25]
    assert made("parcels", kavel=["a", "b"], kwaliteit=["80%", "25 %"])["quality"].tolist() == [0.8, 0.25]
    assert made("parcels", kavel=["a", "b"], kwaliteit=[80, 25])["quality"].tolist() == [0.8, 0.25]
    marks = made("parcels", findings, kavel=["a", "b"], kwaliteit=["7", "0,5"])["quality"]
    assert np.isnan(marks[0]) and marks[1] == 0.5, "a mark out of ten is no share"
    assert findings.counts() == {"reading.out_of_range": 1}


@pytest.mark.parametrize(
    ("value", "year"), [("1987", 1987.0), (1987.0, 1987.0), ("1987-05-01", 1987.0), ("1005", None), ("19", None)]
)
def test_a_year_of_building_is_read_and_the_registers_unknown_is_not_one(value: object, year: float | None) -> None:
    table = made("parcels", kavel=["a"], bouwjaar=[value])
    assert table["built"][0] == year if year else np.isnan(table["built"][0])


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("Marconistraat 12a, 7701 AB Dedemsvaart", ("Marconistraat", "12a", "7701AB")),
        ("Plein 1940 3-5 7701ab", ("Plein 1940", "3-5", "7701AB")),
        ("2e Industrieweg 14 B", ("2e Industrieweg", "14B", None)),
        ("Haven", ("Haven", None, None)),
    ],
)
def test_an_address_on_one_line_is_taken_apart(address: str, parts: tuple[str | None, ...]) -> None:
    table = made("companies", naam=["a"], adres=[address])
    assert tuple(table[name][0] for name in ("street", "number", "postcode")) == parts


def test_a_house_number_gets_its_letter_and_addition() -> None:
    table = made("addresses", straat=["W"], huisnummer=[12], huisletter=["A"], toevoeging=[3], postcode=["7701 ab"])
    assert table.loc[0, ["street", "number", "postcode"]].tolist() == ["W", "12A-3", "7701AB"]


@pytest.mark.parametrize(
    ("code", "digits"),
    [("25.11", "2511"), (2511.0, "2511"), ("C 25.11", "2511"), ("25110 - Vervaardiging", "25110"),
     ("groothandel", "groothandel"), ("01", "01")],
)  # fmt: skip
def test_a_sector_code_is_kept_as_digits(code: object, digits: str) -> None:
    assert made("companies", naam=["a"], sbi=[code])["sbi"].tolist() == [digits]


def test_a_formula_is_text_without_its_sign() -> None:
    findings = Findings()
    names = ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "@SUM(1)", "Gewoon - BV"]
    table = made("companies", findings, naam=names, banen=["1"] * 4)
    assert table["name"].tolist() == ['HYPERLINK("http://x")', "cmd|' /C calc'!A0", "SUM(1)", "Gewoon - BV"]
    assert [(finding.key, finding.values["n"]) for finding in findings] == [("reading.formula", 3)]


def test_the_middle_of_a_long_text_is_cut_with_a_note() -> None:
    findings = Findings()
    table = made("companies", findings, naam=["x" * 5_000], opmerking=["kort"])
    assert len(table["name"][0]) == 2_000
    assert findings.counts() == {"reading.cut_off": 1}


# --- the mapping file ------------------------------------------------------------------------------------------------


def mapping_of(tmp_path: Path, text: str) -> tuple[object, Findings]:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    findings = Findings()
    return read_mapping(path, findings), findings


def test_a_mapping_names_columns_files_and_sectors(tmp_path: Path) -> None:
    mapping, findings = mapping_of(tmp_path, """
[parcels]
name = "OBJ_CODE"
[files]
parcels = "park.gpkg:laag 1"
[sectors]
"46" = "logistics"
""")
    assert not list(findings)
    assert mapping.columns == {"parcels": {"name": "OBJ_CODE"}}  # type: ignore[attr-defined]
    assert mapping.files == {"parcels": ("park.gpkg", "laag 1")}  # type: ignore[attr-defined]
    assert mapping.sectors == {"46": "logistics"}  # type: ignore[attr-defined]


def test_a_mapping_goes_before_all_other_names() -> None:
    findings = Findings()
    names, unused = match_columns(["naam", "obj code"], "parcels", {"name": "OBJ_CODE"}, "kavels.shp", findings)
    assert names == {"name": "obj code"} and unused == ("naam",)


@pytest.mark.parametrize(
    ("text", "near"),
    [('[parcel]\nname = "x"', "parcels"), ('[parcels]\nnaem = "x"', "name"), ('[sectors]\n"46" = "logistic"', "logistics"),
     ('[files]\nparcel = "x"', "parcels")],
)  # fmt: skip
def test_an_unknown_key_of_a_mapping_is_refused_with_the_nearest(tmp_path: Path, text: str, near: str) -> None:
    _, findings = mapping_of(tmp_path, text)
    (finding,) = findings
    assert finding.level == "refused" and finding.values["near"] == near


def test_a_mapped_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    findings = Findings()
    match_columns(["naam", "banen"], "companies", {"jobs": "WP"}, "list.csv", findings)
    assert [(finding.level, finding.values["there"]) for finding in findings] == [("refused", "naam, banen")]


@pytest.mark.parametrize("text", ["not = [toml", "[parcels]\nname = 3", "parcels = 3", "\ud800"])
def test_a_mapping_that_is_no_toml_or_of_wrong_types_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    findings = Findings()
    try:
        read_mapping(path, findings)
    except CannotImport:
        return
    assert findings.of("refused")
