"""Who may come in, and what the first page is like; without a browser."""

import asyncio

import pytest

from klaver.dashboard.server import LOCAL, POLICY, Doorkeeper, PortTaken, check_port, mend_page

PAGE = """<!doctype html>
<html>
<head><title>x</title>
<meta name="viewport" content="width=device-width, initial-scale=1, maximum-scale=1, user-scalable=no, minimal-ui">
</head><body><p>App is disconnected, and may not function properly. Please refresh the page.</p>
<div id="pre-rendered-html-present" style="display: none"></div></body></html>"""


async def behind(scope, receive, send):
    """An application that gives the page in two pieces."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(PAGE)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE[:100].encode(), "more_body": True})
    await send({"type": "http.response.body", "body": PAGE[100:].encode()})


def ask(headers, kind="http", path="/", query=b"", hosts=LOCAL):
    """Return what is sent back to a request."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "query_string": query, "headers": raw}
    asyncio.run(Doorkeeper(behind, hosts)(scope, receive, send))
    return sent


def page_of(sent):
    assert sent[0]["status"] == 200
    return dict(sent[0]["headers"]), sent[1]["body"].decode()


HERE = {"host": "127.0.0.1:8765", "accept": "text/html,*/*"}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8765", "", "localhost.evil"])
def test_a_request_meant_for_another_name_is_refused(host):
    assert ask({**HERE, "host": host})[0]["status"] == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "localhost"])
def test_this_machine_may_come_in(host):
    assert ask({**HERE, "host": host})[0]["status"] == 200


def test_a_page_elsewhere_cannot_open_a_connection():
    sent = ask({"host": "127.0.0.1:8765", "origin": "http://evil.example"}, kind="websocket")
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert ask({**HERE, "origin": "null"})[0]["status"] == 403
    assert ask({**HERE, "origin": "http://127.0.0.1:8765"})[0]["status"] == 200


def test_a_server_opened_to_others_goes_by_any_name_but_still_refuses_other_pages():
    assert ask({**HERE, "host": "planning.example"}, hosts=())[0]["status"] == 200
    assert ask({**HERE, "host": "planning.example", "origin": "http://evil.example"}, hosts=())[0]["status"] == 403


def test_the_page_has_a_language_lets_zoom_and_loads_nothing_from_elsewhere():
    headers, page = page_of(ask(HERE))
    assert '<html lang="nl">' in page and "user-scalable" not in page and "maximum-scale" not in page
    assert headers[b"content-security-policy"] == POLICY.encode() and "http:" not in POLICY and "https:" not in POLICY
    assert headers[b"content-length"] == str(len(page.encode())).encode()
    assert "App is disconnected" not in page and "De verbinding met Klaver is weg" in page


@pytest.mark.parametrize(
    ("accept", "query", "language"),
    [("nl-NL,nl;q=0.9", b"", "nl"), ("en-GB,en", b"", "en"), ("de", b"", "nl"), ("en", b"lang=nl", "nl"),
     ("nl", b"s=abc&lang=en", "en"), ("nl", b"lang=xx", "nl")],
)  # fmt: skip
def test_the_language_to_begin_in(accept, query, language):
    _, page = page_of(ask({**HERE, "accept-language": accept}, query=query))
    assert f'<html lang="{language}">' in page


def test_what_waits_before_the_page_is_there_is_in_the_language():
    assert "Klaver is loading" in mend_page(PAGE, "en") and "Klaver wordt geladen" in mend_page(PAGE, "nl")


def test_other_files_pass_as_they_are():
    sent = ask({"host": "127.0.0.1", "accept": "*/*"}, path="/static/x.js")
    assert len(sent) == 3 and sent[1]["body"] == PAGE[:100].encode()


def test_a_port_that_is_taken_is_told():
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken):
            check_port("127.0.0.1", other.getsockname()[1])


def test_solara_still_says_what_the_page_mends():
    """The sentences and tags that are replaced stand in Solara's own page; a newer one may say them otherwise."""
    from pathlib import Path

    import solara.server

    page = (Path(solara.server.__file__).parent / "templates" / "solara.html.j2").read_text(encoding="utf-8")
    for part in ("<html>", '<meta name="viewport"',
                 "App is disconnected, and may not function properly. Please refresh the page.",
                 "Could not restore session. Please refresh.", "Please refresh the page", "Refresh now", "Restoring session…",
                 'Server\n                disconnected.', 'id="pre-rendered-html-present"'):  # fmt: skip
        assert part in page, part


def test_no_component_breaks_the_rules_of_hooks():
    """Solara looks at every component when it is made, and only warns."""
    import subprocess
    import sys

    code = "from klaver.dashboard.server import prepare_environment as p; p(); import klaver.dashboard.app"
    command = [sys.executable, "-W", "always::UserWarning", "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "SH10" not in found.stderr, found.stderr


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9999", "http://127.0.0.1", "https://[", "http://localhost:8765"])
def test_another_program_on_this_machine_cannot_open_a_connection(origin):
    sent = ask({"host": "127.0.0.1:8765", "origin": origin}, kind="websocket")
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("path", ["/resourcez", "/_solara/api/evict/0"])
def test_what_tells_about_the_machine_is_closed(path):
    assert ask(HERE, path=path)[0]["status"] == 403


def test_no_header_says_where_the_page_gets_its_files():
    heard = []

    async def listen(scope, receive, send):
        heard.extend(name for name, _ in scope["headers"])

    sent = {**HERE, "Script-Name": "//evil.example", "X-Script-Name": "//evil.example", "x-forwarded-host": "evil.example"}
    scope = {"type": "http", "path": "/", "query_string": b"",
             "headers": [(name.encode(), value.encode()) for name, value in sent.items()]}  # fmt: skip
    asyncio.run(Doorkeeper(listen, LOCAL)(scope, None, None))
    assert heard == [b"host", b"accept"]


def test_the_page_has_its_policy_whatever_a_browser_says_it_takes():
    headers, _ = page_of(ask({"host": "127.0.0.1", "accept": "*/*", "accept-encoding": "gzip"}, path="/park"))
    assert headers[b"content-security-policy"] == POLICY.encode()
