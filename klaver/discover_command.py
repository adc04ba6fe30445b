"""``klaver discover``: where each strategy does best over the points of a sweep, and what another choice costs.

What is computed is in ``analysis/discovery``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import shlex
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import BadOption, Force, Out, Workers, app, check_number, command
from klaver.console import Speaker
from klaver.experiment_commands import StoreFolder, Which

if TYPE_CHECKING:
    from analysis.discovery import Discovered
    from analysis.discovery.wording import DiscoveryWording

LEAST_PERMUTATIONS, MOST_PERMUTATIONS = 19, 9_999
MOST_SHOWN = 3  # factors along which the order of two strategies turns round; the rest is in flips.csv
_WIDTH = 80


@command(app, "discover")
def discover(
    speak: Speaker,
    store: StoreFolder,
    measure: Annotated[str, typer.Option("--measure", metavar="OUTCOME", help="help.discover_measure")] = "vitality",
    strategies: Annotated[str | None, typer.Option("--strategies", metavar="LIST", help="help.discover_strategies")] = None,
    experiment: Which = None,
    permutations: Annotated[int | None, typer.Option("--permutations", metavar="N", help="help.permutations")] = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Find where each strategy does best."""
    from analysis.deciding import SMALLEST
    from analysis.discovery import PERMUTATIONS
    from analysis.discovery import discover as find
    from analysis.discovery.wording import DiscoveryWording
    from analysis.engines import engine_for
    from analysis.experiment import stored_plan
    from analysis.store import Store

    if measure not in SMALLEST:
        raise BadOption("error.discover_measure", name=measure, names=", ".join(SMALLEST))
    times = PERMUTATIONS if permutations is None else permutations
    check_number("permutations", times, LEAST_PERMUTATIONS <= times <= MOST_PERMUTATIONS)
    check_number("workers", workers, workers is None or workers >= 1)
    began, place = time.time(), Store(store, must_exist=True)
    read, plan, _ = stored_plan(place, experiment)
    chosen = None if strategies is None else sorted({name.strip() for name in strategies.split(",")})
    configuration = {
        "park_name": ", ".join(park.name for park in read.parks), "experiment": read.resolved(), "model": plan.model,
        "measure": measure, "chosen": chosen, "permutations": times, "seeds": list(plan.seeds),
    }  # fmt: skip
    folder = (out or store.absolute().parent / f"{store.absolute().name}-discovery").absolute()
    results.check_folder(folder, "discover", configuration, force)
    with speak.progress(speak.say("discover.searching")) as progress:
        # A permutation is some tenths of a second of work: as good as a few runs, to decide how many processes it is worth.
        engine = engine_for(workers, None, 10 * times)
        found = find(plan, place, measure, engine, times, progress, chosen)
    words = DiscoveryWording(speak.say.code, measure, {park.name: park.title.get(speak.say.code) for park in read.parks})
    for park in found:
        show(speak, park, words, store)
    for note in ("best", "regret", "sign", "reach"):
        speak.remark(_folded(words("table", f"note_{note}")))
    numbers = {"experiment": plan.name, "measure": measure, "permutations": times, "parks": [park.to_json() for park in found]}
    write(folder, found, words, numbers, configuration, began, store)
    speak.remark(speak.say("discover.written", folder=folder))
    speak.data({**numbers, "folder": folder})


def show(speak: Speaker, found: Discovered, words: DiscoveryWording, store: Path) -> None:
    """Show what was found on one park, within 80 columns."""
    gains = found.gains
    speak.result(_folded(words("table", "head", park=words.park(found.park), measure=words("measure", gains.measure))))
    size = words("table", "size", points=words.number(gains.points), seeds=len(gains.seeds), strategies=len(gains.strategies))
    left = f" {words('table', 'left_out', n=gains.left_out)}" if gains.left_out else ""
    speak.result(_folded(f"{size}{left} {words('table', 'undecided', share=words.share(found.undecided))}"))
    speak.result(table_text(found, words) + "\n")
    for sentence in sentences(found, words):
        speak.result(_folded(sentence))
    for region in found.found:
        speak.result(_folded(words.region(region)))
        speak.result(f"{words('region', 'run')}\n  {replay(found, region.strategy, store)}")
    speak.result("")


