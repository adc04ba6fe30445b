"""How soon a slider shows what it does: from asking for an ensemble to its first picture, and to all of its runs.

``uv run python -m benchmarks.dashboard_runs [--park typical] [--seeds 200] [--sessions 20] [--save]`` asks the lanes of the
dashboard (``klaver/dashboard/ensembles.py``) as its pages do, without the pages: on a park that was never seen, for another
strategy on worlds that are kept, back again, and from many sessions at once. Beside each time stands the least that it could
be: the work of the model itself, measured here in one process, shared by the lanes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psutil

from benchmarks.results_page import keep, machine, show
from klaver.dashboard.asked import FIRST_SEEDS, Asked, Filling
from klaver.dashboard.ensembles import Ensembles
from sim import model
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import Strategy, load_strategy
from sim.warm_up import compile_rules

STRATEGY = "demand_driven"
PROMISED = {"first": (0.5, 0.15), "all": (2.0, 0.6)}
"""Seconds from a slider's move: at least, and aimed at."""
MOVES = 5
LONGEST = 600.0


class Model(NamedTuple):
    """What the model itself takes, seconds of CPU: to prepare the world of a seed, a run of the strategy, one of the twin."""

    prepare: float
    run: float
    twin: float


class Times(NamedTuple):
    """From asking for an ensemble: seconds until the first picture could be drawn, and until all runs were there."""

    first: float
    all: float


@dataclass
class Asking:
    """One session that asks for an ensemble."""

    ensembles: Ensembles
    session: str
    began: float = 0.0
    first: float | None = None
    over: threading.Event = field(default_factory=threading.Event)
    ended: float = 0.0
    filling: Filling | None = None

    def ask(self, asked: Asked) -> Asking:
        """Ask, and begin to count."""
        there = threading.Event()

        def tell() -> None:
            there.wait()
            self._look()

        self.began = time.perf_counter()
        self.filling = self.ensembles.ask(self.session, "benchmark", asked, tell)
        there.set()
        if self.filling.complete:
            self._look()
        return self

    def _look(self) -> None:
        assert self.filling is not None
        if self.filling.failed is not None:
            raise RuntimeError(str(self.filling.failed))
        runs = self.filling.runs()
        if self.first is None and runs is not None and len(runs.seeds) >= FIRST_SEEDS:
            self.first = time.perf_counter() - self.began
        if self.filling.complete and not self.over.is_set():
            self.ended = time.perf_counter() - self.began
            self.over.set()

    def times(self) -> Times:
        """Wait until it is complete."""
        if not self.over.wait(LONGEST) or self.first is None:
            raise RuntimeError("an ensemble was never complete")
        return Times(self.first, self.ended)


def strategy_with(fte: float) -> Strategy:
    """Return the demand-driven strategy with another number of people: a slider that was moved."""
    plain = load_strategy(STRATEGY)
    return plain.model_copy(update={"organisation": plain.organisation.model_copy(update={"fte": fte})})


def measure_model(scenario: Scenario, seeds: int = 12) -> Model:
    """Return what the model itself takes, here, in one process: the median over some seeds."""
    compile_rules()
    place = model.Park.of(scenario)
    record, idle = load_strategy(STRATEGY).record(scenario, place.gross_ha), model.no_strategy()

    def seconds(function: Callable[[], object]) -> float:
        began = time.process_time()  # of the processor: others may be at work on this machine
        function()
        return time.process_time() - began

    model.simulate(model.prepare(place, 0), record)  # what is compiled is read from disk
    rows = []
    for seed in range(1, seeds + 1):
        prepare = seconds(lambda seed=seed: model.prepare(place, seed))  # type: ignore[misc]
        world = model.prepare(place, seed)
        rows.append((prepare, seconds(lambda world=world: model.simulate(world, record)),  # type: ignore[misc]
                     seconds(lambda world=world: model.simulate(world, idle))))  # type: ignore[misc]
    return Model(*(statistics.median(column) for column in zip(*rows, strict=True)))


def megabytes(process: int) -> float:
    """Return the resident memory of a process, MB."""
    return psutil.Process(process).memory_info().rss / 1e6


