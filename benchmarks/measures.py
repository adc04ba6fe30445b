"""What is measured: each function returns rows of the table, ours and theirs timed side by side."""

from __future__ import annotations

import gc
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.mesa_twin import TwinPark
from benchmarks.parks import demand_driven, park_of
from sim.model import adopt_strategy, no_strategy, pass_quarter, prepare, run_until, simulate
from sim.records import SITTING
from sim.rules import perception
from sim.world import World, copy_world

FIRMS, QUARTERS = 150, 80
HOUSE = Path(__file__).parents[1]


@dataclass
class Row:
    """One line of the table. ``ratio`` is theirs by ours: how many times ours is faster."""

    what: str
    ours: str
    theirs: str
    ratio: float | None
    least: str
    aim: str
    met: bool | None  # the least; None where nothing was promised
    aimed: bool | None
    ours_value: float
    theirs_value: float | None = None


def shown(seconds: float) -> str:
    """Return a time in the unit in which it reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def clocked(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes, seconds, without the garbage of others."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    finally:
        gc.enable()


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median time of each, taken in turns whose order alternates."""
    ours()
    theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            times[which].append(clocked((ours, theirs)[which]))
    return statistics.median(times[0]), statistics.median(times[1])


def within(what: str, seconds: float, least: float, aim: float) -> Row:
    """Return the row of a time that was promised."""
    return Row(what, shown(seconds), "", None, shown(least), shown(aim), seconds <= least, seconds <= aim, seconds)


def measure_run(quick: bool) -> Iterator[Row]:
    """Time a whole run, warm."""
    world, strategy = prepare(park_of(FIRMS), 1), demand_driven(FIRMS)
    simulate(world, strategy)
    times = [clocked(lambda: simulate(world, strategy)) for _ in range(7 if quick else 41)]
    yield within(f"a run: {FIRMS} companies, {QUARTERS} quarters", statistics.median(times), 0.020, 0.005)


def measure_phase(quick: bool) -> Iterator[Row]:
    """Time the perception phase against the same phase as plain Mesa agents."""
    world = prepare(park_of(FIRMS), 1)
    twin, calls = TwinPark(world), 200

    def ours() -> None:
        for _ in range(calls):
            perception.perceive_park(world)

    fast, slow = side_by_side(ours, twin.step, 5 if quick else 31)
    fast /= calls
    ratio = slow / fast
    yield Row("perception phase / the same in plain Mesa", shown(fast), shown(slow), ratio, "100x", "300x",
              ratio >= 100.0, ratio >= 300.0, fast, slow)


def mesa_examples() -> dict[str, object]:
    """Return Mesa's bundled examples that are timed, by name."""
    from mesa.examples import BoltzmannWealth, ConwaysGameOfLife, Schelling

    return {"BoltzmannWealth": BoltzmannWealth(), "Schelling": Schelling(), "ConwaysGameOfLife": ConwaysGameOfLife()}


def measure_agent_step(quick: bool) -> Iterator[Row]:
    """Time a quarter of one company against a step of one agent of Mesa's bundled examples."""
    world, strategy = prepare(park_of(FIRMS), 1), demand_driven(FIRMS)
    sitting = int((world.companies.state == SITTING).sum())
    for name, model in mesa_examples().items():
        agents, steps = len(model.agents), 20

        def theirs(model=model, steps=steps) -> None:
            for _ in range(steps):
                model.step()

        fast, slow = side_by_side(lambda: simulate(world, strategy), theirs, 5 if quick else 15)
        fast, slow = fast / (QUARTERS * sitting), slow / (steps * agents)
        promised = name == "BoltzmannWealth"  # the simplest
        yield Row(f"a company's quarter / an agent's step of {name}", shown(fast), shown(slow), slow / fast,
                  "no dearer" if promised else "", "a fifth" if promised else "", slow >= fast if promised else None,
                  slow >= 5.0 * fast if promised else None, fast, slow)


