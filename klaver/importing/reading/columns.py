"""Which column of a file is which of ours: by its name, in Dutch or English, or as a mapping file says.

Case, accents, spaces, underscores and what stands between brackets do not matter. A Shapefile cuts names off at ten
characters; such a name is taken for the longer one where that is clear.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from klaver.importing import layers as standard
from klaver.importing.findings import Findings, refuse
from klaver.importing.reading.forms import SYNONYMS
from sim.inputs.problems import printable
from sim.records import SECTORS

MAPPED_ROLES = ("parcels", "companies", "buildings", "addresses", "owners", "roads", "boundary")
FILE_ROLES = (*MAPPED_ROLES, "green", "water", "exits")
_MOST_BYTES = 1_000_000
_CUT_AT = 10  # characters of a column's name in a Shapefile
_UNITS = re.compile(r"(m2|ha|eur|euro|keur|m1)$")


def fold(name: object) -> str:
    """Return a name as it is compared: small letters and digits only, without accents and without what is in brackets.

    >>> fold("Vloeroppervlak (m²)"), fold("RIN_Nummer"), fold("Énergie label")
    ('vloeroppervlak', 'rinnummer', 'energielabel')
    """
    text = re.sub(r"[(\[].*?[)\]]", "", str(name)) or str(name)
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isascii() and character.isalnum())


@dataclass(frozen=True)
class FileMapping:
    """What a mapping file says.

    Attributes
    ----------
    columns
        Role to standard name to name in the file.
    files
        Role to ``(file, layer)``; the layer is empty where the file has one.
    sectors
        First digits of an SBI code to a sector of the model.
    """

    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    sectors: dict[str, str] = field(default_factory=dict)


def read_mapping(path: Path, findings: Findings) -> FileMapping:
    """Read a mapping file.

    Parameters
    ----------
    path
        TOML: tables ``[parcels]``, ``[companies]`` and so on with ``standard name = "name in the file"``; ``[files]``
        with ``role = "file:layer"``; ``[sectors]`` with ``"digits" = "sector"``.
    findings
        Told of every key that is not known, as refused, with the nearest that is.

    Raises
    ------
    CannotImport
        If it is not there, no TOML, or too large.
    """
    name = printable(path.name)
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise refuse("reading.file_too_large", what=name, file=name, most=1)
        table = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise refuse("reading.not_there", what=name, file=name) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("reading.mapping_not_toml", what=name, file=name, cause=printable(error)) from error
    return _checked(table, name, findings)


def _checked(table: dict[str, Any], file: str, findings: Findings) -> FileMapping:
    mapping = FileMapping()
    for role, entries in table.items():
        if role not in (*MAPPED_ROLES, "files", "sectors"):
            unknown(findings, file, "", role, (*MAPPED_ROLES, "files", "sectors"))
            continue
        if not isinstance(entries, dict):
            findings.add("refused", "reading.mapping_no_table", what=file, file=file, key_name=printable(role))
            continue
        for key, value in entries.items():
            _entry(mapping, role, key, value, file, findings)
    return mapping


def _entry(mapping: FileMapping, role: str, key: str, value: object, file: str, findings: Findings) -> None:
    """Take one line of a mapping file, or refuse it."""
    if not isinstance(value, str) or not value.strip():
        findings.add("refused", "reading.mapping_no_text", what=file, file=file, key_name=printable(f"{role}.{key}"))
    elif role == "files" and key in FILE_ROLES:
        source, _, layer = value.partition(":")
        mapping.files[key] = (source.strip(), layer.strip())
    elif role == "files":
        unknown(findings, file, "files", key, FILE_ROLES)
    elif role == "sectors" and value not in SECTORS:
        unknown(findings, file, "sectors", value, SECTORS)
    elif role == "sectors":
        mapping.sectors[re.sub(r"\D", "", key) or key.strip()] = value
    elif key in SYNONYMS[role]:
        mapping.columns.setdefault(role, {})[key] = value
    else:
        unknown(findings, file, role, key, _standard_names(role))


def _standard_names(role: str) -> Sequence[str]:
    known = {"parcels": standard.PARCEL_COLUMNS, "companies": standard.COMPANY_COLUMNS, "owners": standard.OWNER_COLUMNS,
             "buildings": standard.BUILDING_COLUMNS, "addresses": standard.ADDRESS_COLUMNS}  # fmt: skip
    return sorted({*known.get(role, {}), *SYNONYMS[role]})


def unknown(findings: Findings, file: str, table: str, name: object, allowed: Iterable[str]) -> None:
    """Refuse a name that is not known, with the nearest that is."""
    allowed = list(allowed)
    near = difflib.get_close_matches(str(name), allowed, n=1, cutoff=0.5)
    shown = printable(f"{table}.{name}" if table else name)
    values: dict[str, Any] = {"file": file, "key_name": shown, "allowed": ", ".join(allowed)}
    if near:
        findings.add("refused", "reading.mapping_unknown_near", what=file, near=near[0], **values)
    else:
        findings.add("refused", "reading.mapping_unknown", what=file, **values)


def knows(role: str) -> Any:
    """Return a function that tells whether a column's name is one that a role knows."""
    names = {synonym for synonyms in SYNONYMS[role].values() for synonym in synonyms} | {fold(key) for key in SYNONYMS[role]}

    def known(name: str) -> bool:
        folded = fold(name)
        return folded in names or _UNITS.sub("", folded) in names

    return known


