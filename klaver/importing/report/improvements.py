"""What would most improve a park file: which values to get, where, and for how many parcels or companies.

A field that is open is drawn anew in every future. How much that matters was measured once, by running parks in which one
field is known (``benchmarks/field_weights.py``; its numbers are in ``weights.toml``): of the spread in outcomes that goes
if everything is known, the share that goes if this field is. The *gain* of an improvement is that weight times the share
of the park for which the value is missing: by area for parcels, by jobs for companies. So an improvement that concerns two
small parcels ranks below one that concerns half of the park. A value that is there, but assumed, counts for half.

Fields overlap: whoever knows the floor of a building knows most of what its firm needs. So a weight was measured twice,
where nothing else is known and where all else is, and is taken in between by how much of all else this park knows.

What no experiment measured (a layer of roads that is missing) has a weight of :data:`JUDGED`, and says so.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klaver.importing.knowledge import knowledge

if TYPE_CHECKING:
    import pandas as pd

    from klaver.importing.findings import Findings
    from klaver.importing.layers import Layers
    from sim.inputs.scenario import Scenario

MOST = 10
ASSUMED = 0.5
"""Part of a field's weight that is still to be gained where its value is assumed: a judgement."""
DOUBTFUL = 0.7
"""Score below which a match of a company and a parcel is worth checking by hand."""
JUDGED = {"roads": 0.05}
"""Weights that were not measured: of roads that had to be inferred."""
_FLOOR_SIGMA = 0.35  # spread (log) with which the floor of a building is drawn for its plot (sim/park/founding.py)

_OF_PARCELS = ("age", "quality", "fit", "energy", "soil_cost", "floor", "owner", "vacancy")
_OF_COMPANIES = ("sector", "jobs", "floor_needed", "tenant", "trust", "key_figure")
_ROLES = {"vacancy": ("companies", "parcels"), "age": ("buildings", "parcels"), "floor": ("buildings", "parcels"),
          "owner_terms": ("owners",)} | dict.fromkeys(_OF_COMPANIES, ("companies",))  # fmt: skip


@dataclass(frozen=True)
class Improvement:
    """One thing to get.

    Attributes
    ----------
    key
        Of its texts: ``"age"`` has a title ``check.get_age``, where to find it ``check.where_age``.
    values
        ``n`` of ``all`` (parcels, companies or owners) concerned, of which ``assumed``; ``share`` of the area or jobs,
        0 to 1.
    gain
        Share of the spread that can be taken away, 0 to 1.
    error
        Its standard error; nan where the weight is a judgement.
    files
        Where it is to be put: names of files that were read, or the role of one that was not.
    unit
        What `n` counts: ``"parcels"``, ``"companies"``, ``"owners"`` or ``"park"``.
    """

    key: str
    values: dict[str, float]
    gain: float
    error: float
    files: tuple[str, ...]
    unit: str = "parcels"

    @property
    def judged(self) -> bool:
        """Whether its weight is a judgement."""
        return self.error != self.error


@cache
def weights() -> dict[str, dict[str, Any]]:
    """Return what was measured.

    Returns
    -------
    dict
        ``first`` and ``last``, each with ``weights`` and ``errors`` by field; ``everything``: what knowing all explains of
        the variance of each outcome (0-1).
    """
    with open(Path(__file__).with_name("weights.toml"), "rb") as file:
        return tomllib.load(file)


def improvements(
    scenario: Scenario, layers: Layers | None, matches: pd.DataFrame | None, findings: Findings, *,
    areas: pd.DataFrame | None = None, most: int = MOST,
) -> list[Improvement]:
    """Return what would most improve a park file, the largest gain first.

    Parameters
    ----------
    scenario
        The park.
    layers, matches
        What was read and how companies were brought to parcels; None for a park that was not imported.
    findings
        What was found on the way; parcels that were left out count.
    areas
        Per parcel ``in_file``, ``on_grid`` (m2) and ``error``; None where that is not known.
    most
        How many to return at most.

    Returns
    -------
    list
        Fewer than `most` where fewer things are missing. Equal gains stand in the order of the code.
    """
    found = _Search(scenario, layers, matches)
    every = [*found.of_fields(), *found.of_matches(), *found.of_layers(), *found.of_findings(findings),
             *found.of_areas(areas)]  # fmt: skip
    ranked = sorted((one for one in every if one.gain > 0.0), key=lambda one: -one.gain)
    return ranked[:most]


def areas_of(scenario: Scenario) -> dict[str, float]:
    """Return the area of every parcel of a park on its grid, in m2."""
    if scenario.map is None:
        import numpy as np

        plan = scenario.plan()
        counts = np.bincount(plan.parcel_of[plan.parcel_of >= 0].ravel(), minlength=len(plan.parcels))
        return {parcel.name: float(n) * plan.cell_m**2 for parcel, n in zip(plan.parcels, counts, strict=True)}
    cells = Counter(scenario.map)
    areas: dict[str, float] = {}
    for sign, mark in scenario.legend.items():
        if mark.kind == "parcel":
            areas[mark.name] = areas.get(mark.name, 0.0) + cells[sign] * scenario.cell_m**2
    return areas


