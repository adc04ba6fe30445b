"""Texts and numbers of a report in one language: sentences from ``nl.toml`` and ``en.toml``, numbers as it writes them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from analysis.statistics import Estimate

LANGUAGES = ("nl", "en")
MINUS = "−"


@cache
def _texts(language: str) -> dict[str, str]:
    """Return every text of a language under its dotted key."""
    content = tomllib.loads(resources.files("analysis.report").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flatten(content))


def _flatten(content: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            found += _flatten(value, f"{before}{key}.")
        else:
            found.append((f"{before}{key}", value))
    return found


class Wording:
    """The texts of a report in one language.

    >>> Wording("nl").number(-1234.5, 1)
    '−1.234,5'

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r} is not known; there are: {', '.join(LANGUAGES)}")
        self.language = language
        self._all = _texts(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its places filled in; a KeyError names a key that is not there."""
        text = self._all[key]
        # Only filled when asked: a value that itself holds braces is never read as a place.
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._all

    def number(self, value: float, digits: int = 0, signed: bool = False) -> str:
        """Return a number with a fixed number of decimals, a real minus sign, and on request a plus sign."""
        rounded = round(value, digits)
        text = f"{abs(rounded):,.{digits}f}"
        if self.language == "nl":
            text = text.translate(str.maketrans(",.", ".,"))
        sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
        return sign + text

    def interval(self, found: Estimate, scale: float, digits: int, signed: bool = False) -> str | None:
        """Return ``low to high``, or None where there is no interval."""
        if found.low is None or found.high is None:
            return None
        low, high = (self.number(bound * scale, digits, signed) for bound in (found.low, found.high))
        return self("number.to", low=low, high=high)

    def cell(self, found: Estimate | None, scale: float = 1.0, digits: int = 1, signed: bool = False) -> str:
        """Return an estimate for a table: the number, and on a second line its interval."""
        if found is None or found.mean is None:
            return self("number.undefined")
        text, between = self.number(found.mean * scale, digits, signed), self.interval(found, scale, digits, signed)
        return text if between is None else f"{text}\n({between})"

    def inline(self, found: Estimate, scale: float, digits: int, signed: bool = False) -> str:
        """Return a defined estimate for a sentence: the number, a semicolon and its interval."""
        assert found.mean is not None
        text, between = self.number(found.mean * scale, digits, signed), self.interval(found, scale, digits, signed)
        return text if between is None else f"{text}; {between}"

    def chance(self, share: float) -> str:
        """Return a share of futures as a percentage, never rounded to certainty."""
        if 0 < share < 0.005:
            return f"<{self.number(1)}%"
        if 0.995 < share < 1:
            return f">{self.number(99)}%"
        return f"{self.number(100 * share)}%"

    def join(self, items: Sequence[str]) -> str:
        """Return items as a list in a sentence; semicolons part items that hold a comma or semicolon themselves."""
        if len(items) < 2:
            return "".join(items)
        mark = "; " if any("," in item or ";" in item for item in items) else ", "
        return f"{mark.join(items[:-1])} {self('number.and')} {items[-1]}"
