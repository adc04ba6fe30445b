"""Appraisal in plain Python, written from the design (mechanics C1-C3; ``docs/parameters.md``) and not from ``sim/rules``.

What a firm gains from staying, renovating, building, or moving, in euros, against a threshold that rises with
uncertainty; what the bank lends; with what chance it takes which option. Names of parameters are those of
``docs/parameters.md``; a parameter table here is a plain ``dict``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Parameters = dict[str, float]
LARGEST_SHORTAGE = 0.5  # C3: a shortage counts up to half the floor space


@dataclass(frozen=True)
class Firm:
    """A firm that appraises: jobs (FTE), turnover (EUR/yr), m2 floor per job, premium on cost, tenure, own means (EUR)."""

    jobs: float
    turnover: float
    space_per_job: float
    theta: float
    uncertainty: float
    tenant: bool
    liquidity: float

    @property
    def need(self) -> float:
        """m2 of floor space that the firm needs."""
        return self.jobs * self.space_per_job


@dataclass(frozen=True)
class Premises:
    """Land (m2), floor (m2), quality and functional fit of the building (0-1)."""

    area: float
    floor: float
    quality: float
    fit: float


@dataclass(frozen=True)
class Offer:
    """One option in euros: benefit a year, change in property value, money it takes, and what a bank would lend on."""

    benefit: float
    value_change: float
    investment: float
    collateral: float


def site_quality(weights: list[float], qualities: list[float], rho: float, price: int | None = None) -> float:
    """Return S (0-1): the CES mean of the motives' qualities (C1).

    With ``price`` the position of that motive, it is dropped and the other weights renormalised: an appraisal in euros
    has the price in it already.
    """
    pairs = [(w, q) for i, (w, q) in enumerate(zip(weights, qualities, strict=True)) if i != price]
    total = sum(w for w, _ in pairs)
    if total == 0.0:
        return 0.0
    return float(sum(w / total * q**rho for w, q in pairs) ** (1.0 / rho))


def premises_quality(building: Premises, p: Parameters) -> float:
    """Return q(premises) (0-1): building quality and functional fit (C1)."""
    return p["premises_weight"] * building.quality + (1.0 - p["premises_weight"]) * building.fit


def premium(firm: Firm, p: Parameters) -> float:
    """Return eta = theta (1 + phi u): what a firm wants above cost (C3)."""
    return firm.theta * (1.0 + p["phi"] * firm.uncertainty)


def shortage(firm: Firm, floor: float) -> float:
    """Return h: need over floor, less one; below zero there is room to spare (C3). Infinite without a building."""
    return firm.need / floor - 1.0 if floor > 0.0 else math.inf


def felt_shortage(firm: Firm, floor: float) -> float:
    """Return min(h+, 0.5): the part of a shortage that costs money (C3)."""
    return min(max(0.0, shortage(firm, floor)), LARGEST_SHORTAGE)


def spare_floor(firm: Firm, floor: float) -> float:
    """Return m2 beyond 1.3 times the need: what a firm saves by shedding (C3)."""
    return max(0.0, floor - 1.3 * firm.need)


def yearly_benefit(firm: Firm, s_now: float, s_then: float, floor_now: float, floor_then: float,
                   p: Parameters) -> float:
    """Return B, euros a year (C3): a better site, a shortage relieved, floor space shed."""
    return (
        p["beta"] * firm.turnover * (s_then - s_now)
        + p["chi"] * firm.turnover * (felt_shortage(firm, floor_now) - felt_shortage(firm, floor_then))
        + p["shed_value"] * (spare_floor(firm, floor_now) - spare_floor(firm, floor_then))
    )


def property_value(building: Premises, p: Parameters) -> float:
    """Return V, euros (C3): land at the land price and floor space by its quality."""
    return p["land_price"] * building.area + p["value_built"] * building.quality * building.floor


def utility(firm: Firm, offer: Offer, grant: float, p: Parameters) -> float:
    """Return U, euros (C3): benefits over 15 years, residual value, less money put in at the premium."""
    residual = p["residual_tenant"] if firm.tenant else p["residual_owner"]
    return (p["annuity"] * offer.benefit + residual * offer.value_change
            - (1.0 + premium(firm, p)) * (offer.investment - grant))


def can_pay(firm: Firm, offer: Offer, grant: float, p: Parameters) -> bool:
    """Return whether the firm finds the money (C3): the bank lends a share of the value then, the rest is liquidity."""
    return offer.investment - grant <= p["credit_share"] * offer.collateral + firm.liquidity


def renovated(building: Premises, p: Parameters) -> Premises:
    """Return the premises after renovation (C3): quality and fit both as renovated."""
    return replace(building, quality=p["renovated_quality"], fit=p["renovated_quality"])


def renovation_cost(building: Premises, p: Parameters) -> float:
    """Return euros of renovation (C3): 595 per m2 and unit of quality."""
    return p["renovation_cost"] * max(0.0, p["renovated_quality"] - building.quality) * building.floor


def moving_cost(firm: Firm, p: Parameters) -> float:
    """Return euros of a move itself (C3): per m2 needed, and turnover lost."""
    return p["moving_cost"] * firm.need + p["moving_loss"] * firm.turnover


# --- options ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Motives:
    """How a firm weighs the motives, and which of them are premises and price (positions)."""

    weights: list[float]
    premises: int
    price: int

    def quality(self, qualities: list[float], premises: float, p: Parameters) -> float:
        """Return S without price, with premises of this quality (0-1) in place of the site's own."""
        seen = [premises if i == self.premises else q for i, q in enumerate(qualities)]
        return site_quality(self.weights, seen, p["substitution"], self.price)


