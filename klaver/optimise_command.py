"""``klaver optimise``: search for the best trade-offs on one park or several, and say what remains on fresh futures.

What is computed is in ``analysis/optimise``; what is shown and written in ``optimising.py``.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import (
    BadOption,
    Cluster,
    Force,
    Out,
    Workers,
    app,
    check_number,
    command,
    compile_first,
    option,
)
from klaver.console import Speaker

if TYPE_CHECKING:
    from analysis.optimise import ParkFront, Robust

POPULATION, GENERATIONS, FRESH = 48, 30, 200
SEEDS, SETS, SEEDS_PER_SET = 24, 20, 4
LEAST_FRESH = 10  # futures below which no interval means anything


@command(app, "optimise")
def optimise(
    speak: Speaker,
    parks: Annotated[list[str], typer.Argument(metavar="PARK...", help="help.optimise_parks")],
    generations: Annotated[int, option("--generations", metavar="N")] = GENERATIONS,
    population: Annotated[int, option("--population", metavar="N")] = POPULATION,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", help="help.optimise_seeds")] = None,
    fresh: Annotated[int, option("--fresh", metavar="N")] = FRESH,
    robust: Annotated[str, option("--robust", metavar="none|decile|regret")] = "none",
    sets: Annotated[int | None, option("--sets", metavar="N")] = None,
    same_means: Annotated[bool, option("--same-means")] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.optimise_store")] = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Search for the best trade-offs."""
    form = robust_form(robust, sets)
    seeds, sets = seeds or (SEEDS if form == "none" else SEEDS_PER_SET), None if form == "none" else sets or SETS
    check_number("optimise_population", population, 4 <= population <= 1_000)
    check_number("optimise_generations", generations, 1 <= generations <= 10_000)
    check_number("optimise_seeds", seeds, 2 <= seeds <= 10_000)
    check_number("optimise_sets", sets, sets is None or 2 <= sets <= 10_000)
    check_number("optimise_fresh", fresh, LEAST_FRESH * (1 if sets is None else seeds) <= fresh <= 100_000)
    check_number("workers", workers, workers is None or workers >= 1)
    from analysis.engines import engine_for
    from analysis.identity import model_version
    from analysis.optimise import Runner, Size, Space, draw_stages
    from analysis.optimise import optimise as carry_out
    from analysis.store import Memory, Store
    from klaver.chosen import choose_park
    from klaver.optimising import numbers_of, show_front, show_side_by_side
    from sim import model
    from sim.inputs.strategy import list_strategies, load_strategy

    if len(set(parks)) < len(parks):
        raise BadOption("error.twice", name=next(name for name in parks if parks.count(name) > 1))
    began, chosen = time.time(), [choose_park(name, speak.say) for name in parks]
    shipped = [strategy for name in list_strategies() if (strategy := load_strategy(name)).approach != "none"]
    stages, size = draw_stages(seeds, fresh, sets), Size(population, generations)
    name = f"optimise-{chosen[0].name}" if len(chosen) == 1 else "optimise"
    folder = (out or Path("results") / name).absolute()
    configuration = {
        "park_name": ",".join(park.name for park in chosen), "parks": {park.name: park.resolved() for park in chosen},
        "strategies": {strategy.name: strategy.resolved() for strategy in shipped}, "population": population,
        "generations": generations, "seeds": list(stages.search.seeds), "fresh": fresh, "robust": form, "sets": sets,
        "same_means": same_means, "model": model_version(),
    }  # fmt: skip
    results.check_folder(folder, "optimise", configuration, force)
    compile_first(speak)
    spaces = [Space(park, model.Park.of(park).gross_ha, same_means) for park in chosen]
    runs = size.runs(stages, len(shipped))
    kept = Store(store) if store is not None else Memory()
    with speak.progress(speak.say("compare.running")) as progress, engine_for(workers, cluster, runs) as engine:
        done = Progress(progress, runs * len(chosen))
        runners = [Runner(park, kept, engine, done.of(park.name)) for park in chosen]
        fronts = carry_out(spaces, runners, stages, shipped, size, form)
    numbers = {**{key: configuration[key] for key in ("population", "generations", "fresh", "robust", "sets", "same_means")},
               "seeds": seeds, "parks": {front.space.park.name: numbers_of(front) for front in fronts}}
    for front in fronts:
        show_front(speak, front, form)
        speak.result("")
    if len(fronts) > 1:
        show_side_by_side(speak, fronts)
    write(folder, numbers, fronts, configuration, began, speak.say.code)
    speak.remark(speak.say("optimise.written", folder=folder, example=_example(folder, fronts)))
    speak.data({**numbers, "folder": folder})


def robust_form(robust: str, sets: int | None) -> Robust:
    """Return the form of the objectives that was asked for.

    Raises
    ------
    BadOption
        If there is no such form, or sets are given without one.
    """
    from analysis.optimise import ROBUST

    for form in ROBUST:
        if robust == form:
            if form == "none" and sets is not None:
                raise BadOption("error.optimise_sets_without")
            return form
    raise BadOption("error.optimise_robust", value=robust)


class Progress:
    """Adds up the runs of several parks."""

    def __init__(self, report: Any, total: int) -> None:
        self._report, self._total = report, total
        self._done: dict[str, int] = {}

    def of(self, park: str) -> Any:
        """Return what to call with the runs done on a park."""
        def tell(done: int) -> None:
            self._done[park] = done
            self._report(min(sum(self._done.values()), self._total), self._total)

        return tell


def _example(folder: Path, fronts: list[ParkFront]) -> str:
    from klaver.optimising import member_name

    front = fronts[0]
    place = next(iter(front.chosen), 0)
    return f"klaver run {front.space.park.name} --strategy {folder / 'strategies' / member_name(front, place)}.toml"


def write(
    folder: Path, numbers: dict[str, Any], fronts: list[ParkFront], configuration: dict[str, Any], began: float, language: str
) -> None:
    """Write numbers, tables, strategy files, and pictures in the user's language, whole or not at all."""
    from analysis.figures import save
    from analysis.optimise.figures import front_figure, mixes_figure, search_figure
    from klaver.optimising import tables_of, write_strategies

    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        for name, table in tables_of(fronts).items():
            results.write_table(table, place / name)
        write_strategies(fronts, place / "strategies")
        pictures = place / "pictures"
        pictures.mkdir()
        for front in fronts:
            if front.chosen:
                save(front_figure(front, language), pictures / f"front_{front.space.park.name}")
                save(mixes_figure(front, language), pictures / f"mixes_{front.space.park.name}")
        save(search_figure(fronts, language), pictures / "search")
        about = results.provenance("optimise", configuration, numbers, began) | {"language": language}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")
