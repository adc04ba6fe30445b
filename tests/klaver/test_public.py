"""The public interface: exactly the names that are promised, and what they give."""

from __future__ import annotations

import math

import pytest

import klaver as kl


def test_the_public_names_are_exactly_all() -> None:
    assert kl.__all__ == [
        "__version__", "ablate", "compare", "list_parks", "list_strategies", "load_park", "load_strategy", "run",
    ]  # fmt: skip
    assert dir(kl) == sorted(kl.__all__)
    assert all(getattr(kl, name) is not None for name in kl.__all__)
    with pytest.raises(AttributeError, match="module 'klaver' has no attribute 'dance'"):
        kl.dance  # noqa: B018


def test_a_run_has_outcomes_a_story_and_the_park_at_its_end_as_a_mesa_model() -> None:
    run = kl.run(kl.load_park("small_village"), "demand_driven", seed=1, quarters=6)
    assert list(run.summary().columns) == ["with", "without", "difference"]
    assert run.story("nl").startswith("# small_village, demand_driven, seed 1: de kansen")
    doubting = run.park.companies.select(lambda company: company.trust < 0.3)
    assert len(doubting) <= len(run.park.companies)
    assert run.park.quarter == 6
    assert math.isclose(run.outcomes["with"]["jobs"], sum(company.jobs for company in run.park.companies), rel_tol=1e-9)


def test_a_comparison_is_a_table() -> None:
    result = kl.compare("small_village", ["none", "demand_driven"], seeds=2, quarters=4, workers=1)
    assert set(result.summary().index.get_level_values("strategy")) == {"none", "demand_driven"}


def test_the_twin_of_none_is_none() -> None:
    difference = kl.run("small_village", "none", seed=1, quarters=4).outcomes["difference"]
    changed = {name for name, value in difference.items() if not math.isnan(value) and value != 0.0}
    assert changed == set()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kl.load_park("rollepal"), "There is no park 'rollepal'. Did you mean 'rollepaal'?"),
        (lambda: kl.load_strategy("non"), "There is no strategy 'non'. Did you mean 'none'?"),
        (lambda: kl.run("small_village", seed=-1), "--seed is -1; 0 or more is needed."),
        (lambda: kl.compare("small_village", ["none"], seeds=0), "--seeds is 0; at least 1 is needed."),
    ],
)
def test_bad_input_is_a_value_error_with_a_sentence(call, message: str) -> None:
    with pytest.raises(ValueError) as problem:
        call()
    assert str(problem.value).startswith(message)
