"""A run that is followed is the run itself, to the bit; and what it tells of a quarter or a thing is what happened."""

import pickle
import time

import numpy as np
import pytest

import klaver as kl
from analysis.posterior import load_posterior
from klaver.dashboard.desk import Setting
from klaver.dashboard.following import Followed, Known, follow
from klaver.dashboard.session import drawn_parameters
from klaver.language import ScreenLanguage
from klaver.runs import run
from klaver.story import NoSuchThing, Teller
from klaver.tables import tables_of
from sim import model, records
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.outcomes import INDICATORS

QUARTERS = 32


@pytest.fixture(scope="module")
def followed() -> Followed:
    return follow(load_park("rollepaal").resolved(), load_strategy("demand_driven").resolved(), 1, QUARTERS)


@pytest.fixture(scope="module")
def at_once() -> tuple[object, object, object]:
    """The same run, simulated without looking: (end, end of the twin, names)."""
    scenario = load_park("rollepaal")
    place = model.Park.of(scenario, QUARTERS)
    before, names = model.prepare_named(place, 1)
    record = load_strategy("demand_driven").record(scenario, place.gross_ha)
    return model.simulate(before, record), model.simulate(before, model.no_strategy()), names


@pytest.mark.parametrize("strategy", ["none", "supply_driven", "adaptive"])
def test_what_is_followed_is_the_run_itself_to_the_bit(strategy: str) -> None:
    found = follow(load_park("small_village").resolved(), load_strategy(strategy).resolved(), 5, 24)
    same = run("small_village", strategy, 5, quarters=24)
    for frames, world in ((found.frames, same.after), (found.twin_frames, same.twin)):
        np.testing.assert_array_equal(frames.indicators, world.indicators[:24])
    assert repr(found.outcomes) == repr(same.outcomes)


def test_the_last_frame_is_the_park_at_its_end(followed: Followed, at_once: tuple) -> None:
    for frames, world in ((followed.frames, at_once[0]), (followed.twin_frames, at_once[1])):
        frame = frames.at(QUARTERS)
        live = np.flatnonzero(world.parcels["live"][: world.counts[0].parcels])
        np.testing.assert_array_equal(frame.parcels["row"], live)
        np.testing.assert_array_equal(frame.parcels["occupant"], world.parcels["occupant"][live])
        np.testing.assert_array_equal(frame.parcels["quality"], world.parcels["quality"][live].astype("f4"))
        np.testing.assert_array_equal(frame.ground.cells["parcel"], world.cell_parcel)
        np.testing.assert_array_equal(frame.ground.cells["built"], world.cell_built)
        stage = world.opportunities["stage"][: world.counts[0].opportunities]
        np.testing.assert_array_equal(frame.opportunities["row"], np.flatnonzero((stage >= 3) & (stage <= 6)))


def test_every_frame_agrees_with_the_indicators_of_its_quarter(followed: Followed) -> None:
    column = {name: place for place, name in enumerate(INDICATORS)}
    for quarter in range(1, QUARTERS + 1):
        frame, row = followed.frames.at(quarter), followed.frames.indicators[quarter - 1]
        sitting = frame.companies[frame.companies["state"] == records.SITTING]
        assert len(sitting) == row[column["companies"]]
        assert len(frame.opportunities) == row[column["open_opportunities"]]
        assert sitting["jobs"].sum() == pytest.approx(row[column["jobs"]], rel=1e-5)
        floor, vacant = frame.parcels["floor"].sum(), frame.parcels["floor"][frame.parcels["occupant"] < 0].sum()
        assert vacant / floor == pytest.approx(row[column["vacancy"]], abs=1e-5)


def test_frames_look_the_same_in_any_order_and_after_a_journey(followed: Followed) -> None:
    again = pickle.loads(pickle.dumps(followed))
    for quarter in (30, 2, 17, 0, 32, 16):
        ours, theirs = followed.frames.at(quarter), again.frames.at(quarter)
        for name in ("parcels", "companies", "opportunities", "seats", "jobs", "segments"):
            assert ours._asdict()[name].tobytes() == theirs._asdict()[name].tobytes()
        assert ours.ground.cells.tobytes() == theirs.ground.cells.tobytes()
    assert len(pickle.dumps(followed)) < 1_000_000


def test_cases_carry_their_parties_and_the_queue_they_stand_in(followed: Followed) -> None:
    waits = 0
    for quarter in range(QUARTERS + 1):
        frame = followed.frames.at(quarter)
        for case in followed.cases_at(quarter):
            assert len(case["seats"]) == (frame.seats["opportunity"] == case["row"]).sum() > 0
            assert case["step"] in (3, 4, 5, 6)
            for job in case["queues"]:
                asked = frame.jobs[frame.jobs["role"] == records.ROLES.index(job["role"])]
                assert (asked["kind"][job["place"] - 1], asked["target"][job["place"] - 1]) == (1, case["row"])
            committed = {seat["party"] for seat in case["seats"] if seat["committed"]}
            for who, whom in case["waiting"]:
                assert who not in committed and whom not in committed and who != whom
                waits += 1
    assert waits > 0


