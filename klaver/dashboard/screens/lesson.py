"""The lesson: predict first, then see what the runs bring, how sure that is, and why; no answer is built in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import solara

from analysis.compare import TWIN, Comparison
from klaver.dashboard import desk as desks
from klaver.dashboard import parts, session_file
from klaver.dashboard.drawing.canvas import escape
from klaver.dashboard.drawing.dots import multiplier_dots, vitality_dots
from klaver.dashboard.drawing.wording import capital, change_text, interval_text, value_text, why_undefined
from klaver.dashboard.partings import parting
from klaver.dashboard.session import Session, drawn_parameters, use_call, use_ensemble, use_session
from klaver.dashboard.shared import shipped_strategy, strategies
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph, show
from klaver.dashboard.versions import MOST_VERSIONS
from klaver.diverging import MOST_EVENTS
from klaver.language import ScreenLanguage
from sim.inputs.strategy import Strategy

QUESTIONS = ("better", "private", "twin")
"""More vitality, more extra private euros per extra public euro, and more vitality than without intervention?"""
ANSWERS = {"better": ("a", "same", "b"), "private": ("a", "same", "b"), "twin": ("up", "same", "down")}
SURE = ("50", "70", "90")
"""How sure, in percents."""
OTHER, ABOUT, SHOWN, WHY = "lesson_other", "lesson_about", "lesson_shown", "lesson_why"
LONGEST = 1_000
_OF = "lesson_"


@dataclass(frozen=True)
class Found:
    """What the runs say to one question.

    Attributes
    ----------
    answer
        One of the question's :data:`ANSWERS`, ``"same"`` where the difference cannot be told from chance; None where there is
        no number to compare.
    sentence
        The numbers in words, or why there are none.
    """

    answer: str | None
    sentence: str


@solara.component
def Lesson() -> None:
    """Show the lesson."""
    session = use_session()
    say, setting = session.say, session.setting
    first, second = setting.strategy, other_strategy(session)
    paragraph(say("lesson.lead"), "lead wide")
    if first.approach == "none":
        paragraph(say("lesson.none_acts"))
        parts.Buttons(
            items=[{"name": "take", "primary": True,
                    "text": say("play.take", strategy=session.title(shipped_strategy("demand_driven")))}],
            event_press=lambda _: session.change(strategy=shipped_strategy("demand_driven")),
        )  # fmt: skip
        return
    mark = about(session, first, second)
    given = given_answers(setting.predictions, mark)
    shown = given.get(SHOWN) == "yes" and is_complete(given)  # a link or a file may say one without the other

    def keep(**values: str) -> None:
        now = session.setting.predictions  # not what was drawn: two answers may come in before the page is drawn again
        others = {key: value for key, value in now.items() if not key.startswith(_OF)}
        session.change(predictions={**others, **given_answers(now, mark), OTHER: second.name, ABOUT: mark, **values})

    with block("section", "card"):
        Predict(given, first, second, keep, shown)
    if shown:
        Reveal(given, first, second, keep)


def other_strategy(session: Session) -> Strategy:
    """Return the strategy that the one looked at is held against: the user's choice, or the first that differs."""
    setting = session.setting
    options = others_of(session)
    chosen = setting.predictions.get(OTHER)
    wanted = (chosen, setting.reference.name, "supply_driven")
    return next((option for name in wanted for option in options if option.name == name), options[0])


def others_of(session: Session) -> list[Strategy]:
    """Return the strategies that the one looked at can be held against: those that act and have another name."""
    setting = session.setting
    shipped = [shipped_strategy(name) for name in strategies()]
    found: dict[str, Strategy] = {}
    for strategy in (*shipped, *setting.pinned):
        if strategy.approach != "none" and strategy.name != setting.strategy.name:
            found.setdefault(strategy.name, strategy)
    return list(found.values())


def about(session: Session, first: Strategy, second: Strategy) -> str:
    """Return a mark of what the predictions are about: park, both strategies, how long, and whether parameters are drawn."""
    setting = session.setting
    what = (setting.park.content_hash(), first.content_hash(), second.content_hash(), setting.length, setting.drawn)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def given_answers(predictions: Mapping[str, Any], mark: str) -> dict[str, str]:
    """Return what the user predicted about this; only the other strategy where the predictions are about something else."""
    mine = {key: str(value) for key, value in predictions.items() if key.startswith(_OF)}
    if mine.get(ABOUT) == mark:
        return mine
    return {OTHER: mine[OTHER]} if OTHER in mine else {}


def is_complete(given: Mapping[str, str]) -> bool:
    """Return whether every question has an answer, and how sure the user is of it."""
    return all(given.get(f"{_OF}{q}") in ANSWERS[q] and given.get(f"{_OF}{q}_sure") in SURE for q in QUESTIONS)


