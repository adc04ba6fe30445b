"""The sections of a check report: each a function from an import to blocks, in the order in which a reader needs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.report.blocks import Block, BulletList, Callout, Code, Heading, KeyValue, Paragraph, Table
from klaver.importing.knowledge import COMPANY_FIELDS, MARKS, OWNER_FIELDS, PARCEL_FIELDS, shares
from klaver.importing.report.check_map import draw_map
from klaver.importing.report.checked import LEVELS, Check, counts
from klaver.importing.report.drawn_anew import drawn_fields
from klaver.importing.report.improvements import Improvement, weights

if TYPE_CHECKING:
    from klaver.importing.findings import Finding
    from klaver.importing.layers import Source
    from klaver.language import ImportLanguage

_WORST = 10  # rows of the table of areas
_LISTED = 500  # rows of the findings of a level
_HECTARE = 10_000.0


def summary(check: Check, say: ImportLanguage, title: str) -> Iterator[Block]:
    """Yield the title and what whoever decides must know: what park came out, how much is known, what to do first."""
    size, firms, known = counts(check), check.companies(), shares(check.table)
    yield Heading(title, 1)
    yield Paragraph(say("check.intro"))
    yield KeyValue((
        (say("check.label_parcels"), say.number(size["parcels"])),
        (say("check.label_area"), say("check.hectares", n=say.number(size["gross_m2"] / _HECTARE, 1))),
        (say("check.label_companies"), say.number(len(check.scenario.companies))),
        (say("check.label_jobs"), say.number(firms["jobs_on_parcel"])),
        (say("check.label_measured"), say.share(known["measured"])),
        (say("check.label_assumed"), say.share(known["assumed"])),
        (say("check.label_imputed"), say.share(known["imputed"])),
    ))  # fmt: skip
    yield Callout(say("check.verdict_title"), " ".join(_verdict(check, say)))


def _verdict(check: Check, say: ImportLanguage) -> Iterator[str]:
    firms = check.companies()
    yield say("check.verdict_made")
    if firms["lost"]:
        yield say("check.verdict_lost", n=say.number(firms["lost"]), all=say.number(firms["in_file"]))
    left_out = len(check.findings.of("left_out"))
    if left_out:
        yield say("check.verdict_left_out", n=say.number(left_out))
    if check.better:
        yield say("check.verdict_better", what=say(f"check.get_{check.better[0].key}"))


def the_map(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield the map of the park."""
    yield Heading(say("check.map_title"))
    numbered = [(number, finding.where) for number, finding in check.numbered if finding.where is not None]
    yield draw_map(check.grid, check.parcels, numbered, say)
    placed = sum(finding.where is not None for finding in check.findings)
    if placed > len(numbered):
        yield Paragraph(say("check.map_first", n=say.number(len(numbered)), all=say.number(placed)), small=True)


