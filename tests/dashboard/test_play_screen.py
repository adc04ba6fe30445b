"""The screen to play, and the lesson, without a browser: choices that make a game, and answers that come from runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import solara
from hypothesis import given
from hypothesis import strategies as st
from solara.server import kernel, kernel_context

from analysis.compare import Comparison
from analysis.experiment import run_pairs
from klaver.dashboard import session_file
from klaver.dashboard.desk import Desk, Game, changed, first_setting, from_plain, plain
from klaver.dashboard.drawing.game import ENDS, TOLD, beside_others, game_paths
from klaver.dashboard.partings import parting
from klaver.dashboard.playing import GAME, play, shipped_outcomes
from klaver.dashboard.screens import game_end, lesson
from klaver.dashboard.screens import play as screen
from klaver.dashboard.session import Session, session_context
from klaver.dashboard.shared import shipped_park, shipped_strategy, strategies
from klaver.language import ScreenLanguage
from klaver.runs import run
from sim.records import ROLES

SAY = {code: ScreenLanguage(code) for code in ("nl", "en")}
PARK, BASE = shipped_park("rollepaal"), shipped_strategy("demand_driven")
YEARS = 6
MIX = [0.4, 0.2, 0.3, 0.1]
PLAYED = play(PARK.resolved(), BASE.resolved(), 2, [{"mix": MIX, "refused": []}] * YEARS, 4 * YEARS)


@pytest.fixture
def session() -> Iterator[Session]:
    """The session of a page that nobody looks at."""
    with kernel_context.VirtualKernelContext(id="test", kernel=kernel.Kernel(), session_id="test"):
        yield Session()


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Two strategies and the twin on a few futures of a short time."""
    return Comparison(run_pairs(PARK, [BASE, shipped_strategy("supply_driven"), shipped_strategy("none")], list(range(1, 13)),
                                1, None, quarters=16), "supply_driven")  # fmt: skip


# --- a game as a list of choices -------------------------------------------------------------------------------------------


def test_a_year_more_is_a_year_more_and_a_leap_refuses_once() -> None:
    game = Game((), BASE, 3)
    one = screen.played_on(game, MIX, (7, 2), 1)
    assert [dict(year) for year in one.years] == [{"mix": MIX, "refused": [2, 7]}]
    five = screen.played_on(one, MIX, (4,), 5)
    assert [year["refused"] for year in five.years] == [[2, 7], [4], [], [], [], []]
    assert (five.strategy, five.seed) == (BASE, 3)


def test_untouched_shares_are_those_of_the_strategy_exactly_and_then_those_of_last_year() -> None:
    odd = changed(BASE, roles=dict(zip(ROLES, (0.333, 0.333, 0.3, 0.034), strict=True)))
    setting = replace(first_setting(), strategy=odd, game=Game((), odd, 1))
    assert screen.mix_in_force(setting) == odd.roles.shares()
    later = replace(setting, game=screen.played_on(setting.game or Game(), MIX, (), 1))
    assert screen.mix_in_force(later) == MIX


def test_a_game_keeps_its_strategy_and_future_when_something_else_is_looked_at() -> None:
    setting = replace(first_setting(), game=Game((), BASE, 5), strategy=shipped_strategy("supply_driven"), seed=9)
    assert screen.base_of(setting) == (BASE, 5)
    assert screen.base_of(replace(setting, game=Game())) == (shipped_strategy("supply_driven"), 9)


def test_undo_takes_back_one_year_however_quickly_they_were_played() -> None:
    desk = Desk(replace(first_setting(), game=Game((), BASE, 1)))
    for _ in range(3):
        assert desk.setting.game is not None
        desk.change(game=screen.played_on(desk.setting.game, MIX, (), 1))
    lengths = []
    for _ in range(3):
        desk.undo()
        assert desk.setting.game is not None
        lengths.append(len(desk.setting.game.years))
    assert lengths == [2, 1, 0]


