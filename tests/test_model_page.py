"""The description of the model is held against the code: its names, order, numbers and links.

A page can be held to what it names, not to what it means; whether a sentence is right remains for a reader.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.compare import OUTCOMES
from sim import outcomes, records
from sim.inputs.parameters import BY_NAME, PARAMETERS
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import PERSPECTIVES, Strategy

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "model.md"
TEXT = PAGE.read_text(encoding="utf-8")
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S)

SECTIONS = {
    "Overview": ["Purpose", "Entities, state variables and scales", "Process overview and scheduling"],
    "Design concepts": [
        "Theoretical and empirical background", "Individual decision making", "Learning", "Individual sensing",
        "Individual prediction", "Interaction", "Collectives", "Heterogeneity", "Stochasticity", "Observation"],
    "Details": ["Implementation details", "Initialisation", "Input data", "Submodels"],
    "TRACE record": [
        "Problem formulation", "Model description", "Data evaluation", "Conceptual model evaluation",
        "Implementation verification", "Model output verification", "Model analysis", "Model output corroboration"],
}  # fmt: skip
"""What the two protocols ask for, in their order (Müller et al. 2013, Grimm et al. 2014)."""


def section(title: str) -> str:
    """Return the text under a heading, up to the next heading of that level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$", TEXT, re.M)
    assert found, title
    rest = TEXT[found.end():]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.M)
    return rest[: end.start()] if end else rest


# --- names -------------------------------------------------------------------------------------------------------------


def keys_of(table: dict, prefix: str = "") -> set[str]:
    """Return the dotted keys of a table and of all tables in it."""
    found = set()
    for key, value in table.items():
        found.add(prefix + key)
        if isinstance(value, dict):
            found |= keys_of(value, f"{prefix}{key}.")
    return found


def defined_names(folder: str) -> set[str]:
    """Return the functions and classes of a folder of Python files, also as ``module.name``."""
    found = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found |= {node.name, f"{file.stem}.{node.name}"}
    return found


STRATEGY_KEYS = keys_of(Strategy().resolved())


@cache
def known_names() -> frozenset[str]:
    """Return every name that the model, its inputs and its outputs have."""
    names = set(BY_NAME) | set(OUTCOMES) | set(outcomes.INDICATORS) | set(PERSPECTIVES) | STRATEGY_KEYS
    names |= keys_of(Scenario().resolved())
    for name, value in vars(records).items():
        if isinstance(value, np.dtype):
            names |= {name, *(value.names or ())}
        elif isinstance(value, tuple) and value and all(isinstance(word, str) for word in value):
            names |= set(value)
    for folder in ("sim", "analysis", "klaver"):
        names |= defined_names(folder)
    names |= {file.stem for kind in ("parks", "strategies") for file in (ROOT / "scenarios" / kind).glob("*.toml")}
    return frozenset(names | {"mesa.Model"})


def exists(token: str) -> bool:
    """Return whether what stands between backticks is there: a name, a key, a file, or a command (without its arguments)."""
    token = token.strip("[]").split(" = ")[0].removesuffix(".*")
    if token.startswith("klaver "):
        return True  # parsed with all other pages in test_docs.py
    if token.startswith("uv run "):
        module = token.removeprefix("uv run python -m ").replace(".", "/")
        return token == "uv run pytest" or (ROOT / f"{module}.py").exists()
    if "/" in token or token.endswith((".py", ".md", ".toml")):
        return any((ROOT / folder / token).exists() for folder in ("", "sim", "sim/rules"))
    return token in known_names()


@pytest.mark.parametrize("token", sorted(set(re.findall(r"`([^`\n]+)`", PROSE))))
def test_every_name_on_the_page_exists(token):
    assert exists(token)


@pytest.mark.parametrize("token", [
    "no_such_parameter", "roles.verbindn", "organisation.no_key", "sim/rules/no_phase.py", "matching.no_rule",
    "uv run python -m benchmarks.none", "none.md"])
def test_a_name_that_does_not_exist_is_noticed(token):
    assert not exists(token)


