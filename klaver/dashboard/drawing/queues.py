"""What lies ready for each of the four roles, what is done of it, and which role keeps the others waiting.

Work asked of a role is counted in hours per quarter, done or not; hours spent are what went into actions. How long work
waits is the one over the other: quarters of work that lie ready at the pace of the last year. The role with the longest
wait is the bottleneck.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from klaver.dashboard.drawing.canvas import PAPER, SCENARIO, SOFT, VERMILION, Canvas, Scale
from klaver.dashboard.drawing.lettering import apart, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import capital
from sim.records import ROLES

if TYPE_CHECKING:
    from analysis.experiment import Runs
    from klaver.language import Language

COLUMNS = (*(f"queue_{role}" for role in ROLES), *(f"spent_{role}" for role in ROLES), "hours_lapsed")
"""Indicators that this picture needs over time."""
_BAND, _YEAR, _FEW = "#BBD5E9", 4, 10


@dataclass(frozen=True)
class Waiting:
    """How long work waits for each role.

    Attributes
    ----------
    quarters
        Per role, in the order of ``records.ROLES``: quarters of work that lie ready at the pace of the last year, over all
        futures together; inf where work is asked and none is done, 0 where none is asked.
    bottleneck
        The role with the longest wait, or None where nothing waits: no role is asked for more than it does.
    futures, of
        In how many futures that role waits longest, and how many there are.
    """

    quarters: tuple[float, ...]
    bottleneck: str | None
    futures: int
    of: int


def queue_paths(runs: Runs, strategy: str) -> dict[str, np.ndarray]:
    """Return what the picture is drawn from, of many runs: indicator to float64, (seeds, quarters kept).

    Raises
    ------
    ValueError
        If one of :data:`COLUMNS` was not kept over time.
    """
    return {column: runs.path(strategy, column).astype(float) for column in COLUMNS}


def queue_paths_of_run(indicators: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what the picture is drawn from, of one run: its table ``indicators``."""
    return {column: indicators[column].to_numpy(dtype=float)[None, :] for column in COLUMNS}


