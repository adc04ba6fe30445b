"""Reports: what a comparison came to, for whoever decides, as one HTML file or one PDF, in Dutch or English.

``content.py`` chooses the blocks (``blocks.py``), ``findings.py`` makes the plain sentences, ``wording.py`` holds texts
and numbers of a language; ``html.py`` and ``pdf.py`` only render. :func:`write_report` gives the brief report that goes
with a comparison; :func:`write_reports` the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.report.content import FactorEffect, ReportContext, brief_report, full_report
from analysis.report.html import render_html
from analysis.report.pdf import render_pdf
from analysis.report.wording import Wording

if TYPE_CHECKING:
    from analysis.compare import Comparison

__all__ = [
    "FactorEffect", "ReportContext", "report_html", "report_pdf", "report_text", "wording", "write_report", "write_reports",
]  # fmt: skip


def wording(lang: str) -> Wording:
    """Return the texts of reports in a language; raises ValueError if it is not ``nl`` or ``en``."""
    return Wording(lang)


def report_text(comparison: Comparison, lang: str = "en") -> str:
    """Return the brief report of a comparison as HTML.

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """
    return render_html(brief_report(comparison, lang))


def write_report(comparison: Comparison, path: Path, lang: str = "en") -> Path:
    """Write the brief report of a comparison as one self-contained HTML file, and return its path."""
    path.write_text(report_text(comparison, lang), encoding="utf-8")
    return path


def report_html(comparisons: Comparison | Sequence[Comparison], context: ReportContext, lang: str = "en") -> str:
    """Return the full report of one comparison, or of one per park, as HTML.

    Raises
    ------
    ValueError
        If there is no comparison, or the language is not ``nl`` or ``en``.
    """
    return render_html(full_report(_several(comparisons), context, lang))


def report_pdf(comparisons: Comparison | Sequence[Comparison], context: ReportContext, lang: str = "en") -> bytes:
    """Return the full report of one comparison, or of one per park, as an accessible PDF; raises as :func:`report_html`."""
    return render_pdf(full_report(_several(comparisons), context, lang))


def write_reports(
    comparisons: Comparison | Sequence[Comparison], folder: Path, context: ReportContext, lang: str = "en"
) -> list[Path]:
    """Write the full report as ``report.LANG.html`` and ``report.LANG.pdf`` in a folder that exists; return both paths.

    Raises
    ------
    ValueError
        If there is no comparison, or the language is not ``nl`` or ``en``.
    """
    document = full_report(_several(comparisons), context, lang)
    page, paper = folder / f"report.{lang}.html", folder / f"report.{lang}.pdf"
    page.write_text(render_html(document), encoding="utf-8")
    paper.write_bytes(render_pdf(document))
    return [page, paper]


def _several(comparisons: Comparison | Sequence[Comparison]) -> Sequence[Comparison]:
    return comparisons if isinstance(comparisons, Sequence) else [comparisons]
