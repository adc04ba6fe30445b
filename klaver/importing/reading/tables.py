"""Lists of companies and other tables: CSV in any of the forms that Dutch offices make, and Excel workbooks.

A table comes back as text and plain values, its index the line in the file (the header is line 1 where it is first), so
that a message can name the line. Nothing in a cell is ever calculated: of a formula in a workbook the value that was stored
with it is taken.
"""

from __future__ import annotations

import csv
import datetime
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from klaver.importing.findings import CannotImport, Findings, refuse
from klaver.importing.reading.archives import judge_members
from klaver.importing.reading.held_files import HeldFile, Limits
from sim.inputs.problems import printable

Knows = Callable[[str], bool]
_DELIMITERS = (";", "\t", "|", ",")
_TITLE_LINES = 20  # above the header there may be a title, a date, a source
_MOST_SHEETS = 20
_MISSING = frozenset(
    ("", "-", "--", "n.v.t.", "nvt", "n/a", "na", "nb", "n.b.", "nan", "null", "none", "onbekend", "unknown", "?", "<null>")
)
_EXCEL_ERROR = re.compile(r"^#(N/A|N/B|REF!|VERW!|VALUE!|WAARDE!|DIV/0!|DEEL/0!|NAME\?|NAAM\?|NUM!|GETAL!|NULL!|LEEG!)$")
_NUMBER = re.compile(r"^[+-]?(\d+|\d{1,3}([., '\u00a0]\d{3})+)([.,]\d+)?(e[+-]?\d+)?$", re.IGNORECASE)


