"""The dictionary knows every column that the model and its analysis make, in both languages, and no other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis import dictionary
from analysis.compare import OUTCOMES, compare
from analysis.dictionary import KEYS, TABLES, UnknownColumn, columns_of, describe, title_of
from analysis.experiment import collect, plan_pairs
from analysis.query import query
from analysis.store import FAILED_SCHEMA, INPUT_SCHEMA, RUN_COLUMNS, Store
from analysis.variants import factor_names
from benchmarks import data_page
from sim import model, outcomes
from sim.inputs.parameters import PARAMETERS
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.outcomes import INDICATORS
from sim.records import ROLES
from tests.analysis.small_experiments import breaks_on_seed_two, make, plan

LANGUAGES = ("nl", "en")


def measures(park: str, strategy: str, quarters: int, seed: int = 1, **settings: Any) -> dict[str, float]:
    """Return the outcomes of one run; of a strategy with other settings if they are given."""
    scenario = load_park(park).model_copy(update={"quarters": quarters})
    place = model.Park.of(scenario)
    chosen = load_strategy(strategy)
    chosen = type(chosen).from_resolved(chosen.resolved() | settings)
    return outcomes.measure(model.simulate(model.prepare(place, seed), chosen.record(scenario, place.gross_ha)))


@cache
def village(strategy: str) -> dict[str, float]:
    return measures("small_village", strategy, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store named ``store``: a small experiment, of which some runs broke off."""
    place = tmp_path_factory.mktemp("made")
    some = plan_pairs(load_park("small_village"), [load_strategy("supply_driven")], [1, 2, 3], quarters=8, keep=INDICATORS)
    make(some, Store(place / "store"), work=breaks_on_seed_two)
    return place


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, list[str]]:
    """Return the columns that every table really has."""
    store = Store(folder / "store")
    found = {name: list(query(store, f"SELECT * FROM {name}").columns) for name in TABLES if name != "summary"}
    some = plan(2, 1)
    make(some, other := Store(folder / "other"))
    summary = compare(collect(some, other)[some.design["park"].iloc[0]]).summary()
    return found | {"summary": [*summary.index.names, *summary.columns]}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_that_is_made_is_in_the_dictionary_and_the_reverse(made, table):
    assert set(made[table]) == set(columns_of(table))
    assert len(columns_of(table)) == len(set(columns_of(table)))


def test_the_outcomes_of_a_run_are_those_of_the_model():
    assert list(village("demand_driven")) == [name for name in columns_of("runs") if name not in RUN_COLUMNS]
    assert columns_of("paths")[2:] == INDICATORS
    assert dictionary.RUN == RUN_COLUMNS
    assert list(columns_of("failed")) == FAILED_SCHEMA.names
    assert list(columns_of("inputs")) == INPUT_SCHEMA.names


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_explained_in_each_language(table, language):
    for known in describe(table, columns_of(table), language):
        assert known.title and known.kind and known.follows_from
        assert len(known.meaning) > 12 and known.meaning.endswith("."), known
        assert known.type in ("string", "integer", "number", "boolean")
        assert known.type != "number" or known.unit, f"{known.name} has no unit"
    assert all(title_of(table, language))


def test_the_two_languages_differ_in_words_only():
    for table in TABLES:
        columns = [*columns_of(table), *(factor_names() if table == "design" else ())]
        for dutch, english in zip(describe(table, columns, "nl"), describe(table, columns, "en"), strict=True):
            assert (dutch.name, dutch.type, dutch.constraints) == (english.name, english.type, english.constraints)
            assert dutch.meaning != english.meaning and bool(dutch.unit) == bool(english.unit)
            assert bool(dutch.missing) == bool(english.missing)


RUNS = [("none", {}), ("supply_driven", {}), ("demand_driven", {}), ("demand_driven", {"third_parties": {"fund_capital": 2e6}})]


@pytest.mark.parametrize(("strategy", "settings"), RUNS)
def test_values_lie_within_the_range_that_is_stated(strategy, settings):
    found = measures("small_village", strategy, 40, seed=3, **settings)
    for known in describe("runs", list(found)):
        value, limits = found[known.name], known.constraints
        if value != value:  # NaN
            assert known.missing, f"{known.name} is undefined, and the dictionary does not say what that means"
            assert "required" not in limits
            continue
        assert limits.get("minimum", value) <= value <= limits.get("maximum", value), known.name


def test_what_may_be_undefined_is_so_in_some_run():
    """A twin of eight quarters has no goal, no fund and no delivery; what it has all the same depends on its seed."""
    found = [measures("small_village", "none", 8, seed) for seed in (1, 2)]
    undefined = {name for run in found for name, value in run.items() if value != value}
    said = {known.name for known in describe("runs", columns_of("runs")) if known.missing}
    assert said - undefined <= {"displacement"}
    assert undefined <= said


@pytest.mark.parametrize("strategy", ["none", "supply_driven", "demand_driven"])
def test_what_the_meanings_say_of_one_another_is_true(strategy):
    run = village(strategy)
    assert run["public_outlay_region"] == run["public_outlay"]
    for same in ("started", "realised", "exited"):
        assert run[same] == run[f"opportunities_{same}"]
    assert run["moved"] == run["moved_within"] + run["moved_away"]
    lines = [name for name in run if name.startswith("welfare_")]
    assert len(lines) == 10 and run["welfare"] == pytest.approx(sum(run[name] for name in lines))
    public_space = 0.9 * run["vitality_public_space"] / 100
    assert run["quality_town"] == pytest.approx(0.5 * run["quality"] + 0.5 * public_space)
    weights = {"occupancy": 25, "premises": 20, "public_space": 15, "jobs": 15, "dynamics": 10, "organisation": 5, "future": 10}
    assert run["vitality"] == pytest.approx(sum(share / 100 * run[f"vitality_{name}"] for name, share in weights.items()))
    core = {name: weights[name] for name in ("occupancy", "premises", "jobs", "future")}
    assert run["vitality_core"] == pytest.approx(sum(share / 70 * run[f"vitality_{name}"] for name, share in core.items()))
    if strategy == "none":
        assert run["plans_known"] == run["step"] == run["public_outlay"] == run["budget_left"] == 0.0


