"""Phase 3: each parcel's quality on the eight location motives, and each company's view of its site.

Simultaneous: neighbours are read as they stood at the start of the phase (motives are written, buildings only read).
Source: mechanics C1 (motives), C4 (uncertainty), C6 (trust). The eight motives and their weights are a judgement; the
survey behind the source's own figure could not be had.
"""

from __future__ import annotations

import math

from sim.compiled import rule
from sim.records import (
    ACCESS,
    N_MOTIVES,
    NEAR,
    NEARNESS,
    NEVER,
    PARKING,
    PREMISES,
    PRICE,
    PROSPECT,
    ROOM,
    SERVICES,
    SITTING,
    SURROUNDINGS,
)

_VACANT_LAND, _OPEN_LAND = -2.0, -1.0  # no building: nobody there, or somebody who uses the land


@rule
def perceive_park(world):
    """Rate every parcel on the motives, then let every company look at its site and at the world."""
    look_around(world)
    for i in range(world.counts[0].parcels):
        if world.parcels[i].live:
            rate_parcel(world, i)
    total, trust, sitting = 0.0, 0.0, 0
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state == SITTING and company.parcel >= 0:
            company.site_quality = site_quality(world, company, world.parcels[company.parcel], True)
            total += company.site_quality
            trust += company.trust
            sitting += 1
            settle_mind(world, company)
        elif company.state == PROSPECT:
            settle_mind(world, company)
    for j in range(1, world.counts[0].owners):
        owner = world.owners[j]
        owner.uncertainty = drift_uncertainty(world, owner.uncertainty)
    if sitting > 0:
        world.environment[0].park_quality[world.clock[0].quarter % 8] = total / sitting
        world.environment[0].trust = trust / sitting


@rule
def look_around(world):
    """Write what each parcel is as a neighbour into ``world.scratch_f`` (0-1, below 0 without a building) and ``scratch``.

    Side by side in memory they are read much faster than one by one from the records; ``scratch`` says whether
    the premises are in use. Premises that stand vacant count at half their quality, as an empty building is a poor
    neighbour; so do those of a firm that stands where it should not (a petrol station, a shop).
    """
    look, used = world.scratch_f, world.scratch
    for j in range(world.counts[0].parcels):
        parcel = world.parcels[j]
        used[j] = 0
        if parcel.floor <= 0.0:
            look[j] = _VACANT_LAND if parcel.occupant < 0 else _OPEN_LAND
        elif parcel.occupant < 0:
            look[j] = 0.5 * parcel.quality
        else:
            used[j] = 1
            look[j] = parcel.quality * (0.5 if world.companies[parcel.occupant].misplaced else 1.0)


@rule
def rate_parcel(world, i):
    """Write the eight motive qualities of parcel ``i`` (``parcel.motives``, each 0-1).

    Access falls with the distance to the park's exit and during works in front; parking with floor space per plot;
    room rises with what may still be built and with vacant plots next door.
    """
    p = world.parameters[0]
    parcel = world.parcels[i]
    motives = parcel.motives
    motives[ACCESS] = access_quality(world, parcel)
    motives[PARKING] = clip((parcel.area / max(parcel.floor, 1.0) - 1.0) / 2.0) if parcel.floor > 0.0 else 0.8
    if parcel.segment >= 0:
        motives[PARKING] = clip(motives[PARKING] + world.segments[parcel.segment].parking)
    motives[PREMISES] = premises_quality(world, parcel.quality, parcel.fit) if parcel.floor > 0.0 else 0.0
    around, occupied = neighbourhood(world, i)
    motives[SURROUNDINGS] = p.public_weight * public_quality(world, parcel) + (1.0 - p.public_weight) * around
    motives[ROOM] = room_quality(world, i)
    motives[NEARNESS] = clip(0.25 + 0.5 * occupied)
    services = world.segments[parcel.segment].services if parcel.segment >= 0 else 0.0
    motives[SERVICES] = clip(0.45 + services)
    motives[PRICE] = price_quality(world, parcel, motives[SURROUNDINGS])


