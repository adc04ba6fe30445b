"""Files from a stranger: good ones are read as the command line reads them, of bad ones every problem is told, none raises."""

from __future__ import annotations

import re
import string
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from klaver.dashboard import refusals, session_file, sketch, uploads
from klaver.dashboard.refusals import MOST_CELLS, MOST_PROBLEMS
from klaver.dashboard.session_file import to_json
from klaver.dashboard.uploads import LARGEST_UPLOAD, Upload, read_upload
from klaver.language import ScreenLanguage, screen_texts
from sim.inputs.files import shipped_folder
from sim.inputs.scenario import Scenario, list_parks, load_park
from sim.inputs.strategy import list_strategies, load_strategy

FILES = {path.name: path.read_bytes() for kind in ("parks", "strategies") for path in shipped_folder(kind).glob("*.toml")}
SESSION = to_json({"park": {"shipped": "typical"}, "strategy": load_strategy("demand_driven").resolved()})


def problems(text: str, name: str = "mine.toml", language: str = "nl") -> tuple[str, ...]:
    """Return what is wrong with a file of this text, which must be something."""
    upload = read_upload(name, text.encode(), language)
    assert upload.problems and upload.scenario is upload.strategy is upload.session is None
    return upload.problems


def sound(upload: Upload) -> None:
    """Assert that an upload holds either something good or problems, as text that can be shown."""
    good = [found for found in (upload.scenario, upload.strategy, upload.session) if found is not None]
    assert len(good) == (0 if upload.problems else 1), upload
    told = [upload.name, upload.warning, *upload.problems]
    for heading, lines in upload.report:
        told += [heading, *lines]
    for line in told:
        assert line.isprintable() and len(line) < 5_000
        line.encode("utf-8")


# --- good files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_parks())
def test_a_park_is_read_as_the_command_line_reads_it(name):
    upload = read_upload(f"C:\\files\\{name}.toml", FILES[f"{name}.toml"], "nl")
    assert not upload.problems and upload.kind == "park" and upload.name == f"{name}.toml"
    assert upload.scenario == load_park(name)
    sound(upload)


@pytest.mark.parametrize("name", list_strategies())
def test_a_strategy_is_read_as_the_command_line_reads_it(name):
    upload = read_upload(f"{name}.toml", FILES[f"{name}.toml"], "en")
    assert upload.kind == "strategy" and upload.strategy == load_strategy(name), upload.problems
    sound(upload)


def test_a_file_without_a_name_is_called_after_the_file():
    upload = read_upload("Mijn terrein é.toml", b"firms = 20\ngross_ha = 10\n", "nl")
    assert upload.scenario is not None and upload.scenario.name == "Mijn terrein _"


def test_a_file_from_windows_is_text_too():
    upload = read_upload("a.toml", b'\xef\xbb\xbffirms = 20\r\ngross_ha = 10\r\nmotorway = "near"\r\n', "nl")
    assert upload.scenario is not None and upload.scenario.motorway == "near"


def test_a_session_is_read_with_its_warning():
    assert read_upload("s.json", SESSION.encode(), "nl").warning == ""
    other = re.sub(r'"model":"[0-9a-f]+"', '"model":"0123456789abcdef"', SESSION, count=1)
    upload = read_upload("s.json", other.encode(), "nl")
    assert upload.session == session_file.from_json(SESSION)
    assert upload.warning == ScreenLanguage("nl")("own.other_model")
    sound(upload)


def test_the_report_counts_what_is_stated_assumed_and_open():
    park = sketch.set_vacant(sketch.sketch(8, 14, name="x"), 0, True)
    park = sketch.set_company(park, 1, sector="logistics", name="<b>A</b>")
    upload = read_upload("x.toml", sketch.toml_text(park).encode(), "nl")
    report = dict(upload.report)
    say = ScreenLanguage("nl")
    size = report[say("own.report_found")]
    parcels = len(park.plan().parcels)
    assert str(parcels) in size[0] and "14 met een pand" in size[0]
    assert "kavels met een bedrijf: 1; panden die leegstaan: 1; panden waarvan er niet staat wie er zit: 12" in size[1]
    assert any(line.startswith("Sector: bij 1 bedrijf (<b>A</b>)") for line in report[say("own.report_stated")])
    assert any(line.startswith("Duur van de leegstand: bij 1 kavel (kavel 1)") for line in report[say("own.report_assumed")])
    assert any("Energieprestatie: bij 14 van de 14" in line for line in report[say("own.report_open")])
    assert any("motorway" in line for line in report[say("own.report_filled")])


