"""The documentation says what is true."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer
import yaml

from analysis.compare import OUTCOMES
from analysis.experiment_file import check_experiment
from benchmarks import rollepaal_page
from benchmarks.parameter_page import PAGE, page
from klaver.cli import app
from sim.inputs.parameters import BY_NAME
from sim.inputs.strategy import Strategy

ROOT = Path(__file__).parents[1]


def test_the_page_of_parameters_is_that_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_running_example_is_told_from_runs_and_not_by_hand():
    assert rollepaal_page.PAGE.read_text(encoding="utf-8") == rollepaal_page.page()


def concepts() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    table = text.split("| concept | file | taken away by |")[1]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    return [(row[0].strip(), row[1].strip(), row[2].strip()) for row in rows if not row[0].startswith(" ---")]


def test_every_concept_of_the_model_page_names_files_that_exist():
    assert len(concepts()) > 40
    for concept, files, _ in concepts():
        named = re.findall(r"`([\w/]+\.(?:py|toml))`|`(scenarios/\w+/)`", files)
        for file in (a or b for a, b in named):
            assert any((ROOT / folder / file).exists() for folder in ("", "sim")), f"{concept}: {file}"
        for function in re.findall(r"\(`(\w+)`\)", files):
            assert any(f"def {function}(" in path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py")), concept


def test_every_switch_of_the_model_page_exists():
    resolved = Strategy().resolved()
    for concept, _, switches in concepts():
        for name in re.findall(r"`([\w.]+)(?: = [^`]+)?`", switches):
            first, _, rest = name.partition(".")
            anywhere = name in BY_NAME or name in resolved or any(
                isinstance(table, dict) and name in table for table in resolved.values())
            assert anywhere or (rest in resolved.get(first, {}) if rest and rest != "*" else first in resolved), (
                f"{concept}: {name}")


def test_every_outcome_key_is_documented():
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", text))
    for outcome in OUTCOMES:
        assert outcome in documented or "_" + outcome.split("_", 1)[1] in documented, outcome


def test_the_start_of_the_readme_has_its_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start = re.search(r"^## Start$(.*?)(?=^## )", text, re.M | re.S)
    assert re.findall(r"^```sh\n(.*?)\n```", start.group(1), re.M | re.S) == [
        "pip install uv && uv run klaver compare rollepaal", "uv run pytest"]


def test_links_between_pages_lead_somewhere():
    for page_path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page_path.read_text(encoding="utf-8")):
            assert (page_path.parent / target).exists(), f"{page_path.name}: {target}"


# --- experiments and commands ----------------------------------------------------------------------------------------


def blocks(file: str, language: str) -> list[str]:
    """Return the fenced blocks of a page in one language."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


EXPERIMENTS = blocks("docs/experiments.md", "toml")


@pytest.mark.parametrize("text", EXPERIMENTS, ids=range(len(EXPERIMENTS)))
def test_every_experiment_of_the_guide_is_a_right_one(text):
    experiment = check_experiment(tomllib.loads(text), "docs/experiments.md")
    assert experiment.size().runs > 0


def test_the_guide_shows_every_kind_of_design():
    from analysis.design import KEYS

    shown = {tomllib.loads(text).get("design", {}).get("kind", "factorial") for text in EXPERIMENTS}
    assert shown == set(KEYS)


