"""What a deal is worth to each party, and how its surplus, costs and risks are divided.

Utility is transferable (money). The surplus of a case is what all private parties gain together beyond their best
alternatives, plus public money. It is split by the Nash solution (equal gains), moved onto the nearest split that gives
every party the share of the surplus it thinks fair: a fraction of its own contribution to cost and risk, which each
overstates a little. Where those claims together exceed the whole, there is no deal this round. The municipality sells
land and roads at a fixed price and takes no share. Source: mechanics C9.
"""

from __future__ import annotations

import math

import numpy as np

from sim import draws
from sim.compiled import rule
from sim.records import (
    BUYER,
    COLLECTIVE,
    EXPAND,
    LAND_GIVER,
    MAX_PARTIES,
    MOVE,
    MOVE_AWAY,
    MUNICIPALITY,
    N_LINES,
    NEAR,
    NEVER,
    PARTICIPANT,
    PREMISES,
    PUBLIC,
    PUBLIC_SPACE,
    REDEVELOP,
    SECURITY,
    SELLER,
    SETTLE,
    SHARED_ENERGY,
    SHARED_PARKING,
    SITTING,
    SWAP,
    V_ENERGY,
    V_GREEN,
    V_JOBS,
    V_NUISANCE,
    V_SOIL,
    V_SPATIAL,
    V_VACANCY,
    WATER,
)
from sim.rules.appraisal import (
    appraise_expansion,
    best_offer,
    cost_of_moving,
    premium,
    price_worth_paying,
)
from sim.rules.environment import is_live
from sim.rules.matching import collective_worth, land_wanted, reservation_price
from sim.rules.perception import property_value, site_quality_with


@rule
def value_case(world, o):
    """Write what case ``o`` costs and what it is worth to each party (``seats.worth``, ``outlay``, ``outside``).

    Returns
    -------
    bool
        False when the solution no longer exists: a plot too small by now, premises that no longer fit.
    """
    case = world.opportunities[o]
    case.utility = 0.0
    if case.kind == COLLECTIVE:
        possible = value_collective(world, o)
    elif case.kind == EXPAND or (case.kind == SWAP and case.second < 0):
        possible = value_expansion(world, o)
    elif case.kind == SWAP:
        possible = value_exchange(world, o)
    else:
        possible = value_site(world, o)
    if not possible:
        return False
    save_by_other_solution(world, o)
    if case.shares_with >= 0 and is_live(world.opportunities[case.shares_with]):
        save_on_works(world, o, world.parameters[0].synergy_saving * (case.works - case.clean))
    case.value = societal_value(world, o)
    case.quick = (case.works <= world.parameters[0].quick_works and case.clean <= 0.0 and case.road_cells == 0
                  and case.kind != REDEVELOP)
    case.surplus = joint_surplus(world, o)
    return True


@rule
def value_site(world, o):
    """Value a move, a settlement or a redevelopment: one company gets one site."""
    p = world.parameters[0]
    case = world.opportunities[o]
    company = world.companies[case.demand]
    offer = best_offer(world, company, world.parcels[case.parcel], 0.0)
    if not offer.feasible:
        return False
    write_works(case, offer.works, offer.new_floor, offer.land, offer.clean, offer.demolish, offer.renovate)
    case.solution = offer.solution
    utility = world.parcels[case.parcel].utility if offer.new_floor > 0.0 else 0.0
    case.works += utility
    case.utility = utility
    case.hoped = offer.quality
    outside = 0.0
    if company.state == SITTING and company.plan == MOVE_AWAY:
        outside = max(0.0, company.plan_value) / (1.0 + premium(world, company)) / (1.0 + p.transfer_cost)
    buyer = world.seats[o, 0]
    buyer.worth = price_worth_paying(world, offer) - utility
    buyer.outlay = offer.works + utility + cost_of_moving(world, company)
    buyer.outside = outside
    buyer.eta = premium(world, company)
    value_seller(world, o, offer.land / world.parcels[case.parcel].area)
    return True


