"""Are the numbers of a store still what its inputs give? Runs a sample of its runs again, and compares bit for bit.

Nothing of the store is taken on trust but the content of parks and strategies, and even that is held against its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.engines import Engine
from analysis.experiment import Content, Indicators, Job, Progress, carry_out_job
from analysis.identity import canonical, content_hash, model_version
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
    with engine:
        jobs = (job_of(store, row) for _, row in chosen.iterrows())
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
                differences += compare_rows(row["run"], runs.loc[row["run"]], row, outcomes)
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
