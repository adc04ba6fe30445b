"""The eleven patterns: of each, what it speaks of, the band, where the band comes from, and which runs tell.

The order and numbers are those of ``docs/validation.md``. Patterns 1 to 4, 7 and 10 are read from runs without policy; 5,
6, 9 and 11 speak of parks with policy, and are read from the *mix*, in which some 53 per cent of outdated parks have a
strategy (S34), half of these a programme of the municipality's own and half one of the other strategies that are shipped,
with equal chances. That division is a judgement. Pattern 8 is read from controlled appraisals. No band was ever chosen for
what the model gives; where the source names one number, how far from it is still right is a judgement (J).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.patterns.estimation import Statistic

_CLASSES = 3  # of building quality in pattern 11
_NEAR = tuple(f"{name}_{k}" for k in range(_CLASSES) for name in ("near_works", "near_floor", "far_works", "far_floor"))


@dataclass(frozen=True)
class Pattern:
    """One pattern.

    Attributes
    ----------
    number : int
        1 to 11.
    statistics : tuple of Statistic
        What can be computed.
    not_represented : tuple of str
        Keys of parts of the pattern that the model has no concept for; the wording gives the reason.
    """

    number: int
    statistics: tuple[Statistic, ...]
    not_represented: tuple[str, ...] = ()


def _percentage(part: Any, whole: Any) -> Any:
    return 100.0 * part / whole


def _share(part: Any, whole: Any) -> Any:
    return part / whole


def _ratio_of_shares(part: Any, whole: Any, other_part: Any, other_whole: Any) -> Any:
    return (part / whole) / (other_part / other_whole)


def _drop(low: Any, low_years: Any, high: Any, high_years: Any) -> Any:
    """Return by how many per cent the mean of bad years lies below that of good years."""
    return 100.0 * (1.0 - (low / low_years) / (high / high_years))


def _change(last: Any, first: Any, net: Any) -> Any:
    return 100.0 * (last - first) / net


def _light(heavy: Any, reached: Any) -> Any:
    return 100.0 * (1.0 - heavy / reached)


def _more_near_works(*totals: Any) -> Any:
    """Return by how many per cent firms near works invest more than firms far from them in the same classes of quality."""
    near, expected = 0.0, 0.0
    for k in range(_CLASSES):
        near_works, near_floor, far_works, far_floor = totals[4 * k : 4 * k + 4]
        # A class without anybody near counts for nothing, also where nobody is far.
        near = near + near_works
        far = far_works / np.where(far_floor > 0.0, far_floor, np.nan)
        expected = expected + np.where(near_floor > 0.0, near_floor * far, 0.0)
    return 100.0 * (near / expected - 1.0)


def _fell(name: str) -> tuple[str, ...]:
    return (f"{name}_low", "years_low", f"{name}_high", "years_high")


PATTERNS = (
    Pattern(1, (
        Statistic("relocation", "alone", ("moves", "firm_years"), _percentage, 4.0, 6.0, "S", "S6,S7"),
        Statistic("mover_growth", "alone", ("growth_movers", "movers", "growth_stayers", "stayers"), _ratio_of_shares,
                  1.5, 2.0, "S", "S6", per_park=False),
    ), ("within_municipality", "distance")),
    Pattern(2, (
        Statistic("to_move", "alone", ("to_move", "firms"), _percentage, 5.0, 12.0, "S", "S9"),
        Statistic("to_rebuild", "alone", ("to_rebuild", "firms"), _percentage, 5.0, 12.0, "S", "S9"),
        Statistic("move_per_rebuild", "alone", ("to_move", "to_rebuild"), _share, 1.0, 1.6, "J", "S9", 2),
        Statistic("with_room", "alone", ("room_to_move", "room_to_rebuild"), _share, 0.0, 1.0, "J", "S9", 2),
    )),
    Pattern(3, (
        Statistic("vacancy", "alone", ("vacant", "premises"), _percentage, 4.0, 8.0, "S", "S38"),
        Statistic("still_vacant", "alone", ("still_vacant", "was_vacant"), _percentage, 70.0, 90.0, "C", "S40", 0),
        Statistic("structural", "alone", ("structural_years", "park_years"), _percentage, 10.0, 25.0, "S", "S38", 0),
        Statistic("structural_low", "alone", ("structural_low", "structural_years"), _percentage,
                  50.0, 90.0, "S", "S35", 0),
    )),
    Pattern(4, (
        Statistic("outdated_parks", "alone", ("outdated_years", "park_years"), _percentage, 25.0, 35.0, "S", "S34,S35", 0),
        Statistic("outdated_area", "alone", ("outdated_area", "net_area"), _percentage, 9.0, 14.0, "S", "S34,S35"),
        Statistic("stationary", "alone", ("last_outdated", "first_outdated", "first_net"), _change, -3.0, 3.0, "J", "S34,S35"),
        Statistic("onset", "alone", ("onsets", "healthy_starts"), _percentage, 1.0, 4.0, "C", "S34"),
        Statistic("completion", "alone", ("completions", "outdated_starts"), _percentage, 0.0, 5.0, "C", "S34"),
        Statistic("completion_mix", "mix", ("completions", "outdated_starts"), _percentage, 3.0, 7.0, "C", "S34"),
    )),
    Pattern(5, (
        Statistic("oldest_treated", "mix", ("treated_oldest", "treated", "untreated_oldest", "untreated"),
                  _ratio_of_shares, 1.6, 2.6, "S", "S5", 2),
    )),
    Pattern(6, (
        Statistic("handled", "mix", ("handled", "policy"), _percentage, 10.0, 30.0, "S", "S11", 0),
        Statistic("light", "mix", ("heavy_area", "reached_area"), _light, 60.0, 80.0, "S", "S34", 0),
        Statistic("untouched", "mix", ("untouched", "outdated_parks"), _percentage, 45.0, 50.0, "C", "S34", 0, True),
    ), ("halfway",)),
    Pattern(7, (
        Statistic("land_sold", "alone", _fell("land"), _drop, 25.0, 55.0, "C", "S27,S16,S10", 0, per_park=False),
        Statistic("take_up", "alone", _fell("take_up"), _drop, 0.0, 100.0, "S", "S41", 0, per_park=False),
        Statistic("works", "alone", _fell("works"), _drop, 0.0, 100.0, "S", "S11", 0, per_park=False),
    )),
    Pattern(8, (
        Statistic("refused", "appraisals", ("refused", "paying"), _percentage, 40.0, 60.0, "S", "S12", 0),
        Statistic("response", "appraisals", ("more_by_subsidy", "more_by_savings"), _share, 1.2, 1.6, "S", "S12", 2, True),
    )),
    Pattern(9, (
        Statistic("levy_zones", "mix", ("levy_years", "settled_years"), _percentage, 1.0, 3.0, "C", "S124"),
    ), ("zone_satisfaction",)),
    Pattern(10, (
        Statistic("left_early", "council", ("left", "terms"), _percentage, 40.0, 55.0, "S", "S116-S118", 0, True),
        Statistic("breaks", "council", ("breaks", "elections"), _percentage, 15.0, 30.0, "S", "S118", 0, True),
        Statistic("promises", "mix", ("kept", "changes_met"), _percentage, 50.0, 100.0, "J", "S116-S118", 0),
    )),
    Pattern(11, (
        Statistic("near_works", "mix", _NEAR, _more_near_works, 0.0, 50.0, "J", "S3", 0, per_park=False),
    )),
)  # fmt: skip
"""All patterns, by number."""
