"""Which sites and which firms make a case: candidates on offer, firms that trade places, what a stretch lacks most."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim import draws, records
from sim.rules import appraisal, matching
from tests.references.case_tables import empty, one_case, sitting
from tests.references.worlds import draw_company, draw_parameters, draw_parcel, fresh, plain_parameters


def draw_sites(world, rng, need):
    """Give every parcel a random building, claim and offer, around what a firm of this size needs."""
    for j in range(world.counts[0].parcels):
        draw_parcel(world, j, rng, need)
        plot = world.parcels[j]
        plot.floor *= rng.uniform() < 0.7
        plot.soil_cost = int(rng.integers(0, 8_000_000))
        plot.offered, plot.wish_to_sell = rng.uniform() < 0.5, rng.uniform() < 0.5
        plot.opportunity = -1 if rng.uniform() < 0.8 else 0
        plot.reserved, plot.building_until, plot.owner = -1, records.NEVER, -2
        plot.motives[:] = rng.uniform(0.0, 1.0, records.N_MOTIVES)


def test_known_sites_are_those_on_offer_or_for_sale_when_asked_that_nobody_has_a_claim_on():
    rng, world = np.random.default_rng(1), fresh()
    draw_sites(world, rng, 2_000.0)
    known = [j for j in range(world.counts[0].parcels) if (world.parcels[j].offered or world.parcels[j].wish_to_sell)
             and matching.site_is_free(world.parcels[j])]  # fmt: skip
    assert 0 < len(known) < world.counts[0].parcels
    assert matching.list_known_sites(world).tolist() == known


@pytest.mark.parametrize("introduced", [1, 3])
def test_candidates_are_the_known_sites_that_would_gain_after_works_and_can_be_paid(introduced):
    rng, world, i = np.random.default_rng(introduced), fresh(), 0
    world.parameters[0].match_error, seen = 0.0, Counter()
    for _ in range(25):
        p = draw_parameters(world, rng, "transfer_cost", "build_cost", "beta", "chi", "phi", "land_price", "credit_share")
        draw_company(world, i, rng)
        company = world.companies[i]
        company.parcel, company.introduced, company.plan = 0, introduced, records.MOVE_WITHIN
        need = company.jobs * company.space_per_job
        draw_sites(world, rng, need)
        world.parcels[0].occupant, world.parcels[0].floor = i, 0.6 * need
        sites = matching.list_known_sites(world)
        expected = {}
        for j in sites:
            plot = world.parcels[j]
            told = plot.offered or (introduced == 3 and plot.wish_to_sell)
            offer = appraisal.best_offer(world, company, plot, 0.0)
            if plot.occupant == i or not told or not matching.passes_screen(world, company, plot):
                seen["not looked at"] += 1
            elif not offer.feasible or offer.works <= 0.0:
                seen["nothing to build"] += 1
            else:
                least = matching.reservation_price(world, j, offer.land / plot.area)
                gain = offer.worth / (1.0 + p["transfer_cost"]) - least
                if gain > 0.0 and appraisal.can_pay(world, company, offer, least):
                    expected[int(j)] = gain
        demand, supply, surplus = np.zeros(99, np.int64), np.zeros(99, np.int64), np.zeros(99)
        n = matching.offer_sites(world, i, sites, demand, supply, surplus, 1)
        assert dict(zip(supply[1:n].tolist(), surplus[1:n].tolist(), strict=True)) == pytest.approx(expected)
        seen["found"] += len(expected)
    assert min(seen["found"], seen["not looked at"], seen["nothing to build"]) > 3, seen


def swappers(world):
    """Let two firms that own their premises want each other's, and nobody else look; return their rows."""
    first, second = sitting(world, 2)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        company.introduced, company.plan = 0, records.NO_PLAN
    for i, need, floor in ((first, 1_000.0, 3_000.0), (second, 3_000.0, 1_000.0)):
        company = world.companies[i]
        company.plan, company.introduced, company.tenant, company.border = records.MOVE_WITHIN, 1, False, -1
        company.opportunity = company.reserved = company.project = -1
        company.jobs, company.space_per_job, company.turnover, company.uncertainty = need / 80.0, 80.0, 5e6, 0.0
        plot = world.parcels[company.parcel]
        plot.floor, plot.area, plot.quality, plot.fit, plot.owner = floor, 2.0 * floor, 0.8, 0.8, i
        plot.opportunity = plot.reserved = -1
        plot.building_until = records.NEVER
        plot.motives[:] = 0.6
    return first, second


