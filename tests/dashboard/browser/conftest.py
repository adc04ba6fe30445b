"""One dashboard and one browser for all tests of this folder; every test has pages of its own.

A browser is looked for: ``KLAVER_CHROMIUM``, Chromium or Chrome on the path, Playwright's own. Without one these tests are
skipped, unless ``KLAVER_BROWSER_REQUIRED=1`` says that they must run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sim.warm_up import compile_rules
from tests.dashboard.browser.dashboards import FLAGS, Dashboard, find_browser
from tests.dashboard.browser.visits import Visit

ROOT = Path(__file__).parents[3]
Open = Callable[..., Visit]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests together where tests run side by side: they share one dashboard and one browser.

    Each has a second chance: on a machine that is busy a page may be late, and a fault comes back.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.flaky(reruns=1))


# Of the folder and not of the session: while Playwright is there, no other test can start an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = find_browser()
    if path is None:
        sentence = "no Chromium was found: install one (apt-get install chromium), or name it in KLAVER_CHROMIUM"
        if os.environ.get("KLAVER_BROWSER_REQUIRED") == "1":
            pytest.fail(f"{sentence}; KLAVER_BROWSER_REQUIRED says that these tests must run")
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="package")
def dashboard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard that all tests visit (one that has to be stopped is a test's own)."""
    compile_rules()
    made = Dashboard(tmp_path_factory.mktemp("dashboard") / "log.txt", SOLARA_KERNEL_CULL_TIMEOUT="20s")
    yield made
    made.stop()
    # Whatever the pages showed: no part of the server broke while these tests ran.
    if "Traceback" in made.told():
        pytest.fail(f"something broke in the server:\n{made.told()[-6000:]}")


@pytest.fixture
def visit(browser: Browser, dashboard: Dashboard, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a page of a visitor of its own: ``visit("mix", language="en", width=390)``.

    After the test no page may have complained, nor asked anything of the outside.
    """
    visits: list[Visit] = []

    def open_page(screen: str, **how: object) -> Visit:
        how.setdefault("address", dashboard.address)
        made = Visit(browser, screen, **how)  # type: ignore[arg-type]
        visits.append(made)
        return made

    yield open_page
    complaints = [complaint for made in visits for complaint in made.complaints]
    for made in visits:
        made.close()
    if complaints:
        pytest.fail("a page complained:\n" + "\n".join(dict.fromkeys(complaints)))


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Folder in which pictures of the screens are left, to be looked at."""
    folder = ROOT / "results" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
