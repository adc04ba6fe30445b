"""The patterns as code: do the statistics say what the patterns say, and how often is the verdict wrong?

Statistics are held against small parks worked by hand and against the model's own totals. The verdict is tried on made-up
stocks whose true value is known. Everything is on fixed seeds, so nothing is flaky.
"""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.dutch_stock import AREA_NL, PARKS_NL, StockPark, draw_stock, stock_totals
from analysis.engines import InProcess
from analysis.patterns import PATTERNS, fifths, judge, run_stock, samples_of, validate
from analysis.patterns.appraisals import appraise_firms
from analysis.patterns.definitions import _more_near_works, _percentage
from analysis.patterns.estimation import CANNOT_TELL, MET, NOT_MET, Sample, Statistic, estimate
from analysis.patterns.figures import pattern_figure
from analysis.patterns.following import (
    QUARTERS,
    Followed,
    Look,
    StockJob,
    _outdated,
    _vacancy,
    follow,
    follow_patterns,
    reach_of,
    totals_of,
    works_by_quarter,
)
from analysis.patterns.wording import PatternWording
from klaver.validate_command import table_text
from sim import model, outcomes, records
from sim.inputs.strategy import load_strategy


@pytest.fixture(scope="module")
def stock() -> list[StockPark]:
    return draw_stock(60)


@pytest.fixture(scope="module")
def town(stock) -> StockPark:
    """A park of about the mean size."""
    return min(stock, key=lambda park: abs(park.scenario.gross_ha - 27.0))


@pytest.fixture(scope="module")
def run(town) -> Followed:
    """A run of twenty years with a programme of the municipality's own."""
    park = model.Park.of(town.scenario, QUARTERS)
    return follow(model.prepare(park, 3), load_strategy("supply_driven").record(town.scenario, park.gross_ha))


# --- the stock --------------------------------------------------------------------------------------------------------


def test_the_weights_make_the_stock_as_many_parks_on_as_many_hectares_as_there_are(stock):
    weight = np.array([park.weight for park in stock])
    hectares = np.array([park.scenario.gross_ha for park in stock])
    firms = np.array([park.scenario.firms for park in stock])
    outdated = np.array([park.scenario.founding.outdated for park in stock])
    assert weight.min() > 0
    assert weight.sum() == pytest.approx(PARKS_NL, rel=1e-6)
    assert weight @ hectares == pytest.approx(AREA_NL, rel=1e-6)
    assert weight @ (firms * outdated) / (weight @ firms) == pytest.approx(0.115, abs=1e-6)
    assert all(total.found == pytest.approx(total.target, rel=1e-5) for total in stock_totals(stock) if total.matched)


def test_what_the_weights_do_not_match_comes_out_near_in_a_large_stock():
    for total in stock_totals(draw_stock(600)):
        assert total.found == pytest.approx(total.target, rel=0.13), total


def test_a_small_stock_is_the_start_of_a_larger_one(stock):
    assert [park.scenario for park in draw_stock(20)] == [park.scenario for park in stock[:20]]


def test_the_oldest_parks_are_those_with_most_outdated_premises(stock):
    old = [park.scenario.founding.outdated for park in stock if park.oldest]
    assert min(old) > max(park.scenario.founding.outdated for park in stock if not park.oldest)
    assert 0.20 < sum(park.weight for park in stock if park.oldest) / PARKS_NL <= 0.24


def test_too_few_parks_are_refused():
    with pytest.raises(ValueError, match="3 parks cannot stand for the stock; at least 8 are needed"):
        draw_stock(3)


@pytest.fixture(scope="module")
def alone(town) -> Followed:
    """Its twin without policy."""
    return follow(model.prepare(model.Park.of(town.scenario, QUARTERS), 3), model.no_strategy())


# --- statistics by hand ----------------------------------------------------------------------------------------------


def made_up_look(quality=(0.9,) * 4, vacant_for=(0,) * 4, floor=(100.0,) * 4) -> Look:
    """Four plots of 1,000 m2; ``vacant_for`` 0 is occupied; floor 0 is a bare plot."""
    since, floor = np.array(vacant_for), np.array(floor)
    premises, nobody = floor > 0, np.zeros(0)
    vacant = premises & (since > 0)
    return Look(premises, vacant, since, np.full(4, 1_000.0), floor, np.array(quality), premises & ~vacant,
                nobody.astype(bool), nobody, nobody, nobody.astype(bool))


def of_looks(*looks: Look) -> Followed:
    return Followed(list(looks), SimpleNamespace())


@pytest.mark.parametrize(("quarters", "structural"), [(12, 0.0), (13, 1.0)])
def test_vacancy_is_structural_beyond_three_years(quarters, structural):
    found = _vacancy(of_looks(made_up_look(), made_up_look(vacant_for=(quarters, 0, 0, 0))))
    assert found["structural_years"] == structural
    assert (found["vacant"], found["premises"]) == (1.0, 4.0)


