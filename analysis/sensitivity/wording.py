"""Names, amounts and the assumptions that matter most, as figures, page and terminal have them in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from analysis.assumptions import Assumption
from analysis.figures.canvas import strategy_title
from analysis.sensitivity.design import LUCK
from analysis.sensitivity.indices import Indices
from analysis.sensitivity.running import OUTCOMES, Contrast
from analysis.sensitivity.sample import Sample
from analysis.sensitivity.screening import LARGEST, Screening

if TYPE_CHECKING:
    from sim.inputs.parameters import Parameter

MILLION = 1e6


class Words(Protocol):
    """A language: sentences by key, and numbers as it writes them (``klaver.language.Language``)."""

    code: str

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a sentence with its places filled in."""
        ...

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number."""
        ...

    def euros(self, value: float) -> str:
        """Return an amount of money."""
        ...

    def meaning(self, parameter: Parameter) -> str:
        """Return what a parameter means."""
        ...

    def unit(self, parameter: Parameter) -> str:
        """Return the unit of a parameter."""
        ...


@dataclass(frozen=True)
class Leading:
    """An assumption that is among those that matter most for an outcome of a contrast.

    Attributes
    ----------
    name
        As a factor: ``parameters.beta``.
    effect, low, high
        What the outcome changes by from the low end of the range to the high end, on average, with its 95% interval.
    size, size_low, size_high
        ``mu_star``: the same without sign, at a random place; None unless Morris trajectories were run.
    st, st_low, st_high
        Total index; None where it is not known.
    """

    name: str
    effect: float
    low: float
    high: float
    size: float | None
    size_low: float | None
    size_high: float | None
    st: float | None
    st_low: float | None
    st_high: float | None

    @property
    def one_way(self) -> bool:
        """Whether the effect goes one way: its interval does not hold zero."""
        return self.low > 0.0 or self.high < 0.0


def leading(screening: Sample | Screening | None, indices: Indices | None, contrast: Contrast, outcome: str) -> list[Leading]:
    """Return the five assumptions that matter most for an outcome, of those that stand; the largest first.

    By effect in a sample, or ``mu_star`` of a Morris screening; without one, by total index.
    """
    shares = _by_factor(indices, contrast, outcome)
    if screening is None:
        return [
            Leading(name, row["effect"], row["effect_low"], row["effect_high"], None, None, None, row["st"], row["st_low"],
                    row["st_high"])
            for name, row in shares.items() if row["stands"]
        ][:LARGEST]  # fmt: skip
    found = []
    for name, row in list(_by_factor(screening, contrast, outcome).items()):
        if row["stands"]:
            index = shares.get(name, {})
            effect = "effect" if isinstance(screening, Sample) else "mu"
            found.append(Leading(
                name, row[effect], row[f"{effect}_low"], row[f"{effect}_high"], row.get("mu_star"), row.get("mu_star_low"),
                row.get("mu_star_high"), index.get("st"), index.get("st_low"), index.get("st_high")))  # fmt: skip
    return found[:LARGEST]


def count_standing(result: Sample | Screening | Indices, contrast: Contrast, outcome: str) -> int:
    """Return how many assumptions stand for an outcome."""
    return int(result.rows(contrast, outcome)["stands"].sum())


def _by_factor(result: Sample | Screening | Indices | None, contrast: Contrast, outcome: str) -> dict[str, Any]:
    if result is None:
        return {}
    rows: pd.DataFrame = result.rows(contrast, outcome)
    return {str(row["factor"]): row for row in rows.to_dict("records")}


# --- names and amounts -----------------------------------------------------------------------------------------------


def bare(name: str) -> str:
    """Return the name of a factor as the table of parameters has it."""
    return name.removeprefix("parameters.")


def meaning(factors: tuple[Assumption, ...], name: str, say: Words) -> str:
    """Return what a factor means, in the language."""
    if name == LUCK:
        return say("sensitivity.luck")
    return say.meaning(next(factor.parameter for factor in factors if factor.name == name))


def outcome_name(outcome: str, say: Words) -> str:
    """Return what an outcome is called."""
    return say("sensitivity.net_private") if outcome == "net_private" else say(f"outcome.{outcome}")


def contrast_name(contrast: Contrast, say: Words) -> str:
    """Return what a contrast is called: ``A less B``, ``A less no intervention``."""
    first, second = (strategy_title(name, say.code) for name in contrast)
    return say("sensitivity.contrast", first=first, second=second)


def amount(value: float, outcome: str, say: Words, signed: bool = False) -> str:
    """Return a value of an outcome as text, with a real minus sign."""
    money = OUTCOMES[outcome] == "EUR"
    text = say.euros(abs(value)) if money else say("sensitivity.points", n=say.number(abs(value), 1))
    if not any(digit in text for digit in "123456789"):
        return text
    return ("\u2212" if value < 0 else "+" if signed else "") + text


def scale(outcome: str, say: Words) -> tuple[float, str]:
    """Return what values are divided by in a figure, and the unit that gives."""
    if OUTCOMES[outcome] == "EUR":
        return MILLION, say("sensitivity.million_euros")
    return 1.0, say("sensitivity.scale_points")
