"""Maps and company lists chosen on the page: read, looked through and used; or no good, or too much."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, WebSocket

from tests.dashboard.browser.conftest import Open
from tests.dashboard.browser.dashboards import Dashboard
from tests.dashboard.browser.visits import SAY, Visit, expect
from tests.klaver.importing import dutch_forms

PATIENCE = 120_000  # ms


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of the synthetic park."""
    return sorted(dutch_forms.write_park(tmp_path_factory.mktemp("maps") / "park").iterdir())


def at_files(visit: Open, **how: object) -> Visit:
    """Return somebody at the place where files are opened."""
    at = visit("park", **how)
    at.button("park.mode_file").click()
    expect(at.page.get_by_role("heading", name=at.say("own.maps"), exact=True)).to_be_visible()
    return at


def field(at: Visit) -> Locator:
    """Return what files are chosen with."""
    return at.page.get_by_label(re.compile(re.escape(at.say("own.maps_choose")) + "$"))


def found(at: Visit) -> None:
    """Wait until there is a park."""
    expect(at.page.get_by_role("heading", name=re.compile(re.escape(at.say("own.maps_found", name=""))))).to_be_visible(
        timeout=PATIENCE)  # fmt: skip
    expect(at.page.locator("main .waiting")).to_have_count(0)


def download(at: Visit, key: str, folder: Path) -> Path:
    """Return a file that a button gives."""
    with at.page.expect_download() as coming:
        at.page.get_by_role("button", name=re.compile(re.escape(at.say(key)))).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


@pytest.mark.parametrize("language", ["nl", "en"])
def test_maps_are_read_looked_through_and_used(
    visit: Open, maps: list[Path], language: str, tmp_path: Path, screenshots: Path
) -> None:
    at = at_files(visit, language=language)
    page, other = at.page, SAY["en" if language == "nl" else "nl"]
    field(at).set_input_files(maps)
    found(at)
    body = page.locator("main").inner_text()
    assert "12" in body and at.say("own.maps_read") in body and other("own.maps_read") not in body
    for width, height in ((1280, 800), (390, 844), (320, 700)):
        page.set_viewport_size({"width": width, "height": height})
        assert at.overflow() == [] and at.axe() == [], width
        at.picture(screenshots / f"maps_{language}_{width}.png")
    page.set_viewport_size({"width": 1280, "height": 800})
    report = download(at, "own.maps_report", tmp_path)
    assert report.name.endswith(f"-check.{language}.html") and f'lang="{language}"' in report.read_text()[:400]

    # By keyboard: the choice keeps the focus while everything is read again.
    codes = page.get_by_label(at.say("own.maps_codes"), exact=True)
    codes.focus()
    page.keyboard.press("Space")
    expect(page.locator("main .waiting")).to_be_visible()
    key = page.get_by_role("button", name=re.compile(re.escape(at.say("own.maps_key"))))
    expect(key).to_be_visible(timeout=PATIENCE)
    expect(codes).to_be_focused()
    expect(codes).to_be_checked()
    assert "Synthetisch bedrijf" not in page.locator("main").inner_text() and at.axe() == []
    secret = download(at, "own.maps_key", tmp_path).read_text()
    assert "Synthetisch bedrijf 1" in secret and "B001" in secret
    assert "Synthetisch bedrijf" not in download(at, "own.maps_report", tmp_path).read_text()

    at.button("park.use_park").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(at.say("park.heading", park="park"))
    expect(page.locator("main .drawing [data-pick^='plot:']").first).to_be_visible()
    assert page.locator("main .drawing [data-pick^='plot:']").count() >= 12
    at.button("shell.undo").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("synthetic")


def test_why_there_is_no_park_is_told_in_the_language_of_the_page(visit: Open, maps: list[Path], screenshots: Path) -> None:
    at = at_files(visit, language="nl")
    field(at).set_input_files([path for path in maps if path.suffix == ".csv"])
    told = at.page.locator("main .problems")
    expect(told).to_contain_text(at.say("own.maps_no_park", n=1), timeout=PATIENCE)
    dutch = told.inner_text()
    at.picture(screenshots / "maps_refused_nl_1280.png")
    at.page.set_viewport_size({"width": 390, "height": 844})
    assert at.overflow() == [] and at.axe() == []
    at.speak("en")
    expect(told).to_contain_text(SAY["en"]("own.maps_no_park", n=1))
    assert not {line for line in dutch.splitlines() if line} & set(told.inner_text().splitlines())
    field(at).set_input_files(maps)  # another choice takes its place
    found(at)
    expect(told).to_have_count(0)


def children(process: int) -> list[int]:
    """Return the processes that read maps for a server."""
    there = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and b"maps_child" in (path / "cmdline").read_bytes():
                there.append(int(path.name))
        except (OSError, ValueError):
            continue
    return there


@pytest.mark.parametrize("how", ["stop", "elsewhere", "close"])
def test_a_reading_ends_when_the_page_is_left(visit: Open, dashboard: Dashboard, maps: list[Path], how: str) -> None:
    at = at_files(visit)
    field(at).set_input_files(maps)
    expect(at.page.locator("main .waiting")).to_contain_text(at.say("own.maps_starting"))
    process = dashboard.process.pid
    end = time.monotonic() + 30
    while not (reading := children(process)) and time.monotonic() < end:
        time.sleep(0.02)
    assert reading
    began = time.monotonic()
    if how == "stop":
        at.button("own.maps_stop").click()
        expect(at.page.locator("main .waiting")).to_have_count(0)
    elif how == "elsewhere":
        at.go("mix")
    else:
        at.page.goto("about:blank")
    while children(process):
        assert time.monotonic() - began < 4, "it goes on"
        time.sleep(0.05)


def test_what_is_large_comes_in_pieces_and_what_is_too_large_not_at_all(visit: Open, tmp_path: Path) -> None:
    at = visit("park")
    sent: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(len(frame)))

    at.page.on("websocket", listen)
    at.page.reload()
    at.ready()
    at.button("park.mode_file").click()
    large = tmp_path / "lijst.csv"
    large.write_bytes(b"naam;banen\r\n" + b"Synthetisch;3\r\n" * 650_000)
    assert 9_500_000 < large.stat().st_size < 10_000_000
    field(at).set_input_files(large)
    expect(at.page.locator("main .problems")).to_be_visible(timeout=PATIENCE)
    assert at.say("own.maps_broken") not in at.page.locator("main .problems").inner_text()
    assert max(sent) < 1_100_000 and sum(sent) > 4 * large.stat().st_size / 3
    sent.clear()
    field(at).set_input_files([large, large])
    expect(at.page.locator("main .upload .problem")).to_have_text(
        at.say("own.maps_too_large", most=10, files=40))  # fmt: skip
    assert sum(sent) < 100_000
