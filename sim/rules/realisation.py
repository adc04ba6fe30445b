"""Phase 8: agreed cases and one-party projects are carried out: tasks with lead times, stalls and surprises.

A case is anchored in policy where the plan must change, transferred, financed, permitted, cleaned up and built. One of
these tasks may stall for want of urgency and expertise; it resumes by itself now and then (sooner among parties that
trust each other), or when somebody takes it over. A stall costs trust; after too long a stall the deal dies and works
already done still count. In a keyed shuffle of the cases. Source: model 5 (realisation), mechanics C7, D and G.
"""

from __future__ import annotations

import math

import numpy as np

from sim import draws, events, ledger
from sim.compiled import rule
from sim.park.parcels import clear_building, merge_parcels, place_building, split_parcel
from sim.park.roads import move_road, plan_road_move
from sim.records import (
    AGREED,
    ANCHOR,
    BRIDGE,
    BUILD,
    BUILDERS,
    BUYER,
    CLEAN_UP,
    COLLECTIVE,
    DELIVERED,
    EXPAND,
    FEES,
    FINANCE,
    GRANT,
    LAND,
    MOVE,
    MOVING,
    MUNICIPALITY,
    N_LINES,
    NEAR,
    NEVER,
    NO_PLAN,
    NO_TASK,
    NOBODY,
    PARTICIPANT,
    PERMIT,
    PROJECT_LEAD,
    PROSPECT,
    PROVINCE,
    PUBLIC_SPACE,
    REALISATION,
    REBUILD,
    REDEVELOP,
    RELIEF,
    RENOVATE,
    RENOVATE_FIRST,
    SECURITY,
    SHARED_ENERGY,
    SHARED_PARKING,
    SIDE_PAYMENT,
    SITTING,
    STATE,
    SWAP,
    TRANSFER,
    UTILITY,
    WORKS_BUILD,
    WORKS_CLEAN,
    WORKS_DEMOLISH,
    WORKS_PUBLIC,
    WORKS_RENOVATE,
)
from sim.rules.appraisal import floor_needed
from sim.rules.cases import leave_case, municipality_is_in, occupant_stays, release_claims, shuffled_cases
from sim.rules.environment import vacate
from sim.rules.finance import lend
from sim.rules.organisation import lead_factor
from sim.rules.perception import gain_trust, lose_trust, property_value, trust_others_more


@rule
def realise_agreements(world):
    """Start what was agreed, take running works a quarter further, and finish public works that are due."""
    clock = world.clock[0]
    order = shuffled_cases(world)
    for k in range(order.shape[0]):
        o = order[k]
        case = world.opportunities[o]
        if case.stage == AGREED:
            if case.agreed < clock.quarter and case.approval_until <= clock.quarter:
                hand_over(world, o)
        elif case.stage == REALISATION:
            if builder_is_gone(world, o):
                abandon(world, o, events.LEFT_WITHDRAWN)
            else:
                work_on_task(world, o)
    for r in range(world.counts[0].projects):
        if world.projects[r].task != NO_TASK:
            work_on_project(world, r)
    for s in range(world.counts[0].segments):
        if world.segments[s].works_until > NEVER:
            work_on_public_space(world, s)


# --- a case ------------------------------------------------------------------------------------------------------------


@rule
def hand_over(world, o):
    """Begin once the site is free: a fitting date of handover is part of the deal.

    If the occupant changes its mind, or stays too long, the deal is off.
    """
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    if occupant_stays(world, o):
        leave_case(world, o, events.LEFT_WITHDRAWN)
    elif case.parcel < 0 or case.second >= 0 or world.parcels[case.parcel].occupant < 0:
        start_realisation(world, o)
    elif clock.quarter - case.agreed > p.stall_patience * (1.5 if case.slotted >= case.agreed else 1.0):
        # Whoever holds a chain together gives it more time.
        leave_case(world, o, events.LEFT_WAITING)


