"""Phase 5: the municipality reads its queues, divides its hours over the four roles, and acts.

Effort is hours. Each role has actions with a price in hours, and a queue of those that need one. Hours beyond the
queue lapse, paid for; work beyond the hours waits. So bottlenecks and diminishing returns come from the queues, not
from a curve, and a role without a queue changes nothing. An action succeeds with a chance equal to the team's
competence; a failed one does nothing, or now and then harm. Actions reach reviews and cases from the next phase on.

First in, first out, unless principle 5 ranks cases by value per public euro. Source: mechanics C7 and C11. All four
bottlenecks are also relieved without a municipality, slowly: see matching (border talk, brokers), cases (step rate,
stances), realisation (stalls that resolve).
"""

from __future__ import annotations

import math

import numpy as np

from sim import draws, events, ledger
from sim.compiled import rule
from sim.records import (
    A_APPRAISAL,
    A_CONVERSATION,
    A_INTRODUCTION,
    A_MEDIATION,
    A_PUSH,
    A_RESCOPE,
    A_REVIEW,
    A_SLOT,
    A_TASK,
    AANJAGEN,
    BUILD_CASES,
    CASE,
    CLEAN_UP,
    EXPAND_ADJOINING,
    FINANCE,
    FLEXIBILITY,
    FOUND,
    IDENTIFY,
    INFORMATION,
    INTERESTS,
    KNOW_HOW,
    MAX_PARTIES,
    MOVE_AWAY,
    MOVE_WITHIN,
    MUNICIPALITY,
    NEVER,
    NO_PLAN,
    NO_TASK,
    NOBODY,
    ONTZORGEN,
    PERMIT,
    PICTURE,
    PROCESS,
    PROSPECT,
    REALISATION,
    REALISE,
    REGISSEREN,
    SHARP_CHOICES,
    SITTING,
    SOCIETAL_VALUE,
    STAFF,
    TAILORED_ROLES,
    TIME,
    VERBINDEN,
)
from sim.rules.appraisal import crampedness
from sim.rules.perception import clip, gain_trust, lose_trust

LONG_AGO = -10_000


@rule
def play_roles(world):
    """Pay the team, appraise and rank cases, set the mix, and work through the queues of the four roles."""
    p, strategy, team = world.parameters[0], world.strategy[0], world.team[0]
    if not world.clock[0].acting or strategy.fte <= 0.0:
        return
    ledger.pay(world, MUNICIPALITY, STAFF, 0.25 * strategy.fte * p.fte_cost, PROCESS, -1, -1)
    judge_cases(world)
    hours = strategy.fte * p.hours_per_quarter
    owed = min(team.overhead, 0.5 * hours)
    team.overhead -= owed
    hours -= owed
    jobs = list_work(world)
    hours -= tailor_mix(world, hours)
    team.lapsed = 0.0
    for role in range(4):
        share = role_share(world, jobs, role)
        team.carry[role] = work_through(world, jobs, role, share * hours + team.carry[role])


@rule
def judge_cases(world):
    """Principles 2 and 5 before anything is done: appraise the societal value of each case; rank the cases.

    Both cost hours, taken off this and later quarters. Without an appraisal the municipality sees the value case with
    an error, so principle 2 also turns down what is worth while, and the reverse.
    """
    p, strategy, team, clock = world.parameters[0], world.strategy[0], world.team[0], world.clock[0]
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        if case.stage != FOUND and case.stage != CASE or case.dropped:
            continue
        if not case.appraised:
            case.appraised = True
            error = p.value_error * max(case.works, 1.0) * draws.normal(clock.seed, draws.VALUE_ERROR, 0, case.key, 0)
            if strategy.principles[SOCIETAL_VALUE]:
                error *= 0.25
                team.overhead += p.hours_appraisal
                team.actions[A_APPRAISAL] += 1
                team.succeeded[A_APPRAISAL] += 1
            case.value_seen = case.value + error
            if strategy.principles[SOCIETAL_VALUE] and case.value_seen < 0.0:
                case.dropped = True
                case.rejected = True
                events.happen(world, events.VALUE_CASE_REJECTED, o, MUNICIPALITY, case.parcel, case.value_seen, 0.0)
        if strategy.principles[SHARP_CHOICES] and not case.ranked:
            case.ranked = True
            team.overhead += p.hours_ranking


