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
    A_ADVICE,
    A_APPRAISAL,
    A_CHAIN,
    A_CONVERSATION,
    A_INTRODUCTION,
    A_LEVY,
    A_MAP,
    A_MEDIATION,
    A_PARTY,
    A_PUSH,
    A_RESCOPE,
    A_REVIEW,
    A_SLOT,
    A_TASK,
    A_WINDOW,
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
    PROGRAMME_LEAD,
    PROSPECT,
    QUICK_WINS,
    REALISATION,
    REALISE,
    REGISSEREN,
    SEEDING,
    SHARP_CHOICES,
    SITTING,
    SOCIETAL_VALUE,
    STAFF,
    TAILORED_ROLES,
    TIME,
    VERBINDEN,
)
from sim.rules.appraisal import crampedness
from sim.rules.cases import apply_for_window, leave_case
from sim.rules.environment import is_live, open_share
from sim.rules.matching import bring_in_other_party, theme_of_need
from sim.rules.organisation import (
    domain_of,
    goals_are_unclear,
    lacks_know_how,
    lead_factor,
    practise,
    withdraw_public_money,
)
from sim.rules.perception import clip, gain_trust, lose_trust

LONG_AGO = -10_000


@rule
def play_roles(world):
    """Pay the team, appraise and rank cases, set the mix, and work through the queues of the four roles."""
    p, strategy, team = world.parameters[0], world.strategy[0], world.team[0]
    if not world.clock[0].acting or strategy.fte <= 0.0:
        return
    ledger.pay(world, MUNICIPALITY, STAFF, 0.25 * strategy.fte * p.fte_cost, PROCESS, -1, -1)
    if strategy.shell_hours > 0.0:
        ledger.pay(world, MUNICIPALITY, STAFF, strategy.shell_hours * p.shell_rate, PROCESS, -1, -1)
    judge_cases(world)
    hours = strategy.fte * p.hours_per_quarter * lead_factor(world, PROGRAMME_LEAD, 1.05)
    if world.organisation[0].clarify_until > world.clock[0].quarter:
        hours *= 0.5  # the other half goes to working out its own goals
    hours += strategy.shell_hours
    owed = min(team.overhead, 0.5 * hours)
    team.overhead -= owed
    hours -= owed
    jobs = list_work(world)
    hours -= tailor_mix(world, hours)
    team.lapsed = 0.0
    for role in range(4):
        share = role_share(world, jobs, role)
        extra = 0.0
        if role >= VERBINDEN and world.organisation[0].intermediary_until > world.clock[0].quarter:
            extra = 0.5 * p.intermediary_hours  # negotiating, and taking tasks over
        team.carry[role] = work_through(world, jobs, role, share * hours + extra + team.carry[role])


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
        if not case.appraised and not goals_are_unclear(world, o):
            case.appraised = True
            blur = 1.0 + max(0.0, 0.8 - world.organisation[0].goal_clarity)
            error = blur * p.value_error * max(case.works, 1.0) * draws.normal(clock.seed, draws.VALUE_ERROR, 0, case.key, 0)
            if strategy.principles[SOCIETAL_VALUE]:
                error *= 0.25
                team.overhead += p.hours_appraisal
                team.actions[A_APPRAISAL] += 1
                team.succeeded[A_APPRAISAL] += 1
            case.value_seen = case.value + error
            if strategy.principles[SOCIETAL_VALUE]:
                events.record_deed(world, REGISSEREN, A_APPRAISAL, 1, o, p.hours_appraisal, True, case.value,
                                   case.value_seen)
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
    # Room for what can be asked now: tables sized by all that ever were would be allocated anew every quarter.
    capacity = counts.projects + counts.segments + 4
    for i in range(counts.companies):
        state = world.companies[i].state
        if state == SITTING or state == PROSPECT:
            capacity += 3
    for o in range(counts.opportunities):
        if is_live(world.opportunities[o]):
            capacity += 9
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
        if wants_collective(world, s):
            n = add_job(world, jobs, order, n, VERBINDEN, A_INTRODUCTION, s, world.parameters[0].hours_introduction,
                        IDENTIFY, 3, max(segment.raised, 0), segment.key)
    n = list_park_work(world, jobs, order, n)
    ranked = np.argsort(order[:n])
    table = np.empty((n, 6))
    for k in range(n):
        table[k] = jobs[ranked[k]]
    return table


