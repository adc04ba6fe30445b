"""The screen of the outcomes: what it says in words, and what it works out beside its pictures."""

from __future__ import annotations

import tomllib
from pathlib import Path
from string import Formatter
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.compare import NET_PRIVATE, Comparison
from analysis.statistics import Estimate, mean_with_interval
from klaver.dashboard.drawing.widening import spread, widening, wider
from klaver.dashboard.screens.outcomes import COUNTED, anyway_rows, first_threshold, headline, step_of_threshold
from klaver.language import ScreenLanguage
from tests.analysis.made_up_runs import made_up

TITLES = {"none": "Niets <extra>", "good": "Goed & wel", "bad": "Slecht", "idle": "Stil", "dear": "Duur"}
LIFTS = {"good": (9e6, 3e6, 6.0, 4e6), "bad": (4e6, 3e6, -6.0, -4e6), "idle": (0.0, 0.0, 0.05, 0.0)}
LANGUAGES = ("nl", "en")


def comparison_of(seeds: int = 40, reference: str = "none") -> Comparison:
    return made_up(LIFTS, seeds=seeds, reference=reference)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_headline_says_by_how_much_and_in_how_many_futures(code: str) -> None:
    say, comparison = ScreenLanguage(code), comparison_of()
    sentences = headline(comparison, "good", TITLES, say, drawn=False)
    change = comparison.differences["good"]["vitality"]
    higher = int((comparison.values("good", "vitality") > comparison.values("none", "vitality")).sum())
    assert len(sentences) == 3
    assert change is not None and change.mean is not None and change.low is not None
    for number in (say.number(change.mean, 1), say.number(change.low, 1), f"{higher} "):
        assert number in sentences[0]
    assert TITLES["good"] in sentences[0] and TITLES["none"] in sentences[0]
    ratio = comparison.estimates["good"]["multiplier_additional"]
    assert ratio.mean is not None and say.number(ratio.mean, 2) in sentences[1]


def test_a_loss_is_told_as_one() -> None:
    say, comparison = ScreenLanguage("nl"), comparison_of()
    lower = int((comparison.values("bad", "vitality") < comparison.values("none", "vitality")).sum())
    (first, *_) = headline(comparison, "bad", TITLES, say, drawn=False)
    assert "minder vitaal" in first and f"in {lower} van de 40" in first


@pytest.mark.parametrize(("code", "words"), [("nl", "valt niet te zeggen"), ("en", "cannot be told")])
def test_what_cannot_be_told_apart_is_not_told_as_a_gain(code: str, words: str) -> None:
    comparison = comparison_of()
    assert not comparison.stands("vitality", "idle")
    (first, *_) = headline(comparison, "idle", TITLES, ScreenLanguage(code), drawn=False)
    assert words in first


def test_an_undefined_multiplier_comes_with_its_reason() -> None:
    say, comparison = ScreenLanguage("nl"), comparison_of()
    second = headline(comparison, "idle", TITLES, say, drawn=False)[1]
    assert "niet te bepalen" in second
    assert len(second) > len(say("outcomes.multiplier_none", reason=""))


def test_a_multiplier_that_may_be_above_or_below_one_is_told_as_unsure() -> None:
    comparison = made_up({"even": (3e6, 3e6, 2.0, 0.0)}, noise=8.0)
    ratio = comparison.estimates["even"]["multiplier_additional"]
    assert ratio.low is not None and ratio.high is not None and ratio.low < 1.0 < ratio.high
    second = headline(comparison, "even", {"none": "-", "even": "Even"}, ScreenLanguage("nl"), drawn=False)[1]
    assert "is niet te zeggen" in second


@pytest.mark.parametrize(("seeds", "drawn", "key"), [
    (1, False, "sure_few_one"), (8, False, "sure_few"), (40, False, "sure_chance"), (40, True, "sure_both")])  # fmt: skip
def test_the_last_sentence_says_how_sure_it_is(seeds: int, drawn: bool, key: str) -> None:
    say = ScreenLanguage("nl")
    assert headline(comparison_of(seeds), "good", TITLES, say, drawn)[-1] == say(f"outcomes.{key}", n=seeds)


def test_a_strategy_against_itself_has_one_sentence() -> None:
    sentences = headline(comparison_of(reference="good"), "good", TITLES, ScreenLanguage("en"), drawn=False)
    assert len(sentences) == 1 and "with itself" in sentences[0]


def test_equal_futures_are_told_as_equal() -> None:
    comparison = made_up({"same": (0.0, 0.0, 0.0, 0.0)}, noise=0.0)
    (first, *_) = headline(comparison, "same", {"none": "-", "same": "Zelfde"}, ScreenLanguage("nl"), drawn=False)
    assert "dezelfde vitaliteit" in first