def lost_companies(companies: pd.DataFrame, matches: pd.DataFrame) -> pd.Series:
    """Return which companies of a list should be on the park and are not.

    Who looks for a site from outside needs no parcel, and who stands in the list twice has one.

    Parameters
    ----------
    companies, matches
        As read and as matched, with one index.

    Returns
    -------
    pandas.Series
        bool, index as `matches`.
    """
    lost: pd.Series = matches["parcel"].isna() & (matches["how"] != "double")
    if "outside" in companies:
        lost &= ~companies["outside"].reindex(matches.index).fillna(False).astype(bool)
    return lost


@dataclass(frozen=True)
class _Missing:
    """Of one field: how many values are not measured, and how much of the park that is."""

    n: int
    all: int
    assumed: int
    concerned: float  # share of area or jobs whose value is not measured
    share: float  # the same, with what is assumed for half

    @classmethod
    def of(cls, marks: Mapping[str, str], size: Mapping[str, float], total: float, unseen: float = 0.0) -> _Missing:
        """Return it from the mark and size of each value.

        Parameters
        ----------
        total
            Size of them all.
        unseen
            Share of the park of whose values nothing is said, not even that they are missing.
        """
        sums = {mark: sum(size.get(name, 0.0) for name in marks if marks[name] == mark) for mark in ("imputed", "assumed")}
        part = (1.0 - unseen) / total if total > 0.0 else 0.0
        assumed = sum(mark == "assumed" for mark in marks.values())
        open_ = sum(mark == "imputed" for mark in marks.values())
        return cls(open_ + assumed, len(marks), assumed, min((sums["imputed"] + sums["assumed"]) * part, 1.0),
                   min((sums["imputed"] + ASSUMED * sums["assumed"]) * part, 1.0))  # fmt: skip

    def values(self) -> dict[str, float]:
        return {"n": self.n, "all": self.all, "assumed": self.assumed, "share": self.concerned}


