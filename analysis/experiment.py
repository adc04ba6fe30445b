"""From an experiment to its runs: what there is to do, what is there already, and the work in between.

There is one way to run many runs, and this is it: ``klaver compare`` is an experiment of one park without factors. A *plan*
lists every run of an experiment with its key; runs that the store holds are passed over, the others go out as *jobs* (one
park, some seeds, several strategies) to an engine, and stream into the store as they come. A seed is prepared once per
job; every strategy starts from that same world, so differences between strategies are paired. What comes out does not
depend on the engine, the number of workers, the order in which jobs finish, or how often the work was interrupted.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.engines import Done, Engine, engine_for
from analysis.experiment_schema import TWIN as TWIN
from analysis.experiment_schema import Experiment
from analysis.identity import canonical, content_hash, hash_of_keys, model_version, run_key
from analysis.store import FAILED_SCHEMA, NOTHING_KEPT, RUN_SCHEMA, Indicators, Memory, Rows, Store, StoreProblem
from analysis.variants import Point, vary_park, vary_strategy

if TYPE_CHECKING:
    from analysis.posterior import Posterior
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

PATHS = ("private_investment", "public_outlay", "vitality", "vacancy", "jobs")
"""Indicators that a comparison keeps over time."""
JOB_SECONDS = 1.5  # work in a job: enough to make handing it out cheap, little to lose when a worker dies
_FIRST_JOB = 1  # seeds of the first job of a park, before it is known how long a run takes

Progress = Callable[[int, int], None]


class RunFailed(RuntimeError):
    """A run raised.

    Attributes
    ----------
    park, strategy : str
    seed : int
    what : str
        The exception it raised.
    run : str
        Its key.
    store
        Folder of the store that holds its inputs; None when it was in memory.
    """

    def __init__(
        self, park: str, strategy: str, seed: int, what: str, run: str = "", store: Path | None = None
    ) -> None:
        super().__init__(park, strategy, seed, what, run, store)
        self.park, self.strategy, self.seed, self.what, self.run, self.store = park, strategy, seed, what, run, store

    def __str__(self) -> str:
        return f"park {self.park!r}, strategy {self.strategy!r}, seed {self.seed}: {self.what}"


class AnotherModel(RuntimeError):
    """A worker has other sources of the model than the process that handed out the work.

    ``key`` and ``values`` name the sentence that a user is told.
    """

    key = "error.another_model"

    def __init__(self, planned: str, here: str) -> None:
        super().__init__(planned, here)
        self.values = {"planned": planned, "here": here}

    def __str__(self) -> str:
        return f"planned with version {self.values['planned']} of the model, and here is {self.values['here']}"


# --- the runs of an experiment, for analysis -------------------------------------------------------------------------


@dataclass(frozen=True)
class Runs:
    """Outcomes of many runs of one park.

    Where an experiment has several points, the values of a seed are the means over them, so that whatever is computed
    over seeds speaks of chance, and not of the points.

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
    paths : float32 array, (rows of the table, quarters kept, columns)
        Indicators at the end of each quarter kept; by default all, and the first is the end of the first quarter.
    columns
        Names along the last axis of `paths`.
    every
        Quarters from one row of `paths` to the next.
    receipt
        Hash of the keys of all runs behind these numbers.
    left_out
        Seeds that were asked for and left out, because a run of theirs failed.
    """

    park: str
    gross_ha: float
    quarters: int
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    table: pd.DataFrame
    paths: np.ndarray
    columns: tuple[str, ...]
    every: int = 1
    receipt: str = ""
    left_out: tuple[int, ...] = ()

    def values(self, strategy: str, measure: str) -> np.ndarray:
        """Return one raw measure of one strategy, float64, (seeds,), in ascending order of seed."""
        return self.table.loc[self._rows(strategy), measure].to_numpy(dtype=float)

    def path(self, strategy: str, column: str) -> np.ndarray:
        """Return one indicator of one strategy over time, float32, (seeds, quarters kept).

        Raises
        ------
        ValueError
            If that indicator was not kept.
        """
        if column not in self.columns:
            raise ValueError(f"indicator {column!r} was not kept; there are: {', '.join(self.columns)}")
        return self.paths[self._rows(strategy)][:, :, self.columns.index(column)]

    @property
    def years(self) -> np.ndarray:
        """The moments of `paths`, years from the start, float64, (quarters kept,)."""
        return self.every * np.arange(1, self.quarters // self.every + 1) / 4.0

    def _rows(self, strategy: str) -> np.ndarray:
        if strategy not in self.strategies:
            raise ValueError(f"strategy {strategy!r} was not run; there are: {', '.join(self.strategies)}")
        return np.asarray(self.table.index.get_level_values("strategy") == strategy)


# --- jobs: what a worker does ----------------------------------------------------------------------------------------


class Content(NamedTuple):
    """A park or a strategy, as it travels to a worker and lies in a store."""

    kind: str
    name: str
    hash: str
    json: str

    @classmethod
    def of(cls, kind: str, thing: Scenario | Strategy) -> Content:
        """Return the content of a park or of a strategy."""
        resolved = thing.resolved()
        return cls(kind, thing.name, content_hash(resolved), canonical(resolved))


@dataclass(frozen=True)
class Job:
    """Runs of one park: seeds, and of each the strategies that are asked for.

    Attributes
    ----------
    runs
        Pairs of a seed and of places in `strategies`.
    """

    park: Content
    strategies: tuple[Content, ...]
    runs: tuple[tuple[int, tuple[int, ...]], ...]
    quarters: int
    model: str
    indicators: Indicators = field(default_factory=Indicators)

    @property
    def count(self) -> int:
        """Number of runs."""
        return sum(len(places) for _, places in self.runs)

    def split(self) -> list[Job]:
        """Return the job as jobs of one run each."""
        return [
            Job(self.park, (self.strategies[place],), ((seed, (0,)),), self.quarters, self.model, self.indicators)
            for seed, places in self.runs for place in places
        ]  # fmt: skip

    def identity(self, seed: int, place: int) -> dict[str, Any]:
        """Return what a run of this job is: the columns of ``store.RUN_COLUMNS``."""
        strategy = self.strategies[place]
        return {
            "run": run_key(self.park.hash, strategy.hash, seed, self.quarters, self.model), "park": self.park.name,
            "strategy": strategy.name, "seed": seed, "quarters": self.quarters, "park_hash": self.park.hash,
            "strategy_hash": strategy.hash, "model": self.model,
        }  # fmt: skip


@lru_cache(maxsize=4)
def _place(json_text: str, quarters: int) -> Any:
    """Return the park of a content, ready to run; the last few stay in memory."""
    import json

    from sim import model
    from sim.inputs.scenario import Scenario

    scenario = Scenario.from_resolved(json.loads(json_text))
    return scenario, model.Park.of(scenario, quarters)


@lru_cache(maxsize=256)
def _strategy(json_text: str) -> Any:
    import json

    from sim.inputs.strategy import Strategy

    return Strategy.from_resolved(json.loads(json_text))


class Made(NamedTuple):
    """One run that was made.

    Attributes
    ----------
    identity
        What it is, as :meth:`Job.identity` gives it.
    measures
        Its outcomes (``sim.outcomes.measure``).
    path : float32 array, (quarters kept, columns)
        Its indicators.
    """

    identity: dict[str, Any]
    measures: dict[str, float]
    path: np.ndarray


class Raised(NamedTuple):
    """One run that raised: what it is, the exception in a line, and where it came from."""

    identity: dict[str, Any]
    cause: str
    traceback: str


def make_runs(job: Job, prepare: Callable[[Job, int], Any] | None = None) -> Iterator[Made | Raised]:
    """Run everything in a job, and yield each run as it is done; one that raises is given back with its cause.

    Parameters
    ----------
    prepare
        Gives the world of a job's park on one seed, as ``sim.model.prepare`` does, for who keeps worlds; nothing done to
        runs changes it.

    Raises
    ------
    AnotherModel
        If the sources of the model here are not those that the work was planned with.
    """
    if job.model != model_version():
        raise AnotherModel(job.model, model_version())
    for seed, places in job.runs:
        before: Any = None
        for place in places:
            identity = job.identity(seed, place)
            try:
                if before is None:
                    before = (prepare or prepare_world)(job, seed)
                made = Made(identity, *_run_one(job, before, place))
            except Exception as cause:
                yield Raised(identity, _describe(cause), traceback.format_exc())
            else:
                yield made


def carry_out_job(job: Job) -> Rows:
    """Run everything in a job, and return what came out; a run that raises is given back with its cause.

    Raises
    ------
    AnotherModel
        If the sources of the model here are not those that the work was planned with.
    """
    began = time.perf_counter()
    runs = list(make_runs(job))
    done = [run for run in runs if isinstance(run, Made)]
    failed = [run.identity | {"cause": run.cause, "traceback": run.traceback} for run in runs if isinstance(run, Raised)]
    return Rows(
        _run_table([run.identity | run.measures for run in done]),
        _path_table([(run.identity["run"], run.path) for run in done], job.indicators),
        pa.Table.from_pylist(failed, FAILED_SCHEMA), time.perf_counter() - began,
    )  # fmt: skip


def prepare_world(job: Job, seed: int) -> Any:
    """Return the world of a job's park on one seed, at quarter 0."""
    from sim import model

    return model.prepare(_place(job.park.json, job.quarters)[1], seed)