@rule
def list_park_work(world, jobs, order, n):
    """Add what the park as a whole asks: an opportunity map that is up to date, and talks about a levy zone."""
    p, clock, strategy, organisation = world.parameters[0], world.clock[0], world.strategy[0], world.organisation[0]
    process = world.process[0]
    if process.known >= p.picture_share and clock.quarter - process.map_at >= 4:
        n = add_job(world, jobs, order, n, AANJAGEN, A_MAP, 0, p.hours_map, IDENTIFY, 4, process.map_at, np.uint64(1))
    if strategy.levy_zone and organisation.levy_until <= clock.quarter and organisation.levy_support < p.levy_talks:
        n = add_job(world, jobs, order, n, VERBINDEN, A_LEVY, 0, p.hours_levy, IDENTIFY, 4, -12_000, np.uint64(2))
    return n


@rule
def add_job(world, jobs, order, n, role, action, target, hours, process, kind, since, key):
    """Write one job and its place in the queue (waiting longest first; ties by key, then action); return the new count."""
    jobs[n, 0] = role
    jobs[n, 1] = action
    jobs[n, 2] = target
    jobs[n, 3] = hours
    jobs[n, 4] = process
    jobs[n, 5] = kind
    # One case may ask a role for several actions: the last bits keep them in one order, whatever stands around them.
    tie = ((np.uint64(key) >> np.uint64(17)) & ~np.uint64(15)) | np.uint64(action)
    order[n] = (np.uint64(min(max(since + 20_000, 0), 60_000)) << np.uint64(47)) | tie
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
    lacking = company.site_quality < 0.5 or crampedness(world, company) > 0.05 or company.misplaced
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
        # Cases come before all that waits on the park; among them the rule chosen together decides.
        place = -15_000 - int(1_000.0 * math.log(1.0 + min(choice_score(world, o), 50.0)))
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
        if not case.window and case.works > 0.0 and open_share(world) > 0.0 and (case.surplus < 0.0 or case.grant > 0.0):
            n = add_job(world, jobs, order, n, AANJAGEN, A_WINDOW, o, p.hours_window, process, 1, place, case.key)
        stuck = case.reason == events.NO_OVERLAP or case.reason == events.UNFAIR_DIVISION
        if case.no_gos > 0 and stuck and case.changes < 2:
            n = add_job(world, jobs, order, n, AANJAGEN, A_PARTY, o, p.hours_party, process, 1, place, case.key)
        if case.no_gos >= 2 and case.surplus < 0.0 and clock.quarter - case.since > 6:
            n = add_job(world, jobs, order, n, REGISSEREN, A_ADVICE, o, p.hours_advice, process, 1, place, case.key)
        if waits_for_chain(world, o):
            n = add_job(world, jobs, order, n, REGISSEREN, A_CHAIN, o, p.hours_chain, process, 1, place, case.key)
    elif case.stage == REALISATION and case.stalled > NEVER:
        n = add_job(world, jobs, order, n, ONTZORGEN, A_TASK, o, task_hours(world, case.task), REALISE, 1, place,
                    case.key)
    return n


@rule
def choice_score(world, o):
    """Return how high a case ranks under principle 5: by value per public euro, quick wins first, or what it seeds.

    Parties choose by one of three rules (``choice`` in a strategy). A case seeds others when a chain waits for it, when
    it shares costs with a neighbour, or when its works are large.
    """
    choice = world.strategy[0].choice
    case = world.opportunities[o]
    worth = max(case.value_seen + max(case.surplus, 0.0), 0.0) / (case.ask + 10_000.0)
    if choice == QUICK_WINS:
        return 25.0 + 0.5 * worth if case.quick else 0.5 * worth
    if choice == SEEDING:
        seeds = case.works / 250_000.0
        for b in range(world.counts[0].opportunities):
            if world.opportunities[b].previous == o and is_live(world.opportunities[b]):
                seeds += 10.0
        return seeds + (5.0 if case.shares_with >= 0 else 0.0)
    return worth


