"""A whole calibration: the table, what is out of reach, the sequential method, its checks, and the posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.assumptions import values_at
from analysis.calibration.sequential import Sequential, run_sequential
from analysis.calibration.simulating import Kept, Simulation, Work, seeds_of, simulate, simulate_all
from analysis.calibration.table import Recovery, Table, Weighted, nearest, quadratic, recover, recovery_of
from analysis.calibration.targets import (
    CALIBRATED,
    Target,
    calibrated,
    check_targets,
    distance,
    fitted_targets,
    in_reach,
    with_error,
)
from analysis.engines import Engine, InProcess
from analysis.identity import model_version
from analysis.posterior import Posterior

TABLE_PER_PARTICLE = 10  # simulations in the table for each parameter set of a generation
PREDICTED = 100  # draws that are simulated anew to see where the posterior leads
DATASETS = 400  # of the table that stand for the data in turn
STAND_INS, STAND_IN_POPULATION, STAND_IN_GENERATIONS = 40, 100, 4
LEARNED = 0.10  # of the prior's standard deviation: a parameter whose posterior is not narrower by this is not learned
_TABLE, _PREDICTION, _CHECK = 1, 1_000, 2_000  # streams of random numbers
Tell = Callable[[str], Callable[[int, int], None] | None]


@dataclass(frozen=True)
class Settings:
    """How large a calibration is.

    Attributes
    ----------
    population : int
        Parameter sets in a generation.
    generations : int
        At most.
    parks, seeds : int
        Parks of the stock in a simulation, and runs of each.
    recover : bool
        Also try the sequential method on made-up data.
    """

    population: int
    generations: int
    parks: int
    seeds: int
    recover: bool = False


@dataclass(frozen=True)
class Sensitivity:
    """What the posterior would be with another choice of what counts.

    Attributes
    ----------
    name : str
        ``without_N`` (pattern N left out), ``all`` (also numbers out of reach) or ``spread`` (every number scaled by how
        far it varies over the prior, however well it is known; Prangle 2017, Bayesian Analysis 12(1)).
    shift : float64, (parameters,)
        Of the median, in standard deviations of the prior.
    width : float64, (parameters,)
        Standard deviation over that of the posterior as it is.
    """

    name: str
    shift: np.ndarray
    width: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """What a calibration gave.

    Attributes
    ----------
    used, out_of_reach, checks : tuple of Target
        Fitted; left out because no parameter set reaches their band; never fitted.
    sequential : Sequential
        With the posterior.
    from_table : Weighted
        The posterior that the table alone gives.
    recovery : Recovery
        Of the method of the table, on simulations with known parameters.
    stand_ins : Recovery or None
        Of the sequential method, on a stand-in for the simulation.
    prior, predicted : dict of float64, (simulations,)
        Statistics by key, without the error of the source, from the prior and from the posterior; NaN where there is none.
    sensitivities : tuple of Sensitivity
    simulations : int
        That the table and the sequential method took.
    """

    settings: Settings
    used: tuple[Target, ...]
    out_of_reach: tuple[Target, ...]
    checks: tuple[Target, ...]
    sequential: Sequential
    from_table: Weighted
    recovery: Recovery
    stand_ins: Recovery | None
    prior: Mapping[str, np.ndarray]
    predicted: Mapping[str, np.ndarray]
    sensitivities: tuple[Sensitivity, ...]
    simulations: int

    @property
    def learned(self) -> np.ndarray:
        """By which share the posterior is narrower than the prior, float64 (parameters,); below 0 where it is wider."""
        return np.asarray(1.0 - self.sequential.posterior.spread() * np.sqrt(12.0))

    @property
    def apart(self) -> np.ndarray:
        """Median of the sequential method less that of the table, in standard deviations of the prior (parameters,)."""
        return np.asarray((self.sequential.posterior.quantiles([0.5])[0] - self.from_table.quantiles([0.5])[0]) * np.sqrt(12.0))

    def posterior(self, command: str = "") -> Posterior:
        """Return the posterior as it is shipped."""
        found = self.sequential.posterior
        kept = found.weights > 1e-12
        chosen = calibrated()
        values = np.array([list(values_at(chosen, place).values()) for place in found.places[kept]])
        about = {
            "model": model_version(), "patterns": sorted({target.pattern for target in self.used}),
            "statistics": [target.key for target in self.used], "population": self.settings.population,
            "generations": [one.simulations for one in self.sequential.generations], "parks": self.settings.parks,
            "seeds": self.settings.seeds, "command": command,
        }  # fmt: skip
        return Posterior(tuple(a.name for a in chosen), values, found.weights[kept] / found.weights[kept].sum(), about)


def calibrate(
    settings: Settings, engine: Engine, kept: Kept, tell: Tell = lambda stage: None, work: Work = simulate
) -> Calibration:
    """Carry out a calibration.

    Parameters
    ----------
    engine
        Where simulations are made; left open.
    kept
        Where they are kept and found again.
    tell
        Called at each stage (``table``, ``sequential``, ``predicted``, ``stand_ins``); returns where to tell progress.
    work
        What a worker does with a simulation.

    Raises
    ------
    ImportError
        If pyABC is not installed.
    ValueError
        If no number is in reach, or the table is too small.
    """
    places = table_places(TABLE_PER_PARTICLE * settings.population)
    prior = _simulated(places, settings, _TABLE, engine, kept, tell("table"), work)
    candidates = fitted_targets()
    used = in_reach(candidates, prior)
    if not used:
        raise ValueError("no number that is to be fitted is in reach of the prior")
    table = Table.of(places, np.column_stack([prior[target.key] for target in used]), used)
    found = run_sequential(
        table, settings.population, settings.generations, engine, kept, parks=settings.parks, seeds=settings.seeds, work=work,
        progress=tell("sequential"),
    )  # fmt: skip
    drawn = systematic(found.posterior, min(PREDICTED, settings.population))
    predicted = _simulated(drawn, settings, _PREDICTION, engine, kept, tell("predicted"), work)
    everything = Table.of(places, np.column_stack([prior[target.key] for target in candidates]), candidates)
    return Calibration(
        settings, used, tuple(target for target in candidates if target not in used), check_targets(), found,
        table.posterior(), recover(table, DATASETS),
        recover_sequential(table, engine, tell("stand_ins")) if settings.recover else None, prior, predicted,
        sensitivities(everything, [target in used for target in candidates]),
        len(places) + sum(one.simulations for one in found.generations),
    )  # fmt: skip


def table_places(count: int) -> np.ndarray:
    """Return parameter sets spread over the prior, float64 (count, parameters), 0-1: independent draws.

    Not a Sobol sequence: simulations of the table stand for the data in turn, and those must be draws from the prior.
    """
    return np.random.Generator(np.random.PCG64(0x7AB1E)).random((count, len(CALIBRATED)))


def systematic(sample: Weighted, count: int) -> np.ndarray:
    """Return parameter sets drawn from a weighted sample, each about as often as its weight says (systematic resampling)."""
    at = np.searchsorted(np.cumsum(sample.weights), (np.arange(count) + 0.5) / count, side="left")
    return np.asarray(sample.places[np.minimum(at, len(sample.weights) - 1)])


def _simulated(
    places: np.ndarray, settings: Settings, stream: int, engine: Engine, kept: Kept,
    progress: Callable[[int, int], None] | None, work: Work,
) -> dict[str, np.ndarray]:
    """Return the statistics of parameter sets by key, in their order."""
    jobs = [
        Simulation(k, tuple(row.tolist()), settings.parks, seeds_of(stream, 0, k, settings.seeds))
        for k, row in enumerate(places)
    ]  # fmt: skip
    rows = simulate_all(jobs, engine, kept, progress, work)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def sensitivities(table: Table, used: Sequence[bool]) -> tuple[Sensitivity, ...]:
    """Return what the posterior of the table would be with other choices.

    Parameters
    ----------
    table
        With every number that might be fitted.
    used
        Which of them are.
    """
    base = table.only(used)
    as_it_is = base.posterior()
    choices = {}
    for number in sorted({target.pattern for target in base.targets}):
        left = [target.pattern != number for target in base.targets]
        if any(left):
            choices[f"without_{number}"] = base.only(left).posterior()
    if not all(used):
        choices["all"] = table.posterior()
    spread = np.median(np.abs(base.statistics - np.median(base.statistics, axis=0)), axis=0)
    z = base.z() * np.hypot(base.noise, [target.error for target in base.targets]) / np.maximum(1.4826 * spread, 1e-12)
    choices["spread"] = nearest(base.places, z)
    middle = as_it_is.quantiles([0.5])[0]
    return tuple(
        Sensitivity(name, (one.quantiles([0.5])[0] - middle) * np.sqrt(12.0), one.spread() / as_it_is.spread())
        for name, one in choices.items()
    )  # fmt: skip


# --- the sequential method on made-up data ----------------------------------------------------------------------------


@dataclass(frozen=True)
class StandIn:
    """A quick stand-in for the simulation: a quadratic in the parameters, and residuals drawn from those of the table.

    Attributes
    ----------
    slopes : float64, (terms, targets)
    residuals : float64, (simulations, targets)
    keys : tuple of str
    """

    slopes: np.ndarray
    residuals: np.ndarray
    keys: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> StandIn:
        """Return the stand-in that a table gives; residuals of its nearest half, where the data are."""
        near = np.argsort(distance(table.z()), kind="stable")[: max(len(table.places) // 2, 60)]
        terms = quadratic(table.places[near])
        slopes = np.linalg.lstsq(terms, table.statistics[near], rcond=None)[0]
        return cls(slopes, table.statistics[near] - terms @ slopes, tuple(target.key for target in table.targets))

    def __call__(self, job: Simulation) -> dict[str, float]:
        """Return made-up statistics of a parameter set."""
        row = np.random.Generator(np.random.PCG64([0x57A, *job.seeds])).integers(len(self.residuals))
        values = quadratic(np.array([job.places]))[0] @ self.slopes + self.residuals[row]
        return dict(zip(self.keys, values.tolist(), strict=True))


@dataclass(frozen=True)
class _MadeUp:
    """Made-up data, to which the sequential method is put."""

    number: int
    table: Table
    model: StandIn
    population: int
    generations: int

    def split(self) -> list[_MadeUp]:
        return [self]

    @property
    def truth(self) -> np.ndarray:
        """The parameters that the data are made with, a draw from the prior: float64 (parameters,)."""
        count = self.table.places.shape[1]
        return np.asarray(np.random.Generator(np.random.PCG64([0x7247, self.number])).random(count))


def _recover_one(job: _MadeUp) -> Weighted:
    """Make data from known parameters, and return the posterior that the sequential method gives. What a worker does."""
    seeds = seeds_of(_CHECK, 0, job.number, 1)
    made = job.model(Simulation(0, tuple(job.truth.tolist()), 1, seeds))
    data = with_error(job.table.targets, np.array([[made[key] for key in job.model.keys]]), [seeds[0]])[0]
    return run_sequential(
        job.table, job.population, job.generations, InProcess(), Kept(), data=data, stream=_CHECK + job.number, work=job.model
    ).posterior  # fmt: skip


def recover_sequential(
    table: Table, engine: Engine, progress: Callable[[int, int], None] | None = None, datasets: int = STAND_INS,
    population: int = STAND_IN_POPULATION, generations: int = STAND_IN_GENERATIONS,
) -> Recovery:
    """Return how well the sequential method finds known parameters, on a stand-in for the simulation.

    The simulation itself would take as long as a calibration for every dataset. The stand-in has about the same effects of
    parameters and the same noise; what it shows is whether the method, with its acceptance, weights and correction,
    gives intervals that hold the truth as often as they should.
    """
    model = StandIn.of(table)
    jobs = [_MadeUp(k, table, model, population, generations) for k in range(datasets)]
    posteriors: dict[int, Weighted] = {}
    for finished in engine.carry_out(_recover_one, jobs):
        if finished.result is None:
            raise RuntimeError(f"a made-up dataset was lost with its worker: {finished.lost}")
        posteriors[finished.job.number] = finished.result
        if progress is not None:
            progress(len(posteriors), datasets)
    return recovery_of(np.array([job.truth for job in jobs]), [posteriors[job.number] for job in jobs])


# --- as plain values --------------------------------------------------------------------------------------------------


def to_json(found: Calibration) -> dict[str, Any]:
    """Return everything that came out, as plain values."""
    quantiles = found.sequential.posterior.quantiles([0.025, 0.25, 0.5, 0.75, 0.975])
    table = found.from_table.quantiles([0.025, 0.5, 0.975])
    sides = {"posterior": quantiles, "table": table}
    parameters = []
    for k, one in enumerate(calibrated()):
        row: dict[str, Any] = {"name": one.name, "low": one.low, "high": one.high, "default": one.parameter.default,
                               "unit": one.parameter.unit, "learned": float(found.learned[k]),
                               "sequential_less_table": float(found.apart[k])}  # fmt: skip
        for side, shown in sides.items():
            row[side] = [one.low + float(place) * (one.high - one.low) for place in shown[:, k]]
        parameters.append(row)
    return {
        "settings": vars(found.settings), "simulations": found.simulations, "parameters": parameters,
        "generations": [vars(one) for one in found.sequential.generations],
        "effective": found.sequential.posterior.effective(),
        "statistics": [statistic_row(found, target) for target in (*found.used, *found.out_of_reach, *found.checks)],
        "recovery": recovery_json(found.recovery),
        "stand_ins": None if found.stand_ins is None else recovery_json(found.stand_ins),
        "sensitivities": [{"name": one.name, "shift": one.shift.tolist(), "width": one.width.tolist()}
                          for one in found.sensitivities],
    }  # fmt: skip


def recovery_json(found: Recovery) -> dict[str, Any]:
    """Return how well known parameters were found, as plain values: by level of interval, then by parameter."""
    return {"datasets": len(found.truths), "coverage": found.coverage().tolist(),
            "uniformity_p": found.uniformity().tolist(), "correlation": found.explained().tolist()}  # fmt: skip


def statistic_row(found: Calibration, target: Target) -> dict[str, Any]:
    """Return where the prior and the posterior lead for one number, held against its band."""
    role = "used" if target in found.used else "out_of_reach" if target in found.out_of_reach else "check"
    row: dict[str, Any] = {"pattern": target.pattern, "statistic": target.key, "role": role, "low": target.low,
                           "high": target.high}  # fmt: skip
    for name, values in (("prior", found.prior[target.key]), ("posterior", found.predicted[target.key])):
        known = values[np.isfinite(values)]
        row[name] = np.quantile(known, [0.05, 0.5, 0.95]).tolist() if known.size else [float("nan")] * 3
        row[f"{name}_inside"] = float(np.mean((values >= target.low) & (values <= target.high)))
    return row
