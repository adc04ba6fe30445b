"""How much does not knowing a field of a park file matter? Measured by running parks in which one field is known.

``uv run python -m benchmarks.field_weights --save`` writes ``klaver/importing/report/weights.toml``, from which
``klaver import`` ranks what would most improve a park file.

**Question.** A field that the file leaves open is drawn anew in every future. Getting it measured takes away that part of
the spread of an outcome Y that comes from it: the variance of E[Y | field].

**Design.** Of a park only the map is kept, and who sits where. Then so many *truths* of the field are drawn (for all its
parcels or companies at once), and each is given to the same futures, which draw everything else. With Y[t, s] for truth t
in future s, the variance component of t in the two-way analysis of variance is an unbiased estimate of the variance of
E[Y | field]: the futures are the same for every truth, so most of chance drops out. Its error is a jackknife over truths.

**Truths.** A park of which nothing is known may be like any Dutch park, so every truth has its own level as well: shares of
outdated, vacant, rented and polluted premises and of sectors as parks of the Dutch stock differ in them
(``analysis/dutch_stock.py``); and jobs, trust, floor, what owners ask and how fast buildings fall behind within the ranges of
:data:`LEVELS`. The futures fill in with the usual levels, as they do for a user.

**Two ends.** Fields overlap: whoever knows the floor of a building knows most of what its firm needs. So each field is weighed
twice. *First*: nothing else is known, as above. *Last*: all else is known; then what a field adds is the mean over truths of
the variance that is left when only this field is drawn again (given all else), from the differences between two such
draws in the same futures. A park lies in between, and so does the weight (``klaver/importing/report/improvements.py``).

**Outcomes**, at the horizon: vitality with nothing done; what demand-driven working adds to vitality; and what it adds in
private euros beyond public ones. Each as a share of the variance of that outcome, all else open.

``everything`` is all fields at once: what could be known at most. ``company_list`` is who sits where, with sector, jobs
and tenure (last: with all that is known of companies). ``exits`` puts the park's exit on another piece of road at its edge.
An age adds nothing where the state of the building is known, and ``vacancy`` is weighed last in the proportion of the list
of companies, of which it is a part.
"""

from __future__ import annotations

import argparse
import copy
import math
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.assumptions import named_assumptions, values_at
from analysis.dutch_stock import draw_stock
from sim import records
from sim.inputs.scenario import Scenario, load_park
from sim.inputs.strategy import load_strategy
from sim.model import Park, prepare, simulate
from sim.outcomes import measure
from sim.park.founding import found_park
from sim.park.plan import FoundingDraws, ParkPlan, PlanCompany, PlanOwner, PlanParcel

WEIGHTS = Path(__file__).parents[1] / "klaver" / "importing" / "report" / "weights.toml"
ENDS = ("first", "last")
OUTCOMES = ("vitality", "vitality_gain", "net_private_gain")
OF_PARCEL = ("floor", "age", "quality", "fit", "energy", "soil_cost")
OF_COMPANY = ("sector", "jobs", "floor_needed", "trust", "key_figure")
FIELDS = (*OF_PARCEL, "owner", "owner_terms", "tenant", "vacancy", *OF_COMPANY, "company_list", "exits", "everything")
LEVELS = {
    "jobs": (0.77, 2.15),  # times the usual: 20-56 jobs a gross hectare, the mean is 26 (S18, S5)
    "soil_cost": (50_000.0, 1_000_000.0),  # euros (S111)
}
"""Levels of truths that neither the Dutch stock nor a plausible range of a parameter gives; drawn evenly in logarithms."""
_PARAMETERS = ("floor_space_index", "floor_per_job", "fit_life", "energy_life", "reservation_value", "trust_start")
_LAYOUT = 990_001  # seed of who sits where, of all parks here
_TRUTHS = 500_000  # truths are drawn from seeds far from those of the futures

Drawn = tuple[Any, Any]  # world, names
Know = Callable[[ParkPlan, Drawn], ParkPlan]


