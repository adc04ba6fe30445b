"""Every picture, once. Made for a slide: few words, large enough, colours that the colour-blind can tell apart.

Figures are Matplotlib objects without any global state, so they may be drawn off the main thread. A picture of chance
always shows an interval, never a lone bar.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from sim import records

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.experiment import Runs
    from analysis.principles import Ablation
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
        "exit": "exit", "main_effect": "on minus off, over all combinations of the others",
        "taken": "with all six: what this one adds",
    },
}  # fmt: skip


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> list[Path]:
    """Write a figure as PNG and SVG, free of dates, and return the paths.

    Parameters
    ----------
    path
        Without suffix.
    """
    import matplotlib

    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    figure.savefig(png, dpi=150, metadata={"Software": None})
    with matplotlib.rc_context({"svg.hashsalt": "klaver", "svg.fonttype": "path"}):
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
    return [png, svg]


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
    ax.set_title(title, fontsize=14, loc="left")
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
        figure.suptitle(title, fontsize=16, x=0.01, ha="left")
    return figure


# --- strategies -------------------------------------------------------------------------------------------------------


def strategy_title(name: str, language: str) -> str:
    """Return what a shipped strategy is called in a language; the name itself for a user's own."""
    from sim.inputs.strategy import list_strategies, load_strategy

    if name in list_strategies():
        return load_strategy(name).title.get(language, name)
    return name.replace("_", " ")


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
    axes[0].set_yticks(rows, [strategy_title(name, language) for name in names], fontsize=12)
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
    figure.suptitle(words["outcomes_title"].format(park=comparison.runs.park), fontsize=16, x=0.01, ha="left")
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
    title = words["principles_title"].format(park=ablation.runs.park, strategy=ablation.strategy)
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


def _panels(count: int) -> tuple[Figure, list[Any]]:
    columns = min(count, 3)
    rows = -(-count // columns)
    figure = _figure(4.7 * columns + 0.6, 3.1 * rows + 1.1)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[count:]:
        ax.set_axis_off()
    return figure, list(axes.flat[:count])


def _band(ax: Any, years: np.ndarray, values: np.ndarray, colour: str, **line: Any) -> None:
    ax.plot(years, values.mean(axis=0), color=colour, lw=2.2, **line)
    if len(values) > 1:
        low, high = np.quantile(values, [0.1, 0.9], axis=0)
        ax.fill_between(years, low, high, color=colour, alpha=0.18, lw=0)


def _over_time(runs: Runs, language: str, draw: Any, title: str, unit: str, handles: list[Any]) -> Figure:
    words = WORDS[language]
    names = tuple(name for name in runs.strategies if name != "none") or runs.strategies
    figure, axes = _panels(len(names))
    years = np.arange(1, runs.quarters + 1) / 4.0
    for place, (ax, name) in enumerate(zip(axes, names, strict=True)):
        draw(ax, name, years)
        ax.set_title(strategy_title(name, language), fontsize=12, loc="left")
        ax.grid(color="#E3E3E3", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if place % 3 == 0:
            ax.set_ylabel(unit, fontsize=11)
        ax.xaxis.set_major_locator(MultipleLocator(max(1, round(runs.quarters / 16))))
        if place + 3 >= len(names):
            ax.set_xlabel(words["year"], fontsize=11)
            ax.tick_params(labelbottom=True)
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=11, frameon=False)
    figure.suptitle(f"{runs.park}: {title[0].lower()}{title[1:]}", fontsize=15, x=0.01, ha="left")
    return figure


def euros_over_time(runs: Runs, language: str = "en") -> Figure:
    """Draw cumulative private investment and public outlay over the years, per strategy, against the twin."""
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
    return _over_time(runs, language, draw, words["euros_title"], words["million"], handles)


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


def vitality_over_time(runs: Runs, language: str = "en") -> Figure:
    """Draw vitality over the years, per strategy, against the twin."""
    words = WORDS[language]

    def draw(ax: Any, name: str, years: np.ndarray) -> None:
        ax.plot(years, runs.path("none", "vitality").mean(axis=0), color="#555555", lw=1.8, ls="--")
        _band(ax, years, runs.path(name, "vitality"), GREEN)
        ax.set_ylim(0, 100)

    handles = [Line2D([], [], color=GREEN, lw=2.2, label=words["vitality"]),
               Line2D([], [], color="#555555", lw=1.8, ls="--", label=words["without"]),
               Patch(fc="#888888", alpha=0.25, label=words["band"].format(n=len(runs.seeds)))]
    return _over_time(runs, language, draw, words["vitality_title"], words["vitality"], handles)


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
