"""The balance table of one opportunity: seven lines, two linked columns, and a division over the parties.

The lines are those of the source: value perspective, parties, costs, benefits, financing, risks, risk handling; the
columns the business case (private) and the value case (public). What appears in both is linked: a clean-up grant is a
cost in the value case and a benefit in the business case. A division per party is an extension: what each brings in
cost and risk, what it gains, the share it thinks fair, and where it stands. :func:`balance` reads the tables of a run
(``klaver/tables.py``) and nothing else; with ``words`` it leaves figures out, for figures that are confidential.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from klaver.story import Teller
from sim import records

LINES = ("perspective", "parties", "costs", "benefits", "financing", "risks", "handling")
"""The seven lines of the source, in its order."""

STEPS = {3: "opportunity", 4: "case", 5: "agreed", 6: "realisation", 7: "delivered"}
"""Step of the process to the stage of an opportunity."""


@dataclass(frozen=True)
class Share:
    """One party at the table: euros unless the name says otherwise; None where it does not apply."""

    party: str
    role: str
    cost: float
    cost_share: float
    gain: float
    gain_share: float
    fair: float
    content: bool
    stance: str


@dataclass(frozen=True)
class Balance:
    """The balance table of one opportunity.

    Attributes
    ----------
    opportunity
        Its number.
    title, state
        What it is and where it stands, in a sentence each.
    business, value
        Line (:data:`LINES`) to its entries, in words and figures.
    division
        One :class:`Share` a party.
    gap
        Funding gap before public money, euros, 0 when there is none.
    filled
        Who fills it: source to euros.
    """

    opportunity: int
    title: str
    state: str
    business: Mapping[str, list[str]]
    value: Mapping[str, list[str]]
    division: list[Share]
    gap: float
    filled: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the table as plain values, in the documented form (``docs/data.md``)."""
        return {
            "opportunity": self.opportunity, "title": self.title, "state": self.state,
            "business_case": dict(self.business), "value_case": dict(self.value),
            "division": [share.__dict__ for share in self.division],
            "funding_gap": self.gap, "filled_by": dict(self.filled),
        }  # fmt: skip


def balance(teller: Teller, opportunity: int, words: bool = False) -> Balance:
    """Return the balance table of an opportunity as it stands in the tables of ``teller``.

    Parameters
    ----------
    teller
        Of the run; its tables must hold opportunities, seats and events.
    opportunity
        Row.
    words
        Leave every figure out.
    """
    return _Writer(teller, opportunity, words).write()


