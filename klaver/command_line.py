"""What all commands have in common: their options, the language of their help, and how an error is told.

An error in what a user gave ends with exit code 2 and a sentence, any other with 1 and a sentence; Ctrl-C with 130. A
traceback is shown only with ``--traceback``.
"""

from __future__ import annotations

import functools
import inspect
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from klaver.console import Speaker
from klaver.language import LANGUAGES, Language, preferred_language

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
MOST_SEEDS, MOST_QUARTERS = 100_000, 400
COMPILE_SECONDS = 60


class BadOption(ValueError):
    """An option or argument that cannot be used; ``key`` and ``values`` name the sentence in ``language/``."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key}: {values}")
        self.key, self.values = key, values


class BadInput(ValueError):
    """Input that cannot be used; its text is for the user as it stands."""


class Group(TyperGroup):
    """The commands, with help in the language of the user: help texts in the code are keys of ``language/``."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Put the help texts in the language that the arguments or the environment ask for."""
        say = Language(preferred_language(args))
        translate(self, say)
        for command in self.commands.values():
            translate(command, say)
        return super().make_context(info_name, args, *rest, **extra)


def translate(command: Any, say: Language) -> None:
    """Put one command's help texts in a language (changes it in place)."""
    for thing in (command, *command.params):
        key = getattr(thing, "help_key", None) or thing.help
        if key and key in say:
            thing.help_key, thing.help = key, say(key)
    help_option = command.get_help_option(command.context_class(command))
    if help_option is not None:
        help_option.help = say("help.help")


app = typer.Typer(
    cls=Group, help="help.klaver", rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False,
    no_args_is_help=True,
)  # fmt: skip


def option(*names: str, **settings: Any) -> Any:
    """Return an option whose help text is that of its name."""
    return typer.Option(*names, help=f"help.{names[0].removeprefix('--')}", **settings)


Park = Annotated[str, typer.Argument(metavar="PARK", help="help.park")]
Seed = Annotated[int, option("--seed", metavar="N")]
Quarters = Annotated[int | None, option("--quarters", metavar="N")]
Out = Annotated[Path | None, option("--out", metavar="DIR")]
Force = Annotated[bool, option("--force")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="help.folder")]
Workers = Annotated[int | None, option("--workers", metavar="N")]
Cluster = Annotated[str | None, option("--cluster", metavar="ADDRESS")]
Parameters = Annotated[str | None, typer.Option("--parameters", metavar="posterior|FILE", help="help.parameters_from")]
Until = Annotated[str | None, option("--until", metavar="decided")]
On = Annotated[str | None, option("--on", metavar="OUTCOME")]
Smallest = Annotated[float | None, option("--smallest", metavar="D")]
Confidence = Annotated[float | None, option("--confidence", metavar="P")]
Budget = Annotated[int | None, option("--budget", metavar="RUNS")]

