"""What was discovered as tables, for others to work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.discovery.gains import NOBODY, is_clear, regret_per_point, winners, wins_per_side

if TYPE_CHECKING:
    from analysis.discovery import Discovered
    from analysis.statistics import Estimate


def tables_of(found: Sequence[Discovered]) -> dict[str, pd.DataFrame]:
    """Return every table by name.

    Returns
    -------
    dict
        ``points`` (a row per park and point: its factors, best strategy, whether that is clear, gain and cross-fitted regret
        per strategy), ``regret`` and ``wins`` (a row per strategy), ``regions``, ``limits`` (a row per factor of a box),
        ``curves`` (a row per box peeled), ``sides`` (points won on either side of each factor) and ``flips``.
    """
    return {
        "points": pd.concat([_points(park) for park in found], ignore_index=True),
        "wins": pd.DataFrame([{"park": park.park, "strategy": won.strategy, **_flat("best", won.best), "clear": won.clear}
                              for park in found for won in park.won]),
        "regret": pd.DataFrame([
            {"park": park.park, "strategy": regret.strategy, "plain": regret.plain,
             **{key: value for what in ("mean", "worst", "most") for key, value in _flat(what, getattr(regret, what)).items()}}
            for park in found for regret in park.regrets
        ]),
        "regions": pd.DataFrame([
            {"park": region.park, "strategy": region.strategy, "status": region.status, "p": region.p,
             **{f"{side}_{key}": value for side in ("searched", "held_out")
                for key, value in getattr(region, side).to_json().items()},
             "clear": region.clear, "clear_wins": region.clear_wins,
             "run": park.typical[region.strategy].run if region.strategy in park.typical else None}
            for park in found for region in park.regions
        ]),
        "limits": pd.DataFrame([
            {"park": region.park, "strategy": region.strategy, "status": region.status, **limit._asdict()}
            for park in found for region in park.regions for limit in region.limits
        ], columns=["park", "strategy", "status", "factor", "low", "high", "level", "without", "quasi_p"]),
        "curves": pd.concat([region.curve.assign(park=region.park, strategy=region.strategy)
                             for park in found for region in park.regions], ignore_index=True),
        "sides": pd.concat([wins_per_side(park.gains).assign(park=park.park) for park in found], ignore_index=True),
        "flips": pd.DataFrame([
            {"park": park.park, "factor": flip.factor, "split": str(flip.split), "ahead_below": flip.ahead_below,
             "ahead_above": flip.ahead_above, **_flat("below", flip.below), **_flat("above", flip.above), "p": flip.p}
            for park in found for flip in park.flips
        ], columns=["park", "factor", "split", "ahead_below", "ahead_above", *_flat("below"), *_flat("above"), "p"]),
    }  # fmt: skip


def _flat(name: str, found: Estimate | None = None) -> dict[str, Any]:
    """Return an estimate as three columns; their names alone where there is none."""
    return {name: found and found.mean, f"{name}_low": found and found.low, f"{name}_high": found and found.high}


def _points(found: Discovered) -> pd.DataFrame:
    gains = found.gains
    best, regret = winners(gains.values), regret_per_point(gains.values)
    names = np.array([*gains.strategies, ""], object)
    table = gains.factors.reset_index()
    table.insert(0, "park", found.park)
    table["best"], table["clear"] = names[np.where(best == NOBODY, len(gains.strategies), best)], is_clear(gains.values)
    for k, name in enumerate(gains.strategies):
        table[f"gain_{name}"], table[f"regret_{name}"] = gains.values[:, k].mean(axis=1), regret[:, k]
    return table
