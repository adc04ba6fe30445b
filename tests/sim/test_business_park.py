"""A park as a Mesa model: the same numbers as without agents, and agents that are live views of the records."""

import math

import mesa
import numpy as np
import pytest
from mesa.agentset import AgentSet

from sim import outcomes, records
from sim.agents import Company, Opportunity, Owner, Parcel, Prospect, RecordAgent
from sim.business_park import LAYERS, BusinessPark
from sim.model import Park, make_room, no_strategy, prepare, simulate
from sim.park.generate import lay_out
from sim.park.plan import LayoutSettings
from sim.records import COMPANY, PROSPECT, SITTING

QUARTERS = 24


def small_park() -> Park:
    """Return a park of 40 firms, followed for six years."""
    return Park("small", lay_out(LayoutSettings("small", gross_ha=18.0, firms=40, burn_in=8)), quarters=QUARTERS)


def active_strategy() -> np.recarray:
    """Return a demand-driven strategy with a team and money."""
    strategy = no_strategy()
    record = strategy[0]
    record.approach, record.fte, record.budget, record.mandate = records.DEMAND_DRIVEN, 2.0, 500_000.0, 100_000.0
    record.max_public_share, record.private_ratio = 0.4, 2.0
    record.exit_rounds, record.exit_quarters, record.exit_euros = 4, 20, 1e6
    record.principles[:] = 1
    return strategy


@pytest.fixture
def park() -> BusinessPark:
    """A park at quarter 0."""
    return BusinessPark(small_park(), active_strategy(), seed=3)


@pytest.fixture(scope="module")
def finished() -> BusinessPark:
    """A park at its horizon; tests only read it."""
    return BusinessPark(small_park(), active_strategy(), seed=3).run_to_end()


# --- the same numbers ------------------------------------------------------------------------------------------------


def test_stepping_with_agents_gives_the_numbers_of_simulate_to_the_bit(finished):
    world = simulate(prepare(small_park(), 3), active_strategy())
    counts = {name: int(world.counts[0][name]) for name in records.COUNTS.names if name != "full"}
    for table, used in counts.items():
        assert finished.world.counts[0][table] == used
        ours, theirs = getattr(finished.world, table)[:used], getattr(world, table)[:used]
        for field in ours.dtype.names:
            assert ours[field].tobytes() == theirs[field].tobytes(), f"{table}.{field}"
    assert finished.world.indicators.tobytes() == world.indicators.tobytes()
    for member in ("clock", "environment", "accounts", "team", "cell_kind", "cell_parcel"):
        assert getattr(finished.world, member).tobytes() == getattr(world, member).tobytes(), member


def test_a_step_passes_one_quarter_and_the_park_stops_at_its_horizon(finished, park):
    assert park.running and park.quarter == 0 and park.horizon == QUARTERS
    park.step()
    assert park.quarter == park.steps == 1 and park.running
    assert finished.quarter == QUARTERS and not finished.running
    before = finished.world.indicators.tobytes()
    finished.step()
    assert finished.quarter == QUARTERS and finished.world.indicators.tobytes() == before


def test_without_a_strategy_the_municipality_does_nothing_more_than_it_must():
    park = BusinessPark(small_park(), seed=3)
    assert park.municipality.approach_name == "none" and not park.world.clock[0].acting
    park.step()
    assert park.public_outlay == 0.0 and math.isnan(park.multiplier)


# --- views -----------------------------------------------------------------------------------------------------------


def test_every_field_of_a_record_is_an_attribute_that_reads_it(park):
    company = park.companies[0]
    for field in COMPANY.names:
        assert np.array_equal(getattr(company, field), park.world.companies[company.row][field]), field
    assert set(COMPANY.names) <= set(dir(company))


def test_writing_an_attribute_writes_the_record_and_the_other_way_round(park):
    company = park.companies[0]
    company.trust = 0.25
    assert park.world.companies[company.row].trust == 0.25
    park.world.companies[company.row].jobs = 99.0
    assert company.jobs == 99.0
    company.readiness[2] = 0.75
    assert park.world.companies[company.row].readiness[2] == 0.75


