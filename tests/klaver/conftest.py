"""The command line as a user meets it, in a folder of its own and in English; one run and one comparison to share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from klaver.cli import app

Klaver = Callable[..., Result]
RUN = ("run", "small_village", "--strategy", "demand_driven", "--seed", "3", "--quarters", "12")
COMPARE = ("compare", "small_village", "--strategies", "none,demand_driven", "--seeds", "3", "--quarters", "8")


def invoke(*arguments: object) -> Result:
    """Run one command line, as typed after ``klaver``."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAVER_LANG", "en")


@pytest.fixture
def klaver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Klaver:
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return invoke


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a ``run`` and a ``comparison``, made once by the command line; not to be changed by a test."""
    place = tmp_path_factory.mktemp("results")
    before = os.environ.get("KLAVER_LANG")
    os.environ["KLAVER_LANG"] = "en"
    for name, command in (("run", RUN), ("comparison", COMPARE)):
        made = invoke(*command, "--out", place / name, "--json")
        assert made.exit_code == 0, made.output
        (place / f"{name}.json").write_text(made.stdout, encoding="utf-8")
    if before is None:
        del os.environ["KLAVER_LANG"]
    yield place
