"""Small parks that many tests run on; built once per process."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim import model
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy


@cache
def park(name: str = "small_village", quarters: int = 24) -> model.Park:
    """Return a shipped park, followed for a short time."""
    scenario = load_park(name)
    return model.Park(name, scenario.plan(), quarters, scenario.parameters())


def strategy(name: str, park_name: str = "small_village") -> np.recarray:
    """Return the record of a shipped strategy on a shipped park."""
    return load_strategy(name).record(load_park(park_name), park(park_name).gross_ha)


def same(first: object, second: object) -> bool:
    """Return whether two worlds are identical to the bit, work space apart."""
    return all(
        np.asarray(getattr(first, name)).tobytes() == np.asarray(getattr(second, name)).tobytes()
        for name in first.members() if not name.startswith("scratch")  # type: ignore[attr-defined]
    )
