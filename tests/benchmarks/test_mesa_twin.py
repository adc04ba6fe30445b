"""The twin that the speed of a phase is measured against makes the same decisions as the phase."""

import numpy as np
import pytest

from benchmarks.mesa_twin import TwinPark
from benchmarks.parks import demand_driven, park_of
from sim import outcomes
from sim.model import adopt_strategy, prepare
from sim.rules import (
    ageing,
    cases,
    environment,
    market,
    matching,
    perception,
    realisation,
    review,
    roles,
    spending,
)
from sim.world import World, copy_world

BEFORE = (environment.turn_quarter, ageing.wear_park)
AFTER = (review.review_companies, spending.commit_public_money, roles.play_roles, matching.match_ideas,
         cases.work_on_cases, realisation.realise_agreements, market.clear_market, outcomes.close_books)
QUARTERS = 12


def pass_quarter(world: World, by_twin: bool) -> None:
    """Pass one quarter with perception compiled or by the twin, everything else compiled."""
    for phase in BEFORE:
        phase(world)
    if by_twin:
        twin = TwinPark(world)
        twin.step()
        twin.write_to(world)
    else:
        perception.perceive_park(world)
    for phase in AFTER:
        phase(world)
    world.clock[0].quarter += 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_with_the_twin_in_place_of_the_phase_is_the_same_run(seed):
    ours = prepare(park_of(40, quarters=QUARTERS, burn_in=8), seed)
    adopt_strategy(ours, demand_driven(40))
    theirs = copy_world(ours)
    for _ in range(QUARTERS):
        pass_quarter(ours, by_twin=False)
        pass_quarter(theirs, by_twin=True)
        for table in ("companies", "owners", "parcels", "opportunities", "events", "entries"):
            assert ours.counts[0][table] == theirs.counts[0][table], table
            mine, other = getattr(ours, table), getattr(theirs, table)
            for field in mine.dtype.names:
                if mine.dtype[field].base.kind == "f":
                    np.testing.assert_allclose(other[field], mine[field], rtol=1e-12, atol=1e-12, err_msg=field)
                else:
                    assert np.array_equal(other[field], mine[field]), f"{table}.{field}"
        np.testing.assert_allclose(theirs.indicators, ours.indicators, rtol=1e-12, atol=1e-12)
    plans = ours.companies.plan[: ours.counts[0].companies]
    assert len(np.unique(plans)) > 2 and ours.counts[0].opportunities > 0
