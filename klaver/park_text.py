"""A park as the text of a park file: a map with one character a cell, a legend, and tables, as a person would write them.

What is written reads back as the same park, and stays readable under version control: one line a legend entry, keys that
have their default left out, rows in the order of the map.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import tomli_w

from sim.inputs.scenario import Scenario
from sim.park.ascii_map import DEFAULT_LEGEND
from sim.records import GREEN, OUTSIDE, ROAD, WATER

GROUND = {OUTSIDE: ".", ROAD: "#", GREEN: ",", WATER: "~"}
GREEN_MARK = {",": {"kind": "green"}}
"""Green is a comma: the default, a quotation mark, would stand in a TOML file with a backslash before it."""
@cache
def parcel_signs(number: int) -> list[str]:
    """Return so many characters to draw parcels with: letters a keyboard has, then further ones that read on their own.

    Parameters
    ----------
    number
        Of parcels; there are some 34,000 such characters, and no more are given.

    Returns
    -------
    list of str
        Single letters and digits, all different, left to right, of one column's width as long as those last (some 2,000);
        none with a meaning of its own on a map, none that combines with its neighbours or that a text editor might
        normalise to another.
    """
    plain = [chr(code) for code in (*range(65, 91), *range(97, 123), *range(48, 58))]
    signs = [sign for sign in plain if sign not in DEFAULT_LEGEND]
    for widths in (("N", "A", "Na"), ("W",)):
        for code in range(0xA1, 0x10000):
            if len(signs) >= number:
                return signs[:number]
            sign = chr(code)
            if unicodedata.east_asian_width(sign) in widths and _stands_alone(sign):
                signs.append(sign)
    return signs[:number]


def _stands_alone(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Lu", "Ll", "Lo")
        and unicodedata.bidirectional(sign) == "L"
        and unicodedata.normalize("NFKC", sign) == sign == unicodedata.normalize("NFD", sign)
    )


def map_text(
    kind: np.ndarray, parcel_of: np.ndarray, names: Sequence[str], exits: Sequence[tuple[int, int]],
    enclaves: set[str] | frozenset[str] = frozenset(),
) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return a lattice as the map and legend of a park file.

    Parameters
    ----------
    kind : int8, (rows, columns)
        ``records.OUTSIDE`` ... ``records.PLOT``; row 0 is the north side.
    parcel_of : int64, (rows, columns)
        Position in `names`, -1 where no parcel.
    names
        Of the parcels.
    exits
        Road cells where the park meets the outside.
    enclaves
        Parcels that may lie without a road.

    Returns
    -------
    text : str
        One line a row.
    legend : dict
        Character to what it stands for; parcels in the order of `names`.

    Raises
    ------
    ValueError
        If there are more parcels than characters.
    """
    signs = parcel_signs(len(names))
    if len(signs) < len(names):
        raise ValueError(f"{len(names)} parcels; a map can show {len(signs)}")
    rows = [
        [signs[parcel] if parcel >= 0 else GROUND[what] for what, parcel in zip(kinds, parcels, strict=True)]
        for kinds, parcels in zip(kind.tolist(), parcel_of.tolist(), strict=True)
    ]
    for row, column in exits:
        rows[row][column] = "E"
    legend: dict[str, dict[str, Any]] = dict(GREEN_MARK)
    for sign, name in zip(signs, names, strict=True):
        legend[sign] = {"kind": "parcel", "name": name} | ({"enclave": True} if name in enclaves else {})
    return "\n".join("".join(row) for row in rows) + "\n", legend


def park_text(scenario: Scenario, comment: str = "") -> str:
    """Return a park as the text of a TOML file.

    Parameters
    ----------
    scenario
        Any park.
    comment
        Lines to stand at its top, without number signs.

    Returns
    -------
    str
        Read back, it gives a park of the same content hash.
    """
    content = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content = {"name": scenario.name, **{key: value for key, value in content.items() if key != "name"}}
    legend = content.pop("legend", {})
    text = _dumps(content)
    if legend:
        text = _with_legend(text, legend)
    if tomllib.loads(text) != content | ({"legend": legend} if legend else {}):
        text = _dumps(content | {"legend": legend})
    return "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines()) + ("\n" if comment else "") + text


def _dumps(content: Mapping[str, Any]) -> str:
    """Return a table as TOML, texts of several lines as such where that reads back the same."""
    text = _LIST.sub(_on_one_line, tomli_w.dumps(content, multiline_strings=True))
    if tomllib.loads(text) == content:
        return text
    return tomli_w.dumps(content)  # a carriage return in somebody's text


_LIST = re.compile(r"\[\n((?:    [^\n]+,\n)+)\]")


def _on_one_line(found: re.Match[str]) -> str:
    """Return a short list on one line, as a person would write it."""
    line = f"[{', '.join(item.strip().rstrip(',') for item in found[1].splitlines())}]"
    return line if len(line) <= 100 else found[0]


def _with_legend(text: str, legend: Mapping[str, Mapping[str, Any]]) -> str:
    """Return TOML with a legend of one line an entry, before the tables of parcels."""
    lines = ["[legend]"]
    for sign, meaning in legend.items():
        values = tomli_w.dumps({key: value for key, value in meaning.items() if value not in ("", False)})
        key = tomli_w.dumps({sign: 0}).partition(" = ")[0]
        lines.append(f"{key} = {{ {', '.join(values.splitlines())} }}")
    at = text.find("[[")
    at = len(text) if at < 0 or text[at - 1 : at] != "\n" else at
    return f"{text[:at].rstrip()}\n\n" + "\n".join(lines) + "\n\n" + text[at:]
