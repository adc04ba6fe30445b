"""Maps and company lists from strangers: taken in within bounds, read in a process that can do no harm, and never believed."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klaver.dashboard import maps_in, maps_reader
from klaver.dashboard.maps_in import Choices, Intake, Outcome, read_outcome, safe_names, use_batch
from klaver.dashboard.maps_reader import Reading
from klaver.dashboard.screens import own_maps
from klaver.language import LANGUAGES, ScreenLanguage
from sim.inputs.scenario import load_park
from tests.klaver.importing import dutch_forms

ROOT = Path(__file__).parents[2]
SAY = {code: ScreenLanguage(code) for code in LANGUAGES}
PATIENCE = 120.0  # seconds: two cores that others may be using


def nothing() -> None:
    """Hear that there is something new."""


def stand_in(body: str, before: str = "") -> tuple[str, ...]:
    """Return the command of a child that does something else than import: ``body`` sees ``asked`` and ``tell``."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    program = f"import os, sys, time\nfrom klaver.dashboard import maps_child\n{before}\ndef work(asked, tell):\n{lines}\n"
    return (sys.executable, "-c", f"{program}maps_child.main(work)")


def read(files: dict[str, bytes], command: tuple[str, ...], choices: Choices | None = None, **more: Any) -> Reading:
    """Return a reading that has begun; ``steps`` gets its steps."""
    steps = more.pop("steps", [])
    reading = Reading(lambda: files, choices or Choices(), lambda: steps.append(reading.step), command=command, **more)
    reading.start()
    return reading


def outcome_of(reading: Reading) -> Outcome:
    """Return what came of a reading, once it is over."""
    reading.wait(PATIENCE)
    assert reading.outcome is not None
    return reading.outcome


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def is_there(process: int) -> bool:
    """Return whether a process lives."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of temporary files, in which nothing may be left."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    yield made
    assert sorted(made.rglob("*")) == []


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the synthetic park in the forms of Dutch open data."""
    place = dutch_forms.write_park(tmp_path_factory.mktemp("maps") / "park")
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


# --- what the page sends ---------------------------------------------------------------------------------------------


def piece(data: bytes, *, batch: str = "a", file: int = 0, files: int = 1, name: str = "a.csv", start: int = 0,
          last: bool = True) -> dict[str, Any]:  # fmt: skip
    """Return a piece as the page sends it."""
    return {"batch": batch, "file": file, "files": files, "name": name, "start": start, "last": last,
            "bytes": 0, "data": base64.b64encode(data).decode()}  # fmt: skip


def test_files_come_in_piece_by_piece_and_are_whole() -> None:
    intake = Intake()
    assert intake.take(piece(b"12", files=3, last=False)) and intake.take(piece(b"34", files=3, start=2))
    assert not intake.batch.complete and use_batch(intake.batch) is None
    intake = Intake()
    for told in (piece(b"12", files=3, last=False), piece(b"34", files=3, start=2),
                 piece(b"", files=3, file=1, name="leeg.csv"), piece(b"xyz", files=3, file=2, name="../b.gpkg")):  # fmt: skip
        assert intake.take(told)
    assert intake.batch.complete
    assert use_batch(intake.batch) == {"a.csv": b"1234", "leeg.csv": b"", "b.gpkg": b"xyz"}
    intake.drop()
    assert use_batch(intake.batch) is None


@pytest.mark.parametrize(
    "wrong",
    [piece(b"34", files=2, start=3), piece(b"34", files=2, start=0), piece(b"3", files=2, file=1, start=2, name="b.csv"),
     piece(b"3", files=2, file=1), piece(b"3", files=2, file=2, name="c.csv"), piece(b"34", files=2, start=2, name="b.csv"),
     piece(b"34", files=2, start=2) | {"data": "?"}, piece(b"34", files=2, start=2) | {"last": 1},
     piece(b"34", files=2, start=2) | {"start": True}, piece(b"34", files=2, start=2) | {"data": None}, None, [], "x", {}],
)  # fmt: skip
def test_a_piece_that_does_not_follow_drops_everything(wrong: Any) -> None:
    intake = Intake()
    assert intake.take(piece(b"12", files=2, last=False))
    assert not intake.take(wrong) and intake.batch.size == 0
    assert not intake.take(piece(b"34", files=2, start=2))  # nor does it go on as if nothing had happened


