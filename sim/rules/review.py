"""Phase 4: companies whose review is due appraise their options and form, keep or drop a plan; some plans are carried out.

A review comes at random (mean four years), when space runs short, when a lease ends, or when somebody asks. Order:
simultaneous; every company reads the state at the start of the phase and writes only itself and its own parcel.
Source: mechanics C3; patterns 1, 2 and 8.
"""

from __future__ import annotations

import math

import numpy as np

from sim import draws, events, ledger
from sim.compiled import rule
from sim.records import (
    AGREED,
    AS_IS,
    BUILDERS,
    ELSEWHERE,
    EXPAND_ADJOINING,
    EXPAND_OWN,
    FINANCE,
    INFLUENCE,
    MONEY,
    MOVE_AWAY,
    MOVE_WITHIN,
    MOVING,
    N_PLANS,
    NEVER,
    NO_PLAN,
    NO_TASK,
    PERMIT,
    PROSPECT,
    REGION,
    RENOVATE,
    SITTING,
    TIME,
    WORKS_BUILD,
)
from sim.rules.appraisal import (
    appraise_expansion,
    appraise_renovation,
    appraise_site,
    best_offer,
    can_pay,
    crampedness,
    floor_needed,
    is_to_let,
    look_elsewhere,
    premium,
    utility_of_buying,
    utility_of_renting,
)
from sim.rules.environment import vacate
from sim.rules.perception import clip

FULL_PROJECTS = 6


@rule
def review_companies(world):
    """Let every company whose review is due weigh its options, and let plans that need nobody else be carried out."""
    posted = list_posted_sites(world)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state != SITTING or company.parcel < 0:
            continue
        if company.project >= 0 or company.reserved >= 0:
            continue
        if plan_is_bound(world, company):
            continue
        if review_is_due(world, company):
            review_company(world, i, posted)
        elif company.plan != NO_PLAN:
            resolve_plan(world, i)


@rule
def list_posted_sites(world):
    """Return the rows of all sites on offer that can still be had, as they stand now (int64).

    Made once per phase: what comes on offer within a phase is seen in the next, whoever is looked at first.
    """
    rows = np.empty(world.counts[0].parcels, np.int64)
    n = 0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.offered and site_is_free(parcel):
            rows[n] = j
            n += 1
    return rows[:n]


@rule
def plan_is_bound(world, company):
    """Return whether an agreed deal already carries out the company's plan."""
    return company.opportunity >= 0 and world.opportunities[company.opportunity].stage >= AGREED


@rule
def review_is_due(world, company):
    """Return whether a company reviews its site this quarter."""
    p, clock = world.parameters[0], world.clock[0]
    if company.next_review == clock.quarter:
        return True
    if company.tenant and company.lease_end == clock.quarter:
        return True
    chance = 1.0 / p.review_interval
    if crampedness(world, company) > p.cramped:
        chance = max(chance, p.review_cramped)
    return draws.uniform(clock.seed, draws.REVIEW_DUE, clock.quarter, company.key, 0) < chance


@rule
def review_company(world, i, posted):
    """Weigh stay, renovate, expand, move within the park and move away; form the best plan that pays.

    The choice is noisy (Gumbel, scaled by turnover), so small advantages are often left unused (pattern 8). Options
    that do not meet the company's threshold are not considered at all.
    """
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    parcel = world.parcels[company.parcel]
    scale = p.taste * company.turnover
    if company.tenant and company.lease_end <= clock.quarter:
        renew_lease(world, company)
    company.readiness[TIME] = max(company.readiness[TIME], 0.5)
    best_plan = NO_PLAN
    best_value, best_score = 0.0, scale * draws.gumbel(clock.seed, draws.TASTE, clock.quarter, company.key, NO_PLAN)
    best_target = -1
    outside, u_away = look_elsewhere(world, company)
    company.outside_quality = outside
    for plan in range(1, N_PLANS):
        target = -1
        if company.misplaced and (plan == EXPAND_OWN or plan == EXPAND_ADJOINING):
            continue  # where a firm is only tolerated, it gets no permit to grow
        if plan == RENOVATE:
            value = appraise_renovation(world, company, parcel)[0]
        elif plan == EXPAND_OWN:
            if company.land_wish > 0.0:
                continue  # a firm that says it wants land has found its own plot wanting
            value = appraise_expansion(world, company, parcel, 0.0, 0.0)[1]
        elif plan == EXPAND_ADJOINING:
            value, target = appraise_next_door(world, i)
        elif plan == MOVE_WITHIN:
            value, target = appraise_park(world, i, posted)
        else:
            value = u_away
        if value < 0.0:
            continue
        score = value + scale * draws.gumbel(clock.seed, draws.TASTE, clock.quarter, company.key, plan)
        if score > best_score:
            best_plan, best_value, best_score, best_target = plan, value, score, target
    adopt_plan(world, i, best_plan, best_value, best_target)


