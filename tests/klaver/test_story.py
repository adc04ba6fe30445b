"""Every kind of event can be told, in both languages, with its numbers; repeats are told once."""

import itertools
import math

import pandas as pd
import pytest

from klaver.language import LANGUAGES, Language
from klaver.story import MEASURES, ON_A_ROAD, NoSuchThing, Teller
from sim import records

EXAMPLES = {"euros": -12_345.0, "plan": 3.0, "kind": 4.0, "origin": 2.0, "stage": 4.0, "task": 5.0, "": 0.0}


def event(kind, quarter=5, opportunity=0, party=0, parcel=0, value=0.0, threshold=0.0):
    return dict(
        quarter=quarter,
        kind=kind,
        opportunity=opportunity,
        party=party,
        parcel=parcel,
        value=value,
        threshold=threshold,
    )


def tables(events):
    opportunity = dict(key=7, kind="land_swap", stage="left", since=4, stage_since=12, demand=0, works=1e6)
    return {
        "companies": pd.DataFrame(
            [
                dict(name="Bakery", key=1, state="sitting", jobs=12.4, trust=0.5),
                dict(name="Firm on plot 2", key=2, state="closed", jobs=0.0, trust=0.5),
                dict(name="newcomer 2", key=3, state="prospect", jobs=5.0, trust=0.5),
            ]
        ),
        "owners": pd.DataFrame([dict(name="Town", key=1), dict(name="Fund", key=2)]),
        "parcels": pd.DataFrame(
            [
                dict(name="plot 1", key=1, segment=0, occupant=0, quality=0.5),
                dict(name="Old mill", key=2, segment=1, occupant=-1, quality=0.2),
            ]
        ),
        "opportunities": pd.DataFrame([opportunity]),
        "seats": pd.DataFrame([dict(opportunity=0, party=0)]),
        "events": pd.DataFrame(events, columns=list(event(""))),
    }


def teller(events, code="en", twin=None):
    return Teller(tables(events), Language(code), twin)


def test_measures_name_every_kind_of_event():
    assert set(MEASURES) == set(records.EVENTS)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", records.EVENTS)
def test_every_kind_of_event_becomes_a_sentence(code, kind):
    value, threshold = (EXAMPLES.get(measure, 0.25) for measure in MEASURES[kind])
    for opportunity, party in itertools.product([0, -1], [0, 2, -1, -2, records.NOBODY, 99]):
        happened = event(kind, opportunity=opportunity, party=party, value=value, threshold=threshold)
        (row,) = pd.DataFrame([happened]).itertuples(index=False)
        text = teller([happened], code).sentence(row)
        assert text[0] == text[0].upper() and text.endswith((".", ")")) and "{" not in text and "  " not in text


@pytest.mark.parametrize(("kind", "measures"), MEASURES.items())
def test_a_sentence_shows_the_numbers_that_decided(kind, measures):
    say = Language("en")
    template = {
        "stance_known": "event.stance_known_yes", "neighbours_learnt": "event.neighbours_learnt_good",
    }.get(kind, f"event.{kind}")  # fmt: skip
    shown = {name for name in ("value", "threshold") if "{" + name + "}" in say._texts[template]}
    meant = {name for name, measure in zip(("value", "threshold"), measures, strict=True) if measure}
    # What a newcomer's alternative elsewhere is worth decides nothing when it arrives.
    assert shown == meant - ({"threshold"} if kind == "prospect_arrived" else set())


def test_a_known_yes_and_a_known_no_are_told_apart():
    told = [
        line.sentence
        for line in teller([event("stance_known", value=2_000.0), event("stance_known", value=-2_000.0)]).why(
            "company", 0
        )
    ]
    assert told == [
        "Bakery let it be known that it wants this; the deal is worth €2,000 to it.",
        "Bakery let it be known that it does not want this; for it the deal comes to -€2,000.",
    ]


def test_the_municipality_taking_over_a_task_is_told_apart_from_a_task_that_resumes_by_itself():
    told = [
        line.sentence
        for line in teller(
            [
                event("task_resumed", value=4.0, threshold=0.0, party=records.NOBODY),
                event("task_resumed", value=4.0, threshold=1.0, party=-1),
            ]
        ).why("opportunity", 0)
    ]
    assert told == [
        "It got moving again, at the permit.",
        "The municipality took the permit off their hands, and it got moving again.",
    ]


