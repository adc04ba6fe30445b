"""Carry out an experiment on a SLURM cluster: ask for jobs with dask workers in them, and run a klaver command on those.

    python slurm.py --jobs 10 --cores 16 --memory 32GB --walltime 04:00:00 -- sweep FILE --out STORE

What stands after ``--`` is the klaver command; this script adds ``--cluster`` with the address of its scheduler. Scheduler
and store live where the script runs (a login node, or a small job of its own); workers send their results there, so that
they need no shared disk for them. Jobs that reach their wall time or die are asked for again. If the script itself is
stopped, the same command goes on where it was.

Needs ``dask-jobqueue`` (0.9) in the environment that holds klaver, and that environment on every node, at the same path.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
from typing import Any

LEAVE_EARLY = 300  # seconds before its wall time that a worker hands its work back, up to as much again earlier


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Return what was asked for; the klaver command is ``command``."""
    parser = argparse.ArgumentParser(description="Run a klaver command on dask workers in SLURM jobs.", allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=4, help="SLURM jobs to keep running (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=8, help="cores a job; one worker each (default: %(default)s)")
    parser.add_argument("--memory", default="16GB", help="memory a job (default: %(default)s)")
    parser.add_argument("--walltime", default="04:00:00", help="HH:MM:SS a job (default: %(default)s)")
    parser.add_argument("--queue", help="partition (sbatch -p)")
    parser.add_argument("--account", help="account (sbatch -A)")
    parser.add_argument("--interface", help="network between the nodes, such as ib0")
    parser.add_argument("--directive", action="append", default=[], help="another line for #SBATCH; may be repeated")
    parser.add_argument("--show", action="store_true", help="print the job script, and ask for nothing")
    parser.add_argument("command", nargs="*", help="klaver command, after --")
    asked = parser.parse_args(given)
    if not asked.show and not asked.command:
        parser.error("no klaver command is given; write it after --, such as: -- sweep FILE --out STORE")
    return asked


def seconds(walltime: str) -> int:
    """Return the seconds of a wall time such as ``04:00:00`` or ``1-12:00:00``."""
    days, _, clock = walltime.rpartition("-")
    hours, minutes, rest = (int(part) for part in clock.split(":"))
    return 86_400 * int(days or 0) + 3600 * hours + 60 * minutes + rest


def cluster_of(asked: argparse.Namespace) -> Any:
    """Return the cluster: its scheduler runs here, over TLS where dask's configuration asks for it; no job is asked for yet."""
    import dask
    from dask_jobqueue import SLURMCluster
    from distributed import Security

    lifetime = seconds(asked.walltime) - LEAVE_EARLY
    if lifetime <= LEAVE_EARLY:
        raise SystemExit(f"--walltime {asked.walltime} is too short; give more than {2 * LEAVE_EARLY // 60} minutes.")
    return SLURMCluster(
        queue=asked.queue, account=asked.account, walltime=asked.walltime, interface=asked.interface,
        cores=asked.cores, processes=asked.cores, memory=asked.memory,  # a run keeps one core busy: one thread a worker
        worker_extra_args=["--lifetime", f"{lifetime}s", "--lifetime-stagger", f"{LEAVE_EARLY}s"],
        job_extra_directives=asked.directive, job_name="klaver", python=sys.executable,
        security=Security() if dask.config.get("distributed.comm.require-encryption", False) else None,
        scheduler_options={"dashboard_address": ":0"},  # a login node is shared: any free port
    )  # fmt: skip


def main() -> int:
    """Start the cluster, wait for a first worker however long the queue, run the command; return its exit code."""
    asked = arguments()
    with cluster_of(asked) as cluster:
        if asked.show:
            print(cluster.job_script())
            return 0
        # As many at least as at most: what ends is asked for again, and what waits is not taken for idle.
        cluster.adapt(minimum_jobs=asked.jobs, maximum_jobs=asked.jobs)
        cluster.get_client().wait_for_workers(1)
        klaver = os.path.join(sysconfig.get_path("scripts"), "klaver")
        return subprocess.run([klaver, *asked.command, "--cluster", cluster.scheduler_address]).returncode


if __name__ == "__main__":
    sys.exit(main())