def bare(scenario: Scenario) -> ParkPlan:
    """Return a park of which only the map is known: parcels, and which of them are land without a building.

    As much of it stands vacant as of the mean park: where a file states who is there, its own share says nothing.
    """
    plan = copy.copy(scenario.plan())
    founding = replace(plan.founding, vacancy=FoundingDraws().vacancy)
    parcels = [PlanParcel(p.name, floor=0.0 if p.floor == 0.0 else None) for p in plan.parcels]
    return replace(plan, parcels=parcels, companies=[], owners=plan.owners[:1], burn_in=0, windows=[],
                   founding=founding)  # fmt: skip


class Levels:
    """The levels of every truth: settings of the founding, and parameters."""

    def __init__(self, truths: int) -> None:
        self.stock = draw_stock(2 ** math.ceil(math.log2(max(truths, 8))))
        self.places = np.random.default_rng(1).random((len(self.stock), len(LEVELS) + len(_PARAMETERS)))

    def of(self, truth: int, park: Park, plan: ParkPlan) -> tuple[ParkPlan, np.recarray]:
        """Return a plan and parameters from which one truth is drawn."""
        place = self.places[truth]
        found, usual = self.stock[truth].scenario.plan().founding, FoundingDraws()
        jobs, soil = (low * (high / low) ** x for (low, high), x in zip(LEVELS.values(), place, strict=False))
        drawn = values_at(named_assumptions(_PARAMETERS), place[len(LEVELS) :])
        founding = replace(found, median_jobs=jobs * usual.median_jobs, mean_jobs=jobs * usual.mean_jobs, soil_cost=soil,
                           trust=drawn.pop("parameters.trust_start"))  # fmt: skip
        if plan.founding.vacancy == 0.0:
            founding = replace(founding, vacancy=0.0)  # of this plan it is known who is there
        record = park.parameters.copy()
        for name, value in drawn.items():
            record[0][name.removeprefix("parameters.")] = value
        return replace(plan, founding=founding), record


def _found(plan: ParkPlan, park: Park, seed: int) -> Drawn:
    return found_park(plan, park.parameters, seed, park.quarters)


def _seated(plan: ParkPlan, drawn: Drawn) -> Iterator[tuple[PlanParcel, Any, Any]]:
    """Yield each parcel of a plan with its row and that of its company (None) in a founded world."""
    world = drawn[0]
    for row, parcel in enumerate(plan.parcels):
        site = world.parcels[row]
        yield parcel, site, world.companies[site.occupant] if site.occupant >= 0 else None


def settle(plan: ParkPlan, drawn: Drawn) -> ParkPlan:
    """Return a plan in which it is known who sits where, owned or rented, and what stands vacant for how long."""
    parcels, companies = [], []
    for parcel, site, firm in _seated(plan, drawn):
        if firm is not None:
            companies.append(PlanCompany(f"firm {parcel.name}", parcel.name, tenant=bool(firm.tenant)))
            parcels.append(parcel)
        elif parcel.floor == 0.0:
            parcels.append(parcel)
        else:
            start = int(drawn[0].clock[0].quarter)
            parcels.append(replace(parcel, vacant_quarters=max(int(start - site.vacant_since), 0)))
    return replace(plan, parcels=parcels, companies=companies)


def know_of_parcels(*fields: str) -> Know:
    """Return what puts fields of the premises from a founded world into a plan."""

    def know(plan: ParkPlan, drawn: Drawn) -> ParkPlan:
        parcels = []
        for parcel, site, _ in _seated(plan, drawn):
            read = {"soil_cost": site.soil_cost / 100.0, "age": site.built_before / 4.0}
            values: dict[str, Any] = {name: float(read[name] if name in read else site[name]) for name in fields}
            parcels.append(parcel if parcel.floor == 0.0 else replace(parcel, **values))
        return replace(plan, parcels=parcels)

    return know


