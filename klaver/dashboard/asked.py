"""What a session asks of the lanes, and what it holds in its hand while that is made: an ensemble, or one call."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from klaver.language import Language, ScreenLanguage

if TYPE_CHECKING:
    from analysis.experiment import Content, Runs
    from klaver.dashboard.lanes import Came
    from sim.inputs.scenario import Scenario
    from sim.inputs.strategy import Strategy

TWIN = "none"
COLUMNS = (
    "private_investment", "public_outlay", "vitality", "vitality_occupancy", "vitality_premises", "vitality_public_space",
    "vitality_jobs", "vitality_dynamics", "vitality_organisation", "vitality_future", "vacancy", "jobs", "trust", "outdated",
    "quality", "companies", "open_opportunities", "queue_regisseren", "queue_aanjagen", "queue_verbinden", "queue_ontzorgen",
    "spent_regisseren", "spent_aanjagen", "spent_verbinden", "spent_ontzorgen", "satisfaction", "realised", "exited",
    "started", "budget_left", "hours_lapsed",
)  # fmt: skip
"""Indicators that are kept of every quarter: those that a page shows. With 80 quarters 10 kB a run."""
FIRST_SEEDS = 8
"""Seeds of the first picture; they go out before anything else."""


@dataclass(frozen=True)
class Failure:
    """Why something could not be calculated. ``key`` and ``values`` name the sentence that a user is told."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_words(self, say: Language) -> str:
        """Return the sentence; ``say`` knows those of the dashboard (``klaver.language.ScreenLanguage``)."""
        return say(self.key, **self.values)

    def __str__(self) -> str:
        return self.in_words(ScreenLanguage("en"))


