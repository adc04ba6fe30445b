"""What a session is: its own, there again after a reload or a server that was gone, and handed on by a link."""

from __future__ import annotations

import base64
import json
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.dashboards import Dashboard
from tests.dashboard.browser.visits import Visit, expect


def unpacked(link: str) -> list[Any]:
    """Return what a link holds."""
    return list(json.loads(zlib.decompress(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)))))


def packed(content: list[Any]) -> str:
    """Return content as a link holds it."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode(), 9)).decode().rstrip("=")


def test_a_link_gives_another_visitor_the_same_numbers(visit: Open) -> None:
    at = visit("mix")
    at.complete()
    at.slide(0, 17)
    at.complete()
    first = at.drawings()
    link = at.link()
    assert link
    other = visit(f"{at.address}/mix?lang=nl&s={link}")
    other.complete()
    other.wait_for_drawings(first)
    assert other.shares() == at.shares()
    assert other.link() == link and other.notice.count() == 0


def test_a_link_of_another_version_warns_and_one_that_is_broken_is_told(visit: Open) -> None:
    at = visit("mix")
    content = unpacked(at.link())
    content[2] = "f" * len(content[2])
    older = visit(f"{at.address}/mix?lang=en&s={packed(content)}")
    expect(older.notice).to_contain_text(older.say("own.other_model"))
    broken = visit(f"{at.address}/mix?lang=en&s=AAAA{at.link()[4:]}")
    expect(broken.notice).to_contain_text(broken.say("shell.link_broken"))
    broken.complete()


def test_a_reload_brings_everything_back(visit: Open) -> None:
    at = visit("mix", language="en")
    at.complete()
    at.choose("park", "small_village")
    at.complete()
    at.slide(2, 11)
    at.complete()
    shares, drawings = at.shares(), at.drawings()
    at.page.reload()
    at.complete()
    at.wait_for_drawings(drawings)
    assert at.language == "en" and at.shares() == shares
    assert at.chosen("strategy") == at.say("shell.own_strategy")
    # The address alone says as much: a new visitor with it, without anything that this browser keeps.
    other = visit(at.page.url)
    assert other.language == "en" and other.shares() == shares


def test_two_sessions_do_not_mix(visit: Open) -> None:
    one, other = visit("mix"), visit("mix")
    tab = visit("mix", context=one.context)  # another tab of the first visitor
    before = other.shares()
    one.slide(0, 25)
    one.choose("park", "healthy")
    one.speak("en")
    one.complete()
    for somebody in (other, tab):
        somebody.complete()
        assert somebody.shares() == before and somebody.language == "nl"
        assert somebody.chosen("park") != one.chosen("park") and somebody.button("shell.undo").is_disabled()
    tab.slide(3, 5)
    shares = tab.shares()
    tab.complete()
    for somebody, expected in ((one, one.shares()), (tab, shares)):
        somebody.page.reload()
        somebody.ready()
        assert somebody.shares() == expected


def test_twenty_at_once_each_get_their_picture(visit: Open) -> None:
    first = visit("mix")
    first.complete()
    began = time.monotonic()
    visitors = [visit("mix", context=first.context, wait=False) for _ in range(20)]
    for number, at in enumerate(visitors):
        at.ready()
        at.slide(number % 4, 1 + number // 4)
    own = "own => document.querySelector('main .drawing svg')?.getAttribute('aria-label').includes(own)"
    for number, at in enumerate(visitors):
        at.page.wait_for_function(own, arg=at.say("shell.own_strategy"))
        role, steps = number % 4, 1 + number // 4
        assert sum(at.shares()) == 100 and at.shares()[role] == first.shares()[role] + steps
    print(f"20 sessions had a picture of their own after {time.monotonic() - began:.1f} s")
    for at in visitors:
        at.complete()
    assert len({at.drawings()[0] for at in visitors}) == 20


def test_a_server_that_was_gone_finds_the_session_back(browser: Browser, dashboard: Dashboard, tmp_path: Path) -> None:
    own = Dashboard(tmp_path / "log.txt")
    at = Visit(browser, "mix", address=own.address, language="en")
    try:
        at.slide(1, 14)
        at.complete()
        shares, drawings = at.shares(), at.drawings()
        own.stop()
        at.page.get_by_text(at.say("shell.disconnected")).first.wait_for()
        own.start()
        at.page.reload()
        at.complete()
        at.wait_for_drawings(drawings)
        assert at.shares() == shares and at.language == "en"
        assert at.chosen("strategy") == at.say("shell.own_strategy")
    finally:
        at.close()
        own.stop()
    assert "Traceback" not in own.told()


@pytest.mark.parametrize(("store", "text"), [
    ("klaver.session", "{"), ("klaver.last", '{"klaver_session": 1}'), ("klaver.library", "<b>"),
    ("klaver.library", '["x", {"date": 3}]')])
def test_what_the_browser_kept_may_be_broken(visit: Open, store: str, text: str) -> None:
    at = visit("library")
    at.page.evaluate("([key, text]) => { localStorage.setItem(key, text); sessionStorage.setItem(key, text); }", [store, text])
    again = visit("library", context=at.context)
    again.button("library.keep_now").click()
    expect(again.page.locator("li.version")).to_have_count(1)
