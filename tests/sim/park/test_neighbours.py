"""Lists of nearest parcels: mended after a split or a merger, they are what ranking all of them anew would give."""

import numpy as np
import pytest

from sim.model import default_parameters
from sim.park.founding import found_park
from sim.park.generate import lay_out
from sim.park.lattice import rank_all_neighbours
from sim.park.parcels import merge_parcels, split_parcel
from sim.park.plan import LayoutSettings
from sim.world import copy_world


@pytest.mark.parametrize("firms", [8, 30, 36, 90], ids=lambda firms: f"{firms} firms")
def test_lists_are_those_of_ranking_anew_after_every_split_and_merger(firms):
    plan = lay_out(LayoutSettings(f"n{firms}", gross_ha=0.5 * firms, firms=firms, burn_in=0))
    world, _ = found_park(plan, default_parameters(), 5, 4)
    chance = np.random.default_rng(firms)
    done = [0, 0]
    for _ in range(60):
        live = np.flatnonzero(world.parcels["live"][: world.counts[0].parcels])
        parcel = int(chance.choice(live))
        room = len(world.parcels) > world.counts[0].parcels
        if chance.random() < 0.5 and room:
            part = split_parcel(world, parcel, int(chance.integers(1, 6)), -1, True)
            done[0] += part >= 0
        else:
            beside = world.borders[parcel, : world.parcels[parcel].n_borders]
            if beside.size:
                other = int(chance.choice(beside))
                world.parcels[other].owner = world.parcels[parcel].owner
                done[1] += bool(merge_parcels(world, parcel, other))
        anew = copy_world(world)
        rank_all_neighbours(anew)
        live = world.parcels["live"][: world.counts[0].parcels].nonzero()[0]
        assert np.array_equal(world.near[live], anew.near[live])
        assert world.near_weight[live].tobytes() == anew.near_weight[live].tobytes()
    assert min(done) > 3