def is_missing(value: object) -> bool:
    """Tell whether a cell says nothing: empty, a dash, "n.v.t.", "onbekend", an error of Excel."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return True
    text = str(value).strip()
    return text.casefold() in _MISSING or bool(_EXCEL_ERROR.match(text))


def read_csv(file: HeldFile, limits: Limits, findings: Findings, knows: Knows) -> pd.DataFrame:
    """Read a table with separators.

    Parameters
    ----------
    file
        Checked copy.
    limits
        What is allowed.
    findings
        Told of the encoding that was taken, of lines that are too long or too short, and of zero bytes.
    knows
        Whether a column name is one of those known; the header is the first line (of twenty) with two such names, else
        the first that is not empty.

    Returns
    -------
    pandas.DataFrame
        Text, None where a cell is missing; the index is the line in the file.

    Raises
    ------
    CannotImport
        With more rows or columns than allowed, without rows, or when it cannot be taken apart.
    """
    text = _decoded(file, findings)
    lines = text.splitlines()
    delimiter = _delimiter(lines, knows)
    if lines and re.match(r"^.?sep=", lines[0], re.IGNORECASE):  # Excel's own mark
        lines[0] = ""
    try:
        rows = [(reader_line, row) for reader_line, row in _rows(lines, delimiter, limits.rows + _TITLE_LINES + 1)]
    except csv.Error as error:
        raise refuse("reading.cannot_read", what=file.name, file=file.name, cause=printable(error)) from error
    return _table(rows, file, "", limits, findings, knows)


_LONGEST_CELL = 131_072  # characters: a quotation mark that is not closed takes in the rest of the file


def _rows(lines: list[str], delimiter: str, most: int) -> Iterator[tuple[int, list[Any]]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    start = 1
    for count, row in enumerate(reader):
        if count > most:
            return
        if any(len(cell) > _LONGEST_CELL for cell in row):  # the library's own limit is anyone's to lift
            raise csv.Error("field larger than field limit")
        yield start, row
        start = reader.line_num + 1


def _decoded(file: HeldFile, findings: Findings) -> str:
    """Return the text of a file: UTF-8, else UTF-16 where it says so, else as older Windows programs write it."""
    content = file.path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
            findings.add("note", "reading.windows_encoding", what=file.name, file=file.name)
    if "\0" in text:
        findings.add("mended", "reading.zero_bytes", what=file.name, file=file.name, n=text.count("\0"))
        text = text.replace("\0", "")
    return text


def _delimiter(lines: list[str], knows: Knows) -> str:
    """Return what parts the columns: what gives the most known names in the header, else the most columns."""
    if lines and (stated := re.match(r"^.?sep=(.)$", lines[0].strip(), re.IGNORECASE)):
        return stated.group(1)

    def worth(delimiter: str) -> tuple[int, int, int]:
        heads = [line.split(delimiter) for line in lines[:_TITLE_LINES]]
        known = max((sum(knows(cell.strip(' "')) for cell in head) for head in heads), default=0)
        return known, max((len(head) for head in heads), default=0), -_DELIMITERS.index(delimiter)

    return max(_DELIMITERS, key=worth)


def _header_at(rows: list[tuple[int, list[Any]]], knows: Knows) -> int:
    filled = [at for at, (_, row) in enumerate(rows[:_TITLE_LINES]) if any(not is_missing(cell) for cell in row)]
    known = [at for at in filled if sum(knows(str(cell)) for cell in rows[at][1] if cell is not None) >= 2]
    return known[0] if known else filled[0] if filled else -1


def _table(
    rows: list[tuple[int, list[Any]]], file: HeldFile, sheet: str, limits: Limits, findings: Findings, knows: Knows
) -> pd.DataFrame:
    """Return rows under their header; lines of another length are filled up or cut, with a note."""
    at, shown = _header_at(rows, knows), f"{file.name}: {sheet}" if sheet else file.name
    if at < 0:
        raise refuse("reading.empty_table", what=file.name, file=shown)
    header = _column_names(rows[at][1])
    if len(header) > limits.columns:
        raise refuse("reading.too_many_columns", what=file.name, file=shown, most=limits.columns)
    body = [(line, row) for line, row in rows[at + 1 :] if any(not is_missing(cell) for cell in row)]
    if len(body) > limits.rows:
        raise refuse("reading.too_many_rows", what=file.name, file=shown, most=limits.rows)
    ragged = [line for line, row in body if len(row) != len(header) and any(not is_missing(c) for c in row[len(header) :])]
    short = [line for line, row in body if len(row) < len(header)]
    for key, where in (("reading.long_lines", ragged), ("reading.short_lines", short if file.kind == "csv" else [])):
        if where:
            findings.add("mended", key, what=file.name, file=shown, n=len(where), line=where[0])
    width = len(header)
    cells = [[None if is_missing(cell) else cell for cell in (row + [None] * width)[:width]] for _, row in body]
    return pd.DataFrame(cells, columns=header, index=[line for line, _ in body], dtype=object)


def _column_names(cells: list[Any]) -> list[str]:
    """Return the names of columns, printable and each once; without a name it is ``column 3``."""
    while cells and is_missing(cells[-1]):
        cells = cells[:-1]
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = printable(" ".join(str(cell).split())) if not is_missing(cell) else f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def read_workbook(file: HeldFile, limits: Limits, findings: Findings, knows: Knows) -> list[tuple[str, pd.DataFrame]]:
    """Read every sheet of a workbook that holds a table.

    Parameters
    ----------
    file
        Checked copy.
    limits, findings, knows
        As for :func:`read_csv`.

    Returns
    -------
    list of (str, pandas.DataFrame)
        Name of the sheet and its table; values are text, numbers, booleans and dates. Empty sheets are not among them.

    Raises
    ------
    CannotImport
        If it unpacks to more than allowed, is no workbook, or a sheet has too many rows or columns.
    """
    try:
        with zipfile.ZipFile(file.path) as archive:
            # A workbook takes half a second for every megabyte that it unpacks to: so a quarter of what an archive may be.
            judge_members(archive.infolist(), file.name, limits.unpacked_mb / 4)
        book = openpyxl.load_workbook(file.path, read_only=True, data_only=True, keep_links=False)
    except CannotImport:
        raise
    except Exception as error:  # whatever openpyxl meets in bytes that are no workbook
        raise refuse("reading.cannot_read", what=file.name, file=file.name, cause=short_cause(error)) from error
    tables = []
    try:
        for name in book.sheetnames[:_MOST_SHEETS]:
            sheet = book[name]
            if isinstance(sheet, ReadOnlyWorksheet):
                table = _sheet(sheet, printable(name), file, limits, findings, knows)
                if table is not None:
                    tables.append((printable(name), table))
    except CannotImport:
        raise
    except Exception as error:
        raise refuse("reading.cannot_read", what=file.name, file=file.name, cause=short_cause(error)) from error
    finally:
        book.close()
    return tables


def _sheet(
    sheet: ReadOnlyWorksheet, name: str, file: HeldFile, limits: Limits, findings: Findings, knows: Knows
) -> pd.DataFrame | None:
    # What a sheet says of its own size is not believed: it may be a million rows, or one.
    sheet.reset_dimensions()
    bounded = sheet.iter_rows(max_row=limits.rows + _TITLE_LINES + 2, max_col=limits.columns + 1, values_only=True)
    rows = [(line, [_cell(value) for value in row]) for line, row in enumerate(bounded, start=1)]
    if not any(not is_missing(cell) for _, row in rows[:_TITLE_LINES] for cell in row):
        return None
    return _table(rows, file, name, limits, findings, knows)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return value


def short_cause(error: BaseException) -> str:
    """Return why something failed, on one short line that names no folder."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return printable(re.sub(r"\S*[/\\]\S*", "…", first))


