"""One parcel for every company: premises that several companies share are divided among them on the grid.

The model seats at most one company on a parcel. A parcel that several companies use is cut into as many connected pieces, in
proportion to the floor each uses (else to the square root of its jobs, else alike), every piece with a side on a road where
the cells allow it. Where the pieces really end nobody measured: each division is noted as assumed. Pieces that cannot reach
a road themselves become enclaves, reached over their neighbours' ground as the back of a shared building is. Only where
there are fewer cells than companies need do the smallest drop out, with their jobs named, so that none vanish unseen.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from klaver.importing.companies.dividing import divide
from klaver.importing.companies.locating import floor_on_parcels, listed, numbers, texts
from klaver.importing.companies.matching import jobs_left_out
from klaver.importing.findings import Findings
from sim.records import ROAD

if TYPE_CHECKING:
    import geopandas as gpd

    from klaver.importing.grid.gridding import Grid

LEAST = 2  # cells of a piece
SEPARATOR = " · "
_SIDES = ((-1, 0), (0, 1), (1, 0), (0, -1))


def share_parcels(
    grid: Grid,
    matches: pd.DataFrame,
    companies: pd.DataFrame,
    buildings: gpd.GeoDataFrame | None,
    findings: Findings,
    *,
    addresses: gpd.GeoDataFrame | None = None,
    least: int = LEAST,
) -> tuple[Grid, pd.DataFrame]:
    """Give every company a parcel of its own.

    Parameters
    ----------
    grid
        As laid; not changed.
    matches
        As :func:`klaver.importing.companies.matching.match_companies` returns; not changed.
    companies
        Same index as `matches`.
    buildings, addresses
        For the floor that is divided along with the parcel.
    findings
        Gets every division, every enclave that it makes, and every company for which there is no room.
    least
        Cells that a piece has at least, 1 or more.

    Returns
    -------
    grid
        A copy in which parcel "x" of three companies is "x · 1", "x · 2" and "x · 3", largest company first, with rows in
        ``areas`` and ``shapes`` (which keep the columns of the whole; floor and soil costs divided and marked as assumed).
    matches
        A copy with the pieces as parcels; ``left_out`` and no parcel for who found no room.
    """
    matches = matches.copy()
    if "left_out" not in matches.columns:
        matches["left_out"] = matches["parcel"].isna()
    sharers = _sharers(grid, matches, findings)
    share = _Sharing(grid, companies, findings, least)
    floors = floor_on_parcels(grid.shapes, addresses, buildings) if sharers else np.empty(0)
    for name, which in sharers.items():
        for at, piece in share.among(name, which, floors).items():
            matches.iloc[at, matches.columns.get_loc("parcel")] = piece
            matches.iloc[at, matches.columns.get_loc("left_out")] = piece is None
    jobs, unknown = jobs_left_out(companies, matches)
    if jobs or unknown:
        findings.add("note", "matching.jobs_left_out", jobs=jobs, total=float(np.nansum(numbers(companies, "jobs"))),
                     unknown=unknown)  # fmt: skip
    return (share.finish() if share.pieces else grid), matches


def _sharers(grid: Grid, matches: pd.DataFrame, findings: Findings) -> dict[str, list[int]]:
    """Return which companies (positions) sit together on a parcel; who sits on a parcel without cells is unseated."""
    known, sitting = set(grid.names), defaultdict(list)
    for at, parcel in enumerate(matches["parcel"]):
        if not isinstance(parcel, str):
            continue
        if parcel in known:
            sitting[parcel].append(at)
        else:
            matches.iloc[at, matches.columns.get_loc("parcel")] = None
            matches.iloc[at, matches.columns.get_loc("left_out")] = True
            findings.add("left_out", "matching.parcel_without_cells", what=parcel, parcel=parcel)
    return {name: which for name, which in sitting.items() if len(which) > 1}


def weights_of(floor: np.ndarray, jobs: np.ndarray) -> np.ndarray:
    """Return the share of the whole that each sharer gets (sums to 1).

    Parameters
    ----------
    floor, jobs
        Of the companies, m2 and persons; nan where unknown.

    Returns
    -------
    numpy.ndarray
        In proportion to floor where that is known of all; else to the square root of jobs, with the median for who has none
        stated; else alike. Nobody gets less than a twentieth of what the largest gets.
    """
    if (floor > 0.0).all():
        size = floor.astype(float)
    elif (jobs > 0.0).any():
        root = np.sqrt(np.where(jobs > 0.0, jobs, np.nan))
        size = np.where(np.isnan(root), np.nanmedian(root), root)
    else:
        size = np.ones(len(floor))
    size = np.maximum(size, size.max() / 20.0)
    return size / size.sum()


class _Sharing:
    """A grid on which parcels are being divided."""

    def __init__(self, grid: Grid, companies: pd.DataFrame, findings: Findings, least: int) -> None:
        self.grid, self.findings, self.least = grid, findings, least
        self.names = texts(companies, "name")
        self.floor, self.jobs = numbers(companies, "floor"), numbers(companies, "jobs")
        self.road = _beside(_reached(grid))
        self.position = {name: at for at, name in enumerate(grid.names)}
        self.pieces: dict[str, list[tuple[str, np.ndarray, float]]] = {}  # whole -> name, cells, share of the floor
        self.floors: dict[str, float] = {}
        self.enclaves: set[str] = set()

    def among(self, name: str, which: list[int], floors: np.ndarray) -> dict[int, str | None]:
        """Divide one parcel; return the piece of each company, None for who found no room."""
        cells = np.argwhere(self.grid.parcel_of == self.position[name])
        which = sorted(which, key=lambda at: (-np.nan_to_num(self.jobs[at]), -np.nan_to_num(self.floor[at]), at))
        front = self.road[cells[:, 0], cells[:, 1]]
        room = min(len(which), max(len(cells) // self.least, 1))
        owner_of, has_front = divide(cells, front, weights_of(self.floor[which[:room]], self.jobs[which[:room]]), self.least)
        room = int(owner_of.max()) + 1
        seated, out = which[:room], which[room:]
        pieces: dict[int, str | None] = dict.fromkeys(out)
        where = self._middle(cells)
        if room == 1:
            pieces[seated[0]] = name
        else:
            share = weights_of(self.floor[seated], self.jobs[seated])
            names = self._new_names(name, room)
            self.pieces[name] = [(names[k], cells[owner_of == k], float(share[k])) for k in range(room)]
            self.floors[name] = float(floors[grid_row]) if (grid_row := _row_of(self.grid, name)) is not None else np.nan
            pieces |= dict(zip(seated, names, strict=True))
            self.findings.add("assumed", "matching.divided", what=name, where=where, parcel=name, n=room,
                              companies=listed([self.names[at] for at in seated]))  # fmt: skip
            self._note_enclaves(name, names, has_front, bool(front.any()), where)
        if out:
            self._note_no_room(name, out, seated, where)
        return pieces

    def _note_enclaves(
        self, name: str, names: list[str], has_front: np.ndarray, whole_has: bool, where: tuple[float, float]
    ) -> None:
        without = [piece for piece, touches in zip(names, has_front, strict=True) if not touches]
        self.enclaves |= set(without)
        if without and whole_has:
            self.findings.add("assumed", "matching.piece_without_road", what=name, where=where, parcel=name,
                              pieces=listed(without), n=len(without))  # fmt: skip

    def _note_no_room(self, name: str, out: list[int], seated: list[int], where: tuple[float, float]) -> None:
        self.findings.add(
            "left_out", "matching.no_room", what=name, where=where, parcel=name, n=len(out), kept=len(seated),
            companies=listed([self.names[at] for at in out]), jobs=float(np.nansum(self.jobs[out])),
            unknown=int(np.isnan(self.jobs[out]).sum()))  # fmt: skip

    def _new_names(self, name: str, count: int) -> list[str]:
        taken, separator = set(self.grid.names), SEPARATOR
        while any(f"{name}{separator}{k + 1}" in taken for k in range(count)):
            separator += "· "
        return [f"{name}{separator}{k + 1}" for k in range(count)]

    def _middle(self, cells: np.ndarray) -> tuple[float, float]:
        """Return easting and northing of the cell nearest to the middle of some cells."""
        row, column = cells[((cells - cells.mean(axis=0)) ** 2).sum(axis=1).argmin()]
        m = self.grid.cell_m
        return float(self.grid.west + (column + 0.5) * m), float(self.grid.north - (row + 0.5) * m)

    def finish(self) -> Grid:
        """Return the grid with the pieces in it: each where the whole stood among the names."""
        grid = copy.copy(self.grid)
        names = [piece for name in grid.names for piece in ([row[0] for row in self.pieces[name]] if name in self.pieces
                                                            else [name])]  # fmt: skip
        position = {name: at for at, name in enumerate(names)}
        moved = np.array([position.get(name, -1) for name in grid.names] + [-1])
        grid.parcel_of = moved[self.grid.parcel_of].astype(self.grid.parcel_of.dtype)
        for pieces in self.pieces.values():
            for piece, cells, _ in pieces:
                grid.parcel_of[cells[:, 0], cells[:, 1]] = position[piece]
        grid.names = names
        grid.enclaves = (set(self.grid.enclaves) - set(self.pieces)) | self.enclaves
        grid.areas = self._areas(names)
        grid.shapes = self._shapes(names)
        return grid

    def _areas(self, names: list[str]) -> pd.DataFrame:
        """Return the areas with a row a piece, which has its share by cells of what the whole has in the file."""
        rows = {}
        for name, pieces in self.pieces.items():
            whole, total = self.grid.areas.loc[name], sum(len(cells) for _, cells, _ in pieces)
            for piece, cells, _ in pieces:
                part = len(cells) / total
                row = {column: value * part for column, value in whole.items() if column != "error"}
                row["on_grid"] = len(cells) * self.grid.cell_m**2
                rows[piece] = row | {"error": row["on_grid"] / row["in_file"] - 1.0}
        kept = self.grid.areas.drop(index=list(self.pieces))
        both = pd.concat([kept, pd.DataFrame.from_dict(rows, orient="index")]).reindex(names)
        return both.rename_axis(self.grid.areas.index.name)

    def _shapes(self, names: list[str]) -> gpd.GeoDataFrame:
        """Return the parcels with a row a piece: the part of the whole's polygon that its cells cover."""
        import geopandas as gpd

        shapes, geometry = self.grid.shapes, self.grid.shapes.geometry.name
        rows, index = [], []
        for name, pieces in self.pieces.items():
            whole = shapes.loc[name].to_dict()
            total = sum(len(cells) for _, cells, _ in pieces)
            for piece, cells, share in pieces:
                outline = self._outline(cells, whole[geometry])
                rows.append(self._row(whole, name, share, len(cells) / total) | {"name": piece, geometry: outline})
                index.append(piece)
        columns = list(dict.fromkeys([*shapes.columns, "floor", "assumed", "part_of"]))
        kept = pd.DataFrame(shapes.drop(index=list(self.pieces))).reindex(columns=columns).astype(object)
        both = pd.concat([kept, pd.DataFrame(rows, index=index).reindex(columns=columns).astype(object)]).loc[names]
        return gpd.GeoDataFrame(both.infer_objects(), geometry=geometry, crs=shapes.crs).rename_axis(shapes.index.name)

    def _row(self, whole: dict[str, object], name: str, share: float, ground: float) -> dict[str, object]:
        """Return the columns of a piece: those of the whole, with floor divided by use and soil costs by ground."""
        row = {**whole, "part_of": whole["part_of"] if isinstance(whole.get("part_of"), str) else name}
        if pd.notna(whole.get("in_file")):
            row["in_file"] = float(whole["in_file"]) * ground  # type: ignore[arg-type]
        divided = {"floor": self.floors[name] * share}
        if pd.notna(whole.get("soil_cost")):
            divided["soil_cost"] = float(whole["soil_cost"]) * ground  # type: ignore[arg-type]
        known = {key: round(value) for key, value in divided.items() if np.isfinite(value)}
        given = str(whole["assumed"]).split(";") if isinstance(whole.get("assumed"), str) else []
        return row | known | {"assumed": ";".join(dict.fromkeys([*filter(None, given), *known])) or None}

    def _outline(self, cells: np.ndarray, whole: shapely.Geometry) -> shapely.Geometry:
        m = self.grid.cell_m
        west, north = self.grid.west + cells[:, 1] * m, self.grid.north - cells[:, 0] * m
        squares = shapely.union_all(shapely.box(west, north - m, west + m, north))
        part = shapely.intersection(squares, whole)
        polygons = [shape for shape in shapely.get_parts(part) if shape.geom_type == "Polygon"]
        return shapely.union_all(polygons) if polygons else squares


def _row_of(grid: Grid, name: str) -> int | None:
    found = np.flatnonzero(grid.shapes.index == name)
    return int(found[0]) if len(found) else None


def _reached(grid: Grid) -> np.ndarray:
    """Return which cells are road from which an exit is reached."""
    pieces, _ = ndimage.label(grid.kind == ROAD)
    wanted = {int(pieces[row, column]) for row, column in grid.exits} - {0}
    return np.isin(pieces, list(wanted)) if wanted else np.zeros(grid.kind.shape, bool)


def _beside(cells: np.ndarray) -> np.ndarray:
    """Return which cells have a side in common with one of ``cells``."""
    padded = np.pad(cells, 1)
    found = np.zeros_like(cells)
    for down, across in _SIDES:
        found |= padded[1 + down : padded.shape[0] - 1 + down, 1 + across : padded.shape[1] - 1 + across]
    return found