def renovation(firm: Firm, motives: Motives, qualities: list[float], here: Premises, p: Parameters) -> Offer:
    """Return what renovating its own premises means to an owner."""
    after = renovated(here, p)
    now = motives.quality(qualities, premises_quality(here, p), p)
    then = motives.quality(qualities, premises_quality(after, p), p)
    return Offer(yearly_benefit(firm, now, then, here.floor, here.floor, p),
                 property_value(after, p) - property_value(here, p), renovation_cost(here, p), property_value(after, p))


def floor_to_add(firm: Firm, here: Premises, land: float, p: Parameters) -> float:
    """Return m2 an expansion adds (C3): up to 1.15 times the need, if there is room, on own land or on land bought."""
    room = land * p["floor_space_max"] if land > 0.0 else here.area * p["floor_space_max"] - here.floor
    return max(0.0, min(p["growth_room"] * firm.need - here.floor, room))


def expansion(firm: Firm, motives: Motives, qualities: list[float], here: Premises, land: float, clean: float,
              p: Parameters) -> Offer:
    """Return what building on means to an owner, on its own plot or on ``land`` m2 next door, land price left out."""
    added = floor_to_add(firm, here, land, p)
    old = premises_quality(here, p)
    mixed = (old * here.floor + p["new_quality"] * added) / (here.floor + added)
    benefit = yearly_benefit(firm, motives.quality(qualities, old, p), motives.quality(qualities, mixed, p),
                             here.floor, here.floor + added, p)
    gain = land * p["land_price"] + p["value_built"] * p["new_quality"] * added
    return Offer(benefit, gain, p["build_cost"] * added + clean, property_value(here, p) + gain)


def purchase(firm: Firm, s_now: float, s_then: float, here: Premises, there: Premises, works: float, price: float,
             p: Parameters) -> Offer:
    """Return what moving to bought premises means to an owner (C3): the move, 5% of the price, the price difference.

    ``there`` is as it will be after works.
    """
    value_now, value_then = property_value(here, p), property_value(there, p)
    outlay = (works + moving_cost(firm, p) + p["transfer_cost"] * price
              + price - value_now)
    return Offer(yearly_benefit(firm, s_now, s_then, here.floor, there.floor, p), value_then - value_now, outlay,
                 value_then)


def buying_after_renting(firm: Firm, s_now: float, s_then: float, here: Premises, there: Premises, works: float,
                         price: float, p: Parameters) -> float:
    """Return U, euros, of a tenant that buys (C3 taken term by term): it sells nothing, and pays no rent any more.

    What it leaves behind: 8% of the value a year as rent, and the tenant's residual on that value.
    """
    left = (p["residual_tenant"] - p["annuity"] * p["rent_yield"]) * property_value(here, p)
    outlay = works + moving_cost(firm, p) + (1.0 + p["transfer_cost"]) * price
    return (p["annuity"] * yearly_benefit(firm, s_now, s_then, here.floor, there.floor, p)
            + p["residual_owner"] * property_value(there, p) - left - (1.0 + premium(firm, p)) * outlay)


def normal_value(floor: float, quality: float, p: Parameters) -> float:
    """Return V(q), euros, at the usual floor space index (C3): floor times (333 + 425 q)."""
    return floor * (p["land_price"] / p["floor_space_index"] + p["value_built"] * quality)


def rental(firm: Firm, s_now: float, s_then: float, floor_now: float, floor_then: float, value_change: float,
           asked_more: float, p: Parameters) -> Offer:
    """Return what moving to rented premises means to a tenant (C3): the move, and 8% of the difference in value as rent.

    ``asked_more`` is by how much what the landlord asks differs from the value: rent is paid on what is asked.
    """
    rent = p["rent_yield"] * (value_change + asked_more)
    benefit = yearly_benefit(firm, s_now, s_then, floor_now, floor_then, p) - rent
    return Offer(benefit, value_change, moving_cost(firm, p), 0.0)


def choice_chances(utilities: list[float], scale: float) -> list[float]:
    """Return the chance of each option, *stay* (worth 0) first: argmax of U + scale x Gumbel, among options with U >= 0.

    The largest of independent Gumbel-noised utilities is option i with the logit probability. Options that do not pay
    (U < 0) are never taken (C3), so their chance is 0.
    """
    open_to_choice = [0.0] + [u for u in utilities if u >= 0.0]
    if scale == 0.0:
        best = max(open_to_choice)
        winners = [u == best for u in [0.0, *utilities]]
        return [w / sum(winners) for w in winners]
    top = max(open_to_choice)
    total = sum(math.exp((u - top) / scale) for u in open_to_choice)
    return [math.exp((u - top) / scale) / total if u >= 0.0 else 0.0 for u in [0.0, *utilities]]
