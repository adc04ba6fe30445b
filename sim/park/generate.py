"""Lay out a business park when no map is given.

Side streets run east and west from one or more main roads, with a row of plots on either side; some neighbouring side
streets are joined at their ends into loops. Rows are cut into plots with lognormal areas, so every plot has frontage.
Along the west side lies water, along the east side green; what public space is left to reach the asked share of net
area becomes green at the ends of the rows. A big vacant site takes the west end of one or more streets.

The layout is a part of the park file: it follows from ``layout_seed`` alone, the same in every run.
"""

from __future__ import annotations

import math

import numpy as np

from sim.park.plan import LayoutSettings, ParkPlan, PlanOwner, PlanParcel
from sim.records import GREEN, PLOT, ROAD, WATER

_MAIN_ROAD_EVERY = 32  # cells between main roads
_AREA_SPREAD = 0.7  # log standard deviation of plot areas
_SITE_FLOOR = 0.30  # m2 floor per m2 of the big vacant site
_BIG_PARK = 2_500  # cells from which a park has a second exit


class _Row:
    """A row of plots along a street between two main roads or edges: rows ``top`` up to ``bottom`` of the lattice."""

    def __init__(self, top: int, bottom: int, left: int, right: int) -> None:
        self.top, self.bottom, self.left, self.right = top, bottom, left, right

    @property
    def depth(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def lay_out(settings: LayoutSettings) -> ParkPlan:
    """Lay out a park of about the given area, share of net area and number of premises.

    Parameters
    ----------
    settings
        Areas in hectares. `firms` premises come on a plot each, plots of vacant land on top of those, and
        `vacant_site_ha` as one more plot with an old building.

    Returns
    -------
    ParkPlan
        Premises are open (their floor, occupant and owner are drawn at the founding), vacant land has floor 0.

    Raises
    ------
    ValueError
        If the settings leave no room: cells too coarse for so many firms, or a vacant site larger than the park.
    """
    rng = np.random.Generator(np.random.PCG64(settings.layout_seed))
    square = settings.cell_m**2 / 10_000.0
    inside = round(settings.gross_ha / square)
    site = round(settings.vacant_site_ha / square)
    net = settings.net_gross * inside
    vacant = round(settings.firms * settings.vacant_land / max(1.0 - settings.vacant_land, 0.05))
    if settings.vacant_land > 0.0:
        vacant = max(vacant, 1)
    plots = settings.firms + vacant
    if site > 0.8 * net:
        raise ValueError(
            f"{settings.name}: vacant_site_ha is {settings.vacant_site_ha:g}; at most {0.8 * net * square:.1f} of the "
            f"{net * square:.1f} net hectares can be one vacant site"
        )
    mean = (net - site) / plots
    if mean < 1.5:
        finest = settings.cell_m * math.sqrt(mean / 4.0)
        raise ValueError(
            f"{settings.name}: {settings.firms} firms on {settings.gross_ha:g} ha leave less than two cells of "
            f"{settings.cell_m:g} m a plot; set cell_m to {finest:.0f} or less"
        )
    kind, rows, exits, site_box = _fit_skeleton(settings, rng, inside, net, site, mean)
    parcel_of = np.full(kind.shape, -1, np.int64)
    count = _cut_rows(rng, kind, parcel_of, rows, plots)
    parcels = [PlanParcel(name=f"plot {i + 1}") for i in range(count)]
    for i in rng.permutation(count)[: max(count - settings.firms, 0)]:
        parcels[i].floor = 0.0
    owners = [PlanOwner("Municipality", "municipality", assumed=("name",))]
    if site_box is not None:
        top, bottom, left, right = site_box
        kind[top:bottom, left:right] = PLOT
        parcel_of[top:bottom, left:right] = count
        area = (bottom - top) * (right - left) * settings.cell_m**2
        assumed = ("floor", "quality", "fit", "energy", "vacant_quarters")
        owners.append(PlanOwner("Owner of the vacant site", "absent_owner", willing=True, assumed=("willing",)))
        parcels.append(
            PlanParcel("vacant site", "Owner of the vacant site", round(_SITE_FLOOR * area), 0.15, 0.10, 0.10,
                       vacant_quarters=24, offered=True, assumed=assumed)
        )
    return ParkPlan(
        name=settings.name, cell_m=settings.cell_m, kind=kind, parcel_of=parcel_of, exits=exits, parcels=parcels,
        owners=owners, motorway=settings.motorway, burn_in=settings.burn_in, founding=settings.founding,
    )


def _fit_skeleton(
    settings: LayoutSettings, rng: np.random.Generator, inside: int, net: float, site: int, mean: float
) -> tuple[np.ndarray, list[_Row], list[tuple[int, int]], tuple[int, int, int, int] | None]:
    """Draw streets and rows of plots whose land comes nearest to ``net`` cells, and green the surplus."""
    deep_enough = settings.net_gross / max(2.0 * (0.96 - settings.net_gross), 0.05)
    depth = max(round(math.sqrt(mean)), math.ceil(deep_enough), 1)
    while depth > 1 and depth > mean:
        depth -= 1
    columns = max(round(math.sqrt(inside * 1.25)), 5)
    height = max(round(inside / columns), 3)
    places, loops = rng.random(64), rng.random(512)
    best = None
    for edges in range(max(columns // 4, 1)):
        for with_loops in (True, False):
            plan = _draw_skeleton(height, columns, depth, edges, loops if with_loops else loops + 1.0, places, site)
            land = sum(row.depth * row.width for row in plan[1]) + plan[4]
            off = abs(land - net) if land <= net else 0.2 * (land - net)  # surplus land can still become green
            if best is None or off < best[0]:
                best = (off, plan, land)
        if land < net:
            break
    _, (kind, rows, exits, site_box, _), land = best  # type: ignore[misc]
    _green_surplus(kind, rows, land - net)
    return kind, rows, exits, site_box


def _draw_skeleton(
    height: int, columns: int, depth: int, edges: int, loops: np.ndarray, places: np.ndarray, site: int
) -> tuple[np.ndarray, list[_Row], list[tuple[int, int]], tuple[int, int, int, int] | None, int]:
    """Draw streets with ``edges`` columns of water and green beside them; the last item is the site's area in cells."""
    kind = np.full((height, columns), GREEN, np.int8)
    west, east = edges // 2, columns - (edges - edges // 2)
    kind[:, :west] = WATER
    bands = max(round(height / (2 * depth + 1)), 1)
    bounds = np.round(np.linspace(0, height, bands + 1)).astype(int)
    streets = [int((a + b) // 2) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    site_box, site_west, site_bands, first_band = None, west, 0, 0
    if site > 0:
        site_bands = min(max(round(math.sqrt(site) / (2 * depth + 1)), 1), bands)
        while site_bands < bands and site / (bounds[site_bands] - bounds[0]) > 0.6 * (east - west):
            site_bands += 1
        rows_taken = int(bounds[site_bands] - bounds[0])
        site_west = west + min(max(round(site / max(rows_taken - 1, 1)), 1), east - west - 2)
        first_band = (bands - site_bands) // 2
        site_box = (int(bounds[first_band]), int(bounds[first_band + site_bands]) - 1, west, site_west)
    mains = max(round((east - site_west) / _MAIN_ROAD_EVERY), 1)
    span = (east - site_west) / mains
    main_columns = [int(site_west + span * (i + 0.35 + 0.3 * places[i % places.size])) for i in range(mains)]
    for i, column in enumerate(main_columns):
        kind[streets[0] : (height if i == mains // 2 else streets[-1] + 1), column] = ROAD
    exits = [(height - 1, main_columns[mains // 2])]
    if height * columns >= _BIG_PARK:
        kind[: streets[0], main_columns[mains // 2]] = ROAD
        exits.append((0, main_columns[mains // 2]))
    for band, street in enumerate(streets):
        left = site_west if site_box and first_band <= band < first_band + site_bands else west
        kind[street, left:east] = ROAD
    if site_box:
        # Without roads along its sides, nobody could buy a part of the site and reach it.
        kind[site_box[0] : site_box[1], site_west] = ROAD
        kind[site_box[1], west : site_west + 1] = ROAD
    for band in range(bands - 1):
        if loops[band % loops.size] < 0.5:
            by_site = site_box and first_band - 1 <= band < first_band + site_bands
            kind[streets[band] : streets[band + 1], east - 1 if band % 2 == 0 or by_site else west] = ROAD
    rows = []
    for band, street in enumerate(streets):
        left = site_west if site_box and first_band <= band < first_band + site_bands else west
        for top, bottom in ((int(bounds[band]), street), (street + 1, int(bounds[band + 1]))):
            if bottom > top:
                open_columns = (kind[top:bottom, left:east] != ROAD).all(axis=0)
                rows += [_Row(top, bottom, left + a, left + b) for a, b in _runs(open_columns)]
    for row in rows:
        kind[row.top : row.bottom, row.left : row.right] = PLOT
    area = (site_box[1] - site_box[0]) * (site_box[3] - site_box[2]) if site_box else 0
    return kind, rows, exits, site_box, area


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return begin and end of each unbroken run of true values."""
    steps = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def _green_surplus(kind: np.ndarray, rows: list[_Row], surplus: float) -> None:
    """Turn columns at the ends of rows into green until ``surplus`` cells are used up; rows shrink in place."""
    at = 0
    while rows and surplus >= 0.5 * min(row.depth for row in rows):
        row = rows[at % len(rows)]
        at += 1
        if at > 50 * len(rows):
            break
        if row.depth > surplus + 0.5 * row.depth or row.width <= 2:
            continue
        if (at // len(rows)) % 2 == 0:
            row.left += 1
            kind[row.top : row.bottom, row.left - 1] = GREEN
        else:
            row.right -= 1
            kind[row.top : row.bottom, row.right] = GREEN
        surplus -= row.depth


def _cut_rows(rng: np.random.Generator, kind: np.ndarray, parcel_of: np.ndarray, rows: list[_Row], plots: int) -> int:
    """Cut the rows into ``plots`` plots at most, each at least a column wide; return how many there are."""
    areas = np.array([row.depth * row.width for row in rows], float)
    widest = np.array([row.width for row in rows])
    share = plots * areas / areas.sum()
    number = np.clip(np.floor(share).astype(int), 1, widest)
    for i in np.argsort(-(share - np.floor(share)), kind="stable"):
        if number.sum() >= plots:
            break
        number[i] = min(number[i] + 1, widest[i])
    while number.sum() < plots and (number < widest).any():
        number[np.argmax(np.where(number < widest, areas / number, 0.0))] += 1
    while number.sum() > plots and (number > 1).any():
        number[np.argmin(np.where(number > 1, areas / number, np.inf))] -= 1
    count = 0
    for row, pieces in zip(rows, number, strict=True):
        sizes = np.exp(_AREA_SPREAD * rng.standard_normal(pieces))
        left = row.left
        for width in _whole_widths(sizes, row.width):
            parcel_of[row.top : row.bottom, left : left + width] = count
            left += width
            count += 1
    return count


def _whole_widths(sizes: np.ndarray, width: int) -> list[int]:
    """Return whole widths of at least 1 that sum to ``width``, in proportion to ``sizes`` by largest remainder."""
    spare = width - sizes.size
    exact = sizes / sizes.sum() * spare
    whole = np.floor(exact).astype(int)
    whole[np.argsort(-(exact - whole), kind="stable")[: spare - int(whole.sum())]] += 1
    return [int(w) + 1 for w in whole]
