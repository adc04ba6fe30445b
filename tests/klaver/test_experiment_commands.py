"""Experiments on the command line, end to end: sweep, report, export, query, verify, and decisions on seeds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import experiment as experiments
from analysis.deciding import SMALLEST
from analysis.store import RUN_COLUMNS, Store
from klaver.language import LANGUAGES

from .conftest import Klaver, invoke

# A park without its history, so that a run takes a moment.
VILLAGE = 'based_on = "small_village"\nname = "village"\nburn_in = 0\n'
EXPERIMENT = """\
name = "trust"
parks = ["village.toml"]
strategies = ["supply_driven", "demand_driven"]
seeds = {seeds}
quarters = 4
[title]
nl = "Vertrouwen in het dorp"
en = "Trust in the village"
[factors]
park.founding.trust = {levels}
[indicators]
keep = ["vitality"]
every = 2
"""
RUNS_PER_SEED = 2 * 3  # two points, two strategies and the twin
HERE = ("--workers", 1)


def write_experiment(place: Path, seeds: object = 3, levels: str = "[0.2, 0.7]", name: str = "trust") -> Path:
    """Write the experiment file and the park that it names, and return its path."""
    (place / "village.toml").write_text(VILLAGE)
    text = EXPERIMENT.format(seeds=seeds, levels=levels).replace('"trust"', f'"{name}"')
    (place / f"{name}.toml").write_text(text)
    return place / f"{name}.toml"


def files(place: Path) -> dict[str, int]:
    """Return every file below a folder, with when it was last written."""
    return {str(path.relative_to(place)): path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}


def tables(place: Path) -> dict[str, int]:
    """Return the parts of a store: what would be lost if they changed."""
    return {name: when for name, when in files(place).items() if name.endswith(".parquet")}


def told(made: object) -> dict:
    return json.loads(made.stdout)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("lead", "lang", "sentence"),
    [
        (1.5, "en", "village: on vitality, Supply-driven is best. The chance that this choice is right is at least 95%, "
                    "provided that it is ahead by 1.0 points or more. (180 runs)"),
        (0.4, "en", "village: on vitality, Supply-driven comes out first, 0.40 points ahead of Demand-driven. That is less "
                    "than the 1.0 points that was said to matter: take them as equally good. (180 runs)"),
        (0.4, "nl", "village: op vitaliteit komt Aanbodgericht als eerste uit de bus, 0,40 punt voor op Vraaggericht. "
                    "Dat is minder dan de 1,0 punt die ertoe doet: beschouw ze als even goed. (180 runs)"),
    ],
)  # fmt: skip
def test_a_lead_too_small_to_matter_is_not_called_best(
    lead: float, lang: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from analysis.deciding import Decision
    from analysis.selection import Verdict
    from klaver.console import Speaker
    from klaver.language import Language
    from klaver.sweeping import show_decision

    left = {"none": 50, "demand_driven": 70}
    verdict = Verdict(True, "supply_driven", ("supply_driven",), left, 0.95, 1.0, 50, {"supply_driven": 70, **left},
                      "best_if_ahead")  # fmt: skip
    # A strategy that left early may have had lucky seeds: its mean is over others, and no measure of the lead.
    means = {"supply_driven": 60.0, "demand_driven": 60.0 - lead, "none": 60.3}
    show_decision(Speaker(Language(lang)), Decision("village", "vitality", verdict, means, 180, 20_000))
    assert capsys.readouterr().out.startswith(sentence)


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an experiment file and the store that it filled, 18 runs; not to be changed by a test."""
    place = tmp_path_factory.mktemp("swept")
    before = os.environ.get("KLAVER_LANG")
    os.environ["KLAVER_LANG"] = "en"
    path = write_experiment(place)
    for form in ("json", "quiet"):
        made = invoke("sweep", path, "--out", place / "store", *HERE, f"--{form}")
        assert made.exit_code == 0, made.output
        (place / f"{form}.txt").write_text(made.stdout, encoding="utf-8")
    if before is None:
        del os.environ["KLAVER_LANG"]
    yield place


