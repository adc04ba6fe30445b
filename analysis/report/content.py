"""What stands in a report, and in which order: the blocks of the brief report of one comparison and of the full one.

Page one is for whoever decides, the middle for whoever checks, the last page for whoever repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import statistics
from analysis.compare import NET_PRIVATE, RANKED, Comparison
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
from analysis.report.findings import findings, reference
from analysis.report.wording import Wording
from analysis.statistics import Estimate
from sim.inputs.parameters import BY_NAME, PARAMETERS

if TYPE_CHECKING:
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
    """What a factor of an experiment, or one of its points, does to what a strategy adds, on one outcome.

    Attributes
    ----------
    factor, level, outcome
        As they are to be shown: what was varied, what is compared, and on what, with its unit.
    estimate
        Mean and interval, in the unit named by `outcome`.
    strategy, park
        Titles; empty where they go without saying.
    about
        What the factor is, in words.
    rank
        Rank correlation over the points of a sampled range, -1 to 1.
    """

    factor: str
    level: str
    outcome: str
    estimate: Estimate
    strategy: str = ""
    park: str = ""
    about: str = ""
    rank: Estimate | None = None


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
    maps
        Name of a park to a picture of its map.
    provenance
        What made the numbers. The keys of :data:`KNOWN_PROVENANCE` are shown in that order under a label in the
        language, ``command`` as the command that makes it again, any other key under its own name.
    receipts
        Of the runs behind the report; the first stands below every page.
    failed
        (cause, number of runs) set aside.
    factors
        Rows of the table of factors of the experiment, if it has any, the largest effect first per outcome.
    points
        Of a design in which several factors change at once: name of each point, and what it sets. The rows of `factors`
        are then about whole points.
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
    maps: Mapping[str, Picture] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    receipts: Sequence[Receipt] = ()
    failed: Sequence[tuple[str, int]] = ()
    factors: Sequence[FactorEffect] = ()
    points: Sequence[tuple[str, str]] = ()
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
    maps = [context.maps[comparison.runs.park] for comparison in comparisons if comparison.runs.park in context.maps]
    if maps:
        blocks += [Heading(say("heading.map")), *maps]
    for comparison in titled:
        blocks += [PageBreak(), *_chapter(comparison, several, context, say)]
    blocks += [PageBreak(), *_assumptions(context, say), *_factors(context, say), Heading(say("heading.all_limits")),
               BulletList(_limits(say)), PageBreak(), *_provenance(context, say)]
    footer = say("label.footer", version=context.receipts[0].version, id=context.receipts[0].id) if context.receipts else ""
    return Document(title, language, tuple(blocks), footer, say("heading.contents"))


def _titled(comparison: Comparison, context: ReportContext, language: str) -> Comparison:
    """Return the comparison with the title of its park for a name, which is what pictures show."""
    from sim.inputs.scenario import list_parks, load_park

    name = comparison.runs.park
    title = context.park_titles.get(name, "")
    if not title and name in list_parks():
        title = load_park(name).title.get(language, "")
    return comparison.named(title or name)


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
    texts = []
    if context.failed:
        n = sum(number for _, number in context.failed)
        causes = say.join([f"{cause} ({number})" for cause, number in context.failed])
        texts.append(say("warning.failed", n=n, causes=causes))
    left_out = [(comparison.runs.park, len(comparison.runs.left_out)) for comparison in comparisons if comparison.runs.left_out]
    if left_out:
        texts.append(say("warning.left_out", parks=say.join([f"{park} ({n})" for park, n in left_out])))
    if texts:  # what failed and what was left out for it are one message
        title = say("warning.failed_title" if context.failed else "warning.left_out_title")
        blocks.append(Callout(title, " ".join(texts)))
    return blocks


def _parks(
    comparisons: Sequence[Comparison], titled: Sequence[Comparison], context: ReportContext, say: Wording
) -> list[Block]:
    described = []
    for comparison, shown in zip(comparisons, titled, strict=True):
        rows = tuple((str(label), str(value)) for label, value in context.parks.get(comparison.runs.park, ()))
        if not rows:
            years = _short(comparison.runs.quarters / 4, say)
            rows = ((say("park.area"), say("park.hectares", n=say.number(comparison.runs.gross_ha, 1))),
                    (say("park.horizon"), say("park.years", n=years)),
                    (say("park.futures"), say.number(len(comparison.runs.seeds))))
        described.append((shown.runs.park, rows))
    if len(described) == 1:
        return [Heading(say("heading.park")), KeyValue(described[0][1])]
    # A line each, so that page one keeps room for what came out.
    items = tuple((f"{park}:", " · ".join(f"{label} {value}" for label, value in rows)) for park, rows in described)
    return [Heading(say("heading.parks")), BulletList(items)]


def _approaches(comparisons: Sequence[Comparison], context: ReportContext, say: Wording) -> list[Block]:
    from sim.inputs.strategy import list_strategies, load_strategy

    shipped, title, items = list_strategies(), _title_of(say.language), []
    for name in _all_strategies(comparisons):
        text = context.strategies.get(name, "")
        if not text and name in shipped:
            text = load_strategy(name).description.get(say.language, "")
        items.append((title(name) + (":" if text else ""), text))
    return [Heading(say("heading.approaches")), BulletList(tuple(items))]


def _first_page_outcomes(titled: Sequence[Comparison], context: ReportContext, say: Wording) -> list[Block]:
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
    return [*blocks, _futures_of_parks(titled, say), Table(say("table.across"), head, tuple(rows), texts=(0, 1)),
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


def _chapter(comparison: Comparison, several: bool, context: ReportContext, say: Wording) -> list[Block]:
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


def _alike(comparison: Comparison, say: Wording) -> list[Block]:
    title, items = _title_of(say.language), []
    for outcome in RANKED:
        groups = [say.join([title(name) for name in group]) for group in comparison.alike(outcome) if len(group) > 1]
        items += [(say(f"label.alike_{outcome}"), group) for group in groups]
    if not items or comparison.note:
        return []
    return [Paragraph("", say("label.alike")), BulletList(tuple(items))]


def _risks(comparison: Comparison, say: Wording, title: Any) -> Table:
    """Return the chances of what one would rather not see, and what bad, middling and good futures bring."""
    rows = []
    for name in comparison.strategies:
        if name == comparison.reference:
            continue
        changes = [comparison.values(name, outcome) - comparison.values(comparison.reference, outcome)
                   for outcome in ("vitality", "welfare")]
        chances = [comparison.moves_less_than_one_euro[name], *(statistics.share_below(found, 0.0) for found in changes)]
        quantiles = [say.cell(found, 1e-6, 1, True) for found in comparison.futures[name][NET_PRIVATE]["quantiles"].values()]
        worst = comparison.futures[name]["social_balance"]["worst_tenth"]
        rows.append((title(name), *(say.cell(chance, 100, 0) for chance in chances), *quantiles,
                     say.cell(worst, 1e-6, 1, True)))  # fmt: skip
    keys = ("strategy", "risk_euro", "risk_vitality", "risk_balance", "net_10", "net_50", "net_90", "balance_worst")
    return Table(say("table.risk"), tuple(say(f"column.{key}") for key in keys), tuple(rows),
                 widths=(1.5, 1.0, 0.9, 0.9, 1.15, 1.1, 1.1, 1.3))  # fmt: skip


def _pairs(comparison: Comparison, say: Wording, title: Any) -> list[Block]:
    blocks: list[Block] = [Paragraph(say("pairs.lead"))]
    for outcome, scale, digits in (("vitality", 1.0, 1), ("social_balance", 1e-6, 1), ("multiplier_additional", 1.0, 2)):
        if comparison.pairs[outcome]:
            blocks.append(_pair_table(comparison, outcome, scale, digits, say, title))
    return [*blocks, Paragraph(say("pairs.note"), small=True)]


def _pair_table(comparison: Comparison, outcome: str, scale: float, digits: int, say: Wording, title: Any) -> Table:
    """Return every pair of strategies on one outcome, highest mean first, judged together."""
    rows = []
    per_seed = outcome != "multiplier_additional"
    for (first, second), pair in comparison.pairs[outcome].items():
        found, p = pair.difference, pair.difference.adjusted
        saved = pair.pairing.variance_ratio.mean if pair.pairing else None
        rows.append((
            f"{title(first)} – {title(second)}", say.cell(found.difference, scale, digits, True),
            *((say.cell(found.effect, 1.0, 2, True), say.cell(found.better, 100.0, 0)) if per_seed else ()),
            "–" if p is None else f"<{say.number(0.001, 3)}" if p < 0.001 else say.number(p, 3),
            "–" if comparison.note else say("pairs.yes" if found.stands else "pairs.no"),
            *(("–" if saved is None else f"{say.number(saved, 1)}×",) if per_seed else ())))
    keys = ("pair", "difference", "effect", "superior", "adjusted", "stands", "paired")
    widths: tuple[float, ...] = (2.4, 1.3, 1.4, 1.0, 0.9, 0.8, 0.9)
    if not per_seed:
        keys, widths = ("pair", "difference", "adjusted", "stands"), (2.4, 1.3, 0.9, 0.8)
    return Table(say(f"table.pairs_{outcome}"), tuple(say(f"column.{key}") for key in keys), tuple(rows), widths=widths)


# --- pictures ---------------------------------------------------------------------------------------------------------


def _futures(comparison: Comparison, say: Wording) -> Picture:
    return _picture(comparison, "futures", say)


def _futures_of_parks(comparisons: Sequence[Comparison], say: Wording) -> Picture:
    """Return one picture of the spread over futures on all parks."""
    from analysis import figures

    key = "parks" if len(comparisons) <= figures.MOST_PARKS_FOR_TWO else "parks_many"
    caption = say(f"caption.{key}", reference=reference(comparisons[0], say, _title_of(say.language)))
    words = " ".join(f"{one.runs.park}: {_alternative(one, 'futures', say)}" for one in comparisons)
    svg = figures.svg_text(figures.futures_per_park(comparisons, say.language), salt="klaver-parks")
    return Picture(svg, caption, f"{caption} {words}")


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
        vitality, base = (comparison.values(one, "vitality") for one in (name, comparison.reference))
        net, balance = (comparison.values(name, outcome) / 1e6 for outcome in (NET_PRIVATE, "social_balance"))
        change = vitality - base
        values = {
            "higher": say.chance(float((change > 0).mean())), "euro": say.chance(float((net > 0).mean())),
            "balance": say.chance(float((balance > 0).mean())), "median": say.number(float(np.median(vitality)), 1),
            "low": say.number(float(np.quantile(vitality, 0.05)), 1),
            "high": say.number(float(np.quantile(vitality, 0.95)), 1),
            "private": say.number(comparison.values(name, "private_investment").mean() / 1e6, 1),
            "public": say.number(comparison.values(name, "public_outlay").mean() / 1e6, 1),
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
    ranked = any(effect.rank for effect in context.factors)
    lead = say("factors.lead_points" if context.points else "factors.lead")
    blocks: list[Block] = [Heading(say("heading.factors")), Paragraph(lead)]
    if context.points:
        head = (say("column.point"), say("column.point_values"))
        blocks.append(Table(say("table.points"), head, tuple(context.points), texts=(0, 1), widths=(1.0, 6.0)))
    if ranked:
        blocks.append(Paragraph(say("factors.rank"), small=True))
    blocks.append(_factor_picture(context.factors, say))
    for outcome in dict.fromkeys(effect.outcome for effect in context.factors):
        chosen = [effect for effect in context.factors if effect.outcome == outcome]
        columns = [key for key in ("park", "strategy") if any(getattr(effect, key) for effect in chosen)]
        keys = ["point" if context.points else "factor", *([] if context.points else ["factor_level"]), *columns, "estimate",
                *(["rank"] if ranked else [])]
        blocks.append(Table(outcome, tuple(say(f"column.{key}") for key in keys),
                            tuple(_factor_row(effect, keys, say) for effect in chosen),
                            texts=tuple(range(len(keys) - 1 - ranked)), widths=tuple(_FACTOR_WIDTHS[key] for key in keys)))
    return blocks


def _factor_row(effect: FactorEffect, keys: Sequence[str], say: Wording) -> tuple[str, ...]:
    mean = abs(effect.estimate.mean or 0.0)
    name = f"{effect.factor}\n{effect.about}" if effect.about else effect.factor
    cells = {"point": name, "factor": name, "factor_level": effect.level, "park": effect.park, "strategy": effect.strategy,
             "estimate": say.cell(effect.estimate, 1.0, 0 if mean >= 100 else 1 if mean >= 10 else 2, True),
             "rank": say.cell(effect.rank, 1.0, 2, True) if effect.rank else "–"}  # fmt: skip
    return tuple(cells[key] for key in keys)


_FACTOR_WIDTHS = {"factor": 2.9, "factor_level": 1.8, "point": 1.2, "park": 1.4, "strategy": 1.2, "estimate": 1.4, "rank": 1.3}


def _factor_picture(effects: Sequence[FactorEffect], say: Wording) -> Picture:
    """Return the effects as a picture, with the largest of each outcome in words."""
    from analysis import figures

    caption = say("caption.factors")
    words = []
    for outcome in dict.fromkeys(effect.outcome for effect in effects):
        first = next(effect for effect in effects if effect.outcome == outcome)
        if first.estimate.mean is not None:
            what = ", ".join(part for part in (first.park, first.about or first.factor, first.level, first.strategy) if part)
            words.append(f"{outcome}: {what}: {say.inline(first.estimate, 1.0, 2, True)}.")
    svg = figures.svg_text(figures.effects_of_factors(effects, say.language), salt="klaver-factors")
    return Picture(svg, caption, f"{caption} {say('alternative.factors')} {' '.join(words)}")


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
