"""Phases 5 and 10: the seven steps on the park as a whole, and what comes of them (step 7).

Steps 1 and 2 (picture, identifying) work on the park; 3 to 6 on opportunities (``cases.py``, ``realisation.py``). The goal
is fixed beforehand: a criterion, how much, by when; without a criterion the effect stays *undefined*. At the due date, or
every ``cycle_quarters``, effects are set against it, and a new cycle begins. Each delivered case is measured after a
while: realised against what was expected when it was agreed, for the firms and for the municipality. Neighbours see
success and failure alike, with or without a municipality. Source: model 5; source L160-163, L1314-1328.
"""

from __future__ import annotations

from sim import events
from sim.compiled import rule
from sim.records import (
    AGREED,
    BY_FUTURE,
    BY_JOBS,
    BY_VACANCY,
    CASE,
    COLLECTIVE,
    DELIVERED,
    FLEXIBILITY,
    FOUND,
    MUNICIPALITY,
    N_LINES,
    NO_CRITERION,
    NO_PLAN,
    NOBODY,
    REALISATION,
    SITTING,
    V_JOBS,
    V_VACANCY,
)
from sim.rules.perception import clip, gain_trust, lose_trust, site_quality, teach_neighbours


@rule
def steer_process(world):
    """Keep the picture, see which step the park has reached, set goals, and measure effects when they are due."""
    clock, strategy, process = world.clock[0], world.strategy[0], world.process[0]
    if not clock.acting or strategy.fte <= 0.0 or clock.quarter < 1:
        return
    if process.cycle == 0:
        set_goal(world, strategy.criterion, strategy.goal_level)
    process.known = known_share(world)
    step = step_reached(world)
    if step > process.step:
        process.step = step
        process.since = clock.quarter
        events.happen(world, events.STEP_REACHED, -1, MUNICIPALITY, -1, float(step), process.known)
    if clock.quarter >= process.due:
        measure_park(world)


@rule
def known_share(world):
    """Return the share of the plans of sitting firms that the municipality knows, 0-1 (1 when nobody has a plan)."""
    quarter = world.clock[0].quarter
    plans, known = 0, 0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING and company.plan != NO_PLAN:
            plans += 1
            if company.known_until > quarter:
                known += 1
    return known / plans if plans > 0 else 1.0


@rule
def step_reached(world):
    """Return the furthest of the seven steps at which the park stands now."""
    p, process = world.parameters[0], world.process[0]
    step = 1
    if process.known >= p.picture_share:
        step = 2
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        if case.since < 0:
            continue
        if case.stage == FOUND:
            step = max(step, 3)
        elif case.stage == CASE:
            step = max(step, 4)
        elif case.stage == AGREED:
            step = max(step, 5)
        elif case.stage == REALISATION:
            step = max(step, 6)
    return step


@rule
def criterion_now(world, criterion):
    """Return the criterion of a goal as it stood last quarter: points of 100, or jobs."""
    row = world.indicators[world.clock[0].quarter - 1]
    if criterion == BY_VACANCY:
        return 100.0 * (1.0 - row[11])
    if criterion == BY_JOBS:
        return row[12]
    if criterion == BY_FUTURE:
        return row[10]
    return row[2]


@rule
def set_goal(world, criterion, level):
    """Fix the goal of this cycle: criterion, level (points, or per cent of jobs) and date."""
    clock, strategy, process = world.clock[0], world.strategy[0], world.process[0]
    process.cycle += 1
    process.step = 0
    process.criterion = criterion
    process.level = level
    process.due = clock.quarter + (strategy.goal_quarters if process.cycle == 1 else int(
        world.parameters[0].cycle_quarters))
    process.baseline = criterion_now(world, criterion) if criterion != NO_CRITERION else 0.0
    events.happen(world, events.GOALS_SET, -1, MUNICIPALITY, -1, level, float(process.due - clock.quarter))