@rule
def start_realisation(world, o):
    """Begin with the first task, and draw whether, and at which task, this realisation will stall."""
    clock = world.clock[0]
    case = world.opportunities[o]
    if builder_is_gone(world, o):
        leave_case(world, o, events.LEFT_WITHDRAWN)
        return
    case.stage = REALISATION
    case.stage_since = clock.quarter
    case.stalled = NEVER
    case.stall_task = NO_TASK
    if case.segment >= 0 and case.kind != COLLECTIVE:
        world.segments[case.segment].private += case.works - case.grant
    if case.works > 0.0 and draws.uniform(clock.seed, draws.STALL, 0, case.key, 0) < stall_risk(world, o):
        chance = draws.uniform(clock.seed, draws.STALL_TASK, 0, case.key, 0)
        if case.clean > 0.0 and chance < 0.3:
            case.stall_task = CLEAN_UP
        elif (case.kind == MOVE or case.kind == RELIEF) and chance < 0.5:
            case.stall_task = BRIDGE
        elif case.kind != COLLECTIVE and chance < 0.75:
            case.stall_task = PERMIT
        else:
            case.stall_task = FINANCE
    events.happen(world, events.REALISATION_STARTED, o, NOBODY, case.parcel, case.works, case.grant)
    case.task = NO_TASK
    begin_task(world, o, next_task(world, o, NO_TASK))


@rule
def stall_risk(world, o):
    """Return the chance that a realisation stalls.

    Standardised project experience and a project leader lower it; a mover that still has to sell its old premises needs
    its proceeds first, which raises it.
    """
    p, strategy, organisation = world.parameters[0], world.strategy[0], world.organisation[0]
    case = world.opportunities[o]
    risk = p.stall_chance
    if world.clock[0].acting and strategy.fte > 0.0 and municipality_is_in(world, o):
        risk *= 1.0 + 0.5 * (0.3 - organisation.experience)
        risk *= lead_factor(world, PROJECT_LEAD, 0.85)
    if case.kind == MOVE and not world.companies[case.demand].tenant:
        risk *= 1.2
    return risk


@rule
def next_task(world, o, task):
    """Return the task that follows ``task`` in this case; NO_TASK after the last."""
    case = world.opportunities[o]
    if task < ANCHOR and (case.road_cells > 0 or case.kind == REDEVELOP):
        return ANCHOR
    if task < TRANSFER and case.kind != COLLECTIVE:
        return TRANSFER
    if task < FINANCE and case.works > 0.0:
        return FINANCE
    if task < PERMIT and case.works > 0.0 and case.kind != COLLECTIVE:
        return PERMIT
    if task < UTILITY and case.utility > 0.0:
        return UTILITY
    if task < CLEAN_UP and case.clean > 0.0:
        return CLEAN_UP
    if task < BRIDGE and (case.kind == MOVE or case.kind == RELIEF):
        return BRIDGE
    if task < BUILD and case.works > 0.0:
        return BUILD
    return NO_TASK


@rule
def task_length(world, o, task):
    """Return how many quarters a task takes."""
    p = world.parameters[0]
    case = world.opportunities[o]
    if task == ANCHOR:
        return int(p.plan_change_quarters)
    if task == TRANSFER:
        return 1
    if task == PERMIT:
        return permit_length(world, o)
    if task == UTILITY:
        return int(p.utility_quarters)
    if task == CLEAN_UP:
        return int(p.clean_quarters)
    if task == BUILD:
        if case.kind == COLLECTIVE:
            return int(p.works_quarters)
        return int(p.build_quarters if case.new_floor <= 3_000.0 else p.build_quarters_large)
    return 0


@rule
def is_complex(case):
    """Return whether works ask for more than a regular permit: a road, soil, a redevelopment, or many square metres."""
    return case.road_cells > 0 or case.clean > 0.0 or case.kind == REDEVELOP or case.new_floor > 3_000.0


@rule
def permit_length(world, o):
    """Return how long a permit takes, quarters, under the Environment and Planning Act or the old regime (S105-S108).

    Old: complex works take the extended procedure. The Act makes that the exception; and where the municipality takes
    part, participation beforehand lowers the chance that residents or neighbours object.
    """
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    length = int(p.permit_quarters)
    if not is_complex(case):
        return length
    objects = p.objection_chance
    if p.environment_act > 0.0:
        if draws.uniform(clock.seed, draws.OBJECT, 0, case.key, 0) < p.extended_chance:
            length = int(p.permit_extended)
        if municipality_is_in(world, o):
            objects *= p.participation_effect
    else:
        length = int(p.permit_extended)
    if draws.uniform(clock.seed, draws.OBJECT, 0, case.key, 1) < objects * (0.5 + neighbours_power(world, o)):
        length += int(p.objection_quarters)
        events.happen(world, events.OBJECTION, o, NOBODY, case.parcel, p.objection_quarters, objects)
    return length


@rule
def neighbours_power(world, o):
    """Return the power to obstruct of the least trusting firm next door that is not at the table, 0-1."""
    case = world.opportunities[o]
    if case.parcel < 0:
        return 0.5
    most = 0.0
    for k in range(world.parcels[case.parcel].n_borders):
        i = world.parcels[world.borders[case.parcel, k]].occupant
        if i >= 0 and i != case.demand:
            company = world.companies[i]
            most = max(most, company.power * (1.0 - company.trust))
    return most


