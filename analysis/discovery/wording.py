"""Texts of scenario discovery in one language, from ``nl.toml`` and ``en.toml`` beside this file; regions as sentences."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from analysis.figures.canvas import strategy_title
from analysis.statistics import Estimate

if TYPE_CHECKING:
    from analysis.discovery.gains import Flip, Safest
    from analysis.discovery.regions import Limit, Region
    from analysis.discovery.rules import Advice, Leaf

LANGUAGES = ("nl", "en")
MINUS = "\u2212"
SCALE = {"social_balance": 1e-6, "private_investment": 1e-6}
"""From the unit of a measure to the one it is told in: money in millions."""
_DIGITS = 1
_MOST_NAMES = 3  # strategies that cannot be told from the best, named one by one


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("analysis.discovery").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


class DiscoveryWording:
    """What was discovered, in one language.

    Parameters
    ----------
    language
        ``nl`` or ``en``.
    measure
        What gains are told in.
    parks
        Titles of parks by name; the name itself where there is none.

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """

    def __init__(self, language: str, measure: str, parks: dict[str, str] | None = None) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r} is not known; there are: {', '.join(LANGUAGES)}")
        self.language, self.measure, self._texts, self._parks = language, measure, _texts(language), parks or {}

    def __call__(self, table: str, key: str, **values: object) -> str:
        """Return a text with its places filled in; a KeyError names what is not there."""
        text = self._texts[table][key]
        return text.format(**values) if values else text

    # --- numbers and names ---------------------------------------------------------------------------------------------

    def number(self, value: float, digits: int = 0, signed: bool = False) -> str:
        """Return a number as the language writes it, with a real minus sign.

        >>> DiscoveryWording("nl", "jobs").number(-1234.5, 1)
        '\u22121.234,5'
        """
        rounded = round(value, digits)
        text = f"{abs(rounded):,.{digits}f}"
        if self.language == "nl":
            text = text.translate(str.maketrans(",.", ".,"))
        return (MINUS if rounded < 0 else "+" if signed and rounded > 0 else "") + text

    def share(self, value: float, digits: int = 0) -> str:
        """Return a share of 1 as a percentage."""
        return f"{self.number(100.0 * value, digits)}%"

    def gain(self, value: float, signed: bool = False) -> str:
        """Return an amount of the measure, in the unit it is told in."""
        return self.number(value * SCALE.get(self.measure, 1.0), _DIGITS, signed)

    def give_or_take(self, found: Estimate) -> str:
        """Return a mean with half of its 95% interval over seeds."""
        assert found.mean is not None and found.high is not None
        return f"{self.gain(found.mean)} ±{self.gain(found.high - found.mean)}"

    def chance(self, p: float) -> str:
        """Return a p-value in three decimals."""
        return self.number(p, 3)

    def park(self, name: str) -> str:
        """Return the title of a park."""
        return self._parks.get(name) or name

    def strategy(self, name: str) -> str:
        """Return the title of a strategy."""
        return strategy_title(name, self.language)

    def strategies(self, names: Iterable[str]) -> str:
        """Return strategies as a list in a sentence."""
        return self._listing([self.strategy(name) for name in names])

    def _listing(self, words: Sequence[str]) -> str:
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self('number', 'and')} {words[-1]}"

    def factor(self, name: str) -> str:
        """Return what a factor is called: as written for discovery, else as the data dictionary has it."""
        own = self._texts["factor"].get(name.replace(".", "_"))
        if own is not None:
            return own
        from analysis.dictionary import UnknownColumn, describe

        try:
            return describe("design", [name], self.language)[0].title
        except UnknownColumn:
            return name

    def value(self, factor: str, value: float | str) -> str:
        """Return a value of a factor in its unit: shares as percentages, euros as euros, else in two or three figures."""
        if isinstance(value, str):
            return {"True": self("number", "yes"), "False": self("number", "no")}.get(value, value)
        unit = _unit(factor)
        if unit in ("percent", "euro"):
            if unit == "percent":
                return self.share(value, 0 if abs(value) >= 0.095 else 1)
            step = 10 ** max(0, math.floor(math.log10(max(abs(value), 1.0))) - 1)
            return self("number", "euro_year", n=self.number(round(value / step) * step))
        if float(value).is_integer():
            return self.number(value)
        size = math.floor(math.log10(abs(value)))
        return self.number(value, min(3, max(0, (2 if size >= 1 else 1) - size)))

    # --- sentences -----------------------------------------------------------------------------------------------------

    def where(self, limits: Sequence[Limit]) -> str:
        """Return what a box asks, as the middle of a sentence."""
        return self("region", "and").join(self._limit(limit) for limit in limits)

    def _limit(self, limit: Limit) -> str:
        name = self.factor(limit.factor)
        if limit.level is not None:
            return self("region", "is_not" if limit.without else "is", factor=name, level=self.value(limit.factor, limit.level))
        ends = {end: self.value(limit.factor, value) for end, value in (("low", limit.low), ("high", limit.high))
                if value is not None}  # fmt: skip
        return self("region", {"low": "above", "high": "below"}[next(iter(ends))] if len(ends) == 1 else "between",
                    factor=name, **ends)  # fmt: skip

    def region(self, region: Region) -> str:
        """Return a region that was found as a sentence or two."""
        low, high = region.density.low, region.density.high
        assert low is not None and high is not None and region.p is not None
        strategy, held = self.strategy(region.strategy), region.held_out
        text = self(
            "region", "found" if region.leads else "more_often", park=self.park(region.park), strategy=strategy,
            where=self.where(region.limits), k=held.wins, n=held.inside, density=self.share(held.density),
            base=self.share(held.base), low=self.share(low), high=self.share(high), p=self.chance(region.p),
            most=self.strategy(region.most),
        )  # fmt: skip
        return f"{text} {self('region', 'clear', n=region.clear, k=region.clear_wins, strategy=strategy)}"

    def not_found(self, status: str, strategies: Iterable[str]) -> str:
        """Return for which strategies there is no region, and why."""
        key = {"not_found": "none", "too_rare": "rare", "too_often": "often"}[status]
        return self("region", key, names=self.strategies(strategies))

    def advice(self, advice: Advice) -> str:
        """Return what a tree brings, as a sentence."""
        brings, low, high = advice.brings.mean, advice.brings.low, advice.brings.high
        assert brings is not None and low is not None and high is not None
        values = {"brings": self.gain(brings, True), "low": self.gain(low, True), "high": self.gain(high, True),
                  "always": self.strategy(advice.always), "p": self.chance(advice.p)}  # fmt: skip
        if not advice.found:
            return self("advice", "not_found", **values)
        return self("advice", "found", factors=self._listing([self.factor(name) for name in advice.factors]), **values)

    def leaf(self, leaf: Leaf) -> str:
        """Return one rule of a tree; of several questions on one factor only what is left of them."""
        bounds: dict[tuple[str, str | None], dict[str, float]] = {}
        for question in leaf.questions:  # later questions are the narrower ones
            bounds.setdefault((question.factor, question.level), {})["low" if question.above else "high"] = question.value
        parts = []
        for (factor, level), ends in bounds.items():
            name = self.factor(factor)
            if level is not None:
                parts.append(self("region", "is" if "low" in ends else "is_not", factor=name, level=self.value(factor, level)))
            else:
                key = "between" if len(ends) == 2 else {"low": "over", "high": "at_most"}[next(iter(ends))]
                told = {end: self.value(factor, value) for end, value in ends.items()}
                parts.append(self("advice", key, factor=name, **told))
        where = self("region", "and").join(parts) or self("advice", "all")
        return self("advice", "leaf", where=where, strategy=self.strategy(leaf.strategy), k=leaf.wins, n=leaf.points)

    def flip(self, flip: Flip) -> str:
        """Return along which factor the order of two strategies turns round, as a sentence."""
        values = {name: self.gain(value) for side in ("below", "above")
                  for name, value in _three(side, getattr(flip, side)).items()}  # fmt: skip
        return self("flip", "level" if isinstance(flip.split, str) else "found", factor=self.factor(flip.factor),
                    split=self.value(flip.factor, flip.split), first=self.strategy(flip.ahead_below),
                    second=self.strategy(flip.ahead_above), **values)  # fmt: skip

    def least(self, safest: Safest) -> str:
        """Return which strategy has the least regret by one criterion, as a sentence."""
        alike = ""
        if safest.alike:
            several = len(safest.alike) > _MOST_NAMES
            alike = self("least", "several" if several else "alike", n=len(safest.alike), names=self.strategies(safest.alike))
        return self("least", safest.criterion, best=self.strategy(safest.best), alike=alike)


def _three(name: str, found: Estimate) -> dict[str, float]:
    assert found.mean is not None and found.low is not None and found.high is not None
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


@cache
def _unit(factor: str) -> str:
    """Return how values of a factor are written: ``percent``, ``euro`` or ``number``."""
    from analysis.dictionary import UnknownColumn, describe

    try:
        unit = describe("design", [factor], "en")[0].unit
    except UnknownColumn:
        return "number"
    if unit.startswith(("share", "chance", "1/yr", "per quarter")) or unit == "factor":
        return "percent"
    return "euro" if unit.startswith("EUR") else "number"