class _Writer:
    def __init__(self, teller: Teller, opportunity: int, words: bool) -> None:
        self.teller, self.say, self.words = teller, teller.say, words
        self.number = opportunity
        self.case: Any = teller.tables["opportunities"].iloc[opportunity]
        seats = teller.tables["seats"]
        self.seats = list(seats[seats["opportunity"] == opportunity].itertuples(index=False))
        events = teller.tables["events"]
        self.happened = set(events.loc[events["opportunity"] == opportunity, "kind"].tolist())

    def write(self) -> Balance:
        case = self.case
        # A grant may have been taken back at the end of a case; what was paid shows in the ledger's events.
        gap = max(0.0, -float(case["surplus"]))
        filled = {name: float(case[name]) for name in ("grant", "loan", "guarantee", "province") if case[name] > 0.0}
        if "grant" in filled and "province" in filled:
            filled["grant"] -= filled["province"]
        business = {line: getattr(self, f"business_{line}")() for line in LINES}
        value = {line: getattr(self, f"value_{line}")() for line in LINES}
        return Balance(
            self.number, self.teller.heading(self.number), self.state(), business, value, self.division(), gap, filled
        )

    def text(self, key: str, **values: object) -> str:
        """Return a sentence of the balance, with euros in figures or left out."""
        shown = {
            name: self.say.euros(value) if isinstance(value, float) and not self.words else value
            for name, value in values.items()
        }
        if self.words:
            shown = {name: "" if isinstance(value, float) else value for name, value in shown.items()}
            return self.say(f"balance.{key}", **shown).replace(": .", ".").replace(" ()", "").rstrip(" :")
        return self.say(f"balance.{key}", **shown)

    def state(self) -> str:
        case = self.case
        reason = str(case["reason"])
        stage = self.say(f"stage.{case['stage']}")
        rounds = self.say.number(float(case["rounds"]))
        if reason and f"reason.{reason}" in self.say:
            return self.say("balance.state_why", stage=stage, rounds=rounds, why=self.say(f"reason.{reason}"))
        return self.say("balance.state", stage=stage, rounds=rounds)

    def private(self) -> list[Any]:
        return [seat for seat in self.seats if seat.party != records.MUNICIPALITY]

    # --- the business case -----------------------------------------------------------------------------------------

    def business_perspective(self) -> list[str]:
        case, lines = self.case, []
        for seat in self.private():
            who = self.teller.party(seat.party)
            lines.append(self.text(f"wants_{seat.role}", who=who, kind=self.say(f"aim.{case['kind']}")))
        return lines

    def business_parties(self) -> list[str]:
        return [f"{self.teller.party(s.party)} ({self.say(f'seat.{s.role}')})" for s in self.private()]

    def business_costs(self) -> list[str]:
        case = self.case
        parts = [
            self.text(f"cost_{name}", euros=float(case[name]))
            for name in ("clean", "demolish", "renovate", "utility") if case[name] > 0.0
        ]
        rest = float(case["works"] - case["clean"] - case["demolish"] - case["renovate"] - case["utility"])
        if rest > 1.0:
            parts.insert(0, self.text("cost_build", euros=rest))
        if case["price"] > 0.0:
            parts.append(self.text("cost_price", euros=float(case["price"])))
        return parts or [self.text("none")]

    def business_benefits(self) -> list[str]:
        case = self.case
        lines = [
            self.text("gain", who=self.teller.party(seat.party), euros=float(seat.utility))
            for seat in self.private() if seat.utility > 0.0
        ]
        if case["grant"] > 0.0:
            lines.append(self.text("grant_as_benefit", euros=float(case["grant"])))
        if case["support"] > 0.0:
            lines.append(self.text("support_as_benefit", euros=float(case["support"])))
        # What a firm gains that no figure holds stays in words.
        if case["new_floor"] > 0.0:
            lines.append(self.text("words_room"))
        if case["kind"] == "collective":
            lines.append(self.text(f"words_{case['theme']}"))
        elif case["kind"] in ("move_within", "settle_prospect", "zoning_relief"):
            lines.append(self.text("words_site"))
        return lines or [self.text("none")]

    def business_financing(self) -> list[str]:
        case = self.case
        own = max(0.0, float(case["works"] - case["grant"] - case["loan"]))
        lines = [self.text("fin_own", euros=own)] if own > 0.0 else []
        for name in ("loan", "guarantee"):
            if case[name] > 0.0:
                lines.append(self.text(f"fin_{name}", euros=float(case[name])))
        if case["grant"] > 0.0:
            lines.append(self.text("fin_grant", euros=float(case["grant"])))
        if case["surplus"] < 0.0:
            lines.append(self.text("fin_gap", euros=-float(case["surplus"])))
        return lines or [self.text("none")]

    def business_risks(self) -> list[str]:
        case, lines = self.case, []
        if case["clean"] > 0.0:
            lines.append(self.text("risk_soil"))
        if case["previous"] >= 0:
            lines.append(self.text("risk_chain", n=int(case["previous"])))
        if case["road_cells"] > 0:
            lines.append(self.text("risk_road"))
        if case["utility"] > 0.0:
            lines.append(self.text("risk_utility"))
        if len(self.private()) > 2:
            lines.append(self.text("risk_waiting", n=len(self.private())))
        if case["kind"] != "collective" and case["works"] > 0.0:
            lines.append(self.text("risk_permit"))
        return lines or [self.text("risk_market")]

    def business_handling(self) -> list[str]:
        case, lines = self.case, []
        if case["diligence"]:
            lines.append(self.text("did_diligence"))
        if "mediated" in self.happened:
            lines.append(self.text("did_mediation"))
        if "other_party" in self.happened:
            lines.append(self.text("did_party"))
        if case["alternative"] > 0:
            lines.append(self.text("did_rescope", n=int(case["alternative"])))
        if "task_resumed" in self.happened:
            lines.append(self.text("did_task"))
        if case["guarantee"] > 0.0:
            lines.append(self.text("did_guarantee"))
        if case["shares_with"] >= 0:
            lines.append(self.text("did_share", n=int(case["shares_with"])))
        return lines or [self.text("did_nothing")]

    # --- the value case --------------------------------------------------------------------------------------------

    def lines(self) -> list[tuple[str, float]]:
        found = [(line, float(self.case[f"lines_{line}"])) for line in records.VALUE_LINES]
        return sorted(((line, euros) for line, euros in found if abs(euros) >= 1.0), key=lambda item: -abs(item[1]))

    def value_perspective(self) -> list[str]:
        gains = [line for line, euros in self.lines() if euros > 0.0][:3]
        return [self.text(f"aim_{line}") for line in gains] or [self.text("aim_none")]

    def value_parties(self) -> list[str]:
        case, lines = self.case, [self.say("party.municipality")]
        if case["province"] > 0.0 or case["window"]:
            lines.append(self.say("party.province"))
        if case["kind"] != "collective":
            lines.append(self.text("residents"))
        return lines

    def value_costs(self) -> list[str]:
        case, lines = self.case, []
        if case["grant"] > 0.0:
            lines.append(self.text("grant_as_cost", euros=float(case["grant"] - case["province"])))
        if case["province"] > 0.0:
            lines.append(self.text("province_as_cost", euros=float(case["province"])))
        for name in ("loan", "guarantee"):
            if case[name] > 0.0:
                lines.append(self.text(f"{name}_as_cost", euros=float(case[name])))
        lines += [self.text(f"loss_{line}", euros=-euros) for line, euros in self.lines() if euros < 0.0]
        hours = self.hours()
        if hours > 0.0:
            number = "" if self.words else self.say.number(hours)
            lines.append(self.say("balance.hours", hours=number).replace("  ", " "))
        return lines or [self.text("none")]

    def hours(self) -> float:
        deeds = self.teller.tables.get("deeds")
        if deeds is None:
            return 0.0
        mine = (deeds["kind"] == "opportunity") & (deeds["target"] == self.number)
        return float(deeds.loc[mine, "hours"].sum())

    def value_benefits(self) -> list[str]:
        lines = [self.text(f"value_{line}", euros=euros) for line, euros in self.lines() if euros > 0.0]
        if self.case["kind"] == "zoning_relief":
            lines.append(self.text("words_conflict"))
        if self.case["kind"] == "settle_prospect":
            lines.append(self.text("words_new"))
        return lines or [self.text("none")]

    def value_financing(self) -> list[str]:
        case, lines = self.case, []
        if case["grant"] - case["province"] > 0.0:
            lines.append(self.text("fin_budget", euros=float(case["grant"] - case["province"])))
        if case["province"] > 0.0:
            lines.append(self.text("fin_window", euros=float(case["province"])))
        if case["loan"] > 0.0:
            lines.append(self.text("fin_revolving", euros=float(case["loan"])))
        return lines or [self.text("fin_hours")]

    def value_risks(self) -> list[str]:
        case, lines = self.case, [self.text("risk_council")]
        if case["grant"] > 0.0 or case["loan"] > 0.0:
            lines.append(self.text("risk_anyway"))
        if not case["appraised"]:
            lines.append(self.text("risk_unjudged"))
        if case["guarantee"] > 0.0 or case["loan"] > 0.0:
            lines.append(self.text("risk_default"))
        return lines

    def value_handling(self) -> list[str]:
        lines = []
        for event, key in (
            ("awaits_approval", "did_approval"), ("promise_kept", "did_keep"), ("window_used", "did_window"),
            ("value_case_rejected", "did_reject"), ("left_exit_rule", "did_exit"),
            ("stepped_out", "did_exit"),
        ):  # fmt: skip
            if event in self.happened:
                lines.append(self.text(key))
        if self.case["appraised"]:
            lines.append(self.text("did_appraise", euros=float(self.case["value_seen"])))
        return lines or [self.text("did_nothing")]

    # --- the division ----------------------------------------------------------------------------------------------

    def division(self) -> list[Share]:
        sharing = [seat for seat in self.seats if seat.party != records.MUNICIPALITY]
        cost = sum(max(float(seat.outlay), 0.0) for seat in sharing)
        gain = sum(float(seat.utility) for seat in sharing)
        rows = []
        for seat in self.seats:
            public = seat.party == records.MUNICIPALITY
            mine = max(float(seat.outlay), 0.0)
            gained = float(seat.utility)
            share = gained / gain if gain > 0.0 and not public else math.nan
            stance = "yes" if seat.committed else ("unknown" if not seat.known else ("willing" if seat.stance else "no"))
            rows.append(Share(
                self.teller.party(seat.party), seat.role, mine, mine / cost if cost > 0.0 and not public else math.nan,
                gained, share, float(seat.claim), bool(public or math.isnan(share) or share >= seat.claim - 1e-9),
                stance,
            ))  # fmt: skip
        return rows


