"""A long sweep measured: its memory and speed, what workers add, and where the time goes.

``uv run python -m benchmarks.sweep [--runs 100000] [--park typical] [--workers N] [--cluster local:N] [--save]`` carries out
one sweep in a process of its own, and follows from outside how much memory that process and its workers hold while runs
are done. ``--speedup`` compares one worker, two, and a dask cluster of two; ``--profile`` tells what a sweep does besides
running the model. A sweep is the demand-driven strategy and its twin over many seeds of one park, four indicators kept
every year: what the shipped experiments ask for.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import math
import multiprocessing
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psutil

from analysis.engines import Cluster, Done, Engine, InProcess, Processes, Work, engine_for
from analysis.experiment import Content, Job, Plan, carry_out, carry_out_job, plan_experiment
from analysis.experiment_file import experiment_of
from analysis.identity import model_version
from analysis.store import Indicators, Store
from benchmarks.results_page import RESULTS, keep, machine, show
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.warm_up import compile_rules

KEPT = Indicators(("vitality", "private_investment", "public_outlay", "vacancy"), 4)
STRATEGY = "demand_driven"
MB = 1e6
LEAST_SPEEDUP, MOST_MEMORY = 1.7, 500.0  # promised: of two workers on two cores; MB a worker
_SPANS = 20  # means over so many spans of runs make one trend


def plan_of(park: str, runs: int, first_seed: int = 1) -> Plan:
    """Return the plan of a sweep.

    Parameters
    ----------
    park
        Name of a shipped park.
    runs
        At least so many: a strategy and its twin over half as many seeds, rounded up.
    first_seed
        The seeds follow from here.
    """
    seeds = range(first_seed, first_seed + math.ceil(runs / 2))
    parks, strategies = [load_park(park)], [load_strategy(STRATEGY)]
    return plan_experiment(experiment_of(parks, strategies, seeds, name="sweep", keep=KEPT.columns, every=KEPT.every))


# --- memory through a sweep ------------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """Memory at one moment of a sweep: resident bytes of the main process, and of each worker by its process id."""

    seconds: float
    done: int
    main: int
    workers: dict[int, int]


class Over(NamedTuple):
    """What the process that carried out a sweep tells when it is done."""

    made: int
    failed: int
    seconds: float
    bytes: int


class Trend(NamedTuple):
    """How memory grows with runs over the second half of a sweep, MB per 10,000 runs, with its 95% interval."""

    slope: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.slope:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


@dataclass(frozen=True)
class Followed:
    """A sweep that was followed: how it ended, and its memory through time."""

    over: Over
    samples: list[Sample]

    @property
    def most_main(self) -> float:
        """The most that the main process held, MB."""
        return max(sample.main for sample in self.samples) / MB

    @property
    def most_worker(self) -> float | None:
        """The most that any worker held, MB; None where the main process did all the work."""
        sizes = [size for sample in self.samples for size in sample.workers.values()]
        return max(sizes) / MB if sizes else None

    @property
    def main_trend(self) -> Trend | None:
        """The trend of the main process; None where the sweep was too short to tell."""
        half = self._second_half()
        return trend([sample.done for sample in half], [sample.main for sample in half])

    @property
    def worker_trend(self) -> Trend | None:
        """The trend of the worker that grows fastest, of those that were there all the second half; None as above."""
        half = self._second_half()
        stayed = set.intersection(*(set(sample.workers) for sample in half)) if half else set()
        some = [trend([sample.done for sample in half], [sample.workers[pid] for sample in half]) for pid in stayed]
        return max((found for found in some if found is not None), default=None)

    @property
    def rate(self) -> float | None:
        """Runs a second over the second half, when every worker is long there; None where it was too short to tell."""
        half = self._second_half()
        passed = half[-1].seconds - half[0].seconds if half else 0.0
        return (half[-1].done - half[0].done) / passed if passed > 0.0 else None

    def _second_half(self) -> list[Sample]:
        """Return the samples from half of the runs to the last but one job: after that, workers leave."""
        return [sample for sample in self.samples if self.over.made / 2 <= sample.done < self.over.made]


def trend(done: Sequence[int], size: Sequence[int]) -> Trend | None:
    """Fit how memory grows with runs.

    Memory wanders: what waits to be written piles up and goes. Samples that follow each other are alike, and a fit to
    them all would be far too sure of itself; so it is fitted to the means over some spans.

    Parameters
    ----------
    done, size
        Runs done and bytes held, moment after moment.

    Returns
    -------
    Trend
        None where there are fewer than eight samples, or no run was done in between.
    """
    from scipy import stats

    spans = min(_SPANS, len(done) // 2)
    if spans < 4 or done[0] == done[-1]:
        return None
    runs = [part.mean() / 1e4 for part in np.array_split(np.asarray(done, float), spans)]
    held = [part.mean() / MB for part in np.array_split(np.asarray(size, float), spans)]
    fit = stats.linregress(runs, held)
    reach = fit.stderr * stats.t.ppf(0.975, spans - 2)
    return Trend(float(fit.slope), float(fit.slope - reach), float(fit.slope + reach))


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """Return the worker processes of a sweep: its descendants, but for those that only look after resources."""
    found = []
    for child in process.children(recursive=True):
        try:
            if not any("resource_tracker" in word for word in child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


def _carry_out(park: str, runs: int, workers: int | None, cluster: str | None, folder: Path, wire: Connection) -> None:
    """Carry out a sweep in this process, and tell over the wire how far it is."""
    plan, store = plan_of(park, runs), Store(folder)
    engine = engine_for(workers, cluster, len(plan.keys))
    carried = carry_out(plan, store, engine, lambda done, _: wire.send(done))
    wire.send(Over(carried.made, len(carried.failed), carried.seconds, store.size()))


def follow_sweep(
    park: str, runs: int, workers: int | None, cluster: str | None, folder: Path, every: float = 1.0,
    tell: Callable[[int], object] = lambda done: None,
) -> Followed:
    """Carry out a sweep in a process of its own, and follow its memory.

    Parameters
    ----------
    park, runs
        As :func:`plan_of` takes them.
    workers, cluster
        As ``klaver sweep`` takes them.
    folder
        Of the store; not there yet.
    every
        Seconds from one sample to the next.
    tell
        Called with the number of runs done, at each sample.

    Raises
    ------
    RuntimeError
        If that process ends before the sweep does.
    """
    context = multiprocessing.get_context("spawn")  # nothing of this process in its memory
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_carry_out, args=(park, runs, workers, cluster, folder, theirs))
    process.start()
    theirs.close()
    try:
        samples: list[Sample] = []
        for seconds, said in _moments(ours, every):
            if isinstance(said, Over):
                return Followed(said, samples)
            samples.append(_sample(psutil.Process(process.pid), seconds, said))
            tell(said)
        process.join()
        raise RuntimeError(f"the sweep ended before its time, with exit code {process.exitcode}")
    finally:
        process.join(30)
        if process.is_alive():
            process.kill()


def _moments(wire: Connection, every: float) -> Iterator[tuple[float, int | Over]]:
    """Yield, every so many seconds, the number of runs done, and at last what came of them; end early if the wire does."""
    began = time.perf_counter()
    done, moment = 0, every
    while True:
        try:
            while wire.poll(max(0.0, began + moment - time.perf_counter())):
                said = wire.recv()
                if isinstance(said, Over):
                    yield time.perf_counter() - began, said
                    return
                done = said
        except EOFError:
            return
        yield time.perf_counter() - began, done
        moment += every


def _sample(process: psutil.Process, seconds: float, done: int) -> Sample:
    sizes = {}
    for worker in workers_of(process):
        try:
            sizes[worker.pid] = worker.memory_info().rss
        except psutil.Error:
            continue
    return Sample(seconds, done, process.memory_info().rss, sizes)


def draw_memory(followed: Followed, title: str, path: Path) -> None:
    """Draw memory against runs done, main process and workers, for a slide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    blue, vermilion = "#0072B2", "#D55E00"  # of Okabe and Ito
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    samples = followed.samples
    done = np.array([sample.done for sample in samples])
    for n, pid in enumerate(dict.fromkeys(pid for sample in samples for pid in sample.workers)):
        there = [pid in sample.workers for sample in samples]
        held = [sample.workers[pid] / MB for sample in samples if pid in sample.workers]
        axes.plot(done[there], held, color=vermilion, linewidth=2, label="each worker" if n == 0 else None)
    axes.plot(done, [sample.main / MB for sample in samples], color=blue, linewidth=2, label="main process")
    axes.set_ylim(0)
    axes.set_xlim(0, done.max())
    axes.set_title(title, fontsize=18, loc="left")
    axes.set_xlabel("runs done", fontsize=16)
    axes.set_ylabel("memory (RSS), MB", fontsize=16)
    axes.tick_params(labelsize=14)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=15, frameon=False)
    figure.savefig(path, dpi=120)


