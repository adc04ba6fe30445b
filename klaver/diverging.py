"""Where two paired runs part: the first events that differ, the first number that differs, and what it led to.

Paired are runs of one park, with the same parameters, seed and length. Their events are held against each other quarter
by quarter, as what happened to whom and on what numbers; parties, parcels and opportunities are told by their key, since
a row may hold another in the other run. A run can also be held against its own twin without intervention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from klaver import results
from klaver.command_line import BadOption
from klaver.language import Language
from klaver.story import Teller

FOLLOWED = ("vitality", "private_investment", "public_outlay", "vacancy", "jobs")
MOST_EVENTS, MOST_RESULTS = 6, 8


@dataclass(frozen=True)
class Parting:
    """How two paired runs part.

    Attributes
    ----------
    names
        Of the two sides.
    inputs
        Dotted key of a strategy to its two values, where they differ.
    quarter
        First quarter with other events; None where all are the same.
    events
        Per side, the sentences of the events of that quarter that the other side does not have.
    thresholds
        Sentences on events that differ only in what a figure was held against.
    indicators
        Indicator to (first quarter in which it differs, difference at the end: second minus first).
    led_to
        What became different, in sentences.
    """

    names: tuple[str, str]
    inputs: Mapping[str, tuple[Any, Any]]
    quarter: int | None
    events: tuple[list[str], list[str]]
    thresholds: list[str] = field(default_factory=list)
    indicators: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    led_to: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, in the documented form (``docs/data.md``)."""
        return {
            "runs": list(self.names), "inputs": {key: list(pair) for key, pair in self.inputs.items()},
            "quarter": self.quarter, "events": {"first": self.events[0], "second": self.events[1]},
            "thresholds": self.thresholds,
            "indicators": {
                name: {"quarter": quarter, "difference_at_end": change}
                for name, (quarter, change) in self.indicators.items()
            },
            "led_to": self.led_to,
        }  # fmt: skip


