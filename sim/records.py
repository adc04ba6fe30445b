"""What every kind of entity holds.

State is a small set of NumPy record arrays, one per kind of entity, and the cell lattice, grouped in one
``World`` (``world.py``). A rule is a function of one entity: ``company.trust`` reads and writes field ``trust`` of one record.
Every field has a comment with its unit and range. Records refer to each other by position in their table; what must
survive relabelling (draws, ties) uses ``key`` instead.

A *party* is one integer: a company ``i`` is ``i`` (0 or more), an owner without a business on the park ``j`` is
``-1 - j``. Owner 0 is always the municipality, so the municipality is party -1. Beyond these, the ledger knows a few
accounts outside the park (:data:`BANK` and below).
"""

from __future__ import annotations

from typing import Any

import numpy as np

# --- codes -----------------------------------------------------------------------------------------------------------

OUTSIDE, ROAD, GREEN, WATER, PLOT = 0, 1, 2, 3, 4
CELL_KINDS = ("outside", "road", "green", "water", "parcel")

ACCESS, PARKING, PREMISES, SURROUNDINGS, ROOM, NEARNESS, SERVICES, PRICE = range(8)
MOTIVES = ("access", "parking", "premises", "surroundings", "room", "nearness", "services", "price")
N_MOTIVES = 8

SECTORS = ("manufacturing", "construction", "logistics", "wholesale", "automotive", "business_services")
N_SECTORS = 6
# What each sector weighs more (above 1) or less than the mean firm: a judgement.
SECTOR_TILT = np.array([
    # access parking premises surr. room near serv. price
    [1.0, 0.8, 1.2, 0.7, 1.3, 1.0, 1.1, 1.0],  # manufacturing
    [0.9, 1.1, 0.9, 0.8, 1.1, 1.0, 0.8, 1.3],  # construction
    [1.6, 1.2, 0.9, 0.6, 1.2, 1.0, 0.9, 1.0],  # logistics
    [1.2, 1.1, 1.0, 0.9, 1.0, 1.2, 0.9, 1.0],  # wholesale
    [1.1, 1.3, 1.0, 1.1, 0.9, 1.1, 0.8, 1.0],  # automotive
    [1.0, 1.1, 1.1, 1.8, 0.6, 1.1, 1.2, 0.8],  # business services
])  # fmt: skip

ABSENT, SITTING, PROSPECT, ELSEWHERE, CLOSED = 0, 1, 2, 3, 4
COMPANY_STATES = ("absent", "sitting", "prospect", "elsewhere", "closed")

NO_PLAN, RENOVATE, EXPAND_OWN, EXPAND_ADJOINING, MOVE_WITHIN, MOVE_AWAY = 0, 1, 2, 3, 4, 5
PLANS = ("none", "renovate", "expand_own", "expand_adjoining", "move_within", "move_away")
N_PLANS = 6

MUNICIPALITY_OWNER, INVESTOR, ABSENT_OWNER, DEVELOPER, REDEVELOPMENT_COMPANY, PERSON = 0, 1, 2, 3, 4, 5
OWNER_KINDS = ("municipality", "investor", "absent_owner", "developer", "redevelopment_company", "person")

EXPAND, MOVE, SETTLE, REDEVELOP, SWAP, COLLECTIVE, RELIEF = 0, 1, 2, 3, 4, 5, 6
OPPORTUNITY_KINDS = ("expand_adjoining", "move_within", "settle_prospect", "redevelop", "land_swap", "collective",
                     "zoning_relief")

# What a collective measure is about.
PUBLIC_SPACE, SHARED_PARKING, SHARED_ENERGY, WATER, SECURITY = 0, 1, 2, 3, 4
THEMES = ("public_space", "parking", "energy", "water", "security")
N_THEMES = 5

# Where an opportunity stands in the seven steps (steps 1 and 2 work on the park, not on one opportunity).
FREE, FOUND, CASE, AGREED, REALISATION, DELIVERED, LEFT = 0, 3, 4, 5, 6, 7, 8
STAGES = {FREE: "free", FOUND: "opportunity", CASE: "case", AGREED: "agreed", REALISATION: "realisation",
          DELIVERED: "delivered", LEFT: "left"}

MAX_PARTIES = 8  # seats at one table

BUYER, SELLER, LAND_GIVER, PARTICIPANT, PUBLIC = 0, 1, 2, 3, 4
SEAT_ROLES = ("buyer", "seller", "land_giver", "participant", "public")

# Tasks of a realisation, in their order.
NO_TASK, ANCHOR, TRANSFER, FINANCE, PERMIT, UTILITY, CLEAN_UP, BRIDGE, BUILD = 0, 1, 2, 3, 4, 5, 6, 7, 8
TASKS = ("none", "anchor in policy", "transfer", "finance", "permit", "move the utility", "clean-up",
         "temporary space", "build")

