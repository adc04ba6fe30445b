"""klaver calibrate, and parameters drawn from its posterior: what is shown and written, in both languages."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import analysis.calibration
from analysis.calibration.study import calibrate
from analysis.posterior import Posterior
from klaver.cli import app
from tests.analysis.made_up_calibration import made_up

runner = CliRunner()
CALIBRATE = ["calibrate", "--population", "20", "--generations", "2", "--parks", "8", "--workers", "1"]
POSTERIOR = Posterior(("parameters.beta", "parameters.theta"), np.array([[0.1, 0.06], [0.3, 0.15]]), np.array([0.5, 0.5]))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put the made-up simulation in the place of the parks, and work in an empty folder."""
    def fit(settings: Any, engine: Any, kept: Any, tell: Any) -> Any:
        return calibrate(settings, engine, kept, tell, work=made_up)

    monkeypatch.setattr(analysis.calibration, "calibrate", fit)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_calibrate_shows_and_writes_everything(quick: Path, lang: str) -> None:
    found = runner.invoke(app, [*CALIBRATE, "--lang", lang])
    assert found.exit_code == 0, found.output
    table = [line for line in found.stdout.splitlines() if "klaver compare" not in line and str(quick) not in line]
    assert max(map(len, table)) <= 80
    folder = quick / "results" / "calibrate"
    names = {path.name for path in folder.iterdir()}
    assert {"summary.json", "statistics.csv", "posterior.parquet", "provenance.json", "pictures"} <= names
    assert {"marginals.png", "pairs.svg", "predictive.png", "recovery.png", "ranks.png"} <= {
        path.name for path in (folder / "pictures").iterdir()}
    posterior = Posterior.read(folder / "posterior.parquet")
    assert len(posterior.names) == 6 and posterior.about["command"].startswith("klaver calibrate --population 20")


def test_the_numbers_as_json(quick: Path) -> None:
    found = runner.invoke(app, [*CALIBRATE, "--json"])
    content = json.loads(found.stdout)
    assert content["parameters"][0]["name"] == "parameters.beta"
    assert {row["role"] for row in content["statistics"]} >= {"used", "check"}
    assert len(content["recovery"]["coverage"]) == 3


def test_another_calibration_is_not_lost(quick: Path) -> None:
    assert runner.invoke(app, CALIBRATE).exit_code == 0
    other = [*CALIBRATE[:3], "--generations", "1", *CALIBRATE[5:]]
    assert runner.invoke(app, other).exit_code == 2
    assert runner.invoke(app, [*other, "--force"]).exit_code == 0


@pytest.mark.parametrize(("option", "value"), [
    ("--population", "5"), ("--generations", "0"), ("--parks", "3"), ("--seeds", "0"),
])  # fmt: skip
def test_numbers_out_of_bounds_are_refused(option: str, value: str) -> None:
    found = runner.invoke(app, ["calibrate", option, value])
    assert found.exit_code == 2 and option in found.output


def test_a_comparison_draws_from_a_posterior_and_can_be_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    POSTERIOR.write(tmp_path / "mine.parquet")
    compare = ["compare", "small_village", "--strategies", "none,verbinden", "--seeds", "2", "--quarters", "8",
               "--workers", "1"]  # fmt: skip
    found = runner.invoke(app, [*compare, "--parameters", "mine.parquet", "--json"])
    assert found.exit_code == 0, found.output
    content = json.loads(found.stdout)
    assert content["parameters"]["sha256"] == POSTERIOR.hash
    assert content["parameters"]["shares"]["verbinden"]["vitality"] is None, "too few seeds to tell"
    (tmp_path / "mine.parquet").unlink()
    assert runner.invoke(app, ["rerun", content["folder"]]).exit_code == 0
    assert runner.invoke(app, [*compare, "--principles", "--parameters", "mine.parquet"]).exit_code == 2


def test_a_run_takes_the_draw_of_its_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    POSTERIOR.write(tmp_path / "mine.parquet")
    run = ["run", "small_village", "--seed", "4", "--quarters", "8", "--parameters", "mine.parquet"]
    assert runner.invoke(app, run).exit_code == 0
    (folder,) = [path for path in (tmp_path / "results").iterdir() if path.is_dir() and (path / "provenance.json").exists()]
    park = json.loads((folder / "provenance.json").read_text())["configuration"]["park"]
    expected = {name.removeprefix("parameters."): value for name, value in POSTERIOR.draw(4).items()}
    assert expected.items() <= park["parameters"].items()
