"""The library: what a version holds, that it comes back the same, and what a browser may hand back instead."""

from __future__ import annotations

import datetime
import json
from dataclasses import fields, replace
from typing import Any

import pytest
import solara
from solara.server import kernel, kernel_context

from klaver.dashboard import desk as desks
from klaver.dashboard import parts, session_file, versions
from klaver.dashboard.desk import Desk, Game, Setting, changed, first_setting
from klaver.dashboard.screens.library import Keep
from klaver.dashboard.session import Session, session_context
from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.dashboard.sketch import sketch
from klaver.dashboard.versions import Version, changes_to, from_browser, is_kept, to_browser, together, version_of

NOON = datetime.datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def own() -> Setting:
    """A setting with nothing as it was shipped."""
    mix = {"regisseren": 0.4, "aanjagen": 0.3, "verbinden": 0.2, "ontzorgen": 0.1}
    strategy = changed(shipped_strategy("demand_driven"), roles=mix)
    return replace(
        first_setting(), park=sketch(12.0, 20, 0.1, 0.3, "near", name="Eigen veld"), strategy=strategy,
        reference=shipped_strategy("supply_driven"), seeds=50, seed=7, quarters=40, drawn=True,
        pinned=(strategy, shipped_strategy("adaptive")), game=Game(({"mix": [0.25] * 4, "refused": []},)), answers={"a": 1.0},
    )  # fmt: skip


def at(minutes: int, name: str = "", setting: Setting | None = None) -> Version:
    """Return a version that was kept so many minutes after noon."""
    return version_of(setting or first_setting(), name or f"na {minutes}", moment=NOON + datetime.timedelta(minutes=minutes))


def test_a_version_holds_what_a_result_depends_on(own: Setting) -> None:
    left_out = {"game", "predictions", "answers"}  # what was played and answered is no part of what is asked
    assert set(versions._KEPT) | left_out == {field.name for field in fields(Setting)}
    assert changes_to(version_of(own, "alles"), own) == {key: getattr(own, key) for key in versions._KEPT}


def test_a_copy_leaves_the_version_and_can_be_undone(own: Setting) -> None:
    version = version_of(own, "eerst")
    before = json.dumps(version)
    desk = Desk(first_setting())
    desk.change(**changes_to(version, desk.setting))
    one_role = {"regisseren": 1.0, "aanjagen": 0.0, "verbinden": 0.0, "ontzorgen": 0.0}
    desk.change(strategy=changed(desk.setting.strategy, roles=one_role))
    assert json.dumps(version) == before
    desk.undo()
    assert is_kept(desk.setting, [version]) is version
    desk.undo()
    assert desk.setting == first_setting()


def test_a_game_stays_on_its_own_park(own: Setting) -> None:
    assert changes_to(at(0), own)["game"] is None
    assert "game" not in changes_to(version_of(replace(own, seeds=20), "zelfde"), own)


def test_what_is_kept_is_recognised_until_it_changes(own: Setting) -> None:
    library = [at(0), version_of(own, "eigen")]
    assert is_kept(own, library) is library[1]
    assert is_kept(replace(own, game=None), library) is library[1]
    for change in ({"seeds": 100}, {"drawn": False}, {"pinned": ()}, {"seed": 8}, {"park": shipped_park("healthy")}):
        assert is_kept(replace(own, **change), library) is None, change


def test_the_browser_hands_back_what_it_was_given(own: Setting) -> None:
    library = [version_of(own, "<b>&é</b>", "waarom", NOON), at(-3)]
    back, unreadable = from_browser(to_browser(library))
    assert (back, unreadable) == (library, 0)
    assert is_kept(own, back) is back[0]
    assert desks.from_plain(back[0]).park == own.park
    assert from_browser(to_browser([])) == ([], 0)


@pytest.mark.parametrize("text", [
    None, "", 3, b"[]", "{", "{}", "null", "3", '"x"', "[" * 100_000, "[1e999]", "[NaN]", '[{"name": "x"}]', "[[]]",
    '[{"__class__": "os.system"}]', "\x00", '{"klaver_session": 1}'])
