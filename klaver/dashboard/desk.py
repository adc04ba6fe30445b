"""What one session has on its desk: park, strategies, seeds, game; with undo and redo, as plain values, as a link.

A :class:`Setting` is everything a result depends on, and does not change; a :class:`Desk` holds the one that is looked at and
those before and after it. What is only about looking (language, screen, quarter, what was clicked) is not undone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.language import LANGUAGES, ScreenLanguage
from sim.inputs.scenario import Scenario, list_parks
from sim.inputs.strategy import Strategy, list_strategies

TOGETHER = 1.5  # seconds within which changes of the same kind are one step to undo: a slider being dragged
MOST_STEPS = 100
MOST_PINNED = 4
SEEDS = (20, 50, 100, 200, 500)
DEFAULT_PARK, DEFAULT_STRATEGY, TWIN = "rollepaal", "demand_driven", "none"


@dataclass(frozen=True)
class Game:
    """The user as the municipality: a choice a year, on one seed.

    Attributes
    ----------
    years
        Of each year played: ``mix`` (four shares) and ``refused`` (opportunities that the municipality stepped out of).
    strategy, seed
        Rules, money and team it is played with, and the future it is played in; None where that is what is looked at. A game
        keeps its own, so that looking at something else meanwhile does not change what was played.
    """

    years: tuple[Mapping[str, Any], ...] = ()
    strategy: Strategy | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Setting:
    """Everything a result depends on.

    Attributes
    ----------
    park
        Shipped or own.
    strategy
        The one that is looked at.
    reference
        The one it is compared with; the twin without intervention unless chosen otherwise.
    seeds
        How many futures.
    seed
        The one future that is followed on map and in stories.
    quarters
        How long; as the park says if None.
    drawn
        Parameters are drawn per seed from what the patterns leave open: ignorance beside chance.
    pinned
        Strategies set aside to compare, at most :data:`MOST_PINNED`.
    game
        Of the screen to play; None before it begins.
    predictions
        What the user expected before seeing: strategy and outcome to ``"up"``, ``"same"`` or ``"down"``.
    answers
        To the questions of the self-analysis: id of a question to an option or a number.
    """

    park: Scenario
    strategy: Strategy
    reference: Strategy
    seeds: int = 200
    seed: int = 1
    quarters: int | None = None
    drawn: bool = False
    pinned: tuple[Strategy, ...] = ()
    game: Game | None = None
    predictions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Quarters that are followed."""
        return self.quarters or self.park.quarters

    @property
    def compared(self) -> tuple[Strategy, ...]:
        """The strategies of the screen to compare: those pinned, and the one looked at; distinct, at most five."""
        found: list[Strategy] = []
        for strategy in (*self.pinned, self.strategy):
            if all(strategy.content_hash() != other.content_hash() for other in found):
                found.append(strategy)
        return tuple(found)


def first_setting() -> Setting:
    """Return what a new session begins with: the running example, demand-driven, against doing nothing extra."""
    return Setting(shipped_park(DEFAULT_PARK), shipped_strategy(DEFAULT_STRATEGY), shipped_strategy(TWIN))


