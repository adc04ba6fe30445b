"""Found a park: draw what its plan leaves open, and fill every table for quarter ``-burn_in``.

A draw is looked up by (seed, GENERATE, 0, key, k), where the key of a company, parcel or owner is a hash of the park's
name and its own name. So the order of the tables decides nothing, and what one plan leaves open more than another
disturbs no other draw. Some shares are met as quotas: premises are ranked by a keyed draw, and the first so many are
vacant, rented or old, so that a share of the settings is a share of every park and not only of the average one.

What does not depend on the seed (cells, descriptions, lists of nearest parcels) is worked out once per plan and kept
with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim import records
from sim.compiled import rule
from sim.draws import GENERATE, uniform
from sim.inputs.parameters import PARAMETER_DTYPE
from sim.park.lattice import (
    Lattice,
    build_lattice,
    describe_all,
    name_key,
    rank_all_neighbours,
    scratch_length,
    sort_cells,
    work_cells,
)
from sim.park.parcels import build_on
from sim.park.plan import ParkPlan, PlanOwner
from sim.records import (
    ABSENT_OWNER,
    BORDERS,
    MAX_PARTIES,
    MOTIVES,
    MUNICIPALITY,
    MUNICIPALITY_OWNER,
    N_MOTIVES,
    N_SECTORS,
    NEAR,
    NEVER,
    OUTSIDE,
    OWNER_KINDS,
    PROSPECT,
    ROAD_MOVE,
    SECTOR_TILT,
    SECTORS,
    SITTING,
    World,
)

# What each draw is for: the last part of its address. Never renumber one.
(_VACANT, _AGE, _FLOOR, _FIT, _ENERGY, _SOIL, _SOIL_COST, _VACANT_FOR, _TENANT, _BLOCK, _BLOCK_SIZE, _OWNER_KIND, _BOOK,
 _SECTOR, _JOBS, _SPACE, _ROOM, _THETA, _FAIRNESS, _LIQUIDITY, _TRUST, _TRUST_OTHERS, _UNCERTAINTY, _OPENNESS, _KEY,
 _MEMBER, _REVIEW, _LEASE, _GROWTH, _HOME, _RESERVATION, _PATIENCE, _HURDLE, _WILLING, _PUBLIC,
 _MEANS, _MISPLACED, _UTILITY, _UTILITY_COST) = range(39)
_WEIGHTS = 64  # eight draws

# Floor per job of a sector against the mean of all, a judgement: a store needs more than an office.
SECTOR_SPACE = np.array([1.05, 0.90, 1.80, 1.35, 1.10, 0.50])
SECTOR_SOIL = np.array([1.8, 0.8, 0.7, 0.7, 1.6, 0.3])  # chance of polluted soil, against the mean

_RESERVATION_OF_KIND = np.array([1.2, 1.1, 1.35, 1.15, 0.9, 1.2])  # municipality ... person, against the parameter
_WILLING_OF_KIND = np.array([1.0, 0.5, 0.3, 0.8, 1.0, 0.5])
_ROOM_MEDIAN, _ROOM_SIGMA = 1.10, 0.22  # floor a firm has, against what it needs
_JOBS_SHRINK = 10.0  # firms with open jobs at which the asked mean number of jobs counts for half
_FLOOR_SIGMA = 0.35
_SOIL_SIGMA = 0.8
_AGE_SHAPE = 1.6  # Weibull shape of building ages
_TYPICAL_EFFORT = 0.75  # maintenance that buildings had so far, against full effort
_LONG_AGO = -1_000  # quarter: before anything counts
_LIQUIDITY_SIGMA = 0.6
_INDICATORS_ABSENT = 64

_TABLES = ("companies", "owners", "parcels", "segments", "opportunities", "projects", "entries", "events", "loans",
           "deeds")


@dataclass
class Names:
    """What the rows of a founded park's tables are called."""

    companies: list[str]
    owners: list[str]
    parcels: list[str]


@rule
def draw_uniforms(seed, keys, k):
    """Return a uniform draw per key for address (seed, GENERATE, 0, key, k)."""
    out = np.empty(keys.size)
    for i in range(keys.size):
        out[i] = uniform(seed, GENERATE, 0, keys[i], k)
    return out


@rule
def place_all_buildings(world):
    """Mark the ground under every building; see ``parcels.place_building``."""
    cells, starts = work_cells(world, 0), work_cells(world, 1)
    sort_cells(world, cells, starts)
    for p in range(world.counts[0].parcels):
        n = starts[p + 1] - starts[p]
        build_on(world, p, cells[starts[p] : starts[p + 1]], n, world.parcels[p].floor)


