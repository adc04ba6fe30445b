"""How cases come about: word that gets round, plots next door, measures taken together."""

from __future__ import annotations

import numpy as np
import pytest

from sim import draws, records
from sim.rules import appraisal, matching
from tests.references.case_tables import empty, sitting
from tests.references.worlds import draw_company, draw_parameters, draw_parcel, fresh, plain_parameters


def searching(world):
    """Let the first six firms look for another site, and nobody else; return their rows."""
    rows = sitting(world, 6)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        company.plan, company.opportunity, company.reserved, company.project = records.NO_PLAN, -1, -1, -1
        company.introduced, company.border, company.key_figure = 0, -1, False
        if company.state == records.PROSPECT:
            company.opportunity = 0
    for i in rows:
        world.companies[i].plan = records.MOVE_WITHIN
    return rows


def test_a_broker_takes_up_as_many_as_its_rate_and_more_where_a_map_is_up_to_date():
    world = fresh()
    p, quarter = world.parameters[0], int(world.clock[0].quarter)
    p.border_talk, p.map_reach = 0.0, 2.0
    for rate, map_at, share in ((0.0, records.NEVER, 0), (1.0, records.NEVER, 6), (0.5, quarter, 6), (0.5, quarter - 3, 6),
                                (0.5, quarter - 4, None), (0.5, records.NEVER, None)):  # fmt: skip
        rows = searching(world)
        p.broker_rate, world.process[0].map_at = rate, map_at
        drawn = [draws.uniform(world.clock[0].seed, draws.BROKER, quarter, world.companies[i].key, 0) < rate for i in rows]
        matching.spread_word(world)
        found = [int(world.companies[i].introduced) for i in rows]
        assert found == ([share // 6] * 6 if share is not None else [int(one) for one in drawn]), (rate, map_at)
        assert world.environment[0].word == sum(found)
        assert not world.companies.introduced.sum() - sum(found)


def test_neighbours_talk_over_the_fence_of_land_that_is_free_and_key_figures_twice_as_often():
    world = fresh()
    p, quarter = world.parameters[0], int(world.clock[0].quarter)
    p.broker_rate = 0.0
    for rate in (0.0, 0.3, 0.5, 1.0):
        rows = searching(world)
        for i in rows[::2]:
            world.companies[i].key_figure = True
        for i in rows:  # land next door
            next_door = int(world.borders[world.companies[i].parcel, 0])
            plot = world.parcels[next_door]
            plot.floor, plot.occupant, plot.opportunity, plot.reserved, plot.building_until = 0.0, -1, -1, -1, records.NEVER
        p.border_talk = rate
        matching.spread_word(world)
        for i in rows:
            company = world.companies[i]
            chance = rate * (2.0 if company.key_figure else 1.0)
            beside = world.borders[company.parcel][: world.parcels[company.parcel].n_borders].tolist()
            drawn = {j: draws.uniform(world.clock[0].seed, draws.BORDER_TALK, quarter, company.key, world.parcels[j].key)
                     for j in beside if matching.is_free_land(world.parcels[j])}  # fmt: skip
            heard = [j for j, draw in drawn.items() if draw < chance]
            assert company.border == (heard[-1] if heard else -1)
            assert company.introduced == 0


def test_firms_that_gain_most_sit_at_a_measure_if_they_have_time_or_know_of_it_and_the_municipality_last():
    world = fresh()
    stretch = world.segments[0]
    rows = sitting(world, 12)
    for n, i in enumerate(rows):
        company = world.companies[i]
        world.parcels[company.parcel].segment, world.parcels[company.parcel].floor = 0, 500.0 * (1 + (7 * n) % 12)
        company.theta, company.member = 0.1, False
        company.readiness[:] = 0.0
        company.readiness[(records.TIME, records.INFORMATION)[n % 2]] = 0.3
    for j in range(world.counts[0].parcels):
        if world.parcels[j].occupant not in rows:
            world.parcels[j].segment = -1
    world.companies[rows[0]].readiness[:] = 0.29
    gains = {i: matching.collective_worth(world, world.companies[i], world.parcels[world.companies[i].parcel], stretch,
                                          records.SHARED_ENERGY) for i in rows[1:]}  # fmt: skip
    empty(world)
    matching.open_collective(world, 0, records.SHARED_ENERGY)
    case = world.opportunities[0]
    best = sorted(gains, key=lambda i: -gains[i])[: records.MAX_PARTIES - 1]
    assert [int(world.seats[0, k].party) for k in range(case.n_parties)] == [*best, records.MUNICIPALITY]
    assert (case.kind, case.theme, case.segment, stretch.measure) == (records.COLLECTIVE, records.SHARED_ENERGY, 0, 0)
    for i in rows[2:]:
        world.companies[i].readiness[:] = 0.0
    empty(world)
    matching.open_collective(world, 0, records.SHARED_ENERGY)
    assert world.counts[0].opportunities == 0, "one firm is no measure taken together"


def test_a_measure_comes_up_where_nothing_is_under_way_by_chance_or_when_neighbours_were_brought_together():
    def raised(quality, *, rate=0.0, theme=0.0, together=False, works=records.NEVER, measure=-1):
        world = fresh()
        p, clock = world.parameters[0], world.clock[0]
        p.collective_rate, p.theme_rate, p.shared_measures = rate, theme, 0.0
        for s in range(world.counts[0].segments):
            stretch = world.segments[s]
            stretch.quality, stretch.measure, stretch.works_until = quality, measure, works
            stretch.raised = clock.quarter if together else records.NEVER
        for i in range(world.counts[0].companies):
            world.companies[i].member = True
        empty(world)
        matching.raise_collective_measures(world)
        return int(world.counts[0].opportunities) > 0

    p = plain_parameters(fresh())
    poor = p["works_trigger"] - 0.15
    assert raised(poor - 0.01, rate=1.0) and not raised(poor - 0.01, theme=1.0)
    assert not raised(poor, rate=1.0) and not raised(poor, theme=1.0)  # good enough, and nothing else may be shared
    assert raised(0.2, together=True) and not raised(0.2)
    assert not raised(0.2, rate=1.0, works=0) and not raised(0.2, rate=1.0, measure=0)


def test_every_free_plot_next_door_that_would_gain_is_a_candidate_and_no_other():
    rng, world, found, skipped = np.random.default_rng(6), fresh(), 0, 0
    rows = sitting(world, 10)
    for _ in range(20):
        p = draw_parameters(world, rng, "transfer_cost", "build_cost", "beta", "chi", "phi")
        world.parameters[0].match_error = 0.0
        for i in rows:
            home = int(world.companies[i].parcel)
            draw_company(world, i, rng)
            company = world.companies[i]
            company.parcel, company.liquidity, company.introduced, company.border = home, 1e8, 1, -1
            draw_parcel(world, home, rng, 0.4 * company.jobs * company.space_per_job)
            beside = [int(j) for j in world.borders[home][: world.parcels[home].n_borders]]
            expected = {}
            for j in beside:
                plot = world.parcels[j]
                plot.floor, plot.occupant, plot.building_until = 0.0, -1 if rng.uniform() < 0.6 else 3, records.NEVER
                plot.opportunity = plot.reserved = -1
                plot.owner = int(rng.choice([world.parcels[home].owner, -2]))
            for j in beside:
                plot = world.parcels[j]
                land, share = matching.land_wanted(world, company, world.parcels[home], plot)
                clean = plot.soil_cost / 100.0 * share
                worth = appraisal.appraise_expansion(world, company, world.parcels[home], land, clean)[0]
                gain = worth / (1.0 + p["transfer_cost"]) - matching.reservation_price(world, j, share)
                if plot.occupant == -1 and plot.owner != world.parcels[home].owner and land > 0.0 and gain > 0.0:
                    expected[j] = gain
                else:
                    skipped += 1
            demand, supply, surplus = np.zeros(64, np.int64), np.zeros(64, np.int64), np.zeros(64)
            n = matching.offer_next_door(world, i, demand, supply, surplus, 2)
            assert dict(zip(supply[2:n].tolist(), surplus[2:n].tolist(), strict=True)) == pytest.approx(expected)
            assert (demand[2:n] == i).all()
            found += len(expected)
    assert found > 20 and skipped > 20
