"""What the files of a park hold, once read: tables with standard column names, all in one system of metres.

The columns are those of the constants below; a column that no file has is not there, and a value that a row does not have
is missing (None or nan). Every value that is there is *measured*, in the sense that a file states it; columns that an
importer works out itself are named in ``assumed`` of their row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyproj

PARCEL_COLUMNS = {
    "name": "str: what the parcel is called; unique after reading",
    "owner": "str: name of who owns it",
    "owner_kind": "str: one of records.OWNER_KINDS",
    "use": "str: 'plot', 'road', 'green', 'water' or 'outside'; missing is 'plot'",
    "street": "str", "number": "str: house number with its additions", "postcode": "str: '7701 AB' as '7701AB'",
    "floor": "float: m2 of floor; 0 is land without a building",
    "built": "float: calendar year in which its building was finished",
    "age": "float: years since that, at the start of the runs",
    "quality": "float: 0 to 1", "fit": "float: 0 to 1", "energy": "float: 0 to 1",
    "soil_cost": "float: euros",
    "vacant": "bool: stands vacant, or is used",
    "vacant_quarters": "float: how long it has stood vacant",
    "offered": "bool: on the market",
    "enclave": "bool: may lie without a road",
    "assumed": "str: names of fields, separated by ';', that the file itself calls assumed",
    "note": "str",
}  # fmt: skip
COMPANY_COLUMNS = {
    "name": "str: unique after reading",
    "parcel": "str: name of its parcel, where the file says so",
    "street": "str", "number": "str", "postcode": "str", "city": "str",
    "x": "float: easting, metres", "y": "float: northing, metres",
    "sbi": "str: digits of the sector code (SBI 2008 or NACE rev. 2), without points",
    "sector": "str: one of records.SECTORS",
    "jobs": "float: persons employed",
    "turnover": "float: euros a year",
    "floor": "float: m2 of floor that it uses",
    "floor_needed": "float: m2", "land_wish": "float: m2",
    "tenant": "bool: rents where it sits",
    "trust": "float: 0 to 1",
    "key_figure": "bool",
    "outside": "bool: looks for a site and is not on the park yet",
    "assumed": "str", "note": "str",
}  # fmt: skip
BUILDING_COLUMNS = {"id": "str", "built": "float: year", "floor": "float: m2", "status": "str"}
ADDRESS_COLUMNS = {
    "street": "str", "number": "str", "postcode": "str", "city": "str", "floor": "float: m2 of the unit",
    "use": "str: of the unit, in the words of the file",
    "building": "str: id of its building",
}  # fmt: skip
OWNER_COLUMNS = {
    "name": "str", "kind": "str: one of records.OWNER_KINDS", "reservation": "float: 0 to 2", "willing": "bool",
    "assumed": "str", "note": "str",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One table or layer that was read.

    Attributes
    ----------
    file, layer
        Name of the file (no folders), and of the layer in it; empty for a file that is one table.
    role
        What it was taken for: ``"parcels"``, ``"buildings"``, ``"addresses"``, ``"roads"``, ``"green"``, ``"water"``,
        ``"boundary"``, ``"exits"``, ``"companies"``, ``"owners"`` or ``"settings"``.
    form
        Name of the known form it was recognised as (``"BAG pand"``), or empty.
    rows
        As read.
    columns
        Standard name of every column that was used -> its name in the file.
    unused
        Columns of the file that nothing was done with.
    crs
        System that its coordinates are in, as text (``"EPSG:28992"``); empty for a table without.
    sha256
        Of the file's bytes, hexadecimal.
    """

    file: str
    layer: str
    role: str
    form: str
    rows: int
    columns: dict[str, str]
    unused: tuple[str, ...] = ()
    crs: str = ""
    sha256: str = ""


@dataclass
class Layers:
    """Everything that was read of one park, in one projected system of metres (RD New unless another was asked for)."""

    crs: pyproj.CRS
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame | None = None
    addresses: gpd.GeoDataFrame | None = None  # points
    roads: gpd.GeoDataFrame | None = None  # polygons, or lines with a column `width` (m)
    green: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    boundary: gpd.GeoDataFrame | None = None
    exits: gpd.GeoDataFrame | None = None  # points where roads meet the outside
    companies: pd.DataFrame | None = None
    owners: pd.DataFrame | None = None
    settings: dict[str, object] = field(default_factory=dict)  # keys of a park file that are not parcels or companies
    sources: list[Source] = field(default_factory=list)
