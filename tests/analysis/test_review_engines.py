"""Workers belong to one engine, and go when their main process goes: cases from a review of the engines."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import psutil

from analysis.engines import Processes


@dataclass(frozen=True)
class Number:
    """A job that workers can do without loading the model."""

    n: int

    def split(self) -> list[Number]:
        return [self]


def square(job: Number) -> int:
    time.sleep(0.01)
    return job.n**2


def heavy(job: Number) -> bytes:
    """Give back more than a pipe holds, as a job of many runs does."""
    time.sleep(0.05)
    return bytes(2_000_000)


def test_workers_end_when_their_main_process_is_killed():
    code = ("from analysis.engines import Processes; from tests.analysis.test_review_engines import Number, heavy\n"
            "for k, _ in enumerate(Processes(2).carry_out(heavy, (Number(n) for n in range(10_000)))):\n"
            "    print(k, flush=True)")  # fmt: skip
    main = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    assert main.stdout is not None
    for _ in range(5):
        assert main.stdout.readline()
    workers = [child for child in psutil.Process(main.pid).children() if "popen_loky" in " ".join(child.cmdline())]
    main.kill()
    main.wait()
    try:
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert len(workers) == 2 and not alive
    finally:
        for worker in workers:
            if worker.is_running():
                worker.kill()


def test_joblib_still_works_for_others_after_a_sweep():
    with Processes(2) as engine:
        assert len(list(engine.carry_out(square, map(Number, range(10))))) == 10
    assert joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(k) for k in (-1, -2)) == [1, 2]


def test_work_that_is_stopped_stops_no_other_work():
    """Two sweeps in two threads, as two visitors of a dashboard have; one presses stop."""
    found: dict[str, Any] = {}
    under_way = threading.Event()

    def goes_on() -> None:
        try:
            with Processes(2) as engine:
                done = []
                for item in engine.carry_out(square, map(Number, range(200))):
                    done.append(item)
                    under_way.set()
                found["squares"] = sorted(item.result for item in done)
        except BaseException as problem:
            found["problem"] = problem
            under_way.set()

    thread = threading.Thread(target=goes_on)
    thread.start()
    under_way.wait(60)
    Processes(2).close(True)
    thread.join(60)
    assert found.get("squares") == [k * k for k in range(200)], found
