"""What is no parcel: roads, green and water of the files, or inferred from the room between parcels; and where roads leave.

Roads come from a layer of roads (polygons, or lines with a width), from parcels whose use is road, and from parcels that a
road runs along from end to end. Where nobody gives roads, the strips between parcels are taken for roads, and, if those reach
too few parcels, long thin parcels that nothing stands on too, as the Kadaster has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from klaver.importing.findings import Findings, refuse
from klaver.importing.grid.repairs import in_order, place_in, polygons_of, tell_islands
from klaver.importing.layers import Layers

ROAD_WIDTH = 6.0
"""m: of a road that is a line without a width."""
NARROW, WIDE, LONG = 3.0, 30.0, 25.0
"""m: a strip between parcels is a road from so wide to so wide, and from so long on."""
AROUND = 30.0
"""m around the parcels within which roads, green and water count."""
THIN, THIN_LENGTH = 15.0, 60.0
"""m: a parcel up to this wide, and from this long on, may be a road's."""
FEW = 8
"""Exits at most where nobody gives them."""


@dataclass
class Ground:
    """Everything that is not a parcel.

    Attributes
    ----------
    plots
        Rows of the parcels that are parcels.
    roads, green, water, outside : object arrays
        Polygons; roads are joined, each polygon a network of its own.
    boundary
        Polygon of the park, as the files give it or around the parcels.
    ways_out
        Points where roads leave the park, and for each how wide the road is there (m); empty where nothing tells.
    exits
        Points that the files call exits, or None.
    inferred
        Of ``"roads"``, ``"boundary"``, ``"exits"``, ``"green"``, what no file says.
    """

    plots: gpd.GeoDataFrame
    roads: np.ndarray
    green: np.ndarray
    water: np.ndarray
    outside: np.ndarray
    boundary: Any
    ways_out: list[Any]
    exits: np.ndarray | None
    inferred: set[str] = field(default_factory=set)

    @cached_property
    def all_roads(self) -> Any:
        """One geometry of all roads."""
        return shapely.union_all(self.roads)

    @cached_property
    def all_else(self) -> Any:
        """One geometry of all that is known to be neither parcel nor road."""
        return shapely.union_all(np.concatenate([self.green, self.water, self.outside]))


def read_ground(layers: Layers, findings: Findings, *, stated: bool = False) -> Ground:
    """Return what is no parcel, and the parcels that are left.

    Parameters
    ----------
    layers
        As read.
    findings
        Gets what was inferred.
    stated
        Whether the files say of every place what it is: then nothing is inferred or cut off.

    Raises
    ------
    CannotImport
        If there is no parcel, or no road and nothing that can be one.
    """
    plots = _with_use(layers, "plot")
    if plots.empty:
        raise refuse("gridding.no_parcels")
    if not stated:
        plots = tell_islands(plots, findings)
    boundary = None if layers.boundary is None else shapely.union_all(layers.boundary.geometry.to_numpy())
    near = _box_around(layers, plots, boundary, None if stated else AROUND)
    green, water, outside = (_ground_of(layers, use, near) for use in ("green", "water", "outside"))
    inferred = set()
    surfaces, lines, widths = _given_roads(layers, near)
    if len(surfaces) or len(lines):
        roads, plots = _roads_of(surfaces, lines, widths, plots, layers, findings)
    elif stated:
        raise refuse("gridding.no_road")
    else:
        inferred.add("roads")
        known = shapely.union_all(np.concatenate([green, water, outside]))
        roads, plots = _inferred_roads(layers, plots, known, boundary, findings)
    around = _around(plots, roads)
    if boundary is None and not stated:
        inferred.add("boundary")
    park = boundary if boundary is not None else shapely.Polygon() if stated else around
    exits = None if layers.exits is None or layers.exits.empty else shapely.centroid(layers.exits.geometry.to_numpy())
    ways = [] if exits is not None else _ways_out(roads, near, boundary, _around(plots, []))
    return Ground(plots, roads, green, water, outside, park, ways, exits, inferred)


def _with_use(layers: Layers, use: str) -> gpd.GeoDataFrame:
    table = layers.parcels
    if "use" not in table.columns:
        return table if use == "plot" else table.iloc[:0]
    return table[table["use"].fillna("plot") == use]


