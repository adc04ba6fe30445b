"""Lines, shapes and letters of an SVG picture, and the scales they are placed by.

Everything a user named goes through :func:`escape`, so that a name is text and never markup.

>>> canvas = Canvas(100, 40)
>>> canvas.text(10, 20, "a < b")
>>> canvas.svg("Example", "A letter.").endswith("</svg>")
True
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape as _escape
from typing import Any

from matplotlib.ticker import MaxNLocator

# Okabe and Ito's colours. On white, orange, sky blue and yellow have too little contrast by themselves: outline them.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")  # fmt: skip
INK, SOFT, RULE, PAPER = "#1D2A33", "#53616B", "#D5DCE0", "#FFFFFF"
SCENARIO, REFERENCE = "#00599C", "#6B7780"
"""The strategy that is looked at, solid; what it is compared with, grey and dashed."""
FONT = "'Source Sans 3', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"  # a name with a digit by itself must be quoted


def escape(text: object) -> str:
    """Return text as it can stand in SVG or HTML, controls left out."""
    return _escape("".join(letter for letter in str(text) if letter.isprintable()), quote=True)


@dataclass(frozen=True)
class Scale:
    """A straight line from values to places.

    Attributes
    ----------
    low, high
        Values at both ends; they differ.
    start, end
        Their places, in units of the picture.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def value(self, place: float) -> float:
        """Return the value at a place."""
        return self.low + (place - self.start) / (self.end - self.start) * (self.high - self.low)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values within the scale, at most so many and about evenly spread."""
        found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = 1e-9 * (self.high - self.low)
        return [float(tick) for tick in found if self.low - slack <= tick <= self.high + slack]


def scale_of(values: Sequence[float], start: float, end: float, *, zero: bool = False, margin: float = 0.04) -> Scale:
    """Return a scale that holds all finite values with some room, and 0 if asked; one from 0 to 1 where there are none."""
    known = [float(value) for value in values if math.isfinite(value)]
    if zero:
        known.append(0.0)
    if not known:
        return Scale(0.0, 1.0, start, end)
    low, high = min(known), max(known)
    room = margin * (high - low) or max(abs(high) * 0.05, 0.5)
    return Scale(low - room, high + room, start, end)


class Canvas:
    """A picture being drawn: x to the right, y downward, in units that the page scales.

    Parameters
    ----------
    width, height
        Of the picture. Text of size 14 reads well where a picture of 720 fills a column.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def add(self, markup: str) -> None:
        """Add markup as it stands; whoever calls this has escaped what a user wrote."""
        self._parts.append(markup)

    def text(
        self, x: float, y: float, text: object, *, size: float = 14, colour: str = INK, anchor: str = "start",
        weight: str = "normal", turn: float = 0.0, halo: bool = False, **more: Any,
    ) -> None:
        """Write a line of text with its baseline at y; ``anchor`` is start, middle or end; ``halo`` puts white around it."""
        about = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
        around = f' stroke="{PAPER}" stroke-width="3.5" paint-order="stroke" stroke-linejoin="round"' if halo else ""
        self.add(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}"{about}{around}{attributes(more)}>{escape(text)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1.0, **more: Any) -> None:
        """Draw a straight line."""
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                 f'stroke-width="{width:g}"{attributes(more)}/>')  # fmt: skip

    def rect(self, x: float, y: float, width: float, height: float, *, fill: str, tip: object = "", **more: Any) -> None:
        """Draw a rectangle; ``tip`` is shown to whoever points at it."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
        self._shape("rect", place, fill, tip, more)

    def circle(self, x: float, y: float, radius: float, *, fill: str, tip: object = "", **more: Any) -> None:
        """Draw a circle."""
        self._shape("circle", f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"', fill, tip, more)

    def path(self, points: str, *, fill: str = "none", tip: object = "", **more: Any) -> None:
        """Draw a path given in SVG's path language."""
        self._shape("path", f'd="{points}"', fill, tip, more)

    def polyline(self, x: Sequence[float], y: Sequence[float], *, colour: str, width: float = 1.5, **more: Any) -> None:
        """Draw a line through points; points that are not finite break it."""
        pieces, pen = [], "M"
        for across, down in zip(x, y, strict=True):
            if not (math.isfinite(across) and math.isfinite(down)):
                pen = "M"
                continue
            pieces.append(f"{pen}{across:.1f} {down:.1f}")
            pen = "L"
        self.path("".join(pieces), stroke=colour, stroke_width=width, stroke_linejoin="round", **more)

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], *, fill: str, **more: Any) -> None:
        """Fill the space between two lines."""
        there = [f"{across:.1f} {down:.1f}" for across, down in zip(x, high, strict=True)]
        back = [f"{across:.1f} {down:.1f}" for across, down in zip(reversed(x), reversed(low), strict=True)]
        self.path("M" + "L".join([*there, *back]) + "Z", fill=fill, **more)

    @contextmanager
    def group(self, tip: object = "", **more: Any) -> Iterator[None]:
        """Put what is drawn meanwhile in one group; ``pick`` makes it something to choose, ``label`` names it then."""
        self.add(f"<g{attributes(more)}>{_title(tip)}")
        yield
        self.add("</g>")

    def _shape(self, tag: str, place: str, fill: str, tip: object, more: dict[str, Any]) -> None:
        title = _title(tip)
        self.add(f'<{tag} {place} fill="{fill}"{attributes(more)}' + (f">{title}</{tag}>" if title else "/>"))

    # --- axes --------------------------------------------------------------------------------------------------------

    def x_axis(
        self, scale: Scale, y: float, label: str = "", *, words: Any = str, most: int = 6, grid_to: float | None = None,
        size: float = 13,
    ) -> None:
        """Draw a horizontal axis at height y: ``words`` writes a value, ``grid_to`` draws light lines up to that height."""
        for tick in scale.ticks(most):
            if grid_to is not None:
                self.line(scale(tick), y, scale(tick), grid_to, colour=RULE)
            self.text(scale(tick), y + size + 5, words(tick), size=size, colour=SOFT, anchor="middle")
        self.line(scale.start, y, scale.end, y, colour=SOFT)
        if label:
            self.text((scale.start + scale.end) / 2, y + 2 * size + 11, label, size=size, colour=INK, anchor="middle")

    def y_axis(
        self, scale: Scale, x: float, *, words: Any = str, most: int = 5, grid_to: float | None = None, size: float = 13
    ) -> None:
        """Draw a vertical axis at x, with light lines to ``grid_to``."""
        for tick in scale.ticks(most):
            if grid_to is not None:
                self.line(x, scale(tick), grid_to, scale(tick), colour=RULE)
            self.text(x - 7, scale(tick) + size * 0.35, words(tick), size=size, colour=SOFT, anchor="end")

    def svg(self, title: str, description: str, **more: Any) -> str:
        """Return the picture; title and description are its names for whoever cannot see it, ``more`` other attributes."""
        # What can be chosen inside it would be out of reach within an image.
        role = "group" if any(' role="button"' in part for part in self._parts) else "img"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="{role}" '
            f'aria-label="{escape(f"{title}. {description}")}" font-family="{FONT}"{attributes(more)}>'
            + "".join(self._parts) + "</svg>"
        )


def _title(tip: object) -> str:
    return f"<title>{escape(tip)}</title>" if tip != "" else ""


def attributes(more: dict[str, Any]) -> str:
    """Return attributes of an element: ``stroke_width=2`` becomes ``stroke-width="2"``.

    ``pick`` and ``label`` make an element that can be chosen with a pointer and, with the name ``label``, by keyboard.
    ``pointed`` is the same for a pointer alone: for marks by the hundred that are all in the table beside the picture.
    """
    named = dict(more)
    found = ""
    if "pointed" in named:
        found += f' data-pick="{escape(named.pop("pointed"))}"'
    if "pick" in named:
        found += f' data-pick="{escape(named.pop("pick"))}" role="button" tabindex="0"'
    if "label" in named:
        found += f' aria-label="{escape(named.pop("label"))}"'
    return found + "".join(f' {key.replace("_", "-")}="{escape(value)}"' for key, value in named.items() if value is not None)
