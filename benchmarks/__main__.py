"""Print one table of what was promised and what was measured: ``uv run python -m benchmarks [--quick] [--json]``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and save if asked; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, and no compiling from nothing")
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    parser.add_argument("--save", action="store_true", help=f"also write the rows to {RESULTS.name}/")
    parser.add_argument("--only", metavar="WORD", help="only the measures with this word in their name")
    options = parser.parse_args(arguments)

    from benchmarks.measures import MEASURES
    from sim.warm_up import compile_rules

    log = Console(stderr=True)
    compile_rules(lambda: log.print("Compiling the rules first, once per version ..."))
    chosen = [measure for measure in MEASURES if not options.only or options.only in measure.__name__]
    rows = []
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=log,
                  transient=True) as progress:
        task = progress.add_task("", total=len(chosen))
        for measure in chosen:
            progress.update(task, description=measure.__name__.replace("_", " "), advance=1)
            rows += list(measure(options.quick))
    report = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"), "quick": options.quick,
        "python": platform.python_version(), "machine": platform.machine(), "system": platform.platform(),
        "rows": [asdict(row) for row in rows],
    }
    text = json.dumps(report, indent=2, allow_nan=False)
    if options.json:
        print(text)
    else:
        Console().print(table_of(rows))
    if options.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{report['when'].replace(':', '')}.json"
        path.write_text(text + "\n", encoding="utf-8")
        log.print(f"saved {path}")
    return 0 if all(row.met is not False for row in rows) else 1


def table_of(rows: list) -> Table:
    """Return the rows as a table."""
    table = Table(title="Measured side by side in this run; a ratio is how many times faster ours is")
    for heading in ("what", "ours", "theirs"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    table.add_column("ratio", justify="right")
    for heading in ("at least", "aim", "met?"):
        table.add_column(heading)
    for row in rows:
        met = "" if row.met is None else "[red]no[/]" if not row.met else "[green]aim[/]" if row.aimed else "yes"
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}x"
        table.add_row(row.what, row.ours, row.theirs, ratio, row.least, row.aim, met)
    return table


if __name__ == "__main__":
    sys.exit(main())
