"""What every picture shares: colours, the figure itself, texts of users, the receipt, and writing it as PNG and SVG."""

from __future__ import annotations

import io
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

if TYPE_CHECKING:
    from analysis.receipt import Receipt

# Okabe and Ito's colours.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")  # fmt: skip


def new_figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def literal(text: str, width: int | None = None) -> str:
    """Return text of a user so that Matplotlib draws it as it stands: no mathematics between dollar signs, no controls.

    Parameters
    ----------
    width
        Longest line; text is folded over two lines and cut with an ellipsis beyond that. None leaves it on one line.
    """
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    if width is not None:
        clean = textwrap.fill(clean, width, max_lines=2, placeholder="…", break_long_words=True)
    return clean.replace("$", r"\$")


STRIP = 0.22  # inches added below a stamped picture


def stamp(figure: Figure, receipt: Receipt) -> None:
    """Write the receipt small and grey in a strip below the picture, which stays as it is; one that is there goes.

    The strip shows when the figure is written by :func:`save` or :func:`svg_text`.
    """
    for text in _stamps(figure):
        text.remove()
    line = figure.text(0.995, -0.75 * STRIP / figure.get_figheight(), literal(receipt.line), fontsize=7.5,
                       color="#6B6B6B", ha="right", va="baseline", gid="receipt")
    line.set_in_layout(False)


def _stamps(figure: Figure) -> list[Any]:
    return [text for text in figure.texts if text.get_gid() == "receipt"]


def _frame(figure: Figure) -> Bbox:
    """Return what of the drawing to write, in inches: all of it, and the strip below when there is a stamp."""
    width, height = figure.get_size_inches()
    return Bbox.from_extents(0, -STRIP if _stamps(figure) else 0, width, height)


def save(figure: Figure, path: Path, receipt: Receipt | None = None) -> list[Path]:
    """Write a figure as PNG and SVG, free of dates, and return the paths.

    Parameters
    ----------
    path
        Without suffix.
    receipt
        Is stamped in the picture and kept in the metadata of both files (PNG: ``Description`` and ``Receipt``; SVG:
        ``dc:description`` and ``dc:identifier``).
    """
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    about: dict[str, str | None] = {"Software": None}
    if receipt is not None:
        stamp(figure, receipt)
        about |= {"Description": receipt.line, "Receipt": receipt.id}
    _settle(figure)
    figure.savefig(png, dpi=150, metadata=about, bbox_inches=_frame(figure))
    svg.write_text(svg_text(figure, receipt=receipt), encoding="utf-8", newline="\n")
    return [png, svg]


def _settle(figure: Figure) -> None:
    """Lay the figure out, once: a layout engine that stays would do so, and draw all, before every time it is written."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def svg_text(figure: Figure, salt: str = "klaver", receipt: Receipt | None = None) -> str:
    """Return a figure as SVG, letters as outlines, free of dates: the same figure gives the same text.

    Parameters
    ----------
    salt
        Of the names of shared elements; figures that come on one page need different ones.
    receipt
        Goes into the metadata; see :func:`stamp` for the picture itself.
    """
    import matplotlib

    about: dict[str, str | None] = {"Date": None, "Creator": None}
    if receipt is not None:
        about |= {"Description": receipt.line, "Identifier": receipt.id}
    _settle(figure)
    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}):
        figure.savefig(out, format="svg", metadata=about, bbox_inches=_frame(figure))
    return out.getvalue()


@lru_cache(maxsize=256)
def strategy_title(name: str, language: str) -> str:
    """Return what a shipped strategy is called in a language; the name itself for a user's own."""
    from sim.inputs.strategy import list_strategies, load_strategy

    if name in list_strategies():
        return load_strategy(name).title.get(language, name)
    return name.replace("_", " ")


def label(name: str, language: str, width: int = 24) -> str:
    """Return the title of a strategy as a picture can hold it: drawn literally, on at most two lines."""
    return literal(strategy_title(name, language), width)
