"""Companies brought to parcels: by the parcel's name, by address, by coordinates, and at last by floor.

The score of a match lies between 0 and 1. It ranks matches by how much has to be wrong for the company to sit elsewhere; it is
a judgement, not a probability that was measured:

- 1: the parcel's name, an address that agrees in all its parts, or coordinates within the parcel;
- :data:`DOUBTFUL` (0.7) or more: one part is missing or a street is slightly misspelt;
- below: several parcels fit, parts contradict each other, or the coordinates lie beside the parcel. Such a match is noted,
  and assembling puts ``parcel`` in the ``assumed`` of the company;
- below :data:`LEAST` there is no match; only a match by floor scores less, always :data:`BY_FLOOR`.

Address and coordinates that point to the same parcel confirm each other: ``1 - (1 - a)(1 - c)``. Where they point to places
more than :data:`CONFLICT_M` apart, the better one is taken and its score is multiplied by 0.65, which makes it doubtful.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from klaver.importing.companies.addresses import name_key, plain
from klaver.importing.companies.locating import (
    NEAR_M,
    addresses_of,
    book_of_addresses,
    cadastral_key,
    floor_on_parcels,
    listed,
    nearest_parcels,
    numbers,
    parcel_key,
    parcel_names,
    texts,
    truths,
)
from klaver.importing.findings import Findings

if TYPE_CHECKING:
    import geopandas as gpd

DOUBTFUL = 0.7
LEAST = 0.5
BY_FLOOR = 0.35
CONFLICT_M = 100.0
"""Address and coordinates further apart than this contradict each other (m)."""
ELSEWHERE_M = 250.0
"""Coordinates further than this from every parcel are of a company elsewhere (m)."""
Place = tuple[float, float]


def match_companies(
    companies: pd.DataFrame,
    shapes: gpd.GeoDataFrame,
    addresses: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
    findings: Findings,
    *,
    by_area: bool = False,
) -> pd.DataFrame:
    """Return which parcel each company sits on.

    Parameters
    ----------
    companies
        Columns of ``layers.COMPANY_COLUMNS``; any may be absent.
    shapes
        Parcels: polygons in metres, index is the parcel's name, columns of ``layers.PARCEL_COLUMNS``.
    addresses
        Points in the same system, columns of ``layers.ADDRESS_COLUMNS``.
    buildings
        Polygons, columns of ``layers.BUILDING_COLUMNS``.
    findings
        Gets what is doubtful, contradictory, double, or left out.
    by_area
        Also try to place a company that nothing else places, by the floor it uses.

    Returns
    -------
    pandas.DataFrame
        Index as `companies`; ``parcel`` (str, or None); ``how`` (``"name"``, ``"address"``, ``"coordinates"``, ``"area"``,
        ``"double"`` for a row left out because the company stands there twice, or ``""``); ``score`` (0 to 1, see above);
        ``distance_m`` (from the company's coordinates to the parcel; nan without either); ``doubtful`` (bool); ``left_out``
        (bool: not on the park; a company from outside is not left out).

    Raises
    ------
    CannotImport
        If there are companies, none from outside, and none of them could be brought to a parcel.
    """
    match = _Matching(companies, shapes, addresses, buildings)
    match.leave_out_doubles(findings)
    for at in range(len(companies)):
        if not match.done[at]:
            match.place(at, findings)
    if by_area:
        match.place_by_floor(addresses, buildings, findings)
    match.tell(findings)
    findings.stop_if_refused()
    return match.table()


def jobs_left_out(companies: pd.DataFrame, matches: pd.DataFrame) -> tuple[float, int]:
    """Return how many jobs the companies left out have, and of how many of them nobody knows the jobs.

    Parameters
    ----------
    companies, matches
        As given to and returned by :func:`match_companies`; a double does not count, for its jobs are in the park.
    """
    out = matches["left_out"].to_numpy(bool) & (matches["how"] != "double").to_numpy(bool)
    jobs = numbers(companies, "jobs")[out]
    return float(np.nansum(jobs)), int(np.isnan(jobs).sum())


# --- one company after the other -------------------------------------------------------------------------------------


@dataclass
class _ByAddress:
    """What the address of a company says: parcel (position, -1 for none), score, and all parcels of its houses."""

    parcel: int = -1
    score: float = 0.0
    parcels: tuple[int, ...] = ()
    elsewhere: bool = False


class _Matching:
    """Where every company sits, as far as it is known by now."""

    def __init__(
        self, companies: pd.DataFrame, shapes: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame | None,
        buildings: gpd.GeoDataFrame | None,
    ) -> None:
        n = len(companies)
        self.companies, self.shapes = companies, shapes
        self.parcels = [str(name) for name in shapes.index]
        self.names, self.stated = texts(companies, "name"), texts(companies, "parcel")
        self.at = addresses_of(companies)
        self.x, self.y = numbers(companies, "x"), numbers(companies, "y")
        self.has_place = np.isfinite(self.x) & np.isfinite(self.y)
        self.points = shapely.points(self.x, self.y)
        self.book = book_of_addresses(shapes, addresses, buildings)
        self.polygons = shapes.geometry.to_numpy()
        inside = [] if not len(shapes) else shapely.point_on_surface(self.polygons)
        self.middles: list[Place] = [(float(point.x), float(point.y)) for point in inside]
        self.near, self.away = np.full(n, -1), np.full(n, np.nan)
        self.near[self.has_place], self.away[self.has_place] = nearest_parcels(self.points[self.has_place], shapes, np.inf)
        self.done = truths(companies, "outside")
        self.outside = self.done.copy()
        self.parcel, self.score = np.full(n, -1), np.zeros(n)
        self.how = [""] * n
        self.groups: dict[str, list[int]] = defaultdict(list)  # key of a finding about many companies -> which
        self._by_name, self._exact = parcel_names(self.parcels), set(self.parcels)

    def where(self, at: int) -> Place | None:
        """Return where a company is: within its parcel, else by its own coordinates."""
        if self.parcel[at] >= 0:
            return self.middles[self.parcel[at]]
        return (float(self.x[at]), float(self.y[at])) if self.has_place[at] else None

    def leave_out_doubles(self, findings: Findings) -> None:
        """Keep one row of every company that stands there twice: same name and same address, coordinates or parcel."""
        seen: dict[tuple[str, object], int] = {}
        jobs, filled = numbers(self.companies, "jobs"), self.companies.notna().sum(axis=1).to_numpy()
        for at in np.argsort(-filled, kind="stable"):
            place = self._place_key(at)
            if self.done[at] or place is None:
                continue
            first = seen.setdefault((name_key(self.names[at]), place), at)
            if first == at:
                continue
            self.done[at], self.how[at] = True, "double"
            told: dict[str, str | float] = {"company": self.names[at], "kept": self.names[first]}
            key = "matching.double"
            if jobs[at] >= 0.0 and jobs[at] != jobs[first]:
                key, told = "matching.double_other_jobs", told | {"jobs": float(jobs[at]), "kept_jobs": _text(jobs[first])}
            findings.add("mended", key, what=self.names[at], where=self.where(at), **told)

    def _place_key(self, at: int) -> object | None:
        address = self.at[at]
        if address:
            return (address.postcode if len(address.postcode) == 6 else address.street, address.houses)
        if self.has_place[at]:
            return round(float(self.x[at])), round(float(self.y[at]))
        return plain(self.stated[at]) or None

    def place(self, at: int, findings: Findings) -> None:
        """Find the parcel of one company, and note what is odd about it."""
        self.done[at] = True
        named = self._by_name_of(at, findings)
        address = self._address(at)
        if named >= 0:
            self._seat(at, named, "name", 1.0 if self.stated[at] in self._exact else 0.95)
            if self._apart(at, named):
                self._note_conflict(at, named, findings)
        else:
            self._weigh(at, address, findings)
        if self.parcel[at] < 0:
            self._group_left_out(at, address)
        elif self.score[at] < DOUBTFUL:
            findings.add("assumed", f"matching.doubtful_{self.how[at]}", what=self.names[at], where=self.where(at),
                         company=self.names[at], parcel=self.parcels[self.parcel[at]], score=float(self.score[at]))  # fmt: skip
        if self.how[at] == "address" and len(address.parcels) > 1 and self.parcel[at] in address.parcels:
            others = [self.parcels[parcel] for parcel in address.parcels if parcel != self.parcel[at]]
            findings.add("note", "matching.more_parcels", what=self.names[at], where=self.where(at),
                         company=self.names[at], parcel=self.parcels[self.parcel[at]], others=listed(others))  # fmt: skip

    def _seat(self, at: int, parcel: int, how: str, score: float) -> None:
        self.parcel[at], self.how[at], self.score[at] = parcel, how, score

    def _by_name_of(self, at: int, findings: Findings) -> int:
        stated = self.stated[at]
        if not stated:
            return -1
        for key in (stated, parcel_key(stated), cadastral_key(stated)):
            if self._by_name.get(key, -1) >= 0:
                return self._by_name[key]
        findings.add("note", "matching.unknown_parcel", what=self.names[at], company=self.names[at], parcel=stated,
                     where=self.where(at))  # fmt: skip
        return -1

    def _address(self, at: int) -> _ByAddress:
        """Return what the address says; of a range over several parcels the largest parcel, with a lower score."""
        address, best = self.at[at], dict[int, float]()
        elsewhere = False
        for house in address.houses if address else ():
            scores = {parcel: score for parcel, score in self.book.look_up(address, house).items() if score >= LEAST}
            top = max(scores.values(), default=0.0)
            fits = [parcel for parcel, score in scores.items() if score > top - 0.01 and parcel >= 0]
            elsewhere |= bool(scores) and not fits
            for parcel in fits:
                best[parcel] = max(best.get(parcel, 0.0), top * (1.0 if len(fits) == 1 else 0.6))
        if not best:
            return _ByAddress(elsewhere=elsewhere)
        parcel = max(best, key=lambda which: (best[which], self.polygons[which].area, -which))
        several = len(best) > 1 and len(address.houses) > 1
        return _ByAddress(parcel, best[parcel] * (0.75 if several else 1.0), tuple(best))

    def _weigh(self, at: int, address: _ByAddress, findings: Findings) -> None:
        """Choose between address and coordinates."""
        by_place = self._score_of_place(at)
        if address.parcel >= 0 and address.parcel == self.near[at] and by_place > 0.0:
            self._seat(at, address.parcel, "address", 1.0 - (1.0 - address.score) * (1.0 - by_place))
            return
        if max(address.score, by_place) < LEAST:
            return
        how, parcel = ("address", address.parcel) if address.score >= by_place else ("coordinates", int(self.near[at]))
        self._seat(at, parcel, how, max(address.score, by_place))
        if address.parcel >= 0 and self._apart(at, address.parcel):
            self.score[at] *= 0.65
            self._note_conflict(at, address.parcel, findings)

    def _score_of_place(self, at: int) -> float:
        away = self.away[at]
        if np.isnan(away) or away > NEAR_M:
            return 0.0
        return 1.0 if away == 0.0 else float(0.9 - 0.4 * away / NEAR_M)

    def _apart(self, at: int, parcel: int) -> bool:
        return bool(self.has_place[at]) and self.polygons[parcel].distance(self.points[at]) > CONFLICT_M

    def _note_conflict(self, at: int, parcel: int, findings: Findings) -> None:
        findings.add("note", "matching.conflict", what=self.names[at], where=self.where(at), company=self.names[at],
                     parcel=self.parcels[parcel], metres=round(float(self.polygons[parcel].distance(self.points[at]))),
                     taken=self.parcels[self.parcel[at]])  # fmt: skip

    def _group_left_out(self, at: int, address: _ByAddress) -> None:
        """Sort a company without a parcel by why: most of a municipal list is simply elsewhere, and told together."""
        if self.has_place[at]:
            key = "elsewhere" if self.away[at] > ELSEWHERE_M else "no_parcel"
        elif not self.at[at]:
            key = "no_place"
        elif not len(self.book):
            key = "no_addresses"
        else:
            key = "no_parcel" if not address.elsewhere and self.book.knows_about(self.at[at]) else "elsewhere"
        self.groups[key].append(at)

    def place_by_floor(
        self, addresses: gpd.GeoDataFrame | None, buildings: gpd.GeoDataFrame | None, findings: Findings
    ) -> None:
        """Give companies near the park the one free parcel whose floor is theirs: within 5%, every other off by over 15%."""
        floor, uses = floor_on_parcels(self.shapes, addresses, buildings), numbers(self.companies, "floor")
        free = [p for p in np.flatnonzero(floor > 0.0) if p not in set(self.parcel)]
        seekers = [at for key in ("no_parcel", "no_place", "no_addresses") for at in self.groups[key] if uses[at] > 0.0]
        if not free or not seekers:
            return
        off = np.abs(np.log(uses[seekers][:, None] / floor[free][None, :]))
        for row, at in enumerate(seekers):
            best = int(off[row].argmin())
            others = np.delete(off[row], best), np.delete(off[:, best], row)
            if off[row, best] <= 0.05 and all(not len(rest) or rest.min() > 0.15 for rest in others):
                self._seat(at, int(free[best]), "area", BY_FLOOR)
                findings.add("assumed", "matching.doubtful_area", what=self.names[at], where=self.where(at),
                             company=self.names[at], parcel=self.parcels[free[best]], score=BY_FLOOR)  # fmt: skip
        for key, group in self.groups.items():
            self.groups[key] = [at for at in group if self.parcel[at] < 0]

    def tell(self, findings: Findings) -> None:
        """Add what was left out: each company near the park by itself, the others together."""
        jobs = numbers(self.companies, "jobs")
        for at in self.groups.pop("no_parcel", []):
            near = self._candidates(at)
            findings.add("left_out", "matching.no_parcel_near" if near else "matching.no_parcel", what=self.names[at],
                         where=self.where(at), company=self.names[at], **({"near": near} if near else {}))  # fmt: skip
        for key, group in self.groups.items():
            if group:
                findings.add("left_out", f"matching.{key}", n=len(group), jobs=float(np.nansum(jobs[group])),
                             companies=listed([self.names[at] for at in group]))  # fmt: skip
        tried = int((~self.outside).sum())
        if tried and not self.outside.any() and not (self.parcel >= 0).any():
            findings.add("refused", "matching.none", n=tried)

    def _candidates(self, at: int) -> str:
        """Return up to three parcels a company may have been meant for: by distance, else by similar address."""
        if self.has_place[at]:
            away = shapely.distance(self.polygons, self.points[at])
            nearest = np.argsort(away, kind="stable")[:3]
            return ", ".join(f"{self.parcels[parcel]} ({away[parcel]:.0f} m)" for parcel in nearest)
        found = self.book.similar(self.at[at], 3)
        return ", ".join(f"{self.parcels[parcel]} ({written})" for parcel, written in found)

    def table(self) -> pd.DataFrame:
        """Return the matches, as :func:`match_companies` promises."""
        seated = self.parcel >= 0
        away = np.full(len(seated), np.nan)
        both = seated & self.has_place
        away[both] = shapely.distance(self.polygons[self.parcel[both]], self.points[both])
        return pd.DataFrame({
            "parcel": pd.Series([self.parcels[p] if p >= 0 else None for p in self.parcel], dtype=object),
            "how": self.how, "score": self.score, "distance_m": away, "doubtful": seated & (self.score < DOUBTFUL),
            "left_out": ~seated & ~self.outside,
        }).set_index(self.companies.index)  # fmt: skip


def _text(value: float) -> str:
    return "?" if np.isnan(value) else f"{value:g}"
