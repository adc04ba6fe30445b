"""Texts of a calibration in Dutch and English; what pattern statistics are called stands with the patterns."""

from __future__ import annotations

from analysis.calibration.targets import AGE_GRADIENT
from analysis.patterns.wording import PatternWording

_PARAMETERS = {
    "beta": {"nl": "beta: waarde van een betere plek", "en": "beta: worth of a better site"},
    "chi": {"nl": "chi: kosten van ruimtegebrek", "en": "chi: cost of too little space"},
    "theta": {"nl": "theta: drempel om te investeren", "en": "theta: threshold to invest"},
    "growth_sd": {"nl": "spreiding van de groei", "en": "spread of growth"},
    "review_interval": {"nl": "kwartalen tussen afwegingen", "en": "quarters between reviews"},
    "prospect_rate": {"nl": "gegadigden per bedrijf per jaar", "en": "prospects per firm per year"},
}
_UNITS = {
    "beta": {"nl": "deel van de omzet per jaar", "en": "share of turnover per year"},
    "chi": {"nl": "deel van de omzet per jaar", "en": "share of turnover per year"},
    "theta": {"nl": "deel van de investering", "en": "share of the investment"},
    "growth_sd": {"nl": "standaardafwijking per jaar", "en": "standard deviation per year"},
    "review_interval": {"nl": "kwartalen", "en": "quarters"},
    "prospect_rate": {"nl": "aantal", "en": "number"},
}
_TEXTS = {
    "age_gradient": {"nl": "oudste panden: vernieuwd of niet", "en": "oldest premises: renewed over not"},
    "marginals": {"nl": "Wat de patronen over elke parameter leren", "en": "What the patterns tell about each parameter"},
    "prior": {"nl": "vooraf", "en": "before"},
    "posterior": {"nl": "achteraf (sequentieel)", "en": "after (sequential)"},
    "table": {"nl": "achteraf (uit de tabel alleen)", "en": "after (from the table alone)"},
    "default": {"nl": "waarde in het model", "en": "value in the model"},
    "density": {"nl": "kansdichtheid (vooraf = 1)", "en": "density (before = 1)"},
    "learned": {"nl": "{n}% smaller", "en": "{n}% narrower"},
    "nothing": {"nl": "niet te zeggen", "en": "cannot tell"},
    "pairs": {"nl": "Welke parameters elkaar kunnen vervangen", "en": "Which parameters can stand in for each other"},
    "pairs_note": {"nl": "Punten: trekkingen, groter met meer gewicht; getal: correlatie. Assen: heel het bereik vooraf.",
                   "en": "Dots: draws, larger with more weight; number: correlation. Axes: the whole range before."},
    "predictive": {"nl": "Waar de gekalibreerde parameters uitkomen", "en": "Where the calibrated parameters lead"},
    "used": {"nl": "gebruikt", "en": "fitted"},
    "out_of_reach": {"nl": "onbereikbaar, weggelaten", "en": "out of reach, left out"},
    "check": {"nl": "controle, niet gebruikt", "en": "check, not fitted"},
    "band": {"nl": "band (0 tot 1 op de as)", "en": "band (0 to 1 on the axis)"},
    "predictive_axis": {"nl": "plaats t.o.v. de band: 0 onderkant, 1 bovenkant (90% van de simulaties)",
                        "en": "place in the band: 0 its lower end, 1 its upper end (90% of simulations)"},
    "recovery": {"nl": "Vindt de methode bekende parameters terug?", "en": "Does the method find known parameters?"},
    "truth": {"nl": "waarheid", "en": "truth"},
    "found": {"nl": "mediaan, 95%-interval", "en": "median, 95% interval"},
    "correlation": {"nl": "correlatie {r}; 95% dekt {c}%", "en": "correlation {r}; 95% holds {c}%"},
    "ranks": {"nl": "Zijn de intervallen even zeker als ze zeggen?", "en": "Are the intervals as sure as they say?"},
    "rank_axis": {"nl": "rang van de waarheid onder de trekkingen", "en": "rank of the truth among draws"},
    "ecdf_axis": {"nl": "verdeling min gelijkmatig", "en": "distribution less uniform"},
    "ranks_note": {"nl": "Binnen de grijze band: niet van gelijkmatig te onderscheiden (95%, hele kromme).",
                   "en": "Within the grey band: cannot be told from uniform (95%, whole curve)."},
}  # fmt: skip


class CalibrationWording:
    """The texts of a calibration in one language, ``nl`` or ``en``."""

    def __init__(self, language: str) -> None:
        self.patterns, self.language = PatternWording(language), language

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its places filled in."""
        return _TEXTS[key][self.language].format(**values)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as the language writes it."""
        return self.patterns.number(value, digits)

    def parameter(self, name: str) -> str:
        """Return what a calibrated parameter is called, from its name with or without ``parameters.``."""
        return _PARAMETERS[name.removeprefix("parameters.")][self.language]

    def unit(self, name: str) -> str:
        """Return in what a calibrated parameter is measured."""
        return _UNITS[name.removeprefix("parameters.")][self.language]

    def statistic(self, key: str) -> str:
        """Return what a statistic is called."""
        return self("age_gradient") if key == AGE_GRADIENT.key else self.patterns("statistic", key)
