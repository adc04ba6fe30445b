"""A game as pictures: how the years went beside the same future without intervention, and the end beside other strategies.

A game is one future, and has no interval. What a difference from chance would look like is drawn beside it: of each
strategy that it is compared with the middle 80% of its futures, where these have been worked out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from klaver.dashboard.drawing.canvas import INK, PAPER, REFERENCE, RULE, SCENARIO, SOFT, Canvas, Scale, scale_of
from klaver.dashboard.drawing.lettering import fold, text_width
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import axis_words, capital, change_text, outcome_name, value_text
from sim.outcomes import INDICATORS

if TYPE_CHECKING:
    from klaver.dashboard.following import Followed
    from klaver.language import Language

PATHS = ("vitality", "vacancy", "private_investment", "public_outlay")
"""Indicators that are followed through a game; euros since its start."""
ENDS = ("vitality", "private_investment", "public_outlay", "vacancy")
"""Outcomes by which a game is held beside strategies: each less that of the twin."""
TOLD = (*ENDS, "jobs", "opportunities_realised", "multiplier_additional", "social_balance")
"""Outcomes in the table beside it."""
_BAND = "#D5DCE0"
Outcomes = Mapping[str, Mapping[str, float]]


def game_paths(followed: Followed, say: Language, *, width: float = 820) -> Picture:
    """Draw how a game went so far, beside the same future without intervention.

    Parameters
    ----------
    followed
        The run, of one quarter or more.
    say
        Language of the picture.
    width
        360 or more; below 600 the panels stand under each other.

    Returns
    -------
    Picture
        Its table has a row a year.

    Raises
    ------
    ValueError
        If no quarter has passed.
    """
    if followed.quarters < 1:
        raise ValueError("no quarter of the game has passed")
    quarters, years = followed.quarters, followed.horizon / 4
    across = 2 if width >= 600 else 1
    room, high = width / across, 190.0
    title = say("play.paths_title", years=say.number(quarters / 4, 0 if quarters % 4 == 0 else 2))
    canvas = Canvas(width, 30 + high * math.ceil(len(PATHS) / across))
    _legend(canvas, say)
    for k, name in enumerate(PATHS):
        run, twin = (frames.indicators[:quarters, INDICATORS.index(name)] for frames in (followed.frames, followed.twin_frames))
        _path(canvas, say, name, (run, twin), years, (room * (k % across), 30 + high * (k // across)), (room, high))
    ends = [say("play.path_end", outcome=outcome_name(say, name), you=value_text(say, name, followed.measures[name]),
                twin=value_text(say, name, followed.twin_measures[name])) for name in PATHS]  # fmt: skip
    description = " ".join([say("play.paths_description"), *(capital(end) for end in ends)])
    return Picture(f"game_{quarters}", title, description, canvas.svg(title, description), _path_table(followed, say))


def _legend(canvas: Canvas, say: Language) -> None:
    x = 2.0
    for key, colour, dash, width in (("play.you", SCENARIO, None, 2.6), ("play.twin", REFERENCE, "6 4", 2.0)):
        canvas.line(x, 12, x + 30, 12, colour=colour, width=width, stroke_dasharray=dash)
        canvas.text(x + 37, 17, say(key), size=14)
        x += 37 + text_width(say(key), 14) + 26


def _path(
    canvas: Canvas, say: Language, name: str, both: tuple[np.ndarray, np.ndarray], years: float, corner: tuple[float, float],
    size: tuple[float, float],
) -> None:  # fmt: skip
    left, top = corner
    values = [float(value) for path in both for value in path]
    bottom = top + size[1] - 42
    vertical = scale_of(values, bottom, top + 34, zero=name not in ("vitality",))
    if name != "vitality" and min(values) >= 0.0:
        vertical = Scale(0.0, vertical.high, bottom, top + 34)
    words, unit = axis_words(say, name, vertical, 4)
    start = left + 10 + max(text_width(words(tick), 13) for tick in vertical.ticks(4))
    horizontal = Scale(0.0, years, start, left + size[0] - 30)
    head = capital(outcome_name(say, name))
    canvas.text(left + 2, top + 18, f"{head} ({unit})" if unit else head, size=14, weight="600")
    canvas.y_axis(vertical, start, words=words, most=4, grid_to=horizontal.end)
    canvas.x_axis(horizontal, bottom, "", words=lambda year: say.number(year), most=5)
    canvas.text(horizontal.end, bottom + 33, say("play.year_axis"), size=12, colour=SOFT, anchor="end")
    x = [horizontal((quarter + 1) / 4) for quarter in range(both[0].size)]
    for path, colour, dash, thick in ((both[1], REFERENCE, "6 4", 2.0), (both[0], SCENARIO, None, 2.6)):
        canvas.polyline(x, [vertical(float(value)) for value in path], colour=colour, width=thick, stroke_dasharray=dash)
        y = vertical(float(path[-1]))
        canvas.circle(x[-1], y, 4.5, fill=PAPER if dash else colour, stroke=colour, stroke_width=2,
                      tip=value_text(say, name, float(path[-1])))  # fmt: skip


def _path_table(followed: Followed, say: Language) -> pd.DataFrame:
    last = sorted({*range(3, followed.quarters, 4), followed.quarters - 1})
    columns: dict[str, list[float]] = {say("play.column_year"): [(quarter + 1) / 4 for quarter in last]}
    for name in PATHS:
        place = INDICATORS.index(name)
        for key, frames in (("play.you", followed.frames), ("play.twin", followed.twin_frames)):
            label = f"{capital(outcome_name(say, name))}: {say(key)}"
            columns[label] = [float(frames.indicators[quarter, place]) for quarter in last]
    return pd.DataFrame(columns)


# --- beside other strategies ------------------------------------------------------------------------------------------------


def beside_others(
    found: Mapping[str, Outcomes], titles: Mapping[str, str], say: Language, *, game: str,
    spread: Mapping[str, Mapping[str, tuple[float, float]]] | None = None, width: float = 900,
) -> Picture:  # fmt: skip
    """Draw what a game and strategies came to in one and the same future, each less the future without intervention.

    Parameters
    ----------
    found
        Name to what ``klaver.runs.paired_outcomes`` returns; in the order of the rows, which is no order of merit.
    titles
        What they are called.
    game
        Which of them is the game.
    spread
        Name and outcome (:data:`ENDS`) to the ends of the middle 80% of its futures; those that are known.
    width
        360 or more; below 600 the panels stand under each other.

    Returns
    -------
    Picture
        Its table has a row a strategy and a column an outcome; undefined ones are empty.
    """
    spread = spread or {}
    names, wide = list(found), width >= 600
    label = min(190.0, 14 + max(text_width(titles[name], 14, bold=name == game) for name in names)) if wide else 0.0
    room = (width - label) / len(ENDS) if wide else width
    row, head = (30.0, 52.0) if wide else (40.0, 34.0)
    height = head + row * len(names) + 48
    canvas = Canvas(width, 34 + (height if wide else height * len(ENDS)))
    _end_legend(canvas, say, width, bool(spread))
    for k, outcome in enumerate(ENDS):
        left, top = (label + room * k, 34.0) if wide else (0.0, 34 + height * k)
        values = [found[name]["difference"][outcome] for name in names]
        ends = [end for name in names for end in spread.get(name, {}).get(outcome, ())]
        scale = scale_of([*values, *ends], left + 12, left + room - (16 if wide else 12), zero=True)
        for place, line in enumerate(fold(capital(outcome_name(say, outcome)), room - 14, 14, 2)):
            canvas.text(left + 12, top + 16 + 17 * place, line, size=14, weight="600")
        y, bottom = top + head, top + head + row * len(names)
        most = 3 if wide else 5
        words, unit = axis_words(say, outcome, scale, most, change=True)
        canvas.x_axis(scale, bottom, unit, words=words, most=most, grid_to=y)
        canvas.line(scale(0.0), bottom, scale(0.0), y, colour=INK, width=1.3, stroke_dasharray="5 3")
        for number, name in enumerate(names):
            middle = y + row * (number + (0.5 if wide else 0.7))
            if not wide:
                canvas.text(2, middle - 11, titles[name], size=13, weight="600" if name == game else "normal", halo=True)
            _end(canvas, say, outcome, scale, middle, found[name]["difference"][outcome],
                 spread.get(name, {}).get(outcome), name == game)  # fmt: skip
    if wide:
        for number, name in enumerate(names):
            middle = 34 + head + row * (number + 0.5)
            if number:
                canvas.line(0, middle - row / 2, width, middle - row / 2, colour=RULE, width=0.7)
            (line,) = fold(titles[name], label - 10, 14, 1)
            canvas.text(0, middle + 5, line, size=14, weight="600" if name == game else "normal")
    title = say("play.beside_title")
    own = found[game]["difference"]
    description = say("play.beside_description", n=len(names) - 1, values=say.listing(
        [f"{outcome_name(say, outcome)} {change_text(say, outcome, own[outcome])}" for outcome in ENDS]))  # fmt: skip
    return Picture("game_beside", title, description, canvas.svg(title, description), end_table(found, titles, say))


def _end_legend(canvas: Canvas, say: Language, width: float, spread: bool) -> None:
    canvas.path(_diamond(9, 13, 7), fill=SCENARIO)
    canvas.text(21, 18, say("play.you"), size=14)
    x = 21 + text_width(say("play.you"), 14) + 22
    canvas.circle(x, 13, 5, fill=PAPER, stroke=REFERENCE, stroke_width=2)
    canvas.text(x + 12, 18, say("play.key_strategy"), size=14)
    x += 12 + text_width(say("play.key_strategy"), 14) + 16
    if spread and x + 30 + text_width(say("play.key_spread"), 14) < width:
        canvas.rect(x, 8, 26, 10, fill=_BAND, rx=5)
        canvas.text(x + 33, 18, say("play.key_spread"), size=14)


def _diamond(x: float, y: float, size: float) -> str:
    return f"M{x:.1f} {y - size:.1f}L{x + size:.1f} {y:.1f}L{x:.1f} {y + size:.1f}L{x - size:.1f} {y:.1f}Z"


def _end(
    canvas: Canvas, say: Language, outcome: str, scale: Scale, y: float, value: float, spread: tuple[float, float] | None,
    mine: bool,
) -> None:  # fmt: skip
    if spread is not None and all(map(math.isfinite, spread)):
        tip = say("play.spread", low=change_text(say, outcome, spread[0]), high=change_text(say, outcome, spread[1]))
        canvas.rect(scale(spread[0]) - 5, y - 5, scale(spread[1]) - scale(spread[0]) + 10, 10, fill=_BAND, rx=5, tip=tip)
    if not math.isfinite(value):
        return
    tip = change_text(say, outcome, value)
    if mine:
        canvas.path(_diamond(scale(value), y, 8), fill=SCENARIO, stroke=PAPER, stroke_width=1, tip=tip)
    else:
        canvas.circle(scale(value), y, 5, fill=PAPER, stroke=REFERENCE, stroke_width=2, tip=tip)


def end_table(found: Mapping[str, Outcomes], titles: Mapping[str, str], say: Language) -> pd.DataFrame:
    """Return outcomes of a game and of strategies (:data:`TOLD`) as numbers, each less that of the future without them."""
    rows = [[titles[name], *(side["difference"][outcome] for outcome in TOLD)] for name, side in found.items()]
    return pd.DataFrame(rows, columns=[say("play.column_strategy"), *(capital(outcome_name(say, outcome)) for outcome in TOLD)])
