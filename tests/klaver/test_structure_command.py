"""``klaver structure`` from end to end: on a small park without history, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analysis.structure import AS_IT_IS, STRUCTURES
from klaver.language import LANGUAGES, Language

from .conftest import Klaver, invoke

VILLAGE = 'based_on = "small_village"\nname = "village"\nburn_in = 0\n[title]\nnl = "Het dorp"\nen = "The village"\n'
SMALL = ("--seeds", 6, "--quarters", 8, "--strategies", "supply_driven,demand_driven", "--workers", 1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a park and a store that holds all runs; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("structure")
    (folder / "village.toml").write_text(VILLAGE)
    where = ("--out", folder / "first", "--store", folder / "store")
    made = invoke("structure", folder / "village.toml", *SMALL, *where, "--json")
    assert made.exit_code == 0, made.output
    (folder / "first.json").write_text(made.stdout)
    yield folder


def test_it_writes_and_gives_as_json_what_was_found(place: Path) -> None:
    told = json.loads((place / "first.json").read_text())
    folder = place / "first"
    assert json.loads((folder / "summary.json").read_text()) == {key: told[key] for key in told if key != "folder"}
    park = told["parks"]["village"]
    assert park["structures"] == [one.name for one in STRUCTURES] == list(told["structures"])
    claims = len(park["conclusions"]) + len(park["not_decided"])
    assert claims == 2 + 3 + 3  # against nothing extra; demand or supply; highest
    conclusions, effects = (pd.read_parquet(folder / f"{name}.parquet") for name in ("conclusions", "effects"))
    assert len(conclusions) == len(park["conclusions"]) * (1 + len(STRUCTURES))
    assert len(effects) == (1 + len(STRUCTURES)) * 2 * 4
    as_it_is = effects[effects["structure"] == AS_IT_IS]
    assert (as_it_is["change"].dropna() == 0.0).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_says_fits_a_terminal_and_no_run_is_made_again(klaver: Klaver, place: Path, language: str) -> None:
    made = klaver("structure", place / "village.toml", *SMALL, "--out", "again", "--store", place / "store", "--lang", language)
    assert made.exit_code == 0, made.output
    own = [line for line in made.stdout.splitlines() if "/" not in line and "again" not in line]
    assert max(map(len, own)) <= 80, max(own, key=len)
    assert ("Het dorp" if language == "nl" else "The village") in made.stdout
    assert "{" not in made.stdout
    runs = 3 * 6 * (1 + len(STRUCTURES))
    assert re.search(rf"\b{runs}\b", made.stderr), "what the store holds is not told"
    numbers = [json.loads((folder / "summary.json").read_text()) for folder in (Path("again"), place / "first")]
    assert numbers[0] == numbers[1]


def test_every_structure_has_a_name_that_fits_and_a_critic_in_both_languages() -> None:
    for say in map(Language, LANGUAGES):
        names = [say(f"structure.name_{one.name}") for one in STRUCTURES]
        assert len(set(names)) == len(STRUCTURES) and max(map(len, names)) <= 24
        assert all(say(f"structure.critic_{one.name}").endswith(".") for one in STRUCTURES)


def test_a_folder_with_another_question_is_kept_unless_forced(klaver: Klaver, place: Path) -> None:
    ask = ("structure", place / "village.toml", "--out", "found", "--store", place / "store", "--quiet", *SMALL)
    assert klaver(*ask).exit_code == 0
    refused = klaver(*ask[:-1], 2, "--seeds", 5)
    assert refused.exit_code == 2 and "--force" in refused.output
    assert klaver(*ask, "--seeds", 5, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("small_village", "--seeds", 1), "--seeds is 1; at least 2 are needed"),
        (("small_village", "--strategies", "none"), "--strategies has nothing but doing nothing extra"),
        (("small_village", "small_village"), "small_village"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(klaver: Klaver, options: tuple[object, ...], sentence: str) -> None:
    made = klaver("structure", *options, "--out", "found")
    assert made.exit_code == 2
    assert sentence in made.output
    assert not Path("found").exists()
