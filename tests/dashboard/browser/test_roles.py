"""A slider is moved, and the page shows what that does: at once, then for all futures; there and back again."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import expect


def test_a_slider_changes_the_picture_which_fills_in_and_can_be_undone(visit: Open) -> None:
    at = visit("mix")
    at.complete()
    before, first = at.shares(), at.drawings()
    assert sum(before) == 100 and len(first) >= 2
    at.slide(1, 12)
    after = at.shares()
    assert after[1] == before[1] + 12 and sum(after) == 100
    at.page.wait_for_function("before => document.querySelector('main .drawing')?.innerHTML !== before", arg=first[0])
    at.complete()
    second = at.drawings()
    assert second[0] != first[0]
    expect(at.page.locator(".context")).to_contain_text(at.say("shell.own_strategy"))

    at.button("shell.undo").click()
    at.wait_for_drawings(first)  # from memory: exactly what it was
    at.wait_for_shares(before)
    at.button("shell.redo").click()
    at.wait_for_drawings(second)
    at.wait_for_shares(after)

    # Another language, another screen: the setting stays.
    at.speak("en")
    assert at.shares() == after and at.chosen("strategy") == at.say("shell.own_strategy")
    at.go("park")
    at.go("mix")
    at.wait_for_shares(after)


def test_what_is_locked_stays_and_the_four_stay_whole(visit: Open) -> None:
    at = visit("mix")
    before = at.shares()
    lock = at.page.locator(".mix .role").nth(2).get_by_role("button", name=at.say("mix.lock"))
    lock.focus()
    lock.press("Space")
    expect(lock).to_have_attribute("aria-pressed", "true")
    for role, steps in ((0, 20), (1, -15), (3, 9), (0, -40)):
        at.slide(role, steps)
        now = at.shares()
        assert sum(now) == 100 and now[2] == before[2] and min(now) >= 0
    number = at.page.locator(".mix input[type=number]").nth(0)
    number.fill("400")
    number.press("Tab")
    assert at.shares() == [100 - before[2], 0, before[2], 0]
    at.page.get_by_role("button", name=at.say("mix.even"), exact=True).click()
    assert at.shares() == [25, 25, 25, 25]


def test_what_the_page_sends_is_not_trusted(visit: Open) -> None:
    at = visit("mix")
    at.complete()
    before = at.drawings()
    slider = at.page.locator(".mix input[type=range]").first
    sent = slider.evaluate(
        """slider => {
          const part = slider.closest('fieldset').__vue__;
          const wrong = [[50, 50, 50, 50], [100, 0, 0], 'no', null, [-10, 60, 25, 25], [1e9, 0, 0, 0], [true, 99, 0, 0], {}];
          for (const shares of wrong) { part.event_mix(shares); }
          return wrong.length;
        }""")
    assert sent == 8
    at.speak("en")
    at.speak("nl")
    at.wait_for_drawings(before)
    assert at.button("shell.undo").is_disabled()


def test_a_picture_has_its_table_and_downloads(visit: Open, tmp_path: Path) -> None:
    at = visit("mix")
    at.complete()
    picture = at.page.locator("figure.picture").first
    summary = picture.locator("summary")
    summary.focus()
    summary.press("Enter")
    expect(picture.locator(".description")).not_to_be_empty()
    rows = picture.locator("tbody tr").count()
    assert rows > 3
    files = {}
    for kind in ("CSV", "SVG", "PNG"):
        with at.page.expect_download() as saved:
            picture.get_by_role("button", name=kind, exact=True).press("Enter")
        assert re.fullmatch(rf"klaver_\w+\.{kind.lower()}", saved.value.suggested_filename)
        saved.value.save_as(tmp_path / kind)
        files[kind] = (tmp_path / kind).read_bytes()
    table = list(csv.reader(io.StringIO(files["CSV"].decode("utf-8-sig"))))
    assert len(table) > rows - 1 and all(len(row) == len(table[0]) for row in table)
    assert files["SVG"].startswith(b"<svg") and files["PNG"].startswith(b"\x89PNG") and len(files["PNG"]) > 5_000


@pytest.mark.parametrize("language", ["nl", "en"])
def test_another_park_and_reference_are_chosen_above_the_screen(visit: Open, language: str) -> None:
    at = visit("mix", language=language)
    at.complete()
    before = at.drawings()
    at.choose("park", "small_village")
    at.page.wait_for_function("before => document.querySelector('main .drawing')?.innerHTML !== before", arg=before[0])
    at.complete()
    at.choose("futures", "50")
    at.complete(50)
    at.choose("reference", "supply_driven")
    at.complete(50)
    assert at.chosen("park") and at.drawings() != before
