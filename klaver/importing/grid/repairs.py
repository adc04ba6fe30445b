"""Polygons of parcels as people draw them, mended until they can lie on a grid: each one piece, none over another.

In this order: parcels drawn twice, overlaps, roads drawn over a parcel, parcels of several parts, holes, slivers. Groups of
parcels that lie apart are told, and left out where they are small and far away (:func:`tell_islands`). Everything is done in
an order that depends on where the polygons lie, never on the order of the rows. Every change is a finding with its place.
"""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klaver.importing.findings import Findings, Place, refuse

NARROWEST = 1.5
"""m: a parcel with less width (twice its area by its circumference) is a sliver."""
CRUMB = 2.0
"""m2: a loose part up to this size is a slip of drawing, and goes without a word."""
APART, FAR = 150.0, 2_000.0
"""m between groups of parcels: from here on worth telling; from here on not of the park, if it is a small group."""
OWN_FIELDS = ("floor", "built", "age", "vacant", "vacant_quarters", "offered", "soil_cost", "street", "number", "postcode")
"""What is true of one parcel, and not of each of the parts that it is taken apart in."""


def in_order(plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return parcels from north to south and west to east: an order that the rows of the file have no part in."""
    centre = shapely.centroid(plots.geometry.to_numpy())
    x, y = np.round(shapely.get_x(centre), 3), np.round(shapely.get_y(centre), 3)
    order = np.lexsort((plots["name"].to_numpy().astype(str), np.round(plots.geometry.area.to_numpy(), 3), x, -y))
    return plots.iloc[order].reset_index(drop=True)


def mend(
    plots: gpd.GeoDataFrame, cell_m: float, roads: Any, ground: Any, findings: Findings, *, stated: bool = False
) -> gpd.GeoDataFrame:
    """Return parcels that are each one polygon and do not overlap.

    Parameters
    ----------
    plots
        Columns ``name``, ``geometry`` (polygons of one or more parts), and any others.
    cell_m
        Side of a cell, metres: what is small is judged by it.
    roads
        Polygon of all roads; empty where none are known. They are cut out of the parcels that they run over.
    ground
        Polygon of everything else that is known not to be a parcel.
    findings
        Gets every change.
    stated
        Whether the files also say what is not covered: then no hole is filled.

    Returns
    -------
    geopandas.GeoDataFrame
        With columns ``in_file`` (m2 as drawn), and ``part_of`` (name of the parcel it was a part of, or None). Rows in the
        order of :func:`in_order`.
    """
    plots = in_order(plots)
    plots["in_file"] = plots.geometry.area
    plots["part_of"] = None
    plots = _once(plots, findings)
    plots = _without_overlaps(plots, findings)
    plots = _without_roads(plots, roads, cell_m, findings)
    plots = _in_one_part(plots, cell_m, roads, findings)
    if not stated:
        plots = _without_holes(plots, cell_m, shapely.union(roads, ground), findings)
    return _without_slivers(plots, cell_m, findings)


def polygons_of(shape: Any) -> list[Any]:
    """Return the polygons in a geometry, without points and lines, largest first."""
    parts = [part for part in shapely.get_parts(_flat(shape)) if part.geom_type == "Polygon" and part.area > 0.0]
    return sorted(parts, key=lambda part: (-round(part.area, 6), part.bounds))


def place_in(shape: Any) -> Place:
    """Return a point within a polygon."""
    point = shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


def _flat(shape: Any) -> np.ndarray:
    """Return the parts of a geometry, and of collections within it."""
    parts = shapely.get_parts(shape)
    return shapely.get_parts(parts) if len(parts) else parts


def _together(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _once(plots: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """Leave out what is drawn twice: of two parcels that overlap by 98% of both, the one whose name comes last."""
    shapes, names = plots.geometry.to_numpy(), plots["name"].to_numpy()
    area = shapely.area(shapes)
    gone: set[int] = set()
    for one, other, both in _overlaps(shapes):
        if both >= 0.98 * max(area[one], area[other]) and not {one, other} & gone:
            keep, out = sorted((one, other), key=lambda at: (len(str(names[at])), str(names[at])))
            gone.add(out)
            findings.add("left_out", "gridding.twice", where=place_in(shapes[out]), what=str(names[out]),
                         parcel=str(names[out]), other=str(names[keep]))  # fmt: skip
    return plots.drop(index=sorted(gone)).reset_index(drop=True)


def _overlaps(shapes: np.ndarray) -> list[tuple[int, int, float]]:
    """Return pairs that overlap, and by how many m2.

    Raises
    ------
    CannotImport
        If there are so many that these cannot be parcels: a bound on time and memory.
    """
    tree, found_pairs, number = shapely.STRtree(shapes), [], 0
    for start in range(0, len(shapes), 200):
        some, other = tree.query(shapes[start : start + 200], predicate="intersects")
        keep = some + start < other
        found_pairs.append((some[keep] + start, other[keep]))
        number += int(keep.sum())
        if number > 30 * len(shapes) + 1_000:
            raise refuse("gridding.tangled", where=place_in(shapes[start]))
    one, other = (np.concatenate(part) for part in zip(*found_pairs, strict=True))
    both = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    found = [(int(a), int(b), float(m2)) for a, b, m2 in zip(one, other, both, strict=True) if m2 > 0.01]
    return sorted(found)


def _without_overlaps(plots: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """Let the larger of two parcels that overlap give way."""
    shapes, names = plots.geometry.to_numpy().copy(), plots["name"].to_numpy()
    area = shapely.area(shapes)
    for one, other, both in _overlaps(shapes):
        small, large = (one, other) if round(area[one], 3) <= round(area[other], 3) else (other, one)
        if both > 0.01 * area[small]:
            findings.add("mended", "gridding.overlap", where=place_in(shapely.intersection(shapes[one], shapes[other])
                         if shapes[one].intersects(shapes[other]) else shapes[small]), what=str(names[large]),
                         parcel=str(names[large]), other=str(names[small]), area=round(both))  # fmt: skip
        left = polygons_of(shapely.difference(shapes[large], shapes[small]))
        shapes[large] = _together(left) if left else shapely.Polygon()
    plots = plots.set_geometry(gpd.GeoSeries(shapes, index=plots.index, crs=plots.crs))
    return _without_empty(plots, findings)


def _without_empty(plots: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    empty = plots.geometry.is_empty.to_numpy()
    for name in plots["name"][empty]:
        findings.add("left_out", "gridding.nothing_left", what=str(name), parcel=str(name))
    return plots[~empty].reset_index(drop=True)


def _without_roads(plots: gpd.GeoDataFrame, roads: Any, cell_m: float, findings: Findings) -> gpd.GeoDataFrame:
    """Cut roads out of the parcels that they run over; a slip of the pen at a border stays the parcel's."""
    shapes, names = plots.geometry.to_numpy().copy(), plots["name"].to_numpy()
    parts = np.array(polygons_of(roads), dtype=object)
    if not len(parts):
        return plots
    road, at = shapely.STRtree(parts).query(shapes, predicate="intersects")[::-1]
    over = shapely.area(shapely.intersection(parts[road], shapes[at]))
    for plot in np.unique(at):
        taken = float(over[at == plot].sum())
        if taken <= max(10.0, min(0.01 * shapes[plot].area, 50.0)):
            continue
        where = place_in(shapely.intersection(shapes[plot], parts[road[at == plot][0]]))
        left = polygons_of(shapely.difference(shapes[plot], shapely.union_all(parts[road[at == plot]])))
        findings.add("mended", "gridding.road_over_parcel", where=where, what=str(names[plot]), parcel=str(names[plot]),
                     area=round(taken))  # fmt: skip
        shapes[plot] = _together(left) if left else shapely.Polygon()
    return _without_empty(plots.set_geometry(gpd.GeoSeries(shapes, index=plots.index, crs=plots.crs)), findings)


def _in_one_part(plots: gpd.GeoDataFrame, cell_m: float, roads: Any, findings: Findings) -> gpd.GeoDataFrame:
    """Join parts that nearly touch; the largest keeps the name, other parts of four cells or more become parcels."""
    shapes = plots.geometry.to_numpy()
    tree, taken = shapely.STRtree(shapes), set(plots["name"])
    gap = cell_m if not shapely.is_empty(roads) else min(cell_m, 3.0)
    whole: list[Any] = []
    more: list[pd.Series] = []
    for at, shape in enumerate(shapes):
        parts = polygons_of(shape)
        if len(parts) > 1:
            around = [shapes[other] for other in tree.query(shape, predicate="dwithin", distance=gap) if other != at]
            number = len(parts)
            parts = _joined(parts, gap, shapely.union_all([*around, roads]))
            if len(parts) < number:
                findings.add("mended", "gridding.parts_joined", where=place_in(parts[0]), what=str(plots["name"][at]),
                             parcel=str(plots["name"][at]), gap=round(gap, 1))  # fmt: skip
        whole.append(parts[0])
        more += _others(plots.iloc[at], parts, cell_m, taken, findings)
    plots = plots.set_geometry(gpd.GeoSeries(whole, index=plots.index, crs=plots.crs))
    if more:
        added = gpd.GeoDataFrame(pd.DataFrame(more), geometry="geometry", crs=plots.crs)
        kinds = {name: kind for name, kind in plots.dtypes.items() if kind.kind == "f"}  # a missing number is nan
        plots = gpd.GeoDataFrame(pd.concat([plots, added.astype(kinds)], ignore_index=True), geometry="geometry", crs=plots.crs)
    return in_order(plots)


def _joined(parts: list[Any], gap: float, taken: Any) -> list[Any]:
    """Return parts, those joined between which there is a gap that nobody else lies in."""
    union = shapely.union_all(parts)
    closed = shapely.buffer(shapely.buffer(union, gap / 2 + 0.01, join_style="mitre"), -gap / 2 - 0.01, join_style="mitre")
    between = [bit for bit in polygons_of(shapely.difference(closed, shapely.union(union, taken)))
               if sum(shapely.distance(bit, part) < 0.02 for part in parts) > 1]  # fmt: skip
    bits = [shapely.buffer(bit, 0.02, join_style="mitre") for bit in between]
    return polygons_of(shapely.union_all([union, *bits])) if bits else polygons_of(union)


def _others(row: pd.Series, parts: list[Any], cell_m: float, taken: set[Any], findings: Findings) -> list[pd.Series]:
    """Return parts that become parcels of their own, and tell of those that are left out."""
    found: list[pd.Series] = []
    for part in parts[1:]:
        if part.area < 4 * cell_m**2:
            if part.area > CRUMB and 2 * part.area / part.length > 0.5:
                findings.add("left_out", "gridding.small_part", where=place_in(part), what=str(row["name"]),
                             parcel=str(row["name"]), area=round(part.area))  # fmt: skip
            continue
        number = next(n for n in range(2, len(taken) + 3) if f"{row['name']} ({n})" not in taken)
        name = f"{row['name']} ({number})"
        taken.add(name)
        new = row.copy()
        new[[field for field in OWN_FIELDS if field in row.index]] = None
        new["name"], new["geometry"], new["in_file"], new["part_of"] = name, part, part.area, row["name"]
        found.append(new)
        findings.add("mended", "gridding.part_apart", where=place_in(part), what=name, parcel=str(row["name"]), other=name,
                     area=round(part.area))  # fmt: skip
    return found


def _without_holes(plots: gpd.GeoDataFrame, cell_m: float, ground: Any, findings: Findings) -> gpd.GeoDataFrame:
    """Fill holes of less than four cells in which nothing else lies."""
    shapes = plots.geometry.to_numpy().copy()
    tree = shapely.STRtree(shapes)
    for at in np.flatnonzero(shapely.get_num_interior_rings(shapes) > 0):
        holes = [shapely.Polygon(ring) for ring in shapes[at].interiors]
        keep = []
        for hole in holes:
            inside = [shapes[other] for other in tree.query(hole, predicate="intersects") if other != at]
            filled = shapely.intersection(hole, shapely.union_all([*inside, ground])).area
            if hole.area >= 4 * cell_m**2 or filled > 0.1 * hole.area:
                keep.append(hole.exterior)
            elif hole.area > CRUMB:
                findings.add("mended", "gridding.hole", where=place_in(hole), what=str(plots["name"][at]),
                             parcel=str(plots["name"][at]), area=round(hole.area))  # fmt: skip
        if len(keep) < len(holes):
            shapes[at] = shapely.Polygon(shapes[at].exterior, keep)
    return plots.set_geometry(gpd.GeoSeries(shapes, index=plots.index, crs=plots.crs))


def _without_slivers(plots: gpd.GeoDataFrame, cell_m: float, findings: Findings) -> gpd.GeoDataFrame:
    """Leave out what is smaller than a quarter of a cell, or narrower than anything that is a parcel."""
    area, length = plots.geometry.area.to_numpy(), plots.geometry.length.to_numpy()
    width = 2 * area / length
    out = (area < cell_m**2 / 4) | (width < NARROWEST)
    for at in np.flatnonzero(out):
        key = "gridding.sliver" if width[at] < NARROWEST else "gridding.tiny"
        findings.add("left_out", key, where=place_in(plots.geometry.iloc[at]), what=str(plots["name"][at]),
                     parcel=str(plots["name"][at]), area=math.ceil(area[at]), width=round(float(width[at]), 1))  # fmt: skip
    return plots[~out].reset_index(drop=True)


def groups_apart(plots: gpd.GeoDataFrame, distance: float) -> np.ndarray:
    """Return for every parcel the number of its group: within a group, each lies within ``distance`` (m) of the next."""
    shapes = plots.geometry.to_numpy()
    wide = shapely.buffer(shapely.simplify(shapes, 1.0), distance / 2, quad_segs=4)
    groups = shapely.get_parts(shapely.union_all(wide))
    shape, group = shapely.STRtree(groups).query(shapely.point_on_surface(shapes), predicate="intersects")
    found = np.zeros(len(shapes), np.int64)
    found[shape] = group
    return found


def tell_islands(plots: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """Return parcels without small groups far away (less than a tenth of the area, beyond ``FAR``); tell of any group apart."""
    plots = in_order(plots)
    group = groups_apart(plots, APART)
    if group.max() == 0:
        return plots
    area = np.bincount(group, plots.geometry.area)
    main = int(np.argmax(np.round(area, 3)))
    body = shapely.union_all(plots.geometry.to_numpy()[group == main])
    out = np.zeros(len(plots), bool)
    for number in sorted(set(group) - {main}):
        members = plots[group == number]
        away = float(shapely.distance(shapely.union_all(members.geometry.to_numpy()), body))
        gone = away > FAR and area[number] < 0.1 * area.sum()
        out |= (group == number) & gone
        key = "gridding.too_far" if gone else "gridding.island"
        findings.add("left_out" if gone else "note", key, where=place_in(members.geometry.iloc[0]),
                     what=str(members["name"].iloc[0]), parcel=str(members["name"].iloc[0]), n=len(members),
                     distance=round(away))  # fmt: skip
    return plots[~out].reset_index(drop=True)
