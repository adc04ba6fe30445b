"""The disk cache of compiled rules: a change anywhere in what is compiled must never meet an old compilation."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sim.compiled import SOURCES, compiled_sources, sources_hash

LOOK = """
import numpy as np
from sim import compiled
from sim.rules.appraisal import logistic
from sim import draws
from sim.compiled import rule
print(compiled.CACHE_FOLDER)
print(float(draws.uniform(1, 2, 3, np.uint64(4), np.uint64(5))).hex())
"""


def copy_of_sim(folder: Path) -> Path:
    """Return a copy of the package ``sim`` in ``folder``."""
    return Path(shutil.copytree(SOURCES, folder / "sim", ignore=shutil.ignore_patterns("__pycache__")))


def look(folder: Path) -> tuple[str, str]:
    """Return cache folder and one draw of the copy in ``folder``, from a fresh Python with a cache beside the copy."""
    environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run([sys.executable, "-P", "-c", LOOK], env=environment, cwd=folder, capture_output=True,
                          text=True, check=True)
    cache, draw = done.stdout.split()
    return cache, draw


def test_a_constant_changed_in_another_file_gives_another_cache_and_other_numbers(tmp_path):
    copy = copy_of_sim(tmp_path)
    before = look(tmp_path)
    assert look(tmp_path) == before  # now from the cache
    assert list(Path(before[0]).rglob("*.nbc"))
    path = copy / "draws.py"
    text = path.read_text()
    changed = text.replace("_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)", "_MIX_1 = np.uint64(0xBF58476D1CE4E5BB)")
    assert changed != text
    path.write_text(changed)
    after = look(tmp_path)
    assert after[0] != before[0] and after[1] != before[1]
    path.write_text(text)
    assert look(tmp_path) == before


def test_every_file_with_a_rule_counts_in_the_hash(tmp_path):
    copy = copy_of_sim(tmp_path)
    before = sources_hash(copy)
    for path in sorted(copy.rglob("*.py")):
        text = path.read_text()
        if re.search(r"^ *@rule", text, re.MULTILINE):
            path.write_text(text + "\n# changed\n")
            assert sources_hash(copy) != before, path
            path.write_text(text)
    assert sources_hash(copy) == before


def test_what_compiled_files_import_counts_too(tmp_path):
    copy = copy_of_sim(tmp_path)
    names = {str(path.relative_to(copy)) for path in compiled_sources(copy)}
    assert {"records.py", "inputs/parameters.py", "draws.py", "compiled.py", "events.py"} <= names


def test_agents_and_the_mesa_model_are_not_compiled_and_cost_no_compilation(tmp_path):
    copy = copy_of_sim(tmp_path)
    before = sources_hash(copy)
    (copy / "agents.py").write_text("# nothing\n")
    assert sources_hash(copy) == before