@rule
def list_work(world):
    """Return the queues of all roles as one table, one row a job, in the order in which they will be served.

    Returns
    -------
    float64 array, (jobs, 6)
        role, action, row of its target, hours, process step, and the kind of target (0 company, 1 opportunity,
        2 project, 3 segment).
    """
    counts = world.counts[0]
    capacity = 2 * counts.companies + 4 * counts.opportunities + counts.projects + counts.segments
    jobs = np.empty((capacity, 6))
    order = np.empty(capacity, np.uint64)
    n = 0
    for i in range(counts.companies):
        n = list_company_work(world, jobs, order, n, i)
    for o in range(counts.opportunities):
        n = list_case_work(world, jobs, order, n, o)
    for r in range(counts.projects):
        project = world.projects[r]
        if project.task != NO_TASK and project.stalled > NEVER:
            n = add_job(world, jobs, order, n, ONTZORGEN, A_TASK, r, task_hours(world, project.task), REALISE, 2,
                        project.stalled, project.key)
    for s in range(counts.segments):
        segment = world.segments[s]
        if wants_collective(world, segment):
            n = add_job(world, jobs, order, n, VERBINDEN, A_INTRODUCTION, s, world.parameters[0].hours_introduction,
                        IDENTIFY, 3, max(segment.raised, 0), segment.key)
    ranked = np.argsort(order[:n])
    table = np.empty((n, 6))
    for k in range(n):
        table[k] = jobs[ranked[k]]
    return table


@rule
def add_job(world, jobs, order, n, role, action, target, hours, process, kind, since, key):
    """Write one job and its place in the queue (waiting longest first; ties by key); return the new count."""
    jobs[n, 0] = role
    jobs[n, 1] = action
    jobs[n, 2] = target
    jobs[n, 3] = hours
    jobs[n, 4] = process
    jobs[n, 5] = kind
    order[n] = (np.uint64(min(max(since + 20_000, 0), 60_000)) << np.uint64(47)) | (np.uint64(key) >> np.uint64(17))
    return n + 1


@rule
def list_company_work(world, jobs, order, n, i):
    """Add what company ``i`` asks of the roles: a conversation, an introduction, or a nudge to review its site."""
    p, strategy, clock = world.parameters[0], world.strategy[0], world.clock[0]
    company = world.companies[i]
    if company.state != SITTING and company.state != PROSPECT:
        return n
    known = company.known_until > clock.quarter or company.state == PROSPECT
    wants_site = company.plan == MOVE_WITHIN or company.plan == MOVE_AWAY or company.plan == EXPAND_ADJOINING
    if (known and (wants_site or company.state == PROSPECT) and company.opportunity < 0 and company.reserved < 0
            and clock.quarter - company.introduced_at >= 2):
        n = add_job(world, jobs, order, n, VERBINDEN, A_INTRODUCTION, i, p.hours_introduction, IDENTIFY, 0,
                    company.plan_since if company.state == SITTING else company.arrived, company.key)
    if company.state != SITTING:
        return n
    silent = company.talked > LONG_AGO and company.readiness[INFORMATION] < 0.2
    wait = 24 if strategy.principles[INTERESTS] and silent else 8
    if not known and clock.quarter - company.talked >= wait:
        n = add_job(world, jobs, order, n, VERBINDEN, A_CONVERSATION, i, p.hours_conversation, PICTURE, 0,
                    max(company.talked, -10_000), company.key)
    ready = company.readiness[INFORMATION] >= 0.2 or not strategy.principles[INTERESTS]
    lacking = company.site_quality < 0.5 or crampedness(world, company) > 0.05
    if (company.talked > LONG_AGO and ready and lacking and company.plan == NO_PLAN and company.project < 0
            and clock.quarter - company.reviewed_at >= 8):
        n = add_job(world, jobs, order, n, AANJAGEN, A_REVIEW, i, p.hours_push, IDENTIFY, 0, company.talked,
                    company.key)
    return n


