"""Receipts: a short number on every picture, table and report that leads back to the runs behind it.

A receipt says which version of the program, which version of the model, which inputs and which seeds. Two results with
the same receipt come from the same runs; a picture that was copied out of a report can still be traced. It says nothing
about when or where, so that the same runs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Receipt:
    """What a result was made from.

    Attributes
    ----------
    version
        Of the program, such as ``"0.1.0"``.
    model
        Hash of the model's sources, as :func:`analysis.identity.model_version` gives it.
    inputs
        Hash of parks, strategies and settings, or of the keys of the runs (:func:`analysis.identity.hash_of_keys`).
    seeds
        Which seeds, as :func:`describe_seeds` words them.
    """

    version: str
    model: str
    inputs: str
    seeds: str

    @property
    def id(self) -> str:
        """The first eight hexadecimal digits of the hash of all four."""
        text = json.dumps([self.version, self.model, self.inputs, self.seeds], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def line(self) -> str:
        """What stands below a picture."""
        return f"klaver {self.version} · receipt {self.id}"

    def to_json(self) -> dict[str, str]:
        """Return the receipt and what it stands for as plain values."""
        return {"id": self.id, "version": self.version, "model": self.model, "inputs": self.inputs, "seeds": self.seeds}


def describe_seeds(seeds: Sequence[int]) -> str:
    """Return seeds as ranges, whatever their order; each counts once.

    >>> describe_seeds([3, 1, 2, 7])
    '1-3, 7'
    """
    runs: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def write_csv(table: pd.DataFrame, path: Path, receipt: Receipt, *, index: bool = True) -> Path:
    """Write a table as CSV whose every row carries the receipt, in a last column ``receipt``; return the path.

    Rows stay traceable when they are copied into another table. UTF-8, a line feed after each row on every system.

    Parameters
    ----------
    index
        Whether the index goes along, as first column(s).

    Raises
    ------
    ValueError
        If the table has a column ``receipt`` of its own.
    """
    if "receipt" in table.columns:
        raise ValueError("the table has a column 'receipt' of its own; rename it first")
    table.assign(receipt=receipt.id).to_csv(path, index=index, lineterminator="\n", encoding="utf-8")
    return path
