"""In what system coordinates are: stated, assumed, mended where two were swapped, or refused; and all of it to metres.

What a file states is held against where its numbers lie. Numbers tell a lot here: in the Netherlands eastings in RD New are
0 to 300 km and northings 289 to 629 km, so that the two cannot be mistaken for each other, nor for degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from klaver.importing.findings import CannotImport, Findings, refuse
from sim.inputs.problems import printable

RD = "EPSG:28992"
WGS84 = "EPSG:4326"
_RD_BOX = (-7_000.0, 289_000.0, 300_000.0, 629_000.0)  # west, south, east, north: where RD New holds
_DEGREE_BOX = (3.2, 50.7, 7.3, 53.7)  # the same in degrees
_FARTHEST = 1e8


@dataclass(frozen=True)
class Box:
    """Smallest and largest coordinates."""

    west: float
    south: float
    east: float
    north: float

    def within(self, box: tuple[float, float, float, float]) -> bool:
        """Tell whether this lies in a box."""
        return box[0] <= self.west and self.east <= box[2] and box[1] <= self.south and self.north <= box[3]

    def swapped(self) -> Box:
        """Return it with eastings and northings exchanged."""
        return Box(self.south, self.west, self.north, self.east)

    def degrees(self) -> bool:
        """Tell whether these can be degrees at all, in either order."""
        return max(abs(value) for value in (self.west, self.south, self.east, self.north)) <= 180


def box_of(coordinates: np.ndarray) -> Box:
    """Return where most points lie: the middle 98%, so that one point gone astray does not hide the system.

    Parameters
    ----------
    coordinates
        Shape (n, 2), n > 0, finite.
    """
    west, south = np.quantile(coordinates, 0.01, axis=0)
    east, north = np.quantile(coordinates, 0.99, axis=0)
    return Box(float(west), float(south), float(east), float(north))


def system(text: str, *, file: str = "") -> pyproj.CRS:
    """Return a coordinate system, without heights.

    Parameters
    ----------
    text
        ``"EPSG:28992"``, ``"28992"``, ``"RD"``, or whatever PROJ understands.
    file
        For messages, where a file states it.

    Raises
    ------
    CannotImport
        If it is none.
    """
    plain = text.strip()
    plain = {"rd": RD, "rd new": RD, "rdnew": RD, "wgs84": WGS84, "wgs 84": WGS84}.get(plain.casefold(), plain)
    try:
        found = pyproj.CRS.from_user_input(f"EPSG:{plain}" if plain.isdecimal() else plain)
        return found.to_2d() if len(found.axis_info) > 2 or found.is_compound else found
    except Exception as error:  # pyproj and its database
        raise refuse("reading.unknown_crs", what=file, crs=printable(text)) from error


def _tell(findings: Findings, level: str, key: str, file: str, **values: str | int | float) -> None:
    findings.add(level, key, what=file, file=file, **values)  # type: ignore[arg-type]


def judge_system(
    coordinates: np.ndarray, stated: str, given: str | None, file: str, findings: Findings, *, geojson: bool = False
) -> tuple[pyproj.CRS, bool]:
    """Return the system of coordinates, and whether eastings and northings are to be exchanged.

    Parameters
    ----------
    coordinates
        Shape (n, 2), n > 0, finite.
    stated
        What the file says; empty for nothing.
    given
        What the user says of files that state none, or state the wrong one.
    file
        For messages.
    findings
        Told of what is assumed and mended.
    geojson
        Whether a file that states nothing is in degrees by its standard.

    Raises
    ------
    CannotImport
        If it is not stated and does not show, or if the numbers cannot be in the system that is stated.
    """
    box = box_of(coordinates)
    own = system(stated, file=file) if stated else None
    if given is not None:
        chosen = system(given)
        keeps_degrees = box.degrees() and chosen.is_projected and (geojson or (own is not None and own.is_geographic))
        if not keeps_degrees:
            if own is not None and own != chosen:
                _tell(findings, "note", "reading.crs_overridden", file, stated=own.name, crs=chosen.name)
            return chosen, _swapped(box, chosen, file, findings)
    if own is None and geojson and box.degrees():
        own = system(WGS84)
    if own is None:
        own = _assumed(box, file, findings)
    _believable(box, own, file)
    return own, _swapped(box, own, file, findings)


def _assumed(box: Box, file: str, findings: Findings) -> pyproj.CRS:
    """Return the system that numbers show, where a file states none."""
    for name, limits in ((RD, _RD_BOX), (WGS84, _DEGREE_BOX)):
        if box.within(limits) or box.swapped().within(limits):
            found = system(name)
            _tell(findings, "assumed", "reading.crs_assumed", file, crs=found.name)
            return found
    raise refuse("reading.no_crs", what=file, file=file)


def _believable(box: Box, own: pyproj.CRS, file: str) -> None:
    """Refuse numbers that cannot be in the system that a file states."""
    dutch_degrees = box.within(_DEGREE_BOX) or box.swapped().within(_DEGREE_BOX)
    if own.is_projected and dutch_degrees:
        raise refuse("reading.degrees_in_metres", what=file, file=file, crs=own.name)
    if own.is_geographic and not box.degrees():
        raise refuse("reading.metres_in_degrees", what=file, file=file, crs=own.name)


def _swapped(box: Box, own: pyproj.CRS, file: str, findings: Findings) -> bool:
    """Tell whether eastings and northings were exchanged: outside the Netherlands as they are, inside the other way round."""
    limits = _DEGREE_BOX if own.is_geographic else _RD_BOX if own.equals(system(RD)) else None
    if limits is None or box.within(limits) or not box.swapped().within(limits):
        return False
    _tell(findings, "mended", "reading.swapped", file, crs=own.name)
    return True


def bring_to(frame: gpd.GeoDataFrame, own: pyproj.CRS, swap: bool, target: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return a layer in another system.

    Parameters
    ----------
    frame
        Its geometry in ``own``, with eastings and northings exchanged where ``swap``.
    own, target
        Systems.
    """
    shapes = frame.geometry.to_numpy()
    if swap:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    moved = gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=shapes, crs=own, index=frame.index)
    return moved if own.equals(target) else moved.to_crs(target)