@rule
def begin_task(world, o, task):
    """Begin a task; where it stalls, it waits, and the parties lose trust."""
    clock = world.clock[0]
    case = world.opportunities[o]
    while True:
        case.task = task
        if task == NO_TASK:
            deliver(world, o)
            return
        length = task_length(world, o, task)
        case.task_until = clock.quarter + length
        if task == case.stall_task:
            case.stalled = clock.quarter
            case.task_until = clock.quarter + max(length, 1)
            events.happen(world, events.TASK_STALLED, o, NOBODY, case.parcel, float(task), 0.0)
            for k in range(case.n_parties):
                if world.seats[o, k].party >= 0:
                    lose_trust(world, world.companies[world.seats[o, k].party])
            return
        if task == BUILD:
            pay_public_money(world, o)
            if case.parcel >= 0 and case.kind != COLLECTIVE:
                world.parcels[case.parcel].building_until = case.task_until
        if length > 0:
            events.happen(world, events.TASK_STARTED, o, NOBODY, case.parcel, float(task), float(length))
            return
        task = next_task(world, o, task)


@rule
def work_on_task(world, o):
    """One quarter of a realisation: resume or die of a stall, or finish the task and begin the next."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    if case.stalled > NEVER:
        if clock.quarter - case.stalled > p.stall_patience:
            abandon(world, o, events.LEFT_STALLED)
            return
        # Parties that trust each other solve a snag sooner; at the usual level of trust the rate is `resume_rate`.
        rate = p.resume_rate * (1.0 + mean_trust(world, o) - p.trust_start)
        if draws.uniform(clock.seed, draws.RESUME, clock.quarter, case.key, 0) >= rate:
            return
        case.stalled = NEVER
        case.stall_task = NO_TASK
        case.task_until = max(case.task_until, clock.quarter + task_length(world, o, case.task))
        events.happen(world, events.TASK_RESUMED, o, NOBODY, case.parcel, float(case.task), 0.0)
        if case.task == BUILD:
            pay_public_money(world, o)
    if clock.quarter < case.task_until:
        return
    if case.task == TRANSFER and not transfer(world, o):
        events.happen(world, events.NO_LEGAL_SPLIT, o, NOBODY, case.parcel, case.land, 0.0)
        leave_case(world, o, events.LEFT_WITHDRAWN)
        return
    if case.task == UTILITY:
        move_utility(world, o)
    if case.task == CLEAN_UP:
        clean_up(world, o)
    if case.task == BUILD:
        pay_works(world, o)
    begin_task(world, o, next_task(world, o, case.task))


@rule
def move_utility(world, o):
    """A main or cable in the way is moved at the builder's cost."""
    case = world.opportunities[o]
    buyer = world.seats[o, 0].party
    ledger.pay(world, buyer, BUILDERS, case.utility, WORKS_PUBLIC, o, -1)
    case.paid += case.utility
    world.parcels[case.parcel].utility = 0.0
    events.happen(world, events.UTILITY_MOVED, o, buyer, case.parcel, case.utility, 0.0)


@rule
def mean_trust(world, o):
    """Return the mean trust of the companies at the table in each other, 0-1."""
    case = world.opportunities[o]
    total, n = 0.0, 0
    for k in range(case.n_parties):
        if world.seats[o, k].party >= 0:
            total += world.companies[world.seats[o, k].party].trust_others
            n += 1
    return total / n if n > 0 else 0.4


@rule
def builder_is_gone(world, o):
    """Return whether the company that would build has closed or left."""
    case = world.opportunities[o]
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == BUYER:
            state = world.companies[seat.party].state
            if state != SITTING and state != PROSPECT:
                return True
    return False


@rule
def abandon(world, o, reason):
    """A realisation dies half-way: land that was sold stays sold, works that were paid stay paid."""
    case = world.opportunities[o]
    if case.segment >= 0 and case.kind != COLLECTIVE:
        # Private works along the road that will not come after all do not count towards public money for it.
        segment = world.segments[case.segment]
        segment.private = max(0.0, segment.private - max(0.0, case.works - case.grant))
    if case.demand >= 0:
        company = world.companies[case.demand]
        if company.reserved == case.parcel and case.parcel >= 0:
            company.reserved = -1
            world.parcels[case.parcel].reserved = -1
    if case.parcel >= 0:
        parcel = world.parcels[case.parcel]
        parcel.building_until = NEVER
        if parcel.occupant < 0:
            parcel.offered = True
            if parcel.asking <= 0.0:
                parcel.asking = property_value(world, parcel)
    leave_case(world, o, reason)


