"""Where jobs run makes no difference to what comes out, and a worker that dies costs nobody else's work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.engines import Cluster, ClusterProblem, Done, InProcess, Processes, engine_for
from analysis.experiment import Job, carry_out_job
from analysis.store import Rows, Store
from tests.analysis.small_experiments import check_whole, make, plan

# --- jobs that are easy to follow ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """A job of a few numbers, to be squared; some take their worker with them."""

    numbers: tuple[int, ...]
    deadly: tuple[int, ...] = ()
    once: str = ""

    def split(self) -> list[Numbers]:
        return [Numbers((number,), self.deadly, self.once) for number in self.numbers]


def square(job: Numbers) -> list[int]:
    for number in job.numbers:
        if number in job.deadly and not (job.once and Path(job.once).exists()):
            if job.once:
                Path(job.once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return [number * number for number in job.numbers]


def stumble(job: Numbers) -> list[int]:
    if 5 in job.numbers:
        raise ZeroDivisionError("five")
    return square(job)


def jobs(deadly: tuple[int, ...] = (), once: str = "") -> list[Numbers]:
    return [Numbers((k, k + 1, k + 2), deadly, once) for k in range(0, 30, 3)]


def squares(done: list[Done]) -> list[int]:
    return sorted(value for item in done if item.result is not None for value in item.result)


ALL = [k * k for k in range(30)]


@pytest.fixture(params=["here", "processes", "cluster"])
def engine(request) -> Iterator[InProcess | Processes | Cluster]:
    made = {"here": InProcess, "processes": lambda: Processes(2), "cluster": lambda: Cluster("local:2")}[request.param]()
    with made:
        yield made


def test_every_job_comes_back_once(engine):
    assert squares(list(engine.carry_out(square, jobs()))) == ALL


def test_what_a_job_raises_is_raised(engine):
    with pytest.raises(ZeroDivisionError, match="five"):
        list(engine.carry_out(stumble, jobs()))


def test_jobs_are_taken_as_they_are_needed(engine):
    taken = []

    def source() -> Iterator[Numbers]:
        for job in [Numbers((k,)) for k in range(60)]:
            taken.append(job)
            yield job

    results = engine.carry_out(square, source())
    next(results)
    assert len(taken) < 30, "memory would grow with the number of jobs"
    assert len(list(results)) == 59


@pytest.mark.parametrize("make_engine", [lambda: Processes(2), lambda: Cluster("local:2")], ids=["processes", "cluster"])
def test_a_run_that_kills_its_worker_is_lost_alone(make_engine):
    with make_engine() as engine:
        done = list(engine.carry_out(square, jobs(deadly=(7,))))
    assert squares(done) == [k * k for k in range(30) if k != 7]
    lost = [item for item in done if item.result is None]
    assert [item.job.numbers for item in lost] == [(7,)]
    assert all(item.lost for item in lost)


@pytest.mark.parametrize("make_engine", [lambda: Processes(2), lambda: Cluster("local:2")], ids=["processes", "cluster"])
def test_a_worker_killed_from_outside_costs_nothing(make_engine, tmp_path):
    with make_engine() as engine:
        done = list(engine.carry_out(square, jobs(deadly=(13,), once=str(tmp_path / "killed"))))
    assert squares(done) == ALL and (tmp_path / "killed").exists()


def test_the_engine_fits_the_work():
    assert isinstance(engine_for(None, None, 3), InProcess)
    assert isinstance(engine_for(1, None, 10_000), InProcess)
    assert isinstance(engine_for(2, None, 3), Processes)


@pytest.mark.parametrize(("address", "key"), [
    ("local:0", "error.cluster_address"), ("local:many", "error.cluster_address"),
    ("tcp://127.0.0.1:9", "error.cluster_silent"), ("nonsense://x", "error.cluster_silent"),
])  # fmt: skip
def test_an_address_where_nobody_is_gives_a_sentence(address, key, monkeypatch):
    import distributed

    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda *a, **k: client(*a, **(k | {"timeout": "2s"})))
    with pytest.raises(ClusterProblem) as caught:
        Cluster(address)
    assert caught.value.key == key


# --- runs of the model ----------------------------------------------------------------------------------------------


def dies_once(job: Job) -> Rows:
    """Do the work of a job; the first time that seed 3 comes by, die instead."""
    mark = Path(os.environ["KLAVER_TEST_MARK"])
    if any(seed == 3 for seed, _ in job.runs) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return carry_out_job(job)


def test_a_local_dask_cluster_gives_the_same_numbers(tmp_path):
    carried = make(plan(), Store(tmp_path / "store"), Cluster("local:3"))
    assert carried.made == 18
    check_whole(tmp_path / "store", plan())


def test_a_worker_that_dies_during_a_sweep_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("KLAVER_TEST_MARK", str(tmp_path / "mark"))
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True, kill_workers=True)  # new workers, which know the mark
    make(plan(), Store(tmp_path / "store"), Processes(2), work=dies_once)
    assert (tmp_path / "mark").exists()
    check_whole(tmp_path / "store", plan())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def started(*arguments: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=root, env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


@pytest.fixture
def cluster(tmp_path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and three workers as on many machines: separate programs."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    programs = [started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]
    programs += [
        started("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny",
                "--local-directory", str(tmp_path))
        for _ in range(3)
    ]  # fmt: skip
    yield address, programs
    for program in programs:
        program.kill()
        program.wait()


def test_a_cluster_started_by_hand_loses_a_worker_and_nothing_else(tmp_path, cluster):
    address, programs = cluster
    engine, some = Cluster(address), plan(40)
    engine._client.wait_for_workers(3, timeout=60)

    def kill_one(done: int, _: int) -> None:
        if done >= 30 and programs[1].poll() is None:
            programs[1].kill()

    carried = make(some, Store(tmp_path / "store"), engine, progress=kill_one)
    assert programs[1].wait(10) == -signal.SIGKILL
    assert carried.made == 120 and carried.failed.empty
    check_whole(tmp_path / "store", some, 40)


def test_when_the_scheduler_is_gone_what_was_done_is_kept(tmp_path, cluster):
    address, programs = cluster
    some = plan(40)

    def kill_the_scheduler(done: int, _: int) -> None:
        programs[0].kill()

    with pytest.raises(ClusterProblem) as caught:
        make(some, Store(tmp_path / "store"), Cluster(address), progress=kill_the_scheduler)
    assert caught.value.key == "error.cluster_lost"
    assert 0 < len(Store(tmp_path / "store").runs()) < 120
    make(some, Store(tmp_path / "store"))
    check_whole(tmp_path / "store", some, 40)