def better(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield what would most improve the park file."""
    yield Heading(say("check.better_title"))
    if not check.better:
        yield Paragraph(say("check.better_none"))
        return
    explained = {outcome: say.share(share) for outcome, share in weights()["everything"].items()}
    yield Paragraph(say("check.better_intro", level=explained["vitality"], gain=explained["vitality_gain"],
                        euros=explained["net_private_gain"]))  # fmt: skip
    rows = [
        (f"{place}. {say(f'check.get_{one.key}')}", _concerned(one, say),
         f"{say(f'check.where_{one.key}')} {_goes_into(one, say)}", _gain(one, say))
        for place, one in enumerate(check.better, 1)
    ]  # fmt: skip
    heads = tuple(say(f"check.head_{key}") for key in ("get", "for", "where", "gain"))
    yield Table(say("check.better_caption"), heads, tuple(rows), texts=(0, 1, 2), widths=(0.25, 0.22, 0.4, 0.13))
    yield Paragraph(say("check.better_note"), small=True)


def _concerned(one: Improvement, say: ImportLanguage) -> str:
    if one.unit == "park":
        return say("check.for_park")
    text = say(f"check.for_{one.unit}", n=say.number(one.values["n"]), all=say.number(one.values["all"]),
               share=say.share(one.values["share"]))  # fmt: skip
    if one.values["assumed"] == one.values["n"]:
        text += say("check.for_all_assumed")
    elif one.values["assumed"]:
        text += say("check.for_assumed", n=say.number(one.values["assumed"]))
    return text


def _goes_into(one: Improvement, say: ImportLanguage) -> str:
    """Return in which of the files that were read it is to be put, or that it takes a file more."""
    missing = [name for name in one.files if f"check.role_{name}" in say]
    if len(missing) == len(one.files):
        return say("check.into_new", what=say(f"check.role_{missing[0]}"))
    return say("check.into", files=say.listing([name for name in one.files if name not in missing]))


def _gain(one: Improvement, say: ImportLanguage) -> str:
    """Return a gain as a percentage; one below its own error is not told as a number."""
    if one.judged:
        return f"{say.share(one.gain)}\n{say('check.gain_judged')}"
    if one.gain < 0.005:
        return say("check.gain_small")
    if one.error > 0.0 and one.gain < 2.0 * one.error:
        return f"{say.share(one.gain)}\n{say('check.gain_unsure', error=say.number(200.0 * one.error))}"
    return say.share(one.gain)


def go_on(check: Check, say: ImportLanguage, command: str) -> Iterator[Block]:
    """Yield the commands to go on with."""
    show = command.replace("klaver compare", "klaver show", 1)
    yield Heading(say("check.go_on_title"))
    yield Paragraph(say("check.go_on"))
    yield Code("\n".join(dict.fromkeys([show, command, "klaver dashboard"])))
    yield Paragraph(say("check.again"))


def counts_rows(check: Check, say: ImportLanguage) -> list[tuple[str, str]]:
    """Return the counts of an import as labels with their values."""
    size, firms, grid = counts(check), check.companies(), check.grid
    rows = [
        ("parcels", say("check.of_file", n=say.number(size["parcels"]), all=say.number(size["parcels_in_file"]))),
        ("area", say("check.area_of_file", n=say.number(size["area_on_grid"] / _HECTARE, 2),
                     all=say.number(size["area_in_file"] / _HECTARE, 2))),
        ("error", say("check.error_share", share=_percent(check.area_error, say))),
        ("cells", say("check.cells", cell=say.number(size["cell_m"]), columns=say.number(size["columns"]),
                      rows=say.number(size["rows"]))),
        ("exits", say.number(size["exits"])),
        ("inferred", say.listing([say(f"check.inferred_{what}") if f"check.inferred_{what}" in say else what
                                  for what in sorted(grid.inferred)]) or say("check.nothing")),
    ]  # fmt: skip
    if check.layers.buildings is not None:
        rows.append(("buildings", say.number(size["buildings"])))
    if firms["in_file"]:
        for key, n, total in (("companies", "on_parcel", "in_file"), ("jobs", "jobs_on_parcel", "jobs_in_file")):
            rows.append((key, say("check.of_file", n=say.number(firms[n]), all=say.number(firms[total]))))
    return [(say(f"check.count_{key}"), value) for key, value in rows]


def counts_of_matches(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield how companies came to their parcels."""
    matches = check.matches
    if matches is None or matches.empty:
        return
    rows = []
    for how, group in matches[matches["parcel"].notna()].groupby("how", sort=False):
        key = f"check.how_{how}"
        rows.append((say(key) if key in say else str(how), say.number(len(group)), say.number(group["score"].mean(), 2),
                     say.number(group["score"].min(), 2)))  # fmt: skip
    if rows:
        heads = tuple(say(f"check.head_{key}") for key in ("how", "companies", "score", "lowest"))
        yield Table(say("check.matches_caption"), heads, tuple(rows))


def known_table(check: Check, say: ImportLanguage) -> Table:
    """Return how many values of each field are measured, assumed and imputed."""
    rows = []
    for kind, fields in (("parcel", PARCEL_FIELDS), ("company", COMPANY_FIELDS), ("owner", OWNER_FIELDS)):
        for name in fields:
            marks = check.table[(check.table["kind"] == kind) & (check.table["field"] == name)]["mark"]
            if len(marks):
                rows.append((say(f"check.field_{name}"), say(f"check.of_{kind}"),
                             *(say.number(int((marks == mark).sum())) for mark in MARKS)))  # fmt: skip
    heads = (say("check.head_field"), say("check.head_of"), *(say(f"check.mark_{mark}") for mark in MARKS))
    return Table(say("check.known_caption"), heads, tuple(rows), texts=(0, 1))


def sizes(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield counts and areas: the file against the grid, with the parcels whose area differs most."""
    yield Heading(say("check.counts_title"))
    yield KeyValue(tuple(counts_rows(check, say)), wide=True)
    areas = check.grid.areas
    worst = areas.reindex(areas["error"].abs().sort_values(ascending=False, kind="stable").index)
    worst = worst[worst["error"].abs() > 1e-9].head(_WORST)
    if len(worst):
        rows = [(str(name), say.number(row["in_file"]), say.number(row["on_grid"]), _percent(row["error"], say, sign=True))
                for name, row in worst.iterrows()]  # fmt: skip
        heads = tuple(say(f"check.head_{key}") for key in ("parcel", "in_file", "on_grid", "error"))
        yield Table(say("check.areas_caption"), heads, tuple(rows))
    yield from counts_of_matches(check, say)
    yield known_table(check, say)


def _percent(value: float, say: ImportLanguage, sign: bool = False) -> str:
    """Return a small share with one decimal; `sign` also shows a plus, and a true minus."""
    text = f"{say.number(100.0 * abs(value), 1)}%"
    return text if not sign else ("+" if value > 0 else "−") + text


def found(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield what was left out, mended, assumed and noted, with the place of each."""
    yield Heading(say("check.found_title"))
    number = {id(finding): str(n) for n, finding in check.numbered}
    if not len(check.findings):
        yield Paragraph(say("check.found_nothing"))
        return
    yield Paragraph(say("check.found_intro"))
    for level in LEVELS:
        findings = check.findings.of(level)
        if not findings:
            continue
        yield Heading(say(f"check.level_{level}"), 3)
        yield _findings_table(level, findings, number, say)
        if len(findings) > _LISTED:
            yield Paragraph(say("check.more", n=say.number(len(findings) - _LISTED)), small=True)


def _findings_table(level: str, findings: list[Finding], number: dict[int, str], say: ImportLanguage) -> Table:
    """Return the findings of a level, with a column for their places where any has one."""
    placed = any(finding.where is not None for finding in findings[:_LISTED])
    rows = []
    for finding in findings[:_LISTED]:
        row = (finding.what or say("check.whole_park"), replace(finding, where=None).told(say))
        rows.append((*row, _place(finding, number.get(id(finding), ""), say)) if placed else row)
    heads = tuple(say(f"check.head_{key}") for key in ("what", "happened", *(("place",) if placed else ())))
    return Table(say(f"check.level_{level}_caption", n=say.number(len(findings))), heads, tuple(rows),
                 texts=(0, 1, 2), widths=(0.22, 0.58, 0.2) if placed else (0.22, 0.78))  # fmt: skip


def _place(finding: Finding, number: str, say: ImportLanguage) -> str:
    if finding.where is None:
        return "–"
    x, y = (say.number(value) for value in finding.where)
    return f"{say('check.on_map', n=number)}\nx {x}, y {y}" if number else f"x {x}, y {y}"


def drawn_anew(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield what every future fills in, from which distribution, and where that comes from."""
    yield Heading(say("check.drawn_title"))
    rows = [(f"{label}\n{say('check.drawn_values', n=say.number(n))}", text, source)
            for label, n, text, source in drawn_fields(check.scenario, check.table, check.findings, say)]  # fmt: skip
    if not rows:
        yield Paragraph(say("check.drawn_nothing"))
        return
    yield Paragraph(say("check.drawn_intro"))
    yield Table(say("check.drawn_caption"), tuple(say(f"check.head_{key}") for key in ("field", "drawn", "source")),
                tuple(rows), texts=(0, 1, 2), widths=(0.24, 0.46, 0.3))  # fmt: skip
    yield Paragraph(say("check.drawn_note"), small=True)


def what_was_read(check: Check, say: ImportLanguage) -> Iterator[Block]:
    """Yield files, layers, rows and systems, and which columns were recognised and which were not used."""
    sources = check.layers.sources
    yield Heading(say("check.read_title"))
    if not sources:
        yield Paragraph(say("check.read_nothing"))
        return
    rows = [(_source_name(source), _role(source, say), source.form or "–", say.number(source.rows), source.crs or "–")
            for source in sources]  # fmt: skip
    heads = tuple(say(f"check.head_{key}") for key in ("file", "role", "form", "rows", "crs"))
    yield Table(say("check.read_caption"), heads, tuple(rows), texts=(0, 1, 2, 4))
    yield Paragraph(say("check.read_crs", crs=check.layers.crs.name), small=True)
    columns = [(_source_name(source), _columns(source, say), ", ".join(source.unused) or "–") for source in sources]
    heads = tuple(say(f"check.head_{key}") for key in ("file", "columns", "unused"))
    yield Table(say("check.columns_caption"), heads, tuple(columns), texts=(0, 1, 2), widths=(0.24, 0.44, 0.32))
    prints = tuple((source.file, source.sha256) for source in sources if source.sha256)
    if prints:
        yield Paragraph(say("check.sha"), small=True)
        yield BulletList(tuple(dict.fromkeys((f"{file}:", sha) for file, sha in prints)))


def _source_name(source: Source) -> str:
    return f"{source.file}\n{source.layer}" if source.layer else source.file


def _role(source: Source, say: ImportLanguage) -> str:
    key = f"check.role_{source.role}"
    return say(key) if key in say else source.role


def _columns(source: Source, say: ImportLanguage) -> str:
    told = []
    for standard, name in source.columns.items():
        key = f"check.column_{standard}"
        told.append(f"{name} → {say(key) if key in say else standard}")
    return "; ".join(told) or "–"
