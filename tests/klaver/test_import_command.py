"""``klaver import`` and ``klaver export`` as a user gives them: from a folder of maps and a company list to results."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pyogrio
import pytest

from sim.inputs.scenario import load_park
from tests.klaver.conftest import Klaver
from tests.klaver.importing import dutch_forms


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A folder of synthetic files in the forms of Dutch open data."""
    folder = tmp_path / "kanaalzone"
    folder.mkdir()
    dutch_forms.write_park(folder)
    return folder


def test_from_a_folder_of_maps_to_a_comparison_takes_two_commands(klaver: Klaver, maps: Path, tmp_path: Path) -> None:
    made = klaver("import", "kanaalzone", "--lang", "nl")
    assert made.exit_code == 0, made.output
    assert "12 kavels en 10 bedrijven" in made.output and "klaver compare kanaalzone.toml" in made.output
    page = (tmp_path / "kanaalzone-check.nl.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and 'lang="nl"' in page
    compared = klaver("compare", "kanaalzone.toml", "--strategies", "none,demand_driven", "--seeds", "2", "--quarters", "8")
    assert compared.exit_code == 0, compared.output
    shown = klaver("show", "kanaalzone.toml", "--lang", "en")
    assert "Synthetisch bedrijf 1" in shown.output and "drawn per future" in shown.output


def test_what_was_made_is_told_as_json(klaver: Klaver, maps: Path) -> None:
    told = json.loads(klaver("import", "kanaalzone", "--json").stdout)
    assert told["file"] == "kanaalzone.toml" and told["check"].endswith(".html")
    assert {"sources", "findings"} <= set(told), sorted(told)


def test_the_park_file_says_what_it_was_made_of_and_how_it_is_marked(klaver: Klaver, maps: Path, tmp_path: Path) -> None:
    klaver("import", "kanaalzone", "--lang", "en")
    head = (tmp_path / "kanaalzone.toml").read_text(encoding="utf-8").partition("\nname =")[0]
    assert "synthetic_bag.gpkg: pand (10) sha256 " in head and "drawn anew for every future" in head
    assert all(line.startswith("#") or not line for line in head.splitlines())


def test_an_older_file_is_replaced_only_when_asked(klaver: Klaver, maps: Path, tmp_path: Path) -> None:
    assert klaver("import", "kanaalzone").exit_code == 0
    before = (tmp_path / "kanaalzone.toml").read_bytes()
    refused = klaver("import", "kanaalzone", "--cell", "10")
    assert refused.exit_code == 2 and "--force" in refused.output
    assert (tmp_path / "kanaalzone.toml").read_bytes() == before
    assert klaver("import", "kanaalzone", "--cell", "10", "--force").exit_code == 0
    assert load_park(str(tmp_path / "kanaalzone.toml")).cell_m == 10.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a folder or map"),
        (("nowhere",), "nowhere"),
        (("kanaalzone", "--cell", "3"), "--cell is 3.0; a cell is 5 to 100 metres."),
        (("kanaalzone", "--motorway", "close"), "choose near, middle or far"),
        (("kanaalzone", "--year", "97"), "--year is 97"),
        (("kanaalzone", "--key", "k.csv"), "--key goes with --anonymise"),
        (("kanaalzone", "--crs", "EPSG:0"), "EPSG:0"),
        (("kanaalzone", "--mapping", "none.toml"), "none.toml"),
        (("kanaalzone", "--anonymise", "--key", "k.csv"), "k.csv would stand beside the park file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_is_written(
    klaver: Klaver, maps: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    made = klaver("import", *arguments, "--lang", "en")
    assert made.exit_code == 2 and said in made.output and "Traceback" not in made.output, made.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_parcels_is_refused_in_the_language_of_the_user(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "leeg").mkdir()
    (tmp_path / "leeg" / "notes.txt").write_text("hello")
    for lang, word in (("nl", "kavels"), ("en", "parcels")):
        made = klaver("import", "leeg", "--lang", lang)
        assert made.exit_code == 2 and word in made.output, made.output


def test_names_become_codes_and_their_key_is_kept_apart(
    klaver: Klaver, maps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    made = klaver("import", "kanaalzone", "--anonymise", "--out", "made", "--lang", "nl")
    assert made.exit_code == 0, made.output
    (key,) = (tmp_path / "home").rglob("*.csv")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and "Synthetisch bedrijf 1" in key.read_text(encoding="utf-8-sig")
    for path in (tmp_path / "made").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "Synthetisch" not in text and "7700" not in text and "228950" not in text, path
    assert "Synthetisch" not in made.output
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["park-check.nl.html", "park.toml"]
    assert "herken" in made.output, "that a map tells an insider who is who is said"
    kept = key.read_bytes()
    lost = klaver("import", "kanaalzone", "--anonymise", "--out", "again", "--lang", "nl")
    assert lost.exit_code == 2 and f"--key {key}" in lost.output and key.read_bytes() == kept
    again = klaver("import", "kanaalzone", "--anonymise", "--key", str(key), "--out", "again", "--lang", "nl")
    assert again.exit_code == 0, again.output
    one, other = (load_park(str(tmp_path / folder / "park.toml")) for folder in ("made", "again"))
    assert {row.name for row in one.companies} == {row.name for row in other.companies}
    assert one.place is None


def test_a_park_and_a_run_are_exported_as_a_map(klaver: Klaver, tmp_path: Path) -> None:
    made = klaver("export", "small_village")
    assert made.exit_code == 0 and (tmp_path / "small_village.gpkg").is_file(), made.output
    klaver("run", "small_village", "--quarters", "8", "--out", "village")
    made = klaver("export", "village", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["file"] == "village/village.gpkg" and told["layers"]["parcels_by_year"] > 0
    layer = pyogrio.read_dataframe(tmp_path / "village" / "village.gpkg", layer="parcels_by_year")
    assert sorted(layer["year"].unique()) == [0, 1, 2] and set(layer["run"]) == {"strategy", "twin"}
    refused = klaver("export", "village")
    assert refused.exit_code == 2 and "--force" in refused.output


def test_a_comparison_is_exported_as_a_map_of_means(klaver: Klaver, tmp_path: Path) -> None:
    klaver("compare", "small_village", "--strategies", "none,demand_driven", "--seeds", "2", "--quarters", "8", "--out", "two")
    made = klaver("export", "two", "--out", "maps")
    assert made.exit_code == 0, made.output
    layer = pyogrio.read_dataframe(tmp_path / "maps" / "two.gpkg", layer="parcels_by_year")
    assert set(layer["strategy"]) == {"none", "demand_driven"} and "vacant_difference" in layer
