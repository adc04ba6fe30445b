"""The outcomes: what a strategy brings against the reference, how sure that is, and where the euros go."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import solara

from analysis.compare import NET_PRIVATE, Comparison
from analysis.statistics import few_seeds_note
from klaver.dashboard import parts
from klaver.dashboard.comparing import Judged, titles_of, use_apart, use_judged
from klaver.dashboard.drawing.dots import threshold_dots
from klaver.dashboard.drawing.fans import components, fan
from klaver.dashboard.drawing.flows import run_flows
from klaver.dashboard.drawing.queues import queue_paths, queues
from klaver.dashboard.drawing.widening import mean_sentences, widening
from klaver.dashboard.drawing.wording import EUROS, capital, change_text, interval_text, outcome_name, why_undefined
from klaver.dashboard.session import use_followed, use_session
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph, show
from klaver.language import Language

OVER_TIME = ("vitality", "vacancy", "jobs", "private_investment", "public_outlay")
COUNTED = ("vitality", NET_PRIVATE, "social_balance", "private_investment")
YEARS = (10, 15, 20)
MOST_SEED = 100_000
HALF, WHOLE = 600, 800
"""Widths of pictures: about those of the columns they stand in."""


@solara.component
def Outcomes() -> None:
    """Show the screen."""
    session = use_session()
    say = session.say
    heading(say("outcomes.heading"), 1)
    paragraph(say("outcomes.lead"), "lead")
    with block("section", "card"):
        HowFar()
    with block("div", "stack"):
        Brought()


@solara.component
def HowFar() -> None:
    """How long the park is followed, and whether what is not known differs between futures."""
    session = use_session()
    say, setting = session.say, session.setting
    years = sorted({*(4 * year for year in YEARS), setting.park.quarters, setting.length})

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        if name == "horizon" and value in {str(quarters) for quarters in years}:
            session.change(quarters=None if int(str(value)) == setting.park.quarters else int(str(value)))
        elif name == "drawn" and value in ("chance", "both"):
            session.change(drawn=value == "both")

    parts.Form(
        fields=[
            {"kind": "choice", "name": "horizon", "label": say("outcomes.horizon"), "value": str(setting.length),
             "options": [{"value": str(quarters), "label": say.duration(quarters)} for quarters in years]},
            {"kind": "radio", "name": "drawn", "label": say("outcomes.uncertainty"),
             "value": "both" if setting.drawn else "chance", "help": say("outcomes.uncertainty_help"),
             "options": [{"value": key, "label": say(f"outcomes.spread_{key}")} for key in ("chance", "both")]},
        ],
        arranged="row", event_change=change,
    )  # fmt: skip


@solara.component
def Brought() -> None:
    """Everything that the runs tell, as far as they are there."""
    session = use_session()
    say, setting = session.say, session.setting
    strategy, reference = use_apart(setting)
    judged = use_judged("outcomes", (strategy, reference), reference.name)
    titles = titles_of(session, (strategy, reference))
    if judged.failed:
        Problem(say("shell.failed"), [judged.failed.in_words(say)])
        return
    if judged.comparison is None:
        Waiting(say("outcomes.first_picture"))
        return
    with block("section", "card", **{"aria-labelledby": "in-short"}):
        InShort(judged, strategy.name, titles)
    with block("div", "columns"):
        with block("section", "card"):
            OverTheYears(judged, strategy.name, titles)
        with block("section", "card"):
            HowOften(judged, strategy.name, titles)
    with block("section", "card"):
        Euros(titles[strategy.name])
    with block("div", "columns"):
        with block("section", "card"):
            Parts(judged, strategy.name, titles)
        with block("section", "card"):
            Queues(judged, strategy.name, titles)
    with block("section", "card"):
        NotKnown(strategy, reference, judged, titles)


# --- in words --------------------------------------------------------------------------------------------------------


@solara.component
def InShort(judged: Judged, strategy: str, titles: dict[str, str]) -> None:
    """What it brings, and how sure that is, in three sentences at most."""
    session = use_session()
    say, setting = session.say, session.setting
    comparison = judged.comparison
    assert comparison is not None
    heading(say("outcomes.in_short"), 2, attributes={"id": "in-short"})
    marks = [judged.mark, strategy, say.code, *titles.values(), setting.drawn]
    for sentence in solara.use_memo(lambda: headline(comparison, strategy, titles, say, setting.drawn), marks):
        paragraph(sentence, "lead")
    paragraph(say("shell.counting", done=say.number(judged.done), total=say.number(judged.total)) if judged.busy
              else say("outcomes.all_done", n=say.number(judged.seeds)), "soft")  # fmt: skip


def headline(comparison: Comparison, strategy: str, titles: dict[str, str], say: Language, drawn: bool) -> list[str]:
    """Return what a strategy brings against the reference and how sure that is: three sentences at most.

    Parameters
    ----------
    strategy
        One of those run.
    titles
        What strategies are called, by name.
    drawn
        Whether parameters were drawn per seed.
    """
    name, other = titles[strategy], titles[comparison.reference]
    if strategy == comparison.reference:
        return [say("outcomes.same_twice", name=name)]
    change = comparison.differences[strategy]["vitality"]
    assert change is not None and change.mean is not None
    years = say.duration(comparison.runs.quarters)
    interval = interval_text(say, "vitality", change, change=True)
    brackets = f" ({interval})" if interval else ""
    here, there = comparison.values(strategy, "vitality"), comparison.values(comparison.reference, "vitality")
    n, higher, lower = len(here), int((here > there).sum()), int((here < there).sum())
    shown = {"name": name, "other": other, "years": years, "interval": brackets, "n": n}
    if not higher and not lower:
        first = say("outcomes.vitality_same", **shown)
    elif not comparison.stands("vitality", strategy):
        first = say("outcomes.vitality_unclear", change=change_text(say, "vitality", change.mean), **shown)
    elif change.mean > 0:
        first = say("outcomes.vitality_up", change=_size(say, change.mean), k=higher, **shown)
    else:
        first = say("outcomes.vitality_down", change=_size(say, change.mean), k=lower, **shown)
    return [first, _money(comparison, strategy, name, say), _sureness(comparison, say, drawn)]


def _size(say: Language, change: float) -> str:
    return say("chart.points", n=say.number(abs(change), 1))


def _money(comparison: Comparison, strategy: str, name: str, say: Language) -> str:
    found = comparison.estimates[strategy]["multiplier_additional"]
    if found.mean is None:
        return say("outcomes.multiplier_none", reason=why_undefined(say, comparison, strategy))
    interval = interval_text(say, "multiplier_additional", found)
    brackets = f" ({interval})" if interval else ""
    values = {"name": name, "n": say.number(found.mean, 2), "interval": brackets}
    if found.low is None or found.high is None or found.low <= 1.0 <= found.high:
        return say("outcomes.multiplier_unclear", **values)
    return say("outcomes.multiplier_more" if found.low > 1.0 else "outcomes.multiplier_less", **values)


def _sureness(comparison: Comparison, say: Language, drawn: bool) -> str:
    n = len(comparison.runs.seeds)
    if few_seeds_note(n):
        return say("outcomes.sure_few_one" if n == 1 else "outcomes.sure_few", n=n)
    return say("outcomes.sure_both" if drawn else "outcomes.sure_chance", n=n)


# --- pictures of the runs --------------------------------------------------------------------------------------------


@solara.component
def OverTheYears(judged: Judged, strategy: str, titles: dict[str, str]) -> None:
    """An outcome through time, one at a time."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    column, set_column = solara.use_state("vitality")
    heading(say("outcomes.over_years"), 2)
    parts.Buttons(
        items=[{"name": name, "text": capital(outcome_name(say, name)), "pressed": name == column} for name in OVER_TIME],
        label=say("outcomes.which"), event_press=lambda name: set_column(name) if name in OVER_TIME else None,
    )  # fmt: skip
    width = session.fit(HALF)
    picture = solara.use_memo(
        lambda: fan(comparison.runs, strategy, comparison.reference, column, say, width=width, titles=titles),
        [judged.mark, strategy, column, say.code, width, *titles.values()],
    )
    show(picture, say, busy=judged.busy)


