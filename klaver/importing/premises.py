"""What the files say about the buildings on a parcel: floor and age, from its own columns, from units, or from outlines.

Floor is the sum of the units (BAG: verblijfsobjecten) that lie on the parcel, or of the buildings' own floor; where a file has
only outlines, what they cover, which is floor on one level and therefore assumed. Age is the mean of the buildings, by
floor. A building that lies over several parcels counts for each by the part that lies there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from klaver.importing.findings import Findings

if TYPE_CHECKING:
    from klaver.importing.grid.gridding import Grid
    from klaver.importing.layers import Layers

SMALLEST_BUILDING = 20.0
"""m2 covered on a parcel: less is a shed, or the neighbour's wall."""
_GONE = ("gesloopt", "niet gerealiseerd", "ten onrechte", "demolished", "bouwvergunning verleend",
         "bouw gestart", "ingetrokken", "withdrawn")  # fmt: skip


@dataclass
class Premises:
    """Floor, age and place of what is built, by parcel.

    Attributes
    ----------
    floors
        Parcel to (m2, whether that is assumed). 0 is land without a building. A parcel of which nothing is known is not there.
    ages
        Parcel to years since its buildings were finished.
    places
        Parcel to a point within it.
    built
        Parcels with a building; None where no file tells.
    """

    floors: dict[str, tuple[float, bool]]
    ages: dict[str, float]
    places: dict[str, tuple[float, float]]
    built: set[str] | None

    @classmethod
    def of(cls, layers: Layers, grid: Grid, year: int, findings: Findings) -> Premises:
        """Return what is known of the buildings on every parcel of a grid.

        Parameters
        ----------
        layers
            As read, in metres.
        grid
            Whose ``shapes`` are the parcels.
        year
            In which the park starts.
        findings
            Gets what was assumed.
        """
        shapes = grid.shapes
        names = np.array([str(name) for name in shapes.index])
        points = shapely.point_on_surface(shapes.geometry.to_numpy())
        places = {name: (float(point.x), float(point.y)) for name, point in zip(names, points, strict=True)}
        floors: dict[str, tuple[float, bool]] = {}
        ages: dict[str, float] = {}
        built: set[str] | None = None
        if layers.buildings is not None:
            on_parcels = _buildings_on(layers, shapes)
            built = {names[parcel] for parcel in on_parcels["parcel"]}
            floors = _floors(layers, on_parcels, names, built, findings)
            ages = _ages(on_parcels, names, year)
        elif layers.addresses is not None and "floor" in layers.addresses.columns:
            floors = _floors_of_units(layers, shapes, names)
        for name, row in zip(names, shapes.to_dict("records"), strict=True):
            if _number(row.get("floor")) is not None:
                floors[name] = (float(row["floor"]), False)
            if _number(row.get("built")) is not None:
                ages[name] = max(0.0, year - float(row["built"]))
            if _number(row.get("age")) is not None:
                ages[name] = float(row["age"])
        return cls(floors, ages, places, built)

    def floor(self, parcel: str) -> tuple[float | None, bool]:
        """Return m2 of floor (None: nobody knows), and whether that is assumed."""
        return self.floors.get(parcel, (None, False))

    def age(self, parcel: str) -> float | None:
        """Return years since the buildings of a parcel were finished; None where nobody knows."""
        return self.ages.get(parcel)

    def has_buildings(self, parcel: str) -> bool | None:
        """Return whether anything stands on a parcel; None where nobody knows."""
        floor = self.floors.get(parcel)
        if floor is not None:
            return floor[0] > 0.0
        return None if self.built is None else parcel in self.built

    def place(self, parcel: str) -> tuple[float, float] | None:
        """Return a point within a parcel, in metres."""
        return self.places.get(parcel)


