"""From a store of runs to a report or a package of tables: what goes into the folder, and how it is made again."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from klaver import results
from klaver.folders import Folder, file_name, save_comparison_pictures
from klaver.language import Language

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.experiment import Plan
    from analysis.experiment_schema import Experiment
    from analysis.factors import Effect
    from analysis.receipt import Receipt
    from analysis.report import FactorEffect, ReportContext
    from analysis.report.wording import Wording
    from analysis.store import Memory, Store
    from sim.inputs.scenario import Scenario

MOST_ROWS, MOST_EFFECTS = 12, 24  # factors (or points) of an outcome in a report, and their effects on all strategies


class Study:
    """An experiment and its runs, read for a report.

    Parameters
    ----------
    experiment, plan
        What was run.
    store
        Holds the runs.
    content
        What the store keeps with the experiment: ``provenance``, ``decisions``.
    """

    def __init__(self, experiment: Experiment, plan: Plan, store: Store | Memory, content: Mapping[str, Any]) -> None:
        self.experiment, self.plan, self.store, self.content = experiment, plan, store, content

    @classmethod
    def read(cls, store: Store, name: str | None) -> Study:
        """Return an experiment of a store; raises StoreProblem if it is not there."""
        from analysis.experiment import stored_plan

        experiment, plan, content = stored_plan(store, name)
        return cls(experiment, plan, store, content)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """One comparison per park."""
        from analysis.compare import compare
        from analysis.experiment import collect

        return [compare(runs, self.experiment.reference) for runs in collect(self.plan, self.store).values()]

    @cached_property
    def receipts(self) -> list[Receipt]:
        """One receipt per park."""
        return [receipt_of(comparison, self.plan.model) for comparison in self.comparisons]

    @cached_property
    def failed(self) -> pd.DataFrame:
        """Runs of this experiment that failed."""
        failures = self.store.failures()
        return failures[failures.index.isin(self.plan.keys)]

    @cached_property
    def effects(self) -> list[Effect]:
        """What the factors of the experiment do, the largest first per outcome."""
        from analysis.factors import factor_effects

        return factor_effects(self.plan, self.store, self.experiment.reference)

    def numbers(self) -> dict[str, Any]:
        """Return everything that came out, as plain values: park to comparison, and what the factors do."""
        return results.plain({
            "experiment": self.plan.name, "runs": len(self.plan.keys), "failed": len(self.failed),
            "parks": {comparison.runs.park: comparison.to_json() for comparison in self.comparisons},
            "factors": [effect.to_json() for effect in self.effects],
        })  # fmt: skip


def receipt_of(comparison: Comparison, model: str) -> Receipt:
    """Return the receipt of the runs behind a comparison."""
    from analysis.receipt import Receipt, describe_seeds

    return Receipt(results.version(), model, comparison.runs.receipt, describe_seeds(comparison.runs.seeds))


def context_of(study: Study, say: Language, verification: str = "", command: str = "") -> ReportContext:
    """Return what a report tells beside the numbers."""
    from analysis.report import ReportContext

    experiment = study.experiment
    provenance = dict(study.content.get("provenance", {}))
    causes = study.failed["cause"].value_counts()
    return ReportContext(
        title=experiment.title.get(say.code), question=experiment.question.get(say.code),
        parks={park.name: park_rows(park, say) for park in experiment.parks},
        park_titles={park.name: park.title.get(say.code) or park.name for park in experiment.parks},
        strategies={s.name: s.description.get(say.code) for s in experiment.strategies if s.description.get(say.code)},
        provenance={
            "version": provenance.get("version"), "commit": provenance.get("commit"), "model": study.plan.model,
            "inputs": provenance.get("configuration_sha256"), "runs": len(study.plan.keys),
            "python": provenance.get("python"), "packages": provenance.get("packages"),
            "platform": provenance.get("platform"), "started": provenance.get("start"), "command": command,
        },
        receipts=study.receipts, failed=[(str(cause), int(number)) for cause, number in causes.items()],
        factors=effect_rows(study, say), points=point_rows(study, say),
        decision=_decision(study, say), verification=verification,
        parameters={name: value for park in experiment.parks for name, value in park.own_parameters.items()},
    )  # fmt: skip


def park_rows(park: Scenario, say: Language) -> list[tuple[str, str]]:
    """Return what describes a park at the start: area, firms, vacancy, how long it is followed."""
    from sim import model

    world = model.prepare(model.Park.of(park), 1)
    premises = world.parcels[: int(world.counts[0].parcels)]
    premises = premises[premises.live & (premises.floor > 0)]
    floor = float(premises.floor.sum())
    vacant = float(premises.floor[premises.occupant < 0].sum()) / floor if floor else 0.0
    firms = int((premises.occupant >= 0).sum())
    return [
        (say("report.area"), say("report.hectares", n=say.number(model.Park.of(park).gross_ha, 1))),
        (say("report.firms"), say.number(firms)), (say("report.vacant"), say.share(vacant)),
        (say("report.horizon"), say.duration(park.quarters)),
    ]  # fmt: skip


def effect_rows(study: Study, say: Language) -> list[FactorEffect]:
    """Return the largest factor effects as rows of a report: named as a reader knows them, money in millions."""
    from analysis.figures import strategy_title
    from analysis.report import FactorEffect, wording

    parks = {park.name: park.title.get(say.code) or park.name for park in study.experiment.parks}
    words, rows = wording(say.code), []
    for outcome, scale in (("vitality", 1.0), ("social_balance", 1e-6)):
        for effect in _largest([effect for effect in study.effects if effect.outcome == outcome]):
            name, about, level = effect_words(effect, say)
            park, strategy = parks[effect.park] if len(parks) > 1 else "", strategy_title(effect.strategy, say.code)
            rows.append(FactorEffect(name, level, words(f"factors.{outcome}"), scaled(effect.estimate, scale), strategy, park,
                                     about, effect.rank))  # fmt: skip
    return rows


def _largest(effects: list[Effect]) -> list[Effect]:
    """Return the effects of the factors (or points) with the largest ones: on every strategy, so that they stand together.

    Parameters
    ----------
    effects
        On one outcome, the largest first.
    """
    strategies = len({effect.strategy for effect in effects})
    what = list(dict.fromkeys((effect.park, effect.factors, effect.low, effect.high) for effect in effects))
    kept = set(what[: max(1, min(MOST_ROWS, MOST_EFFECTS // max(strategies, 1)))])
    return [effect for effect in effects if (effect.park, effect.factors, effect.low, effect.high) in kept]


def point_rows(study: Study, say: Language) -> list[tuple[str, str]]:
    """Return the points of which the effects are told as a whole: name, and what each sets."""
    from analysis.report import wording

    words = wording(say.code)
    points = {int(effect.high): effect.values for effect in study.effects if effect.kind == "point"}
    rows = []
    for number, values in sorted(points.items()):
        told = ", ".join(f"{_last(name)} {_level(value, words)}" for name, value in values)
        rows.append((words("factors.point", number=number), told))
    return rows


def effect_words(effect: Effect, say: Language) -> tuple[str, str, str]:
    """Return what was varied, what that is in words, and what is compared."""
    from analysis.report import wording

    words = wording(say.code)
    if effect.kind == "point":
        return words("factors.point", number=effect.high), "", ""
    low = words("factors.mean") if effect.low == "mean" else _level(effect.low, words)
    about = "; ".join(dict.fromkeys(title for name in effect.factors if (title := factor_title(name, say.code))))
    return ", ".join(effect.factors), about, f"{low} → {_level(effect.high, words)}"


def _last(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ")


def _level(text: str, words: Wording) -> str:
    """Return values as the language writes them: yes and no, and numbers with its marks."""
    told = []
    for part in text.split(", "):
        ends = []
        for end in part.split(" – "):
            try:
                value = float(end)
            except ValueError:
                ends.append({"True": words("factors.on"), "False": words("factors.off")}.get(end, end))
            else:
                ends.append(words.number(value, len(end.partition(".")[2])))
        told.append(" – ".join(ends))
    return ", ".join(told)


def factor_title(name: str, language: str) -> str:
    """Return what a factor is, in a few words; empty where the dictionary does not know it."""
    from analysis.dictionary import UnknownColumn, describe
    from analysis.report import wording
    from sim.inputs.parameters import BY_NAME

    group, _, last = name.partition(".")
    if group == "parameters":  # explained in both languages where it is a main assumption, else in English
        words = wording(language)
        if words.has(f"assumption.{last}"):
            return words(f"assumption.{last}")
        return BY_NAME[last].meaning if language == "en" and last in BY_NAME else ""
    try:
        (found,) = describe("design", [name], language)
    except UnknownColumn:
        return ""
    return found.title


def scaled(estimate: Any, scale: float) -> Any:
    """Return an estimate in another unit."""
    from dataclasses import replace

    ends = {end: None if getattr(estimate, end) is None else scale * getattr(estimate, end) for end in ("mean", "low", "high")}
    return replace(estimate, **ends)


def _decision(study: Study, say: Language) -> dict[str, Any] | None:
    """Return the decision of a sequential selection, if there was one and the experiment has one park."""
    decisions = study.content.get("decisions") or {}
    if len(decisions) != 1:
        return None
    (found,) = decisions.values()
    return {
        "best": found["best"], "confidence": found["confidence"], "outcome": found["outcome"],
        "smallest": smallest_text(found["outcome"], found["smallest"], say), "seeds": max(found["seeds"].values()),
    }  # fmt: skip


def smallest_text(outcome: str, smallest: float, say: Language) -> str:
    """Return a smallest difference that matters, with its unit."""
    if outcome in ("social_balance", "private_investment"):
        return say.euros(smallest)
    return say("number.points", n=say.number(smallest, 1)) if outcome.startswith("vitality") else say.number(smallest, 1)


class ReportFolder(Folder):
    """The folder of a report: HTML and PDF, its numbers, tables and pictures."""

    command = "report"

    @classmethod
    def of(cls, study: Study, out: Path | None, beside: Path) -> ReportFolder:
        """Describe the folder of a report on an experiment."""
        configuration = {
            "park_name": ", ".join(park.name for park in study.experiment.parks), "model": study.plan.model,
            "experiment": study.experiment.resolved(), "seeds": list(study.plan.seeds),
        }  # fmt: skip
        return cls(out or beside / f"{file_name(study.plan.name)}-report", configuration, time.time())

    def write(self, study: Study, say: Language, context: ReportContext) -> Path:
        """Write everything, whole, and return where."""
        from analysis.receipt import write_csv
        from analysis.report import write_reports

        numbers = study.numbers()
        with results.writing(self.path) as folder:
            write_reports(study.comparisons, folder, context, say.code)
            (folder / "report.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
            for comparison, receipt in zip(study.comparisons, study.receipts, strict=True):
                name = file_name(comparison.runs.park)
                write_csv(comparison.summary(), folder / f"{name}-summary.csv", receipt)
                save_comparison_pictures(comparison, folder / "pictures" / name, say, receipt)
            record = results.provenance(self.command, self.configuration, numbers, self.began)
            record["receipts"] = {c.runs.park: r.to_json() for c, r in zip(study.comparisons, study.receipts, strict=True)}
            (folder / results.PROVENANCE).write_text(results.as_json(record) + "\n", encoding="utf-8")
        return self.path


class ExportFolder(Folder):
    """The folder of a package of tables, described for others (Frictionless Data Package)."""

    command = "export"

    @classmethod
    def of(cls, study: Study, out: Path | None, beside: Path, formats: tuple[str, ...], language: str) -> ExportFolder:
        """Describe the folder of an export of an experiment."""
        configuration = {
            "park_name": ", ".join(park.name for park in study.experiment.parks), "model": study.plan.model,
            "experiment": study.experiment.resolved(), "seeds": list(study.plan.seeds), "formats": list(formats),
            "language": language,
        }  # fmt: skip
        return cls(out or beside / f"{file_name(study.plan.name)}-tables", configuration, time.time())

    def write(self, study: Study, say: Language, formats: tuple[str, ...]) -> Path:
        """Write everything, whole, and return where."""
        from analysis.packages import write_package

        experiment = study.experiment
        with results.writing(self.path) as folder:
            record = results.provenance(self.command, self.configuration, sorted(study.plan.keys), self.began)
            description = experiment.question.get(say.code) or experiment.description.get(say.code)
            write_package(
                tables_for_others(study), folder, name=file_name(study.plan.name).lower(),
                title=experiment.title.get(say.code) or study.plan.name, description=description, language=say.code,
                provenance={**record, "configuration": {"experiment": study.plan.name, "model": study.plan.model}},
                formats=formats,
            )  # fmt: skip
            (folder / results.PROVENANCE).write_text(results.as_json(record) + "\n", encoding="utf-8")
        return self.path


def tables_for_others(study: Study) -> dict[str, Any]:
    """Return the tables of an export: large ones as batches that are read as they are written."""
    design = study.plan.design.drop(columns=["park_hash", "strategy_hash"])
    design.insert(1, "experiment", study.plan.name)
    tables: dict[str, Any] = {"runs": _batches(study, "runs"), "design": design.astype({"park": object, "strategy": object})}
    if study.plan.indicators.columns:
        tables["paths"] = _batches(study, "paths")
    if len(study.failed):
        tables["failed"] = study.failed
    return tables


def _batches(study: Study, kind: str) -> Iterator[Any]:
    """Yield the runs of an experiment, or their indicators, a part at a time."""
    from analysis.store import Store

    assert isinstance(study.store, Store)
    wanted = study.store.batches_of(kind, study.plan.keys, study.plan.indicators)
    for table in wanted:
        yield from table.to_batches()


def report_command(store: Path, name: str, say: Language) -> str:
    """Return the commands that make a report again, for its last page."""
    return "\n".join(shlex.join(words) for words in (
        ["klaver", "verify", str(store)], ["klaver", "report", str(store), "--experiment", name, "--lang", say.code],
    ))  # fmt: skip
