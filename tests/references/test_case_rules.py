"""Rules of a case under way, against what the description says: worked examples and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim import events, records
from sim.rules import cases, finance, matching
from tests.references.case_tables import acting, one_case, sitting
from tests.references.worlds import draw_parameters, fresh, plain_parameters

SAMPLES = 300


# --- public money ----------------------------------------------------------------------------------------------------


def test_half_as_a_loan_and_the_rest_as_a_grant_within_the_same_limits():
    rng, world, cut = np.random.default_rng(4), acting(), 0
    world.strategy[0].instrument = records.BY_MIX
    case = one_case(world, records.MOVE, [(0, records.BUYER)])
    for _ in range(SAMPLES):
        draw_parameters(world, rng, "loan_rate", "firm_rate")
        seat = world.seats[0, 0]
        seat.eta, seat.party, case.kind = rng.uniform(0.0, 1.5), 0, records.MOVE
        grant, case.loan, case.support = rng.uniform(1e4, 1e6), 0.0, 0.0
        most = grant * rng.uniform(1.0, 3.0)
        rate = finance.worth_of_loan(world, seat.eta)
        left = cases.fill_by_loan_or_guarantee(world, 0, grant, most)
        if rate <= 0.01:
            assert (left, case.loan) == (grant, 0.0)
            continue
        loan = 0.5 * min(grant / rate, most)
        # Loan and the grant that is left are public money together; each euro of loan spares `rate` of grant.
        room = (most - grant) / (1.0 - rate) if rate < 1.0 else math.inf
        cut += room < loan
        loan = min(loan, room)
        assert case.loan == pytest.approx(loan, rel=1e-9) and case.support == pytest.approx(rate * loan, rel=1e-9)
        assert left == pytest.approx(max(0.0, grant - rate * loan), rel=1e-9, abs=1e-6)
        assert left + case.loan <= most * (1.0 + 1e-9)
    assert cut > 20
    for change in ("collective", "owner"):
        case.kind = records.COLLECTIVE if change == "collective" else records.MOVE
        world.seats[0, 0].party, case.loan = (0 if change == "collective" else -2), 0.0
        assert cases.fill_by_loan_or_guarantee(world, 0, 1e5, 2e5) == 1e5 and case.loan == 0.0


# --- how long, how far, when to stop ---------------------------------------------------------------------------------


def test_in_how_many_quarters_delivery_is_expected():
    world = fresh()
    p = plain_parameters(world)
    small = 2 + p["permit_quarters"] + p["build_quarters"]
    expected = [
        ({}, small), ({"new_floor": 3_000.0}, small),
        ({"new_floor": 3_001.0}, small - p["build_quarters"] + p["build_quarters_large"]),
        ({"clean": 1.0}, small + p["clean_quarters"]), ({"utility": 1.0}, small + p["utility_quarters"]),
        ({"road_cells": 1}, small + p["plan_change_quarters"]),
        ({"kind": records.REDEVELOP, "clean": 5.0}, small + p["plan_change_quarters"] + p["clean_quarters"]),
        ({"kind": records.COLLECTIVE, "clean": 5.0}, p["works_quarters"] + 1),
    ]
    for changes, quarters in expected:
        case = one_case(world)
        case.clean = case.utility = case.new_floor = 0.0
        case.road_cells = 0
        for name, value in changes.items():
            setattr(case, name, value)
        assert cases.expected_quarters(world, 0) == quarters, changes


def test_the_municipality_leaves_just_beyond_the_limits_that_it_set_and_only_where_it_takes_part():
    world = acting()
    plan, clock = world.strategy[0], world.clock[0]
    plan.principles[records.EXIT], plan.exit_rounds, plan.exit_quarters, plan.exit_euros = 1, 3, 12, 5e5

    def leaves(**changes):
        case = one_case(world, records.MOVE, [(0, records.BUYER), (-2, records.SELLER)])
        case.slotted, case.no_gos, case.ask, case.since = clock.quarter, 0, 0.0, clock.quarter
        case.grant = case.support = 0.0
        case.dropped, case.origin = False, 1
        for name, value in changes.items():
            setattr(case, name, value)
        return bool(cases.municipality_leaves(world, 0))

    assert not leaves() and leaves(no_gos=3) and not leaves(no_gos=2)
    assert leaves(since=clock.quarter - 13) and not leaves(since=clock.quarter - 12)
    assert leaves(ask=5e5 + 1.0) and not leaves(ask=5e5)
    assert not leaves(no_gos=3, dropped=True) and not leaves(no_gos=3, slotted=records.NEVER)
    for takes_part in ({"pushed": 0}, {"mediated": 0}, {"grant": 1.0}, {"support": 1.0}, {"origin": 3}):
        assert leaves(no_gos=3, slotted=records.NEVER, **takes_part), takes_part
    plan.principles[records.EXIT] = 0
    assert not leaves(no_gos=3)
    plan.principles[records.EXIT], plan.fte = 1, 0.0
    assert not leaves(no_gos=3)


def test_a_municipality_at_the_table_takes_part():
    world = fresh()
    one_case(world, records.COLLECTIVE, [(0, records.PARTICIPANT), (records.MUNICIPALITY, records.PUBLIC)])
    assert cases.municipality_is_in(world, 0)
    one_case(world, records.MOVE, [(0, records.BUYER), (-2, records.SELLER)])
    assert not cases.municipality_is_in(world, 0)


def test_a_firm_stays_on_the_site_unless_it_means_to_leave_or_the_site_is_its_own():
    world = fresh()
    buyer, other = sitting(world, 2)
    case = one_case(world, records.MOVE, [(buyer, records.BUYER), (-2, records.SELLER)])
    case.demand, case.parcel = buyer, int(world.companies[other].parcel)
    for plan in (records.NO_PLAN, records.RENOVATE, records.MOVE_WITHIN, records.MOVE_AWAY):
        world.companies[other].plan = plan
        assert cases.occupant_stays(world, 0) == (plan in (records.NO_PLAN, records.RENOVATE)), plan
    world.companies[other].plan = records.NO_PLAN
    case.second = 0
    assert not cases.occupant_stays(world, 0)  # premises that change hands both ways
    case.second, case.parcel = -1, int(world.companies[buyer].parcel)
    assert not cases.occupant_stays(world, 0)
    world.parcels[case.parcel].occupant = -1
    assert not cases.occupant_stays(world, 0)


@pytest.mark.parametrize("reason", [events.LEFT_WAITING, events.LEFT_EXIT_RULE, events.LEFT_ADVISED])
def test_who_had_committed_feels_the_end_of_a_case_and_all_that_it_held_comes_free(reason):
    world, in_town = fresh(), reason != events.LEFT_WAITING
    first, second = sitting(world, 2)
    case = one_case(world, records.MOVE, [(first, records.BUYER), (second, records.BUYER), (-2, records.SELLER)])
    later = matching.new_opportunity(world, records.MOVE, np.uint64(99))
    world.opportunities[later].previous = 0
    case.parcel, case.segment, case.started = 5, 0, records.NEVER
    case.second = int(world.companies[second].parcel)
    mine = [int(world.companies[i].parcel) for i in (first, second)]
    for j in (5, *mine):
        world.parcels[j].opportunity = 0
    world.segments[0].measure = 0
    for i in (first, second):
        world.companies[i].trust = world.companies[i].trust_others = 0.5
        world.companies[i].opportunity = 0
    world.companies[second].opportunity = 7  # by now in another one
    world.seats[0, 0].committed = True
    lost = 0.5 * (1.0 - plain_parameters(world)["trust_loss"])
    exited = int(world.accounts[0].exited)
    cases.leave_case(world, 0, reason)
    assert world.companies[first].trust == pytest.approx(lost if in_town else 0.5)
    assert world.companies[first].trust_others == pytest.approx(0.5 if in_town else lost)
    assert (world.companies[second].trust, world.companies[second].trust_others) == (0.5, 0.5)
    assert (world.companies[first].opportunity, world.companies[second].opportunity) == (-1, 7)
    assert [int(world.parcels[j].opportunity) for j in (5, *mine)] == [-1, -1, -1]
    assert world.segments[0].measure == -1
    assert (case.stage, case.reason, case.stage_since) == (records.LEFT, reason, world.clock[0].quarter)
    assert world.accounts[0].exited == exited + (world.clock[0].quarter >= 0)
    assert (world.opportunities[later].previous, world.opportunities[later].broken_links) == (-1, 1)


def test_a_case_does_not_free_what_another_holds():
    world = fresh()
    case = one_case(world, records.MOVE, [(0, records.BUYER), (-2, records.SELLER)])
    case.parcel, case.segment = 5, 0
    world.parcels[5].opportunity, world.segments[0].measure = 3, 3
    cases.release_claims(world, 0)
    assert (world.parcels[5].opportunity, world.segments[0].measure) == (3, 3)


def test_a_loan_or_guarantee_too_small_to_close_the_gap_leaves_nothing_promised():
    world = acting()
    case = one_case(world, records.MOVE, [(0, records.BUYER)])
    for instrument in (records.BY_LOAN, records.BY_GUARANTEE):
        world.strategy[0].instrument, case.gap = instrument, 9e4
        world.seats[0, 0].eta, world.companies[0].theta = 0.3, 0.1
        assert cases.fill_by_loan_or_guarantee(world, 0, 1e5, 1.0e5) == 0.0
        assert case.loan == case.guarantee == case.support == 0.0


def test_each_reason_alone_is_enough_for_no_public_money():
    world = acting()
    case, plan = one_case(world, records.MOVE, [(0, records.BUYER)]), world.strategy[0]
    plan.principles[records.SOCIETAL_VALUE], world.team[0].budget_left, approach = 0, 1e6, int(plan.approach)
    case.works, case.appraised = 1e5, True
    assert cases.largest_grant(world, 0) > 0.0
    case.dropped = True
    assert cases.largest_grant(world, 0) == 0.0
    case.dropped, case.appraised = False, False
    assert cases.largest_grant(world, 0) == 0.0
    case.appraised, plan.approach = True, records.NO_APPROACH
    assert cases.largest_grant(world, 0) == 0.0
    plan.approach, world.clock[0].acting = approach, False
    assert cases.largest_grant(world, 0) == 0.0


def test_parties_find_an_open_subsidy_themselves_once_and_only_where_there_is_work_to_pay():
    def applied(*, rate=1.0, works=1e5, opens=True, acts=True, has=False):
        world = acting()
        case = one_case(world, records.MOVE, [(0, records.BUYER)])
        world.parameters[0].apply_rate, case.works, case.window = rate, works, has
        world.environment[0].window_until = world.clock[0].quarter + (2 if opens else 0)
        world.clock[0].acting, world.counts[0].events = acts, 0
        cases.parties_apply(world, 0)
        return bool(case.window), int(world.counts[0].events)

    assert applied() == (True, 1)
    assert applied(has=True) == (True, 0)
    assert applied(rate=0.0) == applied(works=0.0) == applied(opens=False) == applied(acts=False) == (False, 0)


def test_a_stance_is_yes_only_above_nothing_and_who_commits_has_money_at_hand():
    world = fresh()
    p = world.parameters[0]
    p.stance_rate, p.waiting, p.belief_speed = 1.0, 0.0, 1.0
    case = one_case(world, records.MOVE, [(0, records.BUYER), (3, records.BUYER), (4, records.BUYER), (-2, records.SELLER),
                                          (records.MUNICIPALITY, records.PUBLIC)])  # fmt: skip
    world.companies.readiness[:] = 0.0
    for k, utility in enumerate((5.0, 0.0, -0.5, 2.0)):
        world.seats[0, k].utility, world.seats[0, k].outlay = utility, 1e4
    case.started = records.NEVER
    cases.wait_for_each_other(world, 0)
    seats = [world.seats[0, k] for k in range(5)]
    assert [bool(seat.known) for seat in seats] == [True] * 5
    assert [bool(seat.stance) for seat in seats] == [True, False, False, True, True]
    assert [bool(seat.committed) for seat in seats] == [True, False, False, True, True]
    assert [float(world.companies[i].readiness[records.MONEY]) for i in (0, 1, 2, 3, 4)] == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert case.started == world.clock[0].quarter
    world.seats[0, 1].utility = 1.0
    cases.wait_for_each_other(world, 0)
    assert world.companies[3].readiness[records.MONEY] == 1.0 and world.seats[0, 1].stance
    world.seats[0, 0].utility = -1.0
    world.companies.trust_others[:] = 0.5
    cases.wait_for_each_other(world, 0)
    assert not world.seats[0, 0].committed
    felt = [float(world.companies[i].trust_others) < 0.5 for i in (0, 3, 4)]
    assert felt == [False, True, False]  # who withdrew, who had committed, who had not
