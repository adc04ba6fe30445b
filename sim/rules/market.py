"""Phase 9: asking prices, prospects from outside, sales and lettings of premises that are ready.

Prices fall with vacancy, down to what the owner will not go below; low prices draw users of low intensity. Prospects
come with the region's activity and the park's reputation (a year late), look at what is on offer, and choose between
here and a keyed site elsewhere. Prices and prospects: simultaneous on the state at the start of the phase; choices of
sites: in a keyed shuffle of the searchers. Source: mechanics C10; pattern 3.
"""

from __future__ import annotations

import math

import numpy as np

from sim import draws, events, ledger
from sim.compiled import rule
from sim.records import (
    AS_IS,
    BUILDING_SALE,
    ELSEWHERE,
    FEES,
    MOVE_AWAY,
    MOVE_WITHIN,
    N_MOTIVES,
    N_SECTORS,
    NEVER,
    NO_PLAN,
    PROSPECT,
    RENOVATE_FIRST,
    SECTOR_TILT,
    SITTING,
    STATE,
    SURROUNDINGS,
)
from sim.rules.appraisal import (
    appraise_site,
    can_pay,
    is_to_let,
    outside_site_quality,
    utility_of_buying,
    utility_of_renting,
)
from sim.rules.matching import pair_is_free, reservation_price
from sim.rules.perception import property_value, quality_price
from sim.rules.realisation import move_in
from sim.rules.review import list_posted_sites

FULL_COMPANIES = 1
ROOM_COMPANIES = 64  # rows free before a quarter begins

_SECTOR_SHARES = (0.25, 0.40, 0.55, 0.75, 0.85, 1.0)


@rule
def clear_market(world):
    """Set prices, let prospects come and go, and let those who search take premises that are ready."""
    world.environment[0].vacancy = vacancy_rate(world)
    for j in range(world.counts[0].parcels):
        if world.parcels[j].live:
            price_parcel(world, j)
    welcome_prospects(world)
    search_sites(world)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.reserved >= 0 and company.opportunity < 0:
            take_reserved_site(world, i)
        elif company.state == PROSPECT and company.opportunity < 0:
            settle_elsewhere_when_tired(world, i)


@rule
def vacancy_rate(world):
    """Return the share of floor space on the park without occupant, 0-1."""
    vacant, total = 0.0, 0.0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.floor > 0.0:
            total += parcel.floor
            if parcel.occupant < 0:
                vacant += parcel.floor
    return vacant / total if total > 0.0 else 0.0


@rule
def price_parcel(world, j):
    """Set what the owner of parcel ``j`` asks; vacant, it comes down to what the owner will not go below."""
    p, clock = world.parameters[0], world.clock[0]
    parcel = world.parcels[j]
    fair = quality_price(world, property_value(world, parcel), parcel.motives[SURROUNDINGS])
    vacant = 0
    if parcel.occupant < 0 and parcel.vacant_since > NEVER:
        vacant = clock.quarter - parcel.vacant_since
        if vacant > 8:
            parcel.book *= 1.0 - 0.25 * p.book_write_off
    if not parcel.offered:
        return
    if vacant <= 2 or parcel.asking <= 0.0:
        parcel.asking = fair
        return
    fall = p.ask_fall + p.ask_fall_vacancy * max(0.0, world.environment[0].vacancy - 0.05)
    parcel.asking = max(min(parcel.asking, fair) * (1.0 - fall), reservation_price(world, j, 1.0))


@rule
def welcome_prospects(world):
    """Firms from outside start to look at the park: more in good times, at a good reputation, and at low prices."""
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    sitting, offered, cheap = 0, 0.0, 0.0
    for i in range(world.counts[0].companies):
        if world.companies[i].state == SITTING:
            sitting += 1
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.offered and parcel.floor > 0.0:
            offered += parcel.floor
            if parcel.asking < p.low_price * p.ask_markup * property_value(world, parcel):
                cheap += parcel.floor
    reputation = environment.park_quality[(clock.quarter + 4) % 8]
    mean = 0.25 * p.prospect_rate * sitting * math.exp(environment.activity) * (0.5 + reputation)
    mean *= 1.0 + p.reputation_prospects * world.organisation[0].reputation
    arrivals = draws.poisson(mean, clock.seed, draws.PROSPECTS, clock.quarter, 1)
    for k in range(arrivals):
        add_prospect(world, draws.derived_key(clock.seed, (clock.quarter + 10_000) * 1_000 + k), False)
    if cheap > 0.0:
        low = draws.poisson(mean * cheap / offered, clock.seed, draws.LOW_INTENSITY, clock.quarter, 1)
        for k in range(low):
            add_prospect(world, draws.derived_key(clock.seed, (clock.quarter + 10_000) * 1_000 + 500 + k), True)


