"""What a user has set, as one file and as a link: written, and read back without trusting a word of it.

A session file is JSON with everything, the library of versions too. A link holds the same without the library, compressed;
of a strategy it has only the differences from the shipped one that it is nearest to. Both name the versions of product and
model that they were made with. Nothing in them is executed, and no file is opened but shipped ones by their names.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from analysis.identity import model_version
from klaver import __version__
from klaver.dashboard.refusals import (
    Problem,
    Refused,
    check_size,
    count_cells,
    printable_line,
    read_keys,
    read_strategy,
)
from sim.inputs.files import merge
from sim.inputs.scenario import Scenario, list_parks
from sim.inputs.strategy import Strategy, list_strategies, load_strategy

FORMAT = 1
LARGEST_SESSION = 2_000_000
"""Characters of a session file."""
LONGEST_LINK = 4_000
"""Characters of a link's text: longer ones get lost in mail and chat."""
_MOST_IN_LINK = 400_000  # bytes that the text of a link may grow to
MOST_CELLS_TOGETHER = 300_000
"""Cells of all own parks of one session, each counted once: reading them takes at most some ten seconds."""
DEEPEST = 30
"""Tables and lists within each other."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Content = dict[str, Any]
_Number = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
_Answer = bool | int | _Number | Annotated[str, Field(max_length=1_000)] | None
_Row = Annotated[int, Field(ge=0, le=1_000_000)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Predictions = Annotated[
    dict[_Name, _Answer | Annotated[list[_Answer], Field(max_length=50)]], Field(max_length=100)
]  # fmt: skip


class _Year(_Part):
    """One year of a game: the shares of the roles, and which opportunities the municipality stepped out of."""

    mix: Annotated[list[_Share], Field(min_length=4, max_length=4)]
    refused: Annotated[list[_Row], Field(max_length=500)] = []


class _Game(_Part):
    """A game: replayed from its start, year by year."""

    years: Annotated[list[_Year], Field(max_length=100)] = []
    strategy: _Content | str | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] | None = None
    predictions: _Predictions = {}


class _Setting(_Part):
    """What is asked: a park, a strategy beside its reference, how many futures and how long."""

    park: _Content
    strategy: _Content
    reference: _Content | str = "none"
    seeds: Annotated[int, Field(ge=1, le=1_000)] = 200
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1
    quarters: Annotated[int, Field(ge=4, le=400)] | None = None
    drawn: bool = False


def _moment(text: str) -> str:
    """Return a date that exists, and still does in the time of any other place."""
    if not 1900 <= datetime.datetime.fromisoformat(text).year <= 2999:
        raise ValueError("not a year in which anything was kept")
    return text


class _Version(_Setting):
    """One version in the library."""

    name: _Name
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$"),
                    AfterValidator(_moment)]
    pinned: Annotated[list[_Content], Field(max_length=4)] = []
    product: Annotated[str, Field(max_length=40)] = ""
    model: Annotated[str, Field(max_length=40)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""


class _State(_Setting):
    """Everything a user has set."""

    language: Literal["nl", "en"] = "nl"
    pinned: Annotated[list[_Content], Field(max_length=4)] = []
    game: _Game | None = None
    predictions: _Predictions = {}
    answers: _Predictions = {}
    library: Annotated[list[_Version], Field(max_length=50)] = []


class _File(_Part):
    """A session file."""

    klaver_session: Literal[1]
    product: Annotated[str, Field(max_length=40)]
    model: Annotated[str, Field(max_length=40)]
    state: _State


def to_json(state: Mapping[str, Any]) -> str:
    """Return a session as the text of a file.

    Parameters
    ----------
    state
        ``park``: ``{"shipped": name}`` or ``{"own": Scenario.resolved()}``; ``strategy``: ``Strategy.resolved()``;
        ``reference``: a shipped name or a resolved strategy; ``seeds`` (1 to 1,000), ``seed`` (0 or more), ``quarters`` (4 to
        400, or None: as the park says), ``drawn`` (whether parameters are drawn too), ``language`` (``"nl"``, ``"en"``),
        ``pinned`` (up to 4 resolved strategies), ``game`` (``{"years": [{"mix": four shares, "refused": rows}], "strategy",
        "seed", "predictions"}`` or None), ``predictions`` and ``answers`` (numbers, texts, yes or no, or lists of those, by
        name) and ``library`` (up to 50 versions: ``name``, ISO ``date``, ``note``, ``product``, ``model``, and park,
        strategy, reference, seeds, seed, quarters, drawn, pinned as above). All but park and strategy may be left out.

    Returns
    -------
    str
        JSON. Of parks and strategies what differs from the defaults is written.

    Raises
    ------
    Refused
        If the state is not as above, or too large for one file (2 million characters).
    """
    text = _dumped({"klaver_session": FORMAT, "product": __version__, "model": model_version(),
                    "state": _each_content(_checked_state(_as_json(state)), _short_park, _without_defaults)})
    if len(text) > LARGEST_SESSION:
        raise Refused(Problem("session_too_large", {"most": LARGEST_SESSION // 1_000_000}))
    return text


def from_json(text: str) -> dict[str, Any]:
    """Return the session in a file, every field checked.

    Parameters
    ----------
    text
        Of the file, from anyone.

    Returns
    -------
    dict
        A state as :func:`to_json` takes it, complete: parks and strategies with every default.

    Raises
    ------
    Refused
        With all problems; nothing else is raised, whatever the text.
    """
    return read_session(text)[0]


def read_session(text: str) -> tuple[dict[str, Any], str | None]:
    """Return the session in a file as :func:`from_json`, and the key of a warning.

    Returns
    -------
    state : dict
        As :func:`from_json` returns it.
    warning : str or None
        ``"own.other_model"`` where the file was made with another version of the model (numbers will differ),
        ``"own.other_product"`` where only the product's version differs, None where both are the same.

    Raises
    ------
    Refused
        As :func:`from_json`.
    """
    if len(text) > LARGEST_SESSION:
        raise Refused(Problem("session_too_large", {"most": LARGEST_SESSION // 1_000_000}))
    table = parse_json(text)
    if not isinstance(table, dict) or "klaver_session" not in table:
        raise Refused(Problem("no_session"))
    if table["klaver_session"] != FORMAT or isinstance(table["klaver_session"], bool):
        raise Refused(Problem("session_format", {"found": printable_line(str(table["klaver_session"]), 40)}))
    file = _validated(_File, table)
    return _checked_state(file.state.model_dump()), _warning(file.product, file.model)


def to_link(state: Mapping[str, Any]) -> str | None:
    """Return a session, without its library, as text for an address.

    Parameters
    ----------
    state
        As :func:`to_json` takes it.

    Returns
    -------
    str or None
        Letters, digits, ``-`` and ``_``; None where it would be longer than 4,000 characters, as with many an own park: then
        the session file is the way.

    Raises
    ------
    Refused
        If the state is not as :func:`to_json` wants it.
    """
    checked = _checked_state(_as_json({**state, "library": []}))
    short = _each_content(checked, _short_park, _from_nearest)
    short = {name: value for name, value in short.items() if name in ("park", "strategy") or value != _unset(name)}
    text = _dumped([FORMAT, __version__, model_version(), short]).encode()
    packed = base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")
    return packed if len(packed) <= LONGEST_LINK else None


def from_link(text: str) -> tuple[dict[str, Any], str | None]:
    """Return the session in a link, every field checked, and the key of a warning.

    Parameters
    ----------
    text
        As :func:`to_link` made it, or anything.

    Returns
    -------
    state : dict
        As :func:`from_json` returns it, with an empty library.
    warning : str or None
        As :func:`read_session` returns it.

    Raises
    ------
    Refused
        If it is no link, or what it holds is not right; nothing else is raised, whatever the text.
    """
    if len(text) > 2 * LONGEST_LINK or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise Refused(Problem("no_link"))
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, _MOST_IN_LINK)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise Refused(Problem("no_link"))
        table = parse_json(content.decode())
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise Refused(Problem("no_link")) from error
    if not isinstance(table, list) or len(table) != 4 or not all(isinstance(part, str) for part in table[1:3]):
        raise Refused(Problem("no_link"))
    if table[0] != FORMAT or isinstance(table[0], bool) or not isinstance(table[3], dict):
        raise Refused(Problem("session_format", {"found": printable_line(str(table[0]), 40)}))
    state = _validated(_State, table[3])
    if state.library:
        raise Refused(Problem("no_link"))
    return _checked_state(state.model_dump()), _warning(table[1], table[2])


def parse_json(text: str) -> Any:
    """Return what JSON text from a stranger holds.

    Raises
    ------
    Refused
        If it is not JSON, nested too deeply, or has numbers that are none or that are too long.
    """
    def no_number(name: str) -> Any:
        raise Refused(Problem("not_json", {"cause": name}))

    try:
        table = json.loads(text, parse_constant=no_number)
    except json.JSONDecodeError as error:
        cause = f"{error.msg} ({error.lineno}:{error.colno})"
        raise Refused(Problem("not_json", {"cause": printable_line(cause, 100)})) from None
    except RecursionError:
        raise Refused(Problem("too_deep", {"most": DEEPEST})) from None
    except ValueError:  # a whole number of more digits than Python reads
        raise Refused(Problem("too_many_digits")) from None
    check_depth(table)
    return table


def check_depth(table: Any) -> None:
    """Refuse tables and lists that are nested more than 30 deep.

    Raises
    ------
    Refused
        If they are.
    """
    level, depth = [table], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Refused(Problem("too_deep", {"most": DEEPEST}))
        inner: list[Any] = []
        for item in level:
            inner += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        level = inner


# --- checking --------------------------------------------------------------------------------------------------------


def _validated[Checked: _Part](kind: type[Checked], content: Mapping[str, Any]) -> Checked:
    """Return content as the fields of ``kind``; its findings are told with the place and not with the value."""
    try:
        return kind.model_validate(dict(content))
    except ValidationError as error:
        problems = []
        for found in error.errors(include_url=False, include_input=False, include_context=False):
            place = ".".join(str(part) for part in found["loc"])
            problems.append(Problem("session_field", {"key": printable_line(place, 100)}))
        raise Refused(*(p for k, p in enumerate(problems) if p not in problems[:k])) from None


def _distinct(problems: list[Problem]) -> list[Problem]:
    found: list[Problem] = []
    for problem in problems[:1_000]:
        if problem not in found:
            found.append(problem)
    return found


def _checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state with every field checked and every park and strategy complete.

    Raises
    ------
    Refused
        With the problems of all fields, parks and strategies.
    """
    plain = _validated(_State, state).model_dump()
    problems: list[Problem] = []
    parks: dict[str, dict[str, Any]] = {}
    cells = 0

    def complete_park(own: dict[str, Any]) -> dict[str, Any]:
        nonlocal cells
        try:
            scenario = read_keys(own)
            cells += count_cells(scenario)
            if cells > MOST_CELLS_TOGETHER:
                raise Refused(Problem("session_cells", {"most": MOST_CELLS_TOGETHER}))
            check_size(scenario)
            return scenario.resolved()
        except Refused as refused:
            problems.extend(refused.problems)
            return own

    def park(content: Any) -> Any:
        if isinstance(content, dict) and len(content) == 1:
            shipped, own = content.get("shipped"), content.get("own")
            if isinstance(shipped, str):
                if shipped in list_parks():
                    return content
                problems.append(Problem("no_such_park", {"name": printable_line(shipped, 80)}))
                return content
            if isinstance(own, dict):
                # Versions of a library mostly have one park in common: it is checked once.
                mark = _dumped(own)
                if mark not in parks:
                    parks[mark] = complete_park(own)
                return {"own": parks[mark]}
        problems.append(Problem("session_field", {"key": "park"}))
        return content

    checked = _each_content(plain, park, lambda content: _complete_strategy(content, problems))
    if problems:
        raise Refused(*_distinct(problems))
    return checked


