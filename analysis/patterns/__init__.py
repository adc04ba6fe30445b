"""The patterns that a credible model reproduces, as code: which runs tell, the statistic, the band, and the verdict.

``definitions`` lists the eleven patterns, ``following`` reads their counts from runs, ``appraisals`` from controlled
appraisals, ``estimation`` says how sure a statistic is and what follows, ``figures`` draws it, ``wording`` names it in
Dutch and English. :func:`validate` does all of it over a stock of parks that stands for the Netherlands
(``analysis/dutch_stock.py``). Nothing is fitted here, and no parameter is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.dutch_stock import StockPark
from analysis.engines import Engine
from analysis.patterns.definitions import PATTERNS, Pattern
from analysis.patterns.estimation import (
    CANNOT_TELL,
    MET,
    NOT_MET,
    NOT_REPRESENTED,
    Finding,
    Sample,
    estimate,
)

COUNCIL_SEEDS = 200  # for what is drawn per seed and not per park
_FIFTH = 0.2  # of years: those of lowest and of highest activity are held against each other


@dataclass(frozen=True)
class Judged:
    """One pattern and what the runs say of it.

    Attributes
    ----------
    pattern : Pattern
    findings : tuple of Finding
        In the order of its statistics.
    verdict : str
        ``not_met`` if any statistic is; ``met`` if all are; else ``cannot_tell``. Parts that are not represented do not
        count. ``not_represented`` where nothing can be computed.
    """

    pattern: Pattern
    findings: tuple[Finding, ...]
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """Return the pattern and its findings as plain values."""
        return {
            "pattern": self.pattern.number, "verdict": self.verdict,
            "not_represented": list(self.pattern.not_represented),
            "statistics": [finding.to_json() for finding in self.findings],
        }  # fmt: skip


def judge(pattern: Pattern, samples: dict[str, Sample]) -> Judged:
    """Return what samples say of a pattern.

    Parameters
    ----------
    samples
        By name: ``alone``, ``mix``, ``appraisals``, ``council``.
    """
    findings = tuple(estimate(statistic, samples[statistic.sample]) for statistic in pattern.statistics)
    return Judged(pattern, findings, verdict_of([finding.verdict for finding in findings]))


def verdict_of(verdicts: Sequence[str]) -> str:
    """Return the verdict on a pattern from those on its statistics.

    >>> verdict_of(["met", "cannot_tell", "not_met"]), verdict_of(["met", "cannot_tell"]), verdict_of([])
    ('not_met', 'cannot_tell', 'not_represented')
    """
    if not verdicts:
        return NOT_REPRESENTED
    if NOT_MET in verdicts:
        return NOT_MET
    return MET if all(verdict == MET for verdict in verdicts) else CANNOT_TELL


def run_stock(
    stock: Sequence[StockPark], seeds: Sequence[int], engine: Engine, progress: Callable[[int, int], None] | None = None,
    council_seeds: int = COUNCIL_SEEDS,
) -> dict[str, Sample]:
    """Run every park of a stock on every seed, alone and in the mix, and return the samples.

    Parameters
    ----------
    stock
        As :func:`analysis.dutch_stock.draw_stock` gives it.
    seeds
        Distinct; all parks get the same, for parks of one seed share their region's activity.
    engine
        Where the runs are made; left open.
    progress
        Called as ``progress(runs done, runs to do)``.
    council_seeds
        Further seeds of one small park, for what is drawn per seed.

    Raises
    ------
    RuntimeError
        If a park was lost with its worker.
    """
    from analysis.patterns.following import StockJob, follow_council, follow_patterns

    # The slowest first, so that no worker is left with a large park at the end.
    order = sorted(stock, key=lambda park: -park.scenario.gross_ha)
    rows: list[dict[str, Any]] = []
    todo, done = len(stock) * len(seeds), 0
    for finished in engine.carry_out(follow_patterns, [StockJob(park, tuple(seeds)) for park in order]):
        if finished.result is None:
            raise RuntimeError(f"park {finished.job.park.scenario.name!r} was lost with its worker: {finished.lost}")
        rows += finished.result
        done += len(seeds)
        if progress is not None:
            progress(done, todo)
    smallest = order[-1]
    council: list[dict[str, Any]] = []
    parts = np.array_split(np.arange(1, council_seeds + 1), 8)
    jobs = [StockJob(smallest, tuple(part.tolist())) for part in parts if part.size]
    for finished in engine.carry_out(follow_council, jobs):
        council += finished.result or []
    return samples_of(stock, seeds, rows, council)


def samples_of(
    stock: Sequence[StockPark], seeds: Sequence[int], rows: Sequence[dict[str, Any]], council: Sequence[dict[str, Any]]
) -> dict[str, Sample]:
    """Return the samples from the rows that workers gave back, in any order."""
    weights = np.array([park.weight for park in stock])
    place = {(park.number, seed): (i, j) for i, park in enumerate(stock) for j, seed in enumerate(seeds)}
    at = {place[row["park"], row["seed"]]: row for row in rows}
    cells = [[at[i, j] for j in range(len(seeds))] for i in range(len(stock))]

    def table(kind: str) -> dict[str, np.ndarray]:
        return {name: np.array([[cell[kind][name] for cell in line] for line in cells]) for name in cells[0][0][kind]}

    alone, mix = table("alone") | fifths(cells), table("mix")
    mix["changes_met"] = mix["kept"] + mix["broken"]
    ordered = sorted(council, key=lambda row: row["seed"])
    politics = {name: np.array([[row["council"][name] for row in ordered]]) for name in ordered[0]["council"]}
    return {
        "alone": Sample(weights, alone), "mix": Sample(weights, mix),
        "appraisals": Sample(weights, table("appraisals")), "council": Sample(np.ones(1), politics),
    }  # fmt: skip


def fifths(cells: Sequence[Sequence[dict[str, Any]]]) -> dict[str, np.ndarray]:
    """Return the totals of pattern 7, in the fifth of years with the lowest and with the highest activity.

    The activity of a year is the same for all parks of a seed; which years are in a fifth is settled over all seeds.

    Returns
    -------
    dict of float64, (parks, seeds)
        ``land_low``, ``land_high``, and so on for ``works`` and ``take_up``; ``years_low`` and ``years_high``.
    """
    activity = np.array([cell["yearly"]["activity"] for cell in cells[0]])  # (seeds, years)
    ends = np.quantile(activity, [_FIFTH, 1.0 - _FIFTH])
    masks = {"low": activity <= ends[0], "high": activity >= ends[1]}
    found = {}
    for end, mask in masks.items():
        found[f"years_{end}"] = np.tile(mask.sum(axis=1).astype(float), (len(cells), 1))
        for name in ("land", "works", "take_up"):
            amounts = np.array([[cell["yearly"][name] for cell in line] for line in cells])  # (parks, seeds, years)
            found[f"{name}_{end}"] = (amounts * mask).sum(axis=2)
    return found


def validate(samples: dict[str, Sample]) -> list[Judged]:
    """Return the verdict on each of the eleven patterns, by number."""
    return [judge(pattern, samples) for pattern in PATTERNS]


__all__ = ["COUNCIL_SEEDS", "PATTERNS", "Judged", "Pattern", "judge", "run_stock", "samples_of", "validate", "verdict_of"]
