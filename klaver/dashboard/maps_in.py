"""Maps and company lists of a stranger: taken in piece by piece, and read by ``klaver import`` in a process of their own.

Readers of maps are large programs in C, and their files come from anybody. So none is opened here: a child process
(``maps_child.py``) with limits on time and memory reads copies under plain names in a private folder, which goes with it.
What comes back is plain data, checked again. The server keeps the files in memory only, as long as the page shows them.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import logging
import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import PurePath
from typing import Any

from klaver.dashboard.refusals import Problem, Refused, printable_line, read_scenario
from klaver.importing.findings import Finding
from klaver.importing.reading.held_files import BESIDE_SHAPE, KINDS
from klaver.language import LANGUAGES, ImportLanguage, ScreenLanguage
from sim.inputs.scenario import Scenario

LARGEST_TOGETHER = 10_000_000
"""Bytes of all files of one import together."""
MOST_FILES = 40
MOST_HELD = 100_000_000
"""Bytes of files that the server holds for all sessions together; then those that were used longest ago go."""
PIECE = 750_000
"""Bytes that the page sends at a time, far below the largest message that the server takes."""
SUFFIXES = (".zip", ".toml", *KINDS, *BESIDE_SHAPE)
CELLS = (5, 10, 20, 25)
"""Sides of a cell that can be chosen, metres."""
MOTORWAYS = ("near", "middle", "far")
LEVELS = ("left_out", "mended", "assumed", "note")
"""Of findings, those that matter most first."""
_LONGEST_NAME = 255
_LONGEST_SENTENCE = 500
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)\d", re.IGNORECASE)  # names that are no files on Windows

_log = logging.getLogger("klaver.dashboard")


# --- what comes in ---------------------------------------------------------------------------------------------------


class Batch:
    """The files of one import, as they come in.

    Attributes
    ----------
    files
        Name (as the page says it) to content.
    complete
        Whether all are there.
    gone
        Whether they had to give way to those of others.
    """

    def __init__(self, mark: str = "") -> None:
        self.mark = mark
        self.files: dict[str, bytearray] = {}
        self.complete = self.gone = False

    @property
    def size(self) -> int:
        """Bytes that came in so far."""
        return sum(map(len, self.files.values()))


class Intake:
    """Takes in the pieces of one page, and says what is held of it.

    A piece is ``{"batch", "file", "files", "name", "start", "last", "data"}``: a mark that is new for every choice of files,
    which file this is of how many, its name, where the piece begins in it, whether it is the file's last, and the piece in
    base64. They come in order, each after the one before was answered.
    """

    def __init__(self) -> None:
        self.batch = Batch()

    def take(self, told: Any) -> bool:
        """Take in a piece; return whether it was one that fits. After one that does not, nothing is held."""
        piece = _piece(told)
        if piece is not None and piece["batch"] != self.batch.mark:
            self.drop()
            self.batch = Batch(piece["batch"])
        if piece is None or self.batch.complete or self.batch.gone or not self._fits(piece):
            self.drop()
            return False
        self.batch.files.setdefault(piece["name"], bytearray()).extend(piece["data"])
        _held.use(self.batch)
        self.batch.complete = piece["last"] and piece["file"] == piece["files"] - 1
        return True

    def drop(self) -> None:
        """Forget everything."""
        _held.drop(self.batch)
        self.batch = Batch()

    def _fits(self, piece: Mapping[str, Any]) -> bool:
        """Whether it is the next piece."""
        names, at = list(self.batch.files), piece["file"]
        begins = piece["start"] == 0 and at == len(names) and piece["name"] not in names
        goes_on = at == len(names) - 1 and piece["name"] == names[-1] and piece["start"] == len(self.batch.files[names[-1]]) > 0
        return (begins or goes_on) and self.batch.size + len(piece["data"]) <= LARGEST_TOGETHER


def _piece(told: Any) -> dict[str, Any] | None:
    """Return a piece with its bytes, None where the page sent no such thing. Its length is looked at before it is decoded."""
    kinds = {"batch": str, "file": int, "files": int, "name": str, "start": int, "last": bool, "data": str}
    if not isinstance(told, dict) or any(type(told.get(name)) is not kind for name, kind in kinds.items()):
        return None
    piece = {name: told[name] for name in kinds}
    if not 0 < len(piece["batch"]) <= 32 or not 0 < len(piece["name"]) <= _LONGEST_NAME:
        return None
    if not 0 <= piece["file"] < piece["files"] <= MOST_FILES or len(piece["data"]) > 4 * (PIECE // 3 + 2):
        return None
    try:
        piece["data"] = base64.b64decode(piece["data"], validate=True)
    except (binascii.Error, ValueError):
        return None
    return piece


class _Held:
    """Which files the server holds, for all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: OrderedDict[int, Batch] = OrderedDict()

    def use(self, batch: Batch) -> None:
        """Mark a batch as used now; others go where all together are too much."""
        with self._lock:
            self._batches[id(batch)] = batch
            self._batches.move_to_end(id(batch))
            while sum(held.size for held in self._batches.values()) > MOST_HELD and len(self._batches) > 1:
                _, oldest = self._batches.popitem(last=False)
                oldest.files, oldest.gone = {}, True

    def drop(self, batch: Batch) -> None:
        """Forget a batch."""
        with self._lock:
            self._batches.pop(id(batch), None)
            batch.files = {}


