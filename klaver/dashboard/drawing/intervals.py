"""Numbers as dots on lines: a row each, the line is the 95% interval, and never a bar alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from klaver.dashboard.drawing.canvas import INK, PAPER, RULE, SOFT, Canvas, Scale, scale_of
from klaver.dashboard.drawing.lettering import fold, write_lines
from klaver.dashboard.drawing.wording import axis_words, change_text, interval_text, value_text

if TYPE_CHECKING:
    from analysis.statistics import Estimate
    from klaver.language import Language

ROW = 32.0


def title_lines(titles: Sequence[str], width: float) -> int:
    """Return how many lines the longest of the titles of panels of a certain width takes."""
    return max(len(fold(title, width, 14, 3)) for title in titles)


@dataclass(frozen=True)
class IntervalRow:
    """A row of a panel.

    Attributes
    ----------
    name
        Written before it.
    marks
        Of each: the number with its interval (None draws nothing), its colour, and ``"dot"`` or ``"ring"``.
    missing
        What to write where no mark has a number.
    colour
        Of the name.
    """

    name: str
    marks: Sequence[tuple[Estimate | None, str, str]]
    missing: str = ""
    colour: str = INK


def interval_panel(
    canvas: Canvas, say: Language, rows: Sequence[IntervalRow], outcome: str, across: tuple[float, float], y: float, title: str,
    *, labels: bool, change: bool = False, ends: tuple[float, float] | None = None, row_height: float = ROW, lines: int = 1,
    zero: bool = False,
) -> float:  # fmt: skip
    """Draw a panel of rows from y down, with a title above and an axis below, and return where it ends.

    Parameters
    ----------
    outcome
        What the numbers are; gives their unit.
    across
        Where the axis starts and ends.
    labels
        Whether names stand before the rows, from the left of the picture; panels beside each other share them.
    change
        Whether the numbers are differences: they have a sign, and zero a dashed line.
    ends
        Values at the ends of the axis; those of the numbers if None.
    zero
        Whether the axis has 0 on it; that of differences has.
    lines
        Least lines of the title; panels beside each other have equally many.
    """
    wide = canvas.width > 500
    left = across[0] if wide else 0.0
    start = y
    y = write_lines(canvas, title, left, y + 2, across[1] - left, 14, 3, weight="600")
    y = max(y, start + 2 + 18.2 * lines) + 6
    numbers = [end for row in rows for found, _, _ in row.marks if found is not None
               for end in (found.mean, found.low, found.high) if end is not None]  # fmt: skip
    scale = Scale(*ends, *across) if ends else scale_of(numbers, *across, zero=change or zero)
    bottom = y + row_height * len(rows)
    most = max(3, min(6, int((across[1] - across[0]) / 55)))
    words, unit = axis_words(say, outcome, scale, most, change)
    canvas.x_axis(scale, bottom, unit, words=words, most=most, grid_to=y)
    if change and scale.low <= 0.0 <= scale.high:
        canvas.line(scale(0.0), bottom, scale(0.0), y, colour=INK, width=1.3, stroke_dasharray="5 3")
    for k, row in enumerate(rows):
        middle = y + row_height * (k + 0.5)
        if k:
            canvas.line(0.0 if labels else across[0], middle - row_height / 2, across[1], middle - row_height / 2, colour=RULE,
                        width=0.7)  # fmt: skip
        if labels:
            folded = fold(row.name, across[0] - 12, 14, 2)
            for place, line in enumerate(folded):
                canvas.text(0, middle + 5 + 15 * (place - (len(folded) - 1) / 2), line, size=14, colour=row.colour)
        drawn = [mark for mark in row.marks if mark[0] is not None and mark[0].mean is not None]
        if not drawn and row.missing:
            _missing(canvas, row.missing, across, middle)
        for place, (found, colour, shape) in enumerate(drawn):
            # Two on one line would hide each other's interval.
            height = middle + (0.0 if len(drawn) == 1 else (-5.0, 5.0)[place % 2])
            assert found is not None
            _mark(canvas, say, scale, height, found, colour, shape, outcome, change)
    return bottom + 44


def _missing(canvas: Canvas, text: str, across: tuple[float, float], y: float) -> None:
    room = across[1] - across[0] - 8
    lines = fold(text, room, 13, 2)
    for place, line in enumerate(lines):
        canvas.text(across[0] + 4, y + 4 + 14 * (place - (len(lines) - 1) / 2), line, size=13, colour=SOFT, halo=True)


def _mark(
    canvas: Canvas, say: Language, scale: Scale, y: float, found: Estimate, colour: str, shape: str, outcome: str, change: bool
) -> None:
    assert found.mean is not None
    tip = f"{(change_text if change else value_text)(say, outcome, found.mean)} {interval_text(say, outcome, found, change)}"
    dash = "4 2.5" if shape == "ring" else None
    if found.low is not None and found.high is not None:
        canvas.line(scale(found.low), y, scale(found.high), y, colour=colour, width=2.6, stroke_dasharray=dash)
        for end in (found.low, found.high):
            canvas.line(scale(end), y - 4, scale(end), y + 4, colour=colour, width=1.6)
    canvas.circle(scale(found.mean), y, 6 if shape == "dot" else 5, fill=colour if shape == "dot" else PAPER, stroke=colour,
                  stroke_width=2, tip=tip.strip())  # fmt: skip
