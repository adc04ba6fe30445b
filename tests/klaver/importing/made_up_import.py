"""An import without files: the shipped park Rollepaal as if it had been read from maps and lists, with findings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from klaver.importing.findings import Findings
from klaver.importing.grid.gridding import Grid
from klaver.importing.layers import Layers, Source
from sim.inputs.scenario import Scenario, load_park

WEST, NORTH = 229_000.0, 513_000.0
NASTY = "<img src=x onerror=alert(1)>"


@dataclass
class MadeUp:
    """What the stages of an import hand on."""

    scenario: Scenario
    grid: Grid
    layers: Layers
    matches: pd.DataFrame
    findings: Findings

    def parts(self) -> dict[str, object]:
        """Return them as the arguments of the report."""
        return {"scenario": self.scenario, "grid": self.grid, "layers": self.layers, "matches": self.matches,
                "findings": self.findings}  # fmt: skip


def grid_of(scenario: Scenario) -> Grid:
    """Return a drawn park on its own grid, with outlines that lie a few metres off its cells."""
    plan = scenario.plan()
    names = [parcel.name for parcel in plan.parcels]
    cell, rows = plan.cell_m, []
    for p in range(len(names)):
        at = np.argwhere(plan.parcel_of == p)
        boxes = [shapely.box(WEST + c * cell, NORTH - (r + 1) * cell, WEST + (c + 1) * cell, NORTH - r * cell) for r, c in at]
        rows.append(shapely.union_all(boxes).buffer(1.5 * np.sin(p), join_style="mitre"))
    shapes = gpd.GeoDataFrame({"geometry": rows}, index=pd.Index(names, name="name"), crs="EPSG:28992")
    on_grid = np.bincount(plan.parcel_of[plan.parcel_of >= 0], minlength=len(names)) * cell**2
    areas = pd.DataFrame({"in_file": shapes.area, "on_grid": on_grid}, index=shapes.index)
    areas["mended"], areas["error"] = areas["in_file"], areas["on_grid"] / areas["in_file"] - 1.0
    return Grid(plan.kind, plan.parcel_of, names, plan.exits, cell, WEST, NORTH, set(), areas, {"exits", "boundary"}, shapes)


def made_up(scenario: Scenario | None = None) -> MadeUp:
    """Return an import of which one company found no parcel, one is in doubt, and much was mended."""
    scenario = scenario or load_park("rollepaal")
    grid = grid_of(scenario)
    parcels = grid.shapes.reset_index()
    here = [company for company in scenario.companies if company.parcel]
    companies = pd.DataFrame({
        "name": [company.name for company in here] + ["Zoek geraakt BV"],
        "jobs": [company.jobs or np.nan for company in here] + [40.0],
        "postcode": ["7701AB"] * (len(here) + 1),
    })  # fmt: skip
    matches = pd.DataFrame({
        "parcel": [company.parcel for company in here] + [None],
        "how": ["address"] * (len(here) - 1) + ["coordinates", ""],
        "score": [1.0] * (len(here) - 1) + [0.4, 0.0],
        "distance_m": [0.0] * (len(here) - 1) + [18.0, np.nan],
    })  # fmt: skip
    sources = [
        Source("kavels.gpkg", "perceel", "parcels", "Kadaster perceel", len(parcels),
               {"name": "perceelnummer", "owner": "eigenaar"}, ("kadastrale_grootte_waarde", "sectie"), "EPSG:28992",
               "ab" * 32),
        Source("bedrijven.csv", "", "companies", "", len(companies), {"name": "naam", "jobs": "banen totaal"},
               ("telefoon",), "", "cd" * 32),
    ]  # fmt: skip
    layers = Layers(pyproj.CRS.from_epsg(28992), parcels, companies=companies, sources=sources)
    return MadeUp(scenario, grid, layers, matches, _found())


def _found() -> Findings:
    findings = Findings()
    findings.add("left_out", "check.level_left_out", what="Zoek geraakt BV")
    findings.add("left_out", "check.level_mended", what="sliver", where=(WEST + 240.0, NORTH - 290.0))
    for k in range(6):
        findings.add("mended", "check.level_mended_caption", what=f"plot {k + 1}", where=(WEST + 30.0 * k, NORTH - 150.0), n=k)
    findings.add("assumed", "check.level_assumed_caption", what=NASTY, where=(WEST + 500.0, NORTH - 400.0), n=NASTY)
    findings.add("note", "check.nothing")
    return findings