@pytest.fixture
def own(klaver: Klaver, tmp_path: Path) -> Callable[..., object]:
    """Carry out the experiment in this test's own folder, in this process: ``own("--seeds", 5)``."""
    write_experiment(tmp_path)
    return lambda *more: klaver("sweep", "trust.toml", "--out", "store", *HERE, *more)


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int, str], BaseException | None]], None]:
    """Let runs raise: given a function of seed and strategy that returns what is raised, or None."""
    whole = experiments._run_one

    def begin(problem: Callable[[int, str], BaseException | None]) -> None:
        def broken(job: experiments.Job, before: object, place: int) -> object:
            found = problem(int(before.clock[0].seed), job.strategies[place].name)  # type: ignore[attr-defined]
            if found is not None:
                raise found
            return whole(job, before, place)

        monkeypatch.setattr(experiments, "_run_one", broken)

    return begin


def on_seed_two(seed: int, strategy: str) -> BaseException | None:
    return ZeroDivisionError("as it was told to") if (seed, strategy) == (2, "supply_driven") else None


def nothing_may_run(seed: int, strategy: str) -> BaseException:
    return AssertionError(f"seed {seed} of {strategy} was made, and was there already")


# --- sweep -----------------------------------------------------------------------------------------------------------


def test_sweep_makes_every_run_once_and_its_json_keeps_its_keys(swept: Path) -> None:
    content = json.loads((swept / "json.txt").read_text())
    assert set(content) == {"name", "runs", "made", "there", "failed", "torn", "seconds", "store", "decisions"}
    assert (content["name"], content["runs"], content["made"], content["there"]) == ("trust", 18, 18, 0)
    assert (content["failed"], content["torn"], content["decisions"]) == ([], 0, {})
    runs = Store(swept / "store", must_exist=True).runs()
    assert len(runs) == 3 * RUNS_PER_SEED and set(runs["strategy"]) == {"none", "supply_driven", "demand_driven"}
    record = json.loads((swept / "store" / "provenance.json").read_text())
    assert record["command"] == "sweep" and record["configuration"]["name"] == "trust"


def test_the_same_sweep_again_makes_nothing_and_quiet_says_only_the_result(swept: Path) -> None:
    said = (swept / "quiet.txt").read_text().strip()
    assert re.fullmatch(r"trust: 0 runs made in \d+ s, beside 18 that were there\. Kept in .* \(0\.1 MB\)\.", said)


@pytest.mark.parametrize(
    ("lang", "done", "asks"),
    [("nl", "trust: 18 runs gemaakt in ", "Een vraag:    klaver query"),
     ("en", "trust: 18 runs made in ", "A question:   klaver query")],
)  # fmt: skip
def test_sweep_says_what_it_made_and_what_can_be_done_next(own: Callable, lang: str, done: str, asks: str) -> None:
    made = own("--lang", lang)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(done) and asks in made.stdout
    for command in ("report", "query", "export", "verify"):
        assert f"klaver {command} store" in made.stdout


def test_the_question_that_sweep_proposes_can_be_asked(swept: Path, klaver: Klaver) -> None:
    from klaver.language import Language

    for lang in LANGUAGES:
        made = klaver("query", swept / "store", Language(lang)("sweep.example_sql"), "--json")
        assert made.exit_code == 0 and len(told(made)) == 3


def test_dry_run_forecasts_in_words_and_writes_nothing(klaver: Klaver, tmp_path: Path) -> None:
    write_experiment(tmp_path)
    before = files(tmp_path)
    made = klaver("sweep", "trust.toml", "--dry-run")
    assert made.exit_code == 0, made.output
    assert "trust: 18 runs (2 points, 1 park, 3 strategies with the twin, 3 seeds)." in made.stdout
    assert "To do: 18 runs, about " in made.stdout and "Begin: klaver sweep trust.toml" in made.stdout
    forecast = told(klaver("sweep", "trust.toml", "--dry-run", "--json", "--quiet"))
    assert set(forecast) == {"name", "points", "runs", "there", "failed", "todo", "sampled", "seconds_per_run", "seconds",
                             "bytes", "workers"}  # fmt: skip
    assert (forecast["runs"], forecast["todo"], forecast["there"]) == (18, 18, 0) and forecast["seconds"] > 0
    assert files(tmp_path) == before


