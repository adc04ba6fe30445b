"""The page of validation has a place for every study, and no place for what no command makes."""

import re

import pytest

from benchmarks import validation_page as maker


def test_every_study_has_its_place_on_the_page_in_order():
    names = [study.name for study in maker.studies()]
    assert re.findall(r"<!-- made: (\w+) -->", maker.PAGE.read_text(encoding="utf-8")) == names


@pytest.mark.parametrize("lines", [3, maker.LONG + 1])
def test_what_was_printed_stands_in_its_place_and_is_folded_away_where_long(lines):
    study = maker.Study("patterns", ("klaver", "validate"), ("klaver", "validate", "--quick"))
    made = {"command": "klaver validate", "before": "", "when": "2026-01-01", "minutes": 2.0, "model": "0123456789",
            "text": "\n".join(f"line {k} of {maker.HOME}/results" for k in range(lines))}  # fmt: skip
    text = maker.block(study, made, True)
    assert text.startswith("`uv run klaver validate` (2026-01-01, 2 minutes, model 01234567)")
    assert "line 0 of results" in text
    assert ("<details>" in text) == (lines > maker.LONG)
