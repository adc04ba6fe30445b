"""The check report: whole, safe to open, the same numbers as the import, readable without colours and in both languages."""

from __future__ import annotations

import json
import re
import string
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.report.blocks import Heading, KeyValue, Table
from klaver.importing.findings import Findings
from klaver.importing.knowledge import knowledge
from klaver.importing.report.check_map import draw_map, known_by_half
from klaver.importing.report.check_report import document, report_data, write_report
from klaver.importing.report.checked import NUMBERED, Check, counts
from klaver.language import ImportLanguage
from sim.inputs.scenario import Scenario
from tests.klaver.importing.made_up_import import NASTY, NORTH, WEST, MadeUp, made_up

COMMAND = "klaver compare parks/<mijn> terrein.toml"


class Page(HTMLParser):
    """Every tag of a page with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="module")
def made() -> MadeUp:
    return made_up()


@pytest.fixture(scope="module", params=["nl", "en"])
def page(request: pytest.FixtureRequest, made: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("check") / f"{request.param}.html"
    write_report(path, **made.parts(), say=ImportLanguage(request.param), command=COMMAND)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


def check_of(made: MadeUp) -> Check:
    return Check(made.scenario, made.grid, made.layers, made.matches, made.findings)


def tables(made: MadeUp, language: str = "en") -> dict[str, Table]:
    blocks = document(check_of(made), ImportLanguage(language), COMMAND).blocks
    return {block.caption: block for block in blocks if isinstance(block, Table)}


# --- safe ------------------------------------------------------------------------------------------------------------


def test_what_a_file_holds_is_never_markup(page: str) -> None:
    assert NASTY not in page and "&lt;img src=x onerror=alert(1)&gt;" in page
    tags = {name for name, _ in Page(page).tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "input", "base"}
    assert not any(key.startswith("on") for _, attributes in Page(page).tags for key in attributes)


def test_every_text_of_the_files_may_be_hostile() -> None:
    made = made_up()
    evil = '"><script>alert(1)</script>'
    scenario = Scenario.from_resolved(json.loads(json.dumps(made.scenario.resolved()).replace("plot 3", "p<script>3")))
    source = made.layers.sources[0]
    made.layers.sources[0] = type(source)(evil, evil, evil, evil, 3, {evil: evil}, (evil,), evil, evil)
    made.findings.add("mended", "check.level_mended_caption", what=evil, n=evil)
    hostile = MadeUp(scenario, made_up(scenario).grid, made.layers, made.matches, made.findings)
    from analysis.report.html import render_html

    text = render_html(document(check_of(hostile), ImportLanguage("nl"), evil))
    assert "<script" not in text and "&lt;script" in text


def test_nothing_is_fetched_from_outside(page: str) -> None:
    for name, attributes in Page(page).tags:
        assert name not in ("link",), attributes
        for key in ("src", "href", "xlink:href", "action", "data"):
            value = attributes.get(key) or ""
            assert value == "" or value.startswith(("#", "data:image/png;base64,")), (name, key, value[:60])
    assert not re.search(r"url\((?!#)|@import", page)


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_nothing_else(
    made: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "check.html"
    path.write_text("the old one")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(path, **made.parts(), say=ImportLanguage("en"), command=COMMAND)  # type: ignore[arg-type]
    assert [file.name for file in tmp_path.iterdir()] == ["check.html"]
    assert path.read_text() == "the old one"


def test_the_same_import_gives_the_same_report(made: MadeUp, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, **made_up().parts(), say=ImportLanguage("nl"), command=COMMAND)  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# --- what it tells ---------------------------------------------------------------------------------------------------


def test_counts_are_those_of_the_import(made: MadeUp) -> None:
    size, firms = counts(check_of(made)), check_of(made).companies()
    plan = made.scenario.plan()
    assert size["parcels"] == len(plan.parcels) == size["parcels_in_file"]
    assert size["net_m2"] == pytest.approx(np.count_nonzero(plan.parcel_of >= 0) * plan.cell_m**2)
    assert size["area_on_grid"] == pytest.approx(size["net_m2"])
    seated = sum(company.parcel is not None for company in made.scenario.companies)
    assert (firms["in_file"], firms["on_parcel"], firms["lost"]) == (seated + 1, seated, 1)
    jobs = sum(company.jobs or 0.0 for company in made.scenario.companies if company.parcel)
    assert (firms["jobs_in_file"], firms["jobs_on_parcel"]) == (pytest.approx(jobs + 40.0), pytest.approx(jobs))


def test_the_area_error_is_weighted_by_area() -> None:
    made = made_up()
    made.grid.areas = pd.DataFrame({"in_file": [900.0, 100.0], "on_grid": [810.0, 150.0], "error": [-0.1, 0.5]})
    assert check_of(made).area_error == pytest.approx((90.0 + 50.0) / 1_000.0)


def test_the_table_of_areas_has_the_worst_first(made: MadeUp) -> None:
    rows = tables(made)["Parcels whose area on the grid differs most"].rows
    worst = made.grid.areas["error"].abs().sort_values(ascending=False).index[:10]
    assert [row[0] for row in rows] == list(worst)


def test_the_table_of_what_is_known_adds_up(made: MadeUp) -> None:
    rows = tables(made)["How many values of each item are known"].rows
    known = knowledge(made.scenario)
    assert sum(int(cell.replace(",", "")) for row in rows for cell in row[2:]) == len(known)
    row = next(row for row in rows if row[:2] == ("Jobs", "companies"))
    jobs = known[known["field"] == "jobs"]["mark"]
    assert row[2:] == tuple(str(int((jobs == mark).sum())) for mark in ("measured", "assumed", "imputed"))


def test_every_finding_is_listed_with_its_number_and_place(made: MadeUp) -> None:
    listed = [row for table in tables(made).values() if table.head[:2] == ("What", "Finding") for row in table.rows]
    assert len(listed) == len(made.findings)
    numbered = [row[2] for row in listed if len(row) == 3 and row[2].startswith("number ")]
    placed = [finding for finding in made.findings if finding.where]
    assert len(numbered) == len(placed)
    assert numbered[0].startswith("number 1 on the map\nx 229,240, y 512,710")


def test_only_so_many_findings_are_numbered() -> None:
    made = made_up()
    for k in range(NUMBERED + 20):
        made.findings.add("mended", "check.nothing", what=str(k), where=(WEST + k, NORTH - k))
    check = check_of(made)
    assert [number for number, _ in check.numbered] == list(range(1, NUMBERED + 1))
    texts = [getattr(block, "text", "") for block in document(check, ImportLanguage("en"), COMMAND).blocks]
    assert any(f"{NUMBERED} of the {NUMBERED + 28} findings" in text for text in texts)
    # Some of every kind, also of those that come last.
    assert {finding.key for _, finding in check.numbered} == {finding.key for finding in made.findings if finding.where}


def test_what_is_drawn_anew_names_its_values_and_their_origin() -> None:
    made = made_up()
    rows = {row[0].partition("\n")[0]: row for row in tables(made)["Items that are drawn"].rows}
    assert "35%" in rows["Age of the building"][1] and "founding.outdated" in rows["Age of the building"][2]
    assert "median 6 and mean 19" in rows["Jobs"][1]
    assert "Parcel" not in rows and "Used or vacant" not in rows  # all of them are known
    content = made.scenario.resolved()
    content["founding"]["median_jobs"] = 8.0
    made.scenario = Scenario.from_resolved(content)
    made.findings.add("assumed", "command.learned_median_jobs")
    again = {row[0].partition("\n")[0]: row for row in tables(made)["Items that are drawn"].rows}
    assert "median 8" in again["Jobs"][1] and again["Jobs"][2] == "learned from the known cases on this park"


def test_the_first_thing_to_do_stands_in_the_summary(made: MadeUp) -> None:
    check, say = check_of(made), ImportLanguage("nl")
    blocks = document(check, say, COMMAND).blocks
    callout = next(block for block in blocks if type(block).__name__ == "Callout")
    assert say(f"check.get_{check.better[0].key}") in callout.text
    pairs = dict(next(block for block in blocks if isinstance(block, KeyValue)).rows)
    assert pairs["Kavels"] == "31"


def test_without_companies_or_findings_the_report_is_whole_too(tmp_path: Path) -> None:
    made = made_up()
    made.layers.companies = None
    bare = MadeUp(made.scenario, made.grid, made.layers, made.matches, Findings())
    parts = bare.parts() | {"matches": None}
    write_report(tmp_path / "check.html", **parts, say=ImportLanguage("nl"), command=COMMAND)  # type: ignore[arg-type]
    assert "Er hoefde niets te worden weggelaten" in (tmp_path / "check.html").read_text(encoding="utf-8")


def test_the_data_are_json_and_hold_every_finding(made: MadeUp) -> None:
    data = report_data(**made.parts(), say=ImportLanguage("en"))  # type: ignore[arg-type]
    again = json.loads(json.dumps(data, allow_nan=False))
    assert len(again["findings"]) == len(made.findings)
    assert again["findings"][1]["where"] == [229_240.0, 512_710.0]
    assert sum(again["known"].values()) == pytest.approx(1.0)
    gains = [one["gain"] for one in again["improvements"]]
    assert gains and gains == sorted(gains, reverse=True)


# --- for everybody ---------------------------------------------------------------------------------------------------


def test_the_page_has_what_a_screen_reader_needs(page: str) -> None:
    read = Page(page)
    assert read.tags[0][0] == "html" and read.tags[0][1]["lang"] in ("nl", "en")
    assert read.count("h1") == 1 and read.count("main") == 1 and read.count("caption") == read.count("table")
    levels = [int(name[1]) for name, _ in read.tags if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") for name, attributes in read.tags if name == "th")
    picture = next(attributes for name, attributes in read.tags if name == "svg")
    assert picture["role"] == "img" and "31" in (picture["aria-label"] or "")


def test_both_languages_say_everything() -> None:
    nl, en = ImportLanguage("nl")._texts, ImportLanguage("en")._texts
    mine = {key for key in nl if key.startswith("check.")}
    assert mine == {key for key in en if key.startswith("check.")}

    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    assert {key: blanks(nl[key]) for key in mine} == {key: blanks(en[key]) for key in mine}


def test_every_key_of_the_report_is_used() -> None:
    folder = Path(__file__).parents[3] / "klaver" / "importing"
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    families = re.findall(r'check\.([a-z_]*?)(?:\{)', code)
    assert families
    for key in (key.removeprefix("check.") for key in ImportLanguage("en")._texts if key.startswith("check.")):
        assert f'"check.{key}"' in code or f"'check.{key}'" in code or any(
            prefix and key.startswith(prefix) for prefix in families), key  # fmt: skip


# --- the map ---------------------------------------------------------------------------------------------------------


def test_a_parcel_is_coloured_by_what_at_least_half_of_its_values_are() -> None:
    shares = pd.DataFrame({"measured": [0.5, 0.2, 0.2, 0.0], "assumed": [0.0, 0.3, 0.2, 0.5], "imputed": [0.5, 0.5, 0.6, 0.5]},
                          index=list("abcd"))  # fmt: skip
    assert known_by_half(shares).tolist() == ["measured", "assumed", "imputed", "assumed"]


def test_the_map_says_in_words_what_its_colours_say(made: MadeUp) -> None:
    check, say = check_of(made), ImportLanguage("en")
    picture = draw_map(made.grid, check.parcels, [], say)
    counted = known_by_half(check.parcels).value_counts()
    for mark, words in (("measured", "At least half measured"), ("assumed", "at least half measured or assumed"),
                        ("imputed", "more than half unknown")):  # fmt: skip
        assert f"{words}: {counted.get(mark, 0)}" in picture.alternative


def test_hatching_tells_what_colour_tells(made: MadeUp) -> None:
    picture = draw_map(made.grid, check_of(made).parcels, [], ImportLanguage("en"))
    assert picture.svg.count("<pattern") >= 2  # dots for assumed, lines for unknown


def test_numbers_that_would_cover_each_other_move_apart() -> None:
    from klaver.importing.report.check_map import _free

    taken: list[tuple[float, float]] = []
    for _ in range(30):
        taken.append(_free(100.0, 100.0, taken, 20.0, (400.0, 110.0)))
    apart = [np.hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(taken) for b in taken[:i]]
    assert taken[0] == (100.0, 100.0) and min(apart) >= 20.0
    assert max(y for _, y in taken) <= 110.0


def test_a_finding_outside_the_map_is_drawn_at_its_edge(made: MadeUp) -> None:
    picture = draw_map(made.grid, check_of(made).parcels, [(1, (0.0, 0.0)), (2, (1e9, 1e9))], ImportLanguage("nl"))
    assert "nan" not in picture.svg.lower().split("<metadata>")[0]


def test_no_two_headings_are_the_same(made: MadeUp) -> None:
    blocks = document(check_of(made), ImportLanguage("en"), COMMAND).blocks
    heads = [block.text for block in blocks if isinstance(block, Heading)]
    assert len(heads) == len(set(heads)) > 8