class Desk:
    """The setting that is looked at, and those before and after it.

    Parameters
    ----------
    setting
        To begin with.
    tell
        Called after every change.
    """

    def __init__(self, setting: Setting, tell: Callable[[], None] = lambda: None) -> None:
        self._steps, self._place = [setting], 0
        self._kind: tuple[str, ...] = ()
        self._when = 0.0
        self.tell = tell

    @property
    def setting(self) -> Setting:
        """The one that is looked at."""
        return self._steps[self._place]

    def change(self, **values: Any) -> None:
        """Change something; changes of the same kind in quick succession are one step to undo."""
        new = replace(self.setting, **values)
        kind, now = tuple(sorted(values)), time.monotonic()
        newest = 0 < self._place == len(self._steps) - 1
        # A year of a game is a step of its own, however quickly the next is played.
        played = values.get("game") is not None
        together = newest and not played and kind == self._kind and now - self._when < TOGETHER
        self._kind, self._when = kind, now
        if together:
            self._steps[self._place] = new
        else:
            self._steps = [*self._steps[: self._place + 1], new][-MOST_STEPS:]
            self._place = len(self._steps) - 1
        self.tell()

    def undo(self) -> None:
        """Go one step back, if there is one."""
        self._go(-1)

    def redo(self) -> None:
        """Go one step on, if there is one."""
        self._go(+1)

    def _go(self, way: int) -> None:
        if 0 <= self._place + way < len(self._steps):
            self._place += way
            self._kind = ()
            self.tell()

    @property
    def park_before(self) -> Scenario | None:
        """The last other park on the way here; None where there was none."""
        steps = reversed(self._steps[: self._place])
        return next((step.park for step in steps if step.park is not self.setting.park), None)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step on."""
        return self._place < len(self._steps) - 1


# --- as plain values -------------------------------------------------------------------------------------------------


def is_shipped(strategy: Strategy) -> bool:
    """Return whether a strategy is one of the shipped ones as it stands."""
    return strategy.name in list_strategies() and strategy == shipped_strategy(strategy.name)


def is_shipped_park(park: Scenario) -> bool:
    """Return whether a park is one of the shipped ones as it stands."""
    return park.name in list_parks() and park == shipped_park(park.name)


def plain(setting: Setting) -> dict[str, Any]:
    """Return a setting as plain values, as a session file and a link hold it."""
    return {
        "park": {"shipped": setting.park.name} if is_shipped_park(setting.park) else {"own": setting.park.resolved()},
        "strategy": setting.strategy.resolved(),
        "reference": setting.reference.name if is_shipped(setting.reference) else setting.reference.resolved(),
        "seeds": setting.seeds, "seed": setting.seed, "quarters": setting.quarters, "drawn": setting.drawn,
        "pinned": [strategy.resolved() for strategy in setting.pinned],
        "game": None if setting.game is None else _plain_game(setting.game),
        "predictions": dict(setting.predictions), "answers": dict(setting.answers),
    }  # fmt: skip


def from_plain(state: Mapping[str, Any]) -> Setting:
    """Return the setting that plain values describe.

    Parameters
    ----------
    state
        As :func:`plain` returns it and ``session_file`` has checked it.

    Raises
    ------
    InvalidFile
        If the park or a strategy is not right.
    """
    park = state["park"]
    reference, game = state["reference"], state.get("game")
    return Setting(
        park=shipped_park(park["shipped"]) if "shipped" in park else Scenario.from_resolved(park["own"]),
        strategy=_known(Strategy.from_resolved(state["strategy"])),
        reference=shipped_strategy(reference) if isinstance(reference, str)
        else _known(Strategy.from_resolved(reference)),
        seeds=state.get("seeds", 200), seed=state.get("seed", 1), quarters=state.get("quarters"),
        drawn=state.get("drawn", False),
        pinned=tuple(_known(Strategy.from_resolved(content)) for content in state.get("pinned", [])),
        game=None if game is None else _game(game),
        predictions=dict(state.get("predictions") or {}), answers=dict(state.get("answers") or {}),
    )  # fmt: skip


def _plain_game(game: Game) -> dict[str, Any]:
    return {"years": [dict(year) for year in game.years], "seed": game.seed,
            "strategy": None if game.strategy is None else game.strategy.resolved()}  # fmt: skip


def _game(content: Mapping[str, Any]) -> Game:
    strategy = content.get("strategy")
    if strategy is not None:
        strategy = shipped_strategy(strategy) if isinstance(strategy, str) else _known(Strategy.from_resolved(strategy))
    return Game(tuple(content["years"]), strategy, content.get("seed"))


def _known(strategy: Strategy) -> Strategy:
    """Return the shipped object itself where a strategy is one: equal by identity is quick.

    One that only has the name of a shipped one is the user's own: under that name the runs would take it for what it is not.
    """
    if is_shipped(strategy):
        return shipped_strategy(strategy.name)
    return strategy.model_copy(update={"name": "own"}) if strategy.name in list_strategies() else strategy


# --- strategies of one's own -----------------------------------------------------------------------------------------


def changed(strategy: Strategy, **parts: Any) -> Strategy:
    """Return a strategy with parts replaced, checked; it is the user's own from then on.

    Parameters
    ----------
    parts
        Field to its new value; a table (``money``) to a mapping of what changes in it.

    Raises
    ------
    InvalidFile
        If the result is not right.
    """
    from sim.inputs.files import merge
    from sim.inputs.strategy import check_strategy

    content = merge(strategy.resolved(), dict(parts))
    if strategy.approach == "none" and "approach" not in parts:
        content["approach"] = "demand_driven"  # a municipality that does nothing extra has no mix to change
    if "name" not in parts:  # what is changed is no longer what was set aside under its name, or shipped
        content["name"] = "own"
        content["title"] = {code: ScreenLanguage(code)("shell.own_strategy") for code in LANGUAGES}
        content["description"] = {"nl": "", "en": ""}
    return _known(check_strategy(content, "strategy"))
