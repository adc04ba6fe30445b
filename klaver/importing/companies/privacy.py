"""Names replaced by codes, with the key kept apart.

What goes on after :func:`anonymise` holds no name of a company, owner or parcel, no address, coordinates, sector code or
note: only columns that the model needs (``KEPT_COMPANY`` and its like in ``codes``). Findings are told
again with codes and without places. All parcels get codes, not only those named after somebody: a cadastral designation
leads, through a public register, to an owner and an address. The municipality keeps its name, for it is no secret party.

Codes are drawn at random, and tables and findings are put in the order of codes with a fresh index, so that nothing is left of
the order of the file, which is often that of the alphabet or of the street. With the key of an earlier import
everybody keeps their code, and whoever is new gets a new one.

What this cannot hide: the map. Who knows the park knows who sits on a site; and a company that is the only one of its
sector and size can be recognised by those. Both are noted.
"""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from klaver.importing.companies.addresses import plain
from klaver.importing.companies.codes import Codes, Hiding, only
from klaver.importing.companies.key_file import read_key, write_key
from klaver.importing.companies.locating import numbers, texts, truths
from klaver.importing.findings import Findings
from klaver.importing.layers import Layers

if TYPE_CHECKING:
    import geopandas as gpd

    from klaver.importing.grid.gridding import Grid

__all__ = ["JOB_CLASSES", "Anonymised", "anonymise", "note_unique", "read_key", "round_jobs", "write_key"]
JOB_CLASSES = ((1, 1), (2, 3), (5, 7), (10, 14), (20, 32), (50, 70), (100, 140), (200, 320), (500, 700), (1000, 1400),
               (2000, 3000))  # fmt: skip
"""Lower bound of a class of jobs, and the number that stands for it: near to the geometric middle."""


@dataclass
class Anonymised:
    """An import without names.

    Attributes
    ----------
    layers, grid, matches, findings
        As they went in, with codes for names.
    key : DataFrame
        Columns ``key_file.KEY_COLUMNS``: which code is who; to be kept apart (:func:`write_key`).
    """

    layers: Layers
    grid: Grid
    matches: pd.DataFrame
    findings: Findings
    key: pd.DataFrame


def anonymise(
    layers: Layers,
    grid: Grid,
    matches: pd.DataFrame,
    findings: Findings,
    earlier: pd.DataFrame | None = None,
    *,
    seed_key: bytes | None = None,
) -> Anonymised:
    """Replace every name by a code.

    Parameters
    ----------
    layers, grid, matches, findings
        Of an import whose companies sit on parcels; none of them is changed.
    earlier
        Key of an earlier import, from :func:`read_key`.
    seed_key
        Secret that the order of new codes follows from; None: from the machine's own source of chance.

    Raises
    ------
    CannotImport
        If the earlier key is not one.
    """
    codes = Codes(earlier, seed_key or os.urandom(32))
    companies = layers.companies if layers.companies is not None else pd.DataFrame({"name": pd.Series(dtype=object)})
    rows = [str(row) for row in companies.index]
    codes.give("company", texts(companies, "name"), _addresses(companies), rows)
    codes.give("owner", _owners(layers, codes))
    codes.give("parcel", [*texts(layers.parcels, "name"), *texts(companies, "parcel")])
    codes.give_parts(dict(zip(map(str, grid.shapes.index), texts(grid.shapes, "part_of"), strict=True)))
    codes.give("parcel", [str(name) for name in grid.names])
    hidden = copy.copy(layers)
    hidden.parcels = codes.parcels(layers.parcels).sort_values("name", ignore_index=True)
    hidden.companies = None if layers.companies is None else codes.companies(layers.companies)
    hidden.owners = None if layers.owners is None else codes.owners(layers.owners)
    hidden.buildings, hidden.addresses = _without_ids(layers)
    hidden.settings = {key: value for key, value in layers.settings.items() if key != "sectors"}
    told = _told_again(findings, Hiding(codes, layers, companies))
    told.add("note", "matching.map_tells")
    note_unique(companies[_on_park(companies, matches)], told)
    coded = codes.matches(matches)
    if hidden.companies is not None:
        order = np.argsort(hidden.companies["name"].to_numpy(str), kind="stable")
        coded = coded.reindex(hidden.companies.index).iloc[order].reset_index(drop=True)
        hidden.companies = hidden.companies.iloc[order].reset_index(drop=True)
    return Anonymised(hidden, codes.grid(grid), coded, told, codes.key())


