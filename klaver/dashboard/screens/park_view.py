"""Looking at the park: one future on the map, quarter by quarter, and behind every parcel and company what happened there."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, TypeGuard

import reacton.ipyvuetify as rv
import solara

from klaver.dashboard import parts
from klaver.dashboard.drawing.park_map import LAYERS, moment, park_map
from klaver.dashboard.following import Followed
from klaver.dashboard.refusals import Refused
from klaver.dashboard.session import use_followed, use_session
from klaver.dashboard.showing import Problem, Waiting, block, heading, paragraph, show, words_of
from klaver.dashboard.sketch import parcel_info, shown_name
from klaver.language import ScreenLanguage

TIME_TEXTS = ("time", "play", "pause", "back", "on")
MOST_SEED = 1000
"""Highest number of a future that can be followed; a session file holds no higher one."""
TOLD = 5
"""Steps of a story that are shown at once; the rest can be opened."""
_PICK = re.compile(r"(parcel|company|opportunity):(\d{1,6})")


@solara.component
def Look() -> None:
    """Show the map through time, and beside it what was chosen on it."""
    session = use_session()
    say, setting = session.say, session.setting
    twin, set_twin = solara.use_state(False)
    links, set_links = solara.use_state(True)
    # What exists only without the municipality has no row in the run, and so cannot be what the session has chosen.
    only_twin, set_only_twin = solara.use_state("")
    followed = use_followed()
    result: Followed | None = followed.result
    quarters = setting.length if result is None else result.quarters
    now = session.quarter.value
    quarter = quarters if now is None else min(now, quarters)

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        if name == "layer" and value in LAYERS:
            session.layer.value = str(value)
        elif name == "municipality" and value in ("with", "without"):
            set_twin(value == "without")
            set_only_twin("")
        elif name == "seed" and is_number(value) and 1 <= value <= MOST_SEED and value == int(value):
            session.change(seed=int(value))
        elif name == "links" and isinstance(value, bool):
            set_links(value)

    def go(value: Any) -> None:
        if is_number(value) and 0 <= value <= quarters:
            session.quarter.value = int(value)

    def pick(told: Any) -> None:
        found = _PICK.fullmatch(told) if isinstance(told, str) else None
        if found is None or result is None:
            return
        kind, row = found[1], int(found[2])
        if not is_there(result, kind, row, twin):
            return
        same = result.counterpart(kind, row, of_twin=True) if twin and kind != "opportunity" else None if twin else row
        set_only_twin(told if same is None else "")
        session.chosen.value = "" if same is None else f"{kind}:{same}"

    acts = setting.strategy.approach != "none"
    with block("div", "columns side-right"):
        with block("div", "stack"):
            with block("section", "card", **{"aria-label": say("park.map")}):
                parts.Form(
                    fields=[
                        {"kind": "choice", "name": "layer", "label": say("park.layer"), "value": session.layer.value,
                         "options": layer_options(say, LAYERS)},
                        {"kind": "choice", "name": "municipality", "label": say("park.municipality"), "disabled": not acts,
                         "value": "without" if twin else "with",
                         "options": [{"value": "with", "label": say("park.with", strategy=session.title(setting.strategy))},
                                     {"value": "without", "label": say("park.without")}]},
                        {"kind": "number", "name": "seed", "label": say("park.seed"), "value": setting.seed, "min": 1,
                         "max": MOST_SEED, "step": 1},
                        {"kind": "check", "name": "links", "label": say("park.links"), "value": links},
                    ],
                    arranged="row", event_change=change,
                )  # fmt: skip
                words = solara.use_memo(lambda: [capital(moment(k, say)) for k in range(quarters + 1)], [quarters, say.code])
                texts = words_of(say, "park", TIME_TEXTS)
                parts.TimeSlider(value=quarter, most=quarters, words=words, texts=texts, event_time=go)
                if followed.failed:
                    Problem(say("shell.failed"), [followed.failed.in_words(say)])
                elif result is None:
                    Waiting(say("park.map_comes"))
                else:
                    Map(result, quarter, twin and acts, links, only_twin, pick)
            if result is not None:
                with block("section", "card"):
                    Table(result, quarter, twin and acts, only_twin, pick)
        with block("section", "card", **{"aria-label": say("park.chosen")}):
            if result is None:
                paragraph(say("park.nothing_yet"), "soft")
            else:
                Chosen(result, quarter, twin and acts, only_twin, pick)


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value from the page is an ordinary number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def capital(text: str) -> str:
    """Return a text with a capital at its start."""
    return text[:1].upper() + text[1:]


def layer_options(say: ScreenLanguage, layers: Sequence[str]) -> list[dict[str, str]]:
    """Return layers of the map to choose from."""
    return [{"value": layer, "label": capital(say(f"map.layer.{layer}"))} for layer in layers]


def is_there(followed: Followed, kind: str, row: int, twin: bool) -> bool:
    """Return whether a run, or its twin, has such a row at all."""
    tables = followed.twin_tables if twin else followed.tables
    return 0 <= row < len(tables[{"parcel": "parcels", "company": "companies"}.get(kind, "opportunities")])


def on_shown(followed: Followed, chosen: str, twin: bool) -> str:
    """Return what was chosen as the run that is shown has it: the same parcel or company in the twin, empty for none."""
    found = _PICK.fullmatch(chosen)
    if found is None or not is_there(followed, found[1], int(found[2]), False):
        return ""
    if not twin:
        return chosen
    same = None if found[1] == "opportunity" else followed.counterpart(found[1], int(found[2]))
    return "" if same is None else f"{found[1]}:{same}"


@solara.component
def Map(followed: Followed, quarter: int, twin: bool, links: bool, only_twin: str, on_pick: Any) -> None:
    """The map at one moment."""
    session = use_session()
    say, layer, width = session.say, session.layer.value, session.fit(860)
    chosen = only_twin or on_shown(followed, session.chosen.value, twin)
    picture = solara.use_memo(
        lambda: park_map(
            followed, quarter, say, layer=layer, chosen=chosen or None, opportunities=links, twin=twin, width=width
        ),
        [id(followed), quarter, layer, chosen, links, twin, say.code, width],
    )
    show(picture, say, level=2, on_pick=on_pick, note=say("park.one_future", seed=followed.seed))


# --- what was chosen -------------------------------------------------------------------------------------------------


@solara.component
def Chosen(followed: Followed, quarter: int, twin: bool, only_twin: str, on_pick: Any) -> None:
    """What was clicked: how it stands now, what happened to it and why, and what would have happened otherwise."""
    session = use_session()
    say = session.say
    Finder(followed, quarter, twin, only_twin, on_pick)
    kind, _, number = (only_twin or on_shown(followed, session.chosen.value, False)).partition(":")
    if not number:
        paragraph(say("park.nothing_chosen"), "soft")
        return
    row = int(number)
    if only_twin:
        heading(name_of(followed, kind, row, say, True), 2)
        paragraph(say("park.only_twin"), "soft")
        State(followed, quarter, kind, row, True, on_pick)
        return
    heading(name_of(followed, kind, row, say, False), 2)
    shown = on_shown(followed, f"{kind}:{row}", twin)
    if shown:
        State(followed, quarter, kind, int(shown.partition(":")[2]), twin, on_pick)
    elif kind != "opportunity":
        paragraph(say("park.not_in_twin"), "soft")
    Why(followed, kind, row, twin)
    if kind == "parcel":
        Known(followed, row)


def name_of(followed: Followed, kind: str, row: int, say: ScreenLanguage, twin: bool) -> str:
    """Return what a parcel, company or opportunity is called, as a heading."""
    if kind == "parcel":
        return capital(followed.parcel(row, say, twin))
    if kind == "company":
        return capital(shown_name(followed.party(row, say, twin), say))
    return say("park.opportunity", n=row)


@solara.component
def Finder(followed: Followed, quarter: int, twin: bool, only_twin: str, on_pick: Any) -> None:
    """A list of all parcels with who is there: the way to one without pointing at the map."""
    session = use_session()
    say = session.say
    options = solara.use_memo(lambda: parcel_options(followed, quarter, twin, say), [id(followed), quarter, twin, say.code])
    chosen = only_twin or on_shown(followed, session.chosen.value, twin)
    if chosen.startswith("company:"):
        company = followed.company_at(quarter, int(chosen.partition(":")[2]), twin)
        chosen = f"parcel:{company['parcel']}" if company else ""
    known = any(option["value"] == chosen for option in options)

    def change(told: dict[str, Any]) -> None:
        if told.get("value"):
            on_pick(told["value"])

    parts.Form(
        fields=[{"kind": "choice", "name": "parcel", "label": say("park.find"), "value": chosen if known else "",
                 "options": [{"value": "", "label": say("park.find_none")}, *options]}],
        event_change=change,
    )  # fmt: skip


def parcel_options(followed: Followed, quarter: int, twin: bool, say: ScreenLanguage) -> list[dict[str, str]]:
    """Return the parcels at one moment to choose from, each with who is there."""
    frame = (followed.twin_frames if twin else followed.frames).at(quarter)
    found = []
    for row, occupant, floor in frame.parcels[["row", "occupant", "floor"]].tolist():
        who = (shown_name(followed.party(occupant, say, twin), say) if occupant >= 0
               else say("map.tip_vacant" if floor > 0.0 else "map.tip_land"))  # fmt: skip
        found.append({"value": f"parcel:{row}", "label": f"{capital(followed.parcel(row, say, twin))}: {who}"})
    return found


@solara.component
def State(followed: Followed, quarter: int, kind: str, row: int, twin: bool, on_pick: Any) -> None:
    """How a parcel or company stands at the moment on the map, with the ways on from it."""
    session = use_session()
    say, router = session.say, solara.use_router()
    frames = followed.twin_frames if twin else followed.frames
    when = moment(min(quarter, frames.quarters), say)
    parcel = followed.parcel_at(quarter, row, twin) if kind == "parcel" else {}
    company = followed.company_at(quarter, row, twin) if kind == "company" else {}
    items: list[dict[str, Any]] = []
    rows: list[tuple[str, str]] = []
    if parcel:
        rows = parcel_facts(followed, parcel, twin, say)
        if parcel["company"]:
            name = shown_name(followed.party(parcel["occupant"], say, twin), say)
            items.append({"name": f"company:{parcel['occupant']}", "text": say("park.to_company", name=name)})
        items += [{"name": f"opportunity:{number}", "text": say("park.to_opportunity", n=number)}
                  for number in parcel["opportunities"]]  # fmt: skip
    elif company:
        rows = company_facts(followed, company, twin, say)
        if company["parcel"] >= 0:
            items.append({"name": f"parcel:{company['parcel']}",
                          "text": say("park.to_parcel", name=followed.parcel(company["parcel"], say, twin))})  # fmt: skip
        if company["opportunity"] >= 0:
            items.append({"name": f"opportunity:{company['opportunity']}",
                          "text": say("park.to_opportunity", n=company["opportunity"])})  # fmt: skip
    elif kind != "opportunity":
        paragraph(say("park.not_there", when=when), "soft")

    def open_opportunity(name: str) -> None:
        session.chosen.value = name
        session.quarter.value = quarter
        router.push("/opportunities")

    def go(name: str) -> None:
        if name.startswith("opportunity:") and not twin and any(item["name"] == name for item in items):
            open_opportunity(name)
        else:
            on_pick(name)

    if kind == "opportunity":
        parts.Buttons(items=[{"name": f"opportunity:{row}", "text": say("park.open_opportunity"), "primary": True}],
                      event_press=lambda _: open_opportunity(f"opportunity:{row}"))  # fmt: skip
    if rows:
        heading(capital(when), 3)
        Facts(rows)
    if twin:
        items = [item for item in items if not item["name"].startswith("opportunity:")]
    if items:
        parts.Buttons(items=items, label=say("park.further"), event_press=go)


@solara.component
def Facts(rows: Sequence[tuple[str, str]], classes: str = "facts") -> None:
    """Values with what they are."""
    with block("dl", classes):
        for label, value in rows:
            rv.Html(tag="dt", children=[label])
            rv.Html(tag="dd", children=[value])


def parcel_facts(followed: Followed, parcel: dict[str, Any], twin: bool, say: ScreenLanguage) -> list[tuple[str, str]]:
    """Return how a parcel stands, as labels and values in words."""
    built, company = parcel["floor"] > 0.0, parcel["company"]
    if company:
        use = say("park.used", name=shown_name(followed.party(parcel["occupant"], say, twin), say),
                  sector=say(f"sector.{company['sector']}"))  # fmt: skip
    elif not built:
        use = say("park.land")
    elif parcel["vacant_quarters"] is None:
        use = say("park.vacant")
    else:
        use = say("park.vacant_for", duration=say.duration(parcel["vacant_quarters"]))
    kind = parcel["owner_kind"]
    owner = shown_name(followed.party(parcel["owner"], say, twin), say)
    if kind not in ("company", "municipality"):
        owner = say("park.owner_of_kind", name=owner, kind=say(f"owner_kind.{kind}"))
    soil = say("map.soil_none") if parcel["soil"] < 1.0 else say.euros(parcel["soil"])
    rows = [(say("park.fact_use"), use), (say("park.fact_owner"), owner),
            (say("park.fact_area"), say("park.m2", n=say.number(parcel["area"])))]  # fmt: skip
    if built:
        rows += [(say("park.fact_floor"), say("park.m2", n=say.number(parcel["floor"]))),
                 (say("park.fact_quality"), say("park.of_100", n=say.number(100 * parcel["quality"])))]  # fmt: skip
    rows.append((say("park.fact_soil"), soil))
    if math.isfinite(parcel["public_quality"]):
        rows.append((say("park.fact_public"), say("park.of_100", n=say.number(100 * parcel["public_quality"]))))
    if parcel["works"]:
        rows.append((say("park.fact_works"), say(f"map.task.{re.sub(r'[ -]', '_', parcel['works'])}")))
    if parcel["offered"]:
        rows.append((say("park.fact_offered"), say("map.yes")))
    return rows


def company_facts(followed: Followed, company: dict[str, Any], twin: bool, say: ScreenLanguage) -> list[tuple[str, str]]:
    """Return how a company stands, as labels and values in words."""
    rows = [(say("park.fact_where"), followed.parcel(company["parcel"], say, twin) if company["parcel"] >= 0
             else say(f"park.company_{company['state']}")),
            (say("park.fact_sector"), say(f"sector.{company['sector']}"))]  # fmt: skip
    if company["state"] == "sitting":
        plan = say(f"plan.{company['plan']}")
        if company["plan"] != "none":
            plan = say("park.plan_known" if company["known"] else "park.plan_hidden", plan=plan)
        readiness = [say(f"park.readiness_{name}", n=say.number(100 * value)) for name, value in company["readiness"].items()]
        rows += [(say("park.fact_jobs"), say.number(company["jobs"])),
                 (say("park.fact_tenure"), say("park.rents" if company["tenant"] else "park.owns")),
                 (say("park.fact_trust"), say("park.of_100", n=say.number(100 * company["trust"]))),
                 (say("park.fact_plan"), plan),
                 (say("park.fact_readiness"), ", ".join(readiness))]  # fmt: skip
    return rows


@solara.component
def Why(followed: Followed, kind: str, row: int, twin: bool) -> None:
    """What happened in this future, the number that decided, and the same without the municipality."""
    session = use_session()
    say = session.say
    story = solara.use_memo(lambda: followed.story(kind, row, say), [id(followed), kind, row, say.code])
    heading(say("park.story_with" if twin else "park.story"), 3)
    if kind == "opportunity":
        paragraph(story.heading)
    if story.decided:
        paragraph(story.decided, "decided")
    if not story.told:
        paragraph(say("park.no_story"), "soft")
    else:
        Steps(story.told)
    if followed.strategy != "none":
        heading(say("park.without_us"), 3)
        if story.without:
            Steps(story.without)
        else:
            paragraph(say("park.without_nothing"), "soft")


@solara.component
def Steps(lines: Sequence[str]) -> None:
    """Sentences in order; of very many the last, with the earlier ones to be opened."""
    session = use_session()
    early, late = list(lines[:-TOLD]), list(lines[-TOLD:])
    if early:
        with block("details", "behind"):
            rv.Html(tag="summary", children=[session.say("park.earlier", n=len(early))])
            with block("ol", "story"):
                for line in early:
                    rv.Html(tag="li", children=[line])
    with block("ol", "story", start=str(len(early) + 1)):
        for line in late:
            rv.Html(tag="li", children=[line])


@solara.component
def Known(followed: Followed, row: int) -> None:
    """What of a parcel is stated in the park's file, what is assumed, and what every future draws anew."""
    session = use_session()
    park = session.setting.park

    def look() -> dict[str, Any] | None:
        if row >= len(followed.names.parcels):
            return None
        try:
            return parcel_info(park, followed.names.parcels[row])
        except Refused:
            return None  # split off during the run, or the park is larger than what can be edited

    info = solara.use_memo(look, [id(park), id(followed), row])
    if info is not None:
        heading(session.say("park.known_at_start"), 3)
        KnownFields(info)


