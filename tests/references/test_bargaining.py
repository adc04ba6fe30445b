"""The compiled division and public money against ``bargaining.py``, on random tables, purses and parameters."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim import draws, model, records
from sim.rules import bargaining as compiled
from sim.rules import cases, finance, matching
from tests.references import bargaining as slow
from tests.references.worlds import draw_parameters, fresh, plain_parameters
from tests.sim.small_parks import strategy

SAMPLES = 1_500
MONEY = ("ask_mean", "ask_sd", "collective_private", "loan_rate", "firm_rate", "guarantee_cover")


def seat_parties(world, rng, n, with_municipality=False):
    """Seat ``n`` random private parties (companies and an owner) and perhaps the municipality; return the private ones."""
    world.counts[0].opportunities = 1
    case = world.opportunities[0]
    case.key, case.stage, case.kind, case.theme = int(rng.integers(1, 2**62)), records.CASE, records.MOVE, 0
    case.n_parties = n + with_municipality
    parties = []
    for k in range(case.n_parties):
        seat = world.seats[0, k]
        is_owner = k == 1 and rng.uniform() < 0.5
        seat.party = records.MUNICIPALITY if k == n else (-2 if is_owner else k)
        seat.role = records.PUBLIC if k == n else (records.SELLER if is_owner else records.BUYER)
        seat.worth, seat.outlay = rng.uniform(-4e5, 6e5), rng.uniform(0, 1e6)
        seat.outside, seat.bias = rng.uniform(0, 5e4) * (k < n), rng.uniform(0, 0.6)
        if k < n:
            fairness = rng.uniform(0.5, 1.0)
            temper = world.owners[1] if is_owner else world.companies[k]
            temper.fairness = fairness
            parties.append(slow.Party(float(seat.worth), float(seat.outlay), float(seat.outside), fairness,
                                      float(seat.bias)))
    return parties


def divisions(seed, samples=SAMPLES, world=None):
    """Yield (world, parties, public money, what they claim, found claim) for random tables with something to divide."""
    rng = np.random.default_rng(seed)
    world = fresh() if world is None else world
    for _ in range(samples):
        n = int(rng.integers(2, 7))
        parties = seat_parties(world, rng, n, n < 6 and rng.uniform() < 0.3)
        case = world.opportunities[0]
        case.surplus = slow.total_surplus(parties, 0.0)
        case.grant, case.support = rng.uniform(0, 3e5), rng.uniform(0, 1e5) * (rng.uniform() < 0.3)
        public = float(case.grant + case.support)
        if case.surplus + public > 0.0:
            yield world, parties, public, slow.claims(parties), compiled.divide(world, 0, True)


def test_what_each_thinks_fair_and_whether_the_table_can_agree():
    answers = Counter()
    for world, parties, _, expected, claimed in divisions(1):
        found = [float(world.seats[0, k].claim) for k in range(len(parties))]
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert claimed == pytest.approx(sum(expected), rel=1e-9)
        answers[slow.nearest_fair_shares(expected) is None] += 1
        assert (claimed > 1.0) == (slow.nearest_fair_shares(expected) is None)
    assert min(answers.values()) > 50


def test_the_division_and_what_each_pays():
    seen = Counter()
    for world, parties, public, claims, _ in divisions(2):
        shares = slow.nearest_fair_shares(claims)
        if shares is None:
            continue
        surplus = slow.total_surplus(parties, public)
        paid = slow.payments(parties, shares, public)
        for k in range(len(parties)):
            assert world.seats[0, k].utility == pytest.approx(shares[k] * surplus, rel=1e-9, abs=1e-6)
            assert world.seats[0, k].payment == pytest.approx(paid[k], rel=1e-9, abs=1e-3)
        seen[len(parties)] += 1
    assert min(seen[n] for n in range(2, 5)) > 20


def test_a_division_in_proportion_to_what_each_puts_in():
    """The alternative split: nobody gets less than it claims, and where nobody claims more, all get in proportion."""
    proportional, undisturbed = fresh(), 0
    proportional.parameters[0].equal_split = 0.0
    for world, parties, public, claims, _ in divisions(3, world=proportional):
        outlay = sum(party.outlay for party in parties)
        surplus = slow.total_surplus(parties, public)
        shares = [float(world.seats[0, k].utility) / surplus for k in range(len(parties))]
        assert sum(shares) == pytest.approx(1.0, rel=1e-9)
        plain = [party.outlay / outlay for party in parties]
        if sum(claims) > 1.0 or all(claim <= share for claim, share in zip(claims, plain, strict=True)):
            assert shares == pytest.approx(plain, rel=1e-9, abs=1e-12)
            undisturbed += 1
        else:
            assert all(share >= claim - 1e-9 for share, claim in zip(shares, claims, strict=True))
    assert undisturbed > 50


def test_the_nearest_fair_shares_of_the_reference_are_nearest():
    """Moving a little from one party to another, if fair, never comes nearer to equal."""
    rng = np.random.default_rng(4)
    for _ in range(300):
        n = int(rng.integers(2, 7))
        claims = (rng.dirichlet(np.ones(n)) * rng.uniform(0, 1)).tolist()
        shares = slow.nearest_fair_shares(claims)
        apart = sum((s - 1.0 / n) ** 2 for s in shares)
        for i in range(n):
            for j in range(n):
                if i != j and shares[i] - 1e-4 >= claims[i]:
                    other = [s - 1e-4 * (k == i) + 1e-4 * (k == j) for k, s in enumerate(shares)]
                    assert sum((s - 1.0 / n) ** 2 for s in other) >= apart


def test_how_much_a_party_overstates_at_the_start_and_how_that_fades():
    rng = np.random.default_rng(5)
    world = fresh()
    for _ in range(300):
        p = draw_parameters(world, rng, "bias_max", "bias_fade")
        seat_parties(world, rng, 2)
        world.seats[0, 0].party = 0
        company, case, seat = world.companies[0], world.opportunities[0], world.seats[0, 0]
        company.trust_others, case.n_parties = rng.uniform(0, 1), 0
        matching.seat_party(world, 0, 0, records.BUYER)
        draw = draws.uniform(world.clock[0].seed, draws.BIAS, 0, case.key, company.key)
        start = slow.bias_at_start(draw, float(company.trust_others), p["bias_max"])
        assert seat.bias == pytest.approx(start, rel=1e-12)
        cases.fade_bias(world, 0)
        assert seat.bias == pytest.approx(start * (1.0 - p["bias_fade"]), rel=1e-12)


# --- public money ----------------------------------------------------------------------------------------------------


def acting_world(name):
    world = fresh()
    model.adopt_strategy(world, strategy(name))
    world.organisation[0].mandate = 1e12  # no council round in between
    return world


def ask_for_money(world, rng, kind=records.MOVE):
    """Put a random case before a random purse and let it ask; return (works, purse, value seen, gap, p)."""
    p = draw_parameters(world, rng, *MONEY)
    seat_parties(world, rng, 2)
    case, plan, team = world.opportunities[0], world.strategy[0], world.team[0]
    case.kind, case.works, case.surplus = kind, rng.uniform(2e4, 3e6), rng.uniform(-3e5, 1e5)
    case.appraised, case.dropped, case.window = True, False, False
    case.diligence, case.rounds = rng.uniform() < 0.5, int(rng.integers(0, 10))
    case.value_seen = rng.uniform(-5e4, 8e5)
    case.ask = case.grant = case.loan = case.guarantee = case.support = case.province = 0.0
    case.segment, world.segments[0].private = 0, rng.uniform(0, 1e6)
    plan.max_public_share, plan.private_ratio = rng.uniform(0, 1), rng.uniform(0, 5)
    plan.earmarked, plan.principles[records.SOCIETAL_VALUE] = rng.uniform(0, 1), int(rng.uniform() < 0.5)
    team.budget_left, team.committed, world.counts[0].events = rng.uniform(-1e4, 1e6), 0.0, 0
    collective = kind == records.COLLECTIVE
    works = slow.Works(float(case.works), collective, collective, float(world.segments[0].private) * collective)
    demand_driven = plan.approach == records.DEMAND_DRIVEN
    purse = slow.Purse(float(plan.max_public_share), float(plan.private_ratio) if demand_driven else None,
                       max(0.0, float(team.budget_left)), float(plan.earmarked))
    value_seen = float(case.value_seen) if plan.principles[records.SOCIETAL_VALUE] else None
    return works, purse, value_seen, max(0.0, -float(case.surplus)), p


def expected_ask(world, works, gap, p):
    case = world.opportunities[0]
    noise = draws.normal(world.clock[0].seed, draws.ASK, case.rounds, case.key, 0)
    return slow.public_ask(gap, works, noise, bool(case.diligence), p)


@pytest.mark.parametrize("kind", [records.MOVE, records.COLLECTIVE])
@pytest.mark.parametrize("name", ["demand_driven", "supply_driven"])
def test_a_grant_is_the_ask_within_its_limits_or_nothing(name, kind):
    rng = np.random.default_rng(6)
    world = acting_world(name)
    world.strategy[0].instrument = records.BY_GRANT
    given = Counter()
    for _ in range(SAMPLES):
        works, purse, value_seen, gap, p = ask_for_money(world, rng, kind)
        budget = float(world.team[0].budget_left)
        most = slow.largest_grant(works, purse, value_seen)
        assert cases.largest_grant(world, 0) == pytest.approx(most, rel=1e-9, abs=1e-6)
        cases.consider_grant(world, 0)
        case = world.opportunities[0]
        ask = expected_ask(world, works, gap, p)
        assert case.ask == pytest.approx(ask, rel=1e-9, abs=1.0)  # an ask of nothing is kept as one euro
        expected = slow.grant(ask, gap, most)
        if expected <= 1.0:
            assert case.grant == 0.0  # a euro or less is not promised
        else:
            assert case.grant == pytest.approx(expected, rel=1e-9)
            assert world.team[0].budget_left == pytest.approx(budget - expected, rel=1e-9, abs=1e-6)
        given[expected > 1.0, ask > most] += 1
    assert all(given[seen] > 20 for seen in [(True, False), (True, True), (False, True)])


@pytest.mark.parametrize("guarantee", [False, True])
def test_a_loan_or_guarantee_does_what_the_grant_would_have_done_within_the_same_limits(guarantee):
    rng = np.random.default_rng(7)
    world = acting_world("demand_driven")
    world.strategy[0].instrument = records.BY_GUARANTEE if guarantee else records.BY_LOAN
    given = Counter()
    for _ in range(SAMPLES):
        works, purse, value_seen, gap, p = ask_for_money(world, rng)
        world.parameters[0].loan_quarters = int(rng.integers(8, 81))
        case, seat, company = world.opportunities[0], world.seats[0, 0], world.companies[0]
        company.theta, seat.party = rng.uniform(0.02, 0.4), 0
        seat.eta = company.theta * (1.0 + rng.uniform(0, 10))
        rate = slow.worth_of_guarantee(float(seat.eta), float(company.theta), p["guarantee_cover"]) if guarantee else (
            slow.worth_of_loan(float(seat.eta), p["loan_rate"], int(world.parameters[0].loan_quarters), p["firm_rate"]))
        most = slow.largest_grant(works, purse, value_seen)
        wanted = slow.grant(expected_ask(world, works, gap, p), gap, most)
        cases.consider_grant(world, 0)
        found = float(case.guarantee if guarantee else case.loan)
        assert case.grant == 0.0
        if wanted <= 1.0 or rate <= 0.01:
            assert found == 0.0  # nothing to replace, or worth next to nothing
            continue
        expected = slow.borrowed(wanted, gap, rate, most)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)
        assert case.support == pytest.approx(rate * expected, rel=1e-9, abs=1e-6)
        given[expected > 0.0] += 1
    assert min(given[True], given[False]) > 20


def test_loan_and_grant_together_stay_within_the_limits_of_a_grant():
    rng = np.random.default_rng(8)
    world = acting_world("demand_driven")
    world.strategy[0].instrument = records.BY_MIX
    for _ in range(SAMPLES):
        works, purse, value_seen, *_ = ask_for_money(world, rng)
        world.seats[0, 0].party, world.seats[0, 0].eta = 0, 0.3
        cases.consider_grant(world, 0)
        case = world.opportunities[0]
        assert case.grant + case.loan <= slow.largest_grant(works, purse, value_seen) + 1e-6


def test_what_a_loan_or_a_guarantee_is_worth():
    rng = np.random.default_rng(9)
    world = fresh()
    for _ in range(SAMPLES):
        p = draw_parameters(world, rng, *MONEY)
        world.parameters[0].loan_quarters = int(rng.integers(8, 81))
        p = plain_parameters(world)
        theta = rng.uniform(0.02, 0.4)
        eta = theta * (1.0 + rng.uniform(0, 10))
        assert finance.worth_of_loan(world, eta) == pytest.approx(
            slow.worth_of_loan(eta, p["loan_rate"], int(p["loan_quarters"]), p["firm_rate"]), rel=1e-9, abs=1e-12)
        assert finance.worth_of_guarantee(world, eta, theta) == pytest.approx(
            slow.worth_of_guarantee(eta, theta, p["guarantee_cover"]), rel=1e-9)
