"""Phase 5, first: the municipality as an organisation. The four-leaf clover, its people, and the council above it.

Ways of working (principles, lead), competences (per role and policy domain), organisation (mandate, experience, people)
and societal value (goals, weights) are leaves that must fit one another. A misfit acts through events, never through a
factor: somebody with a mandate is missing, so an approval waits; know-how is missing, so an action comes to nothing;
goals are unclear, so a case cannot be judged; the council's style is not that of the team, so a file goes round again.
Practice and feedback change the leaves. ``misfit`` switches these events off, ``swings`` the politics; an aggregate of
the leaves (``clover_aggregate``) is there for critics, off by default. Source: model 6; mechanics A1 and A2; pattern 10.
"""

from __future__ import annotations

import math

from sim import draws, events
from sim.compiled import rule
from sim.records import (
    AGREED,
    CASE,
    ECONOMY,
    FINANCE,
    FOUND,
    M_APPROVAL,
    M_GOALS,
    M_KNOW_HOW,
    M_STYLE,
    MUNICIPALITY,
    N_LINES,
    NEVER,
    REALISATION,
    SITTING,
    SPACE,
    SUSTAINABILITY,
    TRAFFIC,
    World,
)
from sim.rules.perception import clip, lose_trust


def take_office(world: World) -> None:
    """Let the organisation start as its strategy describes it (changes ``world.organisation`` and ``process``)."""
    strategy, organisation, process = world.strategy[0], world.organisation[0], world.process[0]
    quarter = int(world.clock[0].quarter)
    for name in ("competence", "domains", "weights"):
        organisation[name][:] = strategy[name]
    for name in ("experience", "goal_clarity", "mandate"):
        organisation[name] = strategy[name]
    organisation.recognition = strategy.core_team
    organisation.manager_since = quarter
    organisation.intermediary_until = organisation.levy_until = NEVER
    organisation.factor = 1.0
    unclear = (1.0 - strategy.goal_clarity) * world.parameters[0].internal_quarters
    organisation.clarify_until = quarter + round(float(unclear)) if world.parameters[0].misfit > 0.0 else quarter
    process.cycle, process.step, process.map_at = 0, 0, NEVER
    process.attained = -1.0
    process.since = quarter
    # What was delivered before counts for nobody's satisfaction with this strategy.
    process.firms_score = process.town_score = process.scored = 0
    owners = world.owners[: world.counts[0].owners]
    companies = [row for row, kind in enumerate(owners.kind.tolist()) if kind == 4]
    organisation.fund = -1 - companies[0] if companies else 0


@rule
def organise(world):
    """Let politics, people and practice have their effect on the organisation this quarter."""
    clock, strategy, organisation = world.clock[0], world.strategy[0], world.organisation[0]
    if not clock.acting or strategy.fte <= 0.0:
        return
    p, environment = world.parameters[0], world.environment[0]
    if p.swings > 0.0:
        organisation.mandate = strategy.mandate * (0.5 + environment.style)
        if environment.break_at == clock.quarter and clock.quarter > 0:
            shift_weights(world)
            test_commitments(world, p.commitment_break)
        elif environment.alderman_since == clock.quarter and clock.quarter > 0:
            test_commitments(world, p.commitment_alderman)
    change_people(world)
    organisation.reputation *= 0.97
    organisation.recognition += p.recognition_speed * (strategy.core_team - organisation.recognition)
    if organisation.clarify_until > clock.quarter:
        organisation.goal_clarity += 0.25 * (1.0 - organisation.goal_clarity)
        events.happen(world, events.INTERNAL_WORK, -1, MUNICIPALITY, -1, organisation.goal_clarity, 1.0)
    organisation.factor = weigh_leaves(world) if p.clover_aggregate > 0.0 else 1.0


@rule
def shift_weights(world):
    """A new council weighs societal goals anew; running cases are then judged by the new weights."""
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    for line in range(N_LINES):
        shock = p.weight_shift * draws.normal(clock.seed, draws.WEIGHTS, clock.quarter, 0, line)
        organisation.weights[line] = min(5.0, organisation.weights[line] * math.exp(shock))
    events.happen(world, events.WEIGHTS_CHANGED, -1, MUNICIPALITY, -1, organisation.weights[0], 1.0)
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        if (case.stage == FOUND or case.stage == CASE) and not case.dropped:
            case.appraised = False


