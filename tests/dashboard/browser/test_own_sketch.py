"""From the first page to a report on a sketch of one's own, as somebody who types quickly."""

from __future__ import annotations

import re
from pathlib import Path

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import expect


def test_what_is_typed_stays_whatever_the_page_draws_meanwhile_and_a_report_comes_of_it(visit: Open, tmp_path: Path) -> None:
    at = visit("begin")
    page = at.page
    at.button("begin.way_workshop").first.click()
    name = page.get_by_label(at.say("park.sketch_name"), exact=True)
    name.click()
    page.keyboard.type("Vosdonk", delay=60)
    # From field to field without a pause: answers to the one before come while the next is typed.
    for number in ("18", "35", "15", "45"):
        page.keyboard.press("Tab")
        page.keyboard.type(number, delay=90)
    # Told and pressed in one breath: the last field counts.
    page.get_by_label(at.say("park.sketch_firms"), exact=True).fill("22")
    at.button("park.sketch_go").click()
    fields = [page.get_by_label(at.say(f"park.sketch_{key}"), exact=True) for key in ("ha", "firms", "vacancy", "outdated")]
    assert [field.input_value() for field in fields] == ["18", "22", "15", "45"]
    expect(page.get_by_role("heading", level=1)).to_have_text(at.say("park.heading", park="Vosdonk"), timeout=60_000)
    page.wait_for_function("window.scrollY === 0")  # the map is what one looks at next
    expect(page.locator("main .drawing [data-pick^='plot:']").first).to_be_visible(timeout=60_000)
    assert page.locator("main .drawing [data-pick^='plot:']").count() < 35

    at.button("park.next_compare").click(timeout=60_000)
    report = page.get_by_role("button", name=re.compile(re.escape(at.say(f"compare.report_{at.language}_html"))))
    with page.expect_download(timeout=180_000) as download:
        report.click(timeout=120_000)
    download.value.save_as(tmp_path / "report.html")
    told = (tmp_path / "report.html").read_text()
    assert "<h1>Vosdonk" in told and 'data-pick="plot:0"' in told


def test_on_a_phone_the_menu_shows_where_one_is(visit: Open) -> None:
    at = visit("library", width=390, height=844)
    here = at.page.locator("nav [aria-current]")
    expect(here).to_be_in_viewport(ratio=0.9)
