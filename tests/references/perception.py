"""Wear, trust and uncertainty in plain Python, written from the design (mechanics C2, C4, C6) and not from ``sim/rules``."""

from __future__ import annotations

import math


def clip(value: float) -> float:
    """Return a value kept between 0 and 1."""
    return min(1.0, max(0.0, value))


def worn_quality(quality: float, site_quality: float, idle: bool, life: float, effort: float, effort_idle: float) -> float:
    """Return the quality of premises a quarter later (C2); ``idle`` when vacant, or when the firm is leaving."""
    kept = effort_idle if idle else effort * min(1.0, 2.0 * site_quality)
    return quality * math.exp(-(1.0 - kept) / life)


def worn(quality: float, life: float) -> float:
    """Return functional fit, energy performance or public space a quarter later (C2)."""
    return quality * math.exp(-1.0 / life)


def good_event(trust: float, gain: float) -> float:
    """Return trust after a good event: a share of what lacks (C6)."""
    return trust + gain * (1.0 - trust)


def bad_event(trust: float, loss: float) -> float:
    """Return trust after a bad event: a share is lost (C6)."""
    return trust - loss * trust


def drifted_trust(trust: float, base: float, drift: float) -> float:
    """Return trust a quarter later (C6)."""
    return trust + drift * (base - trust)


def drifted_uncertainty(u: float, base: float, drift: float, cycle: float, activity: float, sd: float) -> float:
    """Return uncertainty a quarter later (C4): it drifts to its base, and rises when activity is below trend.

    The rise is times the speed of the drift: decision 3.
    """
    below = max(0.0, -activity / sd) if sd > 0.0 else 0.0
    return clip(u + drift * (base - u) + drift * cycle * below)


def pushed(u: float, factor: float, floor: float) -> float:
    """Return uncertainty after a push, which does not bring it below the floor, nor raises it (C4)."""
    return min(u, max(floor, u * factor))


def after_completions(u: float, fall: float, half_distance: float, works: list[tuple[float, float]]) -> float:
    """Return uncertainty after completions nearby, each (metres, euros), public and private alike (C4)."""
    seen = sum(2.0 ** (-metres / half_distance) * min(1.0, euros / 500_000.0) for metres, euros in works)
    return u * math.exp(-fall * seen)
