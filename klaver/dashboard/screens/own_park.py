"""A park of one's own: sketched by a handful of numbers, or from a file; the same place keeps the park as a file."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import solara

from klaver.dashboard import desk as desks
from klaver.dashboard import parts, sketch
from klaver.dashboard.refusals import LARGEST_HA, MOST_PREMISES, Refused, read_strategy
from klaver.dashboard.screens.own_maps import MapsIn
from klaver.dashboard.screens.park_editor import ParkFile, can_edit
from klaver.dashboard.screens.park_view import is_number
from klaver.dashboard.session import Session, use_call, use_session
from klaver.dashboard.shared import strategies
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph
from klaver.dashboard.uploads import LARGEST_UPLOAD, Upload, read_upload, report_park
from klaver.dashboard.versions import together
from klaver.language import LANGUAGES, ScreenLanguage
from sim.inputs.problems import InputProblem
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy

MOTORWAYS = ("near", "middle", "far")
MOST_LAYOUT = 9999
"""Highest number of a layout that can be asked."""
_LONGEST_NAME = 255  # letters in a file's name


# --- sketch ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Measures:
    """What a sketch is made from, within the ranges of ``sketch.sketch``; shares in percents."""

    ha: float = 27.0
    firms: int = 60
    vacancy: float = 8.0
    outdated: float = 30.0
    motorway: str = "middle"
    name: str = ""
    layout: int = 1

    def changed(self, name: str, value: Any) -> Measures:
        """Return the measures with one field as the page tells it; the same where it tells what it never does."""
        if name == "motorway" and value in MOTORWAYS:
            return dataclasses.replace(self, motorway=value)
        if name == "name" and isinstance(value, str) and len(value) <= 200:
            return dataclasses.replace(self, name=value)
        if name not in RANGES or not is_number(value):
            return self
        low, high, whole = RANGES[name]
        if not low <= value <= high or (whole and value != int(value)):
            return self
        values: dict[str, Any] = {name: int(value) if whole else float(value)}
        return dataclasses.replace(self, **values)


RANGES: dict[str, tuple[float, float, bool]] = {
    "ha": (2, LARGEST_HA, False), "firms": (2, MOST_PREMISES, True), "vacancy": (0, 90, False), "outdated": (0, 100, False),
    "layout": (1, MOST_LAYOUT, True),
}  # fmt: skip
"""Of a number in the form: lowest, highest, and whether it is whole."""


def make_sketch(measures: Measures, language: str) -> Scenario | tuple[str, ...]:
    """Return a park laid out to these measures, or why there is none, as sentences."""
    try:
        return sketch.sketch(
            measures.ha, measures.firms, measures.vacancy / 100, measures.outdated / 100, measures.motorway, measures.name,
            measures.layout,
        )  # fmt: skip
    except Refused as refused:
        return tuple(refused.told(ScreenLanguage(language)))


@solara.component
def Sketch() -> None:
    """A few numbers, and one press for a park that is laid out to them."""
    session = use_session()
    say = session.say
    measures, set_measures = solara.use_state(Measures())
    latest = solara.use_ref(measures)  # fields told in one breath, before the page is drawn again, build upon each other
    nothing: Measures | None = None
    asked, set_asked = solara.use_state(nothing)
    made = use_call("sketch", (asked, say.code), make_sketch, lambda: (asked, say.code), wanted=asked is not None)
    result = None if made is None else made.result

    def take() -> None:
        if isinstance(result, Scenario):
            set_asked(None)
            session.change(park=result, game=None)
            session.notice.value = say("park.sketched")
            session.park_mode.value = "edit"

    solara.use_effect(take, [id(result)])

    def change(told: dict[str, Any]) -> None:
        set_asked(None)
        latest.current = latest.current.changed(str(told.get("name")), told.get("value"))
        set_measures(latest.current)

    def number(name: str, unit: str = "", step: float = 1, help: str = "") -> dict[str, Any]:
        low, high, _ = RANGES[name]
        value = getattr(measures, name)
        return {"kind": "number", "name": name, "label": say(f"park.sketch_{name}"), "min": low, "max": high, "step": step,
                "value": int(value) if value == int(value) else value, "unit": unit, "help": help}  # fmt: skip

    with block("div", "columns"):
        with block("section", "card"):
            heading(say("park.sketch_numbers"), 2)
            paragraph(say("park.sketch_lead"))
            parts.Form(
                fields=[
                    {"kind": "text", "name": "name", "label": say("park.sketch_name"), "value": measures.name, "most": 200},
                    number("ha", say("park.hectares")),
                    number("firms"),
                    number("vacancy", "%"),
                    number("outdated", "%", 5, say("park.sketch_outdated_help")),
                    {"kind": "choice", "name": "motorway", "label": say("park.sketch_motorway"), "value": measures.motorway,
                     "options": [{"value": name, "label": say(f"park.motorway_{name}")} for name in MOTORWAYS]},
                    number("layout", help=say("park.sketch_layout_help")),
                ],
                arranged="pairs", event_change=change,
            )  # fmt: skip
            if isinstance(result, tuple):
                Problem(say("park.no_sketch"), result)
            elif made is not None and made.failed:
                Problem(say("shell.failed"), [made.failed.in_words(say)])
            busy = made is not None and not made.complete and not made.failed
            parts.Buttons(
                items=[{"name": "sketch", "text": say("park.sketch_go"), "primary": True, "disabled": busy}],
                event_press=lambda _: set_asked(latest.current),
            )  # fmt: skip
            if busy:
                Waiting(say("park.sketching"))
        with block("section", "card"):
            heading(say("park.sketch_next"), 2)
            with block("ol", "story"):
                for step in ("1", "2", "3", "4"):
                    with block("li"):
                        paragraph(say(f"park.sketch_step_{step}"))
            paragraph(say("park.sketch_honest"), "soft")


# --- files -----------------------------------------------------------------------------------------------------------


def read_base64(told: Any) -> tuple[str, bytes] | None:
    """Return name and content of a file as the page sends it (``{"name", "data"}``); None where it sent no such thing.

    The length is looked at before anything is decoded.
    """
    if not isinstance(told, dict):
        return None
    name, data = told.get("name"), told.get("data")
    if not isinstance(name, str) or not isinstance(data, str) or not 0 < len(name) <= _LONGEST_NAME:
        return None
    if len(data) > 4 * (LARGEST_UPLOAD // 3 + 2):
        return None
    try:
        return name, base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


@solara.component
def Files() -> None:
    """Open a file with a park, a strategy or a session, after a look at what is in it; keep the park as a file."""
    session = use_session()
    say = session.say
    file, set_file = solara.use_state(("", b""))
    broken, set_broken = solara.use_state(False)
    name, data = file
    mark = solara.use_memo(lambda: hashlib.sha256(data).hexdigest(), [id(data)])
    read = use_call("upload", (name, mark, say.code), read_upload, lambda: (name, data, say.code), wanted=bool(name))

    def receive(told: Any) -> None:
        found = read_base64(told)
        set_broken(found is None)
        set_file(found or ("", b""))

    def use() -> None:
        try:
            open_upload(session, read.result)
        except (InputProblem, Refused, ValueError, KeyError):
            set_broken(True)
        set_file(("", b""))

    with block("div", "columns"):
        with block("div", "stack"):
            with block("section", "card"):
                heading(say("park.open"), 2)
                paragraph(say("park.open_lead"))
                parts.Upload(label=say("park.choose_file"), help=say("park.choose_file_help"), accept=".toml,.json",
                             most_bytes=LARGEST_UPLOAD, too_large=say("own.file_too_large", most=LARGEST_UPLOAD // 1_000_000),
                             event_file=receive)  # fmt: skip
                if broken:
                    Problem(say("own.cannot_read"), [])
                if read is not None:
                    if read.failed:
                        Problem(say("shell.failed"), [read.failed.in_words(say)])
                    elif read.result is None:
                        Waiting(say("park.checking", name=name))
                    else:
                        Checked(read.result, use, lambda: set_file(("", b"")))
            with block("section", "card"):
                MapsIn(open_upload)
        with block("section", "card"):
            heading(say("park.keep"), 2)
            paragraph(say("park.keep_lead"))
            ParkFile()
            What()


@solara.component
def Checked(upload: Upload, use: Any, drop: Any) -> None:
    """What a file turned out to hold, and whether to use it."""
    say = use_session().say
    if upload.problems:
        Problem(say("park.file_wrong", name=upload.name, n=say.number(len(upload.problems))), upload.problems)
        paragraph(say("park.nothing_changed"), "soft")
        return
    heading(say(f"park.file_{upload.kind}", name=upload.name), 3)
    if upload.warning:
        Problem(upload.warning, [])
    parts.Buttons(
        items=[{"name": "use", "text": say(f"park.use_{upload.kind}"), "primary": True},
               {"name": "drop", "text": say("park.drop")}],
        label=upload.name, event_press=lambda name: use() if name == "use" else drop(),
    )  # fmt: skip
    Report(upload.report, 4)


@solara.component
def Report(groups: Sequence[tuple[str, Sequence[str]]], level: int) -> None:
    """What is stated, assumed and open, and what was filled in."""
    for title, lines in groups:
        heading(title, level)
        bullets(lines)


@solara.component
def What() -> None:
    """What is known of the park that is looked at."""
    session = use_session()
    say, park = session.say, session.setting.park

    def look() -> tuple[tuple[str, tuple[str, ...]], ...]:
        try:
            (_, found), *rest = report_park(park, say)
        except Refused as refused:
            return ((say("park.not_possible"), tuple(refused.told(say))),)
        return ((say("park.known_of", park=session.park_title()), found), *rest)

    Report(solara.use_memo(look, [id(park), say.code]), 3)


def open_upload(session: Session, upload: Upload) -> None:
    """Put on the desk what a file held: one step, which can be undone.

    Raises
    ------
    sim.inputs.problems.InputProblem or ValueError
        If it does not hold what its check promised.
    """
    say = session.say
    if upload.scenario is not None:
        session.change(park=upload.scenario, game=None)
        session.park_mode.value = "edit" if can_edit(upload.scenario) else "look"
        session.notice.value = say("park.opened_park", name=session.park_title())
    elif upload.strategy is not None:
        strategy = as_own(upload.strategy)
        session.change(strategy=strategy)
        session.notice.value = say("park.opened_strategy", name=session.title(strategy))
    elif upload.session is not None:
        setting = desks.from_plain(upload.session)
        session.change(**{field.name: getattr(setting, field.name) for field in dataclasses.fields(setting)})
        session.library.value = together(session.library.value, upload.session.get("library") or [])
        session.notice.value = " ".join(filter(None, (say("park.opened_session"), upload.warning)))
        session.park_mode.value = "look"


def as_own(strategy: Strategy) -> Strategy:
    """Return a strategy from a file: a shipped one as it is shipped, any other under the name of the user's own.

    What it is called to a reader stays, unless that is what a shipped strategy is called: two that differ would look the same.
    """
    if desks.is_shipped(strategy):
        return desks.shipped_strategy(strategy.name)
    taken = {title for name in strategies() for title in dict(desks.shipped_strategy(name).title).values()}
    title = {code: strategy.title.get(code, "") for code in LANGUAGES}
    if not all(title.values()) or set(title.values()) & taken:
        title = {code: ScreenLanguage(code)("park.strategy_from_file", name=title[code] or strategy.name) for code in LANGUAGES}
    return read_strategy(strategy.resolved() | {"name": "own", "title": title})
