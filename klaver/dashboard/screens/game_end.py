"""A game beside the shipped strategies in the same future: a picture, a table, and what may be concluded from one future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import solara

from klaver.dashboard import parts
from klaver.dashboard.desk import Game, changed
from klaver.dashboard.drawing.game import ENDS, TOLD, beside_others
from klaver.dashboard.drawing.wording import capital, change_text, outcome_name
from klaver.dashboard.playing import GAME, Played, shipped_outcomes
from klaver.dashboard.session import drawn_parameters, use_call, use_ensemble, use_session
from klaver.dashboard.shared import shipped_strategy, strategies
from klaver.dashboard.showing import Problem, Waiting, block, heading, paragraph, show
from klaver.language import ScreenLanguage
from sim.inputs.problems import InvalidFile
from sim.inputs.strategy import Strategy
from sim.records import ROLES

FUTURES = 40
"""Futures of each strategy behind the bands: enough for their middle 80%."""
LEAST_FUTURES = 10


@solara.component
def Beside(played: Played) -> None:
    """Show a game beside the shipped strategies, all as far as the game has come."""
    session = use_session()
    say, setting = session.say, session.setting
    game = setting.game or Game()
    seed = setting.seed if game.seed is None else game.seed
    quarters = played.followed.quarters
    parameters = drawn_parameters(replace(setting, seed=seed))
    park = solara.use_memo(lambda: setting.park.content_hash(), [id(setting.park)])
    pending = use_call(
        "play_beside", (park, seed, quarters, setting.drawn), shipped_outcomes,
        lambda: (setting.park.resolved(), seed, quarters, None, parameters),
    )  # fmt: skip
    with block("section", "card"):
        heading(say("play.beside"), 2)
        if pending.failed:
            Problem(say("shell.failed"), [pending.failed.in_words(say)])
        elif pending.result is None:
            Waiting(say("play.beside_waiting"))
        else:
            found = {GAME: played.followed.outcomes, **pending.result}
            titles = {GAME: say("play.you"), **{name: session.title(shipped_strategy(name)) for name in pending.result}}
            if played.over:
                WithSpread(found, titles, seed)
            else:
                Told(found, titles, {}, seed)
                paragraph(say("play.beside_so_far"), "soft")
            if played.over:
                InManyFutures(game)


@solara.component
def WithSpread(found: Mapping[str, Any], titles: Mapping[str, str], seed: int) -> None:
    """The same with what chance does to each strategy, as its runs come in."""
    names = tuple(name for name in strategies() if name in found)
    filling = use_ensemble("play", tuple(shipped_strategy(name) for name in names), most_seeds=FUTURES)
    runs = filling.runs()
    spread = solara.use_memo(lambda: spreads(runs, names), [id(filling), filling.done])
    Told(found, titles, spread, seed, busy=not filling.complete and not filling.failed)


def spreads(runs: Any, names: tuple[str, ...]) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the middle 80% of futures per strategy and outcome (``ENDS``), each less the twin's; empty with too few."""
    if runs is None or len(runs.seeds) < LEAST_FUTURES:
        return {}
    twin = runs.table.xs("none", level="strategy")
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name in names:
        change = runs.table.xs(name, level="strategy")[list(ENDS)] - twin[list(ENDS)]
        ends = {outcome: np.quantile(change[outcome].to_numpy(float), [0.1, 0.9]).tolist() for outcome in ENDS}
        found[name] = {outcome: (low, high) for outcome, (low, high) in ends.items()}
    return found


@solara.component
def Told(found: Mapping[str, Any], titles: Mapping[str, str], spread: Mapping[str, Any], seed: int, busy: bool = False) -> None:
    """The picture and the table."""
    session = use_session()
    say = session.say
    paragraph(say("play.one_future", n=seed), "wide")
    picture = solara.use_memo(
        lambda: beside_others(found, titles, say, game=GAME, spread=spread, width=session.fit(1180)),
        [id(next(iter(found.values()))), id(spread), say.code, session.narrow.value],
    )
    show(picture, say, busy=busy, level=3)
    parts.DataTable(
        caption=say("play.beside_caption", n=seed),
        columns=[say("play.column_strategy"), *(capital(outcome_name(say, outcome)) for outcome in TOLD)],
        rows=end_rows(found, titles, say), numeric=tuple(range(1, len(TOLD) + 1)),
    )  # fmt: skip
    if any(not np.isfinite(side["difference"]["multiplier_additional"]) for side in found.values()):
        paragraph(say("play.undefined"), "soft")


def end_rows(found: Mapping[str, Any], titles: Mapping[str, str], say: ScreenLanguage) -> list[list[str]]:
    """Return the table: a row a strategy, the differences from the same future without intervention in words."""
    rows = []
    for name, sides in found.items():
        cells = []
        for outcome in TOLD:
            value = sides["difference"][outcome]
            if outcome == "multiplier_additional":
                cells.append(say.number(value, 2) if np.isfinite(value) else say("chart.undefined"))
            else:
                cells.append(change_text(say, outcome, value))
        rows.append([titles[name], *cells])
    return rows


@solara.component
def InManyFutures(game: Game) -> None:
    """What a single future leaves open, and the way to many: the mean mix as a strategy of its own."""
    session = use_session()
    say, router = session.say, solara.use_router()
    strategy = game.strategy or session.setting.strategy
    mix = mean_mix(game, strategy)

    def pressed(_: Any) -> None:
        try:
            own = as_strategy(strategy, mix)
        except InvalidFile as error:
            session.notice.value = "; ".join(error.problems)
            return
        session.change(strategy=own)
        router.push("/outcomes")

    heading(say("play.many"), 3)
    shares = say.listing([f"{say(f'role.{role}')} {say.share(share)}" for role, share in zip(ROLES, mix, strict=True)])
    paragraph(say("play.many_text", mix=shares, n=session.setting.seeds))
    parts.Buttons(items=[{"name": "many", "text": say("play.many_go", n=session.setting.seeds)}], event_press=pressed)


def mean_mix(game: Game, strategy: Strategy) -> list[float]:
    """Return the mean of the mixes of all years, summing to 1; that of the strategy where no year was played."""
    mixes = [year["mix"] for year in game.years if year.get("mix")] or [strategy.roles.shares()]
    mean = np.mean(np.array(mixes, dtype=float), axis=0)
    return [float(share) for share in mean / mean.sum()]


def as_strategy(strategy: Strategy, mix: list[float]) -> Strategy:
    """Return a strategy that divides its hours so in every year and at every step.

    Raises
    ------
    InvalidFile
        If the shares cannot be used.
    """
    whole = [round(share, 4) for share in mix]
    largest = whole.index(max(whole))  # what rounding leaves goes where it is least, and never below 0
    whole[largest] = round(whole[largest] + 1.0 - sum(whole), 4)
    steps: dict[str, Any] = {"picture": None, "identify": None, "build": None, "realise": None}
    return changed(strategy, roles=dict(zip(ROLES, whole, strict=True)), steps=steps, adaptive=False)
