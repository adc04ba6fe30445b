"""Chains and rings of moves: the assignment worked by hand, and a ring of three that really changes places."""

from __future__ import annotations

import numpy as np
import pytest

from sim import ledger, model, records
from sim.rules import combinations, realisation
from sim.world import copy_world
from tests.sim.small_parks import park

NO = combinations.IMPOSSIBLE
WORLD = model.prepare(park("typical"), 1)


def test_three_firms_that_each_want_the_next_ones_site_make_a_ring():
    gains = np.array([[0.0, 5.0, NO], [NO, 0.0, 5.0], [5.0, NO, 0.0]])
    (ring, is_ring), = combinations.find_combinations(gains, np.array([0, 1, 2]), 3, 4)
    assert is_ring and sorted(ring) == [(0, 1), (1, 2), (2, 0)]


def test_a_ring_larger_than_allowed_is_left():
    gains = np.array([[0.0, 5.0, NO], [NO, 0.0, 5.0], [5.0, NO, 0.0]])
    assert combinations.find_combinations(gains, np.array([0, 1, 2]), 3, 2) == []


def test_two_firms_swap_when_that_gains_more_than_staying():
    gains = np.array([[0.0, 3.0], [1.0, 0.0]])
    (ring, is_ring), = combinations.find_combinations(gains, np.array([0, 1]), 3, 4)
    assert is_ring and sorted(ring) == [(0, 1), (1, 0)]


def test_one_firms_old_site_is_the_next_ones_chance():
    # Firm 0 can go to the vacant site (column 2); firm 1, from outside, then takes the site of firm 0 (column 0).
    gains = np.array([[0.0, NO, 4.0], [6.0, NO, NO]])
    (chain, is_ring), = combinations.find_combinations(gains, np.array([0, -1, -1]), 3, 4)
    assert not is_ring and chain == [(0, 2), (1, 0)]


def test_a_chain_stops_at_its_longest():
    # Vacant site 3; firm 0 leaves 0, firm 1 leaves 1, firm 2 leaves 2.
    gains = np.array([[0.0, NO, NO, 5.0], [5.0, 0.0, NO, NO], [NO, 5.0, 0.0, NO]])
    (chain, _), = combinations.find_combinations(gains, np.array([0, 1, 2, -1]), 2, 4)
    assert chain == [(0, 3), (1, 0)]


def test_nobody_moves_for_nothing():
    gains = np.array([[0.0, -1.0], [-1.0, 0.0]])
    assert combinations.find_combinations(gains, np.array([0, 1]), 3, 4) == []


def owners_of_free_premises(world, n):
    found = []
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        parcel = world.parcels[company.parcel]
        if (company.state == records.SITTING and not company.tenant and parcel.owner == i and parcel.opportunity < 0
                and parcel.reserved < 0 and parcel.building_until == records.NEVER and company.project < 0):
            found.append(i)
    return np.array(found[:n], np.int64)


def test_a_ring_of_three_changes_places_and_the_ledger_balances():
    world = copy_world(WORLD)
    three = owners_of_free_premises(world, 3)
    for i in three:
        world.companies[i].plan, world.companies[i].introduced = records.MOVE_WITHIN, 3
        world.companies[i].opportunity = world.companies[i].reserved = -1
    sites = [int(world.companies[i].parcel) for i in three]
    combinations.open_ring(world, three)
    o = int(world.counts[0].opportunities) - 1
    assert world.opportunities[o].n_parties == 3
    assert {int(world.parcels[j].opportunity) for j in sites} == {o}
    for k in range(3):
        world.seats[o, k].payment = (100.0, -150.0, 50.0)[k]
    realisation.exchange(world, o)
    for k in range(3):
        assert world.companies[three[k]].parcel == sites[(k + 1) % 3]
        assert world.parcels[sites[(k + 1) % 3]].owner == three[k] == world.parcels[sites[(k + 1) % 3]].occupant
    ledger.reconcile(world)


def test_with_combinations_switched_off_none_is_planned():
    world = copy_world(WORLD)
    world.parameters[0].combine = 0.0
    three = owners_of_free_premises(world, 3)
    world.companies.introduced[three] = 3
    before = int(world.counts[0].opportunities)
    combinations.combine_moves(world)
    assert world.counts[0].opportunities == before


def test_a_chain_that_loses_a_link_tells_the_next():
    from sim.rules import cases

    world = copy_world(WORLD)
    world.counts[0].opportunities = 2
    for o in range(2):
        case = world.opportunities[o]
        case.stage, case.n_parties, case.key, case.parcel, case.segment, case.second = records.CASE, 0, o + 1, -1, -1, -1
        case.started, case.grant, case.grant_paid, case.previous = records.NEVER, 0.0, False, -1
        case.loan = case.guarantee = case.support = 0.0
    world.opportunities[1].previous = 0
    cases.leave_case(world, 0, records.EVENT["left_waiting"])
    assert world.opportunities[1].previous == -1 and world.opportunities[1].broken_links == 1


@pytest.mark.parametrize("name", ["outdated_large"])
def test_chains_come_about_on_a_large_park(name):
    from tests.sim.small_parks import strategy

    place = park(name, 40)
    world = model.prepare(place, 2)
    run = model.simulate(world, strategy("verbinden", name))
    ledger.reconcile(run)
    kinds = run.events.kind[: run.counts[0].events]
    assert (kinds == records.EVENT["chain_planned"]).any()


def test_a_ring_of_three_goes_from_the_table_to_the_last_move():
    world = copy_world(WORLD)
    p = world.parameters[0]
    p.waiting, p.step_rate, p.stall_chance, p.closure_rate = 0.0, 1.0, 0.0, 0.0
    p.plan_lapse, p.plan_quarters, p.review_interval, p.review_cramped = 0.0, 20.0, 40.0, 0.0
    p.moving_loss, p.moving_cost = 0.0, 30.0
    free = owners_of_free_premises(world, 99)
    for seed in range(20):
        run = copy_world(world)
        three = np.random.default_rng(seed).choice(free, 3, replace=False)
        sites = [int(run.companies[i].parcel) for i in three]
        for k in range(3):
            company = run.companies[three[k]]
            company.plan, company.introduced, company.next_review = records.MOVE_WITHIN, 3, 100
            # The next one's premises are just what it needs.
            company.space_per_job = run.parcels[sites[(k + 1) % 3]].floor / 1.1 / company.jobs
        combinations.open_ring(run, three)
        o = int(run.counts[0].opportunities) - 1
        if run.opportunities[o].n_parties != 3:
            continue
        run = model.run_until(run, 20)
        ledger.reconcile(run)
        if run.opportunities[o].stage == records.DELIVERED:
            assert [int(run.companies[i].parcel) for i in three] == [sites[1], sites[2], sites[0]]
            return
    raise AssertionError("no ring was delivered in 20 tries")
