"""The process that reads the maps and company lists of a stranger for the dashboard: limits first, then the import.

It is started by ``maps_reader.py`` as ``python -m klaver.dashboard.maps_child``, gets what to read as JSON on its standard
input, and tells on its standard output, in lines of JSON, which stage it is at and in the end what came of it.
"""

from __future__ import annotations

import datetime
import faulthandler
import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klaver.importing.findings import Finding, Findings
    from klaver.importing.importer import Imported, Request

CPU_SECONDS = 60
ADDRESS_SPACE = 2_500_000_000
"""Bytes; the libraries for maps and tables take some 0.9 GB of it before anything is read."""
LARGEST_FILE = 300_000_000
"""Bytes of a file that it may write: copies and what an archive unpacks to."""
MOST_TOLD = 100
"""Findings of each level that are passed on; the check report has more."""
LIMITS: Mapping[str, Any] = {"file_mb": 100, "unpacked_mb": 150, "features": 50_000, "rows": 20_000, "vertices": 1_500_000}
"""Of what is read (``held_files.Limits``): narrower than on the command line, for one server serves many."""

Tell = Callable[[str], None]
Work = Callable[[dict[str, Any], Tell], dict[str, Any]]


def main(work: Work) -> None:
    """Carry out one errand within limits, and tell what came of it.

    Parameters
    ----------
    work
        Called with what was asked, and with what tells of a stage.
    """
    faulthandler.enable()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # libraries print where they like; the answer is ours alone
    asked = json.loads(sys.stdin.buffer.read())
    end_with(int(asked["parent"]), Path(asked["folder"]))
    set_limits()

    def say(line: dict[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    try:
        done = work(asked, lambda step: say({"step": step}))
    except MemoryError:
        done = {"trouble": "memory"}
    except Exception as cause:
        # Where it happened, not with what: the message may hold what is in the file.
        places = [f"{Path(place.filename).name}:{place.lineno}" for place in traceback.extract_tb(cause.__traceback__)[-6:]]
        print(type(cause).__name__, " > ".join(places), file=sys.stderr, flush=True)
        done = {"trouble": "failed"}
    say({"done": done})
    out.close()


def end_with(parent: int, folder: Path) -> None:
    """Take the folder away and end when the server is gone, however it went."""
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def set_limits() -> None:
    """Limit what this process takes, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the clock of the server is the only limit there
        return
    for kind, most, more in ((resource.RLIMIT_CPU, CPU_SECONDS, 5), (resource.RLIMIT_AS, ADDRESS_SPACE, 0),
                             (resource.RLIMIT_FSIZE, LARGEST_FILE, 0), (resource.RLIMIT_CORE, 0, 0)):  # fmt: skip
        with suppress(ValueError, OSError):  # a system may have narrower ones, or know none of the kind
            resource.setrlimit(kind, (most, most + more))  # at the first one a signal says which limit it was


# --- the import ------------------------------------------------------------------------------------------------------


def read_maps(asked: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Import what is in a folder, and return what came of it as plain values that JSON can hold.

    Parameters
    ----------
    asked
        ``place``, ``mapping``, ``cell``, ``complete``, ``motorway``, ``codes``, ``key`` (CSV of an earlier import or None)
        and ``folder``, where something may be written.
    tell
        Told of each stage.

    Returns
    -------
    dict
        ``{"refused": findings}``, ``{"problems": problems}``, or ``scenario`` with ``findings``, ``counts``, ``sources``,
        ``reports`` and ``key``.
    """
    from klaver.dashboard.refusals import Refused, check_size
    from klaver.importing.findings import CannotImport
    from klaver.importing.importer import import_park
    from sim.inputs.problems import InputProblem

    folder = Path(asked["folder"])
    try:
        made = import_park(_request(asked, folder), tell)
    except CannotImport as refused:
        return {"refused": [_plain(finding) for finding in refused.findings[:MOST_TOLD]]}
    except InputProblem as problem:
        return {"problems": [{"key": "check_says", "values": {"text": text}, "near": ""} for text in problem.problems]}
    try:
        check_size(made.scenario)  # before a report is made of a park that the dashboard does not take
    except Refused as refused_here:
        return {"problems": [{"key": one.key, "values": dict(one.values), "near": one.near} for one in refused_here.problems]}
    tell("reporting")
    return {
        "scenario": made.scenario.resolved(),
        "findings": _first(made.findings), "counts": _counts(made.findings),
        "sources": [[source.file, source.layer, source.role, source.rows] for source in made.layers.sources],
        "reports": _reports(made, folder), "key": _key(made, folder),
    }  # fmt: skip


def _request(asked: Mapping[str, Any], folder: Path) -> Request:
    from klaver.importing.companies.privacy import read_key
    from klaver.importing.importer import Request
    from klaver.importing.reading.files import Limits

    earlier = None
    if asked["key"] is not None:
        path = folder / "earlier.csv"
        path.write_text(asked["key"], encoding="utf-8", newline="")
        earlier = read_key(path)
        path.unlink()
    return Request(
        place=Path(asked["place"]), mapping=Path(asked["mapping"]) if asked["mapping"] else None,
        cell_m=float(asked["cell"]) or None, complete=asked["complete"], year=datetime.date.today().year,
        motorway=asked["motorway"] or None, anonymous=asked["codes"], key=earlier, limits=Limits(**LIMITS),
    )  # fmt: skip


def _plain(finding: Finding) -> dict[str, Any]:
    values = {name: value if isinstance(value, str) else float(value) for name, value in finding.values.items()}
    where = None if finding.where is None else [float(value) for value in finding.where]
    return {"level": finding.level, "key": finding.key, "values": values, "where": where, "what": finding.what}


def _first(findings: Findings) -> list[dict[str, Any]]:
    """Return the first findings of each level."""
    seen: dict[str, int] = {}
    found = []
    for finding in findings:
        seen[finding.level] = seen.get(finding.level, 0) + 1
        if seen[finding.level] <= MOST_TOLD:
            found.append(_plain(finding))
    return found


def _counts(findings: Findings) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.level] = counts.get(finding.level, 0) + 1
    return counts


def _reports(made: Imported, folder: Path) -> dict[str, str]:
    """Return the check report in every language."""
    from klaver.dashboard.sketch import file_name
    from klaver.importing.report.check_report import write_report
    from klaver.language import LANGUAGES, ImportLanguage

    reports = {}
    for code in LANGUAGES:
        path = folder / f"check.{code}.html"
        write_report(path, scenario=made.scenario, grid=made.grid, layers=made.layers, matches=made.matches,
                     findings=made.findings, say=ImportLanguage(code, on_page=True),
                     command=f"klaver compare {file_name(made.scenario)}")  # fmt: skip
        reports[code] = path.read_text(encoding="utf-8")
    return reports


def _key(made: Imported, folder: Path) -> str | None:
    """Return the key of the codes as CSV, in the form that ``klaver import --key`` takes."""
    from klaver.importing.companies.privacy import write_key

    if made.key is None:
        return None
    path = folder / "key.csv"
    write_key(path, made.key)
    text = path.read_bytes().decode()
    path.unlink()
    return text


if __name__ == "__main__":
    main(read_maps)
