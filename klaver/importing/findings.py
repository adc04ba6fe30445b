"""What an import found: mended, assumed, left out, each with the place on the map where it is.

Every finding is a key of ``klaver/language/importing/*.toml`` with what fills it in, so that it can be told in Dutch and in
English. What makes a park impossible is collected too, and raised at the end of a stage as one :class:`CannotImport`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from klaver.language import ImportLanguage
from sim.inputs.problems import InputProblem

Level = Literal["mended", "left_out", "assumed", "note", "refused"]
Place = tuple[float, float]


@dataclass(frozen=True)
class Finding:
    """One thing that an import found.

    Attributes
    ----------
    level
        ``"mended"``: changed so that it fits; ``"left_out"``: not in the park; ``"assumed"``: inferred from other things
        in the files; ``"note"``: worth knowing; ``"refused"``: no park can be made with it.
    key
        Of its sentence: ``"reading.no_crs"`` stands in ``reading.nl.toml`` and ``reading.en.toml``.
    values
        What fills the sentence in: texts, and numbers, which are written as the language does.
    where
        Easting and northing in the system of the map, in metres; None where it has no place.
    what
        The file, parcel or company that it is about; empty for the park as a whole.
    """

    level: Level
    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    where: Place | None = None
    what: str = ""

    def told(self, say: ImportLanguage) -> str:
        """Return the finding as a sentence, with its place where it has one."""
        values = {name: value if isinstance(value, str) else _number(value, say) for name, value in self.values.items()}
        sentence = say(self.key, **values)
        if self.where is None:
            return sentence
        x, y = (say.number(value) for value in self.where)
        return f"{sentence} {say('findings.at', x=x, y=y)}"


class Findings:
    """All findings of one import, in the order in which they came."""

    def __init__(self) -> None:
        self._all: list[Finding] = []

    def add(
        self, level: Level, key: str, *, where: Place | None = None, what: str = "", **values: str | int | float
    ) -> None:
        """Add one; ``values`` fill in its sentence."""
        self._all.append(Finding(level, key, values, where, what))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def of(self, level: Level) -> list[Finding]:
        """Return those of one level."""
        return [finding for finding in self._all if finding.level == level]

    def counts(self) -> Counter[str]:
        """Return how many there are of each key."""
        return Counter(finding.key for finding in self._all)

    def stop_if_refused(self) -> None:
        """Go on only where nothing was refused.

        Raises
        ------
        CannotImport
            With everything that was refused so far.
        """
        refused = self.of("refused")
        if refused:
            raise CannotImport(refused)


class CannotImport(InputProblem):
    """No park can be made of these files.

    Parameters
    ----------
    findings
        Why not: one or more.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__([finding.told(ImportLanguage("en")) for finding in findings])
        self.findings = findings

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way between processes."""
        return type(self), (self.findings,)

    def told(self, say: ImportLanguage) -> list[str]:
        """Return every reason as a sentence."""
        return [finding.told(say) for finding in self.findings]


def refuse(key: str, *, where: Place | None = None, what: str = "", **values: str | int | float) -> CannotImport:
    """Return the error of a single reason: ``raise refuse("reading.no_crs", file=name)``."""
    return CannotImport([Finding("refused", key, values, where, what)])


def _number(value: float, say: ImportLanguage) -> str:
    digits = 0 if float(value).is_integer() or abs(value) >= 100 else 2
    return say.number(value, digits)
