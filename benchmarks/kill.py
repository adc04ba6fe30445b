"""Kill real sweeps at random moments, let them go on, and see whether anything is lost, doubled or half.

``uv run python -m benchmarks.kill [--kills 60] [--cluster local:2] [--save]`` starts ``klaver sweep`` on a small experiment
with two workers, as a user would, and ends it from outside: the main process, all processes, one worker, politely, as Ctrl-C
does. Then the same command is given again, at once, until it completes; some stores are killed several times over. In the end
every store is held, bit for bit, against that of a sweep that nothing disturbed. Where a small disk can be mounted, one sweep
also runs into a full one. ``tests/analysis/test_kill.py`` kills at every kind of step of the store's own work; this kills
what the test cannot: workers, start-up, the command line.

To be hit while it writes, a sweep writes parts every fifth of a second here, and not every few; ``--as-shipped`` leaves that
as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.store import Indicators, Store
from benchmarks.results_page import keep, machine, show
from benchmarks.sweep import fingerprint, workers_of
from sim.warm_up import compile_rules

HOUSE = Path(__file__).parents[1]
KEPT = Indicators(("vitality", "jobs"), 4)
LONGEST_SWEEP = 300.0  # seconds after which a sweep counts as hanging
LONGEST_LEFT = 30.0  # seconds that a worker may outlive its main process: it looks every second whether that is there
_MARK = "KLAVER_BENCHMARK_MARK"  # in the environment of a sweep and all it starts, so that those left behind are found

_EXPERIMENT = """
name = "killed"
parks = ["{park}"]
strategies = ["supply_driven", "demand_driven"]
seeds = {seeds}
quarters = 8