def _run_one(job: Job, before: Any, place: int) -> tuple[dict[str, float], np.ndarray]:
    """Run one strategy from a prepared world: its outcomes, and its indicators (quarters kept, columns)."""
    from sim import model, outcomes

    scenario, park = _place(job.park.json, job.quarters)
    after = model.simulate(before, _strategy(job.strategies[place].json).record(scenario, park.gross_ha))
    passed = min(int(after.clock[0].quarter), len(after.indicators))
    kept = slice(job.indicators.every - 1, passed, job.indicators.every)
    columns = [outcomes.INDICATORS.index(name) for name in job.indicators.columns]
    return dict(outcomes.measure(after)), np.asarray(after.indicators)[kept][:, columns].astype(np.float32)


def _run_table(rows: list[dict[str, Any]]) -> pa.Table:
    if not rows:
        return RUN_SCHEMA.empty_table()
    outcomes = [pa.field(name, pa.float64()) for name in rows[0] if name not in RUN_SCHEMA.names]
    schema = pa.schema([*RUN_SCHEMA, *outcomes])
    # Through NumPy, so that NaN stays NaN and does not become a missing value.
    arrays = [
        pa.array([row[name] for row in rows], column.type) if name in RUN_SCHEMA.names
        else pa.array(np.array([row[name] for row in rows], float))
        for name, column in zip(schema.names, schema, strict=True)
    ]  # fmt: skip
    return pa.table(arrays, schema=schema)


