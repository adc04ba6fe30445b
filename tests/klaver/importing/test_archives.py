"""What is stopped at the door: links, pipes, paths out of an archive, bombs, and files that are not what they are called."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from klaver.importing.findings import CannotImport, Findings
from klaver.importing.reading.archives import take
from klaver.importing.reading.held_files import HeldFile, Limits, holding
from tests.klaver.importing import hostile
from tests.klaver.importing.dutch_forms import write_ibis, write_kadaster, write_lisa_csv, write_lisa_xlsx

GEOJSON = hostile.collection([hostile.feature(hostile.ring(229_000, 513_000), kavel="a")], "EPSG:28992").encode()


def taken(place: Path, limits: Limits = Limits()) -> tuple[list[HeldFile], Findings]:  # noqa: B008
    findings = Findings()
    with holding(limits) as hold:
        files = take(place, hold, findings)
        for file in files:
            assert file.path.parent == hold.folder, "a copy lies in a folder of our own"
    findings.stop_if_refused()
    return files, findings


def why_refused(place: Path, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    with pytest.raises(CannotImport) as problem:
        taken(place, limits)
    return [finding.key.removeprefix("reading.") for finding in problem.value.findings]


def test_a_folder_gives_its_readable_files_and_names_the_others(tmp_path: Path) -> None:
    write_kadaster(tmp_path)
    write_ibis(tmp_path)
    write_lisa_csv(tmp_path)
    (tmp_path / "notes.odt").write_bytes(b"text")
    (tmp_path / "style.qml").write_bytes(b"<qgis/>")
    (tmp_path / ".hidden.csv").write_bytes(b"a;b")
    files, findings = taken(tmp_path)
    assert [(file.name, file.kind) for file in files] == [
        ("synthetic_bedrijven.csv", "csv"), ("synthetic_ibis.shp", "shp"), ("synthetic_kadaster.gpkg", "gpkg")]  # fmt: skip
    assert [(finding.key, finding.what) for finding in findings] == [("reading.not_a_kind", "notes.odt")]


def test_the_hash_is_of_the_bytes_that_are_read(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "kavels.geojson"
    path.write_bytes(GEOJSON)
    files, _ = taken(path)
    assert files[0].sha256 == hashlib.sha256(GEOJSON).hexdigest()


@pytest.mark.parametrize("name", ["../kavels.geojson", "/etc/kavels.geojson", "a/../../kavels.geojson", "C:\\kavels.geojson",
                                  "..\\kavels.geojson"])  # fmt: skip
def test_an_archive_that_points_out_of_itself_is_not_unpacked(tmp_path: Path, name: str) -> None:
    path = hostile.zip_of(tmp_path / "park.zip", {"ok.geojson": GEOJSON, name: GEOJSON})
    assert why_refused(path) == ["path_outside"]
    assert sorted(found.name for found in tmp_path.iterdir()) == ["park.zip"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    assert why_refused(hostile.zip_with_link(tmp_path / "park.zip", "/etc/passwd")) == ["link_in_archive"]


def test_a_zip_bomb_is_refused_by_its_list_of_members(tmp_path: Path) -> None:
    path = hostile.zip_bomb(tmp_path / "park.zip", 450)
    start = time.perf_counter()
    assert why_refused(path) == ["archive_bomb"]
    assert time.perf_counter() - start < 1.0


def test_a_small_archive_that_is_packed_beyond_belief_is_refused(tmp_path: Path) -> None:
    assert why_refused(hostile.zip_bomb(tmp_path / "park.zip", 60)) == ["archive_bomb"]


def test_a_zip_bomb_that_lies_about_its_size_does_not_unpack_further_than_it_says(tmp_path: Path) -> None:
    path = hostile.understated(hostile.zip_bomb(tmp_path / "park.zip", 60), 1_000)
    before = set(Path(tempfile.gettempdir()).glob("klaver-import-*"))
    assert why_refused(path) == ["bad_archive"]
    assert set(Path(tempfile.gettempdir()).glob("klaver-import-*")) <= before, "the temporary folder is taken away"


def test_what_is_unpacked_is_counted_over_all_members(tmp_path: Path) -> None:
    noise = [os.urandom(700_000).hex().encode() for _ in range(3)]
    path = hostile.zip_of(tmp_path / "park.zip", {f"b{at}.csv": b"naam;banen\n" + text for at, text in enumerate(noise)})
    assert why_refused(path, Limits(unpacked_mb=3)) == ["archive_bomb"]
    folder = tmp_path / "folder"
    folder.mkdir()
    for at, text in enumerate(noise):
        (folder / f"b{at}.csv").write_bytes(b"naam;banen\n" + text)
    assert why_refused(folder, Limits(unpacked_mb=3)) == ["too_much"]


def test_an_archive_in_an_archive_is_left_out_with_its_name(tmp_path: Path) -> None:
    inner = hostile.zip_of(tmp_path / "inner.zip", {"kavels.geojson": GEOJSON}).read_bytes()
    files, findings = taken(hostile.zip_of(tmp_path / "park.zip", {"inner.zip": inner, "kavels.geojson": GEOJSON}))
    assert [file.name for file in files] == ["kavels.geojson"]
    assert [(finding.key, finding.what) for finding in findings] == [("reading.nested_archive", "inner.zip")]


def test_a_shapefile_in_an_archive_keeps_its_parts_together(tmp_path: Path) -> None:
    write_ibis(tmp_path)
    parts = {f"map/{path.name}": path.read_bytes() for path in reversed(sorted(tmp_path.glob("synthetic_ibis.*")))}
    files, _ = taken(hostile.zip_of(tmp_path / "park.zip", parts | {"other/synthetic_ibis.csv": b"a;b\n1;2"}))
    assert [file.name for file in files] == ["synthetic_ibis.csv", "synthetic_ibis.shp"]
    assert files[0].path.stem != files[1].path.stem


def test_a_link_is_followed_only_within_the_folder(tmp_path: Path) -> None:
    park = tmp_path / "park"
    park.mkdir()
    (tmp_path / "secret.geojson").write_bytes(GEOJSON)
    (park / "real.geojson").write_bytes(GEOJSON)
    (park / "inside.geojson").symlink_to(park / "real.geojson")
    (park / "outside.geojson").symlink_to(tmp_path / "secret.geojson")
    (park / "dangling.geojson").symlink_to(tmp_path / "nothing.geojson")
    files, findings = taken(park)
    assert [file.name for file in files] == ["inside.geojson", "real.geojson"]
    assert sorted(finding.what for finding in findings) == ["dangling.geojson", "outside.geojson"]
    assert set(findings.counts()) == {"reading.link_outside"}


def test_a_linked_folder_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kavels.geojson").write_bytes(GEOJSON)
    (tmp_path / "park").mkdir()
    (tmp_path / "park" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert taken(tmp_path / "park")[0] == []


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kavels.geojson")
    start = time.perf_counter()
    assert why_refused(tmp_path) == ["not_regular"]
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("kavels.gpkg", b"%PDF-1.7 not a map", "wrong_content"),
        ("kavels.gpkg", b"", "empty_file"),
        ("kavels.geojson", b"<OGRVRTDataSource/>", "wrong_content"),
        ("kavels.shp", b"\xff\xd8\xff\xe0 a picture", "wrong_content"),
        ("bedrijven.csv", b"PK\x03\x04 a workbook", "wrong_content"),
        ("bedrijven.csv", b"\x00\x01\x02\x03", "wrong_content"),
        ("bedrijven.xlsx", b"\xd0\xcf\x11\xe0 an old workbook", "wrong_content"),
        ("bedrijven.xls", b"\xd0\xcf\x11\xe0", "old_sheet"),
        ("bedrijven.ods", b"PK\x03\x04", "old_sheet"),
        ("kaart.pdf", b"%PDF-1.7", "not_a_kind"),
        ("park.zip", b"PK\x03\x04 broken", "bad_archive"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_refused(tmp_path: Path, name: str, content: bytes, key: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert why_refused(path) == [key]


def test_a_document_is_not_taken_for_a_workbook(tmp_path: Path) -> None:
    path = hostile.zip_of(tmp_path / "brief.xlsx", {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    assert why_refused(path) == ["wrong_content"]


def test_a_file_over_the_limit_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "kavels.geojson"
    with open(path, "wb") as file:
        file.write(b"{")
        file.truncate(5_000_000_000)  # takes no room on disk
    start = time.perf_counter()
    assert why_refused(path, Limits(file_mb=20)) == ["file_too_large"]
    assert time.perf_counter() - start < 2.0


def test_all_problems_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"%PDF")
    (tmp_path / "b.shp").write_bytes(b"nothing")
    assert why_refused(tmp_path) == ["wrong_content", "wrong_content"]


def test_two_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    write_lisa_xlsx(tmp_path)
    (tmp_path / "a.json").write_bytes(GEOJSON)
    (tmp_path / "a.geojson").write_bytes(GEOJSON + b" ")
    files, _ = taken(tmp_path)
    assert len({file.path for file in files}) == 3
    assert len({file.sha256 for file in files}) == 3
