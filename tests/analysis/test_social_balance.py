"""The social balance line by line."""

from __future__ import annotations

import pytest

from analysis.social_balance import LINES, WELFARE_LINES, balance_table, low_and_high
from sim.inputs.parameters import BY_NAME, default_parameters


def test_a_line_at_its_low_and_high_unit_value():
    co2 = BY_NAME["co2_price"]
    low, high = low_and_high("energy", 300.0)
    assert (low, high) == pytest.approx((300.0 * co2.low / co2.default, 300.0 * co2.high / co2.default))
    assert low_and_high("firms", 7.0) == (7.0, 7.0)
    below, above = low_and_high("energy", -300.0)
    assert below < -300.0 < above


def test_the_table_adds_up_weighs_and_leaves_land_out():
    with_ = {line: 10.0 for line in WELFARE_LINES} | {"welfare_jobs": 110.0}
    without = dict.fromkeys(WELFARE_LINES, 10.0)
    table = balance_table(with_, without, {"jobs": 2.0}, default_parameters()[0], land_traded=5_000.0)
    assert table.loc["jobs", "euros"] == 100.0 and table.loc["jobs", "weighted"] == 200.0
    assert table.loc["land", "euros"] == 0.0 and table.loc["land", "memo"] == 5_000.0
    assert table.loc["total", "euros"] == 100.0 and table.loc["total", "weighted"] == 200.0
    assert list(table.index) == [*LINES, "total"]


def test_every_line_that_rests_on_a_unit_value_says_where_it_comes_from():
    for line, source in LINES.items():
        if source.parameter is not None:
            assert BY_NAME[source.parameter].low < BY_NAME[source.parameter].high, line
