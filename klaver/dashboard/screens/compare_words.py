"""The comparison in words and rows: groups, pairs, turns of the order, all outcomes. Nothing here draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis import statistics
from analysis.compare import OUTCOMES
from analysis.statistics import Estimate, few_seeds_note
from klaver.dashboard.drawing.wording import (
    capital,
    change_text,
    interval_text,
    outcome_name,
    value_text,
    why_undefined,
)

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from klaver.dashboard.comparing import Turn
    from klaver.language import Language


# --- what can be told apart ------------------------------------------------------------------------------------------


def apart_groups(comparison: Comparison, outcome: str, smallest: float) -> list[tuple[str, ...]]:
    """Return the groups of strategies of which no two differ by more than ``smallest``, as far as can be told.

    With 0 they are those of ``Comparison.alike``. A strategy without a multiplier is in none.

    Parameters
    ----------
    outcome
        One of ``analysis.compare.RANKED``.
    smallest
        In the unit of the outcome, 0 or more.
    """
    if smallest <= 0.0:
        return comparison.alike(outcome)
    order = [name for name in comparison.order(outcome) if comparison.estimates[name][outcome].mean is not None]
    pairs = {}
    for pair, found in comparison.pairs[outcome].items():
        # A pair that does not stand among all pairs is not told apart, however its own interval lies.
        pairs[pair] = found.difference.difference if found.difference.stands else Estimate(None, None, None)
    return statistics.indistinguishable_groups(order, pairs, smallest)


def group_sentences(
    comparison: Comparison, outcome: str, groups: Sequence[tuple[str, ...]], titles: Mapping[str, str], say: Language
) -> list[str]:
    """Return which strategies cannot be told apart, a sentence a group; that there are too few futures to say, if so."""
    n = len(comparison.runs.seeds)
    if few_seeds_note(n):
        return [say("compare.too_few", n=n, least=statistics.FEW_SEEDS)]
    told = []
    for group in groups:
        named = say.listing([titles[name] for name in group])
        told.append(say("compare.group_alike", names=named) if len(group) > 1 else say("compare.group_alone", name=named))
    for name in comparison.strategies:
        if comparison.estimates[name][outcome].mean is None:
            told.append(say("compare.no_number", name=titles[name], reason=why_undefined(say, comparison, name)))
    return told


def verdict(found: Estimate, stands: bool, smallest: float) -> str:
    """Return whether a difference is larger than what matters: ``larger``, ``smaller`` or ``unclear``.

    ``smaller`` where its whole interval lies within the smallest difference that matters, on either side of 0.
    """
    if found.low is None or found.high is None:
        return "unclear"
    if stands and (found.low > smallest or found.high < -smallest):
        return "larger"
    return "smaller" if -smallest < found.low and found.high < smallest else "unclear"


def pair_rows(
    comparison: Comparison, outcome: str, smallest: float, titles: Mapping[str, str], say: Language
) -> list[list[str]]:
    """Return every pair: who is ahead of whom, by how much with interval, and whether that is more than what matters."""
    few = bool(few_seeds_note(len(comparison.runs.seeds)))
    rows = []
    for (first, second), pair in comparison.pairs[outcome].items():
        found = pair.difference.difference
        if found.mean is None:
            continue
        ends = found.low is not None and found.high is not None
        interval = say("compare.from_to", low=change_text(say, outcome, found.low, unit=False),
                       high=change_text(say, outcome, found.high, unit=False)) if ends else "–"  # fmt: skip
        word = say("compare.verdict_few") if few else say(f"compare.verdict_{verdict(found, pair.difference.stands, smallest)}")
        named = say("compare.pair", first=titles[first], second=titles[second])
        rows.append([named, change_text(say, outcome, found.mean), interval, word])
    return rows


# --- where the order turns -------------------------------------------------------------------------------------------


def turn_sentences(turns: Sequence[Turn], titles: Mapping[str, str], say: Language) -> list[str]:
    """Return where the order turns over the horizon, a sentence a pair."""
    if not turns:
        return [say("compare.no_turn")]
    return [say(f"compare.turn_{turn.kind}", first=titles[turn.first], second=titles[turn.second], before=turn.before,
                after=turn.after) for turn in turns]  # fmt: skip


def holds(chance: Comparison, both: Comparison, outcome: str, pair: tuple[str, str]) -> str:
    """Return what becomes of a difference when the assumptions differ too: a key of ``compare.holds_...``."""
    first, second = (one.against(pair[0], outcome, pair[1]) for one in (chance, both))
    before, after = first is not None and first.stands, second is not None and second.stands
    if first is None or second is None:
        return "gone" if before else "appears" if after else "never"
    if before and after:
        same = (first.difference.mean or 0.0) * (second.difference.mean or 0.0) > 0.0
        return "stays" if same else "turns"
    return "fades" if before else "appears" if after else "never"


def sturdy_rows(
    chance: Comparison, both: Comparison, outcome: str, titles: Mapping[str, str], say: Language
) -> list[list[str]]:
    """Return every pair with its difference under chance alone, and under chance and what is not known."""
    rows = []
    for pair in chance.pairs[outcome]:
        cells = []
        for one in (chance, both):
            found = one.against(pair[0], outcome, pair[1])
            cells.append("–" if found is None else cell(say, outcome, found.difference, change=True))
        rows.append([say("compare.pair", first=titles[pair[0]], second=titles[pair[1]]), *cells,
                     say(f"compare.holds_{holds(chance, both, outcome, pair)}")])  # fmt: skip
    return rows


def sturdy_sentence(chance: Comparison, both: Comparison, outcome: str, say: Language) -> str:
    """Return how many of the differences that stand by chance alone stand with other assumptions too."""
    if few_seeds_note(min(len(one.runs.seeds) for one in (chance, both))):
        return say("compare.sturdy_few")
    found = [holds(chance, both, outcome, pair) for pair in chance.pairs[outcome]]
    standing = sum(key in ("stays", "turns", "fades", "gone") for key in found)
    if not standing:
        return say("compare.sturdy_none", outcome=capital(outcome_name(say, outcome)))
    return say("compare.sturdy", n=standing, k=found.count("stays"), turned=found.count("turns"),
               outcome=capital(outcome_name(say, outcome)))  # fmt: skip


# --- everything ------------------------------------------------------------------------------------------------------


def cell(say: Language, outcome: str, found: Estimate | None, change: bool = False) -> str:
    """Return a number with its interval as a cell of a table."""
    if found is None:
        return "–"
    text = (change_text if change else value_text)(say, outcome, found.mean)
    interval = interval_text(say, outcome, found, change)
    return f"{text} ({interval.removeprefix(say('compare.interval_lead'))})" if interval else text


def outcome_rows(comparison: Comparison, names: Sequence[str], change: bool, say: Language) -> list[list[str]]:
    """Return every outcome of some strategies with its interval, a row an outcome.

    Parameters
    ----------
    change
        Differences from the reference, of outcomes that have one, instead of levels.
    """
    rows = []
    for outcome in OUTCOMES:
        if change and outcome.startswith("multiplier"):
            continue
        found = comparison.differences if change else comparison.estimates
        called = say("compare.multiplier_region" if outcome == "multiplier_additional_region" else f"outcome.{outcome}")
        cells = [cell(say, outcome, found[name][outcome], change) + _of_fewer(comparison, name, outcome, change, say)
                 for name in names]  # fmt: skip
        rows.append([capital(called), *cells])
    return rows


def _of_fewer(comparison: Comparison, strategy: str, outcome: str, change: bool, say: Language) -> str:
    """Return from how many futures a mean is, where some have no such number; nothing where all have one, or none."""
    if outcome.startswith("multiplier"):
        return ""
    known = np.isfinite(comparison.values(strategy, outcome))
    if change:
        known &= np.isfinite(comparison.values(comparison.reference, outcome))
    if known.all() or not known.any():
        return ""
    return f"; {say('compare.of_futures', k=int(known.sum()), n=known.size)}"