@solara.component
def KnownFields(info: dict[str, Any]) -> None:
    """Which fields of a parcel and its company are stated, assumed and open."""
    say = use_session().say
    rows = [(say(f"park.known_{mark}"), capital(say.listing([field_name(name, say) for name in info[mark]])))
            for mark in ("stated", "assumed", "open") if info[mark]]  # fmt: skip
    Facts(rows, "facts stacked")


def field_name(name: str, say: ScreenLanguage) -> str:
    """Return what a field of a park's file is called within a sentence."""
    text = say(f"own.field_{name.removeprefix('company.')}")
    return text[:1].lower() + text[1:]


# --- all parcels -----------------------------------------------------------------------------------------------------


@solara.component
def Table(followed: Followed, quarter: int, twin: bool, only_twin: str, on_pick: Any) -> None:
    """All parcels at the moment on the map; each can be chosen."""
    session = use_session()
    say = session.say
    shown, set_shown = solara.use_state(False)
    parts.Buttons(items=[{"name": "table", "text": say("park.table_hide" if shown else "park.table_show")}],
                  event_press=lambda _: set_shown(not shown))  # fmt: skip
    marks = [id(followed), quarter, twin, say.code, shown]
    table = solara.use_memo(lambda: parcel_table(followed, quarter, twin, say) if shown else None, marks)
    if table is None:
        return
    rows, picks = table
    parts.DataTable(
        caption=say("park.table", when=moment(quarter, say)),
        columns=[say(f"map.column.{name}") for name in ("parcel", "company", "sector", "area", "quality", "vacant", "owner")],
        rows=rows, picks=picks, numeric=[3, 4], chosen=only_twin or on_shown(followed, session.chosen.value, twin),
        event_pick=on_pick,
    )  # fmt: skip


def parcel_table(followed: Followed, quarter: int, twin: bool, say: ScreenLanguage) -> tuple[list[list[str]], list[str]]:
    """Return a row a parcel in words, and what each row chooses."""
    frame = (followed.twin_frames if twin else followed.frames).at(quarter)
    sector = dict(zip(frame.companies["row"].tolist(), frame.companies["sector"].tolist(), strict=True))
    from sim.records import SECTORS

    rows, picks = [], []
    for row, occupant, area, floor, quality, owner in frame.parcels[
        ["row", "occupant", "area", "floor", "quality", "owner"]
    ].tolist():
        there = occupant >= 0
        rows.append([
            capital(followed.parcel(row, say, twin)), shown_name(followed.party(occupant, say, twin), say) if there else "",
            say(f"sector.{SECTORS[sector[occupant]]}") if there and occupant in sector else "", say.number(area),
            say.number(100 * quality) if floor > 0.0 else "",
            say("map.no") if there else say("map.tip_vacant" if floor > 0.0 else "map.tip_land"),
            shown_name(followed.party(owner, say, twin), say),
        ])  # fmt: skip
        picks.append(f"parcel:{row}")
    return rows, picks
