"""What a sweep shows and writes: the experiment, its forecast, its decisions, its summary, and where it came from."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klaver.command_line import BadOption, Choice, compile_first, waiting
from klaver.console import Speaker
from klaver.language import Language
from klaver.results import PROVENANCE, UnusableFolder, as_json, provenance, read_provenance

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.deciding import Decision
    from analysis.engines import Engine
    from analysis.experiment import Carried, Plan
    from analysis.experiment_schema import Experiment
    from analysis.posterior import Posterior
    from analysis.store import Store
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

FAILURES_SHOWN = 5
MANY_CELLS = 5_000  # variants: planning them takes seconds, and that is told
MOST_LEVELS_SHOWN = 12


def seeds_in(folder: Path) -> list[int]:
    """Return the seeds of the result that a folder holds; none where it holds none."""
    if not (folder / PROVENANCE).is_file():
        return []
    return [int(seed) for seed in read_provenance(folder)["configuration"].get("seeds") or []]


def counted(say: Language, thing: str, n: int) -> str:
    """Return a number of things in words: ``1 point``, ``3,000 runs``."""
    return say(f"sweep.{thing}" if n != 1 else f"sweep.one_{thing}", n=say.number(n))


# --- the experiment itself -------------------------------------------------------------------------------------------


def show_experiment(speak: Speaker, experiment: Experiment, name: str) -> None:
    """Show what an experiment asks and crosses, and how many runs that makes.

    Parameters
    ----------
    name
        As the user typed it, for the command that carries it out.
    """
    say, size = speak.say, experiment.size()
    speak.result(say("show.title", name=experiment.name, title=experiment.title.get(say.code)))
    for text in (experiment.question.get(say.code), experiment.description.get(say.code)):
        if text:
            speak.result(text)
    horizons = [experiment.quarters] if experiment.quarters else sorted({park.quarters for park in experiment.parks})
    seeds = experiment.seeds
    span = say("sweep.seed_span", first=min(seeds), last=max(seeds)) if len(seeds) > 1 else str(seeds[0])
    rows = [
        [say("sweep.row_parks"), ", ".join(park.name for park in experiment.parks)],
        [say("sweep.row_strategies"), ", ".join(strategy.name for strategy in experiment.strategies)],
        [say("sweep.row_reference"), experiment.reference],
        [say("sweep.row_seeds"), f"{say.number(len(seeds))} ({span})"],
        [say("sweep.row_horizon"), say.listing([say.duration(quarters) for quarters in horizons])],
        [say("sweep.row_design"), say("sweep.design", kind=say(f"design.{experiment.design.kind}"),
                                      points=counted(say, "points", size.points))],
        [say("sweep.row_runs"), say("sweep.at_most", n=say.number(size.runs))],
    ]  # fmt: skip
    if experiment.indicators.keep:
        every, names = experiment.indicators.every, ", ".join(experiment.indicators.keep)
        kept = "sweep.kept_all" if every == 1 else "sweep.kept"
        rows.append([say("sweep.row_kept"), say(kept, names=names, every=say.duration(every))])
    speak.result(speak.table(["", ""], rows))
    factors = factor_rows(experiment, say)
    if factors:
        speak.result(speak.table([say("sweep.factor"), say("sweep.levels")], factors))
    for note in experiment.notes(say.code):
        speak.remark(note)
    speak.remark(say("sweep.try", command=shlex.join(["klaver", "sweep", name, "--dry-run"])))
    speak.data({**experiment.resolved(), "size": size._asdict(), "notes": experiment.notes(say.code)})


def factor_rows(experiment: Experiment, say: Language) -> list[list[str]]:
    """Return what is varied, and over what: a row per factor, the six principles and listed points included."""
    rows = []
    if experiment.design.kind == "principles":
        rows.append([say("sweep.principles"), say("sweep.on_and_off")])
    for factor in experiment.factors:
        if factor.levels is None:
            scale = "sweep.range_log" if factor.scale == "log" else "sweep.range"
            rows.append([factor.name, say(scale, low=level_text(say, factor.low), high=level_text(say, factor.high))])
        else:
            rows.append([factor.name, _shortened(say, [level_text(say, level) for level in factor.levels])])
    listed: dict[str, list[str]] = {}
    for values in experiment.listed:
        for name, value in values.items():
            listed.setdefault(name, []).append(level_text(say, value))
    return rows + [[name, _shortened(say, list(dict.fromkeys(texts)))] for name, texts in listed.items()]


def level_text(say: Language, value: Any) -> str:
    """Return a level as a reader sees it: ``on``, a number, a text, or shares such as ``verbinden 0.7, rest equal``."""
    if isinstance(value, bool):
        return say("profile.on" if value else "profile.off")
    if isinstance(value, Mapping):
        return " + ".join(f"{key} {level_text(say, share)}" for key, share in value.items())
    if isinstance(value, (int, float)):
        text = f"{value:,.10g}"
        return text.translate(str.maketrans(",.", ".,")) if say.code == "nl" else text
    return str(value)


def _shortened(say: Language, texts: list[str]) -> str:
    more = len(texts) - MOST_LEVELS_SHOWN
    return "; ".join([*texts[:MOST_LEVELS_SHOWN], *([say("sweep.more_levels", n=say.number(more))] if more > 0 else [])])


def plan_of(speak: Speaker, experiment: Experiment, decisions: Mapping[str, Decision]) -> Plan:
    """Return every run of an experiment, with what the store is to keep beside them."""
    from analysis.design import count_points
    from analysis.experiment import plan_experiment

    points = count_points(experiment.design, experiment.factors, experiment.listed)
    cells = points * len(experiment.parks) * len(experiment.strategies)
    if cells * len(experiment.seeds) < 10 * MANY_CELLS and cells < MANY_CELLS:
        plan = plan_experiment(experiment)
    else:
        with waiting(speak, speak.say("sweep.planning", points=counted(speak.say, "points", points))):
            plan = plan_experiment(experiment)
    plan.content["provenance"] = provenance_of(plan)
    if decisions:
        plan.content["decisions"] = {park: decision.to_json() for park, decision in decisions.items()}
    return plan


# --- before and after the work ---------------------------------------------------------------------------------------


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


def show_forecast(speak: Speaker, plan: Plan, store: Store, workers: int | None, name: str) -> None:
    """Show how many runs there are, how long they take and how much disk, from a timed sample; nothing is written.

    Parameters
    ----------
    name
        Of the experiment as the user typed it, for the command that begins the work.
    """
    import joblib

    from analysis.forecast import forecast

    say = speak.say
    with waiting(speak, say("sweep.timing")):
        found = forecast(plan, store, workers or joblib.cpu_count())
    points = plan.design["point"].nunique()
    speak.result(say("sweep.size", name=plan.name, runs=counted(say, "runs", found.runs), points=counted(say, "points", points),
                     parks=counted(say, "parks", plan.design["park"].nunique()),
                     strategies=counted(say, "strategies", len(plan.order)), seeds=counted(say, "seeds", len(plan.seeds))))
    if found.there:
        speak.result(say("sweep.there", n=counted(say, "runs", found.there), folder=store.folder))
    if found.failed:
        speak.result(say("sweep.failed_before", n=say.number(found.failed)))
    if found.seconds is None or found.bytes is None or found.seconds_per_run is None:
        speak.result(say("sweep.nothing_to_do"))
    else:
        speak.result(say(
            "sweep.takes", todo=counted(say, "runs", found.todo), time=speak.say.time(found.seconds),
            workers=counted(say, "processes", found.workers), each=say.number(1000 * found.seconds_per_run, 1),
            sampled=counted(say, "runs", found.sampled), disk=size_text(speak, found.bytes)))
        with contextlib.suppress(OSError):
            free = free_space(store.folder)
            if free < found.bytes:
                speak.result(say("sweep.too_little_disk", free=size_text(speak, free)))
        speak.remark(say("sweep.begin", command=shlex.join(["klaver", "sweep", name])))
    speak.data({"name": plan.name, "points": points, **found.to_json()})


def free_space(folder: Path) -> int:
    """Return how many bytes can be written where a folder is or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.absolute().parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def size_text(speak: Speaker, size: float) -> str:
    """Return a size in MB or GB."""
    return f"{speak.say.number(size / 1e9, 1)} GB" if size >= 1e9 else f"{speak.say.number(size / 1e6, 1)} MB"


