"""Reading a drawn park, and what is said of a drawing that cannot be read."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from sim.park import ascii_map
from sim.park.ascii_map import MapProblem, read_map

A = {"A": {"kind": "parcel", "name": "mill"}}
AB = A | {"B": {"kind": "parcel", "name": "yard"}}


def problems(text, legend):
    with pytest.raises(MapProblem) as caught:
        read_map(text, legend)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_a_drawing_becomes_cells():
    kind, parcel_of, names, exits = read_map("\n  AA~\n  ##E\n  \"..\n", A)
    assert kind.tolist() == [[4, 4, 3], [1, 1, 1], [2, 0, 0]]
    assert parcel_of.tolist() == [[0, 0, -1], [-1] * 3, [-1] * 3]
    assert (names, exits) == (["mill"], [(1, 2)])
    assert (kind.dtype, parcel_of.dtype) == (np.int8, np.int64)


def test_the_examples_in_the_docstring_hold():
    assert doctest.testmod(ascii_map).failed == 0


@pytest.mark.parametrize(
    ("text", "legend", "message"),
    [
        ("AA?\n##E", A, "row 1, column 3: '?' is not in the legend"),
        ("AAA\n##E\n##", A, "row 3 has 2 cells, the widest row 3"),
        ("AA.A\n###E", A, "row 1, column 4: parcel 'mill' is not in one piece with its cell at row 1, column 1"),
        ("A.B\n#..\n#E.", AB, "row 1, column 3: parcel 'yard' has no side on a road that reaches an exit "
                             "(set enclave = true if that is meant)"),
        ("A#.#B\n.E..#", AB, "row 1, column 5: parcel 'yard' has no side on a road that reaches an exit "
                            "(set enclave = true if that is meant)"),
        ("AA\n##", A, "the map has no exit: mark a road cell where the park meets the outside ('E')"),
        ("AA\n#E", AB, "parcel 'yard' is in the legend, but not on the map"),
        ("", A, "the map is empty"),
        ("AA\n#E", A | {"x": {"kind": "raod"}},
         "legend: 'x' has kind 'raod'; allowed are exit, green, outside, parcel, road, water; did you mean 'road'?"),
        ("AA\n#E", A | {"B": {"kind": "parcel"}}, "legend: 'B' is a parcel without a name"),
        ("AA\n#E", A | {"xy": {"kind": "road"}}, "legend: 'xy' is not one character"),
    ],
)  # fmt: skip
def test_a_problem_is_named_with_its_place(text, legend, message):
    assert message in problems(text, legend)


def test_all_problems_are_told_at_once():
    assert len(problems("AA?\n##", A)) == 3


def test_an_enclave_that_is_meant_is_no_problem():
    read_map("A.B\n#..\n#E.", A | {"B": {"kind": "parcel", "name": "yard", "enclave": True}})


def test_names_stand_in_the_order_of_the_legend_so_a_mirrored_map_numbers_alike():
    assert read_map("BA\n#E", AB)[2] == read_map("AB\nE#", AB)[2] == ["mill", "yard"]
