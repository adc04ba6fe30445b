"""``klaver calibrate``: six parameters fitted to patterns of parks without policy, with checks of the method and the fit.

What is computed is in ``analysis/calibration``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import importlib.util
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import BadOption, Force, Out, Workers, app, check_number, command, compile_first
from klaver.console import Speaker, folded

if TYPE_CHECKING:
    from analysis.calibration import Calibration
    from analysis.calibration.targets import Target
    from analysis.calibration.wording import CalibrationWording

QUICK, FULL = (80, 3, 10, 1), (160, 5, 16, 1)  # population, generations, parks, seeds
LEAST_POPULATION, MOST_POPULATION, MOST_GENERATIONS, MOST_PARKS, MOST_SEEDS = 20, 10_000, 30, 1_000, 100
_folded = partial(folded, indent="   ")


@command(app, "calibrate")
def calibrate(
    speak: Speaker,
    quick: Annotated[bool, typer.Option("--quick", help="help.calibrate_quick")] = False,
    population: Annotated[int | None, typer.Option("--population", metavar="N", help="help.calibrate_population")] = None,
    generations: Annotated[int | None, typer.Option("--generations", metavar="N", help="help.calibrate_generations")] = None,
    parks: Annotated[int | None, typer.Option("--parks", metavar="N", help="help.calibrate_parks")] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", help="help.calibrate_seeds")] = None,
    recover: Annotated[bool, typer.Option("--recover", help="help.calibrate_recover")] = False,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.calibrate_store")] = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Fit parameters to patterns without policy."""
    standard = QUICK if quick else FULL
    chosen = (population, generations, parks, seeds)
    population, generations, parks, seeds = (a if b is None else b for a, b in zip(standard, chosen, strict=True))
    check_number("calibrate_population", population, LEAST_POPULATION <= population <= MOST_POPULATION)
    check_number("calibrate_generations", generations, 1 <= generations <= MOST_GENERATIONS)
    check_number("calibrate_parks", parks, 8 <= parks <= MOST_PARKS)
    check_number("calibrate_seeds", seeds, 1 <= seeds <= MOST_SEEDS)
    check_number("workers", workers, workers is None or workers >= 1)
    if importlib.util.find_spec("pyabc") is None:
        raise BadOption("error.no_pyabc")
    from analysis.calibration import Kept, Settings, to_json
    from analysis.calibration import calibrate as fit
    from analysis.calibration.wording import CalibrationWording
    from analysis.engines import engine_for
    from analysis.identity import model_version

    settings = Settings(population, generations, parks, seeds, recover)
    began, folder = time.time(), (out or Path("results") / "calibrate").absolute()
    configuration = {"park_name": "stock", **vars(settings), "seeds": list(range(1, seeds + 1)), "model": model_version()}
    results.check_folder(folder, "calibrate", configuration, force)
    compile_first(speak)
    with _stages(speak) as tell, engine_for(workers, None, 10 * population) as engine:
        found = fit(settings, engine, Kept((store or folder.parent / "simulations").absolute()), tell)
    words = CalibrationWording(speak.say.code)
    show(speak, found, words)
    numbers = to_json(found)
    typed = ["klaver", "calibrate", "--population", str(population), "--generations", str(generations), "--parks", str(parks),
             "--seeds", str(seeds)]  # fmt: skip
    write(folder, numbers, found, configuration, began, words, shlex.join(typed))
    speak.remark(speak.say("calibrate.written", folder=folder))
    speak.remark(speak.say("calibrate.next", command=shlex.join(
        ["klaver", "compare", "rollepaal", "--parameters", str(folder / "posterior.parquet")])))
    speak.data({**numbers, "folder": folder})