REGISSEREN, AANJAGEN, VERBINDEN, ONTZORGEN = 0, 1, 2, 3
ROLES = ("regisseren", "aanjagen", "verbinden", "ontzorgen")

NO_APPROACH, SUPPLY_DRIVEN, DEMAND_DRIVEN = 0, 1, 2
APPROACHES = ("none", "supply_driven", "demand_driven")

PICTURE, IDENTIFY, BUILD_CASES, REALISE = 0, 1, 2, 3
PROCESSES = ("picture", "identify", "build", "realise")  # process steps 1, 2, 4 and 6

INTERESTS, SOCIETAL_VALUE, FLEXIBILITY, TAILORED_ROLES, SHARP_CHOICES, EXIT = 0, 1, 2, 3, 4, 5
PRINCIPLES = ("interests", "societal_value", "flexibility", "tailored_roles", "sharp_choices", "exit")

TIME, INFORMATION, KNOW_HOW, INFLUENCE, MONEY = 0, 1, 2, 3, 4
READINESS = ("time", "information", "know_how", "influence", "money")

# Policy domains in which the municipality needs know-how.
ECONOMY, SPACE, SUSTAINABILITY, TRAFFIC = 0, 1, 2, 3
DOMAINS = ("economy", "space", "sustainability", "traffic")

# Who leads the work: tracks plan and hard goals, cooperation and commitment, or the order of many projects.
NO_LEAD, PROJECT_LEAD, PROCESS_LEAD, PROGRAMME_LEAD = 0, 1, 2, 3
LEADS = ("none", "project", "process", "programme")

# In what form public money comes.
BY_GRANT, BY_LOAN, BY_GUARANTEE, BY_MIX = 0, 1, 2, 3
INSTRUMENTS = ("grant", "loan", "guarantee", "mix")

# What principle 5 puts first.
BY_VALUE, QUICK_WINS, SEEDING = 0, 1, 2
CHOICES = ("value", "quick_wins", "seeding")

# What the goal set beforehand is measured by.
NO_CRITERION, BY_VITALITY, BY_VACANCY, BY_JOBS, BY_FUTURE = 0, 1, 2, 3, 4
CRITERIA = ("none", "vitality", "vacancy", "jobs", "future")

# Lines of the value case of one opportunity; the council weighs the first seven.
(V_VACANCY, V_JOBS, V_SOIL, V_ENERGY, V_NUISANCE, V_GREEN, V_SPATIAL) = range(7)
VALUE_LINES = ("vacancy", "jobs", "soil", "energy", "nuisance", "green", "spatial")
N_LINES = 7

# Kinds of misfit between the leaves of the clover, counted as they happen.
M_APPROVAL, M_KNOW_HOW, M_GOALS, M_STYLE = 0, 1, 2, 3
MISFITS = ("approval", "know_how", "goals", "style")

# Ledger accounts outside the table of parties.
BANK, BUILDERS, REGION, PROVINCE, STATE, STAFF = -1_000_001, -1_000_002, -1_000_003, -1_000_004, -1_000_005, -1_000_006
ASSOCIATION = -1_000_007
OUTSIDE_ACCOUNTS = {BANK: "banks", BUILDERS: "builders", REGION: "region", PROVINCE: "province", STATE: "state",
                    STAFF: "municipal staff", ASSOCIATION: "levy zone"}
MUNICIPALITY = -1  # the party

# Ledger purposes. WORKS_* count as investment; the others never do.
(LAND, BUILDING_SALE, WORKS_BUILD, WORKS_RENOVATE, WORKS_DEMOLISH, WORKS_CLEAN, WORKS_PUBLIC, GRANT, PROCESS,
 MOVING, FEES, SIDE_PAYMENT, MAINTENANCE, UPKEEP, LOAN, REPAYMENT, INTEREST, CALL, CAPITAL, LEVY) = range(20)
PURPOSES = ("land", "building_sale", "works_build", "works_renovate", "works_demolish", "works_clean", "works_public",
            "grant", "process", "moving", "fees", "side_payment", "maintenance", "upkeep",
            "loan", "repayment", "interest", "guarantee_called", "capital", "levy")

