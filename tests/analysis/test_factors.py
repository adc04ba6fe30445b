"""Effects of factors: known effects come back, what does nothing stays within chance, and what goes together is not parted."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.factors import factor_effects, factors_of, rank_correlation

SEEDS = 40


def study(points, effect, kind="factorial", strategies=("none", "go"), parks=("here",), missing=()):
    """Return a plan and a store in which strategy "go" adds `effect` of a point's values, with luck shared by strategies.

    Parameters
    ----------
    points
        Dictionaries of factor to value.
    effect
        From a point to points of vitality.
    missing
        (point, strategy, seed) of runs that are not in the store.
    """
    rng = np.random.default_rng(5)
    rows, outcomes = [], {}
    for number, point in enumerate(points):
        for park in parks:
            luck = rng.normal(60, 8, SEEDS)
            for strategy, seed in product(strategies, range(1, SEEDS + 1)):
                run = f"{number}-{park}-{strategy}-{seed}"
                rows.append({"run": run, "point": number, "park": park, "strategy": strategy, "seed": seed,
                             "park_hash": "", "strategy_hash": ""} | point)  # fmt: skip
                added = 0.0 if strategy == "none" else effect(point) + rng.normal(0, 1)
                if (number, strategy, seed) not in missing:
                    outcomes[run] = {"vitality": luck[seed - 1] + added, "welfare": 1e6 * added}
    design = pd.DataFrame(rows)
    plan = SimpleNamespace(design=design, keys=set(design["run"]), content={"experiment": {"design": {"kind": kind}}})
    return plan, SimpleNamespace(runs=lambda keys: pd.DataFrame.from_dict(outcomes, orient="index"))


def on_vitality(plan, store, **how):
    return [effect for effect in factor_effects(plan, store, **how) if effect.outcome == "vitality"]


def crossed(**levels):
    return [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]


def test_a_full_factorial_gives_back_main_effects_and_nothing_for_a_factor_that_does_nothing():
    points = crossed(x=[1.0, 3.0], y=[10, 20], idle=[0.1, 0.2])
    found = {effect.factor: effect for effect in on_vitality(*study(points, lambda p: 2.0 * p["x"] - 0.3 * p["y"]))}
    assert found["x"].estimate.low < 4.0 < found["x"].estimate.high and (found["x"].low, found["x"].high) == ("1", "3")
    assert found["y"].estimate.low < -3.0 < found["y"].estimate.high and (found["y"].low, found["y"].high) == ("10", "20")
    assert found["idle"].estimate.low < 0.0 < found["idle"].estimate.high and abs(found["idle"].estimate.mean) < 0.5
    assert list(found) == ["x", "y", "idle"]  # the largest first


def test_a_factor_that_does_nothing_is_within_its_interval_about_as_often_as_that_says():
    points, misses = crossed(x=[0, 1], idle=[0, 1]), 0
    for draw in range(60):
        rng = np.random.default_rng(draw)
        plan, store = study(points, lambda p, rng=rng: p["x"] + rng.normal(0, 0.5))
        (idle,) = [effect for effect in on_vitality(plan, store) if effect.factor == "idle"]
        misses += not idle.estimate.low <= 0.0 <= idle.estimate.high
    assert misses <= 10  # 3 expected at 95%, some more at 40 seeds; more than 10 has a chance of one in 2,000 at 94%


def test_a_fraction_gives_back_main_effects_although_most_combinations_were_not_run():
    # Eight of sixteen combinations, d = abc: resolution IV, so no main effect is mixed with the interaction of a and b.
    signs = [(a, b, c, a * b * c) for a, b, c in product((-1, 1), repeat=3)]
    points = [dict(zip("abcd", row, strict=True)) for row in signs]
    plan, store = study(points, lambda p: 1.5 * p["a"] + 1.0 * p["d"] + 2.0 * p["a"] * p["b"], "fractional")
    found = {effect.factor: effect.estimate for effect in on_vitality(plan, store)}
    for factor, true in {"a": 3.0, "b": 0.0, "c": 0.0, "d": 2.0}.items():
        assert found[factor].low < true < found[factor].high and found[factor].high - found[factor].low < 0.6


def test_points_of_a_list_are_told_whole_and_their_factors_never_apart():
    points = [{"x": 1, "y": 5.0}, {"x": 2, "y": 6.0}, {"x": 4, "y": 3.0}]
    found = on_vitality(*study(points, lambda p: p["x"], "list"))
    assert all(effect.kind == "point" and effect.factors == ("x", "y") and effect.low == "mean" for effect in found)
    by_point = {effect.high: effect for effect in found}
    mean = 7.0 / 3.0
    for number, point in enumerate(points):
        effect = by_point[str(number)]
        assert effect.estimate.low < point["x"] - mean < effect.estimate.high
        assert dict(effect.values) == {"x": str(point["x"]), "y": f"{point['y']:g}"}
    assert sum(effect.estimate.mean for effect in found) == pytest.approx(0.0, abs=1e-9)


def test_factors_whose_levels_go_together_share_one_effect():
    points = [{"x": x, "with_x": 10 * x, "against_x": -x, "other": y} for x, y in product((1, 2), (0, 1))]
    found = on_vitality(*study(points, lambda p: p["x"]))
    assert {effect.factors for effect in found} == {("x", "with_x", "against_x"), ("other",)}
    (both,) = [effect for effect in found if effect.factor.startswith("x")]
    assert (both.low, both.high) == ("1, 10, -1", "2, 20, -2") and both.estimate.mean == pytest.approx(1.0, abs=0.3)


def test_sampled_factors_are_told_apart_with_a_rank_correlation_that_has_their_sign():
    rng = np.random.default_rng(2)
    points = [{"up": float(x), "down": float(y), "idle": float(z)} for x, y, z in rng.uniform(0, 1, (64, 3))]
    found = {effect.factor: effect for effect in on_vitality(*study(points, lambda p: 4 * p["up"] - 4 * p["down"], "sobol"))}
    assert set(found) == {"up", "down", "idle"} and all(effect.kind == "halves" for effect in found.values())
    assert found["up"].rank.low > 0 and found["down"].rank.high < 0
    assert found["idle"].rank.low < 0 < found["idle"].rank.high
    # Uniform over its range: the upper half is half a range above the lower one.
    assert found["up"].estimate.mean == pytest.approx(2.0, abs=0.6) and " – " in found["up"].low


def test_sampled_factors_that_rise_and_fall_together_share_one_effect():
    points = [{"x": k / 20, "falls": 5.0 - k / 10, "rises": float(k**2)} for k in range(20)]
    (found,) = on_vitality(*study(points, lambda p: p["x"], "latin_hypercube"))
    assert found.factors == ("x", "falls", "rises")


def test_levels_without_order_are_each_held_against_the_mean():
    found = on_vitality(*study(crossed(mix=["p", "q", "r"], y=[0, 1]), lambda p: {"p": 3.0, "q": 0.0, "r": 0.0}[p["mix"]]))
    of_mix = {effect.high: effect.estimate.mean for effect in found if effect.factor == "mix"}
    assert of_mix == pytest.approx({"p": 2.0, "q": -1.0, "r": -1.0}, abs=0.3)
    assert sum(of_mix.values()) == pytest.approx(0.0, abs=1e-9)


def test_effects_are_on_what_a_strategy_adds_to_the_reference():
    points = crossed(x=[0, 1])
    plan, store = study(points, lambda p: 5.0 * p["x"], strategies=("none", "go", "base"))
    found = on_vitality(plan, store, reference="base")
    assert {effect.strategy for effect in found} == {"go"}
    assert abs(found[0].estimate.mean) < 0.6  # both add the same, so nothing is left


def test_a_seed_that_lacks_a_run_at_one_point_counts_at_none():
    points = crossed(x=[0, 1], y=[0, 1])
    plan, store = study(points, lambda p: 100.0 * p["y"], missing={(3, "go", 7)})
    (x,) = [effect for effect in on_vitality(plan, store) if effect.factor == "x"]
    # Kept, seed 7 would have low at y = 0 and 1, high at y = 0 alone: an effect of -50 in one seed of forty.
    assert abs(x.estimate.mean) < 0.7 and "39 of 40" in x.estimate.note
    sampled = [{"x": float(k)} for k in range(12)]
    plan, store = study(sampled, lambda p: p["x"], "sobol", missing={(3, "go", 7)})
    (effect,) = on_vitality(plan, store)
    assert effect.rank.mean > 0.95 and "39 of 40" in effect.estimate.note


def test_a_factor_with_one_value_is_none():
    plan, store = study([{"x": 1, "same": 2}, {"x": 2, "same": 2}], lambda p: 0.0)
    assert factors_of(plan) == ["x"]
    alone, store = study([{}], lambda p: 0.0)
    assert factor_effects(alone, store) == []


def test_the_interval_of_a_rank_correlation_holds_the_truth():
    rng, true, hits = np.random.default_rng(4), 6.0 / np.pi * np.arcsin(0.6 / 2.0), 0
    for _ in range(400):
        x, noise = rng.normal(size=(2, 60))
        found = rank_correlation(x, 0.6 * x + 0.8 * noise)
        hits += found.low <= true <= found.high
    assert 366 <= hits <= 393  # 380 expected; outside with a chance of one in 300
    assert rank_correlation(np.arange(5.0), np.arange(5.0)).low is None
    assert not rank_correlation(np.arange(20.0), np.ones(20)).defined