def test_nobody_is_asked_to_act_in_the_twin(followed: Followed) -> None:
    assert all(len(followed.twin_frames.at(quarter).jobs) == 0 for quarter in range(QUARTERS + 1))


def test_a_click_on_a_parcel_tells_who_is_there_and_what_is_measured(followed: Followed) -> None:
    parcel = followed.names.parcels.index("plukon")
    found = followed.parcel_at(0, parcel)
    assert found["company"]["sector"] == "manufacturing" and found["owner_kind"] == "company"
    assert found["vacant_quarters"] is None and "soil_cost" not in found["measured"]
    site = followed.parcel_at(0, followed.names.parcels.index("wehkamp site"))
    assert (site["company"], site["owner_kind"], site["vacant_quarters"]) == (None, "redevelopment_company", 16)
    assert followed.parcel_at(0, 10_000) == {} and followed.company_at(0, 10_000) == {}


def test_works_go_on_where_a_building_is_being_built(followed: Followed) -> None:
    seen = set()
    for quarter in range(QUARTERS + 1):
        works = followed.works_at(quarter)
        rows = followed.frames.at(quarter).parcels
        assert set(rows["row"][rows["building_until"] > quarter].tolist()) <= set(works)
        seen |= set(works.values())
    assert "build" in seen and seen <= set(records.TASKS)


def test_a_parcel_is_renewed_once_something_was_built_on_it(followed: Followed) -> None:
    events = followed.tables["events"]
    built = events[events["kind"].isin(["renovated", "expanded"]) & (events["quarter"] >= 0)]
    assert len(built) > 0
    for event in built.itertuples():
        if before := followed.parcel_at(0, event.parcel):
            assert not before["renewed"]
        after = followed.parcel_at(event.quarter + 1, event.parcel)
        assert not after or after["renewed"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_story_is_that_of_the_whole_run_and_takes_a_fraction_of_the_time(
    followed: Followed, at_once: tuple, language: str
) -> None:
    say = ScreenLanguage(language)
    whole = Teller(tables_of(at_once[0], at_once[2]), say, tables_of(at_once[1], at_once[2]))
    things = [(kind, row) for kind, table in (("company", "companies"), ("parcel", "parcels"), ("opportunity", "opportunities"))
              for row in range(0, len(whole.tables[table]), 5)]  # fmt: skip
    decided = 0
    for kind, row in things:
        story = followed.story(kind, row, say)
        assert [line.sentence for line in story.lines] == [line.sentence for line in whole.why(kind, row)]
        assert (story.end, story.without) == (whole.end(kind, row), whole.without(kind, row))
        if story.decided is not None:
            assert story.decided_by in story.lines and "{" not in story.decided
            decided += 1
    assert decided > len(things) / 10
    began = time.perf_counter()
    for kind, row in things[:20]:
        followed.story(kind, row, say)
    assert (time.perf_counter() - began) / 20 < 0.1


def test_a_thing_that_is_not_there_is_refused_in_words(followed: Followed) -> None:
    with pytest.raises(NoSuchThing, match="9999"):
        followed.story("company", 9999, ScreenLanguage("nl"))


def test_what_the_file_states_is_measured_and_what_it_assumes_is_not() -> None:
    known = Known.of(load_park("rollepaal"))
    assert "land_wish" in known.companies["Plukon"] and "jobs" not in known.companies["Plukon"]
    assert "land_wish" not in known.companies["Wavin"] and "sector" not in known.companies["firm 1"]
    assert "offered" in known.parcels["wehkamp site"] and "quality" not in known.parcels["wehkamp site"]
    assert known and not Known.of(load_park("typical"))


@pytest.mark.parametrize("name", ["small_village", "rollepaal"])
def test_with_drawn_parameters_the_future_that_is_followed_is_that_of_compare(name: str) -> None:
    park, strategy, seeds = load_park(name), load_strategy("demand_driven"), (2, 3)
    wanted = kl.compare(park, [strategy], seeds, workers=1, quarters=12, parameters=load_posterior()).runs.table
    for seed in seeds:
        setting = Setting(park, strategy, load_strategy("none"), seed=seed, quarters=12, drawn=True)
        found = follow(park.resolved(), strategy.resolved(), seed, 12, drawn_parameters(setting))
        for run_name, measures in (("demand_driven", found.measures), ("none", found.twin_measures)):
            row = wanted.xs((seed, run_name), level=("seed", "strategy")).iloc[0]
            for outcome in ("vitality", "private_investment", "public_outlay", "welfare", "jobs"):
                assert measures[outcome] == row[outcome]
        plain = follow(park.resolved(), strategy.resolved(), seed, 12)
        assert plain.measures["vitality"] != found.measures["vitality"]


def test_other_parameters_give_another_run_and_the_park_keeps_its_own() -> None:
    park, strategy = load_park("small_village").resolved(), load_strategy("demand_driven").resolved()
    plain = follow(park, strategy, 2, 12)
    other = follow(park, strategy, 2, 12, {"parameters.fte_cost": 150_000.0})
    assert other.measures["process_costs"] > plain.measures["process_costs"]
    assert repr(follow(park, strategy, 2, 12).measures) == repr(plain.measures)