def _box_around(layers: Layers, plots: gpd.GeoDataFrame, boundary: Any, margin: float | None) -> Any:
    """Return the rectangle within which ground counts; None where all of it does."""
    if margin is None:
        return None
    x0, y0, x1, y1 = plots.total_bounds
    box = shapely.box(x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    return box if boundary is None else shapely.box(*shapely.union(box, boundary).bounds)


def _ground_of(layers: Layers, use: str, near: Any) -> np.ndarray:
    """Return the polygons of one kind of ground, from its layer and from parcels with that use."""
    layer = getattr(layers, use, None)
    shapes = [_with_use(layers, use).geometry.to_numpy()] + ([] if layer is None else [layer.geometry.to_numpy()])
    found = np.concatenate(shapes)
    if near is not None:
        found = shapely.intersection(found[shapely.intersects(found, near)], near)
    return _array(polygons_of(shapely.union_all(found, grid_size=0.001))) if len(found) else _array([])


def _array(shapes: list[Any]) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _given_roads(layers: Layers, near: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return roads that are polygons; roads that are lines, and their widths (m)."""
    surfaces = [_with_use(layers, "road").geometry.to_numpy()]
    lines, widths = np.empty(0, dtype=object), np.empty(0)
    if layers.roads is not None:
        shapes = layers.roads.geometry.to_numpy()
        of_lines = np.isin(shapely.get_dimensions(shapes), [1])
        surfaces.append(shapes[shapely.get_dimensions(shapes) == 2])
        lines, widths = shapes[of_lines], np.full(int(of_lines.sum()), ROAD_WIDTH)
        if "width" in layers.roads.columns:
            own = layers.roads["width"].to_numpy(dtype=float, na_value=np.nan)[of_lines]
            widths = np.where((own > 0) & (own <= 100), own, ROAD_WIDTH)
    found = np.concatenate(surfaces)
    if near is not None:
        found = shapely.intersection(found[shapely.intersects(found, near)], near)
        meets = shapely.intersects(lines, near)
        lines, widths = shapely.intersection(lines[meets], near), widths[meets]
    return found, lines, widths


def _roads_of(
    surfaces: np.ndarray, lines: np.ndarray, widths: np.ndarray, plots: gpd.GeoDataFrame, layers: Layers, findings: Findings
) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Return roads from the files, and the parcels that are none.

    A parcel that a road covers for 60%, or that a line runs along from end to end, is the road's own. Elsewhere a line is only
    about where its road lies: what it takes of a parcel at the side goes back to the parcel.
    """
    strips = shapely.buffer(lines, widths / 2)
    surface, strip, line = shapely.union_all(surfaces), shapely.union_all(strips), shapely.union_all(lines)
    shapes = plots.geometry.to_numpy()
    area, length = shapely.area(shapes), shapely.length(shapes)
    covered = shapely.area(shapely.intersection(shapes, shapely.union(surface, strip))) >= 0.6 * area
    along = shapely.length(shapely.intersection(shapes, line))
    own = covered | (along >= 0.3 * length) & (2 * area / length <= 2 * THIN)
    own &= ~_in_use(plots, layers)
    for at in np.flatnonzero(own):
        findings.add("assumed", "gridding.parcel_is_road", where=place_in(shapes[at]), what=str(plots["name"].iloc[at]),
                     parcel=str(plots["name"].iloc[at]))  # fmt: skip
    crossed = shapely.length(shapely.intersection(shapely.buffer(shapes, -2.0), line)) > 10.0
    aside = shapely.union_all(shapes[~own & ~crossed])
    if len(lines):
        strip = shapely.difference(strip, aside)
    joined = shapely.union_all([surface, strip, *shapes[own]], grid_size=0.001)
    return _array(polygons_of(joined)), plots[~own]


def _in_use(plots: gpd.GeoDataFrame, layers: Layers) -> np.ndarray:
    """Return which parcels something is known to stand on: a building, floor, or a company."""
    shapes = plots.geometry.to_numpy()
    used = np.zeros(len(plots), bool)
    if "floor" in plots.columns:
        used |= plots["floor"].to_numpy(dtype=float, na_value=np.nan) > 0
    tree = shapely.STRtree(shapes)
    if layers.buildings is not None and len(layers.buildings):
        outlines = layers.buildings.geometry.to_numpy()
        building, at = tree.query(outlines, predicate="intersects")
        large = shapely.area(shapely.intersection(outlines[building], shapes[at])) > 20.0
        used[at[large]] = True
    companies = layers.companies
    if companies is not None and {"x", "y"} <= set(companies.columns):
        x, y = (companies[axis].to_numpy(dtype=float, na_value=np.nan) for axis in ("x", "y"))
        known = np.isfinite(x) & np.isfinite(y)
        used[tree.query(shapely.points(x[known], y[known]), predicate="within")[1]] = True
    if companies is not None and "parcel" in companies.columns:
        used |= plots["name"].isin(set(companies["parcel"].dropna().astype(str))).to_numpy()
    return used


# --- inferred --------------------------------------------------------------------------------------------------------


def _inferred_roads(
    layers: Layers, plots: gpd.GeoDataFrame, ground: Any, boundary: Any, findings: Findings
) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Return strips between parcels, along the boundary too and thin parcels if those reach too few; and the parcels left."""
    plots = in_order(plots)
    strips = _strips(plots, ground, boundary, rim=False)
    reached = _reached(plots, strips)
    if reached.mean() < 0.8 and boundary is not None:
        strips = _strips(plots, ground, boundary, rim=True)
        reached = _reached(plots, strips)
    thin = np.zeros(len(plots), bool)
    if reached.mean() < 0.8:
        thin = _thin(plots) & ~_in_use(plots, layers)
        roads = _array(polygons_of(shapely.union_all([*strips, *plots.geometry.to_numpy()[thin]], grid_size=0.001)))
        if _reached(plots[~thin], roads).sum() > (reached & ~thin).sum():
            strips = roads
        else:
            thin[:] = False
    if not len(strips):
        raise refuse("gridding.no_road")
    for name, shape in zip(plots["name"][thin], plots.geometry.to_numpy()[thin], strict=True):
        findings.add("assumed", "gridding.thin_parcel_is_road", where=place_in(shape), what=str(name), parcel=str(name))
    area = sum(shape.area for shape in strips)
    findings.add("assumed", "gridding.roads_inferred", where=place_in(strips[0]), area=round(area / 10_000, 2), n=len(strips))
    return strips, plots[~thin]


def _strips(plots: gpd.GeoDataFrame, ground: Any, boundary: Any, *, rim: bool) -> np.ndarray:
    """Return the room between parcels that has the width and length of a road, and two parcels or more along it.

    With ``rim`` that between parcels and the boundary counts as well.
    """
    taken = shapely.union_all([*plots.geometry.to_numpy(), ground], grid_size=0.001)
    room = shapely.difference(_closed(taken, WIDE / 2), taken)
    if boundary is not None:
        room = shapely.intersection(room, boundary)
    if rim:
        within = shapely.difference(boundary, taken)
        wide = shapely.buffer(shapely.buffer(within, -WIDE / 2), WIDE / 2, join_style="mitre")
        room = shapely.union(room, shapely.difference(within, wide))
    half = NARROW / 2
    open_room = shapely.buffer(shapely.buffer(room, -half, join_style="mitre"), half, join_style="mitre")
    tree = shapely.STRtree(plots.geometry.to_numpy())
    found = []
    for part in polygons_of(shapely.intersection(open_room, room)):
        if part.length / 2 >= LONG and len(tree.query(part, predicate="dwithin", distance=1.0)) >= 2:
            found.append(part)
    return _array(found)


def _reached(plots: gpd.GeoDataFrame, roads: np.ndarray) -> np.ndarray:
    """Return which parcels have a side on a road."""
    reached = np.zeros(len(plots), bool)
    if len(roads):
        reached[shapely.STRtree(plots.geometry.to_numpy()).query(roads, predicate="dwithin", distance=1.0)[1]] = True
    return reached


def _thin(plots: gpd.GeoDataFrame) -> np.ndarray:
    """Return which parcels have the shape of a road: long, narrow all along, and with three neighbours or more."""
    shapes = plots.geometry.to_numpy()
    area, half = shapely.area(shapes), shapely.length(shapes) / 2
    width = area / half
    thin = (width <= THIN) & (half >= THIN_LENGTH) & (half >= 6 * width)
    tree = shapely.STRtree(shapes)
    for at in np.flatnonzero(thin):
        thin[at] = len(tree.query(shapes[at], predicate="dwithin", distance=1.0)) >= 4
    return thin


def _closed(shape: Any, distance: float) -> Any:
    """Return a shape with every gap up to twice ``distance`` (m) wide filled."""
    wider = shapely.buffer(shape, distance, join_style="mitre", mitre_limit=2.0)
    return shapely.union(shapely.buffer(wider, -distance, join_style="mitre", mitre_limit=2.0), shape)


def _around(plots: gpd.GeoDataFrame, roads: Any) -> Any:
    """Return the park as its parcels and roads draw it: with everything in between that is up to 40 m wide."""
    return _closed(shapely.union_all([*plots.geometry.to_numpy(), *roads], grid_size=0.001), 20.0)


# --- where roads leave -----------------------------------------------------------------------------------------------


def _ways_out(roads: np.ndarray, near: Any, boundary: Any, around: Any) -> list[Any]:
    """Return points where roads cross the boundary, or leave the map, or else leave the parcels: few, and far apart."""
    for area in (boundary, near, around):
        if area is None or shapely.is_empty(area):
            continue
        line = shapely.boundary(area)
        crossings = [shapely.line_merge(_lines(shapely.intersection(road, line))) for road in roads]
        cuts = [part for part in shapely.get_parts(crossings) if NARROW <= part.length <= 2 * WIDE]
        if cuts:
            return _far_apart(cuts)
    return []


def _lines(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return shapely.MultiLineString([part for part in parts if part.geom_type == "LineString" and part.length > 0.0])


def _far_apart(cuts: list[Any]) -> list[Any]:
    """Return the middles of at most ``FEW`` cuts, the widest first, none within 60 m of another."""
    cuts = sorted(cuts, key=lambda cut: (-round(cut.length, 2), cut.bounds))
    chosen: list[Any] = []
    for cut in cuts:
        middle = cut.interpolate(0.5, normalized=True)
        if len(chosen) < FEW and all(middle.distance(other) > 60.0 for other in chosen):
            chosen.append(middle)
    return chosen
