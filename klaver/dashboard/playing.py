"""Playing the municipality: year by year somebody divides the team's hours over the four roles, and steps out of cases.

A game is the park, the strategy it begins with, the future, and the list of yearly choices: so going a year back is a
shorter list, and a game is kept as a few numbers. :func:`play` runs it from the start every time, which takes a fraction of a
second. A year that changes nothing leaves the run as it was, to the bit: who keeps to the strategy gets its outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from klaver.dashboard.following import Followed, as_followed, step_through, with_parameters
from klaver.dashboard.frames import Recorder
from klaver.language import Language
from klaver.runs import ONE_RUN, paired_outcomes
from sim import events, model, outcomes, records
from sim.inputs.strategy import Strategy, list_strategies, load_strategy
from sim.rules.cases import depends_on_municipality, leave_case, step_out

if TYPE_CHECKING:
    import pandas as pd

GAME = "game"
"""What the game is called among strategies."""

SCORES = (
    "vitality",
    "vacancy",
    "jobs",
    "trust",
    "private_investment",
    "public_outlay",
    "budget_left",
    "realised",
    "exited",
)
"""Indicators that a player sees after each year; those of ``sim.outcomes.INDICATORS``."""

_NEWS = (
    "opportunity_found", "agreed", "realisation_started", "delivered", "left_rounds", "left_waiting", "left_withdrawn",
    "left_stalled", "left_exit_rule", "left_advised", "stepped_out", "task_stalled", "grant_promised", "loan_promised",
    "guarantee_promised", "commitment_broken", "value_case_rejected", "moved_away", "company_closed", "prospect_settled",
    "renovated", "expanded", "works_delivered", "works_late", "broken_promise", "site_bought", "election", "political_break",
    "alderman_left", "manager_left", "window_opened", "window_closed", "map_drawn", "effects_measured", "effects_undefined",
    "levy_vote_won", "levy_vote_lost", "intermediary_hired", "fund_bought", "road_moved",
)  # fmt: skip
_REFUSED = ("stepped_out", "left_exit_rule")


@dataclass(frozen=True)
class Year:
    """What the municipality chose at the start of a year.

    Attributes
    ----------
    mix
        Shares of the four roles, in the order of ``records.ROLES``, sum 1; None keeps what there is.
    refused
        Opportunities it steps out of.
    """

    mix: tuple[float, float, float, float] | None = None
    refused: tuple[int, ...] = ()

    @classmethod
    def of(cls, choice: Mapping[str, Any]) -> Year:
        """Return the choices of a year from plain values: ``mix`` and ``refused``, both of which may be left out.

        Raises
        ------
        ValueError
            If the shares are not four numbers from 0 to 1 that sum to 1, or a number of an opportunity is none.
        """
        numbers = tuple(int(number) for number in choice.get("refused", ()))
        if any(number < 0 for number in numbers):
            raise ValueError(f"refused is {numbers}; opportunities are numbered from 0")
        if choice.get("mix") is None:
            return cls(None, numbers)
        shares = [float(share) for share in choice["mix"]]
        if len(shares) != 4 or not all(0.0 <= share <= 1.0 for share in shares) or abs(sum(shares) - 1.0) > 1e-6:
            raise ValueError(f"mix is {shares}; it has four shares from 0 to 1 that sum to 1")
        return cls((shares[0], shares[1], shares[2], shares[3]), numbers)


@dataclass(frozen=True)
class Played:
    """A game as far as it was played.

    Attributes
    ----------
    followed : Followed
        The run so far and its twin, for maps, stories and balance tables.
    years
        What was chosen.
    refused
        Quarter and number of each opportunity that the municipality stepped out of.
    too_late
        Year (0 the first) and number of each that it chose to refuse and could not: no longer open, or already dropped.
    """

    followed: Followed
    years: tuple[Year, ...]
    refused: tuple[tuple[int, int], ...]
    too_late: tuple[tuple[int, int], ...]

    @property
    def year(self) -> int:
        """Years played."""
        return len(self.years)

    @property
    def over(self) -> bool:
        """Whether the horizon is reached."""
        return self.followed.quarters >= self.followed.horizon

    @property
    def mix(self) -> tuple[float, ...]:
        """The shares of the four roles as they stand now, the mean over the steps of the process."""
        return tuple(self.followed.frames.mixes[-1].mean(axis=0).tolist())

    @property
    def scores(self) -> dict[str, tuple[float, float]]:
        """Indicator (:data:`SCORES`) to its value now and that of the twin; empty before the first year."""
        run, twin = self.followed.measures, self.followed.twin_measures
        return {name: (run[name], twin[name]) for name in SCORES} if run else {}

    def decisions(self, language: Language) -> list[dict[str, Any]]:
        """Return the opportunities that can be refused now, the largest claim on public money first.

        Returns
        -------
        list of dict
            ``number``, ``title``, ``parties`` (names), ``step`` (3 or 4), ``since`` (in words), ``promised`` (euros of public
            money promised), ``asked`` (euros asked), ``gap`` (euros that the parties fall short before public money),
            ``surplus`` (euros they gain together before public money), ``worth`` (euros: societal value as the
            municipality sees it; None before it has looked), ``hours`` (of the team, so far), ``own`` (whether the
            municipality sits at the table itself: stepping out ends the case), and ``balance`` (the balance table,
            ``klaver.balance.Balance``).
        """
        quarter, found = self.followed.quarters, []
        for case in self.followed.cases_at(quarter):
            if case["step"] > records.CASE or case["dropped"]:
                continue
            table = self.followed.balance(case["row"], language)
            promised = case["grant"] - case["province"] + case["loan"] + case["guarantee"]
            found.append({
                "number": case["row"], "title": table.title, "step": case["step"], "since": language.quarter(case["since"]),
                "parties": [self.followed.party(seat["party"], language) for seat in case["seats"]],
                "promised": promised, "asked": case["ask"], "gap": max(0.0, -case["surplus"]), "surplus": case["surplus"],
                "worth": case["value_seen"] if case["appraised"] else None, "hours": self._hours(case["row"]),
                "own": _own(case), "balance": table,
            })  # fmt: skip
        return sorted(found, key=lambda case: (-max(case["promised"], case["asked"], case["gap"]), case["number"]))

    def _hours(self, opportunity: int) -> float:
        deeds = self.followed.tables["deeds"]
        return float(deeds.loc[(deeds["kind"] == "opportunity") & (deeds["target"] == opportunity), "hours"].sum())

    def news(self, language: Language, quarters: int = 4) -> list[dict[str, Any]]:
        """Return what the last quarters brought, in order: ``quarter``, ``when`` and ``sentence``, and what it is about.

        ``pick`` is ``"opportunity:4"``, ``"company:3"``, ``"parcel:12"`` or None, as on the map; ``refused`` whether it is the
        municipality's own stepping out.
        """
        table = self.followed.tables["events"]
        now = self.followed.quarters
        recent = table[(table["quarter"] >= now - quarters) & (table["quarter"] >= 0) & table["kind"].isin(_NEWS)]
        found = []
        for event in recent.itertuples(index=False):
            mine = event.kind in _REFUSED and (event.quarter, event.opportunity) in self.refused
            sentence = self.followed.sentence(event, language)
            about = (
                language("map.play.about", n=event.opportunity, sentence=sentence)
                if event.opportunity >= 0
                else sentence
            )
            found.append({"quarter": int(event.quarter), "when": language.quarter(int(event.quarter)), "sentence": about,
                          "pick": _pick(event), "refused": mine})  # fmt: skip
        return found


def _own(case: Mapping[str, Any]) -> bool:
    """Return whether a case is about the municipality's own road, land or public space, so that it ends without it."""
    public_space = case["kind"] == "collective" and case["theme"] == "public_space"
    return public_space or any(seat["party"] == records.MUNICIPALITY for seat in case["seats"])


