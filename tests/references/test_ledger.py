"""Whole runs, quarter by quarter, booked a second time from the ledger's entries by ``ledger.py``; equal to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from sim import events, ledger, model, outcomes, records
from sim.world import World
from tests.references import ledger as slow
from tests.sim.small_parks import park, strategy

SAME = ("private_works", "public_works", "grants", "process", "purchases", "receipts", "surplus", "loans", "repaid",
        "called", "capital", "interest", "levies", "fund_works", "fund_sales", "elsewhere")
QUARTERS = 40


class Run(NamedTuple):
    """A run: park, strategy, seed; the instrument, and whether money is no object and many firms close."""

    park: str
    strategy: str
    seed: int
    instrument: int | None = None
    rich: bool = False
    closures: bool = False


# Together they show every kind of money: grants, loans, calls, a fund, a levy zone, sites bought, divided and sold.
RUNS = [Run("small_village", "none", 1), Run("typical", "demand_driven", 2),
        Run("typical", "demand_driven", 3, records.BY_LOAN), Run("outdated_large", "demand_driven", 4,
                                                                 records.BY_GUARANTEE, rich=True, closures=True),
        Run("vacant_core", "supply_driven", 3, rich=True), Run("outdated_large", "supply_driven", 2, rich=True),
        Run("vacant_core", "third_parties", 6), Run("rollepaal", "supply_driven", 7)]



def who_is_who(world: World) -> slow.WhoIsWho:
    """Return the accounts of a run; a redevelopment company is one only with public capital."""
    fund = int(world.organisation[0].fund) if world.strategy[0].fund_capital > 0 else 0
    return slow.WhoIsWho(records.MUNICIPALITY, records.PROVINCE, fund or None, frozenset(records.OUTSIDE_ACCOUNTS))


def entries_since(world: World, row: int) -> list[dict[str, int | str]]:
    """Return the entries from ``row`` on, with the purpose as a word."""
    rows = world.entries[row : world.counts[0].entries]
    return [{name: int(entry[name]) for name in ("quarter", "payer", "receiver", "cents", "opportunity", "parcel")}
            | {"purpose": records.PURPOSES[int(entry.purpose)]} for entry in rows]


def divisions_since(world: World, row: int, plots: np.ndarray) -> list[slow.Division]:
    """Return how plots were divided since event ``row``: by a deal on a plot, or right after a site was bought.

    ``plots`` holds the parcel of every deal before that: afterwards a deal is on the lot.
    """
    result, bought = [], -1
    for event in world.events[row : world.counts[0].events]:
        kind = int(event.kind)
        if kind in (events.SITE_BOUGHT, events.FUND_BOUGHT):
            bought = int(event.parcel)
        elif kind == events.PLOT_SPLIT:
            plot = int(plots[event.opportunity]) if event.opportunity >= 0 else bought
            result.append(slow.Division(int(event.parcel), plot, float(event.value / event.threshold)))
    return result


def begin(run: Run) -> World:
    """Return the park of a run at quarter 0, with its strategy in office."""
    world = model.prepare(park(run.park, QUARTERS), run.seed)
    record = strategy(run.strategy, run.park).copy()
    if run.instrument is not None:
        record[0].instrument = run.instrument
    if run.rich:
        record[0].budget *= 10.0
        record[0].earmarked = 0.0
        world.parameters[0].supply_land_share = 1.0
    if run.closures:
        world.parameters[0].closure_rate = 0.07
    model.adopt_strategy(world, record)
    return world


def follow(run: Run) -> Iterator[tuple[World, slow.Totals, dict[int, int]]]:
    """Yield, after every quarter, the run and the totals and balances that its entries alone give."""
    world, totals, balances, entry = begin(run), slow.Totals(), Counter(), 0
    event = int(world.counts[0].events)
    for quarter in range(1, QUARTERS + 1):
        plots = world.opportunities.parcel.copy()
        world = model.run_until(world, quarter)
        new = entries_since(world, entry)
        slow.book_quarter(new, divisions_since(world, event, plots), who_is_who(world), totals)
        balances.update(slow.balances(new))
        entry, event = int(world.counts[0].entries), int(world.counts[0].events)
        yield world, totals, balances


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.park}-{run.strategy}-{run.seed}")
def test_every_total_and_balance_follows_from_the_entries(run):
    quarters = 0
    for world, totals, balances in follow(run):
        found = {name: int(world.accounts[0][name]) for name in SAME}
        assert found == {name: getattr(totals, name) for name in SAME}, f"quarter {world.clock[0].quarter}"
        assert ledger.private_investment(world) == totals.private_investment / 100.0
        assert ledger.public_outlay(world) == totals.public_outlay / 100.0
        assert {party: int(world.balances[ledger.account(party)]) for party in balances} == dict(balances)
        assert int(world.balances.sum()) == sum(balances.values()) == 0
        assert np.count_nonzero(world.balances) == sum(cents != 0 for cents in balances.values())
        laid_out = {j: cents for j, cents in totals.laid_out.items() if cents}
        held = {int(j): int(world.parcels[j].public_cents) for j in np.flatnonzero(world.parcels.public_cents)}
        assert sum(held.values()) == sum(laid_out.values())
        assert min(laid_out.values(), default=0) >= 0  # receipts never count beyond what was laid out
        quarters += 1
    assert quarters == QUARTERS


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.park}-{run.strategy}-{run.seed}")
def test_the_inputs_of_the_multipliers_follow_from_the_entries(run):
    """What is reported at the horizon, and of which multipliers are made, is what the entries say; present values too."""
    private = public = present_private = present_public = 0.0
    for world, totals, _ in follow(run):
        quarter = int(world.clock[0].quarter) - 1
        factor = slow.discount_factor(quarter, float(world.parameters[0].discount_rate))
        present_private += (totals.private_investment - private) * factor
        present_public += (totals.public_outlay - public) * factor
        private, public = totals.private_investment, totals.public_outlay
        assert world.indicators[quarter][outcomes.INDICATORS.index("private_investment")] == private / 100.0
        assert world.indicators[quarter][outcomes.INDICATORS.index("public_outlay")] == public / 100.0
    reported = outcomes.measure(world)
    assert reported["private_investment"] == private / 100.0
    assert reported["public_outlay"] == public / 100.0
    assert reported["pv_private"] == pytest.approx(present_private / 100.0, rel=1e-9, abs=0.01)
    assert reported["pv_public"] == pytest.approx(present_public / 100.0, rel=1e-9, abs=0.01)


def test_together_the_runs_show_every_kind_of_money():
    """Otherwise equal totals would say little: of each kind there is some."""
    shown = Counter()
    for run in RUNS:
        *_, (_, totals, _) = follow(run)
        shown.update({name: getattr(totals, name) for name in SAME})
    assert [name for name in SAME if shown[name] <= 0] == []
