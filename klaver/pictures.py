"""Which pictures go into which result folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from klaver.language import Language

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.receipt import Receipt
    from klaver.runs import Run
    from sim.inputs.scenario import Scenario


def draw_run(run: Run, folder: Path, say: Language) -> list[Path]:
    """Draw the pictures of one run: the park before and after, with the strategy and without it.

    Parameters
    ----------
    folder
        Exists; PNG and SVG files are written into it.
    """
    from analysis import figures

    title = f"{run.scenario.title.get(say.code) or run.scenario.name}: {figures.strategy_title(run.strategy.name, say.code)}"
    drawn = figures.save(figures.park_map_pair(run.before, run.after, run.names, say.code, title), folder / "map")
    twin = figures.park_map_pair(
        run.before, run.twin, run.names, say.code, f"{title.split(':')[0]}: {figures.WORDS[say.code]['without']}"
    )
    drawn += figures.save(twin, folder / "map_without")
    return drawn + figures.save(figures.euros_of_run(run.after, run.twin, say.code), folder / "euros")


def draw_comparison(comparison: Comparison, folder: Path, say: Language, receipt: Receipt | None = None) -> list[Path]:
    """Draw the pictures of a comparison: outcomes per strategy, euros and vitality over time."""
    from analysis import figures

    drawn: list[Path] = []
    for name, figure in comparison_figures(comparison, say.code).items():
        drawn += figures.save(figure, folder / name, receipt)
    return drawn


def comparison_figures(comparison: Comparison, language: str) -> dict[str, Any]:
    """Return the pictures of a comparison by file name; those over time where the indicators were kept."""
    drawn = {"outcomes": comparison.plot_outcomes(language)}
    if {"private_investment", "public_outlay"} <= set(comparison.runs.columns):
        drawn["euros"] = comparison.plot_euros(language)
    if "vitality" in comparison.runs.columns:
        drawn["vitality"] = comparison.plot_vitality(language)
    return drawn


def draw_plan(scenario: Scenario, path: Path, say: Language) -> Path:
    """Draw a park as its first seed founds it, before any quarter has passed; the suffix says PNG or SVG.

    Parcels of which it is drawn who uses them, and which another seed founds differently, are dotted.

    Raises
    ------
    ValueError
        If the suffix is neither.
    """
    from analysis import figures
    from sim import model
    from sim.park.founding import found_park

    if path.suffix not in (".png", ".svg"):
        raise ValueError("the name must end in .png or .svg")
    place = model.Park.of(scenario)
    world, names = found_park(place.plan, place.parameters, 1, place.quarters)
    title = scenario.title.get(say.code) or scenario.name
    known = {company.parcel for company in place.plan.companies}
    imputed = np.array([parcel.name not in known and parcel.floor != 0.0 and parcel.stands_vacant is None
                        for parcel in place.plan.parcels])  # fmt: skip
    figures.park_map(world, names, title, say.code, imputed=imputed).savefig(path, dpi=150)
    return path