def test_hours_are_of_the_last_quarter_and_euros_of_the_whole_run():
    short, long = measures("small_village", "demand_driven", 8), measures("small_village", "demand_driven", 16)
    assert long["process_costs"] == 2 * short["process_costs"] > 0
    hours = [sum(run[f"spent_{role}"] for role in ROLES) for run in (short, long)]
    assert max(hours) < 400, "more than a quarter of one full-time equivalent has"


def test_what_was_delivered_just_before_the_start_is_measured_after_it():
    twin = village("none")
    assert twin["opportunities_realised"] == 0 and twin["satisfaction_firms"] == twin["satisfaction_firms"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_factor_is_explained(language):
    for known in describe("design", factor_names(), language):
        assert known.meaning.endswith(".") and "{" not in known.title + known.meaning
    assert set(dictionary.factors()) == {name for name in factor_names() if not name.startswith("parameters.")}


def test_a_factor_has_the_range_and_type_of_what_it_sets():
    for parameter, known in zip(PARAMETERS, describe("design", [f"parameters.{p.name}" for p in PARAMETERS]), strict=True):
        assert known.constraints == {"minimum": parameter.low, "maximum": parameter.high}
        assert parameter.meaning in known.meaning
    columns = [
        "park.firms", "strategy.money.budget_per_year", "strategy.principles.exit", "strategy.approach", "strategy.roles"]
    assert [(known.type, known.constraints) for known in describe("design", columns)] == [
        ("integer", {"minimum": 2, "maximum": 10_000}), ("number", {"minimum": 0, "maximum": 1e10}), ("boolean", {}),
        ("string", {"enum": ["none", "supply_driven", "demand_driven"]}), ("string", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "sentence"), [
    ("run", "vacancy", "table 'run' is not known. Did you mean 'runs'?"),
    ("runs", "vacency", "table 'runs' has no column 'vacency'. Did you mean 'vacancy'?"),
    ("runs", "parameters.beta", "table 'runs' has no column 'parameters.beta'."),
    ("design", "parameters.betta", "there is no parameter 'betta'. Did you mean 'beta'?"),
    ("design", "strategy.organisation.ftes",
     "'strategy.organisation.ftes' is no single key of a park or strategy. Did you mean 'strategy.organisation.fte'?"),
    ("design", "strategy.roles.bakken", "'strategy.roles.bakken' is no single key of a park or strategy."),
    ("design", "park.founding.sector_shares.bakery",
     "'park.founding.sector_shares.bakery' is no single key of a park or strategy."),
])  # fmt: skip
def test_what_is_not_known_is_told_with_the_nearest_name(table, column, sentence):
    with pytest.raises(UnknownColumn) as problem:
        describe(table, [column])
    assert str(problem.value).startswith(sentence)


def test_keys_are_columns_and_references_lead_to_keys():
    for table, key in KEYS.items():
        assert set(key) <= set(columns_of(table))
    for table, column, other, there in dictionary.REFERENCES:
        assert column in columns_of(table) and KEYS[other] == (there,)


def test_outcomes_of_a_comparison_are_columns_of_runs_or_said_not_to_be():
    made_here = {"social_balance", "multiplier_gross", "multiplier_additional", "multiplier_additional_region"}
    assert set(OUTCOMES) - made_here <= set(columns_of("runs"))


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_of_tables_is_that_of_the_dictionary():
    assert data_page.PAGE.read_text(encoding="utf-8") == data_page.page()


def test_the_page_explains_every_column():
    text = data_page.PAGE.read_text(encoding="utf-8")
    for table in TABLES:
        for column in columns_of(table):
            assert re.search(rf"^\| `{column}` \|", text, re.M), f"{table}: {column}"
    names = set(re.findall(r"^\| `((?:park|strategy)\.[\w.*]+)` \|", text, re.M))
    for factor in dictionary.factors():
        assert factor in names or f"{factor.rpartition('.')[0]}.*" in names, factor


def test_the_examples_of_the_page_read_a_store(folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = data_page.PAGE.read_text(encoding="utf-8")
    by_klaver, by_pandas = ({}, {})
    for block, names in zip(re.findall(r"```python\n(.*?)```", text, re.S), (by_klaver, by_pandas), strict=True):
        exec(block, names)
    assert len(by_klaver["runs"]) == 5 and len(by_klaver["paths"]) == 10 and len(by_klaver["design"]) == 6
    assert list(by_klaver["paths"].columns) == ["vitality", "jobs"]
    pd.testing.assert_frame_equal(by_pandas["runs"].sort_index(), by_klaver["runs"], check_dtype=False)
    balance = by_pandas["social_balance"]
    assert balance["none"].eq(0).all() and balance["supply_driven"].abs().gt(0).sum() == 2
    (question,) = re.findall(r"```sql\n(.*?)```", text, re.S)
    assert {row[:2] for row in duckdb.sql(question).fetchall()} == {("none", 3), ("supply_driven", 2)}