def test_the_report_names_what_came_from_the_base():
    upload = read_upload("x.toml", b'based_on = "vacant_core"\nfirms = 30\n', "en")
    assert upload.scenario is not None and upload.scenario.firms == 30 and upload.scenario.vacant_site_ha == 3.0
    filled = dict(upload.report)[ScreenLanguage("en")("own.report_filled")]
    assert "‘vacant_core’" in filled[0] and "gross_ha" in filled[0] and "firms" not in filled[0]


# --- bad files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "expected"), [
    ("firms = 20\nfirm = 3", ["‘firm’ is geen bekende instelling. Bedoelde u ‘firms’?"]),
    ("firms = 3.5", ["‘firms’ is 3.5; het moet een heel getal zijn."]),
    ('firms = 20\nmotorway = "neer"', ["near, middle, far. Bedoelde u ‘near’?"]),
    ("firms = 1", ["minstens 2"]), ("firms = 20\ngross_ha = inf", ["gross_ha"]),
    ("firms = 20\n[founding]\nvacancy = 2", ["founding.vacancy", "hoogstens 0.9"]),
    ("firms = 20\n[founding]\nsector_shares = {logistics = 0.3}", ["tellen op tot 0.3; samen moeten ze 1 zijn"]),
    ("firms = 20\n[founding]\nsector_shares = {logistic = 1.0}", ["‘logistic’ is geen sector", "Bedoelde u ‘logistics’?"]),
    ("firms = 20\n[parameters]\nbeta = 9\nbetta = 1", ["Parameter ‘beta’", "‘betta’ is geen bekende parameter", "‘beta’"]),
    ("firms = 20\nwindows = [{opens = 5, closes = 3}]", ["sluit in kwartaal 3"]),
    ('firms = 20\n[[parcels]]\nname = "a"', ["maar er is geen kaart"]),
    ('firms = 20\nname = "a/b"', ["letters zonder accent"]), ("firms = 20\nquarters = true", ["een heel getal"]),
    ("roles = {regisseren = 0.5}", ["De aandelen van de vier rollen in ‘roles’ tellen op tot 1.25"]),
    ('approach = "demand"', ["Bedoelde u ‘demand_driven’?"]),
    ("firms = 900\ngross_ha = 4", ["minder dan twee vakjes"]), ("gross_ha = 500", ["hoogstens 300 hectare"]),
    ("firms = 2_000\ngross_ha = 290", ["hoogstens 1.500"]), ("cell_m = 5\ngross_ha = 299", ["hoogstens 60.000"]),
    ("gross_ha = 20\nvacant_site_ha = 19", ["leegstaande locatie"]),
    ('based_on = "typicl"\nfirms = 20', ["‘typicl’", "Bedoelde u ‘typical’?"]),
    ('based_on = 3\nfirms = 20', ["based_on", "tekst"]), ('firms = 20\napproach = "none"\nparks = []', ["niet te zien"]),
    ('title = {nl = "x"}', ["based_on"]), ('parks = ["typical"]\nstrategies = ["none"]', ["klaver sweep"]),
    ("firms = ", ["geen geldige TOML"]), ("firms = 99" + "9" * 5_000, ["getal"]), ("", ["leeg"]),
    ("a." * 5_000 + "b = 1", ["lagen"]), ("a = " + "[" * 5_000, ["lagen"]), ("[" + "a." * 5_000 + "b]", ["lagen"]),
])  # fmt: skip
def test_what_is_wrong_is_told_in_dutch(text, expected):
    told = " ".join(problems(text))
    for part in expected:
        assert part in told, told
    assert "(in het Engels)" not in told or "TOML" in told


MAP = """
cell_m = 20
map = '''
AABB
E###
CCDD
'''
[legend]
A = {kind = "parcel", name = "a"}
B = {kind = "parcel", name = "b"}
C = {kind = "parcel", name = "c"}
D = {kind = "parcel", name = "d"}
"""


