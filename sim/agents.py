"""The agents of a park, for whoever works with Mesa: each a live view of one record.

``company.trust`` reads and writes field ``trust`` of that company's record in ``model.world``, the same numbers that
the compiled rules read and write. So an agent holds no state of its own, and nothing has to be kept in step. Every
field of a record type in ``records.py`` is an attribute here, with the name, unit and range given there: ``plan``,
``sector`` and ``stage`` are the code numbers of the rules, ``plan_name``, ``sector_name`` and ``stage_name`` the words,
``parcel`` and ``opportunity`` row numbers, ``site`` and ``live_opportunity`` the agents of those rows.

An attribute that does not exist is an error that names the nearest one, for reading and for writing alike.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar

import mesa
import numpy as np
from mesa.discrete_space.cell_agent import HasCell

from sim import records
from sim.rules.environment import close_company

if TYPE_CHECKING:
    from sim.business_park import BusinessPark


def _field(table: str, name: str, dtype: np.dtype[Any]) -> property:
    """Return the property that reads and writes one field of the row of an agent."""

    def read(agent: RecordAgent) -> Any:
        value = getattr(agent.model.world, table)[name][agent.row]
        return value.item() if value.ndim == 0 else value

    def write(agent: RecordAgent, value: Any) -> None:
        if dtype.kind in "iu" and dtype.subdtype is None and value != int(value):
            raise ValueError(f"{name} of a record in {table} is a whole number; got {value!r}")
        getattr(agent.model.world, table)[name][agent.row] = value

    shape = "" if dtype.subdtype is None else f", shape {dtype.shape}, a view: change it in place"
    return property(read, write, doc=f"Field `{name}` of the record ({dtype.base.name}{shape}); see records.py.")


class RecordAgent(mesa.Agent):
    """An agent that is a view of row :attr:`row` of one table of the world.

    Parameters
    ----------
    model
        The park.
    row
        Position in the table. Rows are never given to another entity.
    """

    TABLE: ClassVar[str]
    model: BusinessPark

    def __init_subclass__(cls, table: str = "", dtype: np.dtype[Any] | None = None, **options: Any) -> None:
        """Give the class a property for every field of ``dtype``, the record type of ``table``."""
        super().__init_subclass__(**options)
        if dtype is not None and dtype.fields is not None:
            cls.TABLE = table
            for name, (kind, *_) in dtype.fields.items():
                if name not in cls.__dict__:
                    setattr(cls, name, _field(table, name, kind))

    def __init__(self, model: BusinessPark, row: int) -> None:
        object.__setattr__(self, "row", int(row))
        super().__init__(model)

    @property
    def record(self) -> np.record:
        """The record itself, as the rules get it."""
        return getattr(self.model.world, self.TABLE)[self.row]

    def __getattr__(self, name: str) -> Any:
        """Report an attribute that does not exist, with the nearest one that does."""
        raise AttributeError(self._no_such(name))

    def __setattr__(self, name: str, value: Any) -> None:
        """Write a field of the record; refuse a name that is none."""
        if name not in _OF_MESA and not hasattr(type(self), name):
            raise AttributeError(self._no_such(name))
        super().__setattr__(name, value)

    def _no_such(self, name: str) -> str:
        near = difflib.get_close_matches(name, [known for known in dir(type(self)) if not known.startswith("_")], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{type(self).__name__} has no attribute {name!r}{hint}"

    def __repr__(self) -> str:
        """Name the agent and its row."""
        return f"<{type(self).__name__} {self.row}: {self.name}>"

    @property
    def name(self) -> str:
        """What the agent is called, by its kind and row where the park gives no name."""
        known = getattr(self.model.names, self.TABLE, ())
        return known[self.row] if self.row < len(known) else f"{type(self).__name__.lower()} {self.row}"


_OF_MESA = frozenset({"model", "unique_id", "pos", "cell", "_mesa_cell"})


class _Firm(RecordAgent, HasCell, table="companies", dtype=records.COMPANY):
    """What companies on the park and prospects share: the fields of ``records.COMPANY``."""

    def remove(self) -> None:
        """Take the firm out of the park: it closes, by the rule that closes firms, and its premises come free."""
        if self.state in (records.SITTING, records.PROSPECT):
            close_company(self.model.world, self.row)
        self.forget()

    def forget(self) -> None:
        """Take the view out of Mesa's sets and off the grid, without touching the record."""
        super().remove()
        self.cell = None

    @property
    def sector_name(self) -> str:
        """Sector, in words."""
        return records.SECTORS[self.sector]

    @property
    def state_name(self) -> str:
        """State, in words."""
        return records.COMPANY_STATES[self.state]

    @property
    def plan_name(self) -> str:
        """Plan, in words."""
        return records.PLANS[self.plan]

    @property
    def site(self) -> Parcel | None:
        """The parcel it sits on, if any."""
        return self.model.parcel(self.parcel)

    @property
    def target(self) -> Parcel | None:
        """The parcel its plan is about, if any."""
        return self.model.parcel(self.plan_target)

    @property
    def live_opportunity(self) -> Opportunity | None:
        """The live opportunity that serves its plan, if any."""
        return self.model.opportunity(self.opportunity)