def _complete_strategy(content: Any, problems: list[Problem]) -> Any:
    """Return a strategy with every default; a reference by name as it is."""
    if isinstance(content, str):
        if content not in list_strategies():
            problems.append(Problem("no_such_strategy", {"name": printable_line(content, 80)}))
        return content
    try:
        content = dict(content)
        if "based_on" in content:
            base = content.pop("based_on")
            if base not in list_strategies():
                raise Refused(Problem("no_such_strategy", {"name": printable_line(str(base), 80)}))
            content = merge(_shipped(base), content)
        return read_strategy(content).resolved()
    except Refused as refused:
        problems += refused.problems
        return content


def _each_content(state: Mapping[str, Any], park: Any, strategy: Any) -> dict[str, Any]:
    """Return a state with ``park`` and ``strategy`` applied to every park and strategy in it."""
    def one(setting: Mapping[str, Any]) -> dict[str, Any]:
        return dict(setting) | {
            "park": park(setting["park"]), "strategy": strategy(setting["strategy"]),
            "reference": strategy(setting["reference"]), "pinned": [strategy(pinned) for pinned in setting["pinned"]],
        }  # fmt: skip

    changed = one(state)
    if state["game"] is not None and state["game"]["strategy"] is not None:
        changed["game"] = {**state["game"], "strategy": strategy(state["game"]["strategy"])}
    changed["library"] = [one(version) for version in state["library"]]
    return changed


