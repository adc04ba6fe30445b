"""Killed at any point: after going on, no run is lost, doubled or half-written.

Small form: a process is killed at the n-th step of its own work with files (before a write, halfway through it, after it,
before and after each rename and sync) or between jobs, for sixty points drawn at random from all there are, some of them
several times over. ``benchmarks/kill.py`` kills real processes from outside, at length.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from analysis import store as stores
from analysis.store import Batches, Store
from tests.analysis.small_experiments import check_whole, make, plan, uninterrupted

POINTS = 60
SEEDS = 4
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")


class Steps:
    """Counts the steps of a process, and kills it at one of them."""

    def __init__(self, deadly: int | None) -> None:
        self.n, self.deadly = 0, deadly

    def step(self) -> None:
        self.n += 1
        if self.n == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function):
        def stepping(*arguments, **named):
            self.step()
            result = function(*arguments, **named)
            self.step()
            return result

        return stepping

    def opening(self, open_):
        """Let files be written in halves, with a step in between."""
        def stepping(path, mode="r", *arguments, **named):
            file = open_(path, mode, *arguments, **named)
            if "w" not in mode:
                return file
            write = file.write

            class Halves:
                def __enter__(self):
                    return self

                def __exit__(self, *problem):
                    file.close()

                def write(_, data):
                    data = bytes(data)
                    write(data[: len(data) // 2])
                    file.flush()
                    self.step()
                    write(data[len(data) // 2:])

                def __getattr__(_, name):
                    return getattr(file, name)

            return Halves()

        return stepping


def sweep(folder: Path, steps: Steps, seeds: int) -> None:
    """Carry out a plan, writing a part after every job."""
    with (
        patch.object(stores, "LONGEST_WAIT", (0.0, 0.0)), patch.object(stores, "_SHARE_OF_TIME", 0.0),
        patch.object(stores, "open", steps.opening(open), create=True),
        patch.object(stores.os, "replace", steps.around(os.replace)),
        patch.object(stores.os, "fsync", steps.around(os.fsync)),
        patch.object(Batches, "add", steps.around(Batches.add)),
        patch("analysis.experiment.JOB_SECONDS", 0.0),
    ):  # fmt: skip
        make(plan(seeds), Store(folder))


def killed(folder: Path, deadly: int, seeds: int) -> bool:
    """Carry out the plan in a process of its own that is killed at a step; return whether it was."""
    child = os.fork()
    if child == 0:
        try:
            sweep(folder, Steps(deadly), seeds)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.WIFSIGNALED(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the process hangs")


@pytest.fixture(scope="module")
def all_steps(tmp_path_factory) -> int:
    """Return how many steps an undisturbed sweep takes."""
    steps = Steps(None)
    uninterrupted(SEEDS)
    sweep(tmp_path_factory.mktemp("undisturbed") / "store", steps, SEEDS)
    assert steps.n > 60
    return steps.n


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_any_point_nothing_is_lost_doubled_or_half(tmp_path, all_steps, point):
    folder, draw = tmp_path / "store", random.Random(point)
    assert killed(folder, draw.randint(1, all_steps), SEEDS)
    for _ in range(point % 3):  # some are killed again, and again
        killed(folder, draw.randint(1, all_steps), SEEDS)
    make(plan(SEEDS), Store(folder))
    check_whole(folder, plan(SEEDS), SEEDS)


def test_what_was_written_before_the_kill_is_not_made_again(tmp_path, all_steps):
    folder = tmp_path / "store"
    assert killed(folder, all_steps - 2, SEEDS)
    there = len(Store(folder).runs())
    assert there >= 3 * (SEEDS - 2)
    carried = make(plan(SEEDS), Store(folder))
    assert (carried.there, carried.made) == (there, 3 * SEEDS - there)
