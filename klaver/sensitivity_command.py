"""``klaver sensitivity``: which assumptions matter, for each of two strategies and for which of them does better.

What is computed is in ``analysis/sensitivity``; what commands share is in ``command_line.py``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klaver import results
from klaver.command_line import (
    BadOption,
    Cluster,
    Force,
    Out,
    Park,
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
    from analysis.assumptions import Assumption
    from analysis.sensitivity import Indices, Sample, Screening
    from klaver.language import Language

METHODS = ("sample", "morris", "sobol")
STRATEGIES = "demand_driven,supply_driven"
TOP = 8
MOST_POINTS, MOST_TRAJECTORIES, MOST_SAMPLES = 65_536, 10_000, 16_384


@command(app, "sensitivity")
def sensitivity(
    speak: Speaker,
    park: Park,
    method: Annotated[str, typer.Option(
        "--method", metavar="sample|morris|sobol", help="help.sensitivity_method", show_default=False)] = "sample",
    strategies: Annotated[str, typer.Option(
        "--strategies", metavar="A,B", help="help.sensitivity_strategies", show_default=False)] = STRATEGIES,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="N", help="help.sensitivity_seeds")] = None,
    points: Annotated[int | None, typer.Option("--points", metavar="N", help="help.sensitivity_points")] = None,
    trajectories: Annotated[
        int | None, typer.Option("--trajectories", metavar="R", help="help.sensitivity_trajectories")] = None,
    samples: Annotated[int | None, typer.Option("--samples", metavar="N", help="help.sensitivity_samples")] = None,
    factors: Annotated[str | None, typer.Option("--factors", metavar="A,B", help="help.sensitivity_factors")] = None,
    top: Annotated[int | None, typer.Option("--top", metavar="K", help="help.sensitivity_top")] = None,
    quarters: Quarters = None,
    workers: Workers = None,
    cluster: Cluster = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="help.store")] = None,
    out: Out = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Find the assumptions that do something, and divide the variance over those that matter most."""
    from analysis.assumptions import assumptions
    from analysis.engines import engine_for
    from analysis.identity import model_version
    from analysis.sensitivity import decompose, sample, screen
    from analysis.sensitivity.indices import SAMPLES
    from analysis.sensitivity.sample import POINTS
    from analysis.sensitivity.screening import SEEDS, TRAJECTORIES
    from analysis.store import Store
    from klaver.chosen import choose_park, choose_strategies, split_names
    from klaver.folders import file_name

    decomposes = method == "sobol"
    samples_all = method == "sample" or (decomposes and factors is None)
    used = {"--seeds": (seeds, method != "sample"), "--points": (points, samples_all),
            "--trajectories": (trajectories, method == "morris"), "--samples": (samples, decomposes),
            "--top": (top, decomposes and samples_all)}  # fmt: skip
    _check_options(method, factors, used, trajectories, samples, top)
    seeds = 1 if method == "sample" else SEEDS if seeds is None else seeds
    points = POINTS if points is None else points
    trajectories, samples, top = trajectories or TRAJECTORIES, samples or SAMPLES, top or TOP  # checked: none is 0
    check_seeds(seeds)
    check_number("workers", workers, workers is None or workers >= 1)
    check_quarters(quarters)
    scenario = choose_park(park, speak.say)
    chosen = choose_strategies(split_names(strategies), speak.say)
    if len(chosen) != 2 or any(strategy.approach == "none" for strategy in chosen):
        raise BadOption("error.sensitivity_strategies", names=strategies)
    named = assumptions() if factors is None else _named(split_names(factors))
    if samples_all:
        _check_points(points, len(named))
    began = time.time()
    folder = (out or Path("results") / f"{file_name(scenario.name)}-sensitivity").absolute()
    configuration = {
        "park_name": scenario.name, "park": scenario.resolved(),
        "strategies": {strategy.name: strategy.resolved() for strategy in chosen}, "seeds": list(range(1, seeds + 1)),
        "quarters": quarters, "method": method, "points": points if samples_all else None,
        "trajectories": trajectories if method == "morris" else None, "samples": samples if decomposes else None,
        "top": top if decomposes and samples_all else None,
        "factors": [assumption.name for assumption in named], "model": model_version(),
    }  # fmt: skip
    results.check_folder(folder, "sensitivity", configuration, force)
    place = Store(store or folder.parent / "store")
    compile_first(speak)

    runs = {"sample": points, "morris": seeds * trajectories * len(named), "sobol": seeds * samples * min(top, len(named))}
    with engine_for(workers, cluster, 3 * runs[method]) as engine:
        how: dict[str, Any] = {"store": place, "engine": engine, "quarters": quarters,
                               "tell": telling(speak, place.folder)}
        screening: Sample | Screening | None = None
        indices = None
        if samples_all:
            with speak.progress(speak.say("sensitivity.sampling")) as progress:
                screening = sample(scenario, chosen, points, named, **how, progress=progress)
        elif method == "morris":
            with speak.progress(speak.say("sensitivity.screening")) as progress:
                screening = screen(scenario, chosen, seeds, trajectories, named, **how, progress=progress)
        if decomposes:
            few = named if screening is None else screening.most_important(top)
            with speak.progress(speak.say("sensitivity.decomposing")) as progress:
                indices = decompose(scenario, chosen, few, seeds, samples, **how, progress=progress)
    numbers = numbers_of(screening, indices)
    show(speak, screening, indices)
    with waiting(speak, speak.say("compare.drawing")):
        write(folder, screening, indices, numbers, configuration, began, speak.say)
    speak.remark("")
    speak.remark(speak.say("sensitivity.written", folder=folder))
    speak.data({**numbers, "folder": folder})