def _path_table(paths: list[tuple[str, np.ndarray]], indicators: Indicators) -> pa.Table | None:
    if not indicators.columns:
        return None
    if not paths:
        columns: list[Any] = [pa.array([], pa.string()), pa.array([], pa.int32())]
        columns += [pa.array([], pa.float32()) for _ in indicators.columns]
        return pa.table(columns, names=["run", "quarter", *indicators.columns])
    values = np.concatenate([path for _, path in paths])
    quarters = [np.arange(1, len(path) + 1) * indicators.every - 1 for _, path in paths]
    arrays = [
        pa.array(np.repeat([key for key, _ in paths], [len(path) for _, path in paths]), pa.string()),
        pa.array(np.concatenate(quarters), pa.int32()),
        *(pa.array(np.ascontiguousarray(values[:, k])) for k in range(values.shape[1])),
    ]
    return pa.table(arrays, names=["run", "quarter", *indicators.columns])


def _describe(cause: BaseException) -> str:
    text = str(cause)
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__


# --- the plan of an experiment ---------------------------------------------------------------------------------------


class Varied(NamedTuple):
    """A park or strategy as one point of a design makes it: made when it is needed, and not kept."""

    base: Any
    point: Any
    vary: Callable[[Any, Any], Any]
    draw: int | None = None  # seed whose parameters it has, where these are drawn

    def thing(self) -> Any:
        """Return the park or strategy."""
        return self.vary(self.base, self.point)


class Cell(NamedTuple):
    """One park variant and one strategy variant of an experiment, at one point of its design.

    ``seed`` is the one seed that it is for, where parameters are drawn for each; None for all seeds.
    """

    point: int
    values: Mapping[str, Any]
    park: Scenario | Varied
    strategy: Strategy | Varied
    seed: int | None = None


