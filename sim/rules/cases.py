"""Phase 7: parties weigh a case, wait for each other, commit or leave; the case goes on, round again, or ends.

Every quarter the parties look at the figures anew. Whether a step is decided depends on somebody steering it, or on
chance (mean rather more than a year and a half). A round ends in: go, again, stand still, or leave, with the reason
recorded. In a keyed shuffle of the cases, so that no case is always served first. Source: model 5, mechanics C5 and C9.
"""

from __future__ import annotations

import numpy as np

from sim import draws, events
from sim.compiled import rule
from sim.records import (
    AGREED,
    BUYER,
    BY_GRANT,
    BY_GUARANTEE,
    BY_MIX,
    CASE,
    COLLECTIVE,
    DEMAND_DRIVEN,
    EXIT,
    EXPAND_ADJOINING,
    FOUND,
    KNOW_HOW,
    LEFT,
    MAX_PARTIES,
    MONEY,
    MOVE_AWAY,
    MOVE_WITHIN,
    MUNICIPALITY,
    NEVER,
    NO_APPROACH,
    NO_PLAN,
    NOBODY,
    PROCESS_LEAD,
    PROSPECT,
    PUBLIC_SPACE,
    REDEVELOP,
    SITTING,
    SOCIETAL_VALUE,
    SUPPLY_DRIVEN,
)
from sim.rules.bargaining import divide, shares_surplus, value_case
from sim.rules.environment import is_live, open_share
from sim.rules.finance import worth_of_guarantee, worth_of_loan
from sim.rules.organisation import lead_factor, seek_approval, withdraw_public_money
from sim.rules.perception import lose_trust, teach_neighbours, trust_others_less


@rule
def work_on_cases(world):
    """Take every open case one quarter further, in a keyed shuffle."""
    order = shuffled_cases(world)
    for k in range(order.shape[0]):
        o = order[k]
        case = world.opportunities[o]
        if case.stage == FOUND or case.stage == CASE:
            weigh_case(world, o)


@rule
def shuffled_cases(world):
    """Return the rows of all live opportunities in an order drawn anew every quarter, from their keys."""
    clock = world.clock[0]
    n = 0
    for o in range(world.counts[0].opportunities):
        if is_live(world.opportunities[o]):
            n += 1
    rows = np.empty(n, np.int64)
    rank = np.empty(n, np.uint64)
    n = 0
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        if is_live(case):
            rows[n] = o
            rank[n] = draws.bits(clock.seed, draws.SHUFFLE, clock.quarter, case.key, 0)
            n += 1
    return rows[np.argsort(rank)]


