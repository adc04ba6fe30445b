"""Tables of one case, set by hand: for tests of single rules."""

from __future__ import annotations

import numpy as np

from sim import model, records
from sim.rules import matching
from tests.references.worlds import fresh
from tests.sim.small_parks import strategy


def one_case(world, kind=records.MOVE, parties=()):
    """Put an empty case in row 0 with these (party, role) at its table; return it."""
    empty(world)
    row = matching.new_opportunity(world, kind, np.uint64(12345))
    case = world.opportunities[row]
    for party, role in parties:
        matching.seat_party(world, row, party, role)
    return case


def empty(world):
    """Take every case off the table, with all that was written in its row."""
    world.counts[0].opportunities = 0
    world.opportunities[:] = np.zeros(1, world.opportunities.dtype)
    world.seats[:] = np.zeros(1, world.seats.dtype)


def sitting(world, n):
    """Return the rows of the first ``n`` firms with premises."""
    return np.flatnonzero(world.companies.state[: world.counts[0].companies] == records.SITTING)[:n].tolist()


def acting(plan="demand_driven"):
    world = fresh()
    model.adopt_strategy(world, strategy(plan))
    return world
