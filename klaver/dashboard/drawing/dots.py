"""Futures as dots: a small count of them is read without counting (quantile dot plots, Kay et al. 2016).

Every dot stands for an equal share of the futures, so that dots beyond a line are a chance. A strategy's are solid and
blue, the reference's grey and hollow. A multiplier is a ratio of sums and has no value per future: what a future has is
the private euros beyond the twin's less the public euros beyond the twin's, above zero in just those futures in which an
extra public euro goes with more than one extra private euro. That is what the dots of the multiplier show, beside the
number itself with its interval; and it is there too where the multiplier is undefined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.compare import NET_PRIVATE
from analysis.figures.futures import DOTS, quantile_dots, stack_dots
from analysis.statistics import few_seeds_note
from klaver.dashboard.drawing.canvas import (
    INK,
    PAPER,
    REFERENCE,
    RULE,
    SCENARIO,
    SOFT,
    VERMILION,
    Canvas,
    Scale,
    scale_of,
)
from klaver.dashboard.drawing.lettering import fold, shorten, text_width, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import (
    EUROS,
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
    from analysis.statistics import Estimate
    from klaver.language import Language

THRESHOLD_DOTS = 50
_EDGE, _LARGEST, _SMALLEST = 14.0, 17.0, 5.0
_AXIS = 44.0  # from an axis to what comes below its name
_MOST_ALIKE = 6  # dots on one value that are stacked; with more, one dot says it in words


@dataclass(frozen=True)
class _Row:
    """A row of dots: what it is called, the values of all futures, the dots that stand for them, and whose it is."""

    name: str
    values: np.ndarray
    dots: np.ndarray
    reference: bool = False

    @classmethod
    def of(cls, name: str, values: np.ndarray, most: int, reference: bool = False) -> _Row:
        known = np.asarray(values, dtype=float)
        known = known[np.isfinite(known)]
        return cls(name, known, quantile_dots(known, most), reference)

    @property
    def colour(self) -> str:
        return REFERENCE if self.reference else SCENARIO

    @property
    def alike(self) -> bool:
        """Whether all dots lie on one value, and are more than make a small stack."""
        return self.dots.size > _MOST_ALIKE and bool(np.ptp(self.dots) == 0.0)

    def height(self, scale: Scale, size: float) -> float:
        """Return how high the tallest stack is of dots of a certain width."""
        if self.alike:
            return max(size, 18.0)  # of the words beside it
        if not self.dots.size:
            return size
        _, height = stack_dots(self.dots, size * _per_unit(scale))
        return size * (float(height.max()) + 1.0)


def futures_dots(
    values: np.ndarray, reference_values: np.ndarray | None, say: Language, *, outcome: str, strategy: str, reference: str = "",
    threshold: float | None = None, dots: int = DOTS, width: float = 720, titles: Titles = None,
) -> Picture:
    """Draw the futures of a strategy above those of the reference, on one axis.

    Parameters
    ----------
    values, reference_values : float64, (seeds,)
        An outcome per future at the end of the run, in its own unit; NaN where a future has no such number. None draws no
        reference.
    say
        Language of the picture, with the texts of the dashboard.
    outcome
        What the values are: a key of ``analysis.compare.OUTCOMES`` other than a multiplier, or ``net_private``.
    strategy, reference
        Their names.
    threshold
        A value to count from: dots above it are filled, others hollow. The ``<svg>`` then has ``data-x-low``,
        ``data-x-high`` (values at the ends of the axis), ``data-x-start`` and ``data-x-end`` (their places), the line has
        ``data-threshold``, and every dot its value as ``data-value``.
    dots
        Most dots of a row; every future is a dot of its own where there are fewer.
    width
        720 for a column of a page, 360 for a phone.
    titles
        What the page calls strategies.

    Returns
    -------
    Picture
        Its table has a row a dot.
    """
    name, other = strategy_name(say, strategy, titles), strategy_name(say, reference, titles)
    rows = [_Row.of(name, values, dots)]
    if reference_values is not None:
        rows.append(_Row.of(other, reference_values, dots, reference=True))
    title = say("chart.dots_title", outcome=capital(outcome_name(say, outcome)))
    if not rows[0].values.size:
        return _nothing(say, f"dots_{outcome}", title, say("chart.no_numbers"), width)
    known = np.concatenate([row.values for row in rows])
    scale = _scale(known, outcome, width)
    count, further = ("", "") if threshold is None else _count_text(say, rows, outcome, threshold)
    counted = f"{count} {further}".strip()
    canvas = Canvas(width, 1000)
    y = _sentences(canvas, 6, [count] if count else [], width, big=True)
    y = _sentences(canvas, y, [further] if further else [], width, colour=SOFT)
    top = y
    if threshold is not None:
        y += 20  # the value at the line
    bottom = _rows(canvas, scale, y, rows, say, outcome, 84 if width > 500 else 72, threshold)
    axis = bottom - _AXIS
    if threshold is not None:
        _threshold(canvas, scale, threshold, top + 16, axis, say, outcome)
    y = _sentences(canvas, bottom, [_legend(say, rows[0], dots)], width, colour=SOFT)
    canvas.height = y + 4
    parts = [_summary(say, row, outcome) for row in rows]
    described = " ".join([*([counted] if counted else []), *parts])
    frame = pd.concat([_frame(say, row, outcome, threshold) for row in rows], ignore_index=True)
    more = {}
    if threshold is not None:
        more = {"data_x_low": f"{scale.low:.10g}", "data_x_high": f"{scale.high:.10g}", "data_x_start": f"{scale.start:g}",
                "data_x_end": f"{scale.end:g}", "data_dots": rows[0].dots.size}  # fmt: skip
    return Picture(f"dots_{outcome}", title, described, canvas.svg(title, described, **more), frame)


def threshold_dots(
    comparison: Comparison, strategy: str, outcome: str, threshold: float, say: Language, *, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw fifty futures of a strategy, and of the reference, and count those above a threshold.

    Parameters
    ----------
    outcome, threshold
        As :func:`futures_dots` takes them.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    base = None if strategy == comparison.reference else comparison.values(comparison.reference, outcome)
    return futures_dots(
        comparison.values(strategy, outcome), base, say, outcome=outcome, strategy=strategy,
        reference=comparison.reference, threshold=threshold, dots=THRESHOLD_DOTS, width=width, titles=titles,
    )  # fmt: skip


def vitality_dots(
    comparison: Comparison, strategy: str, say: Language, *, levels: bool = True, width: float = 720, titles: Titles = None
) -> Picture:
    """Draw what a strategy does to vitality as twenty dots: the difference from the reference in the same futures, and levels.

    Parameters
    ----------
    levels
        Whether to draw where both end up as well.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    return change_dots(comparison, strategy, "vitality", say, levels=levels, width=width, titles=titles)