class Variant(NamedTuple):
    """A park or strategy of a plan: what it is called and hashes to, and how its content is had again."""

    kind: str
    name: str
    hash: str
    source: Any
    quarters: int | None

    def content(self) -> Content:
        """Return its content, made anew: many variants as text would not fit in memory."""
        return Content.of(self.kind, _thing(self.source))


def _thing(source: Any) -> Any:
    return source.thing() if isinstance(source, Varied) else source


@dataclass
class Plan:
    """Every run of an experiment, by key.

    Attributes
    ----------
    design : DataFrame
        One row a run of the experiment: ``run``, ``point``, ``park``, ``strategy``, ``seed``, ``park_hash``,
        ``strategy_hash``, and a column per factor. Two points may share a run: then it stands there twice.
    parks, strategies
        Variants by hash.
    gross_ha
        Hectares, by name of park.
    """

    name: str
    design: pd.DataFrame
    parks: dict[str, Variant]
    strategies: dict[str, Variant]
    quarters: dict[str, int]
    gross_ha: dict[str, float]
    order: tuple[str, ...]
    seeds: tuple[int, ...]
    indicators: Indicators
    content: dict[str, Any] = field(default_factory=dict)
    """What the store keeps with it."""
    model: str = field(default_factory=model_version)

    @cached_property
    def keys(self) -> set[str]:
        """Keys of all runs."""
        return set(self.design["run"])

    def missing(self, known: set[str]) -> pd.DataFrame:
        """Return the runs that are not known, each once: ``park_hash``, ``seed``, ``strategy_hash``."""
        rows = self.design[~self.design["run"].isin(known)].drop_duplicates("run")
        return rows[["park_hash", "seed", "strategy_hash"]]


def plan_experiment(experiment: Experiment, model: str | None = None) -> Plan:
    """List every run of an experiment, by this version of the model or by another one."""
    kept = Indicators(tuple(experiment.indicators.keep), experiment.indicators.every if experiment.indicators.keep else 1)
    return plan_runs(
        experiment.name, _cells(experiment), experiment.seeds, quarters=experiment.quarters, indicators=kept,
        content={"experiment": experiment.resolved()}, model=model,
    )  # fmt: skip


def stored_plan(store: Store, name: str | None = None) -> tuple[Experiment, Plan, dict[str, Any]]:
    """Return an experiment of a store, its runs, and what else the store keeps with it.

    Parameters
    ----------
    name
        Of the experiment; may be None where there is but one.

    Raises
    ------
    StoreProblem
        If there is no such experiment, or several and no name.
    """
    names = store.experiments()
    if name is None:
        if len(names) != 1:
            raise StoreProblem("which_experiment", folder=store.folder, names=", ".join(names))
        name = names[0]
    content, stored = store.design(name)
    experiment = Experiment.from_resolved(content["experiment"])
    plan = plan_experiment(experiment, content["model"])
    plan.name = name
    # The keys are those that were stored: a later version may describe the same park or strategy with one word more.
    place = ["point", "park", "strategy", "seed"]
    keys = stored.astype({"park": object, "strategy": object}).set_index(place)["run"]
    rows = pd.MultiIndex.from_frame(plan.design[place].astype({"park": object, "strategy": object}))
    plan.design["run"] = pd.array(keys.reindex(rows).to_numpy(), "string[pyarrow]")
    # So are the values of its factors: a later version of a library may draw other points.
    kept = stored.astype({"park": object, "strategy": object}).set_index(place)
    for factor in [name for name in stored.columns if name not in ("run", *place)]:
        plan.design[factor] = kept[factor].reindex(rows).to_numpy()
    if plan.design["run"].isna().any():
        raise StoreProblem("torn_result", file=store.folder / "experiments" / f"{name}.json", problem="design")
    return experiment, plan, content


