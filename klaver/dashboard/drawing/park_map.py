"""The park as a map: true outlines of parcels, roads, green and water, and who is where; of a run, or of a plan not yet run.

Colours follow Dutch zoning plans (businesses in tones of purple, green for green, grey for traffic, blue for water). No
colour stands alone: sectors have a sign, values a number, vacancy is hatched, links between parties are dashed by stage.
What does not change from quarter to quarter is kept with the frames of a run, so that a time slider draws only what does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from klaver.dashboard.drawing.canvas import INK, ORANGE, PAPER, SOFT, Canvas, attributes, escape
from klaver.dashboard.drawing.lettering import shorten, text_width
from klaver.dashboard.drawing.outlines import Area, areas, hatching, outlines
from klaver.dashboard.drawing.picture import Picture
from sim import records

if TYPE_CHECKING:
    from klaver.dashboard.following import Followed
    from klaver.language import Language
    from sim.inputs.scenario import Scenario

LAYERS = ("sector", "quality", "vacancy", "readiness", "trust", "soil", "public_space", "owner")
"""What the map can show; in the order in which a page offers them."""

SECTOR_COLOURS = {  # land; buildings are darker
    "manufacturing": "#A88BC9", "construction": "#E3C9E8", "logistics": "#B9B4D6", "wholesale": "#D9A9CF",
    "automotive": "#C9C6CF", "business_services": "#F0D3E0",
}  # fmt: skip
SIGNS = {  # drawn in a box of 12 by 12
    "manufacturing": "M0 11.5V5l3.6 2.6V5l3.6 2.6V.5H10L10.6 5H12v6.5z",
    "construction": "M1 8.2a5 5 0 0 1 3.4-5V6h1V2h1.2v4h1V3.2a5 5 0 0 1 3.4 5zM0 9.2h12v1.6H0z",
    "logistics": "M0 2h7v6.5H0zM7.8 4h2.3L12 6.4v2.1H7.8zM1.2 9.2h2.6v1.6H1.2zM8.2 9.2h2.6v1.6H8.2z",
    "wholesale": "M3.2 0h5.6v5.2H3.2zM0 6.2h5.5v5.3H0zM6.5 6.2H12v5.3H6.5z",
    "automotive": "M0 8.6V6l1.7-.7L3.6 2.5h4.8l1.9 2.8 1.7.7v2.6zM1.5 9.2h2.4v1.6H1.5zM8.1 9.2h2.4v1.6H8.1z",
    "business_services": "M0 3.8h12V11H0zM3.6 3.2V1.4h4.8v1.8H7.1v-.6H4.9v.6z",
}
OWNER_COLOURS = {
    "company": "#E6DFF0", "municipality": "#B8A3D9", "investor": "#D9C3A5", "absent_owner": "#C9C9C9",
    "developer": "#EFE3B5", "redevelopment_company": "#9FB7C9", "person": "#F3D9D9",
}  # fmt: skip
SCALE = ("#F4EFF9", "#D6C9E6", "#B098CF", "#8563B1", "#56318A")
"""Five steps from little to much."""
SOIL_SCALE = ("#FBF1E3", "#F2D5AC", "#DFAA6A", "#B97A36", "#7F4A12")
SOIL_STEPS = (1.0, 50_000.0, 150_000.0, 500_000.0)  # euros; below the first there is nothing to clean
SPELLS = (4, 12)  # quarters vacant: up to a year, up to three, longer
NO_VALUE, UNKNOWN, FREE_LAND, ROAD, GREEN, WATER = "#FFFFFF", "#F1F1EE", "#F6EFDD", "#C9CBCD", "#D3E7C5", "#BCD9EC"
LINE, LINK, WORKS = "#5D5668", "#A33B00", ORANGE
DASHES = {3: "1.5 5", 4: "8 5", 5: "14 4 3 4", 6: None}  # of a link, by step
_BUILT = 'fill="#2A2033" fill-opacity="0.2"'
_FIELDS = {  # layer to (of which table, the field in a park's file that it shows)
    "sector": ("companies", "sector"), "quality": ("parcels", "quality"), "vacancy": ("parcels", "vacant"),
    "readiness": ("companies", "land_wish"), "trust": ("companies", "trust"), "soil": ("parcels", "soil_cost"),
    "owner": ("parcels", "owner"),
}  # fmt: skip
_SIZE = 14.0
_WIDE = 760  # width from which the legend stands beside the map


@dataclass
class Plot:
    """A parcel as it is drawn: what is known of it, None or NaN where it is not."""

    pick: str
    name: str
    area: Area
    m2: float
    company: str | None = None
    company_pick: str | None = None
    sector: str | None = None
    occupied: bool | None = None
    floor: float | None = None
    quality: float | None = None
    trust: float | None = None
    soil: float | None = None
    spell: int | None = None
    offered: bool = False
    owner: str | None = None
    owner_name: str = ""
    plan: str = "none"
    plan_known: bool = False
    public_quality: float | None = None
    works: str | None = None
    renewed: bool = False
    jobs: float | None = None
    labelled: bool = False
    colour: str = NO_VALUE
    measured: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shapes:
    """The ground as shapes in cells, worked out once for every state of it."""

    rows: int
    columns: int
    plots: Mapping[int, Area]
    road: str
    green: str
    water: str
    built: Mapping[int, str]
    labels: np.ndarray
    segments: Mapping[int, str]


def shapes_of(
    kind: np.ndarray, parcel: np.ndarray, built: np.ndarray, segment: np.ndarray | None, known: dict[str, Area] | None = None
) -> Shapes:
    """Return a lattice as shapes.

    Parameters
    ----------
    kind, parcel, built, segment : (rows, columns)
        Kind of cell (``records.OUTSIDE`` ...), parcel or -1, whether a building stands there, stretch of public space or -1.
    known
        As in ``outlines.areas``.
    """
    parcel = parcel.astype(np.int64)
    ground = outlines(np.where(parcel >= 0, -1, kind.astype(np.int64)))
    return Shapes(
        kind.shape[0], kind.shape[1], areas(parcel, known), ground.get(records.ROAD, ""), ground.get(records.GREEN, ""),
        ground.get(records.WATER, ""), outlines(np.where(built & (parcel >= 0), parcel, -1)), parcel,
        {} if segment is None else outlines(segment.astype(np.int64)),
    )  # fmt: skip


# --- a run ---------------------------------------------------------------------------------------------------------------


def park_map(
    followed: Followed, quarter: int, language: Language, *, layer: str = "sector", chosen: str | None = None,
    opportunities: bool = True, twin: bool = False, width: float = 900,
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
    drawing = _Drawing(language, shapes, frames.cell_m, exits, layer, bool(followed.known), width)
    drawing.ground(values)
    drawing.plots(plots.values())
    if opportunities:
        links = _links(cases, plots, frame, exits)
        drawing.links(links, chosen, lambda number: case_title(followed, cases, number, language, twin))
    drawing.mark(_chosen_plots(chosen, plots, cases, frame))
    when = moment(frame.quarter, language)
    park = followed.titles.get(language.code) or followed.park
    key = "map.title_twin" if twin else "map.title"
    title = language(key, park=park, layer=language(f"map.layer.{layer}"), when=when)
    description = _describe(language, frame, plots, cases, when)
    return Picture(
        f"map_{layer}_{frame.quarter}", title, description, drawing.finish(title, description), _table(plots.values(), language),
    )  # fmt: skip


def moment(quarter: int, language: Language) -> str:
    """Return when a frame is, in words: the start, or after a quarter."""
    return language("map.at_start") if quarter == 0 else language("map.after", when=language.quarter(quarter - 1))


def case_title(followed: Followed, cases: Sequence[Mapping[str, Any]], number: int, language: Language, twin: bool = False) -> str:
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
        kept[key] = shapes_of(*(cells[name].reshape(grid) for name in ("kind", "parcel", "built", "segment")),
                              kept.setdefault("areas", {}))  # fmt: skip
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


@dataclass(frozen=True)
class _Link:
    """An open opportunity on the map, in cells.

    Attributes
    ----------
    hub
        Where its badge stands.
    ends
        The places it ties together.
    entrance
        Where a party from outside comes in; None if there is none at the table.
    """

    number: int
    step: int
    hub: tuple[float, float]
    ends: tuple[tuple[float, float], ...]
    entrance: tuple[float, float] | None


def _links(cases: Iterable[Mapping[str, Any]], plots: Mapping[int, Plot], frame: Any, exits: Sequence[tuple[float, float]]) -> list[_Link]:
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
        found.append(_Link(case["row"], case["step"], hub, tuple(end for end in ends if end != hub), entrance))
    return found


def _foot(area: Area) -> tuple[float, float]:
    """Return where a link ends on a parcel: below its sign."""
    return area.x, area.y + 0.3 * area.down


def _chosen_plots(chosen: str | None, plots: Mapping[int, Plot], cases: Sequence[Mapping[str, Any]], frame: Any) -> list[Plot]:
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


def _describe(say: Language, frame: Any, plots: Mapping[int, Plot], cases: Sequence[Mapping[str, Any]], when: str) -> str:
    sitting = frame.companies[frame.companies["state"] == records.SITTING]
    floor = sum(plot.floor or 0.0 for plot in plots.values())
    empty = [plot for plot in plots.values() if not plot.occupied and plot.floor]
    land = sum(not plot.occupied and not plot.floor for plot in plots.values())
    return say(
        "map.description", when=when[:1].upper() + when[1:], firms=say.number(len(sitting)), jobs=say.number(float(sitting["jobs"].sum())),
        share=say.share(sum(plot.floor or 0.0 for plot in empty) / max(floor, 1.0)), empty=len(empty), land=land,
        works=sum(plot.works is not None for plot in plots.values()), cases=len(cases),
        building=sum(case["stage"] == "realisation" for case in cases),
    )  # fmt: skip


# --- a plan that is not run yet ------------------------------------------------------------------------------------------


def plan_map(scenario: Scenario, language: Language, chosen: str | None = None, *, layer: str = "sector", width: float = 900) -> Picture:
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
        occupied = True if company else False if parcel.floor == 0.0 or parcel.vacant_quarters is not None else None
        owner = owners.get(parcel.owner or "", "company" if parcel.owner else None)
        plots[index] = Plot(
            f"plot:{index}", language("party.parcel", n=parcel.name.removeprefix("parcel ").removeprefix("plot ")),
            shapes.plots[index], shapes.plots[index].cells * plan.cell_m**2, company=company.name if company else None,
            sector=company.sector if company else None, occupied=occupied, floor=parcel.floor, quality=parcel.quality,
            trust=company.trust if company else None, soil=parcel.soil_cost, spell=parcel.vacant_quarters,
            offered=bool(parcel.offered), owner=owner, owner_name=parcel.owner or "", jobs=company.jobs if company else None,
            plan="expand_adjoining" if company and company.land_wish else "none", plan_known=True,
            labelled="name" in known.companies.get(company.name, ()) if company else not any(map(str.isdigit, parcel.name)),
            measured=known.parcels.get(parcel.name, frozenset()) | (known.companies.get(company.name, frozenset()) if company else frozenset()),
        )  # fmt: skip
    exits = [(column + 0.5, row + 0.5) for row, column in plan.exits]
    drawing = _Drawing(language, shapes, plan.cell_m, exits, layer, bool(known), width)
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
    return Picture(f"plan_{layer}", title, description, drawing.finish(title, description), _table(plots.values(), language))


# --- drawing -------------------------------------------------------------------------------------------------------------


@dataclass
class _Drawing:
    """One map being drawn: the ground, then the plots, links and marks, then the legend of what was drawn."""

    say: Language
    shapes: Shapes
    cell_m: float
    exits: Sequence[tuple[float, float]]
    layer: str
    any_measured: bool
    width: float
    legend: dict[str, Callable[[Canvas, float, float], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.beside = self.width >= _WIDE
        room = self.width - (232 if self.beside else 0)
        self.left, self.top = 8.0, 26.0
        self.scale = min((room - 16) / self.shapes.columns, 620.0 / self.shapes.rows)
        self.left += (room - 16 - self.scale * self.shapes.columns) / 2 if not self.beside else 0.0
        self.bottom = self.top + self.scale * self.shapes.rows
        self.canvas = Canvas(self.width, self.bottom + 40)
        self.size = _SIZE if self.beside else 13.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place in the picture of a place in cells."""
        return self.left + x * self.scale, self.top + y * self.scale

    def shape(self, path: str, paint: str, **more: Any) -> None:
        self.canvas.add(f'<path d="{path}" fill-rule="evenodd" {paint}{attributes(more)}/>')

    def inside(self) -> str:
        """Return the transform from cells to the picture."""
        return f"translate({self.left:.1f} {self.top:.1f}) scale({self.scale:.4f})"

    # --- ground ----------------------------------------------------------------------------------------------------------

    def ground(self, quality: Mapping[int, float]) -> None:
        """Draw green, water and roads; in the layer of public space each stretch by its quality."""
        self.canvas.add(f'<g transform="{self.inside()}">')
        for name, path, colour in (("water", self.shapes.water, WATER), ("green", self.shapes.green, GREEN),
                                   ("road", self.shapes.road, ROAD)):  # fmt: skip
            if path:
                self.shape(path, f'fill="{colour}"')
                self.note(name, _swatch(colour))
        if self.layer == "public_space":
            for segment, path in self.shapes.segments.items():
                value = quality.get(segment, math.nan)
                tip = self.say("map.tip_segment", n=segment, value=_hundredths(self.say, value))
                step = _step(value)
                self.canvas.add(f'<path d="{path}" fill="{SCALE[step]}" stroke="{LINE}" stroke-width="{0.7 / self.scale:.3f}" '
                                f'fill-rule="evenodd"><title>{escape(tip)}</title></path>')  # fmt: skip
            for step in range(5):
                self.note(f"share_{step}", _swatch(SCALE[step]))
        self.canvas.add("</g>")

    # --- plots -----------------------------------------------------------------------------------------------------------

    def plots(self, plots: Iterable[Plot]) -> None:
        """Draw the parcels, their buildings, hatching, signs and labels."""
        shown = list(plots)
        empty: list[int] = []
        solid, dotted = [], []
        self.canvas.add(f'<g transform="{self.inside()}" stroke="{LINE}" stroke-width="{0.9 / self.scale:.3f}">')
        for plot in shown:
            plot.colour = self.colour(plot)
            tip = self.tip(plot)
            self.canvas.add(f'<path d="{plot.area.path}" fill="{plot.colour}" fill-rule="evenodd" data-pick="{plot.pick}">'
                            f"<title>{escape(tip)}</title></path>")  # fmt: skip
            of, name = _FIELDS.get(self.layer, ("", ""))
            sure = not self.any_measured or not of or name in plot.measured or (of == "companies" and not plot.company)
            (solid if sure else dotted).append(plot.area.path)
            if plot.occupied is False and (plot.floor is None or plot.floor > 0.0):
                empty.append(int(plot.pick.partition(":")[2]))
                self.note("vacant", _swatch(NO_VALUE, hatch=True))
        self.canvas.add("</g>")
        self.canvas.add(f'<g transform="{self.inside()}" pointer-events="none">')
        built = "".join(self.shapes.built.values())
        if built:
            self.shape(built, _BUILT)
            self.note("building", _swatch("#C9C0D2"))
        lines = hatching(np.isin(self.shapes.labels, empty))
        if lines:
            self.canvas.add(f'<path d="{lines}" stroke="{INK}" stroke-opacity="0.55" stroke-width="{1.1 / self.scale:.3f}"/>')
        if dotted:
            # White over the border, then dots: so an assumed value is told from a measured one on any colour.
            joined = "".join(dotted)
            self.canvas.add(f'<path d="{joined}" fill="none" stroke="{PAPER}" stroke-width="{1.6 / self.scale:.3f}"/>'
                            f'<path d="{joined}" fill="none" stroke="{INK}" stroke-width="{1.4 / self.scale:.3f}" '
                            f'stroke-dasharray="{0.1 / self.scale:.3f} {3.4 / self.scale:.3f}" stroke-linecap="round"/>')  # fmt: skip
            if solid:
                self.canvas.add(f'<path d="{"".join(solid)}" fill="none" stroke="{LINE}" stroke-width="{1.1 / self.scale:.3f}"/>')
            self.note("assumed", _swatch(NO_VALUE, dotted=True))
        self.canvas.add("</g>")
        for plot in shown:
            self.sign(plot)
        self.entrances()

    def colour(self, plot: Plot) -> str:
        """Return the colour of a parcel in this layer, and note it for the legend."""
        layer = self.layer
        if layer == "public_space":
            self.note("parcel", _swatch("#F7F6F8"))
            return "#F7F6F8"
        if layer == "owner":
            if plot.owner is None:
                return self.noted("unknown", UNKNOWN)
            sign = self.say(f"map.owner_letter.{plot.owner}")
            self.note(f"owner_{plot.owner}", _swatch(OWNER_COLOURS[plot.owner], letter=sign))
            return OWNER_COLOURS[plot.owner]
        if layer in ("quality", "trust", "soil"):
            return self.graded(plot)
        if layer == "vacancy":
            return self.vacancy(plot)
        if plot.occupied is None:
            return self.noted("unknown", UNKNOWN)
        if not plot.occupied:
            return NO_VALUE if plot.floor is None or plot.floor > 0.0 else self.noted("vacant_land", FREE_LAND)
        if layer == "readiness":
            if plot.plan == "none":
                return self.noted("no_plan", SCALE[0])
            key, mark = ("plan_known", "●") if plot.plan_known else ("plan_unknown", "○")
            self.note(key, _swatch(SCALE[2] if plot.plan_known else SCALE[1], letter=mark))
            return SCALE[2] if plot.plan_known else SCALE[1]
        if plot.sector is None:
            return self.noted("unknown", UNKNOWN)
        self.note(f"sector_{plot.sector}", _swatch(SECTOR_COLOURS[plot.sector], sign=plot.sector))
        return SECTOR_COLOURS[plot.sector]

    def graded(self, plot: Plot) -> str:
        """Return the colour of a value on a scale of five; white where there is nothing to measure."""
        if self.layer == "soil":
            if plot.soil is None or math.isnan(plot.soil):
                return self.noted("unknown", UNKNOWN)
            step = int(np.searchsorted(SOIL_STEPS, plot.soil, side="right"))
            self.note(f"soil_{step}", _swatch(SOIL_SCALE[step]))
            return SOIL_SCALE[step]
        value = plot.quality if self.layer == "quality" else plot.trust
        if self.layer == "quality" and plot.floor == 0.0:
            return self.noted("vacant_land", FREE_LAND)
        if self.layer == "trust" and plot.occupied is False:
            return NO_VALUE if plot.floor is None or plot.floor > 0.0 else self.noted("vacant_land", FREE_LAND)
        if value is None or math.isnan(value):
            return self.noted("unknown", UNKNOWN)
        self.note(f"share_{_step(value)}", _swatch(SCALE[_step(value)]))
        return SCALE[_step(value)]

    def vacancy(self, plot: Plot) -> str:
        if plot.occupied is None:
            return self.noted("unknown", UNKNOWN)
        if plot.occupied:
            return self.noted("in_use", "#ECE8F1")
        if plot.floor == 0.0:
            return self.noted("vacant_land", FREE_LAND)
        step = int(np.searchsorted(SPELLS, plot.spell or 0, side="right"))
        self.note(f"spell_{step}", _swatch(SCALE[step + 1], hatch=True))
        return SCALE[step + 1]

    def noted(self, key: str, colour: str) -> str:
        """Return a colour, noted for the legend."""
        self.note(key, _swatch(colour))
        return colour

    def note(self, key: str, draw: Callable[[Canvas, float, float], None]) -> None:
        """Put something in the legend, once."""
        if key == "vacant" and self.layer == "vacancy":
            return  # the spells say it
        self.legend.setdefault(key, draw)

    def sign(self, plot: Plot) -> None:
        """Draw the sign, number or letter of a parcel, its label, and what goes on there."""
        x, y = self.at(plot.area.x, plot.area.y)
        room, high = plot.area.across * self.scale, plot.area.down * self.scale
        marks = (plot.works is not None) + plot.renewed
        label = (plot.company or plot.name) if plot.labelled else ""
        named = bool(label) and self.layer == "sector" and room > min(text_width(label, 11.5), 74) and high > 34
        middle = y - (7 if named else 0)
        text = self.number(plot)
        if self.layer == "sector" and plot.sector and plot.occupied and min(room, high) > 11:
            size = min(1.25, 0.62 * min(room, high) / 12)
            dark = plot.sector != "manufacturing"
            self.canvas.add(
                f'<path d="{SIGNS[plot.sector]}" transform="translate({x - 6 * size:.1f} {middle - 6 * size:.1f}) scale({size:.2f})" '
                f'fill="{INK if dark else "#241238"}"{attributes({"pointed": plot.company_pick}) if plot.company_pick else ""}/>'
            )
        elif text and room > text_width(text, 11) * 0.9 and high > 11:
            self.canvas.text(x, middle + 4, text, size=16 if text in "●○" else 11.5, anchor="middle",
                             colour=self.ink(plot), pointer_events="none", weight="600" if len(text) == 1 else "normal")  # fmt: skip
        if named:
            self.canvas.text(x, y + 13, shorten(label, max(room - 4, 40), 11.5), size=11.5, anchor="middle", halo=True,
                             pointer_events="none")  # fmt: skip
        if marks:
            self.state(plot, x + max(room / 2 - 8, 0), y - max(high / 2 - 8, 0))

    def number(self, plot: Plot) -> str:
        """Return what is written on a parcel in this layer: the second cue beside its colour."""
        say, layer = self.say, self.layer
        if layer == "owner" and plot.owner:
            return say(f"map.owner_letter.{plot.owner}")
        if layer == "readiness" and plot.plan != "none" and plot.occupied:
            return "●" if plot.plan_known else "○"
        if layer == "quality" and plot.quality is not None and plot.floor != 0.0:
            return say.number(100 * plot.quality)
        if layer == "trust" and plot.trust is not None:
            return say.number(100 * plot.trust)
        if layer == "soil" and plot.soil and plot.soil >= 1.0:
            return say("map.thousands", n=say.number(plot.soil / 1e3))
        if layer == "vacancy" and plot.occupied is False and plot.spell is not None and plot.floor != 0.0:
            return say.number(plot.spell / 4, 0 if plot.spell >= 4 else 1)
        unknown = layer in ("sector", "quality", "soil", "owner", "vacancy", "trust") and plot.occupied is not False
        return "?" if unknown and plot.colour == UNKNOWN else ""

    def ink(self, plot: Plot) -> str:
        """Return a colour of letters that reads on the parcel."""
        return PAPER if plot.colour in (SCALE[3], SCALE[4], SOIL_SCALE[3], SOIL_SCALE[4]) else INK

    def state(self, plot: Plot, x: float, y: float) -> None:
        if plot.works is not None:
            _crane(self.canvas, x, y)
            self.note("works", lambda canvas, a, b: _crane(canvas, a + 9, b + 7))
        if plot.renewed:
            _star(self.canvas, x - (15 if plot.works is not None else 0), y)
            self.note("renewed", lambda canvas, a, b: _star(canvas, a + 9, b + 7))

    def entrances(self) -> None:
        """Mark where the park meets the road outside; exits side by side are one entrance."""
        marked: list[tuple[float, float]] = []
        for x, y in self.exits:
            if all(math.dist((x, y), other) > 4 for other in marked):
                marked.append((x, y))
        for x, y in marked:
            across, down = self.at(x, y)
            self.canvas.add(f'<path d="M{across - 7:.1f} {down - 5:.1f}l9 5-9 5z" fill="{PAPER}" stroke="{INK}" stroke-width="1.3" '
                            f'transform="rotate({self.inward(x, y)} {across:.1f} {down:.1f})" pointer-events="none"/>')  # fmt: skip
        if marked:
            self.note("entrance", _entrance)

    def inward(self, x: float, y: float) -> int:
        """Return the direction from an entrance into the park, degrees clockwise from east."""
        edges = {0: x, 180: self.shapes.columns - x, 90: y, 270: self.shapes.rows - y}
        return min(edges, key=lambda turn: edges[turn])

    def tip(self, plot: Plot) -> str:
        """Return what a parcel says to whoever points at it."""
        say = self.say
        if plot.occupied:
            who = plot.company or ""
            if plot.sector:
                who = say("map.tip_firm", who=who, sector=say(f"sector.{plot.sector}"))
        elif plot.occupied is None:
            who = say("map.tip_unknown")
        else:
            who = say("map.tip_vacant") if plot.floor is None or plot.floor > 0.0 else say("map.tip_land")
        value = _hundredths(say, plot.quality) if plot.quality is not None and plot.floor != 0.0 else ""
        text = say("map.tip", parcel=plot.name, who=who)
        return text + (say("map.tip_quality", value=value) if value else "")

    # --- links and marks ---------------------------------------------------------------------------------------------------

    def links(self, links: Sequence[_Link], chosen: str | None, title: Callable[[int], str]) -> None:
        """Draw open opportunities: curves from the badge to everybody at the table, dashed by step, and numbered badges."""
        picked = {link.number for link in links if chosen == f"opportunity:{link.number}"}
        right = self.left + self.scale * self.shapes.columns - 12
        badges = _spread([self.at(*link.hub) for link in links], 19.0, (self.left + 12, self.top + 10, right, self.bottom - 10))
        for link, (x, y) in zip(links, badges, strict=True):
            on = link.number in picked
            faded = attributes({"opacity": 0.3 if picked and not on else None})
            ends = [self.at(*end) for end in link.ends]
            if link.entrance is not None and on:
                ends.append(self.at(*link.entrance))
            paths = [_curve(x, y, *end) for end in ends]
            dots = [(across, down, LINK) for across, down in ends]
            if link.entrance is not None:
                # Whoever comes from outside is a short tail: lines from the entrance to all of them would hide the park.
                paths.append(f"M{x:.1f} {y:.1f}l-24-13")
                dots.append((x - 24, y - 13, PAPER))
                self.note("outside", _outside_swatch)
            if paths:
                path = "".join(paths)
                dashed = attributes({"stroke_dasharray": DASHES[link.step]})
                self.canvas.add(
                    f'<g fill="none" pointer-events="none"{faded}><path d="{path}" stroke="{PAPER}" stroke-opacity="0.75" '
                    f'stroke-width="4.6"/><path d="{path}" stroke="{LINK}" stroke-width="{3 if link.step == 6 else 2.2}" '
                    f'stroke-linecap="round"{dashed}/>' + "".join(
                        f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.2" fill="{inside}" stroke="{LINK if inside == PAPER else PAPER}"/>'
                        for across, down, inside in dots) + "</g>"
                )  # fmt: skip
            self.note(f"step_{link.step}", _line_swatch(link.step))
        # Badges last, so that no line runs over a number.
        for link, (x, y) in zip(links, badges, strict=True):
            on, label = link.number in picked, str(link.number)
            wide = max(18.0, text_width(label, 11) + 8)
            faded = 0.45 if picked and not on else None
            with self.canvas.group(title(link.number), pick=f"opportunity:{link.number}", label=title(link.number), opacity=faded,
                                   aria_pressed="true" if on else "false"):  # fmt: skip
                # A target of 24 units around the badge, for fingers.
                self.canvas.add(f'<rect x="{x - max(wide, 24) / 2:.1f}" y="{y - 12:.1f}" width="{max(wide, 24):.1f}" height="24" fill="none" pointer-events="all"/>')
                self.canvas.rect(x - wide / 2, y - 9, wide, 18, fill=LINK if not on else INK, rx=9, stroke=PAPER, stroke_width=1.5)
                self.canvas.text(x, y + 4, label, size=11, colour=PAPER, anchor="middle", weight="600")
        if links:
            self.note("badge", _badge_swatch)

    def mark(self, plots: Sequence[Plot]) -> None:
        """Set off what is chosen by a double line, reachable by keyboard where it is one parcel."""
        for plot in plots:
            more = attributes({"pick": plot.pick, "label": self.tip(plot), "aria_pressed": "true"}) if len(plots) == 1 else ""
            self.canvas.add(
                f'<g transform="{self.inside()}" fill="none"{more}><path d="{plot.area.path}" stroke="{PAPER}" stroke-width="{6 / self.scale:.3f}" '
                f'stroke-linejoin="round"/><path d="{plot.area.path}" stroke="{INK}" stroke-width="{3 / self.scale:.3f}" stroke-linejoin="round"/></g>'
            )

    # --- around the map ------------------------------------------------------------------------------------------------------

    def finish(self, title: str, description: str) -> str:
        """Draw scale, north arrow and legend, and return the picture."""
        foot = self.bottom + 16
        self.scale_bar(self.left + 4, foot)
        self.north(self.left + self.scale * self.shapes.columns - 10, foot + 2)
        entries = sorted(self.legend, key=_legend_order)
        heading = self.say(f"map.legend.{self.layer}")
        if self.beside:
            last = self.column(self.left + self.scale * self.shapes.columns + 18, self.top + 8, heading, entries)
            self.canvas.height = max(foot + 24, last)
        else:
            self.canvas.height = self.rows(foot + 34, heading, entries)
        return self.canvas.svg(title, description)

    def column(self, x: float, y: float, heading: str, entries: Sequence[str]) -> float:
        self.canvas.text(x, y + 4, heading, size=self.size, weight="600")
        y += 14
        for key in entries:
            y += 6 if _legend_order(key)[0] in (30.0, 40.0, 50.0) and key == next(k for k in entries if _legend_order(k)[0] == _legend_order(key)[0]) else 0
            self.legend[key](self.canvas, x, y)
            self.entry(x + 28, y + 11.5, self.word(key), self.width - x - 30)
            y += 21
        return y + 8 + self.caveat(x, y + 14, self.width - x - 4)

    def rows(self, y: float, heading: str, entries: Sequence[str]) -> float:
        self.canvas.text(8, y, heading, size=self.size, weight="600")
        half = self.width / 2 if self.width >= 340 else self.width
        y += 8
        x = 8.0
        for key in entries:
            word = self.word(key)
            alone = text_width(word, self.size) + 30 > half - 12
            if alone and x > 8:
                x, y = 8.0, y + 21
            self.legend[key](self.canvas, x, y)
            self.entry(x + 28, y + 11.5, word, (self.width if alone else half) - 40)
            if alone or x > 8:
                x, y = 8.0, y + 21
            else:
                x = 8 + half
        y += 21 if x > 8 else 0
        return y + 8 + self.caveat(8, y + 14, self.width - 16)

    def entry(self, x: float, y: float, word: str, room: float) -> None:
        """Write an entry of the legend: a long word a little smaller, rather than cut."""
        size = max(min(self.size, self.size * room / max(text_width(word, self.size), 1.0)), 11.5)
        self.canvas.text(x, y, shorten(word, room, size), size=round(size, 1))

    def caveat(self, x: float, y: float, width: float) -> float:
        """Write, where a park has nothing measured, that its values are drawn; return the height taken."""
        if self.any_measured or self.layer == "public_space":
            return 0.0
        words, line, lines = self.say("map.nothing_measured").split(), "", []
        for word in words:
            if line and text_width(f"{line} {word}", 12) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        for number, text in enumerate([*lines, line]):
            self.canvas.text(x, y + 15 * number, text, size=12, colour=SOFT)
        return 15.0 * (len(lines) + 1) + 8

    def word(self, key: str) -> str:
        """Return what an entry of the legend is called."""
        kind, _, rest = key.partition("_")
        if kind == "sector":
            return self.say(f"sector.{rest}")
        if kind == "owner":
            return self.say("map.owner_company") if rest == "company" else self.say(f"owner_kind.{rest}")
        if kind == "share":
            step = int(rest)
            return self.say("map.between", low=20 * step, high=20 * (step + 1))
        if kind == "soil":
            return self.soil_word(int(rest))
        return self.say(f"map.key.{key}")

    def soil_word(self, step: int) -> str:
        say = self.say
        if step == 0:
            return say("map.soil_none")
        low, high = SOIL_STEPS[step - 1], SOIL_STEPS[step] if step < len(SOIL_STEPS) else None
        if high is None:
            return say("map.soil_more", low=say.euros(low))
        return say("map.soil_less", high=say.euros(high)) if step == 1 else say("map.soil_between", low=say.euros(low), high=say.euros(high))

    def scale_bar(self, x: float, y: float) -> None:
        metres = self.shapes.columns * self.cell_m
        length = max((step for step in (20, 50, 100, 200, 500, 1000) if step <= metres / 4), default=20)
        end = x + length / self.cell_m * self.scale
        self.canvas.path(f"M{x:.1f} {y - 4:.1f}v8M{x:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 4:.1f}v8", stroke=INK, stroke_width=1.6)
        self.canvas.text(end + 7, y + 4.5, f"{length} m", size=12, colour=SOFT)

    def north(self, x: float, y: float) -> None:
        self.canvas.add(f'<path d="M{x:.1f} {y - 11:.1f}l5 14-5-3.4-5 3.4z" fill="{INK}"/>')
        self.canvas.text(x - 9, y + 3, "N", size=12, anchor="end", colour=SOFT)


