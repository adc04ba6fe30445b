"""One run with its twin, and the comparison of strategies: what the Python interface and the command line share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from klaver.language import Language
from klaver.story import Teller
from klaver.tables import TWIN_TABLES, tables_of
from sim import model, outcomes
from sim.inputs import scenario as scenarios
from sim.inputs import strategy as strategies_of
from sim.warm_up import compile_rules

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from analysis.compare import Comparison
    from analysis.posterior import Posterior
    from analysis.principles import Ablation
    from analysis.store import Store
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

DEFAULT_SEEDS = 200
QUICK_SEEDS = 20
PRINCIPLE_SEEDS = 40
ONE_RUN = (
    "private_investment", "public_outlay", "multiplier_gross", "multiplier_additional", "social_balance", "vitality",
    "vitality_occupancy", "vitality_premises", "vitality_public_space", "vitality_jobs", "vitality_dynamics",
    "vitality_organisation", "vitality_future", "vacancy", "jobs", "opportunities_started", "opportunities_realised",
    "opportunities_exited", "lead_time", "displacement", "satisfaction",
)  # fmt: skip
"""Outcomes of one run, in the order in which they are shown."""


def run(park: Scenario | str, strategy: Strategy | str = "none", seed: int = 1, *, quarters: int | None = None) -> Run:
    """Run one park under one strategy, and its twin without intervention on the same seed.

    Parameters
    ----------
    park
        What :func:`klaver.load_park` returned, or a name or path.
    strategy
        What :func:`klaver.load_strategy` returned, or a name or path.
    seed
        Which future, 0 or more.
    quarters
        How long; as the park says if None.

    Returns
    -------
    Run
        Its outcomes, tables and story, and the park at its end as a Mesa model.

    Raises
    ------
    ValueError
        If an input cannot be used; the text says what is wrong.
    """
    if seed < 0:
        raise ValueError(Language("en")("error.seed", n=seed))
    scenario = scenarios.load_park(park) if isinstance(park, str) else park
    chosen = strategies_of.load_strategy(strategy) if isinstance(strategy, str) else strategy
    compile_rules()
    place = model.Park.of(scenario, quarters)
    before, names = model.prepare_named(place, seed)
    record = chosen.record(scenario, place.gross_ha)
    return Run(
        scenario, chosen, seed, place, record, names, before,
        model.simulate(before, record), model.simulate(before, model.no_strategy()),
    )  # fmt: skip


def compare(
    park: Scenario | str,
    strategies: Iterable[Strategy | str],
    seeds: int | Sequence[int] = DEFAULT_SEEDS,
    *,
    workers: int | None = None,
    quarters: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    store: Store | None = None,
    cluster: str | None = None,
    name: str = "runs",
    tell: Callable[[int, int], None] | None = None,
    parameters: Posterior | str | None = None,
) -> Comparison:
    """Run every strategy on the same seeds, each with its twin, and compare them.

    Parameters
    ----------
    park
        What :func:`klaver.load_park` returned, or a name or path.
    strategies
        Strategies, or their names or paths. The reference ``none`` is added when it is not among them.
    seeds
        How many, counted from 1; or the seeds themselves.
    workers
        Processes side by side; as many as there are cores if None. The numbers do not depend on it.
    quarters
        How long; as the park says if None.
    progress
        Called as ``progress(runs done, runs to do)``.
    store
        Where runs are kept and found again (``analysis.store.Store``); in memory, for this once, if None.
    cluster
        Address of a dask scheduler, or ``local:N`` for N workers here; this machine alone if None.
    name
        Of the experiment in the store.
    tell
        Called once as ``tell(runs that are there, runs to do)``.
    parameters
        ``"posterior"``, the path of a posterior, or one (``analysis.posterior``): each seed draws a parameter set from it,
        so that intervals hold what is not known about the parameters beside chance. Those of the park if None.

    Returns
    -------
    Comparison
        With ``summary()``, ``to_json()`` and the ``plot_`` functions.

    Raises
    ------
    ValueError
        If an input cannot be used; the text says what is wrong.
    """
    from analysis.compare import compare as compare_runs
    from analysis.experiment import run_pairs
    from analysis.posterior import load_posterior

    scenario = scenarios.load_park(park) if isinstance(park, str) else park
    posterior = load_posterior(parameters) if isinstance(parameters, str) else parameters
    chosen = [strategies_of.load_strategy(s) if isinstance(s, str) else s for s in strategies]
    if isinstance(seeds, int) and seeds < 1:
        raise ValueError(Language("en")("error.seeds", n=seeds))
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    compile_rules()
    return compare_runs(run_pairs(scenario, chosen, list(numbers), workers, progress, quarters=quarters, store=store,
                                  cluster=cluster, name=name, tell=tell, parameters=posterior))


def ablate(
    park: Scenario | str,
    strategy: Strategy | str = "demand_driven",
    seeds: int | Sequence[int] = PRINCIPLE_SEEDS,
    *,
    workers: int | None = None,
    quarters: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    store: Store | None = None,
    cluster: str | None = None,
    name: str = "runs",
    tell: Callable[[int, int], None] | None = None,
) -> Ablation:
    """Run a strategy with every combination of the six guiding principles, on the same seeds, each with its twin.

    Parameters
    ----------
    park, strategy
        As :func:`run` takes them; of the strategy everything but the six switches is kept.
    seeds, workers, quarters, progress, store, cluster, name, tell
        As :func:`compare` takes them.

    Returns
    -------
    Ablation
        With main effects, what each adds to the other five, interactions, and ``to_json()``.

    Raises
    ------
    ValueError
        If an input cannot be used; the text says what is wrong.
    """
    from analysis.experiment import run_pairs
    from analysis.experiment_file import principle_strategies
    from analysis.principles import Ablation

    scenario = scenarios.load_park(park) if isinstance(park, str) else park
    chosen = strategies_of.load_strategy(strategy) if isinstance(strategy, str) else strategy
    if isinstance(seeds, int) and seeds < 1:
        raise ValueError(Language("en")("error.seeds", n=seeds))
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    compile_rules()
    runs = run_pairs(
        scenario, principle_strategies(chosen), list(numbers), workers, progress, quarters=quarters, keep=(), store=store,
        cluster=cluster, name=name, tell=tell,
    )  # fmt: skip
    return Ablation(runs, chosen.name)


@dataclass
class Run:
    """One run, its twin, and what can be asked of them.

    Attributes
    ----------
    scenario, strategy, seed
        What was run.
    before : World
        The park at quarter 0, from which both runs start.
    after, twin : World
        The park at its end, with the strategy and without.
    names : Names
        Of companies, owners and parcels at the start.
    """

    scenario: Scenario
    strategy: Strategy
    seed: int
    place: model.Park = field(repr=False)
    record: np.recarray = field(repr=False)
    names: Any = field(repr=False)
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    twin: Any = field(repr=False)

    @cached_property
    def park(self) -> Any:
        """The park as a ``mesa.Model`` (``sim.business_park.BusinessPark``), stepped to its end."""
        from sim.business_park import BusinessPark

        return BusinessPark(self.place, self.record, self.seed).run_to_end()

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables of the run, see ``klaver.tables``."""
        return tables_of(self.after, self.names)

    @cached_property
    def twin_tables(self) -> dict[str, pd.DataFrame]:
        """The tables that are kept of the twin."""
        tables = tables_of(self.twin, self.names)
        return {name: tables[name] for name in TWIN_TABLES}

    @cached_property
    def outcomes(self) -> dict[str, dict[str, float]]:
        """Outcomes ``with`` the strategy, ``without`` it (the twin) and their ``difference``; NaN where undefined."""
        return paired_outcomes(outcomes.measure(self.after), outcomes.measure(self.twin), self.place.gross_ha)

    def summary(self) -> pd.DataFrame:
        """Return the outcomes as a table: one row each, columns with, without and difference."""
        import pandas as pd

        return pd.DataFrame({side: self.outcomes[side] for side in ("with", "without", "difference")})

    def teller(self, lang: str = "en") -> Teller:
        """Return who tells this run in a language."""
        return Teller(self.tables, Language(lang), self.twin_tables)

    def story(self, lang: str = "en") -> str:
        """Return the story of all opportunities, as Markdown."""
        return self.teller(lang).full_story(self.scenario.name, self.strategy.name, self.seed)

    def cases(self, lang: str = "en") -> str:
        """Return the balance tables of all opportunities, as Markdown."""
        from klaver.display import cases_as_markdown

        say = Language(lang)
        title = say("balance.file_title", park=self.scenario.name, strategy=self.strategy.name, seed=self.seed)
        return cases_as_markdown(self.teller(lang), title)

    @cached_property
    def social_balance(self) -> pd.DataFrame:
        """The social balance against the twin, line by line: ``analysis.social_balance.balance_table``."""
        from analysis.social_balance import balance_table
        from sim.records import VALUE_LINES

        weights = dict(zip(VALUE_LINES, self.after.organisation[0].weights.tolist(), strict=True))
        traded = float(self.after.accounts[0].land - self.twin.accounts[0].land) / 100.0
        return balance_table(
            outcomes.measure(self.after), outcomes.measure(self.twin), weights, self.place.parameters[0], traded
        )

    def why(self, kind: str, name: str | int, lang: str = "en") -> list[str]:
        """Return why something happened to a company, parcel or opportunity: one sentence an event."""
        teller = self.teller(lang)
        return [line.sentence for line in teller.why(kind, teller.find(kind, str(name)))]


