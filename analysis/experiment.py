"""Many runs of one park: every strategy and the twin without intervention on the same seeds.

A seed is prepared once; every strategy starts from that same world, so differences between strategies are paired.
What comes back does not depend on how many workers did the work, or in which order they finished.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor

TWIN = "none"
PATHS = (
    "private_investment", "public_outlay", "vitality", "vitality_core", "vitality_occupancy", "vitality_premises",
    "vitality_public_space", "vitality_jobs", "vitality_dynamics", "vitality_organisation", "vitality_future",
    "vacancy", "jobs", "trust", "uncertainty", "outdated", "open_opportunities", "realised", "exited", "started",
    "queue_regisseren", "queue_aanjagen", "queue_verbinden", "queue_ontzorgen", "hours_lapsed", "activity",
)
"""Indicators kept over time, as far as the model has them."""

SMALL = 12  # runs below which starting workers costs more than it saves
BATCHES = 8  # per worker, so that progress shows and no worker waits long for the last one

Progress = Callable[[int, int], None]


class Engine(NamedTuple):
    """What an experiment needs of a model; :func:`klaver_engine` gives that of ``sim``, tests give smaller ones."""

    prepare: Callable[[Any, int], Any]
    """``prepare(park, seed)`` returns the world from which every strategy of that seed starts."""
    simulate: Callable[[Any, Any], Any]
    """``simulate(world, strategy)`` returns an independent world, run to its horizon."""
    measure: Callable[[Any], dict[str, float]]
    """``measure(world)`` returns the raw outcomes of one run."""
    no_strategy: Callable[[], Any]
    """Returns the strategy of the twin."""
    follow: Callable[[Any], np.ndarray]
    """``follow(world)`` returns indicators over time, (quarters, columns)."""
    columns: tuple[str, ...]
    """Names of those columns."""


def follow_world(world: Any) -> np.ndarray:
    """Return the indicator rows that were written: one per quarter that has passed, (quarters, columns)."""
    passed: int = min(int(world.clock[0].quarter), len(world.indicators))
    return np.asarray(world.indicators)[:passed]


def klaver_engine() -> Engine:
    """Return the engine of ``sim`` (imported here: it compiles)."""
    from sim import model, outcomes

    return Engine(
        model.prepare, model.simulate, outcomes.measure, model.no_strategy, follow_world, tuple(outcomes.INDICATORS)
    )


class RunFailed(RuntimeError):
    """A run raised. The exception it raised is the cause of this one.

    Attributes
    ----------
    park, strategy : str
    seed : int
    """

    def __init__(self, park: str, strategy: str, seed: int, what: str) -> None:
        super().__init__(park, strategy, seed, what)
        self.park, self.strategy, self.seed, self.what = park, strategy, seed, what

    def __str__(self) -> str:
        return f"park {self.park!r}, strategy {self.strategy!r}, seed {self.seed}: {self.what}"


@dataclass(frozen=True)
class Runs:
    """Raw outcomes of many runs of one park.

    Attributes
    ----------
    park
        Name of the park.
    gross_ha
        Area within its boundary, hectares.
    quarters
        Length of a run.
    strategies
        In the order asked for; the twin ``none`` is always among them.
    seeds
        Ascending.
    table : DataFrame
        Index (strategy, seed), sorted by seed, then strategy; a column per raw measure, euros unless its name says
        otherwise. NaN where a run has no such number (no opportunity delivered, nobody moved).
    paths : float32 array, (rows of the table, quarters, columns)
        Indicators at the end of each quarter; the first row is the end of the first quarter.
    columns
        Names along the last axis of `paths`.
    """

    park: str
    gross_ha: float
    quarters: int
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    table: pd.DataFrame
    paths: np.ndarray
    columns: tuple[str, ...]

    def values(self, strategy: str, measure: str) -> np.ndarray:
        """Return one raw measure of one strategy, float64, (seeds,), in ascending order of seed."""
        return self.table.loc[self._rows(strategy), measure].to_numpy(dtype=float)

    def path(self, strategy: str, column: str) -> np.ndarray:
        """Return one indicator of one strategy over time, float32, (seeds, quarters).

        Raises
        ------
        ValueError
            If that indicator was not kept.
        """
        if column not in self.columns:
            raise ValueError(f"indicator {column!r} was not kept; there are: {', '.join(self.columns)}")
        return self.paths[self._rows(strategy)][:, :, self.columns.index(column)]

    def _rows(self, strategy: str) -> np.ndarray:
        if strategy not in self.strategies:
            raise ValueError(f"strategy {strategy!r} was not run; there are: {', '.join(self.strategies)}")
        return np.asarray(self.table.index.get_level_values("strategy") == strategy)


def run_pairs(
    park: Any,
    strategies: Mapping[str, Any],
    seeds: Sequence[int],
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    engine: Engine | None = None,
    keep: Sequence[str] = PATHS,
) -> Runs:
    """Run every strategy, and the twin ``none``, on every seed.

    The first seed is run in this process, so that what must be compiled is compiled once; the others go in batches to
    worker processes.

    Parameters
    ----------
    park
        A ``sim.model.Park``.
    strategies
        Name to record of dtype ``sim.records.STRATEGY``. The twin is added when ``none`` is not among them.
    seeds
        Distinct whole numbers; their order does not matter.
    workers
        Processes. 1 runs everything here; None takes one per core, or 1 when the job is small.
    progress
        Called as ``progress(runs done, runs in all)`` in this process.
    engine
        The model; by default ``sim``.
    keep
        Indicators to keep over time; names the model does not have are left out.

    Raises
    ------
    ValueError
        If there are no seeds, or one is given twice, or ``workers`` is below 1.
    RunFailed
        If a run raised; its own exception is the cause.
    KeyboardInterrupt
        After Ctrl-C, when the workers have been stopped.
    """
    order = sorted(int(seed) for seed in seeds)
    if not order:
        raise ValueError("seeds is empty; give at least one")
    twice = [seed for seed, following in pairwise(order) if seed == following]
    if twice:
        raise ValueError(f"seeds holds {twice[0]} more than once; each run counts once")
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}; at least 1 is needed")
    engine = engine or klaver_engine()
    plans = dict(strategies)
    plans.setdefault(TWIN, engine.no_strategy())
    columns = tuple(name for name in keep if name in engine.columns)
    total = len(order) * len(plans)
    if workers is None:
        workers = 1 if total <= SMALL else joblib.cpu_count()

    rows: list[_Row] = []
    for batch in _run_batches(engine, park, plans, order, columns, workers):
        for row in batch:
            if row.cause is not None:
                raise RunFailed(park.name, row.strategy, row.seed, _describe(row.cause)) from row.cause
            rows.append(row)
        if progress is not None:
            progress(len(rows), total)
    rows.sort(key=lambda row: (row.seed, row.strategy))
    index = pd.MultiIndex.from_arrays(
        [[row.strategy for row in rows], [row.seed for row in rows]], names=["strategy", "seed"]
    )
    return Runs(
        park=park.name, gross_ha=float(park.gross_ha), quarters=int(park.quarters), strategies=tuple(plans),
        seeds=tuple(order), table=pd.DataFrame([row.measures for row in rows], index=index),
        paths=np.stack([row.path for row in rows]), columns=columns,  # type: ignore[misc]
    )


def replay(
    park: Any, strategies: Mapping[str, Any], seed: int, *, engine: Engine | None = None
) -> tuple[Any, dict[str, Any]]:
    """Run one seed again and keep the worlds: the one at quarter 0, and the one at the end of each strategy and twin.

    Returns
    -------
    before : World
    after : dict
        Strategy name to World; includes ``none``.
    """
    engine = engine or klaver_engine()
    before = engine.prepare(park, seed)
    plans = {TWIN: engine.no_strategy(), **strategies}
    return before, {name: engine.simulate(before, plan) for name, plan in plans.items()}


class _Row(NamedTuple):
    """One run, or the exception that ended it."""

    strategy: str
    seed: int
    measures: dict[str, float] | None = None
    path: np.ndarray | None = None
    cause: Exception | None = None


def _run_batches(
    engine: Engine, park: Any, plans: dict[str, Any], seeds: list[int], columns: tuple[str, ...], workers: int
) -> Iterator[list[_Row]]:
    """Yield the runs batch by batch, in ascending order of seed; the first seed, and all when alone, run here."""
    alone = workers == 1 or len(seeds) == 1
    for seed in seeds if alone else seeds[:1]:
        yield _run_seeds(engine, park, plans, [seed], columns)
    if alone:
        return
    rest = seeds[1:]
    size = max(1, math.ceil(len(rest) / (workers * BATCHES)))
    batches = [rest[start : start + size] for start in range(0, len(rest), size)]
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        jobs = joblib.Parallel(n_jobs=min(workers, len(batches)), return_as="generator", batch_size=1)
        results = jobs(joblib.delayed(_run_seeds)(engine, park, plans, batch, columns) for batch in batches)
    finished = False
    try:
        yield from results
        finished = True
    finally:
        if not finished:  # interrupted, or a run failed: nobody waits for the rest
            results.close()
            get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _run_seeds(
    engine: Engine, park: Any, plans: dict[str, Any], seeds: list[int], columns: tuple[str, ...]
) -> list[_Row]:
    """Run every plan on each seed; stop at the first run that raises, which is then the last row."""
    positions = [engine.columns.index(name) for name in columns]
    rows: list[_Row] = []
    for seed in seeds:
        try:
            strategy = TWIN  # preparing is what the twin, too, goes through
            before = engine.prepare(park, seed)
            for strategy, plan in plans.items():
                after = engine.simulate(before, plan)
                path = np.ascontiguousarray(engine.follow(after)[:, positions], dtype=np.float32)
                rows.append(_Row(strategy, seed, dict(engine.measure(after)), path))
        except Exception as cause:
            rows.append(_Row(strategy, seed, cause=_portable(cause)))
            break
    return rows


def _portable(cause: Exception) -> Exception:
    """Return ``cause``, or a stand-in with its text when it cannot travel between processes."""
    try:
        pickle.loads(pickle.dumps(cause))
        return cause
    except Exception:
        return RuntimeError(_describe(cause))


def _describe(cause: Exception) -> str:
    text = str(cause)
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__