@dataclass(frozen=True, eq=False)
class Asked:
    """An ensemble; two that ask for the same are equal.

    Attributes
    ----------
    park
        The park.
    strategies
        With different names; the twin ``none`` is added where it is not among them.
    seeds
        Distinct, 0 or more, in the order in which they are wanted.
    quarters
        Length of every run, 1 or more; as the park says if None.
    drawn
        Each seed draws its parameters from the shipped posterior (``analysis.posterior``), for all strategies; those of the
        park if False.

    Raises
    ------
    ValueError
        If there are no seeds, one is given twice or is below 0, two strategies have one name, or one that is called ``none``
        acts.
    """

    park: Scenario
    strategies: tuple[Strategy, ...]
    seeds: tuple[int, ...]
    quarters: int | None = None
    drawn: bool = False

    def __post_init__(self) -> None:
        names = [strategy.name for strategy in self.strategies]
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds must be distinct whole numbers of 0 or more, at least one")
        if len(set(names)) != len(names):
            raise ValueError(f"two strategies have one name: {', '.join(names)}")
        if any(strategy.name == TWIN and strategy.approach != "none" for strategy in self.strategies):
            raise ValueError(f"{TWIN!r} is the name of the twin, whose approach is 'none'")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @cached_property
    def length(self) -> int:
        """Quarters of every run."""
        return self.quarters or self.park.quarters

    @cached_property
    def place(self) -> Content:
        """The park as it travels."""
        from analysis.experiment import Content

        return Content.of("park", self.park)

    @cached_property
    def approaches(self) -> tuple[Content, ...]:
        """The strategies as they travel, the twin among them."""
        from analysis.experiment import Content
        from sim.inputs.strategy import load_strategy

        there = any(strategy.name == TWIN for strategy in self.strategies)
        return tuple(Content.of("strategy", one) for one in (*self.strategies, *(() if there else (load_strategy(TWIN),))))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that is asked (32 hexadecimal digits)."""
        from analysis.identity import model_version

        what = [self._source, *(f"{one.name} {one.hash}" for one in self.approaches), repr(self.seeds), str(self.length),
                model_version()]  # fmt: skip
        return hashlib.sha256("\n".join(what).encode()).hexdigest()[:32]

    @cached_property
    def _source(self) -> str:
        """Where the worlds come from: the hash of the park, and of the posterior where parameters are drawn."""
        from klaver.dashboard.lanes import shipped_posterior

        return f"{self.place.hash}+{shipped_posterior().hash}" if self.drawn else self.place.hash

    def keys(self) -> dict[int, tuple[str, ...]]:
        """Return per seed the keys by which its runs are found again, in the order of :attr:`approaches`.

        Without drawn parameters these are the keys of the runs themselves. With them those are not known before the draw is
        made, which a lane does.
        """
        from analysis.identity import model_version, run_key

        source, length, model = self._source, self.length, model_version()
        hashes = [strategy.hash for strategy in self.approaches]
        return {seed: tuple(run_key(source, one, seed, length, model) for one in hashes) for seed in self.seeds}


class Filling:
    """An ensemble that fills; read from any thread.

    Attributes
    ----------
    asked
        What was asked.
    total
        Runs that it has when it is complete.
    failed
        Why it will not be complete; None while nothing is wrong.
    """

    def __init__(self, asked: Asked, tell: Callable[[], None], lock: threading.RLock) -> None:
        self.asked, self.tell, self._lock = asked, tell, lock
        self.failed: Failure | None = None
        self.keys = asked.keys()
        self.total = len(asked.seeds) * len(asked.approaches)
        self._there: dict[str, Came] = {}
        self._names: tuple[str, ...] = ()
        # A strategy and the twin may be the same run under two names.
        self.lacking: dict[str, int] = {key: seed for seed, keys in self.keys.items() for key in keys}
        self.first: deque[int] = deque(asked.seeds[:FIRST_SEEDS])
        self.rest: deque[int] = deque(asked.seeds[FIRST_SEEDS:])
        self.pictured = False
        self._built: tuple[tuple[int, ...], Runs] | None = None

    # --- for a page --------------------------------------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Hash of what was asked: a picture of another one is outdated."""
        return self.asked.fingerprint

    @property
    def done(self) -> int:
        """Runs that are there."""
        with self._lock:
            return sum(key in self._there for keys in self.keys.values() for key in keys)

    @property
    def complete(self) -> bool:
        """Whether all runs are there."""
        return not self.lacking

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of which every run is there, in the order in which they were wanted."""
        with self._lock:
            return tuple(seed for seed, keys in self.keys.items() if all(key in self._there for key in keys))

    def runs(self, most_seeds: int | None = None) -> Runs | None:
        """Return the seeds of which all strategies and the twin are there, so that every difference is paired.

        Parameters
        ----------
        most_seeds
            At most so many, those that were wanted first.

        Returns
        -------
        Runs or None
            None while there is no such seed. The same object as long as there are no more.
        """
        with self._lock:
            seeds = tuple(sorted(self.seeds[:most_seeds]))
            if not seeds:
                return None
            if self._built is not None and self._built[0] == seeds:
                return self._built[1]
        built = self._build(seeds)  # without the lock: runs that are there stay there
        with self._lock:
            if self._built is None or self._built[0] != seeds:
                self._built = (seeds, built)
            return self._built[1]

    def _build(self, seeds: Sequence[int]) -> Runs:
        import numpy as np
        import pandas as pd

        from analysis.experiment import Runs
        from analysis.identity import hash_of_keys

        asked = self.asked
        names = [strategy.name for strategy in asked.approaches]
        order = sorted(range(len(names)), key=names.__getitem__)  # rows by seed, then by name
        runs = [self._there[self.keys[seed][place]] for seed in seeds for place in order]
        index = pd.MultiIndex.from_product([list(seeds), [names[place] for place in order]], names=["seed", "strategy"])
        table = pd.DataFrame(np.stack([run.measures for run in runs]), columns=list(self._names),
                             index=index.swaplevel())  # fmt: skip
        return Runs(asked.park.name, runs[0].gross_ha, asked.length, tuple(names), tuple(seeds), table,
                    np.stack([run.path for run in runs]), COLUMNS, 1, hash_of_keys({run.run for run in runs}))  # fmt: skip

    # --- for the one who fills it, who holds the lock ----------------------------------------------------------------

    def take(self, key: str, run: Came, names: tuple[str, ...]) -> bool:
        """Take a run if it is lacking; return whether it was."""
        if self.lacking.pop(key, None) is None:
            return False
        self._there[key], self._names = run, names
        return True

    def known(self, key: str) -> Came | None:
        """Return a run that is there."""
        return self._there.get(key)

    def first_is_there(self) -> bool:
        """Return whether the first picture has all its runs."""
        return all(key in self._there for seed in self.asked.seeds[:FIRST_SEEDS] for key in self.keys[seed])

    def left_of_first(self) -> int:
        """Return how many runs the first picture still lacks."""
        return sum(key in self.lacking for seed in self.asked.seeds[:FIRST_SEEDS] for key in self.keys[seed])

    def places(self, seed: int, under_way: Container[str]) -> tuple[int, ...]:
        """Return which strategies of a seed are lacking and not under way; each run once."""
        found = {key: place for place, key in enumerate(self.keys[seed]) if key in self.lacking and key not in under_way}
        return tuple(sorted(found.values()))

    def again(self, keys: Sequence[str]) -> set[str]:
        """Put the seeds of runs that are still lacking back in front; return those runs."""
        lacking = self.lacking.keys() & set(keys)
        seeds = {self.lacking[key] for key in lacking}
        early = set(self.asked.seeds[:FIRST_SEEDS])
        for seed in sorted(seeds, key=self.asked.seeds.index, reverse=True):
            queue = self.first if seed in early else self.rest
            if seed not in queue:
                queue.appendleft(seed)
        return lacking

    @property
    def waiting(self) -> int:
        """Runs that nobody has begun, at most."""
        return (len(self.first) + len(self.rest)) * len(self.asked.approaches)


class Pending:
    """One call that a lane carries out; read from any thread.

    Attributes
    ----------
    key
        By which its result is found again.
    result
        What the function returned; None until it is there. Shared between all who ask for it: not to be changed.
    failed
        Why there will be no result; None while nothing is wrong.
    complete
        Whether the result is there.
    """

    def __init__(self, key: str, pickled: bytes, tell: Callable[[], None], subject: str | None) -> None:
        self.key, self.pickled, self.tell, self.subject = key, pickled, tell, subject
        self.result: Any = None
        self.failed: Failure | None = None
        self.complete = False
