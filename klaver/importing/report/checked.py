"""One import with all that its report tells of it, worked out once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from klaver.importing.findings import Finding, Findings, Level
from klaver.importing.knowledge import knowledge, parcel_shares
from klaver.importing.report.improvements import Improvement, areas_of, improvements, lost_companies

if TYPE_CHECKING:
    from klaver.importing.grid.gridding import Grid
    from klaver.importing.layers import Layers
    from sim.inputs.scenario import Scenario

LEVELS: tuple[Level, ...] = ("left_out", "mended", "assumed", "note")
NUMBERED = 60
"""Findings that get a number on the map, at most; with more nobody finds anything."""


@dataclass
class Check:
    """One import, and all that its report tells.

    Attributes
    ----------
    scenario, grid, layers, matches, findings
        What the stages of the import made.
    """

    scenario: Scenario
    grid: Grid
    layers: Layers
    matches: pd.DataFrame | None
    findings: Findings

    @cached_property
    def table(self) -> pd.DataFrame:
        """What is known of every value."""
        return knowledge(self.scenario)

    @cached_property
    def parcels(self) -> pd.DataFrame:
        """Share of the values of each parcel with each mark."""
        return parcel_shares(self.scenario, self.table)

    @cached_property
    def better(self) -> list[Improvement]:
        """What would most improve the park file."""
        return improvements(self.scenario, self.layers, self.matches, self.findings, areas=self.grid.areas)

    @cached_property
    def numbered(self) -> list[tuple[int, Finding]]:
        """Findings with a place, numbered from 1 in the order of the report's tables.

        Where there are too many, some of every kind: the first of each, then the second, and so on.
        """
        placed = [finding for level in LEVELS for finding in self.findings.of(level) if finding.where is not None]
        turn: Counter[str] = Counter()
        turns = []
        for finding in placed:
            turns.append(turn[finding.key])
            turn[finding.key] += 1
        chosen = sorted(sorted(range(len(placed)), key=lambda at: (turns[at], at))[:NUMBERED])
        return [(number, placed[at]) for number, at in enumerate(chosen, 1)]

    @cached_property
    def area_error(self) -> float:
        """Mean absolute error of the areas on the grid, weighted by area, as a share."""
        areas = self.grid.areas
        total = float(areas["in_file"].sum())
        return float((areas["on_grid"] - areas["in_file"]).abs().sum() / total) if total > 0.0 else 0.0

    def companies(self) -> dict[str, float]:
        """Return how many companies and jobs the files name, and how many of both got a parcel or stay outside."""
        rows = self.layers.companies
        if rows is None:
            return {"in_file": 0, "on_parcel": 0, "outside": 0, "lost": 0, "jobs_in_file": 0.0, "jobs_on_parcel": 0.0}
        none = pd.Series(False, rows.index)
        placed = none if self.matches is None else self.matches["parcel"].reindex(rows.index).notna()
        lost = lost_companies(rows, self.matches) if self.matches is not None else none
        outside = rows["outside"].fillna(False).astype(bool) if "outside" in rows else none
        jobs = rows["jobs"].astype(float) if "jobs" in rows else pd.Series(0.0, rows.index)
        return {
            "in_file": len(rows), "on_parcel": int(placed.sum()), "outside": int((outside & ~placed).sum()),
            "lost": int(lost.sum()), "jobs_in_file": float(jobs.sum()),
            "jobs_on_parcel": float(jobs[placed].sum()),
        }  # fmt: skip


def counts(check: Check) -> dict[str, float]:
    """Return the sizes of an import: parcels and areas (m2) in the files and on the grid, cells, exits."""
    grid, layers = check.grid, check.layers
    areas = grid.areas
    return {
        "parcels_in_file": len(layers.parcels), "parcels": len(grid.names),
        "buildings": 0 if layers.buildings is None else len(layers.buildings),
        "addresses": 0 if layers.addresses is None else len(layers.addresses),
        "area_in_file": float(areas["in_file"].sum()), "area_on_grid": float(areas["on_grid"].sum()),
        "area_error": check.area_error, "cell_m": float(grid.cell_m), "rows": int(grid.kind.shape[0]),
        "columns": int(grid.kind.shape[1]), "exits": len(grid.exits),
        "gross_m2": float((grid.kind != 0).sum()) * grid.cell_m**2,
        "net_m2": float(sum(areas_of(check.scenario).values())),
    }  # fmt: skip