@pytest.mark.parametrize(("change", "expected"), [
    (("AABB", "AAB"), "Regel 1 van de kaart heeft 3 tekens, de breedste regel 4"),
    (("AABB", "AAXB"), "Regel 1, kolom 3 van de kaart: 'X' staat niet in de legenda"),
    (("E###", "####"), "De kaart heeft geen uitgang"),
    (("CCDD", "CCCC"), "Kavel ‘d’ staat in de legenda, maar niet op de kaart"),
    (("AABB", "ABBA"), "kavel ‘a’ ligt los van de rest"),
    (("AABB\nE###", "AABB\nCCCC\nE###"), "ligt niet aan een weg"), (('name = "a"', 'name = "a"\n'), "geen geldige TOML"),
    (("CCDD\n'''", "CCDD\n'''\n[[parcels]]\nname = 'aa'\n"), "Kavel ‘aa’ staat in de lijst met kavels, maar niet op de kaart"),
    (("CCDD\n'''", "CCDD\n'''\n[[parcels]]\nname = 'a'\n[[parcels]]\nname = 'a'"), "Kavel ‘a’ staat twee keer"),
    (("CCDD\n'''", "CCDD\n'''\n[[companies]]\nname = 'x'\nparcel = 'q'"), "Bedrijf ‘x’ zit op kavel ‘q’"),
    (("CCDD\n'''", "CCDD\n'''\n[[companies]]\nname = 'x'\nparcel='a'\n[[companies]]\nname = 'y'\nparcel='a'"),
     "op dezelfde kavel"),
    (("CCDD\n'''", "CCDD\n'''\n[[companies]]\nname = 'x'\n[[owners]]\nname = 'x'"), "De naam ‘x’ komt twee keer voor"),
    (("CCDD\n'''", "CCDD\n'''\n[[parcels]]\nname = 'a'\nowner = 'z'"), "De eigenaar van kavel ‘a’ is ‘z’"),
    (("CCDD\n'''", "CCDD\n'''\n[[companies]]\nname='x'\nparcel='a'\n[[parcels]]\nname='a'\nvacant_quarters=2"), "staat leeg"),
    (("A = {", "AB = {"), "is niet één teken"), (("'''\nAABB\nE###\nCCDD\n'''", '""'), "De kaart is leeg"),
])  # fmt: skip
def test_what_is_wrong_with_a_map_is_told_in_dutch(change, expected):
    assert not read_upload("m.toml", MAP.encode(), "nl").problems
    text = MAP.replace(*change)
    assert text != MAP
    told = " ".join(problems(text))
    assert expected in told, told
    assert "(in het Engels)" not in told or "TOML" in told


def test_all_problems_are_told_at_once_and_very_many_are_counted():
    told = problems('firms = 3.5\ngross_ha = "x"\nmotorway = 3\nnonsense = 1')
    assert len(told) == 4
    many = problems("firms = 20\n" + "\n".join(f"x{n} = {n}" for n in range(400)))
    assert len(many) == MOST_PROBLEMS + 1 and "350" in many[-1]


@pytest.mark.parametrize("base", [
    "../typical", "/etc/passwd", "scenarios/parks/typical.toml", "http://x.nl/a", "C:\\a", "typical.toml",
])
def test_a_base_is_one_of_the_shipped_ones_and_never_a_path(base, tmp_path, monkeypatch):
    Path(tmp_path / "typical.toml").write_text("firms = 77\n")
    monkeypatch.chdir(tmp_path)
    told = problems(tomli_w.dumps({"based_on": base, "firms": 20}))
    assert "Een bestand of adres kan hier niet" in told[0]


def test_nothing_but_shipped_files_is_opened(monkeypatch, tmp_path):
    opened: list[str] = []
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(str(path)) or read(path))
    monkeypatch.chdir(tmp_path)
    Path("typical").write_text("firms = 77")
    upload = read_upload("../../x.toml", b'based_on = "typical"\nfirms = 20\n', "nl")
    assert upload.scenario is not None and upload.scenario.gross_ha == 27
    assert [Path(path).parent for path in opened] == [shipped_folder("parks")]


def test_what_is_no_file_of_ours_is_refused():
    assert "Dit soort bestand" in problems("firms = 20", "park.csv")[0]
    assert "groter dan 2 MB" in read_upload("a.toml", b"#" * (LARGEST_UPLOAD + 1), "nl").problems[0]
    assert "teken 6" in read_upload("a.toml", b"a = '\xff\xfe'", "nl").problems[0]
    assert "UTF-8" in read_upload("a.toml", b"\x89PNG\r\n\x1a\n", "nl").problems[0]
    assert "geen geldige JSON" in problems("{", "a.json")[0]


