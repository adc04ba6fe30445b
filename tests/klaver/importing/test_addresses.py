"""Names and addresses in one form, and the book that companies are looked up in."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klaver.importing.companies.addresses import (
    AddressBook,
    House,
    Streets,
    name_key,
    postcode_key,
    read_address,
    read_houses,
    street_key,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Industriestraat", "Industriestr."),
        ("Industriestraat", "INDUSTRIE STRAAT"),
        ("Dominee van der Valkweg", "Ds. v.d. Valkwg"),
        ("Burgemeester Smitlaan", "Burg. Smitln."),
        ("Eerste Handelsweg", "1e Handelsweg"),
        ("'s-Gravenweg", "s Gravenweg"),
        ("Curaçaostraat", "Curacaostraat"),
        ("Van 't Hoffweg", "Van het Hoffweg"),
    ],
)
def test_one_street_written_in_two_ways_has_one_key(one: str, other: str) -> None:
    assert street_key(one) == street_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Industrieweg", "Industriestraat"), ("1e Handelsweg", "2e Handelsweg"), ("Noorderweg", "Zuiderweg")],
)
def test_two_streets_have_two_keys(one: str, other: str) -> None:
    assert street_key(one) != street_key(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", ["12"]),
        ("12.0", ["12"]),
        ("12-14", ["12", "14"]),
        ("12 t/m 16", ["12", "14", "16"]),
        ("12-13", ["12", "13"]),
        ("12, 14 en 18", ["12", "14", "18"]),
        ("12-1", ["12/1"]),
        ("12-100", ["12/100"]),
        ("12a", ["12a"]),
        ("12 A", ["12a"]),
        ("12a-c", ["12a", "12b", "12c"]),
        ("12 A 3", ["12a/3"]),
        ("12bis", ["12/bis"]),
        ("nr. 12", ["12"]),
        ("0", []),
        ("none", []),
        ("", []),
    ],
)
def test_a_house_number_is_read_as_it_is_meant(text: str, expected: list[str]) -> None:
    houses = read_houses(text)
    assert [f"{h.number}{h.letter}{'/' if h.addition else ''}{h.addition}" for h in houses] == expected


@pytest.mark.parametrize(
    ("line", "street", "numbers"),
    [
        ("Industrieweg 12", "Industrieweg", [12]),
        ("2e Industrieweg 5", "2e Industrieweg", [5]),
        ("Plein 1945 12", "Plein 1945", [12]),
        ("Plein 1945", "Plein 1945", []),
        ("Industrieweg 12 - 14", "Industrieweg", [12, 14]),
        ("Industrieweg nr. 5", "Industrieweg", [5]),
    ],
)
def test_a_line_is_parted_into_street_and_number(line: str, street: str, numbers: list[int]) -> None:
    address = read_address(line)
    assert (address.street, [house.number for house in address.houses]) == (street_key(street), numbers)


def test_a_line_may_hold_postcode_and_city_too() -> None:
    address = read_address("Industrieweg 12a, 7701 ab Dedemsvaart")
    assert (address.postcode, address.city, address.houses) == ("7701AB", "dedemsvaart", (House(12, "a"),))


def test_the_number_column_comes_before_a_number_in_the_street() -> None:
    assert read_address("Plein 1940", "12") == read_address("Plein 1940 12")


@pytest.mark.parametrize(
    ("text", "expected"), [("7701 ab", "7701AB"), ("7701", "7701"), ("0123AB", ""), ("AB7701", "")]
)
def test_a_postcode_has_one_form_or_none(text: str, expected: str) -> None:
    assert postcode_key(text) == expected


def test_names_differ_by_more_than_their_legal_form() -> None:
    assert name_key("Voorbeeld Staal B.V.") == name_key("VOORBEELD STAAL bv") == name_key("Voorbeeld Staal BV (2)")
    assert name_key("Voorbeeld Staal") != name_key("Voorbeeld Hout")
    assert name_key("B.V.") != ""


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_is_read_without_error_and_quickly(street: str, number: str) -> None:
    start = time.perf_counter()
    read_address(street, number)
    assert time.perf_counter() - start < 1.0


def test_a_very_long_cell_takes_no_time() -> None:
    start = time.perf_counter()
    for text in ("ab 1" * 5_000, "a " * 10_000 + "12", "1-" * 10_000):
        read_address(text, text)
    assert time.perf_counter() - start < 1.0


def book(*rows: tuple[str, str, str, str, int]) -> AddressBook:
    made = AddressBook()
    for street, number, postcode, city, parcel in rows:
        made.add(read_address(street, number, postcode, city), parcel, 1.0, f"{street} {number}")
    return made


def look(made: AddressBook, *columns: str) -> dict[int, float]:
    address = read_address(*columns)
    return made.look_up(address, address.houses[0])


def test_the_better_parts_agree_the_higher_the_score() -> None:
    made = book(("Industrieweg", "12", "7701AB", "Dedemsvaart", 3))
    ladder = [
        look(made, "Industrieweg", "12", "7701AB", "Dedemsvaart")[3],
        look(made, "Industrieweg", "12", "", "Dedemsvaart")[3],
        look(made, "Industrieweg", "12")[3],
        look(made, "Industrieweg", "12", "7701CD", "Dedemsvaart")[3],
        look(made, "Industrieweg", "12", "8011AB", "Zwolle")[3],
    ]
    assert ladder[0] == 1.0
    assert all(first > second for first, second in itertools.pairwise(ladder))
    assert ladder[-1] < 0.5


def test_a_letter_that_is_missing_costs_less_than_another_letter() -> None:
    made = book(("Industrieweg", "12a", "7701AB", "", 0))
    exact, missing, other = (look(made, "Industrieweg", number, "7701AB")[0] for number in ("12a", "12", "12b"))
    assert exact > missing > other


def test_a_misspelt_street_is_found_with_a_lower_score() -> None:
    made = book(("Industrieweg", "12", "", "", 5), ("Handelsweg", "12", "", "", 6))
    found = look(made, "Indusrtieweg", "12")
    assert list(found) == [5]
    assert found[5] < look(made, "Industrieweg", "12")[5]


def test_numbered_and_compass_streets_are_never_mixed_up() -> None:
    streets = Streets([street_key("2e Industrieweg"), street_key("Handelsstraat Oost")])
    assert streets.nearest(street_key("1e Industrieweg")) is None
    assert streets.nearest(street_key("Handelsstraat West")) is None


def test_a_name_between_two_streets_stands_for_neither() -> None:
    assert Streets(["molenakkerweg", "molenakkersweg"]).nearest("molenakkerzweg") is None


@given(
    st.lists(st.text("abcdeghi", min_size=4, max_size=12), min_size=1, max_size=12, unique=True),
    st.text("abcdeghi", min_size=4, max_size=12),
)
def test_the_quick_bound_hides_no_likely_street(keys: list[str], wanted: str) -> None:
    from klaver.importing.companies.addresses import likeness

    found = dict(Streets(keys).alike(wanted, 0.7, 50))
    assert found == {key: likeness(key, wanted) for key in keys if likeness(key, wanted) >= 0.7}
