"""What an option is worth to a company, in euros. Used in reviews, in matching, in bargaining and on the market.

``U = annuity * B + residual * (change of property value) - (1 + eta) * (outlay)``, where ``B`` is the yearly benefit of
a better site and of more room and ``eta = theta * (1 + phi * uncertainty)`` is the one premium on money put in: the
firm's hurdle and the value of waiting (real option) together. To bargain, everything is brought to *worth*: the sum of
money that would make the firm indifferent, ``U / (1 + eta)`` before any price of land or premises is paid. Source:
mechanics C3, a throwaway prototype tuned by hand to patterns 1 and 2; a starting point, no check.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sim import draws
from sim.compiled import rule
from sim.records import (
    AS_IS,
    BUILD_NEW,
    INVESTOR,
    N_MOTIVES,
    PREMISES,
    PROSPECT,
    REBUILD,
    RENOVATE_FIRST,
)
from sim.rules.perception import blend, clip, premises_quality, property_value, site_quality_with


class Offer(NamedTuple):
    """What one solution on one site would mean for one company."""

    feasible: bool
    worth: float  # euros, before the price of the property
    works: float  # euros: build, renovate, demolish and clean together
    new_floor: float  # m2 built
    land: float  # m2 that change hands
    clean: float  # euros within works
    demolish: float  # euros within works
    renovate: float  # euros within works
    value: float  # euros: market value of what it would then have
    cash: float  # euros needed at once, before the price
    solution: int
    quality: float  # S that the company expects there (price left out), 0-1


@rule
def no_offer():
    """Return the offer that is none."""
    return Offer(False, -1e18, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, AS_IS, 0.0)


@rule
def premium(world, company):
    """Return eta: what a euro put in must bring on top of itself (hurdle and option value in one)."""
    if world.parameters[0].option_value <= 0.0:
        return 0.0
    return company.theta * (1.0 + world.parameters[0].phi * company.uncertainty)


@rule
def floor_needed(company):
    """Return the floor space a company needs now, m2."""
    return company.jobs * company.space_per_job


@rule
def shortage(need, floor):
    """Return the part of the need that is not met, 0 to 0.5 (beyond a half nothing more is lost)."""
    if need <= 0.0:
        return 0.0
    return min(0.5, max(0.0, need / max(floor, 1.0) - 1.0))


@rule
def crampedness(world, company):
    """Return h = need / floor - 1 of a sitting company (negative: room to spare)."""
    if company.parcel < 0:
        return 0.0
    return floor_needed(company) / max(world.parcels[company.parcel].floor, 1.0) - 1.0


@rule
def yearly_benefit(world, company, quality_now, quality_then, floor_now, floor_then):
    """Return B, euros a year: better site quality, relief of a shortage, floor space shed far beyond the need."""
    p = world.parameters[0]
    need = floor_needed(company)
    site = p.beta * company.turnover * (quality_then - quality_now)
    room = p.chi * company.turnover * (shortage(need, floor_now) - shortage(need, floor_then))
    spare_now = max(0.0, floor_now - p.shed_from * need)
    spare_then = max(0.0, floor_then - p.shed_from * need)
    return site + room + p.shed_value * (spare_now - spare_then)


@rule
def appraise_renovation(world, company, parcel):
    """Return (U, cost) of renovating the company's own premises; cost 0 where there is nothing to gain."""
    p = world.parameters[0]
    lift = p.renovated_quality - parcel.quality
    if company.tenant or parcel.floor <= 0.0 or lift < p.least_lift:
        return -1e18, 0.0
    now = site_quality_with(world, company, parcel, parcel.motives[PREMISES])
    then = site_quality_with(world, company, parcel, premises_quality(world, p.renovated_quality, p.renovated_quality))
    cost = p.renovation_cost * lift * parcel.floor
    gain = p.value_built * lift * parcel.floor
    benefit = yearly_benefit(world, company, now, then, parcel.floor, parcel.floor)
    utility = p.annuity * benefit + p.residual_owner * gain - (1.0 + premium(world, company)) * cost
    if cost > p.credit_share * (property_value(world, parcel) + gain) + company.liquidity:
        return -1e18, cost
    return utility, cost


@rule
def room_on_own_plot(world, parcel):
    """Return the floor space that may still be built on a plot, m2."""
    return max(0.0, parcel.area * world.parameters[0].floor_space_max - parcel.floor)