@rule
def transfer(world, o):
    """Land and premises change hands and are paid for; a plot is divided where only part of it is sold.

    Returns
    -------
    bool
        False when the plot cannot legally be divided that way; then nothing has changed.
    """
    p = world.parameters[0]
    case = world.opportunities[o]
    buyer = world.seats[o, 0].party
    company = world.companies[buyer]
    if case.kind == SWAP and case.second >= 0:
        exchange(world, o)
        return True
    plot = world.parcels[case.parcel]
    seller = plot.owner
    if case.land < 0.95 * plot.area:
        part = cut_out(world, o)
        if part < 0:
            return False
        world.parcels[case.parcel].opportunity = -1
        case.parcel = part
        world.parcels[part].opportunity = o
    parcel = world.parcels[case.parcel]
    pay_sellers(world, o, seller)
    parcel.owner = buyer
    parcel.book = max(case.price, 0.0)
    parcel.offered = False
    parcel.wish_to_sell = False
    if case.solution == REBUILD and parcel.floor > 0.0 and case.kind != EXPAND and case.kind != SWAP:
        tear_down(world, o, case.parcel)
    if case.kind == EXPAND or case.kind == SWAP:
        if parcel.floor > 0.0:
            tear_down(world, o, case.parcel)
        if case.road_cells > 0:
            move_road(world, o, company.parcel)
            events.happen(world, events.ROAD_MOVED, o, MUNICIPALITY, company.parcel, float(case.road_cells),
                          float(case.old_cells))
        if merge_parcels(world, company.parcel, case.parcel):
            events.happen(world, events.PLOTS_MERGED, o, buyer, company.parcel, world.parcels[company.parcel].area, 0.0)
            case.parcel = company.parcel
            world.parcels[case.parcel].opportunity = o
        else:
            # It lies apart: a right of way instead of one plot.
            ledger.pay(world, buyer, seller, p.easement, SIDE_PAYMENT, o, case.parcel)
    else:
        company.reserved = case.parcel
        parcel.reserved = buyer
    return True


@rule
def cut_out(world, o):
    """Divide the part that is sold from the plot; return its row, or -1 when there is no legal way."""
    case = world.opportunities[o]
    plot = world.parcels[case.parcel]
    cell_area = world.grid[0].cell_m * world.grid[0].cell_m
    cells = int(round(case.land / cell_area))
    beside = case.kind == EXPAND or case.kind == SWAP
    toward = world.companies[case.demand].parcel if beside else -1
    if plot.floor > 0.0:
        # A footprint is never cut: demolish first (its cost is part of the works).
        tear_down(world, o, case.parcel)
    before, area = world.parcels[case.parcel].public_cents, world.parcels[case.parcel].area
    # Where a road still lies between, the part starts at the frontage that faces the buyer.
    part = split_parcel(world, case.parcel, cells, toward, not beside or case.road_cells > 0)
    if part < 0:
        return -1
    if case.road_cells > 0 and plan_road_move(world, o, toward, part) != case.road_cells:
        # With the plot divided, the road can no longer move as was agreed: all or nothing.
        merge_parcels(world, case.parcel, part)
        return -1
    share = int(before * (world.parcels[part].area / area))
    world.parcels[part].public_cents = share
    world.parcels[case.parcel].public_cents = before - share
    world.parcels[case.parcel].asking = property_value(world, world.parcels[case.parcel])
    events.happen(world, events.PLOT_SPLIT, o, NOBODY, part, world.parcels[part].area, area)
    return part


@rule
def tear_down(world, o, j):
    """Demolish the building on parcel ``j`` at the buyer's cost."""
    p = world.parameters[0]
    parcel = world.parcels[j]
    case = world.opportunities[o]
    cost = p.demolition_cost * parcel.floor
    ledger.pay(world, world.seats[o, 0].party, BUILDERS, cost, WORKS_DEMOLISH, o, j)
    case.paid += cost
    clear_building(world, j)
    parcel.floor = 0.0
    parcel.quality = 0.0
    parcel.fit = 0.0


