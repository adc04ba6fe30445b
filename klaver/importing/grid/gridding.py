"""Polygons onto the grid of cells: which cell size, which cell is whose, and how far areas are from those of the files.

Each cell goes to what covers most of it. Cells along borders then move from parcels that have too many to those that are
short; roads narrower than a cell are drawn as a line of cells that hang together; every parcel is brought into one piece and
to a road. What that costs in area stands in ``Grid.areas``, parcel by parcel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klaver.importing.findings import CannotImport, Findings, refuse
from klaver.importing.grid.access import Access, join_roads, place_exits
from klaver.importing.grid.cells import Lattice, cover, pieces
from klaver.importing.grid.ground import Ground, read_ground
from klaver.importing.grid.repairs import mend, place_in
from klaver.importing.grid.settling import Draft, first_draft, make_whole, seat_the_small, settle_areas
from klaver.importing.layers import Layers
from sim.records import GREEN, OUTSIDE, PLOT, ROAD, WATER

SIZES = (25.0, 20.0, 10.0, 5.0)
"""m: sides of a cell to choose from, coarsest first."""
BETWEEN = (15.0, 12.5, 7.5)
"""m: sides that are tried too, where none of those does and the next finer one has too many cells."""
SMALLEST, LARGEST = 5.0, 100.0
"""m: sides of a cell that a park file can have."""
MOST_ERROR = 0.05
"""Of all area of parcels together: how much may be off for a cell size to be chosen."""
MUST_STAY = 200.0
"""m2: a parcel of this size or more must not be lost by the choice of a cell size."""
SHOWN = 60_000
"""Cells that the dashboard shows at most."""
MOST_PARCELS = 10_000
ON_THE_LINE = 0.01
"""m: corners so near to a line between cells lie on it."""


@dataclass
class Grid:
    """A park on its grid.

    Attributes
    ----------
    kind : int8, (rows, columns)
        ``records.OUTSIDE``, ``ROAD``, ``GREEN``, ``WATER`` or ``PLOT``; row 0 is the north side.
    parcel_of : int64, (rows, columns)
        Position in `names`, -1 where no parcel.
    names
        Parcels that have cells, in the order of the file; parts of a parcel follow it.
    exits
        Row and column of the road cells where the park meets the outside.
    cell_m
        Side of a cell, metres, 5 to 100.
    west, north
        Upper left corner of cell (0, 0), metres, in the system of the layers.
    enclaves
        Parcels that may lie without a road.
    areas
        By name: ``in_file`` (m2 as drawn), ``mended`` (m2 after overlaps and roads were taken off; what the grid aims at),
        ``on_grid`` (m2 of its cells), ``error`` (of `on_grid` against `in_file`, -0.1 is a tenth too small).
    inferred
        Of ``"roads"``, ``"green"``, ``"exits"``, ``"boundary"``, ``"cell_m"``, what no file says.
    shapes
        By name: mended polygon, and the columns that the parcel has in the file; ``part_of`` names the parcel of a part.
    """

    kind: np.ndarray
    parcel_of: np.ndarray
    names: list[str]
    exits: list[tuple[int, int]]
    cell_m: float
    west: float
    north: float
    enclaves: set[str]
    areas: pd.DataFrame
    inferred: set[str]
    shapes: gpd.GeoDataFrame

    @property
    def error(self) -> float:
        """Mean absolute difference between what parcels have on the grid and what it aims at, as a share of all area."""
        aim = self.areas["mended"]
        return float((self.areas["on_grid"] - aim).abs().sum() / aim.sum())


def lay_on_grid(layers: Layers, *, cell_m: float | None, findings: Findings, most_cells: int = 400_000) -> Grid:
    """Return the park of some layers, on cells.

    Parameters
    ----------
    layers
        Valid polygons in metres, with unique names.
    cell_m
        Side of a cell, metres, 5 to 100; None takes that of the files, or chooses one of ``SIZES``: the coarsest at which
        areas are off by at most ``MOST_ERROR`` and no parcel of ``MUST_STAY`` m2 or more is lost; or the finest that the
        dashboard shows.
    findings
        Gets everything mended, assumed and left out.
    most_cells
        More cells are refused.

    Raises
    ------
    CannotImport
        If there are no parcels, no roads, too many cells or parcels, or if most parcels have no access.

    Notes
    -----
    Every parcel is in one piece and has a side on a road that reaches an exit, or is among the enclaves. The result does not
    depend on the order of the rows, but for the order of names.

    How far areas are off stands in ``Grid.areas`` for every parcel. Outlines that follow the cells come back exactly.
    Elsewhere, on random parks (tests, 10 m cells): with roads of 14 m, parcels of 20 cells or more are within 2% for 95% of
    them and all within 10%, and all area together is within 1.5%. Roads narrower than a cell become a cell wide, at the cost
    of the parcels along them: with roads of 6 m, between parcels without a verge, some 5% of all area.
    """
    if len(layers.parcels) > MOST_PARCELS:
        raise refuse("gridding.too_many_parcels", n=len(layers.parcels), most=MOST_PARCELS)
    given = cell_m if cell_m is not None else _number(layers.settings.get("cell_m"))
    if given is not None and not SMALLEST <= given <= LARGEST:
        raise refuse("gridding.cell_size", size=given, least=SMALLEST, most=LARGEST)
    stated = given is not None and _says_everything(layers, given)
    ground = read_ground(layers, findings, stated=stated)
    if given is not None:
        return _lay(layers, ground, given, findings, most_cells, stated=stated)
    return _choose(layers, ground, findings, most_cells)


def faults(grid: Grid) -> list[str]:
    """Return names of parcels that break the rules of a park: not in one piece, or neither on a road nor an enclave.

    The same rules as :func:`sim.park.ascii_map.check_lattice`, for large grids.
    """
    label = pieces(grid.parcel_of)
    held = grid.parcel_of >= 0
    pairs = np.unique(np.column_stack([grid.parcel_of[held], label[held]]), axis=0)
    number = np.bincount(pairs[:, 0], minlength=len(grid.names))
    roads = pieces(np.where(grid.kind == ROAD, 0, -1))
    reached = np.isin(roads, [roads[exit] for exit in grid.exits if roads[exit] >= 0])
    beside = np.zeros(grid.kind.shape, bool)
    beside[1:] |= reached[:-1]
    beside[:-1] |= reached[1:]
    beside[:, 1:] |= reached[:, :-1]
    beside[:, :-1] |= reached[:, 1:]
    served = set(np.unique(grid.parcel_of[beside & held]).tolist())
    return [name for at, name in enumerate(grid.names)
            if number[at] != 1 or (at not in served and name not in grid.enclaves)]  # fmt: skip


# --- cell size and lattice -------------------------------------------------------------------------------------------


def _choose(layers: Layers, ground: Ground, findings: Findings, most_cells: int) -> Grid:
    """Return the park on the coarsest cells that do, and say why those."""
    x0, y0, x1, y1 = _bounds(ground)
    width, height = x1 - x0, y1 - y0
    cells = {size: math.ceil(width / size + 2) * math.ceil(height / size + 2) for size in (*SIZES, *BETWEEN)}
    fit = [size for size in (*SIZES, *BETWEEN) if cells[size] <= min(SHOWN, most_cells)]
    sizes = [size for size in SIZES if size in fit] or [size for size in SIZES[:1] if cells[size] <= most_cells]
    if fit and min(fit) < min(sizes):
        sizes.append(min(fit))
    if not sizes:
        raise refuse("gridding.too_large", n=cells[SIZES[0]], most=most_cells, width=round(width / 1000, 1),
                     height=round(height / 1000, 1))  # fmt: skip
    grid, told, refused = None, Findings(), None
    for size in sizes:
        attempt = Findings()
        try:
            found = _lay(layers, ground, size, attempt, most_cells, stated=False)
        except CannotImport as error:
            refused = error
            continue
        grid, told = found, attempt
        lost = any(finding.level == "left_out" and float(finding.values.get("area", 0)) >= MUST_STAY for finding in attempt
                   if finding.key in ("gridding.tiny", "gridding.no_cell"))  # fmt: skip
        if grid.error <= MOST_ERROR and not lost:
            break
    if grid is None:
        raise refused or refuse("gridding.no_parcels")
    for finding in told:
        findings.add(finding.level, finding.key, where=finding.where, what=finding.what, **finding.values)
    good = grid.error <= MOST_ERROR
    findings.add("assumed", "gridding.size_chosen" if good else "gridding.size_best", size=grid.cell_m,
                 error=round(100 * grid.error, 1), n=int(grid.kind.size), most=SHOWN)  # fmt: skip
    grid.inferred.add("cell_m")
    return grid


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) else None


def _corner(layers: Layers) -> tuple[float, float] | None:
    """Return west and north (metres) of the map that the files were made from, where they say so."""
    for key in ("place", "corner"):
        given = layers.settings.get(key)
        pair = (given.get("west"), given.get("north")) if isinstance(given, dict) else given
        if isinstance(pair, (tuple, list)) and len(pair) == 2:
            west, north = _number(pair[0]), _number(pair[1])
            if west is not None and north is not None:
                return west, north
    return None


def _says_everything(layers: Layers, cell_m: float) -> bool:
    """Return whether the files are the outlines of cells that leave nothing open.

    They are if all corners lie on lines between cells, and either the corner of the map is given, so that what is in no file is
    outside, or every place within their bounds is something.
    """
    given = [layers.parcels, layers.roads, layers.green, layers.water]
    shapes = np.concatenate([table.geometry.to_numpy() for table in given if table is not None])
    if not len(shapes):
        return False
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    corner = _corner(layers)
    has_roads = layers.roads is not None or "road" in set(layers.parcels.get("use", ()))
    if corner is None and (layers.boundary is not None or not has_roads):
        return False
    if not _on_lines(shapely.get_coordinates(shapes), cell_m, corner or (x0, y1)):
        return False
    return corner is not None or bool(shapely.area(shapes).sum() > 0.9999 * (x1 - x0) * (y1 - y0))


def _on_lines(points: np.ndarray, cell_m: float, corner: tuple[float, float]) -> bool:
    off = (points - np.array(corner)) / cell_m
    return bool(np.all(np.abs(off - np.round(off)) * cell_m < ON_THE_LINE))


def _bounds(ground: Ground) -> tuple[float, float, float, float]:
    """Return what the map has to show: everything given, and the boundary where the files have one."""
    shapes = [ground.plots.geometry.to_numpy(), ground.roads, ground.green, ground.water, ground.outside]
    if "boundary" not in ground.inferred:
        shapes.append(shapely.get_parts(ground.boundary))
    x0, y0, x1, y1 = shapely.total_bounds(np.concatenate(shapes))
    return float(x0), float(y0), float(x1), float(y1)


def _lattice(layers: Layers, ground: Ground, cell_m: float, most_cells: int) -> Lattice:
    """Return the cells for a park: on the lines of the data where they follow some, else with a cell to spare around."""
    x0, y0, x1, y1 = _bounds(ground)
    corner = _corner(layers)
    aligned = corner is not None
    if corner is None:
        points = shapely.get_coordinates(np.concatenate([ground.plots.geometry.to_numpy(), ground.roads]))
        corner = (x0, y1)
        aligned = _on_lines(points, cell_m, corner)
        corner = corner if aligned else (x0 - cell_m, y1 + cell_m)
    slack = ON_THE_LINE / cell_m
    left = min(0, math.floor((x0 - corner[0]) / cell_m + slack))
    up = min(0, math.floor((corner[1] - y1) / cell_m + slack))
    columns = math.ceil((x1 - corner[0]) / cell_m - slack) - left + (not aligned)
    rows = math.ceil((corner[1] - y0) / cell_m - slack) - up + (not aligned)
    size = layers.settings.get("size")
    if aligned and isinstance(size, (tuple, list)) and len(size) == 2 and all(isinstance(n, int) for n in size):
        rows, columns = max(rows, min(size[0], most_cells)), max(columns, min(size[1], most_cells))
    if rows * columns > most_cells:
        raise refuse("gridding.too_many_cells", n=rows * columns, most=most_cells, size=cell_m)
    return Lattice(corner[0] + left * cell_m, corner[1] - up * cell_m, cell_m, rows, columns)


# --- one cell size ---------------------------------------------------------------------------------------------------


def _lay(layers: Layers, ground: Ground, cell_m: float, findings: Findings, most_cells: int, *, stated: bool) -> Grid:
    """Return the park on cells of one size."""
    lattice = _lattice(layers, ground, cell_m, most_cells)
    plots = mend(ground.plots, cell_m, ground.all_roads, ground.all_else, findings, stated=stated)
    if plots.empty:
        raise refuse("gridding.all_too_small", size=cell_m)
    draft = _draft(lattice.with_a_ring(), plots, ground)
    added, taken = join_roads(draft, ground.roads)
    if added:
        findings.add("mended", "gridding.roads_joined", n=added, area=round(taken * lattice.area))
    seat_the_small(draft)
    make_whole(draft)
    settle_areas(draft)
    make_whole(draft)
    _tell_lost(plots, draft, findings)
    names = [str(name) for name in plots["name"]]
    exits, guessed = place_exits(draft, ground.exits, ground.ways_out, findings)
    if not exits:
        raise refuse("gridding.no_road")
    may = _may_lie_alone(plots)
    access = Access(draft, exits, names, plots.geometry.to_numpy(), ground.all_roads, findings)
    alone = access.give(may, exits_too="roads" not in ground.inferred)
    _tell_alone(plots, draft, alone - may, may, findings)
    inferred = ground.inferred | ({"exits"} if guessed else set())
    return _grid(layers, replace(ground, inferred=inferred), draft, lattice, plots, access.exits, alone)


def _draft(lattice: Lattice, plots: gpd.GeoDataFrame, ground: Ground) -> Draft:
    shapes = plots.geometry.to_numpy()
    grounds = {kind: cover(polygons, lattice).total(lattice.size) for kind, polygons in (
        (ROAD, ground.roads), (GREEN, ground.green), (WATER, ground.water), (OUTSIDE, ground.outside))}  # fmt: skip
    centres = lattice.centres(np.arange(lattice.size))
    shapely.prepare(ground.boundary)
    within = shapely.contains_xy(ground.boundary, centres[:, 0], centres[:, 1])
    return first_draft(lattice, cover(shapes, lattice), grounds, within, shapely.area(shapes) / lattice.area)


def _tell_lost(plots: gpd.GeoDataFrame, draft: Draft, findings: Findings) -> None:
    """Tell of every parcel that has no cell."""
    for at in range(len(plots)):
        if not draft.cells[at]:
            shape, name = plots.geometry.iloc[at], str(plots["name"].iloc[at])
            findings.add("left_out", "gridding.no_cell", where=place_in(shape), what=name, parcel=name, area=round(shape.area))


def _may_lie_alone(plots: gpd.GeoDataFrame) -> set[int]:
    if "enclave" not in plots.columns:
        return set()
    return {at for at, value in enumerate(plots["enclave"]) if value is not None and not pd.isna(value) and bool(value)}


def _tell_alone(plots: gpd.GeoDataFrame, draft: Draft, alone: set[int], may: set[int], findings: Findings) -> None:
    """Tell of every parcel that no road reaches.

    Raises
    ------
    CannotImport
        If that is more than half of them.
    """
    there = sum(bool(draft.cells[at]) for at in range(len(plots)) if at not in may)
    if 2 * len(alone) > there:
        raise refuse("gridding.no_access", n=len(alone), of=there)
    for at in sorted(alone):
        name = str(plots["name"].iloc[at])
        findings.add("note", "gridding.enclave", where=place_in(plots.geometry.iloc[at]), what=name, parcel=name)


def _grid(
    layers: Layers, ground: Ground, draft: Draft, lattice: Lattice, plots: gpd.GeoDataFrame, exits: list[int], alone: set[int]
) -> Grid:
    """Return the finished map, its parcels in the order of the file."""
    holder = draft.grid()[1:-1, 1:-1]
    rank = {str(name): at for at, name in enumerate(layers.parcels["name"])}
    origin = [str(part or name) for part, name in zip(plots["part_of"], plots["name"], strict=True)]
    named = [str(name) for name in plots["name"]]
    order = sorted((at for at in range(len(plots)) if draft.cells[at]),
                   key=lambda at: (rank[origin[at]], len(named[at]), named[at]))  # fmt: skip
    new = np.full(len(plots), -1, np.int64)
    new[order] = np.arange(len(order))
    kind = np.where(holder >= 0, PLOT, -1 - holder).astype(np.int8)
    parcel_of = np.where(holder >= 0, new[np.maximum(holder, 0)], -1)
    names = [named[at] for at in order]
    shapes = plots.iloc[order].set_index("name", drop=False)
    width = lattice.columns + 2
    inferred = ground.inferred | ({"green"} if not len(ground.green) and np.any(kind == GREEN) else set())
    return Grid(
        kind, parcel_of, names, [(cell // width - 1, cell % width - 1) for cell in exits], lattice.cell_m, lattice.west,
        lattice.north, {names[new[at]] for at in alone if new[at] >= 0}, _areas(shapes, parcel_of, lattice), inferred, shapes,
    )  # fmt: skip


def _areas(shapes: gpd.GeoDataFrame, parcel_of: np.ndarray, lattice: Lattice) -> pd.DataFrame:
    on_grid = np.bincount(parcel_of[parcel_of >= 0], minlength=len(shapes)) * lattice.area
    in_file, mended = shapes["in_file"].to_numpy(float), shapes.geometry.area.to_numpy()
    table = {"in_file": in_file, "mended": mended, "on_grid": on_grid, "error": on_grid / in_file - 1.0}
    return pd.DataFrame(table, index=pd.Index(shapes.index, name="name"))


__all__ = ["SIZES", "Grid", "faults", "lay_on_grid"]