def test_a_row_of_the_same_no_go_is_told_once():
    repeats = [event("unfair_division", quarter=q, value=1.2, party=records.NOBODY) for q in (5, 6, 7)]
    lines = teller(repeats).tell(0)
    assert lines == [
        "Year 2, quarter 2: No-go: together the parties demanded 120% of what there was to divide; more than 100% there "
        "is not. (3 times, until year 2, quarter 4)"
    ]


def test_a_long_story_shows_its_beginning_and_its_end():
    many = [event("step_go", quarter=q, value=4.0, party=records.NOBODY) for q in range(30)]
    lines = teller(many).tell(0, 6)
    assert len(lines) == 7
    assert lines[3] == "(steps left out here: 24)"
    assert lines[-1].startswith("Year 8, quarter 2")


def test_a_heading_says_what_for_whom_and_how_it_ended():
    assert teller([event("step_go")]).heading(0) == (
        "Opportunity 0: a swap of land, for Bakery; ended without result after 2 years"
    )
    assert teller([event("step_go")], "nl").heading(0) == (
        "Kans 0: een grondruil, voor Bakery; zonder resultaat geëindigd na 2 jaar"
    )


def test_names_that_the_program_made_up_are_translated():
    said = [teller([], "nl").party(party) for party in (0, 1, 2, -1, -2, records.BANK)]
    assert said == ["Bakery", "het bedrijf op kavel 2", "nieuwkomer 2", "de gemeente", "Fund", "de bank"]


@pytest.mark.parametrize("kind", ON_A_ROAD)
def test_works_on_a_road_belong_to_the_parcels_along_it_and_to_no_parcel_of_that_number(kind):
    happened = teller([event(kind, opportunity=-1, party=-1, parcel=1)])
    assert happened.why("parcel", 0) == []
    assert len(happened.why("parcel", 1)) == 1  # parcel 1 lies along segment 1


@pytest.mark.parametrize("name", ["0", "Bakery", "bakery"])
def test_a_company_is_found_by_number_and_by_name(name):
    assert teller([]).find("company", name) == 0


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("company", "Bakry", "There is no company 'Bakry' in this run. Did you mean Bakery?"),
        ("company", "99", "There is no company '99' in this run."),
        ("company", "٣", "There is no company '٣' in this run."),
        ("opportunity", "-1", "There is no opportunity '-1' in this run."),
        ("shop", "1", "'shop' is no kind of thing to ask about; allowed are company, parcel, opportunity, role and "
                      "municipality."),
    ],
)
def test_what_is_not_there_is_told_with_near_matches(kind, name, message):
    with pytest.raises(NoSuchThing) as problem:
        teller([]).find(kind, name)
    assert str(problem.value) == message


def test_a_run_without_opportunities_says_so():
    empty = tables([])
    empty["opportunities"] = empty["opportunities"].iloc[:0]
    told = Teller(empty, Language("en"))
    assert told.count() == "No opportunity came up in this run."
    assert told.opportunities() == []


def test_the_twin_tells_what_happened_without_the_strategy():
    ours = [event("plan_formed", value=5_000.0, threshold=1.0, opportunity=-1)]
    same = teller(ours, twin=tables(ours)).without("company", 0)
    assert same == ["The same happened.", "At the end: on the park, 12 jobs, trust in the municipality 0.50."]
    quiet = teller(ours, twin=tables([])).without("company", 0)
    assert quiet[0] == "Nothing happened here."
    served = teller(ours, twin=tables([event("step_go")])).without("opportunity", 0)
    assert served == ["The same wish of Bakery became opportunity 0 there: ended without result after 2 years."]


def test_an_opportunity_that_nobody_had_without_the_strategy_is_told_so():
    twin = tables([])
    twin["opportunities"] = twin["opportunities"].iloc[:0]
    assert teller([event("step_go")], twin=twin).without("opportunity", 0) == [
        "The wish of Bakery never became an opportunity there."
    ]


def test_the_full_story_tells_every_opportunity():
    text = teller([event("step_go", value=4.0, threshold=math.nan)]).full_story("mill", "none", 3)
    assert text.startswith("# mill, none, seed 3: the opportunities\n")
    assert "## Opportunity 0" in text and "- Year 2, quarter 2: Go: it became a case" in text
