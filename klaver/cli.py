"""The commands. Each checks what was asked, computes, shows, and writes a result folder whole.

What they share (options, errors, exit codes) is in ``command_line.py``. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

# Sums over seeds are small: handing them to several threads costs more than it saves, the more so beside other work.
for _library in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_library, "1")

import typer  # noqa: E402

from klaver.command_line import (  # noqa: E402
    FAILED,
    MOST_SEEDS,
    BadOption,
    Budget,
    Cluster,
    Confidence,
    Folder,
    Force,
    On,
    Out,
    Park,
    Quarters,
    Seed,
    Smallest,
    Until,
    Workers,
    app,
    check_number,
    check_quarters,
    check_until,
    command,
    compile_first,
    option,
)
from klaver.console import Speaker  # noqa: E402

if TYPE_CHECKING:
    from analysis.deciding import Decision
    from analysis.principles import Ablation
    from klaver.folders import Folder as ResultFolder
    from klaver.folders import PrinciplesFolder
    from klaver.story import Teller
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

STORIES = 3

@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    show_version: Annotated[bool, option("--version")] = False,
    lang: Annotated[str | None, option("--lang", metavar="nl|en")] = None,
) -> None:
    """Say the version, or go on to a command."""
    if show_version:
        from klaver.results import version

        print(f"klaver {version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@command(app, "run")
def run(
    speak: Speaker,
    park: Park,
    strategy: Annotated[str, option("--strategy", metavar="S")] = "demand_driven",
    seed: Seed = 1,
    quarters: Quarters = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.run_store")] = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """One run, with its twin."""
    check_number("seed", seed, seed >= 0)
    check_quarters(quarters)
    from klaver.chosen import choose_park, choose_strategies
    from klaver.folders import RunFolder

    if store is not None:
        from klaver.sweeping import inputs_of_run

        scenario, chosen, seed, quarters = inputs_of_run(store, park)
    else:
        scenario, (chosen,) = choose_park(park, speak.say), choose_strategies([strategy], speak.say)
    folder = RunFolder.of(scenario, chosen, seed, quarters, out)
    folder.check(force)
    compile_first(speak)
    result = folder.compute(scenario, chosen)
    place = folder.write(result, speak)
    from klaver.display import show_run, show_stories

    years = speak.say.duration(result.place.quarters)
    title = speak.say("run.title", park=scenario.name, strategy=chosen.name, seed=seed, years=years)
    show_run(speak, result.outcomes, title, park)
    speak.remark("")
    show_stories(speak, result.teller(speak.say.code), STORIES, str(place / "story.md"))
    speak.remark("")
    speak.remark(speak.say("run.written", folder=place))
    speak.data({**folder.summary(result), "folder": place})


@command(app, "compare")
def compare(
    speak: Speaker,
    park: Park,
    strategies: Annotated[str | None, option("--strategies", metavar="A,B|all")] = None,
    principles: Annotated[bool, option("--principles")] = False,
    strategy: Annotated[str | None, option("--of", metavar="S")] = None,
    seeds: Annotated[int | None, option("--seeds", metavar="N")] = None,
    seed: Seed = 1,
    quick: Annotated[bool, option("--quick")] = False,
    until: Until = None,
    on: On = "vitality",
    smallest: Smallest = None,
    confidence: Confidence = 0.95,
    budget: Budget = None,
    quarters: Quarters = None,
    workers: Workers = None,
    cluster: Cluster = None,
    store: Annotated[Path | None, option("--store", metavar="DIR")] = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """The main job: strategies on the same seeds."""
    from klaver.chosen import choose_park, choose_strategies, split_names
    from klaver.folders import DEFAULT_SEEDS, QUICK_SEEDS, CompareFolder, PrinciplesFolder
    from klaver.runs import PRINCIPLE_SEEDS

    if strategy is not None and not principles:
        raise BadOption("error.of_without_principles")
    if principles and strategies is not None:
        raise BadOption("error.principles_or_strategies")
    if principles and until is not None:
        raise BadOption("error.principles_until")
    check_until(until, on, confidence)
    most = PRINCIPLE_SEEDS if principles else DEFAULT_SEEDS
    seeds = (QUICK_SEEDS if quick else most) if seeds is None else seeds
    check_number("seed", seed, seed >= 0)
    check_number("seeds", seeds, seeds >= 1)
    if seeds > MOST_SEEDS:
        raise BadOption("error.too_many_seeds", n=seeds, most=MOST_SEEDS)
    check_number("workers", workers, workers is None or workers >= 1)
    check_quarters(quarters)
    scenario = choose_park(park, speak.say)
    if principles:
        (one,) = choose_strategies([strategy or "demand_driven"], speak.say)
        split = PrinciplesFolder.of(scenario, one, range(seed, seed + seeds), quarters, out)
        with machinery(speak, split, force, workers, cluster, store) as how:
            ablation = split.compute(scenario, one, **how)
        show_ablation(speak, split, ablation)
        return
    chosen = choose_strategies(split_names(strategies or "all"), speak.say)
    decision = None
    if until is not None:
        runs_in = store or (out.parent if out else Path("results")) / "store"
        decision = decide_first(speak, scenario, chosen, seed, quarters, runs_in, workers, cluster,
                                (on, smallest, confidence, budget))  # fmt: skip
        seeds = decision.common_seeds
    folder = CompareFolder.of(scenario, chosen, range(seed, seed + seeds), quarters, out)
    with machinery(speak, folder, force, workers, cluster, store) as how:
        result = folder.compute(scenario, chosen, **how)
    place = folder.write(result, speak, decision)
    from klaver.display import show_comparison

    content = folder.summary(result)
    years = speak.say.duration(content["quarters"])
    title = speak.say("compare.title", park=scenario.name, n=len(content["strategies"]), seeds=seeds, years=years)
    show_comparison(speak, content, title)
    if decision is not None:
        from klaver.sweeping import show_decision

        speak.result("")
        show_decision(speak, decision)
        content = {**content, "decision": decision.to_json()}
    speak.remark("")
    speak.remark(speak.say("compare.written", folder=place))
    for label, what in (
        ("report", f"report.{speak.say.code}.html"), ("figures", "pictures"), ("tables", "summary.csv, runs.parquet"),
    ):  # fmt: skip
        speak.remark(f"  {speak.say(f'compare.{label}')}: {what}")
    speak.data({**content, "folder": place})


def decide_first(
    speak: Speaker, scenario: Scenario, strategies: list[Strategy], seed: int, quarters: int | None, store: Path,
    workers: int | None, cluster: str | None, how: tuple[str, float | None, float, int | None],
) -> Decision:
    """Add seeds until the best strategy is known, or the budget is spent; the runs stay in the store."""
    from functools import partial

    from analysis.engines import engine_for
    from analysis.experiment import PATHS
    from analysis.experiment_file import experiment_of
    from analysis.store import Store
    from klaver.sweeping import decide_parks

    compile_first(speak)
    experiment = experiment_of([scenario], strategies, [seed], quarters=quarters, keep=PATHS)
    engine = partial(engine_for, workers, cluster)
    return decide_parks(speak, experiment, Store(store), engine, *how)[scenario.name]


@contextmanager
def machinery(
    speak: Speaker, folder: ResultFolder, force: bool, workers: int | None, cluster: str | None, store: Path | None
) -> Iterator[dict[str, Any]]:
    """Give how the runs of a result folder are made: in a store, here or on a cluster, with progress shown."""
    from analysis.store import Store

    folder.check(force)
    place = Store(store or folder.path.parent / "store")
    compile_first(speak)

    def tell(there: int, todo: int) -> None:
        if there:
            say = speak.say
            speak.note(say("compare.there", there=say.number(there), todo=say.number(todo), store=place.folder))

    with speak.progress(speak.say("compare.running")) as progress:
        yield {"workers": workers, "cluster": cluster, "store": place, "progress": progress, "tell": tell,
               "name": folder.path.name}  # fmt: skip


def show_ablation(speak: Speaker, folder: PrinciplesFolder, ablation: Ablation) -> None:
    """Write and show what each of the six principles does."""
    from klaver.display import show_principles

    place = folder.write(ablation, speak)
    content = folder.summary(ablation)
    years = speak.say.duration(content["quarters"])
    speak.result(speak.say("principle.title", park=content["park"], strategy=content["strategy"],
                           seeds=content["seeds"], years=years))  # fmt: skip
    show_principles(speak, content)
    speak.remark(speak.say("run.written", folder=place))
    speak.data({**content, "folder": place})


@command(app, "show")
def show(
    speak: Speaker,
    name: Annotated[str, typer.Argument(metavar="NAME", help="help.thing")],
    parameters: Annotated[bool, option("--parameters")] = False,
    png: Annotated[Path | None, option("--png", metavar="FILE")] = None,
) -> None:
    """A park or strategy as it stands."""
    from klaver import showing
    from klaver.chosen import choose_thing

    kind, thing = choose_thing(name, speak.say)
    if kind == "strategy":
        showing.show_strategy(speak, thing)
        return
    if png is not None:
        showing.draw_to_file(thing, png, speak.say)
    showing.show_park(speak, thing, parameters)
    if png is not None:
        speak.remark(speak.say("show.picture", path=png))


@command(app, "list")
def list_(speak: Speaker) -> None:
    """Parks and strategies there are."""
    from klaver.chosen import shipped

    say = speak.say
    found = shipped()
    for kind in ("parks", "strategies"):
        rows = [[name, text[say.code]] for name, text in found[kind].items()]
        speak.result(speak.table([say("list.name"), say("list.what")], rows, say(f"list.{kind}")))
    speak.remark(say("list.hint"))
    speak.data(found)


@command(app, "new")
def new(
    speak: Speaker,
    name: Annotated[str, typer.Argument(metavar="NAME", help="help.new_name")],
    strategy: Annotated[bool, typer.Option("--strategy", help="help.new_strategy")] = False,
    force: Force = False,
) -> None:
    """Write a file to start from."""
    from klaver.templates import write_template

    kind = "strategy" if strategy else "park"
    path = write_template(name, kind, speak.say, force)
    do = f"klaver compare rollepaal --strategies none,{path}" if strategy else f"klaver compare {path}"
    speak.result(speak.say("new.written", path=path, command=do))
    speak.data({"path": path, "kind": kind})


@command(app, "profile")
def profile(
    speak: Speaker,
    answers: Annotated[Path | None, typer.Argument(metavar="FILE", help="help.answers")] = None,
    new: Annotated[Path | None, typer.Option("--new", metavar="FILE", help="help.new_form")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="help.profile_out")] = None,
    force: Force = False,
) -> None:
    """A self-analysis, and the profile that follows from it."""
    from klaver.profiles import empty_form, show_profile, strategy_text, write_text
    from sim.inputs.self_analysis import read_profile

    say = speak.say
    if (answers is None) == (new is None):
        raise BadOption("error.profile_one")
    if new is not None:
        write_text(new, empty_form(say), force)
        speak.result(say("profile.form_written", path=new))
        speak.data({"form": new})
        return
    assert answers is not None
    found = read_profile(answers)
    path = out or answers.with_name(f"{answers.stem}-strategy.toml")
    write_text(path, strategy_text(found, say), force)
    show_profile(speak, found)
    speak.remark(say("profile.written", path=path, command=f"klaver compare rollepaal --strategies none,{path}"))
    speak.data({
        "name": found.name, "strategy_file": path, "unanswered": [question.id for question in found.unanswered],
        "settings": [
            {"key": s.key, "value": s.value, "question": s.question.id, "answer": s.answer, "leaf": s.question.leaf,
             "because": s.question.because.get(say.code)} for s in found.settings
        ],
    })  # fmt: skip


@command(app, "doctor")
def doctor(speak: Speaker) -> int:
    """Is everything there."""
    from klaver.doctor import examine

    say = speak.say
    compile_first(speak)
    checks = list(examine(say))
    bad = sum(not check.well for check in checks)
    rows = [[check.what, say("doctor.ok" if check.well else "doctor.bad"), check.found] for check in checks]
    speak.result(speak.table(["", "", ""], rows, say("doctor.title")))
    speak.result(say("doctor.not_ok", n=bad) if bad else say("doctor.all_ok"))
    speak.data({"ok": not bad, "checks": [check._asdict() for check in checks]})
    return FAILED if bad else 0


@command(app, "rerun")
def rerun(
    speak: Speaker,
    folder: Folder,
    workers: Workers = None,
) -> int:
    """The same numbers again?"""
    check_number("workers", workers, workers is None or workers >= 1)
    from klaver.folders import run_again
    from klaver.results import read_provenance, version

    say = speak.say
    read_provenance(folder)
    compile_first(speak)
    speak.note(say("rerun.running", folder=folder))
    with speak.progress(say("compare.running")) as progress:
        again = run_again(folder, workers, progress)
    if again.version != version():
        speak.note(say("rerun.version", old=again.version, new=version()))
    if again.differences:
        key, old, new_ = again.differences[0]
        n = len(again.differences)
        speak.result(say("rerun.different", n=n, total=again.values, key=key, old=old, new=new_))
    else:
        speak.result(say("rerun.same", n=say.number(again.values)))
    speak.data({
        "same": not again.differences, "values": again.values,
        "differences": [{"key": key, "old": old, "new": new_} for key, old, new_ in again.differences[:100]],
    })  # fmt: skip
    return FAILED if again.differences else 0


@command(app, "why")
def why(
    speak: Speaker,
    folder: Folder,
    kind: Annotated[str, typer.Argument(metavar="company|parcel|opportunity|role|municipality", help="help.why_kind")],
    name: Annotated[str, typer.Argument(metavar="ID", help="help.why_id")] = "",
) -> None:
    """The chain of events behind something."""
    from klaver.folders import read_teller

    say, teller = speak.say, read_teller(folder, speak.say)
    if kind == "role":
        show_role(speak, teller, name)
        return
    if kind == "municipality":
        lines = teller.on_the_park()
        speak.result(say("story.park"))
        for text in teller.told(lines) or [say("why.nothing")]:
            speak.result(f"  {text}")
        speak.data({"kind": kind, "events": [line.__dict__ for line in lines]})
        return
    row = teller.find(kind, name)
    called = teller.tables["companies"]["name"].iloc[row] if kind == "company" else teller.parcel(row)
    speak.result(say(f"why.title_{kind}", name=called, n=row))
    lines = teller.why(kind, row)
    speak.result("")
    for text in teller.told(lines) or [say("why.nothing")]:
        speak.result(f"  {text}")
    speak.result("")
    speak.result(teller.end(kind, row))
    without = teller.without(kind, row)
    if without:
        speak.result("")
        speak.result(say("why.without"))
        for text in without:
            speak.result(f"  {text}")
    speak.data({
        "kind": kind, "id": row, "name": called, "events": [line.__dict__ for line in lines],
        "end": teller.end(kind, row), "without": without,
    })  # fmt: skip


def show_role(speak: Speaker, teller: Teller, name: str) -> None:
    """Show what a role did in a run: counted per kind of action, then one by one."""
    from sim.records import ROLES

    if name not in ROLES:
        raise BadOption("error.which_role", name=name, names=speak.say.listing(list(ROLES)))
    say = speak.say
    speak.result(say("deed.title", role=say(f"role.{name}")))
    speak.result("")
    summary, deeds = teller.role_summary(name), teller.role_deeds(name)
    for text in summary:
        speak.result(f"  {text}")
    speak.result("")
    for text in deeds:
        speak.remark(f"  {text}")
    table = teller.tables["deeds"]
    speak.data({"role": name, "summary": summary, "deeds": table[table["role"] == name].to_dict("records")})


@command(app, "case")
def case(
    speak: Speaker,
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="ID", help="help.case_id")],
    step: Annotated[int | None, option("--step", metavar="N")] = None,
    words: Annotated[bool, option("--words")] = False,
) -> None:
    """The balance table of an opportunity."""
    from klaver.balance import STEPS, balance, quarter_at
    from klaver.display import show_balance
    from klaver.folders import read_teller, teller_at

    check_number("step", step, step is None or step in STEPS)
    if name == "park":
        show_social_balance(speak, folder)
        return
    say, teller = speak.say, read_teller(folder, speak.say)
    row = teller.find("opportunity", name)
    quarter = None
    if step is not None:
        events, opportunities = teller.tables["events"], teller.tables["opportunities"]
        quarter = quarter_at(events, opportunities, row, step)
        if quarter is None:
            reached = [str(k) for k in STEPS if quarter_at(events, opportunities, row, k) is not None]
            raise BadOption("balance.never_at", n=row, step=step, steps=say.listing(reached))
        teller = teller_at(folder, quarter, say)
    table = balance(teller, row, words)
    if quarter is not None:
        speak.result(say("balance.at_step", step=step, when=say.quarter(quarter)))
    show_balance(speak, table, words)
    speak.data({"step": step, "quarter": quarter, **table.to_json()})


def show_social_balance(speak: Speaker, folder: Path) -> None:
    """Show the social balance of a run against its twin, line by line."""
    from klaver.display import show_social_lines
    from klaver.folders import read_social_balance

    table = read_social_balance(folder)
    show_social_lines(speak, table)
    speak.data({"lines": table.reset_index().to_dict("records")})


@command(app, "diverge")
def diverge(
    speak: Speaker,
    folder: Folder,
    other: Annotated[Path | None, typer.Argument(metavar="DIR", help="help.other_folder")] = None,
) -> None:
    """Where two paired runs part."""
    from klaver.display import show_parting
    from klaver.diverging import part_folders

    parting = part_folders(folder, other, speak.say)
    show_parting(speak, parting)
    speak.data(parting.to_json())


@command(app, "story")
def story(speak: Speaker, folder: Folder, everything: Annotated[bool, option("--all")] = False) -> None:
    """The opportunities told."""
    from klaver.display import show_stories
    from klaver.folders import read_teller

    teller: Teller = read_teller(folder, speak.say)
    show_stories(speak, teller, None if everything else 2 * STORIES)
    speak.data({
        "opportunities": [
            {"id": o, "heading": teller.heading(o), "story": teller.tell(o, None)} for o in teller.opportunities()
        ]
    })  # fmt: skip


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark, rather than stopping.
        reconfigure: Callable[..., Any] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    app()


# The commands for many runs come after these in the list; importing them is what adds them.
from klaver import experiment_commands  # noqa: E402, F401

if __name__ == "__main__":
    main()
