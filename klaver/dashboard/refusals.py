"""What a stranger's park, strategy or session cannot be, told in the language of the page.

The checks are those of ``sim/inputs``; their findings are told here by key, so that they can be said in Dutch too. On top of
them come the limits of the dashboard: one server serves many, and no park may hold it up.
"""

from __future__ import annotations

import difflib
import json
import logging
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from klaver.language import ScreenLanguage
from sim.inputs import scenario as parks
from sim.inputs import strategy as strategies
from sim.inputs.parameters import PARAMETERS
from sim.inputs.problems import InputProblem, printable, show
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy
from sim.park.ascii_map import DEFAULT_LEGEND
from sim.park.plan import ParkPlan

LARGEST_HA = 300
MOST_PREMISES = 1_500
MOST_PARCELS = 2_000
MOST_CELLS = 60_000
"""Cells of a map; reading as many, with as many premises, takes two seconds."""
MOST_EXITS = 100
"""Of a map; from each one the roads are followed."""
MOST_PROBLEMS = 50
"""Problems of one file that are told; the rest is counted."""
_EXAMINED = 60  # findings that are put in words; looking for the nearest name takes time
_MOST_STRANGE = 20  # names that a park's tables do not know, before looking for the nearest of each takes too long


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the key of its sentence in ``own.*.toml``, and what fills it in.

    Attributes
    ----------
    key
        Without ``own.``.
    values
        Text and numbers; numbers are written as the language does.
    near
        A name that may have been meant, told after the sentence; empty for none.
    """

    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    near: str = ""

    def told(self, say: ScreenLanguage) -> str:
        """Return the problem as a sentence of plain text."""
        values = {name: value if isinstance(value, str) else _number(value, say) for name, value in self.values.items()}
        sentence = say(f"own.{self.key}", **values)
        return f"{sentence} {say('own.did_you_mean', near=self.near)}" if self.near else sentence


class Refused(ValueError):
    """Something from outside, or an edit, that cannot be.

    Parameters
    ----------
    problems
        All that is wrong, one or more.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.key} {dict(problem.values)}" for problem in problems))
        self.problems = problems

    def told(self, say: ScreenLanguage) -> list[str]:
        """Return every problem as a sentence; of very many the first, and how many more there are."""
        lines = [problem.told(say) for problem in self.problems[:MOST_PROBLEMS]]
        more = len(self.problems) - MOST_PROBLEMS
        return [*lines, say("own.more_problems", n=say.number(more))] if more > 0 else lines


def read_scenario(content: Mapping[str, Any]) -> Scenario:
    """Return a park from the content of a file, or from what ``Scenario.resolved()`` gave, within the dashboard's limits.

    Raises
    ------
    Refused
        With all problems: of its keys and values, or else of its map and size.
    """
    scenario = read_keys(content)
    check_size(scenario)
    return scenario


def read_keys(content: Mapping[str, Any]) -> Scenario:
    """Return a park of which keys and values are right; its map and size are not looked at yet.

    Raises
    ------
    Refused
        With all problems.
    """
    own = content.get("parameters")
    if isinstance(own, dict) and len(own) > len(PARAMETERS):
        raise Refused(Problem("too_many_parameters", {"n": len(own), "most": len(PARAMETERS)}))
    return _validated(Scenario, content, parks._allowed_keys())


def read_strategy(content: Mapping[str, Any]) -> Strategy:
    """Return a strategy from the content of a file, or from what ``Strategy.resolved()`` gave.

    Raises
    ------
    Refused
        With all problems.
    """
    return _validated(Strategy, content, strategies._allowed_keys())