@rule
def list_case_work(world, jobs, order, n, o):
    """Add what opportunity ``o`` asks: a push, a steering slot, another solution, mediation, or a task taken over."""
    p, strategy, clock = world.parameters[0], world.strategy[0], world.clock[0]
    case = world.opportunities[o]
    if case.dropped:
        return n
    place = case.since
    if strategy.principles[SHARP_CHOICES]:
        # Most value per public euro first; cases come before all that waits on the park.
        worth = max(case.value_seen + max(case.surplus, 0.0), 0.0) / (case.ask + 10_000.0)
        place = -15_000 - int(1_000.0 * math.log(1.0 + min(worth, 50.0)))
    if case.stage == FOUND or case.stage == CASE:
        process = IDENTIFY if case.stage == FOUND else BUILD_CASES
        if has_doubters(world, o):
            n = add_job(world, jobs, order, n, AANJAGEN, A_PUSH, o, p.hours_push, process, 1, place, case.key)
        if case.stage_since < clock.quarter and case.approval_until <= clock.quarter:
            n = add_job(world, jobs, order, n, REGISSEREN, A_SLOT, o, p.hours_slot, process, 1, place, case.key)
        if (strategy.principles[FLEXIBILITY] and case.no_gos > 0 and case.rescopes < p.rescope_rounds
                and (case.reason == events.FUNDING_GAP or case.reason == events.NO_OVERLAP)):
            n = add_job(world, jobs, order, n, REGISSEREN, A_RESCOPE, o, p.hours_slot, process, 1, place, case.key)
        if case.reason == events.UNFAIR_DIVISION and not case.fair:
            n = add_job(world, jobs, order, n, VERBINDEN, A_MEDIATION, o, p.hours_mediation, process, 1, place,
                        case.key)
    elif case.stage == REALISATION and case.stalled > NEVER:
        n = add_job(world, jobs, order, n, ONTZORGEN, A_TASK, o, task_hours(world, case.task), REALISE, 1, place,
                    case.key)
    return n


@rule
def has_doubters(world, o):
    """Return whether a party of the case has not committed itself and its stance is not known to be no."""
    case = world.opportunities[o]
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if not seat.committed and not seat.known:
            return True
    return False


@rule
def wants_collective(world, segment):
    """Return whether the public space here is poor and nobody has brought its neighbours together lately."""
    quarter = world.clock[0].quarter
    return (segment.quality < world.parameters[0].works_trigger - 0.15 and segment.works_until == NEVER
            and segment.measure < 0 and (segment.raised == NEVER or quarter - segment.raised >= 8))


@rule
def task_hours(world, task):
    """Return the hours it takes to take over a task."""
    p = world.parameters[0]
    if task == FINANCE:
        return p.hours_finance
    if task == CLEAN_UP:
        return p.hours_soil
    if task == PERMIT:
        return p.hours_permit
    return p.hours_bridge


@rule
def tailor_mix(world, hours):
    """Principle 4, and `adaptive`: move the mix towards last quarter's queues; return the hours that costs.

    Roles are re-divided by at most ``mix_speed`` a quarter (five times that when fully adaptive), and a part of the
    hours moved is lost in handing over.
    """
    p, strategy, team = world.parameters[0], world.strategy[0], world.team[0]
    if not strategy.adaptive and not strategy.principles[TAILORED_ROLES]:
        return 0.0
    total = 0.0
    for role in range(4):
        total += team.queue[role]
    if total <= 0.0:
        return 0.0
    speed = p.mix_speed * (5.0 if strategy.adaptive else 1.0)
    moved_most = 0.0
    for process in range(4):
        distance = 0.0
        for role in range(4):
            distance += 0.5 * abs(team.queue[role] / total - team.mix[process, role])
        step = min(1.0, speed / distance) if distance > 0.0 else 0.0
        for role in range(4):
            team.mix[process, role] += step * (team.queue[role] / total - team.mix[process, role])
        moved_most = max(moved_most, step * distance)
    return p.mix_loss * moved_most * hours


