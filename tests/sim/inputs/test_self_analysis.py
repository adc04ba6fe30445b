"""The self-analysis: answers worked to settings by hand, and only clear errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.inputs.files import shipped_folder
from sim.inputs.problems import InputProblem, InvalidFile
from sim.inputs.self_analysis import GROUPS, LEAVES, Answers, load_questions, profile, read_profile


def test_there_are_twenty_to_thirty_questions_in_all_groups_and_leaves_each_complete_in_both_languages():
    questions = load_questions()
    assert 20 <= len(questions) <= 30
    assert {q.group for q in questions} == set(GROUPS) and {q.leaf for q in questions} == set(LEAVES)
    for q in questions:
        for text in (q.text, q.purpose, q.because):
            assert text.nl and text.en and text.nl != text.en, q.id
        assert q.may_set(), q.id


def test_every_option_of_every_question_gives_a_strategy_that_is_right():
    for question in load_questions():
        answers = [option.id for option in question.options]
        if question.number is not None:
            answers = [question.number.low, question.number.high]
            if question.id == "rounds":
                answers = [1, 20]
        for answer in answers:
            found = profile(Answers(answers={question.id: answer}))
            assert found.settings and found.settings[0].question.id == question.id
            assert len(found.unanswered) == len(load_questions()) - 1


def test_an_answered_form_worked_by_hand():
    found = profile(Answers(name="here", answers={"mandate": 60_000, "firms_want": "relief", "stop": "no"}))
    assert found.strategy.organisation.mandate == 60_000.0
    assert found.strategy.roles.ontzorgen == 0.4 and found.strategy.roles.regisseren == 0.2
    assert found.strategy.principles.exit is False and found.strategy.principles.interests is True
    assert found.table()["based_on"] == "demand_driven"


def test_the_shipped_example_can_be_read():
    assert read_profile(shipped_folder("self_analysis") / "example.toml").name == "middle_town"


def test_all_problems_are_told_at_once_with_the_nearest_match():
    with pytest.raises(InvalidFile) as caught:
        profile(Answers(answers={"mandat": 1, "form": "lone", "fte": 99}), "mine.toml")
    lines = caught.value.problems
    assert lines[0] == "mine.toml: answers.mandat is not a question. Did you mean 'mandate'?"
    assert "mine.toml: answers.form is 'lone'; it must be one of grant, loan, guarantee, mix. Did you mean 'loan'?" in lines
    assert "mine.toml: answers.fte is 99; it must be a number from 0 to 20 (FTE)." in lines


def test_a_form_in_which_two_questions_set_one_key_is_refused(tmp_path):
    question = """
[[questions]]
id = "{id}"
group = "can"
leaf = "competences"
text = {{ nl = "a", en = "b" }}
purpose = {{ nl = "a", en = "b" }}
because = {{ nl = "a", en = "b" }}
number = {{ sets = "organisation.fte", low = 0.0, high = 1.0, unit = "FTE" }}
"""
    form = tmp_path / "form.toml"
    form.write_text(question.format(id="one") + question.format(id="two"))
    with pytest.raises(InvalidFile, match=r"'one' and 'two' both set organisation\.fte"):
        load_questions(form)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(
    st.sampled_from([q.id for q in load_questions()]) | st.text(max_size=8),
    st.text(max_size=8) | st.floats() | st.integers() | st.booleans(), max_size=4,
))  # fmt: skip
def test_whatever_is_answered_gives_a_profile_or_a_sentence(answers):
    try:
        profile(Answers(answers=answers))
    except InputProblem as problem:
        assert all(line.startswith("answers: ") for line in problem.problems)
