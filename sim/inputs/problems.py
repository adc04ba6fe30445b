"""What can be wrong with what a user wrote, and how that is said.

All problems of a file are told at once, each with the file, the key, the value, what is allowed and, where there is
one, the nearest match.

    InputProblem (ValueError)        anything wrong with a park, a strategy or a parameter
    +-- UnknownName                  a park or strategy that does not exist
    +-- UnreadableFile               not text, not TOML, too large, not there
    +-- InvalidFile                  readable, but its content is not allowed; holds the list of problems
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError


class InputProblem(ValueError):
    """Something a user wrote cannot be used.

    Parameters
    ----------
    problems
        One line each, complete sentences.
    """

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive the way between processes."""
        return type(self), (self.problems,)


class UnknownName(InputProblem):
    """No park or strategy of that name."""


class UnreadableFile(InputProblem):
    """A file that is not there, not text, not TOML, or too large."""


class InvalidFile(InputProblem):
    """A file that was read, with content that is not allowed."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest of the allowed names, or an empty string."""
    match = difflib.get_close_matches(str(name), list(allowed), n=1, cutoff=0.6)
    return f" Did you mean '{match[0]}'?" if match else ""


def show(value: object) -> str:
    """Return a value as it would stand in a file, cut short where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(repr(value) if isinstance(value, str) else str(value))


def printable(text: object) -> str:
    """Return text on one line, without control characters, cut short where it is long."""
    plain = str(text)
    plain = plain if plain.isprintable() else plain.encode("unicode_escape").decode()
    return plain if len(plain) <= 80 else plain[:77] + "..."


def sentences(error: ValidationError, file: str, keys: Mapping[str, Iterable[str]] | None = None) -> list[str]:
    """Return pydantic's findings as plain sentences.

    Parameters
    ----------
    error
        What validation found.
    file
        Name of the file, as the user gave it.
    keys
        Allowed keys per table (dotted path, ``""`` for the top), to suggest the nearest.
    """
    lines = []
    for problem in error.errors():
        path = [part for part in problem["loc"] if part != "[key]"]
        key = ".".join(f"[{part + 1}]" if isinstance(part, int) else printable(part) for part in path)
        key = key.replace(".[", "[") or "''"
        value = show(problem.get("input"))
        context = problem.get("ctx", {})
        kind = problem["type"]
        if kind == "extra_forbidden":
            table = ".".join(str(part) for part in path[:-1] if not isinstance(part, int))
            hint = nearest(str(path[-1]), (keys or {}).get(table, ()))
            lines.append(f"{file}: {key} is not a known key.{hint}")
        elif kind == "missing":
            lines.append(f"{file}: {key} is missing.")
        elif kind == "value_error":
            lines.append(f"{file}: {key + ' ' if path else ''}{context.get('error', problem['msg'])}")
        elif kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
            sign = {"greater_than_equal": "at least", "less_than_equal": "at most", "greater_than": "more than",
                    "less_than": "less than"}[kind]
            bound = next(iter(context.values()))
            lines.append(f"{file}: {key} is {value}; it must be {sign} {bound:g}.")
        elif kind == "finite_number":
            lines.append(f"{file}: {key} is {value}; it must be an ordinary number.")
        elif kind == "literal_error":
            allowed = str(context.get("expected", "")).replace(" or ", ", ")
            hint = nearest(str(problem.get("input")), [part.strip(" '") for part in allowed.split(",")])
            lines.append(f"{file}: {key} is {value}; it must be one of {allowed}.{hint}")
        elif kind.endswith("_type") or kind.endswith("_parsing") or kind == "int_from_float":
            wanted = {"float_type": "a number", "int_type": "a whole number", "int_from_float": "a whole number",
                      "bool_type": "true or false", "string_type": "text", "list_type": "a list",
                      "dict_type": "a table", "model_type": "a table", "tuple_type": "a list"}
            lines.append(f"{file}: {key} is {value}; it must be {wanted.get(kind, 'of another type')}.")
        elif kind in ("too_long", "string_too_long"):
            lines.append(f"{file}: {key} is too long; at most {context.get('max_length')}.")
        else:
            lines.append(f"{file}: {key} is {value}; {problem['msg'][0].lower()}{problem['msg'][1:]}.")
    return lines