@rule
def clip(x):
    """Return ``x`` held within 0 and 1."""
    return min(1.0, max(0.0, x))


@rule
def premises_quality(world, quality, fit):
    """Return the motive 'premises' from building quality and functional fit."""
    share = world.parameters[0].premises_weight
    return share * quality + (1.0 - share) * fit


@rule
def access_quality(world, parcel):
    """Return the motive 'access' (0-1): motorway class, distance to the exit, state of the road, works under way."""
    motorway = world.grid[0].motorway
    base = 0.8 if motorway == 0 else (0.65 if motorway == 1 else 0.5)
    distance = min(parcel.exit_m, 3_000.0)
    quality = base - 0.1 * distance / 1_000.0
    if parcel.segment >= 0:
        segment = world.segments[parcel.segment]
        quality += 0.2 * (segment.quality - 0.6)
        if segment.works_until > world.clock[0].quarter:
            quality -= world.parameters[0].works_access_loss
    return clip(quality)


@rule
def public_quality(world, parcel):
    """Return the quality of the public space in front (0-1), with credit for works that were announced.

    A parcel without road in front looks out on nothing kept: 0.3.
    """
    if parcel.segment < 0:
        return 0.3
    segment = world.segments[parcel.segment]
    # What is announced counts as far as the municipality is trusted.
    return segment.quality + world.environment[0].trust * max(0.0, segment.announced - segment.quality)


@rule
def neighbourhood(world, i):
    """Return (mean quality of the buildings around parcel ``i``, share in use), weighted by distance (`look_around`)."""
    look, in_use = world.scratch_f, world.scratch
    weight, quality, used = 0.0, 0.0, 0.0
    for k in range(NEAR):
        j = world.near[i, k]
        if j < 0:
            break
        if look[j] < 0.0:
            continue
        w = world.near_weight[i, k]
        weight += w
        quality += w * look[j]
        used += w * in_use[j]
    if weight <= 0.0:
        return 0.5, 0.5
    return quality / weight, used / weight


@rule
def room_quality(world, i):
    """Return the motive 'room to expand' (0-1): what may still be built on the plot, and vacant land next door."""
    p = world.parameters[0]
    parcel = world.parcels[i]
    allowed = parcel.area * p.floor_space_max
    room = clip((allowed - parcel.floor) / max(allowed, 1.0))
    for k in range(parcel.n_borders):
        if world.scratch_f[world.borders[i, k]] == _VACANT_LAND:
            return clip(room + 0.3)
    return room


@rule
def price_quality(world, parcel, surroundings):
    """Return the motive 'price' (0-1): 0.5 at the regional price, more when the asking price lies below it."""
    value = property_value(world, parcel)
    if value <= 0.0:
        return 0.5
    regional = world.parameters[0].ask_markup * value
    asking = parcel.asking if parcel.offered and parcel.asking > 0.0 else quality_price(world, value, surroundings)
    return clip(1.5 - asking / regional)


@rule
def quality_price(world, value, surroundings):
    """Return the asking price that fits a value and its surroundings, euros (elasticity around the regional mean)."""
    p = world.parameters[0]
    return value * p.ask_markup * (1.0 + p.ask_quality * (surroundings / 0.5 - 1.0))


@rule
def property_value(world, parcel):
    """Return the market value of land and building, euros: V(q) = area * land price + floor * (built value * q)."""
    p = world.parameters[0]
    return parcel.area * p.land_price + parcel.floor * p.value_built * parcel.quality


@rule
def site_quality(world, company, parcel, with_price):
    """Return S: how well ``parcel`` suits ``company`` (0-1), with limited substitution between motives.

    ``S = (sum w q**rho) ** (1/rho)``. In an appraisal in euros the motive 'price' is left out (``with_price`` false)
    and the weights renormalised, or price would count twice.
    """
    return blend(world, company.weights, parcel.motives, parcel.motives[PREMISES], with_price)


