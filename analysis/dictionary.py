"""What every column means: name, unit, type, meaning in English and in Dutch, what a missing value says.

The texts stand in ``dictionary.toml``, beside this file, and were written from the code that computes each number
(``sim/outcomes.py`` and the rules that feed the accounts); ``docs/data.md`` and every package of tables
(``packages.py``) are made from them. Columns of a design that hold a factor carry its dotted name: a parameter of the
model explains itself (``sim.inputs.parameters``), of the keys of parks and strategies type, range and choices come from
the schema of those files. Types are those of the Frictionless Table Schema.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sim.inputs.parameters import BY_NAME
from sim.inputs.problems import nearest
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy
from sim.outcomes import INDICATORS
from sim.records import SECTORS

RUN = ("run", "park", "strategy", "seed", "quarters", "park_hash", "strategy_hash", "model")
"""Columns that say what a run was."""
KEYS: dict[str, tuple[str, ...]] = {
    "runs": ("run",), "paths": ("run", "quarter"), "failed": ("run",), "inputs": ("hash",),
    "design": ("experiment", "point", "park", "strategy", "seed"), "summary": ("strategy", "outcome"),
}  # fmt: skip
"""Table to the columns that tell its rows apart, as far as they are there."""
REFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("paths", "run", "runs", "run"), ("design", "run", "runs", "run"),
    ("runs", "park_hash", "inputs", "hash"), ("runs", "strategy_hash", "inputs", "hash"),
    ("failed", "park_hash", "inputs", "hash"), ("failed", "strategy_hash", "inputs", "hash"),
)  # fmt: skip
"""Which column of which table refers to which column of which other table."""
TABLES = tuple(KEYS)

_HASHES = {"run": 32, "park_hash": 32, "strategy_hash": 32, "hash": 32, "model": 16}
_NAMES = ("park", "strategy", "name")
_PATTERN_OF_NAMES = r"[A-Za-z0-9_. -]+"  # of the `name` of a park or strategy, as the schema of those files has it


class UnknownColumn(ValueError):
    """A table or column that the dictionary does not have."""


@dataclass(frozen=True)
class Field:
    """One column of a table.

    Attributes
    ----------
    name
        As in the table.
    type
        ``string``, ``integer``, ``number`` or ``boolean`` (Frictionless Table Schema).
    title, meaning
        In the language asked for.
    unit
        Of the numbers, in words; empty where there is none.
    kind
        Whether it is a stock, a flow summed over the run, and so on, in words.
    follows_from
        What the values follow from: inputs, chance, runs or the machine, in words.
    missing
        What a missing value (NaN) says; empty where none occurs.
    constraints
        Those of the Table Schema, as far as they are known: ``minimum``, ``maximum``, ``enum``, ``pattern``, ``required``.
    """

    name: str
    type: str
    title: str
    meaning: str
    unit: str
    kind: str
    follows_from: str
    missing: str
    constraints: dict[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, str]:
        """Return the field as a row of text, for a table of columns."""
        row = {name: str(value) for name, value in asdict(self).items() if name != "constraints"}
        return row | {name: str(self.constraints.get(name, "")) for name in ("minimum", "maximum")}


@cache
def _entries() -> dict[str, dict[str, Any]]:
    with open(Path(__file__).with_suffix(".toml"), "rb") as file:
        return tomllib.load(file)


# --- the columns of a table ------------------------------------------------------------------------------------------


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns that a table may have, in order; of ``design`` those without its factors.

    Raises
    ------
    UnknownColumn
        If there is no such table.
    """
    entries = _entries()
    columns: dict[str, Callable[[], Iterable[str]]] = {
        "runs": lambda: (*RUN, *INDICATORS, *(name for name in entries["measures"] if name not in INDICATORS)),
        "paths": lambda: ("run", "quarter", *INDICATORS),
        "design": lambda: ("run", "experiment", "point", "park", "strategy", "seed"),
        "failed": lambda: (*RUN, "cause", "traceback"),
        "inputs": lambda: ("hash", "kind", "name", "content"),
        "summary": lambda: tuple(entries["summary"]),
    }
    if table not in columns:
        raise UnknownColumn(f"table {table!r} is not known.{nearest(table, TABLES)}")
    return tuple(columns[table]())


def title_of(table: str, language: str = "en") -> tuple[str, str]:
    """Return the title of a table, and a sentence or two that say what is in it."""
    columns_of(table)
    title, meaning = _entries()["tables"][table][language]
    return title, meaning


def describe(table: str, columns: Sequence[str], language: str = "en") -> list[Field]:
    """Return what the columns of a table mean, in the order given.

    Parameters
    ----------
    table
        One of :data:`TABLES`.
    columns
        Names; in ``design`` also dotted names of factors, such as ``parameters.beta`` or ``strategy.organisation.fte``.
    language
        ``"nl"`` or ``"en"``. The meaning of a parameter of the model is in English in both.

    Raises
    ------
    UnknownColumn
        If there is no such table or column, with the nearest name.
    """
    known = columns_of(table)
    return [_describe(table, column, known, language) for column in columns]


def _describe(table: str, column: str, known: Sequence[str], language: str) -> Field:
    if column in known:
        return _known_column(table, column, language)
    if table == "design" and column.startswith("parameters."):
        return _parameter(column, language)
    if table == "design" and column.startswith(("park.", "strategy.")):
        return _key(column, language)
    raise UnknownColumn(f"table {table!r} has no column {column!r}.{nearest(column, known)}")


