"""Do the tests notice when a rule is wrong? Mutation testing of ``sim/rules``, on demand.

``uv run --with cosmic-ray python -m benchmarks.mutation [--modules appraisal bargaining] [--sample 120] [--seed 1] [--save]``
makes small mistakes in the rules, one at a time (*mutants*: a plus for a minus, a ``<`` for a ``<=``, another number), and
runs the tests that reach the place. A mutant that a test fails on, or that makes it hang, is *killed*; one that no test
notices *survives*, and shows what is not tested, unless it means the same as the original (then it is *equivalent*).

Everything happens in a copy of the project, in a temporary folder; the project itself is never changed. The rules run as
plain Python (``NUMBA_DISABLE_JIT=1``): to compile the rules takes a minute or more for every mutant, and most tests that
call a rule directly are over in a second. Tests that take longer than :data:`LONGEST` seconds so, such as whole runs of a
park, take no part: the score is one of the tests of single rules, and a lower bound for all tests together. Every mutant
gets a fork of one process that has imported the libraries, not the model. Which mutants are tried is drawn with a seed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.results_page import keep, machine, show

HOUSE = Path(__file__).parents[1]
COPIED = ("sim", "tests", "scenarios", "benchmarks", "analysis", "pyproject.toml")
MODULES = ("appraisal", "bargaining", "cases", "perception", "matching")
TESTS = ("tests/references", "tests/sim/rules")
LONGEST = 2.0  # seconds of processor time, as plain Python, beyond which a test takes no part
PATIENCE, LEAST_PATIENCE = 4.0, 20.0  # times the processor time of its tests, and seconds, after which a mutant hangs
KILLED, SURVIVED, TIMED_OUT, NOT_REACHED = "killed", "survived", "timed out", "not reached"
SAME = "the same"  # no mutant at all: 1e17 + 1 is 1e17; not counted

# What a slip of the pen does. Left out of cosmic-ray's operators: bit operations (on floats they fail at once, which would
# only raise the score), 'is' for '==', the decorator of a compiled rule (no change as plain Python).
OPERATORS = (
    *(f"ReplaceBinaryOperator_{old}_{new}" for old, new in (
        ("Add", "Sub"), ("Sub", "Add"), ("Mul", "Div"), ("Div", "Mul"), ("Add", "Mul"), ("Mul", "Add"), ("Mod", "Mul"),
        ("FloorDiv", "Mul"), ("Pow", "Mul"))),
    *(f"ReplaceComparisonOperator_{old}_{new}" for old, new in (
        ("Eq", "NotEq"), ("NotEq", "Eq"), ("Lt", "LtE"), ("LtE", "Lt"), ("Gt", "GtE"), ("GtE", "Gt"), ("Lt", "Gt"),
        ("Gt", "Lt"), ("LtE", "GtE"), ("GtE", "LtE"))),
    "ReplaceUnaryOperator_Delete_USub", "ReplaceUnaryOperator_Delete_Not", "AddNot", "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip


class Mutant(NamedTuple):
    """One mistake: which operator, the how-manieth place in a module where it applies, and where that is."""

    module: str
    operator: str
    occurrence: int
    function: str
    line: int


@dataclass(frozen=True)
class Tried:
    """What became of a mutant; `diff` holds the lines that differ from the original."""

    module: str
    function: str
    line: int
    operator: str
    outcome: str
    tests: int
    seconds: float
    diff: str


class Reach(NamedTuple):
    """A test on the rules as they are: seconds of processor time, whether it passed, the functions of rules it enters."""

    seconds: float
    passed: bool
    functions: frozenset[tuple[str, str]]


def main(arguments: list[str] | None = None) -> int:
    """Try a sample of mutants, print and keep what became of them; return 1 if the tests fail on the rules as they are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.partition("\n")[0])
    known = sorted(path.stem for path in (HOUSE / "sim" / "rules").glob("*.py") if path.stem != "__init__")
    parser.add_argument("--modules", nargs="+", default=list(MODULES), choices=known, metavar="MODULE")
    parser.add_argument("--sample", type=int, default=120, help="mutants to try, drawn from all of these modules")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=None, help="stop after so long: the sample is then as large as it got")
    parser.add_argument("--save", action="store_true", help="keep the results, and renew the page")
    options, load = parser.parse_args(arguments), round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="klaver-mutation-") as folder:
        copy = copy_project(Path(folder) / "klaver")
        mutants = sample_of(all_mutants(copy, options.modules), options.sample, options.seed)
        preload(copy)
        print("running the tests on the rules as they are ...", flush=True)
        reach = reach_of(copy)
        print(f"{sum(one.seconds <= LONGEST for one in reach.values())} of {len(reach)} tests take part", flush=True)
        broken = sorted(test for test, one in reach.items() if not one.passed)
        if broken:
            print("these tests fail on the rules as they are:", *broken, sep="\n  ")
            return 1
        began, tried = time.monotonic(), []
        for mutant in mutants:
            if options.minutes is not None and time.monotonic() - began > 60.0 * options.minutes:
                break
            tried.append(try_out(copy, mutant, reach))
            print(f"{len(tried):>4} of {len(mutants)}  {tried[-1].outcome:<11} {mutant.module}.{mutant.function}:{mutant.line}",
                  flush=True)  # fmt: skip
        report(tried, options, load)  # while the copy is there: from here on the project is imported from it
    return 0


