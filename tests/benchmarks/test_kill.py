"""What the kill benchmark looks for it also finds; and one real sweep is killed and goes on."""

import random
import shutil
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.store import RUN_SCHEMA, Store
from benchmarks import kill
from tests.analysis.small_experiments import make, plan


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of a complete store and what it holds."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    for seeds in (2, 3):  # two parts
        make(plan(seeds), Store(folder))
    return folder, kill.Undisturbed.of(folder)


@pytest.fixture
def store(whole, tmp_path):
    """Return a copy of it, to be damaged."""
    return Store(shutil.copytree(whole[0], tmp_path / "store"))


def test_nothing_is_wrong_with_a_whole_store(whole, store):
    assert kill.problems_of(store.folder, whole[1]) == []
    assert kill.idle_parts(store.folder) == 0


def lose(store):
    store.parts("runs")[0].unlink()


def double(store):
    store._write_part("runs", "again", pq.read_table(store.parts("runs")[0]).slice(0, 1))


def change(store):
    part = store.parts("runs")[0]
    table = pq.read_table(part)
    name = next(name for name in table.column_names if name not in RUN_SCHEMA.names)
    changed = pa.array(np.nextafter(table[name].to_numpy(), np.inf))
    store._write_part("runs", part.stem.split("-")[0], table.set_column(table.column_names.index(name), name, changed))
    part.unlink()


def change_path(store):
    part = store.path_parts()[0]
    table = pq.read_table(part)
    changed = pa.array(table["vitality"].to_numpy() + np.float32(1e-3))
    table = table.set_column(table.column_names.index("vitality"), "vitality", changed)
    store._write_part(f"paths/{part.parent.name}", part.stem.split("-")[0], table)
    part.unlink()


def tear(store):
    part = store.parts("runs")[0]
    part.write_bytes(part.read_bytes()[:-10])


def leave(store):
    (store.folder / "runs" / ".part.parquet.123.tmp").write_bytes(b"half")


@pytest.mark.parametrize(("damage", "told"), [
    (lose, "missing"), (double, "rows of runs are there twice"), (change, "outcomes are not"),
    (change_path, "indicators over time are not"), (tear, "torn"), (leave, ".part.parquet.123.tmp"),
    (lambda store: make(plan(4), store), "3 too many"),
])  # fmt: skip
def test_what_is_wrong_with_a_store_is_told(whole, store, damage, told):
    damage(store)
    assert told in "; ".join(kill.problems_of(store.folder, whole[1]))


def test_indicators_whose_runs_never_came_are_counted(store):
    lose(store)
    assert kill.idle_parts(store.folder) == 1


def test_what_should_not_come_of_a_kill_is_told():
    bench = object.__new__(kill.Bench)

    def told(kind, **of):
        return "".join(bench._judged(kill.Kill(1, kind, hit=True, whole=9, **of)))

    assert told("SIGKILL, main process", code=-9, found=3) == ""
    assert "hangs" in told("SIGKILL, main process", code=None)
    assert "done" in told("SIGINT, all (Ctrl-C)", code=0, found=3)
    assert "exit code 1" in told(kill.SURVIVES, code=1, found=3)
    assert "torn" in told("SIGKILL, main process", code=-9, torn=1)


def test_a_process_that_is_left_is_found_and_not_left(tmp_path):
    leaving = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with kill.Attempt([sys.executable, "-c", leaving], tmp_path / "log") as attempt:
        assert attempt.wait(30) == 0
        time.sleep(1.0)  # a process that has just been started shows no mark yet
        assert len(attempt.left()) == 1
        past, found = kill.Past(), kill.Kill(1, "of itself")
        past.add(attempt, found)
        assert "1 processes are left behind" in past.wait(3.0)[0]
    assert attempt.left() == []
    assert past.wait(10.0) == [] and found.gone is not None


@pytest.mark.skipif(sys.platform != "linux", reason="signals and process groups as Linux has them")
def test_a_real_sweep_that_is_killed_goes_on_and_completes(tmp_path):
    assert random.Random(2).random() > 1 / 6  # it is killed while it works, not while it starts
    with kill.Past() as past:
        bench = kill.Bench(tmp_path, kill.Asked(seeds=20), past)
        case = bench.carry_out(1, ["SIGKILL, main process and workers"], random.Random(2))
    (found,) = case.kills
    assert case.problems == []
    assert (found.hit, found.code) == (True, -9)
    assert 0 < found.found == 60 - case.made < 60
