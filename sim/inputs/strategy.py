"""A strategy file: what the municipality does. Read, checked, and turned into the record that the rules read."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from sim.inputs.files import list_shipped, read_with_base
from sim.inputs.problems import InvalidFile, sentences
from sim.inputs.scenario import InTwoLanguages, Scenario, _Amount, _Share, _Table
from sim.records import (
    APPROACHES,
    CHOICES,
    CRITERIA,
    DOMAINS,
    INSTRUMENTS,
    LEADS,
    PRINCIPLES,
    PROCESSES,
    ROLES,
    STRATEGY,
    VALUE_LINES,
)

BUDGET_PER_HA = 10_000.0  # euros per gross hectare and year, where neither park nor strategy says otherwise [J]


class RoleMix(_Table):
    """Shares of the team's hours for each role."""

    regisseren: _Share = 0.25
    aanjagen: _Share = 0.25
    verbinden: _Share = 0.25
    ontzorgen: _Share = 0.25

    @model_validator(mode="after")
    def _sum_to_one(self) -> RoleMix:
        total = self.regisseren + self.aanjagen + self.verbinden + self.ontzorgen
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"sum to {total:g}; the shares of the four roles must sum to 1.")
        return self

    def shares(self) -> list[float]:
        """Return the shares in the order of ``records.ROLES``."""
        return [self.regisseren, self.aanjagen, self.verbinden, self.ontzorgen]


class Steps(_Table):
    """A mix per process step; a step left out uses the general mix."""

    picture: RoleMix | None = None
    identify: RoleMix | None = None
    build: RoleMix | None = None
    realise: RoleMix | None = None


class Principles(_Table):
    """The six guiding principles, each a switch."""

    interests: bool = False
    societal_value: bool = False
    flexibility: bool = False
    tailored_roles: bool = False
    sharp_choices: bool = False
    exit: bool = False


class Competences(_Table):
    """Chance that an action of each role succeeds."""

    regisseren: _Share = 0.7
    aanjagen: _Share = 0.7
    verbinden: _Share = 0.7
    ontzorgen: _Share = 0.7


class Domains(_Table):
    """Know-how per policy domain: the chance that it is at hand when an action needs it."""

    economy: _Share = 0.9
    space: _Share = 0.9
    sustainability: _Share = 0.9
    traffic: _Share = 0.9


class Style(_Table):
    """The municipality's way of working on two axes (after Van der Steen et al. 2014)."""

    society: _Share = 0.5  # 0 government ... 1 society
    results: _Share = 0.5  # 0 conditions ... 1 results


PERSPECTIVES = {"lawful": (0.15, 0.15), "performing": (0.15, 0.85), "networking": (0.85, 0.85),
                "responsive": (0.85, 0.15)}  # fmt: skip
"""The four corners of the two axes, as (society, results)."""


class Organisation(_Table):
    """Team, people, know-how and mandate; what is left open follows the park."""

    fte: Annotated[float, Field(ge=0, le=50)] | None = None
    competence: Competences = Competences()
    mandate: _Amount | None = None
    domains: Domains = Domains()
    core_team: _Share = 0.6
    shell_hours: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    candour: _Share = 0.8
    experience: _Share = 0.3
    learning: _Share = 0.5
    staff_turnover: _Share = 0.15
    earmarked: _Share = 0.0
    lead: Literal["none", "project", "process", "programme"] = "none"
    perspective: Literal["lawful", "performing", "networking", "responsive"] | None = None
    style: Style = Style()
    goal_clarity: _Share = 0.8


class Goals(_Table):
    """The goal that is fixed beforehand; without a criterion the effect stays undefined."""

    criterion: Literal["none", "vitality", "vacancy", "jobs", "future"] = "vitality"
    level: Annotated[float, Field(ge=0, le=100)] = 5.0
    years: Annotated[float, Field(ge=1, le=30)] = 8.0


_Weight = Annotated[float, Field(ge=0, le=5)]


class Weights(_Table):
    """How the council weighs the lines of the value case; 1 is the unit value as it stands."""

    vacancy: _Weight = 1.0
    jobs: _Weight = 1.0
    soil: _Weight = 1.0
    energy: _Weight = 1.0
    nuisance: _Weight = 1.0
    green: _Weight = 1.0
    spatial: _Weight = 1.0


class ThirdParties(_Table):
    """Who else is brought in."""

    intermediary: bool = False
    fund_capital: _Amount = 0.0
    levy_zone: bool = False


class Money(_Table):
    """Budget and the rules for public money."""

    budget_per_year: _Amount | None = None
    max_public_share: _Share = 0.5
    private_ratio: Annotated[float, Field(ge=0, le=100)] = 2.0
    instrument: Literal["grant", "loan", "guarantee", "mix"] = "grant"


class Exit(_Table):
    """Stop conditions (principle 6)."""

    rounds: Annotated[int, Field(ge=1, le=100)] = 3
    quarters: Annotated[int, Field(ge=1, le=400)] = 12
    euros: _Amount = 1_000_000.0


