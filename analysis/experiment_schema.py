"""An experiment: parks, strategies, seeds, a design over factors, and what to keep.

It holds its parks and strategies in full, not by name, so that a stored experiment can be carried out again without the
files it was made from. Files are read in ``experiment_file.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from analysis.design import Design, Factor, Table, design_notes, make_points
from analysis.identity import canonical
from analysis.posterior import Posterior
from analysis.variants import PARK_SHARES, STRATEGY_SHARES, Point, vary_park, vary_strategy
from sim.inputs.scenario import InTwoLanguages, Scenario
from sim.inputs.strategy import Strategy

TWIN = "none"
LAY_OUT = frozenset(f"park.{key}" for key in ("gross_ha", "net_gross", "firms", "vacant_land", "vacant_site_ha",
                                              "layout_seed"))  # fmt: skip
"""Factors that shape a park that is laid out, and do nothing to one that is drawn."""


class Kept(Table):
    """What is kept over time: indicators (``sim.outcomes.INDICATORS``), every so many quarters."""

    keep: list[str] = Field(default=[])
    every: Annotated[int, Field(ge=1, le=400)] = 4


class Size(NamedTuple):
    """How large an experiment is.

    Attributes
    ----------
    points, parks, strategies, seeds
        Numbers of each; strategies with the twin.
    runs
        Different runs, at most: the twin of a park variant counts once a seed.
    """

    points: int
    parks: int
    strategies: int
    seeds: int
    runs: int


class Experiment(Table):
    """An experiment as its file describes it, complete with every default and with its parks and strategies.

    Made by :func:`load_experiment`, :func:`check_experiment` or :func:`experiment_of`, which check what this class alone
    does not: names, levels, and whether the design fits.
    """

    name: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_. -]+$")] = "experiment"
    title: InTwoLanguages = InTwoLanguages()
    question: InTwoLanguages = InTwoLanguages()
    description: InTwoLanguages = InTwoLanguages()
    parks: list[Scenario]
    strategies: list[Strategy]
    reference: Annotated[str, Field(max_length=100)] = TWIN
    seeds: list[int]
    quarters: Annotated[int, Field(ge=1, le=400)] | None = None
    design: Design = Design()
    factors: list[Factor] = Field(default=[])
    listed: list[dict[str, Any]] = Field(default=[], alias="points")
    indicators: Kept = Kept()
    parameters: dict[str, Any] | None = None
    """A posterior in full, from which each seed draws a parameter set of its own; None for the parameters of the parks."""

    def posterior(self) -> Posterior | None:
        """Return the posterior from which each seed draws its parameters (:mod:`analysis.posterior`), if there is one."""
        return None if self.parameters is None else Posterior.from_resolved(self.parameters)

    def points(self) -> list[Point]:
        """Return the points of the design, always the same; one without values where there are no factors."""
        return make_points(self.design, self.factors, self.listed)

    def parks_loaded(self) -> dict[str, Scenario]:
        """Return the parks by name, in the order of the file."""
        return {park.name: park for park in self.parks}

    def strategies_loaded(self) -> dict[str, Strategy]:
        """Return the strategies by name, in the order of the file; the twin ``none`` is always among them."""
        return {strategy.name: strategy for strategy in self.strategies}

    def variants(self) -> Iterator[tuple[Point, Scenario, Strategy]]:
        """Yield every point with every park variant and strategy variant, the twin's included.

        Equal variants are one object: of a park at points that differ for strategies only, and the other way round.
        """
        made: dict[tuple[str, str, str], Any] = {}

        def once(kind: str, base: Any, values: dict[str, Any], vary: Callable[[Any, Point], Any], point: Point) -> Any:
            key = (kind, base.name, canonical(values))
            if key not in made:
                made[key] = vary(base, point)
            return made[key]

        for point in self.points():
            of_parks, of_strategies = point.of_parks(), point.of_strategies()
            for park in self.parks:
                place = once("park", park, of_parks, vary_park, point)
                for strategy in self.strategies:
                    yield point, place, once("strategy", strategy, of_strategies, vary_strategy, point)

    def size(self) -> Size:
        """Return how many points, parks, strategies, seeds and runs there are, without building variants."""
        points = self.points()
        acting = sum(strategy.approach != "none" for strategy in self.strategies)
        different = len({canonical(point.values) for point in points})
        of_parks = len({canonical(point.of_parks()) for point in points})
        pairs = len(self.parks) * (acting * different + (len(self.strategies) - acting) * of_parks)
        return Size(len(points), len(self.parks), len(self.strategies), len(self.seeds), pairs * len(self.seeds))

    def notes(self, language: str = "en") -> list[str]:
        """Return what a reader should know before trusting the design, in ``nl`` or ``en``."""
        notes = design_notes(self.design, self.factors, language)
        names = self._names_varied()
        drawn = [park.name for park in self.parks if park.map is not None]
        idle = [name for name in names if name in LAY_OUT]
        if drawn and idle:
            notes.append(_NOTES["drawn"][language].format(factors=", ".join(idle), parks=", ".join(drawn)))
        shares = [name for name in names if table_of_shares(name) not in ("", name)]
        if shares:
            notes.append(_NOTES["shares"][language].format(factors=", ".join(shares)))
        return notes

    def _names_varied(self) -> list[str]:
        listed = {name: None for values in self.listed for name in values}
        return [*(factor.name for factor in self.factors), *listed]

    def resolved(self) -> dict[str, Any]:
        """Return the experiment as plain values that JSON can hold: complete, with its parks and strategies in full."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"parks", "strategies", "design", "factors"})
        first, count = self.seeds[0], len(self.seeds)
        in_a_row = self.seeds == list(range(first, first + count))
        return content | {
            "parks": [park.resolved() for park in self.parks],
            "strategies": [strategy.resolved() for strategy in self.strategies],
            "seeds": {"first": first, "count": count} if in_a_row else list(self.seeds),
            "design": self.design.resolved(),
            "factors": [factor.resolved() for factor in self.factors],
        }

    @classmethod
    def from_resolved(cls, content: dict[str, Any]) -> Experiment:
        """Return the experiment that :meth:`resolved` described; raises InvalidFile if it is not right."""
        from analysis.experiment_file import check_experiment

        return check_experiment(content, str(content.get("name", "experiment")))

    def with_seeds(self, seeds: Sequence[int]) -> Experiment:
        """Return the experiment with other seeds; raises InvalidFile if they are not distinct, or below 0."""
        return self.from_resolved(self.resolved() | {"seeds": list(seeds)})

    def with_parameters(self, posterior: Posterior) -> Experiment:
        """Return the experiment with parameters drawn from a posterior; raises InvalidFile if a factor sets one of them."""
        return self.from_resolved(self.resolved() | {"parameters": posterior.resolved()})

    def content_hash(self) -> str:
        """Return a hash of everything that the file determines (hexadecimal, SHA-256)."""
        return hashlib.sha256(canonical(self.resolved()).encode()).hexdigest()


_NOTES = {
    "drawn": {
        "nl": "{factors}: verandert niets op {parks}, want daarvan ligt de plattegrond vast.",
        "en": "{factors}: changes nothing on {parks}, whose map is drawn.",
    },
    "shares": {
        "nl": "{factors}: de andere aandelen houden hun onderlinge verhouding in wat er overblijft.",
        "en": "{factors}: the other shares keep their mutual proportions in what is left.",
    },
}


def table_of_shares(name: str) -> str:
    """Return the table of shares that a factor sets in whole or in part; empty if it sets none."""
    tables = [*(f"park.{path}" for path in PARK_SHARES), *(f"strategy.{path}" for path in STRATEGY_SHARES)]
    return next((table for table in tables if name == table or name.startswith(f"{table}.")), "")
