"""``klaver optimise`` from the command line: what it says and writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sim.inputs.strategy import load_strategy

from .conftest import Klaver, invoke

PARK = 'based_on = "small_village"\nname = "{name}"\nquarters = 8\n'
SMALL = ("--generations", 2, "--population", 6, "--seeds", 2, "--fresh", 10, "--workers", 1)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two parks and a search over both, made once; not to be changed by a test."""
    place = tmp_path_factory.mktemp("optimise")
    for name in ("east", "west"):
        (place / f"{name}.toml").write_text(PARK.format(name=name) + f"firms = {12 if name == 'east' else 18}\n")
    made = invoke("optimise", place / "east.toml", place / "west.toml", *SMALL, "--out", place / "found", "--store",
                  place / "store", "--lang", "en")  # fmt: skip
    assert made.exit_code == 0, made.output
    (place / "said.txt").write_text(made.stdout)
    return place


def test_members_are_told_within_eighty_columns_with_mix_team_and_money(searched: Path) -> None:
    said = (searched / "said.txt").read_text()
    assert max(len(line) for line in said.splitlines() if "klaver run" not in line and str(searched) not in line) <= 80
    for words in ("most private euros per public euro", "roles ", "fte and €", "private euros per public euro; vitality",
                  "Shipped strategies on the same futures", "Optimism", "In between on each park", "On east, its own less"):
        assert words in said


def test_tables_pictures_and_provenance_are_written(searched: Path) -> None:
    folder = searched / "found"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"summary.json", "provenance.json", "strategies", "pictures", "front.csv", "candidates.parquet"}
    pictures = {path.name for path in (folder / "pictures").iterdir()}
    assert pictures == {f"{name}.{kind}" for kind in ("png", "svg") for name in
                        ("front_east", "front_west", "mixes_east", "mixes_west", "search")}  # fmt: skip
    front, candidates = (pd.read_parquet(folder / f"{name}.parquet") for name in ("front", "candidates"))
    assert set(front["park"]) == {"east", "west"} and (candidates.groupby("park").size() == 12).all()
    numbers = json.loads((folder / "summary.json").read_text())
    assert set(numbers["parks"]) == {"east", "west"}
    assert json.loads((folder / "provenance.json").read_text())["configuration"]["seeds"] == [1, 2]


def test_every_kept_member_is_a_strategy_file_that_klaver_run_takes(searched: Path) -> None:
    folder = searched / "found"
    front = pd.read_parquet(folder / "front.parquet")
    kept = front[front["fate"] == "kept"]
    files = {path.stem: path for path in (folder / "strategies").glob("*.toml")}
    assert set(files) == set(kept["name"])
    for _, row in kept.iterrows():
        strategy = load_strategy(str(files[row["name"]]))
        assert strategy.approach == row["approach"] and strategy.organisation.fte == row["fte"]
        assert (strategy.steps.build or strategy.roles).verbinden == row["build_verbinden"]
    made = invoke("run", searched / "east.toml", "--strategy", files[sorted(files)[0]], "--out", searched / "run")
    assert made.exit_code == 0, made.output


def test_the_same_search_again_makes_no_run_and_gives_the_same_numbers(searched: Path) -> None:
    before = sorted((searched / "store" / "runs").iterdir())
    again = invoke("optimise", searched / "east.toml", searched / "west.toml", *SMALL, "--out", searched / "again",
                   "--store", searched / "store", "--json", "--lang", "nl")  # fmt: skip
    assert again.exit_code == 0, again.output
    assert sorted((searched / "store" / "runs").iterdir()) == before
    first = json.loads((searched / "found" / "summary.json").read_text())
    assert {key: value for key, value in json.loads(again.stdout).items() if key != "folder"} == first


def test_a_robust_search_says_what_it_strove_for(searched: Path) -> None:
    made = invoke("optimise", searched / "east.toml", "--robust", "regret", "--sets", 2, "--generations", 1,
                  "--population", 4, "--seeds", 2, "--fresh", 20, "--workers", 1, "--out", searched / "regret")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "robust multiplier" in " ".join(made.stdout.split()) and "largest shortfall" in " ".join(made.stdout.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--population", 3), "--population is 3; choose a number from 4 to 1,000."),
        (("--generations", 0), "--generations is 0; choose a number from 1 to 10,000."),
        (("--seeds", 1), "--seeds is 1; choose a number from 2 to 10,000."),
        (("--fresh", 9), "--fresh is 9; choose a number from 10"),
        (("--robust", "worst"), "--robust is 'worst'; there is none, decile and regret."),
        (("--sets", 5), "--sets goes with --robust decile or --robust regret."),
        (("--robust", "decile", "--seeds", 4, "--fresh", 39), "--fresh is 39"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(klaver: Klaver, options: tuple[object, ...], message: str) -> None:
    made = klaver("optimise", "small_village", *options)
    assert made.exit_code == 2 and message in made.stderr


def test_a_park_that_does_not_exist_and_one_that_is_named_twice_are_refused(klaver: Klaver) -> None:
    made = klaver("optimise", "small_vilage")
    assert made.exit_code == 2 and "small_village" in made.stderr
    assert klaver("optimise", "typical", "typical").exit_code == 2
