"""Designs: which combinations of values of its factors an experiment tries.

``factorial`` tries every combination of levels; ``fractional`` a balanced part of the combinations of two levels each;
``latin_hypercube`` and ``sobol`` spread points over ranges; ``principles`` tries the 64 combinations of the six guiding
principles (with every combination of further factors); ``list`` tries the points that are written out. A design always
gives the same points. Points of Sobol's sequence can be added to later, and so can the seeds of every experiment: what
was tried before stays in it.

Sources: Montgomery, Design and Analysis of Experiments, ch. 5-8 (factorial and fractional designs, resolution); McKay,
Beckman and Conover (1979) and Tang (1993, strength 2) for Latin hypercubes; Sobol (1967) and Owen (1998) for scrambled
Sobol points. The designs are those of pyDOE and SciPy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations, product
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis.variants import Point
from sim.inputs.problems import show

MOST_POINTS = 100_000
MOST_LEVELS = 1_000
MOST_OPTIMISED = 2_000  # samples of an optimised Latin hypercube: about five seconds, and the time grows with them
_MOST_BASE_FACTORS = 16  # of a fraction: 65,536 points
_LARGEST = 1e15  # of a number in a range
_STANDARD: dict[str, Any] = {"seed": 1, "scramble": True, "strength": 1, "optimise": False}

KEYS: dict[str, tuple[str, ...]] = {
    "factorial": (),
    "fractional": ("resolution", "generators"),
    "latin_hypercube": ("samples", "seed", "strength", "optimise"),
    "sobol": ("samples", "seed", "scramble"),
    "principles": (),
    "list": (),
}
"""Kinds of design, and the keys that each has besides ``kind``."""
SAMPLED = ("latin_hypercube", "sobol")


class Table(BaseModel):
    """A table of an experiment file: no key but its own, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Factor(Table):
    """What is varied, and over what: levels, or a range.

    Attributes
    ----------
    name : str
        Dotted name (:func:`analysis.variants.factor_names`).
    levels : list or None
        Distinct values: true or false, numbers, texts, or tables of shares.
    low, high : int, float or None
        Ends of a range, in the unit of the key that is varied; both belong to it.
    scale : {"linear", "log"}
        What is spread evenly over the range: the value, or its logarithm (`low` above 0).
    integer : bool
        Whole numbers only.
    """

    name: str
    levels: Annotated[list[Any], Field(max_length=MOST_LEVELS)] | None = None
    low: Any = None
    high: Any = None
    scale: Literal["linear", "log"] = "linear"
    integer: bool = False

    @model_validator(mode="after")
    def _levels_or_a_range(self) -> Factor:
        ranged = self.low is not None or self.high is not None
        if self.levels is not None and (ranged or self.scale != "linear" or self.integer):
            raise ValueError("has both levels and a range (low, high, scale, integer); give one of the two.")
        if self.levels is not None:
            self._check_levels(self.levels)
        elif self.low is None or self.high is None:
            raise ValueError("has no values; give a list of levels, or a range with low and high.")
        else:
            self._check_range()
        return self

    def _check_levels(self, levels: list[Any]) -> None:
        if not levels:
            raise ValueError("has an empty list of levels; give at least one.")
        for place, level in enumerate(levels):
            if any(level == other and isinstance(level, bool) == isinstance(other, bool) for other in levels[:place]):
                raise ValueError(f"has the level {show(level)} twice.")

    def _check_range(self) -> None:
        for end, value in (("low", self.low), ("high", self.high)):
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not -_LARGEST <= value <= _LARGEST:
                raise ValueError(f"has {end} {show(value)}; it must be a number.")
            if self.integer and value != int(value):
                raise ValueError(f"has {end} {show(value)}; with integer = true it must be a whole number.")
        if self.low >= self.high:
            raise ValueError(f"has low {show(self.low)}, which is not below high {show(self.high)}.")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"has low {show(self.low)}; with scale = 'log' it must be more than 0.")

    def at(self, places: np.ndarray) -> list[Any]:
        """Return the values at places within the range, or among the levels.

        Parameters
        ----------
        places : float64, (n,)
            0 up to but not 1: the share of the range, or of the levels, that lies below.
        """
        if self.levels is not None:
            return [self.levels[k] for k in (places * len(self.levels)).astype(int)]
        # A range of whole numbers reaches to the one after the last, so that each gets its full share.
        low, high = float(self.low), float(self.high) + (1.0 if self.integer else 0.0)
        if self.scale == "log":
            values = np.exp(math.log(low) + places * (math.log(high) - math.log(low)))
        else:
            values = low + places * (high - low)
        if self.integer:
            return [int(value) for value in np.clip(np.floor(values), self.low, self.high)]
        return [float(value) for value in np.clip(values, low, high)]

    def ends(self) -> list[Any]:
        """Return the two levels, or the two ends of the range."""
        if self.levels is not None:
            return list(self.levels)
        return [int(self.low), int(self.high)] if self.integer else [self.low, self.high]

    def to_check(self) -> list[Any]:
        """Return the values that show whether the whole factor is allowed: levels, or ends and an inner value."""
        return self.ends() + (self.at(np.array([0.382])) if self.levels is None else [])

    def resolved(self) -> dict[str, Any]:
        """Return the factor as plain values, without the keys of the other form."""
        if self.levels is not None:
            return {"name": self.name, "levels": self.levels}
        return {"name": self.name, "low": self.low, "high": self.high, "scale": self.scale, "integer": self.integer}


