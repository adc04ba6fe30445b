"""Loans, guarantees, the redevelopment fund, the intermediary and the levy zone: worked by hand, each with its switch."""

from __future__ import annotations

import numpy as np
import pytest

from sim import ledger, model, outcomes, records
from sim.rules import bargaining, cases, finance, realisation, third_parties
from sim.world import copy_world
from tests.sim.small_parks import park, strategy

WORLD = model.prepare(park("typical"), 1)


@pytest.fixture
def world():
    world = copy_world(WORLD)
    model.adopt_strategy(world, strategy("demand_driven", "typical"))
    return world


def test_a_euro_of_loan_is_worth_what_its_instalments_leave():
    world = copy_world(WORLD)
    p = world.parameters[0]
    p.loan_quarters, p.loan_rate, p.firm_rate = 8, 0.0, 0.08
    present = sum(0.125 / 1.02**k for k in range(1, 9))
    assert finance.worth_of_loan(world, 0.0) == pytest.approx(1.0 - present)
    assert finance.worth_of_loan(world, 0.3) == pytest.approx((1.3 - present) / 1.3)
    assert finance.worth_of_guarantee(world, 0.3, 0.1) == pytest.approx(0.5 * 0.2 / 1.3)


def test_a_loan_is_public_outlay_until_it_comes_back_and_then_it_can_be_lent_again(world):
    world.clock[0].quarter = 2
    world.parameters[0].loan_quarters, world.parameters[0].loan_rate = 8, 0.0
    outlay, budget = ledger.public_outlay(world), world.team[0].budget_left
    private = ledger.private_investment(world)
    finance.lend(world, 0, 0, 80_000.0, False)
    assert ledger.public_outlay(world) == pytest.approx(outlay + 80_000.0)
    assert ledger.private_investment(world) == pytest.approx(private - 80_000.0)
    for quarter in range(3, 11):
        world.clock[0].quarter = quarter
        finance.service_loans(world)
        ledger.reconcile(world)
    assert world.loans[0].outstanding == 0
    assert ledger.public_outlay(world) == pytest.approx(outlay)
    assert world.team[0].budget_left == pytest.approx(budget + 80_000.0)


def test_what_is_owed_and_what_the_fund_is_worth_stand_beside_the_outlay():
    world = fund_world(2_000_000.0)
    world.clock[0].quarter = 1
    assert outcomes.unsold_assets(world) == pytest.approx(2_000_000.0)  # all in cash; more would not count
    finance.lend(world, 0, 0, 80_000.0, False)
    finance.lend(world, 0, 0, 50_000.0, True)
    assert outcomes.unsold_assets(world) == pytest.approx(2_080_000.0)
    world.loans[0].called = True
    assert outcomes.unsold_assets(world) == pytest.approx(2_000_000.0)


def test_a_guarantee_costs_nothing_until_the_firm_closes(world):
    world.clock[0].quarter = 2
    outlay = ledger.public_outlay(world)
    finance.lend(world, 0, 0, 100_000.0, True)
    world.clock[0].quarter = 3
    finance.service_loans(world)
    assert ledger.public_outlay(world) == pytest.approx(outlay)
    left = world.loans[0].outstanding / 100.0
    world.companies[0].state = records.CLOSED
    world.clock[0].quarter = 4
    finance.service_loans(world)
    assert ledger.public_outlay(world) == pytest.approx(outlay + left)
    finance.service_loans(world)
    assert ledger.public_outlay(world) == pytest.approx(outlay + left)  # called once
    ledger.reconcile(world)


def gap_case(world, gap):
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.kind, case.n_parties, case.key, case.works, case.surplus = records.MOVE, 1, 5, 1_000_000.0, -gap
    case.stage, case.appraised, case.value_seen, case.dropped, case.window = records.CASE, True, 1e9, False, False
    case.grant = case.loan = case.guarantee = case.support = case.province = case.ask = 0.0
    case.diligence = False
    seat = world.seats[0, 0]
    seat.party, seat.role, seat.eta = 0, records.BUYER, 0.3
    world.companies[0].theta = 0.1
    world.team[0].budget_left = 1e8
    world.parameters[0].ask_mean = world.parameters[0].ask_sd = 0.0
    return case