def step_of(stage: str) -> int:
    """Return the step of the process at which a stage stands; 0 for none."""
    return next((step for step, name in STEPS.items() if name == stage), 0)


def quarter_at(events: pd.DataFrame, opportunities: pd.DataFrame, opportunity: int, step: int) -> int | None:
    """Return the last quarter in which an opportunity stood at a step, or None if it never did.

    Parameters
    ----------
    events, opportunities
        Tables of the run.
    opportunity
        Row.
    step
        3 to 7.
    """
    codes = {name: code for code, name in records.STAGES.items()}
    mine = events[events["opportunity"] == opportunity]
    row = opportunities.iloc[opportunity]
    entered = [(int(row["since"]), codes["opportunity"])]
    for event in mine.itertuples(index=False):
        if event.kind == "step_go":
            entered.append((int(event.quarter), int(event.value)))
        elif event.kind == "step_back":
            entered.append((int(event.quarter), int(event.threshold)))
        elif event.kind == "realisation_started":
            entered.append((int(event.quarter), codes["realisation"]))
        elif event.kind == "delivered":
            entered.append((int(event.quarter), codes["delivered"]))
        elif str(event.kind).startswith("left_"):
            entered.append((int(event.quarter), codes["left"]))
    last = None
    for place, (began, stage) in enumerate(entered):
        ends = entered[place + 1][0] if place + 1 < len(entered) else None
        if stage == codes[STEPS[step]] and (ends is None or ends > began):
            last = began if ends is None else ends - 1
    return last
