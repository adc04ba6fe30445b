"""The library: named, dated versions of what a user has set, as plain values, and as the browser keeps them.

A version never changes: to go on with one is to work with a copy. Its date (to the microsecond) is what it is known by. The
browser keeps the versions of all tabs together; a tab tells it what it added and dropped, never "this is the library now", so
that two tabs cannot overwrite each other's (``parts/keeper.vue``).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from analysis.identity import model_version
from klaver import __version__
from klaver.dashboard import desk as desks
from klaver.dashboard import session_file
from klaver.dashboard.desk import Setting
from klaver.dashboard.refusals import Refused

Version = dict[str, Any]
"""As ``session_file`` has it: ``name``, ``date``, ``note``, ``product``, ``model``, and what a setting holds."""

MOST_VERSIONS = 50
MOST_TOGETHER = 200
"""Versions of several tabs and files together; of more the newest stay."""
LONGEST_NAME, LONGEST_NOTE = 80, 500
_KEPT = ("park", "strategy", "reference", "seeds", "seed", "quarters", "drawn", "pinned")
_MOST_TEXT = 4_000_000  # characters that the browser may hand back; its own limit is some five million


def version_of(setting: Setting, name: str, note: str = "", moment: datetime.datetime | None = None) -> Version:
    """Return a version of what is set now.

    Parameters
    ----------
    setting
        What is kept of it: park, strategies, futures and horizon. A game, predictions and answers stay where they are.
    name
        As the user calls it, 1 to 80 characters.
    note
        Up to 500 characters.
    moment
        Now by default.
    """
    state = desks.plain(setting)
    when = (moment or datetime.datetime.now(datetime.UTC)).astimezone(datetime.UTC)
    return {**{key: state[key] for key in _KEPT}, "name": name, "note": note, "product": __version__, "model": model_version(),
            "date": when.isoformat(timespec="microseconds").replace("+00:00", "Z")}  # fmt: skip


def moment_of(version: Mapping[str, Any]) -> datetime.datetime:
    """Return when a version was kept, in the time of this machine."""
    moment = datetime.datetime.fromisoformat(str(version["date"]))
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone()


def changes_to(version: Mapping[str, Any], now: Setting) -> dict[str, Any]:
    """Return what has to change on the desk (``session.change(**...)``) to go on with a copy of a version.

    Raises
    ------
    sim.inputs.problems.InputProblem or ValueError
        If the version does not hold what a setting needs.
    """
    there = desks.from_plain(version)
    changes: dict[str, Any] = {key: getattr(there, key) for key in _KEPT}
    if there.park != now.park:
        changes["game"] = None  # it was played on another park
    return changes


def is_kept(setting: Setting, library: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the version that holds what is set now; None where there is none."""
    state = desks.plain(setting)
    now = {key: state[key] for key in _KEPT}
    return next((version for version in library if all(version.get(key) == value for key, value in now.items())), None)


def is_of_other_model(version: Mapping[str, Any]) -> bool:
    """Return whether a version was kept with another version of the model: its numbers may come out differently."""
    return version.get("model") != model_version()


def together(library: Sequence[Version], others: Iterable[Version]) -> list[Version]:
    """Return a library with the versions of another one added; of those with one date the first stays.

    The newest come first, at most :data:`MOST_TOGETHER`.
    """
    by_date = {str(version["date"]): version for version in (*others, *library)}
    return sorted(by_date.values(), key=lambda version: moment_of(version), reverse=True)[:MOST_TOGETHER]


# --- in the browser --------------------------------------------------------------------------------------------------


def to_browser(library: Iterable[Version]) -> str:
    """Return versions as the browser keeps them: a JSON list, each as a session file has it.

    A version that is too large by itself is left out: it stays in the session, and in no browser.
    """
    return f"[{','.join(filter(None, (_written(json.dumps(version)) for version in library)))}]"


@lru_cache(maxsize=128)
def _written(version: str) -> str:
    """Return a version, given as JSON with every default, without them; empty where it is too large."""
    try:
        content = session_file.to_json(_around([json.loads(version)]))
    except Refused:
        return ""
    return json.dumps(json.loads(content)["state"]["library"][0], ensure_ascii=False, separators=(",", ":"))


def from_browser(text: Any) -> tuple[list[Version], int]:
    """Return the versions that a browser kept, every field checked, the newest first.

    Parameters
    ----------
    text
        As :func:`to_browser` made it, or anything.

    Returns
    -------
    versions : list of dict
        Those that can be read.
    unreadable : int
        How many cannot be (any more): of another version of the product, or broken. One that is does not take the others along.
    """
    if not isinstance(text, str) or not 0 < len(text) <= _MOST_TEXT:
        return [], 0
    try:
        found = session_file.parse_json(text)
    except Refused:
        return [], 1
    if not isinstance(found, list):
        return [], 1
    try:  # together, as most of them have one park in common, which is checked once
        return together(_read(found), ()), 0
    except Refused:
        pass
    versions: list[Version] = []
    unreadable = 0
    for content in found[:MOST_TOGETHER]:
        try:
            versions += _read([content])
        except Refused:
            unreadable += 1
    return together(versions, ()), unreadable


def _read(contents: Sequence[Any]) -> list[Version]:
    wrapped = {"klaver_session": session_file.FORMAT, "product": __version__, "model": model_version(),
               "state": _around(contents)}  # fmt: skip
    return list(session_file.from_json(json.dumps(wrapped, ensure_ascii=False))["library"])


def _around(library: Sequence[Any]) -> dict[str, Any]:
    """Return the least state that can hold a library."""
    return desks.plain(desks.first_setting()) | {"library": list(library)}
