"""Packages of tables: valid for others' programs, exact to the bit, safe in a spreadsheet, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frictionless import Package, system
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.compare import compare
from analysis.dictionary import TABLES, UnknownColumn, columns_of
from analysis.experiment import collect
from analysis.packages import ROWS, guard, unguard, write_package
from analysis.query import query
from analysis.store import FAILED_SCHEMA, Store
from sim.outcomes import INDICATORS
from tests.analysis.small_experiments import breaks_on_seed_two, make, plan

RUN = {"park": "p", "strategy": "none", "quarters": 8, "park_hash": "a" * 32, "strategy_hash": "b" * 32, "model": "c" * 16}
ABOUT: dict[str, Any] = {"name": "some-runs", "title": "Some runs", "description": "For tests.", "language": "en",
                         "provenance": {"version": "0.1.0", "start": "2026-01-02T03:04:05+00:00"}}  # fmt: skip


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def runs(values: list[float], column: str = "pv_private") -> pd.DataFrame:
    """Return made-up runs with one outcome."""
    return pd.DataFrame([{"run": key(k), **RUN, "seed": k, column: value} for k, value in enumerate(values)])


def failed(causes: list[str]) -> pd.DataFrame:
    """Return made-up runs that failed, with a traceback like their cause."""
    rows = [{"run": key(k), **RUN, "seed": k, "cause": cause, "traceback": cause} for k, cause in enumerate(causes)]
    return pa.Table.from_pylist(rows, FAILED_SCHEMA).to_pandas()


def read_csv(path: Path, **types: Any) -> pd.DataFrame:
    """Read a table in the way that the README of a package says."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""], float_precision="round_trip", dtype=types or None)


def bits(values: Any) -> list[int]:
    """Return the bits of numbers, every NaN alike."""
    numbers = np.asarray(values, float)
    return np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64).tolist()