@rule
def weigh_case(world, o):
    """One quarter of one open case: is it still there, who is in, is it time to decide, should anyone leave."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    if not parties_are_there(world, o) or not value_case(world, o):
        leave_case(world, o, events.LEFT_WITHDRAWN)
        return
    divide(world, o, case.fair)
    parties_apply(world, o)
    if case.stage == CASE:
        wait_for_each_other(world, o)
    if municipality_leaves(world, o):
        if depends_on_municipality(world, o):
            leave_case(world, o, events.LEFT_EXIT_RULE)
            return
        step_out(world, o)
    if clock.quarter - case.stage_since > p.leave_after:
        leave_case(world, o, events.LEFT_WAITING)
        return
    if case.stage_since == clock.quarter or case.approval_until > clock.quarter:
        return
    steered = case.slotted == clock.quarter
    chance = draws.uniform(clock.seed, draws.STEP, clock.quarter, case.key, 0)
    if steered or chance < p.step_rate:
        if case.stage == FOUND:
            decide_on_opportunity(world, o)
        else:
            decide_on_case(world, o)


@rule
def parties_are_there(world, o):
    """Return whether every company at the table is still in business and still has the plan that the case serves."""
    case = world.opportunities[o]
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if party < 0:
            continue
        company = world.companies[party]
        if world.seats[o, k].role == BUYER:
            if company.state != SITTING and company.state != PROSPECT:
                return False
            if company.state == SITTING and company.plan == NO_PLAN:
                return False
            if case.kind <= 1 and company.reserved >= 0:
                return False
        elif case.kind == COLLECTIVE and company.state != SITTING:
            return False
    if case.kind != COLLECTIVE:
        parcel = world.parcels[case.parcel]
        if not parcel.live or (case.second < 0 and parcel.reserved >= 0):
            return False
        if world.companies[case.demand].plan == EXPAND_ADJOINING and parcel.occupant >= 0:
            return False
        if case.second < 0 and occupant_stays(world, o):
            return False
    return True


@rule
def occupant_stays(world, o):
    """Return whether somebody sits on the site of case ``o`` and no longer means to leave it."""
    case = world.opportunities[o]
    if case.parcel < 0 or case.second >= 0:
        return False
    occupant = world.parcels[case.parcel].occupant
    if occupant < 0 or occupant == case.demand:
        return False
    plan = world.companies[occupant].plan
    return plan != MOVE_WITHIN and plan != MOVE_AWAY


@rule
def wait_for_each_other(world, o):
    """The assurance game: each party commits only if it believes that enough others will (mechanics C5).

    Beliefs move towards the chance that all others take part. A stance becomes known now and then by itself. A party
    for which the deal no longer pays withdraws.
    """
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if not shares_surplus(seat):
            seat.committed = True
            seat.known = True
            seat.stance = True
            continue
        if not seat.known and draws.uniform(clock.seed, draws.STANCE, clock.quarter, case.key, k) < p.stance_rate:
            seat.known = True
            seat.stance = seat.utility > 0.0
            events.happen(world, events.STANCE_KNOWN, o, seat.party, case.parcel, seat.utility, 0.0)
        elif seat.known and (seat.utility > 0.0 or no_is_told(world, o, k)):
            seat.stance = seat.utility > 0.0
    # Simultaneous: beliefs are formed from who stood where at the start of the quarter.
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if shares_surplus(seat) and not seat.committed:
            target = chance_all_others_join(world, o, k)
            if seat.belief < 0.0:
                seat.belief = target
            seat.belief += p.belief_speed * (target - seat.belief)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if not shares_surplus(seat):
            continue
        at_stake = p.sunk_share * seat.outlay
        if seat.committed:
            if seat.utility < 0.0:
                seat.committed = False
                events.happen(world, events.PARTY_WITHDREW, o, seat.party, case.parcel, seat.utility, 0.0)
                disappoint_others(world, o, k)
        elif seat.utility > 0.0 and (p.waiting <= 0.0 or seat.belief >= at_stake / (at_stake + seat.utility)):
            seat.committed = True
            seat.known = True
            seat.stance = True
            if case.started == NEVER:
                case.started = clock.quarter
            if seat.party >= 0:
                world.companies[seat.party].readiness[MONEY] = 1.0
            events.happen(world, events.PARTY_COMMITTED, o, seat.party, case.parcel, seat.belief,
                          at_stake / (at_stake + seat.utility))


@rule
def chance_all_others_join(world, o, k):
    """Return party ``k``'s estimate of the chance that all others take part."""
    p = world.parameters[0]
    case = world.opportunities[o]
    party = world.seats[o, k].party
    trust = world.companies[party].trust_others if party >= 0 else world.owners[-1 - party].trust_others
    chance = 1.0
    for j in range(case.n_parties):
        if j == k:
            continue
        seat = world.seats[o, j]
        if seat.committed:
            continue
        if seat.known:
            chance *= p.belief_yes if seat.stance else p.belief_no
        else:
            chance *= p.belief_base + p.belief_trust * trust
    return chance


@rule
def disappoint_others(world, o, k):
    """A party that withdraws costs the others trust in each other."""
    case = world.opportunities[o]
    for j in range(case.n_parties):
        party = world.seats[o, j].party
        if j != k and party >= 0 and world.seats[o, j].committed:
            trust_others_less(world, world.companies[party])


