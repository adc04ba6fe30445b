"""The values of a table under our own column names: text, numbers, shares, yes and no, and what had to be worked out.

What a file states comes through unchanged. What is worked out from it (a class of jobs to its middle, an energy label to
a number from 0 to 1) is named in the row's ``assumed``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from klaver.importing.reading.columns import fold, unit_factor
from klaver.importing.reading.forms import ENERGY_LABELS, OWNER_WORDS, TENANT_WORDS, USE_WORDS
from klaver.importing.reading.tables import as_numbers, is_missing
from klaver.importing.reading.values import Values, yes_or_no

_YEARS = (1600.0, 2100.0)
_POSTCODE = re.compile(r"\b([1-9]\d{3})\s?([A-Za-z]{2})\b")
_STREET_NUMBER = re.compile(
    r"^(.*?[A-Za-z].*?)[\s,]+(\d+\s?[A-Za-z]?(?:\s?[-/]\s?[A-Za-z0-9]{1,4}|\s[A-Za-z]{1,4}\d?)?)$"
)
_PARTS_OF_JOBS = ("full_time", "part_time", "men_full_time", "women_full_time", "men_part_time", "women_part_time")
_CLASS = re.compile(r"^(\d+)(?:-|tot|tem|tm|to|t/m|–|—)+(\d+)$")


def rents(word: str) -> bool | None:
    """Return whether a folded word says that a company rents where it sits."""
    for meant, words in TENANT_WORDS.items():
        if word in words:
            return meant
    return yes_or_no(word)


def _one_of(words: Mapping[str, tuple[str, ...]]) -> Callable[[str], str | None]:
    return lambda word: next((meant for meant, known in words.items() if word in known or word == fold(meant)), None)


def standardise(values: Values, role: str) -> pd.DataFrame:
    """Return a table with our own columns.

    Parameters
    ----------
    values
        Of a table as read.
    role
        ``"parcels"``, ``"companies"``, ``"buildings"``, ``"addresses"``, ``"owners"``, or another, of which only text
        and a ``width`` are taken.
    """
    makers = {"parcels": _parcels, "companies": _companies, "buildings": _buildings, "addresses": _addresses, "owners": _owners}
    table = makers.get(role, _plain)(values)
    return pd.DataFrame(table, index=values.frame.index)


def _texts(values: Values, *names: str) -> dict[str, pd.Series]:
    return {name: values.text(name) for name in names if name in values}


def _plain(values: Values) -> dict[str, pd.Series]:
    table = {name: values.text(name) for name in values.columns if name != "width"}
    if "width" in values:
        table["width"] = values.number("width", low=0.5, high=100, points_group=False)
    return table


def _address(values: Values) -> dict[str, pd.Series]:
    """Return street, number with its additions, postcode and city, also out of one column that has them all."""
    table = _texts(values, "street", "number", "postcode", "city")
    if "number" in table:
        letter, addition = (values.text(name) if name in values else None for name in ("letter", "addition"))
        table["number"] = _joined(table["number"], letter, addition)
    if "address" in values:
        whole = [_taken_apart(text) for text in values.text("address")]
        for place, name in enumerate(("street", "number", "postcode")):
            parts = pd.Series([one[place] for one in whole], index=values.frame.index, dtype=object)
            table[name] = table[name].where(table[name].notna(), parts) if name in table else parts
    elif "street" in table and "number" not in table:
        whole = [_taken_apart(text) for text in table["street"]]
        for place, name in enumerate(("street", "number")):
            table[name] = pd.Series([one[place] for one in whole], index=values.frame.index, dtype=object)
    if "postcode" in table:
        table["postcode"] = pd.Series(
            [_postcode_in(text) or text for text in table["postcode"]], index=values.frame.index, dtype=object
        )
    return table


def _postcode_in(text: str | None) -> str | None:
    found = _POSTCODE.search(text) if text else None
    return "".join(found.groups()).upper() if found else None


def _joined(number: pd.Series, letter: pd.Series | None, addition: pd.Series | None) -> pd.Series:
    joined = []
    for at, text in enumerate(number):
        one = str(text) if text else ""
        if one and letter is not None and letter.iloc[at]:
            one += str(letter.iloc[at])
        if one and addition is not None and addition.iloc[at]:
            one += f"-{addition.iloc[at]}"
        joined.append(one or None)
    return pd.Series(joined, index=number.index, dtype=object)


def _taken_apart(text: str | None) -> tuple[str | None, str | None, str | None]:
    """Return street, number and postcode of an address on one line.

    >>> _taken_apart("Marconistraat 12a, 7701 AB Dedemsvaart")
    ('Marconistraat', '12a', '7701AB')
    """
    if not text:
        return None, None, None
    found = _POSTCODE.search(text)
    postcode = _postcode_in(text)
    front = (text[: found.start()] if found else text).strip(" ,")
    parts = _STREET_NUMBER.match(front)
    return (parts[1].strip(" ,"), parts[2].replace(" ", ""), postcode) if parts else (front or None, None, postcode)


def _years(values: Values) -> pd.Series:
    """Return years in which something was built; of a date the year. 1005, the register's word for not known, is none."""
    texts = [(re.findall(r"\b(\d{4})\b", str(value)) or [value])[0] for value in values.raw("built")]
    unknown = ("1005", "9999")
    frame = pd.DataFrame({"built": [None if str(text) in unknown else text for text in texts]}, index=values.frame.index)
    shown = Values(frame, {"built": "built"}, values.file, values.limits, values.findings)
    return shown.number("built", low=_YEARS[0], high=_YEARS[1], points_group=False)


