"""``klaver discover`` from end to end: on a small sweep, in both languages, with the run that stands for a region replayed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analysis.store import Store

from .conftest import Klaver, invoke

VILLAGE = 'based_on = "small_village"\nname = "village"\nburn_in = 0\n[title]\nnl = "Het dorp"\nen = "The village"\n'
# With hardly any team one strategy cannot do what it does with a large one, so the factors decide something.
EXPERIMENT = """\
name = "wide"
parks = ["village.toml"]
strategies = ["supply_driven", "demand_driven"]
seeds = 4
quarters = 8
[design]
kind = "latin_hypercube"
samples = 48
[factors]
park.founding.vacancy = { low = 0.02, high = 0.5 }
park.municipality.fte = { low = 0.1, high = 4.0 }
"""
QUICK = ("--permutations", 19, "--workers", 1)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a store of 48 points; not to be changed by a test."""
    place = tmp_path_factory.mktemp("wide")
    (place / "village.toml").write_text(VILLAGE)
    (place / "wide.toml").write_text(EXPERIMENT)
    made = invoke("sweep", place / "wide.toml", "--out", place / "store", "--workers", 1, "--quiet")
    assert made.exit_code == 0, made.output
    yield place


def test_it_tells_writes_and_gives_as_json_what_was_found(klaver: Klaver, wide: Path) -> None:
    made = klaver("discover", wide / "store", "--out", "found", "--json", *QUICK)
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    (park,) = told["parks"]
    assert park["points"] == 48 and park["seeds"] == [1, 2, 3, 4]
    assert [row["strategy"] for row in park["won"]] == ["supply_driven", "demand_driven", "none"]
    assert sum(row["best"]["mean"] for row in park["won"]) <= 1.0
    folder = Path("found")
    assert json.loads((folder / "summary.json").read_text()) == {key: told[key] for key in told if key != "folder"}
    assert {path.stem for path in (folder / "pictures").glob("*.png")} >= {"shares", "map-village", "regret-village"}
    points = pd.read_parquet(folder / "points.parquet")
    assert len(points) == 48 and points["park.municipality.fte"].between(0.1, 4.0).all()
    store = Store(wide / "store", must_exist=True)
    design = store.design("wide")[1].set_index("run").join(store.runs()["vitality"])
    means = design.groupby(["point", "strategy"], observed=True)["vitality"].mean().unstack()
    expected = (means["supply_driven"] - means["none"]).to_numpy()
    assert points["gain_supply_driven"].to_numpy() == pytest.approx(expected), "the gain is not that over the twin"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_it_says_fits_a_terminal(klaver: Klaver, wide: Path, language: str) -> None:
    made = klaver("discover", wide / "store", "--out", "found", "--lang", language, "--measure", "social_balance", *QUICK)
    assert made.exit_code == 0, made.output
    lines = [line for line in made.stdout.splitlines() if not line.startswith("  klaver") and "/" not in line]
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    assert ("Het dorp" if language == "nl" else "The village") in made.stdout
    assert "{" not in made.stdout


def test_the_run_of_a_region_is_made_again_by_the_command_that_is_printed(
    klaver: Klaver, wide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.discovery import regions

    monkeypatch.setattr(regions, "LEVEL", 1.0)  # whatever the model makes of it, a box counts as found
    made = klaver("discover", wide / "store", "--out", "found", "--lang", "en", *QUICK)
    assert made.exit_code == 0, made.output
    command = re.search(r"^  klaver (run \w{12} --store .*)$", made.stdout, re.MULTILINE)
    assert command is not None, made.stdout
    again = klaver(*shlex.split(command.group(1)), "--out", "again")
    assert again.exit_code == 0, again.output
    key = command.group(1).split()[1]
    assert f"`klaver run {key}" in Path("found/findings.md").read_text()


def test_a_folder_with_another_question_is_kept_unless_forced(klaver: Klaver, wide: Path) -> None:
    ask = ("discover", wide / "store", "--out", "found", "--quiet", *QUICK)
    assert klaver(*ask).exit_code == 0
    refused = klaver(*ask, "--measure", "jobs")
    assert refused.exit_code == 2 and "--force" in refused.output
    assert klaver(*ask, "--measure", "jobs", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--measure", "joy"), "--measure is 'joy'; there is: vitality, "),
        (("--strategies", "none,nobody"), "--strategies must name two or more of the strategies of wide: supply_driven, "),
        (("--permutations", 5), "--permutations is 5; choose a number from 19 to 9,999."),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(
    klaver: Klaver, wide: Path, options: tuple[object, ...], sentence: str
) -> None:
    made = klaver("discover", wide / "store", "--out", "found", *options)
    assert made.exit_code == 2
    assert sentence in made.output
    assert not Path("found").exists()