def replay(found: Discovered, strategy: str, store: Path) -> str:
    """Return the command that runs the run again which stands for a region."""
    return shlex.join(["klaver", "run", found.typical[strategy].run[:12], "--store", str(store)])


def sentences(found: Discovered, words: DiscoveryWording) -> list[str]:
    """Return what is said of a park besides its table and the regions found."""
    told = [words.least(safest) for safest in found.safest] + [words.advice(found.advice)]
    if found.advice.found:
        told += [f"- {words.leaf(leaf)}" for leaf in found.advice.leaves]
    told += [words.flip(flip) for flip in found.flips[:MOST_SHOWN]] or [words("flip", "none")]
    if len(found.flips) > MOST_SHOWN:
        told.append(words("flip", "more", n=words.number(len(found.flips) - MOST_SHOWN)))
    for status in ("not_found", "too_rare", "too_often"):
        names = [region.strategy for region in found.regions if region.status == status]
        if names:
            told.append(words.not_found(status, names))
    return told


def table_text(found: Discovered, words: DiscoveryWording) -> str:
    """Return a line per strategy: points won and regret, each at most 80 characters."""
    form = "{:<28}{:>10}{:>6}{:>12}{:>12}{:>12}"
    head = (words("table", name) for name in ("strategy", "best", "clear", "mean", "worst", "most"))
    lines = [form.format(*head), "-" * _WIDTH]
    for won, regret in zip(found.won, found.regrets, strict=True):
        assert won.best.mean is not None and won.best.high is not None and won.best.low is not None
        half = max(won.best.high - won.best.mean, won.best.mean - won.best.low)
        best = f"{words.number(100 * won.best.mean)} ±{words.number(100 * half)}%"
        name = textwrap.shorten(words.strategy(won.strategy), 27, placeholder="…")
        cells = (words.give_or_take(part) for part in (regret.mean, regret.worst, regret.most))
        lines.append(form.format(name, best, words.share(won.clear), *cells))
    return "\n".join(lines)


def _folded(text: str) -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def write(
    folder: Path, found: list[Discovered], words: DiscoveryWording, numbers: dict[str, Any], configuration: dict[str, Any],
    began: float, store: Path,
) -> None:
    """Write numbers, sentences, tables, and pictures in the user's language, whole or not at all."""
    from analysis.discovery import figures, tables
    from analysis.figures import save
    from klaver.folders import file_name

    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        (place / "findings.md").write_text(_findings(found, words, store), encoding="utf-8")
        for name, table in tables.tables_of(found).items():
            results.write_table(table, place / name)
        pictures = place / "pictures"
        pictures.mkdir()
        save(figures.shares_figure(found, words), pictures / "shares")
        for park in found:
            for name, figure in (("map", figures.map_figure(park, words)), ("regret", figures.regret_figure(park, words)),
                                 ("curve", figures.curve_figure(park, words))):
                if figure is not None:
                    save(figure, pictures / f"{name}-{file_name(park.park)}")
        about = results.provenance("discover", configuration, numbers, began) | {"language": words.language}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")


def _findings(found: list[Discovered], words: DiscoveryWording, store: Path) -> str:
    """Return what was found as text: a heading per park, and every sentence with its command."""
    parts = []
    for park in found:
        parts.append(f"## {words('table', 'head', park=words.park(park.park), measure=words('measure', park.gains.measure))}")
        parts.append(f"```\n{table_text(park, words)}\n```")
        for region in park.found:
            parts.append(f"{words.region(region)} {words('region', 'run')}\n`{replay(park, region.strategy, store)}`")
        parts += sentences(park, words)
    return "\n\n".join([*parts, *(words("table", f"note_{note}") for note in ("best", "regret", "sign", "reach"))]) + "\n"
