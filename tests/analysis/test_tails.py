"""Quantiles, expected shortfall and chances of loss, by hand or against known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis import statistics, tails


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_the_interval_of_a_quantile_covers_the_truth_whatever_the_distribution(probability):
    rng = np.random.default_rng(1)
    true = math.exp(stats.norm.ppf(probability))
    hits = 0
    for _ in range(300):
        found = tails.quantile(rng.lognormal(0.0, 1.0, 60), probability)
        hits += found.low <= true <= found.high
    assert hits >= 273  # at least 95%: 285 expected; fewer than 273 has a chance of one in 1,000


def test_the_ends_of_a_quantile_are_runs_and_missing_where_there_are_too_few():
    values = np.random.default_rng(2).permutation(np.arange(100.0))
    found = tails.quantile(values, 0.5, "EUR")
    assert found.mean == 49.5 and found.unit == "EUR" and {found.low, found.high} <= set(values)
    # Binomial(100, 1/2): 40 and 60 below with a chance of 2.8%, 39 and 61 with 1.8%.
    assert (found.low, found.high) == (39.0, 60.0)
    few = tails.quantile(values[:10], 0.05)
    assert few.low is None and few.high is not None and "too few" in few.note
    assert tails.quantile(np.array([np.nan]), 0.5).mean is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        tails.quantile(values, 1.0)


def test_expected_shortfall_is_the_mean_of_the_worst_runs_and_a_part_of_the_next():
    values = np.array([5.0, 1.0, 9.0, 3.0, 7.0])
    assert tails.expected_shortfall(values, 0.2).mean == 1.0
    assert tails.expected_shortfall(values, 0.5).mean == pytest.approx((1.0 + 3.0 + 0.5 * 5.0) / 2.5)
    assert tails.expected_shortfall(values, 1.0).mean == pytest.approx(values.mean())


def test_over_all_futures_the_shortfall_and_its_interval_are_those_of_the_mean():
    values = np.sort(np.random.default_rng(3).lognormal(0.0, 1.0, 50))  # the order the draws are given out in
    found, mean = tails.expected_shortfall(values, 1.0), statistics.mean_with_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((mean.mean, mean.low, mean.high))


def test_the_bootstrap_and_the_jackknife_of_the_shortfall_are_those_done_one_by_one():
    values = np.sort(np.random.default_rng(4).normal(size=23))
    one_by_one = [tails.expected_shortfall(np.delete(values, i), 0.3).mean for i in range(23)]
    assert tails._jackknifed(values, 0.3) == pytest.approx(one_by_one)
    reference = stats.bootstrap((values,), lambda v: tails.expected_shortfall(v, 0.3).mean, vectorized=False,
                                n_resamples=1500, rng=np.random.default_rng(5)).confidence_interval
    found = tails.expected_shortfall(values, 0.3)
    width = found.high - found.low
    assert (found.low, found.high) == pytest.approx(tuple(reference), abs=0.1 * width)


def test_the_interval_of_the_shortfall_covers_the_truth_with_enough_runs_in_the_tail():
    rng = np.random.default_rng(6)
    true = -stats.norm.pdf(stats.norm.ppf(0.2)) / 0.2
    hits = 0
    for _ in range(200):
        found = tails.expected_shortfall(rng.normal(size=100), 0.2)
        hits += found.low <= true <= found.high
    assert 174 <= hits <= 198  # 190 expected at 95%; fewer than 174 has a chance of one in 1,000 at 93%


def test_a_thin_tail_is_said_to_be_thin():
    values = np.random.default_rng(7).normal(size=40)
    assert "worst 4 of 40 runs" in tails.expected_shortfall(values).note
    assert tails.expected_shortfall(np.tile(values, 2)).note is None
    assert tails.expected_shortfall(np.array([2.0])).low is None
    assert "39 of 40" in tails.expected_shortfall(np.where(values == values[0], np.nan, values)).note
    with pytest.raises(ValueError, match="above 0"):
        tails.expected_shortfall(values, 0.0)


def test_the_chance_of_loss_leaves_out_seeds_without_a_number():
    found = tails.chance_of_loss(np.array([-1.0, 2.0, np.nan, -3.0, 0.0]))
    assert found.mean == 0.5 and "from 4 of 5 seeds" in found.note
    assert tails.chance_of_loss(np.array([np.nan])).mean is None


def test_the_chance_that_a_euro_moves_too_little_needs_no_denominator():
    private, public = np.array([3.0, 1.0, 0.0, 5.0, np.nan]), np.array([1.0, 1.0, 0.0, 3.0, 1.0])
    # 3 > 2, 1 < 2, 0 against 0 is no shortfall, 5 < 6.
    assert statistics.moves_less_than(2.0, private, public).mean == 0.5