def waiting(paths: Mapping[str, np.ndarray], every: int = 1) -> Waiting:
    """Return how long work waits for each role, over the last year.

    Parameters
    ----------
    paths
        As :func:`queue_paths` returns them.
    every
        Quarters from one point in time to the next.
    """
    last = max(1, _YEAR // every)
    asked = np.array([paths[f"queue_{role}"][:, -last:].sum(axis=1) for role in ROLES])
    spent = np.array([paths[f"spent_{role}"][:, -last:].sum(axis=1) for role in ROLES])
    each = _wait(asked, spent)
    together = _wait(asked.sum(axis=1), spent.sum(axis=1))
    longest = int(np.argmax(together))
    if not together[longest] > 1.0:
        return Waiting(tuple(together.tolist()), None, 0, asked.shape[1])
    best = (each[longest] >= each.max(axis=0)) & (each[longest] > 1.0)
    return Waiting(tuple(together.tolist()), ROLES[longest], int(best.sum()), asked.shape[1])


def _wait(asked: np.ndarray, spent: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(asked <= 0.0, 0.0, np.where(spent > 0.0, asked / spent, np.inf))


def queues(paths: Mapping[str, np.ndarray], say: Language, *, every: int = 1, width: float = 720) -> Picture:
    """Draw the hours asked and spent of the four roles over time, and say which is the bottleneck.

    Parameters
    ----------
    paths
        As :func:`queue_paths` or :func:`queue_paths_of_run` returns them; any number of seeds from 1.
    every
        Quarters from one point in time to the next (``Runs.every``).
    say
        Language of the picture.
    width
        720 for a column of a page, 360 for a phone.

    Returns
    -------
    Picture
        Its table has a row a role: hours asked and spent per quarter and quarters of waiting, over the last year.
    """
    found = waiting(paths, every)
    n, points = paths[COLUMNS[0]].shape
    years = (np.arange(points) + 1.0) * every / 4.0
    last = max(1, _YEAR // every)
    wide = width > 500
    canvas = Canvas(width, 1000)
    head, rest = _sentences(say, paths, found, last)
    y = write_lines(canvas, head, 0, 4, width, 20 if wide else 17, 4, weight="600")
    y = write_lines(canvas, rest, 0, y + 1, width, 14, 6, colour=SOFT) + 6
    every_hour = np.array([paths[column] for column in COLUMNS[:8]])
    highest = float(np.quantile(every_hour, 0.9, axis=1).max() if n >= _FEW else every_hour.max())
    top_value = max(highest * 1.05, 1.0)
    columns, gap = (2, 26.0) if wide else (1, 0.0)
    panel = (width - gap * (columns - 1)) / columns
    tall = 118.0 if wide else 104.0
    step = tall + 72
    for k, role in enumerate(ROLES):
        left = (k % columns) * (panel + gap)
        _panel(canvas, say, paths, role, found, years, (left, left + panel), y + step * (k // columns), tall, top_value, last)
    y += step * math.ceil(len(ROLES) / columns)
    note = say("chart.queue_band", n=n) if n >= _FEW else say("chart.queue_all", n=n)
    y = write_lines(canvas, note, 0, y, width, 13, 3, colour=SOFT)
    canvas.height = y + 4
    title = say("chart.queue_title")
    described = f"{head}. {rest} " + _listed(say, paths, found, last)
    frame = pd.DataFrame({
        say("chart.column_role"): [say(f"role.{role}") for role in ROLES],
        say("chart.column_asked"): [_mean(paths, "queue", role, last) for role in ROLES],
        say("chart.column_spent"): [_mean(paths, "spent", role, last) for role in ROLES],
        say("chart.column_wait"): list(found.quarters),
    })  # fmt: skip
    return Picture("queues", title, described, canvas.svg(title, described), frame)


def _panel(
    canvas: Canvas, say: Language, paths: Mapping[str, np.ndarray], role: str, found: Waiting, years: np.ndarray,
    across: tuple[float, float], y: float, tall: float, highest: float, last: int,
) -> None:  # fmt: skip
    asked, spent = paths[f"queue_{role}"], paths[f"spent_{role}"]
    slow = role == found.bottleneck
    start, end = across
    if slow:
        canvas.rect(start, y, end - start, tall + 66, fill="#FDF3EC", stroke=VERMILION, stroke_width=1.6, rx=4)
    name = capital(say(f"role.{role}"))
    canvas.text(start + 8, y + 20, name, size=15, weight="600")
    if slow:
        mark = f"▲ {say('chart.queue_bottleneck')}"
        canvas.text(end - 8, y + 20, mark, size=13, colour="#A33F00", weight="600", anchor="end")
    top, bottom = y + 32, y + 32 + tall
    left, right = start + 40, end - 74
    vertical, horizontal = Scale(0.0, highest, bottom, top), Scale(0.0, float(years[-1]), left, right)
    canvas.y_axis(vertical, left, words=lambda value: say.number(value), most=3, grid_to=right, size=12)
    canvas.x_axis(horizontal, bottom, words=lambda value: say.number(value), most=4, size=12)
    canvas.text(right + 13, bottom + 17, say("chart.year"), size=12, colour=SOFT)
    x = [horizontal(year) for year in years]
    if len(asked) >= _FEW:
        low, high = np.quantile(asked, [0.1, 0.9], axis=0)
        canvas.band(x, [vertical(v) for v in low], [vertical(v) for v in high], fill=_BAND)
    else:
        for path in asked if len(asked) > 1 else ():
            canvas.polyline(x, [vertical(v) for v in path], colour=SCENARIO, width=0.8, stroke_opacity=0.5)
    lines = [(np.median(asked, axis=0), SCENARIO, None, "queue"), (np.median(spent, axis=0), "#00694D", "6 3", "spent")]
    for line, colour, dash, _ in lines:
        canvas.polyline(x, [vertical(v) for v in line], colour=PAPER, width=4.5)
        canvas.polyline(x, [vertical(v) for v in line], colour=colour, width=2.4, stroke_dasharray=dash)
    # The words say the mean of the last year, as the table does; they stand where the lines end.
    places = apart([vertical(float(line[-1])) for line, *_ in lines], 32, top + 10, bottom - 20)
    for (line, colour, _, key), place in zip(lines, places, strict=True):
        canvas.line(right, vertical(float(line[-1])), right + 6, place, colour=colour)
        canvas.text(right + 9, place, say(f"chart.queue_{key}"), size=12.5, colour=colour, weight="600")
        hours = _mean(paths, key, role, last)
        canvas.text(right + 9, place + 14, say("chart.hours", n=say.number(hours)), size=12.5, colour=colour)


def _mean(paths: Mapping[str, np.ndarray], kind: str, role: str, last: int) -> float:
    """Return the hours per quarter over the last year, mean over futures."""
    return float(paths[f"{kind}_{role}"][:, -last:].mean())


def _wait_text(say: Language, quarters: float) -> str:
    return say("chart.wait_never") if math.isinf(quarters) else say("chart.wait_quarters", n=say.number(quarters, 1))


def _sentences(say: Language, paths: Mapping[str, np.ndarray], found: Waiting, last: int) -> tuple[str, str]:
    lapsed = float(paths["hours_lapsed"][:, -last:].mean())
    unused = say("chart.queue_lapsed", n=say.number(lapsed)) if lapsed >= 0.5 else ""
    if found.bottleneck is None:
        return say("chart.queue_none"), unused
    wait = _wait_text(say, found.quarters[ROLES.index(found.bottleneck)])
    head = say("chart.queue_head", role=capital(say(f"role.{found.bottleneck}")))
    rest = capital(wait)
    if found.of > 1 and found.futures < found.of / 2:
        second = ROLES[int(np.argsort(found.quarters)[-2])]
        head = say("chart.queue_head_close", role=capital(say(f"role.{found.bottleneck}")), second=say(f"role.{second}"))
    if found.of > 1:
        rest += " " + say("chart.queue_often", k=found.futures, n=found.of)
    return head, f"{rest} {unused}".strip()


def _listed(say: Language, paths: Mapping[str, np.ndarray], found: Waiting, last: int) -> str:
    parts = [say("chart.queue_of_role", role=say(f"role.{role}"), asked=say.number(_mean(paths, "queue", role, last)),
                 spent=say.number(_mean(paths, "spent", role, last))) for role in ROLES]  # fmt: skip
    return say("chart.queue_listed", parts=say.listing(parts))