@rule
def renew_lease(world, company):
    """Sign again for a drawn number of quarters."""
    p, clock = world.parameters[0], world.clock[0]
    length = 1 + int(-p.lease_length * math.log(
        draws.uniform(clock.seed, draws.LEASE, clock.quarter, company.key, 0)))
    company.lease_end = clock.quarter + min(length, 200)


@rule
def appraise_next_door(world, i):
    """Return (U, parcel) of the best vacant plot that adjoins, or lies across a road from, company ``i``'s own.

    The company judges with the asking price; whether the owner will sell, or a road can move, it does not know yet.
    """
    p = world.parameters[0]
    company = world.companies[i]
    parcel = world.parcels[company.parcel]
    best, target = -1e18, -1
    if company.tenant:
        return best, target
    extra = p.growth_room * floor_needed(company) - parcel.floor
    land = company.land_wish if company.land_wish > 0.0 else extra / p.floor_space_index
    if land <= 0.0:
        return best, target
    # A plot across the road counts too: only this firm's wish makes moving that road worth thinking of.
    for k in range(parcel.n_borders):
        j = world.borders[company.parcel, k]
        value = value_next_door(world, company, parcel, world.parcels[j], land)
        if value > best:
            best, target = value, j
    if company.land_wish > 0.0 and target < 0:
        for k in range(world.near.shape[1]):
            j = world.near[company.parcel, k]
            if j < 0:
                break
            if across_a_road(world, company.parcel, j):
                value = value_next_door(world, company, parcel, world.parcels[j], land)
                if value > best:
                    best, target = value, j
    return best, target


@rule
def value_next_door(world, company, parcel, plot, land):
    """Return U of buying ``land`` m2 of ``plot`` at its market value and building on it; -1e18 where it cannot be."""
    p = world.parameters[0]
    if not is_free_land(plot) or plot.owner == parcel.owner:
        return -1e18
    part = min(1.0, land / plot.area)
    if company.land_wish <= 0.0 and plot.area - land < p.least_rest * plot.area:
        part = 1.0
    land = plot.area if part == 1.0 else land
    if company.land_wish > plot.area * 1.001:
        return -1e18
    utility = appraise_expansion(world, company, parcel, land, plot.soil_cost / 100.0 * part)[1]
    price = p.ask_markup * land * p.land_price
    return utility - (1.0 + premium(world, company)) * price * (1.0 + p.transfer_cost)


@rule
def is_free_land(plot):
    """Return whether a plot stands without occupant, works or claim: land, or an empty building on it."""
    return (plot.live and plot.occupant < 0 and plot.reserved < 0 and plot.opportunity < 0
            and plot.building_until == NEVER)


@rule
def across_a_road(world, a, b):
    """Return whether two parcels face each other across one road: both front the same stretch and do not adjoin."""
    first, second = world.parcels[a], world.parcels[b]
    if not second.live or first.segment < 0 or second.frontage <= 0.0:
        return False
    for k in range(first.n_borders):
        if world.borders[a, k] == b:
            return False
    reach = 0.5 * (math.sqrt(first.area) + math.sqrt(second.area)) + 4.0 * world.grid[0].cell_m
    return math.hypot(first.x - second.x, first.y - second.y) < reach


@rule
def appraise_park(world, i, posted):
    """Return (U, parcel) of the best site on offer on the park, as far as company ``i`` saw what is posted."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    best, target = -1e18, -1
    if draws.uniform(clock.seed, draws.SEARCH, clock.quarter, company.key, 0) >= p.search_rate:
        return best, target
    for k in range(posted.shape[0]):
        j = posted[k]
        parcel = world.parcels[j]
        if parcel.occupant == i:
            continue
        error = p.perception_error * draws.normal(
            clock.seed, draws.PERCEPTION_ERROR, clock.quarter, company.key, parcel.key)
        offer = best_offer(world, company, parcel, error)
        if not offer.feasible:
            continue
        price = asking_price(parcel) * offer.land / parcel.area
        if company.tenant and is_to_let(world, parcel):
            as_it_is = appraise_site(world, company, parcel, AS_IS, error)
            if as_it_is.feasible:
                value = utility_of_renting(world, company, parcel, as_it_is)
                if value > best:
                    best, target = value, j
        value = utility_of_buying(world, company, offer, price)
        if value > best and can_pay(world, company, offer, price):
            best, target = value, j
    return best, target


@rule
def site_is_free(parcel):
    """Return whether a site on offer can still be had by somebody."""
    return parcel.live and parcel.reserved < 0 and parcel.opportunity < 0 and parcel.building_until == NEVER


@rule
def asking_price(parcel):
    """Return what the owner asks, euros."""
    return parcel.asking


@rule
def adopt_plan(world, i, plan, value, target):
    """Write a company's plan; premises of an owner that means to move come on offer at once (mechanics C10)."""
    clock = world.clock[0]
    company = world.companies[i]
    if plan == company.plan:
        company.plan_value = value
        if plan == EXPAND_ADJOINING and company.opportunity < 0:
            company.plan_target = target
        return
    if company.plan != NO_PLAN:
        drop_plan(world, i)
    if plan == NO_PLAN:
        return
    company.plan = plan
    company.plan_since = clock.quarter
    company.plan_target = target
    company.plan_value = value
    company.readiness[TIME] = 1.0
    company.readiness[MONEY] = clip(value / (0.1 * company.turnover + 1.0))
    if company.key_figure:
        company.readiness[INFLUENCE] = clip(company.power + 0.3)
    parcel = world.parcels[company.parcel]
    if (plan == MOVE_WITHIN or plan == MOVE_AWAY) and parcel.reserved < 0:
        parcel.offered = True
    events.happen(world, events.PLAN_FORMED, -1, i, company.parcel, value, float(plan))


