"""A session as a file and as a link: everything comes back, links are short, and a stranger's does no harm."""

from __future__ import annotations

import base64
import json
import random
import re
import time
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.identity import model_version
from klaver import __version__
from klaver.dashboard import desk as desks
from klaver.dashboard import session_file
from klaver.dashboard.refusals import Refused
from klaver.dashboard.session_file import (
    LARGEST_SESSION,
    LONGEST_LINK,
    from_json,
    from_link,
    read_session,
    to_json,
    to_link,
)
from klaver.dashboard.sketch import set_company, sketch
from klaver.language import ScreenLanguage
from sim.inputs.scenario import list_parks
from sim.inputs.strategy import list_strategies, load_strategy

SAY = [ScreenLanguage("nl"), ScreenLanguage("en")]


def mixed(name: str = "demand_driven", **changes: Any) -> dict[str, Any]:
    """Return a shipped strategy with another mix, as a slider makes it."""
    return load_strategy(name).resolved() | {
        "name": "own", "title": {"nl": "Eigen aanpak", "en": "Own approach"}, "description": {"nl": "", "en": ""},
        "roles": {"regisseren": 0.37, "aanjagen": 0.13, "verbinden": 0.29, "ontzorgen": 0.21}, **changes,
    }  # fmt: skip


SIMPLE: dict[str, Any] = {"park": {"shipped": "typical"}, "strategy": mixed()}
OWN = set_company(sketch(8, 14, name="Eigen <i>terrein</i>"), 0, sector="logistics", jobs=12, name="Bakkerij ‘De Kroon’")
FULL: dict[str, Any] = {
    "park": {"own": OWN.resolved()}, "strategy": mixed(), "reference": load_strategy("supply_driven").resolved(),
    "seeds": 50, "seed": 7, "quarters": 40, "drawn": True, "language": "en", "pinned": [mixed("aanjagen"), mixed("none")],
    "game": {"years": [{"mix": [0.1, 0.2, 0.3, 0.4], "refused": [3, 5]}, {"mix": [0.25] * 4, "refused": []}],
             "strategy": mixed(), "seed": 3, "predictions": {"vacancy": "lower"}},
    "answers": {"trust": "low", "size": 27.5},
    "predictions": {"vitality": 61.5, "best": "aanjagen", "sure": True, "range": [1, 2.5], "none": None},
    "library": [{"name": "voor de raad", "date": "2025-03-01T12:30:00+01:00", "note": "regel 1\nregel 2", "product": "0.1.0",
                 "model": "abc", "park": {"shipped": "rollepaal"}, "strategy": mixed(), "reference": "none", "seeds": 200,
                 "seed": 1, "quarters": None, "drawn": False, "pinned": [mixed()]}],
}  # fmt: skip


def refused(text: str, read: Any = from_json) -> list[str]:
    """Return what is told of a text that must be refused, in Dutch."""
    with pytest.raises(Refused) as raised:
        read(text)
    for say in SAY:
        assert all(line.isprintable() and len(line) < 600 for line in raised.value.told(say))
    return raised.value.told(SAY[0])


