"""The map of a check report: parcels on the grid by how much of them is known, with the outlines of the file over them.

What is known is told by colour and by hatching, so that it can be read without colours. Findings that have a place stand
on it as numbers, which their tables repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.figures.canvas import new_figure, svg_text
from analysis.figures.park import GROUND
from analysis.report.blocks import Picture
from klaver.importing.knowledge import MARKS
from sim.records import GREEN, OUTSIDE, ROAD, WATER

if TYPE_CHECKING:
    import pandas as pd

    from klaver.importing.findings import Place
    from klaver.importing.grid.gridding import Grid
    from klaver.language import ImportLanguage

HALF = 0.5
_FILL = {"measured": "#8FC1E3", "assumed": "#F6DFA6", "imputed": "#FFFFFF"}
_HATCH = {"measured": "", "assumed": "...", "imputed": "////"}
_OUTLINE, _MARK = "#111111", "#B34700"
_STEPS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)  # metres of a scale bar


def known_by_half(shares: pd.DataFrame) -> pd.Series:
    """Return how each parcel is coloured: by what at least half of its values are.

    Parameters
    ----------
    shares
        As ``knowledge.parcel_shares`` returns it.

    Returns
    -------
    pandas.Series
        ``"measured"`` (at least half measured), ``"assumed"`` (at least half measured or assumed) or ``"imputed"``.
    """
    measured, stated = shares["measured"], shares["measured"] + shares["assumed"]
    kinds = np.where(measured >= HALF, "measured", np.where(stated >= HALF, "assumed", "imputed"))
    return shares["measured"].astype(object).mask(shares["measured"].notna(), kinds)


def draw_map(grid: Grid, shares: pd.DataFrame, numbered: Sequence[tuple[int, Place]], say: ImportLanguage) -> Picture:
    """Return the map of a park as it was imported.

    Parameters
    ----------
    grid
        Parcels on cells, and their outlines in the file.
    shares
        Per parcel, which share of its values has each mark.
    numbered
        Number and place (easting, northing) of what is told below the map.
    """
    rows, columns = grid.kind.shape
    width, height = columns * grid.cell_m, rows * grid.cell_m
    tall = float(np.clip(9.0 * height / max(width, 1.0), 3.0, 11.0))
    figure = new_figure(9.5, tall + 1.2)
    ax = figure.subplots()
    known = known_by_half(shares).reindex(grid.names).fillna("imputed").to_numpy()
    _paint(ax, grid, known, width, height)
    _outline(ax, grid)
    _number(ax, grid, numbered, width, height)
    _scale_bar(ax, width, height)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_xlim(-0.02 * width, 1.02 * width)
    ax.set_ylim(-0.10 * height, 1.02 * height)
    _legend(figure, grid, bool(numbered), say)
    counts = {mark: int((known == mark).sum()) for mark in MARKS}
    alternative = say("check.map_alternative", parcels=say.number(len(grid.names)), columns=say.number(columns),
                      rows=say.number(rows), cell=say.number(grid.cell_m), findings=say.number(len(numbered)),
                      **{mark: say.number(n) for mark, n in counts.items()})  # fmt: skip
    return Picture(svg_text(figure, "check"), say("check.map_caption"), alternative)


def _paint(ax: Any, grid: Grid, known: np.ndarray, width: float, height: float) -> None:
    """Paint every cell: ground by its kind, parcels by what is known of them; hatch these, and draw their edges."""
    rows, columns = grid.kind.shape
    picture = np.ones((rows, columns, 3))
    for kind, colour in GROUND.items():
        picture[grid.kind == kind] = to_rgb(colour)
    on_parcel = grid.parcel_of >= 0
    for mark in MARKS:
        chosen = np.flatnonzero(known == mark)
        cells = on_parcel & np.isin(grid.parcel_of, chosen)
        picture[cells] = to_rgb(_FILL[mark])
        _hatch(ax, cells, grid.cell_m, _HATCH[mark])
    ax.imshow(picture, extent=(0, width, 0, height), interpolation="nearest", zorder=0)
    _cell_edges(ax, grid)


def _hatch(ax: Any, cells: np.ndarray, cell: float, hatch: str) -> None:
    if not hatch or not cells.any():
        return
    rows, columns = cells.shape
    # Each cell as two by two points, so that the hatching reaches the edge of the parcel.
    x = (np.repeat(np.arange(columns), 2) + np.tile([0.01, 0.99], columns)) * cell
    y = (rows - np.repeat(np.arange(rows), 2) - np.tile([0.01, 0.99], rows)) * cell
    drawn = ax.contourf(x, y, np.kron(cells, np.ones((2, 2))), levels=[0.5, 1.5], colors="none", hatches=[hatch], zorder=1)
    drawn.set_edgecolor("#9A9A9A")
    drawn.set_linewidth(0.0)


def _cell_edges(ax: Any, grid: Grid) -> None:
    """Draw the edges between parcels as the grid has them, thin and grey; a straight edge is one line, however long."""
    number, cell = grid.parcel_of, grid.cell_m
    top = number.shape[0]
    x: list[float] = []
    y: list[float] = []
    for column, start, end in _runs((number[:, 1:] != number[:, :-1]).T):
        x += [(column + 1) * cell, (column + 1) * cell, np.nan]
        y += [(top - start) * cell, (top - end) * cell, np.nan]
    for row, start, end in _runs(number[1:] != number[:-1]):
        x += [start * cell, end * cell, np.nan]
        y += [(top - row - 1) * cell, (top - row - 1) * cell, np.nan]
    ax.plot(x, y, color="#8C8C8C", lw=0.5, solid_capstyle="butt", zorder=2)


def _runs(flags: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yield each run of true values in the rows of a table: its row, its first column, and the column behind its last."""
    steps = np.diff(np.pad(flags.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    for (row, start), (_, end) in zip(np.argwhere(steps == 1), np.argwhere(steps == -1), strict=True):
        yield int(row), int(start), int(end)


def _outline(ax: Any, grid: Grid) -> None:
    """Draw the outlines of the file over the cells."""
    if grid.shapes is None or grid.shapes.empty:
        return
    x: list[float] = []
    y: list[float] = []
    for shape in grid.shapes.geometry.simplify(0.1 * grid.cell_m):
        for polygon in getattr(shape, "geoms", [shape]):
            for ring in [polygon.exterior, *polygon.interiors] if hasattr(polygon, "exterior") else []:
                points = np.asarray(ring.coords)[:, :2]
                x += [*(points[:, 0] - grid.west), np.nan]
                y += [*(points[:, 1] - grid.north + grid.kind.shape[0] * grid.cell_m), np.nan]
    thin = float(np.clip(0.9 * np.sqrt(300.0 / len(grid.shapes)), 0.35, 0.9))  # many parcels: or all would be black
    ax.plot(x, y, color=_OUTLINE, lw=thin, zorder=3)


def _number(ax: Any, grid: Grid, numbered: Sequence[tuple[int, Place]], width: float, height: float) -> None:
    """Put the number of every finding as near to its place as there is room, with a line where it had to move."""
    apart = 0.028 * max(width, height)
    taken: list[tuple[float, float]] = []
    for number, (east, north) in numbered:
        x = float(np.clip(east - grid.west, 0.0, width))
        y = float(np.clip(north - grid.north + height, 0.0, height))
        at = _free(x, y, taken, apart, (width, height))
        taken.append(at)
        if at != (x, y):
            ax.plot([x, at[0]], [y, at[1]], color=_MARK, lw=0.8, zorder=4)
            ax.plot([x], [y], marker="o", ms=2.5, color=_MARK, zorder=4)
        ax.text(*at, str(number), fontsize=8.5, ha="center", va="center", color="#000000", zorder=5, fontweight="bold",
                bbox={"boxstyle": "circle,pad=0.18", "fc": "white", "ec": _MARK, "lw": 1.4})  # fmt: skip


def _free(
    x: float, y: float, taken: list[tuple[float, float]], apart: float, size: tuple[float, float]
) -> tuple[float, float]:
    """Return the first of the places on the map, in a spiral around a point, that is far enough from all that are taken."""
    others = np.array(taken).reshape(-1, 2)
    for step in range(600):
        angle, far = 2.4 * step, 0.45 * apart * np.sqrt(step)
        at = (float(x + far * np.cos(angle)), float(y + far * np.sin(angle)))
        inside = 0.0 <= at[0] <= size[0] and 0.0 <= at[1] <= size[1]
        if inside and (not len(others) or np.hypot(*(others - at).T).min() >= apart):
            return at
    return x, y


def _scale_bar(ax: Any, width: float, height: float) -> None:
    """Draw a bar of a round number of metres, and an arrow to the north: the grid's rows run east and west."""
    length = max(step for step in _STEPS if step <= max(width / 4.0, _STEPS[0]))
    y = -0.05 * height
    ax.plot([0, length], [y, y], color="black", lw=3, solid_capstyle="butt")
    ax.annotate(f"{length} m", (length, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10)
    ax.annotate("", (0.985 * width, -0.015 * height), xytext=(0.985 * width, -0.085 * height),
                arrowprops={"arrowstyle": "-|>", "lw": 1.5, "color": "black"})  # fmt: skip
    ax.annotate("N", (0.985 * width, -0.05 * height), xytext=(-7, 0), textcoords="offset points", ha="right", va="center",
                fontsize=11, fontweight="bold")  # fmt: skip


def _legend(figure: Figure, grid: Grid, numbered: bool, say: ImportLanguage) -> None:
    handles: list[Any] = [
        Patch(fc=_FILL[mark], ec="#777777", hatch=_HATCH[mark], lw=0.5, label=say(f"check.map_{mark}")) for mark in MARKS
    ]
    handles.append(Line2D([], [], color=_OUTLINE, lw=0.9, label=say("check.map_outline")))
    for kind, key in ((ROAD, "road"), (GREEN, "green"), (WATER, "water"), (OUTSIDE, "outside")):
        if (grid.kind == kind).any():
            handles.append(Patch(fc=GROUND[kind], ec="#BBBBBB", lw=0.5, label=say(f"check.map_{key}")))
    if numbered:
        handles.append(Line2D([], [], marker="o", ls="", mfc="white", mec=_MARK, mew=1.4, ms=9, label=say("check.map_number")))
    figure.legend(handles=handles, loc="outside lower left", ncols=3, fontsize=9.5, frameon=False)
