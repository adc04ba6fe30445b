"""Changing a park: click a parcel and say what is known of it; what nobody says stays open. The runs follow by themselves."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import solara

from klaver.dashboard import parts, sketch
from klaver.dashboard.comparing import use_apart
from klaver.dashboard.desk import is_shipped_park
from klaver.dashboard.drawing.park_map import plan_map
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.refusals import Refused
from klaver.dashboard.screens.park_effect import SEEDS, Effect, Outcomes
from klaver.dashboard.screens.park_view import KnownFields, capital, is_number, layer_options
from klaver.dashboard.session import Session, use_call, use_ensemble, use_session
from klaver.dashboard.showing import Problem, Waiting, block, heading, paragraph, show
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario
from sim.records import OWNER_KINDS, SECTORS

PLAN_LAYERS = ("sector", "quality", "vacancy", "readiness", "soil", "owner")
"""Layers of a park that is not run."""
_DRAWN_AT_ONCE = 150  # parcels; the map of a larger park takes more than a moment, and is drawn beside the page
USES = ("occupied", "vacant", "land")
WISHES_HERE = ("expand", "sell")

Act = Callable[[Scenario], Scenario]


def make_own(session: Session) -> None:
    """Put a park of the user's own on the desk where a shipped one is, or one without a map: that is what can be changed."""
    park = session.setting.park
    if can_edit(park):
        return
    try:
        own = sketch.own_version(park)
    except Refused as refused:
        session.notice.value = " ".join(refused.told(session.say))
        return
    session.change(park=own, game=None)
    session.notice.value = session.say("park.own_made")


def can_edit(park: Scenario) -> bool:
    """Return whether a park is the user's own, with a map."""
    return park.map is not None and not is_shipped_park(park)


@solara.component
def Edit() -> None:
    """Show the plan, and beside it what can be said of the parcel that was clicked."""
    session = use_session()
    say, park = session.say, session.setting.park
    chosen, set_chosen = solara.use_state(-1)
    nothing: tuple[str, ...] = ()
    told, set_told = solara.use_state(nothing)
    tries, set_tries = solara.use_state(0)
    if not can_edit(park):
        with block("section", "card"):
            paragraph(say("park.shipped_stays"))
            parts.Buttons(items=[{"name": "own", "text": say("park.make_own"), "primary": True}],
                          event_press=lambda _: make_own(session))  # fmt: skip
        return
    plots = len(sketch.plan_of(park).parcels)
    place = chosen if chosen < plots else -1

    def act(change: Act) -> None:
        try:
            new = change(session.setting.park)
        except Refused as refused:
            set_told(tuple(refused.told(say)))
            set_tries(tries + 1)  # the form begins anew, and shows what still holds
            return
        set_told(())
        if new != session.setting.park:
            session.notice.value = ""
            session.change(park=new, game=None)

    def choose(plot: int) -> None:
        set_told(())
        set_chosen(plot)

    with block("div", "columns side-right"):
        PlanAndOutcomes(place, choose)
        with block("div", "stack"):
            with block("section", "card"):
                Finder(place, choose)
                if told:
                    Problem(say("park.not_possible"), told)
                if place >= 0:
                    Parcel(place, act).key(f"parcel {place} {tries}")
                else:
                    paragraph(say("park.edit_lead"))
                    paragraph(say("park.edit_open"), "soft")
            with block("section", "card"):
                Newcomers(act)
            with block("section", "card"):
                Whole(act)


