"""The ablation of the principles: known effects come back exactly, and false alarms are kept in hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import principles
from analysis.experiment import TWIN, Runs


def made_runs(seeds, outcome):
    """Return runs of all combinations in which ``outcome(on, seed)`` gives vitality."""
    rows = {}
    for name in (*principles.combination_names(), TWIN):
        on = np.array([bit == "1" for bit in name[1:]]) if name != TWIN else np.zeros(6, bool)
        for seed in range(seeds):
            rows[name, seed] = {
                "vitality": outcome(on, seed), "welfare": 1e6 * on.sum(), "private_investment": 1e6 + 5e5 * on[0],
                "public_outlay": 0.0 if name == TWIN else 4e5, "opportunities_realised": 3.0,
            }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").sort_index()
    table.index = pd.MultiIndex.from_tuples(table.index, names=["strategy", "seed"])
    return Runs("made", 10.0, 80, (*principles.combination_names(), TWIN), tuple(range(seeds)), table,
                np.zeros((len(table), 1, 1)), ("vitality",))  # fmt: skip


def test_known_effects_and_a_known_interaction_are_recovered_exactly():
    # On its own the first adds 2, the fourth takes 1; together they add 3 more. Seeds differ in level only.
    found = principles.Ablation(
        made_runs(5, lambda on, seed: 50.0 + seed + 2.0 * on[0] - 1.0 * on[3] + 3.0 * (on[0] & on[3])), "made"
    )
    main = found.main["vitality"]
    assert main["interests"].mean == pytest.approx(2.0 + 1.5)  # half of the time the other is on
    assert main["tailored_roles"].mean == pytest.approx(-1.0 + 1.5)
    assert main["exit"].mean == pytest.approx(0.0)
    assert found.taken_away["vitality"]["interests"].mean == pytest.approx(2.0 + 3.0)
    pair, _ = found.interactions["vitality"]["interests", "tailored_roles"]
    assert pair.mean == pytest.approx(1.5)  # half the difference of the effect with and without the other
    other, _ = found.interactions["vitality"]["interests", "exit"]
    assert other.mean == pytest.approx(0.0)


def test_the_multiplier_without_a_principle_is_that_of_the_other_five():
    found = principles.Ablation(made_runs(3, lambda on, seed: 50.0), "made")
    assert found.multipliers["all"].mean == pytest.approx(5e5 / 4e5)
    assert found.multipliers["interests"].mean == pytest.approx(0.0)


def test_there_are_64_different_combinations_and_the_design_is_orthogonal():
    names = principles.combination_names()
    assert len(set(names)) == 64
    design = principles.signs(names)
    assert np.array_equal(design.T @ design, 64 * np.eye(6))


def test_holm_rejects_step_by_step():
    # 0.01 < 0.05/4, 0.015 < 0.05/3, 0.03 > 0.05/2: the last two stand.
    assert principles.holm(np.array([0.03, 0.01, 0.04, 0.015])).tolist() == [False, True, False, True]


def test_pure_chance_raises_few_alarms():
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        values = rng.normal(size=(20, 64))
        pairs = principles.interactions(values, principles.signs(principles.combination_names()))
        p_values = np.array([principles._p_value(v) for v in pairs.values()])
        alarms += principles.holm(p_values).any()
    assert alarms <= 22  # 5% of 200 is 10; more than 22 has a chance below 1 in 1000
