"""How long the live pictures of the dashboard take, and how large they are, against the same in Matplotlib.

``uv run python -m benchmarks.dashboard_pictures [seeds]`` runs Rollepaal under three strategies and draws everything that
the dashboard draws of it, in one process on one core. A picture that a report has too is drawn that way beside it, as SVG,
so that the two are measured on the same numbers in the same minute: the ratio says why live pictures are not Matplotlib's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

import klaver as kl
from analysis import figures
from analysis.experiment import PATHS, run_pairs
from analysis.figures.canvas import svg_text
from benchmarks.results_page import keep, machine, show
from klaver.dashboard.drawing import choices, dots, fans, flows, queues
from klaver.language import ScreenLanguage
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from klaver.dashboard.drawing.picture import Picture

STRATEGIES = ("supply_driven", "demand_driven", "adaptive")
SEEDS, TIMES, TIMES_SLOW = 50, 25, 3


def measured(draw: Callable[[], str], times: int) -> tuple[float, float]:
    """Return the median time of a picture after a first, milliseconds of the processor, and its size in kB.

    Time of the processor, as other programs may use the machine meanwhile.
    """
    size = len(draw().encode()) / 1e3
    taken = []
    for _ in range(times):
        start = time.process_time()
        draw()
        taken.append(1e3 * (time.process_time() - start))
    return median(taken), size


def main(seeds: int = SEEDS, save: bool = False) -> None:
    """Measure, print the table, and keep it if asked."""
    from analysis.compare import compare

    park, chosen = load_park("rollepaal"), [load_strategy(name) for name in STRATEGIES]
    runs = run_pairs(park, chosen, list(range(1, seeds + 1)), 2, keep=(*PATHS, *queues.COLUMNS))
    found, say, one = compare(runs), ScreenLanguage("nl"), kl.run(park, chosen[1], 1)
    name, tables = STRATEGIES[1], one.tables
    paths = queues.queue_paths(runs, name)
    pictures: dict[str, tuple[Callable[[], Picture], Callable[[], Figure] | None]] = {
        "vitality, 20 dots": (lambda: dots.vitality_dots(found, name, say), lambda: figures.futures_per_strategy(found, "nl")),
        "multiplier, 20 dots": (lambda: dots.multiplier_dots(found, name, say), None),
        "threshold, 50 dots": (lambda: dots.threshold_dots(found, name, "vitality", 60.0, say), None),
        "fan": (lambda: fans.fan(runs, name, "none", "vitality", say), lambda: figures.vitality_over_time(runs, "nl")),
        "components of vitality": (lambda: fans.components(found, name, say), None),
        "differences": (lambda: choices.differences(found, say), lambda: figures.outcomes_per_strategy(found, "nl")),
        "chance of being best": (lambda: choices.chance_best(found, say), lambda: figures.chance_of_best(found, "nl")),
        "pairs": (lambda: choices.pair_matrix(found, "vitality", say), None),
        "front": (lambda: choices.front(found, say), lambda: figures.trade_offs(found, "nl")),
        "one future at a time": (
            lambda: choices.hypothetical_outcomes(found, name, STRATEGIES[0], "vitality", say), None),
        "queues": (lambda: queues.queues(paths, say), None),
        "euros of one run": (lambda: flows.run_flows(tables, say), None),
        "euros, means": (lambda: flows.strategy_flows(found, name, say), None),
    }  # fmt: skip
    told, rows = machine(), []
    for label, (draw, other) in pictures.items():
        ours, size = measured(lambda draw=draw: draw().svg, TIMES)  # type: ignore[misc]
        row = [label, f"{ours:.1f}", f"{size:.0f}"]
        if other is not None:
            theirs, large = measured(lambda other=other: svg_text(other()), TIMES_SLOW)  # type: ignore[misc]
            row += [f"{theirs:.0f}", f"{large:.0f}", f"{theirs / ours:.0f} x", f"{large / size:.1f} x"]
        rows.append([*row, *[""] * (7 - len(row))])
    heads = ["picture", "CPU ms", "kB", "Matplotlib, CPU ms", "kB", "time", "size"]
    show(f"Live pictures, {seeds} seeds; load {told['load']}", heads, rows)
    if save:
        content = {"machine": told, "rows": {row[0]: row[1:] for row in rows}}
        keep("dashboard_pictures", f"uv run python -m benchmarks.dashboard_pictures {seeds} --save", content, heads, rows)


if __name__ == "__main__":
    main(*map(int, (given for given in sys.argv[1:] if given != "--save")), save="--save" in sys.argv)