_held = _Held()


def use_batch(batch: Batch) -> dict[str, bytearray] | None:
    """Return the files of a batch under safe names, None where they had to give way to those of others."""
    _held.use(batch)
    files = dict(batch.files)
    if batch.gone or not batch.complete:
        _held.drop(batch)
        return None
    return dict(zip(safe_names(list(files)), files.values(), strict=True))


def safe_names(names: Sequence[str]) -> list[str]:
    """Return plain names for the files of a stranger, no two alike: letters, digits, ``_ . -`` and the suffix.

    Files that share a name but for the suffix still do: the parts of a Shapefile.

    >>> safe_names(["../Kavels é.SHP", "../Kavels é.dbf", "C:\\\\x\\\\kavels_e.shp", ".htaccess", "nul.csv"])
    ['Kavels_e.SHP', 'Kavels_e.dbf', 'kavels_e-2.shp', 'htaccess', '_nul.csv']
    """
    stems: dict[str, str] = {}
    found: list[str] = []
    for name in names:
        path = PurePath(name.replace("\\", "/"))
        suffix = re.sub(r"[^A-Za-z0-9]", "", path.suffix)[:10]
        whole = str(path.with_suffix("")) if path.name else ""  # a stranger may well send "/"
        if whole not in stems:
            plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
            stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("._-")[:60] or "file"
            stem = f"_{stem}" if _DEVICES.fullmatch(stem) else stem
            taken = {other.casefold() for other in stems.values()}
            numbered = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
            stems[whole] = next(text for text in numbered if text.casefold() not in taken)
        found.append(f"{stems[whole]}.{suffix}" if suffix else stems[whole])
    return found


# --- what is chosen --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choices:
    """What a user says of the files.

    Attributes
    ----------
    cell
        Side of a cell, one of :data:`CELLS` (m); 0: chosen by the import.
    complete
        Whether the list of companies has everybody.
    motorway
        One of :data:`MOTORWAYS`; empty: as the files say, or not known.
    codes
        Whether names become codes.
    """

    cell: int = 0
    complete: bool = False
    motorway: str = ""
    codes: bool = False

    def changed(self, name: Any, value: Any) -> Choices:
        """Return the choices with one as the page tells it; the same where it tells what it never does."""
        allowed: dict[str, dict[Any, Any]] = {
            "cell": {str(size): size for size in (0, *CELLS)}, "motorway": {way: way for way in ("", *MOTORWAYS)},
            "complete": {True: True, False: False}, "codes": {True: True, False: False},
        }  # fmt: skip
        if not isinstance(name, str) or name not in allowed or not isinstance(value, str | bool) or value not in allowed[name]:
            return self
        return dataclasses.replace(self, **{name: allowed[name][value]})