def change_dots(
    comparison: Comparison, strategy: str, outcome: str, say: Language, *, levels: bool = True, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw the difference of a strategy from the reference in the same futures as twenty dots, and where both end up.

    Parameters
    ----------
    outcome
        Any but a multiplier.
    levels
        Whether to draw where both end up as well.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    base, found = comparison.values(comparison.reference, outcome), comparison.values(strategy, outcome)
    name = strategy_name(say, strategy, titles)
    other = strategy_name(say, comparison.reference, titles)
    if strategy == comparison.reference:
        return futures_dots(found, None, say, outcome=outcome, strategy=strategy, width=width, titles=titles)
    title = say("chart.change_title", outcome=capital(outcome_name(say, outcome)), reference=other)
    change = _Row.of(say("chart.difference_row", reference=other), found - base, DOTS)
    if not change.values.size:
        return _nothing(say, f"dots_{outcome}_change", title, say("chart.no_numbers"), width)
    mean = comparison.difference(strategy, outcome)
    assert mean is not None
    above, n = int((change.values > 0).sum()), change.values.size
    head = say("chart.change_head", change=change_text(say, outcome, mean.mean), outcome=outcome_name(say, outcome))
    detail = [interval_text(say, outcome, mean, change=True), _how_often(say, change.values)]
    if note := few_seeds_note(len(comparison.runs.seeds)):
        detail.append(_few(say, len(comparison.runs.seeds)) if note else "")
    canvas = Canvas(width, 1000)
    y = _sentences(canvas, 6, [head], width, big=True)
    y = _sentences(canvas, y + 1, [capital("; ".join(part for part in detail if part)) + "."], width, colour=SOFT)
    y = _panel(canvas, y + 8, [change], say, outcome, change=True)
    rows = [_Row.of(name, found, DOTS), _Row.of(other, base, DOTS, reference=True)] if levels else []
    if levels:
        y = _sentences(canvas, y + 10, [say("chart.levels_row")], width)
        y = _panel(canvas, y + 2, rows, say, outcome)
    y = _sentences(canvas, y + 2, [_legend(say, change, DOTS)], width, colour=SOFT)
    canvas.height = y + 4
    frequency = say("chart.change_often", k=above, n=n, strategy=name, outcome=outcome_name(say, outcome))
    described = say("chart.change_described", strategy=name, reference=other, outcome=outcome_name(say, outcome),
                    change=change_text(say, outcome, mean.mean), interval=_in_brackets(interval_text(say, outcome, mean, True)),
                    often=frequency, mean=value_text(say, outcome, float(np.nanmean(found))),
                    base=value_text(say, outcome, float(np.nanmean(base))))  # fmt: skip
    frame = pd.concat([_frame(say, row, outcome, None) for row in [change, *rows]], ignore_index=True)
    return Picture(f"dots_{outcome}_change", title, described, canvas.svg(title, described), frame)


def multiplier_dots(
    comparison: Comparison, strategy: str, say: Language, *, width: float = 720, titles: Titles = None
) -> Picture:
    """Draw the additional multiplier as a number with its interval, and twenty futures in net private euros.

    The dots of the reference are drawn unless it is the twin, whose net private euros are zero by definition.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    title = say("chart.multiplier_title")
    name = strategy_name(say, strategy, titles)
    found = _multiplier(comparison, strategy)
    net = comparison.values(strategy, NET_PRIVATE)
    rows = [_Row.of(name, net, DOTS)]
    base = comparison.reference
    if strategy != base and comparison.values(base, NET_PRIVATE).any():
        rows.append(_Row.of(strategy_name(say, base, titles), comparison.values(base, NET_PRIVATE), DOTS, reference=True))
    canvas = Canvas(width, 1000)
    if found.mean is None:
        head, reason = say("chart.multiplier_none"), why_undefined(say, comparison, strategy)
        detail = [reason]
        described = say("chart.multiplier_none_described", strategy=name, reason=reason)
    else:
        head = say("chart.multiplier_head", n=say.number(found.mean, 2))
        interval = interval_text(say, "multiplier_additional", found)
        detail = [interval and f"{capital(interval)}.", say("chart.multiplier_exact")]
        base_found = _multiplier(comparison, base) if strategy != base else None
        if base_found is not None and base_found.mean is not None:
            detail.append(say("chart.multiplier_reference", reference=strategy_name(say, base, titles),
                              n=say.number(base_found.mean, 2)))  # fmt: skip
        described = say("chart.multiplier_described", strategy=name, n=say.number(found.mean, 2),
                        interval=_in_brackets(interval))  # fmt: skip
    seeds = len(comparison.runs.seeds)
    if few_seeds_note(seeds):
        detail.append(capital(_few(say, seeds)) + ".")
    y = _sentences(canvas, 6, [head], width, big=True)
    y = _sentences(canvas, y + 1, [" ".join(part for part in detail if part)], width, colour=SOFT)
    if net.any():
        above, n = int((net > 0).sum()), int(np.isfinite(net).sum())
        often = say("chart.net_often", k=above, n=n)
        y = _sentences(canvas, y + 10, [often], width)
        y = _panel(canvas, y + 4, rows, say, NET_PRIVATE, change=True)
        y = _sentences(canvas, y + 2, [_legend(say, rows[0], DOTS)], width, colour=SOFT)
        described = f"{described} {often}"
    canvas.height = y + 4
    frame = pd.concat([_frame(say, row, NET_PRIVATE, None) for row in rows], ignore_index=True)
    return Picture("dots_multiplier", title, described, canvas.svg(title, described), frame)


def _multiplier(comparison: Comparison, strategy: str) -> Estimate:
    """Return the additional multiplier: one outcome of one strategy takes a tenth of the time of all of all."""
    if "estimates" in vars(comparison):
        return comparison.estimates[strategy]["multiplier_additional"]
    return comparison.estimate(strategy, "multiplier_additional")


# --- drawing ---------------------------------------------------------------------------------------------------------


def _panel(canvas: Canvas, y: float, rows: Sequence[_Row], say: Language, outcome: str, change: bool = False) -> float:
    """Draw rows of dots above an axis of their own, from y down; return where it ends."""
    known = np.concatenate([row.values for row in rows])
    scale = _scale(known, outcome, canvas.width, change)
    return _rows(canvas, scale, y, rows, say, outcome, 76 if len(rows) == 1 else 60, None, change)


def _rows(
    canvas: Canvas, scale: Scale, y: float, rows: Sequence[_Row], say: Language, outcome: str, room: float,
    threshold: float | None, change: bool = False,
) -> float:  # fmt: skip
    """Draw rows of dots with their names, and the axis below them, from y down; return where it ends.

    Parameters
    ----------
    room
        Height of the tallest stack, as far as dots of the least width allow.
    """
    size = _LARGEST
    while size > _SMALLEST and any(row.height(scale, size) > room for row in rows):
        size *= 0.9
    bases, names = [], []
    grid = y + 19.5 * len(fold(rows[0].name, canvas.width - 2 * _EDGE, 15, 2))
    for row in rows:
        names.append(y)
        y += 19.5 * len(fold(row.name, canvas.width - 2 * _EDGE, 15, 2)) + row.height(scale, size) + 4
        bases.append(y)
        y += 8
    _axis(canvas, scale, y, say, outcome, grid, change)
    for row, name, base in zip(rows, names, bases, strict=True):
        write_lines(canvas, row.name, _EDGE, name, canvas.width - 2 * _EDGE, 15, 2, colour=row.colour, weight="600", halo=True)
        _draw(canvas, scale, base, row, size, say, outcome, threshold, change)
    return y + _AXIS


def _scale(known: np.ndarray, outcome: str, width: float, zero: bool = False) -> Scale:
    """Return the axis of some values; euros that are all nil get a million to either side, and not half a euro."""
    if outcome in EUROS and not known.any():
        return Scale(-1e6, 1e6, _EDGE, width - _EDGE)
    return scale_of(known.tolist(), _EDGE, width - _EDGE, zero=zero, margin=0.06)


def _per_unit(scale: Scale) -> float:
    return (scale.high - scale.low) / (scale.end - scale.start)


def _draw(
    canvas: Canvas, scale: Scale, base: float, row: _Row, size: float, say: Language, outcome: str, threshold: float | None,
    change: bool = False,
) -> None:  # fmt: skip
    words = change_text if change else value_text
    if row.alike:
        value = float(row.dots[0])
        filled = not row.reference if threshold is None else value > threshold
        text = say("chart.all_alike", n=row.values.size, value=words(say, outcome, value))
        place, room = scale(value), text_width(text, 14)
        size = max(size, 12.0)
        canvas.circle(place, base - size / 2, size / 2 - 1.5, fill=row.colour if filled else PAPER, stroke=row.colour,
                      stroke_width=2)  # fmt: skip
        right = place + size + room < canvas.width
        if threshold is not None and place < scale(threshold) < place + size + room:
            right = place - size - room < 0.0
        canvas.text(place + size if right else place - size, base - size / 2 + 5, text, colour=row.colour, halo=True,
                    anchor="start" if right else "end")  # fmt: skip
        return
    x, height = stack_dots(row.dots, size * _per_unit(scale))
    for value, across, up in zip(row.dots.tolist(), x.tolist(), height.tolist(), strict=True):
        filled = not row.reference if threshold is None else value > threshold
        line = max(1.2, 0.12 * size)
        canvas.circle(scale(across), base - size * (up + 0.5), size / 2 - 0.5 - line / 2, fill=row.colour if filled else PAPER,
                      stroke=row.colour, stroke_width=f"{line:.1f}", tip=words(say, outcome, value),
                      data_value=f"{value:.6g}" if threshold is not None else None)  # fmt: skip


def _axis(
    canvas: Canvas, scale: Scale, y: float, say: Language, outcome: str, top: float, change: bool = False
) -> None:
    """Draw the axis; light lines reach up to the rows, and zero has a dashed one of its own in differences."""
    most = 7 if canvas.width > 500 else 4
    words, unit = axis_words(say, outcome, scale, most, change)
    canvas.x_axis(scale, y, words=words, most=most, grid_to=top)
    text = outcome_name(say, outcome) + (f" ({unit})" if unit else "")
    size = 13 if text_width(text, 13) < canvas.width - 2 * _EDGE else 11.5
    canvas.text(canvas.width / 2, y + 37, shorten(text, canvas.width - 2 * _EDGE, size), size=size, anchor="middle")
    if change and scale.low < 0.0 < scale.high:
        canvas.line(scale(0.0), y, scale(0.0), top, colour=INK, width=1.4, stroke_dasharray="5 3")


def _threshold(canvas: Canvas, scale: Scale, value: float, top: float, bottom: float, say: Language, outcome: str) -> None:
    """Draw the line that the page lets a person drag: its grip is as large as a finger needs."""
    x = min(max(scale(value), scale.start), scale.end)
    text = value_text(say, outcome, value)
    half = text_width(text, 14) / 2
    with canvas.group(data_threshold=f"{value:.10g}", cursor="ew-resize"):
        canvas.rect(x - 12, top, 24, bottom - top, fill=PAPER, fill_opacity=0)
        canvas.line(x, top, x, bottom, colour=VERMILION, width=2.2)
        canvas.circle(x, bottom, 12, fill=PAPER, stroke=VERMILION, stroke_width=2.2)
        canvas.path(f"M{x - 3:.1f} {bottom - 4:.1f}l-4 4l4 4M{x + 3:.1f} {bottom - 4:.1f}l4 4l-4 4", stroke=VERMILION,
                    stroke_width=1.8, stroke_linecap="round", stroke_linejoin="round")  # fmt: skip
        canvas.text(min(max(x, half + 2), canvas.width - half - 2), top - 3, text, size=14, anchor="middle", weight="600",
                    halo=True)  # fmt: skip


def _sentences(
    canvas: Canvas, y: float, sentences: Sequence[str], width: float, big: bool = False, colour: str = INK
) -> float:
    """Write sentences from y down, folded to the width; return where they end."""
    size, weight = (20 if width > 500 else 17, "600") if big else (14, "normal")
    for sentence in sentences:
        y = write_lines(canvas, sentence, _EDGE, y, width - 2 * _EDGE, size, 6, colour=colour, weight=weight)
    return y


def _nothing(say: Language, name: str, title: str, reason: str, width: float) -> Picture:
    """Return a picture that says why there is nothing to draw."""
    canvas = Canvas(width, 100)
    canvas.rect(1, 1, width - 2, 70, fill=PAPER, stroke=RULE)
    for k, line in enumerate(fold(reason, width - 40, 15, lines=3)):
        canvas.text(20, 28 + 19 * k, shorten(line, width - 40, 15), size=15, colour=SOFT)
    canvas.height = 72
    return Picture(name, title, reason, canvas.svg(title, reason), pd.DataFrame(columns=[say("chart.column_strategy")]))


# --- words -----------------------------------------------------------------------------------------------------------


def _legend(say: Language, row: _Row, dots: int) -> str:
    n = row.values.size
    return say("chart.dot_is_one", n=n) if n <= dots else say("chart.dot_is_share", n=n, dots=dots)


def _few(say: Language, seeds: int) -> str:
    return say("chart.few_one") if seeds == 1 else say("chart.few", n=seeds)


def _how_often(say: Language, change: np.ndarray) -> str:
    if not change.any():
        return say("chart.same_everywhere", n=change.size)
    return say("chart.how_often", k=int((change > 0).sum()), n=change.size)


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _count_text(say: Language, rows: Sequence[_Row], outcome: str, threshold: float) -> tuple[str, str]:
    """Return how many dots lie above the threshold; and, where dots stand for several, the share of all futures, and the
    reference's dots.
    """
    first = rows[0]
    above = int((first.dots > threshold).sum())
    text = say("chart.above", outcome=capital(outcome_name(say, outcome)), k=above, n=first.dots.size,
               value=value_text(say, outcome, threshold))  # fmt: skip
    further = []
    if first.values.size > first.dots.size:
        further.append(say("chart.above_share", share=say.share(float((first.values > threshold).mean())),
                           n=first.values.size))  # fmt: skip
    if len(rows) > 1 and rows[1].dots.size:
        further.append(say("chart.above_reference", name=rows[1].name, k=int((rows[1].dots > threshold).sum()),
                           n=rows[1].dots.size))  # fmt: skip
    return text, " ".join(further)


def _summary(say: Language, row: _Row, outcome: str) -> str:
    if not row.values.size:
        return ""
    low, middle, high = np.quantile(row.values, [0.1, 0.5, 0.9])
    return say("chart.dots_summary", name=row.name, median=value_text(say, outcome, float(middle)),
               low=value_text(say, outcome, float(low)), high=value_text(say, outcome, float(high)), n=row.values.size)


def _frame(say: Language, row: _Row, outcome: str, threshold: float | None) -> pd.DataFrame:
    frame = pd.DataFrame({
        say("chart.column_what"): [row.name] * row.dots.size,
        say("chart.column_dot"): np.arange(1, row.dots.size + 1),
        capital(outcome_name(say, outcome)): row.dots,
    })  # fmt: skip
    if threshold is not None:
        frame[say("chart.column_above", value=value_text(say, outcome, threshold))] = row.dots > threshold
    return frame
