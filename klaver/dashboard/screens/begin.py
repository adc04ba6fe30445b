"""The beginning: what the dashboard answers, the running example with its outcomes, and where one can go from here."""

from __future__ import annotations

import solara

from analysis.compare import Comparison
from klaver.dashboard import parts
from klaver.dashboard.comparing import titles_of, use_apart
from klaver.dashboard.desk import Desk
from klaver.dashboard.drawing.dots import multiplier_dots, vitality_dots
from klaver.dashboard.drawing.park_map import park_map
from klaver.dashboard.session import use_ensemble, use_followed, use_session
from klaver.dashboard.shared import parks, shipped_park
from klaver.dashboard.showing import Problem, Waiting, block, heading, paragraph, show

STEPS = 6
"""Steps of the tour."""
WAYS = (("explore", "/mix"), ("workshop", "/park"), ("lesson", "/play/lesson"))
"""What one comes for, and the screen to begin at."""


@solara.component
def Begin() -> None:
    """Show the screen."""
    session = use_session()
    say, router = session.say, solara.use_router()
    heading(say("begin.heading"), 1)
    paragraph(" ".join(say(f"begin.answers_{what}") for what in ("what", "sure", "why")), "lead wide")

    def go(name: str) -> None:
        ways = dict(WAYS)
        if name in ways:
            if name == "workshop":
                session.park_mode.value = "sketch"
            router.push(ways[name])
        elif name == "tour":
            session.tour.value = 0
        elif name == "continue" and session.last.value is not None:
            session.desk = Desk(session.last.value, session.desk.tell)
            session.last.value = None
            session.changes.value += 1

    items: list[dict[str, object]] = [
        {"name": name, "text": say(f"begin.way_{name}"), "primary": name == "explore", "help": say(f"begin.way_{name}_help")}
        for name, _ in WAYS
    ]
    items.append({"name": "tour", "text": say("begin.tour")})
    if session.last.value is not None:
        items.insert(0, {"name": "continue", "text": say("begin.continue")})
    parts.Buttons(items=items, label=say("begin.ways"), event_press=go)
    Tour()
    with block("div", "columns side-right"):
        with block("section", "stack"):
            heading(say("begin.example", park=session.park_title()), 2)
            paragraph(session.setting.park.description.get(session.language.value))
            Example()
        with block("section", "stack"):
            heading(say("begin.parks"), 2)
            Parks()


@solara.component
def Example() -> None:
    """The park that is looked at, and what the strategy brings there."""
    session = use_session()
    say, setting = session.say, session.setting
    strategy, reference = apart = use_apart(setting)
    wanted = (strategy,) if reference is strategy else apart
    filling, followed = use_ensemble("begin", wanted), use_followed()
    runs = filling.runs()
    if filling.failed:
        Problem(say("shell.failed"), [filling.failed.in_words(say)])
        return
    if runs is None:
        Waiting(say("mix.first_picture"))
        return
    comparison = Comparison(runs, reference.name)
    titles = titles_of(session, apart)
    busy, name = not filling.complete, strategy.name
    paragraph(say("begin.compared", strategy=titles[name], reference=titles[reference.name], n=say.number(len(runs.seeds))))
    with block("div", "columns"):
        with block("div", "card"):
            show(vitality_dots(comparison, name, say, titles=titles, width=session.fit(430), levels=False), say, busy=busy)
        with block("div", "card"):
            show(multiplier_dots(comparison, name, say, titles=titles, width=session.fit(430)), say, busy=busy)
    with block("div", "card"):
        if followed.result is None:
            Waiting(say("begin.map_comes"))
        else:
            there = followed.result
            show(park_map(there, there.quarters, say, width=session.fit(900)), say, note=say("begin.map_note"))


@solara.component
def Parks() -> None:
    """The parks to choose from, and the ways to one's own."""
    session = use_session()
    say, language, router = session.say, session.language.value, solara.use_router()

    def choose(name: str) -> None:
        if name in parks():
            session.change(park=shipped_park(name), game=None)
        elif name == "own":
            session.park_mode.value = "sketch"
            router.push("/park")

    for name in parks():
        park = shipped_park(name)
        with block("div", "card"):
            heading(park.title.get(language, name), 3)
            paragraph(park.description.get(language))
            chosen = session.setting.park == park
            parts.Buttons(
                items=[{"name": name, "text": say("begin.chosen" if chosen else "begin.choose"), "pressed": chosen}],
                label=park.title.get(language, name), event_press=choose,
            )  # fmt: skip
    with block("div", "card"):
        heading(say("begin.own"), 3)
        paragraph(say("begin.own_lead"))
        parts.Buttons(items=[{"name": "own", "text": say("begin.own_go")}], event_press=choose)


@solara.component
def Tour() -> None:
    """A minute that shows what is where; it can be left at any moment."""
    session = use_session()
    say, step = session.say, session.tour.value

    def press(name: str) -> None:
        if name == "next" and step < STEPS - 1:
            session.tour.value = step + 1
        elif name == "back" and step > 0:
            session.tour.value = step - 1
        else:
            session.tour.value = -1

    last = step >= STEPS - 1
    buttons = [{"name": "next", "text": say("begin.tour_done" if last else "begin.tour_next"), "primary": True}]
    if step > 0:
        buttons.append({"name": "back", "text": say("begin.tour_back")})
    if not last:
        buttons.append({"name": "close", "text": say("begin.tour_skip")})
    shown = max(step, 0)
    parts.Dialog(
        shown=step >= 0, title=say(f"begin.tour_title_{shown}"),
        paragraphs=[say(f"begin.tour_text_{shown}"), say("begin.tour_step", n=shown + 1, all=STEPS)],
        buttons=buttons, event_press=press,
    )  # fmt: skip
