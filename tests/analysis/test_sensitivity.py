"""Sensitivity: against functions of which the answer is known, against SALib, and on a small park end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.assumptions import Assumption, named_assumptions
from analysis.engines import InProcess
from analysis.experiment import RunFailed
from analysis.sensitivity import (
    LUCK,
    OUTCOMES,
    Answers,
    Contrast,
    Design,
    blocks,
    decompose,
    run_design,
    screen,
    trajectories,
)
from analysis.sensitivity.chance import chance_of_effects, chance_share
from analysis.sensitivity.figures import convergence_figure, indices_figure, screening_figure
from analysis.sensitivity.indices import indices_of, sobol_table
from analysis.sensitivity.page import page, sentences
from analysis.sensitivity.running import MEASURES
from analysis.sensitivity.screening import elementary_effects, morris_table, screening_of
from analysis.store import Memory, Store
from klaver.language import LANGUAGES, Language
from sim.inputs.strategy import load_strategy
from tests.analysis.small_experiments import QUARTERS, two_strategies, village

NAMES = ("beta", "phi", "theta", "chi")


def factors(number: int = 4) -> tuple[Assumption, ...]:
    return named_assumptions(NAMES[:number])


def noise(design: Design, seeds: int, size: float, draw: int = 1) -> np.ndarray:
    """Return luck: the same at all points of a group that have the same seeds, so that it is gone from differences."""
    rng = np.random.default_rng(draw)
    pairs = size * rng.standard_normal((len(design.places), 2, seeds))
    return np.take_along_axis(pairs, design.other_luck.astype(int)[:, :, None], axis=1)


def restless(design: Design, seeds: int, size: float, draw: int = 1) -> np.ndarray:
    """Return luck that any change of any factor draws anew: what common seeds cannot take away."""
    return size * np.random.default_rng(draw).standard_normal((*design.places.shape[:2], seeds))


def answers_of(design: Design, values: np.ndarray) -> Answers:
    """Return made-up answers in which the first strategy has ``values`` as its vitality, and nothing else happens."""
    groups, points, seeds = values.shape
    measures = np.zeros((groups, points, 3, seeds, len(MEASURES)))
    measures[:, :, 1, :, MEASURES.index("vitality")] = values
    return Answers(design, ("none", "demand_driven", "supply_driven"), measures, 0, "0" * 32)


# --- designs ---------------------------------------------------------------------------------------------------------


def test_a_trajectory_moves_every_factor_once_and_the_luck_too() -> None:
    places = trajectories(5, 7).places
    moved = np.abs(np.diff(places, axis=1)) > 0.0
    assert places.shape == (7, 7, 6)
    assert (moved.sum(axis=2) == 1).all() and (moved.sum(axis=1) == 1).all()


def test_a_block_takes_each_factor_from_b_in_turn_and_the_luck_last() -> None:
    places = blocks(3, 8).places
    a, b = places[:, 0], places[:, -1]
    for k in range(4):
        expected = a.copy()
        expected[:, k] = b[:, k]
        np.testing.assert_array_equal(places[:, k + 1], expected)
    assert blocks(3, 8).other_luck.tolist() == [[False, False, False, False, True, True]] * 8


@pytest.mark.parametrize("make", [trajectories, blocks])
def test_a_larger_design_holds_the_smaller_one_with_its_seeds(make: object) -> None:
    small, large = make(4, 4), make(4, 8)  # type: ignore[operator]
    np.testing.assert_array_equal(large.places[:4], small.places)
    assert set(small.seeds(3, True, 2)) <= set(large.seeds(3, True, 5))
    every = [seed for group in range(8) for other in (False, True) for seed in large.seeds(group, other, 5)]
    assert len(every) == len(set(every))


# --- Morris ----------------------------------------------------------------------------------------------------------


def test_elementary_effects_are_those_of_salib() -> None:
    from SALib.analyze import morris

    design = trajectories(3, 12)
    flat = design.places.reshape(-1, 4)
    outcome = 3.0 * flat[:, 0] + flat[:, 1] ** 2 + flat[:, 0] * flat[:, 2]
    effects = elementary_effects(design, outcome.reshape(12, -1))
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    expected = morris.analyze(problem, flat, outcome, num_levels=4)
    table = morris_table(effects, list("abcd"), chance_of_effects(effects))
    for column in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(table[column], np.asarray(expected[column], float), atol=1e-12)


def test_a_linear_effect_is_found_to_the_bit_through_luck_that_is_shared() -> None:
    design = trajectories(4, 10)
    outcome = (design.places[:, :, :2] @ [2.0, -1.0])[:, :, None] + noise(design, 3, 5.0)
    found = screening_of("made_up", factors(), answers_of(design, outcome))
    rows = found.rows(Contrast("demand_driven", "supply_driven"), "vitality").set_index("factor")
    assert list(rows.index[:2]) == ["parameters.beta", "parameters.phi"]
    np.testing.assert_allclose(rows["mu"].head(2), [2.0, -1.0], atol=1e-9)
    assert rows["stands"].tolist() == [True, True, False, False]
    assert [one.name for one in found.most_important(2)] == ["parameters.beta", "parameters.phi"]


def test_a_factor_with_effects_both_ways_stands_by_their_size() -> None:
    design = trajectories(4, 20)
    x = design.places
    outcome = (10.0 * (x[:, :, 0] - 0.5) * (2.0 * (x[:, :, 1] > 0.5) - 1.0))[:, :, None] + restless(design, 4, 0.5)
    rows = screening_of("made_up", factors(), answers_of(design, outcome)).rows(Contrast("demand_driven"), "vitality")
    rows = rows.set_index("factor")
    assert rows.loc[["parameters.beta", "parameters.phi"], "stands"].all()
    assert rows.loc["parameters.beta", "mu_low"] < 0.0 < rows.loc["parameters.beta", "mu_high"]


def test_where_there_is_nothing_but_luck_assumptions_stand_in_about_one_study_of_twenty() -> None:
    """The share of studies with any false alarm, when nothing matters, is what Benjamini and Hochberg hold at 5%."""
    design, alarms = trajectories(30, 20), 0
    for draw in range(100):
        effects = elementary_effects(design, restless(design, 1, 1.0, draw)[:, :, 0])
        alarms += bool(morris_table(effects, [f"x{k}" for k in range(31)], chance_of_effects(effects))["stands"].any())
    assert alarms <= 11  # 5 expected; more than 11 has a chance of 0.4%


def test_a_skewed_luck_gives_no_more_false_alarms() -> None:
    design = trajectories(20, 16)
    rng, small = np.random.default_rng(3), []
    for _ in range(60):
        values = rng.exponential(1.0, design.places.shape[:2]) * (rng.random(design.places.shape[:2]) < 0.15)
        small.append(chance_of_effects(elementary_effects(design, values)) <= 0.05)
    assert np.mean(small) <= 0.06


def test_an_effect_of_nil_is_not_told_from_chance() -> None:
    assert chance_of_effects(np.zeros((15, 4))).tolist() == [1.0, 1.0, 1.0]


# --- chance ----------------------------------------------------------------------------------------------------------


def test_the_share_of_chance_is_found() -> None:
    rng = np.random.default_rng(5)
    values = rng.standard_normal((200, 2, 1)) + np.sqrt(3.0) * rng.standard_normal((200, 2, 4))
    share = chance_share(values)
    assert share.low < 0.75 < share.high
    assert share.high - share.low < 0.15


def test_one_seed_does_not_tell_chance_from_assumptions() -> None:
    assert np.isnan(chance_share(np.random.default_rng(1).standard_normal((20, 2, 1)))).all()


# --- Sobol -----------------------------------------------------------------------------------------------------------


def test_the_indices_of_the_ishigami_function_are_found() -> None:
    design = blocks(3, 2048)
    x = np.pi * (2.0 * design.places[:, :, :3] - 1.0)
    outcome = np.sin(x[..., 0]) + 7.0 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])
    table = sobol_table(design, outcome, ["a", "b", "c", LUCK])
    np.testing.assert_allclose(table["s1"], [0.314, 0.442, 0.0, 0.0], atol=0.03)
    np.testing.assert_allclose(table["st"], [0.558, 0.442, 0.244, 0.0], atol=0.03)
    assert table["stands"].tolist() == [True, True, True, False]


def test_the_total_index_of_the_luck_is_its_share_and_effects_keep_their_slope() -> None:
    design = blocks(2, 1024)
    outcome = 6.0 * design.places[:, :, 0] + noise(design, 1, np.sqrt(3.0))[:, :, 0]  # variances 3 and 3
    table = sobol_table(design, outcome, ["a", "b", LUCK]).set_index("factor")
    assert table.loc[LUCK, "st"] == pytest.approx(0.5, abs=0.08)
    assert table.loc["a", "st"] == pytest.approx(0.5, abs=0.08)
    assert table.loc["a", "effect"] == pytest.approx(6.0)
    assert table["stands"].tolist() == [True, False, False]


def test_luck_alone_gives_sobol_indices_that_stand_in_about_one_study_of_twenty() -> None:
    design = blocks(4, 64)
    alarms = sum(bool(sobol_table(design, restless(design, 1, 1.0, draw)[:, :, 0], [*"abcd", LUCK])["stands"].any())
                 for draw in range(60))
    assert alarms <= 8  # 3 expected; more than 8 has a chance of 0.3%


def test_an_outcome_that_does_not_vary_has_no_indices() -> None:
    table = sobol_table(blocks(2, 8), np.ones((8, 5)), ["a", "b", LUCK])
    assert table[["s1", "st"]].isna().all(axis=None) and not table["stands"].any()


# --- sentences and pictures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_what_matters_and_whom_it_favours(language: str) -> None:
    say, design, few = Language(language), trajectories(4, 12), blocks(2, 64)
    screening = screening_of("made_up", factors(), answers_of(
        design, (design.places[:, :, :2] @ [4.0, -2.0])[:, :, None] + noise(design, 3, 1.0)))
    indices = indices_of("made_up", factors(2), answers_of(
        few, (few.places[:, :, :2] @ [4.0, -2.0])[:, :, None] + noise(few, 3, 0.2)))
    first, second = sentences(screening, indices, "vitality", say)
    for text, name, strategy in ((first, "`beta`", "demand_driven"), (second, "`phi`", "supply_driven")):
        assert name in text
        assert say("sensitivity.favours", strategy=load_strategy(strategy).title.get(language)) in text
    assert "%" in first
    assert sentences(screening, indices, "private_investment", say) == [say("sensitivity.none")]
    assert page(screening, indices, say).count("\n## ") == len(OUTCOMES) + 3
    contrast = screening.contrasts[0]
    screening_figure(screening, contrast, "vitality", say).canvas.draw()
    indices_figure(indices, contrast, "vitality", say).canvas.draw()
    for result in (screening, indices):
        convergence_figure(result, contrast, "vitality", say).canvas.draw()


# --- on a park -------------------------------------------------------------------------------------------------------


def test_runs_are_paired_within_a_trajectory_and_kept(tmp_path: Path) -> None:
    store, told = Store(tmp_path / "store"), []
    how = {"store": store, "engine": InProcess(), "quarters": QUARTERS}
    first = screen(village(), two_strategies(), 2, 2, factors(3), **how, tell=lambda there, todo: told.append((there, todo)))
    again = screen(village(), two_strategies(), 2, 3, factors(3), **how, tell=lambda there, todo: told.append((there, todo)))
    assert told == [(0, 2 * 5 * 2 * 3), (2 * 5 * 2 * 3, 5 * 2 * 3)]
    assert (first.trajectories, again.trajectories, first.left_out) == (2, 3, 0)
    assert set(first.table["factor"]) == {*(factor.name for factor in factors(3)), LUCK}


def test_net_private_is_private_less_public_and_the_difference_is_that_of_the_two() -> None:
    design = trajectories(2, 2)
    how = {"store": Memory(), "engine": InProcess(), "quarters": QUARTERS}
    answers = run_design(village(), two_strategies(), factors(2), design, 2, **how)
    both, first, second = answers.contrasts
    assert np.abs(answers.values(first, "public_outlay")).max() > 0.0
    for outcome in OUTCOMES:
        np.testing.assert_allclose(
            answers.values(both, outcome), answers.values(first, outcome) - answers.values(second, outcome), atol=1e-6)
    np.testing.assert_allclose(answers.values(first, "net_private"), answers.values(first, "private_investment")
                               - answers.values(first, "public_outlay"))


def test_indices_are_the_same_however_they_are_made() -> None:
    made = [decompose(village(), two_strategies(), factors(1), 1, 2, store=Memory(), engine=InProcess(), quarters=QUARTERS)
            for _ in range(2)]
    assert made[0].receipt == made[1].receipt
    assert made[0].table.equals(made[1].table)


def test_a_park_on_which_every_run_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import experiment

    def broken(*_: object) -> object:
        raise RuntimeError("as it was told to")

    monkeypatch.setattr(experiment, "_run_one", broken)
    with pytest.raises(RunFailed, match="as it was told to"):
        screen(village(), two_strategies(), 1, 2, factors(1), store=Memory(), engine=InProcess(), quarters=QUARTERS)


def test_one_strategy_or_the_twin_is_refused() -> None:
    for wrong in ([], ["demand_driven"], ["demand_driven", "none"]):
        with pytest.raises(ValueError, match="two different strategies"):
            screen(village(), [load_strategy(name) for name in wrong], 1, 2, factors(1), store=Memory(), engine=InProcess())


def test_samples_that_are_no_power_of_two_are_refused() -> None:
    with pytest.raises(ValueError, match="samples is 12"):
        decompose(village(), two_strategies(), factors(1), 1, 12)
