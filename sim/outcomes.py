"""Phase 10 and after: what a quarter looked like, and what a run came to.

Vitality has fixed anchors (mechanics C12), so that a value means the same on every park. The social balance of a
strategy is the difference between two runs on one seed: :func:`measure` gives the present value of each line of one
run, and the analysis subtracts the twin's. Land prices, grants and other transfers are in no line: who pays whom does
not change welfare.
"""

from __future__ import annotations

import math

import numpy as np

from sim.compiled import rule
from sim.ledger import account, discount, is_fund, private_investment, public_outlay
from sim.records import ELSEWHERE, SITTING, World
from sim.rules.appraisal import floor_needed, shortage
from sim.rules.perception import site_quality

INDICATORS = (
    "private_investment", "public_outlay", "vitality", "vitality_core", "vitality_occupancy", "vitality_premises",
    "vitality_public_space", "vitality_jobs", "vitality_dynamics", "vitality_organisation", "vitality_future",
    "vacancy", "jobs", "trust", "uncertainty", "outdated", "quality", "companies", "open_opportunities",
    "queue_regisseren", "queue_aanjagen", "queue_verbinden", "queue_ontzorgen", "spent_regisseren", "spent_aanjagen",
    "spent_verbinden", "spent_ontzorgen", "hours_lapsed", "plans_to_move", "plans_to_renovate", "satisfaction",
    "activity", "realised", "exited", "started", "budget_left", "moved", "renovated", "fund_cash", "loans_outstanding",
    "mandate", "goal_attained", "plans_known", "step", "competence", "misfits", "reputation", "quality_town",
    "quality_firms",
)
N_INDICATORS = len(INDICATORS)

# Anchors of vitality (fixed) and weights: occupancy, premises, public space, jobs, dynamics, organisation, future.
_WEIGHTS = (0.25, 0.20, 0.15, 0.15, 0.10, 0.05, 0.10)


@rule
def hold(x):
    """Return ``x`` held within 0 and 1."""
    return min(1.0, max(0.0, x))


@rule
def close_books(world):
    """Write the indicators of this quarter and add its flows of welfare; before quarter 0 nothing counts."""
    clock = world.clock[0]
    if clock.quarter < 0:
        return
    write_indicators(world, clock.quarter)
    add_welfare(world)
    # The oldest of the sixteen quarters makes room for the next one.
    world.accounts[0].recent_private[(clock.quarter + 1) % 16] = 0.0


@rule
def write_indicators(world, row):
    """Compute row ``row`` of ``world.indicators`` from the state as it stands."""
    grid, team, totals = world.grid[0], world.team[0], world.accounts[0]
    out = world.indicators[row]
    floor, vacant, quality, energy, outdated, premises = 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.floor > 0.0:
            floor += parcel.floor
            quality += parcel.floor * parcel.quality
            energy += parcel.floor * parcel.energy
            premises += 1
            if parcel.quality < 0.4:
                outdated += parcel.floor
            if parcel.occupant < 0:
                vacant += parcel.floor
    area, public = 0.0, 0.0
    for s in range(world.counts[0].segments):
        area += world.segments[s].area
        public += world.segments[s].area * world.segments[s].quality
    jobs, trust, members, sitting, doubt, moving, renovating, content = 0.0, 0.0, 0, 0, 0.0, 0, 0, 0.0
    seen = 0.0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING:
            sitting += 1
            jobs += company.jobs
            seen += company.site_quality
            trust += company.trust
            doubt += company.uncertainty
            content += company.satisfaction
            members += company.member
            if company.plan == 4 or company.plan == 5:
                moving += 1
            elif company.plan == 1:
                renovating += 1
    floor = max(floor, 1.0)
    n = max(sitting, 1)
    recent = 0.0
    for k in range(16):
        recent += totals.recent_private[k]
    occupancy = hold((1.0 - vacant / floor - 0.70) / 0.28)
    good_premises = hold(quality / floor / 0.85)
    public_space = hold(public / max(area, 1.0) / 0.9)
    work = hold(jobs / max(grid.gross_ha, 1e-9) / 26.0)
    # Four years of private works per hectare and year, against 109,000 euros; early years are scaled to four.
    years = min(4.0, (world.clock[0].quarter + 1) / 4.0)
    dynamics = hold(recent / years / max(grid.net_ha, 1e-9) / 109_000.0)
    organisation = 0.5 * trust / n + 0.5 * members / n
    future = hold(energy / floor)
    parts = (occupancy, good_premises, public_space, work, dynamics, organisation, future)
    total = 0.0
    for k in range(7):
        total += _WEIGHTS[k] * parts[k]
        out[4 + k] = 100.0 * parts[k]
    out[0] = private_investment(world)
    out[1] = public_outlay(world)
    out[2] = 100.0 * total
    # Not touched by roles directly: occupancy, premises, jobs, future.
    out[3] = 100.0 * (0.25 * occupancy + 0.20 * good_premises + 0.15 * work + 0.10 * future) / 0.70
    out[11] = vacant / floor
    out[12] = jobs
    out[13] = trust / n
    out[14] = doubt / n
    out[15] = outdated / floor
    out[16] = quality / floor
    out[17] = sitting
    out[18] = open_opportunities(world)
    for role in range(4):
        out[19 + role] = team.queue[role]
        out[23 + role] = team.spent[role]
    out[27] = team.lapsed
    out[28] = moving / n
    out[29] = renovating / n
    out[30] = content / n
    out[31] = world.environment[0].activity
    out[32] = totals.realised
    out[33] = totals.exited
    out[34] = totals.started
    out[35] = team.budget_left
    out[36] = totals.moved_within + totals.moved_away
    out[37] = totals.renovated
    organisation, process = world.organisation[0], world.process[0]
    fund = organisation.fund
    out[38] = world.balances[account(fund)] / 100.0 if is_fund(world, fund) else 0.0
    out[39] = (totals.loans - totals.repaid) / 100.0
    out[40] = organisation.mandate
    out[41] = process.attained if process.measured > 0 else math.nan
    out[42] = process.known
    out[43] = process.step
    skill, misfits = 0.0, 0
    for role in range(4):
        skill += 0.25 * organisation.competence[role]
        misfits += organisation.misfits[role]
    out[44] = skill
    out[45] = misfits
    out[46] = organisation.reputation
    # The same decay seen twice: the municipality looks at premises and public space, firms at what suits them.
    out[47] = 0.5 * quality / floor + 0.5 * public / max(area, 1.0)
    out[48] = seen / n


