"""The two kinds of result folder: of one run, and of a comparison. What is in them, and how they are run again.

A folder is described before anything is computed, so that a folder that may not be written is refused at once; what
``provenance.json`` keeps as *configuration* is all that the numbers follow from.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from klaver import pictures, results
from klaver.console import Speaker
from klaver.language import LANGUAGES, Language
from klaver.runs import DEFAULT_SEEDS, QUICK_SEEDS, Run
from klaver.runs import run as run_one
from klaver.story import Teller
from klaver.tables import TWIN_TABLES
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.deciding import Decision
    from analysis.posterior import Posterior
    from analysis.principles import Ablation
    from analysis.receipt import Receipt

__all__ = ["DEFAULT_SEEDS", "QUICK_SEEDS", "CompareFolder", "PrinciplesFolder", "RunFolder", "read_teller", "run_again"]

Progress = Callable[[int, int], None]


@dataclass
class Folder:
    """A result folder to be: where it goes and what its numbers follow from."""

    path: Path
    configuration: dict[str, Any]
    began: float

    command = ""

    def check(self, force: bool) -> None:
        """Refuse to go on where something would be lost; see :func:`results.check_folder`."""
        results.check_folder(self.path, self.command, self.configuration, force)

    @property
    def quarters(self) -> int:
        """Length of a run."""
        return int(self.configuration["quarters"])

    @property
    def seeds(self) -> list[int]:
        """All seeds."""
        return list(self.configuration["seeds"])


class RunFolder(Folder):
    """The folder of one run: summary, story, tables of the run and of its twin, pictures."""

    command = "run"

    @classmethod
    def of(cls, scenario: Scenario, strategy: Strategy, seed: int, quarters: int | None, out: Path | None) -> RunFolder:
        """Describe the folder of one run."""
        name = f"{file_name(scenario.name)}-{file_name(strategy.name)}-{seed}"
        configuration = configure(scenario, [strategy], [seed], quarters)
        return cls(out or Path("results") / name, configuration, time.time())

    def compute(self, scenario: Scenario, strategy: Strategy) -> Run:
        """Run it."""
        return run_one(scenario, strategy, self.seeds[0], quarters=self.quarters)

    def summary(self, run: Run) -> dict[str, Any]:
        """Return the numbers of a run: its outcomes, and a hash of every table."""
        tables = {name: _hash_table(table) for name, table in run.tables.items()}
        return results.plain({
            "park": run.scenario.name, "strategy": run.strategy.name, "seed": run.seed, "quarters": self.quarters,
            "outcomes": run.outcomes, "tables_sha256": tables,
        })  # fmt: skip

    def write(self, run: Run, speak: Speaker) -> Path:
        """Write everything, whole, and return where."""
        summary = self.summary(run)
        with results.writing(self.path) as folder:
            (folder / "summary.json").write_text(results.as_json(summary) + "\n", encoding="utf-8")
            for name in ("tables", "twin", "pictures"):
                (folder / name).mkdir()
            for name, table in run.tables.items():
                results.write_table(table, folder / "tables" / name)
            for name, table in run.twin_tables.items():
                results.write_table(table, folder / "twin" / name)
            (folder / "story.md").write_text(run.story(speak.say.code), encoding="utf-8")
            (folder / "cases.md").write_text(run.cases(speak.say.code), encoding="utf-8")
            results.write_table(run.social_balance, folder / "tables" / "social_balance")
            pictures.draw_run(run, folder / "pictures", speak.say)
            record = results.provenance(self.command, self.configuration, summary, self.began)
            (folder / results.PROVENANCE).write_text(results.as_json(record) + "\n", encoding="utf-8")
        return self.path


class CompareFolder(Folder):
    """The folder of a comparison: its JSON, the runs behind it, a summary, pictures, and a report in both languages."""

    command = "compare"

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        strategies: Sequence[Strategy],
        seeds: Iterable[int],
        quarters: int | None,
        out: Path | None,
        parameters: Posterior | None = None,
    ) -> CompareFolder:
        """Describe the folder of a comparison; ``parameters`` is the posterior that seeds draw from, if they do."""
        numbers = list(seeds)
        name = f"{file_name(scenario.name)}-compare-{len(numbers)}{'' if parameters is None else '-posterior'}"
        configuration = configure(scenario, strategies, numbers, quarters)
        if parameters is not None:
            configuration["parameters"] = parameters.resolved()
        return cls(out or Path("results") / name, configuration, time.time())

    def compute(self, scenario: Scenario, strategies: Sequence[Strategy], **how: Any) -> Comparison:
        """Run everything; ``how`` as :func:`klaver.compare` takes it."""
        from klaver.runs import compare

        return compare(scenario, strategies, self.seeds, quarters=self.quarters, parameters=self.posterior, **how)

    @property
    def posterior(self) -> Posterior | None:
        """The posterior that seeds draw their parameters from, if they do."""
        from analysis.posterior import Posterior

        kept = self.configuration.get("parameters")
        return None if kept is None else Posterior.from_resolved(kept)

    def summary(self, comparison: Comparison) -> dict[str, Any]:
        """Return the numbers of a comparison, as ``--json`` gives them."""
        return results.plain(comparison.to_json())

    def write(self, comparison: Comparison, speak: Speaker, decision: Decision | None = None) -> Path:
        """Write everything, whole, and return where; with the decision of ``--until decided`` where there was one."""
        from analysis.identity import model_version
        from analysis.receipt import write_csv
        from analysis.report import write_report
        from klaver.reporting import receipt_of

        content = self.summary(comparison)
        receipt = receipt_of(comparison, model_version())
        with results.writing(self.path) as folder:
            (folder / "comparison.json").write_text(results.as_json(content) + "\n", encoding="utf-8")
            runs = comparison.runs.table
            results.write_table(runs, folder / "runs")
            if decision is not None:
                (folder / "decision.json").write_text(results.as_json(decision.to_json()) + "\n", encoding="utf-8")
            write_csv(comparison.summary(), folder / "summary.csv", receipt)
            save_comparison_pictures(comparison, folder / "pictures", speak.say, receipt)
            for code in LANGUAGES:
                write_report(comparison, folder / f"report.{code}.html", code)
            numbers = {"comparison": content, "runs_sha256": _hash_table(runs)}
            record = results.provenance(self.command, self.configuration, numbers, self.began)
            record["receipt"] = receipt.to_json()
            (folder / results.PROVENANCE).write_text(results.as_json(record) + "\n", encoding="utf-8")
        return self.path


def save_comparison_pictures(comparison: Comparison, folder: Path, say: Language, receipt: Receipt) -> None:
    """Write the pictures of a comparison into a folder that need not exist, each with the receipt of its runs."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures.draw_comparison(comparison, folder, say, receipt)