def _hundredths(say: Language, value: float | None) -> str:
    return "-" if value is None else say.number(100 * value)


def _step(value: float) -> int:
    """Return the step of a share of 1 on a scale of five."""
    return 0 if math.isnan(value) else min(int(value * 5), 4)


def _legend_order(key: str) -> tuple[float, str]:
    """Return where an entry stands: what the colours are, then marks, links, ground."""
    kind = key.partition("_")[0]
    if key in ("road", "green", "water", "entrance"):
        return 50.0, {"road": "0", "green": "1", "water": "2", "entrance": "3"}[key]
    if kind in ("step", "badge", "outside"):
        return 40.0, {"badge": "0"}.get(kind, "z" if kind == "outside" else key)
    if key in ("building", "vacant", "assumed", "works", "renewed"):
        return 30.0, {"vacant": "0", "building": "1", "renewed": "2", "works": "3", "assumed": "4"}[key]
    if key in ("vacant_land", "unknown", "parcel"):
        return 20.0, key
    order = [f"sector_{name}" for name in records.SECTORS] + [f"owner_{name}" for name in OWNER_COLOURS]
    return 10.0, f"{order.index(key):02d}" if key in order else key


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a gently bent line, so that links over the same ground can be told apart."""
    bend = 0.16
    middle_x, middle_y = (x1 + x2) / 2 - bend * (y2 - y1), (y1 + y2) / 2 + bend * (x2 - x1)
    return f"M{x1:.1f} {y1:.1f}Q{middle_x:.1f} {middle_y:.1f} {x2:.1f} {y2:.1f}"


def _spread(places: Sequence[tuple[float, float]], least: float, within: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """Return places that do not lie over each other: pushed apart in a few rounds, within a box (left, top, right, bottom)."""
    spots = np.array(places, float).reshape(-1, 2)
    for _ in range(30):
        gap = spots[:, None, :] - spots[None, :, :]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        close = distance < least
        if not close.any():
            break
        # Those at the very same place leave each other along a circle.
        angle = 2.4 * np.arange(len(spots))
        same = distance < 1e-6
        gap[same] = np.stack([np.cos(angle), np.sin(angle)], 1)[np.nonzero(same)[0]]
        push = np.where(close, (least - np.minimum(distance, least)) / 2 / np.maximum(distance, 1.0), 0.0)
        spots += (push[..., None] * gap).sum(1)
        np.clip(spots, within[:2], within[2:], out=spots)
    return [(float(x), float(y)) for x, y in spots]


# --- marks, also in the legend -------------------------------------------------------------------------------------------


def _crane(canvas: Canvas, x: float, y: float) -> None:
    canvas.add(f'<g pointer-events="none"><circle cx="{x:.1f}" cy="{y:.1f}" r="7.5" fill="{WORKS}" stroke="{INK}"/><path transform="translate({x - 5:.1f} {y - 5:.1f})" '
               f'd="M3 10V1M.5 2.8H10M3 .6l5 2.2M8.2 2.8v3.4M1 10h4" fill="none" stroke="{INK}" stroke-width="1.2"/></g>')  # fmt: skip


def _star(canvas: Canvas, x: float, y: float) -> None:
    canvas.add(f'<path d="M{x:.1f} {y - 6.5:.1f}l1.9 4.6 4.6 1.9-4.6 1.9-1.9 4.6-1.9-4.6-4.6-1.9 4.6-1.9z" fill="{PAPER}" stroke="{INK}" '
               f'stroke-width="1.2" pointer-events="none"/>')  # fmt: skip


def _swatch(
    colour: str, *, hatch: bool = False, dotted: bool = False, sign: str | None = None, letter: str = ""
) -> Callable[[Canvas, float, float], None]:
    """Return what draws an entry of the legend, 20 by 14."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        dash = {"stroke_dasharray": "0.1 3.2", "stroke_linecap": "round", "stroke_width": 1.5} if dotted else {}
        canvas.rect(x, y, 20, 14, fill=colour, stroke=INK if dotted else LINE, **dash)
        if hatch:
            canvas.path(f"M{x} {y + 7}l7-7M{x} {y + 14}l14-14M{x + 7} {y + 14}l13-13M{x + 14} {y + 14}l6-6", stroke=INK, stroke_opacity=0.55)
        if sign:
            canvas.add(f'<path d="{SIGNS[sign]}" transform="translate({x + 4.6:.1f} {y + 1.6:.1f}) scale(0.9)" fill="{INK}"/>')
        if letter:
            canvas.text(x + 10, y + 11, letter, size=11, anchor="middle", weight="600")

    return draw