def know_of_companies(*fields: str) -> Know:
    """Return what puts fields of the companies from a founded world into a plan, by the parcel that they are on."""

    def know(plan: ParkPlan, drawn: Drawn) -> ParkPlan:
        firms = {parcel.name: firm for parcel, _, firm in _seated(plan, drawn)}
        read: dict[str, Callable[[Any], Any]] = {
            "sector": lambda firm: records.SECTORS[int(firm.sector)],
            "jobs": lambda firm: float(firm.jobs),
            "floor_needed": lambda firm: float(firm.jobs * firm.space_per_job),
            "trust": lambda firm: float(firm.trust),
            "key_figure": lambda firm: bool(firm.key_figure),
            "tenant": lambda firm: bool(firm.tenant),
        }
        companies = [replace(c, **{name: read[name](firms[c.parcel or ""]) for name in fields}) for c in plan.companies]
        return replace(plan, companies=companies)

    return know


def know_owners(plan: ParkPlan, drawn: Drawn) -> ParkPlan:
    """Put who owns each parcel into a plan; what owners are willing to do stays open."""
    world, names = drawn
    party = {int(site.occupant): f"firm {parcel.name}" for parcel, site, _ in _seated(plan, drawn)}
    parcels = []
    for parcel, site, _ in _seated(plan, drawn):
        owner = int(site.owner)
        parcels.append(replace(parcel, owner=party[owner] if owner >= 0 else names.owners[-1 - owner]))
    owners = [PlanOwner(name, records.OWNER_KINDS[int(world.owners[i].kind)]) for i, name in enumerate(names.owners)]
    return replace(plan, parcels=parcels, owners=owners)


def know_terms(plan: ParkPlan, drawn: Drawn) -> ParkPlan:
    """Put what owners want for their sites, and whether they are willing, into a plan that names them."""
    world, names = drawn
    row = {name: world.owners[i] for i, name in enumerate(names.owners)}
    owners = [replace(o, reservation=float(row[o.name].reservation), willing=bool(row[o.name].willing))
              for o in plan.owners]  # fmt: skip
    return replace(plan, owners=owners)


def move_exit(plan: ParkPlan, seed: int) -> ParkPlan:
    """Return a plan with one exit, on a piece of road at the edge of the park drawn by ``seed``."""
    padded = np.pad(plan.kind, 1, constant_values=records.OUTSIDE) == records.OUTSIDE
    beside = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    places = np.argwhere((plan.kind == records.ROAD) & beside)
    if len(places) < 2:
        places = np.argwhere(plan.kind == records.ROAD)
    row, column = places[np.random.default_rng(seed).integers(len(places))]
    return replace(plan, exits=[(int(row), int(column))])