[indicators]
keep = ["vitality", "jobs"]
every = 4
"""
_HASTY = """
import sys
from analysis import experiment, store
store.LONGEST_WAIT = (0.2, 0.2)
experiment.JOB_SECONDS = 0.1
from klaver.cli import main
main()
"""


# --- a sweep as a user starts it -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """How the sweeps are carried out.

    Attributes
    ----------
    cluster
        Address for ``--cluster``; None for two processes.
    hasty
        Write parts often, so that there is more to hit.
    """

    seeds: int
    park: str = "small_village"
    cluster: str | None = None
    hasty: bool = True

    def command(self, experiment: Path, store: Path) -> list[str]:
        """Return the command of a sweep."""
        start = [sys.executable, "-c", _HASTY] if self.hasty else [sys.executable, "-m", "klaver.cli"]
        where = ["--cluster", self.cluster] if self.cluster else ["--workers", "2"]
        return [*start, "sweep", str(experiment), "--out", str(store), "--json", "--quiet", "--lang", "en", *where]


class Attempt:
    """One ``klaver sweep`` in processes of its own; a context manager that leaves none of them behind."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.mark = uuid.uuid4().hex
        self.began = time.monotonic()
        self.out, self.err = log.with_suffix(".out"), log.with_suffix(".err")
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            # A session of its own: Ctrl-C at a terminal reaches the whole group, and this process must not be in it.
            self.process = subprocess.Popen(command, cwd=HOUSE, env=os.environ | {_MARK: self.mark}, stdout=out,
                                            stderr=err, stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, *problem: object) -> None:
        left = self.left()
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()
        psutil.wait_procs(left, timeout=10)

    def wait(self, seconds: float) -> int | None:
        """Return the exit code; None if it still runs after so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(max(seconds, 0.0))
        return None

    def left(self) -> list[psutil.Process]:
        """Return the processes of this sweep that are there now."""
        return marked().get(self.mark, [])

    def result(self) -> dict[str, Any]:
        """Return what it printed as JSON."""
        found: dict[str, Any] = json.loads(self.out.read_text(encoding="utf-8"))
        return found

    @property
    def traceback(self) -> bool:
        """Whether it showed a traceback."""
        return "Traceback" in self.err.read_text(encoding="utf-8", errors="replace")


def marked() -> dict[str, list[psutil.Process]]:
    """Return the processes of all sweeps that are there now, by the mark of their sweep."""
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(_MARK)
            if mark is not None and process.status() != psutil.STATUS_ZOMBIE:
                found.setdefault(mark, []).append(process)
        except psutil.Error:
            continue
    return found


# --- ways to end it --------------------------------------------------------------------------------------------------


def _kill_all(main: psutil.Process) -> None:
    for process in [*main.children(recursive=True), main]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _kill_worker(main: psutil.Process) -> None:
    """Kill the youngest worker.

    Raises
    ------
    psutil.NoSuchProcess
        If there is none.
    """
    workers = workers_of(main)
    if not workers:
        raise psutil.NoSuchProcess(main.pid, msg="it has no workers now")
    max(workers, key=lambda process: process.pid).kill()


KINDS: dict[str, Callable[[psutil.Process], None]] = {
    "SIGKILL, main process": psutil.Process.kill, "SIGKILL, main process and workers": _kill_all,
    "SIGKILL, one worker": _kill_worker, "SIGTERM, main process": psutil.Process.terminate,
    "SIGINT, all (Ctrl-C)": lambda main: os.killpg(main.pid, signal.SIGINT),
}  # fmt: skip
SURVIVES = "SIGKILL, one worker"  # the sweep itself is to go on


@dataclass
class Kill:
    """One kill and what came of it.

    Attributes
    ----------
    case
        Which store.
    moment
        Seconds after the start of that sweep.
    code
        Exit code of the sweep; below 0 the signal that ended it.
    hit
        Whether there was anything to kill: the sweep may have been over, or have had no workers yet.
    found, whole
        Runs in the store afterwards, and at the end.
    half, torn
        Files under a temporary name that were left, and parts that could not be read.
    traceback
        Whether the sweep showed a traceback.
    gone
        Seconds until the last of its processes was gone, as the next sweep went on beside it; None if it never went.
    """

    case: int
    kind: str
    moment: float = 0.0
    code: int | None = None
    hit: bool = False
    found: int = 0
    whole: int = 0
    half: int = 0
    torn: int = 0
    traceback: bool = False
    gone: float | None = None


class Moment(NamedTuple):
    """When to kill: so many seconds after so many parts were written. A clock alone would mostly hit the start."""

    parts: int
    seconds: float


class Past:
    """Sweeps that were started, and of those that have ended, whether any of their processes is still there.

    A context manager: what is there at the end is ended too.
    """

    def __init__(self) -> None:
        self.started: list[Attempt] = []
        self._ended: list[tuple[Attempt, Kill, float]] = []
        self._looked = 0.0
        self._missed: set[str] = set()  # marks that the last look did not find

    def __enter__(self) -> Past:
        return self

    def __exit__(self, *problem: object) -> None:
        for attempt in self.started:
            attempt.__exit__()

    def add(self, attempt: Attempt, kill: Kill) -> None:
        """Follow a sweep that has just ended."""
        self._ended.append((attempt, kill, time.monotonic()))

    def look(self) -> int:
        """Note of which sweeps the last process is gone; return of how many it is not.

        Looks once a second at most. Gone is what two looks miss: a process that has just been started shows no mark yet.
        """
        waiting = [one for one in self._ended if one[1].gone is None]
        if waiting and time.monotonic() > self._looked + 1.0:
            there = marked()
            self._looked = time.monotonic()
            for attempt, kill, ended in waiting:
                if attempt.mark in self._missed and attempt.mark not in there:
                    kill.gone = self._looked - ended
            self._missed = {attempt.mark for attempt, _, _ in waiting} - there.keys()
        return len([one for one in self._ended if one[1].gone is None])

    def wait(self, seconds: float) -> list[str]:
        """Wait until all are gone, so many seconds at most; return a sentence for each sweep of which some are not."""
        until = time.monotonic() + seconds
        while self.look() and time.monotonic() < until:
            time.sleep(0.2)
        return [
            f"store {kill.case}, {kill.kind}: {len(attempt.left())} processes are left behind after "
            f"{time.monotonic() - ended:.0f} s" for attempt, kill, ended in self._ended if kill.gone is None
        ]  # fmt: skip


# --- what a store must hold ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Undisturbed:
    """A sweep that nothing disturbed: what its store holds, and when what happened.

    Attributes
    ----------
    first, length
        Seconds from the start to the first part, and to the end.
    parts, bytes
        How many parts of runs it wrote, and how much disk all took.
    """

    runs: str
    paths: str
    keys: frozenset[str]
    first: float
    length: float
    parts: int
    bytes: int

    @classmethod
    def of(cls, folder: Path, first: float = 0.0, length: float = 0.0) -> Undisturbed:
        """Return what a store holds."""
        store = Store(folder, must_exist=True)
        return cls(fingerprint(store.runs()), fingerprint(store.paths(KEPT)), frozenset(store.known(KEPT)), first, length,
                   len(store.parts("runs")), store.size())  # fmt: skip

    @property
    def between(self) -> float:
        """Seconds from one part to the next."""
        return (self.length - self.first) / self.parts


def problems_of(folder: Path, whole: Undisturbed) -> list[str]:
    """Return in what a store is not, bit for bit, what a sweep that nothing disturbed gives; an empty list if it is."""
    store = Store(folder, must_exist=True)
    found = []
    if (known := store.known(KEPT)) != whole.keys:
        found.append(f"{len(whole.keys - known)} runs are missing, {len(known - whole.keys)} too many")
    if fingerprint(store.runs()) != whole.runs:
        found.append("outcomes are not the same")
    if fingerprint(store.paths(KEPT)) != whole.paths:
        found.append("indicators over time are not the same")
    for kind, parts, names in (("runs", store.parts("runs"), ["run"]), ("paths", store.path_parts(), ["run", "quarter"])):
        tables = [pq.read_table(part, columns=names) for part in parts]
        rows = pa.concat_tables(tables) if tables else pa.table({name: [] for name in names})
        if twice := rows.num_rows - rows.group_by(names).aggregate([]).num_rows:
            found.append(f"{twice} rows of {kind} are there twice")
    if left := [path.name for path in folder.rglob(".*") if path.name != ".lock"]:
        found.append(f"left behind in the store: {', '.join(sorted(left))}")
    if store.torn or (folder / "set_aside").exists():
        found.append("parts are torn")
    if len(failed := store.failures()):
        found.append(f"{len(failed)} runs count as failed")
    return found


def idle_parts(folder: Path) -> int:
    """Return how many parts of indicators lie in a store whose runs never came: they count for nothing, and take disk."""
    return len(list((folder / "paths").glob("*/*.parquet"))) - len(Store(folder).path_parts())


# --- cases -----------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """One store, killed once or several times over, and then completed."""

    number: int
    kills: list[Kill] = field(default_factory=list)
    made: int = 0
    idle: int = 0
    problems: list[str] = field(default_factory=list)


class Bench:
    """Carries out cases in a folder.

    Parameters
    ----------
    place
        Folder for stores and logs.
    asked
        How the sweeps are carried out.
    past
        Follows what is left of sweeps that have ended.
    """

    def __init__(self, place: Path, asked: Asked, past: Past) -> None:
        self.place, self.asked, self.past = place, asked, past
        self.experiment = place / "killed.toml"
        self.experiment.write_text(_EXPERIMENT.format(park=asked.park, seeds=asked.seeds), encoding="utf-8")
        self.whole = self._undisturbed()

    def start(self, name: str, store: Path) -> Attempt:
        """Start a sweep into a store, logging under a name."""
        attempt = Attempt(self.asked.command(self.experiment, store), self.place / name)
        self.past.started.append(attempt)
        return attempt

    def _undisturbed(self) -> Undisturbed:
        store = self.place / "undisturbed"
        with self.start("undisturbed", store) as attempt:
            first = None
            while (code := attempt.wait(0.02)) is None:
                if first is None and any(store.glob("runs/*.parquet")):
                    first = time.monotonic() - attempt.began
            length = time.monotonic() - attempt.began
            if code != 0:
                raise RuntimeError(f"a sweep fails of itself: {attempt.err.read_text(encoding='utf-8')}")
        return Undisturbed.of(store, first or length, length)

    def moment(self, draw: random.Random, found: int) -> Moment:
        """Draw a moment to kill at: one in six while the sweep starts, the others while it works.

        Parameters
        ----------
        found
            Runs that are in the store already.
        """
        if draw.random() < 1 / 6:
            return Moment(0, draw.uniform(0.0, self.whole.first))
        left = round(self.whole.parts * (1.0 - found / len(self.whole.keys)))
        return Moment(draw.randint(1, max(1, left - 1)), draw.uniform(0.0, self.whole.between))

    def carry_out(self, number: int, kinds: list[str], draw: random.Random) -> Case:
        """Kill the sweeps of one store, in so many ways, and then let it complete."""
        case, store = Case(number), self.place / f"case-{number}"
        for kind in kinds:
            kill = Kill(number, kind)
            moment = self.moment(draw, case.kills[-1].found if case.kills else 0)
            self._kill(self.start(f"{number}-{len(case.kills)}", store), kill, moment, store)
            case.problems += self._judged(kill)
            case.kills.append(kill)
        self._complete(case, self.start(f"{number}-last", store), store)
        if not case.problems:
            shutil.rmtree(store)
        return case

    def _kill(self, attempt: Attempt, kill: Kill, moment: Moment, store: Path) -> None:
        """Wait for the moment, kill, wait until the main process has ended, and see what that left in the store."""
        there = set(store.glob("runs/*.parquet"))
        while len(set(store.glob("runs/*.parquet")) - there) < moment.parts and attempt.wait(0.02) is None:
            self.past.look()
        attempt.wait(moment.seconds)
        kill.moment = time.monotonic() - attempt.began
        if attempt.process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                KINDS[kill.kind](psutil.Process(attempt.process.pid))
                kill.hit = True
        kill.code = attempt.wait(LONGEST_SWEEP)
        self._look(store, attempt, kill)
        self.past.add(attempt, kill)

    def _look(self, store: Path, attempt: Attempt, kill: Kill) -> None:
        """See what the kill left in the store."""
        kill.whole, kill.traceback = len(self.whole.keys), attempt.traceback
        if (store / "store.json").exists():
            there = Store(store)
            kill.found, kill.torn = len(there.known(KEPT)), len(there.torn)
        kill.half = len(list(store.rglob(".*.tmp")))

    def _judged(self, kill: Kill) -> list[str]:
        """Return what should not have come of a kill, whatever the next sweep makes of it."""
        said = f"{kill.kind} after {kill.moment:.2f} s"
        found = []
        if kill.code is None:
            found.append(f"{said}: the sweep hangs")
        elif kill.code == 0 and kill.found < kill.whole:
            found.append(f"{said}: the sweep says that it is done, with {kill.found} of {kill.whole} runs")
        elif kill.code != 0 and (kill.kind == SURVIVES or not kill.hit):
            found.append(f"{said}: the sweep ends with exit code {kill.code}")
        if kill.torn:
            found.append(f"{said}: {kill.torn} parts are torn")
        return found

    def _complete(self, case: Case, last: Attempt, store: Path) -> None:
        """Let the last sweep complete, and hold the store against the undisturbed one."""
        until = last.began + LONGEST_SWEEP
        while last.wait(0.5) is None and time.monotonic() < until:
            self.past.look()
        self.past.add(last, Kill(case.number, "the last sweep"))
        if last.process.returncode != 0:
            case.problems.append(f"going on ends with exit code {last.process.returncode}: {last.err.read_text()[-300:]}")
            return
        told, found = last.result(), case.kills[-1].found if case.kills else 0
        case.made = told["made"]
        if told["there"] != found or told["made"] + found != len(self.whole.keys) or told["failed"]:
            case.problems.append(f"{found} runs were there; the next sweep says {told['there']}, and made {told['made']}")
        case.problems += problems_of(store, self.whole)
        case.idle = idle_parts(store)


# --- a full disk -----------------------------------------------------------------------------------------------------


class NoSmallDisk(RuntimeError):
    """No small disk can be mounted here."""


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[Callable[[int], None]]:
    """Mount a disk of so many bytes in memory; give what makes it larger.

    Raises
    ------
    NoSmallDisk
        If that is not permitted.
    """
    place.mkdir()

    def mount(option: str, what: str) -> None:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", option, what, str(place)], capture_output=True, text=True)
        if done.returncode:
            raise NoSmallDisk(done.stderr.strip())

    try:
        mount(f"size={size}", "klaver-benchmark")
    except OSError as cause:
        raise NoSmallDisk(str(cause)) from cause
    try:
        yield lambda larger: mount(f"remount,size={larger}", "klaver-benchmark")
    finally:
        subprocess.run(["umount", str(place)], check=True)


@dataclass
class FullDisk:
    """A sweep that ran into a full disk.

    Attributes
    ----------
    size
        Of the disk, bytes.
    found, made
        Runs that were in the store afterwards, and that the next sweep made.
    """

    size: int
    found: int = 0
    made: int = 0
    problems: list[str] = field(default_factory=list)


def fill_disk(bench: Bench, share: float) -> FullDisk:
    """Sweep on a disk that holds so much of what it needs; give it more, and go on.

    Raises
    ------
    NoSmallDisk
        If none can be mounted here.
    """
    found, disk = FullDisk(int(share * bench.whole.bytes)), bench.place / f"disk-{round(100 * share)}"
    with small_disk(disk, found.size) as enlarge:
        store = disk / "store"
        with bench.start(disk.name, store) as attempt:
            code, told = attempt.wait(LONGEST_SWEEP), attempt.err.read_text(encoding="utf-8")
            if code != 1 or attempt.traceback or "disk" not in told:
                found.problems.append(f"on a full disk a sweep ends with exit code {code}, and says: {told[-300:]}")
        if (store / "store.json").exists():
            found.found = len(Store(store).known(KEPT))
        enlarge(20 * bench.whole.bytes)
        with bench.start(f"{disk.name}-last", store) as last:
            if (code := last.wait(LONGEST_SWEEP)) != 0:
                found.problems.append(f"going on with more disk ends with exit code {code}: {last.err.read_text()[-300:]}")
            else:
                found.made = last.result()["made"]
                found.problems += problems_of(store, bench.whole)
        if found.made + found.found != len(bench.whole.keys):
            found.problems.append(f"{found.found} runs were there, and {found.made} were made")
    return found


# --- all of it -------------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of all cases and of full disks; why there were none of these; and of which sweeps processes are left."""

    whole: Undisturbed
    cases: list[Case] = field(default_factory=list)
    disks: list[FullDisk] = field(default_factory=list)
    no_disk: str = ""
    left: list[str] = field(default_factory=list)

    @property
    def kills(self) -> list[Kill]:
        """All kills, in order."""
        return [kill for case in self.cases for kill in case.kills]

    @property
    def problems(self) -> list[str]:
        """All that went wrong."""
        return [f"store {case.number}: {problem}" for case in self.cases for problem in case.problems] + [
            f"full disk: {problem}" for disk in self.disks for problem in disk.problems] + self.left  # fmt: skip