@rule
def role_share(world, jobs, role):
    """Return the share of hours for a role: the mix of each process step, weighted by the work each step asks."""
    team = world.team[0]
    asked, weight = 0.0, 0.0
    for k in range(jobs.shape[0]):
        weight += jobs[k, 3]
        asked += jobs[k, 3] * team.mix[int(jobs[k, 4]), role]
    if weight <= 0.0:
        return team.mix[0, role]
    return asked / weight


@rule
def work_through(world, jobs, role, hours):
    """Serve the queue of one role until its hours run out.

    Returns
    -------
    float
        Hours kept for an action that could not be finished; 0 when the queue was served (the rest lapses, paid).
    """
    team = world.team[0]
    team.queue[role] = 0.0
    team.spent[role] = 0.0
    unfinished = False
    for k in range(jobs.shape[0]):
        if int(jobs[k, 0]) != role:
            continue
        team.queue[role] += jobs[k, 3]
        if unfinished:
            continue
        if hours < jobs[k, 3]:
            unfinished = True
            continue
        hours -= jobs[k, 3]
        team.spent[role] += jobs[k, 3]
        act(world, role, int(jobs[k, 1]), int(jobs[k, 2]), int(jobs[k, 5]))
    if unfinished:
        return hours
    team.lapsed += hours
    return 0.0


@rule
def act(world, role, action, target, kind):
    """Carry out one action; with the team's competence it succeeds."""
    clock, team = world.clock[0], world.team[0]
    team.actions[action] += 1
    key = target_key(world, target, kind)
    skill = world.strategy[0].competence[role]
    succeeded = draws.uniform(clock.seed, draws.ACTION, clock.quarter, key, action) < skill
    if succeeded:
        team.succeeded[action] += 1
    if kind == 0:
        if action == A_CONVERSATION:
            hold_conversation(world, target, succeeded)
        elif action == A_INTRODUCTION:
            introduce(world, target, succeeded)
        else:
            suggest_review(world, target, succeeded)
    elif not succeeded:
        return
    elif kind == 1:
        if action == A_PUSH:
            push_doubter(world, target)
        elif action == A_SLOT:
            steer(world, target)
        elif action == A_RESCOPE:
            ask_other_solution(world, target)
        elif action == A_MEDIATION:
            mediate(world, target)
        elif action == A_TASK:
            take_over_task(world, target)
    elif kind == 2:
        project = world.projects[target]
        project.stalled = NEVER
        project.stall_task = NO_TASK
        events.happen(world, events.TASK_RESUMED, -1, project.company, project.parcel, float(project.task), 1.0)
    else:
        world.segments[target].raised = clock.quarter


@rule
def target_key(world, target, kind):
    """Return the key of what an action is aimed at, so that its chance travels with the target."""
    if kind == 0:
        return world.companies[target].key
    if kind == 1:
        return world.opportunities[target].key
    if kind == 2:
        return world.projects[target].key
    return world.segments[target].key


@rule
def hold_conversation(world, i, succeeded):
    """Talk with company ``i`` about what it wants: trust grows, and it may tell its plan.

    A key figure also tells what its neighbours are up to. What is told in confidence must be followed up within a
    year, or trust is lost (see perception).
    """
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    since = clock.quarter - company.talked
    company.talked = clock.quarter
    if not succeeded:
        harm = draws.uniform(clock.seed, draws.BAD_TALK, clock.quarter, company.key, 0) < p.failed_talk_harm
        if harm:
            lose_trust(world, company)
            events.happen(world, events.TALK_FAILED, -1, i, company.parcel, company.trust, 0.0)
        return
    if since >= 4:
        gain_trust(world, company)
    company.readiness[TIME] = max(company.readiness[TIME], 0.4)
    tell_plan(world, i, 1.0)
    if company.key_figure and company.parcel >= 0:
        for k in range(world.parcels[company.parcel].n_borders):
            j = world.parcels[world.borders[company.parcel, k]].occupant
            if j >= 0 and j != i:
                tell_plan(world, j, 0.5)


