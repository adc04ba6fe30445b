"""Find and read the TOML files of parks, strategies and experiments: shipped ones by name, a user's own by path.

A file is only ever parsed as TOML: nothing in it is executed. ``based_on`` names the file that it differs from.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sim.inputs.problems import InvalidFile, UnknownName, UnreadableFile, nearest, show

LARGEST_FILE = 5_000_000  # bytes
DEEPEST_BASE = 10
_WORDS = {"parks": "park", "strategies": "strategy", "experiments": "experiment"}


def shipped_folder(kind: str) -> Path:
    """Return the folder of shipped files of a kind, such as ``parks``: next to ``sim`` in a checkout, else in the package."""
    beside = Path(__file__).resolve().parents[2] / "scenarios" / kind
    if beside.is_dir():
        return beside
    return Path(__file__).resolve().parents[2] / "klaver" / "scenarios" / kind


def list_shipped(kind: str) -> list[str]:
    """Return the names of the shipped ``parks``, ``strategies`` or ``experiments``, in alphabetical order."""
    return sorted(path.stem for path in shipped_folder(kind).glob("*.toml"))


def find_file(name: str, kind: str, beside: Path | None = None) -> Path:
    """Return the path of a park, strategy or experiment, by shipped name or by path.

    Parameters
    ----------
    name
        A shipped name such as ``rollepaal``, or the path of a file.
    kind
        ``parks``, ``strategies`` or ``experiments``.
    beside
        Folder to look in first, for the base of a user's own file.

    Raises
    ------
    UnknownName
        With the nearest shipped name.
    """
    text = str(name)
    if "\0" in text or not text.strip():
        raise UnknownName(f"{show(text)} is not the name of a file.")
    for folder in ([beside] if beside else []):
        for candidate in (folder / text, folder / f"{text}.toml"):
            if candidate.is_file():
                return candidate
    path = Path(text)
    try:
        if (path.suffix == ".toml" or len(path.parts) > 1) and path.is_file():
            return path
    except OSError as error:
        raise UnknownName(f"{show(text)} is not the name of a file.") from error
    shipped = list_shipped(kind)
    if text in shipped:
        return shipped_folder(kind) / f"{text}.toml"
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise UnknownName(f"{text}: there is no such file.")
    raise UnknownName(f"There is no {_WORDS[kind]} '{text}'.{nearest(text, shipped)} "
                      f"Shipped are: {', '.join(shipped)}. A file of your own is named with its path.")


def read_table(path: Path) -> dict[str, Any]:
    """Return the content of one TOML file.

    Raises
    ------
    UnreadableFile
        If it is too large, not UTF-8 text, or not TOML (with line and column).
    """
    try:
        if not path.is_file():
            raise UnreadableFile(f"{path}: there is no such file.")
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableFile(f"{path}: the file is larger than {LARGEST_FILE // 1_000_000} MB.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path}: the file cannot be read ({error.strerror or 'unknown reason'}).") from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path}: the file is not UTF-8 text (byte {error.start + 1}).") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(f"{path}: not valid TOML: {error}.") from error
    except ValueError as error:  # a whole number of more digits than Python reads
        raise UnreadableFile(f"{path}: not valid TOML: a number has too many digits.") from error
    except RecursionError as error:
        raise UnreadableFile(f"{path}: tables are nested too deeply.") from error


def read_with_base(name: str, kind: str) -> tuple[dict[str, Any], str]:
    """Return a file's content merged onto its base's, and the file's name for messages.

    Tables merge key by key; lists and single values replace those of the base.

    Raises
    ------
    InputProblem
        If a file is missing or unreadable, or bases go round in a circle.
    """
    path = find_file(name, kind)
    chain: list[str] = []
    layers: list[dict[str, Any]] = []
    at = path
    while True:
        table = read_table(at)
        chain.append(at.stem)
        layers.append(table)
        base = table.pop("based_on", None)
        if base is None:
            break
        if not isinstance(base, str):
            raise InvalidFile(f"{at}: based_on is {show(base)}; it must be text.")
        if base in chain or len(chain) >= DEEPEST_BASE:
            raise InvalidFile(f"{at}: based_on goes round in a circle: {' -> '.join([*chain, base])}.")
        try:
            at = find_file(base, kind, beside=at.parent)
        except UnknownName as error:
            raise InvalidFile(f"{at}: based_on is {show(base)}. {error}") from error
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = merge(merged, layer)
    merged.setdefault("name", path.stem)
    shown = f"scenarios/{kind}/{path.name}" if path.parent == shipped_folder(kind) else str(path)
    return merged, shown


def merge(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``change`` laid over it, table by table."""
    result = dict(base)
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result
