"""Cells of a lattice as shapes: one outline per area, with its holes, and hatching that fits inside it exactly.

All places are whole numbers of cells from the north-west corner, in SVG's path language; whoever draws scales them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, south, west, north


@dataclass(frozen=True)
class Area:
    """One area of cells.

    Attributes
    ----------
    path
        Its outline: closed, one piece for each ring, to be filled with the even-odd rule.
    x, y
        A point about in the middle: inside, whatever the shape.
    across, down
        Width and height of the row and column of cells through that point, in cells: what a label may take.
    cells
        How many.
    """

    path: str
    x: float
    y: float
    across: int
    down: int
    cells: int


def areas(labels: np.ndarray, known: dict[str, Area] | None = None) -> dict[int, Area]:
    """Return the areas of a lattice: cells with the same label.

    Parameters
    ----------
    labels : int, (rows, columns)
        Negative where there is none.
    known
        Areas by their outline, found before; what is found now is added. The same outline is the same area.
    """
    known = {} if known is None else known
    found = {}
    for label, path in outlines(labels).items():
        if path not in known:
            known[path] = _area(labels, label, path)
        found[label] = known[path]
    return found


def _area(labels: np.ndarray, label: int, path: str) -> Area:
    rows, columns = np.nonzero(labels == label)
    nearest = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    # In the middle of the row of cells there, then of the column of cells there: of a rectangle that is its centre.
    first, last = _run(columns[rows == rows[nearest]], int(columns[nearest]))
    x = (first + last + 1) / 2
    top, bottom = _run(rows[columns == int(x)], int(rows[nearest]))
    y = (top + bottom + 1) / 2
    first, last = _run(columns[rows == int(y)], int(x))
    return Area(path, x, y, last - first + 1, bottom - top + 1, rows.size)


def _run(places: np.ndarray, through: int) -> tuple[int, int]:
    """Return the first and last of the unbroken run of ascending whole numbers that holds one of them."""
    piece = places - np.arange(places.size)  # the same all along an unbroken run
    mine = places[piece == piece[int(np.searchsorted(places, through))]]
    return int(mine[0]), int(mine[-1])


def outlines(labels: np.ndarray) -> dict[int, str]:
    """Return the outline of every area, by label; see :func:`areas`."""
    padded = np.full((labels.shape[0] + 2, labels.shape[1] + 2), -1, np.int64)
    padded[1:-1, 1:-1] = labels
    inner = padded[1:-1, 1:-1]
    # Sides of cells that border something else, with the area on the right hand of whoever walks along them.
    sides = (
        (padded[:-2, 1:-1], 0, 0, 0), (padded[1:-1, 2:], 1, 1, 0), (padded[2:, 1:-1], 2, 1, 1), (padded[1:-1, :-2], 3, 0, 1),
    )  # fmt: skip
    from_corner: dict[int, dict[tuple[int, int], list[int]]] = {}
    for other, heading, right, below in sides:
        rows, columns = np.nonzero((inner != other) & (inner >= 0))
        for label, x, y in zip(
            inner[rows, columns].tolist(), (columns + right).tolist(), (rows + below).tolist(), strict=True
        ):
            from_corner.setdefault(label, {}).setdefault((x, y), []).append(heading)
    return {label: "".join(_rings(corners)) for label, corners in sorted(from_corner.items())}


def _rings(corners: dict[tuple[int, int], list[int]]) -> list[str]:
    rings = []
    while corners:
        x, y = start = min(corners)
        heading = corners[start][0]
        turns: list[tuple[int, int]] = []
        last = -1
        while True:
            headings = corners[(x, y)]
            # Where two cells of an area touch by a corner only, keep to the right: they are two pieces.
            heading = next(
                way for way in ((heading + 1) % 4, heading, (heading + 3) % 4, heading ^ 2) if way in headings
            )
            headings.remove(heading)
            if not headings:
                del corners[(x, y)]
            if heading != last:
                turns.append((x, y))
                last = heading
            x, y = x + _STEPS[heading][0], y + _STEPS[heading][1]
            if (x, y) == start:
                break
        rings.append(_as_path(turns))
    return rings


def _as_path(turns: list[tuple[int, int]]) -> str:
    """Return a ring of corners as a path of horizontal and vertical moves, the last of which closes it."""
    x, y = turns[0]
    moves = [f"M{x} {y}"]
    for right, below in turns[1:]:
        moves.append(f"h{right - x}" if below == y else f"v{below - y}")
        x, y = right, below
    return "".join(moves) + "z"


def hatching(mask: np.ndarray) -> str:
    """Return diagonals over the cells of a mask, (rows, columns): one a cell, joined where cells follow each other."""
    rows, columns = np.nonzero(mask)
    order = np.lexsort((columns, rows + columns))
    rows, columns = rows[order], columns[order]
    if rows.size == 0:
        return ""
    breaks = np.flatnonzero((np.diff(rows + columns) != 0) | (np.diff(columns) != 1)) + 1
    firsts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [rows.size]])
    return "".join(
        f"M{columns[first]} {rows[first] + 1}l{end - first}-{end - first}"
        for first, end in zip(firsts, ends, strict=True)
    )
