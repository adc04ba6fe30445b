"""From what a user typed to the park and strategies that are meant: names of shipped files, or paths of own ones."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from klaver.command_line import BadInput, BadOption
from klaver.language import LANGUAGES, Language
from sim.inputs.scenario import Scenario, list_parks, load_park
from sim.inputs.strategy import Strategy, list_strategies, load_strategy

ALL = "all"


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
    """Return ("park", Scenario) or ("strategy", Strategy), whichever a name or path is.

    A file is taken as a strategy when it has the keys of one.
    """
    if name in list_parks() and not is_path(name):
        return "park", choose_park(name, say)
    if name in list_strategies() and not is_path(name):
        return "strategy", load_strategy(name)
    if not is_path(name):
        raise _unknown("error.unknown_thing", name, [*list_parks(), *list_strategies()], say)
    if _looks_like_strategy(Path(name)):
        return "strategy", load_strategy(name)
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
    return found


def _looks_like_strategy(path: Path) -> bool:
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return any(key in content for key in ("approach", "roles", "principles", "strategy"))


def _unknown(key: str, name: str, known: list[str], say: Language) -> BadInput:
    return BadInput(_sentence(key, name, known, say))


def _sentence(key: str, name: str, known: list[str], say: Language) -> str:
    close = difflib.get_close_matches(name, known, 3, 0.5)
    near = say("error.near", names=say.listing(close)) if close else ""
    return say(key, name=name, near=near, names=say.listing(known))