class PrinciplesFolder(Folder):
    """The folder of an ablation of the six principles: its JSON, the 64 combinations, the runs, and a picture."""

    command = "principles"

    @classmethod
    def of(
        cls, scenario: Scenario, strategy: Strategy, seeds: Iterable[int], quarters: int | None, out: Path | None
    ) -> PrinciplesFolder:
        """Describe the folder of an ablation."""
        numbers = list(seeds)
        name = f"{file_name(scenario.name)}-principles-{file_name(strategy.name)}-{len(numbers)}"
        return cls(out or Path("results") / name, configure(scenario, [strategy], numbers, quarters), time.time())

    def compute(self, scenario: Scenario, strategy: Strategy, **how: Any) -> Ablation:
        """Run all 64 combinations; ``how`` as :func:`klaver.ablate` takes it."""
        from klaver.runs import ablate

        return ablate(scenario, strategy, self.seeds, quarters=self.quarters, **how)

    def summary(self, ablation: Ablation) -> dict[str, Any]:
        """Return the numbers of an ablation, as ``--json`` gives them."""
        return results.plain(ablation.to_json())

    def write(self, ablation: Ablation, speak: Speaker) -> Path:
        """Write everything, whole, and return where."""
        from analysis import figures

        content = self.summary(ablation)
        with results.writing(self.path) as folder:
            (folder / "principles.json").write_text(results.as_json(content) + "\n", encoding="utf-8")
            results.write_table(ablation.combinations(), folder / "combinations")
            results.write_table(ablation.runs.table, folder / "runs")
            (folder / "pictures").mkdir()
            figures.save(ablation.plot(speak.say.code), folder / "pictures" / "principles")
            record = results.provenance(self.command, self.configuration, content, self.began)
            (folder / results.PROVENANCE).write_text(results.as_json(record) + "\n", encoding="utf-8")
        return self.path


