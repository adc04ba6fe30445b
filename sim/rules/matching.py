"""Phase 6: ideas that are known to the right people become opportunities, once at least two parties match.

A demand (a company that wants to expand or move, or a prospect) meets a supply (a site) only where somebody knows of
both: neighbours across a fence, a broker, a posting, or the municipality. Candidates are ranked by the surplus the pair
seems to have, with an error, and accepted greedily; one live opportunity per demand, each square metre once. Ties are
broken by key, never by position. Source: mechanics C8.
"""

from __future__ import annotations

import numpy as np

from sim import draws, events
from sim.compiled import rule
from sim.park.parcels import facing_parcels
from sim.park.roads import plan_road_move
from sim.records import (
    BORDERS,
    BUYER,
    COLLECTIVE,
    EXPAND,
    EXPAND_ADJOINING,
    FOUND,
    INFORMATION,
    LAND_GIVER,
    MAX_PARTIES,
    MOVE,
    MOVE_AWAY,
    MOVE_WITHIN,
    MUNICIPALITY,
    MUNICIPALITY_OWNER,
    N_THEMES,
    NEVER,
    NO_TASK,
    NOBODY,
    PARKING,
    PARTICIPANT,
    PROSPECT,
    PUBLIC,
    PUBLIC_SPACE,
    REBUILD,
    REDEVELOP,
    RELIEF,
    SECURITY,
    SELLER,
    SETTLE,
    SHARED_ENERGY,
    SHARED_PARKING,
    SITTING,
    SURROUNDINGS,
    SWAP,
    TIME,
)
from sim.rules.appraisal import (
    appraise_expansion,
    best_offer,
    can_pay,
    floor_needed,
    premium,
    price_worth_paying,
)
from sim.rules.perception import blend, clip, property_value
from sim.rules.review import is_free_land, site_is_free

FULL_OPPORTUNITIES = 5
ROOM_OPPORTUNITIES = 64  # rows free before a quarter begins


@rule
def match_ideas(world):
    """Find the pairs that could deal among those whom word has reached, and put the best on the opportunity map."""
    match_demands(world)
    if not combines(world):
        match_swaps(world)
    raise_collective_measures(world)
    for i in range(world.counts[0].companies):
        world.companies[i].introduced = 0
        world.companies[i].border = -1


@rule
def combines(world):
    """Return whether chains and rings are planned ahead: not where pairs meet at random."""
    return world.parameters[0].combine > 0.0 and world.parameters[0].match_by_worth > 0.0


@rule
def wants_site(company):
    """Return whether a company looks for land or premises beyond its own plot."""
    if company.opportunity >= 0 or company.reserved >= 0 or company.project >= 0:
        return False
    if company.state == PROSPECT:
        return True
    return company.state == SITTING and (
        company.plan == EXPAND_ADJOINING or company.plan == MOVE_WITHIN or company.plan == MOVE_AWAY)


@rule
def spread_word(world):
    """Without anybody's help: a broker takes up a demand, or neighbours talk over the fence."""
    p, clock = world.parameters[0], world.clock[0]
    world.environment[0].word = 0
    reach = p.broker_rate
    if world.process[0].map_at > NEVER and clock.quarter - world.process[0].map_at < 4:
        # An opportunity map that is up to date shows parties where the others are.
        reach = min(1.0, reach * p.map_reach)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if not wants_site(company):
            continue
        if company.introduced == 0 and draws.uniform(
                clock.seed, draws.BROKER, clock.quarter, company.key, 0) < reach:
            company.introduced = 1
        if company.introduced > 0:
            world.environment[0].word += 1
        if company.parcel < 0:
            continue
        for k in range(world.parcels[company.parcel].n_borders):
            j = world.borders[company.parcel, k]
            chance = draws.uniform(clock.seed, draws.BORDER_TALK, clock.quarter, company.key, world.parcels[j].key)
            # A key figure is in touch with its neighbours: a firm too can play the connecting role.
            rate = p.border_talk * (2.0 if company.key_figure else 1.0)
            if chance < rate and is_free_land(world.parcels[j]):
                company.border = j


