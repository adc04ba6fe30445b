"""What the search may choose: the decision variables of a strategy, how they become one, and how far two lie apart.

Choices are coarse on purpose. Nobody divides a team to the percent, and steps of 5% keep the search from fitting noise and
let it meet the same strategy again, whose runs are there already. What is not varied (mandate, competences, goals, council's
weights, third parties) is as the shipped strategy ``demand_driven`` has it. Ranges of money are those of
``scenarios/experiments/rules_for_money.toml``; all ranges are judgements.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from analysis.variants import build_strategy
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import BUDGET_PER_HA, Strategy, load_strategy
from sim.records import PRINCIPLES, PROCESSES, ROLES

BASE = "demand_driven"
SHARE_STEPS = 20  # shares of roles in steps of 5%
TIMES = (0.25, 4.0)  # team and budget, times what the park's municipality has
FTE_STEP, BUDGET_STEP = 0.05, 5_000.0
APPROACHES, INSTRUMENTS = ("demand_driven", "supply_driven"), ("grant", "loan", "guarantee", "mix")


class Span(NamedTuple):
    """A quantity the search may choose: its range, the step it is rounded to, and whether small ratios matter (log)."""

    low: float
    high: float
    step: float
    log: bool = False

    def value(self, place: float) -> float:
        """Return the value at a place in the range, 0 (low) to 1 (high), on a multiple of the step."""
        found = self.low * (self.high / self.low) ** place if self.log else self.low + place * (self.high - self.low)
        return round(min(max(round(found / self.step), math.ceil(self.low / self.step - 1e-9)),
                         math.floor(self.high / self.step + 1e-9)) * self.step, 6)

    def apart(self, first: float, second: float) -> float:
        """Return how far two values lie apart, as a share of the range; above 1 where one lies outside it."""
        if self.log:
            return abs(math.log(max(first, 1e-9) / max(second, 1e-9))) / math.log(self.high / self.low)
        return abs(first - second) / (self.high - self.low)


class Decisions(NamedTuple):
    """What a strategy decides on the variables of the search, shipped strategies included."""

    approach: str
    adaptive: bool
    principles: tuple[bool, ...]
    mixes: tuple[tuple[float, ...], ...]
    """Shares of the roles in each process step."""
    fte: float
    budget: float
    max_public_share: float
    private_ratio: float
    instrument: str


@dataclass(frozen=True)
class Space:
    """The decision variables on one park.

    Attributes
    ----------
    park
        Sets what team and budget are measured by.
    gross_ha
        Area of the park, hectares.
    same_means
        Team and budget are not varied: they are what the park's municipality has, as in most shipped strategies.
    """

    park: Scenario
    gross_ha: float
    same_means: bool = False

    @property
    def means(self) -> tuple[float, float]:
        """What the park's municipality has: full-time equivalents, and euros per year."""
        town = self.park.municipality
        return town.fte or 1.0, town.budget_per_year or BUDGET_PER_HA * self.gross_ha

    @cached_property
    def spans(self) -> dict[str, Span]:
        """The quantities that are varied, by name."""
        (fte, budget), (low, high) = self.means, TIMES
        team = {} if self.same_means else {
            "fte": Span(low * fte, high * fte, FTE_STEP, True), "budget": Span(low * budget, high * budget, BUDGET_STEP, True)}
        return {**team, "max_public_share": Span(0.2, 0.8, 0.05), "private_ratio": Span(0.5, 5.0, 0.25, True)}

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The variables as pymoo has them."""
        from pymoo.core.variable import Binary, Choice, Real

        found: dict[str, Any] = {"approach": Choice(options=list(APPROACHES)), "instrument": Choice(options=list(INSTRUMENTS)),
                                 "adaptive": Binary()}
        found |= {f"principle_{name}": Binary() for name in PRINCIPLES}
        found |= {f"own_{step}": Binary() for step in PROCESSES}
        found |= {f"{part}_{role}": Real(bounds=(0.0, 1.0)) for part in ("roles", *PROCESSES) for role in ROLES}
        found |= {name: Real(bounds=(0.0, 1.0)) for name in self.spans}
        return found

    def strategy(self, genes: Mapping[str, Any]) -> Strategy:
        """Return the strategy of a choice of every variable; equal choices give equal strategies, by name as well."""
        values: dict[str, Any] = {
            "strategy.approach": str(genes["approach"]), "strategy.adaptive": bool(genes["adaptive"]),
            "strategy.money.instrument": str(genes["instrument"]), "strategy.roles": _mix(genes, "roles"),
        }
        values |= {f"strategy.principles.{name}": bool(genes[f"principle_{name}"]) for name in PRINCIPLES}
        for step in PROCESSES:
            mix = _mix(genes, step)
            if genes[f"own_{step}"] and mix != values["strategy.roles"]:
                values[f"strategy.steps.{step}"] = mix
        chosen = {name: span.value(float(genes[name])) for name, span in self.spans.items()}
        fte, budget = self.means
        values["strategy.organisation.fte"] = chosen.get("fte", fte)
        values["strategy.money.budget_per_year"] = chosen.get("budget", budget)
        values |= {f"strategy.money.{name}": chosen[name] for name in ("max_public_share", "private_ratio")}
        key = json.dumps(values)
        if key not in self._made:
            self._made[key] = _named(self._base, values)
        return self._made[key]

    @cached_property
    def _base(self) -> Strategy:
        return load_strategy(BASE)

    @cached_property
    def _made(self) -> dict[str, Strategy]:
        """Strategies by what was chosen: the search asks for each of them several times."""
        return {}

    def transplanted(self, strategy: Strategy, home: Space) -> Strategy:
        """Return a strategy of another park on this one: the same in all, with a team and a budget to this park's scale."""
        here, there = self.means, home.means
        decided = home.decisions(strategy)
        return _named(strategy, {
            "strategy.organisation.fte": round(decided.fte * here[0] / there[0], 6),
            "strategy.money.budget_per_year": round(decided.budget * here[1] / there[1], 2),
        })  # fmt: skip

    def decisions(self, strategy: Strategy) -> Decisions:
        """Return what a strategy decides on the variables of the search; what it leaves open is as the park has it."""
        row = strategy.record(self.park, self.gross_ha)[0]
        return Decisions(
            strategy.approach, bool(row.adaptive), tuple(bool(on) for on in row.principles),
            tuple(tuple(float(share) for share in mix) for mix in row.mix), float(row.fte), float(row.budget),
            float(row.max_public_share), float(row.private_ratio), strategy.money.instrument,
        )  # fmt: skip

    def apart(self, first: Decisions, second: Decisions) -> dict[str, float]:
        """Return how far two strategies lie apart, per variable: 0 is the same, 1 as far as the range allows.

        Mixes: the share of the hours that goes to another role, mean over the process steps.
        """
        found = {
            "roles": float(np.abs(np.array(first.mixes) - np.array(second.mixes)).sum(axis=1).mean() / 2.0),
            "approach": float(first.approach != second.approach), "adaptive": float(first.adaptive != second.adaptive),
        }
        found |= {name: float(a != b) for name, a, b in zip(PRINCIPLES, first.principles, second.principles, strict=True)}
        found |= {name: span.apart(getattr(first, name), getattr(second, name)) for name, span in self.spans.items()}
        return found | {"instrument": float(first.instrument != second.instrument)}


