"""Compile the rules once, before the first run ever: on two cores at a time, and with a word to whoever waits.

The compilations are kept on disk, under the hash of their sources (see ``compiled.py``), so this happens once per
version. ``python -m sim.warm_up PART`` compiles one part; :func:`compile_rules` starts one process for each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from sim.compiled import CACHE_FOLDER, JIT

_DONE = CACHE_FOLDER / "complete"


def rules_are_compiled() -> bool:
    """Return whether every rule of this version lies compiled on disk (or nothing is compiled at all)."""
    return not JIT or _DONE.exists()


def compile_rules(tell: Callable[[], None] | None = None) -> None:
    """Compile every rule that is not on disk yet.

    Parameters
    ----------
    tell
        Called once, before the wait, if there is one (about a minute on two cores).
    """
    if rules_are_compiled():
        return
    if tell is not None:
        tell()
    # A failure in a part is not lost: whatever is missing is compiled, and then fails, in the calling process.
    parts = [subprocess.Popen([sys.executable, "-m", "sim.warm_up", part], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for part in ("first", "second")]
    try:
        for part in parts:
            part.wait()
    except BaseException:
        for part in parts:
            part.kill()
        raise
    if all(part.returncode == 0 for part in parts):
        CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
        _DONE.touch()


def _compile_part(part: str) -> None:
    """Compile the phases of one part by letting them pass over a small park.

    The two parts take about equally long; what both need is compiled by both, which costs less than waiting.
    """
    import numpy as np

    from sim import model, outcomes
    from sim.park.founding import found_park
    from sim.park.generate import lay_out
    from sim.park.plan import LayoutSettings
    from sim.rules import (
        ageing,
        cases,
        environment,
        finance,
        market,
        matching,
        organisation,
        perception,
        process,
        realisation,
        review,
        roles,
        spending,
        third_parties,
    )

    phases = {
        "first": (environment.turn_quarter, ageing.wear_park, perception.perceive_park, review.review_companies,
                  matching.spread_word, matching.match_ideas, cases.work_on_cases, roles.play_roles, organisation.organise),
        "second": (realisation.realise_agreements, finance.service_loans, spending.commit_public_money,
                   third_parties.let_third_parties_work, process.steer_process, process.measure_cases,
                   market.clear_market, outcomes.close_books, model.has_room, compile_combinations),
    }
    plan = lay_out(LayoutSettings("warm_up", gross_ha=6.0, firms=8))
    world, _ = found_park(plan, model.default_parameters(), 1, 4)
    world.strategy[0] = np.asarray(model.no_strategy())[0]
    for phase in phases[part]:
        phase(world)


def compile_combinations(world: Any) -> None:
    """Compile the rules behind chains and rings, which plain Python calls."""
    import numpy as np

    from sim.rules import combinations

    combinations.is_matching(world)
    movers = combinations.list_movers(world)
    sites, owners = combinations.list_sites(world, movers)
    combinations.move_gains(world, movers, sites, owners)
    combinations.open_chain(world, movers[:0], sites[:0])
    ring = np.array([0, 1], np.int64)
    before = world.companies.tenant[:2].copy()
    world.companies.tenant[:2] = True  # so that nothing is opened
    combinations.open_ring(world, ring)
    world.companies.tenant[:2] = before


if __name__ == "__main__":
    _compile_part(sys.argv[1])
