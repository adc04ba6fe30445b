"""The page: its addresses, what stands around every screen, and how a session begins again after a reload."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import reacton.ipyvuetify as rv
import solara

from klaver.dashboard import desk as desks
from klaver.dashboard import parts, session_file, versions
from klaver.dashboard.screens import begin, compare, library, mix, opportunities, outcomes, park, play
from klaver.dashboard.session import Session, session_context, use_session
from klaver.dashboard.shared import ensembles, parks, shipped_park, shipped_strategy, strategies
from klaver.dashboard.showing import Problem, Waiting, block, paragraph, words_of
from klaver.language import LANGUAGES
from sim.inputs.problems import InputProblem

logger = logging.getLogger("klaver.dashboard")

SCREENS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("/", "begin", begin.Begin), ("park", "park", park.Park), ("mix", "mix", mix.Mix),
    ("outcomes", "outcomes", outcomes.Outcomes), ("opportunities", "opportunities", opportunities.Opportunities),
    ("compare", "compare", compare.Compare), ("play", "play", play.Play), ("library", "library", library.Library),
)  # fmt: skip
"""Address, name and component of every screen, in the order of the menu."""

BAR_TEXTS = (
    "skip", "undo", "undo_help", "redo", "redo_help", "share", "copied", "share_this", "present", "language", "screens",
)  # fmt: skip


@solara.component
def Frame(children: list[Any] = []) -> None:  # noqa: B006 (Solara compares it, and never changes it)
    """What stands around every screen: menu, what is being looked at, notices, and what the model cannot say."""
    session = solara.use_memo(Session, [])
    session_context.provide(session)
    solara.use_effect(lambda: lambda: ensembles().forget(session.id), [])
    router = solara.use_router()
    current = "/" + (router.parts[0] if router.parts and router.parts[0] else "")
    say, setting = session.say, session.setting
    names = {("/" if path == "/" else f"/{path}"): name for path, name, _ in SCREENS}
    name = names.get(current, "begin")
    state = solara.use_memo(lambda: desks.plain(setting), [id(setting)])
    link = solara.use_memo(lambda: session_file.to_link(state) or "", [id(state)])
    kept = solara.use_memo(
        lambda: session_file.to_json(state | {"language": session.language.value}), [id(state), session.language.value]
    )
    shelf = solara.use_memo(lambda: versions.to_browser(session.library.value), [id(session.library.value)])

    parts.Keeper(
        state=kept, link=link, library=shelf, language=session.language.value,
        title=f"{say(f'shell.screen_{name}')} – Klaver",
        large=session.large.value, ready=session.ready.value, announce=session.notice.value,
        place=f"{name} {session.park_mode.value}",
        event_restored=lambda found: restore(session, found),
        event_library=lambda told: hear_of_library(session, told),
        event_narrow=lambda narrow: session.narrow.set(narrow is True),
    )  # fmt: skip

    def act(what: str) -> None:
        session.notice.value = ""
        if what == "undo":
            session.desk.undo()
        elif what == "redo":
            session.desk.redo()
        elif what == "large":
            session.large.value = not session.large.value
        elif what == "share":
            session.notice.value = say("shell.too_long_for_a_link")
        elif what in LANGUAGES:
            session.language.value = what

    parts.TopBar(
        texts=words_of(say, "shell", BAR_TEXTS),
        screens=[{"path": path, "label": say(f"shell.screen_{key}")} for path, key in names.items()], current=current,
        language=session.language.value, can_undo=session.desk.can_undo, can_redo=session.desk.can_redo,
        large=session.large.value, link=link, event_go=lambda path: router.push(str(path) if path in names else "/"),
        event_act=act,
    )  # fmt: skip
    with block("main", f"screen screen-{name}", id="content", tabindex="-1"):
        if not session.ready.value:
            Waiting(say("shell.loading"))
        else:
            if session.notice.value:
                with block("div", "notice", role="status"):
                    paragraph(session.notice.value, "wide")
            if name != "begin":
                ContextBar()
            Guarded(children=children).key(f"guarded-{name}")
    Titled(f"{say(f'shell.screen_{name}')} – Klaver")
    with block("footer", "page-foot"):
        paragraph(say("shell.cannot_say"))


@solara.component
def Guarded(children: list[Any] = []) -> None:  # noqa: B006
    """A screen whose mistakes stay its own: the session goes on, with a way back."""
    session = use_session()
    say = session.say
    mistake, clear = solara.use_exception()
    if mistake is None:
        rv.Html(tag="div", children=children, class_="screen-body")
        return
    logger.error("a screen failed", exc_info=mistake)

    def again(name: str) -> None:
        if name == "undo":
            session.desk.undo()
        clear()

    Problem(say("shell.mistake"), [])
    items = [{"name": "again", "text": say("shell.try_again"), "primary": True}]
    if session.desk.can_undo:
        items.append({"name": "undo", "text": say("shell.undo")})
    parts.Buttons(items=items, event_press=again)


@solara.component
def Titled(text: str, deeper: int = 4) -> None:
    """Name the page; of several names Solara takes the deepest, and its own is a few levels down."""
    if deeper:
        Titled(text, deeper - 1)
    else:
        solara.Title(text)


@solara.component
def ContextBar() -> None:
    """What is being looked at: park, strategy, reference, futures; each can be changed here."""
    from klaver.results import version

    session = use_session()
    say, setting = session.say, session.setting
    language = session.language.value

    pinned = {f"pinned:{k}": strategy for k, strategy in enumerate(setting.pinned)}

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), str(told.get("value"))
        if name == "park" and value in parks():
            session.change(park=shipped_park(str(value)), game=None)
        elif name == "strategy" and value in strategies():
            session.change(strategy=shipped_strategy(str(value)))
        elif name == "strategy" and value in pinned:
            session.change(strategy=pinned[value])
        elif name == "reference" and value in strategies():
            session.change(reference=shipped_strategy(str(value)))
        elif name == "reference" and value in pinned:
            session.change(reference=pinned[value])
        elif name == "seeds" and value in {str(n) for n in desks.SEEDS}:
            session.change(seeds=int(value))

    own_park = setting.park.name not in parks() or setting.park != shipped_park(setting.park.name)
    park_options = [{"value": name, "label": shipped_park(name).title.get(language, name)} for name in parks()]
    if own_park:
        park_options.insert(0, {"value": "", "label": session.park_title()})

    def options(chosen: Any) -> tuple[str, list[dict[str, str]]]:
        found = [{"value": name, "label": session.title(shipped_strategy(name))} for name in strategies()]
        for k, strategy in enumerate(setting.pinned):
            if not desks.is_shipped(strategy):
                found.append({"value": f"pinned:{k}", "label": session.title(strategy)})
                if strategy == chosen:
                    return f"pinned:{k}", found
        if desks.is_shipped(chosen):
            return chosen.name, found
        return "", [{"value": "", "label": session.title(chosen)}, *found]

    strategy, strategy_options = options(setting.strategy)
    reference, reference_options = options(setting.reference)
    with block("section", "context", **{"aria-label": say("shell.looking_at")}):
        parts.Form(
            fields=[
                {"kind": "choice", "name": "park", "label": say("shell.park"), "value": "" if own_park else setting.park.name,
                 "options": park_options},
                {"kind": "choice", "name": "strategy", "label": say("shell.strategy"), "value": strategy,
                 "options": strategy_options},
                {"kind": "choice", "name": "reference", "label": say("shell.reference"), "value": reference,
                 "options": reference_options},
                {"kind": "choice", "name": "seeds", "label": say("shell.futures"), "value": str(setting.seeds),
                 "options": [{"value": str(n), "label": str(n)} for n in sorted({*desks.SEEDS, setting.seeds})]},
            ],
            arranged="row", event_change=change,
        )  # fmt: skip
        paragraph(say("shell.version", version=version()), "version")


def hear_of_library(session: Session, told: Any) -> None:
    """Follow what another tab of this browser added to the library or dropped from it."""
    if not isinstance(told, dict):
        return
    if told.get("failed") is True:
        session.notice.value = session.say("library.browser_full")
        return
    dropped = told.get("dropped")
    gone = {date for date in dropped if isinstance(date, str)} if isinstance(dropped, list) else set()
    added, _ = versions.from_browser(told.get("added"))
    library = [version for version in versions.together(session.library.value, added) if version["date"] not in gone]
    if library != session.library.value:
        session.library.value = library


def restore(session: Session, found: dict[str, Any]) -> None:
    """Begin where the session was: what the address says, what this tab had, or anew."""
    search = str(found.get("search") or "")
    asked = re.search(r"[?&]lang=(\w+)", search)
    language = asked[1] if asked else str(found.get("language") or "nl")
    session.language.value = language if language in LANGUAGES else "nl"
    link = re.search(r"[?&]s=([A-Za-z0-9_\-]+)", search)
    try:
        tab, last = _state_of(found.get("tab")), _state_of(found.get("last"))
        session.library.value, unreadable = versions.from_browser(found.get("library"))
        if unreadable:
            session.notice.value = session.say("library.unreadable", n=session.say.number(unreadable))
        if tab is not None and (link is None or session_file.to_link(_without_looks(tab)) in (link[1], None)):
            session.desk = desks.Desk(desks.from_plain(tab), session.desk.tell)
        elif link is not None:
            state, warning = session_file.from_link(link[1])
            session.desk = desks.Desk(desks.from_plain(state), session.desk.tell)
            if warning:
                session.notice.value = session.say(warning)
        elif last is not None:
            setting = desks.from_plain(last)
            session.last.value = setting if setting != session.desk.setting else None
    except (InputProblem, ValueError, KeyError):
        session.notice.value = session.say("shell.link_broken")
    finally:  # whatever the browser kept: the page is there
        session.changes.value += 1
        session.ready.value = True


def _without_looks(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key not in ("language", "library")}


def _state_of(text: Any) -> dict[str, Any] | None:
    """Return the state that the browser kept; None where it is not one (any more)."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return session_file.from_json(text)
    except (ValueError, json.JSONDecodeError):
        return None


def begin_server() -> None:
    """Work out the running example before anybody asks for it, so that the first page has its outcomes at once."""
    from klaver.dashboard.ensembles import Asked

    setting = desks.first_setting()
    ensembles().ask("server", "first", Asked(setting.park, (setting.strategy,), tuple(range(1, 201))), lambda: None)


routes = [
    solara.Route(path=path, component=component, label="Klaver", layout=Frame if path == "/" else None)
    for path, _, component in SCREENS
]
