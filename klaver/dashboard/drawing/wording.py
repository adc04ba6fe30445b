"""What strategies are called and how outcomes are written in a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.compare import NET_PRIVATE
from analysis.experiment_schema import TWIN
from analysis.figures.canvas import strategy_title
from klaver.display import outcome_text

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.statistics import Estimate
    from klaver.dashboard.drawing.canvas import Scale
    from klaver.language import Language

EUROS = ("private_investment", "public_outlay", "social_balance", NET_PRIVATE, "pv_private", "pv_public")
SHARES = ("vacancy", "displacement", "satisfaction")

Titles = Mapping[str, str] | None
"""What the page calls strategies, by the name they were run under; those that are not in it go by their own title."""


def strategy_name(say: Language, name: str, titles: Titles = None) -> str:
    """Return what a strategy is called, on one line."""
    return titles[name] if titles and name in titles else strategy_title(name, say.code)


def outcome_name(say: Language, outcome: str) -> str:
    """Return what an outcome is called, as it reads within a sentence."""
    return say("chart.net_private") if outcome == NET_PRIVATE else say(f"outcome.{outcome}")


def capital(text: str) -> str:
    """Return text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def value_text(say: Language, outcome: str, value: float | None) -> str:
    """Return a value of an outcome with its unit."""
    if value is not None and math.isfinite(value) and outcome in EUROS:
        return say.euros(value)
    return outcome_text(say, outcome, value)


def change_text(say: Language, outcome: str, value: float | None, unit: bool = True) -> str:
    """Return a difference in an outcome with its sign and, if asked, its unit."""
    if value is None or not math.isfinite(value):
        return "-"
    if outcome in SHARES:
        text = say.number(100 * value, 1)
        text = say("chart.percent_points", n=text) if unit else text
    elif outcome.startswith("vitality"):
        text = say.number(value, 1)
        text = say("chart.points", n=text) if unit else text
    else:
        text = value_text(say, outcome, value)
    return f"+{text}" if value > 0.0 and any(letter in "123456789" for letter in text) else text


def interval_text(say: Language, outcome: str, found: Estimate | None, change: bool = False) -> str:
    """Return the interval of an estimate as "95%: from … to …", or an empty string where there is none."""
    if found is None or found.low is None or found.high is None:
        return ""
    if change:
        low = change_text(say, outcome, found.low, unit=False)
        return say("chart.interval", low=low, high=change_text(say, outcome, found.high))
    return say("chart.interval", low=value_text(say, outcome, found.low), high=value_text(say, outcome, found.high))


def axis_words(
    say: Language, outcome: str, scale: Scale, most: int = 6, change: bool = False
) -> tuple[Callable[[float], str], str]:
    """Return how to write the ticks of an axis, and the unit to write beside it.

    Parameters
    ----------
    outcome
        Whose values are along the axis.
    scale, most
        Of the axis, and its most ticks.
    change
        Whether they are differences, which have a sign.
    """
    ticks = scale.ticks(most)
    largest = max((abs(tick) for tick in ticks), default=1.0)
    factor, unit = 1.0, ""
    if outcome in EUROS:
        factor, unit = (1e-6, say("chart.million")) if largest >= 1e6 else (1e-3, say("chart.thousand"))
    elif outcome in SHARES:
        factor, unit = 100.0, say("chart.unit_percent_points") if change else "%"
    elif outcome.startswith("vitality"):
        unit = say("chart.unit_points") if change else say("chart.unit_scale")
    elif outcome.startswith("multiplier"):
        unit = say("chart.unit_multiplier")
    digits = digits_of([tick * factor for tick in ticks])

    def words(value: float) -> str:
        text = say.number(value * factor, digits)
        return f"+{text}" if change and value > 1e-9 * largest else text

    return words, unit


def digits_of(ticks: Sequence[float]) -> int:
    """Return the fewest decimals that tell all ticks, at most 3.

    >>> digits_of([0.0, 2.5, 5.0]), digits_of([10.0, 20.0])
    (1, 0)
    """
    for digits in range(3):
        if all(abs(tick - round(tick, digits)) < 1e-9 * max(1.0, abs(tick)) for tick in ticks):
            return digits
    return 3


def why_undefined(say: Language, comparison: Comparison, strategy: str) -> str:
    """Return in words why a strategy has no additional multiplier."""
    from analysis import statistics

    if strategy == TWIN:
        return say("chart.undefined_twin")
    extra = comparison.beyond_twin(strategy, "public_outlay")
    mean, low, _, _ = statistics.ratio_bounds(extra)
    least = statistics.least_outlay(comparison.runs.gross_ha, comparison.values(strategy, "public_outlay"))
    if mean < least:
        return say("chart.undefined_little", mean=say.euros(mean), least=say.euros(least))
    return say("chart.undefined_unsure", mean=say.euros(mean), low=say.euros(low), least=say.euros(least))
