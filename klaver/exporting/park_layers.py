"""What a park is, as layers: parcels and ground as outlines of their cells, companies and owners, and its settings.

The columns are those that ``klaver import`` knows (``klaver/importing/layers.py``), so an exported park comes back the same:
the outlines follow the cells, numbers keep all their digits, and what the park file leaves open has no value.
"""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from klaver.importing.knowledge import knowledge
from sim.inputs.scenario import Scenario
from sim.park.plan import ParkPlan
from sim.records import GREEN, OUTSIDE, PLOT, ROAD, WATER

NOWHERE = pyproj.CRS.from_wkt(
    'ENGCRS["Klaver, metres from the south-west corner of the map; no place on earth",EDATUM["the map of the park"],'
    'CS[Cartesian,2],AXIS["easting (X)",east,ORDER[1]],AXIS["northing (Y)",north,ORDER[2]],LENGTHUNIT["metre",1]]'
)
"""System of a park that was drawn without saying where it lies."""
GROUND = {ROAD: "road", GREEN: "green", WATER: "water"}
SETTINGS = ("name", "title", "description", "quarters", "burn_in", "cell_m", "motorway", "founding", "municipality",
            "parameters", "windows", "place")  # fmt: skip
"""Keys of a park file that stand in the table of settings."""


def park_layers(scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Return a park as layers by name.

    Parameters
    ----------
    scenario
        Any park; one without a map gets that of its layout.

    Returns
    -------
    dict
        ``parcels``, ``ground`` (roads, green, water), ``exits``, ``companies``: with geometry; ``owners``, ``settings``:
        without. In the system of the park's place, else in metres from the south-west corner of its map.
    """
    plan = scenario.plan()
    crs, west, north = place_of(scenario, plan)
    outlines = parcel_outlines(plan, west, north)
    parcels = _parcels(scenario, plan, outlines, crs)
    return {
        "parcels": parcels,
        "ground": _ground(plan, west, north, crs),
        "exits": _exits(plan, west, north, crs),
        "companies": _companies(scenario, plan, outlines, crs),
        "owners": _rows([_row(owner, ("name", "kind", "reservation", "willing"), note)
                         for owner, note in _owners(scenario, plan)]),
        "settings": _settings(scenario, plan, west, north),
    }  # fmt: skip


def place_of(scenario: Scenario, plan: ParkPlan) -> tuple[pyproj.CRS, float, float]:
    """Return where a park lies: its system, and easting and northing (metres) of the north-west corner of its map."""
    if scenario.place is not None:
        return pyproj.CRS.from_user_input(scenario.place.crs), scenario.place.west, scenario.place.north
    return NOWHERE, 0.0, float(plan.kind.shape[0] * plan.cell_m)


def cell_boxes(cells: np.ndarray, cell_m: float, west: float, north: float) -> np.ndarray:
    """Return the outline of every cell.

    Parameters
    ----------
    cells : int64, (n, 2)
        Row and column.
    cell_m
        Side, metres.
    west, north
        Easting and northing of the corner of cell (0, 0), metres.

    Returns
    -------
    object, (n,)
        Polygons.
    """
    rows, columns = cells[:, 0], cells[:, 1]
    left, top = west + columns * cell_m, north - rows * cell_m
    return shapely.box(left, north - (rows + 1) * cell_m, west + (columns + 1) * cell_m, top)


def outline(cells: np.ndarray, cell_m: float, west: float, north: float) -> Any:
    """Return what some cells cover together, with corners only where the outline turns."""
    return shapely.normalize(shapely.simplify(shapely.union_all(cell_boxes(cells, cell_m, west, north)), 0.0))


def parcel_outlines(plan: ParkPlan, west: float, north: float) -> list[Any]:
    """Return the outline of every parcel of a plan, in its order."""
    return [outline(np.argwhere(plan.parcel_of == row), plan.cell_m, west, north) for row in range(len(plan.parcels))]


def _ground(plan: ParkPlan, west: float, north: float, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    kinds, shapes = [], []
    for kind, name in GROUND.items():
        cells = np.argwhere(plan.kind == kind)
        for piece in shapely.get_parts(outline(cells, plan.cell_m, west, north)) if len(cells) else ():
            kinds.append(name)
            shapes.append(piece)
    return gpd.GeoDataFrame({"kind": kinds}, geometry=shapes, crs=crs)


def _exits(plan: ParkPlan, west: float, north: float, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    points = [shapely.Point(west + (column + 0.5) * plan.cell_m, north - (row + 0.5) * plan.cell_m)
              for row, column in plan.exits]  # fmt: skip
    return gpd.GeoDataFrame({"name": [f"exit {n}" for n in range(1, len(points) + 1)]}, geometry=points, crs=crs)


def _parcels(scenario: Scenario, plan: ParkPlan, outlines: list[Any], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    fields = ("name", "owner", "floor", "age", "quality", "fit", "energy", "soil_cost", "vacant", "vacant_quarters", "offered")
    notes = {row.name: row.note for row in scenario.parcels}
    enclaves = {mark.name for mark in scenario.legend.values() if mark.kind == "parcel" and mark.enclave}
    marks = _marks(scenario)
    rows = []
    for parcel, shape in zip(plan.parcels, outlines, strict=True):
        row = _row(parcel, fields, notes.get(parcel.name, ""))
        row |= {"enclave": parcel.name in enclaves, "area_m2": shape.area}
        row |= {mark: ", ".join(marks.get((parcel.name, mark), ())) for mark in ("measured", "imputed")}
        rows.append(row)
    return gpd.GeoDataFrame(_rows(rows), geometry=outlines, crs=crs)


def _companies(scenario: Scenario, plan: ParkPlan, outlines: list[Any], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    fields = ("name", "parcel", "sector", "jobs", "turnover", "floor_needed", "land_wish", "tenant", "trust", "key_figure")
    notes = {row.name: row.note for row in scenario.companies}
    place = {parcel.name: shape for parcel, shape in zip(plan.parcels, outlines, strict=True)}
    rows = [_row(company, fields, notes.get(company.name, "")) | {"outside": company.parcel is None}
            for company in plan.companies]  # fmt: skip
    points = [place[company.parcel].representative_point() if company.parcel else None for company in plan.companies]
    return gpd.GeoDataFrame(_rows(rows), geometry=points, crs=crs)


def _owners(scenario: Scenario, plan: ParkPlan) -> list[tuple[Any, str]]:
    notes = {row.name: row.note for row in scenario.owners}
    stated = scenario.owners if scenario.map is not None else plan.owners
    return [(owner, notes.get(owner.name, "")) for owner in stated]


def _marks(scenario: Scenario) -> dict[tuple[str, str], list[str]]:
    """Return which values of a parcel are measured and which imputed: (parcel, mark) to names of fields."""
    table = knowledge(scenario)
    found: dict[tuple[str, str], list[str]] = {}
    for row in table[table["kind"] == "parcel"].itertuples():
        found.setdefault((str(row.name), str(row.mark)), []).append(str(row.field))
    return found


def _row(thing: Any, fields: tuple[str, ...], note: str) -> dict[str, Any]:
    row = {name: getattr(thing, name, None) for name in fields}
    return row | {"assumed": ";".join(thing.assumed), "note": note}


def _rows(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table whose columns keep what is missing: numbers as nan, yes and no as a nullable type."""
    table = pd.DataFrame(rows)
    table = table[[name for name in table.columns if name == "name" or table[name].notna().any()]]
    for name in table.columns:
        known = table[name].dropna()
        if len(known) and known.map(lambda value: isinstance(value, (bool, np.bool_))).all():
            table[name] = table[name].astype("boolean")
        elif len(known) and known.map(lambda value: isinstance(value, (int, float))).all():
            table[name] = table[name].astype(float)
    return table


def _settings(scenario: Scenario, plan: ParkPlan, west: float, north: float) -> pd.DataFrame:
    content = scenario.resolved()
    content["burn_in"] = scenario.burn_in if scenario.map is not None else plan.burn_in
    if scenario.place is None:
        content.pop("place", None)
    rows = [(key, json.dumps(content[key], ensure_ascii=False)) for key in SETTINGS if content.get(key) is not None]
    # What the outlines alone do not tell: where the map ends when nothing lies at its edge.
    rows += [("corner", json.dumps([west, north])), ("size", json.dumps(list(plan.kind.shape)))]
    return pd.DataFrame(rows, columns=["key", "value"])


__all__ = ["GROUND", "NOWHERE", "OUTSIDE", "PLOT", "SETTINGS", "cell_boxes", "outline", "parcel_outlines", "park_layers",
           "place_of"]  # fmt: skip
