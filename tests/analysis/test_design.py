"""Experiments: files read and refused in whole sentences, designs with the properties that their names promise, variants."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.design import KEYS, Design, Factor, make_points, resolution_of, two_levels
from analysis.experiment_file import (
    Experiment,
    check_experiment,
    experiment_of,
    list_experiments,
    load_experiment,
    principle_strategies,
)
from analysis.principles import combination_names, signs
from analysis.variants import Point, factor_names, set_shares, vary_park, vary_strategy
from sim.inputs.parameters import BY_NAME
from sim.inputs.problems import InputProblem, InvalidFile, UnknownName, UnreadableFile
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import Strategy, load_strategy
from sim.records import ROLES, SECTORS

SMALL = {"parks": ["small_village"], "strategies": ["demand_driven"], "seeds": 2}


def read(**more: object) -> Experiment:
    return check_experiment(SMALL | more, "mine.toml")


def told(**more: object) -> list[str]:
    with pytest.raises(InvalidFile) as problem:
        read(**more)
    return problem.value.problems


def ranges(n: int) -> list[Factor]:
    return [Factor(name=f"factor {k}", low=0.0, high=1.0) for k in range(n)]


def matrix(points: list[Point]) -> np.ndarray:
    return np.array([list(point.values.values()) for point in points], float)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_experiments())
def test_every_shipped_experiment_loads_and_comes_back_from_its_own_description(name):
    experiment = load_experiment(name)
    stored = json.loads(json.dumps(experiment.resolved(), sort_keys=True))
    again = Experiment.from_resolved(stored)
    assert again == experiment
    assert again.content_hash() == experiment.content_hash()
    assert again.points() == experiment.points()
    assert experiment.name == name
    assert all((experiment.title.nl, experiment.title.en, experiment.question.nl, experiment.question.en))
    assert experiment.size().runs < 20_000


def test_the_shipped_experiments_show_every_kind_of_design():
    assert {load_experiment(name).design.kind for name in list_experiments()} == set(KEYS)


BETA = "parameters.beta"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parks": ["rolepaal"]},
         "mine.toml: parks[1] is 'rolepaal'. There is no park 'rolepaal'. Did you mean 'rollepaal'? Shipped are: healthy, "
         "outdated_large, rollepaal, small_village, typical, vacant_core. A file of your own is named with its path."),
        ({"parks": []}, "mine.toml: parks is []; it must be a list of names or files, or 'all'."),
        ({"parks": ["typical", "typical"]},
         "mine.toml: parks[2] is called 'typical', like an earlier one; names must differ."),
        ({"parks": [3]}, "mine.toml: parks[1] is 3; it must be the name or the path of a file."),
        ({"parks": [{"firms": 1}]}, "mine.toml: parks[1]: firms is 1; it must be at least 2."),
        ({"strategies": [{"name": "none"}]},
         "mine.toml: strategies: 'none' is the name of the twin, whose approach is 'none'; give yours another name."),
        ({"reference": "suply_driven", "strategies": ["supply_driven"]},
         "mine.toml: reference is 'suply_driven'; it must be one of the strategies, or 'none'. "
         "Did you mean 'supply_driven'?"),
        ({"seeds": 0}, "mine.toml: seeds is 0; it must be a whole number from 1 to 1000000."),
        ({"seeds": True}, "mine.toml: seeds is true; it must be a number of seeds, a list of seeds, or a table with first "
                          "and count."),
        ({"seeds": [1, 2, 2]}, "mine.toml: seeds holds 2 more than once; each run counts once."),
        ({"seeds": [-1]}, "mine.toml: seeds holds -1; a seed is a whole number from 0 to 4294967296."),
        ({"seeds": {"first": 1, "cont": 3}}, "mine.toml: seeds.cont is not a known key. Did you mean 'count'?"),
        ({"quartrs": 8}, "mine.toml: quartrs is not a known key. Did you mean 'quarters'?"),
        ({"quarters": 401}, "mine.toml: quarters is 401; it must be at most 400."),
        ({"factors": {BETA: [0.2, 9.0]}},
         "mine.toml: factors.parameters.beta is 9.0; it lies between 0.01 and 0.5 per yr."),
        ({"factors": {"parameters.betta": [0.2]}},
         "mine.toml: factors.parameters.betta is not a factor. Did you mean 'parameters.beta'?"),
        ({"factors": {"beta": [0.2]}}, "mine.toml: factors.beta is not a factor. Did you mean 'parameters.beta'?"),
        ({"factors": {"park.founding": [1]}},
         "mine.toml: factors.park.founding is a table; name one of its keys, such as 'park.founding.vacancy'."),
        ({"factors": {"park.map": ["x"]}},
         "mine.toml: factors.park.map is a drawing; another map is another park: list it under parks."),
        ({"factors": {"park.windows": [1]}}, "mine.toml: factors.park.windows is no single value, so it cannot be a factor."),
        ({"factors": {BETA: {"low": 0.1, "hihg": 0.2}}},
         "mine.toml: factors.parameters.beta.hihg is not a known key. Did you mean 'high'?"),
        ({"factors": {BETA: 0.2}},
         "mine.toml: factors.parameters.beta is 0.2; it must be a list of levels, or a table with low and high."),
        ({"factors": {BETA: []}}, "mine.toml: factors.parameters.beta has an empty list of levels; give at least one."),
        ({"factors": {BETA: [0.2, 0.2]}}, "mine.toml: factors.parameters.beta has the level 0.2 twice."),
        ({"factors": {BETA: {"low": 0.3, "high": 0.2}}},
         "mine.toml: factors.parameters.beta has low 0.3, which is not below high 0.2."),
        ({"factors": {"park.founding.vacancy": [-0.2]}},
         "mine.toml: factors.park.founding.vacancy is -0.2; it must be at least 0."),
        ({"factors": {"park.motorway": ["near", "nearby"]}},
         "mine.toml: factors.park.motorway is 'nearby'; it must be one of 'near', 'middle', 'far'. Did you mean 'near'?"),
        ({"factors": {"park.firms": [10_000]}},
         "mine.toml: factors.park.firms is 10000, which does not fit small_village: 10000 firms on 8 ha leave less than "
         "two cells of 20 m a plot; set cell_m to 1 or less"),
        ({"factors": {"strategy.organisation.fte": ["two"]}},
         "mine.toml: factors.strategy.organisation.fte is 'two'; it must be a number."),
        ({"factors": {"strategy.roles": [{"verbindn": 0.5}]}},
         "mine.toml: factors.strategy.roles.verbindn is not a known key. Did you mean 'verbinden'?"),
        ({"factors": {"strategy.roles": [{"verbinden": 0.7, "aanjagen": 0.4}]}},
         "mine.toml: factors.strategy.roles sum to 1.1; the shares of the four roles must sum to 1."),
        ({"factors": {"strategy.roles.verbinden": [0.2, 0.7], "strategy.roles.aanjagen": [0.2, 0.4]}},
         "mine.toml: factors strategy.roles.verbinden and strategy.roles.aanjagen sum to 1.1 at point 3; shares must sum "
         "to 1 at most."),
        ({"factors": {f"strategy.roles.{role}": [0.2] for role in ROLES}},
         "mine.toml: factors strategy.roles.regisseren and strategy.roles.aanjagen and strategy.roles.verbinden and "
         "strategy.roles.ontzorgen sum to 0.8 at point 0; shares must sum to 1."),
        ({"strategies": ["none"], "factors": {"strategy.organisation.fte": [1.0]}},
         "mine.toml: factors.strategy.organisation.fte does nothing: every strategy here has approach 'none'."),
        ({"factors": {BETA: {"low": 0.1, "high": 0.2}}},
         "mine.toml: factors.parameters.beta is a range; a design of kind 'factorial' needs levels. Give a list, or choose "
         "kind 'sobol' or 'latin_hypercube'."),
        ({"design": {"kind": "sobol", "samples": 8}, "factors": {"park.firms": {"low": 20, "high": 30}}},
         "mine.toml: factors.park.firms takes whole numbers only; add integer = true."),
        ({"design": {"kind": "sobl"}},
         "mine.toml: design.kind is 'sobl'; it must be one of 'factorial', 'fractional', 'latin_hypercube', 'sobol', "
         "'principles', 'list'. Did you mean 'sobol'?"),
        ({"design": {"kind": "sobol"}}, "mine.toml: design of kind 'sobol' needs samples, the number of points."),
        ({"design": {"samples": 4}},
         "mine.toml: design has samples, which does not go with kind 'factorial'; it has no further keys."),
        ({"design": {"kind": "sobol", "samples": 8}}, "mine.toml: design.kind is 'sobol', and there are no factors."),
        ({"design": {"kind": "latin_hypercube", "samples": 10, "strength": 2},
          "factors": {BETA: [0.1, 0.2], "parameters.chi": [0.1, 0.2]}},
         "mine.toml: design.samples is 10; with strength 2 it must be the square of a prime number, and more than 1 for 2 "
         "factors."),
        ({"design": {"kind": "fractional", "generators": "a b"}, "factors": {BETA: [0.1, 0.2], "parameters.chi": [0.1]}},
         "mine.toml: factors.parameters.chi has 1 levels; a fractional design needs two."),
        ({"design": {"kind": "fractional", "generators": "a -a"},
          "factors": {BETA: [0.1, 0.2], "parameters.chi": [0.1, 0.2]}},
         "mine.toml: design cannot be made: Main factors are confounded with each other."),
        ({"design": {"kind": "principles"}, "factors": {"strategy.principles.exit": [True]}},
         "mine.toml: factors.strategy.principles.exit is one of the six principles, which this design varies itself."),
        ({"design": {"kind": "list"}}, "mine.toml: design.kind is 'list', and there are no points; write them as [[points]]."),
        ({"points": [{BETA: 0.2}]}, "mine.toml: points go with kind 'list', and design.kind is 'factorial'."),
        ({"design": {"kind": "list"}, "points": [{BETA: 0.2}, {"parameters": {"beta": 7.0}}]},
         "mine.toml: points[2].parameters.beta is 7.0; it lies between 0.01 and 0.5 per yr."),
        ({"indicators": {"keep": ["vitalty"]}},
         "mine.toml: indicators.keep[1] is 'vitalty', which is no indicator. Did you mean 'vitality'?"),
        ({"indicators": {"keep": ["vitality"], "every": 9}, "quarters": 8},
         "mine.toml: indicators.every is 9, and a run has 8 quarters."),
        ({"factors": {f"parameters.{name}": [k / 100 for k in range(1, 21)]
                      for name in ("taste", "ask_mean", "match_error", "stance_rate")}},
         "mine.toml: the design has 160,000 points; at most 100,000. Take fewer levels, or a design of kind 'fractional', "
         "'sobol' or 'latin_hypercube'."),
        ({"seeds": 1_000_000, "factors": {BETA: [0.1 + k / 100 for k in range(10)]}},
         "mine.toml: the experiment has 20,000,000 runs; at most 10,000,000. Take fewer seeds, points, parks or strategies."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_key_value_and_what_is_allowed(change, message):
    assert told(**change) == [message]


def test_all_problems_of_an_experiment_are_told_at_once():
    problems = told(parks=["typicl", "typical"], strategies=["nobody"], seeds=[1, 1], quarters=0, nonsense=1,
                    factors={BETA: [7.0, 8.0], "park.nothing": [1], "park.firms": 3},
                    indicators={"every": 0})  # fmt: skip
    assert len(problems) == 10, problems


def test_paths_start_at_the_folder_of_the_experiment_and_problems_of_a_park_are_its_own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "village.toml").write_text('based_on = "small_village"\nname = "village"\n')
    (folder / "typical.toml").write_text('parks = ["village.toml", "typical"]\nstrategies = ["none"]\n')
    monkeypatch.chdir(tmp_path)
    experiment = load_experiment("own/typical.toml")
    # The shipped park, not the experiment that is called the same.
    assert list(experiment.parks_loaded()) == ["village", "typical"]
    (folder / "village.toml").write_text('based_on = "small_village"\nfirms = 1\ncell_m = "x"\n')
    with pytest.raises(InvalidFile) as problem:
        load_experiment("own/typical.toml")
    assert len(problem.value.problems) == 2
    assert all("village.toml: " in line for line in problem.value.problems)


def test_an_experiment_states_only_what_differs_from_its_base(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('based_on = "judged_parameters"\nname = "mine"\n[design]\nsamples = 8\n')
    experiment = load_experiment(str(path))
    assert (experiment.name, len(experiment.points()), len(experiment.factors)) == ("mine", 8, 10)


def test_an_unknown_experiment_gets_the_nearest_and_a_number_too_long_to_read_is_told(tmp_path):
    with pytest.raises(UnknownName, match="There is no experiment 'organisaton'. Did you mean 'organisation'"):
        load_experiment("organisaton")
    (tmp_path / "long.toml").write_text("x = " + "9" * 5_000)
    with pytest.raises(UnreadableFile, match="too many digits"):
        load_experiment(str(tmp_path / "long.toml"))


def test_names_of_factors_may_stand_in_quotes_or_as_tables():
    quoted = read(factors={"parameters.beta": [0.1, 0.2], "strategy.roles": [{"verbinden": 0.5}]})
    nested = read(factors={"parameters": {"beta": [0.1, 0.2]}, "strategy": {"roles": [{"verbinden": 0.5}]}})
    rows = read(factors=[{"name": "parameters.beta", "levels": [0.1, 0.2]},
                         {"name": "strategy.roles", "levels": [{"verbinden": 0.5}]}])  # fmt: skip
    assert quoted == nested == rows


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)
NAMES = st.sampled_from([*factor_names(), "park.map", "park.founding", "strategy.name"]) | st.text(max_size=8)
NUMBERS = st.booleans() | st.integers() | st.floats() | st.integers(0, 20) | st.floats(0, 1)
FACTORS = st.dictionaries(
    NAMES, VALUES | st.lists(NUMBERS, max_size=3)
    | st.fixed_dictionaries({"low": NUMBERS, "high": NUMBERS}, optional={"scale": st.sampled_from(["linear", "log", "x"]),
                                                                        "integer": VALUES}), max_size=3)  # fmt: skip
DESIGNS = st.fixed_dictionaries(
    {"kind": st.sampled_from(list(KEYS)) | VALUES},
    optional={"samples": st.integers(0, 40), "seed": NUMBERS, "strength": st.integers(0, 3), "optimise": st.booleans(),
              "resolution": st.integers(0, 8), "generators": st.text("abAB+- é1", max_size=12), "scramble": VALUES})
TABLES = st.fixed_dictionaries({}, optional={
    "parks": VALUES | st.just(["small_village"]) | st.lists(st.text(max_size=8), max_size=2),
    "strategies": VALUES | st.just(["demand_driven"]), "seeds": VALUES | st.integers(0, 5), "reference": VALUES,
    "quarters": VALUES, "design": VALUES | DESIGNS, "factors": VALUES | FACTORS, "name": VALUES, "title": VALUES,
    "points": VALUES | st.lists(st.dictionaries(NAMES, VALUES | NUMBERS, max_size=2), max_size=2),
    "indicators": VALUES | st.fixed_dictionaries({"keep": st.lists(st.text(max_size=4), max_size=2), "every": NUMBERS})})
HARD = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def read_strange(table: dict) -> None:
    """Read a table: what comes is an experiment that works, or a clear problem."""
    try:
        experiment = check_experiment(table, "mine.toml")
    except InvalidFile as problem:
        assert all(line.strip() and "\n" not in line for line in problem.problems)
        assert "pydantic" not in str(problem) or "pydantic" in str(table)
        return
    assert Experiment.from_resolved(json.loads(json.dumps(experiment.resolved()))) == experiment
    assert experiment.size().points == len(experiment.points()) > 0
    list(experiment.variants())


@HARD
@given(TABLES)
def test_no_experiment_however_strange_gives_anything_but_a_clear_problem(table):
    read_strange(table)


@HARD
@given(FACTORS, DESIGNS)
def test_no_factor_nor_design_however_strange_gives_anything_but_a_clear_problem(factors, design):
    read_strange(SMALL | {"factors": factors, "design": design})


@HARD
@given(st.text(max_size=40))
def test_a_name_is_a_name_or_a_clear_problem(name):
    try:
        load_experiment(name)
    except InputProblem as problem:
        assert str(problem)


# --- designs ---------------------------------------------------------------------------------------------------------


def test_a_factorial_tries_every_combination_once_and_its_factors_are_orthogonal():
    experiment = read(factors={BETA: [0.1, 0.3], "parameters.chi": [0.1, 0.2, 0.3], "park.founding.vacancy": [0.0, 0.2]})
    found = [tuple(point.values.values()) for point in experiment.points()]
    assert len(found) == len(set(found)) == experiment.size().points == 12
    values = matrix(experiment.points())
    centred = values - values.mean(axis=0)
    assert np.abs(centred.T @ centred - np.diag((centred**2).sum(axis=0))).max() < 1e-12


@pytest.mark.parametrize(("factors", "resolution", "points"), [(3, 3, 4), (7, 3, 8), (4, 4, 8), (8, 4, 16), (5, 5, 16)])
def test_a_fraction_is_balanced_orthogonal_and_of_the_resolution_asked_for(factors, resolution, points):
    design = two_levels(factors, resolution, None)
    assert design.shape == (points, factors)
    assert np.array_equal(design.T @ design, points * np.eye(factors))
    assert not design.sum(axis=0).any()
    assert resolution_of(design) == resolution


@pytest.mark.parametrize(("generators", "resolution"), [("a b ab", 3), ("a b c abc", 4), ("a b c d abcd", 5), ("a b c", 5),
                                                        ("a b c bc", 3),
                                                        ("a b c -ab ac", 3)])  # fmt: skip
def test_the_resolution_of_generators_is_the_length_of_the_shortest_word(generators, resolution):
    assert resolution_of(two_levels(len(generators.split()), None, generators)) == resolution


def test_a_fraction_takes_its_first_level_at_minus_and_its_second_at_plus():
    experiment = read(design={"kind": "fractional", "generators": "a b ab"},
                      factors={BETA: [0.1, 0.2], "park.motorway": ["near", "far"],
                               "parameters.chi": {"low": 0.1, "high": 0.3}})  # fmt: skip
    assert [tuple(point.values.values()) for point in experiment.points()] == [
        (0.1, "near", 0.3), (0.1, "far", 0.1), (0.2, "near", 0.1), (0.2, "far", 0.3)]
    assert experiment.notes("en")[0].startswith("Resolution III")
    assert experiment.notes("nl")[0].startswith("Resolutie III")


def strata(values: np.ndarray, parts: int) -> list[int]:
    return sorted(Counter((values * parts).astype(int)).values())


@pytest.mark.parametrize("optimise", [False, True])
def test_a_latin_hypercube_has_one_point_in_every_part_of_every_range(optimise):
    values = matrix(make_points(Design(kind="latin_hypercube", samples=30, optimise=optimise), ranges(4), ()))
    for k in range(4):
        assert strata(values[:, k], 30) == [1] * 30


def test_a_latin_hypercube_of_strength_two_covers_every_pair_of_ranges_evenly():
    values = matrix(make_points(Design(kind="latin_hypercube", samples=49, strength=2), ranges(4), ()))
    cells = (values * 7).astype(int)
    for a in range(4):
        assert strata(values[:, a], 49) == [1] * 49
        for b in range(a):
            assert len(set(zip(cells[:, a], cells[:, b], strict=True))) == 49


def test_sobol_points_fill_every_part_of_every_range_and_every_quarter_of_every_pair():
    values = matrix(make_points(Design(kind="sobol", samples=64), ranges(5), ()))
    for a in range(5):
        assert strata(values[:, a], 64) == [1] * 64
    assert len(set(map(tuple, (values[:4, :2] * 2).astype(int)))) == 4


@pytest.mark.parametrize("scramble", [True, False])
def test_more_sobol_samples_begin_with_the_same_points(scramble):
    def points(samples: int) -> list[Point]:
        return make_points(Design(kind="sobol", samples=samples, seed=3, scramble=scramble), ranges(6), ())

    longest = points(100)
    for samples in (1, 7, 16, 64, 99):
        assert points(samples) == longest[:samples]


def test_another_seed_of_the_design_gives_another_sample():
    def points(kind: str, seed: int) -> list[Point]:
        return make_points(Design.model_validate({"kind": kind, "samples": 8, "seed": seed}), ranges(2), ())

    for kind in ("sobol", "latin_hypercube"):
        assert points(kind, 0) == points(kind, 0)
        assert points(kind, 0) != points(kind, 1)


def test_more_seeds_keep_the_old_ones():
    few, more = read(seeds=5), read(seeds=8)
    assert few.seeds == more.seeds[:5] == [1, 2, 3, 4, 5]
    assert few.with_seeds(range(1, 9)) == more
    assert read(seeds={"first": 0, "count": 3}).seeds == [0, 1, 2]
    assert read(seeds=[9, 3, 0]).seeds == Experiment.from_resolved(read(seeds=[9, 3, 0]).resolved()).seeds == [9, 3, 0]


def test_a_sample_of_no_power_of_two_and_a_hypercube_are_noted_in_both_languages():
    factors = {BETA: {"low": 0.1, "high": 0.2}}
    assert read(design={"kind": "sobol", "samples": 64}, factors=factors).notes() == []
    odd = read(design={"kind": "sobol", "samples": 96}, factors=factors)
    assert "64 or 128" in odd.notes("en")[0] and "64 of 128" in odd.notes("nl")[0]
    cube = read(design={"kind": "latin_hypercube", "samples": 5}, factors=factors)
    assert "cannot be extended" in cube.notes("en")[0] and "niet uit te breiden" in cube.notes("nl")[0]


def test_a_factor_without_effect_on_a_drawn_park_and_single_shares_are_noted():
    experiment = read(parks=["rollepaal", "typical"], factors={"park.firms": [60], "strategy.roles.verbinden": [0.5]})
    drawn, shares = experiment.notes("en")
    assert drawn.startswith("park.firms") and "rollepaal" in drawn and "typical" not in drawn
    assert shares.startswith("strategy.roles.verbinden")


@given(st.floats(0.001, 1e6), st.floats(1.001, 1e6), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=5),
       st.sampled_from(["linear", "log"]))  # fmt: skip
def test_values_stay_within_their_range_and_grow_with_their_place(low, times, places, scale):
    values = Factor(name="x", low=low, high=low * times, scale=scale).at(np.array(sorted(places)))
    assert all(low <= value <= low * times for value in values)
    assert values == sorted(values)


def test_a_logarithmic_range_has_its_geometric_mean_in_the_middle():
    (middle,) = Factor(name="x", low=1.0, high=100.0, scale="log").at(np.array([0.5]))
    assert middle == pytest.approx(10.0)


def test_whole_numbers_and_levels_get_equal_shares_of_a_sample():
    factors = [Factor(name="n", low=1, high=4, integer=True), Factor(name="l", levels=["a", "b"])]
    points = make_points(Design(kind="latin_hypercube", samples=40), factors, ())
    assert Counter(point.values["n"] for point in points) == {1: 10, 2: 10, 3: 10, 4: 10}
    assert Counter(point.values["l"] for point in points) == {"a": 20, "b": 20}
    assert all(type(point.values["n"]) is int for point in points)


def test_the_principles_are_the_cross_of_six_switches_in_the_order_of_their_names():
    points = read(design={"kind": "principles"}).points()
    assert [point.name for point in points] == combination_names()
    on = np.array([[1.0 if value else -1.0 for value in point.values.values()] for point in points])
    assert np.array_equal(on, signs(combination_names()))
    variants = principle_strategies(load_strategy("demand_driven"))
    for point, variant in zip(points, variants, strict=True):
        assert variant == vary_strategy(load_strategy("demand_driven"), point).model_copy(update={"name": point.name})
    crossed = read(design={"kind": "principles"}, factors={BETA: [0.1, 0.2]})
    assert crossed.size().points == len(crossed.points()) == 128


# --- variants --------------------------------------------------------------------------------------------------------

STRATEGY, PARK = load_strategy("demand_driven"), load_park("typical")


def keys_with_one_value(content: dict, path: str) -> set[str]:
    found = set()
    for key, value in content.items():
        if isinstance(value, dict):
            found |= keys_with_one_value(value, f"{path}.{key}")
        elif not isinstance(value, list):
            found.add(f"{path}.{key}")
    return found


def test_every_key_of_a_park_or_strategy_with_one_value_is_a_factor():
    keys = keys_with_one_value(PARK.resolved(), "park") | keys_with_one_value(STRATEGY.resolved(), "strategy")
    texts = {key for key in keys if key.split(".")[1] in ("name", "title", "description")}
    names = set(factor_names())
    assert keys - texts - {"park.map", "park.quarters", "park.place"} <= names
    assert not texts & names
    assert {f"parameters.{name}" for name in BY_NAME} <= names
    assert {f"strategy.steps.build.{role}" for role in ROLES} <= names
    assert {f"park.founding.sector_shares.{sector}" for sector in SECTORS} <= names


def value_at(thing: Scenario | Strategy, name: str) -> object:
    content: object = thing.resolved()
    for key in name.split(".")[0 if name.startswith("parameters.") else 1 :]:
        content = content[key]  # type: ignore[index]
    return content


CANDIDATES = (True, False, 0.3, 7, 80, 0.8, "near", "far", "none", "supply_driven", "project", "lawful", "loan", "jobs",
              "seeding")  # fmt: skip


@pytest.mark.parametrize("name", factor_names())
def test_every_factor_can_be_set_and_only_that_changes(name):
    if name.startswith("parameters."):
        known = BY_NAME[name.removeprefix("parameters.")]
        candidates: tuple[object, ...] = (known.low, known.high)
    elif name.endswith((".roles", ".picture", ".identify", ".build", ".realise")):
        candidates = (dict.fromkeys(ROLES, 0.0) | {"regisseren": 1.0},)
    elif name.endswith("sector_shares"):
        candidates = (dict.fromkeys(SECTORS, 0.0) | {"logistics": 1.0},)
    else:
        candidates = CANDIDATES
    base = STRATEGY if name.startswith("strategy.") else PARK
    for value in candidates:
        try:
            varied = (vary_strategy if base is STRATEGY else vary_park)(base, Point(0, {name: value}))  # type: ignore[operator]
        except InvalidFile:
            continue
        if varied is not base:
            assert value_at(varied, name) == value
            changed = {key for key, item in varied.resolved().items() if item != base.resolved()[key]}
            assert changed == {name.split(".")[0 if name.startswith("parameters.") else 1]}
            return
    pytest.fail("no value was taken")


def test_a_point_that_changes_nothing_gives_the_very_same_park_and_strategy():
    same = Point(0, {BETA: BY_NAME["beta"].default, "park.gross_ha": 27, "strategy.roles.verbinden": 0.25,
                     "strategy.principles.exit": True})  # fmt: skip
    for point in (Point(0), same):
        assert vary_park(PARK, point) is PARK
        assert vary_strategy(STRATEGY, point) is STRATEGY
    healthy = load_park("healthy")  # states trust_start itself
    back = vary_park(healthy, Point(0, {"parameters.trust_start": BY_NAME["trust_start"].default}))
    assert back.parameters()[0].trust_start == BY_NAME["trust_start"].default != healthy.parameters()[0].trust_start


def test_a_strategy_that_does_nothing_is_left_as_it_is_so_that_the_twin_stays_one_run():
    twin = load_strategy("none")
    assert vary_strategy(twin, Point(0, {"strategy.organisation.fte": 3.0})) is twin
    experiment = read(factors={"strategy.organisation.fte": [1.0, 2.0, 3.0], "park.founding.vacancy": [0.0, 0.1]})
    cells = list(experiment.variants())
    assert len(cells) == 12
    assert len({id(park) for _, park, _ in cells}) == 2
    twins = {(id(park), id(strategy)) for _, park, strategy in cells if strategy.name == "none"}
    others = {(id(park), id(strategy)) for _, park, strategy in cells if strategy.name != "none"}
    assert (len(twins), len(others)) == (2, 6)
    assert experiment.size().runs == (2 + 6) * 2


def test_variants_keep_the_name_and_a_wrong_value_is_told():
    varied = vary_park(PARK, Point(4, {"park.founding.vacancy": 0.2}))
    assert varied.name == "typical" and varied.founding.vacancy == 0.2 and PARK.founding.vacancy == 0.076
    with pytest.raises(InvalidFile, match="typical at point 4: founding.vacancy is 2.0; it must be at most 0.9"):
        vary_park(PARK, Point(4, {"park.founding.vacancy": 2.0}))
    with pytest.raises(InvalidFile, match="demand_driven at point 0: roles sum to 1.2"):
        vary_strategy(STRATEGY, Point(0, {"strategy.roles.verbinden": 0.7, "strategy.roles.aanjagen": 0.5}))


@pytest.mark.parametrize(
    ("now", "given_shares", "then"),
    [
        ((0.25, 0.25, 0.25, 0.25), {"verbinden": 0.7}, (0.1, 0.1, 0.7, 0.1)),
        ((0.6, 0.2, 0.1, 0.1), {"regisseren": 0.2}, (0.2, 0.4, 0.2, 0.2)),
        ((0.6, 0.2, 0.1, 0.1), {"regisseren": 0.0, "aanjagen": 0.5}, (0.0, 0.5, 0.25, 0.25)),
        ((1.0, 0.0, 0.0, 0.0), {"regisseren": 0.4}, (0.4, 0.2, 0.2, 0.2)),
        ((0.6, 0.2, 0.1, 0.1), {"verbinden": 1.0}, (0.0, 0.0, 1.0, 0.0)),
    ],
)
def test_shares_that_are_not_set_keep_their_proportions(now, given_shares, then):
    assert tuple(set_shares(dict(zip(ROLES, now, strict=True)), given_shares).values()) == pytest.approx(then)


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), st.sampled_from(ROLES), st.floats(0, 1))
def test_a_mix_always_sums_to_one_and_the_ratios_of_the_others_stay(parts, role, share):
    mix = {name: part / sum(parts) for name, part in zip(ROLES, parts, strict=True)}
    strategy = STRATEGY.model_copy(update={"roles": type(STRATEGY.roles)(**mix)})
    roles = vary_strategy(strategy, Point(0, {f"strategy.roles.{role}": share})).roles
    assert sum(roles.shares()) == pytest.approx(1.0)
    assert getattr(roles, role) == share
    a, b, _ = (name for name in ROLES if name != role)
    assert getattr(roles, a) * mix[b] == pytest.approx(getattr(roles, b) * mix[a], abs=1e-12)


def test_a_mix_of_a_step_starts_from_the_general_mix_as_it_is_set():
    varied = vary_strategy(STRATEGY, Point(0, {"strategy.steps.build.verbinden": 0.0, "strategy.roles": {"regisseren": 0.4}}))
    assert varied.roles.shares() == pytest.approx([0.4, 0.2, 0.2, 0.2])
    assert varied.steps.build is not None and varied.steps.picture is None
    assert varied.steps.build.shares() == pytest.approx([0.5, 0.25, 0.0, 0.25])


def test_a_point_goes_into_a_table_as_plain_cells():
    point = Point(0, {BETA: 0.2, "park.motorway": "near", "strategy.roles": {"verbinden": 0.7}, "strategy.adaptive": True})
    assert point.columns() == {BETA: 0.2, "park.motorway": "near", "strategy.roles": "verbinden 0.7, rest",
                               "strategy.adaptive": True}  # fmt: skip


# --- made in Python --------------------------------------------------------------------------------------------------


def test_an_experiment_from_objects_keeps_their_content_and_gets_the_twin():
    own = PARK.model_copy(update={"name": "own", "firms": 44})
    experiment = experiment_of([own], [STRATEGY], 3, quarters=8, keep=["vitality"], every=2)
    assert experiment.parks_loaded()["own"] is own
    assert list(experiment.strategies_loaded()) == ["demand_driven", "none"]
    assert [point.values for point in experiment.points()] == [{}]
    assert [(park is own, strategy.name) for _, park, strategy in experiment.variants()] == [
        (True, "demand_driven"), (True, "none")]
    assert tuple(experiment.size()) == (1, 1, 2, 3, 6)
    assert Experiment.from_resolved(experiment.resolved()).parks[0].firms == 44
    with pytest.raises(InvalidFile, match="runs: seeds holds 1 more than once"):
        experiment_of([own], [STRATEGY], [1, 1])


def test_the_hash_follows_the_content_of_parks_not_their_names():
    plain, other = (experiment_of([PARK.model_copy(update={"firms": firms})], [STRATEGY], 2) for firms in (60, 61))
    assert plain.content_hash() == experiment_of([PARK], [STRATEGY], [1, 2]).content_hash() != other.content_hash()
