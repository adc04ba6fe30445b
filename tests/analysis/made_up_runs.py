"""Runs made of chosen numbers, in no time, for what only reads runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.compare import OUTCOMES, Comparison, compare
from analysis.experiment import PATHS, Runs
from analysis.social_balance import WELFARE_LINES


def made_up(
    lifts: Mapping[str, tuple[float, float, float, float]],
    *,
    seeds: int | Sequence[int] = 40,
    park: str = "Made-up",
    noise: float = 2.0,
    reference: str = "none",
) -> Comparison:
    """Return a comparison in which each strategy adds known amounts to the twin's luck, with some noise of its own.

    Parameters
    ----------
    lifts
        Strategy to what it adds: private euros, public euros, points of vitality, welfare in euros.
    noise
        Standard deviation of a strategy's own luck, in points of vitality; money scales along.
    """
    numbers = list(range(1, seeds + 1)) if isinstance(seeds, int) else list(seeds)
    rng = np.random.default_rng(7)
    n = len(numbers)
    luck = {"private_investment": rng.lognormal(16.5, 0.3, n), "vitality": rng.normal(60, 8, n),
            "welfare": rng.normal(0, 5e6, n)}
    frames = []
    for name, (private, public, vitality, welfare) in {"none": (0.0, 0.0, 0.0, 0.0), **lifts}.items():
        own = np.zeros(n) if name == "none" else rng.normal(0, noise, n)
        columns = {key: rng.uniform(0.1, 0.9, n) for key in (*OUTCOMES, *WELFARE_LINES)}
        columns |= {"private_investment": luck["private_investment"] + private + own * 2e5 * (private != 0),
                    "public_outlay": np.full(n, public), "vitality": luck["vitality"] + vitality + own,
                    "welfare": luck["welfare"] + welfare + own * 2e5}
        columns["private_investment_region"] = columns["private_investment"]
        frame = pd.DataFrame(columns)
        frame.index = pd.MultiIndex.from_product([[name], numbers], names=["strategy", "seed"])
        frames.append(frame)
    table = pd.concat(frames).sort_index(level=["seed", "strategy"])
    paths = np.tile(np.linspace(0, 1, 8, dtype=np.float32)[None, :, None], (len(table), 1, len(PATHS)))
    runs = Runs(park, 20.0, 8, ("none", *lifts), tuple(numbers), table, paths, PATHS)
    return compare(runs, reference)
