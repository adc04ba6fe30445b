"""Mutants of rules: which tests are asked, what becomes of a mutant, and that the project itself is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import mutation, results_page
from benchmarks.mutation import KILLED, NOT_REACHED, SAME, SURVIVED, TIMED_OUT, Mutant, Reach, Tried

HOUSE = Path(__file__).parents[2]
TOY = """
def largest(numbers):
    best = numbers[0]
    for number in numbers:
        if number > best:
            best = number
    return best


def count_down(n):
    while n > 0:
        n = n - 1
    return n


def forgotten():
    return 1
"""
TESTS = """
from sim.rules import toy


def test_largest():
    assert toy.largest([3, 5, 4]) == 5


def test_count_down():
    assert toy.count_down(3) == 0


def test_that_takes_long():
    while True:
        toy.forgotten()
"""
# What is tried on the toy: old text, new text, the function, and what must become of it. Where two are equal, '>' and '>='
# find the same largest number: such a mutant is equivalent.
CASES = [
    ("number > best", "number < best", "largest", KILLED), ("number > best", "number >= best", "largest", SURVIVED),
    ("n = n - 1", "n = n + 0", "count_down", TIMED_OUT), ("return 1", "return 2", "forgotten", NOT_REACHED),
    ("best = numbers[0]", "best = numbers(0)", "largest", KILLED), ("return 1", "return  1", "forgotten", SAME),
]  # fmt: skip
SCRIPT = """
import json, sys
from pathlib import Path
from benchmarks import mutation as m

copy, cases = Path(sys.argv[1]), json.loads(sys.argv[2])
m.LONGEST, m.LEAST_PATIENCE = 0.5, 1.0
m._live_in(copy)
reach = m.reach_of(copy, ["tests"])
outcomes = []
for old, new, function, _ in cases:
    m.mutated = lambda source, mutant: source.replace(old, new)
    outcomes.append(m.try_out(copy, m.Mutant("toy", "Wrong", 0, function, 1), reach).outcome)
print(json.dumps([outcomes, sorted(test.split("::")[1] for test, one in reach.items() if one.seconds <= m.LONGEST),
                  all(one.passed for one in reach.values())]))
"""


def test_every_outcome_of_a_mutant_is_told_apart_and_the_original_is_put_back(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name, text in (("sim/__init__.py", ""), ("sim/rules/__init__.py", ""), ("sim/rules/toy.py", TOY),
                       ("tests/test_toy.py", TESTS)):  # fmt: skip
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, str(copy), json.dumps(CASES)], cwd=HOUSE,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcomes, took_part, passed = json.loads(done.stdout)
    assert outcomes == [case[3] for case in CASES]
    assert took_part == ["test_count_down", "test_largest"] and passed
    assert (copy / "sim/rules/toy.py").read_text() == TOY
    assert not list(copy.rglob("__pycache__")), "bytecode of one mutant could be taken for that of another"


def test_quick_tests_that_enter_the_function_are_asked_first_and_long_ones_not_at_all() -> None:
    here, there = frozenset({("appraisal", "hurdle")}), frozenset({("appraisal", "premium")})
    reach = {"slow": Reach(2.0, True, here), "quick": Reach(0.1, True, here), "endless": Reach(float("inf"), True, here),
             "other": Reach(0.1, True, there)}  # fmt: skip
    assert mutation.tests_of(Mutant("appraisal", "AddNot", 0, "hurdle", 3), reach) == ["quick", "slow"]
    assert mutation.tests_of(Mutant("appraisal", "AddNot", 0, "", 1), reach) == ["other", "quick", "slow"]
    assert mutation.tests_of(Mutant("matching", "AddNot", 0, "hurdle", 3), reach) == []


def test_a_sample_is_random_the_same_for_the_same_seed_and_the_start_of_a_larger_one() -> None:
    mutants = [Mutant("appraisal", "AddNot", k, "f", k) for k in range(500)]
    assert mutation.sample_of(mutants, 20, 1) == mutation.sample_of(mutants, 20, 1) != mutation.sample_of(mutants, 20, 2)
    assert mutation.sample_of(mutants, 100, 1)[:20] == mutation.sample_of(mutants, 20, 1)
    places = [mutant.line for mutant in mutation.sample_of(mutants, 100, 1)]
    assert places != sorted(places) and len(set(places)) == 100
    assert len(mutation.sample_of(mutants, 900, 1)) == 500


def test_the_score_counts_what_was_noticed_with_its_interval() -> None:
    outcomes = [KILLED] * 7 + [TIMED_OUT, SURVIVED, NOT_REACHED]
    tried = [Tried("cases", "f", 1, "AddNot", outcome, 1, 1.0, "") for outcome in outcomes]
    share, low, high = mutation.score_of(tried)
    assert share == 0.8
    assert (low, high) == pytest.approx((0.490, 0.943), abs=5e-4)  # Wilson, by hand: centre 0.7168, half width 0.2265
    assert list(mutation.rows_of(tried))[-1] == ["all", "10", "7", "1", "1", "1", "80% [49%, 94%]"]


def test_the_lines_that_differ_are_shown_and_no_others() -> None:
    assert mutation.changed_lines("a = 1\nb = 2\n", "a = 1\nb = 3\n") == "-b = 2\n+b = 3"


def test_mutants_are_found_by_operator_in_a_fixed_order_with_the_function_they_are_in() -> None:
    pytest.importorskip("cosmic_ray")
    found = mutation.all_mutants(HOUSE, ["ageing"])
    assert found == mutation.all_mutants(HOUSE, ["ageing"]) and len(set(found)) == len(found) > 10
    source = (HOUSE / "sim" / "rules" / "ageing.py").read_text()
    for mutant in found[:: max(1, len(found) // 10)]:
        lines = mutation.changed_lines(source, mutation.mutated(source, mutant)).splitlines()
        assert len(lines) >= 2 and lines[0].startswith("-"), mutant


def test_the_page_has_a_place_for_the_table() -> None:
    assert "<!-- results: mutation -->" in results_page.PAGE.read_text(encoding="utf-8")
