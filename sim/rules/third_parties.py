"""Phase 5: those who take a role beside the municipality. An intermediary, a redevelopment company, a levy zone.

The intermediary is hired where the political climate and the scale of the works allow it; its hours go to negotiating and
taking over tasks. The redevelopment company (private, the province its shareholder) buys long-vacant sites, cleans and
divides them and sells them, from a fund that revolves and can run dry. A levy zone is voted by the firms: a majority
binds all, for five years. Each can be left out of a strategy. Source: model 6; mechanics D; S124-S127.
"""

from __future__ import annotations

from sim import draws, events, ledger
from sim.compiled import rule
from sim.park.parcels import clear_building
from sim.records import (
    ASSOCIATION,
    BUILDERS,
    CAPITAL,
    CASE,
    FOUND,
    LAND,
    LEVY,
    MUNICIPALITY,
    NOBODY,
    PROCESS,
    PROVINCE,
    REALISATION,
    SERVICES,
    SITTING,
    STAFF,
    SURROUNDINGS,
    WORKS_CLEAN,
    WORKS_DEMOLISH,
)
from sim.rules.appraisal import premium
from sim.rules.matching import reservation_price
from sim.rules.perception import blend, clip, property_value
from sim.rules.spending import can_be_bought, divide_site, site_cost


@rule
def let_third_parties_work(world):
    """Let intermediary, redevelopment company and levy zone do their part of the quarter."""
    clock, strategy = world.clock[0], world.strategy[0]
    if clock.acting and strategy.intermediary:
        hire_intermediary(world)
    if clock.acting and strategy.fund_capital > 0.0:
        if clock.quarter == 0:
            fill_fund(world)
        if clock.quarter % 4 == 2:
            redevelop_sites(world)
    run_levy_zone(world)


@rule
def hire_intermediary(world):
    """Hire one for a year when enough is on the table and the council's style leaves room for it; pay its hours."""
    p, clock, organisation, environment = (world.parameters[0], world.clock[0], world.organisation[0],
                                           world.environment[0])
    if organisation.intermediary_until <= clock.quarter:
        works = 0.0
        for o in range(world.counts[0].opportunities):
            case = world.opportunities[o]
            if case.stage == FOUND or case.stage == CASE or case.stage == REALISATION:
                works += case.works
        room = environment.style + environment.style_results
        if works < p.intermediary_scale or room < 0.6:
            return
        organisation.intermediary_until = clock.quarter + 4
        events.happen(world, events.INTERMEDIARY_HIRED, -1, MUNICIPALITY, -1, works, p.intermediary_scale)
    ledger.pay(world, MUNICIPALITY, STAFF, p.intermediary_hours * p.intermediary_rate, PROCESS, -1, -1)


# --- the redevelopment company -----------------------------------------------------------------------------------------


@rule
def fund_cash(world):
    """Return what the redevelopment company has in cash, euros."""
    fund = world.organisation[0].fund
    return world.balances[ledger.account(fund)] / 100.0 if fund < 0 else 0.0


@rule
def fill_fund(world):
    """The province pays the capital in: public money, counted once."""
    strategy, organisation = world.strategy[0], world.organisation[0]
    if organisation.fund < 0:
        ledger.pay(world, PROVINCE, organisation.fund, strategy.fund_capital, CAPITAL, -1, -1)
        events.happen(world, events.FUND_FILLED, -1, organisation.fund, -1, strategy.fund_capital, 0.0)


@rule
def redevelop_sites(world):
    """Once a year: buy the long-vacant site that returns most of its cost, as long as there is money."""
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    if organisation.fund >= 0:
        return
    for _ in range(4):
        cash = fund_cash(world)
        best, best_return, wished = -1, p.fund_return, False
        for j in range(world.counts[0].parcels):
            parcel = world.parcels[j]
            if not can_be_bought(parcel) or parcel.owner == organisation.fund:
                continue
            if clock.quarter - parcel.vacant_since <= p.fund_vacant:
                continue
            cost = site_cost(world, j) + parcel.utility
            worth = parcel.area * p.land_price
            if not (parcel.floor > 0.0 and parcel.quality < 0.4):
                worth = property_value(world, parcel)
            back = worth / max(cost, 1.0)
            if back < p.fund_return:
                continue
            if cost > cash:
                wished = True
            elif back > best_return or (best >= 0 and back == best_return and parcel.key < world.parcels[best].key):
                best, best_return = j, back
        if best < 0:
            if wished:
                events.happen(world, events.FUND_DRY, -1, organisation.fund, -1, cash, 0.0)
            return
        prepare_site(world, best)