@rule
def open_opportunities(world):
    """Return the number of opportunities that are being worked on."""
    n = 0
    for o in range(world.counts[0].opportunities):
        stage = world.opportunities[o].stage
        if 3 <= stage <= 6:
            n += 1
    return n


@rule
def add_welfare(world):
    """Add this quarter's flows, discounted: sites' benefits to firms wherever they are, energy, nuisance, jobs.

    Of a newcomer only what it gains beyond the site it would have had elsewhere counts, and none of its jobs: a move
    is not growth. Firms of the park itself count wherever they go.
    """
    p, totals = world.parameters[0], world.accounts[0]
    weight = 0.25 * discount(world)
    benefit, jobs = 0.0, 0.0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING:
            parcel = world.parcels[company.parcel]
            # Without price, which is money to somebody else; sites elsewhere are told without it as well.
            quality = site_quality(world, company, parcel, False)
            benefit += company.turnover * (p.beta * (quality - company.expected)
                                           - p.chi * shortage(floor_needed(company), parcel.floor))
        elif company.state == ELSEWHERE:
            benefit += company.turnover * p.beta * (company.site_quality - company.expected)
        else:
            continue
        if company.expected <= 0.0:
            jobs += company.jobs
    totals.firms += weight * benefit
    totals.jobs += weight * p.job_value * jobs
    energy, nuisance, spatial = 0.0, 0.0, 0.0
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.floor > 0.0:
            energy -= p.co2_price * p.co2_per_m2 * (1.0 - parcel.energy) * parcel.floor
            spatial += p.value_spatial * parcel.floor * parcel.quality
            if parcel.occupant >= 0 and world.companies[parcel.occupant].misplaced:
                nuisance -= p.discount_rate * p.value_conflict
    for s in range(world.counts[0].segments):
        segment = world.segments[s]
        nuisance += p.nuisance_value * segment.area * segment.quality
    totals.energy += weight * energy
    totals.nuisance += weight * nuisance
    totals.spatial += weight * spatial


def _displacement(world: World) -> float:
    """Share of settlements from, and departures to, elsewhere in the region (a move, not growth)."""
    totals = world.accounts[0]
    moves = totals.settled + totals.moved_away
    if moves == 0:
        return math.nan
    return float((totals.settled_home + world.parameters[0].home_share * totals.moved_away) / moves)


