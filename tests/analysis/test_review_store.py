"""A store that was hurt, merged or interrupted comes back whole: cases from a review of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import experiment_schema
from analysis import store as stores
from analysis.engines import InProcess
from analysis.experiment import _Jobs, carry_out_job, collect, plan_experiment, plan_pairs, stored_plan
from analysis.experiment_file import experiment_of
from analysis.query import query
from analysis.store import Store, StoreProblem
from analysis.variants import Point
from sim.inputs.strategy import Strategy
from tests.analysis.small_experiments import QUARTERS, check_whole, make, plan, two_strategies, village


def kept(*names: str, every: int = 1, seeds: int = 6, name: str = "kept"):
    return plan_pairs(village(), two_strategies(), range(1, seeds + 1), quarters=QUARTERS, keep=names, every=every, name=name)


def test_runs_of_a_torn_part_come_back_also_where_their_indicators_were_made_later(tmp_path):
    """The later part holds no new run, and must not stand for the runs that the torn part held."""
    folder = tmp_path / "store"
    make(kept(name="bare"), Store(folder))
    (bare,) = (folder / "runs").glob("*.parquet")
    make(plan(), Store(folder))
    bare.write_bytes(b"torn")
    make(plan(), Store(folder))
    check_whole(folder, plan())


def test_inputs_of_a_torn_part_come_back_although_no_run_is_missing(tmp_path):
    folder, some = tmp_path / "store", plan(2)
    make(some, Store(folder))
    next((folder / "inputs").glob("*.parquet")).write_bytes(b"torn")
    make(some, Store(folder))
    for content in (*some.parks, *some.strategies):
        assert Store(folder).inputs(content)["name"]


def test_inputs_come_back_through_a_store_that_knew_them_before(tmp_path):
    """The same object writes twice, as a notebook does."""
    some, store = plan(2), Store(tmp_path / "store")
    make(some, store)
    next((store.folder / "inputs").glob("*.parquet")).write_bytes(b"torn")
    make(plan(3), store)
    for content in (*some.parks, *some.strategies):
        assert store.inputs(content)["name"]


@pytest.mark.parametrize("kind", ["runs", "paths"])
def test_ctrl_c_while_a_part_is_written_loses_no_run_that_was_done(tmp_path, monkeypatch, kind):
    folder, whole, pressed = tmp_path / "store", stores._write_whole, []

    def interrupted(path: Path, content: bytes) -> None:
        if kind in path.parts and not pressed:
            pressed.append(path)
            raise KeyboardInterrupt
        whole(path, content)

    monkeypatch.setattr(stores, "_write_whole", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(plan(), Store(folder))
    assert pressed and len(Store(folder).runs()) == 18


def test_a_read_that_fails_for_a_moment_puts_no_sound_part_aside(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    make(plan(2), Store(folder))
    read = Path.read_bytes

    def fails(self: Path) -> bytes:
        if "runs" in self.parts:
            raise OSError(5, "Input/output error")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(StoreProblem), Store(folder).writing():
        pass
    monkeypatch.undo()
    assert len(Store(folder).runs()) == 6 and not (folder / "set_aside").exists()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_seed_without_its_indicators_is_left_out_like_one_without_its_runs(tmp_path):
    """The runs are there from another experiment; the sweep that adds their indicators was interrupted."""
    store = Store(tmp_path / "store")
    make(kept(seeds=4, name="bare"), store)
    make(plan(2), store)
    runs = collect(plan(4), store)["small_village"]
    assert runs.seeds == (1, 2) and runs.left_out == (3, 4)


def test_a_stored_experiment_is_read_by_the_keys_that_were_stored_with_it(tmp_path, monkeypatch):
    """A later version of the program adds a key to strategies; results of before stay readable."""
    store = Store(tmp_path / "store")
    make(plan(), store)
    resolved = Strategy.resolved
    monkeypatch.setattr(Strategy, "resolved", lambda self: resolved(self) | {"something_new": False})
    _, some, _ = stored_plan(store)
    assert some.keys == set(store.design("small")[1]["run"])


def test_factors_of_a_stored_experiment_have_the_values_that_its_runs_were_made_with(tmp_path, monkeypatch):
    """A later version of a library draws other points; no run is to stand beside a value that it did not have."""
    store = Store(tmp_path / "store")
    sampled = experiment_of([village()], two_strategies()[:1], 2, quarters=QUARTERS, name="sampled",
                            design={"kind": "sobol", "samples": 4},
                            factors={"parameters.beta": {"low": 0.1, "high": 0.4}})  # fmt: skip
    make(plan_experiment(sampled), store)
    made = experiment_schema.make_points
    monkeypatch.setattr(experiment_schema, "make_points", lambda *how: [
        Point(point.number, {name: 0.9 * value for name, value in point.values.items()}) for point in made(*how)])
    _, some, _ = stored_plan(store)
    before = store.design("sampled")[1].set_index(["run", "point"])["parameters.beta"]
    assert some.design.set_index(["run", "point"])["parameters.beta"].to_dict() == before.to_dict()


def test_sql_sees_one_row_a_run_and_quarter_whatever_was_kept_when(tmp_path):
    store = Store(tmp_path / "store")
    make(kept("vitality", every=4, name="yearly"), store)
    make(kept("jobs", name="quarterly"), store)
    answer = query(store, "select count(*) n, count(distinct (run, quarter)) d, count(vitality) v, count(jobs) j from paths")
    assert answer.iloc[0].to_dict() == {"n": 72, "d": 72, "v": 18, "j": 72}


def test_sql_sees_indicators_once_where_a_killed_writer_left_them_in_another_order(tmp_path, monkeypatch):
    store, some = Store(tmp_path / "store"), plan(2)
    results = [carry_out_job(part) for job in _Jobs(some, some.missing(set())) for part in job.split()]
    whole = stores._write_whole

    def dies(path: Path, content: bytes) -> None:
        if "runs" in path.parts:
            raise OSError(5, "as if killed here")
        whole(path, content)

    monkeypatch.setattr(stores, "_write_whole", dies)
    with pytest.raises(StoreProblem), store.writing(), store.batches(some.indicators) as batches:
        batches._waiting.extend(results)
    monkeypatch.undo()
    with store.writing(), store.batches(some.indicators) as batches:
        batches._waiting.extend(reversed(results))
    assert query(store, "select count(*) n from paths")["n"].tolist() == [6 * QUARTERS]


def test_one_torn_experiment_keeps_nobody_from_asking_about_the_runs(tmp_path):
    store = Store(tmp_path / "store")
    make(plan(1, name="torn"), store, InProcess())
    make(plan(1, name="sound"), store, InProcess())
    next((store.folder / "experiments").glob("torn-*.parquet")).write_bytes(b"torn")
    assert query(store, "select count(*) n from runs")["n"].tolist() == [3]
    assert set(query(store, "select experiment from design")["experiment"]) == {"sound"}
