"""How much room text takes, to fold a line before it runs into something.

An SVG does not fold its text, and the program does not know which letters a reader's machine has. Widths are those of
Arial, the widest of the letters asked for (``canvas.FONT``), so that what fits here fits there.

>>> fold("een bedrijventerrein", 80, 14)
['een', 'bedrijvent…']
>>> fold("kans op kans", 60, 14)
['kans op', 'kans']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klaver.dashboard.drawing.canvas import Canvas

_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]/ -·"), frozenset("mwMWOQGCDNHU%€@+<>=~")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return about how wide a line of text is, in units of the picture, on the safe side."""
    ems = sum(0.31 if letter in _NARROW else 0.80 if letter in _WIDE else 0.67 if letter.isupper() else 0.56 for letter in text)
    return (1.08 if bold else 1.0) * size * ems


def shorten(text: str, width: float, size: float) -> str:
    """Return text that fits, cut with an ellipsis if need be."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def fold(text: str, width: float, size: float, lines: int = 2) -> list[str]:
    """Return text as at most so many lines that fit, the last cut with an ellipsis if need be; one line at least."""
    found: list[str] = []
    words = text.split()
    while words and len(found) < lines - 1:
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size) <= width:
            taken += 1
        found.append(shorten(" ".join(words[:taken]), width, size))
        words = words[taken:]
    if words or not found:
        found.append(shorten(" ".join(words), width, size))
    return found


def write_lines(canvas: Canvas, text: str, x: float, y: float, width: float, size: float, lines: int = 3, **more: Any) -> float:
    """Write text from y down, folded to a width, and return where it ends; ``more`` goes to :meth:`Canvas.text`."""
    room = width if more.get("weight", "normal") == "normal" else width / 1.08
    for line in fold(text, room, size, lines):
        canvas.text(x, y + size, line, size=size, **more)
        y += 1.3 * size
    return y


def apart(places: list[float], least: float, low: float, high: float) -> list[float]:
    """Return places for labels that are at least so far from each other, as near to where they belong as that allows.

    Parameters
    ----------
    places
        Where the labels belong, in any order.
    least
        Distance between two.
    low, high
        Ends of the room; all fit if there is room for them.

    >>> apart([10.0, 12.0, 50.0], 10.0, 0.0, 100.0)
    [6.0, 16.0, 50.0]
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    groups: list[tuple[float, list[int]]] = []  # middle and members, from low to high
    for k in order:
        groups.append((places[k], [k]))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (len(groups[-1][1]) + len(groups[-2][1])) / 2:
            (first, a), (second, b) = groups[-2:]
            groups[-2:] = [((first * len(a) + second * len(b)) / (len(a) + len(b)), a + b)]
    found = [0.0] * len(places)
    for middle, members in groups:
        half = least * (len(members) - 1) / 2
        middle = min(max(middle, low + half), max(high - half, low + half))
        for place, k in enumerate(members):
            found[k] = middle - half + place * least
    return found
