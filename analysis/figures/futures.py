"""How outcomes spread over futures: dots, intervals of futures, and the difference in each future."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.compare import NET_PRIVATE
from analysis.figures.canvas import BLUE, GREEN, VERMILION, label, literal, new_figure, strategy_title
from analysis.figures.words import WORDS

if TYPE_CHECKING:
    from analysis.compare import Comparison

DOTS = 20  # a count of twenty is read at a glance (Kay et al. 2016, quantile dot plots)
SPREAD = {
    "vitality": ("vitality_short", "scale", 1.0), "private_investment": ("private_short", "million", 1e-6),
    "public_outlay": ("public_short", "million", 1e-6), "vacancy": ("vacancy", "percent", 100.0),
    "jobs": ("jobs", "number", 1.0), "social_balance": ("balance_short", "million", 1e-6),
}  # fmt: skip
"""Outcomes whose spread is drawn -> words for title and unit, and what one unit of the picture is of the outcome's."""


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
    figure = new_figure(9.0, 1.5 + (0.82 if len(names) < 6 else 0.6) * max(len(names), 1))
    axes = figure.subplots(1, 2, sharey=True)
    panels = (
        (_changes(comparison, names),
         words["vitality_change"] if comparison.reference == "none" else words["extra_vitality"], words["points"], GREEN),
        (_nets(comparison, names), words["net_private"], words["million"], BLUE),
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


def _changes(comparison: Comparison, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the difference in vitality from the reference per strategy and seed."""
    base = comparison.values(comparison.reference, "vitality")
    return {name: comparison.values(name, "vitality") - base for name in names}


def _nets(comparison: Comparison, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return extra private less extra public euros per strategy and seed, in millions."""
    return {name: comparison.values(name, NET_PRIVATE) / 1e6 for name in names}


def _dot_rows(
    ax: Any, rows: np.ndarray, dots: dict[str, np.ndarray], colour: str, *,
    ends: tuple[float, float] | None = None, across: float = 30.0, step: float = 0.135, size: float = 8.0,
) -> None:  # fmt: skip
    """Draw a row of stacked dots per strategy; open dots lie below zero, so that the side shows without colour.

    Parameters
    ----------
    ends
        Lowest and highest value of the axis; those of the dots and zero if None.
    across
        Dots that fit side by side in the panel: half a page of 3.2 inches holds some 30 of 8 points.
    step, size
        Of a dot: height as a share of a row, and points; smaller where a stack would not fit in its row.
    """
    low, high = ends or _ends([*dots.values()])
    span = max(high - low, 1e-9)
    stacked = {name: stack_dots(found, 1.08 * span / across) for name, found in dots.items()}
    tallest = max((float(height.max()) + 1 for _, height in stacked.values() if height.size), default=1.0)
    size *= min(1.0, 0.86 / (tallest * step))
    step = min(step, 0.86 / tallest)
    nothing = np.empty(0)
    x = np.concatenate([nothing, *(x for x, _ in stacked.values())])
    heights = [row + (height + 0.5) * step for row, (_, height) in zip(rows, stacked.values(), strict=True)]
    y = np.concatenate([nothing, *heights])
    ax.plot(x[x >= 0], y[x >= 0], "o", ms=size, color=colour, mec="white", mew=0.06 * size)
    ax.plot(x[x < 0], y[x < 0], "o", ms=0.88 * size, mfc="white", mec=colour, mew=0.17 * size)
    ax.hlines(rows, 0, 1, transform=ax.get_yaxis_transform(), color="#D5D5D5", lw=0.8, zorder=0)
    ax.axvline(0.0, color="#333333", lw=1.4, ls="--")
    ax.set_xlim(low - 0.06 * span, high + 0.06 * span)


def _ends(values: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return the lowest and the highest of all values and zero."""
    together = np.concatenate([*values, [0.0]])
    return float(np.nanmin(together)), float(np.nanmax(together))


MOST_PARKS_FOR_TWO = 3  # parks beside each other for which two outcomes still fit


def futures_per_park(comparisons: Sequence[Comparison], language: str = "en", dots: int = DOTS) -> Figure:
    """Draw all parks together: per park and strategy, dots that each stand for an equal share of the futures.

    The difference in vitality from the reference, and of up to three parks also extra private minus extra public euros.
    All parks have the same scale, so that it shows where the choice matters.
    """
    words = WORDS[language]
    names = tuple(dict.fromkeys(name for comparison in comparisons for name in others(comparison)))
    panels = [(_changes, words["extra_vitality"], GREEN)]
    if len(comparisons) <= MOST_PARKS_FOR_TWO:
        panels.append((_nets, f"{words['net_private']}, {words['million']}", BLUE))
    columns = min(len(comparisons), 3)
    lines = -(-len(comparisons) // columns)
    height = 0.34 if len(names) < 5 else 0.19
    figure = new_figure(9.0, 0.4 + lines * len(panels) * (0.6 + height * max(len(names), 1)))
    axes = figure.subplots(lines * len(panels), columns, sharey=True, squeeze=False)
    rows = np.arange(len(names))[::-1]
    for place, (values, unit, colour) in enumerate(panels):
        found = [{name: quantile_dots(one, dots) for name, one in values(comparison, others(comparison)).items()}
                 for comparison in comparisons]
        ends = _ends([one for park in found for one in park.values()])
        for ax, comparison, park in zip(axes[place * lines : (place + 1) * lines].flat, comparisons, found, strict=False):
            _dot_rows(ax, rows, {name: park.get(name, np.empty(0)) for name in names}, colour, ends=ends,
                      across=90.0 / columns * (1.0 if height > 0.3 else 1.4), step=0.2, size=5.0 if height > 0.3 else 3.4)
            ax.set_title(literal(comparison.runs.park, 34), fontsize=9.5, loc="left")
            ax.set_xlabel(unit, fontsize=8.5)
            _quiet(ax)
            ax.tick_params(labelsize=8.5)
    for ax in axes.flat[len(comparisons) * len(panels):] if len(panels) == 1 else ():
        ax.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_yticks(rows, [label(name, language) for name in names], fontsize=9 if height > 0.3 else 8)
    axes[0, 0].set_ylim(-0.15, max(len(names), 1))
    sizes = {min(len(comparison.runs.seeds), dots) for comparison in comparisons}
    figure.supxlabel(words["dot_parks"].format(dots=max(sizes, default=dots)), fontsize=8.5, color="#444444")
    return figure


def _quiet(ax: Any) -> None:
    ax.grid(axis="x", color="#E3E3E3", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False, labelsize=9.5)


def spread_per_outcome(comparison: Comparison, language: str = "en") -> Figure:
    """Draw how each outcome spreads over futures, per strategy: up to 50 futures, middle 90%, middle half and median."""
    words, names = WORDS[language], comparison.strategies
    # Ten strategies and a caption still fit on a page of A4.
    figure = new_figure(9.0, 1.1 + (0.75 + (0.33 if len(names) < 7 else 0.26) * len(names)) * 3)
    axes = figure.subplots(3, 2, sharey=True)
    rows = np.arange(len(names))[::-1]
    for ax, (outcome, (title, unit, scale)) in zip(axes.flat, SPREAD.items(), strict=True):
        values = [comparison.values(name, outcome) * scale for name in names]
        chosen = np.array([name == comparison.reference for name in names])
        for group, colour in ((chosen, "#555555"), (~chosen, BLUE)):
            _spread_rows(ax, rows[group], [values[k] for k in np.flatnonzero(group)], colour)
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


def _spread_rows(ax: Any, rows: np.ndarray, values: Sequence[np.ndarray], colour: str) -> None:
    """Draw rows of one colour: up to 50 futures as dots, middle 90%, middle half, median."""
    known = [(row, found) for row, column in zip(rows, values, strict=True) if (found := column[np.isfinite(column)]).size]
    if not known:
        return
    dots = [quantile_dots(found, 50) for _, found in known]
    y = np.array([row for row, _ in known], dtype=float)
    heights = np.repeat(y - 0.24, [dot.size for dot in dots])
    ax.plot(np.concatenate(dots), heights, "o", ms=3, color=colour, alpha=0.45, mew=0)
    low, first, median, third, high = np.array([np.quantile(found, [0.05, 0.25, 0.5, 0.75, 0.95]) for _, found in known]).T
    ax.hlines(y, low, high, color=colour, lw=1.5)
    ax.hlines(y, first, third, color=colour, lw=5)
    ax.plot(median, y, "o", ms=6, mfc="white", mec="black", mew=1.2)


def differences_per_seed(comparison: Comparison, language: str = "en") -> Figure:
    """Draw the difference from the reference in every future, sorted, per strategy: vitality and social balance."""
    words, names = WORDS[language], others(comparison)
    figure = new_figure(9.0, 1.5 + (1.25 if len(names) < 6 else 1.05) * max(len(names), 1))
    axes = figure.subplots(max(len(names), 1), 2, sharex=True, sharey="col", squeeze=False)
    columns = (("vitality", 1.0, words["extra_vitality"]), ("social_balance", 1e-6, words["extra_balance_change"]))
    for pair, name in zip(axes, names, strict=False):
        for ax, (outcome, scale, _) in zip(pair, columns, strict=True):
            change = comparison.values(name, outcome) - comparison.values(comparison.reference, outcome)
            _sorted_bars(ax, np.sort(change[np.isfinite(change)]) * scale, words["share_positive"])
        pair[0].set_title(label(name, language, 27), fontsize=9.5, loc="left")  # room for the share beside it
    for ax, (_, _, unit) in zip(axes[0], columns, strict=True):
        # Over the first title, which may take two lines.
        ax.annotate(unit, (0, 1), xycoords="axes fraction", xytext=(0, 32 if "\n" in axes[0, 0].get_title("left") else 20),
                    textcoords="offset points", fontsize=10, fontweight="bold")
    handles = [Line2D([], [], color=BLUE, lw=3, label=words["better"].format(reference=_reference(comparison, language))),
               Line2D([], [], color=VERMILION, lw=3, label=words["worse"].format(reference=_reference(comparison, language))),
               Line2D([], [], color="black", lw=1.2, ls=":", label=words["mean_line"])]
    figure.legend(handles=handles, title=words["sorted"], title_fontsize=9.5, loc="outside lower center", ncols=3,
                  fontsize=9.5, frameon=False)
    title = words["seeds_title"].format(park=literal(comparison.runs.park, 60), reference=_reference(comparison, language))
    figure.suptitle(title, fontsize=12.5, x=0.01, ha="left")
    return figure


def _sorted_bars(ax: Any, change: np.ndarray, share_positive: str) -> None:
    """Draw one line per future, in rising order, coloured by its side of zero, with the mean."""
    above = change > 0
    ax.vlines(np.arange(1, change.size + 1), 0, change, color=np.where(above, BLUE, VERMILION),
              lw=max(0.6, min(3.0, 110 / max(change.size, 1))))
    ax.axhline(0.0, color="#333333", lw=1)
    ax.axhline(change.mean(), color="black", lw=1.2, ls=":")
    ax.set_title(share_positive.format(share=round(100 * float(above.mean()))), fontsize=8.5, loc="right", color="#444444")
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.tick_params(labelsize=9)
    ax.set_xticks([])
    ax.yaxis.set_major_locator(MaxNLocator(4))


def _reference(comparison: Comparison, language: str) -> str:
    return literal(reference_title(comparison, language), 40)
