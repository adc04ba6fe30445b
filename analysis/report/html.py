"""A report as one HTML file: nothing is fetched from outside, nothing runs, it prints, and a screen reader can read it."""

from __future__ import annotations

import re
from functools import singledispatch
from html import escape

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

# Colours on white: text 15:1, notes 7:1, links 7:1; the rule of a callout is 3:1 and more.
_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;color:#1d1d1d;
background:#fff;max-width:56rem;margin:0 auto;padding:1.5rem 1.25rem 3rem;overflow-wrap:break-word}
h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.3;margin:2.2rem 0 .6rem;padding-top:.5rem;border-top:2px solid #0072b2}
h3{font-size:1.08rem;margin:1.8rem 0 .5rem}
p,ul,dl{margin:.6rem 0}li{margin:.3rem 0}.small,.contents{font-size:.9em;color:#4a4a4a}
.contents ul{columns:2;padding-left:1.2rem}a{color:#00568a}
a:focus-visible,.wide:focus-visible{outline:3px solid #0072b2;outline-offset:2px}
.callout{border-left:6px solid #b34700;background:#fff5ee;padding:.6rem 1rem;margin:1rem 0}
.callout p{margin:.2rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.6rem 0}
dl.short{grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem 1.2rem}
dt{color:#4a4a4a}dd{margin:0;overflow-wrap:anywhere}dl.short dt{font-size:.85rem}dl.short dd{font-weight:600}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
caption{text-align:left;font-weight:600;padding:.2rem 0 .5rem}
th,td{text-align:right;padding:.4rem .6rem;border-bottom:1px solid #d0d0d0;vertical-align:top;font-weight:400}
thead th{font-weight:600;vertical-align:bottom;border-bottom:2px solid #1d1d1d}
.text{text-align:left;overflow-wrap:anywhere;hyphens:auto}
tbody th{font-weight:600;min-width:8.2rem;max-width:16rem}td small{color:#4a4a4a;white-space:nowrap;font-size:.86em}
figure{margin:1.2rem 0}figure svg{display:block;width:100%;height:auto}figcaption{font-size:.9em;color:#4a4a4a}
pre{background:#f3f3f3;border:1px solid #d0d0d0;padding:.7rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:3rem;border-top:1px solid #d0d0d0;padding-top:.6rem;font-size:.85rem;color:#4a4a4a}
@media(max-width:34rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{body{max-width:none;padding:0;font-size:9.5pt;line-height:1.4}h1{font-size:18pt}h2{font-size:13pt;margin-top:12pt}
h2,h3,caption{break-after:avoid}figure,.callout,tr,li{break-inside:avoid}thead{display:table-header-group}
.break{break-before:page}.contents{display:none}.wide{overflow:visible}table{font-size:8.2pt}th,td{padding:2pt 4pt}
figure{margin:6pt 0}ul,p{margin:4pt 0}a{color:inherit;text-decoration:none}
.callout{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def render_html(document: Document) -> str:
    """Return a report as the text of one HTML file; the same document gives the same text."""
    parts: list[str] = []
    headings: list[tuple[str, str]] = []
    for number, block in enumerate(document.blocks):
        if isinstance(block, Heading):
            name = f"s{number}"
            if block.level == 2:
                headings.append((name, block.text))
            if block.level == 1:
                parts.append(f"<h1>{_text(block.text)}</h1>{{contents}}")
            else:
                parts.append(f'<h{block.level} id="{name}">{_text(block.text)}</h{block.level}>')
        else:
            parts.append(_render(block, number))
    links = "".join(f'<li><a href="#{name}">{_text(text)}</a></li>' for name, text in headings)
    contents = (f'<nav class="contents"><p id="contents">{_text(document.contents)}</p>'
                f"<ul>{links}</ul></nav>") if document.contents else ""
    body = "\n".join(part.replace("{contents}", contents) if part.startswith("<h1>") else part for part in parts)
    footer = f"<footer>{_text(document.footer)}</footer>" if document.footer else ""
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<title>{_text(document.title)}</title>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n{footer}\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    """Return text as HTML can hold it: marked-up characters escaped, control characters (not allowed there) as spaces."""
    return escape("".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text))


def _strong(strong: str, text: str) -> str:
    return f"<strong>{_text(strong)}</strong> {_text(text)}".strip() if strong else _text(text)


@singledispatch
def _render(block: object, number: int) -> str:
    raise TypeError(f"no HTML for a block of type {type(block).__name__}")


@_render.register
def _(block: Paragraph, number: int) -> str:
    small = ' class="small"' if block.small else ""
    return f"<p{small}>{_strong(block.strong, block.text)}</p>"


@_render.register
def _(block: BulletList, number: int) -> str:
    return f"<ul>{''.join(f'<li>{_strong(strong, text)}</li>' for strong, text in block.items)}</ul>"


@_render.register
def _(block: Callout, number: int) -> str:
    return f'<div class="callout" role="note"><p><strong>{_text(block.title)}</strong></p><p>{_text(block.text)}</p></div>'


@_render.register
def _(block: KeyValue, number: int) -> str:
    pairs = "".join(f"<div><dt>{_text(label)}</dt><dd>{_text(value)}</dd></div>" if not block.wide
                    else f"<dt>{_text(label)}</dt><dd>{_text(value)}</dd>" for label, value in block.rows)
    return f'<dl{"" if block.wide else " class=\"short\""}>{pairs}</dl>'


@_render.register
def _(block: Table, number: int) -> str:
    def cell(column: int, text: str) -> str:
        first, _, second = text.partition("\n")
        content = _text(first) + (f"<br><small>{_text(second)}</small>" if second else "")
        kind = ' class="text"' if column in block.texts else ""
        return f'<th scope="row"{kind}>{content}</th>' if column == 0 else f"<td{kind}>{content}</td>"

    head = "".join(f'<th scope="col"{" class=\"text\"" if column in block.texts else ""}>{_text(text)}</th>'
                   for column, text in enumerate(block.head))
    rows = "".join(f"<tr>{''.join(cell(column, text) for column, text in enumerate(row))}</tr>\n" for row in block.rows)
    # A table may be wider than a small screen: it scrolls in a region of its own, by keyboard too.
    return (f'<div class="wide" role="region" tabindex="0" aria-labelledby="t{number}"><table>'
            f'<caption id="t{number}">{_text(block.caption)}</caption><thead><tr>{head}</tr></thead>'
            f"<tbody>\n{rows}</tbody></table></div>")


@_render.register
def _(block: Picture, number: int) -> str:
    svg = block.svg[block.svg.index("<svg"):]
    # Several pictures on one page: their ids must not clash.
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>p{number}-", svg)
    label = _text(block.alternative)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return f"<figure>{svg}<figcaption>{_text(block.caption)}</figcaption></figure>"


@_render.register
def _(block: Code, number: int) -> str:
    return f"<pre><code>{_text(block.text)}</code></pre>"


@_render.register
def _(block: PageBreak, number: int) -> str:
    return '<div class="break"></div>'