def test_a_park_with_structural_vacancy_may_have_little_vacancy():
    little = made_up_look(vacant_for=(20, 0, 0, 0), floor=(10.0, 1_000.0, 1_000.0, 1_000.0))
    much = made_up_look(vacant_for=(20, 0, 0, 0), floor=(1_000.0,) * 4)
    found = _vacancy(of_looks(made_up_look(), little, much))
    assert (found["structural_years"], found["structural_low"]) == (2.0, 1.0)


def test_of_vacant_premises_those_count_as_sticky_that_are_vacant_on_both_dates():
    found = _vacancy(of_looks(made_up_look(vacant_for=(4, 4, 0, 0)), made_up_look(vacant_for=(8, 0, 1, 0))))
    assert (found["was_vacant"], found["still_vacant"], found["vacant"]) == (2.0, 1.0, 2.0)


def test_a_park_is_outdated_from_a_quarter_of_its_net_area_bare_plots_included():
    exactly = made_up_look(quality=(0.39, 0.9, 0.9, 0.0), floor=(100.0, 100.0, 100.0, 0.0))
    assert exactly.outdated
    assert not made_up_look(quality=(0.40, 0.9, 0.9, 0.9)).outdated
    assert not made_up_look(quality=(0.0, 0.9, 0.9, 0.9), floor=(0.0, 100.0, 100.0, 100.0)).outdated
    # A third of the ground under premises, and just under a quarter of all.
    assert not exactly._replace(area=np.array([1_000.0, 1_000.0, 1_000.0, 1_001.0])).outdated


def test_onset_and_completion_are_counted_by_the_year():
    old, good = made_up_look(quality=(0.1, 0.1, 0.9, 0.9)), made_up_look()
    found = _outdated(of_looks(good, old, old, good, good))
    assert (found["healthy_starts"], found["onsets"]) == (2.0, 1.0)
    assert (found["outdated_starts"], found["completions"]) == (2.0, 1.0)
    assert (found["outdated_years"], found["outdated_area"], found["net_area"]) == (2.0, 4_000.0, 16_000.0)


def test_the_fall_of_sales_compares_the_fifths_of_years_with_lowest_and_highest_activity():
    activity = np.arange(10.0)
    land = np.where(activity < 2, 30.0, np.where(activity > 7, 60.0, 1_000.0))
    yearly = {"activity": activity, "land": land, "works": land, "take_up": land}
    found = fifths([[{"yearly": yearly}], [{"yearly": yearly}]])
    drop = next(statistic for statistic in PATTERNS[6].statistics if statistic.key == "land_sold")
    assert estimate(drop, Sample(np.array([1.0, 3.0]), found)).value == pytest.approx(50.0)


def test_firms_near_works_are_compared_within_classes_of_quality():
    # Near, all are in the worst class, in which everybody spends 10 a metre; others spend 1.
    totals = (100.0, 10.0, 1_000.0, 100.0, 0.0, 0.0, 100.0, 100.0, 0.0, 0.0, 0.0, 0.0)
    assert _more_near_works(*totals) == pytest.approx(0.0)
    assert _more_near_works(150.0, *totals[1:]) == pytest.approx(50.0)


# --- statistics against the model's own numbers -----------------------------------------------------------------------


def test_moves_and_plans_are_those_that_the_model_counts_itself(run):
    totals, accounts = totals_of(run), run.world.accounts[0]
    assert totals["moves"] == accounts.moved_within + accounts.moved_away > 0
    path = run.world.indicators[3:QUARTERS:4]
    firms = path[:, outcomes.INDICATORS.index("companies")]
    moving = path[:, outcomes.INDICATORS.index("plans_to_move")] @ firms
    assert totals["to_move"] == pytest.approx(moving)
    assert totals["to_renovate"] == pytest.approx(path[:, outcomes.INDICATORS.index("plans_to_renovate")] @ firms)
    assert totals["firms"] == firms.sum()


def test_own_works_are_what_firms_pay_less_their_grants(run):
    total = 0
    for entry in run.entries:
        if entry.payer >= 0 and records.WORKS_BUILD <= entry.purpose <= records.WORKS_CLEAN and entry.parcel >= 0:
            total += entry.cents
        if entry.purpose == records.GRANT and entry.receiver >= 0:
            total -= entry.cents
    assert works_by_quarter(run, len(run.world.parcels)).sum() == pytest.approx(total / 100.0)


