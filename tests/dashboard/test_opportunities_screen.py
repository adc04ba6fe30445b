"""The screen of opportunities without a browser: what can be chosen, and whether what it tells agrees with the run."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import solara
from hypothesis import given
from hypothesis import strategies as st
from solara.server import kernel, kernel_context

from klaver.dashboard.drawing.opportunity_map import opportunity_rows
from klaver.dashboard.following import follow
from klaver.dashboard.screens import case_file, opportunities
from klaver.dashboard.session import Session, session_context
from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.language import ScreenLanguage

SAY = {code: ScreenLanguage(code) for code in ("nl", "en")}
FOLLOWED = follow(shipped_park("rollepaal").resolved(), shipped_strategy("demand_driven").resolved(), 1, 48)
OPPORTUNITIES = [number for number in range(len(FOLLOWED.tables["opportunities"]))
                 if FOLLOWED.tables["opportunities"]["stage"].iloc[number] != "free"]  # fmt: skip


@pytest.fixture
def session() -> Iterator[Session]:
    """The session of a page that nobody looks at."""
    with kernel_context.VirtualKernelContext(id="test", kernel=kernel.Kernel(), session_id="test"):
        yield Session()


def texts_in(widget: Any) -> list[str]:
    """Return every text on a page."""
    found = []
    for name in ("children", "items", "rows", "columns"):
        for child in getattr(widget, name, None) or ():
            if isinstance(child, str):
                found.append(child)
            elif isinstance(child, dict):
                found += [str(value) for value in child.values()]
            elif isinstance(child, list | tuple):
                found += [str(value) for value in child]
            else:
                found += texts_in(child)
    return found


def drawn(session: Session, component: Any, *arguments: Any) -> list[str]:
    """Draw a component as part of a session's page, and return its texts."""
    @solara.component
    def Page() -> None:
        session_context.provide(session)
        component(*arguments)

    box, rendered = solara.render(Page(), handle_error=False)
    texts = texts_in(box)
    rendered.close()
    return texts


# --- what the page sends ---------------------------------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=20), st.none(), st.floats(), st.dictionaries(st.text(), st.integers()),
                 st.tuples(st.sampled_from(["company", "parcel", "opportunity", "owner", ""]), st.integers(-5, 10**9))
                 .map(lambda pair: f"{pair[0]}:{pair[1]}")))  # fmt: skip
def test_only_what_the_run_has_can_be_chosen(told: Any) -> None:
    found = case_file.picked(FOLLOWED, told)
    if found is not None:
        kind, row = found
        assert told == f"{kind}:{row}" or int(str(told).partition(":")[2]) == row
        assert FOLLOWED.story(kind, row, SAY["nl"]).heading


@pytest.mark.parametrize("told", ["opportunity:²", "opportunity:-1", "opportunity:1e1", "opportunity:9999999999", "parcel:", 4])
def test_a_strange_choice_is_none(told: Any) -> None:
    assert case_file.picked(FOLLOWED, told) is None


def test_everything_that_is_listed_can_be_chosen() -> None:
    listed = [option["value"] for option in opportunities.company_options(FOLLOWED, SAY["nl"])]
    listed += [f"opportunity:{number}" for number, _ in opportunities.all_rows(FOLLOWED, SAY["nl"])[1]]
    assert len(set(listed)) == len(listed) > 40
    assert all(case_file.picked(FOLLOWED, pick) is not None for pick in listed)


@pytest.mark.parametrize(
    ("value", "seed"),
    [(1, 1), (1_000, 1_000), (7.0, 7), (0, None), (1_001, None), (2.5, None), (True, None), (float("nan"), None),
     (float("inf"), None), ("3", None), (None, None)],
)  # fmt: skip
def test_a_future_is_a_whole_number_from_1_to_1000(value: Any, seed: int | None) -> None:
    assert case_file.seed_of(value) == seed


# --- what it tells ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["nl", "en"])
def test_every_opportunity_of_the_run_is_listed_once_with_its_end(code: str) -> None:
    count, rows = opportunities.all_rows(FOLLOWED, SAY[code])
    assert sorted(number for number, _ in rows) == OPPORTUNITIES
    assert str(len(OPPORTUNITIES)) in count
    delivered = SAY[code]("story.ending_delivered", time="").strip()[:6].lower()
    stages = FOLLOWED.tables["opportunities"]["stage"]
    told = {number for number, cells in rows if cells[2].lower().startswith(delivered)}
    assert told == set(stages.index[stages == "delivered"])


def test_the_first_moment_with_an_open_opportunity_has_one_and_none_before_it_has() -> None:
    first = opportunities.first_open(FOLLOWED)
    assert first is not None and FOLLOWED.cases_at(first)
    assert not any(FOLLOWED.cases_at(quarter) for quarter in range(first))


def test_looking_at_when_it_was_going_on_shows_it_going_on() -> None:
    table, seen = FOLLOWED.tables["opportunities"], 0
    for number in OPPORTUNITIES:
        lived = [q for q in range(FOLLOWED.quarters + 1) if any(case["row"] == number for case in FOLLOWED.cases_at(q))]
        if lived:
            began, last = (int(table[name].iloc[number]) + 1 for name in ("since", "stage_since"))
            assert case_file.middle_of(began, last, FOLLOWED.quarters) in lived
            seen += 1
    assert seen > 10