def _energy(values: Values) -> pd.Series:
    """Return energy as a share; a label through :data:`ENERGY_LABELS`, which is a judgement and so assumed."""
    labels = [None if is_missing(value) else ENERGY_LABELS.get(str(value).strip().upper()) for value in values.raw("energy")]
    found = pd.Series(labels, index=values.frame.index, dtype=float)
    if not found.notna().any():
        return values.share("energy")
    others = [line for line, value in values.raw("energy").items() if not is_missing(value) and np.isnan(found[line])]
    values.tell_wrong("energy", "reading.no_label", others)
    values.mark("energy", found.notna())
    return found


def _parcels(values: Values) -> dict[str, pd.Series]:
    table = _texts(values, "name", "owner", "section", "parcel_number", "cadastral_town", "note") | _address(values)
    table |= {name: values.share(name) for name in ("quality", "fit") if name in values}
    table |= {name: values.yes_no(name) for name in ("vacant", "offered", "enclave") if name in values}
    if "occupied" in values and "vacant" not in values:
        table["vacant"] = values.yes_no("occupied").map({True: False, False: True})
    if "floor" in values:
        table["floor"] = values.area("floor", 1e6)
    if "soil_cost" in values:
        table["soil_cost"] = values.number("soil_cost", high=1e10, factor=unit_factor(values.columns["soil_cost"], money=True))
    if "vacant_quarters" in values:
        table["vacant_quarters"] = values.number("vacant_quarters", high=400)
    if "built" in values:
        table["built"] = _years(values)
    if "age" in values:
        table["age"] = values.number("age", high=500)
    if "energy" in values:
        table["energy"] = _energy(values)
    if "owner_kind" in values:
        table["owner_kind"] = values.words("owner_kind", _one_of(OWNER_WORDS))
    if "use" in values:
        table["use"] = values.words("use", _one_of(USE_WORDS))
    return table | {"assumed": values.assumed_text()}


def _companies(values: Values) -> dict[str, pd.Series]:
    table = _texts(values, "name", "parcel", "note") | _address(values) | _coordinates(values)
    jobs = _jobs(values)
    table |= {"jobs": jobs} if jobs is not None else {}
    table |= {name: values.area(name, 1e6) for name in ("floor", "floor_needed") if name in values}
    table |= {"land_wish": values.area("land_wish", 1e7)} if "land_wish" in values else {}
    table |= {name: values.yes_no(name) for name in ("key_figure", "outside") if name in values}
    if "turnover" in values:
        table["turnover"] = values.number("turnover", high=1e10, factor=unit_factor(values.columns["turnover"], money=True))
    if "trust" in values:
        table["trust"] = values.share("trust")
    if "tenant" in values:
        table["tenant"] = values.words("tenant", rents)
    elif "owner_occupied" in values:
        table["tenant"] = values.words("owner_occupied", rents).map({True: False, False: True})
    if "sbi" in values:
        table["sbi"] = _activity(values)
    if "sector" in values:
        table["sector"] = values.text("sector")
    return table | {"assumed": values.assumed_text()}


def _coordinates(values: Values) -> dict[str, pd.Series]:
    """Return columns ``x`` and ``y``; a point parts thousands only where all have it so and they could not be degrees."""
    names = [name for name in ("x", "y") if name in values]
    plain = {name: as_numbers(values.raw(name), points_group=False).values for name in names}
    grouped = bool(names) and all(as_numbers(values.raw(name)).grouped for name in names)
    metres = any(column.abs().max() > 180 for column in plain.values())
    return {name: values.number(name, low=-1e8, high=1e8, points_group=grouped and metres) for name in names}


