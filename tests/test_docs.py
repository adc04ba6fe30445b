"""The documentation says what is true."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.compare import OUTCOMES
from benchmarks import rollepaal_page
from benchmarks.parameter_page import PAGE, page
from sim.inputs.parameters import BY_NAME
from sim.inputs.strategy import Strategy

ROOT = Path(__file__).parents[1]


def test_the_page_of_parameters_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_running_example_is_told_from_runs_and_not_by_hand():
    assert rollepaal_page.PAGE.read_text(encoding="utf-8") == rollepaal_page.page()


def concepts() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    table = text.split("| concept | file | taken away by |")[1]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    return [(row[0].strip(), row[1].strip(), row[2].strip()) for row in rows if not row[0].startswith(" ---")]


def test_every_concept_of_the_model_page_names_files_that_exist():
    assert len(concepts()) > 40
    for concept, files, _ in concepts():
        named = re.findall(r"`([\w/]+\.(?:py|toml))`|`(scenarios/\w+/)`", files)
        for file in (a or b for a, b in named):
            assert any((ROOT / folder / file).exists() for folder in ("", "sim")), f"{concept}: {file}"
        for function in re.findall(r"\(`(\w+)`\)", files):
            assert any(f"def {function}(" in path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py")), concept


def test_every_switch_of_the_model_page_exists():
    resolved = Strategy().resolved()
    for concept, _, switches in concepts():
        for name in re.findall(r"`([\w.]+)(?: = [^`]+)?`", switches):
            first, _, rest = name.partition(".")
            anywhere = name in BY_NAME or name in resolved or any(
                isinstance(table, dict) and name in table for table in resolved.values())
            assert anywhere or (rest in resolved.get(first, {}) if rest and rest != "*" else first in resolved), (
                f"{concept}: {name}")


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
