"""What comes in from a stranger: a park or strategy file, or a session file. Read, checked, and told about.

A file is only ever parsed as TOML or JSON. No path in it is opened: ``based_on`` may name a shipped park or strategy, and
nothing else. Whatever the bytes, an :class:`Upload` comes back: with what was in the file, or with all that is wrong with it.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np

from klaver.dashboard.refusals import (
    LARGEST_HA,
    MOST_CELLS,
    MOST_PREMISES,
    Problem,
    Refused,
    check_size,
    nearest_name,
    printable_line,
    read_scenario,
    read_strategy,
)
from klaver.dashboard.session_file import check_depth, read_session
from klaver.dashboard.shared import shipped_park
from klaver.dashboard.sketch import shown_name
from klaver.language import ScreenLanguage
from sim.inputs.files import merge, read_with_base
from sim.inputs.scenario import Scenario, list_parks
from sim.inputs.strategy import Strategy, list_strategies
from sim.records import OUTSIDE

LARGEST_UPLOAD = 2_000_000
"""Bytes of a file."""
_LONGEST_KEY = 20  # parts of a dotted key; reading one takes time with the square of its parts
_NAMED = 6  # names in a sentence of the report

_ONLY_PARK = {"gross_ha", "net_gross", "firms", "vacant_land", "vacant_site_ha", "layout_seed", "founding", "municipality",
              "parameters", "map", "legend", "parcels", "companies", "owners", "windows", "cell_m", "motorway", "burn_in",
              "quarters"}  # fmt: skip
_ONLY_DRAWN = {"map", "legend", "parcels", "companies", "owners"}
_ONLY_LAID_OUT = {"gross_ha", "net_gross", "firms", "vacant_land", "vacant_site_ha", "layout_seed"}
_ONLY_STRATEGY = set(Strategy.model_fields) - set(Scenario.model_fields)


@dataclass(frozen=True)
class Upload:
    """What a file turned out to be.

    Attributes
    ----------
    name
        Of the file, as text that can be shown.
    kind
        ``"park"``, ``"strategy"``, ``"session"``, or ``""`` where that is not clear.
    scenario, strategy, session
        What was in it, of these the one of its kind, where nothing is wrong: a session as ``session_file`` returns it.
    problems
        All that is wrong, as sentences of plain text; empty where nothing is.
    report
        What was found and what was filled in: groups of a heading and its sentences.
    warning
        Of a session file, that it was made with another version, as a sentence; empty for none.
    """

    name: str
    kind: str = ""
    scenario: Scenario | None = None
    strategy: Strategy | None = None
    session: dict[str, Any] | None = None
    problems: tuple[str, ...] = ()
    report: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    warning: str = ""


def read_upload(name: str, data: bytes, language: str) -> Upload:
    """Return what a file holds, or what is wrong with it; never raises.

    Parameters
    ----------
    name
        Of the file, as the browser says it: ``.toml`` for a park or strategy, ``.json`` for a session.
    data
        Its content, at most 2 MB.
    language
        ``"nl"`` or ``"en"``: of problems and report.
    """
    say = ScreenLanguage(language)
    shown = printable_line(PurePath(name.replace("\\", "/")).name or name, 80)
    kind = ""
    try:
        text = _text(name, data)
        if name.lower().endswith(".json"):
            kind = "session"
            state, warning = read_session(text)
            return Upload(shown, kind, session=state, report=report_session(state, say),
                          warning=say(warning) if warning else "")
        table = parse_toml(text)
        kind = _kind_of(table)
        content, base = _on_base(table, kind, name)
        if kind == "park":
            scenario = read_scenario(content)
            return Upload(shown, kind, scenario=scenario, report=report_park(scenario, say, base, table))
        strategy = read_strategy(content)
        return Upload(shown, kind, strategy=strategy, report=report_strategy(strategy, say, base, table))
    except Refused as refused:
        return Upload(shown, kind, problems=tuple(refused.told(say)))
    except Exception:  # whatever a stranger sends, the session goes on; the log has the cause
        logging.getLogger(__name__).exception("an upload could not be read")
        return Upload(shown, kind, problems=(say("own.cannot_read"),))


def _text(name: str, data: bytes) -> str:
    if not name.lower().endswith((".toml", ".json")):
        raise Refused(Problem("other_suffix"))
    if len(data) > LARGEST_UPLOAD:
        raise Refused(Problem("file_too_large", {"most": LARGEST_UPLOAD // 1_000_000}))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(Problem("not_text", {"byte": error.start + 1})) from None
    if not text.strip():
        raise Refused(Problem("file_empty"))
    return text.replace("\r\n", "\n")


def parse_toml(text: str) -> dict[str, Any]:
    """Return what TOML text from a stranger holds.

    Raises
    ------
    Refused
        If it is not TOML, or nested too deeply.
    """
    if _longest_key(text) > _LONGEST_KEY:
        raise Refused(Problem("too_deep", {"most": _LONGEST_KEY}))
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(Problem("not_toml", {"cause": printable_line(str(error), 150)})) from None
    except RecursionError:
        raise Refused(Problem("too_deep", {"most": _LONGEST_KEY})) from None
    except ValueError:  # a whole number of more digits than Python reads, or a date that does not exist
        raise Refused(Problem("too_many_digits")) from None
    check_depth(table)
    return table


_STRING_END = {'"""': re.compile(r'(?:\\.|[^\\])*?"""', re.DOTALL), "'''": re.compile(r".*?'''", re.DOTALL),
               '"': re.compile(r'(?:\\.|[^"\\\n])*"?'), "'": re.compile(r"[^'\n]*'?"), "#": re.compile(r"[^\n]*")}  # fmt: skip
_TOKEN = re.compile(r'"""|\'\'\'|["\'#.=,\[\]{}\n]')


