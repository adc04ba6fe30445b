"""What a sweep shows and writes: its forecast, its summary, and where it came from."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klaver.command_line import BadOption
from klaver.console import Speaker
from klaver.results import PROVENANCE, UnusableFolder, as_json, provenance

if TYPE_CHECKING:
    from analysis.deciding import Decision
    from analysis.engines import Engine
    from analysis.experiment import Carried, Plan
    from analysis.experiment_schema import Experiment
    from analysis.store import Store
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

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


def decide_parks(
    speak: Speaker, experiment: Experiment, store: Store, engine: Callable[[int], Engine], outcome: str,
    smallest: float | None, confidence: float, budget: int | None,
) -> dict[str, Decision]:
    """Add seeds on every park of an experiment until its best strategy is known, and say what came of it.

    Raises
    ------
    BadOption
        If the smallest difference is none, or the budget does not cover the first stage.
    """
    from analysis.deciding import BUDGET, SMALLEST, decide

    if smallest is not None and not 0.0 < smallest < float("inf"):
        raise BadOption("error.smallest", value=smallest)
    decisions = {}
    for park in experiment.parks:
        with speak.progress(speak.say("decide.seeds", park=park.name)) as progress:
            try:
                decisions[park.name] = decide(
                    experiment, park, store, engine, outcome, smallest or SMALLEST[outcome], confidence=confidence,
                    budget=budget or BUDGET, progress=progress,
                )  # fmt: skip
            except ValueError as problem:
                if hasattr(problem, "key"):
                    raise
                raise BadOption("error.decide", problem=problem) from problem
    return decisions


def show_decision(speak: Speaker, decision: Decision) -> None:
    """Show which strategy is best on a park, how sure that is, and when the others left."""
    from analysis.figures import strategy_title
    from klaver.display import outcome_text
    from klaver.reporting import smallest_text

    say, found = speak.say, decision.verdict
    titles = {name: strategy_title(name, say.code) for name in found.seeds}
    chance, outcome = say.share(found.confidence), say(f"outcome.{decision.outcome}")
    smallest = smallest_text(decision.outcome, found.smallest, say)
    if found.guarantee == "undecided":
        names = say.listing([titles[name] for name in found.surviving])
        speak.result(say("decide.undecided", park=decision.park, outcome=outcome, names=names,
                         runs=say.number(decision.runs), budget=say.number(decision.budget)))  # fmt: skip
    elif found.guarantee == "tied":
        names = say.listing([titles[name] for name in found.surviving])
        speak.result(say("decide.tied", park=decision.park, outcome=outcome, names=names))
    else:
        speak.result(say("decide.best", park=decision.park, outcome=outcome, name=titles[found.best or ""], chance=chance,
                         smallest=smallest, runs=say.number(decision.runs)))  # fmt: skip
    order = sorted(decision.means, key=lambda name: -decision.means[name])
    rows = [[titles[name], outcome_text(say, decision.outcome, decision.means[name]), say.number(found.seeds[name]),
             say("decide.left") if name in found.eliminated else ""] for name in order]  # fmt: skip
    speak.result(speak.table([say("compare.strategy"), outcome, say("decide.seeds_column"), ""], rows, numbers=True))


def show_sweep(
    speak: Speaker, plan: Plan, store: Store, carried: Carried, decisions: Mapping[str, Decision]
) -> None:
    """Show what a sweep came to: runs made and there, failures with how to see them again, and what to do next."""
    say = speak.say
    for decision in decisions.values():
        show_decision(speak, decision)
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
        "decisions": {park: decision.to_json() for park, decision in decisions.items()},
    })  # fmt: skip


def provenance_of(plan: Plan) -> dict[str, Any]:
    """Return where the runs of a plan come from: version, machine, inputs and seeds."""
    return provenance("sweep", {"name": plan.name, "model": plan.model, **plan.content}, sorted(plan.keys), time.time())


def write_provenance(store: Store, plan: Plan) -> None:
    """Write where the runs of the last experiment of a store come from, beside them."""
    record = plan.content["provenance"] | {"seconds": None}
    temporary = store.folder / f".{PROVENANCE}.{os.getpid()}.tmp"
    temporary.write_text(as_json(record) + "\n", encoding="utf-8")
    os.replace(temporary, store.folder / PROVENANCE)


def inputs_of_run(folder: Path, start: str) -> tuple[Scenario, Strategy, int, int]:
    """Return park, strategy, seed and quarters of a run of a store, done or failed, by the beginning of its key.

    Raises
    ------
    StoreProblem
        If there is no such run, or more than one.
    """
    from analysis.store import Store
    from analysis.verification import find_run
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

    store = Store(folder, must_exist=True)
    row = find_run(store, start)
    scenario = Scenario.from_resolved(store.inputs(row["park_hash"]))
    strategy = Strategy.from_resolved(store.inputs(row["strategy_hash"]))
    return scenario, strategy, int(row["seed"]), int(row["quarters"])
