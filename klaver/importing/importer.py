"""From files to a park: every stage in order, and what came of it. What the command line and the dashboard call.

Nothing is written here: a park is made whole in memory, or refused with everything that stood in its way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from klaver.importing.assembling import Choices, assemble
from klaver.importing.companies.matching import match_companies
from klaver.importing.companies.privacy import Anonymised, anonymise, round_jobs
from klaver.importing.companies.sectors import fill_sectors
from klaver.importing.companies.sharing import share_parcels
from klaver.importing.findings import Findings
from klaver.importing.grid.gridding import Grid, lay_on_grid
from klaver.importing.layers import Layers
from klaver.importing.reading.files import Limits, read_folder
from sim.inputs.scenario import list_parks

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario

ROLES = ("parcels", "companies", "buildings", "addresses", "roads", "green", "water", "boundary")
"""What a file can be named for; other roles are recognised."""
Step = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to import, and how.

    Attributes
    ----------
    place
        A folder, or one file; None where ``files`` names all.
    files
        Role (:data:`ROLES`) to a file.
    crs
        System of files that do not state one: ``"EPSG:28992"``.
    mapping
        File that says what columns are called.
    cell_m
        Side of a cell, 5 to 100 metres; None: chosen.
    name, title, complete, year, motorway
        As :class:`klaver.importing.assembling.Choices`; an empty name becomes that of the folder.
    anonymous, key
        Whether names become codes, and the key of an earlier import that codes are taken from (None: new ones).
    round_jobs
        Whether jobs are rounded to classes.
    limits
        On what is read.
    """

    place: Path | None = None
    files: dict[str, Path] = field(default_factory=dict)
    crs: str | None = None
    mapping: Path | None = None
    cell_m: float | None = None
    name: str = ""
    title: str = ""
    complete: bool = False
    year: int = 2026
    motorway: str | None = None
    anonymous: bool = False
    key: pd.DataFrame | None = None
    round_jobs: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass
class Imported:
    """A park, and how it came about.

    Attributes
    ----------
    scenario
        The park.
    layers, grid, matches
        What was read, laid on cells, and brought together.
    findings
        All that was mended, assumed, left out.
    key : DataFrame or None
        Code to name, where names were replaced.
    """

    scenario: Scenario
    layers: Layers
    grid: Grid
    matches: pd.DataFrame
    findings: Findings
    key: pd.DataFrame | None = None


def import_park(request: Request, step: Step = lambda _: None) -> Imported:
    """Return the park that files describe.

    Parameters
    ----------
    request
        What to read, and the user's choices.
    step
        Told the key of each stage as it begins: ``"reading"``, ``"gridding"``, ``"matching"``, ``"assembling"``.

    Raises
    ------
    CannotImport
        With everything that stands in the way, each with its file and place.
    sim.inputs.problems.InvalidFile
        If what came out is no park.
    """
    findings = Findings()
    step("reading")
    files: dict[str, Any] = dict(request.files)
    layers = read_folder(request.place, **files, crs=request.crs, mapping=request.mapping, limits=request.limits,
                         findings=findings)  # fmt: skip
    findings.stop_if_refused()
    step("gridding")
    grid = lay_on_grid(layers, cell_m=request.cell_m, findings=findings)
    findings.stop_if_refused()
    step("matching")
    key = None
    matches = pd.DataFrame(columns=["parcel", "how", "score", "distance_m"])
    if layers.companies is not None:
        own: Any = layers.settings.get("sectors") or {}
        layers.companies = fill_sectors(layers.companies, own, findings)
        matches = match_companies(layers.companies, grid.shapes, layers.addresses, layers.buildings, findings,
                                  by_area=True)  # fmt: skip
        grid, matches = share_parcels(grid, matches, layers.companies, layers.buildings, findings,
                                      addresses=layers.addresses)  # fmt: skip
        if request.round_jobs:
            layers.companies = round_jobs(layers.companies, findings)
    if request.anonymous:
        hidden: Anonymised = anonymise(layers, grid, matches, findings, request.key)
        layers, grid, matches, findings, key = hidden.layers, hidden.grid, hidden.matches, hidden.findings, hidden.key
    findings.stop_if_refused()
    step("assembling")
    name = park_name(request, layers)
    title = request.title or name.replace("_", " ")
    choices = Choices(name, title, request.complete, request.year, request.motorway, placed=not request.anonymous)
    # Where the park lies would name its firms as well as their names do.
    scenario = assemble(layers, grid, matches, choices, findings)
    return Imported(scenario, layers, grid, matches, findings, key)


def park_name(request: Request, layers: Layers) -> str:
    """Return what a park is called in results: as asked, as the files say, else after its folder or file, in plain letters."""
    if request.anonymous and not request.name:
        return "park"
    if request.name or layers.settings.get("name"):
        return plain_name(request.name or str(layers.settings["name"]))
    name = plain_name(_stem(request))
    return f"own_{name}" if name in list_parks() else name


def plain_name(text: str) -> str:
    """Return a text as the name of a park: letters, digits, ``_ . -``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_. -]+", "_", plain).strip("_. ")[:80] or "park"


def _stem(request: Request) -> str:
    source = (request.place or request.files.get("parcels") or Path("park")).resolve()
    return source.name if source.is_dir() else source.stem