def _longest_key(text: str) -> int:
    """Return the number of parts of the longest dotted key, leaving out dots in texts and comments."""
    at, dots, most = 0, 0, 0
    while token := _TOKEN.search(text, at):
        at, sign = token.end(), token[0]
        if sign == ".":
            dots += 1
            most = max(most, dots)
        elif sign in _STRING_END:
            end = _STRING_END[sign].match(text, at)
            if end is None:
                break  # a text without an end: no TOML
            at = end.end()
        else:
            dots = 0
    return most + 1


def _kind_of(table: Mapping[str, Any]) -> str:
    """Return whether a file is a park or a strategy, from what stands in it, or else from its base."""
    keys = set(table)
    if {"parks", "strategies"} & keys and not keys & (_ONLY_PARK - {"quarters"}):
        raise Refused(Problem("is_experiment"))
    park, strategy = len(keys & _ONLY_PARK), len(keys & _ONLY_STRATEGY)
    if park != strategy:
        return "park" if park > strategy else "strategy"
    base = table.get("based_on")
    if isinstance(base, str) and base in list_parks():
        return "park"
    if isinstance(base, str) and base in list_strategies():
        return "strategy"
    raise Refused(Problem("unclear_kind"))


def _on_base(table: Mapping[str, Any], kind: str, name: str) -> tuple[dict[str, Any], str]:
    """Return a file's content laid over that of its base, and the base's name (empty for none)."""
    content = dict(table)
    base = content.pop("based_on", None)
    if base is not None:
        shipped = list_parks() if kind == "park" else list_strategies()
        if not isinstance(base, str):
            raise Refused(Problem("a_text", {"key": "based_on", "value": printable_line(str(base), 80)}))
        if base not in shipped:
            is_path = re.search(r"[/\\:]|\.\.|\.toml$", base) is not None
            values = {"name": printable_line(base, 80), "shipped": ", ".join(shipped)}
            raise Refused(Problem("base_is_path" if is_path else f"no_base_{kind}", values,
                                  "" if is_path else nearest_name(base, shipped)))
        content = merge(read_with_base(base, "parks" if kind == "park" else "strategies")[0], content)
    if "name" not in content:
        stem = re.sub(r"[^A-Za-z0-9_. -]", "_", PurePath(name.replace("\\", "/")).stem)[:100]
        content["name"] = stem or kind
    return content, base or ""


# --- reports ---------------------------------------------------------------------------------------------------------

Report = tuple[tuple[str, tuple[str, ...]], ...]
_OF_PARCEL = ("owner", "vacant", "vacant_quarters", "floor", "age", "quality", "fit", "energy", "soil_cost")
_OF_COMPANY = ("sector", "jobs", "turnover", "floor_needed", "trust", "key_figure")


