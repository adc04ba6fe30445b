"""The park as a map: true outlines of parcels, roads, green and water, and who is where; of a run, or of a plan not yet run.

The shapes of the ground are kept with the frames of a run (there are few states of it), so that a time slider draws only
what changes from quarter to quarter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from klaver.dashboard.drawing.map_drawing import Link, MapDrawing, Plot, Shapes, shapes_of
from klaver.dashboard.drawing.outlines import Area
from klaver.dashboard.drawing.picture import Picture
from sim import records

if TYPE_CHECKING:
    from klaver.dashboard.following import Followed
    from klaver.language import Language
    from sim.inputs.scenario import Scenario

LAYERS = ("sector", "quality", "vacancy", "readiness", "trust", "soil", "public_space", "owner")
"""What the map can show; in the order in which a page offers them."""


# --- a run ---------------------------------------------------------------------------------------------------------------


def park_map(
    followed: Followed,
    quarter: int,
    language: Language,
    *,
    layer: str = "sector",
    chosen: str | None = None,
    opportunities: bool = True,
    twin: bool = False,
    width: float = 900,
) -> Picture:
    """Draw the park as it stood after so many quarters.

    Parameters
    ----------
    followed
        The run.
    quarter
        0 is the start.
    language
        A ``ScreenLanguage``.
    layer
        One of :data:`LAYERS`.
    chosen
        What is set off: ``"parcel:12"``, ``"company:3"`` or ``"opportunity:4"``.
    opportunities
        Whether to draw the open ones, as numbered links between the parcels of those at the table.
    twin
        Draw the twin: the same park and the same chance without the strategy.
    width
        Of the picture; below 760 the legend stands under the map.

    Returns
    -------
    Picture
        Parcels can be chosen with a pointer (``parcel:ROW``), the signs on them too (``company:ROW``); opportunities
        (``opportunity:ROW``) and what is chosen by keyboard as well. The table has a row a parcel.

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    _check(layer)
    frames = followed.twin_frames if twin else followed.frames
    frame = frames.at(quarter)
    shapes = _kept_shapes(frames, frame)
    plots = _plots_of(followed, frame, shapes, language, twin)
    cases = followed.cases_at(frame.quarter, twin)
    exits = [(place % frames.columns + 0.5, place // frames.columns + 0.5) for place in frames.exits.tolist()]
    values = dict(zip(frame.segments["row"].tolist(), frame.segments["quality"].tolist(), strict=True))
    drawing = MapDrawing(language, shapes, frames.cell_m, exits, layer, bool(followed.known), width)
    drawing.ground(values)
    drawing.plots(plots.values())
    drawing.mark(_chosen_plots(chosen, plots, cases, frame))
    if opportunities:
        links = _links(cases, plots, frame, exits)
        drawing.links(links, chosen, lambda number: case_title(followed, cases, number, language, twin))
    when = moment(frame.quarter, language)
    park = followed.titles.get(language.code) or followed.park
    key = "map.title_twin" if twin else "map.title"
    title = language(key, park=park, layer=language(f"map.layer.{layer}"), when=when)
    description = _describe(language, frame, plots, cases, when)
    return Picture(
        f"map_{layer}_{frame.quarter}", title, description, drawing.finish(title, description),
        _table(plots.values(), language),
    )  # fmt: skip


def moment(quarter: int, language: Language) -> str:
    """Return when a frame is, in words: the start, or after a quarter."""
    return language("map.at_start") if quarter == 0 else language("map.after", when=language.quarter(quarter - 1))


def case_title(
    followed: Followed, cases: Sequence[Mapping[str, Any]], number: int, language: Language, twin: bool = False
) -> str:
    """Return what an open opportunity is, for whom, and at which step it stands, in one line."""
    case = next(case for case in cases if case["row"] == number)
    stage = language(f"stage.{case['stage']}")
    if case["demand"] >= 0 and case["kind"] != "collective":
        who = followed.party(case["demand"], language, twin)
        return language("map.case_of", n=number, kind=language(f"kind.{case['kind']}"), who=who, stage=stage)
    return language("map.case", n=number, kind=language(f"kind.{case['kind']}"), stage=stage)


def _check(layer: str) -> None:
    if layer not in LAYERS:
        raise ValueError(f"layer is {layer!r}; there is {', '.join(LAYERS)}")


def _kept_shapes(frames: Any, frame: Any) -> Shapes:
    """Return the shapes of a frame's ground, kept with the frames: a run has few states of it."""
    kept = frames.kept
    key = ("shapes", frame.ground.state)
    if key not in kept:
        cells = frame.ground.cells
        grid = (frames.rows, frames.columns)
        kind, parcel, built, segment = (cells[name].reshape(grid) for name in ("kind", "parcel", "built", "segment"))
        kept[key] = shapes_of(kind, parcel, built, segment, kept.setdefault("areas", {}))
    return kept[key]


def _plots_of(followed: Followed, frame: Any, shapes: Shapes, language: Language, twin: bool) -> dict[int, Plot]:
    works = followed.works_at(frame.quarter, twin)
    companies = {row[0]: row for row in frame.companies[["row", "sector", "jobs", "trust", "plan", "known"]].tolist()}
    public = dict(zip(frame.segments["row"].tolist(), frame.segments["quality"].tolist(), strict=True))
    known = followed.known
    plots = {}
    for parcel in frame.parcels:
        row, occupant = int(parcel["row"]), int(parcel["occupant"])
        if row not in shapes.plots:
            continue
        raw = followed.names.parcels[row] if row < len(followed.names.parcels) else ""
        plot = Plot(
            f"parcel:{row}", followed.parcel(row, language, twin), shapes.plots[row], float(parcel["area"]),
            occupied=occupant >= 0, floor=float(parcel["floor"]), quality=float(parcel["quality"]),
            soil=float(parcel["soil"]), offered=bool(parcel["offered"]), owner=followed.owner_kind(int(parcel["owner"])),
            owner_name=followed.party(int(parcel["owner"]), language, twin),
            public_quality=public.get(int(parcel["segment"])), works=works.get(row), renewed=bool(parcel["renewed"]),
        )  # fmt: skip
        if occupant < 0 and parcel["vacant_since"] > records.NEVER:
            plot.spell = max(frame.quarter - int(parcel["vacant_since"]), 0)
        fields = set(known.parcels.get(raw, ()))
        if occupant in companies:
            _, sector, plot.jobs, plot.trust, plan, plot.plan_known = companies[occupant]
            plot.company, plot.company_pick = followed.party(occupant, language, twin), f"company:{occupant}"
            plot.sector, plot.plan = records.SECTORS[sector], records.PLANS[plan]
            own = followed.names.companies[occupant] if occupant < len(followed.names.companies) else ""
            fields |= known.companies.get(own, frozenset())
            plot.labelled = "name" in known.companies.get(own, ())
        elif occupant < 0 and raw in known.parcels and not any(letter.isdigit() for letter in raw):
            plot.labelled = True
        plot.measured = frozenset(fields)
        plots[row] = plot
    return plots


def _links(
    cases: Iterable[Mapping[str, Any]], plots: Mapping[int, Plot], frame: Any, exits: Sequence[tuple[float, float]]
) -> list[Link]:
    """Return the links of open opportunities."""
    at_home = dict(zip(frame.companies["row"].tolist(), frame.companies["parcel"].tolist(), strict=True))
    found = []
    for case in cases:
        ends = [_foot(plots[row].area) for row in case["parcels"] if row in plots]
        if not ends:
            continue
        outside = any(at_home.get(seat["party"], -1) < 0 for seat in case["seats"] if seat["party"] >= 0)
        site = plots.get(case["parcel"])
        hub = _foot(site.area) if site else (sum(x for x, _ in ends) / len(ends), sum(y for _, y in ends) / len(ends))
        entrance = min(exits, key=lambda end: math.dist(end, hub)) if outside and exits else None
        found.append(Link(case["row"], case["step"], hub, tuple(end for end in ends if end != hub), entrance))
    return found


def _foot(area: Area) -> tuple[float, float]:
    """Return where a link ends on a parcel: below its sign."""
    return area.x, area.y + 0.3 * area.down


def _chosen_plots(
    chosen: str | None, plots: Mapping[int, Plot], cases: Sequence[Mapping[str, Any]], frame: Any
) -> list[Plot]:
    """Return the parcels that what is chosen concerns."""
    kind, _, number = (chosen or "").partition(":")
    if not number.lstrip("-").isdigit():
        return []
    row = int(number)
    if kind == "company":
        row = next((int(parcel["row"]) for parcel in frame.parcels if parcel["occupant"] == row and row >= 0), -1)
    if kind == "opportunity":
        return [plots[p] for case in cases if case["row"] == row for p in case["parcels"] if p in plots]
    return [plots[row]] if row in plots else []


def _describe(
    say: Language, frame: Any, plots: Mapping[int, Plot], cases: Sequence[Mapping[str, Any]], when: str
) -> str:
    sitting = frame.companies[frame.companies["state"] == records.SITTING]
    floor = sum(plot.floor or 0.0 for plot in plots.values())
    empty = [plot for plot in plots.values() if not plot.occupied and plot.floor]
    land = sum(not plot.occupied and not plot.floor for plot in plots.values())
    return say(
        "map.description", when=when[:1].upper() + when[1:], firms=say.number(len(sitting)),
        jobs=say.number(float(sitting["jobs"].sum())),
        share=say.share(sum(plot.floor or 0.0 for plot in empty) / max(floor, 1.0)), empty=len(empty), land=land,
        works=sum(plot.works is not None for plot in plots.values()), cases=len(cases),
        building=sum(case["stage"] == "realisation" for case in cases),
    )  # fmt: skip


# --- a plan that is not run yet ------------------------------------------------------------------------------------------


def plan_map(
    scenario: Scenario, language: Language, chosen: str | None = None, *, layer: str = "sector", width: float = 900
) -> Picture:
    """Draw a park that is not run yet, as its file describes it; what is drawn anew in every future is shown as not known.

    Parameters
    ----------
    scenario
        The park.
    language
        A ``ScreenLanguage``.
    chosen
        ``"plot:3"``: the fourth parcel of the plan.
    layer
        ``"sector"``, ``"quality"``, ``"vacancy"``, ``"trust"``, ``"soil"`` or ``"owner"``.
    width
        As for :func:`park_map`.

    Returns
    -------
    Picture
        Parcels can be chosen as ``plot:INDEX``, in the order of the plan.

    Raises
    ------
    ValueError
        If there is no such layer, or the park cannot be laid out.
    """
    _check(layer)
    from klaver.dashboard.following import Known
    from klaver.dashboard.sketch import shown_name, shown_parcel

    plan = scenario.plan()
    known = Known.of(scenario)
    empty = np.zeros(plan.kind.shape, bool)
    shapes = shapes_of(plan.kind, plan.parcel_of, empty, None)
    seated = {company.parcel: company for company in plan.companies if company.parcel is not None}
    owners = {owner.name: owner.kind for owner in plan.owners}
    plots = {}
    for index, parcel in enumerate(plan.parcels):
        if index not in shapes.plots:
            continue
        company = seated.get(parcel.name)
        vacant = True if parcel.floor == 0.0 else parcel.stands_vacant
        occupied = True if company else None if vacant is None else not vacant
        owner = owners.get(parcel.owner or "", "company" if parcel.owner else None)
        plots[index] = Plot(
            f"plot:{index}", shown_parcel(parcel.name, language), shapes.plots[index],
            shapes.plots[index].cells * plan.cell_m**2, company=shown_name(company.name, language) if company else None,
            sector=company.sector if company else None, occupied=occupied, floor=parcel.floor, quality=parcel.quality,
            trust=company.trust if company else None, soil=parcel.soil_cost, spell=parcel.vacant_quarters,
            offered=bool(parcel.offered), owner=owner, owner_name=shown_name(parcel.owner or "", language),
            jobs=company.jobs if company else None,
            plan="expand_adjoining" if company and company.land_wish else "none", plan_known=True,
            labelled="name" in known.companies.get(company.name, ()) if company else not any(map(str.isdigit, parcel.name)),
            measured=known.parcels.get(parcel.name, frozenset())
            | known.companies.get(company.name if company else "", frozenset()),
        )  # fmt: skip
    exits = [(column + 0.5, row + 0.5) for row, column in plan.exits]
    drawing = MapDrawing(language, shapes, plan.cell_m, exits, layer, bool(known), width, "map.nothing_stated")
    drawing.ground({})
    drawing.plots(plots.values())
    kind, _, number = (chosen or "").partition(":")
    if kind == "plot" and number.isdigit() and int(number) in plots:
        drawing.mark([plots[int(number)]])
    park = scenario.title.get(language.code, scenario.name)
    title = language("map.title", park=park, layer=language(f"map.layer.{layer}"), when=language("map.as_drawn"))
    vacant = sum(plot.occupied is False for plot in plots.values())
    open_ = sum(plot.occupied is None for plot in plots.values())
    description = language(
        "map.plan_description", parcels=len(plots), firms=sum(plot.company is not None for plot in plots.values()),
        vacant=vacant, open=open_, ha=language.number(sum(plot.m2 for plot in plots.values()) / 1e4, 1),
    )  # fmt: skip
    return Picture(
        f"plan_{layer}", title, description, drawing.finish(title, description), _table(plots.values(), language)
    )


def task_key(task: str) -> str:
    """Return a task (``records.TASKS``) as a key of the language files."""
    return task.replace(" ", "_").replace("-", "_")


def _table(plots: Iterable[Plot], say: Language) -> pd.DataFrame:
    """Return what is drawn, a row a parcel: the columns of which anything is known."""
    rows = []
    for plot in plots:
        vacant = None if plot.occupied is None else say("map.no") if plot.occupied else say("map.yes")
        rows.append({
            say("map.column.parcel"): plot.name, say("map.column.company"): plot.company or "",
            say("map.column.sector"): say(f"sector.{plot.sector}") if plot.sector else "",
            say("map.column.area"): round(plot.m2), say("map.column.floor"): None if plot.floor is None else round(plot.floor),
            say("map.column.quality"): None if plot.quality is None or plot.floor == 0.0 else round(100 * plot.quality),
            say("map.column.vacant"): vacant,
            say("map.column.vacant_years"): None if plot.spell is None else round(plot.spell / 4, 2),
            say("map.column.owner"): plot.owner_name,
            say("map.column.jobs"): None if plot.jobs is None else round(plot.jobs, 1),
            say("map.column.trust"): None if plot.trust is None else round(100 * plot.trust),
            say("map.column.plan"): say(f"plan.{plot.plan}") if plot.occupied else "",
            say("map.column.plan_known"): "" if plot.plan == "none" else say("map.yes") if plot.plan_known else say("map.no"),
            say("map.column.soil"): None if plot.soil is None else round(plot.soil),
            say("map.column.public_quality"): None if plot.public_quality is None else round(100 * plot.public_quality),
            say("map.column.works"): "" if plot.works is None else say(f"map.task.{task_key(plot.works)}"),
            say("map.column.renewed"): say("map.yes") if plot.renewed else say("map.no"),
        })  # fmt: skip
    return pd.DataFrame(rows)
