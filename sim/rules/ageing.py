"""Phase 2: buildings and public space wear; owners do routine maintenance as far as their outlook justifies it.

Simultaneous on the state at the start of the phase. Source: mechanics C2; pattern 4 and 5 (onset, age gradient).
"""

from __future__ import annotations

import math

from sim.compiled import rule
from sim.records import MOVE_AWAY, MOVE_WITHIN


@rule
def wear_park(world):
    """Wear every building and every stretch of public space by one quarter."""
    p = world.parameters[0]
    fit_kept = math.exp(-1.0 / p.fit_life)
    energy_kept = math.exp(-1.0 / p.energy_life)
    for i in range(world.counts[0].parcels):
        parcel = world.parcels[i]
        if parcel.live and parcel.floor > 0.0:
            parcel.quality *= math.exp(-(1.0 - maintenance_share(world, parcel)) / p.premises_life)
            parcel.fit *= fit_kept
            parcel.energy *= energy_kept
    public_kept = math.exp(-1.0 / p.public_life)
    for s in range(world.counts[0].segments):
        world.segments[s].quality *= public_kept


@rule
def maintenance_share(world, parcel):
    """Return the share of wear that routine maintenance offsets (0-1).

    It follows how well the occupant likes its site: neglect starts where the outlook is poor, which is the downward
    spiral. Vacant premises and those of a firm that plans to leave get the least.
    """
    p = world.parameters[0]
    if parcel.occupant < 0:
        return p.maintenance_idle
    company = world.companies[parcel.occupant]
    if company.plan == MOVE_WITHIN or company.plan == MOVE_AWAY:
        return p.maintenance_idle
    return p.maintenance * min(1.0, 2.0 * company.site_quality)