# --- seeds until decided ---------------------------------------------------------------------------------------------


def decide_first(
    speak: Speaker, experiment: Experiment, store: Store, engine: Callable[[int], Engine], choice: Choice, force: bool
) -> tuple[Experiment, dict[str, Decision]]:
    """Decide on every park, and return the experiment over the seeds that all strategies then have.

    It gets a name of its own, so that it is never taken for the experiment with the seeds of its file.

    Raises
    ------
    UnusableFolder
        If the store holds another design of that name.
    """
    name = f"{experiment.name[:70]}-decided-{choice.outcome}"
    named = experiment.model_copy(update={"name": name})
    if name in store.experiments() and not force:
        old = store.design(name)[0]["experiment"]
        new = named.resolved()
        if any(old.get(key) != new[key] for key in ("parks", "strategies", "factors", "design", "points", "quarters")):
            raise UnusableFolder("error.other_decided", folder=store.folder, name=name)
    compile_first(speak)
    decisions = decide_parks(speak, named, store, engine, choice)
    common, first = min(decision.common_seeds for decision in decisions.values()), min(experiment.seeds)
    return named.with_seeds(range(first, first + common)), decisions


def decide_parks(
    speak: Speaker, experiment: Experiment, store: Store, engine: Callable[[int], Engine], choice: Choice
) -> dict[str, Decision]:
    """Add seeds on every park of an experiment until its best strategy is known, or the budget is spent.

    Raises
    ------
    BadOption
        If the budget does not cover the first stage.
    """
    from analysis.deciding import FIRST, decide

    say = speak.say
    least = FIRST * len(experiment.strategies)
    if choice.budget < least:
        raise BadOption("error.budget_first", n=say.number(choice.budget), least=say.number(least), seeds=FIRST,
                        strategies=len(experiment.strategies))  # fmt: skip
    decisions = {}
    with engine(choice.budget) as workers:
        for park in experiment.parks:
            speak.note(say("decide.first", park=park.name, seeds=FIRST, n=len(experiment.strategies)))
            with speak.progress(say("decide.seeds", park=park.name)) as progress:
                decisions[park.name] = decide(
                    experiment, park, store, workers, choice.outcome, choice.smallest, confidence=choice.confidence,
                    budget=choice.budget, progress=progress,
                )  # fmt: skip
    return decisions


