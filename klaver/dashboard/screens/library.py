"""What is kept: versions with a name and a date, the session as a file and as a link, and reports."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from typing import Any

import solara

from klaver.dashboard import desk as desks
from klaver.dashboard import parts, session_file, versions
from klaver.dashboard.comparing import named_apart, titles_of, use_judged
from klaver.dashboard.refusals import Refused, printable_line
from klaver.dashboard.screens.compare_downloads import Downloads
from klaver.dashboard.screens.own_park import Checked, open_upload, read_base64
from klaver.dashboard.session import Session, use_call, use_session
from klaver.dashboard.shared import parks, shipped_park
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph
from klaver.dashboard.uploads import LARGEST_UPLOAD, read_upload
from klaver.dashboard.versions import LONGEST_NAME, LONGEST_NOTE, MOST_VERSIONS, Version
from klaver.language import ScreenLanguage
from sim.inputs.problems import InputProblem

LINK_TEXTS = ("label", "copy", "copied", "help")


@solara.component
def Library() -> None:
    """Show the screen."""
    say = use_session().say
    heading(say("library.heading"), 1)
    paragraph(say("library.lead"), "lead wide")
    with block("div", "columns side-right"):
        with block("div", "stack"):
            with block("section", "card"):
                Keep()
            with block("section", "card"):
                Versions()
            with block("section", "card"):
                Reports()
        with block("div", "stack"):
            with block("section", "card"):
                SessionFile()
            with block("section", "card"):
                Link()


# --- versions --------------------------------------------------------------------------------------------------------


def suggested_name(session: Session) -> str:
    """Return what a version is called unless the user says otherwise: its park and its strategy."""
    setting = session.setting
    name = session.say("library.name_of", park=session.park_title(), strategy=session.title(setting.strategy))
    return printable_line(name, LONGEST_NAME)


def keep_version(session: Session, name: str, note: str) -> bool:
    """Add what is set now to the library; return whether there was room."""
    say, library = session.say, session.library.value
    if len(library) >= MOST_VERSIONS:
        session.notice.value = say("library.full", most=say.number(MOST_VERSIONS))
        return False
    version = versions.version_of(session.setting, printable_line(name.strip(), LONGEST_NAME) or suggested_name(session),
                                  note.strip()[:LONGEST_NOTE])  # fmt: skip
    session.library.value = versions.together([version], library)
    session.notice.value = say("library.was_kept", name=version["name"])
    return True


def restore_version(session: Session, version: Version) -> None:
    """Go on with a copy of a version: one step, which can be undone."""
    try:
        session.change(**versions.changes_to(version, session.setting))
    except (InputProblem, Refused, ValueError, KeyError):
        session.notice.value = session.say("library.cannot_restore", name=version["name"])
        return
    session.notice.value = session.say("library.was_restored", name=version["name"])


def drop_version(session: Session, date: str) -> None:
    """Take a version out of the library."""
    gone = next((version for version in session.library.value if version["date"] == date), None)
    if gone is not None:
        session.library.value = [version for version in session.library.value if version is not gone]
        session.notice.value = session.say("library.was_dropped", name=gone["name"])


@solara.component
def Keep() -> None:
    """Give what is set now a name, and keep it."""
    session = use_session()
    say = session.say
    typed, set_typed = solara.use_state("")
    note, set_note = solara.use_state("")
    latest = solara.use_ref({"name": "", "note": ""})  # the button may be pressed before the page has drawn what was typed
    kept = solara.use_memo(
        lambda: versions.is_kept(session.setting, session.library.value), [id(session.setting), id(session.library.value)]
    )

    def change(told: Any) -> None:
        name, value = (told.get("name"), told.get("value")) if isinstance(told, dict) else (None, None)
        if name == "name" and isinstance(value, str) and len(value) <= LONGEST_NAME:
            latest.current["name"] = value
            set_typed(value)
        elif name == "note" and isinstance(value, str) and len(value) <= LONGEST_NOTE:
            latest.current["note"] = value
            set_note(value)

    def press(name: str) -> None:
        if name == "keep" and keep_version(session, latest.current["name"], latest.current["note"]):
            latest.current = {"name": "", "note": ""}
            set_typed("")
            set_note("")

    heading(say("library.keep"), 2)
    parts.Form(
        fields=[{"kind": "text", "name": "name", "label": say("library.name"), "value": typed or suggested_name(session),
                 "most": LONGEST_NAME},
                {"kind": "text", "name": "note", "label": say("library.note"), "value": note, "help": say("library.note_help"),
                 "most": LONGEST_NOTE}],
        event_change=change,
    )  # fmt: skip
    parts.Buttons(items=[{"name": "keep", "text": say("library.keep_now"), "primary": True}], event_press=press)
    if kept is not None:
        paragraph(say("library.kept_as", name=kept["name"], date=say.date(versions.moment_of(kept))), "soft")


@solara.component
def Versions() -> None:
    """What was kept, the newest first."""
    session = use_session()
    say, library = session.say, session.library.value
    asked, set_asked = solara.use_state("")  # date of the version that is about to go
    going = next((version for version in library if version["date"] == asked), None)

    def answer(name: str) -> None:
        if name == "drop":
            drop_version(session, asked)
        set_asked("")

    heading(say("library.versions", n=say.number(len(library))), 2)
    if not library:
        paragraph(say("library.empty"))
        return
    paragraph(say("library.versions_lead"), "soft")
    with block("ol", "versions"):
        for version in library:
            with block("li", "version").key(version["date"]):
                OneVersion(version, ask_to_drop=set_asked)
    parts.Dialog(
        shown=going is not None, title=say("library.drop_title"),
        paragraphs=[say("library.drop_sure", name=going["name"])] if going else [],
        buttons=[{"name": "drop", "text": say("library.drop")},
                 {"name": "close", "text": say("library.drop_not"), "primary": True}],
        event_press=answer,
    )  # fmt: skip


@solara.component
def OneVersion(version: Version, ask_to_drop: Any) -> None:
    """One version: what it is called, when it was kept, what it holds, and what can be done with it."""
    session = use_session()
    say = session.say

    def press(name: str) -> None:
        if name == "restore":
            restore_version(session, version)
        elif name == "drop":
            ask_to_drop(version["date"])

    heading(version["name"], 3)
    with block("p", "soft"):
        solara.Text(say.date(versions.moment_of(version)))
    bullets(solara.use_memo(lambda: told_of(version, say), [version["date"], say.code]))
    if version.get("note"):
        paragraph(version["note"])
    if versions.is_of_other_model(version):
        Problem(say("library.other_model", version=printable_line(str(version.get("product") or "?"), 40)), [])
    parts.Buttons(
        items=[{"name": "restore", "text": say("library.restore")}, {"name": "drop", "text": say("library.drop")}],
        label=version["name"], event_press=press,
    )  # fmt: skip


def told_of(version: Version, say: ScreenLanguage) -> list[str]:
    """Return what a version holds, in sentences."""
    park = version["park"]
    name = park.get("shipped")
    title = shipped_park(name).title.get(say.code, name) if name in parks() else title_of(park["own"], say)
    strategy, reference = version["strategy"], version["reference"]
    if isinstance(reference, str):
        reference = desks.shipped_strategy(reference).resolved()
    lines = [say("library.holds", park=title, strategy=title_of(strategy, say), reference=title_of(reference, say)),
             say("library.holds_futures", n=say.number(version["seeds"]))]  # fmt: skip
    if version["drawn"]:
        lines.append(say("library.holds_drawn"))
    if version["pinned"]:
        lines.append(say("library.holds_pinned", names=say.listing([title_of(pinned, say) for pinned in version["pinned"]])))
    return lines


def title_of(content: Any, say: ScreenLanguage) -> str:
    """Return what a park or strategy, given as plain values, is called."""
    return printable_line(str(content["title"].get(say.code) or content["name"]), 80)


# --- reports ---------------------------------------------------------------------------------------------------------


@solara.component
def Reports() -> None:
    """Reports of what is compared now, in both languages."""
    session = use_session()
    say, setting = session.say, session.setting
    asked = (*setting.pinned, setting.strategy, setting.reference)
    apart = solara.use_memo(lambda: named_apart(asked), [*map(id, asked)])
    compared = solara.use_memo(lambda: tuple({one.name: one for one in apart}.values()), [id(apart)])
    judged = use_judged("compare", compared, apart[-1].name)
    if judged.comparison is not None and not judged.failed:
        Downloads(judged, compared, titles_of(session, compared))
        return
    heading(say("library.reports"), 2)
    if judged.failed:
        Problem(say("shell.failed"), [judged.failed.in_words(say)])
    else:
        Waiting(say("compare.first_picture"))


# --- file and link ---------------------------------------------------------------------------------------------------


def file_name(session: Session) -> str:
    """Return what the file of a session is called: letters, digits and dashes."""
    park = re.sub(r"[^a-z0-9]+", "-", session.setting.park.name.lower()).strip("-")[:40] or "park"
    return f"klaver-{park}-{datetime.datetime.now():%Y-%m-%d}.json"


@solara.component
def SessionFile() -> None:
    """The whole session as a file: to keep, to give away, and to open again."""
    session = use_session()
    say = session.say
    file, set_file = solara.use_state(("", 0))
    nothing: tuple[str, ...] = ()
    problems, set_problems = solara.use_state(nothing)

    def ask(_: Any) -> None:
        state = desks.plain(session.setting) | {"language": session.language.value}
        try:
            text = session_file.to_json(state | {"library": session.library.value[:MOST_VERSIONS]})
        except Refused as refused:
            set_problems(tuple(refused.told(say)))
            return
        set_problems(())
        set_file((base64.b64encode(text.encode()).decode(), file[1] + 1))

    heading(say("library.file"), 2)
    paragraph(say("library.file_lead"))
    parts.Download(text=say("library.file_save"), filename=file_name(session), kind="application/json", content=file[0],
                   number=file[1], event_ask=ask)  # fmt: skip
    if problems:
        Problem(say("library.file_not"), problems)
    OpenFile()


@solara.component
def OpenFile() -> None:
    """Open a session file, after a look at what is in it."""
    session = use_session()
    say = session.say
    file, set_file = solara.use_state(("", b""))
    broken, set_broken = solara.use_state(False)
    name, data = file
    mark = solara.use_memo(lambda: hashlib.sha256(data).hexdigest(), [id(data)])
    read = use_call("session file", (name, mark, say.code), read_upload, lambda: (name, data, say.code), wanted=bool(name))

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

    parts.Upload(label=say("library.file_open"), help=say("library.file_open_help"), accept=".json", most_bytes=LARGEST_UPLOAD,
                 too_large=say("own.file_too_large", most=LARGEST_UPLOAD // 1_000_000), event_file=receive)  # fmt: skip
    if broken:
        Problem(say("own.cannot_read"), [])
    if read is None:
        return
    if read.failed:
        Problem(say("shell.failed"), [read.failed.in_words(say)])
    elif read.result is None:
        Waiting(say("library.file_checking", name=printable_line(name, 80)))
    else:
        Checked(read.result, use, lambda: set_file(("", b"")))


@solara.component
def Link() -> None:
    """The link that brings somebody else to the same setting."""
    session = use_session()
    say, setting = session.say, session.setting
    link = solara.use_memo(lambda: session_file.to_link(desks.plain(setting)), [id(setting)])
    heading(say("library.link"), 2)
    paragraph(say("library.link_lead"))
    if link is None:
        paragraph(say("shell.too_long_for_a_link"))
    else:
        texts = {key: say(f"library.link_{key}") for key in LINK_TEXTS}
        parts.ShareLink(link=link, language=session.language.value, texts=texts)
