"""Strategies side by side: what can be told apart, where the order turns, and what to take away."""

from __future__ import annotations

import math
from typing import Any

import solara

from analysis.compare import NET_PRIVATE, RANKED
from klaver.dashboard import parts
from klaver.dashboard.comparing import (
    OVER_TIME,
    Judged,
    Moments,
    at_horizons,
    horizons_of,
    moments,
    named_apart,
    titles_of,
    use_judged,
)
from klaver.dashboard.desk import MOST_PINNED, is_shipped
from klaver.dashboard.drawing.choices import (
    chance_best,
    differences,
    front,
    hypothetical_outcomes,
    pair_matrix,
    paired_futures,
)
from klaver.dashboard.drawing.horizons import horizons
from klaver.dashboard.drawing.wording import EUROS, capital, outcome_name
from klaver.dashboard.screens.compare_downloads import Downloads
from klaver.dashboard.screens.compare_words import (
    apart_groups,
    group_sentences,
    outcome_rows,
    pair_rows,
    sturdy_rows,
    sturdy_sentence,
    turn_sentences,
)
from klaver.dashboard.screens.mix import pin
from klaver.dashboard.session import use_call, use_session
from klaver.dashboard.shared import shipped_strategy, strategies
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph, show, words_of
from klaver.language import Language
from sim.inputs.strategy import Strategy

SINGLE = ("vitality", "social_balance")
"""Outcomes with a value per future."""
SMALLEST = {"multiplier_additional": 0.0, "vitality": 1.0, "social_balance": 1e6}
"""Smallest difference that matters, to begin with: as ``klaver compare --until decided`` has it."""
FUTURES_SHOWN = 20
HALF, WHOLE = 600, 800


@solara.component
def Compare() -> None:
    """Show the screen."""
    session = use_session()
    say = session.say
    heading(say("compare.heading"), 1)
    paragraph(say("compare.lead"), "lead wide")
    with block("section", "card"):
        LineUp()
    with block("div", "stack"):
        Compared()


@solara.component
def LineUp() -> None:
    """Who is compared: those pinned, the one that is looked at, and the reference."""
    session = use_session()
    say, setting = session.say, session.setting
    own = [strategy for strategy in setting.pinned if not is_shipped(strategy)]
    chosen = {strategy.name for strategy in setting.pinned if is_shipped(strategy)}
    full = len(setting.pinned) >= MOST_PINNED

    def tick(told: dict[str, Any]) -> None:
        name, on = str(told.get("name")), told.get("value")
        pinned = session.setting.pinned
        if name in strategies() and isinstance(on, bool):
            strategy = shipped_strategy(name)
            if on and strategy not in pinned and len(pinned) < MOST_PINNED:
                session.change(pinned=(*pinned, strategy))
            elif not on:
                session.change(pinned=tuple(other for other in pinned if other != strategy))
        elif name in {f"own:{k}" for k in range(len(own))} and on is False:
            gone = own[int(name[4:])]
            session.change(pinned=tuple(other for other in pinned if other is not gone))

    heading(say("compare.who"), 2)
    looked_at, other = session.title(setting.strategy), session.title(setting.reference)
    paragraph(say("compare.who_lead", name=looked_at, other=other, most=MOST_PINNED), "wide")
    always = {one.name for one in (setting.strategy, setting.reference) if is_shipped(one)}
    fields = []
    for name in strategies():
        title = session.title(shipped_strategy(name))
        fields.append({
            "kind": "check", "name": name, "label": say("compare.takes_part", name=title) if name in always else title,
            "value": name in chosen or name in always, "disabled": name in always or (full and name not in chosen),
        })  # fmt: skip
    fields += [{"kind": "check", "name": f"own:{k}", "label": session.title(strategy), "value": True}
               for k, strategy in enumerate(own)]  # fmt: skip
    label = say("compare.pinned", n=len(setting.pinned), most=MOST_PINNED)
    parts.Form(fields=fields, label=label, arranged="row", event_change=tick)
    if full:
        paragraph(say("compare.full"), "soft")
    if setting.strategy not in setting.pinned and not is_shipped(setting.strategy) and not full:
        parts.Buttons(
            items=[{"name": "pin", "text": say("compare.pin_this", name=looked_at), "help": say("mix.pin_help")}],
            event_press=lambda _: pin(session),
        )  # fmt: skip


