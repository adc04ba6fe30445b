"""The tables of one run, as pandas DataFrames: what is written as Parquet and CSV, and what a story is told from.

Codes become words (``records.PLANS`` and so on), fields with several values become several columns, and every row that
refers to a party also has its name. A row's number (the index) is how the other tables refer to it. Columns and units:
``sim/records.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import records
from sim.outcomes import INDICATORS

if TYPE_CHECKING:
    from sim.park.founding import Names

TWIN_TABLES = ("companies", "parcels", "opportunities", "seats", "events", "indicators")
"""What is kept of the twin: enough to tell what would have happened anyway."""

# Field names whose numbers stand for words, per table.
_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "companies": {
        "state": records.COMPANY_STATES, "sector": records.SECTORS, "plan": records.PLANS,
    },
    "owners": {"kind": records.OWNER_KINDS},
    "opportunities": {"kind": records.OPPORTUNITY_KINDS, "task": records.TASKS},
    "seats": {"role": records.SEAT_ROLES},
    "projects": {"plan": records.PLANS, "task": records.TASKS},
    "events": {"kind": records.EVENTS},
    "ledger": {"purpose": records.PURPOSES},
    "deeds": {"role": records.ROLES, "action": records.ACTIONS, "kind": ("company", "opportunity", "project", "segment",
                                                                          "park")},
}  # fmt: skip
_ELEMENTS: dict[str, tuple[str, ...]] = {
    "weights": records.MOTIVES, "motives": records.MOTIVES, "readiness": records.READINESS, "queued": records.ROLES,
    "lines": records.VALUE_LINES, "done": records.THEMES,
}  # fmt: skip


def tables_of(world: Any, names: Names) -> dict[str, pd.DataFrame]:
    """Return every table of a run.

    Parameters
    ----------
    world
        A ``World`` at its end.
    names
        What ``model.prepare_named`` returned with it.

    Returns
    -------
    dict
        Table name to DataFrame: companies, owners, parcels, segments, opportunities, seats, projects, ledger, events,
        indicators, loans, deeds.
    """
    counts = world.counts[0]
    tables = {
        name: _frame(getattr(world, member)[: int(counts[member])], name)
        for name, member in (
            ("companies", "companies"), ("owners", "owners"), ("parcels", "parcels"), ("segments", "segments"),
            ("opportunities", "opportunities"), ("projects", "projects"), ("ledger", "entries"), ("events", "events"),
            ("loans", "loans"), ("deeds", "deeds"),
        )
    }  # fmt: skip
    for table, newcomer in (("companies", "newcomer"), ("owners", "owner"), ("parcels", "parcel")):
        known = getattr(names, table)
        rows = len(tables[table])
        tables[table].insert(0, "name", (known + [f"{newcomer} {row}" for row in range(len(known), rows)])[:rows])
    opportunities = tables["opportunities"]
    opportunities["stage"] = [records.STAGES[code] for code in opportunities["stage"].tolist()]
    opportunities["reason"] = [records.EVENTS[code] if code >= 0 else "" for code in opportunities["reason"].tolist()]
    opportunities["theme"] = [
        records.THEMES[theme] if kind == "collective" else "" for kind, theme in zip(
            opportunities["kind"].tolist(), opportunities["theme"].tolist(), strict=True)
    ]  # fmt: skip
    tables["seats"] = _seats(world, int(counts.opportunities))
    ledger = tables["ledger"]
    ledger.insert(4, "euros", ledger["cents"] / 100.0)
    for side in ("payer", "receiver"):
        ledger[f"{side}_name"] = [party_name(tables, party) for party in ledger[side].tolist()]
    tables["events"] = tables["events"].rename(columns={"company": "party"})
    for table in ("events", "seats"):
        tables[table]["party_name"] = [party_name(tables, party) for party in tables[table]["party"].tolist()]
    tables["indicators"] = _indicators(world)
    for table in ("companies", "owners", "parcels", "opportunities", "segments", "projects"):
        tables[table].index.name = "id"
    return tables


def party_name(tables: dict[str, pd.DataFrame], party: int) -> str:
    """Return the name of a party or outside account; an empty string for nobody."""
    if party == records.NOBODY:
        return ""
    if party in records.OUTSIDE_ACCOUNTS:
        return records.OUTSIDE_ACCOUNTS[party]
    if party >= 0:
        return str(tables["companies"]["name"].iloc[party])
    return str(tables["owners"]["name"].iloc[-1 - party])


def _frame(rows: np.recarray, table: str) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    words = _WORDS.get(table, {})
    for field in rows.dtype.names or ():
        values = np.ascontiguousarray(rows[field])
        if field in words:
            columns[field] = [words[field][code] for code in values.tolist()]
        elif values.ndim == 2:
            labels = _ELEMENTS.get(field, tuple(map(str, range(values.shape[1]))))
            columns.update({f"{field}_{label}": values[:, k] for k, label in enumerate(labels)})
        else:
            columns[field] = values
    return pd.DataFrame(columns)


def _seats(world: Any, opportunities: int) -> pd.DataFrame:
    taken = [
        (o, k)
        for o in range(opportunities)
        for k in range(min(int(world.opportunities[o].n_parties), records.MAX_PARTIES))
    ]
    rows = np.array([world.seats[o, k] for o, k in taken], records.SEAT).view(np.recarray)
    frame = _frame(rows, "seats")
    frame.insert(0, "opportunity", [o for o, _ in taken])
    frame.insert(1, "seat", [k for _, k in taken])
    return frame


def _indicators(world: Any) -> pd.DataFrame:
    passed = max(0, min(int(world.clock[0].quarter), len(world.indicators)))
    frame = pd.DataFrame(np.array(world.indicators[:passed]), columns=list(INDICATORS))
    frame.index.name = "quarter"
    return frame