def show_decision(speak: Speaker, decision: Decision) -> None:
    """Show which strategy is best on a park, how sure that is, and at which seed the others left."""
    from analysis.figures import strategy_title
    from klaver.display import outcome_text
    from klaver.reporting import smallest_text

    say, found, means = speak.say, decision.verdict, decision.means
    titles = {name: strategy_title(name, say.code) for name in found.seeds}
    first = found.best or found.surviving[0]
    # The last to drop out had the same seeds as the chosen one: only with that one is a lead over one set of seeds.
    second = max(found.eliminated or {first: 0}, key=lambda name: (found.seeds[name], means[name]))
    lead, key = means[first] - means[second], _GUARANTEES[found.guarantee]
    if key == "best" and second != first and lead < found.smallest:
        key = "close"
    said = {
        "park": decision.park, "outcome": say(f"outcome.{decision.outcome}"), "chance": say.share(found.confidence),
        "smallest": smallest_text(decision.outcome, found.smallest, say), "runs": counted(say, "runs", decision.runs),
        "budget": say.number(decision.budget), "name": titles[first], "second": titles[second],
        "lead": lead_text(decision.outcome, lead, say),
        "names": say.listing([titles[name] for name in found.surviving]),
    }  # fmt: skip
    speak.result(say(f"decide.{key}", **said))
    order = sorted(means, key=lambda name: -means[name])
    rows = []
    for name in order:
        title = titles[name] if titles[name] == name else f"{titles[name]} ({name})"
        how = "left" if name in found.eliminated else "still_in" if found.guarantee == "undecided" else "chosen"
        rows.append([title, outcome_text(say, decision.outcome, means[name]), say.number(found.seeds[name]),
                     say(f"decide.{how}")])  # fmt: skip
    columns = [say("compare.strategy"), said["outcome"], say("decide.seeds_column"), ""]
    speak.result(speak.table(columns, rows, numbers=True))
    speak.remark(say("decide.assumes"))


def lead_text(outcome: str, lead: float, say: Language) -> str:
    """Return a lead with its unit, in so many digits that it does not round to the smallest difference that matters."""
    if outcome in ("social_balance", "private_investment"):
        return say.euros(lead)
    return say("number.points", n=say.number(lead, 2)) if outcome.startswith("vitality") else say.number(lead, 2)


_GUARANTEES = {"undecided": "undecided", "tied": "tied", "only_one": "best", "best_if_ahead": "best"}