@rule
def pay_sellers(world, o, seller):
    """The buyer pays everyone who gives something up, and the fees on what it buys."""
    p = world.parameters[0]
    case = world.opportunities[o]
    buyer = world.seats[o, 0].party
    for k in range(1, case.n_parties):
        seat = world.seats[o, k]
        if seat.payment > 0.0:
            asset = case.parcel if seat.party == seller else -1
            ledger.pay(world, buyer, seat.party, seat.payment, LAND, o, asset)
            ledger.pay(world, buyer, STATE, p.transfer_cost * seat.payment, FEES, o, asset)
        elif seat.payment < 0.0:
            ledger.pay(world, seat.party, buyer, -seat.payment, SIDE_PAYMENT, o, -1)


@rule
def exchange(world, o):
    """Companies trade places round the ring; those that get the better deal pay the others, through the first."""
    n = world.opportunities[o].n_parties
    pay_sellers(world, o, world.seats[o, 1].party)
    sites = np.empty(n, np.int64)
    for k in range(n):
        sites[k] = world.companies[world.seats[o, k].party].parcel
    for k in range(n):
        party, parcel = world.seats[o, k].party, world.parcels[sites[(k + 1) % n]]
        parcel.owner = parcel.occupant = party
        parcel.offered = False
        world.companies[party].parcel = sites[(k + 1) % n]
    for k in range(n):
        company = world.companies[world.seats[o, k].party]
        ledger.pay(world, world.seats[o, k].party, BUILDERS, world.parameters[0].moving_cost * floor_needed(company),
                   MOVING, o, company.parcel)
        events.happen(world, events.MOVED_IN, o, world.seats[o, k].party, company.parcel, company.site_quality, 0.0)
        if world.clock[0].quarter >= 0:
            world.accounts[0].moved_within += 1


@rule
def clean_up(world, o):
    """Pay for the clean-up, with the surprise it so often brings (S111)."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    cost = case.clean
    if draws.uniform(clock.seed, draws.OVERRUN, 0, case.key, 0) < p.overrun_chance:
        extra = -p.overrun_size * math.log(draws.uniform(clock.seed, draws.OVERRUN, 0, case.key, 1))
        cost *= 1.0 + min(extra, 3.0)
        events.happen(world, events.COST_OVERRUN, o, world.seats[o, 0].party, case.parcel, cost, case.clean)
    ledger.pay(world, world.seats[o, 0].party, BUILDERS, cost, WORKS_CLEAN, o, case.parcel)
    case.paid += cost
    world.accounts[0].soil += p.value_soil * case.clean * ledger.discount(world) if clock.quarter >= 0 else 0.0
    world.parcels[case.parcel].soil_cost = 0


@rule
def pay_public_money(world, o):
    """Pay what was promised once works begin: the province its part of a grant, the municipality grant and loan.

    Of a guarantee nothing is paid: it is noted, and counts when it is called. Done once.
    """
    case = world.opportunities[o]
    if case.grant_paid or case.kind == COLLECTIVE or case.grant + case.loan + case.guarantee <= 0.0:
        return
    buyer = world.seats[o, 0].party
    ledger.pay(world, PROVINCE, buyer, case.province, GRANT, o, case.parcel)
    ledger.pay(world, MUNICIPALITY, buyer, case.grant - case.province, GRANT, o, case.parcel)
    lend(world, o, buyer, case.loan, False)
    lend(world, o, buyer, case.guarantee, True)
    world.team[0].committed -= case.grant - case.province + case.loan
    case.grant_paid = True


@rule
def pay_works(world, o):
    """Pay the builders for what was built, renovated or laid, with a usual overrun."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    overrun = 1.0 - p.overrun_build * math.log(draws.uniform(clock.seed, draws.OVERRUN, 0, case.key, 2))
    if case.kind == COLLECTIVE:
        pay_collective(world, o, case.works)
        return
    buyer = world.seats[o, 0].party
    if case.second >= 0:
        asked = 0.0
        for k in range(case.n_parties):
            asked += world.seats[o, k].works
        for k in range(case.n_parties):
            share = world.seats[o, k].works / max(asked, 1.0)
            ledger.pay(world, world.seats[o, k].party, BUILDERS, share * case.works * overrun, WORKS_RENOVATE, o,
                       world.companies[world.seats[o, k].party].parcel)
        case.paid += case.works * overrun
        return
    road = p.road_cost * case.road_cells * world.grid[0].cell_m * world.grid[0].cell_m
    ledger.pay(world, buyer, BUILDERS, road, WORKS_PUBLIC, o, -1)
    # What was saved (costs shared, another solution) is saved on building or renovating, whichever it is.
    building = max(0.0, case.works - case.clean - case.demolish - road - case.utility) * overrun
    purpose = WORKS_RENOVATE if case.renovate > 0.0 else WORKS_BUILD
    ledger.pay(world, buyer, BUILDERS, building, purpose, o, case.parcel)
    case.paid += road + building


