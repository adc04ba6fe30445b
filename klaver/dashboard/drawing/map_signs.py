"""What a map is made of beside its shapes: colours, the signs of sectors, marks, and the entries of a legend.

Colours follow Dutch zoning plans (businesses in tones of purple, green for green, grey for traffic, blue for water). No
colour stands alone: sectors have a sign, kinds of owner a letter, vacancy is hatched, links are dashed by step.
"""

from __future__ import annotations

from collections.abc import Callable

from klaver.dashboard.drawing.canvas import INK, ORANGE, PAPER, Canvas
from sim import records

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


def legend_order(key: str) -> tuple[float, str]:
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


def crane(canvas: Canvas, x: float, y: float) -> None:
    with canvas.group(pointer_events="none"):
        canvas.circle(x, y, 7.5, fill=WORKS, stroke=INK)
        canvas.path("M3 10V1M.5 2.8H10M3 .6l5 2.2M8.2 2.8v3.4M1 10h4", stroke=INK, stroke_width=1.2,
                    transform=f"translate({x - 5:.1f} {y - 5:.1f})")  # fmt: skip


def star(canvas: Canvas, x: float, y: float) -> None:
    canvas.path(f"M{x:.1f} {y - 6.5:.1f}l1.9 4.6 4.6 1.9-4.6 1.9-1.9 4.6-1.9-4.6-4.6-1.9 4.6-1.9z", fill=PAPER, stroke=INK,
                stroke_width=1.2, pointer_events="none")  # fmt: skip


def swatch(
    colour: str, *, hatch: bool = False, dotted: bool = False, sign: str | None = None, letter: str = ""
) -> Callable[[Canvas, float, float], None]:
    """Return what draws an entry of the legend, 20 by 14."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        dash = {"stroke_dasharray": "0.1 3.2", "stroke_linecap": "round", "stroke_width": 1.5} if dotted else {}
        canvas.rect(x, y, 20, 14, fill=colour, stroke=INK if dotted else LINE, **dash)
        if hatch:
            canvas.path(
                f"M{x} {y + 7}l7-7M{x} {y + 14}l14-14M{x + 7} {y + 14}l13-13M{x + 14} {y + 14}l6-6",
                stroke=INK,
                stroke_opacity=0.55,
            )
        if sign:
            canvas.add(
                f'<path d="{SIGNS[sign]}" transform="translate({x + 4.6:.1f} {y + 1.6:.1f}) scale(0.9)" fill="{INK}"/>'
            )
        if letter:
            canvas.text(x + 10, y + 11, letter, size=11, anchor="middle", weight="600")

    return draw


def line_swatch(step: int) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.line(
            x - 2,
            y + 7,
            x + 23,
            y + 7,
            colour=LINK,
            width=3 if step == 6 else 2.2,
            stroke_dasharray=DASHES[step],
            stroke_linecap="round",
        )

    return draw


def outside_swatch(canvas: Canvas, x: float, y: float) -> None:
    canvas.line(x + 4, y + 4, x + 23, y + 12, colour=LINK, width=2.2)
    canvas.circle(x + 4, y + 4, 3.2, fill=PAPER, stroke=LINK, stroke_width=1.4)


def badge_swatch(canvas: Canvas, x: float, y: float) -> None:
    canvas.rect(x + 1, y - 2, 18, 18, fill=LINK, rx=9)
    canvas.text(x + 10, y + 11, "1", size=11, colour=PAPER, anchor="middle", weight="600")


def entrance_swatch(canvas: Canvas, x: float, y: float) -> None:
    canvas.add(f'<path d="M{x + 4} {y + 2}l9 5-9 5z" fill="{PAPER}" stroke="{INK}" stroke-width="1.3"/>')
