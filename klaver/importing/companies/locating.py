"""Where things lie: columns of a table as plain values, points and buildings on parcels, addresses with their parcel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from klaver.importing.companies.addresses import Address, AddressBook, plain, read_address

if TYPE_CHECKING:
    import geopandas as gpd

NEAR_M = 25.0
"""A point this near to a parcel may still mean that parcel (m)."""
NAMED = 5  # names written out in a sentence about many companies


# --- columns ---------------------------------------------------------------------------------------------------------


def texts(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as texts; empty where it is absent or a value is missing."""
    if column not in table.columns:
        return [""] * len(table)
    missing = table[column].isna().to_numpy(bool)
    return ["" if absent else str(value).strip() for value, absent in zip(table[column], missing, strict=True)]


def numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as numbers; nan where it is absent, missing, infinite or no number."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def truths(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as truths; False where it is absent or missing."""
    if column not in table.columns:
        return np.zeros(len(table), bool)
    given = zip(table[column], table[column].isna(), strict=True)
    return np.array([not absent and bool(value) for value, absent in given], bool)


def addresses_of(table: pd.DataFrame) -> list[Address]:
    """Return the address of every row."""
    columns = (texts(table, name) for name in ("street", "number", "postcode", "city"))
    return [read_address(*row) for row in zip(*columns, strict=True)]


def listed(words: list[str]) -> str:
    """Return the first few of many names, and how many more there are: ``a, b, ... (+3)``."""
    shown = ", ".join(words[:NAMED])
    return f"{shown}, ... (+{len(words) - NAMED})" if len(words) > NAMED else shown


# --- where things lie ------------------------------------------------------------------------------------------------


def floor_on_parcels(
    shapes: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame | None, buildings: gpd.GeoDataFrame | None
) -> np.ndarray:
    """Return the floor on every parcel in m2: stated, else of the units on it, else of its buildings, else what those cover.

    nan where no file tells.
    """
    floor = numbers(shapes, "floor")
    outlines = shapes.geometry.to_numpy()
    if addresses is not None and np.isfinite(numbers(addresses, "floor")).any():
        where, unit = shapely.STRtree(addresses.geometry.to_numpy()).query(outlines, predicate="intersects")
        units = np.bincount(where, np.nan_to_num(numbers(addresses, "floor")[unit]), len(shapes))
        floor = np.where(np.isnan(floor) & (units > 0.0), units, floor)
    if buildings is not None and len(buildings):
        built = buildings.geometry.to_numpy()
        where, which = shapely.STRtree(built).query(outlines, predicate="intersects")
        covered = shapely.area(shapely.intersection(outlines[where], built[which]))
        own = numbers(buildings, "floor")[which] * covered / np.maximum(shapely.area(built[which]), 1e-9)
        total = np.bincount(where, np.where(np.isnan(own), covered, own), len(shapes))
        floor = np.where(np.isnan(floor), total, floor)
    return floor


def book_of_addresses(
    shapes: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame | None, buildings: gpd.GeoDataFrame | None
) -> AddressBook:
    """Return every known address with the parcel that it lies on: of points, and of the parcels themselves."""
    book = AddressBook()
    for parcel, (address, written) in enumerate(zip(addresses_of(shapes), _written(shapes), strict=True)):
        book.add(address, parcel, 1.0, written)
    if addresses is not None and len(addresses):
        parcels, sure = _parcels_of_points(addresses, shapes, buildings)
        rows = zip(addresses_of(addresses), parcels, sure, _written(addresses), strict=True)
        for address, parcel, certainty, written in rows:
            book.add(address, int(parcel), float(certainty), written)
    return book


def _written(table: pd.DataFrame) -> list[str]:
    """Return street and number of every row, as its file writes them."""
    return [" ".join(row).strip() for row in zip(texts(table, "street"), texts(table, "number"), strict=True)]


def _parcels_of_points(
    addresses: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the parcel of every address and how sure: 1 within; 0.95 its building's; less with the distance; -1 for none."""
    points = addresses.geometry.to_numpy()
    parcel, away = nearest_parcels(points, shapes, NEAR_M)
    sure = np.where(away > 0.0, 0.9 - 0.4 * away / NEAR_M, 1.0)
    if buildings is not None and len(buildings) and (away != 0.0).any():
        stray = np.flatnonzero(~(away == 0.0))
        of_building = _buildings_of(addresses.iloc[stray], buildings)
        on = _parcels_of_buildings(buildings, shapes)
        found = np.where(of_building >= 0, on[of_building], -1)
        parcel[stray[found >= 0]], sure[stray[found >= 0]] = found[found >= 0], 0.95
    return parcel, sure


def nearest_parcels(points: np.ndarray, shapes: gpd.GeoDataFrame, within: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest parcel of every point (position; -1 for none within so many m) and the distance (m; nan for none)."""
    parcel, away = np.full(len(points), -1), np.full(len(points), np.nan)
    if not len(points) or not len(shapes):
        return parcel, away
    (which, found), distance = shapely.STRtree(shapes.geometry.to_numpy()).query_nearest(
        points, max_distance=within, return_distance=True)  # fmt: skip
    # Of parcels equally near, as on a shared border, the first one: assigned last.
    parcel[which[::-1]], away[which[::-1]] = found[::-1], distance[::-1]
    return parcel, away


def _buildings_of(addresses: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> np.ndarray:
    """Return the building (position, -1 for none) of every address: the one it names, else the one around it."""
    known = {name: at for at, name in reversed(list(enumerate(texts(buildings, "id")))) if name}
    found = np.array([known.get(name, -1) for name in texts(addresses, "building")])
    which, around = shapely.STRtree(buildings.geometry.to_numpy()).query(addresses.geometry.to_numpy(), predicate="intersects")
    inside = np.full(len(addresses), -1)
    inside[which[::-1]] = around[::-1]
    return np.where(found >= 0, found, inside)


def _parcels_of_buildings(buildings: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame) -> np.ndarray:
    """Return the parcel (position, -1 for none) that most of every building stands on."""
    outlines, parcels = buildings.geometry.to_numpy(), shapes.geometry.to_numpy()
    which, where = shapely.STRtree(parcels).query(outlines, predicate="intersects")
    covered = shapely.area(shapely.intersection(outlines[which], parcels[where]))
    found = np.full(len(buildings), -1)
    order = np.argsort(covered, kind="stable")
    found[which[order]] = where[order]  # the largest is assigned last
    return found


# --- names of parcels ------------------------------------------------------------------------------------------------


def parcel_names(parcels: list[str]) -> dict[str, int]:
    """Return every way to write a parcel's name -> its position; -1 where several parcels answer to it."""
    found: dict[str, int] = {}
    for form in (cadastral_key, parcel_key):
        for position, name in enumerate(parcels):
            key = form(name)
            if key:
                found[key] = position if key not in found else -1
    return found | {name: position for position, name in enumerate(parcels)}


def parcel_key(name: str) -> str:
    """Return a parcel's name without case, spaces, punctuation and leading zeros: "A 0123" is "=a123"."""
    compact = re.sub(r"(?<!\d)0+(?=\d)", "", plain(name).replace(" ", ""))
    return f"={compact}" if compact else ""


def cadastral_key(name: str) -> str:
    """Return section and number of a cadastral designation, without municipality: "Hardenberg A 01234 G0000" is "#a1234"."""
    found = re.search(r"(?:^|[\s-])([a-z]{1,2})[\s-]*0*(\d{1,5})(?:[\s-]*g\s*\d+)?$", name.lower())
    return f"#{found[1]}{found[2]}" if found else ""