# What can happen; one event record each. The story of a run is told from these.
EVENTS = (
    "plan_formed", "plan_dropped", "plan_disclosed", "talk_failed", "review_pushed",              # 0-4
    "idea_matched", "opportunity_found", "party_committed", "party_withdrew", "stance_known",      # 5-9
    "step_go", "step_again", "step_back", "rescoped", "no_overlap",                                # 10-14
    "unfair_division", "funding_gap", "grant_promised", "value_case_rejected", "awaits_approval",  # 15-19
    "agreed", "left_rounds", "left_waiting", "left_withdrawn", "left_stalled",                     # 20-24
    "realisation_started", "task_started", "task_stalled", "task_resumed", "cost_overrun",         # 25-29
    "delivered", "moved_in", "moved_away", "company_closed", "prospect_arrived",                   # 30-34
    "prospect_settled", "prospect_elsewhere", "premises_sold", "premises_let", "works_announced",  # 35-39
    "works_delivered", "site_bought", "plot_split", "plots_merged", "road_moved",                  # 40-44
    "no_legal_split", "election", "political_break", "broken_promise", "renovated",                # 45-49
    "expanded", "left_exit_rule", "no_public_money", "window_opened", "window_closed",             # 50-54
    "ranked_out", "introduced", "mediated", "works_late", "grew_cramped",                          # 55-59
    "goals_set", "step_reached", "map_drawn", "effects_measured", "effects_undefined",             # 60-64
    "case_effects", "alderman_left", "manager_left", "commitment_broken", "approval_waits",        # 65-69
    "know_how_missing", "goals_unclear", "style_clash", "internal_work", "weights_changed",        # 70-74
    "other_party", "chain_planned", "chain_broken", "ring_found", "window_used",                   # 75-79
    "loan_promised", "guarantee_promised", "loan_paid", "guarantee_called", "advised_to_stop",     # 80-84
    "fund_filled", "fund_bought", "fund_dry", "levy_vote_won", "levy_vote_lost",                   # 85-89
    "levy_ended", "intermediary_hired", "objection", "utility_moved", "plan_leaked",               # 90-94
    "shared_costs", "conflict_ended", "left_advised", "promise_kept", "neighbours_learnt",         # 95-99
    "stepped_out",                                                                               # 100
)
EVENT = {name: code for code, name in enumerate(EVENTS)}

NEVER = -10_000  # a quarter that never was: nothing stands, stalls or runs since or until then

NEAR = 32  # nearest parcels kept per parcel, for neighbourhood effects
BORDERS = 24  # adjoining parcels kept per parcel

# --- records ---------------------------------------------------------------------------------------------------------


def _record(fields: list[tuple[Any, ...]]) -> np.dtype[Any]:
    return np.dtype(fields, align=True)


CLOCK = _record([
    ("seed", "u8"),          # of the run
    ("quarter", "i8"),       # now; negative during the burn-in
    ("horizon", "i8"),       # quarters from 0 that count
    ("acting", "?"),         # the strategy acts (false during the burn-in, and in the twin)
])

COUNTS = _record([           # rows in use per table
    ("companies", "i8"), ("owners", "i8"), ("parcels", "i8"), ("segments", "i8"), ("opportunities", "i8"),
    ("projects", "i8"), ("entries", "i8"), ("events", "i8"), ("loans", "i8"), ("deeds", "i8"),
    ("full", "i8"),          # number of the table that overflowed within a quarter, 0 if none: the run is then refused
])

GRID = _record([
    ("rows", "i8"), ("columns", "i8"),
    ("cell_m", "f8"),        # side of a cell, metres
    ("motorway", "i8"),      # 0 within 1 km, 1 within 1-3 km, 2 beyond 3 km of a motorway exit
    ("gross_ha", "f8"),      # area inside the park boundary: all cells that are not outside
    ("net_ha", "f8"),        # area of all parcels at the start
])

ENVIRONMENT = _record([
    ("activity", "f8"),      # regional activity, log deviation from trend
    ("sector_trend", "f8", (N_SECTORS,)),  # growth per year on top of the mean
    ("window_until", "i8"),  # a provincial subsidy window is open until this quarter (exclusive)
    ("next_window", "i8"),   # quarter in which the next window opens
    ("style", "f8"),         # sitting council: 0 government ... 1 society (Van der Steen et al. 2014)
    ("style_results", "f8"),  # ... 0 conditions ... 1 results
    ("alderman_since", "i8"),  # quarter in which the responsible alderman took office
    ("break_at", "i8"),      # quarter of the last political break, NEVER
    ("window_from", "i8", (4,)), ("window_to", "i8", (4,)), ("window_part", "f8", (4,)),  # dated subsidy windows
    ("trust", "f8"),         # mean trust of sitting companies in the municipality, 0-1
    ("word", "i8"),          # firms that were brought into contact with others this quarter
    ("vacancy", "f8"),       # share of floor space without occupant, 0-1
    ("park_quality", "f8", (8,)),  # mean perceived site quality, last 8 quarters (ring by quarter)
])

