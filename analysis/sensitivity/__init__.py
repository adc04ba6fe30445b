"""Which assumptions matter: for what a strategy does, and for which of two strategies does better.

Two steps, as is usual where a model has hundreds of inputs (Saltelli et al. 2008, *Global Sensitivity Analysis: The Primer*):

1. Screening finds the few that do something. :func:`sample` moves all assumptions at once and fits what each does on
   average: every run tells of all of them, which takes few runs where a future is mostly luck. :func:`screen` moves them one
   at a time from many random places (Morris 1991; ``mu_star`` of Campolongo et al. 2007): it also sees effects that go both
   ways, and needs far more runs.
2. :func:`decompose` tells, for those few, which share of the variance is due to each alone and with the others (Sobol's
   first and total order; design and estimators of Saltelli et al. 2010, by SALib).

Both look at six outcomes of each strategy less its twin without intervention, and of one strategy less the other.

**Chance.** A run depends on its seed too. In a sample every point has one seed, and no two points share one: luck is noise
around the fit. In the other two every outcome is a mean over some seeds per point. The points that are compared
with each other (a trajectory, a block of Saltelli's design) have the same seeds, so that differences are paired; each
trajectory or block has seeds of its own, so that what is averaged over them is averaged over luck as well, and intervals
over them cover both. One factor is added that changes nothing but the luck: the same park and assumptions with other
seeds. What it does is all that chance can do, for luck that is not shared differs more than luck that is. An assumption
*stands* only where it can be told from that; which test, and how often it errs, is said at :func:`sample`,
:func:`screen` and :func:`decompose`.

A multiplier is a ratio of sums, and at many points the extra public money is about nil, so that it has no value there;
the outcome ``net_private`` (extra private less extra public euros) says the same without a denominator.

    design.py       places where the model is run, and with which luck
    running.py      the runs of a design: through a store, in parallel; outcomes of points
    sample.py       least squares on a sample of all ranges
    screening.py    Morris
    indices.py      Sobol
    figures.py, page.py    pictures, and the page that names the assumptions that matter most
"""

from __future__ import annotations

from analysis.sensitivity.design import LUCK, Design, blocks, points, trajectories
from analysis.sensitivity.indices import Indices, decompose
from analysis.sensitivity.running import OUTCOMES, Answers, Contrast, run_design
from analysis.sensitivity.sample import Sample, sample
from analysis.sensitivity.screening import Screening, screen

__all__ = [
    "LUCK", "OUTCOMES", "Answers", "Contrast", "Design", "Indices", "Sample", "Screening", "blocks", "decompose", "points",
    "run_design", "sample", "screen", "trajectories",
]  # fmt: skip