def measure_memory(options: argparse.Namespace) -> bool:
    """Follow one sweep, print what it took, and keep it if asked; return whether what was promised holds."""
    facts = machine()
    with _place_for(options.out) as folder, _showing(options.runs) as tell:
        followed = follow_sweep(options.park, options.runs, options.workers, options.cluster, folder, tell=tell)
    over, main, worker = followed.over, followed.main_trend, followed.worker_trend
    most, rate = followed.most_worker, followed.rate
    where = f"on a dask cluster, {options.cluster}" if options.cluster else f"with {options.workers or 'all'} workers"
    rows = [
        ["runs", f"{over.made:,} of {options.park}, {where}"],
        ["time", f"{over.seconds:,.0f} s"],
        ["runs a second", f"{over.made / over.seconds:.1f} (second half: {_or_dash(rate, '.1f')})"],
        ["most memory of the main process", f"{followed.most_main:,.0f} MB"],
        ["most memory of a worker", f"{_or_dash(most, ',.0f')} MB"],
        ["growth of the main process, MB per 10,000 runs", str(main or "too short to tell")],
        ["growth of the fastest growing worker, MB per 10,000 runs", str(worker or "too short to tell")],
        ["disk", f"{over.bytes / MB:,.1f} MB, {over.bytes / max(over.made, 1):,.0f} bytes a run"],
        ["runs that failed", f"{over.failed}"],
    ]
    heads = ["a sweep", "measured"]
    show("Memory and speed of a sweep", heads, rows)
    if options.save:
        name = "sweep-cluster" if options.cluster else "sweep"
        content = {
            "machine": facts, "park": options.park, "workers": options.workers, "cluster": options.cluster,
            **over._asdict(), "runs_a_second_second_half": rate, "most_main_mb": followed.most_main,
            "most_worker_mb": most, "main_mb_per_10000_runs": main, "worker_mb_per_10000_runs": worker,
            "samples": [[round(s.seconds, 1), s.done, *(round(x / MB, 1) for x in (s.main, *s.workers.values()))]
                        for s in _thinned(followed.samples)],
        }  # fmt: skip
        print(f"kept {keep(name, _command(options), content, heads, rows)}")
        draw_memory(followed, f"Memory through a sweep of {over.made:,} runs", RESULTS / f"{name}.png")
    return over.failed == 0 and (most is None or most <= MOST_MEMORY)