class Company(_Firm):
    """A company that sits on the park."""


class Prospect(_Firm):
    """A firm from outside that looks for a site."""


class Owner(RecordAgent, table="owners", dtype=records.OWNER):
    """An owner without a business on the park. Row 0 is the municipality as an owner of land."""

    @property
    def party(self) -> int:
        """The number by which parcels, seats and the ledger know this owner."""
        return -1 - self.row

    @property
    def kind_name(self) -> str:
        """Kind of owner, in words."""
        return records.OWNER_KINDS[self.kind]

    @property
    def parcels(self) -> list[Parcel]:
        """The parcels it owns."""
        return _parcels_of(self.model, self.party)


class Municipality(RecordAgent, table="team", dtype=records.TEAM):
    """The municipality at work: its team and money (``records.TEAM``), its strategy, and what it has paid."""

    @property
    def name(self) -> str:
        """What the municipality is called."""
        return self.model.names.owners[0] if self.model.names.owners else "municipality"

    @property
    def strategy(self) -> np.record:
        """The strategy it works by (``records.STRATEGY``); its fields can be read and changed."""
        return self.model.world.strategy[0]

    @property
    def accounts(self) -> np.record:
        """Running totals of the ledger (``records.ACCOUNTS``), in cents."""
        return self.model.world.accounts[0]

    @property
    def approach_name(self) -> str:
        """Approach, in words."""
        return records.APPROACHES[int(self.strategy.approach)]

    @property
    def parcels(self) -> list[Parcel]:
        """The parcels it owns."""
        return _parcels_of(self.model, records.MUNICIPALITY)


class Opportunity(RecordAgent, table="opportunities", dtype=records.OPPORTUNITY):
    """An opportunity, from the quarter it was found; it leaves the park's set once delivered or given up."""

    @property
    def kind_name(self) -> str:
        """Kind of opportunity, in words."""
        return records.OPPORTUNITY_KINDS[self.kind]

    @property
    def stage_name(self) -> str:
        """Stage, in words."""
        return records.STAGES[self.stage]

    @property
    def seats(self) -> np.ndarray:
        """The parties at its table (``records.SEAT``), one record each."""
        return self.model.world.seats[self.row, : self.n_parties]

    @property
    def company(self) -> _Firm | None:
        """The company whose plan it serves, if any."""
        return self.model.company(self.demand)

    @property
    def site(self) -> Parcel | None:
        """The parcel sold or let, if any."""
        return self.model.parcel(self.parcel)


class Parcel(RecordAgent, table="parcels", dtype=records.PARCEL):
    """A plot with one owner and at most one building."""

    @property
    def vacant(self) -> bool:
        """Whether nobody uses it."""
        return self.occupant < 0

    @property
    def company(self) -> _Firm | None:
        """The company that uses it, if any."""
        return self.model.company(self.occupant)

    @property
    def proprietor(self) -> RecordAgent | None:
        """Who owns it: an :class:`Owner`, or a company."""
        return self.model.company(self.owner) if self.owner >= 0 else self.model.owner(-1 - self.owner)


def _parcels_of(model: BusinessPark, party: int) -> list[Parcel]:
    return [parcel for parcel in model.parcels if parcel.owner == party]
