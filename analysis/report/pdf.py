"""A report as an accessible PDF (PDF/UA-1): tagged, with title, language and a text alternative for every picture.

Set by Typst with the fonts inside it, so that every machine makes the same bytes. Texts travel as data (JSON), never as
Typst source, and Typst may read nothing outside a temporary folder.
"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from functools import singledispatch
from importlib import resources
from pathlib import Path
from typing import Any

from analysis.report.blocks import (
    BulletList,
    Callout,
    Code,
    Document,
    Heading,
    KeyValue,
    PageBreak,
    Paragraph,
    Picture,
    Table,
)

_BLOCKS_OF_LETTERS = ((0x20, 0x7E), (0xA0, 0x17F), (0x1E80, 0x1E85), (0x391, 0x3A1), (0x3A3, 0x3A9), (0x3B1, 0x3C9),
                      (0x410, 0x44F))  # fmt: skip
_MARKS = frozenset("–—‘’“”„•…€−×≤≥≠→←\n")
UNKNOWN = "?"
_HALO = re.compile(
    r'<text\b([^>]*?) stroke="[^"]*"[^>]*? paint-order="stroke"( stroke-linejoin="[^"]*")?([^>]*)>([^<]*)</text>')


def render_pdf(document: Document) -> bytes:
    """Return a report as a PDF; the same document gives the same bytes.

    A letter that the fonts do not hold (Chinese, emoji) is shown as ``?``: an accessible PDF may hold no letter without
    a shape.

    Raises
    ------
    typst.TypstError
        If Typst refuses the document.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="klaver-report-") as name:
        folder = Path(name)
        blocks = []
        for number, block in enumerate(document.blocks):
            content = _render(block)
            if isinstance(block, Picture):
                content["file"] = f"picture-{number}.svg"
                (folder / content["file"]).write_text(_over_halo(_printable(block.svg)), encoding="utf-8")
            blocks.append(content)
        report = {"title": document.title, "language": document.language, "footer": document.footer, "blocks": blocks}
        (folder / "report.json").write_text(json.dumps(_printable(report), ensure_ascii=False), encoding="utf-8")
        source = resources.files("analysis.report").joinpath("report.typ").read_bytes()
        (folder / "report.typ").write_bytes(source)
        found: Any = typst.compile(
            str(folder / "report.typ"), root=str(folder), ignore_system_fonts=True, font_paths=[], timestamp=0,
            pdf_standards=["ua-1"])
    return bytes(found)


def _over_halo(svg: str) -> str:
    """Return a picture in which letters with a line around them are written once more, over that line.

    Typst draws the line last, over the letters, whatever ``paint-order`` says.
    """
    return _HALO.sub(r"\g<0><text\1\3>\4</text>", svg)


def _printable(value: Any) -> Any:
    """Return data with every letter that the fonts lack replaced; letters and their accents are joined first."""
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(item) for item in value]
    if isinstance(value, str):
        return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", value))
    return value


def _letter(letter: str) -> str:
    if letter in _MARKS or any(first <= ord(letter) <= last for first, last in _BLOCKS_OF_LETTERS):
        return letter
    return " " if letter.isspace() or unicodedata.category(letter)[0] == "C" else UNKNOWN


@singledispatch
def _render(block: object) -> dict[str, Any]:
    raise TypeError(f"no PDF for a block of type {type(block).__name__}")


@_render.register
def _(block: Heading) -> dict[str, Any]:
    return {"kind": "heading", "text": block.text, "level": block.level}


@_render.register
def _(block: Paragraph) -> dict[str, Any]:
    return {"kind": "paragraph", "strong": block.strong, "text": block.text, "small": block.small}


@_render.register
def _(block: BulletList) -> dict[str, Any]:
    return {"kind": "list", "items": block.items}


@_render.register
def _(block: Callout) -> dict[str, Any]:
    return {"kind": "callout", "title": block.title, "text": block.text}


@_render.register
def _(block: KeyValue) -> dict[str, Any]:
    return {"kind": "pairs", "rows": block.rows, "wide": block.wide}


@_render.register
def _(block: Table) -> dict[str, Any]:
    widths = block.widths or tuple(1.35 if column in block.texts else 1.0 for column in range(len(block.head)))
    return {"kind": "table", "caption": block.caption, "head": block.head, "rows": block.rows, "texts": block.texts,
            "widths": widths}


@_render.register
def _(block: Picture) -> dict[str, Any]:
    return {"kind": "picture", "caption": block.caption, "alternative": block.alternative}


@_render.register
def _(block: Code) -> dict[str, Any]:
    return {"kind": "code", "text": block.text}


@_render.register
def _(block: PageBreak) -> dict[str, Any]:
    return {"kind": "break"}
