"""One park through time. Start reading here.

:func:`pass_quarter` is one quarter: ten phases, in order, each a file in ``sim/rules``. ``BusinessPark`` is the same as
a ``mesa.Model`` (``business_park.py``), with companies, owners, opportunities and the municipality as agents
(``agents.py``); its ``step()`` passes one quarter. :func:`prepare` and :func:`simulate` run a park without making agent
objects, for ensembles; they step the same world by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import outcomes
from sim.compiled import rule
from sim.events import ROOM_EVENTS
from sim.inputs.parameters import default_parameters
from sim.ledger import ROOM_ENTRIES
from sim.park.founding import Names, found_park, grow
from sim.park.plan import ParkPlan
from sim.records import NO_APPROACH, STRATEGY, World, copy_world
from sim.rules import (
    ageing,
    cases,
    combinations,
    environment,
    finance,
    market,
    matching,
    organisation,
    perception,
    process,
    realisation,
    review,
    roles,
    spending,
    third_parties,
)

if TYPE_CHECKING:
    from sim.business_park import BusinessPark as BusinessPark
    from sim.inputs.scenario import Scenario

TABLES = ("companies", "owners", "parcels", "segments", "opportunities", "projects", "entries", "events", "loans",
          "deeds")


def pass_quarter(world: World) -> None:
    """Pass one quarter, in order; changes ``world`` in place.

    Phases 1-5 and 9 read the state at their start; 6-8 take cases in a keyed shuffle. Each phase is compiled on its
    own and called from here: one compiled function around them would save a fifth of a run, and cost every user ten
    more seconds of compiling.
    """
    environment.turn_quarter(world)          # 1  region, council, growth and closure of firms
    ageing.wear_park(world)                  # 2  buildings and public space wear
    perception.perceive_park(world)          # 3  sites are rated; certainty and trust drift
    review.review_companies(world)           # 4  companies form, drop and carry out plans
    organisation.organise(world)             # 5  the municipality: people and politics ...
    process.steer_process(world)             #    ... goals and steps ...
    spending.commit_public_money(world)      #    ... money ...
    third_parties.let_third_parties_work(world)  # ... others who take a role ...
    roles.play_roles(world)                  #    ... and the four roles
    matching.spread_word(world)              # 6  word gets round ...
    combinations.combine_moves(world)        #    ... chains and rings of moves ...
    matching.match_ideas(world)              #    ... and known ideas become opportunities
    cases.work_on_cases(world)               # 7  parties bargain, commit, wait or leave
    realisation.realise_agreements(world)    # 8  transfer, permits, clean-up, building
    finance.service_loans(world)             #    instalments
    market.clear_market(world)               # 9  prices, prospects, sales and lettings
    process.measure_cases(world)             # 10 effects of what was delivered ...
    outcomes.close_books(world)              #    ... and the books
    world.clock.quarter += 1


@rule
def has_room(world):
    """Return whether every table has room for the busiest quarter there can be."""
    counts = world.counts[0]
    return (counts.full == 0
            and world.companies.shape[0] - counts.companies >= market.ROOM_COMPANIES
            and world.parcels.shape[0] - counts.parcels >= 24
            and world.opportunities.shape[0] - counts.opportunities >= matching.ROOM_OPPORTUNITIES
            and world.projects.shape[0] - counts.projects >= 64
            and world.entries.shape[0] - counts.entries >= ROOM_ENTRIES // 4
            and world.events.shape[0] - counts.events >= ROOM_EVENTS // 4
            and world.loans.shape[0] - counts.loans >= 16
            and world.deeds.shape[0] - counts.deeds >= 512)


def run_until(world: World, until: int, begin: Callable[[], World] | None = None) -> World:
    """Return ``world`` stepped to quarter ``until``, with larger tables where it needed them.

    A quarter in which a table overflowed all the same is never kept: the run goes back to where it began, with room
    doubled, and gives the same numbers as if there had been room from the start.

    Parameters
    ----------
    world
        Changed in place as far as its tables allow.
    until
        Quarter that the clock shows at the end.
    begin
        Gives the world as it is now once more, to go back to; by default a copy is made.
    """
    start = None if begin is not None else copy_world(world)
    while world.clock[0].quarter < until:
        while world.clock[0].quarter < until and has_room(world):
            pass_quarter(world)
        full = int(world.counts[0].full)
        if full:
            if start is None:
                assert begin is not None
                start = begin()
            for table in TABLES:
                start = grow(start, table)
            world = copy_world(start)
        elif world.clock[0].quarter < until:
            world = make_room(world)
    return world


def make_room(world: World) -> World:
    """Return a copy of ``world`` with room in every table that is nearly full."""
    for table in TABLES:
        used, size = int(world.counts[0][table]), len(getattr(world, table))
        if size - used < max(size // 4, 64) and table not in ("owners", "segments"):
            world = grow(world, table)
    return world


@dataclass
class Park:
    """A park ready to run: its plan, its parameters and how long it is followed."""

    name: str
    plan: ParkPlan
    quarters: int = 80
    parameters: np.recarray = field(default_factory=default_parameters)
    title: dict[str, str] = field(default_factory=dict)
    resolved: dict = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario, quarters: int | None = None) -> Park:
        """Return the park of a scenario, followed for so many quarters, or as long as it says itself.

        Raises
        ------
        InvalidFile
            If the park cannot be laid out.
        """
        title = scenario.title
        return cls(scenario.name, scenario.plan(), quarters or scenario.quarters, scenario.parameters(),
                   {"nl": title.nl, "en": title.en}, scenario.resolved())

    @property
    def gross_ha(self) -> float:
        """Area within the park's boundary, hectares."""
        return float((self.plan.kind != 0).sum() * self.plan.cell_m**2 / 10_000.0)