# --- what comes back -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of an import.

    Attributes
    ----------
    scenario
        The park; None where there is none.
    refused
        Why not, as the import tells it.
    problems
        Why not, as the checks of the dashboard tell it.
    trouble
        What went wrong with the reading itself: ``"time"``, ``"memory"``, ``"died"``, ``"failed"`` or ``"gone"``; else empty.
    findings
        The first of each level.
    counts
        How many there are of each level.
    sources
        What was read: file, layer, what it was taken for, rows.
    reports
        The check report as HTML, by language.
    key
        Which code is who, as CSV; None where names were kept.
    """

    scenario: Scenario | None = None
    refused: tuple[Finding, ...] = ()
    problems: Refused | None = None
    trouble: str = ""
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[tuple[str, str, str, int], ...] = ()
    reports: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    key: bytes | None = field(default=None, repr=False)

    def why_not(self, say: ScreenLanguage) -> list[str]:
        """Return every reason why there is no park, as sentences."""
        reasons = self.problems.told(say) if self.problems is not None else []
        return [*reasons, *told(self.refused, say.code)]


def told(findings: Sequence[Finding], language: str) -> list[str]:
    """Return findings as sentences of plain text on one line."""
    words = ImportLanguage(language, on_page=True)
    return [printable_line(finding.told(words), _LONGEST_SENTENCE) for finding in findings]


def read_outcome(content: Any) -> Outcome:
    """Return what a child process says became of an import. Nothing in it is believed: what is not as it should be is no park.

    Parameters
    ----------
    content
        As ``maps_child.read_maps`` returns it, from JSON.
    """
    try:
        if "refused" in content:
            refused = _findings(content["refused"])
            return Outcome(refused=refused) if refused else Outcome(trouble="failed")
        if "problems" in content:
            return Outcome(problems=Refused(*(_problem(row) for row in content["problems"][:100])))
        if "trouble" in content:
            return Outcome(trouble="memory" if content["trouble"] == "memory" else "failed")
        return _made(content)
    except Refused as refusal:
        return Outcome(problems=refusal)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        _log.exception("what an import brought could not be read")
        return Outcome(trouble="failed")


def _made(content: Mapping[str, Any]) -> Outcome:
    key = content["key"]
    return Outcome(
        scenario=read_scenario(dict(content["scenario"])),
        findings=_findings(content["findings"]),
        counts={level: int(content["counts"].get(level, 0)) for level in LEVELS},
        sources=tuple((printable_line(str(file), 80), printable_line(str(layer), 80), str(role), int(rows))
                      for file, layer, role, rows in content["sources"]),
        reports={code: str(content["reports"][code]).encode() for code in LANGUAGES},
        key=None if key is None else str(key).encode(),
    )  # fmt: skip


def _findings(rows: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return findings from plain values, leaving out those that cannot be told in both languages."""
    languages, found = [ImportLanguage(code, on_page=True) for code in LANGUAGES], []
    for row in rows:
        if row["level"] not in (*LEVELS, "refused"):
            continue
        where = row["where"]
        values = {str(name): value if isinstance(value, str) else float(value) for name, value in row["values"].items()}
        finding = Finding(row["level"], str(row["key"]), values, None if where is None else (float(where[0]), float(where[1])),
                          str(row["what"]))  # fmt: skip
        try:
            for words in languages:
                finding.told(words)
        except (KeyError, ValueError, IndexError):
            _log.warning("a finding of an import has no sentence: %s", printable_line(finding.key, 80))
            continue
        found.append(finding)
    return tuple(found)


def _problem(row: Mapping[str, Any]) -> Problem:
    values = {str(name): printable_line(value) if isinstance(value, str) else float(value)
              for name, value in row["values"].items()}  # fmt: skip
    problem = Problem(str(row["key"]), values, printable_line(str(row["near"]), 80))
    for code in LANGUAGES:
        problem.told(ScreenLanguage(code))  # raises where there is no such sentence
    return problem