def processor(process: int) -> float:
    """Return the seconds of CPU that a process has used."""
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def benchmark(park: str, seeds: int, sessions: int) -> dict[str, Any]:
    """Measure everything; return it as plain values."""
    scenario = load_park(park)
    least = measure_model(scenario)
    began = time.perf_counter()
    ensembles = Ensembles()
    try:
        made = time.perf_counter() - began
        while not ensembles.ready:
            time.sleep(0.01)
        ready = time.perf_counter() - began
        time.sleep(1.0)  # the other lanes
        lanes = len(ensembles.processes)
        empty = max(map(megabytes, ensembles.processes))
        wanted = tuple(range(1, seeds + 1))

        def asked(fte: float, drawn: bool = False) -> Asked:
            return Asked(scenario, (strategy_with(fte),), wanted, drawn=drawn)

        cold = Asking(ensembles, "one").ask(asked(1.0)).times()
        used, served, made_before = sum(map(processor, ensembles.processes)), processor(os.getpid()), ensembles.made
        moves = [Asking(ensembles, "one").ask(asked(1.0 + 0.1 * number)).times() for number in range(1, MOVES + 1)]
        moved = ensembles.made - made_before
        lane_run = (sum(map(processor, ensembles.processes)) - used) / moved
        server_run = (processor(os.getpid()) - served) / moved
        back = Asking(ensembles, "one").ask(asked(1.0)).times()
        drawn = Asking(ensembles, "one").ask(asked(1.0, True)).times()
        drawn_moves = [Asking(ensembles, "one").ask(asked(1.0 + 0.1 * number, True)).times() for number in (1, 2, 3)]
        full = max(map(megabytes, ensembles.processes))
        many = [Asking(ensembles, f"session {number}") for number in range(sessions)]
        before = ensembles.made
        start = time.perf_counter()
        for number, one in enumerate(many):
            one.ask(asked(2.0 + 0.01 * number))
        at_once = [one.times() for one in many]
        rate = (ensembles.made - before) / (time.perf_counter() - start)
        runs, kept = ensembles.made, ensembles.bytes / 1e6
    finally:
        ensembles.close()
    few = min(FIRST_SEEDS, seeds)
    return {
        "park": park, "seeds": seeds, "sessions": sessions, "lanes": lanes, "constructor": made, "ready": ready,
        "model": least._asdict(), "cold": cold._asdict(), "moves": [one._asdict() for one in moves],
        "back": back._asdict(), "drawn": drawn._asdict(), "drawn_moves": [one._asdict() for one in drawn_moves],
        "at_once": [one._asdict() for one in at_once], "rate_at_once": rate, "runs": runs, "kept_mb": kept,
        "lane_cpu_a_run": lane_run, "server_cpu_a_run": server_run, "lane_mb_empty": empty, "lane_mb_full": full,
        "least": {
            "cold": {"first": few * sum(least) / lanes, "all": seeds * sum(least) / lanes},
            "move": {"first": few * least.run / lanes, "all": seeds * least.run / lanes},
        },
    }  # fmt: skip


def rows_of(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the table: what, to the first picture, to all runs; the last rows are about the lanes and have one number."""
    least, of_model = found["least"], found["model"]

    def row(name: str, times: list[dict[str, float]], bound: dict[str, float] | None = None,
            take: Callable[[list[float]], float] = statistics.median) -> tuple[str, str, str]:  # fmt: skip
        values = {which: take([one[which] for one in times]) for which in ("first", "all")}
        first, whole = (
            f"{value:.2f} s" + (f" ({value / bound[which]:.2f} x)" if bound is not None else "")
            for which, value in values.items()
        )
        return name, first, whole

    many = found["sessions"]
    return [
        row("a park that was never seen", [found["cold"]], least["cold"]),
        row(f"a slider is moved (median of {len(found['moves'])})", found["moves"], least["move"]),
        row("back to an earlier setting", [found["back"]]),
        row("drawn parameters, never seen", [found["drawn"]]),
        row(f"drawn parameters, a slider is moved (median of {len(found['drawn_moves'])})", found["drawn_moves"]),
        row(f"{many} sessions move a slider at once: the median", found["at_once"]),
        row("... the last", found["at_once"], take=max),
        (f"runs a second with {many} sessions", "", f"{found['rate_at_once']:.0f}"),
        ("the model alone: to prepare a world, a run, a run of the twin", "",
         " / ".join(f"{1e3 * of_model[name]:.1f} ms" for name in ("prepare", "run", "twin"))),
        ("CPU a run when a slider is moved: in a lane (x: times a run of the model) / in the server", "",
         f"{1e3 * found['lane_cpu_a_run']:.1f} ms ({found['lane_cpu_a_run'] / of_model['run']:.2f} x) / "
         f"{1e3 * found['server_cpu_a_run']:.1f} ms"),
        ("to make the lanes, which the page waits for", "", f"{1e3 * found['constructor']:.0f} ms"),
        ("until the first lane is warm", "", f"{found['ready']:.1f} s"),
        ("memory of a lane: warm, and with all these worlds", "",
         f"{found['lane_mb_empty']:.0f} / {found['lane_mb_full']:.0f} MB"),
        ("runs in the server's memory", "", f"{found['runs']:,} in {found['kept_mb']:.0f} MB"),
    ]  # fmt: skip


def promises(found: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Return, for the first picture and all runs after a move: measured, promised at least, and aimed at, seconds."""
    return {which: (statistics.median(one[which] for one in found["moves"]), *limits) for which, limits in PROMISED.items()}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and keep if asked; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard_runs", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--park", default="typical", help="a shipped park")
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="of an ensemble; 8 or more")
    parser.add_argument("--sessions", type=int, default=20, metavar="N", help="at once")
    parser.add_argument("--save", action="store_true", help="keep the result in results/ and README.md")
    options = parser.parse_args(arguments)
    if options.seeds < FIRST_SEEDS or options.sessions < 1:
        parser.error(f"--seeds is at least {FIRST_SEEDS}, and --sessions at least 1")
    where = machine()
    found = benchmark(options.park, options.seeds, options.sessions)
    heads = (f"{options.park}, {found['lanes']} lanes", f"first picture ({FIRST_SEEDS} seeds)", f"all {options.seeds} seeds")
    rows = rows_of(found)
    show("From asking to runs (x: times the work of the model alone, shared by the lanes)", heads, rows)
    kept = promises(found)
    for which, (measured, at_least, aim) in kept.items():
        word = "reached" if measured <= aim else "kept" if measured <= at_least else "BROKEN"
        print(f"a slider is moved, {which}: {measured:.2f} s; promised {at_least} s, aim {aim} s: {word}")
    if options.save:
        command = f"uv run python -m benchmarks.dashboard_runs --park {options.park} --seeds {options.seeds} --save"
        keep("dashboard_runs", command, {"machine": where} | found, heads, rows)
    return int(any(measured > at_least for measured, at_least, _ in kept.values()))


if __name__ == "__main__":
    sys.exit(main())
