"""Phase 6, before single matches: chains and rings of moves, planned ahead.

One firm's old site is the next firm's chance. Of all firms that look for another site and are known to a matcher this
quarter, :func:`combine_moves` finds the assignment of firms to sites (their own, each other's, and vacant ones) with the
largest joint gain; ``scipy.optimize.linear_sum_assignment`` solves it exactly. A cycle in that assignment is a *ring*: a
swap of two, three or more parties, one deal for all or none. A path that ends on a vacant site is a *chain*: one
opportunity a link, each waiting for the one before it. A single move to a vacant site is left to ordinary matching.
Rows of the assignment are in the order of keys, so it does not depend on positions. Source: mechanics C8; source L628-631.
"""

from __future__ import annotations

import numpy as np

from sim import draws, events
from sim.compiled import rule
from sim.records import (
    BUYER,
    EXPAND_ADJOINING,
    MAX_PARTIES,
    SITTING,
    SWAP,
    World,
)
from sim.rules.appraisal import best_offer, can_pay, price_worth_paying
from sim.rules.matching import (
    combines,
    new_opportunity,
    open_deal,
    pair_is_free,
    passes_screen,
    reservation_price,
    seat_party,
    wants_site,
)
from sim.rules.review import site_is_free

IMPOSSIBLE = -1e12  # euros: a move that cannot be


def combine_moves(world: World) -> None:
    """Find the chains and rings among those who look for a site this quarter, and open their deals."""
    if not is_matching(world):
        return
    movers = list_movers(world)
    if movers.size < 2:
        return
    sites, owners = list_sites(world, movers)
    occupied = int((owners >= 0).sum())
    if occupied == 0:
        return
    # The sites that a mover would leave come first: unless somebody gains on one of those, there is nothing to combine.
    if not (move_gains(world, movers, sites[:occupied], owners[:occupied]) > 0.0).any():
        return
    gains = move_gains(world, movers, sites, owners)
    for chain, is_ring in find_combinations(gains, owners, int(world.parameters[0].chain_depth),
                                            int(world.parameters[0].ring_size)):
        if is_ring:
            open_ring(world, np.array([movers[k] for k, _ in chain], np.int64))
        else:
            open_chain(world, np.array([movers[k] for k, _ in chain], np.int64),
                       np.array([sites[s] for _, s in chain], np.int64))


def find_combinations(
    gains: np.ndarray, owners: np.ndarray, most_links: int, most_parties: int
) -> list[tuple[list[tuple[int, int]], bool]]:
    """Return the chains and rings of the best joint assignment of firms to sites.

    Parameters
    ----------
    gains : float64 array, (firms, sites)
        Euros gained when a firm takes a site; 0 on its own site, :data:`IMPOSSIBLE` where it cannot.
    owners : int64 array, (sites,)
        Firm that gives the site up when it moves itself, -1 for a vacant site.
    most_links, most_parties
        Longest chain and largest ring.

    Returns
    -------
    list of (list of (firm, site), bool)
        A chain in the order in which sites come free (the first takes a vacant one), or a ring (True), in which each firm
        takes the site of the next.
    """
    from scipy.optimize import linear_sum_assignment

    firms, n_sites = gains.shape
    # Whoever has no site of its own to stay on may take none: one column each, worth nothing.
    stay = np.full((firms, firms), IMPOSSIBLE)
    np.fill_diagonal(stay, 0.0)
    row, column = linear_sum_assignment(np.hstack([gains, stay]), maximize=True)
    takes = dict(zip(row.tolist(), column.tolist(), strict=True))
    own = {int(owner): site for site, owner in enumerate(owners.tolist()) if owner >= 0}
    moves = {k: s for k, s in takes.items() if s < n_sites and s != own.get(k) and gains[k, s] > IMPOSSIBLE / 2}
    found: list[tuple[list[tuple[int, int]], bool]] = []
    taker = {s: k for k, s in moves.items()}
    used: set[int] = set()
    for first in sorted(moves):
        if first in used or owners[moves[first]] >= 0:
            continue
        # A path from a vacant site: who takes the site that the one before leaves, and so on.
        chain = [(first, moves[first])]
        while own.get(chain[-1][0]) in taker and len(chain) < most_links:
            follower = taker[own[chain[-1][0]]]
            chain.append((follower, moves[follower]))
        used.update(k for k, _ in chain)
        if len(chain) > 1:
            found.append((chain, False))
    for first in sorted(moves):
        if first in used:
            continue
        ring, k = [], first
        while k not in used and k in moves and owners[moves[k]] >= 0:
            used.add(k)
            ring.append((k, moves[k]))
            k = int(owners[moves[k]])
        if k == first and 2 <= len(ring) <= most_parties:
            found.append((ring, True))
    return found


