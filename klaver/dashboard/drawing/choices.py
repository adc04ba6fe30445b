"""Strategies against each other: differences, chances, trade-offs, and single futures of two of them.

All numbers are those of the :class:`analysis.compare.Comparison`; nothing is estimated here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.compare import RANKED
from analysis.figures.choices import undominated
from analysis.statistics import few_seeds_note
from klaver.dashboard.drawing.canvas import INK, PAPER, REFERENCE, RULE, SCENARIO, SOFT, Canvas, Scale, scale_of
from klaver.dashboard.drawing.intervals import IntervalRow, interval_panel, title_lines
from klaver.dashboard.drawing.lettering import fold, shorten, text_width, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import (
    Titles,
    axis_words,
    capital,
    change_text,
    interval_text,
    outcome_name,
    strategy_name,
    value_text,
    why_undefined,
)

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from klaver.language import Language

SQUARES = 20
_TINTS = ("#FFFFFF", "#E3EEF6", "#C3DAEB", "#9CC3DF", "#6FA8CE")


def _others(comparison: Comparison) -> list[str]:
    return [name for name in comparison.strategies if name != comparison.reference]


def _label_width(names: list[str], width: float, size: float = 14) -> float:
    """Return the room for names before rows: what they need folded in two, at most a third of the picture."""
    needed = 0.0
    for name in names:
        longest = max(name.split() or [""], key=len)
        needed = max(needed, text_width(name, size) / (1.0 if len(name) < 16 else 1.7), text_width(longest, size))
    return min(needed + 16, width / (4 if width > 500 else 3))


def _few(say: Language, comparison: Comparison) -> str:
    """Return the warning that there are too few futures to rank, as a sentence, or an empty string."""
    seeds = len(comparison.runs.seeds)
    if not few_seeds_note(seeds):
        return ""
    return capital(say("chart.few_one") if seeds == 1 else say("chart.few", n=seeds)) + "."


# --- differences -----------------------------------------------------------------------------------------------------


def differences(comparison: Comparison, say: Language, *, width: float = 720, titles: Titles = None) -> Picture:
    """Draw the additional multiplier, and the differences in vitality and social balance from the reference, per strategy.

    A multiplier is measured against the twin already; it is drawn as it is, and that of the reference beside it where it
    has one. Where a multiplier is undefined the picture says so, with the reason below.

    Parameters
    ----------
    comparison
        Of any number of seeds from 1.
    say
        Language of the picture.
    width
        720 for a column of a page, 360 for a phone.
    titles
        What the page calls strategies.

    Returns
    -------
    Picture
        Its table has a row per strategy and outcome.
    """
    others, reference = _others(comparison), comparison.reference
    names = {name: strategy_name(say, name, titles) for name in comparison.strategies}
    wide, canvas = width > 500, Canvas(width, 1000)
    labels = _label_width(list(names.values()), width)
    ratio = {name: comparison.estimates[name]["multiplier_additional"] for name in comparison.strategies}
    base_defined = ratio[reference].mean is not None
    heads = [say("chart.panel_multiplier"), say("chart.panel_change", outcome=capital(outcome_name(say, "vitality"))),
             say("chart.panel_change", outcome=capital(outcome_name(say, "social_balance")))]  # fmt: skip
    gap = 24.0
    each = (width - labels - 2 * gap - 16) / 3
    lines = title_lines(heads, each) if wide else 1
    y, bottom = 0.0, 0.0
    for k, outcome in enumerate(RANKED):
        change = outcome != "multiplier_additional"
        rows = [] if change or not base_defined else [IntervalRow(names[reference], [(ratio[reference], REFERENCE, "ring")],
                                                                  colour=REFERENCE)]  # fmt: skip
        if change and base_defined and wide:
            rows = [IntervalRow(names[reference], [], say("chart.is_reference"), REFERENCE)]  # so that rows stay in line
        for name in others:
            found = comparison.differences[name][outcome] if change else ratio[name]
            rows.append(IntervalRow(names[name], [(found, SCENARIO, "dot")], say("chart.undefined")))
        across = (labels + k * (each + gap), labels + k * (each + gap) + each) if wide else (labels, width - 12)
        bottom = interval_panel(canvas, say, rows, outcome, across, y, heads[k], labels=not wide or k == 0, change=change,
                                lines=lines, row_height=36, zero=True)  # fmt: skip
        if not wide:
            y = bottom + 8
    y = bottom + 4
    notes = [say("chart.differences_note", reference=names[reference], n=len(comparison.runs.seeds))
             if len(comparison.runs.seeds) > 1 else say("chart.few_one_sentence")]  # fmt: skip
    notes += [f"{names[name]}: {why_undefined(say, comparison, name)}" for name in others if ratio[name].mean is None]
    if len(comparison.runs.seeds) > 1 and (few := _few(say, comparison)):
        notes.append(few)
    for note in notes:
        y = write_lines(canvas, note, 0, y, width, 13, 5, colour=SOFT)
    canvas.height = y + 4
    title = say("chart.differences_title", reference=names[reference])
    described = " ".join(_difference_sentence(say, comparison, name, names) for name in others) or say("chart.only_reference")
    return Picture("differences", title, described, canvas.svg(title, described), _difference_table(say, comparison, names))


def _difference_sentence(say: Language, comparison: Comparison, name: str, names: dict[str, str]) -> str:
    ratio = comparison.estimates[name]["multiplier_additional"]
    text = say("chart.undefined") if ratio.mean is None else say.number(ratio.mean, 2)
    parts = []
    for outcome in ("vitality", "social_balance"):
        found = comparison.differences[name][outcome]
        assert found is not None
        interval = interval_text(say, outcome, found, change=True)
        stands = comparison.stands(outcome, name)
        apart_from = "" if stands else f", {say('chart.not_apart')}"
        brackets = f" ({interval}{apart_from})" if interval else ""
        parts.append(f"{outcome_name(say, outcome)} {change_text(say, outcome, found.mean)}{brackets}")
    return say("chart.differences_described", name=names[name], reference=names[comparison.reference], ratio=text,
               parts=say.listing(parts))  # fmt: skip


def _difference_table(say: Language, comparison: Comparison, names: dict[str, str]) -> pd.DataFrame:
    rows = []
    for name in comparison.strategies:
        for outcome in RANKED:
            change = outcome != "multiplier_additional"
            if change and name == comparison.reference:
                continue
            found = comparison.differences[name][outcome] if change else comparison.estimates[name][outcome]
            assert found is not None
            against = comparison.against(name, outcome)  # there is none where either has no multiplier
            rows.append([names[name], outcome_name(say, outcome), say("chart.column_change_mean" if change else "chart.level"),
                         found.mean, found.low, found.high, None if against is None else against.stands])  # fmt: skip
    keys = ("strategy", "outcome", "what", "mean", "low95", "high95", "stands")
    return pd.DataFrame(rows, columns=[say(f"chart.column_{key}") for key in keys])


# --- chances ---------------------------------------------------------------------------------------------------------


def chance_best(comparison: Comparison, say: Language, *, width: float = 720, titles: Titles = None) -> Picture:
    """Draw the chance of being best of each strategy, on three outcomes, as twenty squares of which so many are filled.

    Parameters
    ----------
    comparison, say, width, titles
        As :func:`differences` takes them.

    Returns
    -------
    Picture
        Its table has a row a strategy; chances are shares of 1, empty for the multiplier of a strategy that has none.
    """
    names = {name: strategy_name(say, name, titles) for name in comparison.strategies}
    chances = comparison.probability_best
    candidates = {outcome: [name for name in comparison.strategies if outcome != "multiplier_additional"
                            or comparison.estimates[name][outcome].defined] for outcome in RANKED}  # fmt: skip
    wide, canvas = width > 500, Canvas(width, 1000)
    labels = _label_width(list(names.values()), width)
    gap, row = 26.0, 36.0
    each = (width - labels - 2 * gap) / 3
    y, bottom = 0.0, 0.0
    defined = {outcome: any(chances[outcome].values()) for outcome in RANKED}
    lines = title_lines([capital(outcome_name(say, outcome)) for outcome in RANKED], each) if wide else 1
    for k, outcome in enumerate(RANKED):
        left = labels + (k * (each + gap) if wide else 0.0)
        top = write_lines(canvas, capital(outcome_name(say, outcome)), left if wide else 0.0, y, each if wide else width, 14, 2,
                          weight="600")  # fmt: skip
        top = max(top, y + 18.2 * lines) + 4
        leading = max(chances[outcome].values())
        for place, name in enumerate(comparison.strategies):
            middle = top + row * (place + 0.5)
            if not wide or k == 0:
                folded = fold(names[name], labels - 12, 14)
                for line, text in enumerate(folded):
                    canvas.text(0, middle + 5 + 15 * (line - (len(folded) - 1) / 2), text,
                                colour=REFERENCE if name == comparison.reference else INK)  # fmt: skip
            chance = chances[outcome][name]
            if name not in candidates[outcome]:
                canvas.text(left, middle + 5, say("chart.undefined"), size=13, colour=SOFT)
                continue
            size = min(11.0, ((each if wide else width - labels) - 48) / 10 - 2)
            _squares(canvas, left, middle, size, chance, say, name == comparison.reference, chance == leading and chance > 0.0)
        bottom = top + row * len(comparison.strategies)
        if not wide:
            y = bottom + 12
    y = bottom + 10
    for note in (say("chart.best_square"), say("chart.best_how"), _few(say, comparison)):
        if note:
            y = write_lines(canvas, note, 0, y, width, 13, 4, colour=SOFT)
    canvas.height = y + 4
    title = say("chart.best_title")
    parts = []
    for outcome in RANKED:
        if not defined[outcome]:
            continue
        order = sorted(candidates[outcome], key=lambda name: -chances[outcome][name])[:2]
        listed = say.listing([f"{names[name]} {say.share(chances[outcome][name])}" for name in order])
        parts.append(f"{outcome_name(say, outcome)}: {listed}")
    described = say("chart.best_described", parts="; ".join(parts))
    frame = pd.DataFrame({say("chart.column_strategy"): list(names.values())}
                         | {outcome_name(say, outcome): [chances[outcome][name] if name in candidates[outcome] else None
                                                         for name in comparison.strategies] for outcome in RANKED})  # fmt: skip
    return Picture("chance_best", title, described, canvas.svg(title, described), frame)


def _squares(
    canvas: Canvas, x: float, y: float, size: float, chance: float, say: Language, grey: bool, leading: bool
) -> None:
    filled = round(SQUARES * chance)
    colour = REFERENCE if grey else SCENARIO
    for k in range(SQUARES):
        full = k < filled
        canvas.rect(x + (k % 10) * (size + 2), y - size - 1 + (k // 10) * (size + 2), size, size,
                    fill=colour if full else PAPER, stroke=colour if full else "#9AA5AC", stroke_width=1)  # fmt: skip
    canvas.text(x + 10 * (size + 2) + 5, y + 5, say.share(chance), size=15, weight="600" if leading else "normal")


def pair_matrix(
    comparison: Comparison, outcome: str, say: Language, *, width: float = 720, titles: Titles = None
) -> Picture:
    """Draw in which share of futures each strategy does better than each other one.

    Parameters
    ----------
    outcome
        ``vitality`` or ``social_balance``: a multiplier is a ratio over all futures and has no value in one.
    comparison, say, width, titles
        As :func:`differences` takes them.

    Returns
    -------
    Picture
        Its table has a row a strategy and a column for what it is held against; shares of 1.

    Raises
    ------
    ValueError
        If the outcome has no value per future.
    """
    if outcome not in ("vitality", "social_balance"):
        raise ValueError(f"outcome {outcome!r} has no chance per future; there are: vitality, social_balance")
    order = comparison.order(outcome)
    names = {name: strategy_name(say, name, titles) for name in order}
    n = len(order)
    shares = np.full((n, n), np.nan)
    stands = np.zeros((n, n), dtype=bool)
    for i, first in enumerate(order):
        for j, second in enumerate(order):
            found = comparison.against(first, outcome, second) if i != j else None
            if found is not None and found.better is not None and found.better.mean is not None:
                shares[i, j], stands[i, j] = found.better.mean, found.stands
    canvas = Canvas(width, 1000)
    wide = width > 500
    labels = min(_label_width([f"1 {name}" for name in names.values()], width) + 20, 0.45 * width)
    cell = min((width - labels) / max(n, 1), 112.0 if wide else 60.0)
    tall, y = 40.0, 0.0
    y = write_lines(canvas, say("chart.pairs_head", outcome=outcome_name(say, outcome)), 0, y, width, 14, 3, weight="600") + 6
    canvas.text(labels - 8, y + 16, say("chart.pairs_than"), size=13, colour=SOFT, anchor="end")
    for j, name in enumerate(order):
        text = names[name] if cell > 80 else str(j + 1)
        for line, part in enumerate(fold(text, cell - 2, 13)):
            canvas.text(labels + cell * (j + 0.5), y + 16 + 15 * line, part, size=13, colour=SOFT, anchor="middle")
    y += 26 + (15 if cell > 80 and any(len(fold(name, cell - 2, 13)) > 1 for name in names.values()) else 0)
    for i, name in enumerate(order):
        for line, text in enumerate(folded := fold(f"{i + 1} {names[name]}", labels - 10, 14)):
            canvas.text(0, y + tall / 2 + 5 + 15 * (line - (len(folded) - 1) / 2), text,
                        colour=REFERENCE if name == comparison.reference else INK)  # fmt: skip
        for j, other in enumerate(order):
            x, share = labels + cell * j, float(shares[i, j])
            if i == j or math.isnan(share):
                canvas.rect(x + 1, y + 1, cell - 2, tall - 2, fill="#F1F3F4")
                continue
            # The more than half, the darker; the number says it too.
            tint = _TINTS[min(4, max(0, math.ceil((share - 0.5) * 8 - 1e-9)))]
            tip = say("chart.pairs_tip", a=names[name], b=names[other], share=say.share(share))
            canvas.rect(x + 1, y + 1, cell - 2, tall - 2, fill=tint, stroke=RULE, tip=tip)
            mark = " ●" if stands[i, j] and cell >= 58 else ""
            canvas.text(x + cell / 2, y + tall / 2 + 5, f"{say.share(share)}{mark}", size=14 if cell > 44 else 12,
                        anchor="middle", weight="600" if stands[i, j] else "normal")  # fmt: skip
        y += tall
    y += 8
    for note in (say("chart.pairs_note"), _few(say, comparison)):
        if note:
            y = write_lines(canvas, note, 0, y, width, 13, 4, colour=SOFT)
    canvas.height = y + 4
    title = say("chart.pairs_title", outcome=outcome_name(say, outcome))
    parts = [say("chart.pairs_tip", a=names[order[i]], b=names[order[i + 1]], share=say.share(float(shares[i, i + 1])))
             for i in range(n - 1) if not math.isnan(shares[i, i + 1])]  # fmt: skip
    described = " ".join(parts) or say("chart.only_one")
    columns = {say("chart.column_than", name=f"{j + 1} {names[name]}"): shares[:, j] for j, name in enumerate(order)}
    frame = pd.DataFrame({say("chart.column_strategy"): [f"{i + 1} {names[name]}" for i, name in enumerate(order)]} | columns)
    return Picture(f"pairs_{outcome}", title, described, canvas.svg(title, described), frame)


# --- trade-offs ------------------------------------------------------------------------------------------------------


def front(
    comparison: Comparison, say: Language, *, outcome: str = "vitality", width: float = 720, titles: Titles = None
) -> Picture:
    """Draw what strategies cost in extra public outlay against what they bring, both as differences from the reference.

    Solid ones are surpassed by none on public outlay, vitality and social balance at once.

    Parameters
    ----------
    outcome
        What is up: ``vitality`` or ``social_balance``, or another outcome with a value per future.
    comparison, say, width, titles
        As :func:`differences` takes them.

    Returns
    -------
    Picture
        Its table has a row a strategy.
    """
    names = {name: strategy_name(say, name, titles) for name in comparison.strategies}
    kept = undominated(comparison)
    wide, canvas = width > 500, Canvas(width, 1000)
    cost = {name: comparison.differences[name]["public_outlay"] for name in comparison.strategies}
    gain = {name: comparison.differences[name][outcome] for name in comparison.strategies}
    drawn = [name for name in comparison.strategies if _there(cost[name]) and _there(gain[name])]
    other = names[comparison.reference]
    tall = 330.0 if wide else 270.0
    ends = _ends(gain[name] for name in drawn)
    _, unit = axis_words(say, outcome, scale_of(ends, tall, 0.0, zero=True, margin=0.08), 6, change=True)
    head = say("chart.front_up", outcome=capital(outcome_name(say, outcome)), reference=other, unit=unit)
    y = write_lines(canvas, head, 0, 0, width, 14, 3, weight="600") + 8
    top, bottom = y, y + tall
    vertical = scale_of(ends, bottom, top, zero=True, margin=0.08)
    words, _ = axis_words(say, outcome, vertical, 6, change=True)
    left = 12 + max((text_width(words(tick), 13) for tick in vertical.ticks(6)), default=20.0)
    named = wide and len(drawn) <= 8
    room = max((text_width(names[name], 14, bold=True) for name in drawn), default=0.0) + 24 if named else 34.0
    room = min(room, width / 3)
    horizontal = scale_of(_ends(cost[name] for name in drawn), left, width - room, zero=True, margin=0.05)
    euros, euro_unit = axis_words(say, "public_outlay", horizontal, 6 if wide else 4, change=True)
    canvas.y_axis(vertical, left, words=words, most=6, grid_to=width - 14)
    across = f"{say('chart.front_cost')} ({euro_unit})"
    canvas.x_axis(horizontal, bottom, across, words=euros, most=6 if wide else 4, grid_to=top)
    canvas.line(left, bottom, width - 14, bottom, colour=SOFT)
    for a, b in (((horizontal(0.0), top), (horizontal(0.0), bottom)), ((left, vertical(0.0)), (width - 14, vertical(0.0)))):
        canvas.line(*a, *b, colour=REFERENCE, width=1.2, stroke_dasharray="5 3")
    for name in drawn:
        tip = (f"{names[name]}: {change_text(say, 'public_outlay', cost[name].mean)}, "  # type: ignore[union-attr]
               f"{change_text(say, outcome, gain[name].mean)}")  # type: ignore[union-attr]
        _cross(canvas, horizontal, vertical, cost[name], gain[name], name in kept, name == comparison.reference, tip)
    texts = {name: shorten(names[name], (room - 20) / 1.08, 14) if named else str(comparison.strategies.index(name) + 1)
             for name in drawn}  # fmt: skip
    _front_labels(canvas, {
        name: (horizontal(cost[name].mean), vertical(gain[name].mean)) for name in drawn  # type: ignore[union-attr, arg-type]
    }, texts, comparison.reference)
    y = bottom + 50
    if not named:
        for name in drawn:
            text = f"{comparison.strategies.index(name) + 1}  {names[name]}"
            y = write_lines(canvas, text, 0, y, width, 14, 2,
                            colour=REFERENCE if name == comparison.reference else SCENARIO)  # fmt: skip
        y += 4
    seeds = len(comparison.runs.seeds)
    for note in (say("chart.front_note"), say("chart.front_lines", n=seeds) if seeds > 1 else say("chart.few_one_sentence")):
        y = write_lines(canvas, note, 0, y, width, 13, 4, colour=SOFT)
    canvas.height = y + 4
    title = say("chart.front_title", outcome=outcome_name(say, outcome))
    parts = [say("chart.front_of", name=names[name], cost=change_text(say, "public_outlay", cost[name].mean),  # type: ignore[union-attr]
                 gain=change_text(say, outcome, gain[name].mean)) for name in drawn if name != comparison.reference]  # type: ignore[union-attr]
    described = say("chart.front_described", reference=other, outcome=outcome_name(say, outcome), parts="; ".join(parts),
                    kept=say.listing([names[name] for name in kept]))  # fmt: skip
    table: dict[str, Any] = {say("chart.column_strategy"): [names[name] for name in comparison.strategies]}
    for key, found in (("cost", cost), ("gain", gain)):
        for end in ("mean", "low", "high"):
            label = outcome_name(say, "public_outlay" if key == "cost" else outcome)
            table[say(f"chart.column_{end}_of", outcome=label)] = [
                getattr(found[name], end) if found[name] is not None else None for name in comparison.strategies]
    table[say("chart.column_kept")] = [name in kept for name in comparison.strategies]
    return Picture(f"front_{outcome}", title, described, canvas.svg(title, described), pd.DataFrame(table))


def _there(found: Any) -> bool:
    return found is not None and found.mean is not None


def _ends(estimates: Any) -> list[float]:
    return [end for found in estimates for end in (found.mean, found.low, found.high) if end is not None]


def _cross(
    canvas: Canvas, horizontal: Scale, vertical: Scale, over: Any, up: Any, kept: bool, grey: bool, tip: str
) -> None:
    x, y = horizontal(over.mean), vertical(up.mean)
    colour = REFERENCE if grey else SCENARIO
    look: dict[str, Any] = {"colour": colour, "width": 1.8, "stroke_dasharray": None if kept else "4 2.5"}
    if over.low is not None and over.high is not None:
        canvas.line(horizontal(over.low), y, horizontal(over.high), y, **look)
    if up.low is not None and up.high is not None:
        canvas.line(x, vertical(up.low), x, vertical(up.high), **look)
    canvas.circle(x, y, 8, fill=colour if kept else PAPER, stroke=colour, stroke_width=2, tip=tip)


def _front_labels(
    canvas: Canvas, places: dict[str, tuple[float, float]], texts: dict[str, str], reference: str
) -> None:
    """Write names to the right of their dots, each on the nearest height at which it covers no other name or dot."""
    boxes = {name: (x - 9, x + 9, y) for name, (x, y) in places.items()}
    for name, (x, y) in sorted(places.items(), key=lambda place: place[1]):
        start, end = x + 15, x + 15 + text_width(texts[name], 14, bold=True)
        taken = [box for other, box in boxes.items() if other != name]
        heights = [y + side * step * 9 for step in range(len(places) * 4) for side in (1, -1)]
        height = next((h for h in heights if not any(start < b and a < end and abs(h - c) < 18 for a, b, c in taken)), y)
        if abs(height - y) > 4:
            canvas.line(x + 7, y, x + 14, height, colour=SOFT)
        canvas.text(x + 15, height + 5, texts[name], colour=REFERENCE if name == reference else SCENARIO, weight="600",
                    halo=True)  # fmt: skip
        boxes[f"text of {name}"] = (start, end, height)


# --- single futures of two strategies --------------------------------------------------------------------------------


def hypothetical_outcomes(
    comparison: Comparison, first: str, second: str, outcome: str, say: Language, *, frames: int = 20, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw single futures of two strategies, one at a time: what could happen, and not what happens on average.

    Every future is a group ``data-frame="k"``, k from 0, of which only the first is shown (``display="none"`` on the others);
    the page shows them one after the other. :func:`paired_futures` is the still form.

    Parameters
    ----------
    first, second
        Strategies that were run.
    outcome
        One with a value per future.
    frames
        Most futures: those of the first seeds, so that chance alone has chosen them.
    comparison, say, width, titles
        As :func:`differences` takes them.

    Returns
    -------
    Picture
        Its table has a row a future.
    """
    return _paired(comparison, first, second, outcome, say, frames, width, titles, still=False)