def test_a_view_works_after_its_table_has_grown(park):
    company = park.companies[0]
    trust, size = company.trust, len(park.world.companies)
    while len(park.world.companies) == size:
        park.world.counts[0].companies = len(park.world.companies)  # no room left
        park.world = make_room(park.world)
    assert company.trust == trust
    company.trust = 0.5
    assert park.world.companies[company.row].trust == 0.5


def test_an_attribute_that_does_not_exist_is_an_error_that_names_the_nearest(park):
    company = park.companies[0]
    with pytest.raises(AttributeError, match="Company has no attribute 'trsut'; did you mean 'trust'"):
        _ = company.trsut
    with pytest.raises(AttributeError, match="Company has no attribute 'trsut'; did you mean 'trust'"):
        company.trsut = 0.5
    with pytest.raises(AttributeError, match="Opportunity has no attribute 'stge'; did you mean 'stage'"):
        _ = Opportunity(park, 0).stge
    with pytest.raises(AttributeError):
        company.sector_name = "logistics"  # a reading of `sector`
    with pytest.raises(ValueError, match="plan of a record in companies is a whole number"):
        company.plan = 1.5


def test_words_and_neighbours_can_be_read(park):
    company = park.companies[0]
    assert company.sector_name in records.SECTORS and company.plan_name in records.PLANS
    assert company.state_name == "sitting" and company.name == park.names.companies[company.row]
    assert isinstance(company.site, Parcel) and company.site.row == company.parcel and company.site.company is company
    assert isinstance(company.site.proprietor, Owner | Company)
    for owner in park.owners:
        assert all(site.proprietor is owner for site in owner.parcels)
    assert park.owner(0).kind_name == "municipality" and company.name in repr(company)
    assert park.municipality.approach_name == "demand_driven" and park.municipality.budget_left >= 0.0


def test_opportunities_lead_to_their_parties_and_leave_the_set_when_they_end(finished):
    world = finished.world
    used = world.counts[0].opportunities
    assert used > 0
    stage = world.opportunities.stage[:used]
    live = np.flatnonzero((stage >= records.FOUND) & (stage <= records.REALISATION))
    assert sorted(case.row for case in finished.opportunities) == live.tolist()
    for case in finished.opportunities:
        assert case.stage_name in records.STAGES.values() and case.kind_name in records.OPPORTUNITY_KINDS
        assert len(case.seats) == case.n_parties
        if case.company is not None and case.company.opportunity == case.row:
            assert case.company.live_opportunity is case


def test_agents_follow_who_comes_settles_leaves_and_closes(park):
    seen = set()
    while park.running:
        before = {agent.row: type(agent) for agent in (*park.companies, *park.prospects)}
        park.step()
        table = park.world.companies[: park.world.counts[0].companies]
        assert {agent.row for agent in park.companies} == set(np.flatnonzero(table.state == SITTING).tolist())
        assert {agent.row for agent in park.prospects} == set(np.flatnonzero(table.state == PROSPECT).tolist())
        after = {agent.row: type(agent) for agent in (*park.companies, *park.prospects)}
        seen |= {(before.get(row), after.get(row)) for row in before | after}
    assert {(None, Prospect), (Prospect, Company), (Prospect, None), (Company, None)} <= seen
    assert len(park.agents) == sum(
        len(kind) for kind in (park.companies, park.prospects, park.owners, park.parcels, park.opportunities)) + 1


def test_a_company_that_is_removed_closes_and_its_premises_come_free(park):
    company = park.companies[0]
    row, site = company.row, company.site
    company.remove()
    assert park.world.companies[row].state == records.CLOSED and site.vacant and site.offered
    assert company not in park.companies
    park.step()
    assert row not in [other.row for other in park.companies]


# --- Mesa's own tools ------------------------------------------------------------------------------------------------


def test_agent_sets_select_sort_group_aggregate_do_get_and_set(park):
    table = park.world.companies
    low = park.companies.select(lambda company: company.trust < 0.4)
    assert isinstance(low, AgentSet) and 0 < len(low) < len(park.companies)
    assert len(low) == np.sum((table.state == SITTING) & (table.trust < 0.4))
    jobs = [company.jobs for company in park.companies.sort("jobs", ascending=True)]
    assert jobs == sorted(jobs)
    by_sector = park.companies.groupby("sector_name").agg("jobs", sum)
    assert math.isclose(sum(by_sector.values()), sum(park.companies.get("jobs")))
    trust = park.companies.get("trust")
    assert park.companies.agg("trust", [min, max]) == [min(trust), max(trust)]

    def cheer(company):
        company.trust += 0.1

    before = np.array(park.companies.get("trust"))
    park.companies.do(cheer)
    assert np.allclose(np.array(park.companies.get("trust")), before + 0.1)
    park.companies.shuffle_do(cheer)
    low.set("uncertainty", 0.9)
    assert low.get(["row", "uncertainty"])[0][1] == 0.9
    assert (table.uncertainty[[company.row for company in low]] == 0.9).all()
    assert park.companies.map(lambda company: company.site.row) == park.companies.get("parcel")