_COMMON = {
    "as_json": Annotated[bool, option("--json")],
    "quiet": Annotated[bool, option("--quiet")],
    "lang": Annotated[str | None, option("--lang", metavar="nl|en")],
    "traceback": Annotated[bool, option("--traceback")],
}


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Make a function a command: it takes a :class:`Speaker` first, and gets the options that all commands share.

    The function returns its exit code, None for done.
    """

    def decorate(function: Callable[..., int | None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(**values: Any) -> None:
            as_json, quiet = values.pop("as_json"), values.pop("quiet")
            lang, traceback = values.pop("lang"), values.pop("traceback")
            say = Language(lang if lang in LANGUAGES else preferred_language(sys.argv[1:]))
            speaker = Speaker(say, as_json, quiet)
            if lang is not None and lang not in LANGUAGES:
                print(say("error.lang", code=lang), file=sys.stderr)
                raise typer.Exit(BAD_INPUT)
            raise typer.Exit(_attempt(lambda: function(speaker, **values), speaker, traceback))

        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        common = [
            inspect.Parameter(
                key,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=kind,
                default=None if key == "lang" else False,
            )
            for key, kind in _COMMON.items()
        ]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = signature.replace(parameters=[*own, *common], return_annotation=None)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *common]}
        del run.__wrapped__  # type: ignore[attr-defined]
        app.command(name, help=f"help.{name}")(run)
        return run

    return decorate


def check_number(name: str, n: int | None, well: bool) -> None:
    """Refuse a number that is out of bounds, naming the option."""
    if not well:
        raise BadOption(f"error.{name}", n=n)


class Choice(NamedTuple):
    """What ``--until decided`` asks for.

    Attributes
    ----------
    outcome
        What to choose the best strategy on; more is better.
    smallest
        Smallest difference that matters, in the unit of the outcome.
    confidence
        Least chance that the choice is right, between 0.5 and 1.
    budget
        Runs at most, per park; twins are counted.
    """

    outcome: str
    smallest: float
    confidence: float
    budget: int


def choice_of(
    until: str | None, outcome: str | None, smallest: float | None, confidence: float | None, budget: int | None
) -> Choice | None:
    """Return what is to be decided, complete with its defaults; None where nothing is.

    Raises
    ------
    BadOption
        If no choice can be made that way, or if something is said about a choice that nobody asked for.
    """
    if until is None:
        said = {"--on": outcome, "--smallest": smallest, "--confidence": confidence, "--budget": budget}
        for name, value in said.items():
            if value is not None:
                raise BadOption("error.without_until", option=name)
        return None
    from analysis.deciding import BUDGET, SMALLEST
    from analysis.selection import CONFIDENCE

    outcome, confidence = outcome or "vitality", CONFIDENCE if confidence is None else confidence
    if until != "decided":
        raise BadOption("error.until", value=until)
    if outcome not in SMALLEST:
        raise BadOption("error.on", name=outcome, names=", ".join(SMALLEST))
    if not 0.5 < confidence < 1.0:
        raise BadOption("error.confidence", value=confidence)
    if smallest is not None and not 0.0 < smallest < float("inf"):
        raise BadOption("error.smallest", value=smallest)
    check_number("budget", budget, budget is None or budget >= 1)
    return Choice(outcome, smallest or SMALLEST[outcome], confidence, budget or BUDGET)


def check_seeds(seeds: int, name: str = "seeds", least: int = 1) -> None:
    """Refuse fewer seeds than say anything, or more than anybody waits for; ``name`` is that of the sentence."""
    check_number(name, seeds, seeds >= least)
    if seeds > MOST_SEEDS:
        raise BadOption("error.too_many_seeds", n=seeds, most=MOST_SEEDS)


def check_quarters(quarters: int | None) -> None:
    """Refuse a horizon that is none, or without end."""
    if quarters is not None and not 1 <= quarters <= MOST_QUARTERS:
        raise BadOption("error.quarters", n=quarters, most=MOST_QUARTERS)


def compile_first(speak: Speaker) -> None:
    """Compile the rules if this is the first run ever, after telling that it takes a while."""
    from sim.warm_up import compile_rules

    compile_rules(lambda: speak.note(speak.say("compile.first", seconds=COMPILE_SECONDS)))


def tell_there(speak: Speaker, there: int, todo: int, store: Path) -> None:
    """Tell how many runs a store holds already, and how many are still to be made."""
    say = speak.say
    key = "compare.there" if todo else "compare.all_there"
    speak.note(say(key, there=say.number(there), todo=say.number(todo), store=store))


def telling(speak: Speaker, store: Path) -> Callable[[int, int], None]:
    """Return what to call with the runs that a store holds and those to be made: it tells where there are any."""
    def tell(there: int, todo: int) -> None:
        if there:
            tell_there(speak, there, todo, store)

    return tell


@contextmanager
def waiting(speak: Speaker, text: str) -> Iterator[None]:
    """Tell what is being done while there is no progress to count; on a terminal with something that moves."""
    if speak.quiet or not sys.stderr.isatty():
        speak.note(text)
        yield
    else:
        with speak.console(sys.stderr).status(text):
            yield


def _attempt(work: Callable[[], int | None], speaker: Speaker, traceback: bool) -> int:
    """Do the work of a command; return its exit code, after telling what went wrong."""
    say = speaker.say
    try:
        return work() or DONE
    except KeyboardInterrupt:
        print("\n" + say("error.interrupted", command=shlex.join(["klaver", *sys.argv[1:]])), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has stopped; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as problem:
        if traceback:
            raise
        text, code = told(problem, say)
        print(text, file=sys.stderr)
        return code


def told(problem: BaseException, say: Language) -> tuple[str, int]:
    """Return an error as a user reads it, and the exit code it gives."""
    key = getattr(problem, "key", None)
    if isinstance(key, str) and key in say:
        return say(key, **problem.values), FAILED if key in _FAILURES else BAD_INPUT  # type: ignore[attr-defined]
    if any(kind.__name__ in _INPUT_PROBLEMS for kind in type(problem).__mro__):
        return str(problem), BAD_INPUT
    if type(problem).__name__ == "RunFailed" and getattr(problem, "store", None) is not None:
        again = shlex.join(["klaver", "run", problem.run[:12], "--store", str(problem.store)])  # type: ignore[attr-defined]
        return say("error.run_failed", run=problem, command=again), FAILED
    cause = problem.__cause__ or problem
    if isinstance(cause, MemoryError):
        return str(problem), FAILED
    return say("error.unexpected", kind=type(problem).__name__, problem=problem), FAILED


# What goes wrong while running, and not because of what was asked.
_FAILURES = {
    "error.store_full", "error.store_busy", "error.cluster_lost", "error.cluster_silent", "error.another_model",
    "error.run_failed",
}  # fmt: skip

# By name, so that an error needs no import of what did not raise it.
_INPUT_PROBLEMS = {"BadInput", "InputProblem", "NoSuchThing", "UnknownLanguage"}
