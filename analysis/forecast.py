"""How long will it take, and how much disk: a few runs are made and timed, and the rest is arithmetic."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.experiment import Job, Plan, _Jobs, carry_out_job
from analysis.store import Memory, Store

SAMPLE_SECONDS = 5.0  # of timing, at most one job beyond it
_PARKS = 3  # park variants that are sampled: the first, the last and one in between
_LOST = 0.9  # of a second core: what two workers give beside one (benchmarks/README.md)


@dataclass(frozen=True)
class Forecast:
    """What carrying out a plan would take.

    Attributes
    ----------
    runs, there, failed, todo
        In all; in the store already; failed before, and passed over; still to be made.
    sampled
        Runs that were timed.
    seconds_per_run
        On one core, preparing a seed included; None when nothing was sampled.
    seconds
        For all that is to do, with so many workers; None as above.
    bytes
        Of disk for all that is to do, None as above.
    workers
        Processes that the time is reckoned with.
    """

    runs: int
    there: int
    failed: int
    todo: int
    sampled: int
    seconds_per_run: float | None
    seconds: float | None
    bytes: int | None
    workers: int

    def to_json(self) -> dict[str, Any]:
        """Return the forecast as plain values."""
        return asdict(self)


def forecast(plan: Plan, store: Store | Memory, workers: int) -> Forecast:
    """Make and time a few of the runs that are to do, and reckon what all of them take.

    Nothing is written. The sample takes some seconds, or one seed of one park where that takes longer.

    Parameters
    ----------
    workers
        Processes that would do the work, 1 or more.
    """
    known = store.known(plan.indicators)
    failed = set(store.failures().index) & plan.keys - known
    todo = plan.missing(known | failed)
    jobs = _sample_jobs(plan, todo)
    if jobs:
        carry_out_job(jobs[0].split()[0])  # what is loaded and compiled at the first run is not counted
    began, seconds, runs = time.perf_counter(), 0.0, 0
    tables: list[tuple[pa.Table, pa.Table | None]] = []
    for job in jobs:
        rows = carry_out_job(job)
        seconds, runs = seconds + rows.seconds, runs + rows.tried
        tables.append((rows.runs, rows.paths))
        if time.perf_counter() - began > SAMPLE_SECONDS:
            break
    each = seconds / runs if runs else None
    size = sum(_size([table[k] for table in tables]) for k in (0, 1))
    speed = 1.0 + _LOST * (workers - 1)
    return Forecast(
        len(plan.keys), len(plan.keys & known), len(failed), len(todo), runs, each,
        None if each is None else each * len(todo) / speed, None if not runs else round(size / runs * len(todo)), workers,
    )  # fmt: skip


def _sample_jobs(plan: Plan, todo: Any) -> list[Job]:
    """Return one seed of a few parks, then a second seed of each, and so on."""
    hashes = list(dict.fromkeys(todo["park_hash"]))
    chosen = [hashes[k] for k in sorted({0, len(hashes) // 2, len(hashes) - 1})][:_PARKS] if hashes else []
    rows = todo[todo["park_hash"].isin(chosen)]
    seeds = sorted(set(rows["seed"]))[:4]
    jobs = []
    for seed in seeds:
        jobs += list(_Jobs(plan, rows[rows["seed"] == seed]))
    return jobs


def _size(tables: list[pa.Table | None]) -> int:
    """Return how many bytes some tables take on disk."""
    some = [table for table in tables if table is not None and table.num_rows]
    if not some:
        return 0
    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(some, promote_options="default"), sink, compression="zstd")
    return len(sink.getvalue())