class Truths:
    """Plans of one park in which a field is known, and all else open.

    Parameters
    ----------
    scenario
        A park; what its file says beside the map does not count.
    """

    def __init__(self, scenario: Scenario, truths: int) -> None:
        self.park, self.levels = Park.of(scenario), Levels(truths)
        self.bare = bare(scenario)
        layout = _found(self.bare, self.park, _LAYOUT)
        self.base = settle(self.bare, layout)
        self.owned = know_owners(self.base, _found(self.base, self.park, _LAYOUT))
        self.unnamed = replace(self.base, companies=[], founding=replace(self.base.founding, vacancy=0.0))

    def _drawn(self, plan: ParkPlan, truth: int, attempt: int = 0) -> Drawn:
        levelled, parameters = self.levels.of(truth, self.park, plan)
        return found_park(levelled, parameters, _TRUTHS + truth + 10_000 * attempt, self.park.quarters)

    def plan(self, field: str, truth: int) -> ParkPlan:
        """Return the park with one truth of a field; ``everything`` and ``company_list`` are groups of fields."""
        if field == "exits":
            return move_exit(self.base, _TRUTHS + truth)
        if field == "tenant":
            return know_of_companies("tenant")(self.base, self._drawn(self.unnamed, truth))
        if field in ("vacancy", "company_list", "everything"):
            return self._from_the_map(field, truth)
        base = self.owned if field == "owner_terms" else self.base
        know = (know_owners if field == "owner" else know_terms if field == "owner_terms"
                else know_of_parcels(field) if field in OF_PARCEL else know_of_companies(field))  # fmt: skip
        return know(base, self._drawn(base, truth))

    def _from_the_map(self, field: str, truth: int) -> ParkPlan:
        drawn = self._drawn(self.bare, truth)
        plan = settle(self.bare, drawn)
        if field == "company_list":
            return know_of_companies("sector", "jobs", "tenant")(plan, drawn)
        if field == "everything":
            plan = know_of_companies(*OF_COMPANY, "tenant")(know_of_parcels(*OF_PARCEL)(plan, drawn), drawn)
            return know_terms(know_owners(plan, drawn), drawn)
        return plan


    def again(self, field: str, truth: int) -> ParkPlan:
        """Return the park of which everything is known, with only one field drawn again, given all else."""
        whole = self.plan("everything", truth)
        if field == "exits":
            return move_exit(whole, _TRUTHS + truth)
        opened = open_field(whole, field)
        drawn = self._drawn(opened, truth, 1)
        if field == "company_list":
            return know_owners(know_of_companies(*OF_COMPANY, "tenant")(settle(opened, drawn), drawn), drawn)
        if field == "tenant":
            return know_owners(know_of_companies("tenant")(opened, drawn), drawn)
        if field in ("owner", "owner_terms"):
            return (know_owners if field == "owner" else know_terms)(opened, drawn)
        return (know_of_parcels if field in OF_PARCEL else know_of_companies)(field)(opened, drawn)


def open_field(plan: ParkPlan, field: str) -> ParkPlan:
    """Return a plan that leaves one field open, and what cannot be known without it."""
    opened: dict[str, Any] = {field: None}
    if field in OF_PARCEL:
        return replace(plan, parcels=[p if p.floor == 0.0 else replace(p, **opened) for p in plan.parcels])
    if field in OF_COMPANY:
        return replace(plan, companies=[replace(c, **opened) for c in plan.companies])
    if field == "owner_terms":
        return replace(plan, owners=[replace(o, reservation=None, willing=None) for o in plan.owners])
    own = {c.parcel: c.name for c in plan.companies if field == "owner"}
    parcels = [p if p.owner == own.get(p.name, "") else replace(p, owner=None) for p in plan.parcels]
    if field == "company_list":
        parcels = [replace(p, vacant_quarters=None) for p in parcels]
        return replace(plan, parcels=parcels, companies=[], owners=plan.owners[:1])
    companies = [replace(c, tenant=None) for c in plan.companies] if field == "tenant" else plan.companies
    return replace(plan, parcels=parcels, companies=companies, owners=plan.owners[:1])


def outcomes_of(park: Park, plan: ParkPlan, strategies: tuple[np.recarray, np.recarray], seed: int) -> list[float]:
    """Return the outcomes of one future: nothing done and demand-driven working, from the same start."""
    start = prepare(replace(park, plan=plan), seed)
    nothing, acting = (measure(simulate(start, strategy)) for strategy in strategies)
    net = [run["private_investment"] - run["public_outlay"] for run in (nothing, acting)]
    return [nothing["vitality"], acting["vitality"] - nothing["vitality"], net[1] - net[0]]


def component(values: np.ndarray) -> float:
    """Return the variance component of rows in a two-way table without repeats: an unbiased estimate, may be below 0.

    Parameters
    ----------
    values
        (truths, futures), at least 2 by 2.
    """
    truths, futures = values.shape
    rows, columns, mean = values.mean(1, keepdims=True), values.mean(0, keepdims=True), values.mean()
    rest = ((values - rows - columns + mean) ** 2).sum() / ((truths - 1) * (futures - 1))
    return float(rows.var(ddof=1) - rest / futures)


def share_of(values: np.ndarray) -> tuple[float, float]:
    """Return the share of the variance of an outcome that a field explains, and its standard error (jackknife)."""
    total = values.var(ddof=1)
    truths = len(values)
    without = [component(np.delete(values, t, axis=0)) for t in range(truths)]
    error = np.sqrt((truths - 1) / truths * np.square(np.subtract(without, np.mean(without))).sum())
    return float(component(values) / total), float(error / total)


