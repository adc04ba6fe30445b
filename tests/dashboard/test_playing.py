"""A game is the strategy it begins with, and what was chosen, and nothing else."""

import pickle

import numpy as np
import pytest

from klaver.dashboard.playing import GAME, Played, Year, compare_with, play, refuse, shipped_outcomes
from klaver.language import ScreenLanguage
from klaver.runs import run
from sim import model, records
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.ledger import reconcile

PARK = load_park("small_village").resolved()
ROLLEPAAL = load_park("rollepaal").resolved()
STRATEGY = load_strategy("demand_driven").resolved()
EVEN = {"mix": [0.25, 0.25, 0.25, 0.25], "refused": []}
NOTHING: dict[str, object] = {}


def first_case(own: bool, seeds: range = range(1, 12)) -> tuple[Played, int, int]:
    """Return a game in which there is a case to refuse, of the municipality's own or not; its years and its number."""
    for seed in seeds:
        for years in range(1, 9):
            played = play(ROLLEPAAL, STRATEGY, seed, [NOTHING] * years, 48)
            for case in played.decisions(ScreenLanguage("en")):
                if case["own"] is own and (not own or case["step"] == 4):
                    return played, years, case["number"]
    raise AssertionError("no such case in these futures: choose others")


@pytest.mark.parametrize("strategy", ["demand_driven", "adaptive", "by_step", "supply_driven"])
@pytest.mark.parametrize("choice", [NOTHING, "own"])
def test_who_changes_nothing_gets_the_strategy_to_the_bit(strategy: str, choice: object) -> None:
    base = load_strategy(strategy)
    year = {"mix": base.roles.shares(), "refused": []} if choice == "own" else NOTHING
    played = play(PARK, base.resolved(), 3, [year] * 6, 24)
    same = run("small_village", strategy, 3, quarters=24)
    np.testing.assert_array_equal(played.followed.frames.indicators, same.after.indicators[:24])
    assert repr(played.followed.outcomes) == repr(same.outcomes)
    assert played.over and played.year == 6


def test_a_shorter_list_is_the_game_a_year_ago() -> None:
    years = [EVEN, {"mix": [0.7, 0.1, 0.1, 0.1]}, {"mix": [0.0, 0.0, 0.5, 0.5]}, NOTHING]
    whole, part = play(PARK, STRATEGY, 4, years, 40), play(PARK, STRATEGY, 4, years[:2], 40)
    np.testing.assert_array_equal(whole.followed.frames.indicators[:8], part.followed.frames.indicators)
    assert (part.over, part.year, part.followed.quarters, part.followed.horizon) == (False, 2, 8, 40)
    assert pickle.loads(pickle.dumps(part)).scores == part.scores


def test_a_new_mix_holds_for_every_step_and_ends_adapting() -> None:
    played = play(PARK, load_strategy("adaptive").resolved(), 4, [NOTHING, {"mix": [0.7, 0.1, 0.1, 0.1]}], 40)
    plain = play(PARK, load_strategy("adaptive").resolved(), 4, [NOTHING, NOTHING], 40)
    frames = played.followed.frames
    np.testing.assert_array_equal(frames.mixes[:5], plain.followed.frames.mixes[:5])
    assert not np.array_equal(frames.mixes[5], plain.followed.frames.mixes[5])
    # Guiding principle 4 moves it a little; adapting would have moved it five times as fast.
    assert np.abs(frames.mixes[5] - [0.7, 0.1, 0.1, 0.1]).max() < 0.1
    no_principles = load_strategy("adaptive").resolved() | {"principles": {}}
    fixed = play(PARK, no_principles, 4, [NOTHING, {"mix": [0.7, 0.1, 0.1, 0.1]}], 40)
    np.testing.assert_allclose(fixed.followed.frames.mixes[5:], np.broadcast_to([0.7, 0.1, 0.1, 0.1], (4, 4, 4)), atol=1e-7)
    assert sum(fixed.mix) == pytest.approx(1.0)


def test_a_refused_case_goes_on_without_the_municipality() -> None:
    played, years, number = first_case(own=False)
    seed = played.followed.seed
    without = play(ROLLEPAAL, STRATEGY, seed, [NOTHING] * years + [{"refused": [number]}, NOTHING], 48)
    assert without.refused == ((4 * years, number),)
    events = without.followed.tables["events"]
    mine = events[(events["opportunity"] == number) & (events["quarter"] >= 4 * years)]
    assert (mine["kind"] == "stepped_out").sum() == 1
    tables = without.followed.tables
    spent = tables["ledger"]
    public = spent["payer"].isin([records.MUNICIPALITY, records.PROVINCE, records.STATE])
    after = (spent["opportunity"] == number) & (spent["quarter"] >= 4 * years)
    assert not (public & after).any()
    deeds = tables["deeds"]
    assert not ((deeds["kind"] == "opportunity") & (deeds["target"] == number) & (deeds["quarter"] >= 4 * years)).any()
    kept = play(ROLLEPAAL, STRATEGY, seed, [NOTHING] * (years + 2), 48)
    np.testing.assert_array_equal(kept.followed.frames.indicators[: 4 * years], without.followed.frames.indicators[: 4 * years])
    assert all(case["number"] != number for case in without.decisions(ScreenLanguage("nl")))


