"""The roles: what the municipality does, and beside it, at once, what that brings and which queue is the bottleneck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reacton.ipyvuetify as rv
import solara

from analysis.compare import Comparison
from klaver.dashboard import parts
from klaver.dashboard.comparing import titles_of, use_apart
from klaver.dashboard.desk import MOST_PINNED, changed
from klaver.dashboard.drawing.dots import multiplier_dots, vitality_dots
from klaver.dashboard.drawing.queues import queue_paths, queues
from klaver.dashboard.session import Session, use_ensemble, use_session
from klaver.dashboard.shared import shipped_strategy, strategies
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph, show, words_of
from klaver.language import ScreenLanguage
from sim.inputs.problems import InvalidFile
from sim.inputs.self_analysis import GROUPS, Answers, Question, load_questions, profile
from sim.inputs.strategy import BUDGET_PER_HA
from sim.model import Park
from sim.records import CHOICES, INSTRUMENTS, PRINCIPLES, PROCESSES, ROLES

MIX_TEXTS = ("title", "share_of", "lock", "locked", "free", "lock_help", "back", "back_to", "back_help", "sum", "even")


@solara.component
def Mix() -> None:
    """Show the screen."""
    session = use_session()
    say = session.say
    heading(say("mix.heading"), 1)
    paragraph(say("mix.lead"), "lead")
    with block("div", "beside"):
        with block("section", "card beside-first"):
            Roles()
        with block("div", "stack beside-effects"):
            Effects()
        with block("div", "stack beside-rest"):
            with block("section", "card"):
                Rules()
            with block("section", "card"):
                SelfAnalysis()


def set_strategy(session: Session, **values: Any) -> None:
    """Change the strategy that is looked at; what cannot be is told, and changes nothing."""
    try:
        session.change(strategy=changed(session.setting.strategy, **values))
    except InvalidFile as error:
        session.notice.value = "; ".join(error.problems)


@solara.component
def Roles() -> None:
    """Four sliders that keep summing to 100, and presets."""
    session = use_session()
    say, strategy = session.say, session.setting.strategy
    acts = strategy.approach != "none"
    shares = whole_percents(strategy.roles.shares())
    base = shipped_strategy(strategy.name if strategy.name in strategies() else "demand_driven")
    starts = whole_percents(base.roles.shares())

    def mixed(told: Any) -> None:
        if not (isinstance(told, list) and len(told) == 4 and all(type(share) is int and 0 <= share <= 100 for share in told)):
            return
        if sum(told) == 100 and told != whole_percents(session.setting.strategy.roles.shares()):
            steps: dict[str, Any] = dict.fromkeys(PROCESSES)
            roles = {role: share / 100 for role, share in zip(ROLES, told, strict=True)}
            set_strategy(session, roles=roles, steps=steps, adaptive=False)

    parts.MixSliders(
        roles=[{"name": role, "label": say(f"role.{role}"), "about": say(f"mix.about_{role}"), "share": share, "start": start}
               for role, share, start in zip(ROLES, shares, starts, strict=True)],
        texts=words_of(say, "mix", MIX_TEXTS), disabled=not acts, event_mix=mixed,
    )  # fmt: skip
    if not acts:
        paragraph(say("mix.none_acts"), "soft")
    if strategy.adaptive or any(getattr(strategy.steps, step) is not None for step in PROCESSES):
        paragraph(say("mix.moves_by_itself"), "soft")

    def pressed(name: str) -> None:
        if name == "pin":
            pin(session)
        elif name == "reset":
            session.change(strategy=shipped_strategy("demand_driven"))

    pinned = any(other == strategy for other in session.setting.pinned)
    parts.Buttons(
        items=[{"name": "pin", "text": say("mix.pinned" if pinned else "mix.pin"), "help": say("mix.pin_help"),
                "disabled": pinned or len(session.setting.pinned) >= MOST_PINNED},
               {"name": "reset", "text": say("mix.reset")}],
        event_press=pressed,
    )  # fmt: skip


def whole_percents(shares: list[float]) -> list[int]:
    """Return four shares in whole percents that sum to 100: the largest remainders get what is left."""
    exact = [100 * share for share in shares]
    whole = [int(share + 1e-9) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda k: whole[k] - exact[k])
    for k in by_remainder[: 100 - sum(whole)]:
        whole[k] += 1
    return whole


def pin(session: Session) -> None:
    """Set the strategy aside to compare; one of the user's own gets a number, so that two can be told apart."""
    setting, strategy = session.setting, session.setting.strategy
    if strategy.name not in strategies():
        used = {other.name for other in setting.pinned}
        n = next(n for n in range(1, 100) if f"own_{n}" not in used)
        titles = {code: ScreenLanguage(code)("shell.own_strategy_n", n=n) for code in ("nl", "en")}
        strategy = changed(strategy, name=f"own_{n}", title=titles)
    session.change(pinned=(*setting.pinned, strategy)[-MOST_PINNED:], strategy=strategy)


