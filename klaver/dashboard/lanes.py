"""Lanes: processes that carry out what the dashboard asks, one errand at a time, and remember the worlds they prepared.

Processes and not threads, because a compiled rule holds the interpreter's lock: the page's thread would stand still. A lane
that dies is started anew; its errand comes back as lost. What stands under "inside a lane" runs in that process.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from analysis.experiment import Content, Job, Made
    from analysis.posterior import Posterior
    from sim.world import World

WORLD_BYTES = 150_000_000
"""Most that the prepared worlds in one lane may take; a packed world takes 30 to 400 kB."""
LANE_NICENESS = 2  # lanes give way to the page's thread where they share a core
LONGEST_CAUSE = 200  # characters of a cause that a user is told


# --- in the server's process -----------------------------------------------------------------------------------------


class Lane:
    """One process for errands; the methods are called by one thread only.

    Parameters
    ----------
    number
        Which of the lanes this is, from 0.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.errand: Any = None
        self.since = 0.0
        """When the errand was handed out, as ``time.monotonic`` has it."""
        self.future: Future[Any] | None = None
        """What was handed out last; one that was handed out before is over, whatever becomes of it."""
        self.ready = False
        self.stillborn = 0
        """Times in a row that it died before it was ready."""
        self._executor: Any = None

    def start(self, then: Callable[[Lane, Future[Any]], None]) -> None:
        """Start the process, or start it anew, and warm it up; ``then`` is called when it is ready, or has died."""
        from joblib.externals.loky import ProcessPoolExecutor

        from analysis.engines import ONE_THREAD, end_with

        self.close()
        self.ready, self.errand = False, None
        # Without end to its patience: an idle lane keeps its worlds.
        self._executor = ProcessPoolExecutor(
            max_workers=1, timeout=None, env=ONE_THREAD, initializer=end_with, initargs=(os.getpid(),))
        self._submit(then, warm_up)

    def carry_out(self, errand: Any, then: Callable[[Lane, Future[Any]], None], function: Callable[..., Any],
                  *arguments: Any) -> None:  # fmt: skip
        """Hand out an errand; ``then`` is called from another thread when it is over."""
        self.errand, self.since = errand, time.monotonic()
        self._submit(then, function, *arguments)

    def _submit(self, then: Callable[[Lane, Future[Any]], None], function: Callable[..., Any], *arguments: Any) -> None:
        try:
            future = self._executor.submit(function, *arguments)
        except RuntimeError as death:  # it died while it was idle; loky has more than one name for that
            future = Future()
            future.set_exception(BrokenExecutor(str(death)))
        self.future = future
        future.add_done_callback(lambda over: then(self, over))

    @property
    def process(self) -> int | None:
        """Its process id; None while there is none."""
        return next(iter(self._executor._processes or ()), None) if self._executor is not None else None

    def close(self) -> None:
        """End the process at once."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None


def has_died(over: Future[Any]) -> bool:
    """Return whether an errand is over because its lane died."""
    return over.cancelled() or isinstance(over.exception(), BrokenExecutor)


class Came(NamedTuple):
    """One run as the dashboard keeps it.

    Attributes
    ----------
    run
        Its key.
    measures : float64 array, (measures,)
        Its outcomes.
    path : float32 array, (quarters, columns)
        Its indicators.
    gross_ha
        Area within the boundary of its park, hectares.
    """

    run: str
    measures: np.ndarray
    path: np.ndarray
    gross_ha: float

    @property
    def bytes(self) -> int:
        """What it takes in memory, with its place in a table."""
        return int(self.measures.nbytes + self.path.nbytes) + 600


class Brought(NamedTuple):
    """What an errand of runs brought.

    Attributes
    ----------
    places
        Seed and place of the strategy, of each run that was made.
    runs
        Those runs.
    names
        Of the measures.
    raised
        Seed, place of the strategy and cause, of each run that raised.
    seconds
        How long it took.
    """

    places: tuple[tuple[int, int], ...]
    runs: tuple[Came, ...]
    names: tuple[str, ...]
    raised: tuple[tuple[int, int, str], ...]
    seconds: float


class Answer(NamedTuple):
    """What a call brought: a pickled result, or the cause that it has none."""

    pickled: bytes | None
    cause: str | None


# --- inside a lane ---------------------------------------------------------------------------------------------------


def warm_up() -> int:
    """Import, compile where that is still needed, and make one short run; return the process id."""
    from analysis.experiment import Content, Job, make_runs
    from analysis.identity import model_version
    from sim.inputs.scenario import load_park
    from sim.inputs.strategy import load_strategy
    from sim.warm_up import compile_rules

    if hasattr(os, "nice"):
        os.nice(LANE_NICENESS)
    compile_rules()
    strategy = Content.of("strategy", load_strategy("demand_driven"))
    job = Job(Content.of("park", load_park("small_village")), (strategy,), ((1, (0,)),), 4, model_version())
    for _ in make_runs(job, _kept_world):
        pass
    return os.getpid()


def make(job: Job, drawn: bool = False) -> Brought:
    """Make the runs of a job.

    Parameters
    ----------
    drawn
        Each seed draws its parameters from the shipped posterior, for all strategies.
    """
    from dataclasses import replace

    from analysis.experiment import Made, make_runs
    from sim.inputs.problems import InputProblem

    began = time.perf_counter()
    places, came, raised = [], [], []
    names: tuple[str, ...] = ()
    for seed, strategies in job.runs:
        try:
            park = _drawn_park(job.park.json, seed) if drawn else job.park
        except InputProblem as cause:
            raised += [(seed, place, safe_cause(str(cause))) for place in strategies]
            continue
        of_seed = replace(job, park=park, runs=((seed, strategies),))
        for place, run in zip(strategies, make_runs(of_seed, _kept_world), strict=True):
            if isinstance(run, Made):
                names = names or tuple(run.measures)
                places.append((seed, place))
                came.append(_came(run, gross_ha(job.park.json)))
            else:
                raised.append((seed, place, safe_cause(run.cause)))
    return Brought(tuple(places), tuple(came), names, tuple(raised), time.perf_counter() - began)


def answer(pickled: bytes) -> Answer:
    """Call a function, and return what it returns, pickled; or what it raised, in a line."""
    function, arguments = pickle.loads(pickled)
    try:
        return Answer(pickle.dumps(function(*arguments), pickle.HIGHEST_PROTOCOL), None)
    except Exception as cause:
        return Answer(None, safe_cause(f"{type(cause).__name__}: {cause}"))


def safe_cause(cause: str) -> str:
    """Return a cause as a user may be told it: its first line, without paths of this machine, not too long.

    >>> safe_cause("FileNotFoundError: [Errno 2] No such file: '/home/me/park.toml'")
    "FileNotFoundError: [Errno 2] No such file: '...'"
    """
    first = cause.strip().partition("\n")[0]
    return re.sub(r"(?:\b[A-Za-z]:)?[\\/][\w.~-]+[^\s'\",;]*", "...", first)[:LONGEST_CAUSE]


def _came(run: Made, hectares: float) -> Came:
    import numpy as np

    return Came(run.identity["run"], np.array(list(run.measures.values()), np.float64), run.path, hectares)


@lru_cache(maxsize=16)
def gross_ha(park_json: str) -> float:
    """Return the area within the boundary of a park, hectares."""
    from sim import model
    from sim.inputs.scenario import Scenario

    return model.Park.of(Scenario.from_resolved(json.loads(park_json))).gross_ha


class _Worlds:
    """Prepared worlds, packed: ten to fifty times smaller, and unpacking one is ten times as fast as preparing it."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._packed: OrderedDict[tuple[str, int, int], tuple[bytes, int]] = OrderedDict()

    def get(self, key: tuple[str, int, int]) -> World | None:
        import pyarrow as pa

        if key not in self._packed:
            return None
        self._packed.move_to_end(key)
        packed, size = self._packed[key]
        return pickle.loads(pa.decompress(packed, size, codec="zstd", asbytes=True))

    def put(self, key: tuple[str, int, int], world: World) -> None:
        import pyarrow as pa

        plain = pickle.dumps(world, pickle.HIGHEST_PROTOCOL)
        packed = pa.compress(plain, codec="zstd", asbytes=True)
        self._packed[key] = (packed, len(plain))
        self._bytes += len(packed)
        while self._bytes > self._most and len(self._packed) > 1:
            self._bytes -= len(self._packed.popitem(last=False)[1][0])


_worlds = _Worlds(WORLD_BYTES)


def _kept_world(job: Job, seed: int) -> World:
    """Return the world of a park on one seed: from memory, or prepared and kept."""
    from analysis.experiment import prepare_world

    key = (job.park.hash, job.quarters, seed)
    world = _worlds.get(key)
    if world is None:
        world = prepare_world(job, seed)
        _worlds.put(key, world)
    return world


@lru_cache(maxsize=512)
def _drawn_park(park_json: str, seed: int) -> Content:
    """Return a park with the parameters that a seed draws from the shipped posterior."""
    from analysis.experiment import Content
    from analysis.variants import Point, vary_park
    from sim.inputs.scenario import Scenario

    park = Scenario.from_resolved(json.loads(park_json))
    return Content.of("park", vary_park(park, Point(0, shipped_posterior().draw(seed))))


@cache
def shipped_posterior() -> Posterior:
    """Return the posterior that is shipped; read once."""
    from analysis.posterior import load_posterior

    return load_posterior()