def test_public_works_reach_the_plots_in_front_of_which_they_are_delivered(run, alone):
    reach = reach_of(run)
    works = run.events[run.events.kind == records.EVENT["works_delivered"]]
    assert works.size > 0
    for event in works:
        front = np.flatnonzero(run.world.parcels.segment[: reach.quarter.size] == event.parcel)
        assert (reach.quarter[front] <= event.quarter).all()
    soon, without = (np.mean(each.quarter < 20) for each in (reach, reach_of(alone)))
    assert soon > 0.3 > 0.1 > without
    untouched = reach_of(alone)
    assert not untouched.heavy[untouched.quarter == QUARTERS].any()


@pytest.mark.parametrize("taken_up", [False, True])
def test_an_outdated_park_gets_policy_in_the_mix_if_it_is_taken_up_and_is_as_it_was_otherwise(stock, taken_up):
    old = [park for park in stock if park.scenario.founding.outdated > 0.3]
    town = min(old, key=lambda park: abs(park.scenario.gross_ha - 27.0))
    park = dataclasses.replace(town, taken_up=taken_up, strategy="supply_driven")
    rows = [row for row in follow_patterns(StockJob(park, (1, 2, 3, 4))) if row["mix"]["outdated_parks"]]
    assert rows
    for row in rows:
        assert row["mix"]["policy"] == taken_up
        assert (row["mix"]["reached_area"] > 0.0) == taken_up
        assert ({name: row["mix"][name] for name in row["alone"]} == row["alone"]) != taken_up


def test_no_firm_refuses_what_pays_when_there_is_neither_hurdle_nor_doubt_nor_bank(town):
    world = model.prepare(model.Park.of(town.scenario, QUARTERS), 1)
    usual = appraise_firms(world)
    assert 0.2 < usual["refused"] / usual["paying"] < 0.8
    assert usual["more_by_subsidy"] > usual["more_by_savings"] > 0.0
    world.companies.theta[:] = 0.0
    world.parameters[0].taste = 1e-9
    world.parameters[0].credit_share = 1e6
    free = appraise_firms(world)
    assert free["paying"] == usual["paying"] > 0
    assert free["refused"] == pytest.approx(0.0, abs=1e-6)


def test_without_a_premium_a_subsidy_does_what_equal_savings_do(town):
    world = model.prepare(model.Park.of(town.scenario, QUARTERS), 1)
    world.companies.theta[:] = 0.0
    world.parameters[0].credit_share = 1e6
    found = appraise_firms(world)
    assert found["more_by_subsidy"] == pytest.approx(found["more_by_savings"])


# --- the verdict and its error rates ----------------------------------------------------------------------------------

BAND = Statistic("vacancy", "alone", ("part", "whole"), _percentage, 40.0, 60.0, "S", "S38")


def made_up_stock(truth: float, rng: np.random.Generator, park_sd=6.0, seed_sd=3.0, noise_sd=8.0, size=(40, 8)) -> Sample:
    """A stock in which the statistic is ``truth``, give or take parks, seeds, and both together."""
    parks, seeds = size
    value = (truth + park_sd * rng.standard_normal((parks, 1)) + seed_sd * rng.standard_normal((1, seeds))
             + noise_sd * rng.standard_normal((parks, seeds)))
    return Sample(np.ones(parks), {"part": value, "whole": np.full((parks, seeds), 100.0)})


def verdicts(truth: float, stocks: int) -> list[str]:
    rng = np.random.default_rng(7)
    return [estimate(BAND, made_up_stock(truth, rng)).verdict for _ in range(stocks)]


def test_in_the_middle_of_the_band_and_a_band_width_outside_the_verdict_is_right():
    # Standard error about 1.5 on a band 20 wide: neither error should ever occur in 40 stocks (chance below 1e-6 each).
    assert set(verdicts(50.0, 40)) == {MET}
    assert set(verdicts(80.0, 40)) == {NOT_MET}
    assert set(verdicts(20.0, 40)) == {NOT_MET}


def test_on_the_edge_of_the_band_each_verdict_is_given_at_most_about_one_time_in_twenty():
    # The size of both tests is 5%. With eight seeds the bootstrap is somewhat off; 10% or more in 200 stocks would be a
    # chance of 0.2% at 5%, and of 17% at 8%.
    calls = verdicts(60.0, 200)
    assert calls.count(MET) < 20
    assert calls.count(NOT_MET) < 20
    assert calls.count(CANNOT_TELL) > 160


def test_the_stated_error_rates_are_those_that_come_out_when_it_is_tried():
    rng = np.random.default_rng(11)
    wide = {"park_sd": 30.0, "seed_sd": 12.0}  # an interval of about the width of the band
    found = [estimate(BAND, made_up_stock(50.0, rng, **wide)) for _ in range(150)]
    beyond = [estimate(BAND, made_up_stock(80.0, rng, **wide)).verdict for _ in range(150)]
    rates = np.mean([finding.rates for finding in found], axis=0)
    tried = [np.mean([finding.verdict == NOT_MET for finding in found]), beyond.count(MET) / 150,
             np.mean([finding.verdict == MET for finding in found]), beyond.count(NOT_MET) / 150]
    assert 0.02 < tried[2] < 0.98, "an easy case would prove nothing"
    assert np.abs(rates - tried).max() < 0.12
    assert tried[0] < 0.05
    assert tried[1] < 0.05