@cache
def a_store(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a store in which a small experiment was run, and some runs of it broke off."""
    store, some = Store(folder / "store"), plan(3)
    some.indicators = some.indicators._replace(columns=INDICATORS)
    make(some, store, work=breaks_on_seed_two)
    tables = {name: query(store, f"SELECT * FROM {name} ORDER BY ALL") for name in TABLES if name != "summary"}
    tables["design"]["parameters.beta"] = 0.25
    tables["design"]["strategy.principles.exit"] = True
    tables["summary"] = compare(collect(some, store)[some.design["park"].iloc[0]]).summary()
    return tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return a_store(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_written_is_valid_to_frictionless(tables, tmp_path, language):
    written = write_package(tables, tmp_path, **(ABOUT | {"language": language}))
    with system.use_context(trusted=True):
        report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["fieldName", "rowNumber", "note"])[:5]
    assert {task.name for task in report.tasks} == {
        *tables, *(f"{name}-parquet" for name in tables), "dictionary"}
    assert {file.name for file in tmp_path.iterdir()} == {
        "README.md", "datapackage.json", *(resource["path"] for resource in written["resources"])}
    for made in written["resources"]:
        content = (tmp_path / made["path"]).read_bytes()
        assert made["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert made["format"] == "parquet" or made["bytes"] == len(content)


def test_frictionless_sees_what_is_wrong(tables, tmp_path):
    write_package({"runs": tables["runs"]}, tmp_path, **ABOUT, formats=("csv",))
    text = (tmp_path / "runs.csv").read_bytes()
    vacancy = tables["runs"]["vacancy"].iloc[0]
    (tmp_path / "runs.csv").write_bytes(text.replace(repr(float(vacancy)).encode(), b"1.5", 1))
    with system.use_context(trusted=True):
        report = Package(str(tmp_path / "datapackage.json")).validate()
    assert {kind for (kind,) in report.flatten(["type"])} == {"hash-count", "byte-count", "constraint-error"}


def test_tables_refer_to_one_another_only_where_every_row_is_there(tables, tmp_path):
    def references(some: dict[str, pd.DataFrame], folder: str) -> dict[str, list[tuple[str, str]]]:
        (tmp_path / folder).mkdir()
        written = write_package(some, tmp_path / folder, **ABOUT, formats=("csv",))
        return {made["name"]: [(one["fields"][0], one["reference"]["resource"])
                               for one in made["schema"].get("foreignKeys", [])] for made in written["resources"]}

    found = references(tables, "broken")
    assert found["paths"] == [("run", "runs")]
    assert found["runs"] == [("park_hash", "inputs"), ("strategy_hash", "inputs")]
    assert found["design"] == [], "a run of the design failed"
    whole = tables["design"][tables["design"]["run"].isin(tables["runs"]["run"])]
    assert references(tables | {"design": whole}, "whole")["design"] == [("run", "runs")]


NUMBERS = [-0.0, 1e-300, 5e-324, 0.1, 1.7976931348623157e308]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_infinity=False) | st.sampled_from(NUMBERS), min_size=1))
def test_numbers_come_back_to_the_bit(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("numbers")
    write_package({"runs": runs(values)}, folder, **ABOUT)
    assert bits(read_csv(folder / "runs.csv", pv_private=float)["pv_private"]) == bits(values)
    assert bits(pd.read_parquet(folder / "runs.parquet")["pv_private"]) == bits(values)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=1))
def test_single_precision_comes_back_to_the_bit(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("single")
    frame = pd.DataFrame({"run": key(0), "quarter": range(len(values)), "activity": np.array(values, np.float32)})
    write_package({"paths": frame}, folder, **ABOUT)
    for found in (read_csv(folder / "paths.csv", activity=float), pd.read_parquet(folder / "paths.parquet")):
        assert bits(found["activity"].astype(np.float32)) == bits(frame["activity"])


TEXTS = st.lists(st.text() | st.text("=+-@\t\r\n'\"; ,é€|＝\x0b\u2028x", max_size=6) | st.just("NA"), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_text_comes_back_whole(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("texts")
    write_package({"failed": failed(texts)}, folder, **ABOUT)
    cells = read_csv(folder / "failed.csv", traceback=str)["traceback"]
    # In CSV an empty text and a missing one are the same.
    assert ["" if pd.isna(cell) else unguard(str(cell)) for cell in cells.astype(object)] == texts
    assert [guard(text) for text in texts] == ["" if pd.isna(cell) else cell for cell in cells.astype(object)]
    assert pd.read_parquet(folder / "failed.parquet")["cause"].tolist() == texts


@given(st.text() | st.text("=+-@\t\r\n' x", max_size=5))
def test_no_cell_begins_like_a_formula_and_the_guard_comes_off(text):
    cell = guard(text)
    assert unguard(cell) == text
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_a_name_that_looks_like_a_formula_is_guarded_and_still_valid(tmp_path):
    frame = runs([-1.0]).assign(park="-2.3", strategy="plain")
    write_package({"runs": frame}, tmp_path, **ABOUT)
    line = (tmp_path / "runs.csv").read_text(encoding="utf-8").splitlines()[1]
    assert '"\'-2.3","plain"' in line
    assert line.endswith(",-1"), "a negative number is no formula"
    with system.use_context(trusted=True):
        assert Package(str(tmp_path / "datapackage.json")).validate().valid


def test_the_same_tables_give_the_same_bytes(tables, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_package(tables, tmp_path / folder, **ABOUT)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 2 * len(tables) + 3
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def batches(count: int, size: int) -> Iterator[pa.RecordBatch]:
    """Give record batches of runs, made as they are asked for."""
    for place in range(count):
        rows = runs(np.random.default_rng(place).normal(size=size).tolist())
        rows["run"] = [key(place * size + k) for k in range(size)]
        yield pa.RecordBatch.from_pandas(rows, preserve_index=False)


def test_small_batches_become_large_pieces(tmp_path):
    write_package({"runs": batches(200, 200)}, tmp_path, **ABOUT)
    file = pq.ParquetFile(tmp_path / "runs.parquet")
    assert file.metadata.num_rows == 40_000
    assert file.metadata.num_row_groups == -(-40_000 // ROWS)
    assert len(read_csv(tmp_path / "runs.csv")) == 40_000


LARGE = """
import resource, sys, tempfile
from pathlib import Path
import numpy as np, pyarrow as pa
from analysis.packages import write_package
from sim.outcomes import INDICATORS

def batches(count):
    for place in range(count):
        keys = [f"{place * 10_000 + k:032x}" for k in range(10_000)]
        columns = {"run": pa.array(keys), "quarter": pa.array(np.zeros(10_000, int))}
        values = np.random.default_rng(place).normal(size=10_000).astype(np.float32)
        columns |= {name: pa.array(values + k) for k, name in enumerate(INDICATORS)}
        yield pa.RecordBatch.from_pydict(columns)

with tempfile.TemporaryDirectory() as folder:
    write_package({"paths": batches(int(sys.argv[1]))}, Path(folder), name="x", title="x", description="x", language="en",
                  provenance={}, formats=("csv", "parquet"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_memory_does_not_grow_with_the_table():
    few, many = (
        float(subprocess.run([sys.executable, "-c", LARGE, str(count)], capture_output=True, text=True, check=True).stdout)
        for count in (5, 25))
    # The 200,000 rows more are 47 MB; checking keys takes some.
    assert many < few + 32, f"{few:.0f} MB for 50,000 rows, {many:.0f} MB for 250,000"


def test_what_cannot_be_written_leaves_an_empty_folder(tmp_path):
    def torn() -> Iterator[pa.RecordBatch]:
        yield from batches(1, 50_000)
        raise OSError("the disk is gone")

    for content, problem in (
        (torn(), OSError), (runs([1.0, np.inf]), ValueError), (pd.concat([runs([1.0])] * 2), ValueError),
        (runs([1.0]).assign(vacancies=1.0), UnknownColumn), (iter(()), ValueError),
    ):  # fmt: skip
        with pytest.raises(problem):
            write_package({"failed": failed(["x"]), "runs": content}, tmp_path, **ABOUT)
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"name": "Some Runs"}, "the name of a package is 'Some Runs'; it has small letters, digits, '.', '_' and '-' only"),
    ({"language": "de"}, "language is 'de'; there are: nl, en"),
    ({"formats": ("xlsx",)}, "format is 'xlsx'; there are: csv, parquet"),
    ({"formats": ()}, "formats is empty, or holds one twice"),
    ({"licence": "mine"}, "licence is 'mine'; there are: Apache-2.0, CC-BY-4.0, CC0-1.0"),
])  # fmt: skip
def test_wrong_arguments_are_told(tmp_path, wrong, sentence):
    with pytest.raises(ValueError) as problem:
        write_package({"runs": runs([1.0])}, tmp_path, **(ABOUT | wrong))
    assert str(problem.value) == sentence


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="not an empty folder"):
        write_package({"runs": runs([1.0])}, tmp_path, **ABOUT)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_undefined_is_missing_everywhere(tmp_path):
    batch = pa.RecordBatch.from_pandas(runs([8.0, 0.0], "lead_time"), preserve_index=False)
    batch = batch.set_column(batch.num_columns - 1, "lead_time", pa.array(np.array([8.0, np.nan])))
    write_package({"runs": [batch]}, tmp_path, **ABOUT)
    assert (tmp_path / "runs.csv").read_bytes().splitlines()[2].endswith(b",")
    for source in ("runs.csv", "runs.parquet"):
        ((mean,),) = duckdb.sql(f"SELECT avg(lead_time) FROM '{tmp_path / source}'").fetchall()
        assert mean == 8.0, source


