"""The key of an anonymous import: which code is who, in a file of its own that only its owner can read."""

from __future__ import annotations

import csv
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pandas as pd

from klaver.importing.findings import refuse

KEY_COLUMNS = ("kind", "code", "name", "address", "row")
LETTERS = {"company": "B", "owner": "E", "parcel": "K"}  # bedrijf, eigenaar, kavel
MOST_KEY_BYTES = 50_000_000


def write_key(path: Path, key: pd.DataFrame, *, apart_from: Iterable[Path] = (), anywhere: bool = False) -> None:
    """Write the key as CSV that only its owner can read (mode 0600), whole or not at all.

    Parameters
    ----------
    path
        Replaced if it is an ordinary file.
    key
        Of :func:`anonymise`.
    apart_from
        Folders that the key must not lie in: those of the park file and the results.
    anywhere
        Write it even there.

    Raises
    ------
    CannotImport
        If it would lie in one of those folders, is a link or no ordinary file, or cannot be written.
    """
    place = path.parent.resolve() / path.name
    for folder in apart_from:
        if not anywhere and place.is_relative_to(folder.resolve()):
            raise refuse("matching.key_not_apart", what=path.name, file=path.name, folder=folder.name)
    if place.is_symlink() or (place.exists() and not stat.S_ISREG(place.lstat().st_mode)):
        raise refuse("matching.key_no_file", what=path.name, file=path.name)
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".key-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(KEY_COLUMNS)
            writer.writerows([_shielded(str(row[column])) for column in KEY_COLUMNS] for row in key.to_dict("records"))
        os.replace(name, place)
    except OSError as error:
        if name:
            with suppress(OSError):
                os.unlink(name)
        raise refuse("matching.key_not_written", what=path.name, file=path.name, cause=error.strerror or "") from error


def read_key(path: Path) -> pd.DataFrame:
    """Return the key of an earlier import.

    Raises
    ------
    CannotImport
        If the file cannot be read, or is not such a key.
    """
    try:
        if path.stat().st_size > MOST_KEY_BYTES:
            raise refuse("matching.key_unreadable", what=path.name, file=path.name)
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise refuse("matching.key_unreadable", what=path.name, file=path.name) from None
    cells = [{name: _bare(str(row.get(name) or "")) for name in KEY_COLUMNS} for row in rows]
    key = pd.DataFrame(cells, columns=list(KEY_COLUMNS)).astype(object)
    check_key(key if rows and set(KEY_COLUMNS) <= set(rows[0]) else pd.DataFrame(), path.name)
    return key


def check_key(key: pd.DataFrame, file: str) -> None:
    """Stop where a table is not the key of an import.

    Raises
    ------
    CannotImport
        Naming ``file``.
    """
    right = set(KEY_COLUMNS) <= set(key.columns)
    if right:
        pairs = list(zip(key["kind"], key["code"], strict=True))
        forms = [kind in LETTERS and re.fullmatch(rf"{LETTERS[kind]}\d{{3,9}}", code) is not None for kind, code in pairs]
        right = all(forms) and len(set(pairs)) == len(pairs)
    if not right:
        raise refuse("matching.key_unreadable", what=file, file=file)


def _shielded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "'") else text


def _bare(text: str) -> str:
    return text[1:] if text[:1] == "'" else text