STRATEGY = _record([
    ("approach", "i8"),      # NO_APPROACH, SUPPLY_DRIVEN, DEMAND_DRIVEN
    ("mix", "f8", (4, 4)),   # share of each role (columns) per process step (rows); rows sum to 1
    ("adaptive", "?"),       # effort moves to the longest queue
    ("principles", "i1", (6,)),  # 0 or 1 each: Numba has no nested arrays of booleans
    ("fte", "f8"),           # full-time equivalents
    ("competence", "f8", (4,)),  # chance that an action of a role succeeds, 0-1
    ("mandate", "f8"),       # euros officials may commit without a council round
    ("budget", "f8"),        # euros per year for works, purchases and grants
    ("max_public_share", "f8"),  # of the cost of works, 0-1
    ("private_ratio", "f8"),  # private euros of works required per public euro
    ("exit_rounds", "i8"),   # no-gos before the municipality leaves (principle 6)
    ("exit_quarters", "i8"),
    ("exit_euros", "f8"),    # public euros asked beyond which it leaves
    # The four-leaf clover: how the organisation starts; what changes over time stands in ORGANISATION.
    ("domains", "f8", (4,)),  # know-how per policy domain, 0-1
    ("core_team", "f8"),     # share of the hours worked by a core team that firms know, 0-1
    ("shell_hours", "f8"),   # hours per quarter hired from a flexible shell
    ("candour", "f8"),       # 0-1: says openly what is not known or not possible
    ("experience", "f8"),    # standardised project experience, 0-1
    ("learning", "f8"),      # how much practice and feedback change competence, 0-1
    ("staff_turnover", "f8"),  # chance per year that the account manager leaves
    ("earmarked", "f8"),     # share of the budget that is earmarked for public works, 0-1
    ("lead", "i8"),          # NO_LEAD ... PROGRAMME_LEAD
    ("style_society", "f8"), ("style_results", "f8"),  # its way of working, the council's two axes
    ("goal_clarity", "f8"),  # 0-1
    ("criterion", "i8"), ("goal_level", "f8"), ("goal_quarters", "i8"),  # the goal: what, how much, by when
    ("weights", "f8", (N_LINES,)),  # of the lines of the value case
    ("intermediary", "i1"),  # hires one when the climate and the scale allow it
    ("fund_capital", "f8"),  # euros paid into a redevelopment company at the start
    ("levy_zone", "i1"),     # helps the firms to a zone with a compulsory levy
    ("instrument", "i8"),    # BY_GRANT ... BY_MIX
    ("choice", "i8"),        # BY_VALUE ... SEEDING
])

ORGANISATION = _record([     # the municipality as it stands now: what practice, people and politics made of it
    ("competence", "f8", (4,)),  # chance that an action of a role succeeds, 0-1
    ("domains", "f8", (4,)),
    ("experience", "f8"),
    ("recognition", "f8"),   # how well firms know the core team, 0-1
    ("mandate", "f8"),       # euros officials may commit now
    ("goal_clarity", "f8"),
    ("clarify_until", "i8"),  # own goals are worked out first, until this quarter (exclusive)
    ("weights", "f8", (N_LINES,)),
    ("manager_since", "i8"),  # quarter in which the account manager began
    ("reputation", "f8"),    # of the park beyond its quality: map, statement, brand; 0-1
    ("misfits", "i8", (4,)),  # so far
    ("intermediary_until", "i8"),  # hired until this quarter (exclusive), NEVER
    ("fund", "i8"),          # party of the redevelopment company, 0 if there is none
    ("fund_bought", "f8"),   # euros it laid out on sites so far
    ("levy_until", "i8"),    # the levy zone runs until this quarter (exclusive), NEVER
    ("levy_support", "i8"),  # successful talks about a levy so far
    ("factor", "f8"),        # of the four leaves together; 1 unless the aggregate is switched on
    ("kept", "i8"), ("broken", "i8"),  # commitments that survived a change of council or alderman, or did not
])

PROCESS_STATE = _record([    # the seven steps on the park
    ("step", "i8"),          # furthest step reached in this cycle, 1-7
    ("since", "i8"),
    ("cycle", "i8"),         # 1, 2, ...
    ("criterion", "i8"), ("level", "f8"), ("due", "i8"),  # the goal fixed beforehand
    ("baseline", "f8"),      # the criterion when the goal was set
    ("attained", "f8"),      # share of the goal reached at the last measurement; -1 undefined
    ("measured", "i8"),      # measurements so far
    ("map_at", "i8"),        # quarter of the last opportunity map, NEVER
    ("known", "f8"),         # share of plans known to the municipality
    ("firms_score", "f8"), ("town_score", "f8"),  # sums over delivered cases of realised against expected
    ("scored", "i8"),        # delivered cases measured
])

