"""Files to layers: everything that is known of one park, recognised, checked, and in one system of metres.

The order is: copies of what was offered (``archives``), a list of the layers and tables in them, what each is
(``offers``), parcels first, for they say in what system and where the park lies, and then the rest. A problem with one
file does not hide those of others: all are told at once, at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from klaver.importing.findings import Findings, refuse
from klaver.importing.layers import Layers, Source
from klaver.importing.reading.columns import FileMapping, fold, match_columns, read_mapping
from klaver.importing.reading.forms import ENDED, ENDED_SINCE, NO_ROAD, SETTINGS
from klaver.importing.reading.held_files import Limits, holding
from klaver.importing.reading.map_files import read_layer, reading, settings_of
from klaver.importing.reading.naming import parcel_names, unique
from klaver.importing.reading.offers import Offer, Offers, collected
from klaver.importing.reading.shapes import check_coordinates, fit_shapes
from klaver.importing.reading.standardising import standardise
from klaver.importing.reading.systems import bring_to, choose_target, judge_system, place_rows
from klaver.importing.reading.tables import is_missing
from klaver.importing.reading.values import Values

__all__ = ["Limits", "read_folder"]

_AROUND = 500.0  # metres around the parcels within which other things are kept
_SPATIAL = ("buildings", "addresses", "roads", "green", "water", "boundary", "exits")


def read_folder(
    place: Path | None, *, parcels: Path | None = None, companies: Path | None = None, buildings: Path | None = None,
    addresses: Path | None = None, roads: Path | None = None, green: Path | None = None, water: Path | None = None,
    boundary: Path | None = None, crs: str | None = None, target_crs: str | None = None, mapping: Path | None = None,
    limits: Limits = Limits(), findings: Findings,  # noqa: B008
) -> Layers:  # fmt: skip
    """Read the files of one park.

    Parameters
    ----------
    place
        A folder, one file (GeoPackage, GeoJSON, Shapefile, CSV or Excel) or a ``.zip``; None where all are named.
    parcels, companies, buildings, addresses, roads, green, water, boundary
        Files that are to be taken for that, whatever they are called.
    crs
        System of files that state none or the wrong one: ``"EPSG:28992"``.
    target_crs
        System of the result; None: RD New in the Netherlands, elsewhere the parcels' own system or UTM.
    mapping
        TOML that says what columns and files are (:func:`klaver.importing.reading.columns.read_mapping`).
    limits
        On sizes and numbers.
    findings
        Told of everything that was assumed, mended, left out or refused.

    Returns
    -------
    Layers
        With at least one parcel.

    Raises
    ------
    CannotImport
        With everything that makes a park impossible; nothing else comes out, whatever bytes the files hold.
    """
    named = {"parcels": parcels, "companies": companies, "buildings": buildings, "addresses": addresses, "roads": roads,
             "green": green, "water": water, "boundary": boundary}  # fmt: skip
    with holding(limits) as hold:
        own = collected(findings, read_mapping, mapping, findings, otherwise=FileMapping()) if mapping else FileMapping()
        offers = Offers(hold, findings, own)
        offers.take_in(place, {role: path for role, path in named.items() if path is not None})
        layers = _Reading(offers, limits, findings, own, crs, target_crs).layers()
    findings.stop_if_refused()
    assert layers is not None
    return layers


@dataclass
class _Reading:
    """One import under way."""

    offers: Offers
    limits: Limits
    findings: Findings
    own: FileMapping
    crs: str | None
    target_crs: str | None
    sources: list[Source] = field(default_factory=list)

    # --- what it is made into --------------------------------------------------------------------------------------

    def layers(self) -> Layers | None:
        """Return everything read, None where parcels are refused."""
        self.offers.take_only_polygons()
        parcels, target = self._parcels()
        if parcels is None or target is None:
            self._why_no_parcels()
            return None
        found: dict[str, Any] = {}
        near = shapely.box(*parcels.total_bounds).buffer(_AROUND)
        for role in _SPATIAL:
            found[role] = self._joined(role, target, near)
        self._split_ground(found, target, near)
        parcels = self._within(parcels, found["boundary"])
        self._extent(parcels)
        companies = self._companies(target, near)
        owners = self._table("owners")
        for offer in self.offers.found:
            if not offer.guess.role:
                self.findings.add("left_out", "reading.not_recognised", what=offer.file.name, file=offer.shown)
        settings = self._settings() | ({"sectors": dict(self.own.sectors)} if self.own.sectors else {})
        return Layers(target, parcels, companies=companies, owners=owners, settings=settings, sources=self.sources, **found)

    def _why_no_parcels(self) -> None:
        if self.findings.of("refused"):
            return
        sites = self.offers.of("boundary")
        if sites:
            self.findings.add("refused", "reading.only_work_sites", what=sites[0].file.name, file=sites[0].shown)
        else:
            for found in self.findings.of("left_out"):
                if found.key in ("reading.other_map", "reading.old_sheet"):  # the map may be in there
                    self.findings.add("refused", found.key, what=found.what, file=found.values["file"])
            there = ", ".join(dict.fromkeys(offer.file.name for offer in self.offers.found)) or "-"
            self.findings.add("refused", "reading.no_parcels", files=there)

    def _parcels(self) -> tuple[gpd.GeoDataFrame | None, pyproj.CRS | None]:
        """Return the parcels and the system of the park; of several tables of parcels the one that says most."""
        if not self.offers.of("parcels"):
            return None, None
        alike = self.offers.best("parcels", "reading.other_parcels")
        best = alike[0]
        parts, target = [], None
        for offer in alike:
            part = collected(self.findings, self._layer, offer, "parcels", target)
            if part is not None and len(part):
                target = part.crs
                parts.append(part)
        if not parts:
            if not self.findings.of("refused"):
                self.findings.add("refused", "reading.no_parcels_left", what=best.file.name, file=best.shown)
            return None, None
        whole = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=target)
        whole["name"] = parcel_names(whole, best.shown, self.findings)
        return whole.drop(columns=["section", "parcel_number", "cadastral_town", "status"], errors="ignore"), target

    def _layer(self, offer: Offer, role: str, target: pyproj.CRS | None, near: Any = None) -> gpd.GeoDataFrame | None:
        """Return one layer in the system of the park, with our own columns; None where it has no rows near the park."""
        assert offer.info is not None
        file = offer.shown
        frame = read_layer(offer.info, self.limits, self.findings)
        if not isinstance(frame, gpd.GeoDataFrame):
            raise refuse("reading.no_geometry", what=file, file=file)
        with reading(offer.file):
            points = check_coordinates(frame, file, self.limits)
            if not len(points):
                self.findings.add("left_out", "reading.empty_layer", what=file, file=file)
                return None
            own, swap = judge_system(points, offer.info.crs, self.crs, file, self.findings,
                                     geojson=offer.file.kind == "geojson")  # fmt: skip
            if target is None:
                target = choose_target(points[:, ::-1] if swap else points, own, self.target_crs)
            moved = bring_to(frame, own, swap, target)
            check_coordinates(moved, file, self.limits)
            if near is not None:
                moved = moved[shapely.intersects(moved.geometry.to_numpy(), near)]
            kept = fit_shapes(self._current(moved, offer, role), role, file, self.findings)
            columns = pd.DataFrame(kept.drop(columns=kept.geometry.name))
            table = self._values(columns, offer, role, own.to_string(), len(frame)).drop(columns=["x", "y"], errors="ignore")
            return gpd.GeoDataFrame(table, geometry=kept.geometry.to_numpy(), crs=target)

    def _current(self, frame: gpd.GeoDataFrame, offer: Offer, role: str) -> gpd.GeoDataFrame:
        """Leave out rows that a register says have ended, and roads that nobody drives on."""
        ended, no_traffic = np.zeros(len(frame), bool), np.zeros(len(frame), bool)
        for column in frame.columns:
            if column == frame.geometry.name:
                continue
            folded, values = fold(column), frame[column]
            if folded in ENDED_SINCE:
                ended |= np.array([not is_missing(value) for value in values], bool)
            elif folded in ("status", "verblijfsobjectstatus", "statushistoriewaarde") and role in ("addresses", "parcels"):
                ended |= np.array([any(word in str(value).casefold() for word in ENDED) for value in values], bool)
            elif role == "roads" and folded in ("bgtfunctie", "function", "functie"):
                no_traffic |= np.array([str(value).casefold() in NO_ROAD for value in values], bool)
        for key, rows in (("reading.ended", ended), ("reading.no_traffic", no_traffic)):
            if rows.any():
                self.findings.add("left_out", key, what=offer.file.name, file=offer.shown, n=int(rows.sum()))
        return frame[~ended & ~no_traffic]

    def _values(self, frame: pd.DataFrame, offer: Offer, role: str, crs: str = "", rows: int = -1) -> pd.DataFrame:
        """Return a table with our own columns, and note where it came from."""
        chosen, unused = match_columns(list(map(str, frame.columns)), role, self.own.columns.get(role, {}), offer.shown,
                                       self.findings)  # fmt: skip
        rows = len(frame) if rows < 0 else rows
        self.sources.append(Source(offer.file.name, offer.layer, role, offer.guess.form, rows, chosen, unused, crs,
                                   offer.file.sha256))  # fmt: skip
        return standardise(Values(frame, chosen, offer.shown, self.limits, self.findings), role)

    def _joined(self, role: str, target: pyproj.CRS, near: Any) -> gpd.GeoDataFrame | None:
        """Return all layers of a role as one, those near the park; None where there are none."""
        parts = []
        for offer in self.offers.of(role):
            work = self._points if offer.info is None or offer.geometry == "none" else self._layer
            part = collected(self.findings, work, offer, role, target, near)
            if part is not None and len(part):
                parts.append(part)
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=target) if parts else None

    def _points(self, offer: Offer, role: str, target: pyproj.CRS, near: Any) -> gpd.GeoDataFrame | None:
        """Return a table with coordinates as a layer of points."""
        table = self._values(self._rows(offer), offer, role)
        if "x" not in table or "y" not in table:
            self.findings.add("left_out", "reading.no_points", what=offer.file.name, file=offer.shown)
            return None
        with reading(offer.file):
            placed = place_rows(table, self.crs, target, offer.shown, self.findings, near)
        placed = placed[placed["x"].notna()]
        points = gpd.points_from_xy(placed["x"], placed["y"])
        layer = gpd.GeoDataFrame(placed.drop(columns=["x", "y"]), geometry=points, crs=target)
        return layer[layer.intersects(near)]

    def _rows(self, offer: Offer) -> pd.DataFrame:
        if offer.table is not None:
            return offer.table
        assert offer.info is not None
        frame = read_layer(offer.info, self.limits, self.findings)
        return pd.DataFrame(frame.drop(columns=frame.geometry.name)) if isinstance(frame, gpd.GeoDataFrame) else frame

    def _split_ground(self, found: dict[str, Any], target: pyproj.CRS, near: Any) -> None:
        """Part the layer ``ground`` of our own form into roads, green and water."""
        for offer in self.offers.of("ground"):
            ground = collected(self.findings, self._layer, offer, "ground", target, near)
            for role, kind in (("roads", "road"), ("green", "green"), ("water", "water")):
                part = ground[ground["kind"] == kind].drop(columns="kind") if ground is not None and "kind" in ground else ()
                if len(part):
                    both = part if found[role] is None else pd.concat([found[role], part])
                    found[role] = gpd.GeoDataFrame(both, crs=target).reset_index(drop=True)

    def _within(self, parcels: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
        """Leave out parcels of which less than half lies within the boundary, where there is one that holds any."""
        if boundary is None:
            return parcels
        shapes = parcels.geometry.to_numpy()
        part = shapely.area(shapely.intersection(shapes, shapely.union_all(boundary.geometry.to_numpy())))
        inside = part >= 0.5 * shapely.area(shapes)
        if not inside.any():
            self.findings.add("note", "reading.none_within", n=len(parcels))
            return parcels
        if not inside.all():
            self.findings.add("left_out", "reading.outside_boundary", n=int((~inside).sum()), kept=int(inside.sum()))
        return parcels[inside].reset_index(drop=True)

    def _extent(self, parcels: gpd.GeoDataFrame) -> None:
        west, south, east, north = parcels.total_bounds
        span = max(east - west, north - south)
        if span > self.limits.extent_m:
            middle = np.median(shapely.get_coordinates(shapely.centroid(parcels.geometry.to_numpy())), axis=0)
            far = shapely.distance(parcels.geometry.to_numpy(), shapely.Point(middle))
            at = int(np.argmax(far))
            where = shapely.centroid(parcels.geometry.iloc[at])
            self.findings.add("refused", "reading.too_wide", where=(round(where.x), round(where.y)), km=round(span / 1000, 1),
                              most=round(self.limits.extent_m / 1000), parcel=str(parcels["name"].iloc[at]))  # fmt: skip

    def _companies(self, target: pyproj.CRS, near: Any) -> pd.DataFrame | None:
        """Return the list of companies; of several the one that says most."""
        if not self.offers.of("companies"):
            return None
        best = self.offers.best("companies", "reading.other_companies")[0]
        table = collected(self.findings, self._list_of_companies, best, target, near)
        if table is None:
            return None
        same = table.astype(str).duplicated()
        if same.any():
            self.findings.add("left_out", "reading.row_twice", what=best.file.name, file=best.shown, n=int(same.sum()))
        table = table[~same].reset_index(drop=True)
        names = table["name"] if "name" in table else pd.Series([None] * len(table), dtype=object)
        return table.assign(name=unique(names, "company", best.shown, self.findings))

    def _list_of_companies(self, offer: Offer, target: pyproj.CRS, near: Any) -> pd.DataFrame:
        if offer.info is not None and offer.geometry != "none":
            layer = self._layer(offer, "companies", target)
            if layer is None:
                return pd.DataFrame({"name": []})
            middle = shapely.centroid(layer.geometry.to_numpy())
            return pd.DataFrame(layer.drop(columns="geometry")).assign(x=shapely.get_x(middle), y=shapely.get_y(middle))
        table = self._values(self._rows(offer), offer, "companies")
        if "x" in table and "y" in table:
            with reading(offer.file):
                return place_rows(table, self.crs, target, offer.shown, self.findings, near)
        return table.drop(columns=["x", "y"], errors="ignore")

    def _list(self, offer: Offer, role: str) -> pd.DataFrame:
        return self._values(self._rows(offer), offer, role)

    def _table(self, role: str) -> pd.DataFrame | None:
        for offer in self.offers.of(role):
            table = collected(self.findings, self._list, offer, role)
            if table is not None and "name" in table:
                kept = table[table["name"].notna()].drop_duplicates("name").reset_index(drop=True)
                return pd.DataFrame(kept)
        return None

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {}
        for offer in self.offers.of("settings"):
            rows = collected(self.findings, self._rows, offer)
            if rows is not None and {"key", "value"} <= set(rows.columns):
                settings |= settings_of(rows, offer.file.name, SETTINGS, self.findings)
                self.sources.append(Source(offer.file.name, offer.layer, "settings", offer.guess.form, len(rows),
                                           {"key": "key", "value": "value"}, (), "", offer.file.sha256))  # fmt: skip
        return settings
