"""Outcomes over the years as fans of futures, and the seven parts of vitality.

A fan has the middle 50, 80 and 95% of the futures, the median, and a few single futures: what lies within a band is no
path that anybody will see. The reference is grey and dashed: its median and the edges of its middle 80%. Bands are drawn
only where there are futures enough to speak of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from klaver.dashboard.drawing.canvas import PAPER, REFERENCE, SCENARIO, SOFT, Canvas, Scale, scale_of
from klaver.dashboard.drawing.intervals import IntervalRow, interval_panel, title_lines
from klaver.dashboard.drawing.lettering import apart, fold, shorten, text_width
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
)

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.experiment import Runs
    from klaver.language import Language

COMPONENTS = ("vitality_occupancy", "vitality_premises", "vitality_public_space", "vitality_jobs", "vitality_dynamics",
              "vitality_organisation", "vitality_future")  # fmt: skip
"""The seven parts of vitality, in the order of their weights."""
BANDS = {0.95: "#DFEAF3", 0.80: "#BBD5E9", 0.50: "#8DB9DA"}
"""Share of the futures in a band -> its colour."""
LEAST = {0.50: 5, 0.80: 10, 0.95: 40}
"""Share of the futures in a band -> futures from which it is drawn: with fewer, its edges are the outermost ones."""


def fan(
    runs: Runs, strategy: str, reference: str, column: str, say: Language, *, singles: int = 5, width: float = 720,
    titles: Titles = None,
) -> Picture:  # fmt: skip
    """Draw an outcome of a strategy over the years, against the reference.

    Parameters
    ----------
    runs
        Any number of seeds from 1.
    strategy, reference
        Names of strategies that were run; the same twice draws no reference.
    column
        An indicator that was kept: ``vitality``, ``vacancy``, ``jobs``, ``private_investment`` or ``public_outlay``
        (euros since the start).
    say
        Language of the picture.
    singles
        Single futures drawn behind; those of the first seeds, so that they stay the same while an ensemble fills.
    width
        720 for a column of a page, 360 for a phone.
    titles
        What the page calls strategies.

    Returns
    -------
    Picture
        Its table has a row a point in time.

    Raises
    ------
    ValueError
        If the indicator was not kept, or a strategy was not run.
    """
    for name in (strategy, reference):
        if name not in runs.strategies:
            raise ValueError(f"strategy {name!r} was not run; there are: {', '.join(runs.strategies)}")
    paths = runs.path(strategy, column).astype(float)
    base = None if strategy == reference else runs.path(reference, column).astype(float)
    years, n = np.asarray(runs.years, dtype=float), paths.shape[0]
    shares = [share for share in BANDS if n >= LEAST[share]]
    # All at once: sorting is what takes the time.
    levels = [0.5, *(level for share in shares for level in ((1 - share) / 2, (1 + share) / 2))]
    median, *quantiles = np.quantile(paths, levels, axis=0)
    edges = {share: np.array(quantiles[2 * k : 2 * k + 2]) for k, share in enumerate(shares)}
    behind = paths[: n if n < LEAST[0.50] else singles]
    lines: dict[str, np.ndarray] = {}
    if base is not None:
        keys, at = (("median", "low", "high"), [0.5, 0.1, 0.9]) if n >= LEAST[0.80] else (("median",), [0.5])
        lines = dict(zip(keys, np.quantile(base, at, axis=0), strict=True))
    name, other = strategy_name(say, strategy, titles), strategy_name(say, reference, titles)
    title = say("chart.fan_title", outcome=capital(outcome_name(say, column)))
    wide = width > 500
    canvas = Canvas(width, 1000)
    ends = [(name, float(median[-1]), SCENARIO)] + ([(other, float(lines["median"][-1]), REFERENCE)] if lines else [])
    right = 16 + max(text_width(_short(say, column, value), 14, bold=True) for _, value, _ in ends)
    if wide:
        right = max(right, min(170.0, 16 + max(text_width(text, 14, bold=True) for text, _, _ in ends)))
    y = _fan_legend(canvas, say, name, other if lines else "", shares, n, 24.0)
    top, bottom = y + 14, y + 14 + (250 if wide else 220)
    drawn = np.concatenate([behind.ravel(), median, *(edge.ravel() for edge in edges.values()), *lines.values()])
    vertical = scale_of(drawn.tolist(), bottom, top, zero=column not in ("vitality", "jobs"))
    if column not in ("vitality", "jobs") and np.nanmin(drawn) >= 0.0:
        vertical = Scale(0.0, vertical.high, bottom, top)
    words, unit = axis_words(say, column, vertical, 5)
    left = 12 + max(text_width(words(tick), 13) for tick in vertical.ticks(5))
    across = Scale(0.0, float(years[-1]), left, width - right)
    head = capital(outcome_name(say, column)) + (f" ({unit})" if unit else "")
    canvas.text(0, 16, shorten(head, width, 15), size=15, weight="600")
    canvas.y_axis(vertical, left, words=words, grid_to=width - right)
    canvas.x_axis(across, bottom, say("chart.year"), words=lambda year: say.number(year), most=10 if wide else 5)
    x = [across(year) for year in years]
    for share in shares:
        low, high = edges[share]
        canvas.band(x, [vertical(v) for v in low], [vertical(v) for v in high], fill=BANDS[share])
    for path in behind:
        canvas.polyline(x, [vertical(v) for v in path], colour=SCENARIO, width=0.9, stroke_opacity=0.55)
    for key in ("low", "high"):
        if key in lines:
            canvas.polyline(x, [vertical(v) for v in lines[key]], colour=REFERENCE, width=1.1, stroke_dasharray="2 3")
    if lines:
        canvas.polyline(x, [vertical(v) for v in lines["median"]], colour=PAPER, width=4)
        canvas.polyline(x, [vertical(v) for v in lines["median"]], colour=REFERENCE, width=2.4, stroke_dasharray="7 4")
    canvas.polyline(x, [vertical(v) for v in median], colour=PAPER, width=5)
    canvas.polyline(x, [vertical(v) for v in median], colour=SCENARIO, width=3)
    _end_labels(canvas, say, column, ends, vertical, width - right, right, top, bottom, wide)
    canvas.height = bottom + 46
    described = _fan_described(say, column, paths, base, name, other, float(years[-1]))
    frame = pd.DataFrame({say("chart.column_year"): years, say("chart.column_median", name=name): median})
    for share in reversed(shares):
        for key, edge in zip(("low", "high"), edges[share], strict=True):
            frame[say(f"chart.column_{key}", name=name, share=round(100 * share))] = edge
    for key, line in lines.items():
        frame[say(f"chart.column_{key}", name=other, share=80)] = line
    return Picture(f"fan_{column}", title, described, canvas.svg(title, described), frame)


def _fan_legend(canvas: Canvas, say: Language, name: str, other: str, shares: list[float], n: int, y: float) -> float:
    """Draw what bands and lines are, from y down; return where it ends."""
    x, size = 0.0, 13
    wide = canvas.width > 500

    def room(text: str, mark: float) -> None:
        nonlocal x, y
        if x > 0.0 and x + mark + text_width(text, size) > canvas.width:
            x, y = 0.0, y + 20

    for line, colour, dash in ((name, SCENARIO, None), (other, REFERENCE, "7 4")):
        if line and not wide:
            text = fold(line, (canvas.width - 40) / 1.08, size, 1)[0]
            room(text, 34)
            canvas.line(x, y + 9, x + 26, y + 9, colour=colour, width=2.8, stroke_dasharray=dash)
            canvas.text(x + 32, y + 14, text, size=size, colour=colour, weight="600")
            x += 48 + text_width(text, size)
    if x and not wide:
        x, y = 0.0, y + 20
    text = say("chart.fan_median")
    canvas.line(x, y + 9, x + 22, y + 9, colour=SCENARIO, width=3)
    canvas.text(x + 28, y + 14, text, size=size, colour=SOFT)
    x += 42 + text_width(text, size)
    if shares:
        text = say("chart.fan_middle")
        canvas.text(x, y + 14, text, size=size, colour=SOFT)
        x += 8 + text_width(text, size)
    for share in reversed(shares):
        text = say.share(share)
        room(text, 22)
        canvas.rect(x, y + 3, 16, 12, fill=BANDS[share], stroke="#5F86A3", stroke_width=0.6)
        canvas.text(x + 21, y + 14, text, size=size, colour=SOFT)
        x += 30 + text_width(text, size)
    single = say("chart.fan_singles" if shares else "chart.fan_all", n=n)
    room(single, 30)
    canvas.line(x, y + 9, x + 22, y + 9, colour=SCENARIO, width=0.9, stroke_opacity=0.7)
    canvas.text(x + 28, y + 14, single, size=size, colour=SOFT)
    x += 44 + text_width(single, size)
    if other and 0.80 in shares:
        text = say("chart.fan_reference")
        room(text, 30)
        canvas.line(x, y + 9, x + 22, y + 9, colour=REFERENCE, width=1.3, stroke_dasharray="2 3")
        canvas.text(x + 28, y + 14, text, size=size, colour=SOFT)
    return y + 20


def _end_labels(
    canvas: Canvas, say: Language, column: str, ends: list[tuple[str, float, str]], vertical: Scale, x: float, room: float,
    top: float, bottom: float, named: bool,
) -> None:  # fmt: skip
    """Write what lines are and where they end, beside their ends."""
    tall = 36 if named else 18
    places = apart([vertical(value) for _, value, _ in ends], tall + 4, top + tall / 2, bottom - tall / 2)
    for (name, value, colour), y in zip(ends, places, strict=True):
        canvas.line(x, vertical(value), x + 7, y, colour=colour)
        text = _short(say, column, value)
        if named:
            canvas.text(x + 10, y - 3, fold(name, (room - 12) / 1.08, 14, 1)[0], size=14, colour=colour, weight="600")
            canvas.text(x + 10, y + 14, text, size=14, colour=colour)
        else:
            canvas.text(x + 10, y + 5, text, size=14, colour=colour, weight="600")


def _short(say: Language, column: str, value: float) -> str:
    """Return a value as it fits beside a line: euros in millions."""
    if column in ("private_investment", "public_outlay"):
        return say("chart.short_million", n=say.number(value / 1e6, 1))
    return value_text(say, column, value)


def _fan_described(
    say: Language, column: str, paths: np.ndarray, base: np.ndarray | None, name: str, other: str, years: float
) -> str:
    last, n = paths[:, -1], paths.shape[0]
    start = float(np.median(paths[:, 0]))
    numbers = {"outcome": outcome_name(say, column), "name": name, "year": say.number(years, 0 if years == int(years) else 1),
               "start": value_text(say, column, start), "end": value_text(say, column, float(np.median(last)))}
    text = say("chart.fan_described", **numbers)
    if n >= LEAST[0.80]:
        low, high = np.quantile(last, [0.1, 0.9])
        text += " " + say("chart.fan_range", n=n, low=value_text(say, column, float(low)),
                          high=value_text(say, column, float(high)))  # fmt: skip
    elif n == 1:
        text += " " + say("chart.few_one_sentence")
    else:
        text += " " + say("chart.fan_range_few", n=n, low=value_text(say, column, float(last.min())),
                          high=value_text(say, column, float(last.max())))  # fmt: skip
    if base is not None:
        text += " " + say("chart.fan_against", other=other, end=value_text(say, column, float(np.median(base[:, -1]))))
    return text


def components(
    comparison: Comparison, strategy: str, say: Language, *, width: float = 720, titles: Titles = None
) -> Picture:
    """Draw the seven parts of vitality: the difference from the reference, and the levels of both, with intervals.

    Parameters
    ----------
    comparison
        Of any number of seeds from 1; one seed has no intervals.
    strategy
        One of those run. The reference itself is drawn with its levels alone.
    say, width, titles
        As :func:`fan` takes them.

    Returns
    -------
    Picture
        Its table has a row a part.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    comparison.values(strategy, "vitality")  # an unknown strategy is told here
    reference = comparison.reference
    name, other = strategy_name(say, strategy, titles), strategy_name(say, reference, titles)
    alone = strategy == reference
    title = say("chart.components_title", name=name)
    parts = {part: say(f"chart.{part}") for part in COMPONENTS}
    found = {part: comparison.estimates[strategy][part] for part in COMPONENTS}
    base = {part: comparison.estimates[reference][part] for part in COMPONENTS}
    change = {part: comparison.differences[strategy][part] for part in COMPONENTS}
    wide = width > 500
    canvas = Canvas(width, 1000)
    labels = max(text_width(text, 14) for text in parts.values()) + 14
    gap = 28.0
    if wide and not alone:
        half = (width - labels - gap) / 2
        places = ((labels, labels + half), (labels + half + gap, width - 10))
    else:
        places = ((labels, width - 12), (labels, width - 12))
    heads = [say("chart.difference_row", reference=other), say("chart.levels_row")]
    lines = 1 if alone or not wide else title_lines(heads, (width - labels - gap) / 2)
    y = 0.0
    if not alone:
        rows = [IntervalRow(parts[part], [(change[part], SCENARIO, "dot")]) for part in COMPONENTS]
        y = interval_panel(canvas, say, rows, "vitality", places[0], 0.0, heads[0], labels=True, change=True,
                           lines=lines)  # fmt: skip
    levels = [
        IntervalRow(parts[part], [*([] if alone else [(base[part], REFERENCE, "ring")]), (found[part], SCENARIO, "dot")])
        for part in COMPONENTS
    ]
    below = not wide and not alone
    bottom = interval_panel(canvas, say, levels, "vitality", places[1], y + 14 if below else 0.0, heads[1],
                            labels=below or alone, ends=(0.0, 100.0), lines=lines)  # fmt: skip
    y = max(y, bottom) + 6
    for mark, text, colour in (("dot", name, SCENARIO), *([] if alone else [("ring", other, REFERENCE)])):
        _mark_legend(canvas, mark, fold(text, width - 30, 14, 1)[0], colour, y)
        y += 20
    seeds = len(comparison.runs.seeds)
    note = say("chart.line_is_interval", n=seeds) if seeds > 1 else say("chart.few_one_sentence")
    for line in fold(note, width, 13, 3):
        canvas.text(0, y + 13, line, size=13, colour=SOFT)
        y += 18
    canvas.height = y + 4
    described = _components_described(say, parts, change, found, name, other, alone)
    table: dict[str, Any] = {say("chart.column_part"): list(parts.values())}
    for key, estimates in (("change", change), ("level", found), ("reference", base)):
        if alone and key != "level":
            continue
        for end in ("mean", "low", "high"):
            table[say(f"chart.column_{key}_{end}")] = [getattr(estimates[part], end) for part in COMPONENTS]
    return Picture("vitality_components", title, described, canvas.svg(title, described), pd.DataFrame(table))


def _mark_legend(canvas: Canvas, mark: str, text: str, colour: str, y: float) -> None:
    canvas.circle(8, y + 8, 5.5, fill=colour if mark == "dot" else PAPER, stroke=colour, stroke_width=2)
    canvas.text(22, y + 13, text, size=14, colour=colour, weight="600")


def _components_described(
    say: Language, parts: dict[str, str], change: dict[str, Any], found: dict[str, Any], name: str, other: str, alone: bool
) -> str:
    if alone:
        listed = [f"{parts[part]} {value_text(say, 'vitality', found[part].mean)}" for part in COMPONENTS]
        return say("chart.components_alone", name=name, parts=say.listing(listed))
    order = sorted(COMPONENTS, key=lambda part: -abs(change[part].mean or 0.0))
    listed = []
    for part in order:
        interval = interval_text(say, "vitality", change[part], change=True)
        brackets = f" ({interval})" if interval and len(listed) < 3 else ""
        listed.append(f"{parts[part]} {change_text(say, 'vitality', change[part].mean, unit=False)}{brackets}")
    return say("chart.components_described", name=name, other=other, parts=say.listing(listed))
