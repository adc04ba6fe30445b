"""A park of one's own in minutes: laid out as a start, then edited parcel by parcel.

All functions take a ``Scenario`` and return another one; none is changed, so that undo is going back to the one before.

What nobody stated stays open, and is drawn anew in every future: who sits where, jobs, sectors, floors, ages, soil, owners. A
sketch fixes its map, and the shares that were asked (vacant, outdated, owned by who uses it). Whoever then states that one
building stands vacant says which of those it is, not that there is one more: the share that is left to draw is lowered to
match, and so for outdated and rented ones.

A drawn park is the park of today: it has no burn-in, whereas a generated one lives through ten years first. With a burn-in, a
parcel that was said to be vacant could be let again by quarter 0, and an asked share of vacancy would not be the share at
the start. The price is that no talks are under way at the start: on the park ``typical`` under ``none``, 40 futures of
20 years, vitality ends at the same 63.1, vacancy at 10.7% against 10.2%, private investment is 7% lower (18.8 against 20.1
million euros).

Names that the program makes up ("plot 12", "Firm on plot 12") are the same in every language, because draws are looked up by
name; :func:`shown_name` says them in the language of the page.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np

from klaver.dashboard.refusals import (
    LARGEST_HA,
    MOST_PREMISES,
    Problem,
    Refused,
    check_size,
    printable_line,
    read_scenario,
)
from klaver.language import LANGUAGES, Language, ScreenLanguage
from klaver.park_text import map_text, park_text
from sim.inputs.scenario import CompanyRow, OwnerRow, ParcelRow, Scenario, list_parks
from sim.park.plan import ParkPlan
from sim.records import OWNER_KINDS, SECTORS

OCCUPANT = "occupant"
"""Owner of a parcel: whoever uses it."""
WISHES = ("expand", "sell", "newcomer")
USUAL_VACANCY = 8
"""Quarters that a building is taken to stand vacant where nobody says how long."""
_OUTDATED = 0.4  # quality below which premises count as outdated (docs/parameters.md)
_MOST_VACANT = 0.9  # that a park file allows
_FINER = (20.0, 15.0, 10.0, 8.0, 5.0)  # metres a cell


# --- begin -----------------------------------------------------------------------------------------------------------


def sketch(
    ha: float, firms: int, vacancy: float = 0.076, outdated: float = 0.30, motorway: str = "middle", name: str = "",
    seed: int = 1,
) -> Scenario:
    """Return a park to edit, laid out by size.

    Parameters
    ----------
    ha
        Gross hectares, 2 to 300.
    firms
        Premises, each on its parcel, 2 to 1,500.
    vacancy
        Share of them vacant at the start, 0 to 0.9.
    outdated
        Share of them with quality below 0.4, 0 to 1.
    motorway
        An exit within 1 km: ``"near"``; within 3 km: ``"middle"``; else ``"far"``.
    name
        What the user calls it, any text; empty for a title by default.
    seed
        Of the layout, 0 or more: another number, another layout.

    Returns
    -------
    Scenario
        A drawn park (map, legend, vacant land), with everything else open.

    Raises
    ------
    Refused
        If a value lies outside its range, or so many premises do not fit.
    """
    sizes = [("too_many_hectares", ha, LARGEST_HA), ("too_many_premises", firms, MOST_PREMISES)]
    too_large = [Problem(key, {"n": n, "most": most}) for key, n, most in sizes if n > most]
    if too_large:
        raise Refused(*too_large)
    # As fine as the shipped parks: a mean plot of six cells or more, where that can be.
    mean_m2 = 0.76 * 0.91 * ha * 10_000.0 / max(firms, 1)
    cell = next((cell for cell in _FINER if mean_m2 >= 6.0 * cell**2), _FINER[-1])
    title = _title(name)
    laid_out = read_scenario({
        "name": _plain_name(name), "title": title, "gross_ha": float(ha), "firms": firms, "motorway": motorway,
        "layout_seed": seed, "cell_m": cell, "founding": {"vacancy": float(vacancy), "outdated": float(outdated)},
    })  # fmt: skip
    return _draw(laid_out, {"title": title, "description": _in_both("sketch_description")})


def as_drawn(scenario: Scenario) -> Scenario:
    """Return a park as a drawn one, to edit; a drawn one as it is.

    Parameters
    ----------
    scenario
        Any park.

    Returns
    -------
    Scenario
        The same lattice, parcels, owners, name and draws, so that what the park leaves open comes out the same in every
        future; without burn-in (see the top of this file), and with a title that says it is the user's own.

    Raises
    ------
    Refused
        If the park is larger than the dashboard takes on.
    """
    if scenario.map is not None:
        return scenario
    return _draw(scenario, {"title": _own_title(scenario), "description": scenario.description.model_dump()})


def own_version(scenario: Scenario) -> Scenario:
    """Return a park as the user's own to edit: drawn, with a title that says so.

    Parameters
    ----------
    scenario
        Any park; one that is drawn already gets its title only.

    Raises
    ------
    Refused
        If the park is larger than the dashboard takes on.
    """
    if scenario.map is None:
        return as_drawn(scenario)
    return read_scenario(scenario.resolved() | {"title": _own_title(scenario)})


def _own_title(scenario: Scenario) -> dict[str, str]:
    return {language: ScreenLanguage(language)("own.own_version", title=scenario.title.get(language, scenario.name))
            for language in LANGUAGES}  # fmt: skip


def _draw(scenario: Scenario, texts: Mapping[str, Any]) -> Scenario:
    plan = check_size(scenario)
    text, legend = map_text(plan.kind, plan.parcel_of, [parcel.name for parcel in plan.parcels], plan.exits)
    parcels = [_given(ParcelRow, parcel) for parcel in plan.parcels]
    for row in parcels:
        if row.get("floor") == 0.0 and "assumed" not in row:
            row["assumed"] = ["floor"]  # that this plot is the one without a building was nobody's but the layout's choice
    content = scenario.resolved() | dict(texts) | {
        "map": text, "legend": legend, "burn_in": None,
        "parcels": [row for row in parcels if len(row) > 1],
        "owners": [_given(OwnerRow, owner) for owner in plan.owners],
    }  # fmt: skip
    return read_scenario(content)


def _given(row: type[ParcelRow] | type[OwnerRow], known: Any) -> dict[str, Any]:
    """Return what a plan's parcel or owner has that is not open, as a row of a park file."""
    values = {name: getattr(known, name) for name in row.model_fields if name != "note"}
    return {name: list(value) if name == "assumed" else value for name, value in values.items() if value not in (None, ())}


