"""Geometries as they come out of files, made fit for what follows: of the kind that is wanted, finite, valid, once each.

What lies where, slivers, overlaps and parts are the matter of laying parcels on the grid; here each shape is judged by
itself.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klaver.importing.findings import Findings, refuse
from klaver.importing.reading.held_files import Limits

_FARTHEST = 1e8
# Mending takes time and room with the number of places where a shape crosses itself: 1,000 corners put down at random cross
# 200,000 times, which takes GEOS five seconds and two gigabytes. So crossings are counted first, up to these bounds.
_MOST_CORNERS = 20_000
_MOST_CROSSINGS = 2_000
_MOST_ALTOGETHER = 20_000
_AT_A_TIME = 50
_TOLD_ONE_BY_ONE = 25
_POINT, _LINES, _POLYGONS = (0, 4), (1, 2, 5), (3, 6)
KINDS = {
    "parcels": _POLYGONS, "buildings": _POLYGONS, "green": _POLYGONS, "water": _POLYGONS, "boundary": _POLYGONS,
    "roads": _POLYGONS + _LINES, "addresses": _POINT, "exits": _POINT, "ground": _POLYGONS, "companies": _POINT + _POLYGONS,
}  # fmt: skip


def check_coordinates(frame: gpd.GeoDataFrame, file: str, limits: Limits) -> np.ndarray:
    """Return all corner points of a layer.

    Parameters
    ----------
    frame
        As read.
    file
        For messages.
    limits
        On the number of points.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2).

    Raises
    ------
    CannotImport
        With too many points, or points that are no number or beyond any system.
    """
    shapes = frame.geometry.to_numpy()
    count = int(shapely.get_num_coordinates(shapes).sum())
    if count > limits.vertices:
        raise refuse("reading.too_many_vertices", what=file, file=file, n=count, most=limits.vertices)
    points, of = shapely.get_coordinates(shapes, return_index=True)
    wrong = ~np.isfinite(points).all(axis=1) | (np.abs(points) > _FARTHEST).any(axis=1)
    if wrong.any():
        raise refuse("reading.no_coordinates", what=file, file=file, n=len(set(of[wrong])),
                     row=int(frame.index[of[wrong][0]]))  # fmt: skip
    return points


def fit_shapes(frame: gpd.GeoDataFrame, role: str, file: str, findings: Findings) -> gpd.GeoDataFrame:
    """Return rows with a geometry of the kind that a role wants, valid, each once.

    Parameters
    ----------
    frame
        In the system of the park, metres.
    role
        A key of :data:`KINDS`.
    file
        For messages.
    findings
        Told of what is left out and mended.
    """
    if role == "companies":  # one without a place may be found by its address
        nowhere = shapely.is_missing(frame.geometry.to_numpy()) | shapely.is_empty(frame.geometry.to_numpy())
        placed = _mended(_of_kind(frame[~nowhere], role, file, findings), file, findings)
        return pd.concat([placed, frame[nowhere]]).sort_index()
    frame = _of_kind(frame, role, file, findings)
    if role in ("addresses", "exits"):
        shapes = frame.geometry.to_numpy()
        several = shapely.get_type_id(shapes) == 4
        shapes[several] = shapely.centroid(shapes[several])
        return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    frame = _mended(frame, file, findings)
    return _once(frame, file, findings) if role in ("parcels", "buildings") else frame


def _of_kind(frame: gpd.GeoDataFrame, role: str, file: str, findings: Findings) -> gpd.GeoDataFrame:
    """Leave out rows without a geometry, or with one of another kind; of a collection the parts of the kind are kept."""
    shapes = frame.geometry.to_numpy()
    wanted = KINDS[role]
    for at in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = [part for part in shapely.get_parts(shapes[at]) if shapely.get_type_id(part) in wanted]
        shapes[at] = parts[0] if len(parts) == 1 else shapely.union_all(parts) if parts else shapes[at]
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    other = ~empty & ~np.isin(shapely.get_type_id(shapes), wanted)
    values: dict[str, Any] = {"file": file}
    if empty.any():
        findings.add("left_out", "reading.no_shape", what=file, n=int(empty.sum()), row=int(frame.index[empty][0]), **values)
    if other.any():
        kind = "point" if set(shapely.get_type_id(shapes[other])) <= set(_POINT) else "other"
        key = f"reading.no_area_{kind}" if wanted == _POLYGONS else "reading.other_shape"
        findings.add("left_out", key, what=file, n=int(other.sum()), where=_place(shapes[other][0]), **values)
    kept = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return kept[~empty & ~other]


def _mended(frame: gpd.GeoDataFrame, file: str, findings: Findings) -> gpd.GeoDataFrame:
    """Make shapes valid that cross or touch themselves; what nothing is left of, or is too intricate, is left out."""
    shapes = frame.geometry.to_numpy()
    gone = np.zeros(len(shapes), bool)
    invalid, left, told = np.flatnonzero(~shapely.is_valid(shapes)), _MOST_ALTOGETHER, 0
    for at in invalid:
        where, crossings = _place(shapes[at]), _crossings(shapes[at], min(left, _MOST_CROSSINGS))
        left -= crossings
        values: dict[str, Any] = {"file": file, "row": int(frame.index[at])}
        if crossings > _MOST_CROSSINGS or left < 0:
            gone[at] = True
            findings.add("left_out", "reading.too_intricate", what=file, where=where, **values)
            continue
        whole = shapely.make_valid(shapes[at], method="structure", keep_collapsed=False)
        if shapely.is_empty(whole) or whole.area == 0:
            gone[at] = True
            findings.add("left_out", "reading.nothing_left", what=file, where=where, **values)
            continue
        shapes[at] = whole
        told += 1
        if told <= _TOLD_ONE_BY_ONE:
            findings.add("mended", "reading.invalid_shape", what=file, where=where, **values)
    if told > _TOLD_ONE_BY_ONE:
        findings.add("mended", "reading.invalid_shapes", what=file, file=file, n=told - _TOLD_ONE_BY_ONE)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))[~gone]


def _crossings(shape: Any, most: int) -> int:
    """Return how often the sides of a shape meet beyond each other's ends; more than ``most`` is not counted further."""
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    if len(points) > _MOST_CORNERS:
        return _MOST_CROSSINGS + 1
    joined = ring[1:] == ring[:-1]
    sides = shapely.linestrings(np.stack([points[:-1][joined], points[1:][joined]], axis=1))
    tree, met = shapely.STRtree(sides), 0
    for start in range(0, len(sides), _AT_A_TIME):
        some = sides[start : start + _AT_A_TIME]
        met += len(tree.query(some, predicate="intersects")[0]) - 3 * len(some)  # itself and the sides before and after
        if met > 2 * most:
            return most + 1
    return max(met, 0) // 2


def _once(frame: gpd.GeoDataFrame, file: str, findings: Findings) -> gpd.GeoDataFrame:
    """Leave out rows whose shape another row has already, wherever it begins."""
    prints = pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy())), dtype=object)
    first = ~prints.duplicated().to_numpy()
    if not first.all():
        again = frame[~first]
        findings.add("left_out", "reading.shape_twice", what=file, file=file, n=len(again),
                     row=int(again.index[0]), where=_place(again.geometry.iloc[0]))  # fmt: skip
    return frame[first]


def _place(shape: Any) -> tuple[float, float]:
    """Return a point of a shape to find it by: the first corner where it is not valid, else its middle."""
    point = shapely.get_point(shapely.get_exterior_ring(shapely.get_geometry(shape, 0)), 0)
    if point is None:
        point = shapely.centroid(shape)
    return (round(float(point.x), 1), round(float(point.y), 1)) if not shapely.is_empty(point) else (0.0, 0.0)
