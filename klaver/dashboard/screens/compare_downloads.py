"""What to take away from a comparison: a report in either language, all runs, all numbers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import solara

from klaver.dashboard import desk as desks
from klaver.dashboard import parts, session_file
from klaver.dashboard.comparing import Judged, bare, titles_in_both
from klaver.dashboard.reports import KINDS, for_report, make_csv, make_json, make_report
from klaver.dashboard.session import use_call, use_session
from klaver.dashboard.showing import Problem, block, heading, paragraph
from klaver.folders import file_name
from klaver.language import LANGUAGES
from sim.inputs.strategy import Strategy


@solara.component
def Downloads(judged: Judged, compared: tuple[Strategy, ...], titles: dict[str, str]) -> None:
    """Everything that can be taken away, each worked out when it is asked for."""
    session = use_session()
    say, setting, comparison = session.say, session.setting, judged.comparison
    assert comparison is not None
    runs, reference = comparison.runs, comparison.reference
    stem = f"klaver_{file_name(runs.park)}_{len(runs.seeds)}"
    called = titles_in_both(compared)
    # Runs know no titles and notes, which are in the files: park and strategies that differ in these alone have the same runs.
    inputs = solara.use_memo(
        lambda: " ".join([setting.park.content_hash(), *(strategy.content_hash() for strategy in compared)]),
        [id(setting.park), *map(id, compared)],
    )
    mark = f"{judged.mark} {inputs}"
    link = solara.use_memo(lambda: session_file.to_link(desks.plain(setting)) or "", [id(setting)])

    def for_one(code: str, kind: str) -> Callable[[], tuple[Any, ...]]:
        return lambda: (for_report(runs), reference, setting.park.resolved(), contents(), called[code], code, kind,
                        setting.drawn, link)  # fmt: skip

    def contents() -> list[dict[str, Any]]:
        return [strategy.resolved() for strategy in compared]

    heading(say("compare.take"), 2)
    paragraph(say("compare.take_lead", n=say.number(judged.seeds)), "wide")
    if judged.busy:
        paragraph(say("compare.take_busy"), "soft")

    def reports(code: str) -> None:
        for kind in reversed(KINDS):  # what goes to a council comes first
            about = f"{mark} {code} {kind} {setting.drawn} {link}"
            TakeAway(say(f"compare.report_{code}_{kind}"), f"{stem}.{code}.{kind}", KINDS[kind], about, make_report,
                     for_one(code, kind))  # fmt: skip

    with block("div", "stack"):
        with block("div", "buttons"):
            reports(say.code)
            about = f"{mark} {say.code} {setting.drawn} {link}"
            TakeAway(say("compare.print"), "print", KINDS["html"], about, make_report, for_one(say.code, "html"), printed=True)
        with block("div", "buttons"):
            for code in LANGUAGES:
                if code != say.code:
                    reports(code)
            TakeAway(say("compare.csv"), f"{stem}_runs.csv", "text/csv", f"{mark} {titles}", make_csv,
                     lambda: (bare(runs), titles))  # fmt: skip
            TakeAway(
                say("compare.json"), f"{stem}.json", "application/json", f"{mark} {setting.drawn}", make_json,
                lambda: (bare(runs), reference, called, setting.park.resolved(), contents(), setting.drawn),
            )  # fmt: skip
    paragraph(say("compare.take_help"), "help wide")


@solara.component
def TakeAway(
    text: str, filename: str, media: str, key: str, function: Callable[..., bytes], arguments: Callable[[], tuple[Any, ...]],
    printed: bool = False,
) -> None:  # fmt: skip
    """A button for one file, which is made beside the page.

    Parameters
    ----------
    key
        Says what is in the file. While more futures come in it changes; what was asked for is what was there when it was.
    function, arguments
        As ``session.use_call`` takes them.
    printed
        It goes to the printer instead.
    """
    say = use_session().say
    nothing: tuple[str, str, Callable[[], tuple[Any, ...]]] | None = None
    asked, set_asked = solara.use_state(nothing)  # name, key and arguments of what was asked for
    file, set_file = solara.use_state((0, "", filename))
    name, wanted, given = asked or (filename, key, arguments)
    pending = use_call(f"file {text}", wanted, function, given, wanted=asked is not None)
    failed = pending.failed if pending is not None else None
    ready = pending is not None and pending.complete

    def hand_over() -> None:
        if asked is not None and (ready or failed):
            if ready:
                set_file((file[0] + 1, base64.b64encode(pending.result).decode(), name))
            set_asked(None)

    told = solara.use_ref("")
    if asked is not None:
        told.current = failed.in_words(say) if failed else ""
    solara.use_effect(hand_over, [wanted, asked is not None, ready, failed is not None])
    with block("span"):
        parts.Download(
            text=text, filename=file[2], kind=media, content=file[1], number=file[0], busy=asked is not None, printed=printed,
            event_ask=lambda _: set_asked((filename, key, arguments)), event_saved=lambda _: set_file((file[0], "", file[2])),
        )  # fmt: skip
        if told.current:
            Problem(say("compare.take_failed"), [told.current])