@rule
def appraise_expansion(world, company, parcel, land, clean):
    """Return (worth before land price, U at no price, floor added, cost) of building on to the company's premises.

    Parameters
    ----------
    land : float
        m2 of land to be bought next door; 0 builds on the own plot.
    clean : float
        Euros to clean that land.
    """
    p = world.parameters[0]
    need = floor_needed(company)
    wanted = p.growth_room * need - parcel.floor
    if land > 0.0:
        wanted = max(min(wanted, land * p.floor_space_max), 0.0)
    else:
        wanted = min(wanted, room_on_own_plot(world, parcel))
    if company.tenant or wanted < p.least_growth * max(need, 1.0):
        return -1e18, -1e18, 0.0, 0.0
    cost = p.build_cost * wanted + clean
    gain = land * p.land_price + p.value_built * p.new_quality * wanted
    then_floor = parcel.floor + wanted
    premises = (parcel.motives[PREMISES] * parcel.floor + p.new_quality * wanted) / then_floor
    now = site_quality_with(world, company, parcel, parcel.motives[PREMISES])
    then = site_quality_with(world, company, parcel, premises)
    benefit = yearly_benefit(world, company, now, then, parcel.floor, then_floor)
    eta = premium(world, company)
    utility = p.annuity * benefit + p.residual_owner * gain - (1.0 + eta) * cost
    # What the land will cost is not settled yet; the bank counts its usual price.
    money = cost + land * p.land_price * (1.0 + p.transfer_cost)
    if money > p.credit_share * (property_value(world, parcel) + gain) + company.liquidity:
        return -1e18, -1e18, wanted, cost
    return utility / (1.0 + eta), utility, wanted, cost


@rule
def position(world, company):
    """Return (S, floor, present value of holding it, money freed by leaving) of where the company is, or would go.

    For a prospect that is the keyed site elsewhere, whose price it saves by coming here. An owner frees the value of its
    premises; a tenant frees nothing, and no longer pays rent.
    """
    p = world.parameters[0]
    if company.state == PROSPECT or company.parcel < 0:
        floor = p.growth_room * floor_needed(company)
        value = floor * (p.land_price / p.floor_space_index + p.value_built * p.outside_premises)
        return company.outside_quality, floor, held_by_owner(world, value), value
    parcel = world.parcels[company.parcel]
    now = site_quality_with(world, company, parcel, parcel.motives[PREMISES])
    value = property_value(world, parcel)
    if company.tenant:
        return now, parcel.floor, held_by_tenant(world, value, value), 0.0
    return now, parcel.floor, held_by_owner(world, value), value


@rule
def held_by_owner(world, value):
    """Return the present value of owning premises once they are paid for: what is left of them after 15 years, euros."""
    return world.parameters[0].residual_owner * value


@rule
def held_by_tenant(world, value, asking):
    """Return the present value of renting premises: what their value is to a tenant, less the rent on what is asked."""
    p = world.parameters[0]
    return p.residual_tenant * value - p.annuity * p.rent_yield * asking


@rule
def cost_of_moving(world, company):
    """Return what a move costs, euros: per m2 needed and turnover lost. Coming from outside costs no extra."""
    p = world.parameters[0]
    if company.state == PROSPECT:
        return 0.0
    return p.moving_cost * floor_needed(company) + p.moving_loss * company.turnover


@rule
def appraise_site(world, company, parcel, solution, error):
    """Return the :class:`Offer` that ``parcel`` makes to ``company`` under one solution, if it buys.

    Parameters
    ----------
    solution : int
        ``BUILD_NEW`` on vacant land, ``AS_IS``, ``RENOVATE_FIRST``, ``REBUILD`` (demolish, clean, build).
    error : float
        Misjudgement of the site's quality, added to S.
    """
    p = world.parameters[0]
    need = floor_needed(company)
    wanted = p.growth_room * need
    land, new_floor, clean, demolish, renovate = parcel.area, 0.0, 0.0, 0.0, 0.0
    soil = parcel.soil_cost / 100.0
    if solution == AS_IS or solution == RENOVATE_FIRST:
        if parcel.floor < p.least_fit * need or parcel.floor > p.largest_fit * need or company.land_wish > 0.0:
            return no_offer()
        premises = parcel.motives[PREMISES]
        floor = parcel.floor
        quality = parcel.quality
        if solution == RENOVATE_FIRST:
            lift = p.renovated_quality - parcel.quality
            if lift < p.least_lift:
                return no_offer()
            renovate = p.renovation_cost * lift * floor
            quality = p.renovated_quality
            premises = premises_quality(world, quality, quality)
        value = parcel.area * p.land_price + floor * p.value_built * quality
    else:
        if (solution == BUILD_NEW) != (parcel.floor <= 0.0):
            return no_offer()
        land = company.land_wish if company.land_wish > 0.0 else wanted / p.floor_space_index
        if land > parcel.area:
            if parcel.area * p.floor_space_max < wanted or company.land_wish > 0.0:
                return no_offer()
            land = parcel.area
        if parcel.area - land < p.least_rest * parcel.area:
            land = parcel.area
        floor = min(wanted, land * p.floor_space_max)
        new_floor = floor
        clean = soil * land / parcel.area
        demolish = p.demolition_cost * parcel.floor if solution == REBUILD else 0.0
        premises = p.new_quality
        value = land * p.land_price + floor * p.value_built * p.new_quality
    works = p.build_cost * new_floor + clean + demolish + renovate
    now, floor_now, held, freed = position(world, company)
    then = clip(site_quality_with(world, company, parcel, premises) + error)
    eta = premium(world, company)
    benefit = yearly_benefit(world, company, now, then, floor_now, floor)
    moving = cost_of_moving(world, company)
    worth = (p.annuity * benefit + held_by_owner(world, value) - held) / (1.0 + eta) + freed - works - moving
    return Offer(True, worth, works, new_floor, land, clean, demolish, renovate, value, works + moving, solution,
                 then)


