"""The compiled assurance game against ``waiting.py``, on random tables."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim import draws, events, model, records
from sim.rules import cases
from tests.references import waiting as slow
from tests.references.worlds import draw_parameters, fresh
from tests.sim.small_parks import park

BELIEFS = ("belief_base", "belief_trust", "belief_yes", "belief_no", "belief_speed", "sunk_share", "stance_rate")


def draw_table(world, rng):
    """Seat two to six random parties, one of them perhaps the municipality; return them as the reference sees them."""
    n = int(rng.integers(2, 7))
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.key, case.stage, case.kind, case.n_parties = int(rng.integers(1, 2**62)), records.CASE, records.MOVE, n
    case.started = records.NEVER
    table = []
    public = int(rng.integers(0, n)) if rng.uniform() < 0.3 else -1
    for k in range(n):
        seat, is_owner = world.seats[0, k], rng.uniform() < 0.3
        seat.party = records.MUNICIPALITY if k == public else (-2 - k % 3 if is_owner else k)
        seat.utility = rng.uniform(-2e4, 8e4)
        seat.outlay, seat.belief = rng.uniform(1e4, 3e6), rng.choice([-1.0, rng.uniform(0, 1)])
        seat.committed = rng.uniform() < 0.3
        seat.known = seat.committed or rng.uniform() < 0.4
        seat.stance = bool(seat.committed or (seat.known and rng.uniform() < 0.5))
        trust = rng.uniform(0, 1)
        if k != public:
            mind = world.owners[-1 - seat.party] if is_owner else world.companies[k]
            mind.trust_others = trust
    for k in range(n):
        seat = world.seats[0, k]
        mind = world.companies[seat.party] if seat.party >= 0 else world.owners[-1 - seat.party]
        table.append(slow.Seat(float(seat.utility), float(seat.outlay), float(mind.trust_others),
                               None if seat.belief < 0 else float(seat.belief), bool(seat.known), bool(seat.stance),
                               bool(seat.committed), k == public))
    return table


def test_a_quarter_of_waiting_for_each_other():
    rng = np.random.default_rng(1)
    world = fresh()
    moves = Counter()
    for _ in range(1_500):
        p = draw_parameters(world, rng, *BELIEFS)
        table = draw_table(world, rng)
        clock, case = world.clock[0], world.opportunities[0]
        shown = [draws.uniform(clock.seed, draws.STANCE, clock.quarter, case.key, k) < p["stance_rate"]
                 for k in range(len(table))]
        expected = slow.one_quarter(table, shown, p)
        cases.wait_for_each_other(world, 0)
        for k, (before, after) in enumerate(zip(table, expected, strict=True)):
            seat = world.seats[0, k]
            assert bool(seat.committed) == after.committed
            assert bool(seat.known) == after.known
            assert bool(seat.stance) == after.stance
            if after.belief is not None:
                assert seat.belief == pytest.approx(after.belief, rel=1e-9, abs=1e-15)
            moves[before.committed, after.committed] += not before.public
        world.counts[0].events = 0
    assert all(moves[change] > 100 for change in [(False, True), (True, False), (True, True), (False, False)])


def test_the_chance_that_all_others_join():
    rng = np.random.default_rng(2)
    world = fresh()
    for _ in range(700):
        p = draw_parameters(world, rng, *BELIEFS)
        table = draw_table(world, rng)
        for k, seat in enumerate(table):
            others = [slow.chance_of(other, seat.trust, p["belief_base"], p["belief_trust"], p["belief_yes"],
                                     p["belief_no"]) for j, other in enumerate(table) if j != k]
            assert cases.chance_all_others_join(world, 0, k) == pytest.approx(
                slow.chance_of_at_least(len(others), others), rel=1e-9, abs=1e-15)


def test_a_switch_takes_waiting_away():
    rng = np.random.default_rng(3)
    world = fresh()
    world.parameters[0].waiting = 0.0
    for _ in range(200):
        table = draw_table(world, rng)
        cases.wait_for_each_other(world, 0)
        for k, seat in enumerate(table):
            assert seat.public or bool(world.seats[0, k].committed) == (seat.utility > 0.0 or (
                seat.committed and not slow.withdraws(seat.utility)))


def test_deals_that_stand_still_too_long_are_left_and_no_sooner():
    """A run followed by quarter: who is left for waiting had waited long enough, and nobody waits on after that."""
    world = model.prepare(park("typical", 40), 3)
    left = 0
    for quarter in range(40):
        before = world.opportunities[: world.counts[0].opportunities].copy()
        world = model.run_until(world, quarter + 1)
        patience = float(world.parameters[0].leave_after)
        for was, now in zip(before, world.opportunities, strict=False):
            if was.stage not in (records.FOUND, records.CASE):
                continue
            waited = slow.waited_long_enough(quarter - int(was.stage_since), patience)
            if now.stage == records.LEFT and now.reason == events.LEFT_WAITING:
                assert waited
                left += 1
            elif now.stage == was.stage:
                assert not waited
    assert left > 3


def test_the_reference_finds_the_poisson_binomial_chance():
    """Equal chances give the binomial; 3 of 4 at a half is 5 in 16."""
    assert slow.chance_of_at_least(3, [0.5] * 4) == pytest.approx(5 / 16)
    assert slow.chance_of_at_least(0, [0.1, 0.2]) == pytest.approx(1.0)
    assert slow.chance_of_at_least(1, [0.1, 0.2]) == pytest.approx(1 - 0.9 * 0.8)
