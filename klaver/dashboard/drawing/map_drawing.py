"""One map being drawn, from the ground up: shapes of a lattice, parcels, links between them, and the legend of what is there.

What is drawn comes in as plain :class:`Plot` and :class:`Link`, so that a run and a plan that was never run look alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from klaver.dashboard.drawing.canvas import INK, PAPER, SOFT, Canvas, attributes, escape
from klaver.dashboard.drawing.lettering import shorten, text_width
from klaver.dashboard.drawing.map_signs import (
    DASHES,
    FREE_LAND,
    GREEN,
    LINE,
    LINK,
    NO_VALUE,
    OWNER_COLOURS,
    ROAD,
    SCALE,
    SECTOR_COLOURS,
    SIGNS,
    SOIL_SCALE,
    SOIL_STEPS,
    SPELLS,
    UNKNOWN,
    WATER,
    badge_swatch,
    crane,
    entrance_swatch,
    legend_order,
    line_swatch,
    outside_swatch,
    star,
    swatch,
)
from klaver.dashboard.drawing.outlines import Area, areas, hatching, outlines
from sim import records

if TYPE_CHECKING:
    from klaver.language import Language

_BUILT = 'fill="#2A2033" fill-opacity="0.2"'
_FIELDS = {  # layer to (of which table, the field in a park's file that it shows)
    "sector": ("companies", "sector"), "quality": ("parcels", "quality"), "vacancy": ("parcels", "vacant"),
    "trust": ("companies", "trust"), "soil": ("parcels", "soil_cost"), "owner": ("parcels", "owner"),
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
    kind: np.ndarray,
    parcel: np.ndarray,
    built: np.ndarray,
    segment: np.ndarray | None,
    known: dict[str, Area] | None = None,
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


@dataclass(frozen=True)
class Link:
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


@dataclass
class MapDrawing:
    """One map being drawn: the ground, then the plots, links and marks, then the legend of what was drawn."""

    say: Language
    shapes: Shapes
    cell_m: float
    exits: Sequence[tuple[float, float]]
    layer: str
    any_measured: bool
    width: float
    caveat_key: str = "map.nothing_measured"
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
                self.note(name, swatch(colour))
        if self.layer == "public_space":
            for segment, path in self.shapes.segments.items():
                value = quality.get(segment, math.nan)
                tip = self.say("map.tip_segment", n=segment, value=_hundredths(self.say, value))
                step = _step(value)
                self.canvas.add(f'<path d="{path}" fill="{SCALE[step]}" stroke="{LINE}" stroke-width="{0.7 / self.scale:.3f}" '
                                f'fill-rule="evenodd"><title>{escape(tip)}</title></path>')  # fmt: skip
            for step in range(5):
                self.note(f"share_{step}", swatch(SCALE[step]))
        self.canvas.add("</g>")

    # --- plots -----------------------------------------------------------------------------------------------------------

    def plots(self, plots: Iterable[Plot]) -> None:
        """Draw the parcels, their buildings, hatching, signs and labels."""
        shown = list(plots)
        empty: list[int] = []
        solid: list[str] = []
        dotted: list[str] = []
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
                self.note("vacant", swatch(NO_VALUE, hatch=True))
        self.canvas.add("</g>")
        self.canvas.add(f'<g transform="{self.inside()}" pointer-events="none">')
        built = "".join(self.shapes.built.values())
        if built:
            self.shape(built, _BUILT)
            self.note("building", swatch("#C9C0D2"))
        lines = hatching(np.isin(self.shapes.labels, empty))
        if lines:
            self.canvas.add(
                f'<path d="{lines}" stroke="{INK}" stroke-opacity="0.55" stroke-width="{1.1 / self.scale:.3f}"/>'
            )
        if dotted:
            # White over the border, then dots: so an assumed value is told from a measured one on any colour.
            joined = "".join(dotted)
            dots = f"{0.1 / self.scale:.3f} {3.4 / self.scale:.3f}"
            self.canvas.add(
                f'<path d="{joined}" fill="none" stroke="{PAPER}" stroke-width="{1.6 / self.scale:.3f}"/>'
                f'<path d="{joined}" fill="none" stroke="{INK}" stroke-width="{1.4 / self.scale:.3f}" '
                f'stroke-dasharray="{dots}" stroke-linecap="round"/>'
            )
            if solid:
                self.canvas.add(
                    f'<path d="{"".join(solid)}" fill="none" stroke="{LINE}" stroke-width="{1.1 / self.scale:.3f}"/>'
                )
            self.note("assumed", swatch(NO_VALUE, dotted=True))
        self.canvas.add("</g>")
        for plot in shown:
            self.sign(plot)
        self.entrances()

    def colour(self, plot: Plot) -> str:
        """Return the colour of a parcel in this layer, and note it for the legend."""
        layer = self.layer
        if layer == "public_space":
            self.note("parcel", swatch("#F7F6F8"))
            return "#F7F6F8"
        if layer == "owner":
            if plot.owner is None:
                return self.noted("unknown", UNKNOWN)
            sign = self.say(f"map.owner_letter.{plot.owner}")
            self.note(f"owner_{plot.owner}", swatch(OWNER_COLOURS[plot.owner], letter=sign))
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
            self.note(key, swatch(SCALE[2] if plot.plan_known else SCALE[1], letter=mark))
            return SCALE[2] if plot.plan_known else SCALE[1]
        if plot.sector is None:
            return self.noted("unknown", UNKNOWN)
        self.note(f"sector_{plot.sector}", swatch(SECTOR_COLOURS[plot.sector], sign=plot.sector))
        return SECTOR_COLOURS[plot.sector]

    def graded(self, plot: Plot) -> str:
        """Return the colour of a value on a scale of five; white where there is nothing to measure."""
        if self.layer == "soil":
            if plot.soil is None or math.isnan(plot.soil):
                return self.noted("unknown", UNKNOWN)
            step = int(np.searchsorted(SOIL_STEPS, plot.soil, side="right"))
            self.note(f"soil_{step}", swatch(SOIL_SCALE[step]))
            return SOIL_SCALE[step]
        value = plot.quality if self.layer == "quality" else plot.trust
        if self.layer == "quality" and plot.floor == 0.0:
            return self.noted("vacant_land", FREE_LAND)
        if self.layer == "trust" and plot.occupied is False:
            return NO_VALUE if plot.floor is None or plot.floor > 0.0 else self.noted("vacant_land", FREE_LAND)
        if value is None or math.isnan(value):
            return self.noted("unknown", UNKNOWN)
        self.note(f"share_{_step(value)}", swatch(SCALE[_step(value)]))
        return SCALE[_step(value)]

    def vacancy(self, plot: Plot) -> str:
        if plot.occupied is None:
            return self.noted("unknown", UNKNOWN)
        if plot.occupied:
            return self.noted("in_use", "#ECE8F1")
        if plot.floor == 0.0:
            return self.noted("vacant_land", FREE_LAND)
        step = int(np.searchsorted(SPELLS, plot.spell or 0, side="right"))
        self.note(f"spell_{step}", swatch(SCALE[step + 1], hatch=True))
        return SCALE[step + 1]

    def noted(self, key: str, colour: str) -> str:
        """Return a colour, noted for the legend."""
        self.note(key, swatch(colour))
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
            corner = f"translate({x - 6 * size:.1f} {middle - 6 * size:.1f}) scale({size:.2f})"
            pointed = attributes({"pointed": plot.company_pick}) if plot.company_pick else ""
            self.canvas.add(f'<path d="{SIGNS[plot.sector]}" transform="{corner}" fill="{INK}"{pointed}/>')
        elif text and room > text_width(text, 11) * 0.9 and high > 11:
            self.canvas.text(
                x, middle + 4, text, size=16 if text in "●○" else 11.5, anchor="middle", colour=self.ink(plot),
                pointer_events="none", weight="600" if len(text) == 1 else "normal",
            )  # fmt: skip
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
            crane(self.canvas, x, y)
            self.note("works", lambda canvas, a, b: crane(canvas, a + 9, b + 7))
        if plot.renewed:
            star(self.canvas, x - (15 if plot.works is not None else 0), y)
            self.note("renewed", lambda canvas, a, b: star(canvas, a + 9, b + 7))

    def entrances(self) -> None:
        """Mark where the park meets the road outside; exits side by side are one entrance."""
        marked: list[tuple[float, float]] = []
        for x, y in self.exits:
            if all(math.dist((x, y), other) > 4 for other in marked):
                marked.append((x, y))
        for x, y in marked:
            across, down = self.at(x, y)
            self.canvas.path(
                f"M{across - 7:.1f} {down - 5:.1f}l9 5-9 5z", fill=PAPER, stroke=INK, stroke_width=1.3, pointer_events="none",
                transform=f"rotate({self.inward(x, y)} {across:.1f} {down:.1f})",
            )  # fmt: skip
        if marked:
            self.note("entrance", entrance_swatch)

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

    def links(self, links: Sequence[Link], chosen: str | None, title: Callable[[int], str]) -> None:
        """Draw open opportunities: curves from the badge to everybody at the table, dashed by step, and numbered badges."""
        picked = {link.number for link in links if chosen == f"opportunity:{link.number}"}
        right = self.left + self.scale * self.shapes.columns - 12
        widest = max((text_width(str(link.number), 11) + 10 for link in links), default=19.0)
        box = (self.left + 12, self.top + 10, right, self.bottom - 10)
        badges = spread([self.at(*link.hub) for link in links], max(widest, 19.0), 19.0, box)
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
                self.note("outside", outside_swatch)
            if paths:
                path = "".join(paths)
                dashed = attributes({"stroke_dasharray": DASHES[link.step]})
                self.canvas.add(
                    f'<g fill="none" pointer-events="none"{faded}><path d="{path}" stroke="{PAPER}" stroke-opacity="0.75" '
                    f'stroke-width="4.6"/><path d="{path}" stroke="{LINK}" stroke-width="{3 if link.step == 6 else 2.2}" '
                    f'stroke-linecap="round"{dashed}/>' + "".join(
                        f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.2" fill="{inside}" '
                        f'stroke="{LINK if inside == PAPER else PAPER}"/>' for across, down, inside in dots) + "</g>"
                )  # fmt: skip
            self.note(f"step_{link.step}", line_swatch(link.step))
        # Badges last, so that no line runs over a number.
        for link, (x, y) in zip(links, badges, strict=True):
            on, label = link.number in picked, str(link.number)
            wide = max(18.0, text_width(label, 11) + 8)
            paint, ink = (INK, PAPER) if on else (PAPER, LINK) if picked else (LINK, PAPER)
            words, target = title(link.number), max(wide, 24.0)
            with self.canvas.group(
                words, pick=f"opportunity:{link.number}", label=words, aria_pressed="true" if on else "false"
            ):
                # A target of 24 units around the badge, for fingers.
                self.canvas.rect(x - target / 2, y - 12, target, 24, fill="none", pointer_events="all")
                self.canvas.rect(x - wide / 2, y - 9, wide, 18, fill=paint, rx=9, stroke=ink, stroke_width=1.5)
                self.canvas.text(x, y + 4, label, size=11, colour=ink, anchor="middle", weight="600")
        if links:
            self.note("badge", badge_swatch)

    def mark(self, plots: Sequence[Plot]) -> None:
        """Set off what is chosen by a double line, reachable by keyboard where it is one parcel."""
        for plot in plots:
            more = (
                attributes({"pick": plot.pick, "label": self.tip(plot), "aria_pressed": "true"})
                if len(plots) == 1
                else ""
            )
            self.canvas.add(
                f'<g transform="{self.inside()}" fill="none" stroke-linejoin="round"{more}>'
                f'<path d="{plot.area.path}" stroke="{PAPER}" stroke-width="{6 / self.scale:.3f}"/>'
                f'<path d="{plot.area.path}" stroke="{INK}" stroke-width="{3 / self.scale:.3f}"/></g>'
            )

    # --- around the map ------------------------------------------------------------------------------------------------------

    def finish(self, title: str, description: str) -> str:
        """Draw scale, north arrow and legend, and return the picture."""
        foot = self.bottom + 16
        self.scale_bar(self.left + 4, foot)
        self.north(self.left + self.scale * self.shapes.columns - 10, foot + 2)
        entries = sorted(self.legend, key=legend_order)
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
            y += (
                6
                if legend_order(key)[0] in (30.0, 40.0, 50.0)
                and key == next(k for k in entries if legend_order(k)[0] == legend_order(key)[0])
                else 0
            )
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
        words, line, lines = self.say(self.caveat_key).split(), "", []
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
        return (
            say("map.soil_less", high=say.euros(high))
            if step == 1
            else say("map.soil_between", low=say.euros(low), high=say.euros(high))
        )

    def scale_bar(self, x: float, y: float) -> None:
        metres = self.shapes.columns * self.cell_m
        length = max((step for step in (20, 50, 100, 200, 500, 1000) if step <= metres / 4), default=20)
        end = x + length / self.cell_m * self.scale
        self.canvas.path(
            f"M{x:.1f} {y - 4:.1f}v8M{x:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 4:.1f}v8", stroke=INK, stroke_width=1.6
        )
        self.canvas.text(end + 7, y + 4.5, f"{length} m", size=12, colour=SOFT)

    def north(self, x: float, y: float) -> None:
        self.canvas.add(f'<path d="M{x:.1f} {y - 11:.1f}l5 14-5-3.4-5 3.4z" fill="{INK}"/>')
        self.canvas.text(x - 9, y + 3, "N", size=12, anchor="end", colour=SOFT)


def _hundredths(say: Language, value: float | None) -> str:
    return "-" if value is None else say.number(100 * value)


def _step(value: float) -> int:
    """Return the step of a share of 1 on a scale of five."""
    return 0 if math.isnan(value) else min(int(value * 5), 4)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a gently bent line, so that links over the same ground can be told apart."""
    bend = 0.16
    middle_x, middle_y = (x1 + x2) / 2 - bend * (y2 - y1), (y1 + y2) / 2 + bend * (x2 - x1)
    return f"M{x1:.1f} {y1:.1f}Q{middle_x:.1f} {middle_y:.1f} {x2:.1f} {y2:.1f}"