@rule
def is_matching(world):
    """Return whether a matcher brought anybody into contact this quarter, and combinations are looked for at all."""
    return world.environment[0].word > 0 and combines(world)


@rule
def list_movers(world):
    """Return the companies that look for another site and are known to one matcher this quarter, by key (int64).

    Known are those brought into contact this quarter, and those whose plan the municipality knows; without anybody at
    work as a matcher this quarter there is none.
    """
    n, at_work = 0, 0
    quarter = world.clock[0].quarter
    rows = np.empty(world.counts[0].companies, np.int64)
    keys = np.empty(world.counts[0].companies, np.uint64)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if not wants_site(company) or company.plan == EXPAND_ADJOINING or company.land_wish > 0.0:
            continue
        if company.introduced > 0 or company.known_until > quarter:
            rows[n] = i
            keys[n] = company.key
            n += 1
            at_work += company.introduced > 0
    if at_work == 0:
        n = 0
    return rows[np.argsort(keys[:n])]


@rule
def list_sites(world, movers):
    """Return (rows of the sites, position in ``movers`` of who would leave each): the movers' own first, then vacant."""
    capacity = movers.size + world.counts[0].parcels
    rows = np.empty(capacity, np.int64)
    owners = np.empty(capacity, np.int64)
    n = 0
    for k in range(movers.size):
        company = world.companies[movers[k]]
        if company.state == SITTING and not company.tenant and site_is_free(world.parcels[company.parcel]):
            rows[n] = company.parcel
            owners[n] = k
            n += 1
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.occupant < 0 and parcel.offered and site_is_free(parcel):
            rows[n] = j
            owners[n] = -1
            n += 1
    return rows[:n], owners[:n]


@rule
def move_gains(world, movers, sites, owners):
    """Return what each mover gains on each site beyond what its owner would take, euros, (movers, sites)."""
    gains = np.full((movers.size, sites.size), IMPOSSIBLE)
    for k in range(movers.size):
        company = world.companies[movers[k]]
        for s in range(sites.size):
            if owners[s] == k:
                gains[k, s] = 0.0
                continue
            parcel = world.parcels[sites[s]]
            if not passes_screen(world, company, parcel):
                continue
            offer = best_offer(world, company, parcel, 0.0)
            # Premises that stand ready and empty are found on the market; nothing has to be arranged for them.
            if not offer.feasible or (owners[s] < 0 and offer.works <= 0.0):
                continue
            price = reservation_price(world, sites[s], offer.land / parcel.area)
            gain = price_worth_paying(world, offer) - price
            if gain > 0.0 and can_pay(world, company, offer, price):
                gains[k, s] = gain
    return gains


@rule
def open_chain(world, companies, parcels):
    """Open one opportunity for each link: the first takes a vacant site, the next the site that the first leaves."""
    before = -1
    for k in range(companies.size):
        company = world.companies[companies[k]]
        if not wants_site(company) or not pair_is_free(world, parcels[k]):
            return
        o = open_deal(world, companies[k], parcels[k])
        if o < 0:
            return
        case = world.opportunities[o]
        case.previous = before
        case.depth = k
        if k > 0:
            events.happen(world, events.CHAIN_PLANNED, o, companies[k], parcels[k], float(k), float(before))
        before = o


@rule
def open_ring(world, companies):
    """Open one deal in which each company takes the premises of the next, the last those of the first."""
    n = companies.size
    if n > MAX_PARTIES:
        return
    for k in range(n):
        company = world.companies[companies[k]]
        if not wants_site(company) or company.tenant or not pair_is_free(world, company.parcel):
            return
    first = world.companies[companies[0]]
    second = world.companies[companies[1]]
    key = draws.derived_key(first.key ^ draws.mix(np.uint64(world.clock[0].quarter + 100_000)), second.key)
    o = new_opportunity(world, SWAP, key)
    if o < 0:
        return
    case = world.opportunities[o]
    case.demand = companies[0]
    case.parcel = second.parcel
    case.second = first.parcel
    case.segment = world.parcels[second.parcel].segment
    case.origin = 3
    for k in range(n):
        company = world.companies[companies[k]]
        seat_party(world, o, companies[k], BUYER)
        if company.introduced != 3:
            case.origin = 1
        company.opportunity = o
        world.parcels[company.parcel].opportunity = o
    events.happen(world, events.OPPORTUNITY_FOUND, o, companies[0], case.parcel, float(SWAP), float(case.origin))
    if n > 2:
        events.happen(world, events.RING_FOUND, o, companies[0], case.parcel, float(n), 0.0)