def _pick(event: Any) -> str | None:
    if event.opportunity >= 0:
        return f"opportunity:{event.opportunity}"
    if event.party >= 0:
        return f"company:{event.party}"
    return None


def play(
    park: Mapping[str, Any],
    strategy: Mapping[str, Any],
    seed: int,
    years: Sequence[Mapping[str, Any]],
    quarters: int | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Played:
    """Play the municipality from the start, as far as there are yearly choices.

    At the start of each year a mix that differs from the one chosen before holds for every step of the process, and the team
    no longer moves its hours to the longest queue by itself (``adaptive``); guiding principle 4, where the strategy has it,
    goes on moving them a little. Team, budget and rules for money stay those of the strategy. A case that is refused goes on
    without the municipality, by the rule that lets it step out (``sim.rules.cases``); a case about its own land, road or public
    space ends.

    Parameters
    ----------
    park, strategy
        As ``Scenario.resolved`` and ``Strategy.resolved`` return them; the game begins with the mix of the strategy.
    seed
        Which future, 0 or more.
    years
        Per year ``{"mix": [four shares] or None, "refused": [numbers]}``; see :class:`Year`.
    quarters
        How long the whole game takes; as the park says if None.
    parameters
        As for ``following.follow``.

    Returns
    -------
    Played
        Can be sent to another process.

    Raises
    ------
    ValueError
        If a choice cannot be used, there are more years than the park is followed, or the strategy does nothing.
    """
    scenario, chosen = with_parameters(park, parameters), Strategy.from_resolved(dict(strategy))
    place = model.Park.of(scenario, quarters)
    choices = tuple(Year.of(year) for year in years)
    if len(choices) > math.ceil(place.quarters / 4):
        raise ValueError(f"{len(choices)} years were played; the park is followed for {place.quarters} quarters")
    if chosen.approach == "none":
        raise ValueError("a municipality that only does what the law asks has nothing to choose")
    before, names = model.prepare_named(place, seed)
    world = model.copy_world(before)
    model.adopt_strategy(world, chosen.record(scenario, place.gross_ha))
    recorder = Recorder(world)
    in_force: tuple[float, ...] = tuple(chosen.roles.shares())
    refused: list[tuple[int, int]] = []
    too_late: list[tuple[int, int]] = []
    for number, year in enumerate(choices):
        if year.mix is not None and year.mix != in_force:
            divide_hours(world, year.mix)
            in_force = year.mix
        for opportunity in dict.fromkeys(year.refused):
            if refuse(world, opportunity):
                refused.append((4 * number, opportunity))
            else:
                too_late.append((number, opportunity))
        for quarter in range(4 * number, min(4 * number + 4, place.quarters)):
            world = model.run_until(world, quarter + 1)
            recorder.look(world)
    twin = step_through(before, model.no_strategy(), recorder.quarters)
    followed = as_followed(scenario, GAME, seed, place, names, (world, recorder), twin, tuple(refused))
    return Played(followed, choices, tuple(refused), tuple(too_late))


def divide_hours(world: Any, mix: Iterable[float]) -> None:
    """Let the team divide its hours so from now on, at every step of the process (changes ``world`` in place)."""
    shares = list(mix)
    world.strategy[0].mix[:] = shares
    world.team[0].mix[:] = shares
    world.strategy[0].adaptive = False


def refuse(world: Any, opportunity: int) -> bool:
    """Let the municipality step out of an open case, by its own rule (changes ``world`` in place).

    Returns
    -------
    bool
        False if there is no such case, it is past step 4, or the municipality had stepped out of it already: then nothing
        has changed.
    """
    if not 0 <= opportunity < world.counts[0].opportunities:
        return False
    case = world.opportunities[opportunity]
    if case["stage"] not in (records.FOUND, records.CASE) or case["dropped"]:
        return False
    # A refusal may come before there is any rule to stop; what follows is what the rule does (cases.weigh_case).
    if depends_on_municipality(world, opportunity):
        leave_case(world, opportunity, events.LEFT_EXIT_RULE)
    else:
        step_out(world, opportunity)
    return True


# --- at the end ----------------------------------------------------------------------------------------------------------


def shipped_outcomes(
    park: Mapping[str, Any],
    seed: int,
    quarters: int | None = None,
    strategies: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
) -> dict[str, dict[str, dict[str, float]]]:
    """Return what strategies come to in the future in which a game was played, each with its twin.

    Parameters
    ----------
    park, seed, quarters, parameters
        As for :func:`play`.
    strategies
        Names; all shipped ones that do something if None.

    Returns
    -------
    dict
        Name to what ``klaver.runs.paired_outcomes`` returns.
    """
    scenario = with_parameters(park, parameters)
    place = model.Park.of(scenario, quarters)
    before = model.prepare(place, seed)
    twin = outcomes.measure(model.simulate(before, model.no_strategy()))
    names = [name for name in list_strategies() if name != "none"] if strategies is None else strategies
    return {
        name: paired_outcomes(
            outcomes.measure(model.simulate(before, load_strategy(name).record(scenario, place.gross_ha))),
            twin,
            place.gross_ha,
        )
        for name in names
    }


def compare_with(
    played: Played, others: Mapping[str, Mapping[str, Mapping[str, float]]], side: str = "difference"
) -> pd.DataFrame:
    """Return a game beside strategies in the same future.

    Parameters
    ----------
    played
        A game that is over.
    others
        As :func:`shipped_outcomes` returns them, for the same park, seed and length.
    side
        ``"with"``, ``"without"`` or ``"difference"`` from the twin.

    Returns
    -------
    DataFrame
        A row a strategy, the game first (:data:`GAME`), a column an outcome (``klaver.runs.ONE_RUN``); NaN where undefined.

    Raises
    ------
    ValueError
        If the game is not over: strategies are known at its end only.
    """
    import pandas as pd

    if not played.over:
        raise ValueError(f"the game stands at quarter {played.followed.quarters} of {played.followed.horizon}")
    rows = {GAME: played.followed.outcomes[side], **{name: found[side] for name, found in others.items()}}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(ONE_RUN))
