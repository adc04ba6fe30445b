"""The screen of the park without a browser: what it makes of what the page sends, and what it says of a change."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import solara
from hypothesis import given
from hypothesis import strategies as st
from solara.server import kernel, kernel_context

from klaver.dashboard import sketch
from klaver.dashboard.desk import changed, is_shipped_park
from klaver.dashboard.following import Followed, follow
from klaver.dashboard.screens import own_park, park_editor, park_effect, park_view
from klaver.dashboard.session import Session, session_context
from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.dashboard.uploads import LARGEST_UPLOAD, Upload, read_upload
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario

SAY = {code: ScreenLanguage(code) for code in ("nl", "en")}
FIELDS = ("use", "vacant_years", "name", "sector", "jobs", "quality", "owner", "soil")
FROM_PAGE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.sampled_from(["occupied", "vacant", "land", "occupant", "investor", "logistics", "open", ""]),
)  # fmt: skip


@pytest.fixture
def session() -> Iterator[Session]:
    """The session of a page that nobody looks at."""
    with kernel_context.VirtualKernelContext(id="test", kernel=kernel.Kernel(), session_id="test"):
        yield Session()


@pytest.fixture(scope="module")
def own() -> Scenario:
    """A small park of one's own."""
    return sketch.sketch(6, 12, name="De Hoek", seed=3)


@pytest.fixture(scope="module")
def followed() -> Followed:
    """A run with what is measured, in which parcels are split."""
    return follow(shipped_park("rollepaal").resolved(), shipped_strategy("demand_driven").resolved(), 1, 40)


# --- what the page sends ---------------------------------------------------------------------------------------------


@given(FROM_PAGE)
def test_a_pick_that_is_no_parcel_chooses_none(told: Any) -> None:
    place = park_editor.read_plot(told)
    assert place == -1 or told in (f"plot:{place}", str(place))


@pytest.mark.parametrize("told", ["plot:-1", "plot:²", "plot:1e3", "plot:999999", "parcel:x", "plot:", 3, None])
def test_a_strange_pick_chooses_none(told: Any) -> None:
    assert park_editor.read_plot(told) == -1


@given(st.sampled_from([*FIELDS, "plan", "", "park"]), FROM_PAGE, st.integers(0, 20))
def test_whatever_the_form_sends_is_an_edit_that_holds_or_a_sentence_or_nothing(name: str, value: Any, place: int) -> None:
    park = sketch.sketch(6, 12, seed=3)
    edit = park_editor.edit_of(name, value, place)
    if edit is None:
        return
    try:
        new = edit(park)
    except sketch.Refused as refused:
        assert refused.told(SAY["nl"]) and refused.told(SAY["en"])
    else:
        assert new.plan().parcels and new.map == park.map


@pytest.mark.parametrize(
    ("name", "value"),
    [("use", "open"), ("use", 3), ("owner", "nobody"), ("sector", "farming"), ("quality", 101), ("quality", float("nan")),
     ("quality", True), ("jobs", 0), ("jobs", float("inf")), ("soil", -1), ("vacant_years", 1e9), ("vacant_years", "2"),
     ("name", "x" * 201), ("plan", "none")],
)  # fmt: skip
def test_a_value_that_the_form_never_sends_is_no_edit(name: str, value: Any) -> None:
    assert park_editor.edit_of(name, value, 0) is None


@given(st.sampled_from([*own_park.RANGES, "motorway", "name", "seed", "changed"]), FROM_PAGE)
def test_measures_of_a_sketch_stay_within_their_ranges(name: str, value: Any) -> None:
    measures = own_park.Measures().changed(name, value)
    for field, (low, high, whole) in own_park.RANGES.items():
        found = getattr(measures, field)
        assert low <= found <= high and (not whole or isinstance(found, int))
    assert measures.motorway in own_park.MOTORWAYS and len(measures.name) <= 200


@given(FROM_PAGE, FROM_PAGE)
def test_a_file_is_bytes_with_a_name_or_nothing(name: Any, data: Any) -> None:
    found = own_park.read_base64({"name": name, "data": data})
    assert found is None or (isinstance(found[0], str) and isinstance(found[1], bytes))


