"""What happened: one record an event, from which the story of a run is told.

A rule calls :func:`happen` with the number that decided and what it was held against, so that ``klaver why`` can show
the threshold, not only the outcome.
"""

from __future__ import annotations

from sim.compiled import rule
from sim.records import EVENTS

(PLAN_FORMED, PLAN_DROPPED, PLAN_DISCLOSED, TALK_FAILED, REVIEW_PUSHED,
 IDEA_MATCHED, OPPORTUNITY_FOUND, PARTY_COMMITTED, PARTY_WITHDREW, STANCE_KNOWN,
 STEP_GO, STEP_AGAIN, STEP_BACK, RESCOPED, NO_OVERLAP,
 UNFAIR_DIVISION, FUNDING_GAP, GRANT_PROMISED, VALUE_CASE_REJECTED, AWAITS_APPROVAL,
 AGREED_EVENT, LEFT_ROUNDS, LEFT_WAITING, LEFT_WITHDRAWN, LEFT_STALLED,
 REALISATION_STARTED, TASK_STARTED, TASK_STALLED, TASK_RESUMED, COST_OVERRUN,
 DELIVERED_EVENT, MOVED_IN, MOVED_AWAY, COMPANY_CLOSED, PROSPECT_ARRIVED,
 PROSPECT_SETTLED, PROSPECT_ELSEWHERE, PREMISES_SOLD, PREMISES_LET, WORKS_ANNOUNCED,
 WORKS_DELIVERED, SITE_BOUGHT, PLOT_SPLIT, PLOTS_MERGED, ROAD_MOVED,
 NO_LEGAL_SPLIT, ELECTION, POLITICAL_BREAK, BROKEN_PROMISE, RENOVATED,
 EXPANDED, LEFT_EXIT_RULE, NO_PUBLIC_MONEY, WINDOW_OPENED, WINDOW_CLOSED,
 RANKED_OUT, INTRODUCED, MEDIATED, WORKS_LATE, GREW_CRAMPED,
 GOALS_SET, STEP_REACHED, MAP_DRAWN, EFFECTS_MEASURED, EFFECTS_UNDEFINED,
 CASE_EFFECTS, ALDERMAN_LEFT, MANAGER_LEFT, COMMITMENT_BROKEN, APPROVAL_WAITS,
 KNOW_HOW_MISSING, GOALS_UNCLEAR, STYLE_CLASH, INTERNAL_WORK, WEIGHTS_CHANGED,
 OTHER_PARTY, CHAIN_PLANNED, CHAIN_BROKEN, RING_FOUND, WINDOW_USED,
 LOAN_PROMISED, GUARANTEE_PROMISED, LOAN_PAID, GUARANTEE_CALLED, ADVISED_TO_STOP,
 FUND_FILLED, FUND_BOUGHT, FUND_DRY, LEVY_VOTE_WON, LEVY_VOTE_LOST,
 LEVY_ENDED, INTERMEDIARY_HIRED, OBJECTION, UTILITY_MOVED, PLAN_LEAKED,
 SHARED_COSTS, CONFLICT_ENDED, LEFT_ADVISED, PROMISE_KEPT, NEIGHBOURS_LEARNT,
 STEPPED_OUT) = range(101)

assert len(EVENTS) == 101, "events.py and records.EVENTS name the same events, in the same order"

FULL_EVENTS = 8
ROOM_EVENTS = 4096  # rows free before a quarter begins; a quarter never writes more (checked)


@rule
def happen(world, kind, opportunity, party, parcel, value, threshold):
    """Append one event to ``world.events``.

    Parameters
    ----------
    kind : int
        Position in ``records.EVENTS``.
    opportunity, parcel : int
        Row, or -1.
    party : int
        Company, owner, or ``records.NOBODY``.
    value, threshold : float
        The number that decided and what it was held against; 0 where nothing was compared.
    """
    counts = world.counts[0]
    row = counts.events
    if row >= world.events.shape[0]:
        counts.full = FULL_EVENTS
        return
    event = world.events[row]
    event.quarter = world.clock[0].quarter
    event.kind = kind
    event.opportunity = opportunity
    event.company = party
    event.parcel = parcel
    event.value = value
    event.threshold = threshold
    counts.events = row + 1


FULL_DEEDS = 10


@rule
def record_deed(world, role, action, kind, target, hours, succeeded, before, after):
    """Append one action of a role to ``world.deeds``: who did what to whom, in how many hours, and what it changed.

    Parameters
    ----------
    role, action : int
        Positions in ``records.ROLES`` and ``records.ACTIONS``.
    kind, target : int
        What it was aimed at (0 company, 1 opportunity, 2 project, 3 public space, 4 the park) and its row.
    hours : float
        That it took.
    succeeded : bool
    before, after : float
        The number that the action acts on, see ``roles.gauge``.
    """
    counts = world.counts[0]
    row = counts.deeds
    if row >= world.deeds.shape[0]:
        counts.full = FULL_DEEDS
        return
    deed = world.deeds[row]
    deed.quarter = world.clock[0].quarter
    deed.role = role
    deed.action = action
    deed.kind = kind
    deed.target = target
    deed.hours = hours
    deed.succeeded = succeeded
    deed.before = before
    deed.after = after
    counts.deeds = row + 1
