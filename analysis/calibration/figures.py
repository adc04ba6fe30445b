"""The figures of a calibration: what was learned, what hangs together, where it leads, and whether it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.calibration.study import LEARNED, Calibration, statistic_row
from analysis.calibration.table import RANKS, Recovery, Weighted, ecdf_band
from analysis.calibration.targets import calibrated
from analysis.figures.canvas import BLUE, GREEN, ORANGE, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.calibration.wording import CalibrationWording

_GREY, _SHOWN = "#6B6B6B", 60
_OFF = (-3.0, 4.0)  # band-widths that are drawn; what lies beyond stands on the edge
_ROLES = {"used": BLUE, "out_of_reach": _GREY, "check": ORANGE}


def figures(found: Calibration, words: CalibrationWording) -> dict[str, Figure]:
    """Return every figure by the name of its file."""
    drawn = {
        "marginals": marginals(found, words), "pairs": pairs(found, words), "predictive": predictive(found, words),
        "recovery": recovery(found.recovery, words), "ranks": ranks(found.recovery, words),
    }  # fmt: skip
    if found.stand_ins is not None:
        drawn |= {"recovery_sequential": recovery(found.stand_ins, words), "ranks_sequential": ranks(found.stand_ins, words)}
    return drawn


def _grid(title: str, height: float = 6.6) -> tuple[Figure, list[Any]]:
    figure = new_figure(11.0, height)
    figure.suptitle(title, x=0.01, ha="left", fontsize=16, fontweight="bold")
    axes = list(figure.subplots(2, 3).flat)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _ticks(axis: Any, words: CalibrationWording) -> None:
    """Put few ticks at round values of a parameter."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda value, _: words.number(value, 2 if abs(value) < 5 else 0))


def _density(sample: Weighted, column: int, grid: np.ndarray) -> np.ndarray:
    """Return a weighted kernel density on 0-1, mirrored at both ends so that none leaks out."""
    from scipy.stats import gaussian_kde

    places, weights = sample.places[:, column], sample.weights
    kernel = gaussian_kde(np.concatenate([-places, places, 2.0 - places]), weights=np.tile(weights, 3))
    effective = sample.effective()
    width = max(float(sample.spread()[column]), 0.02) * effective ** -0.2
    kernel.set_bandwidth(width / float(np.sqrt(kernel.covariance[0, 0])) * kernel.factor)
    return np.asarray(3.0 * kernel(grid))


def marginals(found: Calibration, words: CalibrationWording) -> Figure:
    """Draw prior and posterior of each parameter."""
    figure, axes = _grid(words("marginals"))
    grid = np.linspace(0.0, 1.0, 200)
    for k, (ax, one) in enumerate(zip(axes, calibrated(), strict=True)):
        at = one.low + grid * (one.high - one.low)
        ax.fill_between(at, 0.0, 1.0, color="#D9D9D9", lw=0, label=words("prior"))
        ax.plot(at, _density(found.sequential.posterior, k, grid), color=BLUE, lw=2.5, label=words("posterior"))
        ax.plot(at, _density(found.from_table, k, grid), color=VERMILION, lw=1.8, ls="--", label=words("table"))
        ax.axvline(one.parameter.default, color="black", lw=1.2, ls=":", label=words("default"))
        learned = found.learned[k]
        told = words("learned", n=words.number(100 * learned)) if learned >= LEARNED else words("nothing")
        ax.set_title(words.parameter(one.name), loc="left", fontsize=11, fontweight="bold")
        ax.set_title(told, loc="right", fontsize=10, color=BLUE if learned >= LEARNED else VERMILION, y=0.92)
        ax.set(xlabel=words.unit(one.name), ylim=(0.0, None), xlim=(one.low, one.high))
        _ticks(ax.xaxis, words)
        ax.yaxis.set_major_formatter(lambda value, _: words.number(value, 1))
    for ax in (axes[0], axes[3]):
        ax.set_ylabel(words("density"))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=10.5)
    return figure


def pairs(found: Calibration, words: CalibrationWording) -> Figure:
    """Draw the posterior of every pair of parameters, with their correlation."""
    sample, names = found.sequential.posterior, [one.parameter.name for one in calibrated()]
    n = len(names)
    figure = new_figure(10.0, 10.0)
    figure.suptitle(words("pairs"), x=0.01, ha="left", fontsize=16, fontweight="bold")
    axes = figure.subplots(n, n)
    centred = sample.places - sample.weights @ sample.places
    covariance = (centred * sample.weights[:, None]).T @ centred
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    grid = np.linspace(0.0, 1.0, 100)
    for i in range(n):
        for j in range(n):
            ax = axes[i, j]
            ax.set(xlim=(0, 1), xticks=[], yticks=[])
            if i == j:
                ax.plot(grid, _density(sample, i, grid), color=BLUE, lw=2)
                ax.set_ylim(0.0, None)
            elif i > j:
                ax.scatter(sample.places[:, j], sample.places[:, i], s=8.0 * sample.weights / sample.weights.mean() + 1.0,
                           color=BLUE, alpha=0.4, lw=0)
                ax.set_ylim(0, 1)
            else:
                value = correlation[i, j]
                ax.text(0.5, 0.5, words.number(value, 2), ha="center", va="center", fontsize=10 + 10 * abs(value),
                        color=VERMILION if value < 0 else GREEN, transform=ax.transAxes)
                ax.spines[:].set_color("#D9D9D9")
            if i == n - 1:
                ax.set_xlabel(names[j], fontsize=10.5)
            if j == 0:
                ax.set_ylabel(names[i], fontsize=10.5)
    figure.supxlabel(words("pairs_note"), fontsize=10.5)
    return figure


