"""``klaver import``: maps and company lists in, a park file and a check report out."""

from __future__ import annotations

import datetime
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver.command_line import BadOption, Force, app, command, option, waiting
from klaver.console import Speaker

if TYPE_CHECKING:
    from klaver.importing.importer import Imported, Request

PRIVACY_NOTES = ("matching.map_tells", "matching.recognisable")
SHOWN = 12  # findings of a level that are told in the terminal; the report has them all


@command(app, "import")
def import_(
    speak: Speaker,
    place: Annotated[Path | None, typer.Argument(metavar="FOLDER|FILE", help="help.import_place")] = None,
    companies: Annotated[Path | None, typer.Option("--companies", metavar="FILE", help="help.import_companies")] = None,
    parcels: Annotated[Path | None, typer.Option("--parcels", metavar="FILE", help="help.import_parcels")] = None,
    buildings: Annotated[Path | None, typer.Option("--buildings", metavar="FILE", help="help.import_buildings")] = None,
    addresses: Annotated[Path | None, typer.Option("--addresses", metavar="FILE", help="help.import_addresses")] = None,
    roads: Annotated[Path | None, typer.Option("--roads", metavar="FILE", help="help.import_roads")] = None,
    green: Annotated[Path | None, typer.Option("--green", metavar="FILE", help="help.import_green")] = None,
    water: Annotated[Path | None, typer.Option("--water", metavar="FILE", help="help.import_water")] = None,
    boundary: Annotated[Path | None, typer.Option("--boundary", metavar="FILE", help="help.import_boundary")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", metavar="FILE", help="help.import_mapping")] = None,
    crs: Annotated[str | None, option("--crs", metavar="EPSG:N")] = None,
    cell: Annotated[float | None, option("--cell", metavar="M")] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="help.import_name")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="help.import_title")] = "",
    complete: Annotated[bool, option("--complete")] = False,
    year: Annotated[int | None, typer.Option("--year", metavar="YEAR", help="help.import_year")] = None,
    motorway: Annotated[str | None, option("--motorway", metavar="near|middle|far")] = None,
    anonymous: Annotated[bool, option("--anonymise")] = False,
    key: Annotated[Path | None, option("--key", metavar="FILE")] = None,
    rounded: Annotated[bool, option("--round-jobs")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="help.import_out")] = None,
    force: Force = False,
) -> None:
    """Maps and company lists to a park file."""
    files = {"companies": companies, "parcels": parcels, "buildings": buildings, "addresses": addresses, "roads": roads,
             "green": green, "water": water, "boundary": boundary}  # fmt: skip
    given = {role: path for role, path in files.items() if path is not None}
    if place is None and parcels is None:
        raise BadOption("error.import_nothing")
    if cell is not None and not 5.0 <= cell <= 100.0:
        raise BadOption("error.import_cell", n=cell)
    if motorway not in (None, "near", "middle", "far"):
        raise BadOption("error.import_motorway", value=motorway)
    if key is not None and not anonymous:
        raise BadOption("error.import_key_alone")
    this_year = datetime.date.today().year
    if year is not None and not 1900 <= year <= this_year + 50:
        raise BadOption("error.import_year", n=year)
    need_geodata()
    from klaver.importing.importer import Request

    request = Request(place, given, crs, mapping, cell, name, title, complete, year or this_year, motorway, anonymous,
                      _earlier_key(key), rounded)  # fmt: skip
    _import(speak, request, out or Path(), key, force)


def need_geodata() -> None:
    """Refuse with a sentence where the libraries for maps are not installed."""
    try:
        import geopandas  # noqa: F401
        import openpyxl  # noqa: F401
        import pyogrio  # noqa: F401
    except ImportError as missing:
        raise BadOption("error.need_geo", name=missing.name) from missing


def _earlier_key(path: Path | None) -> Any:
    """Return the codes of an earlier import, where its key file is there."""
    if path is None or not path.exists():
        return None
    from klaver.importing.companies.privacy import read_key

    return read_key(path)


def _import(speak: Speaker, request: Request, folder: Path, key: Path | None, force: bool) -> None:
    from klaver.importing.findings import CannotImport
    from klaver.importing.importer import import_park
    from klaver.language import ImportLanguage

    say = ImportLanguage(speak.say.code)
    try:
        with waiting(speak, say("command.working")):
            made = import_park(request)
    except CannotImport as refused:
        raise _told(refused, say) from refused
    outputs = _outputs(made.scenario.name, folder, say.code)
    taken = [path for path in outputs.values() if path.exists()]
    if taken and not force:
        raise BadOption("error.file_exists", path=taken[0])
    key_path = None
    if made.key is not None:
        key_path = key or default_key(made.scenario.name)
        _check_apart(key_path, folder)
        if key is None and key_path.exists():  # another import's codes would be lost
            raise BadOption("error.import_key_there", path=key_path)
    try:
        _write(made, outputs, say, key_path)
    except CannotImport as refused:
        raise _told(refused, say) from refused
    except OSError as problem:
        raise BadOption("error.cannot_write", path=problem.filename or folder, problem=problem.strerror) from problem
    _tell(speak, say, made, outputs, key_path)


