"""Sequential Monte Carlo by pyABC, with the simulations on the workers of the experiments engine.

pyABC proposes, accepts and weighs (Toni and others 2009, Journal of the Royal Society Interface 6(31)); the tolerance of
each generation is the median distance of the one before. What it proposes is simulated elsewhere: a proposal is first
drawn with a random state of its own and handed out, and drawn again, the same, once its statistics are there. Proposals
are numbered and the first that are accepted in that order make the generation, so that neither the number of workers nor
the order in which they finish plays a part.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.calibration.simulating import Kept, Simulation, Work, carry_out, seeds_of, simulate
from analysis.calibration.table import Table, Weighted, adjusted
from analysis.calibration.targets import distance, standardised, with_error
from analysis.engines import Engine

SMALLEST_TOLERANCE = 0.5  # standard deviations, root mean square over the targets: what is left the regression corrects
LEAST_ACCEPTED = 0.05  # share below which a generation is given up
_STREAM = 2
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Generation:
    """One generation of the sequential method."""

    number: int
    tolerance: float
    simulations: int
    accepted: int


@dataclass(frozen=True)
class Sequential:
    """What the sequential method gave.

    Attributes
    ----------
    posterior : Weighted
        The last whole generation, corrected by regression.
    raw : Weighted
        The same without that correction.
    generations : tuple of Generation
    """

    posterior: Weighted
    raw: Weighted
    generations: tuple[Generation, ...]


class _Wanted(Exception):
    """Raised by the model of pyABC where a proposal was not simulated yet."""

    def __init__(self, places: tuple[float, ...]) -> None:
        super().__init__(places)
        self.places = places


def run_sequential(
    table: Table,
    population: int,
    generations: int,
    engine: Engine,
    kept: Kept,
    *,
    data: np.ndarray | None = None,
    parks: int = 1,
    seeds: int = 1,
    stream: int = 0,
    work: Work = simulate,
    progress: Progress | None = None,
) -> Sequential:
    """Draw from the posterior of the calibrated parameters.

    Parameters
    ----------
    table
        Gives the targets, and the noise by which distances are scaled.
    population
        Parameter sets in a generation.
    generations
        At most; fewer if the tolerance gets small (:data:`SMALLEST_TOLERANCE`) or hardly any proposal is accepted.
    engine, kept
        Where simulations are made and kept; the engine is left open.
    data : float64, (targets,)
        Data to fit; the values of the targets if None.
    parks, seeds
        Size of the stock and runs per park of a simulation.
    stream
        Of the random numbers: another number, another sample.
    work
        What a worker does; returns statistics by key.
    progress
        Called as ``progress(accepted, wanted)`` over all generations.

    Raises
    ------
    ImportError
        If pyABC is not installed.
    """
    import pyabc

    count, targets = table.places.shape[1], table.targets
    middle = np.array([target.value for target in targets]) if data is None else data
    names = [f"p{k}" for k in range(count)]
    results: dict[tuple[float, ...], tuple[int, dict[str, float]]] = {}

    def z_of(statistics: Mapping[str, float], seed: int) -> np.ndarray:
        found = np.array([[statistics[target.key] for target in targets]])
        shift = np.array([target.value for target in targets]) - middle
        return standardised(targets, with_error(targets, found, [seed])[0] + shift, table.noise)

    def model(parameters: Mapping[str, float]) -> dict[str, float]:
        places = tuple(float(parameters[name]) for name in names)
        if places not in results:
            raise _Wanted(places)
        seed, statistics = results[places]
        return {f"z{k}": float(value) for k, value in enumerate(z_of(statistics, seed))}

    def far(simulated: Mapping[str, float], _: Mapping[str, float]) -> float:
        return float(distance(np.array([simulated[f"z{k}"] for k in range(len(targets))])))

    sampler = _sampler(pyabc, engine, kept, work, results, (parks, seeds, stream), population * generations, progress)
    # Every simulation counts: proposals with an infinite distance are refused from the first generation on.
    epsilon = pyabc.MedianEpsilon(initial_epsilon=_first_tolerance(table, middle), median_multiplier=1.0)
    prior = pyabc.Distribution(**{name: pyabc.RV("uniform", 0.0, 1.0) for name in names})
    with _quiet(), _own_random_state():
        smc = pyabc.ABCSMC(model, prior, far, population, eps=epsilon, sampler=sampler)
        smc.new("sqlite://", {f"z{k}": 0.0 for k in range(len(targets))})
        history = smc.run(SMALLEST_TOLERANCE, generations, LEAST_ACCEPTED)
        frame, weights = history.get_distribution()
        stats = history.get_weighted_sum_stats()[1]
        every = history.get_all_populations()
    z = np.array([[one[f"z{k}"] for k in range(len(targets))] for one in stats])
    places = frame[names].to_numpy(float)
    # pyABC keeps numbers of particles and parameters in tables of their own; both come in the order of particles.
    raw = Weighted(places, np.asarray(weights, float) / np.sum(weights))
    told = tuple(Generation(int(row.t), float(row.epsilon), int(row.samples), population)
                 for row in every.itertuples() if row.t >= 0)  # fmt: skip
    return Sequential(adjusted(places, z, raw.weights), raw, told)


def _first_tolerance(table: Table, middle: np.ndarray) -> float:
    """Return the tolerance of the first generation: the median distance in the table, so that half are accepted."""
    noisy = with_error(table.targets, table.statistics, range(len(table.places)))
    shift = np.array([target.value for target in table.targets]) - middle
    return float(np.median(distance(standardised(table.targets, noisy + shift, table.noise))))


def _sampler(
    pyabc: Any, engine: Engine, kept: Kept, work: Work, results: dict[tuple[float, ...], tuple[int, dict[str, float]]],
    how: tuple[int, int, int], wanted: int, progress: Progress | None,
) -> Any:
    """Return a sampler of pyABC that hands its simulations to an engine."""
    parks, seeds, stream = how
    accepted_before = [0]

    class OnEngine(pyabc.sampler.Sampler):  # type: ignore[misc, name-defined]
        def sample_until_n_accepted(
            self, n: int, simulate_one: Callable[[], Any], t: int, *, max_eval: float = math.inf,
            all_accepted: bool = False, ana_vars: Any = None,
        ) -> Any:
            sample, waiting, done = self._create_empty_sample(), {}, [0]

            def proposals() -> Iterator[Simulation]:
                number = 0
                while sample.n_accepted < n and number < max_eval:
                    _random_state(stream, t, number)
                    try:
                        simulate_one()
                    except _Wanted as proposal:
                        yield Simulation(number, proposal.places, parks, seeds_of(_STREAM + stream, t, number, seeds))
                    number += 1

            def take(job: Simulation, statistics: dict[str, float]) -> None:
                waiting[job.number] = (job, statistics)
                while done[0] in waiting and sample.n_accepted < n:
                    job, statistics = waiting.pop(done[0])
                    results[job.places] = (job.seeds[0], statistics)
                    _random_state(stream, t, job.number)
                    sample.append(simulate_one())
                    done[0] += 1
                    if progress is not None:
                        progress(min(accepted_before[0] + sample.n_accepted, wanted), wanted)

            carry_out(proposals(), engine, kept, take, work)
            self.nr_evaluations_ = done[0]
            accepted_before[0] += sample.n_accepted
            sample.ok = sample.n_accepted == n
            return sample

    return OnEngine()


def _random_state(*key: int) -> None:
    """Set the random state of NumPy that pyABC draws from (in this process)."""
    np.random.seed(np.random.SeedSequence([0xABC, *key]).generate_state(4))


@contextmanager
def _own_random_state() -> Iterator[None]:
    """Leave the random state of NumPy as it was."""
    before = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyABC from telling about its generations: the caller does."""
    loggers = [logging.getLogger(name) for name in ("ABC", "ABC.History", "ABC.Sampler", "ABC.Distance", "ABC.Epsilon",
                                                    "ABC.Population")]  # fmt: skip
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
