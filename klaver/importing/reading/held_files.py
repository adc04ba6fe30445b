"""What is opened at all: copies in a folder of our own, with their size and first bytes checked.

Nothing is opened where the user keeps it. Every file is streamed into a temporary folder under a name of our own (so that
no name, link or file beside it can make a reader do something else), while its size is bounded and its SHA-256 taken. What
a file is follows from its first bytes and its suffix together.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal

from klaver.importing.findings import Findings, refuse

Kind = Literal["gpkg", "geojson", "shp", "csv", "xlsx"]
KINDS: dict[str, Kind] = {
    ".gpkg": "gpkg", ".geojson": "geojson", ".json": "geojson", ".shp": "shp",
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
BESIDE_SHAPE = (".shx", ".dbf", ".prj", ".cpg")
OLD_SHEETS = (".xls", ".xlsb", ".ods")
OTHER_MAPS = (".gml", ".kml", ".kmz", ".dxf", ".dwg", ".tab", ".mif", ".fgb", ".gpx", ".osm", ".pbf", ".parquet", ".sqlite")
NOT_OURS = (".xml", ".qmd", ".qml", ".qgz", ".qgs", ".sbn", ".sbx", ".qix", ".lyr", ".md", ".pdf", ".docx", ".doc", ".toml",
            ".gpkg-wal", ".gpkg-shm")  # fmt: skip
_BLOCK = 1 << 20
MOST_FILES = 1_000
# First bytes by which other things are known, to say what a file is instead.
_SIGNATURES = (
    (b"%PDF", "PDF"), (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG", "PNG"), (b"GIF8", "GIF"), (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"), (b"PK\x03\x04", "ZIP"), (b"\xd0\xcf\x11\xe0", "Microsoft Office 97-2003"), (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"), (b"SQLite format 3\x00", "SQLite"), (b"\x7fELF", "ELF"), (b"MZ", "EXE"),
    (b"<", "XML/HTML"), (b"{", "JSON"),
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What an import takes at most.

    Attributes
    ----------
    file_mb
        Of one file, megabytes (10**6 bytes).
    unpacked_mb
        Of everything read together, and of what one archive or workbook unpacks to, megabytes.
    features
        Of one map layer.
    rows, columns
        Of one table; columns also of a map layer.
    cell_chars
        Characters of one cell; more is cut off.
    extent_m
        Width and height of what the parcels span together, metres.
    vertices
        Corner points of one map layer.
    """

    file_mb: float = 200
    unpacked_mb: float = 400
    features: int = 100_000
    rows: int = 100_000
    columns: int = 200
    cell_chars: int = 2_000
    extent_m: float = 20_000
    vertices: int = 3_000_000


@dataclass(frozen=True)
class HeldFile:
    """A copy of one file in a folder of our own.

    Attributes
    ----------
    path
        Of the copy.
    name
        As the user knows it, without folders, printable.
    kind
        What it is.
    sha256
        Of its bytes, hexadecimal; of a Shapefile those of its ``.shp``.
    """

    path: Path
    name: str
    kind: Kind
    sha256: str


