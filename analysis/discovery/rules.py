"""A few rules for which strategy to choose: a decision tree on who is best, and what following it brings.

The tree (CART, Breiman and others 1984, of scikit-learn) divides the points by at most three questions, so that in each leaf
one strategy is mostly the best; a leaf then advises the strategy with the highest mean gain in it. It is grown on half of the
points with half of the seeds. What counts is what following it brings on the other points and seeds: mean gain of the
strategies it advises, less that of the one strategy that did best everywhere on the half it was grown on. Whether that beats
chance is tested by dealing the outcomes of points anew and growing again (Holm over parks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from analysis.discovery.gains import LEVEL, NOBODY, Gains, over_seeds
from analysis.discovery.regions import Column, Halves, halve
from analysis.effects import adjusted_p_values
from analysis.statistics import Estimate

DEPTH, LEAST_LEAF = 3, 0.05  # questions to a leaf; smallest leaf, as a share of the points it is grown on
_DRAW = 20_102


class Question(NamedTuple):
    """One condition on the way to a leaf: a factor at most (`above` false) or above a value; of a level, not or indeed it."""

    factor: str
    value: float
    level: str | None
    above: bool


class Leaf(NamedTuple):
    """Where a tree ends.

    Attributes
    ----------
    questions
        All must hold; none where the tree has no question.
    strategy : str
        What it advises.
    points, wins : int
        Held out: points that come here, and those at which the advised strategy is best.
    """

    questions: tuple[Question, ...]
    strategy: str
    points: int
    wins: int


@dataclass(frozen=True)
class Advice:
    """The tree of one park.

    Attributes
    ----------
    leaves
        From the lowest branch to the highest.
    always : str
        The one strategy with the highest mean gain on the half on which the tree was grown.
    brings : Estimate
        Held out: mean gain of following the tree less that of `always`, with a 95% t interval over seeds.
    right, right_always : float
        Held out: share of points at which the advised strategy, and `always`, is best.
    p : float
        Permutation p-value of what it brings, Holm over parks.
    factors
        Factors asked for, the one that divides best first.
    """

    park: str
    leaves: tuple[Leaf, ...]
    always: str
    brings: Estimate
    right: float
    right_always: float
    p: float
    factors: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether following the tree brings more than chance would."""
        return self.p <= LEVEL

    def to_json(self) -> dict[str, Any]:
        """Return the tree as plain values."""
        leaves = [leaf._asdict() | {"questions": [question._asdict() for question in leaf.questions]} for leaf in self.leaves]
        return {
            "park": self.park, "found": self.found, "p": self.p, "always": self.always, "brings": self.brings.to_json(),
            "right": self.right, "right_always": self.right_always, "factors": list(self.factors), "leaves": leaves,
        }  # fmt: skip


def find_advice(gains: Sequence[Gains], permutations: int) -> list[Advice]:
    """Return the tree of every park, with what following it brings."""
    found = [_advice(park, permutations) for park in gains]
    adjusted = adjusted_p_values([advice.p for advice in found])
    return [replace(advice, p=advice.p if p is None else p) for advice, p in zip(found, adjusted, strict=True)]


class _Grown(NamedTuple):
    """A tree with the strategy of each leaf: of every node (int), by its number."""

    tree: Any
    strategy: np.ndarray
    always: int


def _grow(x: np.ndarray, winner: np.ndarray, values: np.ndarray) -> _Grown:
    """Grow a tree.

    Parameters
    ----------
    x : float64, (points, columns)
    winner : int, (points,)
    values : float64, (points, strategies, seeds)
        Gains, of the seeds that say who is the winner.
    """
    from sklearn.tree import DecisionTreeClassifier

    means, known = values.mean(axis=2), winner != NOBODY
    always = int(means.mean(axis=0).argmax())
    least = max(2, round(LEAST_LEAF * len(x)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree.fit(x[known], winner[known]) if known.any() else tree.fit(x, winner)
    leaf = tree.apply(x)
    strategy = np.full(tree.tree_.node_count, always)
    for node in np.unique(leaf):
        strategy[node] = means[leaf == node].mean(axis=0).argmax()
    return _Grown(tree, strategy, always)


def _brings(grown: _Grown, x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return mean gain of following a tree less that of the strategy for everywhere: float64, (seeds,)."""
    advised = grown.strategy[grown.tree.apply(x)]
    return (values[np.arange(len(x)), advised] - values[:, grown.always]).mean(axis=0)


def _advice(gains: Gains, permutations: int) -> Advice:
    halves = halve(gains)
    grown, held = _on(halves, gains, np.arange(gains.points))
    brings = _brings(grown, *held)
    by_chance = np.array([_dealt(halves, gains, number).mean() for number in range(permutations)])
    advised = grown.strategy[grown.tree.apply(held[0])]
    second = halves.second[~halves.search]
    leaves = _leaves(grown, halves, gains.strategies, held[0], second)
    asked = {question.factor for leaf in leaves for question in leaf.questions}
    order = np.argsort(-grown.tree.feature_importances_, kind="stable")
    used = [halves.columns[k].factor for k in order if halves.columns[k].factor in asked]
    return Advice(
        gains.park, leaves, gains.strategies[grown.always],
        over_seeds(brings), float((advised == second).mean()), float((grown.always == second).mean()),
        float((1 + (by_chance >= brings.mean()).sum()) / (1 + permutations)), tuple(dict.fromkeys(used)),
    )  # fmt: skip


def _on(halves: Halves, gains: Gains, deal: np.ndarray) -> tuple[_Grown, tuple[np.ndarray, np.ndarray]]:
    """Return the tree of the points searched, and factors and gains of those held out, with outcomes dealt to points."""
    search, values = halves.search, gains.values[deal]
    grown = _grow(halves.x[search], halves.first[deal][search], values[search][:, :, ::2])
    return grown, (halves.x[~search], values[~search][:, :, 1::2])


def _dealt(halves: Halves, gains: Gains, number: int) -> np.ndarray:
    grown, held = _on(halves, gains, np.random.default_rng([_DRAW, number]).permutation(gains.points))
    return _brings(grown, *held)


def _leaves(
    grown: _Grown, halves: Halves, strategies: Sequence[str], x: np.ndarray, second: np.ndarray
) -> tuple[Leaf, ...]:
    """Return the leaves; branches in which all advise the same are one leaf."""
    tree, leaf = grown.tree.tree_, grown.tree.apply(x)

    def walk(node: int, questions: tuple[Question, ...]) -> list[Leaf]:
        if tree.children_left[node] < 0:
            here, advised = leaf == node, int(grown.strategy[node])
            return [Leaf(questions, strategies[advised], int(here.sum()), int((second[here] == advised).sum()))]
        column: Column = halves.columns[tree.feature[node]]
        value, found = float(tree.threshold[node]), []
        for child, above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            found += walk(int(child), (*questions, Question(column.factor, value, column.level, above)))
        if len({branch.strategy for branch in found}) > 1:
            return found
        points, wins = (sum(getattr(branch, name) for branch in found) for name in ("points", "wins"))
        return [Leaf(questions, found[0].strategy, points, wins)]

    return tuple(walk(0, ()))
