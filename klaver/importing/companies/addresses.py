"""Names and addresses as people write them, brought to one form; and a book of known addresses to look a company up in.

Streets: "Industriestr.", "industrie straat" and "INDUSTRIESTRAAT" are one key; titles, particles and ordinals are shortened
("Dominee van der Valkweg", "Ds. v.d. Valkweg"). House numbers keep number, letter and addition apart; "12-14" is two houses
and "12-1" is one with an addition. Cities and company names lose case, accents, punctuation and legal form.

>>> street_key("Ds. v.d. Valkstr.") == street_key("Dominee van der Valkstraat")
True
>>> read_houses("12a t/m 16")
(House(number=12, letter='a', addition=''), House(number=14, letter='', addition=''), House(number=16, letter='', addition=''))
>>> read_address("Industrieweg 12, 7701 ab Dedemsvaart")
Address(street='industrieweg', houses=(House(number=12, letter='', addition=''),), postcode='7701AB', city='dedemsvaart')
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

ALIKE = 0.85
"""Likeness (difflib's ratio, 0 to 1) from which two street names may be one, misspelt."""
LONGEST = 200
"""Characters of an address that are looked at: no address is longer, and a cell of a hostile file may be."""
WIDEST_RANGE = 50
"""Between "12-14" and "12-100": a range of house numbers is at most this wide; a wider one is an addition."""

_WORDS = {
    "dominee": "ds", "dokter": "dr", "doctor": "dr", "burgemeester": "burg", "burgem": "burg", "bgm": "burg",
    "professor": "prof", "ingenieur": "ir", "meester": "mr", "pastoor": "past", "sint": "st", "koningin": "kon",
    "koning": "kon", "generaal": "gen", "president": "pres", "minister": "min", "kapitein": "kapt", "admiraal": "adm",
    "commissaris": "comm", "wethouder": "weth", "notaris": "not", "gebroeders": "gebr", "eerste": "1e", "1ste": "1e",
    "tweede": "2e", "2de": "2e", "derde": "3e", "3de": "3e", "vierde": "4e", "4de": "4e",
}  # fmt: skip
_ENDINGS = (("str", "straat"), ("wg", "weg"), ("ln", "laan"), ("pln", "plein"), ("plnts", "plantsoen"), ("sngl", "singel"))
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_LEGAL = {"bv", "nv", "vof", "cv", "ba", "ua", "ltd", "gmbh", "inc", "plc", "llc", "maatschap", "eenmanszaak"}
_POSTCODE = re.compile(r"\b([1-9]\d{3})\s?([a-z]{2})\b", re.IGNORECASE)
_HOUSE = re.compile(r"^(\d{1,5})(?:[\s./-]*([a-z])(?![a-z]))?[\s./-]*([a-z0-9]*)$")
_TO = r"\s*(?:-|/|t/m|tm|tot en met|tot)\s*"
_RANGE = re.compile(rf"^(\d{{1,5}})\s*([a-z]?){_TO}(\d{{1,5}})\s*([a-z]?)$")
_LETTERS = re.compile(rf"^(\d{{1,5}})\s*([a-z]){_TO}([a-z])$")
_TAIL = re.compile(
    r"^(?P<street>.*[a-z]{2}.*?)[\s,]+(?:nr\.?\s*)?(?P<number>\d{1,5}(?:\s*[-/+&]\s*\d{1,5}|\s*(?:t/m|tm|en)\s*\d{1,5})*"
    r"(?:[\s-]*[a-z](?![a-z]))?(?:[\s-]+[a-z0-9]{1,4})?)$"
)
_MUST_AGREE = re.compile(r"\d+|noord|zuid|oost|west")


@dataclass(frozen=True)
class House:
    """A house number: 12, a letter ("a"), an addition ("2", "bis"); lower case, empty where there is none."""

    number: int
    letter: str = ""
    addition: str = ""


@dataclass(frozen=True)
class Address:
    """An address in one form; what is not known is empty.

    Attributes
    ----------
    street, city
        Keys of :func:`street_key` and :func:`plain`.
    houses
        More than one where the address is a range.
    postcode
        ``"7701AB"``, or the four digits only.
    """

    street: str = ""
    houses: tuple[House, ...] = ()
    postcode: str = ""
    city: str = ""

    def __bool__(self) -> bool:
        """Whether it can be looked up: a house number with a street or a full postcode."""
        return bool(self.houses) and bool(self.street or len(self.postcode) == 6)


def fold(text: str) -> str:
    """Return a text in lower case, without accents and superfluous spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def plain(text: str) -> str:
    """Return the words of a text: lower case, no accents, no punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(text).replace("'", "").replace("’", "")))