@rule
def pay_collective(world, o, cost):
    """The companies pay their contributions to a collective measure, the public side the rest."""
    case = world.opportunities[o]
    promised = case.grant
    asked, n = 0.0, 0
    for k in range(case.n_parties):
        if world.seats[o, k].role == PARTICIPANT:
            n += 1
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == PARTICIPANT:
            asked += max(0.0, cost / n - seat.payment)
    private = max(0.0, cost - promised)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.role == PARTICIPANT and asked > 0.0:
            part = max(0.0, cost / n - seat.payment) / asked
            ledger.pay(world, seat.party, BUILDERS, part * private, WORKS_PUBLIC, o, -1)
    ledger.pay(world, PROVINCE, BUILDERS, case.province, WORKS_PUBLIC, o, -1)
    ledger.pay(world, MUNICIPALITY, BUILDERS, promised - case.province, WORKS_PUBLIC, o, -1)
    world.team[0].committed -= promised - case.province
    case.paid += private
    case.grant_paid = True


@rule
def deliver(world, o):
    """The works stand: buildings, occupants and public space change, and neighbours see that it can be done."""
    clock = world.clock[0]
    case = world.opportunities[o]
    if case.kind == COLLECTIVE:
        deliver_collective(world, o)
    elif case.kind == SWAP and case.second >= 0:
        for k in range(case.n_parties):
            if world.seats[o, k].works > 0.0:
                renovate_parcel(world, world.companies[world.seats[o, k].party].parcel)
    else:
        deliver_building(world, o)
    if case.parcel >= 0:
        # A quick win is small in euros, and seen all the same.
        reassure_neighbours(world, case.parcel, max(case.works, 150_000.0) if case.quick else case.works)
    helped = municipality_is_in(world, o)
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if party < 0:
            continue
        company = world.companies[party]
        trust_others_more(world, company)
        if helped:
            gain_trust(world, company)
        if company.opportunity == o:
            company.opportunity = -1
            company.plan = NO_PLAN
            company.plan_target = -1
            company.known_until = min(company.known_until, clock.quarter)
            company.followed_up = NEVER
            company.land_wish = 0.0
    release_claims(world, o)
    case.stage = DELIVERED
    case.stage_since = clock.quarter
    case.delivered = clock.quarter
    if clock.quarter >= 0:
        world.accounts[0].realised += 1
        world.accounts[0].lead_quarters += clock.quarter - case.since
        for line in range(N_LINES):
            world.accounts[0].value_lines[line] += case.lines[line] * ledger.discount(world)
        if world.clock[0].acting and helped:
            organisation = world.organisation[0]
            organisation.experience += 0.02 * world.strategy[0].learning * (1.0 - organisation.experience)
    events.happen(world, events.DELIVERED_EVENT, o, NOBODY, case.parcel, case.paid, case.works)


@rule
def deliver_collective(world, o):
    """What was done together is there, and companies have learnt to act together."""
    p = world.parameters[0]
    case = world.opportunities[o]
    segment = world.segments[case.segment]
    segment.done[case.theme] = 1
    if case.theme == PUBLIC_SPACE:
        segment.done[case.theme] = 0  # it wears, and may be renewed again
        segment.quality = max(segment.quality, p.works_quality)
        segment.private = 0.0
        segment.services = max(segment.services, min(0.5, segment.services + p.services_gain))
    elif case.theme == SHARED_PARKING:
        segment.parking = 0.2
    elif case.theme == SECURITY:
        segment.services = max(segment.services, min(0.5, segment.services + p.services_gain))
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if case.theme == SHARED_ENERGY and party >= 0 and world.companies[party].parcel >= 0:
            parcel = world.parcels[world.companies[party].parcel]
            parcel.energy = min(p.new_quality, parcel.energy + p.energy_gain)
    for k in range(case.n_parties):
        if world.seats[o, k].role == PARTICIPANT:
            world.companies[world.seats[o, k].party].member = True


