"""What a page compares: strategies with a name each, and their comparison, worked out beside the page while it fills.

Intervals and chances take half a second for five strategies, too long for a page that is drawn again with every handful of
runs. So a comparison goes by steps of futures (:data:`STEPS`), is worked out in a lane (:func:`judge`), and stays on the page
until the next one is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import solara

from analysis import statistics
from analysis.compare import NET_PRIVATE, Comparison
from analysis.pairs import all_pairs
from klaver.dashboard import desk as desks
from klaver.dashboard.asked import TWIN, Failure
from klaver.dashboard.session import Session, use_call, use_ensemble
from klaver.dashboard.shared import shipped_strategy, strategies
from klaver.language import LANGUAGES

if TYPE_CHECKING:
    from analysis.experiment import Runs
    from analysis.statistics import Estimate
    from klaver.dashboard.desk import Setting
    from sim.inputs.strategy import Strategy

STEPS = (8, 20, 50, 100, 200, 500, 1000)
"""Futures at which a comparison is worked out anew while an ensemble fills; it always is at the end."""
WORKED_OUT = ("estimates", "differences", "pairs", "probability_best")
"""What pictures and sentences read of a comparison, and what takes time."""


# --- who is compared -------------------------------------------------------------------------------------------------


def named_apart(asked: Sequence[Strategy]) -> tuple[Strategy, ...]:
    """Return the strategies in their order, such that those that differ have different names, and equal ones are one object.

    A strategy of the user's own that was changed after it was set aside still has the name it was set aside under; and a
    session file may name a strategy as a shipped one that it is not.
    """
    found: list[Strategy] = []
    by_content: dict[str, Strategy] = {}
    for strategy in asked:
        content = strategy.content_hash()
        if content not in by_content:
            taken = {other.name for other in by_content.values()}
            shipped = strategy.name in strategies() and not desks.is_shipped(strategy)
            by_content[content] = _renamed(strategy, taken) if shipped or strategy.name in taken else strategy
        found.append(by_content[content])
    return tuple(found)


def use_apart(setting: Setting) -> tuple[Strategy, Strategy]:
    """Return the strategy that is looked at and its reference with different names; one object where they are equal."""
    asked = (setting.strategy, setting.reference)
    strategy, reference = solara.use_memo(lambda: named_apart(asked), [*map(id, asked)])
    return strategy, reference


def _renamed(strategy: Strategy, taken: set[str]) -> Strategy:
    from sim.inputs.strategy import check_strategy

    stem = f"own_{strategy.name}"[:90] if strategy.name in strategies() else strategy.name[:90]
    name = next(new for n in range(2, 100) if (new := f"{stem}_{n}") not in taken)
    return check_strategy(strategy.resolved() | {"name": name}, "strategy")


def titles_of(session: Session, compared: Sequence[Strategy]) -> dict[str, str]:
    """Return what strategies are called on the page, by name, the twin among them; no two are called alike."""
    return _titles(session.language.value, compared)


def titles_in_both(compared: Sequence[Strategy]) -> dict[str, dict[str, str]]:
    """Return what strategies are called, by language and name, as :func:`titles_of` has it."""
    return {code: _titles(code, compared) for code in LANGUAGES}


def _titles(code: str, compared: Sequence[Strategy]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for strategy in (*compared, shipped_strategy(TWIN)):
        if strategy.name not in titles:
            title = strategy.title.get(code, strategy.name.replace("_", " "))
            numbered = (title if n == 1 else f"{title} ({n})" for n in count(1))
            titles[strategy.name] = next(text for text in numbered if text not in titles.values())
    return titles


# --- the comparison --------------------------------------------------------------------------------------------------


def judge(runs: Runs, reference: str) -> dict[str, Any]:
    """Return what takes time in a comparison, by the name of its property (:data:`WORKED_OUT`)."""
    comparison = Comparison(runs, reference)
    return {name: getattr(comparison, name) for name in WORKED_OUT}


@dataclass(frozen=True, eq=False)
class Judged:
    """A comparison as far as it is there.

    Attributes
    ----------
    comparison
        None until the first futures are there and worked out. What is dear in it is worked out.
    mark
        Changes with the comparison, and with nothing else.
    done, total
        Runs.
    busy
        A better one is on its way.
    failed
        Why there will be no better one.
    """

    comparison: Comparison | None
    mark: str
    done: int
    total: int
    busy: bool
    failed: Failure | None

    @property
    def seeds(self) -> int:
        """Futures that the comparison rests on."""
        return len(self.comparison.runs.seeds) if self.comparison is not None else 0


def step_of(seeds: int, complete: bool) -> int:
    """Return how many futures to work with when so many are there."""
    return seeds if complete else max((step for step in STEPS if step <= seeds), default=0)


def use_judged(subject: str, compared: tuple[Strategy, ...], reference: str, *, drawn: bool | None = None) -> Judged:
    """Return the comparison of some strategies on the park that is looked at, as far as it is there.

    Parameters
    ----------
    subject
        What on the page it is for.
    compared
        With different names (:func:`named_apart`); the twin is added.
    reference
        Name of the one that differences are taken from.
    drawn
        Whether parameters are drawn; as the setting says if None.
    """
    chosen = solara.use_memo(lambda: tuple({strategy.name: strategy for strategy in compared}.values()), [*map(id, compared)])
    filling = use_ensemble(subject, chosen, drawn=drawn)
    step = step_of(len(filling.seeds), filling.complete)
    runs: Any = solara.use_memo(lambda: filling.runs(step) if step else None, [filling.fingerprint, step])
    mark = f"{runs.receipt} {' '.join(runs.strategies)} {reference}" if runs is not None else ""
    pending = use_call(f"{subject} judged", mark, judge, lambda: (bare(runs), reference), wanted=runs is not None)
    last: Any = solara.use_ref(None)  # of this ensemble: the comparison shown while a better one is worked out
    if runs is not None and pending is not None and pending.complete and (last.current is None or last.current[1] != mark):
        comparison = Comparison(runs, reference)
        vars(comparison).update(pending.result)
        last.current = (f"{filling.fingerprint} {reference}", mark, comparison)
    kept = last.current if last.current is not None and last.current[0] == f"{filling.fingerprint} {reference}" else None
    failed = filling.failed or (pending.failed if pending is not None else None)
    done, current = filling.done, kept is not None and kept[1] == mark
    return solara.use_memo(
        lambda: Judged(kept[2] if kept else None, kept[1] if kept else "", done, filling.total,
                       not failed and not (filling.complete and current), failed),
        [kept and kept[1], filling.fingerprint, done, current, failed and failed.key],
    )  # fmt: skip


def bare(runs: Runs) -> Runs:
    """Return runs without what they were like on the way: a tenth of the size to send."""
    return replace(runs, paths=np.empty((len(runs.table), 0, 0), np.float32), columns=())


# --- over the horizon ------------------------------------------------------------------------------------------------

OVER_TIME = ("vitality", NET_PRIVATE)
"""Outcomes that the paths of runs tell at any moment."""


@dataclass(frozen=True)
class Moments:
    """Differences between strategies at several horizons.

    Attributes
    ----------
    years
        The horizons.
    from_reference
        Outcome, strategy -> an estimate per horizon.
    pairs
        Outcome, (first, second) -> the first less the second, an estimate per horizon.
    stands
        Outcome, (first, second) -> whether the two can be told apart at each horizon: decided as ``Comparison.stands`` does,
        all pairs of that horizon judged together, so that many pairs make no turn by chance.
    """

    years: tuple[int, ...]
    from_reference: Mapping[tuple[str, str], tuple[Estimate, ...]]
    pairs: Mapping[tuple[str, tuple[str, str]], tuple[Estimate, ...]]
    stands: Mapping[tuple[str, tuple[str, str]], tuple[bool, ...]]

    def turns(self, outcome: str) -> list[Turn]:
        """Return the pairs whose order is different at two horizons, or no longer there at the last; the surest first."""
        found = []
        for (about, pair), estimates in self.pairs.items():
            if about != outcome:
                continue
            signs = [0 if one.mean is None else int(np.sign(one.mean)) for one in estimates]
            sure = [sign if stands else 0 for sign, stands in zip(signs, self.stands[about, pair], strict=True)]
            for kind, turn in (("sure", _turn(sure)), ("fades", _fading(sure)), ("unsure", _turn(signs))):
                if turn is not None:
                    before, after = turn
                    ahead = pair if signs[before] > 0 else (pair[1], pair[0])
                    found.append(Turn(*ahead, self.years[before], self.years[after], kind))
                    break
        return sorted(found, key=lambda turn: TURNS.index(turn.kind))


TURNS = ("sure", "fades", "unsure")
"""Kinds of turns, the surest first."""


@dataclass(frozen=True)
class Turn:
    """Two strategies whose order turns: the first is ahead after ``before`` years, and no longer after ``after`` years.

    Attributes
    ----------
    kind
        ``sure`` where the second is ahead later, and at both moments the two can be told apart; ``fades`` where they can be
        told apart at first and no longer at the end; ``unsure`` where only the means change places.
    """

    first: str
    second: str
    before: int
    after: int
    kind: str


def _turn(signs: Sequence[int]) -> tuple[int, int] | None:
    """Return the last two moments, next to each other but for zeros, at which signs are opposite."""
    there = [(place, sign) for place, sign in enumerate(signs) if sign]
    turns = [(a, b) for (a, first), (b, second) in pairwise(there) if first != second]
    return turns[-1] if turns else None


def _fading(sure: Sequence[int]) -> tuple[int, int] | None:
    """Return the last moment with a sign and the end, where the end has none."""
    there = [place for place, sign in enumerate(sure) if sign]
    return (there[-1], len(sure) - 1) if there and not sure[-1] else None


def horizons_of(quarters: int) -> tuple[int, ...]:
    """Return the years at which an order is looked at in a run of so many quarters: some four, the last is the end.

    >>> horizons_of(80), horizons_of(40), horizons_of(4)
    ((5, 10, 15, 20), (3, 5, 8, 10), (1,))
    """
    years = quarters // 4
    return tuple(sorted({max(1, round(years * k / 4 + 1e-9)) for k in range(1, 5)})) if years else ()


def moments(runs: Runs, reference: str, years: tuple[int, ...]) -> Moments:
    """Return how strategies differ at several horizons, on the same futures.

    Parameters
    ----------
    runs
        With the paths of vitality and of private and public euros.
    reference
        Strategy that differences are taken from.
    years
        Horizons, within the runs.
    """
    ends = [4 * year // runs.every - 1 for year in years]
    values: dict[tuple[str, str], np.ndarray] = {}
    for name in runs.strategies:
        values["vitality", name] = runs.path(name, "vitality")[:, ends].astype(float)
        private, public = (runs.path(name, column)[:, ends].astype(float) - runs.path(TWIN, column)[:, ends]
                           for column in ("private_investment", "public_outlay"))  # fmt: skip
        values[NET_PRIVATE, name] = private - public
    keys: list[tuple[str, tuple[str, str]]] = []
    columns = []
    for outcome in OVER_TIME:
        names = runs.strategies
        wanted = [(name, reference) for name in names]
        wanted += [(first, second) for k, first in enumerate(names) for second in names[k + 1 :]]
        for pair in dict.fromkeys(wanted):
            keys.append((outcome, pair))
            columns.append(values[outcome, pair[0]] - values[outcome, pair[1]])
    n = len(years)
    table = np.concatenate(columns, axis=1)
    estimates = statistics.means_with_intervals(table, ["EUR" if outcome == NET_PRIVATE else "0-100"
                                                        for outcome, _ in keys for _ in range(n)])  # fmt: skip
    found = {key: tuple(estimates[k * n : (k + 1) * n]) for k, key in enumerate(keys)}
    order = list(runs.strategies)
    pairs = {key: told for key, told in found.items() if order.index(key[1][0]) < order.index(key[1][1])}
    judged = {outcome: [all_pairs({name: values[outcome, name][:, k] for name in order}) for k in range(n)]
              for outcome in OVER_TIME}  # fmt: skip
    return Moments(
        years, {(outcome, pair[0]): told for (outcome, pair), told in found.items() if pair[1] == reference}, pairs,
        {(outcome, pair): tuple(one[pair].difference.stands for one in judged[outcome]) for outcome, pair in pairs},
    )  # fmt: skip


def at_horizons(runs: Runs) -> Runs:
    """Return runs with no more of their paths than :func:`moments` needs."""
    kept = ("vitality", "private_investment", "public_outlay")
    return replace(runs, paths=np.ascontiguousarray(runs.paths[:, :, [runs.columns.index(column) for column in kept]]),
                   columns=kept, table=runs.table.iloc[:, :0])  # fmt: skip
