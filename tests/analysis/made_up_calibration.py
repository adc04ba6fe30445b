"""A quick simulation with known answers, in the place of the parks: numbers that depend on parameters in a known way."""

import numpy as np

from analysis.calibration.simulating import Simulation
from analysis.calibration.targets import check_targets, fitted_targets

TRUTH = np.array([0.5, 0.4, 0.6, 0.5, 0.5, 0.4])
"""Places (0-1) at which every number lies in the middle of its band."""
SLOPES = np.array([
    [3.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 3.0, 0.0, 0.0], [1.5, 1.5, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.5, 1.5, 0.0, 0.0],
    [0.0, 1.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0, 0.0, 0.0],
])  # fmt: skip
"""What the first eight numbers do, in band-widths; the last two parameters do nothing to anything."""


def made_up(job: Simulation) -> dict[str, float]:
    """Return made-up statistics: linear in the parameters, with a noise of a tenth of a band."""
    rng = np.random.Generator(np.random.PCG64([5, *job.seeds]))
    apart = SLOPES @ (np.array(job.places) - TRUTH)
    found = {}
    for k, target in enumerate((*fitted_targets(), *check_targets())):
        width = target.high - target.low
        found[target.key] = target.value + width * (float(apart[k % 8]) + 0.1 * float(rng.standard_normal()))
    return found


def noise_only(job: Simulation) -> dict[str, float]:
    """Return made-up statistics that do not depend on the parameters at all."""
    return made_up(Simulation(job.number, tuple(TRUTH.tolist()), job.parks, job.seeds))
