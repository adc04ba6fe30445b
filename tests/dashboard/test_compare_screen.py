"""The screen to compare: names, groups, turns of the order, what holds with other assumptions, and files to take away."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.compare import NET_PRIVATE, OUTCOMES, RANKED, Comparison
from analysis.experiment import Runs
from analysis.receipt import Receipt
from analysis.statistics import Estimate
from klaver.dashboard import reports, sketch
from klaver.dashboard.comparing import (
    WORKED_OUT,
    Moments,
    at_horizons,
    bare,
    horizons_of,
    judge,
    moments,
    named_apart,
    step_of,
    titles_in_both,
)
from klaver.dashboard.desk import changed
from klaver.dashboard.drawing.horizons import horizons
from klaver.dashboard.reports import make_csv, make_json, make_report, names_in_report, renamed
from klaver.dashboard.screens.compare_words import (
    apart_groups,
    group_sentences,
    holds,
    outcome_rows,
    pair_rows,
    sturdy_rows,
    sturdy_sentence,
    turn_sentences,
    verdict,
)
from klaver.dashboard.shared import shipped_park, shipped_strategy
from klaver.language import ScreenLanguage
from sim.inputs.scenario import Scenario
from tests.analysis.made_up_runs import made_up

LIFTS = {"far": (9e6, 3e6, 12.0, 9e6), "near": (8e6, 3e6, 11.6, 8e6), "low": (4e6, 3e6, 1.0, 1e6)}
TITLES = {"none": "Niets extra", "far": "Ver", "near": "Dichtbij", "low": "Laag"}
LANGUAGES = ("nl", "en")


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return made_up(LIFTS)


# --- who is compared -------------------------------------------------------------------------------------------------


def test_different_strategies_get_different_names() -> None:
    demand = shipped_strategy("demand_driven")
    first = changed(demand, money={"private_ratio": 3.0})
    second = changed(first, money={"private_ratio": 5.0})
    assert first.name == second.name
    found = named_apart((first, second, demand, first))
    assert len({strategy.name for strategy in found}) == 3
    assert found[0] is first and found[3] is first and found[2] is demand
    assert found[1].money.private_ratio == 5.0


def test_no_two_are_called_alike() -> None:
    first = changed(shipped_strategy("demand_driven"), money={"private_ratio": 3.0})
    second = changed(first, money={"private_ratio": 5.0})
    for titles in titles_in_both(named_apart((first, second))).values():
        assert len(titles) == 3 and len(set(titles.values())) == 3


def test_a_strategy_that_only_calls_itself_shipped_is_renamed() -> None:
    from sim.inputs.strategy import Strategy

    twin = shipped_strategy("none")
    acting = shipped_strategy("demand_driven").resolved() | {"name": "none"}
    found = named_apart((twin, Strategy.from_resolved(acting)))
    assert found[0] is twin and found[1].name != "none" and found[1].approach == "demand_driven"


def test_steps_grow_with_what_is_there() -> None:
    assert [step_of(n, False) for n in (0, 7, 8, 19, 20, 199, 200)] == [0, 0, 8, 8, 20, 100, 200]
    assert step_of(137, True) == 137


def test_what_is_worked_out_elsewhere_is_the_same(compared: Comparison) -> None:
    found = judge(bare(compared.runs), "low")
    own = Comparison(compared.runs, "low")
    assert set(found) == set(WORKED_OUT)
    assert found["differences"]["far"]["vitality"] == own.differences["far"]["vitality"]
    assert found["probability_best"] == own.probability_best


# --- groups and pairs ------------------------------------------------------------------------------------------------


def test_without_a_smallest_difference_groups_are_those_of_the_comparison(compared: Comparison) -> None:
    for outcome in RANKED:
        assert apart_groups(compared, outcome, 0.0) == compared.alike(outcome)


def test_a_larger_difference_that_matters_makes_larger_groups(compared: Comparison) -> None:
    assert ("low", "none") not in apart_groups(compared, "vitality", 0.0)
    assert any({"low", "none"} <= set(group) for group in apart_groups(compared, "vitality", 3.0))
    assert apart_groups(compared, "vitality", 1000.0) == [tuple(compared.order("vitality"))]


def test_groups_are_told_as_groups_and_not_as_a_ranking(compared: Comparison) -> None:
    say = ScreenLanguage("nl")
    groups = apart_groups(compared, "vitality", 1.0)
    told = group_sentences(compared, "vitality", groups, TITLES, say)
    assert any("Ver" in sentence and "Dichtbij" in sentence and "Niet te onderscheiden" in sentence for sentence in told)


def test_the_twin_has_no_multiplier_and_the_reason_is_told(compared: Comparison) -> None:
    say = ScreenLanguage("nl")
    told = group_sentences(compared, "multiplier_additional", apart_groups(compared, "multiplier_additional", 0.0), TITLES, say)
    assert any(sentence.startswith("Niets extra doet hier niet mee") for sentence in told)


def test_few_futures_tell_nothing_apart() -> None:
    few = made_up(LIFTS, seeds=8)
    say = ScreenLanguage("en")
    told = group_sentences(few, "vitality", apart_groups(few, "vitality", 0.0), TITLES, say)
    assert told == [say("compare.too_few", n=8, least=30)]
    assert {row[3] for row in pair_rows(few, "vitality", 0.0, TITLES, say)} == {say("compare.verdict_few")}


@pytest.mark.parametrize(("low", "high", "stands", "smallest", "expected"), [
    (2.0, 4.0, True, 1.0, "larger"), (-4.0, -2.0, True, 1.0, "larger"), (0.5, 4.0, True, 1.0, "unclear"),
    (-0.5, 0.5, False, 1.0, "smaller"), (2.0, 4.0, False, 1.0, "unclear"), (0.2, 0.8, True, 1.0, "smaller"),
    (0.2, 0.8, True, 0.0, "larger"), (None, None, True, 0.0, "unclear")])  # fmt: skip
def test_a_verdict_needs_the_whole_interval(low: Any, high: Any, stands: bool, smallest: float, expected: str) -> None:
    assert verdict(Estimate(0.0, low, high), stands, smallest) == expected


def test_every_pair_has_its_numbers(compared: Comparison) -> None:
    say = ScreenLanguage("nl")
    rows = pair_rows(compared, "vitality", 1.0, TITLES, say)
    assert len(rows) == 6
    (pair, found), row = next(iter(compared.pairs["vitality"].items())), rows[0]
    assert row[0] == f"{TITLES[pair[0]]} – {TITLES[pair[1]]}"
    assert say.number(found.difference.difference.mean or 0.0, 1) in row[1]
    assert say.number(found.difference.difference.low or 0.0, 1) in row[2]


def test_the_table_of_all_outcomes(compared: Comparison) -> None:
    say = ScreenLanguage("en")
    levels = outcome_rows(compared, compared.strategies, False, say)
    assert len(levels) == len(OUTCOMES) and all(len(row) == 5 for row in levels)
    place = list(OUTCOMES).index("vitality")
    found = compared.estimates["far"]["vitality"]
    assert all(say.number(end or 0.0, 1) in levels[place][2] for end in (found.mean, found.low, found.high))
    assert "interval" not in levels[place][2]
    changes = outcome_rows(compared, ["far"], True, say)
    assert len(changes) == sum(not outcome.startswith("multiplier") for outcome in OUTCOMES)


def test_a_mean_of_fewer_futures_says_so() -> None:
    made = made_up(LIFTS)
    places = [made.runs.table.index.get_level_values(level) for level in ("strategy", "seed")]
    made.runs.table.loc[(places[0] == "far") & places[1].isin(range(4, 9)), "lead_time"] = np.nan
    comparison, say = Comparison(made.runs), ScreenLanguage("en")
    n = len(made.runs.seeds)
    for change in (False, True):
        cells = {row[0]: row[1:] for row in outcome_rows(comparison, ("far", "near"), change, say)}
        assert cells["Lead time"][0].endswith(say("compare.of_futures", k=n - 5, n=n))
        assert not any("futures" in text for text in (cells["Lead time"][1], *cells["Vitality"]))


# --- where the order turns -------------------------------------------------------------------------------------------


def crossing(seeds: int = 40, noise: float = 0.5) -> Runs:
    """Return runs in which ``far`` is ahead of ``near`` early and behind it late, and ``low`` goes with the twin."""
    made = made_up(LIFTS, seeds=seeds).runs
    years = np.arange(1, 81) / 4.0
    rng = np.random.default_rng(5)
    slopes = {"none": (0.0, 0.0), "far": (6.0, -0.3), "near": (0.0, 0.3), "low": (0.0, 0.0)}
    paths = np.zeros((len(made.table), 80, 3), np.float32)
    for name, (start, slope) in slopes.items():
        rows = made.table.index.get_level_values("strategy") == name
        own = rng.normal(0.0, noise, (rows.sum(), 1)) if name != "none" else 0.0
        paths[rows, :, 0] = 50.0 + start + slope * years + own
        paths[rows, :, 1] = 1e6 * (start + slope * years)
    return replace(made, quarters=80, paths=paths, columns=("vitality", "private_investment", "public_outlay"))


def test_horizons_lie_within_a_run() -> None:
    assert horizons_of(80) == (5, 10, 15, 20)
    assert horizons_of(60)[-1] == 15 and horizons_of(3) == ()
    for quarters in (4, 8, 17, 100, 400):
        years = horizons_of(quarters)
        assert len(set(years)) == len(years) and years[0] >= 1 and 4 * years[-1] <= quarters


def test_a_turn_of_the_order_is_found_and_is_sure() -> None:
    found = moments(at_horizons(crossing()), "none", (5, 10, 15, 20))
    turns = found.turns("vitality")
    sure = [turn for turn in turns if turn.kind == "sure"]
    of_two = [turn for turn in sure if {turn.first, turn.second} == {"far", "near"}]
    assert [(turn.first, turn.second, turn.before, turn.after) for turn in of_two] == [("far", "near", 5, 15)]
    assert found.from_reference["vitality", "far"][0].mean == pytest.approx(4.5, abs=0.3)
    say = ScreenLanguage("nl")
    assert "Na 5 jaar staat Ver voor op Dichtbij, na 15 jaar is dat andersom" in " ".join(turn_sentences(sure, TITLES, say))


def of_one_pair(years: tuple[int, ...], told: tuple[Estimate, ...], stands: tuple[bool, ...]) -> Moments:
    pair = "vitality", ("far", "near")
    return Moments(years, {}, {pair: told}, {pair: stands})


def test_a_turn_is_sure_only_where_the_pair_stands_among_all_pairs() -> None:
    rng = np.random.default_rng(6)
    made = made_up({f"s{k}": (0.0, 0.0, 0.0, 0.0) for k in range(7)}, seeds=40).runs
    paths = rng.normal(50.0, 3.0, (len(made.table), 40, 3)).astype(np.float32)
    made.table["vitality"] = paths[:, -1, 0].astype(float)
    runs = replace(made, quarters=40, paths=paths, columns=("vitality", "private_investment", "public_outlay"))
    found, compared = moments(runs, "none", (3, 5, 8, 10)), Comparison(runs)
    alone = 0
    for (outcome, pair), stands in found.stands.items():
        if outcome == "vitality":
            assert stands[-1] == compared.stands("vitality", *pair)
            alone += any(one.excludes_zero and not stood for one, stood in zip(found.pairs[outcome, pair], stands, strict=True))
    assert alone >= 3  # by itself many a pair would do, of seven strategies that are all alike
    assert {turn.kind for turn in found.turns("vitality")} == {"unsure"}


def test_a_turn_within_chance_is_told_as_unsure() -> None:
    told = (Estimate(2.0, -1.0, 5.0), Estimate(None, None, None), Estimate(-1.0, -4.0, 2.0))
    (turn,) = of_one_pair((5, 10, 20), told, (False, False, False)).turns("vitality")
    assert (turn.first, turn.second, turn.before, turn.after, turn.kind) == ("far", "near", 5, 20, "unsure")
    assert "te klein" in turn_sentences([turn], TITLES, ScreenLanguage("nl"))[0]


def test_a_lead_that_fades_is_told_as_that() -> None:
    told = (Estimate(2.0, 1.0, 3.0), Estimate(1.0, 0.2, 1.8), Estimate(0.4, -0.5, 1.3))
    (turn,) = of_one_pair((5, 10, 15), told, (True, True, False)).turns("vitality")
    assert (turn.first, turn.second, turn.before, turn.after, turn.kind) == ("far", "near", 10, 15, "fades")
    (sentence,) = turn_sentences([turn], TITLES, ScreenLanguage("nl"))
    assert "Na 10 jaar" in sentence and "niet meer te onderscheiden" in sentence


def test_no_turn_is_told_too() -> None:
    still = of_one_pair((5, 10), (Estimate(1.0, 0.5, 1.5), Estimate(2.0, 1.5, 2.5)), (True, True))
    assert still.turns("vitality") == []
    assert turn_sentences([], TITLES, ScreenLanguage("en")) == [ScreenLanguage("en")("compare.no_turn")]


def test_private_less_public_is_taken_beyond_the_twin() -> None:
    found = moments(at_horizons(crossing()), "none", (10,))
    assert found.from_reference[NET_PRIVATE, "far"][0].mean == pytest.approx(3e6, rel=1e-3)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("width", [360, 800])
def test_the_picture_of_horizons(code: str, width: float) -> None:
    runs = crossing()
    found = moments(at_horizons(runs), "none", (5, 10, 15, 20))
    titles = TITLES | {"far": '<script>"A" & B</script>'}
    picture = horizons(found, "vitality", runs.strategies, "none", ScreenLanguage(code), width=width, titles=titles)
    ElementTree.fromstring(picture.svg)
    assert "<script" not in picture.svg
    assert len(picture.table) == 3 * 4
    assert picture.table.iloc[0, 2] == found.from_reference["vitality", picture_first(runs)][0].mean


def picture_first(runs: Runs) -> str:
    return next(name for name in runs.strategies if name != "none")


def test_the_picture_of_horizons_with_the_reference_alone() -> None:
    runs = made_up({}).runs
    runs = replace(runs, quarters=8, paths=np.zeros((len(runs.table), 8, 3), np.float32),
                   columns=("vitality", "private_investment", "public_outlay"))  # fmt: skip
    picture = horizons(moments(runs, "none", (1, 2)), "vitality", ("none",), "none", ScreenLanguage("nl"))
    ElementTree.fromstring(picture.svg)
    assert picture.table.empty


# --- other assumptions -----------------------------------------------------------------------------------------------


def test_what_holds_with_other_assumptions(compared: Comparison) -> None:
    wide = made_up(LIFTS, noise=40.0)
    upside_down = made_up({"far": LIFTS["low"], "near": LIFTS["near"], "low": LIFTS["far"]})
    assert holds(compared, compared, "vitality", ("far", "none")) == "stays"
    assert holds(compared, wide, "vitality", ("low", "none")) == "fades"
    assert holds(compared, upside_down, "vitality", ("far", "low")) == "turns"
    assert holds(wide, compared, "vitality", ("low", "none")) == "appears"
    assert holds(compared, compared, "multiplier_additional", ("far", "none")) == "never"
    say = ScreenLanguage("nl")
    rows = sturdy_rows(compared, wide, "vitality", TITLES, say)
    assert len(rows) == 6 and all(row[3] for row in rows)
    standing = sum(pair.difference.stands for pair in compared.pairs["vitality"].values())
    assert f"te onderscheiden zijn: {standing}." in sturdy_sentence(compared, compared, "vitality", say)
    assert f"als ook de aannames verschillen: {standing}." in sturdy_sentence(compared, compared, "vitality", say)


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_csv_has_a_row_a_run_and_no_formulas(compared: Comparison) -> None:
    text = make_csv(bare(compared.runs), TITLES | {"far": "=1+1"}).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(compared.runs.table)
    mine = [row for row in rows if row["strategy"] == "far"]
    assert {row["title"] for row in mine} == {"'=1+1"}
    assert [float(row["vitality"]) for row in mine] == pytest.approx(compared.values("far", "vitality").tolist())
    assert len({row["receipt"] for row in rows}) == 1


def test_the_json_is_that_of_the_comparison(compared: Comparison) -> None:
    park = shipped_park("small_village")
    contents = [shipped_strategy("none").resolved()]
    found = json.loads(make_json(bare(compared.runs), "low", {"nl": TITLES}, park.resolved(), contents, True))
    own = Comparison(compared.runs, "low").to_json()
    assert found["strategies"]["far"]["vitality"]["mean"] == own["strategies"]["far"]["vitality"]["mean"]
    assert found["not_distinguishable"] == own["not_distinguishable"]
    assert found["parameters_drawn"] is True and found["inputs"]["park"]["name"] == "small_village"
    assert Receipt(**{key: value for key, value in found["receipt"].items() if key != "id"}).id == found["receipt"]["id"]


def test_names_in_a_report_are_titles_and_differ() -> None:
    names = names_in_report(("none", "own_1", "own_2"), {"none": "Niets extra", "own_1": "Plan", "own_2": " Plan "})
    assert names["none"] == "none" and names["own_1"] == "Plan" and names["own_2"] not in ("Plan", "none")


def test_renamed_runs_have_the_same_numbers(compared: Comparison) -> None:
    names = {"none": "none", "far": "Z", "near": "A", "low": "low"}
    other = Comparison(renamed(compared.runs, names), "none")
    assert other.values("Z", "vitality").tolist() == compared.values("far", "vitality").tolist()
    assert other.strategies == tuple(names[name] for name in compared.strategies)
    assert compared.runs.strategies == ("none", "far", "near", "low")


def own_park() -> Scenario:
    content = shipped_park("small_village").resolved()
    content |= {"name": "sketch", "title": {"nl": "Ons <i>terrein</i>", "en": "Our <i>park</i>"}}
    return Scenario.from_resolved(content)


def test_how_to_get_it_again(compared: Comparison) -> None:
    say, runs = ScreenLanguage("nl"), compared.runs
    shipped = [shipped_strategy(name) for name in ("none", "demand_driven")]
    park = shipped_park("small_village")
    whole = replace(runs, quarters=park.quarters, strategies=("none", "demand_driven"))
    assert reports.how_again(whole, park, shipped, "none", say, False, "link") == (
        "klaver compare small_village --strategies none,demand_driven --seeds 40")
    shorter = replace(whole, quarters=40)
    assert reports.how_again(shorter, park, shipped, "none", say, True, "").endswith("--quarters 40 --parameters posterior")
    own = [*shipped, changed(shipped[1], money={"private_ratio": 4.0})]
    link = "a-B_9" * 200
    told = reports.how_again(whole, park, own, "none", say, False, link).splitlines()
    assert told[:2] == ["klaver dashboard", say("reports.open_link")]
    assert "".join(told[2:]) == f"/compare?lang=nl&s={link}" and max(map(len, told[2:])) <= 80
    assert reports.how_again(whole, own_park(), shipped, "none", say, False, "").endswith(say("reports.open_session"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_report_says_whose_park_it_is_and_calls_strategies_as_the_page_does(code: str) -> None:
    say = ScreenLanguage(code)
    own = changed(shipped_strategy("demand_driven"), money={"private_ratio": 4.0})
    made = made_up({own.name: LIFTS["far"], "supply_driven": LIFTS["low"]}, park="sketch")
    contents = [strategy.resolved() for strategy in (own, shipped_strategy("supply_driven"))]
    titles = titles_in_both([own, shipped_strategy("supply_driven"), shipped_strategy("none")])[code]
    titles |= {own.name: "Plan <b>X</b> & co"}
    page = make_report(made.runs, "none", own_park().resolved(), contents, titles, code, "html", True, "").decode()
    assert "<b>X</b>" not in page and "Plan &lt;b&gt;X&lt;/b&gt; &amp; co" in page
    assert "<i>" not in page
    for key in ("origin_own", "drawn_by_model", "differs_both", "open_session"):
        assert say(f"reports.{key}") in page
    assert own_park().content_hash()[:16] in page


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_report_on_a_sketch_shows_its_map_whatever_letters_are_on_it(code: str) -> None:
    say = ScreenLanguage(code)
    park = sketch.set_company(sketch.sketch(12.0, 20, 0.1, 0.3, "near", name="Hof <i>&</i> Dijk"), 0, name="Bak 🥖 <b>")
    made = made_up({"supply_driven": LIFTS["low"]}, park="sketch", seeds=8)
    contents = [shipped_strategy("supply_driven").resolved()]
    page = make_report(made.runs, "none", park.resolved(), contents, {}, code, "html").decode()
    picture = next(part for part in page.split("<figure>") if "data-pick" in part)
    for words in ("Bak 🥖 &lt;b&gt;", "Hof &lt;i&gt;&amp;&lt;/i&gt; Dijk", say("reports.map_own")):
        assert words in picture
    first = picture[: picture.index(">")]
    assert first.count("aria-label=") == first.count("role=") == 1
    assert make_report(made.runs, "none", park.resolved(), contents, {}, code, "pdf").startswith(b"%PDF")
    flat = make_report(made.runs, "none", shipped_park("small_village").resolved(), contents, {}, code, "html").decode()
    assert ("data-pick" in flat) is (shipped_park("small_village").map is not None)


def test_a_report_as_pdf() -> None:
    made = made_up({"supply_driven": LIFTS["low"]}, park="small_village", seeds=8)
    park, strategy = shipped_park("small_village"), shipped_strategy("supply_driven")
    link = "a-B_9" * 300
    paper = make_report(made.runs, "none", park.resolved(), [strategy.resolved()], {}, "nl", "pdf", False, link)
    assert paper.startswith(b"%PDF")
    with pytest.raises(ValueError, match="docx"):
        make_report(made.runs, "none", park.resolved(), [], {}, "nl", "docx")
