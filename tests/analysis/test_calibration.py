"""Calibration on simulations with known answers: parameters are found, noise gives nothing, and nothing depends on workers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.calibration import Kept, Settings, calibrate, to_json
from analysis.calibration.sequential import run_sequential
from analysis.calibration.simulating import Simulation, age_gradient, seeds_of, simulate, simulate_all
from analysis.calibration.study import LEARNED, recover_sequential, sensitivities, table_places
from analysis.calibration.table import RANKS, Table, adjusted, ecdf_band, nearest, recover, recovery_of, uniform
from analysis.calibration.targets import calibrated, check_targets, fitted_targets, in_reach, with_error
from analysis.engines import InProcess, Processes
from sim.inputs.strategy import list_strategies
from tests.analysis.made_up_calibration import TRUTH, made_up, noise_only

SMALL = Settings(population=60, generations=3, parks=8, seeds=1)


def table_of(work=made_up, count: int = 2_000, targets=None) -> Table:
    chosen = targets or fitted_targets()
    places = table_places(count)
    rows = [work(Simulation(k, tuple(row.tolist()), 8, seeds_of(1, 0, k, 1))) for k, row in enumerate(places)]
    return Table.of(places, np.array([[row[target.key] for target in chosen] for row in rows]), chosen)


@pytest.fixture(scope="module")
def table() -> Table:
    return table_of()


def test_only_policy_free_patterns_are_fitted_and_the_checks_are_others() -> None:
    fitted, checks = fitted_targets(), check_targets()
    assert {target.pattern for target in fitted} == {1, 3, 4, 5}
    assert [target.key for target in fitted if target.pattern == 4] == ["onset"]
    assert {target.pattern for target in checks} == {2, 4, 7}
    assert not {target.key for target in fitted} & {target.key for target in checks}
    words = {word for target in (*fitted, *checks) for word in (target.key, *target.key.split("_"))}
    assert not words & {"multiplier", "treated", "mix", *list_strategies()}


def test_error_of_a_band_is_its_90_percent_interval() -> None:
    (target,) = [one for one in fitted_targets() if one.key == "relocation"]
    shifted = with_error([target], np.full((20_000, 1), target.value), range(20_000))[:, 0]
    inside = np.mean((shifted >= target.low) & (shifted <= target.high))
    assert inside == pytest.approx(0.90, abs=0.01)


def test_the_error_of_a_number_does_not_depend_on_which_others_are_fitted() -> None:
    first, second, *_ = fitted_targets()
    both = with_error([first, second], np.zeros((3, 2)), [4, 5, 6])
    assert np.array_equal(with_error([second], np.zeros((3, 1)), [4, 5, 6])[:, 0], both[:, 1])


def test_noise_of_the_table_is_that_of_the_simulation(table: Table) -> None:
    expected = [0.1 * (target.high - target.low) for target in table.targets]
    assert table.noise == pytest.approx(expected, rel=0.1)


def test_a_number_that_no_parameters_reach_is_out_of_reach(table: Table) -> None:
    statistics = {target.key: table.statistics[:, k] for k, target in enumerate(table.targets)}
    assert in_reach(table.targets, statistics) == table.targets
    far = statistics | {"vacancy": statistics["vacancy"] + 1_000.0}
    assert [target.key for target in table.targets if target not in in_reach(table.targets, far)] == ["vacancy"]


def test_the_table_finds_the_truth_and_leaves_what_cannot_be_known(table: Table) -> None:
    posterior = table.posterior()
    low, middle, high = posterior.quantiles([0.025, 0.5, 0.975])
    assert (low[:4] < TRUTH[:4]).all() and (TRUTH[:4] < high[:4]).all()
    assert np.abs(middle[:4] - TRUTH[:4]).max() < 0.06
    narrower = 1.0 - posterior.spread() * np.sqrt(12.0)
    assert narrower[:4].min() > 0.4
    assert np.abs(narrower[4:]).max() < 0.15, "these do nothing, so the posterior is the prior"


def test_noise_gives_no_finding() -> None:
    posterior = table_of(noise_only).posterior()
    assert np.abs(1.0 - posterior.spread() * np.sqrt(12.0)).max() < 0.15
    assert np.abs(posterior.quantiles([0.5])[0] - 0.5).max() < 0.15


def test_intervals_hold_the_truth_as_often_as_they_say(table: Table) -> None:
    found = recover(table, 300)
    # More than three standard errors of a share of 300: one of 18 shares fails by chance less than once in 50.
    assert found.coverage() == pytest.approx(np.repeat([[0.5], [0.8], [0.95]], 6, axis=1), abs=0.1)
    assert found.uniformity().min() > 0.001
    assert found.explained()[:4].min() > 0.8
    assert np.abs(found.explained()[4:]).max() < 0.3


def test_ranks_show_posteriors_that_are_too_sure_and_that_are_shifted(table: Table) -> None:
    truths = table.places[:200]
    rng = np.random.default_rng(3)
    right = [replace(table.posterior(), places=np.clip(t + 0.1 * rng.standard_normal(6) + 0.1 * rng.standard_normal((150, 6)),
                                                       -9, 9), weights=np.full(150, 1 / 150)) for t in truths]
    sure = [replace(one, places=one.places.mean(axis=0) + 0.4 * (one.places - one.places.mean(axis=0))) for one in right]
    moved = [replace(one, places=one.places + 0.1) for one in right]
    assert recovery_of(truths, right).uniformity().min() > 0.001
    assert recovery_of(truths, sure).uniformity().max() < 1e-6
    assert recovery_of(truths, moved).uniformity().max() < 1e-6
    assert recovery_of(truths, sure).coverage()[-1].max() < 0.85


def test_uniform_ranks_are_called_skewed_one_time_in_twenty() -> None:
    rng = np.random.default_rng(1)
    p = np.array([uniform(rng.integers(0, RANKS + 1, 400)) for _ in range(1_000)])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.02)


def test_the_band_of_the_rank_curve_holds_19_in_20_uniform_curves() -> None:
    band, rng = ecdf_band(200), np.random.default_rng(2)
    inside = []
    for _ in range(1_000):
        counts = np.bincount(rng.integers(0, RANKS + 1, 200), minlength=RANKS + 1)
        inside.append((np.abs(np.cumsum(counts) / 200 - np.arange(1, RANKS + 2) / (RANKS + 1)) <= band + 1e-12).all())
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_regression_takes_out_the_distance_that_is_left() -> None:
    rng = np.random.default_rng(4)
    z = rng.uniform(-1, 1, (4_000, 1))
    places = 1.0 / (1.0 + np.exp(-(0.3 + 2.0 * z + 0.1 * rng.standard_normal((4_000, 1)))))
    raw, moved = np.log(places / (1 - places)).std(), adjusted(places, z, np.full(4_000, 1 / 4_000))
    logits = np.log(moved.places / (1 - moved.places))
    assert raw > 1.0 and float(moved.weights @ np.square(logits[:, 0] - 0.3)) ** 0.5 == pytest.approx(0.1, rel=0.05)


def test_the_sequential_method_agrees_with_the_table_and_not_on_the_workers(table: Table) -> None:
    found = run_sequential(table, 40, 2, InProcess(), Kept(), work=made_up)
    assert [one.accepted for one in found.generations] == [40, 40]
    assert sorted((one.tolerance for one in found.generations), reverse=True) == [one.tolerance for one in found.generations]
    apart = found.posterior.quantiles([0.5])[0] - table.posterior().quantiles([0.5])[0]
    assert np.abs(apart[:4]).max() < 0.15
    with Processes(2) as engine:
        again = run_sequential(table, 40, 2, engine, Kept(), work=made_up)
    assert np.array_equal(again.posterior.places, found.posterior.places)
    assert np.array_equal(again.posterior.weights, found.posterior.weights)


def test_the_sequential_method_leaves_the_random_state_alone(table: Table) -> None:
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    run_sequential(table, 20, 1, InProcess(), Kept(), work=made_up)
    assert np.random.random() == expected


def test_the_sequential_method_holds_the_truth(table: Table) -> None:
    found = recover_sequential(table, InProcess(), datasets=8, population=60, generations=2)
    assert found.inside[-1].mean() > 0.8
    assert found.explained()[:4].min() > 0.6


def test_stopped_work_goes_on_where_it_was(tmp_path: Path) -> None:
    jobs = [Simulation(k, (0.1 * k,) * 6, 8, (k,)) for k in range(6)]
    first = simulate_all(jobs[:4], InProcess(), Kept(tmp_path), work=made_up)
    file = tmp_path / "simulations.jsonl"
    file.write_text(file.read_text()[:-20])  # the last line was cut off when the process died
    made: list[int] = []

    def counting(job: Simulation) -> dict[str, float]:
        made.append(job.number)
        return made_up(job)

    again = simulate_all(jobs, InProcess(), Kept(tmp_path), work=counting)
    assert made == [3, 4, 5]
    assert again[:4] == first
    assert simulate_all(jobs, InProcess(), Kept(tmp_path), work=counting) == again and made == [3, 4, 5]


def test_a_whole_calibration_is_the_same_again_from_what_was_kept(tmp_path: Path) -> None:
    made: list[Simulation] = []

    def counting(job: Simulation) -> dict[str, float]:
        made.append(job)
        return made_up(job)

    found = calibrate(SMALL, InProcess(), Kept(tmp_path), work=counting)
    count = len(made)
    again = calibrate(SMALL, InProcess(), Kept(tmp_path), work=counting)
    assert len(made) == count, "nothing is simulated twice"
    assert str(to_json(again)) == str(to_json(found))
    assert found.learned[:4].min() > LEARNED
    posterior = found.posterior("klaver calibrate")
    assert posterior.names == tuple(one.name for one in calibrated())
    assert posterior.about["patterns"] == [1, 3, 4, 5] and posterior.about["population"] == 60
    for one, values in zip(calibrated(), posterior.values.T, strict=True):
        assert one.low <= values.min() and values.max() <= one.high


def test_leaving_a_pattern_out_widens_what_it_alone_tells(table: Table) -> None:
    found = {one.name: one for one in sensitivities(table, [True] * len(table.targets))}
    assert {"without_1", "without_3", "without_4", "without_5", "spread"} == set(found)
    assert found["without_3"].width[3] > 1.2, "only pattern 3 tells the fourth parameter sharply"


def test_age_gradient_of_known_premises() -> None:
    quality, renewed = np.linspace(0.1, 0.9, 100), np.zeros(100, bool)
    renewed[:12] = renewed[50:70] = True  # 12 of the 24 oldest, 20 of the 76 others
    assert age_gradient(np.ones(100), quality, renewed) == pytest.approx((12 / 32) / (12 / 68))
    assert np.isnan(age_gradient(np.ones(100), quality, np.zeros(100, bool)))


def test_nearest_passes_over_simulations_without_a_number() -> None:
    z = np.random.default_rng(1).standard_normal((300, 2))
    z[:20] = np.nan
    assert np.isfinite(nearest(np.random.default_rng(2).random((300, 3)), z).places).all()


def test_parks_without_policy_give_every_number(tmp_path: Path) -> None:
    job = Simulation(0, tuple(TRUTH.tolist()), 8, (1,))
    found = simulate(job)
    assert set(found) == {target.key for target in (*fitted_targets(), *check_targets())}
    assert found == simulate(job)
    assert found["relocation"] > 0.0 and 0.0 <= found["vacancy"] <= 100.0
    assert simulate(replace(job, places=(0.5, 0.4, 0.6, 0.5, 0.5, 0.9)))["vacancy"] != found["vacancy"]