@rule
def drop_plan(world, i):
    """Give up a plan: the premises are no longer on offer."""
    company = world.companies[i]
    if company.parcel >= 0:
        parcel = world.parcels[company.parcel]
        if parcel.occupant == i and (company.plan == MOVE_WITHIN or company.plan == MOVE_AWAY):
            parcel.offered = False
            if parcel.reserved >= 0:
                # Somebody counted on these premises.
                waiting = world.companies[parcel.reserved]
                waiting.reserved = -1
                parcel.reserved = -1
    events.happen(world, events.PLAN_DROPPED, company.opportunity, i, company.parcel, 0.0, float(company.plan))
    company.plan = NO_PLAN
    company.plan_target = -1
    company.plan_value = 0.0
    company.known_until = min(company.known_until, world.clock[0].quarter)
    company.followed_up = NEVER


@rule
def resolve_plan(world, i):
    """Now and then a plan lapses, or is carried out if it needs nobody else (mean ``plan_quarters``)."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    if draws.uniform(clock.seed, draws.PLAN_RESOLVES, clock.quarter, company.key, 0) >= 1.0 / p.plan_quarters:
        return
    if draws.uniform(clock.seed, draws.PLAN_LAPSES, clock.quarter, company.key, 0) < p.plan_lapse:
        if company.opportunity < 0:
            drop_plan(world, i)
        return
    if company.plan == RENOVATE or company.plan == EXPAND_OWN:
        start_project(world, i)
    elif company.plan == MOVE_AWAY and company.opportunity < 0:
        move_away(world, i)


@rule
def start_project(world, i):
    """Begin works on the company's own plot: first a permit, which may stall, then building."""
    p, clock, counts = world.parameters[0], world.clock[0], world.counts[0]
    company = world.companies[i]
    parcel = world.parcels[company.parcel]
    if parcel.building_until > NEVER or parcel.opportunity >= 0:
        return
    if company.plan == RENOVATE:
        utility, cost = appraise_renovation(world, company, parcel)
        floor = 0.0
    else:
        _, utility, floor, cost = appraise_expansion(world, company, parcel, 0.0, 0.0)
    if utility < 0.0 or cost <= 0.0:
        drop_plan(world, i)
        return
    row = counts.projects
    if row >= world.projects.shape[0]:
        counts.full = FULL_PROJECTS
        return
    counts.projects = row + 1
    project = world.projects[row]
    project.key = draws.derived_key(company.key, clock.quarter + 1_000)
    project.company = i
    project.parcel = company.parcel
    project.plan = company.plan
    project.task = PERMIT
    project.until = clock.quarter + int(p.permit_quarters)
    project.stalled = NEVER
    project.stall_task = NO_TASK
    if draws.uniform(clock.seed, draws.STALL, 0, project.key, 0) < p.stall_chance:
        first = draws.uniform(clock.seed, draws.STALL_TASK, 0, project.key, 0) < 0.5
        project.stall_task = PERMIT if first else FINANCE
    project.floor = floor
    project.cost = cost
    project.queued = NEVER
    company.project = row


@rule
def move_away(world, i):
    """Company ``i`` leaves the park for the site it saw elsewhere: a displacement of jobs, not a loss to the region."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    parcel = world.parcels[company.parcel]
    ledger.pay(world, i, BUILDERS, cost_to_leave(world, company), MOVING, -1, company.parcel)
    floor = p.growth_room * floor_needed(company)
    # Some of those who move build new elsewhere; booked in the region, never on this park.
    ledger.pay(world, REGION, BUILDERS, p.builds_elsewhere * p.build_cost * floor, WORKS_BUILD, -1, -1)
    if clock.quarter >= 0:
        world.accounts[0].moved_away += 1
    events.happen(world, events.MOVED_AWAY, -1, i, company.parcel, company.outside_quality, company.site_quality)
    vacate(world, i)
    company.state = ELSEWHERE
    company.left = clock.quarter
    company.site_quality = company.outside_quality
    company.plan = NO_PLAN
    company.plan_target = -1
    if parcel.reserved >= 0 and world.companies[parcel.reserved].state != SITTING and (
            world.companies[parcel.reserved].state != PROSPECT):
        parcel.reserved = -1


@rule
def cost_to_leave(world, company):
    """Return the cost of the move itself, euros, without the turnover it costs."""
    return world.parameters[0].moving_cost * floor_needed(company)