def check_size(scenario: Scenario) -> ParkPlan:
    """Return the plan of a park that can be laid out within what the dashboard takes on.

    Parameters
    ----------
    scenario
        A park whose keys and values are right.

    Returns
    -------
    ParkPlan
        Shared between callers of the same content; not to be changed.

    Raises
    ------
    Refused
        If it is too large (more than 300 ha, 1,500 companies, 2,000 parcels or 60,000 cells), or its map and tables do not
        fit together.
    """
    sizes: list[tuple[str, float, int]] = [("cells", count_cells(scenario), MOST_CELLS)]
    if scenario.map is None:
        plots = scenario.firms / (1.0 - scenario.vacant_land) + (scenario.vacant_site_ha > 0.0)
        sizes += [("hectares", scenario.gross_ha, LARGEST_HA), ("premises", scenario.firms, MOST_PREMISES),
                  ("parcels", round(plots), MOST_PARCELS)]
    else:
        plots = max(len(scenario.parcels), sum(mark.kind == "parcel" for mark in scenario.legend.values()))
        exits = [sign for sign, mark in scenario.legend.items() if mark.kind == "exit" and len(sign) == 1]
        exits += [sign for sign, mark in DEFAULT_LEGEND.items() if mark["kind"] == "exit" and sign not in scenario.legend]
        sizes += [("premises", len(scenario.companies), MOST_PREMISES), ("parcels", plots, MOST_PARCELS),
                  ("owners", len(scenario.owners), MOST_PARCELS), ("exits", sum(map(scenario.map.count, exits)), MOST_EXITS),
                  ("strange", _count_strange(scenario), _MOST_STRANGE)]
    too_large = [Problem(f"too_many_{what}", {"n": n, "most": most}) for what, n, most in sizes if n > most]
    if too_large:
        raise Refused(*too_large)
    found = _planned(json.dumps(scenario.resolved(), sort_keys=True))
    if isinstance(found, ParkPlan):
        return found
    raise Refused(*found)


def count_cells(scenario: Scenario) -> int:
    """Return about how many cells a park has, without laying it out; of a drawn map, its rows times the widest one."""
    if scenario.map is None:
        return round(scenario.gross_ha * 10_000.0 / scenario.cell_m**2)
    if len(scenario.map) > 4 * MOST_CELLS:
        return len(scenario.map)
    lines = textwrap.dedent(scenario.map).splitlines()
    return len(lines) * max((len(line) for line in lines), default=0)


def _count_strange(scenario: Scenario) -> int:
    """Return how many parcels and owners a drawn park's tables name that it does not have."""
    drawn = {mark.name for mark in scenario.legend.values() if mark.kind == "parcel"}
    parties = {row.name for row in scenario.companies} | {row.name for row in scenario.owners}
    return (sum(row.name not in drawn for row in scenario.parcels)
            + sum(row.parcel is not None and row.parcel not in drawn for row in scenario.companies)
            + sum(row.owner is not None and row.owner not in parties for row in scenario.parcels))


@lru_cache(maxsize=128)
def _planned(content: str) -> ParkPlan | tuple[Problem, ...]:
    """Return the plan of a park given as JSON, or what is wrong with it: undo and restored versions ask again and again."""
    scenario = Scenario.model_validate(json.loads(content))
    try:
        plan = scenario.plan()
    except InputProblem as error:
        lead = f"{scenario.name}: "  # of the file, and of a layout once more
        lines = [line.removeprefix(lead).removeprefix(lead) for line in error.problems[:_EXAMINED]]
        told = (problem for line in lines for problem in _from_sentence(line))
        return (*told, *(Problem("check_says") for _ in error.problems[_EXAMINED:]))
    except Exception:  # whatever a stranger's park brings about, the page goes on; the log has the cause
        logging.getLogger(__name__).exception("a park could not be laid out")
        return (Problem("cannot_lay_out"),)
    if not any(parcel.floor != 0.0 for parcel in plan.parcels):
        return (Problem("no_premises"),)
    hectares = float((plan.kind != 0).sum()) * plan.cell_m**2 / 10_000.0
    if scenario.map is not None and hectares > 1.02 * LARGEST_HA:  # a park laid out on whole cells comes out a little over
        return (Problem("too_many_hectares", {"n": hectares, "most": LARGEST_HA}),)
    return plan


def _validated[Checked: BaseModel](
    model: type[Checked], content: Mapping[str, Any], keys: Mapping[str, Sequence[str]]
) -> Checked:
    try:
        return model.model_validate(dict(content))
    except ValidationError as error:
        raise Refused(*_from_validation(error, keys)) from None


