"""``klaver show``: a park as drawn and as its file describes it, or a strategy, with what is assumed and every parameter."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from klaver.command_line import BadOption
from klaver.console import Speaker
from klaver.drawing import draw_park, legend
from klaver.importing.knowledge import MARKS, knowledge
from klaver.language import Language
from sim.inputs.parameters import BY_NAME, PARAMETERS
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy
from sim.park.plan import ParkPlan, PlanCompany, PlanParcel
from sim.records import PLOT

_NOT_SAID = "-"
_ASSUMED, _IMPUTED = "~", "?"


def show_park(speak: Speaker, scenario: Scenario, parameters: bool) -> None:
    """Show a park: drawing, companies, owners and parcels as the file states them, and on request all parameters."""
    say, plan = speak.say, scenario.plan()
    described = describe_park(scenario, plan)
    colour = sys.stdout.isatty() and speak.console(sys.stdout).color_system is not None
    speak.result(say("show.title", name=scenario.name, title=getattr(scenario.title, say.code)))
    speak.result(getattr(scenario.description, say.code))
    speak.result("")
    speak.result(draw_park(plan, colour))
    speak.result(legend(say, colour))
    speak.result("")
    speak.result(
        say("show.size", gross=say.number(described["gross_ha"], 1), net=say.number(described["net_ha"], 1),
            parcels=len(plan.parcels), companies=len(plan.companies), cell=say.number(plan.cell_m))
    )  # fmt: skip
    speak.result(say("show.years", years=say.duration(scenario.quarters), burn_in=say.duration(plan.burn_in)))
    known = knowledge(scenario)
    marks = {(row.kind, row.name, row.field): row.mark for row in known.itertuples()}
    if plan.companies:
        speak.result(_companies(speak, plan, marks))
    if scenario.map is not None:
        speak.result(_parcels(speak, plan, marks))
    if plan.owners:
        rows = [[owner.name, say(f"owner_kind.{owner.kind}"), ", ".join(owner.assumed)] for owner in plan.owners]
        speak.result(speak.table([say("show.name"), say("show.kind"), say("show.assumed")], rows, say("show.owners")))
    speak.result(_known(speak, known))
    speak.remark(say("show.marks"))
    if parameters:
        speak.result(_parameters(speak, scenario))
        speak.remark(say("show.mark_key"))
    speak.data({**described, "resolved": scenario.resolved(), "parameters": resolved_parameters(scenario)})


def show_strategy(speak: Speaker, strategy: Strategy) -> None:
    """Show a strategy: every setting it resolves to."""
    say = speak.say
    speak.result(say("show.title", name=strategy.name, title=getattr(strategy.title, say.code)))
    speak.result(getattr(strategy.description, say.code))
    speak.result(say(f"approach.{strategy.approach}"))
    settings = strategy.resolved()
    for said in ("name", "title", "description", "approach"):
        settings.pop(said)
    rows = [[key, _setting(value)] for key, value in _flat(settings)]
    speak.result(speak.table([say("show.parameter"), say("show.value")], rows, say("show.strategy")))
    speak.data(strategy.resolved())


def describe_park(scenario: Scenario, plan: ParkPlan) -> dict[str, Any]:
    """Return the sizes of a park: areas in hectares, numbers of parcels and of companies that the file names."""
    cell = plan.cell_m**2 / 10_000.0
    return {
        "name": scenario.name, "gross_ha": float((plan.kind != 0).sum() * cell),
        "net_ha": float((plan.kind == PLOT).sum() * cell), "parcels": len(plan.parcels),
        "companies": len(plan.companies),
    }  # fmt: skip


def resolved_parameters(scenario: Scenario) -> list[dict[str, Any]]:
    """Return every parameter of a park: value, default, range, unit, mark, source and meaning."""
    record = scenario.parameters()[0]
    return [
        {
            "name": p.name, "value": float(record[p.name]), "default": p.default, "low": p.low, "high": p.high,
            "unit": p.unit, "mark": p.mark, "source": p.source, "meaning": p.meaning,
        }
        for p in PARAMETERS
    ]  # fmt: skip


def draw_to_file(scenario: Scenario, path: Path, say: Language) -> None:
    """Draw a park to a PNG or SVG file.

    Raises
    ------
    BadOption
        If it cannot be written there.
    """
    from klaver.pictures import draw_plan

    try:
        draw_plan(scenario, path, say)
    except (OSError, ValueError) as problem:
        raise BadOption("error.cannot_write", path=path, problem=problem) from problem


def _companies(speak: Speaker, plan: ParkPlan, marks: Mapping[tuple[str, str, str], str]) -> Any:
    say = speak.say

    def marked(text: str | None, company: PlanCompany, field: str) -> str:
        return _marked(text, marks.get(("company", company.name, field), ""))

    rows = [
        [
            f"{company.name} {_ASSUMED}" if "name" in company.assumed else company.name,
            marked(say(f"sector.{company.sector}") if company.sector else None, company, "sector"),
            marked(_said(say, company.jobs), company, "jobs"),
            marked(company.parcel or say("show.outside"), company, "parcel"),
            "" if company.parcel is None else marked(_tenure(say, company), company, "tenant"),
            marked(_said(say, company.trust, 2), company, "trust"),
        ]
        for company in plan.companies
    ]
    columns = [say(f"show.{key}") for key in ("name", "sector", "jobs", "parcel", "tenure", "trust")]
    return speak.table(columns, rows, say("show.companies"))


def _tenure(say: Language, company: PlanCompany) -> str | None:
    """Return whether a company rents; None where that is drawn."""
    return None if company.tenant is None else say("show.rents" if company.tenant else "show.owns")


def _parcels(speak: Speaker, plan: ParkPlan, marks: Mapping[tuple[str, str, str], str]) -> Any:
    say, cell = speak.say, plan.cell_m**2 / 10_000.0
    # A company that is not said to rent owns where it sits.
    seated = {company.parcel for company in plan.companies if company.tenant is False}
    used = {company.parcel for company in plan.companies}

    def marked(text: str | None, parcel: PlanParcel, field: str) -> str:
        return _marked(text, marks.get(("parcel", parcel.name, field), ""))

    rows = [
        [
            parcel.name,
            marked(say.number(float((plan.parcel_of == row).sum()) * cell, 2), parcel, "area"),
            marked(parcel.owner or _owner(say, parcel, parcel.name in seated, parcel.name in used), parcel, "owner"),
            marked(_use(say, parcel, parcel.name in used), parcel, "vacancy"),
            marked(_said(say, parcel.floor), parcel, "floor"),
            *([""] * 2 if parcel.floor == 0.0 else
              [marked(_said(say, parcel.age), parcel, "age"), marked(_said(say, parcel.quality, 2), parcel, "quality")]),
        ]
        for row, parcel in enumerate(plan.parcels)
    ]
    columns = [say(f"show.{key}") for key in ("name", "area", "owner", "use", "floor", "age", "quality")]
    return speak.table(columns, rows, say("show.parcels"))


def _parameters(speak: Speaker, scenario: Scenario) -> Any:
    say, record = speak.say, scenario.parameters()[0]
    rows = []
    for name, p in BY_NAME.items():
        value = float(record[name])
        differs = "*" if value != p.default else ""
        rows.append(
            [name, f"{value:g}{differs}", f"{p.default:g}", f"{p.low:g} - {p.high:g}", p.unit, p.mark, p.source]
        )
    columns = [say(f"show.{key}") for key in ("parameter", "value", "default", "range", "unit", "mark", "source")]
    return speak.table(columns, rows, say("show.parameters"))


def _owner(say: Language, parcel: PlanParcel, owns: bool, is_used: bool) -> str | None:
    """Return who owns a parcel of which the file names no owner; None where that is drawn."""
    if owns:
        return say("show.occupant")
    return say("owner_kind.municipality") if parcel.floor == 0.0 and not is_used else None


def _known(speak: Speaker, table: Any) -> Any:
    """Return how much of a park is measured, assumed and imputed, value by value."""
    say = speak.say
    rows = []
    for (kind, field), group in table.groupby(["kind", "field"], sort=False):
        counts = group["mark"].value_counts()
        rows.append([say(f"show.of_{kind}"), say(f"show.field_{field}"), *(_some(say, counts.get(mark, 0)) for mark in MARKS)])
    columns = [say(f"show.{key}") for key in ("of", "value", "measured", "assumed", "imputed")]
    return speak.table(columns, rows, say("show.known"))


def _some(say: Language, number: int) -> str:
    return say.number(number) if number else ""


def _use(say: Language, parcel: PlanParcel, is_used: bool) -> str | None:
    """Return how a parcel is used; None where that is drawn."""
    if is_used or parcel.stands_vacant is False:
        return say("show.occupied")
    if parcel.floor == 0.0:
        return say("show.land")
    return say("show.vacant") if parcel.stands_vacant else None


def _marked(text: str | None, mark: str) -> str:
    """Return a value as it is shown: as it is where it was measured, with a sign where it is assumed or drawn."""
    if text is None:
        return _IMPUTED
    return f"{text} {_ASSUMED}" if mark == "assumed" else text


def _said(say: Language, value: float | None, digits: int = 0) -> str | None:
    return None if value is None else say.number(value, digits)


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in table.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return rows


def _setting(value: Any) -> str:
    if value is None:
        return _NOT_SAID
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,.10g}".replace(",", " ") if isinstance(value, (int, float)) else str(value)
