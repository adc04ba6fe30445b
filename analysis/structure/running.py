"""The alternatives to the main parts of the model, and running every one of them on the same futures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from analysis.compare import Comparison, compare
from analysis.engines import Engine, engine_for
from analysis.experiment import Cell, Plan, Varied, carry_out, collect, first_failure, plan_runs
from analysis.experiment_schema import TWIN
from analysis.store import Memory, Store
from analysis.variants import Point, vary_park
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy, load_strategy

AS_IT_IS = "as_it_is"

Progress = Callable[[int, int], None]


class Structure(NamedTuple):
    """The model with one part replaced.

    Attributes
    ----------
    name
        What it is called in tables; its title and what a critic says stand in ``klaver/language`` under ``structure``.
    values
        Factors of a park (``parameters.NAME``) to the values that make it.
    """

    name: str
    values: Mapping[str, float]


def _structure(name: str, **parameters: float) -> Structure:
    return Structure(name, {f"parameters.{key}": value for key, value in parameters.items()})


STRUCTURES: tuple[Structure, ...] = (
    # Another account of how firms decide and deal
    _structure("no_waiting", waiting=0.0),
    _structure("no_option_value", option_value=0.0),
    _structure("random_matching", match_by_worth=0.0),
    _structure("no_trust", trust_matters=0.0),
    _structure("proportional_split", equal_split=0.0),
    _structure("no_displacement", home_share=0.0, displacement=0.0, builds_elsewhere=0.0),
    _structure("plain_sum", substitution=1.0),
    # One mechanism less
    _structure("no_misfit", misfit=0.0),
    _structure("clover_aggregate", clover_aggregate=1.0),
    _structure("no_visibility", visibility=0.0),
    _structure("no_swings", swings=0.0),
    _structure("no_chains", combine=0.0),
    _structure("no_shared_costs", synergy_saving=0.0),
    _structure("no_shared_measures", shared_measures=0.0),
    _structure("old_planning_act", environment_act=0.0),
    _structure("no_objections", objection_chance=0.0),
)
"""What is held against the model as it is, one at a time."""


def run_structures(
    parks: Sequence[Scenario],
    strategies: Sequence[Strategy],
    seeds: Sequence[int],
    *,
    structures: Sequence[Structure] = STRUCTURES,
    quarters: int | None = None,
    store: Store | Memory | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    tell: Progress | None = None,
) -> dict[str, dict[str, Comparison]]:
    """Run the strategies and the twin on every park as it is and under every structure, on the same seeds.

    Parameters
    ----------
    parks, strategies
        With different names; the twin ``none`` is added where it is not among the strategies. The values of a structure go
        over a park's own.
    seeds
        Distinct whole numbers, at least one.
    structures
        What to hold against the model as it is.
    quarters
        Length of a run; as each park says if None.
    store
        Where runs are kept and found again; in memory if None.
    engine
        Where they are made; a process a core if None.
    progress, tell
        As :func:`analysis.experiment.run_pairs` has them.

    Returns
    -------
    dict
        Name of a park to name of a structure, :data:`AS_IT_IS` first, to the comparison of all strategies there. The twin
        of a comparison is that of its own structure.

    Raises
    ------
    RunFailed
        If a run raised. All others have been made, and are kept where there is a store.
    """
    chosen = [*strategies] if any(one.name == TWIN for one in strategies) else [load_strategy(TWIN), *strategies]
    place = store if store is not None else Memory()
    plan = _plan(parks, chosen, seeds, structures, quarters)
    todo = len(plan.missing(place.known()))
    if tell is not None:
        tell(len(plan.keys) - todo, todo)
    carried = carry_out(plan, place, engine or engine_for(None, None, todo), progress, keep_design=False)
    if len(carried.failed):
        raise first_failure(plan.design["run"], place)
    names = (AS_IT_IS, *(structure.name for structure in structures))
    found: dict[str, dict[str, Comparison]] = {park.name: {} for park in parks}
    for point, name in enumerate(names):
        for park, runs in collect(replace(plan, design=plan.design[plan.design["point"] == point]), place).items():
            found[park][name] = compare(runs)
    return found


def _plan(
    parks: Sequence[Scenario], strategies: Sequence[Strategy], seeds: Sequence[int], structures: Sequence[Structure],
    quarters: int | None,
) -> Plan:
    """List every run: point 0 is the model as it is, and each structure a point of its own."""
    points = [Point(0), *(Point(k, structure.values) for k, structure in enumerate(structures, start=1))]
    cells = [Cell(point.number, {}, Varied(park, point, vary_park), strategy)
             for park in parks for point in points for strategy in strategies]  # fmt: skip
    return plan_runs("structure", cells, seeds, quarters=quarters)
