"""What is read from a run while it goes on, for the patterns: counts that can be summed over parks and seeds.

A pattern is a ratio of sums over the stock (moves over firm-years, outdated park-years over park-years), so a run gives
numerators and denominators, never percentages. Each park and seed is run twice from the same world at quarter 0: *alone*,
without policy, and in the *mix*, where a park that is outdated at the start may get a strategy. A park without one is in
the mix what it is alone. :func:`follow_patterns` is what a worker does; all else here is called by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from analysis.dutch_stock import StockPark
from sim import model, outcomes, records
from sim.inputs.strategy import load_strategy
from sim.world import World, copy_world

QUARTERS, YEARS = 80, 20
OUTDATED_QUALITY, OUTDATED_AREA = 0.4, 0.25  # premises below it; of net area, from which a park is outdated (mechanics F)
STRUCTURAL = 12  # quarters vacant beyond which vacancy is structural (S38: more than three years)
LOW_VACANCY = 0.05  # of floor space: what three quarters of parks with structural vacancy stay below (S35)
TREATED_AREA = 0.25  # of net area reached by public money within ten years: a treated park (J)
TEN_YEARS, FIVE_YEARS = 40, 20  # quarters
ENOUGH_ROOM = 0.15  # of the floor space needed that may still be built on the own plot: room on site (mechanics C3)
CLASSES = (0.4, 0.6)  # of building quality, within which firms near and far from works are compared (J)
_FIRM_WORKS = (records.WORKS_BUILD, records.WORKS_RENOVATE, records.WORKS_DEMOLISH, records.WORKS_CLEAN)


@dataclass(frozen=True)
class StockJob:
    """Seeds of one park of the stock, to be followed.

    Attributes
    ----------
    park
        Its weight is not used here.
    seeds
        Of the runs, 0 or more each.
    """

    park: StockPark
    seeds: tuple[int, ...]

    def split(self) -> list[StockJob]:
        """Return the job as jobs of one seed each."""
        return [StockJob(self.park, (seed,)) for seed in self.seeds]


class Look(NamedTuple):
    """The park at the end of one year; rows of parcels and companies are those of the tables."""

    premises: np.ndarray  # bool, (parcels,)
    vacant: np.ndarray  # bool, (parcels,)
    since: np.ndarray  # quarters vacant, (parcels,)
    area: np.ndarray  # m2 of land, (parcels,)
    floor: np.ndarray  # m2, (parcels,)
    quality: np.ndarray  # 0-1, (parcels,)
    occupied: np.ndarray  # bool, (parcels,)
    sitting: np.ndarray  # bool, (companies,)
    jobs: np.ndarray  # (companies,)
    plan: np.ndarray  # (companies,)
    room: np.ndarray  # bool, (companies,): room on the own plot

    @property
    def outdated_area(self) -> float:
        """Plots with premises below quality 0.4, m2 of land."""
        return float(self.area[self.premises & (self.quality < OUTDATED_QUALITY)].sum())

    @property
    def outdated(self) -> bool:
        """Whether the park is outdated: at least a quarter of its net area has premises below quality 0.4."""
        return bool(self.outdated_area >= OUTDATED_AREA * self.area.sum())


def look(world: World) -> Look:
    """Return what the park looks like now (copies)."""
    parcels = world.parcels[: world.counts[0].parcels]
    companies = world.companies[: world.counts[0].companies]
    p, live = world.parameters[0], parcels.live
    premises = live & (parcels.floor > 0)
    sitting = (companies.state == records.SITTING) & (companies.parcel >= 0)
    site = np.where(sitting, companies.parcel, 0)
    spare = parcels.area[site] * p.floor_space_max - parcels.floor[site]
    room = sitting & ~companies.tenant & (spare >= ENOUGH_ROOM * companies.jobs * companies.space_per_job)
    return Look(
        premises, premises & (parcels.occupant < 0), world.clock[0].quarter - parcels.vacant_since,
        np.where(live, parcels.area, 0.0), np.array(parcels.floor), np.array(parcels.quality),
        live & (parcels.occupant >= 0), sitting, np.array(companies.jobs), np.array(companies.plan), room,
    )  # fmt: skip


@dataclass
class Followed:
    """One run: the park at the start and at the end of each year, and the world at the end."""

    looks: list[Look]
    world: World

    @property
    def events(self) -> Any:
        """Events of the run itself, without those of the burn-in."""
        events = self.world.events[: self.world.counts[0].events]
        return events[events.quarter >= 0]

    @property
    def entries(self) -> Any:
        """All entries of the ledger."""
        return self.world.entries[: self.world.counts[0].entries]


def follow(before: World, strategy: np.recarray) -> Followed:
    """Return a run of twenty years under a strategy, looked at every year; ``before`` is not changed."""
    world = copy_world(before)
    model.adopt_strategy(world, strategy)
    looks = [look(world)]
    for year in range(1, YEARS + 1):
        world = model.run_until(world, 4 * year)
        looks.append(look(world))
    return Followed(looks, world)


def follow_patterns(job: StockJob) -> list[dict[str, Any]]:
    """Return one row per seed: ``park``, ``seed``, and the totals of each of the two runs, and of the appraisals.

    Returns
    -------
    list of dict
        ``alone`` and ``mix`` hold totals by name (floats), ``appraisals`` those of controlled appraisals at quarter 0,
        ``yearly`` the float64 arrays (20,) of the run alone: ``land`` (euros of municipal land sold), ``take_up`` (m2 of
        floor), ``works`` (euros of private works) and ``activity`` (deviation from trend, this year and the one before).
    """
    from analysis.patterns.appraisals import appraise_firms

    scenario = job.park.scenario
    park = model.Park.of(scenario, QUARTERS)
    rows = []
    for seed in job.seeds:
        before = model.prepare(park, seed)
        alone = followed = follow(before, model.no_strategy())
        acts = job.park.taken_up and alone.looks[0].outdated
        if acts:
            followed = follow(before, load_strategy(job.park.strategy).record(scenario, park.gross_ha))
        rows.append({
            "park": job.park.number, "seed": seed, "alone": totals_of(alone), "yearly": yearly_of(alone),
            "mix": totals_of(followed) | totals_of_policy(followed, alone, acts, job.park.oldest),
            "appraisals": appraise_firms(before),
        })  # fmt: skip
    return rows


def follow_council(job: StockJob) -> list[dict[str, Any]]:
    """Return one row per seed with the totals of pattern 10: terms, aldermen who left, elections, breaks."""
    park = model.Park.of(job.park.scenario, QUARTERS)
    rows = []
    for seed in job.seeds:
        world = copy_world(model.prepare(park, seed))
        model.adopt_strategy(world, model.no_strategy())
        term = int(world.parameters[0].council_term)
        events = Followed([], model.run_until(world, QUARTERS)).events
        left = events.quarter[events.kind == records.EVENT["alderman_left"]] // term
        rows.append({"park": job.park.number, "seed": seed, "council": {
            "terms": float(QUARTERS // term), "left": float(np.unique(left).size),
            "elections": float((events.kind == records.EVENT["election"]).sum()),
            "breaks": float((events.kind == records.EVENT["political_break"]).sum()),
        }})  # fmt: skip
    return rows


# --- patterns 1 to 4 --------------------------------------------------------------------------------------------------


def totals_of(run: Followed) -> dict[str, float]:
    """Return the totals of patterns 1 to 4, and of levy zones."""
    found = _moves(run) | _plans(run) | _vacancy(run) | _outdated(run)
    kinds, quarter = run.events.kind, run.events.quarter
    won = quarter[kinds == records.EVENT["levy_vote_won"]]
    running = [any(start <= 4 * year < start + run.world.parameters[0].levy_quarters for start in won)
               for year in range(6, YEARS + 1)]  # zones begin at none; after a term of five years their number has settled
    return found | {"levy_years": float(sum(running)), "settled_years": float(len(running))}


def _moves(run: Followed) -> dict[str, float]:
    """Pattern 1: moves, firm-years, and growth in the three years before of firms that move and that do not."""
    events = run.events
    within = events[events.kind == records.EVENT["moved_in"]]
    away = events[events.kind == records.EVENT["moved_away"]]
    path = run.world.indicators[:QUARTERS, outcomes.INDICATORS.index("companies")]
    growth = np.zeros(2)
    firms = np.zeros(2)
    for year in range(4, YEARS + 1):
        now, then = run.looks[year - 1], run.looks[year - 4]
        known = np.flatnonzero(then.sitting & now.sitting[: then.sitting.size])
        in_year = [kind.company[(kind.quarter >= 4 * year - 4) & (kind.quarter < 4 * year)] for kind in (within, away)]
        moved = np.isin(known, np.concatenate(in_year)).astype(int)
        gain = (now.jobs[known] / then.jobs[known] - 1.0) / 3.0
        growth += np.bincount(moved, gain, 2)
        firms += np.bincount(moved, minlength=2)
    return {
        "moves": float(within.size + away.size), "moves_within": float(within.size), "firm_years": float(path.sum() / 4.0),
        "growth_stayers": float(growth[0]), "stayers": float(firms[0]), "growth_movers": float(growth[1]),
        "movers": float(firms[1]),
    }  # fmt: skip


def _plans(run: Followed) -> dict[str, float]:
    """Pattern 2: firms with a plan at the end of a year, all and those with room on their own plot."""
    found = dict.fromkeys(("firms", "to_move", "to_renovate", "to_rebuild", "room_to_move", "room_to_rebuild"), 0.0)
    for now in run.looks[1:]:
        moving = now.sitting & np.isin(now.plan, (records.MOVE_WITHIN, records.MOVE_AWAY))
        rebuilding = now.sitting & np.isin(now.plan, (records.RENOVATE, records.EXPAND_OWN))
        found["firms"] += now.sitting.sum()
        found["to_move"] += moving.sum()
        found["to_renovate"] += (now.sitting & (now.plan == records.RENOVATE)).sum()
        found["to_rebuild"] += rebuilding.sum()
        found["room_to_move"] += (moving & now.room).sum()
        found["room_to_rebuild"] += (rebuilding & now.room).sum()
    return {name: float(value) for name, value in found.items()}


def _vacancy(run: Followed) -> dict[str, float]:
    """Pattern 3: premises vacant, still vacant a year later, and parks with any premises vacant for over three years."""
    names = ("vacant", "premises", "was_vacant", "still_vacant", "structural_years", "structural_low",
             "structural_premises", "park_years")  # fmt: skip
    found = dict.fromkeys(names, 0.0)
    for before, now in zip(run.looks[:-1], run.looks[1:], strict=True):
        n = before.vacant.size
        # As a register sees it: vacant on both dates, whatever happened in between.
        same = before.vacant & now.vacant[:n]
        long = now.vacant & (now.since > STRUCTURAL)
        share = now.floor[now.vacant].sum() / max(now.floor[now.premises].sum(), 1.0)
        found["vacant"] += now.vacant.sum()
        found["premises"] += now.premises.sum()
        found["was_vacant"] += before.vacant.sum()
        found["still_vacant"] += same.sum()
        found["structural_years"] += long.any()
        found["structural_low"] += long.any() and share < LOW_VACANCY
        found["structural_premises"] += long.sum()
        found["park_years"] += 1.0
    return {name: float(value) for name, value in found.items()}


def _outdated(run: Followed) -> dict[str, float]:
    """Pattern 4: outdated parks and their outdated plots, and the parks that become or cease to be outdated in a year."""
    names = ("outdated_years", "outdated_area", "net_area", "healthy_starts", "onsets", "outdated_starts", "completions")
    found = dict.fromkeys(names, 0.0)
    for before, now in zip(run.looks[:-1], run.looks[1:], strict=True):
        found["outdated_years"] += now.outdated
        found["outdated_area"] += now.outdated_area if now.outdated else 0.0
        found["net_area"] += now.area.sum()
        found["healthy_starts"] += not before.outdated
        found["onsets"] += now.outdated and not before.outdated
        found["outdated_starts"] += before.outdated
        found["completions"] += before.outdated and not now.outdated
    first, last = run.looks[0], run.looks[-1]
    found["first_outdated"], found["last_outdated"] = first.outdated_area, last.outdated_area
    found["first_net"] = first.area.sum()
    return {name: float(value) for name, value in found.items()}


def yearly_of(run: Followed) -> dict[str, np.ndarray]:
    """Return what pattern 7 is read from, per year: see :func:`follow_patterns`."""
    entries, events = run.entries, run.events
    sold = (entries.purpose == records.LAND) & (entries.receiver == records.MUNICIPALITY)
    firms = (entries.payer >= 0) | ((entries.payer < records.MUNICIPALITY) & (entries.payer > -1_000_000))
    works = firms & np.isin(entries.purpose, _FIRM_WORKS)
    taken = events[np.isin(events.kind, (records.EVENT["premises_sold"], records.EVENT["premises_let"]))]
    floor = run.world.parcels.floor[taken.parcel]
    activity = run.world.indicators[:QUARTERS, outcomes.INDICATORS.index("activity")].reshape(YEARS, 4).mean(axis=1)

    def by_year(quarters: np.ndarray, amounts: np.ndarray) -> np.ndarray:
        return np.bincount(quarters // 4, amounts, YEARS)[:YEARS].astype(float)

    return {
        "land": by_year(entries.quarter[sold], entries.cents[sold] / 100.0),
        "works": by_year(entries.quarter[works], entries.cents[works] / 100.0),
        "take_up": by_year(taken.quarter, floor),
        # A sale follows the decision to buy by some quarters, so the year before counts as much as the year itself.
        "activity": 0.5 * (activity + np.concatenate((activity[:1], activity[:-1]))),
    }  # fmt: skip


# --- patterns 5, 6, 9, 10 and 11 --------------------------------------------------------------------------------------


class Reach(NamedTuple):
    """Where public money came, per parcel that was there at the start."""

    quarter: np.ndarray  # of the first works delivered or site bought, (parcels,); QUARTERS where none
    heavy: np.ndarray  # bool, (parcels,): demolished, cleaned or rebuilt, not only renewed


def reach_of(run: Followed) -> Reach:
    """Return which plots public works, purchases and supported deals reached, when, and how deep they went."""
    n, events, world = run.looks[0].area.size, run.events, run.world
    quarter, heavy = np.full(n, QUARTERS), np.zeros(n, bool)
    segment = world.parcels.segment[:n]
    for event in events[events.kind == records.EVENT["works_delivered"]]:
        front = segment == event.parcel
        quarter[front] = np.minimum(quarter[front], event.quarter)
    bought = np.isin(events.kind, (records.EVENT["site_bought"], records.EVENT["fund_bought"]))
    for event in events[bought & (events.parcel < n)]:
        quarter[event.parcel] = min(quarter[event.parcel], event.quarter)
        # Sites are cleared when bought if what stands there is worn out.
        start = run.looks[event.quarter // 4]
        heavy[event.parcel] |= start.floor[event.parcel] > 0 and start.quality[event.parcel] < OUTDATED_QUALITY
    for event in events[events.kind == records.EVENT["delivered"]]:
        deal = world.opportunities[event.opportunity]
        if 0 <= event.parcel < n and deal.grant + deal.loan + deal.guarantee > 0.0:
            quarter[event.parcel] = min(quarter[event.parcel], event.quarter)
            heavy[event.parcel] |= deal.demolish > 0.0 or deal.clean > 0.0 or deal.new_floor > 0.0
    return Reach(quarter, heavy)


def totals_of_policy(run: Followed, twin: Followed, acts: bool, oldest: bool) -> dict[str, float]:
    """Return the totals of patterns 5, 6, 10 and 11 of a run in the mix, and its twin alone.

    Parameters
    ----------
    acts
        Whether the park has a strategy; without one it is not treated, and only its age counts.
    oldest
        Whether the park is among the oldest of the stock.
    """
    start = run.looks[0]
    reach = reach_of(run)
    soon = (reach.quarter < TEN_YEARS) & (start.area > 0)
    share = start.area[soon].sum() / start.area.sum()
    treated = acts and share >= TREATED_AREA
    old = start.premises & (start.quality < OUTDATED_QUALITY)
    handled = start.area[old & (reach.quarter < FIVE_YEARS)].sum() >= 0.5 * start.outdated_area
    organisation = run.world.organisation[0]
    found = {
        "treated": treated, "treated_oldest": treated and oldest, "untreated": not treated,
        "untreated_oldest": not treated and oldest, "policy": acts, "handled": acts and handled,
        "reached_area": start.area[soon].sum() * acts, "heavy_area": start.area[soon & reach.heavy].sum() * acts,
        "outdated_parks": start.outdated, "untouched": start.outdated and not (acts and share > 0.0),
        "kept": organisation.kept * acts, "broken": organisation.broken * acts,
    }  # fmt: skip
    near = _near_and_far(run, twin, reach) if acts else {}
    kinds = ("near_works", "near_floor", "far_works", "far_floor")
    names = [f"{kind}_{k}" for k in range(len(CLASSES) + 1) for kind in kinds]
    found |= {name: near.get(name, 0.0) for name in (*names, "near_twin")}
    return {name: float(value) for name, value in found.items()}


def _near_and_far(run: Followed, twin: Followed, reach: Reach) -> dict[str, float]:
    """Pattern 11: own works of firms in the five years after public works in front, and of firms that have none there.

    Firms are compared within the park, the same five years and a class of building quality. ``near_twin`` is what is spent
    on the near plots in the same years without policy.
    """
    n = reach.quarter.size
    spent, spent_twin = works_by_quarter(run, n), works_by_quarter(twin, n)
    works = run.events[run.events.kind == records.EVENT["works_delivered"]]
    segment = run.world.parcels.segment[:n]
    first = np.full(n, QUARTERS)
    for event in works:
        first[segment == event.parcel] = np.minimum(first[segment == event.parcel], event.quarter)
    found: dict[str, float] = {"near_twin": 0.0}
    for quarter in np.unique(first[first <= QUARTERS - FIVE_YEARS - 1]):
        now = run.looks[quarter // 4]
        firms = (now.occupied & now.premises)[:n]
        window = slice(quarter + 1, quarter + FIVE_YEARS + 1)
        near, far = firms & (first == quarter), firms & (first > quarter + FIVE_YEARS)
        kind = np.searchsorted(CLASSES, now.quality[:n], side="right")
        for name, which in (("near", near), ("far", far)):
            for k in range(len(CLASSES) + 1):
                of_class = which & (kind == k)
                for what, amount in (("works", spent[window].sum(axis=0)), ("floor", now.floor[:n])):
                    key = f"{name}_{what}_{k}"
                    found[key] = found.get(key, 0.0) + float(amount[of_class].sum())
        found["near_twin"] += float(spent_twin[window][:, near].sum())
    return found


def works_by_quarter(run: Followed, parcels: int) -> np.ndarray:
    """Return what firms paid for works on their plots, less grants, euros (quarters, parcels)."""
    entries = run.entries
    own = (entries.payer >= 0) & np.isin(entries.purpose, _FIRM_WORKS)
    granted = (entries.purpose == records.GRANT) & (entries.receiver >= 0)
    spent = np.zeros((QUARTERS, parcels))
    for chosen, sign in ((own, 1.0), (granted, -1.0)):
        rows = entries[chosen & (entries.quarter < QUARTERS)]
        parcel = np.where(rows.parcel >= 0, rows.parcel, run.world.opportunities.parcel[np.maximum(rows.opportunity, 0)])
        there = (parcel >= 0) & (parcel < parcels)
        np.add.at(spent, (rows.quarter[there], parcel[there]), sign * rows.cents[there] / 100.0)
    return spent


__all__ = ["Followed", "Look", "StockJob", "follow", "follow_council", "follow_patterns", "look"]
