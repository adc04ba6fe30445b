"""Selecting the best: the promise kept on known problems, and the same choice however the seeds come in."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import selection
from analysis.selection import Selection, seeds_needed

NAMES = ("a", "b", "c", "d", "e")


def chosen(table: np.ndarray, smallest: float = 1.0, batch: int | None = None, **options) -> Selection:
    """Return the selection over rows a, b, ... of ``table`` (strategies, seeds), in batches or all at once."""
    choice = Selection(NAMES[: len(table)], smallest, **options)
    reach = 0
    while not choice.decided and reach < table.shape[1]:
        reach = min(table.shape[1], reach + (batch or table.shape[1]))
        choice.observe({name: table[k, :reach] for k, name in enumerate(choice.names) if name in choice.surviving})
    return choice


def futures(rng, means, seeds: int, spread: float, related: float) -> np.ndarray:
    """Return normal outcomes (strategies, seeds) that share part of their luck."""
    shared, own = rng.normal(size=seeds), rng.normal(size=(len(means), seeds))
    return np.array(means)[:, None] + spread * (math.sqrt(related) * shared + math.sqrt(1.0 - related) * own)


def share_right(draw, replications: int, **options) -> tuple[float, float]:
    """Return how often the first strategy was chosen, and the mean number of seeds that took."""
    right, seeds = 0, []
    for _ in range(replications):
        choice = chosen(draw(), **options)
        assert choice.decided
        right += choice.best == "a"
        seeds.append(choice.seeds_looked_at)
    return right / replications, float(np.mean(seeds))


def by_the_book(table: np.ndarray, smallest: float, confidence: float, first: int) -> tuple[list[int], int]:
    """Kim and Nelson (2001), c = 1, in the words of the paper: who is left, and after how many seeds."""
    k = len(table)
    eta = 0.5 * ((2.0 * (1.0 - confidence) / (k - 1)) ** (-2.0 / (first - 1)) - 1.0)
    h2 = 2.0 * eta * (first - 1)
    variance = [[np.var(table[i, :first] - table[j, :first], ddof=1) for j in range(k)] for i in range(k)]
    inside, r = list(range(k)), first
    while True:
        mean = table[:, :r].mean(axis=1)
        width = {(i, j): max(0.0, smallest / (2.0 * r) * (h2 * variance[i][j] / smallest**2 - r))
                 for i in inside for j in inside if i != j}
        inside = [i for i in inside if all(mean[i] >= mean[j] - width[i, j] for j in inside if j != i)]
        if len(inside) == 1:
            return inside, r
        r += 1


@pytest.mark.parametrize("related", [0.0, 0.6, 0.9])
def test_it_does_what_the_paper_says(related):
    rng = np.random.default_rng(11)
    for _ in range(40):
        table = futures(rng, rng.normal(0, 0.7, 5), 1500, 3.0, related)
        inside, seeds = by_the_book(table, 1.0, 0.95, 12)
        choice = chosen(table, first=12)
        assert (choice.surviving, choice.seeds_looked_at) == ((NAMES[inside[0]],), seeds)


def test_the_best_is_chosen_as_often_as_promised_where_that_is_hardest():
    # Slippage: all others behind by exactly the smallest difference. The bound is the promise less three standard
    # errors of the simulation, passed by a procedure that just keeps it in all but one of 700 sets of draws.
    rng = np.random.default_rng(12)
    replications = 2000
    for related in (0.0, 0.6):
        right, _ = share_right(lambda r=related: futures(rng, [1, 0, 0, 0, 0], 700, 3.0, r), replications)
        assert right >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / replications)


def test_the_borders_are_no_wider_than_the_promise_asks():
    # Two strategies, where no bound over pairs is spent: the promise is then met with near equality. A procedure that
    # waits too long would pass the test above and be right more often here. Within three standard errors.
    rng = np.random.default_rng(13)
    right, _ = share_right(lambda: futures(rng, [1, 0], 3000, 10.0, 0.6), 1500, first=10)
    assert right == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 1500))


def test_common_luck_needs_fewer_seeds_than_separate_luck():
    rng = np.random.default_rng(14)
    separate = share_right(lambda: futures(rng, [1, 0, 0, 0, 0], 900, 3.0, 0.0), 200)[1]
    common = share_right(lambda: futures(rng, [1, 0, 0, 0, 0], 900, 3.0, 0.6), 200)[1]
    # The variance of a difference, and with it the work, falls to 0.4; the first stage of 20 takes part of the gain.
    assert common < 0.6 * separate


def test_outcomes_that_are_skewed_alike_keep_the_promise():
    rng = np.random.default_rng(15)

    def draw():  # lognormal, skewness 6, part of the luck in common
        return np.exp(futures(rng, [0, 0, 0, 0, 0], 4000, 1.0, 0.6)) + np.array([1, 0, 0, 0, 0])[:, None]

    right, _ = share_right(draw, 1000)
    assert right >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 1000)


def test_a_lead_that_comes_from_rare_large_gains_wants_a_longer_first_stage():
    # Not promised, and not kept: the first stage often misses the gains, and takes the spread for smaller than it is.
    # The bounds hold what the documentation of the module says, less three standard errors of 500 replications.
    found = {}
    for first in (20, 50, 100):
        rng = np.random.default_rng(15)

        def draw(rng=rng):
            table = futures(rng, [1, 0, 0, 0, 0], 9000, 3.0, 0.6)
            table[0] += 3.0 * (rng.lognormal(0.0, 1.0, table.shape[1]) - math.exp(0.5))
            return table

        found[first] = share_right(draw, 500, first=first)[0]
    assert 0.87 - 0.045 <= found[20] < 0.95 - 0.03
    assert found[20] < found[50] < found[100]
    assert found[50] >= 0.91 - 0.04 and found[100] >= 0.93 - 0.035


@given(st.integers(0, 10_000), st.integers(1, 90))
@settings(max_examples=40, deadline=None)
def test_the_size_of_the_batches_changes_nothing(seed, batch):
    table = futures(np.random.default_rng(seed), [0.5, 0, 0.2, -1, -2], 400, 4.0, 0.5)
    assert chosen(table, batch=batch).verdict() == chosen(table).verdict()


def test_those_that_leave_are_the_worse_ones_and_the_worst_leave_first():
    rng = np.random.default_rng(16)
    left_at = {name: [] for name in NAMES}
    for _ in range(100):
        choice = chosen(futures(rng, [4, 3, 2, 1, 0], 900, 4.0, 0.5))
        for name in NAMES:
            left_at[name].append(choice.eliminated.get(name, math.inf))
    # Of 100 futures with a promise of 95%: fewer than 88 right has a chance below one in 500.
    assert np.isinf(left_at["a"]).sum() >= 88
    means = [np.mean([at for at in left_at[name] if at < math.inf]) for name in "bcde"]
    assert means == sorted(means, reverse=True)


def test_strategies_that_never_differ_tie_and_are_not_sampled_for_ever():
    rng = np.random.default_rng(17)
    luck = rng.normal(size=30)
    choice = chosen(np.array([luck - 9.0, luck, luck]), first=10)
    verdict = choice.verdict()
    assert verdict.decided and verdict.surviving == ("b", "c") and verdict.best == "b"
    assert verdict.guarantee == selection.TIED
    assert verdict.seeds == {"a": 10, "b": 10, "c": 10}


def test_one_strategy_is_the_best_without_a_single_seed():
    choice = Selection(["a"], smallest=1.0)
    assert choice.decided and choice.best == "a" and choice.wanted(10) == {}
    assert choice.verdict().guarantee == selection.ONLY_ONE
    assert seeds_needed({"a": np.array([1.0, 2.0])}, 1.0) == 0


def test_what_is_wanted_grows_by_batches_for_those_still_in_and_ends():
    table = futures(np.random.default_rng(18), [0.0, 0.0, -30.0], 2000, 4.0, 0.5)
    choice = Selection(["a", "b", "c"], smallest=1.0)
    assert choice.wanted(7) == {"a": 20, "b": 20, "c": 20}
    while wanted := choice.wanted(7):
        before = choice.seeds_looked_at
        choice.observe({name: table["abc".index(name), :count] for name, count in wanted.items()})
        assert choice.seeds_looked_at > before
        assert choice.seeds_looked_at <= choice.seeds_at_most
        assert choice.decided or choice.wanted(10**6) == dict.fromkeys(choice.surviving, choice.seeds_at_most)
    assert choice.decided and choice.eliminated["c"] == 20
    assert choice.verdict().seeds["c"] == 20 < choice.verdict().seeds["a"]


def test_seeds_short_of_the_first_stage_decide_nothing():
    choice = Selection(["a", "b"], smallest=1.0)
    choice.observe({"a": np.zeros(19), "b": np.full(19, 100.0)})
    assert choice.seeds_looked_at == 0 and not choice.decided and choice.best is None
    assert choice.verdict().guarantee == selection.UNDECIDED
    choice.observe({"a": np.zeros(20), "b": np.full(25, 100.0)})
    assert (choice.best, choice.seeds_looked_at) == ("b", 20)


def test_what_comes_in_is_checked():
    choice = Selection(["a", "b"], smallest=0.1, first=4)
    luck = np.random.default_rng(19).normal(size=12)
    with pytest.raises(ValueError, match="'b' is still in the selection"):
        choice.observe({"a": luck})
    with pytest.raises(ValueError, match="'b' has no number for seed 2 of 4"):
        choice.observe({"a": luck[:4], "b": np.array([1.0, np.nan, 2.0, 3.0])})
    choice.observe({"a": luck[:6], "b": luck[6:]})
    assert choice.seeds_looked_at == 6
    with pytest.raises(ValueError, match="'a' came in with other numbers for the 6 seeds"):
        choice.observe({"a": luck[::-1], "b": luck[6:]})


@pytest.mark.parametrize(("options", "message"), [
    ({"names": []}, "one strategy or more"),
    ({"names": ["a", "a"]}, "each once"),
    ({"smallest": 0.0}, "must be above 0"),
    ({"smallest": math.nan}, "must be above 0"),
    ({"confidence": 0.5}, "above 0.5 (a blind guess)"),
    ({"confidence": 1.0}, "below 1"),
    ({"first": 1}, "at least 2"),
])  # fmt: skip
def test_arguments_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError) as refused:
        Selection(**({"names": ["a", "b"], "smallest": 1.0} | options))
    assert message in str(refused.value)


def test_the_forecast_is_about_the_number_of_seeds_it_takes():
    rng = np.random.default_rng(20)
    ratios = []
    for _ in range(200):
        table = futures(rng, [1.5, 0, 0, 0, -1], 900, 5.0, 0.6)
        forecast = seeds_needed({name: table[k, :20] for k, name in enumerate(NAMES)}, 1.0)
        ratios.append(forecast / chosen(table).seeds_looked_at)
    assert 0.6 < np.median(ratios) < 1.6


def test_the_forecast_falls_with_the_lead_and_never_below_the_first_stage():
    luck = np.random.default_rng(21).normal(0, 4, size=(2, 25))
    needed = [seeds_needed({"a": luck[0] - luck[0].mean() + lead, "b": luck[1] - luck[1].mean()}, 1.0)
              for lead in (0, 1, 3, 100)]
    assert needed == sorted(needed, reverse=True) and needed[0] > needed[2] and needed[3] == selection.FIRST
    assert seeds_needed({"a": luck[0], "b": luck[1, :21]}, 1.0) == 25  # b left: decided
    with pytest.raises(ValueError, match="a number for every seed"):
        seeds_needed({"a": np.array([1.0, np.nan]), "b": np.array([1.0, 2.0])}, 1.0)


def test_a_verdict_is_plain_values():
    verdict = chosen(futures(np.random.default_rng(22), [9, 0, 0], 50, 1.0, 0.5)).verdict()
    content = json.loads(json.dumps(verdict.to_json()))
    assert content == {
        "decided": True, "best": "a", "surviving": ["a"], "eliminated": {"b": 20, "c": 20}, "confidence": 0.95,
        "smallest": 1.0, "first": 20, "seeds": {"a": 20, "b": 20, "c": 20}, "guarantee": "best_if_ahead",
    }  # fmt: skip
