"""From a sector code or word to one of the model's six sectors.

The codes are those of the Dutch SBI 2008, whose first four digits are those of NACE rev. 2. SBI 2025 (NACE rev. 2.1) has
the same divisions but for one thing that matters here: division 45 (cars) is gone, trade in vehicles moved to 46.7 and 47.8,
repair to 95.3, and what was 46.7 became 46.8. So 46.7 and 47.8 mean one thing in the one and another in the other; which
edition a list uses is read from the codes that only one of them has (:func:`edition_of`). Divisions that neither has (04,
34, 40...) are unknown.

:data:`TABLE` says which sector a code is taken for and why. Where it is a *judgement* (a shop counts as wholesale, because it
asks the same of a site), the sector of the company is marked as assumed; where it is the classification's own section, not.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from klaver.importing.companies.addresses import fold
from klaver.importing.companies.locating import listed, texts
from klaver.importing.findings import Findings
from sim.records import SECTORS


@dataclass(frozen=True)
class Row:
    """Which sector a range of codes is taken for.

    Attributes
    ----------
    codes
        First digits, or a range of divisions: ``"473"``, ``"10-32"``.
    sector
        One of ``sim.records.SECTORS``; None where the code is no company of a business park.
    judged
        Whether that is a judgement of this program, and not what the classification says.
    why
        The reason.
    """

    codes: str
    sector: str | None
    judged: bool
    why: str


TABLE = (
    Row("01-03", "manufacturing", True, "farming and contract work for farms: sheds, yards and machines, as a works has"),
    Row("05-09", "manufacturing", True, "quarrying: processes with nuisance and heavy transport"),
    Row("10-32", "manufacturing", False, "section C is manufacturing"),
    Row("33", "manufacturing", False, "repair and installation of machines is in section C too"),
    Row("35", "manufacturing", True, "energy: installations and nuisance, few visitors"),
    Row("36-37", "manufacturing", True, "water and sewage works: installations"),
    Row("38-39", "manufacturing", True, "waste and recycling: processes with nuisance, heavy plots"),
    Row("381", "logistics", True, "collection of waste: lorries and a depot"),
    Row("41-43", "construction", False, "section F is construction"),
    Row("45", "automotive", False, "trade in and repair of motor vehicles"),
    Row("46", "wholesale", False, "wholesale is division 46"),
    Row("47", "wholesale", True, "shops on a park are large or sell bulky goods: halls with a show room, as wholesale has"),
    Row("473", "automotive", True, "filling stations serve vehicles, beside a road"),
    Row("4791", "logistics", True, "web shops: storage and dispatch, no customers at the door"),
    Row("49-53", "logistics", False, "section H is transport and storage"),
    Row("491", "logistics", True, "railways: passengers, but a depot on a park"),
    Row("493", "logistics", True, "buses and taxis: passengers, but a depot on a park"),
    Row("51", "logistics", True, "airlines: an office or freight handling"),
    Row("55-56", "business_services", True, "hotels and restaurants: visitors, surroundings and parking count"),
    Row("58-63", "business_services", True, "publishing, media, telecom and computing: offices"),
    Row("64-66", "business_services", True, "finance and holdings: offices, often without staff"),
    Row("68", "business_services", True, "letting of and dealing in premises: an office, often without staff"),
    Row("69-75", "business_services", False, "section M is professional services"),
    Row("75", "business_services", True, "vets: visitors, a small building"),
    Row("77-82", "business_services", False, "section N is services to business"),
    Row("771", "automotive", True, "letting and leasing of vehicles: cars to park and to look after"),
    Row("772", "wholesale", True, "letting of consumer goods: a store and a counter"),
    Row("773", "wholesale", True, "letting of machines: a yard and a store, as the trade in them has"),
    Row("813", "construction", True, "landscape gardeners: vans, machines and material"),
    Row("8292", "logistics", True, "contract packing: goods in, goods out"),
    Row("84", "business_services", True, "government: offices"),
    Row("85", "business_services", True, "education: visitors, parking, surroundings"),
    Row("86-88", "business_services", True, "care: visitors, parking, surroundings"),
    Row("90-93", "business_services", True, "culture, sport and leisure: visitors, parking"),
    Row("94", "business_services", True, "organisations: offices"),
    Row("95", "business_services", True, "repair of computers and household goods: a small workshop with customers"),
    Row("96", "business_services", True, "other services to persons: visitors"),
    Row("9601", "manufacturing", True, "laundries: machines, steam, lorries"),
    Row("97-98", None, True, "households are no companies of a park"),
    Row("99", None, True, "international bodies; in practice a filler for 'unknown'"),
)  # fmt: skip
TABLE_2025 = (
    Row("467", "automotive", False, "SBI 2025: wholesale of motor vehicles and their parts"),
    Row("478", "automotive", False, "SBI 2025: retail sale of motor vehicles and their parts"),
    Row("953", "automotive", False, "SBI 2025: repair of motor vehicles"),
)
_GROUPS_WITH_ZERO = {"011", "012", "013", "014", "015", "016", "017", "021", "022", "023", "024", "031", "032", "051", "052",
                     "061", "062", "071", "072", "081", "089", "091", "099"}  # fmt: skip
_SECTIONS = {
    "A": ("manufacturing", True), "B": ("manufacturing", True), "C": ("manufacturing", False), "D": ("manufacturing", True),
    "E": ("manufacturing", True), "F": ("construction", False), "G": ("wholesale", True), "H": ("logistics", False),
} | dict.fromkeys("IJKLMNOPQRS", ("business_services", True))  # fmt: skip
# Words that a token may begin with -> sector; a word of its own says it surely, where it is not among the judged ones.
_WORDS = {
    "manufacturing": "manufacturing industrie industry industrial nijverheid productie production maakindustrie fabriek "
    "factory vervaardiging machine scheepsbouw metaal voedingsmiddelen chemie chemical drukkerij printing recycling afval "
    "waste energie energy landbouw agri agrarisch farming laboratorium",
    "construction": "construction bouw building aannem contractor installatie loodgiet schilder dakdek stuc hovenier infra "
    "grondwerk wegenbouw weg-enwaterbouw",
    "logistics": "logistics logistiek logistic transport vervoer opslag storage warehousing distributie distribution expeditie "
    "koerier courier post verhuisbedrijf",
    "wholesale": "wholesale groothandel handel trade import export retail detailhandel winkel shop verhuur bouwmarkt "
    "bouwmaterialen",
    "automotive": "automotive auto garage carrosserie carwash tankstation motorvoertuig motorvehicle car vehicle autoschade",
    "business_services": "business_services businessservice zakelijk dienst service kantoor office advies advisory consult "
    "ict it software automatisering financ bank verzeker accountan onderwijs education zorg care horeca overheid government "
    "sport recreatie leisure onderzoek research media cultuur",
}  # fmt: skip
_SURE = {
    "manufacturing", "industrie", "nijverheid", "maakindustrie", "construction", "bouw", "bouwnijverheid", "logistics",
    "logistiek", "transport", "vervoer", "vervoerenopslag", "wholesale", "groothandel", "automotive", "business_services",
    "businessservices", "zakelijkedienstverlening", "zakelijkediensten", "autobedrijf", "autobedrijven",
}  # fmt: skip


@cache
def _prefixes(edition: int | None) -> dict[str, tuple[str | None, bool]]:
    """Return every code prefix of the table -> sector and whether it is judged, for one edition."""
    found: dict[str, tuple[str | None, bool]] = {}
    for row in TABLE + (TABLE_2025 if edition == 2025 else ()):
        first, _, last = row.codes.partition("-")
        for code in range(int(first), int(last or first) + 1):
            found[f"{code:0{len(first)}d}"] = row.sector, row.judged
    if edition is None:  # these two mean cars in one edition and not in the other
        found |= {"467": ("wholesale", True), "478": ("wholesale", True), "953": ("automotive", False)}
    return found


def edition_of(codes: Iterable[str]) -> int | None:
    """Return 2008 or 2025, by codes that only one edition of the classification has; None where no code tells."""
    starts = {digits_of(code)[:3] for code in codes}
    if any(start[:2] == "45" for start in starts):
        return 2008
    return 2025 if starts & {"468", "953", "954"} else None


def digits_of(code: str, usual: int | None = None) -> str:
    """Return the digits of a sector code, with a leading zero that a spreadsheet lost put back.

    Parameters
    ----------
    code
        ``"25.11"``, ``"C25"``, ``"2511.0"``, ``"1.11"``, ``"A111"``.
    usual
        How many digits the codes of this list have: one with a digit less has lost its zero.
    """
    text = re.sub(r"\s", "", code).upper()
    text = re.sub(r"^(\d{4,6})[.,]0$", r"\1", text)  # a spreadsheet's 2511.0
    found = re.fullmatch(r"([A-U]?)[-.]?(\d+(?:[.,-]\d+)*)[A-Z]?", text)
    if not found:
        return ""
    parts = re.split(r"[.,-]", found[2])
    digits = "".join(parts)
    lost = len(parts[0]) == 1 or (found[1] in ("A", "B") and digits[0] != "0")
    if not lost and usual is not None:
        lost = len(digits) == usual - 1 and f"0{digits}"[:3] in _GROUPS_WITH_ZERO
    return f"0{digits}" if lost else digits


def usual_length(codes: Iterable[str]) -> int | None:
    """Return how many digits (4 or more) at least nine in ten codes of a list have; None where they differ.

    Codes of the SBI 2008 have four or five digits, so in a list that mixes the two nothing can be said about a lost zero.
    """
    lengths = Counter(len(code) for code in (re.sub(r"[.,]0$|\D", "", code) for code in codes) if code)
    if not lengths:
        return None
    length, count = lengths.most_common(1)[0]
    return length if length >= 4 and count >= 0.9 * lengths.total() else None


def sector_of(
    sbi: str | None, own: Mapping[str, str], *, edition: int | None = None, usual: int | None = None
) -> tuple[str | None, bool]:
    """Return the sector that a code or word stands for, and whether that is a judgement.

    Parameters
    ----------
    sbi
        A code in any form, a section's letter, or a word in Dutch or English.
    own
        The user's own table: first digits of a code (or a word) -> sector. The longest that fits comes before everything.
    edition
        2008 or 2025 where known.
    usual
        See :func:`digits_of`.

    Examples
    --------
    >>> sector_of("25.11", {}), sector_of("C25", {}), sector_of("47", {}), sector_of("groothandel", {})
    (('manufacturing', False), ('manufacturing', False), ('wholesale', True), ('wholesale', False))
    >>> sector_of("4711", {"471": "logistics"}), sector_of("99999", {})
    (('logistics', False), (None, False))
    """
    text = fold(sbi or "")
    if not text:
        return None, False
    digits = digits_of(text, usual)
    mine = _own_sector(text, digits, own)
    if mine is not None:
        return mine, False
    if digits:
        table = _prefixes(edition)
        fits = [table[digits[:length]] for length in range(len(digits), 1, -1) if digits[:length] in table]
        return fits[0] if fits and fits[0][0] is not None else (None, False)
    if len(text) == 1:
        return _SECTIONS.get(text.upper(), (None, False))
    return _by_word(text)


def _own_sector(text: str, digits: str, own: Mapping[str, str]) -> str | None:
    """Return the sector of the longest key of the user's table that fits; None where none does."""
    best: tuple[int, str | None] = (0, None)
    for key, value in own.items():
        wanted = fold(str(key))
        code = digits_of(wanted) or wanted.lstrip(".")
        fits = digits.startswith(code) if code.isdigit() else wanted == text or (bool(digits) and text.startswith(wanted))
        if fits and len(code) > best[0]:
            best = len(code), _as_sector(str(value))
    return best[1]


