"""PRIM, the patient rule induction method (Friedman and Fisher 1999): boxes peeled, and one of them chosen and made simple.

A box is peeled: again and again the 5% of the points at one end of one factor are taken off, the end that raises most the
share of points won per point lost, down to a tenth of the points. There are two implementations that give the same boxes:
that of ``ema_workbench`` (without its pasting), by which regions are found, and :func:`peel`, some fifty times faster, by
which the search is repeated on shuffled outcomes. ``tests/analysis/test_discovery.py`` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.discovery.gains import LEVEL

PEEL, LEAST_MASS = 0.05, 0.1  # share of points peeled off at a time; smallest box
MOST_FACTORS = 3

Bounds = tuple[np.ndarray, np.ndarray]
"""Lowest and highest value of each column within a box; the column's own ends where it is not restricted."""


class Tally(NamedTuple):
    """Points inside a box and wins among them, of so many points and wins in all."""

    inside: int
    wins: int
    points: int
    all_wins: int

    @property
    def density(self) -> float:
        """Share of wins inside."""
        return self.wins / self.inside if self.inside else 0.0

    @property
    def coverage(self) -> float:
        """Share of all wins that lie inside."""
        return self.wins / self.all_wins if self.all_wins else 0.0

    @property
    def mass(self) -> float:
        """Share of all points that lie inside."""
        return self.inside / self.points

    @property
    def base(self) -> float:
        """Share of wins over all points."""
        return self.all_wins / self.points

    @property
    def score(self) -> float:
        """Wins inside beyond what points at random would hold, in standard deviations (hypergeometric)."""
        n, big_n, share = self.inside, self.points, self.base
        spread = n * share * (1.0 - share) * (big_n - n) / max(big_n - 1, 1)
        return (self.wins - n * share) / spread**0.5 if spread > 0.0 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return counts and shares as plain values."""
        return self._asdict() | {"density": self.density, "coverage": self.coverage, "mass": self.mass, "base": self.base}


def workbench_peel(x: np.ndarray, y: np.ndarray) -> list[Bounds]:
    """Return the boxes that the PRIM of ``ema_workbench`` peels, the widest first.

    Parameters
    ----------
    x : float64, (points, columns)
    y : bool, (points,)
    """
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells at import which of its further parts are not installed
        from ema_workbench.analysis.prim import Prim

        logging.getLogger("EMA").setLevel(logging.ERROR)
        box = Prim(pd.DataFrame(x).add_prefix("x"), y.astype(int), peel_alpha=PEEL, mass_min=LEAST_MASS).find_box()
    sizes = box.peeling_trajectory["n"].to_numpy()
    peeled = int(sizes.argmin()) + 1  # what comes after is pasting
    return [(limits.iloc[0].to_numpy(float), limits.iloc[1].to_numpy(float)) for limits in box.box_lims[:peeled]]


def peel(x: np.ndarray, y: np.ndarray) -> list[Bounds]:
    """Return the boxes that PRIM peels, the widest first: the same as :func:`workbench_peel`."""
    n, width = x.shape
    bottom, top = x.min(axis=0), x.max(axis=0)
    low, high, inside = bottom.copy(), top.copy(), np.arange(n)
    boxes, least, columns = [(low, high)], LEAST_MASS * n, np.arange(width)
    while True:
        here, wins, size = x[inside], y[inside].astype(float), inside.size
        up, down = _ends(here)
        keep = np.concatenate([here <= up, here >= down], axis=1)
        left = keep.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (wins @ keep / left - wins.sum() / size) / (size - left)
        gain = np.where((left > 0) & (left < size), gain, 0.0)
        restricted = (low != bottom) | (high != top)
        after = np.concatenate([restricted | (up != top), restricted | (down != bottom)])
        free = np.tile(width - restricted.sum(), 2 * width) - (after & ~np.tile(restricted, 2))
        # In the order of ema_workbench: column by column, upper end first; the first of the best is taken.
        order = np.column_stack([columns, columns + width]).ravel()
        best = order[np.lexsort((-free[order], -gain[order]))[0]]
        if not (gain[best] > 0.0 and left[best] >= least):
            return boxes
        low, high = low.copy(), high.copy()
        if best < width:
            high[best] = up[best]
        else:
            low[best - width] = down[best - width]
        inside = inside[keep[:, best]]
        boxes.append((low, high))


def _ends(here: np.ndarray) -> Bounds:
    """Return where each column is cut at its upper and at its lower end, between two different values."""
    rising, last, columns = np.sort(here, axis=0), len(here) - 1, np.arange(here.shape[1])
    place = last * (1.0 - PEEL)
    below, above = np.full(columns.size, int(np.floor(place))), np.full(columns.size, int(np.ceil(place)))
    same = rising[below, columns] == rising[above, columns]
    lower = (here < rising[above, columns]).sum(axis=0) - 1
    below = np.where(same, np.maximum(lower, 0), below)
    up = (rising[below, columns] + rising[above, columns]) / 2.0
    place = last * PEEL
    below, above = np.full(columns.size, int(np.floor(place))), np.full(columns.size, int(np.ceil(place)))
    same = rising[below, columns] == rising[above, columns]
    higher = (here <= rising[below, columns]).sum(axis=0)
    above = np.where(same, np.minimum(higher, last), above)
    return up, (rising[below, columns] + rising[above, columns]) / 2.0


def within(x: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return which points lie in a box: bool, (points,)."""
    return ((x >= bounds[0]) & (x <= bounds[1])).all(axis=1)


def tally(inside: np.ndarray, wins: np.ndarray) -> Tally:
    """Return how many points and wins lie inside; both bool, (points,)."""
    return Tally(int(inside.sum()), int((inside & wins).sum()), inside.size, int(wins.sum()))


def choose_box(x: np.ndarray, y: np.ndarray, boxes: Sequence[Bounds]) -> tuple[Bounds, dict[int, float]]:
    """Return the box that stands out most, without the restrictions that do little, and the quasi-p-value of each left.

    Parameters
    ----------
    x : float64, (points, columns)
    y : bool, (points,)
    boxes
        As peeled; the first holds all points.

    Returns
    -------
    box
        Open ends are infinite, so that points outside the half that was searched are not cut off by its ends.
    quasi_p
        Column to value, strongest restriction first.
    """
    bottom, top = boxes[0]
    low, high = max(boxes, key=lambda bounds: tally(within(x, bounds), y).score)
    low, high = np.where(low == bottom, -np.inf, low), np.where(high == top, np.inf, high)
    while True:
        columns = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
        values = {column: quasi_p(x, y, (low, high), column) for column in map(int, columns)}
        weakest = max(values, key=lambda column: values[column], default=None)
        if weakest is None or (values[weakest] <= LEVEL and len(values) <= MOST_FACTORS):
            return (low, high), dict(sorted(values.items(), key=lambda item: item[1]))
        low[weakest], high[weakest] = -np.inf, np.inf


def quasi_p(x: np.ndarray, y: np.ndarray, bounds: Bounds, column: int) -> float:
    """Return the chance of as many wins in a box at the share of wins it has without the restriction on one column."""
    inside = within(x, bounds)
    low, high = bounds[0].copy(), bounds[1].copy()
    low[column], high[column] = -np.inf, np.inf
    wider = within(x, (low, high))
    return float(stats.binom.sf((inside & y).sum() - 1, inside.sum(), y[wider].mean()))
