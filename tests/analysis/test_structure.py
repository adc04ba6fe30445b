"""Conclusions under other structures: each structure is sound and does something; verdicts on runs with known answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.compare import OUTCOMES, Comparison, compare
from analysis.engines import InProcess
from analysis.experiment import Runs, run_pairs
from analysis.store import Memory
from analysis.structure import AS_IT_IS, STRUCTURES, Structure, Survival, effects_table, run_structures, survival
from analysis.structure.survival import claims_of
from analysis.variants import Point, vary_park
from sim import outcomes
from sim.inputs.strategy import load_strategy
from tests.analysis.small_experiments import two_strategies, village
from tests.references.test_extremes import run, sound

NAMES = ("supply_driven", "demand_driven", "regisseren")
STRATEGIES = [load_strategy(name) for name in NAMES]


def bare(structure: Structure) -> dict[str, float]:
    return {name.removeprefix("parameters."): value for name, value in structure.values.items()}


# --- the structures themselves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda one: one.name)
def test_under_every_structure_the_books_balance_and_what_is_conserved_is(structure):
    for plan in ("none", "demand_driven"):
        sound(run(plan, 16, **bare(structure)))


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda one: one.name)
def test_every_structure_really_is_another_model(structure):
    def differs(name: str, seed: int) -> bool:
        one, other = (outcomes.measure(run("demand_driven", 40, seed, name, **changed)) for changed in (bare(structure), {}))
        return any(not np.isclose(one[key], other[key], equal_nan=True) for key in other)

    assert any(differs(name, seed) for name in ("typical", "rollepaal") for seed in range(1, 7))


def test_every_structure_differs_from_every_other_and_from_the_model_as_it_is():
    made = [vary_park(village(), Point(0, structure.values)) for structure in STRUCTURES]
    assert all(park != village() for park in made)
    assert all(one != other for k, one in enumerate(made) for other in made[:k])


def test_every_structure_is_run_on_the_same_seeds_with_a_twin_of_its_own():
    some = STRUCTURES[:2]
    found = run_structures([village()], two_strategies(), [3, 1], structures=some, quarters=4, engine=InProcess())
    assert list(found["small_village"]) == [AS_IT_IS, *(one.name for one in some)]
    for structure, there in zip((Structure(AS_IT_IS, {}), *some), found["small_village"].values(), strict=True):
        alone = run_pairs(vary_park(village(), Point(0, structure.values)), two_strategies(), [1, 3], 1, quarters=4, keep=())
        pd.testing.assert_frame_equal(there.runs.table, alone.table, check_exact=True)


def test_runs_that_a_store_holds_are_not_made_again():
    store, told = Memory(), []
    how = {"structures": STRUCTURES[:1], "quarters": 4, "store": store, "engine": InProcess()}
    for _ in range(2):
        run_structures([village()], two_strategies(), [1, 2], **how, tell=lambda there, todo: told.append((there, todo)))
    assert told == [(0, 12), (12, 0)]


# --- verdicts on made-up runs ----------------------------------------------------------------------------------------

Added = Mapping[str, tuple[float, float, float, float]]  # private and public euros, points of vitality, welfare
AHEAD: Added = {
    "supply_driven": (6e6, 3e6, 4.0, 2e6), "demand_driven": (9e6, 3e6, 12.0, 8e6), "regisseren": (7e6, 3e6, 8.0, 5e6)}


def made(added: Added, *, seeds: int = 40, noise: float = 1.0, draw: int = 1, luck: float = 8.0) -> Comparison:
    """Return a comparison in which strategies add known amounts to the luck of the twin, each with noise of its own."""
    common, rng = np.random.default_rng(99), np.random.default_rng(draw)
    park = common.normal(60.0, luck, seeds)
    frames = []
    for name in ("none", *added):
        private, public, vitality, welfare = added.get(name, (0.0, 0.0, 0.0, 0.0))
        own = rng.normal(0.0, noise, (3, seeds))
        columns = dict.fromkeys(OUTCOMES, np.zeros(seeds)) | {
            "vitality": park + vitality + own[0], "welfare": 1e6 * (park + own[1]) + welfare,
            "private_investment": 1e6 * park + private + 1e5 * own[2], "public_outlay": np.full(seeds, public),
        }  # fmt: skip
        index = pd.MultiIndex.from_product([[name], range(1, seeds + 1)], names=["strategy", "seed"])
        frames.append(pd.DataFrame(columns, index=index))
    table = pd.concat(frames).sort_index(level=["seed", "strategy"])
    names, numbers = ("none", *added), tuple(range(1, seeds + 1))
    return compare(Runs("Made-up", 20.0, 8, names, numbers, table, np.zeros((len(table), 8, 0), np.float32), ()))


def judged(**structures: Comparison) -> Survival:
    return survival({AS_IT_IS: made(AHEAD), **structures}, STRATEGIES)


def verdicts(found: Survival, name: str) -> dict[tuple[str, str, str, str | None], str]:
    return {tuple(one.claim): one.under[name].verdict for one in found.conclusions}


def test_the_claims_of_a_park_are_those_that_its_strategies_allow():
    kinds = [(claim.kind, claim.measure) for claim in claims_of(made(AHEAD), STRATEGIES)]
    assert kinds == [("beats_nothing", "vitality")] * 3 + [("demand_or_supply", "vitality"), ("highest", "vitality"),
            ("balanced", "vitality")] + [(kind, measure) for measure in ("multiplier_additional", "social_balance")
                                         for kind in ("demand_or_supply", "highest")]  # fmt: skip
    few = claims_of(made({"supply_driven": AHEAD["supply_driven"]}), STRATEGIES[:1])
    assert {claim.kind for claim in few} == {"beats_nothing", "highest"}


def test_what_is_the_same_under_a_structure_holds_there_and_has_not_changed():
    found = judged(same=made(AHEAD))
    assert len(found.conclusions) == 10 and not found.undecided
    assert set(verdicts(found, "same").values()) == {"holds"}
    for one in found.conclusions:
        assert one.under["same"].change.mean == pytest.approx(0.0, abs=1e-6)
        assert one.difference.difference.mean > 0.0


def test_luck_that_a_structure_brings_to_twin_and_strategies_alike_is_no_change():
    found = judged(luckier=made({name: row for name, row in AHEAD.items()}, luck=20.0))
    assert set(verdicts(found, "luckier").values()) == {"holds"}
    assert all(one.under["luckier"].change.mean == pytest.approx(0.0, abs=1e-6) for one in found.conclusions)


def test_what_is_opposite_under_a_structure_turns_round_there():
    swapped = AHEAD | {"supply_driven": AHEAD["demand_driven"], "demand_driven": AHEAD["supply_driven"]}
    found = verdicts(judged(other=made(swapped, draw=2)), "other")
    assert found["demand_or_supply", "vitality", "demand_driven", "supply_driven"] == "turns"
    assert found["highest", "vitality", "demand_driven", None] == "turns"
    assert found["highest", "multiplier_additional", "demand_driven", None] == "turns"
    assert found["beats_nothing", "vitality", "demand_driven", "none"] == "holds"
    assert found["balanced", "vitality", "demand_driven", "regisseren"] == "turns"


def test_what_vanishes_under_a_structure_is_undecided_there_with_a_change_of_its_whole_size():
    level = AHEAD | {name: (*AHEAD[name][:2], 8.0, 5e6) for name in AHEAD}
    found = judged(level=made(level, draw=2, noise=3.0))
    (one,) = [one for one in found.conclusions if tuple(one.claim)[:2] == ("demand_or_supply", "vitality")]
    under = one.under["level"]
    assert under.verdict == "undecided"
    assert under.change.low < -8.0 < under.change.high and under.change.excludes_zero


def test_without_public_money_a_multiplier_has_no_number_and_is_undecided():
    poor = {name: (private, 0.0, *rest) for name, (private, _, *rest) in AHEAD.items()}
    found = judged(poor=made(poor))
    (one,) = [one for one in found.conclusions if one.claim[:2] == ("demand_or_supply", "multiplier_additional")]
    assert one.under["poor"].verdict == "undecided" and one.under["poor"].change.mean is None


def test_the_change_of_a_multiplier_is_the_difference_of_two_differences_with_its_interval():
    dearer = AHEAD | {"demand_driven": (9e6, 6e6, 12.0, 8e6)}
    found = judged(dearer=made(dearer, draw=2))
    (one,) = [one for one in found.conclusions if one.claim[:2] == ("demand_or_supply", "multiplier_additional")]
    assert one.difference.difference.mean == pytest.approx(3.0 - 2.0, abs=0.05)
    change = one.under["dearer"].change
    assert change.mean == pytest.approx((1.5 - 2.0) - (3.0 - 2.0), abs=0.05)
    assert change.low < change.mean < change.high and change.high - change.low < 0.1
    table = effects_table({AS_IT_IS: made(AHEAD), "dearer": made(dearer, draw=2)})
    row = table.set_index(["structure", "strategy", "measure"]).loc[("dearer", "demand_driven", "multiplier_additional")]
    assert row["effect"] == pytest.approx(1.5, abs=0.05) and row["change"] == pytest.approx(-1.5, abs=0.05)


def test_who_is_ahead_is_read_from_the_runs():
    found = survival({AS_IT_IS: made({name: (*row[:2], -row[2], -row[3]) for name, row in AHEAD.items()})}, STRATEGIES)
    claims = {tuple(one.claim) for one in found.conclusions}
    assert ("beats_nothing", "vitality", "none", "demand_driven") in claims
    assert ("demand_or_supply", "vitality", "supply_driven", "demand_driven") in claims
    assert ("highest", "vitality", "none", None) in claims
    assert all(one.difference.difference.mean > 0.0 for one in found.conclusions)


def test_noise_gives_a_conclusion_in_no_more_than_one_park_of_twenty():
    nothing = dict.fromkeys(NAMES, (0.0, 0.0, 0.0, 0.0))
    parks = 60
    found = (survival({AS_IT_IS: made(nothing, draw=draw, noise=5.0)}, STRATEGIES) for draw in range(parks))
    false = sum(bool(one.conclusions) for one in found)
    assert false <= 0.05 * parks + 3.0 * np.sqrt(parks * 0.05 * 0.95)


def test_a_new_highest_that_was_picked_by_chance_does_not_turn_a_conclusion_round_more_often_than_it_should():
    """Under the structure nobody does better than another; the highest of three was picked by its own numbers."""
    level: Added = dict.fromkeys(NAMES, (6e6, 3e6, 8.0, 5e6))
    here, draws, turned = made(AHEAD), 60, 0
    for draw in range(draws):
        found = survival({AS_IT_IS: here, "level": made(level, draw=draw, noise=5.0)}, STRATEGIES)
        turned += "turns" in verdicts(found, "level").values()
    assert turned <= 0.05 * draws + 3.0 * np.sqrt(draws * 0.05 * 0.95)


def test_structures_on_other_seeds_are_refused():
    with pytest.raises(ValueError, match="same seeds"):
        judged(fewer=made(AHEAD, seeds=30))


def test_the_table_has_a_row_for_every_conclusion_and_structure():
    found = judged(same=made(AHEAD), other=made(AHEAD, draw=2))
    table = found.table()
    assert len(table) == 3 * len(found.conclusions) and set(table["structure"]) == {AS_IT_IS, "same", "other"}
    assert replace(found, conclusions=()).table().columns.tolist() == table.columns.tolist()
    assert sum(found.counts["other"].values()) == len(found.conclusions)
