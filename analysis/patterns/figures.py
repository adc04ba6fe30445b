"""One figure per pattern: the band as a bar, the estimate with its interval, and the parks behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.patterns.estimation import CANNOT_TELL, MET, NOT_MET, Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.patterns import Judged
    from analysis.patterns.wording import PatternWording

# Okabe and Ito's colours; the marker differs too, for whoever sees no colour.
COLOURS = {MET: "#009E73", NOT_MET: "#D55E00", CANNOT_TELL: "#7A6A00"}
MARKERS = {MET: "o", NOT_MET: "X", CANNOT_TELL: "D"}
_BAND, _PARKS = "#BFE3D3", "#0072B2"
_ROW, _HEAD = 1.15, 1.0  # inches
_CUT = (0.04, 0.96)  # of the parks' weight: the few beyond lie on the edge of the axis
_LEAST_VALUES = 5  # different values of parks, below which dots say nothing


def pattern_figure(judged: Judged, words: PatternWording) -> Figure:
    """Draw a pattern: a row per statistic, each on a scale of its own."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = judged.findings
    figure = Figure(figsize=(9.5, _HEAD + _ROW * len(rows)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    title = f"{judged.pattern.number}. {words.title(judged.pattern.number)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=15, fontweight="bold")
    dots = [_draw(ax, finding, words) for ax, finding in zip(axes, rows, strict=True)]
    _legend(figure, words, any(dots))
    return figure


def _draw(ax: Any, finding: Finding, words: PatternWording) -> bool:
    """Draw one statistic; return whether its parks are shown."""
    statistic, colour = finding.statistic, COLOURS[finding.verdict]
    shown = _shows_parks(finding)
    low, high = _limits(finding, shown)
    ax.axvspan(statistic.low, statistic.high, color=_BAND, lw=0, zorder=0)
    if shown:
        known = np.isfinite(finding.parks)
        values = np.clip(finding.parks[known], low, high)
        heights = -0.30 + 0.22 * np.random.default_rng(1).uniform(-1, 1, values.size)
        sizes = 14.0 * finding.weights[known] / finding.weights.mean()
        ax.scatter(values, heights, s=sizes, color=_PARKS, alpha=0.35, lw=0, zorder=2, clip_on=False)
    if np.isfinite(finding.low):
        ax.plot([finding.low, finding.high], [0.35, 0.35], color=colour, lw=3, solid_capstyle="butt", zorder=3)
    if np.isfinite(finding.value):
        ax.plot([finding.value], [0.35], marker=MARKERS[finding.verdict], ms=10, color=colour, mec="white", zorder=4)
    ax.set(xlim=(low, high), ylim=(-0.65, 0.75), yticks=[])
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: words.number(value, _decimals(high - low)))
    ax.set_title(words.statistic(statistic), loc="left", fontsize=11)
    ax.set_title(f"{words.number(finding.value, statistic.digits)}   {words('verdict', finding.verdict)}", loc="right",
                 fontsize=11, color=colour, fontweight="bold")
    return shown


def _decimals(span: float) -> int:
    return 0 if span > 8 else 1 if span > 0.8 else 2


def _shows_parks(finding: Finding) -> bool:
    known = finding.parks[np.isfinite(finding.parks)]
    return finding.statistic.per_park and known.size > 0.5 * finding.parks.size and np.unique(known).size >= _LEAST_VALUES


def _limits(finding: Finding, shown: bool) -> tuple[float, float]:
    """Return the ends of the axis: band, interval, and nearly all of the parks' weight."""
    statistic = finding.statistic
    ends = [statistic.low, statistic.high, finding.value, finding.low, finding.high]
    if shown:
        known = np.isfinite(finding.parks)
        order = np.argsort(finding.parks[known])
        passed = np.cumsum(finding.weights[known][order]) / finding.weights[known].sum()
        inner = finding.parks[known][order][np.searchsorted(passed, _CUT).clip(max=order.size - 1)]
        ends += inner.tolist()
    usable = [end for end in ends if np.isfinite(end)]
    margin = 0.04 * (max(usable) - min(usable))
    return min(usable) - margin, max(usable) + margin


def _legend(figure: Figure, words: PatternWording, dots: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(color=_BAND, label=words("figure", "band")),
        Line2D([], [], color="#444444", lw=3, marker="o", ms=8, mec="white", label=words("figure", "estimate")),
    ]
    if dots:
        handles.append(Line2D([], [], color=_PARKS, alpha=0.5, lw=0, marker="o", ms=5, label=words("figure", "park")))
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False, fontsize=9.5)
