"""Make every number and figure of ``docs/validation.md`` again: ``uv run python -m benchmarks.validation_page [--quick]``.

The page is written by hand around what commands print. Each such part stands between ``<!-- made: NAME -->`` and
``<!-- end -->``, and holds the command, what it printed, and its figures; nothing between those marks is written by hand. A
study that was made with this version of the model and the same command is not made again. The quick form takes minutes, is
for seeing that everything works, and goes to a page of its own (``results/validation-quick.md``).
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results_page import renewed

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs" / "validation.md"
FIGURES = HOME / "docs" / "images" / "validation"
MADE = HOME / "results" / "validation"
PARKS = ("typical", "vacant_core", "outdated_large")
LONG = 120  # lines beyond which what a command printed is folded away


@dataclass(frozen=True)
class Study:
    """One command whose output is on the page.

    Attributes
    ----------
    name : str
        Of its marks on the page, and of its folder.
    full, quick : tuple of str
        The command, without where its results go: ``klaver ...`` or ``python -m benchmarks...``.
    pictures : tuple of str
        Of the figures it draws, those on the page.
    before, before_quick : tuple of str
        A command that has to be carried out first, such as the sweep that a study reads; empty where there is none.
    """

    name: str
    full: tuple[str, ...]
    quick: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    before_quick: tuple[str, ...] = ()


def studies() -> list[Study]:
    """Return every study, in the order of the page."""
    found = [
        Study("patterns", ("klaver", "validate", "--parks", "200", "--seeds", "8"), ("klaver", "validate", "--quick"),
              tuple(f"pattern_{number:02d}" for number in (1, 2, 3, 4))),
        Study("causes", ("python", "-m", "benchmarks.causes"),
              ("python", "-m", "benchmarks.causes", "--parks", "30", "--seeds", "2")),
        Study("calibration",
              ("klaver", "calibrate", "--population", "120", "--generations", "5", "--parks", "12", "--recover"),
              ("klaver", "calibrate", "--quick"), ("marginals", "pairs", "predictive", "recovery", "ranks")),
        Study("strategies", ("python", "-m", "benchmarks.strategies"),
              ("python", "-m", "benchmarks.strategies", "--seeds", "10")),
        Study("strategies_posterior", ("python", "-m", "benchmarks.strategies", "--parameters", "posterior"),
              ("python", "-m", "benchmarks.strategies", "--parameters", "posterior", "--seeds", "10")),
    ]  # fmt: skip
    for park in PARKS:
        command = ("klaver", "sensitivity", park)
        found.append(Study(f"sensitivity_{park}", (*command, "--method", "sobol", "--samples", "64", "--seeds", "3"),
                           (*command, "--points", "512"), ("sample_net_private", "sample_vitality")))  # fmt: skip
    parks, store = list(PARKS), "results/discovery_two"
    found += [
        Study("structure", ("klaver", "structure", *parks, "--strategies", "demand_driven,supply_driven,regisseren,verbinden",
                            "--seeds", "40"),
              ("klaver", "structure", parks[0], "--strategies", "demand_driven,supply_driven", "--seeds", "10"),
              tuple(f"survival_{park}" for park in parks)),
        Study("discovery", ("klaver", "discover", store, "--measure", "vitality"),
              ("klaver", "discover", store + "_quick", "--measure", "vitality"), ("shares",),
              ("klaver", "sweep", "discovery_two", "--out", store),
              ("klaver", "sweep", "discovery_two", "--seeds", "2", "--out", store + "_quick")),
        Study("optimisation",
              ("klaver", "optimise", *parks, "--generations", "10", "--population", "20", "--seeds", "10", "--fresh", "80"),
              ("klaver", "optimise", parks[0], "--generations", "3", "--population", "12", "--seeds", "4", "--fresh", "20"),
              tuple(f"front_{park}" for park in parks)),
    ]  # fmt: skip
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is not there, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation_page", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small forms, minutes in all, to a page of their own")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these studies")
    parser.add_argument("--remake", action="store_true", help="also what was made before")
    options = parser.parse_args(arguments)
    from sim.warm_up import compile_rules

    compile_rules()
    known = {study.name: study for study in studies()}
    unknown = set(options.only or ()) - set(known)
    if unknown:
        parser.error(f"no such study: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    target = MADE.with_name("validation-quick.md") if options.quick else PAGE
    target.parent.mkdir(exist_ok=True)
    for name in options.only or known:
        made = make(known[name], options.quick, options.remake)
        # Read now, not before: a study takes long, and the page may have been written on meanwhile.
        page = (target if target.exists() else PAGE).read_text(encoding="utf-8")
        target.write_text(renewed(page, name, block(known[name], made, options.quick), "made"), encoding="utf-8")
    print(f"written: {target.relative_to(HOME)}")


def make(study: Study, quick: bool, remake: bool) -> dict[str, Any]:
    """Return what a study printed, carrying it out where it was not done with this version of the model."""
    from analysis.identity import model_version

    place = _place(study, quick)
    command = study.quick if quick else study.full
    record = place.with_suffix(".json")
    wanted = {"command": shlex.join(command), "model": model_version()}
    if record.exists() and not remake:
        found = json.loads(record.read_text(encoding="utf-8"))
        if all(found[key] == value for key, value in wanted.items()):
            return dict(found)
    place.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    before = study.before_quick if quick else study.before
    if before:
        _carry_out(before)
    print(f"{study.name}: {wanted['command']}", file=sys.stderr, flush=True)
    text = _carry_out((*command, "--out", str(place), *(("--force",) if command[0] == "klaver" else ())))
    made = wanted | {"before": shlex.join(before), "minutes": round((time.monotonic() - began) / 60.0, 1),
                     "when": time.strftime("%Y-%m-%d"), "text": text}
    record.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return made


def _place(study: Study, quick: bool) -> Path:
    """Return the folder of a study's results."""
    return (MADE.with_name("validation-quick") if quick else MADE) / study.name


def _carry_out(command: Sequence[str]) -> str:
    """Return what a command prints as its result; its remarks go to the terminal."""
    if command[0] == "klaver":
        line = [sys.executable, "-c", "from klaver.cli import main; main()", "--lang", "en", *command[1:]]
    else:
        line = [sys.executable, *command[1:]]
    environment = os.environ | {"COLUMNS": "110", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(line, cwd=HOME, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def block(study: Study, made: dict[str, Any], quick: bool) -> str:
    """Return the part of the page that a study makes: its command, what it printed, its figures."""
    command = f"`uv run {made['before']}` and `uv run {made['command']}`" if made["before"] else f"`uv run {made['command']}`"
    text = str(made["text"]).replace(f"{HOME}/", "")
    lines = [f"{command} ({made['when']}, {made['minutes']:g} minutes, model {made['model'][:8]})", "", "```", text, "```"]
    if len(text.splitlines()) > LONG:
        lines[1:] = ["", "<details><summary>What it printed</summary>", *lines[1:], "", "</details>"]
    for picture in study.pictures:
        source = _place(study, quick) / "pictures" / f"{picture}.png"
        if quick and not source.exists():
            continue  # the quick form looks at fewer parks
        if not quick:
            target = FIGURES / study.name / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            source = target
        where = os.path.relpath(source, MADE.parent if quick else PAGE.parent)
        lines += ["", f"![{study.name}: {picture.replace('_', ' ')}]({where})"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
