"""``klaver sensitivity`` as a user meets it, on a few assumptions of a small park."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.klaver.conftest import Klaver

SMALL = ("sensitivity", "small_village", "--quarters", "4", "--workers", "1")


def test_sobol_without_factors_samples_first_and_writes_everything(klaver: Klaver, monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import assumptions

    few = assumptions.named_assumptions(["beta", "phi", "theta"])
    monkeypatch.setattr(assumptions, "assumptions", lambda: few)
    done = klaver(*SMALL, "--method", "sobol", "--points", "64", "--seeds", "2", "--samples", "2", "--top", "2",
                  "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    folder = Path(found["folder"])
    assert len(found["indices"]["assumptions"]) == 2
    assert (found["sample"]["assumptions"], found["sample"]["points"]) == (3, 64)
    for file in ("summary.json", "page.md", "page.nl.md", "sample.csv", "indices.parquet", "sample_explained.csv",
                 "indices_convergence.csv", "provenance.json", "pictures/sample_vitality.png",
                 "pictures/indices_vitality.svg", "pictures/sample_convergence_vitality.png",
                 "pictures/indices_convergence_social_balance.png"):
        assert (folder / file).is_file(), file
    assert (folder.parent / "store" / "runs").is_dir()


def test_named_factors_are_taken_as_they_are_and_shown_within_eighty_columns(klaver: Klaver) -> None:
    done = klaver(*SMALL, "--method", "sobol", "--factors", "beta", "--seeds", "2", "--samples", "2", "--out", "here",
                  "--lang", "nl")
    assert done.exit_code == 0, done.output
    text = done.stdout.replace(str(Path("here").absolute()), "here")
    assert "Verdeling van de variantie" in text and "Steekproef" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(("options", "kind"), [((), "sample"), (("--method", "morris", "--seeds", "2", "--trajectories", "2"),
                                                               "screening")])  # fmt: skip
def test_screening_by_either_method_writes_its_own_tables(klaver: Klaver, options: tuple[str, ...], kind: str) -> None:
    points = ("--points", "64") if kind == "sample" else ()
    done = klaver(*SMALL, *options, *points, "--factors", "beta,phi", "--out", "here", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert {file.name for file in Path("here").glob("*.csv")} == {
        f"{kind}.csv", f"{kind}_convergence.csv", f"{kind}_{'explained' if kind == 'sample' else 'chance'}.csv"}
    text = done.stdout.replace(str(Path("here").absolute()), "here")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--method", "fast"), "--method is 'fast'; choose sample, morris or sobol."),
        (("--factors", "betta"), "betta is not one of the assumptions. Did you mean 'beta'?"),
        (("--strategies", "demand_driven,none"), "--strategies is demand_driven,none; give two different strategies"),
        (("--strategies", "demand_driven"), "give two different strategies"),
        (("--method", "morris", "--trajectories", "1"), "--trajectories is 1"),
        (("--points", "500"), "--points is 500; for 226 assumptions choose a multiple of 64 from 512 to 65,536."),
        (("--seeds", "3"), "--seeds says nothing here: --method is sample"),
        (("--method", "sobol", "--samples", "12"), "--samples is 12; choose a power of 2"),
        (("--method", "sobol", "--top", "0"), "--top is 0"),
        (("--samples", "16"), "--samples says nothing here: --method is sample"),
        (("--method", "sobol", "--factors", "beta", "--top", "3"), "--top says nothing here"),
        (("--method", "morris", "--seeds", "0"), "--seeds is 0"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_runs(klaver: Klaver, options: tuple[str, ...], told: str) -> None:
    done = klaver("sensitivity", "small_village", *options)
    assert done.exit_code == 2
    assert told in done.output
    assert not Path("results").exists()