def test_a_file_is_read_from_base64_and_one_that_is_too_long_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = base64.b64encode(b"x" * LARGEST_UPLOAD).decode()
    assert own_park.read_base64({"name": "a.toml", "data": whole}) == ("a.toml", b"x" * LARGEST_UPLOAD)
    assert own_park.read_base64({"name": "a.toml", "data": "?" * 8}) is None
    assert own_park.read_base64({"name": "x" * 256, "data": "eA=="}) is None
    monkeypatch.setattr(own_park.base64, "b64decode", lambda *_, **__: pytest.fail("decoded"))
    assert own_park.read_base64({"name": "a.toml", "data": whole + "eA==" * 4}) is None


# --- the editor ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rollepaal", "small_village"])
def test_a_shipped_park_is_changed_in_a_copy_and_undo_brings_it_back(session: Session, name: str) -> None:
    shipped = shipped_park(name)
    session.change(park=shipped)
    assert not park_editor.can_edit(shipped)
    park_editor.make_own(session)
    mine = session.setting.park
    assert park_editor.can_edit(mine) and not is_shipped_park(mine)
    assert mine.title.nl == f"{shipped.title.nl} (eigen versie)" and session.notice.value
    assert [parcel.name for parcel in mine.plan().parcels] == [parcel.name for parcel in shipped.plan().parcels]
    session.desk.undo()
    assert session.setting.park is shipped
    session.desk.redo()
    park_editor.make_own(session)
    assert session.setting.park is mine  # a copy of a copy is not made


def test_each_use_of_a_parcel_offers_what_can_be_said_of_it_and_what_is_open_is_empty(own: Scenario) -> None:
    say = SAY["nl"]
    place = next(k for k, parcel in enumerate(own.plan().parcels) if parcel.floor != 0.0)

    def fields(park: Scenario) -> dict[str, Any]:
        return {field["name"]: field for field in park_editor.parcel_fields(sketch.parcel_info(park, place), say)}

    open_ = fields(own)
    assert open_["use"]["value"] == "open" and open_["quality"]["value"] is None and open_["owner"]["value"] == ""
    occupied = fields(sketch.set_company(own, place, sector="logistics", jobs=14))
    assert (occupied["use"]["value"], occupied["sector"]["value"], occupied["jobs"]["value"]) == ("occupied", "logistics", 14)
    assert "open" not in {option["value"] for option in occupied["use"]["options"]}
    vacant = fields(sketch.set_vacant(own, place, True, 6))
    assert vacant["vacant_years"]["value"] == 1.5 and not {"sector", "jobs", "name"} & set(vacant)
    assert sketch.OCCUPANT not in {option["value"] for option in vacant["owner"]["options"]}
    land = fields(park_editor.set_use(own, place, "land"))
    assert set(land) == {"use", "owner", "soil"}


@pytest.mark.parametrize("use", park_editor.USES)
def test_the_use_of_a_parcel_can_be_changed_from_any_to_any(own: Scenario, use: str) -> None:
    for place in range(len(own.plan().parcels)):
        for before in park_editor.USES:
            info = sketch.parcel_info(park_editor.set_use(park_editor.set_use(own, place, before), place, use), place)
            assert (info["occupancy"] if info["building"] else "land") == use


def test_every_parcel_of_a_plan_can_be_chosen_from_the_list(own: Scenario) -> None:
    for code, say in SAY.items():
        options = park_editor.plot_options(own, say)
        assert [option["value"] for option in options] == [f"plot:{k}" for k in range(len(own.plan().parcels))]
        assert all(option["label"].startswith("Kavel" if code == "nl" else "P") for option in options)


def runs(values: list[float], seeds: list[int]) -> Any:
    index = pd.MultiIndex.from_product([["own"], seeds], names=["strategy", "seed"])
    return SimpleNamespace(table=pd.DataFrame({"vitality": values}, index=index), seeds=tuple(seeds))