def measure_growth(quick: bool) -> Iterator[Row]:
    """Fit the power with which the time of a quarter grows with the number of companies, with its 95% interval."""
    sizes, quarters, times = (50, 150, 500, 1_500) if quick else (50, 100, 200, 500, 1_000, 2_000, 5_000), 12, []
    for firms in sizes:
        start = prepare(park_of(firms, quarters=quarters, burn_in=0), 1)
        adopt_strategy(start, demand_driven(firms))
        run_until(copy_world(start), 2)
        repeats = max(1, min(9, 3_000 // firms))
        times.append(statistics.median(_timed_copy(start, quarters) for _ in range(repeats)))
    fit = stats.linregress(np.log(sizes), np.log(times))
    reach = fit.stderr * stats.t.ppf(0.975, len(sizes) - 2)
    text = f"n^{fit.slope:.2f} [{fit.slope - reach:.2f}, {fit.slope + reach:.2f}]"
    # O(n log n) over this range has a fitted power of about 1 + 1 / ln(middle size).
    nlogn = 1.0 + 1.0 / math.log(math.sqrt(sizes[0] * sizes[-1]))
    yield Row(f"growth of a run, {sizes[0]} to {sizes[-1]:,} companies", text,
              f"{shown(times[0])} to {shown(times[-1])}", None, f"n log n (n^{nlogn:.2f})", "n^1.1",
              bool(fit.slope <= nlogn), bool(fit.slope + reach <= 1.1), float(fit.slope), float(reach))


def _timed_copy(start: World, quarters: int) -> float:
    world = copy_world(start)
    return clocked(lambda: run_until(world, quarters))


def measure_copy(quick: bool) -> Iterator[Row]:
    """Time a copy of a world, against the run that follows it, and count its bytes."""
    world, strategy = prepare(park_of(FIRMS), 1), no_strategy()
    size = sum(member.nbytes for member in world)
    fast, slow = side_by_side(lambda: copy_world(world), lambda: simulate(world, strategy), 9 if quick else 31)
    yield Row(f"a copy of a world ({size / 1e6:.1f} MB) / a run without strategy", shown(fast), shown(slow),
              slow / fast, "", "", None, None, fast, slow)
    stepped = copy_world(world)
    quarter = statistics.median(clocked(lambda: pass_quarter(stepped)) for _ in range(9))
    from sim.business_park import BusinessPark

    park = BusinessPark(park_of(FIRMS), demand_driven(FIRMS), 1)
    step = statistics.median(clocked(park.step) for _ in range(9))
    yield Row("a quarter / a step of BusinessPark, agents and data collected", shown(quarter), shown(step),
              step / quarter, "", "", None, None, quarter, step)


def _seconds_of(command: list[str], **environment: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=HOUSE, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure_starts(quick: bool) -> Iterator[Row]:
    """Time fresh processes: imports, the command line, and compiling from nothing."""
    python, repeats = sys.executable, 3 if quick else 7

    def median_of(*command: str) -> float:
        _seconds_of(list(command))
        return statistics.median(_seconds_of(list(command)) for _ in range(repeats))

    bare = median_of(python, "-c", "pass")
    yield Row("a bare Python", shown(bare), "", None, "", "", None, None, bare)
    yield within("import sim", median_of(python, "-c", "import sim"), 1.0, 0.5)
    yield within("import sim.model", median_of(python, "-c", "import sim.model"), 1.0, 0.5)
    command = Path(python).parent / "klaver"
    if command.exists() and (HOUSE / "klaver" / "cli.py").exists():
        yield within("klaver --help", median_of(str(command), "--help"), 0.5, 0.25)
    if not quick:
        folder = tempfile.mkdtemp(prefix="klaver-benchmark-")
        try:
            text = ("from sim.warm_up import compile_rules; compile_rules()\n"
                    "from benchmarks.parks import park_of, demand_driven; from sim.model import prepare, simulate\n"
                    "simulate(prepare(park_of(60), 1), demand_driven())")
            yield within("first run ever, compiling included", _seconds_of([python, "-c", text],
                                                                           NUMBA_CACHE_DIR=folder), 60.0, 25.0)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def measure_sweep(quick: bool) -> Iterator[Row]:
    """Follow a small sweep, and see what a second worker adds; ``benchmarks.sweep`` does both at length."""
    from benchmarks.sweep import LEAST_SPEEDUP, MOST_MEMORY, compare_engines, follow_sweep

    runs = 400 if quick else 2_000
    with tempfile.TemporaryDirectory(prefix="klaver-benchmark-") as folder:
        followed = follow_sweep("typical", runs, 2, None, Path(folder) / "store", every=0.5)
    most = followed.most_worker or math.inf
    yield Row(f"memory of a worker in a sweep of {runs:,} runs", f"{most:,.0f} MB", "", None, f"{MOST_MEMORY:.0f} MB", "",
              most <= MOST_MEMORY, None, most)
    times = compare_engines("typical", runs, 1 if quick else 3, ("1 worker", "2 workers"))
    one, two = (statistics.median(some.seconds for some in times[name]) for name in ("1 worker", "2 workers"))
    yield Row(f"a sweep of {runs:,} runs by two workers / by one", shown(two), shown(one), one / two,
              f"{LEAST_SPEEDUP:g}x", "1.9x", one / two >= LEAST_SPEEDUP, one / two >= 1.9, two, one)


MEASURES: tuple[Callable[[bool], Iterator[Row]], ...] = (
    measure_run, measure_phase, measure_agent_step, measure_growth, measure_copy, measure_starts,
    measure_sweep)
