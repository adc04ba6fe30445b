"""Library."""

from __future__ import annotations

import solara

from klaver.dashboard.session import use_session
from klaver.dashboard.showing import heading


@solara.component
def Library() -> None:
    """Show the screen."""
    session = use_session()
    heading(session.say("shell.screen_library"), 1)
