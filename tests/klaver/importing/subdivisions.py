"""Random parks for tests: blocks of parcels with roads between, turned and shifted at will; and random lattices of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from shapely import affinity

from klaver.importing.layers import Layers
from sim.records import GREEN, OUTSIDE, PLOT, ROAD, WATER

RD = pyproj.CRS("EPSG:28992")
WORDS = {OUTSIDE: "outside", ROAD: "road", GREEN: "green", WATER: "water"}


def parcels(shapes: dict[str, object], **columns: list) -> gpd.GeoDataFrame:
    """Return parcels as the reader does, from name to polygon."""
    return gpd.GeoDataFrame({"name": list(shapes), **columns}, geometry=list(shapes.values()), crs=RD)


def layer(*shapes: object, **columns: list) -> gpd.GeoDataFrame:
    """Return a layer of shapes."""
    return gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=RD)


def split(x0: float, y0: float, x1: float, y1: float, least: float, rng: np.random.Generator) -> list:
    """Return a rectangle recursively cut into rectangles of sides of at least ``least``."""
    wide = x1 - x0 >= y1 - y0
    length = (x1 - x0) if wide else (y1 - y0)
    if length < 2 * least or (length < 4 * least and rng.random() < 0.2):
        return [shapely.box(x0, y0, x1, y1)]
    cut = rng.uniform(least, length - least)
    if wide:
        return split(x0, y0, x0 + cut, y1, least, rng) + split(x0 + cut, y0, x1, y1, least, rng)
    return split(x0, y0, x1, y0 + cut, least, rng) + split(x0, y0 + cut, x1, y1, least, rng)


@dataclass
class Subdivision:
    """A random park."""

    layers: Layers
    shapes: dict[str, shapely.Polygon]
    roads: shapely.Geometry


def subdivision(seed: int, *, least: float = 40.0, road_m: float = 14.0, turned: bool = True, blocks: tuple[int, int] = (2, 2),
                size: float = 190.0, deep: bool = False, with_roads: bool = True) -> Subdivision:  # fmt: skip
    """Return blocks of parcels with roads between and around them.

    Parameters
    ----------
    seed
        Of everything random.
    least
        Shortest side of a parcel, metres.
    road_m
        Width of roads, metres.
    turned
        Whether the park is turned and shifted at random.
    blocks, size
        How many blocks (across, down), and their mean side in metres.
    deep
        Whether blocks are cut any way; else into two rows of parcels, each with a side on a road.
    """
    rng = np.random.default_rng(seed)
    xs = np.concatenate([[0.0], np.cumsum(rng.uniform(0.7, 1.3, blocks[0]) * size + road_m)])
    ys = np.concatenate([[0.0], np.cumsum(rng.uniform(0.7, 1.3, blocks[1]) * size + road_m)])
    plots: list = []
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            plots += _block(x0, y0, x1 - road_m, y1 - road_m, least, deep, rng)
    whole = shapely.box(-road_m, -road_m, xs[-1], ys[-1])
    roads = shapely.difference(whole, shapely.union_all(plots))
    turn = rng.uniform(0, 360) if turned else 0.0
    dx, dy = rng.uniform(100_000, 250_000), rng.uniform(400_000, 600_000)
    *plots, roads = (affinity.translate(affinity.rotate(shape, turn, origin=(0, 0)), dx, dy) for shape in [*plots, roads])
    shapes = {f"p{at}": shape for at, shape in enumerate(plots)}
    given = layer(roads) if with_roads else None
    return Subdivision(Layers(RD, parcels(shapes), roads=given), shapes, roads)


def _block(x0: float, y0: float, x1: float, y1: float, least: float, deep: bool, rng: np.random.Generator) -> list:
    if deep:
        return split(x0, y0, x1, y1, least, rng)
    middle = rng.uniform(0.4, 0.6) * (y1 - y0) + y0
    found = []
    for low, high in ((y0, middle), (middle, y1)):
        number = max(1, int((x1 - x0) / (least * rng.uniform(1.2, 2.5))))
        cuts = np.linspace(x0, x1, number + 1)
        cuts[1:-1] += rng.uniform(-0.2, 0.2, number - 1) * (x1 - x0) / number
        found += [shapely.box(left, low, right, high) for left, right in pairwise(cuts)]
    return found


@dataclass
class Cells:
    """A random lattice that obeys the rules of a park."""

    kind: np.ndarray
    parcel_of: np.ndarray
    names: list[str]
    exits: list[tuple[int, int]]
    enclaves: set[str]


def random_cells(seed: int, rows: int, columns: int, coarse: int) -> Cells | None:
    """Return a random valid lattice, made of lumps of ``coarse`` by ``coarse`` cells; None if it has no road or no parcel."""
    rng = np.random.default_rng(seed)
    shape = (math.ceil(rows / coarse), math.ceil(columns / coarse))
    what = rng.integers(0, 9, shape).repeat(coarse, 0).repeat(coarse, 1)[:rows, :columns]
    kind = np.choose(np.minimum(what, 5), [ROAD, ROAD, GREEN, WATER, OUTSIDE, PLOT]).astype(np.int8)
    parcel_of = _lumps(np.where(kind == PLOT, what, -1))
    roads = np.argwhere(kind == ROAD)
    if not len(roads) or parcel_of.max() < 0:
        return None
    chosen = rng.choice(len(roads), size=min(len(roads), int(rng.integers(1, 4))), replace=False)
    exits = [(int(row), int(column)) for row, column in roads[chosen]]
    labels = _lumps(np.where(kind == ROAD, 0, -1))
    reached = {int(labels[exit]) for exit in exits}
    served = {int(parcel_of[row, column]) for row, column, other in _sides(parcel_of) if int(labels[other]) in reached}
    names = [f"k{n}" for n in range(int(parcel_of.max()) + 1)]
    return Cells(kind, parcel_of, names, exits, {name for n, name in enumerate(names) if n not in served})


def _lumps(of: np.ndarray) -> np.ndarray:
    """Return a number for every lump of equal values that hang together by sides, from 0; -1 below 0."""
    found = np.full(of.shape, -1, np.int64)
    number = 0
    for start in np.argwhere(of >= 0):
        if found[tuple(start)] >= 0:
            continue
        stack = [tuple(start)]
        while stack:
            row, column = stack.pop()
            if not (0 <= row < of.shape[0] and 0 <= column < of.shape[1]):
                continue
            if found[row, column] >= 0 or of[row, column] != of[tuple(start)]:
                continue
            found[row, column] = number
            stack += [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
        number += 1
    return found


def _sides(of: np.ndarray):
    """Yield row and column of every cell with a neighbour beside it."""
    rows, columns = of.shape
    for row, column in np.argwhere(of >= 0):
        for r, c in ((row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)):
            if 0 <= r < rows and 0 <= c < columns:
                yield row, column, (r, c)


def outlines(
    cells: Cells, cell_m: float, west: float, north: float, *, outside: bool = True, ground_as_rows: bool = True
) -> Layers:
    """Return a lattice as the outlines of its cells: parcels, and ground as rows with a use or as layers of its own."""
    shapes = {name: _outline(cells.parcel_of == at, cell_m, west, north) for at, name in enumerate(cells.names)}
    enclave = [name in cells.enclaves for name in shapes]
    ground = {WORDS[kind]: list(shapely.get_parts(_outline(cells.kind == kind, cell_m, west, north)))
              for kind in WORDS if np.any(cells.kind == kind)}  # fmt: skip
    in_rows = {use: parts for use, parts in ground.items() if (outside if use == "outside" else ground_as_rows)}
    extra = {f"{use} {at}": part for use, parts in in_rows.items() for at, part in enumerate(parts)}
    uses = ["plot"] * len(shapes) + [use for use, parts in in_rows.items() for _ in parts]
    table = parcels({**shapes, **extra}, use=uses, enclave=enclave + [False] * len(extra))
    points = [shapely.Point(west + (column + 0.5) * cell_m, north - (row + 0.5) * cell_m) for row, column in cells.exits]
    layers = Layers(RD, table, exits=layer(*points))
    if not ground_as_rows:
        for use, name in (("road", "roads"), ("green", "green"), ("water", "water")):
            if use in ground:
                setattr(layers, name, layer(*ground[use]))
    return layers


def _outline(mask: np.ndarray, cell_m: float, west: float, north: float):
    row, column = np.nonzero(mask)
    return shapely.union_all(shapely.box(west + column * cell_m, north - (row + 1) * cell_m, west + (column + 1) * cell_m,
                                         north - row * cell_m))  # fmt: skip
