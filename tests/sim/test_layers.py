"""The house has three storeys: klaver uses analysis and sim, analysis uses sim, sim uses neither."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
STOREYS = ("sim", "analysis", "klaver")  # from the ground up
HEAVY = ("mesa", "pandas", "matplotlib", "solara", "scipy.stats", "seaborn", "networkx")


def imported_modules(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = path.relative_to(HOUSE).with_suffix("").parts[: -node.level] if node.level else ()
            found.add(".".join((*inside, *([node.module] if node.module else ()))))
    return found


def files(storey: str) -> list[Path]:
    """Return the Python files of a storey."""
    return sorted((HOUSE / storey).rglob("*.py"))


@pytest.mark.parametrize("level", [0, 1])
def test_no_storey_uses_one_above_it(level):
    above = set(STOREYS[level + 1 :])
    for path in files(STOREYS[level]):
        roots = {name.split(".")[0] for name in imported_modules(path)}
        assert not roots & above, f"{path.relative_to(HOUSE)} imports {sorted(roots & above)}"


def test_no_storey_uses_tests_or_benchmarks():
    for storey in STOREYS:
        for path in files(storey):
            assert not {name.split(".")[0] for name in imported_modules(path)} & {"tests", "benchmarks"}, path


def test_running_a_park_imports_nothing_heavy():
    """Mesa, and pandas with it, is for whoever asks for ``BusinessPark``."""
    text = f"import sys, sim.model; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("storey", STOREYS)
def test_no_file_is_called_by_a_name_that_says_nothing(storey):
    vague = {"utils", "helpers", "common", "core", "misc", "manager", "util", "helper"}
    assert not {path.stem for path in files(storey)} & vague