LOAN_ = _record([            # one public loan for works, or one guarantee of a bank's
    ("quarter", "i8"),
    ("borrower", "i8"),      # party
    ("opportunity", "i8"),
    ("principal", "i8"),     # cents
    ("outstanding", "i8"),   # cents
    ("until", "i8"),         # quarter of the last instalment
    ("guarantee", "?"),
    ("called", "?"),         # written off or called
])

DEED = _record([             # one action of one role
    ("quarter", "i8"),
    ("role", "i8"), ("action", "i8"),
    ("kind", "i8"),          # of what it was aimed at: 0 company, 1 opportunity, 2 project, 3 public space, 4 the park
    ("target", "i8"),
    ("hours", "f8"),
    ("succeeded", "?"),
    ("before", "f8"), ("after", "f8"),  # the number it acts on
])


ACCOUNTS = _record([         # running totals in cents: the stocks that every quarter's entries must explain
    ("private_works", "i8"),  # paid by private parties, grants included
    ("grants", "i8"),        # paid to private parties for works
    ("process", "i8"), ("public_works", "i8"), ("purchases", "i8"),
    ("receipts", "i8"),      # from assets, per asset at most what was laid out on it
    ("surplus", "i8"),       # receipts beyond that, and from land held at the start
    ("elsewhere", "i8"),     # private works in the region outside the park
    ("avoided", "i8"),       # private works there that were not needed, because a prospect settled here (a memo)
    ("land", "i8"),          # price of land and buildings sold between parties on the park
    ("price_elsewhere", "i8"),
    ("firms", "f8"),         # present value of benefits of sites to firms, euros
    ("energy", "f8"), ("nuisance", "f8"), ("jobs", "f8"), ("soil", "f8"), ("green", "f8"),
    ("works", "f8"), ("team", "f8"), ("moving", "f8"),  # present value of costs, euros, negative
    ("pv_private", "f8"), ("pv_public", "f8"),
    ("started", "i8"), ("realised", "i8"), ("exited", "i8"), ("lead_quarters", "i8"),
    ("moved_within", "i8"), ("moved_away", "i8"), ("settled", "i8"), ("settled_home", "i8"), ("closed", "i8"),
    ("turned_elsewhere", "i8"),  # prospects that settled elsewhere
    ("renovated", "i8"), ("expanded", "i8"),
    ("recent_private", "f8", (16,)),  # euros of private works per quarter, ring of four years
    ("loans", "i8"), ("repaid", "i8"), ("called", "i8"), ("capital", "i8"),  # lent, repaid, guarantees called, paid in
    ("fund_works", "i8"), ("fund_sales", "i8"),  # works paid and sales received by the redevelopment company
    ("levies", "i8"),        # paid by firms into a levy zone: neither investment nor public
    ("interest", "i8"),
    ("spatial", "f8"),       # present value, euros
    ("in_kind", "f8", (3,)),  # a memo: private hours of time, pieces of information, hours of know-how
    ("value_lines", "f8", (N_LINES,)),  # unweighted value cases of what was delivered, euros, present value
])

TEAM = _record([             # the municipality's working state
    ("mix", "f8", (4, 4)),   # as it stands now (principle 4 and `adaptive` move it)
    ("carry", "f8", (4,)),   # hours saved up for an unfinished action
    ("queue", "f8", (4,)),   # hours of work asked of each role last quarter
    ("spent", "f8", (4,)),   # hours used on actions last quarter
    ("lapsed", "f8"),        # hours paid but not used last quarter
    ("overhead", "f8"),      # hours of appraisal and ranking owed, taken off the next quarter
    ("budget_left", "f8"),   # euros this year
    ("committed", "f8"),     # euros promised and not yet paid
    ("actions", "i8", (15,)),  # done so far, in the order of ACTIONS
    ("succeeded", "i8", (15,)),
])
(A_CONVERSATION, A_INTRODUCTION, A_MEDIATION, A_PUSH, A_REVIEW, A_SLOT, A_RESCOPE, A_TASK, A_APPRAISAL, A_WINDOW, A_MAP,
 A_PARTY, A_ADVICE, A_CHAIN, A_LEVY) = range(15)
ACTIONS = ("conversation", "introduction", "mediation", "push", "review", "slot", "rescope", "task", "appraisal",
           "window", "map", "party", "advice", "chain", "levy")