@pytest.mark.parametrize("instrument", records.INSTRUMENTS)
def test_the_gap_is_filled_in_the_form_the_strategy_chose(world, instrument):
    case = gap_case(world, 50_000.0)
    world.strategy[0].instrument = records.INSTRUMENTS.index(instrument)
    cases.consider_grant(world, 0)
    worth = finance.worth_of_loan(world, 0.3)
    if instrument == "grant":
        assert case.grant == pytest.approx(50_000.0) and case.support == 0.0
    elif instrument == "loan":
        assert case.loan == pytest.approx(50_000.0 / worth) and case.grant == 0.0
    elif instrument == "guarantee":
        assert case.guarantee == pytest.approx(50_000.0 / finance.worth_of_guarantee(world, 0.3, 0.1), rel=1e-6) or (
            case.guarantee == 0.0 and case.support == 0.0)
    else:
        assert case.loan == pytest.approx(25_000.0 / worth) and case.grant == pytest.approx(25_000.0)
    if instrument != "guarantee":
        assert case.grant + case.support == pytest.approx(50_000.0)


def test_a_loan_too_small_to_close_the_gap_is_not_promised(world):
    case = gap_case(world, 300_000.0)
    world.strategy[0].instrument = records.BY_LOAN
    cases.consider_grant(world, 0)
    assert case.loan == case.support == case.grant == 0.0


def test_earmarked_money_is_out_of_reach_of_a_case(world):
    gap_case(world, 50_000.0)
    world.team[0].budget_left = 100_000.0
    world.strategy[0].earmarked = 0.7
    assert cases.largest_grant(world, 0) == pytest.approx(30_000.0)


def test_an_application_lets_the_province_pay_its_share_while_the_window_is_open(world):
    case = gap_case(world, 50_000.0)
    world.environment[0].window_until = 0
    world.environment[0].window_from[0], world.environment[0].window_to[0] = 0, 8
    world.environment[0].window_part[0] = 0.4
    cases.consider_grant(world, 0)
    assert case.province == 0.0
    before = world.team[0].budget_left
    cases.apply_for_window(world, 0)
    assert case.province == pytest.approx(0.4 * case.grant)
    assert world.team[0].budget_left == pytest.approx(before + case.province)


# --- the redevelopment company ------------------------------------------------------------------------------------------


def fund_world(capital):
    world = copy_world(WORLD)
    record = strategy("demand_driven", "typical")
    record[0].fund_capital = capital
    model.adopt_strategy(world, record)
    third_parties.fill_fund(world)
    return world


def a_long_vacant_site(world):
    parcels = world.parcels[: world.counts[0].parcels]
    j = int(np.flatnonzero((parcels.occupant < 0) & parcels.live & (parcels.owner != records.MUNICIPALITY))[0])
    for k in range(world.counts[0].parcels):
        world.parcels[k].vacant_since = records.NEVER if k != j else -40
    site = world.parcels[j]
    site.reserved = site.opportunity = -1
    site.building_until = records.NEVER
    site.soil_cost, site.utility = 0, 0.0
    return j


def test_the_funds_capital_counts_once_and_what_it_builds_is_neither_public_again_nor_private():
    world = fund_world(5_000_000.0)
    outlay, private = ledger.public_outlay(world), ledger.private_investment(world)
    assert outlay == pytest.approx(5_000_000.0)
    j = a_long_vacant_site(world)
    third_parties.redevelop_sites(world)
    assert world.parcels[j].owner == world.organisation[0].fund
    assert third_parties.fund_cash(world) < 5_000_000.0
    assert ledger.public_outlay(world) == pytest.approx(outlay)
    assert ledger.private_investment(world) == pytest.approx(private)
    ledger.reconcile(world)


def test_a_fund_runs_dry():
    world = fund_world(1_000.0)
    a_long_vacant_site(world)
    third_parties.redevelop_sites(world)
    kinds = world.events.kind[: world.counts[0].events]
    assert (kinds == records.EVENT["fund_dry"]).any() and not (kinds == records.EVENT["fund_bought"]).any()