def _thinned(samples: Sequence[Sample], most: int = 200) -> Sequence[Sample]:
    return samples[:: max(1, math.ceil(len(samples) / most))]


# --- what workers add ------------------------------------------------------------------------------------------------


class Warm(Engine):
    """Another engine whose workers are there already, and stay: so that starting them is timed apart.

    Parameters
    ----------
    engine
        Closed by who made it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.workers = engine.workers

    def carry_out(self, work: Work, jobs: Iterable[Any]) -> Iterator[Done]:
        """Yield every job with its result, in the order in which they are done."""
        return self._engine.carry_out(work, jobs)


class Timed(NamedTuple):
    """One sweep of the comparison: seconds to start the workers, of the sweep itself, and of it in the main process."""

    start: float
    seconds: float
    main: float
    fingerprint: str


ENGINES: dict[str, Callable[[], Engine]] = {
    "1 worker": InProcess, "2 workers": lambda: Processes(2), "dask, 2 workers": lambda: Cluster("local:2"),
}  # fmt: skip


def compare_engines(park: str, runs: int, repeats: int, engines: Sequence[str] = tuple(ENGINES)) -> dict[str, list[Timed]]:
    """Carry out the same sweep on every engine, taking turns, each time into an empty store.

    Parameters
    ----------
    park, runs
        As :func:`plan_of` takes them.
    engines
        Of :data:`ENGINES`.

    Returns
    -------
    dict
        The repeats of each engine, in order.
    """
    plan = plan_of(park, runs)
    found: dict[str, list[Timed]] = {name: [] for name in engines}
    for turn in range(repeats):
        shift = turn % len(engines)
        for name in (*engines[shift:], *engines[:shift]):
            found[name].append(_time_engine(plan, park, ENGINES[name]))
    return found


def _time_engine(plan: Plan, park: str, engine_of: Callable[[], Engine]) -> Timed:
    began = time.perf_counter()
    engine = engine_of()
    try:
        wake(engine, park)
        start = time.perf_counter() - began
        with tempfile.TemporaryDirectory(prefix="klaver-benchmark-") as folder:
            store, own = Store(Path(folder) / "store"), time.process_time()
            carried = carry_out(plan, store, Warm(engine))
            return Timed(start, carried.seconds, time.process_time() - own, fingerprint_of(store, KEPT))
    finally:
        engine.close(True)  # so that the next one starts from nothing as well


def whose(job: Job) -> int:
    """Do a job, and return which process did it."""
    carry_out_job(job)
    return os.getpid()


def wake(engine: Engine, park: str, patience: float = 60.0) -> None:
    """Hand out small jobs until every worker has done one, and so has loaded the model.

    Raises
    ------
    TimeoutError
        If after so many seconds some have not.
    """
    scenario = load_park(park)
    content, twin = Content.of("park", scenario), Content.of("strategy", load_strategy("none"))
    seen: set[int] = set()
    until = time.monotonic() + patience

    def jobs() -> Iterator[Job]:
        while len(seen) < engine.workers:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(seen)} of {engine.workers} workers did anything in {patience:g} seconds")
            yield Job(content, (twin,), ((0, (0,)),), 1, model_version(), KEPT)

    for done in engine.carry_out(whose, jobs()):
        if done.result is not None:
            seen.add(done.result)


def fingerprint_of(store: Store, indicators: Indicators) -> str:
    """Return a hash of every bit of the results in a store, whatever the order in which they came."""
    return fingerprint(store.runs()) + fingerprint(store.paths(indicators))


def fingerprint(table: pd.DataFrame) -> str:
    """Return a hash of every bit of a table: names, index, types and values; two tables are the same if it is."""
    whole = table.reset_index()
    digest = hashlib.sha256(repr([(name, str(kind)) for name, kind in whole.dtypes.items()]).encode())
    for name in whole.columns:
        values = whole[name].to_numpy()
        numbers = values.dtype.kind in "iufb"
        digest.update(values.tobytes() if numbers else "\0".join(map(str, values)).encode())
    return digest.hexdigest()[:16]


def measure_speedup(options: argparse.Namespace) -> bool:
    """Compare the engines, print how much faster they are, and keep it if asked; return whether what was promised holds."""
    facts, repeats = machine(), options.repeats
    found = compare_engines(options.park, options.runs, repeats)
    one = found["1 worker"]
    rows, content, ratio = [], {}, {}
    for name, times in found.items():
        ratios = [base.seconds / some.seconds for base, some in zip(one, times, strict=True)]
        ratio[name] = statistics.median(ratios)
        rows.append([
            name, f"{statistics.median(t.start for t in times):.1f} s", f"{statistics.median(t.seconds for t in times):.1f} s",
            f"{1e3 * statistics.median(t.main for t in times) / options.runs:.2f} ms",
            f"{ratio[name]:.2f} ({min(ratios):.2f} - {max(ratios):.2f})",
        ])  # fmt: skip
        content[name] = {"ratios": ratios, "repeats": [t._asdict() for t in times]}
    same = len({t.fingerprint for times in found.values() for t in times}) == 1
    rows.append(["same results, bit for bit", "", "", "", "yes" if same else "NO"])
    heads = [f"{options.runs:,} runs of {options.park}", "start of workers", "sweep",
             "main process, CPU a run", f"faster than 1 worker (of {repeats})"]  # fmt: skip
    show("What workers add", heads, rows)
    if options.save:
        content = {"machine": facts, "park": options.park, "runs": options.runs, "same": same, "engines": content}
        print(f"kept {keep('speedup', _command(options), content, heads, rows)}")
    if not same:
        print("the engines did not give the same results", file=sys.stderr)
    return same and ratio["2 workers"] >= LEAST_SPEEDUP


# --- where the time goes ---------------------------------------------------------------------------------------------

PARTS = {
    "model: a seed made ready": [("sim/model.py", "prepare")],
    "model: quarters": [("sim/model.py", "simulate")],
    "model: outcomes": [("sim/outcomes.py", "measure")],
    "worker: park and strategy from their text": [
        ("analysis/experiment.py", "_place"), ("analysis/experiment.py", "_strategy")],
    "worker: tables": [("analysis/experiment.py", "_run_table"), ("analysis/experiment.py", "_path_table")],
    "worker: keys of runs": [("analysis/experiment.py", "identity")],
    "main process: parts written": [("analysis/store.py", "flush")],
    "main process: jobs made": [("analysis/experiment.py", "__iter__")],
    "main process: what is there and what to do": [
        ("analysis/store.py", "known"), ("analysis/store.py", "failures"), ("analysis/experiment.py", "missing"),
        ("analysis/store.py", "put_inputs"), ("analysis/store.py", "put_design"), ("analysis/store.py", "writing")],
}  # fmt: skip
_MODEL = "model: "


class Profile(NamedTuple):
    """Where the time of a sweep goes: seconds by name of a part, in all, and what the main process needs with workers.

    ``main`` is the CPU time of the main process, seconds a run, while two workers do the work.
    """

    parts: dict[str, float]
    all: float
    main: float

    @property
    def overhead(self) -> float:
        """Share of the time that is not the model's."""
        return 1.0 - sum(seconds for name, seconds in self.parts.items() if name.startswith(_MODEL)) / self.all