def _as_sector(word: str) -> str | None:
    return word if word in SECTORS else _by_word(fold(word))[0]


@cache
def _by_word(text: str) -> tuple[str | None, bool]:
    """Return the sector of a description: the first token that begins with a known word, the longest such word."""
    if re.sub(r"[\s-]", "", text) in _SURE:
        text = re.sub(r"[\s-]", "", text)
    tokens = re.findall(r"[a-z_]+", text)
    known = [(word, sector) for sector, words in _WORDS.items() for word in words.split()]
    for token in tokens:
        fits = [(len(word), sector) for word, sector in known if token == word or (len(word) > 3 and token.startswith(word))]
        if fits:
            return max(fits)[1], len(tokens) > 1 or token not in _SURE
    return None, False


# --- a whole list ----------------------------------------------------------------------------------------------------


def fill_sectors(companies: pd.DataFrame, own: Mapping[str, str], findings: Findings) -> pd.DataFrame:
    """Return the companies with a sector wherever their sector, code or description tells one.

    Parameters
    ----------
    companies
        Columns of ``layers.COMPANY_COLUMNS``; a ``sector`` that is stated stays as it is, in the model's own words.
    own
        The user's own table, see :func:`sector_of`.
    findings
        Gets which codes were judged, which are unknown, and which had lost their zero.

    Returns
    -------
    pandas.DataFrame
        A copy; ``sector`` is one of ``sim.records.SECTORS`` or None, and stands in ``assumed`` where it was judged.
    """
    filled = companies.copy()
    codes, stated, assumed = (texts(companies, column) for column in ("sbi", "sector", "assumed"))
    usual, edition = usual_length(codes), edition_of(codes)
    judged: dict[str, Counter[str]] = defaultdict(Counter)
    unknown: Counter[str] = Counter()
    sectors: list[str | None] = []
    for at, (code, word) in enumerate(zip(codes, stated, strict=True)):
        sector, is_judged = (word, False) if word in SECTORS else sector_of(word or code, own, edition=edition, usual=usual)
        if sector is None and word and code:
            sector, is_judged = sector_of(code, own, edition=edition, usual=usual)
        sectors.append(sector)
        if sector is None and (word or code):
            unknown[word or code] += 1
        elif sector is not None and is_judged:
            judged[sector][(digits_of(code, usual)[:3] or code) if code else word] += 1
            assumed[at] = ";".join([*filter(None, assumed[at].split(";")), "sector"])
    filled["sector"] = pd.Series(sectors, index=companies.index, dtype=object)
    filled["assumed"] = pd.Series([text or None for text in assumed], index=companies.index, dtype=object)
    _tell(codes, usual, edition, judged, unknown, findings)
    _tell_own(own, findings)
    return filled


