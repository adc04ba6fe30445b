"""What a page may send to its widgets: events that they have, with plain values; nothing else.

The widget libraries below Solara are made for notebooks, where page and program belong to one user. They let a page call any
method of a widget, and make any object by the name of its module: whoever reaches the server could read its files. Here the
pages belong to strangers, so that door is closed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

DEEPEST = 8
"""Lists and tables within each other, in what an event tells."""
MOST_VALUES = 2_000
"""Values that an event tells."""
LARGEST_NUMBER = 1e15


_SCALAR = (str, int, float, bool, type(None))
SHAPES: Mapping[str, tuple[type, ...]] = {
    "act": (str,), "go": (str,), "press": (str,), "pick": (str,), "mix": (list,), "time": (int,), "threshold": (int, float),
    "change": (dict,), "file": (dict,), "piece": (dict,), "restored": (dict,), "library": (dict,), "narrow": (bool,),
}  # fmt: skip
"""What the events of ``parts`` tell. Those of Solara's own widgets tell what they like."""

_log = logging.getLogger(__name__)


def narrow_what_comes_in() -> None:
    """Let widgets take no more than events from a page, and let no page make a widget. Call before the first page is served."""
    from ipyvue import VueTemplateWidget
    from ipywidgets import Widget

    VueTemplateWidget.Events._handle_event = _take_event
    Widget.handle_comm_opened = staticmethod(_refuse_widget)


def is_plain(told: Any) -> bool:
    """Return whether something is as a page tells it: texts, yes or no, ordinary numbers, and short lists and tables of those.

    >>> is_plain({"name": "fte", "value": 2.5}), is_plain({"value": float("nan")}), is_plain(10**400)
    (True, False, False)
    """
    level, depth, values = [told], 0, 0
    while level:
        depth, values = depth + 1, values + len(level)
        if depth > DEEPEST or values > MOST_VALUES:
            return False
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, int | float):  # yes and no are whole numbers too
                if not abs(value) <= LARGEST_NUMBER:  # nor is it a number if it is NaN
                    return False
            elif value is not None and not isinstance(value, str):
                return False
        level = inner
    return True


def has_its_shape(event: str, told: Any) -> bool:
    """Return whether an event tells what the part of the page that has it does.

    >>> has_its_shape("press", "pin"), has_its_shape("press", ["pin"]), has_its_shape("change", {"name": "fte", "value": 2.5})
    (True, False, True)
    """
    shape = SHAPES.get(event.removeprefix("event_"))
    if shape is None:
        return True
    if not isinstance(told, shape) or (isinstance(told, bool) and bool not in shape):
        return False
    if isinstance(told, dict) and event.removeprefix("event_") == "change":
        return isinstance(told.get("name"), str) and isinstance(told.get("value"), _SCALAR)
    return True


def _take_event(widget: Any, _: Any, content: Any, buffers: Any) -> None:
    """Pass an event of a page on to the widget that it is for; anything else changes nothing."""
    event = content.get("event") if isinstance(content, dict) and set(content) <= {"event", "data"} else None
    hear = getattr(widget, f"vue_{event}", None) if isinstance(event, str) else None
    told = content.get("data", {}) if hear is not None else None
    if hear is None or buffers or not is_plain(told) or not has_its_shape(str(event), told):
        _log.warning("a page sent what no page sends")
        return
    hear(told)


def _refuse_widget(comm: Any, message: Any) -> None:
    _log.warning("a page tried to make a widget")
    comm.close()