def kill_often(
    bench: Bench, kills: int, seed: int, seconds: float, tell: Callable[[int], object] = lambda done: None
) -> Outcome:
    """Kill so many sweeps, or as many as there is time for, and fill some disks.

    Parameters
    ----------
    seed
        Of what is drawn: moments, kinds, and how often a store is killed.
    seconds
        After which no new store is begun.
    tell
        Called with the number of kills done.
    """
    draw, until = random.Random(seed), time.monotonic() + seconds
    kinds: list[str] = []
    while len(kinds) < kills:  # every kind as often, in any order
        kinds += draw.sample(list(KINDS), len(KINDS))
    waiting, outcome = kinds[:kills], Outcome(bench.whole)
    while waiting and time.monotonic() < until:
        some = min(draw.choice((1, 1, 2, 3)), len(waiting))
        outcome.cases.append(bench.carry_out(len(outcome.cases) + 1, waiting[:some], draw))
        waiting = waiting[some:]
        tell(kills - len(waiting))
    try:
        outcome.disks = [fill_disk(bench, share) for share in (0.3, 0.6)]
    except NoSmallDisk as cause:
        outcome.no_disk = str(cause)
    outcome.left = bench.past.wait(LONGEST_LEFT)
    return outcome


HEADS = ("way to end it", "kills", "moments, s", "runs found after it", "made again or still", "longest until all is gone")