@rule
def prepare_site(world, j):
    """Buy parcel ``j`` for the fund, move its utility, demolish what is worn out, clean, divide, and offer it."""
    p, organisation = world.parameters[0], world.organisation[0]
    parcel = world.parcels[j]
    fund = organisation.fund
    price = reservation_price(world, j, 1.0)
    organisation.fund_bought += site_cost(world, j) + parcel.utility
    ledger.pay(world, fund, parcel.owner, price, LAND, -1, j)
    parcel.owner = fund
    if parcel.floor > 0.0 and parcel.quality < 0.4:
        ledger.pay(world, fund, BUILDERS, p.demolition_cost * parcel.floor, WORKS_DEMOLISH, -1, j)
        clear_building(world, j)
        parcel.floor = parcel.quality = parcel.fit = parcel.energy = 0.0
    ledger.pay(world, fund, BUILDERS, parcel.soil_cost / 100.0, WORKS_CLEAN, -1, j)
    ledger.pay(world, fund, BUILDERS, parcel.utility, WORKS_CLEAN, -1, j)
    if parcel.soil_cost > 0:
        world.accounts[0].soil += p.value_soil * parcel.soil_cost / 100.0 * ledger.discount(world)
    parcel.soil_cost = 0
    parcel.utility = 0.0
    parcel.book = price
    parcel.offered = True
    parcel.asking = property_value(world, parcel)
    events.happen(world, events.FUND_BOUGHT, -1, fund, j, price, fund_cash(world))
    divide_site(world, j)


# --- the levy zone -----------------------------------------------------------------------------------------------------


@rule
def run_levy_zone(world):
    """Collect the levy while a zone runs; let the firms vote when one is proposed, by talks or by themselves."""
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    if clock.quarter < 0:
        return
    if organisation.levy_until > clock.quarter:
        collect_levy(world)
        if organisation.levy_until == clock.quarter + 1:
            for s in range(world.counts[0].segments):
                world.segments[s].services = max(0.0, world.segments[s].services - p.services_gain)
            events.happen(world, events.LEVY_ENDED, -1, NOBODY, -1, 0.0, 0.0)
        return
    unaided = draws.uniform(clock.seed, draws.LEVY, clock.quarter, 0, 0) < p.levy_rate
    if unaided or organisation.levy_support >= p.levy_talks:
        organisation.levy_support = 0
        hold_vote(world)


@rule
def hold_vote(world):
    """Each sitting firm votes for a zone if what it would gain in five years is worth more to it than the levy."""
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    votes, voters = 0, 0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state != SITTING:
            continue
        voters += 1
        if levy_gain(world, i) > 0.0:
            votes += 1
    share = votes / voters if voters > 0 else 0.0
    if share <= 0.5:
        events.happen(world, events.LEVY_VOTE_LOST, -1, NOBODY, -1, share, 0.5)
        return
    organisation.levy_until = clock.quarter + int(p.levy_quarters)
    for s in range(world.counts[0].segments):
        world.segments[s].services += p.services_gain  # as much as goes when it ends
    for i in range(world.counts[0].companies):
        if world.companies[i].state == SITTING:
            world.companies[i].member = True
    events.happen(world, events.LEVY_VOTE_WON, -1, NOBODY, -1, share, 0.5)


@rule
def levy_gain(world, i):
    """Return what a zone is worth to company ``i`` over its term less the levy, euros; distrust counts as a cost."""
    p = world.parameters[0]
    company = world.companies[i]
    parcel = world.parcels[company.parcel]
    motives = world.scratch_f
    for m in range(8):
        motives[m] = parcel.motives[m]
    now = blend(world, company.weights, motives, motives[2], False)
    motives[SERVICES] = clip(motives[SERVICES] + p.services_gain)
    motives[SURROUNDINGS] = clip(motives[SURROUNDINGS] + 0.05)
    then = blend(world, company.weights, motives, motives[2], False)
    years = p.levy_quarters / 4.0
    levy = years * p.levy_per_job * company.jobs
    gain = years * p.beta * company.turnover * (then - now) / (1.0 + premium(world, company))
    return gain * (0.5 + 0.5 * company.trust_others) - levy


@rule
def collect_levy(world):
    """Every sitting firm pays; the zone spends it on keeping the park, which is neither investment nor public outlay."""
    p = world.parameters[0]
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING:
            ledger.pay(world, i, ASSOCIATION, 0.25 * p.levy_per_job * company.jobs, LEVY, -1, -1)
    total = world.balances[ledger.account(ASSOCIATION)] / 100.0
    ledger.pay(world, ASSOCIATION, BUILDERS, total, LEVY, -1, -1)
    area = 0.0
    for s in range(world.counts[0].segments):
        area += world.segments[s].area
    lift = p.works_quality * total / max(area * p.works_cost, 1.0)
    for s in range(world.counts[0].segments):
        segment = world.segments[s]
        segment.quality = max(segment.quality, min(p.works_quality, segment.quality + lift))


