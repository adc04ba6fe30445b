"""A park file from grid, rows and companies: what is stated goes in, what is inferred is marked, the rest stays open.

A value in the park file is one of three things. *Measured*: it stands there. *Assumed*: it stands there and is named in
``assumed`` of its row, because it was inferred from something else in the files. *Imputed*: it does not stand there, and is
drawn anew for every seed from the distributions of the park's ``[founding]`` (``sim/park/founding.py``), so that what nobody
measured widens every interval. Of those distributions the files may tell something too: the companies whose sector or jobs
are known say what the others are likely to be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from klaver.importing.findings import Findings, refuse
from klaver.importing.premises import Premises
from klaver.park_text import map_text
from sim.inputs.scenario import Founding, Scenario, check_scenario
from sim.records import SECTORS

if TYPE_CHECKING:
    from klaver.importing.grid.gridding import Grid
    from klaver.importing.layers import Layers

MOST_PARCELS = 10_000
ENOUGH = 10
"""Known values from which the distribution of the unknown ones is learned; the default counts for as many."""
_MUNICIPAL = re.compile(r"\b(gemeente|municipality|municipal|city of|town of)\b", re.IGNORECASE)
_FIRM = re.compile(r"\b(b\.?\s?v|n\.?\s?v|v\.?\s?o\.?\s?f|holding|beheer|vastgoed|invest\w*|fund|fonds|real estate|ltd|plc|"
                   r"gmbh)\b", re.IGNORECASE)  # fmt: skip
_OWNER_FIELDS = ("reservation", "willing")
_COMPANY_NUMBERS = ("turnover", "floor_needed", "land_wish", "trust")


@dataclass(frozen=True)
class Choices:
    """What a user chose on the command line or the page.

    Attributes
    ----------
    name
        Of the park, as file name and in results: letters, digits, ``_ . -`` and spaces.
    title
        As people call it; the name if empty.
    complete
        Whether the company list has everybody: then premises without a company are vacant.
    year
        In which the park file starts: the age of a building is this less the year it was built.
    motorway
        ``"near"``, ``"middle"``, ``"far"``, or None where nobody said.
    placed
        Whether the park file says where on earth the park lies.
    """

    name: str
    title: str = ""
    complete: bool = False
    year: int = 2026
    motorway: str | None = None
    placed: bool = True


def assemble(layers: Layers, grid: Grid, matches: pd.DataFrame, choices: Choices, findings: Findings) -> Scenario:
    """Return the park that the files describe.

    Parameters
    ----------
    layers
        As read.
    grid
        Cells; its ``shapes`` have the columns of parcels.
    matches
        One row a company, index as ``layers.companies``: ``parcel``, ``how``, ``score``.
    choices
        Of the user.
    findings
        Gets what was inferred.

    Raises
    ------
    CannotImport
        If there are more parcels than a map can show.
    sim.inputs.problems.InvalidFile
        If the park cannot be; its text says what is wrong.
    """
    if len(grid.names) > MOST_PARCELS:
        raise refuse("command.too_many_parcels", n=len(grid.names), most=MOST_PARCELS)
    companies = _companies(layers, matches)
    seated = {row["parcel"]: row for row in companies if "parcel" in row}
    premises = Premises.of(layers, grid, choices.year, findings)
    parcels = [_parcel(grid, name, premises, seated, choices, layers, findings) for name in grid.names]
    if "corner" not in layers.settings:  # an exported park says itself who owns what
        _own(parcels, seated)
    owners = _owners(layers, parcels, companies, findings)
    text, legend = map_text(grid.kind, grid.parcel_of, grid.names, grid.exits, grid.enclaves)
    content: dict[str, Any] = {
        "name": choices.name, "title": {"nl": choices.title or choices.name, "en": choices.title or choices.name},
        "cell_m": float(grid.cell_m), "map": text, "legend": legend, "parcels": parcels, "companies": companies,
        "owners": owners,
    }  # fmt: skip
    if choices.placed and layers.crs.is_projected:
        content["place"] = {"crs": _crs_name(layers), "west": float(grid.west), "north": float(grid.north)}
    stated = {key: value for key, value in layers.settings.items() if key in Scenario.model_fields or key == "parameters"}
    if "founding" not in stated:
        content["founding"] = founding_from(companies, parcels, findings)
    if choices.motorway is not None:
        stated["motorway"] = choices.motorway
    elif "motorway" not in stated:
        findings.add("assumed", "command.motorway")
    scenario = check_scenario(content | stated | {"name": choices.name}, choices.name)
    scenario.plan()
    return scenario


def _crs_name(layers: Layers) -> str:
    authority = layers.crs.to_authority()
    return ":".join(authority) if authority else str(layers.crs.name)


# --- companies -------------------------------------------------------------------------------------------------------


def _companies(layers: Layers, matches: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of companies that have a parcel or look for one from outside."""
    if layers.companies is None:
        return []
    rows = []
    for index, given in layers.companies.iterrows():
        found = matches.loc[index] if index in matches.index else None
        parcel = found["parcel"] if found is not None and isinstance(found["parcel"], str) else None
        outside = _truth(given.get("outside")) is True
        if parcel is None and not outside:
            continue
        rows.append(_company(given, None if outside else parcel, found))
    return rows