@pytest.mark.parametrize("code", ["nl", "en"])
def test_every_seat_is_told_and_never_without_a_number_that_is_named(code: str) -> None:
    waiting = SAY[code]("opportunities.seat_waits", euros="€", belief="%", needed="%").split("%")[-2]
    told = [case_file.seat_sentence(FOLLOWED, seat, SAY[code]) for quarter in range(0, FOLLOWED.quarters, 4)
            for case in FOLLOWED.cases_at(quarter) for seat in case["seats"]]  # fmt: skip
    assert told and not any("nan" in text or "{" in text or " - " in text for text in told)
    assert any(waiting in text for text in told)


def test_a_company_is_concerned_by_the_tables_it_sat_at() -> None:
    seats = FOLLOWED.tables["seats"]
    number, party = next((int(o), int(p)) for o, p in zip(seats["opportunity"], seats["party"], strict=True) if p >= 0)
    assert number in case_file.opportunities_of(FOLLOWED, "company", party)
    parcel = int(FOLLOWED.tables["opportunities"]["parcel"].iloc[number])
    if parcel >= 0:
        assert number in case_file.opportunities_of(FOLLOWED, "parcel", parcel)


@pytest.mark.parametrize("code", ["nl", "en"])
def test_a_row_of_the_table_has_a_cell_for_every_column(code: str) -> None:
    for row in opportunity_rows(FOLLOWED, 20, SAY[code]):
        cells = opportunities.cells(row, SAY[code])
        assert len(cells) == len(opportunities.COLUMNS)
        assert str(row["step"]) in cells[opportunities.COLUMNS.index("step")]


# --- drawn -----------------------------------------------------------------------------------------------------------------


def ended(stage: str) -> int:
    stages = FOLLOWED.tables["opportunities"]["stage"]
    return int(stages.index[stages == stage][0])


@pytest.mark.parametrize("code", ["nl", "en"])
@pytest.mark.parametrize("stage", ["delivered", "left"])
def test_an_opportunity_tells_what_decided_and_what_without_us(session: Session, code: str, stage: str) -> None:
    session.language.value = code
    number, say = ended(stage), SAY[code]
    texts = drawn(session, case_file.CaseFile, FOLLOWED, "opportunity", number, FOLLOWED.quarters, print, print)
    story = FOLLOWED.story("opportunity", number, say)
    assert story.heading in texts and set(story.told) <= set(texts) and set(story.without) <= set(texts)
    assert (story.decided or say("opportunities.nothing_decided")) in texts
    assert any(text.startswith(say(f"opportunities.ended_{stage}", when="")[:12]) for text in texts)


def test_before_it_began_an_opportunity_says_so(session: Session) -> None:
    number = OPPORTUNITIES[-1]
    texts = drawn(session, case_file.CaseFile, FOLLOWED, "opportunity", number, 0, print, print)
    when = SAY["nl"].quarter(int(FOLLOWED.tables["opportunities"]["since"].iloc[number]))
    assert any(when in text and "nog niet" in text for text in texts)


def test_under_the_twin_there_is_no_without_us(session: Session) -> None:
    session.desk.change(strategy=shipped_strategy("none"))
    texts = drawn(session, case_file.CaseFile, FOLLOWED, "parcel", 3, 10, print, print)
    assert SAY["nl"]("opportunities.is_twin") in texts


@pytest.mark.parametrize("code", ["nl", "en"])
def test_a_moment_without_opportunities_says_what_to_do(session: Session, code: str) -> None:
    session.language.value = code
    texts = drawn(session, opportunities.OpenNow, FOLLOWED, 0, print, print)
    first = opportunities.first_open(FOLLOWED)
    assert first is not None
    assert any(SAY[code].quarter(first - 1) in text for text in texts)


def test_names_of_a_user_are_text(session: Session) -> None:
    """A balance table is built of elements, not of markup: a name with an angle bracket is the name."""
    table = FOLLOWED.balance(ended("delivered"), SAY["nl"])
    texts = drawn(session, case_file.BalanceTable, table, 2, "<b>Jansen</b> & zoon")
    assert "<b>Jansen</b> & zoon" in texts


@pytest.mark.parametrize("chosen", ["", "opportunity:5", "company:3", "parcel:2", "opportunity:99999", "nonsense"])
def test_the_screen_is_drawn_whatever_was_chosen(session: Session, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setattr(opportunities, "use_followed", lambda: SimpleNamespace(result=FOLLOWED, failed=None))
    session.chosen.value = chosen
    session.quarter.value = 14
    router = SimpleNamespace(parts=["opportunities"], path="/opportunities", push=print)
    monkeypatch.setattr(solara, "use_router", lambda: router)
    texts, say = drawn(session, opportunities.Opportunities), SAY["nl"]
    found = case_file.picked(FOLLOWED, chosen)
    if found is None:
        assert say("opportunities.choose") in texts
        assert (say("opportunities.not_there") in texts) is bool(chosen)
    else:
        assert FOLLOWED.story(*found, say).heading in texts
        assert (say("opportunities.balance_at_end") in texts) is (found[0] == "opportunity")


def test_an_address_chooses_its_opportunity(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opportunities, "use_followed", lambda: SimpleNamespace(result=FOLLOWED, failed=None))
    router = SimpleNamespace(parts=["opportunities", "5"], path="/opportunities/5", push=print)
    monkeypatch.setattr(solara, "use_router", lambda: router)
    assert FOLLOWED.story("opportunity", 5, SAY["nl"]).heading in drawn(session, opportunities.Opportunities)
    assert session.chosen.value == "opportunity:5"