def note_unique(companies: pd.DataFrame, findings: Findings, *, fewest: int = 3) -> int:
    """Note how many companies can be recognised by sector and jobs, because fewer than ``fewest`` share both; return it.

    Parameters
    ----------
    companies
        With ``sector`` and ``jobs``; a company of which both are unknown cannot be recognised so.
    findings
        Gets the note.
    fewest
        Companies that must be alike for none to stand out.
    """
    sector, jobs = texts(companies, "sector"), numbers(companies, "jobs")
    traits = pd.Series([f"{one}/{other:g}" for one, other in zip(sector, jobs, strict=True)])
    known = np.array([bool(word) for word in sector], bool) | ~np.isnan(jobs)
    alike = traits.map(traits.value_counts()).to_numpy() if len(traits) else np.empty(0)
    count = int(((alike < fewest) & known).sum())
    if count:
        findings.add("note", "matching.recognisable", n=count, total=len(companies), fewest=fewest)
    return count


def round_jobs(companies: pd.DataFrame, findings: Findings | None = None) -> pd.DataFrame:
    """Return the companies with jobs rounded to the middle of their class (:data:`JOB_CLASSES`), marked as assumed.

    Parameters
    ----------
    companies
        With ``jobs``; not changed.
    findings
        Gets what the rounding does to the total.
    """
    rounded, jobs = companies.copy(), numbers(companies, "jobs")
    lower, middle = np.array(JOB_CLASSES, float).T
    place = np.clip(np.searchsorted(lower, np.nan_to_num(jobs, nan=1.0), side="right") - 1, 0, None)
    classes = np.where(np.isnan(jobs), np.nan, middle[place])
    rounded["jobs"] = classes
    assumed = [[*filter(None, text.split(";")), *([] if np.isnan(value) else ["jobs"])]
               for text, value in zip(texts(companies, "assumed"), classes, strict=True)]  # fmt: skip
    marks = [";".join(dict.fromkeys(row)) or None for row in assumed]
    rounded["assumed"] = pd.Series(marks, index=companies.index, dtype=object)
    if findings is not None and not np.isnan(jobs).all():
        findings.add("assumed", "matching.jobs_rounded", before=float(np.nansum(jobs)), after=float(np.nansum(classes)))
    return rounded


def _told_again(findings: Findings, hide: Hiding) -> Findings:
    """Return the findings without names and places, those of one kind in the order of codes."""
    first: dict[str, int] = {}
    rows = []
    for finding in findings:
        values = {name: hide(value) if isinstance(value, str) else value for name, value in finding.values.items()}
        rows.append((first.setdefault(finding.key, len(first)), hide(finding.what), str(values), finding, values))
    told = Findings()
    for _, what, _, finding, values in sorted(rows, key=lambda row: row[:3]):
        told.add(finding.level, finding.key, where=None, what=what, **values)
    return told


def _without_ids(layers: Layers) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return buildings and units with numbers for the ids of buildings, which a public register leads to an address."""
    ids = texts(layers.buildings, "id") if layers.buildings is not None else []
    number = {name: str(n) for n, name in enumerate(dict.fromkeys(filter(None, ids)), 1)}
    buildings, units = layers.buildings, layers.addresses
    if buildings is not None:
        buildings = only(buildings, ("id", "built", "floor", "status", buildings.geometry.name))
        if "id" in buildings.columns:
            buildings["id"] = [number.get(name) for name in ids]
    if units is not None:
        known = [number.get(name) for name in texts(units, "building")]
        units = only(units, ("floor", "building", units.geometry.name))
        if "building" in units.columns:
            units["building"] = known
    return buildings, units


def _owners(layers: Layers, codes: Codes) -> list[str]:
    """Return the names of owners that are to be hidden: all but municipalities and companies that are on the list."""
    companies = set(texts(layers.companies, "name")) if layers.companies is not None else set()
    stated = list(zip(texts(layers.parcels, "owner"), texts(layers.parcels, "owner_kind"), strict=True))
    if layers.owners is not None:
        stated += zip(texts(layers.owners, "name"), texts(layers.owners, "kind"), strict=True)
    codes.public |= {name for name, kind in stated if kind == "municipality" or (not kind and _is_public(name))}
    return [name for name in dict.fromkeys(name for name, _ in stated) if name not in codes.public | companies]


def _is_public(name: str) -> bool:
    return plain(name).startswith(("gemeente ", "municipality ")) or plain(name) in ("gemeente", "municipality")


def _addresses(companies: pd.DataFrame) -> list[str]:
    columns = [texts(companies, name) for name in ("street", "number", "postcode", "city")]
    return [" ".join(filter(None, row)) for row in zip(*columns, strict=True)]


def _on_park(companies: pd.DataFrame, matches: pd.DataFrame) -> np.ndarray:
    seated = matches["parcel"].reindex(companies.index).notna().to_numpy()
    return seated | truths(companies, "outside")