@rule
def match_demands(world):
    """Form the list of candidate pairs, best first, and accept each whose demand and site are still free."""
    counts = world.counts[0]
    looking = 0
    for i in range(counts.companies):
        company = world.companies[i]
        if wants_site(company) and (company.introduced > 0 or company.border >= 0):
            looking += 1
    if looking == 0:
        return
    sites = list_known_sites(world)
    capacity = looking * (sites.shape[0] + BORDERS + 32)  # every demand with every site: nothing can be dropped
    demand = np.zeros(capacity, np.int64)
    supply = np.zeros(capacity, np.int64)
    surplus = np.zeros(capacity)
    n = 0
    for i in range(counts.companies):
        company = world.companies[i]
        if not wants_site(company) or (company.introduced == 0 and company.border < 0):
            continue
        if company.plan == EXPAND_ADJOINING:
            n = offer_next_door(world, i, demand, supply, surplus, n)
        else:
            n = offer_sites(world, i, sites, demand, supply, surplus, n)
    if world.parameters[0].match_by_worth <= 0.0:
        rank_at_random(world, demand, supply, surplus, n)
    order = np.argsort(-surplus[:n])
    for k in range(1, n):
        # Equal surplus: by key, so that the result does not depend on positions in a table.
        c = k
        while c > 0 and comes_before(world, demand, supply, surplus, order[c], order[c - 1]):
            order[c - 1], order[c] = order[c], order[c - 1]
            c -= 1
    for k in range(n):
        c = order[k]
        if wants_site(world.companies[demand[c]]) and pair_is_free(world, supply[c]):
            open_deal(world, demand[c], supply[c])


@rule
def rank_at_random(world, demand, supply, surplus, n):
    """Let chance, and not what pairs would gain, decide which come first (a critic's alternative; ``surplus`` is changed)."""
    clock = world.clock[0]
    for k in range(n):
        pair = draws.derived_key(world.companies[demand[k]].key, world.parcels[supply[k]].key)
        surplus[k] = draws.uniform(clock.seed, draws.RANDOM_MATCH, clock.quarter, pair, 0)


@rule
def list_known_sites(world):
    """Return the rows of all free sites that are on offer, or whose owner would sell when asked (int64)."""
    rows = np.empty(world.counts[0].parcels, np.int64)
    n = 0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if (parcel.offered or parcel.wish_to_sell) and site_is_free(parcel):
            rows[n] = j
            n += 1
    return rows[:n]


@rule
def comes_before(world, demand, supply, surplus, a, b):
    """Return whether candidate ``a`` ranks before ``b``: larger surplus, then key of demand, then key of site."""
    if surplus[a] != surplus[b]:
        return surplus[a] > surplus[b]
    key_a, key_b = world.companies[demand[a]].key, world.companies[demand[b]].key
    if key_a != key_b:
        return key_a < key_b
    return world.parcels[supply[a]].key < world.parcels[supply[b]].key


@rule
def pair_is_free(world, j):
    """Return whether no opportunity has a claim on parcel ``j``."""
    parcel = world.parcels[j]
    return parcel.live and parcel.opportunity < 0 and parcel.reserved < 0 and parcel.building_until == NEVER


@rule
def reservation_price(world, j, share):
    """Return the price below which the owner of parcel ``j`` does not sell ``share`` of it, euros.

    Owners resist a loss: not below 0.85 of book value nor below 0.6 of market value (both parameters); an owner with
    a stated reservation uses that; the municipality sells land at 0.9 of its value.
    """
    p = world.parameters[0]
    parcel = world.parcels[j]
    value = property_value(world, parcel)
    if parcel.owner < 0:
        owner = world.owners[-1 - parcel.owner]
        if owner.kind == MUNICIPALITY_OWNER:
            return 0.9 * value * share
        if owner.reservation > 0.0:
            return owner.reservation * value * share
    return max(p.reservation_book * min(parcel.book, value), p.reservation_value * value) * share


