"""A sketched park: the lattice it was laid out with, what edits state, what stays open, and that whatever comes out runs."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klaver.dashboard import sketch as sketching
from klaver.dashboard.refusals import MOST_PREMISES, Refused, check_size
from klaver.dashboard.sketch import (
    add_opportunity,
    as_drawn,
    newcomers,
    parcel_info,
    remove_newcomer,
    rename,
    set_built,
    set_company,
    set_owner,
    set_quality,
    set_soil,
    set_vacant,
    shown_name,
    sketch,
    toml_text,
)
from klaver.language import ScreenLanguage
from sim import ledger, model, outcomes
from sim.inputs.scenario import Scenario, check_scenario, list_parks, load_park
from sim.inputs.strategy import load_strategy
from sim.park.founding import found_park
from sim.records import OWNER_KINDS, SECTORS

NL, EN = ScreenLanguage("nl"), ScreenLanguage("en")
SMALL = sketch(8, 14, vacancy=0.2, outdated=0.3, name="Klein terrein")


def asked_and_known(park: Scenario, share: str) -> float:
    """Return how many vacant (or outdated) buildings a park has by what is stated and what is left to draw."""
    infos = [parcel_info(park, place) for place in range(len(park.plan().parcels))]
    buildings = [info for info in infos if info["building"]]
    if share == "vacancy":
        known = sum(info["occupancy"] == "vacant" for info in buildings)
        left = sum(info["occupancy"] == "open" for info in buildings)
        return known + park.founding.vacancy * left
    known = sum(info["quality"] is not None and info["quality"] < 0.4 for info in buildings)
    return known + park.founding.outdated * sum(info["quality"] is None for info in buildings)


# --- laid out --------------------------------------------------------------------------------------------------------


@given(ha=st.floats(2, 80), firms=st.integers(2, 200), seed=st.integers(0, 50), site=st.sampled_from([0.0, 0.5, 3.0]))
@settings(max_examples=60, deadline=None)
def test_a_drawn_park_reads_back_to_the_lattice_it_was_laid_out_with(ha, firms, seed, site):
    generated = Scenario(gross_ha=ha, firms=firms, layout_seed=seed, vacant_site_ha=site)
    try:
        plan = check_size(generated)
    except Refused:
        return
    again = as_drawn(generated).plan()
    assert np.array_equal(again.kind, plan.kind) and np.array_equal(again.parcel_of, plan.parcel_of)
    assert sorted(again.exits) == sorted(plan.exits)
    assert [parcel.name for parcel in again.parcels] == [parcel.name for parcel in plan.parcels]
    assert [parcel.floor for parcel in again.parcels] == [parcel.floor for parcel in plan.parcels]


def test_the_largest_park_has_a_sign_for_every_parcel():
    park = sketch(300, MOST_PREMISES, name="groot")
    assert len(park.plan().parcels) > MOST_PREMISES


@pytest.mark.parametrize("name", ["typical", "vacant_core", "small_village"])
def test_a_shipped_park_turned_into_a_drawn_one_is_founded_the_same_in_every_future(name):
    shipped = load_park(name)
    drawn, today = as_drawn(shipped), Scenario.from_resolved(shipped.resolved() | {"burn_in": 0})
    assert drawn.lives_through == 0
    for seed in (1, 7):
        ours, names = found_park(drawn.plan(), drawn.parameters(), seed, 8)
        theirs, their_names = found_park(today.plan(), today.parameters(), seed, 8)
        assert names == their_names
        for table, rows in ours.members().items():
            for field in rows.dtype.names or [None]:
                if (table, field) != ("parcels", "assumed"):  # which plot is vacant land was assumed; it changes no run
                    other_rows = theirs.members()[table]
                    mine, other = (rows, other_rows) if field is None else (rows[field], other_rows[field])
                    assert np.array_equal(mine, other, equal_nan=mine.dtype.kind == "f"), (table, field)


def test_a_drawn_park_is_itself():
    drawn = load_park("rollepaal")
    assert as_drawn(drawn) is drawn


def test_outcomes_of_a_sketch_lie_where_those_of_a_generated_park_lie():
    """A sketch has no burn-in: see the top of ``sketch.py`` for what that changes, with more futures than here."""
    park, none = load_park("typical"), load_strategy("none")
    own = sketch(27, 60, name="typical too", seed=1)
    found: dict[str, dict[str, list[float]]] = {}
    for label, scenario in (("generated", park), ("sketch", own)):
        place = model.Park.of(scenario)
        rows = [outcomes.measure(model.simulate(model.prepare(place, seed), none.record(scenario, place.gross_ha)))
                for seed in range(1, 31)]
        found[label] = {key: [row[key] for row in rows] for key in ("vitality", "vacancy", "jobs", "private_investment")}
    for key, near in (("vitality", 3.0), ("vacancy", 0.03), ("jobs", 130.0), ("private_investment", 3.5e6)):
        means = [float(np.mean(found[label][key])) for label in ("generated", "sketch")]
        assert abs(means[0] - means[1]) < near, (key, means)


def test_the_asked_shares_are_those_at_the_start():
    park = sketch(20, 40, vacancy=0.25, outdated=0.5, name="oud")
    place = model.Park.of(park)
    for seed in (1, 2, 3):
        world = model.prepare(place, seed)
        rows = world.parcels[: int(world.counts[0].parcels)]
        premises = rows.floor > 0
        assert premises.sum() == 40
        assert abs(int((rows.occupant[premises] < 0).sum()) - 10) <= 1
        assert abs(int((rows.quality[premises] < 0.4).sum()) - 20) <= 1


@pytest.mark.parametrize(("what", "values"), [
    ("firms", {"ha": 20, "firms": 1}), ("firms", {"ha": 20, "firms": 5_000}), ("ha", {"ha": 1_000, "firms": 50}),
    ("room", {"ha": 2, "firms": 1_400}), ("vacancy", {"ha": 20, "firms": 40, "vacancy": 1.2}),
    ("motorway", {"ha": 20, "firms": 40, "motorway": "nearby"}),
])  # fmt: skip
def test_a_sketch_that_cannot_be_is_refused_in_words(what, values):
    with pytest.raises(Refused) as refused:
        sketch(**values)
    for say in (NL, EN):
        assert refused.value.told(say) and all(len(line) > 20 for line in refused.value.told(say))


def test_a_name_in_any_script_is_a_title_and_never_a_shipped_park():
    assert sketch(8, 14, name="Rollepaal").name not in list_parks()
    named = sketch(8, 14, name="Ōnder <b>’t\n Spoor</b>")
    assert named.title.nl == named.title.en == "Ōnder <b>’t Spoor</b>"
    assert sketch(8, 14).title.nl == NL("own.sketch_title") and sketch(8, 14).title.en == EN("own.sketch_title")


# --- edits -----------------------------------------------------------------------------------------------------------


def test_what_is_stated_of_one_building_is_one_less_to_draw():
    park = sketch(20, 40, vacancy=0.2, outdated=0.3, name="gelijk")
    shares = {share: asked_and_known(park, share) for share in ("vacancy", "outdated")}
    assert shares["vacancy"] == pytest.approx(8.0) and shares["outdated"] == pytest.approx(12.0)
    places = [place for place in range(44) if parcel_info(park, place)["building"]]
    for place in places[:5]:
        park = set_vacant(park, place, True)
    for place in places[5:20]:
        park = set_vacant(park, place, False)
    for place in places[:6]:
        park = set_quality(park, place, 0.2)
    for place in places[6:12]:
        park = set_quality(park, place, 0.8)
    assert asked_and_known(park, "vacancy") == pytest.approx(8.0)
    assert asked_and_known(park, "outdated") == pytest.approx(12.0)
    back = set_vacant(set_vacant(park, places[0], False), places[0], True)
    assert asked_and_known(back, "vacancy") == pytest.approx(8.0)
    again = set_quality(set_quality(park, places[0], 0.9), places[0], 0.1)
    assert asked_and_known(again, "outdated") == pytest.approx(12.0)
    for place in places[20:32]:
        park = set_vacant(park, place, True)
    assert asked_and_known(park, "vacancy") == pytest.approx(17.0)  # more than was asked: what is stated counts
    assert park.founding.vacancy == 0.0


def test_a_share_of_companies_rents_whoever_is_stated_to_be_there():
    park = sketch(40, 100, name="huur")
    places = [place for place in range(109) if parcel_info(park, place)["building"]]
    for place in places[:80]:
        park = set_company(park, place, sector="logistics")
    rented = sum(company.tenant for company in park.companies)
    left = (1.0 - park.founding.owner_occupied) * 20
    assert rented + left == pytest.approx(35.0)  # of 100, as a park by default
    assert 15 <= rented <= 35 and all("tenant" in company.assumed for company in park.companies)


def test_stated_facts_hold_at_the_start_of_every_future():
    park = set_vacant(SMALL, "plot 1", True, 12)
    park = set_company(park, "plot 2", sector="logistics", jobs=40, name="Jansen")
    park = set_owner(set_quality(set_soil(park, "plot 3", 90_000), "plot 3", 0.15), "plot 3", "investor")
    place = model.Park.of(park)
    for seed in (1, 2, 3):
        world, names = model.prepare_named(place, seed)
        rows = {name: world.parcels[row] for row, name in enumerate(names.parcels)}
        assert rows["plot 1"].occupant < 0 and rows["plot 1"].vacant_since == -12
        jansen = world.companies[names.companies.index("Jansen")]
        assert rows["plot 2"].occupant == names.companies.index("Jansen")
        assert jansen.jobs == 40 and jansen.sector == SECTORS.index("logistics")
        assert rows["plot 3"].quality == 0.15 and rows["plot 3"].soil_cost == 9_000_000
        assert world.owners[-1 - rows["plot 3"].owner].kind == OWNER_KINDS.index("investor")


def test_what_a_user_states_is_no_longer_assumed():
    park = load_park("rollepaal")
    before = parcel_info(park, "plukon")
    assert {"quality", "soil_cost", "company.jobs"} <= set(before["assumed"])
    park = set_company(set_soil(set_quality(park, "plukon", 0.6), "plukon", 10), "plukon", jobs=260)
    after = parcel_info(park, "plukon")
    assert {"quality", "soil_cost", "company.jobs"} <= set(after["stated"])
    assert not {"quality", "soil_cost", "company.jobs"} & set(after["assumed"])
    assert "fit" in after["assumed"]
    assert "vacant_quarters" in parcel_info(set_vacant(SMALL, 0, True), 0)["assumed"]
    assert "vacant_quarters" in parcel_info(set_vacant(SMALL, 0, True, 20), 0)["stated"]


def test_every_field_is_stated_assumed_or_open_and_one_of_those_only():
    park = add_opportunity(set_company(SMALL, 1, sector="automotive"), 1, "expand", 500)
    for scenario in (park, load_park("rollepaal")):
        for place in range(len(scenario.plan().parcels)):
            info = parcel_info(scenario, place)
            marks = [*info["stated"], *info["assumed"], *info["open"]]
            assert len(marks) == len(set(marks)), info


def test_an_owner_is_made_replaced_and_left_out_when_nothing_is_owned():
    park = set_owner(SMALL, 0, "investor")
    assert parcel_info(park, 0)["owner_kind"] == "investor"
    park = set_owner(park, 0, "absent_owner")
    assert [owner.name for owner in park.owners if "plot" in owner.name] == ["Owner of plot 1"]
    assert parcel_info(park, 0)["owner_kind"] == "absent_owner"
    park = set_owner(park, 0, "municipality")
    assert parcel_info(park, 0)["owner"] == "Municipality"
    assert not [owner for owner in park.owners if "plot" in owner.name]
    park = set_owner(park, 0, "occupant")
    assert parcel_info(park, 0)["owner"] == parcel_info(park, 0)["company"]["name"] == "Firm on plot 1"


def test_a_company_that_owns_keeps_its_land_under_a_new_name_and_leaves_none_behind():
    park = set_company(set_owner(SMALL, 0, "occupant"), 0, name="Jansen & <Zn>")
    assert parcel_info(park, 0)["owner"] == "Jansen & <Zn>"
    gone = set_vacant(park, 0, True)
    assert parcel_info(gone, 0)["owner"] is None and not gone.companies


def test_edits_leave_the_park_they_start_from_as_it_was():
    before = SMALL.content_hash()
    set_vacant(set_quality(set_owner(SMALL, 0, "person"), 1, 0.5), 2, False)
    set_built(add_opportunity(SMALL, 3, "sell"), 3, False)
    assert SMALL.content_hash() == before


def test_vacant_land_and_buildings_change_into_each_other():
    place = next(i for i in range(20) if not parcel_info(SMALL, i)["building"])
    built = set_built(SMALL, place, True)
    assert parcel_info(built, place)["occupancy"] == "open" and len(built.plan().parcels) == len(SMALL.plan().parcels)
    bare = set_built(set_quality(set_company(SMALL, 0, jobs=5), 0, 0.5), 0, False)
    info = parcel_info(bare, 0)
    assert not info["building"] and info["company"] is None and info["quality"] is None
    assert bare.founding.vacancy == pytest.approx(set_company(SMALL, 0, jobs=5).founding.vacancy)


@pytest.mark.parametrize("edit", [
    lambda park: set_vacant(park, "road", True), lambda park: set_vacant(park, -1, True),
    lambda park: set_vacant(park, 99, True),
    lambda park: set_quality(park, 0, 1.5), lambda park: set_quality(park, 0, float("nan")), lambda park: set_soil(park, 0, -1),
    lambda park: set_vacant(park, 0, True, 1_000), lambda park: set_owner(park, 0, "king"),
    lambda park: set_owner(set_vacant(park, 0, True), 0, "occupant"), lambda park: set_company(park, 0, sector="bakery"),
    lambda park: set_company(park, 0, jobs=0), lambda park: set_company(park, 0, name=" \n "),
    lambda park: set_company(set_company(park, 0, name="A"), 1, name="A"), lambda park: rename(park, "  "),
    lambda park: set_company(set_built(park, 0, False), 0, jobs=3), lambda park: set_quality(set_built(park, 0, False), 0, 0.5),
    lambda park: add_opportunity(park, 0, "expand"), lambda park: add_opportunity(park, 0, "expand", -5),
    lambda park: add_opportunity(set_owner(park, 0, "investor"), 0, "expand", 100),
    lambda park: add_opportunity(set_vacant(park, 0, True), 0, "expand", 100),
    lambda park: add_opportunity(park, 0, "dream", 1),
    lambda park: add_opportunity(set_company(park, 0, jobs=5), 0, "sell"), lambda park: add_opportunity(park, None, "sell"),
    lambda park: remove_newcomer(park, "nobody"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence_in_both_languages(edit):
    with pytest.raises(Refused) as refused:
        edit(SMALL)
    assert isinstance(refused.value, ValueError)
    for say in (NL, EN):
        lines = refused.value.told(say)
        assert lines and all(line.endswith((".", "?")) and "{" not in line for line in lines)


def test_a_title_changes_no_future_and_a_company_from_outside_can_go_again():
    park = rename(SMALL, "Iets anders")
    assert park.title.nl == "Iets anders" and park.name == SMALL.name
    looking = add_opportunity(add_opportunity(park, None, "newcomer", 2_000), None, "newcomer", 500)
    assert [row["land_wish"] for row in newcomers(looking)] == [2_000, 500]
    assert newcomers(remove_newcomer(looking, newcomers(looking)[0]["name"]))[0]["land_wish"] == 500


def test_a_wish_to_grow_becomes_an_opportunity_more_often_than_none():
    park = sketch(20, 40, name="wens")
    plan = park.plan()
    land = next(place for place, parcel in enumerate(plan.parcels) if parcel.floor == 0.0)
    beside = set(plan.parcel_of[:, 1:][plan.parcel_of[:, :-1] == land].tolist()) - {-1, land}
    beside |= set(plan.parcel_of[:, :-1][plan.parcel_of[:, 1:] == land].tolist()) - {-1, land}
    place = next(p for p in sorted(beside) if plan.parcels[p].floor is None)
    m2 = 0.9 * parcel_info(park, land)["area"]
    plain = set_owner(park, place, "occupant")
    name, strategy = f"Firm on {plan.parcels[place].name}", load_strategy("demand_driven")

    def share(scenario: Scenario) -> float:
        ground, met = model.Park.of(scenario, 40), 0
        for seed in range(1, 21):
            world, names = model.prepare_named(ground, seed)
            end = model.simulate(world, strategy.record(scenario, ground.gross_ha))
            cases = end.opportunities[: int(end.counts[0].opportunities)]
            met += bool((cases.demand == names.companies.index(name)).any())
        return met / 20

    assert share(add_opportunity(plain, place, "expand", m2)) > share(plain) + 0.1


PLACES = st.integers(-1, 20)
EDITS = st.one_of(
    st.tuples(st.just(set_vacant), PLACES, st.booleans(), st.one_of(st.none(), st.integers(-1, 401))),
    st.tuples(st.just(set_built), PLACES, st.booleans()),
    st.tuples(st.just(set_quality), PLACES, st.floats(-0.1, 1.1)),
    st.tuples(st.just(set_owner), PLACES, st.sampled_from(["occupant", "king", *OWNER_KINDS])),
    st.tuples(st.just(set_soil), PLACES, st.floats(-1, 1e6)),
    st.tuples(st.just(add_opportunity), PLACES, st.sampled_from(["expand", "sell", "newcomer"]), st.floats(-1, 30_000)),
    st.tuples(st.just(set_company), PLACES, st.fixed_dictionaries({}, optional={
        "sector": st.sampled_from(SECTORS), "jobs": st.floats(0.5, 500), "name": st.text(max_size=12)})),
)  # fmt: skip


@given(park=st.sampled_from([SMALL, load_park("rollepaal")]), edits=st.lists(EDITS, max_size=14), seed=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_whatever_is_edited_loads_and_runs_and_conserves(park, edits, seed):
    for edit, place, *values in edits:
        try:
            park = edit(park, place, **values[0]) if edit is set_company else edit(park, place, *values)
        except Refused as refused:
            assert refused.told(NL) and refused.told(EN)
    again = check_scenario(park.resolved(), "own")
    assert again == park and tomllib.loads(toml_text(park))
    ground = model.Park.of(park, 8)
    world = model.prepare(ground, seed)
    world = model.simulate(world, load_strategy("demand_driven").record(park, ground.gross_ha))
    ledger.reconcile(world)
    cells = np.bincount(world.cell_parcel[world.cell_parcel >= 0], minlength=world.parcels.size) * park.cell_m**2
    live = world.parcels.live
    assert np.allclose(world.parcels.area[live], cells[live])
    sitting = np.flatnonzero(world.parcels.occupant[live] >= 0)
    occupants = world.parcels.occupant[live][sitting]
    assert len(set(occupants.tolist())) == occupants.size
    assert np.array_equal(world.companies.parcel[occupants], np.flatnonzero(live)[sitting])
    assert all(np.isfinite(value) for key, value in outcomes.measure(world).items() if key in ("vitality", "vacancy", "jobs"))


# --- names and file --------------------------------------------------------------------------------------------------


def test_names_that_the_program_makes_up_are_said_in_the_language_of_the_page():
    assert shown_name("plot 12", NL) == "kavel 12" and shown_name("plot 12", EN) == "plot 12"
    assert shown_name("Firm on plot 3", NL) == "bedrijf op kavel 3"
    assert shown_name("Owner of plot 3", NL) == "eigenaar van kavel 3"
    assert shown_name("firm from outside 2", NL) == "bedrijf van buiten 2"
    assert shown_name("Municipality", NL) == "gemeente"
    assert shown_name("Jansen & Zn.", NL) == "Jansen & Zn."


@pytest.mark.parametrize("name", list_parks())
def test_a_park_written_as_a_file_reads_back_the_same(name, tmp_path):
    for park in (load_park(name), as_drawn(load_park(name))):
        path = tmp_path / f"{park.name}_x.toml"
        path.write_text(toml_text(park, EN), encoding="utf-8")
        again = load_park(str(path))
        assert again == park and again.content_hash() == park.content_hash()


@given(title=st.text(max_size=60), note=st.text(max_size=60), name=st.text(min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_the_file(title, note, name):
    content: dict[str, Any] = SMALL.resolved() | {"title": {"nl": title, "en": note}}
    content["companies"] = [{"name": name, "parcel": "plot 2", "note": note}]
    park = sketching.read_scenario(content)
    assert check_scenario(tomllib.loads(toml_text(park)), "own").content_hash() == park.content_hash()


def test_the_file_says_at_its_top_what_it_is_and_draws_its_map_in_line():
    text = toml_text(SMALL, NL)
    assert text.startswith("# ") and "klaver compare" in text.split("\n\n")[0]
    rows = text.split('map = """\n')[1].split('"""')[0].splitlines()
    assert len({len(row) for row in rows}) == 1 and "\\" not in "".join(rows)