COMPANY = _record([
    ("key", "u8"),           # of its draws
    ("state", "i8"),         # ABSENT, SITTING, PROSPECT, ELSEWHERE, CLOSED
    ("sector", "i8"),
    ("parcel", "i8"),        # its site, -1 if none on the park
    ("tenant", "?"),         # rents its site
    ("jobs", "f8"),          # full-time jobs
    ("turnover", "f8"),      # euros per year
    ("space_per_job", "f8"),  # m2 floor per job
    ("land_wish", "f8"),     # m2 of land wanted; 0: follows from the floor space it needs
    ("growth", "f8"),        # own growth of jobs per year on top of sector and region
    ("weights", "f8", (N_MOTIVES,)),  # of the location motives; sum 1
    ("theta", "f8"),         # investment threshold: required return above cost, 0-1
    ("fairness", "f8"),      # share of its contribution it demands of the surplus, 0-1
    ("liquidity", "f8"),     # euros it can put in itself
    ("trust", "f8"),         # in the municipality, 0-1
    ("trust_others", "f8"),  # in the other companies, 0-1
    ("others_base", "f8"),   # ... at the start, to which it returns
    ("uncertainty", "f8"),   # perceived, 0-1
    ("openness", "f8"),      # 0-1, scales what it tells
    ("power", "f8"),         # to realise or obstruct, 0-1
    ("key_figure", "?"),     # knows what its neighbours plan
    ("member", "?"),         # takes part in the park's association
    ("misplaced", "?"),      # stands where the plan does not want it, and is tolerated
    ("site_quality", "f8"),  # S of its site, or of the site it has elsewhere, 0-1
    ("outside_quality", "f8"),  # S of the alternative elsewhere that it saw last
    ("satisfaction", "f8"),  # 0-1: realised against expected
    ("readiness", "f8", (5,)),  # time, information, know-how, influence, money: 0-1
    ("plan", "i8"),
    ("plan_since", "i8"),    # quarter
    ("plan_target", "i8"),   # parcel, or -1
    ("plan_value", "f8"),    # euros: U of the plan when formed
    ("next_review", "i8"),   # quarter; a trigger may come earlier
    ("lease_end", "i8"),     # quarter, tenants only
    ("known_until", "i8"),   # the municipality knows its plan until this quarter (exclusive)
    ("talked", "i8"),        # last conversation, quarter
    ("asked", "i8"),         # in the queue for a conversation since
    ("followed_up", "i8"),   # quarter by which a disclosed plan must have been followed up; NEVER: nothing due
    ("introduced", "i8"),    # a match may be made for it this quarter: 0 no, 1 broker, 2 border, 3 municipality
    ("border", "i8"),        # adjoining parcel it found out about this quarter, or -1
    ("opportunity", "i8"),   # the live opportunity that serves its plan, or -1
    ("project", "i8"),       # the one-party project under way, or -1
    ("arrived", "i8"),       # quarter it came to the park (or as a prospect)
    ("left", "i8"),          # quarter it left the park or closed
    ("home", "?"),           # came from within the region (a move, not growth)
    ("low_intensity", "?"),  # half the jobs per m2
    ("reserved", "i8"),      # parcel it will move into when it comes free, or -1
    ("trust_base", "f8"),    # the level to which trust drifts
    ("introduced_at", "i8"),  # last introduction by the municipality, quarter
    ("reviewed_at", "i8"),   # last push to review, quarter
    ("expected", "f8"),      # site quality a newcomer would have had elsewhere, 0-1; 0 for firms here at the start
])

OWNER = _record([
    ("key", "u8"),
    ("kind", "i8"),          # MUNICIPALITY_OWNER ... PERSON
    ("reservation", "f8"),   # reservation price as a share of value, 0-2
    ("patience", "f8"),      # 0-1: how long it holds before it lowers its price
    ("hurdle", "f8"),        # required return above cost, 0-1
    ("trust", "f8"),
    ("trust_others", "f8"),
    ("uncertainty", "f8"),
    ("fairness", "f8"),
    ("willing", "?"),        # sells when asked
])