def test_two_firms_of_which_each_has_what_the_other_wants_trade_places_once():
    world = fresh()
    first, second = swappers(world)
    gain = matching.swap_gain(world, first, second)
    offers = [appraisal.best_offer(world, world.companies[a], world.parcels[world.companies[b].parcel], 0.0)
              for a, b in ((first, second), (second, first))]  # fmt: skip
    p, value = plain_parameters(world), 0.0
    for i in (first, second):
        plot = world.parcels[world.companies[i].parcel]
        value += plot.area * p["land_price"] + plot.floor * p["value_built"] * plot.quality
    assert gain == pytest.approx(offers[0].worth + offers[1].worth - value) and gain > 0.0
    empty(world)
    matching.match_swaps(world)
    assert world.counts[0].opportunities == 1
    case = world.opportunities[0]
    lower, higher = sorted((first, second), key=lambda i: int(world.companies[i].key))
    assert [int(world.seats[0, k].party) for k in range(case.n_parties)] == [lower, higher]
    assert [int(world.seats[0, k].role) for k in range(case.n_parties)] == [records.BUYER] * 2
    assert (case.kind, case.demand, case.parcel, case.second, case.origin) == (
        records.SWAP, lower, world.companies[higher].parcel, world.companies[lower].parcel, 1)
    assert case.segment == world.parcels[case.parcel].segment
    for i in (first, second):
        assert world.companies[i].opportunity == world.parcels[world.companies[i].parcel].opportunity == 0


@pytest.mark.parametrize(
    "obstacle", ["tenant", "not introduced", "no plan to move", "in another case", "site claimed", "no gain"])
def test_one_obstacle_is_enough_for_no_trade(obstacle):
    world = fresh()
    first, second = swappers(world)
    company = world.companies[second]
    if obstacle == "tenant":
        company.tenant = True
    elif obstacle == "not introduced":
        company.introduced = 0
    elif obstacle == "no plan to move":
        company.plan = records.EXPAND_ADJOINING
    elif obstacle == "in another case":
        company.opportunity = 5
    elif obstacle == "site claimed":
        world.parcels[company.parcel].opportunity = 5
    else:
        world.companies[first].uncertainty = company.uncertainty = 1.0
        world.parameters[0].moving_cost = 1e4
    empty(world)
    matching.match_swaps(world)
    assert world.counts[0].opportunities == 0


