"""Public and private euros, and vitality, over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from analysis.figures.canvas import BLUE, GREEN, VERMILION, label, literal, new_figure
from analysis.figures.words import WORDS

if TYPE_CHECKING:
    from analysis.experiment import Runs
    from sim.world import World


def _panels(count: int, compact: bool = False) -> tuple[Figure, list[Any]]:
    columns = min(count, 3)
    rows = -(-count // columns)
    figure = new_figure(9.0, 2.3 * rows + 1.2) if compact else new_figure(4.7 * columns + 0.6, 3.1 * rows + 1.1)
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
    figure = new_figure(8, 4.6)
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
