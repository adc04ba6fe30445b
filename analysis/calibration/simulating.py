"""The simulations behind a calibration: a parameter set, a few parks of the stock without policy, their statistics.

A simulation runs every park of a small fixed stock for twenty years on seeds of its own. The parks are the same in all of
them, so that which parks were drawn adds nothing to the differences between parameter sets. The seeds are not: with the
same seeds everywhere, the luck of those seeds would be fitted as if it were behaviour. Chance belongs to the likelihood.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.assumptions import values_at
from analysis.calibration.targets import AGE_GRADIENT, CALIBRATED, calibrated, policy_free
from analysis.dutch_stock import OLDEST_SHARE, StockPark, draw_stock
from analysis.engines import Engine
from analysis.identity import model_version
from analysis.patterns import fifths
from analysis.patterns.following import QUARTERS, TEN_YEARS, Followed, follow, totals_of, yearly_of
from analysis.variants import build_park

RENEWED = 0.10  # rise of quality within a year: more than upkeep does, less than any renovation (J)
_SEEDS_TO = 2**32


@dataclass(frozen=True)
class Simulation:
    """One parameter set, to be simulated.

    Attributes
    ----------
    number : int
        Its place among those that are asked for together.
    places : tuple of float
        Of each calibrated parameter in its range, 0-1.
    parks : int
        Size of the stock.
    seeds : tuple of int
        Of its runs.
    """

    number: int
    places: tuple[float, ...]
    parks: int
    seeds: tuple[int, ...]

    def split(self) -> list[Simulation]:
        """Return itself: it is of one piece."""
        return [self]

    @property
    def values(self) -> dict[str, float]:
        """Parameter values by dotted name."""
        return values_at(calibrated(), np.array(self.places))

    @property
    def key(self) -> str:
        """Hash of all that its statistics follow from (hexadecimal)."""
        content = [CALIBRATED, self.places, self.parks, self.seeds, model_version(), code_version()]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]


@cache
def code_version() -> str:
    """Return a hash of the sources that read statistics from runs (hexadecimal)."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    patterns = sorted((folder / "patterns").glob("*.py"))
    for path in (Path(__file__), folder / "dutch_stock.py", folder / "assumptions.py", *patterns):
        if path.name not in ("figures.py", "wording.py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def seeds_of(stream: int, generation: int, number: int, count: int) -> tuple[int, ...]:
    """Return the seeds of the runs of one simulation: distinct from those of others, the same on every machine."""
    drawn = np.random.SeedSequence([stream, generation, number]).generate_state(count, np.uint64)
    return tuple(int(seed % _SEEDS_TO) for seed in drawn)


@lru_cache(maxsize=2)
def _stock(parks: int) -> list[StockPark]:
    return draw_stock(parks)


def simulate(job: Simulation) -> dict[str, float]:
    """Return every policy-free statistic of one parameter set, by key; NaN where there is none. What a worker does."""
    from sim import model

    cells: list[list[dict[str, Any]]] = []
    weights: list[np.ndarray] = []
    ages: list[tuple[np.ndarray, np.ndarray]] = []
    stock, values = _stock(job.parks), job.values
    for park in stock:
        place = model.Park.of(build_park(park.scenario, values, park.scenario.name), QUARTERS)
        line = []
        for seed in job.seeds:
            run = follow(model.prepare(place, seed), model.no_strategy())
            line.append({"alone": totals_of(run), "yearly": yearly_of(run)})
            ages.append(renewals(run))
            weights.append(np.full(ages[-1][0].size, park.weight))
        cells.append(line)
    of_parks = np.array([park.weight for park in stock])
    totals = {name: of_parks @ [sum(cell["alone"][name] for cell in line) for line in cells] for name in cells[0][0]["alone"]}
    totals |= {name: of_parks @ array.sum(axis=1) for name, array in fifths(cells).items()}
    found = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for statistics in policy_free().values():
            for one in statistics:
                value = float(one.combine(*(np.float64(totals[name]) for name in one.totals)))
                found[one.key] = value if np.isfinite(value) else float("nan")
    quality, renewed = (np.concatenate(parts) for parts in zip(*ages, strict=True))
    return found | {AGE_GRADIENT.key: age_gradient(np.concatenate(weights), quality, renewed)}


def renewals(run: Followed) -> tuple[np.ndarray, np.ndarray]:
    """Return of the premises at the start their quality, 0-1, and whether they were renewed within ten years."""
    start = run.looks[0]
    n = start.quality.size
    quality = np.array([look.quality[:n] for look in run.looks[: TEN_YEARS // 4 + 1]])
    renewed = (np.diff(quality, axis=0) > RENEWED).any(axis=0)
    return start.quality[start.premises], renewed[start.premises]


def age_gradient(weights: np.ndarray, quality: np.ndarray, renewed: np.ndarray) -> float:
    """Return the share of the oldest among renewed premises over their share among the others; NaN where there are none.

    Parameters
    ----------
    weights : float64, (premises,)
        Parks that each one's park stands for.
    quality : float64, (premises,)
        At the start; the worst that hold :data:`~analysis.dutch_stock.OLDEST_SHARE` of the weight count as the oldest.
    renewed : bool, (premises,)

    >>> age_gradient(np.ones(4), np.array([0.1, 0.5, 0.6, 0.7]), np.array([True, True, False, False]))
    nan
    """
    order = np.argsort(quality, kind="stable")
    oldest = np.zeros(quality.size, bool)
    oldest[order[np.cumsum(weights[order]) <= OLDEST_SHARE * weights.sum()]] = True
    sums = [float(weights[renewed & oldest].sum()), float(weights[renewed].sum()),
            float(weights[~renewed & oldest].sum()), float(weights[~renewed].sum())]  # fmt: skip
    return (sums[0] / sums[1]) / (sums[2] / sums[3]) if min(sums[1:]) > 0.0 else float("nan")


class Kept:
    """Simulations that were done: in memory, and in a file where a folder is given, so that stopped work goes on.

    The file has one line a simulation. A line that was cut off when the process died is passed over.

    Parameters
    ----------
    folder
        Is made if it is not there; None keeps in memory alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = None if folder is None else folder / "simulations.jsonl"
        self._found: dict[str, dict[str, float]] = {}
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            text = self._file.read_text(encoding="utf-8")
            if text and not text.endswith("\n"):
                self._file.open("a", encoding="utf-8").write("\n")
            for line in text.splitlines():
                try:
                    key, statistics = json.loads(line)
                except ValueError:
                    continue
                self._found[key] = {name: float("nan") if value is None else value for name, value in statistics.items()}

    def get(self, key: str) -> dict[str, float] | None:
        """Return the statistics of a simulation, or None."""
        return self._found.get(key)

    def put(self, key: str, statistics: Mapping[str, float]) -> None:
        """Keep the statistics of a simulation."""
        self._found[key] = dict(statistics)
        if self._file is not None:
            plain = {name: None if value != value else value for name, value in statistics.items()}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, plain]) + "\n")
                file.flush()
                os.fsync(file.fileno())


Work = Callable[[Simulation], dict[str, float]]


def carry_out(
    jobs: Iterable[Simulation], engine: Engine, kept: Kept, take: Callable[[Simulation, dict[str, float]], None],
    work: Work = simulate,
) -> None:
    """Carry out simulations and hand each with its statistics to `take`, as they come; what is kept is not made again.

    Parameters
    ----------
    jobs
        Taken as they are needed, so that whether there is a next one can depend on what was handed over.
    engine
        Left open.

    Raises
    ------
    RuntimeError
        If one was lost with its worker.
    """
    def missing() -> Iterator[Simulation]:
        for job in jobs:
            known = kept.get(job.key)
            if known is None:
                yield job
            else:
                take(job, known)

    for finished in engine.carry_out(work, missing()):
        if finished.result is None:
            raise RuntimeError(f"a simulation was lost with its worker: {finished.lost}")
        kept.put(finished.job.key, finished.result)
        take(finished.job, finished.result)


def simulate_all(
    jobs: Sequence[Simulation], engine: Engine, kept: Kept, progress: Callable[[int, int], None] | None = None,
    work: Work = simulate,
) -> list[dict[str, float]]:
    """Return the statistics of simulations, in the order asked for, whatever the engine."""
    found: dict[int, dict[str, float]] = {}

    def take(job: Simulation, statistics: dict[str, float]) -> None:
        found[job.number] = statistics
        if progress is not None:
            progress(len(found), len(jobs))

    carry_out(jobs, engine, kept, take, work)
    return [found[job.number] for job in jobs]