def read_plot(told: Any) -> int:
    """Return the place of a parcel that was clicked on a plan; -1 for anything else."""
    text = told.removeprefix("plot:") if isinstance(told, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def draw_plan(content: Mapping[str, Any], language: str, chosen: str | None, layer: str, width: float) -> Picture:
    """Return the plan of a park given as plain values: beside the page."""
    park = Scenario.from_resolved(dict(content))
    return plan_map(park, ScreenLanguage(language), chosen, layer=layer, width=width)


@solara.component
def Plan(place: int, choose: Callable[[int], None]) -> None:
    """The map of the park as it is described."""
    session = use_session()
    say, park = session.say, session.setting.park
    layer = session.layer.value if session.layer.value in PLAN_LAYERS else "sector"
    width = session.fit(860)
    chosen = f"plot:{place}" if place >= 0 else None
    at_once = len(park.legend) <= _DRAWN_AT_ONCE
    key = (id(park) if at_once else park.content_hash(), str(dict(park.title)), say.code, chosen, layer, width)
    drawn = use_call("plan", key, draw_plan, lambda: (park.resolved(), say.code, chosen, layer, width), wanted=not at_once)
    small = solara.use_memo(lambda: plan_map(park, say, chosen, layer=layer, width=width) if at_once else None, [*key, at_once])
    nothing: Picture | None = None
    last = solara.use_ref(nothing)
    picture = small if at_once else drawn.result
    if picture is not None:
        last.current = picture

    def change(told: dict[str, Any]) -> None:
        if told.get("value") in PLAN_LAYERS:
            session.layer.value = str(told["value"])

    def pick(told: Any) -> None:
        plot = read_plot(told)
        if 0 <= plot < len(sketch.plan_of(session.setting.park).parcels):
            choose(plot)

    parts.Form(
        fields=[{"kind": "choice", "name": "layer", "label": say("park.layer"), "value": layer,
                 "options": layer_options(say, PLAN_LAYERS)}],
        arranged="row", event_change=change,
    )  # fmt: skip
    if drawn is not None and drawn.failed:
        Problem(say("shell.failed"), [drawn.failed.in_words(say)])
    elif last.current is None:
        Waiting(say("park.map_comes"))
    else:
        show(last.current, say, level=2, on_pick=pick, busy=picture is None, note=say("park.plan_note"))


@solara.component
def Finder(place: int, choose: Callable[[int], None]) -> None:
    """A list of all parcels: the way to one without pointing at the map."""
    session = use_session()
    say, park = session.say, session.setting.park
    options = solara.use_memo(lambda: plot_options(park, say), [id(park), say.code])

    def change(told: dict[str, Any]) -> None:
        plot = read_plot(told.get("value"))
        if plot < len(options):
            choose(plot)

    value = f"plot:{place}" if place >= 0 else ""
    parts.Form(
        fields=[{"kind": "choice", "name": "plot", "label": say("park.find_plot"), "value": value,
                 "options": [{"value": "", "label": say("park.find_none")}, *options]}],
        event_change=change,
    )  # fmt: skip


def plot_options(park: Scenario, say: ScreenLanguage) -> list[dict[str, str]]:
    """Return the parcels of a plan to choose from, each with what is said of its use."""
    plan = sketch.plan_of(park)
    seated = {company.parcel: company.name for company in plan.companies}
    found = []
    for k, parcel in enumerate(plan.parcels):
        if parcel.name in seated:
            use = sketch.shown_name(seated[parcel.name], say)
        elif parcel.floor == 0.0:
            use = say("map.tip_land")
        else:
            use = say("map.tip_vacant" if parcel.stands_vacant else "map.tip_unknown")
        found.append({"value": f"plot:{k}", "label": f"{capital(sketch.shown_parcel(parcel.name, say))}: {use}"})
    return found


# --- one parcel ------------------------------------------------------------------------------------------------------


@solara.component
def Parcel(place: int, act: Callable[[Act], None]) -> None:
    """What can be said of one parcel."""
    session = use_session()
    say, park = session.say, session.setting.park
    info = solara.use_memo(lambda: sketch.parcel_info(park, place), [id(park), place])

    def change(told: dict[str, Any]) -> None:
        edit = edit_of(str(told.get("name")), told.get("value"), place)
        if edit is not None:
            act(edit)

    heading(capital(sketch.shown_parcel(info["name"], say)), 2)
    paragraph(say("park.plot_size", n=say.number(info["area"])), "soft")
    parts.Form(fields=parcel_fields(info, say), event_change=change)
    Wish(place, info, act)
    heading(say("park.known"), 3)
    KnownFields(info)


def edit_of(name: str, value: Any, place: int) -> Act | None:
    """Return the edit that a field of the form asks for; None where the page sent what it never sends.

    Parameters
    ----------
    name, value
        As the form tells them.
    place
        Of the parcel in the plan.
    """
    text = value if isinstance(value, str) else None
    number = float(value) if is_number(value) else None
    if name == "use" and text in USES:
        return lambda park: set_use(park, place, text)
    if name == "owner" and text in (*OWNER_KINDS, sketch.OCCUPANT):
        return lambda park: sketch.set_owner(park, place, text)
    if name == "sector" and text in SECTORS:
        return lambda park: sketch.set_company(park, place, sector=text)
    if name == "name" and text is not None and len(text) <= 200:
        return lambda park: sketch.set_company(park, place, name=text)
    if number is None:
        return None
    if name == "vacant_years" and 0 <= number <= 100:
        return lambda park: sketch.set_vacant(park, place, True, round(4 * number))
    if name == "quality" and 0 <= number <= 100:
        return lambda park: sketch.set_quality(park, place, number / 100)
    if name == "jobs" and 0 < number <= 20_000:
        return lambda park: sketch.set_company(park, place, jobs=number)
    if name == "soil" and 0 <= number <= 1e9:
        return lambda park: sketch.set_soil(park, place, number)
    return None


def set_use(park: Scenario, place: int, use: str) -> Scenario:
    """Return a park in which a company sits on a parcel (``"occupied"``), its building is ``"vacant"``, or it is ``"land"``."""
    if use == "land":
        return sketch.set_built(park, place, False)
    return sketch.set_vacant(sketch.set_built(park, place, True), place, use == "vacant")


def parcel_fields(info: Mapping[str, Any], say: ScreenLanguage) -> list[dict[str, Any]]:
    """Return the fields of the form about one parcel: only those that its use allows; what is open is empty."""
    use = "land" if not info["building"] else info["occupancy"]
    unknown = [{"value": "", "label": say("park.unknown")}]
    options = [{"value": name, "label": say(f"park.use_{name}")} for name in USES]
    if use == "open":
        options.insert(0, {"value": "open", "label": say("park.use_open")})
    fields: list[dict[str, Any]] = [
        {"kind": "radio", "name": "use", "label": say("park.fact_use"), "value": use, "options": options}
    ]
    if use == "vacant":
        years = None if info["vacant_quarters"] is None else info["vacant_quarters"] / 4
        fields.append({"kind": "number", "name": "vacant_years", "label": say("park.vacant_years"), "min": 0, "max": 100,
                       "step": 0.25, "unit": say("park.years"), "value": years})  # fmt: skip
    if use in ("occupied", "open"):
        company = info["company"] or {}
        sector = company.get("sector")
        fields += [
            {"kind": "text", "name": "name", "label": say("park.company_name"), "most": 200,
             "value": sketch.shown_name(company["name"], say) if company else ""},
            {"kind": "choice", "name": "sector", "label": say("park.fact_sector"), "value": sector or "",
             "options": [*([] if sector else unknown),
                         *({"value": name, "label": capital(say(f"sector.{name}"))} for name in SECTORS)]},
            {"kind": "number", "name": "jobs", "label": say("park.fact_jobs"), "value": company.get("jobs"), "min": 1,
             "max": 20_000, "step": 1},
        ]  # fmt: skip
    if use != "land":
        quality = None if info["quality"] is None else round(100 * info["quality"])
        fields.append({"kind": "number", "name": "quality", "label": say("park.quality"), "min": 0, "max": 100, "step": 5,
                       "value": quality, "help": say("park.quality_help")})  # fmt: skip
    owner = info["owner_kind"]
    kinds = [*([sketch.OCCUPANT] if use in ("occupied", "open") else []), *OWNER_KINDS]
    owners = [{"value": kind, "label": capital(say(f"park.owner_{kind}" if kind == sketch.OCCUPANT else f"owner_kind.{kind}"))}
              for kind in kinds]  # fmt: skip
    if owner not in kinds:
        label = say("park.owner_company") if owner is not None else say("park.unknown")
        owners.insert(0, {"value": "", "label": label})
    fields += [
        {"kind": "choice", "name": "owner", "label": say("park.fact_owner"), "value": owner if owner in kinds else "",
         "options": owners},
        {"kind": "number", "name": "soil", "label": say("park.soil"), "value": info["soil_cost"], "min": 0, "max": 1e9,
         "step": 10_000, "unit": say("park.euro"), "help": say("park.soil_help")},
    ]  # fmt: skip
    return fields


@solara.component
def Wish(place: int, info: Mapping[str, Any], act: Callable[[Act], None]) -> None:
    """An opportunity on this parcel: its company wants to grow, or its owner wants to sell."""
    session = use_session()
    say = session.say
    m2, set_m2 = solara.use_state(2000.0)
    wish = "sell" if info["occupancy"] == "vacant" else "expand"
    heading(say("park.opportunity_here"), 3)
    company = info["company"]
    if company and company["land_wish"]:
        paragraph(say("park.wants_land", n=say.number(company["land_wish"])))
    if info["offered"]:
        paragraph(say("park.is_offered"))
    if wish == "expand":
        MetresField(m2, set_m2)
    items = [{"name": wish, "text": say(f"park.wish_{wish}"), "help": say(f"park.wish_{wish}_help")}]
    if info["occupancy"] == "open":
        items.append({"name": "sell", "text": say("park.wish_sell"), "help": say("park.wish_sell_open_help")})

    def press(name: str) -> None:
        if name in WISHES_HERE:
            act(lambda park: sketch.add_opportunity(park, place, name, m2 if name == "expand" else None))

    parts.Buttons(items=items, label=say("park.opportunity_here"), event_press=press)


@solara.component
def MetresField(m2: float, set_m2: Callable[[float], None]) -> None:
    """How much land is wanted."""
    say = use_session().say

    def change(told: dict[str, Any]) -> None:
        value = told.get("value")
        if is_number(value) and 0 < value <= 1e6:
            set_m2(float(value))

    parts.Form(
        fields=[{"kind": "number", "name": "m2", "label": say("park.wish_m2"), "value": m2, "min": 100, "max": 1_000_000,
                 "step": 100, "unit": say("park.m2_unit")}],
        event_change=change,
    )  # fmt: skip


# --- the park as a whole ---------------------------------------------------------------------------------------------


@solara.component
def Newcomers(act: Callable[[Act], None]) -> None:
    """Companies from outside that look for land here."""
    session = use_session()
    say, park = session.say, session.setting.park
    m2, set_m2 = solara.use_state(5000.0)
    heading(say("park.newcomers"), 2)
    there = sketch.newcomers(park)
    if not there:
        paragraph(say("park.no_newcomers"), "soft")
    for newcomer in there:
        Newcomer(newcomer["name"], newcomer["land_wish"], act).key(newcomer["name"])
    MetresField(m2, set_m2)
    parts.Buttons(items=[{"name": "add", "text": say("park.wish_newcomer")}],
                  event_press=lambda _: act(lambda park: sketch.add_opportunity(park, None, "newcomer", m2)))  # fmt: skip


@solara.component
def Newcomer(name: str, m2: float, act: Callable[[Act], None]) -> None:
    """One company from outside, and the way to take it off the list."""
    say = use_session().say
    shown = sketch.shown_name(name, say)
    with block("div", "sum"):
        paragraph(say("park.newcomer", name=capital(shown), n=say.number(m2)))
        remove = {"name": "remove", "text": say("park.newcomer_remove"), "help": say("park.newcomer_remove_help", name=shown)}
        parts.Buttons(items=[remove], label=shown, event_press=lambda _: act(lambda park: sketch.remove_newcomer(park, name)))


@solara.component
def Whole(act: Callable[[Act], None]) -> None:
    """The park's title, and its file."""
    session = use_session()
    say = session.say

    def change(told: dict[str, Any]) -> None:
        value = told.get("value")
        if isinstance(value, str) and len(value) <= 200:
            act(lambda park: sketch.rename(park, value))

    heading(say("park.whole"), 2)
    parts.Form(
        fields=[{"kind": "text", "name": "title", "label": say("park.title"), "value": session.park_title(), "most": 200}],
        event_change=change,
    )
    paragraph(say("park.undo_help"), "help")
    ParkFile()


@solara.component
def ParkFile() -> None:
    """The park as a file to keep."""
    session = use_session()
    say, park = session.say, session.setting.park
    file, set_file = solara.use_state(("", 0))

    def ask(_: Any) -> None:
        content = base64.b64encode(sketch.toml_text(session.setting.park, say).encode()).decode()
        set_file((content, file[1] + 1))

    name = sketch.file_name(park)
    parts.Download(text=say("park.download"), filename=name, kind="application/toml", content=file[0], number=file[1],
                   event_ask=ask)  # fmt: skip


# --- what it does ----------------------------------------------------------------------------------------------------


@solara.component
def PlanAndOutcomes(place: int, choose: Callable[[int], None]) -> None:
    """The map, above it what the last change did, and below it what the strategy brings on this park."""
    session = use_session()
    say, setting = session.say, session.setting
    strategy, reference = apart = use_apart(setting)
    wanted = (strategy,) if reference is strategy else apart
    filling = use_ensemble("park", wanted, most_seeds=SEEDS)
    runs, before = filling.runs(), session.desk.park_before
    with block("div", "stack"):
        if before is not None and can_edit(before) and before.map == setting.park.map:
            Effect(runs if filling.complete else None, before)
        with block("section", "card", **{"aria-label": say("park.map")}):
            Plan(place, choose)
        with block("section", "card"):
            heading(say("park.outcomes"), 2)
            if filling.failed:
                Problem(say("shell.failed"), [filling.failed.in_words(say)])
            elif runs is None:
                Waiting(say("mix.first_picture"))
            else:
                Outcomes(runs, not filling.complete)