@rule
def measure_park(world):
    """Step 7: set effects against the goal, learn, and begin the next cycle.

    With principle 3 a goal that was missed stands; without it, it comes down to what seems within reach.
    """
    strategy, organisation, process = world.strategy[0], world.organisation[0], world.process[0]
    level = process.level
    if process.criterion == NO_CRITERION:
        process.attained = -1.0
        events.happen(world, events.EFFECTS_UNDEFINED, -1, MUNICIPALITY, -1, 0.0, 0.0)
    else:
        gained = criterion_now(world, process.criterion) - process.baseline
        if process.criterion == BY_JOBS:
            gained *= 100.0 / max(process.baseline, 1.0)
        process.attained = gained / max(level, 1e-9)
        process.measured += 1
        events.happen(world, events.EFFECTS_MEASURED, -1, MUNICIPALITY, -1, process.attained, 1.0)
        for i in range(world.counts[0].companies):
            company = world.companies[i]
            if company.state == SITTING and company.member:
                if process.attained >= 1.0:
                    gain_trust(world, company)
                elif process.attained < 0.0:
                    lose_trust(world, company)
        if process.attained < 1.0 and strategy.principles[FLEXIBILITY] == 0:
            level *= 0.75
    organisation.goal_clarity += 0.25 * strategy.learning * (1.0 - organisation.goal_clarity)
    set_goal(world, process.criterion, level)


@rule
def measure_cases(world):
    """Step 7 for each case, a while after delivery; with or without a municipality."""
    p, clock = world.parameters[0], world.clock[0]
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        if case.stage == DELIVERED and not case.measured and clock.quarter - case.delivered >= p.effect_delay:
            measure_case(world, o)


@rule
def measure_case(world, o):
    """Set what case ``o`` brought against what was expected when it was agreed; let neighbours draw their lesson.

    Writes ``score_firms`` (half the quality of the site against what was hoped, half the cost of works against the plan)
    and ``score_town`` (half the value case that still stands, half the date); 1 is as expected, at most 1.5.
    """
    p, process = world.parameters[0], world.process[0]
    case = world.opportunities[o]
    case.measured = True
    quality = 1.0
    if case.demand >= 0 and case.kind != COLLECTIVE:
        company = world.companies[case.demand]
        if company.state != SITTING:
            quality = 0.0
        elif case.hoped > 0.0:
            quality = min(1.5, site_quality(world, company, world.parcels[company.parcel], False) / case.hoped)
    private = max(case.works_agreed - case.grant, 1.0)
    thrift = min(1.5, private / max(case.paid - case.grant, 1.0)) if case.works_agreed > 0.0 else 1.0
    case.score_firms = 0.5 * quality + 0.5 * (1.0 if case.kind == COLLECTIVE else thrift)
    standing = 0.0
    for line in range(N_LINES):
        value = case.lines[line] * world.organisation[0].weights[line]
        if line == V_VACANCY and case.parcel >= 0 and world.parcels[case.parcel].occupant < 0:
            value = 0.0
        if line == V_JOBS and case.demand >= 0 and world.companies[case.demand].state != SITTING:
            value = 0.0
        standing += value
    worth = min(1.5, max(0.0, standing / case.value_agreed)) if case.value_agreed > 1.0 else 1.0
    late = max(0, case.delivered - case.due)
    case.score_town = 0.5 * worth + 0.5 * max(0.0, 1.0 - late / 8.0)
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if party >= 0:
            company = world.companies[party]
            company.satisfaction += 0.5 * (clip(case.score_firms - 0.25) - company.satisfaction)
    process.firms_score += case.score_firms
    process.town_score += case.score_town
    process.scored += 1
    events.happen(world, events.CASE_EFFECTS, o, NOBODY, case.parcel, case.score_firms, case.score_town)
    if p.visibility > 0.0 and case.parcel >= 0:
        lesson = 0.0
        if case.score_firms >= 0.9:
            lesson = p.neighbour_lesson
        elif case.score_firms < 0.7:
            lesson = -p.neighbour_lesson
        if lesson != 0.0:
            teach_neighbours(world, case.parcel, lesson)
            events.happen(world, events.NEIGHBOURS_LEARNT, o, NOBODY, case.parcel, lesson, case.score_firms)