_BOUNDS = {"greater_than_equal": "at_least", "less_than_equal": "at_most", "greater_than": "more_than",
           "less_than": "less_than"}  # fmt: skip
_WANTED = {"float_type": "a_number", "int_type": "a_whole_number", "int_from_float": "a_whole_number",
           "bool_type": "yes_or_no", "string_type": "a_text", "list_type": "a_list", "dict_type": "a_table",
           "model_type": "a_table", "tuple_type": "a_list"}  # fmt: skip


def _from_validation(error: ValidationError, keys: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return what pydantic found, one problem or more for each finding."""
    found: list[Problem] = []
    for problem in error.errors(include_url=False):
        if len(found) > _EXAMINED:
            found.append(Problem("check_says"))  # counted, not told
            continue
        path = [part for part in problem["loc"] if part != "[key]"]
        key = ".".join(f"[{part + 1}]" if isinstance(part, int) else printable(part) for part in path).replace(".[", "[")
        value, kind, context = show(problem.get("input")), problem["type"], problem.get("ctx", {})
        if kind == "extra_forbidden":
            table = ".".join(str(part) for part in path[:-1] if not isinstance(part, int))
            found.append(Problem("unknown_key", {"key": key}, nearest_name(str(path[-1]), keys.get(table, ()))))
        elif kind == "missing":
            found.append(Problem("missing", {"key": key}))
        elif kind in _BOUNDS:
            bound = f"{float(next(iter(context.values()))):.10g}"  # as it would stand in a file
            found.append(Problem(_BOUNDS[kind], {"key": key, "value": value, "bound": bound}))
        elif kind == "finite_number":
            found.append(Problem("ordinary_number", {"key": key, "value": value}))
        elif kind == "literal_error":
            allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            near = nearest_name(str(problem.get("input")), allowed)
            found.append(Problem("one_of", {"key": key, "value": value, "allowed": ", ".join(allowed)}, near))
        elif kind in _WANTED:
            found.append(Problem(_WANTED[kind], {"key": key, "value": value}))
        elif kind in ("too_long", "string_too_long"):
            found.append(Problem("too_long", {"key": key, "most": int(context.get("max_length", 0))}))
        elif kind == "string_pattern_mismatch":
            found.append(Problem("plain_letters", {"key": key, "value": value}))
        elif kind == "value_error":
            found += _from_sentence(str(context.get("error", problem["msg"])), key)
        else:
            found.append(Problem("check_says", {"text": printable_line(f"{key}: {problem['msg']}")}))
    return found


def _from_sentence(text: str, key: str = "") -> list[Problem]:
    """Return a sentence of the checks as problems of which the text stands in the language files.

    Parameters
    ----------
    text
        As ``sim`` says it, in English.
    key
        Of the table or value that it is about.
    """
    if key == "parameters":
        several = [Problem("unknown_parameter", {"name": name}, near or "") for name, near in _UNKNOWN_PARAMETER.findall(text)]
        several += [
            Problem("parameter_range", {"name": name, "value": value, "low": low, "high": high})
            for name, value, low, high in _PARAMETER_RANGE.findall(text)
        ]
        if several:
            return several
    for pattern, problem, names in _SENTENCES:
        match = pattern.fullmatch(text)
        if match:
            parts = dict(zip(names, match.groups(), strict=True))
            near = parts.pop("near", None) or ""
            values = {name: printable(part) for name, part in parts.items()}
            return [Problem(problem, values | ({"key": key} if key and "key" not in values else {}), near)]
    return [Problem("check_says", {"text": printable_line(f"{key} {text}".strip())})]


_NEAR = r"(?: Did you mean '(.*)'\?)?"
_UNKNOWN_PARAMETER = re.compile(r"\.(\S+) is not a known parameter\.(?: Did you mean '([^']*)'\?)?")
_PARAMETER_RANGE = re.compile(r"\.(\S+) is (\S+); it lies between (\S+) and (\S+) ")
_SENTENCES: list[tuple[re.Pattern[str], str, tuple[str, ...]]] = [
    (re.compile(pattern, re.DOTALL), key, names)
    for pattern, key, names in (
        (r"sum to (\S+); the shares of the four roles must sum to 1\.", "roles_sum", ("total",)),
        (r"sum to (\S+); shares must sum to 1\.", "shares_sum", ("total",)),
        (rf"has no sector '(.*)'; sectors are (.*?)\.{_NEAR}", "no_sector", ("name", "allowed", "near")),
        (r"closes in quarter (\S+), not after it opens \((\S+)\)\.", "window_order", ("closes", "opens")),
        (r"parcels, companies and legend describe a drawn map, but there is no map\.", "no_map", ()),
        (r"map: the map is empty", "map_empty", ()),
        (r"map: row (\d+) has (\d+) cells, the widest row (\d+)", "map_row", ("row", "cells", "widest")),
        (r"map: row (\d+), column (\d+): (.*) is not in the legend", "map_sign", ("row", "column", "sign")),
        (r"map: the map has no exit: .*", "map_exit", ()),
        (r"map: parcel '(.*)' is in the legend, but not on the map", "map_absent", ("name",)),
        (r"map: row (\d+), column (\d+): parcel ['\"](.*)['\"] is not in one piece with its cell at row (\d+), column (\d+)",
         "map_pieces", ("row", "column", "name", "other_row", "other_column")),
        (r"map: row (\d+), column (\d+): parcel ['\"](.*)['\"] has no side on a road that reaches an exit .*", "map_access",
         ("row", "column", "name")),
        (r"map: legend: (.*) is not one character", "legend_sign", ("sign",)),
        (r"parcels: '(.*)' stands there twice\.", "parcel_twice", ("name",)),
        (rf"parcels: '(.*)' is not on the map\.{_NEAR}", "parcel_unknown", ("name", "near")),
        (rf"companies: '(.*)' stands on parcel '(.*)', which is not on the map\.{_NEAR}", "company_nowhere",
         ("name", "parcel", "near")),
        (r"companies: '(.*)' and '(.*)' stand on the same parcel '(.*)'\.", "company_shares",
         ("name", "other", "parcel")),
        (r"companies and owners: '(.*)' stands there twice\.", "party_twice", ("name",)),
        (rf"parcels: the owner of '(.*)' is '(.*)', who is not among the owners and companies\.{_NEAR}", "owner_unknown",
         ("parcel", "name", "near")),
        (r"parcels: '(.*)' is vacant and has company '(.*)'\.", "vacant_and_used", ("parcel", "name")),
        (r"vacant_site_ha is (\S+); at most (\S+) of the (\S+) net hectares can be one vacant site", "site_too_large",
         ("value", "most", "net")),
        (r"(\d+) firms on (\S+) ha leave less than two cells of (\S+) m a plot; set cell_m to (\S+) or less",
         "cells_too_coarse", ("firms", "hectares", "cell", "finest")),
    )
]  # fmt: skip


def printable_line(text: str, most: int = 300) -> str:
    """Return text on one line without control characters, at most so many characters."""
    plain = text if text.isprintable() else text.encode("unicode_escape").decode()
    return plain if len(plain) <= most else plain[: most - 3] + "..."


def nearest_name(name: str, allowed: Iterable[str]) -> str:
    """Return the closest of the allowed names; empty where none is close."""
    # Comparing takes time with the square of the length: what is very long is no mistyped key.
    match = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.6) if len(name) <= 100 else []
    return match[0] if match else ""


def _number(value: float, say: ScreenLanguage) -> str:
    digits = next((digits for digits in range(4) if abs(value - round(value, digits)) < 1e-9), 3)
    return say.number(float(value), digits)


__all__ = [
    "LARGEST_HA", "MOST_CELLS", "MOST_PREMISES", "Problem", "Refused", "check_size", "count_cells", "nearest_name",
    "printable_line", "read_keys", "read_scenario", "read_strategy",
]  # fmt: skip