def name_key(name: str) -> str:
    """Return what tells companies and owners apart by name: without legal form, punctuation, case and "(2)" at the end."""
    words = plain(re.sub(r"\b([a-z])\.\s?(?=[a-z]\b)", r"\1", re.sub(r"\s*\(\d+\)\s*$", "", fold(name)))).split()
    kept = [word for word in words if word not in _LEGAL]
    return " ".join(kept or words)


def postcode_key(text: str) -> str:
    """Return ``"7701AB"``, ``"7701"`` where only digits are given, or nothing."""
    compact = re.sub(r"[\s.-]", "", fold(text)).upper()
    return compact if re.fullmatch(r"[1-9]\d{3}(?:[A-Z]{2})?", compact) else ""


@cache
def street_key(street: str) -> str:
    """Return a street's name in one form, without spaces."""
    words = re.findall(r"[a-z0-9]+", fold(street).replace("'", "").replace("’", ""))
    short: list[str] = []
    for word in words:
        if word in ("de", "der", "den", "d", "t", "het") and short and short[-1] in ("van", "v"):
            short[-1] = "vd"
        else:
            short.append("vd" if word in ("vd", "vdr", "vander", "vande") else _WORDS.get(word, word))
    return "".join("v" if word == "van" else _in_full(word) for word in short)


def _in_full(word: str) -> str:
    for ending, whole in _ENDINGS:
        if word.endswith(ending):
            return word.removesuffix(ending) + whole
    return word


def read_houses(text: str) -> tuple[House, ...]:
    """Return the houses that a number, a range or a list of numbers stands for; none where it is no number.

    "12-16" is 12, 14 and 16, as houses lie along one side of a street; "12-13" is those two; "12-1" is number 12 with
    addition 1, since a range goes up; "12a-c" is three houses.
    """
    wanted = re.sub(r"^(?:nr|no|nummer|huisnummer)\b[. ]*", "", fold(text))
    wanted = re.sub(r"^(\d+)[.,]0+$", r"\1", wanted)  # a spreadsheet's 12.0
    houses: list[House] = []
    for part in re.split(r"\s*(?:[,;&+]|\ben\b|\band\b)\s*", wanted):
        houses += [house for house in _read_part(part) if house not in houses]
    return tuple(houses)


def _read_part(part: str) -> list[House]:
    letters = _LETTERS.match(part)
    if letters and letters[2] < letters[3]:
        return [House(int(letters[1]), chr(code)) for code in range(ord(letters[2]), ord(letters[3]) + 1)]
    found = _RANGE.match(part)
    if found:
        first, last = int(found[1]), int(found[3])
        if first < last <= first + WIDEST_RANGE:
            numbers = range(first, last + 1, 2) if (last - first) % 2 == 0 else (first, last)
            ends = {first: found[2], last: found[4]}
            return [House(number, ends.get(number, "")) for number in numbers]
        if first == last and found[2] and found[2] < found[4]:
            return [House(first, chr(code)) for code in range(ord(found[2]), ord(found[4]) + 1)]
    single = _HOUSE.match(part)
    return [House(int(single[1]), single[2] or "", single[3])] if single and int(single[1]) > 0 else []