def test_a_program_finds_meaning_and_unit_in_every_file(tables, tmp_path):
    written = write_package(tables, tmp_path, **(ABOUT | {"language": "nl"}))
    by_name = {made["name"]: made for made in written["resources"]}
    vacancy = next(field for field in by_name["runs"]["schema"]["fields"] if field["name"] == "vacancy")
    assert vacancy["title"] == "leegstand" and vacancy["unit"] == "aandeel, 0-1"
    assert vacancy["constraints"] == {"required": True, "minimum": 0, "maximum": 1}
    inside = pq.read_schema(tmp_path / "runs.parquet").field("vacancy").metadata
    assert inside[b"description"].decode() == vacancy["description"]
    dictionary = read_csv(tmp_path / "dictionary.csv")
    assert len(dictionary) == sum(len(by_name[name]["schema"]["fields"]) for name in tables)
    assert set(dictionary.loc[dictionary["table"] == "runs", "name"]) == set(columns_of("runs"))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_readme_reads_what_is_there(tables, tmp_path, language, monkeypatch):
    write_package(tables, tmp_path, **(ABOUT | {"language": language}))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    blocks = [block.split("```", 1)[0] for block in text.split("```python\n")[1:]]
    questions = [block.split("```", 1)[0] for block in text.split("```sql\n")[1:]]
    assert len(blocks) == len(questions) == 2
    monkeypatch.chdir(tmp_path)
    for block, question in zip(blocks, questions, strict=True):
        names: dict[str, Any] = {}
        exec(block, names)
        pd.testing.assert_frame_equal(names["runs"], tables["runs"], check_dtype=False)
        assert len(duckdb.sql(question).fetchall()) == len(tables["runs"])
    assert "{" not in text


def test_json_of_the_package_has_no_numbers_that_json_lacks(tables, tmp_path):
    with pytest.raises(ValueError):
        write_package(tables, tmp_path, **(ABOUT | {"provenance": {"x": float("nan")}}))
    write_package(tables, tmp_path, **ABOUT)
    assert json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))["created"] == "2026-01-02T03:04:05+00:00"
