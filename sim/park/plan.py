"""What a park is before it is founded: a drawn or generated plan, free of chance.

A :class:`ParkPlan` says what is known. Whatever a plan leaves open (``None``) is drawn when the park is founded
(``founding.py``), from the run's seed, so that what nobody measured differs between runs and widens every interval.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class PlanOwner:
    """An owner without a business on the park. Owner 0 of every plan is the municipality."""

    name: str
    kind: str = "investor"  # one of records.OWNER_KINDS
    reservation: float | None = None  # share of value below which it does not sell
    willing: bool | None = None
    assumed: tuple[str, ...] = ()  # names of the fields above that are assumed, not measured


@dataclass
class PlanCompany:
    """A company on the park, or (``parcel`` None) one from outside that looks for a site."""

    name: str
    parcel: str | None = None  # name of its parcel
    sector: str | None = None  # one of records.SECTORS
    jobs: float | None = None
    turnover: float | None = None  # euros per year
    floor_needed: float | None = None  # m2
    land_wish: float = 0.0  # m2 of land it wants to add (or, from outside, to buy)
    tenant: bool | None = False  # rents where it sits; None: not known
    trust: float | None = None
    key_figure: bool | None = None
    assumed: tuple[str, ...] = ()


@dataclass
class PlanParcel:
    """A plot with one owner and at most one building. Its cells stand in :attr:`ParkPlan.parcel_of`."""

    name: str
    owner: str | None = None  # name of a PlanOwner or of a company; None: its occupant owns it, else drawn
    floor: float | None = None  # m2; 0 is vacant land
    quality: float | None = None
    fit: float | None = None
    energy: float | None = None
    soil_cost: float | None = None  # euros
    vacant_quarters: int | None = None  # how long it has stood vacant; None: occupied, or not known
    offered: bool | None = None
    assumed: tuple[str, ...] = ()
    age: float | None = None  # years since it was built: its quality is drawn, but as of no older premises
    vacant: bool | None = None  # premises without a company of the plan: vacant, used by an unnamed firm, or not known

    @property
    def stands_vacant(self) -> bool | None:
        """Whether premises without a company of the plan stand vacant; None: not known."""
        return True if self.vacant_quarters is not None else self.vacant


@dataclass
class ParkPlan:
    """A park as drawn: lattice, parcels, companies and owners."""

    name: str
    cell_m: float
    kind: np.ndarray  # int8, (rows, columns): OUTSIDE ... PLOT; row 0 is the north side
    parcel_of: np.ndarray  # int64, (rows, columns): position in `parcels`, -1 where no parcel
    exits: list[tuple[int, int]]  # road cells where the park meets the outside road net
    parcels: list[PlanParcel]
    companies: list[PlanCompany] = field(default_factory=list)
    owners: list[PlanOwner] = field(default_factory=list)
    motorway: int = 1  # 0 within 1 km, 1 within 1-3 km, 2 beyond
    public_quality: float | None = None
    burn_in: int = 0  # quarters lived through before quarter 0
    founding: FoundingDraws = None  # type: ignore[assignment]
    windows: list[tuple[int, int, float]] = field(default_factory=list)  # subsidy: opens, closes (quarters), share

    def __post_init__(self) -> None:
        if self.founding is None:
            self.founding = FoundingDraws()


@dataclass
class FoundingDraws:
    """What is drawn for whatever a plan leaves open: means and shares, see ``docs/parameters.md``."""

    vacancy: float = 0.076  # share of premises vacant
    outdated: float = 0.30  # share of premises with quality below 0.4
    owner_occupied: float = 0.65  # share of premises owned by their occupant
    median_jobs: float = 6.0
    mean_jobs: float = 19.0
    soil_polluted: float = 0.15  # chance per parcel
    soil_cost: float = 200_000.0  # euros, median
    sector_shares: tuple[float, ...] = (0.25, 0.15, 0.15, 0.20, 0.10, 0.15)  # in the order of records.SECTORS
    trust: float = 0.40
    public_quality: float = 0.60
    competing_sites: float = 0.0  # added to the mean quality of sites elsewhere


@dataclass
class LayoutSettings:
    """How a park is laid out when no map is given (``generate.py``)."""

    name: str
    gross_ha: float = 27.0
    net_gross: float = 0.76
    firms: int = 60  # premises, each on its parcel
    vacant_land: float = 0.09  # share of net land without a building
    vacant_site_ha: float = 0.0  # one big vacant site (with an old building), hectares
    cell_m: float = 20.0
    motorway: int = 1
    layout_seed: int = 1
    burn_in: int = 40
    founding: FoundingDraws = field(default_factory=FoundingDraws)
