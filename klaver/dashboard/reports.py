"""What a session takes away: the report of a comparison as HTML or PDF, its numbers as JSON, its runs as CSV.

The functions take and return plain things and are of this module, so that a lane can carry them out beside the page.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.compare import Comparison
from klaver.dashboard.asked import TWIN
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario
from sim.inputs.strategy import Strategy

if TYPE_CHECKING:
    from analysis.experiment import Runs
    from analysis.receipt import Receipt
    from analysis.report import ReportContext
    from analysis.report.blocks import Picture as ReportPicture

KINDS = {"html": "text/html", "pdf": "application/pdf"}
"""Kind of a report -> what a browser calls it."""
ADDRESS_LINE = 80  # letters of an address on a line
MAP_WIDTH = 800  # units of the picture; a page makes them smaller
_PATHS = ("vitality", "private_investment", "public_outlay")


def make_report(
    runs: Runs, reference: str, park: Mapping[str, Any], strategies: Sequence[Mapping[str, Any]], titles: Mapping[str, str],
    language: str, kind: str, drawn: bool = False, link: str = "",
) -> bytes:  # fmt: skip
    """Return the full report of a comparison.

    Parameters
    ----------
    runs
        What was run, the twin among it.
    reference
        Name of the strategy that differences are taken from.
    park
        Resolved content of the park (``Scenario.resolved()``).
    strategies
        Resolved contents of the strategies that were run; the twin may be left out.
    titles
        What the page calls strategies, by name, in the language of the report.
    language
        ``"nl"`` or ``"en"``.
    kind
        One of :data:`KINDS`.
    drawn
        Whether each future drew its own parameters.
    link
        The session as it stands in an address; empty where it does not fit in one.

    Raises
    ------
    ValueError
        If there is no such kind or language, or the reference was not run.
    """
    from analysis.compare import compare
    from analysis.report import report_html, report_pdf

    if kind not in KINDS:
        raise ValueError(f"a report is not made as {kind!r}; there is: {', '.join(KINDS)}")
    say = ScreenLanguage(language)
    scenario = Scenario.from_resolved(dict(park))
    chosen = [Strategy.from_resolved(dict(content)) for content in strategies]
    names = names_in_report(runs.strategies, titles)
    context = context_of_session(runs, scenario, chosen, names, reference, say, drawn, link)
    comparison = compare(renamed(runs, names), names[reference])
    if kind == "html":
        return report_html(comparison, context, language).encode()
    return report_pdf(comparison, context, language)


def for_report(runs: Runs) -> Runs:
    """Return runs with no more of their paths than a report draws: a tenth of the size to send."""
    places = [runs.columns.index(column) for column in _PATHS]
    return replace(runs, paths=np.ascontiguousarray(runs.paths[:, :, places]), columns=_PATHS)


def names_in_report(strategies: Sequence[str], titles: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each strategy under which a report calls it as the page does.

    A report knows the titles of shipped strategies; one of the user's own goes by its name, which is its title here.
    """
    from sim.inputs.strategy import list_strategies

    shipped = set(list_strategies())
    names: dict[str, str] = {}
    for name in strategies:
        title = name if name in shipped else " ".join(titles.get(name, name).split()) or name
        taken = (*names.values(), *(shipped - {name}))
        names[name] = next(text for n in count(1) if (text := title if n == 1 else f"{title} ({n})") not in taken)
    return names


def renamed(runs: Runs, names: Mapping[str, str]) -> Runs:
    """Return the same runs with other names of strategies."""
    index = runs.table.index
    place = index.names.index("strategy")
    table = runs.table.copy(deep=False)
    table.index = index.set_levels([names[name] for name in index.levels[place]], level="strategy")
    return replace(runs, table=table, strategies=tuple(names[name] for name in runs.strategies))


def context_of_session(
    runs: Runs, park: Scenario, strategies: Sequence[Strategy], names: Mapping[str, str], reference: str, say: ScreenLanguage,
    drawn: bool, link: str,
) -> ReportContext:  # fmt: skip
    """Return what a report tells beside the numbers: the park, what of it is assumed, own strategies, how to get it again."""
    from analysis.report import ReportContext
    from klaver import results
    from klaver.reporting import park_rows

    began = time.time()
    rows = [*park_rows(park, say)[:-1], (say("report.horizon"), say.duration(runs.quarters)), *origin_rows(park, say)]
    rows.append((say("reports.differs"), say("reports.differs_both" if drawn else "reports.differs_chance")))
    own = [strategy for strategy in strategies if strategy.name in names and names[strategy.name] != strategy.name]
    receipt = receipt_of_runs(runs)
    inputs = {"park": park.resolved(), "strategies": [strategy.resolved() for strategy in strategies],
              "seeds": list(runs.seeds), "quarters": runs.quarters, "drawn": drawn}  # fmt: skip
    record = results.provenance("dashboard", inputs, receipt.inputs, began)
    return ReportContext(
        parks={runs.park: rows}, park_titles={runs.park: park.title.get(say.code) or runs.park},
        strategies={names[strategy.name]: strategy_words(strategy, say) for strategy in own},
        maps={} if park.map is None else {runs.park: map_of(park, say)},
        provenance={
            "version": record["version"], "commit": record["commit"], "model": receipt.model,
            "inputs": record["configuration_sha256"], "seeds": receipt.seeds, "runs": len(runs.table),
            "python": record["python"], "packages": record["packages"], "platform": record["platform"],
            "started": record["start"], "command": how_again(runs, park, strategies, reference, say, drawn, link),
        },
        receipts=[receipt], parameters=dict(park.own_parameters),
    )  # fmt: skip


