"""Phase 1: the region, the council and the firms' own growth.

Nothing here depends on the strategy: two strategies on one seed live through the same recessions, elections, subsidy
windows, growth and closures. Simultaneous: every firm reads the activity of this quarter.
"""

from __future__ import annotations

import math

from sim import draws, events
from sim.compiled import rule
from sim.records import (
    AGREED,
    CASE,
    CLOSED,
    ELSEWHERE,
    FOUND,
    N_SECTORS,
    NO_PLAN,
    NOBODY,
    PROSPECT,
    REALISATION,
    SITTING,
)


@rule
def turn_quarter(world):
    """Let region, council and firms take their step; changes ``environment``, ``companies`` and vacated parcels."""
    turn_activity(world)
    turn_council(world)
    turn_subsidy_window(world)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == ELSEWHERE and company.site_quality == company.expected:
            # It only ever looked at this park: nothing of it counts here, so it is not followed.
            continue
        if company.state == SITTING or company.state == ELSEWHERE or company.state == PROSPECT:
            grow_company(world, company)
            if close_company_is_due(world, company):
                close_company(world, i)


@rule
def turn_activity(world):
    """Regional activity and sector trends follow an AR(1) around trend (pattern 7)."""
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    keep = p.activity_persistence
    shock = p.activity_sd * math.sqrt(1.0 - keep * keep)
    environment.activity = keep * environment.activity + shock * draws.normal(
        clock.seed, draws.ACTIVITY, clock.quarter, 0, 0)
    for sector in range(N_SECTORS):
        environment.sector_trend[sector] = 0.97 * environment.sector_trend[sector] + p.sector_trend_sd * math.sqrt(
            1.0 - 0.97 * 0.97) * draws.normal(clock.seed, draws.SECTOR_TREND, clock.quarter, sector, 0)


@rule
def turn_council(world):
    """At an election the council's style changes; with a political break firms lose certainty (pattern 10, S118)."""
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    term = int(p.council_term)
    if clock.quarter <= 0:
        return
    if clock.quarter % term != 0:
        hazard = 1.0 - (1.0 - min(p.alderman_exit, 0.999)) ** (1.0 / term)
        if p.swings > 0.0 and draws.uniform(clock.seed, draws.ALDERMAN, clock.quarter, 0, 0) < hazard:
            events.happen(world, events.ALDERMAN_LEFT, -1, NOBODY, -1, float(clock.quarter % term), p.council_term)
            environment.alderman_since = clock.quarter
        return
    events.happen(world, events.ELECTION, -1, NOBODY, -1, 0.0, 0.0)
    chance = draws.uniform(clock.seed, draws.ELECTION, clock.quarter, 0, 0)
    if chance >= p.political_break:
        return
    events.happen(world, events.POLITICAL_BREAK, -1, NOBODY, -1, chance, p.political_break)
    environment.break_at = clock.quarter
    environment.alderman_since = clock.quarter
    if p.swings > 0.0:
        environment.style = draws.uniform(clock.seed, draws.ELECTION, clock.quarter, 0, 1)
        environment.style_results = draws.uniform(clock.seed, draws.STYLE, clock.quarter, 0, 0)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING or company.state == PROSPECT:
            company.uncertainty = min(1.0, company.uncertainty + p.uncertainty_break)
    for j in range(1, world.counts[0].owners):
        owner = world.owners[j]
        owner.uncertainty = min(1.0, owner.uncertainty + p.uncertainty_break)


@rule
def turn_subsidy_window(world):
    """A provincial window opens for a while at random moments; whoever has a case ready can use it."""
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    if clock.quarter < 0:
        return
    if clock.quarter > 0 and clock.quarter == environment.window_until:
        events.happen(world, events.WINDOW_CLOSED, -1, NOBODY, -1, 0.0, 0.0)
    chance = draws.uniform(clock.seed, draws.WINDOW, clock.quarter, 0, 0)
    if clock.quarter >= environment.window_until and chance < 1.0 / p.window_interval:
        environment.window_until = clock.quarter + int(p.window_length)
        events.happen(world, events.WINDOW_OPENED, -1, NOBODY, -1, p.window_length, 0.0)
    for k in range(4):
        if environment.window_from[k] == clock.quarter and environment.window_to[k] > clock.quarter:
            events.happen(world, events.WINDOW_OPENED, -1, NOBODY, -1,
                          float(environment.window_to[k] - clock.quarter), environment.window_part[k])


@rule
def open_share(world):
    """Return the share of a grant that an open subsidy window pays now, 0 when none is open (the best of them)."""
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    best = p.window_share if environment.window_until > clock.quarter else 0.0
    for k in range(4):
        if environment.window_from[k] <= clock.quarter < environment.window_to[k]:
            best = max(best, environment.window_part[k])
    return best


@rule
def grow_company(world, company):
    """Jobs follow the firm's own growth, its sector, the region and chance; turnover follows jobs.

    Changes ``company.jobs`` and ``company.turnover``. Quarterly spread is half the yearly one (independent quarters).
    """
    p, clock, environment = world.parameters[0], world.clock[0], world.environment[0]
    yearly = p.growth_mean + company.growth + environment.sector_trend[company.sector] + (
        p.growth_cycle * environment.activity)
    # Minus half the variance: the mean firm then grows by `yearly`, whatever the spread.
    chance = 0.5 * p.growth_sd * draws.normal(clock.seed, draws.GROWTH, clock.quarter, company.key, 0)
    factor = math.exp(0.25 * yearly - 0.125 * p.growth_sd * p.growth_sd + chance)
    company.jobs *= factor
    company.turnover *= factor


@rule
def close_company_is_due(world, company):
    """Return whether the firm closes this quarter (S83): a hazard that no strategy touches."""
    p, clock = world.parameters[0], world.clock[0]
    hazard = 1.0 - math.exp(-0.25 * p.closure_rate)
    return draws.uniform(clock.seed, draws.CLOSURE, clock.quarter, company.key, 0) < hazard


@rule
def close_company(world, i):
    """Close company ``i``: its premises come free, and a deal that counted on it loses a party.

    The closed firm stays in the table as the owner of what it owned, until that is sold.
    """
    clock = world.clock[0]
    company = world.companies[i]
    was_sitting = company.state == SITTING
    company.state = CLOSED
    company.left = clock.quarter
    company.plan = NO_PLAN
    company.plan_target = -1
    if company.reserved >= 0:
        world.parcels[company.reserved].reserved = -1
        company.reserved = -1
    if was_sitting:
        if clock.quarter >= 0:
            world.accounts[0].closed += 1
        events.happen(world, events.COMPANY_CLOSED, -1, i, company.parcel, 0.0, 0.0)
        vacate(world, i)


@rule
def vacate(world, i):
    """Let company ``i`` leave its parcel, which then stands vacant and on offer."""
    company = world.companies[i]
    p = company.parcel
    company.parcel = -1
    if p < 0:
        return
    parcel = world.parcels[p]
    if parcel.occupant == i:
        parcel.occupant = -1
        parcel.vacant_since = world.clock[0].quarter
        parcel.offered = True


@rule
def is_live(opportunity):
    """Return whether an opportunity is still being worked on or built."""
    stage = opportunity.stage
    return stage == FOUND or stage == CASE or stage == AGREED or stage == REALISATION