@rule
def waits_for_chain(world, o):
    """Return whether case ``o`` counts on a site that an earlier link of its chain has yet to free."""
    case = world.opportunities[o]
    if case.previous < 0:
        return False
    stage = world.opportunities[case.previous].stage
    return stage == FOUND or stage == CASE


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
def wants_collective(world, s):
    """Return whether firms along segment ``s`` lack something and nobody has brought them together lately.

    Poor public space is seen at once; once a year each stretch is looked at for what else is lacking.
    """
    quarter = world.clock[0].quarter
    segment = world.segments[s]
    if segment.works_until > NEVER or segment.measure >= 0:
        return False
    since = quarter - segment.raised
    if since < 8:
        return False
    if segment.quality < world.parameters[0].works_trigger - 0.15:
        return True
    return since >= 16 and (quarter + int(segment.key % np.uint64(4))) % 4 == 0 and theme_of_need(world, s) >= 0


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
        act(world, role, int(jobs[k, 1]), int(jobs[k, 2]), int(jobs[k, 5]), jobs[k, 3])
    if unfinished:
        return hours
    team.lapsed += hours
    return 0.0


@rule
def act(world, role, action, target, kind, hours):
    """Carry out one action: with the team's competence, and the know-how of the domain at hand, it succeeds.

    What was done to whom, in how many hours, and the number it changed is kept as a deed.
    """
    clock, team, organisation = world.clock[0], world.team[0], world.organisation[0]
    if target_is_gone(world, target, kind):
        return
    team.actions[action] += 1
    key = target_key(world, target, kind)
    skill = min(1.0, organisation.competence[role] * organisation.factor)
    domain = domain_of(world, target, kind)
    succeeded = draws.uniform(clock.seed, draws.ACTION, clock.quarter, key, action) < skill
    if succeeded and lacks_know_how(world, domain, key, action):
        succeeded = False
    if succeeded:
        team.succeeded[action] += 1
        practise(world, role, domain)
    before = gauge(world, action, target)
    carry_out(world, action, target, kind, succeeded)
    events.record_deed(world, role, action, kind, target, hours, succeeded, before, gauge(world, action, target))


@rule
def target_is_gone(world, target, kind):
    """Return whether an earlier action of this quarter ended what this one was meant for."""
    if kind == 1:
        return not is_live(world.opportunities[target])
    return False


@rule
def gauge(world, action, target):
    """Return the number that an action acts on, to set what it was beside what it became.

    Trust (conversation), 3 when introduced, mean overstatement (mediation), stances known (push), uncertainty (review),
    quarter of the last slot, solutions tried, quarter since when it stalls, municipal window, quarter of the map, changes
    of party, stage (advice), talks about a levy.
    """
    if action == A_CONVERSATION:
        return world.companies[target].trust
    if action == A_INTRODUCTION or action == A_TASK:
        return 0.0
    if action == A_REVIEW:
        return world.companies[target].uncertainty
    if action == A_MAP:
        return world.process[0].known
    if action == A_LEVY:
        return float(world.organisation[0].levy_support)
    case = world.opportunities[target]
    if action == A_MEDIATION or action == A_PUSH:
        total = 0.0
        for k in range(case.n_parties):
            if action == A_MEDIATION:
                total += world.seats[target, k].bias
            elif world.seats[target, k].known:
                total += 1.0
        return total
    if action == A_RESCOPE:
        return float(case.alternative)
    if action == A_PARTY:
        return float(case.changes)
    if action == A_WINDOW:
        return case.province
    if action == A_ADVICE:
        return float(case.stage)
    return float(max(case.slotted, -1))


