"""From a point of a design to a complete park or strategy: the names that factors may have, and what setting them does.

A *point* gives values to *factors*, by dotted name: ``parameters.beta`` (a parameter of the model), ``park.founding.vacancy``
(a key of a park file), ``strategy.organisation.fte`` (a key of a strategy file). Applied to a park or strategy it gives a
*variant*: that park or strategy with those keys set, checked like any file, under the name it had. A municipality that does
nothing beyond the law (approach ``none``) is left as it is by every ``strategy.`` factor, so that the twin of a park
variant is one run, shared by all variants of the strategies.

Shares that sum to 1 (of roles, of sectors) can be set one by one: those not named keep their mutual proportions in what is
left over. ``strategy.roles.verbinden = 0.7`` on a mix of four equal shares gives 0.1 to each of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from sim.inputs.parameters import BY_NAME, PARAMETERS
from sim.inputs.problems import nearest
from sim.inputs.scenario import InTwoLanguages, Place, Scenario, check_scenario
from sim.inputs.strategy import RoleMix, Steps, Strategy, check_strategy
from sim.records import SECTORS

PARK_SHARES = ("founding.sector_shares",)
STRATEGY_SHARES = ("roles", *(f"steps.{step}" for step in Steps.model_fields))
"""Tables of shares that sum to 1, by their path in a park or a strategy; the mixes of steps start from the general mix."""

_NOT_FACTORS = {
    "park.name": "is a name; a run does not depend on it.",
    "strategy.name": "is a name; a run does not depend on it.",
    "park.map": "is a drawing; another map is another park: list it under parks.",
    "park.quarters": "is the length of a run, the same at every point: state 'quarters' at the top of the file.",
    "park.parameters": "is a table; name one of its keys as 'parameters.NAME'.",
    **dict.fromkeys(("park.place", *(f"park.place.{key}" for key in Place.model_fields)),
                    "is where a park lies; a run does not depend on it."),
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One point of a design.

    Attributes
    ----------
    number
        Place in the design, from 0.
    values
        Dotted name of a factor to its value: true or false, a number, text, or a table of shares.
    name
        How the point is called where the design has names (``p110111`` for a combination of principles); else empty.
    """

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def columns(self) -> dict[str, bool | int | float | str]:
        """Return the values as cells of a table: a table of shares becomes text such as ``verbinden 0.7, rest``."""
        return {name: _cell(value) for name, value in self.values.items()}

    def of_parks(self) -> dict[str, Any]:
        """Return the values that change a park."""
        return {name: value for name, value in self.values.items() if not name.startswith("strategy.")}

    def of_strategies(self) -> dict[str, Any]:
        """Return the values that change a strategy."""
        return {name: value for name, value in self.values.items() if name.startswith("strategy.")}


