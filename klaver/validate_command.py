"""``klaver validate``: the eleven patterns held against a stock of generated parks, as a table and a figure for each.

What is computed is in ``analysis/patterns``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import Force, Out, Workers, app, check_number, command, compile_first
from klaver.console import Speaker, folded

if TYPE_CHECKING:
    from analysis.dutch_stock import StockPark
    from analysis.patterns import Judged
    from analysis.patterns.wording import PatternWording

QUICK, FULL = (60, 6), (600, 10)  # parks and seeds
MOST_PARKS, MOST_VALIDATION_SEEDS = 5_000, 1_000
_folded = partial(folded, indent="   ")


@command(app, "validate")
def validate(
    speak: Speaker,
    quick: Annotated[bool, typer.Option("--quick", help="help.validate_quick")] = False,
    parks: Annotated[int | None, typer.Option("--parks", metavar="N", help="help.validate_parks")] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", help="help.validate_seeds")] = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Hold the model against the patterns."""
    from analysis.dutch_stock import LEAST_PARKS, draw_stock
    from analysis.engines import engine_for
    from analysis.identity import model_version
    from analysis.patterns import run_stock
    from analysis.patterns import validate as judge_all
    from analysis.patterns.wording import PatternWording

    standard = QUICK if quick else FULL
    parks, seeds = standard[0] if parks is None else parks, standard[1] if seeds is None else seeds
    check_number("validate_parks", parks, LEAST_PARKS <= parks <= MOST_PARKS)
    check_number("seeds", seeds, 1 <= seeds <= MOST_VALIDATION_SEEDS)
    check_number("workers", workers, workers is None or workers >= 1)
    began, folder = time.time(), (out or Path("results") / "validate").absolute()
    numbered = list(range(1, seeds + 1))
    configuration = {"park_name": "stock", "parks": parks, "seeds": numbered, "model": model_version()}
    results.check_folder(folder, "validate", configuration, force)
    compile_first(speak)
    stock = draw_stock(parks)
    with speak.progress(speak.say("compare.running")) as progress, engine_for(workers, None, parks * seeds) as engine:
        samples = run_stock(stock, numbered, engine, progress)
    judged, words = judge_all(samples), PatternWording(speak.say.code)
    show(speak, judged, words, stock, seeds)
    numbers = numbers_of(judged, stock, seeds)
    write(folder, numbers, judged, configuration, began, speak.say.code)
    speak.remark(speak.say("validate.written", folder=folder))
    speak.data({**numbers, "folder": folder})


def numbers_of(judged: list[Judged], stock: list[StockPark], seeds: int) -> dict[str, Any]:
    """Return everything that came out, as plain values."""
    from analysis.dutch_stock import stock_totals

    return {
        "parks": len(stock), "seeds": seeds, "stock": [total._asdict() for total in stock_totals(stock)],
        "patterns": [pattern.to_json() for pattern in judged],
    }  # fmt: skip


def show(speak: Speaker, judged: list[Judged], words: PatternWording, stock: list[StockPark], seeds: int) -> None:
    """Show the table, within 80 columns, and what it does not say by itself."""
    speak.result(table_text(judged, words))
    for pattern in judged:
        for key in pattern.pattern.not_represented:
            speak.result(_folded(f"{pattern.pattern.number}: {words('not_represented', key)}"))
    counts = {name: sum(pattern.verdict == name for pattern in judged) for name in ("met", "not_met", "cannot_tell")}
    speak.result(words("table", "summary", n=len(judged), **counts))
    weight = [park.weight for park in stock]
    hectares = sum(park.weight * park.scenario.gross_ha for park in stock)
    standing = {"stock": words.number(sum(weight)), "ha": words.number(hectares)}
    speak.remark(words("table", "stock", parks=len(stock), seeds=seeds, **standing))
    for note in ("mix", "off_means", "by_construction"):
        speak.remark(_folded(words("table", note)))


def table_text(judged: list[Judged], words: PatternWording) -> str:
    """Return the table: a line per pattern and one per statistic, each at most 80 characters."""
    names = ("pattern", "found", "band", "verdict", "off", "sds")
    lines = ["{:<36}{:>6}  {:<8} {:<13}{:>6}{:>7}".format(*(words("table", name) for name in names)), "-" * 78]
    for pattern in judged:
        title = f"{pattern.pattern.number} {words.title(pattern.pattern.number)}"
        lines.append(f"{title:<52} {words('verdict', pattern.verdict)}")
        for finding in pattern.findings:
            cells = (words.statistic(finding.statistic), words.number(finding.value, finding.statistic.digits),
                     words.band(finding.statistic), words("verdict", finding.verdict), *words.off(finding))
            lines.append("  {:<34}{:>6}  {:<8} {:<13}{:>6}{:>7}".format(*cells))
    return "\n".join(lines)


def write(
    folder: Path, numbers: dict[str, Any], judged: list[Judged], configuration: dict[str, Any], began: float, language: str
) -> None:
    """Write numbers, the table, and a figure of each pattern in the user's language, whole or not at all."""
    from analysis.figures import save
    from analysis.patterns.figures import pattern_figure
    from analysis.patterns.wording import PatternWording

    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        results.write_table(statistics_table(judged), place / "statistics")
        (place / "pictures").mkdir()
        words = PatternWording(language)
        for pattern in judged:
            if pattern.findings:
                save(pattern_figure(pattern, words), place / "pictures" / f"pattern_{pattern.pattern.number:02d}")
        about = results.provenance("validate", configuration, numbers, began) | {"language": language}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")


def statistics_table(judged: list[Judged]) -> Any:
    """Return a DataFrame with a row per statistic."""
    import pandas as pd

    rows = []
    for pattern in judged:
        for finding in pattern.findings:
            row = {"pattern": pattern.pattern.number, **finding.to_json(), **finding.rates._asdict()}
            row["band_low"], row["band_high"] = row.pop("band")
            row.pop("error_rates")
            rows.append(row)
    return pd.DataFrame(rows)
