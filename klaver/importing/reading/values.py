"""The cells of one table asked for by standard name: as text, number, share, area, or yes and no.

A cell that cannot be read counts as not known, and is told with its line; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from klaver.importing.findings import Findings
from klaver.importing.reading.columns import fold, unit_factor
from klaver.importing.reading.forms import NO, YES
from klaver.importing.reading.held_files import Limits
from klaver.importing.reading.tables import as_numbers, is_missing, plain_text
from sim.inputs.problems import printable


class Values:
    """The columns of one table, asked for by standard name.

    Parameters
    ----------
    frame
        As read; the index is the line or row in the file.
    columns
        Standard name to name in the file.
    file
        For messages.
    limits
        On the length of a cell.
    findings
        Told of cells that cannot be read.
    """

    def __init__(
        self, frame: pd.DataFrame, columns: Mapping[str, str], file: str, limits: Limits, findings: Findings
    ) -> None:
        self.frame, self.columns, self.file, self.limits, self.findings = frame, columns, file, limits, findings
        self.assumed: list[set[str]] = [set() for _ in range(len(frame))]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def raw(self, name: str) -> pd.Series:
        """Return a column as read."""
        return self.frame[self.columns[name]]

    def text(self, name: str) -> pd.Series:
        """Return a column as text on one line, None where missing; nothing a spreadsheet would calculate."""
        told = [plain_text(value, self.limits.cell_chars) for value in self.raw(name)]
        for key, flags in (("reading.formula", [one[1] for one in told]), ("reading.cut_off", [one[2] for one in told])):
            if any(flags):
                first = self.frame.index[flags.index(True)]
                self.findings.add("mended", key, what=self.file, file=self.file, column=self.columns[name], n=sum(flags),
                                  line=int(first), most=self.limits.cell_chars)  # fmt: skip
        return pd.Series([one[0] for one in told], index=self.frame.index, dtype=object)

    def number(
        self, name: str, *, low: float = 0.0, high: float = 1e12, factor: float = 1.0, points_group: bool = True
    ) -> pd.Series:
        """Return a column as numbers, nan where missing or outside ``low`` to ``high``, which is told."""
        read = as_numbers(self.raw(name), points_group=points_group)
        values = read.values * factor
        if read.grouped:
            self.findings.add("note", "reading.thousands", what=self.file, file=self.file, column=self.columns[name])
        outside = values.index[(values < low) | (values > high) | np.isinf(values)]
        self.tell_wrong(name, "reading.no_number", read.wrong)
        self.tell_wrong(name, "reading.out_of_range", list(outside), low=low, high=high)
        return values.mask(values.index.isin(outside))

    def tell_wrong(self, name: str, key: str, lines: list[Any], **values: Any) -> None:
        """Tell of cells of a column that count as not known: how many, and the first with its line."""
        if lines:
            shown = printable(self.raw(name).loc[lines[0]])
            self.findings.add("left_out", key, what=self.file, file=self.file, column=self.columns[name], n=len(lines),
                              line=int(lines[0]), value=shown, **values)  # fmt: skip

    def words(self, name: str, meaning: Callable[[str], Any]) -> pd.Series:
        """Return a column by what its words mean; None where missing or not understood, which is told."""
        result, wrong = [], []
        for line, value in self.raw(name).items():
            meant = None if is_missing(value) else meaning(fold(_whole(value)))
            if meant is None and not is_missing(value):
                wrong.append(line)
            result.append(meant)
        self.tell_wrong(name, "reading.no_word", wrong)
        return pd.Series(result, index=self.frame.index, dtype=object)

    def yes_no(self, name: str) -> pd.Series:
        """Return a column of yes and no, in Dutch or English, as booleans."""
        return self.words(name, yes_or_no)

    def share(self, name: str) -> pd.Series:
        """Return a column of shares, 0 to 1; percentages are divided by 100.

        Whether they are percentages shows from a ``%`` in the cells or the column's name, or from a value above 10. Values
        from 1 to 10 without either could be marks out of ten: those are left out, with a note.
        """
        read = self.raw(name)
        percent = "%" in self.columns[name] or any("%" in str(value) for value in read if not is_missing(value))
        values = as_numbers(read, points_group=False).values
        if not percent and values.max() > 10:
            percent = True
            self.findings.add("note", "reading.percentages", what=self.file, file=self.file, column=self.columns[name])
        return self.number(name, low=0, high=1, factor=0.01 if percent else 1.0, points_group=False)

    def area(self, name: str, high: float) -> pd.Series:
        """Return a column of square metres; hectares where the column's name says so."""
        return self.number(name, high=high, factor=unit_factor(self.columns[name], money=False))

    def mark(self, name: str, rows: pd.Series) -> None:
        """Note a field as assumed in rows where ``rows`` is true."""
        for assumed, yes in zip(self.assumed, rows, strict=True):
            if yes:
                assumed.add(name)

    def assumed_text(self) -> pd.Series:
        """Return what is assumed of every row, with what the file itself says is, as ``a;b``."""
        stated = self.text("assumed") if "assumed" in self else pd.Series([None] * len(self.frame), index=self.frame.index)
        joined = []
        for own, said in zip(self.assumed, stated, strict=True):
            names = {part.strip() for part in str(said).split(";")} - {""} if said else set()
            joined.append(";".join(sorted(own | names)) or None)
        return pd.Series(joined, index=self.frame.index, dtype=object)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def yes_or_no(word: str) -> bool | None:
    """Return what a folded word means: True, False, or None where it is neither."""
    return True if word in YES else False if word in NO else None
