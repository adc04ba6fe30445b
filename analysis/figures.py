"""Every picture, once. Made for a slide: few words, large enough, colours that the colour-blind can tell apart.

Figures are Matplotlib objects without any global state, so they may be drawn off the main thread. A picture of chance
always shows an interval, never a lone bar.
"""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator
from matplotlib.transforms import Bbox

from sim import records

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.experiment import Runs
    from analysis.principles import Ablation
    from analysis.receipt import Receipt
    from sim.world import World

# Okabe and Ito's colours.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")  # fmt: skip
SECTOR_COLOURS = dict(zip(records.SECTORS, (BLUE, VERMILION, PURPLE, GREEN, ORANGE, SKY), strict=True))
GROUND = {records.OUTSIDE: "#FFFFFF", records.ROAD: "#8A8A8A", records.GREEN: "#CFE3C4", records.WATER: "#BFD9EA"}
VACANT_LAND, VACANT_PREMISES = "#F3EBDC", "#FFFFFF"

WORDS = {
    "nl": {
        "manufacturing": "industrie", "construction": "bouw", "logistics": "logistiek", "wholesale": "groothandel",
        "automotive": "autobedrijven", "business_services": "zakelijke diensten", "road": "weg", "green": "groen",
        "water": "water", "vacant_land": "vrije kavel", "vacant": "leegstaand pand", "renewed": "vernieuwd pand",
        "building": "gebouw (donker)", "entrance": "ontsluiting", "before": "Begin", "after": "Na {years} jaar",
        "multiplier": "Private euro's per publieke euro", "gross": "bruto", "additional": "additioneel",
        "vitality_change": "Vitaliteit, verschil met niets doen", "balance": "Maatschappelijke balans, miljoen euro",
        "vitality_effect": "Vitaliteit", "balance_effect": "Maatschappelijke balans",
        "undefined": "niet te bepalen", "points": "punten (schaal 0-100)", "interval": "lijn: 95%-interval over {n} seeds",
        "private": "private investering", "public": "publieke uitgaven", "twin": "privaat zonder ingrijpen",
        "million": "miljoen euro", "year": "jaar", "vitality": "vitaliteit (0-100)",
        "vitality_title": "Vitaliteit door de tijd", "euros_title": "Publieke en private euro's door de tijd",
        "band": "vlak: middelste 80% van {n} runs", "without": "niets extra",
        "outcomes_title": "{park}: wat elke aanpak beweegt",
        "principles_title": "{park}: wat elk gidsprincipe doet ({strategy})", "interests": "belangen en bereidheid",
        "societal_value": "maatschappelijke waarde", "flexibility": "resultaat en flexibiliteit",
        "tailored_roles": "rollen op maat", "sharp_choices": "scherpe keuzes", "exit": "stoppen",
        "net_private": "Extra private min extra publieke euro's", "dot_one": "elk rondje: 1 van {n} toekomsten",
        "dot_share": "elk rondje: 1 op de {dots} toekomsten (van {n})", "worse": "minder dan {reference}",
        "better": "meer dan {reference}", "dots_title": "{park}: uitkomsten over alle toekomsten",
        "spread_title": "{park}: spreiding per uitkomst", "private_short": "Private investering",
        "public_short": "Publieke uitgaven", "vacancy": "Leegstand", "percent": "% van het vloeroppervlak",
        "jobs": "Banen", "number": "aantal", "vitality_short": "Vitaliteit", "scale": "schaal 0-100",
        "balance_short": "Maatschappelijke balans", "spread_legend_dot": "een toekomst",
        "spread_legend_wide": "middelste 90%", "spread_legend_half": "middelste helft",
        "spread_legend_median": "mediaan", "seeds_title": "{park}: verschil met {reference} in elke toekomst",
        "sorted": "toekomsten, op volgorde van verschil", "mean_line": "gemiddelde",
        "share_positive": "hoger in {share}% van de toekomsten", "tradeoff_title": "{park}: wat het kost en wat het brengt",
        "extra_public": "Extra publieke uitgaven, miljoen euro", "extra_vitality": "Vitaliteit, verschil (punten)",
        "extra_balance": "Maatschappelijke balans, miljoen euro", "undominated": "niet op alle drie overtroffen",
        "dominated": "op alle drie overtroffen", "best_title": "{park}: kans om de beste te zijn",
        "best_multiplier": "additionele multiplier", "best_vitality": "vitaliteit",
        "best_balance": "maatschappelijke balans", "best_legend": "elk vierkantje: 5 op de 100",
        "twin_title": "niets extra doen",
        "main_effect": "aan min uit, over alle combinaties van de andere", "taken": "bij alle zes: wat dit ene toevoegt",
    },
    "en": {
        "manufacturing": "manufacturing", "construction": "construction", "logistics": "logistics",
        "wholesale": "wholesale", "automotive": "automotive", "business_services": "business services", "road": "road",
        "green": "green", "water": "water", "vacant_land": "vacant plot", "vacant": "vacant premises",
        "renewed": "renewed premises", "building": "building (dark)", "entrance": "entrance", "before": "Start",
        "after": "After {years} years", "multiplier": "Private euros per public euro", "gross": "gross",
        "additional": "additional", "vitality_change": "Vitality, difference from doing nothing",
        "balance": "Social balance, million euros", "vitality_effect": "Vitality",
        "balance_effect": "Social balance", "undefined": "undefined", "points": "points (scale 0-100)",
        "interval": "line: 95% interval over {n} seeds", "private": "private investment", "public": "public outlay",
        "twin": "private without intervention", "million": "million euros", "year": "year",
        "vitality": "vitality (0-100)", "vitality_title": "Vitality over time",
        "euros_title": "Public and private euros over time", "band": "band: middle 80% of {n} runs",
        "without": "nothing extra", "outcomes_title": "{park}: what each approach moves",
        "principles_title": "{park}: what each guiding principle does ({strategy})",
        "interests": "interests and readiness", "societal_value": "societal value",
        "flexibility": "result and flexibility", "tailored_roles": "tailored roles", "sharp_choices": "sharp choices",
        "net_private": "Extra private minus extra public euros", "dot_one": "each dot: 1 of {n} futures",
        "dot_share": "each dot: 1 in {dots} futures (of {n})", "worse": "less than {reference}",
        "better": "more than {reference}", "dots_title": "{park}: outcomes over all futures",
        "spread_title": "{park}: spread per outcome", "private_short": "Private investment",
        "public_short": "Public outlay", "vacancy": "Vacancy", "percent": "% of floor space", "jobs": "Jobs",
        "number": "number", "vitality_short": "Vitality", "scale": "scale 0-100", "balance_short": "Social balance",
        "spread_legend_dot": "one future", "spread_legend_wide": "middle 90%", "spread_legend_half": "middle half",
        "spread_legend_median": "median", "seeds_title": "{park}: difference from {reference} in each future",
        "sorted": "futures, in order of difference", "mean_line": "mean",
        "share_positive": "higher in {share}% of futures", "tradeoff_title": "{park}: what it costs and what it brings",
        "extra_public": "Extra public outlay, million euros", "extra_vitality": "Vitality, difference (points)",
        "extra_balance": "Social balance, million euros", "undominated": "not surpassed on all three",
        "dominated": "surpassed on all three", "best_title": "{park}: chance of being best",
        "best_multiplier": "additional multiplier", "best_vitality": "vitality", "best_balance": "social balance",
        "best_legend": "each square: 5 in 100", "twin_title": "doing nothing extra",
        "exit": "exit", "main_effect": "on minus off, over all combinations of the others",
        "taken": "with all six: what this one adds",
    },
}  # fmt: skip


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def literal(text: str, width: int | None = None) -> str:
    """Return text of a user so that Matplotlib draws it as it stands: no mathematics between dollar signs, no controls.

    Parameters
    ----------
    width
        Longest line; text is folded over two lines and cut with an ellipsis beyond that. None leaves it on one line.
    """
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    if width is not None:
        clean = textwrap.fill(clean, width, max_lines=2, placeholder="…", break_long_words=True)
    return clean.replace("$", r"\$")


