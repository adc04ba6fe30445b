"""Tables for others: CSV and Parquet with a description that programs can check (Frictionless Data Package 2.0).

A package is a folder that explains itself::

    datapackage.json     every file with its columns, keys, size and SHA-256
    dictionary.csv       every column: unit, type, meaning, what a missing value says
    README.md            what is there, and how to read it in pandas, R and DuckDB
    runs.csv, runs.parquet, paths.csv, ...

Tables pass through in pieces, so one that is larger than memory can be written. The same tables give the same bytes.

*Undefined is missing.* NaN becomes an empty cell in CSV and null in Parquet, so that means and counts leave it out in every
program. A number in CSV has the digits that give the same bits back; an infinite number is refused, since no outcome is.

*Text and spreadsheets.* A spreadsheet takes a cell that begins with ``= + - @``, a tab or a line break for a formula, and
may run it. Names of parks and strategies (they may begin with ``-``) come from users' files and causes of failure are free
text, so in CSV such text gets an apostrophe before it (:func:`guard`); text that already has apostrophes there gets one more,
so that :func:`unguard` always gives the text back. Parquet, which no spreadsheet opens by itself, holds text as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.dictionary import KEYS, REFERENCES, Field, describe, title_of

FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
"""Format to media type."""
ROWS = 32_768  # rows in a piece: some 25 MB of a table of runs
LICENCES = {"Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
            "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
            "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/"}  # fmt: skip
"""Licences that a package may state: SPDX name to address."""

_DANGER = r"'*[ \t\n\x0b\x0c\r]*[=+\-@＝＋－＠\t\r\n]"  # a regular expression that Python and Arrow read alike
_TYPES = {"string": pa.string(), "integer": pa.int64(), "boolean": pa.bool_()}

type Table = pd.DataFrame | Iterable[pa.RecordBatch]


def guard(text: str) -> str:
    """Return a text as it stands in CSV: with an apostrophe before it where a spreadsheet might take it for a formula."""
    return f"'{text}" if re.match(_DANGER, text) else text


def unguard(cell: str) -> str:
    """Return the text that :func:`guard` made a cell of."""
    return cell[1:] if cell.startswith("'") and re.match(_DANGER, cell[1:]) else cell


class _Written(NamedTuple):
    """A table that was written."""

    name: str
    fields: list[Field]
    rows: int

    @property
    def columns(self) -> list[str]:
        return [known.name for known in self.fields]

    @property
    def key(self) -> list[str]:
        """The columns that tell rows apart; of a design those that are there, since it may be of one experiment."""
        there = [column for column in KEYS[self.name] if column in self.columns]
        return there if self.name == "design" or len(there) == len(KEYS[self.name]) else []


@dataclass
class _Package:
    folder: Path
    formats: Sequence[str]
    language: str
    keys: Path
    """Folder with the key columns of every table, for a while."""
    tables: list[_Written] = field(default_factory=list)


def write_package(
    tables: Mapping[str, Table],
    folder: Path,
    *,
    name: str,
    title: str,
    description: str,
    language: str,
    provenance: Mapping[str, Any],
    formats: Sequence[str] = ("csv", "parquet"),
    licence: str = "Apache-2.0",
) -> dict[str, Any]:
    """Write tables with their description.

    Parameters
    ----------
    tables
        Name (one of ``dictionary.TABLES``) to a DataFrame (named levels of its index become columns), or to an iterable of
        record batches of one schema, of which a few are in memory at a time.
    folder
        Is there and empty. It is empty again if this raises: the caller puts it in place when it is whole.
    name
        Of the package: small letters, digits, ``.``, ``_`` and ``-``.
    title, description
        For readers, in `language`.
    language
        ``"nl"`` or ``"en"``: of titles, meanings and README. Names of columns are the same in both.
    provenance
        Where the runs come from; what JSON can hold. ``version`` and ``start`` become those of the package.
    formats
        ``"csv"``, ``"parquet"`` or both.
    licence
        SPDX name, one of :data:`LICENCES`; by default that of Klaver.

    Returns
    -------
    dict
        The content of ``datapackage.json``.

    Raises
    ------
    UnknownColumn
        If the dictionary does not know a table or column.
    ValueError
        If an argument or the folder is not as asked, a number is infinite, or two rows have the same key.
    OSError
        If the disk is full, or the folder refuses.
    """
    _check(tables, folder, name, language, formats, licence)
    try:
        with tempfile.TemporaryDirectory() as keys:
            package = _Package(folder, formats, language, Path(keys))
            for table, content in tables.items():
                package.tables.append(_write_table(package, table, content))
            references = _check_keys(package)
        _write_dictionary(package)
        readme = _readme(package, title, description, provenance)
        (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
        descriptor = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": name, "title": title,
            "description": description,
            **{key: provenance[ours] for key, ours in (("version", "version"), ("created", "start")) if ours in provenance},
            "licenses": [{"name": licence, "path": LICENCES[licence]}],
            "sources": [{"title": "Klaver, an agent-based simulation of business-park restructuring"}],
            "language": language, "provenance": dict(provenance), "resources": _resources(package, references),
        }  # fmt: skip
        text = json.dumps(descriptor, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    return descriptor


def _check(
    tables: Mapping[str, Table], folder: Path, name: str, language: str, formats: Sequence[str], licence: str
) -> None:
    if not tables:
        raise ValueError("there are no tables to write")
    if not folder.is_dir() or any(folder.iterdir()):
        raise ValueError(f"{folder} is not an empty folder")
    if not re.fullmatch(r"[a-z0-9._-]+", name):
        raise ValueError(f"the name of a package is {name!r}; it has small letters, digits, '.', '_' and '-' only")
    for what, value, known in (("language", language, ("nl", "en")), ("licence", licence, tuple(LICENCES)),
                               *(("format", one, tuple(FORMATS)) for one in formats)):  # fmt: skip
        if value not in known:
            raise ValueError(f"{what} is {value!r}; there are: {', '.join(known)}")
    if not formats or len(set(formats)) < len(formats):
        raise ValueError("formats is empty, or holds one twice")
    for table in tables:
        title_of(table)


# --- one table -------------------------------------------------------------------------------------------------------


def _write_table(package: _Package, name: str, content: Table) -> _Written:
    """Write a table in every format, in one pass; its key columns also where keys are checked."""
    source, batches = _opened(name, content)
    fields = describe(name, source.names, package.language)
    schema = pa.schema([_column(known, source.field(known.name)) for known in fields])
    referring = [reference[1] for reference in REFERENCES if reference[0] == name]
    keys = [column for column in source.names if column in KEYS[name] or column in referring]
    rows = 0
    with ExitStack() as files:
        writers = [files.enter_context(_writer(package.folder / f"{name}.{form}", schema)) for form in package.formats]
        kept = files.enter_context(_writer(package.keys / f"{name}.parquet", pa.schema([schema.field(k) for k in keys])))
        for piece in _pieces(batches, source):
            clean = pa.table([_clean(name, piece[column.name], column) for column in schema], schema=schema)
            rows += clean.num_rows
            for writer in writers:
                writer(clean)
            kept(clean.select(keys))
    return _Written(name, fields, rows)


def _opened(name: str, content: Table) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return the schema of a table, and its batches."""
    if isinstance(content, pd.DataFrame):
        frame = content.reset_index() if any(content.index.names) else content
        content = pa.Table.from_pandas(frame, preserve_index=False)
    if isinstance(content, pa.Table):
        return content.schema, iter(content.to_batches())
    batches = iter(content)
    first = next(batches, None)
    if first is None:
        raise ValueError(f"table {name!r} has no batches; give an empty one, so that its columns are known")
    return first.schema, chain([first], batches)