# --- mutants ---------------------------------------------------------------------------------------------------------


def copy_project(place: Path, house: Path = HOUSE) -> Path:
    """Copy what tests need to a folder, and return it."""
    place.mkdir(parents=True)
    for name in COPIED:
        if (house / name).is_dir():
            shutil.copytree(house / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(house / name, place / name)
    return place


def all_mutants(copy: Path, modules: Sequence[str]) -> list[Mutant]:
    """Return every mutant of some modules, module by module, in a fixed order."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.ast.ast_query import ASTQuery

    found = []
    for module in modules:
        nodes = list(ast_nodes(get_ast_from_path(_file(copy, module))))
        for operator in OPERATORS:
            places = ((node, place) for node in nodes for place in _operator(operator).mutation_positions(node))
            for occurrence, (node, (start, _)) in enumerate(places):
                name = ASTQuery(node).get_definition_name() or ""
                found.append(Mutant(module, operator, occurrence, name, start[0]))
    return found


def sample_of(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Return the first of all mutants in an order drawn with a seed: a smaller sample is the start of a larger one."""
    order = list(mutants)
    random.Random(seed).shuffle(order)
    return order[:size]


def mutated(source: str, mutant: Mutant) -> str:
    """Return the source of a module with the mistake in it."""
    from cosmic_ray.mutating import mutate_code

    text = mutate_code(source, _operator(mutant.operator), mutant.occurrence)
    assert text is not None, "the operator has no such place"
    return str(text)


def _operator(name: str) -> Any:
    from cosmic_ray.plugins import get_operator

    return get_operator(f"core/{name}")()


def _file(copy: Path, module: str) -> Path:
    return copy / "sim" / "rules" / f"{module}.py"


def changed_lines(before: str, after: str) -> str:
    """Return the lines that differ, the old with ``-`` and the new with ``+``."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


# --- tests in a fork -------------------------------------------------------------------------------------------------


def preload(copy: Path) -> None:
    """Import what tests need and mutants leave alone, so that a fork starts in no time; the rules stay plain Python.

    Raises
    ------
    RuntimeError
        If rules are imported already: mutants would not be seen.
    """
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    _live_in(copy)
    for name in ("hypothesis", "numba", "pandas", "pytest", "scipy.optimize", "scipy.stats", "sim.inputs.scenario",
                 "sim.inputs.strategy", "sim.world"):  # fmt: skip
        importlib.import_module(name)
    if any(name.startswith("sim.rules.") for name in sys.modules):
        raise RuntimeError("rules are imported already; mutants would not be seen")


def _live_in(copy: Path) -> None:
    """Let this process, and those it starts, import the project from a copy."""
    sys.path[:] = [str(copy), *(place for place in sys.path if place not in ("", str(HOUSE)))]
    sys.dont_write_bytecode = True  # a mutant may have the length and the second of another


def in_fork(copy: Path, work: Callable[[], int], patience: float | None = None) -> int:
    """Do something in a fork of this process, inside the copy; return its exit code, below 0 if it hung.

    Parameters
    ----------
    patience
        Seconds of processor time that the fork gets: those of others on the machine do not count.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 70
    try:
        if patience is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(patience) + 1, int(patience) + 1))
        quiet = os.open(copy.parent / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.chdir(copy)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def run_tests(tests: Sequence[str], *plugins: Any) -> int:
    """Run tests in this process until the first that fails; return pytest's exit code."""
    import pytest

    return int(pytest.main(["-x", "-q", "-n", "0", "--tb=line", "-p", "no:cacheprovider", *tests], plugins=list(plugins)))


class Watch:
    """A pytest plugin that notes how long each test takes and which functions of the rules it enters."""

    def __init__(self, copy: Path) -> None:
        self.rules = str(copy / "sim" / "rules") + os.sep
        self.found: dict[str, dict[str, Any]] = {}
        self._entered: set[tuple[str, str]] = set()
        self._began, self._timeout = 0.0, False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._entered.clear()
        self._began = time.process_time()
        self._timeout = False
        sys.monitoring.restart_events()
        signal.setitimer(signal.ITIMER_PROF, LONGEST)

    def pytest_runtest_logreport(self, report: Any) -> None:
        one = self.found.setdefault(report.nodeid, {"passed": True})
        one["passed"] &= report.outcome != "failed" or self._timeout

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        seconds = float("inf") if self._timeout else time.process_time() - self._began
        self.found[nodeid] |= {"seconds": seconds, "functions": sorted(self._entered)}

    def stop(self, number: int, frame: Any) -> None:
        """End a test that takes too long to take part."""
        self._timeout = True
        raise TimeoutError("takes too long as plain Python")

    def entered(self, code: Any, place: int) -> Any:
        """Note a function of the rules; every function is told of once a test."""
        if code.co_filename.startswith(self.rules):
            self._entered.add((Path(code.co_filename).stem, code.co_name))
        return sys.monitoring.DISABLE


def reach_of(copy: Path, tests: Sequence[str] = TESTS) -> dict[str, Reach]:
    """Run all tests on the rules as they are, each for :data:`LONGEST` seconds at most; return what each reaches."""
    told = copy.parent / "reach.json"

    def watched() -> int:
        watch = Watch(copy)
        sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "reach")
        sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.PY_START, watch.entered)
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.PY_START)
        signal.signal(signal.SIGPROF, watch.stop)
        code = run_tests([*tests, "--maxfail=100000"], watch)
        told.write_text(json.dumps(watch.found), encoding="utf-8")
        return code

    in_fork(copy, watched)
    if not told.exists():
        raise RuntimeError((copy.parent / "output.txt").read_text(encoding="utf-8")[-3000:])
    found = json.loads(told.read_text(encoding="utf-8"))
    return {test: Reach(one["seconds"], one["passed"], frozenset(map(tuple, one["functions"])))
            for test, one in found.items()}  # fmt: skip