@pytest.mark.parametrize("strategy", [BASE, changed(BASE, principles={"exit": False}), None])
def test_a_game_comes_back_from_a_session_file_and_from_a_link(strategy: Any) -> None:
    setting = replace(first_setting(), game=screen.played_on(Game((), strategy, 4), MIX, (1, 8), 2))
    for state in (session_file.from_json(session_file.to_json(plain(setting))),
                  session_file.from_link(session_file.to_link(plain(setting)) or "")[0]):  # fmt: skip
        again = from_plain(state).game
        assert again is not None and setting.game is not None
        assert [dict(year) for year in again.years] == [dict(year) for year in setting.game.years]
        assert (again.strategy, again.seed) == (strategy, 4)


SENT = st.one_of(st.integers(-50, 150), st.booleans(), st.floats(), st.text())


@given(st.one_of(st.none(), st.text(), st.integers(), st.lists(SENT, max_size=6)))
def test_only_four_whole_percents_that_sum_to_100_are_a_mix(told: Any) -> None:
    if screen.is_mix(told):
        assert len(told) == 4 and sum(told) == 100 and all(type(share) is int and 0 <= share <= 100 for share in told)


def test_a_mix_of_the_page_is_a_mix() -> None:
    assert screen.is_mix([25, 25, 25, 25]) and screen.is_mix([100, 0, 0, 0])
    assert not screen.is_mix([True, 99, 0, 0]) and not screen.is_mix([101, -1, 0, 0])


# --- what a player sees ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["nl", "en"])
def test_scores_are_those_of_the_run_and_its_twin(code: str) -> None:
    rows = {row[0]: row for row in screen.score_rows(PLAYED, SAY[code])}
    say = SAY[code]
    label = say("outcome.jobs")
    jobs = rows[label[:1].upper() + label[1:]]
    assert jobs[1] == say.number(PLAYED.followed.measures["jobs"])
    assert jobs[2] == say.number(PLAYED.followed.twin_measures["jobs"])
    assert all(len(row) == 4 and "nan" not in "".join(row) for row in rows.values())


@pytest.mark.parametrize(
    ("case", "key"),
    [({"promised": 5.0, "asked": 9.0, "gap": 1.0}, "case_promised"),
     ({"promised": 0.0, "asked": 9.0, "gap": 1.0}, "case_asked"),
     ({"promised": 0.0, "asked": 0.0, "gap": 1.0}, "case_gap"),
     ({"promised": 0.0, "asked": 0.0, "gap": 0.0}, "case_free")],
)  # fmt: skip
@pytest.mark.parametrize("worth", [None, 0.0, 1e6])
def test_a_case_says_what_it_asks_and_what_it_is_worth(case: dict[str, float], key: str, worth: float | None) -> None:
    say, rest = SAY["nl"], {"parties": ["a", "b"], "step": 4, "since": "jaar 1", "hours": 3.0}
    lines = screen.case_lines({**case, **rest, "worth": worth}, say)
    euros = {"case_promised": 5.0, "case_asked": 9.0, "case_gap": 1.0, "case_free": 0.0}[key]
    assert lines[2] == say(f"play.{key}", euros=say.euros(euros))
    assert lines[3] == (say("play.case_unjudged") if worth is None else say("play.case_worth", euros=say.euros(worth)))


def drawn(session: Session, component: Any, *arguments: Any) -> list[str]:
    """Draw a component as part of a session's page, and return its texts."""
    @solara.component
    def Page() -> None:
        session_context.provide(session)
        component(*arguments)

    def texts_in(widget: Any) -> list[str]:
        found: list[str] = []
        for name in ("children", "items", "fields", "rows"):
            for child in getattr(widget, name, None) or ():
                if isinstance(child, dict):
                    found += [str(value) for value in child.values()]
                elif isinstance(child, str | list | tuple):
                    found += [child] if isinstance(child, str) else map(str, child)
                else:
                    found += texts_in(child)
        return found

    box, rendered = solara.render(Page(), handle_error=False)
    texts = texts_in(box)
    rendered.close()
    return texts


