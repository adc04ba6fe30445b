"""Generated parks meet their settings, and could be built."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.park.ascii_map import check_lattice
from sim.park.generate import lay_out
from sim.park.plan import LayoutSettings
from sim.records import OUTSIDE


def test_the_typical_park_is_laid_out_fast():
    lay_out(LayoutSettings("typical"))
    start = time.perf_counter()
    for seed in range(5):
        lay_out(LayoutSettings("typical", layout_seed=seed))
    assert (time.perf_counter() - start) / 5 < 0.05


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    gross=st.floats(8, 120),
    net_gross=st.floats(0.65, 0.82),
    plot=st.floats(0.2, 0.8),
    vacant_land=st.floats(0, 0.25),
    site=st.sampled_from([0.0, 0.1, 0.2]),
    seed=st.integers(0, 1000),
)
def test_a_park_meets_its_settings(gross, net_gross, plot, vacant_land, site, seed):
    firms = max(round(gross * net_gross * (1 - site) * (1 - vacant_land) / plot), 5)
    asked = LayoutSettings("p", gross, net_gross, firms, vacant_land, site * gross, layout_seed=seed)
    plan = lay_out(asked)
    hectare = plan.cell_m**2 / 10_000
    got_gross = np.count_nonzero(plan.kind != OUTSIDE) * hectare
    got_net = np.count_nonzero(plan.parcel_of >= 0) * hectare
    assert got_gross == pytest.approx(gross, rel=0.10)
    assert got_net / got_gross == pytest.approx(net_gross, rel=0.10)
    premises = [p for p, parcel in enumerate(plan.parcels) if parcel.floor is None]
    assert len(premises) == pytest.approx(firms, rel=0.10)
    assert check_lattice(plan.kind, plan.parcel_of, [p.name for p in plan.parcels], plan.exits, set()) == []
    if site:
        area = np.count_nonzero(plan.parcel_of == len(plan.parcels) - 1) * hectare
        assert area == pytest.approx(site * gross, rel=0.25, abs=0.3)


def test_plots_differ_in_size_as_lognormal_areas_do():
    sizes = np.bincount((p := lay_out(LayoutSettings("t", 80, firms=200)).parcel_of)[p >= 0])
    assert 0.3 < np.log(sizes).std() < 0.9
    assert sizes.mean() > np.median(sizes)


def test_the_layout_follows_from_its_own_seed():
    one, same, other = (lay_out(LayoutSettings("t", layout_seed=seed)) for seed in (1, 1, 2))
    assert (one.parcel_of == same.parcel_of).all()
    assert one.parcels == same.parcels
    assert one.parcel_of.shape != other.parcel_of.shape or (one.parcel_of != other.parcel_of).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"firms": 900}, "set cell_m to"), ({"vacant_site_ha": 25.0}, "can be one vacant site")],
)
def test_settings_that_leave_no_room_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        lay_out(dataclasses.replace(LayoutSettings("t"), **change))
