"""A SYNTHETIC business park in the forms of Dutch open data: no parcel, building or company in it exists.

Twelve parcels along a street, in RD New, written as the files that a municipality would have: the BAG and the Kadastrale
kaart as PDOK gives them, a work site of IBIS, parts of the BGT, and a list of companies as a register of employment
delivers it. Every file name says that it is synthetic. Column names follow the documentation of PDOK (BAG, BRK) and of LISA.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
from shapely.geometry import Point, box

WEST, SOUTH = 229_000.0, 513_000.0
CRS = "EPSG:28992"
STREET = "Verzonnenweg"
WIDTH, DEPTH, ROAD = 50.0, 80.0, 12.0
COUNT = 12


@dataclass(frozen=True)
class Plot:
    """One synthetic parcel."""

    number: int
    shape: shapely.Polygon

    @property
    def building(self) -> shapely.Polygon:
        """Its building: half its width and depth."""
        x, y = self.shape.centroid.x, self.shape.centroid.y
        return box(x - WIDTH / 4, y - DEPTH / 4, x + WIDTH / 4, y + DEPTH / 4)


def plots() -> list[Plot]:
    """Return the parcels: six north and six south of the street."""
    found = []
    for at in range(COUNT):
        column, north = at % 6, at < 6
        south = SOUTH + (DEPTH + ROAD if north else 0.0)
        west = WEST + column * WIDTH
        found.append(Plot(at + 1, box(west, south, west + WIDTH, south + DEPTH)))
    return found


def kadaster() -> gpd.GeoDataFrame:
    """Return the layer ``perceel`` of the Kadastrale kaart, the street a parcel as well."""
    rows = [{
        "identificatie_namespace": "NL.IMKAD.KadastraalObject", "identificatie_lokaal_id": f"9999{plot.number:08d}",
        "begin_geldigheid": "2020-01-01T00:00:00Z", "status_historie_code": "G", "status_historie_waarde": "Geldig",
        "kadastrale_gemeente_code": "999", "kadastrale_gemeente_waarde": "Synthetisch", "sectie": "S",
        "kadastrale_grootte_waarde": plot.shape.area, "soort_grootte_waarde": "Vastgesteld",
        "perceelnummer": 1200 + plot.number, "perceelnummer_rotatie": 0.0,
    } for plot in plots()]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[shapely.MultiPolygon([plot.shape]) for plot in plots()], crs=CRS)


def panden() -> gpd.GeoDataFrame:
    """Return the layer ``pand`` of the BAG; parcels 11 and 12 have no building."""
    rows = [{
        "identificatie": f"9999100000{plot.number:06d}", "bouwjaar": 1975 + 3 * plot.number, "status": "Pand in gebruik",
        "gebruiksdoel": "industriefunctie", "oppervlakte_min": 900, "oppervlakte_max": 900, "aantal_verblijfsobjecten": 1,
    } for plot in plots()[:10]]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[plot.building for plot in plots()[:10]], crs=CRS)


def verblijfsobjecten() -> gpd.GeoDataFrame:
    """Return the layer ``verblijfsobject`` of the BAG, with one unit that was withdrawn."""
    rows = [{
        "identificatie": f"9999010000{plot.number:06d}", "oppervlakte": 900 + plot.number,
        "status": "Verblijfsobject ingetrokken" if plot.number == 10 else "Verblijfsobject in gebruik",
        "gebruiksdoel": "industriefunctie", "openbare_ruimte": STREET, "huisnummer": 2 * plot.number,
        "huisletter": "A" if plot.number == 3 else None, "toevoeging": "2" if plot.number == 4 else None,
        "postcode": "9999ZZ", "woonplaats": "Synthetisch", "pandidentificatie": f"9999100000{plot.number:06d}",
    } for plot in plots()[:10]]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[plot.shape.centroid for plot in plots()[:10]], crs=CRS)


def wegdelen() -> gpd.GeoDataFrame:
    """Return the layer ``wegdeel`` of the BGT: the street, and a railway that is no road."""
    south = SOUTH + DEPTH
    rows = [
        {"lokaal_id": "G9999.a", "bgt_functie": "rijbaan lokale weg", "bgt_fysiek_voorkomen": "gesloten verharding",
         "bronhouder": "G9999", "eind_registratie": None},
        {"lokaal_id": "G9999.b", "bgt_functie": "spoorbaan", "bgt_fysiek_voorkomen": "half verhard", "bronhouder": "G9999",
         "eind_registratie": None},
    ]  # fmt: skip
    shapes = [box(WEST - 30, south, WEST + 6 * WIDTH + 30, south + ROAD), box(WEST, SOUTH - 60, WEST + 300, SOUTH - 50)]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def waterdelen() -> gpd.GeoDataFrame:
    """Return the layer ``waterdeel`` of the BGT: a ditch along the south side."""
    rows = [{"lokaal_id": "W9999.a", "bgt_type": "waterloop", "bronhouder": "W9999"}]
    return gpd.GeoDataFrame(rows, geometry=[box(WEST, SOUTH - 15, WEST + 6 * WIDTH, SOUTH)], crs=CRS)


def ibis() -> gpd.GeoDataFrame:
    """Return a work site as IBIS has it: one outline around all."""
    rows = [{"RIN_NUMMER": "RIN99999", "PLAN_NAAM": "Synthetisch terrein", "GEMEENTE": "Synthetisch", "BRUTO_HA": 5.2,
             "NETTO_HA": 4.8, "TERSTOND_UITGEEFBAAR_HA": 0.8}]  # fmt: skip
    shape = box(WEST - 30, SOUTH - 20, WEST + 6 * WIDTH + 30, SOUTH + 2 * DEPTH + ROAD + 10)
    return gpd.GeoDataFrame(rows, geometry=[shape], crs=CRS)


def lisa() -> pd.DataFrame:
    """Return a list of establishments as registers of employment give it; text as it stands in such a file."""
    rows = []
    for plot in plots()[:10]:
        rows.append({
            "Naam vestiging": f"Synthetisch bedrijf {plot.number}{' – Café' if plot.number == 2 else ''}",
            "Straatnaam": STREET, "Huisnummer": str(2 * plot.number), "Huisletter": "A" if plot.number == 3 else "",
            "Toevoeging": "2" if plot.number == 4 else "", "Postcode": "9999 ZZ", "Woonplaats": "Synthetisch",
            "SBI-code": f"{('25110', '41200', '49410', '46900', '45112')[plot.number % 5]}",
            "Banen fulltime": str(3 * plot.number), "Banen parttime": f"{plot.number},5", "Omzet": f"1.{plot.number:03d}.000",
            "Huur/koop": "huur" if plot.number % 3 == 0 else "koop",
            "X-coördinaat": f"{plot.shape.centroid.x:.1f}".replace(".", ","),
            "Y-coördinaat": f"{plot.shape.centroid.y:.1f}".replace(".", ","),
        })  # fmt: skip
    return pd.DataFrame(rows)


def write_bag(folder: Path) -> Path:
    """Write ``synthetic_bag.gpkg`` with ``pand`` and ``verblijfsobject``."""
    path = folder / "synthetic_bag.gpkg"
    panden().to_file(path, layer="pand")
    verblijfsobjecten().to_file(path, layer="verblijfsobject")
    return path


def write_kadaster(folder: Path) -> Path:
    """Write ``synthetic_kadaster.gpkg`` with ``perceel``."""
    path = folder / "synthetic_kadaster.gpkg"
    kadaster().to_file(path, layer="perceel")
    return path


def write_bgt(folder: Path) -> Path:
    """Write ``synthetic_bgt.gpkg`` with ``wegdeel`` and ``waterdeel``."""
    path = folder / "synthetic_bgt.gpkg"
    wegdelen().to_file(path, layer="wegdeel")
    waterdelen().to_file(path, layer="waterdeel")
    return path


def write_ibis(folder: Path) -> Path:
    """Write ``synthetic_ibis.shp`` and what belongs to it."""
    path = folder / "synthetic_ibis.shp"
    frame = ibis()
    frame.columns = [name[:10] for name in frame.columns]  # as the format cuts them off
    frame.to_file(path)
    return path


def write_lisa_csv(folder: Path) -> Path:
    """Write ``synthetic_bedrijven.csv``: semicolons, decimal commas, Windows encoding."""
    path = folder / "synthetic_bedrijven.csv"
    path.write_bytes(lisa().to_csv(sep=";", index=False, lineterminator="\r\n").encode("cp1252"))
    return path


def write_lisa_xlsx(folder: Path) -> Path:
    """Write ``synthetic_bedrijven.xlsx``: a title above the header, numbers as numbers."""
    path = folder / "synthetic_bedrijven.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "vestigingen"
    sheet.append(["Synthetic list of companies: none of these exists"])
    sheet.append([])
    table = lisa()
    sheet.append(list(table.columns))
    for row in table.to_dict("records"):
        for name in ("Banen fulltime", "Huisnummer"):
            row[name] = int(row[name])
        for name in ("Banen parttime", "X-coördinaat", "Y-coördinaat"):
            row[name] = float(row[name].replace(",", "."))
        row["Omzet"] = int(row["Omzet"].replace(".", ""))
        sheet.append([row[name] or None for name in table.columns])
    book.save(path)
    return path


def write_park(folder: Path, *, companies: str = "csv") -> Path:
    """Write the whole synthetic park into a folder and return it.

    Parameters
    ----------
    folder
        Made if it is not there.
    companies
        ``"csv"``, ``"xlsx"`` or ``""`` for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for write in (write_bag, write_kadaster, write_bgt, write_ibis):
        write(folder)
    if companies:
        {"csv": write_lisa_csv, "xlsx": write_lisa_xlsx}[companies](folder)
    return folder


def point(plot: Plot) -> Point:
    """Return the middle of a parcel."""
    return plot.shape.centroid
