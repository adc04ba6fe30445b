"""What a sweep shows and writes: its forecast, its summary, and where it came from."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klaver.console import Speaker
from klaver.results import PROVENANCE, UnusableFolder, as_json, hash_of, provenance

if TYPE_CHECKING:
    from analysis.experiment import Carried, Plan
    from analysis.store import Store

FAILURES_SHOWN = 5


def check_design(store: Store, plan: Plan, force: bool) -> None:
    """Refuse a store that holds another design under this name, unless the new one only adds runs to it.

    Raises
    ------
    UnusableFolder
        Before anything is computed. (The runs themselves would not be lost, only which of them belonged together.)
    """
    if force or plan.name not in store.experiments():
        return
    old = set(store.design(plan.name)[1]["run"])
    lost = len(old - plan.keys)
    if lost:
        raise UnusableFolder("error.other_design", folder=store.folder, name=plan.name, n=lost)


def show_forecast(speak: Speaker, plan: Plan, store: Store, workers: int | None) -> None:
    """Show how many runs there are, how long they take and how much disk, from a timed sample; nothing is written."""
    import joblib

    from analysis.forecast import forecast

    speak.note(speak.say("sweep.timing"))
    found = forecast(plan, store, workers or joblib.cpu_count())
    say = speak.say
    points = plan.design["point"].nunique()
    speak.result(say("sweep.size", name=plan.name, runs=say.number(found.runs), points=say.number(points),
                     parks=plan.design["park"].nunique(), strategies=len(plan.order), seeds=say.number(len(plan.seeds))))
    if found.there or found.failed:
        speak.result(say("sweep.there", there=say.number(found.there), failed=say.number(found.failed)))
    if found.seconds is None or found.bytes is None or found.seconds_per_run is None:
        speak.result(say("sweep.nothing_to_do"))
    else:
        speak.result(say(
            "sweep.takes", todo=say.number(found.todo), time=time_text(speak, found.seconds), workers=found.workers,
            each=say.number(1000 * found.seconds_per_run, 1), sampled=found.sampled, disk=size_text(speak, found.bytes)))
        with contextlib.suppress(OSError):
            free = free_space(store.folder)
            if free < found.bytes:
                speak.result(say("sweep.too_little_disk", free=size_text(speak, free)))
    speak.data({"name": plan.name, "points": points, **found.to_json()})


def free_space(folder: Path) -> int:
    """Return how many bytes can be written where a folder is or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.absolute().parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def time_text(speak: Speaker, seconds: float) -> str:
    """Return a time in seconds, minutes or hours."""
    say = speak.say
    if seconds < 90:
        return say("sweep.seconds", n=say.number(max(seconds, 1)))
    if seconds < 5400:
        return say("sweep.minutes", n=say.number(seconds / 60))
    return say("sweep.hours", n=say.number(seconds / 3600, 1))


def size_text(speak: Speaker, size: float) -> str:
    """Return a size in MB or GB."""
    return f"{speak.say.number(size / 1e9, 1)} GB" if size >= 1e9 else f"{speak.say.number(size / 1e6, 1)} MB"


def show_sweep(speak: Speaker, plan: Plan, store: Store, carried: Carried) -> None:
    """Show what a sweep came to: runs made and there, failures with how to see them again, and what to do next."""
    say = speak.say
    speak.result(say("sweep.done", name=plan.name, made=say.number(carried.made), there=say.number(carried.there),
                     time=time_text(speak, carried.seconds), folder=store.folder, disk=size_text(speak, store.size())))
    if carried.torn:
        speak.result(say("sweep.torn", n=carried.torn, folder=store.folder / "set_aside"))
    for key, row in carried.failed.head(FAILURES_SHOWN).iterrows():
        speak.result(say("sweep.failed", park=row["park"], strategy=row["strategy"], seed=row["seed"],
                         cause=row["cause"], command=f"klaver run {str(key)[:12]} --store {store.folder}"))
    if len(carried.failed) > FAILURES_SHOWN:
        speak.result(say("sweep.more_failed", n=len(carried.failed)))
    speak.remark(say("sweep.next", folder=store.folder))
    speak.data({
        "name": plan.name, "runs": len(plan.keys), "made": carried.made, "there": carried.there,
        "failed": [{"run": str(key), **row.drop("traceback").to_dict()} for key, row in carried.failed.iterrows()],
        "torn": carried.torn, "seconds": round(carried.seconds, 3), "store": store.folder,
    })  # fmt: skip


def write_provenance(store: Store, plan: Plan, carried: Carried) -> None:
    """Write where the runs of a store came from, beside them."""
    record: dict[str, Any] = provenance(
        "sweep", {"experiment": plan.content, "name": plan.name, "model": plan.model, "seeds": list(plan.seeds)},
        sorted(plan.keys), time.time() - carried.seconds,
    )  # fmt: skip
    record["numbers_sha256"] = hash_of(sorted(plan.keys))
    temporary = store.folder / f".{PROVENANCE}.{os.getpid()}.tmp"
    temporary.write_text(as_json(record) + "\n", encoding="utf-8")
    os.replace(temporary, store.folder / PROVENANCE)