class Strategy(_Table):
    """A strategy as its file describes it, complete with every default."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_. -]+$")] = "strategy"
    title: InTwoLanguages = InTwoLanguages()
    description: InTwoLanguages = InTwoLanguages()
    approach: Literal["none", "supply_driven", "demand_driven"] = "demand_driven"
    roles: RoleMix = RoleMix()
    steps: Steps = Steps()
    adaptive: bool = False
    principles: Principles = Principles()
    organisation: Organisation = Organisation()
    money: Money = Money()
    exit: Exit = Exit()
    goals: Goals = Goals()
    weights: Weights = Weights()
    third_parties: ThirdParties = ThirdParties()
    choice: Literal["value", "quick_wins", "seeding"] = "value"

    def record(self, scenario: Scenario, gross_ha: float) -> np.recarray:
        """Return the strategy as the rules read it, with what it leaves open filled in from the park.

        Parameters
        ----------
        gross_ha
            Area of the park, hectares; sets the budget where nobody states one.
        """
        record = np.zeros(1, STRATEGY).view(np.recarray)
        row = record[0]
        acts = self.approach != "none"
        row.approach = APPROACHES.index(self.approach)
        for place, process in enumerate(PROCESSES):
            mix = getattr(self.steps, process) or self.roles
            row.mix[place] = mix.shares()
        row.adaptive = self.adaptive and acts
        row.principles[:] = [acts and getattr(self.principles, name) for name in PRINCIPLES]
        own, town = self.organisation, scenario.municipality
        row.fte = (own.fte if own.fte is not None else town.fte) if acts else 0.0
        row.competence[:] = [getattr(own.competence, role) for role in ROLES]
        row.mandate = own.mandate if own.mandate is not None else town.mandate
        budget = self.money.budget_per_year if self.money.budget_per_year is not None else town.budget_per_year
        row.budget = (budget if budget is not None else BUDGET_PER_HA * gross_ha) if acts else 0.0
        row.max_public_share = self.money.max_public_share
        row.private_ratio = self.money.private_ratio
        row.domains[:] = [getattr(own.domains, name) for name in DOMAINS]
        for name in ("core_team", "shell_hours", "candour", "experience", "learning", "staff_turnover", "earmarked",
                     "goal_clarity"):
            row[name] = getattr(own, name)
        row.lead = LEADS.index(own.lead)
        corner = PERSPECTIVES.get(own.perspective or "", (own.style.society, own.style.results))
        row.style_society, row.style_results = corner
        row.criterion = CRITERIA.index(self.goals.criterion)
        row.goal_level, row.goal_quarters = self.goals.level, round(4 * self.goals.years)
        row.weights[:] = [getattr(self.weights, name) for name in VALUE_LINES]
        third = self.third_parties
        row.intermediary, row.levy_zone = acts and third.intermediary, acts and third.levy_zone
        row.fund_capital = third.fund_capital if acts else 0.0
        row.instrument, row.choice = INSTRUMENTS.index(self.money.instrument), CHOICES.index(self.choice)
        row.exit_rounds, row.exit_quarters, row.exit_euros = self.exit.rounds, self.exit.quarters, self.exit.euros
        return record

    def resolved(self) -> dict[str, Any]:
        """Return the strategy with every default, as plain values that JSON can hold."""
        return self.model_dump(mode="json")

    @classmethod
    def from_resolved(cls, content: dict[str, Any]) -> Strategy:
        """Return the strategy that :meth:`resolved` described; raises InvalidFile if it is not right."""
        return check_strategy(content, str(content.get("name", "strategy")))

    def content_hash(self) -> str:
        """Return a hash of everything the file determines (hexadecimal, SHA-256)."""
        return hashlib.sha256(json.dumps(self.resolved(), sort_keys=True).encode()).hexdigest()


def _allowed_keys() -> dict[str, list[str]]:
    keys = {"": [*Strategy.model_fields, "based_on"]}
    for table, model in (("roles", RoleMix), ("steps", Steps), ("principles", Principles), ("money", Money),
                         ("organisation", Organisation), ("organisation.competence", Competences), ("exit", Exit),
                         ("organisation.domains", Domains), ("organisation.style", Style), ("goals", Goals),
                         ("weights", Weights), ("third_parties", ThirdParties)):
        keys[table] = list(model.model_fields)
    for step in Steps.model_fields:
        keys[f"steps.{step}"] = list(RoleMix.model_fields)
    return keys


def check_strategy(table: dict[str, Any], file: str) -> Strategy:
    """Return a strategy from the content of a file.

    Raises
    ------
    InvalidFile
        With all problems.
    """
    try:
        return Strategy.model_validate(table)
    except ValidationError as error:
        raise InvalidFile(sentences(error, file, _allowed_keys())) from None


def load_strategy(name: str) -> Strategy:
    """Return the strategy of a shipped name or a path.

    Raises
    ------
    InputProblem
        If there is no such strategy or its file is not right.
    """
    table, file = read_with_base(str(name), "strategies")
    return check_strategy(table, file)


def list_strategies() -> list[str]:
    """Return the names of the shipped strategies, ``none`` first and the approaches before the leanings."""
    order = ["none", "supply_driven", "demand_driven", *ROLES, "adaptive", "by_step"]
    shipped = list_shipped("strategies")
    return [name for name in order if name in shipped] + [name for name in shipped if name not in order]