def test_no_more_bytes_or_files_come_in_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps_in, "LARGEST_TOGETHER", 10)
    intake = Intake()
    assert intake.take(piece(b"x" * 6, files=2)) and intake.take(piece(b"x" * 4, files=2, file=1, name="b.csv"))
    intake = Intake()
    assert intake.take(piece(b"x" * 6, files=2)) and not intake.take(piece(b"x" * 5, files=2, file=1, name="b.csv"))
    assert not Intake().take(piece(b"", files=maps_in.MOST_FILES + 1))
    monkeypatch.setattr(maps_in.base64, "b64decode", lambda *_, **__: pytest.fail("decoded"))
    assert not Intake().take(piece(b"") | {"data": "x" * (4 * (maps_in.PIECE // 3 + 2) + 1)})


def test_another_choice_of_files_takes_the_place_of_the_one_before() -> None:
    intake = Intake()
    assert intake.take(piece(b"12", last=False)) and intake.take(piece(b"new", batch="b"))
    assert use_batch(intake.batch) == {"a.csv": b"new"}


def test_of_very_much_the_files_that_were_used_longest_ago_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps_in, "_held", maps_in._Held())
    monkeypatch.setattr(maps_in, "MOST_HELD", 10)
    pages = [Intake() for _ in range(4)]
    for page in pages[:2]:
        assert page.take(piece(b"1234"))
    assert use_batch(pages[0].batch) is not None  # used again: the other one is the oldest now
    assert pages[2].take(piece(b"1234"))
    assert use_batch(pages[1].batch) is None and pages[1].batch.size == 0
    assert use_batch(pages[0].batch) == use_batch(pages[2].batch) == {"a.csv": b"1234"}
    pages[0].drop()
    assert pages[3].take(piece(b"1234")) and use_batch(pages[2].batch) is not None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8,
)  # fmt: skip


KEYS = st.sampled_from(["batch", "file", "files", "name", "start", "last", "data"])


@given(st.lists(st.dictionaries(KEYS, JUNK), max_size=4))
def test_whatever_the_page_sends_is_no_more_than_refused(told: list[Any]) -> None:
    intake = Intake()
    for content in told:
        intake.take(content)
    assert intake.batch.size == 0


@given(st.lists(st.text(min_size=1, max_size=40), max_size=12, unique=True))
def test_names_of_strangers_become_plain_ones_no_two_alike(names: list[str]) -> None:
    found = safe_names(names)
    assert len(found) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}", name) for name in found)
    assert all(Path(name).name == name and name not in (".", "..") for name in found)


def test_the_parts_of_a_shapefile_stay_together() -> None:
    names = ["één kavel.shp", "één kavel.dbf", "een kavel.shp", "een kavel.dbf", "een kavel.SHX"]
    found = safe_names(names)
    assert found[0].rpartition(".")[0] == found[1].rpartition(".")[0]
    assert len({name.rpartition(".")[0] for name in found[2:]}) == 1 and found[2] != found[0]
    assert [name.rpartition(".")[2] for name in found] == ["shp", "dbf", "shp", "dbf", "SHX"]


@given(st.sampled_from(["cell", "complete", "motorway", "codes", "key", "place", ""]),
       JUNK | st.sampled_from(["5", "20", "7", "near", "far", "", True, 1]))  # fmt: skip
def test_a_choice_is_one_that_the_page_offers(name: str, value: Any) -> None:
    chosen = Choices().changed(name, value)
    assert chosen.cell in (0, *maps_in.CELLS) and type(chosen.cell) is int
    assert chosen.motorway in ("", *maps_in.MOTORWAYS) and {type(chosen.complete), type(chosen.codes)} == {bool}


# --- a real import ---------------------------------------------------------------------------------------------------


def test_maps_become_a_park_with_a_report_in_both_languages(folder: Path, synthetic: dict[str, bytes]) -> None:
    steps: list[str] = []
    reading = read(synthetic, maps_reader.COMMAND, Choices(cell=10, complete=True, motorway="near"), steps=steps)
    outcome = outcome_of(reading)
    assert outcome.scenario is not None, (outcome.trouble, outcome.why_not(SAY["en"]))
    park = outcome.scenario
    assert (park.cell_m, park.motorway, park.founding.vacancy) == (10.0, "near", park.founding.vacancy)
    assert any(company.name.startswith("Synthetisch bedrijf") for company in park.companies)
    assert outcome.key is None and len(outcome.sources) >= 4 and sum(outcome.counts.values()) >= 3
    for code, say in SAY.items():
        assert outcome.reports[code].startswith(b"<!DOCTYPE html>") or b"<html" in outcome.reports[code][:300]
        groups = own_maps.report_groups(outcome, say)
        assert say("own.maps_read") in dict(groups) and all(lines for _, lines in groups)
    assert [*dict.fromkeys(steps)] == ["starting", "reading", "gridding", "matching", "assembling", "reporting", "checking"]


def test_names_become_codes_that_stay_the_same_when_it_is_read_again(folder: Path, synthetic: dict[str, bytes]) -> None:
    first = read(synthetic, maps_reader.COMMAND, Choices(codes=True))
    outcome = outcome_of(first)
    assert outcome.scenario is not None and outcome.key is not None, (outcome.trouble, outcome.why_not(SAY["en"]))
    told = json.dumps(outcome.scenario.resolved()) + "".join(report.decode() for report in outcome.reports.values())
    told += " ".join(line for say in SAY.values() for _, lines in own_maps.report_groups(outcome, say) for line in lines)
    assert "Synthetisch bedrijf" not in told and dutch_forms.STREET not in told

    def people(key: bytes) -> dict[str, str]:
        return {row["name"]: row["code"] for row in csv.DictReader(io.StringIO(key.decode())) if row["kind"] == "company"}

    again = outcome_of(read(synthetic, maps_reader.COMMAND, Choices(codes=True, cell=25), key=first.known_key))
    assert again.key is not None and again.scenario is not None and again.scenario.cell_m == 25.0
    assert people(again.key) == people(outcome.key) and len(people(again.key)) == 10


@pytest.mark.parametrize(
    "files",
    [{"lijst.csv": b"naam;banen\r\nSynthetisch;3\r\n"}, {"kaart.gpkg": b"not a map"}, {"x.zip": b"PK\x03\x04 no"},
     {"x.pdf": b"%PDF-1.4"}],
    ids=["no_map", "no_gpkg", "no_zip", "pdf"],
)  # fmt: skip
def test_files_that_make_no_park_are_told_of_in_both_languages(folder: Path, files: dict[str, bytes]) -> None:
    outcome = outcome_of(read(files, maps_reader.COMMAND))
    assert outcome.scenario is None and not outcome.trouble
    dutch, english = (outcome.why_not(SAY[code]) for code in ("nl", "en"))
    assert dutch and len(dutch) == len(english) and not set(dutch) & set(english)
    assert any(next(iter(files)) in line for line in dutch) or files.keys() == {"lijst.csv"}


# --- children that misbehave -----------------------------------------------------------------------------------------

BEHAVIOUR = {
    "sleeps": ("time.sleep(600)", "time"),
    "allocates": ("data = [bytearray(400_000_000) for _ in range(12)]", "memory"),
    "is killed": ("os.kill(os.getpid(), 9)", "memory"),
    "aborts": ("os.abort()", "memory"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "died"),
    "leaves": ("os._exit(0)", "died"),
    "raises": ("raise KeyError('the name of a firm')", "failed"),
    "answers nonsense": ("return {'scenario': [1, 2], 'key': 3}", "failed"),
    "answers a list": ("return []", "died"),
}


@pytest.mark.parametrize("how", list(BEHAVIOUR))
def test_a_child_that_goes_wrong_gives_a_sentence(how: str, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    body, trouble = BEHAVIOUR[how]
    seconds = 3.0 if how == "sleeps" else PATIENCE
    reading = read({"a.csv": b"x"}, stand_in(body), seconds=seconds)
    assert outcome_of(reading).trouble == trouble
    assert reading.process is None
    assert "the name of a firm" not in caplog.text  # a log is read by others
    for say in SAY.values():
        assert say(f"own.maps_trouble_{trouble}", seconds="60")


def test_a_child_that_only_calculates_is_ended_by_the_system(folder: Path) -> None:
    command = stand_in("while True: pass", "maps_child.CPU_SECONDS = 2")
    assert outcome_of(read({"a.csv": b"x"}, command)).trouble == "time"


def test_a_child_cannot_write_without_end(folder: Path) -> None:
    body = "with open(asked['folder'] + '/own/big', 'wb') as file:\n    while True: file.write(bytes(1_000_000))"
    assert outcome_of(read({"a.csv": b"x"}, stand_in(body, "maps_child.LARGEST_FILE = 3_000_000"))).trouble == "failed"


def test_a_child_that_talks_without_end_is_not_listened_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps_reader, "MOST_ANSWER", 100_000)
    endless = (sys.executable, "-c", "import os\nwhile True: os.write(1, b'x' * 10_000)")
    assert outcome_of(read({"a.csv": b"x"}, endless)).trouble in ("died", "memory")
    lines = (sys.executable, "-c", "import os\nwhile True: os.write(1, b'{\"step\": \"reading\"}\\n')")
    assert outcome_of(read({"a.csv": b"x"}, lines)).trouble in ("died", "memory")


def test_what_libraries_print_is_no_answer(folder: Path) -> None:
    body = "os.write(1, b'{\"done\": {\"trouble\": \"memory\"}}\\n')\nprint('{\"done\": {}}', flush=True)\nraise ValueError"
    assert outcome_of(read({"a.csv": b"x"}, stand_in(body))).trouble == "failed"


def test_names_are_never_used_as_a_path(folder: Path, tmp_path: Path) -> None:
    intake = Intake()
    names = ["../../../escape.csv", "/etc/passwd", "C:\\x\\y.gpkg", "a/../../b.csv", "..", "con.csv"]
    for at, name in enumerate(names):
        assert intake.take(piece(b"x", file=at, files=len(names), name=name))
    listing = tmp_path / "listing.json"
    body = f"""import json, pathlib
found = [asked['folder'], *map(str, pathlib.Path(asked['folder']).rglob('*'))]
pathlib.Path({str(listing)!r}).write_text(json.dumps(found))
return {{'trouble': 'failed'}}"""
    reading = Reading(lambda: use_batch(intake.batch), Choices(), nothing, command=stand_in(body))
    reading.start()
    assert outcome_of(reading).trouble == "failed"
    where, *found = json.loads(listing.read_text())
    files = [Path(path) for path in found if Path(path).parent.parent.name == "files"]
    assert len(files) == len(names) and all(path.is_relative_to(where) for path in files)
    assert not list(tmp_path.rglob("escape*"))


# --- its end ---------------------------------------------------------------------------------------------------------


def test_a_reading_that_is_cancelled_ends_at_once_and_tells_nothing(folder: Path) -> None:
    told: list[str] = []
    reading = read({"a.csv": b"x"}, stand_in("tell('reading')\ntime.sleep(600)"), steps=told)
    until(lambda: reading.step == "reading")
    process = reading.process
    assert process is not None and is_there(process) and list(folder.iterdir())
    count, began = len(told), time.monotonic()
    reading.cancel()
    reading.wait(20)
    assert time.monotonic() - began < 10 and not is_there(process)
    assert reading.outcome is None and len(told) == count


def test_two_are_read_at_once_and_the_next_waits_its_turn(folder: Path) -> None:
    slow = stand_in("tell('reading')\ntime.sleep(600)")
    readings = [read({"a.csv": b"x"}, slow) for _ in range(2)]
    until(lambda: all(reading.step == "reading" for reading in readings))
    left, third = (read({"a.csv": b"x"}, slow) for _ in range(2))
    left.cancel()  # one that leaves while it waits takes no turn
    left.wait(10)
    time.sleep(0.5)
    assert third.step == "waiting" and third.process is None and left.step == "waiting"
    readings[0].cancel()
    until(lambda: third.step == "reading")
    for reading in (readings[1], third):
        reading.cancel()
        reading.wait(20)
    assert not maps_reader._under_way


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_when_the_server_goes_its_children_and_their_files_go(how: signal.Signals, tmp_path: Path) -> None:
    made = tmp_path / "temporary"
    made.mkdir()
    command = stand_in("tell('reading')\ntime.sleep(600)")
    program = f"""
import time
from klaver.dashboard.maps_in import Choices
from klaver.dashboard.maps_reader import Reading
reading = Reading(lambda: {{"a.csv": b"x"}}, Choices(), lambda: None, command={command!r})
reading.start()
while reading.step != "reading": time.sleep(0.05)
print(reading.process, flush=True)
time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env={**os.environ, "TMPDIR": str(made)}, cwd=ROOT)  # fmt: skip
    assert server.stdout is not None
    child = int(server.stdout.readline())
    assert is_there(child) and list(made.iterdir())
    server.send_signal(how)
    server.wait(90)
    until(lambda: not is_there(child), 20)
    until(lambda: not list(made.iterdir()), 10)


# --- what comes back -------------------------------------------------------------------------------------------------


def answer(**changed: Any) -> dict[str, Any]:
    """Return what a child says of a park."""
    whole: dict[str, Any] = {"scenario": load_park("rollepaal").resolved(), "findings": [], "counts": {}, "sources": [],
             "reports": {"nl": "<html>", "en": "<html>"}, "key": None}  # fmt: skip
    return json.loads(json.dumps(whole | changed))


def test_a_park_beyond_the_limits_of_the_dashboard_is_told_of_with_its_own_sentences() -> None:
    row = "." * 398
    large = "\n".join(["#" * 400, *(f"#{row}#" for _ in range(299))])
    outcome = read_outcome(answer(scenario=load_park("rollepaal").resolved() | {"map": large}))
    assert outcome.scenario is None and outcome.problems is not None
    assert any("60.000" in line for line in outcome.why_not(SAY["nl"]))
    assert any("60,000" in line for line in outcome.why_not(SAY["en"]))


def test_what_a_child_says_is_checked_again() -> None:
    assert read_outcome(answer()).scenario is not None
    assert read_outcome(answer(scenario={"name": "x", "cell_m": -4})).problems is not None
    strange = [{"level": "mended", "key": "no.such_sentence", "values": {}, "where": None, "what": ""},
               {"level": "odd", "key": "command.motorway", "values": {}, "where": None, "what": ""},
               {"level": "assumed", "key": "command.motorway", "values": {}, "where": [1.0, 2.0], "what": ""}]  # fmt: skip
    assert [finding.key for finding in read_outcome(answer(findings=strange)).findings] == ["command.motorway"]
    for key, value in (("findings", [{}]), ("reports", {"nl": "x"}), ("sources", [[1]]), ("counts", []), ("scenario", None)):
        outcome = read_outcome(answer(**{key: value}))
        assert outcome.scenario is None and (outcome.trouble or outcome.problems)
    assert read_outcome({"problems": [{"key": "no_such", "values": {}, "near": ""}]}).trouble == "failed"
    long = read_outcome({"problems": [{"key": "check_says", "values": {"text": "x" * 9_000 + "\u202e"}, "near": ""}]})
    assert all(len(line) < 600 and "\u202e" not in line for line in long.why_not(SAY["nl"]))


ANSWERED = st.sampled_from(["refused", "problems", "trouble", "scenario", "findings", "counts", "reports", "key"])


@given(st.dictionaries(ANSWERED, JUNK))
@settings(deadline=None)
def test_whatever_a_child_says_there_is_an_outcome(content: dict[str, Any]) -> None:
    outcome = read_outcome(content)
    assert outcome.scenario is None and (outcome.trouble or outcome.problems is not None)


# --- the screen ------------------------------------------------------------------------------------------------------


class Noted:
    """A reading that only notes what was asked."""

    made: ClassVar[list[Noted]] = []

    def __init__(self, files: Any, choices: Choices, tell: Any, *, key: bytes | None = None) -> None:
        self.files, self.choices, self.key, self.cancelled = files(), choices, key, False
        self.known_key = key or b"codes"
        Noted.made.append(self)

    def start(self) -> None:
        """Begin nothing."""

    def cancel(self) -> None:
        self.cancelled = True


def test_after_the_last_piece_it_is_read_and_after_another_choice_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_maps, "Reading", Noted)
    monkeypatch.setattr(Noted, "made", [])
    maps = own_maps.Maps(nothing)
    maps.choose({"name": "codes", "value": True})
    assert not Noted.made
    maps.receive(piece(b"12", last=False))
    assert maps.taken == "a 0 2" and not Noted.made
    maps.receive(piece(b"34", start=2))
    first = Noted.made[0]
    assert first.files == {"a.csv": b"1234"} and first.choices == Choices(codes=True) and first.key is None
    maps.choose({"name": "cell", "value": "10"})
    assert first.cancelled and Noted.made[1].choices.cell == 10 and Noted.made[1].key == b"codes"
    for nonsense in ({"name": "cell", "value": "10"}, {"name": "cell", "value": 7}, None):
        maps.choose(nonsense)
    assert len(Noted.made) == 2
    maps.receive(piece(b"other", batch="b"))
    assert Noted.made[1].cancelled and Noted.made[2].files == {"a.csv": b"other"} and Noted.made[2].key is None
    maps.receive(piece(b"x", batch="c", start=5))
    assert maps.broken and maps.reading is None and Noted.made[2].cancelled
    maps.receive(piece(b"other", batch="d"))
    maps.leave()
    assert Noted.made[3].cancelled and maps.reading is None and maps.intake.batch.size == 0
