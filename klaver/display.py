"""What results look like in the terminal: the tables of a run and of a comparison, and the text around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from klaver.balance import LINES, Balance, balance
from klaver.console import Speaker
from klaver.diverging import MOST_EVENTS, Parting
from klaver.language import Language
from klaver.story import Teller

if TYPE_CHECKING:
    import pandas as pd

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
    interval = "compare.interval_parameters" if "parameters" in content else "compare.interval"
    for line in [say("compare.multiplier_unit"), say(interval), say("compare.twin"), *notes]:
        speaker.remark(line)
    if content["seeds"] < FEW_SEEDS:
        speaker.remark(say("compare.few_seeds", seeds=content["seeds"], least=FEW_SEEDS))
    else:
        for line in _alike(say, content):
            speaker.remark(line)
    speaker.remark(say("compare.measured_not"))


def _alike(say: Language, content: Mapping[str, Any]) -> list[str]:
    """Return which strategies cannot be told apart, a line per outcome: what the report says too."""
    from analysis.report import wording

    words = wording(say.code)
    lines = []
    for outcome, groups in content["not_distinguishable"].items():
        several = [say.listing(group) for group in groups if len(group) > 1]
        if several:
            lines.append(f"  {words(f'label.alike_{outcome}')} {'; '.join(several)}.")
    return [f"{words('label.alike')}:", *lines] if lines else []


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


def show_balance(speaker: Speaker, table: Balance, words: bool = False) -> None:
    """Show the balance table of one opportunity: the seven lines, the division over the parties, and the gap."""
    say = speaker.say
    rows = [
        [say(f"balance.{line}"), "\n".join(_sentences(table.business[line])), "\n".join(_sentences(table.value[line]))]
        for line in LINES
    ]
    columns = ["", say("balance.business"), say("balance.value")]
    speaker.result(speaker.table(columns, rows, table.title))
    speaker.result(table.state)
    speaker.result("")
    heads, rows = division_rows(say, table, words)
    speaker.result(speaker.table(heads, rows, say("balance.division")))
    speaker.result(gap_text(say, table, words))


def division_rows(say: Language, table: Balance, words: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return who brings in what and who gains what, as the heads of a table and its rows."""
    heads = [say(f"balance.{name}") for name in ("party", "role", "cost", "gain_of", "fair", "content", "stance")]
    rows = []
    for share in table.division:
        public = share.role == "public"
        cost = "" if public or words else f"{say.euros(share.cost)} ({_share(say, share.cost_share)})"
        gain = "" if public or words else f"{say.euros(share.gain)} ({_share(say, share.gain_share)})"
        fair = "" if public or share.fair <= 0.0 else f"> {_share(say, share.fair)}"
        content = "" if public else say("balance.content_yes" if share.content else "balance.content_no")
        rows.append([share.party, say(f"seat.{share.role}"), cost, gain, fair, content, say(f"stance.{share.stance}")])
    return heads, rows


def gap_text(say: Language, table: Balance, words: bool = False) -> str:
    """Return who fills the funding gap, in a sentence."""
    if table.gap <= 0.0:
        return say("balance.gap_none")
    euros = "" if words else say.euros(table.gap)
    if not table.filled:
        return say("balance.gap_nobody", gap=euros).replace("  ", " ")
    parts = [say(f"balance.filled_{name}", euros=say.euros(amount)) for name, amount in table.filled.items()]
    if words:
        parts = [part.split(" (")[0] for part in parts]
    return say("balance.gap", gap=euros, who=say.listing(parts)).replace("  ", " ")


def _share(say: Language, value: float) -> str:
    return say.share(value) if math.isfinite(value) else "-"


def _sentences(lines: Sequence[str]) -> list[str]:
    return [line[:1].upper() + line[1:] for line in lines]


def cases_as_markdown(teller: Teller, title: str) -> str:
    """Return the balance tables of all opportunities of a run, the most telling first, as Markdown."""
    say, parts = teller.say, [title]
    for opportunity in teller.opportunities():
        table = balance(teller, opportunity)
        parts.append(f"## {table.title}\n\n{table.state}\n")
        parts.append(f"| | {say('balance.business')} | {say('balance.value')} |\n| - | - | - |")
        for line in LINES:
            cells = ["<br>".join(_sentences(side[line])) for side in (table.business, table.value)]
            parts.append(f"| {say(f'balance.{line}')} | {cells[0]} | {cells[1]} |")
        heads, rows = division_rows(say, table, False)
        parts.append(f"\n{say('balance.division')}:\n\n| {' | '.join(heads)} |\n|{' - |' * len(heads)}")
        parts += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
        parts.append(f"\n{gap_text(say, table)}\n")
    return "\n".join(parts)


