"""Worlds to compare on: a park's own records, filled with random values within their ranges."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim import model, records
from sim.inputs.parameters import PARAMETERS
from sim.world import World, copy_world
from tests.sim.small_parks import park


@cache
def prepared(name: str = "small_village") -> World:
    """Return a park at quarter 0, seed 1; not to be changed."""
    return model.prepare(park(name), 1)


def fresh(name: str = "small_village") -> World:
    """Return a copy of such a park, to be changed at will."""
    return copy_world(prepared(name))


RANGES = {parameter.name: (parameter.low, parameter.high) for parameter in PARAMETERS}


def draw_parameters(world: World, rng: np.random.Generator, *names: str) -> dict[str, float]:
    """Set these parameters to random values within their ranges; return all of them as a plain dict."""
    record = world.parameters[0]
    for name in names:
        record[name] = rng.uniform(*RANGES[name])
    return plain_parameters(world)


def plain_parameters(world: World) -> dict[str, float]:
    """Return the parameters of a world as a plain dict of floats."""
    record = world.parameters[0]
    return dict(zip(record.dtype.names, record.tolist(), strict=True))


def draw_company(world: World, i: int, rng: np.random.Generator) -> None:
    """Give company ``i`` a random size, temper and purse."""
    company = world.companies[i]
    company.jobs = rng.uniform(1.0, 120.0)
    company.turnover = company.jobs * rng.uniform(5e4, 5e5)
    company.space_per_job = rng.lognormal(np.log(85.0), 0.5)
    company.theta, company.uncertainty = rng.uniform(0.02, 0.4), rng.uniform(0.0, 1.0)
    company.liquidity = company.turnover * rng.uniform(0.0, 1.0) ** 4
    company.weights[:] = rng.dirichlet(np.ones(records.N_MOTIVES) * 2.0)
    company.tenant, company.state, company.land_wish, company.misplaced = False, records.SITTING, 0.0, False


def draw_parcel(world: World, j: int, rng: np.random.Generator, need: float) -> None:
    """Give parcel ``j`` a random building, around ``need`` m2 of floor, and random motives that agree with it."""
    parcel, p = world.parcels[j], world.parameters[0]
    parcel.floor = need * rng.uniform(0.5, 2.5)
    parcel.area = parcel.floor * rng.uniform(1.0, 4.0)
    parcel.quality, parcel.fit = rng.uniform(0.05, 1.0, 2)
    parcel.soil_cost = int(rng.integers(0, 20_000_000))
    parcel.motives[:] = rng.uniform(0.01, 1.0, records.N_MOTIVES)
    parcel.motives[records.PREMISES] = p.premises_weight * parcel.quality + (1.0 - p.premises_weight) * parcel.fit