def commands_of(text: str) -> list[tuple[str, bool]]:
    """Return the klaver commands of a page, and whether each is to be typed as it stands (in a shell block) or only named.

    In the first column of a table of commands ``klaver`` may be left out after the first.
    """
    shell = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    inline = [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", rest)]
    columns = [row.split("|")[1] for row in rest.splitlines() if row.startswith("| `klaver ")]
    spans = [span for column in columns for span in re.findall(r"`([^`]+)`", column)]
    inline += [f"klaver {span}" for span in spans if not span.startswith("klaver")]
    found = []
    for typed, lines in ((True, [line for block in shell for line in block.splitlines()]), (False, inline)):
        matches = [re.search(r"(?:^|(?<= ))klaver (?!\.\.\.)\S.*", line) for line in lines]
        found += [(match[0], typed) for match in matches if match]
    return found


def parse(line: str, typed: bool = True) -> None:
    """Parse a command line as klaver would, without carrying it out; raises where a name or an option is unknown.

    A command that is only named may stand there without its arguments: ``klaver verify``, ``klaver compare --json``.
    """
    _, name, *words = shlex.split(line)
    command = typer.main.get_command(app).commands[name]
    if not typed and (not words or words[0].startswith("--")):
        words = ["X" for one in command.params if one.param_type_name == "argument" and one.required] + words
    command.make_context(name, ["1" if word == "N" else word for word in words])


PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = [(page.name, *found) for page in PAGES for found in commands_of(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page_name", "line", "typed"), COMMANDS)
def test_every_command_in_the_documentation_exists(page_name, line, typed):
    parse(line, typed)


def test_the_commands_are_found():
    assert {"README.md", "experiments.md", "cluster.md"} <= {page for page, _, typed in COMMANDS if typed}
    assert ("README.md", "klaver export STORE", False) in COMMANDS
    named = {line.split()[1] for _, line, _ in COMMANDS}
    assert named >= {"sweep", "report", "export", "query", "verify", "run", "compare"}


@pytest.mark.parametrize("line", ["klaver swep x", "klaver sweep x --no-such", "klaver sweep x --seeds many", "klaver sweep"])
def test_a_command_that_does_not_exist_is_noticed(line):
    with pytest.raises(Exception, match="swep|no-such|valid int|experiment"):
        parse(line)


# --- clusters --------------------------------------------------------------------------------------------------------


def slurm() -> ModuleType:
    spec = importlib.util.spec_from_file_location("slurm", ROOT / "docs" / "cluster" / "slurm.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_slurm_script_takes_what_the_page_gives_it():
    script = slurm()
    lines = [line for block in blocks("docs/cluster.md", "sh") for line in block.splitlines() if "slurm.py" in line]
    asked = [script.arguments(shlex.split(line.split("slurm.py", 1)[1])) for line in lines]
    assert [one.show for one in asked] == [True, False] and asked[1].jobs == 10
    parse(shlex.join(["klaver", *asked[1].command, "--cluster", "tcp://10.0.0.5:1"]))


def test_the_slurm_script_reads_wall_times_as_slurm_does(capsys):
    script = slurm()
    assert script.seconds("04:00:00") == 4 * 3600 and script.seconds("1-12:30:05") == 36 * 3600 + 30 * 60 + 5
    with pytest.raises(SystemExit):
        script.arguments(["--jobs", "2"])
    assert "no klaver command" in capsys.readouterr().err


def test_the_manifests_of_kubernetes_fit_together():
    text = (ROOT / "docs" / "cluster" / "kubernetes.yaml").read_text(encoding="utf-8")
    cluster, volume, policy, job = yaml.safe_load_all(text)
    assert [part["kind"] for part in (cluster, volume, policy, job)] == [
        "DaskCluster", "PersistentVolumeClaim", "NetworkPolicy", "Job"]
    (sweep,) = job["spec"]["template"]["spec"]["containers"]
    (worker,) = cluster["spec"]["worker"]["spec"]["containers"]
    (scheduler,) = cluster["spec"]["scheduler"]["spec"]["containers"]
    assert sweep["image"] == worker["image"] == scheduler["image"], "another version would be refused by its workers"
    parse(shlex.join(sweep["args"]))
    assert sweep["args"][-1] == f"tcp://{cluster['metadata']['name']}-scheduler:8786"
    claims = [one["persistentVolumeClaim"]["claimName"] for one in job["spec"]["template"]["spec"]["volumes"] if
              "persistentVolumeClaim" in one]  # fmt: skip
    assert claims == [volume["metadata"]["name"]]
    inside = policy["spec"]["ingress"][0]["from"]
    assert {"podSelector": {"matchLabels": job["spec"]["template"]["metadata"]["labels"]}} in inside
    name = cluster["metadata"]["name"]
    assert policy["spec"]["podSelector"]["matchLabels"] == {"dask.org/cluster-name": name}
