"""Both languages say everything, with the same blanks to fill in; numbers are written the way each language does."""

import re
import string
from pathlib import Path

import pytest

from klaver.language import LANGUAGES, Language, UnknownLanguage, preferred_language, screen_texts, texts

PACKAGE = Path(__file__).parents[2] / "klaver"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    english, dutch = texts("en"), texts("nl")
    assert english.keys() == dutch.keys()
    assert {key: placeholders(english[key]) for key in english} == {key: placeholders(dutch[key]) for key in dutch}


def test_every_key_in_the_code_is_in_the_language_files() -> None:
    sections = {key.split(".")[0] for key in texts("en")}
    used = set()
    for file in PACKAGE.rglob("*.py"):
        used |= set(re.findall(rf'"((?:{"|".join(sections)})\.[a-z_]+)"', file.read_text(encoding="utf-8")))
    assert used, "no keys found: the test looks in the wrong place"
    files = {key for key in used if key.endswith((".md", ".json"))}  # names of files, such as story.md
    assert used - set(texts("en")) - set(screen_texts("en")) - files == set()


def test_a_screen_of_the_dashboard_says_nothing_under_a_key_of_another() -> None:
    assert set(texts("en")) & set(screen_texts("en")) == set()


def test_no_dutch_sentence_was_left_in_english() -> None:
    same = [
        key
        for key, text in texts("nl").items()
        if text == texts("en")[key] and len(re.sub(r"\{.*?\}|\W", " ", text).split()) > 2
    ]
    assert same == []


@pytest.mark.parametrize(
    ("amount", "dutch", "english"),
    [
        (0.0, "€ 0", "€0"),
        (-0.2, "€ 0", "€0"),
        (12.4, "€ 12", "€12"),
        (999.6, "€ 1.000", "€1,000"),
        (45_649.0, "€ 45.600", "€45,600"),
        (-45_649.0, "-€ 45.600", "-€45,600"),
        (999_499.0, "€ 999.000", "€999,000"),
        (999_500.0, "€ 1,00 miljoen", "€1.00 million"),
        (1_234_567.0, "€ 1,23 miljoen", "€1.23 million"),
        (12_345_678.0, "€ 12,3 miljoen", "€12.3 million"),
        (-123_456_789.0, "-€ 123 miljoen", "-€123 million"),
        (float("nan"), "-", "-"),
    ],
)
def test_euros_are_written_in_three_figures_as_the_language_does(amount: float, dutch: str, english: str) -> None:
    assert (Language("nl").euros(amount), Language("en").euros(amount)) == (dutch, english)


def test_time_is_written_in_years_and_quarters_counted_from_one() -> None:
    say = Language("en")
    assert [say.quarter(q) for q in (-1, 0, 5)] == ["before the start", "year 1, quarter 1", "year 2, quarter 2"]
    assert [say.duration(q) for q in (1, 7, 8, 10)] == ["1 quarter", "7 quarters", "2 years", "2.5 years"]


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["show", "--lang", "nl"], {"LANG": "en_GB.UTF-8"}, "nl"),
        (["--lang=en", "show"], {"LANG": "nl_NL.UTF-8"}, "en"),
        (["--lang"], {"LANG": "nl_NL.UTF-8"}, "nl"),
        (["--lang", "fr"], {}, "en"),
        ([], {"KLAVER_LANG": "nl", "LANG": "en_GB.UTF-8"}, "nl"),
        ([], {"LC_ALL": "C", "LANG": "nl_NL.UTF-8"}, "en"),
        ([], {}, "en"),
    ],
)
def test_the_language_is_asked_for_or_that_of_the_machine(
    arguments: list[str], environment: dict[str, str], expected: str
) -> None:
    assert preferred_language(arguments, environment) == expected


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(UnknownLanguage, match="--lang is 'fr'; there is nl and en"):
        texts("fr")


def test_there_are_two_languages() -> None:
    assert LANGUAGES == ("nl", "en")
