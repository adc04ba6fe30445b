"""What a case is worth to each party, against what the description says, on random sites and firms."""

from __future__ import annotations

import numpy as np
import pytest

from sim import records
from sim.rules import appraisal, bargaining, matching
from tests.references.case_tables import one_case
from tests.references.worlds import draw_company, draw_parameters, draw_parcel, fresh

SAMPLES = 300


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
