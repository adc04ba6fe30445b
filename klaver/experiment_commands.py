"""The commands for many runs: sweep, report, query, verify, export. Each reads or fills a store of runs.

What all commands share is in ``command_line.py``; the work itself is in ``analysis``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver.command_line import (
    FAILED,
    BadOption,
    Budget,
    Cluster,
    Confidence,
    Force,
    On,
    Parameters,
    Smallest,
    Until,
    Workers,
    app,
    check_number,
    choice_of,
    command,
    compile_first,
    option,
    tell_there,
    waiting,
)
from klaver.console import Speaker

if TYPE_CHECKING:
    from analysis.deciding import Decision

ROWS_SHOWN, WIDE_ROWS_SHOWN = 40, 3
StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="help.store_folder")]
Which = Annotated[str | None, option("--experiment", metavar="NAME")]


@command(app, "sweep")
def sweep(
    speak: Speaker,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="help.experiment_file")],
    dry_run: Annotated[bool, option("--dry-run")] = False,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", help="help.sweep_seeds")] = None,
    until: Until = None,
    on: On = None,
    smallest: Smallest = None,
    confidence: Confidence = None,
    budget: Budget = None,
    parameters: Parameters = None,
    workers: Workers = None,
    cluster: Cluster = None,
    retry_failed: Annotated[bool, option("--retry-failed")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="STORE", help="help.sweep_out")] = None,
    force: Force = False,
) -> int:
    """Carry out a designed experiment; resumable."""
    check_number("seeds", seeds, seeds is None or seeds >= 1)
    check_number("workers", workers, workers is None or workers >= 1)
    choice = choice_of(until, on, smallest, confidence, budget)
    if choice is not None and (seeds is not None or dry_run):
        raise BadOption("error.until_seeds", option="--dry-run" if seeds is None else "--seeds")
    from klaver.chosen import choose_experiment

    chosen = choose_experiment(experiment, speak.say)
    if parameters is not None:
        from analysis.posterior import load_posterior

        chosen = chosen.with_parameters(load_posterior(parameters))
    if seeds is not None:
        first = min(chosen.seeds)
        chosen = chosen.with_seeds(range(first, first + seeds))
    for note in chosen.notes(speak.say.code):
        speak.note(note)
    from functools import partial

    from analysis.engines import engine_for
    from analysis.experiment import carry_out
    from analysis.store import Store
    from klaver.sweeping import check_design, decide_first, plan_of, show_forecast, show_sweep, write_provenance

    store = Store(out or Path("results") / chosen.name)
    engine = partial(engine_for, workers, cluster)
    decisions: dict[str, Decision] = {}
    if choice is not None:
        chosen, decisions = decide_first(speak, chosen, store, engine, choice, force)
    plan = plan_of(speak, chosen, decisions)
    check_design(store, plan, force or bool(decisions))
    compile_first(speak)
    if dry_run:
        show_forecast(speak, plan, store, workers, experiment)
        return 0
    todo = len(plan.missing(store.known(plan.indicators)))
    if todo < len(plan.keys) and not decisions:
        tell_there(speak, len(plan.keys) - todo, todo, store.folder)
    with speak.progress(speak.say("compare.running")) as progress:
        carried = carry_out(plan, store, engine(todo), progress, retry_failed=retry_failed)
    write_provenance(store, plan)
    show_sweep(speak, plan, store, carried, decisions)
    return FAILED if len(carried.failed) else 0


@command(app, "report")
def report(
    speak: Speaker,
    store: StoreFolder,
    experiment: Which = None,
    verified: Annotated[int, typer.Option("--verify", metavar="N", help="help.report_verify")] = 0,
    out: Annotated[Path | None, option("--out", metavar="DIR")] = None,
    force: Force = False,
) -> None:
    """A report of an experiment: HTML and PDF."""
    from analysis.engines import InProcess
    from analysis.store import Store
    from analysis.verification import verify as run_again
    from klaver.reporting import ReportFolder, Study, context_of, report_command

    check_number("sample", verified, verified >= 0)
    place = Store(store, must_exist=True)
    study = Study.read(place, experiment)
    folder = ReportFolder.of(study, out, store.absolute().parent if out is None else out.parent)
    folder.check(force)
    compile_first(speak)
    verification = ""
    if verified:
        with speak.progress(speak.say("verify.running")) as progress:
            found = run_again(place, InProcess(), verified, progress=progress, keys=sorted(study.plan.keys))
        key = "verify.same" if found.same else "verify.not_same"
        verification = speak.say(key, runs=found.runs, of=speak.say.number(found.of), values=speak.say.number(found.values))
    say = speak.say
    with waiting(speak, say("report.making", runs=say.number(len(study.plan.keys)))):
        context = context_of(study, say, verification, report_command(store, study.plan.name, say))
        written = folder.write(study, say, context)
    if len(study.failed):
        speak.note(say("report.failed", n=len(study.failed)))
    speak.result(say("report.written", page=written / f"report.{say.code}.html", paper=written / f"report.{say.code}.pdf"))
    speak.remark(say("report.beside", folder=written))
    speak.data({**study.numbers(), "folder": written})


@command(app, "query")
def query(
    speak: Speaker,
    store: StoreFolder,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="help.sql")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="help.query_out")] = None,
    force: Force = False,
) -> None:
    """A question in SQL to the runs of a store."""
    from analysis.query import query as ask
    from analysis.store import Store

    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise BadOption("error.query_out", file=out)
    if out is not None and out.exists() and not force:
        raise BadOption("error.file_exists", path=out)
    answer = ask(Store(store, must_exist=True), sql)
    if out is not None:
        answer.to_csv(out, index=False) if out.suffix == ".csv" else answer.to_parquet(out, index=False)
    names = [str(name) for name in answer.columns]
    cells = answer.head(ROWS_SHOWN).map(lambda value: _cell(speak, value))
    wide = _width(names, cells) > speak.console(sys.stdout).width
    shown = answer.head(WIDE_ROWS_SHOWN if wide else ROWS_SHOWN)
    cells = cells.head(len(shown))
    if wide:  # a row reads better as a list than as a line that is broken into pieces
        for row in cells.itertuples(index=False):
            speak.result(speak.table(["", ""], list(zip(names, row, strict=True))))
    else:
        speak.result(speak.table(names, cells.to_numpy().tolist()))
    if len(answer) > len(shown):
        speak.remark(speak.say("query.more", shown=len(shown), n=speak.say.number(len(answer))))
    if out is not None:
        speak.remark(speak.say("query.written", file=out))
    speak.data(answer.to_dict("records"))


def _width(names: list[str], cells: Any) -> int:
    """Return how many characters a table of these columns takes, with what stands between them."""
    widest = [max([len(name), *cells.iloc[:, place].map(len)]) for place, name in enumerate(names)]
    return sum(widest) + 3 * len(names)


def _cell(speak: Speaker, value: Any) -> str:
    if isinstance(value, float):
        return "-" if value != value else speak.say.number(value, 0 if abs(value) >= 10_000 else 3)
    return str(value)


@command(app, "verify")
def verify(
    speak: Speaker,
    store: StoreFolder,
    sample: Annotated[int, option("--sample", metavar="N")] = 20,
    draw: Annotated[int, option("--draw", metavar="N")] = 1,
    workers: Workers = None,
    cluster: Cluster = None,
) -> int:
    """Run a random sample of a store's runs again: are the numbers the same?"""
    from analysis.engines import engine_for
    from analysis.store import Store
    from analysis.verification import verify as run_again

    check_number("sample", sample, sample >= 1)
    check_number("workers", workers, workers is None or workers >= 1)
    place = Store(store, must_exist=True)
    compile_first(speak)
    with speak.progress(speak.say("verify.running")) as progress:
        found = run_again(place, engine_for(workers, cluster, sample), sample, draw, progress)
    say = speak.say
    if found.same:
        speak.result(say("verify.same", runs=found.runs, of=say.number(found.of), values=say.number(found.values)))
    elif not found.runs:
        speak.result(say("verify.nothing"))
    for difference in found.differences[:5]:
        speak.result(say("verify.different", run=difference.run[:12], column=difference.column,
                         stored=difference.stored, again=difference.again))  # fmt: skip
    if len(found.differences) > 5:
        speak.result(say("verify.more", n=say.number(len(found.differences))))
    for run, cause in found.failed.items():
        speak.result(say("verify.failed", run=run[:12], cause=cause))
    if found.other_model:
        speak.remark(say("verify.other_model", n=say.number(found.other_model)))
    speak.data(found.to_json())
    return 0 if found.same else FAILED
