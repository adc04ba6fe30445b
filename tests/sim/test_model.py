"""One park through time: conservation, common random numbers, and what no bottleneck means."""

from __future__ import annotations

import numpy as np
import pytest

from sim import ledger, model, outcomes, records
from sim.inputs.strategy import list_strategies
from sim.world import copy_world
from tests.sim.small_parks import park, same, strategy


def step_and_check(name: str, strategy_name: str, seed: int) -> None:
    world = copy_world(model.prepare(park(name), seed))
    model.adopt_strategy(world, strategy(strategy_name, name))
    cells = (world.cell_kind != records.OUTSIDE).sum()
    firms = int(world.counts[0].companies)
    while world.clock[0].quarter < world.clock[0].horizon:
        world = model.run_until(world, int(world.clock[0].quarter) + 1)
        ledger.reconcile(world)
        assert (world.cell_kind != records.OUTSIDE).sum() == cells
        live = world.parcels[: world.counts[0].parcels]
        live = live[live.live]
        owned = np.bincount(world.cell_parcel[world.cell_parcel >= 0], minlength=world.counts[0].parcels)
        assert live.cells.sum() == owned.sum() == (world.cell_kind == records.PLOT).sum()
        table = world.companies[: world.counts[0].companies]
        sitting = np.flatnonzero(table.state == records.SITTING)
        # Nobody is in two places, and every occupant is where its parcel says.
        assert len(set(table.parcel[sitting].tolist())) == sitting.size
        assert (world.parcels.occupant[table.parcel[sitting]] == sitting).all()
        assert world.counts[0].companies >= firms
        assert ledger.public_outlay(world) >= 0.0


@pytest.mark.parametrize("strategy_name", ["none", "supply_driven", "demand_driven"])
@pytest.mark.parametrize("name", ["small_village", "rollepaal", "vacant_core"])
def test_euros_cells_and_companies_balance_every_quarter(name, strategy_name):
    step_and_check(name, strategy_name, 3)


def test_a_run_is_the_same_to_the_bit_when_it_is_run_again():
    world = model.prepare(park(), 5)
    assert same(model.simulate(world, strategy("demand_driven")), model.simulate(world, strategy("demand_driven")))
    assert same(world, model.prepare(park(), 5))


def test_another_seed_is_another_run():
    assert not same(model.prepare(park(), 5), model.prepare(park(), 6))


def test_two_strategies_meet_the_same_region_tempers_and_prospects():
    world = model.prepare(park("typical"), 2)
    none = model.simulate(world, strategy("none", "typical"))
    demand = model.simulate(world, strategy("demand_driven", "typical"))
    activity = outcomes.INDICATORS.index("activity")
    assert np.array_equal(none.indicators[:24, activity], demand.indicators[:24, activity])
    first = world.counts[0].companies
    for field in ("theta", "fairness", "weights", "sector", "growth"):
        assert np.array_equal(none.companies[field][:first], demand.companies[field][:first])
    # Closures follow the firm, not the strategy: whoever closed in one, closed in the other in the same quarter.
    assert np.array_equal(none.companies.state[:first] == records.CLOSED, demand.companies.state[:first] == records.CLOSED)
    arrived = {int(c.key): (c.jobs, c.theta) for c in none.companies[first : none.counts[0].companies]}
    others = {int(c.key): (c.jobs, c.theta) for c in demand.companies[first : demand.counts[0].companies]}
    both = arrived.keys() & others.keys()
    assert len(both) > 0.7 * max(len(arrived), len(others))
    assert all(arrived[key][1] == others[key][1] for key in both)


def test_a_strategy_without_effort_or_money_is_the_twin():
    world = model.prepare(park(), 4)
    idle = strategy("demand_driven")
    idle[0].fte = 0.0
    idle[0].approach = records.NO_APPROACH
    twin, run = model.simulate(world, strategy("none")), model.simulate(world, idle)
    assert outcomes.measure(run) == pytest.approx(outcomes.measure(twin), nan_ok=True, abs=0)


