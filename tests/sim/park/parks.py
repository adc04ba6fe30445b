"""Small parks for the tests of space: drawn ones, their mirror images, and random ones for hypothesis."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import strategies as st

from sim.inputs.parameters import default_parameters
from sim.park.ascii_map import read_map
from sim.park.founding import found_park
from sim.park.plan import ParkPlan, PlanOwner, PlanParcel
from sim.records import PLOT, ROAD, World

PARAMETERS = default_parameters()

VILLAGE = """
AAAABBBBCCC"
AAAABBBBCCC"
AAAABBBBCCC"
###########"
DDD#GGGGHHH"
DDD#GGGGHHH.
DDD#GGGGHHH.
FFF#######E.
FFF#IIIIIII~
FFF#IIIIIII~
"""


def plan_of(text: str, name: str = "test", **details: PlanParcel) -> ParkPlan:
    """Return the plan of a drawing in which every other letter than E is a parcel."""
    letters = sorted({c for c in text if c.isalpha() and c != "E"})
    kind, parcel_of, names, exits = read_map(text, {c: {"kind": "parcel", "name": c} for c in letters})
    parcels = [details.get(letter, PlanParcel(letter)) for letter in names]
    return ParkPlan(name, 20.0, kind, parcel_of, exits, parcels, owners=[PlanOwner("Municipality", "municipality")])


def mirrored(plan: ParkPlan) -> ParkPlan:
    """Return the plan as seen in a mirror, east for west."""
    columns = plan.kind.shape[1]
    exits = [(row, columns - 1 - column) for row, column in plan.exits]
    return dataclasses.replace(
        plan, kind=plan.kind[:, ::-1].copy(), parcel_of=plan.parcel_of[:, ::-1].copy(), exits=exits
    )


def village(seed: int = 1, **details: PlanParcel) -> World:
    return found_park(plan_of(VILLAGE, **details), PARAMETERS, seed, 20)[0]


def bare_village(**extra: PlanParcel) -> World:
    """Return the village without buildings: all land is open, and all of it the municipality's."""
    letters = "ABCDFGHI"
    return village(**{c: PlanParcel(c, floor=0.0) for c in letters} | extra)


def pieces(cells: set[tuple[int, int]]) -> int:
    """Return in how many pieces a set of cells falls, by sides."""
    left, count = set(cells), 0
    while left:
        count += 1
        queue = [left.pop()]
        while queue:
            row, column = queue.pop()
            for other in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if other in left:
                    left.remove(other)
                    queue.append(other)
    return count


def cells_of(world: World, p: int) -> set[tuple[int, int]]:
    columns = int(world.grid[0].columns)
    return {divmod(int(cell), columns) for cell in np.flatnonzero(world.cell_parcel == p)}


def roads_to_exit(world: World) -> set[tuple[int, int]]:
    """Return the road cells that reach an exit, worked out from the kinds of cells alone."""
    columns = int(world.grid[0].columns)
    road = {divmod(int(cell), columns) for cell in np.flatnonzero(world.cell_kind == ROAD)}
    queue = [divmod(int(cell), columns) for cell in np.flatnonzero(world.cell_exit == 0.0)]
    found = set(queue)
    while queue:
        row, column = queue.pop()
        for other in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if other in road and other not in found:
                found.add(other)
                queue.append(other)
    return found


def touches(cells: set[tuple[int, int]], others: set[tuple[int, int]]) -> bool:
    return any(
        other in others
        for row, column in cells
        for other in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    )


def assert_map_and_records_agree(world: World) -> None:
    """Assert that cells, parcels and neighbour lists tell the same story."""
    grid, n = world.grid[0], int(world.counts[0].parcels)
    square = grid.cell_m**2
    assert ((world.cell_parcel >= 0) == (world.cell_kind == PLOT)).all()
    live = {p for p in range(n) if world.parcels[p].live}
    for p in range(n):
        parcel, own = world.parcels[p], cells_of(world, p)
        assert parcel.cells == len(own)
        assert parcel.area == len(own) * square
        if p not in live:
            assert not own
            continue
        assert pieces(own) == 1
        borders = set(world.borders[p][: parcel.n_borders].tolist())
        assert borders == {q for q in live if q != p and touches(own, cells_of(world, q))}
        assert (np.diff(world.border_m[p][: parcel.n_borders]) <= 0).all()
        near = world.near[p][world.near[p] >= 0]
        assert set(near.tolist()) == live - {p} or len(near) == world.near.shape[1]
        away = np.hypot(world.parcels.x[near] - parcel.x, world.parcels.y[near] - parcel.y)
        assert (np.diff(away) >= -1e-6).all()
        weights = 2.0 ** (-away / world.parameters[0].half_distance)
        np.testing.assert_allclose(world.near_weight[p][: near.size], weights, rtol=1e-9)
    segments = world.segments[: int(world.counts[0].segments)]
    public = world.cell_segment >= 0
    counted = np.bincount(world.cell_segment[public], minlength=segments.size)
    np.testing.assert_allclose(segments.area, counted * square)


seeds = st.integers(0, 2**32)
