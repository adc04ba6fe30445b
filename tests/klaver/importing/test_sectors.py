"""From sector codes and words to the six sectors of the model."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klaver.importing.companies.sectors import TABLE, digits_of, edition_of, fill_sectors, sector_of, usual_length
from klaver.importing.findings import Findings
from klaver.language import ImportLanguage
from sim.records import SECTORS

NO_DIVISION = {"04", "34", "40", "44", "48", "54", "57", "67", "76", "83", "89"}  # of neither classification
NO_COMPANY = {"97", "98", "99"}


def test_every_division_has_a_sector_but_those_that_are_no_company() -> None:
    without = {f"{n:02d}" for n in range(1, 100) if sector_of(f"{n:02d}", {})[0] is None}
    assert without == NO_DIVISION | NO_COMPANY


def test_every_row_gives_a_reason_and_a_sector_of_the_model() -> None:
    assert all(row.why for row in TABLE)
    assert {row.sector for row in TABLE} - {None} == set(SECTORS)


@pytest.mark.parametrize("form", ["25.11", "2511", "25110", "C25", "C 25.11", "C", "c-2511", "2511.0", " 25 "])
def test_a_code_means_the_same_in_every_form(form: str) -> None:
    assert sector_of(form, {}) == ("manufacturing", False)


@pytest.mark.parametrize(
    ("code", "sector", "judged"),
    [
        ("41", "construction", False),
        ("4511", "automotive", False),
        ("46", "wholesale", False),
        ("4711", "wholesale", True),
        ("4730", "automotive", True),
        ("4941", "logistics", False),
        ("5210", "logistics", False),
        ("6201", "business_services", True),
        ("7022", "business_services", False),
        ("8130", "construction", True),
        ("0111", "manufacturing", True),
        ("6820", "business_services", True),
        ("99999", None, False),
        ("xyz", None, False),
        ("", None, False),
    ],
)
def test_what_the_classification_does_not_say_is_marked_as_judged(code: str, sector: str | None, judged: bool) -> None:
    assert sector_of(code, {}) == (sector, judged)


@pytest.mark.parametrize(
    ("word", "sector"),
    [
        ("groothandel", "wholesale"),
        ("Groothandel in bouwmaterialen", "wholesale"),
        ("Bouw", "construction"),
        ("Machinebouw", "manufacturing"),
        ("logistiek", "logistics"),
        ("Autobedrijf", "automotive"),
        ("Automatisering", "business_services"),
        ("zakelijke dienstverlening", "business_services"),
        ("Manufacturing", "manufacturing"),
        ("business services", "business_services"),
        ("onbekend", None),
    ],
)
def test_words_in_dutch_and_english_are_understood(word: str, sector: str | None) -> None:
    assert sector_of(word, {})[0] == sector


def test_the_longest_prefix_of_the_users_own_table_comes_first() -> None:
    own = {"46": "logistics", "4673": "bouw", "kassenbouw": "construction"}
    assert sector_of("46731", own) == ("construction", False)
    assert sector_of("4690", own) == ("logistics", False)
    assert sector_of("Kassenbouw", own) == ("construction", False)
    assert sector_of("47", own) == ("wholesale", True)


@pytest.mark.parametrize(
    ("code", "usual", "digits"),
    [
        ("0111", None, "0111"),
        ("1.11", None, "0111"),
        ("A111", None, "0111"),
        ("111", 4, "0111"),
        ("1110", 5, "01110"),
        ("1011", None, "1011"),
        ("1011", 5, "1011"),
        ("2511", 5, "2511"),
        ("1110", None, "1110"),
    ],
)
def test_a_lost_zero_is_put_back_only_where_something_tells_that_it_was_lost(
    code: str, usual: int | None, digits: str
) -> None:
    assert digits_of(code, usual) == digits


def test_a_list_that_mixes_four_and_five_digits_says_nothing_about_zeros() -> None:
    assert usual_length(["25110"] * 19 + ["1110"]) == 5
    assert usual_length(["25110"] * 6 + ["2511"] * 4) is None


def test_the_edition_is_read_from_codes_that_only_one_has() -> None:
    assert edition_of(["45112", "46710"]) == 2008
    assert edition_of(["95310", "46710"]) == 2025
    assert edition_of(["25110", "46710"]) is None
    assert sector_of("46710", {}, edition=2025) == ("automotive", False)
    assert sector_of("46710", {}, edition=2008) == ("wholesale", False)
    assert sector_of("46710", {}) == ("wholesale", True)


def companies(**columns: list) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"name": [f"firm {n}" for n in range(count)], **columns})


def test_a_judged_sector_stands_in_assumed_and_a_stated_one_does_not() -> None:
    findings = Findings()
    filled = fill_sectors(
        companies(sbi=["2511", "4711", None], sector=[None, None, "bouw"], assumed=[None, "jobs", None]), {}, findings
    )
    assert filled["sector"].tolist() == ["manufacturing", "wholesale", "construction"]
    assert filled["assumed"].tolist() == [None, "jobs;sector", None]
    assert findings.counts()["matching.judged_wholesale"] == 1


def test_an_unknown_code_leaves_the_sector_open_and_is_told() -> None:
    findings = Findings()
    filled = fill_sectors(companies(sbi=["99999", "99999", "2511"]), {}, findings)
    assert filled["sector"].tolist() == [None, None, "manufacturing"]
    told = [finding.told(ImportLanguage("en")) for finding in findings]
    assert any("99999 (2x)" in text for text in told)


def test_an_own_sector_that_does_not_exist_is_told() -> None:
    findings = Findings()
    fill_sectors(companies(sbi=["2511"]), {"25": "iets anders"}, findings)
    assert findings.counts()["matching.own_sector_unknown"] == 1


def test_a_list_without_codes_stays_as_it_is() -> None:
    findings = Findings()
    filled = fill_sectors(companies(jobs=[1.0, 2.0]), {}, findings)
    assert filled["sector"].isna().all()
    assert len(findings) == 0


@given(st.text(max_size=30), st.dictionaries(st.text(max_size=6), st.sampled_from([*SECTORS, "x"]), max_size=3))
def test_any_text_gives_a_sector_of_the_model_or_none(text: str, own: dict[str, str]) -> None:
    sector, judged = sector_of(text, own)
    assert sector is None or sector in SECTORS
    assert sector is not None or not judged