@rule
def value_expansion(world, o):
    """Value an expansion next door; where a road must move first, with the land it takes and the cost of the road."""
    p = world.parameters[0]
    case = world.opportunities[o]
    company = world.companies[case.demand]
    if company.parcel < 0:
        return False
    home, plot = world.parcels[company.parcel], world.parcels[case.parcel]
    land, share = land_wanted(world, company, home, plot)
    if land <= 0.0:
        return False
    cell_area = world.grid[0].cell_m * world.grid[0].cell_m
    gained = land + case.old_cells * cell_area
    clean = plot.soil_cost / 100.0 * share
    worth, _, floor, cost = appraise_expansion(world, company, home, gained, clean)
    if worth < -1e17:
        return False
    demolish = p.demolition_cost * plot.floor
    road = p.road_cost * case.road_cells * cell_area + plot.utility
    write_works(case, cost + demolish + road, floor, land, clean, demolish, 0.0)
    case.utility = plot.utility
    old = home.motives[PREMISES]
    premises = (old * home.floor + p.new_quality * floor) / max(home.floor + floor, 1.0)
    case.hoped = site_quality_with(world, company, home, premises)
    buyer = world.seats[o, 0]
    buyer.worth = worth / (1.0 + p.transfer_cost) - demolish - road
    buyer.outlay = cost + demolish + road
    buyer.outside = 0.0
    buyer.eta = premium(world, company)
    value_seller(world, o, share)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == LAND_GIVER:
            seat.worth = -1.1 * seat.land * p.land_price
            seat.outlay = seat.land * p.land_price
            seat.outside = 0.0
        elif seat.role == SELLER and seat.land > 0.0:
            seat.worth -= 1.1 * seat.land * p.land_price
        elif seat.role == PUBLIC:
            seat.worth = -0.9 * p.land_price * case.old_cells * cell_area
            seat.outlay = -seat.worth
    return True


@rule
def value_seller(world, o, share):
    """Value the sale to the owner: it gives up what it would not sell below."""
    case = world.opportunities[o]
    price = reservation_price(world, case.parcel, share)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == SELLER:
            seat.worth = -price
            seat.outlay = price
            seat.outside = 0.0


@rule
def value_exchange(world, o):
    """Value two or more companies trading places: each gives its own premises and takes those of the next."""
    case = world.opportunities[o]
    for k in range(case.n_parties):
        company = world.companies[world.seats[o, k].party]
        other = world.companies[world.seats[o, (k + 1) % case.n_parties].party]
        if company.parcel < 0 or other.parcel < 0:
            return False
        own, target = world.parcels[company.parcel], world.parcels[other.parcel]
        offer = best_offer(world, company, target, 0.0)
        if not offer.feasible or offer.land < target.area:
            return False
        seat = world.seats[o, k]
        seat.worth = price_worth_paying(world, offer) - property_value(world, own)
        seat.outlay = offer.works + cost_of_moving(world, company)
        seat.outside = 0.0
        seat.eta = premium(world, company)
        seat.works = offer.works
        if k == 0:
            case.hoped = offer.quality
            write_works(case, offer.works, offer.new_floor, offer.land, offer.clean, offer.demolish, offer.renovate)
            case.solution = offer.solution
        else:
            case.works += offer.works
            case.renovate += offer.renovate
            case.new_floor += offer.new_floor
    return True


@rule
def value_collective(world, o):
    """Value a measure taken together to the companies that take part."""
    p = world.parameters[0]
    case = world.opportunities[o]
    segment = world.segments[case.segment]
    cost = cost_of_measure(world, o)
    if cost <= 0.0:
        return False
    write_works(case, cost, 0.0, 0.0, 0.0, 0.0, 0.0)
    n = 0
    for k in range(case.n_parties):
        if world.seats[o, k].role == PARTICIPANT:
            n += 1
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role != PARTICIPANT:
            continue
        company = world.companies[seat.party]
        if company.parcel < 0:
            return False
        seat.worth = collective_worth(world, company, world.parcels[company.parcel], segment, case.theme) - cost / n
        seat.outlay = (p.collective_private if case.theme == PUBLIC_SPACE else 1.0) * cost / n
        seat.outside = 0.0
        seat.eta = premium(world, company)
    return True


@rule
def cost_of_measure(world, o):
    """Return the cost of a collective measure, euros: public space by its area, the others by plots or floor served."""
    p = world.parameters[0]
    case = world.opportunities[o]
    if case.theme == PUBLIC_SPACE:
        return cost_of_public_works(world, world.segments[case.segment])
    floor, area = served(world, o)
    if case.theme == SHARED_PARKING:
        return p.parking_cost * area
    if case.theme == SHARED_ENERGY:
        return p.energy_cost * floor
    if case.theme == WATER:
        return p.water_cost * area
    return p.security_cost * area