def _told(refused: Any, say: Any) -> Exception:
    """Return a refusal as input that cannot be used, in the language of the user."""
    from klaver.command_line import BadInput

    return BadInput("\n".join(refused.told(say)))


def _outputs(name: str, folder: Path, language: str) -> dict[str, Path]:
    from klaver.folders import file_name

    stem = file_name(name)
    return {"park": folder / f"{stem}.toml", "check": folder / f"{stem}-check.{language}.html"}


def default_key(name: str) -> Path:
    """Return where the key of an anonymised park goes: in the user's own data, away from parks and results."""
    from platformdirs import user_data_path

    from klaver.folders import file_name

    return user_data_path("klaver") / "keys" / f"{file_name(name)}.csv"


def _check_apart(key: Path, folder: Path) -> None:
    """Refuse a key beside the park it is the key of: whoever is sent the folder would get the names too."""
    if key.resolve().is_relative_to(folder.resolve()):
        raise BadOption("error.import_key_beside", path=key, folder=folder.resolve())


def _write(made: Imported, outputs: dict[str, Path], say: Any, key: Path | None) -> None:
    """Write park file and report, and the key first: codes without their key would be lost."""
    from klaver.importing.companies.privacy import write_key
    from klaver.importing.report.check_report import write_report
    from klaver.park_text import park_text

    if key is not None and made.key is not None:
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(key, made.key, apart_from=[outputs["park"].parent])
    text = park_text(made.scenario, comment(made, say))
    outputs["park"].parent.mkdir(parents=True, exist_ok=True)
    with _whole(outputs["check"]) as check, _whole(outputs["park"]) as park:
        park.write_text(text, encoding="utf-8", newline="\n")
        write_report(check, scenario=made.scenario, grid=made.grid, layers=made.layers, matches=made.matches,
                     findings=made.findings, say=say, command=f"klaver compare {outputs['park']}")  # fmt: skip


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file to write beside the one that is meant, which it replaces once all went well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def comment(made: Imported, say: Any) -> str:
    """Return what stands at the top of the park file: what it was made of, and how its values are marked."""
    lines = [] if made.key is not None else [say("command.comment_from")]
    for source in made.layers.sources if made.key is None else ():  # names of files may name the park
        what = f"{source.file}: {source.layer}" if source.layer else source.file
        lines.append(f"  {what} ({say.number(source.rows)}) sha256 {source.sha256[:16]}")
    return "\n".join([*lines, *say("command.comment_marks").splitlines()])


def _tell(speak: Speaker, say: Any, made: Imported, outputs: dict[str, Path], key: Path | None) -> None:
    """Say in the terminal what came of it: counts, the weightiest findings, and how to go on."""
    from klaver.drawing import draw_park, legend
    from klaver.importing.report.check_report import report_data

    plan = made.scenario.plan()
    colour = sys.stdout.isatty() and speak.console(sys.stdout).color_system is not None
    speak.result(draw_park(plan, colour))
    speak.result(legend(say, colour))
    speak.result("")
    data = report_data(scenario=made.scenario, grid=made.grid, layers=made.layers, matches=made.matches,
                       findings=made.findings, say=say)  # fmt: skip
    speak.result(say("command.made", parcels=say.number(len(plan.parcels)), companies=say.number(len(plan.companies)),
                     cell=say.number(plan.cell_m)))  # fmt: skip
    for level in ("left_out", "mended", "assumed"):
        found = made.findings.of(level)
        if not found:
            continue
        speak.result("")
        speak.result(say(f"command.level_{level}", n=say.number(len(found))))
        for finding in found[:SHOWN]:
            speak.result(f"  {finding.told(say)}")
        if len(found) > SHOWN:
            speak.result(f"  {say('command.more', n=say.number(len(found) - SHOWN))}")
    if key is not None:
        speak.result("")
        for finding in made.findings.of("note"):
            if finding.key in PRIVACY_NOTES:
                speak.result(finding.told(say))
    speak.remark("")
    speak.remark(say("command.written", park=outputs["park"], check=outputs["check"]))
    if key is not None:
        speak.remark(say("command.key_written", path=key))
    speak.remark(say("command.go_on", park=outputs["park"]))
    speak.data({"file": outputs["park"], "check": outputs["check"], "key": key, **data})