def match_columns(
    columns: Sequence[str], role: str, own: Mapping[str, str], file: str, findings: Findings
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return which column of a file is which of ours.

    Parameters
    ----------
    columns
        Names in the file.
    role
        What the file was taken for; a key of :data:`klaver.importing.reading.forms.SYNONYMS`.
    own
        What a mapping file says: standard name to name in the file; goes before all else.
    file
        For messages.
    findings
        Told where two columns could be the same thing, and where a mapped column is not there (refused).

    Returns
    -------
    (dict, tuple)
        Standard name to name in the file, and the columns that nothing is done with.
    """
    chosen, taken = _mapped(columns, own, file, findings)
    ranked = []
    for place, column in enumerate(columns):
        for name, synonyms in SYNONYMS[role].items():
            rank = _rank(column, name, synonyms)
            if rank is not None:
                ranked.append((rank, place, name, column))
    double: dict[str, str] = {}
    for _, _, name, column in sorted(ranked):
        if column in taken:
            continue
        if name in chosen:
            double.setdefault(column, name)
        else:
            chosen[name] = column
            taken.add(column)
    for column, name in double.items():
        if column not in taken:
            findings.add("note", "reading.two_columns", what=file, file=file, name=name, taken=chosen[name], other=column)
    return chosen, tuple(column for column in columns if column not in taken)


def _mapped(
    columns: Sequence[str], own: Mapping[str, str], file: str, findings: Findings
) -> tuple[dict[str, str], set[str]]:
    chosen: dict[str, str] = {}
    for name, wanted in own.items():
        found = [column for column in columns if column == wanted] or [c for c in columns if fold(c) == fold(wanted)]
        if found:
            chosen[name] = found[0]
        else:
            findings.add("refused", "reading.mapping_no_column", what=file, file=file, column=printable(wanted),
                         key_name=name, there=printable(", ".join(columns)))  # fmt: skip
    return chosen, set(chosen.values())


def _rank(column: str, name: str, synonyms: Sequence[str]) -> tuple[int, int] | None:
    """Return how well a column's name fits: lower is better, None is not."""
    folded = fold(column)
    if column == name or folded == fold(name):
        return 0, 0
    if folded in synonyms:
        return 1, synonyms.index(folded)
    bare = _UNITS.sub("", folded)
    if bare in synonyms or bare == fold(name):
        return 2, synonyms.index(bare) if bare in synonyms else 0
    if len(column) == _CUT_AT and len(folded) >= 6:
        longer = [at for at, synonym in enumerate(synonyms) if synonym.startswith(folded)]
        return (3, longer[0]) if longer else None
    return None


def unit_factor(column: str, *, money: bool) -> float:
    """Return by what the numbers of a column are to be multiplied, as its name says: hectares, thousands, millions."""
    text = column.casefold()
    if money:
        if re.search(r"mln|miljoen|million", text):
            return 1e6
        return 1e3 if re.search(r"1[.,]?000|duizend|thousand|k€|keur", text) else 1.0
    return 1e4 if re.search(r"(?:^|[\s_(\[])ha(?:$|[\s_)\]])|hectare", text) else 1.0
