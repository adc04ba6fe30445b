"""Every command, end to end: what it says, what it writes, and the exit code; and every way in which it is misused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analysis.experiment_file import list_experiments, load_experiment
from klaver.language import LANGUAGES
from sim.inputs.scenario import list_parks, load_park
from sim.inputs.strategy import list_strategies, load_strategy

from .conftest import COMPARE, RUN, Klaver

OUTCOMES = {
    "multiplier_gross", "multiplier_additional", "vitality", "vitality_occupancy", "vitality_premises",
    "vitality_public_space", "vitality_jobs", "vitality_dynamics", "vitality_organisation", "vitality_future",
    "social_balance", "private_investment", "public_outlay", "vacancy", "jobs", "opportunities_started",
    "opportunities_realised", "opportunities_exited", "lead_time", "displacement", "satisfaction",
}  # fmt: skip


def written(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


# --- run -------------------------------------------------------------------------------------------------------------


def test_run_writes_tables_twice_pictures_the_story_and_its_provenance(results: Path) -> None:
    folder = results / "run"
    assert written(folder) == ["cases.md", "pictures", "provenance.json", "story.md", "summary.json", "tables", "twin"]
    tables = {path.stem for path in (folder / "tables").glob("*.parquet")}
    assert tables >= {"companies", "parcels", "opportunities", "seats", "ledger", "events", "indicators"}
    assert tables == {path.stem for path in (folder / "tables").glob("*.csv")}
    pictures = {path.stem for path in (folder / "pictures").glob("*.png")}
    assert pictures >= {"map", "euros"}
    assert pictures == {path.stem for path in (folder / "pictures").glob("*.svg")}
    record = json.loads((folder / "provenance.json").read_text())
    assert record["command"] == "run" and record["configuration"]["seeds"] == [3]
    assert set(record) >= {"version", "commit", "configuration", "configuration_sha256", "numbers_sha256", "packages",
                           "platform", "start", "seconds", "files"}  # fmt: skip


def test_the_ledger_of_a_run_explains_its_private_investment(results: Path) -> None:
    ledger = pd.read_parquet(results / "run" / "tables" / "ledger.parquet")
    summary = json.loads((results / "run" / "summary.json").read_text())
    works = ledger["purpose"].str.startswith("works_")
    public = ledger["payer_name"].isin(["province", "state"]) | (ledger["payer"] == -1)
    private = ledger.loc[works & ~public & (ledger["payer_name"] != "region"), "cents"].sum()
    grants = ledger.loc[ledger["purpose"] == "grant", "cents"].sum()
    assert summary["outcomes"]["with"]["private_investment"] == pytest.approx((private - grants) / 100.0, abs=0.005)


def test_run_as_json_has_every_outcome_with_and_without_the_strategy(results: Path) -> None:
    content = json.loads((results / "run.json").read_text())
    assert {"park", "strategy", "seed", "quarters", "outcomes", "tables_sha256", "folder"} == set(content)
    assert set(content["outcomes"]) == {"with", "without", "difference"}
    assert all(set(side) == OUTCOMES for side in content["outcomes"].values())


def test_run_tells_the_outcomes_and_the_opportunities(klaver: Klaver) -> None:
    made = klaver(*RUN, "--lang", "nl")
    assert made.exit_code == 0
    assert "small_village, demand_driven, seed 3, 3 jaar" in made.stdout
    assert (
        "private investeringen" in made.stdout
        and "Weggeschreven in results/small_village-demand_driven-3" in made.stdout
    )
    assert made.stderr == ""


def test_the_same_run_again_is_written_over_and_another_is_not(klaver: Klaver, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "result", "--quiet")
    assert klaver(*RUN, *out).exit_code == 0
    before = (tmp_path / "result" / "summary.json").read_text()
    assert klaver(*RUN, *out).exit_code == 0
    assert (tmp_path / "result" / "summary.json").read_text() == before
    other = klaver(*RUN, "--seed", 4, *out)
    assert other.exit_code == 2
    assert other.stderr == (
        f"{tmp_path / 'result'} holds a result of another configuration (run small_village demand_driven seed 3); give "
        "another --out, or --force to replace it.\n"
    )
    assert (tmp_path / "result" / "summary.json").read_text() == before
    assert klaver(*RUN, "--seed", 4, *out, "--force").exit_code == 0
    assert (tmp_path / "result" / "summary.json").read_text() != before


# --- compare ---------------------------------------------------------------------------------------------------------


def test_compare_writes_its_numbers_tables_pictures_and_a_report_in_both_languages(results: Path) -> None:
    folder = results / "comparison"
    assert written(folder) == [
        "comparison.json", "pictures", "provenance.json", "report.en.html", "report.nl.html", "runs.csv", "runs.parquet",
        "summary.csv",
    ]  # fmt: skip
    runs = pd.read_parquet(folder / "runs.parquet")
    assert len(runs) == 2 * 3 and {"strategy", "seed", "private_investment"} <= set(runs.columns)
    assert list((folder / "pictures").glob("*.png")) and list((folder / "pictures").glob("*.svg"))


def test_compare_as_json_keeps_its_documented_keys(results: Path) -> None:
    content = json.loads((results / "comparison.json").read_text())
    assert {"park", "seeds", "quarters", "reference", "strategies"} <= set(content)
    assert (content["park"], content["seeds"], content["quarters"], content["reference"]) == (
        "small_village", 3, 8, "none",
    )  # fmt: skip
    assert set(content["strategies"]) == {"none", "demand_driven"}
    for outcomes in content["strategies"].values():
        assert set(outcomes) >= OUTCOMES
        assert all({"mean", "low", "high", "unit", "note"} <= set(outcomes[outcome]) for outcome in OUTCOMES)
        assert set(outcomes["vitality"]["difference"]) == {"mean", "low", "high"}
        assert {"vitality", "social_balance"} <= set(outcomes["probability_best"])


def test_compare_says_undefined_with_its_reason_and_that_seeds_are_few(klaver: Klaver) -> None:
    made = klaver(*COMPARE, "--strategies", "demand_driven", "--seeds", 2, "--quiet")
    assert made.exit_code == 0 and "undefined" in made.stdout
    loud = klaver(*COMPARE, "--strategies", "demand_driven", "--seeds", 2)
    assert "Only 2 seeds: too few to rank strategies by." in loud.stdout
    assert "the same park with the same luck" in loud.stdout


def test_the_numbers_do_not_depend_on_the_number_of_workers(results: Path, klaver: Klaver, tmp_path: Path) -> None:
    for workers in (1, 2):
        made = klaver(*COMPARE, "--out", tmp_path / str(workers), "--workers", workers, "--quiet")
        assert made.exit_code == 0, made.output
        for name in ("comparison.json", "summary.csv", "runs.csv"):
            assert (tmp_path / str(workers) / name).read_bytes() == (results / "comparison" / name).read_bytes()


# --- rerun -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run", "comparison"])
def test_rerun_gives_the_same_numbers(results: Path, klaver: Klaver, name: str) -> None:
    made = klaver("rerun", results / name)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("The same numbers: ") and made.stdout.endswith("values, to the last bit.\n")


@pytest.mark.parametrize(("name", "file"), [("run", "summary.json"), ("comparison", "comparison.json")])
def test_rerun_notices_a_number_that_was_changed(
    results: Path, klaver: Klaver, tmp_path: Path, name: str, file: str
) -> None:
    shutil.copytree(results / name, tmp_path / name)
    text = (tmp_path / name / file).read_text()
    content = json.loads(text)
    (content["outcomes"]["with"] if name == "run" else content["strategies"]["none"]["vitality"])["mean"] = 1e9
    (tmp_path / name / file).write_text(json.dumps(content))
    made = klaver("rerun", tmp_path / name, "--json")
    assert made.exit_code == 1
    told = json.loads(made.stdout)
    assert told["same"] is False and told["differences"][0]["key"].endswith("mean")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"command": "dance"}, "command is 'dance'"),
        ({"configuration": {}}, "cannot be read: 'park'"),
        ({"configuration": None}, "no configuration in it"),
    ],
)
def test_rerun_of_a_torn_result_is_bad_input(
    results: Path, klaver: Klaver, tmp_path: Path, change: dict, message: str
) -> None:
    shutil.copytree(results / "run", tmp_path / "torn")
    path = tmp_path / "torn" / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    made = klaver("rerun", tmp_path / "torn")
    assert made.exit_code == 2
    assert message in made.stderr and "Traceback" not in made.output


# --- why, story ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["company", "parcel", "opportunity"])
def test_why_tells_the_chain_and_what_happened_without_the_strategy(
    results: Path, klaver: Klaver, kind: str, lang: str
) -> None:
    made = klaver("why", results / "run", kind, 0, "--lang", lang)
    assert made.exit_code == 0, made.output
    assert {"nl": "Zonder de strategie", "en": "Without the strategy"}[lang] in made.stdout
    told = json.loads(klaver("why", results / "run", kind, 0, "--json").stdout)
    assert set(told) == {"kind", "id", "name", "events", "end", "without"}
    assert all(set(event) == {"quarter", "kind", "sentence", "value", "threshold"} for event in told["events"])


def test_why_of_something_that_is_not_there_names_what_is_near(results: Path, klaver: Klaver) -> None:
    names = pd.read_parquet(results / "run" / "tables" / "companies.parquet")["name"]
    made = klaver("why", results / "run", "company", names[0][:-1] + "x")
    assert made.exit_code == 2
    assert made.stderr.startswith(f"There is no company '{names[0][:-1]}x' in this run. Did you mean ")


def test_story_tells_all_opportunities_on_request(results: Path, klaver: Klaver) -> None:
    some, everything = klaver("story", results / "run"), klaver("story", results / "run", "--all")
    assert some.exit_code == everything.exit_code == 0
    told = json.loads(klaver("story", results / "run", "--json").stdout)
    assert everything.stdout.count("Opportunity ") >= len(told["opportunities"])
    assert (results / "run" / "story.md").read_text().count("\n## ") == 1 + len(told["opportunities"])  # and the park


def test_a_comparison_has_no_story(results: Path, klaver: Klaver) -> None:
    made = klaver("story", results / "comparison")
    assert made.exit_code == 2
    assert (
        made.stderr == f"{results / 'comparison'} is the result of `klaver compare`; this needs that of `klaver run`.\n"
    )


# --- show, list, new, doctor -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", [*list_parks(), *list_strategies(), *list_experiments()])
def test_show_shows_whatever_is_shipped(klaver: Klaver, name: str, lang: str) -> None:
    made = klaver("show", name, "--lang", lang)
    assert made.exit_code == 0 and name in made.stdout


def test_show_marks_what_is_assumed_and_lists_parameters_with_unit_range_and_source(klaver: Klaver) -> None:
    made = klaver("show", "rollepaal", "--parameters")
    assert "Plukon" in made.stdout and "assumed" in made.stdout
    assert "land_price" in made.stdout and "40 - 330" in made.stdout and "EUR/m2" in made.stdout
    told = json.loads(klaver("show", "rollepaal", "--json").stdout)
    (price,) = (p for p in told["parameters"] if p["name"] == "land_price")
    assert set(price) == {"name", "value", "default", "low", "high", "unit", "mark", "source", "meaning"}


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_show_draws_to_a_file(klaver: Klaver, tmp_path: Path, suffix: str) -> None:
    made = klaver("show", "small_village", "--png", f"park{suffix}")
    assert made.exit_code == 0, made.output
    assert (tmp_path / f"park{suffix}").stat().st_size > 5_000


def test_show_refuses_to_draw_to_a_kind_of_file_it_cannot_write(klaver: Klaver, tmp_path: Path) -> None:
    made = klaver("show", "small_village", "--png", "park.docx")
    assert made.exit_code == 2
    assert made.stderr.startswith("park.docx cannot be written: ")
    assert written(tmp_path) == []


def test_list_names_what_is_shipped_in_both_languages(klaver: Klaver) -> None:
    told = json.loads(klaver("list", "--json").stdout)
    assert list(told["parks"]) == list_parks() and list(told["strategies"]) == list_strategies()
    assert list(told["experiments"]) == list_experiments()
    assert all(set(text) == set(LANGUAGES) and all(text.values()) for kind in told.values() for text in kind.values())
    for lang in LANGUAGES:
        shown = " ".join(klaver("list", "--lang", lang).stdout.split())
        assert all(name in shown for kind in told.values() for name in kind)
        assert told["experiments"]["three_towns"][lang] in shown


def test_show_tells_what_an_experiment_crosses_and_how_many_runs_that_makes(klaver: Klaver) -> None:
    made = klaver("show", "role_mixes", "--lang", "nl")
    shown = " ".join(made.stdout.split())
    for part in ("typical, vacant_core", "demand_driven, none", "100 (1 tot en met 100)", "elke combinatie: 15 punten",
                 "hoogstens 3.600", "park.founding.trust 0,2; 0,4; 0,7", "strategy.principles.tailored_roles uit",
                 "verbinden 0,55", "klaver sweep role_mixes --dry-run"):  # fmt: skip
        assert part in shown, part
    told = json.loads(klaver("show", "role_mixes", "--json").stdout)
    assert told["size"] == {"points": 15, "parks": 2, "strategies": 2, "seeds": 100, "runs": 3600}
    assert told["size"] == load_experiment("role_mixes").size()._asdict()
    assert {factor["name"] for factor in told["factors"]} == {
        "park.founding.trust", "strategy.principles.tailored_roles", "strategy.roles"}  # fmt: skip
    assert "from 4 to 16, evenly by ratio" in klaver("show", "judged_parameters").stdout
    assert "each on and off" in klaver("show", "six_principles").stdout


def test_show_warns_of_what_a_design_cannot_do(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(
        'parks = ["rollepaal"]\nindicators.keep = ["jobs"]\nindicators.every = 1\n[design]\nkind = "sobol"\n'
        "samples = 5\n[factors]\npark.firms = {low = 40, high = 60, integer = true}\n"
    )
    made = klaver("show", "odd.toml")
    assert made.exit_code == 0, made.output
    assert "5 Sobol points: at a power of two (4 or 8)" in made.stdout and "jobs; every quarter" in made.stdout
    assert "park.firms: changes nothing on rollepaal" in made.stdout


@pytest.mark.parametrize(("lang", "comment"), [("nl", "# Een eigen experiment"), ("en", "# An experiment of your own")])
def test_a_new_experiment_is_explained_in_the_language_of_the_user_and_can_be_carried_out(
    klaver: Klaver, tmp_path: Path, lang: str, comment: str
) -> None:
    made = klaver("new", "mine", "--experiment", "--lang", lang)
    assert made.exit_code == 0 and made.stdout.endswith("klaver sweep mine.toml --dry-run\n")
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    assert text.startswith(comment) and text.count("#") >= 15
    # What it proposes in comments can be taken up: the factors that it does not vary yet.
    lines = [line for line in text.splitlines() if line.startswith(("# strategy.", "# parameters."))]
    proposed = "\n".join(line.removeprefix("# ") for line in lines)
    (tmp_path / "more.toml").write_text(text.replace("[factors]", "[factors]\n" + proposed), encoding="utf-8")
    assert [factor.name for factor in load_experiment("more.toml").factors] == [
        "strategy.organisation.fte", "strategy.roles", "parameters.beta", "park.founding.trust"]  # fmt: skip
    (tmp_path / "short.toml").write_text('based_on = "mine.toml"\nname = "short"\nquarters = 4\nseeds = 1\n')
    made = klaver("sweep", "short.toml", "--workers", 1, "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["runs"] == load_experiment("mine.toml").size().runs / 20


def test_a_new_park_and_a_new_strategy_load_and_run_as_they_are(klaver: Klaver, tmp_path: Path) -> None:
    assert klaver("new", "mine").stdout == "mine.toml written. Change it, then: klaver compare mine.toml\n"
    assert klaver("new", "plan", "--strategy").exit_code == 0
    assert load_park("mine.toml").name == "mine" and load_strategy("plan.toml").name == "plan"
    for name in ("mine", "plan"):
        text = (tmp_path / f"{name}.toml").read_text()
        assert text.count("#") >= 10
        assert tomllib.loads(text)["name"] == name
    made = klaver("run", "mine.toml", "--strategy", "plan.toml", "--quarters", 4, "--quiet")
    assert made.exit_code == 0, made.output
    assert klaver("show", "plan.toml").exit_code == 0


def test_new_does_not_write_over_a_file(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("my work")
    made = klaver("new", "mine")
    assert made.exit_code == 2
    assert made.stderr == "mine.toml is there already; give another name, or --force to replace it.\n"
    assert (tmp_path / "mine.toml").read_text() == "my work"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "naïve", "a b", "x" * 100, ".toml"])
def test_new_refuses_a_name_that_is_none(klaver: Klaver, tmp_path: Path, name: str) -> None:
    made = klaver("new", name)
    assert made.exit_code == 2
    assert made.stderr == f"{name!r} is not a name for a file: use letters, digits, - and _.\n"
    assert written(tmp_path) == []


def test_doctor_finds_this_machine_well(klaver: Klaver) -> None:
    made = klaver("doctor", "--json")
    told = json.loads(made.stdout)
    assert made.exit_code == 0 and told["ok"] is True
    assert all(check["well"] for check in told["checks"])


# --- misuse ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("run", "rollepal"),
            "There is no park 'rollepal'. Did you mean rollepaal? Shipped are healthy, outdated_large, rollepaal, "
            "small_village, typical and vacant_core; or give the path of a .toml file.",
        ),
        (
            ("compare", "rollepaal", "--strategies", "suply_driven,xyz"),
            "There is no strategy 'suply_driven'. Did you mean supply_driven",
        ),
        (("show", "zzz"), "There is no park, strategy or experiment 'zzz'. `klaver list` shows what there is."),
        (("show", "none", "--parameters"), "--parameters is for parks only, and none is none."),
        (("show", "six_principles", "--png", "x.png"), "--png is for parks only, and six_principles is none."),
        (("run", "demand_driven"), "'demand_driven' is a strategy; for that there is: klaver show demand_driven"),
        (("new", "mine", "--strategy", "--experiment"), "--strategy and --experiment do not go together"),
        (("run", "nowhere.toml"), "nowhere.toml: there is no such file."),
        (("run", "rollepaal", "--seed", "-1"), "--seed is -1; 0 or more is needed."),
        (("run", "rollepaal", "--quarters", "0"), "--quarters is 0; between 1 and 400 is allowed."),
        (("compare", "rollepaal", "--seeds", "0"), "--seeds is 0; at least 1 is needed."),
        (("compare", "rollepaal", "--seeds", "1000000"), "--seeds is 1000000; at most 100000 can be run in one go."),
        (("compare", "rollepaal", "--workers", "0"), "--workers is 0; 1 or more is needed."),
        (("compare", "rollepaal", "--strategies", " , "), "--strategies names none."),
        (("compare", "rollepaal", "--strategies", "none,none"), "--strategies names 'none' twice."),
        (("rerun", "nowhere"), "nowhere holds no provenance.json: it is not a result of klaver."),
        (("list", "--lang", "fr"), "--lang is 'fr'; there is nl and en."),
    ],
)
def test_bad_input_is_told_in_a_sentence_and_nothing_is_written(
    klaver: Klaver, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    made = klaver(*arguments)
    assert made.exit_code == 2
    assert made.stdout == ""
    assert made.stderr.startswith(message)
    assert written(tmp_path) == []


def test_all_problems_of_a_file_are_told_at_once(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('based_on = "typical"\nfirms = -3\ngros_ha = 8\n')
    made = klaver("run", "bad.toml")
    assert made.exit_code == 2
    assert "bad.toml: gros_ha is not a known key. Did you mean 'gross_ha'?" in made.stderr
    assert "bad.toml: firms is -3; it must be at least 2." in made.stderr
    assert written(tmp_path) == ["bad.toml"]


@pytest.mark.parametrize(
    "arguments", [("dance",), ("run",), ("run", "a", "b"), ("run", "a", "--seed", "x"), ("run", "--x")]
)
def test_a_line_that_is_no_command_ends_with_2(klaver: Klaver, arguments: tuple[str, ...]) -> None:
    made = klaver(*arguments)
    assert made.exit_code == 2 and "Traceback" not in made.output


def test_a_folder_of_something_else_is_refused_before_anything_is_computed(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    made = klaver("compare", "rollepaal", "--out", "thesis", "--force")
    assert made.exit_code == 2
    assert made.stderr == (
        "thesis is not empty and holds no result of klaver; nothing is written over it, give another --out.\n"
    )
    assert written(tmp_path / "thesis") == ["chapter.txt"]


def test_ctrl_c_ends_with_130_a_sentence_and_nothing_half_written(
    klaver: Klaver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.figures.save", interrupted)
    made = klaver(*RUN)
    assert made.exit_code == 130
    assert made.stderr.strip().startswith("Stopped. Nothing half-finished is left behind, and runs that were done are kept.")
    assert written(tmp_path / "results") == []


def test_a_failure_while_running_ends_with_1_and_a_sentence(klaver: Klaver, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("klaver.runs.model.simulate", broken)
    made = klaver(*RUN)
    assert made.exit_code == 1
    assert made.stderr == (
        "Something went wrong that should not: ZeroDivisionError: of all things. Again with --traceback shows where; "
        "please report it.\n"
    )
    assert isinstance(klaver(*RUN, "--traceback").exception, ZeroDivisionError)


def test_a_place_that_cannot_be_written_is_told(klaver: Klaver, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = klaver(*RUN, "--out", "file/result")
    assert made.exit_code == 2
    assert "cannot be written" in made.stderr and written(tmp_path) == ["file"]


# --- as a process ----------------------------------------------------------------------------------------------------


def test_the_program_itself_runs_and_help_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("numba", "pandas", "scipy", "matplotlib", "mesa", "numpy", "pydantic")
    code = (
        "import sys; sys.argv = ['klaver', '--help']\n"
        "from klaver.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {heavy!r} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "compare" in shown.stdout and shown.stdout.endswith("[]\n")
    made = subprocess.run(
        [Path(sys.executable).with_name("klaver"), "list", "--json", "--lang", "nl"],
        capture_output=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert made.returncode == 0 and json.loads(made.stdout.decode())["parks"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_is_in_the_language_of_the_user(klaver: Klaver, lang: str) -> None:
    sentence = {"nl": "Het hoofdwerk", "en": "The main job"}[lang]
    assert sentence in klaver("--lang", lang, "--help").stdout
    assert sentence in klaver("compare", "--help", "--lang", lang).stdout or lang == "nl"


def test_every_command_is_said_in_one_whole_sentence_in_the_list_of_commands(klaver: Klaver) -> None:
    for lang, stop in (("nl", "Toon deze tekst en stop."), ("en", "Show this text and stop.")):
        shown = klaver("--lang", lang, "--help").stdout
        assert shown.count("...") == 1 and "[ARGS]..." in shown, "a sentence is cut off"
        assert stop in shown


def test_the_version_is_that_of_the_package(klaver: Klaver) -> None:
    import klaver as package

    assert klaver("--version").stdout == f"klaver {package.__version__}\n"