def profile_sweep(park: str, runs: int) -> Profile:
    """Carry out a sweep in this process under the profiler, once warm; and again on two workers, to see the main process.

    The profiler makes Python slower and compiled rules not, so that what is not the model's comes out too large rather
    than too small.
    """
    plan = plan_of(park, runs)
    parts, passed = profile_here(plan, park)
    return Profile(parts, passed, _time_engine(plan, park, ENGINES["2 workers"]).main / len(plan.keys))


def profile_here(plan: Plan, park: str) -> tuple[dict[str, float], float]:
    """Carry out a plan in this process under the profiler: seconds by part, what no part has included, and in all."""
    profiler = cProfile.Profile()
    wake(InProcess(), park)
    with tempfile.TemporaryDirectory(prefix="klaver-benchmark-") as folder:
        profiler.enable()
        began = time.perf_counter()
        carry_out(plan, Store(Path(folder) / "store"), InProcess())
        passed = time.perf_counter() - began
        profiler.disable()
    parts = parts_of(pstats.Stats(profiler))
    return {**parts, "the rest": passed - sum(parts.values())}, passed


def parts_of(stats: pstats.Stats) -> dict[str, float]:
    """Return the seconds of every part, with all that its functions call."""
    house = Path(__file__).parents[1]
    wanted = {(str(house / file), name): part for part, some in PARTS.items() for file, name in some}
    found = dict.fromkeys(PARTS, 0.0)
    for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        if (part := wanted.get((file, name))) is not None:
            found[part] += cumulative
    return found


