"""Calibration by approximate Bayesian computation: what the patterns of parks without policy say of six parameters.

``targets`` says what is fitted and how well it is known, ``simulating`` makes the simulations on the workers of the
experiments engine, ``table`` gives posteriors from simulations of the prior and checks them, ``sequential`` is pyABC's
sequential Monte Carlo, ``study`` puts it together, ``figures`` draws it. The result is ``analysis.posterior.Posterior``.
"""

from __future__ import annotations

from analysis.calibration.simulating import Kept
from analysis.calibration.study import Calibration, Settings, calibrate, to_json

__all__ = ["Calibration", "Kept", "Settings", "calibrate", "to_json"]
