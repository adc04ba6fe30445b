"""Who has which code, tables with codes for names, and sentences in which names are replaced."""

from __future__ import annotations

import copy
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from klaver.importing.companies.addresses import name_key, plain
from klaver.importing.companies.key_file import KEY_COLUMNS, LETTERS, check_key
from klaver.importing.companies.locating import texts
from klaver.importing.layers import COMPANY_COLUMNS, PARCEL_COLUMNS, Layers

if TYPE_CHECKING:
    from klaver.importing.grid.gridding import Grid

KEPT_COMPANY = ("name", "parcel", "sector", "jobs", "turnover", "floor", "floor_needed", "land_wish", "tenant", "trust",
                "key_figure", "outside", "assumed")  # fmt: skip
KEPT_PARCEL = ("name", "owner", "owner_kind", "use", "floor", "built", "quality", "fit", "energy", "soil_cost", "vacant",
               "vacant_quarters", "offered", "enclave", "assumed", "part_of", "in_file")  # fmt: skip
KEPT_OWNER = ("name", "kind", "reservation", "willing", "assumed")
HIDDEN = "..."
_PART = re.compile(r"(?: \(\d+\)| ·(?: ·)* \d+)+")  # what gridding and sharing put after a name


class Codes:
    """Who has which code: a name has one per kind, whatever its spelling."""

    def __init__(self, earlier: pd.DataFrame | None, secret: bytes) -> None:
        self.secret = secret
        self.public: set[str] = set()  # names that stay as they are
        self.exact: dict[str, dict[str, str]] = {kind: {} for kind in LETTERS}  # kind -> name as written -> code
        self.rows: list[dict[str, str]] = []
        if earlier is not None:
            check_key(earlier, "key")
            self.rows = [{column: str(row[column]) for column in KEY_COLUMNS} for row in earlier.to_dict("records")]
        self.known = {(row["kind"], _who(row["kind"], row["name"])): row["code"] for row in reversed(self.rows)}

    def give(self, kind: str, names: list[str], addresses: list[str] | None = None, rows: list[str] | None = None) -> None:
        """Give every new name of a kind a code, in an order that only the secret tells.

        A name that only differs in case, punctuation or legal form from one in the earlier key keeps that code. Where two
        names of one list come to the same, as "x" and "x (2)" do, the first keeps it and the other gets a new one.
        """
        empty = [""] * len(names)
        fresh, given = list[tuple[str, str, str]](), set(self.exact[kind].values())
        for name, address, row in zip(names, addresses or empty, rows or empty, strict=True):
            if not name or name in self.exact[kind]:
                continue
            code = self.known.get((kind, _who(kind, name)))
            if code is not None and code not in given:
                self.exact[kind][name] = code
                given.add(code)
            else:
                fresh.append((name, address, row))
                self.exact[kind][name] = ""
        self._number(kind, fresh)

    def give_parts(self, parts: dict[str, str]) -> None:
        """Give each part (name -> name of its whole) the code of the whole with its number: "K012 · 1", "K012 (2)"."""
        for name, whole in parts.items():
            number = name.removeprefix(whole)
            if whole in self.exact["parcel"] and _PART.fullmatch(number):
                self.exact["parcel"][name] = self.exact["parcel"][whole] + number

    def _number(self, kind: str, fresh: list[tuple[str, str, str]]) -> None:
        taken = {row["code"] for row in self.rows if row["kind"] == kind}
        highest = max((int(code[1:]) for code in taken), default=0)
        free = [n for n in range(1, max(highest, len(taken) + len(fresh)) + 1) if _code(kind, n) not in taken]
        while len(free) < len(fresh):
            free.append((free[-1] if free else highest) + 1)
        drawn = sorted(free, key=lambda n: self._chance(f"{kind}#{n}"))
        for (name, address, row), n in zip(fresh, drawn, strict=False):
            code = _code(kind, n)
            self.exact[kind][name] = code
            self.rows.append({"kind": kind, "code": code, "name": name, "address": address, "row": row})

    def _chance(self, text: str) -> bytes:
        return hmac.new(self.secret, text.encode(), hashlib.sha256).digest()

    def of(self, name: object, *kinds: str) -> str | None:
        """Return the code of a name; a public name as it is; None for no name."""
        if not isinstance(name, str) or not name:
            return None
        for kind in kinds:
            if name in self.exact[kind]:
                return self.exact[kind][name]
        return name if name in self.public else HIDDEN

    def companies(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return companies with codes and only what the model needs."""
        kept = only(table, KEPT_COMPANY)
        kept["name"] = [self.of(name, "company") for name in texts(table, "name")]
        if "parcel" in kept.columns:
            kept["parcel"] = [self.of(name, "parcel") for name in texts(table, "parcel")]
        return _known_fields(kept, COMPANY_COLUMNS)

    def parcels(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return parcels, or their mended shapes, with codes and only what the model needs."""
        kept = only(table, (*KEPT_PARCEL, table.geometry.name if hasattr(table, "geometry") else ""))
        if "name" in kept.columns:
            kept["name"] = [self.of(name, "parcel") for name in texts(table, "name")]
        if "part_of" in kept.columns:
            kept["part_of"] = [self.of(name, "parcel") for name in texts(table, "part_of")]
        if "owner" in kept.columns:
            kept["owner"] = [self.of(name, "company", "owner") for name in texts(table, "owner")]
        return _known_fields(kept, PARCEL_COLUMNS)

    def owners(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return owners with codes and only what the model needs."""
        kept = only(table, KEPT_OWNER)
        kept["name"] = [self.of(name, "company", "owner") for name in texts(table, "name")]
        return _known_fields(kept, KEPT_OWNER).sort_values("name", ignore_index=True)

    def matches(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return matches with the codes of parcels, without distances."""
        kept = table.drop(columns=[column for column in ("distance_m",) if column in table.columns])
        parcels = [self.of(name, "parcel") for name in texts(table, "parcel")]
        kept["parcel"] = pd.Series(parcels, index=table.index, dtype=object)
        return kept

    def grid(self, grid: Grid) -> Grid:
        """Return the grid with codes for the names of its parcels."""
        hidden = copy.copy(grid)
        code = {name: self.exact["parcel"][name] for name in map(str, grid.names)}
        hidden.names = sorted(code.values())
        position = {name: at for at, name in enumerate(hidden.names)}
        moved = np.array([position[code[str(name)]] for name in grid.names] + [-1])
        hidden.parcel_of = moved[grid.parcel_of].astype(grid.parcel_of.dtype)
        hidden.enclaves = {code[name] for name in grid.enclaves if name in code}
        hidden.areas = grid.areas.rename(index=code).reindex(hidden.names)
        hidden.shapes = self.parcels(grid.shapes).rename(index=code).loc[hidden.names]
        return hidden

    def key(self) -> pd.DataFrame:
        """Return which code is who, by kind and code."""
        key = pd.DataFrame(self.rows, columns=list(KEY_COLUMNS)).astype(object)
        return key.sort_values(["kind", "code"], ignore_index=True)


def _who(kind: str, name: str) -> str:
    return name if kind == "parcel" else name_key(name)


def _code(kind: str, n: int) -> str:
    return f"{LETTERS[kind]}{n:03d}"


def only(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a copy of a table with those of some columns that it has."""
    return table[[column for column in table.columns if column in set(columns)]].copy()


def _known_fields(table: pd.DataFrame, fields: Iterable[str]) -> pd.DataFrame:
    """Drop from ``assumed`` what is no name of a column: a file may have written anything there."""
    if "assumed" in table.columns:
        known = set(fields)
        table["assumed"] = [";".join(word for word in text.split(";") if word.strip() in known) or None
                            for text in texts(table, "assumed")]  # fmt: skip
    return table


# --- sentences -------------------------------------------------------------------------------------------------------


class Hiding:
    """Replaces names by codes, and addresses by dots, in a text: by whole words, whatever the case and punctuation."""

    def __init__(self, codes: Codes, layers: Layers, companies: pd.DataFrame) -> None:
        self.by_words: dict[tuple[str, ...], str] = {}
        for kind in ("parcel", "owner", "company"):
            for name, code in codes.exact[kind].items():
                self._learn(name, code)
                self._learn(name_key(name), code)
        tables = [table for table in (companies, layers.parcels, layers.addresses) if table is not None]
        for table in tables:
            for column in ("street", "postcode"):
                for text in set(texts(table, column)):
                    self._learn(text, HIDDEN)
                    self._learn(re.sub(r"^(\d{4})([A-Z]{2})$", r"\1 \2", text), HIDDEN)
        self.longest = max((len(words) for words in self.by_words), default=0)

    def _learn(self, text: str, code: str) -> None:
        words = tuple(plain(text).split())
        if words:
            self.by_words[words] = code

    def __call__(self, text: str) -> str:
        """Return the text with codes; the longest name that begins at a word counts."""
        found = list(re.finditer(r"[^\W_]+(?:['’.&-][^\W_]+)*\.?", text))
        # A word with points inside, such as B.V., counts as the words that `plain` makes of it.
        pieces = [plain(match[0]).split() for match in found]
        out, at, end = [], 0, 0
        while at < len(found):
            fit = self._longest_from(pieces, at)
            if fit is None:
                at += 1
                continue
            out += [text[end : found[at].start()], fit[1]]
            end = found[at + fit[0] - 1].end()
            at += fit[0]
        return "".join([*out, text[end:]])

    def _longest_from(self, pieces: list[list[str]], at: int) -> tuple[int, str] | None:
        """Return how many words from here are a name, and its code."""
        best, words = None, list[str]()
        for taken in range(1, len(pieces) - at + 1):
            words += pieces[at + taken - 1]
            if len(words) > self.longest:
                break
            code = self.by_words.get(tuple(words))
            best = (taken, code) if code is not None else best
        return best