@solara.component
def Compared() -> None:
    """Everything that the runs tell of the strategies together, as far as they are there."""
    session = use_session()
    say, setting = session.say, session.setting
    asked = (*setting.pinned, setting.strategy, setting.reference)
    apart = solara.use_memo(lambda: named_apart(asked), [*map(id, asked)])
    compared = solara.use_memo(lambda: tuple({one.name: one for one in apart}.values()), [id(apart)])
    reference = apart[-1].name
    judged = use_judged("compare", compared, reference)
    titles = titles_of(session, compared)
    if judged.failed:
        Problem(say("shell.failed"), [judged.failed.in_words(say)])
        return
    if judged.comparison is None:
        Waiting(say("shell.counting", done=say.number(judged.done), total=say.number(judged.total)) if judged.done
                else say("compare.first_picture"))  # fmt: skip
        return
    paragraph(say("shell.counting", done=say.number(judged.done), total=say.number(judged.total)) if judged.busy
              else say("compare.all_done", n=say.number(judged.seeds)), "soft wide")  # fmt: skip
    if len(judged.comparison.strategies) < 3:
        with block("section", "card"):
            paragraph(say("compare.only_two"))
    with block("section", "card"):
        Downloads(judged, compared, titles)
    with block("section", "card"):
        Apart(judged, titles)
    with block("div", "columns"):
        with block("section", "card"):
            Drawn(judged, titles, "differences")
        with block("section", "card"):
            Drawn(judged, titles, "best")
    with block("section", "card"):
        PairsAndPrice(judged, titles)
    with block("section", "card"):
        Turning(judged, compared, titles)
    with block("section", "card"):
        SingleFutures(judged, titles)
    with block("section", "card"):
        AllOutcomes(judged, titles)


# --- what can be told apart ------------------------------------------------------------------------------------------