def rows_of(outcome: Outcome) -> list[list[str]]:
    """Return the table: a row per kind of kill, then full disks, then what was wrong."""
    rows = []
    last = {case.kills[-1].case: case.made for case in outcome.cases if case.kills}
    total = len(outcome.whole.keys)
    for kind in KINDS:
        some = [kill for kill in outcome.kills if kill.kind == kind and kill.hit]
        if some:
            gone = [kill.gone for kill in some if kill.gone is not None]
            rows.append([
                kind, str(len(some)), _range([kill.moment for kill in some], ".1f"),
                _range([kill.found for kill in some], ",.0f"), _range([total - kill.found for kill in some], ",.0f"),
                f"{max(gone):.1f} s" if len(gone) == len(some) else "never",
            ])  # fmt: skip
    for disk in outcome.disks:
        rows.append([f"a full disk, {disk.size / 1e3:,.0f} kB", "1", "", f"{disk.found:,}", f"{disk.made:,}", ""])
    if outcome.no_disk:
        rows.append(["a full disk: none can be mounted here", "0", "", "", "", ""])
    missed = sum(not kill.hit for kill in outcome.kills)
    rows.append(["drawn for a moment when there was nothing to kill", str(missed), "", "", "", ""])
    rows.append([f"stores held, bit for bit, against {total:,} undisturbed runs", str(len(outcome.cases) + len(outcome.disks)),
                 "", "", f"{sum(last.values()):,}", ""])  # fmt: skip
    rows.append(["**wrong**", str(len(outcome.problems)), "", "", "", ""])
    return rows


