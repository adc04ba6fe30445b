"""What became of a park, as layers: its parcels year by year, and its opportunities.

Of one run every parcel stands there as it then was, split or merged, in the run and in its twin without intervention. Of a
comparison the runs of every strategy are made again, and the parcels of the start get what is true of them on average
over all futures, with the difference from the reference in the same futures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klaver.exporting.park_layers import outline, parcel_outlines, place_of
from sim import model
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy
from sim.records import OPPORTUNITY_KINDS, STAGES, World, copy_world
from sim.warm_up import compile_rules

QUARTERS_A_YEAR = 4
MEASURES = ("vacant", "built", "quality", "energy", "floor_m2", "jobs")
"""Of a parcel in a year: shares vacant and with a building, quality and energy of the building (all 0-1), m2, jobs."""
Progress = Callable[[int, int], None]


def run_layers(scenario: Scenario, strategy: Strategy, seed: int, quarters: int) -> dict[str, pd.DataFrame]:
    """Return one run and its twin as layers by name.

    Parameters
    ----------
    scenario, strategy, seed, quarters
        As the run was made.

    Returns
    -------
    dict
        ``parcels_by_year``: a parcel as it was at the end of each year, ``run`` being ``"strategy"`` or ``"twin"``; year 0 is
        the start. ``opportunities``: what was found, where, how far it came, and its euros.
    """
    compile_rules()
    place = model.Park.of(scenario, quarters)
    crs, west, north = place_of(scenario, place.plan)
    start, names = model.prepare_named(place, seed)
    records = {"strategy": strategy.record(scenario, place.gross_ha), "twin": model.no_strategy()}
    parts, shapes, last = [], [], start
    for run, record in records.items():
        world = copy_world(start)
        model.adopt_strategy(world, record)
        for year in range(quarters // QUARTERS_A_YEAR + 1):
            world = model.run_until(world, year * QUARTERS_A_YEAR)
            rows, cells = _parcels_now(world, names.parcels, names.companies)
            parts.append(rows.assign(run=run, year=year))
            shapes += [outline(cell, place.plan.cell_m, west, north) for cell in cells]
        if run == "strategy":
            last = model.run_until(world, quarters)
    table = pd.concat(parts, ignore_index=True)
    by_year = gpd.GeoDataFrame(table[["run", "year", *(name for name in table.columns if name not in ("run", "year"))]],
                               geometry=shapes, crs=crs)  # fmt: skip
    return {"parcels_by_year": by_year, "opportunities": _opportunities(last, names.parcels, place, crs, west, north)}


def comparison_layers(
    scenario: Scenario, strategies: Sequence[Strategy], seeds: Sequence[int], quarters: int, progress: Progress | None = None,
    parameters: Callable[[int], Scenario] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return a comparison as a layer: the parcels of the start, per strategy and year, on average over all futures.

    Parameters
    ----------
    scenario, strategies, seeds, quarters
        As the comparison was made; the first strategy is the reference.
    progress
        Told how many runs are done, of how many.
    parameters
        Gives the park of a seed, where the seeds draw from a posterior.

    Returns
    -------
    dict
        ``parcels_by_year``: ``strategy``, ``year``, ``parcel``, the mean of each of :data:`MEASURES`, and its difference from
        the reference in the same futures (``vacant_difference`` ...).
    """
    compile_rules()
    place = model.Park.of(scenario, quarters)
    crs, west, north = place_of(scenario, place.plan)
    years = quarters // QUARTERS_A_YEAR
    totals = np.zeros((len(strategies), years + 1, len(place.plan.parcels), len(MEASURES)))
    for done, seed in enumerate(seeds):
        here = place if parameters is None else model.Park.of(parameters(seed), quarters)
        start = model.prepare(here, seed)
        for row, strategy in enumerate(strategies):
            world = copy_world(start)
            model.adopt_strategy(world, strategy.record(scenario, here.gross_ha))
            for year in range(years + 1):
                world = model.run_until(world, year * QUARTERS_A_YEAR)
                totals[row, year] += _on_first_parcels(world, here.plan.parcel_of)
        if progress is not None:
            progress(done + 1, len(seeds))
    means = totals / len(seeds)
    outlines = parcel_outlines(place.plan, west, north)
    parts = []
    for row, strategy in enumerate(strategies):
        for year in range(years + 1):
            values = {name: means[row, year, :, k] for k, name in enumerate(MEASURES)}
            apart = {f"{name}_difference": means[row, year, :, k] - means[0, year, :, k] for k, name in enumerate(MEASURES)}
            head = {"strategy": strategy.name, "year": year, "parcel": [parcel.name for parcel in place.plan.parcels]}
            parts.append(pd.DataFrame(head | values | apart))
    table = pd.concat(parts, ignore_index=True)
    return {"parcels_by_year": gpd.GeoDataFrame(table, geometry=outlines * (len(table) // len(outlines)), crs=crs)}


def _parcels_now(world: World, known: list[str], firms: list[str]) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Return every parcel that there is now, and its cells."""
    columns = int(world.grid[0].columns)
    number = int(world.counts[0].parcels)
    table = world.parcels[:number]
    rows, cells = [], []
    order = np.argsort(world.cell_parcel, kind="stable")
    bounds = np.searchsorted(world.cell_parcel[order], np.arange(number + 1))
    quarter = int(world.clock[0].quarter)
    for row in np.flatnonzero(table.live):
        own = order[bounds[row] : bounds[row + 1]]
        if not own.size:
            continue
        parcel = table[row]
        occupant = int(parcel.occupant)
        company = world.companies[occupant] if occupant >= 0 else None
        rows.append({
            "parcel": known[row] if row < len(known) else f"parcel {row}",
            "company": "" if occupant < 0 else firms[occupant] if occupant < len(firms) else f"newcomer {occupant}",
            "vacant": bool(occupant < 0 and parcel.floor > 0.0), "built": bool(parcel.floor > 0.0),
            "being_built": bool(parcel.building_until > quarter),
            "area_m2": float(parcel.area), "floor_m2": float(parcel.floor),
            "quality": float(parcel.quality), "fit": float(parcel.fit), "energy": float(parcel.energy),
            "jobs": float(company.jobs) if company is not None else 0.0, "offered": bool(parcel.offered),
            "soil_cost": float(parcel.soil_cost) / 100.0, "assumed": bool(parcel.assumed),
        })  # fmt: skip
        cells.append(np.stack(np.divmod(own, columns), axis=1))
    return pd.DataFrame(rows), cells


def _on_first_parcels(world: World, parcel_of: np.ndarray) -> np.ndarray:
    """Return the measures of the parcels of the start, by area of what lies on their ground now.

    Floor and jobs of a parcel that was merged or split are shared out over its ground by area; a parcel of which the ground
    has become road has no building.

    Returns
    -------
    float64, (parcels of the start, measures)
    """
    first, now = parcel_of.ravel(), world.cell_parcel
    both = (first >= 0) & (now >= 0)
    at, on = first[both], now[both]
    parcel = world.parcels[on]
    occupied = parcel.occupant >= 0
    jobs = np.where(occupied, world.companies.jobs[np.maximum(parcel.occupant, 0)], 0.0)
    built = parcel.floor > 0.0
    values = np.stack([built & ~occupied, built, parcel.quality, parcel.energy, parcel.floor / parcel.cells,
                       jobs / parcel.cells], axis=1).astype(float)  # fmt: skip
    many = int(first.max()) + 1
    cells = np.bincount(first[first >= 0], minlength=many)
    sums = np.stack([np.bincount(at, weights=values[:, k], minlength=many) for k in range(len(MEASURES))], axis=1)
    sums[:, :4] /= np.maximum(cells, 1)[:, None]
    return sums


def _opportunities(
    world: World, known: list[str], place: model.Park, crs: Any, west: float, north: float
) -> gpd.GeoDataFrame:
    """Return the opportunities of a run at the middle of the parcel, company or stretch of public space that they are about."""
    import shapely

    height = place.plan.kind.shape[0] * place.plan.cell_m
    table = world.opportunities[: int(world.counts[0].opportunities)]
    rows, points = [], []
    for number, found in enumerate(table):
        parcel = int(found.parcel)
        if parcel < 0 and found.demand >= 0:
            parcel = int(world.companies[found.demand].parcel)
        spot = world.parcels[parcel] if parcel >= 0 else world.segments[found.segment] if found.segment >= 0 else None
        points.append(None if spot is None else shapely.Point(west + float(spot.x), north - height + float(spot.y)))
        rows.append({
            "id": number, "kind": OPPORTUNITY_KINDS[found.kind], "stage": STAGES[found.stage],
            "parcel": "" if parcel < 0 else known[parcel] if parcel < len(known) else f"parcel {parcel}",
            "found_in_quarter": int(found.since), "rounds": int(found.rounds), "parties": int(found.n_parties),
            "land_m2": float(found.land), "new_floor_m2": float(found.new_floor), "works_euro": float(found.works),
            "gap_euro": float(found.gap), "grant_euro": float(found.grant), "value_euro": float(found.value),
        })  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=points, crs=crs)
