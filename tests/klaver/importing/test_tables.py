"""Lists in all the forms that offices make: separators, commas, encodings, titles above the header, workbooks."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.reading.columns import knows
from klaver.importing.reading.held_files import HeldFile, Limits
from klaver.importing.reading.tables import as_numbers, is_missing, plain_text, read_csv, read_workbook
from tests.klaver.importing import hostile
from tests.klaver.importing.dutch_forms import write_lisa_csv, write_lisa_xlsx

KNOWS = knows("companies")


def csv_of(tmp_path: Path, content: bytes, limits: Limits = Limits()) -> tuple[pd.DataFrame, Findings]:  # noqa: B008
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    findings = Findings()
    return read_csv(HeldFile(path, "list.csv", "csv", ""), limits, findings, KNOWS), findings


def book_of(path: Path, limits: Limits = Limits()) -> tuple[list[tuple[str, pd.DataFrame]], Findings]:  # noqa: B008
    findings = Findings()
    return read_workbook(HeldFile(path, path.name, "xlsx", ""), limits, findings, KNOWS), findings


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_separator_shows_from_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f'naam{delimiter}banen\n"Jansen{delimiter} Zn"{delimiter}3\n'
    table, findings = csv_of(tmp_path, text.encode())
    assert table.to_dict("list") == {"naam": [f"Jansen{delimiter} Zn"], "banen": ["3"]}
    assert not list(findings)


def test_decimal_commas_do_not_make_the_comma_the_separator(tmp_path: Path) -> None:
    table, _ = csv_of(tmp_path, b"naam;x;y\na;229000,5;513000,5\n")
    assert list(table.columns) == ["naam", "x", "y"]


def test_excels_own_mark_of_the_separator_is_honoured(tmp_path: Path) -> None:
    table, _ = csv_of(tmp_path, b"sep=|\nnaam|banen\na;b|3\n")
    assert table.to_dict("list") == {"naam": ["a;b"], "banen": ["3"]}


@pytest.mark.parametrize(
    ("encoding", "key"), [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("cp1252", "reading.windows_encoding")]
)
def test_accents_survive_whatever_program_wrote_them(tmp_path: Path, encoding: str, key: str | None) -> None:
    table, findings = csv_of(tmp_path, "naam;banen\nCafé ’t Pleintje – Noël;3\n".encode(encoding))
    assert table["naam"].tolist() == ["Café ’t Pleintje – Noël"]
    assert [finding.key for finding in findings] == ([key] if key else [])


def test_a_title_above_the_header_is_passed_over_and_lines_keep_their_number(tmp_path: Path) -> None:
    table, _ = csv_of(tmp_path, b"Bedrijven 2024\n\nbron: niemand\nnaam;banen\na;1\n\nb;2\n")
    assert list(table.columns) == ["naam", "banen"]
    assert table.index.tolist() == [5, 7]


def test_lines_of_another_length_are_told_with_their_number(tmp_path: Path) -> None:
    table, findings = csv_of(tmp_path, b"naam;banen\na;1\nb\nc;3;extra\n")
    assert table["banen"].tolist() == ["1", None, "3"]
    assert [(finding.key, finding.values["line"]) for finding in findings] == [
        ("reading.long_lines", 4), ("reading.short_lines", 3)]  # fmt: skip


def test_zero_bytes_are_taken_out_and_told(tmp_path: Path) -> None:
    table, findings = csv_of(tmp_path, b"naam;banen\na\x00b;1\n")
    assert table["naam"].tolist() == ["ab"]
    assert findings.counts() == {"reading.zero_bytes": 1}


def test_columns_without_a_name_or_of_one_name_are_told_apart(tmp_path: Path) -> None:
    table, _ = csv_of(tmp_path, b"naam;;banen;banen\na;b;1;2\n")
    assert list(table.columns) == ["naam", "column 2", "banen", "banen (4)"]


@pytest.mark.parametrize(
    ("content", "limits", "key"),
    [
        (b"naam;banen\n" + b"a;1\n" * 50, Limits(rows=20), "too_many_rows"),
        (b";".join(b"k%d" % at for at in range(300)) + b"\n1\n", Limits(), "too_many_columns"),
        (b"naam;banen\n\"" + b"x" * 200_000 + b'";1\n', Limits(), "cannot_read"),
        (b"\n\n;;\n", Limits(), "empty_table"),
    ],
)
def test_a_table_over_the_limits_is_refused(tmp_path: Path, content: bytes, limits: Limits, key: str) -> None:
    with pytest.raises(CannotImport) as problem:
        csv_of(tmp_path, content, limits)
    assert problem.value.findings[0].key == f"reading.{key}"


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.234,5", "12"], [1234.5, 12.0]),
        (["1,234.5", "12"], [1234.5, 12.0]),
        (["1.250", "12.500", "900"], [1250.0, 12500.0, 900.0]),
        (["1.250", "12.5"], [1.25, 12.5]),
        (["1,250", "12"], [1.25, 12.0]),
        (["1,250,000", "12"], [1250000.0, 12.0]),
        (["€ 1.500,-", "750 m2"], [1500.0, 750.0]),
        (["0.125", "0.333"], [0.125, 0.333]),
        (["-3", "+4"], [-3.0, 4.0]),
        ([7, 7.5, None], [7.0, 7.5, np.nan]),
    ],
)
def test_points_and_commas_are_read_as_the_column_as_a_whole_shows(cells: list[object], numbers: list[float]) -> None:
    read = as_numbers(pd.Series(cells, dtype=object))
    np.testing.assert_array_equal(read.values.to_numpy(), numbers)
    assert read.wrong == []


def test_a_column_that_uses_the_point_in_two_ways_tells_what_does_not_fit() -> None:
    read = as_numbers(pd.Series(["1.250.000", "3.5"]))
    assert read.wrong == [0] and read.values[1] == 3.5


def test_thousands_that_no_number_shows_are_told_and_never_taken_for_coordinates() -> None:
    column = pd.Series(["52.123", "51.456"])
    assert as_numbers(column).grouped == "."
    assert as_numbers(column, points_group=False).values.tolist() == [52.123, 51.456]


@pytest.mark.parametrize("cell", ["twaalf", "1_000", "0x10", "1e400", "inf", "12 of 13", "=1+1"])
def test_what_is_no_number_is_told_and_not_guessed(cell: str) -> None:
    read = as_numbers(pd.Series([cell]))
    assert read.wrong == [0] and np.isnan(read.values[0])


@given(st.lists(st.integers(-10**11, 10**11).map(lambda cents: cents / 100), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_numbers_written_the_dutch_way_come_back(values: list[float]) -> None:
    dutch = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values]
    assert as_numbers(pd.Series(dutch)).values.tolist() == values
    plain = [f"{value:.2f}" for value in values]
    assert as_numbers(pd.Series(plain), points_group=False).values.tolist() == values


@pytest.mark.parametrize("value", [None, float("nan"), "", " - ", "n.v.t.", "onbekend", "#N/B", "#REF!", pd.NaT])
def test_a_cell_that_says_nothing_is_missing(value: object) -> None:
    assert is_missing(value)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_plain_text_is_printable_and_begins_with_no_sign_of_a_formula(text: str) -> None:
    plain, _, _ = plain_text(text, 100)
    assert plain is None or (plain.isprintable() and len(plain) <= 100)
    if plain is not None and plain[0] in "=+-@":
        float(plain.replace(",", "").replace(".", "").replace(" ", "").replace("'", "").replace("\u00a0", ""))  # a number


# --- workbooks -------------------------------------------------------------------------------------------------------


def test_a_workbook_and_a_csv_of_the_same_list_say_the_same(tmp_path: Path) -> None:
    write_lisa_csv(tmp_path)
    ((_, book),), _ = book_of(write_lisa_xlsx(tmp_path))
    table, _ = csv_of(tmp_path, (tmp_path / "synthetic_bedrijven.csv").read_bytes())
    assert list(book.columns) == list(table.columns)
    assert book["Naam vestiging"].tolist() == table["Naam vestiging"].tolist()
    for name in ("Banen parttime", "Omzet", "X-coördinaat"):
        assert as_numbers(book[name]).values.tolist() == as_numbers(table[name]).values.tolist(), name


def test_of_a_formula_the_stored_value_is_taken(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["naam", "banen"], ["a", 4], ["b", "=2+3"]):
        sheet.append(row)
    book.save(tmp_path / "raw.xlsx")
    # openpyxl stores no value with a formula; a spreadsheet program does.
    with zipfile.ZipFile(tmp_path / "raw.xlsx") as old, zipfile.ZipFile(tmp_path / "list.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<f>2\+3</f><v ?(/>|></v>)", b"<f>2+3</f><v>5</v>", old.read(name)))
    ((_, table),), _ = book_of(tmp_path / "list.xlsx")
    assert table["banen"].tolist() == [4, 5]


def test_every_sheet_with_a_table_is_read_and_empty_ones_are_not(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "leeg"
    for name in ("bedrijven", "eigenaren"):
        sheet = book.create_sheet(name)
        sheet.append(["naam", "banen"])
        sheet.append(["a", 1])
    book.save(tmp_path / "list.xlsx")
    tables, _ = book_of(tmp_path / "list.xlsx")
    assert [name for name, _ in tables] == ["bedrijven", "eigenaren"]


@pytest.mark.parametrize("limits", [Limits(rows=5), Limits(columns=4)])
def test_a_workbook_over_the_limits_is_refused(tmp_path: Path, limits: Limits) -> None:
    with pytest.raises(CannotImport) as problem:
        book_of(write_lisa_xlsx(tmp_path), limits)
    assert problem.value.findings[0].key in ("reading.too_many_rows", "reading.too_many_columns")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = hostile.workbook_bomb(tmp_path / "list.xlsx", 250)
    with pytest.raises(CannotImport) as problem:
        book_of(path)
    assert problem.value.findings[0].key == "reading.archive_bomb"


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    path = hostile.entity_workbook(tmp_path / "laughs.xlsx", write_lisa_xlsx(tmp_path))
    with pytest.raises(CannotImport) as problem:
        book_of(path)
    assert problem.value.findings[0].key == "reading.cannot_read"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_reading_a_list_fail_in_any_other_way(data: st.DataObject) -> None:
    import tempfile

    content = data.draw(st.binary(max_size=400) | st.text(alphabet='a;,"\n\t=1.\r\x0b\x85\u2028', max_size=200).map(str.encode))
    with tempfile.TemporaryDirectory() as folder:
        try:
            table, _ = csv_of(Path(folder), content)
        except CannotImport as problem:
            assert problem.problems
        else:
            assert len(table.columns) > 0
