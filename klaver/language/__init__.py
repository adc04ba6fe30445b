"""What the program says, in Dutch and in English.

Every sentence stands in ``nl.toml`` and ``en.toml`` under one key; both files have the same keys and the same
placeholders (a test sees to it). :class:`Language` looks a sentence up, fills it in, and writes numbers the way the
language does. What parameters mean stands in ``parameters.nl.toml``, all of them, and in ``parameters.en.toml`` where the
table of parameters (``sim/inputs/parameters.py``) says it in a way that needs the row above.

>>> say = Language("nl")
>>> say.euros(1_234_567), say.share(0.256), say.quarter(5)
('€ 1,23 miljoen', '26%', 'jaar 2, kwartaal 2')
"""

from __future__ import annotations

import datetime
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.inputs.parameters import Parameter

LANGUAGES = ("nl", "en")
_ON_PAGE = "_on_page"


class UnknownLanguage(ValueError):
    """A language that there are no texts for."""


def preferred_language(arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> str:
    """Return the language to speak: ``--lang``, then ``KLAVER_LANG``, then the locale; English where none says Dutch.

    Parameters
    ----------
    arguments
        The command line after the program's name; only looked through for ``--lang``.
    environment
        ``os.environ`` by default.
    """
    environment = os.environ if environment is None else environment
    for position, argument in enumerate(arguments):
        value = argument.removeprefix("--lang=") if argument.startswith("--lang=") else ""
        if argument == "--lang" and position + 1 < len(arguments):
            value = arguments[position + 1]
        if value in LANGUAGES:
            return value
    if environment.get("KLAVER_LANG") in LANGUAGES:
        return environment["KLAVER_LANG"]
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(variable):
            return "nl" if environment[variable].lower().startswith("nl") else "en"
    return "en"


@cache
def texts(code: str) -> dict[str, str]:
    """Return all sentences of a language by dotted key, such as ``"compare.title"``."""
    if code not in LANGUAGES:
        raise UnknownLanguage(f"--lang is {code!r}; there is {' and '.join(LANGUAGES)}")
    with open(Path(__file__).with_name(f"{code}.toml"), "rb") as file:
        return _flatten(tomllib.load(file))


@cache
def _number_form(code: str, digits: int) -> tuple[Any, Any]:
    """Return how a language writes numbers with so many decimals (Unicode's CLDR, through Babel)."""
    from babel import Locale
    from babel.numbers import parse_pattern

    return parse_pattern("#,##0" + ("." + "0" * digits if digits else "")), Locale.parse(code)


@cache
def _parameter_words(code: str) -> dict[str, dict[str, str]]:
    """Return what a language has for parameters: ``meaning`` by name, and ``unit`` by what the table of parameters has."""
    with open(Path(__file__).with_name(f"parameters.{code}.toml"), "rb") as file:
        return tomllib.load(file)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def screen_texts(code: str) -> dict[str, str]:
    """Return all sentences of the dashboard in a language, by ``"file.key"``: ``mix.title`` stands in ``mix.nl.toml``."""
    return _texts_in("dashboard", code)


@cache
def _texts_in(folder: str, code: str) -> dict[str, str]:
    """Return all sentences of a folder of texts, by ``"file.key"``."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / folder).glob(f"*.{code}.toml")):
        with open(path, "rb") as file:
            found.update(_flatten(tomllib.load(file), f"{path.name.partition('.')[0]}."))
    return found


class Language:
    """One language: its sentences and its way of writing numbers.

    Parameters
    ----------
    code
        ``"nl"`` or ``"en"``.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self._texts = texts(code)

    def __call__(self, key: str, /, **values: object) -> str:
        """Return sentence ``key`` with its placeholders filled in."""
        return self._texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def meaning(self, parameter: Parameter) -> str:
        """Return what a parameter means, as a phrase that stands by itself."""
        return _parameter_words(self.code)["meaning"].get(parameter.name, parameter.meaning)

    def unit(self, parameter: Parameter) -> str:
        """Return the unit of a parameter."""
        return _parameter_words(self.code)["unit"].get(parameter.unit, parameter.unit)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with thousands marked and ``digits`` decimals."""
        if math.isnan(value):
            return "-"
        pattern, locale = _number_form(self.code, digits)
        text: str = pattern.apply(float(value), locale)
        return text.lstrip("-") if set(text) <= set("-0.,") else text

    def euros(self, value: float) -> str:
        """Return an amount in three figures: ``€45,600`` or ``€1.23 million``."""
        if math.isnan(value):
            return "-"
        sign, size = ("-" if value < 0 else ""), abs(value)
        mark = "€ " if self.code == "nl" else "€"
        if size >= 999_500:
            digits = 2 if size < 10_000_000 else 1 if size < 100_000_000 else 0
            return f"{sign}{mark}{self.number(size / 1e6, digits)} {self('number.million')}"
        if size >= 100:
            step = 10 ** (math.floor(math.log10(size)) - 2)
            size = round(size / step) * step
        amount = self.number(size)
        return f"{sign if amount != '0' else ''}{mark}{amount}"

    def date(self, moment: datetime.datetime) -> str:
        """Return a day and time: ``24 nov 2026 22:36`` or ``24 Nov 2026, 22:36``."""
        from babel.dates import format_datetime

        form, locale = ("d MMM y HH:mm", "nl") if self.code == "nl" else ("d MMM y, HH:mm", "en_GB")
        return str(format_datetime(moment, form, locale=locale))

    def share(self, value: float) -> str:
        """Return a share of 1 as a percentage."""
        return "-" if math.isnan(value) else f"{self.number(100 * value)}%"

    def quarter(self, quarter: int) -> str:
        """Return a quarter as a year and quarter of the run, counted from 1."""
        if quarter < 0:
            return self("number.before")
        return self("number.quarter", year=quarter // 4 + 1, quarter=quarter % 4 + 1)

    def duration(self, quarters: float) -> str:
        """Return a number of quarters in words: quarters up to two years, then years."""
        if math.isnan(quarters):
            return "-"
        if quarters < 8:
            n = round(quarters)
            return self("number.one_quarter") if n == 1 else self("number.quarters", n=n)
        years = quarters / 4
        return self("number.years", n=self.number(years, 0 if years == int(years) else 1))

    def time(self, seconds: float) -> str:
        """Return how long something takes, in seconds, minutes or hours."""
        if seconds < 90:
            return self("number.seconds", n=self.number(max(seconds, 1)))
        if seconds < 5400:
            return self("number.minutes", n=self.number(seconds / 60))
        return self("number.hours", n=self.number(seconds / 3600, 1))

    def listing(self, words: Sequence[str]) -> str:
        """Return words as ``a, b and c``."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self('number.and')} {words[-1]}"


class ScreenLanguage(Language):
    """A language with the sentences of the dashboard beside all others.

    Parameters
    ----------
    code
        ``"nl"`` or ``"en"``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self._texts = {**texts(code), **screen_texts(code)}


class ImportLanguage(Language):
    """A language with the sentences of importing maps and company lists beside all others.

    Parameters
    ----------
    code
        ``"nl"`` or ``"en"``.
    on_page
        Whether they stand on a page, where nobody can give an option of the command line: some sentences are others there.
    """

    def __init__(self, code: str, *, on_page: bool = False) -> None:
        super().__init__(code)
        own = dict(_texts_in("importing", code))
        for key in [key for key in own if key.endswith(_ON_PAGE)]:
            text = own.pop(key)
            if on_page:
                own[key.removesuffix(_ON_PAGE)] = text
        self._texts = {**texts(code), **own}