def test_nothing_changes_before_the_first_action_of_a_role():
    world = model.prepare(park("typical"), 7)
    without, with_ = copy_world(world), copy_world(world)
    model.adopt_strategy(without, strategy("none", "typical"))
    tied = strategy("demand_driven", "typical")
    tied[0].budget = 0.0
    tied[0].competence[:] = 0.0  # every action fails: no effect, and harm only one time in ten
    model.adopt_strategy(with_, tied)
    without, with_ = model.run_until(without, 1), model.run_until(with_, 1)
    assert with_.team[0].actions.sum() > 0
    assert np.array_equal(without.companies.plan, with_.companies.plan)
    assert np.array_equal(without.parcels.quality, with_.parcels.quality)
    # Nothing was told, matched or promised; only a failed talk may have cost a little trust.
    assert np.array_equal(without.companies.known_until, with_.companies.known_until)
    assert without.counts[0].opportunities == with_.counts[0].opportunities


def test_without_bottlenecks_the_roles_change_little_but_their_own_cost():
    # Full knowledge, full trust, no uncertainty, no stalls, steps decided at once: nothing left to relieve.
    place = park("small_village")
    parameters = place.parameters.copy()
    p = parameters[0]
    for name, value in {"broker_rate": 1.0, "border_talk": 1.0, "stance_rate": 1.0, "step_rate": 1.0, "stall_chance": 0.0,
                        "uncertainty_base": 0.0, "uncertainty_cycle": 0.0, "uncertainty_break": 0.0, "trust_start": 1.0,
                        "trust_loss": 0.0, "bias_max": 0.0, "overrun_build": 0.0, "search_rate": 1.0,
                        "collective_rate": 1.0, "works_slip": 0.0, "uncertainty_floor": 0.0,
                        "failed_talk_harm": 0.0, "uncertainty_completion": 0.0}.items():
        p[name] = value
    free = model.Park("free", place.plan, 24, parameters)
    effort = strategy("aanjagen")
    effort[0].budget = 0.0
    effort[0].principles[:] = 0
    gaps, spread = [], []
    for seed in range(1, 9):
        world = model.prepare(free, seed)
        world.companies.trust[:] = world.companies.trust_others[:] = world.companies.trust_base[:] = 1.0
        world.companies.uncertainty[:] = world.owners.uncertainty[:] = 0.0
        twin, run = model.simulate(world, strategy("none")), model.simulate(world, effort)
        # Nothing stalls and nobody overstates, so those two roles have no queue at all.
        assert run.team[0].actions[records.A_TASK] == 0
        assert run.team[0].actions[records.A_MEDIATION] == 0
        gaps.append(outcomes.measure(run)["vitality_core"] - outcomes.measure(twin)["vitality_core"])
        spread.append(outcomes.measure(twin)["vitality_core"])
    assert abs(np.mean(gaps)) < np.std(spread)


def test_a_table_that_fills_up_changes_no_number():
    world = model.prepare(park("typical"), 9)
    roomy = model.grow(model.grow(world, "events"), "opportunities")
    assert outcomes.measure(model.simulate(world, strategy("demand_driven", "typical"))) == pytest.approx(
        outcomes.measure(model.simulate(roomy, strategy("demand_driven", "typical"))), nan_ok=True, abs=0)


@pytest.mark.parametrize("name", list_strategies())
def test_every_shipped_strategy_acts_only_as_far_as_it_has_a_team(name):
    run = model.simulate(model.prepare(park(), 1), strategy(name))
    if name == "none":
        assert run.team[0].actions.sum() == 0
        assert ledger.public_outlay(run) == 0.0
    else:
        assert run.team[0].actions.sum() > 0
        # Process hours are paid whether used or not; an intermediary's come on top.
        team = 0.5 * 120_000 * 6 * 100
        hired = 100 * 60 * 130 * sum(
            run.organisation[0].intermediary_until > 0 and name == "third_parties" for _ in range(24))
        assert team - 1 <= run.accounts[0].process <= team + hired + 1


def test_shares_of_hours_follow_the_mix():
    spent = {}
    for name in ("verbinden", "regisseren"):
        run = model.simulate(model.prepare(park("typical"), 1), strategy(name, "typical"))
        spent[name] = run.indicators[:24, outcomes.INDICATORS.index("spent_verbinden")].mean()
    assert spent["verbinden"] > 1.5 * spent["regisseren"]
