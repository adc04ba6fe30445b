"""``klaver structure``: which conclusions about strategies survive other structures of the model.

What is computed is in ``analysis/structure``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import (
    BadOption,
    Cluster,
    Force,
    Out,
    Quarters,
    Workers,
    app,
    check_number,
    check_quarters,
    check_seeds,
    command,
    compile_first,
    telling,
    waiting,
)
from klaver.console import Speaker, folded

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.structure import Survival
    from klaver.language import Language

SEEDS = 100
LABEL = 55  # characters of a claim in the table


@command(app, "structure")
def structure(
    speak: Speaker,
    parks: Annotated[list[str], typer.Argument(metavar="PARK...", help="help.structure_parks")],
    strategies: Annotated[str, typer.Option(
        "--strategies", metavar="LIST", help="help.structure_strategies", show_default=False)] = "all",
    seeds: Annotated[int, typer.Option(
        "--seeds", metavar="N", help="help.structure_seeds", show_default=False)] = SEEDS,
    quarters: Quarters = None,
    workers: Workers = None,
    cluster: Cluster = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.store")] = None,
    out: Out = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Hold conclusions against other structures of the model."""
    from analysis.engines import engine_for
    from analysis.identity import model_version
    from analysis.store import Store
    from analysis.structure import STRUCTURES, run_structures, survival
    from klaver.chosen import choose_park, choose_strategies, split_names
    from klaver.folders import file_name

    check_seeds(seeds, "structure_seeds", 2)
    check_number("workers", workers, workers is None or workers >= 1)
    check_quarters(quarters)
    scenarios = [choose_park(name, speak.say) for name in parks]
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise BadOption("error.twice", name=next(name for name in names if names.count(name) > 1))
    chosen = choose_strategies(split_names(strategies), speak.say)
    if all(strategy.approach == "none" for strategy in chosen):
        raise BadOption("error.structure_strategies")
    began, numbered = time.time(), list(range(1, seeds + 1))
    name = f"{file_name(names[0])}-structure" if len(names) == 1 else "structure"
    folder = (out or Path("results") / name).absolute()
    replaced = {one.name: dict(one.values) for one in STRUCTURES}
    configuration = {
        "park_name": ",".join(names), "parks": {park.name: park.resolved() for park in scenarios},
        "strategies": {strategy.name: strategy.resolved() for strategy in chosen}, "seeds": numbered,
        "quarters": quarters, "structures": replaced, "model": model_version(),
    }  # fmt: skip
    results.check_folder(folder, "structure", configuration, force)
    place = Store(store or folder.parent / "store")
    compile_first(speak)

    runs = len(scenarios) * (1 + len(STRUCTURES)) * (1 + len(chosen)) * seeds
    with speak.progress(speak.say("compare.running")) as progress, engine_for(workers, cluster, runs) as engine:
        compared = run_structures(scenarios, chosen, numbered, quarters=quarters, store=place, engine=engine,
                                  progress=progress, tell=telling(speak, place.folder))  # fmt: skip
    with waiting(speak, speak.say("structure.judging")):
        found = [survival(compared[park], chosen) for park in names]
    titles = {park.name: park.title.get(speak.say.code, park.name) for park in scenarios}
    for park in found:
        show(speak, park, titles[park.park])
    show_legend(speak, found[0].structures, replaced)
    numbers = {"seeds": seeds, "quarters": quarters, "structures": replaced,
               "parks": {park.park: park.to_json() for park in found}}  # fmt: skip
    with waiting(speak, speak.say("compare.drawing")):
        write(folder, found, compared, titles, numbers, configuration, began, speak.say)
    speak.remark(speak.say("structure.written", folder=folder))
    speak.data({**numbers, "folder": folder})


