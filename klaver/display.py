"""What results look like in the terminal: the tables of a run and of a comparison, and the text around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from klaver.console import Speaker
from klaver.language import Language

_SHOWN = ("multiplier_gross", "multiplier_additional", "vitality", "social_balance")
_EUROS = ("private_investment", "public_outlay", "social_balance")
_SHARES = ("vacancy", "displacement", "satisfaction")


def outcome_text(say: Language, outcome: str, value: float | None) -> str:
    """Return one outcome with its unit, or "undefined"."""
    if value is None or not math.isfinite(value):
        return say("run.undefined") if outcome.startswith("multiplier") else "-"
    if outcome in _EUROS:
        return say.euros(value)
    if outcome in _SHARES:
        return f"{say.number(100 * value, 1)}%"
    if outcome == "lead_time":
        return say.duration(value)
    if outcome.startswith("multiplier"):
        return say.number(value, 2)
    return say.number(value, 1 if outcome.startswith("vitality") else 0)


def show_run(speaker: Speaker, outcomes: Mapping[str, Mapping[str, float]], title: str, park: str) -> None:
    """Show the outcomes of one run beside those of its twin."""
    say = speaker.say
    rows = []
    for outcome in outcomes["with"]:
        if outcome in ("multiplier_additional", "social_balance"):
            cells = ["", "", outcome_text(say, outcome, outcomes["difference"][outcome])]
        else:
            cells = [outcome_text(say, outcome, outcomes[side][outcome]) for side in ("with", "without")]
            change = outcomes["difference"][outcome]
            if outcome.startswith("multiplier"):
                cells.append("")
            elif outcome in _SHARES and math.isfinite(change):
                cells.append(say("number.points", n=say.number(100 * change, 1)))
            else:
                cells.append(outcome_text(say, outcome, change))
        rows.append([say(f"outcome.{outcome}"), *cells])
    columns = [say("run.outcome"), say("run.with"), say("run.without"), say("run.difference")]
    speaker.result(speaker.table(columns, rows, title, numbers=True))
    if not math.isfinite(outcomes["difference"]["multiplier_additional"]):
        speaker.remark(say("run.undefined_nothing_spent"))
    speaker.remark(say("run.one_run", park=park))


def show_comparison(speaker: Speaker, content: Mapping[str, Any], title: str) -> None:
    """Show a comparison from its JSON.

    Parameters
    ----------
    speaker
        Who shows it.
    content
        As ``klaver compare --json`` gives it.
    title
        Above the table.
    """
    from analysis.statistics import FEW_SEEDS

    say = speaker.say
    columns = [say(f"compare.{key}") for key in ("strategy", "gross", "additional", "vitality", "balance")]
    columns += [say("compare.best_vitality"), say("compare.best_balance")]
    rows, notes = [], []
    for name, outcomes in content["strategies"].items():
        means, intervals = [name], [""]
        for outcome in _SHOWN:
            found = outcomes[outcome]
            mean, interval = _mean_and_interval(say, outcome, found)
            means.append(mean)
            intervals.append(interval)
            if found["mean"] is None and found.get("note") and name != content["reference"]:
                label = say(f"outcome.{outcome}")
                notes.append(say("compare.undefined_note", outcome=label, strategy=name, note=found["note"]))
        best = outcomes["probability_best"]
        means += [say.share(best[outcome]) for outcome in ("vitality", "social_balance")]
        rows += [means, [*intervals, "", ""]]
    speaker.result(speaker.table(columns, rows, title, numbers=True))
    for line in [say("compare.multiplier_unit"), say("compare.interval"), say("compare.twin"), *notes]:
        speaker.remark(line)
    if content["seeds"] < FEW_SEEDS:
        speaker.remark(say("compare.few_seeds", seeds=content["seeds"], least=FEW_SEEDS))
    speaker.remark(say("compare.measured_not"))


def _mean_and_interval(say: Language, outcome: str, found: Mapping[str, Any]) -> tuple[str, str]:
    """Return a mean and its interval, in the unit of the table."""
    if found["mean"] is None:
        return say("compare.undefined"), ""
    scale, digits = (1e-6, 1) if outcome == "social_balance" else (1.0, 2 if outcome.startswith("mult") else 1)
    mean, low, high = (
        "" if found[key] is None else say.number(found[key] * scale, digits) for key in ("mean", "low", "high")
    )
    return mean, say("number.range", low=low, high=high) if low and high else ""


def show_stories(speaker: Speaker, teller: Any, most: int | None, where: str | None = None) -> None:
    """Tell the opportunities of a run, the most telling first."""
    say = speaker.say
    speaker.result(teller.count())
    opportunities: Sequence[int] = teller.opportunities()
    for opportunity in opportunities[:most]:
        speaker.result("")
        speaker.result(teller.heading(opportunity))
        for line in teller.tell(opportunity):
            speaker.result(f"  {line}")
    if most is not None and len(opportunities) > most:
        speaker.result("")
        speaker.result(say("story.more", n=len(opportunities) - most, file=where or "`klaver story --all`"))
