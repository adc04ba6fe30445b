"""Chance and ignorance side by side: how much wider futures spread when what is not known differs between them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.statistics import Estimate
from klaver.dashboard.drawing.canvas import REFERENCE, SCENARIO, SOFT, Canvas
from klaver.dashboard.drawing.intervals import IntervalRow, interval_panel
from klaver.dashboard.drawing.lettering import text_width, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import change_text, interval_text

if TYPE_CHECKING:
    from klaver.language import Language

ENDS = (0.1, 0.9)
"""Shares of the futures at the ends of a spread: eight in ten lie between."""
LEAST = 10  # futures from which a spread is drawn
RESAMPLES = 500

Means = tuple[Estimate, Estimate]
"""Of chance alone, and of chance and what is not known."""


def spread(change: np.ndarray) -> Estimate:
    """Return the median of differences, and the ends between which eight in ten futures lie (None with too few).

    Parameters
    ----------
    change : float64, (seeds,)
        Paired differences.
    """
    known = change[np.isfinite(change)]
    if not known.size:
        return Estimate(None, None, None)
    low, high = np.quantile(known, ENDS) if known.size >= LEAST else (None, None)
    return Estimate(float(np.median(known)), None if low is None else float(low), None if high is None else float(high))


def ends_of(found: Estimate) -> tuple[float | None, float | None, float | None]:
    """Return the number of an estimate and both its ends."""
    return found.mean, found.low, found.high


def wider(chance: np.ndarray, both: np.ndarray) -> Estimate:
    """Return how many times as wide the spread of ``both`` is as that of ``chance``, with its 95% interval over futures.

    The interval is a percentile interval over resampled futures, the same every time. Without a number where there are too
    few futures, or where chance spreads nothing.
    """
    known = [values[np.isfinite(values)] for values in (chance, both)]
    if min(values.size for values in known) < LEAST:
        return Estimate(None, None, None)
    rng = np.random.Generator(np.random.PCG64(0x51DE))
    wide = []
    for values in known:
        again = values[rng.integers(0, values.size, (RESAMPLES, values.size))]
        wide.append((_width(values), _width(again)))
    (narrow, narrow_again), (broad, broad_again) = wide
    if not (narrow > 0.0 and (narrow_again > 0.0).all()):
        return Estimate(None, None, None)
    low, high = np.quantile(broad_again / narrow_again, [0.025, 0.975])
    return Estimate(float(broad / narrow), float(low), float(high))


def _width(values: np.ndarray) -> np.ndarray:
    """Return how wide spreads are, along the last axis; ``np.quantile`` gives the same, and takes twenty times as long."""
    rising = np.sort(values, axis=-1)
    ends = []
    for share in ENDS:
        place = share * (values.shape[-1] - 1)
        below = int(place)
        above = min(below + 1, values.shape[-1] - 1)
        ends.append(rising[..., below] + (place - below) * (rising[..., above] - rising[..., below]))
    return np.asarray(ends[1] - ends[0])


def mean_sentences(means: Means, say: Language) -> list[str]:
    """Return the mean difference in either case with its interval, a sentence each."""
    told = []
    for key, mean in zip(("chance", "both"), means, strict=True):
        if mean.mean is not None:
            interval = interval_text(say, "vitality", mean, change=True) or "-"
            text = change_text(say, "vitality", mean.mean)
            told.append(say("outcomes.spread_mean", what=say(f"outcomes.spread_{key}"), mean=text, interval=interval))
    return told


def _head(say: Language, factor: Estimate) -> str:
    if factor.mean is None or factor.low is None or factor.high is None:
        return say("outcomes.spread_few")
    numbers = {"n": say.number(factor.mean, 1), "low": say.number(factor.low, 1), "high": say.number(factor.high, 1)}
    if factor.low <= 1.0 <= factor.high:
        return say("outcomes.spread_unclear", **numbers)
    return say("outcomes.spread_wider" if factor.low > 1.0 else "outcomes.spread_narrower", **numbers)


def widening(
    chance: np.ndarray, both: np.ndarray, means: Means, say: Language, *, name: str, reference: str, width: float = 720
) -> Picture:
    """Draw the difference in vitality with chance alone, and with chance and what is not known.

    Parameters
    ----------
    chance, both : float64, (seeds,)
        Paired differences from the reference in vitality at the end: with the parameters of the park, and with parameters
        drawn anew in every future. They need not be of equally many futures.
    means
        The mean of either with its interval over seeds.
    say
        Language of the picture.
    name, reference
        What the strategy and the reference are called.
    width
        720 for a column of a page, 360 for a phone.

    Returns
    -------
    Picture
        Its table has a row for either.
    """
    rows, table = [], []
    for key, values, mean in zip(("chance", "both"), (chance, both), means, strict=True):
        found = spread(values)
        what, mark = say(f"outcomes.spread_{key}"), (REFERENCE, "ring") if key == "chance" else (SCENARIO, "dot")
        rows.append(IntervalRow(what, [(found, *mark)]))
        table.append([what, int(np.isfinite(values).sum()), *ends_of(found), *ends_of(mean)])
    canvas = Canvas(width, 1000)
    title = say("outcomes.spread_title")
    head = _head(say, wider(chance, both))
    y = write_lines(canvas, head, 0, 2, width, 18 if width > 500 else 16, 4, weight="600") + 6
    left = min(max(text_width(row.name, 14) for row in rows) / (1.0 if width > 500 else 1.7) + 16, width * 0.42)
    axis = say("outcomes.spread_axis", name=name, other=reference)
    y = interval_panel(canvas, say, rows, "vitality", (left, width - 12), y, axis, labels=True, change=True, row_height=40)
    y = write_lines(canvas, say("outcomes.spread_note"), 0, y, width, 13, 4, colour=SOFT)
    canvas.height = y + 4
    described = " ".join([f"{head}.", *mean_sentences(means, say)])
    columns = ["what", "futures", "median", "low", "high", "mean", "mean_low", "mean_high"]
    frame = pd.DataFrame(table, columns=[say(f"outcomes.column_{column}") for column in columns])
    return Picture("vitality_spread", title, described, canvas.svg(title, described), frame)