def left_over(again: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    """Return the share of the variance of an outcome that one field explains when all else is known, and its error.

    Parameters
    ----------
    again, whole
        (truths, futures): with the field drawn again, and as it was.
    """
    apart = again - whole
    each = (apart.mean(axis=1) ** 2 - apart.var(axis=1, ddof=1) / apart.shape[1]) / 2.0
    total = whole.var(ddof=1)
    return float(each.mean() / total), float(each.std(ddof=1) / np.sqrt(len(each)) / total)


@dataclass
class Weighing:
    """The runs of one park."""

    scenario: Scenario
    truths: int
    seeds: int

    def __post_init__(self) -> None:
        self.known = Truths(self.scenario, self.truths)
        area = self.known.park.gross_ha
        self.strategies = tuple(load_strategy(name).record(self.scenario, area) for name in ("none", "demand_driven"))

    def runs(self, plan_of: Callable[[int], ParkPlan]) -> np.ndarray:
        """Return outcomes, (truths, seeds, outcomes), of the plan of each truth in the same futures."""
        values = np.empty((self.truths, self.seeds, len(OUTCOMES)))
        for t in range(self.truths):
            plan = plan_of(t)
            for s in range(self.seeds):
                values[t, s] = outcomes_of(self.known.park, plan, self.strategies, 1 + s)  # type: ignore[arg-type]
        return values


def weigh_fields(
    scenario: Scenario, truths: int, seeds: int, fields: tuple[str, ...] = FIELDS, ends: tuple[str, ...] = ENDS
) -> pd.DataFrame:
    """Return what share of the variance of each outcome each field explains.

    Parameters
    ----------
    truths
        Drawn values of a field, 3 or more.
    seeds
        Futures that each truth is given to, 2 or more.
    ends
        ``"first"`` (nothing else is known), ``"last"`` (all else is).

    Returns
    -------
    pandas.DataFrame
        A row per field and outcome: ``end``, ``park``, ``field``, ``outcome``, ``share`` and ``error`` (standard error).
    """
    weighing = Weighing(scenario, truths, seeds)
    rows: list[dict[str, Any]] = []
    whole = weighing.runs(lambda t: weighing.known.plan("everything", t)) if "last" in ends else None
    for end in ends:
        for field in fields:
            if end == "last" and field in ("age", "vacancy", "everything"):
                continue
            begun = time.monotonic()
            made = weighing.known.plan if end == "first" else weighing.known.again
            values = weighing.runs(lambda t, field=field, made=made: made(field, t))  # type: ignore[misc]
            for k, outcome in enumerate(OUTCOMES):
                share, error = (share_of(values[:, :, k]) if whole is None or end == "first"
                                else left_over(values[:, :, k], whole[:, :, k]))  # fmt: skip
                rows.append({"end": end, "park": scenario.name, "field": field, "outcome": outcome, "share": share,
                             "error": error})  # fmt: skip
            told = ", ".join(f"{row['outcome']} {row['share']:.3f} ({row['error']:.3f})" for row in rows[-len(OUTCOMES):])
            print(f"{scenario.name}: {end}: {field}: {told} [{time.monotonic() - begun:.0f} s]", flush=True)
    return pd.DataFrame(rows)


def pooled(table: pd.DataFrame, end: str) -> pd.DataFrame:
    """Return per field its share of what knowing everything would explain, over parks and outcomes, with its error."""
    first = _summed(table, "first")
    summed = first if end == "first" else _summed(table, "last")
    if end == "last":
        summed.loc["age"] = 0.0
        summed.loc["vacancy"] = first.loc["vacancy"] * summed.loc["company_list", "share"] / first.loc["company_list", "share"]
    weights = summed / first.loc["everything", "share"]
    return weights.reindex([field for field in FIELDS if field in weights.index and field != "everything"])


def _summed(table: pd.DataFrame, end: str) -> pd.DataFrame:
    rows = table[table["end"] == end].groupby("field")
    return rows.agg(share=("share", "sum"), error=("error", lambda e: float(np.sqrt((e**2).sum()))))


def write_weights(table: pd.DataFrame, path: Path, origin: dict[str, tuple[str, str]]) -> None:
    """Write the weights as TOML: pooled ones, and below them what was measured on each park.

    Parameters
    ----------
    origin
        End -> the command that measured it, and the model's version.
    """
    lines = [
        "# How much of what could be known each field of a park file is: of the spread in outcomes that goes if everything",
        "# is measured, the share that goes if this field is, where nothing else is known (first) and where all else is",
        "# (last). Fields overlap, so shares do not add up to 1. Written by the commands below (their file says how they",
        "# measure); never by hand.",
    ]
    for end, (command, model) in origin.items():
        weights = pooled(table, end)
        lines += ["", f"[{end}]", f'command = "{command}"', f'model = "{model}"', "", f"[{end}.weights]",
                  *(f"{field} = {max(weight, 0.0):.4f}" for field, weight in weights["share"].items()),
                  "", f"[{end}.errors]",
                  *(f"{field} = {abs(error):.4f}" for field, error in weights["error"].items())]  # fmt: skip
    everything = table[table["field"] == "everything"].groupby("outcome")["share"].mean()
    lines += ["", "# What everything explains of the variance of an outcome; the rest is chance.", "[everything]",
              *(f"{outcome} = {everything[outcome]:.4f}" for outcome in OUTCOMES)]  # fmt: skip
    for (end, park, outcome), rows in table.groupby(["end", "park", "outcome"], sort=False):
        lines += ["", "# Share of the variance of this outcome, and its standard error.", f"[measured.{end}.{park}.{outcome}]",
                  *(f"{row.field} = [{row.share:.4f}, {row.error:.4f}]" for row in rows.itertuples())]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_weights(path: Path) -> tuple[pd.DataFrame, dict[str, tuple[str, str]]]:
    """Return the table and origins that :func:`write_weights` wrote."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [{"end": end, "park": park, "outcome": outcome, "field": field, "share": share, "error": error}
            for end, parks in content["measured"].items() for park, outcomes in parks.items()
            for outcome, fields in outcomes.items() for field, (share, error) in fields.items()]  # fmt: skip
    return pd.DataFrame(rows), {end: (content[end]["command"], content[end]["model"]) for end in ENDS if end in content}


def main(arguments: list[str] | None = None) -> int:
    """Weigh, print, and write if asked."""
    from analysis.identity import model_version

    parser = argparse.ArgumentParser(prog="python -m benchmarks.field_weights", description="Weigh the fields of a park file.")
    parser.add_argument("--parks", nargs="+", default=["rollepaal", "typical"])
    parser.add_argument("--truths", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--fields", nargs="+", default=list(FIELDS), choices=FIELDS)
    parser.add_argument("--ends", nargs="+", default=list(ENDS), choices=ENDS, help="the other one stays as it was measured")
    parser.add_argument("--save", action="store_true", help=f"write {WEIGHTS.name}")
    options = parser.parse_args(arguments)
    told = " ".join(arguments if arguments is not None else sys.argv[1:])
    origin = dict.fromkeys(options.ends, (f"uv run python -m benchmarks.field_weights {told}".strip(), model_version()))
    tables = [weigh_fields(load_park(name), options.truths, options.seeds, tuple(options.fields), tuple(options.ends))
              for name in options.parks]  # fmt: skip
    if set(options.ends) != set(ENDS) and WEIGHTS.is_file():
        kept, origins = read_weights(WEIGHTS)
        tables.insert(0, kept[~kept["end"].isin(options.ends)])
        origin = {end: (origins | origin)[end] for end in ENDS if end in origins | origin}
    if options.save:
        write_weights(pd.concat(tables), WEIGHTS, origin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