# --- edits -----------------------------------------------------------------------------------------------------------


def set_vacant(scenario: Scenario, parcel: str | int, vacant: bool, quarters: int | None = None) -> Scenario:
    """State that a building stands vacant, or that somebody uses it.

    Parameters
    ----------
    scenario
        A drawn park.
    parcel
        Its name, or its place in the plan.
    vacant
        True: its company goes, from the other parcels that it owns too. False: a company sits there, of which nothing else
        is said; whether it rents is settled once so that the share of owner-occupiers stays as it was, and marked as assumed.
    quarters
        How long it stands vacant, 0 to 400; None: eight, marked as assumed.

    Raises
    ------
    Refused
        If there is no such parcel, or no building on it.
    """
    edit = _Edit(scenario, parcel)
    edit.need_building()
    if vacant:
        edit.empty()
        edit.forget("vacant")
        edit.state("vacant_quarters", USUAL_VACANCY if quarters is None else quarters, sure=quarters is not None)
    else:
        edit.seat()
    return edit.done()


def set_built(scenario: Scenario, parcel: str | int, built: bool) -> Scenario:
    """State that a parcel has a building, of which the floor stays open, or that it is vacant land.

    Raises
    ------
    Refused
        If there is no such parcel.
    """
    edit = _Edit(scenario, parcel)
    if built == edit.has_building:
        return edit.done()
    if not built:
        edit.empty(counts=False)
        for name in ("quality", "age", "fit", "energy", "vacant", "vacant_quarters"):
            edit.forget(name)
        edit.state("floor", 0.0)
    else:
        edit.forget("floor")
        edit.forget("vacant")
        edit.forget("vacant_quarters")
    return edit.done()


