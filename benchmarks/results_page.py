"""Keep what a long benchmark measured: a small JSON file in ``results/``, and its table in ``README.md``.

The page is written by hand around the tables; each stands between ``<!-- results: NAME -->`` and ``<!-- end -->``, and is
made by the command that measured it, never by hand.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "README.md"


def machine() -> dict[str, Any]:
    """Return what a measurement was made on and when; the load tells whether others used the machine as well."""
    from analysis.identity import model_version

    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version(),
        "machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1), "model": model_version(),
    }  # fmt: skip


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for k, head in enumerate(heads):
        table.add_column(head, justify="right" if k else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def keep(name: str, command: str, content: dict[str, Any], heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """Write what was measured to ``results/NAME.json``, and its table to the page; return the path of the first.

    Parameters
    ----------
    command
        That measured it, as a reader would type it.
    content
        Plain values that JSON can hold; `machine` is among them.

    Raises
    ------
    KeyError
        If the page has no place for a table of that name.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"command": command} | content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    told = content["machine"]
    note = (f"`{command}`, {told['when'][:10]}, Python {told['python']} on {told['cores']} cores ({told['machine']}), "
            f"load at the start {told['load']:g}.")  # fmt: skip
    lines = [note, "", _line(heads), "| --- |" + " ---: |" * (len(heads) - 1), *map(_line, rows)]
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), name, "\n".join(lines)), encoding="utf-8")
    return path


def renewed(page: str, name: str, text: str, mark: str = "results") -> str:
    """Return a page with another text between its marks of that name, ``<!-- results: NAME -->`` and ``<!-- end -->``.

    Raises
    ------
    KeyError
        If it has no such marks.
    """
    marks = re.compile(rf"(<!-- {mark}: {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
    if not marks.search(page):
        raise KeyError(f"there is no '<!-- {mark}: {name} -->' on the page")
    return marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
