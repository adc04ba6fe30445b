"""A comparison as one HTML file: nothing is fetched from outside, and it prints."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import figures

if TYPE_CHECKING:
    from analysis.compare import Comparison
    from analysis.statistics import Estimate

TEXTS = {
    "nl": {
        "title": "{park}: aanpakken vergeleken",
        "lead": "{n} aanpakken op dezelfde {seeds} toevalsreeksen, {years} jaar lang. Elke aanpak begint in precies "
                "hetzelfde terrein en beleeft dezelfde conjunctuur, groei en kandidaten. Elk verschil is dus gepaard, "
                "met een tweeling zonder ingrijpen.",
        "table": "Uitkomsten", "strategy": "aanpak", "gross": "multiplier bruto",
        "additional": "multiplier additioneel", "vitality": "vitaliteit (verschil)",
        "balance": "maatschappelijke balans (mln €)", "best": "kans op beste (vitaliteit / balans)",
        "interval": "Tussen haakjes: 95%-interval over de toevalsreeksen. De multiplier is private investering per "
                    "publieke euro; additioneel telt alleen wat er zonder ingrijpen niet was gekomen.",
        "undefined": "niet te bepalen", "alike": "Niet van elkaar te onderscheiden",
        "alike_vitality": "op vitaliteit", "alike_social_balance": "op maatschappelijke balans",
        "pictures": "Beelden", "limits": "Wat dit niet zegt",
        "limit_1": "Het model is niet geijkt op wat herstructurering in euro's heeft opgeleverd, met opzet: zulke "
                   "gevallen dienen om het achteraf te beoordelen.",
        "limit_2": "De meeste gedragsgetallen zijn oordelen (zie docs/parameters.md). Het interval geeft toeval weer, "
                   "niet de onzekerheid over die getallen.",
        "limit_3": "Verschillen tussen rollen rusten op aannames over hoeveel tijd een gesprek, duwtje of overgenomen "
                   "taak kost en hoe vaak het lukt.",
        "few": "Te weinig toevalsreeksen om te rangschikken.",
    },
    "en": {
        "title": "{park}: approaches compared",
        "lead": "{n} approaches on the same {seeds} seeds, over {years} years. Every approach starts in exactly the "
                "same park and lives through the same economy, growth and prospects. So every difference is paired, "
                "with a twin without intervention.",
        "table": "Outcomes", "strategy": "approach", "gross": "multiplier, gross",
        "additional": "multiplier, additional", "vitality": "vitality (difference)",
        "balance": "social balance (€ m)", "best": "chance of being best (vitality / balance)",
        "interval": "In brackets: 95% interval over the seeds. The multiplier is private investment per public euro; "
                    "additional counts only what would not have come without intervention.",
        "undefined": "undefined", "alike": "Not distinguishable from each other",
        "alike_vitality": "on vitality", "alike_social_balance": "on social balance",
        "pictures": "Pictures", "limits": "What this does not say",
        "limit_1": "The model was not fitted to what restructuring has brought in euros, on purpose: such cases are "
                   "kept to judge it afterwards.",
        "limit_2": "Most numbers on behaviour are judgements (see docs/parameters.md). The interval shows chance, not "
                   "the uncertainty about those numbers.",
        "limit_3": "Differences between roles rest on assumptions: how many hours a conversation, a push or a task "
                   "taken over costs, and how often it works.",
        "few": "Too few seeds to rank.",
    },
}  # fmt: skip

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.35rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
th:first-child,td:first-child{text-align:left}small{color:#555;white-space:nowrap}
svg{max-width:100%;height:auto}figure{margin:1rem 0}.wide{overflow-x:auto}
@media print{body{max-width:none}}
"""


def _number(value: float, digits: int, language: str) -> str:
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def _cell(found: Estimate | None, scale: float, digits: int, language: str) -> str:
    if found is None or found.mean is None:
        note = html.escape((found.note if found else "") or "")
        return f'<span title="{note}">{TEXTS[language]["undefined"]}</span>'
    text = _number(found.mean * scale, digits, language)
    if found.low is None or found.high is None:
        return text
    low, high = (_number(bound * scale, digits, language) for bound in (found.low, found.high))
    return f"{text}<br><small>({low} – {high})</small>"


def _inline(figure: Any, description: str, number: int) -> str:
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": f"klaver{number}", "svg.fonttype": "path"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg"):]
    # Several pictures on one page: their ids must not clash.
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>p{number}-", svg)
    label = html.escape(description, quote=True)
    return f'<figure>{svg.replace("<svg", f"<svg role=\"img\" aria-label=\"{label}\"", 1)}</figure>'


def report_text(comparison: Comparison, lang: str = "en") -> str:
    """Return the report of a comparison as HTML.

    Raises
    ------
    ValueError
        If the language is not ``nl`` or ``en``.
    """
    if lang not in TEXTS:
        raise ValueError(f"language {lang!r} is not known; there are: {', '.join(TEXTS)}")
    texts = TEXTS[lang]
    runs = comparison.runs
    title = html.escape(texts["title"].format(park=runs.park))
    rows = []
    for name in comparison.strategies:
        found = comparison.estimates[name]
        best = comparison.probability_best
        chances = " / ".join(f"{_number(100 * best[key][name], 0, lang)}%" for key in ("vitality", "social_balance"))
        cells = [
            html.escape(figures.strategy_title(name, lang)), _cell(found["multiplier_gross"], 1, 2, lang),
            _cell(found["multiplier_additional"], 1, 2, lang),
            _cell(comparison.differences[name]["vitality"], 1, 1, lang),
            _cell(found["social_balance"], 1e-6, 1, lang), chances,
        ]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    heads = [texts[key] for key in ("strategy", "gross", "additional", "vitality", "balance", "best")]
    groups = []
    for outcome in ("vitality", "social_balance"):
        together = ["{" + ", ".join(html.escape(figures.strategy_title(n, lang)) for n in group) + "}"
                    for group in comparison.alike(outcome) if len(group) > 1]
        if together:
            groups.append(f"<li>{texts[f'alike_{outcome}']}: {'; '.join(together)}</li>")
    description = figures.describe_outcomes(comparison, lang)
    pictures = [(comparison.plot_outcomes(lang), description),
                (comparison.plot_euros(lang), figures.WORDS[lang]["euros_title"]),
                (comparison.plot_vitality(lang), figures.WORDS[lang]["vitality_title"])]
    drawn = "\n".join(_inline(figure, text, k) for k, (figure, text) in enumerate(pictures))
    lead = texts["lead"].format(n=len(comparison.strategies), seeds=len(runs.seeds), years=round(runs.quarters / 4))
    warning = f"<p><strong>{texts['few']}</strong></p>" if comparison.note else ""
    alike = f"<h2>{texts['alike']}</h2><ul>{''.join(groups)}</ul>" if groups else ""
    limits = "".join(f"<li>{texts[f'limit_{k}']}</li>" for k in (1, 2, 3))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{title}</h1><p>{lead}</p>{warning}<h2>{texts['table']}</h2>"
        f'<div class="wide"><table><thead><tr>{"".join(f"<th>{head}</th>" for head in heads)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div><p>{texts['interval']}</p>{alike}"
        f"<h2>{texts['pictures']}</h2>{drawn}<h2>{texts['limits']}</h2><ul>{limits}</ul></body></html>\n"
    )


def write_report(comparison: Comparison, path: Path, lang: str = "en") -> Path:
    """Write the report of a comparison as one self-contained HTML file, and return its path."""
    path.write_text(report_text(comparison, lang), encoding="utf-8")
    return path
