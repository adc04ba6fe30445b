"""The self-analysis: what must, may, can and do we want? A form whose answers make a municipality's profile.

The questions stand in ``scenarios/self_analysis/questions.toml``; each answer sets one or more keys of a strategy, with a
sentence that says why. All mappings are judgements: a place to start from, not a prediction. Source: source map 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from sim.inputs.files import merge, read_table, shipped_folder
from sim.inputs.problems import InvalidFile, nearest, printable, sentences, show
from sim.inputs.scenario import InTwoLanguages, _Table
from sim.inputs.strategy import Strategy, check_strategy

GROUPS = ("must", "may", "can", "want")
LEAVES = ("ways_of_working", "competences", "organisation", "societal_value")
BASE = "demand_driven"

Value = str | float | int | bool


class Option(_Table):
    """One answer to choose."""

    id: str
    nl: str
    en: str
    sets: dict[str, Value]


class Number(_Table):
    """An answer in figures, for one key of a strategy."""

    sets: str
    low: float
    high: float
    unit: str


class Question(_Table):
    """One question: what it asks, what the answer is for, and what follows from it."""

    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    group: Literal["must", "may", "can", "want"]
    leaf: Literal["ways_of_working", "competences", "organisation", "societal_value"]
    text: InTwoLanguages
    purpose: InTwoLanguages
    because: InTwoLanguages
    options: list[Option] = Field(default=[])
    number: Number | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_answer(self) -> Question:
        if bool(self.options) == (self.number is not None):
            raise ValueError("has options and a number, or neither; a question has one of the two.")
        return self

    def may_set(self) -> set[str]:
        """Return the keys of a strategy that an answer may set."""
        if self.number is not None:
            return {self.number.sets}
        return {key for option in self.options for key in option.sets}


class _Form(_Table):
    questions: list[Question]

    @model_validator(mode="after")
    def _no_key_is_set_twice(self) -> _Form:
        seen: dict[str, str] = {}
        for question in self.questions:
            for key in question.may_set():
                if key in seen:
                    raise ValueError(f"questions '{seen[key]}' and '{question.id}' both set {key}.")
                seen[key] = question.id
        return self


class Answers(_Table):
    """What a town filled in."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_. -]+$")] = "our_town"
    title: InTwoLanguages = InTwoLanguages()
    answers: dict[str, Value] = Field(default={})


@dataclass(frozen=True)
class Setting:
    """One key of the profile, and the answer it follows from."""

    key: str
    value: Value
    question: Question
    answer: str


@dataclass(frozen=True)
class Profile:
    """A municipality's profile.

    Attributes
    ----------
    name, title
        Of the town.
    settings
        What was set, in the order of the questions.
    unanswered
        Questions left out: their keys keep what the base strategy has.
    strategy
        The base strategy with the settings laid over it, checked.
    """

    name: str
    title: InTwoLanguages
    settings: list[Setting]
    unanswered: list[Question]
    strategy: Strategy

    def table(self) -> dict[str, Any]:
        """Return the strategy file that the profile makes: what it is based on, and the settings."""
        table: dict[str, Any] = {"based_on": BASE, "name": self.name}
        texts = {code: getattr(self.title, code) for code in ("nl", "en") if getattr(self.title, code)}
        if texts:
            table["title"] = texts
        for setting in self.settings:
            table = merge(table, _nested(setting.key, setting.value))
        return table


def load_questions(path: Path | None = None) -> list[Question]:
    """Return the questions of the form; another form by its path.

    Raises
    ------
    InputProblem
        If the form cannot be read, or two of its questions set one key.
    """
    file = path or shipped_folder("self_analysis") / "questions.toml"
    try:
        return _Form.model_validate(read_table(file)).questions
    except ValidationError as error:
        raise InvalidFile(sentences(error, str(file))) from None


def read_profile(path: Path) -> Profile:
    """Return the profile of an answered form.

    Raises
    ------
    InputProblem
        With every unknown question, option that does not exist and number out of range, each with the nearest match.
    """
    table = read_table(path)
    try:
        filled = Answers.model_validate(table)
    except ValidationError as error:
        raise InvalidFile(sentences(error, str(path), {"": list(Answers.model_fields)})) from None
    return profile(filled, str(path))


def profile(filled: Answers, file: str = "answers") -> Profile:
    """Return the profile that follows from answers.

    Parameters
    ----------
    filled
        The answers.
    file
        Its name in messages.

    Raises
    ------
    InvalidFile
        With all problems.
    """
    from sim.inputs.files import read_with_base

    questions = {question.id: question for question in load_questions()}
    problems, settings = [], []
    for name in filled.answers:
        if name not in questions:
            problems.append(f"{file}: answers.{printable(name)} is not a question.{nearest(name, questions)}")
    for question in questions.values():
        if question.id in filled.answers:
            given = filled.answers[question.id]
            try:
                settings += _settle(question, given)
            except ValueError as error:
                problems.append(f"{file}: answers.{question.id} is {show(given)}; {error}")
    if problems:
        raise InvalidFile(problems)
    base, _ = read_with_base(BASE, "strategies")
    laid = Profile(filled.name, filled.title, settings, [q for q in questions.values() if q.id not in filled.answers],
                   Strategy())  # fmt: skip
    changes = {key: value for key, value in laid.table().items() if key != "based_on"}
    return Profile(laid.name, laid.title, settings, laid.unanswered, check_strategy(merge(base, changes), file))


def _settle(question: Question, given: Value) -> list[Setting]:
    """Return what an answer sets; raises ValueError with what is allowed."""
    if question.number is not None:
        number = question.number
        if isinstance(given, bool) or not isinstance(given, int | float) or not number.low <= given <= number.high:
            raise ValueError(f"it must be a number from {number.low:g} to {number.high:g} ({number.unit}).")
        value: Value = int(given) if number.sets == "exit.rounds" else float(given)
        return [Setting(number.sets, value, question, f"{given:g} {number.unit}")]
    chosen = {True: "yes", False: "no"}.get(given, given) if isinstance(given, bool) else given
    for option in question.options:
        if option.id == chosen:
            return [Setting(key, value, question, option.id) for key, value in option.sets.items()]
    names = [option.id for option in question.options]
    raise ValueError(f"it must be one of {', '.join(names)}.{nearest(str(chosen), names)}")


def _nested(key: str, value: Value) -> dict[str, Any]:
    """Return a dotted key as nested tables."""
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value) if rest else value}