@solara.component
def HowOften(judged: Judged, strategy: str, titles: dict[str, str]) -> None:
    """Fifty futures, and how many of them exceed a threshold that can be moved."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    outcome, set_outcome = solara.use_state("vitality")
    nothing_moved: dict[str, float] = {}
    moved, set_moved = solara.use_state(nothing_moved)
    start = solara.use_memo(lambda: first_threshold(comparison, outcome), [judged.mark, outcome])
    threshold = float(moved.get(outcome, start))
    scale = 1e-6 if outcome in EUROS else 1.0

    def move(value: Any) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e13:
            step = step_of_threshold(outcome)
            set_moved({**moved, outcome: round(value / step) * step})

    def typed(told: dict[str, Any]) -> None:
        value = told.get("value")
        if told.get("name") == "threshold" and isinstance(value, int | float) and not isinstance(value, bool):
            move(value / scale)

    heading(say("outcomes.how_often"), 2)
    parts.Buttons(
        items=[{"name": name, "text": say(f"outcomes.counted_{name}"), "pressed": name == outcome} for name in COUNTED],
        label=say("outcomes.which"), event_press=lambda name: set_outcome(name) if name in COUNTED else None,
    )  # fmt: skip
    parts.Form(
        fields=[{"kind": "number", "name": "threshold", "label": say("outcomes.threshold"),
                 "value": round(threshold * scale, 2), "step": step_of_threshold(outcome) * scale,
                 "unit": say("chart.million") if outcome in EUROS else say("outcomes.of_100"),
                 "help": say("outcomes.threshold_help")}],
        event_change=typed,
    )  # fmt: skip
    width = session.fit(HALF)
    picture = solara.use_memo(
        lambda: threshold_dots(comparison, strategy, outcome, threshold, say, width=width, titles=titles),
        [judged.mark, strategy, outcome, threshold, say.code, width, *titles.values()],
    )
    show(picture, say, busy=judged.busy, on_threshold=move)


def step_of_threshold(outcome: str) -> float:
    """Return the steps in which a threshold moves, in the unit of the outcome."""
    return 10_000.0 if outcome in EUROS else 0.5


def first_threshold(comparison: Comparison, outcome: str) -> float:
    """Return a threshold to begin with: 0 for what is a difference, else the middle future of the reference."""
    if outcome in (NET_PRIVATE, "social_balance"):
        return 0.0
    values = comparison.values(comparison.reference, outcome)
    known = values[np.isfinite(values)]
    step = step_of_threshold(outcome)
    return round(float(np.median(known)) / step) * step if known.size else 0.0


@solara.component
def Parts(judged: Judged, strategy: str, titles: dict[str, str]) -> None:
    """The seven parts of vitality."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    width = session.fit(HALF)
    picture = solara.use_memo(
        lambda: components(comparison, strategy, say, width=width, titles=titles),
        [judged.mark, strategy, say.code, width, *titles.values()],
    )
    show(picture, say, busy=judged.busy, level=2)


