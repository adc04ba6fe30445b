"""A park drawn in the terminal: coloured blocks where there is colour, characters elsewhere.

Two rows of cells share one line of blocks. What is vacant is marked by more than its colour: in blocks by a pale tone,
in characters by a letter of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.records import GREEN, OUTSIDE, PLOT, ROAD, WATER

# Okabe-Ito, readable on light and dark; a parcel takes the tone of its place in the list, so neighbours differ.
_COLOURS = {"road": "#777777", "green": "#009E73", "water": "#56B4E9", "vacant": "#F0E442", "land": "#F3EBDC", "outside": None}
_IN_USE = ("#0072B2", "#1F86C4", "#005A8C", "#3C95CC")
_SIGNS = {"road": "#", "green": '"', "water": "~", "vacant": "v", "land": "-", "outside": "."}
_IN_USE_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuwxyz"  # without v, which is vacant
_WIDEST = 100


def uses_of(plan: Any) -> list[str]:
    """Return of every parcel of a plan ``"vacant"`` (premises known to stand vacant), ``"land"`` (no building), or ``""``."""
    used = {company.parcel for company in plan.companies}
    return ["" if parcel.name in used else "land" if parcel.floor == 0 else
            "vacant" if parcel.stands_vacant or parcel.offered else "" for parcel in plan.parcels]  # fmt: skip


def draw_park(plan: Any, colour: bool) -> Any:
    """Return a plan as text for rich.

    Parameters
    ----------
    plan
        A ``ParkPlan``.
    colour
        Whether to draw in coloured blocks.
    """
    from rich.text import Text

    kinds = _shrink(np.array(_what(plan), dtype=object))
    if not colour:
        return Text("\n".join("".join(_sign(cell) for cell in row) for row in kinds))
    if len(kinds) % 2:
        kinds = np.vstack([kinds, np.full((1, kinds.shape[1]), "outside", dtype=object)])
    text = Text()
    for top, bottom in zip(kinds[::2], kinds[1::2], strict=True):
        for upper, lower in zip(top, bottom, strict=True):
            above, below = _colour(upper), _colour(lower)
            if above is None and below is None:
                text.append(" ")
            elif above is None:
                text.append("▄", style=below)
            else:
                text.append("▀", style=f"{above} on {below}" if below else above)
        text.append("\n")
    return text


def legend(say: Any, colour: bool) -> Any:
    """Return what the colours or characters of :func:`draw_park` mean."""
    from rich.text import Text

    text = Text()
    for kind, key in (
        ("0", "occupied"),
        ("vacant", "vacant"),
        ("land", "land"),
        ("road", "road"),
        ("green", "green"),
        ("water", "water"),
    ):
        label = say(f"show.{key}")
        if colour:
            text.append("■ ", style=_colour(kind) or "")
            text.append(f"{label}   ")
        else:
            text.append(f"{'A-Z' if kind == '0' else _sign(kind)} {label}   ")
    return text


def _what(plan: Any) -> list[list[str]]:
    """Return what every cell is: a kind, or the number of the parcel in use there."""
    fixed = {ROAD: "road", GREEN: "green", WATER: "water", OUTSIDE: "outside"}
    uses = uses_of(plan)
    return [
        [
            fixed.get(int(kind), "outside") if kind != PLOT else uses[int(parcel)] or str(int(parcel))
            for kind, parcel in zip(kinds, parcels, strict=True)
        ]
        for kinds, parcels in zip(plan.kind, plan.parcel_of, strict=True)
    ]


def _shrink(kinds: np.ndarray) -> np.ndarray:
    """Return every n-th cell, so that the drawing fits; a road stays visible by going first."""
    step = math.ceil(kinds.shape[1] / _WIDEST)
    if step == 1:
        return kinds
    rows, columns = kinds.shape[0] // step, kinds.shape[1] // step
    small = np.empty((rows, columns), dtype=object)
    for row in range(rows):
        for column in range(columns):
            block = kinds[row * step : (row + 1) * step, column * step : (column + 1) * step].ravel().tolist()
            small[row, column] = "road" if block.count("road") * 3 >= len(block) else max(block, key=block.count)
    return small


def _colour(kind: str) -> str | None:
    return _COLOURS[kind] if kind in _COLOURS else _IN_USE[int(kind) % len(_IN_USE)]


def _sign(kind: str) -> str:
    return _SIGNS[kind] if kind in _SIGNS else _IN_USE_SIGNS[int(kind) % len(_IN_USE_SIGNS)]
