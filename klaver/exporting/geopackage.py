"""A GeoPackage of layers and tables, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio

if TYPE_CHECKING:
    import pandas as pd


def write_geopackage(path: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write layers to one GeoPackage; an older file of that name is replaced when the new one is complete.

    Parameters
    ----------
    path
        Of the file.
    layers
        Name to a table, with geometry (a GeoDataFrame) or without. Layers without a row are left out.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
        made = Path(folder) / "made.gpkg"
        for name, table in layers.items():
            if len(table):
                _add(made, name, table)
        os.replace(made, path)


def _add(path: Path, name: str, table: pd.DataFrame) -> None:
    geometry = "Unknown"
    if isinstance(table, gpd.GeoDataFrame):
        kinds = {kind.removeprefix("Multi") for kind in table.geometry.geom_type.dropna().unique()}
        kind = kinds.pop() if len(kinds) == 1 else "Unknown"
        # One type a layer: some readers show a layer of polygons and multi-polygons as two, or not at all.
        geometry = f"Multi{kind}" if kind == "Polygon" and (table.geometry.geom_type == "MultiPolygon").any() else kind
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*crs.*", category=UserWarning)
        if isinstance(table, gpd.GeoDataFrame):
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=path.exists(), geometry_type=geometry,
                                    promote_to_multi=geometry.startswith("Multi"))  # fmt: skip
        else:
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=path.exists())
