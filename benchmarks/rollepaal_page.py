"""Tell the source's running example from runs of the model: ``uv run python -m benchmarks.rollepaal_page``.

Writes ``docs/rollepaal.md``: how the deal round the former Wehkamp site came out over many seeds, and its story and balance
table from the first seed in which it is delivered and the first in which it fails. Nothing on that page is written by
hand; a test makes it again and holds it against the file.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from klaver.balance import LINES, balance
from klaver.display import gap_text
from klaver.language import Language
from klaver.story import Teller
from klaver.tables import tables_of
from sim import model, records
from sim.inputs.scenario import load_park
from sim.inputs.strategy import load_strategy
from sim.warm_up import compile_rules

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rollepaal.md"
SEEDS = 60
STRATEGY = "demand_driven"

_TEXT = {
    "en": {
        "heading": "In English", "won": "A run in which it succeeds (seed {seed})",
        "lost": "A run in which it fails (seed {seed})", "story": "What happened", "table": "The balance table",
    },
    "nl": {
        "heading": "In het Nederlands", "won": "Een run waarin het lukt (seed {seed})",
        "lost": "Een run waarin het mislukt (seed {seed})", "story": "Wat er gebeurde", "table": "De balanstabel",
    },
}  # fmt: skip


def deal_of(world: records.World, plukon: int) -> int | None:
    """Return the opportunity in which Plukon gets land across the road: the last one that went furthest, or None."""
    found = [
        (int(world.opportunities[o].stage == records.DELIVERED), o)
        for o in range(int(world.counts[0].opportunities))
        if world.opportunities[o].demand == plukon and world.opportunities[o].kind == records.SWAP
    ]
    return max(found)[1] if found else None


def page(seeds: int = SEEDS) -> str:
    """Return the page."""
    compile_rules()
    scenario, strategy = load_park("rollepaal"), load_strategy(STRATEGY)
    place = model.Park.of(scenario)
    record = strategy.record(scenario, place.gross_ha)
    ends: Counter[str] = Counter()
    shown: dict[str, tuple[int, records.World, object, int]] = {}
    for seed in range(1, seeds + 1):
        world, names = model.prepare_named(place, seed)
        run = model.simulate(world, record)
        o = deal_of(run, names.companies.index("Plukon"))
        if o is None:
            ends["it never came up"] += 1
            continue
        case = run.opportunities[o]
        if case.stage == records.DELIVERED:
            ends["delivered"] += 1
            shown.setdefault("won", (seed, run, names, o))
        elif case.stage == records.LEFT:
            ends[Language("en")(f"reason.{records.EVENTS[case.reason]}")] += 1
            shown.setdefault("lost", (seed, run, names, o))
        else:
            ends["still open at the end"] += 1
    parts = [
        "# The running example: Rollepaal, Dedemsvaart\n",
        f"Made by `uv run python -m benchmarks.rollepaal_page` from {seeds} runs of `{STRATEGY}`; not written by hand. What is",
        "known of the park and what is assumed stands in `scenarios/parks/rollepaal.toml`: sizes of 2, 0.6 and 0.1 ha are the",
        "source's, euros and dates are not.\n",
        "Plukon would buy 2 ha of the vacant former Wehkamp site, only if it adjoins its own; the access road lies between and",
        "must move first, with land of Wavin or others. How that came out:\n",
        "| outcome | runs |\n| - | - |",
        *(f"| {name} | {n} |" for name, n in ends.most_common()),
        "",
    ]  # fmt: skip
    for code, words in _TEXT.items():
        parts.append(f"## {words['heading']}\n")
        for side in ("won", "lost"):
            if side in shown:
                seed, run, names, o = shown[side]
                parts += _told(Teller(tables_of(run, names), Language(code)), o, words[side].format(seed=seed), words)
    return "\n".join(parts).rstrip("\n") + "\n"


def _told(teller: Teller, opportunity: int, title: str, words: dict[str, str]) -> list[str]:
    say = teller.say
    parts = [f"### {title}\n", f"{teller.heading(opportunity)}.\n", f"**{words['story']}**\n"]
    parts += [f"- {line}" for line in teller.tell(opportunity, None)]
    table = balance(teller, opportunity)
    parts += [f"\n**{words['table']}**\n", f"| | {say('balance.business')} | {say('balance.value')} |", "| - | - | - |"]
    for line in LINES:
        cells = ["<br>".join(side[line]) for side in (table.business, table.value)]
        parts.append(f"| {say(f'balance.{line}')} | {cells[0]} | {cells[1]} |")
    return [*parts, f"\n{gap_text(say, table)}\n"]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