def choose_target(coordinates: np.ndarray, own: pyproj.CRS, asked: str | None) -> pyproj.CRS:
    """Return the system that a park is put in.

    Parameters
    ----------
    coordinates
        Of the parcels, shape (n, 2), in ``own``, east first.
    own
        Their system.
    asked
        What the user wants; None: RD New in the Netherlands, elsewhere the parcels' own system where that is in metres
        and true to size, else UTM.

    Raises
    ------
    CannotImport
        If what is asked for is not projected in metres.
    """
    if asked is not None:
        wanted = system(asked)
        if not _in_metres(wanted):
            raise refuse("reading.target_not_metres", crs=wanted.name)
        return wanted
    if is_local(own):
        return own
    east, north = np.median(coordinates, axis=0)
    lon, lat = pyproj.Transformer.from_crs(own, WGS84, always_xy=True).transform(east, north)
    if _DEGREE_BOX[0] <= lon <= _DEGREE_BOX[2] and _DEGREE_BOX[1] <= lat <= _DEGREE_BOX[3]:
        return system(RD)
    mercator = "pseudo-mercator" in own.name.casefold() or own.to_epsg() == 3857
    if _in_metres(own) and not mercator:
        return own
    if not (np.isfinite(lon) and np.isfinite(lat)):
        raise refuse("reading.nowhere", crs=own.name)
    zone = int((lon + 180) // 6) % 60 + 1
    return system(f"EPSG:{(32600 if lat >= 0 else 32700) + zone}")


def is_local(own: pyproj.CRS) -> bool:
    """Tell whether a system is that of a map which does not say where on earth it lies, as ``klaver export`` writes it."""
    return own.is_engineering or str(own.type_name) == "Engineering CRS"


def _in_metres(own: pyproj.CRS) -> bool:
    return own.is_projected and all(axis.unit_conversion_factor == 1 for axis in own.axis_info[:2])


def place_rows(
    table: pd.DataFrame, given: str | None, target: pyproj.CRS, file: str, findings: Findings, near: Any
) -> pd.DataFrame:
    """Return a table with its columns ``x`` and ``y`` in the target system; both missing where they cannot be placed.

    Parameters
    ----------
    table
        With columns ``x`` and ``y``, as the file has them.
    given
        What the user says of files that state no system.
    target
        Of the park.
    file
        For messages.
    findings
        Told of what is assumed, mended, and left out: a list of companies is worth keeping without coordinates.
    near
        Polygon around the park: numbers of which most lie in it are in the system of the park already.
    """
    both = np.column_stack([table["x"].to_numpy(float), table["y"].to_numpy(float)])
    there = np.isfinite(both).all(axis=1) & (np.abs(both) < _FARTHEST).all(axis=1) & (both != 0).any(axis=1)
    placed = np.full_like(both, np.nan)
    if there.any():
        try:
            own, swap = target, False
            if given is not None or shapely.contains_xy(near, both[there]).mean() < 0.5:
                own, swap = judge_system(both[there], "", given, file, findings)
        except CannotImport as problem:
            if problem.findings[0].key != "reading.no_crs":
                raise
            findings.add("left_out", "reading.points_nowhere", what=file, file=file, n=int(there.sum()))
        else:
            points = both[there][:, ::-1] if swap else both[there]
            move = pyproj.Transformer.from_crs(own, target, always_xy=True)
            placed[there] = np.column_stack(move.transform(points[:, 0], points[:, 1]))
    placed[~np.isfinite(placed).all(axis=1)] = np.nan
    return table.assign(x=placed[:, 0], y=placed[:, 1])