@solara.component
def Queues(judged: Judged, strategy: str, titles: dict[str, str]) -> None:
    """The hours asked and spent of the four roles."""
    session = use_session()
    say, comparison = session.say, judged.comparison
    assert comparison is not None
    width = session.fit(HALF)
    picture = solara.use_memo(
        lambda: queues(queue_paths(comparison.runs, strategy), say, every=comparison.runs.every, width=width),
        [judged.mark, strategy, say.code, width],
    )
    show(picture, say, busy=judged.busy, level=2, note=say("outcomes.of_strategy", name=titles[strategy]))


# --- the euros of one future -----------------------------------------------------------------------------------------


@solara.component
def Euros(name: str) -> None:
    """Where the euros of one future come from and what they build, and what would have been invested anyway."""
    session = use_session()
    say, setting = session.say, session.setting
    pending = use_followed()
    heading(say("outcomes.euros"), 2)
    paragraph(say("outcomes.euros_lead", name=name, seed=setting.seed))

    def change(told: dict[str, Any]) -> None:
        value = told.get("value")
        if told.get("name") == "seed" and isinstance(value, int | float) and not isinstance(value, bool) \
                and float(value).is_integer() and 1 <= value <= MOST_SEED:  # fmt: skip
            session.change(seed=int(value))

    parts.Form(
        fields=[{"kind": "number", "name": "seed", "label": say("outcomes.seed"), "value": setting.seed, "min": 1,
                 "max": MOST_SEED, "step": 1, "help": say("outcomes.seed_help")}],
        event_change=change,
    )  # fmt: skip
    followed: Any = pending.result if pending is not None and pending.complete else None
    width = session.fit(WHOLE)

    def draw() -> Any:
        if followed is None or not followed.measures:
            return None
        return run_flows(followed.tables, say, anyway=followed.twin_measures["private_investment"],
                         outlay=followed.measures["public_outlay"], width=width)  # fmt: skip

    picture = solara.use_memo(draw, [id(followed), say.code, width])
    if pending is not None and pending.failed:
        Problem(say("shell.failed"), [pending.failed.in_words(say)])
    elif picture is None:
        Waiting(say("outcomes.following"))
    else:
        with block("div", "columns side-right"):
            with block("div"):
                show(picture, say)
            with block("div"):
                heading(say("outcomes.anyway"), 3)
                paragraph(say("outcomes.anyway_lead"))
                parts.DataTable(
                    caption=say("outcomes.anyway_table", seed=setting.seed),
                    columns=["", *(say(f"outcomes.column_{key}") for key in ("private", "public"))],
                    rows=anyway_rows(followed.measures, followed.twin_measures, say), numeric=[1, 2],
                )  # fmt: skip