def test_what_an_agent_set_changed_steers_the_next_quarter():
    calm, wary = (BusinessPark(small_park(), active_strategy(), seed=3) for _ in range(2))
    wary.companies.set("trust", 0.0)
    calm.step()
    wary.step()
    assert wary.trust < calm.trust


def test_the_data_collector_holds_a_row_a_quarter_and_a_row_a_company_a_quarter(finished):
    table = finished.datacollector.get_model_vars_dataframe()
    assert len(table) == QUARTERS and table["quarter"].tolist() == list(range(1, QUARTERS + 1))
    vitality = outcomes.INDICATORS.index("vitality")
    assert table["vitality"].tolist() == finished.world.indicators[:QUARTERS, vitality].tolist()
    assert table["multiplier"].iloc[-1] == finished.multiplier == finished.private_investment / finished.public_outlay
    firms = finished.datacollector.get_agenttype_vars_dataframe(Company)
    assert len(firms.loc[float(QUARTERS)]) == len(finished.companies)
    assert set(firms["sector_name"]) <= set(records.SECTORS)


def test_a_collector_of_ones_own_works(park):
    park.datacollector = mesa.DataCollector(
        model_reporters={"members": lambda model: len(model.companies.select(lambda company: company.member))},
        agenttype_reporters={Parcel: {"asking": "asking"}})
    park.step()
    assert len(park.datacollector.get_model_vars_dataframe()) == 1
    assert len(park.datacollector.get_agenttype_vars_dataframe(Parcel)) == len(park.parcels)


def test_the_grid_shows_the_world_and_is_redrawn_every_quarter(park):
    grid, world = park.grid, park.world
    rows, columns = int(world.grid[0].rows), int(world.grid[0].columns)
    assert grid.dimensions == (columns, rows)
    for _ in range(3):
        for name, *_ in LAYERS:
            assert np.array_equal(getattr(grid, name).data, park.layers()[name], equal_nan=name.endswith("quality"))
        kind = park.world.cell_kind.reshape(rows, columns)
        assert grid.kind.data[0, 0] == kind[-1, 0] and grid.kind.data[-1, -1] == kind[0, -1]  # south-west, north-east
        vacant = [site.area for site in park.parcels if site.vacant]
        assert math.isclose(grid.vacant.data.sum() * park.world.grid[0].cell_m ** 2, sum(vacant))
        park.step()
    assert len(grid.agents) == len(park.companies)
    assert grid[(0, 0)].kind == grid.kind.data[0, 0]
    company = park.companies[0]
    x = company.cell.coordinate[0]
    assert abs((x + 0.5) * park.world.grid[0].cell_m - company.site.x) <= park.world.grid[0].cell_m


def test_mesa_can_remove_all_agents_of_a_park(park):
    park.remove_all_agents()
    assert len(park.agents) == 0


def test_every_kind_of_agent_is_a_mesa_agent(park):
    park.step()
    assert all(isinstance(agent, mesa.Agent) and isinstance(agent, RecordAgent) for agent in park.agents)
    assert {Company, Owner, Parcel} <= set(park.agent_types)


def test_mesa_batch_run_runs_parks():
    results = mesa.batch_run(
        BusinessPark, {"park": small_park(), "strategy": [active_strategy(), no_strategy()]}, rng=[1, 2],
        display_progress=False)
    assert len({row["RunId"] for row in results}) == 4
    assert {row["quarter"] for row in results} == {QUARTERS}


@pytest.mark.parametrize("seed", [None, -1, 1.5])
def test_a_seed_that_is_no_whole_number_from_0_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}; a seed is a whole number from 0"):
        BusinessPark(small_park(), seed=seed)