def measure(world: World) -> dict[str, float]:
    """Return the raw outcomes of one run, at the quarter where it stands.

    Parameters
    ----------
    world
        A world that has been stepped past quarter 0.

    Returns
    -------
    dict
        Euros unless the name says otherwise; ``lead_time`` in quarters and ``displacement`` as a share are NaN where
        nothing was delivered or nobody moved. ``welfare`` is the sum of the ``welfare_`` lines (present values); only
        its difference from a twin means anything.

    Raises
    ------
    ValueError
        If no quarter has been counted yet.
    """
    quarter = int(world.clock[0].quarter) - 1
    if quarter < 0:
        raise ValueError("nothing to measure: no quarter has been counted yet")
    last = world.indicators[min(quarter, len(world.indicators) - 1)]
    totals = world.accounts[0]
    result = {name: float(value) for name, value in zip(INDICATORS, last, strict=True)}
    lines = {
        "welfare_firms": totals.firms, "welfare_works": totals.works, "welfare_process": totals.team,
        "welfare_moving": totals.moving, "welfare_energy": totals.energy, "welfare_nuisance": totals.nuisance,
        "welfare_jobs": totals.jobs, "welfare_soil": totals.soil, "welfare_green": totals.green,
        "welfare_spatial": totals.spatial,
    }
    stock = unsold_assets(world)
    result.update({name: float(value) for name, value in lines.items()})
    result.update(
        welfare=float(sum(lines.values())),
        private_investment_region=float(
            private_investment(world) + (totals.elsewhere - totals.avoided) / 100.0),
        public_outlay_region=float(public_outlay(world)),
        public_outlay_at_market=float(public_outlay(world) - stock),
        pv_private=float(totals.pv_private), pv_public=float(totals.pv_public),
        grants=float(totals.grants / 100.0), process_costs=float(totals.process / 100.0),
        public_works=float(totals.public_works / 100.0), purchases=float(totals.purchases / 100.0),
        receipts=float(totals.receipts / 100.0), surplus_income=float(totals.surplus / 100.0),
        opportunities_started=float(totals.started), opportunities_realised=float(totals.realised),
        opportunities_exited=float(totals.exited),
        lead_time=float(totals.lead_quarters / totals.realised) if totals.realised else math.nan,
        displacement=_displacement(world),
        moved_within=float(totals.moved_within), moved_away=float(totals.moved_away), settled=float(totals.settled),
        closed=float(totals.closed), expanded=float(totals.expanded),
        **_of_the_process(world),
    )
    return result


def _of_the_process(world: World) -> dict[str, float]:
    """Loans, fund, goals, satisfaction at step 7, misfits and promises kept."""
    totals, organisation, process = world.accounts[0], world.organisation[0], world.process[0]
    scored = int(process.scored)
    fund = is_fund(world, organisation.fund)
    return {
        "loans": float(totals.loans / 100.0), "loans_repaid": float(totals.repaid / 100.0),
        "guarantees_called": float(totals.called / 100.0), "fund_capital": float(totals.capital / 100.0),
        "fund_cash": float(world.balances[account(organisation.fund)] / 100.0) if fund else 0.0,
        "fund_turns": float(organisation.fund_bought / (totals.capital / 100.0)) if totals.capital > 0 else math.nan,
        "levies": float(totals.levies / 100.0),
        "goal_attained": float(process.attained) if process.measured else math.nan,
        "satisfaction_firms": float(process.firms_score / scored) if scored else math.nan,
        "satisfaction_town": float(process.town_score / scored) if scored else math.nan,
        "misfits": float(organisation.misfits.sum()), "promises_kept": float(organisation.kept),
        "promises_broken": float(organisation.broken),
        "in_kind_hours": float(totals.in_kind[0] + totals.in_kind[2]),
    }  # fmt: skip


def unsold_assets(world: World) -> float:
    """Return what public money still stands in, euros: sites at cost or market, loans at what is owed, the fund.

    Sites bought and not yet sold count at the lesser of cost and market, per asset; of the redevelopment company what it
    has in cash and sites counts, at most the capital that was paid in.
    """
    parcels = world.parcels[: world.counts[0].parcels]
    held = parcels[(parcels.owner == -1) & parcels.live & (parcels.public_cents > 0)]
    p = world.parameters[0]
    market = held.area * p.land_price + held.floor * p.value_built * held.quality
    loans = world.loans[: world.counts[0].loans]
    owed = loans.outstanding[~loans.guarantee & ~loans.called].sum() / 100.0
    return float(np.minimum(held.public_cents / 100.0, market).sum() + owed + fund_worth(world))


def fund_worth(world: World) -> float:
    """Return what the redevelopment company is worth, euros, at most the public capital in it; 0 without capital."""
    fund, capital = world.organisation[0].fund, world.accounts[0].capital / 100.0
    if capital <= 0.0:
        return 0.0
    parcels = world.parcels[: world.counts[0].parcels]
    held = parcels[(parcels.owner == fund) & parcels.live]
    p = world.parameters[0]
    market = (held.area * p.land_price + held.floor * p.value_built * held.quality - held.soil_cost / 100.0).sum()
    cash = world.balances[account(fund)] / 100.0
    return float(min(capital, max(0.0, cash + market)))
