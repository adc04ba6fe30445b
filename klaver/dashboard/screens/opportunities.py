"""The opportunity map through time: on the plan, and as supply and demand; each opportunity with its balance and its story."""

from __future__ import annotations

from typing import Any

import solara

from klaver.dashboard import parts
from klaver.dashboard.drawing.opportunity_map import opportunity_rows, supply_and_demand
from klaver.dashboard.drawing.park_map import moment, park_map
from klaver.dashboard.drawing.wording import capital
from klaver.dashboard.following import Followed
from klaver.dashboard.screens.case_file import LARGEST_SEED, BalanceTable, CaseFile, Choose, picked, seed_of, what_it_is
from klaver.dashboard.session import Session, use_followed, use_session
from klaver.dashboard.showing import Problem, Waiting, block, heading, paragraph, show, words_of
from klaver.language import ScreenLanguage

VIEWS = ("map", "board")
TIME_TEXTS = ("time", "play", "pause", "back", "on")
COLUMNS = ("number", "kind", "parties", "step", "rounds", "waits_for", "queue", "since", "worth", "public")
"""Of the table of open opportunities; named in the language files under ``map.row``."""


@solara.component
def Opportunities() -> None:
    """Show the screen; an address such as ``/opportunities/4`` chooses an opportunity."""
    session = use_session()
    say, router = session.say, solara.use_router()
    asked = router.parts[1] if len(router.parts) > 1 else ""
    view, set_view = solara.use_state("map")

    def arrive() -> None:
        if asked.isascii() and asked.isdigit() and len(asked) < 8:
            session.chosen.value = f"opportunity:{int(asked)}"

    solara.use_effect(arrive, [asked])
    heading(say("opportunities.heading"), 1)
    paragraph(say("opportunities.lead"), "lead wide")
    pending = use_followed()
    followed: Followed | None = pending.result
    Which(view, set_view, followed)
    if pending.failed:
        Problem(say("shell.failed"), [pending.failed.in_words(say)])
        return
    if followed is None:
        Waiting(say("opportunities.waiting"))
        return
    quarter = moment_of(session, followed)
    chosen = picked(followed, session.chosen.value)

    def choose(told: Any) -> None:
        found = picked(followed, told)
        if found is None:
            return
        session.chosen.value = f"{found[0]}:{found[1]}"
        address = f"/opportunities/{found[1]}" if found[0] == "opportunity" else "/opportunities"
        if router.path != address:
            router.push(address)

    def go_to(told: Any) -> None:
        if isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= followed.quarters:
            session.quarter.value = told

    with block("div", "columns side-right"):
        with block("section", "card", **{"aria-label": say(f"opportunities.view_{view}")}):
            View(followed, view, quarter, choose, go_to)
        with block("section", "card told", tabindex="0", **{"aria-label": say("opportunities.chosen")}):
            if chosen is not None:
                CaseFile(followed, *chosen, quarter, choose, go_to)
            else:
                if session.chosen.value:
                    paragraph(say("opportunities.not_there"), "soft")
                heading(say("opportunities.choose"), 2)
                paragraph(say("opportunities.choose_how"))
    with block("section", "card"):
        OpenNow(followed, quarter, choose, go_to)
    if chosen is not None and chosen[0] == "opportunity":
        with block("section", "card"):
            Balanced(followed, chosen[1])
    with block("section", "card"):
        AllOfThem(followed, choose)


def moment_of(session: Session, followed: Followed) -> int:
    """Return the moment that is looked at, within the run."""
    quarter = session.quarter.value
    return followed.quarters if quarter is None else min(max(quarter, 0), followed.quarters)


@solara.component
def Which(view: str, set_view: Any, followed: Followed | None) -> None:
    """Which future is followed, which company, and how it is shown."""
    session = use_session()
    say, setting, router = session.say, session.setting, solara.use_router()
    companies = solara.use_memo(lambda: [] if followed is None else company_options(followed, say), [id(followed), say.code])

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        if name == "seed" and (seed := seed_of(value)) is not None:
            session.change(seed=seed)
            router.push("/opportunities")
        elif name == "company" and followed is not None and (value == "" or picked(followed, value) is not None):
            session.chosen.value = str(value)
            router.push("/opportunities")

    company = session.chosen.value if session.chosen.value.startswith("company:") else ""
    if company and company not in {option["value"] for option in companies}:
        company = ""
    with block("div", "context"):
        parts.Form(
            fields=[
                {"kind": "number", "name": "seed", "label": say("opportunities.seed"), "value": setting.seed, "min": 1,
                 "max": LARGEST_SEED, "step": 1},
                {"kind": "choice", "name": "company", "label": say("opportunities.company"), "value": company,
                 "options": [{"value": "", "label": say("opportunities.no_company")}, *companies]},
            ],
            arranged="row", event_change=change,
        )  # fmt: skip
        parts.Buttons(
            items=[{"name": name, "text": say(f"opportunities.view_{name}"), "pressed": name == view} for name in VIEWS],
            label=say("opportunities.views"), event_press=lambda name: set_view(name) if name in VIEWS else None,
        )  # fmt: skip


