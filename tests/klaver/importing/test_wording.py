"""What an import says: the same in both languages, and on a page without what only a command line has."""

import string

import pytest

from klaver.language import LANGUAGES, ImportLanguage, texts


def sentences(code: str, on_page: bool = False) -> dict[str, str]:
    own = set(ImportLanguage(code)._texts) - set(texts(code))
    return {key: ImportLanguage(code, on_page=on_page)._texts[key] for key in own}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("on_page", [False, True])
def test_both_languages_say_the_same_things_with_the_same_blanks(on_page: bool) -> None:
    dutch, english = sentences("nl", on_page), sentences("en", on_page)
    assert dutch.keys() == english.keys()
    assert {key: placeholders(dutch[key]) for key in dutch} == {key: placeholders(english[key]) for key in english}


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_finding_on_a_page_asks_for_an_option_of_the_command_line(code: str) -> None:
    of_findings = {key: text for key, text in sentences(code, on_page=True).items() if not key.startswith("check.")}
    assert [key for key, text in of_findings.items() if " --" in text or "(--" in text] == []
    assert any("--crs" in text for text in sentences(code).values())


def test_no_sentence_of_an_import_hides_another_of_the_program() -> None:
    for code in LANGUAGES:
        assert not set(sentences(code)) & set(texts(code))
