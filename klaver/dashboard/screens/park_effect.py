"""What a park does: beside the editor, what the strategy brings there, and what the last change did to that."""

from __future__ import annotations

import math
from typing import Any

import solara

from analysis.compare import Comparison
from analysis.statistics import paired_difference
from klaver.dashboard import parts
from klaver.dashboard.comparing import titles_of, use_apart
from klaver.dashboard.drawing.dots import multiplier_dots, vitality_dots
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.session import use_ensemble, use_session
from klaver.dashboard.showing import Waiting, block, paragraph, show
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario

SEEDS = 50
"""Futures behind it, at most."""
NEXT = ("mix", "compare")
"""Screens to go on to from a park of one's own."""


@solara.component
def Outcomes(runs: Any, busy: bool) -> None:
    """What the strategy brings against the reference."""
    session = use_session()
    say, setting, router = session.say, session.setting, solara.use_router()
    strategy, reference = apart = use_apart(setting)
    titles = titles_of(session, apart)
    width = session.fit(430)

    def draw() -> tuple[Picture, Picture]:
        comparison = Comparison(runs, reference.name)
        return (vitality_dots(comparison, strategy.name, say, titles=titles, width=width, levels=False),
                multiplier_dots(comparison, strategy.name, say, titles=titles, width=width))  # fmt: skip

    with block("div", "columns"):
        for picture in solara.use_memo(draw, [id(runs), reference.name, say.code, width, *titles.values()]):
            with block("div"):
                show(picture, say, busy=busy)
    paragraph(say("park.outcomes_more", n=say.number(len(runs.seeds)), most=say.number(SEEDS)), "soft")
    parts.Buttons(
        items=[{"name": name, "text": say(f"park.next_{name}")} for name in NEXT], label=say("park.next"),
        event_press=lambda name: router.push(f"/{name}") if name in NEXT else None,
    )  # fmt: skip


@solara.component
def Effect(now: Any, before: Scenario) -> None:
    """What the last change did to vitality under the same strategy, in the same futures; ``now`` is None while it is run."""
    session = use_session()
    say, (strategy, _) = session.say, use_apart(session.setting)
    earlier = use_ensemble("park_before", (strategy,), most_seeds=SEEDS, park=before)
    if earlier.failed:
        return
    then = earlier.runs()
    if now is None or then is None or not earlier.complete:
        Waiting(say("park.effect_comes"))
    else:
        paragraph(effect_in_words(now, then, strategy.name, say), "effect wide")


def effect_in_words(now: Any, then: Any, strategy: str, say: ScreenLanguage) -> str:
    """Return what a change of the park did to vitality at the end, in one or two sentences.

    Parameters
    ----------
    now, then : Runs
        Of the park after and before the change, both with the strategy; compared on the seeds that both have.
    strategy
        Its name.
    """
    after, earlier = (runs.table.loc[strategy]["vitality"] for runs in (now, then))
    seeds = after.index.intersection(earlier.index)
    found = paired_difference(after.loc[seeds].to_numpy(), earlier.loc[seeds].to_numpy())
    n = say.number(len(seeds))
    if found.mean is None or (after.loc[seeds] == earlier.loc[seeds]).all():
        return say("park.effect_none", n=n)
    change = f"{'+' if round(found.mean, 1) > 0 else ''}{say.number(found.mean, 1)}"
    low, high = (math.nan if bound is None else bound for bound in (found.low, found.high))  # of one future there is none
    means = {"before": say.number(earlier.loc[seeds].mean(), 1), "now": say.number(after.loc[seeds].mean(), 1)}
    key = "park.effect" if low > 0.0 or high < 0.0 else "park.effect_unclear"
    return say(key, n=n, change=change, low=say.number(low, 1), high=say.number(high, 1), **means)
