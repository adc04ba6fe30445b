"""Map layers read from checked copies: GeoPackage, GeoJSON and Shapefile, through GDAL and nothing else of GDAL.

GDAL knows some fifty formats, and some of those point to other files or to the network. So the path names the driver
(``GPKG:``, ``GeoJSON:``), the copy has a name of our own, and a GeoPackage is looked at with SQLite first: a view or a
virtual table in it could do more than hold rows. Numbers of layers, rows and columns are asked before anything is read.
"""

from __future__ import annotations

import codecs
import json
import logging
import mmap
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from klaver.importing.findings import CannotImport, Findings, refuse
from klaver.importing.reading.held_files import KIND_NAMES, HeldFile, Limits
from klaver.importing.reading.tables import short_cause
from sim.inputs.problems import printable

_DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "shp": "ESRI Shapefile"}
_PREFIX = {"gpkg": "GPKG:", "geojson": "GeoJSON:", "shp": ""}
_GEOJSON_TYPES = ("FeatureCollection", "Feature", "Polygon", "MultiPolygon", "GeometryCollection")
_FEATURE = re.compile(rb'"type"\s*:\s*"Feature"')
_KEY = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*:', re.DOTALL)
_KEYS_A_COLUMN = 20  # keys of objects within a property count as well
_MOST_LAYERS = 100
_BLOCK = 1 << 20
_DEEPEST = 200  # brackets in each other in a GeoJSON; a polygon has some eight


@dataclass(frozen=True)
class LayerInfo:
    """What a layer says of itself before it is read.

    Attributes
    ----------
    file
        Checked copy that it is in.
    layer
        Name; empty in a file with one.
    geometry
        ``"polygon"``, ``"line"``, ``"point"``, ``"none"`` (a table) or ``"any"`` (not said).
    columns
        Names.
    rows
        Number; -1 where it is not said.
    crs
        System that the file states, as text; empty for none. Of a GeoJSON without one it is empty too.
    """

    file: HeldFile
    layer: str
    geometry: str
    columns: tuple[str, ...]
    rows: int
    crs: str


@contextmanager
def reading(file: HeldFile) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into a sentence that names the file."""
    log = logging.getLogger("pyogrio")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except CannotImport:
        raise
    except Exception as error:  # GDAL, SQLite, Shapely, NumPy: bytes of a stranger can make any of them fail
        raise refuse("reading.cannot_read", what=file.name, file=file.name, cause=short_cause(error)) from error
    finally:
        log.setLevel(level)


def list_layers(file: HeldFile, limits: Limits, findings: Findings) -> list[LayerInfo]:
    """Return the layers of a file, without reading them.

    Parameters
    ----------
    file
        Checked copy of a GeoPackage, GeoJSON or Shapefile.
    limits
        On numbers of rows and columns; judged by :func:`read_layer`, but for a GeoJSON, that must be gone through to know.
    findings
        Told of layers that are left out.

    Raises
    ------
    CannotImport
        If it cannot be read, or has no layers.
    """
    with reading(file):
        skipped: set[str] = set()
        if file.kind == "gpkg":
            skipped = _unsafe_tables(file, findings)
        if file.kind == "geojson":
            _into_utf8(file, findings)
            _judge_geojson(file, limits)
        names = [(str(name), kind) for name, kind in pyogrio.list_layers(_path(file))]
        names = [(name, kind) for name, kind in names if name not in skipped]
        if not names:
            raise refuse("reading.no_layers", what=file.name, file=file.name)
        if len(names) > _MOST_LAYERS:
            raise refuse("reading.too_many_layers", what=file.name, file=file.name, most=_MOST_LAYERS)
        return [_info(file, name, kind) for name, kind in names]


def _path(file: HeldFile) -> str:
    return _PREFIX[file.kind] + str(file.path)


def _info(file: HeldFile, name: str, kind: str | None) -> LayerInfo:
    told = pyogrio.read_info(_path(file), layer=name)
    if told["driver"] != _DRIVERS[file.kind]:
        raise refuse("reading.wrong_content", what=file.name, file=file.name, kind=KIND_NAMES[file.kind],
                     is_now=str(told["driver"]))  # fmt: skip
    columns = tuple(str(field) for field in told["fields"])
    shown = "" if file.kind != "gpkg" else name
    crs = told["crs"] or ""
    if file.kind == "geojson" and not _states_system(file):
        crs = ""
    return LayerInfo(file, shown, _geometry(kind), columns, int(told["features"]), str(crs))


def _geometry(kind: str | None) -> str:
    if kind is None:
        return "none"
    text = kind.casefold()
    for mark, name in (("polygon", "polygon"), ("surface", "polygon"), ("line", "line"), ("curve", "line"), ("point", "point")):
        if mark in text:
            return name
    return "any"


def _unsafe_tables(file: HeldFile, findings: Findings) -> set[str]:
    """Return the names of what in a GeoPackage is no plain table: views and virtual tables, which are not opened."""
    address = f"file:{file.path}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as base:
        base.execute("PRAGMA trusted_schema = OFF")
        rows = base.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'table')").fetchall()
        listed = {str(row[0]) for row in base.execute("SELECT table_name FROM gpkg_contents")}
    unsafe = set()
    for kind, name, sql in rows:
        virtual = re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE", str(sql), re.IGNORECASE)
        of_index = virtual and re.search(r"\bUSING\s+rtree\b", str(sql), re.IGNORECASE)
        if virtual and not of_index:
            raise refuse("reading.virtual_table", what=file.name, file=file.name, layer=printable(name))
        if kind == "view" and str(name) in listed:
            findings.add("left_out", "reading.view", what=file.name, file=file.name, layer=printable(name))
        if kind == "view":
            unsafe.add(str(name))
    return unsafe


def _into_utf8(file: HeldFile, findings: Findings) -> None:
    """Write the copy of a GeoJSON anew where it is not in UTF-8, as its standard wants, but as older Windows programs do."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(file.path, "rb") as opened:
        try:
            while block := opened.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return
        except UnicodeDecodeError:
            pass
    other = file.path.with_suffix(".utf8")
    with (
        open(file.path, encoding="cp1252", errors="replace", newline="") as windows,
        open(other, "w", encoding="utf-8", newline="") as out,
    ):
        while text := windows.read(_BLOCK):
            out.write(text)
    other.replace(file.path)
    findings.add("note", "reading.windows_encoding", what=file.name, file=file.name)