@pytest.mark.parametrize("text", [
    "a" + ".a" * 900_000 + " = 1", '"a"' + '."."' * 400_000 + " = 1", "\n".join(f"a{n} = 1" for n in range(150_000)),
    "firms = 20\n[parameters]\n" + "\n".join(f"a{n} = 1" for n in range(100_000)),
    "map = '''\n" + "E" * 59_000 + "\n'''", "map = '''\n" + "\n" * 29_000 + "." * 29_000 + "\n'''",
    "map = '''\n" + ("E" * 240 + "\n") * 240 + "'''", "map = '''\n" + ("?" * 240 + "\n") * 240 + "'''",
    "x = '''" + "'" * 1_900_000, 'x = "' + "\\" * 1_900_000, "firms = 20\n" + "a" * 1_900_000 + " = 1",
    MAP + "".join(f"[[parcels]]\nname = '{'plot' * 40}{n}'\n" for n in range(1_500)),
    MAP + "".join(f"[[companies]]\nname = '{n}'\nparcel = '{'plot' * 40}{n}'\n" for n in range(1_400)),
])  # fmt: skip
def test_a_file_made_to_hold_up_the_server_does_not(text):
    assert len(text) <= LARGEST_UPLOAD
    start = time.perf_counter()
    upload = read_upload("a.toml", text.encode(), "nl")
    assert upload.problems
    assert time.perf_counter() - start < 30.0
    sound(upload)


def test_the_slowest_park_that_is_let_in_is_read_within_seconds():
    park = sketch.as_drawn(Scenario(gross_ha=295, firms=1_490, cell_m=8))
    assert refusals.count_cells(park) > 0.7 * MOST_CELLS
    refusals._planned.cache_clear()
    start = time.perf_counter()
    assert not read_upload("a.toml", sketch.toml_text(park).encode(), "nl").problems
    assert time.perf_counter() - start < 60.0


# --- anything at all -------------------------------------------------------------------------------------------------


@given(name=st.sampled_from(["a.toml", "a.json", "..", "\0.toml", "a", "\ud800.toml", "é\n.TOML"]),
       data=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(name, data):
    sound(read_upload(name, data, "nl"))


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63), st.floats(), st.text(max_size=20), st.dates(), st.just("typical")),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip
KEYS = st.one_of(
    st.sampled_from([*Scenario.model_json_schema()["properties"], "based_on", "approach", "roles", "steps", "money", "exit"]),
    st.text(string.ascii_letters, max_size=8),
)  # fmt: skip


@given(table=st.dictionaries(KEYS, VALUES, max_size=8), language=st.sampled_from(["nl", "en"]))
@settings(max_examples=300, deadline=None)
def test_no_toml_raises(table, language):
    sound(read_upload("a.toml", tomli_w.dumps(table).encode("utf-8", "replace"), language))


def mutated(draw: Any, table: Any, path: int = 0) -> Any:
    """Return a table with one value somewhere in it replaced by anything."""
    if isinstance(table, dict) and table and path < 4 and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(table)))
        return {**table, key: mutated(draw, table[key], path + 1)}
    if isinstance(table, list) and table and draw(st.booleans()):
        place = draw(st.integers(0, len(table) - 1))
        return [*table[:place], mutated(draw, table[place], path + 1), *table[place + 1 :]]
    return draw(VALUES)


@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
@settings(max_examples=150, deadline=None)
def test_no_changed_shipped_file_raises(data, name):
    table = tomllib.loads(FILES[name].decode())
    for _ in range(data.draw(st.integers(1, 3))):
        table = mutated(data.draw, table)
        if not isinstance(table, dict):
            table = {"firms": table}
    sound(read_upload(name, tomli_w.dumps(table).encode("utf-8", "replace"), "nl"))


@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
@settings(max_examples=100, deadline=None)
def test_no_damaged_shipped_file_raises(data, name):
    text = FILES[name]
    at = data.draw(st.integers(0, len(text) - 1))
    sound(read_upload(name, text[:at] + data.draw(st.binary(max_size=6)) + text[at + data.draw(st.integers(0, 40)) :], "en"))


# --- texts -----------------------------------------------------------------------------------------------------------


def test_every_text_is_there_in_both_languages_with_the_same_placeholders():
    dutch, english = ({key: text for key, text in screen_texts(code).items() if key.startswith("own.")}
                      for code in ("nl", "en"))
    assert dutch.keys() == english.keys()
    for key, text in dutch.items():
        assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", english[key])), key
    source = "".join(Path(module.__file__ or "").read_text() for module in (refusals, session_file, sketch, uploads))
    named = set(re.findall(r'Problem\("(\w+)"', source)) | set(re.findall(r'"own\.(\w+)"', source))
    named |= {f"field_{name}" for name in (*uploads._OF_PARCEL, *uploads._OF_COMPANY)}
    named |= {key for _, key, _ in refusals._SENTENCES} | set(refusals._BOUNDS.values()) | set(refusals._WANTED.values())
    assert named <= {key.removeprefix("own.") for key in dutch}, named - {key.removeprefix("own.") for key in dutch}