def test_without_capital_there_is_no_redevelopment_company(world):
    before = int(world.counts[0].entries)
    world.clock[0].quarter = 2
    third_parties.let_third_parties_work(world)
    assert world.counts[0].entries == before


# --- levy zone and intermediary -----------------------------------------------------------------------------------------


def test_a_majority_binds_all_and_everybody_pays(world):
    world.clock[0].quarter = 4
    world.parameters[0].levy_per_job = 10.0
    third_parties.hold_vote(world)
    sitting = world.companies[: world.counts[0].companies].state == records.SITTING
    assert world.organisation[0].levy_until == 24
    assert world.companies[: world.counts[0].companies].member[sitting].all()
    outlay, private = ledger.public_outlay(world), ledger.private_investment(world)
    third_parties.collect_levy(world)
    jobs = world.companies[: world.counts[0].companies].jobs[sitting].sum()
    assert world.accounts[0].levies / 100.0 == pytest.approx(0.25 * 10.0 * jobs, rel=1e-3)
    assert ledger.public_outlay(world) == outlay and ledger.private_investment(world) == private
    ledger.reconcile(world)


def test_a_levy_that_is_dearer_than_it_brings_is_voted_down(world):
    world.clock[0].quarter = 4
    world.parameters[0].levy_per_job = 500.0
    world.parameters[0].services_gain = 0.0
    world.parameters[0].beta = 0.01
    third_parties.hold_vote(world)
    assert world.organisation[0].levy_until == records.NEVER


@pytest.mark.parametrize(("style", "works", "hired"), [(0.5, 2e6, True), (0.5, 1e5, False), (0.1, 2e6, False)])
def test_an_intermediary_is_hired_where_scale_and_climate_allow(world, style, works, hired):
    case = gap_case(world, 1.0)
    case.works = works
    world.environment[0].style = world.environment[0].style_results = style
    third_parties.hire_intermediary(world)
    assert (world.organisation[0].intermediary_until > 0) == hired
    assert (world.accounts[0].process > 0) == hired


# --- other parts of a case ----------------------------------------------------------------------------------------------


def test_complex_works_take_longer_under_the_old_regime_than_under_the_act(world):
    lengths = {}
    for act in (1.0, 0.0):
        world.parameters[0].environment_act, world.parameters[0].objection_chance = act, 0.0
        total = 0
        for key in range(1, 301):
            case = gap_case(world, 1.0)
            case.key, case.clean, case.parcel = np.uint64(key), 1.0, -1
            total += realisation.permit_length(world, 0)
        lengths[act] = total / 300
    assert lengths[0.0] == 3.0
    assert lengths[1.0] == pytest.approx(1.0 + 0.15 * 2.0, abs=0.15)


def test_the_value_case_is_the_sum_of_its_lines_weighed_by_the_council(world):
    case = gap_case(world, 1.0)
    case.demand, case.parcel, case.clean, case.land = 0, world.companies[0].parcel, 100_000.0, 1_000.0
    case.new_floor = case.renovate = 0.0
    world.organisation[0].weights[:] = 1.0
    even = bargaining.societal_value(world, 0)
    assert case.lines[records.V_SOIL] == pytest.approx(50_000.0)
    assert even == pytest.approx(case.lines.sum())
    world.organisation[0].weights[records.V_SOIL] = 3.0
    assert bargaining.societal_value(world, 0) == pytest.approx(even + 100_000.0)


def test_public_space_is_public_and_shared_energy_is_paid_by_who_shares_it(world):
    case = gap_case(world, 1.0)
    case.kind, case.segment = records.COLLECTIVE, 0
    world.strategy[0].private_ratio, world.strategy[0].max_public_share = 0.0, 0.5
    case.theme = records.PUBLIC_SPACE
    assert cases.largest_grant(world, 0) == pytest.approx(0.8 * case.works)
    case.theme = records.SHARED_ENERGY
    assert cases.largest_grant(world, 0) == pytest.approx(0.5 * case.works)