def _buildings_on(layers: Layers, shapes: Any) -> Any:
    """Return one row a building and parcel that it stands on: positions of both, m2 covered, share of the building."""
    import pandas as pd

    buildings = layers.buildings
    assert buildings is not None
    if "status" in buildings.columns:
        status = buildings["status"].fillna("").astype(str).str.lower()
        buildings = buildings[~status.apply(lambda text: any(word in text for word in _GONE))]
    outlines, parcels = buildings.geometry.to_numpy(), shapes.geometry.to_numpy()
    which, where = shapely.STRtree(outlines).query(parcels, predicate="intersects")[::-1]
    covered = shapely.area(shapely.intersection(outlines[which], parcels[where]))
    share = covered / np.maximum(shapely.area(outlines[which]), 1e-9)
    table = pd.DataFrame({"building": which, "parcel": where, "covered": covered, "share": share})
    for name in ("id", "built", "floor"):
        table[name] = buildings[name].to_numpy()[which] if name in buildings.columns else None
    return table[(table["covered"] >= SMALLEST_BUILDING) | (table["share"] > 0.5) & (table["covered"] >= SMALLEST_BUILDING / 2)]


def _floors(
    layers: Layers, on_parcels: Any, names: np.ndarray, built: set[str], findings: Findings
) -> dict[str, tuple[float, bool]]:
    """Return floor by parcel: of units, else of the buildings' own floor, else what their outlines cover."""
    units = _floor_of_units(layers, on_parcels)
    found: dict[str, tuple[float, bool]] = {name: (0.0, False) for name in names if name not in built}
    by_outline = 0
    for parcel, group in on_parcels.groupby("parcel"):
        total, assumed = 0.0, False
        for row in group.itertuples():
            own = units.get(str(row.id)) if row.id is not None else None
            own = own if own is not None else _number(row.floor)
            total += row.share * own if own else row.covered
            assumed |= not own
        by_outline += assumed
        found[str(names[parcel])] = (float(round(total)), assumed)
    if by_outline:
        findings.add("assumed", "command.floor_from_outlines", n=by_outline)
    return found


def _floors_of_units(layers: Layers, shapes: Any, names: np.ndarray) -> dict[str, tuple[float, bool]]:
    """Return floor by parcel where units are all that is known of buildings: the sum of those that lie on it.

    Of a parcel without a unit nothing is known: a shed has no address.
    """
    units = layers.addresses
    assert units is not None
    floors = units["floor"].astype(float).to_numpy()
    unit, parcel = shapely.STRtree(shapes.geometry.to_numpy()).query(units.geometry.to_numpy(), predicate="intersects")
    # A unit on the border of two parcels counts once.
    _, first = np.unique(unit, return_index=True)
    unit, parcel = unit[first], parcel[first]
    known = ~np.isnan(floors[unit])
    totals = np.bincount(parcel[known], weights=floors[unit[known]], minlength=len(names))
    return {str(names[row]): (float(round(total)), False) for row, total in enumerate(totals) if total > 0.0}


def _floor_of_units(layers: Layers, on_parcels: Any) -> dict[str, float]:
    """Return the floor of all units of each building, by its id: as the units name it, or as they lie in it."""
    units = layers.addresses
    if units is None or "floor" not in units.columns:
        return {}
    floors = units["floor"].astype(float)
    if "building" in units.columns and units["building"].notna().any():
        known = units["building"].notna() & floors.notna()
        totals = floors[known].groupby(units["building"][known].astype(str)).sum()
        return {str(building): float(total) for building, total in totals.items()}
    outlines = layers.buildings
    if outlines is None or "id" not in outlines.columns:
        return {}
    which, where = shapely.STRtree(outlines.geometry.to_numpy()).query(units.geometry.to_numpy(), predicate="intersects")
    found: dict[str, float] = {}
    for unit, building in zip(which, where, strict=True):
        if not math.isnan(floors.iloc[unit]):
            key = str(outlines["id"].iloc[building])
            found[key] = found.get(key, 0.0) + float(floors.iloc[unit])
    return found


def _ages(on_parcels: Any, names: np.ndarray, year: int) -> dict[str, float]:
    """Return the age of what stands on each parcel: the mean of the buildings of known year, by what they cover."""
    found = {}
    known = on_parcels[on_parcels["built"].notna()]
    for parcel, group in known.groupby("parcel"):
        mean = float(np.average(group["built"].astype(float), weights=group["covered"]))
        found[str(names[parcel])] = round(max(0.0, year - mean), 1)
    return found


def _number(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
