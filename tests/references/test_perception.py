"""The compiled wear, trust and uncertainty against ``perception.py``, on random inputs."""

from __future__ import annotations

import numpy as np
import pytest

from sim import records
from sim.rules import ageing, perception, realisation, roles
from tests.references import perception as slow
from tests.references.worlds import draw_parameters, fresh

LIVES = ("premises_life", "fit_life", "energy_life", "public_life", "maintenance", "maintenance_idle")
MINDS = ("trust_gain", "trust_loss", "trust_drift", "uncertainty_base", "uncertainty_drift", "uncertainty_cycle",
         "activity_sd", "uncertainty_push", "uncertainty_floor", "uncertainty_completion")


def test_a_quarter_of_wear():
    rng = np.random.default_rng(1)
    world = fresh()
    for _ in range(300):
        p = draw_parameters(world, rng, *LIVES)
        n, m = int(world.counts[0].parcels), int(world.counts[0].segments)
        for name in ("quality", "fit", "energy"):
            world.parcels[name][:n] = rng.uniform(0, 1, n)
        world.segments.quality[:m] = rng.uniform(0, 1, m)
        world.companies.site_quality[:] = rng.uniform(0, 1, world.companies.size)
        world.companies.plan[:] = rng.integers(0, records.N_PLANS, world.companies.size)
        parcels, streets = world.parcels[:n].copy(), world.segments.quality[:m].copy()
        ageing.wear_park(world)
        for before, after in zip(parcels, world.parcels[:n], strict=True):
            if not before.live or before.floor <= 0.0:
                continue
            firm = world.companies[before.occupant]
            idle = before.occupant < 0 or firm.plan in (records.MOVE_WITHIN, records.MOVE_AWAY)
            assert after.quality == pytest.approx(
                slow.worn_quality(float(before.quality), float(firm.site_quality), bool(idle), p["premises_life"],
                                  p["maintenance"], p["maintenance_idle"]), rel=1e-12)
            assert after.fit == pytest.approx(slow.worn(float(before.fit), p["fit_life"]), rel=1e-12)
            assert after.energy == pytest.approx(slow.worn(float(before.energy), p["energy_life"]), rel=1e-12)
        for before, after in zip(streets, world.segments.quality[:m], strict=True):
            assert after == pytest.approx(slow.worn(float(before), p["public_life"]), rel=1e-12)


def test_trust_rises_falls_and_drifts():
    rng = np.random.default_rng(2)
    world = fresh()
    company = world.companies[0]
    for _ in range(1_000):
        p = draw_parameters(world, rng, *MINDS)
        trust, others, base = rng.uniform(0, 1, 3).tolist()
        for change, expected in ((perception.gain_trust, slow.good_event(trust, p["trust_gain"])),
                                 (perception.lose_trust, slow.bad_event(trust, p["trust_loss"]))):
            company.trust = trust
            change(world, company)
            assert company.trust == pytest.approx(expected, rel=1e-12)
        for change, expected in ((perception.trust_others_more, slow.good_event(others, p["trust_gain"])),
                                 (perception.trust_others_less, slow.bad_event(others, p["trust_loss"]))):
            company.trust_others = others
            change(world, company)
            assert company.trust_others == pytest.approx(expected, rel=1e-12)
        company.trust, company.trust_others = trust, others
        company.trust_base = company.others_base = base
        company.followed_up = records.NEVER
        perception.settle_mind(world, company)
        assert company.trust == pytest.approx(slow.drifted_trust(trust, base, p["trust_drift"]), rel=1e-12)
        assert company.trust_others == pytest.approx(slow.drifted_trust(others, base, p["trust_drift"]), rel=1e-12)


def test_uncertainty_drifts_and_rises_in_bad_times():
    rng = np.random.default_rng(3)
    world = fresh()
    for _ in range(1_000):
        p = draw_parameters(world, rng, *MINDS)
        u, activity = rng.uniform(0, 1), rng.normal(0.0, 0.5)
        world.environment[0].activity = activity
        expected = slow.drifted_uncertainty(u, p["uncertainty_base"], p["uncertainty_drift"], p["uncertainty_cycle"],
                                            activity, p["activity_sd"])
        assert perception.drift_uncertainty(world, u) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_completions_nearby_take_uncertainty_away():
    rng = np.random.default_rng(4)
    world = fresh()
    n = int(world.counts[0].parcels)
    for _ in range(200):
        p = draw_parameters(world, rng, *MINDS)
        world.companies.uncertainty[:] = rng.uniform(0, 1, world.companies.size)
        before = world.companies.uncertainty.copy()
        j, euros = int(rng.integers(0, n)), rng.uniform(0, 1e6)
        realisation.reassure_neighbours(world, j, euros)
        here = world.parcels[j]
        for k in world.near[j][world.near[j] >= 0].tolist():
            i = int(world.parcels[k].occupant)
            if i >= 0:
                metres = float(np.hypot(here.x - world.parcels[k].x, here.y - world.parcels[k].y))
                expected = slow.after_completions(float(before[i]), p["uncertainty_completion"],
                                                  p["half_distance"], [(metres, euros)])
                assert world.companies[i].uncertainty == pytest.approx(expected, rel=1e-9)


def pushed_from(world, u, p):
    """Return the uncertainty of the one waiting party, from ``u``, after a push."""
    world.counts[0].opportunities, world.counts[0].events = 1, 0
    case, seat = world.opportunities[0], world.seats[0, 0]
    case.key, case.n_parties, case.kind = 5, 1, records.MOVE
    seat.party, seat.committed, seat.known = 0, False, False
    world.companies[0].uncertainty = u
    roles.push_doubter(world, 0)
    return float(world.companies[0].uncertainty), slow.pushed(u, p["uncertainty_push"], p["uncertainty_floor"])


def test_a_push_takes_uncertainty_away():
    rng = np.random.default_rng(5)
    world = fresh()
    for _ in range(1_000):
        p = draw_parameters(world, rng, *MINDS)
        found, expected = pushed_from(world, rng.uniform(p["uncertainty_floor"], 1.0), p)
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_push_never_makes_anybody_less_certain():
    world = fresh()
    p = draw_parameters(world, np.random.default_rng(6))
    below = 0.5 * p["uncertainty_floor"]
    found, expected = pushed_from(world, below, p)
    assert found == expected == below
