"""Why two strategies come out differently: where their runs part in one future, and what that led to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klaver.dashboard.following import with_parameters
from klaver.diverging import Parting, differing_inputs, part
from klaver.language import Language
from klaver.story import Teller
from klaver.tables import tables_of
from sim import model
from sim.inputs.strategy import Strategy


def parting(
    park: Mapping[str, Any], strategies: tuple[Mapping[str, Any], Mapping[str, Any]], names: tuple[str, str], seed: int,
    quarters: int | None, parameters: Mapping[str, float] | None, language: str,
) -> Parting:  # fmt: skip
    """Return how the runs of two strategies part in one future.

    Parameters
    ----------
    park, strategies
        As ``Scenario.resolved`` and ``Strategy.resolved`` return them.
    names
        What the two are called.
    seed
        Which future, 0 or more.
    quarters
        How long; as the park says if None.
    parameters
        As for ``following.follow``.
    language
        ``"nl"`` or ``"en"``.

    Returns
    -------
    klaver.diverging.Parting
        In that language.

    Raises
    ------
    ValueError
        If the park or a strategy is not right.
    """
    scenario = with_parameters(park, parameters)
    place, say = model.Park.of(scenario, quarters), Language(language)
    before, called = model.prepare_named(place, seed)
    records = [Strategy.from_resolved(dict(one)).record(scenario, place.gross_ha) for one in strategies]
    first, second = (Teller(tables_of(model.simulate(before, record), called), say) for record in records)
    return part(names, first, second, differing_inputs(*strategies))
