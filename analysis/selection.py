"""Which strategy is best, with as few seeds as that takes: a fully sequential selection on common random numbers.

The procedure KN of Kim and Nelson (2001), *ACM Transactions on Modeling and Computer Simulation* 11, 251-273. The user
says which difference is too small to matter (the indifference zone) and how sure the choice must be. After a first stage,
seeds are looked at one by one; a strategy leaves as soon as its sum lies so far behind another's that it can hardly be
the best. The border comes from the variance of *differences* in the first stage, so common random numbers are allowed,
and shorten the work.

The chance that the choice is right holds for independent seeds and outcomes that are about normal, when the best is ahead
of each other by at least that smallest difference. Outcomes that are all skewed alike keep the promise. Where one strategy
owes its lead to rare large gains, a first stage often misses them and the borders come out too narrow: a promise of 95%
was kept 87% of the time with a first stage of 20 seeds, 91% with 50 and 93% with 100 (``tests/analysis/test_selection.py``).
For money take a first stage of 50 or more.
Looking at the seeds in order, whatever number comes in at once, keeps what it decides the same on any number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CONFIDENCE = 0.95
FIRST = 20  # seeds of the first stage; Kim and Nelson advise some ten to twenty

# What a verdict guarantees; texts for people hang on these keys.
BEST_IF_AHEAD = "best_if_ahead"  # the best with this confidence, if it is ahead by at least the smallest difference
TIED = "tied"  # the best ones have the same mean to the last digit, as strategies that never act differently have
ONLY_ONE = "only_one"  # there was nothing to choose between
UNDECIDED = "undecided"  # with this confidence the best is among the surviving; more seeds are wanted


@dataclass(frozen=True)
class Verdict:
    """What a selection came to, or where it stands.

    Attributes
    ----------
    decided
        Whether one strategy, or several that tie, was chosen.
    best
        The chosen one (the first named of those that tie); None while undecided.
    surviving
        Strategies still in, in the order named: the chosen and those that tie with it, or those still to choose from.
    eliminated
        Strategy to the number of seeds at which it left, in the order of leaving.
    confidence
        Least chance that the choice is right, 0-1.
    smallest
        Smallest difference that matters, in the unit of the outcome.
    first
        Seeds of the first stage.
    seeds
        Strategy to the number of its seeds that the decision rests on.
    guarantee
        Key of what the confidence means: ``best_if_ahead``, ``tied``, ``only_one`` or ``undecided``.
    """

    decided: bool
    best: str | None
    surviving: tuple[str, ...]
    eliminated: dict[str, int]
    confidence: float
    smallest: float
    first: int
    seeds: dict[str, int]
    guarantee: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields under their own names."""
        return {
            "decided": self.decided, "best": self.best, "surviving": list(self.surviving),
            "eliminated": dict(self.eliminated), "confidence": self.confidence, "smallest": self.smallest,
            "first": self.first, "seeds": dict(self.seeds), "guarantee": self.guarantee,
        }  # fmt: skip


