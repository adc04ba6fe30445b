"""The compiled appraisal against ``appraisal.py``, on random firms, sites and parameters.

Money is compared to a billionth of the sums it is made of (a utility is a difference of large amounts). Where the
compiled rule returns -1e18, the reference must say that the option cannot be paid for, and the reverse.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from sim import draws, records
from sim.rules import appraisal as compiled
from sim.rules import perception, review
from tests.references import appraisal as slow
from tests.references.worlds import draw_company, draw_parameters, draw_parcel, fresh, plain_parameters

SAMPLES = 1_000
IMPOSSIBLE = -1e17
ECONOMY = ("beta", "chi", "shed_value", "annuity", "residual_owner", "residual_tenant", "phi", "taste", "land_price",
           "build_cost", "value_built", "floor_space_index", "floor_space_max", "renovation_cost", "renovated_quality",
           "new_quality", "demolition_cost", "moving_cost", "moving_loss", "transfer_cost", "rent_yield", "credit_share",
           "growth_room", "outside_mean", "outside_premises", "outside_sd", "substitution", "premises_weight",
           "ask_markup")


def pairs(seed, samples=SAMPLES):
    """Yield (world, compiled company, compiled parcel, firm, premises, motives, parameters) drawn anew each time."""
    rng = np.random.default_rng(seed)
    world = fresh()
    company = world.companies[0]
    for _ in range(samples):
        p = draw_parameters(world, rng, *ECONOMY)
        draw_company(world, 0, rng)
        company.parcel = 0
        draw_parcel(world, 0, rng, company.jobs * company.space_per_job)
        yield (rng, world, company, world.parcels[0], firm_of(company), premises_of(world.parcels[0]),
               motives_of(company), p)


def firm_of(company):
    return slow.Firm(float(company.jobs), float(company.turnover), float(company.space_per_job), float(company.theta),
                     float(company.uncertainty), bool(company.tenant), float(company.liquidity))


def premises_of(parcel):
    return slow.Premises(float(parcel.area), float(parcel.floor), float(parcel.quality), float(parcel.fit))


def motives_of(company):
    return slow.Motives([float(w) for w in company.weights], records.PREMISES, records.PRICE)


def qualities_of(parcel):
    return [float(q) for q in parcel.motives]


def same_money(found, expected, *sums):
    """Compare euros to 1e-9 of the largest of the amounts they are made of."""
    scale = max(1.0, abs(expected), *(abs(s) for s in sums))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)


def compare_utility(found, firm, offer, p, land=0.0):
    """Compare U where the option can be paid, with ``land`` m2 at its usual price; else it must have been ruled out."""
    needed = slow.Offer(offer.benefit, offer.value_change, offer.investment + usual_price(land, p), offer.collateral)
    if slow.can_pay(firm, needed, 0.0, p):
        same_money(found, slow.utility(firm, offer, 0.0, p), p["annuity"] * offer.benefit, offer.investment)
    else:
        assert found < IMPOSSIBLE
    return slow.can_pay(firm, needed, 0.0, p)


def usual_price(land, p):
    """Return what the bank counts for land whose price is not settled yet, euros."""
    return p["land_price"] * land * (1.0 + p["transfer_cost"])


def test_the_premium_the_shortage_and_the_yearly_benefit():
    for rng, world, company, parcel, firm, here, _, p in pairs(1):
        assert compiled.premium(world, company) == pytest.approx(slow.premium(firm, p), rel=1e-12)
        assert compiled.crampedness(world, company) == pytest.approx(slow.shortage(firm, here.floor), rel=1e-9, abs=1e-12)
        assert perception.property_value(world, parcel) == pytest.approx(slow.property_value(here, p), rel=1e-12)
        s_now, s_then, floor_then = rng.uniform(0, 1), rng.uniform(0, 1), firm.need * rng.uniform(0.3, 3.0)
        same_money(compiled.yearly_benefit(world, company, s_now, s_then, here.floor, floor_then),
                   slow.yearly_benefit(firm, s_now, s_then, here.floor, floor_then, p), firm.turnover)


def test_site_quality_with_and_without_price():
    for _, world, company, parcel, _, here, motives, p in pairs(2):
        qualities = qualities_of(parcel)
        assert perception.site_quality(world, company, parcel, True) == pytest.approx(
            slow.site_quality(motives.weights, qualities, p["substitution"]), rel=1e-9)
        assert perception.site_quality(world, company, parcel, False) == pytest.approx(
            motives.quality(qualities, slow.premises_quality(here, p), p), rel=1e-9)


def test_renovating():
    paid = Counter()
    for _, world, company, parcel, firm, here, motives, p in pairs(3):
        found, cost = compiled.appraise_renovation(world, company, parcel)
        if p["renovated_quality"] - here.quality < 0.1:
            assert found < IMPOSSIBLE  # hardly anything to gain: not considered (a limit the design does not give)
            continue
        offer = slow.renovation(firm, motives, qualities_of(parcel), here, p)
        assert cost == pytest.approx(offer.investment, rel=1e-9)
        paid[compare_utility(found, firm, offer, p)] += 1
    assert min(paid[True], paid[False]) > 20  # both answers of the bank were seen


def test_a_tenant_does_not_renovate_or_build():
    for _, world, company, parcel, *_ in pairs(4, 20):
        company.tenant = True
        assert compiled.appraise_renovation(world, company, parcel)[0] < IMPOSSIBLE
        assert compiled.appraise_expansion(world, company, parcel, 0.0, 0.0)[1] < IMPOSSIBLE


@pytest.mark.parametrize("next_door", [False, True])
def test_expanding(next_door):
    paid = Counter()
    for rng, world, company, parcel, firm, here, motives, p in pairs(5 + next_door):
        land = here.area * rng.uniform(0.05, 2.0) if next_door else 0.0
        clean = rng.uniform(0, 2e5) if next_door else 0.0
        worth, found, added, cost = compiled.appraise_expansion(world, company, parcel, land, clean)
        expected = slow.floor_to_add(firm, here, land, p)
        if expected < 0.08 * firm.need:
            assert found < IMPOSSIBLE  # too little to build for (a limit the design does not give)
            continue
        offer = slow.expansion(firm, motives, qualities_of(parcel), here, land, clean, p)
        assert added == pytest.approx(expected, rel=1e-9)
        assert cost == pytest.approx(offer.investment, rel=1e-9)
        can_pay = compare_utility(found, firm, offer, p, land)
        paid[can_pay] += 1
        if can_pay:
            same_money(worth * (1.0 + slow.premium(firm, p)), found, offer.investment)
    assert min(paid[True], paid[False]) > 20


def test_expanding_onto_a_plot_next_door_at_its_market_value():
    seen = 0
    for rng, world, company, parcel, firm, here, motives, p in pairs(7):
        plot = world.parcels[1]
        plot.live, plot.owner, plot.occupant, plot.reserved, plot.opportunity = True, -2, -1, -1, -1
        plot.building_until, parcel.owner = records.NEVER, 0
        plot.area, plot.soil_cost = here.area * rng.uniform(1.0, 3.0), int(rng.integers(0, 20_000_000))
        land = float(plot.area) * rng.uniform(0.1, 0.8)
        found = review.value_next_door(world, company, parcel, plot, land)
        clean = float(plot.soil_cost) / 100.0 * land / float(plot.area)
        offer = slow.expansion(firm, motives, qualities_of(parcel), here, land, clean, p)
        at_usual_price = slow.Offer(offer.benefit, offer.value_change, offer.investment + usual_price(land, p),
                                    offer.collateral)
        if slow.floor_to_add(firm, here, land, p) < 0.08 * firm.need or not slow.can_pay(firm, at_usual_price, 0.0, p):
            assert found < IMPOSSIBLE
            continue
        price = p["ask_markup"] * p["land_price"] * land * (1.0 + p["transfer_cost"])
        with_land = slow.Offer(offer.benefit, offer.value_change, offer.investment + price, offer.collateral)
        same_money(found, slow.utility(firm, with_land, 0.0, p), with_land.investment)
        seen += 1
    assert seen > 100


def site_after(solution, parcel, firm, p):
    """Return (premises after works, quality of the motive premises, euros of works) of one way to use a site."""
    there = premises_of(parcel)
    if solution == records.AS_IS:
        return there, float(parcel.motives[records.PREMISES]), 0.0
    if solution == records.RENOVATE_FIRST:
        after = slow.renovated(there, p)
        return after, slow.premises_quality(after, p), slow.renovation_cost(there, p)
    land = p["growth_room"] * firm.need / p["floor_space_index"]
    floor = min(p["growth_room"] * firm.need, land * p["floor_space_max"])  # as far as there is room
    after = slow.Premises(land, floor, p["new_quality"], p["new_quality"])
    clean = float(parcel.soil_cost) / 100.0 * after.area / there.area
    demolition = p["demolition_cost"] * there.floor
    return after, p["new_quality"], p["build_cost"] * floor + clean + demolition


@pytest.mark.parametrize("solution", [records.BUILD_NEW, records.AS_IS, records.RENOVATE_FIRST, records.REBUILD])
def test_an_owner_that_moves_within_the_park(solution):
    paid = Counter()
    for rng, world, company, _, firm, here, motives, p in pairs(10 + solution):
        draw_parcel(world, 1, rng, firm.need)
        site = world.parcels[1]
        if solution in (records.AS_IS, records.RENOVATE_FIRST):
            site.floor = firm.need * rng.uniform(0.95, 2.5)
        else:
            site.area = p["growth_room"] * firm.need / p["floor_space_index"] * rng.uniform(1.5, 4.0)
            site.floor = 0.0 if solution == records.BUILD_NEW else site.floor
        if solution == records.RENOVATE_FIRST and p["renovated_quality"] - site.quality < 0.1:
            continue
        error = rng.normal(0.0, 0.05)
        offer = compiled.appraise_site(world, company, site, solution, error)
        there, premises, works = site_after(solution, site, firm, p)
        s_now = motives.quality(qualities_of(world.parcels[0]), slow.premises_quality(here, p), p)
        s_then = min(1.0, max(0.0, motives.quality(qualities_of(site), premises, p) + error))
        price = slow.property_value(there, p) * rng.uniform(0.6, 1.3)
        expected = slow.purchase(firm, s_now, s_then, here, there, works, price, p)
        assert offer.feasible
        assert offer.works == pytest.approx(works, rel=1e-9)
        assert offer.value == pytest.approx(slow.property_value(there, p), rel=1e-9)
        assert compiled.can_pay(world, company, offer, price) == slow.can_pay(firm, expected, 0.0, p)
        found = (offer.worth - price * (1.0 + p["transfer_cost"])) * (1.0 + slow.premium(firm, p))
        same_money(found, slow.utility(firm, expected, 0.0, p), price, p["annuity"] * expected.benefit, works)
        paid[slow.can_pay(firm, expected, 0.0, p)] += 1
    assert min(paid[True], paid[False]) > 20


def seen_outside(world, company, motives, p):
    """Return S of the site elsewhere that a company is shown this quarter (C3): each motive a keyed normal draw."""
    clock, qualities = world.clock[0], []
    for m in range(records.N_MOTIVES):
        mean = p["outside_premises"] if m == records.PREMISES else p["outside_mean"]
        noise = draws.normal(clock.seed, draws.OUTSIDE_SITE, clock.quarter, company.key, m)
        qualities.append(min(1.0, max(0.0, mean + p["outside_sd"] * noise)))
    return motives.quality(qualities, qualities[records.PREMISES], p)


@pytest.mark.parametrize("tenant", [False, True])
def test_moving_away(tenant):
    paid = Counter()
    for rng, world, company, parcel, _, here, motives, p in pairs(20 + tenant):
        company.tenant, company.key = tenant, int(rng.integers(1, 2**62))
        firm = firm_of(company)
        quality, found = compiled.look_elsewhere(world, company)
        s_then = seen_outside(world, company, motives, p)
        assert quality == pytest.approx(s_then, rel=1e-9)
        s_now = motives.quality(qualities_of(parcel), slow.premises_quality(here, p), p)
        floor = p["growth_room"] * firm.need
        price = slow.normal_value(floor, p["outside_premises"], p)
        if tenant:
            change = price - slow.normal_value(here.floor, here.quality, p)
            offer = slow.rental(firm, s_now, s_then, here.floor, floor, change, 0.0, p)
            # A landlord lends nothing and asks for no means: what a tenant cannot pay at once it moves for all the same.
            same_money(found, slow.utility(firm, offer, 0.0, p), p["annuity"] * offer.benefit, offer.investment)
        else:
            there = slow.Premises(floor / p["floor_space_index"], floor, p["outside_premises"], p["outside_premises"])
            offer = slow.purchase(firm, s_now, s_then, here, there, 0.0, price, p)
            paid[compare_utility(found, firm, offer, p)] += 1
    assert tenant or min(paid[True], paid[False]) > 20


def test_without_any_cost_moving_to_the_same_site_is_worth_nothing():
    for _, world, company, parcel, *_ in pairs(30, 20):
        world.parameters[0].transfer_cost = world.parameters[0].moving_cost = world.parameters[0].moving_loss = 0.0
        parcel.floor = 1.5 * company.jobs * company.space_per_job
        offer = compiled.appraise_site(world, company, parcel, records.AS_IS, 0.0)
        same_money(offer.worth - perception.property_value(world, parcel), 0.0, offer.value)


def test_a_tenant_that_rents_the_same_site_again_gains_nothing_but_loses_the_move():
    for _, world, company, parcel, *_ in pairs(31, 20):
        company.tenant = True
        p = draw_parameters(world, np.random.default_rng(1))
        parcel.floor = 1.5 * company.jobs * company.space_per_job
        parcel.asking = value = perception.property_value(world, parcel)
        firm = firm_of(company)
        offer = compiled.appraise_site(world, company, parcel, records.AS_IS, 0.0)
        found = compiled.utility_of_renting(world, company, parcel, offer)
        same_money(found, -(1.0 + slow.premium(firm, p)) * slow.moving_cost(firm, p), value)


def test_a_tenant_that_rents_elsewhere_on_the_park_or_buys():
    """Premises as they stand, at what is asked for them, against C3 term by term."""
    for rng, world, company, parcel, _, here, motives, p in pairs(32, 400):
        company.tenant = True
        firm = firm_of(company)
        draw_parcel(world, 1, rng, firm.need)
        site = world.parcels[1]
        site.floor = firm.need * rng.uniform(0.95, 2.5)
        there, premises, works = site_after(records.AS_IS, site, firm, p)
        value, value_now = slow.property_value(there, p), slow.property_value(here, p)
        site.asking = value * rng.uniform(0.6, 1.3)
        asked = float(site.asking)
        s_now = motives.quality(qualities_of(parcel), slow.premises_quality(here, p), p)
        s_then = min(1.0, max(0.0, motives.quality(qualities_of(site), premises, p)))
        offer = compiled.appraise_site(world, company, site, records.AS_IS, 0.0)
        rented = slow.rental(firm, s_now, s_then, here.floor, site.floor, value - value_now, asked - value, p)
        same_money(compiled.utility_of_renting(world, company, site, offer), slow.utility(firm, rented, 0.0, p), value,
                   value_now, p["annuity"] * rented.benefit, offer.worth)
        bought = slow.buying_after_renting(firm, s_now, s_then, here, there, works, asked, p)
        same_money(compiled.utility_of_buying(world, company, offer, asked), bought, value, value_now, offer.worth)
        needed = slow.moving_cost(firm, p) + (1.0 + p["transfer_cost"]) * asked
        assert compiled.can_pay(world, company, offer, asked) == (needed <= p["credit_share"] * value + firm.liquidity)


def test_without_hurdle_and_option_value_nothing_is_asked_above_cost():
    for _, world, company, *_ in pairs(33, 20):
        assert compiled.premium(world, company) > 0.0
        world.parameters[0].option_value = 0.0
        assert compiled.premium(world, company) == 0.0
        world.parameters[0].option_value = 1.0


def test_the_choice_is_logit_among_what_pays():
    """Frequencies of 6,000 keyed choices against the logit chances: chi-square below its 99.9% point, fixed seeds."""
    world = fresh()
    p = world.parameters[0]
    p.search_rate, p.outside_mean, p.outside_premises, p.outside_sd = 0.0, 0.0, 0.0, 0.0  # nothing elsewhere
    company, parcel = world.companies[0], world.parcels[0]
    draw_company(world, 0, np.random.default_rng(3))
    company.parcel, company.next_review, company.project = 0, world.clock[0].quarter, -1
    company.reserved = company.opportunity = -1
    company.jobs, company.turnover, company.space_per_job, company.liquidity = 20.0, 4e6, 85.0, 1e9
    company.theta, company.uncertainty = 0.05, 0.1
    parcel.occupant, parcel.n_borders, parcel.area, parcel.floor = 0, 0, 8_000.0, 1_600.0
    parcel.quality = parcel.fit = 0.55
    parcel.motives[:] = 0.6
    parcel.motives[records.PREMISES] = 0.55
    p.beta = 0.35
    plain, firm, motives, here = plain_parameters(world), firm_of(company), motives_of(company), premises_of(parcel)
    utilities = [slow.utility(firm, offer, 0.0, plain) for offer in (
        slow.renovation(firm, motives, qualities_of(parcel), here, plain),
        slow.expansion(firm, motives, qualities_of(parcel), here, 0.0, 0.0, plain))]
    chances = slow.choice_chances(utilities, plain["taste"] * firm.turnover)
    seen = Counter()
    posted = np.empty(0, np.int64)
    for key in range(1, 6_001):
        company.key, company.plan = key, records.NO_PLAN
        review.review_company(world, 0, posted)
        seen[int(company.plan)] += 1
        world.counts[0].events = 0
    observed = [seen[records.NO_PLAN], seen[records.RENOVATE], seen[records.EXPAND_OWN]]
    assert sum(observed) == 6_000
    assert min(chances) > 0.03  # every option has a fair chance
    chi_square = sum((o - 6_000 * c) ** 2 / (6_000 * c) for o, c in zip(observed, chances, strict=True))
    assert chi_square < 13.8


def test_what_does_not_pay_is_never_chosen_by_the_reference():
    assert slow.choice_chances([-1.0, 5.0], 1.0)[1] == 0.0
    assert slow.choice_chances([3.0], 0.0) == [0.0, 1.0]
    assert math.isclose(sum(slow.choice_chances([2.0, 0.0], 0.7)), 1.0)