@solara.component
def Apart(judged: Judged, titles: dict[str, str]) -> None:
    """Which strategies can be told apart by more than a difference that matters."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    outcome, set_outcome = solara.use_state("vitality")
    least, set_least = solara.use_state(SMALLEST)
    smallest, scale = least[outcome], 1e-6 if outcome in EUROS else 1.0

    def change(told: dict[str, Any]) -> None:
        value = told.get("value")
        if told.get("name") == "smallest" and isinstance(value, int | float) and not isinstance(value, bool) \
                and math.isfinite(value) and 0 <= value <= 1000:  # fmt: skip
            set_least({**least, outcome: value / scale})

    heading(say("compare.apart"), 2)
    paragraph(say("compare.apart_lead"))
    Which(RANKED, outcome, set_outcome)
    groups = solara.use_memo(lambda: apart_groups(comparison, outcome, smallest), [judged.mark, outcome, smallest])
    rows = solara.use_memo(
        lambda: pair_rows(comparison, outcome, smallest, titles, say),
        [judged.mark, outcome, smallest, say.code, *titles.values()],
    )
    with block("div", "columns side"):
        with block("div"):
            parts.Form(
                fields=[{"kind": "number", "name": "smallest", "label": say("compare.smallest"),
                         "value": round(smallest * scale, 3), "min": 0, "max": 1000, "step": 0.1,
                         "unit": say(f"compare.unit_{outcome}"), "help": say("compare.smallest_help")}],
                event_change=change,
            )  # fmt: skip
            bullets(group_sentences(comparison, outcome, groups, titles, say))
            paragraph(say("compare.pairs_note"), "help")
        with block("div"):
            if rows:
                parts.DataTable(
                    caption=say("compare.pairs_caption", outcome=outcome_name(say, outcome)),
                    columns=[say(f"compare.column_{key}") for key in ("pair", "difference", "interval", "verdict")],
                    rows=rows, numeric=[1, 2],
                )  # fmt: skip


@solara.component
def Which(outcomes: tuple[str, ...], chosen: str, choose: Any) -> None:
    """Buttons to choose an outcome with."""
    say = use_session().say
    parts.Buttons(
        items=[{"name": name, "text": capital(outcome_name(say, name)), "pressed": name == chosen} for name in outcomes],
        label=say("outcomes.which"), event_press=lambda name: choose(name) if name in outcomes else None,
    )  # fmt: skip


@solara.component
def Drawn(judged: Judged, titles: dict[str, str], which: str) -> None:
    """One picture of all strategies."""
    session = use_session()
    say, comparison, width = session.say, judged.comparison, session.fit(HALF)
    draw = {"differences": differences, "best": chance_best}[which]
    assert comparison is not None
    picture = solara.use_memo(
        lambda: draw(comparison, say, width=width, titles=titles), [judged.mark, which, say.code, width, *titles.values()]
    )
    show(picture, say, busy=judged.busy, level=2)


@solara.component
def PairsAndPrice(judged: Judged, titles: dict[str, str]) -> None:
    """How often one does better than another, and what it costs, on one outcome."""
    session = use_session()
    say, comparison, width = session.say, judged.comparison, session.fit(HALF)
    assert comparison is not None
    outcome, set_outcome = solara.use_state("vitality")
    heading(say("compare.pairs_and_price"), 2)
    Which(SINGLE, outcome, set_outcome)
    marks = [judged.mark, outcome, say.code, width, *titles.values()]
    pairs = solara.use_memo(lambda: pair_matrix(comparison, outcome, say, width=width, titles=titles), marks)
    price = solara.use_memo(lambda: front(comparison, say, outcome=outcome, width=width, titles=titles), marks)
    with block("div", "columns"):
        for picture in (pairs, price):
            with block("div"):
                show(picture, say, busy=judged.busy)


# --- where the order turns -------------------------------------------------------------------------------------------


@solara.component
def Turning(judged: Judged, compared: tuple[Strategy, ...], titles: dict[str, str]) -> None:
    """Whether the order is another one earlier, or under other assumptions."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    outcome, set_outcome = solara.use_state("vitality")
    asked, set_asked = solara.use_state(False)
    runs, reference = comparison.runs, comparison.reference
    years = horizons_of(runs.quarters)
    pending = use_call(
        "compare turns", f"{judged.mark} {years}", moments, lambda: (at_horizons(runs), reference, years), wanted=bool(years)
    )
    found: Moments | None = pending.result if pending is not None and pending.complete else None
    width = session.fit(WHOLE)
    picture = solara.use_memo(
        lambda: horizons(found, outcome, comparison.strategies, reference, say, width=width, titles=titles) if found else None,
        [id(found), judged.mark, outcome, say.code, width, *titles.values()],
    )
    heading(say("compare.turns"), 2)
    paragraph(say("compare.turns_lead"))
    Which(OVER_TIME, outcome, set_outcome)
    if pending is not None and pending.failed:
        Problem(say("shell.failed"), [pending.failed.in_words(say)])
    elif picture is None or found is None:
        Waiting(say("compare.working"))
    else:
        with block("div", "columns side-right"):
            with block("div"):
                show(picture, say, busy=judged.busy)
            with block("div"):
                bullets(turn_sentences(found.turns(outcome), titles, say))
    heading(say("compare.other_assumptions"), 3)
    paragraph(say("outcomes.uncertainty_help"))
    if asked:
        Sturdy(judged, compared, titles)
    else:
        parts.Buttons(items=[{"name": "ask", "text": say("compare.ask_sturdy")}], event_press=lambda _: set_asked(True))
        paragraph(say("compare.ask_sturdy_help"), "soft")


