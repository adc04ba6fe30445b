"""The posterior: read and written, drawn from by seed, and used by experiments so that runs stay paired."""

from pathlib import Path

import numpy as np
import pytest

from analysis.experiment import plan_experiment, plan_pairs
from analysis.experiment_file import check_experiment
from analysis.experiment_schema import Experiment
from analysis.posterior import Posterior, load_posterior, parameter_share, posterior_points
from sim.inputs.problems import InputProblem, InvalidFile
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import load_strategy

NAMES = ("parameters.beta", "parameters.theta")
TWO = Posterior(NAMES, np.array([[0.1, 0.06], [0.3, 0.15]]), np.array([0.25, 0.75]), {"model": "x"})


def many(count: int = 400) -> Posterior:
    rng = np.random.default_rng(1)
    return Posterior(NAMES, np.column_stack([rng.uniform(0.1, 0.4, count), rng.uniform(0.05, 0.2, count)]),
                     np.full(count, 1.0 / count))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    TWO.write(tmp_path / "p.parquet")
    found = load_posterior(str(tmp_path / "p.parquet"))
    assert (found.names, found.about, found.hash) == (NAMES, {"model": "x"}, TWO.hash)
    assert Posterior.from_resolved(found.resolved()).hash == TWO.hash
    assert posterior_points(3, 5, str(tmp_path / "p.parquet")) == [TWO.draw(seed) for seed in (5, 6, 7)]


@pytest.mark.parametrize(("names", "weights"), [
    (("parameters.bta", "parameters.theta"), [0.25, 0.75]), (NAMES, [0.5, 0.75]), (NAMES, [-0.5, 1.5]),
    (NAMES, [1.0]), (("park.firms", "parameters.theta"), [0.25, 0.75]),
])  # fmt: skip
def test_what_is_no_posterior_is_refused(names: tuple[str, ...], weights: list[float]) -> None:
    with pytest.raises(ValueError):
        Posterior(names, TWO.values, np.array(weights))


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="there is no such file"):
        load_posterior(str(tmp_path / "nowhere.parquet"))
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(InputProblem, match="not a table of weighted parameter sets"):
        load_posterior(str(tmp_path / "text.parquet"))


def test_draws_follow_the_weights_and_the_seed_alone() -> None:
    drawn = [TWO.draw(seed)["parameters.beta"] for seed in range(4_000)]
    assert np.mean(np.array(drawn) == 0.3) == pytest.approx(0.75, abs=0.03)
    assert drawn[:100] == [TWO.draw(seed)["parameters.beta"] for seed in range(100)]


def test_the_share_of_the_parameters_is_found_and_is_nothing_for_noise() -> None:
    posterior, seeds, rng = many(), range(1, 301), np.random.default_rng(2)
    beta = np.array([posterior.draw(seed)["parameters.beta"] for seed in seeds])
    signal = (beta - beta.mean()) / beta.std()
    for wanted in (0.3, 0.8):
        values = np.sqrt(wanted) * signal + np.sqrt(1 - wanted) * rng.standard_normal(300)
        share = parameter_share(values, posterior, seeds)
        assert share is not None and share.value == pytest.approx(wanted, abs=0.1)
        assert share.low < wanted < share.high
    shares = [parameter_share(rng.standard_normal(100), posterior, range(1, 101)) for _ in range(40)]
    assert np.mean([share.value for share in shares if share]) < 0.03
    assert np.mean([share.low > 0.02 for share in shares if share]) <= 0.1
    assert parameter_share(signal[:10], posterior, range(1, 11)) is None
    assert parameter_share(np.ones(300), posterior, seeds) is None


# --- in experiments ---------------------------------------------------------------------------------------------------


def test_every_strategy_and_the_twin_of_a_seed_meet_the_same_parameters() -> None:
    plan = plan_pairs(load_park("small_village"), [load_strategy("verbinden")], [3, 1, 2], quarters=8, parameters=many())
    assert plan.design.groupby("seed")["park_hash"].nunique().tolist() == [1, 1, 1]
    assert plan.design["park_hash"].nunique() == 3
    assert plan.design.groupby("seed")["strategy"].nunique().tolist() == [2, 2, 2]
    for seed, rows in plan.design.groupby("seed"):
        park = plan.parks[str(rows["park_hash"].iloc[0])].source.thing()
        assert isinstance(park, Scenario)
        assert {f"parameters.{k}": v for k, v in park.own_parameters.items()}.items() >= many().draw(int(str(seed))).items()


def test_more_seeds_add_runs_and_change_none() -> None:
    twin = [load_strategy("none")]
    few = plan_pairs(load_park("small_village"), twin, [1, 2], quarters=8, parameters=many())
    more = plan_pairs(load_park("small_village"), twin, [1, 2, 3], quarters=8, parameters=many())
    assert few.keys < more.keys
    assert not few.keys & plan_pairs(load_park("small_village"), twin, [1, 2], quarters=8).keys


def test_an_experiment_keeps_its_posterior_in_full(tmp_path: Path) -> None:
    TWO.write(tmp_path / "mine.parquet")
    table = {"parks": ["small_village"], "strategies": ["verbinden"], "seeds": 2, "quarters": 8, "parameters": "mine.parquet",
             "factors": {"strategy": {"organisation": {"fte": [0.5, 1.0]}}}}
    experiment = check_experiment(table, "e.toml", tmp_path)
    (tmp_path / "mine.parquet").unlink()
    again = Experiment.from_resolved(experiment.resolved())
    plan = plan_experiment(again)
    assert plan.keys == plan_experiment(experiment).keys
    # Two points and a twin that they share, on two seeds.
    assert len(plan.keys) == 6 and len(plan.design) == 8
    assert again.size().runs == 6


@pytest.mark.parametrize(("change", "message"), [
    ({"factors": {"parameters": {"beta": [0.1, 0.2]}}}, "parameters.beta is a factor, and is drawn"),
    ({"parameters": "nowhere.parquet"}, "there is no such file"), ({"parameters": 3}, "must be 'posterior' or the path"),
])  # fmt: skip
def test_what_cannot_be_is_told(change: dict[str, object], message: str) -> None:
    table = {"parks": ["small_village"], "strategies": ["verbinden"], "seeds": 2, "parameters": TWO.resolved()}
    with pytest.raises(InvalidFile, match=message):
        check_experiment(table | change, "e.toml")


def test_the_posterior_that_is_shipped_is_of_the_calibrated_parameters_within_their_priors():
    from analysis.calibration.targets import CALIBRATED, calibrated

    shipped = load_posterior()
    assert shipped.names == tuple(f"parameters.{name}" for name in CALIBRATED)
    for assumption, column in zip(calibrated(), shipped.values.T, strict=True):
        assert assumption.low <= column.min() < column.max() <= assumption.high
    assert shipped.about["patterns"] == [1, 3, 4, 5]
