"""Where the euros come from and what they build, as streams whose width is money.

Works on premises, land and public space are investment; they are drawn solid, and so are the municipality's own hours. What
only changes hands (land, buildings, moves, fees, upkeep) is investment nowhere: it is drawn light and dashed, apart and on
the same scale. A grant is public money in the works of the one who gets it, so that public and private add up to the works,
as they do in the multiplier: private investment is works less grants and less public loans that are not repaid.

Of one run the streams are its ledger, to the cent (:func:`flows_of_run`). Of many they are means (:func:`mean_flows`), which
know who paid but not for what kind of works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import statistics
from analysis.experiment_schema import TWIN
from klaver.dashboard.drawing.canvas import INK, ORANGE, PAPER, REFERENCE, SCENARIO, SOFT, Canvas
from klaver.dashboard.drawing.lettering import fold, write_lines
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import Titles, capital, strategy_name
from sim import records

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from klaver.language import Language

PUBLIC = ("municipality", "province_state", "fund")
"""Sources whose euros are public."""
WORKS = ("works_build", "works_renovate", "works_demolish", "works_clean", "works_public")
SMALL = 0.015
"""Streams below this share of all investment are gathered under "other"."""
_PUBLIC_COLOUR, _PRIVATE_COLOUR = ORANGE, SCENARIO


@dataclass(frozen=True)
class Flows:
    """Euros from sources, by ways, to what was done with them.

    Attributes
    ----------
    into
        (source, way) to cents, of what counts: investment, and the municipality's own hours.
    out_of
        (way, target) to cents, of the same. What goes into a way comes out of it.
    aside
        (source, target) to cents, of what counts nowhere as investment.
    """

    into: Mapping[tuple[str, str], int]
    out_of: Mapping[tuple[str, str], int]
    aside: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def total(self, *sources: str) -> int:
        """Return the cents that count of some sources; of all if none is named."""
        return sum(cents for (source, _), cents in self.into.items() if not sources or source in sources)

    @property
    def sources(self) -> list[str]:
        """Sources of what counts."""
        return list(dict.fromkeys(source for source, _ in self.into))


def flows_of_run(ledger: pd.DataFrame, owners: pd.DataFrame, companies: pd.DataFrame | None = None) -> Flows:
    """Return the streams of one run, to the cent.

    Parameters
    ----------
    ledger, owners, companies
        Tables of the run (``klaver.tables.tables_of``). With ``companies``, firms that came during the run are a source of
        their own.

    Returns
    -------
    Flows
        Ways are ``opportunity`` (works of several parties), ``own`` (works of one firm or owner), ``public`` (works of the
        municipality outside opportunities) and ``process`` (hours). Every entry is in one stream; a grant or loan is in the
        works that it pays for, and aside as far as there are none.
    """
    kinds = owners["kind"].tolist()
    arrived = None if companies is None else companies["arrived"].to_numpy()
    with_capital = set(ledger.loc[ledger["purpose"] == "capital", "receiver"].tolist())
    into: dict[tuple[str, str], int] = {}
    out_of: dict[tuple[str, str], int] = {}
    aside: dict[tuple[str, str], int] = {}
    helped: dict[tuple[str, str, str], int] = {}  # payer, way, receiver -> cents of grants and loans

    def add(where: dict[tuple[str, str], int], a: str, b: str, cents: int) -> None:
        where[a, b] = where.get((a, b), 0) + cents

    columns = ("payer", "receiver", "cents", "purpose", "opportunity")
    for payer, receiver, cents, purpose, opportunity in zip(*(ledger[column].tolist() for column in columns), strict=True):
        source = _party(payer, kinds, arrived, with_capital)
        way = "opportunity" if opportunity >= 0 else "public" if source in PUBLIC else "own"
        if purpose in WORKS and source != "region":
            add(into, source, way, cents)
            add(out_of, way, purpose, cents)
        elif purpose == "process":
            add(into, source, "process", cents)
            add(out_of, "process", "process", cents)
        elif purpose in ("grant", "loan"):
            way = "opportunity" if opportunity >= 0 else "own"
            key = source, way, _party(receiver, kinds, arrived, with_capital)
            helped[key] = helped.get(key, 0) + cents
        elif purpose == "repayment":
            way = "opportunity" if opportunity >= 0 else "own"
            key = _party(receiver, kinds, arrived, with_capital), way, source
            helped[key] = helped.get(key, 0) - cents
        else:
            add(aside, source, _target_aside(purpose, source), cents)
    for (payer_of, way, receiver_of), cents in helped.items():
        left = cents
        # The works of the receiver first; then those of others at the same table.
        private = [receiver_of, *sorted({source for source, through in into if through == way} - {receiver_of, *PUBLIC})]
        for source in private if cents > 0 else ():
            moved = min(left, into.get((source, way), 0))
            if moved > 0:
                add(into, source, way, -moved)
                add(into, payer_of, way, moved)
                left -= moved
        if left:
            add(aside, payer_of if left > 0 else receiver_of, "support", abs(left))
    return Flows({key: cents for key, cents in into.items() if cents}, out_of, aside)


def _party(party: int, kinds: Sequence[str], arrived: np.ndarray | None, with_capital: set[int]) -> str:
    """Return whose euros those of a party are."""
    if party >= 0:
        return "newcomers" if arrived is not None and arrived[party] > 0 else "firms"
    if party == records.MUNICIPALITY:
        return "municipality"
    if party in (records.PROVINCE, records.STATE):
        return "province_state"
    if party in records.OUTSIDE_ACCOUNTS:
        return {records.REGION: "region", records.ASSOCIATION: "levy_zone"}.get(party, "others")
    return "fund" if party in with_capital else "owners" if kinds[-1 - party] != "person" else "firms"


def _target_aside(purpose: str, source: str) -> str:
    if purpose in WORKS:
        return "elsewhere"
    if purpose == "capital":
        return "capital"
    return "property" if purpose in ("land", "building_sale") else "running"


def mean_flows(comparison: Comparison, strategy: str) -> Flows:
    """Return the streams of a strategy as means over seeds, rounded to the cent.

    Parameters
    ----------
    comparison
        Of any number of seeds from 1.
    strategy
        One of those run.

    Returns
    -------
    Flows
        Sources ``private`` and ``public``; purchases of sites by the municipality are aside.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    def mean(measure: str) -> int:
        return round(100 * float(np.nanmean(comparison.values(strategy, measure))))

    support = mean("grants") + mean("loans") - mean("loans_repaid")
    private = mean("private_investment")
    paid, aside = max(0, min(support, private + support)), {}
    into = {("private", "premises"): max(private, 0), ("public", "premises"): paid, ("public", "works"): mean("public_works"),
            ("public", "process"): mean("process_costs")}  # fmt: skip
    out_of = {("premises", "premises_works"): max(private, 0) + paid, ("works", "works_public"): mean("public_works"),
              ("process", "process"): mean("process_costs")}  # fmt: skip
    for (source, target), cents in {("public", "support"): support - paid, ("public", "property"): mean("purchases"),
                                    ("public", "capital"): mean("fund_capital")}.items():  # fmt: skip
        if cents > 0:
            aside[source, target] = cents
    into = {key: cents for key, cents in into.items() if cents}
    return Flows(into, {key: cents for key, cents in out_of.items() if cents}, aside)