@dataclass
class Hold:
    """A temporary folder with copies of what was offered, and how much of the allowance they take.

    Attributes
    ----------
    folder
        Where the copies are.
    limits
        What is allowed.
    """

    folder: Path
    limits: Limits
    _bytes: int = 0
    _count: int = 0
    _stems: dict[tuple[str, str], int] = field(default_factory=dict)

    def target(self, group: str, stem: str, suffix: str) -> Path:
        """Return a name of our own that is free; files of one group and stem (a Shapefile's) share its number."""
        number = self._stems.setdefault((group, stem.casefold()), len(self._stems) + 1)
        if (self.folder / f"f{number:05d}{suffix}").exists():
            number = self._stems[group, f"{stem} {len(self._stems)}"] = len(self._stems) + 1
        return self.folder / f"f{number:05d}{suffix}"

    def copy(self, source: BinaryIO | IO[bytes], target: Path, name: str, most: float | None = None) -> str:
        """Copy a stream within the allowance.

        Parameters
        ----------
        source
            Opened for reading bytes.
        target
            Where to; must not exist.
        name
            Of the file, for messages.
        most
            Bytes that it may have; the limit of one file by default.

        Returns
        -------
        str
            SHA-256 of what was copied, hexadecimal.

        Raises
        ------
        CannotImport
            If it is larger than allowed, or all files together are.
        """
        most = self.limits.file_mb * 1e6 if most is None else most
        digest, size = hashlib.sha256(), 0
        with open(target, "xb") as out:
            while block := source.read(_BLOCK):
                size += len(block)
                self._bytes += len(block)
                if size > most:
                    raise refuse("reading.file_too_large", what=name, file=name, most=round(most / 1e6))
                if self._bytes > self.limits.unpacked_mb * 1e6:
                    raise refuse("reading.too_much", what=name, most=round(self.limits.unpacked_mb))
                digest.update(block)
                out.write(block)
        self.count(name)
        return digest.hexdigest()

    def count(self, name: str) -> None:
        """Count one file; raises CannotImport if there are too many."""
        self._count += 1
        if self._count > MOST_FILES:
            raise refuse("reading.too_many_files", what=name, most=MOST_FILES)


@contextmanager
def holding(limits: Limits) -> Iterator[Hold]:
    """Give a temporary folder for copies, and always take it away."""
    with tempfile.TemporaryDirectory(prefix="klaver-import-") as folder:
        yield Hold(Path(folder), limits)


def judged(path: Path, name: str, kind: Kind, digest: str, findings: Findings, *, alone: bool) -> HeldFile | None:
    """Return the file if its first bytes are those of its kind; else refuse it, or leave it out where not asked for."""
    with open(path, "rb") as file:
        start = file.read(4096)
    if is_of_kind(path, start, kind):
        return HeldFile(path, name, kind, digest)
    values: dict[str, Any] = {"file": name, "kind": KIND_NAMES[kind], "is_now": what_it_is(start)}
    key = "reading.wrong_content" if start.strip() else "reading.empty_file"
    if alone:
        raise refuse(key, what=name, **values)
    findings.add("left_out", key, what=name, **values)
    return None


KIND_NAMES = {"gpkg": "GeoPackage", "geojson": "GeoJSON", "shp": "Shapefile", "csv": "CSV", "xlsx": "Excel (xlsx)"}


def is_of_kind(path: Path, start: bytes, kind: Kind) -> bool:
    """Tell whether a file begins as its kind does.

    Parameters
    ----------
    path
        Of the copy; only opened for a workbook, whose parts are looked at.
    start
        Its first bytes, a few thousand.
    kind
        What its suffix says.
    """
    if kind == "gpkg":
        # Version 1.2 and later say GPKG, older ones GP10 or GP11; some writers leave the mark out.
        return start.startswith(b"SQLite format 3\x00") and start[68:72] in (b"GPKG", b"GP10", b"GP11", b"\0\0\0\0")
    if kind == "geojson":
        return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    if kind == "shp":
        return len(start) >= 100 and start.startswith(b"\x00\x00\x27\x0a")
    if kind == "xlsx":
        return start.startswith(b"PK\x03\x04") and _has_member(path, "[Content_Types].xml") and _has_member(path, "xl/")
    known = any(start.startswith(mark) for mark, _ in _SIGNATURES if len(mark) > 1)
    utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    return bool(start.strip()) and not known and (utf16 or b"\0" not in start)


def _has_member(path: Path, beginning: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(beginning) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def what_it_is(start: bytes) -> str:
    """Return the name of what a file seems to be, by its first bytes; a question mark where that is not known."""
    return next((name for mark, name in _SIGNATURES if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(mark)), "?")
