"""A session that begins again with whatever the browser kept or a link says; without a browser."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import solara

from klaver.dashboard import desk as desks
from klaver.dashboard import session_file
from klaver.dashboard.app import hear_of_library, restore
from klaver.dashboard.asked import Asked
from klaver.dashboard.screens.lesson import SHOWN, given_answers, is_complete
from klaver.dashboard.screens.mix import known_answers
from klaver.dashboard.versions import MOST_TOGETHER, to_browser, version_of
from klaver.language import ScreenLanguage
from sim.inputs.self_analysis import load_questions


def fresh() -> Any:
    """Return what ``restore`` needs of a session."""
    return SimpleNamespace(
        desk=desks.Desk(desks.first_setting()), language=solara.Reactive("nl"), ready=solara.Reactive(False),
        changes=solara.Reactive(0), notice=solara.Reactive(""), library=solara.Reactive([]), last=solara.Reactive(None),
        say=ScreenLanguage("nl"),
    )  # fmt: skip


def text(**parts: Any) -> str:
    """Return a session as the browser keeps it, with parts put in unchecked."""
    content = json.loads(session_file.to_json(desks.plain(desks.first_setting())))
    content["state"].update(parts)
    return json.dumps(content)


HOSTILE = (None, 3, [], {}, True, "", "x", "{", "[" * 100_000, "null", '{"klaver_session": 1}', "[NaN]", "\x00",
           "x" * 3_000_000)  # fmt: skip


@pytest.mark.parametrize("what", ["tab", "last", "library", "search", "language"])
def test_whatever_the_browser_kept_the_session_begins(what: str) -> None:
    for found in HOSTILE:
        session = fresh()
        restore(session, {what: found})
        assert session.ready.value and session.desk.setting == desks.first_setting(), found
        assert session.library.value == []


def test_a_library_with_a_date_that_does_not_exist_does_not_keep_the_page_away() -> None:
    (version,) = json.loads(to_browser([version_of(desks.first_setting(), "een")]))
    session = fresh()
    restore(session, {"library": json.dumps([{**version, "date": "9999-12-31T23:59:59-12:00"}, version])})
    assert session.ready.value and [one["name"] for one in session.library.value] == ["een"] and session.notice.value
    hear_of_library(session, {"added": json.dumps([{**version, "date": "2026-99-99"}])})
    assert len(session.library.value) == 1


def test_another_tab_cannot_fill_the_library_without_end() -> None:
    (version,) = json.loads(to_browser([version_of(desks.first_setting(), "een")]))
    session = fresh()
    for year in range(2000, 2007):
        dates = [f"{year}-{month:02}-{day:02}" for month in range(1, 13) for day in (1, 8, 15, 22)]
        hear_of_library(session, {"added": json.dumps([{**version, "date": date} for date in dates])})
    assert len(session.library.value) == MOST_TOGETHER


@pytest.mark.parametrize("spoilt", [{"bogus": 1}, {"duties": [1, 2]}, {"duties": None}, {"duties": True}, {"duties": "x" * 900},
                                    {"duties": 1e14}])  # fmt: skip
def test_answers_that_no_question_takes_are_left_out(spoilt: dict[str, Any]) -> None:
    """The screen of the roles would not come up with them, and a link can hold them."""
    question = next(question for question in load_questions() if question.id != "duties" and question.options)
    good = {question.id: question.options[0].id}
    session = fresh()
    restore(session, {"tab": text(answers={**good, **spoilt})})
    assert dict(session.desk.setting.answers) == {**good, **spoilt}
    assert known_answers(session.desk.setting.answers) == good and known_answers(good) == good


def test_a_lesson_that_was_shown_without_answers_is_not_shown() -> None:
    mark = "0123456789abcdef"
    given = given_answers({"lesson_about": mark, SHOWN: "yes", "lesson_better": ["a"]}, mark)
    assert given[SHOWN] == "yes" and not is_complete(given)


def test_a_strategy_that_takes_the_name_of_another_is_the_users_own() -> None:
    """Under the name of the twin its runs could not be asked for, and no screen would come up."""
    acting = desks.changed(desks.first_setting().strategy, organisation={"fte": 3.0}).resolved() | {"name": "none"}
    session = fresh()
    restore(session, {"tab": text(strategy=acting, reference=acting, pinned=[acting])})
    setting = session.desk.setting
    for strategy in (setting.strategy, setting.reference, *setting.pinned):
        assert strategy.name == "own" and strategy.approach != "none" and strategy.organisation.fte == 3.0
    assert Asked(setting.park, (setting.strategy,), (1,)).approaches[1].name == "none"
