"""The dashboard in a real browser: how fast, how heavy, what it leaves: ``uv run python -m benchmarks.dashboard [--save]``.

Chromium without a window opens pages of a dashboard of its own. Times are taken in the page: from the key that moves a slider
to the drawing that differs. ``--moves`` and ``--sessions`` make it shorter or longer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.results_page import keep, machine, show
from klaver.dashboard.ensembles import MOST_KEPT_MB
from sim.warm_up import compile_rules
from tests.dashboard.browser.dashboards import FLAGS, Dashboard, find_browser
from tests.dashboard.browser.visits import Visit

CULL_SECONDS = 5
MIXES = 5  # run anew while memory is followed
HEADS = ("the dashboard", "measured", "promised", "met?")
WATCH = """() => {
  const now = () => document.querySelector('main .drawing')?.innerHTML, times = {key: 0, changed: 0, done: 0};
  let shown = now();
  window.klaverTimes = times;
  window.klaverReady = () => { shown = now(); times.key = times.changed = times.done = 0; };
  document.addEventListener('keydown', () => { if (!times.key) { times.key = performance.now(); } }, true);
  document.addEventListener('click', () => { if (!times.key) { times.key = performance.now(); } }, true);
  new MutationObserver(() => {
    if (!times.key) { return; }
    if (!times.changed && now() && now() !== shown) { times.changed = performance.now(); }
    if (times.changed && !times.done && !document.querySelector('main :is(.waiting, [aria-busy=true])')) {
      times.done = performance.now();
    }
  }).observe(document.querySelector('main'), {subtree: true, childList: true, attributes: true, characterData: true});
}"""
"""Notes in the page when a key was pressed, when the first drawing differed, and when nothing was on its way any more."""


@dataclass(frozen=True)
class Row:
    """One thing that was measured, beside what was promised.

    Attributes
    ----------
    met
        None where nothing was promised.
    """

    what: str
    text: str
    promised: str = ""
    met: bool | None = None
    value: float = 0.0

    def cells(self) -> tuple[str, str, str, str]:
        """Return the row as text."""
        return self.what, self.text, self.promised, "" if self.met is None else "yes" if self.met else "no"


def seconds_row(what: str, times: list[float], promised: float, quantile: float = 0.95) -> Row:
    """Return the row of some times: their median, and the quantile for which something was promised."""
    high = float(np.quantile(times, quantile))
    text = f"{np.median(times):.2f} s (95%: {high:.2f} s; {len(times)} times)"
    return Row(what, text, f"{promised:g} s", high <= promised, high)


# --- loading ---------------------------------------------------------------------------------------------------------


def until_picture(page: Page) -> None:
    """Wait until the first picture of the running example is there."""
    page.wait_for_selector("main .drawing svg", timeout=120_000)


def measure_loading(browser: Browser, address: str, times: int) -> list[Row]:
    """Time the first load and the reload, and weigh the page."""
    first, screen, again, weights = [], [], [], []
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="nl-NL")
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        weight = {"bytes": 0, "requests": 0, "widgets": 0, "messages": 0}
        wire.on("Network.loadingFinished", lambda told, weight=weight: _add(weight, told["encodedDataLength"]))
        page.on("websocket", lambda socket, weight=weight: socket.on(
            "framereceived", lambda frame: _count_widgets(weight, frame)))  # fmt: skip
        began = time.perf_counter()
        page.goto(f"{address}/?lang=nl", wait_until="commit")
        page.wait_for_selector("main h1", timeout=120_000)
        screen.append(time.perf_counter() - began)
        until_picture(page)
        first.append(time.perf_counter() - began)
        page.wait_for_timeout(1000)
        weights.append(dict(weight))
        began = time.perf_counter()
        page.reload(wait_until="commit")
        page.wait_for_function("() => document.querySelector('main h1')")
        again.append(time.perf_counter() - began)
        until_picture(page)
        context.close()
    weight = weights[-1]
    return [
        seconds_row("first load, to the screen", screen, 3.0), seconds_row("first load, to the first picture", first, 5.0),
        seconds_row("reload, to the screen", again, 1.0),
        Row("page weight, compressed, nothing cached", f"{weight['bytes'] / 1e6:.2f} MB in {weight['requests']} requests",
            value=float(weight["bytes"])),
        Row("widgets of the first page", f"{weight['widgets']:,}; messages of the server: {weight['messages'] / 1e3:,.0f} kB",
            value=float(weight["widgets"])),
    ]  # fmt: skip


def _add(weight: dict[str, int], size: float) -> None:
    weight["bytes"] += int(size)
    weight["requests"] += 1


def _count_widgets(weight: dict[str, int], frame: Any) -> None:
    content = frame if isinstance(frame, bytes) else str(frame).encode()
    weight["messages"] += len(content)
    weight["widgets"] += content.count(b'"comm_open"')


# --- moving a slider -------------------------------------------------------------------------------------------------


def measure_moves(browser: Browser, address: str, moves: int) -> tuple[list[Row], list[str]]:
    """Time moves of a slider to what was not run before, and steps back to what was; return what went outside too."""
    at = Visit(browser, "mix", address=address)
    at.complete()
    at.page.evaluate(WATCH)
    changed, done, back = [], [], []
    for move in range(moves):
        # Halfway another slider, so that no mix comes twice and none reaches its end.
        slider = at.page.locator(".mix input[type=range]").nth(0 if move < moves / 2 else 1)
        slider.focus()
        times = timed(at.page, partial(slider.press, "ArrowRight"))
        changed.append(times["changed"])
        done.append(times["done"])
    undo = at.button("shell.undo")
    for _ in range(min(moves, 20)):
        at.page.wait_for_timeout(1700)  # moves in quick succession are one step
        if undo.is_disabled():
            break
        back.append(timed(at.page, undo.click)["changed"])
    complaints = list(at.complaints)
    at.close()
    rows = [seconds_row("slider to a new headline, nothing of it run before", changed, 0.3),
            seconds_row("slider to all 200 futures with bands", done, 2.0),
            seconds_row("a step back, all of it in memory", back, 0.1)]  # fmt: skip
    return rows, complaints


def timed(page: Page, act: Callable[[], None]) -> dict[str, float]:
    """Return the seconds from an act to the first drawing that differs, and until nothing is on its way."""
    page.evaluate("window.klaverReady()")
    act()
    page.wait_for_function("() => window.klaverTimes.done > 0", timeout=120_000)
    found = page.evaluate("window.klaverTimes")
    return {name: (found[name] - found["key"]) / 1000.0 for name in ("changed", "done")}


# --- memory ----------------------------------------------------------------------------------------------------------


def memory_of(process: psutil.Process) -> float:
    """Return what the server itself takes, in MB; its lanes are the same for one session and for thirty."""
    return float(process.memory_info().rss) / 1e6


def measure_memory(browser: Browser, dashboard: Dashboard, sessions: int) -> list[Row]:
    """Follow the memory of the server while sessions come, look around, and leave."""
    server = psutil.Process(dashboard.process.pid)
    warm = Visit(browser, "mix", address=dashboard.address)
    warm.complete()
    warm.go("opportunities")
    warm.settled()
    warm.close()
    time.sleep(CULL_SECONDS + 3)
    before = memory_of(server)
    visits = look_around(browser, dashboard, sessions)
    within = memory_of(server)
    for number, at in enumerate(visits[:MIXES]):
        at.slide(number % 4, 3 + number)
        at.complete()
    kept = memory_of(server)
    leave(visits)
    again = look_around(browser, dashboard, sessions)
    after = memory_of(server)
    leave(again)
    each, mix, more = (within - before) / sessions, (kept - within) / MIXES, (after - kept) / sessions
    return [
        Row("memory of the server before", f"{before:.0f} MB", value=before),
        Row(f"... with {sessions} sessions that look at what was run", f"{within:.0f} MB", value=within),
        Row("... a session", f"{each:.1f} MB", "2 MB", each <= 2.0, each),
        Row("... a mix of 200 futures more, kept for all",
            f"{mix:.1f} MB; {MOST_KEPT_MB} MB at most, then the oldest goes", value=mix),
        Row(f"... with {sessions} others, after these left",
            f"{after:.0f} MB ({more:+.1f} MB a session that left)", "0.5 MB", more <= 0.5, after),
    ]  # fmt: skip


def look_around(browser: Browser, dashboard: Dashboard, sessions: int) -> list[Visit]:
    """Open so many sessions of one visitor, and wait until each has its pictures."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="nl-NL")
    visits = []
    for _ in range(sessions):
        visits.append(Visit(browser, "mix", address=dashboard.address, context=context))
        visits[-1].complete()
    return visits