def anyway_rows(measures: dict[str, float], twin: dict[str, float], say: Language) -> list[list[str]]:
    """Return private and public euros of one run, of its twin, and the difference: a row each."""
    outcomes = ("private_investment", "public_outlay")
    return [
        [say("outcomes.column_with"), *(say.euros(measures[outcome]) for outcome in outcomes)],
        [say("outcomes.column_without"), *(say.euros(twin[outcome]) for outcome in outcomes)],
        [say("outcomes.column_extra"), *(change_text(say, outcome, measures[outcome] - twin[outcome]) for outcome in outcomes)],
    ]


# --- what is not known -----------------------------------------------------------------------------------------------


@solara.component
def NotKnown(strategy: Any, reference: Any, judged: Judged, titles: dict[str, str]) -> None:
    """How much wider futures spread when the assumptions differ between them; worked out when asked for."""
    session = use_session()
    say = session.say
    asked, set_asked = solara.use_state(False)
    heading(say("outcomes.not_known"), 2)
    paragraph(say("outcomes.uncertainty_help"))
    if strategy.name == reference.name:
        paragraph(say("outcomes.same_twice", name=titles[strategy.name]), "soft")
    elif asked:
        BothSpreads(strategy, reference, judged, titles)
    else:
        parts.Buttons(items=[{"name": "ask", "text": say("outcomes.show_spreads")}], event_press=lambda _: set_asked(True))
        paragraph(say("outcomes.show_spreads_help", n=say.number(session.setting.seeds)), "soft")


@solara.component
def BothSpreads(strategy: Any, reference: Any, judged: Judged, titles: dict[str, str]) -> None:
    """The same comparison with and without drawn parameters."""
    session = use_session()
    say, drawn = session.say, session.setting.drawn
    other = use_judged("outcomes spread", (strategy, reference), reference.name, drawn=not drawn)
    here, there = judged.comparison, other.comparison
    width = session.fit(WHOLE)

    def draw() -> Any:
        if here is None or there is None:
            return None
        two = (there, here) if drawn else (here, there)
        chance, both = (one.values(strategy.name, "vitality") - one.values(reference.name, "vitality") for one in two)
        first, second = (one.differences[strategy.name]["vitality"] for one in two)
        assert first is not None and second is not None
        how = {"name": titles[strategy.name], "reference": titles[reference.name]}
        return widening(chance, both, (first, second), say, width=width, **how), mean_sentences((first, second), say)

    found = solara.use_memo(draw, [judged.mark, other.mark, drawn, say.code, width, *titles.values()])
    if other.failed:
        Problem(say("shell.failed"), [other.failed.in_words(say)])
    elif found is None:
        Waiting(say("shell.counting", done=say.number(other.done), total=say.number(other.total)))
    else:
        picture, told = found
        with block("div", "columns side-right"):
            with block("div"):
                show(picture, say, busy=judged.busy or other.busy)
            with block("div"):
                bullets(told)
                paragraph(say("outcomes.spread_why"))
