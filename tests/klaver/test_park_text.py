"""A park written as a park file reads back as the same park, and stays readable."""

import tomllib
import unicodedata

import numpy as np
import pytest

from klaver.park_text import map_text, parcel_signs, park_text
from sim.inputs.scenario import Scenario, check_scenario, list_parks, load_park
from sim.park.ascii_map import read_map


def read_back(text: str) -> Scenario:
    return check_scenario(tomllib.loads(text), "park")


@pytest.mark.parametrize("number", [62, 2_000, 10_000])
def test_every_parcel_has_a_sign_of_its_own_that_reads_on_its_own(number: int) -> None:
    signs = parcel_signs(number)
    assert len(signs) == len(set(signs)) == number
    for sign in signs:
        assert sign.isprintable() and not sign.isspace() and not unicodedata.combining(sign)
        assert unicodedata.category(sign)[0] in "LN" and unicodedata.normalize("NFC", sign) == sign
    assert not set(signs) & set('#."~E,')


@pytest.mark.parametrize("name", list_parks())
def test_a_shipped_park_reads_back_as_the_same_park(name: str) -> None:
    park = load_park(name)
    text = park_text(park, "of somebody")
    assert text.startswith("# of somebody\n") and read_back(text).content_hash() == park.content_hash()


def test_a_map_reads_back_as_the_same_lattice() -> None:
    plan = load_park("rollepaal").plan()
    names = [parcel.name for parcel in plan.parcels]
    text, legend = map_text(plan.kind, plan.parcel_of, names, plan.exits)
    kind, parcel_of, again, exits = read_map(text, legend)
    assert (kind == plan.kind).all() and (parcel_of == plan.parcel_of).all() and again == names and exits == plan.exits


def test_a_legend_takes_one_line_an_entry_and_short_lists_one_line() -> None:
    text = park_text(load_park("rollepaal"))
    lines = text.splitlines()
    assert 'P = { kind = "parcel", name = "plukon" }' in lines
    assert 'assumed = ["jobs", "floor_needed", "key_figure"]' in lines
    assert len(lines) < 600


def test_names_that_toml_has_to_escape_survive() -> None:
    names = ['a "b" \\ c', "é’s # [x]\n[[parcels]]", "]]"]
    text, legend = map_text(np.array([[1, 4, 4, 4]], np.int8), np.array([[-1, 0, 1, 2]]), names, [(0, 0)], {names[1]})
    rows = [{"name": name, "note": f"{name}\r\n"} for name in names]
    content = {"name": "odd", "map": text, "legend": legend, "parcels": rows}
    park = check_scenario(content, "odd")
    again = read_back(park_text(park))
    assert again == park and [row.name for row in again.parcels] == names


def test_more_parcels_than_signs_are_refused() -> None:
    many = 40_000
    with pytest.raises(ValueError, match="40000 parcels"):
        map_text(np.full((1, many), 4, np.int8), np.arange(many)[None, :], [str(n) for n in range(many)], [])