def set_quality(scenario: Scenario, parcel: str | int, quality: float) -> Scenario:
    """State the quality of a building, 0 (worn out) to 1 (new); fit and energy are drawn to match where they are open.

    Raises
    ------
    Refused
        If there is no such parcel, no building on it, or the quality lies outside its range.
    """
    edit = _Edit(scenario, parcel)
    edit.need_building()
    before = edit.row["quality"]
    if before is None:
        edit.settle_share("outdated", edit.open_quality(), quality < _OUTDATED)
    else:
        edit.move_share("outdated", edit.open_quality(), (before < _OUTDATED) - (quality < _OUTDATED))
    edit.state("quality", float(quality))
    return edit.done()


def set_owner(scenario: Scenario, parcel: str | int, kind: str) -> Scenario:
    """State who owns a parcel.

    Parameters
    ----------
    kind
        One of ``records.OWNER_KINDS``, or ``"occupant"``: the company that uses it (if who uses it was open, a company sits
        there from now on).

    Raises
    ------
    Refused
        If there is no such parcel or kind of owner, or ``"occupant"`` of a parcel that nobody uses.
    """
    edit = _Edit(scenario, parcel)
    if kind == OCCUPANT:
        edit.need_building()
        if edit.occupancy == "vacant":
            raise Refused(Problem("vacant_has_no_occupant", {"parcel": edit.name}))
        edit.seat(owns=True)
        company = edit.company
        assert company is not None
        company["tenant"] = False
        edit.state("owner", company["name"])
    elif kind not in OWNER_KINDS:
        raise Refused(Problem("no_such_owner", {"kind": printable_line(kind, 80), "allowed": ", ".join(OWNER_KINDS)}))
    else:
        if edit.occupancy == "open" and edit.row.get("owner") is None:
            edit.lower_rented()
        edit.state("owner", edit.owner_of_kind(kind))
    return edit.done()


def set_soil(scenario: Scenario, parcel: str | int, soil_cost: float) -> Scenario:
    """State what cleaning a parcel's soil costs, euros; 0 for clean soil.

    Raises
    ------
    Refused
        If there is no such parcel, or the amount is negative or no amount.
    """
    edit = _Edit(scenario, parcel)
    edit.state("soil_cost", float(soil_cost))
    return edit.done()


def set_company(
    scenario: Scenario, parcel: str | int, *, sector: str | None = None, jobs: float | None = None, name: str | None = None,
) -> Scenario:
    """State what is known of the company on a parcel; whoever was open or absent there, a company sits there from now on.

    Parameters
    ----------
    sector
        One of ``records.SECTORS``; None: leave as it is.
    jobs
        More than 0, at most 20,000; None: leave as it is.
    name
        Any text of at most 200 characters; what of the company is open is drawn by its name. None: leave as it is.

    Raises
    ------
    Refused
        If there is no such parcel or sector, no building, a value outside its range, or the name is another's.
    """
    edit = _Edit(scenario, parcel)
    edit.need_building()
    edit.seat()
    company = edit.company
    assert company is not None
    stated: dict[str, Any] = {"sector": sector, "jobs": None if jobs is None else float(jobs)}
    if name is not None:
        stated["name"] = _tidy(name)
        if not stated["name"]:
            raise Refused(Problem("no_name"))
        for row in edit.parcels:
            if row.get("owner") == company["name"]:
                row["owner"] = stated["name"]
    for key, value in stated.items():
        if value is not None:
            company[key] = value
            _sure(company, key)
    return edit.done()


