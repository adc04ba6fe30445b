"""Parcels divided among the companies that share them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from klaver.importing.companies.dividing import divide, wanted_sizes
from klaver.importing.companies.sharing import share_parcels, weights_of
from klaver.importing.findings import Findings
from sim.park.ascii_map import check_lattice, read_map

WEST, NORTH, CELL = 222_000.0, 512_000.0, 10.0
MAP = """
....................
.AAAAAAAAAABBBBCC..#
.AAAAAAAAAABBBBCC..#
.AAAAAAAAAABBBBCC..#
.AAAAAAAAAABBBBCC..#
.AAAAAAAAAABBBBCCD.#
E###################
"""


def grid(drawing: str = MAP, **columns: Any) -> Any:
    """Return a drawn park as the gridding stage gives it; one-letter parcels have that letter as their name."""
    letters = sorted(set(drawing) & set("ABCDFG"))
    kind, parcel_of, names, exits = read_map(
        drawing, {letter: {"kind": "parcel", "name": letter, "enclave": letter == "G"} for letter in letters}
    )
    outlines, areas = [], []
    for at in range(len(names)):
        rows, across = np.nonzero(parcel_of == at)
        west, north = WEST + across * CELL, NORTH - rows * CELL
        outlines.append(shapely.union_all(shapely.box(west, north - CELL, west + CELL, north)))
        areas.append(len(rows) * CELL**2)
    table = {"name": names, "owner": [f"owner of {name}" for name in names], **columns}
    return SimpleNamespace(
        kind=kind,
        parcel_of=parcel_of,
        names=names,
        exits=exits,
        cell_m=CELL,
        west=WEST,
        north=NORTH,
        enclaves={"G"} & set(names),
        inferred=set(),
        areas=pd.DataFrame(
            {"in_file": areas, "mended": areas, "on_grid": areas, "error": 0.0}, index=pd.Index(names, name="name")
        ),
        shapes=gpd.GeoDataFrame(table, geometry=outlines, index=pd.Index(names, name="name"), crs="EPSG:28992"),
    )


def seated(*rows: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return companies, and matches to the parcels that the rows name."""
    companies = pd.DataFrame([{"name": f"firm {n}", "jobs": 5.0} | row for n, row in enumerate(rows, 1)])
    matches = pd.DataFrame(
        {"parcel": pd.Series([row.get("on") for row in rows], dtype=object), "how": "name", "score": 1.0}
    )
    matches["left_out"] = matches["parcel"].isna()
    return companies, matches


def share(park: Any, *rows: dict[str, Any], **options: Any) -> tuple[Any, pd.DataFrame, Findings]:
    companies, matches = seated(*rows)
    findings = Findings()
    shared, found = share_parcels(park, matches, companies, options.pop("buildings", None), findings, **options)
    return shared, found, findings


def cells_of(park: Any, name: str) -> int:
    return int((park.parcel_of == park.names.index(name)).sum())


def test_every_company_gets_a_piece_of_its_own_and_the_park_stays_a_park() -> None:
    before = grid()
    shared, found, findings = share(before, *[{"on": "A"}] * 4, {"on": "B"}, {"on": "C"}, {"on": "C"})
    assert sorted(found["parcel"]) == ["A · 1", "A · 2", "A · 3", "A · 4", "B", "C · 1", "C · 2"]
    assert shared.names == ["A · 1", "A · 2", "A · 3", "A · 4", "B", "C · 1", "C · 2", "D"]
    assert check_lattice(shared.kind, shared.parcel_of, shared.names, shared.exits, shared.enclaves) == []
    assert findings.counts()["matching.divided"] == 2
    assert shared.enclaves == set()
    assert before.names == ["A", "B", "C", "D"]  # the grid that came in is as it was
    assert cells_of(before, "A") == 50


def test_ground_is_conserved_in_cells_areas_and_outlines() -> None:
    before = grid()
    shared, _, _ = share(before, *[{"on": "A"}] * 3)
    pieces = ["A · 1", "A · 2", "A · 3"]
    assert sum(cells_of(shared, piece) for piece in pieces) == 50
    assert shared.areas.loc[pieces, "in_file"].sum() == pytest.approx(before.areas.loc["A", "in_file"])
    assert shared.areas.loc[pieces, "on_grid"].sum() == pytest.approx(50 * CELL**2)
    assert shared.shapes.loc[pieces].geometry.area.sum() == pytest.approx(before.shapes.geometry.area["A"])
    assert list(shared.areas.index) == list(shared.shapes.index) == list(shared.shapes["name"]) == shared.names


