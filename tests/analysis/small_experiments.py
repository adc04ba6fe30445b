"""A small experiment that many tests carry out: one little park, a few strategies and seeds, a year."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from analysis.engines import Engine, InProcess
from analysis.experiment import Carried, Job, Plan, carry_out, carry_out_job, plan_pairs
from analysis.store import Memory, Rows, Store
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import Strategy, load_strategy

QUARTERS = 4


@cache
def village() -> Scenario:
    """Return the smallest shipped park, without its burn-in, so that a run takes a moment."""
    return load_park("small_village").model_copy(update={"burn_in": 0})


@cache
def two_strategies() -> tuple[Strategy, ...]:
    """Return two strategies; the twin comes with them."""
    return load_strategy("supply_driven"), load_strategy("demand_driven")


def plan(seeds: int = 6, strategies: int = 2, name: str = "small") -> Plan:
    """Return a plan of (strategies + 1) x seeds runs."""
    return plan_pairs(village(), two_strategies()[:strategies], range(1, seeds + 1), quarters=QUARTERS, name=name)


def make(some: Plan, store: Store | Memory, engine: Engine | None = None, **how: object) -> Carried:
    """Carry a plan out, here unless another engine is given."""
    return carry_out(some, store, engine or InProcess(), **how)  # type: ignore[arg-type]


@cache
def uninterrupted(seeds: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return runs and paths of a plan that nothing disturbed."""
    memory, some = Memory(), plan(seeds)
    make(some, memory)
    return memory.runs(), memory.paths(some.indicators)


def check_whole(folder: Path, some: Plan, seeds: int = 6) -> None:
    """Check that a store holds every run of a plan once, to the bit what an undisturbed run gives, and nothing half."""
    store = Store(folder, must_exist=True)
    runs, paths = uninterrupted(seeds)
    pd.testing.assert_frame_equal(store.runs(some.keys), runs, check_exact=True)
    pd.testing.assert_frame_equal(store.paths(some.indicators, some.keys), paths, check_exact=True)
    written = [key for part in sorted((folder / "runs").glob("*.parquet")) for key in pq.read_table(part)["run"].to_pylist()]
    assert len(written) == len(set(written)), "a run was written twice"
    assert not list(folder.rglob(".*.tmp")), "something half-written was left"
    assert store.failures().empty


class Breaks(RuntimeError):
    """What the broken strategy raises."""


def breaks_on_seed_two(job: Job) -> Rows:
    """Do the work of a job, but raise in every run of seed 2 with the supply-driven strategy."""
    from unittest.mock import patch

    from analysis import experiment

    whole = experiment._run_one

    def broken(some: Job, before: object, place: int) -> object:
        if before.clock[0].seed == 2 and some.strategies[place].name == "supply_driven":  # type: ignore[attr-defined]
            raise Breaks("as it was told to")
        return whole(some, before, place)

    with patch.object(experiment, "_run_one", broken):
        return carry_out_job(job)
