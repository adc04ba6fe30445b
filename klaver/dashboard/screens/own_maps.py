"""Maps and company lists to a park of one's own: chosen, read beside the page, looked through, and used."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import solara

from klaver.dashboard import parts
from klaver.dashboard.maps_in import (
    CELLS,
    LARGEST_TOGETHER,
    LEVELS,
    MOST_FILES,
    MOTORWAYS,
    PIECE,
    SUFFIXES,
    Choices,
    Intake,
    Outcome,
    told,
    use_batch,
)
from klaver.dashboard.maps_reader import SECONDS, Reading
from klaver.dashboard.refusals import MOST_PROBLEMS
from klaver.dashboard.session import Session, _again, use_session
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph
from klaver.dashboard.uploads import Upload, report_park
from klaver.folders import file_name
from klaver.language import ImportLanguage, ScreenLanguage

SHOWN = 6
"""Findings of a level that are shown; the check report has more."""
_MEGABYTE = 1_000_000


class Maps:
    """What one page does with maps: the files it sent, what is chosen, and the reading under way.

    Parameters
    ----------
    tell
        Called, from whatever thread, when there is something new to show.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.intake = Intake()
        self.choices = Choices()
        self.reading: Reading | None = None
        self.taken, self.bytes, self.broken = "", 0, False
        self._tell = tell

    def receive(self, piece: Any) -> None:
        """Take in a piece of a file; after the last one they are read."""
        if isinstance(piece, dict) and piece.get("batch") != self.intake.batch.mark:
            self.leave()
        self.broken = not self.intake.take(piece)
        if not self.broken:
            size = piece.get("bytes")
            self.bytes = size if isinstance(size, int) and 0 <= size <= LARGEST_TOGETHER else LARGEST_TOGETHER
            self.taken = f"{piece['batch']} {piece['file']} {len(self.intake.batch.files[piece['name']])}"
            if self.intake.batch.complete:
                self._read(None)
        self._tell()

    def choose(self, change: Any) -> None:
        """Change a choice, and read again where there is something to read."""
        before = self.choices
        if isinstance(change, dict):
            self.choices = before.changed(change.get("name"), change.get("value"))
        if self.choices != before and self.intake.batch.complete:
            earlier = self.reading.known_key if self.reading is not None else None
            self.stop()
            self._read(earlier)
        self._tell()

    def stop(self) -> None:
        """End the reading that is under way."""
        if self.reading is not None:
            self.reading.cancel()
        self.reading = None

    def leave(self) -> None:
        """Forget files, reading and key."""
        self.stop()
        self.intake.drop()
        self.broken = False

    def drop(self) -> None:
        """Forget all, and show that."""
        self.leave()
        self._tell()

    def _read(self, key: bytes | None) -> None:
        batch = self.intake.batch
        self.reading = Reading(lambda: use_batch(batch), self.choices, self._tell, key=key)
        self.reading.start()


@solara.component
def MapsIn(use: Callable[[Session, Upload], None]) -> None:
    """Choose maps and company lists, and see what park they make.

    Parameters
    ----------
    use
        Puts a park on the maps.
    """
    session = use_session()
    say = session.say
    _, set_tick = solara.use_state(0)
    maps = solara.use_memo(lambda: Maps(_again(set_tick)), [])
    solara.use_effect(lambda: maps.leave, [])  # with the page goes all that is held for it
    most = LARGEST_TOGETHER // _MEGABYTE
    with block("div"):
        heading(say("own.maps"), 2)
        paragraph(say("own.maps_lead"))
        parts.Upload(
            label=say("own.maps_choose"), help=say("own.maps_help", most=most, files=MOST_FILES), accept=",".join(SUFFIXES),
            most_bytes=LARGEST_TOGETHER, too_large=say("own.maps_too_large", most=most, files=MOST_FILES), many=True,
            most_files=MOST_FILES, piece_bytes=PIECE, taken=maps.taken, event_piece=maps.receive,
        )  # fmt: skip
        if maps.broken:
            Problem(say("own.maps_broken"), [])
        elif maps.reading is not None:
            # What has changed is handed over by itself: a component that is given the same as before is not drawn again.
            Read(maps, maps.choices, maps.reading.step, maps.reading.outcome, use)
        elif maps.intake.batch.files:
            Waiting(say("own.maps_receiving", done=say.number(maps.intake.batch.size / _MEGABYTE, 1),
                        all=say.number(maps.bytes / _MEGABYTE, 1)))  # fmt: skip


@solara.component
def Read(
    maps: Maps, choices: Choices, step: str, outcome: Outcome | None, use: Callable[[Session, Upload], None]
) -> None:
    """How far a reading is, or what came of it; the choices with which it can be done again."""
    session = use_session()
    say = session.say

    def press(name: str) -> None:
        maps.drop()
        if name == "use" and outcome is not None and outcome.scenario is not None:
            use(session, Upload(outcome.scenario.name, "park", scenario=outcome.scenario))

    # Always the same three blocks: the form stays, and the focus in it, whatever comes and goes around it.
    with block("div"):
        with block("div"):
            if outcome is None:
                Waiting(say(f"own.maps_{step}"))
                parts.Buttons(items=[{"name": "stop", "text": say("own.maps_stop")}], event_press=press)
            elif outcome.scenario is None:
                NoPark(outcome)
            else:
                Found(outcome, press)
        with block("div"):
            if outcome is None or outcome.trouble != "gone":
                MapChoices(choices, maps.choose)
        with block("div"):
            if outcome is not None and outcome.scenario is not None:
                Report(outcome)