@dataclass
class _Search:
    """Everything that could be got for one park."""

    scenario: Scenario
    layers: Layers | None
    matches: pd.DataFrame | None
    missing: dict[str, _Missing] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.table = knowledge(self.scenario)
        self.areas = areas_of(self.scenario)
        self.seated = {company.name: company.parcel for company in self.scenario.companies if company.parcel}
        mean = self.scenario.founding.mean_jobs
        self.jobs = {company.name: float(company.jobs or mean) for company in self.scenario.companies}
        premises = sum(self.areas.get(name, 0.0) for name in self._marked("parcel", "vacancy"))
        for name in _OF_PARCELS:
            marks = self._marked("parcel", name)
            if name == "age":  # of no use where the state is known
                marks = {parcel: "measured" if mark == "assumed" else mark for parcel, mark in marks.items()}
            self.missing[name] = _Missing.of(marks, self.areas, sum(self.areas.get(parcel, 0.0) for parcel in marks))
        used = sum(self.areas.get(parcel, 0.0) for parcel in set(self.seated.values()))
        self.unseen = 1.0 - min(used / max(premises, 1.0), 1.0)
        for name in _OF_COMPANIES:
            marks = {firm: mark for firm, mark in self._marked("company", name).items() if firm in self.seated}
            self.missing[name] = _Missing.of(marks, self.jobs, sum(self.jobs[firm] for firm in marks), self.unseen)
        self.missing["owner_terms"] = self._terms()

    def _terms(self) -> _Missing:
        """Return of whom it is not known whether they sell, of the owners that the file names, by the area they own."""
        owned = Counter[str]()
        for row in self.scenario.parcels:
            if row.owner is not None:
                owned[row.owner] += int(self.areas.get(row.name, 0.0))
        marks = {name: mark for name, mark in self._marked("owner", "willing").items() if owned[name]}
        return _Missing.of(marks, owned, sum(self.areas.values()))

    def _marked(self, kind: str, name: str) -> dict[str, str]:
        """Return the mark of a field of each parcel, company or owner."""
        rows = self.table[(self.table["kind"] == kind) & (self.table["field"] == name)]
        return dict(zip(rows["name"], rows["mark"], strict=True))

    def _files(self, *roles: str) -> tuple[str, ...]:
        """Return the files that were read in a role; the role itself where none was."""
        sources = self.layers.sources if self.layers is not None else []
        return tuple(dict.fromkeys(
            name for role in roles
            for name in ([source.file for source in sources if source.role == role] or [role])))  # fmt: skip

    def weigh(self, name: str) -> tuple[float, float]:
        """Return the weight of a field in this park and its error: between the two ends, by what else is known."""
        known = weights()
        others = (*_OF_PARCELS, *(() if name == "company_list" else _OF_COMPANIES))
        first, total, sure = known["first"]["weights"], 0.0, 0.0
        for other in others:
            if other != name:
                # Of companies that the file does not name nothing is known.
                unknown = self.missing[other].share + (self.unseen if other in _OF_COMPANIES else 0.0)
                total += first[other]
                sure += first[other] * max(1.0 - unknown, 0.0)
        k = sure / total if total > 0.0 else 0.0
        weight = (1.0 - k) * first[name] + k * known["last"]["weights"][name]
        error = ((1.0 - k) * known["first"]["errors"][name]) ** 2 + (k * known["last"]["errors"][name]) ** 2
        return weight, error**0.5

    def _improve(
        self, key: str, values: dict[str, float], share: float, roles: tuple[str, ...], unit: str, field_name: str = ""
    ) -> Improvement:
        weight, error = self.weigh(field_name or key)
        return Improvement(key, values, weight * share, error * share, self._files(*roles), unit)

    def of_fields(self) -> Iterator[Improvement]:
        """Yield the fields of parcels, companies and owners; without companies their list stands for all of theirs."""
        if not self.seated:
            n = len(self._marked("parcel", "vacancy"))
            yield self._improve("company_list", {"n": n, "all": n, "assumed": 0, "share": 1.0}, 1.0, ("companies",), "parcels")
        for key, missing in self.missing.items():
            of_companies = key in _OF_COMPANIES
            if missing.n and (self.seated or not (of_companies or key == "vacancy")):
                unit = "companies" if of_companies else "owners" if key == "owner_terms" else "parcels"
                yield self._improve(key, missing.values(), missing.share, _ROLES.get(key, ("parcels",)), unit)

    def of_matches(self) -> Iterator[Improvement]:
        """Yield companies without a parcel, and those whose parcel is in doubt."""
        companies = self.layers.companies if self.layers is not None else None
        if self.matches is None or companies is None or companies.empty:
            return
        jobs = companies["jobs"].astype(float) if "jobs" in companies else companies.index.to_series() * float("nan")
        jobs = jobs.reindex(self.matches.index).fillna(self.scenario.founding.mean_jobs)
        lost = lost_companies(companies, self.matches)
        score = self.matches["score"].astype(float).fillna(0.0)
        doubtful = ~self.matches["parcel"].isna() & (score < DOUBTFUL)
        if "doubtful" in self.matches:
            doubtful = ~self.matches["parcel"].isna() & self.matches["doubtful"].astype(bool)
        for key, rows, part in (("unmatched", lost, score * 0.0 + 1.0), ("doubtful", doubtful, 1.0 - score)):
            share = float((jobs * part)[rows].sum() / max(jobs.sum(), 1e-9))
            values = {"n": int(rows.sum()), "all": len(jobs), "assumed": 0,
                      "share": float(jobs[rows].sum() / max(jobs.sum(), 1e-9))}  # fmt: skip
            yield self._improve(key, values, share, ("companies",), "companies", "company_list")

    def of_layers(self) -> Iterator[Improvement]:
        """Yield layers that were not there, so that the import had to infer them."""
        if self.layers is None:
            return
        whole = {"n": 1, "all": 1, "assumed": 0, "share": 1.0}
        if self.layers.roads is None or self.layers.roads.empty:
            yield Improvement("roads", dict(whole), JUDGED["roads"], float("nan"), ("roads",), "park")
        if self.layers.exits is None or self.layers.exits.empty:
            yield self._improve("exits", whole, ASSUMED, ("exits",), "park")

    def of_findings(self, findings: Findings) -> Iterator[Improvement]:
        """Yield parcels of the file that are not in the park."""
        parcels = self.layers.parcels if self.layers is not None else None
        if parcels is None or "name" not in parcels:
            return
        lost = parcels["name"].isin({finding.what for finding in findings.of("left_out")} - set(self.areas))
        area = parcels.geometry.area
        share = float(area[lost].sum() / max(float(area.sum()), 1.0))
        values = {"n": int(lost.sum()), "all": len(parcels), "assumed": 0, "share": share}
        # Of that part of the park nothing is known at all.
        yield Improvement("lost_parcels", values, share, 0.0, self._files("parcels"))

    def of_areas(self, areas: pd.DataFrame | None) -> Iterator[Improvement]:
        """Yield the error of areas on the grid: to floor that is drawn for a plot it is one more spread."""
        if areas is None or areas.empty:
            return
        open_ = self._marked("parcel", "floor")
        rows = areas[[open_.get(name) == "imputed" for name in areas.index]]
        total = max(sum(self.areas.values()), 1.0)
        squared = float((rows["in_file"] * (rows["error"] / _FLOOR_SIGMA) ** 2).sum() / total) if len(rows) else 0.0
        values = {"n": int((rows["error"].abs() > 0.02).sum()), "all": len(areas), "assumed": 0,
                  "share": float(rows["in_file"].sum() / total)}  # fmt: skip
        yield self._improve("cells", values, min(squared, 1.0), ("parcels",), "parcels", "floor")