@rule
def no_is_told(world, o, k):
    """Return whether the others hear this quarter that a party which was thought willing is not.

    Where the municipality is in, that depends on how candid it is; a no that it passed on as a yes comes out by itself as
    rarely as a stance does.
    """
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    if not world.seats[o, k].stance or not clock.acting or not municipality_is_in(world, o):
        return True
    chance = max(world.strategy[0].candour, p.stance_rate)
    return draws.uniform(clock.seed, draws.CANDOUR, clock.quarter, case.key, MAX_PARTIES + k) < chance


@rule
def municipality_leaves(world, o):
    """Principle 6: the stop conditions that were set beforehand are known, and carried out."""
    strategy, clock = world.strategy[0], world.clock[0]
    case = world.opportunities[o]
    if not clock.acting or strategy.fte <= 0.0 or not strategy.principles[EXIT] or case.dropped:
        return False
    if not municipality_is_in(world, o):
        return False
    return (case.no_gos >= strategy.exit_rounds or clock.quarter - case.since > strategy.exit_quarters
            or case.ask > strategy.exit_euros)


@rule
def depends_on_municipality(world, o):
    """Return whether a case cannot go on without the municipality: it concerns its road, its land or its public space."""
    case = world.opportunities[o]
    if case.kind == COLLECTIVE and case.theme == PUBLIC_SPACE:
        return True
    for k in range(case.n_parties):
        if world.seats[o, k].party == MUNICIPALITY:
            return True
    return False


@rule
def step_out(world, o):
    """The municipality puts no more into a case and takes back what it had promised; the others go on if they can.

    Those who had committed themselves count it against the municipality (mechanics C11).
    """
    clock = world.clock[0]
    case = world.opportunities[o]
    case.dropped = True
    withdraw_public_money(world, o)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.party >= 0 and seat.committed:
            lose_trust(world, world.companies[seat.party])
    events.happen(world, events.STEPPED_OUT, o, MUNICIPALITY, case.parcel, float(case.no_gos),
                  float(clock.quarter - case.since))


@rule
def municipality_is_in(world, o):
    """Return whether the municipality has put work or money into the case, or sits at its table."""
    case = world.opportunities[o]
    if case.slotted > NEVER or case.pushed > NEVER or case.mediated > NEVER or case.grant > 0.0 or (
            case.support > 0.0 or case.origin == 3):
        return True
    for k in range(case.n_parties):
        if world.seats[o, k].party == MUNICIPALITY:
            return True
    return False


@rule
def decide_on_opportunity(world, o):
    """Step 3 to step 4: with readiness in sight and a gap that could be filled, it goes on to a case."""
    clock, strategy = world.clock[0], world.strategy[0]
    case = world.opportunities[o]
    if clock.acting and strategy.approach == SUPPLY_DRIVEN and case.surplus < 0.0:
        # Supply-driven: public money is promised beforehand, by rank, not when others have committed.
        consider_grant(world, o)
    if case.surplus + max(case.grant + case.support, largest_grant(world, o)) <= 0.0:
        say_no(world, o, events.NO_OVERLAP, case.surplus)
        return
    go_on(world, o, CASE)
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if party >= 0:
            world.companies[party].readiness[KNOW_HOW] = 1.0
            if clock.quarter >= 0:
                # Know-how and time that firms put in are a contribution too, but no money: a memo.
                world.accounts[0].in_kind[1] += 1.0
                world.accounts[0].in_kind[2] += 16.0


