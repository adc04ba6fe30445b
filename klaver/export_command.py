"""``klaver export``: a park or a result as a GeoPackage, the runs of an experiment as tables for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver.command_line import BadOption, Force, app, command, option, waiting
from klaver.console import Speaker
from klaver.experiment_commands import Which

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy


@command(app, "export")
def export(
    speak: Speaker,
    what: Annotated[str, typer.Argument(metavar="PARK|DIR|STORE", help="help.export_what")],
    experiment: Which = None,
    formats: Annotated[str | None, typer.Option("--formats", metavar="gpkg|csv,parquet", help="help.export_formats")] = None,
    out: Annotated[Path | None, option("--out", metavar="DIR")] = None,
    force: Force = False,
) -> None:
    """Maps and tables for others."""
    from analysis.store import STORE_FILE
    from klaver.results import PROVENANCE

    place = Path(what)
    if (place / STORE_FILE).is_file() or (place.is_dir() and not (place / PROVENANCE).is_file()):
        _export_tables(speak, place, experiment, formats or "csv,parquet", out, force)
        return
    if formats not in (None, "gpkg"):
        raise BadOption("error.export_form", formats=formats)
    _export_map(speak, what, out, force)


def _export_tables(
    speak: Speaker, store: Path, experiment: str | None, formats: str, out: Path | None, force: bool
) -> None:
    """Write tables of an experiment for others, with a data dictionary."""
    from analysis.store import Store
    from klaver.reporting import ExportFolder, Study

    chosen = tuple(dict.fromkeys(form.strip() for form in formats.split(",") if form.strip()))
    if not chosen or not set(chosen) <= {"csv", "parquet"}:
        raise BadOption("error.formats", formats=formats)
    study = Study.read(Store(store, must_exist=True), experiment)
    folder = ExportFolder.of(study, out, store.absolute().parent if out is None else out.parent, chosen, speak.say.code)
    folder.check(force)
    with waiting(speak, speak.say("export.making", n=speak.say.number(len(study.plan.keys)))):
        written = folder.write(study, speak.say, chosen)
    speak.result(speak.say("export.written", folder=written, n=speak.say.number(len(study.plan.keys))))
    speak.data({"folder": written, "runs": len(study.plan.keys), "failed": len(study.failed)})


def _export_map(speak: Speaker, what: str, out: Path | None, force: bool) -> None:
    """Write a park, or what became of it in a result, as a GeoPackage."""
    from klaver.chosen import choose_park
    from klaver.folders import file_name
    from klaver.import_command import need_geodata
    from klaver.results import PROVENANCE

    need_geodata()
    from klaver.exporting.geopackage import write_geopackage
    from klaver.exporting.park_layers import park_layers

    say, place = speak.say, Path(what)
    is_result = (place / PROVENANCE).is_file()
    stem = place.resolve().name if is_result else None
    scenario = None if is_result else choose_park(what, say)
    path = (out or (place if is_result else Path())) / f"{file_name(stem or (scenario.name if scenario else ''))}.gpkg"
    if path.exists() and not force:
        raise BadOption("error.file_exists", path=path)
    with waiting(speak, say("export.map_making")):
        if is_result:
            scenario, became = _outcomes(speak, place)
        else:
            became = {}
        assert scenario is not None
        layers = {**park_layers(scenario), **became}
        write_geopackage(path, layers)
    names = [name for name, table in layers.items() if len(table)]
    speak.result(say("export.map_written", path=path, layers=say.listing(names)))
    speak.data({"file": path, "layers": {name: len(layers[name]) for name in names}})


def _outcomes(speak: Speaker, folder: Path) -> tuple[Scenario, dict[str, Any]]:
    """Return the park of a result, and the layers of what became of it: its runs are made again."""
    from analysis.posterior import Posterior
    from analysis.variants import build_park
    from klaver.exporting.outcome_layers import comparison_layers, run_layers
    from klaver.results import UnreadableResult, read_provenance
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

    record = read_provenance(folder)
    if record["command"] not in ("run", "compare"):
        raise BadOption("error.export_command", command=record["command"])
    kept = record["configuration"]
    try:
        scenario = Scenario.from_resolved(kept["park"])
        strategies = [Strategy.from_resolved(content) for content in kept["strategies"].values()]
        seeds, quarters = [int(seed) for seed in kept["seeds"]], int(kept["quarters"])
        drawn = Posterior.from_resolved(kept["parameters"]) if kept.get("parameters") else None
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise UnreadableResult("error.torn_result", file=folder, problem=cause) from cause
    if record["command"] == "run":
        return scenario, run_layers(scenario, strategies[0], seeds[0], quarters)
    of_seed = None if drawn is None else lambda seed: build_park(scenario, drawn.draw(seed), scenario.name)
    with speak.progress(speak.say("compare.running")) as progress:
        return scenario, comparison_layers(scenario, _reference_first(strategies), seeds, quarters, progress, of_seed)


def _reference_first(strategies: list[Strategy]) -> list[Strategy]:
    """Return strategies with the one that does nothing in front, which others are compared with."""
    from sim.inputs.strategy import load_strategy

    reference = next((strategy for strategy in strategies if strategy.name == "none"), None) or load_strategy("none")
    return [reference, *(strategy for strategy in strategies if strategy.name != "none")]
