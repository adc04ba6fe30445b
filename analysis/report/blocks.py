"""What a report is built of: blocks without any layout, which ``html.py`` and ``pdf.py`` each render in their own way.

All texts are plain text: nothing in them is ever read as markup or code, so a park may be called ``<b>`` or ``#eval``.
In a cell of a table a second line is set smaller, for an interval.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title of the whole document, and comes once."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text, with a few words in bold before it. `small` sets a note below a table."""

    text: str
    strong: str = ""
    small: bool = False


@dataclass(frozen=True)
class BulletList:
    """Points, each as (words in bold, text)."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Callout:
    """A message set apart: what a reader must not miss."""

    title: str
    text: str


@dataclass(frozen=True)
class KeyValue:
    """Labels with their values. `wide` puts one pair on a line, for long values."""

    rows: tuple[tuple[str, str], ...]
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table. Every row has as many cells as `head`; the first cell of a row names it.

    Attributes
    ----------
    texts
        Columns, counted from 0, that hold text and are set to the left; the others hold numbers.
    widths
        Share of the width per column, on paper; empty leaves text somewhat wider than numbers.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: tuple[int, ...] = (0,)
    widths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.widths and len(self.widths) != len(self.head):
            raise ValueError(f"table {self.caption!r}: {len(self.widths)} widths for {len(self.head)} columns")
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"table {self.caption!r}: a row of {len(row)} cells under a head of {len(self.head)}")


@dataclass(frozen=True)
class Picture:
    """A figure: drawn as SVG (a whole document), with what it shows and, in words, what is to be seen.

    `alternative` is for those who cannot see it.
    """

    svg: str
    caption: str
    alternative: str


@dataclass(frozen=True)
class Code:
    """Commands to type, as they stand."""

    text: str


@dataclass(frozen=True)
class PageBreak:
    """What follows starts on a new page, in print."""


Block = Heading | Paragraph | BulletList | Callout | KeyValue | Table | Picture | Code | PageBreak


@dataclass(frozen=True)
class Document:
    """A report, before it has any layout.

    Attributes
    ----------
    title
        Stands in the window or tab, and in the metadata of the PDF.
    language
        ``nl`` or ``en``.
    footer
        Stands below every page.
    contents
        Title of the list of contents; none is made where it is empty.
    """

    title: str
    language: str
    blocks: tuple[Block, ...]
    footer: str = ""
    contents: str = ""
