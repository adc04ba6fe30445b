"""From a picture to the page: with its text alternative, its table and its downloads; and the page's plain texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import reacton.ipyvuetify as rv
import solara
from ipyvue import Html
from reacton.core import ComponentWidget

from klaver.dashboard import parts
from klaver.dashboard.drawing.picture import Picture
from klaver.language import ScreenLanguage

PICTURE_TEXTS = ("behind", "downloads", "table", "all_rows")


def words_of(say: ScreenLanguage, prefix: str, keys: Sequence[str]) -> dict[str, str]:
    """Return some sentences by the last part of their key, as a part of the page takes them."""
    return {key: say(f"{prefix}.{key}") for key in keys}


def plain_cell(value: Any) -> Any:
    """Return a cell of a table as JSON holds it: a number, a text, or None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return None if not math.isfinite(number) else int(number) if number.is_integer() else number


def show(
    picture: Picture, say: ScreenLanguage, *, busy: bool = False, note: str = "", level: int = 3,
    on_pick: Callable[[str], None] | None = None, on_threshold: Callable[[float], None] | None = None,
) -> None:
    """Put a picture on the page.

    Parameters
    ----------
    busy
        More runs are on their way.
    note
        A sentence below it.
    level
        Of its heading.
    on_pick
        Called with what was clicked (``data-pick``).
    on_threshold
        Called with the value to which the threshold was dragged.
    """
    rows = [[plain_cell(cell) for cell in row] for row in picture.table.itertuples(index=False)]
    parts.PictureFrame(
        name=picture.name, title=picture.title, svg=picture.svg, description=picture.description,
        columns=[str(column) for column in picture.table.columns], rows=rows, texts=words_of(say, "shell", PICTURE_TEXTS),
        busy=busy, note=note, level=level, event_pick=on_pick, event_threshold=on_threshold,
    )  # fmt: skip


@cache
def _of_tag(tag: str) -> ComponentWidget:
    """Return what makes elements of one tag.

    Each has a class of its own: a page does not follow a change of tag, so what becomes another element must be made anew.
    """
    return ComponentWidget(widget=type(f"Html{tag.title()}", (Html,), {}))


def heading(text: str, level: int = 2, **more: Any) -> None:
    """Put a heading on the page."""
    _of_tag(f"h{level}")(tag=f"h{level}", children=[text], **more)


def paragraph(text: str, classes: str = "") -> None:
    """Put a paragraph of plain text on the page."""
    _of_tag("p")(tag="p", children=[text], class_=classes)


def bullets(lines: Sequence[str], classes: str = "") -> None:
    """Put a list of plain texts on the page."""
    _of_tag("ul")(tag="ul", class_=classes, children=[rv.Html(tag="li", children=[line]) for line in lines])


def block(tag: str = "div", classes: str = "", **attributes: str) -> Any:
    """Return an element to be filled in a ``with``: ``with block("section", "card"): ...``."""
    return _of_tag(tag)(tag=tag, class_=classes, attributes=attributes)


@solara.component
def Waiting(text: str) -> None:
    """Say that something is on its way."""
    with rv.Html(tag="p", class_="waiting", attributes={"role": "status"}):
        rv.Html(tag="span", class_="busy", attributes={"aria-hidden": "true"})
        rv.Html(tag="span", children=[text])


@solara.component
def Problem(lead: str, problems: Sequence[str]) -> None:
    """Say what is wrong, all of it."""
    with rv.Html(tag="div", class_="problems", attributes={"role": "alert"}):
        rv.Html(tag="p", children=[lead])
        if problems:
            bullets(problems)
