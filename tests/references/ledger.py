"""The accounts in plain Python, written from the design (mechanics D; ``docs/data.md``; decision 5), from entries alone.

An entry is a ``dict`` with ``quarter``, ``payer``, ``receiver``, ``cents``, ``purpose`` (a word of the glossary of
purposes), ``opportunity`` and ``parcel``. Nothing else of a run is needed, apart from who is who.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Entry = Mapping[str, int | str]
WORKS = {"works_build", "works_renovate", "works_demolish", "works_clean", "works_public"}
PROPERTY = {"land", "building_sale"}


@dataclass(frozen=True)
class WhoIsWho:
    """Numbers of accounts: the municipality, the province, the fund (None if there is none), and those of no party."""

    municipality: int
    province: int
    fund: int | None
    outside: frozenset[int]

    def public(self, account: int) -> bool:
        """Return whether an account is the municipality's or the province's."""
        return account in (self.municipality, self.province)

    def private(self, account: int) -> bool:
        """Return whether an account is a company's or an owner's; the redevelopment company is not (decision 5)."""
        return account not in self.outside and not self.public(account) and account != self.fund


@dataclass
class Totals:
    """Running totals in cents."""

    private_works: int = 0
    public_works: int = 0
    grants: int = 0
    process: int = 0
    purchases: int = 0
    receipts: int = 0
    surplus: int = 0
    loans: int = 0
    repaid: int = 0
    called: int = 0
    capital: int = 0
    interest: int = 0
    levies: int = 0
    fund_works: int = 0
    fund_sales: int = 0
    elsewhere: int = 0
    laid_out: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def private_investment(self) -> int:
        """Works paid privately, less grants, less public loans not yet repaid."""
        return self.private_works - self.grants - (self.loans - self.repaid)

    @property
    def public_outlay(self) -> int:
        """N: what public money went out, less what came back, per asset at most what was laid out on it."""
        return (self.process + self.public_works + self.purchases + self.grants + self.loans - self.repaid
                + self.called + self.capital - self.receipts)


@dataclass(frozen=True)
class Division:
    """A plot divided: the new lot, the plot it came from, and the lot's share of its area (0-1)."""

    lot: int
    plot: int
    share: float


def divide(division: Division, totals: Totals) -> None:
    """Let outlay on a plot go along with the lot by area, in whole cents, so that receipts are capped per lot."""
    moved = int(totals.laid_out[division.plot] * division.share)
    totals.laid_out[division.plot] -= moved
    totals.laid_out[division.lot] += moved


def book_quarter(entries: Iterable[Entry], divisions: Iterable[Division], who: WhoIsWho, totals: Totals) -> None:
    """Book the entries of a quarter; a plot is divided before the first entry that belongs to one of its lots."""
    waiting = list(divisions)
    for entry in entries:
        while any(division.lot == entry["parcel"] for division in waiting):
            divide(waiting.pop(0), totals)
        book(entry, who, totals)
    for division in waiting:
        divide(division, totals)


def discount_factor(quarter: int, rate: float) -> float:
    """Return what a euro of this quarter is worth at the start of the run (D: 2.25% a year)."""
    return (1.0 + rate) ** (-quarter / 4.0)


def balances(entries: Iterable[Entry]) -> dict[int, int]:
    """Return what every account received less what it paid, cents."""
    result: dict[int, int] = defaultdict(int)
    for entry in entries:
        result[int(entry["payer"])] -= int(entry["cents"])
        result[int(entry["receiver"])] += int(entry["cents"])
    return dict(result)


def book(entry: Entry, who: WhoIsWho, totals: Totals) -> None:
    """Add one entry to the totals (D); ``totals`` is changed in place."""
    purpose, cents, asset = str(entry["purpose"]), int(entry["cents"]), int(entry["parcel"])
    payer, receiver = int(entry["payer"]), int(entry["receiver"])
    if purpose in WORKS:
        book_works(payer, cents, asset, who, totals)
    elif purpose in PROPERTY:
        book_property(payer, receiver, cents, asset, who, totals)
    elif purpose == "grant":
        totals.grants += cents
    elif purpose == "process":
        totals.process += cents
    elif purpose == "loan":
        totals.loans += cents
    elif purpose == "repayment":
        totals.repaid += cents
    elif purpose == "interest" and receiver == who.municipality:
        totals.interest += cents
    elif purpose == "guarantee_called":
        totals.called += cents
    elif purpose == "capital":
        totals.capital += cents
    elif purpose == "levy":
        totals.levies += cents if who.private(payer) else 0


def book_works(payer: int, cents: int, asset: int, who: WhoIsWho, totals: Totals) -> None:
    """Book works by who pays them; public works on a parcel may be recovered when it is sold."""
    if who.private(payer):
        totals.private_works += cents
    elif who.public(payer):
        totals.public_works += cents
        if asset >= 0:
            totals.laid_out[asset] += cents
    elif payer == who.fund:
        totals.fund_works += cents
    else:
        totals.elsewhere += cents  # built in the region, outside the park


def book_property(payer: int, receiver: int, cents: int, asset: int, who: WhoIsWho, totals: Totals) -> None:
    """Book a sale of land or a building: a purchase, or receipts up to what the asset cost and surplus beyond."""
    if payer == who.municipality:
        totals.purchases += cents
        if asset >= 0:
            totals.laid_out[asset] += cents
    if receiver == who.municipality:
        recovered = min(cents, totals.laid_out[asset]) if asset >= 0 else 0
        if asset >= 0:
            totals.laid_out[asset] -= recovered
        totals.receipts += recovered
        totals.surplus += cents - recovered
    if receiver == who.fund:
        totals.fund_sales += cents
