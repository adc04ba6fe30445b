"""Texts of the patterns in one language, from ``nl.toml`` and ``en.toml`` beside this file."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib import resources

from analysis.patterns.estimation import Finding, Statistic

LANGUAGES = ("nl", "en")
MINUS = "\u2212"


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("analysis.patterns").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


class PatternWording:
    """The patterns in one language, and numbers as that language writes them.

    >>> PatternWording("nl").title(8)
    'De helft van wat loont, gaat niet door'

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r} is not known; there are: {', '.join(LANGUAGES)}")
        self._texts = _texts(language)
        self.language = language

    def __call__(self, table: str, key: str, **values: object) -> str:
        """Return a text with its places filled in; a KeyError names what is not there."""
        text = self._texts[table][key]
        return text.format(**values) if values else text

    def title(self, number: int) -> str:
        """Return what a pattern is called."""
        return self("title", str(number))

    def statistic(self, statistic: Statistic) -> str:
        """Return what a statistic is called, with a star where an input fixes it."""
        return self("statistic", statistic.key) + ("*" if statistic.by_construction else "")

    def number(self, value: float, digits: int = 0, signed: bool = False) -> str:
        """Return a number as the language writes it, with a real minus sign; a dash for none.

        >>> PatternWording("nl").number(-1234.56, 1), PatternWording("en").number(0.5, 2, signed=True)
        ('\u22121.234,6', '+0.50')
        """
        if not math.isfinite(value):
            return "-"
        rounded = round(value, digits)
        text = f"{abs(rounded):,.{digits}f}"
        if self.language == "nl":
            text = text.translate(str.maketrans(",.", ".,"))
        return (MINUS if rounded < 0 else "+" if signed and rounded > 0 else "") + text

    def band(self, statistic: Statistic) -> str:
        """Return a band, such as ``4-6`` or ``-3 to 3``."""
        ends = (statistic.low, statistic.high)
        low, high = (self.number(end, 0 if all(end == int(end) for end in ends) else 1) for end in ends)
        return f"{low} {self('table', 'to')} {high}" if statistic.low < 0 else f"{low}-{high}"

    def interval(self, finding: Finding) -> str:
        """Return an interval, such as ``3.9 to 4.8``; a dash for none."""
        if finding.low != finding.low:
            return "-"
        digits = finding.statistic.digits
        return f"{self.number(finding.low, digits)} {self('table', 'to')} {self.number(finding.high, digits)}"

    def off(self, finding: Finding) -> tuple[str, str]:
        """Return how far an estimate lies from its band, in band-widths and in standard errors; empty within it."""
        if finding.widths == 0.0 or not math.isfinite(finding.widths):
            return "", ""
        digits = 1 if min(abs(finding.widths), abs(finding.sds)) >= 0.05 else 2
        return self.number(finding.widths, digits, signed=True), self.number(finding.sds, digits, signed=True)