class Again(NamedTuple):
    """What running a folder again showed: how many values were held against each other, and which differ."""

    values: int
    differences: list[tuple[str, Any, Any]]
    version: str


def run_again(path: Path, workers: int | None = None, progress: Progress | None = None) -> Again:
    """Run a result folder again from the inputs it holds.

    Raises
    ------
    results.UnreadableResult
        If the folder is no result, or torn.
    """
    record = results.read_provenance(path)
    kept = record["configuration"]
    problem = partial(results.UnreadableResult, "error.torn_result", file=path / results.PROVENANCE)
    if record["command"] == "sweep":
        return _make_sweep_again(path, record, workers, progress)
    if record["command"] in ("report", "export"):
        return _make_report_again(path, record, workers, progress)
    if record["command"] not in ("run", "compare", "principles"):
        raise problem(problem=f"command is {record['command']!r}")
    try:
        scenario = Scenario.from_resolved(kept["park"])
        strategies = [Strategy.from_resolved(content) for content in kept["strategies"].values()]
        seeds, quarters = [int(seed) for seed in kept["seeds"]], int(kept["quarters"])
        if not strategies or not seeds or quarters < 1:
            raise ValueError("no strategies, seeds or quarters")
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise problem(problem=cause) from cause
    if record["command"] == "run":
        folder = RunFolder.of(scenario, strategies[0], seeds[0], quarters, path)
        old = results.read_json(path / "summary.json")
        new = folder.summary(folder.compute(scenario, strategies[0]))
        hashes: dict[str, str] = {}
    elif record["command"] == "principles":
        all_six = PrinciplesFolder.of(scenario, strategies[0], seeds, quarters, path)
        old = results.read_json(path / "principles.json")
        new = all_six.summary(all_six.compute(scenario, strategies[0], workers=workers, progress=progress))
        hashes = {}
    else:
        both = CompareFolder.of(scenario, strategies, seeds, quarters, path)
        if "parameters" in kept:
            both.configuration["parameters"] = kept["parameters"]
        old = results.read_json(path / "comparison.json")
        comparison = both.compute(scenario, strategies, workers=workers, progress=progress)
        new = both.summary(comparison)
        hashes = {"runs_sha256": _hash_table(comparison.runs.table)}
    found = list(results.differences(old, new))
    numbers = {"comparison": new, **hashes} if hashes else new
    if not found and results.hash_of(numbers) != record.get("numbers_sha256"):
        found = [("numbers_sha256", record.get("numbers_sha256"), results.hash_of(numbers))]
    return Again(results.count_values(new), found, record["version"])


def _make_sweep_again(path: Path, record: Mapping[str, Any], workers: int | None, progress: Progress | None) -> Again:
    """Make every run of a sweep again, and hold every outcome against what is stored."""
    from analysis.engines import engine_for
    from analysis.experiment import stored_plan
    from analysis.store import Store
    from analysis.verification import verify

    store = Store(path, must_exist=True)
    _, plan, _ = stored_plan(store, record["configuration"]["name"])
    found = verify(store, engine_for(workers, None, len(plan.keys)), None, progress=progress, keys=sorted(plan.keys))
    different: list[tuple[str, Any, Any]] = [
        (f"{one.run[:12]}.{one.column}", one.stored, one.again) for one in found.differences
    ]
    different += [(run[:12], "a result", cause) for run, cause in found.failed.items()]
    if found.other_model:
        different.append(("model", plan.model, "another version: these runs cannot be made again here"))
    return Again(found.values, different, record["version"])