def _range(values: list[Any], form: str) -> str:
    return f"{min(values):{form}} / {statistics.median(values):{form}} / {max(values):{form}}"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--kills", type=int, default=60, metavar="N")
    parser.add_argument("--cluster", metavar="local:N", help="sweep on a dask cluster on this machine")
    parser.add_argument("--seeds", type=int, default=150, metavar="N", help="of the experiment: three runs each")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is drawn: moments, ways, how often")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="begin no new store after this")
    parser.add_argument("--as-shipped", action="store_true", help="write as rarely as a sweep does of itself")
    parser.add_argument("--save", action="store_true", help="keep the result in results/ and README.md")
    options = parser.parse_args(arguments)
    if options.cluster and not options.cluster.startswith("local:"):
        parser.error("--cluster must be local:N; the workers of another cluster are not this command's to kill")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Kill, print what came of it, and keep it if asked; return 1 if anything was lost, doubled, half or left behind."""
    from rich.console import Console
    from rich.progress import Progress

    options = _options(arguments)
    compile_rules(lambda: print("Compiling the rules first, once per version ...", file=sys.stderr))
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="klaver-benchmark-") as place, Past() as past:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("kills", total=options.kills)
            bench = Bench(Path(place), Asked(options.seeds, cluster=options.cluster, hasty=not options.as_shipped), past)
            outcome = kill_often(bench, options.kills, options.seed, 60.0 * options.minutes,
                                 lambda done: progress.update(task, completed=done))  # fmt: skip
        if outcome.problems:
            print(f"stores and logs are kept in {shutil.copytree(place, f'{place}-wrong')}", file=sys.stderr)
    rows = rows_of(outcome)
    show("Killed at random moments (least / middle / most)", HEADS, rows)
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    if options.save:
        _save(options, facts, outcome, rows)
    return 1 if outcome.problems else 0


def _save(options: argparse.Namespace, facts: dict[str, Any], outcome: Outcome, rows: list[list[str]]) -> None:
    words = [f"--kills {options.kills}", f"--seeds {options.seeds}", f"--seed {options.seed}"]
    words += [f"--cluster {options.cluster}"] if options.cluster else []
    words += ["--as-shipped"] if options.as_shipped else []
    command = " ".join(["uv run python -m benchmarks.kill", *words, "--save"])
    content = {
        "machine": facts, "runs": len(outcome.whole.keys), "seconds_undisturbed": outcome.whole.length,
        "exit_codes": dict(Counter(f"{kill.kind}: {kill.code}" for kill in outcome.kills)),
        "kills": [asdict(kill) for kill in outcome.kills], "idle_parts": sum(case.idle for case in outcome.cases),
        "made_by_the_last_sweeps": [case.made for case in outcome.cases],
        "disks": [asdict(disk) for disk in outcome.disks], "no_disk": outcome.no_disk, "problems": outcome.problems,
    }  # fmt: skip
    print(f"kept {keep('kill-cluster' if options.cluster else 'kill', command, content, HEADS, rows)}")


if __name__ == "__main__":
    sys.exit(main())
