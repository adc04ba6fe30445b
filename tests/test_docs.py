"""The documentation says what is true."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.compare import OUTCOMES
from benchmarks.parameter_page import PAGE, page

ROOT = Path(__file__).parents[1]


def test_the_page_of_parameters_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_outcome_key_is_documented():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", text))
    for outcome in OUTCOMES:
        assert outcome in documented or "_" + outcome.split("_", 1)[1] in documented, outcome


def test_the_start_of_the_readme_has_its_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start = re.search(r"^## Start$(.*?)(?=^## )", text, re.M | re.S)
    assert re.findall(r"^```sh\n(.*?)\n```", start.group(1), re.M | re.S) == [
        "pip install uv && uv run klaver compare rollepaal", "uv run pytest"]


def test_links_between_pages_lead_somewhere():
    for page_path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page_path.read_text(encoding="utf-8")):
            assert (page_path.parent / target).exists(), f"{page_path.name}: {target}"
