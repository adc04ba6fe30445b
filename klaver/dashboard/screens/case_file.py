"""What a company, parcel or opportunity that was chosen has to tell: where it stands, what decided, and what without us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reacton.ipyvuetify as rv
import solara

from klaver.balance import LINES, Balance
from klaver.dashboard import parts
from klaver.dashboard.drawing.opportunity_map import waits_for
from klaver.dashboard.drawing.park_map import moment
from klaver.dashboard.drawing.wording import capital
from klaver.dashboard.following import Followed
from klaver.dashboard.session import use_session
from klaver.dashboard.showing import block, bullets, heading, paragraph
from klaver.display import division_rows, gap_text
from klaver.language import ScreenLanguage
from sim import records

STEPS = (1, 2, 3, 4, 5, 6, 7)
"""The steps of the process; an opportunity is one from the third on."""
LARGEST_SEED = 1_000
"""Futures are numbered from 1; one can be followed up to this one."""
_TABLES = {"company": "companies", "parcel": "parcels", "opportunity": "opportunities"}
Choose = Callable[[str], None]


def picked(followed: Followed, told: Any) -> tuple[str, int] | None:
    """Return what ``"opportunity:4"`` stands for: kind and row; None where the run has no such thing.

    Parameters
    ----------
    told
        From the page or the address, whatever it is.
    """
    kind, _, number = str(told).partition(":")
    if kind not in _TABLES or not (number.isascii() and number.isdigit() and len(number) < 8):
        return None
    table = followed.tables[_TABLES[kind]]
    row = int(number)
    if row >= len(table) or (kind == "opportunity" and table["stage"].iloc[row] == "free"):
        return None
    return kind, row


def seed_of(value: Any) -> int | None:
    """Return the number of a future that the page sent; None where it is none, or beyond :data:`LARGEST_SEED`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LARGEST_SEED or value != int(value):
        return None
    return int(value)


@solara.component
def CaseFile(
    followed: Followed, kind: str, row: int, quarter: int, choose: Choose, go_to: Callable[[int], None] | None = None
) -> None:
    """Tell one thing.

    Parameters
    ----------
    kind, row
        As :func:`picked` returns them.
    quarter
        The moment that is looked at: 0 is the start.
    choose, go_to
        Called with another thing to choose, and with another moment to look at (None where there is one moment only).
    """
    session = use_session()
    say = session.say
    story = solara.use_memo(lambda: followed.story(kind, row, say), [id(followed), kind, row, say.code])
    heading(story.heading, 2)
    if kind == "opportunity":
        Standing(followed, row, quarter, go_to)
    else:
        paragraph(story.end)
        Concerned(followed, kind, row, choose)
    heading(say("opportunities.decided"), 3)
    paragraph(story.decided or say("opportunities.nothing_decided"))
    heading(say("opportunities.without_us"), 3)
    if session.setting.strategy.approach == "none":
        paragraph(say("opportunities.is_twin"))
    else:
        bullets(story.without or [say("opportunities.without_unknown")])
    heading(say("opportunities.story"), 3)
    if story.told:
        with block("ol", "story"):
            for line in story.told:
                rv.Html(tag="li", children=[line])
    else:
        paragraph(say("opportunities.no_story"))


@solara.component
def Standing(followed: Followed, row: int, quarter: int, go_to: Callable[[int], None] | None) -> None:
    """Where an opportunity stands at a moment: step, round, who waits for whom, who sits at the table."""
    session = use_session()
    say = session.say
    case = next((one for one in followed.cases_at(quarter) if one["row"] == row), None)
    table = followed.tables["opportunities"].iloc[row]
    began, last = int(table["since"]) + 1, int(table["stage_since"]) + 1  # first frame in which each shows
    when = capital(moment(quarter, say))
    if case is None and quarter < began:
        step = 0
        paragraph(say("opportunities.not_yet", when=when, first=say.quarter(began - 1)))
    elif case is None:
        step = 7 if table["stage"] == "delivered" else 0
        ended = "delivered" if step == 7 else "left"
        reason = str(table["reason"])
        why = say(f"reason.{reason}") if ended == "left" and f"reason.{reason}" in say else ""
        text = say(f"opportunities.ended_{ended}", when=say.quarter(last - 1))
        paragraph(f"{text} {say('opportunities.because', why=why)}" if why else text)
    else:
        step = int(case["step"])
        rounds = say("opportunities.rounds", n=case["rounds"]) if case["rounds"] else ""
        waits = capital(waits_for(followed, case, quarter, say)) + "."
        paragraph(" ".join(part for part in (f"{when}:", rounds, waits) if part))
    StepBar(step)
    if case is not None:
        if case["queues"]:
            bullets([say("opportunities.in_queue", role=say(f"role.{job['role']}"), action=say(f"map.action.{job['action']}"),
                         n=job["place"]) for job in case["queues"]])  # fmt: skip
        heading(say("opportunities.table"), 3)
        bullets([seat_sentence(followed, seat, say) for seat in case["seats"]])
    elif go_to is not None:
        parts.Buttons(items=[{"name": "go", "text": say("opportunities.go_there")}],
                      event_press=lambda name: go_to(middle_of(began, last, followed.quarters)))  # fmt: skip