@rule
def add_prospect(world, key, low_intensity):
    """Add a firm that looks for a site; all it is follows from its key, the same under every strategy."""
    p, clock, counts = world.parameters[0], world.clock[0], world.counts[0]
    i = counts.companies
    if i >= world.companies.shape[0]:
        counts.full = FULL_COMPANIES
        return
    counts.companies = i + 1
    company = world.companies[i]
    company.key = key
    company.state = PROSPECT
    company.parcel = company.opportunity = company.project = company.reserved = company.plan_target = -1
    company.border = -1
    company.followed_up = NEVER
    company.arrived = clock.quarter
    company.left = NEVER
    seed = clock.seed
    chance = draws.uniform(seed, draws.PROSPECT, 0, key, 0)
    sector = 0
    while sector < N_SECTORS - 1 and chance > _SECTOR_SHARES[sector]:
        sector += 1
    company.sector = sector
    spread = math.sqrt(2.0 * math.log(p.prospect_jobs_mean / p.prospect_jobs_median))
    company.jobs = min(400.0, max(1.0, p.prospect_jobs_median * math.exp(
        spread * draws.normal(seed, draws.PROSPECT, 0, key, 1))))
    company.space_per_job = p.floor_per_job * math.exp(
        p.floor_per_job_sigma * draws.normal(seed, draws.PROSPECT, 0, key, 2))
    company.turnover = company.jobs * p.turnover_per_job
    company.low_intensity = low_intensity
    if low_intensity:
        company.space_per_job *= 2.0
    company.theta = p.theta * math.exp(p.theta_sigma * draws.normal(seed, draws.PROSPECT, 0, key, 3))
    company.fairness = p.fairness_low + (1.0 - p.fairness_low) * draws.uniform(seed, draws.PROSPECT, 0, key, 4)
    company.liquidity = p.liquidity * company.turnover * math.exp(
        0.6 * draws.normal(seed, draws.PROSPECT, 0, key, 5))
    company.openness = draws.uniform(seed, draws.PROSPECT, 0, key, 6)
    company.trust = company.trust_others = company.trust_base = company.others_base = p.trust_start
    company.uncertainty = p.uncertainty_base
    company.power = min(1.0, company.jobs / 200.0)
    company.home = draws.uniform(seed, draws.HOME, 0, key, 0) < p.home_share
    company.satisfaction = 0.5
    company.talked = company.introduced_at = company.reviewed_at = NEVER
    company.next_review = company.lease_end = NEVER
    company.known_until = NEVER
    draw_weights(world, company)
    company.outside_quality = outside_site_quality(world, company, 0)
    company.site_quality = company.outside_quality
    # Without this park it would have had the other site: only what it gains beyond that counts (see outcomes).
    company.expected = company.outside_quality
    events.happen(world, events.PROSPECT_ARRIVED, -1, i, -1, company.jobs, company.outside_quality)


@rule
def draw_weights(world, company):
    """Draw how a firm weighs the location motives: Dirichlet around the means of its sector, as at the founding."""
    p, seed = world.parameters[0], world.clock[0].seed
    means = np.array([p.weight_access, p.weight_parking, p.weight_premises, p.weight_surroundings,
                      p.weight_room, p.weight_nearness, p.weight_services, p.weight_price])
    total = 0.0
    for m in range(N_MOTIVES):
        means[m] *= SECTOR_TILT[company.sector, m]
        total += means[m]
    shape = p.dirichlet / total
    total = 0.0
    for m in range(N_MOTIVES):
        company.weights[m] = max(draws.gamma(shape * means[m], seed, draws.PROSPECT, m + 1, company.key, 10), 1e-12)
        total += company.weights[m]
    for m in range(N_MOTIVES):
        company.weights[m] /= total


@rule
def is_searching(company):
    """Return whether a company looks around for premises that are ready."""
    if company.opportunity >= 0 or company.reserved >= 0 or company.project >= 0 or company.land_wish > 0.0:
        return False
    if company.state == PROSPECT:
        return True
    return company.state == SITTING and (company.plan == MOVE_WITHIN or company.plan == MOVE_AWAY)