def test_thresholds_begin_where_a_count_means_something() -> None:
    comparison = comparison_of()
    for outcome in COUNTED:
        first = first_threshold(comparison, outcome)
        assert first / step_of_threshold(outcome) == pytest.approx(round(first / step_of_threshold(outcome)))
    assert first_threshold(comparison, NET_PRIVATE) == first_threshold(comparison, "social_balance") == 0.0
    middle = float(np.median(comparison.values("none", "vitality")))
    assert first_threshold(comparison, "vitality") == pytest.approx(middle, abs=0.25)


def test_what_would_have_been_invested_anyway_adds_up() -> None:
    say = ScreenLanguage("en")
    measures, twin = {"private_investment": 5e6, "public_outlay": 2e6}, {"private_investment": 3e6, "public_outlay": 0.0}
    rows = anyway_rows(measures, twin, say)
    assert [row[1] for row in rows] == [say.euros(5e6), say.euros(3e6), f"+{say.euros(2e6)}"]
    assert [row[2] for row in rows] == [say.euros(2e6), say.euros(0.0), f"+{say.euros(2e6)}"]


# --- chance and what is not known ------------------------------------------------------------------------------------


def changes(spread_of: float, n: int = 200) -> np.ndarray:
    return np.random.default_rng(3).normal(4.0, spread_of, n)


def means_of(chance: np.ndarray, both: np.ndarray) -> tuple[Estimate, Estimate]:
    return mean_with_interval(chance, "0-100"), mean_with_interval(both, "0-100")


def test_the_spread_holds_eight_in_ten() -> None:
    values = changes(2.0)
    found = spread(values)
    assert found.low is not None and found.high is not None
    assert ((values >= found.low) & (values <= found.high)).mean() == pytest.approx(0.8, abs=0.011)
    assert spread(values[:5]).low is None and spread(values[:0]).mean is None


def test_twice_the_spread_is_twice_as_wide() -> None:
    found = wider(changes(2.0), 4.0 + 2.0 * (changes(2.0) - 4.0))
    assert found.mean == pytest.approx(2.0)
    assert found.low is not None and found.high is not None and 1.3 < found.low < 2.0 < found.high < 3.0
    assert wider(changes(2.0)[:3], changes(2.0)).mean is None
    assert wider(np.full(50, 1.0), changes(2.0)).mean is None


def test_whether_it_is_wider_is_only_said_where_it_can_be_told() -> None:
    say = ScreenLanguage("nl")
    rng = np.random.default_rng(4)
    one, other = rng.normal(0.0, 1.0, 60), rng.normal(0.0, 1.0, 60)

    def told(chance: np.ndarray, both: np.ndarray) -> str:
        return widening(chance, both, means_of(chance, both), say, name="A", reference="B").description

    assert "is niet te zeggen" in told(one, other)
    assert "is niet te zeggen" not in told(one, 4.0 * other)
    assert "juist dichter bij elkaar" in told(4.0 * one, other)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("width", [360, 800])
def test_the_picture_of_both_spreads(code: str, width: float) -> None:
    say = ScreenLanguage(code)
    chance, both = changes(2.0), changes(5.0, 150)
    picture = widening(chance, both, means_of(chance, both), say, name="<b>A & B</b>", reference='"none"', width=width)
    ElementTree.fromstring(picture.svg)
    assert "<b>" not in picture.svg
    assert picture.table.iloc[:, 1].tolist() == [200, 150]
    assert picture.table.iloc[1, 3] == pytest.approx(np.quantile(both, 0.1))
    found = wider(chance, both)
    assert all(say.number(end or 0.0, 1) in picture.description for end in (found.mean, found.low, found.high))


def test_few_futures_have_no_spread_and_no_factor() -> None:
    few = changes(1.0, 4), changes(2.0, 4)
    picture = widening(*few, means_of(*few), ScreenLanguage("nl"), name="A", reference="B")
    assert picture.description.startswith(ScreenLanguage("nl")("outcomes.spread_few"))
    assert picture.table.iloc[:, 3].isna().all()


# --- texts -----------------------------------------------------------------------------------------------------------


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", ["outcomes", "compare", "reports"])
def test_both_languages_have_the_same_texts(name: str) -> None:
    folder = Path(__file__).parents[2] / "klaver" / "language" / "dashboard"
    tables: list[dict[str, Any]] = [tomllib.loads((folder / f"{name}.{code}.toml").read_text("utf-8")) for code in LANGUAGES]
    assert tables[0].keys() == tables[1].keys()
    for key, dutch in tables[0].items():
        assert fields(dutch) == fields(tables[1][key]), key
