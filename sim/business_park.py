"""A park as a ``mesa.Model``: companies, prospects, owners, opportunities, parcels and the municipality as agents.

One step is one quarter, the ten phases of ``sim.model.pass_quarter`` in their order; the numbers are those of
``sim.model.simulate`` on the same seed, to the bit. The agents are live views of the world (``agents.py``)::

    park = BusinessPark(plan, strategy, seed=1)
    while park.running:
        park.step()
    park.companies.select(lambda company: company.trust < 0.3)
    park.datacollector.get_model_vars_dataframe()

Use it to look at one park, to try a thought, or with Mesa's viewer (``app.py``). For many runs use ``sim.model``, which
makes no agents; that module does not import Mesa either, which takes longer than many a run.
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet, AgentSet
from mesa.discrete_space import OrthogonalMooreGrid

from sim import outcomes, records
from sim.agents import Company, Municipality, Opportunity, Owner, Parcel, Prospect, RecordAgent
from sim.model import Park, adopt_strategy, no_strategy, prepare_named, run_until

MODEL_REPORTERS = (
    "quarter", "multiplier", "vitality", "vacancy", "jobs", "trust", "private_investment", "public_outlay",
    "open_opportunities",
)
COMPANY_REPORTERS = ("row", "sector_name", "plan_name", "parcel", "jobs", "trust", "uncertainty", "site_quality")

# Layers of the grid: name, type, and what stands where no parcel lies.
LAYERS = (("kind", int, 0), ("parcel", int, -1), ("sector", int, -1), ("quality", float, math.nan),
          ("vacant", bool, False), ("public_quality", float, math.nan))


class BusinessPark(mesa.Model):
    """One park, founded and lived through its burn-in, and stepped quarter by quarter under one strategy.

    Parameters
    ----------
    park
        What and where; see ``sim.model.Park``.
    strategy
        One record of dtype ``records.STRATEGY``; without it the municipality does what the law asks, and no more.
    seed
        Of the run. The same seed gives the same park, the same recessions and the same firms under every strategy.

    Attributes
    ----------
    world : World
        The whole state. A quarter may replace it by one with larger tables, so do not keep parts of it.
    names : Names
        Of companies, owners and parcels.
    running : bool
        False once the horizon is reached; further steps then change nothing.
    datacollector : mesa.DataCollector
        Collects after every quarter; replace it before the first step to collect something else.
    """

    def __init__(self, park: Park, strategy: np.recarray | None = None, seed: int = 0) -> None:
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed is {seed}; a seed is a whole number from 0")
        super().__init__(rng=int(seed))
        self.park = park
        self.world, self.names = prepare_named(park, int(seed))
        adopt_strategy(self.world, no_strategy() if strategy is None else strategy)
        self._grid: OrthogonalMooreGrid | None = None
        self._views: dict[type[RecordAgent], dict[int, RecordAgent]] = {}
        self.municipality = Municipality(self, 0)
        self.refresh()
        self.datacollector = mesa.DataCollector(
            model_reporters={name: name for name in MODEL_REPORTERS},
            agenttype_reporters={Company: {name: name for name in COMPANY_REPORTERS}},
        )

    # --- time --------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Pass one quarter: environment, ageing, perception, review, money and roles, matching, cases, realisation,
        market, books (``sim.model.pass_quarter``); then bring agents and grid up to date, and collect.
        """
        if not self.running:
            return
        self.world = run_until(self.world, self.quarter + 1)
        self.refresh()
        self.datacollector.collect(self)

    def run_to_end(self) -> BusinessPark:
        """Step until the horizon; return the park itself."""
        while self.running:
            self.step()
        return self

    @property
    def quarter(self) -> int:
        """The quarter that comes next, counted from 0; so also the number of quarters passed."""
        return int(self.world.clock[0].quarter)

    @property
    def horizon(self) -> int:
        """The number of quarters followed."""
        return int(self.world.clock[0].horizon)

    # --- agents ------------------------------------------------------------------------------------------------------

    @property
    def companies(self) -> AbstractAgentSet[Company]:
        """The companies that sit on the park now."""
        return self._agents_of(Company)

    @property
    def prospects(self) -> AbstractAgentSet[Prospect]:
        """The firms from outside that look for a site now."""
        return self._agents_of(Prospect)

    @property
    def owners(self) -> AbstractAgentSet[Owner]:
        """The owners without a business on the park; the first is the municipality."""
        return self._agents_of(Owner)

    @property
    def opportunities(self) -> AbstractAgentSet[Opportunity]:
        """The opportunities that are being worked on or built now."""
        return self._agents_of(Opportunity)

    @property
    def parcels(self) -> AbstractAgentSet[Parcel]:
        """The parcels there are now."""
        return self._agents_of(Parcel)

    def company(self, row: int) -> Company | Prospect | None:
        """Return the company or prospect of a row, or None: it left, closed, or the row is -1."""
        return self._view(Company, row) or self._view(Prospect, row)

    def owner(self, row: int) -> Owner | None:
        """Return the owner of a row, or None."""
        return self._view(Owner, row)

    def opportunity(self, row: int) -> Opportunity | None:
        """Return the live opportunity of a row, or None."""
        return self._view(Opportunity, row)

    def parcel(self, row: int) -> Parcel | None:
        """Return the parcel of a row, or None: it was merged away, or the row is -1."""
        return self._view(Parcel, row)

    def _agents_of(self, kind: type[RecordAgent]) -> AbstractAgentSet[Any]:
        return self.agents_by_type.get(kind) or AgentSet([], random=self.random)

    def _view(self, kind: type[RecordAgent], row: int) -> Any:
        return self._views.get(kind, {}).get(int(row))

    def refresh(self) -> None:
        """Make agents of what is new, let go of what is gone, and redraw the grid. Called after every quarter.

        Call it yourself after changing, by hand, who there is.
        """
        self.running = self.quarter < self.horizon
        counts = self.world.counts[0]
        state = self.world.companies["state"][: counts.companies]
        self._match_agents(Company, state == records.SITTING)
        self._match_agents(Prospect, state == records.PROSPECT)
        self._match_agents(Owner, np.ones(counts.owners, bool))
        self._match_agents(Parcel, self.world.parcels["live"][: counts.parcels])
        stage = self.world.opportunities["stage"][: counts.opportunities]
        self._match_agents(Opportunity, (stage >= records.FOUND) & (stage <= records.REALISATION))
        if self._grid is not None:
            self._draw_grid(self._grid)

    def _match_agents(self, kind: type[RecordAgent], present: np.ndarray) -> None:
        """Let there be one agent of ``kind`` for each row that is present, and none for any other."""
        views = self._views.setdefault(kind, {})
        for row in [row for row, agent in views.items() if not present[row] or agent not in self.agents]:
            agent = views.pop(row)
            (agent.forget if isinstance(agent, (Company, Prospect)) else agent.remove)()
        for row in np.flatnonzero(present).tolist():
            if row not in views:
                views[row] = kind(self, row)

    # --- space -------------------------------------------------------------------------------------------------------

    @property
    def grid(self) -> OrthogonalMooreGrid:
        """The park's cells as a Mesa grid, with a property layer for each of ``LAYERS`` and companies in their cells.

        Cell (0, 0) is the south-west corner. The grid shows the park and does not steer it: it is redrawn from the
        world after every quarter. It is made at first use.
        """
        if self._grid is None:
            grid = self.world.grid[0]
            self._grid = OrthogonalMooreGrid((int(grid.columns), int(grid.rows)), torus=False, random=self.random)
            for name, kind, empty in LAYERS:
                layer = self._grid.create_property_layer(name, default_value=kind(), dtype=kind)
                layer.data[:] = empty
            self._draw_grid(self._grid)
        return self._grid

    def layers(self) -> dict[str, np.ndarray]:
        """Return what the grid's layers show, by name: arrays of (columns, rows) from the south-west corner."""
        world = self.world
        shape = int(world.grid[0].rows), int(world.grid[0].columns)
        parcel, segment = world.cell_parcel, world.cell_segment
        on, public = parcel >= 0, segment >= 0
        plots, occupant = world.parcels, world.parcels["occupant"][parcel]
        flat = {
            "kind": world.cell_kind,
            "parcel": parcel,
            "sector": np.where(on & (occupant >= 0), world.companies["sector"][occupant], -1),
            "quality": np.where(on & (plots["floor"][parcel] > 0.0), plots["quality"][parcel], math.nan),
            "vacant": on & (occupant < 0),
            "public_quality": np.where(public, world.segments["quality"][segment], math.nan),
        }
        return {name: values.reshape(shape)[::-1].T for name, values in flat.items()}

    def _draw_grid(self, grid: OrthogonalMooreGrid) -> None:
        for name, values in self.layers().items():
            getattr(grid, name).data[:] = values
        side, (columns, rows) = float(self.world.grid[0].cell_m), grid.dimensions
        for company in self.companies:
            site = self.world.parcels[company.parcel]
            place = (min(int(site.x / side), columns - 1), min(int(site.y / side), rows - 1))
            company.cell = grid[place] if company.parcel >= 0 else None

    # --- outcomes ----------------------------------------------------------------------------------------------------

    def indicator(self, name: str) -> float:
        """Return an indicator (``outcomes.INDICATORS``) as it stood after the last quarter; NaN before the first."""
        if self.quarter < 1:
            return math.nan
        return float(self.world.indicators[self.quarter - 1, outcomes.INDICATORS.index(name)])

    @property
    def private_investment(self) -> float:
        """Works paid by private parties so far, less grants, euros."""
        return self.indicator("private_investment")

    @property
    def public_outlay(self) -> float:
        """Net public outlay so far, euros."""
        return self.indicator("public_outlay")

    @property
    def multiplier(self) -> float:
        """Gross multiplier so far, private euros per public euro; NaN while nothing was laid out."""
        return self.private_investment / self.public_outlay if self.public_outlay > 0.0 else math.nan

    @property
    def vitality(self) -> float:
        """Vitality of the park, 0-100."""
        return self.indicator("vitality")

    @property
    def vacancy(self) -> float:
        """Share of floor space without occupant, 0-1."""
        return self.indicator("vacancy")

    @property
    def jobs(self) -> float:
        """Jobs on the park, full-time."""
        return self.indicator("jobs")

    @property
    def trust(self) -> float:
        """Mean trust of the companies in the municipality, 0-1."""
        return self.indicator("trust")

    @property
    def open_opportunities(self) -> float:
        """Opportunities that are being worked on."""
        return self.indicator("open_opportunities")

    def measure(self) -> dict[str, float]:
        """Return all outcomes of the run so far; see ``outcomes.measure``."""
        return outcomes.measure(self.world)
