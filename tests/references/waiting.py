"""Waiting for each other in plain Python, written from the design (mechanics C5) and not from ``sim/rules``.

Each party of a deal holds a belief that enough others will take part. Here the chance that at least so many of them do
is found by going through every combination of yes and no: slow, and without room for a mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product


@dataclass(frozen=True)
class Seat:
    """A party: utility and outlay (EUR), trust in others and belief (0-1, None at first), where it stands."""

    utility: float
    outlay: float
    trust: float
    belief: float | None
    known: bool
    stance: bool
    committed: bool
    public: bool = False


def chance_of(other: Seat, trust: float, base: float, slope: float, yes: float, no: float) -> float:
    """Return p_ij (0-1): 1 once committed; 0.95 or 0.05 once known; else 0.2 + 0.4 t (C5)."""
    if other.committed:
        return 1.0
    if other.known:
        return yes if other.stance else no
    return base + slope * trust


def chance_of_at_least(needed: int, chances: list[float]) -> float:
    """Return the chance that at least ``needed`` of independent events happen, summed over all combinations."""
    total = 0.0
    for outcome in product((False, True), repeat=len(chances)):
        if sum(outcome) >= needed:
            weight = 1.0
            for happens, chance in zip(outcome, chances, strict=True):
                weight *= chance if happens else 1.0 - chance
            total += weight
    return total


def next_belief(belief: float | None, target: float, speed: float) -> float:
    """Return the belief a quarter later (C5); it starts at its target."""
    return target if belief is None else belief + speed * (target - belief)


def needed_belief(utility: float, outlay: float, sunk_share: float) -> float:
    """Return the belief at which a party that gains commits: L / (L + U), L the preparation lost (C5)."""
    sunk = sunk_share * outlay
    return sunk / (sunk + utility)


def commits(utility: float, outlay: float, belief: float, sunk_share: float) -> bool:
    """Return whether a party commits now (C5)."""
    return utility > 0.0 and belief >= needed_belief(utility, outlay, sunk_share)


def withdraws(utility: float) -> bool:
    """Return whether a party withdraws (C5)."""
    return utility < 0.0


def waited_long_enough(quarters: int, leave_after: float) -> bool:
    """Return whether a deal that stood at one step for so many quarters is left (C5: after 12 quarters)."""
    return quarters > leave_after


def one_quarter(table: list[Seat], shown: list[bool], p: dict[str, float]) -> list[Seat]:
    """Return the table a quarter later (C5): stances show, beliefs follow, parties commit or withdraw.

    ``shown`` tells whose stance becomes known unaided this quarter. The municipality takes no share and is in.
    Beliefs are formed from where everybody stood before anybody moved.
    """
    seats = []
    for seat, shows in zip(table, shown, strict=True):
        if seat.public:
            seats.append(replace(seat, known=True, stance=True, committed=True))
        elif seat.known or shows:
            seats.append(replace(seat, known=True, stance=seat.utility > 0.0))
        else:
            seats.append(seat)
    return [seat if seat.public else moved(k, seats, p) for k, seat in enumerate(seats)]


def moved(k: int, seats: list[Seat], p: dict[str, float]) -> Seat:
    """Return private party ``k`` after this quarter. A deal needs all its parties: K is their number."""
    seat = seats[k]
    if seat.committed:
        return replace(seat, committed=False) if withdraws(seat.utility) else seat
    others = [chance_of(other, seat.trust, p["belief_base"], p["belief_trust"], p["belief_yes"], p["belief_no"])
              for j, other in enumerate(seats) if j != k]
    belief = next_belief(seat.belief, chance_of_at_least(len(others), others), p["belief_speed"])
    seat = replace(seat, belief=belief)
    if commits(seat.utility, seat.outlay, belief, p["sunk_share"]):
        return replace(seat, committed=True, known=True, stance=True)
    return seat
