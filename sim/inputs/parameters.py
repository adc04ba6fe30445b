"""Every number of the model that is not in a scenario file: default, range, unit, mark and source.

Marks: ``S`` read in a source (its code stands in ``docs/parameters.md``), ``C`` arithmetic on such figures, ``R``
recalled, ``J`` a judgement. Everything marked R or J belongs in a sensitivity analysis. Euros are of 2024, real terms.
Rates are per quarter unless the unit says otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Parameter(NamedTuple):
    """One parameter: a float with a range within which it may be set, and where it comes from."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    mark: str
    source: str
    meaning: str


def _p(name, default, low, high, unit, mark, source, meaning):
    return Parameter(name, float(default), float(low), float(high), unit, mark, source, meaning)


PARAMETERS: tuple[Parameter, ...] = (
    # Regional environment
    _p("activity_persistence", 0.90, 0, 0.99, "per quarter", "J", "pattern 7", "how much of regional activity carries over"),
    _p("activity_sd", 0.20, 0, 0.6, "log", "J", "pattern 7", "spread of regional activity around trend"),
    _p("growth_mean", 0.005, -0.02, 0.027, "1/yr", "J", "S21", "mean growth of jobs of a firm"),
    _p("growth_sd", 0.12, 0, 0.3, "1/yr", "J", "mechanics C3", "spread of a firm's yearly growth"),
    _p("growth_cycle", 0.05, 0, 0.5, "1/yr per unit activity", "J", "-", "growth that follows regional activity"),
    _p("sector_trend_sd", 0.01, 0, 0.05, "1/yr", "J", "-", "spread of the growth of a sector"),
    _p("closure_rate", 0.025, 0, 0.07, "1/yr", "C", "S83,S81", "firms that close"),
    _p("political_break", 0.22, 0, 1, "per term", "S", "S118", "chance of a break at an election"),
    _p("council_term", 16, 4, 24, "quarters", "S", "S116", "time between elections"),
    _p("window_interval", 12, 4, 80, "quarters", "J", "-", "mean time between provincial subsidy windows"),
    _p("window_length", 4, 1, 12, "quarters", "J", "-", "time a subsidy window stays open"),
    _p("window_share", 0.5, 0, 1, "share of grant", "J", "-", "what the province adds in an open window"),
    # Ageing
    _p("premises_life", 140, 60, 300, "quarters", "C", "S23; mechanics C2", "decay time of premises without maintenance"),
    _p("fit_life", 160, 60, 400, "quarters", "R", "mechanics C2", "decay time of functional fit"),
    _p("energy_life", 200, 60, 400, "quarters", "J", "-", "decay time of energy performance against a rising norm"),
    _p("public_life", 160, 60, 400, "quarters", "J", "mechanics C2", "decay time of public space after statutory upkeep"),
    _p("maintenance", 0.4, 0, 1, "share", "J", "mechanics C2", "wear offset by routine maintenance at good prospects"),
    _p("maintenance_idle", 0.1, 0, 1, "share", "J", "mechanics C2", "the same for vacant premises or a firm that leaves"),
    _p("maintenance_cost", 6.0, 0, 20, "EUR/m2/yr", "J", "-", "routine maintenance at full effort"),
    _p("upkeep_cost", 2.0, 0, 10, "EUR/m2/yr", "J", "-", "statutory upkeep of public space"),
    # Perception
    _p("substitution", 0.5, 0.05, 1, "-", "J", "mechanics C1", "rho: substitution between motives; 1 is a plain sum"),
    _p("premises_weight", 0.6, 0, 1, "share", "J", "mechanics C1", "building quality against functional fit in 'premises'"),
    _p("public_weight", 0.5, 0, 1, "share", "J", "mechanics C1", "public space against neighbours in 'surroundings'"),
    _p("half_distance", 300, 150, 600, "m", "R", "Rossi-Hansberg et al. 2010", "distance that halves a neighbour's effect"),
    _p("perception_error", 0.05, 0, 0.3, "sd", "J", "mechanics C1", "error in judging another site"),
    _p("dirichlet", 20, 2, 200, "-", "J", "parameters 3", "concentration of motive weights around the mean"),
    _p("works_access_loss", 0.1, 0, 0.5, "0-1", "J", "mechanics C10", "access lost on frontage during works"),
    # Uncertainty and trust
    _p("uncertainty_base", 0.5, 0, 1, "0-1", "J", "mechanics C3", "level to which perceived uncertainty drifts"),
    _p("uncertainty_drift", 0.05, 0, 1, "per quarter", "J", "mechanics C4", "speed of that drift"),
    _p("uncertainty_cycle", 0.1, 0, 1, "per sd", "J", "mechanics C4", "rise per standard deviation of activity below trend"),
    _p("uncertainty_study", 0.9, 0.3, 1, "factor", "J", "mechanics C4", "a case study multiplies it by"),
    _p("uncertainty_push", 0.75, 0.3, 1, "factor", "J", "mechanics C4", "a push multiplies it by"),
    _p("uncertainty_floor", 0.1, 0, 0.5, "0-1", "J", "mechanics C4", "a push does not bring it below"),
    _p("uncertainty_completion", 0.05, 0, 0.5, "-", "J", "mechanics C4", "fall per nearby completed half million, half distance"),
    _p("uncertainty_break", 0.15, 0, 0.5, "0-1", "J", "mechanics C4", "rise at a political break"),
    _p("uncertainty_promise", 0.10, 0, 0.5, "0-1", "J", "mechanics C4", "rise at a broken promise"),
    _p("trust_start", 0.4, 0, 1, "0-1", "J", "parameters 7", "trust at the start, mean"),
    _p("trust_gain", 0.05, 0, 0.5, "share of distance", "J", "parameters 7; direction S129", "good event"),
    _p("trust_loss", 0.10, 0, 0.5, "share", "J", "parameters 7; direction S129", "bad event"),
    _p("trust_drift", 0.01, 0, 0.2, "per quarter", "J", "mechanics C6", "return to the level at the start"),
    # Appraisal
    _p("turnover_per_job", 200_000, 50_000, 500_000, "EUR/job/yr", "J", "mechanics C3", "turnover"),
    _p("floor_per_job", 85, 40, 200, "m2/job", "J", "mechanics C3", "median floor space a firm needs per job"),
    _p("floor_per_job_sigma", 0.5, 0, 1, "log sd", "J", "mechanics C3", "its spread"),
    _p("beta", 0.25, 0.01, 0.5, "per yr", "J", "set on patterns 1-4", "benefit of site quality as a share of turnover"),
    _p("chi", 0.20, 0.01, 0.6, "per yr", "J", "mechanics C3", "cost of a space shortage as a share of turnover"),
    _p("shed_value", 22, 0, 60, "EUR/m2/yr", "J", "mechanics C3", "saving per m2 shed beyond 1.3 times the need"),
    _p("annuity", 8.56, 4, 15, "yr", "C", "15 years at 8 per cent", "present value of one euro a year"),
    _p("residual_owner", 0.24, 0, 1, "share", "C", "mechanics C3", "present value of a euro of property value, owners"),
    _p("residual_tenant", 0.14, 0, 1, "share", "J", "mechanics C3", "the same for tenants"),
    _p("theta", 0.10, 0.02, 0.4, "-", "J", "S13,S88; mechanics C3", "median investment threshold"),
    _p("theta_sigma", 0.4, 0, 1, "log sd", "J", "mechanics C3", "its spread"),
    _p("phi", 4, 0, 10, "-", "J", "mechanics C3", "weight of perceived uncertainty in the hurdle (real option)"),
    _p("taste", 0.05, 0, 0.3, "of turnover", "J", "mechanics C3", "noise of the choice between options"),
    _p("land_price", 150, 40, 330, "EUR/m2", "S", "S43,S44,S15", "land"),
    _p("build_cost", 850, 590, 1100, "EUR/m2", "S", "S47; high R", "new premises"),
    _p("value_built", 425, 200, 800, "EUR/m2", "J", "mechanics C3", "value of floor space at quality 1, without land"),
    _p("floor_space_index", 0.45, 0.28, 0.60, "m2/m2", "C", "parameters 1", "floor per m2 of plot at normal use"),
    _p("floor_space_max", 0.70, 0.45, 1.2, "m2/m2", "J", "-", "floor per m2 of plot at most"),
    _p("renovation_cost", 595, 150, 900, "EUR/m2 per unit quality", "J", "mechanics C3", "renovation"),
    _p("renovated_quality", 0.88, 0.7, 1, "0-1", "J", "mechanics C3", "quality and fit after renovation"),
    _p("new_quality", 0.95, 0.8, 1, "0-1", "J", "-", "quality and fit of new premises"),
    _p("demolition_cost", 45, 10, 120, "EUR/m2", "J", "-", "demolition of a building"),
    _p("moving_cost", 100, 30, 300, "EUR/m2", "J", "mechanics C3", "moving, per m2 needed"),
    _p("moving_loss", 0.12, 0, 0.4, "of turnover", "J", "mechanics C3", "turnover lost by moving"),
    _p("transfer_cost", 0.05, 0, 0.15, "of price", "J", "mechanics C3", "fees and tax on a sale"),
    _p("rent_yield", 0.08, 0.065, 0.10, "1/yr", "R", "parameters 7", "rent as a share of value"),
    _p("credit_share", 0.7, 0.3, 1, "of value", "J", "mechanics C3", "what a bank lends"),
    _p("liquidity", 0.15, 0.02, 0.6, "of turnover", "J", "-", "median of a firm's own means"),
    _p("review_interval", 16, 4, 40, "quarters", "J", "mechanics C3", "mean time between reviews"),
    _p("review_cramped", 0.25, 0, 1, "per quarter", "J", "mechanics C3", "chance of review when short of space"),
    _p("cramped", 0.15, 0, 0.5, "share", "J", "mechanics C3", "shortage that triggers a review"),
    _p("growth_room", 1.15, 1, 1.5, "of need", "J", "mechanics C3", "space a firm takes when it builds or moves"),
    _p("lease_length", 20, 4, 60, "quarters", "J", "-", "mean length of a lease"),
    _p("outside_mean", 0.55, 0.3, 0.8, "0-1", "J", "mechanics C3", "mean motive quality of a site elsewhere"),
    _p("outside_premises", 0.65, 0.3, 0.9, "0-1", "J", "mechanics C3", "the same for its premises"),
    _p("outside_sd", 0.18, 0, 0.4, "0-1", "J", "mechanics C3", "spread of both"),
    _p("plan_quarters", 6, 1, 20, "quarters", "J", "mechanics C3", "mean time from plan to act, one-party plans"),
    _p("plan_lapse", 0.25, 0, 0.9, "share", "J", "mechanics C3", "plans that lapse"),
    # Waiting (assurance game)
    _p("belief_base", 0.2, 0, 1, "0-1", "J", "mechanics C5", "belief in another's taking part, without trust"),
    _p("belief_trust", 0.4, 0, 1, "0-1", "J", "mechanics C5", "... and what full trust adds"),
    _p("belief_yes", 0.95, 0.5, 1, "0-1", "J", "mechanics C5", "belief once a stance is known as yes"),
    _p("belief_no", 0.05, 0, 0.5, "0-1", "J", "mechanics C5", "... as no"),
    _p("belief_speed", 0.35, 0, 1, "per quarter", "J", "mechanics C5", "how fast beliefs follow"),
    _p("sunk_share", 0.05, 0, 0.3, "of investment", "J", "mechanics C5", "sunk preparation lost if the deal fails"),
    _p("stance_rate", 0.05, 0, 1, "per quarter", "J", "mechanics C5", "a stance becomes known unaided"),
    _p("leave_after", 12, 2, 40, "quarters", "J", "mechanics C5", "a party leaves after waiting so long"),
    # Roles
    _p("hours_per_quarter", 239, 150, 341, "h/FTE", "C", "S121 x 0.7", "hours for cases per FTE"),
    _p("fte_cost", 120_000, 95_000, 150_000, "EUR/yr", "R", "parameters 7", "full cost of one FTE"),
    _p("hours_conversation", 8, 1, 40, "h", "J", "mechanics C7", "verbinden: conversation"),
    _p("hours_introduction", 12, 1, 60, "h", "J", "mechanics C7", "verbinden: introduction"),
    _p("hours_mediation", 24, 1, 120, "h", "J", "mechanics C7", "verbinden: mediation"),
    _p("hours_push", 16, 1, 80, "h", "J", "mechanics C7", "aanjagen: push"),
    _p("hours_slot", 40, 1, 200, "h", "J", "mechanics C7", "regisseren: steering slot"),
    _p("hours_permit", 40, 1, 200, "h", "J", "mechanics C7", "ontzorgen: permit"),
    _p("hours_finance", 60, 1, 300, "h", "J", "mechanics C7", "ontzorgen: finance"),
    _p("hours_soil", 80, 1, 400, "h", "J", "mechanics C7", "ontzorgen: soil"),
    _p("hours_bridge", 40, 1, 200, "h", "J", "mechanics C7", "ontzorgen: temporary space"),
    _p("hours_appraisal", 40, 0, 200, "h", "J", "mechanics C11", "principle 2: appraisal of a value case"),
    _p("hours_ranking", 16, 0, 100, "h", "J", "mechanics C11", "principle 5: ranking, per case"),
    _p("failed_talk_harm", 0.1, 0, 1, "share", "J", "mechanics C7", "failed actions that do harm"),
    _p("disclose_base", 0.3, 0, 1, "chance", "J", "mechanics C7", "a plan is told in a conversation, without trust"),
    _p("disclose_trust", 0.6, 0, 1, "chance", "J", "mechanics C7", "... and what full trust adds"),
    _p("knowledge_life", 8, 1, 40, "quarters", "J", "mechanics C7", "mean time that knowledge of a plan stays valid"),
    _p("border_talk", 0.03, 0, 1, "per quarter", "J", "mechanics C7", "bordering firms tell each other unaided"),
    _p("broker_rate", 0.08, 0, 1, "per quarter", "J", "mechanics C7", "a broker introduces a posted demand"),
    _p("step_rate", 0.15, 0, 1, "per quarter", "J", "mechanics C7", "a step is decided unaided"),
    _p("bias_fade", 0.1, 0, 1, "per round", "J", "mechanics C7", "bias that fades by itself"),
    _p("mediation_effect", 0.5, 0, 1, "factor", "J", "mechanics C7", "a mediation multiplies bias by"),
    _p("stall_chance", 0.29, 0, 1, "chance", "S", "S80 as a measure", "a task stalls at its start"),
    _p("resume_rate", 0.15, 0, 1, "per quarter", "J", "mechanics C7", "a stalled task resumes unaided"),
    _p("follow_up", 4, 1, 20, "quarters", "J", "mechanics C6", "a disclosed plan without follow-up is a bad event after"),
    _p("mix_speed", 0.1, 0, 1, "share/quarter", "J", "mechanics C11", "principle 4: how fast the mix moves"),
    _p("mix_loss", 0.05, 0, 0.5, "of moved hours", "J", "mechanics C11", "hours lost in changing roles"),
    # Bargaining
    _p("bias_max", 0.6, 0, 2, "-", "J", "mechanics C9", "largest overstatement of own contribution, without trust"),
    _p("fairness_low", 0.5, 0, 1, "-", "J", "mechanics C9", "lowest share of its contribution a party demands"),
    _p("ask_mean", 0.05, 0, 0.5, "of investment", "J", "mechanics C9", "public money asked beyond the gap"),
    _p("ask_sd", 0.10, 0, 0.5, "of investment", "J", "mechanics C9", "its spread"),
    _p("match_error", 0.05, 0, 0.5, "of investment", "J", "mechanics C8", "error in judging a match"),
    _p("rescope_saving", 0.10, 0, 0.5, "of works", "J", "-", "another solution saves, if it is better, at most"),
    _p("rescope_rounds", 3, 0, 10, "rounds", "J", "mechanics C11", "principle 3: solutions tried at most"),
    # Value case
    _p("value_error", 0.3, 0, 1, "of investment", "J", "mechanics C11", "error in seeing the value case unappraised"),
    _p("value_vacancy", 40, 0, 200, "EUR/m2 floor", "J", "-", "a long-vacant premises taken into use"),
    _p("value_job", 2_000, 0, 20_000, "EUR/job", "J", "-", "a job kept or added, as the council weighs it"),
    _p("value_soil", 0.5, 0, 2, "per EUR clean-up", "J", "-", "cleaned soil"),
    _p("value_energy", 60, 0, 300, "EUR/m2 per unit", "C", "S131; MKBA", "energy and CO2 over the life of the works"),
    _p("value_neighbours", 0.10, 0, 0.30, "elasticity", "J", "S95 cap, S96 low", "neighbours' property value"),
    _p("value_green", 20, 0, 100, "EUR/m2 land", "J", "-", "open land spared by reuse"),
    # Realisation
    _p("permit_quarters", 1, 0, 4, "quarters", "S", "S105,S106", "regular permit"),
    _p("plan_change_quarters", 3, 1, 8, "quarters", "S", "S109", "change of the plan for land use"),
    _p("clean_quarters", 2, 1, 8, "quarters", "J", "-", "soil clean-up"),
    _p("build_quarters", 2, 1, 8, "quarters", "J", "-", "building, small"),
    _p("build_quarters_large", 4, 1, 12, "quarters", "J", "-", "building, above 3,000 m2"),
    _p("overrun_chance", 0.5, 0, 1, "chance", "S", "S111", "a clean-up costs more than planned"),
    _p("overrun_size", 0.5, 0, 2, "of cost", "C", "S111", "how much more, mean"),
    _p("overrun_build", 0.05, 0, 0.5, "of cost", "J", "-", "mean overrun of building"),
    _p("stall_patience", 12, 2, 40, "quarters", "J", "-", "a deal dies after stalling so long"),
    _p("easement", 20_000, 0, 100_000, "EUR", "J", "mechanics G", "right of way to an enclave"),
    _p("road_cost", 300, 100, 800, "EUR/m2", "J", "mechanics G", "a new road"),
    # Works and market
    _p("works_cost", 110, 30, 300, "EUR/m2", "J", "mechanics C10; S4", "public space from nothing to 0.9"),
    _p("works_quality", 0.9, 0.5, 1, "0-1", "J", "mechanics C10", "quality that works reach"),
    _p("works_quarters", 3, 1, 8, "quarters", "J", "mechanics C10", "length of works"),
    _p("works_slip", 0.2, 0, 1, "chance", "J", "-", "works that come more than a year late"),
    _p("works_trigger", 0.75, 0, 0.9, "0-1", "J", "-", "public space above this is left alone"),
    _p("supply_land_share", 0.5, 0, 1, "of budget", "J", "mechanics C10", "supply-driven budget meant for buying sites"),
    _p("collective_private", 0.3, 0, 1, "of cost", "J", "mechanics C10", "what companies pay of a collective measure"),
    _p("collective_rate", 0.03, 0, 1, "per quarter", "J", "pattern 9", "dissatisfied neighbours raise a collective measure"),
    _p("shared_measures", 1, 0, 1, "switch", "J", "model 5", "firms can share parking, energy, water and security"),
    _p("theme_rate", 0.004, 0, 0.2, "per quarter", "J", "pattern 9", "firms start sharing parking, energy or security unaided"),
    _p("services_gain", 0.15, 0, 0.5, "0-1", "J", "-", "services gained by a collective measure"),
    _p("ask_markup", 1.05, 0.9, 1.3, "of value", "J", "mechanics C10", "asking price"),
    _p("ask_quality", 0.10, 0, 0.5, "elasticity", "J", "mechanics C10", "asking price and surroundings"),
    _p("ask_fall", 0.015, 0, 0.1, "per quarter", "J", "mechanics C10", "fall of the asking price when vacant"),
    _p("ask_fall_vacancy", 0.10, 0, 0.5, "per unit vacancy", "J", "mechanics C10", "... faster when much is vacant"),
    _p("reservation_value", 0.6, 0.2, 1, "of value", "J", "mechanics C10", "an owner does not sell below"),
    _p("reservation_book", 0.85, 0.2, 1, "of book", "J", "mechanics C10", "... nor below this share of book value"),
    _p("book_write_off", 0.10, 0, 0.3, "1/yr", "J", "mechanics C10", "book value written off after two years vacant"),
    _p("low_price", 0.75, 0.3, 1, "of region", "J", "mechanics C10", "asking price that draws low-intensity users"),
    _p("prospect_rate", 0.25, 0, 0.5, "per firm per yr", "J", "set on patterns 1-4", "prospects"),
    _p("prospect_jobs_median", 10, 2, 30, "jobs", "J", "as firms on the park", "size of a prospect, median"),
    _p("prospect_jobs_mean", 19, 10, 60, "jobs", "S", "S5", "size of a prospect, mean"),
    _p("largest_fit", 3.0, 1.5, 5, "of need", "J", "-", "a firm does not take premises larger than this"),
    _p("prospect_patience", 4, 1, 20, "quarters", "J", "-", "a prospect looks for so long"),
    _p("search_rate", 0.35, 0, 1, "per quarter", "J", "-", "a searching firm sees what is on offer"),
    _p("home_share", 0.70, 0, 1, "share", "S", "S6,S7", "movers within the municipality or region"),
    # The clover, politics and third parties
    _p("misfit", 1, 0, 1, "switch", "J", "model 6", "misfit between the leaves of the clover acts through events"),
    _p("clover_aggregate", 0, 0, 1, "switch", "J", "mechanics A1", "the four leaves also act as one CES aggregate"),
    _p("clover_rho", -2, -10, 0.9, "-", "J", "mechanics A1", "substitution between leaves in that aggregate"),
    _p("visibility", 1, 0, 1, "switch", "J", "model 5", "neighbours learn from success and failure"),
    _p("waiting", 1, 0, 1, "switch", "J", "mechanics C5", "parties wait for each other; 0: whoever gains commits"),
    _p("trust_matters", 1, 0, 1, "switch", "J", "mechanics C6", "trust varies; 0: it stays where it started"),
    _p("swings", 1, 0, 1, "switch", "J", "pattern 10", "councils and aldermen change mandate, style and weights"),
    _p("practice", 0.002, 0, 0.05, "per action", "J", "source L855-876", "competence gained by a success, of what lacks"),
    _p("recognition_speed", 0.05, 0, 1, "per quarter", "J", "source L694-708", "how fast firms get to know the core team"),
    _p("shell_rate", 110, 60, 200, "EUR/h", "J", "-", "price of an hour hired from the flexible shell"),
    _p("shell_competence", 0.8, 0, 1, "chance", "J", "-", "hired know-how covers what the team lacks"),
    _p("intermediary_hours", 60, 0, 400, "h/quarter", "J", "-", "hours an intermediary works"),
    _p("intermediary_rate", 130, 60, 250, "EUR/h", "J", "-", "price of an intermediary's hour"),
    _p("intermediary_scale", 1_000_000, 0, 1e8, "EUR", "J", "source L823-826", "works in open cases that make one worth it"),
    _p("alderman_exit", 0.48, 0, 1, "per term", "S", "S116,S118", "chance that the alderman leaves before the term ends"),
    _p("alderman_settle", 2, 0, 8, "quarters", "J", "-", "a new alderman reads in; approvals wait"),
    _p("commitment_break", 0.25, 0, 1, "chance", "J", "pattern 10", "a promise does not survive a political break"),
    _p("commitment_alderman", 0.05, 0, 1, "chance", "J", "pattern 10", "... nor the early leave of an alderman"),
    _p("commitment_formal", 0.3, 0, 1, "factor", "J", "-", "... times this once it was agreed formally"),
    _p("weight_shift", 0.3, 0, 1, "log sd", "J", "source L489-497", "change of the council's weights at a break"),
    _p("approval_wait", 0.02, 0, 0.2, "0-1", "J", "source L321-331", "certainty that waiting for approval costs"),
    _p("internal_quarters", 4, 0, 12, "quarters", "J", "source L804-812", "time to make goals clear that are not clear at all"),
    _p("environment_act", 1, 0, 1, "switch", "S", "S106-S108", "the Environment and Planning Act; 0: the old regime"),
    _p("permit_extended", 3, 1, 8, "quarters", "S", "S105-S107", "extended procedure (26 + 6 weeks, file delay)"),
    _p("extended_chance", 0.15, 0, 1, "chance", "J", "S106", "extended procedure under the Act, complex works"),
    _p("objection_chance", 0.15, 0, 1, "chance", "J", "S105", "residents or neighbours object to large works"),
    _p("objection_quarters", 2, 0, 8, "quarters", "J", "S105", "... which then wait"),
    _p("participation_effect", 0.5, 0, 1, "factor", "J", "source L408-420", "participation beforehand multiplies objections"),
    _p("levy_rate", 0.0005, 0, 0.1, "per quarter", "C", "S124", "firms start a levy zone unaided"),
    _p("levy_quarters", 20, 4, 40, "quarters", "S", "S126", "term of a levy zone"),
    _p("levy_per_job", 90, 10, 500, "EUR/yr", "C", "S126", "levy, EUR 400k per 5 years on a mean park"),
    _p("levy_talks", 3, 1, 20, "talks", "J", "-", "successful talks before the vote"),
    _p("hours_levy", 60, 1, 300, "h", "J", "-", "verbinden: one round of talks about a levy zone"),
    _p("fund_vacant", 8, 0, 40, "quarters", "J", "mechanics C10", "the redevelopment company buys sites vacant longer"),
    _p("fund_return", 0.8, 0, 1.5, "of cost", "J", "-", "least value after preparation against what it costs"),
    # The seven steps
    _p("picture_share", 0.1, 0, 1, "share", "J", "-", "plans known that make the picture good enough to go on"),
    _p("cycle_quarters", 16, 4, 80, "quarters", "J", "source L1323-1328", "time between measurements of effects"),
    _p("effect_delay", 4, 0, 20, "quarters", "J", "-", "effects of a delivered case are measured after"),
    _p("neighbour_lesson", 0.05, 0, 0.5, "0-1", "J", "model 5", "what neighbours learn from a success or a failure nearby"),
    _p("map_reach", 2.0, 1, 5, "factor", "J", "source L1136-1143", "an up-to-date opportunity map multiplies brokers' finds"),
    _p("map_reputation", 0.1, 0, 1, "0-1", "J", "source L1136-1143", "reputation gained by a map and joint statement"),
    _p("reputation_prospects", 0.3, 0, 2, "-", "J", "source L1077", "prospects drawn by full reputation"),
    _p("hours_map", 40, 1, 200, "h", "J", "-", "aanjagen: bring the opportunity map up to date"),
    _p("leak_chance", 0.02, 0, 1, "chance", "J", "source L1046", "a plan told in confidence leaks with a map"),
    _p("hours_window", 24, 1, 200, "h", "J", "-", "aanjagen: apply for an open subsidy"),
    _p("apply_rate", 0.1, 0, 1, "per quarter", "J", "-", "parties apply for an open subsidy themselves"),
    _p("hours_party", 24, 1, 200, "h", "J", "-", "aanjagen: bring in another party or site"),
    _p("hours_advice", 8, 1, 80, "h", "J", "-", "regisseren: advise to stop"),
    _p("hours_chain", 24, 1, 200, "h", "J", "-", "regisseren: hold a chain of moves together"),
    # Combinations
    _p("combine", 1, 0, 1, "switch", "J", "mechanics C8", "chains and rings of moves are planned ahead"),
    _p("chain_depth", 3, 1, 6, "links", "J", "mechanics C8", "links of a chain at most"),
    _p("ring_size", 4, 2, 8, "parties", "J", "-", "parties of a ring of swaps at most"),
    _p("synergy_saving", 0.03, 0, 0.2, "of works", "J", "source L1201-1202", "saved by sharing costs with a neighbouring case"),
    _p("quick_works", 75_000, 0, 1e6, "EUR", "J", "-", "works of a quick win at most"),
    _p("screen", 0.1, 0, 0.5, "0-1", "J", "source L504-516", "least access, parking and services of a site (screening)"),
    _p("misplaced_share", 0.02, 0, 0.2, "share", "J", "source L1216-1219", "firms tolerated where the plan does not want them"),
    _p("value_conflict", 150_000, 0, 1e6, "EUR", "J", "source L1216-1219", "a tolerated conflict solved, as the council sees it"),
    _p("utility_chance", 0.05, 0, 0.5, "chance", "J", "-", "a main or cable in the way on an empty site"),
    _p("utility_cost", 80_000, 0, 1e6, "EUR", "J", "-", "moving it, mean"),
    _p("utility_quarters", 2, 1, 8, "quarters", "J", "-", "... and how long that takes"),
    _p("parking_cost", 6, 1, 40, "EUR/m2 plot", "J", "-", "shared parking"),
    _p("energy_cost", 18, 2, 100, "EUR/m2 floor", "J", "-", "shared energy"),
    _p("energy_saving", 3.0, 0, 15, "EUR/m2 floor/yr", "J", "-", "saved by shared energy"),
    _p("energy_gain", 0.3, 0, 1, "0-1", "J", "-", "energy performance gained by shared energy"),
    _p("water_cost", 5, 1, 40, "EUR/m2 plot", "J", "-", "water storage and green together"),
    _p("security_cost", 2.5, 0.5, 20, "EUR/m2 plot", "J", "-", "security together"),
    _p("value_water", 4, 0, 30, "EUR/m2 plot", "J", "-", "climate adaptation as the council sees it"),
    # Loans and guarantees
    _p("loan_rate", 0.02, 0, 0.08, "1/yr", "J", "-", "interest of a public loan"),
    _p("loan_quarters", 40, 8, 80, "quarters", "J", "-", "term of a public loan"),
    _p("firm_rate", 0.08, 0.03, 0.2, "1/yr", "C", "annuity", "at which firms discount instalments"),
    _p("guarantee_cover", 0.5, 0, 1, "share", "J", "-", "share of the uncertainty premium that a guarantee takes away"),
    _p("value_spatial", 0.4, 0, 5, "EUR/m2 floor/yr", "J", "-", "spatial quality: premises at quality 1 against 0"),
    # Social balance
    _p("discount_rate", 0.0225, 0.016, 0.029, "1/yr", "S", "S130", "social discount rate, real"),
    _p("co2_price", 150, 20, 500, "EUR/t", "S", "S131", "efficient price of CO2"),
    _p("co2_per_m2", 0.03, 0.01, 0.1, "t/m2/yr", "J", "S14", "CO2 of premises at energy performance 0"),
    _p("nuisance_value", 1.5, 0, 10, "EUR/m2/yr", "J", "-", "public space at quality 1 against 0: safety and nuisance"),
    _p("job_value", 6_000, 0, 30_000, "EUR/job/yr", "J", "parameters 5", "an additional job in the region"),
    _p("displacement", 0.4, 0.2, 0.8, "share", "R", "parameters 7", "jobs gained here that the region loses"),
)

BY_NAME: dict[str, Parameter] = {parameter.name: parameter for parameter in PARAMETERS}

PARAMETER_DTYPE = np.dtype([(parameter.name, "f8") for parameter in PARAMETERS], align=True)


def default_parameters() -> np.recarray:
    """Return one record with every parameter at its default, as the rules read it."""
    record = np.zeros(1, PARAMETER_DTYPE).view(np.recarray)
    for parameter in PARAMETERS:
        record[0][parameter.name] = parameter.default
    return record