def test_a_new_road_seats_every_owner_of_its_land_once_with_what_it_gives_up_and_no_more_than_fit():
    world = fresh()
    cell = world.grid[0].cell_m ** 2
    by_owner: dict[int, list[int]] = {}
    cells = np.flatnonzero(world.cell_parcel >= 0)
    for n, c in enumerate(cells[:: max(1, len(cells) // 40)]):
        owner = 20 + n % 9  # nine owners, more than there are seats left
        world.parcels[world.cell_parcel[c]].owner = owner
    for c in cells.tolist():
        by_owner.setdefault(int(world.parcels[world.cell_parcel[c]].owner), []).append(c)
    owners = [owner for owner in by_owner if owner >= 20][:3]
    case = one_case(world, records.SWAP, [(0, records.BUYER), (owners[0], records.SELLER)])
    taken = [by_owner[owner][0] for owner in owners] + [by_owner[owners[0]][-1]]
    world.road_new[0, : len(taken)], case.road_cells = taken, len(taken)
    world.road_old[0, :] = -1
    world.road_old[0, :5] = 1
    assert matching.seat_land_givers(world, 0)
    seats = {int(world.seats[0, k].party): world.seats[0, k] for k in range(case.n_parties)}
    assert list(seats) == [0, *owners] and case.old_cells == 5
    assert [float(seats[owner].land) for owner in owners] == pytest.approx([2 * cell, cell, cell])
    assert [int(seats[owner].role) for owner in owners] == [records.SELLER, records.LAND_GIVER, records.LAND_GIVER]
    many = [owner for owner in by_owner if owner >= 20]
    assert len(many) >= records.MAX_PARTIES  # beside the buyer there is a seat for all but one of so many
    case = one_case(world, records.SWAP, [(0, records.BUYER)])
    world.road_new[0, : len(many)], case.road_cells = [by_owner[owner][0] for owner in many], len(many)
    assert not matching.seat_land_givers(world, 0)


def test_what_a_stretch_lacks_most():
    rng, world, seen = np.random.default_rng(2), fresh(), Counter()
    world.parcels.segment[:] = -1
    rows = sitting(world, 5)
    for _ in range(300):
        p = plain_parameters(world)
        stretch = world.segments[0]
        stretch.key, stretch.done[:] = np.uint64(rng.integers(1, 2**62)), rng.uniform(size=records.N_THEMES) < 0.25
        stretch.quality = rng.uniform(p["works_trigger"] - 0.25, 1.0)
        n = int(rng.integers(0, 5))
        plots = [world.parcels[world.companies[i].parcel] for i in rows]
        for k, plot in enumerate(plots):
            plot.segment, plot.floor, plot.energy = (0 if k < n else -1), rng.uniform(500.0, 3e3), rng.uniform(0.2, 0.8)
            plot.motives[records.PARKING], plot.occupant = rng.uniform(0.1, 0.7), rows[k] if rng.uniform() < 0.8 else -1
        plots = plots[:n]
        found = int(matching.theme_of_need(world, 0))
        if stretch.quality < p["works_trigger"] - 0.15:
            expected = records.PUBLIC_SPACE
        elif n < 2:
            expected = -1
        else:
            luck = draws.uniform(world.clock[0].seed, draws.THEME, 0, stretch.key, records.WATER) < 0.2
            floor = sum(plot.floor for plot in plots)
            needs = {
                records.SHARED_PARKING: 0.35 - sum(plot.motives[records.PARKING] for plot in plots) / n,
                records.SHARED_ENERGY: 0.5 - sum(plot.floor * plot.energy for plot in plots) / floor,
                records.SECURITY: sum(plot.occupant < 0 for plot in plots) / n - 0.10, records.WATER: 0.05 * luck,
            }  # fmt: skip
            needs = {theme: need for theme, need in needs.items() if need > 0.0 and not stretch.done[theme]}
            expected = max(needs, key=needs.__getitem__) if needs else -1
        assert found == expected
        seen[expected] += 1
    assert min(seen[theme] for theme in (-1, *range(records.N_THEMES))) > 3, seen
    world.parameters[0].shared_measures = 0.0
    world.segments[0].quality = 1.0
    assert matching.theme_of_need(world, 0) == -1


def test_neighbouring_cases_share_costs_in_pairs_the_lowest_key_first():
    world = fresh()
    empty(world)
    here = next(j for j in range(world.counts[0].parcels) if world.parcels[j].n_borders >= 3)
    beside = [int(j) for j in world.borders[here][:3]]
    for key, j in ((50, here), (30, beside[0]), (20, beside[1]), (10, beside[2])):
        row = matching.new_opportunity(world, records.MOVE, np.uint64(key))
        world.opportunities[row].parcel, world.parcels[j].opportunity = j, row
    world.opportunities[3].shares_with = 7  # taken already
    matching.note_shared_costs(world, 0)
    assert [int(world.opportunities[o].shares_with) for o in range(4)] == [2, -1, 0, 7]


def test_premises_far_too_small_or_too_large_are_no_offer_nor_is_a_building_to_who_wants_land():
    world = fresh()
    p, company, plot = plain_parameters(world), world.companies[0], world.parcels[1]
    company.jobs, company.space_per_job, company.land_wish, plot.quality = 20.0, 100.0, 0.0, 0.5
    need = 2_000.0
    for floor, fits in ((p["least_fit"] * need, True), (p["least_fit"] * need - 1.0, False), (p["largest_fit"] * need, True),
                        (p["largest_fit"] * need + 1.0, False)):  # fmt: skip
        plot.floor, plot.area = floor, 2.0 * floor
        for solution in (records.AS_IS, records.RENOVATE_FIRST):
            assert appraisal.appraise_site(world, company, plot, solution, 0.0).feasible == fits, (floor, solution)
    plot.floor, company.land_wish = need, 500.0
    assert not appraisal.appraise_site(world, company, plot, records.AS_IS, 0.0).feasible


def test_a_newcomer_holds_what_it_would_have_elsewhere():
    rng, world = np.random.default_rng(3), fresh()
    for _ in range(50):
        p = draw_parameters(world, rng, "land_price", "floor_space_index", "value_built", "outside_premises", "growth_room",
                            "residual_owner")  # fmt: skip
        draw_company(world, 0, rng)
        company = world.companies[0]
        company.state, company.parcel, company.outside_quality = records.PROSPECT, -1, rng.uniform()
        floor = p["growth_room"] * company.jobs * company.space_per_job
        price = floor * (p["land_price"] / p["floor_space_index"] + p["value_built"] * p["outside_premises"])
        assert appraisal.position(world, company) == pytest.approx(
            (company.outside_quality, floor, p["residual_owner"] * price, price), rel=1e-9)