class Selection:
    """A selection of the best strategy, fed with seeds in batches.

    Parameters
    ----------
    names
        Strategies, at least one, each once.
    smallest
        Smallest difference in the mean that matters, above 0, in the unit of the outcome. More is better; for an outcome
        of which less is better, give its negative.
    confidence
        Least chance that the choice is right, above 1 / strategies (what a blind guess has), below 1.
    first
        Seeds of the first stage, at least 2.

    Raises
    ------
    ValueError
        If an argument lies outside its range.

    Examples
    --------
    >>> choice = Selection(["a", "b"], smallest=1.0, first=10)
    >>> luck = np.random.default_rng(1).normal(size=30)
    >>> choice.wanted(8)
    {'a': 10, 'b': 10}
    >>> choice.observe({"a": luck, "b": luck - 5.0})
    >>> choice.best, choice.eliminated
    ('a', {'b': 10})
    """

    def __init__(self, names: Sequence[str], smallest: float, confidence: float = CONFIDENCE, first: int = FIRST):
        _check(names, smallest, confidence, first)
        self.names = tuple(names)
        self.smallest = smallest
        self.confidence = confidence
        self.first = first
        self._in = list(range(len(self.names)))
        self._left: dict[str, int] = {}
        self._looked = 0
        self._seen: dict[str, np.ndarray] = {name: np.empty(0) for name in self.names}
        self._reach: np.ndarray | None = None  # h^2 S^2 / smallest, per pair; known after the first stage

    @property
    def surviving(self) -> tuple[str, ...]:
        """Strategies still in, in the order named."""
        return tuple(self.names[i] for i in self._in)

    @property
    def eliminated(self) -> dict[str, int]:
        """Strategy to the number of seeds at which it left, in the order of leaving."""
        return dict(self._left)

    @property
    def seeds_looked_at(self) -> int:
        """Seeds that the decision rests on so far; what came in after it was decided does not count."""
        return self._looked

    @property
    def decided(self) -> bool:
        """Whether one is left, or those left tie when the borders have come down."""
        return len(self._in) == 1 or (self._reach is not None and self._looked >= self._most())

    @property
    def best(self) -> str | None:
        """The chosen strategy, the first named of those that tie; None while undecided."""
        return self.names[self._in[0]] if self.decided else None

    def _most(self) -> int:
        """Return the number of seeds at which the border of every pair still in has come down to zero."""
        assert self._reach is not None
        among = self._reach[np.ix_(self._in, self._in)]
        return max(self.first, math.floor(float(among.max()) / self.smallest) + 1)

    @property
    def seeds_at_most(self) -> int | None:
        """Seeds at which it is decided whatever comes; None before the first stage is in."""
        if len(self._in) == 1:
            return self._looked
        return None if self._reach is None else self._most()

    def wanted(self, batch: int) -> dict[str, int]:
        """Return how many seeds, counted from the first, each strategy still in should have next; empty when decided.

        Parameters
        ----------
        batch
            Seeds to add at most, at least 1. The first time all of the first stage is wanted.

        Raises
        ------
        ValueError
            If `batch` is below 1.
        """
        if batch < 1:
            raise ValueError(f"a batch of {batch} seeds adds nothing; give at least 1")
        if self.decided:
            return {}
        count = self.first if self._reach is None else min(self._looked + batch, self._most())
        return dict.fromkeys(self.surviving, count)

    def observe(self, values: Mapping[str, np.ndarray]) -> None:
        """Look at the seeds that came in, one by one, until decided or out of seeds.

        Parameters
        ----------
        values
            Strategy to float64, (seeds so far,), in rising order of seeds and from the first seed on, for every strategy
            still in. Of unequal lengths, the seeds that all of them have are looked at; strategies that left may be
            shorter or absent.

        Raises
        ------
        ValueError
            If a strategy still in is missing, a number is NaN or infinite, or seeds looked at before have changed.
        """
        if self.decided:
            return
        arrays = {name: self._checked(name, values) for name in self.surviving}
        reach = min(array.size for array in arrays.values())
        if reach < self.first:
            return
        table = np.array([arrays[name][:reach] if name in arrays else np.full(reach, np.nan) for name in self.names])
        if self._reach is None:
            self._reach = reaches(table[:, : self.first], self.smallest, self.confidence)
        sums = np.cumsum(table, axis=1)
        self._looked = max(self._looked, self.first - 1)
        while self._looked < reach and not self.decided:
            self._look(sums)
        self._seen = {name: arrays[name][: self._looked].copy() for name in arrays}

    def _checked(self, name: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
        if name not in values:
            raise ValueError(f"{name!r} is still in the selection, and no seeds of it came in")
        array = np.asarray(values[name], dtype=float)
        if not np.isfinite(array).all():
            place = int(np.flatnonzero(~np.isfinite(array))[0]) + 1
            raise ValueError(f"{name!r} has no number for seed {place} of {array.size}; a selection needs one for each")
        seen = self._seen[name]
        if not np.array_equal(array[: seen.size], seen):
            raise ValueError(f"{name!r} came in with other numbers for the {seen.size} seeds looked at before")
        return array

    def _look(self, sums: np.ndarray) -> None:
        """Look on from seed ``looked + 1`` until strategies leave, the borders are down, or the seeds are out."""
        assert self._reach is not None
        seeds = np.arange(self._looked + 1, min(sums.shape[1], self._most()) + 1)
        pair = np.ix_(self._in, self._in)
        border = np.maximum(0.0, (self._reach[pair][:, :, None] - self.smallest * seeds) / 2.0)
        standing = sums[self._in][:, seeds - 1]
        # Behind [i, l, r]: i lies beyond the border behind l at seed r. All that lie behind leave at the same time.
        behind = (standing[:, None, :] < standing[None, :, :] - border).any(axis=1)
        leaves = behind.any(axis=0)
        if not leaves.any():
            self._looked = int(seeds[-1])
            return
        place = int(np.argmax(leaves))
        self._looked = int(seeds[place])
        for i in [i for k, i in enumerate(self._in) if behind[k, place]]:
            self._in.remove(i)
            self._left[self.names[i]] = self._looked

    def verdict(self) -> Verdict:
        """Return what the selection came to, or where it stands."""
        seeds = {name: self._left.get(name, self._looked) for name in self.names}
        return Verdict(self.decided, self.best, self.surviving, self.eliminated, self.confidence, self.smallest,
                       self.first, seeds, self._guarantee())

    def _guarantee(self) -> str:
        if len(self.names) == 1:
            return ONLY_ONE
        if not self.decided:
            return UNDECIDED
        return TIED if len(self._in) > 1 else BEST_IF_AHEAD


def reaches(table: np.ndarray, smallest: float, confidence: float = CONFIDENCE) -> np.ndarray:
    """Return h^2 S^2 / smallest for each pair of strategies, from the seeds of a first stage.

    Half of it, less half of `smallest` per seed, is how far the sum of one may lie behind that of the other before it
    leaves.

    Parameters
    ----------
    table : float64, (strategies, seeds)
        At least two of each.
    smallest
        Smallest difference that matters, above 0.
    confidence
        Least chance that the choice is right, 0-1.

    Returns
    -------
    float64, (strategies, strategies)
        Unit of the outcome; 0 where two strategies differ by the same on every seed.
    """
    spread = np.var(table[:, None, :] - table[None, :, :], axis=2, ddof=1)
    return np.asarray(squared_width(table.shape[0], table.shape[1], confidence) * spread / smallest)


def squared_width(strategies: int, first: int, confidence: float = CONFIDENCE) -> float:
    """Return h^2 of Kim and Nelson (2001) with c = 1: how wide the borders are.

    The chance of error of a pair is alpha / (k - 1), which gives eta = ((2 alpha / (k - 1)) ** (-2 / (n - 1)) - 1) / 2 and
    h^2 = 2 eta (n - 1).

    Parameters
    ----------
    strategies
        k, at least 2.
    first
        n, seeds of the first stage, at least 2.
    confidence
        1 - alpha.
    """
    eta = 0.5 * ((2.0 * (1.0 - confidence) / (strategies - 1)) ** (-2.0 / (first - 1)) - 1.0)
    return 2.0 * eta * (first - 1)


def seeds_needed(
    values: Mapping[str, np.ndarray], smallest: float, confidence: float = CONFIDENCE, first: int = FIRST
) -> int:
    """Return about how many seeds a selection takes, for a line of progress.

    What is known now is taken for the truth: each strategy falls behind the leader at a steady pace and leaves when that
    crosses the border. Chance makes it shorter or longer by half; a close second most of all.

    Parameters
    ----------
    values
        All strategies of the selection to float64, (seeds so far,); those that left may be shorter, and no longer
        count. At least two seeds.
    smallest, confidence, first
        As :class:`Selection` takes them.

    Raises
    ------
    ValueError
        If an argument lies outside its range, a number is NaN, or there are fewer than two seeds.
    """
    _check(tuple(values), smallest, confidence, first)
    seeds = max(np.size(array) for array in values.values())
    if seeds < 2:
        raise ValueError(f"a forecast of the seeds needed takes at least two seeds, not {seeds}")
    table = np.array([array for array in values.values() if np.size(array) == seeds], dtype=float)
    if not np.isfinite(table).all():
        raise ValueError("a forecast of the seeds needed takes a number for every seed")
    if len(values) == 1:
        return 0
    if len(table) == 1:
        return seeds
    # The border comes from the first stage alone; all seeds tell better what its variance will have been about.
    scale = squared_width(len(values), first, confidence)
    leader = int(np.argmax(table.mean(axis=1)))
    others = np.delete(table, leader, axis=0)
    spread = np.var(others - table[leader], axis=1, ddof=1)
    gap = table[leader].mean() - others.mean(axis=1)
    return max(first, math.ceil(float((scale * spread / (smallest * (2.0 * gap + smallest))).max())))


def _check(names: Sequence[str], smallest: float, confidence: float, first: int) -> None:
    """Raise ValueError with all that is wrong with the arguments of a selection."""
    problems = []
    if not names or len(set(names)) < len(names):
        problems.append(f"a selection needs one strategy or more, each once, not {list(names)}")
    if not (smallest > 0.0 and math.isfinite(smallest)):
        problems.append(f"the smallest difference that matters is {smallest}; it must be above 0")
    blind = 1.0 / len(names) if len(names) > 1 else 0.0
    if not blind < confidence < 1.0:
        problems.append(f"the confidence is {confidence}; it lies above {blind:.3g} (a blind guess) and below 1")
    if first < 2:
        problems.append(f"the first stage has {first} seeds; it needs at least 2")
    if problems:
        raise ValueError("; ".join(problems))