@rule
def test_commitments(world, chance):
    """Every promise of public money that is not yet paid may fall at a change of council or alderman.

    Parameters
    ----------
    chance : float
        That an informal promise does not survive; times ``commitment_formal`` once the case was agreed.
    """
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    for o in range(world.counts[0].opportunities):
        case = world.opportunities[o]
        open_ = FOUND <= case.stage <= REALISATION
        if not open_ or case.grant_paid or case.grant + case.loan + case.guarantee <= 0.0:
            continue
        risk = chance * (p.commitment_formal if case.stage >= AGREED else 1.0)
        if draws.uniform(clock.seed, draws.COMMITMENT, clock.quarter, case.key, 0) >= risk:
            organisation.kept += 1
            events.happen(world, events.PROMISE_KEPT, o, MUNICIPALITY, case.parcel, case.grant + case.loan, risk)
            continue
        organisation.broken += 1
        events.happen(world, events.COMMITMENT_BROKEN, o, MUNICIPALITY, case.parcel, case.grant + case.loan, risk)
        withdraw_public_money(world, o)
        for k in range(case.n_parties):
            party = world.seats[o, k].party
            if party >= 0:
                lose_trust(world, world.companies[party])
                world.companies[party].uncertainty = clip(world.companies[party].uncertainty + p.uncertainty_promise)
        if case.stage == AGREED:
            case.stage = CASE
            case.stage_since = clock.quarter
            case.ask = 0.0
            events.happen(world, events.STEP_BACK, o, MUNICIPALITY, case.parcel, float(AGREED), float(CASE))
        elif case.stage == REALISATION and case.stalled == NEVER:
            case.stalled = clock.quarter
            events.happen(world, events.TASK_STALLED, o, MUNICIPALITY, case.parcel, float(FINANCE), 0.0)


@rule
def withdraw_public_money(world, o):
    """Take back public money that was promised to case ``o`` and not paid; the budget has it again."""
    team = world.team[0]
    case = world.opportunities[o]
    if case.grant_paid:
        return
    euros = case.grant - case.province + case.loan
    if euros > 0.0:
        team.budget_left += euros
        team.committed -= euros
    case.grant = case.province = case.loan = case.guarantee = case.support = 0.0


@rule
def change_people(world):
    """The account manager may leave: know-how and acquaintances go along, less so where a core team knows them too."""
    p, clock, strategy, organisation = world.parameters[0], world.clock[0], world.strategy[0], world.organisation[0]
    hazard = 1.0 - (1.0 - min(strategy.staff_turnover, 0.999)) ** 0.25
    if draws.uniform(clock.seed, draws.MANAGER, clock.quarter, 0, 0) >= hazard or clock.quarter <= 0:
        return
    alone = 1.0 - strategy.core_team
    events.happen(world, events.MANAGER_LEFT, -1, MUNICIPALITY, -1, float(clock.quarter - organisation.manager_since),
                  strategy.core_team)
    organisation.manager_since = clock.quarter
    organisation.recognition *= 0.5
    for role in range(4):
        organisation.competence[role] += 0.5 * alone * (strategy.competence[role] - organisation.competence[role])
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state != SITTING:
            continue
        if company.known_until > clock.quarter:
            company.known_until -= int(0.5 * alone * (company.known_until - clock.quarter))
        if clock.quarter - company.talked <= 8:
            company.trust -= 0.5 * alone * p.trust_loss * company.trust * p.trust_matters


@rule
def weigh_leaves(world):
    """Return the factor of the four leaves together (CES with low substitution), 1 where all stand at 0.7."""
    p, strategy, organisation = world.parameters[0], world.strategy[0], world.organisation[0]
    ways, competence, domains = 0.0, 0.0, 0.0
    for k in range(6):
        ways += strategy.principles[k] / 6.0
    for role in range(4):
        competence += organisation.competence[role] / 4.0
        domains += organisation.domains[role] / 4.0
    rho = p.clover_rho if abs(p.clover_rho) > 1e-6 else 1e-6
    total = 0.0
    for leaf in (0.4 + 0.5 * ways, 0.5 * (competence + domains), 0.5 + 0.5 * organisation.experience,
                 organisation.goal_clarity):
        total += 0.25 * max(leaf, 0.01) ** rho
    return min(1.4, total ** (1.0 / rho) / 0.7)


