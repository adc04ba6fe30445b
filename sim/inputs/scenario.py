"""A park file: where and what. Read, checked, and turned into a plan.

Every key has a default but those of a drawn map's legend; ``based_on`` names the park a file differs from. All problems
of a file are told in one :class:`~sim.inputs.problems.InputProblem`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim.inputs.files import list_shipped, read_with_base
from sim.inputs.parameters import BY_NAME, default_parameters
from sim.inputs.problems import InvalidFile, nearest, printable, sentences, show
from sim.park.plan import FoundingDraws, LayoutSettings, ParkPlan, PlanCompany, PlanOwner, PlanParcel
from sim.records import OWNER_KINDS, SECTORS

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Amount = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
_Text = Annotated[str, Field(max_length=200)]
_LongText = Annotated[str, Field(max_length=5_000)]
_Sector = Literal["manufacturing", "construction", "logistics", "wholesale", "automotive", "business_services"]
_OwnerKind = Literal["municipality", "investor", "absent_owner", "developer", "redevelopment_company", "person"]
MOTORWAY = ("near", "middle", "far")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class InTwoLanguages(_Table):
    """A text in Dutch and in English."""

    nl: _LongText = ""
    en: _LongText = ""

    def get(self, language: str, default: str = "") -> str:
        """Return the text in ``nl`` or ``en``; the default where there is none."""
        return str(getattr(self, language, "") or default)


class Founding(_Table):
    """What is drawn, per seed, for whatever the file leaves open."""

    vacancy: Annotated[float, Field(ge=0, le=0.9)] = 0.076
    outdated: _Share = 0.30
    owner_occupied: _Share = 0.65
    median_jobs: Annotated[float, Field(gt=0, le=500)] = 6.0
    mean_jobs: Annotated[float, Field(gt=0, le=1_000)] = 19.0
    soil_polluted: _Share = 0.15
    soil_cost: _Amount = 200_000.0
    sector_shares: dict[str, _Share] = Field(default_factory=lambda: dict(
        zip(SECTORS, FoundingDraws().sector_shares, strict=True)))
    trust: _Share = 0.40
    public_quality: _Share = 0.60

    @field_validator("sector_shares")
    @classmethod
    def _sectors_sum_to_one(cls, shares: dict[str, float]) -> dict[str, float]:
        for name in shares:
            if name not in SECTORS:
                raise ValueError(f"has no sector '{printable(name)}'; sectors are {', '.join(SECTORS)}."
                                 f"{nearest(name, SECTORS)}")
        if abs(sum(shares.values()) - 1.0) > 1e-6:
            raise ValueError(f"sum to {sum(shares.values()):g}; shares must sum to 1.")
        return shares


class Municipality(_Table):
    """What a strategy gets when it does not say so itself."""

    fte: Annotated[float, Field(ge=0, le=50)] = 1.0
    budget_per_year: _Amount | None = None  # None: 10,000 euros per gross hectare
    mandate: _Amount = 100_000.0


class MapMark(_Table):
    """What one character of the map stands for."""

    kind: Literal["outside", "road", "green", "water", "exit", "parcel"]
    name: _Text = ""
    enclave: bool = False


class Place(_Table):
    """Where a park lies on earth; no number depends on it."""

    crs: Annotated[str, Field(min_length=1, max_length=5_000)]  # as pyproj reads it, such as "EPSG:28992"; in metres
    west: Annotated[float, Field(ge=-1e8, le=1e8)]  # easting of the map's north-west corner, metres
    north: Annotated[float, Field(ge=-1e8, le=1e8)]  # northing of it


class ParcelRow(_Table):
    """One parcel of a drawn map."""

    name: _Text
    owner: _Text | None = None
    floor: Annotated[float, Field(ge=0, le=1e6)] | None = None
    age: Annotated[float, Field(ge=0, le=1_000)] | None = None
    quality: _Share | None = None
    fit: _Share | None = None
    energy: _Share | None = None
    soil_cost: _Amount | None = None
    vacant: bool | None = None
    vacant_quarters: Annotated[int, Field(ge=0, le=400)] | None = None
    offered: bool | None = None
    assumed: list[_Text] = []
    note: _LongText = ""

    @model_validator(mode="after")
    def _vacant_or_not(self) -> ParcelRow:
        if self.vacant is False and self.vacant_quarters is not None:
            raise ValueError(f"has stood vacant for {self.vacant_quarters} quarters, and is not vacant.")
        return self


class CompanyRow(_Table):
    """One company of a drawn map."""

    name: _Text
    parcel: _Text | None = None
    sector: _Sector | None = None
    jobs: Annotated[float, Field(gt=0, le=20_000)] | None = None
    turnover: _Amount | None = None
    floor_needed: Annotated[float, Field(gt=0, le=1e6)] | None = None
    land_wish: Annotated[float, Field(ge=0, le=1e7)] = 0.0
    tenant: bool | Literal["unknown"] = False
    trust: _Share | None = None
    key_figure: bool | None = None
    assumed: list[_Text] = []
    note: _LongText = ""


class OwnerRow(_Table):
    """One owner without a business on the park."""

    name: _Text
    kind: _OwnerKind = "investor"
    reservation: Annotated[float, Field(ge=0, le=2)] | None = None
    willing: bool | None = None
    assumed: list[_Text] = []
    note: _LongText = ""


class WindowRow(_Table):
    """A subsidy with an opening and a closing date."""

    opens: Annotated[int, Field(ge=0, le=400)]
    closes: Annotated[int, Field(ge=1, le=400)]
    share: _Share = 0.5
    note: _LongText = ""

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> WindowRow:
        if self.closes <= self.opens:
            raise ValueError(f"closes in quarter {self.closes}, not after it opens ({self.opens}).")
        return self


class Scenario(_Table):
    """A park as its file describes it, complete with every default."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_. -]+$")] = "park"
    title: InTwoLanguages = InTwoLanguages()
    description: InTwoLanguages = InTwoLanguages()
    quarters: Annotated[int, Field(ge=4, le=400)] = 80
    burn_in: Annotated[int, Field(ge=0, le=200)] | None = None  # None: 40 for a generated park, 0 for a drawn one
    cell_m: Annotated[float, Field(ge=5, le=100)] = 20.0
    motorway: Literal["near", "middle", "far"] = "middle"
    gross_ha: Annotated[float, Field(ge=2, le=2_000)] = 27.0
    net_gross: Annotated[float, Field(ge=0.4, le=0.9)] = 0.76
    firms: Annotated[int, Field(ge=2, le=10_000)] = 60
    vacant_land: Annotated[float, Field(ge=0, le=0.5)] = 0.09
    vacant_site_ha: Annotated[float, Field(ge=0, le=100)] = 0.0
    layout_seed: Annotated[int, Field(ge=0, le=2**32)] = 1
    founding: Founding = Founding()
    municipality: Municipality = Municipality()
    own_parameters: dict[str, float] = Field(default={}, alias="parameters")
    map: Annotated[str, Field(max_length=4_500_000)] | None = None
    legend: dict[str, MapMark] = {}
    parcels: list[ParcelRow] = []
    companies: list[CompanyRow] = []
    owners: list[OwnerRow] = []
    windows: Annotated[list[WindowRow], Field(max_length=4)] = []
    place: Place | None = None

    @field_validator("own_parameters")
    @classmethod
    def _parameters_are_known(cls, values: dict[str, float]) -> dict[str, float]:
        wrong = []
        for name, value in values.items():
            known = BY_NAME.get(name)
            if known is None:
                wrong.append(f".{printable(name)} is not a known parameter.{nearest(name, BY_NAME)}")
            elif not known.low <= value <= known.high:
                wrong.append(f".{name} is {show(value)}; it lies between {known.low:g} and {known.high:g} {known.unit}.")
        if wrong:
            raise ValueError(" ".join(wrong))
        return values

    @model_validator(mode="after")
    def _tables_need_a_map(self) -> Scenario:
        if self.map is None and (self.parcels or self.companies or self.legend):
            raise ValueError("parcels, companies and legend describe a drawn map, but there is no map.")
        return self

    @property
    def lives_through(self) -> int:
        """Quarters of burn-in before quarter 0."""
        if self.burn_in is not None:
            return self.burn_in
        return 40 if self.map is None else 0

    def plan(self) -> ParkPlan:
        """Return the park's plan: as drawn, or laid out by the settings, with the dates of its subsidy windows.

        Raises
        ------
        InvalidFile
            With every problem of map, parcels, companies and owners.
        """
        plan = self._ground_plan()
        plan.windows = [(row.opens, row.closes, row.share) for row in self.windows]
        return plan

    def _ground_plan(self) -> ParkPlan:
        """Return the plan without dates.

        Raises
        ------
        InvalidFile
            With every problem of map, parcels, companies and owners.
        """
        if self.map is not None:
            return self._drawn_plan()
        from sim.park.generate import lay_out

        settings = LayoutSettings(
            name=self.name, gross_ha=self.gross_ha, net_gross=self.net_gross, firms=self.firms,
            vacant_land=self.vacant_land, vacant_site_ha=self.vacant_site_ha, cell_m=self.cell_m,
            motorway=MOTORWAY.index(self.motorway), layout_seed=self.layout_seed, burn_in=self.lives_through,
            founding=self._draws())
        try:
            return lay_out(settings)
        except ValueError as error:
            raise InvalidFile(f"{self.name}: {error}") from error

    def _draws(self) -> FoundingDraws:
        shares = tuple(float(self.founding.sector_shares.get(sector, 0.0)) for sector in SECTORS)
        return FoundingDraws(**(self.founding.model_dump() | {"sector_shares": shares}))

    def _drawn_plan(self) -> ParkPlan:
        from sim.park.ascii_map import MapProblem, read_map

        assert self.map is not None
        problems: list[str] = []
        try:
            legend = {mark: row.model_dump() for mark, row in self.legend.items()}
            kind, parcel_of, names, exits = read_map(self.map, legend)
        except MapProblem as error:
            raise InvalidFile([f"{self.name}: map: {line}" for line in error.problems]) from error
        if kind.size > 4_000_000:
            raise InvalidFile(f"{self.name}: map: {kind.size} cells; at most 4,000,000.")
        rows = {}
        for row in self.parcels:
            if row.name in rows:
                problems.append(f"{self.name}: parcels: '{row.name}' stands there twice.")
            if row.name not in names:
                problems.append(f"{self.name}: parcels: '{row.name}' is not on the map.{nearest(row.name, names)}")
            rows[row.name] = row
        owners = [owner.name for owner in self.owners]
        seated: dict[str, str] = {}
        for company in self.companies:
            if company.parcel is None:
                continue
            if company.parcel not in names:
                problems.append(f"{self.name}: companies: '{company.name}' stands on parcel '{company.parcel}', which "
                                f"is not on the map.{nearest(company.parcel, names)}")
            elif company.parcel in seated:
                problems.append(f"{self.name}: companies: '{company.name}' and '{seated[company.parcel]}' stand on the "
                                f"same parcel '{company.parcel}'.")
            seated[company.parcel] = company.name
        everyone = [*owners, *(company.name for company in self.companies)]
        for name in {name for name in everyone if everyone.count(name) > 1}:
            problems.append(f"{self.name}: companies and owners: '{name}' stands there twice.")
        for row in self.parcels:
            if row.owner is not None and row.owner not in everyone:
                problems.append(f"{self.name}: parcels: the owner of '{row.name}' is '{row.owner}', who is not among "
                                f"the owners and companies.{nearest(row.owner, everyone)}")
            if (row.vacant_quarters is not None or row.vacant) and row.name in seated:
                problems.append(f"{self.name}: parcels: '{row.name}' is vacant and has company '{seated[row.name]}'.")
        if problems:
            raise InvalidFile(problems)
        listed = [owner for owner in self.owners if owner.kind == "municipality"]
        first = listed[0] if listed else OwnerRow(name="municipality", kind="municipality")
        ordered = [first, *(owner for owner in self.owners if owner is not first)]
        return ParkPlan(
            name=self.name, cell_m=self.cell_m, kind=kind, parcel_of=parcel_of, exits=exits,
            parcels=[PlanParcel(**_fields(rows.get(name, ParcelRow(name=name)))) for name in names],
            companies=[PlanCompany(**(_fields(row) | {"tenant": None if row.tenant == "unknown" else row.tenant}))
                       for row in self.companies],
            owners=[PlanOwner(**_fields(row)) for row in ordered],
            motorway=MOTORWAY.index(self.motorway), burn_in=self.lives_through, founding=self._draws())

    def parameters(self) -> np.recarray:
        """Return the parameters as the rules read them: defaults, and what this park sets itself."""
        record = default_parameters()
        for name, value in self.own_parameters.items():
            record[0][name] = value
        return record

    def resolved(self) -> dict[str, Any]:
        """Return the park with every default, as plain values that JSON can hold."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_resolved(cls, content: dict[str, Any]) -> Scenario:
        """Return the park that :meth:`resolved` described; raises InvalidFile if it is not right."""
        return check_scenario(content, str(content.get("name", "park")))

    def content_hash(self) -> str:
        """Return a hash of everything the file determines (hexadecimal, SHA-256)."""
        return hashlib.sha256(json.dumps(self.resolved(), sort_keys=True).encode()).hexdigest()


def _fields(row: BaseModel) -> dict[str, Any]:
    values = row.model_dump(exclude={"note"})
    return values | {"assumed": tuple(values["assumed"])}


def _allowed_keys() -> dict[str, list[str]]:
    fields = [field.alias or name for name, field in Scenario.model_fields.items()]
    keys = {"": [*fields, "based_on"]}
    for table, model in (("founding", Founding), ("municipality", Municipality), ("parcels", ParcelRow),
                         ("companies", CompanyRow), ("owners", OwnerRow), ("windows", WindowRow), ("place", Place),
                         ("title", InTwoLanguages)):
        keys[table] = list(model.model_fields)
    return keys


def check_scenario(table: dict[str, Any], file: str) -> Scenario:
    """Return a scenario from the content of a file.

    Raises
    ------
    InvalidFile
        With all problems.
    """
    try:
        return Scenario.model_validate(table)
    except ValidationError as error:
        raise InvalidFile(sentences(error, file, _allowed_keys())) from None


def load_park(name: str) -> Scenario:
    """Return the park of a shipped name or a path.

    Raises
    ------
    InputProblem
        If there is no such park or its file is not right; the map and its tables are checked too.
    """
    table, file = read_with_base(str(name), "parks")
    return check_scenario(table, file)


def list_parks() -> list[str]:
    """Return the names of the shipped parks."""
    return list_shipped("parks")


__all__ = ["OWNER_KINDS", "InTwoLanguages", "Scenario", "check_scenario", "list_parks", "load_park"]
