"""Four pictures of what was discovered: points won, the map of a region, regret, and how large against how sure a region is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import LogLocator, NullLocator

from analysis.discovery.gains import is_clear, is_number, regret_per_point, winners
from analysis.discovery.regions import FOUND, Region
from analysis.figures.canvas import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    label,
    literal,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.discovery import Discovered
    from analysis.discovery.wording import DiscoveryWording

_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, "#7A6A00")  # yellow itself is too faint on white
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_GREY = "#777777"
_MOST_CURVES = 6


def _look(strategies: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for every strategy; that of doing nothing extra is black."""
    acting = [name for name in strategies if name != "none"]
    look = {name: (_COLOURS[k % 7], _MARKERS[(k + k // 7) % 7]) for k, name in enumerate(acting)}
    return look | {"none": (BLACK, "*")}


def _tidy(ax: Any, grid: str = "both") -> None:
    ax.grid(axis=grid, color="#E5E5E5", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def _finish(axes: np.ndarray, used: int, width: int, text: str) -> None:
    """Hide the panels of a grid that are not used, and label the lowest of each column."""
    for place, ax in enumerate(axes):
        if place >= used:
            ax.set_visible(False)
        elif place + width >= used:
            ax.set_xlabel(text, fontsize=10)
            ax.tick_params(labelbottom=True)


def shares_figure(found: Sequence[Discovered], words: DiscoveryWording) -> Figure:
    """Draw, per park, the share of points at which each strategy comes out first, and does so beyond chance."""
    names = found[0].gains.strategies
    width = min(2, len(found))
    height = -(-len(found) // width)
    figure = new_figure(4.0 + 4.2 * width, 1.3 + height * (0.7 + 0.36 * len(names)))
    axes = figure.subplots(height, width, sharex=True, sharey=True, squeeze=False).ravel()
    rows = np.arange(len(names))[::-1]
    for ax, park in zip(axes, found, strict=False):
        best = 100 * np.array([(won.best.mean, won.best.low, won.best.high) for won in park.won], float)
        ax.barh(rows, best[:, 0], 0.62, color=SKY)
        ax.barh(rows, [100 * won.clear for won in park.won], 0.62, color=BLUE)
        ax.hlines(rows, best[:, 1], best[:, 2], color=BLACK, lw=1.6)
        ax.set_title(literal(words.park(park.park), 44), fontsize=12, loc="left")
        _tidy(ax, "x")
    axes[0].set_yticks(rows, [label(name, words.language, 30) for name in names], fontsize=10.5)
    axes[0].set_xlim(0, 100)
    _finish(axes, len(found), width, words("figure", "shares_axis"))
    figure.suptitle(f"{words('figure', 'shares_title')}\n{words('measure', words.measure)}", fontsize=14, x=0.01, ha="left")
    figure.legend(handles=[Patch(color=SKY, label=words("figure", "shares_best")),
                           Patch(color=BLUE, label=words("figure", "shares_clear"))],
                  loc="outside lower center", ncols=2, fontsize=10.5, frameon=False)
    return figure


def map_figure(found: Discovered, words: DiscoveryWording) -> Figure | None:
    """Draw the points in two factors, coloured by who is best, with the region that stands out most; None below two factors.

    The factors are those that the region restricts most, then those that the tree asks for, then the first of the design.
    """
    factors, region = found.gains.factors, next(iter(found.found), None)
    numbers = [str(name) for name in factors.columns if is_number(factors[name])]
    wanted = [*(limit.factor for limit in (region.limits if region else ())), *found.advice.factors, *numbers]
    axes_of = [name for name in dict.fromkeys(wanted) if name in numbers][:2]
    if len(axes_of) < 2:
        return None
    x, y = (factors[name].to_numpy(float) for name in axes_of)
    best, clear, look = winners(found.gains.values), is_clear(found.gains.values), _look(found.gains.strategies)
    figure = new_figure(11.0, 6.8)
    ax = figure.subplots()
    for k, name in enumerate(found.gains.strategies):
        colour, marker = look[name]
        for here, style in ((best == k) & ~clear, {"facecolors": "none", "edgecolors": colour, "alpha": 0.75}), (
            (best == k) & clear, {"facecolors": colour, "edgecolors": BLACK}
        ):
            ax.scatter(x[here], y[here], marker=marker, s=46, linewidths=1.3, **style)
    if region is not None:
        _draw_box(ax, region, axes_of, (x, y))
    for axis, name, values, scale in ((ax.xaxis, axes_of[0], x, ax.set_xscale), (ax.yaxis, axes_of[1], y, ax.set_yscale)):
        if _is_log(values):
            scale("log")
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(partial(_written, words, name))
        axis.set_label_text(literal(words.factor(name)), fontsize=12)
    _tidy(ax)
    handles = [Line2D([], [], ls="", marker=look[name][1], mec=look[name][0], mfc="none", mew=1.4, ms=8,
                      label=f"{label(name, words.language, 34)} ({words.share(float((best == k).mean()))})")
               for k, name in enumerate(found.gains.strategies) if (best == k).any()]
    handles.append(Line2D([], [], ls="", marker="o", mfc=_GREY, mec=BLACK, ms=8, label=words("figure", "map_clear")))
    if region is not None:
        handles.append(Line2D([], [], color=BLACK, lw=2.2, label=words("figure", "map_box")))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=10.5, frameon=False)
    park = words.park(found.park)
    title = words("figure", "map_none", park=park)
    if region is not None:
        title = words("figure", "map_found" if region.leads else "map_more_often", park=park,
                      where=words.where(region.limits), strategy=words.strategy(region.strategy))  # fmt: skip
    figure.suptitle(literal(title, 104), fontsize=13, x=0.01, ha="left")
    return figure


def _written(words: DiscoveryWording, factor: str, value: float, _: int | None = None) -> str:
    return words.value(factor, float(value))


def _is_log(values: np.ndarray) -> bool:
    """Return whether values lie evenly over a logarithm rather than over their range."""
    low, middle, high = values.min(), float(np.median(values)), values.max()
    if low <= 0.0:
        return False
    return bool(abs(np.log(middle / np.sqrt(low * high)) / np.log(high / low)) < abs(middle - (low + high) / 2) / (high - low))


def _draw_box(ax: Any, region: Region, axes_of: Sequence[str], values: Sequence[np.ndarray]) -> None:
    """Draw the sides of a region in two factors; where it is open it ends at the outermost points."""
    ends = []
    for name, all_of in zip(axes_of, values, strict=True):
        limit = next((limit for limit in region.limits if limit.factor == name and limit.level is None), None)
        low, high = (None, None) if limit is None else (limit.low, limit.high)
        ends.append((float(all_of.min()) if low is None else low, float(all_of.max()) if high is None else high))
    (left, right), (bottom, top) = ends
    ax.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=True, facecolor="#F2F2F2", zorder=0))
    ax.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=BLACK, lw=2.2, zorder=3))


def regret_figure(found: Discovered, words: DiscoveryWording) -> Figure:
    """Draw how regret is spread over the points, per strategy."""
    from analysis.discovery.wording import SCALE

    names = found.gains.strategies
    values = SCALE.get(words.measure, 1.0) * regret_per_point(found.gains.values)
    figure = new_figure(11.0, 1.9 + 0.48 * len(names))
    ax = figure.subplots()
    for row, k in enumerate(reversed(range(len(names)))):
        low, left, middle, right, high = np.quantile(values[:, k], [0.1, 0.25, 0.5, 0.75, 0.9])
        ax.plot([low, high], [row, row], color=BLUE, lw=1.8)
        ax.barh(row, right - left, 0.5, left=left, color=BLUE)
        ax.plot([middle, middle], [row - 0.25, row + 0.25], color="white", lw=2.4)
        ax.plot(values[:, k].mean(), row, "D", color=ORANGE, mec=BLACK, ms=7, zorder=3)
    ax.axvline(0.0, color="#555555", lw=1)
    ax.set_yticks(np.arange(len(names)), [label(name, words.language, 34) for name in reversed(names)], fontsize=11)
    ax.xaxis.set_major_formatter(lambda value, _: words.number(value, 0 if float(value).is_integer() else 1))
    ax.set_xlabel(words("figure", "regret_axis", measure=words("measure", words.measure)), fontsize=11.5)
    _tidy(ax, "x")
    figure.supxlabel(words("figure", "regret_legend"), fontsize=9.5, color="#444444")
    figure.suptitle(literal(words("figure", "regret_title", park=words.park(found.park)), 96), fontsize=14, x=0.01, ha="left")
    return figure


def curve_figure(found: Discovered, words: DiscoveryWording) -> Figure | None:
    """Draw density against coverage of every box peeled, per strategy; None where nothing was searched."""
    searched = [region for region in found.regions if len(region.curve)]
    searched = sorted(searched, key=lambda region: (region.p or 1.0, -region.held_out.score))[:_MOST_CURVES]
    if not searched:
        return None
    width = min(3, len(searched))
    height = -(-len(searched) // width)
    figure = new_figure(max(8.0, 1.2 + 3.6 * width), 1.7 + 2.9 * height)
    axes = figure.subplots(height, width, sharex=True, sharey=True, squeeze=False).ravel()
    for ax, region in zip(axes, searched, strict=False):
        curve = 100.0 * region.curve
        ax.plot(curve["coverage"], curve["density"], color=_GREY, lw=1.6, ls="--")
        ax.plot(curve["coverage_held_out"], curve["density_held_out"], color=BLUE, lw=2.2)
        ax.axhline(100.0 * region.held_out.base, color=BLACK, lw=1, ls=":")
        is_found = region.status == FOUND
        if region.limits:
            ax.plot(100.0 * region.held_out.coverage, 100.0 * region.held_out.density, "o", ms=10, mec=BLACK,
                    color=ORANGE if is_found else "white", zorder=3)
        verdict = f"{words('figure', 'found' if is_found else 'not_found')}, p = {words.chance(region.p or 1.0)}"
        ax.set_title(f"{label(region.strategy, words.language, 34)}\n{verdict}", fontsize=10.5, loc="left")
        ax.set(xlim=(0, 103), ylim=(0, 103))
        _tidy(ax)
    _finish(axes, len(searched), width, textwrap.fill(words("figure", "curve_x"), 34))
    for ax in axes[::width]:
        ax.set_ylabel(textwrap.fill(words("figure", "curve_y"), 34), fontsize=10)
    handles = [Line2D([], [], color=_GREY, lw=1.6, ls="--", label=words("figure", "curve_searched")),
               Line2D([], [], color=BLUE, lw=2.2, label=words("figure", "curve_held")),
               Line2D([], [], color=BLACK, lw=1, ls=":", label=words("figure", "curve_base")),
               Line2D([], [], ls="", marker="o", mec=BLACK, mfc=ORANGE, ms=9,
                      label=words("figure", "curve_chosen"))]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=10, frameon=False)
    figure.suptitle(literal(words("figure", "curve_title", park=words.park(found.park)), 96), fontsize=14, x=0.01, ha="left")
    return figure
