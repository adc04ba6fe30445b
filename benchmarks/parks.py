"""The parks and the strategy that are timed."""

from __future__ import annotations

import numpy as np

from sim import records
from sim.model import Park, no_strategy
from sim.park.generate import lay_out
from sim.park.plan import LayoutSettings


def park_of(firms: int, quarters: int = 80, burn_in: int = 40) -> Park:
    """Return a generated park with premises for ``firms`` companies, at a typical density."""
    name = f"{firms} firms"
    plan = lay_out(LayoutSettings(name, gross_ha=0.45 * firms, firms=firms, burn_in=burn_in))
    return Park(name, plan, quarters=quarters)


def demand_driven(firms: int = 60) -> np.recarray:
    """Return a demand-driven strategy with a balanced mix; team and money in proportion to the park."""
    strategy = no_strategy()
    record = strategy[0]
    record.approach = records.DEMAND_DRIVEN
    record.principles[:] = 1
    record.fte, record.budget, record.mandate = 2.0 * firms / 60.0, 500_000.0 * firms / 60.0, 100_000.0
    record.max_public_share, record.private_ratio = 0.4, 2.0
    record.exit_rounds, record.exit_quarters, record.exit_euros = 4, 20, 1e6
    return strategy
