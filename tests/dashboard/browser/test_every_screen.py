"""Every screen, in both languages: it is there, complains of nothing, can be used by all, and fits the window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import SAY, SCREENS


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_there_for_everybody(visit: Open, screenshots: Path, screen: str, language: str) -> None:
    at = visit(screen, language=language)
    say = SAY[language]
    assert at.language == language
    assert at.page.title() == f"{say(f'shell.screen_{screen}')} – Klaver"
    assert at.page.locator("h1").count() == 1 and at.heading
    at.settled()
    levels = at.page.eval_on_selector_all("h1, h2, h3, h4, h5, h6", "all => all.map((h) => Number(h.tagName[1]))")
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels
    assert "Traceback" not in at.page.locator("body").inner_text()
    assert at.overflow() == []
    at.picture(screenshots / f"{screen}_{language}_1280.png")
    assert at.axe() == []
    for width, height in ((1920, 1080), (390, 844), (320, 700)):
        at.page.set_viewport_size({"width": width, "height": height})
        assert at.overflow() == [], width
        if width != 320:
            at.picture(screenshots / f"{screen}_{language}_{width}.png")
    at.page.set_viewport_size({"width": 390, "height": 844})
    assert at.axe() == []


@pytest.mark.parametrize(("locale", "language"), [("nl-NL", "nl"), ("en-GB", "en"), ("fr-FR", "nl")])
def test_the_first_language_is_that_of_the_browser_or_dutch(visit: Open, locale: str, language: str) -> None:
    at = visit("begin", language=None, locale=locale)
    assert at.language == language


def test_what_cannot_be_used_or_does_not_fit_is_noticed(visit: Open) -> None:
    at = visit("library")
    at.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p><img src=\"data:,\"><input></p>')")
    assert sorted(found.partition(" ")[0] for found in at.axe()) == ["image-alt", "label"]
    at.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<div style=\"width: 3000px\">x</div>')")
    assert any("DIV." in found for found in at.overflow())