def _company(given: pd.Series, parcel: str | None, found: pd.Series | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": str(given["name"])}
    assumed = _listed(given.get("assumed"))
    if parcel is not None:
        row["parcel"] = parcel
        if found is not None and bool(found.get("doubtful", False)):
            assumed.append("parcel")
    if _known(given.get("sector")):
        row["sector"] = str(given["sector"])
    if _known(given.get("jobs")):
        row["jobs"] = float(given["jobs"])
    for name in _COMPANY_NUMBERS:
        if _known(given.get(name)):
            row[name] = float(given[name])
    if "floor_needed" not in row and _known(given.get("floor")) and float(given["floor"]) > 0.0:
        row["floor_needed"] = float(given["floor"])  # what it uses is the best guess of what it needs
        assumed.append("floor_needed")
    tenant = _truth(given.get("tenant"))
    row["tenant"] = "unknown" if tenant is None else tenant
    if parcel is None:
        row.pop("tenant")
    key_figure = _truth(given.get("key_figure"))
    if key_figure is not None:
        row["key_figure"] = key_figure
    return _finish(row, assumed, given.get("note"))


def _finish(row: dict[str, Any], assumed: list[str], note: Any) -> dict[str, Any]:
    """Return a row with what of it is assumed and its note, where it has them."""
    if assumed:
        row["assumed"] = list(dict.fromkeys(assumed))
    if _known(note) and str(note):
        row["note"] = str(note)
    return row


# --- parcels ---------------------------------------------------------------------------------------------------------


def _parcel(
    grid: Grid, name: str, premises: Premises, seated: Mapping[str, dict[str, Any]], choices: Choices, layers: Layers,
    findings: Findings,
) -> dict[str, Any]:
    given = grid.shapes.loc[name]
    row: dict[str, Any] = {"name": name}
    assumed = _listed(given.get("assumed"))
    if _known(given.get("owner")):
        row["owner"] = str(given["owner"])
    for field in ("quality", "fit", "energy", "soil_cost"):
        if _known(given.get(field)):
            row[field] = float(given[field])
    floor, floor_assumed = premises.floor(name)
    if floor == 0.0 and name in seated:
        findings.add("note", "command.company_without_building", what=name, parcel=name, where=premises.place(name))
    elif floor is not None:
        row["floor"] = floor
        assumed += ["floor"] if floor_assumed else []
    age = premises.age(name)
    if age is not None and row.get("floor") != 0.0:
        row["age"] = age
    if name not in seated:
        _use(row, assumed, given, premises.has_buildings(name), choices.complete and layers.companies is not None)
    offered = _truth(given.get("offered"))
    if offered is not None:
        row["offered"] = offered
    return _finish(row, assumed, given.get("note"))


def _use(
    row: dict[str, Any], assumed: list[str], given: pd.Series, has_buildings: bool | None, everybody_is_listed: bool
) -> None:
    """Say whether premises without a company stand vacant: as the file states it, or as follows from a complete list."""
    vacant = _truth(given.get("vacant"))
    if _known(given.get("vacant_quarters")):
        row["vacant_quarters"] = round(float(given["vacant_quarters"]))
    elif vacant is not None:
        row["vacant"] = vacant
    elif everybody_is_listed and has_buildings is not False:
        row["vacant"] = True
        assumed.append("vacant")


def _own(parcels: list[dict[str, Any]], seated: Mapping[str, dict[str, Any]]) -> None:
    """Let companies that are stated not to rent be the owners of where they sit: said, and not left to the default."""
    for row in parcels:
        company = seated.get(row["name"])
        if company is not None and company["tenant"] is False and "owner" not in row:
            row["owner"] = company["name"]
            if "tenant" in company.get("assumed", ()):
                row["assumed"] = [*row.get("assumed", ()), "owner"]


# --- owners ----------------------------------------------------------------------------------------------------------


def _owners(
    layers: Layers, parcels: list[dict[str, Any]], companies: list[dict[str, Any]], findings: Findings
) -> list[dict[str, Any]]:
    """Return everybody who owns a parcel and is no company of the park, with what kind of owner that is."""
    owners: dict[str, dict[str, Any]] = {}
    if layers.owners is not None:
        for _, given in layers.owners.iterrows():
            owners[str(given["name"])] = _owner(given)
    firms = {row["name"] for row in companies}
    kinds = _stated_kinds(layers)
    for parcel in parcels:
        name = parcel.get("owner")
        if name is None or name in firms or name in owners:
            continue
        if kinds.get(name):
            owners[name] = {"name": name, "kind": kinds[name]}
        else:
            kind = "municipality" if _MUNICIPAL.search(name) else "investor" if _FIRM.search(name) else "person"
            owners[name] = {"name": name, "kind": kind, "assumed": ["kind"]}
            findings.add("assumed", f"command.owner_{kind}", what=name, owner=name)
    return list(owners.values())


def _owner(given: pd.Series) -> dict[str, Any]:
    row: dict[str, Any] = {"name": str(given["name"])}
    assumed = _listed(given.get("assumed"))
    if _known(given.get("kind")):
        row["kind"] = str(given["kind"])
    else:
        assumed.append("kind")
    if _known(given.get("reservation")):
        row["reservation"] = float(given["reservation"])
    willing = _truth(given.get("willing"))
    if willing is not None:
        row["willing"] = willing
    return _finish(row, assumed, given.get("note"))


def _stated_kinds(layers: Layers) -> dict[str, str]:
    """Return what kind of owner the parcels say that somebody is."""
    table = layers.parcels
    if not {"owner", "owner_kind"} <= set(table.columns):
        return {}
    return {str(owner): str(kind) for owner, kind in zip(table["owner"], table["owner_kind"], strict=True)
            if _known(owner) and _known(kind)}  # fmt: skip


# --- distributions ---------------------------------------------------------------------------------------------------


def founding_from(
    companies: list[dict[str, Any]], parcels: list[dict[str, Any]], findings: Findings
) -> dict[str, Any]:
    """Return the shares and means from which open values are drawn, where the files have enough known ones.

    From ``ENOUGH`` known values on, and with the default counting for as many: of a park that is known half, the other half
    is taken to be alike. Fewer known values leave the defaults of ``sim.inputs.scenario.Founding``.

    Parameters
    ----------
    companies, parcels
        Rows of a park file.
    findings
        Gets which of them were learned.
    """
    default = Founding()
    learned: dict[str, Any] = {}
    used = {row.get("parcel") for row in companies}
    # Premises of which nobody says who is there may get a company without a name, of which all is drawn.
    unnamed = any(row["name"] not in used and row.get("floor") != 0.0 and not row.get("vacant", "vacant_quarters" in row)
                  for row in parcels)  # fmt: skip
    sectors = [row["sector"] for row in companies if "sector" in row]
    if len(sectors) >= ENOUGH and (unnamed or len(sectors) < len(companies)):
        shares = {name: (sectors.count(name) + ENOUGH * default.sector_shares[name]) / (len(sectors) + ENOUGH)
                  for name in SECTORS}  # fmt: skip
        learned["sector_shares"] = _to_one(shares)
    jobs = np.array([row["jobs"] for row in companies if "jobs" in row and "parcel" in row])
    if len(jobs) >= ENOUGH and (unnamed or any("jobs" not in row for row in companies)):
        middle = math.exp((np.log(np.maximum(jobs, 1.0)).sum() + ENOUGH * math.log(default.median_jobs)) / (len(jobs) + ENOUGH))
        mean = (jobs.sum() + ENOUGH * default.mean_jobs) / (len(jobs) + ENOUGH)
        learned["median_jobs"] = round(min(middle, 500.0), 2)
        learned["mean_jobs"] = round(min(max(float(mean), middle), 1_000.0), 2)
    tenure = [row["tenant"] for row in companies if isinstance(row.get("tenant"), bool) and "parcel" in row]
    if len(tenure) >= ENOUGH and (unnamed or any(row.get("tenant") == "unknown" for row in companies)):
        owning = sum(not tenant for tenant in tenure)
        learned["owner_occupied"] = round((owning + ENOUGH * default.owner_occupied) / (len(tenure) + ENOUGH), 3)
    for name in learned:
        findings.add("assumed", f"command.learned_{name}")
    return learned


def _to_one(shares: Mapping[str, float]) -> dict[str, float]:
    """Return shares rounded so that they still sum to 1."""
    rounded = {name: round(share, 3) for name, share in shares.items()}
    largest = max(rounded, key=lambda name: rounded[name])
    rounded[largest] = round(rounded[largest] + 1.0 - sum(rounded.values()), 3)
    return rounded


# --- single values ---------------------------------------------------------------------------------------------------


def _known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value)) and value is not pd.NA


def _truth(value: Any) -> bool | None:
    return bool(value) if _known(value) else None


def _listed(value: Any) -> list[str]:
    return [part for part in str(value).split(";") if part] if _known(value) else []