def test_dry_run_knows_what_is_there(swept: Path, klaver: Klaver) -> None:
    made = klaver("sweep", swept / "trust.toml", "--out", swept / "store", "--dry-run", "--lang", "nl")
    assert f"Daarvan zijn er al 18 runs, in {swept / 'store'}." in made.stdout
    assert "Er is niets meer te doen." in made.stdout


def test_more_seeds_extend_a_sweep_from_the_first_seed_of_its_file(klaver: Klaver, tmp_path: Path) -> None:
    write_experiment(tmp_path, seeds="{first = 100, count = 1}")
    assert klaver("sweep", "trust.toml", "--out", "store", *HERE).exit_code == 0
    before = tables(tmp_path / "store")
    made = klaver("sweep", "trust.toml", "--out", "store", *HERE, "--seeds", 2)
    assert made.exit_code == 0, made.output
    assert "6 runs are there already in store; 6 to do." in made.stderr
    assert "trust: 6 runs made in " in made.stdout and "beside 6 that were there" in made.stdout
    runs = Store(tmp_path / "store").runs()
    assert sorted(runs["seed"].unique()) == [100, 101] and len(runs) == 12
    kept = {name: when for name, when in before.items() if not name.startswith("experiments/")}
    assert kept.items() <= tables(tmp_path / "store").items()


def test_another_design_of_the_same_name_is_refused_and_takes_its_place_when_forced(own: Callable, tmp_path: Path) -> None:
    assert own("--seeds", 1).exit_code == 0
    before = files(tmp_path / "store")
    write_experiment(tmp_path, levels="[0.2, 0.5]")
    refused = own("--seeds", 1)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("store holds another design called 'trust': 3 of its runs are not in this one.")
    assert files(tmp_path / "store") == before
    assert own("--seeds", 1, "--force").exit_code == 0
    assert len(Store(tmp_path / "store").runs()) == 9  # those of the old design are kept
    assert set(Store(tmp_path / "store").design("trust")[1]["park.founding.trust"]) == {0.2, 0.5}


def test_ctrl_c_keeps_what_was_done_and_the_same_command_goes_on(
    own: Callable, breaks: Callable, swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["klaver", "sweep", "my trust.toml"])
    breaks(lambda seed, strategy: KeyboardInterrupt() if seed == 3 else None)
    stopped = own()
    assert stopped.exit_code == 130
    assert stopped.stderr.strip().endswith("goes on from there:\n  klaver sweep 'my trust.toml'")
    done = len(Store(tmp_path / "store", must_exist=True).runs())
    assert 0 < done < 18
    breaks(lambda seed, strategy: None)
    again = own("--json")
    assert again.exit_code == 0, again.output
    assert (told(again)["made"], told(again)["there"]) == (18 - done, done)
    pd.testing.assert_frame_equal(
        Store(tmp_path / "store").runs(), Store(swept / "store").runs(), check_exact=True)  # fmt: skip


