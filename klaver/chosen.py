"""From what a user typed to the park, strategies or experiment that is meant: names of shipped files, or paths of own ones."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klaver.command_line import BadInput, BadOption
from klaver.language import LANGUAGES, Language
from sim.inputs.files import list_shipped, read_with_base
from sim.inputs.scenario import Scenario, list_parks, load_park
from sim.inputs.strategy import Strategy, list_strategies, load_strategy

if TYPE_CHECKING:
    from analysis.experiment_schema import Experiment

ALL = "all"
_COMMANDS = {"park": "compare", "strategy": "show", "experiment": "sweep"}


def split_names(text: str) -> list[str]:
    """Return the names in a text with commas between them; ``all`` becomes all shipped strategies.

    Raises
    ------
    BadOption
        If there are none, or one is there twice.
    """
    if text.strip() == ALL:
        return list(list_strategies())
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise BadOption("error.no_strategies")
    for name in names:
        if names.count(name) > 1:
            raise BadOption("error.twice", name=name)
    return names


def choose_park(name: str, say: Language) -> Scenario:
    """Return the park of a name or path, ready to run: whatever is wrong with it is told here."""
    if not is_path(name) and name not in list_parks():
        raise _unknown("error.unknown_park", name, list(list_parks()), say)
    scenario = load_park(name)
    scenario.plan()  # the map and its tables are checked here
    return scenario


def choose_experiment(name: str, say: Language) -> Experiment:
    """Return the experiment of a name or path: whatever is wrong with it, and with what it names, is told here."""
    if not is_path(name) and name not in list_shipped("experiments"):
        raise _unknown("error.unknown_experiment", name, list_shipped("experiments"), say)
    if is_path(name):
        kind = _kind_of_file(Path(name))
        if kind in ("park", "strategy"):
            raise BadInput(say(f"error.file_is_{kind}", name=name))
    from analysis.experiment_file import load_experiment

    return load_experiment(name)


def choose_strategies(names: Sequence[str], say: Language) -> list[Strategy]:
    """Return the strategies of names or paths; the problems of all of them are told at once.

    Raises
    ------
    BadInput
        If any cannot be used, or two of them have the same name.
    """
    chosen: list[Strategy] = []
    problems: list[str] = []
    for name in names:
        if not is_path(name) and name not in list_strategies():
            problems.append(_sentence("error.unknown_strategy", name, list(list_strategies()), say))
            continue
        try:
            strategy = load_strategy(name)
        except ValueError as problem:
            problems.append(str(problem))
            continue
        if any(other.name == strategy.name for other in chosen):
            problems.append(say("error.twice", name=strategy.name))
        chosen.append(strategy)
    if problems:
        raise BadInput("\n".join(problems))
    return chosen


def choose_thing(name: str, say: Language) -> tuple[str, Any]:
    """Return "park", "strategy" or "experiment" and what it is, whichever a name or path is of.

    A file is taken for what its keys belong to; for a park where that does not show.
    """
    shipped = {"park": list_parks(), "strategy": list_strategies(), "experiment": list_shipped("experiments")}
    kinds = [kind for kind, names in shipped.items() if name in names and not is_path(name)]
    if not kinds and not is_path(name):
        raise _unknown("error.unknown_thing", name, [known for names in shipped.values() for known in names], say)
    kind = kinds[0] if kinds else _kind_of_file(Path(name))
    if kind == "strategy":
        return kind, load_strategy(name)
    if kind == "experiment":
        return kind, choose_experiment(name, say)
    return "park", choose_park(name, say)


def is_path(name: str) -> bool:
    """Return whether a user meant a file."""
    return name.endswith(".toml") or "/" in name or "\\" in name


def shipped() -> dict[str, dict[str, dict[str, str]]]:
    """Return the one-line descriptions of what is shipped: kind, name, language."""
    loaders: dict[str, tuple[list[str], Callable[[str], Any]]] = {
        "parks": (list_parks(), load_park),
        "strategies": (list_strategies(), load_strategy),
    }
    found: dict[str, dict[str, dict[str, str]]] = {}
    for kind, (names, load) in loaders.items():
        found[kind] = {}
        for name in names:
            described = load(name).description
            found[kind][name] = {code: getattr(described, code) for code in LANGUAGES}
    # What an experiment asks says more than how it is made; reading it in full would read every park it names.
    tables = {name: read_with_base(name, "experiments")[0] for name in list_shipped("experiments")}
    found["experiments"] = {name: table.get("question") or table["description"] for name, table in tables.items()}
    return found


def _kind_of_file(path: Path) -> str:
    """Return what a file describes, as its keys show; empty where they do not, or it cannot be read."""
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    if any(key in content for key in ("parks", "strategies", "factors", "design", "points")):
        return "experiment"
    if any(key in content for key in ("approach", "roles", "principles", "strategy")):
        return "strategy"
    base = content.get("based_on")
    for kind, folder in (("experiment", "experiments"), ("strategy", "strategies"), ("park", "parks")):
        if base in list_shipped(folder):
            return kind
    return "park" if any(key in content for key in ("founding", "firms", "gross_ha", "map")) else ""


def _unknown(key: str, name: str, known: list[str], say: Language) -> BadInput:
    return BadInput(_sentence(key, name, known, say))


def _sentence(key: str, name: str, known: list[str], say: Language) -> str:
    for kind, folder in (("park", "parks"), ("strategy", "strategies"), ("experiment", "experiments")):
        if name in list_shipped(folder):  # the right name for another command
            return say(f"error.is_{kind}", name=name, command=f"klaver {_COMMANDS[kind]} {name}")
    close = difflib.get_close_matches(name, known, 3, 0.5)
    near = say("error.near", names=say.listing(close)) if close else ""
    return say(key, name=name, near=near, names=say.listing(known))