def show(speak: Speaker, found: Survival, title: str) -> None:
    """Show what becomes of every conclusion of a park, and how far differences change, within 80 columns."""
    from analysis.structure.wording import MARKS, claim_text, interval, letter, open_text, summary_text

    say, letters = speak.say, [letter(found.structures, name) for name in found.structures]
    speak.result(folded(say("structure.head", park=title, seeds=say.number(found.seeds))))
    speak.result(folded(summary_text(found, say)))
    numbered = list(enumerate(found.conclusions, start=1))
    if numbered:
        speak.result("")
        speak.result(f"{'':<{LABEL + 4}}{_in_fours(letters)}")
    for measure, ones in groupby(numbered, lambda item: item[1].claim.measure):
        speak.result(say(f"structure.measure_{measure}"))
        for n, one in ones:
            text = textwrap.shorten(claim_text(one.claim, one.difference.reference, say), LABEL, placeholder="…")
            marks = _in_fours([MARKS[one.under[name].verdict] for name in found.structures])
            speak.result(f"{n:>3} {text:<{LABEL}}{marks}")
    if numbered:
        speak.result("")
        speak.result(f"    {say('structure.column_as_it_is'):<25}{say('structure.column_most')}")
    for n, one in numbered:
        name, under = one.most_changed
        measure = one.claim.measure
        most = f"{letter(found.structures, name)} {say(f'structure.name_{name}'):<24} {interval(under.change, measure, say)}"
        speak.result(f"{n:>3} {interval(one.difference.difference, measure, say):<25}{most}")
    turned = [(n, one, name, one.under[name]) for n, one in numbered for name in found.structures
              if one.under[name].verdict == "turns"]  # fmt: skip
    if turned:
        speak.result(f"\n{say('structure.turned')}")
    for n, one, name, under in turned:
        pair = one.claim._replace(second=under.difference.reference)
        text = textwrap.shorten(claim_text(pair, under.difference.reference, say), LABEL - 6, placeholder="…")
        there = interval(under.difference.difference, one.claim.measure, say)
        speak.result(f"{n:>3} {letter(found.structures, name)} {there:<24} {text}")
    if found.undecided:
        speak.result(f"\n{say('structure.not_decided')}")
    for claim, difference in found.undecided:
        text = textwrap.shorten(open_text(claim, difference.reference, say), LABEL + 7, placeholder="…")
        speak.result(f"    {say(f'structure.short_{claim.measure}'):<13} {text}")
    speak.result("")


def _in_fours(cells: list[str]) -> str:
    return " ".join("".join(cells[k : k + 4]) for k in range(0, len(cells), 4))


def show_legend(speak: Speaker, structures: tuple[str, ...], values: Mapping[str, Mapping[str, float]]) -> None:
    """Show what each letter stands for, what a critic says, and how to read the marks."""
    from analysis.structure.wording import letter

    say = speak.say
    for name in structures:
        title, critic = say(f"structure.name_{name}"), say(f"structure.critic_{name}")
        changed = ", ".join(f"{key.removeprefix('parameters.')} = {value:g}" for key, value in values[name].items())
        text = say("structure.entry", name=title, critic=critic, values=changed)
        speak.result(folded(f"{letter(structures, name)}  {text}", "   "))
    speak.result("")
    for note in ("marks", "family", "change", "units"):
        speak.remark(folded(say(f"structure.note_{note}")))


def write(
    folder: Path, found: list[Survival], compared: dict[str, dict[str, Comparison]], titles: dict[str, str],
    numbers: dict[str, Any], configuration: dict[str, Any], began: float, say: Language,
) -> None:
    """Write numbers, tables, and a picture of each park in the user's language, whole or not at all."""
    import pandas as pd

    from analysis.figures import save
    from analysis.structure import effects_table
    from analysis.structure.figures import survival_figure

    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        results.write_table(pd.concat([park.table() for park in found], ignore_index=True), place / "conclusions")
        results.write_table(pd.concat([effects_table(one) for one in compared.values()], ignore_index=True), place / "effects")
        (place / "pictures").mkdir()
        for park in found:
            if park.conclusions:
                save(survival_figure(park, say, titles[park.park]), place / "pictures" / f"survival_{park.park}")
        about = results.provenance("structure", configuration, numbers, began) | {"language": say.code}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")
