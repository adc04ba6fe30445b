"""The park: its map through time with what happened on each parcel, an editor, a sketch of one's own, and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from klaver.dashboard import parts
from klaver.dashboard.screens import own_park, park_editor, park_view
from klaver.dashboard.session import use_session
from klaver.dashboard.showing import block, heading

MODES: dict[str, Callable[..., Any]] = {
    "look": park_view.Look, "edit": park_editor.Edit, "sketch": own_park.Sketch, "file": own_park.Files,
}  # fmt: skip
"""What can be done on this screen, in the order of its buttons."""


@solara.component
def Park() -> None:
    """Show the screen."""
    session = use_session()
    say = session.say
    mode = session.park_mode.value if session.park_mode.value in MODES else "look"

    def choose(name: str) -> None:
        if name not in MODES:
            return
        session.notice.value = ""
        if name == "edit":
            park_editor.make_own(session)
        session.park_mode.value = name

    with block("div", "head-line"):
        heading(say("park.sketch") if mode == "sketch" else say("park.heading", park=session.park_title()), 1)
        items = [{"name": key, "text": say(f"park.mode_{key}"), "help": say(f"park.mode_{key}_help"), "pressed": key == mode}
                 for key in MODES]  # fmt: skip
        parts.Buttons(items=items, label=say("park.modes"), event_press=choose)
    MODES[mode]()