def _cells(experiment: Experiment) -> Iterator[Cell]:
    """Yield every point with every park and strategy; only what a point changes is made anew.

    Where parameters are drawn, every seed has parks of its own, the same for all strategies and for the twin.
    """
    posterior = experiment.posterior()
    for point in experiment.points():
        parks: list[Any] = list(experiment.parks)
        strategies: list[Any] = list(experiment.strategies)
        if point.of_parks():
            parks = [Varied(park, point, vary_park) for park in parks]
        if point.of_strategies():
            strategies = [
                strategy if strategy.approach == "none" else Varied(strategy, point, vary_strategy)
                for strategy in strategies
            ]
        for seed in [None] if posterior is None else sorted(experiment.seeds):
            if posterior is not None and seed is not None:
                drawn = Point(point.number, {**posterior.draw(seed), **point.of_parks()})
                parks = [Varied(park, drawn, vary_park, seed) for park in experiment.parks]
            for park in parks:
                for strategy in strategies:
                    yield Cell(point.number, point.columns(), park, strategy, seed)


def plan_runs(
    name: str,
    cells: Iterable[Cell],
    seeds: Sequence[int],
    *,
    quarters: int | None = None,
    indicators: Indicators = NOTHING_KEPT,
    content: dict[str, Any] | None = None,
    model: str | None = None,
) -> Plan:
    """List every run of an experiment.

    Parameters
    ----------
    name
        Of the experiment.
    cells
        Its park and strategy variants, point by point; the twin of every park variant is among them.
    seeds
        Distinct whole numbers, at least one.
    quarters
        Length of every run; as each park says if None.
    indicators
        What is kept over time.
    content
        What the store keeps with it, as JSON can hold it: ``experiment``, and what else is known.
    model
        Version of the model; that of here if None.
    """
    order, model = sorted(seeds), model or model_version()
    variants = _Variants(quarters)
    rows: list[tuple[int, str, str, str, str, int]] = []
    factors: list[Mapping[str, Any]] = []
    seeds_of: list[list[int]] = []
    for cell in cells:
        park, strategy = variants.park(cell.park), variants.strategy(cell.strategy)
        rows.append((cell.point, park.name, strategy.name, park.hash, strategy.hash, park.quarters or 0))
        factors.append(cell.values)
        seeds_of.append(order if cell.seed is None else [cell.seed])
    names = tuple(dict.fromkeys(row[2] for row in rows))
    return Plan(
        name, _design_of(rows, factors, seeds_of, model), variants.parks, variants.strategies,
        {park.hash: park.quarters or 0 for park in variants.parks.values()}, variants.gross_ha, names, tuple(order),
        indicators, content or {}, model,
    )  # fmt: skip


class _Variants:
    """The parks and strategies of the cells of a plan, each hashed once."""

    def __init__(self, quarters: int | None) -> None:
        self._quarters = quarters
        self._seen: dict[tuple[int | None, ...], tuple[Any, Variant]] = {}
        self.parks: dict[str, Variant] = {}
        self.strategies: dict[str, Variant] = {}
        self.gross_ha: dict[str, float] = {}

    def park(self, source: Scenario | Varied) -> Variant:
        found = self._known("park", source, self.parks)
        if found.name not in self.gross_ha:
            self.gross_ha[found.name] = _gross_ha(_thing(source))
        return found

    def strategy(self, source: Strategy | Varied) -> Variant:
        return self._known("strategy", source, self.strategies)

    def _known(self, kind: str, source: Any, known: dict[str, Variant]) -> Variant:
        mark = (id(source.base), source.point.number, source.draw) if isinstance(source, Varied) else (id(source),)
        if mark not in self._seen:
            thing = _thing(source)
            length = (self._quarters or thing.quarters) if kind == "park" else None
            key = Content.of(kind, thing).hash
            variant = known.setdefault(key, Variant(kind, thing.name, key, source, length))
            # The object is kept with its id, so that no other can come to have that id.
            self._seen[mark] = (source.base if isinstance(source, Varied) else source, variant)
        return self._seen[mark][1]


def _design_of(
    rows: list[tuple[int, str, str, str, str, int]], factors: list[Mapping[str, Any]], seeds_of: list[list[int]], model: str
) -> pd.DataFrame:
    """Return the table of a plan's runs: one row a cell and seed; `seeds_of` are those of each cell."""
    columns = ("point", "park", "strategy", "park_hash", "strategy_hash", "quarters")
    cells = pd.DataFrame(rows, columns=list(columns)).join(pd.DataFrame(factors))
    design = cells.loc[cells.index.repeat([len(seeds) for seeds in seeds_of])].reset_index(drop=True)
    for column in columns[1:5]:
        design[column] = design[column].astype("category")
    keys = [run_key(row[3], row[4], seed, row[5], model) for row, seeds in zip(rows, seeds_of, strict=True) for seed in seeds]
    design.insert(0, "run", pd.array(keys, "string[pyarrow]"))
    design.insert(4, "seed", np.concatenate([np.array(seeds, np.int64) for seeds in seeds_of]))
    return design.drop(columns="quarters")