def report_park(
    scenario: Scenario, say: ScreenLanguage, base: str = "", table: Mapping[str, Any] | None = None
) -> Report:
    """Return what is known of a park: its size, what is stated, assumed and open, and what came from its base.

    Parameters
    ----------
    scenario
        A park that can be laid out.
    say
        Language of the sentences.
    base, table
        Name of its base, and what its file says itself; empty where it was not read from a file.

    Returns
    -------
    tuple
        Groups of a heading and its sentences. Numbers count parcels, buildings and companies as the file has them: the
        same in every future.
    """
    plan = check_size(scenario)
    hectares = float(np.count_nonzero(plan.kind != OUTSIDE)) * plan.cell_m**2 / 10_000.0
    buildings = sum(parcel.floor != 0.0 for parcel in plan.parcels)
    size = [say("own.report_size", hectares=say.number(hectares, 1), parcels=say.number(len(plan.parcels)),
                buildings=say.number(buildings), land=say.number(len(plan.parcels) - buildings))]  # fmt: skip
    used = {company.parcel for company in plan.companies if company.parcel is not None}
    vacant = [parcel.name for parcel in plan.parcels
              if parcel.floor != 0.0 and parcel.name not in used and parcel.stands_vacant]  # fmt: skip
    left = buildings - len(vacant) - sum(parcel.name in used for parcel in plan.parcels if parcel.floor != 0.0)
    size.append(say("own.report_use", companies=say.number(len(used)), vacant=say.number(len(vacant)),
                    left=say.number(left)))  # fmt: skip
    if left:
        size.append(say("own.report_share", share=say.share(scenario.founding.vacancy)))
    outside = [company.name for company in plan.companies if company.parcel is None]
    if outside:
        size.append(say("own.report_outside", n=say.number(len(outside)), names=_names(outside, say)))
    groups = [(say("own.report_found"), tuple(size))]
    stated: list[str] = []
    assumed: list[str] = []
    open_: list[str] = []
    premises = [parcel for parcel in plan.parcels if parcel.floor != 0.0]
    seated = {company.parcel: company for company in plan.companies}
    for what, rows, fields in (("parcels", premises, _OF_PARCEL), ("companies", plan.companies, _OF_COMPANY)):
        for name in fields:
            by_mark: dict[str, list[str]] = {"stated": [], "assumed": [], "open": []}
            for row in rows:
                by_mark[_mark(row, name, seated)].append(row.name)  # type: ignore[attr-defined]
            if name in ("vacant", "vacant_quarters", "age"):
                by_mark["open"] = []  # of most buildings there is no such thing
            label = say(f"own.field_{name}")
            for mark, lines in (("stated", stated), ("assumed", assumed)):
                found = by_mark[mark]
                if found:
                    one = "_one" if len(found) == 1 else ""
                    lines.append(say(f"own.report_{what}{one}", field=label, n=say.number(len(found)),
                                     names=_names(found, say)))  # fmt: skip
            if by_mark["open"]:
                open_.append(say(f"own.report_{what}_open", field=label, n=say.number(len(by_mark["open"])),
                                 all=say.number(len(rows))))  # fmt: skip
    if scenario.map is None:
        open_.insert(0, say("own.report_generated"))
    if left:
        open_.append(say("own.report_firms_open", n=say.number(left)))
    groups += [(say(f"own.report_{key}"), tuple(lines))
               for key, lines in (("stated", stated), ("assumed", assumed), ("open", open_)) if lines]
    if scenario.own_parameters:
        groups.append((say("own.report_parameters"), tuple(
            f"{name} = {value:g}" for name, value in scenario.own_parameters.items())))
    return (*groups, *_from_base(scenario, say, base, table))


def _mark(row: Any, name: str, seated: Mapping[str | None, Any]) -> str:
    """Return whether a value of a plan's parcel or company is ``"stated"``, ``"assumed"`` or ``"open"``."""
    value, assumed = getattr(row, name), row.assumed
    if name == "owner" and value is None and row.name in seated:
        # A company that is not said to rent owns where it sits.
        company = seated[row.name]
        value = company.name if company.tenant is False else None
        assumed = ("owner",) if "tenant" in company.assumed else ()
    return "open" if value is None else "assumed" if name in assumed else "stated"


def report_strategy(
    strategy: Strategy, say: ScreenLanguage, base: str = "", table: Mapping[str, Any] | None = None
) -> Report:
    """Return what a strategy file holds: its approach and roles, and what came from its base."""
    roles = [f"{say(f'role.{role}')} {say.share(share)}"
             for role, share in zip(type(strategy.roles).model_fields, strategy.roles.shares(), strict=True)]  # fmt: skip
    lines = (say("own.report_strategy", title=strategy.title.get(say.code, strategy.name)),
             say(f"approach.{strategy.approach}"), say.listing(roles))  # fmt: skip
    return ((say("own.report_found"), lines), *_from_base(strategy, say, base, table))


def report_session(state: Mapping[str, Any], say: ScreenLanguage) -> Report:
    """Return what a session file holds."""
    shipped = state["park"].get("shipped")
    park = shipped_park(shipped).title.get(say.code, shipped) if shipped else _title_of(state["park"]["own"], say)
    lines = [say("own.report_session", park=park, strategy=_title_of(state["strategy"], say),
                 seeds=say.number(state["seeds"]))]  # fmt: skip
    if state["library"]:
        lines.append(say("own.report_library", n=say.number(len(state["library"]))))
    return ((say("own.report_found"), tuple(lines)),)


def _title_of(content: Mapping[str, Any], say: ScreenLanguage) -> str:
    return str(content["title"].get(say.code) or content["name"])


def _from_base(made: Scenario | Strategy, say: ScreenLanguage, base: str, table: Mapping[str, Any] | None) -> Report:
    """Return which settings a file left out, and where they came from."""
    if table is None:
        return ()
    drawn = isinstance(made, Scenario) and made.map is not None
    unused = _ONLY_LAID_OUT if drawn else _ONLY_DRAWN
    left_out = [name for name in made.resolved() if name not in {*table, "title", "description", "name", *unused}]
    if not left_out:
        return ()
    key = "own.report_base" if base else "own.report_defaults"
    return ((say("own.report_filled"), (say(key, base=base, keys=", ".join(left_out)),)),)


def _names(names: Sequence[str], say: ScreenLanguage) -> str:
    shown = [shown_name(printable_line(name, 60), say) for name in names[:_NAMED]]
    more = len(names) - _NAMED
    return say("own.and_more", names=", ".join(shown), n=say.number(more)) if more > 0 else say.listing(shown)


__all__ = ["LARGEST_HA", "LARGEST_UPLOAD", "MOST_CELLS", "MOST_PREMISES", "Upload", "read_upload", "report_park",
           "report_session", "report_strategy"]  # fmt: skip
