"""What ``klaver optimise`` shows and writes: members of the front in words, beside what is shipped, and as files."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from klaver.console import WIDTH, Speaker, folded
from klaver.language import LANGUAGES, Language
from sim.records import PRINCIPLES, PROCESSES, ROLES

if TYPE_CHECKING:
    import pandas as pd

    from analysis.optimise import Decisions, ParkFront
    from analysis.statistics import Estimate
    from sim.inputs.strategy import Strategy

LEANS = 0.4  # a role with at least this share of the hours is named in a title


def member_name(front: ParkFront, place: int) -> str:
    """Return what a member of a front is called, as a strategy: ``typical_03``."""
    return f"{front.space.park.name}_{place + 1:02d}"


# --- in words --------------------------------------------------------------------------------------------------------


def mix_text(say: Language, mix: tuple[float, ...]) -> str:
    """Return a mix of roles, the largest first: ``verbinden 40%, regisseren 35%, aanjagen 25%``."""
    order = sorted(range(len(ROLES)), key=lambda k: (-mix[k], k))
    return ", ".join(f"{say(f'role.{ROLES[k]}')} {say.share(mix[k])}" for k in order if mix[k] > 0.0)


def roles_text(say: Language, decided: Decisions) -> str:
    """Return the mixes of all process steps; steps with the same one together."""
    steps: dict[tuple[float, ...], list[str]] = {}
    for step, mix in zip(PROCESSES, decided.mixes, strict=True):
        steps.setdefault(mix, []).append(say(f"optimise.step_{step}"))
    if len(steps) == 1:
        return mix_text(say, decided.mixes[0])
    return "; ".join(f"{say.listing(names)}: {mix_text(say, mix)}" for mix, names in steps.items())


def rules_text(say: Language, decided: Decisions) -> str:
    """Return approach, principles and rules for money in words."""
    on = [say(f"principle.{name}") for name, there in zip(PRINCIPLES, decided.principles, strict=True) if there]
    principles = say.listing(on) if on else say("optimise.no_principles")
    parts = [say(f"optimise.{decided.approach}"), *([say("optimise.adaptive")] if decided.adaptive else []),
             say("optimise.principles", names=principles)]
    return "; ".join([*parts, say("optimise.money", instrument=say(f"optimise.{decided.instrument}"),
                                  share=say.share(decided.max_public_share), ratio=say.number(decided.private_ratio, 2))])


def means_text(say: Language, decided: Decisions) -> str:
    """Return team and budget."""
    return say("optimise.means", fte=say.number(decided.fte, 2), euros=say.euros(decided.budget))


def brings_text(say: Language, found: dict[str, Estimate]) -> str:
    """Return what a strategy brings, with intervals."""
    texts = {name: interval_text(say, name, found[name]) for name in
             ("multiplier_additional", "vitality", "social_balance", "private", "public")}
    return say("optimise.brings", **texts)


def interval_text(say: Language, outcome: str, found: Estimate, signed: bool = False) -> str:
    """Return a number with its interval in the unit of the table: euros in millions."""
    if found.mean is None:
        return say("run.undefined")
    scale, digits = (1.0, 2) if outcome.startswith("mult") else (1.0, 1) if outcome == "vitality" else (1e-6, 1)
    plus = "+" if signed and found.mean > 0.0 else ""
    text = plus + say.number(scale * found.mean, digits)
    if found.low is None or found.high is None:
        return text
    span = say("number.range", low=say.number(scale * found.low, digits), high=say.number(scale * found.high, digits))
    return f"{text} ({span})"


def title_of(say: Language, front: ParkFront, place: int) -> str:
    """Return a title of a member: what it leans on, and its team."""
    decided = front.decided[place]
    mean = np.mean(decided.mixes, axis=0)
    lean = say(f"role.{ROLES[int(mean.argmax())]}") if mean.max() >= LEANS else say("optimise.all_roles")
    return say("optimise.title_of", n=place + 1, park=front.space.park.name, lean=lean, fte=say.number(decided.fte, 2))


# --- on the terminal -------------------------------------------------------------------------------------------------


def show_front(speak: Speaker, front: ParkFront, robust: str) -> None:
    """Show the members that stand for a front, what is shipped beside them, and how much was luck."""
    say, judged = speak.say, front.judged
    tried = len(front.searched.candidates)
    speak.result(folded(say("optimise.found", park=front.space.park.name, tried=say.number(tried), front=len(judged.members),
                            kept=len(judged.kept), shown=len(front.chosen))))  # fmt: skip
    for reason in ("surpassed", "no_denominator"):
        dropped = judged.fate.count(reason)
        if dropped:
            speak.result(folded(say(f"optimise.{reason}", n=dropped)))
    for place, why in front.chosen.items():
        speak.result("")
        _show_member(speak, front, place, why)
    speak.result("")
    _show_shipped(speak, front)
    _show_ends(speak, front)
    speak.result("")
    _show_optimism(speak, front)
    _show_spread(speak, front)
    speak.remark(folded(say("optimise.not_searched")))
    speak.remark(folded(say("optimise.reading" if robust == "none" else f"optimise.reading_{robust}")))


def _show_member(speak: Speaker, front: ParkFront, place: int, why: tuple[str, ...]) -> None:
    say, decided, row = speak.say, front.decided[place], front.row_of(place)
    because = say.listing([say(f"optimise.why_{name}") for name in why])
    speak.result(folded(f"{place + 1:>2}  {because}", "    "))
    lines = {"roles": roles_text(say, decided), "rules": rules_text(say, decided), "with": means_text(say, decided),
             "gives": brings_text(say, front.reported.estimates[row])}
    robust = front.reported.robust[row]
    if robust:
        lines["robust"] = say("optimise.robust_values", **{name: interval_text(say, name, found)
                                                           for name, found in robust.items()})
    for name, text in lines.items():
        head = f"    {say(f'optimise.{name}'):<8}"
        speak.result(textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)))


def _show_shipped(speak: Speaker, front: ParkFront) -> None:
    say, reported = speak.say, front.reported
    rows, outcomes = [], ("multiplier_additional", "vitality", "social_balance")
    for row in front.shipped_rows:
        found, above = reported.estimates[row], above_of(front, row)
        cells = [interval_text(say, name, found[name]) for name in outcomes]
        rows.append([reported.strategies[row].name, *cells, ", ".join(str(place + 1) for place in above) or "-"])
    heads = [say("compare.strategy"), *(say(f"optimise.head_{name}") for name in outcomes), say("optimise.surpassed_by")]
    speak.result(speak.table(heads, rows, say("optimise.shipped"), numbers=True))
    for row in front.shipped_rows:
        above = above_of(front, row)
        if above:
            best = max(above, key=lambda place: _clearness(front, front.row_of(place), row))
            gains = differences_of(front, front.row_of(best), row)
            texts = {name: interval_text(say, name, found, True) for name, found in gains.items()}
            speak.result(folded(say("optimise.by_how_much", n=best + 1, name=reported.strategies[row].name, **texts), "  "))


def above_of(front: ParkFront, row: int) -> list[int]:
    """Return the shown members that surpass a reported strategy on all objectives, with confidence."""
    return [place for place in front.chosen if front.reported.against.pairs[front.row_of(place), row]]


def _clearness(front: ParkFront, first: int, second: int) -> float:
    against = front.reported.against
    return float((against.differences[first, second] / against.margins[first, second]).min())


def differences_of(front: ParkFront, first: int, second: int) -> dict[str, Estimate]:
    """Return how much more one reported strategy brings than another; intervals hold for all pairs together."""
    from analysis.optimise import OBJECTIVES
    from analysis.statistics import Estimate

    against, found = front.reported.against, {}
    for k, name in enumerate(OBJECTIVES):
        mean, margin = (float(table[first, second, k]) for table in (against.differences, against.margins))
        known = np.isfinite(mean)
        found[name] = Estimate(mean, mean - margin, mean + margin) if known else Estimate(None, None, None)
    return found


def _show_ends(speak: Speaker, front: ParkFront) -> None:
    """Show each end of the front against the shipped strategy that does best on that objective."""
    from analysis.optimise import OBJECTIVES

    say, reported = speak.say, front.reported
    for name in OBJECTIVES:
        place = next((k for k, why in front.chosen.items() if f"most_{name}" in why), None)
        means = {row: reported.estimates[row][name].mean for row in front.shipped_rows}
        known = {row: mean for row, mean in means.items() if mean is not None}
        if place is None or not known:
            continue
        best = max(known, key=lambda row: known[row])
        found = differences_of(front, front.row_of(place), best)[name]
        if found.mean is None or found.low is None or found.high is None:
            continue
        verdict = "more" if found.low > 0.0 else "less" if found.high < 0.0 else "cannot_tell"
        speak.result(folded(say(f"optimise.end_{verdict}", outcome=say(f"optimise.head_{name}"), n=place + 1,
                                name=reported.strategies[best].name, difference=interval_text(say, name, found, True)), "  "))


def _show_optimism(speak: Speaker, front: ParkFront) -> None:
    from analysis.statistics import Estimate

    say, rows = speak.say, []
    for found in front.judged.optimism:
        cells = [interval_text(say, found.objective, Estimate(value, None, None), True) if np.isfinite(value) else "-"
                 for value in (found.front, found.shipped)]
        rows.append([say(f"optimise.head_{found.objective}"), *cells, interval_text(say, found.objective, found.net, True)])
    heads = ["", say("optimise.of_front"), say("optimise.of_shipped"), say("optimise.net")]
    speak.result(speak.table(heads, rows, say("optimise.optimism"), numbers=True))


def _show_spread(speak: Speaker, front: ParkFront) -> None:
    say = speak.say
    if not front.spread:
        return
    rows = [[variable_text(say, one.variable), say.number(one.members, 2), say.number(one.random, 2), say.share(one.share)]
            for one in front.spread]
    heads = [say("optimise.variable"), say("optimise.members"), say("optimise.random"), say("optimise.part")]
    speak.result(speak.table(heads, rows, say("optimise.spread"), numbers=True))


def variable_text(say: Language, variable: str) -> str:
    """Return what a decision variable is called."""
    return say(f"principle.{variable}") if variable in PRINCIPLES else say(f"optimise.variable_{variable}")


def show_side_by_side(speak: Speaker, fronts: list[ParkFront]) -> None:
    """Show the member in between of every park side by side, and how it does on the other parks."""
    say = speak.say
    chosen = [(front, front.between) for front in fronts if front.between is not None]
    decided = [front.decided[place] for front, place in chosen]
    means = np.array([np.mean(one.mixes, axis=0) for one in decided])
    rows = [[say(f"role.{role}"), *(say.share(share) for share in means[:, k])] for k, role in enumerate(ROLES)]
    texts: dict[str, Any] = {
        "approach": lambda one, _: say(f"optimise.{one.approach}"),
        "principles": lambda one, _: f"{sum(one.principles)}/{len(PRINCIPLES)}",
        "adaptive": lambda one, _: say("profile.on" if one.adaptive else "profile.off"),
        "instrument": lambda one, _: say(f"optimise.{one.instrument}"),
        "fte": lambda one, _: say.number(one.fte, 2),
        "budget_per_ha": lambda one, front: say.euros(one.budget / front.space.gross_ha),
    }
    for name, text in texts.items():
        cells = [text(one, front) for one, (front, _) in zip(decided, chosen, strict=True)]
        rows.append([say(f"optimise.variable_{name}"), *cells])
    speak.result(speak.table(["", *(front.space.park.name for front, _ in chosen)], rows, say("optimise.side_by_side"),
                             numbers=True))
    for front, place in chosen:
        for number, guest in enumerate(front.guests):
            found = differences_of(front, front.row_of(place), len(front.chosen) + number)
            texts = {name: interval_text(say, name, one, True) for name, one in found.items()}
            speak.result(folded(say("optimise.elsewhere", here=front.space.park.name, there=guest, **texts), "  "))


# --- tables and files ------------------------------------------------------------------------------------------------


def strategy_file(front: ParkFront, place: int) -> tuple[Strategy, str]:
    """Return a member of a front as a strategy under a name of its own, and its file."""
    from sim.inputs.strategy import Strategy

    title = {code: title_of(Language(code), front, place) for code in LANGUAGES}
    about = {code: Language(code)("optimise.file", park=front.space.park.name) for code in LANGUAGES}
    more = {"name": member_name(front, place), "title": title, "description": about}
    named = front.judged.members[place].resolved() | more
    strategy = Strategy.from_resolved(named)
    return strategy, tomli_w.dumps(_without_none(strategy.resolved()))


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in table.items()
            if value is not None}


def decisions_row(decided: Decisions) -> dict[str, Any]:
    """Return the decisions of a strategy as cells of a table; a share per role and step."""
    row: dict[str, Any] = {f"{step}_{role}": share for step, mix in zip(PROCESSES, decided.mixes, strict=True)
                           for role, share in zip(ROLES, mix, strict=True)}
    row |= {name: getattr(decided, name) for name in
            ("approach", "adaptive", "fte", "budget", "max_public_share", "private_ratio", "instrument")}
    return row | {f"principle_{name}": on for name, on in zip(PRINCIPLES, decided.principles, strict=True)}


def tables_of(fronts: list[ParkFront]) -> dict[str, pd.DataFrame]:
    """Return every table by name: ``front``, ``candidates``, ``reported``, ``spread``, ``hypervolume``."""
    import pandas as pd

    from analysis.optimise import OBJECTIVES

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in
                                             ("front", "candidates", "reported", "spread", "hypervolume")}
    for front in fronts:
        park, found, judged = {"park": front.space.park.name}, front.searched, front.judged
        for place in range(len(judged.members)):
            by = judged.surpassed_by[place]
            row: dict[str, Any] = {**park, "number": place + 1, "name": member_name(front, place), "fate": judged.fate[place],
                   "surpassed_by": member_name(front, by) if by >= 0 else "", "chosen": ", ".join(front.chosen.get(place, ()))}
            for when, values in (("search", judged.searched), ("fresh", judged.fresh)):
                row |= {f"{name}_{when}": float(value) for name, value in zip(OBJECTIVES, values[place], strict=True)}
            rows["front"].append(row | {"public_fresh": float(judged.public[place])} | decisions_row(front.decided[place]))
        for number, candidate in enumerate(found.candidates):
            row = {**park, "name": candidate.name, "generation": int(found.generation[number]) + 1,
                   "feasible": bool(found.feasible[number])}
            row |= {name: float(value) for name, value in zip(OBJECTIVES, found.values[number], strict=True)}
            rows["candidates"].append(row | decisions_row(front.space.decisions(candidate)))
        rows["reported"] += [park | row for row in reported_rows(front)]
        rows["spread"] += [{**park, **one._asdict(), "share": one.share} for one in front.spread]
        volume, shipped = found.hypervolume()
        rows["hypervolume"] += [{**park, "generation": k + 1, "hypervolume": float(value), "shipped": shipped}
                                for k, value in enumerate(volume)]
    return {name: pd.DataFrame(some) for name, some in rows.items()}


def reported_rows(front: ParkFront) -> list[dict[str, Any]]:
    """Return a row per reported strategy and outcome, with the interval."""
    names = [(member_name(front, place), "found") for place in front.chosen]
    names += [(guest, "guest") for guest in front.guests]
    names += [(front.reported.strategies[row].name, "shipped") for row in front.shipped_rows]
    rows = []
    for row, (name, kind) in enumerate(names):
        both = {**front.reported.estimates[row],
                **{f"{key}_robust": value for key, value in front.reported.robust[row].items()}}
        rows += [{"strategy": name, "kind": kind, "outcome": outcome, **found.to_json()} for outcome, found in both.items()]
    return rows


def numbers_of(front: ParkFront) -> dict[str, Any]:
    """Return what came out on one park as plain values."""
    judged = front.judged
    return {
        "tried": len(front.searched.candidates), "front": len(judged.members), "kept": len(judged.kept),
        "fates": {name: judged.fate.count(name) for name in ("kept", "surpassed", "no_denominator")},
        "chosen": {member_name(front, place): list(why) for place, why in front.chosen.items()},
        "reported": reported_rows(front),
        "surpassed": {front.reported.strategies[row].name: {
            member_name(front, place): {name: found.to_json() for name, found in
                                        differences_of(front, front.row_of(place), row).items()}
            for place in above_of(front, row)} for row in front.shipped_rows},
        "optimism": [{"objective": one.objective, "front": one.front, "shipped": one.shipped, "net": one.net.to_json()}
                     for one in judged.optimism],
        "spread": [{**one._asdict(), "share": one.share} for one in front.spread],
        "hypervolume": list(front.searched.hypervolume()[0]), "hypervolume_shipped": front.searched.hypervolume()[1],
    }  # fmt: skip


def write_strategies(fronts: list[ParkFront], folder: Path) -> None:
    """Write every kept member of every front as a strategy file."""
    folder.mkdir()
    for front in fronts:
        for place in front.judged.kept:
            strategy, text = strategy_file(front, place)
            (folder / f"{strategy.name}.toml").write_text(text, encoding="utf-8")
