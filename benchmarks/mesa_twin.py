"""The perception phase once more, as plain Mesa: agents with Python attributes, one ``AgentSet.do`` a loop.

This is how one would write ``sim/rules/perception.py`` with Mesa alone, and it makes identical decisions:
``tests/benchmarks/test_mesa_twin.py`` runs a park in which this twin stands in for the compiled phase, and compares the
two runs. It exists to be read beside the rule and to be timed against it.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import mesa

from sim.records import (
    ACCESS,
    N_MOTIVES,
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
from sim.world import World


def clip(x: float) -> float:
    """Return ``x`` held within 0 and 1."""
    return min(1.0, max(0.0, x))


class Segment:
    """A stretch of public space."""

    def __init__(self, quality: float, announced: float, services: float, works_until: int, parking: float) -> None:
        self.quality, self.announced, self.services, self.works_until = quality, announced, services, works_until
        self.parking = parking


class Parcel(mesa.Agent):
    """A plot, with its neighbours as a list of (parcel, weight)."""

    def __init__(self, model: TwinPark, record: object, segment: Segment | None) -> None:
        super().__init__(model)
        for name in ("area", "floor", "quality", "fit", "asking", "exit_m"):
            setattr(self, name, float(getattr(record, name)))
        self.offered = bool(record.offered)
        self.in_use = record.occupant >= 0
        self.misplaced = self.in_use and bool(model.world_companies[record.occupant].misplaced)
        self.segment = segment
        self.neighbours: list[tuple[Parcel, float]] = []
        self.adjoining: list[Parcel] = []
        self.motives = [float(motive) for motive in record.motives]

    def rate(self) -> None:
        """Rate the plot on the eight location motives."""
        p, motives = self.model.parameters, self.motives
        built = self.floor > 0.0
        motives[ACCESS] = self.access()
        motives[PARKING] = clip((self.area / max(self.floor, 1.0) - 1.0) / 2.0) if built else 0.8
        if self.segment:
            motives[PARKING] = clip(motives[PARKING] + self.segment.parking)
        motives[PREMISES] = p.premises_weight * self.quality + (1.0 - p.premises_weight) * self.fit if built else 0.0
        around, in_use = self.neighbourhood()
        motives[SURROUNDINGS] = p.public_weight * self.public_quality() + (1.0 - p.public_weight) * around
        motives[ROOM] = self.room()
        motives[NEARNESS] = clip(0.25 + 0.5 * in_use)
        motives[SERVICES] = clip(0.45 + (self.segment.services if self.segment else 0.0))
        motives[PRICE] = self.price(motives[SURROUNDINGS])

    def access(self) -> float:
        """Return how well the plot can be reached."""
        quality = self.model.motorway_access - 0.1 * min(self.exit_m, 3_000.0) / 1_000.0
        if self.segment:
            quality += 0.2 * (self.segment.quality - 0.6)
            if self.segment.works_until > self.model.quarter:
                quality -= self.model.parameters.works_access_loss
        return clip(quality)

    def public_quality(self) -> float:
        """Return the quality of the public space in front, with credit for announced works."""
        if not self.segment:
            return 0.3
        gain = max(0.0, self.segment.announced - self.segment.quality)
        return self.segment.quality + self.model.trust * gain

    def neighbourhood(self) -> tuple[float, float]:
        """Return quality and use of the buildings around."""
        weight = quality = used = 0.0
        for other, w in self.neighbours:
            if other.floor <= 0.0:
                continue
            weight += w
            if other.in_use:
                quality += w * other.quality * (0.5 if other.misplaced else 1.0)
                used += w
            else:
                quality += w * 0.5 * other.quality
        return (quality / weight, used / weight) if weight > 0.0 else (0.5, 0.5)

    def room(self) -> float:
        """Return how much room there is to expand."""
        allowed = self.area * self.model.parameters.floor_space_max
        room = clip((allowed - self.floor) / max(allowed, 1.0))
        if any(other.floor <= 0.0 and not other.in_use for other in self.adjoining):
            return clip(room + 0.3)
        return room

    def price(self, surroundings: float) -> float:
        """Return how the asking price compares with the regional one."""
        p = self.model.parameters
        value = self.area * p.land_price + self.floor * p.value_built * self.quality
        if value <= 0.0:
            return 0.5
        fair = value * p.ask_markup * (1.0 + p.ask_quality * (surroundings / 0.5 - 1.0))
        asking = self.asking if self.offered and self.asking > 0.0 else fair
        return clip(1.5 - asking / (p.ask_markup * value))


class Company(mesa.Agent):
    """A company on the park (``site`` is its parcel) or a prospect (``site`` is None)."""

    FIELDS = ("trust", "trust_others", "trust_base", "others_base", "uncertainty", "site_quality", "satisfaction")

    def __init__(self, model: TwinPark, row: int, record: object, site: Parcel | None) -> None:
        super().__init__(model)
        self.row, self.site = row, site
        for name in self.FIELDS:
            setattr(self, name, float(getattr(record, name)))
        self.weights = [float(weight) for weight in record.weights]
        self.readiness = [float(part) for part in record.readiness]
        self.followed_up = int(record.followed_up)

    def perceive(self) -> None:
        """Look at the own site, then let the mind settle."""
        if self.site is not None:
            self.site_quality = self.judge_site()
            self.model.seen.append((self.site_quality, self.trust))
        self.settle_mind()

    def judge_site(self) -> float:
        """Return how well the site suits: a weighted mean with limited substitution."""
        rho = self.model.parameters.substitution
        total = weight = 0.0
        for m in range(N_MOTIVES):
            quality = self.site.motives[m]
            total += self.weights[m] * (math.sqrt(quality) if rho == 0.5 else quality**rho)
            weight += self.weights[m]
        mean = total / weight
        return mean * mean if rho == 0.5 else mean ** (1.0 / rho)

    def settle_mind(self) -> None:
        """Let uncertainty, trust, satisfaction and readiness drift; a plan told in vain costs trust."""
        p = self.model.parameters
        self.uncertainty = self.model.drift(self.uncertainty)
        self.trust += p.trust_drift * (self.trust_base - self.trust)
        self.trust_others += p.trust_drift * (self.others_base - self.trust_others)
        self.satisfaction += 0.05 * (self.site_quality - self.satisfaction)
        for k in range(5):
            self.readiness[k] *= 0.97
        if NEVER < self.followed_up < self.model.quarter:
            self.followed_up = NEVER
            self.trust -= p.trust_loss * self.trust


class Owner(mesa.Agent):
    """An owner without a business on the park."""

    def __init__(self, model: TwinPark, row: int, uncertainty: float) -> None:
        super().__init__(model)
        self.row, self.uncertainty = row, uncertainty

    def perceive(self) -> None:
        """Let uncertainty drift."""
        self.uncertainty = self.model.drift(self.uncertainty)


class TwinPark(mesa.Model):
    """The park of a world, as far as perception reads it.

    Parameters
    ----------
    world
        Read once; :meth:`write_to` brings the results back.
    """

    def __init__(self, world: World) -> None:
        super().__init__(rng=1)
        self.world_companies = world.companies
        record = world.parameters[0]
        self.parameters = SimpleNamespace(**{name: float(record[name]) for name in record.dtype.names})
        self.quarter = int(world.clock[0].quarter)
        self.motorway_access = (0.8, 0.65, 0.5)[int(world.grid[0].motorway)]
        self.trust = float(world.environment[0].trust)
        self.activity = float(world.environment[0].activity)
        self.seen: list[tuple[float, float]] = []
        self.mean_seen: tuple[float, float] | None = None
        segments = [Segment(float(s.quality), float(s.announced), float(s.services), int(s.works_until),
                            float(s.parking))
                    for s in world.segments[: world.counts[0].segments]]
        self.by_row: dict[int, Parcel] = {}
        for row in range(world.counts[0].parcels):
            parcel = world.parcels[row]
            if parcel.live:
                agent = Parcel(self, parcel, segments[parcel.segment] if parcel.segment >= 0 else None)
                self.by_row[row] = agent
        for row, agent in self.by_row.items():
            agent.neighbours = [(self.by_row[j], float(weight)) for j, weight
                                in zip(world.near[row].tolist(), world.near_weight[row], strict=True) if j >= 0]
            agent.adjoining = [self.by_row[j] for j in world.borders[row, : world.parcels[row].n_borders].tolist()]
        for row in range(world.counts[0].companies):
            company = world.companies[row]
            if company.state == SITTING and company.parcel >= 0:
                Company(self, row, company, self.by_row[int(company.parcel)])
            elif company.state == PROSPECT:
                Company(self, row, company, None)
        for row in range(1, world.counts[0].owners):
            Owner(self, row, float(world.owners[row].uncertainty))

    def drift(self, uncertainty: float) -> float:
        """Return perceived uncertainty one quarter on."""
        p = self.parameters
        below = max(0.0, -self.activity) / max(p.activity_sd, 1e-9)
        return clip(uncertainty + p.uncertainty_drift * (p.uncertainty_base - uncertainty)
                    + p.uncertainty_cycle * p.uncertainty_drift * below)

    def step(self) -> None:
        """Rate every parcel, let every firm and owner look around, and note what the firms saw on average."""
        self.seen = []
        self.agents_by_type[Parcel].do("rate")
        self.agents_by_type[Company].do("perceive")
        if Owner in self.agents_by_type:
            self.agents_by_type[Owner].do("perceive")
        if self.seen:
            quality = trust = 0.0
            for site_quality, company_trust in self.seen:
                quality += site_quality
                trust += company_trust
            self.mean_seen = quality / len(self.seen), trust / len(self.seen)

    def write_to(self, world: World) -> None:
        """Write what the agents perceived into ``world``, as the compiled phase would have done."""
        for row, parcel in self.by_row.items():
            world.parcels[row].motives[:] = parcel.motives
        for company in self.agents_by_type[Company]:
            record = world.companies[company.row]
            for name in Company.FIELDS:
                setattr(record, name, getattr(company, name))
            record.readiness[:] = company.readiness
            record.followed_up = company.followed_up
        for owner in self.agents_by_type.get(Owner, ()):
            world.owners[owner.row].uncertainty = owner.uncertainty
        if self.mean_seen is not None:
            world.environment[0].park_quality[self.quarter % 8], world.environment[0].trust = self.mean_seen
