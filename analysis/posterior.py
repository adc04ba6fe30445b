"""The posterior: weighted sets of the calibrated parameters, and how runs draw from it.

**One draw a seed.** Where outcomes are to show what is not known about the parameters beside chance, the runs of seed k
take draw k: every strategy and the twin of that seed meet the same parameters and the same luck. So differences stay
paired; seeds stay independent of each other, so every interval and test over seeds holds as it is; and the spread between
seeds is that of chance and parameters together, as it should be for a reader who knows neither. Several seeds for one
draw would spend runs on telling the two apart: of two seeds with the same parameters the second says less than one with
parameters of its own. A mean over seeds is a mean over the posterior. How much of the spread goes with the parameters
is read from the same runs (:func:`parameter_share`).

The draw follows from the number of the seed alone, not from how many there are: more seeds add draws and change none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.inputs.files import shipped_folder
from sim.inputs.problems import InputProblem, show

SHIPPED = "posterior"
"""What the posterior that is shipped is called, on the command line and in experiment files."""
WEIGHT = "weight"
_ABOUT = b"klaver"


@dataclass(frozen=True)
class Posterior:
    """Weighted parameter sets.

    Attributes
    ----------
    names : tuple of str
        Of parameters, dotted: ``parameters.beta``.
    values : float64, (sets, parameters)
        In the unit of each.
    weights : float64, (sets,)
        More than 0, sum to 1.
    about : dict
        Where it comes from, as JSON can hold it: version of the model, patterns, populations, seed, command.
    """

    names: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no weighted sample.

        Raises
        ------
        ValueError
        """
        from analysis.variants import name_problem

        wrong = [name for name in self.names if not name.startswith("parameters.") or name_problem(name)]
        if wrong or not self.names:
            raise ValueError(f"{show(wrong[0]) if wrong else 'nothing'} is not the name of a parameter")
        if self.values.shape != (self.weights.size, len(self.names)) or not self.weights.size:
            raise ValueError(f"values have shape {self.values.shape}; weights {self.weights.shape}")
        if not (np.isfinite(self.values).all() and np.isfinite(self.weights).all() and (self.weights >= 0.0).all()):
            raise ValueError("a value or a weight is not a number, or a weight is below 0")
        if abs(float(self.weights.sum()) - 1.0) > 1e-6:
            raise ValueError(f"weights sum to {self.weights.sum():g}")

    def draw(self, seed: int) -> dict[str, float]:
        """Return the parameter set of a seed, by dotted name: always the same, with a chance equal to its weight."""
        place = np.random.Generator(np.random.PCG64([0x9057, seed])).random()
        row = min(int(np.searchsorted(np.cumsum(self.weights), place, side="right")), len(self.weights) - 1)
        return dict(zip(self.names, self.values[row].tolist(), strict=True))

    @property
    def hash(self) -> str:
        """Hash of names, values and weights (hexadecimal)."""
        content = json.dumps([self.names, self.values.tolist(), self.weights.tolist()])
        return hashlib.sha256(content.encode()).hexdigest()

    def resolved(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return {"names": list(self.names), "values": self.values.tolist(), "weights": self.weights.tolist(),
                "about": dict(self.about)}  # fmt: skip

    @classmethod
    def from_resolved(cls, content: Mapping[str, Any]) -> Posterior:
        """Return the posterior that :meth:`resolved` described.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is none.
        """
        return cls(tuple(content["names"]), np.array(content["values"], float), np.array(content["weights"], float),
                   dict(content.get("about", {})))  # fmt: skip

    def write(self, path: Path) -> None:
        """Write it as a Parquet table: ``weight``, then a column per parameter by dotted name."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = {WEIGHT: self.weights} | {name: self.values[:, k] for k, name in enumerate(self.names)}
        table = pa.table(columns).replace_schema_metadata({_ABOUT: json.dumps(dict(self.about)).encode()})
        pq.write_table(table, path)

    @classmethod
    def read(cls, path: Path) -> Posterior:
        """Return the posterior in a Parquet table.

        Raises
        ------
        InputProblem
            If there is no such file, or it holds no posterior.
        """
        import pyarrow.parquet as pq

        if not path.is_file():
            raise InputProblem(f"{path}: there is no such file. 'klaver calibrate' makes one.")
        try:
            table = pq.read_table(path)
            about = json.loads((table.schema.metadata or {}).get(_ABOUT, b"{}"))
            names = tuple(name for name in table.column_names if name != WEIGHT)
            values = np.column_stack([table[name].to_numpy() for name in names]).astype(float)
            return cls(names, values, table[WEIGHT].to_numpy().astype(float), about)
        except Exception as problem:  # pyarrow has no common base for what a torn file raises
            raise InputProblem(f"{path}: this is not a table of weighted parameter sets ({problem}).") from problem


def load_posterior(name: str = SHIPPED) -> Posterior:
    """Return the posterior that is shipped (``posterior``), or that of a path.

    Raises
    ------
    InputProblem
        If there is none.
    """
    return Posterior.read(shipped_folder("parks").parent / "posterior.parquet" if name == SHIPPED else Path(name))


def posterior_points(n: int, seed: int = 1, name: str = SHIPPED) -> list[dict[str, float]]:
    """Return the parameter sets of n seeds from `seed` on, by dotted name, as points of a design can hold them.

    Raises
    ------
    InputProblem
        If there is no such posterior.
    """
    posterior = load_posterior(name)
    return [posterior.draw(k) for k in range(seed, seed + n)]


# --- what the parameters do to the spread -----------------------------------------------------------------------------


class Share(NamedTuple):
    """The share of the variance between seeds that goes with the parameters, with its 95% interval; 0-1."""

    value: float
    low: float
    high: float


LEAST_SEEDS = 30


def parameter_share(values: np.ndarray, posterior: Posterior, seeds: Sequence[int]) -> Share | None:
    """Return how much of the variance between seeds goes with the parameters that were drawn.

    The outcome is regressed on the parameters, linearly; the share is R squared less what chance alone gives it (adjusted,
    Ezekiel 1930), with an interval from resampled seeds. What parameters do in bends and in combination is missed, so
    it is a lower bound. The interval is a percentile interval moved by the bias that resampling itself has.

    Parameters
    ----------
    values : float64, (seeds,)
        Of one outcome, or of a difference between paired runs; seeds without a value (NaN) are left out.
    seeds
        Which draw each value belongs to.

    Returns
    -------
    Share or None
        None with fewer than 30 seeds, or where the outcome does not vary.
    """
    known = np.isfinite(values)
    if known.sum() < LEAST_SEEDS or float(np.ptp(values[known])) == 0.0:
        return None
    drawn = np.array([list(posterior.draw(seed).values()) for seed in seeds])[known]
    y = values[known]
    spread = drawn.std(axis=0)
    x = (drawn[:, spread > 0.0] - drawn.mean(axis=0)[spread > 0.0]) / spread[spread > 0.0]
    found = _adjusted(x, y)
    rng = np.random.Generator(np.random.PCG64(0x5A4E + len(y)))
    again = np.array([_adjusted(x[rows], y[rows]) for rows in rng.integers(0, len(y), (500, len(y)))])
    low, high = np.quantile(again - np.median(again), [0.025, 0.975]) + found
    return Share(*(float(np.clip(one, 0.0, 1.0)) for one in (found, low, high)))


def _adjusted(x: np.ndarray, y: np.ndarray) -> float:
    n, k = x.shape
    design = np.column_stack([np.ones(n), x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    total = float(np.square(y - y.mean()).sum())
    return 1.0 - (float(np.square(left).sum()) / (n - k - 1)) / (total / (n - 1)) if total > 0.0 else 0.0


__all__ = ["SHIPPED", "Posterior", "Share", "load_posterior", "parameter_share", "posterior_points"]