def _activity(values: Values) -> pd.Series:
    """Return sector codes as digits; "25.11 - Vervaardiging van ..." is 2511. Words alone stay as they are."""
    codes = []
    for text in values.text("sbi"):
        found = re.match(r"^\s*(?:SBI)?\s*[A-Ua-u]?\s*((?:\d[\s.]?){1,6})(?!\d)", text) if text else None
        codes.append(re.sub(r"\D", "", found[1]) if found else text)
    return pd.Series(codes, index=values.frame.index, dtype=object)


def _jobs(values: Values) -> pd.Series | None:
    """Return persons employed: the total, else full-time plus part-time, else the middle of a class, else FTE."""
    nothing = pd.Series(np.nan, index=values.frame.index)
    jobs = nothing
    if "jobs" in values:
        jobs = _or_class(values, "jobs")
    parts = [values.number(name, high=20_000) for name in _PARTS_OF_JOBS if name in values]
    if "full_time" in values and "men_full_time" in values:
        parts = [values.number(name, high=20_000) for name in _PARTS_OF_JOBS[:2] if name in values]
    if parts:
        jobs = jobs.where(jobs.notna(), pd.concat(parts, axis=1).sum(axis=1, min_count=1))
    if "jobs_class" in values:
        jobs = jobs.where(jobs.notna(), _or_class(values, "jobs_class"))
    if "fte" in values:
        fte = values.number("fte", high=20_000)
        values.mark("jobs", jobs.isna() & fte.notna())
        jobs = jobs.where(jobs.notna(), fte)
    there = jobs.notna().any() or any(name in values for name in ("jobs", "jobs_class", "fte")) or bool(parts)
    return jobs if there else None


def _or_class(values: Values, name: str) -> pd.Series:
    """Return a column of numbers in which classes such as "10-19" may stand; those count for their middle, assumed."""
    middles = [None if is_missing(value) else class_middle(str(value)) for value in values.raw(name)]
    middle = pd.Series(middles, index=values.frame.index, dtype=float)
    frame = values.frame.loc[:, [values.columns[name]]].where(middle.isna().to_numpy()[:, None], None)
    rest = Values(frame, {name: values.columns[name]}, values.file, values.limits, values.findings)
    values.mark("jobs", middle.notna())
    return middle.where(middle.notna(), rest.number(name, high=20_000))


def class_middle(text: str) -> float | None:
    """Return the middle of a class of size, None where it is none; an open class counts for one and a half times its bound.

    >>> class_middle("10 t/m 19"), class_middle("100+"), class_middle("< 5"), class_middle("12")
    (14.5, 150.0, 2.5, None)
    """
    plain = re.sub(r"(werkzame|personen|banen|medewerkers|werknemers|persons|jobs|\s)", "", text.casefold())
    both = _CLASS.match(plain)
    if both and float(both[1]) < float(both[2]):
        return (float(both[1]) + float(both[2])) / 2
    above = re.match(r"^(?:(?:>=?|≥|meerdan|morethan)(\d+)|(\d+)(?:\+|enmeer|ormore))$", plain)
    if above:
        return 1.5 * float(above[1] or above[2])
    below = re.match(r"^(?:<=?|≤|minderdan|lessthan)(\d+)$", plain)
    return float(below[1]) / 2 if below else None


def _buildings(values: Values) -> dict[str, pd.Series]:
    table = _texts(values, "id", "status")
    table |= {"built": _years(values)} if "built" in values else {}
    return table | ({"floor": values.area("floor", 1e6)} if "floor" in values else {})


def _addresses(values: Values) -> dict[str, pd.Series]:
    table = _address(values) | _texts(values, "use", "building", "status") | _coordinates(values)
    return table | ({"floor": values.area("floor", 1e6)} if "floor" in values else {})


def _owners(values: Values) -> dict[str, pd.Series]:
    table = _texts(values, "name", "note")
    table |= {"kind": values.words("kind", _one_of(OWNER_WORDS))} if "kind" in values else {}
    table |= {"willing": values.yes_no("willing")} if "willing" in values else {}
    if "reservation" in values:
        table["reservation"] = values.number("reservation", high=2, points_group=False)
    return table | {"assumed": values.assumed_text()}
