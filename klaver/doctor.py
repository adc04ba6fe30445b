"""Does this machine have what is needed? Each check says what it found and, if not well, what to do."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from klaver.language import Language

_NEEDED = ("joblib", "matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "platformdirs", "pyarrow",
           "pydantic", "rich", "scipy", "seaborn", "typer")  # fmt: skip


class Check(NamedTuple):
    """One check: what was looked at, whether it is well, and what was found or is to be done."""

    what: str
    well: bool
    found: str


def examine(say: Language) -> Iterator[Check]:
    """Yield all checks, the quick ones first; the last one runs a small park."""
    version = ".".join(map(str, sys.version_info[:3]))
    enough = sys.version_info >= (3, 12)
    yield Check(say("doctor.python"), enough, version if enough else say("doctor.python_bad", version=version))
    missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        yield Check(say("doctor.packages"), False, say("doctor.package_missing", package=say.listing(missing)))
        return
    yield Check(say("doctor.packages"), True, str(len(_NEEDED)))
    yield _check_cache(say)
    yield Check(say("doctor.cores"), True, say("doctor.cores_ok", n=cores()))
    yield _check_fonts(say)
    yield _check_run(say)


def cores() -> int:
    """Return how many cores this process may use."""
    counted: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return counted() or 1


def cache_folder() -> Path:
    """Return where the compiled rules are kept."""
    from sim.compiled import CACHE_FOLDER

    return CACHE_FOLDER


def _check_cache(say: Language) -> Check:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return Check(say("doctor.cache"), False, say("doctor.cache_bad", folder=folder))
    from sim.warm_up import rules_are_compiled

    state = say("doctor.cache_filled" if rules_are_compiled() else "doctor.cache_empty")
    return Check(say("doctor.cache"), True, say("doctor.cache_ok", folder=folder, state=state))


def _check_fonts(say: Language) -> Check:
    from matplotlib import font_manager

    try:
        path = font_manager.findfont(font_manager.FontProperties(), fallback_to_default=False)
    except ValueError:
        return Check(say("doctor.fonts"), False, say("doctor.fonts_bad"))
    return Check(say("doctor.fonts"), True, Path(path).stem)


def _check_run(say: Language) -> Check:
    began = time.monotonic()
    try:
        from klaver.runs import run

        outcomes = run("small_village", "demand_driven", seed=1, quarters=4).outcomes
        if not outcomes["with"]["vitality"] >= 0.0:
            raise ValueError(f"vitality is {outcomes['with']['vitality']}")
    except Exception as problem:
        return Check(say("doctor.run"), False, say("doctor.run_bad", problem=f"{type(problem).__name__}: {problem}"))
    return Check(say("doctor.run"), True, say("doctor.run_ok", seconds=say.number(time.monotonic() - began, 1)))