@pytest.mark.parametrize("code", ["nl", "en"])
def test_decisions_do_not_give_away_how_a_case_ends(session: Session, code: str) -> None:
    session.language.value = code
    say = SAY[code]
    games = (play(PARK.resolved(), BASE.resolved(), seed, [{}] * 4) for seed in range(1, 6))
    part = next(game for game in games if game.decisions(say))
    texts = drawn(session, screen.Decisions, part, (), print)
    for case in part.decisions(say):
        heading = screen.case_heading(part, case["number"], say)
        assert heading in texts and say("story.ending_open") not in heading
    assert say("play.if_out_ends") in texts or say("play.if_out_goes_on") in texts


def test_without_cases_it_says_so(session: Session) -> None:
    start = play(PARK.resolved(), BASE.resolved(), 1, [])
    assert not start.decisions(SAY["nl"])
    assert SAY["nl"]("play.nothing_to_decide") in drawn(session, screen.Decisions, start, (), print)


def test_a_strategy_that_does_nothing_offers_another(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solara, "use_router", lambda: SimpleNamespace(parts=["play"], path="/play", push=print))
    session.desk.change(strategy=shipped_strategy("none"))
    texts = drawn(session, screen.Play)
    assert SAY["nl"]("play.none_acts") in texts and SAY["nl"]("play.begin") not in texts


# --- pictures --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1180])
@pytest.mark.parametrize("code", ["nl", "en"])
def test_paths_end_where_the_run_does(code: str, width: int) -> None:
    picture = game_paths(PLAYED.followed, SAY[code], width=width)
    last = picture.table.iloc[-1]
    assert last.iloc[0] == YEARS and len(picture.table) == YEARS
    assert last.iloc[1] == pytest.approx(PLAYED.followed.measures["vitality"])
    assert last.iloc[2] == pytest.approx(PLAYED.followed.twin_measures["vitality"])
    assert picture.svg.count("stroke-dasharray=\"6 4\"") == 5  # the twin in four panels, and in the legend


def test_no_path_without_a_year() -> None:
    with pytest.raises(ValueError, match="no quarter"):
        game_paths(play(PARK.resolved(), BASE.resolved(), 1, []).followed, SAY["en"])


@pytest.fixture(scope="module")
def others() -> dict[str, Any]:
    """What two strategies came to in the future of the game."""
    return shipped_outcomes(PARK.resolved(), 2, 4 * YEARS, ["demand_driven", "supply_driven"])


@pytest.mark.parametrize("width", [360, 1180])
def test_a_game_stands_beside_strategies_in_the_same_future(others: dict[str, Any], width: int) -> None:
    found = {GAME: PLAYED.followed.outcomes, **others}
    titles = {GAME: "Uw spel", "demand_driven": "<i>Eigen</i>", "supply_driven": "Aanbod"}
    spread = {"supply_driven": dict.fromkeys(ENDS, (-1.0, 2.0))}
    picture = beside_others(found, titles, SAY["nl"], game=GAME, spread=spread, width=width)
    assert "<i>" not in picture.svg and "&lt;i&gt;" in picture.svg
    assert picture.svg.count("<circle") == 1 + 2 * len(ENDS)  # a key, and every strategy in every panel
    same = run("rollepaal", "supply_driven", 2, quarters=4 * YEARS).outcomes["difference"]
    row = picture.table.iloc[2]
    assert [row.iloc[1 + k] for k in range(len(TOLD))] == pytest.approx([same[outcome] for outcome in TOLD], nan_ok=True)


def test_ticks_of_a_panel_differ(others: dict[str, Any]) -> None:
    """Numbers along an axis are written with decimals enough to tell them apart."""
    found = {GAME: PLAYED.followed.outcomes, **others}
    svg = beside_others(found, dict.fromkeys(found, "x"), SAY["en"], game=GAME, width=360).svg
    axes: dict[str, list[str]] = {}
    tick = r'<text x="[\d.]+" y="([\d.]+)" font-size="13"[^>]*text-anchor="middle"[^>]*>([+\-\d.,]+)</text>'
    for y, text in re.findall(tick, svg):
        axes.setdefault(y, []).append(text)
    assert len(axes) == len(ENDS)
    for ticks in axes.values():
        assert len(set(ticks)) == len(ticks) > 1


