"""Makers of files that are wrong, broken or meant to do harm, each small itself and made within a second or two."""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from tests.klaver.importing.dutch_forms import plots, write_kadaster


def feature(ring: list[list[float]], **properties: object) -> dict[str, object]:
    """Return a polygon as GeoJSON has it."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(features: Iterable[dict[str, object]], crs: str = "") -> str:
    """Return a GeoJSON; ``crs`` as the older form of the standard has it."""
    whole: dict[str, object] = {"type": "FeatureCollection", "features": list(features)}
    if crs:
        whole["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs.replace(':', '::')}"}}
    return json.dumps(whole)


def ring(x: float, y: float, size: float = 40.0) -> list[list[float]]:
    """Return a square."""
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def many_polygons_geojson(path: Path, count: int) -> Path:
    """Write so many squares, each of some 130 bytes."""
    one = ('{"type":"Feature","properties":{"kavel":"k%d"},'
           '"geometry":{"type":"Polygon","coordinates":[[[%d,5],[%d,5],[%d,6],[%d,5]]]}}')  # fmt: skip
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        file.write(",".join(one % (at, at, at + 1, at + 1, at) for at in range(count)))
        file.write("]}")
    return path


def crowded_gpkg(path: Path, count: int, *, hide: bool = False) -> Path:
    """Write a GeoPackage with so many rows of parcels, nearly all without a geometry, made by SQLite itself.

    Parameters
    ----------
    path
        Where to.
    count
        Of rows.
    hide
        Whether the count that GDAL keeps in the file says 12.
    """
    write_kadaster(path.parent).rename(path)
    with sqlite3.connect(path) as base:
        base.execute("DROP TRIGGER IF EXISTS trigger_insert_feature_count_perceel")
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree%'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) "
            "INSERT INTO perceel (sectie) SELECT 'S' FROM c", (count,),
        )  # fmt: skip
        if not hide:
            base.execute("UPDATE gpkg_ogr_contents SET feature_count = (SELECT COUNT(*) FROM perceel)")
    return path


def gpkg_with(path: Path, statements: Iterable[str]) -> Path:
    """Write a GeoPackage of parcels and run SQL on it."""
    write_kadaster(path.parent).rename(path)
    with sqlite3.connect(path) as base:
        for statement in statements:
            base.execute(statement)
    return path


def endless_view(path: Path) -> Path:
    """Write a GeoPackage in which a layer is a view that never ends."""
    return gpkg_with(path, [
        "CREATE VIEW kavels AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
        "SELECT n AS fid, (SELECT geom FROM perceel LIMIT 1) AS geom FROM c",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('kavels', 'features', 'kavels', 28992)",
        "INSERT INTO gpkg_geometry_columns VALUES ('kavels', 'geom', 'POLYGON', 28992, 0, 0)",
    ])  # fmt: skip


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    """Write an archive with these members, whatever their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def zip_with_link(path: Path, target: str) -> Path:
    """Write an archive in which ``kavels.geojson`` is a symbolic link."""
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("kavels.geojson")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, target)
    return path


def zip_bomb(path: Path, megabytes: int, name: str = "kavels.geojson") -> Path:
    """Write an archive of a few kilobytes that unpacks to so many megabytes of blanks."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as member:
        member.write(b'{"type":"FeatureCollection","features":[')
        for _ in range(megabytes):
            member.write(b" " * 1_000_000)
        member.write(b"]}")
    return path


def understated(path: Path, claimed: int) -> Path:
    """Change an archive of one member so that its list says it unpacks to ``claimed`` bytes."""
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.find(signature)
        content[at + offset : at + offset + 4] = struct.pack("<I", claimed)
    path.write_bytes(content)
    return path


def workbook_bomb(path: Path, megabytes: int) -> Path:
    """Write a workbook of which the sheet unpacks to so many megabytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(megabytes):
                member.write(b"<row/>" * 166_666)
    return path


def entity_workbook(path: Path, source: Path) -> Path:
    """Copy a workbook, with entities that multiply (a "billion laughs") put into its sheet."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = content.replace(b"<worksheet", f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]><worksheet'.encode(), 1)
                content = content.replace(b"<sheetData>", b"<sheetData><row><c t='inlineStr'><is><t>&l9;</t></is></c></row>", 1)
            new.writestr(name, content)
    return path


def star(corners: int, x: float = 229_000.0, y: float = 513_000.0) -> shapely.Polygon:
    """Return a polygon that crosses itself nearly everywhere."""
    points = np.random.default_rng(1).uniform(0, 100, (corners, 2)) + np.array([x, y])
    return shapely.Polygon(points)


def kavels(shapes: Iterable[object], crs: str | None = "EPSG:28992") -> gpd.GeoDataFrame:
    """Return shapes as a layer of parcels."""
    shapes = list(shapes)
    return gpd.GeoDataFrame({"kavel": [f"k{at}" for at in range(len(shapes))]}, geometry=shapes, crs=crs)


def squares() -> gpd.GeoDataFrame:
    """Return the synthetic parcels as a plain layer."""
    return kavels([plot.shape for plot in plots()])