@rule
def deliver_building(world, o):
    """The new or renewed premises are there, and their company moves in."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    buyer = case.demand
    company = world.companies[buyer]
    parcel = world.parcels[case.parcel]
    parcel.building_until = NEVER
    if case.new_floor > 0.0:
        total = parcel.floor + case.new_floor
        old = parcel.floor / total
        parcel.quality = old * parcel.quality + (1.0 - old) * p.new_quality
        parcel.fit = old * parcel.fit + (1.0 - old) * p.new_quality
        parcel.energy = old * parcel.energy + (1.0 - old) * p.new_quality
        parcel.floor = total
        place_building(world, case.parcel, total)
        if parcel.vacant_since == NEVER or clock.quarter < 0 or case.clean > 0.0 or case.demolish > 0.0:
            green = 0.0
        else:
            green = -p.value_green * case.land
        world.accounts[0].green += green * ledger.discount(world)
    if case.solution == RENOVATE_FIRST and case.renovate > 0.0:
        renovate_parcel(world, case.parcel)
    parcel.book = property_value(world, parcel)
    if case.kind == RELIEF and company.misplaced:
        company.misplaced = False
        events.happen(world, events.CONFLICT_ENDED, o, buyer, company.parcel, p.value_conflict, 0.0)
    if case.kind != EXPAND and case.kind != SWAP:
        move_in(world, buyer, case.parcel, o)
    elif clock.quarter >= 0:
        world.accounts[0].expanded += 1
    if company.parcel == case.parcel:
        parcel.vacant_since = NEVER


@rule
def renovate_parcel(world, j):
    """Bring a building to the quality of renovated premises."""
    p = world.parameters[0]
    parcel = world.parcels[j]
    parcel.quality = max(parcel.quality, p.renovated_quality)
    parcel.fit = max(parcel.fit, p.renovated_quality)
    parcel.energy = max(parcel.energy, p.renovated_quality)
    parcel.book = property_value(world, parcel)


@rule
def move_in(world, i, j, o):
    """Company ``i`` takes parcel ``j`` into use and leaves its old site, which comes on offer."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    parcel = world.parcels[j]
    came_from_outside = company.state == PROSPECT
    if company.parcel >= 0:
        ledger.pay(world, i, BUILDERS, world.parameters[0].moving_cost * floor_needed(company), MOVING, o, j)
        vacate(world, i)
    company.state = SITTING
    company.parcel = j
    company.tenant = parcel.owner != i
    company.reserved = -1
    company.plan = NO_PLAN
    company.plan_target = -1
    if company.tenant:
        length = -world.parameters[0].lease_length * math.log(
            draws.uniform(clock.seed, draws.LEASE, clock.quarter, company.key, 1))
        company.lease_end = clock.quarter + 4 + int(min(length, 200.0))
    parcel.occupant = i
    parcel.reserved = -1
    parcel.offered = False
    parcel.wish_to_sell = False
    parcel.vacant_since = NEVER
    if clock.quarter >= 0:
        if came_from_outside:
            # What some of such firms would have built elsewhere in the region is not built there now.
            spared = p.builds_elsewhere * p.build_cost * p.growth_room * floor_needed(company)
            world.accounts[0].avoided += ledger.cents(spared)
            world.accounts[0].works += spared * ledger.discount(world)
            world.accounts[0].settled += 1
            if company.home:
                world.accounts[0].settled_home += 1
        else:
            world.accounts[0].moved_within += 1
    if came_from_outside:
        events.happen(world, events.PROSPECT_SETTLED, o, i, j, company.outside_quality, 0.0)
    else:
        events.happen(world, events.MOVED_IN, o, i, j, company.site_quality, 0.0)


@rule
def reassure_neighbours(world, j, euros):
    """Completed investment nearby, public or private, takes away uncertainty (mechanics C4)."""
    p = world.parameters[0]
    size = min(1.0, euros / 500_000.0)
    for k in range(NEAR):
        n = world.near[j, k]
        if n < 0:
            break
        occupant = world.parcels[n].occupant
        if occupant >= 0:
            company = world.companies[occupant]
            company.uncertainty *= math.exp(-p.uncertainty_completion * world.near_weight[j, k] * size)


# --- a project of one company -------------------------------------------------------------------------------------------


@rule
def work_on_project(world, r):
    """One quarter of one company's own works: a permit that may stall, then building."""
    p, clock = world.parameters[0], world.clock[0]
    project = world.projects[r]
    company = world.companies[project.company]
    parcel = world.parcels[project.parcel]
    if company.state != SITTING or company.parcel != project.parcel:
        end_project(world, r)
        return
    if project.stalled > NEVER:
        if clock.quarter - project.stalled > p.stall_patience:
            events.happen(world, events.LEFT_STALLED, -1, project.company, project.parcel, project.cost, 0.0)
            end_project(world, r)
            return
        if draws.uniform(clock.seed, draws.RESUME, clock.quarter, project.key, 0) >= p.resume_rate:
            return
        project.stalled = NEVER
        project.stall_task = NO_TASK
        events.happen(world, events.TASK_RESUMED, -1, project.company, project.parcel, float(project.task), 0.0)
    if clock.quarter < project.until:
        return
    if project.task == PERMIT or project.task == FINANCE:
        if project.stall_task == project.task:
            project.stalled = clock.quarter
            lose_trust(world, company)
            events.happen(world, events.TASK_STALLED, -1, project.company, project.parcel, float(project.task), 0.0)
            return
        if project.task == PERMIT and project.stall_task == FINANCE:
            project.task = FINANCE
            return
        project.task = BUILD
        large = project.floor > 3_000.0
        project.until = clock.quarter + int(p.build_quarters_large if large else p.build_quarters)
        parcel.building_until = project.until
        return
    finish_project(world, r)