def test_floor_decides_the_sizes_before_jobs_and_jobs_before_nothing() -> None:
    def sizes(*rows: dict[str, Any]) -> list[int]:
        shared, found, _ = share(grid(), *[{"on": "A"} | row for row in rows])
        return [cells_of(shared, parcel) for parcel in found["parcel"]]

    assert sizes({"floor": 400.0, "jobs": 1.0}, {"floor": 100.0, "jobs": 99.0}) == [40, 10]
    assert sizes({"jobs": 16.0}, {"jobs": 1.0}) == [40, 10]
    assert sizes({"jobs": None}, {"jobs": None}) == [25, 25]


def test_pieces_keep_owner_and_divide_floor_and_soil_costs_as_assumed() -> None:
    park = grid(
        floor=[1_000.0, 500.0, None, None],
        soil_cost=[50_000.0, None, None, None],
        assumed=["quality", None, None, None],
    )
    shared, _, _ = share(park, {"on": "A", "floor": 300.0}, {"on": "A", "floor": 100.0}, {"on": "B"})
    pieces = shared.shapes.loc[["A · 1", "A · 2"]]
    assert pieces["owner"].tolist() == ["owner of A"] * 2
    assert sorted(pieces["floor"]) == [250.0, 750.0]
    assert pieces["soil_cost"].sum() == pytest.approx(50_000.0, abs=2.0)
    assert pieces["part_of"].tolist() == ["A", "A"]
    assert all(set(text.split(";")) == {"quality", "floor", "soil_cost"} for text in pieces["assumed"])
    assert shared.shapes.loc["B", "floor"] == 500.0
    assert pd.isna(shared.shapes.loc["B", "assumed"])


def test_floor_of_buildings_is_divided_where_the_parcel_states_none() -> None:
    hall = gpd.GeoDataFrame(
        {"id": ["h"], "floor": [2_000.0]},
        geometry=[shapely.box(WEST + 20, NORTH - 60, WEST + 60, NORTH - 20)],
        crs="EPSG:28992",
    )
    shared, _, _ = share(grid(), {"on": "A", "jobs": 4.0}, {"on": "A", "jobs": 4.0}, buildings=hall)
    assert shared.shapes.loc[["A · 1", "A · 2"], "floor"].tolist() == [1_000.0, 1_000.0]


def test_where_cells_run_out_the_largest_stay_and_the_jobs_of_the_others_are_named() -> None:
    shared, found, findings = share(
        grid(), {"on": "C", "jobs": 1.0}, *[{"on": "C", "jobs": 10.0 + n} for n in range(5)], {"on": "C", "jobs": None}
    )
    assert found["parcel"].isna().tolist() == [True, False, False, False, False, False, True]
    assert found["left_out"].tolist() == found["parcel"].isna().tolist()
    assert min(cells_of(shared, parcel) for parcel in found["parcel"].dropna()) >= 2
    told = next(finding for finding in findings if finding.key == "matching.no_room")
    assert (told.values["n"], told.values["jobs"], told.values["unknown"]) == (2, 1.0, 1)
    total = next(finding for finding in findings if finding.key == "matching.jobs_left_out")
    assert (total.values["jobs"], total.values["total"]) == (1.0, 61.0)


def test_a_single_cell_holds_one_company_and_keeps_its_name() -> None:
    shared, found, findings = share(grid(), {"on": "D", "jobs": 3.0}, {"on": "D", "jobs": 8.0})
    assert found["parcel"].tolist() == [None, "D"]
    assert shared.names == ["A", "B", "C", "D"]
    assert findings.counts()["matching.no_room"] == 1


def test_pieces_that_cannot_reach_the_road_become_enclaves_and_are_told() -> None:
    park = grid("......\n.AAAA.\n..A...\n.####E\n")
    shared, found, findings = share(park, {"on": "A"}, {"on": "A"}, least=2)
    assert found["parcel"].notna().all()
    assert len(shared.enclaves) == 1
    assert check_lattice(shared.kind, shared.parcel_of, shared.names, shared.exits, shared.enclaves) == []
    assert findings.counts()["matching.piece_without_road"] == 1


def test_an_enclave_is_divided_into_enclaves_without_a_word_about_roads() -> None:
    park = grid("AAAA\nAGGA\nAGGA\nAAAA\n####\nE...\n")
    shared, _, findings = share(park, {"on": "G"}, {"on": "G"})
    assert shared.enclaves == {"G · 1", "G · 2"}
    assert findings.counts()["matching.piece_without_road"] == 0


