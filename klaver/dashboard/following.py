"""One run followed through time, with its twin beside it: what a page can ask of a quarter, a parcel, a firm, a case.

:func:`follow` steps a park as ``sim.model.simulate`` does, to the bit, and looks at it after every quarter
(``frames.py``). It takes and returns plain things, so that it can run in another process.
"""

from __future__ import annotations

import math
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from klaver.balance import Balance, balance
from klaver.dashboard.frames import Frames, Recorder
from klaver.language import Language
from klaver.runs import paired_outcomes
from klaver.story import MEASURES, ON_A_ROAD, Line, Teller
from klaver.tables import TWIN_TABLES, tables_of
from sim import model, outcomes, records
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy

if TYPE_CHECKING:
    import pandas as pd

    from sim.park.founding import Names

DECIDING = (
    "party_committed", "party_withdrew", "step_again", "no_overlap", "unfair_division", "funding_gap", "grant_promised",
    "value_case_rejected", "awaits_approval", "agreed", "left_waiting", "left_withdrawn", "left_stalled", "left_exit_rule",
    "left_advised", "no_public_money", "stepped_out", "moved_away", "prospect_elsewhere", "no_legal_split",
    "cost_overrun", "talk_failed", "stance_known",
)  # fmt: skip
"""Kinds of event in which a number was held against another, and that settled what came next."""

_COMPANY_COLUMNS = ("name", "key", "state", "sector", "parcel", "tenant", "jobs", "trust", "plan", "arrived", "left")
_OPEN_TABLES = 8  # runs whose tables lie open at once, over all sessions


@dataclass(frozen=True)
class Known:
    """What is measured of a park, and what is not: values that are assumed or drawn anew in every future.

    Attributes
    ----------
    parcels, companies
        Name to the fields that its file states and does not mark as assumed.
    """

    parcels: Mapping[str, frozenset[str]]
    companies: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, scenario: Scenario) -> Known:
        """Return what a park's file states as measured."""
        return cls(*({row.name: _measured(row) for row in rows} for rows in (scenario.parcels, scenario.companies)))

    def __bool__(self) -> bool:
        """Whether anything at all was measured of a parcel or a company, beyond its name and place."""
        return any(
            fields - {"parcel", "name", "tenant"}
            for table in (self.parcels, self.companies)
            for fields in table.values()
        )


def _measured(row: Any) -> frozenset[str]:
    stated = {name for name, value in row.model_dump(exclude={"note", "assumed"}).items() if value is not None}
    if not getattr(row, "land_wish", 1.0):
        stated.discard("land_wish")
    if hasattr(row, "vacant_quarters") and (stated & {"vacant_quarters", "offered"}):
        stated.add("vacant")
    return frozenset(stated - set(row.assumed) - ({"vacant"} if {"vacant", "vacant_quarters"} & set(row.assumed) else set()))


@dataclass(frozen=True)
class Story:
    """What happened to one parcel, company or opportunity, and why.

    Attributes
    ----------
    heading
        What it is.
    end
        How it stands at the end of the run.
    lines
        What happened, in order.
    told
        The same as sentences with their date, repeated steps told once.
    decided
        The last event in which a number was held against another and that settled what came next: as words; None if
        nothing of the kind happened.
    decided_by : Line or None
        The same with its numbers.
    without
        What became of it in the twin: the same park and the same chance without the strategy.
    """

    heading: str
    end: str
    lines: list[Line]
    told: list[str]
    decided: str | None
    decided_by: Line | None
    without: list[str]


