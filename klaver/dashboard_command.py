"""``klaver dashboard``: the dashboard on this machine, offline, until it is interrupted.

The page itself is in ``klaver/dashboard/``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from klaver.command_line import BadOption, app, check_number, command, compile_first
from klaver.console import Speaker
from klaver.dashboard.server import LOCAL, PORT, PortTaken, serve


@command(app, "dashboard")
def dashboard(
    speak: Speaker,
    port: Annotated[int, typer.Option("--port", metavar="N", help="help.dashboard_port")] = PORT,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="help.dashboard_host")] = LOCAL[0],
    no_open: Annotated[bool, typer.Option("--no-open", help="help.dashboard_no_open")] = False,
) -> None:
    """Serve the dashboard."""
    check_number("port", port, 1 <= port <= 65_535)
    try:
        import solara  # noqa: F401
    except ImportError as error:
        raise BadOption("error.no_dashboard") from error
    compile_first(speak)
    say = speak.say
    if host not in LOCAL:
        speak.note(say("dashboard.open_to_others", host=host))

    def started(address: str) -> None:
        speak.result(say("dashboard.started", address=address))
        speak.data({"address": address})
        # The first picture is being worked out while the browser opens.
        from klaver.dashboard.app import begin_server

        threading.Thread(target=begin_server, daemon=True).start()

    try:
        serve(host, port, started, open_page=not no_open)
    except PortTaken as error:
        raise BadOption("error.port_taken", port=port, host=host) from error
