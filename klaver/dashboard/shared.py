"""What all sessions of one server share: the runs, and what is shipped."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from klaver.dashboard.ensembles import Ensembles
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

_lock = Lock()
_ensembles: Ensembles | None = None


def ensembles() -> Ensembles:
    """Return the runs behind every picture; their lanes start at the first call."""
    global _ensembles
    with _lock:
        if _ensembles is None:
            from klaver.dashboard.ensembles import Ensembles

            _ensembles = Ensembles()
        return _ensembles


@cache
def shipped_park(name: str) -> Scenario:
    """Return a shipped park; the same object every time."""
    from sim.inputs.scenario import load_park

    return load_park(name)


@cache
def shipped_strategy(name: str) -> Strategy:
    """Return a shipped strategy; the same object every time."""
    from sim.inputs.strategy import load_strategy

    return load_strategy(name)


@cache
def parks() -> tuple[str, ...]:
    """Return the names of the shipped parks, the running example first."""
    from sim.inputs.scenario import list_parks

    return tuple(sorted(list_parks(), key=lambda name: (name != "rollepaal", name)))


@cache
def strategies() -> tuple[str, ...]:
    """Return the names of the shipped strategies, in the order in which they are shown."""
    from sim.inputs.strategy import list_strategies

    return tuple(list_strategies())
