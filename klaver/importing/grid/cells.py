"""Squares on the map: where they lie, how much of each a polygon covers, and which of them hang together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

AT_A_TIME = 200_000
"""Pairs of a cell and a polygon whose overlap is computed together: bounds the memory, to some hundreds of MB."""
MOST_POINTS, MOST_CELLS = 120, 1_600
"""A polygon with more points, or over more cells, is cut in two before it is laid over cells: else each cell costs too much."""


@dataclass(frozen=True)
class Lattice:
    """Square cells, row 0 in the north.

    Attributes
    ----------
    west, north
        Upper left corner of cell (0, 0), metres.
    cell_m
        Side of a cell, metres.
    rows, columns
        How many.
    """

    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.rows * self.columns

    @property
    def area(self) -> float:
        """Of a cell, m2."""
        return self.cell_m**2

    def with_a_ring(self) -> Lattice:
        """Return the lattice with one more cell on every side."""
        return replace(self, west=self.west - self.cell_m, north=self.north + self.cell_m,
                       rows=self.rows + 2, columns=self.columns + 2)  # fmt: skip

    def boxes(self, cells: np.ndarray) -> np.ndarray:
        """Return the outline of cells, given by position (row * columns + column)."""
        row, column = np.divmod(cells, self.columns)
        x, y, side = self.west + column * self.cell_m, self.north - row * self.cell_m, self.cell_m
        return shapely.box(x, y - side, x + side, y)  # type: ignore[no-any-return]

    def centres(self, cells: np.ndarray) -> np.ndarray:
        """Return the middle of cells, (n, 2): easting and northing in metres."""
        row, column = np.divmod(np.asarray(cells), self.columns)
        return np.column_stack([self.west + (column + 0.5) * self.cell_m, self.north - (row + 0.5) * self.cell_m])

    def place(self, cell: int) -> tuple[float, float]:
        """Return the middle of a cell, metres."""
        row, column = divmod(int(cell), self.columns)
        return self.west + (column + 0.5) * self.cell_m, self.north - (row + 0.5) * self.cell_m


@dataclass(frozen=True)
class Cover:
    """How much of a cell each polygon covers: one row for every pair that overlaps.

    Attributes
    ----------
    cell, shape : int64, (n,)
        Position of the cell, position of the polygon.
    share : float64, (n,)
        Of the cell, above 0 up to 1.
    """

    cell: np.ndarray
    shape: np.ndarray
    share: np.ndarray

    def total(self, size: int) -> np.ndarray:
        """Return what all polygons together cover of each of ``size`` cells, at most 1."""
        return np.minimum(np.bincount(self.cell, self.share, size), 1.0)


def cover(shapes: np.ndarray, lattice: Lattice) -> Cover:
    """Return how much of each cell each polygon covers.

    Parameters
    ----------
    shapes : object, (n,)
        Valid polygons, of one or more parts.
    lattice
        Cells; what lies beyond them does not count.

    Returns
    -------
    Cover
        Without pairs that share less than a ten-thousandth of a cell.
    """
    pieces, shape_of = _in_pieces(np.asarray(shapes, dtype=object), lattice.cell_m)
    if not len(pieces):
        return Cover(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    shapely.prepare(pieces)
    found = [_overlap(pieces, cell, piece, lattice) for cell, piece in _near(pieces, lattice)]
    cell, piece, share = (np.concatenate(part) for part in zip(*found, strict=True))
    pair, at = np.unique(cell * len(shapes) + shape_of[piece], return_inverse=True)
    share = np.minimum(np.bincount(at, share, len(pair)), 1.0)
    keep = share > 1e-4
    return Cover(pair[keep] // len(shapes), pair[keep] % len(shapes), share[keep])


def pieces(of: np.ndarray) -> np.ndarray:
    """Return a number for every piece of cells with one value that hang together by sides; -1 where the value is below 0.

    Parameters
    ----------
    of : int, (rows, columns)
        What each cell belongs to.

    Returns
    -------
    int64, (rows, columns)
    """
    position = np.arange(of.size).reshape(of.shape)
    across = (of[:, 1:] == of[:, :-1]) & (of[:, 1:] >= 0)
    down = (of[1:] == of[:-1]) & (of[1:] >= 0)
    one = np.concatenate([position[:, 1:][across], position[1:][down]])
    other = np.concatenate([position[:, :-1][across], position[:-1][down]])
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(of.size, of.size))
    label = connected_components(graph, directed=False)[1].reshape(of.shape).astype(np.int64)
    label[of < 0] = -1
    return label


def _in_pieces(shapes: np.ndarray, cell_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons cut up until each has few points and lies over few cells, and which polygon each was."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    done: list[np.ndarray] = []
    done_of: list[np.ndarray] = []
    for _ in range(24):  # halved so often, anything fits
        if not len(parts):
            break
        bounds = shapely.bounds(parts)
        width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
        spread = (width + cell_m) * (height + cell_m) / cell_m**2
        large = ((shapely.get_num_coordinates(parts) > MOST_POINTS) | (spread > MOST_CELLS)) & (
            np.maximum(width, height) > 2 * cell_m
        )
        done.append(parts[~large])
        done_of.append(of[~large])
        parts, of = _halved(parts[large], bounds[large], of[large])
    done.append(parts)
    done_of.append(of)
    return np.concatenate(done), np.concatenate(done_of)


def _halved(parts: np.ndarray, bounds: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return polygons cut across their longer side."""
    x0, y0, x1, y1 = bounds.T
    wide = (x1 - x0) >= (y1 - y0)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    first = shapely.box(x0, y0, np.where(wide, x, x1), np.where(wide, y1, y))
    second = shapely.box(np.where(wide, x, x0), np.where(wide, y0, y), x1, y1)
    cut = np.concatenate([shapely.intersection(parts, first), shapely.intersection(parts, second)])
    halves, index = shapely.get_parts(cut, return_index=True)
    polygons = shapely.get_type_id(halves) == 3
    return halves[polygons], np.concatenate([of, of])[index[polygons]]


