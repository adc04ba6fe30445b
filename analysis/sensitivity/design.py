"""Where in the ranges of the assumptions the model is run, and with which luck.

A design has *groups*: trajectories (Morris), blocks (Saltelli) or single points (a sample). All that an estimator compares
lies within one group, or has luck as noise. A group has two sets of seeds: its own, and another that the factor ``luck``
puts in its place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LUCK = "luck"
"""The factor that changes nothing but the seeds; always the last."""
LEVELS = 4  # of Morris' grid; a step is then two thirds of the range
CUBE = 64  # points of one Latin hypercube of a sample
_SEED = 20_211  # of the designs themselves; it has nothing to do with the seeds of runs
_STRIDE = 100_000  # from the first seed of a point to its second: with more seeds the first ones stay as they are


class Design(NamedTuple):
    """Points by group.

    Attributes
    ----------
    places : float64, (groups, points, factors + 1)
        In the range of each factor, 0 (low) to 1 (high). The last column is the luck: it differs from that of the
        group's first point where the other set of seeds is used.
    """

    places: np.ndarray

    @property
    def other_luck(self) -> np.ndarray:
        """Where the other set of seeds is used: bool, (groups, points)."""
        return np.asarray(self.places[:, :, -1] != self.places[:, :1, -1])

    def seeds(self, group: int, other: bool, number: int) -> list[int]:
        """Return the seeds of the points of a group that have this luck, ascending; no two groups share one."""
        return [1 + 2 * group + int(other) + _STRIDE * k for k in range(number)]


def trajectories(factors: int, number: int) -> Design:
    """Return Morris trajectories: points that differ from the one before in one factor, each factor once.

    The first of more trajectories are those of fewer, so that a study can be extended.

    Parameters
    ----------
    factors
        Without the luck, which is added.
    number
        Of trajectories, 1 to 50,000.
    """
    from SALib.sample import morris

    sample = morris.sample(_problem(factors + 1), number, num_levels=LEVELS, seed=_SEED)
    return Design(sample.reshape(number, factors + 2, factors + 1))


def blocks(factors: int, number: int) -> Design:
    """Return Saltelli blocks: point A, A with each factor in turn from B (the luck last), and point B.

    The first of more blocks are those of fewer, so that a study can be extended.

    Parameters
    ----------
    factors
        Without the luck, which is added.
    number
        Of blocks; a power of 2.
    """
    from SALib.sample import sobol

    sample = sobol.sample(_problem(factors), number, calc_second_order=False, seed=_SEED)
    sample = sample.reshape(number, factors + 2, factors)
    places = np.zeros((number, factors + 3, factors + 1))
    places[:, : factors + 1, :-1] = sample[:, : factors + 1]
    # Luck is not a place in a range: A's is one draw, B's another, and only these two rows have B's.
    places[:, factors + 1, :-1] = sample[:, 0]
    places[:, factors + 2, :-1] = sample[:, -1]
    places[:, factors + 1 :, -1] = 1.0
    return Design(places)


def points(factors: int, number: int) -> Design:
    """Return points that fill each range evenly: Latin hypercubes one after another, each point a group with its own luck.

    The first of more points are those of fewer, so that a study can be extended. Not a Sobol sequence: in 226 dimensions
    and 2,048 points it has thousands of triples in which the product of two factors goes with a third (a correlation of 0.3
    to 0.5, against 0.12 at most here), so that an interaction of two would pass for an effect of another.

    Parameters
    ----------
    factors
        Without the luck, whose column is 0 throughout.
    number
        Of points; a multiple of :data:`CUBE`.
    """
    from scipy.stats import qmc

    cubes = qmc.LatinHypercube(factors, rng=np.random.default_rng(_SEED))
    sequence = np.vstack([cubes.random(CUBE) for _ in range(number // CUBE)])
    return Design(np.column_stack([sequence, np.zeros(number)])[:, None, :])


def _problem(factors: int) -> dict[str, object]:
    return {"num_vars": factors, "names": [f"x{k}" for k in range(factors)], "bounds": [[0.0, 1.0]] * factors}
