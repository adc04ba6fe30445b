"""Playing the municipality: every year a mix and cases to go on with or not, then what the year brought; and the lesson."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import reacton.ipyvuetify as rv
import solara

from klaver.dashboard import parts
from klaver.dashboard.desk import Game, Setting
from klaver.dashboard.drawing.game import game_paths
from klaver.dashboard.drawing.park_map import park_map
from klaver.dashboard.drawing.wording import capital, change_text, outcome_name, value_text
from klaver.dashboard.following import Followed
from klaver.dashboard.playing import Played, play
from klaver.dashboard.screens.case_file import LARGEST_SEED, BalanceTable, CaseFile, picked, seed_of, what_it_is
from klaver.dashboard.screens.game_end import Beside
from klaver.dashboard.screens.lesson import Lesson
from klaver.dashboard.screens.mix import MIX_TEXTS, whole_percents
from klaver.dashboard.session import Session, drawn_parameters, use_call, use_session
from klaver.dashboard.shared import shipped_strategy
from klaver.dashboard.showing import Problem, Waiting, block, bullets, heading, paragraph, show, words_of
from klaver.language import ScreenLanguage
from sim.inputs.strategy import Strategy
from sim.records import ROLES

MODES = ("game", "lesson")
LEAP = 5
"""Years that are played at once with the same mix."""
NO_DRAFT: Mapping[str, Any] = {"year": -1}
SCORES = ("vitality", "vacancy", "jobs", "private_investment", "public_outlay")
NEWS = 12
"""Lines of news before the rest is folded away."""


@solara.component
def Play() -> None:
    """Show the screen; the address ``/play/lesson`` opens the lesson."""
    session = use_session()
    say, router = session.say, solara.use_router()
    mode = "lesson" if len(router.parts) > 1 and router.parts[1] == "lesson" else "game"
    heading(say("play.heading"), 1)
    parts.Buttons(
        items=[{"name": name, "text": say(f"play.mode_{name}"), "pressed": name == mode} for name in MODES],
        label=say("play.modes"), event_press=lambda name: router.push("/play/lesson" if name == "lesson" else "/play"),
    )  # fmt: skip
    if mode == "lesson":
        Lesson()
    elif session.setting.game is None:
        Start()
    else:
        Going()


@solara.component
def Start() -> None:
    """What the game is, and with what it begins."""
    session = use_session()
    say, setting, router = session.say, session.setting, solara.use_router()
    acts = setting.strategy.approach != "none"
    years = years_of(setting)

    def pressed(name: str) -> None:
        if name == "begin" and acts:
            session.change(game=Game((), setting.strategy, setting.seed))
        elif name == "rules":
            router.push("/mix")
        elif name == "demand_driven":
            session.change(strategy=shipped_strategy("demand_driven"))

    def change(told: dict[str, Any]) -> None:
        seed = seed_of(told.get("value"))
        if told.get("name") == "seed" and seed is not None:
            session.change(seed=seed)

    paragraph(say("play.lead"), "lead wide")
    with block("div", "columns"):
        with block("section", "card"):
            heading(say("play.how"), 2)
            bullets([say(f"play.how_{k}", years=years) for k in (1, 2, 3, 4)])
        with block("section", "card"):
            heading(say("play.base"), 2)
            bullets([say("play.base_park", park=session.park_title(), years=years),
                     say("play.base_strategy", strategy=session.title(setting.strategy))])  # fmt: skip
            parts.Form(
                fields=[{"kind": "number", "name": "seed", "label": say("play.seed"), "value": setting.seed, "min": 1,
                         "max": LARGEST_SEED, "step": 1, "help": say("play.seed_help")}],
                event_change=change,
            )  # fmt: skip
            if acts:
                parts.Buttons(items=[{"name": "begin", "text": say("play.begin"), "primary": True},
                                     {"name": "rules", "text": say("play.change_rules")}], event_press=pressed)  # fmt: skip
            else:
                paragraph(say("play.none_acts"))
                parts.Buttons(items=[{"name": "demand_driven", "primary": True, "text": say(
                    "play.take", strategy=session.title(shipped_strategy("demand_driven")))}], event_press=pressed)  # fmt: skip


# --- the game as far as it was played --------------------------------------------------------------------------------------


def years_of(setting: Setting) -> int:
    """Return how many years a game takes."""
    return math.ceil(setting.length / 4)


def base_of(setting: Setting) -> tuple[Strategy, int]:
    """Return with which strategy and in which future the game is played."""
    game = setting.game or Game()
    return game.strategy or setting.strategy, setting.seed if game.seed is None else game.seed


def mix_in_force(setting: Setting) -> list[float]:
    """Return the shares that hold until the player changes them: those of last year, or of the strategy."""
    game = setting.game
    if game is not None and game.years and game.years[-1].get("mix"):
        return [float(share) for share in game.years[-1]["mix"]]
    return base_of(setting)[0].roles.shares()


def played_on(game: Game, mix: list[float], refused: tuple[int, ...], years: int) -> Game:
    """Return a game with so many years more: what is refused is so in the first of them, the mix holds for all."""
    first = {"mix": list(mix), "refused": sorted(refused)}
    more = tuple({"mix": list(mix), "refused": []} for _ in range(years - 1))
    return replace(game, years=(*game.years, first, *more))


def use_played(session: Session) -> tuple[Any, Played | None]:
    """Return the game being worked out (``Pending``), and the last of the same game that is there to look at meanwhile."""
    setting = session.setting
    strategy, seed = base_of(setting)
    game = setting.game or Game()
    years = tuple(dict(year) for year in game.years[: years_of(setting)])
    parameters = drawn_parameters(replace(setting, seed=seed))
    of = solara.use_memo(
        lambda: (setting.park.content_hash(), strategy.content_hash(), seed, setting.length, setting.drawn),
        [id(setting.park), id(strategy), seed, setting.length, setting.drawn],
    )
    pending = use_call(
        "play", (of, json.dumps(years)), play,
        lambda: (setting.park.resolved(), strategy.resolved(), seed, years, setting.length, parameters),
    )  # fmt: skip
    before = solara.use_ref((of, None))
    if pending.result is not None or before.current[0] != of:
        before.current = (of, pending.result)
    return pending, before.current[1]


@solara.component
def Going() -> None:
    """The year that is to be played, beside how the park stands."""
    session = use_session()
    say, setting = session.say, session.setting
    pending, played = use_played(session)
    game = setting.game or Game()
    drafted, set_draft = solara.use_state(NO_DRAFT)
    leapt, set_leapt = solara.use_state(1)
    beside, set_beside = solara.use_state(False)
    if pending.failed:
        Problem(say("shell.failed"), [pending.failed.in_words(say)])
        parts.Buttons(items=[{"name": "again", "text": say("play.again")}], event_press=lambda name: session.change(game=None))
        return
    if played is None:
        Waiting(say("play.waiting"))
        return
    draft: Mapping[str, Any] = drafted if drafted.get("year") == len(game.years) else {}
    mix: list[float] = list(draft.get("mix") or mix_in_force(setting))
    refused: tuple[int, ...] = tuple(draft.get("refused") or ())
    busy = pending.result is None
    left = years_of(setting) - len(game.years)

    def redraft(**values: Any) -> None:
        set_draft({"year": len(game.years), "mix": mix, "refused": refused, **values})

    def pressed(name: str) -> None:
        if name in ("next", "leap") and not busy and left > 0:
            years = 1 if name == "next" else min(LEAP, left)
            set_leapt(years)
            session.change(game=played_on(game, mix, refused, years))
        elif name == "back" and game.years:
            set_leapt(1)
            session.change(game=replace(game, years=game.years[:-1]))
        elif name == "beside":
            set_beside(not beside)
        elif name == "again":
            session.change(game=None)

    Progress(played, left, busy, beside, pressed)
    if played.too_late:
        bullets([say("play.too_late", n=number, year=year + 1) for year, number in played.too_late], "soft")
    if played.over or (beside and played.year > 0):
        Beside(played)
    if played.over:
        with block("section", "card"):
            Scores(played)
        with block("div", "columns side-right"):
            with block("div", "stack"):
                ParkNow(played)
            with block("section", "card told", tabindex="0", **{"aria-label": say("play.news")}):
                News(played, leapt)
        return
    with block("div", "columns side"):
        with block("section", "card"):
            Divide(mix, played, redraft, busy)
        with block("div", "stack"):
            with block("section", "card"):
                Decisions(played, refused, redraft)
            if played.year > 0:
                with block("section", "card"):
                    News(played, leapt)
            ParkNow(played)
    if played.year > 0:
        with block("section", "card"):
            Scores(played)


@solara.component
def Progress(played: Played, left: int, busy: bool, beside: bool, pressed: Any) -> None:
    """How far the game is, and what can be done with it as a whole."""
    session = use_session()
    say = session.say
    strategy, seed = base_of(session.setting)
    total = played.year + left if not busy else years_of(session.setting)
    with block("section", "card"):
        if played.over:
            heading(say("play.over", years=total), 2)
        else:
            heading(say("play.year", year=played.year + 1, years=total), 2)
        paragraph(say("play.played_with", strategy=session.title(strategy), n=seed), "soft")
        items: list[dict[str, Any]] = []
        if not played.over:
            items.append({"name": "next", "text": say("play.next"), "primary": True, "disabled": busy})
            if left > 1:
                items.append({"name": "leap", "text": say("play.leap", n=min(LEAP, left)), "disabled": busy,
                              "help": say("play.leap_help")})  # fmt: skip
        if played.year > 0:
            items.append({"name": "back", "text": say("play.back"), "disabled": busy})
            if not played.over:
                items.append({"name": "beside", "text": say("play.so_far"), "pressed": beside, "disabled": busy})
            items.append({"name": "again", "text": say("play.again"), "disabled": busy, "help": say("play.again_help")})
        parts.Buttons(items=items, label=say("play.game"), event_press=pressed)
        if busy:
            Waiting(say("play.busy"))


@solara.component
def Divide(mix: list[float], played: Played, redraft: Any, busy: bool) -> None:
    """How the team divides its hours in the year that comes."""
    say = use_session().say
    shares = whole_percents(mix)

    def mixed(told: Any) -> None:
        # What was not moved stays as exact as it was: then the run stays what the strategy alone would have brought.
        if is_mix(told) and told != whole_percents(mix):
            redraft(mix=[share / 100 for share in told])

    heading(say("play.divide"), 2)
    parts.MixSliders(
        roles=[{"name": role, "label": say(f"role.{role}"), "about": say(f"mix.about_{role}"), "share": share}
               for role, share in zip(ROLES, shares, strict=True)],
        texts=words_of(say, "mix", MIX_TEXTS), disabled=busy, event_mix=mixed,
    )  # fmt: skip
    now = whole_percents(list(played.mix))
    if now != shares and played.year > 0:
        paragraph(say("play.mix_moved", mix=say.listing([f"{say(f'role.{role}')} {share}%" for role, share in
                                                       zip(ROLES, now, strict=True)])), "help")  # fmt: skip


def is_mix(told: Any) -> bool:
    """Return whether something from the page is four shares in whole percents that sum to 100."""
    if not isinstance(told, list) or len(told) != len(ROLES):
        return False
    whole = all(isinstance(share, int) and not isinstance(share, bool) and 0 <= share <= 100 for share in told)
    return whole and sum(told) == 100


@solara.component
def Decisions(played: Played, refused: tuple[int, ...], redraft: Any) -> None:
    """The open cases: go on helping, or step out."""
    say = use_session().say
    balanced, set_balanced = solara.use_state(-1)
    cases = solara.use_memo(lambda: played.decisions(say), [id(played), say.code])
    heading(say("play.decide", n=len(cases)), 2)
    if not cases:
        paragraph(say("play.nothing_to_decide"))
        return
    paragraph(say("play.decide_how"), "soft")
    numbers = {case["number"] for case in cases}

    def change(told: dict[str, Any]) -> None:
        name, value = str(told.get("name")), told.get("value")
        number = int(name[5:]) if name in {f"case_{n}" for n in numbers} else -1
        if number in numbers and value in ("help", "refuse"):
            others = tuple(other for other in refused if other != number)
            redraft(refused=(*others, number) if value == "refuse" else others)

    with block("div", "columns three"):
        for case in cases:
            number = case["number"]
            with block("article", "case"):
                heading(case_heading(played, number, say), 3)
                bullets(case_lines(case, say))
                parts.Form(
                    fields=[{"kind": "radio", "name": f"case_{number}", "label": say("play.your_choice"),
                             "value": "refuse" if number in refused else "help",
                             "options": [{"value": value, "label": say(f"play.{value}")} for value in ("help", "refuse")],
                             "help": say("play.if_out_ends" if case["own"] else "play.if_out_goes_on")}],
                    event_change=change,
                )  # fmt: skip
                parts.Buttons(
                    items=[{"name": str(number), "text": say("play.balance", n=number), "pressed": balanced == number}],
                    event_press=lambda name: set_balanced(
                        int(name) if name != str(balanced) and name in map(str, numbers) else -1
                    ),
                )  # fmt: skip
    opened = next((case for case in cases if case["number"] == balanced), None)
    if opened is not None:
        BalanceTable(opened["balance"], level=3, title=case_heading(played, balanced, say))


def case_heading(played: Played, number: int, say: ScreenLanguage) -> str:
    """Return what is at stake, without how it ends: that is not known yet."""
    return say("opportunities.one", n=number, kind=what_it_is(played.followed, number, say))


def case_lines(case: Mapping[str, Any], say: ScreenLanguage) -> list[str]:
    """Return what there is to know before a case is refused: parties, step, public money, value to society, hours."""
    if case["promised"] > 0.0:
        money = say("play.case_promised", euros=say.euros(case["promised"]))
    elif case["asked"] > 0.0:
        money = say("play.case_asked", euros=say.euros(case["asked"]))
    elif case["gap"] > 0.0:
        money = say("play.case_gap", euros=say.euros(case["gap"]))
    else:
        money = say("play.case_free")
    worth = say("play.case_unjudged") if case["worth"] is None else say("play.case_worth", euros=say.euros(case["worth"]))
    return [
        say("play.case_parties", who=say.listing(case["parties"])),
        capital(say("play.case_since", step=say(f"map.key.step_{case['step']}"), since=case["since"])),
        money, worth, say("play.case_hours", n=say.number(case["hours"])),
    ]  # fmt: skip


@solara.component
def News(played: Played, years: int) -> None:
    """What the last year, or years, brought."""
    say = use_session().say
    news = solara.use_memo(lambda: played.news(say, 4 * years), [id(played), say.code, years])
    lines = [f"{capital(item['when'])}: {item['sentence']}" for item in news]
    heading(say("play.news") if years == 1 else say("play.news_years", n=years), 2)
    if not lines:
        paragraph(say("play.no_news"))
    # The latest says most of how things stand.
    bullets(lines[-NEWS:])
    if len(lines) > NEWS:
        with block("details", "behind"):
            rv.Html(tag="summary", children=[say("play.earlier", n=len(lines) - NEWS)])
            bullets(lines[:-NEWS])


@solara.component
def ParkNow(played: Played) -> None:
    """The park as it stands now; what is clicked tells its story so far."""
    session = use_session()
    say = session.say
    followed = played.followed
    chosen, set_chosen = solara.use_state("")
    found = picked(followed, chosen)
    picture = solara.use_memo(
        lambda: park_map(followed, followed.quarters, say, chosen=chosen or None, width=session.fit(800)),
        [id(followed), say.code, chosen, session.narrow.value],
    )

    def choose(told: Any) -> None:
        if picked(followed, told) is not None:
            set_chosen("" if told == chosen else str(told))

    with block("section", "card"):
        show(picture, say, level=2, on_pick=choose, note=say("play.pick_how"))
    if found is not None:
        with block("section", "card told", tabindex="0", **{"aria-label": say("play.picked")}):
            CaseFile(followed, *found, followed.quarters, choose)


@solara.component
def Scores(played: Played) -> None:
    """Numbers so far, with the twin's, as a table and as paths."""
    session = use_session()
    say = session.say
    heading(say("play.scores"), 2)
    paragraph(say("play.scores_note"), "soft")
    parts.DataTable(
        caption=say("play.scores_caption"), columns=[say(f"play.column_{name}") for name in ("what", "you", "twin", "change")],
        rows=score_rows(played, say), numeric=(1, 2, 3),
    )  # fmt: skip
    followed: Followed = played.followed
    picture = solara.use_memo(lambda: game_paths(followed, say, width=session.fit(1180)),
                              [id(followed), say.code, session.narrow.value])  # fmt: skip
    show(picture, say, level=3)


def score_rows(played: Played, say: ScreenLanguage) -> list[list[str]]:
    """Return indicator, value, value of the twin, and difference, in words."""
    scores, rows = played.scores, []
    for name in SCORES:
        mine, twin = scores[name]
        rows.append([capital(outcome_name(say, name)), value_text(say, name, mine), value_text(say, name, twin),
                     change_text(say, name, mine - twin)])  # fmt: skip
    for name in ("realised", "exited"):
        mine, twin = scores[name]
        rows.append([say(f"play.score_{name}"), say.number(mine), say.number(twin), change_text(say, "jobs", mine - twin)])
    rows.append([say("play.score_budget_left"), say.euros(scores["budget_left"][0]), "", ""])
    return rows