@rule
def site_quality_with(world, company, parcel, premises):
    """Return S of ``parcel`` for ``company`` if its premises had quality ``premises`` (price left out)."""
    return blend(world, company.weights, parcel.motives, premises, False)


@rule
def blend(world, weights, motives, premises, with_price):
    """Return the weighted CES mean of motive qualities, with ``premises`` in place of the parcel's own."""
    rho = world.parameters[0].substitution
    total, weight = 0.0, 0.0
    for m in range(N_MOTIVES):
        if m == PRICE and not with_price:
            continue
        q = premises if m == PREMISES else motives[m]
        # The square root is the default exponent and twenty times cheaper than a general power.
        total += weights[m] * (math.sqrt(q) if rho == 0.5 else q ** rho)
        weight += weights[m]
    mean = total / weight
    return mean * mean if rho == 0.5 else mean ** (1.0 / rho)


@rule
def settle_mind(world, company):
    """Let uncertainty and trust drift, readiness fade and satisfaction follow the site (mechanics C4, C6)."""
    p = world.parameters[0]
    company.uncertainty = drift_uncertainty(world, company.uncertainty)
    company.trust += p.trust_drift * (company.trust_base - company.trust)
    company.trust_others += p.trust_drift * (company.others_base - company.trust_others)
    company.satisfaction += 0.05 * (company.site_quality - company.satisfaction)
    for k in range(5):
        company.readiness[k] *= 0.97
    if company.followed_up > NEVER and world.clock[0].quarter > company.followed_up:
        # A plan was told in confidence and nobody came back on it.
        company.followed_up = NEVER
        lose_trust(world, company)


@rule
def drift_uncertainty(world, uncertainty):
    """Return perceived uncertainty one quarter on: back to its base, up when the region does badly."""
    p = world.parameters[0]
    below = max(0.0, -world.environment[0].activity) / max(p.activity_sd, 1e-9)
    return clip(uncertainty + p.uncertainty_drift * (p.uncertainty_base - uncertainty)
                + p.uncertainty_cycle * p.uncertainty_drift * below)


@rule
def gain_trust(world, company):
    """A good event: trust rises by a share of the distance still to go (``trust_matters`` 0: it stays)."""
    p = world.parameters[0]
    company.trust += p.trust_matters * p.trust_gain * (1.0 - company.trust)


@rule
def lose_trust(world, company):
    """A bad event: trust falls by a larger share than a good one adds."""
    p = world.parameters[0]
    company.trust -= p.trust_matters * p.trust_loss * company.trust


@rule
def trust_others_more(world, company):
    """Something done together went well: trust in the other firms rises by a share of the distance."""
    p = world.parameters[0]
    company.trust_others += p.trust_matters * p.trust_gain * (1.0 - company.trust_others)


@rule
def trust_others_less(world, company):
    """Another party let this firm down."""
    p = world.parameters[0]
    company.trust_others -= p.trust_matters * p.trust_loss * company.trust_others


@rule
def teach_neighbours(world, j, lesson):
    """Firms around parcel ``j`` draw their lesson from what happened there, less so further away.

    Parameters
    ----------
    lesson : float
        Above 0 a success: less uncertainty, more trust in other firms; below 0 a failure: more uncertainty.
    """
    p = world.parameters[0]
    for k in range(NEAR):
        n = world.near[j, k]
        if n < 0:
            break
        occupant = world.parcels[n].occupant
        if occupant < 0:
            continue
        company = world.companies[occupant]
        weight = abs(lesson) * world.near_weight[j, k]
        if lesson > 0.0:
            company.uncertainty *= 1.0 - weight
            company.trust_others += p.trust_matters * weight * (1.0 - company.trust_others)
        else:
            company.uncertainty = clip(company.uncertainty + weight)
