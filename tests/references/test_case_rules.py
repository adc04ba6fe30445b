"""Rules of single cases and of how they come about, against what the description says: worked examples and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim import draws, events, model, records
from sim.rules import appraisal, bargaining, cases, finance, matching
from tests.references.worlds import draw_company, draw_parameters, draw_parcel, fresh, plain_parameters
from tests.sim.small_parks import strategy

SAMPLES = 300


def one_case(world, kind=records.MOVE, parties=()):
    """Put an empty case in row 0 with these (party, role) at its table; return it."""
    empty(world)
    row = matching.new_opportunity(world, kind, np.uint64(12345))
    case = world.opportunities[row]
    for party, role in parties:
        matching.seat_party(world, row, party, role)
    return case


def empty(world):
    """Take every case off the table, with all that was written in its row."""
    world.counts[0].opportunities = 0
    world.opportunities[:] = np.zeros(1, world.opportunities.dtype)
    world.seats[:] = np.zeros(1, world.seats.dtype)


def sitting(world, n):
    """Return the rows of the first ``n`` firms with premises."""
    return np.flatnonzero(world.companies.state[: world.counts[0].companies] == records.SITTING)[:n].tolist()


def acting(plan="demand_driven"):
    world = fresh()
    model.adopt_strategy(world, strategy(plan))
    return world


# --- what a case is worth to each party ------------------------------------------------------------------------------


def test_a_site_is_worth_what_the_firm_would_pay_and_its_owner_gives_up_what_it_would_not_sell_below():
    rng, world, built = np.random.default_rng(1), fresh(), 0
    buyer, home, site = 0, 0, 1
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, "transfer_cost", "land_price", "build_cost", "phi", "moving_cost", "moving_loss")
        draw_company(world, buyer, rng)
        company, plot = world.companies[buyer], world.parcels[site]
        company.parcel, company.plan, company.plan_value = home, records.MOVE_AWAY, rng.uniform(-1e5, 1e6)
        need = company.jobs * company.space_per_job
        draw_parcel(world, home, rng, need)
        draw_parcel(world, site, rng, need)
        plot.floor *= rng.uniform() < 0.5
        plot.utility = 70_000.0
        case = one_case(world, records.MOVE, [(buyer, records.BUYER), (-2, records.SELLER)])
        case.demand, case.parcel = buyer, site
        offer = appraisal.best_offer(world, company, plot, 0.0)
        assert bargaining.value_site(world, 0) == offer.feasible
        if not offer.feasible:
            continue
        built += offer.new_floor > 0.0
        main = 70_000.0 * (offer.new_floor > 0.0)  # a main is in the way of what is built only
        eta = company.theta * (1.0 + p["phi"] * company.uncertainty)
        seat, seller = world.seats[0, 0], world.seats[0, 1]
        moving = p["moving_cost"] * need + p["moving_loss"] * company.turnover
        assert seat.worth == pytest.approx(offer.worth / (1.0 + p["transfer_cost"]) - main, rel=1e-9)
        assert seat.outlay == pytest.approx(offer.works + main + moving, rel=1e-9)
        assert seat.outside == pytest.approx(max(0.0, company.plan_value) / (1.0 + eta) / (1.0 + p["transfer_cost"]), rel=1e-9)
        assert (case.works, case.utility) == pytest.approx((offer.works + main, main))
        assert (case.new_floor, case.land, case.clean, case.demolish, case.renovate, case.hoped) == pytest.approx(
            (offer.new_floor, offer.land, offer.clean, offer.demolish, offer.renovate, offer.quality))
        least = matching.reservation_price(world, site, offer.land / plot.area)
        assert (seller.worth, seller.outlay, seller.outside) == pytest.approx((-least, least, 0.0))
        assert bargaining.joint_surplus(world, 0) == pytest.approx(seat.worth - seat.outside - least)
        company.plan = records.MOVE_WITHIN
        bargaining.value_site(world, 0)
        assert world.seats[0, 0].outside == 0.0
    assert 20 < built < SAMPLES


def test_growing_across_a_road_pays_for_land_road_and_what_stands_there():
    rng, world, possible = np.random.default_rng(2), fresh(), 0
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, "transfer_cost", "land_price", "build_cost", "phi", "road_cost", "demolition_cost")
        draw_company(world, 0, rng)
        company, home, plot = world.companies[0], world.parcels[0], world.parcels[1]
        company.parcel, company.liquidity = 0, 1e8
        draw_parcel(world, 0, rng, 0.6 * company.jobs * company.space_per_job)
        plot.floor, plot.soil_cost, plot.utility = rng.uniform(0.0, 500.0), int(rng.integers(0, 10_000_000)), 30_000.0
        case = one_case(world, records.SWAP, [(0, records.BUYER), (-2, records.SELLER), (2, records.LAND_GIVER),
                                              (records.MUNICIPALITY, records.PUBLIC)])  # fmt: skip
        case.demand, case.parcel, case.road_cells, case.old_cells = 0, 1, 4, 3
        world.seats[0, 1].land, world.seats[0, 2].land = 25.0, 50.0
        cell = world.grid[0].cell_m ** 2
        land, share = matching.land_wanted(world, company, home, plot)
        if not bargaining.value_expansion(world, 0):
            continue
        possible += 1
        clean = plot.soil_cost / 100.0 * share
        worth, _, floor, cost = appraisal.appraise_expansion(world, company, home, land + 3 * cell, clean)
        extra = p["demolition_cost"] * plot.floor + p["road_cost"] * 4 * cell + 30_000.0
        seats = [world.seats[0, k] for k in range(4)]
        least = matching.reservation_price(world, 1, share)
        gives = p["land_price"] * 50.0
        road = 0.9 * p["land_price"] * 3 * cell
        assert seats[0].worth == pytest.approx(worth / (1.0 + p["transfer_cost"]) - extra, rel=1e-9)
        assert (seats[0].outlay, seats[0].outside) == pytest.approx((cost + extra, 0.0))
        assert seats[0].eta == pytest.approx(company.theta * (1.0 + p["phi"] * company.uncertainty))
        assert (seats[1].worth, seats[1].outlay) == pytest.approx((-least - 1.1 * p["land_price"] * 25.0, least))
        assert (seats[2].worth, seats[2].outlay, seats[2].outside) == pytest.approx((-1.1 * gives, gives, 0.0))
        assert (seats[3].worth, seats[3].outlay) == pytest.approx((-road, road))
        assert (case.works, case.new_floor, case.land, case.clean, case.utility) == pytest.approx(
            (cost + extra, floor, land, clean, 30_000.0))
        assert case.demolish == pytest.approx(p["demolition_cost"] * plot.floor) and case.renovate == 0.0
    assert possible > 50


def test_in_a_ring_each_gives_its_own_premises_for_those_of_the_next():
    rng, world, possible = np.random.default_rng(3), fresh(), 0
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, "transfer_cost", "land_price", "phi", "renovation_cost")
        for i in range(3):
            draw_company(world, i, rng)
            world.companies[i].parcel, world.companies[i].jobs, world.companies[i].space_per_job = i, 20.0, 80.0
            draw_parcel(world, i, rng, 1_600.0)
            world.parcels[i].area = world.parcels[i].floor / 0.6
        case = one_case(world, records.SWAP, [(i, records.BUYER) for i in range(3)])
        case.demand, case.second, case.parcel = 0, 0, 1
        offers = [appraisal.best_offer(world, world.companies[i], world.parcels[(i + 1) % 3], 0.0) for i in range(3)]
        whole = all(offer.feasible and offer.land >= world.parcels[(i + 1) % 3].area for i, offer in enumerate(offers))
        assert bargaining.value_exchange(world, 0) == whole
        if not whole:
            continue
        possible += 1
        for i, offer in enumerate(offers):
            own, seat = world.parcels[i], world.seats[0, i]
            value = own.area * p["land_price"] + own.floor * p["value_built"] * own.quality
            assert seat.worth == pytest.approx(offer.worth / (1.0 + p["transfer_cost"]) - value, rel=1e-9, abs=1e-3)
            assert seat.outlay == pytest.approx(offer.works + appraisal.cost_of_moving(world, world.companies[i]))
            assert (seat.outside, seat.works) == (0.0, offer.works)
        for name in ("works", "renovate", "new_floor"):
            assert getattr(case, name) == pytest.approx(sum(getattr(offer, name) for offer in offers))
    assert possible > 20


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


# --- how word gets round, and measures come up -----------------------------------------------------------------------


def searching(world):
    """Let the first six firms look for another site, and nobody else; return their rows."""
    rows = sitting(world, 6)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        company.plan, company.opportunity, company.reserved, company.project = records.NO_PLAN, -1, -1, -1
        company.introduced, company.border, company.key_figure = 0, -1, False
        if company.state == records.PROSPECT:
            company.opportunity = 0
    for i in rows:
        world.companies[i].plan = records.MOVE_WITHIN
    return rows


def test_a_broker_takes_up_as_many_as_its_rate_and_more_where_a_map_is_up_to_date():
    world = fresh()
    p, quarter = world.parameters[0], int(world.clock[0].quarter)
    p.border_talk, p.map_reach = 0.0, 2.0
    for rate, map_at, share in ((0.0, records.NEVER, 0), (1.0, records.NEVER, 6), (0.5, quarter, 6), (0.5, quarter - 3, 6),
                                (0.5, quarter - 4, None), (0.5, records.NEVER, None)):  # fmt: skip
        rows = searching(world)
        p.broker_rate, world.process[0].map_at = rate, map_at
        drawn = [draws.uniform(world.clock[0].seed, draws.BROKER, quarter, world.companies[i].key, 0) < rate for i in rows]
        matching.spread_word(world)
        found = [int(world.companies[i].introduced) for i in rows]
        assert found == ([share // 6] * 6 if share is not None else [int(one) for one in drawn]), (rate, map_at)
        assert world.environment[0].word == sum(found)
        assert not world.companies.introduced.sum() - sum(found)


def test_neighbours_talk_over_the_fence_of_land_that_is_free_and_key_figures_twice_as_often():
    world = fresh()
    p, quarter = world.parameters[0], int(world.clock[0].quarter)
    p.broker_rate = 0.0
    for rate in (0.0, 0.3, 0.5, 1.0):
        rows = searching(world)
        for i in rows[::2]:
            world.companies[i].key_figure = True
        for i in rows:  # land next door
            next_door = int(world.borders[world.companies[i].parcel, 0])
            plot = world.parcels[next_door]
            plot.floor, plot.occupant, plot.opportunity, plot.reserved, plot.building_until = 0.0, -1, -1, -1, records.NEVER
        p.border_talk = rate
        matching.spread_word(world)
        for i in rows:
            company = world.companies[i]
            chance = rate * (2.0 if company.key_figure else 1.0)
            beside = world.borders[company.parcel][: world.parcels[company.parcel].n_borders].tolist()
            drawn = {j: draws.uniform(world.clock[0].seed, draws.BORDER_TALK, quarter, company.key, world.parcels[j].key)
                     for j in beside if matching.is_free_land(world.parcels[j])}  # fmt: skip
            heard = [j for j, draw in drawn.items() if draw < chance]
            assert company.border == (heard[-1] if heard else -1)
            assert company.introduced == 0


def test_firms_that_gain_most_sit_at_a_measure_if_they_have_time_or_know_of_it_and_the_municipality_last():
    world = fresh()
    stretch = world.segments[0]
    rows = sitting(world, 12)
    for n, i in enumerate(rows):
        company = world.companies[i]
        world.parcels[company.parcel].segment, world.parcels[company.parcel].floor = 0, 500.0 * (1 + (7 * n) % 12)
        company.theta, company.member = 0.1, False
        company.readiness[:] = 0.0
        company.readiness[(records.TIME, records.INFORMATION)[n % 2]] = 0.3
    for j in range(world.counts[0].parcels):
        if world.parcels[j].occupant not in rows:
            world.parcels[j].segment = -1
    world.companies[rows[0]].readiness[:] = 0.29
    gains = {i: matching.collective_worth(world, world.companies[i], world.parcels[world.companies[i].parcel], stretch,
                                          records.SHARED_ENERGY) for i in rows[1:]}  # fmt: skip
    empty(world)
    matching.open_collective(world, 0, records.SHARED_ENERGY)
    case = world.opportunities[0]
    best = sorted(gains, key=lambda i: -gains[i])[: records.MAX_PARTIES - 1]
    assert [int(world.seats[0, k].party) for k in range(case.n_parties)] == [*best, records.MUNICIPALITY]
    assert (case.kind, case.theme, case.segment, stretch.measure) == (records.COLLECTIVE, records.SHARED_ENERGY, 0, 0)
    for i in rows[2:]:
        world.companies[i].readiness[:] = 0.0
    empty(world)
    matching.open_collective(world, 0, records.SHARED_ENERGY)
    assert world.counts[0].opportunities == 0, "one firm is no measure taken together"


def test_a_measure_comes_up_where_nothing_is_under_way_by_chance_or_when_neighbours_were_brought_together():
    def raised(quality, *, rate=0.0, theme=0.0, together=False, works=records.NEVER, measure=-1):
        world = fresh()
        p, clock = world.parameters[0], world.clock[0]
        p.collective_rate, p.theme_rate, p.shared_measures = rate, theme, 0.0
        for s in range(world.counts[0].segments):
            stretch = world.segments[s]
            stretch.quality, stretch.measure, stretch.works_until = quality, measure, works
            stretch.raised = clock.quarter if together else records.NEVER
        for i in range(world.counts[0].companies):
            world.companies[i].member = True
        empty(world)
        matching.raise_collective_measures(world)
        return int(world.counts[0].opportunities) > 0

    p = plain_parameters(fresh())
    poor = p["works_trigger"] - 0.15
    assert raised(poor - 0.01, rate=1.0) and not raised(poor - 0.01, theme=1.0)
    assert not raised(poor, rate=1.0) and not raised(poor, theme=1.0)  # good enough, and nothing else may be shared
    assert raised(0.2, together=True) and not raised(0.2)
    assert not raised(0.2, rate=1.0, works=0) and not raised(0.2, rate=1.0, measure=0)