STRIP = 0.22  # inches added below a stamped picture


def stamp(figure: Figure, receipt: Receipt) -> None:
    """Write the receipt small and grey in a strip below the picture, which stays as it is; one that is there goes.

    The strip shows when the figure is written by :func:`save` or :func:`svg_text`.
    """
    for text in _stamps(figure):
        text.remove()
    line = figure.text(0.995, -0.75 * STRIP / figure.get_figheight(), literal(receipt.line), fontsize=7.5,
                       color="#6B6B6B", ha="right", va="baseline", gid="receipt")
    line.set_in_layout(False)


def _stamps(figure: Figure) -> list[Any]:
    return [text for text in figure.texts if text.get_gid() == "receipt"]


def _frame(figure: Figure) -> Bbox:
    """Return what of the drawing to write, in inches: all of it, and the strip below when there is a stamp."""
    width, height = figure.get_size_inches()
    return Bbox.from_extents(0, -STRIP if _stamps(figure) else 0, width, height)


def save(figure: Figure, path: Path, receipt: Receipt | None = None) -> list[Path]:
    """Write a figure as PNG and SVG, free of dates, and return the paths.

    Parameters
    ----------
    path
        Without suffix.
    receipt
        Is stamped in the picture and kept in the metadata of both files (PNG: ``Description`` and ``Receipt``; SVG:
        ``dc:description`` and ``dc:identifier``).
    """
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    about: dict[str, str | None] = {"Software": None}
    if receipt is not None:
        stamp(figure, receipt)
        about |= {"Description": receipt.line, "Receipt": receipt.id}
    figure.savefig(png, dpi=150, metadata=about, bbox_inches=_frame(figure))
    svg.write_text(svg_text(figure, receipt=receipt), encoding="utf-8", newline="\n")
    return [png, svg]


