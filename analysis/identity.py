"""Which run is it: the key of a run, from everything that determines it.

A run follows from the content of its park, the content of its strategy, its seed, its length and the version of the model,
and from nothing else; its key is a hash of those five. So a run that exists need never be made again, two experiments
can share it, and no two different runs are taken for one. Texts that a run does not depend on (titles, descriptions,
notes) are left out of the hash, so that mending a description makes no run out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import sim

_ONLY_TEXT = frozenset({"title", "description", "note", "place"})
_ONLY_SHOWS = frozenset({"agents.py", "app.py", "business_park.py", "files.py", "problems.py", "self_analysis.py",
                         "warm_up.py"})  # fmt: skip
"""Files of ``sim`` that find, show, describe or compile, and do not determine a run once its content is known."""


@cache
def model_version() -> str:
    """Return the version of the model: a hash of every source file of ``sim`` that determines a run.

    Returns
    -------
    str
        16 hexadecimal digits, the same on every machine and Python that holds the same sources.
    """
    folder = Path(sim.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        if path.name not in _ONLY_SHOWS:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]


def canonical(content: Mapping[str, Any]) -> str:
    """Return resolved content as JSON with sorted keys: equal text for equal content, to the last bit of a float."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the hash of a park's or strategy's resolved content, without its texts and the length of a park's runs.

    That length is a part of a run's key by itself.

    Parameters
    ----------
    content
        As ``Scenario.resolved()`` or ``Strategy.resolved()`` gives it.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    determining = {key: value for key, value in content.items() if key != "quarters"}
    return hashlib.sha256(canonical(_determining(determining)).encode()).hexdigest()[:32]


def _determining(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _determining(item) for key, item in value.items() if key not in _ONLY_TEXT}
    if isinstance(value, (list, tuple)):
        return [_determining(item) for item in value]
    return value


def run_key(park_hash: str, strategy_hash: str, seed: int, quarters: int, model: str) -> str:
    """Return the key of one run.

    Parameters
    ----------
    park_hash, strategy_hash
        As :func:`content_hash` gives them.
    seed
        0 or more.
    quarters
        Length of the run.
    model
        As :func:`model_version` gives it.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    text = f"{park_hash} {strategy_hash} {seed} {quarters} {model}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hash_of_keys(keys: Any) -> str:
    """Return a hash of a set of keys, whatever their order (32 hexadecimal digits)."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:32]