@contextmanager
def _stages(speak: Speaker) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Give what tells about each stage of the work: what is being done, and how far it is."""
    now: list[Any] = []

    def leave() -> None:
        while now:
            now.pop().__exit__(None, None, None)

    def tell(stage: str) -> Callable[[int, int], None]:
        leave()
        now.append(speak.progress(speak.say(f"calibrate.stage_{stage}")))
        return now[-1].__enter__()

    try:
        yield tell
    finally:
        leave()


def not_met(found: Calibration) -> list[Target]:
    """Return the targets that are fitted and that 90% of the simulations of the posterior lie outside of, on one side."""
    from analysis.calibration.study import statistic_row

    rows = [(target, statistic_row(found, target)["posterior"]) for target in found.used]
    return [target for target, (low, _, high) in rows if high < target.low or low > target.high]


def show(speak: Speaker, found: Calibration, words: CalibrationWording) -> None:
    """Show what was learned, where it leads, and whether the method can be trusted; within 80 columns."""
    say = speak.say
    speak.result(parameter_table(speak, found, words))
    speak.result(statistic_table(speak, found, words))
    if found.out_of_reach:
        names = say.listing([words.statistic(target.key) for target in found.out_of_reach])
        speak.result(_folded(say("calibrate.out_of_reach", names=names)))
    speak.result(_folded(trust(speak, found, words)))
    one = found.sequential.generations
    missed = [words.statistic(target.key) for target in not_met(found)]
    if missed:
        speak.result(_folded(say("calibrate.misfit", names=say.listing(missed))))
    speak.remark(_folded(say(
        "calibrate.work", n=say.number(found.simulations), generations=len(one), tolerance=say.number(one[-1].tolerance, 2),
        effective=say.number(found.sequential.posterior.effective()))))
    for note in ("reads", "policy"):
        speak.remark(_folded(say(f"calibrate.{note}")))


def parameter_table(speak: Speaker, found: Calibration, words: CalibrationWording) -> str:
    """Return the table of parameters: prior, posterior, and by how much it is narrower."""
    from analysis.calibration.study import LEARNED
    from analysis.calibration.targets import calibrated

    say = speak.say
    line = "{:<34}{:>12}{:>8}{:>13}{:>13}"
    lines = [line.format(*(say(f"calibrate.{name}") for name in ("parameter", "prior", "median", "half", "most"))), "-" * 80]
    places = found.sequential.posterior.quantiles([0.025, 0.25, 0.5, 0.75, 0.975])
    for k, one in enumerate(calibrated()):
        digits = 1 if one.high > 5 else 3 if one.high < 0.5 else 2
        at = [say.number(one.low + float(place) * (one.high - one.low), digits) for place in places[:, k]]
        cells = [words.parameter(one.name), f"{say.number(one.low, digits)}-{say.number(one.high, digits)}", at[2],
                 f"{at[1]}-{at[3]}", f"{at[0]}-{at[4]}"]  # fmt: skip
        lines.append(line.format(*cells))
    untold = [words.parameter(one.name) for k, one in enumerate(calibrated()) if found.learned[k] < LEARNED]
    if untold:
        lines.append(_folded(say("calibrate.not_learned", names=say.listing(untold))))
    return "\n".join(lines) + "\n"


def statistic_table(speak: Speaker, found: Calibration, words: CalibrationWording) -> str:
    """Return the table of numbers: before, after, the band, and how many simulations fall within it."""
    from analysis.calibration.study import statistic_row

    say = speak.say
    line = "{:<38}{:>7}{:>18}{:>9}{:>8}"
    lines = [line.format(*(say(f"calibrate.{name}") for name in ("number", "before", "after", "band", "inside"))), "-" * 80]
    for role, targets in (("used", found.used), ("out", found.out_of_reach), ("check", found.checks)):
        lines += [say(f"calibrate.role_{role}")] if targets else []
        for target in targets:
            row, digits = statistic_row(found, target), 0 if target.high > 20 else 1
            at = [words.number(value, digits) for value in row["posterior"]]
            ends = [words.number(end, 0 if end == int(end) else 1) for end in (target.low, target.high)]
            separator = f" {words.patterns('table', 'to')} " if target.low < 0 else "-"
            cells = [f"  {target.pattern} {words.statistic(target.key).rstrip('*')}", words.number(row["prior"][1], digits),
                     f"{at[1]} [{at[0]};{at[2]}]", separator.join(ends),
                     say.share(row["posterior_inside"])]  # fmt: skip
            lines.append(line.format(*cells))
    return "\n".join(lines) + "\n"


def trust(speak: Speaker, found: Calibration, words: CalibrationWording) -> str:
    """Return what the checks on made-up data say of the method."""
    import numpy as np

    say, told = speak.say, []
    for name, check in (("table", found.recovery), ("sequential", found.stand_ins)):
        if check is None:
            continue
        held = check.coverage().mean(axis=1)
        worst = float(np.clip(check.uniformity().min() * check.ranks.shape[1], 0.0, 1.0))
        told.append(say(
            f"calibrate.trust_{name}", n=say.number(len(check.truths)), half=say.share(held[0]), most=say.share(held[1]),
            all=say.share(held[2]), p=say.number(worst, 2),
            verdict=say("calibrate.uniform" if worst >= 0.05 else "calibrate.skewed")))
    told.append(say("calibrate.apart", n=say.number(float(np.abs(found.apart).max()), 1)))
    return " ".join(told)


def write(
    folder: Path, numbers: dict[str, Any], found: Calibration, configuration: dict[str, Any], began: float,
    words: CalibrationWording, typed: str,
) -> None:
    """Write numbers, tables, the posterior, and figures in the user's language, whole or not at all."""
    import pandas as pd

    from analysis.calibration.figures import figures
    from analysis.figures import save

    flat = [{**row, **{f"{side}_{share}": value for side in ("prior", "posterior") for share, value in
                       zip(("p05", "p50", "p95"), row[side], strict=True)}} for row in numbers["statistics"]]  # fmt: skip
    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        results.write_table(pd.DataFrame(flat).drop(columns=["prior", "posterior"]), place / "statistics")
        found.posterior(typed).write(place / "posterior.parquet")
        (place / "pictures").mkdir()
        for name, figure in figures(found, words).items():
            save(figure, place / "pictures" / name)
        about = results.provenance("calibrate", configuration, numbers, began) | {"language": words.language}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")
