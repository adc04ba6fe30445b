"""The social balance (MKBA) line by line: unit value, source, low and high, and the council's weight.

A line of the balance is the difference between a run and its twin, a present value. Lines that rest on a unit value (a
euro per tonne of CO2, per square metre, per job) are proportional to it, so their low and high values follow from the
range of that parameter; lines in euros of the firms and builders themselves have no unit value and no range. Prices of
land are transfers between parties: they stand in the balance as nil, with the amount that changed hands beside it.
Source: model 5 (value case) and 7; parameters 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from sim.inputs.parameters import BY_NAME


class LineSource(NamedTuple):
    """What a line rests on: the parameter of its unit value (None: euros as they are) and the council's weight."""

    parameter: str | None
    weight: str | None


LINES: dict[str, LineSource] = {
    "firms": LineSource(None, None),
    "works": LineSource(None, None),
    "process": LineSource("fte_cost", None),
    "moving": LineSource(None, None),
    "land": LineSource(None, None),
    "soil": LineSource("value_soil", "soil"),
    "jobs": LineSource("job_value", "jobs"),
    "nuisance": LineSource("nuisance_value", "nuisance"),
    "energy": LineSource("co2_price", "energy"),
    "green": LineSource("value_green", "green"),
    "spatial": LineSource("value_spatial", "spatial"),
}
"""Lines of the balance in the order in which they are shown."""

WELFARE_LINES = tuple(f"welfare_{line}" for line in LINES if line != "land")
"""Names of the lines among the outcomes of a run (``sim.outcomes.measure``)."""


def low_and_high(line: str, euros: float, unit: float | None = None) -> tuple[float, float]:
    """Return a line at the low and the high unit value, lowest first.

    Parameters
    ----------
    line
        One of :data:`LINES`.
    euros
        The line as it stands.
    unit
        Unit value used in the run; the default of its parameter if None.

    Raises
    ------
    KeyError
        If there is no such line.
    """
    name = LINES[line].parameter
    if name is None:
        return euros, euros
    parameter = BY_NAME[name]
    used = parameter.default if unit is None else unit
    if used == 0.0:
        return euros, euros
    ends = euros * parameter.low / used, euros * parameter.high / used
    return min(ends), max(ends)


def balance_table(
    with_: Mapping[str, float], without: Mapping[str, float], weights: Mapping[str, float], parameters: Any,
    land_traded: float = 0.0,
) -> pd.DataFrame:
    """Return the social balance of a run against its twin, one row a line and a total.

    Parameters
    ----------
    with_, without
        As ``sim.outcomes.measure`` returns them.
    weights
        The council's weight per line of the value case; 1 where it has none.
    parameters
        The record of parameters of the run.
    land_traded
        Price of land and premises that changed hands more than in the twin, euros: shown, and not counted.

    Returns
    -------
    DataFrame
        Index ``line``; euros, low, high, weight, weighted (euros), unit_value, unit, source, mark, memo (euros).
    """
    rows: list[dict[str, Any]] = []
    for line, (name, weight) in LINES.items():
        euros = 0.0 if line == "land" else with_[f"welfare_{line}"] - without[f"welfare_{line}"]
        parameter = BY_NAME.get(name or "")
        unit = float(parameters[name]) if name else None
        low, high = low_and_high(line, euros, unit)
        share = float(weights.get(weight, 1.0)) if weight else 1.0
        rows.append({
            "line": line, "euros": euros, "low": low, "high": high, "weight": share, "weighted": share * euros,
            "unit_value": unit, "unit": parameter.unit if parameter else "",
            "source": parameter.source if parameter else "", "mark": parameter.mark if parameter else "",
            "memo": land_traded if line == "land" else 0.0,
        })  # fmt: skip
    total = {"line": "total", "weight": 1.0, "unit_value": None, "unit": "", "source": "", "mark": "", "memo": 0.0}
    for column in ("euros", "low", "high", "weighted"):
        total[column] = sum(row[column] for row in rows)
    return pd.DataFrame([*rows, total]).set_index("line")