def test_what_a_change_did_is_told_on_the_seeds_that_both_have_with_how_sure_it_is() -> None:
    say, seeds = SAY["nl"], list(range(1, 31))
    noise = np.sin(np.arange(30.0))
    before = runs([50.0 + x for x in noise], seeds)
    better = runs([53.0 + 1.2 * x for x in noise], seeds)
    sentence = park_effect.effect_in_words(better, before, "own", say)
    assert "gemiddeld +3,0" in sentence and "30 toekomsten" in sentence and "toeval" not in sentence
    unclear = runs([50.0 + x + 0.5 * (-1) ** k for k, x in enumerate(noise)], seeds)
    assert "toeval" in park_effect.effect_in_words(unclear, before, "own", say)
    assert park_effect.effect_in_words(before, before, "own", say) == say("park.effect_none", n="30")
    half = runs([60.0 + x for x in noise[:10]], seeds[:10])
    assert "10 toekomsten" in park_effect.effect_in_words(half, before, "own", say)
    one = park_effect.effect_in_words(runs([51.0], [1]), runs([50.0], [1]), "own", say)
    assert "toeval" in one and not re.search(r"\bnan\b", one)


def test_two_strategies_under_one_name_are_told_apart(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    was = changed(shipped_strategy("demand_driven"), money={"private_ratio": 2.0})
    now = changed(was, money={"private_ratio": 5.0})
    assert now.name == was.name
    session.desk.change(strategy=now, reference=was)
    asked = []
    waiting = SimpleNamespace(failed=None, complete=False, result=None, runs=lambda: None)
    monkeypatch.setattr("klaver.dashboard.session.ensembles", lambda: SimpleNamespace(
        ask=lambda session, subject, of, tell: asked.append((subject, of)) or waiting, call=lambda *_, **__: waiting))

    @solara.component
    def Page() -> None:
        session_context.provide(session)
        park_editor.PlanAndOutcomes(0, print)

    _, rendered = solara.render(Page(), handle_error=False)
    rendered.close()
    (of,) = [of for subject, of in asked if subject == "park"]
    assert sorted(one.money.private_ratio for one in of.strategies) == [2.0, 5.0]


# --- sketch and files ------------------------------------------------------------------------------------------------


def test_a_sketch_is_a_park_that_can_be_changed_or_the_reasons_why_not() -> None:
    made = own_park.make_sketch(own_park.Measures(ha=8, firms=20, name="<b>Noord</b>"), "nl")
    assert isinstance(made, Scenario) and park_editor.can_edit(made) and made.title.nl == "<b>Noord</b>"
    refused = own_park.make_sketch(own_park.Measures(ha=2, firms=1500), "nl")
    assert isinstance(refused, tuple) and refused and all(refused)
    largest = {name: high for name, (_, high, _) in own_park.RANGES.items() if name in ("ha", "firms")}
    assert isinstance(own_park.make_sketch(own_park.Measures(**largest), "nl"), Scenario)


def test_a_park_from_a_file_goes_on_the_desk_and_undo_takes_it_off(session: Session) -> None:
    before = session.setting
    upload = read_upload("mijn.toml", b'based_on = "typical"\nfirms = 40\n', "nl")
    own_park.open_upload(session, upload)
    assert session.setting.park is upload.scenario and session.setting.game is None
    session.desk.undo()
    assert session.setting is before


def test_a_strategy_from_a_file_never_passes_for_a_shipped_one() -> None:
    other = read_upload("x.toml", b'based_on = "demand_driven"\nname = "none"\n[money]\nprivate_ratio = 3.0\n', "nl").strategy
    assert other is not None
    mine = own_park.as_own(other)
    taken = {dict(shipped_strategy(name).title).get("nl") for name in ("none", "demand_driven", "supply_driven")}
    assert mine.name == "own" and mine.title.nl and mine.title.nl not in taken
    assert mine.money.private_ratio == 3.0
    shipped = shipped_strategy("demand_driven")
    assert own_park.as_own(type(shipped).model_validate(shipped.resolved())) is shipped


def test_a_session_from_a_file_is_one_step_and_its_library_comes_beside_ones_own(session: Session) -> None:
    from klaver.dashboard.desk import plain
    from klaver.dashboard.session_file import read_session, to_json

    session.change(seeds=50, strategy=changed(shipped_strategy("demand_driven"), money={"private_ratio": 2.0}), seed=7)
    mine = {"name": "mijn", "date": "2026-01-01", **{key: value for key, value in plain(session.setting).items()
            if key in ("park", "strategy", "reference", "seeds", "seed", "quarters", "drawn")}}  # fmt: skip
    text = to_json(plain(session.setting) | {"language": "nl", "library": [mine]})
    state, _ = read_session(text)
    kept = session.setting
    session.change(seeds=20, park=shipped_park("typical"), seed=1, strategy=shipped_strategy("none"))
    before = session.setting
    upload = Upload("s.json", "session", session=state)
    own_park.open_upload(session, upload)
    assert plain(session.setting) == plain(kept) and len(session.library.value) == 1
    own_park.open_upload(session, upload)  # at once again: no second version, and no second step
    assert len(session.library.value) == 1
    session.desk.undo()
    assert session.setting is before


# --- looking ---------------------------------------------------------------------------------------------------------


def test_what_is_chosen_is_the_same_parcel_with_and_without_the_municipality(followed: Followed) -> None:
    names, twin_names = (tables["parcels"]["name"].tolist() for tables in (followed.tables, followed.twin_tables))
    for row, name in enumerate(names):
        shown = park_view.on_shown(followed, f"parcel:{row}", True)
        if shown:
            other = int(shown.partition(":")[2])
            assert followed.counterpart("parcel", other, of_twin=True) == row
            if row < len(followed.names.parcels):
                assert twin_names[other] == name
        else:
            assert row >= len(followed.names.parcels)  # split off in this run only
    assert park_view.on_shown(followed, "opportunity:0", True) == ""
    assert park_view.on_shown(followed, "parcel:999999", False) == "" == park_view.on_shown(followed, "<b>", False)


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("quarter", [0, 21, 40])
def test_list_and_table_hold_every_parcel_of_the_map_in_words(followed: Followed, quarter: int, twin: bool) -> None:
    frames = followed.twin_frames if twin else followed.frames
    wanted = [f"parcel:{row}" for row in frames.at(quarter).parcels["row"].tolist()]
    for say in SAY.values():
        assert [option["value"] for option in park_view.parcel_options(followed, quarter, twin, say)] == wanted
        rows, picks = park_view.parcel_table(followed, quarter, twin, say)
        assert picks == wanted and all(len(row) == 7 and row[0] and row[6] for row in rows)


@pytest.mark.parametrize("twin", [False, True])
def test_everything_on_the_map_can_be_told_in_both_languages(followed: Followed, twin: bool) -> None:
    frames = followed.twin_frames if twin else followed.frames
    for quarter in (0, 13, 40):
        frame = frames.at(quarter)
        for say in SAY.values():
            for row in frame.parcels["row"].tolist():
                facts = park_view.parcel_facts(followed, followed.parcel_at(quarter, row, twin), twin, say)
                assert all(label and value and not re.search(r"\bnan\b", value) for label, value in facts)
            for row in frame.companies["row"].tolist():
                facts = park_view.company_facts(followed, followed.company_at(quarter, row, twin), twin, say)
                assert all(label and value and not re.search(r"\bnan\b", value) for label, value in facts)


# --- the screen ------------------------------------------------------------------------------------------------------


def find_texts(widget: Any) -> list[str]:
    """Return the texts of a page's elements, in order."""
    found = []
    for child in getattr(widget, "children", None) or []:
        found += [child] if isinstance(child, str) else find_texts(child)
    return found


@pytest.mark.parametrize("mode", ["look", "edit", "sketch", "file"])
def test_a_mode_is_drawn_for_a_park_of_ones_own_before_any_run_is_there(
    session: Session, own: Scenario, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klaver.dashboard.screens.park import MODES

    waiting = SimpleNamespace(failed=None, complete=False, result=None, runs=lambda: None)
    nothing_runs = SimpleNamespace(ask=lambda *_: waiting, call=lambda *_, **__: waiting)
    monkeypatch.setattr("klaver.dashboard.session.ensembles", lambda: nothing_runs)
    session.desk.change(park=own)

    @solara.component
    def Page() -> None:
        session_context.provide(session)
        MODES[mode]()

    box, rendered = solara.render(Page(), handle_error=False)
    texts = find_texts(box)
    rendered.close()
    expected = {"look": "park.map_comes", "edit": "park.whole", "sketch": "park.sketch_numbers", "file": "park.keep"}[mode]
    assert SAY["nl"](expected) in texts
