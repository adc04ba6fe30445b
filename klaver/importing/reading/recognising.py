"""What a layer or table is: by the form of its columns, else by its name, else by what it could only be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from klaver.importing.reading.columns import fold, knows
from klaver.importing.reading.forms import (
    BESIDE,
    BGT_LAYERS,
    EXCHANGE_LAYERS,
    FORMS,
    LINE_ROLES,
    POINT_ROLES,
    POLYGON_ROLES,
    ROLE_WORDS,
    TABLE_ROLES,
)

_OF_A_PARCEL = frozenset(("kavel", "kavelnummer", "kavelnr", "kavelnaam", "kavelid", "perceel", "perceelnr", "parcel",
                          "parcelname", "parcelid", "plot", "plotnumber"))  # fmt: skip
_OF_A_COMPANY = frozenset(("bedrijfsnaam", "bedrijf", "company", "companyname", "sbi", "sbicode", "nace", "banen", "jobs",
                           "werkzamepersonen", "handelsnaam", "naam", "name", "fte"))  # fmt: skip
_BGT_COLUMNS = frozenset(
    ("lokaalid", "gmlid", "bgtfunctie", "bgtfysiekvoorkomen", "bronhouder", "plusfysiekvoorkomen", "bgttype")
)


@dataclass(frozen=True)
class Guess:
    """What a layer was taken for.

    Attributes
    ----------
    role
        As :class:`klaver.importing.layers.Source` has it, or ``"ground"`` (our own form); empty for nothing known.
    form
        Name of the form, empty where it has none.
    strength
        4: our own form; 3: a known form; 2: by the layer's name; 1: by the file's name or a few columns; 0: nothing.
    """

    role: str = ""
    form: str = ""
    strength: int = 0


def fits(role: str, geometry: str) -> bool:
    """Tell whether a role can have a geometry: ``"polygon"``, ``"line"``, ``"point"``, ``"none"`` or ``"any"``."""
    roles = {"polygon": POLYGON_ROLES, "line": LINE_ROLES, "point": POINT_ROLES, "none": TABLE_ROLES}.get(geometry)
    return role not in ("owners", "settings") if roles is None else role in roles


def recognise(layer: str, file: str, geometry: str, columns: tuple[str, ...], beside: frozenset[str] = frozenset()) -> Guess:
    """Return what a layer or table is.

    Parameters
    ----------
    layer
        Its name; empty in a file with one.
    file
        Name of the file.
    geometry
        As for :func:`fits`.
    columns
        Names in the file.
    beside
        Names of all layers of the same file.
    """
    if layer in EXCHANGE_LAYERS and "settings" in beside:
        return Guess(layer, "Klaver", 4)
    stem = file.rpartition(".")[0] or file
    folded = frozenset(fold(column) for column in columns)
    own_name = fold(layer or stem).removeprefix("bgt").removeprefix("bag")
    for form in FORMS:
        if fits(form.role, geometry) and all(folded & set(group) for group in form.needs):
            return Guess(form.role, form.name, 3)
    if own_name in BGT_LAYERS and folded & _BGT_COLUMNS and fits(BGT_LAYERS[own_name], geometry):
        return Guess(BGT_LAYERS[own_name], f"BGT {own_name}", 3)
    if own_name in BESIDE:
        return Guess()
    for name, strength in ((layer, 2), (stem, 2 if not layer else 1)):
        role = _named(name, geometry)
        if role:
            return Guess(role, "", strength)
    if geometry in ("polygon", "any") and folded & _OF_A_PARCEL:
        return Guess("parcels", "", 1)
    if fits("companies", geometry) and geometry != "polygon" and folded & _OF_A_COMPANY:
        known = knows("companies")
        if sum(known(column) for column in columns) >= 2:
            return Guess("companies", "", 1)
    return Guess()


def _named(name: str, geometry: str) -> str:
    """Return the role that a name speaks of.

    In a Dutch compound the last part says what it is ("bedrijfskavels" are plots); of several words the role that comes
    first in :data:`ROLE_WORDS` is taken.
    """
    said = set()
    for token in re.findall(r"[a-z]+", fold_spaced(name)):
        places = [(token.rfind(word) + len(word), len(word), role) for role, words in ROLE_WORDS.items()
                  for word in words if word in token]  # fmt: skip
        if places:
            said.add(max(places)[2])
    return next((role for role in ROLE_WORDS if role in said and fits(role, geometry)), "")


def fold_spaced(name: str) -> str:
    """Return a name in small letters, its words apart: at spaces, signs, digits and capitals within."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(fold(part) for part in re.split(r"[\W_\d]+", apart) if part)
