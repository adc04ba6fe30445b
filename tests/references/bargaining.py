"""Bargaining in plain Python, written from the design (mechanics C9, C11; decisions 3 and 5) and not from ``sim/rules``.

What a party at the table thinks fair, whether the table can agree, how the surplus is divided, what public money is
asked and what is given.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Party:
    """A party: worth before payments, cost and risk carried, best alternative (all EUR), fairness and bias (0-...)."""

    worth: float
    outlay: float
    outside: float
    fairness: float
    bias: float


def bias_at_start(draw: float, trust: float, bias_max: float) -> float:
    """Return by how much a party overstates its own contribution: U(0, 0.6)(1 - t) (C9)."""
    return draw * bias_max * (1.0 - trust)


def claims(parties: list[Party]) -> list[float]:
    """Return what each demands, as share of the surplus: f times its contribution as it sees it itself (C9)."""
    total = sum(party.outlay for party in parties)
    contributions = [party.outlay / total if total > 0.0 else 1.0 / len(parties) for party in parties]
    return [party.fairness * k * (1.0 + party.bias) for party, k in zip(parties, contributions, strict=True)]


def nearest_fair_shares(demands: list[float]) -> list[float] | None:
    """Return the division nearest to equal shares in which each gets at least its demand; None if there is none (C9).

    The nearest point (least squares) gives max(demand, level) to each, with one level for all; the level is found by
    halving.
    """
    if sum(demands) > 1.0:
        return None
    low, high = 0.0, 1.0
    for _ in range(200):
        level = (low + high) / 2.0
        if sum(max(demand, level) for demand in demands) > 1.0:
            high = level
        else:
            low = level
    return [max(demand, low) for demand in demands]


def total_surplus(parties: list[Party], public: float) -> float:
    """Return the surplus, euros: sum of U and public money, less the best alternatives (C9)."""
    return sum(party.worth - party.outside for party in parties) + public


def payments(parties: list[Party], shares: list[float], public: float) -> list[float]:
    """Return what each receives from the others and the public purse, euros: alternative plus share, less own worth."""
    surplus = total_surplus(parties, public)
    return [party.outside + share * surplus - party.worth for party, share in zip(parties, shares, strict=True)]


LARGEST_SHARE_PUBLIC_SPACE = 0.8  # decision 3: of a collective measure, whatever the highest public share


@dataclass(frozen=True)
class Purse:
    """What limits public money: share of works (0-1), private euros per public euro, budget left (EUR), earmarked (0-1).

    ``private_ratio`` is None for supply-driven money, which is not tied to private money (A4).
    """

    public_share: float
    private_ratio: float | None
    budget: float
    earmarked: float


@dataclass(frozen=True)
class Works:
    """Works asked for (EUR); whether they are public space taken up together, and private works along that road (EUR)."""

    euros: float
    public_space: bool = False
    collective: bool = False
    along: float = 0.0


def public_ask(gap: float, works: Works, noise: float, diligent: bool, p: dict[str, float]) -> float:
    """Return euros asked (C9): the gap plus N(mean, sd) of the works, also without a gap; diligence halves both.

    Of public space companies pay ``collective_private`` at most, so at least the rest is asked.
    """
    half = 0.5 if diligent else 1.0
    ask = max(0.0, gap + half * (p["ask_mean"] + p["ask_sd"] * noise) * works.euros)
    return max(ask, (1.0 - p["collective_private"]) * works.euros) if works.public_space else ask


def largest_grant(works: Works, purse: Purse, value_seen: float | None) -> float:
    """Return the most euros that the rules allow (C9): public share, private ratio, budget, value seen (principle 2).

    Private + public money is the cost of works (D), so a ratio r leaves 1 / (1 + r) of it to public money; private works
    along the same road count towards it (decision 3). What is earmarked goes to public works only.
    """
    share = LARGEST_SHARE_PUBLIC_SPACE if works.public_space else purse.public_share
    limits = [share * works.euros, purse.budget * (1.0 if works.collective else 1.0 - purse.earmarked)]
    if purse.private_ratio is not None:
        limits.append((works.euros + works.along) / (1.0 + purse.private_ratio))
    if value_seen is not None:
        limits.append(value_seen)
    return max(0.0, min(limits))


def grant(ask: float, gap: float, most: float) -> float:
    """Return euros granted (C9): the ask within its limit, and nothing if that does not close the gap."""
    given = min(ask, most)
    return 0.0 if gap > given else given


def borrowed(wanted: float, gap: float, rate: float, most: float) -> float:
    """Return euros of loan or guarantee that do what a grant of ``wanted`` would (decision 5), within the same limit.

    Nothing if what it is worth to the borrower (``rate`` per euro) does not close the gap.
    """
    euros = min(wanted / rate, most)
    return 0.0 if rate * euros < gap else euros


def worth_of_guarantee(eta: float, theta: float, cover: float) -> float:
    """Return what a euro guaranteed is worth: ``cover`` of the premium that comes from uncertainty, as euros of grant."""
    return cover * (eta - theta) / (1.0 + eta)


def worth_of_loan(eta: float, loan_rate: float, loan_quarters: int, firm_rate: float) -> float:
    """Return what a euro of loan is worth in euros of grant (decision 5), never below nothing.

    (1 + eta - present value of instalments) / (1 + eta). An instalment is an equal part of the principal, with interest
    on what is still owed, at the end of each quarter. Both yearly rates are nominal: a quarter bears a fourth of them.
    """
    present = 0.0
    for quarter in range(1, loan_quarters + 1):
        owed = 1.0 - (quarter - 1) / loan_quarters
        present += (1.0 / loan_quarters + owed * loan_rate / 4.0) / (1.0 + firm_rate / 4.0) ** quarter
    return max(0.0, (1.0 + eta - present) / (1.0 + eta))
