"""The check report of an import: what was read, what became of it, what is known, and what would improve it most.

One HTML file without a request to the outside. Everything in it that came from a file is plain text, never markup:
``analysis/report/html.py`` escapes it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.report.blocks import Document
from analysis.report.html import render_html
from klaver.importing.knowledge import shares
from klaver.importing.report import check_sections as sections
from klaver.importing.report.checked import Check, counts
from klaver.importing.report.improvements import weights

if TYPE_CHECKING:
    import pandas as pd

    from klaver.importing.findings import Findings
    from klaver.importing.grid.gridding import Grid
    from klaver.importing.layers import Layers
    from klaver.language import ImportLanguage
    from sim.inputs.scenario import Scenario

def write_report(
    path: Path, *, scenario: Scenario, grid: Grid, layers: Layers, matches: pd.DataFrame | None, findings: Findings,
    say: ImportLanguage, command: str,
) -> None:
    """Write the check report of an import as one HTML file: whole, or not at all.

    Parameters
    ----------
    path
        Of the file; its folder exists. A file that is there is replaced.
    scenario
        The park file that came of it.
    grid, layers, matches, findings
        What the stages of the import made; `matches` None where there was no list of companies.
    say
        Language.
    command
        To go on with, as a user would type it: ``klaver compare`` and the path of the park file.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    check = Check(scenario, grid, layers, matches, findings)
    text = render_html(document(check, say, command))
    handle, temporary = tempfile.mkstemp(prefix=".check-", suffix=".html", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def document(check: Check, say: ImportLanguage, command: str) -> Document:
    """Return the report without layout."""
    title = say("check.title", park=check.scenario.title.get(say.code) or check.scenario.name)
    blocks = [
        *sections.summary(check, say, title), *sections.the_map(check, say), *sections.better(check, say),
        *sections.go_on(check, say, command), *sections.sizes(check, say), *sections.found(check, say),
        *sections.drawn_anew(check, say), *sections.what_was_read(check, say),
    ]  # fmt: skip
    return Document(title, say.code, tuple(blocks), say("check.footer"), say("check.contents"))


def report_data(
    *, scenario: Scenario, grid: Grid, layers: Layers, matches: pd.DataFrame | None, findings: Findings,
    say: ImportLanguage,
) -> dict[str, Any]:
    """Return what the report tells as plain values that JSON can hold, every finding included.

    Returns
    -------
    dict
        ``park``, ``sources``, ``counts``, ``areas`` (the twenty worst), ``known`` (share of values per mark), ``findings``,
        ``improvements`` and ``everything`` (share of the variance of each outcome that could be known at most).
    """
    check = Check(scenario, grid, layers, matches, findings)
    worst = grid.areas.reindex(grid.areas["error"].abs().sort_values(ascending=False, kind="stable").index).head(20)
    return {
        "park": scenario.name,
        "sources": [
            {"file": s.file, "layer": s.layer, "role": s.role, "form": s.form, "rows": s.rows, "crs": s.crs,
             "columns": dict(s.columns), "unused": list(s.unused), "sha256": s.sha256} for s in layers.sources
        ],
        "counts": counts(check) | check.companies(),
        "areas": [{"parcel": str(name), **{key: float(row[key]) for key in ("in_file", "on_grid", "error")}}
                  for name, row in worst.iterrows()],
        "known": {str(mark): share for mark, share in shares(check.table).items()},
        "findings": [
            {"level": f.level, "key": f.key, "what": f.what, "where": list(f.where) if f.where else None,
             "text": replace(f, where=None).told(say)} for f in findings
        ],
        "improvements": [
            {"key": i.key, "title": say(f"check.get_{i.key}"), "gain": i.gain, "error": None if i.judged else i.error,
             "unit": i.unit, "files": list(i.files), **i.values} for i in check.better
        ],
        "everything": weights()["everything"],
    }  # fmt: skip
