"""What the files offer: every layer and table, and what each is taken for.

By a mapping file, by the option a file was named with, or by itself (``recognising``), in that order of force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from klaver.importing.findings import CannotImport, Findings, refuse
from klaver.importing.reading.archives import take
from klaver.importing.reading.columns import FileMapping, fold, knows
from klaver.importing.reading.held_files import HeldFile, Hold
from klaver.importing.reading.map_files import LayerInfo, list_layers, reading
from klaver.importing.reading.recognising import Guess, fits, recognise
from klaver.importing.reading.tables import read_csv, read_workbook


@dataclass
class Offer:
    """One layer or table, and what it is taken for.

    Attributes
    ----------
    file
        Checked copy that it is in.
    info
        Of a layer of a map; None for a table of CSV or Excel, which is in ``table``.
    layer
        Name of the layer or sheet; empty where the file has one.
    geometry, columns
        As :class:`klaver.importing.reading.map_files.LayerInfo`.
    guess
        What it is.
    table
        What was read of CSV or Excel.
    """

    file: HeldFile
    info: LayerInfo | None
    layer: str
    geometry: str
    columns: tuple[str, ...]
    guess: Guess
    table: pd.DataFrame | None = None

    @property
    def shown(self) -> str:
        """What it is called in a message."""
        return f"{self.file.name}: {self.layer}" if self.layer else self.file.name


def collected(findings: Findings, work: Callable[..., Any], *given: Any, otherwise: Any = None) -> Any:
    """Return what ``work`` gives; if it is refused, add why and return ``otherwise``: so all is told at once."""
    try:
        return work(*given)
    except CannotImport as problem:
        for one in problem.findings:
            if one not in list(findings):
                findings.add(one.level, one.key, where=one.where, what=one.what, **dict[str, Any](one.values))
        return otherwise


@dataclass
class Offers:
    """All layers and tables of one import.

    Attributes
    ----------
    hold
        Where copies go.
    findings
        Told of what is left out and refused.
    own
        What the mapping file says.
    found
        What there is.
    """

    hold: Hold
    findings: Findings
    own: FileMapping
    found: list[Offer] = field(default_factory=list)

    def take_in(self, place: Path | None, named: Mapping[str, Path]) -> None:
        """Take in everything that is offered, and say what each is."""
        if place is not None:
            for file in collected(self.findings, take, place, self.hold, self.findings, otherwise=[]):
                self.found += collected(self.findings, self._in_file, file, otherwise=[])
        self._as_mapped()
        for role, path in named.items():
            mine: list[Offer] = []
            for file in collected(self.findings, take, path, self.hold, self.findings, otherwise=[]):
                mine += collected(self.findings, self._in_file, file, otherwise=[])
            chosen = collected(self.findings, self._for_role, role, mine, otherwise=[])
            self.found = [offer for offer in self.found if offer.guess.role != role] + chosen

    def _in_file(self, file: HeldFile) -> list[Offer]:
        known = knows("companies")
        if file.kind in ("csv", "xlsx"):
            with reading(file):
                if file.kind == "csv":
                    tables = [("", read_csv(file, self.hold.limits, self.findings, known))]
                else:
                    tables = read_workbook(file, self.hold.limits, self.findings, known)
            return [
                Offer(file, None, name if len(tables) > 1 else "", "none", columns := tuple(map(str, table.columns)),
                       recognise(name if len(tables) > 1 else "", file.name, "none", columns), table)
                for name, table in tables
            ]  # fmt: skip
        infos = list_layers(file, self.hold.limits, self.findings)
        beside = frozenset(info.layer for info in infos)
        return [Offer(file, info, info.layer, info.geometry, info.columns,
                       recognise(info.layer, file.name, info.geometry, info.columns, beside)) for info in infos]  # fmt: skip

    def _as_mapped(self) -> None:
        """Give the files that a mapping names their role."""
        for role, (name, layer) in self.own.files.items():
            found = [offer for offer in self.found if offer.file.name == name and layer in ("", offer.layer)]
            if not found:
                self.findings.add("refused", "reading.mapping_no_file", what=name, file=name, role=role, layer=layer)
            for offer in self.found:
                if offer in found:
                    offer.guess = Guess(role, offer.guess.form, 5)
                elif offer.guess.role == role:
                    offer.guess = Guess()

    def _for_role(self, role: str, offers: list[Offer]) -> list[Offer]:
        """Return of a file that was named for a role the layers to take."""
        own = [offer for offer in offers if offer.guess.role == role]
        if not own:
            own = [offer for offer in offers if fits(role, offer.geometry)]
        if len(own) > 1 and own[0].guess.role != role:
            names = ", ".join(offer.layer for offer in own)
            raise refuse("reading.which_layer", what=own[0].file.name, file=own[0].file.name, layers=names, role=role)
        if not own and offers:
            raise refuse("reading.not_for_role", what=offers[0].file.name, file=offers[0].file.name, role=role)
        return [replace(offer, guess=Guess(role, offer.guess.form, 5)) for offer in own]

    def of(self, role: str) -> list[Offer]:
        """Return those that are taken for a role."""
        return [offer for offer in self.found if offer.guess.role == role]

    def take_only_polygons(self) -> None:
        """Take the only layer of polygons that is nothing known for the parcels, where there are no others."""
        unknown = [offer for offer in self.found if not offer.guess.role and offer.geometry in ("polygon", "any")]
        if not self.of("parcels") and len(unknown) == 1:
            unknown[0].guess = Guess("parcels", "", 1)
            self.findings.add("assumed", "reading.taken_for_parcels", what=unknown[0].file.name, file=unknown[0].shown)

    def best(self, role: str, left_out: str) -> list[Offer]:
        """Return of a role the offer that says most, with those of the same columns (sheets of one map).

        Parameters
        ----------
        role
            Of which there are one or more.
        left_out
            Key of the sentence for the others.
        """
        offers, known = self.of(role), knows(role)
        best = max(offers, key=lambda one: (one.guess.strength, sum(map(known, one.columns)), -offers.index(one)))
        alike = [one for one in offers if role == "parcels" and set(map(fold, one.columns)) == set(map(fold, best.columns))]
        alike = alike or [best]
        for other in offers:
            if other not in alike:
                self.findings.add("left_out", left_out, what=other.file.name, file=other.shown, taken=best.shown)
        return [best, *(one for one in alike if one is not best)]