def check_paired(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Refuse two runs that are not of the same park, seed and length.

    Parameters
    ----------
    first, second
        What ``provenance.json`` keeps as configuration.

    Raises
    ------
    BadOption
        Naming what differs.
    """
    for what, key in (("park", "park"), ("seed", "seeds"), ("quarters", "quarters")):
        if first.get(key) != second.get(key):
            a, b = (side.get("park_name") if key == "park" else side.get(key) for side in (first, second))
            raise BadOption("error.not_paired", what=what, a=a, b=b)


def differing_inputs(first: Mapping[str, Any], second: Mapping[str, Any], prefix: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the dotted keys in which two strategies differ, titles left out, with both values."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted(set(first) | set(second)):
        a, b = first.get(key), second.get(key)
        if (key in ("title", "description", "name") and not prefix) or a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found.update(differing_inputs(a, b, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = (a, b)
    return found


def part(names: tuple[str, str], first: Teller, second: Teller, inputs: Mapping[str, tuple[Any, Any]]) -> Parting:
    """Return how two paired runs part.

    Parameters
    ----------
    names
        What to call them.
    first, second
        Who tells each; their tables must hold companies, parcels, opportunities, events and indicators.
    inputs
        As :func:`differing_inputs` returns them.
    """
    sides = (_Side(first), _Side(second))
    quarter = next(
        (q for q in sorted(set(sides[0].quarters) | set(sides[1].quarters))
         if sides[0].signatures(q) != sides[1].signatures(q)), None,
    )  # fmt: skip
    events: tuple[list[str], list[str]] = ([], [])
    thresholds: list[str] = []
    if quarter is not None:
        here = [side.signatures(quarter) for side in sides]
        only = [here[0] - here[1], here[1] - here[0]]
        moved = {mark[:5] for mark in only[0]} & {mark[:5] for mark in only[1]}
        for side, marks, told in zip(sides, only, events, strict=True):
            told.extend(side.sentences(quarter, {mark for mark in marks if mark[:5] not in moved}))
        for mark in sorted(only[0]):
            if mark[:5] in moved:
                other = next(m for m in only[1] if m[:5] == mark[:5])
                a, b = sides[0].sentences(quarter, {mark})[0], sides[1].sentences(quarter, {other})[0]
                thresholds.append(first.say("diverge.other_figure", a=a, b=b))
    return Parting(names, inputs, quarter, events, thresholds, _indicators(first, second), _led_to(first, second))


class _Side:
    """The events of one run, each with a mark that means the same in another run."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        keys = {name: teller.tables[name]["key"].tolist() for name in ("companies", "parcels", "opportunities")}
        self.quarters: dict[int, list[tuple[tuple[Any, ...], Any]]] = {}
        for event in teller.tables["events"].itertuples(index=False):
            if event.quarter < 0:
                continue
            party = keys["companies"][event.party] if 0 <= event.party < len(keys["companies"]) else event.party
            parcel = keys["parcels"][event.parcel] if 0 <= event.parcel < len(keys["parcels"]) else event.parcel
            case = keys["opportunities"][event.opportunity] if event.opportunity >= 0 else -1
            mark = (event.kind, party, parcel, case, round(event.value, 6), round(event.threshold, 6))
            self.quarters.setdefault(int(event.quarter), []).append((mark, event))

    def signatures(self, quarter: int) -> Counter[tuple[Any, ...]]:
        return Counter(mark for mark, _ in self.quarters.get(quarter, []))

    def sentences(self, quarter: int, marks: set[tuple[Any, ...]]) -> list[str]:
        return [self.teller.sentence(event) for mark, event in self.quarters.get(quarter, []) if mark in marks]


def _indicators(first: Teller, second: Teller) -> dict[str, tuple[int, float]]:
    found = {}
    a, b = first.tables["indicators"], second.tables["indicators"]
    for name in FOLLOWED:
        x, y = a[name].to_numpy(float), b[name].to_numpy(float)
        n = min(x.size, y.size)
        other = np.flatnonzero(~np.isclose(x[:n], y[:n], rtol=1e-12, atol=1e-9))
        if other.size:
            found[name] = (int(other[0]), float(y[n - 1] - x[n - 1]))
    return found


def _led_to(first: Teller, second: Teller) -> list[str]:
    """Return what ended otherwise: opportunities by their works, then companies by their jobs."""
    say = first.say
    told: list[tuple[float, str]] = []
    a, b = (_by_key(teller, "opportunities") for teller in (first, second))
    for key in a.keys() | b.keys():
        x, y = a.get(key), b.get(key)
        row = x if x is not None else y
        assert row is not None
        works = float(row.works)
        if x is None or y is None:
            teller = first if x is not None else second
            which = say("diverge.first") if x is not None else say("diverge.second")
            told.append((works, say("diverge.only_in", run=which, what=teller.heading(row.Index))))
        elif x.stage != y.stage:
            told.append((works, say(
                "diverge.other_end", what=first.heading(x.Index), there=second.ending(y.Index))))  # fmt: skip
    a, b = (_by_key(teller, "companies") for teller in (first, second))
    for key in a.keys() & b.keys():
        x, y = a[key], b[key]
        if x.state != y.state and "prospect" not in (x.state, y.state):
            states = {"a": say(f"state.{x.state}"), "b": say(f"state.{y.state}")}
            told.append((50_000.0 * float(x.jobs), say("diverge.company", who=first.party(x.Index), **states)))
    told.sort(key=lambda item: (-item[0], item[1]))
    lines = [text for _, text in told[:MOST_RESULTS]]
    if len(told) > MOST_RESULTS:
        lines.append(say("diverge.more", n=len(told) - MOST_RESULTS))
    return lines


def _by_key(teller: Teller, table: str) -> dict[int, Any]:
    return {int(row.key): row for row in teller.tables[table].itertuples() if row.key != 0}


def part_folders(one: Path, two: Path | None, say: Language) -> Parting:
    """Return how the runs of two result folders part; of one folder, the run from its own twin.

    Raises
    ------
    BadOption
        If the runs are not paired.
    results.UnreadableResult
        If a folder is no result of ``klaver run``, or torn.
    """
    from klaver.folders import read_teller

    first = read_teller(one, say)
    kept = results.read_provenance(one)["configuration"]
    (mine,) = kept["strategies"].items()
    if two is None:
        if first.twin is None:
            raise BadOption("error.no_twin", folder=one)
        twin = Teller({**first.twin, "owners": first.tables["owners"]}, say)
        return part((say("diverge.twin"), mine[0]), twin, first, {})
    second = read_teller(two, say)
    other = results.read_provenance(two)["configuration"]
    check_paired(kept, other)
    (theirs,) = other["strategies"].items()
    names = (mine[0], theirs[0])
    if names[0] == names[1]:
        names = (str(one), str(two))
    return part(names, first, second, differing_inputs(mine[1], theirs[1]))
