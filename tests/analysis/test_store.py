"""The store: whole or not at all, torn parts noticed, one writer, read back to the bit."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.query import query
from analysis.store import FAILED_SCHEMA, RUN_SCHEMA, Indicators, Rows, Store, StoreProblem
from tests.analysis.small_experiments import check_whole, make, plan

KEEP = Indicators(("a", "b"), 1)


def rows(keys: list[str], values: list[float]) -> Rows:
    """Return made-up results: one outcome ``x``, two quarters of two indicators."""
    identity = {"park": "p", "strategy": "s", "seed": 1, "quarters": 2, "park_hash": "", "strategy_hash": "", "model": "m"}
    runs = pa.Table.from_pylist([{"run": key, **identity} for key in keys], RUN_SCHEMA)
    runs = runs.append_column("x", pa.array(np.array(values, float)))
    paths = pa.table({
        "run": pa.array([key for key in keys for _ in range(2)], pa.string()),
        "quarter": pa.array([0, 1] * len(keys), pa.int32()),
        "a": np.repeat(np.array(values, np.float32), 2), "b": np.zeros(2 * len(keys), np.float32),
    })  # fmt: skip
    return Rows(runs, paths, FAILED_SCHEMA.empty_table(), 0.0)


def fill(folder: Path, keys: list[str], values: list[float]) -> Store:
    store = Store(folder)
    with store.writing(), store.batches(KEEP) as batches:
        batches.add(rows(keys, values))
    return Store(folder)


@settings(deadline=None, max_examples=30)
@given(values=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=1, max_size=20))
def test_numbers_come_back_to_the_bit(tmp_path_factory, values):
    keys = [f"{k:032x}" for k in range(len(values))]
    store = fill(tmp_path_factory.mktemp("store") / "s", keys, values)
    assert store.runs()["x"].to_numpy().tobytes() == np.array(values, float).tobytes()


def test_a_run_that_is_added_twice_counts_once(tmp_path):
    fill(tmp_path / "s", ["a", "b"], [1.0, 2.0])
    store = fill(tmp_path / "s", ["b", "c"], [2.0, 3.0])
    assert store.runs()["x"].to_dict() == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert len(store.paths(KEEP)) == 6


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "noise"])
@pytest.mark.parametrize("kind", ["runs", "paths", "inputs", "experiments"])
def test_a_torn_part_is_set_aside_and_its_runs_are_made_again(tmp_path, damage, kind):
    folder, some = tmp_path / "store", plan()
    make(some, Store(folder))
    part = sorted((folder / kind).rglob("*.parquet"))[0]
    content = bytearray(part.read_bytes())
    if damage == "flipped":
        content[len(content) // 3] ^= 0xFF
    part.write_bytes({"cut": content[: len(content) // 2], "flipped": content, "empty": b"",
                      "noise": os.urandom(len(content))}[damage])  # fmt: skip
    if kind == "runs":
        assert Store(folder).runs().empty
    make(some, Store(folder))
    check_whole(folder, some)
    assert (folder / "set_aside" / part.relative_to(folder)).exists()


def test_a_store_that_somebody_writes_to_is_refused_at_once_and_free_again_when_that_process_is_killed(tmp_path):
    folder = tmp_path / "store"
    code = ("import sys, time; from pathlib import Path; from analysis.store import Store\n"
            f"with Store(Path({str(folder)!r})).writing(): print('in', flush=True); time.sleep(60)")
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None and other.stdout.readline() == "in\n"
    try:
        with pytest.raises(StoreProblem, match="store busy"), Store(folder).writing():
            pass
    finally:
        other.kill()
        other.wait()
    with Store(folder).writing():
        pass


def test_a_folder_of_something_else_is_no_store(tmp_path):
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(StoreProblem, match="no store"):
        Store(tmp_path)
    with pytest.raises(StoreProblem, match="no store"):
        Store(tmp_path / "nothing", must_exist=True)
    with pytest.raises(StoreProblem, match="not a folder"):
        Store(tmp_path / "letter.txt")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "store.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StoreProblem, match="store format.*99"):
        Store(tmp_path / "later")


def limited(folder: Path, room: int) -> str:
    """Return code that carries out a plan where no file may grow beyond ``room`` bytes."""
    return (
        "import resource, signal, sys; from pathlib import Path\n"
        "from analysis.store import Store, StoreProblem; from tests.analysis.small_experiments import make, plan\n"
        f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        f"try: make(plan(), Store(Path({str(folder)!r})))\n"
        "except StoreProblem as problem: print(problem.key); sys.exit(7)\n"
    )


def run_here(code: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)


def test_where_files_may_not_grow_the_sweep_stops_with_a_sentence_and_goes_on_later(tmp_path):
    folder = tmp_path / "store"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = run_here(limited(folder, 12_000))
    assert (done.returncode, done.stdout) == (7, "error.store_full\n"), done.stderr
    assert not list(folder.rglob(".*.tmp"))
    make(plan(), Store(folder))
    check_whole(folder, plan())


def test_on_a_full_disk_what_was_written_stays_and_the_rest_follows_when_there_is_room(tmp_path):
    """A real small file system, where the system lets us mount one; a limit on file size is tested above."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a file system here")
    try:
        folder = disk / "store"
        make(plan(2), Store(folder))
        there = set(Store(folder).runs().index)
        (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - 8_000))
        with pytest.raises(StoreProblem, match="store full"):
            make(plan(), Store(folder))
        assert set(Store(folder).runs().index) >= there
        (disk / "ballast").unlink()
        make(plan(), Store(folder))
        check_whole(folder, plan())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- questions in SQL ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("query") / "store"
    make(plan(name="an experiment"), Store(folder))
    return Store(folder, must_exist=True)


def test_a_question_in_sql_gives_what_pandas_gives(made):
    answer = query(made, "select strategy, avg(vitality) v, count(*) n from runs group by strategy order by strategy")
    expected = made.runs().groupby("strategy")["vitality"].mean()
    pd.testing.assert_series_equal(answer.set_index("strategy")["v"], expected, check_names=False)
    assert answer["n"].tolist() == [6, 6, 6]
    joined = query(made, "select d.experiment, count(*) n from design d join runs r using (run) join paths p using (run)"
                         " group by 1")  # fmt: skip
    assert joined.values.tolist() == [["an experiment", 18 * 4]]
    assert query(made, "select count(*) n from failed")["n"].tolist() == [0]
    assert sorted(query(made, "select kind from inputs")["kind"]) == ["park", "strategy", "strategy", "strategy"]


@pytest.mark.parametrize("sql", [
    "select * from read_csv('/etc/passwd')", "copy runs to '{folder}/out.csv'", "attach '{folder}/x.db'",
    "select * from read_parquet('{folder}/runs/*.parquet')", "install httpfs", "set enable_external_access = true",
    "select * from made", "export database '{folder}'", "selec", "",
])  # fmt: skip
def test_a_question_reaches_nothing_but_the_tables(made, sql):
    before = sorted(made.folder.rglob("*"))
    with pytest.raises(StoreProblem, match="bad sql"):
        query(made, sql.format(folder=made.folder))
    assert sorted(made.folder.rglob("*")) == before
