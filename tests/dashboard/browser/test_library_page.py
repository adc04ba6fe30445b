"""Keeping: versions that never change, in all tabs of a browser; the session as a file; files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.visits import Visit, expect

MARKUP = "<img src=x onerror=\"document.title='in'\"><b>&amp;Veld</b>"


def keep(at: Visit, name: str) -> None:
    """Keep what is set under a name."""
    field = at.page.get_by_label(at.say("library.name"), exact=True)
    field.fill(name)
    field.press("Tab")
    at.button("library.keep_now").click()
    at.page.locator("li.version h3", has_text=name).first.wait_for()


def names(at: Visit) -> list[str]:
    """Return what versions are called, from the top."""
    return list(at.page.locator("li.version h3").all_inner_texts())


def stored(at: Visit) -> list[str]:
    """Return the names of the versions that the browser keeps."""
    return sorted(version["name"] for version in at.kept("localStorage", "klaver.library") or [])


def within(at: Visit, name: str) -> object:
    """Return the version with a name."""
    return at.page.locator("li.version", has=at.page.get_by_role("heading", name=name, exact=True))


def test_a_version_is_kept_and_goes_on_as_a_copy(visit: Open) -> None:
    at = visit("mix")
    at.slide(0, 20)
    at.complete()
    shares = at.shares()
    at.go("library")
    expect(at.page.get_by_text(at.say("library.empty"))).to_be_visible()
    keep(at, "Meer regie")
    expect(at.page.get_by_text("Meer regie").first).to_be_visible()
    kept = at.kept("localStorage", "klaver.library")
    at.go("mix")
    at.slide(0, -30)
    at.complete()
    changed = at.shares()
    assert changed != shares
    at.go("library")
    at.speak("en")
    version = at.page.locator("li.version")
    version.get_by_role("button", name=at.say("library.restore")).click()
    expect(at.notice).to_contain_text("Meer regie")
    at.go("mix")
    at.wait_for_shares(shares)
    at.slide(1, 9)  # on a copy
    at.button("shell.undo").click()
    at.button("shell.undo").click()
    at.wait_for_shares(changed)
    assert at.kept("localStorage", "klaver.library") == kept
    at.page.reload()
    at.ready()
    at.go("library")
    assert names(at) == ["Meer regie"]


def test_a_version_goes_only_when_one_is_sure(visit: Open) -> None:
    at = visit("library")
    keep(at, "Weg ermee")
    drop = at.page.locator("li.version").get_by_role("button", name=at.say("library.drop"))
    dialog = at.page.get_by_role("dialog")
    drop.click()
    expect(dialog).to_contain_text("Weg ermee")
    at.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert names(at) == ["Weg ermee"]
    drop.click()
    dialog.get_by_role("button", name=at.say("library.drop"), exact=True).click()
    expect(at.page.get_by_text(at.say("library.empty"))).to_be_visible()
    assert stored(at) == []


def test_two_tabs_do_not_overwrite_each_others_versions(visit: Open) -> None:
    one = visit("library")
    other = visit("library", context=one.context)
    keep(one, "Van de een")
    keep(other, "Van de ander")
    keep(one, "Nog een van de een")
    for at in (one, other):
        expect(at.page.locator("li.version")).to_have_count(3)
        assert names(at) == ["Nog een van de een", "Van de ander", "Van de een"]
    assert stored(one) == sorted(names(one))
    within(other, "Van de een").get_by_role("button", name=other.say("library.drop")).click()  # type: ignore[attr-defined]
    other.page.get_by_role("dialog").get_by_role("button", name=other.say("library.drop"), exact=True).click()
    expect(one.page.locator("li.version")).to_have_count(2)
    keep(one, "Daarna")
    third = visit("library", context=one.context)
    assert names(third) == ["Daarna", "Nog een van de een", "Van de ander"] == names(one)
    assert stored(third) == sorted(names(third))


def test_a_browser_that_cannot_keep_says_so(visit: Open) -> None:
    at = visit("library")
    at.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }")
    at.button("library.keep_now").click()
    expect(at.notice).to_contain_text(at.say("library.browser_full"))
    expect(at.page.locator("li.version")).to_have_count(1)


def test_a_session_goes_into_a_file_and_comes_out_of_it(visit: Open, tmp_path: Path) -> None:
    at = visit("mix")
    at.choose("park", "small_village")
    at.slide(3, 13)
    at.complete()
    shares, drawings = at.shares(), at.drawings()
    at.go("library")
    keep(at, "Voor de raad")
    with at.page.expect_download() as saved:
        at.page.get_by_role("button", name=at.say("library.file_save")).click()
    assert saved.value.suggested_filename.startswith("klaver-small-village-")
    saved.value.save_as(tmp_path / "session.json")
    assert json.loads((tmp_path / "session.json").read_text(encoding="utf-8"))["klaver_session"] == 1
    other = visit("library", language="en")
    other.page.get_by_label(other.say("library.file_open")).set_input_files(tmp_path / "session.json")
    other.button("park.use_session").click()
    expect(other.page.locator("li.version h3")).to_have_text("Voor de raad")
    other.go("mix")
    other.complete()
    assert other.shares() == shares
    other.speak("nl")
    other.wait_for_drawings(drawings)


WRONG = {
    "empty.json": "", "broken.json": "{", "list.json": "[]", "other.json": '{"a": 1}', "newer.json": '{"klaver_session": 99}',
    "deep.json": "[" * 100_000, "number.json": '{"klaver_session": 1, "state": 1e999}', "picture.json": "\x89PNG\r\n\x1a\n",
    "park.toml": "name = 3", "program.exe": "MZ",
}  # fmt: skip


def test_a_file_that_is_wrong_leaves_the_session_standing(visit: Open, tmp_path: Path) -> None:
    at = visit("library")
    keep(at, "Ervoor")
    for name, text in WRONG.items():
        path = tmp_path / name
        path.write_text(text, encoding="latin-1")
        at.page.get_by_label(at.say("library.file_open")).set_input_files(path)
        problem = at.page.locator(".problems")
        expect(problem).to_contain_text(name)
        assert len(problem.inner_text()) > len(name) + 20, name
    large = tmp_path / "large.json"
    large.write_text('{"klaver_session": 1, "x": "' + "x" * 2_100_000 + '"}')
    at.page.get_by_label(at.say("library.file_open")).set_input_files(large)
    expect(at.page.locator(".upload .problem")).to_be_visible()
    assert names(at) == ["Ervoor"]
    at.go("mix")
    at.complete()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_markup_in_a_name_is_text(visit: Open, tmp_path: Path, language: str) -> None:
    at = visit("library", language=language)
    keep(at, MARKUP)
    assert names(at) == [MARKUP]
    park = tmp_path / "park.toml"
    park.write_text(f"based_on = 'small_village'\nname = 'eigen'\ntitle.nl = '''{MARKUP}'''\ntitle.en = '''{MARKUP}'''\n")
    at.go("park")
    at.button("park.mode_file").click()
    at.page.get_by_label(at.say("park.choose_file")).first.set_input_files(park)
    at.button("park.use_park").click()
    at.page.get_by_role("heading", level=1).get_by_text(MARKUP).wait_for()
    for screen in ("mix", "opportunities", "library"):
        at.go(screen)
        assert at.chosen("park") == MARKUP
        assert at.page.locator("img[src=x], main b").count() == 0 and at.page.title().endswith("Klaver")


def test_a_report_is_of_what_was_there_when_it_was_asked_for(visit: Open, tmp_path: Path) -> None:
    at = visit("mix")
    at.slide(0, 8)
    at.go("library")
    report = at.button("compare.report_nl_html")
    with at.page.expect_download(timeout=180_000) as saved:
        report.click()  # before all futures are there
    saved.value.save_as(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'lang="nl"' in text and at.say("shell.own_strategy") in text
    assert saved.value.suggested_filename.endswith(".nl.html")
    # Printed: a page of its own, which runs no scripts, goes to the printer.
    at.page.evaluate("""() => {
      window.sheets = 0;
      const isSheet = (added) => added.tagName === 'IFRAME';
      new MutationObserver((all) => { window.sheets += all.flatMap((one) => [...one.addedNodes]).filter(isSheet).length; })
        .observe(document.body, {childList: true});
    }""")
    at.button("compare.print").click()
    at.page.wait_for_function("() => window.sheets === 1", timeout=180_000)
    sheet = at.page.locator("iframe.printed")
    assert "allow-scripts" not in str(sheet.get_attribute("sandbox"))
    expect(sheet.content_frame.get_by_role("heading", level=1)).to_be_attached()