def svg_text(figure: Figure, salt: str = "klaver", receipt: Receipt | None = None) -> str:
    """Return a figure as SVG, letters as outlines, free of dates: the same figure gives the same text.

    Parameters
    ----------
    salt
        Of the names of shared elements; figures that come on one page need different ones.
    receipt
        Goes into the metadata; see :func:`stamp` for the picture itself.
    """
    import matplotlib

    about: dict[str, str | None] = {"Date": None, "Creator": None}
    if receipt is not None:
        about |= {"Description": receipt.line, "Identifier": receipt.id}
    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        figure.savefig(out, format="svg", metadata=about, bbox_inches=_frame(figure))
    return out.getvalue()


# --- the park ---------------------------------------------------------------------------------------------------------


def park_map(world: World, names: Any = None, title: str = "", language: str = "en", ax: Any = None) -> Figure:
    """Draw the park: roads, green, water; parcels by the sector of who is there; vacant, built and renewed.

    Parameters
    ----------
    world
        The park at one quarter.
    names
        ``Names`` of its companies, to label those on large parcels; None for no labels.
    ax
        Axes to draw into; a figure of its own if None.
    """
    words = WORDS[language]
    own = ax is None
    figure = _figure(9.5, 7) if own else ax.figure
    ax = figure.subplots() if own else ax
    grid = world.grid[0]
    rows, columns, cell = int(grid.rows), int(grid.columns), float(grid.cell_m)
    picture = np.ones((rows * columns, 3))
    for kind, colour in GROUND.items():
        picture[world.cell_kind == kind] = to_rgb(colour)
    vacant_cells = np.zeros(rows * columns, bool)
    seen = set()
    parcels = world.parcels[: world.counts[0].parcels]
    for i in np.flatnonzero(parcels.live):
        parcel = parcels[i]
        cells = world.cell_parcel == i
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
        figure.legend(handles=_map_legend(words, sorted(seen, key=records.SECTORS.index)), loc="outside right center",
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


def _hatch(ax: Any, mask: np.ndarray, cell: float) -> None:
    rows, columns = mask.shape
    if mask.any():
        # Each cell as two by two points, so that the hatching reaches the border of the parcel.
        fine = np.kron(mask, np.ones((2, 2)))
        x = (np.repeat(np.arange(columns), 2) + np.tile([0.01, 0.99], columns)) * cell
        y = (rows - np.repeat(np.arange(rows), 2) - np.tile([0.01, 0.99], rows)) * cell
        ax.contourf(x, y, fine, levels=[0.5, 1.5], colors="none", hatches=["////"])


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
    figure = _figure(15, max(4.5, 6.3 * tall + 1.6))
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


# --- strategies -------------------------------------------------------------------------------------------------------


def strategy_title(name: str, language: str) -> str:
    """Return what a shipped strategy is called in a language; the name itself for a user's own."""
    from sim.inputs.strategy import list_strategies, load_strategy

    if name in list_strategies():
        return load_strategy(name).title.get(language, name)
    return name.replace("_", " ")


def label(name: str, language: str, width: int = 24) -> str:
    """Return the title of a strategy as a picture can hold it: drawn literally, on at most two lines."""
    return literal(strategy_title(name, language), width)


def outcomes_per_strategy(comparison: Comparison, language: str = "en") -> Figure:
    """Draw, per strategy, the multipliers, the change in vitality and the social balance, each with its interval."""
    words = WORDS[language]
    names = tuple(name for name in comparison.strategies if name != comparison.reference)
    figure = _figure(15, 1.9 + 0.55 * max(len(names), 3))
    axes = figure.subplots(1, 3, sharey=True)
    rows = np.arange(len(names))[::-1]
    for row, name in zip(rows, names, strict=True):
        found = comparison.estimates[name]
        _interval(axes[0], row + 0.13, found["multiplier_additional"], 1.0, BLUE, "o", words)
        _interval(axes[0], row - 0.17, found["multiplier_gross"], 1.0, "#777777", "s", words)
        _interval(axes[1], row, comparison.differences[name]["vitality"], 1.0, GREEN, "o", words)
        _interval(axes[2], row, found["social_balance"], 1e-6, VERMILION, "o", words)
    axes[0].set_yticks(rows, [label(name, language) for name in names], fontsize=12)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    for ax, title, unit in zip(axes, (words["multiplier"], words["vitality_change"], words["balance"]),
                               ("€ / €", words["points"], words["million"]), strict=True):
        ax.set_title(title, fontsize=13, loc="left")
        ax.set_xlabel(unit, fontsize=11)
        ax.axvline(0.0, color="#555555", lw=1)
        ax.grid(axis="x", color="#DDDDDD", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(left=False)
    axes[0].legend(handles=[Line2D([], [], marker="o", color=BLUE, label=words["additional"]),
                            Line2D([], [], marker="s", color="#777777", label=words["gross"])],
                   fontsize=10, frameon=False, loc="best")
    figure.suptitle(words["outcomes_title"].format(park=literal(comparison.runs.park, 60)), fontsize=16, x=0.01, ha="left")
    figure.supxlabel(words["interval"].format(n=len(comparison.runs.seeds)), fontsize=10, color="#444444")
    return figure


def principle_effects(ablation: Ablation, language: str = "en") -> Figure:
    """Draw what each guiding principle does to vitality and to the social balance, with intervals over seeds."""
    words = WORDS[language]
    names = list(ablation.main["vitality"])
    figure = _figure(13, 5.2)
    axes = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))[::-1]
    for ax, outcome, scale, title, unit in (
        (axes[0], "vitality", 1.0, words["vitality_effect"], words["points"]),
        (axes[1], "social_balance", 1e-6, words["balance_effect"], words["million"]),
    ):  # fmt: skip
        for row, name in zip(rows, names, strict=True):
            _interval(ax, row + 0.15, ablation.main[outcome][name], scale, BLUE, "o", words)
            _interval(ax, row - 0.15, ablation.taken_away[outcome][name], scale, VERMILION, "s", words)
        ax.set_title(title, fontsize=13, loc="left")
        ax.set_xlabel(unit, fontsize=11)
        ax.axvline(0.0, color="#555555", lw=1)
        ax.grid(axis="x", color="#DDDDDD", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(left=False)
    axes[0].set_yticks(rows, [words[name] for name in names], fontsize=12)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    figure.legend(handles=[Line2D([], [], marker="o", color=BLUE, label=words["main_effect"]),
                           Line2D([], [], marker="s", color=VERMILION, label=words["taken"])],
                  fontsize=11, frameon=False, loc="outside upper right", ncols=2)
    title = words["principles_title"].format(park=literal(ablation.runs.park, 60), strategy=literal(ablation.strategy, 40))
    figure.suptitle(title, fontsize=16, x=0.01, ha="left")
    figure.supxlabel(words["interval"].format(n=len(ablation.runs.seeds)), fontsize=10, color="#444444")
    return figure


def _interval(ax: Any, y: float, found: Any, scale: float, colour: str, marker: str, words: dict[str, str]) -> None:
    if found is None or found.mean is None:
        ax.text(0.02, y, words["undefined"], fontsize=10, color="#555555", va="center",
                transform=ax.get_yaxis_transform())
        return
    if found.low is not None:
        ax.plot([found.low * scale, found.high * scale], [y, y], color=colour, lw=2.5, solid_capstyle="round")
    ax.plot(found.mean * scale, y, marker=marker, color=colour, ms=8, mec="white")


def _panels(count: int, compact: bool = False) -> tuple[Figure, list[Any]]:
    columns = min(count, 3)
    rows = -(-count // columns)
    figure = _figure(9.0, 2.3 * rows + 1.2) if compact else _figure(4.7 * columns + 0.6, 3.1 * rows + 1.1)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    return figure, list(axes.flat[:count])


def _band(ax: Any, years: np.ndarray, values: np.ndarray, colour: str, **line: Any) -> None:
    ax.plot(years, values.mean(axis=0), color=colour, lw=2.2, **line)
    if len(values) > 1:
        low, high = np.quantile(values, [0.1, 0.9], axis=0)
        ax.fill_between(years, low, high, color=colour, alpha=0.18, lw=0)


def _over_time(
    runs: Runs, language: str, draw: Any, title: str, unit: str, handles: list[Any], compact: bool
) -> Figure:
    words = WORDS[language]
    names = tuple(name for name in runs.strategies if name != "none") or runs.strategies
    figure, axes = _panels(len(names), compact)
    years = runs.years
    for place, (ax, name) in enumerate(zip(axes, names, strict=True)):
        draw(ax, name, years)
        ax.set_title(label(name, language, 34), fontsize=12, loc="left")
        ax.grid(color="#E3E3E3", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if place % 3 == 0:
            ax.set_ylabel(unit, fontsize=11)
        ax.xaxis.set_major_locator(MultipleLocator(max(1, round(runs.quarters / 16))))
        if place + 3 >= len(names):
            ax.set_xlabel(words["year"], fontsize=11)
            ax.tick_params(labelbottom=True)
    figure.legend(handles=handles, loc="outside lower center", ncols=2 if compact else 4, fontsize=11, frameon=False)
    figure.suptitle(f"{literal(runs.park, 60)}: {title[0].lower()}{title[1:]}", fontsize=15, x=0.01, ha="left")
    return figure


def euros_over_time(runs: Runs, language: str = "en", *, compact: bool = False) -> Figure:
    """Draw cumulative private investment and public outlay over the years, per strategy, against the twin.

    `compact` draws for the width of a page instead of that of a slide.
    """
    words = WORDS[language]

    def draw(ax: Any, name: str, years: np.ndarray) -> None:
        twin = runs.path("none", "private_investment") / 1e6
        ax.plot(years, twin.mean(axis=0), color="#555555", lw=1.8, ls="--")
        _band(ax, years, runs.path(name, "private_investment") / 1e6, BLUE)
        _band(ax, years, runs.path(name, "public_outlay") / 1e6, VERMILION, ls="-.")

    handles = [Line2D([], [], color=BLUE, lw=2.2, label=words["private"]),
               Line2D([], [], color=VERMILION, lw=2.2, ls="-.", label=words["public"]),
               Line2D([], [], color="#555555", lw=1.8, ls="--", label=words["twin"]),
               Patch(fc="#888888", alpha=0.25, label=words["band"].format(n=len(runs.seeds)))]
    return _over_time(runs, language, draw, words["euros_title"], words["million"], handles, compact)


def euros_of_run(after: World, twin: World, language: str = "en") -> Figure:
    """Draw private and public euros of one run over the years, against its twin."""
    from sim.outcomes import INDICATORS

    words = WORDS[language]
    figure = _figure(8, 4.6)
    ax = figure.subplots()
    quarters = int(after.clock[0].quarter)
    years = np.arange(1, quarters + 1) / 4.0
    private, public = INDICATORS.index("private_investment"), INDICATORS.index("public_outlay")
    ax.plot(years, after.indicators[:quarters, private] / 1e6, color=BLUE, lw=2.2, label=words["private"])
    ax.plot(years, after.indicators[:quarters, public] / 1e6, color=VERMILION, lw=2.2, ls="-.", label=words["public"])
    ax.plot(years, twin.indicators[:quarters, private] / 1e6, color="#555555", lw=1.8, ls="--", label=words["twin"])
    ax.set_title(words["euros_title"], fontsize=14, loc="left")
    ax.set_xlabel(words["year"], fontsize=11)
    ax.set_ylabel(words["million"], fontsize=11)
    ax.grid(color="#E3E3E3", lw=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=10, frameon=False)
    return figure


def vitality_over_time(runs: Runs, language: str = "en", *, compact: bool = False) -> Figure:
    """Draw vitality over the years, per strategy, against the twin.

    `compact` draws for the width of a page instead of that of a slide.
    """
    words = WORDS[language]

    def draw(ax: Any, name: str, years: np.ndarray) -> None:
        ax.plot(years, runs.path("none", "vitality").mean(axis=0), color="#555555", lw=1.8, ls="--")
        _band(ax, years, runs.path(name, "vitality"), GREEN)
        ax.set_ylim(0, 100)

    handles = [Line2D([], [], color=GREEN, lw=2.2, label=words["vitality"]),
               Line2D([], [], color="#555555", lw=1.8, ls="--", label=words["without"]),
               Patch(fc="#888888", alpha=0.25, label=words["band"].format(n=len(runs.seeds)))]
    return _over_time(runs, language, draw, words["vitality_title"], words["vitality"], handles, compact)


def describe_outcomes(comparison: Comparison, language: str = "en") -> str:
    """Return the picture of outcomes in words, for readers who cannot see it."""
    parts = []
    for name in comparison.strategies:
        if name == comparison.reference:
            continue
        ratio, lift = comparison.estimates[name]["multiplier_additional"], comparison.differences[name]["vitality"]
        ratio_text = WORDS[language]["undefined"] if ratio.mean is None else f"{ratio.mean:.2f}"
        lift_text = "-" if lift is None or lift.mean is None else f"{lift.mean:+.1f}"
        parts.append(f"{strategy_title(name, language)}: {ratio_text}, {lift_text}")
    lead = {"nl": "Per aanpak additionele multiplier en verschil in vitaliteit: ",
            "en": "Per approach the additional multiplier and the difference in vitality: "}[language]
    return lead + "; ".join(parts) + "."


# --- spread over futures ----------------------------------------------------------------------------------------------

DOTS = 20  # a count of twenty is read at a glance (Kay et al. 2016, quantile dot plots)
NET_PRIVATE = "net_private"
SPREAD = {
    "vitality": ("vitality_short", "scale", 1.0), "private_investment": ("private_short", "million", 1e-6),
    "public_outlay": ("public_short", "million", 1e-6), "vacancy": ("vacancy", "percent", 100.0),
    "jobs": ("jobs", "number", 1.0), "social_balance": ("balance_short", "million", 1e-6),
}  # fmt: skip
"""Outcomes whose spread is drawn -> words for title and unit, and what one unit of the picture is of the outcome's."""


def values_per_seed(comparison: Comparison, strategy: str, outcome: str) -> np.ndarray:
    """Return an outcome of one strategy per seed, float64, (seeds,), in the order of the seeds; NaN where there is none.

    Parameters
    ----------
    outcome
        A raw measure; ``social_balance`` (EUR against the twin); or ``net_private``: private euros beyond the twin's
        less public euros beyond the twin's. That is above 0 in just those futures in which an extra public euro goes
        with more than one extra private euro, and needs no denominator.
    """
    runs = comparison.runs

    def beyond_twin(measure: str) -> np.ndarray:
        return runs.values(strategy, measure) - runs.values("none", measure)

    if outcome == NET_PRIVATE:
        return beyond_twin("private_investment") - beyond_twin("public_outlay")
    return beyond_twin("welfare") if outcome == "social_balance" else runs.values(strategy, outcome)


def reference_title(comparison: Comparison, language: str) -> str:
    """Return what differences are taken from, as it reads in a sentence."""
    if comparison.reference == "none":
        return WORDS[language]["twin_title"]
    return strategy_title(comparison.reference, language)


def others(comparison: Comparison) -> tuple[str, ...]:
    """Return the strategies other than the reference, in order."""
    return tuple(name for name in comparison.strategies if name != comparison.reference)


def quantile_dots(values: np.ndarray, dots: int = DOTS) -> np.ndarray:
    """Return `dots` values that stand for equal shares of the futures, ascending; each future itself if they are fewer.

    >>> quantile_dots(np.arange(101.0), 4).tolist()
    [12.5, 37.5, 62.5, 87.5]
    """
    known = np.sort(values[np.isfinite(values)])
    return known if known.size <= dots else np.quantile(known, (np.arange(dots) + 0.5) / dots)


def stack_dots(dots: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where to draw dots of a certain width: x, and height in dots; those that would overlap are stacked.

    Wilkinson's (1999) sweep: a stack takes all that lies within one width of its first dot.
    """
    x, height = np.empty(dots.size), np.empty(dots.size)
    start = 0
    while start < dots.size:
        end = int(np.searchsorted(dots, dots[start] + width, side="left"))
        end = max(end, start + 1)
        x[start:end] = (dots[start] + dots[end - 1]) / 2
        height[start:end] = np.arange(end - start)
        start = end
    return x, height


def futures_per_strategy(comparison: Comparison, language: str = "en", dots: int = DOTS) -> Figure:
    """Draw, per strategy, dots that each stand for an equal share of the futures, against the reference.

    Left the difference in vitality, right extra private minus extra public euros (both beyond the twin's).
    """
    words, names, n = WORDS[language], others(comparison), len(comparison.runs.seeds)
    figure = _figure(9.0, 1.5 + (0.82 if len(names) < 6 else 0.6) * max(len(names), 1))
    axes = figure.subplots(1, 2, sharey=True)
    base = {name: values_per_seed(comparison, comparison.reference, "vitality") for name in names}
    panels = (
        ({name: values_per_seed(comparison, name, "vitality") - base[name] for name in names},
         words["vitality_change"] if comparison.reference == "none" else words["extra_vitality"], words["points"], GREEN),
        ({name: values_per_seed(comparison, name, NET_PRIVATE) / 1e6 for name in names},
         words["net_private"], words["million"], BLUE),
    )  # fmt: skip
    rows = np.arange(len(names))[::-1]
    for ax, (values, title, unit, colour) in zip(axes, panels, strict=True):
        _dot_rows(ax, rows, {name: quantile_dots(found, dots) for name, found in values.items()}, colour)
        ax.set_title(title, fontsize=11, loc="left")
        ax.set_xlabel(unit, fontsize=10)
        _quiet(ax)
    axes[0].set_yticks(rows, [label(name, language) for name in names], fontsize=10.5)
    axes[0].set_ylim(-0.15, max(len(names), 1))
    each = words["dot_one" if n <= dots else "dot_share"].format(n=n, dots=dots)
    figure.supxlabel(each, fontsize=9.5, color="#444444")
    return figure


def _dot_rows(ax: Any, rows: np.ndarray, dots: dict[str, np.ndarray], colour: str) -> None:
    """Draw a row of stacked dots per strategy; open dots lie below zero, so that the side shows without colour."""
    together = np.concatenate([*dots.values(), [0.0]])
    low, high = float(together.min()), float(together.max())
    span = max(high - low, 1e-9)
    # Half a panel of some 3.2 inches holds about 30 dots of 8 points side by side; stacks stay within a row.
    width = 1.08 * span / 30
    stacked = {name: stack_dots(found, width) for name, found in dots.items()}
    tallest = max((float(height.max()) + 1 for _, height in stacked.values() if height.size), default=1.0)
    step = min(0.135, 0.86 / tallest)
    size = 8.0 * step / 0.135
    for row, (x, height) in zip(rows, stacked.values(), strict=True):
        y, below = row + (height + 0.5) * step, x < 0
        ax.plot(x[~below], y[~below], "o", ms=size, color=colour, mec="white", mew=0.5)
        ax.plot(x[below], y[below], "o", ms=size - 1, mfc="white", mec=colour, mew=1.4)
        ax.axhline(row, color="#D5D5D5", lw=0.8, zorder=0)
    ax.axvline(0.0, color="#333333", lw=1.4, ls="--")
    ax.set_xlim(low - 0.06 * span, high + 0.06 * span)


def _quiet(ax: Any) -> None:
    ax.grid(axis="x", color="#E3E3E3", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False, labelsize=9.5)


def spread_per_outcome(comparison: Comparison, language: str = "en") -> Figure:
    """Draw how each outcome spreads over futures, per strategy: up to 50 futures, middle 90%, middle half and median."""
    words, names = WORDS[language], comparison.strategies
    # Ten strategies and a caption still fit on a page of A4.
    figure = _figure(9.0, 1.1 + (0.75 + (0.33 if len(names) < 7 else 0.26) * len(names)) * 3)
    axes = figure.subplots(3, 2, sharey=True)
    rows = np.arange(len(names))[::-1]
    for ax, (outcome, (title, unit, scale)) in zip(axes.flat, SPREAD.items(), strict=True):
        for row, name in zip(rows, names, strict=True):
            values = values_per_seed(comparison, name, outcome) * scale
            _spread_row(ax, row, values[np.isfinite(values)], "#555555" if name == comparison.reference else BLUE)
        ax.set_title(words[title], fontsize=11, loc="left")
        ax.set_xlabel(words[unit], fontsize=9.5)
        _quiet(ax)
    for ax in axes[:, 0]:
        ax.set_yticks(rows, [label(name, language) for name in names], fontsize=9.5)
        ax.set_ylim(-0.6, len(names) - 0.4)
    handles = [Line2D([], [], marker="o", ls="", ms=4, color=BLUE, alpha=0.45, label=words["spread_legend_dot"]),
               Line2D([], [], color=BLUE, lw=1.5, label=words["spread_legend_wide"]),
               Line2D([], [], color=BLUE, lw=5, label=words["spread_legend_half"]),
               Line2D([], [], marker="o", ls="", mfc="white", mec="black", label=words["spread_legend_median"])]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9.5, frameon=False)
    figure.suptitle(words["spread_title"].format(park=literal(comparison.runs.park, 60)), fontsize=12.5, x=0.01, ha="left")
    return figure


def _spread_row(ax: Any, row: float, values: np.ndarray, colour: str) -> None:
    if not values.size:
        return
    dots = quantile_dots(values, 50)
    ax.plot(dots, np.full(dots.size, row - 0.24), "o", ms=3, color=colour, alpha=0.45, mew=0)
    low, first, median, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    if values.size > 1:
        ax.plot([low, high], [row, row], color=colour, lw=1.5, solid_capstyle="butt")
        ax.plot([first, third], [row, row], color=colour, lw=5, solid_capstyle="butt")
    ax.plot(median, row, "o", ms=6, mfc="white", mec="black", mew=1.2)


def differences_per_seed(comparison: Comparison, language: str = "en") -> Figure:
    """Draw the difference from the reference in every future, sorted, per strategy: vitality and social balance."""
    words, names = WORDS[language], others(comparison)
    figure = _figure(9.0, 1.1 + (1.25 if len(names) < 6 else 1.05) * max(len(names), 1))
    axes = figure.subplots(max(len(names), 1), 2, sharex=True, sharey="col", squeeze=False)
    for place, (pair, name) in enumerate(zip(axes, names, strict=False)):
        for ax, outcome, scale, unit in ((pair[0], "vitality", 1.0, words["extra_vitality"]),
                                         (pair[1], "social_balance", 1e-6, words["extra_balance"])):
            change = values_per_seed(comparison, name, outcome) - values_per_seed(comparison, comparison.reference, outcome)
            change = np.sort(change[np.isfinite(change)]) * scale
            above = change > 0
            ax.vlines(np.arange(1, change.size + 1), 0, change, color=np.where(above, BLUE, VERMILION),
                      lw=max(0.6, min(3.0, 110 / max(change.size, 1))))
            ax.axhline(0.0, color="#333333", lw=1)
            ax.axhline(change.mean(), color="black", lw=1.2, ls=":")
            share = round(100 * float(above.mean()))
            ax.set_title(f"{label(name, language, 60)}: {words['share_positive'].format(share=share)}", fontsize=9, loc="left")
            ax.spines[["top", "right", "bottom"]].set_visible(False)
            ax.tick_params(bottom=False, labelbottom=False, labelsize=9)
            if place == len(names) // 2:
                ax.set_ylabel(unit, fontsize=9.5)
    handles = [Line2D([], [], color=BLUE, lw=3, label=words["better"].format(reference=_reference(comparison, language))),
               Line2D([], [], color=VERMILION, lw=3, label=words["worse"].format(reference=_reference(comparison, language))),
               Line2D([], [], color="black", lw=1.2, ls=":", label=words["mean_line"])]
    figure.legend(handles=handles, title=words["sorted"], title_fontsize=9.5, loc="outside lower center", ncols=3,
                  fontsize=9.5, frameon=False)
    title = words["seeds_title"].format(park=literal(comparison.runs.park, 60), reference=_reference(comparison, language))
    figure.suptitle(title, fontsize=12.5, x=0.01, ha="left")
    return figure


def _reference(comparison: Comparison, language: str) -> str:
    return literal(reference_title(comparison, language), 40)


def undominated(comparison: Comparison) -> tuple[str, ...]:
    """Return the strategies that no other surpasses on mean public outlay (less), vitality and social balance (more).

    Another surpasses one that is no better on any of the three and worse on at least one.
    """
    means = np.array([[-np.nanmean(values_per_seed(comparison, name, "public_outlay")),
                       np.nanmean(values_per_seed(comparison, name, "vitality")),
                       np.nanmean(values_per_seed(comparison, name, "social_balance"))] for name in comparison.strategies])
    kept = []
    for name, row in zip(comparison.strategies, means, strict=True):
        surpassed = ((means >= row).all(axis=1) & (means > row).any(axis=1)).any()
        if not surpassed:
            kept.append(name)
    return tuple(kept)


def trade_offs(comparison: Comparison, language: str = "en") -> Figure:
    """Draw extra public outlay against vitality, and social balance against vitality, with intervals both ways.

    Strategies are numbered; filled ones are not surpassed on all three at once (:func:`undominated`).
    """
    words, names, front = WORDS[language], comparison.strategies, undominated(comparison)
    figure = _figure(9.0, 4.6 + 0.22 * (len(names) // 2))
    axes = figure.subplots(1, 2, sharey=True)
    for number, name in enumerate(names, start=1):
        up = comparison.difference(name, "vitality")
        for ax, outcome in zip(axes, ("public_outlay", "social_balance"), strict=True):
            _cross(ax, comparison.difference(name, outcome), 1e-6, up, str(number), name in front)
    axes[0].set_ylabel(words["extra_vitality"], fontsize=10.5)
    for ax, text in zip(axes, (words["extra_public"], words["extra_balance"]), strict=True):
        ax.set_xlabel(text, fontsize=10.5)
        ax.axhline(0.0, color="#999999", lw=0.8)
        ax.axvline(0.0, color="#999999", lw=0.8)
        ax.grid(color="#E8E8E8", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.margins(0.08)
    handles = [Line2D([], [], ls="", marker=f"${number}$", color="black", label=label(name, language, 40))
               for number, name in enumerate(names, start=1)]
    handles += [Line2D([], [], ls="", marker="o", ms=9, color=BLUE, label=words["undominated"]),
                Line2D([], [], ls="", marker="o", ms=9, mfc="white", mec="#555555", label=words["dominated"])]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9.5, frameon=False)
    figure.suptitle(words["tradeoff_title"].format(park=literal(comparison.runs.park, 60)), fontsize=12.5, x=0.01, ha="left")
    return figure


def _cross(ax: Any, across: Any, scale: float, up: Any, text: str, kept: bool) -> None:
    if across is None or up is None or across.mean is None or up.mean is None:
        return
    x, y, colour = across.mean * scale, up.mean, BLUE if kept else "#555555"
    if across.low is not None and across.high is not None:
        ax.plot([across.low * scale, across.high * scale], [y, y], color=colour, lw=1.3, alpha=0.8)
    if up.low is not None and up.high is not None:
        ax.plot([x, x], [up.low, up.high], color=colour, lw=1.3, alpha=0.8)
    ax.plot(x, y, "o", ms=13, color=colour if kept else "white", mec=colour, mew=1.4, zorder=3)
    ax.annotate(text, (x, y), ha="center", va="center_baseline", fontsize=8.5, color="white" if kept else "black", zorder=4)


def chance_of_best(comparison: Comparison, language: str = "en") -> Figure:
    """Draw the chance of being best per strategy, on three outcomes, each as a row of twenty squares."""
    words, names = WORDS[language], comparison.strategies
    figure = _figure(9.0, 1.25 + 0.42 * len(names))
    axes = figure.subplots(1, 3, sharey=True)
    rows = np.arange(len(names))[::-1]
    for ax, outcome, title, colour in zip(
        axes, ("multiplier_additional", "vitality", "social_balance"),
        ("best_multiplier", "best_vitality", "best_balance"), (BLUE, GREEN, VERMILION), strict=True,
    ):  # fmt: skip
        for row, name in zip(rows, names, strict=True):
            chance = comparison.probability_best[outcome][name]
            for place in range(20):
                full = place < round(20 * chance)
                ax.plot(place, row, "s", ms=6.2, color=colour if full else "white", mec=colour if full else "#BBBBBB", mew=0.8)
            ax.text(20.3, row, f"{100 * chance:.0f}%", fontsize=9.5, va="center_baseline")
        ax.set_title(words[title], fontsize=10.5, loc="left")
        ax.set_xlim(-0.8, 24.5)
        ax.set_xticks([])
        ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
        ax.tick_params(left=False)
    axes[0].set_yticks(rows, [label(name, language) for name in names], fontsize=10)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    figure.supxlabel(words["best_legend"], fontsize=9.5, color="#444444")
    figure.suptitle(words["best_title"].format(park=literal(comparison.runs.park, 60)), fontsize=12.5, x=0.01, ha="left")
    return figure
