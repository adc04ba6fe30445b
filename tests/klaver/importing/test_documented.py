"""The pages on own parks say what the code does: forms, columns, limits, the mapping file, and every command that they show."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyogrio
import pytest

from klaver.importing import layers as standard
from klaver.importing.companies import matching, privacy, sharing
from klaver.importing.findings import Findings
from klaver.importing.grid import gridding, ground
from klaver.importing.importer import Request, import_park
from klaver.importing.reading.columns import MAPPED_ROLES, fold, match_columns
from klaver.importing.reading.forms import BGT_LAYERS, FORMS, ROLE_WORDS, SYNONYMS
from klaver.importing.reading.held_files import Limits
from sim.inputs.scenario import load_park
from sim.records import OWNER_KINDS, SECTORS
from tests.klaver.conftest import Klaver
from tests.klaver.importing import dutch_forms

ROOT = Path(__file__).parents[3]
NAMES = {"en": "own-park.md", "nl": "eigen-terrein.md"}
TEXTS = {language: (ROOT / "docs" / name).read_text(encoding="utf-8") for language, name in NAMES.items()}
LANGUAGES = sorted(NAMES)
STANDARD = {"parcels": standard.PARCEL_COLUMNS, "companies": standard.COMPANY_COLUMNS, "buildings": standard.BUILDING_COLUMNS,
            "addresses": standard.ADDRESS_COLUMNS, "owners": standard.OWNER_COLUMNS}  # fmt: skip


def ticked(text: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every row of a table."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def columns_of(language: str) -> dict[str, list[tuple[list[str], list[str]]]]:
    """Return, by role, the rows of its table of columns: standard names, and other names that are recognised too."""
    found: dict[str, list[tuple[list[str], list[str]]]] = {}
    for section in re.split(r"^### ", TEXTS[language], flags=re.M)[1:]:
        head, _, body = section.partition("\n")
        for names, _, others in rows(body.split("\n## ")[0]):
            role, _, rest = names.rpartition(": ") if ": " in names else (ticked(head)[0], "", names)
            found.setdefault(role, []).append((ticked(rest), ticked(others)))
    return found


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXTS[language], re.M | re.S)


# --- what is recognised ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_known_form_stands_on_the_page_with_columns_that_make_it_known(language: str) -> None:
    told = {cells[0]: cells for cells in rows(TEXTS[language]) if len(cells) == 4}
    for form in FORMS:
        columns = {fold(name) for name in ticked(told[form.name][2])}
        assert all(columns & set(group) for group in form.needs), form
    named = " ".join(name for name in told if name.startswith("BGT "))
    assert {layer for layer in BGT_LAYERS if layer in named} == set(BGT_LAYERS)
    assert "Klaver" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_that_a_file_or_a_mapping_file_can_name_stands_in_its_table(language: str) -> None:
    told = columns_of(language)
    for role in MAPPED_ROLES:
        there = {name for names, _ in told[role] for name in names}
        known = set(STANDARD.get(role, {})) | set(SYNONYMS[role])
        assert known <= there, (role, known - there)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_other_name_that_a_table_shows_is_recognised_as_a_column_of_its_row(language: str) -> None:
    shown = 0
    for role, table in columns_of(language).items():
        for names, others in table:
            for other in others:
                found, _ = match_columns([other], role, {}, "made up", Findings())
                assert set(found) & set(names), (role, names, other, found)
                shown += 1
    assert shown > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_tell_a_role_are_those_of_the_code(language: str) -> None:
    told: dict[str, list[str]] = {}
    for cells in rows(TEXTS[language]):
        if len(cells) == 2:
            told.setdefault(cells[0].split(" ")[0], ticked(cells[1]))
    roles = {"nl": {"kavels": "parcels", "adressen": "addresses", "gebouwen": "buildings", "wegen": "roads", "groen": "green",
                    "water": "water", "grens": "boundary", "aansluitingen": "exits", "bedrijven": "companies",
                    "eigenaren": "owners"}, "en": {role: role for role in ROLE_WORDS}}[language]  # fmt: skip
    assert set(roles.values()) == set(ROLE_WORDS)
    for name, role in roles.items():
        assert told[name] and set(told[name]) <= set(ROLE_WORDS[role]), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sectors_and_kinds_of_owners_are_named(language: str) -> None:
    assert set(SECTORS) | set(OWNER_KINDS) <= set(ticked(TEXTS[language]))


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_are_those_of_the_code(language: str) -> None:
    paragraph = re.split(r"^## ", TEXTS[language], flags=re.M)[-2].split("\n\n")[1]
    limits = Limits()
    most_cells = inspect.signature(gridding.lay_on_grid).parameters["most_cells"].default
    numbers = [limits.file_mb, limits.unpacked_mb, limits.features, limits.vertices, limits.rows, limits.columns,
               limits.extent_m / 1000, gridding.MOST_PARCELS, most_cells, gridding.SHOWN]  # fmt: skip
    assert [int(re.sub(r"[.,]", "", found)) for found in re.findall(r"\d[\d.,]*\d", paragraph)] == numbers


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_on_the_grid_and_on_scores_are_those_of_the_code(language: str) -> None:
    text = TEXTS[language]
    numbers = f"{matching.DOUBTFUL} {matching.LEAST} {matching.NEAR_M:.0f} {matching.CONFLICT_M:.0f} 0.65"
    for number in numbers.split():
        written = re.escape(number if language == "en" else number.replace(".", ","))
        assert re.search(rf"(?<![\d.,]){written}(?!\d)", text), number
    for size in (*gridding.SIZES, gridding.MUST_STAY, ground.ROAD_WIDTH):
        assert re.search(rf"(?<![\d.,]){size:.0f}(?!\d)", text), size
    assert f"{gridding.MOST_ERROR:.0%}" in text and sharing.SEPARATOR in text
    classes = [lower for lower, _ in privacy.JOB_CLASSES]
    assert f"({classes[0]}, {classes[1]}-{classes[2] - 1}, {classes[2]}-{classes[3] - 1}, " in text


# --- the mapping file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mapping_file_of_the_page_makes_a_park(language: str, tmp_path: Path) -> None:
    (text,) = blocks(language, "toml")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, encoding="utf-8")
    files = tmp_path / "files"
    files.mkdir()
    dutch_forms.write_bag(files)
    dutch_forms.write_bgt(files)
    _write_as_mapped(files, text)
    made = import_park(Request(files, mapping=mapping)).scenario
    assert len(made.companies) == 9, "the tenth company's unit was withdrawn"
    assert {row.sector for row in made.companies if row.name in ("one", "two")} == {"automotive", "business_services"}
    assert {row.jobs for row in made.companies} == {float(n) for n in range(5, 14)}
    assert {row.tenant for row in made.companies} == {True, False} and {row.age for row in made.parcels} >= {36.0}
    assert {"Gemeente X", "P. de Vries"} <= {row.owner for row in made.parcels}


def _write_as_mapped(folder: Path, text: str) -> None:
    """Write a map of parcels and a list of companies under the names that a mapping file gives them."""
    told = tomllib.loads(text)
    file, _, layer = told["files"]["parcels"].partition(":")
    parcels = dutch_forms.kadaster()[["geometry"]].copy()
    values = {"name": [f"plot {n}" for n in range(12)], "owner": ["Gemeente X", "P. de Vries"] * 6, "built": [1990] * 12}
    for name, column in told["parcels"].items():
        parcels[column] = values[name]
    parcels.to_file(folder / file, layer=layer)
    numbers = ["2", "4", "6A", "8-2", "10", "12", "14", "16", "18", "20"]  # as the units of the BAG have them
    of_companies: dict[str, list[object]] = {
        "name": ["one", "two", *(f"firm {n}" for n in range(3, 11))], "street": [dutch_forms.STREET] * 10, "number": [*numbers],
        "sbi": ["47110", "96021", *["25110"] * 8], "jobs": [*range(5, 15)], "tenant": [*["huur", "koop"] * 5],
    }  # fmt: skip
    lines = [";".join(told["companies"].values())]
    lines += [";".join(str(of_companies[name][row]) for name in told["companies"]) for row in range(10)]
    (folder / told["files"]["companies"]).write_text("\n".join(lines), encoding="utf-8")


# --- commands --------------------------------------------------------------------------------------------------------


SHORTER = {
    "compare": ["--strategies", "none,demand_driven", "--seeds", "2", "--quarters", "8", "--out", "results/compared"],
    "run": ["--quarters", "8"],
}


def typed(language: str) -> list[list[str]]:
    """Return the commands that the page tells to type, as words after ``uv run``."""
    return [shlex.split(line)[2:] for block in blocks(language, "sh") for line in block.splitlines()]


def test_both_pages_type_the_same_commands() -> None:
    one, other = ([[word.replace("voorbeeld", "example").replace("terrein-a", "park-a") for word in words
                    if word not in ("--lang", "nl")] for words in typed(language)] for language in LANGUAGES)  # fmt: skip
    assert one == other and len(one) > 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_of_the_page_works_and_its_layers_have_the_columns_named(
    klaver: Klaver, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    (tmp_path / "scenarios" / "gis").mkdir(parents=True)
    shutil.copy(ROOT / "scenarios" / "gis" / "rollepaal.gpkg", tmp_path / "scenarios" / "gis")
    for name, *words in typed(language):
        if name == "python":
            exec(words[1], {})
            continue
        made = klaver(*words, *SHORTER.get(words[0], []))
        assert name == "klaver" and made.exit_code == 0, (words, made.output)
    assert klaver("export", "results/compared").exit_code == 0
    assert len(list((tmp_path / "home").rglob("*.csv"))) == 1, "the key of the names lies apart"
    assert load_park(str(tmp_path / "results" / "own" / "rollepaal.toml")).companies
    named = set(ticked(TEXTS[language]))
    for path in (tmp_path / "results" / "one-run" / "one-run.gpkg", tmp_path / "results" / "compared" / "compared.gpkg"):
        for layer, _ in pyogrio.list_layers(path):
            columns = set(pyogrio.read_info(path, layer=layer)["fields"])
            assert layer in named and columns - {"key", "value"} <= named, (layer, columns - named)
