"""The server of the dashboard: Solara's own, with a page in the user's language, and nobody let in from elsewhere.

Solara makes the first page of HTML; :class:`Doorkeeper` stands before it. It answers only requests that were meant for this
server (a page elsewhere cannot reach it through a name of its own), gives the page a language, a title and the right to zoom,
and tells the browser to load nothing from outside.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import warnings
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from klaver.language import LANGUAGES, ScreenLanguage

PORT = 8765
LOCAL = ("127.0.0.1", "localhost", "::1")
SETTINGS = {
    "SOLARA_APP": "klaver.dashboard.app",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_PROXY": "False",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_TITLE": "Klaver",
    "SOLARA_KERNEL_CULL_TIMEOUT": "30m",
    "SOLARA_KERNEL_MAX_COUNT": "60",
    "SOLARA_MODE": "production",
    "SOLARA_SESSION_SAME_SITE": "lax",
}
"""What Solara reads from the environment when it is imported; what is set already stays."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Vue compiles templates in the page, which needs ``unsafe-eval``; nothing may come from, or go, elsewhere."""


CLOSED = ("/resourcez", "/_solara/api/evict")
"""Addresses of Solara that are for who runs a server, and tell about its machine."""
FILES = ("/static/", "/jupyter/", "/_solara/")
"""Addresses below which no page stands."""
NOT_HEARD = (b"script-name", b"x-script-name", b"x-forwarded-host")
"""Headers that Solara believes: the first one to send them would say, for everybody, where the page gets its files."""


class PortTaken(OSError):
    """Another program listens at the port."""


def prepare_environment() -> None:
    """Set what Solara reads when it is imported. Call before the first import of Solara."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def make_app(hosts: tuple[str, ...] = LOCAL) -> Doorkeeper:
    """Return the dashboard as an ASGI application.

    Parameters
    ----------
    hosts
        Names by which the server may be called; empty lets any name in.
    """
    prepare_environment()
    import solara.server.settings as settings

    settings.main.mode = "production"
    settings.telemetry.mixpanel_enable = False
    settings.theme.loader = "plain"
    settings.theme.show_banner = False
    settings.assets.extra_locations = [str(Path(__file__).with_name("assets"))]
    # Told on the terminal at every first page; it is about pages within another site, which this one refuses to be.
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    from solara.server.starlette import app

    from klaver.dashboard.incoming import narrow_what_comes_in

    narrow_what_comes_in()
    return Doorkeeper(app, hosts)


def check_port(host: str, port: int) -> None:
    """Raise :class:`PortTaken` if something listens at the port already."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(error.errno, os.strerror(error.errno or 0)) from error


def serve(host: str, port: int, started: Callable[[str], None], *, open_page: bool = True) -> None:
    """Serve the dashboard until it is interrupted.

    Parameters
    ----------
    host
        Address to listen at. Anything but this machine itself lets others on the network in.
    port
        From 1 to 65535.
    started
        Called with the address of the page once it is there.
    open_page
        Open it in the user's browser.

    Raises
    ------
    PortTaken
        If something else listens there.
    """
    check_port(host, port)
    prepare_environment()
    import uvicorn

    from klaver.dashboard.shared import ensembles

    app = make_app(LOCAL if host in LOCAL else ())
    shown = f"http://{'localhost' if host in ('0.0.0.0', '::') else f'[{host}]' if ':' in host else host}:{port}/"
    config = uvicorn.Config(app, host=host, port=port, log_level="error", access_log=False, ws_max_size=8_000_000,
                            ws="websockets-sansio", timeout_graceful_shutdown=2)  # fmt: skip
    server = uvicorn.Server(config)

    def tell() -> None:
        while not server.started and not server.should_exit:
            threading.Event().wait(0.05)
        if server.started:
            started(shown)
            if open_page:
                webbrowser.open(shown)

    threading.Thread(target=tell, daemon=True).start()
    try:
        ensembles()  # its lanes start while the first page is on its way
        server.run()
    finally:
        ensembles().close()


