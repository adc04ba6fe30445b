"""Double entry: every euro has a payer, a receiver, a quarter, a purpose and, where it has one, an opportunity.

Amounts are integer cents. :func:`pay` is the only way money moves: it writes one entry, changes two balances and adds
to the running totals of ``world.accounts``. Public and private euros are told apart by who paid, never inferred from
each other. :func:`reconcile` recomputes the stocks from the entries; tests call it after every quarter.

Definitions (mechanics D): private investment is works paid by private parties, less grants. Public outlay is process
hours, public works, purchases and grants, less receipts, where an asset's receipts count at most up to what was laid
out on that asset; anything beyond is surplus and never lowers the outlay.
"""

from __future__ import annotations

import numpy as np

from sim.compiled import rule
from sim.records import (
    BANK,
    BUILDERS,
    BUILDING_SALE,
    CALL,
    CAPITAL,
    GRANT,
    INTEREST,
    LAND,
    LEVY,
    LOAN,
    MUNICIPALITY,
    PROCESS,
    PROVINCE,
    REGION,
    REPAYMENT,
    STAFF,
    STATE,
    UPKEEP,
    WORKS_BUILD,
    WORKS_PUBLIC,
    World,
)

FULL_ENTRIES = 7
ROOM_ENTRIES = 4096  # rows free before a quarter begins

_OUTSIDE = 16  # balances 0-15 are the accounts outside the park


@rule
def account(party):
    """Return the position in ``world.balances`` of a party or outside account."""
    if party >= 0:
        return _OUTSIDE + 1 + 2 * party
    if party > -1_000_000:
        return _OUTSIDE + 2 * (-1 - party)
    return -1_000_000 - party


@rule
def cents(euros):
    """Return euros as whole cents, rounded half to even."""
    return np.int64(np.rint(euros * 100.0))


@rule
def discount(world):
    """Return the factor that brings an amount of this quarter to the start of the run."""
    return (1.0 + world.parameters[0].discount_rate) ** (-world.clock[0].quarter / 4.0)


@rule
def is_public(party):
    """Return whether a payer is the municipality, the province or the state."""
    return party == MUNICIPALITY or party == PROVINCE or party == STATE


@rule
def pay(world, payer, receiver, euros, purpose, opportunity, parcel):
    """Move money from one party to another and book it.

    Parameters
    ----------
    payer, receiver : int
        Parties or outside accounts.
    euros : float
        Amount; rounded to the cent. Nothing happens at zero or less than half a cent.
    purpose : int
        ``records.LAND`` ... ``records.UPKEEP``.
    opportunity, parcel : int
        What it belongs to, or -1. For a sale or purchase by the municipality ``parcel`` is the asset.

    Notes
    -----
    Changes ``world.entries``, ``world.balances``, ``world.accounts`` and, for municipal assets,
    ``parcel.public_cents``. Before quarter 0 (burn-in) nothing is booked.
    """
    amount = cents(euros)
    if amount <= 0 or world.clock[0].quarter < 0 or payer == receiver:
        return
    counts = world.counts[0]
    row = counts.entries
    if row >= world.entries.shape[0]:
        counts.full = FULL_ENTRIES
        return
    entry = world.entries[row]
    entry.quarter = world.clock[0].quarter
    entry.payer = payer
    entry.receiver = receiver
    entry.cents = amount
    entry.purpose = purpose
    entry.opportunity = opportunity
    entry.parcel = parcel
    counts.entries = row + 1
    world.balances[account(payer)] -= amount
    world.balances[account(receiver)] += amount
    _add_to_totals(world, payer, receiver, amount, purpose, parcel)


@rule
def _add_to_totals(world, payer, receiver, amount, purpose, parcel):
    totals = world.accounts[0]
    present = amount / 100.0 * discount(world)
    is_works = WORKS_BUILD <= purpose <= WORKS_PUBLIC
    if payer == REGION:
        if is_works:
            totals.elsewhere += amount
            totals.works -= present
        return
    if is_works:
        totals.works -= present
        if is_fund(world, payer):
            # The capital of the fund is public already: what it builds is neither public again nor private.
            totals.fund_works += amount
        elif is_public(payer):
            totals.public_works += amount
            totals.pv_public += present
            if parcel >= 0:
                world.parcels[parcel].public_cents += amount
        else:
            totals.private_works += amount
            totals.pv_private += present
            totals.recent_private[world.clock[0].quarter % 16] += amount / 100.0
    elif purpose == GRANT:
        totals.grants += amount
        totals.pv_public += present
        totals.pv_private -= present
    elif purpose == PROCESS:
        totals.process += amount
        totals.pv_public += present
        totals.team -= present
    elif purpose == LOAN:
        totals.loans += amount
        totals.pv_public += present
        totals.pv_private -= present
    elif purpose == REPAYMENT:
        totals.repaid += amount
        totals.pv_public -= present
        totals.pv_private += present
    elif purpose == INTEREST:
        totals.interest += amount
    elif purpose == CALL:
        totals.called += amount
        totals.pv_public += present
    elif purpose == CAPITAL:
        totals.capital += amount
        totals.pv_public += present
    elif purpose == LEVY:
        if payer >= 0:
            totals.levies += amount
        elif receiver == BUILDERS:
            totals.moving -= present
    elif purpose == LAND or purpose == BUILDING_SALE:
        if is_fund(world, receiver):
            totals.fund_sales += amount
        if payer == MUNICIPALITY:
            totals.purchases += amount
            totals.pv_public += present
            world.parcels[parcel].public_cents += amount
        elif receiver == MUNICIPALITY:
            recovered = min(amount, world.parcels[parcel].public_cents) if parcel >= 0 else 0
            totals.receipts += recovered
            totals.surplus += amount - recovered
            totals.pv_public -= recovered / 100.0 * discount(world)
            if parcel >= 0:
                world.parcels[parcel].public_cents -= recovered
        totals.land += amount
    elif purpose != UPKEEP and (receiver == BUILDERS or receiver == STAFF):
        totals.moving -= present