def show_common_seeds(speak: Speaker, decision: Decision) -> None:
    """Show which seeds a table after a decision is over, and how it differs from what the decision is over."""
    from analysis.figures import strategy_title

    say, common = speak.say, decision.common_seeds
    more = {name: seeds for name, seeds in decision.verdict.seeds.items() if seeds > common}
    if more:
        names = say.listing([strategy_title(name, say.code) for name in more])
        speak.remark(say("decide.common", seeds=common, names=names, most=say.number(max(more.values()))))
    speak.remark(say("decide.single_futures"))


# --- parameters drawn from a posterior --------------------------------------------------------------------------------


def shares_of_parameters(comparison: Comparison, posterior: Posterior) -> dict[str, dict[str, Any]]:
    """Return which share of the spread between seeds goes with the parameters: by strategy, of what it adds to the twin.

    Of each outcome the share with its 95% interval; None where it cannot be told (``analysis.posterior.parameter_share``).
    """
    from analysis.posterior import parameter_share

    runs, found = comparison.runs, {}
    for strategy in runs.strategies:
        if strategy == "none":
            continue
        added = {name: runs.values(strategy, name) - runs.values("none", name) for name in ("vitality", "private_investment")}
        told = {name: parameter_share(values, posterior, runs.seeds) for name, values in added.items()}
        found[strategy] = {name: share._asdict() if share else None for name, share in told.items()}
    return found


def show_parameter_shares(speak: Speaker, content: Mapping[str, Any]) -> None:
    """Show where parameters were drawn from, and which share of the spread goes with them."""
    say = speak.say
    speak.remark(say("calibrate.drawn", name=content["from"]))
    if all(share is None for shares in content["shares"].values() for share in shares.values()):
        speak.remark(say("calibrate.share_few"))
        return
    speak.result(say("calibrate.share_title"))

    def text(share: Mapping[str, float] | None) -> str:
        return "-" if share is None else f"{say.share(share['value'])} [{say.share(share['low'])}; {say.share(share['high'])}]"

    for strategy, shares in content["shares"].items():
        speak.result(say("calibrate.share", strategy=strategy, vitality=text(shares["vitality"]),
                         private=text(shares["private_investment"])))  # fmt: skip


# --- what a sweep came to --------------------------------------------------------------------------------------------


def show_sweep(
    speak: Speaker, plan: Plan, store: Store, carried: Carried, decisions: Mapping[str, Decision]
) -> None:
    """Show what a sweep came to: runs made and there, failures with how to see them again, and what to do next."""
    say = speak.say
    for decision in decisions.values():
        show_decision(speak, decision)
    disk = size_text(speak, store.size())
    if decisions:
        common = min(decision.common_seeds for decision in decisions.values())
        speak.result(say("decide.swept", name=plan.name, seeds=counted(say, "seeds", common), folder=store.folder,
                         disk=disk))  # fmt: skip
    else:
        key = "sweep.done_beside" if carried.there else "sweep.done"
        speak.result(say(key, name=plan.name, made=counted(say, "runs", carried.made), there=say.number(carried.there),
                         time=speak.say.time(carried.seconds), folder=store.folder, disk=disk))  # fmt: skip
    if carried.torn:
        speak.result(say("sweep.torn", n=carried.torn, folder=store.folder / "set_aside"))
    where = str(store.folder)
    for key, row in carried.failed.head(FAILURES_SHOWN).iterrows():
        again = shlex.join(["klaver", "run", str(key)[:12], "--store", where, "--traceback"])
        speak.result(say("sweep.failed", park=row["park"], strategy=row["strategy"], seed=row["seed"],
                         cause=row["cause"], command=again))  # fmt: skip
    if len(carried.failed) > FAILURES_SHOWN:
        question = shlex.join(["klaver", "query", where, "select * from failed"])
        speak.result(say("sweep.more_failed", n=say.number(len(carried.failed)), command=question))
    if len(carried.failed):
        speak.remark(say("sweep.retry"))
    several = ["--experiment", plan.name] if len(store.experiments()) > 1 else []
    for what, words in (
        ("report", ["report", where, *several]), ("query", ["query", where, say("sweep.example_sql")]),
        ("export", ["export", where, *several]), ("verify", ["verify", where]),
    ):  # fmt: skip
        speak.remark(say(f"sweep.next_{what}", command=shlex.join(["klaver", *words])))
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