def test_whatever_the_browser_hands_back_nothing_breaks(text: Any) -> None:
    found, unreadable = from_browser(text)
    assert found == [] and unreadable in (0, 1)


def test_one_broken_version_does_not_take_the_others_along() -> None:
    good = json.loads(to_browser([at(1), at(2)]))
    spoilt = [*good, {**good[0], "date": "yesterday"}, {**good[0], "seeds": -3}, {**good[0], "unknown": 1}, None]
    found, unreadable = from_browser(json.dumps(spoilt))
    assert [version["name"] for version in found] == ["na 2", "na 1"] and unreadable == 4


def test_a_text_beyond_all_measure_is_not_read() -> None:
    assert from_browser("[" + " " * 5_000_000 + "]") == ([], 0)


def test_libraries_together_lose_nothing() -> None:
    here, there = [at(3), at(1)], [at(2), at(1, "zelfde moment")]
    both = together(here, there)
    assert [version["name"] for version in both] == ["na 3", "na 2", "na 1"]
    assert together(both, there) == both and together([], both) == both and together(both, []) == both


def test_the_moment_is_told_in_the_time_of_here() -> None:
    moment = versions.moment_of(at(0))
    assert moment == NOON and moment.tzinfo is not None
    assert versions.moment_of({"date": "2026-11-24"}) == datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)


def test_another_model_is_noticed() -> None:
    assert not versions.is_of_other_model(at(0))
    assert versions.is_of_other_model({**at(0), "model": "0" * 16})


def test_as_many_versions_as_there_may_be_are_written_and_read(own: Setting) -> None:
    library = [at(k, setting=own) for k in range(versions.MOST_VERSIONS)]
    began = datetime.datetime.now()
    back, unreadable = from_browser(to_browser(library))
    assert len(back) == versions.MOST_VERSIONS and unreadable == 0
    assert (datetime.datetime.now() - began).total_seconds() < 20.0  # far more than it takes, on a busy machine
    state = desks.plain(own) | {"library": library}
    assert session_file.from_json(session_file.to_json(state))["library"] == library


@pytest.mark.parametrize("date", ["2026-13-45", "0000-01-01", "0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00",
                                  "2026-01-01T25:00", "2026-01-01T00:00:00+99:99"])  # fmt: skip
def test_a_date_that_does_not_exist_is_not_read(date: str) -> None:
    """Where it would be, the page that has it in its browser could not begin any more."""
    (good,) = json.loads(to_browser([at(1)]))
    found, unreadable = from_browser(json.dumps([good, {**good, "date": date}]))
    assert [version["name"] for version in found] == ["na 1"] and unreadable == 1


def test_a_page_cannot_make_a_library_grow_without_end() -> None:
    library = together([], [at(k) for k in range(versions.MOST_TOGETHER)])
    both = together(library, [at(k) for k in range(1_000, 1_000 + versions.MOST_TOGETHER // 2)])
    assert len(library) == len(both) == versions.MOST_TOGETHER
    assert both[0]["name"] == f"na {999 + versions.MOST_TOGETHER // 2}"


def test_a_name_typed_just_before_the_press_is_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both may come in before the page is drawn again: then the button still is as it was before."""
    made: dict[str, list[Any]] = {"Form": [], "Buttons": []}
    for part in made:
        monkeypatch.setattr(parts, part, lambda part=part, **told: made[part].append(told))
    with kernel_context.VirtualKernelContext(id="test", kernel=kernel.Kernel(), session_id="test"):
        session = Session()

        @solara.component
        def Page() -> None:
            session_context.provide(session)
            Keep()

        _, rendered = solara.render(Page(), handle_error=False)
        change, press = made["Form"][0]["event_change"], made["Buttons"][0]["event_press"]
        change({"name": "name", "value": "Voor de raad"})
        change({"name": "note", "value": "waarom"})
        press("keep")
        press("keep")
        rendered.close()
    assert [(version["name"], version["note"]) for version in session.library.value][-1] == ("Voor de raad", "waarom")
    assert session.library.value[0]["name"] != "Voor de raad"  # what was typed goes with the first press