@rule
def carry_out(world, action, target, kind, succeeded):
    """Do what an action does to its target."""
    clock = world.clock[0]
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
        elif action == A_WINDOW:
            apply_for_window(world, target)
        elif action == A_PARTY:
            change_party(world, target)
        elif action == A_ADVICE:
            events.happen(world, events.ADVISED_TO_STOP, target, MUNICIPALITY, world.opportunities[target].parcel,
                          world.opportunities[target].surplus, 0.0)
            leave_case(world, target, events.LEFT_ADVISED)
        elif action == A_CHAIN:
            hold_chain(world, target)
    elif kind == 4:
        if action == A_MAP:
            draw_map(world)
        else:
            world.organisation[0].levy_support += 1
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
    if kind == 4:
        return np.uint64(4)
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
    if clock.quarter >= 0:
        world.accounts[0].in_kind[0] += 2.0
    if not succeeded:
        # Said openly, what is not known does less harm.
        risk = p.failed_talk_harm * (1.8 - world.strategy[0].candour)
        harm = draws.uniform(clock.seed, draws.BAD_TALK, clock.quarter, company.key, 0) < risk
        if harm:
            lose_trust(world, company)
            events.happen(world, events.TALK_FAILED, -1, i, company.parcel, company.trust, 0.0)
        return
    known_face = draws.uniform(clock.seed, draws.BAD_TALK, clock.quarter, company.key, 1)
    if since >= 4 and known_face < 0.4 + world.organisation[0].recognition:
        # A core team that firms know is trusted sooner.
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
    clock = world.clock[0]
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
        company.uncertainty = reassured(world, company.uncertainty)
    elif seat.party < MUNICIPALITY:
        owner = world.owners[-1 - seat.party]
        owner.uncertainty = reassured(world, owner.uncertainty)
    seat.known = True
    seat.stance = seat.utility > 0.0
    open_ = draws.uniform(clock.seed, draws.CANDOUR, clock.quarter, case.key, best) < world.strategy[0].candour
    if not seat.stance and not open_:
        seat.stance = True  # without candour a no is passed on as a yes, until it shows
    events.happen(world, events.STANCE_KNOWN, o, seat.party, case.parcel, seat.utility, 0.0)


@rule
def reassured(world, uncertainty):
    """Return the uncertainty that a push leaves: less, but not below a floor; whoever was surer already stays so."""
    p = world.parameters[0]
    return min(uncertainty, max(p.uncertainty_floor, uncertainty * p.uncertainty_push))


@rule
def change_party(world, o):
    """Bring another party or site in; the case goes back a step, with the changed table."""
    case = world.opportunities[o]
    case.changes += 1
    if not bring_in_other_party(world, o):
        return
    # What was promised was promised to another deal.
    withdraw_public_money(world, o)
    case.ask = case.gap = 0.0
    events.happen(world, events.OTHER_PARTY, o, MUNICIPALITY, case.parcel, float(case.n_parties), float(case.rounds))
    case.reason = -1
    if case.stage == CASE:
        case.stage = FOUND
        case.stage_since = world.clock[0].quarter
        events.happen(world, events.STEP_BACK, o, MUNICIPALITY, case.parcel, float(CASE), float(FOUND))


@rule
def hold_chain(world, o):
    """Take the links of a chain together: the earlier one is decided this quarter too, and the later keeps its time."""
    case = world.opportunities[o]
    steer(world, case.previous)
    case.slotted = world.clock[0].quarter
    case.stage_since = max(case.stage_since, world.clock[0].quarter - 4)


@rule
def draw_map(world):
    """Bring the opportunity map up to date: what is known stays known, parties find each other, the park is talked of.

    Every plan that was told in confidence may leak with it, which costs trust.
    """
    p, clock, organisation, process = (world.parameters[0], world.clock[0], world.organisation[0], world.process[0])
    process.map_at = clock.quarter
    organisation.reputation = min(1.0, organisation.reputation + p.map_reputation * (1.0 - organisation.reputation))
    shown = 0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.known_until <= clock.quarter or company.state != SITTING:
            continue
        shown += 1
        company.known_until += 2
        if company.followed_up > NEVER:
            company.followed_up += 2
        risk = p.leak_chance * (1.5 - 0.5 * world.strategy[0].candour)
        if draws.uniform(clock.seed, draws.LEAK, clock.quarter, company.key, 0) < risk:
            lose_trust(world, company)
            events.happen(world, events.PLAN_LEAKED, -1, i, company.parcel, risk, 0.0)
    events.happen(world, events.MAP_DRAWN, -1, MUNICIPALITY, -1, float(shown), process.known)


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
