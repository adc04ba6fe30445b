"""The commands for many runs: sweep, report, query, verify, export. Each reads or fills a store of runs.

What all commands share is in ``command_line.py``; the work itself is in ``analysis``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from klaver.command_line import (
    FAILED,
    BadOption,
    Cluster,
    Force,
    Workers,
    app,
    check_number,
    command,
    compile_first,
    option,
)
from klaver.console import Speaker

ROWS_SHOWN, WIDE_ROWS_SHOWN, COLUMNS_SHOWN = 40, 3, 10
StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="help.store_folder")]
Which = Annotated[str | None, option("--experiment", metavar="NAME")]


@command(app, "sweep")
def sweep(
    speak: Speaker,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="help.experiment_file")],
    dry_run: Annotated[bool, option("--dry-run")] = False,
    seeds: Annotated[int | None, option("--seeds", metavar="N")] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    retry_failed: Annotated[bool, option("--retry-failed")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="STORE", help="help.sweep_out")] = None,
    force: Force = False,
) -> int:
    """Carry out a designed experiment; resumable."""
    from analysis.engines import engine_for
    from analysis.experiment import carry_out, plan_experiment
    from analysis.experiment_file import load_experiment
    from analysis.store import Store
    from klaver.sweeping import check_design, show_forecast, show_sweep, write_provenance

    check_number("seeds", seeds, seeds is None or seeds >= 1)
    check_number("workers", workers, workers is None or workers >= 1)
    chosen = load_experiment(experiment)
    if seeds is not None:
        chosen = chosen.with_seeds(range(1, seeds + 1))
    for note in chosen.notes():
        speak.note(note)
    plan = plan_experiment(chosen)
    store = Store(out or Path("results") / plan.name)
    check_design(store, plan, force)
    compile_first(speak)
    if dry_run:
        show_forecast(speak, plan, store, workers)
        return 0
    todo = len(plan.missing(store.known(plan.indicators)))
    if todo < len(plan.keys):
        say = speak.say
        there = say.number(len(plan.keys) - todo)
        speak.note(say("compare.there", there=there, todo=say.number(todo), store=store.folder))
    with speak.progress(speak.say("compare.running")) as progress:
        carried = carry_out(plan, store, engine_for(workers, cluster, todo), progress, retry_failed=retry_failed)
    write_provenance(store, plan, carried)
    show_sweep(speak, plan, store, carried)
    return FAILED if len(carried.failed) else 0


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
    wide = len(answer.columns) > COLUMNS_SHOWN
    shown = answer.head(WIDE_ROWS_SHOWN if wide else ROWS_SHOWN)
    cells = shown.map(lambda value: _cell(speak, value))
    names = [str(name) for name in answer.columns]
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
    with speak.progress(speak.say("compare.running")) as progress:
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
        speak.result(say("verify.more", n=len(found.differences)))
    for run, cause in found.failed.items():
        speak.result(say("verify.failed", run=run[:12], cause=cause))
    if found.other_model:
        speak.remark(say("verify.other_model", n=say.number(found.other_model)))
    speak.data(found.to_json())
    return 0 if found.same else FAILED
