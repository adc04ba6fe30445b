"""What a user writes: read, checked, and answered in whole sentences."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.inputs.parameters import BY_NAME, PARAMETERS
from sim.inputs.problems import InputProblem, InvalidFile, UnknownName, UnreadableFile
from sim.inputs.scenario import Scenario, check_scenario, list_parks, load_park
from sim.inputs.strategy import Strategy, check_strategy, list_strategies, load_strategy
from sim.records import ROLES


def told(table: dict, kind: str = "park") -> list[str]:
    with pytest.raises(InvalidFile) as problem:
        if kind == "park":
            check_scenario(table, "mine.toml").plan()
        else:
            check_strategy(table, "mine.toml")
    return problem.value.problems


@pytest.mark.parametrize("name", list_parks())
def test_every_shipped_park_loads_and_comes_back_from_its_own_description(name):
    park = load_park(name)
    assert Scenario.from_resolved(park.resolved()) == park
    assert park.title.nl and park.title.en and park.description.nl and park.description.en
    assert len(park.plan().parcels) > 10


@pytest.mark.parametrize("name", list_strategies())
def test_every_shipped_strategy_loads_and_comes_back_from_its_own_description(name):
    strategy = load_strategy(name)
    assert Strategy.from_resolved(strategy.resolved()) == strategy
    assert strategy.title.nl and strategy.title.en
    record = strategy.record(load_park("typical"), 27.0)[0]
    assert record.mix.sum(axis=1) == pytest.approx([1.0] * 4)


def test_strategies_are_compared_at_equal_means():
    rows = [load_strategy(name).record(load_park("typical"), 27.0)[0] for name in list_strategies() if name != "none"]
    assert {(row.fte, row.budget, row.max_public_share, row.private_ratio, row.mandate) for row in rows} == {
        (1.0, 270_000.0, 0.5, 2.0, 100_000.0)}


def test_every_parameter_lies_within_its_range_and_says_where_it_comes_from():
    for parameter in PARAMETERS:
        assert parameter.low <= parameter.default <= parameter.high, parameter.name
        assert parameter.mark in ("S", "C", "R", "J")
        assert parameter.source and parameter.meaning and parameter.unit
    assert len(BY_NAME) == len(PARAMETERS)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"founding": {"vacancy": -0.2}}, "mine.toml: founding.vacancy is -0.2; it must be at least 0."),
        ({"firms": "many"}, "mine.toml: firms is 'many'; it must be a whole number."),
        ({"gros_ha": 3}, "mine.toml: gros_ha is not a known key. Did you mean 'gross_ha'?"),
        ({"motorway": "nearby"}, "mine.toml: motorway is 'nearby'; it must be one of 'near', 'middle', 'far'. "
                                 "Did you mean 'near'?"),
        ({"parameters": {"betta": 0.1}}, "mine.toml: parameters .betta is not a known parameter. Did you mean 'beta'?"),
        ({"parameters": {"beta": 9.0}}, "mine.toml: parameters .beta is 9.0; it lies between 0.01 and 0.5 per yr."),
        ({"founding": {"sector_shares": {"construction": 0.5}}},
         "mine.toml: founding.sector_shares sum to 0.5; shares must sum to 1."),
    ],
)
def test_a_wrong_value_is_told_with_file_key_value_and_what_is_allowed(table, message):
    assert told(table) == [message]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"roles": {"verbinden": -0.2, "regisseren": 0.7}},
         "mine.toml: roles.verbinden is -0.2; it must be at least 0."),
        ({"roles": {"verbinden": 0.9}}, "mine.toml: roles sum to 1.65; the shares of the four roles must sum to 1."),
        ({"steps": {"picture": {"verbindn": 1.0}}},
         "mine.toml: steps.picture.verbindn is not a known key. Did you mean 'verbinden'?"),
        ({"approach": "demand"}, "mine.toml: approach is 'demand'; it must be one of 'none', 'supply_driven', "
                                 "'demand_driven'."),
        ({"organisation": {"fte": math.nan}}, "mine.toml: organisation.fte is nan; it must be at most 50."),
    ],
)
def test_a_wrong_strategy_is_told_the_same_way(table, message):
    assert told(table, "strategy")[0].startswith(message[:60])


def test_all_problems_of_a_file_are_told_at_once():
    assert len(told({"firms": 1, "cell_m": "x", "nonsense": 1})) == 3


MAP = "E##\nAAB"


def drawn(**more: object) -> dict:
    legend = {"A": {"kind": "parcel", "name": "a"}, "B": {"kind": "parcel", "name": "b"}}
    return {"map": MAP, "legend": legend} | more


@pytest.mark.parametrize(
    ("table", "part"),
    [
        (drawn(companies=[{"name": "x", "parcel": "c"}]), "'x' stands on parcel 'c', which is not on the map"),
        (drawn(companies=[{"name": "x", "parcel": "a"}, {"name": "y", "parcel": "a"}]), "stand on the same parcel 'a'"),
        (drawn(parcels=[{"name": "q"}]), "parcels: 'q' is not on the map"),
        (drawn(parcels=[{"name": "a", "owner": "nobody"}]), "the owner of 'a' is 'nobody', who is not among"),
        (drawn(parcels=[{"name": "a", "vacant_quarters": 3}], companies=[{"name": "x", "parcel": "a"}]),
         "'a' is vacant and has company 'x'"),
        (drawn(map="E##\nA?B"), "'?' is not in the legend"),
        (drawn(map="E#\nAAB"), "row 2"),
        ({"companies": [{"name": "x"}]}, "there is no map"),
    ],
)
def test_a_drawing_and_its_tables_must_fit(table, part):
    assert any(part in line for line in told(table)), told(table)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownName, match="There is no park 'rolepaal'. Did you mean 'rollepaal'"):
        load_park("rolepaal")
    with pytest.raises(UnknownName, match="Did you mean 'verbinden'"):
        load_strategy("verbindn")


def test_a_base_may_not_go_round_in_a_circle_nor_be_missing(tmp_path):
    (tmp_path / "a.toml").write_text('based_on = "b"\n')
    (tmp_path / "b.toml").write_text('based_on = "a"\n')
    with pytest.raises(InputProblem, match="circle: a -> b -> a"):
        load_park(str(tmp_path / "a.toml"))
    (tmp_path / "c.toml").write_text('based_on = "typicl"\n')
    with pytest.raises(InputProblem, match="Did you mean 'typical'"):
        load_park(str(tmp_path / "c.toml"))


def test_a_file_states_only_what_differs_from_its_base(tmp_path):
    (tmp_path / "mine.toml").write_text('based_on = "typical"\nfirms = 50\n[founding]\nvacancy = 0.2\n')
    park = load_park(str(tmp_path / "mine.toml"))
    assert (park.firms, park.founding.vacancy, park.founding.outdated) == (50, 0.2, 0.30)


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"a = [", "not valid TOML"), (b"\xff\xfe", "not UTF-8 text"), (b"x = 1\nx = 2", "not valid TOML"),
     (b"a = " + b"[" * 5000, "nested too deeply")],
)
def test_a_file_that_is_no_toml_is_told_plainly(tmp_path, content, part):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises((UnreadableFile, InvalidFile), match=part):
        load_park(str(path))


def test_a_huge_file_and_a_folder_are_refused(tmp_path):
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * 5_000_001)
    with pytest.raises(UnreadableFile, match="larger than 5 MB"):
        load_park(str(path))
    with pytest.raises(InputProblem):
        load_park(str(tmp_path))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)
PARK_KEYS = st.sampled_from([field.alias or name for name, field in Scenario.model_fields.items()]) | st.text(max_size=6)
STRATEGY_KEYS = st.sampled_from(list(Strategy.model_fields)) | st.text(max_size=6)
HARD = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@HARD
@given(st.dictionaries(PARK_KEYS, VALUES, max_size=4))
def test_no_park_however_strange_gives_anything_but_a_clear_problem(table):
    try:
        check_scenario(table, "mine.toml").plan()
    except InputProblem as problem:
        assert all(line.strip() and "\n" not in line for line in problem.problems)
        assert "pydantic" not in str(problem)


@HARD
@given(st.dictionaries(STRATEGY_KEYS, VALUES, max_size=4))
def test_no_strategy_however_strange_gives_anything_but_a_clear_problem(table):
    try:
        check_strategy(table, "mine.toml").record(load_park("typical"), 27.0)
    except InputProblem as problem:
        assert all(line.strip() and "\n" not in line for line in problem.problems)


@HARD
@given(st.sampled_from(ROLES), st.floats(allow_nan=True, allow_infinity=True))
def test_shares_of_roles_are_never_corrected_in_silence(role, share):
    try:
        strategy = check_strategy({"roles": {role: share}}, "mine.toml")
    except InputProblem:
        return
    assert sum(strategy.roles.shares()) == pytest.approx(1.0)


@HARD
@given(st.text(max_size=40))
def test_a_name_is_a_name_or_a_clear_problem(name):
    try:
        load_park(name)
    except InputProblem as problem:
        assert str(problem)