def packed(content: Any) -> str:
    """Return anything packed as a link packs it."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode().rstrip("=")


# --- back and forth --------------------------------------------------------------------------------------------------


def test_a_session_comes_back_as_it_was():
    assert from_json(to_json(FULL)) == FULL
    complete = from_json(to_json(SIMPLE))
    assert from_json(to_json(complete)) == complete
    assert complete["seeds"] == 200 and complete["reference"] == "none" and complete["library"] == []
    assert complete["strategy"] == SIMPLE["strategy"]


def test_a_link_comes_back_as_it_was_but_for_the_library():
    link = to_link(FULL)
    assert link is not None and re.fullmatch(r"[A-Za-z0-9_-]+", link)
    state, warning = from_link(link)
    assert state == {**FULL, "library": []} and warning is None


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_setting_comes_back_from_file_and_link(data):
    share = st.integers(0, 100)
    strategies = st.builds(
        lambda name, cut, years, euros: mixed(name, roles={
            "regisseren": cut / 200, "aanjagen": 0.5 - cut / 200, "verbinden": 0.25, "ontzorgen": 0.25},
            goals={"criterion": "vacancy", "level": 3.0, "years": years},
            money=load_strategy(name).resolved()["money"] | {"budget_per_year": euros}),
        st.sampled_from(list_strategies()), share, st.floats(1, 30), st.one_of(st.none(), st.floats(0, 1e9)),
    )  # fmt: skip
    state = {
        "park": {"shipped": data.draw(st.sampled_from(list_parks()))}, "strategy": data.draw(strategies),
        "reference": data.draw(st.one_of(st.sampled_from(list_strategies()), strategies)),
        "seeds": data.draw(st.integers(1, 1_000)), "seed": data.draw(st.integers(0, 2**31)),
        "quarters": data.draw(st.one_of(st.none(), st.integers(4, 400))), "drawn": data.draw(st.booleans()),
        "language": data.draw(st.sampled_from(["nl", "en"])), "pinned": data.draw(st.lists(strategies, max_size=4)),
        "predictions": data.draw(st.dictionaries(st.text("abc", min_size=1, max_size=5), st.text(max_size=9), max_size=3)),
        "answers": data.draw(st.dictionaries(st.text("abc", min_size=1, max_size=5), st.floats(0, 9), max_size=3)),
        "game": None, "library": [],
    }  # fmt: skip
    assert from_json(to_json(state)) == state
    link = to_link(state)
    assert link is not None and from_link(link) == (state, None)


def test_the_desk_of_a_session_comes_back():
    setting = desks.Setting(OWN, load_strategy("aanjagen"), load_strategy("none"), seeds=20,
                            pinned=(load_strategy("adaptive"),),
                            game=desks.Game(({"mix": (0.25,) * 4, "refused": (1,)},)))  # fmt: skip
    state = from_json(to_json(desks.plain(setting)))
    again = desks.from_plain(state)
    assert again.park == OWN and again.strategy == setting.strategy and again.pinned == setting.pinned
    assert again.game is not None and again.game.years[0]["mix"] == [0.25] * 4


# --- links -----------------------------------------------------------------------------------------------------------


def test_a_link_of_a_shipped_park_and_a_changed_mix_is_short():
    for name in list_strategies():
        link = to_link({**SIMPLE, "strategy": mixed(name), "reference": "supply_driven", "seeds": 100})
        assert link is not None and len(link) < 400


def test_a_park_too_large_for_a_link_has_none():
    some = random.Random(1)
    words = {language: "".join(some.choices("abcdefghijklmnopqrstuvwxyz ", k=5_000)) for language in ("nl", "en")}
    large = OWN.resolved() | {"description": words}
    assert to_link({**SIMPLE, "park": {"own": OWN.resolved()}}) is not None
    assert to_link({**SIMPLE, "park": {"own": large}}) is None
    assert from_json(to_json({**SIMPLE, "park": {"own": large}}))["park"] == {"own": large}


def test_a_slider_move_is_not_held_up_by_link_and_file():
    for state in (SIMPLE, {**FULL, "library": FULL["library"] * 50}):
        to_link(state), to_json(state)
        start = time.perf_counter()
        to_link(state), to_json(state)
        assert time.perf_counter() - start < 0.5


def test_another_version_is_warned_of():
    state = session_file._as_json({"park": {"shipped": "typical"}, "strategy": mixed()})
    for made, warning in (([1, __version__, model_version(), state], None),
                          ([1, "9.9", model_version(), state], "own.other_product"),
                          ([1, __version__, "0" * 16, state], "own.other_model")):  # fmt: skip
        assert from_link(packed(made))[1] == warning
    for say in SAY:
        assert say("own.other_model") != say("own.other_product")
    changed = json.loads(to_json(SIMPLE)) | {"model": "0" * 16}
    assert read_session(json.dumps(changed))[1] == "own.other_model" and read_session(to_json(SIMPLE))[1] is None


@pytest.mark.parametrize("text", [
    "", "!", "a b", "A" * 50, "é", packed({"a": 1}), packed([1, 2, 3, {}]), packed([9, "a", "b", {}]),
    packed([1, "a", "b", []]),
    packed([1, "a", "b", {"park": {"shipped": "typical"}}]), "A" * (2 * LONGEST_LINK + 1), (to_link(SIMPLE) or "")[:-9],
    packed([1, "a", "b", {**SIMPLE, "library": FULL["library"]}]), packed([True, "a", "b", SIMPLE]),
    packed([1, "a", "b", {**SIMPLE, "strategy": {"based_on": "../none"}}]),
])  # fmt: skip
def test_what_is_no_link_is_refused(text):
    assert refused(text, from_link)


def test_a_small_link_that_unpacks_to_much_is_refused_at_once():
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * 4_000_000 + b"]", 9)).decode().rstrip("=")
    assert len(bomb) < 2 * LONGEST_LINK
    start = time.perf_counter()
    assert refused(bomb, from_link) == [SAY[0]("own.no_link")]
    assert time.perf_counter() - start < 0.5


# --- a stranger's file -----------------------------------------------------------------------------------------------


def changed(**values: Any) -> str:
    """Return a session file with fields of its state replaced."""
    table = json.loads(to_json(SIMPLE))
    table["state"].update(values)
    return json.dumps(table)


@pytest.mark.parametrize(("values", "field"), [
    ({"seeds": 0}, "seeds"), ({"seeds": 1_001}, "seeds"), ({"seeds": "5"}, "seeds"), ({"seeds": True}, "seeds"),
    ({"seed": -1}, "seed"), ({"quarters": 3}, "quarters"), ({"drawn": 1}, "drawn"), ({"language": "fr"}, "language"),
    ({"pinned": [{}] * 5}, "pinned"), ({"extra": 1}, "extra"), ({"predictions": {"a": {"b": 1}}}, "predictions"),
    ({"predictions": {str(n): 1 for n in range(101)}}, "predictions"), ({"game": {"years": [{"mix": [1.0]}]}}, "mix"),
    ({"game": {"years": [{"mix": [2.0, 0, 0, 0]}]}}, "mix"), ({"library": [{"name": "x"}]}, "library"),
    ({"library": [{**FULL["library"][0], "date": "<script>"}]}, "date"), ({"library": FULL["library"] * 51}, "library"),
    ({"park": {"shipped": "typical", "own": {}}}, "park"), ({"park": {"path": "/etc/passwd"}}, "park"), ({"park": 3}, "park"),
])  # fmt: skip
def test_a_field_that_is_not_right_is_named(values, field):
    assert any(field in line for line in refused(changed(**values)))


@pytest.mark.parametrize(("values", "told"), [
    ({"park": {"shipped": "../typical"}}, "‘../typical’ wordt niet meegeleverd"),
    ({"park": {"own": {"firms": 1}}}, "minstens 2"), ({"park": {"own": {"gross_ha": 900}}}, "hoogstens 300"),
    ({"park": {"own": {"based_on": "/etc/passwd", "firms": 20}}}, "‘based_on’ is geen bekende instelling"),
    ({"park": {"own": {"map": "E" * 50_000}}}, "uitgangen"), ({"reference": "/etc/passwd"}, "wordt niet meegeleverd"),
    ({"strategy": {"roles": {"regisseren": 0.9}}}, "tellen op"), ({"pinned": [{"approach": "x"}]}, "approach"),
])  # fmt: skip
def test_a_park_or_strategy_that_is_not_right_is_told_as_of_an_upload(values, told):
    assert told in " ".join(refused(changed(**values)))


def test_all_problems_of_a_session_are_told():
    assert len(refused(changed(park={"shipped": "x"}, reference="y", pinned=[{"approach": "z"}]))) == 3


def test_many_large_parks_in_one_session_are_refused_before_they_are_read():
    library = [{**FULL["library"][0], "park": {"own": {"gross_ha": 290 + n / 10, "cell_m": 8, "firms": 20}}} for n in range(50)]
    start = time.perf_counter()
    assert any("vakjes" in line for line in refused(changed(library=library)))
    assert time.perf_counter() - start < 15.0


@pytest.mark.parametrize("text", [
    "", "null", "[]", "{}", '{"klaver_session": 1}', '{"klaver_session": 2}', '{"klaver_session": true}', "[" * 100_000,
    '{"klaver_session":' + "9" * 5_000 + "}", '{"klaver_session": NaN}', " " * (LARGEST_SESSION + 1),
    '{"klaver_session": 1, "product": "a", "model": "b", "state": ' + "[" * 50 + "]" * 50 + "}", '"\\ud800"',
    '{"klaver_session": "\\ud800"}',
])  # fmt: skip
def test_what_is_no_session_is_refused(text):
    assert refused(text)


def test_more_than_one_file_holds_is_refused():
    versions = [{**FULL["library"][0], "note": "x" * 2_000, "pinned": [
        mixed(description={"nl": "y" * 5_000, "en": "z" * 5_000})] * 4} for _ in range(50)]  # fmt: skip
    with pytest.raises(Refused) as raised:
        to_json({**SIMPLE, "library": versions})
    assert raised.value.problems[0].key == "session_too_large"


ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=15,
)  # fmt: skip


@given(text=st.one_of(st.text(max_size=200), ANY.map(lambda content: json.dumps({"klaver_session": 1, "state": content}))))
@settings(max_examples=200, deadline=None)
def test_no_text_raises_anything_else(text):
    for read in (from_json, from_link):
        try:
            read(text)
        except Refused as raised:
            assert raised.told(SAY[0])


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_no_changed_session_raises_anything_else(data):
    table: Any = json.loads(to_json(FULL))
    for _ in range(data.draw(st.integers(1, 3))):
        at, depth = table, 0
        while isinstance(at, (dict, list)) and at:
            key = data.draw(st.sampled_from(sorted(at))) if isinstance(at, dict) else data.draw(st.integers(0, len(at) - 1))
            inner = at[key]
            depth += 1
            if not isinstance(inner, (dict, list)) or not inner or (depth > 2 and data.draw(st.booleans())):
                at[key] = data.draw(ANY)
                break
            at = inner
    for read, text in ((from_json, json.dumps(table)), (from_link, packed([1, "a", "b", table["state"]]))):
        try:
            state = read(text)
        except Refused as raised:
            assert raised.told(SAY[0])
        else:
            state = state[0] if isinstance(state, tuple) else state
            desks.from_plain(state)


@given(content=ANY)
@settings(max_examples=100, deadline=None)
def test_no_packed_content_raises_anything_else(content):
    for link in (packed(content), packed([1, "a", "b", content])):
        try:
            from_link(link)
        except Refused as raised:
            assert raised.told(SAY[1])
