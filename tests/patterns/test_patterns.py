"""Stylised facts without policy on one park, on fixed seeds: the tests are exact repeats, never flaky.

They keep a change of rules from moving the model unnoticed. Whether the patterns are met over a stock of parks is for
``klaver validate``, and stands in docs/validation.md.
"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.patterns import PATTERNS
from analysis.patterns.following import QUARTERS, YEARS, follow, totals_of
from sim import model, outcomes
from sim.inputs.scenario import load_park

BANDS = {statistic.key: (statistic.low, statistic.high) for pattern in PATTERNS for statistic in pattern.statistics}


@pytest.fixture(scope="module")
def totals() -> pd.DataFrame:
    park = model.Park.of(load_park("typical"), QUARTERS)
    rows = []
    for seed in range(1, 25):
        run = follow(model.prepare(park, seed), model.no_strategy())
        jobs = run.world.indicators[:QUARTERS, outcomes.INDICATORS.index("jobs")].mean()
        rows.append(totals_of(run) | {"works": run.world.accounts[0].private_works / 100.0, "worker_years": jobs * YEARS})
    return pd.DataFrame(rows)


def percentage(totals: pd.DataFrame, part: str, whole: str) -> tuple[float, float]:
    """Return a ratio of sums in per cent, and the standard error over seeds of the ratio per seed."""
    return 100.0 * totals[part].sum() / totals[whole].sum(), float((100.0 * totals[part] / totals[whole]).sem())


def test_firms_move_about_as_often_as_dutch_firms_do(totals):
    found, error = percentage(totals, "moves", "firm_years")
    low, high = BANDS["relocation"]
    assert low - 3.3 * error < found < high + 3.3 * error


def test_about_as_many_firms_plan_to_move_as_to_renovate(totals):
    moving, _ = percentage(totals, "to_move", "firms")
    renovating, _ = percentage(totals, "to_renovate", "firms")
    assert 0.8 < moving / renovating < 2.5
    assert 4 < renovating < 12


def test_most_vacant_premises_are_still_vacant_a_year_later(totals):
    found, _ = percentage(totals, "still_vacant", "was_vacant")
    assert 55 < found < 90


def test_firms_put_into_buildings_about_what_is_known_a_worker(totals):
    spent = totals["works"] / totals["worker_years"]
    assert 1_000 - 3.3 * spent.sem() < spent.mean() < 3_000