def words_that_must_be_told() -> list[str]:
    """Return what nobody may add to the model without telling it here, in backticks."""
    leaves = [
        key for key in STRATEGY_KEYS if key.count(".") <= 1 and not any(other.startswith(key + ".") for other in STRATEGY_KEYS)]
    told_elsewhere = ("name", "title", "description")  # no mechanism
    tables = ("organisation.competence", "organisation.domains", "organisation.style")
    keys = [key for key in (*leaves, *tables) if key.split(".")[0] not in told_elsewhere]
    switches = [parameter.name for parameter in PARAMETERS if parameter.unit == "switch"]
    plans = [plan for plan in records.PLANS if plan != "none"]
    return sorted({
        *keys, *switches, *plans, *records.ACTIONS, *records.OPPORTUNITY_KINDS, *records.VALUE_LINES, *records.APPROACHES,
        *records.INSTRUMENTS, *records.CHOICES})


@pytest.mark.parametrize("word", words_that_must_be_told())
def test_nothing_of_the_model_is_left_out(word):
    assert f"`{word}`" in TEXT


@pytest.mark.parametrize("word", [*records.MOTIVES, *records.TASKS[1:], *records.THEMES[1:]])
def test_motives_tasks_and_measures_are_told_in_words(word):
    assert word in section("Submodels").replace("\n", " ")


@pytest.mark.parametrize("file", sorted(file.name for file in (ROOT / "sim" / "rules").glob("[a-z]*.py")))
def test_every_file_of_rules_is_described(file):
    assert f"`sim/rules/{file}`" in section("Submodels")


# --- order and numbers -----------------------------------------------------------------------------------------------


def calls_of_a_quarter() -> list[str]:
    """Return what ``sim.model.pass_quarter`` calls, in order, as ``module.function``."""
    tree = ast.parse((ROOT / "sim" / "model.py").read_text(encoding="utf-8"))
    (quarter,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "pass_quarter"]
    return [ast.unparse(node.value.func) for node in quarter.body
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]  # fmt: skip


def test_the_phases_of_a_quarter_stand_on_the_page_in_their_order():
    rows = re.findall(r"^\| \d.*$", section("Process overview and scheduling"), re.M)
    told = re.findall(r"`(\w+\.\w+)`", "".join(rows))
    assert len(calls_of_a_quarter()) > 10
    assert told == calls_of_a_quarter()


@pytest.mark.parametrize("chapter", SECTIONS)
def test_the_page_has_what_the_protocols_ask_for(chapter):
    headings = re.findall(r"^### (.+)$", section(chapter), re.M)
    assert [heading for heading in headings if heading in SECTIONS[chapter]] == SECTIONS[chapter]


DEFAULTS = re.findall(r"`(\w+)`\s\((\d[\d.]*)", PROSE)
HOURS = {"review": "hours_push", "rescope": "hours_slot"}  # actions that take as long as another


@pytest.mark.parametrize(("name", "value"), DEFAULTS)
def test_a_number_behind_a_name_is_its_default(name, value):
    # An action of a role stands with its hours; the tasks of one action differ.
    if name == "task":
        tasks = [BY_NAME[f"hours_{task}"].default for task in ("permit", "finance", "soil", "bridge")]
        assert float(value) == min(tasks)
        return
    parameter = BY_NAME[HOURS.get(name, f"hours_{name}") if name in records.ACTIONS else name]
    assert float(value) == pytest.approx(parameter.default)


def test_there_are_numbers_to_hold_against_defaults():
    assert len(DEFAULTS) > 20


def test_the_weights_of_vitality_are_those_of_the_code():
    line = next(line for line in section("10 Accounts (`sim/ledger.py`, `sim/outcomes.py`)").split("\n- ")
                if line.startswith("**Vitality**"))  # fmt: skip
    assert tuple(float(weight) for weight in re.findall(r" (\.\d+)", line)) == outcomes._WEIGHTS


def test_what_is_said_to_be_without_effect_is_read_by_no_rule():
    said = re.search(r"\*Without effect\*:(.*?)\.\s", section("Implementation verification"), re.S)
    names = re.findall(r"`(\w+)`", said[1].split(";")[0])
    assert len(names) == 4
    rules = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "sim" / "rules").glob("*.py"))
    for name in names:
        assert not re.search(rf"\.{name}\b", rules), f"a rule reads {name} now"


# --- links -------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as the common renderers of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_every_link_leads_somewhere(target):
    file, _, anchor = target.partition("#")
    page = (PAGE.parent / file) if file else PAGE
    assert page.exists()
    assert not anchor or anchor in anchors(page)


def test_an_anchor_that_does_not_exist_is_noticed():
    assert "purpose" in anchors(PAGE) and "no-such-heading" not in anchors(PAGE)