@rule
def decide_on_case(world, o):
    """Step 4 to step 5: is the gap filled, is the division fair, is everybody in? Then it is agreed."""
    clock = world.clock[0]
    case = world.opportunities[o]
    if clock.quarter >= 0:
        world.accounts[0].in_kind[0] += 8.0 * case.n_parties
    if case.ask <= 0.0 and case.grant + case.support <= 0.0:
        consider_grant(world, o)
    if case.surplus + case.grant + case.support <= 0.0:
        case.gap = -case.surplus
        # What was promised is too little by now: the parties ask anew.
        withdraw_public_money(world, o)
        case.ask = 0.0
        say_no(world, o, events.FUNDING_GAP, case.surplus)
        return
    claimed = divide(world, o, True)
    if claimed > 1.0:
        case.fair = False
        fade_bias(world, o)
        say_no(world, o, events.UNFAIR_DIVISION, claimed)
        return
    case.fair = True
    for k in range(case.n_parties):
        if not world.seats[o, k].committed:
            case.rounds += 1
            events.happen(world, events.STEP_AGAIN, o, world.seats[o, k].party, case.parcel, world.seats[o, k].belief,
                          world.seats[o, k].utility)
            return
    case.price = -world.seats[o, 0].payment if world.seats[o, 0].role == BUYER else 0.0
    case.expected = case.surplus + case.grant + case.support
    case.agreed = clock.quarter
    # Expectations are frozen now: step 7 sets what comes of it against these.
    case.works_agreed = case.works
    case.value_agreed = case.value
    case.due = clock.quarter + expected_quarters(world, o)
    go_on(world, o, AGREED)
    events.happen(world, events.AGREED_EVENT, o, NOBODY, case.parcel, case.surplus, case.grant)


@rule
def expected_quarters(world, o):
    """Return in how many quarters the parties expect delivery when they agree: all tasks, none of them stalling."""
    p = world.parameters[0]
    case = world.opportunities[o]
    quarters = 2.0 + p.permit_quarters
    if case.road_cells > 0 or case.kind == REDEVELOP:
        quarters += p.plan_change_quarters
    if case.clean > 0.0:
        quarters += p.clean_quarters
    if case.utility > 0.0:
        quarters += p.utility_quarters
    if case.kind == COLLECTIVE:
        return int(p.works_quarters) + 1
    return int(quarters + (p.build_quarters if case.new_floor <= 3_000.0 else p.build_quarters_large))


@rule
def go_on(world, o, stage):
    """Take a case to its next step."""
    clock = world.clock[0]
    case = world.opportunities[o]
    case.stage = stage
    case.stage_since = clock.quarter
    case.waiting = clock.quarter
    case.reason = -1
    events.happen(world, events.STEP_GO, o, NOBODY, case.parcel, float(stage), case.surplus)


@rule
def say_no(world, o, reason, number):
    """Record a no-go: the case goes round again, if anybody takes it up, with the reason why."""
    case = world.opportunities[o]
    case.no_gos += 1
    case.rounds += 1
    case.reason = reason
    events.happen(world, reason, o, NOBODY, case.parcel, number, 0.0)


@rule
def fade_bias(world, o):
    """A round of talks teaches everyone a little about what the others bring."""
    case = world.opportunities[o]
    for k in range(case.n_parties):
        # A process manager keeps people talking: what each overstates wears off sooner.
        world.seats[o, k].bias *= 1.0 - lead_factor(world, PROCESS_LEAD, 2.0) * world.parameters[0].bias_fade


@rule
def largest_grant(world, o):
    """Return the most public money the rules allow for case ``o``, euros: share of works, private ratio, budget.

    Demand-driven money is tied to private money: at least ``private_ratio`` private euros of works for each public
    one. Supply-driven money is bound by the highest public share alone. A collective measure may count the private
    works along the same road.
    """
    strategy, team, clock = world.strategy[0], world.team[0], world.clock[0]
    case = world.opportunities[o]
    if not clock.acting or strategy.approach == NO_APPROACH or case.dropped or not case.appraised:
        return 0.0
    share = strategy.max_public_share
    if case.kind == COLLECTIVE and case.theme == PUBLIC_SPACE:
        # Public space is the municipality's own: there the private works it goes with count, not a share of it.
        share = 0.8
    most = share * case.works
    if strategy.approach == DEMAND_DRIVEN:
        along = 0.0
        if case.kind == COLLECTIVE and case.theme == PUBLIC_SPACE:
            along = world.segments[case.segment].private
        most = min(most, (case.works + along) / (1.0 + strategy.private_ratio))
    budget = max(0.0, team.budget_left)
    if case.kind != COLLECTIVE:
        # What is earmarked goes to public works only.
        budget *= 1.0 - strategy.earmarked
    if case.window:
        budget /= max(1.0 - open_share(world), 0.01)
    most = min(most, budget)
    if strategy.principles[SOCIETAL_VALUE] and case.appraised:
        most = min(most, max(case.value_seen, 0.0))
    return most


