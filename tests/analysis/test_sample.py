"""The sample over all assumptions: planted effects are found, luck alone is not, and it is the same however it is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.engines import InProcess, Processes
from analysis.sensitivity import OUTCOMES, Contrast, Design, Sample, points, sample
from analysis.sensitivity.design import CUBE
from analysis.sensitivity.figures import sample_convergence_figure, sample_figure
from analysis.sensitivity.page import page, sentences
from analysis.sensitivity.sample import beyond_main_effects, main_effects, sample_of, stand
from analysis.store import Store
from klaver.language import LANGUAGES, Language
from sim.inputs.strategy import load_strategy
from tests.analysis.small_experiments import QUARTERS, two_strategies, village
from tests.analysis.test_sensitivity import answers_of, factors


def planted(number: int, draw: int = 1) -> tuple[Design, np.ndarray]:
    """Return a sample of four factors, and an outcome with effects 4 and -2 of the first two, under as much luck again."""
    design = points(4, number)
    outcome = design.places[:, :, :2] @ [4.0, -2.0] + 1.3 * np.random.default_rng(draw).standard_normal((number, 1))
    return design, outcome[:, :, None]


def sample_made_up(number: int = 512) -> Sample:
    return sample_of("made_up", factors(), answers_of(*planted(number)))


def test_every_stretch_of_every_range_is_visited_and_more_points_hold_the_fewer() -> None:
    design, more = points(5, CUBE), points(5, 4 * CUBE)
    np.testing.assert_array_equal(more.places[:CUBE], design.places)
    np.testing.assert_array_equal(np.sort(np.floor(CUBE * design.places[:, 0, :-1]), axis=0)[:, 0], np.arange(CUBE))
    seeds = [more.seeds(point, bool(other), 1) for point, other in enumerate(more.other_luck[:, 0])]
    assert len({seed for (seed,) in seeds}) == 4 * CUBE


def test_no_product_of_two_factors_goes_with_a_third() -> None:
    x = points(60, 1024).places[:, 0, :-1]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    largest = 0.0
    for k in range(59):
        products = z[:, [k]] * z[:, k + 1 :]
        shared = np.abs(z.T @ (products - products.mean(axis=0)) / len(z) / products.std(axis=0))
        shared[k], shared[np.arange(k + 1, 60), np.arange(59 - k)] = 0.0, 0.0
        largest = max(largest, float(shared.max()))
    assert largest < 0.17  # 5.3 standard errors; 102,660 products of independent factors stay below that but once in 100


def test_main_effects_are_those_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    x = rng.random((300, 20))
    y = x @ rng.standard_normal(20) + (0.5 + x[:, 0]) * rng.standard_normal(300)
    expected, found = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3", use_t=True), main_effects(x, y[:, None])
    np.testing.assert_allclose(found.effect[:, 0], expected.params[1:], rtol=1e-9)
    np.testing.assert_allclose(np.column_stack([found.low, found.high]), expected.conf_int()[1:], rtol=1e-9)
    np.testing.assert_allclose(found.p[:, 0], expected.pvalues[1:], rtol=1e-6)
    assert found.share(0).value == pytest.approx(expected.rsquared_adj, abs=0.01)


def test_planted_effects_are_found_with_their_size_and_intervals_hold_them() -> None:
    """Skewed luck that is larger where the first factor is: intervals of 40 factors in 200 studies hold what was planted."""
    x = points(40, 512).places[:, 0, :-1]
    effects = np.r_[3.0, -2.0, 1.0, np.zeros(37)]
    luck = (0.5 + x[:, :1]) * (np.random.default_rng(2).exponential(1.0, (512, 200)) - 1.0)
    found = main_effects(x, x @ effects[:, None] + luck)
    held = (found.low <= effects[:, None]) & (effects[:, None] <= found.high)
    assert 0.945 <= held.mean() <= 0.965
    assert held[:3].mean(axis=1).min() >= 0.91
    np.testing.assert_allclose(found.effect[:3].mean(axis=1), effects[:3], atol=0.05)


@pytest.mark.parametrize("true", [0.0, 0.3])
def test_the_share_of_main_effects_is_unbiased_and_its_interval_holds_it(true: float) -> None:
    x = points(100, 512).places[:, 0, :-1]
    signal = x[:, :5].sum(axis=1)
    luck = np.random.default_rng(7).standard_normal((512, 100))
    found = main_effects(x, np.sqrt(true) * ((signal - signal.mean()) / signal.std())[:, None] + np.sqrt(1.0 - true) * luck)
    shares = [found.share(k) for k in range(100)]
    assert np.mean([share.value for share in shares]) == pytest.approx(true, abs=0.015)
    assert np.mean([share.low <= true <= share.high for share in shares]) >= 0.9
    assert np.mean([found.predicted(k) for k in range(100)]) < true - 0.1  # one fifth of the points goes into estimating


def test_the_sample_names_what_was_planted_and_nothing_else() -> None:
    found = sample_made_up()
    rows = found.rows(Contrast("demand_driven", "supply_driven"), "vitality").set_index("factor")
    assert list(rows.index[:2]) == ["parameters.beta", "parameters.phi"]
    assert rows["stands"].tolist() == [True, True, False, False]
    np.testing.assert_allclose(rows["effect"].head(2), [4.0, -2.0], atol=0.6)
    assert [one.name for one in found.most_important(2)] == ["parameters.beta", "parameters.phi"]
    course = found.convergence[found.convergence["outcome"] == "vitality"]
    assert sorted(course["groups"].unique()) == [128, 256, 512]
    still = found.rows(Contrast("demand_driven"), "private_investment")
    assert (still["p"] == 1.0).all() and not still["stands"].any()


def test_luck_alone_names_an_assumption_in_about_one_sample_of_twenty() -> None:
    x = points(30, 512).places[:, 0, :-1]
    found = main_effects(x, np.random.default_rng(9).exponential(1.0, (512, 200)))
    alarms = sum(bool(stand(found.p[:, k]).any()) for k in range(200))
    assert alarms <= 18  # 10 expected at most; more than 18 has a chance of 0.6%


def test_trees_find_an_interaction_and_none_in_luck() -> None:
    x = points(10, 1024).places[:, 0, :-1]
    luck = np.random.default_rng(3).standard_normal(1024)
    crossed = 8.0 * (x[:, 0] - 0.5) * (x[:, 1] - 0.5)  # a third of the variance, and no main effect
    assert beyond_main_effects(x, 2.0 * x[:, 0] + crossed + luck).low > 0.1
    assert beyond_main_effects(x, 2.0 * x[:, 0] + luck).low <= 0.0
    assert np.isnan(beyond_main_effects(x, np.ones(1024))).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_sample_names_what_matters_and_how_much_is_luck(language: str) -> None:
    say, found = Language(language), sample_made_up()
    first, second = sentences(found, None, "vitality", say)
    for text, name, strategy in ((first, "`beta`", "demand_driven"), (second, "`phi`", "supply_driven")):
        assert name in text
        assert say("sensitivity.favours", strategy=load_strategy(strategy).title.get(language)) in text
    text = page(found, None, say)
    share = found.explained.set_index(["contrast", "outcome"]).loc[(found.contrasts[0].key, "vitality"), "share"]
    assert f"{say.number(100 * share)}% (" in text and "(gradient boosting)" in text
    assert text.count("\n## ") == len(OUTCOMES) + 3
    sample_figure(found, found.contrasts[0], "vitality", say).canvas.draw()
    sample_figure(found, found.contrasts[0], "public_outlay", say).canvas.draw()
    sample_convergence_figure(found, found.contrasts[0], "vitality", say).canvas.draw()


def test_a_sample_is_the_same_on_any_number_of_workers_and_has_a_seed_for_each_point(tmp_path: Path) -> None:
    made = []
    for name, engine in (("one", InProcess()), ("two", Processes(2))):
        store = Store(tmp_path / name)
        made.append(sample(village(), two_strategies(), CUBE, factors(3), store=store, engine=engine, quarters=QUARTERS))
        runs = store.runs()
        assert len(runs) == 3 * CUBE and runs["seed"].nunique() == CUBE
        assert (runs.groupby("seed")["strategy"].nunique() == 3).all()
    assert made[0].receipt == made[1].receipt
    for table in ("table", "explained", "convergence"):
        assert getattr(made[0], table).equals(getattr(made[1], table))


def test_too_few_points_are_refused() -> None:
    for number in (0, 32, 100):
        with pytest.raises(ValueError, match=f"points is {number}; 1 assumptions need a multiple of 64, at least 64"):
            sample(village(), two_strategies(), number, factors(1))
