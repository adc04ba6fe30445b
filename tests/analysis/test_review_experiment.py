"""Numbers stay with the run they belong to: cases from a review of pairing, choosing and verifying."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import store as stores
from analysis.deciding import decide
from analysis.engines import InProcess
from analysis.experiment import collect, plan_experiment
from analysis.experiment_file import experiment_of
from analysis.store import Memory, Store, StoreProblem
from analysis.verification import verify
from tests.analysis.small_experiments import make, plan, two_strategies, village


@pytest.mark.parametrize("seeds", [2, 5])
def test_parks_of_different_lengths_keep_their_own_indicators(seeds):
    lengths = {"long": 8, "short": 4}
    parks = [village().model_copy(update={"name": name, "quarters": length}) for name, length in lengths.items()]

    def runs(*some: Any) -> dict[str, Any]:
        memory = Memory()
        planned = plan_experiment(experiment_of(some, two_strategies()[:1], seeds, keep=("vitality", "jobs")))
        make(planned, memory)
        return collect(planned, memory)

    together = runs(*parks)
    for park in parks:
        alone = runs(park)[park.name]
        assert np.array_equal(together[park.name].paths, alone.paths), park.name
        assert together[park.name].table.equals(alone.table)


def test_a_budget_counts_the_runs_of_every_point():
    memory = Memory()
    experiment = experiment_of([village()], two_strategies(), 1, quarters=4, factors={"parameters.beta": [0.1, 0.2, 0.3, 0.4]})
    try:
        found = decide(experiment, village(), memory, InProcess(), first=10, budget=130)
    except ValueError:  # also right: a choice takes an experiment without factors
        return
    assert found.runs == len(memory.runs()) <= 130


# --- a wrong number does not pass ------------------------------------------------------------------------------------


def altered(folder: Path, kind: str, change: Any) -> Store:
    """Return a store whose only part of a kind was changed by somebody who also gave it a name that fits."""
    store = Store(folder)
    make(plan(2), store)
    (part,) = (folder / kind).rglob("*.parquet")
    table = pq.read_table(part)
    frame = change(table.to_pandas())
    part.unlink()
    store._write_part(str(part.parent.relative_to(folder)), stores._content_of(part),
                      pa.Table.from_pandas(frame, preserve_index=False))  # fmt: skip
    return Store(folder)


def passes(store: Store) -> bool:
    try:
        return verify(store, InProcess(), None).same
    except StoreProblem:
        return False


def wrong_outcome(frame: Any) -> Any:
    return frame.assign(vitality=frame["vitality"] + 1e-9)


def seeds_exchanged(frame: Any) -> Any:
    return frame.assign(seed=3 - frame["seed"])


def wrong_outcome_under_another_seed(frame: Any) -> Any:
    row = (frame["strategy"] == "none") & (frame["seed"] == 1)
    frame.loc[row, ["seed", "vitality"]] = [2, 99.0]
    return frame


def strategies_called_otherwise(frame: Any) -> Any:
    return frame.assign(strategy=frame["strategy"].replace({"none": "demand_driven", "demand_driven": "none"}))


def an_outcome_too_many(frame: Any) -> Any:
    return frame.assign(invented=7.0)


@pytest.mark.parametrize("change", [wrong_outcome, seeds_exchanged, wrong_outcome_under_another_seed,
                                    strategies_called_otherwise, an_outcome_too_many])  # fmt: skip
def test_no_altered_run_passes_verification(tmp_path, change):
    assert passes(altered(tmp_path / "sound", "runs", lambda frame: frame))
    assert not passes(altered(tmp_path / "altered", "runs", change))


def test_no_altered_indicator_passes_verification(tmp_path):
    assert not passes(altered(tmp_path / "store", "paths", lambda frame: frame.assign(vitality=frame["vitality"] + 1)))


def test_two_copies_of_a_run_that_differ_do_not_pass_verification(tmp_path):
    """As two stores give that were put together, one of them from another machine."""
    store = Store(tmp_path / "store")
    make(plan(2), store)
    (part,) = (store.folder / "runs").glob("*.parquet")
    table = pq.read_table(part)
    other = wrong_outcome(table.to_pandas())
    store._write_part("runs", "zz", pa.Table.from_pandas(other, schema=table.schema, preserve_index=False))
    assert not passes(store)