@rule
def consider_grant(world, o):
    """The parties ask for public money; the municipality, which cannot see their true gap, promises it or not.

    They ask for the gap plus something on top (also without a gap). A steering slot into the figures halves both the
    mean and the spread of what is asked too much. Where the rules allow less than the gap, nothing is given.
    """
    p, clock, strategy, team = world.parameters[0], world.clock[0], world.strategy[0], world.team[0]
    case = world.opportunities[o]
    case.gap = max(0.0, -case.surplus)
    if not clock.acting or strategy.approach == NO_APPROACH or case.dropped or case.works <= 0.0:
        return
    scale = 0.5 if case.diligence else 1.0
    extra = scale * (p.ask_mean + p.ask_sd * draws.normal(clock.seed, draws.ASK, case.rounds, case.key, 0)) * case.works
    case.ask = max(1.0, case.gap + extra)
    if case.kind == COLLECTIVE and case.theme == PUBLIC_SPACE:
        case.ask = max(case.ask, (1.0 - p.collective_private) * case.works)
    most = largest_grant(world, o)
    if most < case.gap or case.ask < case.gap or most <= 0.0:
        events.happen(world, events.NO_PUBLIC_MONEY, o, MUNICIPALITY, case.parcel, case.ask, most)
        return
    grant = min(case.ask, most)
    if grant <= 1.0:
        return
    grant = fill_by_loan_or_guarantee(world, o, grant, most)
    if grant > 1.0:
        case.grant = grant
        case.province = open_share(world) * grant if case.window else 0.0
        events.happen(world, events.GRANT_PROMISED, o, MUNICIPALITY, case.parcel, grant, case.gap)
    promised = case.grant - case.province + case.loan
    team.budget_left -= promised
    team.committed += promised
    if promised + case.guarantee > world.organisation[0].mandate:
        seek_approval(world, o, promised + case.guarantee)


@rule
def fill_by_loan_or_guarantee(world, o, grant, most):
    """Meet (part of) what a grant would have met by a public loan or a guarantee; return the grant still needed, euros.

    A loan or guarantee must be larger than the grant it replaces, by what a euro of it is worth to who borrows; both stay
    within the same limits. Under ``mix`` a loan does half of it and a grant the rest; where that would be more public money
    than the limits allow, the loan is made smaller.
    """
    strategy = world.strategy[0]
    case = world.opportunities[o]
    seat = world.seats[o, 0]
    if strategy.instrument == BY_GRANT or case.kind == COLLECTIVE or seat.party < 0:
        return grant
    if strategy.instrument == BY_GUARANTEE:
        rate = worth_of_guarantee(world, seat.eta, world.companies[seat.party].theta)
    else:
        rate = worth_of_loan(world, seat.eta)
    if rate <= 0.01:
        return grant if strategy.instrument == BY_MIX else 0.0
    euros = min(grant / rate, most)
    support = rate * euros
    if strategy.instrument != BY_MIX and support < case.gap:
        # Not enough to close the gap: then nothing is promised, as with a grant.
        events.happen(world, events.NO_PUBLIC_MONEY, o, MUNICIPALITY, case.parcel, case.gap, support)
        return 0.0
    if strategy.instrument == BY_MIX:
        euros *= 0.5
        if rate < 1.0:
            euros = min(euros, (most - grant) / (1.0 - rate))
        support = rate * euros
    case.support = support
    if strategy.instrument == BY_GUARANTEE:
        case.guarantee = euros
        events.happen(world, events.GUARANTEE_PROMISED, o, MUNICIPALITY, case.parcel, euros, support)
        return 0.0
    case.loan = euros
    events.happen(world, events.LOAN_PROMISED, o, MUNICIPALITY, case.parcel, euros, support)
    return max(0.0, grant - support) if strategy.instrument == BY_MIX else 0.0


