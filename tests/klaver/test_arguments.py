"""Whatever is typed: an exit code of 0, 1 or 2, a sentence, and never a traceback."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import invoke

COMMANDS = ("run", "compare", "show", "list", "new", "rerun", "why", "story", "--help", "--version")
OPTIONS = ("--seed", "--seeds", "--strategy", "--strategies", "--quarters", "--out", "--workers", "--lang", "--json",
           "--quiet", "--force", "--quick", "--parameters", "--png", "--all", "--help")  # fmt: skip
VALUES = ("small_village", "none", "demand_driven", "all", "none,demand_driven", "0", "1", "-1", "3.5", "1e9", "nl", "fr",
          "", " ", "x.toml", "../..", "/dev/null", "a\0b", "٣", "--", "company", "🙂", "{n}", "%s", "[bold]")  # fmt: skip
words = st.one_of(st.sampled_from(OPTIONS), st.sampled_from(VALUES), st.text(max_size=8))


@settings(max_examples=120, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(command=st.sampled_from(COMMANDS), rest=st.lists(words, max_size=6))
def test_no_line_of_arguments_shows_a_traceback(command: str, rest: list[str], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    # What a valid line computes and writes is tested elsewhere; here only what is said about the arguments.
    monkeypatch.setattr("klaver.folders.DEFAULT_SEEDS", 1)
    monkeypatch.setattr("klaver.folders.QUICK_SEEDS", 1)
    monkeypatch.setattr("klaver.folders.RunFolder.write", lambda self, result, speak: self.path)
    monkeypatch.setattr("klaver.folders.CompareFolder.write", lambda self, result, speak: self.path)
    made = invoke(command, *rest)
    assert made.exit_code in (0, 1, 2), made.output
    assert "Traceback" not in made.output and "went wrong" not in made.output
    assert made.exception is None or isinstance(made.exception, SystemExit)
    if made.exit_code == 2:
        assert made.stderr.strip()