def found_park(plan: ParkPlan, parameters: np.recarray, seed: int, quarters: int) -> tuple[World, Names]:
    """Return the park at quarter ``-plan.burn_in``, and the names of its rows.

    Parameters
    ----------
    plan
        What is known of the park. Not changed, but what was worked out from its map is kept with it.
    parameters
        One record of ``PARAMETER_DTYPE``.
    seed
        Of the run, 0 or more: draws what the plan leaves open.
    quarters
        Horizon after the burn-in, 1 or more.

    Returns
    -------
    world : World
        All tables filled, the strategy's record zero (no approach), activity at its trend. Motives of sites and
        perceived site quality stand at 0.5 until the first perception.
    names : Names
        Companies, owners and parcels, in the order of the tables.

    Raises
    ------
    ValueError
        A company or parcel that names something the plan does not have.
    """
    return _Founding(plan, parameters, seed, quarters).found()


def keep_ground(plan: ParkPlan, half_distance: float) -> World:
    """Return the part of the world that does not depend on the seed, from the plan's own store or worked out now."""
    mark = (plan.name, plan.cell_m, plan.kind.tobytes(), plan.parcel_of.tobytes(), tuple(plan.exits),
            tuple(parcel.name for parcel in plan.parcels), half_distance)  # fmt: skip
    stored = getattr(plan, "_ground", None)
    if stored is None or stored[0] != mark:
        stored = (mark, _lay_ground(plan, half_distance))
        plan._ground = stored  # type: ignore[attr-defined]
    return stored[1]


def _lay_ground(plan: ParkPlan, half_distance: float) -> World:
    keys = np.array([name_key(plan.name, "parcel", parcel.name) for parcel in plan.parcels], np.uint64)
    lattice = build_lattice(plan, keys)
    rows = len(plan.parcels)
    world = _allocate(lattice, max(rows, 1), 1, 1, 1, 1, 1)
    world.counts[0].parcels, world.counts[0].segments = rows, lattice.segments.size
    world.segments[: lattice.segments.size] = lattice.segments
    world.parameters[0].half_distance = half_distance
    grid = world.grid[0]
    grid.rows, grid.columns = plan.kind.shape
    grid.cell_m, grid.motorway = plan.cell_m, plan.motorway
    grid.gross_ha = np.count_nonzero(lattice.kind != OUTSIDE) * plan.cell_m**2 / 10_000.0
    grid.net_ha = np.count_nonzero(lattice.parcel >= 0) * plan.cell_m**2 / 10_000.0
    world.parcels.key[:rows] = keys
    world.parcels.live[:rows] = True
    describe_all(world)
    rank_all_neighbours(world)
    return world


def _table(rows: int, dtype: np.dtype[Any]) -> np.recarray:
    return np.zeros(rows, dtype).view(np.recarray)


def _allocate(
    lattice: Lattice, parcels: int, companies: int, owners: int, opportunities: int, projects: int, quarters: int,
    log: int = 1,
) -> World:
    cells = lattice.kind.size
    work = scratch_length(cells, max(parcels, companies, owners, opportunities, projects))
    return World(
        clock=_table(1, records.CLOCK), counts=_table(1, records.COUNTS), parameters=_table(1, PARAMETER_DTYPE),
        grid=_table(1, records.GRID), environment=_table(1, records.ENVIRONMENT),
        strategy=_table(1, records.STRATEGY), accounts=_table(1, records.ACCOUNTS), team=_table(1, records.TEAM),
        companies=_table(companies, records.COMPANY), owners=_table(owners, records.OWNER),
        parcels=_table(parcels, records.PARCEL), segments=_table(max(lattice.segments.size, 1), records.SEGMENT),
        opportunities=_table(opportunities, records.OPPORTUNITY),
        seats=np.zeros((opportunities, MAX_PARTIES), records.SEAT).view(np.recarray),
        projects=_table(projects, records.PROJECT), entries=_table(log, records.ENTRY),
        events=_table(log, records.HAPPENING),
        balances=np.zeros(2 * max(companies, owners) + 32, np.int64),
        indicators=np.zeros((quarters + 1, _count_indicators())),
        cell_kind=lattice.kind.copy(), cell_parcel=lattice.parcel.copy(), cell_segment=lattice.segment.copy(),
        cell_exit=lattice.exit_m.copy(), cell_built=np.zeros(cells, bool),
        borders=np.full((parcels, BORDERS), -1, np.int64), border_m=np.zeros((parcels, BORDERS)),
        near=np.full((parcels, NEAR), -1, np.int64), near_weight=np.zeros((parcels, NEAR)),
        road_old=np.full((opportunities, ROAD_MOVE), -1, np.int64),
        road_new=np.full((opportunities, ROAD_MOVE), -1, np.int64),
        scratch=np.zeros(work, np.int64), scratch_f=np.zeros(work),
        organisation=_table(1, records.ORGANISATION), process=_table(1, records.PROCESS_STATE),
        loans=_table(min(opportunities, log), records.LOAN_), deeds=_table(log, records.DEED),
    )  # fmt: skip


