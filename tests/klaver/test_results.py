"""Result folders: whole or not there, never over what is not ours, and comparable to the last bit."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from klaver import results

CONFIGURATION = {"park_name": "mill", "strategies": {"none": {}}, "seeds": [1], "quarters": 4}


def write(folder: Path, configuration: dict = CONFIGURATION, text: str = "1") -> None:
    with results.writing(folder) as place:
        (place / "summary.json").write_text(text)
        record = results.provenance("run", configuration, {"a": 1}, 0.0)
        (place / results.PROVENANCE).write_text(results.as_json(record))


def test_a_folder_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "result")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["result"]
    record = results.read_provenance(tmp_path / "deep" / "result")
    assert record["files"] == ["provenance.json", "summary.json"]
    assert record["configuration"] == CONFIGURATION


def test_what_is_stopped_halfway_leaves_the_old_result_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "result", text="old")
    with pytest.raises(KeyboardInterrupt), results.writing(tmp_path / "result") as place:
        (place / "summary.json").write_text("new")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
    assert (tmp_path / "result" / "summary.json").read_text() == "old"


def test_a_result_of_the_same_configuration_may_be_replaced(tmp_path: Path) -> None:
    write(tmp_path / "result", text="old")
    results.check_folder(tmp_path / "result", "run", CONFIGURATION, force=False)
    write(tmp_path / "result", text="new")
    assert (tmp_path / "result" / "summary.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_files_of_the_user_in_a_result_folder_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "result")
    (tmp_path / "result" / "notes").mkdir()
    (tmp_path / "result" / "notes" / "mine.txt").write_text("mine")
    write(tmp_path / "result", text="new")
    assert (tmp_path / "result" / "notes" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "result" / "summary.json").read_text() == "new"


def test_a_result_of_another_configuration_is_replaced_only_by_force(tmp_path: Path) -> None:
    folder = tmp_path / "result"
    write(folder)
    other = {**CONFIGURATION, "seeds": [2]}
    with pytest.raises(results.UnusableFolder) as problem:
        results.check_folder(folder, "run", other, force=False)
    assert str(problem.value) == (
        f"{folder} holds a result of another configuration (run mill none seed 1); give another --out, or --force to "
        "replace it."
    )
    results.check_folder(folder, "run", other, force=True)


def test_a_folder_of_something_else_is_never_written_over_even_by_force(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(results.UnusableFolder, match="is not empty and holds no result of klaver"):
        results.check_folder(tmp_path, "run", CONFIGURATION, force=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("")
    with pytest.raises(results.UnusableFolder, match="is a file; --out is a folder"):
        results.check_folder(tmp_path / "result", "run", CONFIGURATION, force=True)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 1}', '"\\ud800"', "[" * 100_000])
def test_a_torn_provenance_is_told_and_not_believed(tmp_path: Path, content: str) -> None:
    (tmp_path / results.PROVENANCE).write_text(content)
    with pytest.raises(results.UnreadableResult, match="cannot be read"):
        results.read_provenance(tmp_path)


def test_a_folder_without_provenance_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(results.UnreadableResult, match=r"holds no provenance\.json: it is not a result of klaver"):
        results.read_provenance(tmp_path)


def test_json_holds_no_nan_and_no_numpy(tmp_path: Path) -> None:
    value = {
        "a": math.nan,
        "b": np.float64(1.5),
        3: np.array([1, 2]),
        "c": (np.int64(7), math.inf),
        "d": np.bool_(True),
    }
    assert json.loads(results.as_json(value)) == {"a": None, "b": 1.5, "3": [1, 2], "c": [7, None], "d": True}


def test_a_hash_sees_the_last_bit_and_not_the_order_of_keys() -> None:
    assert results.hash_of({"a": 0.1, "b": 2}) == results.hash_of({"b": 2, "a": 0.1})
    assert results.hash_of({"a": 0.1}) != results.hash_of({"a": np.nextafter(0.1, 1.0)})


def test_differences_name_the_key_of_each_value() -> None:
    old = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    new = {"a": {"b": 1, "c": [1, 3]}, "d": 0.5, "e": 1}
    assert list(results.differences(old, new)) == [("a.c[1]", 2, 3), ("d", None, 0.5), ("e", None, 1)]
    assert results.count_values(old) == 4


def test_tables_are_written_twice_with_the_same_content(tmp_path: Path) -> None:
    frame = pd.DataFrame({"value": [0.1, math.nan]}, index=pd.Index([3, 4], name="id"))
    results.write_table(frame, tmp_path / "table")
    for read in (pd.read_parquet(tmp_path / "table.parquet"), pd.read_csv(tmp_path / "table.csv")):
        pd.testing.assert_frame_equal(read, frame.reset_index())