def _cell(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    shares = ", ".join(f"{name} {share:g}" for name, share in value.items())
    named_all = set(value) >= set(RoleMix.model_fields) or set(value) >= set(SECTORS)
    return shares if named_all else f"{shares}, rest"


# --- names -----------------------------------------------------------------------------------------------------------


@cache
def factor_names() -> tuple[str, ...]:
    """Return every name that a factor may have: parameters first, then keys of parks, then of strategies."""
    names = [f"parameters.{parameter.name}" for parameter in PARAMETERS]
    names += [*_keys(Scenario, "park"), *_keys(Strategy, "strategy")]
    return tuple(name for name in names if name not in _NOT_FACTORS)


def _keys(model: type[BaseModel], path: str) -> Iterator[str]:
    """Return the dotted names of a schema that hold one value, or a table of shares, from its types."""
    for key, schema in model.model_fields.items():
        name = f"{path}.{key}"
        kinds = [kind for kind in _kinds(schema.annotation) if kind is not type(None)]
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if name == f"park.{PARK_SHARES[0]}":
            yield from (name, *(f"{name}.{sector}" for sector in SECTORS))
        elif InTwoLanguages in tables or any((get_origin(kind) or kind) in (list, dict) for kind in kinds):
            continue
        elif tables:
            yield from (name,) if RoleMix in tables else ()
            yield from _keys(tables[0], name)
        else:
            yield name


def _kinds(annotation: Any) -> list[Any]:
    """Return the types that a union is made of, without their limits."""
    if hasattr(annotation, "__metadata__"):
        return _kinds(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [annotation]


def name_problem(name: str) -> str:
    """Return what is wrong with the name of a factor, as the end of a sentence; empty if it is a factor."""
    names = factor_names()
    if name in names:
        return ""
    if name in _NOT_FACTORS:
        return _NOT_FACTORS[name]
    inside = [known for known in names if known.startswith(f"{name}.")]
    if inside:
        return f"is a table; name one of its keys, such as '{inside[0]}'."
    if any(name in (f"park.{key}", f"strategy.{key}") for key in (*Scenario.model_fields, *Strategy.model_fields)):
        return "is no single value, so it cannot be a factor."
    last = name.rsplit(".", 1)[-1]
    same_key = [f" Did you mean '{known}'?" for known in names if known.rsplit(".", 1)[-1] == last]
    return f"is not a factor.{(nearest(name, names) or ''.join(same_key[:1]))}"


# --- variants --------------------------------------------------------------------------------------------------------


def vary_park(scenario: Scenario, point: Point) -> Scenario:
    """Return a park with the values of a point: those of ``parameters.`` and ``park.`` factors.

    Parameters
    ----------
    scenario
        The park as its file describes it; not changed.
    point
        Values of factors that are for strategies are passed over.

    Returns
    -------
    Scenario
        Under the same name. The very same object if nothing differs.

    Raises
    ------
    InvalidFile
        If a value is not allowed; with every problem.
    """
    values = point.of_parks()
    if not values:
        return scenario
    return build_park(scenario, values, f"{scenario.name} at point {point.number}")


def vary_strategy(strategy: Strategy, point: Point) -> Strategy:
    """Return a strategy with the values of a point: those of ``strategy.`` factors.

    Parameters
    ----------
    strategy
        The strategy as its file describes it; not changed.
    point
        Values of factors that are for parks are passed over.

    Returns
    -------
    Strategy
        Under the same name. The very same object if nothing differs, or its approach is ``none``.

    Raises
    ------
    InvalidFile
        If a value is not allowed; with every problem.
    """
    values = point.of_strategies()
    if not values or strategy.approach == "none":
        return strategy
    return build_strategy(strategy, values, f"{strategy.name} at point {point.number}")


def build_park(scenario: Scenario, values: Mapping[str, Any], file: str) -> Scenario:
    """Return a park with values set; problems name ``file``, and keys as a park file has them."""
    content = scenario.resolved()
    for name, value in values.items():
        if name.startswith("parameters."):
            _set_parameter(content["parameters"], name.removeprefix("parameters."), value)
    inside = {name.removeprefix("park."): value for name, value in values.items() if name.startswith("park.")}
    _set_values(content, inside, PARK_SHARES)
    built = check_scenario(content, file)
    return scenario if built == scenario else built


def build_strategy(strategy: Strategy, values: Mapping[str, Any], file: str) -> Strategy:
    """Return a strategy with values set; problems name ``file``, and keys as a strategy file has them."""
    content = strategy.resolved()
    _set_values(content, {name.removeprefix("strategy."): value for name, value in values.items()}, STRATEGY_SHARES)
    built = check_strategy(content, file)
    return strategy if built == strategy else built


def _set_parameter(own: dict[str, Any], name: str, value: Any) -> None:
    """Set one parameter among those that a park states itself; a value that it has already is not stated anew.

    A park whose parameter gets the value that it would have anyway stays the same park, with the same runs.
    """
    known = BY_NAME.get(name)
    # true is equal to 1, and yet no number: the check refuses it.
    if known is None or isinstance(value, bool) or value != own.get(name, known.default):
        own[name] = value


def _set_values(content: dict[str, Any], values: Mapping[str, Any], tables_of_shares: tuple[str, ...]) -> None:
    """Set values in a park's or strategy's content, by path; shares last, a mix of a step after the general one."""
    shares: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        table, _, key = path.rpartition(".")
        if path in tables_of_shares:
            # Single shares have precedence over those of a whole mix that another factor sets.
            shares[path] = (dict(value) | shares.get(path, {})) if isinstance(value, Mapping) else value
        elif table in tables_of_shares:
            if isinstance(shares.setdefault(table, {}), dict):
                shares[table] |= {key: value}
        else:
            _table(content, table)[key] = value
    for path in sorted(shares, key=tables_of_shares.index):
        table, _, key = path.rpartition(".")
        place = _table(content, table)
        now = place[key] if place[key] is not None else content["roles"]
        place[key] = set_shares(now, shares[path]) if isinstance(shares[path], dict) else shares[path]


def _table(content: dict[str, Any], path: str) -> dict[str, Any]:
    for key in path.split(".") if path else ():
        content = content[key]
    return content


def set_shares(now: Mapping[str, float], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return shares that sum to 1 with some of them set; the others keep their mutual proportions in what is left.

    Parameters
    ----------
    now
        Shares, 0 to 1.
    given
        The shares to set. A value that is no share at all is put in as it is, for the check of the file to refuse.

    Returns
    -------
    dict
        Sums to 1, unless what is given sums to more, or names every share: that is for the check to refuse as well.
        Where all others were 0 they have no proportions, and get equal shares.
    """
    if all(name in now and now[name] == share for name, share in given.items()):
        return dict(now)
    if not all(is_share(share) for share in given.values()):
        return dict(now) | dict(given)
    rest = [name for name in now if name not in given]
    left, before = max(0.0, 1.0 - sum(given.values())), sum(now[name] for name in rest)
    others = {name: left * (now[name] / before if before > 0.0 else 1.0 / len(rest)) for name in rest}
    return {name: given.get(name, others.get(name)) for name in (*now, *(name for name in given if name not in now))}


def is_share(value: object) -> bool:
    """Return whether a value is a number from 0 to 1."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value <= 1.0