class Design(Table):
    """How points are made from factors; each kind has keys of its own.

    Attributes
    ----------
    kind : str
        One of :data:`KEYS`.
    samples : int
        Points of a sample, 1 to 100,000.
    seed : int
        Of the sample; 0 or more, 1 by default. It has nothing to do with the seeds of runs.
    scramble : bool
        Sobol: shuffle the digits (Owen), so that the first point is not the corner where everything is low. Default true.
    strength : {1, 2}
        Latin hypercube: 2 spreads every pair of factors evenly as well; samples is then the square of a prime.
    optimise : bool
        Latin hypercube: exchange values until points lie further apart (centred discrepancy). Default false.
    resolution : int
        Fraction: 3 to 6; the smallest that reaches it is chosen.
    generators : str
        Fraction: a word per factor, in their order, such as ``a b c ab -ac``; single letters are free, the others are
        products. (Factors under one table stand together, unless their names are written in quotes.)
    """

    kind: Literal["factorial", "fractional", "latin_hypercube", "sobol", "principles", "list"] = "factorial"
    samples: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**32)] | None = None
    scramble: bool | None = None
    strength: Annotated[int, Field(ge=1, le=2)] | None = None
    optimise: bool | None = None
    resolution: Annotated[int, Field(ge=3, le=6)] | None = None
    generators: Annotated[str, Field(max_length=2_000)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        """Fill in what a kind takes where nothing is stated, so that it stands in what is stored."""
        if not isinstance(values, dict) or not isinstance(values.get("kind", ""), str):
            return values
        return {key: _STANDARD[key] for key in KEYS.get(values.get("kind", ""), ()) if key in _STANDARD} | values

    @model_validator(mode="after")
    def _keys_belong_to_the_kind(self) -> Design:
        foreign = [key for key in type(self).model_fields if getattr(self, key) is not None]
        foreign = [key for key in foreign if key != "kind" and key not in KEYS[self.kind]]
        if foreign:
            own = f"its keys are {', '.join(KEYS[self.kind])}" if KEYS[self.kind] else "it has no further keys"
            raise ValueError(f"has {', '.join(foreign)}, which does not go with kind '{self.kind}'; {own}.")
        if self.kind in SAMPLED and self.samples is None:
            raise ValueError(f"of kind '{self.kind}' needs samples, the number of points.")
        if self.kind == "fractional" and (self.resolution is None) == (self.generators is None):
            raise ValueError("of kind 'fractional' needs resolution or generators, one of the two.")
        if self.optimise and (self.strength == 2 or (self.samples or 0) > MOST_OPTIMISED):
            raise ValueError(f"has optimise = true, which goes with strength 1 and at most {MOST_OPTIMISED:,} samples.")
        return self

    def resolved(self) -> dict[str, Any]:
        """Return the design as plain values: the keys of its kind, each complete."""
        return {key: value for key in ("kind", *KEYS[self.kind]) if (value := getattr(self, key)) is not None}


# --- does a design fit its factors? ----------------------------------------------------------------------------------


def design_problem(design: Design, factors: Sequence[Factor]) -> str:
    """Return why this design cannot be made of these factors, as a sentence that starts with a key; empty if it can."""
    crossed = design.kind in ("factorial", "principles")
    for factor in factors:
        if crossed and factor.levels is None:
            return (f"factors.{factor.name} is a range; a design of kind '{design.kind}' needs levels. Give a list, or "
                    "choose kind 'sobol' or 'latin_hypercube'.")
        if design.kind == "fractional" and len(factor.ends()) != 2:
            return f"factors.{factor.name} has {len(factor.ends())} levels; a fractional design needs two."
    if design.kind == "principles":
        named = [factor.name for factor in factors if factor.name.startswith("strategy.principles.")]
        return f"factors.{named[0]} is one of the six principles, which this design varies itself." if named else ""
    if design.kind == "list" and factors:
        return "factors stand beside a design of kind 'list', which takes its values from points."
    if design.kind in SAMPLED and not factors:
        return f"design.kind is '{design.kind}', and there are no factors."
    if design.kind == "fractional":
        return _fraction_problem(design, len(factors))
    if design.strength == 2 and design.samples is not None:
        return _strength_problem(design.samples, len(factors))
    return ""


def _fraction_problem(design: Design, factors: int) -> str:
    if factors < 2:
        return "design.kind is 'fractional', which needs at least two factors."
    if design.generators is not None:
        words = design.generators.split(" ")
        if len(words) != factors:
            return f"design.generators has {len(words)} words, and there are {factors} factors; give one for each."
        if not all(re.fullmatch(r"[+-]?[a-z]+", word) for word in words):
            return (f"design.generators is {show(design.generators)}; it must be words of the letters a to z with one "
                    "space between, each with or without a minus, such as 'a b c ab -ac'.")
        if sum(len(word.strip("+-")) == 1 for word in words) > _MOST_BASE_FACTORS:
            return f"design.generators has more than {_MOST_BASE_FACTORS} free factors; make others products of these."
    try:
        signs = two_levels(factors, design.resolution, design.generators)
    except (ValueError, IndexError) as error:
        return f"design cannot be made: {str(error).rstrip('.')}."
    mixed = np.abs(signs.T @ signs) - len(signs) * np.eye(factors)
    if np.any(mixed) or np.any(signs.sum(axis=0)):
        return f"design.generators is {show(design.generators)}, in which two factors cannot be told apart."
    return ""


def _strength_problem(samples: int, factors: int) -> str:
    from scipy.stats import qmc

    try:
        qmc.LatinHypercube(factors, strength=2, rng=0).random(samples)
    except ValueError:
        return (f"design.samples is {samples}; with strength 2 it must be the square of a prime number, and more than "
                f"{(factors - 1) ** 2} for {factors} factors.")
    return ""


# --- points ----------------------------------------------------------------------------------------------------------


def count_points(design: Design, factors: Sequence[Factor], listed: Sequence[Mapping[str, Any]]) -> int:
    """Return how many points a design has, without making them."""
    if design.kind == "list":
        return len(listed)
    if design.kind == "fractional":
        return len(two_levels(len(factors), design.resolution, design.generators))
    if design.kind in SAMPLED:
        return design.samples or 0
    crossed = math.prod(len(factor.ends()) for factor in factors)
    return 64 * crossed if design.kind == "principles" else crossed


def make_points(design: Design, factors: Sequence[Factor], listed: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Return the points of a design, always the same and in the same order.

    Parameters
    ----------
    design, factors
        That fit each other (:func:`design_problem`).
    listed
        The points of a design of kind ``list``.
    """
    if design.kind == "list":
        return [Point(number, dict(values)) for number, values in enumerate(listed)]
    if design.kind == "principles":
        return _principle_points(factors)
    names = [factor.name for factor in factors]
    if design.kind == "factorial":
        rows: Any = product(*(factor.ends() for factor in factors))
    elif design.kind == "fractional":
        signs = two_levels(len(factors), design.resolution, design.generators)
        pairs = [factor.ends() for factor in factors]
        rows = ([pair[int(sign > 0)] for pair, sign in zip(pairs, row, strict=True)] for row in signs)
    else:
        places = _sample(design, len(factors))
        rows = zip(*(factor.at(places[:, k]) for k, factor in enumerate(factors)), strict=True)
    return [Point(number, dict(zip(names, row, strict=True))) for number, row in enumerate(rows)]


def _principle_points(factors: Sequence[Factor]) -> list[Point]:
    """Return the cross of the six switches, all on first, and of further factors, which change fastest."""
    from analysis.principles import PRINCIPLES, combination_names

    names = [factor.name for factor in factors]
    points: list[Point] = []
    for combination in combination_names():
        switches = {f"strategy.principles.{name}": bit == "1" for name, bit in zip(PRINCIPLES, combination[1:], strict=True)}
        for row in product(*(factor.ends() for factor in factors)):
            points.append(Point(len(points), switches | dict(zip(names, row, strict=True)), combination))
    return points


@lru_cache(maxsize=64)
def two_levels(factors: int, resolution: int | None, generators: str | None) -> np.ndarray:
    """Return a fraction of the two-level factorial by its resolution or its generators.

    Returns
    -------
    float64, (points, factors)
        -1 for the first level, +1 for the second. Not to be modified.

    Raises
    ------
    ValueError, IndexError
        If there is no such fraction.
    """
    import pydoe

    if generators is not None:
        return pydoe.fracfact(generators)
    assert resolution is not None
    signs = pydoe.fracfact_by_res(factors, resolution)
    if len(signs) > 2**_MOST_BASE_FACTORS:
        raise ValueError(f"it would have {len(signs):,} points; at most {2**_MOST_BASE_FACTORS:,} are allowed")
    return signs


def _sample(design: Design, factors: int) -> np.ndarray:
    """Return places within the unit cube, float64, (samples, factors), 0 up to but not 1."""
    from scipy.stats import qmc

    assert design.samples is not None
    if design.kind == "sobol":
        # Drawn up to a power of 2 and cut, so that a longer sample begins with the shorter one.
        sobol = qmc.Sobol(factors, scramble=bool(design.scramble), rng=design.seed)
        return sobol.random_base2(math.ceil(math.log2(design.samples)))[: design.samples]
    sampler = qmc.LatinHypercube(
        factors, strength=design.strength or 1, optimization="random-cd" if design.optimise else None,
        rng=design.seed,
    )
    return sampler.random(design.samples)


# --- what to know about a design -------------------------------------------------------------------------------------

_NOTES = {
    "sobol": {
        "nl": "{n} Sobolpunten: bij een macht van twee ({below} of {above}) liggen ze gelijkmatiger over het gebied.",
        "en": "{n} Sobol points: at a power of two ({below} or {above}) they cover the ranges more evenly.",
    },
    "latin_hypercube": {
        "nl": "Een Latijnse hyperkubus is niet uit te breiden: met een ander aantal punten verschuiven ze allemaal. "
              "Wie later punten wil toevoegen, kiest kind = \"sobol\".",
        "en": "A Latin hypercube cannot be extended: with another number of samples all of its points change. To add "
              "points later, choose kind = \"sobol\".",
    },
    3: {
        "nl": "Resolutie III: het effect van één factor valt niet te scheiden van de wisselwerking tussen twee andere.",
        "en": "Resolution III: the effect of one factor cannot be told from the interaction of two others.",
    },
    4: {
        "nl": "Resolutie IV: effecten van losse factoren zijn zuiver; wisselwerkingen tussen twee factoren zijn niet van "
              "elkaar te scheiden.",
        "en": "Resolution IV: effects of single factors stand clear; interactions of two factors cannot be told from one "
              "another.",
    },
}  # fmt: skip


def design_notes(design: Design, factors: Sequence[Factor], language: str = "en") -> list[str]:
    """Return what a reader should know about a design before trusting it, in ``nl`` or ``en``."""
    if design.kind == "latin_hypercube":
        return [_NOTES["latin_hypercube"][language]]
    if design.kind == "sobol" and design.samples and design.samples & (design.samples - 1):
        below = 2 ** math.floor(math.log2(design.samples))
        return [_NOTES["sobol"][language].format(n=design.samples, below=below, above=2 * below)]
    if design.kind == "fractional":
        found = resolution_of(two_levels(len(factors), design.resolution, design.generators))
        return [_NOTES[found][language]] if found in _NOTES else []
    return []


def resolution_of(signs: np.ndarray) -> int:
    """Return the resolution of a two-level design: the length of the shortest product of columns that is constant.

    Parameters
    ----------
    signs : float64, (points, factors)
        -1 and +1, distinct balanced columns.

    Returns
    -------
    int
        3 or 4; 5 stands for five or more.
    """
    # Columns up to their sign: a word of length 3 is a pair whose product is a third column, one of length 4 two such pairs.
    columns = (signs * signs[0]).astype(np.int8)
    singles = {column.tobytes() for column in columns.T}
    pairs = [(columns[:, a] * columns[:, b]).tobytes() for a, b in combinations(range(columns.shape[1]), 2)]
    if singles & set(pairs):
        return 3
    return 4 if len(set(pairs)) < len(pairs) else 5
