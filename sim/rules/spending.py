"""Phase 5, money: when public money goes into public space and sites. Here the two approaches differ, and only here.

Supply-driven: a programme. Every year the budget goes to the stretches of public space where most is lacking, weighted
by the floor space along them, and to sites that have long been vacant, which are bought, cleaned, divided and offered;
then the municipality waits for takers. Demand-driven: public space is renewed where private parties have committed
themselves first, in at least the required ratio. Team, budget, unit costs and effects are the same. (Grants to cases
follow the same difference; see cases.largest_grant.) Source: mechanics A4 and C10.
"""

from __future__ import annotations

import numpy as np

from sim import draws, events, ledger
from sim.compiled import rule
from sim.park.parcels import clear_building, split_parcel
from sim.records import (
    BUILDERS,
    DEMAND_DRIVEN,
    LAND,
    MUNICIPALITY,
    NEVER,
    NO_APPROACH,
    NOBODY,
    SUPPLY_DRIVEN,
    UPKEEP,
    WORKS_CLEAN,
    WORKS_DEMOLISH,
)
from sim.rules.bargaining import cost_of_public_works
from sim.rules.matching import reservation_price
from sim.rules.perception import property_value


@rule
def commit_public_money(world):
    """Book statutory upkeep (the same in every strategy), renew the year's budget, and commit it by the approach."""
    p, strategy, team, clock = world.parameters[0], world.strategy[0], world.team[0], world.clock[0]
    area = 0.0
    for s in range(world.counts[0].segments):
        area += world.segments[s].area
    ledger.pay(world, MUNICIPALITY, BUILDERS, 0.25 * p.upkeep_cost * area, UPKEEP, -1, -1)
    if not clock.acting or strategy.approach == NO_APPROACH:
        return
    if clock.quarter % 4 == 0:
        # What was not spent may be carried over by one year.
        team.budget_left = min(max(team.budget_left, 0.0), strategy.budget) + strategy.budget
        if strategy.approach == SUPPLY_DRIVEN:
            carry_out_programme(world)
    if strategy.approach == DEMAND_DRIVEN:
        follow_private_money(world)


@rule
def carry_out_programme(world):
    """Supply-driven: rank, and spend the year's budget; part of it on sites, the rest on public space."""
    p, team = world.parameters[0], world.team[0]
    for_sites = p.supply_land_share * team.budget_left
    spent = buy_vacant_sites(world, for_sites)
    team.budget_left -= spent
    n = world.counts[0].segments
    score = np.zeros(n)
    floors = floor_along(world)
    for s in range(n):
        segment = world.segments[s]
        if segment.works_until == NEVER and segment.measure < 0 and segment.quality < p.works_trigger:
            score[s] = (p.works_quality - segment.quality) * floors[s]
    for _ in range(n):
        best = -1
        for s in range(n):
            if score[s] > 0.0 and (best < 0 or score[s] > score[best] or (
                    score[s] == score[best] and world.segments[s].key < world.segments[best].key)):
                best = s
        if best < 0:
            return
        score[best] = 0.0
        cost = cost_of_public_works(world, world.segments[best])
        if cost <= team.budget_left:
            team.budget_left -= cost
            start_works(world, best, cost)


@rule
def floor_along(world):
    """Return the floor space along each stretch of public space, m2 (float64, (segments,))."""
    floors = np.zeros(world.counts[0].segments)
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.segment >= 0:
            floors[parcel.segment] += parcel.floor
    return floors


@rule
def start_works(world, s, cost):
    """Announce and begin works on a stretch of public space; now and then they come more than a year late."""
    p, clock = world.parameters[0], world.clock[0]
    segment = world.segments[s]
    length = int(p.works_quarters) + (1 if cost > world.organisation[0].mandate else 0)
    segment.promised_at = clock.quarter + length
    if draws.uniform(clock.seed, draws.WORKS, clock.quarter, segment.key, 0) < p.works_slip:
        length += 5
    segment.works_until = clock.quarter + length
    segment.announced = p.works_quality
    segment.pending = cost
    segment.private = 0.0
    world.team[0].committed += cost
    events.happen(world, events.WORKS_ANNOUNCED, -1, MUNICIPALITY, s, cost, segment.quality)


