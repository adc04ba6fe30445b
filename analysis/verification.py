"""Are the numbers of a store still what its inputs give? Runs a sample of its runs again, and compares bit for bit.

Nothing of the store is taken on trust but the content of parks and strategies, and even that is held against its hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.engines import Engine
from analysis.experiment import Content, Indicators, Job, Progress, carry_out_job
from analysis.identity import canonical, content_hash, model_version, run_key
from analysis.store import NOTHING_KEPT, RUN_COLUMNS, Store, StoreProblem


class Difference(NamedTuple):
    """A number that is not what it was."""

    run: str
    column: str
    stored: float
    again: float


@dataclass(frozen=True)
class Verdict:
    """What running a sample again showed.

    Attributes
    ----------
    runs
        Runs that were made again.
    values
        Numbers that were held against each other.
    differences
        Those that differ, by a bit or more.
    failed
        Runs of the sample that raised: key to cause.
    of
        Runs in the store that could be drawn.
    other_model
        Runs of other versions of the model, which cannot be made again by this one.
    """

    runs: int
    values: int
    differences: tuple[Difference, ...]
    failed: dict[str, str]
    of: int
    other_model: int

    @property
    def same(self) -> bool:
        """Whether every number came out the same, and there was one."""
        return self.runs > 0 and not self.differences and not self.failed

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        return {
            "same": self.same, "runs": self.runs, "of": self.of, "values": self.values, "failed": self.failed,
            "other_model": self.other_model, "differences": [found._asdict() for found in self.differences[:100]],
        }  # fmt: skip


def job_of(store: Store, row: pd.Series, indicators: Indicators = NOTHING_KEPT) -> Job:
    """Return the job that makes one run of a store again.

    Parameters
    ----------
    row
        Of ``store.runs()`` or ``store.failures()``.

    Raises
    ------
    StoreProblem
        If the content of its park or strategy is not there, or is not what its hash says.
    """
    contents = []
    for kind in ("park", "strategy"):
        content = store.inputs(row[f"{kind}_hash"])
        if content_hash(content) != row[f"{kind}_hash"]:
            raise StoreProblem("torn_result", file=store.folder / "inputs", problem=f"{kind} {row[f'{kind}_hash']}")
        contents.append(Content(kind, row[kind], row[f"{kind}_hash"], canonical(content)))
    park, strategy = contents
    if run_key(park.hash, strategy.hash, int(row["seed"]), int(row["quarters"]), row["model"]) != row.name:
        raise StoreProblem("torn_result", file=store.folder / "runs", problem=f"run {row.name} is not what its key says")
    for content, stored in zip(contents, (json.loads(park.json), json.loads(strategy.json)), strict=True):
        if content.name != stored["name"]:
            raise StoreProblem("torn_result", file=store.folder / "runs", problem=f"{content.kind} {content.name}")
    return Job(park, (strategy,), ((int(row["seed"]), (0,)),), int(row["quarters"]), row["model"], indicators)


def verify(
    store: Store,
    engine: Engine,
    sample: int | None = 20,
    draw: int = 1,
    progress: Progress | None = None,
    keys: Sequence[str] | None = None,
) -> Verdict:
    """Run a random sample of a store's runs again, and hold every outcome against what is stored.

    Parameters
    ----------
    engine
        Where the runs are made.
    sample
        How many; all if None.
    draw
        Seed of the sample: the same draw takes the same runs.
    progress
        Called as ``progress(runs done, runs in all)``.
    keys
        Runs to draw from; all of the store if None.

    Raises
    ------
    StoreProblem
        If the content behind a run is missing or altered.
    """
    runs = store.runs(keys)
    here = runs[runs["model"] == model_version()]
    n = len(here) if sample is None else min(sample, len(here))
    chosen = here.iloc[np.sort(np.random.default_rng(draw).choice(len(here), n, replace=False))] if n else here
    differences: list[Difference] = []
    failed: dict[str, str] = {}
    values = done = 0
    kept = list(store.kept().values())
    every = Indicators(tuple(dict.fromkeys(name for one in kept for name in one.columns)), 1) if kept else NOTHING_KEPT
    # A store that was merged may hold a run twice: every copy of it is held against what comes out.
    copies = store.copies(list(chosen.index)).groupby("run")
    paths = [(one, store.paths(one, list(chosen.index))) for one in kept]
    with engine:
        jobs = (job_of(store, row, every) for _, row in chosen.iterrows())
        for finished in engine.carry_out(carry_out_job, jobs):
            done += 1
            rows: Any = finished.result
            again = pd.DataFrame() if rows is None else rows.runs.to_pandas()
            if again.empty:
                failed[_key(finished.job)] = finished.lost or rows.failed["cause"][0].as_py()
            else:
                row = again.iloc[0]
                outcomes = [name for name in again.columns if name not in RUN_COLUMNS]
                values += len(outcomes)
                for _, stored in copies.get_group(row["run"]).iterrows():
                    differences += compare_rows(row["run"], stored, row, outcomes)
                differences += compare_paths(paths, row["run"], rows.paths)
            if progress is not None:
                progress(done, n)
    return Verdict(done, values, tuple(sorted(differences)), failed, len(here), len(runs) - len(here))


def compare_rows(run: str, stored: pd.Series, again: pd.Series, outcomes: Sequence[str]) -> list[Difference]:
    """Return the outcomes of which a run has another number than was stored, to the bit; NaN equals NaN."""
    found = []
    for name in outcomes:
        old, new = float(stored.get(name, np.nan)), float(again[name])
        if name not in stored.index or not (old == new or (np.isnan(old) and np.isnan(new))):
            found.append(Difference(run, name, old, new))
    unknown = [name for name in stored.index if name not in outcomes and name not in RUN_COLUMNS]
    # Of a part that was written by itself a column is empty where another part has it: a missing value is none.
    return found + [Difference(run, name, float(stored[name]), np.nan) for name in unknown if not pd.isna(stored[name])]


def compare_paths(
    stored: Sequence[tuple[Indicators, pd.DataFrame]], run: str, again: pa.Table | None
) -> list[Difference]:
    """Return the indicators over time of which a run has other numbers than were stored, to the bit."""
    found: list[Difference] = []
    for one, frame in stored if again is not None else ():
        if run not in frame.index:
            continue
        old = frame.loc[[run]]
        assert again is not None
        new = again.to_pandas().set_index(["run", "quarter"])[list(one.columns)]
        new = new[(new.index.get_level_values("quarter") + 1) % one.every == 0].sort_index()
        for name in one.columns:
            a, b = old[name].to_numpy(), new[name].to_numpy()
            if a.tobytes() != b.tobytes():
                place = int(np.argmax(a != b)) if a.shape == b.shape else 0
                found.append(Difference(run, f"{name} over time", float(a[place]), float(b[place])))
    return found


def find_run(store: Store, start: str) -> pd.Series:
    """Return the run, done or failed, whose key begins with some digits.

    Raises
    ------
    StoreProblem
        If there is none, or more than one.
    """
    for table in (store.runs(), store.failures()):
        matching = table[table.index.str.startswith(start)]
        if len(matching) == 1:
            return matching.iloc[0]
        if len(matching) > 1:
            raise StoreProblem("many_runs", start=start, n=len(matching), folder=store.folder)
    raise StoreProblem("no_such_run", start=start, folder=store.folder)


def _key(job: Job) -> str:
    return str(job.identity(job.runs[0][0], 0)["run"])


__all__ = ["Difference", "Verdict", "compare_rows", "find_run", "job_of", "verify"]
