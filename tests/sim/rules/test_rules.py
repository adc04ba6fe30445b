"""Single rules, worked by hand or by law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import events, ledger, model, records
from sim.rules import ageing, appraisal, bargaining, cases, perception, roles
from sim.world import copy_world
from tests.sim.small_parks import park, strategy

WORLD = model.prepare(park("typical"), 1)
FEW = settings(max_examples=40, deadline=None)


@pytest.fixture
def world():
    return copy_world(WORLD)


def test_a_broken_promise_costs_more_trust_than_a_kept_one_earns(world):
    company = world.companies[0]
    company.trust = 0.5
    perception.gain_trust(world, company)
    gained = company.trust - 0.5
    company.trust = 0.5
    perception.lose_trust(world, company)
    assert gained == pytest.approx(0.05 * 0.5)
    assert 0.5 - company.trust == pytest.approx(0.10 * 0.5)


def test_premises_of_a_pleased_firm_wear_more_slowly_than_vacant_ones(world):
    occupied = int(np.flatnonzero(world.parcels.occupant >= 0)[0])
    parcel = world.parcels[occupied]
    company = world.companies[parcel.occupant]
    company.plan, company.site_quality = records.NO_PLAN, 0.5
    assert ageing.maintenance_share(world, parcel) == pytest.approx(0.4)
    parcel.occupant = -1
    assert ageing.maintenance_share(world, parcel) == pytest.approx(0.1)
    before = parcel.quality
    ageing.wear_park(world)
    assert world.parcels[occupied].quality == pytest.approx(before * math.exp(-0.9 / 140))


@FEW
@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.floats(0, 1))
def test_site_quality_is_a_mean_and_rises_with_every_motive(qualities, lift):
    world = copy_world(WORLD)
    weights = np.array(world.companies[0].weights)
    motives = np.array(qualities)
    low = perception.blend(world, weights, motives, motives[records.PREMISES], True)
    assert motives.min() - 1e-9 <= low <= motives.max() + 1e-9
    better = motives.copy()
    better[records.ACCESS] = max(better[records.ACCESS], lift)
    assert perception.blend(world, weights, better, better[records.PREMISES], True) >= low - 1e-12


def test_a_plain_sum_is_the_limit_of_full_substitution(world):
    weights, motives = np.array(world.companies[3].weights), np.linspace(0.1, 0.9, 8)
    world.parameters[0].substitution = 1.0
    found = perception.blend(world, weights, motives, motives[records.PREMISES], True)
    assert found == pytest.approx(float(weights @ motives))


def test_more_uncertainty_raises_the_hurdle(world):
    company = world.companies[0]
    company.theta, company.uncertainty = 0.10, 0.5
    assert appraisal.premium(world, company) == pytest.approx(0.30)  # a trigger of 1.3 times cost
    company.uncertainty = 0.0
    assert appraisal.premium(world, company) == pytest.approx(0.10)


def _deal(world, n, worths, outlays):
    """Seat ``n`` companies at the table of a made-up opportunity."""
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.key, case.stage, case.n_parties, case.kind = 77, records.CASE, n, records.MOVE
    for k in range(n):
        seat = world.seats[0, k]
        seat.party, seat.role = k, records.BUYER
        seat.worth, seat.outlay, seat.outside, seat.bias, seat.belief = worths[k], outlays[k], 0.0, 0.0, -1.0
        seat.known = seat.stance = seat.committed = False
    case.surplus, case.grant, case.started, case.dropped = float(sum(worths)), 0.0, records.NEVER, False
    return case


@FEW
@given(st.integers(2, 6), st.integers(0, 10**6), st.floats(0, 5e5), st.floats(0, 5e5))
def test_the_division_hands_out_the_surplus_and_money_without_strings_harms_nobody(n, seed, grant, more):
    world = copy_world(WORLD)
    rng = np.random.default_rng(seed)
    case = _deal(world, n, rng.uniform(-1e5, 5e5, n).tolist(), rng.uniform(1e4, 1e6, n).tolist())
    case.surplus = max(case.surplus, 1.0)
    case.grant = grant
    claimed = bargaining.divide(world, 0, True)
    shares = np.array([world.seats[0, k].utility for k in range(n)])
    assert shares.sum() == pytest.approx(case.surplus + grant)
    if claimed <= 1.0:
        assert (shares >= -1e-6).all()
    payments = sum(world.seats[0, k].payment for k in range(n))
    worths = sum(world.seats[0, k].worth for k in range(n))
    assert payments == pytest.approx(case.surplus + grant - worths, abs=1e-3)
    case.grant = grant + more
    bargaining.divide(world, 0, True)
    assert (np.array([world.seats[0, k].utility for k in range(n)]) >= shares - 1e-6).all()


def test_claims_that_exceed_the_whole_are_no_deal(world):
    _deal(world, 2, [1e5, 1e5], [5e5, 5e5])
    for k in range(2):
        world.companies[k].fairness = 1.0
        world.seats[0, k].bias = 0.3
    assert bargaining.divide(world, 0, True) == pytest.approx(1.3)


def test_a_party_commits_only_when_it_believes_the_others_will(world):
    world.parameters[0].stance_rate = 0.0
    case = _deal(world, 2, [1e4, 1e4], [1e6, 1e6])
    bargaining.divide(world, 0, False)
    for k in range(2):
        world.companies[k].trust_others = 0.0
    cases.wait_for_each_other(world, 0)
    # At stake 5 per cent of a million; to gain ten thousand: it needs a belief of 0.83, and has 0.2.
    assert not world.seats[0, 0].committed
    world.seats[0, 1].committed = True
    for _ in range(20):
        cases.wait_for_each_other(world, 0)
    assert world.seats[0, 0].committed
    assert case.started == world.clock[0].quarter


def test_a_push_brings_out_the_truth_also_when_it_is_no(world):
    _deal(world, 2, [1e4, 1e4], [1e5, 1e5])
    world.seats[0, 0].utility, world.seats[0, 1].utility = -5.0, -5.0
    world.strategy[0].candour = 1.0
    before = world.companies[:2].uncertainty.copy()
    roles.push_doubter(world, 0)
    known = [k for k in range(2) if world.seats[0, k].known]
    assert len(known) == 1
    assert not world.seats[0, known[0]].stance
    assert world.companies[known[0]].uncertainty == pytest.approx(max(0.1, before[known[0]] * 0.75))


def test_mediation_halves_every_bias(world):
    _deal(world, 3, [1.0] * 3, [1.0] * 3)
    for k in range(3):
        world.seats[0, k].bias = 0.4
    roles.mediate(world, 0)
    assert [world.seats[0, k].bias for k in range(3)] == pytest.approx([0.2] * 3)


def test_hours_beyond_the_queue_lapse_and_an_unfinished_action_is_saved_up(world):
    model.adopt_strategy(world, strategy("verbinden", "typical"))
    jobs = np.array([[records.VERBINDEN, records.A_CONVERSATION, 0, 8.0, 0, 0.0]] * 3)
    assert roles.work_through(world, jobs, records.VERBINDEN, 20.0) == pytest.approx(4.0)
    assert world.team[0].spent[records.VERBINDEN] == pytest.approx(16.0)
    assert world.team[0].queue[records.VERBINDEN] == pytest.approx(24.0)
    world.team[0].lapsed = 0.0
    assert roles.work_through(world, jobs, records.VERBINDEN, 100.0) == 0.0
    assert world.team[0].lapsed == pytest.approx(76.0)


def test_demand_driven_money_is_bound_to_private_money_and_supply_driven_is_not(world):
    case = _deal(world, 2, [1e5, 1e5], [3e5, 3e5])
    case.works, case.value_seen, case.appraised = 600_000.0, 1e9, True
    for name, most in (("demand_driven", 200_000.0), ("supply_driven", 300_000.0)):
        model.adopt_strategy(world, strategy(name, "typical"))
        world.team[0].budget_left = 1e7
        assert cases.largest_grant(world, 0) == pytest.approx(most)
    model.adopt_strategy(world, strategy("none", "typical"))
    assert cases.largest_grant(world, 0) == 0.0


@FEW
@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5), st.floats(0.01, 1e7), st.integers(0, 13)), max_size=20))
def test_every_payment_is_in_the_books_to_the_cent(payments):
    world = copy_world(WORLD)
    for payer, receiver, euros, purpose in payments:
        ledger.pay(world, payer, receiver, euros, purpose, -1, -1 if receiver != -1 and payer != -1 else 0)
    ledger.reconcile(world)


def test_an_altered_balance_is_found_out(world):
    ledger.pay(world, 0, 1, 100.0, records.LAND, -1, -1)
    world.balances[ledger.account(0)] += 1
    with pytest.raises(ArithmeticError, match="its entries give"):
        ledger.reconcile(world)


def test_receipts_lower_the_outlay_at_most_by_what_was_laid_out_on_that_asset(world):
    ledger.pay(world, records.MUNICIPALITY, 0, 1_000.0, records.LAND, -1, 3)
    ledger.pay(world, 1, records.MUNICIPALITY, 1_500.0, records.LAND, -1, 3)
    assert ledger.public_outlay(world) == pytest.approx(0.0)
    assert world.accounts[0].surplus == 50_000


def test_events_name_what_decided(world):
    events.happen(world, events.PLAN_FORMED, -1, 0, 2, 12.5, 3.0)
    row = world.events[world.counts[0].events - 1]
    assert records.EVENTS[row.kind] == "plan_formed"
    assert (row.value, row.threshold, row.parcel) == (12.5, 3.0, 2)