def test_a_case_about_its_own_land_ends_when_the_municipality_steps_out() -> None:
    played, years, number = first_case(own=True)
    without = play(ROLLEPAAL, STRATEGY, played.followed.seed, [NOTHING] * years + [{"refused": [number]}], 48)
    case = without.followed.tables["opportunities"].iloc[number]
    assert (case["stage"], case["stage_since"], case["grant"]) == ("left", 4 * years, 0.0)
    for language, word in (("nl", "U stapte"), ("en", "You, the municipality")):
        say = ScreenLanguage(language)
        assert any(word in line for line in without.followed.story("opportunity", number, say).told)
        refusals = [news for news in without.news(say) if news["refused"]]
        assert len(refusals) == 1 and word in refusals[0]["sentence"] and refusals[0]["pick"] == f"opportunity:{number}"


def test_refusing_leaves_the_books_and_claims_right() -> None:
    scenario = load_park("rollepaal")
    place = model.Park.of(scenario, 60)
    world = model.prepare(place, 2)
    model.adopt_strategy(world, load_strategy("demand_driven").record(scenario, place.gross_ha))
    refused = 0
    for quarter in range(0, 60, 4):
        for number in range(int(world.counts[0].opportunities)):
            before = (int(world.opportunities[number]["stage"]), bool(world.opportunities[number]["dropped"]))
            expected = before[0] in (records.FOUND, records.CASE) and not before[1]
            assert refuse(world, number) is expected
            refused += expected
        world = model.run_until(world, quarter + 4)
        reconcile(world)
        live = world.parcels[: world.counts[0].parcels]
        claims = live["opportunity"][live["live"] & (live["opportunity"] >= 0)]
        assert all(3 <= world.opportunities[claim]["stage"] <= 6 for claim in claims)
    assert refused > 5
    assert not refuse(world, 10_000) and not refuse(world, -1)


def test_a_choice_that_comes_too_late_is_told_and_changes_nothing() -> None:
    late = play(PARK, STRATEGY, 3, [{"refused": [0, 500]}, NOTHING], 24)
    plain = play(PARK, STRATEGY, 3, [NOTHING, NOTHING], 24)
    assert (0, 500) in late.too_late and not any(number == 500 for _, number in late.refused)
    if not late.refused:
        np.testing.assert_array_equal(late.followed.frames.indicators, plain.followed.frames.indicators)


def test_before_the_first_year_there_is_a_park_and_nothing_to_score() -> None:
    start = play(PARK, STRATEGY, 3, [], 24)
    assert (start.year, start.over, start.scores, start.followed.outcomes, start.followed.quarters) == (0, False, {}, {}, 0)
    assert start.mix == (0.25, 0.25, 0.25, 0.25)
    assert start.followed.parcel_at(0, 0)
    assert start.news(ScreenLanguage("nl")) == []


def test_decisions_say_what_is_asked_of_the_public_purse() -> None:
    played = play(ROLLEPAAL, STRATEGY, 1, [NOTHING] * 6, 80)
    for language in ("nl", "en"):
        say = ScreenLanguage(language)
        found = played.decisions(say)
        frame = played.followed.frames.at(24)
        table = {int(row["row"]): row for row in frame.opportunities}
        assert found and {case["number"] for case in found} == {
            number for number, row in table.items() if row["stage"] <= records.CASE and not row["dropped"]}  # fmt: skip
        for case in found:
            row = table[case["number"]]
            assert case["gap"] == max(0.0, -row["surplus"]) and case["asked"] == row["ask"]
            assert case["parties"] and case["hours"] >= 0.0 and case["balance"].opportunity == case["number"]
    assert played.scores["vitality"][0] == played.followed.measures["vitality"]
    news = played.news(ScreenLanguage("nl"))
    assert news and all(20 <= line["quarter"] < 24 and line["sentence"] for line in news)


def test_a_game_is_set_beside_the_shipped_strategies_in_the_same_future() -> None:
    names = ["demand_driven", "supply_driven"]
    others = shipped_outcomes(PARK, 3, 16, names)
    played = play(PARK, STRATEGY, 3, [NOTHING] * 4, 16)
    table = compare_with(played, others)
    assert list(table.index) == [GAME, *names]
    assert table.loc[GAME].equals(table.loc["demand_driven"].rename(GAME))
    same = run("small_village", "supply_driven", 3, quarters=16)
    assert table.loc["supply_driven", "vitality"] == same.outcomes["difference"]["vitality"]
    with pytest.raises(ValueError, match="stands at quarter 12 of 16"):
        compare_with(play(PARK, STRATEGY, 3, [NOTHING] * 3, 16), others)


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"mix": [0.5, 0.5, 0.5, 0.5]}, "sum to 1"),
        ({"mix": [1.5, -0.5, 0.0, 0.0]}, "from 0 to 1"),
        ({"mix": [float("nan"), 0.5, 0.25, 0.25]}, "from 0 to 1"),
        ({"mix": [0.5, 0.5]}, "four shares"),
        ({"refused": [-1]}, "numbered from 0"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(choice: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        play(PARK, STRATEGY, 3, [choice], 24)
    assert Year.of({}) == Year()


def test_a_game_ends_and_needs_a_municipality_that_acts() -> None:
    with pytest.raises(ValueError, match="7 years were played; the park is followed for 24 quarters"):
        play(PARK, STRATEGY, 3, [NOTHING] * 7, 24)
    with pytest.raises(ValueError, match="nothing to choose"):
        play(PARK, load_strategy("none").resolved(), 3, [], 24)
    assert play(PARK, STRATEGY, 3, [NOTHING] * 2, 6).followed.quarters == 6