def add_opportunity(scenario: Scenario, parcel: str | int | None, wish: str, m2: float | None = None) -> Scenario:
    """Add a wish that can become an opportunity; the model finds who fits.

    Parameters
    ----------
    parcel
        Of the company that wants to grow, or the site that its owner offers; None for a newcomer.
    wish
        ``"expand"``: the company wants so much land next to its own (it then needs floor for that, which is assumed: floor
        it has by the usual floor space of its plot, where the park says neither). ``"sell"``: the owner offers the site and
        is willing to sell; open premises are vacant from now on. ``"newcomer"``: a company from outside looks for land.
    m2
        Land that is wanted, up to 1,000,000 m2; not for ``"sell"``.

    Raises
    ------
    Refused
        If there is no such parcel or wish, the company rents (who rents cannot add land), nobody uses the parcel
        (``"expand"``), or somebody does (``"sell"``).
    """
    if wish not in WISHES:
        raise Refused(Problem("no_such_wish", {"wish": printable_line(wish, 80)}))
    if wish != "sell" and (m2 is None or not 0.0 < m2 <= 1e6):
        raise Refused(Problem("wish_size", {"most": 1_000_000}))
    if wish == "newcomer":
        return _add_newcomer(scenario, float(m2 or 0.0))
    if parcel is None:
        raise Refused(Problem("no_parcel", {"parcel": "-"}))
    edit = _Edit(scenario, parcel)
    if wish == "expand":
        edit.need_building()
        if edit.occupancy == "vacant":
            raise Refused(Problem("vacant_has_no_occupant", {"parcel": edit.name}))
        owner = edit.row.get("owner")
        edit.seat(owns=owner is None)
        company = edit.company
        assert company is not None
        if owner is None and ("tenant" in company["assumed"] or company["tenant"] == "unknown"):
            company["tenant"] = False  # nobody said that it rents, and who buys land to grow is no tenant
        if company["tenant"] or (owner is not None and owner != company["name"]):
            raise Refused(Problem("tenant_cannot_expand", {"parcel": edit.name}))
        company["land_wish"] = float(m2 or 0.0)
        _sure(company, "land_wish")
        _need_floor(edit, company)
    else:
        if edit.occupancy == "occupied":
            raise Refused(Problem("occupied_is_not_for_sale", {"parcel": edit.name}))
        if edit.occupancy == "open":
            edit.empty()
            edit.state("vacant_quarters", USUAL_VACANCY, sure=False)
        edit.state("offered", True)
        owner = edit.row.get("owner")
        if owner is None and edit.has_building:
            edit.state("owner", edit.owner_of_kind("absent_owner", sure=False), sure=False)
        seller = edit.owner_named(edit.row.get("owner"))
        if seller is not None:
            seller["willing"] = True
            _sure(seller, "willing")
    return edit.done()


def remove_newcomer(scenario: Scenario, name: str) -> Scenario:
    """Take away a company from outside that looks for a site.

    Raises
    ------
    Refused
        If there is none of that name.
    """
    kept = [company for company in scenario.companies if company.name != name or company.parcel is not None]
    if len(kept) == len(scenario.companies):
        raise Refused(Problem("no_newcomer", {"name": printable_line(name, 80)}))
    return read_scenario(scenario.resolved() | {"companies": [company.model_dump() for company in kept]})


def rename(scenario: Scenario, title: str) -> Scenario:
    """Give a park another title; its futures stay the same, since draws are looked up by what it was called at first.

    Raises
    ------
    Refused
        If the title is empty or longer than 5,000 characters.
    """
    if not _tidy(title):
        raise Refused(Problem("no_name"))
    return read_scenario(scenario.resolved() | {"title": _title(title)})


def _add_newcomer(scenario: Scenario, m2: float) -> Scenario:
    names = {company.name for company in scenario.companies} | {owner.name for owner in scenario.owners}
    number = next(n for n in range(1, len(names) + 2) if f"firm from outside {n}" not in names)
    needs = max(round(_FLOOR_PER_LAND * m2), 1)
    row = CompanyRow(name=f"firm from outside {number}", land_wish=m2, floor_needed=float(needs),
                     assumed=["name", "floor_needed"])
    rows = [*(company.model_dump() for company in scenario.companies), row.model_dump()]
    return read_scenario(as_drawn(scenario).resolved() | {"companies": rows})


def _usual(name: str) -> float:
    from sim.inputs.parameters import BY_NAME

    return float(BY_NAME[name].default)


_FLOOR_PER_LAND = _usual("floor_space_index") / _usual("growth_room")