def _gross_ha(scenario: Scenario) -> float:
    from sim import model
    from sim.inputs.problems import InvalidFile

    try:
        return model.Park.of(scenario).gross_ha
    except InvalidFile:
        return scenario.gross_ha  # its runs will fail, each with the cause


# --- carrying it out -------------------------------------------------------------------------------------------------


class Carried(NamedTuple):
    """What carrying out a plan came to."""

    made: int
    there: int
    failed: pd.DataFrame
    seconds: float
    torn: int


def carry_out(
    plan: Plan,
    store: Store | Memory,
    engine: Engine,
    progress: Progress | None = None,
    *,
    retry_failed: bool = False,
    keep_design: bool = True,
    work: Callable[[Job], Rows] = carry_out_job,
) -> Carried:
    """Make the runs of a plan that the store does not hold; what is done is kept, however this ends.

    Parameters
    ----------
    store
        Takes the results; locked while this works.
    engine
        Where the work is done.
    progress
        Called as ``progress(runs done, runs to do)`` in this process.
    retry_failed
        Try runs again that failed before; by default they are passed over.
    keep_design
        Note in the store which runs belong to this experiment.
    work
        What a worker does with a job; tests give another.

    Returns
    -------
    Carried
        How many runs were made and were there, and the runs of this plan that failed.

    Raises
    ------
    StoreProblem
        If another process is writing to the store, or the disk is full.
    KeyboardInterrupt
        After Ctrl-C; what was done is in the store.
    """
    began = time.monotonic()
    with engine, store.writing():
        known = store.known(plan.indicators)
        failures = store.failures()
        skipped = set() if retry_failed else set(failures.index) & plan.keys
        todo = plan.missing(known | skipped)
        jobs = _Jobs(plan, todo)
        for inputs in _inputs_of(plan, store.known_inputs()):
            store.put_inputs(inputs)
        if keep_design:
            runs = plan.design.drop(columns=["park_hash", "strategy_hash"])
            store.put_design(plan.name, plan.content | {"model": plan.model}, runs)
        done = 0
        with store.batches(plan.indicators) as batches:
            for finished in engine.carry_out(work, jobs):
                rows = finished.result if finished.result is not None else _lost(finished)
                jobs.learn(finished.job, rows)
                batches.add(rows)
                done += finished.job.count
                if progress is not None:
                    progress(done, len(todo))
        failed = store.failures()
    failed = failed[failed.index.isin(plan.keys)]
    torn = len(store.torn) if isinstance(store, Store) else 0
    return Carried(len(todo) - len(set(failed.index) - skipped), len(plan.keys & known), failed,
                   time.monotonic() - began, torn)  # fmt: skip


def _inputs_of(plan: Plan, known: set[str]) -> Iterator[dict[str, tuple[str, str, str]]]:
    """Yield the parks and strategies of a plan that are not known, also where their runs are, some hundreds at a time."""
    wanted = [variant for key, variant in (*plan.parks.items(), *plan.strategies.items()) if key not in known]
    for some in batched(wanted, 500):
        contents = (variant.content() for variant in some)
        yield {content.hash: (content.kind, content.name, content.json) for content in contents}


def _lost(finished: Done) -> Rows:
    """Return the failure of a run that took its worker with it, twice."""
    job: Job = finished.job
    ((seed, (place,)),) = job.runs
    failure = job.identity(seed, place) | {"cause": f"the worker died: {finished.lost}", "traceback": ""}
    return Rows(RUN_SCHEMA.empty_table(), _path_table([], job.indicators),
                pa.Table.from_pylist([failure], FAILED_SCHEMA), 0.0)  # fmt: skip


