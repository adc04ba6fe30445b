"""What is on a session's desk: undo and redo, strategies of one's own, and the way through plain values and back."""

import pytest

from klaver.dashboard import desk, session_file
from klaver.dashboard.desk import Desk, Game, changed, first_setting, from_plain, plain
from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.dashboard.sketch import as_drawn
from sim.inputs.problems import InvalidFile

MIX = {"regisseren": 0.4, "aanjagen": 0.3, "verbinden": 0.2, "ontzorgen": 0.1}


@pytest.fixture
def slow(monkeypatch):
    """Let as much time pass between two changes as it takes for each to be a step."""
    now = [0.0]

    def later():
        now[0] += 10.0
        return now[0]

    monkeypatch.setattr(desk.time, "monotonic", later)


def test_undo_goes_back_step_by_step_and_redo_on_again(slow):
    table = Desk(first_setting())
    table.change(seeds=50)
    table.change(seeds=100)
    assert table.setting.seeds == 100 and not table.can_redo
    table.undo()
    assert table.setting.seeds == 50
    table.undo()
    assert table.setting.seeds == 200 and not table.can_undo
    table.undo()
    table.redo()
    assert table.setting.seeds == 50 and table.can_redo


def test_a_change_after_undo_leaves_what_was_undone(slow):
    table = Desk(first_setting())
    table.change(seeds=50)
    table.undo()
    table.change(seed=7)
    assert not table.can_redo
    table.undo()
    assert table.setting == first_setting()


def test_a_slider_being_dragged_is_one_step():
    table = Desk(first_setting())
    for share in (0.5, 0.6, 0.7):
        rest = (1 - share) / 3
        table.change(strategy=changed(table.setting.strategy, roles={"regisseren": share, "aanjagen": rest, "verbinden": rest,
                                                                     "ontzorgen": rest}))  # fmt: skip
    assert table.setting.strategy.roles.regisseren == 0.7
    table.undo()
    assert table.setting.strategy is shipped_strategy("demand_driven")


def test_changes_of_another_kind_are_steps_of_their_own():
    table = Desk(first_setting())
    table.change(seeds=50)
    table.change(seed=3)
    table.undo()
    assert (table.setting.seeds, table.setting.seed) == (50, 1)


def test_every_change_is_told():
    told = []
    table = Desk(first_setting(), lambda: told.append(1))
    table.change(seeds=50)
    table.undo()
    table.undo()
    assert len(told) == 2, "a step back that there is not is no change"


def test_a_changed_strategy_is_the_users_own_and_a_shipped_one_stays_shipped():
    own = changed(shipped_strategy("demand_driven"), roles=MIX)
    assert own.name == "own" and own.title.nl and own.title.en and own.title.nl != own.title.en
    assert own.principles == shipped_strategy("demand_driven").principles
    assert changed(own, money={"instrument": "loan"}).name == "own"


def test_a_strategy_that_was_set_aside_and_is_changed_again_is_not_called_as_what_was_set_aside():
    aside = changed(shipped_strategy("demand_driven"), name="own_1", roles=MIX)
    assert aside.name == "own_1"
    assert changed(aside, money={"instrument": "loan"}).name == "own"


def test_doing_nothing_extra_becomes_something_when_its_mix_is_changed():
    assert changed(shipped_strategy("none"), roles=MIX).approach == "demand_driven"


def test_what_cannot_be_is_refused_and_changes_nothing():
    with pytest.raises(InvalidFile):
        changed(shipped_strategy("demand_driven"), roles={"regisseren": 2.0})


@pytest.mark.parametrize("own_park", [False, True])
def test_a_setting_comes_back_from_plain_values_from_a_file_and_from_a_link(own_park):
    own = changed(shipped_strategy("supply_driven"), roles=MIX)
    start = first_setting()
    setting = desk.replace(
        start, strategy=own, reference=shipped_strategy("supply_driven"), seeds=50, seed=9, quarters=40, drawn=True,
        pinned=(own, shipped_strategy("adaptive")), game=Game(({"mix": [0.25, 0.25, 0.25, 0.25], "refused": [3]},)),
        park=as_drawn(shipped_park("small_village")) if own_park else start.park, predictions={"vitality": "up"},
        answers={"duties": 0.3},
    )  # fmt: skip
    state = plain(setting)
    assert from_plain(state) == setting
    assert from_plain(session_file.from_json(session_file.to_json(state))) == setting
    link = session_file.to_link(state)
    if link is not None:
        found, warning = session_file.from_link(link)
        assert from_plain(found) == setting and warning is None


def test_a_shipped_park_and_strategy_come_back_as_the_same_objects():
    setting = from_plain(plain(first_setting()))
    assert setting.park is shipped_park("rollepaal") and setting.strategy is shipped_strategy("demand_driven")


def test_strategies_to_compare_are_distinct():
    setting = desk.replace(first_setting(), pinned=(shipped_strategy("demand_driven"), shipped_strategy("adaptive")))
    assert [strategy.name for strategy in setting.compared] == ["demand_driven", "adaptive"]