@rule
def finish_project(world, r):
    """The company's own works stand; pay the builders."""
    p, clock = world.parameters[0], world.clock[0]
    project = world.projects[r]
    i = project.company
    company = world.companies[i]
    parcel = world.parcels[project.parcel]
    overrun = 1.0 - p.overrun_build * math.log(draws.uniform(clock.seed, draws.OVERRUN, 0, project.key, 2))
    cost = project.cost * overrun
    if project.plan == RENOVATE:
        ledger.pay(world, i, BUILDERS, cost, WORKS_RENOVATE, -1, project.parcel)
        renovate_parcel(world, project.parcel)
        if clock.quarter >= 0:
            world.accounts[0].renovated += 1
        events.happen(world, events.RENOVATED, -1, i, project.parcel, cost, parcel.quality)
    else:
        ledger.pay(world, i, BUILDERS, cost, WORKS_BUILD, -1, project.parcel)
        total = parcel.floor + project.floor
        old = parcel.floor / total
        parcel.quality = old * parcel.quality + (1.0 - old) * p.new_quality
        parcel.fit = old * parcel.fit + (1.0 - old) * p.new_quality
        parcel.energy = old * parcel.energy + (1.0 - old) * p.new_quality
        parcel.floor = total
        parcel.book = property_value(world, parcel)
        place_building(world, project.parcel, total)
        if clock.quarter >= 0:
            world.accounts[0].expanded += 1
        events.happen(world, events.EXPANDED, -1, i, project.parcel, cost, project.floor)
    if parcel.segment >= 0:
        world.segments[parcel.segment].private += cost
    reassure_neighbours(world, project.parcel, cost)
    company.plan = NO_PLAN
    company.plan_target = -1
    company.known_until = min(company.known_until, clock.quarter)
    company.followed_up = NEVER
    end_project(world, r)


@rule
def end_project(world, r):
    """Close a project's record."""
    project = world.projects[r]
    project.task = NO_TASK
    world.parcels[project.parcel].building_until = NEVER
    company = world.companies[project.company]
    if company.project == r:
        company.project = -1
        if company.plan != NO_PLAN:
            company.plan = NO_PLAN


# --- public space ---------------------------------------------------------------------------------------------------------


@rule
def work_on_public_space(world, s):
    """Finish public works that are due; works more than a year late are a broken promise."""
    p, clock = world.parameters[0], world.clock[0]
    segment = world.segments[s]
    if clock.quarter == segment.promised_at + 5 and clock.quarter <= segment.works_until:
        break_promise(world, s)
    if clock.quarter < segment.works_until:
        return
    ledger.pay(world, MUNICIPALITY, BUILDERS, segment.pending, WORKS_PUBLIC, -1, -1)
    world.team[0].committed -= segment.pending
    segment.quality = max(segment.quality, p.works_quality)
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.segment == s and parcel.occupant >= 0:
            gain_trust(world, world.companies[parcel.occupant])
            company = world.companies[parcel.occupant]
            size = min(1.0, segment.pending / 500_000.0)
            company.uncertainty *= math.exp(-p.uncertainty_completion * size)
    events.happen(world, events.WORKS_DELIVERED, -1, MUNICIPALITY, s, segment.pending, segment.quality)
    segment.works_until = NEVER
    segment.promised_at = NEVER
    segment.announced = 0.0
    segment.pending = 0.0


@rule
def break_promise(world, s):
    """Works that come far too late cost the municipality trust along the road, and certainty."""
    p = world.parameters[0]
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        if parcel.live and parcel.segment == s and parcel.occupant >= 0:
            company = world.companies[parcel.occupant]
            lose_trust(world, company)
            company.uncertainty = min(1.0, company.uncertainty + p.uncertainty_promise)
    events.happen(world, events.BROKEN_PROMISE, -1, MUNICIPALITY, s, 0.0, 0.0)
