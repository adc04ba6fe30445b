"""The eight motives of a parcel, and what neighbours learn, worked out anew from the description on random parks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim import records
from sim.rules import perception
from tests.references.worlds import draw_parameters, fresh, plain_parameters

PARKS = 12
NAMES = ("public_weight", "premises_weight", "floor_space_max", "ask_markup", "ask_quality", "land_price", "value_built",
         "works_access_loss")


def clip(x):
    return min(1.0, max(0.0, x))


def draw_park(rng):
    """Return a park with random buildings, uses, prices and public space."""
    world = fresh()
    draw_parameters(world, rng, *NAMES)
    world.grid[0].motorway, world.environment[0].trust = int(rng.integers(0, 3)), rng.uniform()
    for j in range(world.counts[0].parcels):
        plot = world.parcels[j]
        plot.floor = plot.area * rng.uniform(0.0, 1.2) * (rng.uniform() < 0.7)
        plot.quality, plot.fit, plot.exit_m = rng.uniform(), rng.uniform(), rng.uniform(0.0, 5_000.0)
        plot.offered, plot.asking = rng.uniform() < 0.5, rng.uniform(0.0, 3e6) * (rng.uniform() < 0.8)
        plot.segment = int(rng.integers(-1, world.counts[0].segments))
        if plot.occupant >= 0 and rng.uniform() < 0.3:
            plot.occupant = -1
    for s in range(world.counts[0].segments):
        stretch = world.segments[s]
        stretch.quality, stretch.announced = rng.uniform(), rng.uniform() * (rng.uniform() < 0.5)
        stretch.parking, stretch.services = rng.uniform(0.0, 0.6), rng.uniform(-0.5, 0.7)
        stretch.works_until = world.clock[0].quarter + int(rng.integers(-1, 3))
    for i in range(world.counts[0].companies):
        world.companies[i].misplaced = rng.uniform() < 0.3
    return world


def as_neighbour(world, j):
    """Return (quality a building shows its neighbours, whether it is in use); None without a building."""
    plot = world.parcels[j]
    if plot.floor == 0.0:
        return None
    if plot.occupant == -1:
        return plot.quality / 2, 0.0
    return (plot.quality / 2 if world.companies[plot.occupant].misplaced else plot.quality), 1.0


def expected_motives(world, j, seen):
    p, plot = plain_parameters(world), world.parcels[j]
    stretch = world.segments[plot.segment] if plot.segment >= 0 else None
    value = plot.area * p["land_price"] + plot.floor * p["value_built"] * plot.quality
    near = [(w, as_neighbour(world, n)) for n, w in zip(world.near[j], world.near_weight[j], strict=True) if n >= 0]
    near = [(w, *look) for w, look in near if look is not None]
    around, used = 0.5, 0.5  # nothing built around says nothing
    if near:
        whole = sum(w for w, *_ in near)
        around, used = sum(w * q for w, q, _ in near) / whole, sum(w * u for w, _, u in near) / whole
    access = {0: 0.80, 1: 0.65, 2: 0.50}[int(world.grid[0].motorway)] - 0.1 * min(plot.exit_m, 3_000.0) / 1_000.0
    public = 0.3
    if stretch is not None:
        under_works = stretch.works_until > world.clock[0].quarter
        access += 0.2 * (stretch.quality - 0.6) - p["works_access_loss"] * under_works
        credit = world.environment[0].trust * max(0.0, stretch.announced - stretch.quality)
        public = stretch.quality + credit
        seen["works" if under_works else "no works"] += 1
        seen["announced" if credit > 0.0 else "not announced"] += 1
    parking = 0.8 if plot.floor == 0.0 else clip((plot.area / plot.floor - 1.0) / 2.0)
    allowed = plot.area * p["floor_space_max"]
    borders = [world.parcels[b] for b in world.borders[j][: plot.n_borders]]
    beside_land = any(b.floor == 0.0 and b.occupant == -1 for b in borders)
    surroundings = p["public_weight"] * public + (1.0 - p["public_weight"]) * around
    regional = p["ask_markup"] * value
    asking = regional * (1.0 + p["ask_quality"] * (surroundings / 0.5 - 1.0))
    if plot.offered and plot.asking > 0.0:
        asking = plot.asking
    seen["beside land" if beside_land else "not beside land"] += 1
    return {
        records.ACCESS: clip(access), records.PARKING: clip(parking + (stretch.parking if stretch is not None else 0.0)),
        records.PREMISES: p["premises_weight"] * plot.quality + (1.0 - p["premises_weight"]) * plot.fit
        if plot.floor > 0.0 else 0.0,
        records.SURROUNDINGS: surroundings,
        records.ROOM: clip(clip((allowed - plot.floor) / allowed) + 0.3 * beside_land),
        records.NEARNESS: 0.25 + 0.5 * used,
        records.SERVICES: clip(0.45 + (stretch.services if stretch is not None else 0.0)),
        records.PRICE: clip(1.5 - asking / regional),
    }  # fmt: skip


def test_the_eight_motives_of_every_parcel():
    rng, seen = np.random.default_rng(1), Counter()
    for _ in range(PARKS):
        world = draw_park(rng)
        perception.look_around(world)
        for j in range(world.counts[0].parcels):
            if world.parcels[j].live:
                perception.rate_parcel(world, j)
                for motive, quality in expected_motives(world, j, seen).items():
                    assert world.parcels[j].motives[motive] == pytest.approx(quality, rel=1e-9, abs=1e-12), (j, motive)
    assert min(seen[name] for name in ("works", "no works", "announced", "beside land", "not beside land")) > 10


def test_without_buildings_around_surroundings_and_nearness_say_nothing():
    world = fresh()
    world.parcels.floor[:] = 0.0
    perception.look_around(world)
    assert perception.neighbourhood(world, 0) == (0.5, 0.5)


def test_one_building_around_is_all_that_counts_and_those_without_one_do_not():
    world = fresh()
    world.parcels.floor[:] = 0.0
    j = int(world.near[0, 3])  # neither the nearest nor the farthest
    plot = world.parcels[j]
    plot.floor, plot.quality, plot.occupant, world.companies[0].misplaced = 100.0, 0.8, 0, False
    perception.look_around(world)
    assert perception.neighbourhood(world, 0) == pytest.approx((0.8, 1.0))


@pytest.mark.parametrize("lesson", [0.4, -0.4])
def test_neighbours_learn_from_a_success_or_a_failure_by_how_near_they_are(lesson):
    world = fresh()
    firms = world.companies
    firms.uncertainty[:], firms.trust_others[:] = 0.9, 0.5
    j = int(firms.parcel[0])
    perception.teach_neighbours(world, j, lesson)
    near = {int(world.parcels[n].occupant): abs(lesson) * w
            for n, w in zip(world.near[j], world.near_weight[j], strict=True) if n >= 0 and world.parcels[n].occupant >= 0}
    assert near
    for i in range(world.counts[0].companies):
        weight = near.get(i, 0.0)
        u, trust = (0.9 * (1.0 - weight), 0.5 + weight * 0.5) if lesson > 0.0 else (min(1.0, 0.9 + weight), 0.5)
        assert firms[i].uncertainty == pytest.approx(u) and firms[i].trust_others == pytest.approx(trust), i


def test_a_quarter_brings_firms_and_owners_back_to_themselves_and_fades_what_they_know():
    world = fresh()
    p = plain_parameters(world)
    firms = world.companies[: world.counts[0].companies]
    firms.readiness[:], firms.satisfaction[:], firms.trust[:], firms.trust_others[:] = 0.8, 0.2, 0.9, 0.1
    world.environment[0].activity = 0.0
    world.owners.uncertainty[:] = 0.0
    world.parcels.motives[:] = -1.0
    perception.perceive_park(world)
    live = world.parcels[: world.counts[0].parcels]
    assert live.motives[live.live].min() >= 0.0  # every parcel is rated anew
    sitting = firms[firms.state == records.SITTING]
    assert sitting.readiness == pytest.approx(0.8 * 0.97)
    assert sitting.satisfaction == pytest.approx(0.2 + 0.05 * (sitting.site_quality - 0.2))
    assert sitting.trust == pytest.approx(0.9 + p["trust_drift"] * (sitting.trust_base - 0.9))
    assert sitting.trust_others == pytest.approx(0.1 + p["trust_drift"] * (sitting.others_base - 0.1))
    owners = world.owners[1 : world.counts[0].owners]
    assert owners.uncertainty == pytest.approx(p["uncertainty_drift"] * p["uncertainty_base"])
    assert world.environment[0].trust == pytest.approx(0.9)  # the mean as it stood before it drifted
    assert world.environment[0].park_quality[world.clock[0].quarter % 8] == pytest.approx(sitting.site_quality.mean())
