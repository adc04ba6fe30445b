"""What a case costs and is worth to the council, worked out anew from the description, on random cases."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from sim import draws, records
from sim.rules import bargaining, matching
from tests.references.worlds import draw_parameters, fresh, plain_parameters

SAMPLES = 400
UNIT_VALUES = (
    "value_soil", "value_vacancy", "value_energy", "value_job", "value_green", "value_neighbours", "value_conflict",
    "value_water", "nuisance_value", "land_price", "value_built", "new_quality", "renovated_quality", "works_quality",
    "works_cost", "parking_cost", "energy_cost", "water_cost", "security_cost", "energy_gain", "energy_saving",
    "services_gain", "reservation_book", "reservation_value", "floor_space_index", "growth_room", "least_rest",
)  # fmt: skip
KINDS = (records.EXPAND, records.MOVE, records.SETTLE, records.REDEVELOP, records.SWAP, records.RELIEF)


def draw_case(world, rng, kind):
    """Put a random case of a kind in row 0, for company 0 and a random parcel; return (case, parcel, company)."""
    world.counts[0].opportunities = 1
    case, company = world.opportunities[0], world.companies[0]
    case.kind, case.demand, case.parcel = kind, 0, int(rng.integers(0, world.counts[0].parcels))
    case.clean, case.land = rng.uniform(0.0, 2e5), rng.uniform(500.0, 9_000.0)
    case.new_floor, case.renovate = rng.uniform(0.0, 3e3) * (rng.uniform() < 0.5), rng.uniform(0.0, 1e5) * (rng.uniform() < 0.5)
    plot = world.parcels[case.parcel]
    plot.floor = rng.uniform(200.0, 4e3) * (rng.uniform() < 0.7)
    plot.quality, plot.energy, plot.soil_cost = rng.uniform(), rng.uniform(), int(rng.integers(0, 2)) * 1_000_000
    plot.vacant_since = records.NEVER if rng.uniform() < 0.4 else world.clock[0].quarter - int(rng.integers(5, 13))
    company.misplaced, company.home, company.jobs = rng.uniform() < 0.3, rng.uniform() < 0.5, rng.uniform(2.0, 80.0)
    company.state = records.PROSPECT if kind == records.SETTLE else records.SITTING
    company.plan = records.MOVE_AWAY if rng.uniform() < 0.4 else records.MOVE_WITHIN
    return case, plot, company


def expected_lines(world, case, plot, company, p, seen):
    quarters_vacant = 0 if plot.vacant_since == records.NEVER else world.clock[0].quarter - plot.vacant_since
    built = plot.floor > 0.0
    lines = dict.fromkeys(range(records.N_LINES), 0.0)
    lines[records.V_SOIL] = p["value_soil"] * case.clean
    lines[records.V_VACANCY] = p["value_vacancy"] * plot.floor if quarters_vacant > 8 else 0.0
    lift = 0.0
    if case.new_floor > 0.0:
        gained = p["new_quality"] - plot.energy if built else 0.2
        lines[records.V_ENERGY], lift = p["value_energy"] * case.new_floor * gained, p["new_quality"] - plot.quality / 2
    elif case.renovate > 0.0:
        lines[records.V_ENERGY] = p["value_energy"] * plot.floor * max(0.0, p["renovated_quality"] - plot.energy)
        lift = p["renovated_quality"] - plot.quality
    near = [world.parcels[n] for n in world.near[case.parcel] if n >= 0]
    values = [n.area * p["land_price"] + n.floor * p["value_built"] * n.quality for n in near]
    lines[records.V_SPATIAL] = (p["value_neighbours"] * max(0.0, lift) / 0.6 * sum(values) / len(values)
                                * math.sqrt(case.land / 3_500.0))  # fmt: skip
    if company.misplaced and case.kind != records.EXPAND:
        lines[records.V_NUISANCE] = p["value_conflict"]
    leaves = company.state == records.SITTING and company.plan == records.MOVE_AWAY
    if leaves or (case.kind == records.SETTLE and not company.home):
        lines[records.V_JOBS] = p["value_job"] * company.jobs
    elif case.kind in (records.EXPAND, records.SWAP):
        lines[records.V_JOBS] = p["value_job"] * case.new_floor / company.space_per_job / 2
    if built or plot.soil_cost > 0:
        lines[records.V_GREEN] = p["value_green"] * case.land
    elif case.kind != records.MOVE:
        lines[records.V_GREEN] = -p["value_green"] * case.land
    seen.update(line for line, euros in lines.items() if euros != 0.0)
    seen["long vacant" if quarters_vacant > 8 else "just vacant" if quarters_vacant == 8 else "in use"] += 1
    return [lines[line] for line in range(records.N_LINES)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_of_the_value_case(kind):
    rng, world, seen = np.random.default_rng(kind), fresh(), Counter()
    world.companies[0].space_per_job = 90.0
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, *UNIT_VALUES)
        case, plot, company = draw_case(world, rng, kind)
        value = bargaining.societal_value(world, 0)
        lines = expected_lines(world, case, plot, company, p, seen)
        assert list(case.lines) == pytest.approx(lines, rel=1e-9, abs=1e-6)
        assert value == pytest.approx(sum(lines), rel=1e-9, abs=1e-3)  # no council has set weights
    assert min(seen[line] for line in ("long vacant", "just vacant", records.V_JOBS, records.V_ENERGY)) > 5


def open_measure(world, theme, firms):
    """Seat these companies and the municipality at a collective measure along segment 0."""
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.kind, case.theme, case.segment, case.parcel, case.n_parties = records.COLLECTIVE, theme, 0, -1, len(firms) + 1
    for k, firm in enumerate([*firms, records.MUNICIPALITY]):
        seat = world.seats[0, k]
        seat.party, seat.role = firm, records.PUBLIC if firm == records.MUNICIPALITY else records.PARTICIPANT
    return case


@pytest.mark.parametrize("theme", range(records.N_THEMES))
def test_what_a_measure_taken_together_costs_and_is_worth(theme):
    rng, world = np.random.default_rng(theme), fresh()
    firms = np.flatnonzero(world.companies.state[: world.counts[0].companies] == records.SITTING)[1:4].tolist()
    for _ in range(SAMPLES // 4):
        p = draw_parameters(world, rng, *UNIT_VALUES, "collective_private", "annuity", "beta", "public_weight")
        case, stretch = open_measure(world, theme, firms), world.segments[0]
        stretch.quality, stretch.area = rng.uniform(), rng.uniform(1e3, 2e4)
        plots = [world.parcels[world.companies[i].parcel] for i in firms]
        for plot in plots:
            plot.floor, plot.motives[:] = rng.uniform(200.0, 3e3), rng.uniform(0.05, 0.6, records.N_MOTIVES)
        floor, area = sum(plot.floor for plot in plots), sum(plot.area for plot in plots)
        lift = max(0.0, p["works_quality"] - stretch.quality)
        cost = {records.PUBLIC_SPACE: stretch.area * p["works_cost"] * lift / p["works_quality"],
                records.SHARED_PARKING: p["parking_cost"] * area, records.SHARED_ENERGY: p["energy_cost"] * floor,
                records.WATER: p["water_cost"] * area, records.SECURITY: p["security_cost"] * area}[theme]
        assert bargaining.value_collective(world, 0) == (cost > 0.0)
        if cost <= 0.0:
            continue
        assert case.works == pytest.approx(cost) and case.clean == case.demolish == case.renovate == case.new_floor == 0.0
        own = p["collective_private"] if theme == records.PUBLIC_SPACE else 1.0
        for k, i in enumerate(firms):
            company, plot, seat = world.companies[i], plots[k], world.seats[0, k]
            worth = expected_worth(world, company, plot, theme, lift, p)
            assert matching.collective_worth(world, company, plot, stretch, theme) == pytest.approx(worth, rel=1e-9, abs=1e-3)
            assert seat.worth == pytest.approx(worth - cost / 3, rel=1e-9, abs=1e-3)
            assert seat.outlay == pytest.approx(own * cost / 3) and seat.outside == 0.0
        lines = dict.fromkeys(range(records.N_LINES), 0.0)
        if theme == records.PUBLIC_SPACE:
            lines[records.V_NUISANCE] = 20.0 * p["nuisance_value"] * stretch.area * lift
        elif theme == records.SHARED_ENERGY:
            lines[records.V_ENERGY] = p["value_energy"] * floor * p["energy_gain"]
        elif theme == records.SECURITY:
            lines[records.V_NUISANCE] = p["nuisance_value"] * stretch.area
        else:
            lines[records.V_SPATIAL] = area * (p["value_water"] if theme == records.WATER else 0.5)
        bargaining.societal_value(world, 0)
        assert list(case.lines) == pytest.approx([lines[line] for line in range(records.N_LINES)], rel=1e-9, abs=1e-6)


def expected_worth(world, company, plot, theme, lift, p):
    """Return the present value of what a measure changes on one site, less the premium on money put in."""
    then = [float(quality) for quality in plot.motives]

    def raise_by(motive, much):
        then[motive] = min(1.0, max(0.0, then[motive] + much))

    if theme == records.PUBLIC_SPACE:
        raise_by(records.SURROUNDINGS, p["public_weight"] * lift)
        raise_by(records.ACCESS, 0.2 * lift)
        raise_by(records.SERVICES, p["services_gain"])
    elif theme == records.SHARED_PARKING:
        raise_by(records.PARKING, 0.2)
    elif theme == records.SECURITY:
        raise_by(records.SERVICES, p["services_gain"])
        raise_by(records.SURROUNDINGS, 0.03)
    elif theme == records.WATER:
        raise_by(records.SURROUNDINGS, 0.02)

    def suits(qualities):
        own = [m for m in range(records.N_MOTIVES) if m != records.PRICE]
        weight = sum(company.weights[m] for m in own)
        return (sum(company.weights[m] / weight * qualities[m] ** p["substitution"] for m in own)) ** (1.0 / p["substitution"])

    yearly = p["beta"] * company.turnover * (suits(then) - suits([float(quality) for quality in plot.motives]))
    if theme == records.SHARED_ENERGY:
        yearly += p["energy_saving"] * plot.floor
    return p["annuity"] * yearly / (1.0 + company.theta * (1.0 + p["phi"] * company.uncertainty))


def test_nobody_sells_below_what_it_would_lose():
    rng, world = np.random.default_rng(3), fresh()
    kinds = dict(enumerate(records.OWNER_KINDS))
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, *UNIT_VALUES)
        plot, share, j = world.parcels[0], rng.uniform(), int(rng.integers(0, 3))
        plot.owner, plot.book, plot.floor = (0 if j == 0 else -2), rng.uniform(0.0, 4e6), rng.uniform(0.0, 3e3)
        plot.quality, owner = rng.uniform(), world.owners[1]
        owner.kind, owner.reservation = int(rng.integers(0, len(kinds))), rng.uniform() * (j == 1)
        value = plot.area * p["land_price"] + plot.floor * p["value_built"] * plot.quality
        expected = max(p["reservation_book"] * min(plot.book, value), p["reservation_value"] * value)
        if plot.owner == -2 and kinds[int(owner.kind)] == "municipality":
            expected = 0.9 * value
        elif plot.owner == -2 and owner.reservation > 0.0:
            expected = owner.reservation * value
        assert matching.reservation_price(world, 0, share) == pytest.approx(share * expected, rel=1e-9)


def test_the_land_a_firm_wants_next_door():
    rng, world, seen = np.random.default_rng(4), fresh(), Counter()
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, "floor_space_index", "growth_room", "least_rest")
        company, home, plot = world.companies[0], world.parcels[0], world.parcels[1]
        company.jobs, company.space_per_job, home.floor = rng.uniform(5.0, 40.0), 80.0, rng.uniform(500.0, 3e3)
        company.land_wish, plot.area = rng.uniform(100.0, 4e3) * (rng.uniform() < 0.4), rng.uniform(200.0, 5e3)
        found = matching.land_wanted(world, company, home, plot)
        if company.land_wish > 0.0:
            expected = company.land_wish if company.land_wish <= 1.001 * plot.area else 0.0
            seen["wish" if expected else "wish too large"] += 1
        else:
            expected = max(0.0, p["growth_room"] * company.jobs * 80.0 - home.floor) / p["floor_space_index"]
            if expected > 0.0 and plot.area - expected < p["least_rest"] * plot.area:
                expected = plot.area  # what would be left is no plot
                seen["whole"] += 1
        share = min(1.0, expected / plot.area)
        assert found == pytest.approx((expected, share), rel=1e-9, abs=1e-9)
    assert min(seen.values()) > 10 and len(seen) == 3


def test_money_saved_on_works_is_shared_by_those_who_pay_for_them():
    world = fresh()
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.n_parties, case.works = 4, 100_000.0
    roles = (records.BUYER, records.PARTICIPANT, records.SELLER, records.PUBLIC)
    for k, role in enumerate(roles):
        seat = world.seats[0, k]
        seat.role, seat.worth, seat.outlay = role, 1_000.0 * k, (50_000.0, 2_000.0, 30_000.0, 20_000.0)[k]
    bargaining.save_on_works(world, 0, 10_000.0)
    seats = [(float(world.seats[0, k].worth), float(world.seats[0, k].outlay)) for k in range(4)]
    assert seats == [(5_000.0, 45_000.0), (6_000.0, 0.0), (2_000.0, 30_000.0), (3_000.0, 20_000.0)]
    assert case.works == 90_000.0
    bargaining.save_on_works(world, 0, -5.0)
    assert case.works == 90_000.0


def test_of_all_solutions_worked_out_so_far_the_one_that_saves_most_counts():
    world = fresh()
    world.counts[0].opportunities = 1
    case, p = world.opportunities[0], plain_parameters(world)
    case.n_parties, world.seats[0, 0].role, case.key = 1, records.BUYER, np.uint64(77)
    for tried in range(4):
        case.alternative, case.works, case.clean = tried, 100_000.0, 20_000.0
        bargaining.save_by_other_solution(world, 0)
        drawn = [draws.uniform(world.clock[0].seed, draws.RELEVEL, a, case.key, 0) for a in range(1, tried + 1)]
        assert case.works == pytest.approx(100_000.0 - max(drawn, default=0.0) * p["rescope_saving"] * 80_000.0)


def test_candidates_rank_by_what_they_gain_then_by_the_key_of_the_firm_then_of_the_site():
    world = fresh()
    keys = [(int(world.companies[i].key), int(world.parcels[j].key)) for i, j in ((0, 0), (1, 0), (0, 1))]
    demand, supply = np.array([0, 1, 0]), np.array([0, 0, 1])
    for a in range(3):
        for b in range(3):
            if a != b:
                even = matching.comes_before(world, demand, supply, np.zeros(3), a, b)
                assert even == (keys[a] < keys[b])
                gains = np.zeros(3)
                gains[a] = 1.0
                assert matching.comes_before(world, demand, supply, gains, a, b)
                assert not matching.comes_before(world, demand, supply, gains, b, a)


@pytest.mark.parametrize(
    ("worths", "left"),
    [((5.0, -9.0, 3.0), [0, 2, 9]), ((5.0, 9.0, 3.0), None), ((-4.0, -9.0), None), ((-9.0, 1.0, 1.0, 1.0), [1, 2, 3, 9])],
)
def test_a_measure_goes_on_without_the_firm_that_loses_most_if_two_remain(worths, left):
    world = fresh()
    case = open_measure(world, records.SHARED_PARKING, list(range(len(worths))))
    for k, worth in enumerate(worths):
        world.seats[0, k].worth = worth
    assert matching.drop_unwilling(world, 0) == (left is not None)
    parties = [int(world.seats[0, k].party) for k in range(case.n_parties)]
    expected = left if left is not None else [*range(len(worths)), 9]
    assert parties == [records.MUNICIPALITY if party == 9 else party for party in expected]


def test_a_site_must_pass_the_least_that_is_asked_before_it_is_scored():
    world = fresh()
    company, plot = world.companies[0], world.parcels[1]
    p = plain_parameters(world)

    def passes(misplaced=False, occupant=-1, borders=2, soil=0.0, **low):
        company.misplaced, plot.occupant, plot.n_borders = misplaced, occupant, borders
        plot.motives[:], plot.soil_cost = p["screen"], round(100.0 * soil)
        for name, quality in low.items():
            plot.motives[getattr(records, name)] = quality
        return matching.passes_screen(world, company, plot)

    assert passes() and passes(PREMISES=0.0, PRICE=0.0, PARKING=0.0)
    assert not any(passes(**{name: p["screen"] - 0.01}) for name in ("ACCESS", "SERVICES", "NEARNESS"))
    assert passes(soil=plot.area * p["land_price"]) and not passes(soil=plot.area * p["land_price"] + 1.0)
    assert passes(misplaced=True) and passes(misplaced=True, occupant=3) and passes(misplaced=True, borders=0)
    assert not passes(misplaced=True, occupant=3, borders=0)
    world.parameters[0].screen = 0.0
    assert passes(ACCESS=0.0, soil=1e9)