def _known_column(table: str, column: str, language: str) -> Field:
    entries = _entries()
    entry = entries["summary"][column] if table == "summary" else next(
        entries[group][column] for group in ("identity", "indicators", "measures") if column in entries[group])
    is_identity = table != "summary" and column in entries["identity"]
    empty = entry.get("empty", "")
    missing = _word("empty", empty, language)
    if table == "paths" and not is_identity:
        kept = _word("empty", "not_kept", language)
        missing = f"{missing}; {'of' if language == 'nl' else 'or'} {kept}" if missing else kept
    constraints: dict[str, Any] = {"required": True} if not missing else {}
    constraints |= {name: entry[key] for name, key in (("minimum", "least"), ("maximum", "most")) if key in entry}
    if column in _HASHES:
        constraints["pattern"] = rf"[0-9a-f]{{{_HASHES[column]}}}"
    elif column in _NAMES:
        constraints["pattern"] = _PATTERN_OF_NAMES
    elif column == "kind":
        constraints["enum"] = ["park", "strategy"]
    title, meaning = entry[language]
    return Field(
        column, entry.get("type", "number"), title, meaning, _word("units", entry.get("unit", "none"), language),
        _word("kinds", entry.get("kind", "identity"), language),
        _word("sources", entry.get("source", "inputs" if is_identity else "chance"), language), missing, constraints,
    )  # fmt: skip


def _word(group: str, code: str, language: str) -> str:
    return str(_entries()[group][code][language]) if code else ""


# --- factors ---------------------------------------------------------------------------------------------------------


@cache
def factors() -> tuple[str, ...]:
    """Return the dotted names of the keys of parks and strategies that the dictionary knows as factors."""
    found: list[str] = []
    for name in _entries()["factors"]:
        table = name.removesuffix(".*")
        found += [f"{table}.{leaf}" for leaf in _leaves(table)] if table != name else [name]
    return tuple(found)


def _leaves(table: str) -> tuple[str, ...]:
    """Return the keys of a table of a park or strategy file."""
    if table.endswith("sector_shares"):
        return SECTORS
    root, *path = table.split(".")
    model: Any = Scenario if root == "park" else Strategy
    for name in path:
        model, _ = _unwrap(model.model_fields[name].annotation)
    return tuple(model.model_fields)


def _parameter(column: str, language: str) -> Field:
    """Return the field of a factor that is a parameter of the model."""
    name = column.removeprefix("parameters.")
    if name not in BY_NAME:
        raise UnknownColumn(f"there is no parameter {name!r}.{nearest(name, BY_NAME)}")
    known = BY_NAME[name]
    told = "Parameter van het model (in het Engels)" if language == "nl" else "Parameter of the model"
    standard = "standaard" if language == "nl" else "default"
    meaning = f"{told}: {known.meaning}; {standard} {known.default:g}."
    return _factor(column, "number", name, meaning, known.unit.strip("-"), language,
                   {"minimum": known.low, "maximum": known.high})  # fmt: skip


def _key(column: str, language: str) -> Field:
    """Return the field of a factor that is a key of a park or strategy file."""
    factors = _entries()["factors"]
    group, _, leaf = column.rpartition(".")
    entry = factors.get(column) or factors.get(f"{group}.*")
    schema = _schema_of(column)
    if entry is None or schema is None:
        names = [name for name in factors if not name.endswith("*")]
        raise UnknownColumn(f"{column!r} is no single key of a park or strategy.{nearest(column, names)}")
    word = _entries()["words"].get(leaf, {}).get(language, leaf)
    title, meaning = (text.format(leaf=word) for text in entry[language])
    kind, constraints = schema
    return _factor(column, kind, title, meaning, _word("units", entry["unit"], language), language, constraints)


def _factor(
    name: str, kind: str, title: str, meaning: str, unit: str, language: str, constraints: dict[str, Any]
) -> Field:
    return Field(name, kind, title, meaning, unit, _word("kinds", "setting", language),
                 _word("sources", "inputs", language), _word("empty", "not_varied", language), constraints)  # fmt: skip


def _schema_of(column: str) -> tuple[str, dict[str, Any]] | None:
    """Return type and constraints of a dotted key from the schema of its file; None where there is no such key.

    A table of shares stands in a design as text.
    """
    root, *path = column.split(".")
    model: type[BaseModel] = Scenario if root == "park" else Strategy
    for place, name in enumerate(path):
        if name not in model.model_fields:
            return None
        schema = model.model_fields[name]
        kind, limits = _unwrap(schema.annotation)
        limits = [*schema.metadata, *limits]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = kind
        elif get_origin(kind) is dict:
            if place == len(path) - 1:
                return "string", {}
            value, limits = _unwrap(get_args(kind)[1])
            return _as_field(value, limits) if path[place + 1:] in [[leaf] for leaf in SECTORS] else None
        else:
            return _as_field(kind, limits) if place == len(path) - 1 else None
    return "string", {}


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Return the type within an annotation and its limits, without ``None`` and ``Annotated``."""
    if hasattr(annotation, "__metadata__"):
        kind, limits = _unwrap(annotation.__origin__)
        return kind, [*limits, *annotation.__metadata__]
    if get_origin(annotation) in (Union, UnionType):
        return _unwrap(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation, []


def _as_field(kind: Any, limits: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    if get_origin(kind) is Literal:
        return "string", {"enum": list(get_args(kind))}
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return names[kind], dict(_limits(limits))


def _limits(found: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for limit in found:
        yield from _limits(getattr(limit, "metadata", ()))
        for name, key in (("ge", "minimum"), ("gt", "minimum"), ("le", "maximum")):
            if getattr(limit, name, None) is not None:
                yield key, getattr(limit, name)