def predictive(found: Calibration, words: CalibrationWording) -> Figure:
    """Draw where prior and posterior lead for every number, on the scale of its band."""
    targets = (*found.used, *found.out_of_reach, *found.checks)
    rows = [statistic_row(found, target) for target in targets]
    figure = new_figure(11.0, 1.8 + 0.42 * len(rows))
    figure.suptitle(words("predictive"), x=0.01, ha="left", fontsize=16, fontweight="bold")
    ax = figure.subplots()
    ax.axvspan(0.0, 1.0, color="#BFE3D3", lw=0, label=words("band"))
    for k, row in enumerate(rows):
        width = row["high"] - row["low"]
        colour = _ROLES[row["role"]]
        for side, shade, lw, shift in (("prior", "#BDBDBD", 2.0, -0.2), ("posterior", colour, 4.0, 0.1)):
            low, middle, high = np.clip((np.array(row[side]) - row["low"]) / width, *_OFF)
            ax.plot([low, high], [k + shift] * 2, color=shade, lw=lw, solid_capstyle="butt")
            ax.plot(middle, k + shift, "o", color=shade, ms=4 + lw, mec="white")
    names = [f"{row['pattern']}  {words.statistic(row['statistic']).rstrip('*')}" for row in rows]
    ax.set(yticks=range(len(rows)), ylim=(len(rows) - 0.4, -0.6), xlim=_OFF)
    ax.set_yticklabels(names, fontsize=10.5)
    ax.set_xlabel(words("predictive_axis"), fontsize=10.5)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.plot([], [], color="#BDBDBD", lw=2, label=words("prior"))
    present = {row["role"] for row in rows}
    for role, colour in _ROLES.items():
        if role in present:
            ax.plot([], [], color=colour, lw=4, label=words(role))
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=10)
    return figure


def recovery(found: Recovery, words: CalibrationWording) -> Figure:
    """Draw what was found against the truth, for each parameter."""
    figure, axes = _grid(words("recovery"), 7.0)
    coverage, correlation = found.coverage()[-1], found.explained()
    shown = np.linspace(0, len(found.truths) - 1, min(_SHOWN, len(found.truths))).astype(int)
    for k, (ax, one) in enumerate(zip(axes, calibrated(), strict=True)):
        scale = one.high - one.low
        truth, middle, low, high = (one.low + scale * a[shown, k] for a in (found.truths, found.medians, found.low, found.high))
        ax.plot([one.low, one.high], [one.low, one.high], color=_GREY, lw=1)
        ax.vlines(truth, low, high, color=BLUE, alpha=0.35, lw=1.2)
        ax.plot(truth, middle, "o", color=BLUE, ms=4)
        ax.set_title(words.parameter(one.name), loc="left", fontsize=11, fontweight="bold")
        told = words("correlation", r=words.number(correlation[k], 2), c=words.number(100 * coverage[k]))
        ax.text(0.02, 0.98, told, transform=ax.transAxes, va="top", fontsize=9.5,
                bbox={"fc": "white", "ec": "none", "alpha": 0.8})
        ax.set(xlim=(one.low, one.high), ylim=(one.low, one.high), xlabel=f"{words('truth')}, {words.unit(one.name)}")
        for axis in (ax.xaxis, ax.yaxis):
            _ticks(axis, words)
    for ax in (axes[0], axes[3]):
        ax.set_ylabel(words("found"))
    return figure


def ranks(found: Recovery, words: CalibrationWording) -> Figure:
    """Draw how the ranks of the truths differ from uniform, with the band for the whole curve."""
    figure, axes = _grid(words("ranks"))
    band, at = ecdf_band(len(found.ranks)), np.arange(RANKS + 1)
    for k, (ax, one) in enumerate(zip(axes, calibrated(), strict=True)):
        counts = np.bincount(found.ranks[:, k], minlength=RANKS + 1)
        apart = np.cumsum(counts) / counts.sum() - (at + 1) / (RANKS + 1)
        ax.fill_between(at, -band, band, color="#D9D9D9", lw=0)
        ax.axhline(0.0, color=_GREY, lw=1)
        ax.plot(at, apart, color=VERMILION if (np.abs(apart) > band + 1e-12).any() else BLUE, lw=2, drawstyle="steps-mid")
        ax.set_title(words.parameter(one.name), loc="left", fontsize=11, fontweight="bold")
        limit = 1.6 * max(float(band.max()), float(np.abs(apart).max()) / 1.4)
        ax.set(ylim=(-limit, limit), xlim=(0, RANKS))
        ax.yaxis.set_major_formatter(lambda value, _: words.number(value, 2))
    for ax in axes[3:]:
        ax.set_xlabel(words("rank_axis"))
    for ax in (axes[0], axes[3]):
        ax.set_ylabel(words("ecdf_axis"))
    figure.supxlabel(words("ranks_note"), fontsize=10.5)
    return figure