def company_options(followed: Followed, say: ScreenLanguage) -> list[dict[str, str]]:
    """Return the companies to follow, by name: those of the start, and newcomers that sat at a table."""
    seats = followed.tables["seats"]["party"]
    rows = {*range(len(followed.names.companies)), *(int(row) for row in seats if row >= 0)}
    named = [{"value": f"company:{row}", "label": capital(followed.party(row, say))} for row in rows]
    return sorted(named, key=lambda option: (option["label"].lower(), option["value"]))


@solara.component
def View(followed: Followed, view: str, quarter: int, choose: Choose, go_to: Any) -> None:
    """The picture of the moment, and time."""
    session = use_session()
    say, chosen = session.say, session.chosen.value or None
    width = session.fit(800)

    def draw() -> Any:
        if view == "board":
            return supply_and_demand(followed, quarter, say, chosen, width=width)
        return park_map(followed, quarter, say, chosen=chosen, width=width)

    picture = solara.use_memo(draw, [id(followed), view, quarter, say.code, chosen, width])
    moments = range(followed.quarters + 1)
    words = solara.use_memo(lambda: [capital(moment(q, say)) for q in moments], [followed.quarters, say.code])
    parts.TimeSlider(value=quarter, most=followed.quarters, words=words, texts=words_of(say, "opportunities", TIME_TEXTS),
                     event_time=go_to)  # fmt: skip
    show(picture, say, level=2, on_pick=choose, note=say("opportunities.one_future", n=followed.seed))


@solara.component
def OpenNow(followed: Followed, quarter: int, choose: Choose, go_to: Any) -> None:
    """The opportunities that are open at the moment that is looked at."""
    session = use_session()
    say = session.say
    rows = solara.use_memo(lambda: opportunity_rows(followed, quarter, say), [id(followed), quarter, say.code])
    first = solara.use_memo(lambda: first_open(followed), [id(followed)])
    heading(say("opportunities.open_now", n=len(rows)), 2)
    if not rows:
        paragraph(say("opportunities.none_open" if first is not None else "opportunities.never_any", when=moment(quarter, say)))
        if first is not None:
            parts.Buttons(items=[{"name": "first", "text": say("opportunities.to_first", when=moment(first, say))}],
                          event_press=lambda name: go_to(first))  # fmt: skip
        return
    parts.DataTable(
        caption=say("opportunities.open_at", when=moment(quarter, say)),
        columns=[capital(say(f"map.row.{column}")) for column in COLUMNS], rows=[cells(row, say) for row in rows],
        picks=[f"opportunity:{row['number']}" for row in rows], chosen=session.chosen.value, numeric=(4, 8, 9),
        event_pick=choose,
    )  # fmt: skip


def first_open(followed: Followed) -> int | None:
    """Return the first moment with an open opportunity; None where there never is one."""
    began = followed.tables["opportunities"]
    began = began.loc[began["stage"] != "free", "since"]
    moments = range(int(began.min()) if len(began) else followed.quarters + 1, followed.quarters + 1)
    return next((quarter for quarter in moments if followed.cases_at(max(quarter, 0))), None)


def cells(row: dict[str, Any], say: ScreenLanguage) -> list[Any]:
    """Return an open opportunity as the cells of :data:`COLUMNS`."""
    shown = {**row, "step": capital(say(f"map.key.step_{row['step']}")), "worth": say.number(row["worth"]),
             "public": say.number(row["public"]), "number": say("opportunities.short", n=row["number"])}  # fmt: skip
    return [capital(shown[name]) if isinstance(shown[name], str) else shown[name] for name in COLUMNS]


@solara.component
def Balanced(followed: Followed, number: int) -> None:
    """The balance table of the opportunity that was chosen."""
    say = use_session().say
    table = solara.use_memo(lambda: followed.balance(number, say), [id(followed), number, say.code])
    BalanceTable(table)
    paragraph(say("opportunities.balance_at_end"), "soft")


@solara.component
def AllOfThem(followed: Followed, choose: Choose) -> None:
    """All opportunities of the run with how they ended, the most telling first."""
    session = use_session()
    say = session.say
    count, rows = solara.use_memo(lambda: all_rows(followed, say), [id(followed), say.code])
    heading(say("opportunities.all"), 2)
    paragraph(count)
    if rows:
        parts.DataTable(
            caption=say("opportunities.all_caption"), columns=[say(f"opportunities.column_{name}") for name in
                                                               ("number", "what", "ended", "since", "works")],
            rows=[row for _, row in rows], picks=[f"opportunity:{number}" for number, _ in rows], chosen=session.chosen.value,
            numeric=(4,), event_pick=choose,
        )  # fmt: skip


def all_rows(followed: Followed, say: ScreenLanguage) -> tuple[str, list[tuple[int, list[Any]]]]:
    """Return how the opportunities of a run ended: a sentence that counts them, and number and cells of each."""
    teller, rows = followed.teller(say), []
    table = followed.tables["opportunities"]
    for number in teller.opportunities():
        row = table.iloc[number]
        what = capital(what_it_is(followed, number, say))
        rows.append((number, [say("opportunities.short", n=number), what, capital(teller.ending(number)),
                              capital(say.quarter(int(row["since"]))), say.number(float(row["works"]))]))  # fmt: skip
    return teller.count(), rows