def read_address(street: str, number: str = "", postcode: str = "", city: str = "") -> Address:
    """Return an address from its columns; a street may hold its number, postcode and city as well.

    Parameters
    ----------
    street, number, postcode, city
        As written; empty where a file has none.
    """
    line, code = fold(street[:LONGEST]), postcode_key(postcode)
    inside = _POSTCODE.search(line)
    if inside:
        code = code or postcode_key(inside[0])
        city = city or line[inside.end() :].strip(" ,")
        line = line[: inside.start()]
    line = line.strip(" ,")
    houses = read_houses(number[:LONGEST])
    tail = _split_tail(line)
    if tail and (not houses or read_houses(tail[1]) == houses):
        line, houses = tail[0], read_houses(tail[1])
    return Address(street_key(line), houses, code, plain(city))


def _split_tail(line: str) -> tuple[str, str] | None:
    """Return street and number of a line that ends in a house number: "plein 1945 12" is number 12."""
    year = re.match(r"^(.*[a-z]{2}.*?\s(?:1[89]|20)\d\d)\s+(\d.*)$", line)
    if year and read_houses(year[2]):
        return year[1], year[2]
    found = _TAIL.match(line)
    if found is None or not read_houses(found["number"]) or re.fullmatch(r"(?:1[89]|20)\d\d", found["number"]):
        return None
    return re.sub(r"\s+(?:nr|no)\.?$", "", found["street"]), found["number"]