def test_an_undefined_multiplier_is_said_to_be_so(others: dict[str, Any]) -> None:
    broken = {GAME: {"difference": {**PLAYED.followed.outcomes["difference"], "multiplier_additional": math.nan}}}
    (row,) = game_end.end_rows(broken, {GAME: "x"}, SAY["nl"])
    assert row[1 + TOLD.index("multiplier_additional")] == SAY["nl"]("chart.undefined")
    assert "nan" not in "".join(row) and "-" not in row[1 + TOLD.index("multiplier_additional")][:1]


def test_bands_are_the_middle_of_the_paired_differences(comparison: Comparison) -> None:
    found = game_end.spreads(comparison.runs, ("demand_driven",))
    change = comparison.beyond_twin("demand_driven", "vitality")
    assert found["demand_driven"]["vitality"] == pytest.approx(tuple(np.quantile(change, [0.1, 0.9])))
    assert game_end.spreads(None, ("demand_driven",)) == {}
    few = run_pairs(PARK, [BASE, shipped_strategy("none")], [1, 2], 1, None, quarters=4)
    assert game_end.spreads(few, ("demand_driven",)) == {}


# --- the mean mix as a strategy --------------------------------------------------------------------------------------------


MIXES = st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(lambda mix: sum(mix) > 0)


@given(st.lists(MIXES, min_size=1, max_size=25))
def test_the_mean_of_any_mixes_is_a_strategy(mixes: list[list[int]]) -> None:
    game = Game(tuple({"mix": [share / sum(mix) for share in mix], "refused": []} for mix in mixes), BASE, 1)
    mean = game_end.mean_mix(game, BASE)
    own = game_end.as_strategy(BASE, mean)
    assert own.roles.shares() == pytest.approx(mean, abs=2e-4)
    assert not own.adaptive and own.steps.build is None


def test_the_mean_weighs_every_year_alike() -> None:
    game = Game(({"mix": [1.0, 0.0, 0.0, 0.0]}, {"mix": [0.0, 1.0, 0.0, 0.0]}), shipped_strategy("by_step"), 1)
    own = game_end.as_strategy(shipped_strategy("by_step"), game_end.mean_mix(game, BASE))
    assert own.roles.shares() == [0.5, 0.5, 0.0, 0.0]
    assert all(getattr(own.steps, step) is None for step in ("picture", "identify", "build", "realise"))


# --- the lesson ------------------------------------------------------------------------------------------------------------


def answered(**more: str) -> dict[str, str]:
    given = {f"lesson_{q}": lesson.ANSWERS[q][0] for q in lesson.QUESTIONS}
    return given | {f"lesson_{q}_sure": "70" for q in lesson.QUESTIONS} | more


def test_nothing_is_shown_before_every_question_has_an_answer_and_how_sure() -> None:
    assert lesson.is_complete(answered())
    for key in answered():
        assert not lesson.is_complete({name: value for name, value in answered().items() if name != key})
        assert not lesson.is_complete(answered(**{key: "something"}))


def test_predictions_hold_for_what_they_were_about_only(session: Session) -> None:
    other = shipped_strategy("supply_driven")
    mark = lesson.about(session, BASE, other)
    kept = answered(lesson_about=mark, lesson_other="supply_driven", lesson_shown="yes") | {"elsewhere": "up"}
    assert lesson.is_complete(lesson.given_answers(kept, mark)) and "elsewhere" not in lesson.given_answers(kept, mark)
    marks = {mark, lesson.about(session, other, BASE), lesson.about(session, BASE, shipped_strategy("verbinden"))}
    session.desk.change(park=shipped_park("small_village"))
    marks.add(lesson.about(session, BASE, other))
    session.desk.change(quarters=40)
    marks.add(lesson.about(session, BASE, other))
    assert len(marks) == 5
    assert lesson.given_answers(kept, lesson.about(session, BASE, other)) == {"lesson_other": "supply_driven"}


