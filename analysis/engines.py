"""Where jobs are carried out: in this process, in worker processes here, or on a dask cluster.

An engine takes jobs one by one, hands out a few more than there are workers, and gives results back as they come, so that
memory does not grow with the number of jobs. Results do not depend on the engine: a job is a pure function of its content.
A worker that dies costs nobody else's work. Its job is tried again; jobs that were under way when a worker died are then
tried one at a time, so that the one to blame is known for certain; it is split, and a single run that takes its worker with
it twice is given back as lost.

    Engine
    +-- InProcess        here, one after another
    +-- Pool             on workers that may die
        +-- Processes    joblib's loky: one process a core
        +-- Cluster      dask.distributed: workers started elsewhere, or ``local:N`` of them here
"""

from __future__ import annotations

import os
import threading
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import joblib

AHEAD = 2  # jobs handed out per worker: one it works on, one that waits
POLL, PATIENCE = 5.0, 90.0  # seconds between looks at a cluster, and without any worker before it counts as gone
TRIES = 2  # times that a run may take its worker with it before it counts as lost
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}


class Job(Protocol):
    """What an engine needs to know of a job."""

    def split(self) -> list[Any]:
        """Return the job as jobs of one run each; itself alone when it is one run."""
        ...


class Done(NamedTuple):
    """A job that is over: with what it gave, or, where it was lost with its worker, with why."""

    job: Any
    result: Any | None
    lost: str | None = None


Work = Callable[[Any], Any]


class Engine:
    """Carries out jobs; a context manager."""

    workers = 1
    _entered = 0

    def __enter__(self) -> Self:
        """Keep the workers until the outermost ``with`` is left, so that several plans can share them."""
        self._entered += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._entered -= 1
        if not self._entered:
            self.close(kind is not None)

    def close(self, interrupted: bool) -> None:
        """Let go of the workers; at once where the work was interrupted."""

    def carry_out(self, work: Work, jobs: Iterable[Any]) -> Iterator[Done]:
        """Yield every job with its result, in the order in which they are done.

        Parameters
        ----------
        work
            A function of a module; what it raises, this raises.
        jobs
            Taken as they are needed, so that a later one can follow from earlier results.
        """
        raise NotImplementedError


class InProcess(Engine):
    """Carries out jobs here, one after another."""

    def carry_out(self, work: Work, jobs: Iterable[Any]) -> Iterator[Done]:
        """Yield every job with its result, in order."""
        for job in jobs:
            yield Done(job, work(job))


class Pool(Engine):
    """Carries out jobs on workers that may die. What the two kinds have in common."""

    tries = TRIES

    def carry_out(self, work: Work, jobs: Iterable[Any]) -> Iterator[Done]:
        """Yield every job with its result, in the order in which they are done."""
        source = iter(jobs)
        under_way: dict[Any, Any] = {}
        suspects: deque[tuple[Any, int]] = deque()
        while True:
            # After a death nothing new goes out until those that were under way have been tried alone.
            while not suspects and len(under_way) < AHEAD * self.workers and (job := next(source, None)) is not None:
                try:
                    under_way[self._submit(work, job)] = job
                except self._deaths():
                    suspects.append((job, 0))
            if under_way:
                future = self._next_done(under_way)
                job = under_way.pop(future)
                try:
                    result = future.result()
                except self._deaths():
                    suspects.append((job, 0))
                else:
                    yield Done(job, result)
            elif suspects:
                yield from self._alone(work, *suspects.popleft(), suspects)
            else:
                return

    def _alone(self, work: Work, job: Any, tried: int, suspects: deque[tuple[Any, int]]) -> Iterator[Done]:
        """Carry out one job with nobody beside it: if the worker dies now, it is this job's doing."""
        try:
            future = self._submit(work, job)
            result = self._next_done({future: job}).result()
        except self._deaths() as death:
            parts = job.split()
            if len(parts) > 1:
                suspects.extend((part, 0) for part in parts)
            elif tried + 1 < self.tries:
                suspects.append((job, tried + 1))
            else:
                yield Done(job, None, str(death).strip() or type(death).__name__)
        else:
            yield Done(job, result)

    def _submit(self, work: Work, job: Any) -> Any:
        """Hand a job out; return its future."""
        raise NotImplementedError

    def _next_done(self, under_way: dict[Any, Any]) -> Any:
        """Wait until one of the futures is done, and return it."""
        raise NotImplementedError

    def _deaths(self) -> type[Exception]:
        """Return what a future raises whose worker died."""
        raise NotImplementedError


