"""For everybody: by keyboard alone, without motion, enlarged, with large letters; every word in the language of the page."""

from __future__ import annotations

import re
import time
from collections import Counter
from functools import cache

import pytest

from sim.inputs.scenario import load_park
from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import SCREENS, expect


def test_by_keyboard_from_the_top_of_the_page_to_a_slider(visit: Open) -> None:
    at = visit("mix")
    at.complete()
    at.page.keyboard.press("Tab")
    skip = at.page.locator(".skip")
    expect(skip).to_be_focused()
    assert skip.evaluate("skip => skip.getBoundingClientRect().left >= 0")
    at.page.keyboard.press("Enter")
    expect(at.page.locator("main#content")).to_be_focused()
    before, seen = at.shares(), []
    for _ in range(40):
        at.page.keyboard.press("Tab")
        focused = at.page.evaluate(
            """() => {
              const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
              return {kind: e.type || e.tagName, mix: !!e.closest('.mix'), body: e === document.body,
                      ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
                      seen: box.width > 0 && box.height > 0};
            }""")  # fmt: skip
        assert not focused["body"] and focused["ring"] and focused["seen"], focused
        seen.append(focused["kind"])
        if focused["mix"] and focused["kind"] == "range":
            break
    assert seen[-1] == "range", seen
    at.page.keyboard.press("ArrowRight")
    at.page.keyboard.press("ArrowRight")
    assert at.shares()[0] == before[0] + 2
    at.complete()
    assert at.page.evaluate("document.activeElement.type") == "range"  # new pictures do not take the focus away
    at.page.keyboard.press("Shift+Tab")  # the button that sets the share back, and by that switches itself off
    at.page.keyboard.press("Space")
    back = "share => Number(document.querySelector('.mix input[type=range]').value) === share"
    at.page.wait_for_function(back, arg=before[0])
    assert at.page.evaluate("document.activeElement.closest('.mix') !== null")
    undo = at.button("shell.undo")
    undo.focus()
    for _ in range(4):
        at.page.keyboard.press("Enter")
        at.page.wait_for_timeout(300)
    expect(undo).to_be_disabled()
    expect(undo).to_be_focused()  # what is switched off keeps the focus: the keyboard goes on from there


@pytest.mark.parametrize("screen", SCREENS)
def test_tab_goes_through_a_screen_and_out_of_it(visit: Open, screen: str) -> None:
    at = visit(screen)
    at.settled()
    places = at.page.locator("a[href], button:not(:disabled), input:not(:disabled), select, [tabindex='0']").count()
    at.page.locator(".top-bar a.brand").focus()
    seen: Counter[str] = Counter()
    for _ in range(min(places + 20, 260)):
        at.page.keyboard.press("Tab")
        mark = at.page.evaluate(
            """() => {
              const e = document.activeElement;
              if (e === document.body) { return 'out'; }
              const all = [...document.querySelectorAll('*')];
              return String(all.indexOf(e));
            }""")
        seen[mark] += 1
        if mark == "out" or seen[mark] > 1:
            break
    assert len(seen) >= min(places * 0.5, 200) or seen["out"], f"stuck: {seen.most_common(3)} of {places}"


def test_nothing_moves_where_no_motion_is_wanted(visit: Open) -> None:
    at = visit("mix", reduced_motion="reduce")
    at.slide(0, 7)
    running = "() => document.getAnimations().filter((motion) => motion.playState === 'running').length"
    assert at.page.evaluate(running) == 0
    at.complete()
    for screen in ("compare", "opportunities", "outcomes"):
        at.go(screen)
        at.settled()
        assert at.page.evaluate(running) == 0
        before = at.drawings()
        at.page.wait_for_timeout(1200)
        assert at.drawings() == before


@pytest.mark.parametrize("screen", SCREENS)
def test_enlarged_and_with_large_letters_everything_fits(visit: Open, screen: str) -> None:
    at = visit(screen, language="nl", width=640, height=400)  # 1280 x 800 at 200%
    at.settled()
    assert at.overflow() == []
    large = at.page.get_by_role("button", name=at.say("shell.present"))
    size = "() => parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)"
    before = at.page.evaluate(size)
    large.click()
    expect(large).to_have_attribute("aria-pressed", "true")
    assert at.page.evaluate(size) >= 1.25 * before
    for width in (1280, 390):
        at.page.set_viewport_size({"width": width, "height": 720})
        assert at.overflow() == [], width


SAME = {"klaver", "nederlands", "english", "regisseren", "aanjagen", "verbinden", "ontzorgen", "png", "svg", "csv", "pdf",
        "html", "begin", "sector", "moment", "water", "link", "fte"}  # fmt: skip
"""Words that are the same in both languages."""


@cache
def names() -> frozenset[str]:
    """Return the words of what the running example calls itself, its companies and its owners."""
    park = load_park("rollepaal")
    told = [*dict(park.title).values(), *(row.name for row in (*park.companies, *park.owners, *park.parcels))]
    return frozenset(word.lower() for name in told for word in re.findall(r"[^\W\d_]+", name))


def own_words(texts: list[str]) -> set[str]:
    """Return the texts that a language has words of its own for: no numbers, no units, no names."""
    return {text for text in texts
            if any(len(word) > 2 and word.lower() not in SAME | names() for word in re.findall(r"[^\W\d_]+", text))}


@pytest.mark.parametrize("screen", SCREENS)
def test_no_text_stays_behind_in_the_other_language(visit: Open, screen: str) -> None:
    at = visit(screen, language="nl")
    at.settled()
    dutch = own_words(at.texts())
    at.speak("en")
    end = time.monotonic() + 20.0
    while (both := dutch & own_words(english := at.texts())) and time.monotonic() < end:
        at.page.wait_for_timeout(250)
    assert len(dutch) > 20 and len(english) > 20
    assert sorted(both) == []