def sankey(
    flows: Flows, say: Language, *, anyway: float | None = None, outlay: float | None = None, about: str = "",
    width: float = 720,
) -> Picture:  # fmt: skip
    """Draw streams of euros from left to right.

    Parameters
    ----------
    flows
        What to draw.
    say
        Language of the picture.
    anyway
        Private investment of the twin, euros: what would have been invested without intervention. It is said, and marked
        on the private streams; None leaves it out.
    outlay
        Public outlay, euros, as the multiplier counts it: with land bought and sold, capital of a fund, and support without
        works. It is said where it is not the public euros that are drawn.
    about
        A sentence about whose euros these are, below the picture.
    width
        720 for a column of a page, 360 for a phone.

    Returns
    -------
    Picture
        Its table has a row a stream, euros; small streams stand in it by themselves, though the picture gathers them.
    """
    title = say("chart.flow_title")
    wide = width > 500
    canvas = Canvas(width, 1000)
    total = flows.total()
    private = flows.total(*(source for source in flows.sources if source not in PUBLIC and source != "public"))
    public = total - private
    head = say("chart.flow_head", private=say.euros(private / 100), public=say.euros(public / 100))
    y = write_lines(canvas, head, 0, 2, width, 18 if wide else 16, 4, weight="600")
    twin = _anyway_text(say, private / 100, anyway) if anyway is not None else ""
    if twin:
        y = write_lines(canvas, twin, 0, y + 1, width, 14, 4, colour=SOFT)
    counted = ""
    if outlay is not None and say.euros(outlay) != say.euros(public / 100):
        counted = say("chart.flow_outlay", euros=say.euros(outlay))
    if counted:
        y = write_lines(canvas, counted, 0, y + 1, width, 14, 4, colour=SOFT)
    y += 12
    if total <= 0 and not flows.aside:
        write_lines(canvas, say("chart.flow_nothing"), 0, y, width, 15, 2, colour=SOFT)
        canvas.height = y + 26
    else:
        y = _streams(canvas, say, flows, y, private / 100, anyway)
        if about:
            y = write_lines(canvas, about, 0, y, width, 13, 3, colour=SOFT)
        canvas.height = y + 4
    largest = sorted(_targets(flows.out_of).items(), key=lambda item: -item[1])[:3]
    told = [f"{head}.", twin, counted]
    if largest:
        listed = [f"{say(f'chart.flow_{target}')} {say.euros(cents / 100)}" for target, cents in largest]
        told.append(say("chart.flow_targets", parts=say.listing(listed)))
    if flows.aside:
        told.append(say("chart.flow_aside", euros=say.euros(sum(flows.aside.values()) / 100)))
    described = " ".join(part for part in (*told, about) if part)
    rows = [[say(f"chart.flow_{a}"), say(f"chart.way_{b}"), cents / 100, True] for (a, b), cents in flows.into.items()]
    rows += [[say(f"chart.way_{a}"), say(f"chart.flow_{b}"), cents / 100, True] for (a, b), cents in flows.out_of.items()]
    rows += [[say(f"chart.flow_{a}"), say(f"chart.flow_{b}"), cents / 100, False] for (a, b), cents in flows.aside.items()]
    frame = pd.DataFrame(rows, columns=[say(f"chart.column_{key}") for key in ("from", "to", "euros", "counts")])
    return Picture("flows", title, described, canvas.svg(title, described), frame)