@rule
def tell_plan(world, i, share):
    """Company ``i``'s plan becomes known to the municipality, if it has one and trusts enough to tell."""
    p, clock = world.parameters[0], world.clock[0]
    company = world.companies[i]
    chance = clip((p.disclose_base + p.disclose_trust * company.trust) * (0.5 + company.openness)) * share
    told = draws.uniform(clock.seed, draws.DISCLOSURE, clock.quarter, company.key, 0) < chance
    if not told:
        return
    company.readiness[INFORMATION] = 1.0
    if company.plan == NO_PLAN or company.known_until > clock.quarter:
        return
    lasts = -p.knowledge_life * math.log(draws.uniform(clock.seed, draws.DISCLOSURE_LASTS, clock.quarter, company.key, 0))
    company.known_until = clock.quarter + 1 + int(min(lasts, 200.0))
    company.followed_up = clock.quarter + int(p.follow_up)
    events.happen(world, events.PLAN_DISCLOSED, -1, i, company.parcel, chance, float(company.plan))


@rule
def introduce(world, i, succeeded):
    """Bring company ``i`` together with whoever may have a site for it; the pair then enters matching."""
    company = world.companies[i]
    company.introduced_at = world.clock[0].quarter
    if succeeded:
        company.introduced = 3
        company.followed_up = NEVER
        events.happen(world, events.INTRODUCED, -1, i, company.parcel, 0.0, 0.0)


@rule
def suggest_review(world, i, succeeded):
    """Give company ``i`` a reason and figures to look at its site again, now."""
    p = world.parameters[0]
    company = world.companies[i]
    company.reviewed_at = world.clock[0].quarter
    if succeeded:
        company.next_review = world.clock[0].quarter + 1
        company.uncertainty = max(p.uncertainty_floor, company.uncertainty * p.uncertainty_study)
        company.readiness[KNOW_HOW] = 1.0
        events.happen(world, events.REVIEW_PUSHED, -1, i, company.parcel, company.uncertainty, 0.0)


@rule
def push_doubter(world, o):
    """Get one waiting party to say where it stands (yes or no, the truth), and take away part of its uncertainty."""
    p, clock = world.parameters[0], world.clock[0]
    case = world.opportunities[o]
    case.pushed = clock.quarter
    best, best_rank = -1, np.uint64(0)
    for k in range(case.n_parties):
        seat = world.seats[o, k]
        if not seat.committed and not seat.known:
            rank = draws.bits(clock.seed, draws.PUSH, clock.quarter, case.key, seat.role * MAX_PARTIES + k)
            if best < 0 or rank < best_rank:
                best, best_rank = k, rank
    if best < 0:
        return
    seat = world.seats[o, best]
    if seat.party >= 0:
        company = world.companies[seat.party]
        company.uncertainty = max(p.uncertainty_floor, company.uncertainty * p.uncertainty_push)
    elif seat.party < MUNICIPALITY:
        owner = world.owners[-1 - seat.party]
        owner.uncertainty = max(p.uncertainty_floor, owner.uncertainty * p.uncertainty_push)
    seat.known = True
    seat.stance = seat.utility > 0.0
    events.happen(world, events.STANCE_KNOWN, o, seat.party, case.parcel, seat.utility, 0.0)


@rule
def steer(world, o):
    """Put a steering slot into a case: its step is decided this quarter, on figures that were gone into."""
    case = world.opportunities[o]
    case.slotted = world.clock[0].quarter
    case.diligence = True


@rule
def ask_other_solution(world, o):
    """Have another solution worked out; the parties see it when the case is next weighed."""
    case = world.opportunities[o]
    case.alternative += 1
    case.rescopes += 1


@rule
def mediate(world, o):
    """Halve what each party overstates of its own contribution."""
    case = world.opportunities[o]
    case.mediated = world.clock[0].quarter
    for k in range(case.n_parties):
        world.seats[o, k].bias *= world.parameters[0].mediation_effect
    case.reason = -1
    events.happen(world, events.MEDIATED, o, NOBODY, case.parcel, 0.0, 0.0)


@rule
def take_over_task(world, o):
    """Take over the task at which a realisation stalls, so that it goes on."""
    case = world.opportunities[o]
    case.stalled = NEVER
    case.stall_task = NO_TASK
    case.task_until = max(case.task_until, world.clock[0].quarter + 1)
    events.happen(world, events.TASK_RESUMED, o, MUNICIPALITY, case.parcel, float(case.task), 1.0)