def _count_indicators() -> int:
    try:
        from sim.outcomes import N_INDICATORS
    except ImportError:
        return _INDICATORS_ABSENT
    return int(N_INDICATORS)


def _known(values: list[Any]) -> np.ndarray:
    """Return what a plan gives as floats, with nan for what it leaves open."""
    return np.array([np.nan if value is None else float(value) for value in values], float)


def _normal(u: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return ndtri(u)


def _rank_share(u: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the rank of each draw as a number strictly between 0 and 1, evenly spread; equal draws rank by key."""
    rank = np.empty(u.size)
    rank[np.lexsort((keys, u))] = np.arange(u.size)
    return (rank + 0.5) / max(u.size, 1)


class _Founding:
    """One founding: the tables of one world, filled step by step."""

    def __init__(self, plan: ParkPlan, parameters: np.recarray, seed: int, quarters: int) -> None:
        self.plan, self.parameters, self.seed, self.quarters = plan, parameters, seed, quarters
        self.p = parameters[0] if isinstance(parameters, np.ndarray) and parameters.ndim else parameters
        self.start = -plan.burn_in
        self.ground = keep_ground(plan, float(self.p.half_distance))
        self.draws = plan.founding
        self.keys = self.ground.parcels.key[: len(plan.parcels)].copy()
        self.area = self.ground.parcels.area[: len(plan.parcels)]

    def found(self) -> tuple[World, Names]:
        self._seat_companies()
        self._choose_vacant()
        self._list_companies()
        self._draw_floor_and_jobs()
        self._draw_buildings()
        self._choose_owners()
        world = self._make_world()
        self._fill_companies(world)
        self._fill_owners(world)
        self._fill_parcels(world)
        place_all_buildings(world)
        self._fill_segments(world)
        return world, Names(self.company_names, self.owner_names, [parcel.name for parcel in self.plan.parcels])

    def _draw(self, keys: np.ndarray, k: int) -> np.ndarray:
        return draw_uniforms(self.seed, keys, k)

    def _seat_companies(self) -> None:
        """Find who sits where according to the plan."""
        row_of = {parcel.name: i for i, parcel in enumerate(self.plan.parcels)}
        self.occupant = np.full(len(self.plan.parcels), -1, np.int64)
        self.site: Any = []
        for i, company in enumerate(self.plan.companies):
            if company.parcel is None:
                self.site.append(-1)
                continue
            if company.parcel not in row_of:
                raise ValueError(f"{self.plan.name}: company {company.name!r} is on parcel {company.parcel!r}, which "
                                 "is not on the map")
            p = row_of[company.parcel]
            if self.occupant[p] >= 0:
                first = self.plan.companies[self.occupant[p]].name
                raise ValueError(f"{self.plan.name}: companies {first!r} and {company.name!r} are both on parcel "
                                 f"{company.parcel!r}; split the parcel, or let one of them go")
            self.occupant[p] = i
            self.site.append(p)

    def _choose_vacant(self) -> None:
        """Choose which premises stand vacant, and how old every building is (old ones are vacant more often)."""
        parcels = self.plan.parcels
        self.floor = _known([parcel.floor for parcel in parcels])
        self.quality = _known([parcel.quality for parcel in parcels])
        vacant_for = _known([parcel.vacant_quarters for parcel in parcels])
        self.vacant_for = np.where(np.isnan(vacant_for), 0.0, vacant_for)
        self.premises = ~(self.floor == 0.0)
        self._draw_ages()
        stated = _known([parcel.vacant for parcel in parcels])
        free = (self.occupant < 0) & self.premises
        self.vacant = free & (~np.isnan(vacant_for) | (stated == 1.0))
        self._draw_spells(np.flatnonzero(self.vacant & np.isnan(vacant_for)))
        open_ = np.flatnonzero(free & ~self.vacant & np.isnan(stated))
        if open_.size:
            keys = self.keys[open_]
            many = self.draws.vacancy * open_.size
            spare = self._draw(np.array([name_key(self.plan.name, "park")], np.uint64), _VACANT)[0]
            number = min(int(many + spare), open_.size)
            weight = np.where(self.quality[open_] < 0.4, 1.6, 0.8)
            score = self._draw(keys, _VACANT) ** (1.0 / weight)
            chosen = open_[np.lexsort((keys, -score))[:number]]
            self.vacant[chosen] = True
            self._draw_spells(chosen)
        self.newcomers = np.flatnonzero(free & ~self.vacant)

    def _draw_spells(self, chosen: np.ndarray) -> None:
        """Draw how long premises have stood vacant: a mean of five years (parameters 1)."""
        spell = -20.0 * np.log(self._draw(self.keys[chosen], _VACANT_FOR))
        self.vacant_for[chosen] = 1.0 + np.floor(np.minimum(spell, 80.0))

    def _draw_ages(self) -> None:
        """Draw building ages such that the asked share has quality below 0.4, and quality from age (mechanics C2).

        An age counts from the last time that premises were as good as new. Premises of which the year they were built
        is known are never older than that: drawn older, they were not renewed since, and have their own age.
        """
        p, share = self.p, min(max(self.draws.outdated, 0.002), 0.98)
        wear = (1.0 - _TYPICAL_EFFORT * p.maintenance) / p.premises_life
        age_outdated = math.log(p.new_quality / 0.4) / wear
        scale = age_outdated / (-math.log(share)) ** (1.0 / _AGE_SHAPE)
        open_ = np.flatnonzero(self.premises & np.isnan(self.quality))
        old = np.zeros(self.keys.size)
        old[open_] = _rank_share(self._draw(self.keys[open_], _AGE), self.keys[open_])
        age = scale * (-np.log(1.0 - old)) ** (1.0 / _AGE_SHAPE)
        built = 4.0 * _known([parcel.age for parcel in self.plan.parcels])
        age = np.where(np.isnan(built), age, np.minimum(age, built))
        self.quality[open_] = p.new_quality * np.exp(-wear * age[open_])
        given = np.clip(np.where(self.premises, self.quality, p.new_quality), 0.01, p.new_quality)
        self.age = np.where(self.premises, np.log(p.new_quality / given) / wear, 0.0)
        self.quality[~self.premises] = 0.0

    def _list_companies(self) -> None:
        """Put the plan's companies and the newcomers without a name in one list."""
        plan = self.plan
        names = [company.name for company in plan.companies]
        kinds = ["company"] * len(names)
        for p in self.newcomers:
            self.occupant[p] = len(names)
            names.append(f"Firm on {plan.parcels[p].name}")
            kinds.append("firm on parcel")
            self.site.append(int(p))
        self.company_names = names
        self.site = np.array(self.site, np.int64)
        self.company_keys = np.array(
            [name_key(plan.name, kind, name) for kind, name in zip(kinds, names, strict=True)], np.uint64
        )
        extra = [None] * len(self.newcomers)
        given = plan.companies
        self.jobs = _known([c.jobs for c in given] + extra)
        self.turnover = _known([c.turnover for c in given] + extra)
        self.floor_needed = _known([c.floor_needed for c in given] + extra)
        self.land_wish = np.array([c.land_wish for c in given] + [0.0] * len(extra))
        self.trust = _known([c.trust for c in given] + extra)
        self.key_figure = _known([c.key_figure for c in given] + extra)
        self.named_tenant = np.array([bool(c.tenant) for c in given] + [False] * len(extra), bool)
        self.tenure_open = np.array([c.tenant is None for c in given] + [True] * len(extra), bool)
        sectors = [-1 if c.sector is None else self._sector(c.name, c.sector) for c in given] + [-1] * len(extra)
        self.sector = np.array(sectors, np.int64)
        open_ = np.flatnonzero(self.sector < 0)
        shares = np.cumsum(self.draws.sector_shares)
        u = self._draw(self.company_keys[open_], _SECTOR) * shares[-1]
        self.sector[open_] = np.minimum(np.searchsorted(shares, u, side="right"), N_SECTORS - 1)

    def _sector(self, name: str, sector: str) -> int:
        if sector not in SECTORS:
            raise ValueError(f"{self.plan.name}: company {name!r} has sector {sector!r}; allowed are "
                             f"{', '.join(SECTORS)}")
        return SECTORS.index(sector)

    def _draw_floor_and_jobs(self) -> None:
        """Draw floor of premises, and jobs and floor per job of firms, so that what a firm needs fits what it has."""
        p, keys, on_park = self.p, self.company_keys, self.site >= 0
        site = np.where(on_park, self.site, 0)
        spread = np.exp(p.floor_per_job_sigma * _normal(self._draw(keys, _SPACE)))
        space = p.floor_per_job * SECTOR_SPACE[self.sector] * spread
        room = _ROOM_MEDIAN * np.exp(_ROOM_SIGMA * _normal(self._draw(keys, _ROOM)))
        from_turnover = np.isnan(self.jobs) & ~np.isnan(self.turnover)
        self.jobs[from_turnover] = np.maximum(self.turnover[from_turnover] / p.turnover_per_job, 1.0)
        need = np.where(np.isnan(self.floor_needed), self.jobs * space, self.floor_needed)

        # Floor: what its firm needs and room to spare; else drawn for the plot.
        self._draw_open_floor(np.where(on_park, need * room, np.nan), site)
        have = np.where(on_park & self.premises[site], self.floor[site], np.nan)

        # Jobs: what the floor holds, moved toward the asked distribution.
        open_ = np.flatnonzero(np.isnan(self.jobs))
        fits = np.where(np.isnan(self.floor_needed), have / room, self.floor_needed)[open_]
        self.jobs[open_] = self._draw_jobs(open_, fits / space[open_])
        need = np.where(np.isnan(self.floor_needed), np.where(np.isnan(have), self.jobs * space, have / room),
                        self.floor_needed)
        self.space_per_job = need / self.jobs
        turnover = self.jobs * p.turnover_per_job
        self.turnover = np.where(np.isnan(self.turnover), turnover, self.turnover)

    def _draw_open_floor(self, wanted: np.ndarray, site: np.ndarray) -> None:
        p = self.p
        drawn = self.area * p.floor_space_index * np.exp(_FLOOR_SIGMA * _normal(self._draw(self.keys, _FLOOR)))
        known = np.flatnonzero(~np.isnan(wanted))
        drawn[site[known]] = wanted[known]
        drawn = np.clip(drawn, np.minimum(100.0, self.area * 0.2), self.area * p.floor_space_max)
        self.floor = np.where(np.isnan(self.floor), np.round(drawn), self.floor)

    def _draw_jobs(self, open_: np.ndarray, direct: np.ndarray) -> np.ndarray:
        """Return jobs for firms whose floor (if any) holds ``direct`` of them, about lognormal as the plan asks."""
        median, mean = self.draws.median_jobs, max(self.draws.mean_jobs, self.draws.median_jobs)
        sigma = math.sqrt(2.0 * math.log(mean / median))
        keys = self.company_keys[open_]
        free = median * np.exp(sigma * _normal(self._draw(keys, _JOBS)))
        placed = ~np.isnan(direct)
        jobs = free.copy()
        n = int(placed.sum())
        if n:
            # With few firms to draw for, the floor decides; with many, the asked distribution counts half. The sum is
            # exact (fsum), or the order of the plan would show in the last digit.
            pull = 0.5 * n / (n + _JOBS_SHRINK)
            asked = median * np.exp(sigma * _normal(_rank_share(direct[placed], keys[placed])))
            mixed = np.exp((1.0 - pull) * np.log(direct[placed]) + pull * np.log(asked))
            jobs[placed] = mixed * (mean * n / math.fsum(mixed)) ** (n / (n + _JOBS_SHRINK))
        return np.maximum(jobs, 1.0)

    def _draw_buildings(self) -> None:
        """Draw functional fit, energy performance and soil."""
        p, parcels = self.p, self.plan.parcels
        fit = p.new_quality * np.exp(-self.age * (0.3 + 0.7 * self._draw(self.keys, _FIT)) / p.fit_life)
        energy = p.new_quality * np.exp(-self.age * (0.5 + self._draw(self.keys, _ENERGY)) / p.energy_life)
        self.fit, self.energy = (np.where(self.premises, np.where(np.isnan(given), drawn, given), 0.0)
                                 for given, drawn in ((_known([q.fit for q in parcels]), fit),
                                                      (_known([q.energy for q in parcels]), energy)))
        # Old sites and heavy trades are polluted more often; the mean over the premises stays as asked.
        sector = np.where(self.occupant >= 0, self.sector[np.maximum(self.occupant, 0)] if self.sector.size else 0, 0)
        odds = (0.4 + self.age / 150.0) * np.where(self.occupant >= 0, SECTOR_SOIL[sector], 1.0)
        if self.premises.any():
            odds *= np.count_nonzero(self.premises) / math.fsum(odds[self.premises])
        chance = np.where(self.premises, np.minimum(self.draws.soil_polluted * odds, 0.95), 0.0)
        polluted = self._draw(self.keys, _SOIL) < chance
        cost = self.draws.soil_cost * np.exp(_SOIL_SIGMA * _normal(self._draw(self.keys, _SOIL_COST)))
        given = _known([q.soil_cost for q in parcels])
        euros = np.where(np.isnan(given), np.where(polluted, cost, 0.0), given)
        self.soil_cents = np.rint(euros * 100.0).astype(np.int64)

    def _choose_owners(self) -> None:
        """Give every parcel an owner: its occupant, someone the plan names, the municipality, or one drawn here."""
        plan = self.plan
        self.owners = list(plan.owners)
        if not self.owners or self.owners[0].kind != "municipality":
            at = next((i for i, owner in enumerate(self.owners) if owner.kind == "municipality"), None)
            first = PlanOwner("Municipality", "municipality") if at is None else self.owners.pop(at)
            self.owners.insert(0, first)
        if all(owner.kind != "redevelopment_company" for owner in self.owners):
            # Without capital it does nothing; a strategy may give it some.
            self.owners.append(PlanOwner("Redevelopment company", "redevelopment_company", willing=True))
        party_of = {name: i for i, name in enumerate(self.company_names)}
        party_of |= {owner.name: -1 - i for i, owner in enumerate(self.owners)}
        self.owner = np.zeros(len(plan.parcels), np.int64)
        to_let = []
        for p, parcel in enumerate(plan.parcels):
            if parcel.owner is not None:
                if parcel.owner not in party_of:
                    raise ValueError(f"{plan.name}: parcel {parcel.name!r} has owner {parcel.owner!r}, which is no "
                                     "company and no owner of the plan")
                self.owner[p] = party_of[parcel.owner]
            elif not self.premises[p] and self.occupant[p] < 0:
                self.owner[p] = MUNICIPALITY
            elif self.occupant[p] >= 0 and not self.named_tenant[self.occupant[p]]:
                self.owner[p] = self.occupant[p]  # or a landlord's, where it is not known and drawn so
            else:
                to_let.append(p)
        self._rent_out(np.array(to_let, np.int64))
        on_park = self.site >= 0
        self.tenant = on_park & (self.owner[np.where(on_park, self.site, 0)] != np.arange(self.site.size))

    def _rent_out(self, to_let: np.ndarray) -> None:
        """Let so many firms of unknown tenure rent that the asked share of them owns its premises; draw the landlords."""
        seated = self.occupant >= 0
        unknown = np.flatnonzero(seated)
        unknown = unknown[self.tenure_open[self.occupant[unknown]]]
        if unknown.size:
            share = round((1.0 - self.draws.owner_occupied) * unknown.size)
            open_ = np.array([p for p in unknown if self.plan.parcels[p].owner is None], np.int64)
            order = np.lexsort((self.keys[open_], self._draw(self.keys[open_], _TENANT)))
            to_let = np.concatenate((to_let, open_[order[:share]]))
        if not to_let.size:
            return
        # Investors hold one to eight premises; a vacant one may also be with an absent owner or a developer.
        keys = self.keys[to_let]
        kind = self._draw(keys, _OWNER_KIND)
        lone = self.vacant[to_let] & (kind < 0.65)
        for p, u in zip(to_let[lone], kind[lone], strict=True):
            parcel = self.plan.parcels[p].name
            word, kind_name = ("Absent owner", "absent_owner") if u < 0.5 else ("Developer", "developer")
            self._add_owner(f"{word} of {parcel}", kind_name, [p])
        held = to_let[~lone]
        held = held[np.lexsort((self.keys[held], self._draw(self.keys[held], _BLOCK)))]
        at, number = 0, 0
        while at < held.size:
            number += 1
            name = f"Investor {number}"
            key = np.array([name_key(self.plan.name, "owner", name)], np.uint64)
            size = min(1 + int(-2.0 * math.log(self._draw(key, _BLOCK_SIZE)[0])), 8)
            self._add_owner(name, "investor", held[at : at + size])
            at += size

    def _add_owner(self, name: str, kind: str, parcels: Any) -> None:
        for p in parcels:
            self.owner[p] = -1 - len(self.owners)
        self.owners.append(PlanOwner(name, kind))

    def _make_world(self) -> World:
        plan, ground = self.plan, self.ground
        firms, parcels = len(self.company_names), len(plan.parcels)
        prospects = int(self.p.prospect_rate * firms * (self.quarters + plan.burn_in) / 4.0 * 2.0)
        companies = 2 * firms + 64 + prospects
        owners = len(self.owners) + parcels + 32
        lattice = Lattice(ground.cell_kind, ground.cell_parcel, ground.cell_segment, ground.cell_exit, ground.segments)
        rows = int(1.5 * parcels) + 32
        world = _allocate(lattice, rows, companies, owners, 64 + 2 * firms, 64 + firms, self.quarters, 8192)
        world.parameters[:] = self.parameters
        world.grid[:] = ground.grid
        world.grid[0].motorway = plan.motorway
        clock, counts = world.clock[0], world.counts[0]
        clock.seed, clock.quarter, clock.horizon, clock.acting = self.seed, self.start, self.quarters, False
        counts.companies, counts.owners, counts.parcels = firms, len(self.owners), parcels
        counts.segments = ground.counts[0].segments
        environment = world.environment[0]
        environment.park_quality[:] = 0.5
        environment.style = environment.style_results = 0.5
        environment.alderman_since, environment.break_at = self.start, NEVER
        environment.window_from[:] = environment.window_to[:] = NEVER
        for row, (opens, closes, share) in enumerate(plan.windows[:4]):
            environment.window_from[row], environment.window_to[row], environment.window_part[row] = opens, closes, share
        world.segments[:] = ground.segments
        world.parcels[:parcels] = ground.parcels[:parcels]
        for name in ("borders", "border_m", "near", "near_weight"):
            getattr(world, name)[:parcels] = getattr(ground, name)[:parcels]
        return world

    def _fill_companies(self, world: World) -> None:
        n = len(self.company_names)
        table, keys, p = world.companies[:n], self.company_keys, self.p
        on_park = self.site >= 0
        table.key, table.sector, table.parcel, table.tenant = keys, self.sector, self.site, self.tenant
        table.state = np.where(on_park, SITTING, PROSPECT)
        table.jobs, table.turnover, table.space_per_job = self.jobs, self.turnover, self.space_per_job
        table.land_wish = self.land_wish
        table.weights = self._draw_weights()
        table.theta = p.theta * np.exp(p.theta_sigma * _normal(self._draw(keys, _THETA)))
        table.fairness = p.fairness_low + (1.0 - p.fairness_low) * self._draw(keys, _FAIRNESS)
        means = np.exp(_LIQUIDITY_SIGMA * _normal(self._draw(keys, _LIQUIDITY)))
        table.liquidity = p.liquidity * self.turnover * means
        trust = np.clip(self.draws.trust + 0.12 * _normal(self._draw(keys, _TRUST)), 0.02, 0.98)
        table.trust = table.trust_base = np.where(np.isnan(self.trust), trust, self.trust)
        others = 0.45 + 0.12 * _normal(self._draw(keys, _TRUST_OTHERS))
        table.trust_others = table.others_base = np.clip(others, 0.02, 0.98)
        uncertainty = p.uncertainty_base + 0.10 * _normal(self._draw(keys, _UNCERTAINTY))
        table.uncertainty = np.clip(uncertainty, 0.02, 0.98)
        table.openness = 0.4 + 0.6 * self._draw(keys, _OPENNESS)
        table.power = np.clip(np.log1p(self.jobs) / math.log(201.0), 0.0, 1.0)
        drawn = self._draw(keys, _KEY) < 0.10
        table.key_figure = np.where(np.isnan(self.key_figure), drawn, self.key_figure == 1.0)
        table.member = self._draw(keys, _MEMBER) < 0.5
        table.misplaced = on_park & (self._draw(keys, _MISPLACED) < p.misplaced_share)
        table.site_quality = table.outside_quality = table.satisfaction = 0.5
        # What a firm that looks for a site from outside would otherwise have; those on the park have theirs.
        table.expected = np.where(on_park, 0.0, table.outside_quality)
        table.readiness = self._draw_readiness(table)
        table.next_review = self.start + np.floor(self._draw(keys, _REVIEW) * p.review_interval)
        lease = self.start + 1 + np.floor(self._draw(keys, _LEASE) * p.lease_length)
        table.lease_end = np.where(self.tenant, lease, -1)
        table.home = self._draw(keys, _HOME) < np.where(on_park, 1.0, p.home_share)
        table.arrived = self.start
        for name in ("known_until", "talked", "introduced_at", "reviewed_at", "followed_up", "left"):
            table[name] = NEVER
        for name in ("plan_target", "asked", "border", "opportunity", "project", "reserved"):
            table[name] = -1
        table.plan_since = self.start

    def _draw_weights(self) -> np.ndarray:
        """Return Dirichlet weights of the motives, around the means of each firm's sector: gamma draws by inversion."""
        from scipy.special import gammaincinv

        means = np.array([getattr(self.p, f"weight_{motive}") for motive in MOTIVES]) * SECTOR_TILT
        shape = self.p.dirichlet * (means / means.sum(axis=1, keepdims=True))[self.sector]
        u = np.stack([self._draw(self.company_keys, _WEIGHTS + k) for k in range(N_MOTIVES)], axis=1)
        draws = np.maximum(gammaincinv(shape, u), 1e-12)
        return draws / draws.sum(axis=1, keepdims=True)

    def _draw_readiness(self, table: Any) -> np.ndarray:
        """Return time, information, know-how, influence and money at the start: most in money and influence."""
        u = self._draw(self.company_keys, _MEANS)
        money = np.clip(table.liquidity / np.maximum(self.turnover, 1.0) / 0.6, 0.0, 1.0)
        return np.stack([0.1 + 0.3 * u, 0.1 + 0.2 * u, 0.1 + 0.5 * table.power, table.power, money], axis=1)

    def _fill_owners(self, world: World) -> None:
        n = len(self.owners)
        table, p = world.owners[:n], self.p
        self.owner_names = [owner.name for owner in self.owners]
        keys = np.array([name_key(self.plan.name, "owner", name) for name in self.owner_names], np.uint64)
        kind = np.array([self._owner_kind(owner) for owner in self.owners], np.int64)
        table.key, table.kind = keys, kind
        spread = np.exp(0.15 * _normal(self._draw(keys, _RESERVATION)))
        drawn = np.where(kind == MUNICIPALITY_OWNER, 1.0, p.reservation_value * _RESERVATION_OF_KIND[kind] * spread)
        given = _known([owner.reservation for owner in self.owners])
        table.reservation = np.clip(np.where(np.isnan(given), drawn, given), 0.0, 2.0)
        patience = self._draw(keys, _PATIENCE)
        table.patience = np.where(kind == ABSENT_OWNER, 0.5 + 0.5 * patience, patience)
        table.hurdle = p.theta * np.exp(p.theta_sigma * _normal(self._draw(keys, _HURDLE)))
        table.trust = np.clip(self.draws.trust + 0.12 * _normal(self._draw(keys, _TRUST)), 0.02, 0.98)
        table.trust_others = np.clip(0.45 + 0.12 * _normal(self._draw(keys, _TRUST_OTHERS)), 0.02, 0.98)
        uncertainty = p.uncertainty_base + 0.10 * _normal(self._draw(keys, _UNCERTAINTY))
        table.uncertainty = np.clip(uncertainty, 0.02, 0.98)
        table.fairness = p.fairness_low + (1.0 - p.fairness_low) * self._draw(keys, _FAIRNESS)
        willing = _known([owner.willing for owner in self.owners])
        drawn = self._draw(keys, _WILLING) < _WILLING_OF_KIND[kind]
        table.willing = np.where(np.isnan(willing), drawn, willing == 1.0)

    def _owner_kind(self, owner: PlanOwner) -> int:
        if owner.kind not in OWNER_KINDS:
            raise ValueError(f"{self.plan.name}: owner {owner.name!r} has kind {owner.kind!r}; allowed are "
                             f"{', '.join(OWNER_KINDS)}")
        return OWNER_KINDS.index(owner.kind)

    def _fill_parcels(self, world: World) -> None:
        n = len(self.plan.parcels)
        table, p = world.parcels[:n], self.p
        table.owner, table.occupant = self.owner, self.occupant
        table.floor, table.quality, table.fit, table.energy = self.floor, self.quality, self.fit, self.energy
        table.soil_cost = self.soil_cents
        empty = self.occupant < 0
        land = table.area * p.land_price
        building = self.floor * p.value_built * self.quality
        table.asking = p.ask_markup * (land + building)
        u = self._draw(self.keys, _BOOK)
        book = np.where(self.premises, land * (0.5 + 0.5 * u) + building * (0.8 + 0.5 * u), land * (0.5 + 0.3 * u))
        table.book = np.rint(book * 100.0) / 100.0
        offered = _known([parcel.offered for parcel in self.plan.parcels])
        table.offered = np.where(np.isnan(offered), empty, offered == 1.0)
        table.wish_to_sell = empty & ~table.offered
        table.vacant_since = np.where(empty, self.start - self.vacant_for, NEVER)
        table.building_until = NEVER
        for name in ("reserved", "opportunity"):
            table[name] = -1
        table.built_before = np.rint(self.age)
        table.assumed = [bool(parcel.assumed) or parcel.floor is None for parcel in self.plan.parcels]
        table.motives = 0.5
        hidden = (empty | ~self.premises) & (self._draw(self.keys, _UTILITY) < p.utility_chance)
        table.utility = np.where(hidden, p.utility_cost * (0.5 + self._draw(self.keys, _UTILITY_COST)), 0.0)

    def _fill_segments(self, world: World) -> None:
        n = int(world.counts[0].segments)
        table = world.segments[:n]
        mean = self.draws.public_quality if self.plan.public_quality is None else self.plan.public_quality
        keys = np.ascontiguousarray(table.key)
        table.quality = np.clip(mean + 0.10 * _normal(self._draw(keys, _PUBLIC)), 0.05, 0.98)
        for name in ("works_until", "promised_at", "raised"):
            table[name] = NEVER
        for name in ("opportunity", "measure"):
            table[name] = -1


def grow(world: World, table: str) -> World:
    """Return ``world`` with one table twice as large, and what goes along with it too; all other arrays are shared.

    Parameters
    ----------
    table
        ``companies``, ``owners``, ``parcels``, ``segments``, ``opportunities``, ``projects``, ``entries``,
        ``events``, ``loans`` or ``deeds``.

    Returns
    -------
    World
        The larger tables, the balances and the work space are new arrays. ``counts[0].full`` is as it was.
    """
    if table not in _TABLES:
        raise ValueError(f"no table {table!r}; there are {', '.join(_TABLES)}")
    members = world.members()
    along = {
        "parcels": ("borders", "border_m", "near", "near_weight"),
        "opportunities": ("seats", "road_old", "road_new"),
    }.get(table, ())
    rows = 2 * members[table].shape[0]
    for name in (table, *along):
        old = members[name]
        new = np.zeros((rows, *old.shape[1:]), old.dtype).view(type(old))
        if name in ("borders", "near", "road_old", "road_new"):
            new[:] = -1
        new[: old.shape[0]] = old
        members[name] = new
    parties = max(members["companies"].size, members["owners"].size)
    balances = np.zeros(max(2 * parties + 32, world.balances.size), np.int64)
    balances[: world.balances.size] = world.balances
    members["balances"] = balances
    largest = max(members[name].shape[0] for name in _TABLES[:6])
    work = max(scratch_length(world.cell_kind.size, largest), world.scratch.size)
    members["scratch"], members["scratch_f"] = np.zeros(work, np.int64), np.zeros(work)
    return World(**members)