def _need_floor(edit: _Edit, company: dict[str, Any]) -> None:
    """Let a company that wants land have too little floor, as the wish says; what was stated of floors stays."""
    index, room = _usual("floor_space_index"), _usual("growth_room")
    if edit.row.get("floor") is None:
        edit.state("floor", float(max(round(index * edit.area), 1)), sure=False)
    if company.get("floor_needed") is None or "floor_needed" in company["assumed"]:
        company["floor_needed"] = float(max(round((edit.row["floor"] + index * company["land_wish"]) / room), 1))
        _unsure(company, "floor_needed")


class _Edit:
    """One parcel of a park being edited: its row, its company and the park's owners as tables that may be changed."""

    def __init__(self, scenario: Scenario, parcel: str | int) -> None:
        if scenario.map is None:
            scenario = as_drawn(scenario)
        self.scenario = scenario
        self.plan = check_size(scenario)
        names = [known.name for known in self.plan.parcels]
        if isinstance(parcel, int) and not isinstance(parcel, bool) and 0 <= parcel < len(names):
            self.place = parcel
        elif isinstance(parcel, str) and parcel in names:
            self.place = names.index(parcel)
        else:
            raise Refused(Problem("no_parcel", {"parcel": printable_line(str(parcel), 80)}))
        self.name = names[self.place]
        self.founding = scenario.founding.model_dump()
        self.parcels = [row.model_dump() for row in scenario.parcels]
        self.companies = [row.model_dump() for row in scenario.companies]
        self.owners = [row.model_dump() for row in scenario.owners]
        found = [row for row in self.parcels if row["name"] == self.name]
        self.row = found[0] if found else ParcelRow(name=self.name).model_dump()
        if not found:
            self.parcels.append(self.row)

    @property
    def area(self) -> float:
        """m2 of the parcel."""
        return float(np.count_nonzero(self.plan.parcel_of == self.place)) * self.plan.cell_m**2

    @property
    def company(self) -> dict[str, Any] | None:
        """Who is stated to sit there."""
        return next((row for row in self.companies if row["parcel"] == self.name), None)

    @property
    def has_building(self) -> bool:
        """Whether there is one, of known or of open floor."""
        return self.row["floor"] != 0.0

    @property
    def occupancy(self) -> str:
        """``"occupied"``, ``"vacant"``, or ``"open"``: drawn per future."""
        if self.company is not None or (self.row["vacant"] is False and self.has_building):
            return "occupied"
        return "vacant" if _stands_vacant(self.row) or not self.has_building else "open"

    def need_building(self) -> None:
        """Refuse what cannot be said of vacant land."""
        if not self.has_building:
            raise Refused(Problem("land_has_no_building", {"parcel": self.name}))

    def state(self, name: str, value: Any, sure: bool = True) -> None:
        """Set a value of the parcel, as stated or as assumed."""
        self.row[name] = value
        (_sure if sure else _unsure)(self.row, name)

    def forget(self, name: str) -> None:
        """Leave a value of the parcel open."""
        self.row[name] = None
        _sure(self.row, name)

    # Shares: what is stated of one building is one less to draw.

    def open_use(self) -> int:
        """Number of buildings of which it is open who uses them."""
        used = {row["parcel"] for row in self.companies}
        rows = {row["name"]: row for row in self.parcels}
        return sum(self._is_open(known.name, rows, used) for known in self.plan.parcels)

    def _is_open(self, name: str, rows: Mapping[str, Any], used: set[Any]) -> bool:
        row = rows.get(name)
        return name not in used and (row is None or (row["floor"] != 0.0 and _stands_vacant(row) is None))

    def open_quality(self) -> int:
        """Number of buildings of which the quality is open."""
        rows = {row["name"]: row for row in self.parcels}
        given = [rows.get(known.name) for known in self.plan.parcels]
        return sum(row is None or (row["floor"] != 0.0 and row["quality"] is None) for row in given)

    def settle_share(self, name: str, number: int, one: bool) -> None:
        """Set a share to draw among the rest, once one of ``number`` is known to be (``one``) or not to be of that kind."""
        if number > 1:
            self._expect(name, number - 1, self.founding[name] * number - one)

    def move_share(self, name: str, number: int, by: int) -> None:
        """Let one more (``by`` 1) or fewer (-1) be drawn among ``number``, when what was known of another is said anew.

        Where none was left to draw, more were stated than the share asked for: then there is none to give back.
        """
        if number > 0 and by and self.founding[name] > 0.0:
            self._expect(name, number, self.founding[name] * number + by)

    def _expect(self, name: str, number: int, expected: float) -> None:
        self.founding[name] = min(max(expected, 0.0) / number, _MOST_VACANT if name == "vacancy" else 1.0)

    def lower_rented(self) -> None:
        """Let one building fewer be rented among those still open, once one of them is known to be, as it stays open."""
        number = self.open_use()
        rented = max((1.0 - self.founding["owner_occupied"]) * number - 1.0, 0.0)
        self.founding["owner_occupied"] = 1.0 - rented / number

    # Who uses it.

    def empty(self, counts: bool = True) -> None:
        """Let nobody use the parcel; what its company owned has an open owner.

        ``counts``: it is one of the vacant buildings that the share asks for.
        """
        if counts and self.occupancy == "open":
            self.settle_share("vacancy", self.open_use(), True)
        elif counts and self.occupancy == "occupied":
            self.move_share("vacancy", self.open_use(), -1)
        company = self.company
        if company is None:
            return
        self.companies.remove(company)
        for row in self.parcels:
            if row["owner"] == company["name"]:
                row["owner"] = None
                _sure(row, "owner")

    def seat(self, owns: bool | None = None) -> None:
        """Let a company sit there if none does; where its owner is open, ``owns`` or what the share of owners asks."""
        if self.company is not None:
            return
        if self.occupancy == "open":
            number = self.open_use()
            self.settle_share("vacancy", number, False)
            rented = (1.0 - self.founding["owner_occupied"]) * number
            if owns is None and self.row["owner"] is None:
                owns = not _chance(self.scenario.name, self.name) < rented / number
            if number > 1:
                rest = rented - (self.row["owner"] is None and not owns)
                self.founding["owner_occupied"] = 1.0 - min(max(rest, 0.0) / (number - 1), 1.0)
        else:
            if self.row["vacant"] is not False:
                self.move_share("vacancy", self.open_use(), +1)
            if owns is None and self.row["owner"] is None:
                owns = not _chance(self.scenario.name, self.name) < 1.0 - self.founding["owner_occupied"]
        self.forget("vacant")
        self.forget("vacant_quarters")
        self.forget("offered")
        taken = {row["name"] for row in (*self.companies, *self.owners)}
        name, n = f"Firm on {self.name}"[:200], 2
        while name in taken:
            name, n = f"Firm on {self.name}"[:190] + f" ({n})", n + 1
        rents = self.row["owner"] is None and not owns
        row = CompanyRow(name=name, parcel=self.name, tenant=rents, assumed=["name", "tenant"])
        self.companies.append(row.model_dump())

    # Who owns it.

    def owner_named(self, name: str | None) -> dict[str, Any] | None:
        """Return the row of an owner without a business on the park."""
        return next((row for row in self.owners if row["name"] == name), None)

    def owner_of_kind(self, kind: str, sure: bool = True) -> str:
        """Return the name of an owner of a kind for this parcel: who owns it now, the municipality, or one of its own."""
        now = self.owner_named(self.row["owner"])
        if now is not None and now["kind"] == kind:
            return str(now["name"])
        if kind == "municipality":
            listed = next((row for row in self.owners if row["kind"] == kind), None)
            if listed is None:
                # What a park without one calls it: its draws stay the same.
                listed = OwnerRow(name="municipality", kind="municipality", assumed=["name"]).model_dump()
                self.owners.append(listed)
            return str(listed["name"])
        name, n = f"Owner of {self.name}"[:200], 2
        taken = {row["name"] for row in (*self.companies, *self.owners)}
        own = self.owner_named(name)
        if own is not None and own["kind"] != "municipality" and not any(
            row["owner"] == name and row["name"] != self.name for row in self.parcels
        ):  # fmt: skip
            own["kind"] = kind
            (_sure if sure else _unsure)(own, "kind")
            return name
        while name in taken:
            name, n = f"Owner of {self.name}"[:190] + f" ({n})", n + 1
        row = OwnerRow(name=name, kind=kind, assumed=["name"] if sure else ["name", "kind"])  # type: ignore[arg-type]
        self.owners.append(row.model_dump())
        return name

    def done(self) -> Scenario:
        """Return the park with the edit, checked; owners that were made here and own nothing any more are left out."""
        owning = {row["owner"] for row in self.parcels}
        owners = [row for row in self.owners
                  if row["name"] in owning or not re.fullmatch(r"Owner of .+", row["name"]) or "name" not in row["assumed"]]
        nothing = ParcelRow(name="").model_dump()
        place = {known.name: i for i, known in enumerate(self.plan.parcels)}
        parcels = sorted((row for row in self.parcels if row | {"name": ""} != nothing), key=lambda row: place[row["name"]])
        return read_scenario(self.scenario.resolved() | {
            "founding": self.founding, "parcels": parcels, "companies": self.companies, "owners": owners,
        })  # fmt: skip


