"""Seeds until decided: only what is wanted is made, and the choice is the same however the work is done."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.deciding import SMALLEST, decide
from analysis.engines import InProcess
from analysis.experiment import RunFailed, carry_out, plan_experiment
from analysis.experiment_file import experiment_of
from analysis.store import Memory
from tests.analysis.small_experiments import breaks_on_seed_two, two_strategies, village


def experiment(quarters: int = 40):
    return experiment_of([village()], two_strategies(), 1, quarters=quarters, name="deciding")


def test_the_choice_is_that_of_the_means_over_many_seeds_and_losers_get_no_more_seeds():
    memory = Memory()
    found = decide(experiment(), village(), memory, InProcess(), "vitality", 2.0, first=10)
    many = Memory()
    carry_out(plan_experiment(experiment().with_seeds(range(1, 201))), many, InProcess())
    means = many.runs().groupby("strategy")["vitality"].mean()
    assert found.verdict.decided and found.verdict.best == means.idxmax()
    made = memory.runs()["strategy"].value_counts()
    assert sum(made) == found.runs
    for name, seeds in found.verdict.eliminated.items():
        assert made[name] <= 1.2 * seeds + 20 or name == "none", "a strategy that left went on"
    assert found.means[found.verdict.best] == max(found.means.values())


def test_what_is_there_is_used_and_gives_the_same_choice():
    memory = Memory()
    first = decide(experiment(), village(), memory, InProcess(), "vitality", 2.0, first=10)
    before = len(memory.runs())
    again = decide(experiment(), village(), memory, InProcess(), "vitality", 2.0, first=10)
    assert again.to_json() == first.to_json() and len(memory.runs()) == before


def test_the_budget_is_kept_and_said_to_be_spent():
    memory = Memory()
    found = decide(experiment(), village(), memory, InProcess(), "vitality", 1e-7, first=10, budget=100)
    assert not found.verdict.decided and found.verdict.guarantee == "undecided"
    assert len(memory.runs()) == found.runs <= 100
    with pytest.raises(ValueError, match="first stage takes 30 runs, and the budget is 20"):
        decide(experiment(), village(), Memory(), InProcess(), budget=20, first=10)


def test_no_choice_on_a_ratio():
    with pytest.raises(ValueError, match="no choice can be made on 'multiplier_gross'"):
        decide(experiment(), village(), Memory(), InProcess(), "multiplier_gross")


def test_every_outcome_that_can_be_chosen_on_is_there_in_every_run():
    memory = Memory()
    carry_out(plan_experiment(experiment(4).with_seeds([1, 2])), memory, InProcess())
    runs = memory.runs()
    for outcome in SMALLEST:
        column = "welfare" if outcome == "social_balance" else outcome
        assert np.isfinite(runs[column]).all(), outcome


def test_a_failed_run_is_no_ground_for_a_choice(monkeypatch):
    from analysis import experiment as experiments

    monkeypatch.setattr(experiments.carry_out, "__kwdefaults__",
                        experiments.carry_out.__kwdefaults__ | {"work": breaks_on_seed_two})
    with pytest.raises(RunFailed, match="seed 2"):
        decide(experiment(), village(), Memory(), InProcess(), first=4)