@rule
def follow_private_money(world):
    """Demand-driven: renew the public space in front of private commitments, once these meet the required ratio."""
    p, strategy, team = world.parameters[0], world.strategy[0], world.team[0]
    n = world.counts[0].segments
    for _ in range(n):
        best, best_ratio = -1, 0.0
        for s in range(n):
            segment = world.segments[s]
            if segment.works_until > NEVER or segment.measure >= 0 or segment.quality >= p.works_trigger:
                continue
            cost = cost_of_public_works(world, segment)
            if cost <= 0.0 or cost > team.budget_left:
                continue
            ratio = segment.private / cost
            if ratio >= strategy.private_ratio and ratio > best_ratio:
                best, best_ratio = s, ratio
        if best < 0:
            return
        cost = cost_of_public_works(world, world.segments[best])
        team.budget_left -= cost
        start_works(world, best, cost)


@rule
def buy_vacant_sites(world, money):
    """Buy sites vacant for over two years at the owner's lowest price, clean and divide them, and put them on offer.

    Parameters
    ----------
    money : float
        Euros that may be spent this year.

    Returns
    -------
    float
        Euros spent.
    """
    clock = world.clock[0]
    spent = 0.0
    n = world.counts[0].parcels
    for _ in range(n):
        best, longest = -1, 8
        for j in range(n):
            parcel = world.parcels[j]
            if not can_be_bought(parcel):
                continue
            vacant = clock.quarter - parcel.vacant_since
            if site_cost(world, j) <= money - spent and (vacant > longest or (
                    vacant == longest and best >= 0 and parcel.key < world.parcels[best].key)):
                best, longest = j, vacant
        if best < 0:
            return spent
        spent += site_cost(world, best)
        buy_site(world, best)
    return spent


@rule
def can_be_bought(parcel):
    """Return whether the municipality could buy a parcel: private, vacant, and without claim."""
    return (parcel.live and parcel.occupant < 0 and parcel.vacant_since > NEVER and parcel.owner != MUNICIPALITY
            and parcel.reserved < 0 and parcel.opportunity < 0 and parcel.building_until == NEVER)


@rule
def site_cost(world, j):
    """Return what buying and preparing parcel ``j`` costs the municipality, euros."""
    p = world.parameters[0]
    parcel = world.parcels[j]
    cost = reservation_price(world, j, 1.0) + parcel.soil_cost / 100.0
    if parcel.floor > 0.0 and parcel.quality < 0.4:
        cost += p.demolition_cost * parcel.floor
    return cost


@rule
def buy_site(world, j):
    """Buy parcel ``j``, demolish what is worn out, clean the soil, divide a large site, and offer it."""
    p = world.parameters[0]
    parcel = world.parcels[j]
    price = reservation_price(world, j, 1.0)
    ledger.pay(world, MUNICIPALITY, parcel.owner, price, LAND, -1, j)
    parcel.owner = MUNICIPALITY
    if parcel.floor > 0.0 and parcel.quality < 0.4:
        ledger.pay(world, MUNICIPALITY, BUILDERS, p.demolition_cost * parcel.floor, WORKS_DEMOLISH, -1, j)
        clear_building(world, j)
        parcel.floor = 0.0
        parcel.quality = 0.0
    ledger.pay(world, MUNICIPALITY, BUILDERS, parcel.soil_cost / 100.0, WORKS_CLEAN, -1, j)
    if parcel.soil_cost > 0:
        world.accounts[0].soil += p.value_soil * parcel.soil_cost / 100.0 * ledger.discount(world)
    parcel.soil_cost = 0
    parcel.book = price
    parcel.offered = True
    parcel.asking = property_value(world, parcel)
    events.happen(world, events.SITE_BOUGHT, -1, MUNICIPALITY, j, price, 0.0)
    divide_site(world, j)


@rule
def divide_site(world, j):
    """Divide a bare site of over 0.8 ha into lots of about 0.35 ha, as far as that can be done legally."""
    cell_area = world.grid[0].cell_m * world.grid[0].cell_m
    lot = int(round(3_500.0 / cell_area))
    for _ in range(20):
        if world.parcels[j].floor > 0.0 or world.parcels[j].area < 8_000.0:
            return
        # The outlay on the site goes along by area, so that receipts are capped per lot.
        before, area = world.parcels[j].public_cents, world.parcels[j].area
        part = split_parcel(world, j, lot, -1, True)
        if part < 0:
            return
        share = np.int64(before * (world.parcels[part].area / area))
        world.parcels[part].public_cents = share
        world.parcels[j].public_cents = before - share
        world.parcels[part].offered = True
        world.parcels[part].asking = property_value(world, world.parcels[part])
        world.parcels[j].asking = property_value(world, world.parcels[j])
        events.happen(world, events.PLOT_SPLIT, -1, NOBODY, part, world.parcels[part].area, area)