def _pieces(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Return batches of any size as pieces of about :data:`ROWS` rows; at least one, if an empty one.

    A piece becomes a row group of Parquet: many small ones would make a large file that is slow to read.
    """
    waiting: list[pa.RecordBatch] = []
    count = written = 0
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS):
            waiting.append(batch.slice(start, ROWS))
            count += waiting[-1].num_rows
            if count >= ROWS:
                yield pa.Table.from_batches(waiting, schema)
                written, waiting, count = written + count, [], 0
    if waiting or not written:
        yield pa.Table.from_batches(waiting, schema)


def _column(known: Field, found: pa.Field) -> pa.Field:
    """Return the column as it is written: its type, and what it means, for who opens the Parquet file alone."""
    single = pa.types.is_float32(found.type) and known.type == "number"
    kind = pa.float32() if single else _TYPES.get(known.type, pa.float64())
    return pa.field(known.name, kind, metadata={"title": known.title, "description": known.meaning, "unit": known.unit})


def _clean(table: str, values: pa.ChunkedArray, column: pa.Field) -> pa.ChunkedArray:
    """Return a column in the type in which it is written; NaN as missing."""
    try:
        if pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
            if pc.any(pc.is_inf(values)).as_py():
                raise ValueError("it holds an infinite number")
        return values.cast(column.type)
    except (pa.ArrowException, ValueError) as cause:
        raise ValueError(f"table {table!r}, column {column.name!r}: {cause}") from cause


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[Any]:
    """Give a function that writes a piece of a table to a file."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetWriter(path, schema, compression="zstd") as parquet:
            yield lambda piece: parquet.write_table(piece, row_group_size=2 * ROWS)
        return
    import pyarrow.csv

    plain = schema.remove_metadata()
    options = pyarrow.csv.WriteOptions(eol="\r\n")
    with pyarrow.csv.CSVWriter(path, plain, write_options=options) as csv:
        yield lambda piece: csv.write(pa.table([_guarded(values) for values in piece.columns], schema=plain))


def _guarded(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return :func:`guard` of every text."""
    if not pa.types.is_string(values.type):
        return values
    return pc.replace_substring_regex(values, rf"\A({_DANGER})", r"'\1", max_replacements=1)


# --- keys ------------------------------------------------------------------------------------------------------------


def _check_keys(package: _Package) -> dict[str, list[tuple[str, str, str]]]:
    """Check that keys tell rows apart; return which references hold, per table: column, other table, its column.

    A design lists runs that are yet to be made, or that failed, so whether all are there has to be looked up.

    Raises
    ------
    ValueError
        If two rows of a table have the same key.
    """
    import duckdb

    found: dict[str, list[tuple[str, str, str]]] = {written.name: [] for written in package.tables}
    columns = {written.name: written.columns for written in package.tables}
    config = {"temp_directory": str(package.keys), "memory_limit": "256MB", "autoinstall_known_extensions": False}
    with duckdb.connect(":memory:", config=config) as connection:  # type: ignore[arg-type]
        for written in package.tables:
            connection.read_parquet(str(package.keys / f"{written.name}.parquet")).create_view(written.name)
            key = ", ".join(f'"{column}"' for column in written.key)
            # First by a hash of the key, which takes a third of the memory: then few rows are left to look at.
            twice = key and connection.execute(
                f'WITH alike AS (SELECT hash({key}) AS h FROM "{written.name}" GROUP BY h HAVING count(*) > 1) '
                f'SELECT {key} FROM "{written.name}" WHERE hash({key}) IN (SELECT h FROM alike) '
                "GROUP BY ALL HAVING count(*) > 1 LIMIT 1").fetchone()  # fmt: skip
            if twice:
                told = ", ".join(f"{column} {value}" for column, value in zip(written.key, twice, strict=True))
                raise ValueError(f"table {written.name!r} has two rows with the same key: {told}")
        for table, column, other, key in REFERENCES:
            if column not in columns.get(table, ()) or key not in columns.get(other, ()):
                continue
            lost = connection.execute(
                f'SELECT 1 FROM "{table}" AS a ANTI JOIN "{other}" AS b ON a."{column}" = b."{key}" '
                f'WHERE a."{column}" IS NOT NULL LIMIT 1').fetchone()  # fmt: skip
            if lost is None:
                found[table].append((column, other, key))
    return found


# --- what describes it -----------------------------------------------------------------------------------------------


def _resources(package: _Package, references: Mapping[str, Sequence[tuple[str, str, str]]]) -> list[dict[str, Any]]:
    resources = []
    for form in package.formats:
        for written in package.tables:
            title, meaning = title_of(written.name, package.language)
            schema: dict[str, Any] = {"fields": [_described(known, form) for known in written.fields],
                                      "missingValues": [""]}  # fmt: skip
            if written.key:
                schema["primaryKey"] = written.key
            if references[written.name]:
                schema["foreignKeys"] = [
                    {"fields": [column], "reference": {"resource": _resource_name(other, form), "fields": [key]}}
                    for column, other, key in references[written.name]
                ]
            resources.append({
                "name": _resource_name(written.name, form), "type": "table", "title": title, "description": meaning,
                **_file(package.folder / f"{written.name}.{form}"), "rows": written.rows, "schema": schema,
            })  # fmt: skip
    columns = [{"name": name, "type": "string"} for name in _dictionary(package)[0]]
    return [*resources, {"name": "dictionary", "type": "table", **_file(package.folder / "dictionary.csv"),
                         "schema": {"fields": columns, "missingValues": [""], "primaryKey": ["table", "name"]}}]  # fmt: skip


def _resource_name(table: str, form: str) -> str:
    return table if form == "csv" else f"{table}-{form}"


def _file(path: Path) -> dict[str, Any]:
    form = path.suffix[1:]
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # Frictionless counts no bytes of Parquet, and would call any number there wrong; the hash says more.
    text = {"encoding": "utf-8", "bytes": path.stat().st_size} if form == "csv" else {}
    return {"path": path.name, "format": form, "mediatype": FORMATS[form], **text, "hash": f"sha256:{digest}"}


def _described(known: Field, form: str) -> dict[str, Any]:
    """Return a column as the Table Schema describes it; what is no standard property has a name of its own."""
    constraints = dict(known.constraints)
    if form == "csv" and re.fullmatch(constraints.get("pattern", ""), "-"):
        constraints["pattern"] = f"'?{constraints['pattern']}"  # the apostrophe of `guard`
    if form == "parquet" and known.missing:
        # Frictionless reads Parquet by pandas, where a missing number is NaN: outside any range. The CSV has the same range.
        constraints = {}
    own = {"unit": known.unit, "kind": known.kind, "followsFrom": known.follows_from, "missing": known.missing}
    return {
        "name": known.name, "type": known.type, "title": known.title, "description": known.meaning,
        **{name: text for name, text in own.items() if text}, **({"constraints": constraints} if constraints else {}),
    }  # fmt: skip


def _dictionary(package: _Package) -> list[dict[str, str]]:
    return [{"table": written.name} | known.row() for written in package.tables for known in written.fields]


def _write_dictionary(package: _Package) -> None:
    rows = pa.Table.from_pylist(_dictionary(package))
    with _writer(package.folder / "dictionary.csv", rows.schema) as write:
        write(rows)


def _readme(package: _Package, title: str, description: str, provenance: Mapping[str, Any]) -> str:
    with open(Path(__file__).with_suffix(".toml"), "rb") as file:
        text = tomllib.load(file)[package.language]
    files = [
        "| " + ", ".join(f"`{written.name}.{form}`" for form in package.formats)
        + f" | {written.rows} | {title_of(written.name, package.language)[1]} |"
        for written in package.tables
    ]  # fmt: skip
    exact = text["exact"] if "parquet" in package.formats else ""
    rows = [f"- {key}: `{value}`" for key, value in provenance.items() if isinstance(value, (str, int, float))]
    said = {
        "title": title, "description": description, "files": "\n".join(files), "columns": str(len(_dictionary(package))),
        "first": package.tables[0].name, "exact": exact, "provenance": "\n".join(rows),
    }  # fmt: skip
    parts = ["head", *package.formats, *(["made"] if rows else [])]
    return "\n".join(text[part].format(**said) for part in parts)
