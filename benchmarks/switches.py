"""What each part of the model does to its own outcomes: ``uv run python -m benchmarks.switches [--seeds N]``.

Runs a strategy and its twin on three parks with the model as it is, and again with one part switched off; prints the
paired change (off minus on, same seeds) of what the strategy adds to vitality and to private investment, and the additional
multiplier with the part off. Nothing is tuned to this table.
"""

from __future__ import annotations

import argparse

import pandas as pd

from analysis.experiment import TWIN, Runs, run_pairs
from analysis.statistics import additional_multiplier, paired_difference
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.warm_up import compile_rules

PARKS = ("typical", "vacant_core", "rollepaal")
STRATEGY = "demand_driven"
SWITCHES = {
    "as it is": {}, "no misfit events": {"misfit": 0.0}, "trust stays as it was": {"trust_matters": 0.0},
    "nobody waits": {"waiting": 0.0}, "neighbours see nothing": {"visibility": 0.0},
    "no political swings": {"swings": 0.0}, "no chains or rings": {"combine": 0.0}, "no costs shared": {"synergy_saving": 0.0},
    "no shared measures": {"shared_measures": 0.0},
    "old planning law": {"environment_act": 0.0}, "no objections": {"objection_chance": 0.0},
}  # fmt: skip


def run_with(name: str, changes: dict[str, float], seeds: int) -> Runs:
    """Return the runs of the strategy and its twin on a park with some parameters changed."""
    scenario = load_park(name)
    changed = scenario.model_copy(update={"own_parameters": scenario.own_parameters | changes})
    return run_pairs(changed, [load_strategy(STRATEGY)], range(1, seeds + 1), keep=())


def switches_table(seeds: int) -> pd.DataFrame:
    """Return, per park and switch, the change in what the strategy adds, with 95% intervals over seeds."""
    rows = []
    for name in PARKS:
        as_is = run_with(name, {}, seeds)
        for switch, changes in SWITCHES.items():
            runs = as_is if not changes else run_with(name, changes, seeds)
            row: dict[str, object] = {"park": name, "part switched off": switch}
            for outcome, scale, label in (("vitality", 1.0, "vitality"), ("private_investment", 1e-6, "private EUR m")):
                added = [
                    scale * (some.values(STRATEGY, outcome) - some.values(TWIN, outcome)) for some in (runs, as_is)
                ]
                change = paired_difference(added[0], added[1])
                row[label] = added[0].mean()
                row[f"{label}: change"] = change.mean
                row[f"{label}: low"], row[f"{label}: high"] = change.low, change.high
            ratio = additional_multiplier(
                runs.values(STRATEGY, "private_investment"), runs.values(STRATEGY, "public_outlay"),
                runs.values(TWIN, "private_investment"), runs.values(TWIN, "public_outlay"), runs.gross_ha,
            )  # fmt: skip
            row["multiplier"] = ratio.mean
            rows.append(row)
    return pd.DataFrame(rows).set_index(["park", "part switched off"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    compile_rules()
    with pd.option_context("display.width", 220, "display.max_columns", 20, "display.float_format", "{:,.2f}".format):
        print(switches_table(seeds).to_string())


if __name__ == "__main__":
    main()
