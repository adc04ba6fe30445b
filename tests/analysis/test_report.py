"""Reports: the sentences follow from the numbers, user texts stay text, and both files are whole and repeatable."""

from __future__ import annotations

import re
import string
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from shutil import which

import numpy as np
import pytest

from analysis.receipt import Receipt
from analysis.report import FactorEffect, ReportContext, report_html, report_pdf, report_text, write_reports
from analysis.report.blocks import (
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
from analysis.report.content import ASSUMPTIONS, full_report
from analysis.report.findings import findings
from analysis.report.html import render_html
from analysis.report.pdf import _BLOCKS_OF_LETTERS, _MARKS, render_pdf
from analysis.report.wording import LANGUAGES, Wording, _texts
from analysis.statistics import Estimate
from sim.inputs.parameters import BY_NAME
from tests.analysis.made_up_runs import made_up

NASTY = '<script>alert(1)</script> #eval("1") $x$ "quoted" \\back\\slash *b* _i_ [link] `raw` @ref <b> & ]]> {0} \x00\x1b 中'
LONG = "Industrieterreinwegen" * 30
RECEIPT = Receipt("1.2.3", "0123abcd", "feed", "1-40")


def say_findings(comparison, language="en"):
    return dict(findings(comparison, Wording(language), lambda name: name))


@pytest.fixture(scope="module")
def comparison():
    return made_up({"demand_driven": (4e6, 2e6, 4.0, 3e6), "supply_driven": (1e6, 2e6, 8.0, -3e6)})


def full(**extra):
    return ReportContext(
        question="Does it pay?", parks={"Made-up": [("firms", "60")]}, receipts=[RECEIPT], verification="all read back",
        provenance={"command": "klaver compare x", "version": "1.2.3", "packages": {"numpy": "2.5"}, "own": 3},
        factors=[FactorEffect("money.budget", "1 m", "vitality", Estimate(70.0, 68.0, 72.0))], **extra)  # fmt: skip


class Outline(HTMLParser):
    """Tags that are open, ids, what is fetched, and text; fails on a tag that closes what is not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.attributes, self.words = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for key, value in attrs if key == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def pdf_text(content, tmp_path):
    if which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    path = tmp_path / "r.pdf"
    path.write_bytes(content)
    found = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(found.split())


# --- sentences --------------------------------------------------------------------------------------------------------


def test_what_stands_and_what_cannot_be_told_is_said_of_each_strategy():
    found = say_findings(made_up({"up": (0, 2e6, 8.0, 0), "down": (0, 2e6, -8.0, 0), "same": (0, 2e6, 0.01, 0)}))
    pattern = r"(Clearly higher|Clearly lower|Not distinguishable from no difference): (\w+)"
    sentences = dict(re.findall(pattern, found["Vitality."]))
    assert sentences == {"Clearly higher": "up", "Clearly lower": "down", "Not distinguishable from no difference": "same"}


def test_the_numbers_of_a_sentence_are_those_of_the_comparison(comparison):
    change = comparison.differences["demand_driven"]["vitality"]
    expected = f"demand_driven (+{change.mean:.1f}; +{change.low:.1f} to +{change.high:.1f})"
    assert expected in say_findings(comparison)["Vitality."]


@pytest.mark.parametrize(("private", "said"), [
    (6e6, "clearly more than one euro for it"), (0.5e6, "clearly less than one euro for it"),
    (2e6, "cannot be told for it"), (-4e6, "For it it is below zero")])  # fmt: skip
def test_a_multiplier_is_held_against_one_euro_and_against_zero(private, said):
    assert said in say_findings(made_up({"it": (private, 2e6, 1.0, 0)}, noise=1.0))["Private euros."]


def test_an_undefined_multiplier_is_explained_and_never_given_a_number():
    found = say_findings(made_up({"free": (4e6, 0.0, 3.0, 1e6)}))["Private euros."]
    assert "cannot be given" in found and "nothing to divide by" in found and not re.search(r"\d", found)


def test_the_method_is_spoken_against_as_plainly_as_for(comparison):
    sentences = say_findings(comparison)["For and against the method."]
    against, lead = sentences.split("Against it: ")[1], sentences.split("Against it: ")[0]
    assert "points of vitality (−" in against
    assert "private euros per public euro (+" in lead and "social balance in million euros (+" in lead
    swapped = made_up({"supply_driven": (4e6, 2e6, 4.0, 3e6), "demand_driven": (1e6, 2e6, 8.0, -3e6)})
    for_it = say_findings(swapped)["For and against the method."].split("Against it: ")[0]
    assert "points of vitality (+" in for_it and "private euros" not in for_it


def test_with_nothing_clear_both_sides_say_so():
    found = say_findings(made_up({"demand_driven": (2e6, 2e6, 4.0, 0.0), "supply_driven": (2e6, 2e6, 4.0, 0.0)}, noise=8.0))
    assert found["For and against the method."].count("nothing that is clear") == 2


def test_the_highest_is_named_with_those_it_cannot_be_told_from():
    order = say_findings(made_up({"a": (0, 2e6, 8.0, 9e6), "b": (0, 2e6, 8.01, 0.0), "c": (0, 2e6, 2.0, 0.0)}))["Order."]
    assert re.search(r"On vitality, [ab] is highest on average, but not distinguishable from [ab]\.", order)
    assert "On social balance, a is highest on average, and distinguishable from every other approach." in order


def test_on_a_few_futures_nothing_is_ranked_and_nothing_is_called_clear():
    few = made_up({"demand_driven": (4e6, 2e6, 30.0, 9e6), "supply_driven": (1e6, 2e6, 8.0, -9e6)}, seeds=4)
    found = say_findings(few)
    assert "Too few futures (4)" in found["Order."] and "For and against the method." not in found
    assert "learly" not in " ".join(found.values())
    document = full_report([few], ReportContext(), "en")
    assert any(isinstance(block, Callout) and "4" in block.text for block in document.blocks)
    assert not any(isinstance(block, Picture) and "is the best" in block.caption for block in document.blocks)
    pairs = [block for block in document.blocks if isinstance(block, Table) and block.head[0] == "first less second"]
    assert len(pairs) == 3
    assert all(row[table.head.index("stands")] == "–" for table in pairs for row in table.rows)


def test_many_strategies_are_summed_up_by_lowest_and_highest():
    lifts = {f"s{k}": (0, 2e6, 5.0 + k, 0) for k in range(7)}
    found = say_findings(made_up(lifts, noise=0.5))["Vitality."]
    assert "all 7, from" in found and "(s0)" in found and "(s6)" in found and "s3" not in found


def test_one_seed_and_one_strategy_still_make_a_report():
    single = made_up({"demand_driven": (4e6, 2e6, 8.0, 1e6)}, seeds=1)
    assert "In the single future that was run" in say_findings(single)["Vitality."]
    alone = made_up({})
    assert "Only one approach" in say_findings(alone)["Nothing to compare."]
    for made in (single, alone):
        assert report_pdf(made, ReportContext(), "nl").startswith(b"%PDF")
        Outline(report_html(made, ReportContext(), "nl"))


def test_a_difference_that_stands_only_uncorrected_does_not_stand_in_the_table_of_pairs():
    made = made_up({f"s{k}": (0, 2e6, 0.0, 0) for k in range(6)} | {"edge": (0, 2e6, 1.1, 0)}, seeds=40)
    plain = made.difference("edge", "vitality")
    (table,) = [block for block in full_report([made], ReportContext(), "en").blocks
                if isinstance(block, Table) and block.caption.startswith("Vitality: every pair")]
    row = next(row for row in table.rows if set(row[0].split(" – ")) == {"edge", "Nothing extra"})
    assert plain.excludes_zero and row[5] == "no"
    # Nor do the sentences call clear what the table does not.
    assert "Clearly" not in say_findings(made)["Vitality."]
    assert any({"edge", "none"} <= set(group) for group in made.alike("vitality"))
    assert len(table.rows) == 28


def test_the_variance_that_pairing_saves_is_that_of_the_two_over_that_of_the_difference():
    made = made_up({"a": (0, 2e6, 5.0, 0)})
    one, other = made.runs.values("a", "vitality"), made.runs.values("none", "vitality")
    expected = (one.var(ddof=1) + other.var(ddof=1)) / (one - other).var(ddof=1)
    table = next(block for block in full_report([made], ReportContext(), "en").blocks
                 if isinstance(block, Table) and block.caption.startswith("Vitality: every pair"))
    assert table.rows[0][6] == f"{expected:.1f}×" and expected > 5


def test_chances_of_a_disappointment_are_counts_of_futures():
    made = made_up({"a": (2e6, 2e6, 1.0, 1e6)}, noise=3.0)
    table = next(block for block in full_report([made], ReportContext(), "en").blocks
                 if isinstance(block, Table) and block.caption.startswith("Chances"))
    lower = (made.runs.values("a", "vitality") < made.runs.values("none", "vitality")).mean()
    assert 0 < lower < 1 and table.rows[0][2].startswith(f"{100 * lower:.0f}\n(")
    free = made_up({"a": (2e6, 0.0, 1.0, 1e6)})
    table = next(block for block in full_report([free], ReportContext(), "en").blocks
                 if isinstance(block, Table) and block.caption.startswith("Chances"))
    assert table.rows[0][1] == "undefined"


# --- texts and numbers ------------------------------------------------------------------------------------------------


def test_both_languages_hold_the_same_texts_with_the_same_places():
    def places(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    nl, en = (_texts(language) for language in ("nl", "en"))
    assert nl.keys() == en.keys() and len(en) > 150
    assert {key: places(text) for key, text in nl.items()} == {key: places(text) for key, text in en.items()}
    assert all(text.strip() for texts in (nl, en) for text in texts.values())


@pytest.mark.parametrize(("language", "value", "digits", "signed", "text"), [
    ("en", 1234.5, 1, False, "1,234.5"), ("nl", 1234.5, 1, False, "1.234,5"), ("nl", -0.04, 1, True, "0,0"),
    ("en", -2.0, 0, False, "−2"), ("en", 3.0, 1, True, "+3.0")])
def test_numbers_are_written_as_the_language_does(language, value, digits, signed, text):
    assert Wording(language).number(value, digits, signed) == text


def test_a_chance_is_never_rounded_to_certainty():
    say = Wording("en")
    assert [say.chance(share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_an_unknown_language_is_refused(comparison):
    with pytest.raises(ValueError, match="'de' is not known"):
        report_text(comparison, "de")
    with pytest.raises(ValueError, match="at least one"):
        report_html([], ReportContext(), "en")


def test_assumptions_shown_are_judgements_and_own_settings_take_the_place_of_defaults(comparison):
    for names in ASSUMPTIONS.values():
        assert all(BY_NAME[name].mark == "J" for name in names)
    document = full_report([comparison], ReportContext(parameters={"hours_push": 33.0}), "en")
    table = next(block for block in document.blocks if isinstance(block, Table) and block.head[0] == "role")
    assert next(row for row in table.rows if row[1] == "time for one push")[2:] == ("33", "1 to 80", "hours")


def test_a_row_that_does_not_fit_its_head_is_refused():
    with pytest.raises(ValueError, match="a row of 1"):
        Table("t", ("a", "b"), (("x",),))


# --- the two files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_accessible_and_asks_nothing_of_the_outside(comparison, language):
    page = Outline(report_html(comparison, full(), language))
    assert not page.open and len(page.ids) == len(set(page.ids))
    assert ("lang", language) in page.attributes
    assert page.tags.count("h1") == 1 and page.tags.count("svg") == 8 and "script" not in page.tags
    assert sum(value == "img" for key, value in page.attributes if key == "role") == 8
    assert all(len(value) > 60 for key, value in page.attributes if key == "aria-label")
    targets = [value for key, value in page.attributes if key in ("href", "xlink:href", "src")]
    assert targets and all(target.startswith("#") and target[1:] in page.ids for target in targets)
    assert not {"img", "link", "iframe", "object", "image"} & set(page.tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_is_tagged_titled_and_the_same_each_time(comparison, language):
    first = report_pdf(comparison, full(), language)
    assert first == report_pdf(comparison, full(), language)
    # What PDF/UA-1 asks for that can be seen from outside; Typst itself refuses a picture without alternative text.
    assert b"/MarkInfo" in first and b"/StructTreeRoot" in first and b"pdfuaid" in first
    assert f"/Lang({language})".encode() in first
    assert report_html(comparison, full(), language) == report_html(comparison, full(), language)


def test_a_picture_without_alternative_text_is_not_accepted_on_paper():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
    assert render_pdf(Document("t", "en", (Heading("t", 1), Picture(svg, "c", "words")))).startswith(b"%PDF")
    with pytest.raises(RuntimeError, match="alt"):
        render_pdf(Document("t", "en", (Heading("t", 1), Picture(svg, "c", ""))))


def test_what_a_user_writes_is_text_and_nothing_else(tmp_path):
    made = made_up({NASTY: (4e6, 2e6, 8.0, 1e6), LONG: (1e6, 2e6, 3.0, 1e6)}, park=NASTY)
    context = ReportContext(
        title=NASTY, question=NASTY + LONG, parks={NASTY: [(NASTY, LONG)]}, park_titles={NASTY: NASTY},
        strategies={NASTY: NASTY, LONG: LONG}, provenance={"command": NASTY, NASTY: {NASTY: [NASTY, LONG]}},
        failed=[(NASTY, 2)], factors=[FactorEffect(NASTY, LONG, NASTY, Estimate(1.0, 0.0, 2.0))],
        decision={"best": NASTY, "confidence": 0.95, "smallest": NASTY, "outcome": NASTY, "seeds": 40},
        verification=NASTY, receipts=[Receipt(NASTY, NASTY, LONG, NASTY)])
    text = report_html(made, context, "en")
    page = Outline(text)
    assert not page.open and "script" not in page.tags and "<script" not in text and "\x00" not in text
    assert '<script>alert(1)</script> #eval("1") $x$ "quoted" \\back\\slash *b* _i_' in "".join(page.words)
    words = pdf_text(report_pdf(made, context, "nl"), tmp_path)
    assert '<script>alert(1)</script> #eval("1") $x$ "quoted" \\back\\slash *b* _i_ [link] `raw` @ref <b> & ]]> {0}' in words


def test_no_kind_of_block_reads_a_text_as_markup_or_code(tmp_path):
    t = '<b>x</b> #eval("1") $x$ *b* [c]'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
    blocks = (Heading(t, 1), Heading(t, 2), Heading(t, 3), Paragraph(t, t), Paragraph(t, t, small=True), BulletList(((t, t),)),
              Callout(t, t), KeyValue(((t, t),)), KeyValue(((t, t),), wide=True), Table(t, (t, t), ((f"{t}\n{t}", t),)),
              Picture(svg, t, t), Code(t), PageBreak())
    document = Document(t, "en", blocks, t, t)
    page = Outline(render_html(document))
    # Title in the window, three headings (two of them among the contents), twice each strong, in pairs and cells, ...
    assert not page.open and "b" not in page.tags and "".join(page.words).count(t) >= 24
    words = pdf_text(render_pdf(document), tmp_path)
    assert len(re.findall(r"eval\(.1.\)", words.replace(" ", ""))) >= 23


def test_every_letter_that_the_paper_lets_through_has_a_shape():
    letters = "".join(chr(code) for first, last in _BLOCKS_OF_LETTERS for code in range(first, last + 1)) + "".join(_MARKS)
    blocks = (Heading(letters, 1), Paragraph(letters, letters), Table(letters, (letters,), ((letters,),)))
    assert render_pdf(Document(letters, "en", blocks, letters)).startswith(b"%PDF")  # Typst refuses a letter without


def test_several_parks_come_in_one_report_each_with_its_own_numbers(tmp_path):
    first = made_up({"a": (4e6, 2e6, 8.0, 1e6)}, park="Noord")
    second = made_up({"a": (4e6, 2e6, -8.0, 1e6), "b": (4e6, 2e6, 1.0, 1e6)}, park="Zuid", seeds=12)
    page, paper = write_reports([first, second], tmp_path, replace(full(), parks={}), "en")
    document = full_report([first, second], ReportContext(), "en")
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert headings.index("Noord") < headings.index("Zuid")
    across = next(block for block in document.blocks if isinstance(block, Table))
    assert [row[:2] for row in across.rows] == [("Noord", "a"), ("Zuid", "a"), ("Zuid", "b")]
    assert across.rows[0][3].startswith("+") and across.rows[1][3].startswith("−")
    assert any(isinstance(block, Callout) and "12" in block.text for block in document.blocks)
    text = page.read_text(encoding="utf-8")
    assert len(Outline(text).ids) == len(set(Outline(text).ids))
    assert paper.read_bytes().startswith(b"%PDF")


def test_provenance_failures_factors_and_the_decision_are_told(comparison, tmp_path):
    context = full(failed=[("out of memory", 3)], decision={
        "best": "demand_driven", "confidence": 0.95, "smallest": "1 point", "outcome": "vitality", "seeds": 87})
    words = pdf_text(report_pdf(comparison, context, "en"), tmp_path)
    for part in ("Does it pay?", "firms: 60", "out of memory (3)", "95%",
                 "After 87 futures, Demand-driven was selected as best on vitality",
                 "1 point", "money.budget", "klaver compare x", "numpy 2.5", "all read back", RECEIPT.id, RECEIPT.line):
        assert part in words
    undecided = full(decision={"best": None, "confidence": 0.95, "smallest": "1", "outcome": "vitality", "seeds": 9})
    assert "no approach could be selected" in report_html(comparison, undecided, "en")


def test_paths_kept_once_a_year_and_seeds_left_out_are_reported_and_paths_not_kept_are_passed_over(comparison):
    yearly = replace(comparison.runs, every=4, paths=comparison.runs.paths[:, 3::4], left_out=(9, 11, 12))
    text = report_html(replace(comparison, runs=yearly), ReportContext(), "en")
    assert "Made-up (3)" in text and text.count("<svg") == 7
    bare = replace(comparison.runs, paths=comparison.runs.paths[:, :, :0], columns=())
    assert report_html(replace(comparison, runs=bare), ReportContext(), "en").count("<svg") == 5


def test_what_failed_and_what_was_left_out_for_it_are_told_once(comparison):
    runs = replace(comparison.runs, left_out=(9, 11))
    context = ReportContext(failed=[("out of memory", 3)])
    callouts = [block for block in full_report([replace(comparison, runs=runs)], context, "en").blocks
                if isinstance(block, Callout)]
    (told,) = callouts
    assert told.title == "Runs set aside" and "out of memory (3)" in told.text and "Made-up (2)" in told.text


def test_page_one_of_several_parks_has_one_picture_of_all(comparison):
    other = made_up({"a": (4e6, 2e6, -8.0, 1e6)}, park="Zuid")
    blocks = full_report([comparison, other], ReportContext(), "nl").blocks
    first_page = blocks[: next(k for k, block in enumerate(blocks) if isinstance(block, PageBreak))]
    (picture,) = [block for block in first_page if isinstance(block, Picture)]
    assert all(words in picture.alternative for words in ("Made-up:", "Zuid:", "a: vitaliteit hoger in"))


def test_effects_of_whole_points_come_with_what_the_points_are_and_of_factors_without():
    made = made_up({"a": (4e6, 2e6, 8.0, 1e6)})
    effect = FactorEffect("point 1", "", "Vitality", Estimate(2.0, 1.0, 3.0), "A", "Noord")
    context = ReportContext(factors=[effect], points=[("point 1", "fte 2, mandate 5")])
    text = " ".join(Outline(report_html(made, context, "en")).words)
    assert "cannot be told" in text and "fte 2, mandate 5" in text and "+2.00" in text and "Noord" in text
    ranked = FactorEffect("x.y", "1 → 2", "Vitality", Estimate(2.0, 1.0, 3.0), rank=Estimate(0.4, 0.1, 0.6), about="what it is")
    text = " ".join(Outline(report_html(made, ReportContext(factors=[ranked]), "en")).words)
    assert "+0.40" in text and "rank correlation" in text and "what it is" in text and "point 1" not in text


def test_a_long_dotted_name_is_broken_after_its_dots_on_paper(tmp_path):
    name = "strategy.organisation.domains.sustainability_of_everything_together"
    table = Table("t", ("factor", "a", "b"), ((name, "x", "y"),), texts=(0, 1, 2), widths=(1.0, 2.0, 2.0))
    (tmp_path / "t.pdf").write_bytes(render_pdf(Document("t", "en", (Heading("t", 1), table))))
    if which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    found = subprocess.run(["pdftotext", "-layout", str(tmp_path / "t.pdf"), "-"], capture_output=True, text=True, check=True)
    lines = [line.split("  ")[0].strip() for line in found.stdout.splitlines()]
    assert "strategy.organisation." in lines or "strategy." in lines
    assert "\u200b" not in found.stdout  # a name that is copied stays what it was


def test_missing_values_leave_no_nan_in_a_report():
    made = made_up({"a": (4e6, 2e6, 8.0, 1e6)})
    made.runs.table["lead_time"] = np.nan
    made.runs.table.loc[("a", 3), "vacancy"] = np.nan
    text = report_html(made, ReportContext(), "en")
    assert not re.search(r"\bnan\b", " ".join(Outline(text).words), re.IGNORECASE)
    assert "undefined" in text


def test_letters_with_a_line_around_them_are_written_over_it_on_paper() -> None:
    from analysis.report.pdf import _over_halo

    halo = 'stroke="#FFF" stroke-width="3" paint-order="stroke" stroke-linejoin="round"'
    around = f'<text x="1" {halo} fill="#000">A &lt; B</text>'
    assert _over_halo(f"<g>{around}<text>C</text></g>") == (
        f'<g>{around}<text x="1" fill="#000">A &lt; B</text><text>C</text></g>')