@solara.component
def Sturdy(judged: Judged, compared: tuple[Strategy, ...], titles: dict[str, str]) -> None:
    """Which differences hold with chance alone, and with chance and what is not known."""
    session = use_session()
    say, drawn = session.say, session.setting.drawn
    here = judged.comparison
    assert here is not None
    outcome, set_outcome = solara.use_state("vitality")
    other = use_judged("compare sturdy", compared, here.reference, drawn=not drawn)
    if other.failed:
        Problem(say("shell.failed"), [other.failed.in_words(say)])
        return
    if other.comparison is None:
        Waiting(say("shell.counting", done=say.number(other.done), total=say.number(other.total)))
        return
    chance, both = (other.comparison, here) if drawn else (here, other.comparison)
    Which(RANKED, outcome, set_outcome)
    if other.busy:
        paragraph(say("shell.counting", done=say.number(other.done), total=say.number(other.total)), "soft")
    rows = sturdy_rows(chance, both, outcome, titles, say)
    paragraph(sturdy_sentence(chance, both, outcome, say))
    if rows:
        parts.DataTable(
            caption=say("compare.sturdy_caption", outcome=outcome_name(say, outcome)),
            columns=[say(f"compare.column_{key}") for key in ("pair", "chance", "both", "holds")], rows=rows, numeric=[1, 2],
        )  # fmt: skip


# --- single futures of two -------------------------------------------------------------------------------------------


@solara.component
def SingleFutures(judged: Judged, titles: dict[str, str]) -> None:
    """Two strategies in the same futures, one after the other, and all at once."""
    session = use_session()
    say, comparison, width = session.say, judged.comparison, session.fit(HALF)
    assert comparison is not None
    names = comparison.strategies
    chosen, set_chosen = solara.use_state({"outcome": "vitality"})
    outcome = chosen["outcome"]
    other = next((name for name in names if name != comparison.reference), names[0])
    standard = {"first": other, "second": comparison.reference}
    first, second = (chosen.get(key, "") if chosen.get(key, "") in names else standard[key] for key in ("first", "second"))

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        if name in ("first", "second") and value in names:
            set_chosen({**chosen, name: value})

    heading(say("compare.single"), 2)
    paragraph(say("compare.single_lead"))
    options = [{"value": name, "label": titles[name]} for name in names]
    parts.Form(
        fields=[{"kind": "choice", "name": key, "label": say(f"compare.{key}"), "value": value, "options": options}
                for key, value in (("first", first), ("second", second))],
        arranged="row", event_change=change,
    )  # fmt: skip
    Which((*SINGLE, NET_PRIVATE), outcome, lambda name: set_chosen({**chosen, "outcome": name}))
    marks = [judged.mark, first, second, outcome, say.code, width, *titles.values()]

    def draw() -> tuple[Any, Any] | None:
        if first == second:
            return None
        how: dict[str, Any] = {"frames": FUTURES_SHOWN, "width": width, "titles": titles}
        return (hypothetical_outcomes(comparison, first, second, outcome, say, **how),
                paired_futures(comparison, first, second, outcome, say, **how))  # fmt: skip

    pictures = solara.use_memo(draw, marks)
    if pictures is None:
        paragraph(say("compare.choose_two"))
        return
    moving, still = pictures
    with block("div", "columns"):
        with block("div"):
            heading(say("compare.one_by_one"), 3)
            parts.Frames(svg=moving.svg, count=len(moving.table), texts=frame_texts(say))
        with block("div"):
            show(still, say, busy=judged.busy)


def frame_texts(say: Language) -> dict[str, str]:
    """Return the texts of a player of futures."""
    return words_of(say, "compare", ("label", "play", "pause", "back", "on", "future"))  # type: ignore[arg-type]


# --- everything ------------------------------------------------------------------------------------------------------


@solara.component
def AllOutcomes(judged: Judged, titles: dict[str, str]) -> None:
    """All outcomes of all strategies, as levels or as differences."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    kind, set_kind = solara.use_state("levels")
    heading(say("compare.all"), 2)
    parts.Buttons(
        items=[{"name": name, "text": say(f"compare.{name}", other=titles[comparison.reference]), "pressed": name == kind}
               for name in ("levels", "changes")],
        label=say("compare.all_show"), event_press=lambda name: set_kind(name) if name in ("levels", "changes") else None,
    )  # fmt: skip
    names = [name for name in comparison.strategies if kind == "levels" or name != comparison.reference]
    rows = solara.use_memo(
        lambda: outcome_rows(comparison, names, kind == "changes", say), [judged.mark, kind, say.code, *names]
    )
    parts.DataTable(
        caption=say("compare.all_caption", n=say.number(judged.seeds)),
        columns=[say("chart.column_outcome"), *(titles[name] for name in names)], rows=rows,
    )  # fmt: skip