@rule
def apply_for_window(world, o):
    """Use an open subsidy window for case ``o``: its share of a grant then comes from the province."""
    team = world.team[0]
    case = world.opportunities[o]
    case.window = True
    events.happen(world, events.WINDOW_USED, o, MUNICIPALITY, case.parcel, open_share(world), case.grant)
    if case.grant > 0.0 and not case.grant_paid and case.province <= 0.0:
        case.province = open_share(world) * case.grant
        team.budget_left += case.province
        team.committed -= case.province


@rule
def parties_apply(world, o):
    """Now and then the parties find an open subsidy themselves."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    if case.window and case.province <= 0.0 and open_share(world) <= 0.0:
        case.window = False  # it closed before anything was promised: the next one has to be applied for again
    if clock.acting and not case.window and case.works > 0.0 and open_share(world) > 0.0 and draws.uniform(
            clock.seed, draws.APPLY, clock.quarter, case.key, 0) < p.apply_rate:
        apply_for_window(world, o)


@rule
def leave_case(world, o, reason):
    """End a case without result: free what it held, and let those who had committed themselves feel it."""
    clock = world.clock[0]
    case = world.opportunities[o]
    by_municipality = reason == events.LEFT_EXIT_RULE or reason == events.LEFT_ADVISED
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if seat.party < 0:
            continue
        company = world.companies[seat.party]
        if company.opportunity == o:
            company.opportunity = -1
        if seat.committed:
            if by_municipality:
                lose_trust(world, company)
            else:
                trust_others_less(world, company)
    release_claims(world, o)
    withdraw_public_money(world, o)
    if case.started > NEVER and case.parcel >= 0 and world.parameters[0].visibility > 0.0:
        # A deal that collapses is seen next door.
        teach_neighbours(world, case.parcel, -0.5 * world.parameters[0].neighbour_lesson)
    break_chain(world, o)
    case.stage = LEFT
    case.stage_since = clock.quarter
    case.reason = reason
    if clock.quarter >= 0:
        world.accounts[0].exited += 1
    events.happen(world, reason, o, NOBODY, case.parcel, float(case.no_gos), float(clock.quarter - case.since))


@rule
def break_chain(world, o):
    """Tell the cases that waited for this one: the site they counted on does not come free."""
    for b in range(world.counts[0].opportunities):
        later = world.opportunities[b]
        if later.previous == o and FOUND <= later.stage <= AGREED:
            later.broken_links += 1
            later.previous = -1
            events.happen(world, events.CHAIN_BROKEN, b, later.demand, later.parcel, float(later.depth), float(o))


@rule
def release_claims(world, o):
    """Free the parcels and the stretch of public space that a case had a claim on."""
    case = world.opportunities[o]
    if case.second >= 0:
        for k in range(case.n_parties):
            party = world.seats[o, k].party
            if party >= 0 and world.companies[party].parcel >= 0:
                mine = world.companies[party].parcel
                if world.parcels[mine].opportunity == o:
                    world.parcels[mine].opportunity = -1
    if case.parcel >= 0 and world.parcels[case.parcel].opportunity == o:
        world.parcels[case.parcel].opportunity = -1
    if case.second >= 0 and world.parcels[case.second].opportunity == o:
        world.parcels[case.second].opportunity = -1
    if case.segment >= 0 and world.segments[case.segment].measure == o:
        world.segments[case.segment].measure = -1