def _near(pieces: np.ndarray, lattice: Lattice) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of a cell and a piece whose bounds meet, not too many at a time."""
    x0, y0, x1, y1 = shapely.bounds(pieces).T
    side = lattice.cell_m
    left = np.clip(np.floor((x0 - lattice.west) / side), 0, lattice.columns).astype(np.int64)
    right = np.clip(np.ceil((x1 - lattice.west) / side), 0, lattice.columns).astype(np.int64)
    top = np.clip(np.floor((lattice.north - y1) / side), 0, lattice.rows).astype(np.int64)
    bottom = np.clip(np.ceil((lattice.north - y0) / side), 0, lattice.rows).astype(np.int64)
    width = np.maximum(right - left, 0)
    number = width * np.maximum(bottom - top, 0)
    ends = np.cumsum(number)
    start = 0
    while start < len(pieces):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + AT_A_TIME, side="right")), start + 1)
        piece = np.repeat(np.arange(start, stop), number[start:stop])
        step = np.arange(len(piece)) + before - (ends - number)[piece]
        row, column = np.divmod(step, np.maximum(width[piece], 1))
        yield (top[piece] + row) * lattice.columns + left[piece] + column, piece
        start = stop


def _overlap(pieces: np.ndarray, cell: np.ndarray, piece: np.ndarray, lattice: Lattice) -> tuple[Any, Any, Any]:
    """Return those pairs that overlap, with the share of the cell."""
    boxes = lattice.boxes(cell)
    meets = shapely.intersects(pieces[piece], boxes)
    boxes, cell, piece = boxes[meets], cell[meets], piece[meets]
    share = np.ones(len(cell))
    partly = ~shapely.covers(pieces[piece], boxes)
    share[partly] = shapely.area(shapely.intersection(pieces[piece[partly]], boxes[partly])) / lattice.area
    return cell, piece, share
