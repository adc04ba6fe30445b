"""An experiment file: read, with the parks and strategies that it names, and checked.

All problems are told in one :class:`~sim.inputs.problems.InvalidFile`, each with the file, the key, the value, what is
allowed and the nearest match. Every level of every factor is tried on every park and strategy, so that what is refused is
refused here, and not after a night of running.

A file holds (all but ``parks`` may be left out)::

    title.nl, title.en, question.nl, question.en, description.nl, description.en
    based_on = "another_experiment"
    parks = ["typical", "my_park.toml"]       # shipped names, or paths from the folder of this file; or "all"
    strategies = "all"                        # the same; the twin "none" is always added
    reference = "none"                        # what others are compared with
    seeds = 50                                # 1 to 50; or [1, 2, 5]; or {first = 1, count = 50}
    quarters = 80                             # else as each park says
    parameters = "posterior"                  # each seed draws its own set; or a path to a posterior.parquet
    [design]                                  # see analysis/design.py; without it every combination of levels
    kind = "sobol"
    samples = 256
    [factors]                                 # names: analysis/variants.py
    parameters.beta = {low = 0.1, high = 0.4}
    park.founding.vacancy = [0.03, 0.10]
    strategy.roles = [{verbinden = 0.7}, {ontzorgen = 0.7}]
    [[points]]                                # of a design of kind "list"
    parameters.beta = 0.2
    [indicators]
    keep = ["vitality"]                       # over time; none by default
    every = 4                                 # quarters
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from analysis.design import MOST_POINTS, Design, Factor, count_points, design_problem, make_points
from analysis.experiment_schema import LAY_OUT, TWIN, Experiment, Kept, Size, table_of_shares
from analysis.posterior import SHIPPED, Posterior, load_posterior
from analysis.variants import Point, build_park, build_strategy, factor_names, name_problem, vary_strategy
from sim.inputs.files import find_file, list_shipped, read_with_base
from sim.inputs.problems import InputProblem, InvalidFile, nearest, printable, sentences, show
from sim.inputs.scenario import InTwoLanguages, Scenario, check_scenario, load_park
from sim.inputs.strategy import Strategy, check_strategy, list_strategies, load_strategy

MOST_RUNS = 10_000_000
MOST_SEEDS = 1_000_000
LARGEST_SEED = 2**32
DEFAULT_SEEDS = 50


# --- from a file or from objects -------------------------------------------------------------------------------------


def list_experiments() -> list[str]:
    """Return the names of the shipped experiments."""
    return list_shipped("experiments")


def load_experiment(name: str) -> Experiment:
    """Return the experiment of a shipped name or a path.

    Raises
    ------
    InputProblem
        If there is no such experiment, or its file or a file that it names is not right.
    """
    table, file = read_with_base(str(name), "experiments")
    return check_experiment(table, file, find_file(str(name), "experiments").parent)


def experiment_of(
    parks: Sequence[Scenario],
    strategies: Sequence[Strategy],
    seeds: int | Sequence[int],
    *,
    quarters: int | None = None,
    name: str = "runs",
    keep: Sequence[str] = (),
    every: int = 1,
    reference: str = TWIN,
    **more: Any,
) -> Experiment:
    """Return an experiment of parks and strategies at hand; without factors, unless they are given.

    Parameters
    ----------
    parks, strategies
        With different names each; the twin ``none`` is added where it is not among the strategies.
    seeds
        A number of seeds, from 1; or the seeds themselves: distinct, 0 or more.
    quarters
        Length of every run; as each park says if None.
    keep, every
        Indicators to keep over time, and every how many quarters.
    reference
        Strategy that others are compared with.
    **more
        Other keys as a file has them: ``design``, ``factors``, ``points``, ``title``, ``question``, ``description``.

    Raises
    ------
    InvalidFile
        With all problems.
    """
    table: dict[str, Any] = {
        "name": name, "parks": list(parks), "strategies": list(strategies), "reference": reference,
        "seeds": seeds if isinstance(seeds, int) else list(seeds), "indicators": {"keep": list(keep), "every": every},
    }  # fmt: skip
    if quarters is not None:
        table["quarters"] = quarters
    return check_experiment(table | more, name)


def principle_strategies(strategy: Strategy) -> list[Strategy]:
    """Return the 64 strategies that differ from one in the six principles only, named ``p111111`` to ``p000000``."""
    switches = make_points(Design(kind="principles"), (), ())
    return [vary_strategy(strategy, point).model_copy(update={"name": point.name}) for point in switches]


def check_experiment(table: Mapping[str, Any], file: str, folder: Path | None = None) -> Experiment:
    """Return an experiment from the content of a file.

    Parameters
    ----------
    table
        As TOML gives it. Parks and strategies are names, paths, tables in full, or objects.
    file
        Name of the file, for messages.
    folder
        Where paths of parks and strategies start; the working folder if None.

    Raises
    ------
    InvalidFile
        With all problems, those of the parks and strategies that it names included.
    """
    return _Reading(file, folder).read(dict(table))


_ALLOWED = {
    "": [*(field.alias or name for name, field in Experiment.model_fields.items()), "based_on"],
    "design": [*Design.model_fields], "indicators": [*Kept.model_fields], "title": [*InTwoLanguages.model_fields],
    "question": [*InTwoLanguages.model_fields], "description": [*InTwoLanguages.model_fields],
}  # fmt: skip


class _Kind(NamedTuple):
    """How parks or strategies are read."""

    key: str
    what: type
    load: Callable[[str], Any]
    check: Callable[[dict[str, Any], str], Any]
    all: Callable[[], list[str]]


_PARKS = _Kind("parks", Scenario, load_park, check_scenario, lambda: list_shipped("parks"))
_STRATEGIES = _Kind("strategies", Strategy, load_strategy, check_strategy, list_strategies)


class _Reading:
    """The reading of one experiment file: what was understood, and all that is wrong with it."""

    def __init__(self, file: str, folder: Path | None) -> None:
        self.file, self.folder = file, folder
        self.problems: list[str] = []

    def read(self, table: dict[str, Any]) -> Experiment:
        """Return the experiment; raises InvalidFile with everything that is wrong."""
        parks = self._things(table.get("parks"), _PARKS)
        strategies = self._things(table.get("strategies", "all"), _STRATEGIES)
        self._check_twin(strategies)
        factors = self._factors(table.get("factors", {}), parks, strategies)
        listed = self._listed(table.get("points", []), parks, strategies)
        understood = table | {"parks": parks, "strategies": strategies, "factors": factors, "points": listed,
                              "parameters": self._posterior(table.get("parameters")),
                              "seeds": self._seeds(table.get("seeds", DEFAULT_SEEDS))}  # fmt: skip
        experiment = None
        try:
            experiment = Experiment.model_validate(understood)
        except ValidationError as error:
            self.problems += sentences(error, self.file, _ALLOWED)
        if experiment is not None:
            self._check_rest(experiment)
        if experiment is None or self.problems:
            raise InvalidFile(list(dict.fromkeys(self.problems)))
        self._check_points(experiment)
        return experiment

    def _tell(self, text: str) -> None:
        self.problems.append(f"{self.file}: {text}")

    # Parks and strategies.

    def _things(self, raw: Any, kind: _Kind) -> list[Any]:
        """Return parks or strategies from names, paths, tables or objects; passes over what is not right."""
        if raw is None:
            self._tell(f"{kind.key} is missing; give a list of names or files.")
            return []
        if raw == "all":
            raw = kind.all()
        if not isinstance(raw, list) or not raw:
            self._tell(f"{kind.key} is {show(raw)}; it must be a list of names or files, or 'all'.")
            return []
        found: dict[str, Any] = {}
        for place, item in enumerate(raw, 1):
            thing = self._thing(item, kind, f"{kind.key}[{place}]")
            if thing is not None and thing.name in found:
                self._tell(f"{kind.key}[{place}] is called '{thing.name}', like an earlier one; names must differ.")
            elif thing is not None:
                found[thing.name] = thing
        return list(found.values())

    def _thing(self, item: Any, kind: _Kind, key: str) -> Any:
        if isinstance(item, kind.what):
            return item
        try:
            if isinstance(item, dict):
                return kind.check(item, f"{self.file}: {key}")
            if isinstance(item, str):
                # A shipped name stays a shipped name, also next to a file that is called the same.
                shipped = item in list_shipped(kind.key) or self.folder is None
                path = find_file(item, kind.key, None if shipped else self.folder)
                return kind.load(item if shipped else str(path))
        except InvalidFile as error:
            self.problems += error.problems
        except InputProblem as error:
            self._tell(f"{key} is {show(item)}. {error}")
        else:
            self._tell(f"{key} is {show(item)}; it must be the name or the path of a file.")
        return None

    def _check_twin(self, strategies: list[Strategy]) -> None:
        """Add the twin where it is not there; a strategy that bears its name must be a twin."""
        named = [strategy for strategy in strategies if strategy.name == TWIN]
        if not named:
            strategies.append(load_strategy(TWIN))
        elif named[0].approach != "none":
            self._tell(f"strategies: '{TWIN}' is the name of the twin, whose approach is 'none'; give yours another name.")

    # The posterior.

    def _posterior(self, raw: Any) -> dict[str, Any] | None:
        """Return a posterior in full, from its name, its path, or itself; None where there is none or it is not right."""
        if raw is None:
            return None
        try:
            if isinstance(raw, Posterior):
                return raw.resolved()
            if isinstance(raw, dict):
                return Posterior.from_resolved(raw).resolved()
            if isinstance(raw, str):
                beside = self.folder / raw if self.folder is not None else Path(raw)
                return load_posterior(raw if raw == SHIPPED else str(beside)).resolved()
        except InputProblem as error:
            self._tell(f"parameters is {show(raw)}. {error}")
        except (ValueError, KeyError, TypeError) as error:
            self._tell(f"parameters is no posterior: {error}")
        else:
            self._tell(f"parameters is {show(raw)}; it must be '{SHIPPED}' or the path of a posterior.parquet.")
        return None

    # Seeds.

    def _seeds(self, raw: Any) -> list[int]:
        """Return seeds from a number of them, a list, or a table with the first and their count."""
        if isinstance(raw, dict):
            return self._seeds_in_a_row(raw)
        if _is_whole(raw):
            return self._seeds_in_a_row({"first": 1, "count": raw}, "seeds")
        if not isinstance(raw, list) or not raw:
            self._tell(f"seeds is {show(raw)}; it must be a number of seeds, a list of seeds, or a table with first and "
                       "count.")
            return [1]
        if len(raw) > MOST_SEEDS:
            self._tell(f"seeds lists {len(raw)}; at most {MOST_SEEDS:,}.")
            return [1]
        wrong = [seed for seed in raw if not _is_whole(seed) or not 0 <= seed <= LARGEST_SEED]
        for seed in wrong:
            self._tell(f"seeds holds {show(seed)}; a seed is a whole number from 0 to {LARGEST_SEED}.")
        twice = [] if wrong else sorted(seed for seed, count in Counter(raw).items() if count > 1)
        for seed in twice:
            self._tell(f"seeds holds {seed} more than once; each run counts once.")
        return [1] if wrong or twice else list(raw)

    def _seeds_in_a_row(self, table: dict[str, Any], whole: str = "") -> list[int]:
        problems = len(self.problems)
        for key in table:
            if key not in ("first", "count"):
                self._tell(f"seeds.{printable(key)} is not a known key.{nearest(key, ('first', 'count'))}")
        first, count = table.get("first", 1), table.get("count", DEFAULT_SEEDS)
        if not _is_whole(first) or not 0 <= first <= LARGEST_SEED - MOST_SEEDS:
            self._tell(f"seeds.first is {show(first)}; it must be a whole number from 0 to {LARGEST_SEED - MOST_SEEDS}.")
        if not _is_whole(count) or not 1 <= count <= MOST_SEEDS:
            self._tell(f"{whole or 'seeds.count'} is {show(count)}; it must be a whole number from 1 to {MOST_SEEDS}.")
        return [1] if len(self.problems) > problems else list(range(first, first + count))

    # Factors and their levels.

    def _factors(self, raw: Any, parks: list[Scenario], strategies: list[Strategy]) -> list[Factor]:
        """Return factors from a table by name, or a list of tables; passes over what is not right."""
        if isinstance(raw, dict):
            named = list(_flatten(raw, _is_factor_table))
        elif isinstance(raw, list) and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in raw):
            named = [(item["name"], {key: value for key, value in item.items() if key != "name"}) for item in raw]
        else:
            self._tell(f"factors is {show(raw)}; it must be a table with a list of levels or a range by name.")
            return []
        found: dict[str, Factor] = {}
        for name, values in named:
            problem = name_problem(name) or ("stands there twice." if name in found else "")
            if problem:
                self._tell(f"factors.{printable(name) or "''"} {problem}")
                continue
            factor = self._factor(name, values)
            if factor is not None:
                found[name] = factor
                self._check_levels(factor, parks, strategies)
        return list(found.values())

    def _factor(self, name: str, values: Any) -> Factor | None:
        if isinstance(values, list):
            values = {"levels": values}
        if not isinstance(values, dict):
            self._tell(f"factors.{name} is {show(values)}; it must be a list of levels, or a table with low and high.")
            return None
        try:
            return Factor.model_validate(values | {"name": name})
        except ValidationError as error:
            lines = sentences(error, "", {"": [key for key in Factor.model_fields if key != "name"]})
            for found, line in zip(error.errors(), lines, strict=True):
                self._tell(f"factors.{name}{'.' if found['loc'] else ' '}{line.removeprefix(': ')}")
        return None

    def _check_levels(self, factor: Factor, parks: list[Scenario], strategies: list[Strategy]) -> None:
        """Build every level on every park or strategy; what is refused is told."""
        if factor.name.startswith("strategy.") and strategies and all(one.approach == "none" for one in strategies):
            self._tell(f"factors.{factor.name} does nothing: every strategy here has approach 'none'.")
        *levels, inner = factor.to_check() if factor.levels is None else [*factor.to_check(), None]
        found = [line for level in levels for line in self._tried({factor.name: level}, parks, strategies)]
        if not found and inner is not None and list(self._tried({factor.name: inner}, parks, strategies)):
            found = [f"{factor.name} takes whole numbers only; add integer = true."]
        for line in dict.fromkeys(found):
            self._tell(f"factors.{line}")

    def _tried(self, values: dict[str, Any], parks: list[Scenario], strategies: list[Strategy]) -> Iterator[str]:
        """Yield what is wrong with values, each line beginning with the dotted name of the key."""
        point = Point(0, values)
        for park in parks if point.of_parks() else ():
            try:
                varied = build_park(park, point.of_parks(), "")
            except InvalidFile as error:
                yield from (_key_first(line) for line in error.problems)
            else:
                yield from _does_not_fit(varied, values)
        for strategy in strategies if point.of_strategies() else ():
            if strategy.approach == "none":
                continue
            try:
                build_strategy(strategy, point.of_strategies(), "")
            except InvalidFile as error:
                yield from (f"strategy.{line.removeprefix(': ')}" for line in error.problems)

    def _listed(self, raw: Any, parks: list[Scenario], strategies: list[Strategy]) -> list[dict[str, Any]]:
        """Return the points that are written out, flat, each built on every park and strategy."""
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self._tell(f"points is {show(raw)}; it must be a list of tables, each with values by name.")
            return []
        if len(raw) > MOST_POINTS:
            self._tell(f"points lists {len(raw)}; at most {MOST_POINTS:,}.")
            return []
        listed = []
        for place, item in enumerate(raw, 1):
            values = dict(_flatten(item, lambda path, value: not value))
            problems = [f"{printable(name) or "''"} {name_problem(name)}" for name in values if name_problem(name)]
            problems = problems or list(self._tried(values, parks, strategies))
            for line in dict.fromkeys(problems):
                self._tell(f"points[{place}].{line}")
            listed.append(values)
        return listed

    # What concerns several keys.

    def _check_rest(self, experiment: Experiment) -> None:
        names = [strategy.name for strategy in experiment.strategies]
        if experiment.reference not in names:
            self._tell(f"reference is {show(experiment.reference)}; it must be one of the strategies, or 'none'."
                       f"{nearest(experiment.reference, names)}")
        self._check_indicators(experiment)
        drawn = set(experiment.parameters["names"]) if experiment.parameters else set()
        varied = {*(factor.name for factor in experiment.factors), *(name for values in experiment.listed for name in values)}
        for name in sorted(drawn & varied):
            self._tell(f"{name} is a factor, and is drawn from the posterior as well; it can be one of the two.")
        if experiment.design.kind == "list" and not experiment.listed:
            self._tell("design.kind is 'list', and there are no points; write them as [[points]].")
        if experiment.design.kind != "list" and experiment.listed:
            self._tell(f"points go with kind 'list', and design.kind is '{experiment.design.kind}'.")
        if not self.problems:
            problem = design_problem(experiment.design, experiment.factors)
            if problem:
                self._tell(problem)

    def _check_indicators(self, experiment: Experiment) -> None:
        kept = experiment.indicators
        if not kept.keep:
            return
        from sim.outcomes import INDICATORS

        for place, name in enumerate(kept.keep):
            if name not in INDICATORS:
                self._tell(f"indicators.keep[{place + 1}] is {show(name)}, which is no indicator.{nearest(name, INDICATORS)}")
            elif name in kept.keep[:place]:
                self._tell(f"indicators.keep holds '{name}' more than once.")
        shortest = min(experiment.quarters or park.quarters for park in experiment.parks) if experiment.parks else 400
        if kept.every > shortest:
            self._tell(f"indicators.every is {kept.every}, and a run has {shortest} quarters.")

    def _check_points(self, experiment: Experiment) -> None:
        """Check what takes the points themselves: how many there are, and shares that several factors set together."""
        points = count_points(experiment.design, experiment.factors, experiment.listed)
        if points > MOST_POINTS:
            raise InvalidFile(f"{self.file}: the design has {points:,} points; at most {MOST_POINTS:,}. Take fewer levels, "
                              "or a design of kind 'fractional', 'sobol' or 'latin_hypercube'.")
        pairs = len(experiment.parks) * len(experiment.strategies) * len(experiment.seeds)
        if points * pairs > MOST_RUNS and experiment.size().runs > MOST_RUNS:
            raise InvalidFile(f"{self.file}: the experiment has {experiment.size().runs:,} runs; at most {MOST_RUNS:,}. "
                              "Take fewer seeds, points, parks or strategies.")
        self._check_shares(experiment)
        if self.problems:
            raise InvalidFile(self.problems)

    def _check_shares(self, experiment: Experiment) -> None:
        groups: dict[str, list[str]] = {}
        for factor in experiment.factors:
            table = table_of_shares(factor.name)
            if table and table != factor.name:
                groups.setdefault(table, []).append(factor.name)
        groups = {table: names for table, names in groups.items() if len(names) > 1}
        for point in experiment.points() if groups else ():
            for table in list(groups):
                total = sum(point.values[name] for name in groups[table])
                every = len(groups[table]) == sum(name.startswith(f"{table}.") for name in factor_names())
                if total > 1.0 + 1e-6 or (every and total < 1.0 - 1e-6):
                    self._tell(f"factors {' and '.join(groups.pop(table))} sum to {total:g} at point {point.number}; "
                               f"shares must sum to {'1' if every else '1 at most'}.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flatten(table: Mapping[str, Any], stops: Callable[[str, Any], bool], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and values of nested tables: ``park.firms`` is written with or without quotes."""
    for key, value in table.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict) and not stops(name, value):
            yield from _flatten(value, stops, name)
        else:
            yield name, value


def _is_factor_table(name: str, value: Mapping[str, Any]) -> bool:
    return not value or bool(set(value) & (set(Factor.model_fields) - {"name"})) or (
        name in factor_names() and not any(f"{name}.{key}" in factor_names() for key in value))


def _does_not_fit(park: Scenario, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a park cannot be laid out, where values are about its lay-out."""
    about = [name for name in values if name in LAY_OUT or name == "park.cell_m"]
    if not about or park.map is not None:
        return
    try:
        park.plan()
    except InvalidFile as error:
        for line in error.problems:
            text = line.replace(f"{park.name}: ", "")
            yield f"{about[0]} is {show(values[about[0]])}, which does not fit {park.name}: {text}"


def _key_first(line: str) -> str:
    """Return a problem of a park variant with the name of the factor in front."""
    text = line.removeprefix(": ")
    return text.replace("parameters .", "parameters.", 1) if text.startswith("parameters") else f"park.{text}"


__all__ = [
    "TWIN", "Experiment", "Kept", "Size", "check_experiment", "experiment_of", "list_experiments", "load_experiment",
    "principle_strategies",
]  # fmt: skip