def _tell(
    codes: list[str], usual: int | None, edition: int | None, judged: Mapping[str, Counter[str]], unknown: Counter[str],
    findings: Findings,
) -> None:
    restored = [code for code in codes if digits_of(code, usual)[:1] == "0" and re.sub(r"\D", "", code)[:1] != "0"]
    if restored:
        findings.add("mended", "matching.zeros_restored", n=len(restored), codes=listed(list(dict.fromkeys(restored))))
    if edition == 2025:
        findings.add("note", "matching.sbi_2025")
    for sector in SECTORS:
        if judged.get(sector):
            findings.add("assumed", f"matching.judged_{sector}", n=judged[sector].total(), codes=_counted(judged[sector]))
    if unknown:
        findings.add("note", "matching.sector_unknown", n=unknown.total(), codes=_counted(unknown))
    if all(not code for code in codes):
        return
    silent = int(np.sum([not code for code in codes]))
    if silent and not unknown:
        findings.add("note", "matching.sector_missing", n=silent)


def _tell_own(own: Mapping[str, str], findings: Findings) -> None:
    for key, value in own.items():
        if _as_sector(str(value)) is None:
            findings.add("note", "matching.own_sector_unknown", what=str(key), code=str(key), sector=str(value))


def _counted(codes: Counter[str]) -> str:
    return listed([f"{code} ({count}x)" for code, count in codes.most_common()])