@dataclass(frozen=True)
class Followed:
    """A run and its twin, frame by frame, with the tables of their end.

    Attributes
    ----------
    park, strategy
        Names.
    titles
        What the park is called, by language; empty where its file gives no title.
    seed
        Which future.
    horizon
        Quarters that the park is followed in all; ``frames.quarters`` of them have passed.
    frames, twin_frames : Frames
        With the strategy, and without.
    known : Known
        What of the park is measured.
    outcomes
        As ``klaver.runs.paired_outcomes``; empty before the first quarter has passed.
    measures, twin_measures
        As ``sim.outcomes.measure``; empty before the first quarter has passed.
    refused
        Quarter and number of opportunities that whoever played the municipality stepped out of (``playing.py``).
    """

    park: str
    titles: dict[str, str]
    strategy: str
    seed: int
    horizon: int
    gross_ha: float
    frames: Frames
    twin_frames: Frames
    names: Names
    known: Known
    outcomes: dict[str, dict[str, float]]
    measures: dict[str, float]
    twin_measures: dict[str, float]
    packed: bytes = field(repr=False)
    refused: tuple[tuple[int, int], ...] = ()
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def quarters(self) -> int:
        """Quarters that have passed."""
        return self.frames.quarters

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the run at its end, see ``klaver.tables``; of companies the columns that a story needs."""
        return _unpack(self.packed)[0]

    @property
    def twin_tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the twin, those of ``klaver.tables.TWIN_TABLES``."""
        return _unpack(self.packed)[1]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be worked out again."""
        return {**self.__dict__, "_kept": {}}

    # --- names -------------------------------------------------------------------------------------------------------

    def party(self, party: int, language: Language, twin: bool = False) -> str:
        """Return what a company, owner or outside account is called."""
        return self._called("party", int(party), language, twin)

    def parcel(self, parcel: int, language: Language, twin: bool = False) -> str:
        """Return what a parcel is called."""
        return self._called("parcel", int(parcel), language, twin)

    def _called(self, kind: str, number: int, language: Language, twin: bool) -> str:
        names = self._kept.setdefault((kind, language.code, twin), {})
        if number not in names:
            names[number] = getattr(self._namer(language, twin), kind)(number)
        return names[number]

    def _namer(self, language: Language, twin: bool) -> Teller:
        """Return a teller that knows names only: one of a whole run takes long to make."""
        key = ("names", language.code, twin)
        if key not in self._kept:
            tables = {**self.twin_tables, "owners": self.tables["owners"]} if twin else self.tables
            self._kept[key] = _Teller({**tables, "events": tables["events"].iloc[:0]}, language, None, self.refused)
        return self._kept[key]

    # --- one quarter ---------------------------------------------------------------------------------------------------

    def parcel_at(self, quarter: int, parcel: int, twin: bool = False) -> dict[str, Any]:
        """Return how a parcel stood after so many quarters, as plain values; empty where there was no such parcel.

        Parameters
        ----------
        quarter
            0 to `quarters`.
        parcel
            Row.

        Returns
        -------
        dict
            The fields of ``frames.PARCEL``, with ``owner_kind`` (one of ``records.OWNER_KINDS`` or ``"company"``),
            ``company`` (as :meth:`company_at`, or None), ``works`` (``"permit"``, ``"build"`` ... or None),
            ``vacant_quarters`` (None when occupied), ``public_quality`` in front of it, ``opportunities`` (rows of those
            that concern it) and ``measured`` (names of fields whose value at the start is measured).
        """
        frame = (self.twin_frames if twin else self.frames).at(quarter)
        found = _row(frame.parcels, parcel)
        if found is None:
            return {}
        owner, occupant, since = found["owner"], found["occupant"], found["vacant_since"]
        name = self.names.parcels[parcel] if parcel < len(self.names.parcels) else ""
        segment = _row(frame.segments, found["segment"])
        found |= {
            "owner_kind": self.owner_kind(owner),
            "company": self.company_at(quarter, occupant, twin) if occupant >= 0 else None,
            "works": self.works_at(quarter, twin).get(parcel),
            "vacant_quarters": max(frame.quarter - since, 0) if occupant < 0 and since > records.NEVER else None,
            "public_quality": segment["quality"] if segment else math.nan,
            "opportunities": [case["row"] for case in self.cases_at(quarter, twin) if parcel in case["parcels"]],
            "measured": sorted(self.known.parcels.get(name, ())),
        }
        return found

    def company_at(self, quarter: int, company: int, twin: bool = False) -> dict[str, Any]:
        """Return how a company or prospect stood after so many quarters, as plain values; empty where it was not there.

        The fields of ``frames.COMPANY``, with codes as words (``records.SECTORS``, ``COMPANY_STATES``, ``PLANS``) and
        ``readiness`` as a dict by ``records.READINESS``.
        """
        found = _row((self.twin_frames if twin else self.frames).at(quarter).companies, company)
        if found is None:
            return {}
        found["sector"] = records.SECTORS[found["sector"]]
        found["state"] = records.COMPANY_STATES[found["state"]]
        found["plan"] = records.PLANS[found["plan"]]
        found["readiness"] = dict(zip(records.READINESS, found["readiness"], strict=True))
        return found

    def cases_at(self, quarter: int, twin: bool = False) -> list[dict[str, Any]]:
        """Return the opportunities that were open after so many quarters, oldest first, as plain values.

        Returns
        -------
        list of dict
            The fields of ``frames.OPPORTUNITY`` with ``kind``, ``stage``, ``theme``, ``task`` and ``reason`` as words,
            ``step`` (3 to 6 of the seven), ``seats`` (dicts of ``frames.SEAT``, with ``role`` in words), ``parcels`` (rows
            of what it is about and of who sits at the table, without repeats), ``queues`` (role, action and place in the
            queue, 1 first, in the quarter that comes), and ``waiting`` (pairs of parties: who waits for whom).
        """
        frames = self.twin_frames if twin else self.frames
        quarter = min(max(quarter, 0), frames.quarters)
        key = ("cases", quarter, twin)
        if key not in self._kept:
            self._forget_old()
            frame = frames.at(quarter)
            queues = _queues(frame)
            self._kept[key] = [_case(frame, row, queues.get(int(row["row"]), [])) for row in frame.opportunities]
        return self._kept[key]

    def works_at(self, quarter: int, twin: bool = False) -> dict[int, str]:
        """Return the parcels where works go on or are prepared after so many quarters, and at which task they stand."""
        frame = (self.twin_frames if twin else self.frames).at(quarter)
        works = {int(row["row"]): "build" for row in frame.parcels[frame.parcels["building_until"] > frame.quarter]}
        for case in frame.opportunities[frame.opportunities["stage"] == records.REALISATION]:
            if case["parcel"] >= 0 and case["kind"] != records.COLLECTIVE:
                works[int(case["parcel"])] = records.TASKS[case["task"]]
        for project in frame.projects:
            works[int(project["parcel"])] = records.TASKS[project["task"]]
        return works

    def owner_kind(self, party: int) -> str:
        """Return what kind of owner a party is: one of ``records.OWNER_KINDS``, or ``"company"``."""
        if party >= 0:
            return "company"
        if "owners" not in self._kept:
            self._kept["owners"] = self.tables["owners"]["kind"].tolist()
        return str(self._kept["owners"][-1 - party])

    def counterpart(self, kind: str, row: int, of_twin: bool = False) -> int | None:
        """Return the row in the twin of a company or parcel of the run, or the other way round; None where it is not there.

        Parameters
        ----------
        kind
            ``"company"`` or ``"parcel"``; of an opportunity there is none.
        row
            Of its table.
        of_twin
            ``row`` is the twin's, and the run's is asked.
        """
        here, there = (self.twin_tables, self.tables) if of_twin else (self.tables, self.twin_tables)
        return _same(here, there, kind, row)

    def _forget_old(self) -> None:
        """Keep no more than a few quarters at hand: whoever plays through time would otherwise keep them all."""
        kept = [key for key in list(self._kept) if key[0] == "cases"]
        for key in kept[:-12]:
            self._kept.pop(key, None)

    # --- why -----------------------------------------------------------------------------------------------------------

    def story(self, kind: str, row: int, language: Language) -> Story:
        """Return what happened to a parcel, company or opportunity, and what decided it.

        Parameters
        ----------
        kind
            ``"company"``, ``"parcel"`` or ``"opportunity"``.
        row
            Of its table.

        Raises
        ------
        klaver.story.NoSuchThing
            If the run has no such thing.
        """
        table = self.tables[{"company": "companies", "parcel": "parcels"}.get(kind, "opportunities")]
        if not 0 <= row < len(table):
            Teller({**self.tables, "events": self.tables["events"].iloc[:0]}, language).find(kind, str(row))
        teller = self._teller_about(kind, row, language)
        lines = teller.why(kind, row)
        decided = next((line for line in reversed(lines) if _decides(line)), None)
        name = {"company": teller.party, "parcel": teller.parcel}.get(kind, teller.heading)(row)
        return Story(
            name[:1].upper() + name[1:], teller.end(kind, row), lines, teller.told(lines),
            None if decided is None else _decision(decided, language), decided, teller.without(kind, row),
        )  # fmt: skip

    def balance(self, opportunity: int, language: Language, words: bool = False) -> Balance:
        """Return the balance table of an opportunity as it stands at the end; see ``klaver.balance.balance``."""
        return balance(self._teller_about("opportunity", opportunity, language), opportunity, words)

    def sentence(self, event: Any, language: Language) -> str:
        """Return the sentence of one event, a row of the table of events."""
        return self._namer(language, False).sentence(event)

    def teller(self, language: Language) -> Teller:
        """Return who tells the whole run; takes some tens of milliseconds to make, and is kept."""
        key = ("teller", language.code)
        if key not in self._kept:
            self._kept[key] = _Teller(self.tables, language, self.twin_tables, self.refused)
        return self._kept[key]

    def _teller_about(self, kind: str, row: int, language: Language) -> Teller:
        """Return a teller with only the events that one thing can be told from: a fraction of the time of all."""
        tables, twin = self.tables, self.twin_tables
        there = _same(tables, twin, kind, row)
        return _Teller(
            {**tables, "events": _events_about(tables, kind, row)}, language,
            {**twin, "events": twin["events"].iloc[:0] if there is None else _events_about(twin, kind, there)}, self.refused,
        )  # fmt: skip


class _Teller(Teller):
    """A teller who knows which cases somebody refused who played the municipality: no rule set beforehand stopped those."""

    def __init__(self, tables: Any, language: Language, twin: Any, refused: tuple[tuple[int, int], ...]) -> None:
        super().__init__(tables, language, twin)
        self.refused = frozenset(refused)

    def sentence(self, event: Any) -> str:
        """Return the sentence of one event."""
        if event.kind in ("stepped_out", "left_exit_rule") and (event.quarter, event.opportunity) in self.refused:
            return self.say(f"map.play.{event.kind}")
        return super().sentence(event)


def _row(rows: Any, number: int) -> dict[str, Any] | None:
    """Return the record of a row as plain values, or None."""
    place = int(np.searchsorted(rows["row"], number))  # rows stand in ascending order
    if place >= len(rows) or rows["row"][place] != number:
        return None
    return {name: rows[name][place].tolist() for name in rows.dtype.names}


def _case(frame: Any, row: Any, queues: list[dict[str, Any]]) -> dict[str, Any]:
    case = {name: row[name].tolist() for name in row.dtype.names}
    number, stage = case["row"], case["stage"]
    seats = [{name: seat[name].tolist() for name in seat.dtype.names}
             for seat in frame.seats[frame.seats["opportunity"] == number]]  # fmt: skip
    site = dict(zip(frame.companies["row"].tolist(), frame.companies["parcel"].tolist(), strict=True))
    about = [case["parcel"], case["second"], *(site.get(seat["party"], -1) for seat in seats)]
    case |= {
        "kind": records.OPPORTUNITY_KINDS[case["kind"]], "stage": records.STAGES[stage], "step": stage,
        "task": records.TASKS[case["task"]] if stage == records.REALISATION else "none",
        "theme": records.THEMES[case["theme"]] if case["kind"] == records.COLLECTIVE else "",
        "reason": records.EVENTS[case["reason"]] if case["reason"] >= 0 else "",
        "seats": seats, "parcels": list(dict.fromkeys(parcel for parcel in about if parcel >= 0)),
        "queues": queues, "waiting": _who_waits(seats, stage),
    }  # fmt: skip
    for seat in seats:
        seat["role"] = records.SEAT_ROLES[seat["role"]]
    return case


def _queues(frame: Any) -> dict[int, list[dict[str, Any]]]:
    """Return where opportunities stand in the queues of the roles: role, action, hours and place (1 is served first)."""
    found: dict[int, list[dict[str, Any]]] = {}
    served = [0] * len(records.ROLES)
    for role, action, target, kind, hours in frame.jobs.tolist():
        served[role] += 1
        if kind == 1:
            job = {
                "role": records.ROLES[role],
                "action": records.ACTIONS[action],
                "hours": hours,
                "place": served[role],
            }
            found.setdefault(target, []).append(job)
    return found


def _who_waits(seats: list[dict[str, Any]], stage: int) -> list[tuple[int, int]]:
    """Return pairs (who waits, for whom): a party that would gain, and those who have not committed themselves.

    Only in a case (step 4): before it nobody is asked to commit. The municipality commits with the others.
    """
    if stage != records.CASE:
        return []
    open_ = [seat for seat in seats if not seat["committed"] and seat["party"] != records.MUNICIPALITY]
    return [
        (seat["party"], other["party"])
        for seat in open_
        if seat["utility"] > 0.0
        for other in open_
        if other is not seat
    ]


def _events_about(tables: Mapping[str, pd.DataFrame], kind: str, row: int) -> pd.DataFrame:
    """Return the events that a teller may need for one thing: rather a few too many than one too few."""
    events = tables["events"]
    if kind == "parcel":
        segment = int(tables["parcels"]["segment"].iloc[row])
        on_road = events["kind"].isin(ON_A_ROAD)
        return events[(~on_road & (events["parcel"] == row)) | (on_road & (events["parcel"] == segment))]
    if kind == "opportunity":
        demand = int(tables["opportunities"]["demand"].iloc[row])
        return events[(events["opportunity"] == row) | ((events["party"] == demand) & (demand >= 0))]
    seats = tables["seats"]
    mine = seats.loc[seats["party"] == row, "opportunity"]
    return events[(events["party"] == row) | events["opportunity"].isin(mine)]


def _same(tables: Mapping[str, pd.DataFrame], twin: Mapping[str, pd.DataFrame], kind: str, row: int) -> int | None:
    """Return the row of the same company or parcel in the twin; None where there is none, or for an opportunity."""
    if kind == "opportunity":
        return None
    table = "companies" if kind == "company" else "parcels"
    same = np.flatnonzero(twin[table]["key"].to_numpy() == tables[table]["key"].iloc[row])
    return int(same[0]) if same.size else None


def _decides(line: Line) -> bool:
    """Return whether an event settled something: a stance only where it is a no."""
    return line.kind in DECIDING and (line.kind != "stance_known" or line.value <= 0.0)


def _decision(line: Line, say: Language) -> str:
    """Return in words what number was held against what, and what came of it."""
    kind = "stance_no" if line.kind == "stance_known" else line.kind
    value, threshold = MEASURES[line.kind]
    return say(
        f"map.decided.{kind}",
        value=_in_words(value, line.value, say),
        threshold=_in_words(threshold, line.threshold, say),
    )


def _in_words(measure: str, number: float, say: Language) -> str:
    """Return a number of an event with its unit; measures as in ``story.MEASURES``."""
    words = {"share": say.share, "euros": say.euros, "quarters": say.duration, "score": lambda x: say.number(x, 2),
             "area": lambda x: f"{say.number(x)} m2"}  # fmt: skip
    return words.get(measure, say.number)(number)


# --- following -------------------------------------------------------------------------------------------------------------


def follow(
    park: Mapping[str, Any],
    strategy: Mapping[str, Any],
    seed: int,
    quarters: int | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Followed:
    """Run a park and its twin quarter by quarter, and keep what a page can show of them.

    Parameters
    ----------
    park, strategy
        As ``Scenario.resolved`` and ``Strategy.resolved`` return them.
    seed
        Which future, 0 or more.
    quarters
        How long; as the park says if None.
    parameters
        Values that replace the park's own, by dotted name (``parameters.beta``): one draw of a posterior.

    Returns
    -------
    Followed
        Can be sent to another process.

    Raises
    ------
    ValueError
        If the park or the strategy is not right.
    """
    scenario, chosen = with_parameters(park, parameters), Strategy.from_resolved(dict(strategy))
    place = model.Park.of(scenario, quarters)
    before, names = model.prepare_named(place, seed)
    record = chosen.record(scenario, place.gross_ha)
    recorded = step_through(before, record, place.quarters)
    twin = step_through(before, model.no_strategy(), place.quarters)
    return as_followed(scenario, chosen.name, seed, place, names, recorded, twin)


def with_parameters(park: Mapping[str, Any], parameters: Mapping[str, float] | None) -> Scenario:
    """Return a park from its resolved content, with other parameters where these are given.

    As the lanes draw them for an ensemble, so that the future that is followed is the one among its seeds.
    """
    from analysis.variants import Point, vary_park

    return vary_park(Scenario.from_resolved(dict(park)), Point(0, dict(parameters or {})))


def step_through(before: Any, strategy: np.recarray, quarters: int) -> tuple[Any, Recorder]:
    """Return a copy of a world after so many quarters under a strategy, and what was seen of it."""
    world = model.copy_world(before)
    model.adopt_strategy(world, strategy)
    recorder = Recorder(world)
    for quarter in range(quarters):
        world = model.run_until(world, quarter + 1)
        recorder.look(world)
    return world, recorder


def as_followed(
    scenario: Scenario,
    strategy: str,
    seed: int,
    place: model.Park,
    names: Names,
    run: tuple[Any, Recorder],
    twin: tuple[Any, Recorder],
    refused: tuple[tuple[int, int], ...] = (),
) -> Followed:
    """Return a run and its twin, both stepped equally far, as a page asks them."""
    passed = int(run[0].clock[0].quarter) > 0
    measures, twin_measures = (outcomes.measure(world) if passed else {} for world in (run[0], twin[0]))
    return Followed(
        scenario.name, dict(place.title), strategy, seed, place.quarters, place.gross_ha, run[1].frames(), twin[1].frames(),
        names, Known.of(scenario), paired_outcomes(measures, twin_measures, place.gross_ha) if passed else {}, measures,
        twin_measures, _pack(_tables(run[0], names, None), _tables(twin[0], names, TWIN_TABLES)), refused,
    )  # fmt: skip


def _tables(world: Any, names: Names, keep: tuple[str, ...] | None) -> dict[str, pd.DataFrame]:
    tables = tables_of(world, names)
    tables["companies"] = tables["companies"][list(_COMPANY_COLUMNS)]
    return tables if keep is None else {name: tables[name] for name in keep}


def _pack(tables: dict[str, pd.DataFrame], twin: dict[str, pd.DataFrame]) -> bytes:
    return zlib.compress(pickle.dumps((tables, twin), protocol=5), 1)


@lru_cache(maxsize=_OPEN_TABLES)
def _unpack(packed: bytes) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return tables that this program packed itself; nothing that came from outside is ever read this way."""
    return pickle.loads(zlib.decompress(packed))