def _check_options(
    method: str, factors: str | None, used: Mapping[str, tuple[int | None, bool]], trajectories: int | None,
    samples: int | None, top: int | None,
) -> None:
    """Refuse options that say nothing, or what cannot be."""
    if method not in METHODS:
        raise BadOption("error.sensitivity_method", name=method)
    for option, (value, says) in used.items():
        if value is not None and not says:
            raise BadOption("error.sensitivity_unused", option=option, method=method, factors=factors or "-")
    check_number("sensitivity_trajectories", trajectories, trajectories is None or 2 <= trajectories <= MOST_TRAJECTORIES)
    power = samples is None or (2 <= samples <= MOST_SAMPLES and not samples & (samples - 1))
    check_number("sensitivity_samples", samples, power)
    check_number("sensitivity_top", top, top is None or 1 <= top <= 100)


def _check_points(points: int, factors: int) -> None:
    from analysis.sensitivity.design import CUBE
    from analysis.sensitivity.sample import least_points

    least = least_points(factors)
    if not least <= points <= MOST_POINTS or points % CUBE:
        raise BadOption("error.sensitivity_points", n=points, factors=factors, step=CUBE, least=least)


def _named(names: Sequence[str]) -> tuple[Assumption, ...]:
    """Return the assumptions that are named.

    Raises
    ------
    BadOption
        If one is not among the assumptions, with the nearest.
    """
    from analysis.assumptions import assumptions, named_assumptions
    from sim.inputs.problems import nearest

    known = [assumption.parameter.name for assumption in assumptions()]
    for name in names:
        if name.removeprefix("parameters.") not in known:
            raise BadOption("error.sensitivity_factor", name=name, near=nearest(name.removeprefix("parameters."), known))
    return named_assumptions(names)


def numbers_of(screening: Sample | Screening | None, indices: Indices | None) -> dict[str, Any]:
    """Return what came out, as plain values: the study, and per contrast and outcome what matters most."""
    from analysis.sensitivity import OUTCOMES, Sample
    from analysis.sensitivity.wording import count_standing, leading

    result = screening or indices
    assert result is not None
    found: dict[str, Any] = {"park": result.park, "seeds": result.seeds, "outcomes": dict(OUTCOMES)}
    if screening is not None:
        groups = {"points": screening.points} if isinstance(screening, Sample) else {"trajectories": screening.trajectories}
        found["sample" if isinstance(screening, Sample) else "screening"] = {
            "assumptions": len(screening.factors), **groups, "left_out": screening.left_out, "receipt": screening.receipt,
        }  # fmt: skip
    if indices is not None:
        found["indices"] = {"assumptions": [factor.name for factor in indices.factors], "samples": indices.samples,
                            "seeds": indices.seeds, "left_out": indices.left_out, "receipt": indices.receipt}  # fmt: skip
    kind, table = ("explained", result.explained) if isinstance(result, Sample) else ("chance", result.chance)
    variance = table.set_index(["contrast", "outcome"])
    found["matters_most"] = {
        contrast.key: {
            outcome: {
                "standing": count_standing(result, contrast, outcome),
                kind: variance.loc[(contrast.key, outcome)].to_dict(),
                "assumptions": [vars(one) for one in leading(screening, indices, contrast, outcome)],
            } for outcome in OUTCOMES
        } for contrast in result.contrasts
    }  # fmt: skip
    return found