def map_of(park: Scenario, say: ScreenLanguage) -> ReportPicture:
    """Return the map of a park that has one, as its file describes it, for a report."""
    from analysis.report.blocks import Picture
    from klaver.dashboard.desk import is_shipped_park
    from klaver.dashboard.drawing.park_map import plan_map

    drawn = plan_map(park, say, width=MAP_WIDTH)
    svg = re.sub(r' (role|aria-label)="[^"]*"', "", drawn.svg, count=2)  # of the picture as a whole: a report says them itself
    caption = [f"{drawn.title}.", say("reports.map_note"), "" if is_shipped_park(park) else say("reports.map_own")]
    return Picture(svg, " ".join(filter(None, caption)), f"{drawn.title}. {drawn.description}")


def receipt_of_runs(runs: Runs) -> Receipt:
    """Return the receipt of runs."""
    from analysis.identity import model_version
    from klaver.reporting import receipt_of

    return receipt_of(Comparison(runs), model_version())


def origin_rows(park: Scenario, say: ScreenLanguage) -> list[tuple[str, str]]:
    """Return where a park comes from, and how much of it was stated and assumed: label and value."""
    from klaver.dashboard.desk import is_shipped_park

    shipped = is_shipped_park(park)
    rows = [(say("reports.origin"), say("reports.origin_shipped" if shipped else "reports.origin_own"))]
    if not shipped:
        rows.append((say("reports.park_hash"), park.content_hash()[:16]))
    for kind, table in (("parcels", park.parcels), ("companies", park.companies)):
        if not table:
            rows.append((say(f"reports.{kind}"), say("reports.drawn_by_model")))
            continue
        some = sum(bool(row.assumed) for row in table)
        key = "reports.stated_all" if not some else "reports.stated_some"
        rows.append((say(f"reports.{kind}"), say(key, n=say.number(len(table)), some=say.number(some))))
    return rows


def strategy_words(strategy: Strategy, say: ScreenLanguage) -> str:
    """Return what a strategy of the user's own comes to, in a sentence."""
    if text := strategy.description.get(say.code):
        return text
    if strategy.approach == "none":
        return say("mix.none_acts")
    from sim.records import ROLES

    roles = say.listing([f"{say(f'role.{role}')} {say.share(share)}" for role, share in
                         zip(ROLES, strategy.roles.shares(), strict=True)])  # fmt: skip
    budget, fte = strategy.money.budget_per_year, strategy.organisation.fte
    parts = [say(f"mix.approach_{strategy.approach}"), roles]
    if fte is not None:
        parts.append(say("mix.fte_shown", n=say.number(fte, 2)))
    if budget is not None:
        parts.append(say("reports.budget", euros=say.euros(budget)))
    return "; ".join(parts) + "."


def how_again(
    runs: Runs, park: Scenario, strategies: Sequence[Strategy], reference: str, say: ScreenLanguage, drawn: bool, link: str
) -> str:
    """Return what to type to get the same numbers again; a sentence where nothing typed is enough."""
    from klaver.dashboard.desk import is_shipped, is_shipped_park

    first, last = runs.seeds[0], runs.seeds[-1]
    whole = runs.seeds == tuple(range(first, last + 1))
    if is_shipped_park(park) and all(is_shipped(strategy) for strategy in strategies) and whole and reference == TWIN:
        words = ["klaver", "compare", park.name, "--strategies", ",".join(runs.strategies), "--seeds", str(len(runs.seeds))]
        words += ["--seed", str(first)] if first != 1 else []
        words += ["--quarters", str(runs.quarters)] if runs.quarters != park.quarters else []
        words += ["--parameters", "posterior"] if drawn else []
        return shlex.join(words)
    if link:
        address = f"/compare?lang={say.code}&s={link}"
        # Folded to the width of the page; a browser leaves line ends out of an address that is pasted.
        lines = [address[start : start + ADDRESS_LINE] for start in range(0, len(address), ADDRESS_LINE)]
        return "\n".join(["klaver dashboard", say("reports.open_link"), *lines])
    return f"klaver dashboard\n{say('reports.open_session')}"


# --- numbers ---------------------------------------------------------------------------------------------------------


def make_json(
    runs: Runs, reference: str, titles: Mapping[str, Mapping[str, str]], park: Mapping[str, Any],
    strategies: Sequence[Mapping[str, Any]], drawn: bool = False,
) -> bytes:  # fmt: skip
    """Return a comparison as JSON: what ``klaver compare --json`` gives, with its inputs and receipt.

    Parameters
    ----------
    titles
        What strategies are called, by language and name.
    runs, reference, park, strategies, drawn
        As :func:`make_report` takes them.
    """
    from klaver import results

    receipt = receipt_of_runs(runs)
    content = {**Comparison(runs, reference).to_json(), "titles": titles, "parameters_drawn": drawn,
               "receipt": receipt.to_json(), "inputs": {"park": park, "strategies": list(strategies)}}  # fmt: skip
    return (results.as_json(results.plain(content)) + "\n").encode()


def make_csv(runs: Runs, titles: Mapping[str, str]) -> bytes:
    """Return all runs as CSV, a row each: park, strategy with its title, seed, every measure, receipt.

    UTF-8 with a mark at the start, by which spreadsheets know it. A text that a spreadsheet would take for a formula gets an
    apostrophe before it.
    """
    table = runs.table.reset_index()
    table.insert(0, "park", _as_text(runs.park))
    named = table["strategy"].map(lambda name: _as_text(titles.get(name, name)))
    table.insert(table.columns.get_loc("strategy") + 1, "title", named)
    table["strategy"] = table["strategy"].map(_as_text)
    table["receipt"] = receipt_of_runs(runs).id
    return b"\xef\xbb\xbf" + table.to_csv(index=False, lineterminator="\r\n").encode()


def _as_text(text: str) -> str:
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