PARCEL = _record([
    ("key", "u8"),
    ("live", "?"),           # exists; false after it was merged away
    ("owner", "i8"),         # party
    ("occupant", "i8"),      # company, or -1
    ("cells", "i8"),         # number of cells
    ("area", "f8"),          # m2 of land
    ("floor", "f8"),         # m2 of floor; 0: no building
    ("quality", "f8"),       # of the building, 0-1
    ("fit", "f8"),           # functional fit, 0-1
    ("energy", "f8"),        # energy performance, 0-1
    ("soil_cost", "i8"),     # cents to clean
    ("asking", "f8"),        # euros
    ("book", "f8"),          # euros, book value
    ("offered", "?"),        # to let or for sale
    ("wish_to_sell", "?"),   # the owner would sell, but has not said so in public
    ("vacant_since", "i8"),  # quarter, or NEVER when occupied
    ("building_until", "i8"),  # under construction until this quarter (exclusive), else NEVER
    ("reserved", "i8"),      # company that will move in, or -1
    ("opportunity", "i8"),   # live opportunity that has a claim on it, or -1
    ("segment", "i8"),       # public space in front
    ("frontage", "f8"),      # metres of border with road
    ("x", "f8"), ("y", "f8"),  # centre, metres from the south-west corner
    ("exit_m", "f8"),        # metres over roads to the park's exit, from its frontage
    ("n_borders", "i8"),
    ("built_before", "i8"),  # quarters ago that the building was new, at the start
    ("assumed", "?"),        # drawn or assumed, not measured
    ("motives", "f8", (N_MOTIVES,)),  # quality of the site on each location motive, 0-1
    ("public_cents", "i8"),  # municipal outlay on this asset not yet recovered
    ("utility", "f8"),       # euros to move a main or cable before anything new can be built, 0 if none
])

SEGMENT = _record([          # a stretch of public space: road and green cells kept and renewed together
    ("key", "u8"),
    ("area", "f8"),          # m2
    ("quality", "f8"),       # 0-1
    ("x", "f8"), ("y", "f8"),
    ("works_until", "i8"),   # works under way until this quarter (exclusive), else NEVER
    ("announced", "f8"),     # quality that was promised, 0 if nothing
    ("promised_at", "i8"),   # quarter by which it was promised, NEVER
    ("private", "f8"),       # euros committed by private parties in front of it since its last works
    ("pending", "f8"),       # euros of works under way
    ("private_share", "f8"),  # share of those works that companies pay
    ("opportunity", "i8"),   # the collective measure behind the works, or -1
    ("services", "f8"),      # services gained by collective measures, 0-1
    ("raised", "i8"),        # quarter in which neighbours were brought together over it, NEVER
    ("measure", "i8"),       # the live collective measure for it, -1
    ("parking", "f8"),       # parking gained by shared parking, 0-1
    ("done", "i1", (N_THEMES,)),  # measures taken here
])

OPPORTUNITY = _record([
    ("key", "u8"),
    ("kind", "i8"),
    ("stage", "i8"),
    ("since", "i8"),         # quarter it was found
    ("stage_since", "i8"),
    ("rounds", "i8"),
    ("no_gos", "i8"),
    ("n_parties", "i8"),
    ("demand", "i8"),        # company whose plan it serves, or -1
    ("parcel", "i8"),        # parcel sold or let, or -1
    ("segment", "i8"),       # segment renewed, or -1
    ("origin", "i8"),        # how the match came about: 1 broker, 2 border, 3 municipality
    ("land", "f8"),          # m2 of land that changes hands
    ("new_floor", "f8"),     # m2 built
    ("works", "f8"),         # euros of works: build, renovate, demolish, clean, public space
    ("clean", "f8"),         # euros of clean-up within the works
    ("demolish", "f8"),      # euros of demolition within the works
    ("renovate", "f8"),      # euros of renovation within the works
    ("price", "f8"),         # euros agreed between buyer and seller
    ("surplus", "f8"),       # euros: what the parties gain together, before public money
    ("gap", "f8"),           # euros short
    ("ask", "f8"),           # euros of public money asked
    ("grant", "f8"),         # euros promised
    ("province", "f8"),      # euros of it that the province pays
    ("grant_paid", "?"),
    ("value", "f8"),         # euros: value case, true
    ("value_seen", "f8"),    # as the municipality sees it
    ("appraised", "?"),
    ("diligence", "?"),      # a steering slot went into the figures
    ("works_together", "?"),  # the public space in front is part of it
    ("fair", "?"),           # the division was accepted
    ("mediated", "i8"),      # quarter of the last successful mediation
    ("slotted", "i8"),       # quarter of a successful steering slot
    ("pushed", "i8"),        # quarter of a push
    ("approval_until", "i8"),  # waits for the council until this quarter
    ("waiting", "i8"),       # quarter since when it stands at a step
    ("task", "i8"),          # task under way
    ("task_until", "i8"),
    ("stalled", "i8"),       # quarter since when it stalls, NEVER
    ("started", "i8"),       # quarter of the first commitment
    ("agreed", "i8"), ("delivered", "i8"),
    ("expected", "f8"),      # euros of surplus expected when agreed
    ("reason", "i8"),        # event that ended it, or why it stands still
    ("depth", "i8"),         # in a chain of moves
    ("previous", "i8"),      # opportunity that made this one possible, or -1
    ("alternative", "i8"),   # solution tried now, 0 the first
    ("queued", "i8", (4,)),  # per role: in its queue since this quarter, NEVER if not
    ("road_cells", "i8"),    # cells of new road it needs, 0 if none
    ("old_cells", "i8"),     # cells of road given up
    ("rescopes", "i8"),      # other solutions tried
    ("ranked", "?"),         # a ranking was made of it (principle 5)
    ("dropped", "?"),        # the municipality has stepped out of it
    ("rejected", "?"),       # ... because it saw no societal value
    ("stall_task", "i8"),    # task that will stall, NO_TASK if none
    ("solution", "i8"),      # BUILD_NEW, AS_IS, RENOVATE_FIRST, REBUILD
    ("paid", "f8"),          # euros of works paid so far by private parties
    ("second", "i8"),        # parcel that changes hands the other way (swap), or -1
    ("theme", "i8"),         # of a collective measure
    ("utility", "f8"),       # euros of moving a utility within the works
    ("lines", "f8", (N_LINES,)),  # euros: value case per line, before the council's weights
    ("loan", "f8"), ("guarantee", "f8"),  # euros of public loan and guarantee promised
    ("support", "f8"),       # euros that loan and guarantee are worth to the parties
    ("window", "?"),         # an application to the open subsidy window was made
    ("changes", "i8"),       # times another party was brought in
    ("quick", "?"),          # small, without clean-up, road or change of plan: a quick win
    ("shares_with", "i8"),   # neighbouring opportunity it shares costs with, or -1
    ("value_agreed", "f8"),  # euros of value case when agreed
    ("hoped", "f8"),         # site quality the demander expected when agreed, 0-1
    ("works_agreed", "f8"),  # euros of works when agreed
    ("due", "i8"),           # quarter of delivery expected when agreed
    ("measured", "?"),       # its effects were measured (step 7)
    ("score_firms", "f8"), ("score_town", "f8"),  # realised against expected, 1 as expected; -1 not measured
    ("broken_links", "i8"),  # links before it in its chain that fell away
])

