"""One picture per park: conclusions against structures, and what becomes of each."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from analysis.figures.canvas import BLUE, ORANGE, VERMILION, literal, new_figure
from analysis.structure.survival import VERDICTS, Survival, Verdict
from analysis.structure.wording import claim_text, interval, summary_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.sensitivity.wording import Words

_LOOK: dict[Verdict, dict[str, Any]] = {
    "holds": {"marker": "o", "ms": 11, "mfc": BLUE, "mec": BLUE, "mew": 1.0},
    "undecided": {"marker": "o", "ms": 11, "mfc": "white", "mec": ORANGE, "mew": 2.2},
    "turns": {"marker": "X", "ms": 14, "mfc": VERMILION, "mec": "black", "mew": 0.8},
}


def survival_figure(found: Survival, say: Words, title: str) -> Figure:
    """Draw a mark for every conclusion and structure: a full circle where it holds, an open one where it is undecided.

    Parameters
    ----------
    title
        Of the park.
    """
    groups = [(measure, list(ones)) for measure, ones in groupby(found.conclusions, lambda one: one.claim.measure)]
    lines = len(found.conclusions) + len(groups)
    figure = new_figure(13.0, 3.9 + 0.3 * lines)
    ax = figure.subplots()
    labels: dict[float, str] = {}
    y = 0.0
    for measure, ones in groups:
        ax.text(-0.6, y, say(f"structure.measure_{measure}"), fontsize=11.5, fontweight="bold", va="center")
        y += 1.0
        for one in ones:
            for x, name in enumerate(found.structures):
                ax.plot(x, y, ls="", **_LOOK[one.under[name].verdict])
            ax.plot([-0.6, len(found.structures) - 0.5], [y, y], color="#E8E8E8", lw=0.8, zorder=0)
            labels[y] = literal(textwrap.shorten(claim_text(one.claim, one.difference.reference, say), 56, placeholder="…"))
            ax.text(len(found.structures) - 0.3, y, interval(one.difference.difference, measure, say), fontsize=10,
                    va="center", color="#333333")  # fmt: skip
            y += 1.0
    ax.text(len(found.structures) - 0.3, 0.0, say("structure.column_as_it_is"), fontsize=10, va="center", color="#333333")
    ax.set_xlim(-0.7, len(found.structures) + 3.1)
    ax.set_ylim(y - 0.4, -0.7)
    ax.set_yticks(list(labels), list(labels.values()), fontsize=10.5)
    ax.set_xticks(range(len(found.structures)), [say(f"structure.name_{name}") for name in found.structures], fontsize=10.5,
                  rotation=40, ha="left", rotation_mode="anchor")  # fmt: skip
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    handles = [Line2D([], [], ls="", label=say(f"structure.legend_{verdict}"), **_LOOK[verdict]) for verdict in VERDICTS]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=10.5, frameon=False)
    lead = say("structure.figure_lead", park=literal(title, 60), seeds=say.number(found.seeds))
    figure.suptitle(f"{lead}\n{textwrap.fill(summary_text(found, say), 100)}", fontsize=13.5, x=0.01, ha="left")
    return figure