@solara.component
def Predict(given: Mapping[str, str], first: Strategy, second: Strategy, keep: Any, shown: bool) -> None:
    """The questions, before anything is seen."""
    session = use_session()
    say, setting = session.say, session.setting
    options = others_of(session)

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), str(told.get("value"))
        question = name.removesuffix("_sure")
        if name == "other" and any(option.name == value for option in options):
            session.change(predictions={key: kept for key, kept in setting.predictions.items() if not key.startswith(_OF)}
                           | {OTHER: value})  # fmt: skip
        elif not shown and question in QUESTIONS and value in (SURE if name.endswith("_sure") else ANSWERS[question]):
            keep(**{f"{_OF}{name}": value})

    def pressed(name: str) -> None:
        if name == "show" and is_complete(given):
            keep(**{SHOWN: "yes"})
        elif name == "again":
            session.change(predictions={key: kept for key, kept in setting.predictions.items() if not key.startswith(_OF)}
                           | {OTHER: second.name})  # fmt: skip

    heading(say("lesson.predict"), 2)
    paragraph(say("lesson.about", park=session.park_title(), a=session.title(first), years=say.number(setting.length / 4)))
    parts.Form(
        fields=[{"kind": "choice", "name": "other", "label": say("lesson.other"), "value": second.name, "disabled": shown,
                 "options": [{"value": option.name, "label": session.title(option)} for option in options]}],
        arranged="row", event_change=change,
    )  # fmt: skip
    with block("div", "columns three"):
        for question in QUESTIONS:
            with block("div", "question"):
                heading(question_text(session, question, first, second), 3)
                parts.Form(
                    fields=[
                        {"kind": "radio", "name": question, "label": say("lesson.expect"), "disabled": shown,
                         "value": given.get(f"{_OF}{question}", ""),
                         "options": [{"value": answer, "label": answer_text(session, answer, first, second)}
                                     for answer in ANSWERS[question]]},
                        {"kind": "radio", "name": f"{question}_sure", "label": say("lesson.how_sure"), "disabled": shown,
                         "value": given.get(f"{_OF}{question}_sure", ""),
                         "options": [{"value": sure, "label": say(f"lesson.sure_{sure}")} for sure in SURE]},
                    ],
                    event_change=change,
                )  # fmt: skip
    ready = is_complete(given)
    items: list[dict[str, Any]] = []
    if not shown:
        items.append({"name": "show", "text": say("lesson.show"), "primary": True, "disabled": not ready})
    if shown or len(given) > 1:
        items.append({"name": "again", "text": say("lesson.again")})
    if not shown and not ready:
        paragraph(say("lesson.first_answer"), "help")
    parts.Buttons(items=items, event_press=pressed)


def question_text(session: Session, question: str, first: Strategy, second: Strategy) -> str:
    """Return a question in words."""
    a, b = session.title(first), session.title(second)
    return session.say(f"lesson.question_{question}", a=a, b=b)


def answer_text(session: Session, answer: str, first: Strategy, second: Strategy) -> str:
    """Return an answer in words."""
    if answer in ("a", "b"):
        return session.title(first if answer == "a" else second)
    return session.say(f"lesson.answer_{answer}")


# --- what the runs say -----------------------------------------------------------------------------------------------------


def what_was_found(comparison: Comparison, question: str, first: str, second: str, titles: Mapping[str, str],
                   say: ScreenLanguage) -> Found:  # fmt: skip
    """Return what runs say to a question.

    Whether a difference can be told from chance is decided as everywhere (``Comparison.against``: all pairs judged together).

    Parameters
    ----------
    comparison
        Of both strategies and the twin.
    question
        One of :data:`QUESTIONS`.
    first, second
        Names of the strategies.
    titles
        What they are called.
    """
    outcome = "multiplier_additional" if question == "private" else "vitality"
    other = TWIN if question == "twin" else second
    if question == "private":
        estimates = {name: comparison.estimates[name][outcome] for name in (first, second)}
        missing = [name for name, found in estimates.items() if not found.defined]
        if missing:
            reasons = [say("lesson.no_multiplier", strategy=titles[name], why=why_undefined(say, comparison, name))
                       for name in missing]  # fmt: skip
            return Found(None, " ".join(reasons))
    against = comparison.against(first, outcome, other)
    assert against is not None  # only a strategy against itself and undefined multipliers have none
    change = against.difference
    levels = {name: comparison.estimates[name][outcome].mean for name in (first, other)}
    means = say.listing([say("lesson.mean", strategy=titles[name], value=value_text(say, outcome, level))
                         for name, level in levels.items()])  # fmt: skip
    interval = interval_text(say, outcome, change, change=True)
    number = say("lesson.difference", change=change_text(say, outcome, change.mean), interval=interval) if interval else ""
    if against.stands and change.mean is not None:
        higher, lower = ("up", "down") if question == "twin" else ("a", "b")
        answer = higher if change.mean > 0.0 else lower
    else:
        answer = "same"
    chance = ""
    if against.better is not None and against.better.mean is not None:
        chance = say("lesson.how_often", a=titles[first], b=titles[other], share=say.share(against.better.mean))
    return Found(answer, " ".join(part for part in (f"{capital(means)}.", number, chance) if part))


