"""Somebody at a page of the dashboard: what it shows, what it complains about, and what can be done there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError, expect

from klaver.language import ScreenLanguage

SCREENS = ("begin", "park", "mix", "outcomes", "opportunities", "compare", "play", "library")
PATHS = {screen: "/" if screen == "begin" else f"/{screen}" for screen in SCREENS}
PATIENCE = 120_000  # ms: two cores that others may be using
SAY = {code: ScreenLanguage(code) for code in ("nl", "en")}

_axe = Axe()


class Visit:
    """One tab of one visitor.

    Parameters
    ----------
    browser
        Chromium.
    screen
        Its name, or an address to open as it is.
    address
        Of the dashboard.
    language
        Asked for in the address; None leaves that to the browser's ``locale``.
    context
        Of a visitor who has a tab open already; a new visitor otherwise.
    how
        More for the new visitor: ``reduced_motion="reduce"`` and the like.
    """

    def __init__(
        self, browser: Browser, screen: str, *, address: str, language: str | None = "nl", width: int = 1280, height: int = 800,
        context: BrowserContext | None = None, wait: bool = True, **how: Any,
    ) -> None:  # fmt: skip
        how.setdefault("locale", "nl-NL")
        self._own = context is None
        self.context = context or browser.new_context(viewport={"width": width, "height": height}, **how)
        self.address, self.complaints = address, []
        self.requests: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self._listen()
        if screen.startswith("http"):
            self.page.goto(screen, wait_until="commit")
        else:
            asked = f"?lang={language}" if language else ""
            self.page.goto(f"{address}{PATHS[screen]}{asked}", wait_until="commit")
        if wait:
            self.ready()

    def _listen(self) -> None:
        page, complaints = self.page, self.complaints

        def asked(request: Any) -> None:
            self.requests.append(request.url)
            if request.url.startswith(("data:", "blob:")):
                return
            if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
                complaints.append(f"asked the outside: {request.url[:200]}")

        page.on("request", asked)
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("response", lambda answer: answer.status < 400 or complaints.append(f"{answer.status}: {answer.url[:200]}"))
        page.on("console", lambda said: said.type != "error" or complaints.append(f"console: {said.text[:400]}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {str(error)[:400]}"))

    def _failed(self, request: Any) -> None:
        # A page that is left stops what it was asking for, and says goodbye to the server: neither is a failure.
        if "/_solara/api/close/" in request.url or (request.failure or "") == "net::ERR_ABORTED":
            return
        self.complaints.append(f"failed: {request.url[:200]} {request.failure}")

    def close(self) -> None:
        """Leave."""
        self.page.close()
        if self._own:
            self.context.close()

    # --- what is there ---

    def ready(self) -> None:
        """Wait until the screen is there."""
        self.page.wait_for_selector("main h1")

    def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        try:
            self.page.wait_for_function(
                "() => document.querySelector('main h1') && !document.querySelector('main :is(.waiting, [aria-busy=true])')"
            )
        except TimeoutError as error:
            raise AssertionError(f"never done: {self.page.locator('body').inner_text()[-3000:]}") from error

    @property
    def heading(self) -> str:
        """The h1."""
        return self.page.locator("main h1").inner_text()

    @property
    def language(self) -> str:
        """Of the page as it says itself."""
        return str(self.page.evaluate("document.documentElement.lang"))

    @property
    def notice(self) -> Locator:
        """What the page says to the user."""
        return self.page.locator(".notice")

    def say(self, key: str, **values: object) -> str:
        """Return a sentence in the language of the page."""
        return SAY[self.language](key, **values)

    def overflow(self) -> list[str]:
        """Return what sticks out of the window at the right: empty where the page need not be scrolled sideways."""
        return list(self.page.evaluate(
            """() => {
              const wide = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= wide) { return []; }
              const clips = (e) => getComputedStyle(e).overflowX !== 'visible';
              const scrolls = (e) => e !== document.body && (clips(e) || scrolls(e.parentElement));
              return ['wider than the window', ...[...document.querySelectorAll('body *')]
                .filter((e) => e.getBoundingClientRect().right > wide + 1 && !scrolls(e.parentElement)).slice(0, 8)
                .map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right} ${e.textContent.slice(0, 40)}`)];
            }"""))

    def axe(self) -> list[str]:
        """Return what axe-core finds against WCAG 2.2 AA and its own good practices, with the places."""
        found = _axe.run(self.page).response["violations"]
        return [f"{rule['id']} ({rule['impact']}): {rule['help']}\n" + "\n".join(
                    f"    {' '.join(map(str, node['target']))} {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
                    for node in rule["nodes"][:4])
                for rule in found]  # fmt: skip

    def texts(self) -> list[str]:
        """Return every text that a user sees or hears, in order: of elements, names and descriptions."""
        return list(self.page.evaluate(
            """() => {
              const found = [];
              const both = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
              const walk = document.createTreeWalker(document.querySelector('.v-application'), both);
              for (let node = walk.nextNode(); node; node = walk.nextNode()) {
                if (node.nodeType === Node.TEXT_NODE) {
                  if (['STYLE', 'SCRIPT', 'TITLE', 'DESC'].includes(node.parentElement.tagName)) { continue; }
                  found.push(node.textContent);
                  continue;
                }
                for (const name of ['aria-label', 'aria-valuetext', 'title', 'alt', 'placeholder']) {
                  if (node.hasAttribute(name)) { found.push(node.getAttribute(name)); }
                }
              }
              return found.map((text) => text.replace(/\\s+/g, ' ').trim()).filter(Boolean);
            }"""))

    def drawings(self) -> list[str]:
        """Return all that the pictures show: two that are equal show the same numbers."""
        return list(self.page.eval_on_selector_all("main .drawing", "all => all.map((drawing) => drawing.innerHTML)"))

    def wait_for_drawings(self, expected: list[str]) -> None:
        """Wait until the pictures show exactly something: they are drawn one after the other."""
        self.page.wait_for_function(
            """expected => {
              const now = [...document.querySelectorAll('main .drawing')].map((drawing) => drawing.innerHTML);
              return now.length === expected.length && now.every((drawing, k) => drawing === expected[k]);
            }""", arg=expected)

    def wait_for_shares(self, expected: list[int]) -> None:
        """Wait until the sliders of the roles stand somewhere."""
        self.page.wait_for_function(
            """expected => {
              const now = [...document.querySelectorAll('.mix input[type=range]')].map((slider) => Number(slider.value));
              return now.length === expected.length && now.every((share, k) => share === expected[k]);
            }""", arg=expected)

    def shares(self) -> list[int]:
        """Return the four shares on the screen of the roles, in percents."""
        return list(self.page.eval_on_selector_all(".mix input[type=range]", "all => all.map((one) => Number(one.value))"))

    def slide(self, role: int, steps: int, *, draft: bool = False) -> None:
        """Move a slider of the roles with the arrow keys; a draft of a game changes nothing yet."""
        slider = self.page.locator(".mix input[type=range]").nth(role)
        slider.focus()
        for _ in range(abs(steps)):
            before = self.page.url
            slider.press("ArrowRight" if steps > 0 else "ArrowLeft")
            if not draft:  # the server has heard of it once the address says so
                self.page.wait_for_function("before => window.location.href !== before", arg=before)

    def complete(self, futures: int = 200) -> None:
        """Wait until the screen of the roles says that all futures are there."""
        self.page.wait_for_function(
            """text => {
              const main = document.querySelector('main');
              if (!main || main.querySelector('.waiting, [aria-busy=true]') || !main.innerText.includes(text)) {
                window.klaverSince = null;
                return false;
              }
              // What was asked a moment ago may not have come to the pictures yet: they have to stand for a while.
              const now = [...main.querySelectorAll('.drawing')].map((drawing) => drawing.innerHTML).join();
              if (window.klaverSince?.now !== now) { window.klaverSince = {now, when: performance.now()}; }
              return performance.now() - window.klaverSince.when > 500;
            }""", arg=self.say("mix.all_done", n=futures), polling=100)

    def picture(self, path: Path) -> None:
        """Leave a picture of the whole page."""
        self.page.screenshot(path=path, full_page=True)

    def kept(self, store: str, key: str) -> Any:
        """Return what the browser keeps, read as JSON."""
        text = self.page.evaluate(f"window.{store}.getItem({json.dumps(key)})")
        return None if text is None else json.loads(text)

    def link(self) -> str:
        """Return the setting as it stands in the address; empty where there is none."""
        found = re.search(r"[?&]s=([\w-]+)", self.page.url)
        return found[1] if found else ""

    # --- what can be done ---

    def go(self, screen: str) -> None:
        """Go to a screen by the menu."""
        self.page.locator(f".top-bar nav a[href='{PATHS[screen]}']").click()
        self.page.wait_for_selector(f"main.screen-{screen} h1")

    def button(self, key: str, **values: object) -> Locator:
        """Return the button with a text, by its key."""
        return self.page.get_by_role("button", name=self.say(key, **values), exact=True)

    def speak(self, code: str) -> None:
        """Choose a language."""
        self.page.locator(f".languages button[lang={code}]").click()
        self.page.wait_for_function("code => document.documentElement.lang === code", arg=code)

    def chosen(self, name: str) -> str:
        """Return what the bar above the screen says is looked at."""
        field = self.page.locator(".context").get_by_label(self.say(f"shell.{name}"), exact=True)
        return str(field.evaluate("field => field.selectedOptions[0].textContent.trim()"))

    def choose(self, name: str, value: str) -> None:
        """Choose in the bar above the screen: ``park``, ``strategy``, ``reference`` or ``futures``."""
        self.page.locator(".context").get_by_label(self.say(f"shell.{name}"), exact=True).select_option(value)


__all__ = ["PATHS", "PATIENCE", "SAY", "SCREENS", "Visit", "expect"]
