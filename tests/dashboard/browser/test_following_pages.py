"""Why: a click on the map tells a story; and a year is played."""

from __future__ import annotations

import re

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import expect


def test_a_click_on_an_opportunity_tells_its_story(visit: Open) -> None:
    at = visit("opportunities")
    at.settled()
    slider = at.page.locator(".time input[type=range]")
    slider.focus()
    marks = at.page.locator("main .drawing [data-pick^='opportunity:']")
    while marks.count() == 0:
        before = slider.input_value()
        slider.press("PageDown")
        assert slider.input_value() != before, "no opportunity at any moment"
        at.page.wait_for_timeout(300)
    told = at.page.locator(".told")
    marks.first.click()
    expect(told.locator("ol.story li").first).to_be_visible()
    heading = told.get_by_role("heading", level=2).inner_text()
    assert re.search(r"\d", heading) and len(told.locator("ol.story li").first.inner_text()) > 20
    expect(told).to_contain_text(at.say("opportunities.without_us"))
    expect(at.page).to_have_url(re.compile(r"/opportunities/\d+\?"))
    number = re.search(r"/opportunities/(\d+)", at.page.url)
    assert number
    # The same by its address; and a company from the list.
    other = visit(f"{at.address}/opportunities/{number[1]}?lang=nl&s={at.link()}")
    expect(other.page.locator(".told").get_by_role("heading", level=2)).to_have_text(heading)
    other.page.get_by_label(other.say("opportunities.company"), exact=True).select_option(index=3)
    company = other.page.locator(".told").get_by_role("heading", level=2)
    expect(company).not_to_have_text(heading)
    expect(other.page.locator(".told")).to_contain_text(other.say("opportunities.story"))
    other.page.goto(f"{at.address}/opportunities/99999?lang=nl")
    expect(other.page.get_by_text(other.say("opportunities.not_there"))).to_be_visible()


def test_a_year_is_played_taken_back_and_still_there_after_a_reload(visit: Open) -> None:
    at = visit("play")
    at.button("play.begin").click()
    at.button("play.next").wait_for()
    expect(at.page.get_by_text(at.say("play.year", year=1, years=20))).to_be_visible()
    at.slide(0, 10, draft=True)
    at.page.wait_for_timeout(300)
    shares = at.shares()
    at.button("play.next").click()
    second = at.page.get_by_text(at.say("play.year", year=2, years=20))
    expect(second).to_be_visible()
    expect(at.page.get_by_role("heading", name=at.say("play.news"))).to_be_visible()
    assert at.shares() == shares
    at.page.reload()
    expect(second).to_be_visible()
    assert at.shares() == shares
    at.button("play.back").click()
    expect(at.page.get_by_text(at.say("play.year", year=1, years=20))).to_be_visible()