class Doorkeeper:
    """An ASGI application before another one: who may come in, and what the page is like.

    Parameters
    ----------
    app
        The application behind it.
    hosts
        Names by which the server may be called; empty lets any name in.
    """

    def __init__(self, app: Any, hosts: tuple[str, ...]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._meant_for_us(headers) or scope["path"].startswith(CLOSED):
            await _refuse(scope, send)
            return
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in NOT_HEARD]}
        if scope["type"] == "websocket" or scope["path"].startswith(FILES):
            await self._app(scope, receive, send)
            return
        # It may be the page itself, which is changed on its way out, so it must come uncompressed.
        plain = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        page = _Page(send, _language(scope, headers))
        await self._app({**scope, "headers": plain}, receive, page.send)

    def _meant_for_us(self, headers: dict[str, str]) -> bool:
        """Whether a request names this server, and comes from a page of it (or from no page at all)."""
        called, origin = headers.get("host", ""), headers.get("origin")
        if self._hosts and _name(called) not in self._hosts:
            return False
        if origin is None:
            return True
        try:
            source = urlsplit(origin).netloc
        except ValueError:
            return False
        # On this machine another port is another program's page; a server for others may stand behind one that hides its port.
        return source == called if self._hosts else _name(source) == _name(called)


def _name(host: str) -> str:
    """Return a host without its port."""
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


async def _refuse(scope: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"403"})


def _language(scope: Any, headers: dict[str, str]) -> str:
    """Return the language to begin in: that of the address, else Dutch unless the browser asks for English first."""
    asked = re.search(r"(?:^|&)lang=(\w+)", scope.get("query_string", b"").decode("latin-1"))
    if asked and asked[1] in LANGUAGES:
        return asked[1]
    return "en" if headers.get("accept-language", "").lower().startswith("en") else "nl"


class _Page:
    """Takes a page of HTML from the application behind, and sends it on mended."""

    def __init__(self, send: Any, language: str) -> None:
        self._send, self._language = send, language
        self._start: dict[str, Any] | None = None
        self._body = b""

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if kind.startswith(b"text/html"):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = mend_page(self._body.decode("utf-8"), self._language).encode("utf-8")
        kept = [(name, value) for name, value in self._start["headers"] if name not in (b"content-length", b"etag")]
        kept += [(b"content-length", str(len(body)).encode()), (b"content-security-policy", POLICY.encode()),
                 (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"),
                 (b"cache-control", b"no-store")]  # fmt: skip
        await self._send({**self._start, "headers": kept})
        await self._send({"type": "http.response.body", "body": body})


def mend_page(html: str, language: str) -> str:
    """Return Solara's page with a language, the right to zoom, no request to outside, and its sentences in the language.

    Parameters
    ----------
    html
        As Solara makes it.
    language
        ``"nl"`` or ``"en"``.
    """
    say = ScreenLanguage(language)
    html = re.sub(r"<html\b[^>]*>", f'<html lang="{language}">', html, count=1)
    html = re.sub(r'<meta name="viewport"[^>]*>', '<meta name="viewport" content="width=device-width, initial-scale=1">', html)
    for english, key in (
        ("App is disconnected, and may not function properly. Please refresh the page.", "shell.disconnected"),
        ("Could not restore session. Please refresh the page.", "shell.disconnected"),
        ("Could not restore session. Please refresh.", "shell.disconnected"),
        ("Please refresh the page", "shell.reload"),
        ("Refresh now", "shell.reload_now"), ("Server\n                disconnected.", "shell.disconnected"),
        ("Restoring session…", "shell.loading"),
    ):  # fmt: skip
        html = html.replace(english, say(key))
    # What is shown until the page is there, and to a browser without scripts.
    waiting = (f'<div class="klaver-waiting"><p><strong>Klaver</strong></p><p>{say("shell.loading")}</p></div>'
               f'<noscript><p class="klaver-waiting">{say("shell.no_script")}</p></noscript>')  # fmt: skip
    return html.replace('<div id="pre-rendered-html-present"', f'{waiting}<div id="pre-rendered-html-present"', 1)
