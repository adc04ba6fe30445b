"""What stands in a report, and in which order: the blocks of the brief report of one comparison and of the full one.

Page one is for whoever decides, the middle for whoever checks, the last page for whoever repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import statistics
from analysis.report.blocks import (
    Block,
    BulletList,
    Callout,
    Code,
    Document,
    Heading,
    KeyValue,
    PageBreak,
    Paragraph,
    Picture,
    Table,
)
from analysis.report.findings import Judged, findings, reference
from analysis.report.wording import Wording
from analysis.statistics import Estimate
from sim.inputs.parameters import BY_NAME, PARAMETERS

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.receipt import Receipt

ASSUMPTIONS = {
    "regisseren": ("hours_slot", "hours_chain", "hours_advice", "step_rate"),
    "aanjagen": ("hours_push", "uncertainty_push", "hours_map", "map_reach"),
    "verbinden": ("hours_conversation", "disclose_base", "disclose_trust", "hours_introduction", "hours_mediation",
                  "mediation_effect"),
    "ontzorgen": ("hours_permit", "hours_finance", "hours_soil", "hours_bridge", "resume_rate"),
    "all_roles": ("failed_talk_harm", "mix_loss", "trust_gain", "trust_loss"),
}  # fmt: skip
"""Judgements most directly behind what a role does, by role."""

MAIN = (("multiplier_additional", 1.0, 2), ("multiplier_gross", 1.0, 2), ("vitality", 1.0, 1), ("social_balance", 1e-6, 1))
FURTHER = (("private_investment", 1e-6, 1), ("public_outlay", 1e-6, 1), ("vacancy", 100.0, 1), ("jobs", 1.0, 0),
           ("opportunities_realised", 1.0, 1), ("lead_time", 1.0, 1))  # fmt: skip
COMPONENTS = tuple(f"vitality_{part}" for part in (
    "occupancy", "premises", "public_space", "jobs", "dynamics", "organisation", "future"))  # fmt: skip
KNOWN_PROVENANCE = ("version", "commit", "model", "inputs", "seeds", "runs", "packages", "python", "platform", "started",
                    "seconds")  # fmt: skip


@dataclass(frozen=True)
class FactorEffect:
    """What one level of a factor of an experiment comes to, on one outcome.

    Attributes
    ----------
    factor, level, outcome
        As they are to be shown.
    estimate
        Mean and interval, in the unit named by `outcome`.
    """

    factor: str
    level: str
    outcome: str
    estimate: Estimate


@dataclass(frozen=True)
class ReportContext:
    """What a report tells beside the numbers. Texts are in the language of the report, and are shown as they stand.

    Attributes
    ----------
    title, question
        Of the report; empty takes a title of its own, and leaves the question out.
    parks
        Name of a park to rows (label, value) that describe it: hectares, firms, vacancy at the start.
    park_titles, strategies
        Name to title of a park; name to a sentence on a strategy. Shipped ones have their own.
    provenance
        What made the numbers. The keys of :data:`KNOWN_PROVENANCE` are shown in that order under a label in the
        language, ``command`` as the command that makes it again, any other key under its own name.
    receipts
        Of the runs behind the report; the first stands below every page.
    failed
        (cause, number of runs) set aside.
    factors
        Rows of the table of factors of the experiment, if it has any.
    decision
        Of a sequential selection: ``best`` (name of a strategy, None if not decided), ``confidence`` (0-1),
        ``smallest`` (smallest difference that matters, as it is to be shown), ``outcome`` (a key of
        :data:`analysis.compare.OUTCOMES`), ``seeds`` (used).
    verification
        What checking the stored runs showed.
    parameters
        Settings that differ from the model's defaults.
    """

    title: str = ""
    question: str = ""
    parks: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    park_titles: Mapping[str, str] = field(default_factory=dict)
    strategies: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    receipts: Sequence[Receipt] = ()
    failed: Sequence[tuple[str, int]] = ()
    factors: Sequence[FactorEffect] = ()
    decision: Mapping[str, Any] | None = None
    verification: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)


# --- the two reports --------------------------------------------------------------------------------------------------


def brief_report(comparison: Comparison, language: str) -> Document:
    """Return the brief report of one comparison: findings, outcomes, three pictures, limits.

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """
    say, context = Wording(language), ReportContext()
    titled = _titled(comparison, context, language)
    title = say("title.one", park=titled.runs.park)
    blocks: list[Block] = [Heading(title, 1), *_warnings([titled], context, say), Paragraph(_lead([comparison], say))]
    blocks += [Heading(say("heading.findings")), Paragraph(say("finding.brackets"), small=True),
               BulletList(findings(titled, say, _title_of(language)))]
    blocks += [_futures(titled, say), Heading(say("heading.outcomes")), _main_table(comparison, say, _title_of(language)),
               Paragraph(say("outcomes.note"), small=True), *_alike(titled, say),
               *_over_time(titled, say), Heading(say("heading.limits")), BulletList(_limits(say))]
    return Document(title, language, tuple(blocks))


def full_report(comparisons: Sequence[Comparison], context: ReportContext, language: str) -> Document:
    """Return the full report of one comparison, or of one per park.

    Raises
    ------
    ValueError
        If there is no comparison, or the language is not ``nl`` or ``en``.
    """
    if not comparisons:
        raise ValueError("a report needs at least one comparison")
    say = Wording(language)
    titled = [_titled(comparison, context, language) for comparison in comparisons]
    several = len(titled) > 1
    title = context.title or say("title.several" if several else "title.one", park=titled[0].runs.park, n=len(titled))
    blocks: list[Block] = [Heading(title, 1), *_warnings(titled, context, say)]
    if context.question:
        blocks.append(Paragraph(context.question, say("label.question")))
    blocks.append(Paragraph(_lead(comparisons, say)))
    blocks += _parks(comparisons, titled, context, say) + _approaches(comparisons, context, say)
    blocks += _first_page_outcomes(titled, context, say)
    blocks += [Heading(say("heading.limits")), BulletList(_limits(say)[:3])]
    for comparison in titled:
        blocks += [PageBreak(), *_chapter(comparison, several, context, say)]
    blocks += [PageBreak(), *_assumptions(context, say), *_factors(context, say), Heading(say("heading.all_limits")),
               BulletList(_limits(say)), PageBreak(), *_provenance(context, say)]
    footer = context.receipts[0].line if context.receipts else ""
    return Document(title, language, tuple(blocks), footer, say("heading.contents"))


def _titled(comparison: Comparison, context: ReportContext, language: str) -> Judged:
    """Return the comparison with the title of its park for a name, which is what pictures show."""
    from sim.inputs.scenario import list_parks, load_park

    name = comparison.runs.park
    title = context.park_titles.get(name, "")
    if not title and name in list_parks():
        title = load_park(name).title.get(language, "")
    return Judged(replace(comparison.runs, park=title or name), comparison.reference)


def _title_of(language: str) -> Any:
    from analysis.figures import strategy_title

    return lambda name: strategy_title(name, language)


# --- page one ---------------------------------------------------------------------------------------------------------


def _all_strategies(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for comparison in comparisons for name in comparison.strategies))


def _lead(comparisons: Sequence[Comparison], say: Wording) -> str:
    n = len(_all_strategies(comparisons))
    settings = {(len(comparison.runs.seeds), comparison.runs.quarters) for comparison in comparisons}
    if len(settings) > 1:
        return f"{say('lead.varied', n=n)} {say('lead.paired')}"
    ((seeds, quarters),) = settings
    return f"{say('lead.same', n=n, seeds=seeds, years=_short(quarters / 4, say))} {say('lead.paired')}"


def _warnings(comparisons: Sequence[Comparison], context: ReportContext, say: Wording) -> list[Block]:
    blocks: list[Block] = []
    for comparison in comparisons:
        if comparison.note:
            where = f" ({comparison.runs.park})" if len(comparisons) > 1 else ""
            text = say("warning.few", n=len(comparison.runs.seeds), least=statistics.FEW_SEEDS)
            blocks.append(Callout(say("warning.few_title") + where, text))
    if context.failed:
        n = sum(number for _, number in context.failed)
        causes = say.join([f"{cause} ({number})" for cause, number in context.failed])
        blocks.append(Callout(say("warning.failed_title"), say("warning.failed", n=n, causes=causes)))
    left_out = [(comparison.runs.park, len(comparison.runs.left_out)) for comparison in comparisons if comparison.runs.left_out]
    if left_out:
        parks = say.join([f"{park} ({n})" for park, n in left_out])
        blocks.append(Callout(say("warning.left_out_title"), say("warning.left_out", parks=parks)))
    return blocks


def _parks(
    comparisons: Sequence[Comparison], titled: Sequence[Comparison], context: ReportContext, say: Wording
) -> list[Block]:
    blocks: list[Block] = [Heading(say("heading.park" if len(titled) == 1 else "heading.parks"))]
    for comparison, shown in zip(comparisons, titled, strict=True):
        rows = tuple((str(label), str(value)) for label, value in context.parks.get(comparison.runs.park, ()))
        if not rows:
            years = _short(comparison.runs.quarters / 4, say)
            rows = ((say("park.area"), say("park.hectares", n=say.number(comparison.runs.gross_ha, 1))),
                    (say("park.horizon"), say("park.years", n=years)),
                    (say("park.futures"), say.number(len(comparison.runs.seeds))))
        if len(titled) > 1:
            blocks.append(Paragraph("", shown.runs.park))
        blocks.append(KeyValue(rows))
    return blocks


def _approaches(comparisons: Sequence[Comparison], context: ReportContext, say: Wording) -> list[Block]:
    from sim.inputs.strategy import list_strategies, load_strategy

    shipped, title, items = list_strategies(), _title_of(say.language), []
    for name in _all_strategies(comparisons):
        text = context.strategies.get(name, "")
        if not text and name in shipped:
            text = load_strategy(name).description.get(say.language, "")
        items.append((title(name) + (":" if text else ""), text))
    return [Heading(say("heading.approaches")), BulletList(tuple(items))]


def _first_page_outcomes(titled: Sequence[Judged], context: ReportContext, say: Wording) -> list[Block]:
    title = _title_of(say.language)
    blocks: list[Block] = [Heading(say("heading.findings"))]
    if context.decision:
        blocks.append(_decision(context.decision, say))
    if len(titled) == 1:
        return [*blocks, Paragraph(say("finding.brackets"), small=True), BulletList(findings(titled[0], say, title)),
                _futures(titled[0], say)]
    rows = []
    for comparison in titled:
        for name in comparison.strategies:
            if name != comparison.reference:
                found, change = comparison.estimates[name], comparison.differences[name]
                rows.append((comparison.runs.park, title(name), say.cell(found["multiplier_additional"], 1, 2),
                             say.cell(change["vitality"], 1, 1, True), say.cell(change["social_balance"], 1e-6, 1, True)))
    head = (say("column.park"), say("column.strategy"), say("column.multiplier_additional"),
            say("column.vitality_difference"), say("column.social_balance_difference"))
    label = say("finding.order_label")
    items = tuple((comparison.runs.park + ":", dict(findings(comparison, say, title)).get(label, ""))
                  for comparison in titled)
    return [*blocks, Table(say("table.across"), head, tuple(rows), texts=(0, 1)),
            Paragraph(say("outcomes.interval"), small=True), BulletList(tuple(item for item in items if item[1]))]


def _decision(decision: Mapping[str, Any], say: Wording) -> Callout:
    best = decision.get("best")
    outcome = str(decision.get("outcome", ""))
    key = f"on.{outcome}"
    values = {"best": _title_of(say.language)(best) if best else "", "seeds": decision.get("seeds", ""),
              "confidence": say.chance(float(decision.get("confidence", 0.0))),
              "smallest": decision.get("smallest", ""), "on": say(key) if say.has(key) else outcome}
    return Callout(say("decision.title"), say("decision.made" if best else "decision.open", **values))


def _limits(say: Wording) -> tuple[tuple[str, str], ...]:
    judged = sum(parameter.mark == "J" for parameter in PARAMETERS)
    return (
        (say("limit.chance_label"), say("limit.chance", judged=judged, all=len(PARAMETERS))),
        (say("limit.roles_label"), say("limit.roles")),
        (say("limit.money_label"), say("limit.money")),
        (say("limit.parks_label"), say("limit.parks")),
        (say("limit.scope_label"), say("limit.scope")),
    )


# --- the chapter of a park --------------------------------------------------------------------------------------------


def _chapter(comparison: Judged, several: bool, context: ReportContext, say: Wording) -> list[Block]:
    title = _title_of(say.language)
    blocks: list[Block] = []
    if several:
        blocks += [Heading(comparison.runs.park), Paragraph(say("finding.brackets"), small=True),
                   BulletList(findings(comparison, say, title)), _futures(comparison, say)]
    level = 3 if several else 2
    blocks += [Heading(say("heading.outcomes"), level), _main_table(comparison, say, title),
               Paragraph(say("outcomes.note"), small=True), *_alike(comparison, say),
               _further_table(comparison, FURTHER, say("table.further"), say, title),
               _further_table(comparison, COMPONENTS_SCALED, say("table.components"), say, title)]
    blocks += [Heading(say("heading.spread"), level), _picture(comparison, "spread", say), _picture(comparison, "seeds", say)]
    over_time = _over_time(comparison, say)  # empty where the runs kept no such indicator
    blocks += [Heading(say("heading.time"), level), *over_time] if over_time else []
    blocks += [Heading(say("heading.trade_offs"), level), _picture(comparison, "trade_offs", say)]
    if not comparison.note:  # a ranking: not on a handful of futures
        blocks.append(_picture(comparison, "best", say))
    if len(comparison.strategies) > 1:
        blocks += [Heading(say("heading.risk"), level), _risks(comparison, say, title),
                   Paragraph(say("risk.note", reference=reference(comparison, say, title)), small=True)]
        blocks += [Heading(say("heading.pairs"), level), *_pairs(comparison, say, title)]
    return blocks


COMPONENTS_SCALED = tuple((outcome, 1.0, 1) for outcome in COMPONENTS)


def _main_table(comparison: Comparison, say: Wording, title: Any) -> Table:
    head = (say("column.strategy"), *(say(f"column.{outcome}") for outcome, _, _ in MAIN), say("column.vitality_difference"))
    rows = []
    for name in comparison.strategies:
        found = comparison.estimates[name]
        cells = [say.cell(found[outcome], scale, digits) for outcome, scale, digits in MAIN]
        change = "–" if name == comparison.reference else say.cell(comparison.differences[name]["vitality"], 1, 1, True)
        rows.append((title(name), *cells, change))
    return Table(say("table.main"), head, tuple(rows))


def _further_table(
    comparison: Comparison, outcomes: Sequence[tuple[str, float, int]], caption: str, say: Wording, title: Any
) -> Table:
    head = (say("column.strategy"), *(say(f"column.{outcome}") for outcome, _, _ in outcomes))
    rows = [(say("column.level", reference=title(comparison.reference)),
             *(say.cell(comparison.estimates[comparison.reference][outcome], scale, digits)
               for outcome, scale, digits in outcomes))]
    for name in comparison.strategies:
        if name != comparison.reference:
            rows.append((title(name), *(say.cell(comparison.differences[name][outcome], scale, digits, True)
                                        for outcome, scale, digits in outcomes)))
    return Table(caption, head, tuple(rows))


def _alike(comparison: Judged, say: Wording) -> list[Block]:
    title, items = _title_of(say.language), []
    for outcome in ("vitality", "social_balance"):
        groups = [say.join([title(name) for name in group]) for group in comparison.groups_alike(outcome)]
        items += [(say(f"label.alike_{outcome}"), group) for group in groups]
    if not items or comparison.note:
        return []
    return [Paragraph("", say("label.alike")), BulletList(tuple(items))]


def _risks(comparison: Comparison, say: Wording, title: Any) -> Table:
    """Return the chances of what one would rather not see, and quantiles of extra private minus extra public euros."""
    from analysis.figures import NET_PRIVATE, values_per_seed

    rows = []
    for name in comparison.strategies:
        if name == comparison.reference:
            continue
        net = values_per_seed(comparison, name, NET_PRIVATE)
        known = comparison.estimates[name]["multiplier_additional"].defined
        vitality = comparison.runs.values(name, "vitality") - comparison.runs.values(comparison.reference, "vitality")
        welfare = comparison.runs.values(name, "welfare") - comparison.runs.values(comparison.reference, "welfare")
        chances = [statistics.share_of_runs(net < 0) if known else None, statistics.share_of_runs(vitality < 0),
                   statistics.share_of_runs(welfare < 0)]
        ends = [say.number(value / 1e6, 1, True) for value in np.quantile(net, [0.05, 0.5, 0.95])]
        worst = say.number(float(np.quantile(welfare, 0.05)) / 1e6, 1, True)
        rows.append((title(name), *(say.cell(chance, 100, 0) for chance in chances), *ends, worst))
    keys = ("strategy", "risk_euro", "risk_vitality", "risk_balance", "net_5", "net_50", "net_95", "balance_5")
    return Table(say("table.risk"), tuple(say(f"column.{key}") for key in keys), tuple(rows))


def _pairs(comparison: Judged, say: Wording, title: Any) -> list[Block]:
    blocks: list[Block] = [Paragraph(say("pairs.lead"))]
    for outcome, scale, digits in (("vitality", 1.0, 1), ("social_balance", 1e-6, 1)):
        blocks.append(_pair_table(comparison, outcome, scale, digits, say, title))
    return [*blocks, Paragraph(say("pairs.note"), small=True)]


def _pair_table(comparison: Judged, outcome: str, scale: float, digits: int, say: Wording, title: Any) -> Table:
    """Return every pair of strategies on one outcome, highest mean first, judged together."""
    from analysis.effects import pairing

    values, rows = comparison.ordered(outcome), []
    for (first, second), found in comparison.pairs[outcome].items():
        saved = pairing(values[first], values[second]).variance_ratio
        p = found.adjusted
        rows.append((
            f"{title(first)} – {title(second)}", say.cell(found.difference, scale, digits, True),
            say.cell(found.effect, 1.0, 2, True), say.cell(found.better, 100.0, 0),
            "–" if p is None else f"<{say.number(0.001, 3)}" if p < 0.001 else say.number(p, 3),
            "–" if comparison.note else say("pairs.yes" if found.stands else "pairs.no"),
            "–" if saved.mean is None else f"{say.number(saved.mean, 1)}×"))
    keys = ("pair", "difference", "effect", "superior", "adjusted", "stands", "paired")
    return Table(say(f"table.pairs_{outcome}"), tuple(say(f"column.{key}") for key in keys), tuple(rows),
                 widths=(2.4, 1.3, 1.4, 1.0, 0.9, 0.8, 0.9))


# --- pictures ---------------------------------------------------------------------------------------------------------


def _futures(comparison: Comparison, say: Wording) -> Picture:
    return _picture(comparison, "futures", say)


def _over_time(comparison: Comparison, say: Wording) -> list[Block]:
    kept = {"euros": ("private_investment", "public_outlay"), "vitality": ("vitality",)}
    return [_picture(comparison, kind, say) for kind, columns in kept.items()
            if comparison.runs.paths.size and set(columns) <= set(comparison.runs.columns)]


def _picture(comparison: Comparison, kind: str, say: Wording) -> Picture:
    """Return one of the pictures with its caption, and in words what is to be seen."""
    from analysis import figures

    draw = {
        "futures": lambda: figures.futures_per_strategy(comparison, say.language),
        "spread": lambda: figures.spread_per_outcome(comparison, say.language),
        "seeds": lambda: figures.differences_per_seed(comparison, say.language),
        "euros": lambda: figures.euros_over_time(comparison.runs, say.language, compact=True),
        "vitality": lambda: figures.vitality_over_time(comparison.runs, say.language, compact=True),
        "trade_offs": lambda: figures.trade_offs(comparison, say.language),
        "best": lambda: figures.chance_of_best(comparison, say.language),
    }[kind]  # fmt: skip
    title = _title_of(say.language)
    caption = say(f"caption.{kind}", reference=reference(comparison, say, title), n=len(comparison.runs.seeds))
    svg = figures.svg_text(draw(), salt=f"klaver-{kind}")
    return Picture(svg, caption, f"{caption} {_alternative(comparison, kind, say)}")


def _alternative(comparison: Comparison, kind: str, say: Wording) -> str:
    """Return the numbers of a picture in words, one clause per strategy."""
    from analysis import figures

    clauses, title, front = [], _title_of(say.language), figures.undominated(comparison)
    names = comparison.strategies if kind in ("spread", "best", "trade_offs") else figures.others(comparison)
    for name in names:
        vitality = figures.values_per_seed(comparison, name, "vitality")
        base = figures.values_per_seed(comparison, comparison.reference, "vitality")
        net = figures.values_per_seed(comparison, name, figures.NET_PRIVATE) / 1e6
        balance = figures.values_per_seed(comparison, name, "social_balance") / 1e6
        change = vitality - base
        values = {
            "higher": say.chance(float((change > 0).mean())), "euro": say.chance(float((net > 0).mean())),
            "balance": say.chance(float((balance > 0).mean())), "median": say.number(float(np.median(vitality)), 1),
            "low": say.number(float(np.quantile(vitality, 0.05)), 1),
            "high": say.number(float(np.quantile(vitality, 0.95)), 1),
            "private": say.number(comparison.runs.values(name, "private_investment").mean() / 1e6, 1),
            "public": say.number(comparison.runs.values(name, "public_outlay").mean() / 1e6, 1),
            "end": say.number(float(vitality.mean()), 1), "change": say.number(float(change.mean()), 1, True),
            "welfare": say.number(float(balance.mean()), 1, True),
            "front": say("alternative.front" if name in front else "alternative.behind"),
        }  # fmt: skip
        values |= {f"best_{key}": say.chance(comparison.probability_best[outcome][name]) for key, outcome in (
            ("multiplier", "multiplier_additional"), ("vitality", "vitality"), ("balance", "social_balance"))}
        clauses.append(f"{title(name)}: {say(f'alternative.{kind}', **values)}")
    return "; ".join(clauses) + "."


# --- assumptions, factors, provenance ---------------------------------------------------------------------------------


def _assumptions(context: ReportContext, say: Wording) -> list[Block]:
    rows = []
    for role, names in ASSUMPTIONS.items():
        for name in names:
            parameter = BY_NAME[name]
            value = context.parameters.get(name, parameter.default)
            numbers = [_short(number, say) for number in (value, parameter.low, parameter.high)]
            rows.append((say(f"role.{role}"), say(f"assumption.{name}"), numbers[0],
                         say("number.to", low=numbers[1], high=numbers[2]), say(f"unit.{parameter.unit}")))
    head = tuple(say(f"column.{key}") for key in ("role", "assumption", "value", "range", "unit"))
    return [Heading(say("heading.assumptions")), Paragraph(say("assumptions.lead")),
            Table(say("table.assumptions"), head, tuple(rows), texts=(0, 1, 4), widths=(1.0, 4.2, 0.7, 1.0, 1.9))]


def _short(value: float, say: Wording) -> str:
    return say.number(value, next(digits for digits in range(6) if round(value, digits) == value or digits == 5))


def _factors(context: ReportContext, say: Wording) -> list[Block]:
    if not context.factors:
        return []
    rows = []
    for effect in context.factors:
        mean = abs(effect.estimate.mean or 0.0)
        digits = 0 if mean >= 100 else 1 if mean >= 10 else 2
        rows.append((effect.factor, effect.level, effect.outcome, say.cell(effect.estimate, 1.0, digits)))
    head = tuple(say(f"column.{key}") for key in ("factor", "factor_level", "outcome", "estimate"))
    return [Heading(say("heading.factors")), Paragraph(say("factors.lead")),
            Table(say("table.factors"), head, tuple(rows), texts=(0, 1, 2))]


def _provenance(context: ReportContext, say: Wording) -> list[Block]:
    kept = context.provenance
    blocks: list[Block] = [Heading(say("heading.provenance")), Paragraph(say("provenance.lead"))]
    rows = [(say(f"provenance.{key}"), _plain(kept[key], say)) for key in KNOWN_PROVENANCE if kept.get(key) is not None]
    rows += [(str(key), _plain(value, say)) for key, value in kept.items()
             if key not in KNOWN_PROVENANCE and key != "command" and value is not None]
    if context.verification:
        rows.append((say("provenance.verification"), context.verification))
    if context.failed:
        rows += [(say("provenance.failed"), f"{cause} ({number})") for cause, number in context.failed]
    if rows:
        blocks.append(KeyValue(tuple(rows), wide=True))
    if kept.get("command"):
        blocks += [Heading(say("heading.again"), 3), Paragraph(say("provenance.again")), Code(str(kept["command"]))]
    if context.receipts:
        keys = ("id", "version", "model", "inputs", "seeds")
        table = Table(say("table.receipts"), tuple(say(f"column.receipt_{key}") for key in keys),
                      tuple(tuple(receipt.to_json()[key] for key in keys) for receipt in context.receipts),
                      texts=(0, 1, 2, 3, 4), widths=(0.9, 0.7, 1.6, 3.0, 1.6))
        blocks += [Heading(say("heading.receipts"), 3), Paragraph(say("provenance.receipts")), table]
    return blocks


def _plain(value: Any, say: Wording) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item, say)}" for key, item in value.items() if item is not None)
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item, say) for item in value)
    return say.number(value, 1) if isinstance(value, float) else str(value)