def measure_profile(options: argparse.Namespace) -> bool:
    """Print where the time of a sweep goes, and keep it if asked."""
    facts = machine()
    found = profile_sweep(options.park, options.runs)
    rows = [[name, f"{1e3 * seconds / options.runs:.3f} ms", f"{100 * seconds / found.all:.1f}%"]
            for name, seconds in found.parts.items()]  # fmt: skip
    rows.append(["**all that is not the model**", f"{1e3 * found.overhead * found.all / options.runs:.3f} ms",
                 f"{100 * found.overhead:.1f}%"])  # fmt: skip
    rows.append(["CPU of the main process beside two workers", f"{1e3 * found.main:.3f} ms", ""])
    heads = [f"{options.runs:,} runs of {options.park}, one process", "a run", "share"]
    show("Where the time of a sweep goes", heads, rows)
    if options.save:
        content = {"machine": facts, "park": options.park, "runs": options.runs, **found._asdict(), "overhead": found.overhead}
        print(f"kept {keep('profile', _command(options), content, heads, rows)}")
    return True


# --- the command -----------------------------------------------------------------------------------------------------


@contextmanager
def _place_for(out: Path | None) -> Iterator[Path]:
    """Give a folder that is not there yet: the one asked for, which stays, or one that goes away again."""
    if out is not None:
        if out.exists():
            raise SystemExit(f"{out} is there already; a sweep is measured from an empty store")
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="klaver-benchmark-") as folder:
        yield Path(folder) / "store"


