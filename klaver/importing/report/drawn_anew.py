"""What every future fills in for what a park file leaves open: from which distribution, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from klaver.importing.knowledge import COMPANY_FIELDS, OWNER_FIELDS, PARCEL_FIELDS
from sim.inputs.parameters import BY_NAME
from sim.inputs.scenario import Founding
from sim.records import SECTORS

if TYPE_CHECKING:
    import pandas as pd

    from klaver.importing.findings import Findings
    from klaver.language import ImportLanguage
    from sim.inputs.scenario import Scenario

SETTINGS = {
    "owner": ("owner_occupied",), "floor": (), "age": ("outdated",), "quality": ("outdated",), "fit": (), "energy": (),
    "soil_cost": ("soil_polluted", "soil_cost"), "vacancy": ("vacancy",), "area": (), "parcel": (),
    "sector": ("sector_shares",), "jobs": ("median_jobs", "mean_jobs"), "turnover": (), "floor_needed": (), "tenant": (),
    "trust": ("trust",), "key_figure": (), "kind": (), "reservation": (), "willing": (),
}  # fmt: skip
"""Field -> the settings of the table ``founding`` that its draw rests on."""
_PARAMETERS = ("floor_space_index", "turnover_per_job", "floor_per_job", "reservation_value", "fit_life", "energy_life")


def drawn_fields(
    scenario: Scenario, table: pd.DataFrame, findings: Findings, say: ImportLanguage
) -> Iterator[tuple[str, int, str, str]]:
    """Yield every field that is drawn anew for every seed.

    Parameters
    ----------
    table
        What is known of the park, as ``knowledge.knowledge`` returns it.
    findings
        A finding whose key ends in ``learned_SETTING`` says that the import fitted that setting to the park.

    Yields
    ------
    tuple
        What the field is called, of how many parcels, companies or owners it is drawn, how, and where that comes from.
    """
    learned = {key.rpartition("learned_")[2] for key in findings.counts() if "learned_" in key}
    open_ = table[table["mark"] == "imputed"]
    values = _values(scenario, say)
    for kind, fields in (("parcel", PARCEL_FIELDS), ("company", COMPANY_FIELDS), ("owner", OWNER_FIELDS)):
        for name in fields:
            n = int(((open_["kind"] == kind) & (open_["field"] == name)).sum())
            if n and name in SETTINGS and f"check.draw_{name}" in say:
                yield say(f"check.field_{name}"), n, say(f"check.draw_{name}", **values), _source(name, scenario, learned, say)


def _values(scenario: Scenario, say: ImportLanguage) -> dict[str, str]:
    """Return the settings of the draws as texts, by the names of the blanks in the sentences."""
    founding, record = scenario.founding, scenario.parameters()[0]
    sectors = say.listing([f"{say(f'sector.{name}')} {say.share(founding.sector_shares.get(name, 0.0))}" for name in SECTORS])
    of_parameters = {name: float(record[name]) for name in _PARAMETERS}
    return {
        "vacancy": _percent(founding.vacancy, say), "outdated": say.share(founding.outdated),
        "owner_occupied": say.share(founding.owner_occupied), "median_jobs": say.number(founding.median_jobs),
        "mean_jobs": say.number(founding.mean_jobs), "soil_polluted": say.share(founding.soil_polluted),
        "soil_cost": say.euros(founding.soil_cost), "sectors": sectors, "trust": say.number(founding.trust, 2),
        "floor_space_index": say.number(of_parameters["floor_space_index"], 2),
        "turnover_per_job": say.euros(of_parameters["turnover_per_job"]),
        "floor_per_job": say.number(of_parameters["floor_per_job"]),
        "reservation_value": say.share(of_parameters["reservation_value"]),
        "fit_years": say.number(of_parameters["fit_life"] / 4.0),
        "energy_years": say.number(of_parameters["energy_life"] / 4.0),
    }  # fmt: skip


def _percent(value: float, say: ImportLanguage) -> str:
    return f"{say.number(100.0 * value, 1)}%"


def _source(name: str, scenario: Scenario, learned: set[str], say: ImportLanguage) -> str:
    """Return where the settings of a draw come from: these files, the park file, or the model's own sources."""
    own = [setting for setting in SETTINGS[name]
           if getattr(scenario.founding, setting) != getattr(Founding(), setting)]  # fmt: skip
    if set(own) & learned:
        return say("check.source_learned")
    if own:
        return say("check.source_own", keys=", ".join(f"founding.{setting}" for setting in own))
    return say(f"check.source_{name}", **_marks(say))


def _marks(say: ImportLanguage) -> dict[str, str]:
    """Return what each parameter's mark means, by its name."""
    return {name: say(f"check.basis_{BY_NAME[name].mark}") for name in _PARAMETERS}
