"""Extreme conditions: every parameter at either end, and limits of which the outcome is known without the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import ledger, model, outcomes, records
from sim.inputs.parameters import PARAMETERS
from sim.world import World, copy_world
from tests.sim.small_parks import park, strategy

MAY_BE_UNDEFINED = {"lead_time", "displacement", "goal_attained", "fund_turns", "satisfaction_firms", "satisfaction_town"}
MINDS = ("trust", "trust_others", "uncertainty", "readiness", "site_quality", "satisfaction")


def sound(world: World) -> None:
    """Assert what holds of any park at any time: books that balance, shares within 0-1, numbers that are numbers."""
    ledger.reconcile(world)
    assert ledger.public_outlay(world) >= 0.0
    firms = world.companies[: world.counts[0].companies]
    for name in MINDS:
        assert np.isfinite(firms[name]).all(), name
        assert firms[name].min() >= 0.0 and firms[name].max() <= 1.0, name
    plots = world.parcels[: world.counts[0].parcels]
    for name in ("quality", "fit", "energy", "motives"):
        assert plots[name].min() >= 0.0 and plots[name].max() <= 1.0, name
    here = np.flatnonzero(firms.state == records.SITTING)
    assert (plots.occupant[firms.parcel[here]] == here).all()
    for name, path in zip(outcomes.INDICATORS, world.indicators[: world.clock[0].quarter].T, strict=True):
        assert name in MAY_BE_UNDEFINED or np.isfinite(path).all(), name
    measured = outcomes.measure(world)
    assert all(np.isfinite(value) for name, value in measured.items() if name not in MAY_BE_UNDEFINED)


def run(plan="demand_driven", quarters=24, seed=1, name="small_village", change=None, change_plan=None, **parameters):
    """Return a run with these parameters from its founding on; ``change`` then alters the world at quarter 0."""
    site = park(name, quarters)
    record = site.parameters.copy()
    for key, value in parameters.items():
        record[0][key] = value
    world = model.prepare(replace(site, parameters=record), seed)
    if change is not None:
        change(world)
    chosen = strategy(plan, name).copy()
    if change_plan is not None:
        change_plan(chosen[0])
    return model.simulate(world, chosen)


def happened(world: World, name: str) -> int:
    """Return how often something happened from quarter 0 on."""
    rows = world.events[: world.counts[0].events]
    return int(((rows.kind == records.EVENT[name]) & (rows.quarter >= 0)).sum())


@pytest.mark.parametrize("end", ["low", "high"])
def test_every_parameter_at_either_end_of_its_range_gives_a_sound_run(end):
    for parameter in PARAMETERS:
        value = getattr(parameter, end)
        try:
            sound(run(quarters=8, **{parameter.name: value}))
        except Exception as error:
            error.add_note(f"{parameter.name} = {value}")
            raise


@pytest.mark.parametrize("plan", ["supply_driven", "third_parties"])
def test_all_parameters_at_random_ends_give_a_sound_run(plan):
    rng = np.random.default_rng(1)
    for _ in range(40):
        sound(run(plan, 16, **{q.name: (q.low, q.high)[rng.integers(0, 2)] for q in PARAMETERS}))


def test_without_uncertainty_firms_ask_their_threshold_and_no_more():
    def certain(world):
        world.companies.uncertainty[:] = 0.0

    world = run(change=certain, uncertainty_base=0.0, uncertainty_cycle=0.0, uncertainty_break=0.0,
                uncertainty_promise=0.0, neighbour_lesson=0.0, approval_wait=0.0, uncertainty_floor=0.0)
    sound(world)
    firms = world.companies[: world.counts[0].companies]
    assert firms.uncertainty.max() == 0.0


def test_full_certainty_and_none_give_the_smallest_and_the_largest_hurdle():
    built = {}
    for u in (0.0, 1.0):
        def mind(world, u=u):
            world.companies.uncertainty[:] = u

        built[u] = sum(int(run("none", 24, seed, change=mind, uncertainty_base=u, uncertainty_drift=1.0)
                           .accounts[0].private_works) for seed in range(1, 9))
    assert built[0.0] > built[1.0]


@pytest.mark.parametrize("trust", [0.0, 1.0])
def test_trust_that_cannot_change_stays_where_it_is(trust):
    def mind(world):
        for field in ("trust", "trust_others", "trust_base", "others_base"):
            world.companies[field] = trust

    world = run(change=mind, trust_matters=0.0, prospect_rate=0.0)
    sound(world)
    firms = world.companies[: world.counts[0].companies]
    assert (firms.trust[firms.state == records.SITTING] == trust).all()
    assert (firms.trust_others[firms.state == records.SITTING] == trust).all()


def test_without_a_budget_no_public_euro_but_the_hours():
    def poor(plan):
        plan.budget = plan.fund_capital = plan.shell_hours = 0.0

    for plan in ("demand_driven", "supply_driven", "third_parties"):
        world = run(plan, 32, name="typical", change_plan=poor)
        sound(world)
        totals = world.accounts[0]
        spent = {name: int(totals[name]) for name in ("grants", "purchases", "loans", "capital", "public_works")}
        assert spent == dict.fromkeys(spent, 0)
        assert ledger.public_outlay(world) == totals.process / 100.0


def test_firms_without_means_or_credit_put_up_no_building():
    def poor(world):
        world.companies.liquidity[:] = 0.0
        world.parameters[0].credit_share = 0.0

    for seed in range(1, 4):
        world = run("none", 24, seed, change=poor, prospect_rate=0.0, build_cost=1100.0)
        sound(world)
        assert (world.projects[: world.counts[0].projects].cost >= 0.0).all()
        started = world.events[: world.counts[0].events]
        assert not ((started.kind == records.EVENT["plan_formed"]) & (started.quarter >= 0)
                    & np.isin(started.threshold, (records.RENOVATE, records.EXPAND_OWN))).any()


def hopeless(world):
    """Give every firm and owner an endless hurdle, and let no new ones come."""
    world.companies.theta[:] = 1e9
    world.parameters[0].prospect_rate = 0.0


@pytest.mark.parametrize("plan", ["none", "demand_driven", "supply_driven"])
def test_with_an_endless_hurdle_no_firm_improves_where_it_stands(plan):
    """Moves to a cheaper site are still made, also from outside: they free money, to which the same premium applies."""
    for seed in (1, 2):
        before = model.prepare(park("typical", 24), seed)
        world = run(plan, 24, seed, "typical", hopeless)
        sound(world)
        assert world.counts[0].projects == before.counts[0].projects
        cases = world.opportunities[: world.counts[0].opportunities]
        assert set(cases.kind[cases.agreed >= 0].tolist()) <= {
            records.MOVE, records.SETTLE, records.RELIEF, records.SWAP}


def test_the_highest_hurdle_allowed_leaves_less_built_than_the_lowest():
    built = {}
    for theta, phi in ((0.02, 0.0), (0.4, 10.0)):
        worlds = [run("none", 24, seed, theta=theta, phi=phi) for seed in range(1, 9)]
        built[phi] = sum(int(world.accounts[0].private_works) for world in worlds)
        for world in worlds:
            sound(world)
    assert built[10.0] < built[0.0]


def test_when_nobody_believes_in_the_others_no_deal_between_firms_is_made():
    """Belief is nought, so whoever has preparation to lose never commits first; with belief, deals are made.

    A prospect that takes premises as they are has nothing to lose, and may come all the same.
    """
    made = {}
    for belief in (0.0, 1.0):
        made[belief] = 0
        for seed in range(1, 6):
            world = run("none", 40, seed, "typical", belief_base=belief, belief_trust=0.0, stance_rate=0.0)
            sound(world)
            for o in range(world.counts[0].opportunities):
                case = world.opportunities[o]
                parties = world.seats[o][: case.n_parties].party
                private = int((parties != records.MUNICIPALITY).sum())
                made[belief] += bool(case.agreed > records.NEVER and case.kind != records.SETTLE and private > 1)
    assert made[0.0] == 0
    assert made[1.0] > 0


def test_a_council_of_one_year_is_elected_every_year():
    world = run(quarters=24, council_term=4.0)
    sound(world)
    rows = world.events[: world.counts[0].events]
    held = rows.quarter[(rows.kind == records.EVENT["election"]) & (rows.quarter >= 0)]
    assert held.tolist() == [4, 8, 12, 16, 20]  # the sitting council serves its year first


def test_without_closures_no_firm_closes():
    closed = {}
    for rate in (0.0, 0.07):
        worlds = [run("none", 40, seed, closure_rate=rate) for seed in range(1, 6)]
        closed[rate] = sum(happened(world, "company_closed") for world in worlds)
        for world in worlds:
            sound(world)
    assert closed[0.0] == 0
    assert closed[0.07] > 0


def test_a_park_in_which_nobody_has_neighbours_goes_on():
    def apart(world):
        world.near[:] = -1
        world.near_weight[:] = 0.0
        world.parcels.n_borders[:] = 0
        world.borders[:] = -1

    for plan in ("none", "demand_driven", "supply_driven"):
        world = run(plan, 24, change=apart, name="rollepaal")
        sound(world)
        cases = world.opportunities[: world.counts[0].opportunities]
        assert not ((cases.kind == records.EXPAND) & (cases.since >= 0)).any()  # next door there is nothing
    neighbours = run("demand_driven", 24, name="rollepaal")
    cases = neighbours.opportunities[: neighbours.counts[0].opportunities]
    assert ((cases.kind == records.EXPAND) & (cases.since >= 0)).any()


def test_another_seller_takes_over_neither_a_promise_nor_a_commitment():
    """A seat that gets another party starts anew, and public money was promised to the old deal."""
    from sim.rules import matching, roles

    brought = 0
    for seed in range(1, 9):
        world = copy_world(run("demand_driven", 40, seed, "vacant_core"))
        for o in range(world.counts[0].opportunities):
            case = world.opportunities[o]
            if case.stage not in (records.FOUND, records.CASE) or case.kind == records.COLLECTIVE:
                continue
            case.grant, case.ask = 50_000.0, 60_000.0
            world.seats[o, 1].committed = True
            before = matching.bring_in_other_party(copy_world(world), o)
            roles.change_party(world, o)
            if before:
                brought += 1
                assert not world.seats[o, 1].committed
                assert case.grant == case.ask == 0.0
    assert brought > 3


def test_a_municipality_that_steps_out_leaves_the_others_at_the_table():
    """Principle 6: what needs no municipality goes on without it, and with nothing of its money."""
    out = 0
    for seed in range(1, 9):
        world = run("demand_driven", 60, seed)
        events = world.events[: world.counts[0].events]
        for event in events[events.kind == records.EVENT["stepped_out"]]:
            later = events[(events.opportunity == event.opportunity) & (events.quarter > event.quarter)]
            assert not np.isin(later.kind, [records.EVENT[name] for name in ("grant_promised", "loan_promised")]).any()
            out += 1
        sound(world)
    assert out > 5