def spread(
    places: Sequence[tuple[float, float]], wide: float, high: float, within: tuple[float, float, float, float]
) -> list[tuple[float, float]]:
    """Return places for marks of a size that do not lie over each other: pushed apart in a few rounds, within a box.

    Parameters
    ----------
    places
        Where the marks belong.
    wide, high
        Of a mark.
    within
        Left, top, right and bottom of the box.
    """
    squeeze = np.array([high / wide, 1.0])  # so that a mark is as wide as it is high
    spots = np.array(places, float).reshape(-1, 2) * squeeze
    low, far = np.array(within[:2]) * squeeze, np.array(within[2:]) * squeeze
    for _ in range(30):
        gap = spots[:, None, :] - spots[None, :, :]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        close = distance < high
        if not close.any():
            break
        # Those at the very same place leave each other along a circle.
        angle = 2.4 * np.arange(len(spots))
        same = distance < 1e-6
        gap[same] = np.stack([np.cos(angle), np.sin(angle)], 1)[np.nonzero(same)[0]]
        push = np.where(close, (high - np.minimum(distance, high)) / 2 / np.maximum(distance, 1.0), 0.0)
        spots += (push[..., None] * gap).sum(1)
        np.clip(spots, low, far, out=spots)
    return [(float(x), float(y)) for x, y in spots / squeeze]
