"""Scenario discovery on outcomes made up with a known answer: a planted region is found, and noise gives no finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.discovery import Discovered, typical_run
from analysis.discovery.gains import (
    NOBODY,
    Gains,
    TooLittle,
    flips,
    is_clear,
    read_gains,
    regrets,
    share_of_points,
    shares_won,
    splits_of,
    winners,
    wins_per_side,
)
from analysis.discovery.prim import LEAST_MASS, MOST_FACTORS, choose_box, peel, quasi_p, tally, within, workbench_peel
from analysis.discovery.regions import FOUND, TOO_OFTEN, TOO_RARE, columns_of, find_regions, halve
from analysis.discovery.rules import find_advice
from analysis.discovery.wording import LANGUAGES, DiscoveryWording, _texts
from analysis.engines import InProcess, Processes
from analysis.experiment import Plan
from analysis.store import NOTHING_KEPT

STRATEGIES = ("a", "b", "none")
FACTORS = ("vacancy", "trust", "fte", "beta")


def made_up(
    points: int = 240, seeds: int = 8, *, lead: float = 1.0, noise: float = 1.0, draw: int = 1, planted: bool = True
) -> Gains:
    """Return gains: b is ahead by `lead` where vacancy is above 0.6 and trust below 0.5, a elsewhere; or nobody anywhere.

    As in the model, the luck of a seed is partly the same at all points.
    """
    random = np.random.default_rng(draw)
    factors = pd.DataFrame(random.uniform(size=(points, len(FACTORS))), columns=list(FACTORS)).rename_axis("point")
    inside = ((factors["vacancy"] > 0.6) & (factors["trust"] < 0.5)).to_numpy()
    values = noise * random.normal(size=(points, 3, seeds)) + 0.2 * noise * random.normal(size=(1, 3, seeds))
    if planted:
        values[:, 0] += lead * ~inside[:, None]
        values[:, 1] += lead * inside[:, None]
        values[:, 2] -= 2.0 * lead + 3.0 * noise
    values -= values[:, 2:] if planted else 0.0
    return Gains("park", "vitality", STRATEGIES, tuple(range(1, seeds + 1)), factors, values)


# --- who is best, and regret -------------------------------------------------------------------------------------------


def test_the_best_is_the_one_with_the_highest_mean_and_nobody_where_two_came_to_the_same() -> None:
    values = np.zeros((3, 3, 4))
    values[0, 1], values[1, :2] = 2.0, 5.0
    assert winners(values).tolist() == [1, NOBODY, NOBODY]
    assert is_clear(values).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("means", "spread", "least"),
    [([0, 0, -50], [1, 1, 1], 0.04), ([0, 0, 0, 0], [1, 1, 1, 1], 0.0), ([0, 0, 0, -1], [3, 1, 1, 1], 0.0),
     ([0, 0, -50], [4, 1, 1], 0.04)],
    ids=["two_alike", "all_alike", "one_noisy", "two_alike_one_noisy"],
)  # fmt: skip
def test_where_several_are_equally_good_one_is_called_clear_at_five_per_cent_of_points_at_most(
    means: list[float], spread: list[float], least: float
) -> None:
    values = np.random.default_rng(3).normal(size=(20_000, len(means), 6)) * np.array(spread)[:, None]
    assert least <= is_clear(values + np.array(means)[:, None]).mean() <= 0.054


def test_regret_is_that_of_the_true_best_where_there_is_no_noise_and_not_inflated_where_all_are_equal() -> None:
    gains = made_up(noise=1e-6)
    inside = ((gains.factors["vacancy"] > 0.6) & (gains.factors["trust"] < 0.5)).mean()
    table, safest = regrets(gains)
    assert table[0].mean.mean == pytest.approx(inside, abs=1e-4)
    assert table[1].mean.mean == pytest.approx(1.0 - inside, abs=1e-4)
    assert table[0].worst.mean == pytest.approx(1.0, abs=1e-4)
    assert (safest[0].best, safest[0].alike) == ("a", ())
    covered, plain = [], []
    for draw in range(200):
        equal = regrets(made_up(points=60, planted=False, draw=draw))[0][0]
        assert equal.mean.low is not None and equal.mean.high is not None
        covered.append(equal.mean.low <= 0.0 <= equal.mean.high)
        plain.append(equal.plain)
    assert np.mean(plain) > 0.25, "without cross-fitting, regret out of nothing: the winner's curse"
    assert np.mean(covered) > 0.9


def test_the_share_of_points_won_covers_the_share_that_other_seeds_give() -> None:
    expected = np.mean([shares_won(made_up(draw=draw, lead=0.5))[0].best.mean for draw in range(60)])
    held = []
    for draw in range(60, 120):
        found = shares_won(made_up(draw=draw, lead=0.5))[0].best
        assert found.low is not None and found.high is not None
        held.append(found.low <= expected <= found.high)
    assert np.mean(held) > 0.85


# --- PRIM --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [0, 2, 5], ids=["numbers", "some_whole", "all_whole"])
def test_the_quick_peel_gives_the_boxes_of_ema_workbench(levels: int) -> None:
    random = np.random.default_rng(levels)
    x = random.uniform(size=(150, 5))
    x[:, :levels] = np.floor(x[:, :levels] * np.arange(2, 2 + levels))
    y = ((x[:, 0] > 0.5) & (x[:, 4] < 0.6) & (random.uniform(size=150) < 0.8)) | (random.uniform(size=150) < 0.2)
    ours, theirs = peel(x, y), workbench_peel(x, y)
    assert len(ours) == len(theirs) > 3
    for (low, high), (other_low, other_high) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(low, other_low)
        np.testing.assert_array_equal(high, other_high)


def test_quasi_p_values_are_those_of_ema_workbench() -> None:
    from ema_workbench.analysis.prim import Prim

    random = np.random.default_rng(5)
    x = random.uniform(size=(200, 3))
    y = (x[:, 0] > 0.6) & (random.uniform(size=200) < 0.8)
    box = Prim(pd.DataFrame(x).add_prefix("x"), y.astype(int), mass_min=LEAST_MASS).find_box()
    place = 5
    limits = box.box_lims[place]
    bounds = (limits.iloc[0].to_numpy(float), limits.iloc[1].to_numpy(float))
    ours = quasi_p(x, y, bounds, 0)
    theirs = [p for p in box._calculate_quasi_p(place, ["x0"])["x0"] if p >= 0.0]
    assert theirs == [pytest.approx(ours)]


def test_a_box_keeps_only_restrictions_that_do_something_and_three_at_most() -> None:
    random = np.random.default_rng(6)
    x = random.uniform(size=(400, 8))
    y = (x[:, :5] > 0.3).all(axis=1)
    _, limits = choose_box(x, y, peel(x, y))
    assert 1 <= len(limits) <= MOST_FACTORS
    assert set(limits) <= set(range(5))


def test_the_score_of_a_box_is_that_of_the_hypergeometric_distribution() -> None:
    found = tally(np.arange(100) < 20, np.arange(100) % 3 == 0)
    law = stats.hypergeom(100, found.all_wins, found.inside)
    assert found.score == pytest.approx((found.wins - law.mean()) / law.std())
    assert tally(np.ones(10, bool), np.arange(10) < 3).score == 0.0


def test_the_planted_region_is_found_with_its_bounds_and_holds_on_other_points_and_seeds() -> None:
    regions = {region.strategy: region for region in find_regions([made_up()], InProcess(), 39)}
    found = regions["b"]
    assert found.status == FOUND and found.p == pytest.approx(1 / 40)
    limits = {limit.factor: limit for limit in found.limits}
    assert set(limits) == {"vacancy", "trust"}
    assert limits["vacancy"].low == pytest.approx(0.6, abs=0.08) and limits["vacancy"].high is None
    assert limits["trust"].high == pytest.approx(0.5, abs=0.08) and limits["trust"].low is None
    assert found.held_out.density > 0.75 and found.held_out.base < 0.4
    assert found.leads and found.clear_wins > 0.8 * found.clear > 0
    assert regions["none"].status == TOO_RARE


def test_a_region_of_a_level_is_found() -> None:
    gains = made_up()
    road = np.where(np.arange(gains.points) % 3 == 0, "near", "far")
    gains.factors["motorway"] = road
    values = np.random.default_rng(2).normal(size=gains.values.shape) - 5.0 * (np.arange(3) == 2)[None, :, None]
    values[:, 1] += np.where(road == "near", 1.0, -1.0)[:, None]
    gains = Gains("park", "vitality", STRATEGIES, gains.seeds, gains.factors, values)
    found = next(region for region in find_regions([gains], InProcess(), 39) if region.strategy == "b")
    (limit,) = found.limits
    assert found.status == FOUND
    assert (limit.factor, limit.level if not limit.without else f"not {limit.level}") in (
        ("motorway", "near"), ("motorway", "not far"))  # fmt: skip


def test_noise_gives_no_finding_more_often_than_stated() -> None:
    """Of 40 experiments without any effect, 5% (2) are expected to give a finding; 7 or more would have a chance of 0.3%."""
    findings = trees = turned = 0
    for draw in range(40):
        gains = [made_up(points=60, seeds=4, planted=False, draw=draw)]
        findings += any(region.status == FOUND for region in find_regions(gains, InProcess(), 19))
        trees += find_advice(gains, 19)[0].found
        turned += bool(flips(gains[0]))
    assert max(findings, trees, turned) <= 6


def test_what_is_found_does_not_depend_on_the_number_of_workers() -> None:
    gains = [made_up(points=80, seeds=4, lead=0.6)]
    here = [region.p for region in find_regions(gains, InProcess(), 24)]
    assert [region.p for region in find_regions(gains, Processes(2), 24)] == here


def test_a_strategy_that_is_always_best_has_no_region() -> None:
    gains = made_up(noise=0.01, lead=0.0)
    gains.values[:, 0] += 1.0
    assert find_regions([gains], InProcess(), 19)[0].status == TOO_OFTEN


def test_halves_share_neither_points_nor_seeds() -> None:
    gains = made_up(points=80, seeds=4)
    before = halve(gains)
    gains.values[~before.search] = 0.0  # other outcomes at the points held out ...
    gains.values[:, :, 1::2] = 0.0  # ... and on the seeds held out leave the search as it was
    after = halve(gains)
    np.testing.assert_array_equal(after.search, before.search)
    np.testing.assert_array_equal(after.first[after.search], before.first[before.search])
    assert before.search.sum() == 40


# --- trees, turning orders, sides --------------------------------------------------------------------------------------


def test_a_tree_finds_the_planted_questions_and_following_it_brings_what_it_should() -> None:
    gains = made_up(points=400, noise=0.5)
    (advice,) = find_advice([gains], 39)
    share = ((gains.factors["vacancy"] > 0.6) & (gains.factors["trust"] < 0.5)).mean()
    assert advice.found and advice.always == "a" and set(advice.factors) >= {"vacancy", "trust"}
    assert advice.brings.mean == pytest.approx(share, abs=0.07)
    assert advice.right > advice.right_always
    assert sum(leaf.points for leaf in advice.leaves) == 200, "every held-out point comes to one leaf"
    told = [DiscoveryWording("en", "vitality").leaf(leaf) for leaf in advice.leaves]
    assert any("vacancy above 0.6" in rule and "trust at most 0.4" in rule and ": b (best at" in rule for rule in told), told


def test_an_order_that_turns_round_is_told_with_both_leads() -> None:
    gains = made_up(planted=False)
    gains.values[:, 0] += np.where(gains.factors["vacancy"] > gains.factors["vacancy"].median(), -1.0, 1.5)[:, None]
    gains.values[:, 2] -= 9.0
    (flip,) = flips(gains)
    assert (flip.factor, flip.ahead_below, flip.ahead_above) == ("vacancy", "a", "b")
    assert flip.below.mean == pytest.approx(1.5, abs=0.4) and flip.above.mean == pytest.approx(1.0, abs=0.4)
    assert wins_per_side(gains)["factor"].iloc[0] == "vacancy"


def test_levels_become_columns_and_splits_of_their_own() -> None:
    factors = pd.DataFrame({"road": ["far", "near", "far"], "exit": [True, False, True], "trust": [0.1, 0.2, 0.3]})
    columns, x = columns_of(factors)
    assert [tuple(column) for column in columns] == [
        ("road", "far"), ("road", "near"), ("exit", "False"), ("exit", "True"), ("trust", None)]  # fmt: skip
    assert x[:, 0].tolist() == [1.0, 0.0, 1.0] and x[:, 4].tolist() == [0.1, 0.2, 0.3]
    assert [(split.factor, split.at) for split in splits_of(factors)][-1] == ("trust", 0.2)


def test_bounds_belong_to_a_box() -> None:
    x = np.array([[0.0], [0.5], [1.0]])
    assert within(x, (np.array([0.5]), np.array([np.inf]))).tolist() == [False, True, True]
    assert share_of_points(0, 0).mean is None


# --- from a store, and in words ----------------------------------------------------------------------------------------


class Kept:
    """A store that holds made-up runs."""

    def __init__(self, runs: pd.DataFrame) -> None:
        self._runs = runs

    def runs(self, keys: object = None) -> pd.DataFrame:
        return self._runs


def stored(gains: Gains) -> tuple[Plan, Kept]:
    """Return gains as a plan and the runs of a store; the twin is shared by all."""
    rows = [(f"{point}-{name}-{seed}", point, "park", name, seed, gains.values[point, k, j] + 50.0)
            for point in range(gains.points) for k, name in enumerate(gains.strategies)
            for j, seed in enumerate(gains.seeds)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["run", "point", "park", "strategy", "seed", "vitality"])
    design = table.drop(columns="vitality").join(gains.factors, on="point").astype({"park": "category", "strategy": "category"})
    plan = Plan("made", design, {}, {}, {}, {}, ("none", "a", "b"), gains.seeds, NOTHING_KEPT, {}, "model")
    return plan, Kept(table.set_index("run")[["vitality"]])


def test_gains_are_read_from_a_store_and_points_without_all_their_runs_are_left_out() -> None:
    gains = made_up(points=60, seeds=4)
    plan, store = stored(gains)
    store._runs = store._runs.drop("7-a-2")
    (read,) = read_gains(plan, store, "vitality")  # type: ignore[arg-type]
    assert read.strategies == STRATEGIES and read.left_out == 1 and 7 not in read.factors.index
    np.testing.assert_allclose(read.values, np.delete(gains.values, 7, axis=0))
    (two,) = read_gains(plan, store, "vitality", ["b", "a"])  # type: ignore[arg-type]
    assert two.strategies == ("a", "b")


@pytest.mark.parametrize(
    ("points", "seeds", "names", "key"),
    [(30, 4, None, "points"), (60, 3, None, "seeds"), (60, 4, ["a"], "strategies"), (60, 4, ["a", "z"], "strategies")],
)
def test_too_little_to_look_for_regions_is_refused(points: int, seeds: int, names: list[str] | None, key: str) -> None:
    plan, store = stored(made_up(points=points, seeds=seeds))
    with pytest.raises(TooLittle) as told:
        read_gains(plan, store, "vitality", names)  # type: ignore[arg-type]
    assert told.value.key == f"error.discover_{key}"


def test_the_run_that_stands_for_a_region_lies_in_it_and_the_strategy_is_best_there() -> None:
    gains = made_up()
    region = next(region for region in find_regions([gains], InProcess(), 19) if region.strategy == "b")
    plan, _ = stored(gains)
    found = typical_run(plan, gains, region)
    at = gains.factors.loc[found.point]
    assert at["vacancy"] > 0.55 and at["trust"] < 0.55
    assert found.run == f"{found.point}-b-{found.seed}"
    assert winners(gains.values)[found.point] == 1
    middle = gains.factors[region.inside].median()
    assert abs(at["vacancy"] - middle["vacancy"]) < 0.15 and abs(at["trust"] - middle["trust"]) < 0.2


def test_both_languages_have_the_same_texts_and_places() -> None:
    import re

    english, dutch = _texts("en"), _texts("nl")
    assert {table: set(english[table]) for table in english} == {table: set(dutch[table]) for table in dutch}
    for table, texts in english.items():
        for key, text in texts.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", dutch[table][key])), (table, key)


def test_a_region_is_written_as_a_sentence_in_both_languages() -> None:
    gains = made_up()
    gains = Gains(gains.park, gains.measure, gains.strategies, gains.seeds, gains.factors.rename(
        columns={"vacancy": "park.founding.vacancy", "trust": "park.founding.trust"}), gains.values)  # fmt: skip
    region = next(region for region in find_regions([gains], InProcess(), 19) if region.strategy == "b")
    told = {language: DiscoveryWording(language, "vitality", {"park": "P"}).region(region) for language in LANGUAGES}
    counts = (region.held_out.wins, region.held_out.inside)
    assert told["en"].startswith("P: where ") and "vacancy at founding is above" in told["en"]
    assert f"b does best at {counts[0]} of {counts[1]} points" in told["en"]
    assert told["nl"].startswith("P: als ") and "het vertrouwen bij stichting (0-1) lager is dan" in told["nl"]
    assert f"is b de beste op {counts[0]} van de {counts[1]} punten" in told["nl"]


@pytest.mark.parametrize(
    ("factor", "value", "dutch", "english"),
    [
        ("park.founding.vacancy", 0.0768, "7,7%", "7.7%"),
        ("park.founding.trust", 0.4321, "0,43", "0.43"),
        ("park.municipality.budget_per_year", 412_345.0, "€ 410.000", "€410,000"),
        ("parameters.hours_slot", 41.26, "41,3", "41.3"),
        ("strategy.principles.exit", "True", "aan", "on"),
        ("no.such.factor", 1234.5, "1.234", "1,234"),
    ],
)
def test_values_are_written_in_their_unit(factor: str, value: float | str, dutch: str, english: str) -> None:
    assert DiscoveryWording("nl", "vitality").value(factor, value) == dutch
    assert DiscoveryWording("en", "vitality").value(factor, value) == english


def test_every_figure_is_drawn_also_where_nothing_was_found() -> None:
    from analysis.discovery import figures
    from analysis.discovery.tables import tables_of

    for gains in (made_up(), made_up(points=60, seeds=4, planted=False)):
        table, safest = regrets(gains)
        regions = find_regions([gains], InProcess(), 19)
        found = Discovered(gains, tuple(shares_won(gains)), 0.5, tuple(table), tuple(safest), tuple(regions), {},
                           find_advice([gains], 19)[0], tuple(flips(gains)))  # fmt: skip
        words = DiscoveryWording("nl", "vitality")
        assert figures.shares_figure([found, found, found], words).axes
        drawn = figures.map_figure(found, words)
        assert drawn is not None and len(drawn.axes[0].collections) >= 2
        assert figures.regret_figure(found, words).axes
        assert figures.curve_figure(found, words) is not None
        assert set(tables_of([found])) == {"points", "wins", "regret", "regions", "limits", "curves", "sides", "flips"}
