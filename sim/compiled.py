"""How the rules are compiled, and why a stale compilation cannot be used.

Every rule is a plain Python function under :func:`rule`. Numba compiles it at its first call and keeps the result on
disk. Numba's own check of that disk cache looks only at the file that holds the function: a constant changed in another
file leaves a cached caller with the old value. So the cache lives in a folder whose name is a hash of *all* files
that hold or feed a rule: change any of them and the old compilation is simply never found again.

Set ``NUMBA_DISABLE_JIT=1`` to run the same files as plain Python, for debugging and coverage.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import platformdirs
from numba.core import types

SOURCES = Path(__file__).parent

_Rule = TypeVar("_Rule", bound=Callable[..., object])


def compiled_sources(folder: Path = SOURCES) -> list[Path]:
    """Return every file below ``folder`` that holds a rule, and every file that such a file imports, directly or not.

    Those are the files whose constants and functions end up in compiled code. Readers of scenario files, agents and
    the like are left out, so that editing them does not cost a compilation.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    modules = {
        ".".join((folder.name, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in texts
    }
    found: set[Path] = set()
    todo = [path for path, text in texts.items() if re.search(r"^ *@rule", text, re.MULTILINE)]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for match in re.finditer(r"^(?:from|import) +(sim[\w.]*)(?: +import +(\([^)]*\)|.*))?", texts[path], re.MULTILINE):
            names = re.findall(r"\w+", match.group(2) or "")
            for module in (match.group(1), *(f"{match.group(1)}.{name}" for name in names)):
                if module in modules:
                    todo.append(modules[module])
    return sorted(found)


def sources_hash(folder: Path = SOURCES) -> str:
    """Return a short hash of all compiled sources below ``folder`` and of the compiler that will read them.

    Parameters
    ----------
    folder
        The package ``sim``, or a copy of it under the same name.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    digest.update(f"{numba.__version__} {np.__version__} {sys.version_info[:3]} {platform.machine()}".encode())
    for path in compiled_sources(folder):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    base = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("klaver")
    return Path(base) / f"compiled-{sources_hash()}"


CACHE_FOLDER = _cache_folder()
numba.config.CACHE_DIR = str(CACHE_FOLDER)  # type: ignore[attr-defined]

JIT = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]

if not JIT:
    # The hash behind the random draws wraps around in 64 bits on purpose; plain NumPy scalars would warn of it.
    np.seterr(over="ignore")


_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "fastmath": False, "no_cfunc_wrapper": True}


def _compile_once_per_type(dispatcher: Any) -> Any:
    """Let a call from another rule with a constant (``pay(..., -1, -1)``) use the version for plain integers.

    Left alone, Numba compiles a version of its own for every constant: a quarter of all compilations.
    """
    if not JIT:
        return dispatcher
    template = dispatcher.get_call_template

    def without_literals(arguments: Any, named: Any) -> Any:
        plain = tuple(types.unliteral(kind) for kind in arguments)
        return template(plain, {name: types.unliteral(kind) for name, kind in named.items()})

    dispatcher.get_call_template = without_literals
    return dispatcher


def rule(function: _Rule) -> _Rule:
    """Compile ``function`` with Numba, keeping the compilation on disk.

    Arithmetic follows NumPy (a division by zero gives infinity, no exception), and no reordering of floating-point
    operations is allowed, so that a run is the same to the bit on every machine of one kind.
    """
    return _compile_once_per_type(numba.njit(**_OPTIONS)(function))


def rule_of(signature: str) -> Callable[[_Rule], _Rule]:
    """Like :func:`rule`, for one stated signature only: arguments are converted to it.

    For small functions that are called with many kinds of integers, which would otherwise be compiled once for each.
    """

    def compile_with_signature(function: _Rule) -> _Rule:
        if not JIT:
            return function
        return numba.njit(signature, **_OPTIONS)(function)  # type: ignore[return-value]

    return compile_with_signature