@solara.component
def NoPark(outcome: Outcome) -> None:
    """Why the files make no park."""
    say = use_session().say
    if outcome.trouble:
        Problem(say(f"own.maps_trouble_{outcome.trouble}", seconds=say.number(SECONDS)), [])
        return
    reasons = outcome.why_not(say)
    shown, more = reasons[:MOST_PROBLEMS], len(reasons) - MOST_PROBLEMS
    if more > 0:
        shown.append(say("own.more_problems", n=say.number(more)))
    with block("div"):
        Problem(say("own.maps_no_park", n=say.number(len(reasons))), shown)
        paragraph(say("own.maps_nothing_changed"), "soft")


@solara.component
def Found(outcome: Outcome, press: Callable[[str], None]) -> None:
    """That there is a park: use it or not, and take along what belongs to it."""
    say = use_session().say
    assert outcome.scenario is not None
    name = outcome.scenario.title.get(say.code) or outcome.scenario.name
    with block("div"):
        heading(say("own.maps_found", name=name), 3)
        if outcome.key is not None:
            paragraph(say("own.maps_key_note"))
        parts.Buttons(
            items=[{"name": "use", "text": say("park.use_park"), "primary": True}, {"name": "drop", "text": say("park.drop")}],
            label=name, event_press=press,
        )  # fmt: skip
        stem = file_name(outcome.scenario.name)
        with block("div", "buttons"):
            TakeAlong(say("own.maps_report"), f"{stem}-check.{say.code}.html", "text/html", outcome.reports[say.code])
            if outcome.key is not None:
                TakeAlong(say("own.maps_key"), f"{stem}-key.csv", "text/csv", outcome.key)


@solara.component
def TakeAlong(text: str, filename: str, media: str, content: bytes) -> None:
    """A button for a file that is there already."""
    number, set_number = solara.use_state(0)
    sent, set_sent = solara.use_state("")

    def ask(_: Any) -> None:
        set_sent(base64.b64encode(content).decode())
        set_number(number + 1)

    parts.Download(text=text, filename=filename, kind=media, content=sent, number=number, event_ask=ask,
                   event_saved=lambda _: set_sent(""))  # fmt: skip


@solara.component
def MapChoices(chosen: Choices, change: Callable[[Any], None]) -> None:
    """What a user says of the files; another choice reads them again."""
    say = use_session().say
    cells = [{"value": str(size), "label": say("own.maps_cell_m", n=size) if size else say("own.maps_cell_auto")}
             for size in (0, *CELLS)]  # fmt: skip
    ways = [{"value": "", "label": say("own.maps_motorway_open")},
            *({"value": way, "label": say(f"park.motorway_{way}")} for way in MOTORWAYS)]  # fmt: skip
    with block("div"):
        heading(say("own.maps_choices"), 3)
        paragraph(say("own.maps_choices_help"), "help")
        parts.Form(
            fields=[
                {"kind": "check", "name": "complete", "label": say("own.maps_complete"), "value": chosen.complete,
                 "help": say("own.maps_complete_help")},
                {"kind": "check", "name": "codes", "label": say("own.maps_codes"), "value": chosen.codes,
                 "help": say("own.maps_codes_help")},
                {"kind": "choice", "name": "cell", "label": say("own.maps_cell"), "value": str(chosen.cell), "options": cells},
                {"kind": "choice", "name": "motorway", "label": say("park.sketch_motorway"), "value": chosen.motorway,
                 "options": ways},
            ],
            arranged="pairs", event_change=change,
        )  # fmt: skip


@solara.component
def Report(outcome: Outcome) -> None:
    """What is in the park, and what the import made of the files."""
    say = use_session().say
    groups = solara.use_memo(lambda: report_groups(outcome, say), [id(outcome), say.code])
    with block("div"):
        for title, lines in groups:
            heading(title, 3)
            bullets(lines)


def report_groups(outcome: Outcome, say: ScreenLanguage) -> list[tuple[str, tuple[str, ...]]]:
    """Return what is to be told of a park from maps: groups of a heading and its sentences.

    Parameters
    ----------
    outcome
        With a park.
    say
        Language.
    """
    assert outcome.scenario is not None
    words = ImportLanguage(say.code, on_page=True)
    found, *known = report_park(outcome.scenario, say)
    read = []
    for file, layer, role, rows in outcome.sources:
        name, key = f"{file}: {layer}" if layer else file, f"check.role_{role}"
        read.append(say("own.maps_source", name=name, n=say.number(rows), what=words(key) if key in words else role))
    groups = [found, (say("own.maps_read"), tuple(read))]
    for level in LEVELS:
        of_level = [finding for finding in outcome.findings if finding.level == level]
        if not of_level:
            continue
        # Of one more than are shown the last is told, and not that there is one.
        shown = of_level if outcome.counts[level] == len(of_level) == SHOWN + 1 else of_level[:SHOWN]
        lines, more = told(shown, say.code), outcome.counts[level] - len(shown)
        if more > 0:
            lines.append(say("own.maps_more", n=say.number(more)))
        groups.append((say(f"own.maps_level_{level}", n=say.number(outcome.counts[level])), tuple(lines)))
    return [*groups, *known]