def test_ctrl_c_stops_the_program_itself_with_its_workers(tmp_path: Path) -> None:
    path = write_experiment(tmp_path, seeds=1000)
    path.write_text(path.read_text().replace("quarters = 4", "quarters = 80"))
    process = subprocess.Popen(
        [Path(sys.executable).with_name("klaver"), "sweep", "trust.toml", "--workers", "2", "--lang", "nl"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    runs = tmp_path / "results" / "trust" / "runs"
    patience = time.monotonic() + 120
    while not (runs.is_dir() and list(runs.glob("*.parquet"))) and time.monotonic() < patience:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, problem = process.communicate(timeout=120)
    assert process.returncode == 130, out + problem
    assert "Gestopt." in problem and "  klaver sweep trust.toml --workers 2 --lang nl" in problem
    assert "Traceback" not in problem
    assert 0 < len(Store(tmp_path / "results" / "trust", must_exist=True).runs()) < 6_000


@pytest.mark.parametrize(("lang", "message"), [
    ("nl", "Een andere klaver schrijft al in store; wacht daarop, of geef een andere opslag.\n"),
    ("en", "store is being written to by another klaver; wait for it, or give another store.\n"),
])  # fmt: skip
def test_a_store_that_is_being_written_to_is_told(own: Callable, tmp_path: Path, lang: str, message: str) -> None:
    with Store(tmp_path / "store").writing():
        made = own("--quiet", "--lang", lang)
    assert (made.exit_code, made.stderr) == (1, message)
    assert Store(tmp_path / "store").runs().empty


def test_failed_runs_end_with_1_and_the_command_that_shows_one_again(own: Callable, breaks: Callable) -> None:
    breaks(on_seed_two)
    made = own("--json")
    assert made.exit_code == 1
    assert (told(made)["made"], len(told(made)["failed"])) == (16, 2)
    one = told(made)["failed"][0]
    assert set(one) == {"run", *RUN_COLUMNS, "cause"} and one["cause"] == "ZeroDivisionError: as it was told to"
    said = own()
    assert said.exit_code == 1, "failed runs are passed over, but not forgotten"
    assert "Failed, and not counted: village, supply_driven, seed 2: ZeroDivisionError: as it was told to" in said.stdout
    assert f"klaver run {one['run'][:12]} --store store --traceback" in said.stdout
    assert "2 failed before and are passed over; --retry-failed" in own("--dry-run").stdout
    breaks(lambda seed, strategy: nothing_may_run(seed, strategy) if on_seed_two(seed, strategy) is None else None)
    mended = own("--retry-failed", "--json")
    assert mended.exit_code == 0, mended.output
    assert (told(mended)["made"], told(mended)["failed"]) == (2, [])


def test_a_run_of_a_store_is_replayed_from_its_key_alone(swept: Path, klaver: Klaver) -> None:
    runs = Store(swept / "store").runs()
    key, row = next((str(key), row) for key, row in runs.iterrows() if row["strategy"] == "supply_driven" and row["seed"] == 2)
    made = klaver("run", key[:12], "--store", swept / "store", "--json")
    assert made.exit_code == 0, made.output
    content = told(made)
    assert (content["park"], content["strategy"], content["seed"], content["quarters"]) == ("village", "supply_driven", 2, 4)
    for outcome in ("vitality", "private_investment", "jobs"):
        assert content["outcomes"]["with"][outcome] == row[outcome]


def test_a_failed_run_is_replayed_and_shows_where_it_fails(
    own: Callable, breaks: Callable, klaver: Klaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(on_seed_two)
    key = told(own("--json"))["failed"][0]["run"]
    seen = []

    def broken(before: object, strategy: object = None) -> None:
        seen.append(int(before.clock[0].seed))  # type: ignore[attr-defined]
        raise ZeroDivisionError("still")

    monkeypatch.setattr("klaver.runs.model.simulate", broken)
    made = klaver("run", key[:12], "--store", "store", "--traceback")
    assert isinstance(made.exception, ZeroDivisionError) and seen == [2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "zz", "--store", "STORE"), "No run in STORE begins with 'zz'."),
        (("run", "", "--store", "STORE"), "18 runs in STORE begin with ''; give more of the key."),
        (("run", "ab", "--store", "STORE", "--seed", 4), "--seed does not go with --store: "),
        (("run", "ab", "--store", "nowhere"), "nowhere holds no store of runs (store.json); "),
        (("sweep", "EXPERIMENT", "--seeds", 0), "--seeds is 0; at least 1 is needed."),
        (("sweep", "EXPERIMENT", "--workers", 0), "--workers is 0; 1 or more is needed."),
        (("sweep", "EXPERIMENT", "--cluster", "local:0"), "--cluster is 'local:0'; give the address of a scheduler"),
        (("sweep", "EXPERIMENT", "--until", "dawn"), "--until is 'dawn'; there is: decided."),
        (("sweep", "EXPERIMENT", "--budget", 500), "--budget goes with --until decided only."),
        (("sweep", "EXPERIMENT", "--on", "jobs"), "--on goes with --until decided only."),
        (("sweep", "EXPERIMENT", "--until", "decided", "--seeds", 9), "--seeds does not go with --until decided: "),
        (("sweep", "EXPERIMENT", "--until", "decided", "--dry-run"), "--dry-run does not go with --until decided: "),
        (("sweep", "EXPERIMENT", "--until", "decided", "--budget", 149),
         "--budget is 149; the first 50 seeds of 3 strategies take 150 runs already."),
        (("sweep", "EXPERIMENT", "--until", "decided", "--smallest", 0), "--smallest is 0.0; it must be above 0."),
        (("compare", "typical", "--until", "decided", "--on", "multiplier_gross"),
         "--on is 'multiplier_gross'; a choice can be made on vitality, "),
        (("compare", "typical", "--until", "decided", "--confidence", 1.5), "--confidence is 1.5; it lies between"),
        (("compare", "typical", "--until", "decided", "--quick"), "--quick does not go with --until decided: "),
        (("sweep", "nowhere.toml"), "nowhere.toml: there is no such file."),
        (("sweep", "six_principle"), "There is no experiment 'six_principle'. Did you mean six_principles? Shipped are "),
        (("sweep", "typical"), "'typical' is a park; for that there is: klaver compare typical\n"),
        (("compare", "six_principles"), "'six_principles' is an experiment; for that there is: klaver sweep six_principles\n"),
        (("sweep", "PARK"), "PARK describes a park, not an experiment; for that there is: klaver compare PARK\n"),
        (("report", "nowhere"), "nowhere holds no store of runs (store.json); "),
        (("report", "STORE", "--experiment", "trist"), "STORE holds no experiment 'trist'; it holds: trust."),
        (("export", "STORE", "--formats", "csv,xlsx"), "--formats is 'csv,xlsx'; give csv, parquet, or both"),
        (("query", "STORE", "select 1", "--out", "answer.xlsx"), "answer.xlsx: the name must end in .csv or .parquet.\n"),
        (("query", "STORE", "select vitalty from runs"), "That question cannot be answered: "),
        (("query", "STORE", "copy runs to 'stolen.csv'"), "That question cannot be answered: "),
        (("query", "nowhere", "select 1"), "nowhere holds no store of runs (store.json); "),
        (("verify", "STORE", "--sample", 0), "--sample is 0; at least 1 is needed."),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_and_a_sentence_and_nothing_is_written(
    swept: Path, klaver: Klaver, tmp_path: Path, arguments: tuple, message: str
) -> None:
    places = {"STORE": swept / "store", "EXPERIMENT": swept / "trust.toml", "PARK": swept / "village.toml"}
    before = files(swept)
    made = klaver(*(places.get(part, part) for part in arguments))
    for name, place in places.items():
        message = message.replace(name, str(place))
    assert (made.exit_code, made.stdout) == (2, ""), made.output
    assert made.stderr.startswith(message)
    assert files(swept) == before and not list(tmp_path.iterdir())


def test_names_that_are_nearly_right_are_told_in_dutch_too(klaver: Klaver) -> None:
    made = klaver("sweep", "six_principle", "--lang", "nl")
    assert made.exit_code == 2
    assert made.stderr.startswith("Er is geen experiment 'six_principle'. Bedoel je six_principles? Meegeleverd zijn ")
    assert klaver("show", "role_mixs", "--lang", "nl").stderr.startswith(
        "Er is geen bedrijventerrein, strategie of experiment 'role_mixs'. Bedoel je role_mixes?")  # fmt: skip


def test_all_problems_of_an_experiment_are_told_at_once(klaver: Klaver, tmp_path: Path) -> None:
    write_experiment(tmp_path).write_text('parks = ["typicl"]\nseeds = 0\n[factors]\npark.founding.trst = [0.2]\n')
    made = klaver("sweep", "trust.toml")
    assert made.exit_code == 2 and sorted(path.name for path in tmp_path.iterdir()) == ["trust.toml", "village.toml"]
    for part in ("typicl", "seeds is 0", "park.founding.trst"):
        assert part in made.stderr


def test_a_cluster_of_one_worker_gives_the_same_runs(swept: Path, klaver: Klaver, tmp_path: Path) -> None:
    made = klaver("sweep", swept / "trust.toml", "--seeds", 1, "--out", "store", "--cluster", "local:1", "--json")
    assert made.exit_code == 0, made.output
    there = Store(tmp_path / "store").runs()
    assert len(there) == RUNS_PER_SEED
    pd.testing.assert_frame_equal(there, Store(swept / "store").runs(set(there.index)), check_exact=True)


# --- report and export -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "title"), [("nl", "Vertrouwen in het dorp"), ("en", "Trust in the village")])
def test_report_writes_a_page_and_a_paper_in_the_language_asked_for(
    swept: Path, klaver: Klaver, tmp_path: Path, lang: str, title: str
) -> None:
    made = klaver("report", swept / "store", "--out", "told", "--lang", lang, "--verify", 2)
    assert made.exit_code == 0, made.output
    page = (tmp_path / "told" / f"report.{lang}.html").read_text(encoding="utf-8")
    assert f'lang="{lang}"' in page and title in page
    assert (tmp_path / "told" / f"report.{lang}.pdf").read_bytes().startswith(b"%PDF")
    assert str(Path("told") / f"report.{lang}.html") in made.stdout
    assert {"nl": "Het verslag over 18 runs", "en": "Writing the report on 18 runs"}[lang] in made.stderr
    if lang == "en":
        content = json.loads((tmp_path / "told" / "report.json").read_text())
        assert {"experiment", "runs", "failed", "parks", "factors"} == set(content)
        again = klaver("rerun", "told")
        assert again.exit_code == 0 and again.stdout.startswith("The same numbers: ")
        content["parks"]["village"]["strategies"]["none"]["vitality"]["mean"] += 1.0
        (tmp_path / "told" / "report.json").write_text(json.dumps(content))
        assert klaver("rerun", "told").exit_code == 1


def test_of_several_experiments_one_must_be_chosen(own: Callable, klaver: Klaver, tmp_path: Path) -> None:
    assert own("--seeds", 1).exit_code == 0
    write_experiment(tmp_path, levels="[0.4]", name="middling")
    second = klaver("sweep", "middling.toml", "--out", "store", "--seeds", 1, *HERE)
    assert "klaver report store --experiment middling" in second.stdout
    for command in ("report", "export"):
        made = klaver(command, "store")
        assert made.exit_code == 2
        assert made.stderr == "store holds several experiments; choose one with --experiment: middling, trust.\n"
    made = klaver("export", "store", "--experiment", "middling", "--formats", "csv", "--json")
    assert made.exit_code == 0, made.output
    assert told(made)["runs"] == 3 and len(pd.read_csv(tmp_path / "middling-tables" / "runs.csv")) == 3


def test_export_writes_tables_that_their_description_describes(swept: Path, klaver: Klaver, tmp_path: Path) -> None:
    made = klaver("export", swept / "store", "--out", "tables", "--lang", "nl")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("18 runs als tabellen, met een verklaring van elke kolom")
    package = json.loads((tmp_path / "tables" / "datapackage.json").read_text())
    described = {resource["name"]: resource for resource in package["resources"]}
    for name in ("runs", "design", "paths"):
        fields = [field["name"] for field in described[name]["schema"]["fields"]]
        assert list(pd.read_csv(tmp_path / "tables" / f"{name}.csv").columns) == fields
        assert list(pd.read_parquet(tmp_path / "tables" / f"{name}.parquet").columns) == fields
    stored = Store(swept / "store").runs()["vitality"]
    runs = pd.read_parquet(tmp_path / "tables" / "runs.parquet").set_index("run")["vitality"]
    pd.testing.assert_series_equal(runs.sort_index(), stored, check_exact=True)
    assert klaver("rerun", "tables").exit_code == 0


# --- query -----------------------------------------------------------------------------------------------------------

BY_STRATEGY = "select strategy, count(*) as n, avg(vitality) as mean from runs group by strategy order by strategy"


def test_query_answers_with_the_numbers_of_the_store(swept: Path, klaver: Klaver) -> None:
    runs = Store(swept / "store").runs()
    rows = told(klaver("query", swept / "store", BY_STRATEGY, "--json"))
    assert [row["strategy"] for row in rows] == ["demand_driven", "none", "supply_driven"]
    for row in rows:
        assert row["n"] == 6 and row["mean"] == pytest.approx(runs.loc[runs["strategy"] == row["strategy"], "vitality"].mean())
    mean = f"{rows[0]['mean']:.3f}"
    assert mean in klaver("query", swept / "store", BY_STRATEGY).stdout
    assert mean.replace(".", ",") in klaver("query", swept / "store", BY_STRATEGY, "--lang", "nl").stdout


def test_a_wide_answer_is_shown_row_by_row_and_says_that_there_is_more(swept: Path, klaver: Klaver) -> None:
    made = klaver("query", swept / "store", "select * from runs")
    assert made.exit_code == 0
    assert made.stdout.count("vitality_occupancy") == 3
    assert "3 of 18 rows shown; --json or --out FILE gives all." in made.stdout
    assert "more" not in klaver("query", swept / "store", BY_STRATEGY).stdout


@pytest.mark.parametrize(("suffix", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_query_writes_its_answer_to_a_file_and_not_over_one(
    swept: Path, klaver: Klaver, tmp_path: Path, suffix: str, read: Callable
) -> None:
    question = ("query", swept / "store", BY_STRATEGY, "--out", f"answer.{suffix}")
    assert klaver(*question).exit_code == 0
    rows = told(klaver("query", swept / "store", BY_STRATEGY, "--json"))
    np.testing.assert_allclose(read(tmp_path / f"answer.{suffix}")["mean"], [row["mean"] for row in rows], rtol=1e-12)
    (tmp_path / f"answer.{suffix}").write_text("mine")
    refused = klaver(*question)
    assert refused.exit_code == 2 and refused.stderr.startswith(f"answer.{suffix} is there already")
    assert (tmp_path / f"answer.{suffix}").read_text() == "mine"
    assert klaver(*question, "--force").exit_code == 0 and len(read(tmp_path / f"answer.{suffix}")) == 3


# --- verify and rerun ------------------------------------------------------------------------------------------------


def tamper(store: Path, column: str) -> str:
    """Change a number in a store so that its part still has the right name, and return the key of the run."""
    from analysis.store import _check_of

    part = sorted((store / "runs").glob("*.parquet"))[0]
    table = pq.read_table(part)
    values = table[column].to_pylist()
    values[0] = np.nextafter(values[0], np.inf)
    table = table.set_column(table.schema.get_field_index(column), column, pa.array(values, pa.float64()))
    key = table["run"][0].as_py()
    pq.write_table(table, part)
    part.rename(part.with_name(f"{part.stem.rpartition('-')[0]}-{_check_of(part.read_bytes())}.parquet"))
    return key


@pytest.mark.parametrize(("lang", "same"), [
    ("nl", "4 van 18 runs opnieuw gemaakt: alle "), ("en", "4 of 18 runs made again: all "),
])  # fmt: skip
def test_verify_finds_the_same_numbers(swept: Path, klaver: Klaver, lang: str, same: str) -> None:
    made = klaver("verify", swept / "store", "--sample", 4, *HERE, "--lang", lang)
    assert made.exit_code == 0 and made.stdout.startswith(same)
    content = told(klaver("verify", swept / "store", "--sample", 4, *HERE, "--json"))
    assert set(content) == {"same", "runs", "of", "values", "failed", "other_model", "differences"}
    assert content["same"] is True and content["runs"] == 4 and content["values"] > 200


def test_verify_and_rerun_notice_one_bit_that_was_changed(own: Callable, klaver: Klaver, tmp_path: Path) -> None:
    assert own("--seeds", 1).exit_code == 0
    assert klaver("rerun", "store", *HERE).exit_code == 0
    key = tamper(tmp_path / "store", "vitality")
    made = klaver("verify", "store", *HERE)
    assert made.exit_code == 1
    assert made.stdout.startswith(f"Not the same: run {key[:12]}, vitality: ")
    again = klaver("rerun", "store", *HERE, "--json")
    assert again.exit_code == 1
    assert [difference["key"] for difference in told(again)["differences"]] == [f"{key[:12]}.vitality"]


def test_a_part_that_was_damaged_counts_as_not_there_and_is_made_again(own: Callable, klaver: Klaver, tmp_path: Path) -> None:
    assert own("--seeds", 1).exit_code == 0
    part = next((tmp_path / "store" / "runs").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-1])
    nothing = klaver("verify", "store", *HERE)
    assert nothing.exit_code == 1 and nothing.stdout.startswith("There is no run here that ")
    mended = own("--seeds", 1)
    assert mended.exit_code == 0 and "damaged files were set aside in store/set_aside" in mended.stdout
    assert klaver("verify", "store", *HERE).exit_code == 0


# --- compare ---------------------------------------------------------------------------------------------------------

COMPARED = ("--strategies", "supply_driven,demand_driven", "--quarters", 4, *HERE)


def test_a_comparison_made_twice_makes_its_runs_once(klaver: Klaver, breaks: Callable, tmp_path: Path) -> None:
    write_experiment(tmp_path)
    first = klaver("compare", "village.toml", *COMPARED, "--seeds", 2)
    assert first.exit_code == 0, first.output
    numbers = (tmp_path / "results" / "village-compare-2" / "comparison.json").read_bytes()
    breaks(nothing_may_run)
    again = klaver("compare", "village.toml", *COMPARED, "--seeds", 2, "--lang", "nl")
    assert again.exit_code == 0, again.output
    assert "Alle 6 runs zijn er al in results/store; 0 te doen." in again.stderr
    assert (tmp_path / "results" / "village-compare-2" / "comparison.json").read_bytes() == numbers


def test_seeds_until_decided_are_told_apart_from_seeds_that_were_given(
    klaver: Klaver, breaks: Callable, tmp_path: Path
) -> None:
    write_experiment(tmp_path)
    asked = ("compare", "village.toml", *COMPARED, "--until", "decided", "--smallest", 0.4)
    made = klaver(*asked)
    assert made.exit_code == 0, made.output
    place = tmp_path / "results" / "village-decided-vitality"
    decision = json.loads((place / "decision.json").read_text())
    assert decision["guarantee"] == "best_if_ahead" and min(decision["seeds"].values()) >= 50
    best = {"supply_driven": "Supply-driven", "demand_driven": "Demand-driven"}[decision["best"]]
    assert made.stdout.startswith(f"village: on vitality, {best} is best. The chance that this choice is right is at least 95%")
    assert "The decision is about" not in made.stdout and "the decision is about the average over futures" in made.stdout
    common = min(decision["seeds"].values())
    assert f"village: 3 strategies, {common} seeds, 4 quarters" in made.stdout
    assert json.loads((place / "comparison.json").read_text())["seeds"] == common
    breaks(nothing_may_run)
    again = klaver(*asked, "--json", "--lang", "nl")
    assert again.exit_code == 0, again.output
    assert told(again)["decision"] == decision
    refused = klaver(*asked[:-1], 0.25)
    assert refused.exit_code == 2 and "holds a result of another configuration" in refused.stderr


def test_what_is_not_decided_within_the_budget_is_said_not_to_be(klaver: Klaver, tmp_path: Path) -> None:
    write_experiment(tmp_path)
    made = klaver("compare", "village.toml", *COMPARED, "--until", "decided", "--smallest", 1e-6, "--budget", 170,
                  "--lang", "nl", "--quiet")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("village: NIET beslist op ")
    assert "van hoogstens 170, en elk van deze kan nog de beste zijn: " in made.stdout
    assert (tmp_path / "results" / "village-decided-vitality" / "decision.json").exists()


def test_a_sweep_until_decided_is_an_experiment_of_its_own_name(own: Callable, klaver: Klaver, tmp_path: Path) -> None:
    made = own("--until", "decided", "--smallest", 0.5)
    assert made.exit_code == 0, made.output
    assert "village: on vitality, " in made.stdout and "over the 50 seeds that every strategy has" in made.stdout
    assert own("--seeds", 1).exit_code == 0, "the experiment itself is not in the way of its decision"
    assert Store(tmp_path / "store").experiments() == ["trust", "trust-decided-vitality"]
    write_experiment(tmp_path, levels="[0.2, 0.5]")
    other = own("--until", "decided", "--smallest", 0.5)
    assert other.exit_code == 2
    assert other.stderr.startswith("store holds a decision called 'trust-decided-vitality' on other parks, ")


def test_the_help_names_every_outcome_that_can_be_decided_on_and_its_defaults(klaver: Klaver) -> None:
    from analysis.deciding import BUDGET
    from analysis.selection import CONFIDENCE

    for lang, budget, confidence in (
        ("en", f"{BUDGET:,} if not given", f"{CONFIDENCE} if not given"),
        ("nl", f"zonder deze optie {BUDGET:,}".replace(",", "."), f"zonder deze optie {CONFIDENCE}".replace(".", ",")),
    ):
        shown = " ".join(klaver("--lang", lang, "sweep", "--help", "--lang", lang).stdout.split())
        assert all(outcome in shown for outcome in SMALLEST)
        assert budget in shown and confidence in shown