@rule
def served(world, o):
    """Return (m2 of floor, m2 of plot) of the participants in a collective measure."""
    case = world.opportunities[o]
    floor, area = 0.0, 0.0
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == PARTICIPANT and world.companies[seat.party].parcel >= 0:
            parcel = world.parcels[world.companies[seat.party].parcel]
            floor += parcel.floor
            area += parcel.area
    return floor, area


@rule
def cost_of_public_works(world, segment):
    """Return the cost of bringing a stretch of public space to the quality of new works, euros."""
    p = world.parameters[0]
    return segment.area * p.works_cost * max(0.0, p.works_quality - segment.quality) / p.works_quality


@rule
def write_works(case, works, new_floor, land, clean, demolish, renovate):
    """Write the works of a case, euros, m2."""
    case.works = works
    case.new_floor = new_floor
    case.land = land
    case.clean = clean
    case.demolish = demolish
    case.renovate = renovate


@rule
def save_by_other_solution(world, o):
    """A re-scoped case keeps the cheapest of the solutions worked out so far (each saves a drawn share of works)."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    best = 0.0
    for a in range(1, case.alternative + 1):
        best = max(best, draws.uniform(clock.seed, draws.RELEVEL, a, case.key, 0))
    save_on_works(world, o, best * p.rescope_saving * (case.works - case.clean))


@rule
def save_on_works(world, o, saved):
    """Take ``saved`` euros off the works of case ``o``, to the benefit of those who pay for them."""
    case = world.opportunities[o]
    if saved > 0.0:
        case.works -= saved
        payers = 0
        for k in range(case.n_parties):
            if is_payer(world.seats[o, k].role):
                payers += 1
        for k in range(case.n_parties):
            seat = world.seats[o, k]
            if is_payer(seat.role):
                seat.worth += saved / payers
                seat.outlay = max(0.0, seat.outlay - saved / payers)


@rule
def is_payer(role):
    """Return whether a seat pays for works: buyers and participants do."""
    return role == BUYER or role == PARTICIPANT


@rule
def joint_surplus(world, o):
    """Return what the parties of case ``o`` gain together beyond their alternatives, before public money, euros."""
    case = world.opportunities[o]
    total = 0.0
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        total += seat.worth - seat.outside
    return total


@rule
def shares_surplus(seat):
    """Return whether a seat takes part in the division: every private one does, the municipality does not."""
    return seat.party != MUNICIPALITY


@rule
def divide(world, o, insist):
    """Divide the surplus of case ``o``, public money included; write ``seats.utility`` and ``payment``.

    Parameters
    ----------
    insist : bool
        The parties insist on what they think fair. Otherwise the plain split is written, as a first expectation.

    Returns
    -------
    float
        Sum of the shares the parties claim; above 1 there is no division that all accept.
    """
    case = world.opportunities[o]
    total = case.surplus + case.grant + case.support
    outlay, n = 0.0, 0
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if shares_surplus(seat):
            outlay += seat.outlay
            n += 1
    equal = world.parameters[0].equal_split > 0.0
    claims = np.zeros(MAX_PARTIES)
    shares = np.zeros(MAX_PARTIES)
    claimed = 0.0
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if not shares_surplus(seat):
            continue
        shares[k] = 1.0 / n if equal or outlay <= 0.0 else seat.outlay / outlay
        if insist and total > 0.0 and outlay > 0.0:
            claims[k] = fair_share(world, o, k) * seat.outlay / outlay * (1.0 + seat.bias)
            claimed += claims[k]
        seat.claim = claims[k]
    if claimed <= 1.0:
        project_onto_claims(shares, claims, case.n_parties)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        seat.utility = shares[k] * total if shares_surplus(seat) else 0.0
        seat.payment = seat.utility - seat.worth + seat.outside
    return claimed


@rule
def fair_share(world, o, k):
    """Return the share of its contribution to cost and risk that party ``k`` demands of the surplus (0-1)."""
    party = world.seats[o, k].party
    if party >= 0:
        return world.companies[party].fairness
    return world.owners[-1 - party].fairness


@rule
def project_onto_claims(shares, claims, n):
    """Move shares that sum to 1 onto the nearest (least squares) of which none lies below its claim.

    Whoever would get less than it claims gets its claim; all others give up the same for it. Seats that take no part have
    share and claim 0 and keep it. Claims sum to 1 at most.
    """
    held = np.zeros(MAX_PARTIES, np.bool_)
    cut = 0.0
    for _ in range(n):
        fixed, free, left = 0.0, 0, 0.0
        for k in range(n):
            if held[k]:
                fixed += claims[k]
            else:
                free += 1
                left += shares[k]
        if free == 0:
            break
        cut = (fixed + left - 1.0) / free
        more = False
        for k in range(n):
            if not held[k] and shares[k] - cut < claims[k]:
                held[k] = True
                more = True
        if not more:
            break
    for k in range(n):
        shares[k] = claims[k] if held[k] else shares[k] - cut


@rule
def societal_value(world, o):
    """Return the value case of opportunity ``o``, euros: what it adds beyond the parties, as the council weighs it.

    Writes ``case.lines``, one amount a line before weights: long vacancy ended and conflicts solved, jobs kept or added,
    soil cleaned, energy and CO2, nuisance and safety, open land spared, spatial quality around it.
    """
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    lines = case.lines
    for line in range(N_LINES):
        lines[line] = 0.0
    if case.kind == COLLECTIVE:
        value_measure(world, o, lines)
    else:
        parcel = world.parcels[case.parcel]
        company = world.companies[case.demand]
        lines[V_SOIL] = p.value_soil * case.clean
        if parcel.vacant_since > NEVER and parcel.floor > 0.0 and clock.quarter - parcel.vacant_since > 8:
            lines[V_VACANCY] = p.value_vacancy * parcel.floor
        lift = 0.0
        if case.new_floor > 0.0:
            lines[V_ENERGY] = p.value_energy * case.new_floor * (
                p.new_quality - parcel.energy if parcel.floor > 0.0 else 0.2)
            lift = p.new_quality - 0.5 * parcel.quality
        elif case.renovate > 0.0:
            lines[V_ENERGY] = p.value_energy * parcel.floor * max(0.0, p.renovated_quality - parcel.energy)
            lift = p.renovated_quality - parcel.quality
        lines[V_SPATIAL] = neighbours_gain(world, case, lift)
        if company.misplaced and case.kind != EXPAND:
            lines[V_NUISANCE] = p.value_conflict
        if (company.state == SITTING and company.plan == MOVE_AWAY) or (case.kind == SETTLE and not company.home):
            lines[V_JOBS] = p.value_job * company.jobs
        elif case.kind == EXPAND or case.kind == SWAP:
            lines[V_JOBS] = 0.5 * p.value_job * case.new_floor / max(company.space_per_job, 1.0)
        if parcel.floor > 0.0 or parcel.soil_cost > 0:
            lines[V_GREEN] = p.value_green * case.land
        elif case.kind != MOVE:
            lines[V_GREEN] = -p.value_green * case.land
    value = 0.0
    for line in range(N_LINES):
        value += value_weight(world, line) * lines[line]
    return value


@rule
def value_weight(world, line):
    """Return the weight the council gives a line of the value case; 1 where no council has set any."""
    if world.clock[0].acting:
        return world.organisation[0].weights[line]
    return 1.0


@rule
def value_measure(world, o, lines):
    """Write the value case of a collective measure into ``lines``."""
    p = world.parameters[0]
    case = world.opportunities[o]
    segment = world.segments[case.segment]
    floor, area = served(world, o)
    if case.theme == PUBLIC_SPACE:
        lift = max(0.0, p.works_quality - segment.quality)
        lines[V_NUISANCE] = 20.0 * p.nuisance_value * segment.area * lift
        lines[V_SPATIAL] = neighbours_gain(world, case, lift)
    elif case.theme == SHARED_ENERGY:
        lines[V_ENERGY] = p.value_energy * floor * p.energy_gain
    elif case.theme == WATER:
        lines[V_SPATIAL] = p.value_water * area
    elif case.theme == SECURITY:
        lines[V_NUISANCE] = 5.0 * p.nuisance_value * segment.area * 0.2
    else:
        lines[V_SPATIAL] = 0.5 * area


@rule
def neighbours_gain(world, case, lift):
    """Return what a lift in quality adds to the property around, euros: one site is one share of its surroundings."""
    p = world.parameters[0]
    i = case.parcel
    total, n = 0.0, 0
    if i >= 0:
        for k in range(NEAR):
            j = world.near[i, k]
            if j < 0:
                break
            total += property_value(world, world.parcels[j])
            n += 1
    if n == 0:
        return 0.0
    return p.value_neighbours * max(0.0, lift) / 0.6 * total / n * math.sqrt(max(case.land, 1.0) / 3_500.0)