class Streets:
    """Known streets, to find the one that a misspelt name stands for.

    Parameters
    ----------
    keys
        Of :func:`street_key`.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = sorted({key for key in keys if key})
        self._counts = np.array([self._count(key) for key in self.keys]).reshape(len(self.keys), len(_ALPHABET))
        self._found: dict[str, tuple[str, float] | None] = {}

    def _count(self, key: str) -> list[int]:
        return [key.count(letter) for letter in _ALPHABET]

    def alike(self, key: str, least: float, most: int) -> list[tuple[str, float]]:
        """Return the known streets that look like ``key``, the most alike first, with their likeness (0 to 1)."""
        if not key or not self.keys:
            return []
        # The letters two names share bound their likeness from above, so that few have to be compared letter by letter.
        shared = np.minimum(self._counts, self._count(key)).sum(axis=1)
        bound = 2.0 * shared / (self._counts.sum(axis=1) + len(key))
        compared = [(self.keys[at], likeness(self.keys[at], key)) for at in np.flatnonzero(bound >= least)]
        return sorted((pair for pair in compared if pair[1] >= least), key=lambda pair: (-pair[1], pair[0]))[:most]

    def nearest(self, key: str) -> tuple[str, float] | None:
        """Return the one known street that ``key`` may be a misspelling of, and how like it is; None if none or several.

        Digits and points of the compass must be the same: the 1e and the 2e Industrieweg are two streets.
        """
        if key not in self._found:
            close = [(known, ratio) for known, ratio in self.alike(key, ALIKE, 5)
                     if _MUST_AGREE.findall(known) == _MUST_AGREE.findall(key)]  # fmt: skip
            clear = close and (len(close) == 1 or close[0][1] - close[1][1] > 0.05)
            self._found[key] = close[0] if clear else None
        return self._found[key]


@cache
def likeness(one: str, other: str) -> float:
    """Return how alike two keys are, from 0 to 1 (difflib's ratio)."""
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


@dataclass
class AddressBook:
    """Known addresses and the parcel that each lies on.

    Attributes
    ----------
    entries
        Address (with one house), parcel (position, -1 where it lies on none), how sure that is (0 to 1), and the address
        as its file writes it.
    """

    entries: list[tuple[Address, int, float, str]] = field(default_factory=list)
    _by_postcode: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    _by_street: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    _on_street: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _on_postcode: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _streets: Streets | None = None

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, address: Address, parcel: int, sure: float, written: str = "") -> None:
        """Add an address, once for each of its houses; one that cannot be looked up is passed over."""
        if not address:
            return
        for house in address.houses:
            self._by_postcode[address.postcode, house.number].append(len(self.entries))
            self._by_street[address.street, house.number].append(len(self.entries))
            self._on_street[address.street].append(len(self.entries))
            self._on_postcode[address.postcode].append(len(self.entries))
            self.entries.append((Address(address.street, (house,), address.postcode, address.city), parcel, sure, written))
        self._streets = None

    @property
    def streets(self) -> Streets:
        """All streets in the book."""
        if self._streets is None:
            self._streets = Streets(self._on_street)
        return self._streets

    def knows_about(self, address: Address) -> bool:
        """Return whether the street or the postcode is in the book, whatever the number."""
        by_street = bool(address.street) and address.street in self._on_street
        return by_street or (bool(address.postcode) and address.postcode in self._on_postcode)

    def look_up(self, address: Address, house: House) -> dict[int, float]:
        """Return the parcels (-1: on none) that a house may lie on, with a score from 0 to 1; empty where nothing is alike.

        The score is a product: how well street, postcode and city agree (1 for a postcode with its number; 0.95 for
        street and number in the same city; 0.9 where nobody names the city; 0.85 where only the letters of the postcode
        differ; less where more differs), how well letter and addition agree (0.9 if one side has none, 0.7 if they
        differ), how sure the address lies on that parcel, and the square of the likeness of a misspelt street.
        """
        scores: dict[int, float] = {}
        near = {at: 1.0 for at in self._by_postcode.get((address.postcode, house.number), ())} if address.postcode else {}
        near |= {at: 1.0 for at in self._by_street.get((address.street, house.number), ())} if address.street else {}
        if not near and address.street:
            known = self.streets.nearest(address.street)
            if known is not None:
                near = {at: known[1] ** 2 for at in self._by_street.get((known[0], house.number), ())}
        for at, spelt in near.items():
            entry, parcel, sure, _ = self.entries[at]
            score = _place_score(address, entry) * _house_score(house, entry.houses[0]) * sure * spelt
            scores[parcel] = max(scores.get(parcel, 0.0), score)
        return scores

    def similar(self, address: Address, most: int) -> list[tuple[int, str]]:
        """Return parcel and written form of the addresses most like one: the same or a like street, nearest numbers first."""
        number = address.houses[0].number if address.houses else 0
        ranked = [(0.0, at) for at in self._on_postcode.get(address.postcode, ()) if address.postcode]
        for street, ratio in self.streets.alike(address.street, 0.7, most):
            ranked += [(1.0 - ratio, at) for at in self._on_street[street]]
        order = sorted((unlike, abs(self.entries[at][0].houses[0].number - number), at) for unlike, at in ranked)
        close = dict.fromkeys(at for _, _, at in order if self.entries[at][1] >= 0)
        return [(self.entries[at][1], self.entries[at][3]) for at in list(close)[:most]]


def _place_score(one: Address, other: Address) -> float:
    """Return how well street, postcode and city of two addresses agree, from 0 to 1."""
    cities = None if not (one.city and other.city) else one.city == other.city
    if one.postcode and other.postcode:
        if one.postcode == other.postcode and len(one.postcode) == 6:
            strange = one.street and other.street and likeness(one.street, other.street) < 0.6
            return 0.7 if strange else 1.0
        if one.postcode[:4] == other.postcode[:4]:
            return 0.85 if len(one.postcode) == len(other.postcode) == 6 else 0.95
        return 0.6 if cities else 0.3
    return {True: 0.95, None: 0.9, False: 0.3}[cities]


def _house_score(one: House, other: House) -> float:
    """Return how well letter and addition of two houses of one number agree, from 0 to 1."""
    first, second = one.letter + one.addition, other.letter + other.addition
    if first == second:
        return 1.0
    return 0.9 if not first or not second else 0.7
