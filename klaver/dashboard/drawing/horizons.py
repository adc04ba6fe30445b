"""Strategies at several horizons: whether the order after twenty years is the order after five."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from klaver.dashboard.drawing.canvas import (
    BLACK,
    BLUE,
    PAPER,
    REFERENCE,
    SOFT,
    Canvas,
    Scale,
    scale_of,
)
from klaver.dashboard.drawing.lettering import apart, fold, text_width, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import Titles, axis_words, capital, change_text, outcome_name, strategy_name

if TYPE_CHECKING:
    from analysis.statistics import Estimate
    from klaver.dashboard.comparing import Moments
    from klaver.language import Language

_LOOKS = ((BLUE, "circle", None), ("#B34700", "square", "7 3"), ("#00694D", "diamond", "2 3"),
          ("#8F3F70", "triangle", "9 3 2 3"), (BLACK, "ring", "4 4"), ("#6B5900", "square", "1 3"))  # fmt: skip
"""Colour, mark and dash of a strategy; marks and dashes tell them apart without colour."""


def horizons(
    found: Moments, outcome: str, names: Sequence[str], reference: str, say: Language, *, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw the difference of each strategy from the reference at several horizons, with intervals.

    Parameters
    ----------
    found
        The differences.
    outcome
        One of ``comparing.OVER_TIME``.
    names
        The strategies, in the order in which they get their looks; the reference may be among them.
    reference
        The one that differences are taken from.
    say, width, titles
        As the other pictures take them.

    Returns
    -------
    Picture
        Its table has a row per strategy and horizon.
    """
    drawn = [name for name in names if name != reference]
    told = {name: found.from_reference[outcome, name] for name in drawn}
    called = {name: strategy_name(say, name, titles) for name in (*drawn, reference)}
    title = say("compare.turn_title", outcome=outcome_name(say, outcome))
    wide, canvas = width > 500, Canvas(width, 1000)
    head = say("compare.turn_axis", outcome=capital(outcome_name(say, outcome)), reference=called[reference])
    y = write_lines(canvas, head, 0, 0, width, 14, 3, weight="600") + 10
    top, bottom = y, y + (270 if wide else 230)
    ends = [end for estimates in told.values() for one in estimates for end in (one.mean, one.low, one.high) if end is not None]
    vertical = scale_of(ends, bottom, top, zero=True, margin=0.07)
    words, unit = axis_words(say, outcome, vertical, 6, change=True)
    left = 12 + max((text_width(words(tick), 13) for tick in vertical.ticks(6)), default=20.0)
    room = min(max(text_width(name, 14, bold=True) for name in called.values()) + 22, 190.0) if wide else 12.0
    right = width - room
    canvas.y_axis(vertical, left, words=words, most=6, grid_to=right)
    canvas.text(left + 4, top + 4, unit, size=13, colour=SOFT, halo=True)
    canvas.line(left, vertical(0.0), right, vertical(0.0), colour=REFERENCE, width=1.8, stroke_dasharray="6 4")
    last = len(found.years) - 1
    place = Scale(0.0, float(max(last, 1)), left + 34, right - 34)
    for k, year in enumerate(found.years):
        canvas.text(place(k), bottom + 19, say("compare.after_years", n=year), size=13, colour=SOFT, anchor="middle")
    canvas.line(left, bottom, right, bottom, colour=SOFT)
    for number, name in enumerate(drawn):
        shift = 9.0 * (number - (len(drawn) - 1) / 2)
        _series(canvas, say, outcome, told[name], [place(k) + shift for k in range(last + 1)], vertical, number)
    labelled = [(name, told[name][-1].mean) for name in drawn if told[name][-1].mean is not None] + [(reference, 0.0)]
    if wide:
        at = apart([vertical(value or 0.0) for _, value in labelled], 18, top + 6, bottom - 6)
        for (name, value), y in zip(labelled, at, strict=True):
            colour = REFERENCE if name == reference else _LOOKS[drawn.index(name) % len(_LOOKS)][0]
            shift = 0.0 if name == reference else 9.0 * (drawn.index(name) - (len(drawn) - 1) / 2)
            start = right if name == reference else place(last) + shift + 6
            canvas.line(start, vertical(value or 0.0), right + 5, y, colour=colour, width=0.8, stroke_opacity=0.6)
            canvas.text(right + 8, y + 5, fold(called[name], room - 10, 14, 1)[0], size=14, colour=colour, weight="600")
    y = bottom + 34
    if not wide:
        for number, name in enumerate(drawn):
            colour = _LOOKS[number % len(_LOOKS)][0]
            _mark(canvas, 8, y + 9, number)
            y = write_lines(canvas, called[name], 22, y, width - 24, 14, 2, colour=colour, weight="600") + 2
        canvas.line(0, y + 9, 16, y + 9, colour=REFERENCE, width=1.8, stroke_dasharray="6 4")
        y = write_lines(canvas, called[reference], 22, y, width - 24, 14, 2, colour=REFERENCE, weight="600") + 4
    y = write_lines(canvas, say("compare.turn_note"), 0, y, width, 13, 3, colour=SOFT)
    canvas.height = y + 4
    parts = [say("compare.turn_told", name=called[name], parts=say.listing([
        f"{change_text(say, outcome, one.mean)} ({say('compare.after_years', n=year)})"
        for one, year in zip(told[name], found.years, strict=True)])) for name in drawn]  # fmt: skip
    described = " ".join(parts) or say("chart.only_reference")
    rows = [[called[name], year, one.mean, one.low, one.high] for name in drawn
            for one, year in zip(told[name], found.years, strict=True)]  # fmt: skip
    columns = [say("chart.column_strategy"), say("chart.column_year"),
               *(say(f"chart.column_change_{end}") for end in ("mean", "low", "high"))]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return Picture(f"horizons_{outcome}", title, described, canvas.svg(title, described), frame)


def _series(
    canvas: Canvas, say: Language, outcome: str, told: Sequence[Estimate], x: Sequence[float], vertical: Scale, number: int
) -> None:
    colour, _, dash = _LOOKS[number % len(_LOOKS)]
    means = [float("nan") if one.mean is None else vertical(one.mean) for one in told]
    canvas.polyline(x, means, colour=colour, width=1.6, stroke_dasharray=dash, stroke_opacity=0.8)
    for across, one, mean in zip(x, told, means, strict=True):
        if one.mean is None:
            continue
        if one.low is not None and one.high is not None:
            canvas.line(across, vertical(one.low), across, vertical(one.high), colour=colour, width=2.2)
        _mark(canvas, across, mean, number, change_text(say, outcome, one.mean))


def _mark(canvas: Canvas, x: float, y: float, number: int, tip: str = "") -> None:
    colour, shape, _ = _LOOKS[number % len(_LOOKS)]
    look: dict[str, Any] = {"stroke": PAPER, "stroke_width": 1, "tip": tip}
    if shape == "circle":
        canvas.circle(x, y, 5.5, fill=colour, **look)
    elif shape == "ring":
        canvas.circle(x, y, 4.5, fill=PAPER, stroke=colour, stroke_width=2.2, tip=tip)
    elif shape == "square":
        canvas.rect(x - 5, y - 5, 10, 10, fill=colour, **look)
    elif shape == "diamond":
        canvas.path(f"M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7Z", fill=colour, **look)
    else:
        canvas.path(f"M{x:.1f} {y - 6:.1f}l6.5 11l-13 0Z", fill=colour, **look)