@rule
def is_fund(world, party):
    """Return whether a party is the redevelopment company that works with public capital."""
    return party < MUNICIPALITY and party == world.organisation[0].fund and world.strategy[0].fund_capital > 0.0


@rule
def private_investment(world):
    """Return private investment so far, in euros: works paid privately, less grants and public loans not yet repaid."""
    totals = world.accounts[0]
    return (totals.private_works - totals.grants - (totals.loans - totals.repaid)) / 100.0


@rule
def public_outlay(world):
    """Return net public outlay so far, in euros, never below zero."""
    totals = world.accounts[0]
    lent = totals.loans - totals.repaid + totals.called + totals.capital
    return (totals.process + totals.public_works + totals.purchases + totals.grants + lent - totals.receipts) / 100.0


def reconcile(world: World) -> None:
    """Check that the entries explain every balance and every running total, to the cent.

    Raises
    ------
    ArithmeticError
        Naming the first stock that its flows do not explain.
    """
    entries = world.entries[: world.counts[0].entries]
    balances = np.zeros_like(world.balances)
    accounts = {party: account(party) for party in np.union1d(entries.payer, entries.receiver).tolist()}
    np.subtract.at(balances, [accounts[party] for party in entries.payer.tolist()], entries.cents)
    np.add.at(balances, [accounts[party] for party in entries.receiver.tolist()], entries.cents)
    if not np.array_equal(balances, world.balances):
        where = int(np.flatnonzero(balances != world.balances)[0])
        raise ArithmeticError(f"balance {where} is {world.balances[where]} cents; its entries give {balances[where]}")
    if balances.sum() != 0:
        raise ArithmeticError(f"the balances of all accounts sum to {balances.sum()} cents, not to zero")
    if (entries.cents <= 0).any():
        raise ArithmeticError("an entry of zero or less")
    public = np.isin(entries.payer, (MUNICIPALITY, PROVINCE, STATE))
    works = (entries.purpose >= WORKS_BUILD) & (entries.purpose <= WORKS_PUBLIC)
    outside = entries.payer == REGION
    totals = world.accounts[0]
    fund = world.organisation[0].fund if world.strategy[0].fund_capital > 0.0 else 0
    by_fund = (entries.payer == fund) & (entries.payer < MUNICIPALITY)
    buys = np.isin(entries.purpose, (LAND, BUILDING_SALE))
    expected = {
        "private_works": entries.cents[works & ~public & ~outside & ~by_fund].sum(),
        "fund_works": entries.cents[works & by_fund].sum(),
        "loans": entries.cents[entries.purpose == LOAN].sum(),
        "repaid": entries.cents[entries.purpose == REPAYMENT].sum(),
        "called": entries.cents[entries.purpose == CALL].sum(),
        "capital": entries.cents[entries.purpose == CAPITAL].sum(),
        "public_works": entries.cents[works & public].sum(),
        "elsewhere": entries.cents[works & outside].sum(),
        "grants": entries.cents[entries.purpose == GRANT].sum(),
        "process": entries.cents[entries.purpose == PROCESS].sum(),
        "purchases": entries.cents[buys & (entries.payer == MUNICIPALITY)].sum(),
    }
    for name, amount in expected.items():
        if totals[name] != amount:
            raise ArithmeticError(f"{name} stands at {totals[name]} cents; its entries give {amount}")
    sold = entries.cents[buys & (entries.receiver == MUNICIPALITY)].sum()
    if totals.receipts + totals.surplus != sold:
        raise ArithmeticError(f"receipts and surplus are {totals.receipts + totals.surplus} cents; sales were {sold}")
    if not ((entries.payer != BANK) | (entries.purpose != GRANT)).all():
        raise ArithmeticError("a bank paid a grant")