def test_a_company_on_a_parcel_without_cells_is_left_out() -> None:
    _, found, findings = share(grid(), {"on": "Z", "jobs": 4.0}, {"on": "A"})
    assert found["parcel"].tolist() == [None, "A"]
    assert findings.counts()["matching.parcel_without_cells"] == findings.counts()["matching.jobs_left_out"] == 1


def test_pieces_get_names_that_no_parcel_has() -> None:
    park = grid()
    park.names[1] = "A · 1"
    park.shapes.index = park.areas.index = pd.Index(park.names, name="name")
    park.shapes["name"] = park.names
    shared, found, _ = share(park, {"on": "A"}, {"on": "A"})
    assert len(set(shared.names)) == len(shared.names) == 5
    assert set(found["parcel"]) < set(shared.names)


def test_nobody_shares_and_nothing_changes() -> None:
    park = grid()
    shared, found, findings = share(park, {"on": "A"}, {"on": "B"})
    assert shared is park
    assert found["parcel"].tolist() == ["A", "B"]
    assert len(findings) == 0


def test_no_share_is_less_than_a_twentieth_of_the_largest() -> None:
    shares = weights_of(np.array([1e6, 1.0]), np.array([1.0, 1.0]))
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] / shares[1] == pytest.approx(20.0)


@given(st.integers(2, 12), st.integers(1, 3), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_wanted_sizes_sum_up_and_follow_the_weights(count: int, least: int, extra: int, seed: int) -> None:
    weights = np.random.default_rng(seed).uniform(0.01, 1.0, count)
    sizes = wanted_sizes(count * least + extra, weights, least)
    assert sizes.sum() == count * least + extra
    assert sizes.min() >= least
    assert (np.diff(sizes[np.argsort(weights)]) >= -1).all()


@st.composite
def lands(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Draw a connected set of cells, and which of them are at a road."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    wanted = draw(st.integers(2, 60))
    cells = {(0, 0)}
    while len(cells) < wanted:
        row, column = sorted(cells)[rng.integers(len(cells))]
        down, across = ((-1, 0), (1, 0), (0, -1), (0, 1))[rng.integers(4)]
        cells.add((row + down, column + across))
    made = np.array(sorted(cells))
    return made, (rng.random(len(made)) < draw(st.sampled_from([0.0, 0.2, 0.6])))


def in_one_piece(cells: np.ndarray) -> bool:
    left = {(int(row), int(column)) for row, column in cells}
    queue = [left.pop()]
    for row, column in queue:
        for beside in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if beside in left:
                left.remove(beside)
                queue.append(beside)
    return not left


@settings(max_examples=150, deadline=None)
@given(lands(), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_any_land_is_divided_into_whole_pieces_of_at_least_two_cells(
    land: tuple[np.ndarray, np.ndarray], count: int, seed: int
) -> None:
    cells, front = land
    piece_of, has_front = divide(cells, front, np.random.default_rng(seed).uniform(0.1, 1.0, count), 2)
    pieces = [cells[piece_of == k] for k in range(len(has_front))]
    assert sum(map(len, pieces)) == len(cells)
    assert len(pieces) <= count
    assert all(in_one_piece(piece) for piece in pieces)
    assert len(pieces) == 1 or min(map(len, pieces)) >= 2
    assert has_front.tolist() == [bool(front[piece_of == k].any()) for k in range(len(has_front))]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(4, 16), st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_on_a_rectangle_at_a_road_every_piece_is_at_the_road_and_near_its_size(
    deep: int, wide: int, count: int, seed: int
) -> None:
    count = min(count, wide // 2)
    cells = np.array([(row, column) for row in range(deep) for column in range(wide)])
    weights = np.random.default_rng(seed).uniform(0.3, 1.0, count)
    piece_of, has_front = divide(cells, cells[:, 0] == 0, weights, 2)
    assert len(has_front) == count
    assert has_front.all()
    sizes = np.bincount(piece_of, minlength=count)
    assert np.abs(sizes - wanted_sizes(len(cells), weights, 2)).max() <= max(2, 0.1 * len(cells))


def test_thirty_companies_on_two_thousand_cells_are_all_at_the_road_and_near_their_size() -> None:
    cells = np.array([(row, column) for row in range(40) for column in range(50)])
    weights = np.random.default_rng(1).uniform(0.1, 1.1, 30)
    piece_of, has_front = divide(cells, cells[:, 0] == 0, weights, 2)
    assert has_front.all()
    assert np.abs(np.bincount(piece_of, minlength=30) - wanted_sizes(2_000, weights, 2)).max() <= 5
