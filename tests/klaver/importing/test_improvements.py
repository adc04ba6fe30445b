"""What would most improve a park file follows from what is missing, how much of the park that is, and what it weighs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from klaver.importing.findings import Findings
from klaver.importing.report import improvements as module
from klaver.importing.report.improvements import Improvement, areas_of, improvements, weights
from klaver.language import ImportLanguage
from sim.inputs.scenario import Scenario, check_scenario, load_park
from tests.klaver.importing.made_up_import import made_up

FIELDS = ("floor", "age", "quality", "fit", "energy", "soil_cost", "owner", "owner_terms", "tenant", "vacancy", "sector",
          "jobs", "floor_needed", "trust", "key_figure", "company_list", "exits")  # fmt: skip
Weigh = Callable[..., None]


@pytest.fixture
def weigh(monkeypatch: pytest.MonkeyPatch) -> Weigh:
    """Let fields weigh what a test says, so that it does not rest on what was measured."""

    def set_weights(*, last: dict[str, float] | None = None, **given: float) -> None:
        def end(table: dict[str, float]) -> dict[str, dict[str, float]]:
            return {"weights": {field: table.get(field, 0.0) for field in FIELDS}, "errors": dict.fromkeys(FIELDS, 0.0)}

        both = {"first": end(given), "last": end(given if last is None else last), "everything": {}}
        monkeypatch.setattr(module, "weights", lambda: both)

    return set_weights


def park(**changes: object) -> Scenario:
    """Return a park of three parcels of 8, 4 and 4 cells, of which nothing is known, with a company on each."""
    names = {"A": "large", "B": "small", "C": "other"}
    content = {
        "name": "three", "cell_m": 10.0, "map": "AAAABB\nAAAABB\n#####E\nCCCC..",
        "legend": {sign: {"kind": "parcel", "name": name} for sign, name in names.items()},
        "parcels": [{"name": name} for name in names.values()],
        "companies": [{"name": f"firm {name}", "parcel": name, "tenant": "unknown"} for name in names.values()],
    }  # fmt: skip
    return check_scenario(content | changes, "three")


def gains(scenario: Scenario, **parts: object) -> dict[str, float]:
    found = improvements(scenario, parts.get("layers"), parts.get("matches"), parts.get("findings", Findings()),  # type: ignore[arg-type]
                         areas=parts.get("areas"))  # type: ignore[arg-type]  # fmt: skip
    return {one.key: one.gain for one in found}


def test_the_gain_of_a_field_is_its_weight_times_the_share_of_the_area_that_misses_it(weigh: Weigh) -> None:
    weigh(floor=0.4)
    assert gains(park()) == {"floor": pytest.approx(0.4)}
    one = park(parcels=[{"name": "large", "floor": 100.0}, {"name": "small"}, {"name": "other"}])
    assert gains(one) == {"floor": pytest.approx(0.4 * 0.5)}
    all_known = park(parcels=[{"name": name, "floor": 100.0} for name in ("large", "small", "other")])
    assert gains(all_known) == {}


def test_an_assumed_value_counts_for_half(weigh: Weigh) -> None:
    weigh(floor=0.4)
    rows = [{"name": name, "floor": 100.0, "assumed": ["floor"]} for name in ("large", "small", "other")]
    assert gains(park(parcels=rows)) == {"floor": pytest.approx(0.2)}


def test_a_field_of_companies_counts_by_jobs(weigh: Weigh) -> None:
    weigh(sector=0.5)
    rows = [{"name": "a", "parcel": "large", "jobs": 90.0},
            {"name": "b", "parcel": "small", "jobs": 5.0, "sector": "logistics"},
            {"name": "c", "parcel": "other", "jobs": 5.0, "sector": "logistics"}]  # fmt: skip
    assert gains(park(companies=rows)) == {"sector": pytest.approx(0.5 * 0.9)}


def test_the_order_follows_the_weights(weigh: Weigh) -> None:
    weigh(floor=0.1, energy=0.3, trust=0.2)
    assert list(gains(park())) == ["energy", "trust", "floor"]
    weigh(floor=0.3, energy=0.1, trust=0.2)
    assert list(gains(park())) == ["floor", "trust", "energy"]


def test_a_field_that_hardly_misses_ranks_below_a_lighter_one_that_misses_everywhere(weigh: Weigh) -> None:
    weigh(floor=0.3, energy=0.2)
    mostly = [{"name": "large", "floor": 1.0}, {"name": "small", "floor": 1.0}, {"name": "other"}]
    assert list(gains(park(parcels=mostly))) == ["energy", "floor"]


def test_without_companies_their_list_is_asked_for_and_not_each_of_their_fields(weigh: Weigh) -> None:
    weigh(company_list=0.5, sector=0.3, jobs=0.3, vacancy=0.3)
    assert gains(park(companies=[])) == {"company_list": pytest.approx(0.5)}


def test_a_company_without_parcel_and_one_in_doubt_compete_with_the_fields(weigh: Weigh) -> None:
    weigh(company_list=0.6)
    made = made_up()
    made.layers.companies["jobs"] = 10.0
    n = len(made.layers.companies)
    found = gains(made.scenario, layers=made.layers, matches=made.matches)
    assert found["unmatched"] == pytest.approx(0.6 / n)
    assert found["doubtful"] == pytest.approx(0.6 * (1.0 - 0.4) / n)


def test_who_looks_for_a_site_or_stands_in_the_list_twice_is_no_company_without_parcel(weigh: Weigh) -> None:
    weigh(company_list=0.6)
    made = made_up()
    made.matches.loc[made.matches.index[-1], "how"] = "double"
    assert "unmatched" not in gains(made.scenario, layers=made.layers, matches=made.matches)
    made = made_up()
    made.layers.companies["outside"] = [False] * (len(made.layers.companies) - 1) + [True]
    assert "unmatched" not in gains(made.scenario, layers=made.layers, matches=made.matches)


def test_roads_and_exits_are_asked_for_only_where_no_layer_has_them(weigh: Weigh) -> None:
    weigh(exits=0.2)
    made = made_up()
    assert {"roads", "exits"} <= set(gains(made.scenario, layers=made.layers))
    with_layers = replace(made.layers, roads=made.layers.parcels, exits=made.layers.parcels)
    assert not {"roads", "exits"} & set(gains(made.scenario, layers=with_layers))


def test_a_parcel_of_the_file_that_is_not_in_the_park_counts_by_its_area(weigh: Weigh) -> None:
    weigh()
    made = made_up()
    extra = made.layers.parcels.iloc[[0]].assign(name="lost")
    made.layers.parcels = pd.concat([made.layers.parcels, extra], ignore_index=True)
    made.findings.add("left_out", "check.nothing", what="lost")
    expected = float(extra.area.sum() / made.layers.parcels.area.sum())
    assert gains(made.scenario, layers=made.layers, findings=made.findings)["lost_parcels"] == pytest.approx(expected)


def test_areas_that_are_off_count_where_floor_is_drawn_for_them(weigh: Weigh) -> None:
    weigh(floor=0.4)
    areas = pd.DataFrame({"in_file": [800.0, 400.0, 400.0], "on_grid": [880.0, 440.0, 440.0], "error": [0.1] * 3},
                         index=["large", "small", "other"])  # fmt: skip
    assert gains(park(), areas=areas)["cells"] == pytest.approx(0.4 * (0.1 / 0.35) ** 2)
    known = park(parcels=[{"name": name, "floor": 100.0} for name in ("large", "small", "other")])
    assert "cells" not in gains(known, areas=areas)


def test_at_most_ten_come_back_and_none_without_a_gain(weigh: Weigh) -> None:
    weigh(**{field: 0.1 + 0.01 * k for k, field in enumerate(FIELDS)})
    found = improvements(park(), None, None, Findings())
    assert len(found) == 10
    assert [one.gain for one in found] == sorted((one.gain for one in found), reverse=True)
    weigh()
    assert improvements(park(), None, None, Findings()) == []


def test_a_file_that_was_read_is_named_and_else_its_role(weigh: Weigh) -> None:
    weigh(floor=0.4)
    made = made_up()
    found = {one.key: one for one in improvements(made.scenario, made.layers, None, Findings())}
    assert found["floor"].files == ("buildings", "kavels.gpkg")
    assert found["roads"].files == ("roads",)


def test_areas_are_those_of_the_map_and_of_a_generated_park() -> None:
    assert areas_of(park()) == {"large": 800.0, "small": 400.0, "other": 400.0}
    typical = load_park("typical")
    plan = typical.plan()
    assert sum(areas_of(typical).values()) == pytest.approx(np.count_nonzero(plan.parcel_of >= 0) * plan.cell_m**2)


def test_what_a_field_adds_falls_as_others_become_known(weigh: Weigh) -> None:
    weigh(floor=0.6, floor_needed=0.5, last={"floor": 0.1, "floor_needed": 0.05})
    assert gains(park())["floor_needed"] == pytest.approx(0.5)
    half = park(parcels=[{"name": "large", "floor": 100.0}, {"name": "small"}, {"name": "other"}])
    assert gains(half)["floor_needed"] == pytest.approx(0.5 * 0.5 + 0.5 * 0.05)
    all_floor = park(parcels=[{"name": name, "floor": 100.0} for name in ("large", "small", "other")])
    assert gains(all_floor)["floor_needed"] == pytest.approx(0.05)


def test_the_weights_were_measured_and_cover_every_field() -> None:
    known = weights()
    for end in ("first", "last"):
        assert set(known[end]["weights"]) == set(known[end]["errors"]) == set(FIELDS)
        assert all(0.0 <= weight <= 1.5 for weight in known[end]["weights"].values())
        assert known[end]["command"].startswith("uv run python -m benchmarks.field_weights")
    assert set(known["everything"]) == {"vitality", "vitality_gain", "net_private_gain"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_improvement_says_what_and_where(language: str) -> None:
    say = ImportLanguage(language)
    keys = {key.rpartition("get_")[2] for key in say._texts if key.startswith("check.get_")}
    assert keys == {key.rpartition("where_")[2] for key in say._texts if key.startswith("check.where_")}
    made = made_up()
    everything = improvements(made.scenario, made.layers, made.matches, made.findings, areas=made.grid.areas, most=99)
    assert {one.key for one in everything} <= keys
    assert {"company_list", "lost_parcels", "quality"} <= keys


def test_a_judged_weight_says_so() -> None:
    judged = Improvement("roads", {"n": 1, "all": 1, "assumed": 0, "share": 1.0}, 0.05, float("nan"), ("roads",), "park")
    assert judged.judged and not replace(judged, error=0.0).judged