def test_the_other_strategy_acts_and_has_another_name(session: Session) -> None:
    for name in strategies():
        session.desk.change(strategy=shipped_strategy(name))
        names = [option.name for option in lesson.others_of(session)]
        assert name not in names and "none" not in names and len(set(names)) == len(names)
        assert lesson.other_strategy(session).name in names
    session.desk.change(strategy=BASE, predictions={"lesson_other": "verbinden"})
    assert lesson.other_strategy(session).name == "verbinden"
    session.desk.change(predictions={"lesson_other": "no such strategy"})
    assert lesson.other_strategy(session).name == "supply_driven"


TITLES = {"demand_driven": "A", "supply_driven": "B", "none": "niets"}


@pytest.mark.parametrize("question", lesson.QUESTIONS)
def test_the_answer_is_what_the_runs_say_and_turns_with_the_sides(comparison: Comparison, question: str) -> None:
    """No answer is built in: with the strategies swapped the answer is the other, and it is that of the comparison."""
    found = lesson.what_was_found(comparison, question, "demand_driven", "supply_driven", TITLES, SAY["nl"])
    outcome = "multiplier_additional" if question == "private" else "vitality"
    against = comparison.against("demand_driven", outcome, "none" if question == "twin" else "supply_driven")
    if against is None:
        assert found.answer is None and found.sentence
        return
    assert (found.answer == "same") is not against.stands
    if against.stands:
        higher, _, lower = lesson.ANSWERS[question]
        assert found.answer == (higher if (against.difference.mean or 0.0) > 0.0 else lower)
    if question != "twin":
        swapped = lesson.what_was_found(comparison, question, "supply_driven", "demand_driven", TITLES, SAY["nl"])
        assert swapped.answer == {"a": "b", "b": "a", "same": "same"}[found.answer or ""]
    assert "95%" in found.sentence


def test_of_an_undefined_multiplier_the_reason_is_told(comparison: Comparison) -> None:
    poor = comparison.runs.table.copy()
    poor["public_outlay"] = 0.0
    nothing = Comparison(replace(comparison.runs, table=poor), "supply_driven")
    found = lesson.what_was_found(nothing, "private", "demand_driven", "supply_driven", TITLES, SAY["nl"])
    assert found.answer is None
    assert "A" in found.sentence and SAY["nl"]("chart.undefined_little", mean="", least="")[:30] in found.sentence
    assert lesson.verdict("a", found) == "unknown"


def test_a_prediction_is_counted_only_where_there_is_an_answer() -> None:
    found = {"better": lesson.Found("a", ""), "private": lesson.Found(None, ""), "twin": lesson.Found("down", "")}
    given = answered(lesson_better_sure="90", lesson_twin_sure="50", lesson_private_sure="90")
    assert lesson.counted(given, found) == {"n": 2, "right": 1, "sure": 70}
    assert lesson.verdict("a", found["better"]) == "as_said" and lesson.verdict("up", found["twin"]) == "otherwise"


@pytest.mark.parametrize("code", ["nl", "en"])
def test_the_page_to_hand_in_holds_the_words_of_the_user_as_text(session: Session, comparison: Comparison, code: str) -> None:
    session.language.value = code
    found = {q: lesson.what_was_found(comparison, q, "demand_driven", "supply_driven", TITLES, SAY[code])
             for q in lesson.QUESTIONS}  # fmt: skip
    words = "<script>alert(1)</script>\nomdat & daarom"
    page = lesson.hand_in_page(session, answered(lesson_why=words), found, BASE, shipped_strategy("supply_driven"), 12)
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;\nomdat &amp; daarom" in page
    assert page.count("<h2>") == len(lesson.QUESTIONS) + 1 and f'lang="{code}"' in page
    assert "http" not in page


def test_where_two_strategies_part_is_in_the_language_and_the_same_as_itself_nowhere() -> None:
    two = (BASE.resolved(), shipped_strategy("supply_driven").resolved())
    found = parting(PARK.resolved(), two, ("A", "B"), 1, 12, None, "nl")
    assert found.quarter is not None and (found.events[0] or found.events[1] or found.thresholds)
    assert "strategy.approach" in found.inputs or "approach" in found.inputs
    assert parting(PARK.resolved(), (two[0], two[0]), ("A", "A"), 1, 12, None, "nl").quarter is None