def _warning(product: str, model: str) -> str | None:
    if model != model_version():
        return "own.other_model"
    return "own.other_product" if product != __version__ else None


# --- shortening ------------------------------------------------------------------------------------------------------


def _short_park(content: dict[str, Any]) -> dict[str, Any]:
    if "shipped" in content:
        return content
    scenario = Scenario.model_validate(content["own"])
    return {"own": scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


def _without_defaults(content: dict[str, Any] | str) -> dict[str, Any] | str:
    if isinstance(content, str):
        return content
    return Strategy.model_validate(content).model_dump(mode="json", exclude_defaults=True)


def _from_nearest(content: dict[str, Any] | str) -> dict[str, Any] | str:
    """Return a strategy as the shortest of: its differences from a shipped one, or all but defaults."""
    if isinstance(content, str):
        return content
    ways: Iterable[dict[str, Any]] = (
        {"based_on": name, **_difference(_shipped(name), content)} for name in list_strategies()
    )
    return min(ways, key=lambda way: len(_dumped(way)))


def _difference(base: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to be merged onto ``base`` to give ``content``; both have the same keys."""
    changed: dict[str, Any] = {}
    for key, value in content.items():
        old = base.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = _difference(old, value)
            if inner:
                changed[key] = inner
        elif value != old:
            changed[key] = value
    return changed


@cache
def _shipped(name: str) -> dict[str, Any]:
    return load_strategy(name).resolved()


def _unset(name: str) -> Any:
    return _State.model_fields[name].get_default(call_default_factory=True)


def _as_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state of the page as it would come back from JSON: lists for tuples, tables for mappings."""
    try:
        return json.loads(json.dumps(dict(state), allow_nan=False, default=dict))
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(Problem("session_field", {"key": printable_line(str(error), 100)})) from error


def _dumped(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


__all__ = ["from_json", "from_link", "read_session", "to_json", "to_link"]
