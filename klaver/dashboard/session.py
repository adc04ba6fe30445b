"""One user's session as the components of a page see it, and what they hook into: runs that fill in, one run followed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Any

import solara
from solara.server import kernel_context

from klaver.dashboard.desk import Desk, Setting, first_setting
from klaver.dashboard.shared import ensembles
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy

PHONE = 360
"""Width of a picture on a phone, in its own units: letters stay legible."""

logger = logging.getLogger("klaver.dashboard")

_languages = {code: ScreenLanguage(code) for code in ("nl", "en")}


class Session:
    """What a user has set, and where the user looks; other sessions have their own.

    Attributes
    ----------
    desk
        The setting with its undo and redo.
    language, large, narrow, quarter, chosen, layer, park_mode, notice
        What is only about looking: language, large type, a page as narrow as a phone's (pictures are drawn for it), moment on
        the map (None: the end), what was clicked (``"parcel:3"``), layer of the map, what is done on the screen of the park
        (``screens.park.MODES``), a sentence to the user.
    library
        Versions that were kept, as plain values.
    tour
        Step of the tour, from 0; -1 when it is not shown.
    last
        What was on the desk when this browser was here last, where that is something else than now.
    """

    def __init__(self) -> None:
        self.id = solara.get_kernel_id()
        self.changes = solara.Reactive(0)
        self.desk = Desk(first_setting(), self._changed)
        self.ready = solara.Reactive(False)
        self.language = solara.Reactive("nl")
        self.large = solara.Reactive(False)
        self.narrow = solara.Reactive(False)
        self.quarter: solara.Reactive[int | None] = solara.Reactive(None)
        self.chosen = solara.Reactive("")
        self.layer = solara.Reactive("sector")
        self.park_mode = solara.Reactive("look")
        self.notice = solara.Reactive("")
        self.library: solara.Reactive[list[dict[str, Any]]] = solara.Reactive([])
        self.tour = solara.Reactive(-1)
        self.last: solara.Reactive[Setting | None] = solara.Reactive(None)

    def _changed(self) -> None:
        self.changes.value += 1

    @property
    def setting(self) -> Setting:
        """The setting that is looked at; a component that reads it is drawn again when it changes."""
        _ = self.changes.value
        return self.desk.setting

    @property
    def say(self) -> ScreenLanguage:
        """The language of the page."""
        return _languages[self.language.value]

    def change(self, **values: Any) -> None:
        """Change the setting, and forget what was clicked where it may not be there any more."""
        if {"park", "seed", "strategy"} & set(values):
            self.chosen.value = ""
        self.desk.change(**values)

    def fit(self, width: float) -> float:
        """Return the width at which to draw a picture of a column so wide: on a phone no wider than the phone."""
        return min(width, PHONE) if self.narrow.value else width

    def title(self, strategy: Strategy) -> str:
        """Return what a strategy is called in the language of the page."""
        return strategy.title.get(self.language.value, strategy.name.replace("_", " "))

    def park_title(self) -> str:
        """Return what the park is called in the language of the page."""
        park = self.setting.park
        return park.title.get(self.language.value, park.name.replace("_", " "))


session_context: Any = solara.create_context(None)


def use_session() -> Session:
    """Return the session that a component belongs to."""
    session = solara.use_context(session_context)
    assert isinstance(session, Session)
    return session


def _again(set_tick: Callable[[Any], None]) -> Callable[[], None]:
    """Return what draws a component again, from whatever thread."""
    context = kernel_context.get_current_context()

    def tell() -> None:
        if context.closed_event.is_set():
            return
        try:
            with context:
                set_tick(lambda tick: tick + 1)
        except Exception:  # the session may close between the question and the answer
            logger.debug("a page closed while its runs came in", exc_info=True)

    return tell


def use_ensemble(
    subject: str, strategies: tuple[Strategy, ...], *, most_seeds: int | None = None, drawn: bool | None = None,
    park: Scenario | None = None,
) -> Any:
    """Return the runs of some strategies on the park that is looked at, as far as they are there.

    Parameters
    ----------
    subject
        What on the page they are for; a later ask for the same makes an earlier one outdated.
    strategies
        The twin is always added.
    most_seeds
        Fewer seeds than the setting asks for.
    drawn
        Whether parameters are drawn; as the setting says if None.
    park
        Another park than the one that is looked at.

    Returns
    -------
    ensembles.Filling
        Whose component is drawn again whenever there is more.
    """
    from klaver.dashboard.ensembles import Asked

    session = use_session()
    setting = session.setting
    _, set_tick = solara.use_state(0)
    seeds = min(setting.seeds, most_seeds or setting.seeds)
    draws = setting.drawn if drawn is None else drawn
    place = park or setting.park
    marks = [id(place), *map(id, strategies), seeds, setting.quarters, draws]

    def ask() -> tuple[Any, Any]:
        asked = Asked(place, strategies, tuple(range(1, seeds + 1)), setting.quarters, draws)
        # What is asked is kept with the answer: the marks are identities, which must not be used again meanwhile.
        return asked, ensembles().ask(session.id, subject, asked, _again(set_tick))

    return solara.use_memo(ask, marks)[1]


def use_call(
    subject: str, key: Hashable, function: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]], wanted: bool = True
) -> Any:
    """Return the answer of a function that is worked out beside the page (``Pending``), or None while none is wanted.

    Parameters
    ----------
    subject
        What on the page it is for; a later call for the same makes an earlier one outdated.
    key
        Of the answer, which is kept for all sessions: equal keys mean equal arguments.
    arguments
        Makes what the function is called with, when it is.
    function
        Of a module, so that another process finds it.
    """
    session = use_session()
    _, set_tick = solara.use_state(0)

    def ask() -> Any:
        if not wanted:
            return None
        return ensembles().call(
            session.id, function, *arguments(), tell=_again(set_tick), subject=subject, key=f"{function.__name__} {key}"
        )

    return solara.use_memo(ask, [key, wanted])


def use_followed(strategy: Strategy | None = None) -> Any:
    """Return the one run that is followed on map and in stories (``Pending`` of ``following.Followed``)."""
    from klaver.dashboard.following import follow

    session = use_session()
    setting = session.setting
    chosen = strategy or setting.strategy
    parameters = drawn_parameters(setting)
    # Hashing a park takes a millisecond; pages are drawn more often than settings change.
    key = solara.use_memo(
        lambda: ("follow", setting.park.content_hash(), chosen.content_hash(), setting.seed, setting.length, setting.drawn),
        [id(setting.park), id(chosen), setting.seed, setting.length, setting.drawn],
    )
    return use_call(
        "follow", key, follow,
        lambda: (setting.park.resolved(), chosen.resolved(), setting.seed, setting.length, parameters),
    )  # fmt: skip


def drawn_parameters(setting: Setting) -> dict[str, float] | None:
    """Return the parameters that are drawn for the seed that is followed; None where those of the park hold."""
    if not setting.drawn:
        return None
    from analysis.posterior import load_posterior

    return dict(load_posterior().draw(setting.seed))