@rule
def best_offer(world, company, parcel, error):
    """Return the best of the solutions a site offers a company, whichever is worth most after a fair price."""
    best = no_offer()
    best_score = -1e18
    for solution in range(4):
        offer = appraise_site(world, company, parcel, solution, error)
        if offer.feasible:
            score = offer.worth - property_value(world, parcel) * offer.land / parcel.area
            if score > best_score:
                best_score = score
                best = offer
    return best


@rule
def can_pay(world, company, offer, price):
    """Return whether own means and a bank loan cover works, moving and price (less what leaving frees)."""
    p = world.parameters[0]
    freed = position(world, company)[3]
    return offer.cash + price * (1.0 + p.transfer_cost) - freed <= p.credit_share * offer.value + company.liquidity


@rule
def price_worth_paying(world, offer):
    """Return the highest price at which the offer still leaves the company no worse off, euros."""
    return offer.worth / (1.0 + world.parameters[0].transfer_cost)


@rule
def utility_of_buying(world, company, offer, price):
    """Return U of an offer at a price, fees included."""
    return (offer.worth - price * (1.0 + world.parameters[0].transfer_cost)) * (1.0 + premium(world, company))


@rule
def utility_of_renting(world, company, parcel, offer):
    """Return U of renting premises as they stand instead of buying them (``offer`` is to take them as they are).

    No money is put in but the move itself. C3 asks of a tenant no more than that it gains: what it has of its own is not
    looked at, for a landlord lends nothing.
    """
    owned = held_by_owner(world, offer.value)
    rented = held_by_tenant(world, offer.value, parcel.asking)
    return offer.worth * (1.0 + premium(world, company)) - owned + rented


@rule
def is_to_let(world, parcel):
    """Return whether premises belong to an investor, who lets them."""
    return parcel.owner < 0 and world.owners[-1 - parcel.owner].kind == INVESTOR


@rule
def look_elsewhere(world, company):
    """Let a company see one site elsewhere (keyed: every strategy shows it the same); return (S, U of moving there)."""
    p, clock = world.parameters[0], world.clock[0]
    quality = outside_site_quality(world, company, clock.quarter)
    need = floor_needed(company)
    floor = p.growth_room * need
    price = floor * (p.land_price / p.floor_space_index + p.value_built * p.outside_premises)
    now, floor_now, held, freed = position(world, company)
    benefit = yearly_benefit(world, company, now, quality, floor_now, floor)
    eta = premium(world, company)
    moving = cost_of_moving(world, company)
    if company.tenant:
        # Rents there too: pays 8 per cent of the difference in value a year.
        rent = p.rent_yield * (price - world.parcels[company.parcel].floor * (
            p.land_price / p.floor_space_index + p.value_built * world.parcels[company.parcel].quality))
        utility = p.annuity * (benefit - rent) + p.residual_tenant * rent / p.rent_yield - (1.0 + eta) * moving
        return quality, utility
    outlay = moving + price * (1.0 + p.transfer_cost) - freed
    utility = p.annuity * benefit + held_by_owner(world, price) - held - (1.0 + eta) * outlay
    if outlay > p.credit_share * price + company.liquidity:
        utility = -1e18
    return quality, utility


@rule
def outside_site_quality(world, company, quarter):
    """Return S of a drawn site elsewhere for this company (price left out)."""
    p, clock = world.parameters[0], world.clock[0]
    motives = world.scratch_f  # written and read here only
    for m in range(N_MOTIVES):
        mean = p.outside_premises if m == PREMISES else p.outside_mean
        motives[m] = clip(mean + p.outside_sd * draws.normal(clock.seed, draws.OUTSIDE_SITE, quarter, company.key, m))
    return blend(world, company.weights, motives, motives[PREMISES], False)


@rule
def logistic(x):
    """Return 1 / (1 + exp(-x)), safe at both ends."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-min(x, 700.0)))
    e = math.exp(max(x, -700.0))
    return e / (1.0 + e)
