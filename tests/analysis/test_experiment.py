"""From an experiment to its runs: keys, pairing, extending, failures; the same numbers wherever the work is done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import experiment
from analysis.engines import InProcess, Processes
from analysis.experiment import Cell, RunFailed, carry_out_job, collect, plan_pairs, plan_runs, run_pairs
from analysis.identity import content_hash, model_version, run_key
from analysis.store import Indicators, Memory, Store
from sim.inputs.strategy import load_strategy
from tests.analysis.small_experiments import (
    QUARTERS,
    breaks_on_seed_two,
    check_whole,
    make,
    plan,
    two_strategies,
    uninterrupted,
    village,
)

# --- which run is it -------------------------------------------------------------------------------------------------


def test_a_key_changes_with_everything_that_determines_a_run_and_with_nothing_else():
    base = ("a" * 32, "b" * 32, 1, 80, "m" * 16)
    keys = {run_key(*base)}
    for place, other in enumerate(("c" * 32, "d" * 32, 2, 81, "n" * 16)):
        keys.add(run_key(*base[:place], other, *base[place + 1:]))  # type: ignore[arg-type]
    assert len(keys) == 6
    assert all(len(key) == 32 for key in keys)


def test_a_mended_description_makes_no_run_out_of_date_and_a_changed_number_does():
    park = village()
    told = park.model_copy(update={"description": park.description.model_copy(update={"en": "Otherwise."})})
    changed = park.model_copy(update={"own_parameters": {"beta": 0.2}})
    assert content_hash(told.resolved()) == content_hash(park.resolved()) != content_hash(changed.resolved())


def test_the_version_of_the_model_follows_from_its_sources(tmp_path, monkeypatch):
    import shutil

    import sim
    from analysis import identity

    here, copy = model_version(), tmp_path / "sim"
    shutil.copytree(next(iter(sim.__path__)), copy, ignore=shutil.ignore_patterns("__pycache__"))
    versions = []
    for file, text in ((None, ""), ("app.py", "# shown otherwise\n"), ("rules/review.py", "# another rule\n")):
        if file:
            (copy / file).write_text((copy / file).read_text(encoding="utf-8") + text, encoding="utf-8")
        monkeypatch.setattr(sim, "__file__", str(copy / "__init__.py"))
        versions.append(identity.model_version.__wrapped__())
    assert versions[0] == versions[1] == here != versions[2]


# --- the work --------------------------------------------------------------------------------------------------------


def test_runs_come_out_the_same_in_one_process_and_in_two(tmp_path):
    some = plan()
    make(some, Store(tmp_path / "store"), Processes(2))
    check_whole(tmp_path / "store", some)


def test_a_run_is_the_run_of_the_model_itself():
    from sim import model, outcomes

    runs = run_pairs(village(), two_strategies(), [3], 1, quarters=QUARTERS)
    park = model.Park.of(village(), QUARTERS)
    world = model.simulate(model.prepare(park, 3), two_strategies()[1].record(village(), park.gross_ha))
    for name, value in outcomes.measure(world).items():
        assert np.array_equal(runs.table.loc[("demand_driven", 3), name], value, equal_nan=True), name
    column = outcomes.INDICATORS.index("vitality")
    assert np.array_equal(runs.path("demand_driven", "vitality")[0], world.indicators[:QUARTERS, column].astype(np.float32))


def test_a_second_time_makes_nothing_and_more_seeds_or_another_strategy_only_what_is_missing(tmp_path):
    store = tmp_path / "store"
    first = make(plan(4, 1), Store(store))
    assert (first.made, first.there) == (8, 0)
    again = make(plan(4, 1), Store(store))
    assert (again.made, again.there) == (0, 8)
    seeds = make(plan(6, 1), Store(store))
    assert (seeds.made, seeds.there) == (4, 8)
    strategy = make(plan(6, 2), Store(store))
    assert (strategy.made, strategy.there) == (6, 12)
    check_whole(store, plan(6, 2))


def test_two_experiments_share_their_runs(tmp_path):
    store = tmp_path / "store"
    make(plan(4, 1, "one"), Store(store))
    other = make(plan(4, 2, "two"), Store(store))
    assert other.made == 4
    assert Store(store).experiments() == ["one", "two"]
    shared = set(Store(store).design("one")[1]["run"]) & set(Store(store).design("two")[1]["run"])
    assert len(shared) == 8


def test_indicators_that_were_not_kept_are_made_without_doubling_the_runs(tmp_path):
    store = tmp_path / "store"
    bare = plan_pairs(village(), two_strategies(), range(1, 7), quarters=QUARTERS, keep=())
    make(bare, Store(store))
    more = make(plan(), Store(store))
    assert more.made == 18
    check_whole(store, plan())
    assert make(bare, Store(store)).made == 0
    yearly = plan_pairs(village(), two_strategies(), range(1, 7), quarters=QUARTERS, keep=("vitality",), every=4)
    assert make(yearly, Store(store)).made == 0, "quarterly indicators hold the yearly ones"
    runs = collect(yearly, Store(store))["small_village"]
    assert runs.paths.shape == (18, 1, 1) and runs.years.tolist() == [1.0]
    quarterly = collect(plan(), Store(store))["small_village"]
    assert np.array_equal(runs.path("none", "vitality")[:, 0], quarterly.path("none", "vitality")[:, 3])


def test_the_twin_is_made_once_for_all_strategies():
    memory = Memory()
    make(plan(3), memory)
    assert memory.runs()["strategy"].value_counts().to_dict() == {"none": 3, "demand_driven": 3, "supply_driven": 3}


def test_seeds_given_twice_or_not_at_all_are_refused():
    with pytest.raises(ValueError, match="seeds holds 2 more than once"):
        plan_pairs(village(), two_strategies(), [1, 2, 2])
    with pytest.raises(ValueError, match=r"seeds is \[\]"):
        plan_pairs(village(), two_strategies(), [])
    with pytest.raises(ValueError, match="workers is 0"):
        run_pairs(village(), two_strategies(), [1], 0)


def test_points_are_averaged_per_seed_so_that_intervals_speak_of_chance():
    parks = [village().model_copy(update={"own_parameters": {"beta": beta}}) for beta in (0.15, 0.35)]
    twin = load_strategy("none")
    cells = [Cell(k, {"parameters.beta": park.own_parameters["beta"]}, park, strategy)
             for k, park in enumerate(parks) for strategy in (two_strategies()[1], twin)]  # fmt: skip
    some = plan_runs("two points", cells, [1, 2], quarters=QUARTERS, indicators=Indicators(("vitality",), 1))
    memory = Memory()
    make(some, memory)
    runs = collect(some, memory)["small_village"]
    each = [run_pairs(park, [two_strategies()[1]], [1, 2], 1, quarters=QUARTERS) for park in parks]
    for strategy in ("none", "demand_driven"):
        mean = (each[0].values(strategy, "vitality") + each[1].values(strategy, "vitality")) / 2
        assert runs.values(strategy, "vitality") == pytest.approx(mean, rel=1e-14)
        path = (each[0].path(strategy, "vitality") + each[1].path(strategy, "vitality")) / 2
        assert runs.path(strategy, "vitality") == pytest.approx(path, rel=1e-6)
    assert set(some.design["parameters.beta"]) == {0.15, 0.35}


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_run_that_fails_is_set_aside_with_its_cause_and_the_others_are_kept(tmp_path):
    store, some = Store(tmp_path / "store"), plan(4)
    carried = make(some, store, work=breaks_on_seed_two)
    assert list(carried.failed["cause"]) == ["Breaks: as it was told to"]
    assert carried.failed.iloc[0][["strategy", "seed"]].tolist() == ["supply_driven", 2]
    assert "breaks_on_seed_two" in carried.failed.iloc[0]["traceback"] or "broken" in carried.failed.iloc[0]["traceback"]
    assert len(store.runs()) == 11
    runs = collect(some, store)["small_village"]
    assert runs.seeds == (1, 3, 4) and runs.left_out == (2,), "what is left is still paired"


def test_a_failed_run_is_passed_over_unless_asked_and_no_longer_failed_once_it_succeeds(tmp_path):
    store, some = tmp_path / "store", plan(6)
    make(some, Store(store), work=breaks_on_seed_two)
    again = make(some, Store(store))
    assert again.made == 0 and len(again.failed) == 1
    mended = make(some, Store(store), retry_failed=True)
    assert mended.made == 1 and mended.failed.empty
    check_whole(store, some)


def test_a_failing_comparison_names_park_strategy_seed_and_run(monkeypatch, tmp_path):
    monkeypatch.setattr(experiment.carry_out, "__kwdefaults__",
                        experiment.carry_out.__kwdefaults__ | {"work": breaks_on_seed_two})
    store = Store(tmp_path / "store")
    with pytest.raises(RunFailed, match=r"small_village.*supply_driven.*seed 2: Breaks: as it was told to") as caught:
        run_pairs(village(), two_strategies(), [1, 2, 3], 1, quarters=QUARTERS, store=store)
    assert caught.value.run in set(store.failures().index)


def test_a_worker_with_another_model_is_refused(monkeypatch):
    some = plan(1)
    job = next(iter(experiment._Jobs(some, some.missing(set()))))
    monkeypatch.setattr(experiment, "model_version", lambda: "another")
    with pytest.raises(experiment.AnotherModel, match="another"):
        carry_out_job(job)


def test_a_park_that_cannot_be_laid_out_fails_as_runs_and_stops_nothing_else():
    crowded = village().model_copy(update={"gross_ha": 2.0, "firms": 5000, "name": "crowded"})
    twin = load_strategy("none")
    some = plan_runs("both", [Cell(0, {}, park, twin) for park in (crowded, village())], [1, 2], quarters=QUARTERS)
    memory = Memory()
    carried = make(some, memory)
    assert set(carried.failed["park"]) == {"crowded"} and len(carried.failed) == 2
    assert memory.runs()["park"].tolist() == ["small_village"] * 2


def test_jobs_grow_when_runs_are_short(monkeypatch):
    sizes = []

    class Watching(InProcess):
        def carry_out(self, work, jobs):
            for done in super().carry_out(work, jobs):
                sizes.append(done.job.count)
                yield done

    make(plan(40), Memory(), Watching())
    assert sizes[0] == 3 and max(sizes) > 30 and sum(sizes) == 120


def test_the_table_of_runs_is_sorted_and_complete():
    runs, _ = uninterrupted()
    assert runs.index.is_monotonic_increasing and runs.index.is_unique
    assert not runs.drop(columns=["lead_time", "displacement", "fund_turns", "goal_attained", "satisfaction_firms",
                                  "satisfaction_town"]).isna().any().any()  # fmt: skip
    assert isinstance(runs, pd.DataFrame) and (runs["quarters"] == QUARTERS).all()