def paired_futures(
    comparison: Comparison, first: str, second: str, outcome: str, say: Language, *, frames: int = 20, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw the same futures as :func:`hypothetical_outcomes`, all at once.

    Parameters
    ----------
    comparison, first, second, outcome, say, frames, width, titles
        As :func:`hypothetical_outcomes` takes them.

    Returns
    -------
    Picture
        Its table has a row a future.
    """
    return _paired(comparison, first, second, outcome, say, frames, width, titles, still=True)


def _paired(
    comparison: Comparison, first: str, second: str, outcome: str, say: Language, frames: int, width: float, titles: Titles,
    still: bool,
) -> Picture:  # fmt: skip
    a, b = comparison.values(first, outcome), comparison.values(second, outcome)
    known = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    chosen = known[:frames]
    names = strategy_name(say, first, titles), strategy_name(say, second, titles)
    higher = int((a[chosen] > b[chosen]).sum())
    title = say("chart.paired_title", a=names[0], b=names[1])
    described = say("chart.paired_described", a=names[0], b=names[1], k=higher, n=chosen.size,
                    outcome=outcome_name(say, outcome))  # fmt: skip
    canvas = Canvas(width, 1000)
    wide = width > 500
    y = write_lines(canvas, described, 0, 2, width, 16 if wide else 15, 5, weight="600") + 4
    room = 22.0
    if not still:
        y += room
    top, bottom = y + 26, y + 26 + (250 if wide else 220)
    vertical = scale_of([*a[chosen], *b[chosen]], bottom, top, margin=0.06)
    words, unit = axis_words(say, outcome, vertical)
    edge = 14 + max((text_width(words(tick), 13) for tick in vertical.ticks(5)), default=20.0)
    left, right = edge + (width - edge) * 0.2, width - (width - edge) * 0.2
    canvas.y_axis(vertical, edge, words=words, grid_to=width)
    text = capital(outcome_name(say, outcome)) + (f" ({unit})" if unit else "")
    canvas.text(width, bottom + 40, shorten(text, width, 13), size=13, colour=SOFT, anchor="end")
    for x, name, colour in ((left, names[0], SCENARIO), (right, names[1], REFERENCE)):
        canvas.line(x, top - 4, x, bottom, colour=RULE, width=1.4)
        canvas.text(x, bottom + 20, shorten(name, min(2 * (width - right), right - left) / 1.08, 15), size=15, colour=colour,
                    weight="600", anchor="middle")  # fmt: skip
    for frame, k in enumerate(chosen.tolist()):
        more: dict[str, Any] = {}
        if not still:
            more = {"data_frame": frame, "display": None if frame == 0 else "none"}
        sentence = _future_text(say, comparison, k, outcome, names, float(a[k]), float(b[k]))
        with canvas.group(sentence, **more):
            if not still:
                canvas.text(0, top - 30, shorten(sentence, width, 14), colour=SOFT)
            _slope(canvas, left, right, vertical(a[k]), vertical(b[k]), a[k] > b[k], still)
    y = bottom + 58
    y = write_lines(canvas, say("chart.paired_note"), 0, y, width, 13, 3, colour=SOFT)
    canvas.height = y + 4
    frame_table = pd.DataFrame({
        say("chart.column_future"): [comparison.runs.seeds[k] for k in chosen], names[0]: a[chosen], f"{names[1]} ": b[chosen],
        say("chart.column_change_mean"): a[chosen] - b[chosen],
    })  # fmt: skip
    if names[0] != names[1]:
        frame_table = frame_table.rename(columns={f"{names[1]} ": names[1]})
    name = "paired_futures" if still else "hypothetical_outcomes"
    svg = canvas.svg(title, described, data_frames=None if still else chosen.size)
    return Picture(name, title, described, svg, frame_table)


def _slope(canvas: Canvas, left: float, right: float, a: float, b: float, higher: bool, thin: bool) -> None:
    """Draw one future: solid where the first does better, dashed where it does not."""
    canvas.line(left, a, right, b, colour=SCENARIO if higher else "#A33F00", width=1.3 if thin else 2.6,
                stroke_dasharray=None if higher else "5 3", stroke_opacity=0.75 if thin else None)  # fmt: skip
    size = 4.5 if thin else 8
    canvas.circle(left, a, size, fill=SCENARIO, stroke=PAPER, stroke_width=0.8)
    canvas.circle(right, b, size - 0.8, fill=PAPER, stroke=REFERENCE, stroke_width=2)


def _future_text(
    say: Language, comparison: Comparison, k: int, outcome: str, names: tuple[str, str], a: float, b: float
) -> str:
    return say("chart.paired_future", k=comparison.runs.seeds[k], a=names[0], b=names[1], x=value_text(say, outcome, a),
               y=value_text(say, outcome, b))  # fmt: skip
