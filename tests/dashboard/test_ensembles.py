"""The runs behind the pictures: the same as those of ``klaver.compare``, shared, fair, and none made twice."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import pytest

import klaver as kl
from analysis.compare import Comparison
from analysis.posterior import load_posterior
from klaver.dashboard.asked import COLUMNS, FIRST_SEEDS, Asked, Filling
from klaver.dashboard.ensembles import Ensembles
from klaver.dashboard.kept import Kept
from klaver.dashboard.lanes import _Worlds, safe_cause
from klaver.language import ScreenLanguage
from sim import model
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import Strategy, load_strategy
from sim.outcomes import INDICATORS

QUARTERS = 6
PATIENCE = 120.0


@pytest.fixture(scope="module")
def ensembles() -> Iterator[Ensembles]:
    """Lanes that all tests share; each test asks for something of its own."""
    made = Ensembles(lanes=2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def park() -> Scenario:
    return load_park("small_village")


@pytest.fixture
def strategy(request: pytest.FixtureRequest) -> Strategy:
    """A strategy that no other test has, so that none of its runs are there."""
    return changed(crc32(request.node.name.encode()) % 40_000)


def changed(number: int) -> Strategy:
    """Return the demand-driven strategy with another number of people."""
    plain = load_strategy("demand_driven")
    return plain.model_copy(update={"organisation": plain.organisation.model_copy(update={"fte": 1.0 + number / 100_000.0})})


class Page:
    """Asks as a page does, and notes what it was told."""

    def __init__(self, ensembles: Ensembles, session: str = "one") -> None:
        self.ensembles, self.session = ensembles, session
        self.told: list[tuple[float, int, tuple[int, ...]]] = []
        self.over = threading.Event()
        self.threads: set[int] = set()
        self.filling: Filling | None = None

    def ask(self, asked: Asked, subject: str = "mix") -> Filling:
        there = threading.Event()

        def tell() -> None:
            there.wait()
            assert self.filling is not None
            self.threads.add(threading.get_ident())
            self.told.append((time.monotonic(), self.filling.done, self.filling.seeds))
            if self.filling.complete or self.filling.failed:
                self.over.set()

        self.filling = self.ensembles.ask(self.session, subject, asked, tell)
        there.set()
        return self.filling

    def whole(self, asked: Asked, subject: str = "mix") -> Filling:
        """Ask, and wait until it is over."""
        filling = self.ask(asked, subject)
        if not filling.complete and filling.failed is None:
            assert self.over.wait(PATIENCE), "never told that it is over"
        return filling


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def quiet(ensembles: Ensembles) -> None:
    """Wait until no lane works, so that what was made can be counted."""
    wait_until(lambda: ensembles.ready and not ensembles._under_way)


# --- the numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "quarters"), [("small_village", None), ("rollepaal", QUARTERS)])
def test_runs_are_those_of_compare_to_the_bit(ensembles: Ensembles, name: str, quarters: int | None) -> None:
    park, strategies = load_park(name), (load_strategy("supply_driven"), load_strategy("demand_driven"))
    seeds = (7, 3, 11, 1, 12)
    got = Page(ensembles).whole(Asked(park, strategies, seeds, quarters)).runs()
    wanted = kl.compare(park, strategies, seeds, workers=1, quarters=quarters).runs
    assert got is not None
    same(got, wanted)
    assert Comparison(got).to_json() == Comparison(wanted).to_json()


def test_runs_with_drawn_parameters_are_those_of_compare(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    asked = Asked(park, (strategy,), (1, 2, 3), QUARTERS, drawn=True)
    got = Page(ensembles).whole(asked).runs()
    assert got is not None
    same(got, kl.compare(park, [strategy], [1, 2, 3], workers=1, quarters=QUARTERS, parameters=load_posterior()).runs)
    plain = Page(ensembles).whole(replace(asked, drawn=False)).runs()
    assert plain is not None and not np.array_equal(plain.table.to_numpy(), got.table.to_numpy(), equal_nan=True)


def same(got: Any, wanted: Any) -> None:
    pd.testing.assert_frame_equal(got.table, wanted.table, check_exact=True, check_column_type=False)
    assert (got.park, got.gross_ha, got.quarters, got.strategies, got.seeds, got.every, got.receipt, got.left_out) == (
        wanted.park, wanted.gross_ha, wanted.quarters, wanted.strategies, wanted.seeds, wanted.every, wanted.receipt,
        wanted.left_out)  # fmt: skip
    assert got.paths.dtype == wanted.paths.dtype == np.float32
    for column in wanted.columns:
        for strategy in wanted.strategies:
            np.testing.assert_array_equal(got.path(strategy, column), wanted.path(strategy, column))


def test_worlds_that_were_kept_give_the_same_numbers(ensembles: Ensembles, park: Scenario) -> None:
    seeds = tuple(range(1, 7))
    for number in (1, 2):  # the second finds the worlds of the first
        got = Page(ensembles).whole(Asked(park, (changed(50_000 + number),), seeds, QUARTERS)).runs()
        same(got, kl.compare(park, [changed(50_000 + number)], seeds, workers=1, quarters=QUARTERS).runs)


def test_a_packed_world_is_the_world_to_the_bit(park: Scenario) -> None:
    world = model.prepare(model.Park.of(park, QUARTERS), 5)
    worlds = _Worlds(10_000_000)
    worlds.put(("park", QUARTERS, 5), world)
    again = worlds.get(("park", QUARTERS, 5))
    assert again is not None
    for name, member in world.members().items():
        other = getattr(again, name)
        assert type(other) is type(member) and other.dtype == member.dtype and other.tobytes() == member.tobytes()


def test_packed_worlds_stay_within_their_bytes(park: Scenario) -> None:
    place = model.Park.of(park, QUARTERS)
    worlds = _Worlds(200_000)
    for seed in range(30):
        worlds.put(("park", QUARTERS, seed), model.prepare(place, seed))
        assert worlds._bytes == sum(len(packed) for packed, _ in worlds._packed.values()) <= 200_000
    assert worlds.get(("park", QUARTERS, 0)) is None and worlds.get(("park", QUARTERS, 29)) is not None


def test_columns_are_indicators() -> None:
    assert set(COLUMNS) <= set(INDICATORS) and len(set(COLUMNS)) == len(COLUMNS)


# --- filling ---------------------------------------------------------------------------------------------------------


def test_it_is_paired_and_growing_at_every_moment(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    asked = Asked(park, (strategy,), tuple(range(60, 0, -1)), QUARTERS)
    page = Page(ensembles)
    filling = page.ask(asked)
    seen: list[int] = []
    while not filling.complete:
        runs = filling.runs()
        if runs is not None and len(runs.seeds) > 1:
            seen.append(len(runs.seeds))
            assert [tuple(row) for row in runs.table.index] == [(n, s) for s in runs.seeds for n in sorted(runs.strategies)]
            assert runs.paths.shape == (2 * len(runs.seeds), QUARTERS, len(COLUMNS))
            assert Comparison(runs).difference(strategy.name, "vitality") is not None
        time.sleep(0.005)
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert filling.done == filling.total == 120 and filling.seeds == asked.seeds
    few = filling.runs(most_seeds=10)
    assert few is not None and few.seeds == tuple(range(51, 61))
    assert filling.runs() is filling.runs()


def test_the_first_seeds_come_first_and_a_page_is_told_of_them_at_once(
    ensembles: Ensembles, park: Scenario, strategy: Strategy
) -> None:
    quiet(ensembles)
    page = Page(ensembles)
    page.whole(Asked(park, (strategy,), tuple(range(1, 201)), QUARTERS))
    assert set(page.told[0][2]) >= set(range(1, FIRST_SEEDS + 1)) and len(page.told[0][2]) < 60
    assert page.told[-1][1] == 400
    assert threading.get_ident() not in page.threads
    moments = [moment for moment, _, _ in page.told[1:-1]]
    assert np.diff(moments).min() > 0.08  # ten times a second; the first and the last come when they come


def test_a_strategy_that_is_the_twin_under_another_name_is_run_once(ensembles: Ensembles, park: Scenario) -> None:
    idle = load_strategy("none").model_copy(update={"name": "idle"})
    filling = Page(ensembles).whole(Asked(park, (idle,), (401, 402), QUARTERS))
    runs = filling.runs()
    assert runs is not None and filling.done == filling.total == 4
    assert set(Comparison(runs).beyond_twin("idle", "welfare")) == {0.0}


def test_what_cannot_be_asked_is_refused(park: Scenario, strategy: Strategy) -> None:
    for seeds in ((), (1, 1), (-1, 2)):
        with pytest.raises(ValueError, match="seeds"):
            Asked(park, (strategy,), seeds)
    with pytest.raises(ValueError, match="one name"):
        Asked(park, (strategy, strategy), (1,))
    with pytest.raises(ValueError, match="twin"):
        Asked(park, (strategy.model_copy(update={"name": "none"}),), (1,))


def test_equal_content_is_equal(park: Scenario) -> None:
    one, other = Asked(park, (changed(1),), (1, 2)), Asked(load_park("small_village"), (changed(1),), (1, 2))
    assert one == other and hash(one) == hash(other) and one.fingerprint == other.fingerprint
    for different in (replace(one, seeds=(2, 1)), replace(one, quarters=8), replace(one, drawn=True),
                      replace(one, strategies=(changed(2),))):  # fmt: skip
        assert different != one and different.fingerprint != one.fingerprint


# --- nothing made twice, nothing made in vain ------------------------------------------------------------------------


def test_going_back_makes_no_run(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    here, there = Asked(park, (strategy,), (1, 2, 3), QUARTERS), Asked(park, (changed(77_001),), (1, 2, 3), QUARTERS)
    first = Page(ensembles).whole(here).runs()
    Page(ensembles).whole(there)
    quiet(ensembles)
    before = ensembles.made
    page = Page(ensembles)
    back = page.ask(here)
    assert back.complete  # at once, before anything could be told
    again = back.runs()
    assert first is not None and again is not None
    same(again, first)
    quiet(ensembles)
    assert ensembles.made == before and not page.told


def test_another_strategy_makes_no_twin_again(ensembles: Ensembles, park: Scenario) -> None:
    seeds = tuple(range(501, 513))
    Page(ensembles).whole(Asked(park, (changed(78_001),), seeds, QUARTERS))
    quiet(ensembles)
    before = ensembles.made
    Page(ensembles).whole(Asked(park, (changed(78_002),), seeds, QUARTERS))
    assert ensembles.made - before == len(seeds)


def test_two_sessions_at_once_share_their_runs(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    quiet(ensembles)
    before = ensembles.made
    asked = Asked(park, (strategy,), tuple(range(601, 661)), QUARTERS)
    pages = [Page(ensembles, name) for name in ("one", "two")]
    for page in pages:
        page.ask(asked)
    for page in pages:
        assert page.over.wait(PATIENCE)
    one, two = (page.filling.runs() for page in pages if page.filling is not None)
    same(one, two)
    assert ensembles.made - before == 120


def test_outdated_work_is_dropped(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    quiet(ensembles)
    before = ensembles.made
    old = Page(ensembles)
    old.ask(Asked(park, (strategy,), tuple(range(1001, 2001)), QUARTERS))
    wait_until(lambda: ensembles.made > before)
    new = Page(ensembles)
    new.whole(Asked(park, (changed(79_001),), (1001, 1002, 1003), QUARTERS))
    quiet(ensembles)
    told = len(old.told)
    assert ensembles.made - before < 500  # of the 2000
    time.sleep(0.3)
    assert len(old.told) == told and not old.over.is_set()


def test_work_on_another_subject_is_not_outdated(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    compare, mix = Page(ensembles), Page(ensembles)
    compare.ask(Asked(park, (strategy,), tuple(range(1, 41)), QUARTERS), "compare")
    mix.whole(Asked(park, (changed(80_001),), (1, 2), QUARTERS), "mix")
    assert compare.over.wait(PATIENCE) and compare.filling is not None and compare.filling.complete


def test_dropped_work_that_another_session_waits_for_is_made(
    ensembles: Ensembles, park: Scenario, strategy: Strategy
) -> None:
    asked = Asked(park, (strategy,), tuple(range(1, 61)), QUARTERS)
    leaves, stays = Page(ensembles, "leaves"), Page(ensembles, "stays")
    leaves.ask(asked)
    stays.ask(asked)
    ensembles.forget("leaves")
    assert stays.over.wait(PATIENCE) and stays.filling is not None and stays.filling.complete
    assert not leaves.over.is_set()


def test_who_left_is_forgotten(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    quiet(ensembles)
    before = ensembles.made
    page = Page(ensembles, "gone")
    page.ask(Asked(park, (strategy,), tuple(range(3001, 4001)), QUARTERS))
    wait_until(lambda: ensembles.made > before)
    ensembles.forget("gone")
    quiet(ensembles)
    made = ensembles.made
    time.sleep(0.3)
    assert made == ensembles.made < before + 500
    assert "gone" not in ensembles._sessions and page.filling not in ensembles._bell._hung.values()
    ensembles.forget("never seen")


def test_kept_runs_stay_within_their_bytes(park: Scenario) -> None:
    kept = Kept(1000)
    for number in range(10):
        kept.put(str(number), number, 300)
        kept.get("0")
        assert kept.bytes <= 1000
    assert kept.get("0") == 0 and kept.get("9") == 9 and kept.get("5") is None
    kept.put("9", "larger than all", 5000)
    assert kept.bytes == 0


def test_little_memory_still_fills(park: Scenario) -> None:
    small = Ensembles(lanes=1, memory_mb=0)
    try:
        asked = Asked(park, (changed(1),), (1, 2, 3), 4)
        filling = Page(small).whole(asked)
        assert filling.complete and filling.runs() is not None and small.bytes == 0
    finally:
        small.close()


# --- fair ------------------------------------------------------------------------------------------------------------


def test_a_large_ask_does_not_hold_up_a_small_one(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    large, small = Page(ensembles, "large"), Page(ensembles, "small")
    large.ask(Asked(park, (strategy,), tuple(range(5001, 5401)), QUARTERS))
    wait_until(lambda: len(large.told) > 0)
    small.whole(Asked(park, (changed(81_001),), tuple(range(1, 9)), QUARTERS))
    assert large.filling is not None and large.filling.done < 400
    ensembles.forget("large")


def test_twenty_sessions_all_have_their_picture_before_one_is_complete(ensembles: Ensembles, park: Scenario) -> None:
    quiet(ensembles)
    pages = [Page(ensembles, f"session {number}") for number in range(20)]
    for number, page in enumerate(pages):
        page.ask(Asked(park, (changed(90_000 + number),), tuple(range(1, 41)), 2))
    for page in pages:
        wait_until(lambda page=page: bool(page.told))  # type: ignore[misc]
    first = [page.told[0][0] for page in pages]
    for page in pages:
        assert page.over.wait(PATIENCE)
    assert max(first) < min(page.told[-1][0] for page in pages)


class WithoutLanes(Ensembles):
    """Hands out errands to who asks for them here, and not to lanes: whose turn it is can be seen."""

    def _work(self) -> None:
        pass

    def turns(self, number: int) -> list[tuple[str, bool]]:
        """Take errands: whose each was, and whether it was for a first picture."""
        taken = []
        for k in range(number):
            errand = self._next_errand(k % 2)
            assert errand is not None and errand.job is not None and isinstance(errand.of, Filling)
            owner = next(name for name, session in self._sessions.items() if errand.of in session.fillings.values())
            taken.append((owner, min(seed for seed, _ in errand.job.runs) <= FIRST_SEEDS))
        return taken


def owners_of_first(taken: list[tuple[str, bool]]) -> list[str]:
    return [owner for owner, first in taken if first]


@pytest.mark.parametrize(("a_run", "together"), [(0.01, True), (1.0, False)])
def test_sessions_take_turns_and_a_small_first_picture_is_finished_in_one(park: Scenario, a_run: float, together: bool) -> None:
    ensembles = WithoutLanes(lanes=2)
    for number, session in enumerate("abc"):
        asked = Asked(park, (changed(number),), tuple(range(1, 201)), QUARTERS)
        ensembles._seconds[asked.place.hash] = a_run
        ensembles.ask(session, "mix", asked, lambda: None)
    owners = owners_of_first(ensembles.turns(30))
    changes = sum(one != other for one, other in pairwise(owners))
    assert set(owners) == set("abc")
    assert changes == 2 if together else changes >= len(owners) - 4  # "a" makes the twins for all: others have less to do
    rest = [owner for owner, _ in ensembles.turns(30)]
    assert {rest.count(session) for session in "abc"} <= {9, 10, 11}
    ensembles.close()


def test_who_drags_a_slider_does_not_stop_the_others(park: Scenario) -> None:
    ensembles = WithoutLanes(lanes=2)
    ensembles.ask("waits", "mix", Asked(park, (changed(0),), tuple(range(1, 201)), QUARTERS), lambda: None)
    ensembles.turns(20)
    taken = []
    for number in range(1, 41):
        ensembles.ask("drags", "mix", Asked(park, (changed(number),), tuple(range(1, 9)), QUARTERS), lambda: None)
        taken += ensembles.turns(1)
    assert 8 <= sum(owner == "waits" for owner, _ in taken) <= 12
    ensembles.close()


def test_a_session_cannot_have_too_much_waiting(park: Scenario, strategy: Strategy) -> None:
    small = Ensembles(lanes=1, per_session=100)
    try:
        page = Page(small)
        filling = page.ask(Asked(park, (strategy,), tuple(range(200)), QUARTERS))
        assert filling.failed is not None and filling.failed.values == {"runs": 400, "most": 100} and not page.told
        assert Page(small).ask(Asked(park, (strategy,), tuple(range(20)), QUARTERS)).failed is None
    finally:
        small.close()


# --- what goes wrong -------------------------------------------------------------------------------------------------


def broken_park(park: Scenario) -> Scenario:
    """Return a park that passes every check and cannot be laid out: fewer hectares than its companies need."""
    return park.model_copy(update={"map": "####\\n####", "name": "broken"})


def test_a_run_that_raises_fails_its_ask_with_its_place_and_nobody_elses(
    ensembles: Ensembles, park: Scenario, strategy: Strategy
) -> None:
    good = Page(ensembles, "good")
    good.ask(Asked(park, (strategy,), tuple(range(1, 41)), QUARTERS))
    bad = Page(ensembles, "bad")
    filling = bad.whole(Asked(broken_park(park), (strategy,), (4, 5), QUARTERS))
    assert filling.failed is not None and not filling.complete and filling.runs() is None
    assert filling.failed.values["park"] == "broken" and filling.failed.values["seed"] in (4, 5)
    for language in ("nl", "en"):
        told = filling.failed.in_words(ScreenLanguage(language))
        assert "broken" in told and "Traceback" not in told and ".py" not in told and "/" not in told
    assert good.over.wait(PATIENCE) and good.filling is not None and good.filling.complete


@pytest.mark.parametrize(("cause", "told"), [
    ("OSError: /home/me/x.py: gone", "OSError: ... gone"), ("ValueError: 3 / 4 is right", "ValueError: 3 / 4 is right"),
    ("KeyError: 'C:\\Users\\me\\x'", "KeyError: '...'"), ("first\nTraceback", "first"), ("x" * 999, "x" * 200),
])  # fmt: skip
def test_a_cause_holds_no_path_and_no_traceback(cause: str, told: str) -> None:
    assert safe_cause(cause) == told


def test_a_lane_that_is_killed_is_replaced_and_nobody_notices(
    ensembles: Ensembles, park: Scenario, strategy: Strategy
) -> None:
    pages = [Page(ensembles, name) for name in ("one", "two")]
    seeds = tuple(range(7001, 7151))
    for number, page in enumerate(pages):
        page.ask(Asked(park, (changed(95_000 + number),), seeds, 20))
    wait_until(lambda: len(pages[0].told) > 0)
    killed = ensembles._lanes[0].process
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    for page in pages:
        assert page.over.wait(PATIENCE) and page.filling is not None
        assert page.filling.failed is None and page.filling.complete
    wait_until(lambda: len(ensembles.processes) == 2 and all(lane.ready for lane in ensembles._lanes))
    assert killed not in ensembles.processes
    got = pages[1].filling.runs(most_seeds=5) if pages[1].filling else None
    same(got, kl.compare(park, [changed(95_001)], seeds[:5], workers=1, quarters=20).runs)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sum_of(*numbers: int) -> int:
    return sum(numbers)


def pid() -> int:
    return os.getpid()


def refuse() -> None:
    raise ValueError("/etc/passwd says no")


def test_what_kills_its_lane_twice_fails_and_others_go_on(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    good, told = Page(ensembles, "good"), threading.Event()
    good.ask(Asked(park, (strategy,), tuple(range(1, 31)), QUARTERS))
    pending = ensembles.call("bad", die, tell=told.set)
    assert told.wait(PATIENCE) and pending.failed is not None and pending.failed.key == "ensembles.call_died"
    assert good.over.wait(PATIENCE) and good.filling is not None and good.filling.complete


def test_a_call_that_hangs_is_ended_and_others_go_on() -> None:
    one = Ensembles(lanes=1, longest=5.0)
    try:
        wait_until(lambda: one.ready)
        (process,), told, next_told = one.processes, threading.Event(), threading.Event()
        hangs = one.call("bad", time.sleep, 600, tell=told.set)
        waits = one.call("good", abs, -3, tell=next_told.set)
        assert told.wait(PATIENCE) and hangs.failed is not None and hangs.failed.key == "ensembles.took_too_long"
        assert "5" in hangs.failed.in_words(ScreenLanguage("nl"))
        assert next_told.wait(PATIENCE) and waits.failed is None and waits.result == 3
        assert process not in one.processes
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    finally:
        one.close()


def test_runs_that_take_too_long_fail_their_ask(park: Scenario) -> None:
    one = Ensembles(lanes=1, longest=0.001)
    try:
        page = Page(one)
        page.ask(Asked(park, (changed(1),), tuple(range(1, 9)), 400))
        assert page.over.wait(PATIENCE) and page.filling is not None and page.filling.failed is not None
        assert page.filling.failed.key == "ensembles.took_too_long" and not one._under_way
    finally:
        one.close()


def test_lanes_end_with_the_server() -> None:
    one = Ensembles(lanes=1)
    wait_until(lambda: one.ready)
    (process,) = one.processes
    one.close()
    one.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_after_the_end_nothing_is_taken_on(park: Scenario, strategy: Strategy) -> None:
    one = Ensembles(lanes=1)
    one.close()
    assert one.ask("a", "mix", Asked(park, (strategy,), (1,)), lambda: None).failed is not None
    assert one.call("a", sum_of, 1, tell=lambda: None).failed is not None


# --- single calls ----------------------------------------------------------------------------------------------------


def test_a_call_is_carried_out_in_a_lane_and_kept(ensembles: Ensembles) -> None:
    wait_until(lambda: ensembles.ready)
    told = threading.Event()
    pending = ensembles.call("one", pid, tell=told.set, key="first")
    assert told.wait(PATIENCE) and pending.complete and pending.result in ensembles.processes
    again = ensembles.call("two", pid, tell=told.set, key="first")
    assert again.complete and again.result == pending.result
    told.clear()
    other = ensembles.call("one", sum_of, 1, 2, 3, tell=told.set)
    assert told.wait(PATIENCE) and other.result == 6


def test_a_call_that_raises_says_why_without_paths(ensembles: Ensembles) -> None:
    told = threading.Event()
    pending = ensembles.call("one", refuse, tell=told.set)
    assert told.wait(PATIENCE) and not pending.complete and pending.failed is not None
    assert str(pending.failed).endswith("ValueError: ... says no")


def test_a_newer_call_on_a_subject_drops_the_older(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    told: list[str] = []
    for number in range(30):
        ensembles.call("one", sum_of, number, tell=lambda: told.append("old"), subject="case")
    over = threading.Event()
    ensembles.call("one", sum_of, 1000, tell=over.set, subject="case")
    assert over.wait(PATIENCE) and len(told) < 29


def test_a_failing_listener_stops_nobody(ensembles: Ensembles, park: Scenario, strategy: Strategy) -> None:
    def tell() -> None:
        raise RuntimeError("this page is gone")

    ensembles.ask("gone", "mix", Asked(park, (strategy,), (1, 2, 3), QUARTERS), tell)
    assert Page(ensembles).whole(Asked(park, (changed(96_000),), (1, 2, 3), QUARTERS)).complete


def test_sessions_that_left_leave_nothing(ensembles: Ensembles, park: Scenario) -> None:
    for number in range(20):
        page = Page(ensembles, f"left {number}")
        page.whole(Asked(park, (changed(97_000 + number),), (1, 2), 3))
        ensembles.forget(page.session)
    del page
    gc.collect()
    assert not [name for name in ensembles._sessions if name.startswith("left")]
    assert not [one for one in gc.get_objects() if isinstance(one, Filling) and one.asked.quarters == 3]