def tests_of(mutant: Mutant, reach: dict[str, Reach]) -> list[str]:
    """Return the tests that enter the function of a mutant (all that enter its module, outside functions); quick ones first."""
    def reaches(one: Reach) -> bool:
        if mutant.function:
            return (mutant.module, mutant.function) in one.functions
        return any(module == mutant.module for module, _ in one.functions)

    return sorted((test for test, one in reach.items() if one.seconds <= LONGEST and reaches(one)),
                  key=lambda test: (reach[test].seconds, test))  # fmt: skip


def try_out(copy: Path, mutant: Mutant, reach: dict[str, Reach]) -> Tried:
    """Put a mutant in the copy, run the tests that reach it, and put the original back."""
    file, tests = _file(copy, mutant.module), tests_of(mutant, reach)
    source, began = file.read_text(encoding="utf-8"), time.monotonic()
    wrong = mutated(source, mutant)
    outcome = SAME if ast.dump(ast.parse(wrong)) == ast.dump(ast.parse(source)) else NOT_REACHED
    if tests and outcome != SAME:
        file.write_text(wrong, encoding="utf-8")
        try:
            patience = max(LEAST_PATIENCE, PATIENCE * sum(reach[test].seconds for test in tests))
            code = in_fork(copy, lambda: run_tests(tests), patience)
        finally:
            file.write_text(source, encoding="utf-8")
        outcome = SURVIVED if code == 0 else TIMED_OUT if code < 0 else KILLED
    return Tried(mutant.module, mutant.function, mutant.line, mutant.operator, outcome, len(tests),
                 round(time.monotonic() - began, 2), changed_lines(source, wrong))  # fmt: skip


# --- what came out ---------------------------------------------------------------------------------------------------


def score_of(tried: Sequence[Tried]) -> tuple[float, float, float]:
    """Return the share of mutants that were noticed (killed or timed out), with its Wilson 95% interval."""
    from statsmodels.stats.proportion import proportion_confint

    noticed = sum(one.outcome in (KILLED, TIMED_OUT) for one in tried)
    low, high = proportion_confint(noticed, len(tried), method="wilson")
    return noticed / len(tried), float(low), float(high)


def rows_of(tried: Sequence[Tried]) -> Iterator[list[str]]:
    """Yield a row for each module and one for all: mutants by outcome, and the score with its interval."""
    for name in (*dict.fromkeys(one.module for one in tried), "all"):
        some = [one for one in tried if name in (one.module, "all")]
        share, low, high = score_of(some)
        counts = [sum(one.outcome == outcome for one in some) for outcome in (KILLED, TIMED_OUT, SURVIVED, NOT_REACHED)]
        yield [name, str(len(some)), *map(str, counts), f"{share:.0%} [{low:.0%}, {high:.0%}]"]


def report(tried: Sequence[Tried], options: argparse.Namespace, load: float) -> None:
    """Print what became of the mutants, with those that were not noticed; keep it if asked."""
    drawn, tried = len(tried), [one for one in tried if one.outcome != SAME]
    heads, rows = ["module", "mutants", KILLED, TIMED_OUT, SURVIVED, NOT_REACHED, "noticed [95%]"], list(rows_of(tried))
    show("Mutants of the rules", heads, rows)
    for one in tried:
        if one.outcome in (SURVIVED, NOT_REACHED):
            print(f"\n{one.outcome}: {one.module}.{one.function}, line {one.line} ({one.operator})\n{one.diff}")
    if options.save:
        share, low, high = score_of(tried)
        content = {
            "machine": machine() | {"load": load}, "modules": options.modules, "sample": drawn, "seed": options.seed,
            "mutants": [asdict(one) for one in tried], "noticed": share, "low": low, "high": high,
            "seconds": round(sum(one.seconds for one in tried), 1),
        }  # fmt: skip
        command = (f"uv run --with cosmic-ray python -m benchmarks.mutation --modules {' '.join(options.modules)} "
                   f"--sample {drawn} --seed {options.seed} --save")  # fmt: skip
        print(f"saved {keep('mutation', command, content, heads, rows)}")


if __name__ == "__main__":
    sys.exit(main())
