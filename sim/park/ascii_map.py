"""A park drawn in characters: one character a cell, north at the top.

>>> kind, parcel_of, names, exits = read_map('''
... AABB
... ####
... CC.E
... ''', {"A": {"kind": "parcel", "name": "mill"}, "B": {"kind": "parcel", "name": "yard"},
...       "C": {"kind": "parcel", "name": "shed"}})
>>> names, exits
(['mill', 'yard', 'shed'], [(2, 3)])
"""

from __future__ import annotations

import difflib
import textwrap
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sim.records import GREEN, OUTSIDE, PLOT, ROAD, WATER

DEFAULT_LEGEND: dict[str, dict[str, Any]] = {
    "#": {"kind": "road"},
    ".": {"kind": "outside"},
    '"': {"kind": "green"},
    "~": {"kind": "water"},
    "E": {"kind": "exit"},
}
_KINDS = {"road": ROAD, "exit": ROAD, "outside": OUTSIDE, "green": GREEN, "water": WATER, "parcel": PLOT}


class MapProblem(ValueError):
    """A map that cannot be read. ``problems`` holds one sentence each, with row and column where it applies."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_map(
    text: str, legend: Mapping[str, Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray, list[str], list[tuple[int, int]]]:
    """Read a drawn park.

    Parameters
    ----------
    text
        The drawing. Indentation that all lines share, and empty lines above and below, do not count.
    legend
        What each character stands for: ``{"kind": "road" | "green" | "water" | "outside" | "exit" | "parcel"}``, for a
        parcel with ``"name"``, and ``"enclave": True`` if it may lie without a road. Adds to, and overrides,
        :data:`DEFAULT_LEGEND`. Two characters with one name draw one parcel.

    Returns
    -------
    kind : int8 array, (rows, columns)
        ``records.OUTSIDE`` ... ``records.PLOT``.
    parcel_of : int64 array, (rows, columns)
        Position in `names`, -1 where no parcel.
    names : list of str
        Parcels, in the order of the legend.
    exits : list of (row, column)
        Road cells where the park meets the outside, from 0.

    Raises
    ------
    MapProblem
        With all problems at once; rows and columns in it count from 1.
    """
    signs = {**DEFAULT_LEGEND, **legend}
    problems = _check_legend(signs)
    lines = [line.rstrip() for line in textwrap.dedent(text).splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise MapProblem([*problems, "the map is empty"])
    columns = max(len(line) for line in lines)
    problems += [
        f"row {row} has {len(line)} cells, the widest row {columns}"
        for row, line in enumerate(lines, 1)
        if len(line) != columns
    ]
    names = list(dict.fromkeys(str(s["name"]) for s in signs.values() if s.get("kind") == "parcel" and "name" in s))
    kind = np.full((len(lines), columns), OUTSIDE, np.int8)
    parcel_of = np.full((len(lines), columns), -1, np.int64)
    exits = []
    for row, line in enumerate(lines):
        for column, sign in enumerate(line):
            if sign not in signs:
                problems.append(f"row {row + 1}, column {column + 1}: {sign!r} is not in the legend")
                continue
            kind[row, column] = _KINDS.get(signs[sign].get("kind"), OUTSIDE)  # type: ignore[arg-type]
            if signs[sign].get("kind") == "parcel" and "name" in signs[sign]:
                parcel_of[row, column] = names.index(str(signs[sign]["name"]))
            if signs[sign].get("kind") == "exit":
                exits.append((row, column))
    enclaves = {str(s["name"]) for s in signs.values() if s.get("enclave") and "name" in s}
    problems += check_lattice(kind, parcel_of, names, exits, enclaves)
    if problems:
        raise MapProblem(problems)
    return kind, parcel_of, names, exits


def check_lattice(
    kind: np.ndarray, parcel_of: np.ndarray, names: list[str], exits: list[tuple[int, int]], enclaves: set[str]
) -> list[str]:
    """Return what is wrong with a lattice, one sentence a problem: exits, roads, pieces and access of parcels."""
    problems = []
    if not exits:
        problems.append("the map has no exit: mark a road cell where the park meets the outside ('E')")
    reached = np.zeros(kind.shape, bool)
    for start in exits:
        reached |= _piece(kind == ROAD, start)
    for p, name in enumerate(names):
        own = parcel_of == p
        if not own.any():
            problems.append(f"parcel {name!r} is in the legend, but not on the map")
            continue
        start = tuple(int(i) for i in np.argwhere(own)[0])
        stray = np.argwhere(own & ~_piece(own, start))  # type: ignore[arg-type]
        if stray.size:
            row, column = stray[0] + 1
            problems.append(
                f"row {row}, column {column}: parcel {name!r} is not in one piece with its cell at row {start[0] + 1}, "
                f"column {start[1] + 1}"
            )
        if exits and name not in enclaves and not any(reached[at] for at in _around(own)):
            problems.append(
                f"row {start[0] + 1}, column {start[1] + 1}: parcel {name!r} has no side on a road that reaches an "
                "exit (set enclave = true if that is meant)"
            )
    return problems


def _check_legend(signs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems = []
    for sign, meaning in signs.items():
        kind = meaning.get("kind")
        if len(sign) != 1:
            problems.append(f"legend: {sign!r} is not one character")
        if kind not in _KINDS:
            close = difflib.get_close_matches(str(kind), _KINDS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            problems.append(f"legend: {sign!r} has kind {kind!r}; allowed are {', '.join(sorted(_KINDS))}{hint}")
        elif kind == "parcel" and "name" not in meaning:
            problems.append(f"legend: {sign!r} is a parcel without a name")
    return problems


def _piece(cells: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Return which cells hang together with ``start``, by sides."""
    piece = np.zeros(cells.shape, bool)
    if not cells[start]:
        return piece
    piece[start] = True
    queue = deque([start])
    while queue:
        for other in _beside(cells.shape, *queue.popleft()):
            if cells[other] and not piece[other]:
                piece[other] = True
                queue.append(other)
    return piece


def _beside(shape: tuple[int, ...], row: int, column: int) -> Iterator[tuple[int, int]]:
    for r, c in ((row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)):
        if 0 <= r < shape[0] and 0 <= c < shape[1]:
            yield r, c


def _around(cells: np.ndarray) -> Iterator[tuple[int, int]]:
    for row, column in np.argwhere(cells):
        yield from _beside(cells.shape, int(row), int(column))
