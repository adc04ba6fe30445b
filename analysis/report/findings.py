"""What came out, in plain sentences made from the numbers: what stands, what does not, and what cannot be told apart.

A difference between strategies is called clear when it stands with all pairs of strategies judged together
(:attr:`analysis.compare.Comparison.pairs`), so that many strategies do not find a winner by chance, and so that no two
sentences, nor the table of pairs, contradict each other. A multiplier is held against one euro by its 95% interval. No
sentence depends on which strategy is meant, but for the last: demand-driven working is the method this model follows, so
what speaks against it is said as plainly as what speaks for it.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.compare import RANKED, Comparison
from analysis.report.wording import Wording
from analysis.statistics import Estimate

MANY = 4  # strategies that a sentence still names one by one with their intervals
METHOD, OTHER_WAY = "demand_driven", "supply_driven"
SCALES = {"vitality": (1.0, 1), "social_balance": (1e-6, 1)}
"""Outcome -> what to multiply by, and decimals."""

Titles = Callable[[str], str]


def findings(comparison: Comparison, say: Wording, title: Titles) -> tuple[tuple[str, str], ...]:
    """Return what came out, as (subject, sentences).

    Parameters
    ----------
    title
        Gives what a strategy is called.
    """
    names = tuple(name for name in comparison.strategies if name != comparison.reference)
    if not names:
        return ((say("finding.none_label"), say("finding.none")),)
    found = [
        (say("finding.multiplier_label"), _multipliers(comparison, names, say, title)),
        (say("finding.vitality_label"), _differences(comparison, "vitality", names, say, title)),
        (say("finding.social_balance_label"), _differences(comparison, "social_balance", names, say, title)),
        (say("finding.order_label"), _order(comparison, say, title)),
        (say("finding.method_label"), _method(comparison, say)),
    ]
    return tuple((label, text) for label, text in found if text)


def reference(comparison: Comparison, say: Wording, title: Titles) -> str:
    """Return what differences are taken from, as it reads in a sentence."""
    return say("finding.twin") if comparison.reference == "none" else title(comparison.reference)


def _listing(
    names: list[str], found: dict[str, Estimate], scale: float, digits: int, signed: bool, say: Wording, title: Titles
) -> str:
    """Return strategies with their numbers; of more than a few only the lowest and the highest."""
    if len(names) <= MANY:
        return say.join([f"{title(name)} ({say.inline(found[name], scale, digits, signed)})" for name in names])
    ordered = sorted(names, key=lambda name: found[name].mean or 0.0)
    low, high = (f"{say.number((found[name].mean or 0.0) * scale, digits, signed)} ({title(name)})"
                 for name in (ordered[0], ordered[-1]))
    return say("finding.many", n=len(names), low=low, high=high)


def _differences(comparison: Comparison, outcome: str, names: tuple[str, ...], say: Wording, title: Titles) -> str:
    scale, digits = SCALES[outcome]
    found = {name: change for name in names if (change := comparison.differences[name][outcome]) and change.defined}
    if not found:
        return say("finding.no_number")
    sorts: dict[str, list[str]] = {"higher": [], "lower": [], "unclear": [], "alone": []}
    for name, change in found.items():
        if change.low is None:
            sorts["alone"].append(name)
        elif not comparison.stands(outcome, name, comparison.reference):
            sorts["unclear"].append(name)
        else:
            sorts["higher" if (change.mean or 0.0) > 0 else "lower"].append(name)
    sentences = [say(f"finding.{outcome}_lead", reference=reference(comparison, say, title))]
    for sort, kept in sorts.items():
        if kept:
            # An interval over a handful of futures is too narrow to call anything clear.
            key = f"{sort}_few" if comparison.note and sort in ("higher", "lower") else sort
            sentences.append(say(f"finding.{key}", list=_listing(kept, found, scale, digits, True, say, title)))
    return " ".join(sentences)


def _multipliers(comparison: Comparison, names: tuple[str, ...], say: Wording, title: Titles) -> str:
    found = {name: comparison.estimates[name]["multiplier_additional"] for name in names if name != "none"}
    known = {name: ratio for name, ratio in found.items() if ratio.defined}
    unknown = [title(name) for name in found if name not in known]
    sentences = []
    if known:
        sentences.append(say("finding.multiplier", list=_listing(list(known), known, 1.0, 2, False, say, title)))
        sorts: dict[str, list[str]] = {"out": [], "less": [], "open": [], "more": []}
        for name, ratio in known.items():
            if ratio.low is None or ratio.high is None or comparison.note:
                continue
            sort = "more" if ratio.low > 1 else "out" if ratio.high < 0 else "less" if ratio.high < 1 else "open"
            sorts[sort].append(title(name))
        sentences += [say(f"finding.multiplier_{sort}", names=say.join(kept)) for sort, kept in sorts.items() if kept]
    if unknown:
        sentences.append(say("finding.multiplier_undefined", names=say.join(unknown)))
    return " ".join(sentences)


def _order(comparison: Comparison, say: Wording, title: Titles) -> str:
    """Say which strategy has the highest mean, and from which others it can be told; nothing with one strategy."""
    if len(comparison.strategies) < 3:
        return ""
    if comparison.note:
        return say("finding.too_few", n=len(comparison.runs.seeds))
    sentences = []
    for outcome in RANKED:
        pairs = {pair: found.difference for pair, found in comparison.pairs[outcome].items()}
        if len(pairs) < 2 and outcome == "multiplier_additional":
            continue
        best = next(iter(pairs))[0]  # highest mean first
        against = {second: found for (first, second), found in pairs.items() if first == best}
        same = [title(name) for name, found in against.items() if not found.stands]
        where = say(f"finding.on_{outcome}")
        key = "order_alone" if not same else "order_open" if len(same) == len(against) else "order_part"
        sentences.append(say(f"finding.{key}", where=where, best=title(best), alike=say.join(same)))
    return " ".join(sentences)


def _method(comparison: Comparison, say: Wording) -> str:
    """Say what the comparison of demand-driven with supply-driven working says for and against the method."""
    if METHOD not in comparison.strategies or OTHER_WAY not in comparison.strategies or comparison.note:
        return ""
    sorts: dict[str, list[str]] = {"for": [], "against": [], "open": []}
    for key, change, scale, digits in _method_differences(comparison):
        if change is None or change.mean is None:
            continue
        outcome = "multiplier_additional" if key == "multiplier" else key
        sort = "open" if not comparison.stands(outcome, METHOD, OTHER_WAY) else "for" if change.mean > 0 else "against"
        text = say.inline(change, scale, digits, True)
        sorts[sort].append(f"{say(f'finding.method_{key}')} ({text})")
    sentences = [say("finding.method_lead")]
    # The same order whatever came out: what speaks for it, what against, what is open; "nothing" is said too.
    sentences += [say(f"finding.method_{sort}", list=say.join(kept) if kept else say("finding.nothing"))
                  for sort, kept in sorts.items() if kept or sort != "open"]
    return " ".join(sentences)


def _method_differences(comparison: Comparison) -> list[tuple[str, Estimate | None, float, int]]:
    """Return demand-driven minus supply-driven on the same futures: (outcome, difference, scale, decimals)."""
    multiplier = comparison.against(METHOD, "multiplier_additional", OTHER_WAY)
    return [
        ("multiplier", multiplier.difference if multiplier else None, 1.0, 2),
        ("vitality", comparison.difference(METHOD, "vitality", OTHER_WAY), 1.0, 1),
        ("social_balance", comparison.difference(METHOD, "social_balance", OTHER_WAY), 1e-6, 1),
    ]