def leave(visits: list[Visit]) -> None:
    """Close pages, and wait until the server's patience with them has gone."""
    for at in visits:
        at.close()
    visits[0].context.close()
    time.sleep(CULL_SECONDS + 8)


# --- all together ----------------------------------------------------------------------------------------------------


def log(what: str) -> None:
    """Say what is being measured."""
    print(f"{what} ...", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep if asked; return 1 if a promise was broken, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--moves", type=int, default=30, help="moves of a slider")
    parser.add_argument("--sessions", type=int, default=20, help="sessions at once")
    parser.add_argument("--loads", type=int, default=5, help="first loads, each with a reload")
    parser.add_argument("--save", action="store_true", help="also keep the numbers in results/ and in README.md")
    options = parser.parse_args(arguments)
    path = find_browser()
    if path is None:
        print("there is no Chromium; KLAVER_CHROMIUM names one", file=sys.stderr)
        return 2
    compile_rules()
    told = machine()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        dashboard = Dashboard(Path(folder) / "log.txt", SOLARA_KERNEL_CULL_TIMEOUT=f"{CULL_SECONDS}s")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            warm = Visit(browser, "begin", address=dashboard.address)
            warm.settled()
            warm.close()
            log("loading")
            rows += measure_loading(browser, dashboard.address, options.loads)
            log("moving a slider")
            moves, complaints = measure_moves(browser, dashboard.address, options.moves)
            rows += moves
            log("memory")
            rows += measure_memory(browser, dashboard, options.sessions)
            rows.append(Row("requests to the outside, or that failed", str(len(complaints)), "0", not complaints,
                            float(len(complaints))))  # fmt: skip
        finally:
            browser.close()
            dashboard.stop()
    show("The dashboard, in Chromium without a window", HEADS, [row.cells() for row in rows])
    if options.save:
        command = f"uv run python -m benchmarks.dashboard --moves {options.moves} --sessions {options.sessions} --save"
        content = {"machine": told, "rows": {row.what: {"value": row.value, "text": row.text, "met": row.met} for row in rows}}
        print(f"saved {keep('dashboard', command, content, HEADS, [row.cells() for row in rows])}", file=sys.stderr)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