@contextmanager
def _showing(runs: int) -> Iterator[Callable[[int], object]]:
    """Give something to call with the number of runs done, which shows how far it is."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("runs", total=runs)
        yield lambda done: progress.update(task, completed=done)


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _command(options: argparse.Namespace) -> str:
    words = ["uv run python -m benchmarks.sweep"]
    words += [f"--{name}" for name in ("speedup", "profile") if getattr(options, name)]
    words += [f"--repeats {options.repeats}"] if options.speedup else []
    words += [f"--{name} {getattr(options, name)}" for name in ("runs", "park", "workers", "cluster")
              if getattr(options, name) is not None]  # fmt: skip
    return " ".join([*words, "--save"])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--speedup", action="store_true", help="compare one worker, two, and a dask cluster of two")
    what.add_argument("--profile", action="store_true", help="tell where the time goes beside the model")
    parser.add_argument("--runs", type=int, metavar="N", help="100000, or 4000 with --speedup, or 1000 with --profile")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="of every engine, with --speedup")
    parser.add_argument("--park", default="typical", help="a shipped park")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; one a core if not given")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a dask scheduler, or local:N")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the store here")
    parser.add_argument("--save", action="store_true", help="keep the result in results/ and README.md")
    options = parser.parse_args(arguments)
    options.runs = options.runs or (4_000 if options.speedup else 1_000 if options.profile else 100_000)
    options.runs += options.runs % 2
    if options.runs < 2 or options.repeats < 1:
        parser.error("--runs is at least 2, a strategy and its twin, and --repeats at least 1")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and keep if asked; return 1 if a promise was broken."""
    options = _options(arguments)
    compile_rules(lambda: print("Compiling the rules first, once per version ...", file=sys.stderr))
    measure = measure_speedup if options.speedup else measure_profile if options.profile else measure_memory
    return 0 if measure(options) else 1


if __name__ == "__main__":
    sys.exit(main())
