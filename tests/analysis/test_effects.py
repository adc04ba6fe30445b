"""Effect sizes, pairing and families of differences, by hand or against known truth."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from analysis import effects


def ratio(values: np.ndarray) -> effects.Ratio:
    """Return a mean as a ratio of sums."""
    return values, np.ones(values.size)


def p_of_mean(values: np.ndarray) -> float:
    """Return the p-value of a mean of zero."""
    return effects.p_value(ratio(values), ratio(np.zeros(values.size)))


# --- size of a difference --------------------------------------------------------------------------------------------


def test_the_standardised_difference_is_that_of_the_formula():
    rng = np.random.default_rng(1)
    a = rng.normal(5.0, 2.0, 25)
    b = 0.5 * a + rng.normal(1.0, 1.0, 25)
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2.0)
    freedom = 2.0 * 24 / (1.0 + np.corrcoef(a, b)[0, 1] ** 2)
    found = effects.standardised_difference(a, b)
    # 1 - 3 / (4 m - 1) is Hedges' own approximation to the correction.
    assert found.mean == pytest.approx((a - b).mean() / spread * (1.0 - 3.0 / (4.0 * freedom - 1.0)), rel=1e-3)
    assert found.low < found.mean < found.high


def test_the_standardised_difference_is_right_on_average_with_few_seeds():
    rng = np.random.default_rng(2)
    n, related, true = 6, 0.7, 0.8
    found = []
    for _ in range(4000):
        shared = math.sqrt(related) * rng.normal(size=n)
        a, b = (shared + math.sqrt(1 - related) * rng.normal(size=n) for _ in range(2))
        freedom = 2.0 * (n - 1) / (1.0 + np.corrcoef(a, b)[0, 1] ** 2)
        plain = (a - b + true).mean() / math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2.0)
        found.append((plain, plain * effects.few_seeds_correction(freedom)))
    plain, corrected = np.mean(found, axis=0)
    error = np.std([c for _, c in found]) / math.sqrt(4000)
    assert abs(corrected - true) < 4 * error  # one alarm in 16,000
    assert plain - true > 4 * error  # without the correction it is too large


def test_better_pairing_makes_the_effect_surer_not_larger():
    rng = np.random.default_rng(3)
    luck, own = rng.normal(size=(2, 400))
    close, far = (effects.standardised_difference(luck + 0.5, share * luck + math.sqrt(1 - share**2) * own)
                  for share in (0.98, 0.2))
    assert close.mean == pytest.approx(0.5, abs=0.1) and far.mean == pytest.approx(0.5, abs=0.15)
    assert close.high - close.low < 0.5 * (far.high - far.low)


def test_the_interval_of_the_effect_covers_the_truth():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(400):
        luck, own = rng.normal(size=(2, 40))
        found = effects.standardised_difference(0.6 * luck + 0.8 * own + 0.5, luck)
        hits += found.low <= 0.5 <= found.high
    # 95% of 400 is 380; below 362 has a chance of one in 10,000 at 95%, and BCa may lose a per cent or so at 40 seeds.
    assert hits >= 362


def test_a_side_that_does_not_vary_leaves_the_spread_of_the_other():
    balance = np.random.default_rng(5).normal(2e6, 1e6, 60)
    found = effects.standardised_difference(balance, np.zeros(60))
    assert found.mean == pytest.approx(balance.mean() / balance.std(ddof=1) * effects.few_seeds_correction(59.0))
    assert "does not vary" in found.note
    assert effects.standardised_difference(np.full(9, 2.0), np.zeros(9)).mean is None
    assert effects.standardised_difference(np.array([2.0]), np.array([1.0])).mean is None


def test_a_tie_counts_half_and_fewer_is_better_turns_the_share():
    a, b = np.array([3.0, 1.0, 2.0, 5.0]), np.array([1.0, 1.0, 4.0, 2.0])
    assert effects.probability_better(a, b).mean == 0.625
    assert effects.probability_better(a, b, higher_is_better=False).mean == 0.375


def test_the_share_of_futures_has_the_wilson_interval():
    a, b = np.array([1.0] * 14 + [0.0] * 6), np.full(20, 0.5)
    found = effects.probability_better(a, b)
    interval = stats.binomtest(14, 20).proportion_ci(0.95, "wilson")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_seeds_that_one_side_does_not_know_are_left_out_and_said_so():
    a, b = np.array([1.0, np.nan, 3.0, 8.0]), np.array([0.0, 0.0, np.nan, 4.0])
    for found in (effects.probability_better(a, b), effects.standardised_difference(a, b),
                  effects.pairing(a, b).variance_ratio):
        assert "from 2 of 4 seeds" in found.note
    assert effects.probability_better(a, b).mean == 1.0
    assert effects.probability_better(a[1:2], b[1:2]).mean is None
    with pytest.raises(ValueError, match="3 against 4"):
        effects.probability_better(a[:3], b)


# --- pairing ---------------------------------------------------------------------------------------------------------


def test_what_pairing_saves_is_one_over_one_less_the_correlation():
    rng = np.random.default_rng(6)
    luck, first, second = rng.normal(size=(3, 3000))
    found = effects.pairing(2.0 * luck + first, 2.0 * luck + second)  # correlation 0.8, variances equal
    assert found.correlation.low < 0.8 < found.correlation.high
    assert found.variance_ratio.low < 5.0 < found.variance_ratio.high
    assert found.variance_ratio.high - found.variance_ratio.low < 1.0
    assert found.equivalent_seeds.mean == pytest.approx(3000 * found.variance_ratio.mean)
    assert found.equivalent_seeds.high == pytest.approx(3000 * found.variance_ratio.high)


def test_the_variance_ratio_is_that_of_its_parts_and_its_interval_covers():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(150):
        luck, first, second = rng.normal(size=(3, 60))
        a, b = luck + first, luck + second  # true ratio 2
        found = effects.pairing(a, b).variance_ratio
        hits += found.low <= 2.0 <= found.high
    assert found.mean == pytest.approx((a.var() + b.var()) / (a - b).var())
    assert hits >= 129  # 95% of 150 is 142.5; fewer than 129 has a chance of one in 1,000 at 93% covered


def test_pairing_says_when_there_is_nothing_to_say():
    luck = 1e7 + np.random.default_rng(8).normal(size=40)
    same = effects.pairing(luck + 0.1, luck)
    assert same.correlation.mean == pytest.approx(1.0)
    assert same.variance_ratio.mean is None and "the same in every future" in same.equivalent_seeds.note
    assert effects.pairing(luck, np.zeros(40)).correlation.mean is None
    assert json.loads(json.dumps(same.to_json()))["seeds"] == 40


# --- p-values --------------------------------------------------------------------------------------------------------


def test_the_p_value_is_that_of_a_plain_bootstrap_t():
    rng = np.random.default_rng(9)
    values = rng.lognormal(0.0, 1.0, 40) - 1.1
    n, centred = values.size, values - values.mean()
    pivots = []
    for _ in range(20_000):
        drawn = centred[rng.integers(0, n, n)]
        pivots.append(drawn.mean() / (drawn.std(ddof=1) / math.sqrt(n)))
    found = values.mean() / (values.std(ddof=1) / math.sqrt(n))
    plain = 2.0 * min(np.mean(np.array(pivots) >= found), np.mean(np.array(pivots) <= found))
    assert 0.01 < plain < 0.5
    assert p_of_mean(values) == pytest.approx(plain, rel=0.15)


@pytest.mark.filterwarnings("ignore:Precision loss")  # of the t test, on samples without a single gain
def test_false_alarms_on_skewed_money_are_near_the_promise_where_a_t_test_is_far_off():
    rng = np.random.default_rng(10)
    problems = {
        # name: (draw with a mean of zero, most alarms of the bootstrap-t, least of the t test), of 500 at 5%: 25 is the promise
        "normal": (lambda: rng.normal(size=20), 45, 0),
        "lognormal": (lambda: rng.lognormal(0.0, 1.0, 20) - math.exp(0.5), 55, 55),
        "one future of seven": (lambda: (rng.random(20) < 0.15) * rng.exponential(1.0, 20) - 0.15, 45, 95),
    }
    for draw, most, least in problems.values():
        samples = [draw() for _ in range(500)]
        assert sum(p_of_mean(sample) < 0.05 for sample in samples) <= most
        assert np.sum(stats.ttest_1samp(samples, 0.0, axis=1).pvalue < 0.05) >= least


def test_false_alarms_on_multipliers_are_near_the_promise():
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(400):
        luck, first, second = rng.lognormal(0.0, 0.6, (3, 50))
        public = rng.lognormal(0.0, 0.5, (2, 50))
        alarms += effects.p_value((3.0 * public[0] * luck * first, public[0]),
                                  (3.0 * public[1] * luck * second, public[1])) < 0.05
    assert 7 <= alarms <= 36  # 5% of 400 is 20; either end has a chance of one in 1,000


def test_a_large_difference_between_multipliers_is_seen():
    rng = np.random.default_rng(12)
    public = rng.lognormal(13.0, 0.5, (2, 60))
    private = public * np.array([[3.0], [2.0]]) * rng.lognormal(0.0, 0.3, (2, 60))
    assert effects.p_value((private[0], public[0]), (private[1], public[1])) < 0.01
    assert effects.p_value((private[0], public[0]), (1.5 * private[1], public[1])) > 0.1


def test_the_p_value_does_not_change_with_the_unit_or_the_direction():
    values = np.random.default_rng(13).lognormal(0.0, 1.0, 30) - 1.2
    assert p_of_mean(1e9 * values) == p_of_mean(values) == p_of_mean(-values)


def test_where_nothing_varies_the_p_value_is_that_of_the_signs():
    assert p_of_mean(np.full(10, 0.1)) == pytest.approx(2.0 / 2**10)
    assert p_of_mean(np.zeros(10)) == 1.0
    assert p_of_mean(np.array([3.0])) is None


# --- families --------------------------------------------------------------------------------------------------------


def family_of(seeds: int, leads: dict[str, float], seed: int) -> dict[str, np.ndarray]:
    """Return strategies on common luck, ahead by their lead."""
    rng = np.random.default_rng(seed)
    luck = rng.normal(0.0, 3.0, seeds)
    return {name: luck + lead + rng.normal(size=seeds) for name, lead in leads.items()}


def test_adjusted_p_values_are_holms_worked_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.3 times 4, 3, 2, 1, and never falling; None is no member.
    found = effects.adjusted_p_values([0.03, None, 0.01, 0.3, 0.02])
    assert found[1] is None
    assert found[0] == found[4] == pytest.approx(0.06)
    assert (found[2], found[3]) == pytest.approx((0.04, 0.3))
    assert effects.adjusted_p_values([None]) == [None] and effects.adjusted_p_values([]) == []


def test_differences_are_taken_from_any_reference_and_judged_together():
    values = family_of(50, {"none": 0.0, "a": 0.1, "b": 3.0, "c": -3.0}, 14)
    found = effects.differences_between(values, "a", "EUR")
    assert list(found) == ["none", "b", "c"]
    assert found["b"].difference.mean == pytest.approx((values["b"] - values["a"]).mean())
    assert found["b"].difference.unit == "EUR" and found["b"].family == 3
    assert (found["none"].stands, found["b"].stands, found["c"].stands) == (False, True, True)
    assert found["b"].better.mean > 0.9 > 0.1 > found["c"].better.mean
    assert found["c"].effect.mean < 0 < found["b"].effect.mean
    assert found["b"].adjusted >= found["b"].p_value
    assert effects.differences_between(values, "a", higher_is_better=False)["b"].better.mean < 0.1


def test_a_difference_that_stands_alone_may_fall_in_a_large_family():
    values = family_of(40, {"none": 0.0, "a": 0.1} | {f"x{k}": 0.0 for k in range(12)}, 15)
    alone = effects.differences_between({name: values[name] for name in ("none", "a")}, "none")["a"]
    together = effects.differences_between(values, "none")["a"]
    assert alone.stands and not together.stands
    assert alone.p_value == together.p_value


def test_one_false_alarm_in_a_whole_family_is_as_rare_as_promised():
    alarms = 0
    for seed in range(150):
        values = family_of(30, dict.fromkeys("abcd", 0.0), 1000 + seed)
        alarms += any(one.stands for one in effects.pairwise_differences(values).values())
    assert alarms <= 16  # 5% of 150 is 7.5; more than 16 has a chance of one in 1,000


def test_every_pair_is_there_once():
    found = effects.pairwise_differences(family_of(20, dict.fromkeys("abc", 0.0), 16))
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {one.family for one in found.values()} == {3}


def test_differences_over_several_outcomes_can_be_judged_as_one_family():
    first = effects.differences_between(family_of(30, {"none": 0.0, "a": 0.6}, 17), "none")["a"]
    second = effects.differences_between(family_of(30, {"none": 0.0, "a": 0.0}, 18), "none")["a"]
    both = effects.judged_together([first, second])
    assert [one.family for one in both] == [2, 2]
    assert both[0].adjusted == pytest.approx(min(1.0, 2 * first.p_value))


def test_seeds_without_a_number_count_for_their_own_difference_only():
    values = family_of(30, {"none": 0.0, "a": 1.0, "b": 1.0}, 19)
    whole = effects.differences_between(values, "none")
    values["a"][3] = np.nan
    values["b"][:] = np.nan
    found = effects.differences_between(values, "none")
    assert "from 29 of 30 seeds" in found["a"].difference.note and "from 29 of 30 seeds" in found["a"].better.note
    assert found["a"].difference.mean != whole["a"].difference.mean
    assert (found["b"].p_value, found["b"].adjusted, found["b"].stands) == (None, None, False)
    assert found["a"].family == 1


def test_an_unknown_reference_is_named_with_what_there_is():
    with pytest.raises(ValueError, match="'c' was not run; there are: a, b"):
        effects.differences_between(family_of(5, {"a": 0.0, "b": 0.0}, 20), "c")


def test_multipliers_are_judged_together_and_undefined_ones_stay_out():
    rng = np.random.default_rng(21)
    public = rng.lognormal(14.0, 0.4, 60)
    private = public * rng.lognormal(0.0, 0.3, 60)
    found = effects.multiplier_differences(
        {"a": (2.0 * private, public), "b": (4.0 * private, public), "c": None, "d": (2.02 * private, public * 1.01)}, "a"
    )
    assert list(found) == ["b", "c", "d"]
    assert found["b"].stands and found["b"].difference.mean == pytest.approx(2.0 * private.sum() / public.sum())
    assert not found["c"].stands and found["c"].difference.note.startswith("undefined")
    assert found["d"].difference.mean == pytest.approx(0.0) and not found["d"].stands
    assert {found[name].family for name in "bcd"} == {2}
    assert found["b"].effect is None and found["b"].better is None


def test_a_difference_is_plain_values():
    one = effects.differences_between(family_of(20, {"none": 0.0, "a": 1.0}, 22), "none")["a"]
    content = json.loads(json.dumps(one.to_json()))
    assert set(content) == {"strategy", "reference", "difference", "effect", "better", "p_value", "adjusted", "stands",
                            "family"}
    assert content["better"]["mean"] == one.better.mean
