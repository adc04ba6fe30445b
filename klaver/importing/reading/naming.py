"""What parcels and companies are called: printable, not too long, each name once."""

from __future__ import annotations

import pandas as pd

from klaver.importing.findings import Findings

_LONGEST = 80


def parcel_names(table: pd.DataFrame, file: str, findings: Findings) -> pd.Series:
    """Return a name for every parcel: its own, else its cadastral designation, else ``parcel N``.

    Parameters
    ----------
    table
        Columns ``name``, or ``section``, ``parcel_number`` and ``cadastral_town``, where the file has them.
    file
        For messages.
    findings
        Told where names were made or made different.
    """
    names = _column(table, "name")
    towns = _column(table, "cadastral_town")
    several = towns.nunique() > 1
    designation = [
        " ".join(part for part in (town if several else None, section, number) if part) if section and number else None
        for town, section, number in zip(towns, _column(table, "section"), _column(table, "parcel_number"), strict=True)
    ]
    names = names.where(names.notna(), pd.Series(designation, index=table.index, dtype=object))
    return unique(names, "parcel", file, findings)


def unique(names: pd.Series, what: str, file: str, findings: Findings) -> pd.Series:
    """Return names of at most 80 characters, each once.

    Parameters
    ----------
    names
        Text or None.
    what
        ``"parcel"`` or ``"company"``: what one without a name is called, with its number.
    file
        For messages.
    findings
        Told how many had no name, and how many had one that was there already.
    """
    missing, taken, result, double = 0, set(names.dropna()), [], []
    used: set[str] = set()
    for number, name in enumerate(names, start=1):
        if not isinstance(name, str):
            missing, name = missing + 1, f"{what} {number}"
            while name in taken:
                name += "*"
        one, again = name[:_LONGEST].rstrip(), 1
        while one in used:
            again += 1
            one = f"{name[: _LONGEST - 7].rstrip()} ({again})"
        if again > 1:
            double.append(name)
        used.add(one)
        result.append(one)
    if missing:
        findings.add("note", f"reading.nameless_{what}", what=file, file=file, n=missing)
    if double:
        findings.add("mended", f"reading.double_{what}", what=file, file=file, n=len(double), name=double[0])
    return pd.Series(result, index=names.index, dtype=object)


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series([None] * len(table), index=table.index, dtype=object)