def run_flows(
    tables: Mapping[str, pd.DataFrame], say: Language, *, anyway: float | None = None, outlay: float | None = None,
    width: float = 720,
) -> Picture:  # fmt: skip
    """Draw the streams of one run; parameters as :func:`flows_of_run` and :func:`sankey` have them."""
    flows = flows_of_run(tables["ledger"], tables["owners"], tables["companies"])
    return sankey(flows, say, anyway=anyway, outlay=outlay, about=say("chart.flow_one_run"), width=width)


def strategy_flows(
    comparison: Comparison, strategy: str, say: Language, *, width: float = 720, titles: Titles = None
) -> Picture:
    """Draw the mean streams of a strategy, with the intervals of the two sums that make the multiplier.

    Raises
    ------
    ValueError
        If the strategy was not run.
    """
    flows = mean_flows(comparison, strategy)
    n, parts = len(comparison.runs.seeds), []
    for outcome in ("private_investment", "public_outlay"):
        found = statistics.mean_with_interval(comparison.values(strategy, outcome), "EUR")
        if found.low is not None and found.high is not None:
            parts.append(say("chart.flow_interval", outcome=say(f"outcome.{outcome}"), low=say.euros(found.low),
                             high=say.euros(found.high)))  # fmt: skip
    about = say("chart.flow_mean", name=strategy_name(say, strategy, titles), n=n) if n > 1 else say("chart.few_one_sentence")
    if parts:
        about += " " + capital(say.listing(parts)) + "."
    anyway = None if strategy == TWIN else float(np.nanmean(comparison.values(TWIN, "private_investment")))
    outlay = float(np.nanmean(comparison.values(strategy, "public_outlay")))
    return sankey(flows, say, anyway=anyway, outlay=outlay, about=about, width=width)


# --- drawing ---------------------------------------------------------------------------------------------------------


def _anyway_text(say: Language, private: float, anyway: float) -> str:
    if anyway > private:
        return say("chart.flow_anyway_more", euros=say.euros(anyway), fewer=say.euros(anyway - private))
    return say("chart.flow_anyway", euros=say.euros(anyway), extra=say.euros(private - anyway))


def _targets(streams: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, target), cents in streams.items():
        found[target] = found.get(target, 0) + cents
    return found


def _gathered(streams: Mapping[tuple[str, str], int], least: float, at: int) -> dict[tuple[str, str], int]:
    """Return streams with small ends (0 the sources, 1 the targets) gathered, where there are two or more of them."""
    sums: dict[str, int] = {}
    for key, cents in streams.items():
        sums[key[at]] = sums.get(key[at], 0) + cents
    small = {name for name, cents in sums.items() if cents < least}
    if len(small) < 2:
        return dict(streams)
    found: dict[tuple[str, str], int] = {}
    for key, cents in streams.items():
        name = "other" if key[at] in small else key[at]
        new = (name, key[1]) if at == 0 else (key[0], name)
        found[new] = found.get(new, 0) + cents
    return found