def _line_swatch(step: int) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.line(x - 2, y + 7, x + 23, y + 7, colour=LINK, width=3 if step == 6 else 2.2, stroke_dasharray=DASHES[step], stroke_linecap="round")

    return draw


def _outside_swatch(canvas: Canvas, x: float, y: float) -> None:
    canvas.line(x + 4, y + 4, x + 23, y + 12, colour=LINK, width=2.2)
    canvas.circle(x + 4, y + 4, 3.2, fill=PAPER, stroke=LINK, stroke_width=1.4)


def _badge_swatch(canvas: Canvas, x: float, y: float) -> None:
    canvas.rect(x + 1, y - 2, 18, 18, fill=LINK, rx=9)
    canvas.text(x + 10, y + 11, "1", size=11, colour=PAPER, anchor="middle", weight="600")


def _entrance(canvas: Canvas, x: float, y: float) -> None:
    canvas.add(f'<path d="M{x + 4} {y + 2}l9 5-9 5z" fill="{PAPER}" stroke="{INK}" stroke-width="1.3"/>')


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
            say("map.column.works"): "" if plot.works is None else say(f"map.task.{plot.works.replace(' ', '_').replace('-', '_')}"),
            say("map.column.renewed"): say("map.yes") if plot.renewed else say("map.no"),
        })  # fmt: skip
    return pd.DataFrame(rows)
