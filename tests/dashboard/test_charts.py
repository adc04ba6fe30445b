"""The live charts show the numbers of the comparison, say so in words, and never let a name be markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import klaver as kl
from analysis.compare import NET_PRIVATE, RANKED, Comparison
from analysis.figures.choices import undominated
from klaver.dashboard.drawing import choices, dots, fans, flows, queues
from klaver.dashboard.drawing.lettering import apart, fold, text_width
from klaver.dashboard.drawing.picture import Picture
from klaver.dashboard.drawing.wording import change_text
from klaver.language import ScreenLanguage, screen_texts
from sim.records import ROLES
from tests.analysis.made_up_runs import made_up

NL, EN = ScreenLanguage("nl"), ScreenLanguage("en")
SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert('x')</script> & \"wij\""
LIFTS = {"demand_driven": (12e6, 4e6, 6.0, 5e6), "supply_driven": (5e6, 5e6, 3.0, 1e6), "stil": (1e5, 0.0, 0.0, 0.0)}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return made_up(LIFTS)


def all_pictures(
    found: Comparison, say: ScreenLanguage, width: float = 720, titles: dict[str, str] | None = None
) -> Iterator[Picture]:
    """Draw everything that a comparison can be drawn as, of every strategy."""
    look: dict[str, object] = {"width": width, "titles": titles}
    for name in found.strategies:
        yield dots.vitality_dots(found, name, say, **look)  # type: ignore[arg-type]
        yield dots.multiplier_dots(found, name, say, **look)  # type: ignore[arg-type]
        for outcome in ("vitality", NET_PRIVATE, "vacancy"):
            yield dots.threshold_dots(found, name, outcome, 1.0, say, **look)  # type: ignore[arg-type]
        for column in found.runs.columns:
            yield fans.fan(found.runs, name, found.reference, column, say, **look)  # type: ignore[arg-type]
        yield fans.components(found, name, say, **look)  # type: ignore[arg-type]
        if "grants" in found.runs.table:
            yield flows.strategy_flows(found, name, say, **look)  # type: ignore[arg-type]
    yield choices.differences(found, say, **look)  # type: ignore[arg-type]
    yield choices.chance_best(found, say, **look)  # type: ignore[arg-type]
    for outcome in ("vitality", "social_balance"):
        yield choices.pair_matrix(found, outcome, say, **look)  # type: ignore[arg-type]
        yield choices.front(found, say, outcome=outcome, **look)  # type: ignore[arg-type]
    first, last = found.strategies[0], found.strategies[-1]
    yield choices.hypothetical_outcomes(found, first, last, "vitality", say, **look)  # type: ignore[arg-type]
    yield choices.paired_futures(found, first, last, "vitality", say, **look)  # type: ignore[arg-type]


def parsed(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg)


def check(picture: Picture) -> None:
    """What holds for every picture."""
    root = parsed(picture)
    assert root.tag == f"{SVG}svg" and "width" not in root.attrib
    assert picture.title in root.attrib["aria-label"] or "<" in picture.title
    assert picture.description and not re.search(r"\b(nan|inf|None)\b|\{|\}", picture.description)
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    for element in root.iter():
        assert not {"onload", "onclick", "href"} & set(element.attrib)
        places = ("x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "d", "r")
        values = [text for key, text in element.attrib.items() if key in places]
        assert not any(re.search("nan|inf", text) for text in values), (picture.name, element.attrib)
        if element.tag == f"{SVG}text":
            assert -1 <= float(element.attrib["x"]) <= width + 1, (picture.name, element.text)
            assert -1 <= float(element.attrib["y"]) <= height + 1, (picture.name, element.text)
    assert re.fullmatch(r"\w+", picture.name)
    assert picture.table.columns.is_unique


@pytest.mark.parametrize("width", [720, 360])
@pytest.mark.parametrize("say", [NL, EN], ids=["nl", "en"])
@pytest.mark.parametrize("seeds", [1, 4, 8, 60])
def test_every_picture_is_drawn_whole_while_an_ensemble_fills(seeds: int, say: ScreenLanguage, width: float) -> None:
    for picture in all_pictures(made_up(LIFTS, seeds=seeds), say, width):
        check(picture)


def test_names_are_text_and_never_markup(comparison: Comparison) -> None:
    for picture in all_pictures(comparison, NL, titles=dict.fromkeys(comparison.strategies, NASTY)):
        check(picture)
        assert "<script" not in picture.svg
        assert not list(parsed(picture).iter(f"{SVG}script"))


def test_strategies_that_do_the_same_are_said_to_do_so() -> None:
    same = made_up({"a": (0.0, 0.0, 0.0, 0.0)}, noise=0.0, seeds=30)
    for picture in all_pictures(same, NL):
        check(picture)
    text = dots.vitality_dots(same, "a", NL).svg
    assert NL("chart.same_everywhere", n=30) in text
    assert NL("chart.all_alike", n=30, value="0,0 punten") in text


def test_what_the_pictures_say_exists_in_both_languages_with_the_same_blanks() -> None:
    dutch, english = (
        {key: text for key, text in screen_texts(code).items() if key.startswith("chart.")} for code in ("nl", "en")
    )
    assert len(dutch) > 100
    blanks = re.compile(r"\{\w+\}")
    assert {key: sorted(blanks.findall(text)) for key, text in dutch.items()} == {
        key: sorted(blanks.findall(text)) for key, text in english.items()}


# --- dots ------------------------------------------------------------------------------------------------------------


def test_dots_of_vitality_are_paired_differences(comparison: Comparison) -> None:
    change = comparison.values("demand_driven", "vitality") - comparison.values("none", "vitality")
    picture = dots.vitality_dots(comparison, "demand_driven", NL)
    what, value = picture.table["wat"], picture.table["Vitaliteit"]
    drawn = value[what.str.startswith("Verschil")].to_numpy()
    assert drawn == pytest.approx(np.quantile(change, (np.arange(20) + 0.5) / 20))
    mean = comparison.difference("demand_driven", "vitality").mean  # type: ignore[union-attr]
    assert change_text(NL, "vitality", mean) in picture.description
    assert f"In {(change > 0).sum()} van de 40 toekomsten" in picture.description
    assert (value[what == "Niets extra"].size, value[what == "Vraaggericht"].size) == (20, 20)


def test_a_multiplier_is_told_with_its_interval_and_its_dots_are_net_private_euros(comparison: Comparison) -> None:
    found = comparison.estimates["demand_driven"]["multiplier_additional"]
    picture = dots.multiplier_dots(comparison, "demand_driven", EN)
    for number in (found.mean, found.low, found.high):
        assert EN.number(number, 2) in picture.description  # type: ignore[arg-type]
    net = comparison.values("demand_driven", NET_PRIVATE)
    assert picture.table.iloc[:, -1].to_numpy() == pytest.approx(np.quantile(net, (np.arange(20) + 0.5) / 20))
    assert f"In {(net > 0).sum()} of 40 futures" in picture.description


def test_an_undefined_multiplier_is_said_with_its_reason(comparison: Comparison) -> None:
    little = dots.multiplier_dots(comparison, "stil", NL)
    assert "niet te bepalen" in little.description and NL.euros(0.0) in little.description
    twin = dots.multiplier_dots(comparison, "none", NL)
    assert NL("chart.undefined_twin") in twin.description
    unsure = made_up({"a": (1e6, 30_000.0, 1.0, 0.0)}, seeds=10)
    assert "30.000" in dots.multiplier_dots(unsure, "a", NL).description
    both = choices.differences(comparison, NL)
    words = " ".join(re.sub(r"<[^>]*>", " ", both.svg).split())
    assert NL("chart.undefined") in words and "zegt een verhouding niets" in words


@pytest.mark.parametrize("threshold", [40.0, 63.3, 90.0])
def test_dots_above_a_threshold_are_filled_and_counted(comparison: Comparison, threshold: float) -> None:
    values = comparison.values("demand_driven", "vitality")
    picture = dots.threshold_dots(comparison, "demand_driven", "vitality", threshold, EN)
    k = int((values > threshold).sum())  # 40 futures: each is a dot of its own
    assert picture.description.startswith(f"Vitality above {threshold:.1f}: in {k} of 40 futures.")
    root = parsed(picture)
    circles = [e for e in root.iter(f"{SVG}circle") if "data-value" in e.attrib]
    assert len(circles) == 80
    for circle in circles:
        assert (circle.attrib["fill"] != "#FFFFFF") == (float(circle.attrib["data-value"]) > threshold)
    low, high, start, end = (float(root.attrib[f"data-x-{key}"]) for key in ("low", "high", "start", "end"))
    assert low < values.min() and values.max() < high and 0 <= start < end <= 720
    (line,) = [e for e in root.iter() if "data-threshold" in e.attrib]
    assert float(line.attrib["data-threshold"]) == threshold
    x = float(next(line.iter(f"{SVG}line")).attrib["x1"])
    assert x == pytest.approx(min(max(start + (threshold - low) / (high - low) * (end - start), start), end), abs=0.06)


def test_many_futures_are_counted_as_dots_and_as_a_share(comparison: Comparison) -> None:
    many = made_up(LIFTS, seeds=200)
    values = many.values("demand_driven", "vitality")
    text = dots.threshold_dots(many, "demand_driven", "vitality", 66.0, EN).description
    drawn = np.quantile(values, (np.arange(50) + 0.5) / 50)
    assert f"in {(drawn > 66.0).sum()} of 50 futures" in text
    assert EN.share(float((values > 66.0).mean())) in text


def test_futures_without_a_number_are_left_out_or_said_to_be_missing() -> None:
    values = np.array([1.0, np.nan, 3.0])
    some = dots.futures_dots(values, None, EN, outcome="vitality", strategy="none")
    assert some.table["Vitality"].tolist() == [1.0, 3.0]
    none = dots.futures_dots(np.full(3, np.nan), None, EN, outcome="vitality", strategy="none")
    assert none.description == EN("chart.no_numbers")


# --- over time -------------------------------------------------------------------------------------------------------


def test_a_fan_has_the_quantiles_of_the_futures() -> None:
    found = made_up(LIFTS, seeds=60)
    rng = np.random.default_rng(3)
    found.runs.paths[:] = rng.normal(50, 10, found.runs.paths.shape)
    picture = fans.fan(found.runs, "demand_driven", "none", "vitality", EN)
    paths = found.runs.path("demand_driven", "vitality")
    table = picture.table
    assert table["year"].tolist() == [0.25 * k for k in range(1, 9)]
    for share in (50, 80, 95):
        low, high = np.quantile(paths, [(1 - share / 100) / 2, (1 + share / 100) / 2], axis=0)
        assert table[f"Demand-driven, lower end of the middle {share}%"].to_numpy() == pytest.approx(low, rel=1e-5)
        assert table[f"Demand-driven, upper end of the middle {share}%"].to_numpy() == pytest.approx(high, rel=1e-5)
    median = np.median(found.runs.path("none", "vitality"), axis=0)
    assert table["Nothing extra, middle value"].to_numpy() == pytest.approx(median, rel=1e-5)


def test_bands_are_drawn_only_of_futures_enough() -> None:
    drawn = {}
    for seeds in (1, 4, 8, 20, 60):
        found = made_up(LIFTS, seeds=seeds)
        svg = fans.fan(found.runs, "demand_driven", "none", "vitality", EN).svg
        drawn[seeds] = [share for share, colour in fans.BANDS.items() if re.search(f'<path [^>]*fill="{colour}"', svg)]
    assert drawn == {1: [], 4: [], 8: [0.5], 20: [0.8, 0.5], 60: [0.95, 0.8, 0.5]}


def test_an_unknown_indicator_or_strategy_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="was not kept"):
        fans.fan(comparison.runs, "demand_driven", "none", "trust", EN)
    for draw in (lambda: fans.fan(comparison.runs, "nobody", "none", "vitality", EN),
                 lambda: fans.components(comparison, "nobody", EN), lambda: dots.multiplier_dots(comparison, "none ", EN)):
        with pytest.raises((ValueError, KeyError)):
            draw()
    with pytest.raises(ValueError, match="has no chance per future"):
        choices.pair_matrix(comparison, "multiplier_additional", EN)


def test_components_are_those_of_the_comparison(comparison: Comparison) -> None:
    table = fans.components(comparison, "demand_driven", EN).table
    for row, part in zip(table.to_dict("records"), fans.COMPONENTS, strict=True):
        change, level = comparison.differences["demand_driven"][part], comparison.estimates["demand_driven"][part]
        assert change is not None
        assert (row["difference"], row["difference, lower end 95%"]) == (change.mean, change.low)
        assert (row["level"], row["level, upper end 95%"]) == (level.mean, level.high)


# --- choices ---------------------------------------------------------------------------------------------------------


def test_differences_chances_and_pairs_are_those_of_the_comparison(comparison: Comparison) -> None:
    table = choices.differences(comparison, EN).table
    names = {name: table[EN("chart.column_strategy")].unique()[k] for k, name in enumerate(comparison.strategies)}
    for name in comparison.strategies[1:]:
        row = table[(table[EN("chart.column_strategy")] == names[name]) & (table["outcome"] == "vitality")].iloc[0]
        found = comparison.differences[name]["vitality"]
        assert found is not None
        assert (row["mean"], row["lower end 95%"], row["upper end 95%"]) == (found.mean, found.low, found.high)
        assert row["told apart from the reference"] == comparison.stands("vitality", name)
    ratios = table[table["outcome"] == EN("outcome.multiplier_additional")]
    assert len(ratios) and ratios["told apart from the reference"].isna().all()  # the reference has no multiplier
    chances = choices.chance_best(comparison, EN)
    for outcome in RANKED:
        column = chances.table.set_index(EN("chart.column_strategy"))[EN(f"outcome.{outcome}")]
        for name in comparison.strategies:
            if comparison.estimates[name][outcome].defined:
                assert column[names[name]] == comparison.probability_best[outcome][name]
            else:  # no chance of nought: it takes no part
                assert pd.isna(column[names[name]])
    assert chances.table.isna().any(axis=None)
    about_ratio = chances.description.partition(EN("outcome.multiplier_additional"))[2].partition(";")[0]
    assert "100%" in about_ratio and names["none"] not in about_ratio
    filled = sum(round(20 * chance) for outcome in RANKED for name, chance in comparison.probability_best[outcome].items()
                 if comparison.estimates[name][outcome].mean is not None)  # fmt: skip
    squares = [e for e in parsed(chances).iter(f"{SVG}rect") if e.attrib["width"] == "11.0"]
    assert sum(square.attrib["fill"] != "#FFFFFF" for square in squares) == filled
    order = comparison.order("vitality")
    matrix = choices.pair_matrix(comparison, "vitality", EN).table.iloc[:, 1:].to_numpy()
    for i, first in enumerate(order):
        for j, second in enumerate(order):
            found_pair = comparison.against(first, "vitality", second)
            if found_pair is None or found_pair.better is None:
                assert np.isnan(matrix[i, j])
            else:
                assert matrix[i, j] == found_pair.better.mean


def test_the_front_marks_those_that_nothing_surpasses(comparison: Comparison) -> None:
    picture = choices.front(comparison, EN)
    kept = picture.table[picture.table["surpassed by no other"]]["strategy"].size
    assert kept == len(undominated(comparison)) < len(comparison.strategies)
    marks = [e for e in parsed(picture).iter(f"{SVG}circle")]
    assert sum(mark.attrib["fill"] != "#FFFFFF" for mark in marks) == kept
    cost = comparison.differences["demand_driven"]["public_outlay"]
    assert cost is not None and picture.table["public outlay, difference"].iloc[1] == cost.mean


def test_paired_futures_are_shown_one_at_a_time_and_together(comparison: Comparison) -> None:
    moving = choices.hypothetical_outcomes(comparison, "demand_driven", "supply_driven", "vitality", EN, frames=12)
    frames = [e for e in parsed(moving).iter(f"{SVG}g") if "data-frame" in e.attrib]
    assert [e.attrib["data-frame"] for e in frames] == [str(k) for k in range(12)]
    assert [e.attrib.get("display") for e in frames] == [None] + ["none"] * 11
    still = choices.paired_futures(comparison, "demand_driven", "supply_driven", "vitality", EN, frames=12)
    assert "data-frame" not in still.svg and still.svg.count("<g>") == 12
    a, b = (comparison.values(name, "vitality")[:12] for name in ("demand_driven", "supply_driven"))
    assert still.table["difference"].to_numpy() == pytest.approx(a - b)
    assert f"In {(a > b).sum()} of these 12 futures" in still.description == moving.description


# --- queues ----------------------------------------------------------------------------------------------------------


def queue_numbers(asked: dict[str, float], spent: dict[str, float], seeds: int = 20) -> dict[str, np.ndarray]:
    paths = {column: np.zeros((seeds, 12)) for column in queues.COLUMNS}
    for role in ROLES:
        paths[f"queue_{role}"] += asked.get(role, 0.0)
        paths[f"spent_{role}"] += spent.get(role, 0.0)
    return paths


def test_the_role_whose_work_waits_longest_is_the_bottleneck() -> None:
    paths = queue_numbers({"regisseren": 300.0, "verbinden": 120.0}, {"regisseren": 150.0, "verbinden": 30.0})
    found = queues.waiting(paths)
    assert (found.bottleneck, found.futures, found.of) == ("verbinden", 20, 20)
    assert found.quarters == (2.0, 0.0, 4.0, 0.0)
    for say, width in ((NL, 720), (EN, 360)):
        picture = queues.queues(paths, say, width=width)
        check(picture)
        assert say("chart.queue_head", role=say("role.verbinden").capitalize()) in picture.description
    assert picture.table["hours asked per quarter"].tolist() == [300.0, 0.0, 120.0, 0.0]


def test_only_the_last_year_counts_for_the_bottleneck() -> None:
    paths = queue_numbers({"verbinden": 120.0}, {"verbinden": 120.0})
    paths["queue_aanjagen"][:, :8] = 500.0
    assert queues.waiting(paths).bottleneck is None
    check(queues.queues(paths, NL))


def test_work_that_gets_no_hours_waits_for_ever() -> None:
    paths = queue_numbers({"ontzorgen": 5.0}, {}, seeds=1)
    assert queues.waiting(paths).quarters[3] == float("inf")
    picture = queues.queues(paths, NL)
    check(picture)
    assert NL("chart.wait_never") in picture.description.lower()


# --- euros -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run() -> object:
    return kl.run("small_village", "demand_driven", 1, quarters=40)


def sums(streams: dict[tuple[str, str], int], at: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, cents in streams.items():
        found[key[at]] = found.get(key[at], 0) + cents
    return found


def balances(found: flows.Flows) -> None:
    assert sums(dict(found.into), 1) == sums(dict(found.out_of), 0)
    assert all(cents > 0 for streams in (found.into, found.out_of, found.aside) for cents in streams.values())


def test_the_streams_of_a_run_are_its_ledger_to_the_cent(run: object) -> None:
    tables, outcomes = run.tables, run.outcomes["with"]  # type: ignore[attr-defined]
    found = flows.flows_of_run(tables["ledger"], tables["owners"], tables["companies"])
    balances(found)
    ledger = tables["ledger"]
    inside = ledger[ledger["purpose"].isin([*flows.WORKS, "process"]) & (ledger["payer_name"] != "region")]
    assert found.total() == inside["cents"].sum() > 0
    assert found.total(*flows.PUBLIC) / 100 == pytest.approx(outcomes["public_outlay"])
    assert (found.total() - found.total(*flows.PUBLIC)) / 100 == pytest.approx(outcomes["private_investment"])
    grants = ledger.loc[ledger["purpose"] == "grant", "cents"].sum()
    assert found.total() + sum(found.aside.values()) == ledger["cents"].sum() - grants
    for say, width in ((NL, 720), (EN, 360)):
        picture = flows.run_flows(tables, say, anyway=outcomes["private_investment"] / 2, width=width)
        check(picture)
        counts = picture.table[picture.table.iloc[:, -1]]
        assert counts.iloc[:, 2].sum() == pytest.approx(2 * found.total() / 100)


def made_ledger(*entries: tuple[int, int, int, str, int]) -> pd.DataFrame:
    return pd.DataFrame(entries, columns=["payer", "receiver", "cents", "purpose", "opportunity"])


OWNERS = pd.DataFrame({"kind": ["municipality", "redevelopment_company", "investor"]})


def test_a_grant_is_public_money_in_the_works_that_it_pays_for() -> None:
    found = flows.flows_of_run(made_ledger(
        (4, -1_000_002, 1000, "works_build", 0), (-1, 4, 300, "grant", 0), (-1_000_004, 4, 100, "grant", 0)), OWNERS)
    assert found.into == {
        ("firms", "opportunity"): 600, ("municipality", "opportunity"): 300, ("province_state", "opportunity"): 100}
    balances(found)


def test_support_beyond_the_works_and_a_loan_paid_back_are_no_investment() -> None:
    found = flows.flows_of_run(made_ledger(
        (4, -1_000_002, 1000, "works_build", 0), (-1, 4, 1500, "grant", 0),
        (5, -1_000_002, 800, "works_renovate", -1), (-1, 5, 500, "loan", -1), (5, -1, 500, "repayment", -1)), OWNERS)
    assert found.into == {("municipality", "opportunity"): 1000, ("firms", "own"): 800}
    assert found.aside == {("municipality", "support"): 500}
    balances(found)


def test_land_and_works_elsewhere_are_aside_and_the_fund_is_public_with_capital_alone() -> None:
    entries = (
        (-3, 4, 700, "land", 0), (-1_000_003, -1_000_002, 200, "works_build", -1), (-2, -1_000_002, 50, "works_clean", 1))
    found = flows.flows_of_run(made_ledger(*entries), OWNERS)
    assert found.aside == {("owners", "property"): 700, ("region", "elsewhere"): 200}
    assert found.into == {("owners", "opportunity"): 50}
    with_capital = flows.flows_of_run(made_ledger((-1, -2, 900, "capital", -1), *entries), OWNERS)
    assert with_capital.into == {("fund", "opportunity"): 50}
    assert with_capital.aside["municipality", "capital"] == 900


def test_public_outlay_that_is_not_drawn_is_said() -> None:
    tables = {"ledger": made_ledger((4, -1_000_002, 90_000_000, "works_build", 0), (-1, 4, 30_000_000, "grant", 0),
                                    (-1, 5, 12_000_000, "land", -1)), "owners": OWNERS,
              "companies": pd.DataFrame({"arrived": [-1] * 6})}  # fmt: skip
    for say in (NL, EN):
        picture = flows.run_flows(tables, say, outlay=420_000.0)
        assert say.euros(300_000.0) in picture.description
        assert say("chart.flow_outlay", euros=say.euros(420_000.0)) in picture.description
        same = flows.run_flows(tables, say, outlay=300_000.0)
        assert say("chart.flow_outlay", euros=say.euros(300_000.0)) not in same.description


def test_nothing_spent_is_said(comparison: Comparison) -> None:
    picture = flows.sankey(flows.Flows({}, {}), NL)
    check(picture)
    assert NL("chart.flow_nothing") in picture.svg


def test_mean_streams_add_up_to_the_means_of_the_runs() -> None:
    found = kl.compare("small_village", ["demand_driven"], seeds=3, quarters=24, workers=1)
    streams = flows.mean_flows(found, "demand_driven")
    balances(streams)
    for source, outcome in (("private", "private_investment"), ("public", "public_outlay")):
        if outcome == "private_investment" or not found.values("demand_driven", "purchases").any():
            assert streams.total(source) / 100 == pytest.approx(found.values("demand_driven", outcome).mean(), abs=0.05)
    for picture in all_pictures(found, NL, 360):
        check(picture)


# --- letters ---------------------------------------------------------------------------------------------------------


def test_text_is_folded_within_its_room_and_labels_are_kept_apart() -> None:
    lines = fold("een heel lange naam van een bedrijventerrein met onafbreekbaarlangewoorden erin", 120, 14, 3)
    assert len(lines) == 3 and all(text_width(line, 14) <= 120 for line in lines)
    assert lines[-1].endswith("…")
    places = apart([10.0, 11.0, 12.0, 100.0], 15.0, 0.0, 100.0)
    assert sorted(places) == places and min(np.diff(places)) >= 15.0 and min(places) >= 0.0 and max(places) <= 100.0


