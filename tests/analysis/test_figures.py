"""What pictures draw, that they draw names as they stand, and that they carry their receipt."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis import figures
from analysis.receipt import Receipt, describe_seeds, write_csv
from analysis.report import FactorEffect
from analysis.statistics import Estimate
from tests.analysis.made_up_runs import made_up

RECEIPT = Receipt("1.2.3", "model", "inputs", "1-40")
DRAW = (figures.futures_per_strategy, figures.spread_per_outcome, figures.differences_per_seed, figures.trade_offs,
        figures.chance_of_best)  # fmt: skip


@pytest.fixture(scope="module")
def comparison():
    return made_up({"demand_driven": (4e6, 2e6, 8.0, 1e6), "supply_driven": (1e6, 2e6, 8.0, -1e6)})


def texts(figure):
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("draw", DRAW, ids=lambda draw: draw.__name__)
def test_every_picture_is_the_same_when_it_is_drawn_again(comparison, draw, language):
    first, second = (figures.svg_text(draw(comparison, language)) for _ in range(2))
    assert first == second
    assert first.count("<path") > 20


@pytest.mark.parametrize("draw", [*DRAW, figures.outcomes_per_strategy], ids=lambda draw: draw.__name__)
def test_names_are_drawn_as_they_stand_and_long_ones_are_cut(draw):
    odd, long = "cost $x$ and $y", "a very long name " * 20
    comparison = made_up({odd: (4e6, 2e6, 8.0, 1e6), long: (4e6, 2e6, 3.0, 1e6)}, park="$\\frac{1}{$ <b> park")
    figure = draw(comparison, "en")
    figures.svg_text(figure)
    drawn = texts(figure)
    assert any(figures.literal(odd, 60) in text or figures.literal(odd, 24) in text for text in drawn)
    assert all(len(line) < 120 for text in drawn for line in text.split("\n"))
    assert all(text.count("\n") < 2 for text in drawn)


@pytest.mark.parametrize("text", ["$x$", "a $ b", r"\$x$", "$$", r"back\slash"])
def test_literal_text_is_no_mathematics_and_shows_as_typed(text):
    from matplotlib.text import Text

    shown, mathematics = Text(text="")._preprocess_math(figures.literal(text))
    assert (shown, mathematics) == (text, False)


def test_an_extra_public_euro_that_moves_one_private_euro_nets_nothing(comparison):
    net = comparison.values("demand_driven", figures.NET_PRIVATE)
    runs = comparison.runs
    extra = runs.values("demand_driven", "private_investment") - runs.values("none", "private_investment")
    assert net == pytest.approx(extra - 2e6)
    equal = made_up({"even": (2e6, 2e6, 0.0, 0.0)}, noise=0.0)
    assert equal.values("even", figures.NET_PRIVATE) == pytest.approx(0.0, abs=1e-3)


def test_dots_stand_for_equal_shares_and_few_futures_stand_for_themselves():
    values = np.arange(1000.0)
    dots = figures.quantile_dots(values, 20)
    assert dots.size == 20
    assert [int((values < dot).sum()) for dot in dots] == pytest.approx([25 + 50 * k for k in range(20)], abs=1)
    assert figures.quantile_dots(np.array([3.0, np.nan, 1.0]), 20).tolist() == [1.0, 3.0]


def test_stacked_dots_never_overlap_and_stay_near_their_value():
    dots = np.sort(np.random.default_rng(1).normal(0, 1, 50))
    width = 0.3
    x, height = figures.stack_dots(dots, width)
    places = np.column_stack([x / width, height])
    distance = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))[np.triu_indices(50, 1)]
    assert np.abs(x - dots).max() <= width / 2 + 1e-12
    assert np.unique(np.round(places, 9), axis=0).shape == (50, 2)
    assert distance.min() > 0.49  # stacks are centred, so neighbours may touch by half a dot at most


def test_a_strategy_is_surpassed_only_when_another_is_as_good_on_all_three():
    comparison = made_up(
        {"good": (4e6, 2e6, 8.0, 2e6), "worse": (4e6, 3e6, 4.0, 1e6), "dearer_and_better": (4e6, 4e6, 20.0, 3e6)}, noise=0.01)
    assert figures.undominated(comparison) == ("none", "good", "dearer_and_better")


def boxes(figure):
    """Return what takes room in a picture once it is laid out: each text and tick label, with where it stands."""
    figures.svg_text(figure)
    renderer = figure.canvas.get_renderer()
    found = []
    for ax in figure.axes:
        texts = [*ax.texts, ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
        for axis, (low, high), side in ((ax.xaxis, ax.get_xlim(), 0), (ax.yaxis, ax.get_ylim(), 1)):
            if axis.get_tick_params().get("labelbottom", True):
                texts += [text for text in axis.get_ticklabels() if low <= text.get_position()[side] <= high]
        found += [(text.get_text(), text.get_window_extent(renderer)) for text in texts
                  if ax.get_visible() and text.get_visible() and text.get_text().strip()]
    return found


def overlaps(found):
    """Return the pairs of texts that lie over each other by more than a pixel both ways."""
    return [(one, other) for k, (one, a) in enumerate(found) for other, b in found[k + 1 :]
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_nothing_overlaps_in_the_picture_of_differences_for_any_number_of_strategies(count, language):
    lifts = {f"a rather long name of approach {k}": (1e6, 2e6, k - 3.0, 1e8 * (k - 2)) for k in range(count)}
    found = boxes(figures.differences_per_seed(made_up(lifts), language))
    assert len(found) > 8 * count and overlaps(found) == []


def effect(factor, mean, outcome="on vitality", strategy="x", **more):
    return FactorEffect(factor, "1 → 2", outcome, Estimate(mean, mean - 1.0, mean + 1.0), strategy, **more)


def test_effects_come_largest_first_at_most_twelve_rows_and_a_panel_per_outcome():
    effects = [effect(f"f{k}", float(k)) for k in range(20)] + [effect("f19", 3.0, strategy="y"), effect("g", -2.0, "on money")]
    figure = figures.effects_of_factors(effects, "en")
    rows = [[label.get_text() for label in ax.get_yticklabels()] for ax in figure.axes]
    assert rows == [[f"f{k}: 1 → 2" for k in range(19, 7, -1)], ["g: 1 → 2"]]
    single = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    dots = [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in single]
    assert sorted(x for x, _ in dots) == [3.0, *(float(k) for k in range(8, 20))]
    heights = dict(dots)
    assert heights[19.0] > heights[18.0] > heights[8.0] and abs(heights[3.0] - heights[19.0]) < 0.5  # y stands in the row of x
    assert overlaps(boxes(figure)) == []


@pytest.mark.parametrize("parks", [2, 6])
def test_all_parks_share_a_scale_and_every_strategy_has_its_dots(parks):
    made = [made_up({"a": (4e6, 2e6, 3.0 * k, 1e6), "b": (4e6, 2e6, -5.0, 1e6)}, park=f"P{k}", seeds=40) for k in range(parks)]
    made[1] = made_up({"a": (4e6, 2e6, 1.0, 1e6)}, park="P1")
    figure = figures.futures_per_park(made, "en")
    shown = [ax for ax in figure.axes if ax.get_visible() and ax.get_title("left")]
    assert len(shown) == (4 if parks == 2 else 6)
    vitality = shown[:parks]
    assert len({ax.get_xlim() for ax in vitality}) == 1
    for ax, comparison in zip(vitality, made, strict=True):
        points = np.concatenate([np.column_stack(line.get_data()) for line in ax.lines[:2]])
        assert len(points) == 20 * len(figures.others(comparison))
        assert ((points[:, 1] > 0) & (points[:, 1] < 2)).all()  # two rows: each stack stays in its own
    below = np.concatenate([line.get_xdata() for line in vitality[0].lines[1:2]])
    assert (below < 0).all() and below.size > 15
    assert overlaps(boxes(figure)) == []


def test_the_receipt_stands_in_the_picture_and_in_the_metadata_and_the_picture_stays_as_it_is(comparison, tmp_path):
    figure = figures.chance_of_best(comparison, "en")
    figures.save(figure, tmp_path / "plain")
    png, svg = figures.save(figure, tmp_path / "stamped", RECEIPT)
    image, plain = Image.open(png), Image.open(tmp_path / "plain.png")
    assert image.text["Receipt"] == RECEIPT.id and RECEIPT.line in image.text["Description"]
    text = svg.read_text(encoding="utf-8")
    assert RECEIPT.line in text and f"<dc:identifier>{RECEIPT.id}" in text
    # The strip is below: what was there is there, bit for bit, and the strip is not empty.
    pixels, before = np.asarray(image), np.asarray(plain)
    assert pixels.shape[1] == before.shape[1] and pixels.shape[0] == before.shape[0] + round(figures.STRIP * 150)
    assert (pixels[: before.shape[0]] == before).mean() > 0.995
    assert (pixels[before.shape[0] :, :, :3] < 200).any()
    assert re.search(rf'id="receipt"|{RECEIPT.id}', text)


def test_a_second_stamp_takes_the_place_of_the_first(comparison):
    figure = figures.chance_of_best(comparison, "en")
    figures.stamp(figure, RECEIPT)
    figures.stamp(figure, Receipt("9", "m", "i", "1"))
    assert [text for text in texts(figure) if "receipt" in text] == [Receipt("9", "m", "i", "1").line]


def test_a_receipt_changes_with_each_of_its_parts():
    others = [Receipt("x", "model", "inputs", "1-40"), Receipt("1.2.3", "x", "inputs", "1-40"),
              Receipt("1.2.3", "model", "x", "1-40"), Receipt("1.2.3", "model", "inputs", "x"),
              Receipt("1.2.3", "modelinputs", "", "1-40")]
    ids = {RECEIPT.id, *(other.id for other in others)}
    assert len(ids) == 6 and all(re.fullmatch("[0-9a-f]{8}", found) for found in ids)
    assert Receipt(**{key: value for key, value in RECEIPT.to_json().items() if key != "id"}).id == RECEIPT.to_json()["id"]


@pytest.mark.parametrize(("seeds", "words"), [([1], "1"), ([5, 1, 2, 3], "1-3, 5"), ([2, 2, 1], "1-2"), ([], "")])
def test_seeds_are_worded_as_ranges(seeds, words):
    assert describe_seeds(seeds) == words


def test_every_row_of_a_table_carries_its_receipt_and_reads_back(tmp_path):
    table = pd.DataFrame({"x": [0.1, 1e-300], "name": ['a "b"', "c,d"]})
    path = write_csv(table, tmp_path / "t.csv", RECEIPT, index=False)
    back = pd.read_csv(path, dtype={"receipt": str}, float_precision="round_trip")
    assert (back["receipt"] == RECEIPT.id).all()
    pd.testing.assert_frame_equal(back.drop(columns="receipt"), table)
    assert b"\r" not in path.read_bytes()
    with pytest.raises(ValueError, match="receipt"):
        write_csv(back, tmp_path / "u.csv", RECEIPT)