def _judge_geojson(file: HeldFile, limits: Limits) -> None:
    """Refuse a GeoJSON that is none, or holds more than allowed, before it is taken apart."""
    with open(file.path, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not _is_geojson(content):
            raise refuse("reading.no_geojson", what=file.name, file=file.name)
        count = sum(1 for _ in _FEATURE.finditer(content))
        if count > limits.features:
            raise refuse("reading.too_many_features", what=file.name, file=file.name, n=count, most=limits.features)
        keys: set[bytes] = set()
        for key in _KEY.finditer(content):
            keys.add(key[1])
            if len(keys) > _KEYS_A_COLUMN * limits.columns:
                raise refuse("reading.too_many_columns", what=file.name, file=file.name, most=limits.columns)
        depth = deepest = 0
        for found in re.finditer(rb"[\[\]]", content[: 1 << 20]):
            depth += 1 if found.group() == b"[" else -1
            deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            raise refuse("reading.no_geojson", what=file.name, file=file.name)


def _is_geojson(content: mmap.mmap) -> bool:
    """Tell whether some ``"type"`` near the beginning or the end is one of GeoJSON's; other JSON is not opened."""
    ends = content[: 1 << 16] + content[-(1 << 12) :]
    types = set(re.findall(rb'"type"\s*:\s*"([A-Za-z_]+)"', ends))
    return bool(types & {name.encode() for name in _GEOJSON_TYPES}) and b"gdal_streamed_alg" not in ends


def _states_system(file: HeldFile) -> bool:
    """Tell whether a GeoJSON has the older member ``crs``."""
    with open(file.path, "rb") as opened:
        start = opened.read(1 << 16)
        opened.seek(max(0, file.path.stat().st_size - 4096))
        return bool(re.search(rb'"crs"\s*:\s*\{', start + opened.read()))


def read_layer(info: LayerInfo, limits: Limits, findings: Findings) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read one layer, all of it.

    Parameters
    ----------
    info
        Of :func:`list_layers`.
    limits
        What is allowed.
    findings
        Told of an encoding that is not the one stated.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        Without heights; the index is the row in the file, from 1. A ring that is not closed is closed.

    Raises
    ------
    CannotImport
        With more rows or columns than allowed, or when it cannot be read.
    """
    file = info.file
    shown = f"{file.name}: {info.layer}" if info.layer else file.name
    if info.rows > limits.features:
        raise refuse("reading.too_many_features", what=file.name, file=shown, n=info.rows,
                     most=limits.features)  # fmt: skip
    if len(info.columns) > limits.columns:
        raise refuse("reading.too_many_columns", what=file.name, file=shown, most=limits.columns)
    options: dict[str, Any] = {"encoding": _encoding(file, findings)} if file.kind == "shp" else {}
    with reading(file):
        # What a file says of its own number of rows is not believed: one more than allowed is asked for.
        frame = pyogrio.read_dataframe(
            _path(file), layer=info.layer or None, force_2d=True, on_invalid="fix", use_arrow=False,
            datetime_as_string=True, max_features=limits.features + 1, **options,
        )  # fmt: skip
    if len(frame) > limits.features:
        raise refuse("reading.too_many_features", what=file.name, file=shown, n=len(frame),
                     most=limits.features)  # fmt: skip
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    for column in frame.columns:
        if frame[column].dtype == object or str(frame[column].dtype).startswith(("str", "datetime")):
            frame[column] = frame[column].astype(object)
    return frame


def _encoding(file: HeldFile, findings: Findings) -> str | None:
    """Return in what the texts of a Shapefile are: what it says itself unless that cannot be, else UTF-8, else Windows."""
    table, page = file.path.with_suffix(".dbf"), file.path.with_suffix(".cpg")
    content = table.read_bytes() if table.exists() else b""
    stated = page.read_bytes()[:40].decode("ascii", errors="replace").strip().casefold() if page.exists() else ""
    if content.isascii() or (stated and "utf" not in stated):
        return None
    try:
        content[int.from_bytes(content[8:10], "little") :].decode("utf-8")  # behind the head, which is not text
    except UnicodeDecodeError:
        findings.add("note", "reading.windows_encoding", what=file.name, file=file.name)
        return "CP1252"
    return "UTF-8"


def settings_of(table: pd.DataFrame, file: str, known: frozenset[str], findings: Findings) -> dict[str, object]:
    """Return the table ``settings`` of our own exchange form: keys of a park file to their values.

    Parameters
    ----------
    table
        Columns ``key`` and ``value``; a value is JSON.
    file
        For messages.
    known
        Keys that are taken; others are left out with a note.
    findings
        Told of what is left out.
    """
    settings: dict[str, object] = {}
    for key, value in zip(table["key"], table["value"], strict=True):
        if str(key) not in known:
            findings.add("left_out", "reading.setting_unknown", what=file, file=file, key_name=printable(key))
            continue
        try:
            settings[str(key)] = json.loads(str(value))
        except (json.JSONDecodeError, RecursionError):
            settings[str(key)] = str(value)
    return settings
