"""The texts of the dashboard: both languages have them all, every one that is asked for is there, and none is left over."""

from __future__ import annotations

import ast
import importlib
import re
import string
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from klaver.language import LANGUAGES, screen_texts, texts

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "klaver" / "dashboard"
FILES = sorted(FOLDER.rglob("*.py"))
TEXTS = ROOT / "klaver" / "language" / "dashboard"
PARTS = sorted((FOLDER / "parts").glob("*.vue"))

BARE = {"refusals.py": "own", "uploads.py": "own", "sketch.py": "own", "session_file.py": "own"}
"""Files that name a sentence by its key alone (``Problem("too_deep")``), and the file of texts in which it stands."""
NAMES = "|".join(sorted(path.name.partition(".")[0] for path in TEXTS.glob("*.nl.toml")))
ANY = r"[\w.]+"
AS_THEY_ARE = {"Klaver", "PNG", "SVG", "CSV", "%", "A+"}
"""Words in the parts of a page that are the same in every language."""


@cache
def known(code: str) -> dict[str, str]:
    """Return every sentence of the dashboard, those of the program too."""
    return {**texts(code), **screen_texts(code)}


def placeholders(sentence: str) -> set[str]:
    """Return the names of what a sentence leaves open."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


# --- what the code asks for ------------------------------------------------------------------------------------------


class Asked:
    """Keys, and families of keys (as patterns), that a file of code asks for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.keys: set[str] = set()
        self.named: set[str] = set()  # by a direct say("...")
        self.families: set[str] = set()
        self.bare: set[str] = set()  # families without the name of their file
        self.wide: set[str] = set()  # files of which any text may be meant
        docstrings = {id(node.body[0].value) for node in ast.walk(self.tree)
                      if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
                      and isinstance(node.body[0], ast.Expr)}  # fmt: skip
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                self.keys.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                self._family(node)
            elif isinstance(node, ast.Call):
                self._call(node)
        # ``say(f"play.{choice}")`` says which texts by the words that stand elsewhere in the file.
        starts = self.wide | ({BARE[path.name]} if path.name in BARE else set())
        self.keys |= {f"{start}.{word}" for start in starts for word in self.keys}

    def _family(self, node: ast.JoinedStr) -> None:
        fixed = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
        if not re.fullmatch(r"[\w.]*", "".join(fixed)):
            return  # a sentence, not a key
        pattern = "".join(re.escape(part) if part else ANY for part in fixed)
        # What is fixed beyond the file says which texts are meant; ``f"own.{key}"`` says nothing.
        if re.match(rf"({NAMES})\.", fixed[0]):
            start, _, rest = "".join(fixed).partition(".")
            (self.families if rest else self.wide).add(pattern if rest else start)
        elif self.path.name in BARE and "".join(fixed):
            self.bare |= {re.escape(f"{BARE[self.path.name]}.") + pattern}

    def _call(self, call: ast.Call) -> None:
        name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
        if name in ("say", "_say") and call.args and isinstance(call.args[0], ast.Constant):
            self.named.add(call.args[0].value)
        if name == "words_of":
            prefix = ast.literal_eval(call.args[1])
            found = self._value(call.args[2])
            self.named |= {f"{prefix}.{key}" for key in found}

    def _value(self, node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.Name):
            module = ".".join(self.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            return tuple(getattr(importlib.import_module(module), node.id))
        return tuple(ast.literal_eval(node))


@cache
def asked(path: Path) -> Asked:
    """Return what one file asks for."""
    return Asked(path)


def file_name(path: Path) -> str:
    """Return how a test of a file is called."""
    return str(path.relative_to(FOLDER))


@pytest.mark.parametrize("path", FILES, ids=file_name)
def test_what_the_code_says_is_there(path: Path) -> None:
    assert sorted(asked(path).named - set(known("nl"))) == []


@pytest.mark.parametrize("path", FILES, ids=file_name)
def test_a_family_of_texts_has_members(path: Path) -> None:
    assert [family for family in sorted(asked(path).families)
            if not any(re.fullmatch(family, key) for key in known("nl"))] == []


def test_no_text_is_left_over() -> None:
    keys = {key for path in FILES for key in asked(path).keys | asked(path).named}
    families = re.compile("|".join(sorted({family for path in FILES for family in asked(path).families | asked(path).bare})))
    assert [key for key in sorted(screen_texts("nl")) if key not in keys and not families.fullmatch(key)] == []


# --- the files of texts ----------------------------------------------------------------------------------------------


def test_there_is_a_file_for_every_language() -> None:
    by_language = [{path.name.partition(".")[0] for path in TEXTS.glob(f"*.{code}.toml")} for code in LANGUAGES]
    assert len(by_language[0]) > 5 and all(names == by_language[0] for names in by_language)


def test_both_languages_have_the_same_texts_in_the_same_order() -> None:
    assert sorted(set(screen_texts("nl")) ^ set(screen_texts("en"))) == []
    assert list(screen_texts("nl")) == list(screen_texts("en"))


def edges(text: str) -> tuple[str, str]:
    """Return the white space before and after a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()):]  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.name.partition(".")[0] for path in TEXTS.glob("*.nl.toml")))
def test_texts_are_whole_in_both_languages(name: str) -> None:
    english = screen_texts("en")
    both = {key: (text, english.get(key, "")) for key, text in screen_texts("nl").items() if key.startswith(f"{name}.")}
    assert both and [key for key, pair in both.items() if not all(text.strip() for text in pair)] == []
    assert [key for key, (text, other) in both.items() if placeholders(text) != placeholders(other)] == []
    assert [key for key, (dutch, english) in both.items() if edges(dutch) != edges(english)] == []
    assert [key for key, pair in both.items() for text in pair if re.search(r"\w  +\w", text)] == []


def test_a_key_means_one_thing() -> None:
    assert set(screen_texts("nl")) & set(texts("nl")) == set(), "a key of the program is another text on the page"


# --- the words -------------------------------------------------------------------------------------------------------

OTHER_WORDS = {
    "nl": r"\bseeds?\b|\bruns?\b|\bstrategie|\btweeling|\bm2\b|zonder de gemeente|\bgetrokken|\bmediaan\b|[“”]|(?<!\w)'\w",
    "en": r"\bseeds?\b|\bapproach|\bplots?\b|(?<!redevelopment )\bcompan(?:y|ies)\b|\btwin\b|\bm2\b|\bdrawn anew|\bmedian\b"
          r"|[“”]|(?<!\w)'\w",
}  # fmt: skip
"""Words and marks for which the screens have another one: of whoever calculates, or a second name for one thing."""
EXPLAINED = {"lesson.why_runs", "own.called_plot"}
"""Texts that explain a word of the story, or give a name as the files have it."""


@pytest.mark.parametrize("code", LANGUAGES)
def test_one_thing_has_one_word_on_all_screens(code: str) -> None:
    other = {key: found[0] for key, sentence in screen_texts(code).items() if key not in EXPLAINED
             if (found := re.search(OTHER_WORDS[code], re.sub(r"\{\w+\}", "", sentence), re.I))}  # fmt: skip
    assert other == {}


def test_another_word_is_noticed() -> None:
    assert re.search(OTHER_WORDS["nl"], "50 m2 per seed") and re.search(OTHER_WORDS["en"], "An approach")
    assert not re.search(OTHER_WORDS["nl"], "Doorgetrokken: euro's van ‘ons’")


@pytest.mark.parametrize(("code", "start"), [("nl", "Dat kwam doordat "), ("en", "That was because ")])
def test_why_an_opportunity_ended_is_a_whole_sentence(code: str, start: str) -> None:
    """The reasons are clauses ("er een tekort bleef") that need the word before them."""
    assert known(code)["opportunities.because"] == start + "{why}."


# --- the parts of a page ---------------------------------------------------------------------------------------------


class Written(HTMLParser):
    """The words that stand in a template as they are, and the attributes by which something is named."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("aria-label", "title", "alt", "placeholder", "aria-roledescription") and value:
                self._add(value)

    def _add(self, text: str) -> None:
        self.words |= set(re.findall(r"[^\W\d_]\S*|%", re.sub(r"\{\{.*?\}\}", " ", text, flags=re.S)))


def words_in(template: str) -> Iterator[str]:
    """Return the words of a template that are not looked up."""
    written = Written()
    written.feed(template)
    return iter(sorted(written.words))


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_no_part_of_a_page_speaks_for_itself(path: Path) -> None:
    found = re.search(r"<template>(.*)</template>", path.read_text(encoding="utf-8"), re.S)
    assert found
    assert [word for word in words_in(found[1]) if word not in AS_THEY_ARE] == []


def test_a_word_in_a_template_is_noticed() -> None:
    assert list(words_in('<p title="Help">{{ texts.a }} Klaver<b :title="x">Undo</b></p>')) == ["Help", "Klaver", "Undo"]