@solara.component
def Rules() -> None:
    """The approach, the six guiding principles, money and team."""
    session = use_session()
    say, strategy, park = session.say, session.setting.strategy, session.setting.park
    town = park.municipality
    budget = strategy.money.budget_per_year if strategy.money.budget_per_year is not None else town.budget_per_year
    fte = strategy.organisation.fte if strategy.organisation.fte is not None else town.fte
    ratio = strategy.money.private_ratio
    hectares = solara.use_memo(lambda: Park.of(park).gross_ha, [id(park)])
    budget = budget if budget is not None else BUDGET_PER_HA * hectares

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        if name in PRINCIPLES and isinstance(value, bool):
            set_strategy(session, principles={name: value})
        elif name == "approach" and value in ("supply_driven", "demand_driven"):
            set_strategy(session, approach=value)
        elif name == "instrument" and value in INSTRUMENTS:
            set_strategy(session, money={"instrument": value})
        elif name == "choice" and value in CHOICES:
            set_strategy(session, choice=value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
            if name == "budget":
                set_strategy(session, money={"budget_per_year": 1_000.0 * number})
            elif name == "fte":
                set_strategy(session, organisation={"fte": number})
            elif name == "max_public_share":
                set_strategy(session, money={"max_public_share": number / 100})
            elif name == "private_ratio":
                set_strategy(session, money={"private_ratio": number})

    def choices(name: str, values: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"value": value, "label": say(f"mix.{name}_{value}")} for value in values]

    heading(say("mix.rules"), 2)
    parts.Form(
        fields=[
            {"kind": "radio", "name": "approach", "label": say("mix.approach"), "value": strategy.approach,
             "options": choices("approach", ("supply_driven", "demand_driven"))},
            {"kind": "range", "name": "fte", "label": say("mix.fte"), "value": fte, "min": 0, "max": 6, "step": 0.25,
             "unit": say("mix.fte_unit"), "shown": say("mix.fte_shown", n=say.number(fte, 2))},
            {"kind": "range", "name": "budget", "label": say("mix.budget"), "value": round(budget / 1000), "min": 0,
             "max": max(2_000, round(budget / 500)), "step": 25, "unit": say("mix.budget_unit"), "shown": say.euros(budget)},
            {"kind": "range", "name": "max_public_share", "label": say("mix.max_public_share"),
             "value": round(100 * strategy.money.max_public_share), "min": 0, "max": 100, "step": 5, "unit": "%",
             "shown": say.share(strategy.money.max_public_share), "help": say("mix.max_public_share_help")},
            {"kind": "range", "name": "private_ratio", "label": say("mix.private_ratio"), "value": ratio, "min": 0,
             "max": 10, "step": 0.5, "shown": say("mix.private_ratio_shown", n=say.number(ratio, 1)),
             "help": say("mix.private_ratio_help")},
            {"kind": "choice", "name": "instrument", "label": say("mix.instrument"), "value": strategy.money.instrument,
             "options": choices("instrument", INSTRUMENTS)},
            {"kind": "choice", "name": "choice", "label": say("mix.choice"), "value": strategy.choice,
             "options": choices("choice", CHOICES)},
        ],
        label="", event_change=change,
    )  # fmt: skip
    parts.Form(
        fields=[{"kind": "check", "name": name, "label": say(f"principle.{name}"), "value": getattr(strategy.principles, name),
                 "help": say(f"mix.principle_{name}")} for name in PRINCIPLES],
        label=say("mix.principles"), event_change=change,
    )  # fmt: skip