def show(speak: Speaker, screening: Sample | Screening | None, indices: Indices | None) -> None:
    """Show what matters most for the difference between the strategies, within 80 columns."""
    from analysis.sensitivity import OUTCOMES, Sample
    from analysis.sensitivity.page import study
    from analysis.sensitivity.wording import amount, bare, contrast_name, count_standing, leading, outcome_name

    say, result = speak.say, screening or indices
    assert result is not None
    contrast = result.contrasts[0]
    speak.result(folded(say("sensitivity.shown", park=result.park, contrast=contrast_name(contrast, say))))
    for text in study(screening, indices, say):
        speak.remark(folded(text))
    speak.result("")
    share = "" if indices is None else say("sensitivity.column_share")
    speak.result(f"{'':<24}{say('sensitivity.column_effect'):>15} {say('sensitivity.column_interval'):^33}{share:>7}".rstrip())
    for outcome in OUTCOMES:
        standing = count_standing(result, contrast, outcome)
        known = say("sensitivity.stand", n=standing, of=len(result.factors)) if standing else say("sensitivity.none_short")
        speak.result(f"{outcome_name(outcome, say)}: {known}")
        for one in leading(screening, indices, contrast, outcome):
            effect, low, high = (amount(value, outcome, say, signed=True) for value in (one.effect, one.low, one.high))
            st = "" if one.st is None else f"{say.number(100 * one.st)}%"
            speak.result(f"  {bare(one.name):<22}{effect:>15} {f'{low} … {high}':^33}{st:>7}".rstrip())
    speak.remark("")
    order = "order_share" if screening is None else "order_sample" if isinstance(screening, Sample) else "order"
    notes = ["effect", order, *(["share_means"] if indices is not None else [])]
    for note in notes:
        speak.remark(folded(say(f"sensitivity.note_{note}")))


def write(
    folder: Path, screening: Sample | Screening | None, indices: Indices | None, numbers: dict[str, Any],
    configuration: dict[str, Any], began: float, say: Language,
) -> None:
    """Write numbers, tables, the page in both languages (``page.md`` in the user's) and pictures, whole or not at all."""
    from analysis.figures import save
    from analysis.sensitivity import OUTCOMES, Indices, Sample
    from analysis.sensitivity.figures import (
        convergence_figure,
        indices_figure,
        sample_convergence_figure,
        sample_figure,
        screening_figure,
    )
    from analysis.sensitivity.page import page
    from klaver.language import LANGUAGES, Language

    with results.writing(folder) as place:
        (place / "summary.json").write_text(results.as_json(numbers) + "\n", encoding="utf-8")
        for code in LANGUAGES:
            name = "page.md" if code == say.code else f"page.{code}.md"
            (place / name).write_text(page(screening, indices, Language(code)), encoding="utf-8")
        pictures = place / "pictures"
        pictures.mkdir()
        for result in (screening, indices):
            if result is None:
                continue
            contrast = result.contrasts[0]
            if isinstance(result, Sample):
                name, beside, table = "sample", "explained", result.explained
            else:
                name, beside, table = "indices" if isinstance(result, Indices) else "screening", "chance", result.chance
            results.write_table(result.table, place / name)
            results.write_table(table, place / f"{name}_{beside}")
            results.write_table(result.convergence, place / f"{name}_convergence")
            for outcome in OUTCOMES:
                if isinstance(result, Sample):
                    found = sample_figure(result, contrast, outcome, say)
                    course = sample_convergence_figure(result, contrast, outcome, say)
                else:
                    found = (indices_figure(result, contrast, outcome, say) if isinstance(result, Indices)
                             else screening_figure(result, contrast, outcome, say))
                    course = convergence_figure(result, contrast, outcome, say)
                save(found, pictures / f"{name}_{outcome}")
                save(course, pictures / f"{name}_convergence_{outcome}")
        about = results.provenance("sensitivity", configuration, numbers, began) | {"language": say.code}
        (place / results.PROVENANCE).write_text(results.as_json(about) + "\n", encoding="utf-8")