BUILD_NEW, AS_IS, RENOVATE_FIRST, REBUILD = 0, 1, 2, 3
SOLUTIONS = ("build new on vacant land", "use the premises as they are", "renovate first", "demolish and rebuild")

SEAT = _record([             # one party at the table of one opportunity
    ("party", "i8"),
    ("role", "i8"),          # BUYER ... PUBLIC
    ("worth", "f8"),         # euros: what it gains before any payment between the parties (may be negative)
    ("outlay", "f8"),        # euros of cost and risk it carries
    ("outside", "f8"),       # euros: its best alternative
    ("payment", "f8"),       # euros it receives from the others (negative: pays)
    ("utility", "f8"),       # euros: worth + payment - outside
    ("eta", "f8"),           # its premium on euros it pays
    ("belief", "f8"),        # 0-1, that enough others will take part
    ("known", "?"),          # its stance is known to the others
    ("stance", "?"),         # ... and is "yes"
    ("committed", "?"),
    ("bias", "f8"),          # overstatement of its own contribution
    ("land", "f8"),          # m2 it gives up
    ("works", "f8"),         # euros of works on the premises it gets (swap)
    ("claim", "f8"),         # share of the surplus it thought fair, 0-1
])

PROJECT = _record([          # one-party works, outside any opportunity, or the works of an opportunity
    ("key", "u8"),
    ("company", "i8"),       # party that builds
    ("parcel", "i8"),
    ("plan", "i8"),          # RENOVATE or EXPAND_OWN
    ("task", "i8"),          # PERMIT or BUILD; NO_TASK when done
    ("until", "i8"),
    ("stalled", "i8"),
    ("stall_task", "i8"),
    ("floor", "f8"),         # m2 added
    ("cost", "f8"),          # euros
    ("queued", "i8"),
])

ENTRY = _record([            # one line of the ledger: double entry, payer and receiver
    ("quarter", "i8"),
    ("payer", "i8"), ("receiver", "i8"),  # party or outside account
    ("cents", "i8"),         # more than 0
    ("purpose", "i8"),
    ("opportunity", "i8"),   # or -1
    ("parcel", "i8"),        # asset, or -1
])

HAPPENING = _record([        # one event
    ("quarter", "i8"),
    ("kind", "i8"),          # position in EVENTS
    ("opportunity", "i8"),   # or -1
    ("company", "i8"),       # party, or NOBODY
    ("parcel", "i8"),        # or -1
    ("value", "f8"),         # the number that decided, see docs/data.md
    ("threshold", "f8"),     # ... and what it was held against
])
NOBODY = -2_000_000

ROAD_MOVE = 64  # cells a road move may take up at most


from sim.world import World, copy_world  # noqa: E402, F401
