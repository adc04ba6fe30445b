"""Weights of the fields of a park file: the estimate finds a planted effect, and a truth really is in the park."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.field_weights import (
    ENDS,
    FIELDS,
    OUTCOMES,
    Truths,
    component,
    left_over,
    read_weights,
    share_of,
    write_weights,
)
from sim import records
from sim.inputs.scenario import load_park
from sim.park.founding import found_park


@pytest.fixture(scope="module")
def truths() -> Truths:
    return Truths(load_park("small_village"), 8)


def test_a_planted_variance_is_found_without_bias() -> None:
    rng = np.random.default_rng(7)
    found = []
    for _ in range(300):
        truth, future = rng.normal(0.0, 2.0, (40, 1)), rng.normal(0.0, 3.0, (1, 10))
        found.append(component(truth + future + rng.normal(0.0, 5.0, (40, 10))))
    assert np.mean(found) == pytest.approx(4.0, abs=4.0 * float(np.std(found)) / np.sqrt(300))
    assert np.mean([component(rng.normal(0.0, 5.0, (40, 10))) for _ in range(300)]) == pytest.approx(0.0, abs=0.5)


def test_the_error_of_a_share_is_about_its_spread() -> None:
    rng = np.random.default_rng(11)
    pairs = [share_of(rng.normal(0.0, 1.0, (30, 1)) + rng.normal(0.0, 2.0, (30, 12))) for _ in range(200)]
    shares, errors = np.array(pairs).T
    assert np.median(errors) == pytest.approx(float(shares.std()), rel=0.35)


def test_what_a_field_adds_last_is_found_without_bias() -> None:
    rng = np.random.default_rng(13)
    found = []
    for _ in range(300):
        rest = rng.normal(0.0, 3.0, (40, 1)) + rng.normal(0.0, 2.0, (1, 8))
        whole, again = (rest + rng.normal(0.0, 1.5, (40, 1)) + rng.normal(0.0, 4.0, (40, 8)) for _ in range(2))
        share, _ = left_over(again, whole)
        found.append(share * whole.var(ddof=1))
    assert np.mean(found) == pytest.approx(1.5**2, abs=4.0 * float(np.std(found)) / np.sqrt(300))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_makes_a_park_that_can_be_founded_and_differs_between_truths(truths: Truths, field: str) -> None:
    plans = [truths.plan(field, t) for t in range(3)]
    for plan in plans:
        found_park(plan, truths.park.parameters, 1, 20)

    def content(plan: object) -> str:
        return repr((plan.parcels, plan.companies, plan.owners, plan.exits))  # type: ignore[attr-defined]

    assert len({content(plan) for plan in plans}) > 1


def test_a_field_that_is_known_is_the_same_in_every_future_and_others_are_not(truths: Truths) -> None:
    plan = truths.plan("sector", 2)
    worlds = [found_park(plan, truths.park.parameters, seed, 20)[0] for seed in (1, 2)]
    n = len(plan.companies)
    a, b = (world.companies[:n] for world in worlds)
    assert [records.SECTORS[int(sector)] for sector in a.sector] == [company.sector for company in plan.companies]
    assert (a.sector == b.sector).all() and (a.parcel == b.parcel).all()
    assert not np.allclose(a.jobs, b.jobs)


def test_everything_known_leaves_the_park_as_it_was_drawn(truths: Truths) -> None:
    plan = truths.plan("everything", 3)
    worlds = [found_park(plan, truths.park.parameters, seed, 20)[0] for seed in (1, 2)]
    parcels = [world.parcels[: len(plan.parcels)] for world in worlds]
    for name in ("floor", "quality", "fit", "energy", "soil_cost", "owner", "occupant"):
        assert np.allclose(parcels[0][name], parcels[1][name]), name


@pytest.mark.parametrize("field", [field for field in FIELDS if field not in ("age", "vacancy", "everything")])
def test_only_the_field_that_is_drawn_again_differs(truths: Truths, field: str) -> None:
    whole, again = truths.plan("everything", 2), truths.again(field, 2)
    found_park(again, truths.park.parameters, 1, 20)
    changed = {
        name for name in ("floor", "quality", "fit", "energy", "soil_cost", "owner")
        if [getattr(p, name) for p in whole.parcels] != [getattr(p, name) for p in again.parcels]
    }  # fmt: skip
    if len(whole.companies) == len(again.companies):
        changed |= {
            name for name in ("sector", "jobs", "floor_needed", "trust", "key_figure", "tenant")
            if [getattr(c, name) for c in whole.companies] != [getattr(c, name) for c in again.companies]
        }  # fmt: skip
    allowed = {"owner": {"owner"}, "tenant": {"tenant", "owner"}, "owner_terms": set(), "exits": set(),
               "company_list": {"owner", *("sector", "jobs", "floor_needed", "trust", "key_figure", "tenant")}}  # fmt: skip
    assert changed <= allowed.get(field, {field})
    assert changed or repr((whole.owners, whole.exits)) != repr((again.owners, again.exits))


def made_up() -> pd.DataFrame:
    rows = [{"end": end, "park": park, "outcome": outcome, "field": field, "error": 0.02,
             "share": 0.4 if field == "everything" else 0.1 if end == "first" else 0.05}
            for end in ENDS for park in ("a", "b") for outcome in OUTCOMES for field in FIELDS
            if end == "first" or field not in ("age", "vacancy", "everything")]  # fmt: skip
    return pd.DataFrame(rows)


def test_weights_are_shares_of_what_everything_explains(tmp_path: Path) -> None:
    write_weights(made_up(), tmp_path / "w.toml", dict.fromkeys(ENDS, ("the command", "the model")))
    content = tomllib.loads((tmp_path / "w.toml").read_text())
    fields = [field for field in FIELDS if field != "everything"]
    assert content["first"]["weights"] == dict.fromkeys(fields, 0.25)
    assert content["last"]["weights"] == dict.fromkeys(fields, 0.125) | {"age": 0.0}
    assert content["first"]["errors"]["floor"] == pytest.approx(np.sqrt(6) * 0.02 / 2.4, abs=1e-4)
    assert content["everything"] == dict.fromkeys(OUTCOMES, 0.4)


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    origin = {"first": ("one command", "m1"), "last": ("another", "m2")}
    write_weights(made_up(), tmp_path / "w.toml", origin)
    table, read = read_weights(tmp_path / "w.toml")
    assert read == origin
    pd.testing.assert_frame_equal(table[made_up().columns], made_up())
