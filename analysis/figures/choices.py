"""What each strategy costs and brings, and how often each is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.canvas import BLUE, GREEN, VERMILION, label, literal, new_figure
from analysis.figures.words import WORDS

if TYPE_CHECKING:
    from analysis.compare import Comparison


def undominated(comparison: Comparison) -> tuple[str, ...]:
    """Return the strategies that no other surpasses on mean public outlay (less), vitality and social balance (more).

    Another surpasses one that is no better on any of the three and worse on at least one.
    """
    means = np.array([[-np.nanmean(comparison.values(name, "public_outlay")),
                       np.nanmean(comparison.values(name, "vitality")),
                       np.nanmean(comparison.values(name, "social_balance"))] for name in comparison.strategies])
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
    figure = new_figure(9.0, 4.6 + 0.22 * (len(names) // 2))
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
    figure = new_figure(9.0, 1.25 + 0.42 * len(names))
    axes = figure.subplots(1, 3, sharey=True)
    rows = np.arange(len(names))[::-1]
    for ax, outcome, title, colour in zip(
        axes, ("multiplier_additional", "vitality", "social_balance"),
        ("best_multiplier", "best_vitality", "best_balance"), (BLUE, GREEN, VERMILION), strict=True,
    ):  # fmt: skip
        chances = np.array([comparison.probability_best[outcome][name] for name in names])
        full = np.arange(20) < np.round(20 * chances)[:, None]
        for chosen, fill, edge in ((full, colour, colour), (~full, "white", "#BBBBBB")):
            row, place = np.nonzero(chosen)
            ax.plot(place, rows[row], "s", ms=6.2, color=fill, mec=edge, mew=0.8)
        for y, chance in zip(rows, chances, strict=True):
            ax.text(20.3, y, f"{100 * chance:.0f}%", fontsize=9.5, va="center_baseline")
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
