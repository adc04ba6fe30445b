"""Pictures: what the screening found, how the variance is divided, and whether there were enough points."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.canvas import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    literal,
    new_figure,
    strategy_title,
)
from analysis.sensitivity.design import LUCK
from analysis.sensitivity.indices import Indices
from analysis.sensitivity.running import Contrast
from analysis.sensitivity.sample import Sample
from analysis.sensitivity.screening import LARGEST, Screening
from analysis.sensitivity.wording import bare, contrast_name, count_standing, meaning, outcome_name, scale

if TYPE_CHECKING:
    from analysis.sensitivity.wording import Words

SHOWN = 10
_GREY = "#8C8C8C"
_INDEX_AXIS = (-0.4, 1.6)  # shares; an estimate on few points can lie far beyond, and is then cut off at the edge
_LINES = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "D"), (PURPLE, "^"), (ORANGE, "v"), (SKY, "P"), (BLACK, "X"))


def sample_figure(found: Sample, contrast: Contrast, outcome: str, say: Words) -> Figure:
    """Draw the ten largest effects on the difference between the strategies, each with its interval."""
    divisor, unit = scale(outcome, say)
    rows = found.rows(contrast, outcome)
    shown = rows.head(SHOWN)
    figure = new_figure(13.0, 7.2)
    ax = figure.subplots()
    ax.axvline(0.0, color="#555555", lw=1)
    for y, row in zip(np.arange(len(shown))[::-1], shown.itertuples(), strict=True):
        ax.plot([row.effect_low / divisor, row.effect_high / divisor], [y, y], color=BLUE, lw=2.6, zorder=2)
        ax.plot(row.effect / divisor, y, "o", ms=10, color=BLUE if row.stands else "white", mec=BLUE, mew=1.5, zorder=3)
    _label_rows(ax, list(shown["factor"]), found, say, SHOWN, width=62, size=12)
    first, second = (strategy_title(name, say.code) for name in contrast)
    sides = say(f"sensitivity.effect_{'costs' if outcome == 'public_outlay' else 'favours'}", first=first, second=second)
    ax.set_xlabel(f"{say('sensitivity.effect_axis', unit=unit)}\n{literal(sides)}", fontsize=13)
    ax.tick_params(axis="x", labelsize=12)
    _plain(ax)
    _numbered(ax.xaxis, say)
    figure.legend(handles=[
        Line2D([], [], ls="-", marker="o", ms=9, color=BLUE, label=say("sensitivity.effect_legend")),
        Line2D([], [], ls="-", marker="o", ms=9, color=BLUE, mfc="white", label=say("sensitivity.not_legend")),
    ], loc="outside lower center", ncols=2, fontsize=12, frameon=False)  # fmt: skip
    number = count_standing(found, contrast, outcome)
    title = say("sensitivity.title_none") if not number else say("sensitivity.title_some", n=number, of=len(rows))
    table = found.explained
    share = table[(table["contrast"] == contrast.key) & (table["outcome"] == outcome)]["share"].iloc[0]
    below = "" if share != share else say("sensitivity.explained_short", share=say.number(100 * max(share, 0.0)))
    _head(figure, found.park, contrast, outcome, title, say, below)
    return figure


def screening_figure(screening: Screening, contrast: Contrast, outcome: str, say: Words) -> Figure:
    """Draw mean absolute effect against spread, the largest labelled, and beside it the largest with their intervals."""
    divisor, unit = scale(outcome, say)
    rows = screening.rows(contrast, outcome)
    luck = _luck(screening.table, contrast, outcome)
    figure = new_figure(14.0, 6.4)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 0.85))
    for stands, fill in ((False, "white"), (True, BLUE)):
        some = rows[rows["stands"] == stands]
        left.plot(some["mu_star"] / divisor, some["sigma"] / divisor, "o", ms=7, color=fill, mec=BLUE, mew=1.1, alpha=0.85)
    left.plot(luck["mu_star"] / divisor, luck["sigma"] / divisor, "X", ms=12, color=VERMILION, mec="white", zorder=4)
    for rank, row in enumerate(rows.head(LARGEST).itertuples(), start=1):  # names would lie over each other
        left.annotate(str(rank), (row.mu_star / divisor, row.sigma / divisor), xytext=(7, 3), textcoords="offset points",
                      fontsize=13, fontweight="bold")
    left.set_xlabel(say("sensitivity.mu_star_axis", unit=unit), fontsize=12)
    left.set_ylabel(say("sensitivity.sigma_axis", unit=unit), fontsize=12)
    left.margins(x=0.14, y=0.08)
    shown = rows.head(SHOWN)
    for y, row in zip(np.arange(len(shown))[::-1], shown.itertuples(), strict=True):
        right.plot([row.mu_star_low / divisor, row.mu_star_high / divisor], [y, y], color=BLUE, lw=2.2)
        right.plot(row.mu_star / divisor, y, "o", ms=8, color=BLUE if row.stands else "white", mec=BLUE, mew=1.3)
    right.axvspan(luck["mu_star_low"] / divisor, luck["mu_star_high"] / divisor, color=VERMILION, alpha=0.15, lw=0)
    right.axvline(luck["mu_star"] / divisor, color=VERMILION, lw=1.6)
    _label_rows(right, list(shown["factor"]), screening, say, LARGEST)
    right.set_xlabel(say("sensitivity.mu_star_axis", unit=unit), fontsize=12)
    right.set_xlim(left=0.0)
    for ax, axis in ((left, left.xaxis), (left, left.yaxis), (right, right.xaxis)):
        _plain(ax)
        _numbered(axis, say)
    figure.legend(handles=[
        Line2D([], [], ls="", marker="o", ms=8, color=BLUE, label=say("sensitivity.stands_legend")),
        Line2D([], [], ls="", marker="o", ms=8, color="white", mec=BLUE, label=say("sensitivity.not_legend")),
        Line2D([], [], ls="-", marker="X", ms=9, color=VERMILION, label=say("sensitivity.luck_legend")),
    ], loc="outside lower center", ncols=3, fontsize=11, frameon=False)  # fmt: skip
    number = count_standing(screening, contrast, outcome)
    found = say("sensitivity.title_none") if not number else say("sensitivity.title_some", n=number, of=len(rows))
    _head(figure, screening.park, contrast, outcome, found, say)
    return figure


def indices_figure(indices: Indices, contrast: Contrast, outcome: str, say: Words) -> Figure:
    """Draw first and total indices as bars with their intervals, the luck below."""
    rows = pd.concat([indices.rows(contrast, outcome), _luck(indices.table, contrast, outcome).to_frame().T])
    figure = new_figure(11.0, 2.3 + 0.58 * len(rows))
    ax = figure.subplots()
    places = np.arange(len(rows))[::-1].astype(float)
    for shift, index, colour, name in ((0.19, "s1", SKY, "first"), (-0.19, "st", BLUE, "total")):
        values, low, high = (rows[column].to_numpy(float) for column in (index, f"{index}_low", f"{index}_high"))
        ax.barh(places + shift, np.maximum(values, 0.0), 0.36, color=colour, label=say(f"sensitivity.{name}_order"))
        for y, start, end in zip(places + shift, low, high, strict=True):
            ax.plot([start, end], [y, y], color="#222222", lw=1.6)
    ax.axvline(0.0, color="#555555", lw=1)
    ax.axvline(float(rows["st"].iloc[-1]), color=VERMILION, lw=1.4, ls="--", label=say("sensitivity.luck_line"))
    low, high = ax.get_xlim()
    ax.set_xlim(max(low, _INDEX_AXIS[0]), min(high, _INDEX_AXIS[1]))
    _label_rows(ax, list(rows["factor"]), indices, say)
    ax.set_xlabel(say("sensitivity.index_axis", n=indices.seeds), fontsize=12)
    _plain(ax)
    _numbered(ax.xaxis, say)
    figure.legend(loc="outside lower center", ncols=3, fontsize=11, frameon=False)
    standing = rows["stands"].astype(bool)
    found = say("sensitivity.title_none")
    if standing.any():
        largest = rows[standing].iloc[0]
        found = say("sensitivity.title_index", name=bare(largest["factor"]), share=say.number(100 * largest["st"]))
    _head(figure, indices.park, contrast, outcome, found, say)
    return figure


def sample_convergence_figure(found: Sample, contrast: Contrast, outcome: str, say: Words) -> Figure:
    """Draw how many assumptions stand, and the five largest effects, against the number of points."""
    divisor, unit = scale(outcome, say)
    rows = found.convergence
    rows = rows[(rows["contrast"] == contrast.key) & (rows["outcome"] == outcome)]
    counts = sorted(rows["groups"].unique())
    figure = new_figure(13.0, 6.0)
    left, right = figure.subplots(1, 2, width_ratios=(0.6, 1.0))
    standing = rows.groupby("groups")["standing"].first()
    left.plot(range(len(counts)), standing, color=BLACK, marker="o", ms=9, lw=1.6)
    for x, number in enumerate(standing):
        left.annotate(str(number), (x, number), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=13)
    left.set_ylim(0.0, max(5.0, 1.25 * standing.max()))
    left.set_ylabel(say("sensitivity.standing_axis"), fontsize=12)
    order = [str(name) for name in found.rows(contrast, outcome)["factor"].head(LARGEST)]
    _courses(right, rows, order, counts, divisor, say)
    right.axhline(0.0, color="#555555", lw=1)
    right.set_ylabel(say("sensitivity.effect_axis", unit=unit), fontsize=12)
    for ax in (left, right):
        ax.set_xticks(range(len(counts)), [say.number(n) for n in counts], fontsize=12)
        ax.set_xlim(-0.4, len(counts) - 0.6)
        ax.set_xlabel(say("sensitivity.points_axis"), fontsize=12)
        _plain(ax, across=False)
        _numbered(ax.yaxis, say)
    figure.legend(loc="outside right upper", fontsize=11, frameon=False)
    _head(figure, found.park, contrast, outcome, say("sensitivity.title_convergence"), say)
    return figure


def convergence_figure(result: Screening | Indices, contrast: Contrast, outcome: str, say: Words) -> Figure:
    """Draw the largest measures against the number of trajectories or blocks that they rest on, with intervals."""
    screening = isinstance(result, Screening)
    divisor, unit = scale(outcome, say) if screening else (1.0, "")
    rows = result.convergence
    rows = rows[(rows["contrast"] == contrast.key) & (rows["outcome"] == outcome)]
    order = [str(name) for name in result.rows(contrast, outcome)["factor"].head(LARGEST)] + [LUCK]
    figure = new_figure(10.5, 6.0)
    ax = figure.subplots()
    counts = sorted(rows["groups"].unique())
    _courses(ax, rows, order, counts, divisor, say)
    ax.set_xticks(range(len(counts)), [say.number(n) for n in counts], fontsize=11)
    ax.set_xlabel(say("sensitivity.trajectories" if screening else "sensitivity.blocks"), fontsize=12)
    ax.set_ylabel(say("sensitivity.mu_star_axis", unit=unit) if screening else say("sensitivity.total_order"), fontsize=12)
    ax.set_ylim(0.0, None if screening else min(ax.get_ylim()[1], _INDEX_AXIS[1]))
    _plain(ax, across=False)
    _numbered(ax.yaxis, say)
    figure.legend(loc="outside right upper", fontsize=11, frameon=False)
    _head(figure, result.park, contrast, outcome, say("sensitivity.title_convergence"), say)
    return figure


def _courses(ax: Any, rows: pd.DataFrame, order: list[str], counts: list[int], divisor: float, say: Words) -> None:
    """Draw a line per factor over the numbers of groups, with intervals beside each other so that none hides another."""
    for k, name in enumerate(order):
        colour, mark = _LINES[k] if name != LUCK else (_GREY, "X")
        some = rows[rows["factor"] == name].sort_values("groups")
        x = np.array([counts.index(n) for n in some["groups"]]) + 0.09 * (k - (len(order) - 1) / 2)
        ax.plot(x, some["value"] / divisor, color=colour, marker=mark, ms=8, lw=1.4, mec="white",
                label=say("sensitivity.luck_short") if name == LUCK else bare(name))
        ax.vlines(x, some["low"] / divisor, some["high"] / divisor, color=colour, lw=1.6, alpha=0.75)


def _luck(table: pd.DataFrame, contrast: Contrast, outcome: str) -> pd.Series:
    rows = table[(table["contrast"] == contrast.key) & (table["outcome"] == outcome) & (table["factor"] == LUCK)]
    return rows.iloc[0]


def _label_rows(
    ax: Any, names: list[str], result: Sample | Screening | Indices, say: Words, numbered: int = 0, width: int = 52,
    size: int = 10,
) -> None:
    """Name the rows of a figure from the top: what the factor means, and its name; the first ones numbered."""
    texts = []
    for rank, name in enumerate(names, start=1):
        text = meaning(result.factors, name, say) + ("" if name == LUCK else f" ({bare(name)})")
        texts.append(textwrap.fill(literal(f"{rank}. {text}" if rank <= numbered else text), width))
    ax.set_yticks(np.arange(len(names))[::-1], texts, fontsize=size)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.tick_params(left=False)


def _plain(ax: Any, across: bool = True) -> None:
    """Take away what tells nothing."""
    ax.grid(axis="x" if across else "y", color="#E4E4E4", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def _numbered(axis: Any, say: Words) -> None:
    """Write the numbers along an axis as the language does, with as many decimals as they have."""
    axis.set_major_formatter(lambda value, _: say.number(value, len(f"{value:.6f}".rstrip("0").partition(".")[2])))


def _head(figure: Figure, park: str, contrast: Contrast, outcome: str, found: str, say: Words, below: str = "") -> None:
    """Write the finding as title, below it of what, and below that what else is to be known."""
    lead = say("sensitivity.figure_lead", park=park, outcome=outcome_name(outcome, say), contrast=contrast_name(contrast, say))
    figure.suptitle("\n".join(literal(text) for text in (found, lead, below) if text), fontsize=14, x=0.01, ha="left")
