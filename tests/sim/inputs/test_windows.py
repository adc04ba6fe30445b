"""Subsidy windows with an opening and a closing date, in a park file."""

from __future__ import annotations

import pytest

from sim import model
from sim.inputs.problems import InvalidFile
from sim.inputs.scenario import check_scenario, load_park
from sim.rules import environment


def test_a_dated_window_is_open_from_its_first_quarter_to_its_last():
    content = load_park("small_village").resolved() | {"windows": [{"opens": 4, "closes": 6, "share": 0.3}]}
    scenario = check_scenario(content, "mine.toml")
    parameters = scenario.parameters()
    world = model.prepare(model.Park("mine", scenario.plan(), 12, parameters), 1)
    world.environment[0].window_until = -1
    found = []
    for quarter in range(3, 8):
        world.clock[0].quarter = quarter
        found.append(float(environment.open_share(world)))
    assert found == [0.0, 0.3, 0.3, 0.0, 0.0]


def test_a_window_that_closes_before_it_opens_is_refused():
    content = load_park("small_village").resolved() | {"windows": [{"opens": 6, "closes": 4}]}
    with pytest.raises(InvalidFile, match=r"windows\[1\] closes in quarter 4, not after it opens \(6\)"):
        check_scenario(content, "mine.toml")