def verdict(given: str, found: Found) -> str:
    """Return how a prediction and what was found go together: ``"as_said"``, ``"otherwise"`` or ``"unknown"``."""
    if found.answer is None:
        return "unknown"
    return "as_said" if given == found.answer else "otherwise"


@solara.component
def Reveal(given: Mapping[str, str], first: Strategy, second: Strategy, keep: Any) -> None:
    """What the runs say beside what was predicted, why, and handing in."""
    session = use_session()
    say = session.say
    filling = use_ensemble("lesson", (first, second))
    if filling.failed:
        Problem(say("shell.failed"), [filling.failed.in_words(say)])
        return
    if not filling.complete:
        Waiting(say("shell.counting", done=say.number(filling.done), total=say.number(filling.total)))
        return
    Revealed(given, first, second, keep, filling.runs())


@solara.component
def Revealed(given: Mapping[str, str], first: Strategy, second: Strategy, keep: Any, runs: Any) -> None:
    """The same, when all runs are there."""
    session = use_session()
    say = session.say
    titles = {strategy.name: session.title(strategy) for strategy in (first, second, shipped_strategy(TWIN))}
    comparison = solara.use_memo(lambda: Comparison(runs, second.name), [id(runs), second.name])
    found = solara.use_memo(
        lambda: {q: what_was_found(comparison, q, first.name, second.name, titles, say) for q in QUESTIONS},
        [id(comparison), first.name, second.name, say.code],
    )
    with block("section", "card"):
        heading(say("lesson.outcome"), 2)
        paragraph(say("lesson.over", n=say.number(len(runs.seeds))), "soft")
        with block("div", "columns three"):
            for question in QUESTIONS:
                with block("div", "question"):
                    Answer(question, given, found[question], first, second)
        paragraph(say("lesson.count", **counted(given, found)))
    with block("div", "columns"):
        with block("section", "card"):
            show(vitality_dots(comparison, first.name, say, titles=titles, width=session.fit(560)), say, level=3)
        with block("section", "card"):
            show(multiplier_dots(comparison, first.name, say, titles=titles, width=session.fit(560)), say, level=3)
    with block("section", "card"):
        Why(first, second, titles)
    with block("section", "card"):
        HandIn(given, found, first, second, keep, len(runs.seeds))


def counted(given: Mapping[str, str], found: Mapping[str, Found]) -> dict[str, Any]:
    """Return how many predictions there are an answer to, how many came out, and how sure the user was on average."""
    with_answer = [q for q in QUESTIONS if found[q].answer is not None]
    right = sum(given[f"{_OF}{q}"] == found[q].answer for q in with_answer)
    sure = sum(int(given[f"{_OF}{q}_sure"]) for q in with_answer) / max(len(with_answer), 1)
    return {"n": len(with_answer), "right": right, "sure": round(sure)}


@solara.component
def Answer(question: str, given: Mapping[str, str], found: Found, first: Strategy, second: Strategy) -> None:
    """One question: predicted, found, and how the two go together."""
    session = use_session()
    say = session.say
    said = given[f"{_OF}{question}"]
    heading(question_text(session, question, first, second), 3)
    paragraph(say("lesson.you_said", answer=answer_text(session, said, first, second),
                  sure=say(f"lesson.sure_{given[f'{_OF}{question}_sure']}")))  # fmt: skip
    if found.answer is not None:
        paragraph(say("lesson.found", answer=answer_text(session, found.answer, first, second)))
    how = verdict(said, found)
    paragraph(f"{ {'as_said': '✓', 'otherwise': '≠', 'unknown': '?'}[how]} {say(f'lesson.verdict_{how}')}", f"verdict {how}")
    paragraph(found.sentence)