class Processes(Pool):
    """Carries out jobs in processes on this machine (joblib's loky).

    Parameters
    ----------
    workers
        Processes, 1 or more.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor: Any = None

    def close(self, interrupted: bool) -> None:
        """Stop the workers at once where the work was interrupted; idle ones stop by themselves otherwise."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=interrupted)
            self._executor = None

    def _pool(self) -> Any:
        """Return workers of this engine alone: joblib's shared ones would be stopped or resized by others in this process."""
        from joblib.externals.loky import ProcessPoolExecutor

        if self._executor is None or self._executor._flags.broken is not None:
            self._executor = ProcessPoolExecutor(
                max_workers=self.workers, timeout=60, env=ONE_THREAD, initializer=end_with, initargs=(os.getpid(),))
        return self._executor

    def _submit(self, work: Work, job: Any) -> Any:
        return self._pool().submit(work, job)

    def _next_done(self, under_way: dict[Any, Any]) -> Any:
        return next(iter(wait(under_way, return_when=FIRST_COMPLETED).done))

    def _deaths(self) -> type[Exception]:
        return BrokenProcessPool


def end_with(parent: int) -> None:
    """Let this worker end when the process that started it is gone, however it went: it may wait for it in a full pipe."""
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Cluster(Pool):
    """Carries out jobs on a dask cluster.

    Parameters
    ----------
    address
        Of a scheduler, such as ``tcp://10.0.0.5:8786``; or ``local:N``, which starts N worker processes here.

    Raises
    ------
    ClusterProblem
        If dask is not installed, or nobody answers at the address.
    """

    tries = 1  # dask itself has tried a job on several workers before it gives it back

    def __init__(self, address: str) -> None:
        self._cluster: Any = None
        self._client: Any = None
        try:
            import distributed
        except ImportError as cause:
            raise ClusterProblem("no_dask") from cause
        try:
            if address.startswith("local:"):
                self._cluster = _local_cluster(address)
            self._client = distributed.Client(self._cluster or address, timeout="10s")
            self._client.wait_for_workers(1, timeout=60)
            self._number, self._seen = len(self._client.ncores()), time.monotonic()
        except (OSError, ValueError, TypeError) as cause:  # TypeError: tls:// without certificates
            self.close(True)
            if isinstance(cause, ClusterProblem):
                raise
            raise ClusterProblem("cluster_silent", address=address) from cause

    @property
    def workers(self) -> int:  # type: ignore[override]
        """Workers that are there now: they may come and go while the work is under way."""
        return max(1, sum(self._client.ncores().values()))

    def close(self, interrupted: bool) -> None:
        """Leave the cluster; stop it where it was started here."""
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def carry_out(self, work: Work, jobs: Iterable[Any]) -> Iterator[Done]:
        """Yield every job with its result, in the order in which they are done.

        Raises
        ------
        ClusterProblem
            If the scheduler is gone.
        """
        try:
            yield from super().carry_out(work, jobs)
        except (CancelledError, OSError) as loss:
            raise ClusterProblem("cluster_lost") from loss

    def _submit(self, work: Work, job: Any) -> Any:
        return self._client.submit(work, job, pure=False)

    def _next_done(self, under_way: dict[Any, Any]) -> Any:
        from distributed import wait as wait_for

        while True:
            try:
                return next(iter(wait_for(list(under_way), timeout=POLL, return_when="FIRST_COMPLETED").done))
            except TimeoutError:
                self._look_for_workers()

    def _look_for_workers(self) -> None:
        """Put back workers of a cluster that was started here; give up where there have been none for long.

        dask starts a worker that dies again, but not one that dies while it starts.

        Raises
        ------
        ClusterProblem
            If there has been no worker for :data:`PATIENCE` seconds.
        """
        if self._client.ncores():
            self._seen = time.monotonic()
            return
        if self._cluster is not None:
            self._cluster.scale(self._number)
        if time.monotonic() - self._seen > PATIENCE:
            raise ClusterProblem("cluster_lost")

    def _deaths(self) -> type[Exception]:
        from distributed import KilledWorker

        return KilledWorker


def _local_cluster(address: str) -> Any:
    import dask
    import distributed

    number = address.removeprefix("local:")
    if not number.isdecimal() or not 1 <= int(number) <= 1024:
        raise ClusterProblem("cluster_address", address=address)
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        return distributed.LocalCluster(
            n_workers=int(number), threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
            silence_logs=50,
        )  # fmt: skip


class ClusterProblem(ValueError):
    """A cluster that cannot be used. ``key`` and ``values`` name the sentence that a user is told."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key, self.values = f"error.{key}", values


def engine_for(workers: int | None, cluster: str | None, runs: int) -> Engine:
    """Return where to carry out so many runs.

    Parameters
    ----------
    workers
        Processes here; None takes one per core, or none besides this one when the work is small.
    cluster
        Address of a dask scheduler, ``local:N``, or None for this machine alone.
    runs
        How many there are to make.
    """
    if cluster is not None:
        return Cluster(cluster)
    if workers is None:
        workers = 1 if runs <= SMALL else joblib.cpu_count()
    return InProcess() if workers == 1 else Processes(workers)


SMALL = 12  # runs below which starting workers costs more than it saves
