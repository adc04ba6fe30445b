"""Renew the tables of columns in ``docs/data.md`` from the dictionary: ``uv run python -m benchmarks.data_page``.

The page is written by hand around them; each table stands between ``<!-- columns: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis import dictionary
from analysis.dictionary import Field, columns_of, describe
from sim.outcomes import INDICATORS

PAGE = Path(__file__).parents[1] / "docs" / "data.md"
_MARK = re.compile(r"(<!-- columns: (\w+) -->\n).*?(<!-- end -->)", re.S)


def page() -> str:
    """Return the page, with every table of columns as the dictionary has it now.

    Raises
    ------
    KeyError
        If the page asks for a table that there is not.
    """
    return _MARK.sub(lambda found: found[1] + _TABLES[found[2]]() + found[3], PAGE.read_text(encoding="utf-8"))


def _columns(table: str, columns: Sequence[str]) -> str:
    """Return columns with unit, kind, meaning and what a missing value says."""
    lines = ["| column | unit | kind | meaning | missing |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{known.name}` | {known.unit} | {_short(known.kind)} | {known.meaning} | {known.missing} |"
        for known in describe(table, columns)
    ]
    return "\n".join(lines) + "\n"


def _plain(table: str, columns: Sequence[str]) -> str:
    """Return columns that hold no outcome: with their type in place of unit and kind."""
    lines = ["| column | type | meaning | follows from |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{known.name}` | {known.type} | {known.meaning} | {_short(known.follows_from)} |"
        for known in describe(table, columns)
    ]
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    return text.partition(":")[0]


def _measures() -> str:
    names = [name for name in columns_of("runs") if name not in (*dictionary.RUN, *INDICATORS)]
    return _columns("runs", names)


def _factors() -> str:
    """Return the keys of parks and strategies that can be factors; a ``*`` stands for several keys of one meaning."""
    with open(Path(dictionary.__file__).with_suffix(".toml"), "rb") as file:
        factors = tomllib.load(file)["factors"]
    lines = ["| factor | type | unit | range or choices | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, entry in factors.items():
        any_of_them = next(known for known in dictionary.factors() if _matches(known, name))
        (known,) = describe("design", [any_of_them])
        told = entry["en"][1].replace("{leaf}", "`*`") if name.endswith("*") else known.meaning
        lines.append(f"| `{name}` | {known.type} | {known.unit} | {_range(known)} | {told} |")
    return "\n".join(lines) + "\n"


def _matches(factor: str, name: str) -> bool:
    return factor == name or (name.endswith("*") and factor.rpartition(".")[0] == name[:-2])


def _range(known: Field) -> str:
    if "enum" in known.constraints:
        return ", ".join(known.constraints["enum"])
    if "minimum" in known.constraints:
        return f"{known.constraints['minimum']:,g} - {known.constraints['maximum']:,g}"
    return ""


_TABLES: dict[str, Callable[[], str]] = {
    "identity": lambda: _plain("runs", dictionary.RUN),
    "indicators": lambda: _columns("runs", INDICATORS),
    "measures": _measures,
    "paths": lambda: _plain("paths", ("run", "quarter")),
    "design": lambda: _plain("design", columns_of("design")),
    "factors": _factors,
    "failed": lambda: _plain("failed", ("cause", "traceback")),
    "inputs": lambda: _plain("inputs", columns_of("inputs")),
    "summary": lambda: _columns("summary", columns_of("summary")),
}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
