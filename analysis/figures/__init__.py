"""Every picture, once. Made for a slide: few words, large enough, colours that the colour-blind can tell apart.

Figures are Matplotlib objects without any global state, so they may be drawn off the main thread. A picture of chance
always shows an interval or every future, never a lone bar.
"""

from __future__ import annotations

from analysis.compare import NET_PRIVATE
from analysis.figures.canvas import STRIP, label, literal, save, stamp, strategy_title, svg_text
from analysis.figures.choices import chance_of_best, trade_offs, undominated
from analysis.figures.futures import (
    MOST_PARKS_FOR_TWO,
    differences_per_seed,
    futures_per_park,
    futures_per_strategy,
    others,
    quantile_dots,
    reference_title,
    spread_per_outcome,
    stack_dots,
)
from analysis.figures.outcomes import describe_outcomes, effects_of_factors, outcomes_per_strategy, principle_effects
from analysis.figures.over_time import euros_of_run, euros_over_time, vitality_over_time
from analysis.figures.park import park_map, park_map_pair
from analysis.figures.words import WORDS

__all__ = [
    "MOST_PARKS_FOR_TWO", "NET_PRIVATE", "STRIP", "WORDS", "chance_of_best", "describe_outcomes",
    "differences_per_seed", "effects_of_factors", "euros_of_run", "euros_over_time", "futures_per_park",
    "futures_per_strategy", "label", "literal", "others", "outcomes_per_strategy", "park_map", "park_map_pair",
    "principle_effects", "quantile_dots", "reference_title", "save", "spread_per_outcome", "stack_dots", "stamp",
    "strategy_title", "svg_text", "trade_offs", "undominated", "vitality_over_time",
]  # fmt: skip
