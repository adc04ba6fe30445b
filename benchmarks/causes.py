"""Why patterns are not met: each suspected cause changed by itself, and what that does to the statistic.

``uv run python -m benchmarks.causes [--parks N] [--seeds N] [--out FOLDER]`` runs the stock of parks once as it is and once per
suspicion, on the same parks and seeds. Nothing is adopted because of it: it tells where a miss comes from.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.dutch_stock import StockPark, draw_stock
from analysis.engines import engine_for
from analysis.patterns import PATTERNS, run_stock
from analysis.patterns.estimation import Finding, Statistic, estimate
from analysis.patterns.wording import PatternWording
from analysis.variants import Point, vary_park
from benchmarks.results_page import show
from sim.warm_up import compile_rules

PARKS, SEEDS = 60, 4


@dataclass(frozen=True)
class Suspicion:
    """Something that may cause a pattern to be missed.

    Attributes
    ----------
    statistic : str
        Key of the statistic that is missed.
    what : str
        What is suspected.
    values : dict
        Parameters that take the suspected cause away, or most of it.
    """

    statistic: str
    what: str
    values: dict[str, float]


SUSPICIONS = (
    Suspicion("mover_growth", "firms that shrink move to free money", {"residual_owner": 0.9, "shed_value": 0.0}),
    Suspicion("mover_growth", "growth is too even to make firms short of space", {"growth_sd": 0.25}),
    Suspicion("mover_growth", "firms move for a better site, not for room", {"beta": 0.08}),
    Suspicion("to_rebuild", "plans stand for too long", {"plan_quarters": 3.0}),
    Suspicion("to_rebuild", "firms build on for too little", {"least_growth": 0.25}),
    Suspicion("to_rebuild", "better premises are worth too much to firms", {"beta": 0.12}),
    Suspicion("vacancy", "too few prospects come", {"prospect_rate": 0.40}),
    Suspicion("vacancy", "premises do not fit: only whole premises are taken", {"largest_fit": 5.0}),
    Suspicion("vacancy", "prices fall too slowly", {"ask_fall": 0.05}),
    Suspicion("structural", "too few prospects come", {"prospect_rate": 0.40}),
    Suspicion("stationary", "premises wear too fast", {"premises_life": 200.0}),
    Suspicion("stationary", "firms keep their premises up too little", {"maintenance": 0.7}),
    Suspicion("stationary", "the threshold for renovation is too high", {"theta": 0.05}),
    Suspicion("stationary", "renovation is too dear", {"renovation_cost": 300.0}),
)
"""What is suspected, in the order of the patterns."""


def statistics() -> dict[str, Statistic]:
    """Return every statistic by its key."""
    return {statistic.key: statistic for pattern in PATTERNS for statistic in pattern.statistics}


def changed(stock: Sequence[StockPark], values: dict[str, float]) -> list[StockPark]:
    """Return the stock with parameters set in every park."""
    point = Point(0, {f"parameters.{name}": value for name, value in values.items()})
    return [replace(park, scenario=vary_park(park.scenario, point)) for park in stock]


def try_out(stock: Sequence[StockPark], seeds: Sequence[int], suspicions: Sequence[Suspicion]) -> list[Finding]:
    """Return the statistic of each suspicion with its cause taken away."""
    found, samples, known = [], {}, statistics()
    with engine_for(None, None, len(stock) * len(seeds)) as engine:
        for suspicion in suspicions:
            key = tuple(sorted(suspicion.values.items()))
            if key not in samples:
                samples[key] = run_stock(changed(stock, suspicion.values), seeds, engine, council_seeds=8)
            statistic = known[suspicion.statistic]
            found.append(estimate(statistic, samples[key][statistic.sample]))
    return found


def implied_structural(stock: Sequence[StockPark], vacancy: float, still_vacant: float) -> float:
    """Return the share of parks (0-1) with premises vacant for over three years that vacancy and persistence alone imply.

    Spells are taken to be independent of each other, as long as each other and spread evenly over parks: of premises that
    stand vacant the cube of `still_vacant` has stood so for three years or more.
    """
    weight = np.array([park.weight for park in stock])
    premises = np.array([park.scenario.firms for park in stock]) / (1.0 - vacancy)
    none = (1.0 - vacancy * still_vacant**3) ** premises
    return float(weight @ (1.0 - none) / weight.sum())


def main(arguments: list[str] | None = None) -> None:
    """Try every suspicion and print what it does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.causes", description=__doc__)
    parser.add_argument("--parks", type=int, default=PARKS, metavar="N")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="also write summary.json there")
    options = parser.parse_args(arguments)
    compile_rules()
    stock, seeds = draw_stock(options.parks), range(1, options.seeds + 1)
    words = PatternWording("en")
    as_it_is = [replace(suspicion, values={}) for suspicion in SUSPICIONS]
    found = try_out(stock, seeds, [*as_it_is, *SUSPICIONS])
    before, after = found[: len(SUSPICIONS)], found[len(SUSPICIONS) :]
    rows = [[words("statistic", s.statistic), s.what, ", ".join(f"{k} {v:g}" for k, v in s.values.items()),
             _shown(b, words), _shown(a, words), words.band(b.statistic)]
            for s, b, a in zip(SUSPICIONS, before, after, strict=True)]  # fmt: skip
    implied = implied_structural(stock, 0.076, 0.8)
    heads = ("statistic", "suspicion", "tried", "as it is", "then", "band")
    show(f"What misses may come from: {options.parks} parks, {options.seeds} seeds, 90% intervals", heads, rows)
    print(f"Vacancy of 7.6% of which 80% lasts another year implies structural vacancy in {implied:.0%} of parks.")
    if options.out is not None:
        content = {
            "parks": options.parks, "seeds": options.seeds, "implied_structural": implied,
            "rows": [{"statistic": s.statistic, "what": s.what, "values": s.values, "before": b.to_json(), "after": a.to_json()}
                     for s, b, a in zip(SUSPICIONS, before, after, strict=True)],
        }  # fmt: skip
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "summary.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _shown(finding: Finding, words: PatternWording) -> str:
    value = words.number(finding.value, finding.statistic.digits)
    if math.isnan(finding.low):
        return value
    ends = (words.number(end, finding.statistic.digits) for end in (finding.low, finding.high))
    return f"{value} ({' to '.join(ends)})"


if __name__ == "__main__":
    main()

