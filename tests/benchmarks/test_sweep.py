"""The measures of a sweep say what they should: a trend, a fingerprint, where the time went; and one sweep is followed."""

import cProfile
import pstats
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import signal

from benchmarks import results_page, sweep
from tests.analysis.small_experiments import make, plan, uninterrupted

DONE = range(0, 50_000, 100)


@pytest.mark.parametrize("slope", [0.0, 2.0, -1.0])
def test_the_interval_of_a_trend_holds_it_as_often_as_it_says_though_samples_are_alike(slope):
    draw, done, held = np.random.default_rng(1), np.array(DONE), 0
    for _ in range(300):
        saw = 20.0 * ((np.arange(len(done)) / draw.uniform(5.0, 9.0) + draw.random()) % 1.0)
        alike = signal.lfilter([1.0], [1.0, -0.8], draw.normal(0.0, 3.0, len(done)))  # each sample much as the last
        found = sweep.trend(done, 1e6 * (300.0 + slope * done / 1e4 + saw + alike))
        held += found.low < slope < found.high
    assert 0.89 < held / 300 < 0.99  # of 300, 95% give or take some three standard errors, less a little for likeness


def test_a_worker_is_followed_to_the_last_run_and_not_while_it_leaves():
    samples = [sweep.Sample(done / 100, done, 10**8, {1: 10**8 + 300 * done, 2: 10**8}) for done in range(0, 2000, 10)]
    samples += [sweep.Sample(21.0, 2000, 10**8, {1: 10**8}), sweep.Sample(22.0, 2000, 10**8, {})]
    found = sweep.Followed(sweep.Over(2000, 0, 22.0, 1), samples)
    assert found.worker_trend.slope == pytest.approx(3.0)
    assert found.main_trend.slope == 0.0
    assert found.rate == pytest.approx(100.0)


def test_a_trend_of_a_moment_is_none():
    assert sweep.trend(DONE[:7], [1] * 7) is None
    assert sweep.trend([5] * 50, [1] * 50) is None


def test_a_fingerprint_shows_the_smallest_change_and_no_other():
    runs = uninterrupted()[0]
    assert sweep.fingerprint(runs) == sweep.fingerprint(runs.copy())
    column = next(name for name in runs if runs[name].dtype == float and runs[name].notna().all())
    for other in (
        runs.assign(**{column: np.nextafter(runs[column], np.inf)}), runs.rename(columns={column: "other"}), runs[1:],
        runs.iloc[::-1], runs.assign(park="elsewhere"), runs.rename(lambda key: key[::-1]),
    ):  # fmt: skip
        assert sweep.fingerprint(other) != sweep.fingerprint(runs)
    nothing = pd.DataFrame({"x": [np.nan, -0.0]})
    assert sweep.fingerprint(nothing) == sweep.fingerprint(nothing.copy())
    assert sweep.fingerprint(nothing) != sweep.fingerprint(pd.DataFrame({"x": [np.nan, 0.0]}))


def test_every_function_whose_time_is_told_apart_is_called_by_a_sweep(tmp_path):
    profiler = cProfile.Profile()
    from analysis.experiment import _place, _strategy
    from analysis.store import Store

    _place.cache_clear()
    _strategy.cache_clear()
    profiler.runcall(make, plan(2), Store(tmp_path / "store"))
    stats = pstats.Stats(profiler)
    called = {(file, name) for file, _, name in stats.stats}
    house = Path(sweep.__file__).parents[1]
    for part, functions in sweep.PARTS.items():
        for file, name in functions:
            assert (str(house / file), name) in called, f"{part}: {name}"
    parts = sweep.parts_of(stats)
    assert all(seconds > 0.0 for seconds in parts.values()), parts
    assert sum(parts.values()) <= 1.01 * stats.total_tt  # no time counts twice


def test_a_second_worker_gives_the_same_bits():
    times = sweep.compare_engines("small_village", 4, 1, ("1 worker", "2 workers"))
    (one,), (two,) = times.values()
    assert one.fingerprint == two.fingerprint
    assert one.start > 0.0 and one.seconds > 0.0 and two.seconds > 0.0


def test_memory_is_followed_until_the_last_run(tmp_path):
    found = sweep.follow_sweep("small_village", 40, 2, None, tmp_path / "store", every=0.05)
    assert (found.over.made, found.over.failed) == (40, 0)
    assert max(sample.done for sample in found.samples) <= 40
    assert 20.0 < found.most_worker < 1_000.0 and 20.0 < found.most_main < 1_000.0  # MB
    assert max(len(sample.workers) for sample in found.samples) == 2
    assert found.over.bytes == sum(path.stat().st_size for path in (tmp_path / "store").rglob("*") if path.is_file())
    sweep.draw_memory(found, "a sweep", tmp_path / "memory.png")
    assert (tmp_path / "memory.png").stat().st_size > 10_000


def test_a_sweep_that_ends_early_is_no_result(tmp_path, capfd):
    with pytest.raises(RuntimeError, match="before its time"):
        sweep.follow_sweep("no_such_park", 2, 1, None, tmp_path / "store", every=0.05)


def test_the_page_takes_a_table_between_its_marks_and_nothing_else_changes():
    page = results_page.PAGE.read_text(encoding="utf-8")
    for name in ("sweep", "sweep-cluster", "speedup", "profile", "kill", "kill-cluster"):
        new = results_page.renewed(page, name, r"told \1 here")
        before, _, after = page.partition(f"<!-- results: {name} -->\n")
        assert new == f"{before}<!-- results: {name} -->\ntold \\1 here\n<!-- end -->{after.partition('<!-- end -->')[2]}"
    with pytest.raises(KeyError, match="nonsense"):
        results_page.renewed(page, "nonsense", "")
