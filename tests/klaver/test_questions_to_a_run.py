"""Questions to a run: the balance table of an opportunity, what a role did, where runs part; and the self-analysis."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from klaver.balance import LINES, quarter_at
from klaver.diverging import differing_inputs
from sim.inputs.strategy import load_strategy

from .conftest import Klaver, invoke

RUN = ("run", "small_village", "--strategy", "demand_driven", "--seed", "3", "--quarters", "40", "--quiet")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("asked") / "run"
    assert invoke(*RUN, "--out", place).exit_code == 0
    return place


def delivered(run: Path) -> int:
    table = pd.read_parquet(run / "tables" / "opportunities.parquet")
    return int(table[(table["stage"] == "delivered") & (table["since"] >= 0)].index[0])


# --- the balance table -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_balance_table_has_the_seven_lines_of_both_cases(run: Path, lang: str) -> None:
    found = invoke("case", run, delivered(run), "--lang", lang, "--json")
    content = json.loads(found.stdout)
    assert set(content["business_case"]) == set(content["value_case"]) == set(LINES)
    assert all(content[side][line] for side in ("business_case", "value_case") for line in LINES)


def test_shares_of_cost_and_gain_sum_to_one_over_the_private_parties(run: Path) -> None:
    content = json.loads(invoke("case", run, delivered(run), "--json").stdout)
    private = [share for share in content["division"] if share["role"] != "public"]
    assert sum(share["cost_share"] or 0.0 for share in private) == pytest.approx(1.0)


def test_a_case_can_be_shown_as_it_stood_at_an_earlier_step(run: Path) -> None:
    o = delivered(run)
    then = json.loads(invoke("case", run, o, "--step", "4", "--json").stdout)
    events, table = (pd.read_parquet(run / "tables" / f"{name}.parquet") for name in ("events", "opportunities"))
    assert then["quarter"] == quarter_at(events, table, o, 4)
    assert then["quarter"] < quarter_at(events, table, o, 7)


def test_a_step_that_was_never_reached_is_told_with_those_that_were(run: Path) -> None:
    table = pd.read_parquet(run / "tables" / "opportunities.parquet")
    left = int(table[(table["stage"] == "left") & (table["agreed"] < 0) & (table["since"] >= 0)].index[0])
    found = invoke("case", run, left, "--step", "7")
    assert found.exit_code == 2 and f"Opportunity {left} never stood at step 7" in found.stderr
    assert invoke("case", run, left, "--step", "2").exit_code == 2


def test_in_words_no_figure_in_euros_is_shown(run: Path) -> None:
    o = delivered(run)
    assert "€" in invoke("case", run, o).stdout
    assert "€" not in invoke("case", run, o, "--words").stdout


def test_a_run_writes_the_tables_of_all_opportunities_and_the_social_balance(run: Path) -> None:
    text = (run / "cases.md").read_text(encoding="utf-8")
    table = pd.read_parquet(run / "tables" / "opportunities.parquet")
    assert text.count("\n## ") == len(table)
    balance = pd.read_csv(run / "tables" / "social_balance.csv", index_col="line")
    summary = json.loads((run / "summary.json").read_text())
    assert balance.loc["total", "euros"] == pytest.approx(summary["outcomes"]["difference"]["social_balance"])


# --- roles ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["regisseren", "aanjagen", "verbinden", "ontzorgen"])
def test_what_a_role_did_adds_up_to_its_deeds(run: Path, role: str) -> None:
    content = json.loads(invoke("why", run, "role", role, "--json").stdout)
    table = pd.read_parquet(run / "tables" / "deeds.parquet")
    assert len(content["deeds"]) == int((table["role"] == role).sum())
    assert all(deed["hours"] > 0 for deed in content["deeds"])


def test_an_unknown_role_is_named_with_those_there_are(run: Path) -> None:
    found = invoke("why", run, "role", "regiseren")
    assert found.exit_code == 2 and "regisseren, aanjagen, verbinden and ontzorgen" in found.stderr


# --- diverge --------------------------------------------------------------------------------------------------------------


def test_a_run_is_the_same_as_itself(run: Path, klaver: Klaver) -> None:
    found = json.loads(klaver("diverge", run, run, "--json").stdout)
    assert found["quarter"] is None and found["indicators"] == {} and found["led_to"] == []


def test_two_strategies_part_at_their_first_different_event(run: Path, klaver: Klaver) -> None:
    assert klaver(*RUN[:3], "verbinden", *RUN[4:], "--out", "other").exit_code == 0
    found = json.loads(klaver("diverge", run, "other", "--json").stdout)
    assert found["inputs"]["roles.verbinden"] == [0.25, 0.55]
    tables = [pd.read_parquet(place / "tables" / "events.parquet") for place in (run, Path("other"))]
    before = [t[(t["quarter"] >= 0) & (t["quarter"] < found["quarter"])] for t in tables]
    columns = ["quarter", "kind", "value", "threshold"]
    assert sorted(before[0][columns].itertuples(index=False)) == sorted(before[1][columns].itertuples(index=False))
    assert found["events"]["first"] or found["events"]["second"] or found["thresholds"]


def test_unpaired_runs_are_refused_with_what_differs(run: Path, klaver: Klaver) -> None:
    assert klaver(*RUN[:5], "4", *RUN[6:], "--out", "seed4").exit_code == 0
    found = klaver("diverge", run, "seed4")
    assert found.exit_code == 2 and "not paired: seed [3] against [4]" in found.stderr


def test_a_run_is_held_against_its_own_twin(run: Path, klaver: Klaver) -> None:
    found = json.loads(klaver("diverge", run, "--json").stdout)
    assert found["indicators"]["public_outlay"]["difference_at_end"] > 0.0


def test_inputs_that_differ_are_found_at_any_depth() -> None:
    first = {"name": "a", "roles": {"x": 1, "y": 2}, "budget": 3}
    assert differing_inputs(first, {"name": "b", "roles": {"x": 1, "y": 5}}) == {"roles.y": (2, 5), "budget": (3, None)}


# --- principles and profile -------------------------------------------------------------------------------------------------


def test_principles_are_taken_apart_and_the_folder_runs_again(klaver: Klaver) -> None:
    made = klaver("compare", "small_village", "--principles", "--seeds", "2", "--quarters", "8", "--out", "p", "--json")
    content = json.loads(made.stdout)
    assert set(content["main_effects"]["vitality"]) == set(content["taken_away"]["vitality"])
    assert len(content["interactions"]["vitality"]) == 15
    assert len(pd.read_csv(Path("p") / "combinations.csv")) == 64
    assert json.loads(klaver("rerun", "p", "--json").stdout)["same"] is True


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(("--principles", "--strategies", "none"), "--principles takes one strategy apart"),
     (("--of", "none"), "--of goes with --principles only")],
)
def test_principles_go_with_one_strategy_only(klaver: Klaver, arguments: tuple[str, ...], text: str) -> None:
    found = klaver("compare", "small_village", *arguments)
    assert found.exit_code == 2 and text in found.stderr


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_an_empty_form_is_written_and_can_be_read_back(klaver: Klaver, lang: str) -> None:
    assert klaver("profile", "--new", "town.toml", "--lang", lang).exit_code == 0
    assert klaver("profile", "town.toml", "--lang", lang).exit_code == 0
    assert load_strategy("town-strategy.toml").name == "our_town"
    again = klaver("profile", "town.toml")
    assert again.exit_code == 2 and "town-strategy.toml" in again.stderr  # nothing is overwritten unasked


def test_a_profile_becomes_a_strategy_that_runs(klaver: Klaver) -> None:
    Path("t.toml").write_text('name = "t"\n[answers]\nform = "loan"\nfte = 2\n', encoding="utf-8")
    content = json.loads(klaver("profile", "t.toml", "--out", "s.toml", "--json").stdout)
    assert {s["key"]: s["value"] for s in content["settings"]} == {"money.instrument": "loan", "organisation.fte": 2.0}
    assert klaver("run", "small_village", "--strategy", "s.toml", "--quarters", "8").exit_code == 0


def test_the_steps_people_and_politics_of_the_municipality_are_told(run: Path, klaver: Klaver) -> None:
    found = json.loads(klaver("why", run, "municipality", "--json").stdout)
    kinds = [event["kind"] for event in found["events"]]
    assert "goals_set" in kinds and "step_reached" in kinds
    assert "The municipality and the park as a whole" in (run / "story.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_social_balance_of_the_park_is_shown_line_by_line(run: Path, klaver: Klaver, lang: str) -> None:
    content = json.loads(klaver("case", run, "park", "--json").stdout)
    total = next(line for line in content["lines"] if line["line"] == "total")
    assert sum(line["euros"] for line in content["lines"]) == pytest.approx(2 * total["euros"])
    assert klaver("case", run, "park", "--lang", lang).exit_code == 0
