"""What is known of a park: every value of its parcels, companies and owners is measured, assumed or imputed.

*Measured*: the park file states it. *Assumed*: the file states it and lists it under ``assumed``, or it follows from
another value of the file by a fixed rule (the age of a building from its state, turnover from jobs). *Imputed*: the file
leaves it open, and it is drawn anew for every seed, so that not knowing it widens every interval.

Of a generated park everything is imputed. Values that do not apply (the quality of land without a building, the parcel of
a company that looks for one) have no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.scenario import CompanyRow, OwnerRow, ParcelRow, Scenario

Mark = Literal["measured", "assumed", "imputed"]
MARKS: tuple[Mark, ...] = ("measured", "assumed", "imputed")
PARCEL_FIELDS = ("area", "owner", "floor", "age", "quality", "fit", "energy", "soil_cost", "vacancy")
COMPANY_FIELDS = ("parcel", "sector", "jobs", "turnover", "floor_needed", "tenant", "trust", "key_figure")
OWNER_FIELDS = ("kind", "reservation", "willing")
_OF_BUILDINGS = ("age", "quality", "fit", "energy", "soil_cost", "vacancy")
_COLUMNS = ("kind", "name", "field", "mark")


class Value(NamedTuple):
    """One value of a park, and what is known of it."""

    kind: str
    name: str
    field: str
    mark: Mark


def knowledge(scenario: Scenario) -> pd.DataFrame:
    """Return what is known of every value of a park.

    Parameters
    ----------
    scenario
        A park, imported, drawn by hand or generated.

    Returns
    -------
    pandas.DataFrame
        One row per value: ``kind`` (``"parcel"``, ``"company"`` or ``"owner"``), ``name``, ``field`` (one of
        :data:`PARCEL_FIELDS`, :data:`COMPANY_FIELDS` or :data:`OWNER_FIELDS`) and ``mark`` (one of :data:`MARKS`).

    Raises
    ------
    InvalidFile
        If a generated park cannot be laid out.
    """
    import pandas as pd

    values = _generated(scenario) if scenario.map is None else _drawn(scenario)
    return pd.DataFrame(list(values), columns=list(_COLUMNS))


def _generated(scenario: Scenario) -> Iterator[Value]:
    """Yield the values of a park without a map: its lay-out stands for many, and nothing of it was measured."""
    for parcel in scenario.plan().parcels:
        for field in PARCEL_FIELDS:
            if parcel.floor != 0.0 or field not in _OF_BUILDINGS:
                yield Value("parcel", parcel.name, field, "imputed")
    for owner in scenario.owners:
        yield from _of_owner(owner)


def _drawn(scenario: Scenario) -> Iterator[Value]:
    from sim.inputs.scenario import ParcelRow

    seated = {company.parcel: company for company in scenario.companies if company.parcel is not None}
    rows = {row.name: row for row in scenario.parcels}
    on_map = dict.fromkeys(mark.name for mark in scenario.legend.values() if mark.kind == "parcel")
    for name in on_map:
        yield from _of_parcel(rows.get(name) or ParcelRow(name=name), seated.get(name))
    for company in scenario.companies:
        yield from _of_company(company, rows.get(company.parcel or ""))
    for owner in scenario.owners:
        yield from _of_owner(owner)


def _of_parcel(row: ParcelRow, company: CompanyRow | None) -> Iterator[Value]:
    for field in PARCEL_FIELDS:
        if row.floor == 0.0 and field in _OF_BUILDINGS:
            continue
        match field:
            case "area":
                mark: Mark = "assumed" if "area" in row.assumed else "measured"
            case "owner":
                mark = _owner_mark(row, company)
            case "vacancy":
                mark = _vacancy_mark(row, company)
            case "age" if row.quality is not None and _plain_mark(row, field) == "imputed":
                mark = "assumed"  # a state that is given makes a building as old as it looks
            case _:
                mark = _plain_mark(row, field)
        yield Value("parcel", row.name, field, mark)


def _plain_mark(row: Any, field: str) -> Mark:
    """Return the mark of a value that the file states under its own name, or leaves open."""
    if getattr(row, field, None) is None:
        return "imputed"
    return "assumed" if field in row.assumed else "measured"


def _owner_mark(row: ParcelRow, company: CompanyRow | None) -> Mark:
    """Return the mark of who owns a parcel: by name, or whoever sits there and is not said to rent."""
    if row.owner is not None or company is None:
        # Land that nobody uses or is named for is the municipality's, by rule.
        land = row.owner is None and row.floor == 0.0
        return "assumed" if land else _plain_mark(row, "owner")
    return "imputed" if company.tenant else "assumed"  # of a tenant the landlord is drawn


def _tenure_mark(company: CompanyRow, parcel: ParcelRow | None) -> Mark:
    """Return the mark of whether a company rents: as said, as follows from who owns its parcel, or its own by default."""
    if parcel is not None and parcel.owner is not None:
        return _plain_mark(parcel, "owner")
    if company.tenant == "unknown":
        return "imputed"
    return "measured" if company.tenant and "tenant" not in company.assumed else "assumed"


def _vacancy_mark(row: ParcelRow, company: CompanyRow | None) -> Mark:
    """Return the mark of whether premises are used: a company is named, or they are said to stand vacant."""
    if company is not None:
        return _plain_mark(company, "parcel")
    stated = [name for name in ("vacant_quarters", "vacant") if getattr(row, name, None) is not None]
    if not stated:
        return "imputed"
    return "assumed" if set(stated) <= set(row.assumed) else "measured"


def _of_company(row: CompanyRow, parcel: ParcelRow | None) -> Iterator[Value]:
    for field in COMPANY_FIELDS:
        if field in ("parcel", "tenant") and row.parcel is None:
            continue
        mark = _tenure_mark(row, parcel) if field == "tenant" else _plain_mark(row, field)
        # In the model jobs and turnover follow from each other.
        other = {"turnover": "jobs", "jobs": "turnover"}.get(field, "")
        if mark == "imputed" and other and _plain_mark(row, other) != "imputed":
            mark = "assumed"
        yield Value("company", row.name, field, mark)


def _of_owner(row: OwnerRow) -> Iterator[Value]:
    for field in OWNER_FIELDS:
        mark = _plain_mark(row, field)
        # A municipality is always willing, and does not ask more than a site is worth.
        mark = "assumed" if mark == "imputed" and row.kind == "municipality" else mark
        yield Value("owner", row.name, field, mark)


def shares(table: pd.DataFrame) -> dict[Mark, float]:
    """Return which share of the values has each mark; 0 for each where there are no values.

    Parameters
    ----------
    table
        As :func:`knowledge` returns it, or some of its rows.
    """
    counts = table["mark"].value_counts()
    return {mark: float(counts.get(mark, 0)) / max(len(table), 1) for mark in MARKS}


def parcel_shares(scenario: Scenario, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return, per parcel, which share of its values and of those of the company on it has each mark.

    Returns
    -------
    pandas.DataFrame
        Index parcel name; a column per mark, 0 to 1, that sum to 1.
    """
    import pandas as pd

    table = knowledge(scenario) if table is None else table
    site = {company.name: company.parcel for company in scenario.companies}
    of_parcels = table[table["kind"] == "parcel"].assign(parcel=lambda rows: rows["name"])
    of_companies = table[table["kind"] == "company"].assign(parcel=lambda rows: rows["name"].map(site))
    values = pd.concat([of_parcels, of_companies]).dropna(subset="parcel")
    counts = pd.crosstab(values["parcel"], values["mark"]).reindex(columns=list(MARKS), fill_value=0)
    order = of_parcels["name"].drop_duplicates()
    return counts.div(counts.sum(axis=1), axis=0).reindex(order).rename_axis("parcel")