def show_principles(speaker: Speaker, content: Mapping[str, Any]) -> None:
    """Show what each guiding principle does, from the JSON of an ablation; no order of merit is made."""
    say = speaker.say
    every_one = ("vitality", "social_balance", "private_investment", "public_outlay")
    for kind, outcomes in (("main_effects", every_one), ("taken_away", every_one[:3])):
        rows = []
        for name in content["main_effects"]["vitality"]:
            means, intervals = [say(f"principle.{name}")], [""]
            for outcome in outcomes:
                found = content[kind][outcome][name]
                means.append(_effect(say, outcome, found["mean"]))
                intervals.append(f"{_effect(say, outcome, found['low'])} … {_effect(say, outcome, found['high'])}")
            if kind == "taken_away":
                found = content["multiplier_additional"][name]
                means.append(say("run.undefined") if found["mean"] is None else say.number(found["mean"], 2))
                intervals.append(
                    "" if found["low"] is None else f"{say.number(found['low'], 2)} … {say.number(found['high'], 2)}"
                )
            rows += [means, intervals]
        columns = [say("principle.name"), *(say(f"outcome.{outcome}") for outcome in outcomes)]
        if kind == "taken_away":
            columns.append(say("principle.multiplier_without"))
        speaker.result(speaker.table(columns, rows, say(f"principle.{kind}"), numbers=True))
    every = content["multiplier_additional"]["all"]
    if every["mean"] is not None:
        speaker.result(say("principle.multiplier_all", n=say.number(every["mean"], 2)))
    for outcome, pairs in content["interactions"].items():
        standing = [pair for pair in pairs if pair["stands"]]
        name = say(f"outcome.{outcome}")
        if not standing:
            speaker.result(say("principle.no_interaction", outcome=name))
        for pair in standing:
            a, b = (say(f"principle.{principle}") for principle in pair["principles"])
            speaker.result(say("principle.interaction", outcome=name, a=a, b=b, n=_effect(say, outcome, pair["mean"])))
    speaker.remark(say("principle.reading"))
    if content["note"]:
        from analysis.statistics import FEW_SEEDS

        speaker.remark(say("compare.few_seeds", seeds=content["seeds"], least=FEW_SEEDS))


def _effect(say: Language, outcome: str, value: float | None) -> str:
    if value is None:
        return "-"
    sign = "+" if value > 0.0 else ""
    return sign + (say.number(value, 2) if outcome == "vitality" else say.euros(value))


def show_parting(speaker: Speaker, parting: Parting) -> None:
    """Show where two paired runs part: inputs, first events, first numbers, and what it led to."""
    say = speaker.say
    a, b = parting.names
    speaker.result(say("diverge.title", a=a, b=b))
    if parting.inputs:
        rows = [[key, str(pair[0]), str(pair[1])] for key, pair in parting.inputs.items()]
        speaker.result(speaker.table([say("diverge.input"), a, b], rows, say("diverge.inputs")))
    if parting.quarter is None and not parting.indicators:
        speaker.result(say("diverge.same"))
        return
    if parting.quarter is not None:
        speaker.result(say("diverge.parts", when=say.quarter(parting.quarter)))
        for name, told in zip(parting.names, parting.events, strict=True):
            if told:
                speaker.result(f"  {name}:")
            for text in told[:MOST_EVENTS]:
                speaker.result(f"    {text}")
            if len(told) > MOST_EVENTS:
                speaker.result(f"    {say('diverge.more', n=len(told) - MOST_EVENTS)}")
        for text in parting.thresholds[:MOST_EVENTS]:
            speaker.result(f"  {text}")
    rows = []
    for name, (quarter, change) in parting.indicators.items():
        text = outcome_text(say, name, change) if name != "vacancy" else f"{say.number(100 * change, 1)}%"
        rows.append([say(f"outcome.{name}"), say.quarter(quarter), text if change <= 0.0 else f"+{text}"])
    if rows:
        heads = [say("run.outcome"), say("diverge.from"), say("diverge.at_end")]
        speaker.result("")
        speaker.result(speaker.table(heads, rows, say("diverge.numbers", a=a, b=b), numbers=True))
    if parting.led_to:
        speaker.result(say("diverge.led_to"))
        for text in parting.led_to:
            speaker.result(f"  {text}")


def show_social_lines(speaker: Speaker, table: pd.DataFrame) -> None:
    """Show a social balance: each line with its range, the council's weight, and its unit value with source."""
    say = speaker.say
    rows = []
    weighed = bool((table["weight"] != 1.0).any())
    for line, row in table.iterrows():
        span = "" if row["low"] == row["high"] else f"{say.euros(row['low'])} … {say.euros(row['high'])}"
        unit = ""
        if math.isfinite(row["unit_value"]):
            unit = f"{say.number(row['unit_value'], 0 if row['unit_value'] >= 10 else 2)} {row['unit']} [{row['mark']}]"
        weight = say.number(row["weight"], 2) if row["weight"] != 1.0 else ""
        memo = say("social.land", euros=say.euros(row["memo"])) if line == "land" else row["source"].strip("-")
        council = [weight, say.euros(row["weighted"])] if weighed else []
        rows.append([say(f"social.{line}_line"), say.euros(row["euros"]), span, *council, unit, memo])
    names = ("line", "euros", "span", *(("weight", "weighted") if weighed else ()), "unit", "source")
    heads = [say(f"social.{name}") for name in names]
    speaker.result(speaker.table(heads, rows, say("social.title")))
    speaker.remark(say("social.reading"))
