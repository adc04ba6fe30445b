"""Public loans and guarantees: what they are worth to a firm, and how they are paid back or called (phase 8).

A loan counts as public outlay until it is repaid, and what comes back may be lent again (revolving). A guarantee counts
only when it is called. To a firm a euro of loan is worth less than a euro of grant: it saves interest and the premium it
asks on its own money, but must be paid back (pattern 8). Source: mechanics D; model 6 (money).
"""

from __future__ import annotations

from sim import events, ledger
from sim.compiled import rule
from sim.records import BANK, CALL, CLOSED, INTEREST, LOAN, MUNICIPALITY, REPAYMENT

FULL_LOANS = 9


@rule
def worth_of_loan(world, eta):
    """Return what one euro of public loan is worth to a firm with premium ``eta``, as euros of grant (0-1).

    The firm saves (1 + eta) now and pays instalments with interest later, which it discounts at its own rate:
    ``(1 + eta - PV) / (1 + eta)``.
    """
    p = world.parameters[0]
    n = int(p.loan_quarters)
    step = 1.0 / (1.0 + 0.25 * p.firm_rate)
    present, factor, left = 0.0, 1.0, 1.0
    for _ in range(n):
        factor *= step
        present += factor * (1.0 / n + 0.25 * p.loan_rate * left)
        left -= 1.0 / n
    return max(0.0, (1.0 + eta - present) / (1.0 + eta))


@rule
def worth_of_guarantee(world, eta, theta):
    """Return what one euro of guaranteed credit is worth: the part of the premium that comes from uncertainty, covered."""
    return world.parameters[0].guarantee_cover * max(0.0, eta - theta) / (1.0 + eta)


@rule
def lend(world, o, borrower, euros, guarantee):
    """Pay out a public loan to ``borrower``, or note the guarantee of its bank loan."""
    p, clock, counts = world.parameters[0], world.clock[0], world.counts[0]
    if euros <= 0.0 or clock.quarter < 0:
        return
    row = counts.loans
    if row >= world.loans.shape[0]:
        counts.full = FULL_LOANS
        return
    counts.loans = row + 1
    loan = world.loans[row]
    loan.quarter = clock.quarter
    loan.borrower = borrower
    loan.opportunity = o
    loan.principal = loan.outstanding = ledger.cents(euros)
    loan.until = clock.quarter + int(p.loan_quarters)
    loan.guarantee = guarantee
    loan.called = False
    if not guarantee:
        ledger.pay(world, MUNICIPALITY, borrower, euros, LOAN, o, -1)
        events.happen(world, events.LOAN_PAID, o, borrower, world.opportunities[o].parcel, euros, p.loan_rate)


@rule
def service_loans(world):
    """Let borrowers pay their instalments; what a closed firm still owes is lost, or called from the guarantor."""
    p, clock, team = world.parameters[0], world.clock[0], world.team[0]
    for row in range(world.counts[0].loans):
        loan = world.loans[row]
        if loan.outstanding <= 0 or loan.called or loan.quarter == clock.quarter:
            continue
        if loan.borrower >= 0 and world.companies[loan.borrower].state == CLOSED:
            loan.called = True
            left = loan.outstanding / 100.0
            if loan.guarantee:
                ledger.pay(world, MUNICIPALITY, BANK, left, CALL, loan.opportunity, -1)
            events.happen(world, events.GUARANTEE_CALLED, loan.opportunity, loan.borrower, -1, left,
                          loan.principal / 100.0)
            continue
        n = max(loan.until - loan.quarter, 1)
        part = loan.outstanding if clock.quarter >= loan.until else min(loan.outstanding, loan.principal // n)
        if not loan.guarantee:
            ledger.pay(world, loan.borrower, MUNICIPALITY, 0.25 * p.loan_rate * loan.outstanding / 100.0, INTEREST,
                       loan.opportunity, -1)
            ledger.pay(world, loan.borrower, MUNICIPALITY, part / 100.0, REPAYMENT, loan.opportunity, -1)
            team.budget_left += part / 100.0
        loan.outstanding -= part