class _Jobs:
    """The jobs of a plan, made as they are needed: the longer a run takes, the fewer go into one."""

    def __init__(self, plan: Plan, todo: pd.DataFrame) -> None:
        self._plan, self._todo = plan, todo
        self._seconds: dict[str, float] = {}  # per run, by name of park

    def learn(self, job: Job, rows: Rows) -> None:
        """Take note of how long the runs of a job took."""
        if rows.tried:
            self._seconds[job.park.name] = max(rows.seconds / rows.tried, 1e-6)

    def __iter__(self) -> Iterator[Job]:
        for park_hash, rows in self._todo.groupby("park_hash", sort=False, observed=True):
            park = self._plan.parks[str(park_hash)]
            content = park.content()
            waiting: list[tuple[int, tuple[str, ...]]] = []
            for seed, group in rows.groupby("seed", sort=True):
                waiting.append((int(seed), tuple(group["strategy_hash"])))  # type: ignore[arg-type]
                if self._enough(park.name, waiting):
                    yield self._job(content, waiting)
                    waiting = []
            if waiting:
                yield self._job(content, waiting)

    def _enough(self, park: str, waiting: list[tuple[int, tuple[str, ...]]]) -> bool:
        if park not in self._seconds:
            return len(waiting) >= _FIRST_JOB
        return self._seconds[park] * sum(len(hashes) for _, hashes in waiting) >= JOB_SECONDS

    def _job(self, content: Content, waiting: list[tuple[int, tuple[str, ...]]]) -> Job:
        hashes = list(dict.fromkeys(key for _, keys in waiting for key in keys))
        place = {key: k for k, key in enumerate(hashes)}
        return Job(
            content, tuple(self._plan.strategies[key].content() for key in hashes),
            tuple((seed, tuple(place[key] for key in keys)) for seed, keys in waiting),
            self._plan.quarters[content.hash], self._plan.model, self._plan.indicators,
        )  # fmt: skip


# --- reading back ----------------------------------------------------------------------------------------------------


def collect(plan: Plan, store: Store | Memory) -> dict[str, Runs]:
    """Return the runs of a plan for analysis, by name of park.

    Seeds of which a run is not there are left out of every strategy, so that differences stay paired.

    Raises
    ------
    RunFailed
        If no seed of a park is complete and a run failed: with the first of them.
    """
    found = store.runs(plan.keys)
    paths = store.paths(plan.indicators, plan.keys) if plan.indicators.columns else None
    return {
        str(park): _runs_of(plan, str(park), design, found, paths, store)
        for park, design in plan.design.groupby("park", sort=False, observed=True)
    }


def _runs_of(
    plan: Plan, park: str, design: pd.DataFrame, found: pd.DataFrame, paths: pd.DataFrame | None, store: Store | Memory
) -> Runs:
    there = design["run"].isin(found.index)
    if paths is not None:  # of this park alone: another may be followed for another number of quarters
        paths = paths[paths.index.get_level_values("run").isin(set(design["run"]))]
        there &= design["run"].isin(paths.index.get_level_values("run").unique())
    broken = set(design.loc[~there, "seed"])
    seeds = tuple(seed for seed in plan.seeds if seed not in broken)
    if not seeds:
        raise first_failure(design.loc[~there, "run"], store)
    rows = design[design["seed"].isin(seeds)].reset_index(drop=True)
    outcomes = [column for column in found.columns if column not in RUN_SCHEMA.names]
    values = found.loc[rows["run"], outcomes].reset_index(drop=True)
    values.insert(0, "strategy", rows["strategy"].astype(object))
    values.insert(1, "seed", rows["seed"])
    # A seed's value is the mean over the points of the design; with one point, that is the run itself.
    table = values.groupby(["strategy", "seed"], sort=False).mean().sort_index(level=["seed", "strategy"])
    quarters = plan.quarters[rows["park_hash"].iloc[0]]
    return Runs(
        park, plan.gross_ha[park], quarters, plan.order, seeds, table,
        _paths_of(rows, table.index, paths, plan.indicators, quarters), plan.indicators.columns, plan.indicators.every,
        hash_of_keys(set(rows["run"])), tuple(sorted(broken)),
    )  # fmt: skip