def _named(base: Strategy, values: Mapping[str, Any]) -> Strategy:
    """Return a strategy with values set, under a name that follows from all of it."""
    built = build_strategy(base.model_copy(update={"name": "found"}), values, base.name)
    text = json.dumps(built.resolved(), sort_keys=True)
    return built.model_copy(update={"name": f"found-{hashlib.sha256(text.encode()).hexdigest()[:10]}"})


def _mix(genes: Mapping[str, Any], part: str) -> dict[str, float]:
    return dict(zip(ROLES, shares_of([float(genes[f"{part}_{role}"]) for role in ROLES]), strict=True))


def shares_of(weights: Sequence[float]) -> list[float]:
    """Return shares in steps of 5% that sum to 1, as near to the weights as can be (largest remainders).

    >>> shares_of([0.9, 0.3, 0.0, 0.3])
    [0.6, 0.2, 0.0, 0.2]
    """
    total = sum(weights)
    exact = [SHARE_STEPS * (weight / total if total > 0.0 else 1.0 / len(weights)) for weight in weights]
    whole = [math.floor(share + 1e-9) for share in exact]
    last = sorted(range(len(exact)), key=lambda k: (whole[k] - exact[k], k))
    for k in last[: SHARE_STEPS - sum(whole)]:
        whole[k] += 1
    return [share / SHARE_STEPS for share in whole]
