"""The park as a map: roads, green, water, and parcels by who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.figures.canvas import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, literal, new_figure
from analysis.figures.words import WORDS
from sim import records

if TYPE_CHECKING:
    from sim.world import World

SECTOR_COLOURS = dict(zip(records.SECTORS, (BLUE, VERMILION, PURPLE, GREEN, ORANGE, SKY), strict=True))
GROUND = {records.OUTSIDE: "#FFFFFF", records.ROAD: "#8A8A8A", records.GREEN: "#CFE3C4", records.WATER: "#BFD9EA"}
VACANT_LAND, VACANT_PREMISES = "#F3EBDC", "#FFFFFF"


def park_map(
    world: World, names: Any = None, title: str = "", language: str = "en", ax: Any = None,
    imputed: np.ndarray | None = None,
) -> Figure:
    """Draw the park: roads, green, water; parcels by the sector of who is there; vacant, built and renewed.

    Parameters
    ----------
    world
        The park at one quarter.
    names
        ``Names`` of its companies, to label those on large parcels; None for no labels.
    ax
        Axes to draw into; a figure of its own if None.
    imputed : bool, (parcels,)
        Those of which it was drawn who uses them, and which another future has different: dotted. None: not shown.
    """
    words = WORDS[language]
    own = ax is None
    figure = new_figure(9.5, 7) if own else ax.figure
    ax = figure.subplots() if own else ax
    grid = world.grid[0]
    rows, columns, cell = int(grid.rows), int(grid.columns), float(grid.cell_m)
    picture = np.ones((rows * columns, 3))
    for kind, colour in GROUND.items():
        picture[world.cell_kind == kind] = to_rgb(colour)
    vacant_cells, imputed_cells = np.zeros(rows * columns, bool), np.zeros(rows * columns, bool)
    seen = set()
    parcels = world.parcels[: world.counts[0].parcels]
    for i in np.flatnonzero(parcels.live):
        parcel = parcels[i]
        cells = world.cell_parcel == i
        if imputed is not None and imputed[i]:
            imputed_cells |= cells
        if parcel.occupant >= 0:
            sector = records.SECTORS[int(world.companies[parcel.occupant].sector)]
            seen.add(sector)
            base = np.array(to_rgb(SECTOR_COLOURS[sector]))
            picture[cells] = 0.45 * base + 0.55
            picture[cells & world.cell_built] = base
        elif parcel.floor > 0:
            picture[cells] = to_rgb(VACANT_PREMISES)
            picture[cells & world.cell_built] = (0.80, 0.80, 0.80)
            vacant_cells |= cells
        else:
            picture[cells] = to_rgb(VACANT_LAND)
    ax.imshow(picture.reshape(rows, columns, 3), extent=(0, columns * cell, 0, rows * cell), interpolation="nearest")
    _outline_parcels(ax, world, rows, columns, cell)
    _hatch(ax, vacant_cells.reshape(rows, columns), cell)
    _hatch(ax, imputed_cells.reshape(rows, columns), cell, "..", "#666666")
    for i in np.flatnonzero(parcels.live & (parcels.quality >= 0.8) & (parcels.floor > 0)):
        ax.plot(*_label_point(world, int(i), rows, columns, cell), marker="o", ms=6, mfc="white", mec="black", mew=1.2)
    for place in np.flatnonzero((world.cell_exit == 0) & (world.cell_kind == records.ROAD)):
        ax.annotate(words["entrance"], ((place % columns + 0.5) * cell, (rows - place // columns - 0.5) * cell),
                    xytext=(0, 12), textcoords="offset points", ha="left", fontsize=9,
                    bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85})
    if names is not None:
        _label_companies(ax, world, names, rows, columns, cell)
    _scale_bar(ax, columns * cell, rows * cell)
    ax.set_title(literal(title), fontsize=14, loc="left")
    ax.set_axis_off()
    ax.set_xlim(-cell, (columns + 1) * cell)
    ax.set_ylim(-0.09 * rows * cell, (rows + 1) * cell)
    if own:
        handles = _map_legend(words, sorted(seen, key=records.SECTORS.index))
        if imputed_cells.any():
            handles.append(Patch(fc="white", ec="#666666", hatch="..", label=words["imputed"]))
        figure.legend(handles=handles, loc="outside right center",
                      fontsize=10, frameon=False)
    return figure


def _outline_parcels(ax: Any, world: World, rows: int, columns: int, cell: float) -> None:
    number = world.cell_parcel.reshape(rows, columns)
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    across = number[:, 1:] != number[:, :-1]
    for row, column in zip(*np.nonzero(across), strict=True):
        x, y = (column + 1) * cell, (rows - row) * cell
        lines_x += [x, x, None]
        lines_y += [y, y - cell, None]
    down = number[1:] != number[:-1]
    for row, column in zip(*np.nonzero(down), strict=True):
        x, y = column * cell, (rows - row - 1) * cell
        lines_x += [x, x + cell, None]
        lines_y += [y, y, None]
    ax.plot(lines_x, lines_y, color="#333333", lw=0.7, solid_capstyle="butt")


def _hatch(ax: Any, mask: np.ndarray, cell: float, pattern: str = "////", colour: str | None = None) -> None:
    rows, columns = mask.shape
    if mask.any():
        # Each cell as two by two points, so that the hatching reaches the border of the parcel.
        fine = np.kron(mask, np.ones((2, 2)))
        x = (np.repeat(np.arange(columns), 2) + np.tile([0.01, 0.99], columns)) * cell
        y = (rows - np.repeat(np.arange(rows), 2) - np.tile([0.01, 0.99], rows)) * cell
        drawn = ax.contourf(x, y, fine, levels=[0.5, 1.5], colors="none", hatches=[pattern])
        if colour is not None:
            drawn.set(edgecolor=colour, linewidth=0.0)


def _label_point(world: World, i: int, rows: int, columns: int, cell: float) -> tuple[float, float]:
    """Return the cell of a parcel nearest to its centre, in metres: always inside, whatever the shape."""
    places = np.flatnonzero(world.cell_parcel == i)
    x, y = (places % columns + 0.5) * cell, (rows - places // columns - 0.5) * cell
    nearest = np.argmin((x - x.mean()) ** 2 + (y - y.mean()) ** 2)
    return float(x[nearest]), float(y[nearest])


def _label_companies(ax: Any, world: World, names: Any, rows: int, columns: int, cell: float) -> None:
    parcels = world.parcels[: world.counts[0].parcels]
    for i in np.flatnonzero(parcels.live & (parcels.occupant >= 0)):
        occupant = int(parcels[i].occupant)
        if occupant < len(names.companies) and parcels[i].area > 2_500:
            name = names.companies[occupant]
            if not name.lower().startswith("firm"):
                x, y = _label_point(world, int(i), rows, columns, cell)
                wrapped = name.replace(" ", "\n") if len(name) > 12 else name
                wrapped = wrapped.replace("$", r"\$")  # drawn as it stands, not as mathematics
                ax.annotate(wrapped, (x, y), xytext=(0, -12), textcoords="offset points", ha="center", va="center", fontsize=7,
                            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8})


def _scale_bar(ax: Any, width: float, height: float) -> None:
    length = max(step for step in (50, 100, 200, 500, 1000) if step <= max(width / 4, 50))
    y = -0.045 * height
    ax.plot([0, length], [y, y], color="black", lw=3, solid_capstyle="butt")
    ax.annotate(f"{length} m", (length, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10)
    ax.annotate("N", (width, y - 0.02 * height), xytext=(width, y + 0.05 * height), ha="center", fontsize=10,
                arrowprops={"arrowstyle": "<-", "lw": 1.5})


def _map_legend(words: dict[str, str], sectors: list[str]) -> list[Any]:
    handles: list[Any] = [Patch(fc=SECTOR_COLOURS[sector], ec="#333333", label=words[sector]) for sector in sectors]
    handles += [
        Patch(fc="#CCCCCC", ec="#333333", hatch="////", label=words["vacant"]),
        Patch(fc=VACANT_LAND, ec="#333333", label=words["vacant_land"]),
        Line2D([], [], marker="o", ls="", mfc="white", mec="black", mew=1.2, ms=7, label=words["renewed"]),
        Patch(fc=GROUND[records.ROAD], label=words["road"]),
        Patch(fc=GROUND[records.GREEN], label=words["green"]),
        Patch(fc=GROUND[records.WATER], label=words["water"]),
    ]
    return handles


def park_map_pair(before: World, after: World, names: Any = None, language: str = "en", title: str = "") -> Figure:
    """Draw the park at the start and at the end, side by side, with one legend."""
    words = WORDS[language]
    grid = before.grid[0]
    tall = float(grid.rows) / float(grid.columns)
    figure = new_figure(15, max(4.5, 6.3 * tall + 1.6))
    left, right = figure.subplots(1, 2)
    park_map(before, names, words["before"], language, left)
    years = round(int(after.clock[0].quarter) / 4)
    park_map(after, names, words["after"].format(years=years), language, right)
    present = {records.SECTORS[int(c.sector)] for w in (before, after) for c in w.companies[: w.counts[0].companies]
               if c.state == records.SITTING}
    figure.legend(handles=_map_legend(words, sorted(present, key=records.SECTORS.index)), loc="outside lower center",
                  ncols=6, fontsize=10, frameon=False)
    if title:
        figure.suptitle(literal(title), fontsize=16, x=0.01, ha="left")
    return figure