@rule
def search_sites(world):
    """Searchers look at what is on offer, one after the other in a keyed shuffle, and reserve what suits them."""
    p, clock = world.parameters[0], world.clock[0]
    n = 0
    rows = np.empty(world.counts[0].companies, np.int64)
    rank = np.empty(world.counts[0].companies, np.uint64)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if is_searching(company) and draws.uniform(
                clock.seed, draws.RELOOK, clock.quarter, company.key, 0) < p.search_rate:
            rows[n] = i
            rank[n] = draws.bits(clock.seed, draws.SHUFFLE, clock.quarter, company.key, 1)
            n += 1
    order = np.argsort(rank[:n])
    posted = list_posted_sites(world)
    for k in range(n):
        choose_premises(world, rows[order[k]], posted)


@rule
def choose_premises(world, i, posted):
    """Company ``i`` takes the best premises on offer if they beat what it would otherwise do (noisy choice)."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    scale = p.taste * company.turnover
    otherwise = 0.0
    if company.state == SITTING and company.plan == MOVE_AWAY:
        otherwise = max(0.0, company.plan_value)
    best = -1
    best_score = otherwise + scale * draws.gumbel(clock.seed, draws.TASTE, clock.quarter, company.key, 100)
    for k in range(posted.shape[0]):
        j = posted[k]
        parcel = world.parcels[j]
        if parcel.occupant == i or parcel.floor <= 0.0 or not pair_is_free(world, j):
            continue
        error = p.perception_error * draws.normal(
            clock.seed, draws.PERCEPTION_ERROR, clock.quarter, company.key, parcel.key)
        offer = appraise_site(world, company, parcel, AS_IS, error)
        if not offer.feasible:
            continue
        if is_to_let(world, parcel):
            # For whoever owns premises elsewhere the rent is judged by the price it stands for.
            value = (utility_of_renting(world, company, parcel, offer) if company.tenant
                     else utility_of_buying(world, company, offer, parcel.asking))
        else:
            # Whoever buys may mean to renovate at once.
            renewed = appraise_site(world, company, parcel, RENOVATE_FIRST, error)
            if renewed.feasible and renewed.worth > offer.worth:
                offer = renewed
            if not can_pay(world, company, offer, parcel.asking):
                continue
            value = utility_of_buying(world, company, offer, parcel.asking)
        if value < 0.0 and company.state == SITTING:
            continue
        score = value + scale * draws.gumbel(clock.seed, draws.TASTE, clock.quarter, company.key, parcel.key)
        if score > best_score:
            best, best_score = j, score
    if best >= 0:
        company.reserved = best
        world.parcels[best].reserved = i


@rule
def take_reserved_site(world, i):
    """Move company ``i`` into the site it reserved, once that is free; it buys, or rents from an investor."""
    p = world.parameters[0]
    company = world.companies[i]
    j = company.reserved
    parcel = world.parcels[j]
    gone = company.state != SITTING and company.state != PROSPECT
    if gone or not parcel.live or parcel.reserved != i:
        if parcel.reserved == i:
            parcel.reserved = -1
        company.reserved = -1
        return
    if parcel.occupant >= 0:
        # The occupant still has to leave; if it no longer means to, the searcher looks on.
        occupant = world.companies[parcel.occupant]
        if occupant.plan != MOVE_AWAY and occupant.plan != MOVE_WITHIN:
            parcel.reserved = -1
            company.reserved = -1
        return
    if is_to_let(world, parcel):
        events.happen(world, events.PREMISES_LET, -1, i, j, parcel.asking * p.rent_yield, 0.0)
    else:
        ledger.pay(world, i, parcel.owner, parcel.asking, BUILDING_SALE, -1, j)
        ledger.pay(world, i, STATE, p.transfer_cost * parcel.asking, FEES, -1, j)
        events.happen(world, events.PREMISES_SOLD, -1, i, j, parcel.asking, 0.0)
        parcel.owner = i
        parcel.book = parcel.asking
    move_in(world, i, j, -1)
    company.next_review = world.clock[0].quarter + 1


@rule
def settle_elsewhere_when_tired(world, i):
    """A prospect that found nothing in time takes the site elsewhere, as it would have without this park."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    patience = p.prospect_patience * (4.0 if company.land_wish > 0.0 else 1.0)
    if clock.quarter - company.arrived < patience:
        return
    company.state = ELSEWHERE
    company.left = clock.quarter
    company.site_quality = company.outside_quality
    company.plan = NO_PLAN
    if clock.quarter >= 0:
        world.accounts[0].turned_elsewhere += 1
    events.happen(world, events.PROSPECT_ELSEWHERE, -1, i, -1, company.outside_quality, 0.0)