@solara.component
def Why(first: Strategy, second: Strategy, titles: Mapping[str, str]) -> None:
    """Where the two strategies part in one future, and what that led to."""
    session = use_session()
    say, setting = session.say, session.setting
    parameters = drawn_parameters(setting)
    names = (titles[first.name], titles[second.name])
    marks = solara.use_memo(
        lambda: (setting.park.content_hash(), first.content_hash(), second.content_hash()),
        [id(setting.park), id(first), id(second)],
    )
    pending = use_call(
        "lesson_why", (marks, names, setting.seed, setting.length, setting.drawn, say.code), parting,
        lambda: (setting.park.resolved(), (first.resolved(), second.resolved()), names, setting.seed, setting.length,
                 parameters, say.code),
    )  # fmt: skip
    heading(say("lesson.why"), 2)
    paragraph(say("lesson.why_text", n=setting.seed), "soft")
    if pending.failed:
        Problem(say("shell.failed"), [pending.failed.in_words(say)])
    elif pending.result is None:
        Waiting(say("lesson.why_waiting"))
    elif pending.result.quarter is None:
        paragraph(say("lesson.why_same"))
    else:
        found = pending.result
        paragraph(say("lesson.why_parts", when=say.quarter(found.quarter)))
        with block("div", "columns"):
            for name, told in zip(names, found.events, strict=True):
                with block("div"):
                    heading(name, 3)
                    bullets(told[:MOST_EVENTS] or [say("lesson.why_nothing")])
        if found.thresholds:
            bullets(found.thresholds[:MOST_EVENTS])
        if found.led_to:
            heading(say("lesson.why_led_to"), 3)
            paragraph(say("lesson.why_runs", a=names[0], b=names[1]), "soft")
            bullets(found.led_to)


# --- handing in ------------------------------------------------------------------------------------------------------------


@solara.component
def HandIn(
    given: Mapping[str, str], found: Mapping[str, Found], first: Strategy, second: Strategy, keep: Any, futures: int
) -> None:
    """The user's own explanation, and a page of it all to hand in."""
    session = use_session()
    say = session.say
    def change(told: dict[str, Any]) -> None:
        value = told.get("value")
        if told.get("name") == "why" and isinstance(value, str):
            keep(**{WHY: value[:LONGEST]})

    def session_text() -> str:
        state = desks.plain(session.setting) | {"language": say.code, "library": session.library.value[:MOST_VERSIONS]}
        return session_file.to_json(state)

    heading(say("lesson.hand_in"), 2)
    parts.Form(
        fields=[{"kind": "long", "name": "why", "label": say("lesson.own_words"), "value": given.get(WHY, ""), "most": LONGEST,
                 "help": say("lesson.own_words_help", n=LONGEST)}],
        event_change=change,
    )  # fmt: skip
    with block("div", "buttons"):
        HandOver("page", "text/html", lambda: hand_in_page(session, given, found, first, second, futures))
        HandOver("session", "application/json", session_text)
    paragraph(say("lesson.hand_in_help"), "help")


@solara.component
def HandOver(what: str, kind: str, make: Callable[[], str]) -> None:
    """A button that saves a file, made when it is asked for."""
    say = use_session().say
    content, set_content = solara.use_state("")
    number, set_number = solara.use_state(0)

    def ask(_: Any) -> None:
        set_content(base64.b64encode(make().encode()).decode())
        set_number(number + 1)

    parts.Download(
        text=say(f"lesson.download_{what}"), filename=say(f"lesson.file_{what}"), kind=kind, content=content, number=number,
        primary=what == "page", event_ask=ask, event_saved=lambda _: set_content(""),
    )  # fmt: skip


def hand_in_page(
    session: Session, given: Mapping[str, str], found: Mapping[str, Found], first: Strategy, second: Strategy, futures: int
) -> str:
    """Return a page of predictions, what was found and the user's own explanation, as HTML that stands by itself."""
    from klaver.results import version

    say, setting = session.say, session.setting
    title = say("lesson.page_title")
    lines = [
        "<!doctype html>", f'<html lang="{say.code}"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        "<style>body{font:1rem/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1D2A33}"
        "h2{font-size:1.1rem;margin-bottom:.2rem}pre{white-space:pre-wrap;font:inherit}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(say('lesson.page_about', park=session.park_title(), a=session.title(first), b=session.title(second),
                         n=futures, seed=setting.seed, version=version()))}</p>",
    ]  # fmt: skip
    for question in QUESTIONS:
        said, answer = given[f"{_OF}{question}"], found[question].answer
        lines.append(f"<h2>{escape(question_text(session, question, first, second))}</h2>")
        told = [say("lesson.you_said", answer=answer_text(session, said, first, second),
                    sure=say(f"lesson.sure_{given[f'{_OF}{question}_sure']}"))]  # fmt: skip
        if answer is not None:
            told.append(say("lesson.found", answer=answer_text(session, answer, first, second)))
        told += [say(f"lesson.verdict_{verdict(said, found[question])}"), found[question].sentence]
        lines += [f"<p>{escape(sentence)}</p>" for sentence in told]
    words = "\n".join(escape(line) for line in given.get(WHY, "").splitlines())
    lines += [f"<h2>{escape(say('lesson.own_words'))}</h2>", f"<pre>{words or escape(say('lesson.no_words'))}</pre>",
              f"<p><small>{escape(say('shell.cannot_say'))}</small></p></body></html>"]  # fmt: skip
    return "\n".join(lines) + "\n"
