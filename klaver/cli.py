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
    BadOption,
    Budget,
    Choice,
    Cluster,
    Confidence,
    Folder,
    Force,
    On,
    Out,
    Parameters,
    Park,
    Quarters,
    Seed,
    Smallest,
    Until,
    Workers,
    app,
    check_number,
    check_quarters,
    check_seeds,
    choice_of,
    command,
    compile_first,
    option,
    tell_there,
    waiting,
)
from klaver.console import Speaker  # noqa: E402

if TYPE_CHECKING:
    from analysis.deciding import Decision
    from analysis.principles import Ablation
    from klaver.folders import CompareFolder, PrinciplesFolder
    from klaver.folders import Folder as ResultFolder
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
    strategy: Annotated[str | None, option("--strategy", metavar="S")] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="help.run_seed")] = None,
    quarters: Quarters = None,
    parameters: Parameters = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.run_store")] = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """One run, with its twin."""
    if store is not None:
        said = (("--strategy", strategy), ("--seed", seed), ("--quarters", quarters), ("--parameters", parameters))
        for name, value in said:
            if value is not None:
                raise BadOption("error.store_says", option=name)
    seed = 1 if seed is None else seed
    check_number("seed", seed, seed >= 0)
    check_quarters(quarters)
    from klaver.chosen import choose_park, choose_strategies
    from klaver.folders import RunFolder

    if store is not None:
        from klaver.sweeping import inputs_of_run

        scenario, chosen, seed, quarters = inputs_of_run(store, park)
    else:
        scenario, (chosen,) = choose_park(park, speak.say), choose_strategies([strategy or "demand_driven"], speak.say)
    if parameters is not None:
        from analysis.posterior import load_posterior
        from analysis.variants import build_park

        scenario = build_park(scenario, load_posterior(parameters).draw(seed), scenario.name)
    folder = RunFolder.of(scenario, chosen, seed, quarters, out)
    folder.check(force)
    compile_first(speak)
    result = folder.compute(scenario, chosen)
    place = folder.write(result, speak)
    from klaver.display import show_run, show_stories

    years = speak.say.duration(result.place.quarters)
    title = speak.say("run.title", park=scenario.name, strategy=chosen.name, seed=seed, years=years)
    show_run(speak, result.outcomes, title, park if store is None else scenario.name)
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
    on: On = None,
    smallest: Smallest = None,
    confidence: Confidence = None,
    budget: Budget = None,
    quarters: Quarters = None,
    parameters: Parameters = None,
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
    if principles and parameters is not None:
        raise BadOption("error.parameters_not_here", option="--principles")
    choice = choice_of(until, on, smallest, confidence, budget)
    if choice is not None and (seeds is not None or quick):
        raise BadOption("error.until_seeds", option="--quick" if seeds is None else "--seeds")
    most = PRINCIPLE_SEEDS if principles else DEFAULT_SEEDS
    seeds = (QUICK_SEEDS if quick else most) if seeds is None else seeds
    check_number("seed", seed, seed >= 0)
    check_seeds(seeds)
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
    from analysis.posterior import load_posterior

    posterior = None if parameters is None else load_posterior(parameters)
    folder = CompareFolder.of(scenario, chosen, range(seed, seed + seeds), quarters, out, posterior)
    decision = None
    if choice is not None:
        folder = CompareFolder.of(scenario, chosen, [seed], quarters, out or decided_path(scenario, choice), posterior)
        decision = decide_first(speak, scenario, chosen, folder, choice, force, store, workers, cluster)
    with machinery(speak, folder, force or decision is not None, workers, cluster, store, decision is None) as how:
        result = folder.compute(scenario, chosen, **how)
    with waiting(speak, speak.say("compare.drawing")):
        place = folder.write(result, speak, decision)
    content = folder.summary(result)
    if posterior is not None and parameters is not None:
        from klaver.sweeping import shares_of_parameters

        shares = shares_of_parameters(result, posterior)
        content["parameters"] = {"from": parameters, "sha256": posterior.hash, "shares": shares}
    show_compared(speak, content, decision, place)


def decided_path(scenario: Scenario, choice: Choice) -> Path:
    """Return the folder of a comparison whose seeds follow from a decision: never that of one with seeds that were given."""
    from klaver.folders import file_name

    return Path("results") / f"{file_name(scenario.name)}-decided-{choice.outcome}"


def decide_first(
    speak: Speaker, scenario: Scenario, strategies: list[Strategy], folder: CompareFolder, choice: Choice, force: bool,
    store: Path | None, workers: int | None, cluster: str | None,
) -> Decision:
    """Add seeds until the best strategy is known, or the budget is spent; the runs stay in the store.

    The folder gets the seeds that all strategies have, and with them what was decided on.
    """
    from functools import partial

    from analysis.engines import engine_for
    from analysis.experiment import PATHS
    from analysis.experiment_file import experiment_of
    from analysis.store import Store
    from klaver.sweeping import decide_parks, seeds_in

    seed = folder.seeds[0]
    folder.configuration["until"] = choice._asdict()
    # Which seeds it takes comes out of the work; whether the rest is what the folder holds is seen before it.
    folder.configuration["seeds"] = seeds_in(folder.path) or [seed]
    folder.check(force)
    compile_first(speak)
    experiment = experiment_of([scenario], strategies, [seed], quarters=folder.quarters, keep=PATHS,
                               parameters=folder.posterior)
    place = Store(store or folder.path.parent / "store")
    decision = decide_parks(speak, experiment, place, partial(engine_for, workers, cluster), choice)[scenario.name]
    folder.configuration["seeds"] = list(range(seed, seed + decision.common_seeds))
    return decision


def show_compared(speak: Speaker, content: dict[str, Any], decision: Decision | None, place: Path) -> None:
    """Show a comparison: what was decided if anything was, the table, and where everything is."""
    from klaver.display import show_comparison
    from klaver.sweeping import show_common_seeds, show_decision

    say = speak.say
    years = say.duration(content["quarters"])
    title = say("compare.title", park=content["park"], n=len(content["strategies"]), seeds=content["seeds"], years=years)
    if decision is not None:
        show_decision(speak, decision)
        speak.result("")
    show_comparison(speak, content, title)
    if "parameters" in content:
        from klaver.sweeping import show_parameter_shares

        show_parameter_shares(speak, content["parameters"])
    if decision is not None:
        show_common_seeds(speak, decision)
        content = {**content, "decision": decision.to_json()}
    speak.remark("")
    speak.remark(say("compare.written", folder=place))
    for label, what in (
        ("report", f"report.{say.code}.html"), ("figures", "pictures"), ("tables", "summary.csv, runs.parquet"),
    ):  # fmt: skip
        speak.remark(f"  {say(f'compare.{label}')}: {what}")
    speak.data({**content, "folder": place})


@contextmanager
def machinery(
    speak: Speaker, folder: ResultFolder, force: bool, workers: int | None, cluster: str | None, store: Path | None,
    tells: bool = True,
) -> Iterator[dict[str, Any]]:
    """Give how the runs of a result folder are made: in a store, here or on a cluster, with progress shown."""
    from analysis.store import Store

    folder.check(force)
    place = Store(store or folder.path.parent / "store")
    compile_first(speak)

    def tell(there: int, todo: int) -> None:
        if there and tells:
            tell_there(speak, there, todo, place.folder)

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
    """A park, strategy or experiment as it stands."""
    from klaver import showing
    from klaver.chosen import choose_thing

    kind, thing = choose_thing(name, speak.say)
    if kind != "park" and (png is not None or parameters):
        raise BadOption("error.parks_only", option="--png" if png is not None else "--parameters", name=name)
    if kind == "experiment":
        from klaver.sweeping import show_experiment

        show_experiment(speak, thing, name)
        return
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
    """Parks, strategies and experiments there are."""
    from klaver.chosen import shipped

    say = speak.say
    found = shipped()
    for kind in ("parks", "strategies", "experiments"):
        rows = [[name, text[say.code]] for name, text in found[kind].items()]
        speak.result(speak.table([say("list.name"), say("list.what")], rows, say(f"list.{kind}")))
    speak.remark(say("list.hint"))
    speak.data(found)


@command(app, "new")
def new(
    speak: Speaker,
    name: Annotated[str, typer.Argument(metavar="NAME", help="help.new_name")],
    strategy: Annotated[bool, typer.Option("--strategy", help="help.new_strategy")] = False,
    experiment: Annotated[bool, typer.Option("--experiment", help="help.new_experiment")] = False,
    force: Force = False,
) -> None:
    """Write a file to start from."""
    from klaver.templates import write_template

    if strategy and experiment:
        raise BadOption("error.new_one")
    kind = "strategy" if strategy else "experiment" if experiment else "park"
    path = write_template(name, kind, speak.say, force)
    do = {"strategy": f"klaver compare rollepaal --strategies none,{path}", "park": f"klaver compare {path}",
          "experiment": f"klaver sweep {path} --dry-run"}[kind]  # fmt: skip
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
from klaver import (  # noqa: E402, F401
    calibrate_command,
    dashboard_command,
    discover_command,
    experiment_commands,
    export_command,
    import_command,
    optimise_command,
    sensitivity_command,
    structure_command,
    validate_command,
)

if __name__ == "__main__":
    main()
