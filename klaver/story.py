"""A run told in sentences: what became of the opportunities, and why something happened.

Every kind of event has one sentence per language (``language/*.toml``, under ``event``). An event carries the number
that decided and what it was held against; :data:`MEASURES` says what these two are, so that a sentence can show them
with their unit. :class:`Teller` reads the tables of a run (``klaver/tables.py``) and nothing else, so a story can be
told from a result folder as well.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from klaver.language import Language
from sim import records

# What the two numbers of an event are; "" where it has none.
MEASURES: dict[str, tuple[str, str]] = {
    "plan_formed": ("euros", "plan"), "plan_dropped": ("", "plan"), "plan_disclosed": ("share", "plan"),
    "talk_failed": ("score", ""), "review_pushed": ("score", ""), "idea_matched": ("", ""),
    "opportunity_found": ("kind", "origin"), "party_committed": ("share", "share"), "party_withdrew": ("euros", ""),
    "stance_known": ("euros", ""), "step_go": ("stage", "euros"), "step_again": ("share", "euros"),
    "step_back": ("", ""), "rescoped": ("", ""), "no_overlap": ("euros", ""), "unfair_division": ("share", ""),
    "funding_gap": ("euros", ""), "grant_promised": ("euros", "euros"), "value_case_rejected": ("euros", ""),
    "awaits_approval": ("euros", "euros"), "agreed": ("euros", "euros"),
    "left_rounds": ("number", "quarters"), "left_waiting": ("number", "quarters"),
    "left_withdrawn": ("number", "quarters"), "left_stalled": ("number", "quarters"),
    "realisation_started": ("euros", "euros"), "task_started": ("task", "quarters"), "task_stalled": ("task", ""),
    "task_resumed": ("task", ""), "cost_overrun": ("euros", "euros"), "delivered": ("euros", "euros"),
    "moved_in": ("score", ""), "moved_away": ("score", "score"), "company_closed": ("", ""),
    "prospect_arrived": ("number", "score"), "prospect_settled": ("score", ""), "prospect_elsewhere": ("score", ""),
    "premises_sold": ("euros", ""), "premises_let": ("euros", ""), "works_announced": ("euros", "score"),
    "works_delivered": ("euros", "score"), "site_bought": ("euros", ""), "plot_split": ("area", "area"),
    "plots_merged": ("area", ""), "road_moved": ("number", "number"), "no_legal_split": ("area", ""),
    "election": ("", ""), "political_break": ("score", "score"), "broken_promise": ("", ""),
    "renovated": ("euros", "score"), "expanded": ("euros", "area"), "left_exit_rule": ("number", "quarters"),
    "no_public_money": ("euros", "euros"), "window_opened": ("quarters", ""), "window_closed": ("", ""),
    "ranked_out": ("", ""), "introduced": ("", ""), "mediated": ("", ""), "works_late": ("", ""),
    "grew_cramped": ("", ""),
    "goals_set": ("number", "quarters"), "step_reached": ("number", "share"), "map_drawn": ("number", "share"),
    "effects_measured": ("share", ""), "effects_undefined": ("", ""), "case_effects": ("share", "share"),
    "alderman_left": ("quarters", ""), "manager_left": ("quarters", "share"), "commitment_broken": ("euros", "share"),
    "approval_waits": ("quarters", "quarters"), "know_how_missing": ("domain", "share"),
    "goals_unclear": ("score", ""), "style_clash": ("score", "score"), "internal_work": ("score", ""),
    "weights_changed": ("", ""), "other_party": ("number", ""), "chain_planned": ("number", ""),
    "chain_broken": ("", ""), "ring_found": ("number", ""), "window_used": ("share", ""),
    "loan_promised": ("euros", "euros"), "guarantee_promised": ("euros", "euros"), "loan_paid": ("euros", "share"),
    "guarantee_called": ("euros", "euros"), "advised_to_stop": ("euros", ""), "fund_filled": ("euros", ""),
    "fund_bought": ("euros", "euros"), "fund_dry": ("euros", ""), "levy_vote_won": ("share", "share"),
    "levy_vote_lost": ("share", "share"), "levy_ended": ("", ""), "intermediary_hired": ("euros", "euros"),
    "objection": ("quarters", "share"), "utility_moved": ("euros", ""), "plan_leaked": ("share", ""),
    "shared_costs": ("number", ""), "conflict_ended": ("euros", ""), "left_advised": ("number", "quarters"),
    "promise_kept": ("euros", ""), "neighbours_learnt": ("", "share"), "stepped_out": ("number", "quarters"),
}  # fmt: skip

ON_A_ROAD = ("works_announced", "works_delivered", "broken_promise", "works_late")
"""Events whose ``parcel`` is a segment of public space."""

ON_THE_PARK = (
    "internal_work", "goals_set", "step_reached", "map_drawn", "effects_measured", "effects_undefined", "election",
    "political_break", "weights_changed", "alderman_left", "manager_left", "window_opened", "intermediary_hired",
    "fund_filled", "fund_bought", "fund_dry", "levy_vote_won", "levy_vote_lost", "levy_ended", "plan_leaked",
)  # fmt: skip
"""Events of the municipality and the park as a whole: the seven steps, the people, politics and third parties."""

_LEAD_UP = ("plan_formed", "plan_disclosed", "introduced", "review_pushed")
_LEAD_UP_QUARTERS = 24
_ORIGINS = {1: "broker", 2: "border", 3: "municipality"}
_TASK_KEYS = ("none", "anchor", "transfer", "finance", "permit", "utility", "clean_up", "bridge", "build")
_LENGTH = 14  # steps of one opportunity told before the rest is only counted

Tables = Mapping[str, pd.DataFrame]


class NoSuchThing(ValueError):
    """A company, parcel or opportunity that is not in the run."""


@dataclass(frozen=True)
class Line:
    """One step of a chain of events: when, the sentence, and the numbers behind it."""

    quarter: int
    kind: str
    sentence: str
    value: float
    threshold: float


class Teller:
    """Tells one run.

    Parameters
    ----------
    tables
        Of the run, as ``tables.tables_of`` returns them.
    language
        To tell it in.
    twin
        The same tables of the twin (those of ``tables.TWIN_TABLES``); None when there is none.
    """

    def __init__(self, tables: Tables, language: Language, twin: Tables | None = None) -> None:
        self.tables, self.say, self.twin = tables, language, twin
        self._events = list(tables["events"].itertuples(index=False))

    # --- one event ---------------------------------------------------------------------------------------------------

    def sentence(self, event: Any) -> str:
        """Return the sentence of one event (a row of the table of events)."""
        kind = event.kind
        value, threshold = MEASURES[kind]
        template = kind
        if kind == "stance_known":
            template = "stance_known_yes" if event.value > 0.0 else "stance_known_no"
        elif kind == "neighbours_learnt":
            template = "neighbours_learnt_good" if event.value > 0.0 else "neighbours_learnt_bad"
        elif event.opportunity < 0 and kind in ("left_stalled", "task_stalled", "task_resumed"):
            template = f"{kind}_own"
        elif kind == "task_resumed" and event.threshold == 1.0:
            template = "task_taken_over"
        text = self.say(
            f"event.{template}",
            who=self.party(event.party),
            where=self.parcel(event.parcel) if kind not in ON_A_ROAD else "",
            segment=self.say("party.segment", n=event.parcel) if kind in ON_A_ROAD else "",
            value=self._measure(value, event.value),
            threshold=self._measure(threshold, event.threshold),
        )
        return text[:1].upper() + text[1:]

    def _measure(self, measure: str, number: float) -> str:
        say = self.say
        if measure == "":
            return ""
        if measure == "plan":
            return say(f"plan.{records.PLANS[int(number)]}")
        if measure == "kind":
            return say(f"kind.{records.OPPORTUNITY_KINDS[int(number)]}")
        if measure == "origin":
            return say(f"origin.{_ORIGINS.get(int(number), 'unknown')}")
        if measure == "domain":
            return say(f"domain.{records.DOMAINS[int(number)]}")
        if measure == "stage":
            return say(f"stage.{records.STAGES.get(int(number), 'free')}")
        if measure == "task":
            return say(f"task.{_TASK_KEYS[int(number)]}")
        if measure == "area":
            return f"{say.number(number)} m2"
        if measure == "quarters":
            return say.duration(number)
        if measure == "score":
            return say.number(number, 2)
        if measure == "share":
            return say.share(number)
        return say.euros(number) if measure == "euros" else say.number(number)

    def party(self, party: int) -> str:
        """Return what a company, owner or outside account is called in a sentence."""
        if party == records.NOBODY:
            return self.say("party.nobody")
        if party == records.MUNICIPALITY:
            return self.say("party.municipality")
        if party in records.OUTSIDE_ACCOUNTS:
            return self.say(f"party.{records.OUTSIDE_ACCOUNTS[party].replace(' ', '_')}")
        table, row = ("companies", party) if party >= 0 else ("owners", -1 - party)
        if table not in self.tables or not 0 <= row < len(self.tables[table]):
            return self.say("party.newcomer" if party >= 0 else "party.owner", n=row)
        return self._called(str(self.tables[table]["name"].iloc[row]))

    def parcel(self, parcel: int) -> str:
        """Return what a parcel is called in a sentence; an empty string for none."""
        if parcel < 0:
            return ""
        parcels = self.tables["parcels"]
        if parcel >= len(parcels):
            return self.say("party.parcel", n=parcel)
        name = str(parcels["name"].iloc[parcel])
        return self.say("party.parcel", n=_number(name))

    def _called(self, name: str) -> str:
        """Return a name that the program made up in the language of the story; any other as it is."""
        for pattern, key, field in (
            (r"Firm on (.+)", "party.firm_on", "parcel"), (r"Owner of (.+)", "party.owner_of", "parcel"),
            (r"newcomer (\d+)", "party.newcomer", "n"), (r"owner (\d+)", "party.owner", "n"),
            (r"firm (\d+)", "party.firm", "n"), (r"firm (\d+) \(former\)", "party.former_firm", "n"),
            (r"municipality of (.+)", "party.town", "n"), (r"firm from outside (\d+)", "party.firm_from_outside", "n"),
        ):  # fmt: skip
            found = re.fullmatch(pattern, name)
            if found:
                value = found[1] if field == "n" else self.say("party.parcel", n=_number(found[1]))
                return self.say(key, **{field: value})
        return name

    # --- opportunities -----------------------------------------------------------------------------------------------

    def opportunities(self) -> list[int]:
        """Return all opportunities, the most telling first: large works, many kinds of turns, delivered ones."""
        table = self.tables["opportunities"]
        turns: dict[int, set[str]] = {}
        for event in self._events:
            if event.opportunity >= 0:
                turns.setdefault(event.opportunity, set()).add(event.kind)

        def telling(o: int) -> tuple[float, int]:
            row = table.iloc[o]
            score = math.log10(1.0 + max(float(row["works"]), 0.0)) + 0.5 * len(turns.get(o, ()))
            return score + (2.0 if row["stage"] == "delivered" else 0.0), -o

        return sorted((o for o in range(len(table)) if o in turns), key=telling, reverse=True)

    def count(self) -> str:
        """Return one sentence that counts how the opportunities ended."""
        stages = self.tables["opportunities"]["stage"]
        delivered, left = int((stages == "delivered").sum()), int((stages == "left").sum())
        total = int((stages != "free").sum())
        if total == 0:
            return self.say("story.none")
        return self.say("story.count", n=total, delivered=delivered, left=left, open=total - delivered - left)

    def heading(self, opportunity: int) -> str:
        """Return what an opportunity was and how it ended, in one line."""
        row = self.tables["opportunities"].iloc[opportunity]
        kind, demand = self.say(f"kind.{row['kind']}"), int(row["demand"])
        if demand >= 0:
            title = self.say("story.opportunity_of", n=opportunity, kind=kind, who=self.party(demand))
        else:
            title = self.say("story.opportunity", n=opportunity, kind=kind)
        return f"{title}; {self.ending(opportunity)}"

    def ending(self, opportunity: int, tables: Tables | None = None) -> str:
        """Return how an opportunity ended, in a few words."""
        row = (tables or self.tables)["opportunities"].iloc[opportunity]
        time = self.say.duration(float(row["stage_since"] - row["since"]))
        if row["stage"] == "delivered":
            return self.say("story.ending_delivered", time=time)
        if row["stage"] == "left":
            return self.say("story.ending_left", time=time)
        return self.say("story.ending_open")

    def tell(self, opportunity: int, length: int | None = _LENGTH) -> list[str]:
        """Return the story of one opportunity, one line a step; steps beyond ``length`` are counted."""
        lines = self.told(self._chain(opportunity))
        if length is not None and len(lines) > length:
            # The beginning and the end say most.
            head, tail = length - length // 2, length // 2
            more = self.say("story.more_events", n=len(lines) - length)
            return [*lines[:head], more, *lines[len(lines) - tail :]]
        return lines

    def full_story(self, park: str, strategy: str, seed: int) -> str:
        """Return the story of all opportunities as Markdown."""
        parts = [self.say("story.title", park=park, strategy=strategy, seed=seed), self.count() + "\n"]
        steps = self.told(self.on_the_park())
        if steps:
            parts += [f"## {self.say('story.park')}\n", *(f"- {line}" for line in steps), ""]
        for opportunity in self.opportunities():
            parts.append(f"## {self.heading(opportunity)}\n")
            parts += [f"- {line}" for line in self.tell(opportunity, None)]
            parts.append("")
        return "\n".join(parts)

    def on_the_park(self) -> list[Line]:
        """Return what happened to the municipality and the park as a whole since the start of the run."""
        return self._lines(e for e in self._events if e.kind in ON_THE_PARK and e.opportunity < 0 and e.quarter >= 0)

    def _chain(self, opportunity: int) -> list[Line]:
        """Return the steps of an opportunity, with what its demander did shortly before."""
        row = self.tables["opportunities"].iloc[opportunity]
        demand, since = int(row["demand"]), int(row["since"])

        def belongs(event: Any) -> bool:
            leads_up = (
                demand >= 0 and event.party == demand and event.kind in _LEAD_UP
                and since - _LEAD_UP_QUARTERS <= event.quarter <= since
            )  # fmt: skip
            return event.opportunity == opportunity or (leads_up and event.opportunity < 0)

        return self._lines(event for event in self._events if belongs(event))

    def _lines(self, events: Iterable[Any]) -> list[Line]:
        return [Line(int(e.quarter), e.kind, self.sentence(e), float(e.value), float(e.threshold)) for e in events]

    def told(self, lines: list[Line]) -> list[str]:
        """Return lines as text, with a row of the same kind of step told once."""
        told, position = [], 0
        while position < len(lines):
            last = position
            if lines[position].kind in ("step_again", "unfair_division", "funding_gap", "no_overlap"):
                while last + 1 < len(lines) and lines[last + 1].kind == lines[position].kind:
                    last += 1
            sentence = lines[position].sentence
            if last > position:
                until = self.say.quarter(lines[last].quarter)
                sentence = self.say("story.times", sentence=sentence, n=last - position + 1, until=until)
            when = self.say.quarter(lines[position].quarter)
            told.append(f"{when[:1].upper()}{when[1:]}: {sentence}")
            position = last + 1
        return told

    # --- why ---------------------------------------------------------------------------------------------------------

    def find(self, kind: str, name: str) -> int:
        """Return the row of a company, parcel or opportunity, given by number or by name.

        Raises
        ------
        NoSuchThing
            With near matches.
        """
        if kind not in ("company", "parcel", "opportunity"):
            raise NoSuchThing(self.say("error.which_kind", kind=kind))
        table = self.tables[{"company": "companies", "parcel": "parcels", "opportunity": "opportunities"}[kind]]
        names = [str(n) for n in table["name"]] if "name" in table else []
        if name in names:
            return names.index(name)
        if name.isascii() and name.isdigit() and int(name) < len(table):
            return int(name)
        lowered = [n.lower() for n in names]
        if name.lower() in lowered:
            return lowered.index(name.lower())
        close = [names[lowered.index(n)] for n in difflib.get_close_matches(name.lower(), lowered, 3, 0.5)]
        close = close or [n for n in names if name.lower() in n.lower()][:3]
        near = self.say("error.near", names=self.say.listing(close)) if close else ""
        raise NoSuchThing(self.say("error.no_such", kind=kind, name=name, near=near))

    def why(self, kind: str, row: int) -> list[Line]:
        """Return the chain of events of one company, parcel or opportunity."""
        if kind == "opportunity":
            return self._chain(row)
        if kind == "company":
            seats = self.tables.get("seats")
            mine = set() if seats is None else set(seats.loc[seats["party"] == row, "opportunity"].tolist())
            turning = (
                "agreed", "delivered", "left_rounds", "left_waiting", "left_withdrawn", "left_stalled", "left_exit_rule",
                "left_advised", "stepped_out", "realisation_started", "task_stalled", "opportunity_found", "commitment_broken",
            )  # fmt: skip
            return self._lines(
                e for e in self._events if e.party == row or (e.opportunity in mine and e.kind in turning)
            )
        segment = int(self.tables["parcels"]["segment"].iloc[row])
        return self._lines(
            e for e in self._events if e.parcel == (segment if e.kind in ON_A_ROAD else row) and e.parcel >= 0
        )

    # --- roles -------------------------------------------------------------------------------------------------------

    def role_summary(self, role: str) -> list[str]:
        """Return what a role did in this run: one line a kind of action, and how far its hours found work."""
        say = self.say
        deeds = self.tables["deeds"]
        mine = deeds[deeds["role"] == role]
        if mine.empty:
            return [say("deed.none")]
        lines = []
        for action, some in mine.groupby("action", sort=False):
            lines.append(say(
                "deed.summary", action=say(f"action.{action}"), n=say.number(len(some)),
                hours=say.number(float(some["hours"].sum())), share=say.share(float(some["succeeded"].mean())),
            ))  # fmt: skip
        hours = float(mine["hours"].sum())
        lines.append(say("deed.total", n=say.number(len(mine)), hours=say.number(hours),
                         share=say.share(hours / max(float(deeds["hours"].sum()), 1.0))))  # fmt: skip
        return lines

    def role_deeds(self, role: str) -> list[str]:
        """Return every action of a role, one line each: when, what, to whom, in how many hours, and what it changed."""
        say, lines = self.say, []
        for deed in self.tables["deeds"].itertuples(index=False):
            if deed.role != role:
                continue
            when = say.quarter(int(deed.quarter))
            did = say(f"deed.{deed.action}", what=self._target(deed.kind, int(deed.target)))
            if not deed.succeeded:
                result = say("deed.failed")
            elif deed.before == deed.after or deed.action in ("slot", "chain", "advice"):
                result = say("deed.done")
            else:
                result = say("deed.changed", before=say.number(deed.before, 2), after=say.number(deed.after, 2))
            text = say("deed.line", when=when, did=did, hours=say.number(float(deed.hours)), result=result)
            lines.append(text[:1].upper() + text[1:])
        return lines

    def _target(self, kind: str, target: int) -> str:
        if kind == "company":
            return self.party(target)
        if kind == "opportunity":
            return self.say("deed.opportunity", n=target)
        if kind == "segment":
            return self.say("deed.segment", n=target)
        if kind == "project":
            projects = self.tables.get("projects")
            who = -1 if projects is None else int(projects["company"].iloc[target])
            return self.say("deed.project", who=self.party(who) if who >= 0 else self.say("party.nobody"))
        return self.say("deed.the_park")

    def end(self, kind: str, row: int) -> str:
        """Return how a company, parcel or opportunity stood at the end of the run."""
        say = self.say
        if kind == "opportunity":
            return self.heading(row)
        if kind == "company":
            company = self.tables["companies"].iloc[row]
            state = say(f"state.{company['state']}")
            if company["state"] != "sitting":
                return say("why.end_company_gone", state=state)
            return say("why.end_company", state=state, jobs=say.number(float(company["jobs"])),
                       trust=say.number(float(company["trust"]), 2))  # fmt: skip
        parcel = self.tables["parcels"].iloc[row]
        user = int(parcel["occupant"])
        occupant = say("why.end_vacant") if user < 0 else say("why.end_used", who=self.party(user))
        return say("why.end_parcel", occupant=occupant, quality=say.number(float(parcel["quality"]), 2))

    def without(self, kind: str, row: int) -> list[str]:
        """Return what happened to the same thing in the twin, in lines; empty when there is no twin."""
        if self.twin is None:
            return []
        other = Teller({**self.twin, "owners": self.tables["owners"]}, self.say)
        if kind == "opportunity":
            return self._opportunity_without(row, other)
        table = "companies" if kind == "company" else "parcels"
        key = self.tables[table]["key"].iloc[row]
        same = [i for i, k in enumerate(self.twin[table]["key"].tolist()) if k == key]
        if not same:
            return [self.say("why.without_absent")]
        lines, there = other.why(kind, same[0]), other.end(kind, same[0])
        ours = {(line.quarter, line.sentence) for line in self.why(kind, row)}
        if there == self.end(kind, row) and ours == {(line.quarter, line.sentence) for line in lines}:
            return [self.say("why.without_same"), there]
        told = other.told(lines) or [self.say("why.without_nothing")]
        return [*told, there]

    def _opportunity_without(self, row: int, other: Teller) -> list[str]:
        demand = int(self.tables["opportunities"]["demand"].iloc[row])
        if demand < 0:
            return [self.say("why.without_no_demand")]
        who = self.party(demand)
        key = self.tables["companies"]["key"].iloc[demand]
        there = [i for i, k in enumerate(other.tables["companies"]["key"].tolist()) if k == key]
        served = other.tables["opportunities"]["demand"]
        found = [n for n in range(len(served)) if there and int(served.iloc[n]) == there[0]]
        if not found:
            return [self.say("why.without_no_opportunity", who=who)]
        return [self.say("why.without_opportunity", who=who, n=n, ending=other.ending(n)) for n in found]


def _number(parcel: str) -> str:
    """Return a parcel's name without the word that says it is one."""
    return parcel.removeprefix("parcel ").removeprefix("plot ")
