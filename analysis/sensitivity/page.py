"""The page that names the five assumptions that matter most, per outcome, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.canvas import strategy_title
from analysis.sensitivity.indices import Indices
from analysis.sensitivity.running import OUTCOMES, Contrast
from analysis.sensitivity.sample import Sample
from analysis.sensitivity.screening import Screening
from analysis.sensitivity.wording import (
    Leading,
    amount,
    bare,
    contrast_name,
    count_standing,
    leading,
    meaning,
    outcome_name,
)

if TYPE_CHECKING:
    from analysis.assumptions import Assumption
    from analysis.sensitivity.wording import Words


def page(screening: Sample | Screening | None, indices: Indices | None, say: Words) -> str:
    """Return the page, as Markdown: sentences for the difference between the strategies, a table for each of them."""
    result = screening or indices
    assert result is not None, "a page needs a screening, indices or both"
    difference = result.contrasts[0]
    lines = [
        f"# {say('sensitivity.page_title', park=result.park)}", "",
        say("sensitivity.page_lead", contrast=contrast_name(difference, say), n=len(result.factors)), "",
        *(line for text in study(screening, indices, say) for line in (text, "")),
    ]  # fmt: skip
    for outcome in OUTCOMES:
        lines += [f"## {_capital(outcome_name(outcome, say))}", ""]
        lines += [f"{number}. {text}" for number, text in enumerate(sentences(screening, indices, outcome, say), start=1)]
        for text in (_rest(result, difference, outcome, say), variance(result, outcome, say)):
            lines += ["", text] if text else []
        lines.append("")
    for contrast in result.contrasts[1:]:
        lines += [f"## {_capital(contrast_name(contrast, say))}", ""]
        lines += [f"| {say('sensitivity.outcome')} | {say('sensitivity.most')} |", "| --- | --- |"]
        for outcome in OUTCOMES:
            found = leading(screening, indices, contrast, outcome)
            texts = [f"`{bare(one.name)}` ({amount(one.effect, outcome, say, signed=True)})" for one in found]
            lines.append(f"| {outcome_name(outcome, say)} | {', '.join(texts) or say('sensitivity.none_short')} |")
        lines.append("")
    lines += [f"## {say('sensitivity.reading_title')}", ""]
    lines += [f"- {say(f'sensitivity.reading_{name}')}" for name in _notes(screening, indices)]
    return "\n".join(lines) + "\n"


def study(screening: Sample | Screening | None, indices: Indices | None, say: Words) -> list[str]:
    """Return what was run: a sentence for each method."""
    texts = []
    for result in (screening, indices):
        if result is not None:
            if isinstance(result, Sample):
                key, groups = "sampled", result.points
            elif isinstance(result, Screening):
                key, groups = "screened", result.trajectories
            else:
                key, groups = "decomposed", result.samples
            texts.append(say(f"sensitivity.{key}", n=len(result.factors), groups=say.number(groups), seeds=result.seeds))
            if result.left_out:
                texts.append(say("sensitivity.left_out", n=result.left_out))
    return texts


def sentences(
    screening: Sample | Screening | None, indices: Indices | None, outcome: str, say: Words
) -> list[str]:
    """Return the assumptions that matter most for the difference on an outcome, a text each; or that none stands."""
    result = screening or indices
    assert result is not None
    contrast = result.contrasts[0]
    found = leading(screening, indices, contrast, outcome)
    if not found:
        return [say("sensitivity.none")]
    return [_sentence(one, result.factors, contrast, outcome, say) for one in found]


def _sentence(one: Leading, factors: tuple[Assumption, ...], contrast: Contrast, outcome: str, say: Words) -> str:
    factor = next(factor for factor in factors if factor.name == one.name)
    span = {"first": strategy_title(contrast.first, say.code), "second": strategy_title(contrast.second, say.code),
            "outcome": outcome_name(outcome, say)}  # fmt: skip
    effect, low, high = (amount(value, outcome, say, signed=True) for value in (one.effect, one.low, one.high))
    parts = [say(
        "sensitivity.assumption", meaning=_capital(meaning(factors, one.name, say)), name=bare(one.name),
        low=_value(factor.low, say), high=_value(factor.high, say), unit=say.unit(factor.parameter),
    )]  # fmt: skip
    if one.one_way:
        kind = "costs" if outcome == "public_outlay" else "favours"
        strategy = span["first"] if one.effect > 0.0 else span["second"]
        parts.append(say("sensitivity.one_way", effect=effect, low=low, high=high, **span))
        parts.append(say(f"sensitivity.{kind}", strategy=strategy))
    elif one.size is not None and one.size_low is not None and one.size_high is not None:
        size, least, most = (amount(value, outcome, say) for value in (one.size, one.size_low, one.size_high))
        parts.append(say("sensitivity.both_ways", size=size, least=least, most=most, effect=effect, low=low, high=high, **span))
    else:
        parts.append(say("sensitivity.on_average", effect=effect, low=low, high=high, **span))
    if one.st is not None and one.st_low is not None and one.st_high is not None:
        share, least, most = (say.number(100 * value) for value in (one.st, max(one.st_low, 0.0), one.st_high))
        parts.append(say("sensitivity.share", share=share, least=least, most=most))
    return " ".join(parts)


def _rest(result: Sample | Screening | Indices, contrast: Contrast, outcome: str, say: Words) -> str:
    standing = count_standing(result, contrast, outcome)
    return say("sensitivity.standing", n=standing, of=len(result.factors)) if standing else ""


def variance(result: Sample | Screening | Indices, outcome: str, say: Words) -> str:
    """Return which share of the variance of one future is luck, or goes with main effects; empty where that is not known."""
    if isinstance(result, Sample):
        return _explained(result, outcome, say)
    rows = result.chance[(result.chance["contrast"] == result.contrasts[0].key) & (result.chance["outcome"] == outcome)]
    share, low, high = (float(rows.iloc[0][column]) for column in ("value", "low", "high"))
    if share != share:
        return ""
    return say("sensitivity.chance", share=say.number(100 * share), low=say.number(100 * low), high=say.number(100 * high))


def _explained(result: Sample, outcome: str, say: Words) -> str:
    rows = result.explained
    row = rows[(rows["contrast"] == result.contrasts[0].key) & (rows["outcome"] == outcome)].iloc[0]
    if row["share"] != row["share"]:
        return ""
    more = row["beyond_low"] > 0.0
    value, low, high = (
        say.number(100 * row[column], 1) if more else _signed(row[column], say)
        for column in ("beyond", "beyond_low", "beyond_high")
    )
    return " ".join([
        say("sensitivity.explained", predicted=say.number(100 * max(row["predicted"], 0.0)), **{
            name: say.number(100 * max(row[column], 0.0)) for name, column in (
                ("share", "share"), ("low", "share_low"), ("high", "share_high"))
        }),
        say(f"sensitivity.beyond_{'some' if more else 'none'}", value=value, low=low, high=high),
    ])  # fmt: skip


def _signed(share: float, say: Words) -> str:
    """Return a share in per cent with its sign."""
    text = say.number(100 * abs(share), 1)
    return text if not any(digit in text for digit in "123456789") else ("\u2212" if share < 0 else "+") + text


def _notes(screening: Sample | Screening | None, indices: Indices | None) -> list[str]:
    if isinstance(screening, Sample):
        return ["range", "sample", "explained", *(["sobol", "luck"] if indices is not None else []), "multiplier"]
    return [
        "range", "stands", *(["morris"] if screening is not None else []), *(["sobol"] if indices is not None else []),
        "luck", "multiplier",
    ]  # fmt: skip


def _value(value: float, say: Words) -> str:
    """Return the end of a range with three figures."""
    text = f"{value:.3g}" if abs(value) < 1_000 else f"{value:.0f}"
    return say.number(float(text), len(text.partition(".")[2]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