def _paths_of(
    rows: pd.DataFrame, index: pd.Index, paths: pd.DataFrame | None, indicators: Indicators, quarters: int
) -> np.ndarray:
    """Return indicators over time in the order of a table's index, means over points: (rows, quarters kept, columns)."""
    kept = quarters // indicators.every
    if paths is None:
        return np.zeros((len(index), kept, 0), np.float32)
    keys = paths.index.get_level_values("run").to_numpy()[::kept]
    if len(paths) != kept * paths.index.get_level_values("run").nunique():
        raise ValueError(f"indicators of some runs do not have {kept} quarters")
    cube = paths.to_numpy(np.float32).reshape(len(keys), kept, len(indicators.columns))
    place = pd.Series(np.arange(len(keys)), keys)
    found = np.zeros((len(index), kept, len(indicators.columns)), np.float64)
    target = index.get_indexer(pd.MultiIndex.from_arrays([rows["strategy"].astype(object), rows["seed"]]))
    np.add.at(found, target, cube[place.loc[rows["run"]].to_numpy()])
    return (found / np.bincount(target, minlength=len(index))[:, None, None]).astype(np.float32)


def first_failure(keys: pd.Series, store: Store | Memory) -> Exception:
    """Return what to raise where runs are missing: the first that failed, or that they were never made."""
    failures = store.failures()
    failures = failures[failures.index.isin(set(keys))]
    if failures.empty:
        return ValueError("not one seed has all its runs; carry out the experiment first")
    first = failures.sort_values(["seed", "strategy"]).iloc[0]
    return RunFailed(first["park"], first["strategy"], int(first["seed"]), first["cause"], str(first.name),
                     store.folder if isinstance(store, Store) else None)  # fmt: skip


# --- one park, some strategies ---------------------------------------------------------------------------------------


def plan_pairs(
    park: Scenario, strategies: Sequence[Strategy], seeds: Sequence[int], *, quarters: int | None = None,
    keep: Sequence[str] = PATHS, every: int = 1, name: str = "runs", parameters: Posterior | None = None,
) -> Plan:
    """List the runs of some strategies on one park, and of the twin ``none`` where it is not among them.

    Raises
    ------
    InvalidFile
        If there are no seeds, or one is given twice, or anything else is not as an experiment has it.
    """
    from analysis.experiment_file import experiment_of

    return plan_experiment(experiment_of(
        [park], strategies, seeds, quarters=quarters, name=name, keep=keep, every=every, parameters=parameters))  # fmt: skip


def run_pairs(
    park: Scenario,
    strategies: Sequence[Strategy],
    seeds: Sequence[int],
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    quarters: int | None = None,
    keep: Sequence[str] = PATHS,
    store: Store | Memory | None = None,
    cluster: str | None = None,
    name: str = "runs",
    tell: Progress | None = None,
    parameters: Posterior | None = None,
) -> Runs:
    """Run every strategy, and the twin ``none``, on every seed of one park.

    Parameters
    ----------
    park, strategies
        As ``load_park`` and ``load_strategy`` return them.
    seeds
        Distinct whole numbers; their order does not matter.
    workers
        Processes here; None takes one per core, or none besides this when the job is small.
    progress
        Called as ``progress(runs done, runs to do)``.
    quarters
        Length of a run; as the park says if None.
    keep
        Indicators to keep over time.
    store
        Where runs are kept and found again; in memory, for this once, if None.
    cluster
        Address of a dask scheduler, or ``local:N``.
    name
        Of the experiment in the store.
    tell
        Called once as ``tell(runs that are there, runs to do)``.
    parameters
        Posterior from which each seed draws its parameters, for all strategies and the twin; those of the park if None.

    Raises
    ------
    ValueError
        If there are no seeds, or one is given twice, or ``workers`` is below 1, or an input is not right.
    RunFailed
        If a run raised. All others have been made, and are kept where there is a store.
    KeyboardInterrupt
        After Ctrl-C; runs that were done are kept where there is a store.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}; at least 1 is needed")
    plan = plan_pairs(park, strategies, seeds, quarters=quarters, keep=keep, name=name, parameters=parameters)
    place = store if store is not None else Memory()
    runs = len(plan.missing(place.known(plan.indicators)))
    if tell is not None:
        tell(len(plan.keys) - runs, runs)
    carried = carry_out(plan, place, engine_for(workers, cluster, runs), progress)
    if len(carried.failed):
        raise first_failure(plan.design["run"], place)
    return collect(plan, place)[park.name]
