"""A comparison: all at once gives what one by one gives, any reference will do, and one place decides what stands."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis import effects, statistics, tails
from analysis.compare import OUTCOMES, RANKED, compare
from analysis.pairs import all_multiplier_pairs, all_pairs
from tests.analysis.made_up_runs import made_up

LIFTS = {"a": (4e6, 2e6, 4.0, 3e6), "b": (1e6, 2e6, 8.0, -3e6), "c": (3e6, 1e6, 4.1, 3.1e6)}


@pytest.fixture(scope="module")
def comparison():
    made = made_up(LIFTS, seeds=60)
    made.runs.table.loc[("a", 5), "lead_time"] = np.nan
    made.runs.table["satisfaction"] = np.where(made.runs.table.index.get_level_values("strategy") == "b", np.nan, 0.5)
    return compare(made.runs)


def numbers(found):
    """Return the plain values of nested dictionaries, in order."""
    if isinstance(found, dict):
        return [value for item in found.values() for value in numbers(item)]
    return [found]


def same(one, other):
    assert one.keys() == other.keys()
    for first, second in zip(numbers(one), numbers(other), strict=True):
        if isinstance(first, float) and isinstance(second, float):
            assert first == pytest.approx(second, rel=1e-9, abs=1e-9)
        else:
            assert first == second


# --- all at once is one by one ----------------------------------------------------------------------------------------


def test_every_estimate_and_difference_is_that_of_its_own_calculation(comparison):
    for name in comparison.strategies:
        for outcome in OUTCOMES:
            same(comparison.estimates[name][outcome].to_json(), comparison.estimate(name, outcome).to_json())
            one, other = comparison.differences[name][outcome], comparison.difference(name, outcome)
            assert (one is None) == (other is None)
            if one is not None and one.defined:
                same(one.to_json(), other.to_json())
    assert "59 of 60" in comparison.estimates["a"]["lead_time"].note
    assert not comparison.estimates["b"]["satisfaction"].defined


def test_columns_with_different_seeds_missing_are_each_estimated_on_their_own():
    rng = np.random.default_rng(3)
    columns = rng.lognormal(0, 1, (30, 5))
    columns[3, 1] = columns[4, 2] = columns[5, 2] = np.nan
    columns[1:, 3] = np.nan
    columns[:, 4] = np.nan
    for k, found in enumerate(statistics.means_with_intervals(columns, ["x"] * 5)):
        same(found.to_json(), statistics.mean_with_interval(columns[:, k], "x").to_json())


def awkward(kind):
    rng = np.random.default_rng(8)
    luck = rng.lognormal(2.0, 0.4, 40)
    values = {"a": luck + rng.normal(1, 1, 40), "b": luck + rng.exponential(1, 40), "c": 3.0 * luck}
    if kind == "missing":
        values["b"] = np.where(np.arange(40) < 3, np.nan, values["b"])
    if kind == "constant":
        values["b"] = np.full(40, 7.0)
    if kind == "shifted":  # a difference that is the same in every future
        values["b"] = values["a"] + 2.0
    if kind == "equal":
        values["b"] = values["a"].copy()
    if kind == "large":  # spread is a thousandth of a percent of the level
        values = {name: 1e9 + 1e4 * column for name, column in values.items()}
    return values


@pytest.mark.parametrize("kind", ["plain", "missing", "constant", "shifted", "equal", "large"])
def test_all_pairs_are_those_of_one_pair_at_a_time(kind):
    values = awkward(kind)
    found, expected = all_pairs(values, "x", higher_is_better=False), effects.pairwise_differences(values, "x", False)
    assert found.keys() == expected.keys()
    for pair, one in found.items():
        same(one.difference.to_json(), expected[pair].to_json())
        same(one.pairing.to_json(), effects.pairing(values[pair[0]], values[pair[1]]).to_json())


def test_all_pairs_of_multipliers_are_those_of_one_pair_at_a_time():
    rng = np.random.default_rng(9)
    public = rng.lognormal(14, 0.3, 50)
    ratios = {f"m{k}": (public * rng.gamma(2.0, 0.5 + 0.2 * k, 50), public * (1 + 0.2 * k)) for k in range(3)}
    ratios["twice"] = (2 * ratios["m0"][0], 2 * ratios["m0"][1])  # the same multiplier, in every future
    found = all_multiplier_pairs(ratios)
    assert len(found) == 6
    for (first, second), one in found.items():
        (alone,) = effects.multiplier_differences({first: ratios[first], second: ratios[second]}, second).values()
        same(one.difference.difference.to_json(), alone.difference.to_json())
        assert one.difference.p_value == pytest.approx(alone.p_value) and one.difference.family == 6
    holm = effects.adjusted_p_values([one.difference.p_value for one in found.values()])
    assert [one.difference.adjusted for one in found.values()] == pytest.approx(holm)


def test_one_seed_has_pairs_without_intervals():
    found = made_up({"a": (4e6, 2e6, 4.0, 3e6)}, seeds=1).pairs["vitality"]
    (pair,) = found.values()
    assert pair.difference.difference.low is None and pair.difference.p_value is None and not pair.difference.stands


def test_quantiles_and_worst_futures_are_those_of_tails(comparison):
    for name in comparison.strategies:
        for outcome, found in comparison.futures[name].items():
            values = comparison.values(name, outcome)
            for share, one in found["quantiles"].items():
                same(one.to_json(), tails.quantile(values, share, one.unit).to_json())
            same(found["worst_tenth"].to_json(), tails.expected_shortfall(values, unit=found["worst_tenth"].unit).to_json())


# --- any reference ----------------------------------------------------------------------------------------------------


def test_a_difference_turned_round_is_its_opposite(comparison):
    for outcome in RANKED:
        one, other = comparison.against("a", outcome, "b"), comparison.against("b", outcome, "a")
        assert (one.strategy, one.reference) == ("a", "b") and (other.strategy, other.reference) == ("b", "a")
        assert (one.difference.mean, one.difference.low, one.difference.high) == (
            -other.difference.mean, -other.difference.high, -other.difference.low)
        assert (one.p_value, one.adjusted, one.stands) == (other.p_value, other.adjusted, other.stands)
    one, other = comparison.against("a", "vitality", "b"), comparison.against("b", "vitality", "a")
    assert one.better.mean == pytest.approx(1.0 - other.better.mean) and one.effect.low == -other.effect.high
    a, b = comparison.values("a", "vitality"), comparison.values("b", "vitality")
    assert one.difference.mean == pytest.approx((a - b).mean()) and one.better.mean == pytest.approx((a > b).mean())


def test_what_stands_does_not_depend_on_the_reference(comparison):
    for reference in comparison.strategies:
        other = compare(comparison.runs, reference)
        for outcome in RANKED:
            assert other.alike(outcome) == comparison.alike(outcome)
            assert other.stands(outcome, "a", "b") == comparison.stands(outcome, "a", "b")
        row = other.to_json()["strategies"]["a"]["against_reference"]["vitality"]
        if reference == "a":
            assert row is None
        else:
            expected = comparison.values("a", "vitality") - comparison.values(reference, "vitality")
            assert row["reference"] == reference and row["difference"]["mean"] == pytest.approx(expected.mean())


def test_a_multiplier_is_held_against_another_and_not_against_the_twin(comparison):
    assert comparison.against("a", "multiplier_additional") is None
    found = comparison.against("a", "multiplier_additional", "b")
    ratios = [comparison.estimates[name]["multiplier_additional"].mean for name in ("a", "b")]
    assert found.difference.mean == pytest.approx(ratios[0] - ratios[1]) and found.stands and found.family == 3
    assert found.effect is None and found.better is None


def test_unknown_names_are_refused(comparison):
    with pytest.raises(ValueError, match="'x' was not run"):
        comparison.against("a", "vitality", "x")
    with pytest.raises(ValueError, match="'jobs' is not ranked"):
        comparison.against("a", "jobs")
    with pytest.raises(ValueError, match="'x' was not run"):
        comparison.values("x", "vitality")


# --- one place decides ------------------------------------------------------------------------------------------------


def test_groups_follow_the_adjusted_decision_and_not_the_single_interval():
    made = made_up({f"s{k}": (0, 2e6, 0.0, 0) for k in range(6)} | {"edge": (0, 2e6, 1.1, 0)}, seeds=40)
    alone = made.against("edge", "vitality")
    assert made.difference("edge", "vitality").excludes_zero and alone.p_value < 0.05 < alone.adjusted  # by itself it would
    assert not made.stands("vitality", "edge")
    content = made.to_json()
    groups = content["not_distinguishable"]["vitality"]
    assert any({"edge", "none"} <= set(group) for group in groups)
    for group in groups:
        for row in content["pairs"]["vitality"]:
            if {row["strategy"], row["reference"]} <= set(group):
                assert not row["stands"]
    assert {name for group in groups for name in group} == set(made.strategies)


def test_the_json_is_whole_and_every_number_of_a_pair_is_that_of_the_pair(comparison):
    content = comparison.to_json()
    json.dumps(content, allow_nan=False)
    assert len(content["pairs"]["vitality"]) == 6 and len(content["pairs"]["multiplier_additional"]) == 3
    assert content["pairs"]["vitality"][0]["strategy"] == "b"  # highest mean first
    row = content["pairs"]["social_balance"][0]
    one, other = (comparison.values(row[side], "welfare") for side in ("strategy", "reference"))
    assert row["pairing"]["variance_ratio"]["mean"] == pytest.approx((one.var() + other.var()) / (one - other).var())
    a = content["strategies"]["a"]
    assert a["futures"]["vitality"]["quantiles"]["0.5"]["mean"] == pytest.approx(np.median(comparison.values("a", "vitality")))
    net = comparison.values("a", "net_private")
    assert a["moves_less_than_one_euro"]["mean"] == pytest.approx((net < 0).mean())
    assert content["strategies"]["none"]["moves_less_than_one_euro"]["mean"] is None


def test_another_name_of_the_park_keeps_what_is_worked_out(comparison):
    comparison.pairs  # noqa: B018
    other = comparison.named("Elsewhere")
    assert other.runs.park == "Elsewhere" and comparison.runs.park == "Made-up"
    assert other.pairs is comparison.pairs
    same(other.to_json()["strategies"], comparison.to_json()["strategies"])