@solara.component
def SelfAnalysis() -> None:
    """Questions to the municipality, and the profile that follows from the answers."""
    session = use_session()
    say, language = session.say, session.language.value
    group, set_group = solara.use_state("")
    answers = solara.use_memo(lambda: known_answers(session.setting.answers), [id(session.setting.answers)]).copy()
    questions = solara.use_memo(load_questions, [])

    def answer(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        found = next((question for question in questions if question.id == name), None)
        if found is None:
            return
        if value == "":
            answers.pop(name, None)
        elif found.number is not None and found.number.unit == "share" and isinstance(value, int | float):
            answers[name] = float(value) / 100
        elif isinstance(value, str | int | float):
            answers[name] = value
        try:
            town = profile(Answers(name="our_town", title=own_title(), answers=answers))
        except InvalidFile as error:
            session.notice.value = "; ".join(error.problems)
            return
        session.change(answers=answers, strategy=town.strategy)

    heading(say("mix.self_analysis"), 2)
    paragraph(say("mix.self_analysis_lead", n=len(answers), all=len(questions)))
    parts.Buttons(
        items=[{"name": name, "text": say(f"mix.group_{name}"), "pressed": group == name} for name in GROUPS],
        label=say("mix.groups"), event_press=lambda name: set_group("" if name == group else str(name)),
    )  # fmt: skip
    if group in GROUPS:
        parts.Form(fields=[question_field(question, answers, say) for question in questions if question.group == group],
                   label=say(f"mix.group_{group}_is"), event_change=answer)  # fmt: skip
    if answers:
        found = profile(Answers(name="our_town", title=own_title(), answers=answers))
        with block("details", "behind"):
            rv.Html(tag="summary", children=[say("mix.follows", n=len(found.settings))])
            bullets([f"{setting.question.text.get(language)} → {setting.question.because.get(language)}"
                     for setting in found.settings])  # fmt: skip


def known_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that the questions of this version take; a link or a file may hold others."""
    def is_taken(found: dict[str, Any]) -> bool:
        try:
            profile(Answers(name="our_town", title=own_title(), answers=found))
        except ValueError:
            return False
        return True

    return dict(answers) if is_taken(dict(answers)) else {key: one for key, one in answers.items() if is_taken({key: one})}


def own_title() -> Any:
    """Return what the strategy of a self-analysis is called, in both languages."""
    from sim.inputs.scenario import InTwoLanguages

    return InTwoLanguages(nl=ScreenLanguage("nl")("mix.our_town"), en=ScreenLanguage("en")("mix.our_town"))


def question_field(question: Question, answers: dict[str, Any], say: ScreenLanguage) -> dict[str, Any]:
    """Return a question as a field of a form."""
    language = say.code
    given = answers.get(question.id)
    field: dict[str, Any] = {"name": question.id, "label": question.text.get(language), "help": question.purpose.get(language)}
    if question.number is not None:
        number = question.number
        scale = 100 if number.unit == "share" else 1
        unit = "%" if scale == 100 else say(f"mix.unit_{number.unit.split()[0]}")
        value = "" if given is None else round(scale * float(given), 4)
        return field | {"kind": "number", "value": value, "min": scale * number.low, "max": scale * number.high, "unit": unit}
    options = [{"value": "", "label": say("mix.unanswered")}]
    options += [{"value": option.id, "label": getattr(option, language)} for option in question.options]
    return field | {"kind": "choice", "value": "" if given is None else str(given), "options": options}


@solara.component
def Effects() -> None:
    """What the strategy brings against the reference, as far as its runs are there."""
    session = use_session()
    say, setting = session.say, session.setting
    strategy, reference = apart = use_apart(setting)
    wanted = (strategy,) if reference is strategy else apart
    filling = use_ensemble("mix", wanted)
    runs = filling.runs()
    if filling.failed:
        Problem(say("shell.failed"), [filling.failed.in_words(say)])
        return
    if runs is None:
        Waiting(say("mix.first_picture"))
        return
    titles = titles_of(session, wanted)
    comparison = Comparison(runs, reference.name)
    busy, name = not filling.complete, strategy.name
    paragraph(say("shell.counting", done=say.number(filling.done), total=say.number(filling.total)) if busy
              else say("mix.all_done", n=say.number(len(runs.seeds))), "soft")  # fmt: skip
    with block("div", "columns"):
        with block("section", "card"):
            show(vitality_dots(comparison, name, say, titles=titles, width=session.fit(430)), say, busy=busy, level=2)
        with block("section", "card"):
            show(multiplier_dots(comparison, name, say, titles=titles, width=session.fit(430)), say, busy=busy, level=2)
    if strategy.approach != "none":
        with block("section", "card"):
            drawn = queues(queue_paths(runs, name), say, every=runs.every, width=session.fit(880))
            show(drawn, say, busy=busy, level=2)