def plain_text(value: object, most: int) -> tuple[str | None, bool, bool]:
    """Return a cell as text that no spreadsheet would calculate.

    Parameters
    ----------
    value
        As read.
    most
        Characters at most.

    Returns
    -------
    (str or None, bool, bool)
        The text, on one line and without control characters; whether signs that begin a formula were taken off; whether
        it was cut off.
    """
    if is_missing(value):
        return None, False, False
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "".join(character if character.isprintable() else " " for character in str(value)[: most + 1])
    text = " ".join(text.split())
    plain = text
    if text[:1] in tuple("=+-@") and not _NUMBER.match(text):
        plain = text.lstrip("=+-@ ")
    return plain[:most].rstrip() or None, plain != text, len(text) > most or len(str(value)) > most


class Numbers(NamedTuple):
    """A column as numbers.

    Attributes
    ----------
    values : pandas.Series of float
        nan where a cell is missing or no number.
    wrong
        Index of the cells that are no number.
    grouped
        The mark that was taken to part thousands without a number that shows it, else empty.
    """

    values: pd.Series
    wrong: list[int]
    grouped: str


def as_numbers(column: pd.Series, *, points_group: bool = True) -> Numbers:
    """Return a column as numbers; for the column as a whole it is decided what its points and commas mean.

    "1.234,5" and "1,234.5" show it. Where only one of the two occurs: a comma is decimal, unless a number has two; a
    point parts thousands if every number with a point has three digits after it, else it is decimal. Euro signs, spaces,
    ``m2`` and ``%`` are passed over.

    Parameters
    ----------
    column
        Text or numbers.
    points_group
        Whether a point may part thousands where no number shows it; not for coordinates and shares.

    Examples
    --------
    >>> as_numbers(pd.Series(["1.234,50", "12", "7,5"])).values.tolist()
    [1234.5, 12.0, 7.5]
    >>> as_numbers(pd.Series(["1.250", "2.500"])).values.tolist()
    [1250.0, 2500.0]
    """
    texts = [None if is_missing(value) or isinstance(value, bool) else _bare_number(value) for value in column]
    thousands, shown = _thousands_mark([text for text in texts if isinstance(text, str)])
    if not shown and not points_group:
        thousands = ""
    numbers, wrong = [], []
    for line, value, text in zip(column.index, column, texts, strict=True):
        number = text if isinstance(text, float) else _number(text, thousands)
        if number is None and not is_missing(value):
            wrong.append(line)
        numbers.append(float("nan") if number is None else number)
    values = pd.Series(numbers, index=column.index, dtype=float)
    return Numbers(values, wrong, "" if shown else thousands)


def _bare_number(value: object) -> str | float:
    if isinstance(value, int | float):
        return float(value)
    text = re.sub(r"(€|eur\b|m²|m2\b|\bha\b|%|fte\b|[\s\u00a0'’])", "", str(value), flags=re.IGNORECASE)
    return text.removesuffix(",--").removesuffix(",-")


def _thousands_mark(texts: list[str]) -> tuple[str, bool]:
    """Return ``.`` or ``,``, the mark of thousands in a column (empty for none), and whether a number shows it."""
    both = [text for text in texts if "." in text and "," in text]
    if both:
        return "." if both[0].rfind(",") > both[0].rfind(".") else ",", True
    for mark in ",.":
        grouped = [text for text in texts if re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+", text)]
        marked = [text for text in texts if mark in text]
        if marked and len(grouped) == len(marked):
            shown = any(text.count(mark) > 1 for text in marked)
            if shown or mark == ".":
                return mark, shown
    return "", True


def _number(text: str | None, thousands: str) -> float | None:
    if text is None:
        return None
    decimal = {".": ",", ",": "."}.get(thousands, "," if "," in text else ".")
    plain = text.replace(thousands, "") if thousands else text
    plain = plain.replace(decimal, ".")
    try:
        number = float(plain) if re.match(r"^[+-]?(\d|\.\d)", plain) and "_" not in plain else None
    except ValueError:
        return None
    return number if number is None or abs(number) < 1e15 else None