def paired_outcomes(with_: dict[str, float], without: dict[str, float], gross_ha: float) -> dict[str, dict[str, float]]:
    """Return the outcomes of a run and its twin, and their difference.

    Parameters
    ----------
    with_, without
        As ``sim.outcomes.measure`` returns them.
    gross_ha
        Of the park: below a least amount of public money per hectare a multiplier is undefined
        (``analysis.statistics``).
    """
    from analysis.statistics import LEAST_EUROS_PER_HA, LEAST_SHARE

    nil = LEAST_EUROS_PER_HA * gross_ha
    sides: dict[str, dict[str, float]] = {"with": {}, "without": {}, "difference": {}}
    for name in ONE_RUN:
        for side, measured in (("with", with_), ("without", without)):
            spent = measured["public_outlay"]
            if name == "multiplier_gross":
                value = measured["private_investment"] / spent if spent >= nil else math.nan
            elif name in ("multiplier_additional", "social_balance"):
                value = math.nan  # only the two runs together have one
            else:
                value = measured[name]
            sides[side][name] = value
        sides["difference"][name] = sides["with"][name] - sides["without"][name]
    more_private = with_["private_investment"] - without["private_investment"]
    more_public = with_["public_outlay"] - without["public_outlay"]
    enough = more_public >= max(nil, LEAST_SHARE * with_["public_outlay"])
    sides["difference"]["multiplier_additional"] = more_private / more_public if enough else math.nan
    sides["difference"]["social_balance"] = with_["welfare"] - without["welfare"]
    return sides