def middle_of(began: int, last: int, quarters: int) -> int:
    """Return a moment at which an opportunity is open: the last but one of its life, by which most is known."""
    return min(max(began, last - 1), quarters)


def seat_sentence(followed: Followed, seat: dict[str, Any], say: ScreenLanguage) -> str:
    """Return who sits at the table, where it stands, and what it needs to commit itself."""
    public = seat["party"] == records.MUNICIPALITY
    stance = "yes" if seat["committed"] else "unknown" if not seat["known"] else "willing" if seat["stance"] else "no"
    text = say("opportunities.seat", who=capital(followed.party(seat["party"], say)), role=say(f"seat.{seat['role']}"),
               stance=say(f"stance.{stance}"))  # fmt: skip
    if public or seat["committed"]:
        return text
    if seat["utility"] <= 0.0:
        return f"{text} {say('opportunities.seat_loses', euros=say.euros(-seat['utility']))}"
    needed = float(seat["needed"])
    if not 0.0 <= needed <= 1.0:
        return f"{text} {say('opportunities.seat_gains', euros=say.euros(seat['utility']))}"
    return f"{text} {say('opportunities.seat_waits', euros=say.euros(seat['utility']), belief=say.share(seat['belief']),
                         needed=say.share(needed))}"  # fmt: skip


@solara.component
def StepBar(step: int) -> None:
    """The seven steps, with the one that something stands at; 0 is none of them."""
    say = use_session().say
    with rv.Html(tag="ol", class_="steps", attributes={"aria-label": say("opportunities.steps")}):
        for number in STEPS:
            here = number == step
            attributes = {"aria-current": "step"} if here else {}
            state = "here" if here else "past" if number < step else "ahead"
            with rv.Html(tag="li", class_=f"step-{state}", attributes=attributes):
                rv.Html(tag="span", class_="step-number", children=[str(number)], attributes={"aria-hidden": "true"})
                rv.Html(tag="span", children=[say(f"opportunities.step_{number}")])


@solara.component
def Concerned(followed: Followed, kind: str, row: int, choose: Choose) -> None:
    """The opportunities that a company or parcel had to do with, to choose from."""
    say = use_session().say
    numbers = solara.use_memo(lambda: opportunities_of(followed, kind, row), [id(followed), kind, row])
    if not numbers:
        paragraph(say("opportunities.none_concerned"), "soft")
        return
    kinds = [say(f"kind.{kind}") for kind in followed.tables["opportunities"]["kind"].iloc[numbers]]
    parts.Buttons(
        items=[{"name": f"opportunity:{number}", "text": say("opportunities.one", n=number, kind=kind)}
               for number, kind in zip(numbers, kinds, strict=True)],
        label=say("opportunities.concerned"), event_press=choose,
    )  # fmt: skip


def opportunities_of(followed: Followed, kind: str, row: int) -> list[int]:
    """Return the opportunities at whose table a company sat, or that were about a parcel."""
    tables = followed.tables
    if kind == "company":
        seats = tables["seats"]
        return sorted({int(number) for number in seats.loc[seats["party"] == row, "opportunity"]})
    table = tables["opportunities"]
    about = ((table["parcel"] == row) | (table["second"] == row)) & (table["stage"] != "free")
    return [int(number) for number in table.index[about]]


def what_it_is(followed: Followed, number: int, say: ScreenLanguage) -> str:
    """Return what an opportunity is about and for whom, without how it ended."""
    row = followed.tables["opportunities"].iloc[number]
    kind = say(f"kind.{row['kind']}")
    if row["demand"] < 0:
        return kind
    return say("opportunities.what_for", kind=kind, who=followed.party(int(row["demand"]), say))


@solara.component
def BalanceTable(table: Balance, level: int = 2, title: str = "") -> None:
    """The balance table of an opportunity: seven lines in two columns, the division over the parties, the gap."""
    say = use_session().say
    title = title or table.title
    heading(title, level)
    paragraph(table.state, "soft")
    with block("div", "scroll open", tabindex="0", role="region", **{"aria-label": title}), block("table", "balance"):
        with block("thead"), block("tr"):
            rv.Html(tag="td")
            for side in ("business", "value"):
                rv.Html(tag="th", attributes={"scope": "col"}, children=[say(f"balance.{side}")])
        with block("tbody"):
            for line in LINES:
                with block("tr"):
                    rv.Html(tag="th", attributes={"scope": "row"}, children=[say(f"balance.{line}")])
                    for side in (table.business, table.value):
                        with block("td"):
                            bullets([capital(entry) for entry in side[line]], "plain")
    heads, rows = division_rows(say, table)
    parts.DataTable(caption=say("balance.division"), columns=[capital(head) for head in heads], rows=rows)
    paragraph(gap_text(say, table))