@dataclass
class _Node:
    """A node: where it stands, how much passes, and how much of it is drawn on either side so far."""

    name: str
    cents: int
    x: float
    y: float = 0.0
    left: float = 0.0
    right: float = 0.0


def _column(names: Sequence[str], sums: Mapping[str, int], x: float, y: float, per_cent: float, gap: float) -> dict[str, _Node]:
    found = {}
    for name in names:
        found[name] = _Node(name, sums[name], x, y)
        y += sums[name] * per_cent + gap
    return found


def _sums(streams: Mapping[tuple[str, str], int], at: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, cents in streams.items():
        found[key[at]] = found.get(key[at], 0) + cents
    return found


_ORDER = ("municipality", "province_state", "fund", "public", "firms", "newcomers", "owners", "private", "levy_zone", "region",
          "others", "other")  # fmt: skip
_WAYS = ("process", "public", "works", "opportunity", "premises", "own")
_ENDS = ("process", "works_public", "works_clean", "works_demolish", "works_renovate", "works_build", "premises_works", "other")


def _streams(canvas: Canvas, say: Language, flows: Flows, y: float, private: float, anyway: float | None) -> float:
    width = canvas.width
    wide = width > 500
    least = SMALL * max(flows.total(), 1)
    into, out_of = _gathered(flows.into, least, 0), _gathered(flows.out_of, least, 1)
    aside = _gathered(_gathered(flows.aside, least, 0), least, 1)
    total, beside = sum(into.values()), sum(aside.values())
    tall = min((260.0 if wide else 230.0) / max(total, 1), (170.0 if wide else 150.0) / max(beside, 1))
    size, side, bar = (14.0, 150.0, 14.0) if wide else (12.0, 92.0, 10.0)

    def room_of(name: str) -> float:
        return (1 + len(fold(say(f"chart.flow_{name}"), (side - 10) / 1.08, size, 3))) * (size + 1) + 4

    left, right = side, width - side - bar
    sources, ways, ends = _sums(into, 0), _sums(into, 1), _sums(out_of, 1)
    columns = [
        _column([name for name in order if name in sums], sums, x, 0.0, tall, 16)
        for order, sums, x in ((_ORDER, sources, left), (_WAYS, ways, (left + right) / 2), (_ENDS, ends, right))
    ]
    if total:
        for column, room in zip(columns, (room_of, lambda _: 2.6 * size, room_of), strict=True):
            _settle(column, tall, room)
        height = max(_bottom(column, tall) for column in columns)
        for column in columns:
            lower = (height - _bottom(column, tall)) / 2
            for node in column.values():
                node.y += y + lower
        first, middle, last = columns
        shares = {way: _public_share(into, way) for way in middle}
        _links(canvas, say, into, first, middle, tall, bar, "way", lambda a, _: _colour(a), False)
        # Out of a way, public and private are one: its colour is that of whose money most of it is.
        mostly = {way: _colour("public" if share > 0.5 else "private") for way, share in shares.items()}
        _links(canvas, say, out_of, middle, last, tall, bar, "flow", lambda a, _: mostly[a], True)
        for place, column in enumerate(columns):
            for node in column.values():
                fill = _colour(node.name) if place == 0 else REFERENCE if place == 1 else INK
                canvas.rect(node.x, node.y, bar, max(node.cents * tall, 1.5), fill=fill)
        for node in first.values():
            _label(canvas, say, f"flow_{node.name}", node, tall, node.x - 8, "end", side - 10, size)
        for node in last.values():
            _label(canvas, say, f"flow_{node.name}", node, tall, node.x + bar + 8, "start", side - 10, size)
        for node in middle.values():
            # On the streams that leave it: those are of one colour.
            text = fold(say(f"chart.way_{node.name}"), (right - left) / 2 - bar - 12, size - 1, 3)
            centre = node.y + node.cents * tall / 2
            for line, part in enumerate(text):
                canvas.text(node.x + bar + 5, centre + (line - (len(text) - 1) / 2) * size + 4, part, size=size - 1, halo=True)
        if anyway is not None and private > 0.0:
            _mark_anyway(canvas, say, first, tall, min(anyway, private) / private)
        y += height + 22
    if beside:
        y = write_lines(canvas, say("chart.flow_aside_head"), 0, y, width, 14, 3, weight="600") + 6
        givers, takers = _sums(aside, 0), _sums(aside, 1)
        a = _column([*(name for name in _ORDER if name in givers)], givers, left, 0.0, tall, 12)
        b = _column(sorted(takers, key=lambda name: -takers[name]), takers, right, 0.0, tall, 12)
        for column in (a, b):
            _settle(column, tall, room_of)
        height = max(_bottom(column, tall) for column in (a, b))
        for column in (a, b):
            lower = (height - _bottom(column, tall)) / 2
            for node in column.values():
                node.y += y + lower
        _links(canvas, say, aside, a, b, tall, bar, "flow", lambda *_: "", True)
        for column, x, anchor in ((a, left - 8, "end"), (b, right + bar + 8, "start")):
            for node in column.values():
                canvas.rect(node.x, node.y, bar, max(node.cents * tall, 1.5), fill=PAPER, stroke=REFERENCE,
                            stroke_dasharray="3 2")  # fmt: skip
                _label(canvas, say, f"flow_{node.name}", node, tall, x, anchor, side - 10, size, SOFT)
        y += height + 16
    return y


def _settle(column: dict[str, _Node], tall: float, room_of: Callable[[str], float]) -> None:
    """Move the nodes of a column apart so that the labels beside them do not touch."""
    nodes = list(column.values())
    y = 0.0
    for node in nodes:
        room = max(node.cents * tall, room_of(node.name))
        node.y = y + (room - node.cents * tall) / 2
        y += room + 6


def _bottom(column: dict[str, _Node], tall: float) -> float:
    return max((node.y + node.cents * tall for node in column.values()), default=0.0) + 14


def _colour(name: str) -> str:
    return _PUBLIC_COLOUR if name in PUBLIC or name == "public" else _PRIVATE_COLOUR


def _public_share(into: Mapping[tuple[str, str], int], way: str) -> float:
    inward = {source: cents for (source, through), cents in into.items() if through == way}
    public = sum(cents for source, cents in inward.items() if source in PUBLIC or source == "public")
    return public / max(sum(inward.values()), 1)


def _links(
    canvas: Canvas, say: Language, streams: Mapping[tuple[str, str], int], starts: dict[str, _Node], ends: dict[str, _Node],
    tall: float, bar: float, to: str, colour_of: Callable[[str, str], str], named: bool,
) -> None:  # fmt: skip
    for a, start in starts.items():
        for b, end in ends.items():
            cents = streams.get((a, b), 0)
            if not cents:
                continue
            thick = max(cents * tall, 0.8)
            x1, x2 = start.x + bar, end.x
            y1, y2 = start.y + start.right, end.y + end.left
            start.right += cents * tall
            end.left += cents * tall
            bend = (x2 - x1) / 2
            path = (f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}V{y2 + thick:.1f}"
                    f"C{x2 - bend:.1f} {y2 + thick:.1f} {x1 + bend:.1f} {y1 + thick:.1f} {x1:.1f} {y1 + thick:.1f}Z")
            colour = colour_of(a, b)
            first = f"way_{a}" if to == "flow" and named and colour else f"flow_{a}"
            tip = f"{say(f'chart.{first}')} → {say(f'chart.{to}_{b}')}: {say.euros(cents / 100)}"
            if colour:
                canvas.path(path, fill=colour, fill_opacity=0.42, tip=tip)
            else:
                canvas.path(path, fill="#E4E8EA", fill_opacity=0.55, stroke=REFERENCE, stroke_width=0.8, stroke_dasharray="4 3",
                            tip=tip)  # fmt: skip


def _label(
    canvas: Canvas, say: Language, key: str, node: _Node, tall: float, x: float, anchor: str, room: float, size: float,
    colour: str = INK,
) -> None:  # fmt: skip
    lines = fold(say(f"chart.{key}"), room / 1.08, size, 3)
    y = node.y + node.cents * tall / 2 - (len(lines) + 1) * (size + 1) / 2 + size
    for line in lines:
        canvas.text(x, y, line, size=size, anchor=anchor, colour=colour, weight="600")
        y += size + 1
    canvas.text(x, y, say.euros(node.cents / 100), size=size, anchor=anchor, colour=colour)


def _mark_anyway(canvas: Canvas, say: Language, first: dict[str, _Node], tall: float, share: float) -> None:
    """Mark, on the bars of private sources, the share that would have been invested anyway.

    Of each the same: whose it would have been is not known.
    """
    strip = 8 if canvas.width > 500 else 4
    for name, node in first.items():
        if _colour(name) == _PRIVATE_COLOUR:
            canvas.rect(node.x + 3, node.y, strip, share * node.cents * tall, fill=PAPER, fill_opacity=0.78,
                        tip=say("chart.flow_anyway_tip"))  # fmt: skip
