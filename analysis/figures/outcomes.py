"""Outcomes per strategy, effects per principle and effects per factor: dots and lines, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
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
    label,
    literal,
    new_figure,
    strategy_title,
)
from analysis.figures.words import WORDS

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.principles import Ablation
    from analysis.report.content import FactorEffect


def outcomes_per_strategy(comparison: Comparison, language: str = "en") -> Figure:
    """Draw, per strategy, the multipliers, the change in vitality and the social balance, each with its interval."""
    words = WORDS[language]
    names = tuple(name for name in comparison.strategies if name != comparison.reference)
    figure = new_figure(15, 1.9 + 0.55 * max(len(names), 3))
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
    figure = new_figure(13, 5.2)
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


def _interval(
    ax: Any, y: float, found: Any, scale: float, colour: str, marker: str, words: dict[str, str],
    width: float = 2.5, size: float = 8.0,
) -> None:  # fmt: skip
    if found is None or found.mean is None:
        ax.text(0.02, y, words["undefined"], fontsize=10, color="#555555", va="center",
                transform=ax.get_yaxis_transform())
        return
    if found.low is not None:
        ax.plot([found.low * scale, found.high * scale], [y, y], color=colour, lw=width, solid_capstyle="round")
    ax.plot(found.mean * scale, y, marker=marker, color=colour, ms=size, mec="white")


MOST_ROWS = 12
_MARKS = ("o", "s", "D", "^", "v", "P", "X")


def effects_of_factors(effects: Sequence[FactorEffect], language: str = "en") -> Figure:
    """Draw effects with their intervals as dots and lines: a panel per outcome, the largest first, at most twelve rows.

    A row is a factor (or a point) with what is compared; strategies stand in it below each other, in their own colour and
    mark.
    """
    words = WORDS[language]
    strategies = list(dict.fromkeys(effect.strategy for effect in effects))
    looks = {name: ((BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)[k % 7], _MARKS[k % 7])
             for k, name in enumerate(strategies)}
    panels = {}
    for outcome in dict.fromkeys(effect.outcome for effect in effects):
        found = [effect for effect in effects if effect.outcome == outcome]
        found.sort(key=lambda effect: -abs(effect.estimate.mean or 0.0))
        rows = list(dict.fromkeys(_row_name(effect) for effect in found))[:MOST_ROWS]
        panels[outcome] = rows, [effect for effect in found if _row_name(effect) in rows]
    heights = [0.55 + max(0.36, 0.17 * len(strategies)) * len(rows) for rows, _ in panels.values()]
    figure = new_figure(9.0, 0.6 + sum(heights))
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for ax, (outcome, (rows, found)) in zip(axes.flat, panels.items(), strict=True):
        _effect_rows(ax, rows, found, looks, words)
        ax.set_title(literal(outcome, 90), fontsize=10.5, loc="left")
    if any(strategies):
        handles = [Line2D([], [], color=colour, marker=mark, lw=2, label=literal(name, 40))
                   for name, (colour, mark) in looks.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(3, len(handles)), fontsize=9.5, frameon=False)
    return figure


def _row_name(effect: FactorEffect) -> str:
    """Return what a row of effects is called: where, what was varied, and from what to what."""
    what = f"{effect.about[0].upper()}{effect.about[1:]}" if effect.about else effect.factor
    level = "" if effect.rank else effect.level  # of a sampled range: both halves are long, and stand in the table
    return ": ".join(part for part in (effect.park, what, level) if part)


def _effect_rows(
    ax: Any, rows: Sequence[str], effects: Sequence[FactorEffect], looks: dict[str, tuple[str, str]],
    words: dict[str, str],
) -> None:  # fmt: skip
    places = {row: len(rows) - 1 - k for k, row in enumerate(rows)}
    order = list(looks)
    for effect in effects:
        colour, mark = looks[effect.strategy]
        lower = (order.index(effect.strategy) + 0.5) / len(order) - 0.5
        _interval(ax, places[_row_name(effect)] - 0.7 * lower, effect.estimate, 1.0, colour, mark, words, 1.8, 6.0)
    ax.set_yticks(list(places.values()), [literal(row, 46) for row in rows], fontsize=8.5)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.axvline(0.0, color="#555555", lw=1)
    ax.grid(axis="x", color="#DDDDDD", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False, labelsize=8.5)


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
