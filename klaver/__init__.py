"""Klaver: what a municipality's way of working does to a business park, and to private investment in it.

>>> import klaver as kl
>>> park = kl.load_park("small_village")
>>> result = kl.compare(park, ["none", "demand_driven"], seeds=2, quarters=4)  # doctest: +SKIP
>>> result.summary()  # doctest: +SKIP

Everything else is found through what these functions return. Nothing is imported before it is used, so that asking for
help costs no time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klaver.runs import ablate, compare, run
    from sim.inputs.scenario import list_parks, load_park
    from sim.inputs.strategy import list_strategies, load_strategy

__all__ = ["__version__", "ablate", "compare", "list_parks", "list_strategies", "load_park", "load_strategy", "run"]

_HOMES = {
    "ablate": "klaver.runs",
    "compare": "klaver.runs",
    "run": "klaver.runs",
    "list_parks": "sim.inputs.scenario",
    "load_park": "sim.inputs.scenario",
    "list_strategies": "sim.inputs.strategy",
    "load_strategy": "sim.inputs.strategy",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from klaver.results import version

        return version()
    if name not in _HOMES:
        raise AttributeError(f"module 'klaver' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