def _stands_vacant(row: Mapping[str, Any]) -> bool | None:
    """Return whether a row says that its premises stand vacant; None where it does not say."""
    return True if row["vacant_quarters"] is not None else row["vacant"]


def _sure(row: dict[str, Any], name: str) -> None:
    row["assumed"] = [field for field in row["assumed"] if field != name]


def _unsure(row: dict[str, Any], name: str) -> None:
    row["assumed"] = [*(field for field in row["assumed"] if field != name), name]


def _chance(park: str, parcel: str) -> float:
    """Return a number from 0 up to 1 that belongs to a parcel: settled once, the same after undo."""
    digest = hashlib.sha256(f"{park}\0{parcel}\0tenant".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


# --- reading back ----------------------------------------------------------------------------------------------------

_OF_PARCEL = ("owner", "floor", "quality", "fit", "energy", "soil_cost", "offered")
_OF_COMPANY = ("sector", "jobs", "turnover", "floor_needed", "trust", "key_figure")


def parcel_info(scenario: Scenario, parcel: str | int) -> dict[str, Any]:
    """Return what a park file says of one parcel.

    Parameters
    ----------
    parcel
        Its name, or its place in the plan.

    Returns
    -------
    dict
        ``name``, ``place``, ``area`` (m2), ``building`` (false: vacant land), ``occupancy`` (``"occupied"``, ``"vacant"`` or
        ``"open"``: drawn per future), ``vacant_quarters``, ``owner`` and ``owner_kind`` (``"occupant"``, one of
        ``records.OWNER_KINDS``, or None: open), ``floor``, ``quality``, ``fit``, ``energy``, ``soil_cost``, ``offered``,
        ``company`` (None, or its name, sector, jobs, turnover, floor_needed, land_wish, tenant, trust, key_figure); and lists
        of field names: ``stated``, ``assumed`` and ``open``, those of the company with ``company.`` before them.

    Raises
    ------
    Refused
        If there is no such parcel.
    """
    edit = _Edit(scenario, parcel)
    row, company = edit.row, edit.company
    occupancy, owner, kind = edit.occupancy, row["owner"], None
    if company is not None and (owner == company["name"] or (owner is None and not company["tenant"])):
        owner, kind = company["name"], OCCUPANT
    elif owner is not None:
        landlord = edit.owner_named(owner)
        kind = landlord["kind"] if landlord is not None else "company"
    elif not edit.has_building and company is None:
        listed = next((row for row in edit.owners if row["kind"] == "municipality"), None)
        owner, kind = (listed["name"] if listed else "municipality"), "municipality"  # as vacant land is founded
    fields: dict[str, Any] = {name: row[name] for name in _OF_PARCEL if name not in ("owner", "offered")}
    fields |= {"owner": owner, "occupancy": None if occupancy == "open" else occupancy}
    if occupancy == "vacant" and edit.has_building:
        fields["vacant_quarters"] = row["vacant_quarters"]
    if not edit.has_building:
        fields = {name: value for name, value in fields.items() if name not in ("quality", "fit", "energy")}
    assumed = [name for name in row["assumed"] if fields.get(name) is not None or name == "area"]
    if row["owner"] is None and kind == "municipality":
        assumed.append("owner")
    if not edit.has_building and "floor" in assumed:
        assumed.append("occupancy")
    if company is not None:
        fields |= {f"company.{name}": company[name] for name in ("name", *_OF_COMPANY)}
        assumed += [f"company.{name}" for name in company["assumed"] if name != "tenant"]
        if "tenant" in company["assumed"] and row["owner"] is None:
            assumed.append("owner")
            if company["tenant"]:
                fields["owner"] = None
    return {
        "name": edit.name, "place": edit.place, "area": edit.area, "building": edit.has_building, "occupancy": occupancy,
        "vacant_quarters": row["vacant_quarters"], "owner": owner, "owner_kind": kind,
        **{name: row[name] for name in _OF_PARCEL if name != "owner"},
        "company": None if company is None else
        {name: company[name] for name in ("name", *_OF_COMPANY, "land_wish", "tenant")},
        "stated": [name for name, value in fields.items() if value is not None and name not in assumed],
        "assumed": assumed,
        "open": [name for name, value in fields.items() if value is None and name not in assumed],
    }  # fmt: skip


def newcomers(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the companies from outside that look for a site: ``name`` and ``land_wish`` (m2) each."""
    return [{"name": row.name, "land_wish": row.land_wish} for row in scenario.companies if row.parcel is None]


def shown_name(name: str, say: Language) -> str:
    """Return a name that the program made up in the language of the page; any other as it is."""
    for pattern, key in (
        (r"plot (\d+)", "plot"), (r"Firm on (.+)", "firm_on"), (r"Owner of (.+)", "owner_of"),
        (r"firm from outside (\d+)", "firm_from_outside"), (r"(?:the )?vacant site", "vacant_site"),
        (r"[Mm]unicipality", "municipality"), (r"firm (\d+)", "firm"), (r"Redevelopment company", "redevelopment_company"),
    ):  # fmt: skip
        found = re.fullmatch(pattern, name)
        if found:
            inner = found.groups()
            return say(f"own.called_{key}", of=shown_name(inner[0], say) if inner else "")
    return name


def shown_parcel(name: str, say: Language) -> str:
    """Return what a parcel is called in the language of the page: ``plot 12`` and ``wavin`` are both plots of that name."""
    shown = shown_name(name, say)
    return shown if shown != name else say("party.parcel", n=name.removeprefix("parcel "))


def plan_of(scenario: Scenario) -> ParkPlan:
    """Return the plan of a park that the dashboard takes on; shared between callers, not to be changed.

    Raises
    ------
    Refused
        If it is too large, or cannot be laid out.
    """
    return check_size(scenario)


def file_name(scenario: Scenario) -> str:
    """Return what a park's file is called: its Dutch title in plain letters."""
    return f"{_plain_name(scenario.title.nl or scenario.name)}.toml"


def toml_text(scenario: Scenario, say: ScreenLanguage | None = None) -> str:
    """Return a park as the text of a TOML file, for the command line or to open again.

    Parameters
    ----------
    scenario
        Any park.
    say
        Language of the comment at its top; Dutch if None.

    Returns
    -------
    str
        Read back, it gives a park of the same content hash.
    """
    return park_text(scenario, (say or ScreenLanguage("nl"))("own.toml_comment", file=file_name(scenario)))


def _title(name: str) -> dict[str, str]:
    tidy = _tidy(name)
    return {language: tidy for language in LANGUAGES} if tidy else _in_both("sketch_title")


def _in_both(key: str) -> dict[str, str]:
    return {language: ScreenLanguage(language)(f"own.{key}") for language in LANGUAGES}


def _tidy(text: str) -> str:
    """Return text on one line, without characters that do not show."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _plain_name(title: str) -> str:
    """Return a title as the name of a park: letters, digits and underscores, unlike any shipped park's."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_").lower()[:80] or "own_park"
    return f"own_{name}" if name in list_parks() else name


__all__ = [
    "OCCUPANT", "SECTORS", "WISHES", "add_opportunity", "as_drawn", "file_name", "newcomers", "own_version", "parcel_info",
    "plan_of", "remove_newcomer", "rename", "set_built", "set_company", "set_owner", "set_quality", "set_soil",
    "set_vacant", "shown_name", "shown_parcel", "sketch", "toml_text",
]  # fmt: skip
