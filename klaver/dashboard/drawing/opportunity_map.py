"""The opportunity map's second view: who looks for something, and what is on offer, with what is being worked on between.

What the municipality does not know is shown apart: a plan that a firm keeps to itself, a wish to sell that was never made
public. It is on the picture because whoever looks at a simulated park can see more than the municipality in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from klaver.dashboard.drawing.canvas import INK, PAPER, RULE, SOFT, Canvas
from klaver.dashboard.drawing.lettering import fold, shorten, text_width
from klaver.dashboard.drawing.map_signs import DASHES, LINK, SECTOR_COLOURS
from klaver.dashboard.drawing.park_map import case_title, moment, task_key
from klaver.dashboard.drawing.picture import Picture
from sim import records

if TYPE_CHECKING:
    from klaver.dashboard.following import Followed
    from klaver.language import Language

_SEEKING = ("expand_adjoining", "move_within", "move_away")
_HIGH, _LOW = 46.0, 27.0  # of a row that is being worked on, and of one that is not
_MOST = 12  # rows of what is not matched, per list; the table has them all


@dataclass(frozen=True)
class _Party:
    """One entry of a column: what can be picked, its name, and what it wants or offers."""

    pick: str
    name: str
    wish: str
    known: bool = True
    colour: str = PAPER


@dataclass(frozen=True)
class _Deal:
    """One open opportunity: who asks, and what is at stake."""

    number: int
    step: int
    asks: _Party
    offers: tuple[_Party, ...]
    title: str


def supply_and_demand(
    followed: Followed,
    quarter: int,
    language: Language,
    chosen: str | None = None,
    *,
    twin: bool = False,
    width: float = 760,
) -> Picture:
    """Draw who looks for land or premises after so many quarters, what is on offer, and which of them are being matched.

    Parameters
    ----------
    followed
        The run.
    quarter
        0 is the start.
    language
        A ``ScreenLanguage``.
    chosen
        ``"opportunity:4"``, ``"company:3"`` or ``"parcel:12"`` is set off.
    twin
        Draw the twin.
    width
        Of the picture, 360 or more.

    Returns
    -------
    Picture
        Opportunities and their parties can be chosen. The table has a row an opportunity, then what is not matched.
    """
    say, frame = language, (followed.twin_frames if twin else followed.frames).at(quarter)
    deals = [_deal(followed, frame, case, say, twin) for case in sorted(
        followed.cases_at(frame.quarter, twin), key=lambda case: (-case["step"], case["row"]))]  # fmt: skip
    asking = {deal.asks.pick for deal in deals}
    offered = {party.pick for deal in deals for party in deal.offers}
    seekers = [party for party in _seekers(followed, frame, say, twin) if party.pick not in asking]
    sites = [party for party in _sites(followed, frame, say, twin) if party.pick not in offered]
    known = [party for party in seekers if party.known]
    hidden = [party for party in seekers if not party.known]
    open_sites = [party for party in sites if party.known]
    quiet = [party for party in sites if not party.known]

    canvas = Canvas(width, 100)
    view = _View(canvas, say, width, chosen)
    view.heads()
    view.deals(deals)
    top = view.y
    view.column(0, top, "map.board.unmatched_demand", known)
    left = view.y
    view.column(0, left, "map.board.hidden_demand", hidden)
    left = view.y
    view.column(1, top, "map.board.unmatched_supply", open_sites)
    view.column(1, view.y, "map.board.hidden_supply", quiet)
    canvas.height = max(left, view.y, top) + 8
    when = moment(frame.quarter, say)
    title = say("map.board.title", park=followed.titles.get(say.code) or followed.park, when=when)
    description = say(
        "map.board.description", when=when[:1].upper() + when[1:], deals=len(deals), known=len(known), hidden=len(hidden),
        sites=len(open_sites), quiet=len(quiet),
    )  # fmt: skip
    return Picture(f"supply_and_demand_{frame.quarter}", title, description, canvas.svg(title, description),
                   _table(deals, known, hidden, open_sites, quiet, say))  # fmt: skip


def opportunity_rows(
    followed: Followed, quarter: int, language: Language, *, twin: bool = False
) -> list[dict[str, Any]]:
    """Return the opportunities that were open after so many quarters, as rows of a table.

    Returns
    -------
    list of dict
        ``number``, ``kind``, ``parties`` (with their stance), ``step`` (3 to 6 of the seven), ``stage``, ``rounds``,
        ``waits_for`` (who waits for whom, or what), ``queue`` (role, action and place in the queue), ``since``,
        ``worth`` (euros: what the parties gain together before public money), ``public`` (euros asked or promised) and
        ``town`` (euros: societal value as the municipality sees it, None before it has looked). The names of the columns
        are in the language files under ``map.row``.
    """
    say = language
    rows = []
    for case in followed.cases_at(quarter, twin):
        parties = say.listing([_stance(followed, seat, say, twin) for seat in case["seats"]])
        promised = case["grant"] + case["loan"] + case["guarantee"]
        rows.append({
            "number": case["row"], "kind": say(f"kind.{case['kind']}"), "parties": parties, "step": case["step"],
            "stage": say(f"stage.{case['stage']}"), "rounds": case["rounds"],
            "waits_for": waits_for(followed, case, quarter, say, twin), "queue": _queue(case, say),
            "since": say.quarter(case["since"]), "worth": round(case["surplus"]),
            "public": round(promised if promised > 0.0 else case["ask"] if case["ask"] > 1.0 else 0.0),
            "town": round(case["value_seen"]) if case["appraised"] else None,
        })  # fmt: skip
    return rows


def waits_for(followed: Followed, case: Mapping[str, Any], quarter: int, say: Language, twin: bool = False) -> str:
    """Return who waits for whom, or for what, at an open opportunity, in words.

    Parameters
    ----------
    case
        As ``Followed.cases_at`` returns them.
    quarter
        At which it stands so.
    """

    def name(party: int) -> str:
        return followed.party(party, say, twin)

    if case["step"] == records.REALISATION:
        task = say(f"map.task.{task_key(case['task'])}")
        return say("map.waits.stalled" if case["stalled"] > records.NEVER else "map.waits.task", task=task)
    if case["approval_until"] > quarter:
        return say("map.waits.council")
    parts = []
    earlier = next((other for other in followed.cases_at(quarter, twin) if other["row"] == case["previous"]), None)
    if earlier is not None and earlier["step"] <= records.CASE:
        parts.append(say("map.waits.chain", n=earlier["row"]))
    if case["step"] == records.AGREED:
        return "; ".join(parts) or say("map.waits.site")
    waiting: dict[int, list[str]] = {}
    for who, whom in case["waiting"]:
        waiting.setdefault(who, []).append(name(whom))
    if len(waiting) > 2 and case["kind"] == "collective":
        parts.append(say("map.waits.each_other", n=len(waiting)))
    else:
        parts += [say("map.waits.party", who=name(who), whom=say.listing(whom)) for who, whom in waiting.items()]
    losing = [name(seat["party"]) for seat in case["seats"]
              if seat["utility"] <= 0.0 and not seat["committed"] and seat["party"] != records.MUNICIPALITY]  # fmt: skip
    if losing:
        parts.append(say("map.waits.loses", who=say.listing(losing)))
    return "; ".join(parts) or say("map.waits.decision")


def _stance(followed: Followed, seat: Mapping[str, Any], say: Language, twin: bool) -> str:
    stance = "yes" if seat["committed"] else "unknown" if not seat["known"] else "willing" if seat["stance"] else "no"
    return say("map.party", who=followed.party(seat["party"], say, twin), stance=say(f"stance.{stance}"))


def _queue(case: Mapping[str, Any], say: Language) -> str:
    return "; ".join(
        say("map.queue", role=say(f"role.{job['role']}"), action=say(f"map.action.{job['action']}"), n=job["place"])
        for job in case["queues"]
    )


# --- who asks, and what is offered -----------------------------------------------------------------------------------------


def _deal(followed: Followed, frame: Any, case: Mapping[str, Any], say: Language, twin: bool) -> _Deal:
    title = case_title(followed, [case], case["row"], say, twin)
    firms = [seat["party"] for seat in case["seats"] if seat["party"] >= 0]
    if case["kind"] == "collective":
        asks = _Party(
            f"opportunity:{case['row']}",
            say("map.board.together", n=len(firms)),
            say("map.board.segment", n=case["segment"]),
        )
        measure = _Party(f"opportunity:{case['row']}", say(f"theme.{case['theme']}"), say("map.board.measure"))
        return _Deal(case["row"], case["step"], asks, (measure,), title)
    seeker = case["demand"] if case["demand"] >= 0 else next(iter(firms), records.MUNICIPALITY)
    if seeker >= 0:
        asks = _seeker(
            followed,
            frame,
            seeker,
            say,
            twin,
            say("map.board.site_wanted", m2=say.number(case["land"])) if case["land"] > 0.0 else "",
        )
    else:
        asks = _Party(f"opportunity:{case['row']}", followed.party(seeker, say, twin), say(f"kind.{case['kind']}"))
    rows = [case["parcel"], case["second"]]
    site = dict(zip(frame.companies["row"].tolist(), frame.companies["parcel"].tolist(), strict=True))
    rows += [site.get(seat["party"], -1) for seat in case["seats"] if seat["role"] == "land_giver"]
    offers = tuple(
        _site(followed, frame, row, say, twin)
        for row in dict.fromkeys(rows)
        if row >= 0 and row != site.get(seeker, -2)
    )
    # Whoever is at the table is known by being there.
    return _Deal(
        case["row"], case["step"], replace(asks, known=True), tuple(replace(site, known=True) for site in offers), title
    )


def _seekers(followed: Followed, frame: Any, say: Language, twin: bool) -> list[_Party]:
    """Return who looks for a site, the largest wish first."""
    rows = []
    for company in frame.companies:
        looks = records.PLANS[company["plan"]] in _SEEKING or company["state"] == records.PROSPECT
        if looks:
            rows.append((float(max(company["wants_land"], company["wants_floor"])), int(company["row"])))
    return [_seeker(followed, frame, row, say, twin) for _, row in sorted(rows, key=lambda item: (-item[0], item[1]))]


def _seeker(followed: Followed, frame: Any, row: int, say: Language, twin: bool, instead: str = "") -> _Party:
    place = int((frame.companies["row"] == row).argmax()) if (frame.companies["row"] == row).any() else -1
    name = followed.party(row, say, twin)
    if place < 0:
        return _Party(f"company:{row}", name, instead)
    company = frame.companies[place]
    plan = "prospect" if company["state"] == records.PROSPECT else records.PLANS[company["plan"]]
    land, floor = float(company["wants_land"]), float(company["wants_floor"])
    if plan in ("none", "renovate", "expand_own"):
        wish = instead
    elif land >= 1.0:
        wish = say(f"map.wish.{plan}_land", m2=say.number(land))
    else:
        wish = say(f"map.wish.{plan}", m2=say.number(floor))
    return _Party(
        f"company:{row}", name, wish, bool(company["known"]), SECTOR_COLOURS[records.SECTORS[company["sector"]]]
    )


def _sites(followed: Followed, frame: Any, say: Language, twin: bool) -> list[_Party]:
    """Return what is on offer, and what an owner would sell without saying so, the largest first."""
    parcels = frame.parcels
    free = (parcels["reserved"] < 0) & (parcels["building_until"] <= frame.quarter) & (parcels["opportunity"] < 0)
    rows = parcels[free & (parcels["offered"] | parcels["wish_to_sell"])]
    order = sorted(rows.tolist(), key=lambda row: (-row[1], row[0]))
    return [_site(followed, frame, row[0], say, twin) for row in order]


def _site(followed: Followed, frame: Any, row: int, say: Language, twin: bool) -> _Party:
    parcel = frame.parcels[int((frame.parcels["row"] == row).argmax())]
    area, floor = say.number(float(parcel["area"])), float(parcel["floor"])
    used = parcel["occupant"] >= 0
    key = "map.site.land" if floor <= 0.0 else "map.site.used" if used else "map.site.vacant"
    return _Party(
        f"parcel:{row}",
        followed.parcel(row, say, twin),
        say(key, area=area, floor=say.number(floor)),
        bool(parcel["offered"]),
    )


# --- drawing -------------------------------------------------------------------------------------------------------------


class _View:
    """The two columns being drawn, from the top down; ``y`` is where the next row goes."""

    def __init__(self, canvas: Canvas, say: Language, width: float, chosen: str | None) -> None:
        self.canvas, self.say, self.width, self.chosen = canvas, say, width, chosen
        self.size = 14.0 if width >= 600 else 12.5
        gap = 0.17 * width if width >= 600 else 52
        self.column_width = (width - gap) / 2
        self.lefts = (2.0, width - self.column_width - 2)
        self.y = 8.0

    def heads(self) -> None:
        for left, key in zip(self.lefts, ("map.board.demand", "map.board.supply"), strict=True):
            for line in fold(self.say(key), self.column_width, self.size + 1):
                self.canvas.text(left, self.y + 12, line, size=self.size + 1, weight="600")
        self.y += 26

    def deals(self, deals: list[_Deal]) -> None:
        if not deals:
            self.canvas.text(self.lefts[0], self.y + 14, self.say("map.board.no_deals"), size=self.size, colour=SOFT)
            self.y += 30
        step = 0
        for deal in deals:
            if deal.step != step:
                step = deal.step
                self.canvas.line(0, self.y + 8, self.width, self.y + 8, colour=RULE)
                self.canvas.text(
                    self.width / 2,
                    self.y + 13,
                    self.say(f"map.key.step_{step}"),
                    size=12,
                    colour=SOFT,
                    anchor="middle",
                    halo=True,
                )
                self.y += 24
            self.deal(deal)
        self.y += 4

    def deal(self, deal: _Deal) -> None:
        canvas, top = self.canvas, self.y
        picked = self.chosen == f"opportunity:{deal.number}"
        middle = top + (_HIGH - 6) / 2
        start, end = self.lefts[0] + self.column_width, self.lefts[1]
        for number in range(max(len(deal.offers), 1)):
            down = middle + number * _HIGH
            half = (start + end) / 2
            path = f"M{start:.1f} {middle:.1f}C{half:.1f} {middle:.1f} {half:.1f} {down:.1f} {end:.1f} {down:.1f}"
            canvas.path(
                path,
                stroke=LINK,
                stroke_width=3 if deal.step == 6 or picked else 2.2,
                stroke_dasharray=DASHES[deal.step],
                stroke_linecap="round",
            )
        self.box(self.lefts[0], top, deal.asks, _HIGH - 6)
        for number, offer in enumerate(deal.offers):
            self.box(self.lefts[1], top + number * _HIGH, offer, _HIGH - 6)
        label = str(deal.number)
        wide = max(24.0, text_width(label, 12) + 10)
        with canvas.group(
            deal.title, pick=f"opportunity:{deal.number}", label=deal.title, aria_pressed="true" if picked else "false"
        ):
            canvas.rect(
                (start + end) / 2 - wide / 2,
                middle - 12,
                wide,
                24,
                fill=INK if picked else LINK,
                rx=12,
                stroke=PAPER,
                stroke_width=1.5,
            )
            canvas.text((start + end) / 2, middle + 4.3, label, size=12, colour=PAPER, anchor="middle", weight="600")
        self.y = top + _HIGH * max(len(deal.offers), 1)

    def box(self, x: float, y: float, party: _Party, high: float) -> None:
        picked = self.chosen == party.pick and not party.pick.startswith("opportunity")
        room = self.column_width - 18
        tip = f"{party.name}: {party.wish}" if party.wish else party.name
        more: dict[str, Any] = {} if party.pick.startswith("opportunity") else {"pointed": party.pick}
        with self.canvas.group(tip, **more):
            self.canvas.rect(
                x, y, self.column_width, high, fill=PAPER if party.known else "#F3F3F2", rx=5,
                stroke=INK if picked else "#8B8795", stroke_width=2.4 if picked else 1,
                stroke_dasharray=None if party.known else "3 3",
            )  # fmt: skip
            if party.colour != PAPER:
                self.canvas.rect(x + 4, y + 5, 5, high - 10, fill=party.colour, rx=2)
            if high < 30:
                name = shorten(party.name, room * 0.5, self.size)
                self.canvas.text(x + 13, y + high / 2 + 4.5, name, size=self.size)
                taken = text_width(name, self.size) + 8
                self.canvas.text(
                    x + 13 + taken, y + high / 2 + 4.5, shorten(party.wish, room - taken, 12), size=12, colour=SOFT
                )
            else:
                self.canvas.text(x + 13, y + 17, shorten(party.name, room, self.size), size=self.size, weight="600")
                self.canvas.text(x + 13, y + 33, shorten(party.wish, room, 12.5), size=12.5, colour=SOFT)

    def column(self, side: int, top: float, key: str, parties: list[_Party]) -> None:
        """Draw what is not matched, one under the other, with a heading; nothing where there is none."""
        self.y = top
        if not parties:
            return
        lines = fold(self.say(key, n=len(parties)), self.column_width, self.size)
        for line in lines:
            self.canvas.text(
                self.lefts[side],
                self.y + 16,
                line,
                size=self.size,
                weight="600",
                colour=INK if parties[0].known else SOFT,
            )
            self.y += 17
        self.y += 8
        high = _LOW if self.width >= 600 else _HIGH
        for party in parties[:_MOST]:
            self.box(self.lefts[side], self.y, party, high - (4 if self.width >= 600 else 6))
            self.y += high
        if len(parties) > _MOST:
            self.canvas.text(
                self.lefts[side] + 13,
                self.y + 13,
                self.say("map.board.more", n=len(parties) - _MOST),
                size=12.5,
                colour=SOFT,
            )
            self.y += 20
        self.y += 8


def _table(
    deals: list[_Deal],
    known: list[_Party],
    hidden: list[_Party],
    sites: list[_Party],
    quiet: list[_Party],
    say: Language,
) -> pd.DataFrame:
    columns = [say(f"map.board.column_{name}") for name in ("number", "stage", "asks", "wish", "offers", "what")]
    rows: list[tuple[Any, ...]] = [
        (deal.number, say(f"map.key.step_{deal.step}"), deal.asks.name, deal.asks.wish,
         say.listing([offer.name for offer in deal.offers]), say.listing([offer.wish for offer in deal.offers]))
        for deal in deals
    ]  # fmt: skip
    rows += [(None, say("map.board.state_known"), party.name, party.wish, "", "") for party in known]
    rows += [(None, say("map.board.state_hidden"), party.name, party.wish, "", "") for party in hidden]
    rows += [(None, say("map.board.state_offered"), "", "", party.name, party.wish) for party in sites]
    rows += [(None, say("map.board.state_quiet"), "", "", party.name, party.wish) for party in quiet]
    return pd.DataFrame(rows, columns=columns)
