"""Which strategy does best on which park, and by which measure: ``uv run python -m benchmarks.strategies [--seeds N]``.

One row per park and shipped strategy: the additional multiplier, vitality against the twin, and the social balance, each with
its 95% interval over seeds. With ``--parameters posterior`` every seed has a set of parameters of its own, drawn from what the
calibration leaves open. No multiplier and no order of strategies was ever a target.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from analysis.compare import compare
from analysis.experiment import TWIN, run_pairs
from analysis.posterior import Posterior, load_posterior
from analysis.statistics import Estimate
from benchmarks.results_page import show
from sim.inputs.scenario import load_park
from sim.inputs.strategy import list_strategies, load_strategy
from sim.warm_up import compile_rules

PARKS = ("typical", "vacant_core", "outdated_large", "rollepaal", "healthy")
SEEDS = 100
MEASURES = (("multiplier_additional", 1.0, 2), ("vitality", 1.0, 1), ("social_balance", 1e-6, 1))
"""Measure, what it is multiplied by, decimals: private per public euro, points, millions of euros."""


def rows_of(park: str, seeds: int, parameters: Posterior | None = None) -> list[dict[str, Any]]:
    """Return, for every shipped strategy on a park, each measure as (mean, low, high)."""
    plans = [load_strategy(name) for name in list_strategies()]
    comparison = compare(run_pairs(load_park(park), plans, range(1, seeds + 1), keep=(), parameters=parameters))
    rows = []
    for name in list_strategies():
        if name != TWIN:
            found = comparison.estimates[name] | {"vitality": comparison.differences[name]["vitality"]}
            rows.append({"park": park, "strategy": name} | {
                measure: _ends(found[measure], scale) for measure, scale, _ in MEASURES
            })  # fmt: skip
    return rows


def _ends(estimate: Estimate, scale: float) -> list[float | None]:
    return [None if end is None else scale * end for end in (estimate.mean, estimate.low, estimate.high)]


def cells(row: dict[str, Any]) -> list[str]:
    """Return a row as text: each measure with its interval, a dash where it cannot be had."""
    found = [row["park"], row["strategy"]]
    for measure, _, digits in MEASURES:
        mean, low, high = row[measure]
        found.append("-" if mean is None or low is None else f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")
    return found


HEADS = ("park", "strategy", "additional multiplier", "vitality, points", "social balance, EUR m")


def main(arguments: list[str] | None = None) -> None:
    """Run every shipped strategy on every park and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--parks", nargs="+", default=list(PARKS), metavar="PARK")
    parser.add_argument("--parameters", metavar="posterior|FILE", help="draw parameters from it, a set a seed")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="also write summary.json there")
    options = parser.parse_args(arguments)
    compile_rules()
    parameters = load_posterior(options.parameters) if options.parameters else None
    rows = [row for park in options.parks for row in rows_of(park, options.seeds, parameters)]
    drawn = f", parameters from {options.parameters}" if options.parameters else ""
    show(f"{options.seeds} seeds, 95% intervals{drawn}", HEADS, [cells(row) for row in rows])
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        content = {"parameters": options.parameters, "seeds": options.seeds, "rows": rows}
        (options.out / "summary.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