@rule
def offer_next_door(world, i, demand, supply, surplus, n):
    """Add the plots next to (or across a road from) company ``i`` that it could grow onto; return the new count."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    home = company.parcel
    candidates = np.empty(BORDERS + 32, np.int64)
    m = 0
    for k in range(world.parcels[home].n_borders):
        j = world.borders[home, k]
        # A neighbour learns of one plot; the municipality and a broker know what lies around.
        if company.introduced > 0 or company.border == j:
            candidates[m] = j
            m += 1
    if m == 0 or company.land_wish > 0.0:
        if company.introduced > 0:
            facing = np.empty(32, np.int64)
            for k in range(facing_parcels(world, home, facing)):
                candidates[m] = facing[k]
                m += 1
    for k in range(m):
        j = candidates[k]
        plot = world.parcels[j]
        if not is_free_land(plot) or plot.owner == world.parcels[home].owner:
            continue
        land, share = land_wanted(world, company, world.parcels[home], plot)
        if land <= 0.0:
            continue
        worth = appraise_expansion(world, company, world.parcels[home], land, plot.soil_cost / 100.0 * share)[0]
        if worth < -1e17:
            continue
        cost = p.build_cost * p.growth_room * floor_needed(company)
        error = p.match_error * cost * draws.normal(clock.seed, draws.MATCH_ERROR, clock.quarter, company.key, plot.key)
        gain = worth / (1.0 + p.transfer_cost) - reservation_price(world, j, share) + error
        if gain > 0.0:
            demand[n], supply[n], surplus[n] = i, j, gain
            n += 1
    return n


@rule
def land_wanted(world, company, home, plot):
    """Return (m2 of ``plot`` that the company wants, as share of the plot); 0 where the plot is too small."""
    p = world.parameters[0]
    extra = p.growth_room * floor_needed(company) - home.floor
    land = company.land_wish if company.land_wish > 0.0 else max(extra, 0.0) / p.floor_space_index
    if land <= 0.0 or company.land_wish > plot.area * 1.001:
        return 0.0, 0.0
    if company.land_wish <= 0.0 and plot.area - land < p.least_rest * plot.area:
        land = plot.area
    return land, min(1.0, land / plot.area)


@rule
def offer_sites(world, i, sites, demand, supply, surplus, n):
    """Add the best few sites on offer for company ``i`` (to move to, or to settle on); return the new count."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    for k in range(sites.shape[0]):
        j = sites[k]
        parcel = world.parcels[j]
        if parcel.occupant == i:
            continue
        if not (parcel.offered or (company.introduced == 3 and parcel.wish_to_sell)):
            continue
        if company.introduced == 0 and j != company.border:
            continue  # a neighbour tells of one plot, its own
        if not passes_screen(world, company, parcel):
            continue
        offer = best_offer(world, company, parcel, 0.0)
        if not offer.feasible or offer.works <= 0.0:
            # Premises that are ready are found on the market (phase 9); nothing has to be built for them.
            continue
        share = offer.land / parcel.area
        floor_price = reservation_price(world, j, share)
        error = p.match_error * (offer.works + floor_price) * draws.normal(
            clock.seed, draws.MATCH_ERROR, clock.quarter, company.key, parcel.key)
        gain = price_worth_paying(world, offer) - floor_price + error
        if gain > 0.0 and can_pay(world, company, offer, floor_price):
            demand[n], supply[n], surplus[n] = i, j, gain
            n += 1
    return n


@rule
def passes_screen(world, company, parcel):
    """Return whether a site meets the hard minima before it is scored (screening on five groups of criteria).

    Technical: parking and services; economic: left to whoever can pay; social: nearness; environmental: a heavy clean-up
    asks more than the land is worth; political: a firm tolerated elsewhere is not tolerated again. ``screen`` 0 skips it.
    """
    least = world.parameters[0].screen
    if least <= 0.0:
        return True
    motives = parcel.motives
    if motives[0] < least or motives[6] < least or motives[5] < least:
        return False
    if parcel.soil_cost / 100.0 > parcel.area * world.parameters[0].land_price:
        return False
    return not company.misplaced or parcel.n_borders > 0 or parcel.occupant < 0


