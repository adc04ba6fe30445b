"""What parameters mean, in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

from klaver import language
from klaver.language import LANGUAGES, Language
from sim.inputs.parameters import PARAMETERS


def test_dutch_says_what_every_parameter_means_and_no_meaning_leans_on_the_row_above() -> None:
    dutch, english = Language("nl"), Language("en")
    for parameter in PARAMETERS:
        assert dutch.meaning(parameter) != parameter.meaning, parameter.name
        assert parameter.unit in ("m", "0-1", "log", "factor") or dutch.unit(parameter) != parameter.unit, parameter.unit
        assert "..." not in english.meaning(parameter)
        assert not english.meaning(parameter).startswith(("the same", "its ", "that "))
    for code in LANGUAGES:
        stated = tomllib.loads((Path(language.__file__).parent / f"parameters.{code}.toml").read_text("utf-8"))
        assert set(stated["meaning"]) <= {parameter.name for parameter in PARAMETERS}
        assert set(stated["unit"]) <= {parameter.unit for parameter in PARAMETERS}
