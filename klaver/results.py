"""Result folders: written whole or not at all, never over somebody else's work, and able to be run again.

A folder is first written next to its place under a temporary name and then renamed, so that a run that is stopped
leaves nothing half-finished. Every folder holds ``provenance.json``: what was run, from which inputs (in full, with
their hash), by which version on which machine, and a hash of the numbers that came out. ``klaver rerun`` needs nothing
else.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROVENANCE = "provenance.json"
PACKAGES = ("numpy", "numba", "pandas", "scipy", "matplotlib", "mesa", "pyarrow", "joblib")


class ResultProblem(ValueError):
    """A result folder that cannot be used as asked. ``key`` and ``values`` name the sentence in ``language/``."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key}: {values}")
        self.key, self.values = key, values

    def __str__(self) -> str:
        from klaver.language import Language

        return Language("en")(self.key, **self.values)


class UnusableFolder(ResultProblem):
    """A folder that cannot be written to without losing something."""


class UnreadableResult(ResultProblem):
    """A folder that does not hold the result it should."""


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: NumPy numbers as Python's, NaN and infinity as None, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def as_json(value: Any, indent: int | None = 2) -> str:
    """Return ``value`` as JSON text."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def hash_of(value: Any) -> str:
    """Return the SHA-256 of ``value``'s JSON with sorted keys: equal for equal content, to the last bit of a float."""
    text = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (key, old, new) for every single value that differs between two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for position, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{position}]")
    elif old != new:
        yield path, old, new


def count_values(value: Any) -> int:
    """Return how many single values a JSON value holds."""
    if isinstance(value, dict):
        return sum(count_values(item) for item in value.values())
    if isinstance(value, list):
        return sum(count_values(item) for item in value)
    return 1


def version() -> str:
    """Return the version of klaver."""
    return importlib.metadata.version("klaver")


def _commit() -> str | None:
    """Return the commit the program was run from, with a + when files had changed; None outside its repository."""
    here = Path(__file__).resolve().parent.parent
    if not (here / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def provenance(command: str, configuration: Mapping[str, Any], numbers: Any, began: float) -> dict[str, Any]:
    """Return what a result folder says of its own making.

    Parameters
    ----------
    command
        ``"run"`` or ``"compare"``.
    configuration
        The resolved inputs, seeds and options: all that the numbers follow from.
    numbers
        What came out; its hash is kept.
    began
        ``time.time()`` at the start.
    """
    packages: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            packages[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            packages[package] = None
    return {
        "program": "klaver",
        "version": version(),
        "commit": _commit(),
        "command": command,
        "configuration": plain(configuration),
        "configuration_sha256": hash_of([command, configuration]),
        "numbers_sha256": hash_of(numbers),
        "python": platform.python_version(),
        "packages": packages,
        "platform": platform.platform(),
        "start": datetime.datetime.fromtimestamp(began, datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - began, 3),
    }


def read_provenance(folder: Path) -> dict[str, Any]:
    """Return the provenance of a result folder.

    Raises
    ------
    UnreadableResult
        If there is none, or it cannot be read.
    """
    path = folder / PROVENANCE
    if not path.is_file():
        raise UnreadableResult("error.no_result", folder=folder)
    content = read_json(path)
    missing = [
        key
        for key, kind in (("version", str), ("command", str), ("configuration", dict), ("configuration_sha256", str))
        if not isinstance(content, dict) or not isinstance(content.get(key), kind)
    ]
    if missing:
        raise UnreadableResult("error.torn_result", file=path, problem=f"no {', '.join(missing)} in it")
    return content


def read_json(path: Path) -> Any:
    """Return the content of a JSON file of a result.

    Raises
    ------
    UnreadableResult
        If it is missing or torn.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise UnreadableResult("error.torn_result", file=path, problem=problem) from problem


def check_folder(folder: Path, command: str, configuration: Mapping[str, Any], force: bool) -> None:
    """Refuse a folder whose content would be lost: another configuration's result (unless forced), or other files.

    Raises
    ------
    UnusableFolder
        Before anything is computed or written.
    """
    if folder.exists() and not folder.is_dir():
        raise UnusableFolder("error.not_a_folder", folder=folder)
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / PROVENANCE).is_file():
        raise UnusableFolder("error.not_a_result", folder=folder)
    if force:
        return
    old = read_provenance(folder)
    if old["configuration_sha256"] != hash_of([command, configuration]):
        raise UnusableFolder("error.exists", folder=folder, what=_describe(old))


def _describe(old: Mapping[str, Any]) -> str:
    configuration = old["configuration"]
    words = [old["command"], configuration.get("park_name", "?")]
    words += [",".join(configuration.get("strategies") or {})]
    seeds = configuration.get("seeds") or []
    words += [f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"]
    return " ".join(str(word) for word in words)


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to write in; afterwards it takes the place of ``folder``, whole.

    Files in the old folder that the program did not write itself are kept.

    Raises
    ------
    UnusableFolder
        If the place cannot be written to.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        temporary.chmod(0o755)
    except OSError as problem:
        raise UnusableFolder("error.cannot_write", path=folder, problem=problem.strerror or problem) from problem
    try:
        yield temporary
        _record_files(temporary)
        _put_in_place(temporary, folder)
    except OSError as problem:
        raise UnusableFolder("error.cannot_write", path=folder, problem=problem.strerror or problem) from problem
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _record_files(folder: Path) -> None:
    path = folder / PROVENANCE
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    path.write_text(as_json(content) + "\n", encoding="utf-8")


def _put_in_place(temporary: Path, folder: Path) -> None:
    if not folder.exists():
        os.rename(temporary, folder)
        return
    attic = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    old = attic / folder.name
    os.rename(folder, old)
    os.rename(temporary, folder)
    try:
        ours = set(json.loads((old / PROVENANCE).read_text(encoding="utf-8")).get("files", []))
    except (OSError, ValueError, AttributeError):
        ours = set()
    for file in sorted(old.rglob("*")):
        relative = file.relative_to(old)
        if file.is_file() and ours and str(relative) not in ours and not (folder / relative).exists():
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            os.rename(file, folder / relative)
    shutil.rmtree(attic, ignore_errors=True)


def write_table(frame: Any, path: Path) -> None:
    """Write a DataFrame as Parquet and as CSV, with its index as columns where that has a name."""
    frame = frame.reset_index() if any(frame.index.names) else frame
    frame.to_parquet(path.with_suffix(".parquet"), index=False)
    frame.to_csv(path.with_suffix(".csv"), index=False)