def test_one_seed_and_equal_parks_give_no_verdict():
    flat = Sample(np.ones(3), {"part": np.full((3, 1), 50.0), "whole": np.full((3, 1), 100.0)})
    found = estimate(BAND, flat)
    assert (found.value, found.verdict) == (50.0, CANNOT_TELL)
    assert np.isnan([found.low, found.high, found.sd, *found.rates]).all()


def test_distance_is_told_in_band_widths_and_in_standard_errors():
    found = estimate(BAND, made_up_stock(75.0, np.random.default_rng(3)))
    assert found.widths == pytest.approx((found.value - 60.0) / 20.0)
    assert found.sds == pytest.approx((found.value - 60.0) / found.sd)
    assert estimate(BAND, made_up_stock(50.0, np.random.default_rng(3))).widths == 0.0


def test_a_park_that_stands_for_more_counts_for_more():
    totals = {"part": np.array([[10.0, 10.0], [90.0, 90.0]]), "whole": np.full((2, 2), 100.0)}
    assert estimate(BAND, Sample(np.array([3.0, 1.0]), totals)).value == pytest.approx(30.0)


# --- all of it --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(stock):
    """Eight small parks on two seeds: far too few to say anything, and all that is computed is computed."""
    parks = sorted(stock, key=lambda park: park.scenario.gross_ha)[:8]
    return parks, run_stock(parks, (1, 2), InProcess(), council_seeds=16)


def test_every_pattern_is_there_and_every_band_has_a_source():
    assert [pattern.number for pattern in PATTERNS] == list(range(1, 12))
    for pattern in PATTERNS:
        for statistic in pattern.statistics:
            assert statistic.low < statistic.high
            assert statistic.sources.startswith("S")
            assert statistic.mark in "SCRJ"


def test_every_statistic_finds_its_totals_and_the_verdict_follows_from_them(small):
    for judged in validate(small[1]):
        kinds = {finding.verdict for finding in judged.findings}
        assert (judged.verdict == NOT_MET) == (NOT_MET in kinds)
        assert (judged.verdict == MET) == (kinds == {MET})


def test_samples_do_not_depend_on_the_order_in_which_jobs_finish(small):
    parks, samples = small
    rows = [row for park in reversed(parks) for row in follow_patterns(StockJob(park, (2, 1)))]
    politics = [{"seed": 1, "council": {"terms": 5.0, "left": 2.0, "elections": 4.0, "breaks": 1.0}}]
    again = samples_of(parks, (1, 2), rows, politics)
    for name in ("alone", "mix", "appraisals"):
        assert samples[name].totals.keys() == again[name].totals.keys()
        for key, values in samples[name].totals.items():
            np.testing.assert_array_equal(values, again[name].totals[key])


def test_politics_is_tried_on_seeds_of_its_own(small):
    totals = small[1]["council"].totals
    assert totals["terms"].shape == (1, 16)
    assert totals["terms"].sum() == 16 * 5
    assert 0 < totals["left"].sum() < totals["terms"].sum()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_table_fits_in_80_columns_and_says_every_statistic(small, language):
    words = PatternWording(language)
    lines = table_text(validate(small[1]), words).splitlines()
    assert max(map(len, lines)) <= 80
    statistics = [statistic for pattern in PATTERNS for statistic in pattern.statistics]
    assert len(lines) == 2 + len(PATTERNS) + len(statistics)
    for statistic in statistics:
        assert sum(line.startswith(f"  {words.statistic(statistic)} ") for line in lines) >= 1
    for pattern in PATTERNS:
        assert all(words("not_represented", key) for key in pattern.not_represented)


@pytest.mark.parametrize("number", [3, 10])
def test_a_figure_shows_the_band_the_estimate_and_its_interval(small, number):
    judged = judge(PATTERNS[number - 1], small[1])
    figure = pattern_figure(judged, PatternWording("en"))
    assert len(figure.axes) == len(judged.findings)
    for ax, finding in zip(figure.axes, judged.findings, strict=True):
        band = ax.patches[0].get_bbox()
        assert (band.x0, band.x1) == (finding.statistic.low, finding.statistic.high)
        drawn = {tuple(line.get_xdata()) for line in ax.lines}
        assert ((finding.value,) in drawn) == np.isfinite(finding.value)
        assert ((finding.low, finding.high) in drawn) == np.isfinite(finding.low)
        low, high = ax.get_xlim()
        assert low <= np.nanmin([finding.statistic.low, finding.value])
        assert np.nanmax([finding.statistic.high, finding.value]) <= high
