"""Names, claims and amounts of structures, as the figure and the terminal have them in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.figures.canvas import strategy_title
from analysis.statistics import Estimate
from analysis.structure.survival import Survival, Verdict

if TYPE_CHECKING:
    from analysis.sensitivity.wording import Words
    from analysis.structure.survival import Claim

MARKS: dict[Verdict, str] = {"holds": "+", "undecided": ".", "turns": "X"}
_SCALES = {"vitality": (1.0, 1), "multiplier_additional": (1.0, 2), "social_balance": (1e-6, 1)}
"""By measure: what a number is multiplied with to be told, and its decimals. The social balance is told in millions."""


def letter(structures: Sequence[str], name: str) -> str:
    """Return the letter that stands for a structure in a table: ``a`` for the first."""
    return chr(ord("a") + list(structures).index(name))


def claim_text(claim: Claim, runner_up: str, say: Words) -> str:
    """Return a claim as a line: ``Adaptive > Demand-driven``, or ``Adaptive highest``, and before whom.

    Parameters
    ----------
    runner_up
        Whom the first of a claim without a second was held against.
    """
    first, second = (strategy_title(name, say.code) for name in (claim.first, claim.second or runner_up))
    return say("structure.pair" if claim.second else "structure.highest", first=first, second=second)


def open_text(claim: Claim, other: str, say: Words) -> str:
    """Return a claim that is not decided as a line that leaves it open: ``Adaptive or Demand-driven``."""
    first, second = (strategy_title(name, say.code) for name in (claim.first, claim.second or other))
    return say("structure.either" if claim.second else "structure.either_highest", first=first, second=second)


def amount(value: float | None, measure: str, say: Words) -> str:
    """Return a difference on a measure with its sign; a dash where there is none."""
    if value is None:
        return "-"
    scale, digits = _SCALES[measure]
    text = say.number(value * scale, digits)
    return f"+{text}" if round(value * scale, digits) > 0.0 else text


def interval(found: Estimate, measure: str, say: Words) -> str:
    """Return a difference with its interval: ``+9.5 [+8.4, +10.6]``."""
    if found.mean is None:
        return say("structure.no_number")
    low, high = (amount(end, measure, say) for end in (found.low, found.high))
    return f"{amount(found.mean, measure, say)} [{low}; {high}]"


def summary_text(found: Survival, say: Words) -> str:
    """Return in one sentence how many conclusions survive everything, and how many turn round somewhere."""
    of = len(found.conclusions)
    if not of:
        return say("structure.nothing_decided")
    n = sum(one.survives for one in found.conclusions)
    turned = sum(any(under.verdict == "turns" for under in one.under.values()) for one in found.conclusions)
    return say("structure.summary", n=n, of=of, k=len(found.structures), turned=turned)