@rule
def new_opportunity(world, kind, key):
    """Return the row of a fresh opportunity, or -1 when the table is full (the run is then refused, never cut)."""
    counts, clock = world.counts[0], world.clock[0]
    o = counts.opportunities
    if o >= world.opportunities.shape[0]:
        counts.full = FULL_OPPORTUNITIES
        return -1
    counts.opportunities = o + 1
    case = world.opportunities[o]
    case.key = key
    case.kind = kind
    case.stage = FOUND
    case.since = case.stage_since = case.waiting = clock.quarter
    case.demand = case.parcel = case.segment = case.second = case.previous = case.shares_with = -1
    case.score_firms = case.score_town = -1.0
    case.stalled = case.mediated = case.slotted = case.pushed = case.started = case.agreed = NEVER
    case.delivered = NEVER
    case.approval_until = clock.quarter
    case.reason = -1
    case.task = case.stall_task = NO_TASK
    for role in range(4):
        case.queued[role] = NEVER
    if clock.quarter >= 0:
        world.accounts[0].started += 1
    return o


@rule
def seat_party(world, o, party, role):
    """Give a party a seat at the table of opportunity ``o``; return the seat's position."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    k = case.n_parties
    case.n_parties = k + 1
    seat = world.seats[o, k]
    seat.party = party
    seat.role = role
    trust = 0.9
    key = np.uint64(1)
    if party >= 0:
        trust, key = world.companies[party].trust_others, world.companies[party].key
    elif party < MUNICIPALITY:
        trust, key = world.owners[-1 - party].trust_others, world.owners[-1 - party].key
    seat.bias = p.bias_max * draws.uniform(clock.seed, draws.BIAS, 0, case.key, key) * (1.0 - trust)
    # The municipality's own stance on its land and roads is public.
    seat.known = party == MUNICIPALITY
    seat.stance = seat.known
    seat.belief = -1.0
    # The seat may have been another's before.
    seat.committed = False
    seat.land = seat.worth = seat.outlay = seat.outside = seat.utility = seat.payment = seat.works = 0.0
    return k


@rule
def open_deal(world, i, j):
    """Open the opportunity in which company ``i`` gets (part of) parcel ``j`` to expand, move to, or settle on.

    Returns
    -------
    int
        Its row, or -1 where there turns out to be none.
    """
    clock = world.clock[0]
    company = world.companies[i]
    parcel = world.parcels[j]
    key = draws.derived_key(company.key ^ draws.mix(np.uint64(clock.quarter + 100_000)), parcel.key)
    if company.state == SITTING and company.plan == EXPAND_ADJOINING:
        if adjoins(world, company.parcel, j):
            kind = EXPAND
        else:
            kind = SWAP
    elif company.state == SITTING and company.misplaced:
        kind = RELIEF
    elif parcel.floor > 0.0 and parcel.occupant < 0 and best_offer(world, company, parcel, 0.0).solution == REBUILD:
        kind = REDEVELOP
    elif company.state == PROSPECT:
        kind = SETTLE
    else:
        kind = MOVE
    o = new_opportunity(world, kind, key)
    if o < 0:
        return -1
    case = world.opportunities[o]
    case.demand = i
    case.parcel = j
    case.segment = parcel.segment
    case.origin = company.introduced if company.introduced > 0 else 2
    if kind == SWAP:
        cells = plan_road_move(world, o, company.parcel, j)
        if cells == 0:
            # No legal way round: not an opportunity after all.
            take_back_opportunity(world, o)
            return -1
        case.road_cells = cells
    seat_party(world, o, i, BUYER)
    seat_party(world, o, parcel.owner, SELLER)
    if kind == SWAP:
        if parcel.owner != MUNICIPALITY:
            seat_party(world, o, MUNICIPALITY, PUBLIC)
        if not seat_land_givers(world, o):
            take_back_opportunity(world, o)
            return -1
    company.opportunity = o
    parcel.opportunity = o
    note_shared_costs(world, o)
    events.happen(world, events.OPPORTUNITY_FOUND, o, i, j, float(case.kind), float(case.origin))
    return o


@rule
def take_back_opportunity(world, o):
    """Undo the opening of opportunity ``o``, the last one opened, before anybody has heard of it."""
    world.opportunities[o].n_parties = 0
    world.opportunities[o].road_cells = world.opportunities[o].old_cells = 0
    world.counts[0].opportunities -= 1
    if world.clock[0].quarter >= 0:
        world.accounts[0].started -= 1


@rule
def note_shared_costs(world, o):
    """Link opportunity ``o`` to a live one on an adjoining parcel: together they save on works (source L1201-1202)."""
    case = world.opportunities[o]
    best = -1
    for k in range(world.parcels[case.parcel].n_borders):
        other = world.parcels[world.borders[case.parcel, k]].opportunity
        if other >= 0 and other != o and world.opportunities[other].shares_with < 0 and (
                best < 0 or world.opportunities[other].key < world.opportunities[best].key):
            best = other
    if best >= 0:
        case.shares_with = best
        world.opportunities[best].shares_with = o
        events.happen(world, events.SHARED_COSTS, o, NOBODY, case.parcel, float(best), 0.0)


@rule
def bring_in_other_party(world, o):
    """Look for another seller for the demander of case ``o``; a collective measure goes on without who will not.

    Returns
    -------
    bool
        Whether somebody else sits at the table now.
    """
    case = world.opportunities[o]
    if case.kind == COLLECTIVE:
        return drop_unwilling(world, o)
    if case.kind == EXPAND or case.kind == SWAP or case.demand < 0:
        return False
    company = world.companies[case.demand]
    best, best_gain = -1, 0.0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if not (parcel.offered or parcel.wish_to_sell) or not site_is_free(parcel) or parcel.occupant == case.demand:
            continue
        if not passes_screen(world, company, parcel):
            continue
        offer = best_offer(world, company, parcel, 0.0)
        if not offer.feasible or offer.works <= 0.0:
            continue
        gain = price_worth_paying(world, offer) - reservation_price(world, j, offer.land / parcel.area)
        if gain > best_gain or (best >= 0 and gain == best_gain and parcel.key < world.parcels[best].key):
            best, best_gain = j, gain
    if best < 0:
        return False
    if world.parcels[case.parcel].opportunity == o:
        world.parcels[case.parcel].opportunity = -1
    case.parcel = best
    case.segment = world.parcels[best].segment
    case.previous = -1
    world.parcels[best].opportunity = o
    case.n_parties = 1
    world.seats[o, 0].committed = False
    world.seats[o, 0].belief = -1.0
    seat_party(world, o, world.parcels[best].owner, SELLER)
    case.fair = False
    return True


@rule
def drop_unwilling(world, o):
    """Let the participant with the least to gain leave the table of a collective measure, if three or more remain."""
    case = world.opportunities[o]
    worst, least, n = -1, 0.0, 0
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == PARTICIPANT:
            n += 1
            if worst < 0 or seat.worth < least:
                worst, least = k, seat.worth
    if n < 3 or least >= 0.0:
        return False
    for k in range(worst, case.n_parties - 1):
        world.seats[o, k] = world.seats[o, k + 1]
    case.n_parties -= 1
    return True


@rule
def adjoins(world, a, b):
    """Return whether parcels ``a`` and ``b`` share a border."""
    for k in range(world.parcels[a].n_borders):
        if world.borders[a, k] == b:
            return True
    return False


@rule
def seat_land_givers(world, o):
    """Seat every owner whose land the new road of case ``o`` would take, with the m2 it gives up.

    Returns
    -------
    bool
        False where there are more owners than fit round a table.
    """
    case = world.opportunities[o]
    cell_area = world.grid[0].cell_m * world.grid[0].cell_m
    for c in range(case.road_cells):
        owner = world.parcels[world.cell_parcel[world.road_new[o, c]]].owner
        place = -1
        for k in range(case.n_parties):
            if world.seats[o, k].party == owner:
                place = k
        if place < 0:
            if case.n_parties >= MAX_PARTIES:
                return False
            place = seat_party(world, o, owner, LAND_GIVER)
        world.seats[o, place].land += cell_area
    old = 0
    for c in range(world.road_old.shape[1]):
        if world.road_old[o, c] < 0:
            break
        old += 1
    case.old_cells = old
    return True


@rule
def match_swaps(world):
    """Two companies that both want to move, known to one matcher, each of whose premises suit the other better."""
    counts, clock = world.counts[0], world.clock[0]
    movers = np.empty(counts.companies, np.int64)
    n = 0
    for i in range(counts.companies):
        if can_swap(world, world.companies[i]):
            movers[n] = i
            n += 1
    for a in range(n):
        i = movers[a]
        first = world.companies[i]
        if not can_swap(world, first):
            continue
        best, best_gain = -1, 0.0
        for b in range(n):
            j = movers[b]
            second = world.companies[j]
            if first.key >= second.key or not can_swap(world, second):
                continue
            gain = swap_gain(world, i, j)
            if gain > best_gain:
                best, best_gain = j, gain
        if best < 0:
            continue
        second = world.companies[best]
        key = draws.derived_key(first.key ^ draws.mix(np.uint64(clock.quarter + 100_000)), second.key)
        o = new_opportunity(world, SWAP, key)
        if o < 0:
            return
        case = world.opportunities[o]
        case.demand = i
        case.parcel = second.parcel
        case.second = first.parcel
        case.segment = world.parcels[second.parcel].segment
        case.origin = 3 if first.introduced == 3 and second.introduced == 3 else 1
        seat_party(world, o, i, BUYER)
        seat_party(world, o, best, BUYER)
        first.opportunity = second.opportunity = o
        world.parcels[first.parcel].opportunity = world.parcels[second.parcel].opportunity = o
        events.happen(world, events.OPPORTUNITY_FOUND, o, i, case.parcel, float(SWAP), float(case.origin))


@rule
def can_swap(world, company):
    """Return whether a company owns its premises, wants to move, and was brought into contact this quarter."""
    if company.state != SITTING or company.tenant or company.introduced == 0 or not wants_site(company):
        return False
    if company.plan != MOVE_WITHIN and company.plan != MOVE_AWAY:
        return False
    return site_is_free(world.parcels[company.parcel])


@rule
def swap_gain(world, i, j):
    """Return what two companies gain together by trading places, euros (at least one must gain, after moving)."""
    first, second = world.companies[i], world.companies[j]
    mine, theirs = world.parcels[first.parcel], world.parcels[second.parcel]
    offer_i = best_offer(world, first, theirs, 0.0)
    offer_j = best_offer(world, second, mine, 0.0)
    if not offer_i.feasible or not offer_j.feasible or offer_i.land < theirs.area or offer_j.land < mine.area:
        return -1.0
    # What leaving frees is not money from a third party here: each gives its premises to the other.
    return offer_i.worth - property_value(world, mine) + offer_j.worth - property_value(world, theirs)


@rule
def raise_collective_measures(world):
    """Neighbours on one stretch of road come together over what they lack: now and then unaided, or brought together."""
    p, clock = world.parameters[0], world.clock[0]
    for s in range(world.counts[0].segments):
        segment = world.segments[s]
        if segment.works_until > NEVER or segment.measure >= 0:
            continue
        chance = draws.uniform(clock.seed, draws.COLLECTIVE, clock.quarter, segment.key, 0)
        poor = segment.quality < p.works_trigger - 0.15
        if segment.raised != clock.quarter and chance >= (p.collective_rate if poor else p.theme_rate):
            continue
        theme = theme_of_need(world, s)
        if theme >= 0:
            open_collective(world, s, theme)


@rule
def theme_of_need(world, s):
    """Return what firms along segment ``s`` lack most: public space if poor, else one of the other themes, or -1."""
    p, clock = world.parameters[0], world.clock[0]
    segment = world.segments[s]
    if segment.quality < p.works_trigger - 0.15:
        return PUBLIC_SPACE
    if p.shared_measures <= 0.0:
        return -1
    floor, energy, parking, empty, n = 0.0, 0.0, 0.0, 0, 0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.segment == s and parcel.floor > 0.0:
            floor += parcel.floor
            energy += parcel.floor * parcel.energy
            parking += parcel.motives[PARKING]
            empty += parcel.occupant < 0
            n += 1
    if n < 2:
        return -1
    best, most = -1, 0.0
    for theme in range(1, N_THEMES):
        if segment.done[theme]:
            continue
        need = 0.0
        if theme == SHARED_PARKING:
            need = 0.35 - parking / n
        elif theme == SHARED_ENERGY:
            need = 0.5 - energy / floor
        elif theme == SECURITY:
            need = empty / n - 0.10
        elif draws.uniform(clock.seed, draws.THEME, 0, segment.key, theme) < 0.2:
            need = 0.05
        if need > most:
            best, most = theme, need
    return best


@rule
def open_collective(world, s, theme):
    """Seat the companies along segment ``s`` that would gain most from a measure of ``theme``, and the municipality."""
    clock = world.clock[0]
    segment = world.segments[s]
    best = np.full(MAX_PARTIES - 1, -1, np.int64)
    gains = np.zeros(MAX_PARTIES - 1)
    n = 0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if not parcel.live or parcel.segment != s or parcel.occupant < 0:
            continue
        company = world.companies[parcel.occupant]
        gain = collective_worth(world, company, parcel, segment, theme)
        ready = company.readiness[TIME] >= 0.3 or company.readiness[INFORMATION] >= 0.3 or company.member
        if gain <= 0.0 or not ready:
            continue
        place = n
        while place > 0 and gains[place - 1] < gain:
            place -= 1
        if place >= MAX_PARTIES - 1:
            continue
        for k in range(min(n, MAX_PARTIES - 2), place, -1):
            best[k], gains[k] = best[k - 1], gains[k - 1]
        best[place], gains[place] = parcel.occupant, gain
        n = min(n + 1, MAX_PARTIES - 1)
    if n < 2:
        return
    key = draws.derived_key(segment.key, clock.quarter + 100_000 + 1_000_000 * theme)
    o = new_opportunity(world, COLLECTIVE, key)
    if o < 0:
        return
    case = world.opportunities[o]
    case.segment = s
    case.theme = theme
    case.origin = 3 if segment.raised == clock.quarter else 2
    for k in range(n):
        seat_party(world, o, best[k], PARTICIPANT)
    seat_party(world, o, MUNICIPALITY, PUBLIC)
    segment.measure = o
    events.happen(world, events.OPPORTUNITY_FOUND, o, NOBODY, -1, float(COLLECTIVE), float(case.origin))


@rule
def collective_worth(world, company, parcel, segment, theme):
    """Return what a measure taken together is worth to a company, euros (before its share of the cost).

    Public space lifts surroundings, access and services; shared parking and security their motive; shared energy saves
    money; water storage hardly anything: it is there for the park.
    """
    p = world.parameters[0]
    lift = max(0.0, p.works_quality - segment.quality)
    motives = world.scratch_f
    for m in range(8):
        motives[m] = parcel.motives[m]
    now = blend(world, company.weights, motives, motives[2], False)
    saved = 0.0
    if theme == PUBLIC_SPACE:
        motives[SURROUNDINGS] = clip(motives[SURROUNDINGS] + p.public_weight * lift)
        motives[0] = clip(motives[0] + 0.2 * lift)
        motives[6] = clip(motives[6] + p.services_gain)
    elif theme == SHARED_PARKING:
        motives[PARKING] = clip(motives[PARKING] + 0.2)
    elif theme == SHARED_ENERGY:
        saved = p.energy_saving * parcel.floor
    elif theme == SECURITY:
        motives[6] = clip(motives[6] + p.services_gain)
        motives[SURROUNDINGS] = clip(motives[SURROUNDINGS] + 0.03)
    else:
        motives[SURROUNDINGS] = clip(motives[SURROUNDINGS] + 0.02)
    then = blend(world, company.weights, motives, motives[2], False)
    return p.annuity * (p.beta * company.turnover * (then - now) + saved) / (1.0 + premium(world, company))