def no_strategy() -> np.recarray:
    """Return the strategy record of a municipality that does what the law asks, and no more."""
    record = np.zeros(1, STRATEGY).view(np.recarray)
    record[0].mix[:] = 0.25
    record[0].competence[:] = 0.7
    return record


def prepare(park: Park, seed: int) -> World:
    """Return the park of one seed, founded and lived through its burn-in, at quarter 0 with no strategy.

    Every strategy of that seed starts from a copy of this world, so their differences are paired.
    """
    return prepare_named(park, seed)[0]


def prepare_named(park: Park, seed: int) -> tuple[World, Names]:
    """Return :func:`prepare`'s world and the names of its companies, owners and parcels."""
    world, names = found_park(park.plan, park.parameters, seed, park.quarters)
    world.strategy[0] = no_strategy()[0]
    return run_until(world, 0), names


def adopt_strategy(world: World, strategy: np.recarray) -> None:
    """Let the municipality of ``world`` work by ``strategy`` from now on (changes ``world`` in place)."""
    world.strategy[0] = strategy[0]
    world.team[0].mix[:] = strategy[0].mix
    organisation.take_office(world)
    world.clock[0].acting = bool(strategy[0].approach != NO_APPROACH or strategy[0].fte > 0)


def simulate(world: World, strategy: np.recarray) -> World:
    """Return an independent copy of ``world``, run to its horizon under ``strategy``.

    Parameters
    ----------
    world
        As :func:`prepare` returns it; not changed.
    strategy
        One record of dtype ``records.STRATEGY``.
    """
    def begin() -> World:
        run = copy_world(world)
        adopt_strategy(run, strategy)
        return run

    return run_until(begin(), int(world.clock[0].horizon), begin)


def __getattr__(name: str) -> Any:
    """Import Mesa, which takes over a second, only for whoever asks for ``BusinessPark``."""
    if name == "BusinessPark":
        from sim.business_park import BusinessPark

        return BusinessPark
    raise AttributeError(f"module 'sim.model' has no attribute {name!r}")