@rule
def lacks_know_how(world, domain, key, action):
    """Return whether know-how of a policy domain is missing at this action; an event if so.

    A hired shell may have it: with 80 hours a quarter or more, as often as ``shell_competence``.
    """
    p, clock, strategy, organisation = world.parameters[0], world.clock[0], world.strategy[0], world.organisation[0]
    if p.misfit <= 0.0:
        return False
    chance = draws.uniform(clock.seed, draws.MISFIT, clock.quarter, key, action)
    covered = p.shell_competence * min(1.0, strategy.shell_hours / 80.0)
    level = organisation.domains[domain] + (1.0 - organisation.domains[domain]) * covered
    if chance < level:
        return False
    organisation.misfits[M_KNOW_HOW] += 1
    events.happen(world, events.KNOW_HOW_MISSING, -1, MUNICIPALITY, -1, float(domain), level)
    return True


@rule
def practise(world, role, domain):
    """A success teaches: competence in the role and know-how of the domain come a little closer to all there is."""
    p, strategy, organisation = world.parameters[0], world.strategy[0], world.organisation[0]
    step = p.practice * strategy.learning
    organisation.competence[role] += step * max(0.0, 0.95 - organisation.competence[role])
    organisation.domains[domain] += step * max(0.0, 0.98 - organisation.domains[domain])


@rule
def domain_of(world, target, kind):
    """Return the policy domain of a target: firms economy; soil and energy sustainability; roads traffic; else space."""
    if kind == 0:
        return ECONOMY
    if kind == 3:
        return TRAFFIC
    if kind == 1:
        case = world.opportunities[target]
        if case.clean > 0.0 or case.theme == 2 or case.theme == 3:
            return SUSTAINABILITY
        if case.road_cells > 0 or case.theme == 1:
            return TRAFFIC
        return SPACE
    if kind == 2:
        return SPACE
    return ECONOMY


@rule
def goals_are_unclear(world, o):
    """Return whether a case cannot be judged this quarter because the municipality's own goals are unclear."""
    p, clock, organisation = world.parameters[0], world.clock[0], world.organisation[0]
    if p.misfit <= 0.0:
        return False
    case = world.opportunities[o]
    risk = 0.3 * (1.0 - organisation.goal_clarity)
    if draws.uniform(clock.seed, draws.MISFIT, clock.quarter, case.key, 100) >= risk:
        return False
    organisation.misfits[M_GOALS] += 1
    events.happen(world, events.GOALS_UNCLEAR, o, MUNICIPALITY, case.parcel, organisation.goal_clarity, 1.0)
    return True


@rule
def seek_approval(world, o, euros):
    """Send a promise beyond the mandate to the council; write until when the case waits.

    A round takes a quarter. With nobody in office who knows the file, or a council whose style is not that of the team,
    it takes one more each. Waiting costs the private parties certainty.
    """
    p, clock, strategy, organisation = world.parameters[0], world.clock[0], world.strategy[0], world.organisation[0]
    environment = world.environment[0]
    case = world.opportunities[o]
    wait = 1
    events.happen(world, events.AWAITS_APPROVAL, o, MUNICIPALITY, case.parcel, euros, organisation.mandate)
    if p.misfit > 0.0:
        in_office = clock.quarter - environment.alderman_since
        if p.swings > 0.0 and in_office < p.alderman_settle and environment.alderman_since > 0:
            wait += 1
            organisation.misfits[M_APPROVAL] += 1
            events.happen(world, events.APPROVAL_WAITS, o, MUNICIPALITY, case.parcel, float(in_office), p.alderman_settle)
        distance = 0.5 * (abs(environment.style - strategy.style_society)
                          + abs(environment.style_results - strategy.style_results))
        chance = draws.uniform(clock.seed, draws.MISFIT, clock.quarter, case.key, 101)
        if chance < distance:
            wait += 1
            organisation.misfits[M_STYLE] += 1
            events.happen(world, events.STYLE_CLASH, o, MUNICIPALITY, case.parcel, chance, distance)
    case.approval_until = clock.quarter + wait
    for k in range(case.n_parties):
        party = world.seats[o, k].party
        if party >= 0:
            world.companies[party].uncertainty = clip(world.companies[party].uncertainty + wait * p.approval_wait)


@rule
def lead_factor(world, lead, factor):
    """Return ``factor`` when the work is led in this way, else 1."""
    strategy = world.strategy[0]
    if world.clock[0].acting and strategy.lead == lead:
        return factor
    return 1.0