def _make_report_again(path: Path, record: Mapping[str, Any], workers: int | None, progress: Progress | None) -> Again:
    """Carry out the experiment of a report or an export again, in memory, and hold its numbers against those kept."""
    from analysis.engines import engine_for
    from analysis.experiment import carry_out, plan_experiment
    from analysis.experiment_schema import Experiment
    from analysis.store import Memory
    from klaver.reporting import Study

    try:
        experiment = Experiment.from_resolved(record["configuration"]["experiment"])
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise results.UnreadableResult("error.torn_result", file=path / results.PROVENANCE, problem=cause) from cause
    plan, memory = plan_experiment(experiment), Memory()
    carry_out(plan, memory, engine_for(workers, None, len(plan.keys)), progress)
    study = Study(experiment, plan, memory, {})
    if record["command"] == "export":
        old, new = record["numbers_sha256"], results.hash_of(sorted(plan.keys))
        return Again(len(plan.keys), [] if old == new else [("keys of the runs", old, new)], record["version"])
    old, new = results.read_json(path / "report.json"), study.numbers()
    return Again(results.count_values(new), list(results.differences(old, new)), record["version"])


def read_teller(path: Path, say: Language) -> Teller:
    """Return who tells the run of a folder.

    Raises
    ------
    results.UnreadableResult
        If the folder is no result of ``klaver run``, or torn.
    """
    record = results.read_provenance(path)
    if record["command"] != "run":
        raise results.UnreadableResult("error.no_run", folder=path, command=record["command"])
    needed = ("companies", "owners", "parcels", "opportunities", "seats", "events", "deeds", "projects", "indicators")
    tables = {name: _read_table(path / "tables" / f"{name}.parquet") for name in needed}
    twin = {name: _read_table(path / "twin" / f"{name}.parquet") for name in needed if name in TWIN_TABLES}
    return Teller(tables, say, twin)


def read_social_balance(path: Path) -> pd.DataFrame:
    """Return the social balance of a run's folder, as ``analysis.social_balance.balance_table`` made it.

    Raises
    ------
    results.UnreadableResult
        If the folder is no result of ``klaver run``, or torn.
    """
    record = results.read_provenance(path)
    if record["command"] != "run":
        raise results.UnreadableResult("error.no_run", folder=path, command=record["command"])
    return _read_table(path / "tables" / "social_balance.parquet").set_index("line")


def teller_at(path: Path, quarter: int, say: Language) -> Teller:
    """Return who tells the run of a folder as it stood after a quarter: the run is made again up to there.

    Raises
    ------
    results.UnreadableResult
        If the folder is no result of ``klaver run``, or torn.
    """
    from klaver.tables import tables_of
    from sim import model
    from sim.warm_up import compile_rules

    kept = results.read_provenance(path)["configuration"]
    try:
        scenario = Scenario.from_resolved(kept["park"])
        (strategy,) = [Strategy.from_resolved(content) for content in kept["strategies"].values()]
        (seed,), quarters = kept["seeds"], int(kept["quarters"])
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise results.UnreadableResult("error.torn_result", file=path / results.PROVENANCE, problem=cause) from cause
    compile_rules()
    place = model.Park.of(scenario, quarters)
    world, names = model.prepare_named(place, int(seed))
    model.adopt_strategy(world, strategy.record(scenario, place.gross_ha))
    return Teller(tables_of(model.run_until(world, quarter + 1), names), say)


def _read_table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except Exception as problem:  # pyarrow has no common base for what a torn file raises
        raise results.UnreadableResult("error.torn_result", file=file, problem=problem) from problem


def configure(
    scenario: Scenario, strategies: Sequence[Strategy], seeds: Sequence[int], quarters: int | None
) -> dict[str, Any]:
    """Return all that the numbers of a result follow from, as JSON can hold it."""
    return {
        "park_name": scenario.name,
        "park": results.plain(scenario.resolved()),
        "strategies": {strategy.name: results.plain(strategy.resolved()) for strategy in strategies},
        "seeds": list(seeds),
        "quarters": int(quarters or scenario.quarters),
    }


def file_name(name: str) -> str:
    """Return a name that can be that of a file or folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "park"


def _hash_table(table: pd.DataFrame) -> str:
    """Return a hash of a table's values, to the last bit."""
    digest = hashlib.sha256()
    frame = table.reset_index() if any(table.index.names) else table
    for column in frame.columns:
        values: Mapping[str, Any] = {str(column): frame[column].tolist()}
        digest.update(results.hash_of(values).encode())
    return digest.hexdigest()
