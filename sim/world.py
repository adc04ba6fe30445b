"""The whole state of one park, as one object that compiled rules and Python share.

A :class:`World` holds the record arrays of ``records.py`` and the cell lattice. To a compiled rule it is one pointer (a
Numba structure passed by reference): with every array passed on its own, compiling the rules took four times as long.
To Python it is an object with the same attributes, over the same memory. With ``NUMBA_DISABLE_JIT=1`` it is that
object and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba.core import types
from numba.experimental import structref

from sim.compiled import JIT, rule

FIELDS = (
    "clock", "counts", "parameters", "grid", "environment", "strategy", "accounts", "team", "companies", "owners",
    "parcels", "segments", "opportunities", "seats", "projects", "entries", "events", "balances", "indicators",
    "cell_kind", "cell_parcel", "cell_segment", "cell_exit", "cell_built", "borders", "border_m", "near",
    "near_weight", "road_old", "road_new", "scratch", "scratch_f", "organisation", "process", "loans", "deeds",
)


if JIT:

    @structref.register
    class WorldType(types.StructRef):
        """The type of a world to the compiler. There is one layout only, so its name can be short (mangling is slow)."""

        def __init__(self, fields: Any) -> None:
            super().__init__(fields)
            self.name = "World"

        @property
        def mangling_args(self) -> tuple[str, tuple[()]]:
            """Name and arguments for symbol names."""
            return "World", ()

        def preprocess_fields(self, fields: Any) -> Any:
            """Drop literal types, which would make two layouts out of one."""
            return tuple((name, types.unliteral(kind)) for name, kind in fields)

    _Base: type = structref.StructRefProxy
else:
    _Base = object


class World(_Base):  # type: ignore[misc, valid-type]
    """One park at one quarter. Every member is an array; see ``records.py`` for the fields of the record arrays.

    Parameters
    ----------
    *arrays, **named
        The members, by position in the order of ``FIELDS`` or by name. They are not copied.

    Raises
    ------
    TypeError
        If a member is missing or unknown, or is not a C-contiguous, writable array.
    """

    # Shapes of the members. Record arrays are typed Any: their fields are known to records.py only.
    clock: Any  # CLOCK, 1
    counts: Any  # COUNTS, 1
    parameters: Any  # PARAMETER_DTYPE, 1
    grid: Any  # GRID, 1
    environment: Any  # ENVIRONMENT, 1
    strategy: Any  # STRATEGY, 1
    accounts: Any  # ACCOUNTS, 1
    team: Any  # TEAM, 1
    companies: Any  # COMPANY
    owners: Any  # OWNER
    parcels: Any  # PARCEL
    segments: Any  # SEGMENT
    opportunities: Any  # OPPORTUNITY
    seats: Any  # SEAT, (opportunities, MAX_PARTIES)
    projects: Any  # PROJECT
    entries: Any  # ENTRY
    events: Any  # HAPPENING
    balances: np.ndarray  # int64, (2 * larger of companies and owners + 32,): cents per account, see ledger.py
    indicators: np.ndarray  # float64, (quarters + 1, outcomes.N_INDICATORS)
    cell_kind: np.ndarray  # int8, (rows * columns,): OUTSIDE ... PLOT
    cell_parcel: np.ndarray  # int64, (rows * columns,): parcel, or -1
    cell_segment: np.ndarray  # int64, (rows * columns,): segment of a road or green cell, or -1
    cell_exit: np.ndarray  # float64, (rows * columns,): metres to the exit over roads; inf where none
    cell_built: np.ndarray  # bool, (rows * columns,): under a building
    borders: np.ndarray  # int64, (parcels, BORDERS): adjoining parcels
    border_m: np.ndarray  # float64, (parcels, BORDERS): metres of shared border
    near: np.ndarray  # int64, (parcels, NEAR): nearest parcels, -1 beyond the last
    near_weight: np.ndarray  # float64, (parcels, NEAR): 2 ** (-distance / half distance)
    road_old: np.ndarray  # int64, (opportunities, ROAD_MOVE): road cells given up, -1 beyond the last
    road_new: np.ndarray  # int64, (opportunities, ROAD_MOVE): parcel cells that become road
    scratch: np.ndarray  # int64, (8 * larger of cells and tables,): work space of a rule, see park/lattice.py
    scratch_f: np.ndarray  # float64, same length
    organisation: Any  # ORGANISATION, 1
    process: Any  # PROCESS_STATE, 1
    loans: Any  # LOAN_
    deeds: Any  # DEED

    def __new__(cls, *arrays: np.ndarray, **named: np.ndarray) -> World:
        """Make a world of these arrays."""
        members = dict(zip(FIELDS, arrays, strict=False)) | named
        if len(arrays) + len(named) != len(FIELDS) or set(members) != set(FIELDS):
            wrong = set(FIELDS).symmetric_difference(members) or "twice the same member"
            raise TypeError(f"a world has {len(FIELDS)} members; missing or unknown: {wrong}")
        ordered = tuple(members[name] for name in FIELDS)
        for name, array in members.items():
            if not (array.flags.c_contiguous and array.flags.writeable):
                raise TypeError(f"world.{name} must be a C-contiguous, writable array")
        world = _new_world(*ordered) if JIT else object.__new__(cls)
        for name, array in members.items():
            object.__setattr__(world, name, array)
        return world

    def __iter__(self) -> Iterator[np.ndarray]:
        """Iterate over the members in the order of ``FIELDS``."""
        return iter([getattr(self, name) for name in FIELDS])

    def __reduce__(self) -> tuple[Any, ...]:
        """Send the arrays, not the pointer, to another process."""
        return World, tuple(self)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse to swap a member: compiled code would go on with the old array."""
        if name in FIELDS:
            raise AttributeError(f"world.{name} cannot be replaced; use with_members() to make another world")
        object.__setattr__(self, name, value)

    def members(self) -> dict[str, np.ndarray]:
        """Return the members by name."""
        return {name: getattr(self, name) for name in FIELDS}

    def with_members(self, **named: np.ndarray) -> World:
        """Return a world with some members replaced, the others shared."""
        return World(**(self.members() | named))


if JIT:
    structref.define_constructor(World, WorldType, list(FIELDS))
    structref.define_boxing(WorldType, World)

    @rule
    def _new_world(
        clock, counts, parameters, grid, environment, strategy, accounts, team, companies, owners, parcels,
        segments, opportunities, seats, projects, entries, events, balances, indicators, cell_kind, cell_parcel,
        cell_segment, cell_exit, cell_built, borders, border_m, near, near_weight, road_old, road_new, scratch,
        scratch_f, organisation, process, loans, deeds,
    ):
        return World(
            clock, counts, parameters, grid, environment, strategy, accounts, team, companies, owners, parcels,
            segments, opportunities, seats, projects, entries, events, balances, indicators, cell_kind, cell_parcel,
            cell_segment, cell_exit, cell_built, borders, border_m, near, near_weight, road_old, road_new, scratch,
            scratch_f, organisation, process, loans, deeds,
        )


def copy_world(world: World) -> World:
    """Return an independent copy of ``world``: the same park at the same quarter, with arrays of its own."""
    return World(*(np.array(member, copy=True).view(type(member)) for member in world))
