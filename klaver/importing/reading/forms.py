"""Forms that are known: what layers and columns are called in Dutch open data, in lists of companies and in our own files.

Tables only. Names stand here folded (:func:`klaver.importing.reading.columns.fold`): small letters and digits, without accents,
spaces, underscores or what stands between brackets.

The forms, with where their names come from:

- *BAG pand* and *BAG verblijfsobject*: the GeoPackage and the OGC service of PDOK (identificatie, bouwjaar, status,
  gebruiksdoel, oppervlakte, openbare_ruimte or openbare_ruimte_naam, huisnummer, huisletter, toevoeging, postcode,
  woonplaats or woonplaats_naam, pandidentificatie or pand_identificatie).
- *Kadaster perceel*: the Kadastrale kaart of PDOK (identificatie_lokaal_id, kadastrale_gemeente_waarde, sectie,
  perceelnummer, kadastrale_grootte_waarde).
- *BGT*: wegdeel, ondersteunendwegdeel, begroeidterreindeel, waterdeel, pand (lokaal_id, bgt_functie or function ...).
- *IBIS*: work sites (PLAN_NAAM, RIN_NUMMER, ...): outlines of whole sites, so a boundary and never parcels.
- *LISA*: lists of establishments as registers of employment deliver them (name, address, SBI, persons full-time and
  part-time by sex, class of size).
- *Klaver*: what ``klaver export`` writes.
"""

from __future__ import annotations

from dataclasses import dataclass

EXCHANGE_LAYERS = ("parcels", "companies", "owners", "ground", "exits", "settings")
SETTINGS = frozenset((
    "corner", "size",
    "name", "title", "description", "quarters", "burn_in", "cell_m", "motorway", "founding", "municipality", "parameters",
    "windows", "place",
))  # fmt: skip
POLYGON_ROLES = ("parcels", "buildings", "roads", "green", "water", "boundary", "companies")
LINE_ROLES = ("roads",)
POINT_ROLES = ("addresses", "exits", "companies")
TABLE_ROLES = ("companies", "addresses", "owners", "settings")
# The order in which a role is taken where a name speaks of two: "kavels_bedrijventerrein" are parcels.
ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "parcels": ("perceel", "percelen", "kavel", "parcel", "plot", "lots", "bouwvlak"),
    "addresses": ("verblijfsobject", "adres", "address", "nummeraanduiding", "vbo"),
    "buildings": ("pand", "gebouw", "building", "bebouwing"),
    "green": ("groen", "green", "begroeid", "plantsoen", "ondersteunendwegdeel", "berm"),
    "roads": ("wegdeel", "wegvak", "wegen", "weg", "road", "street", "rijbaan", "verharding", "straat", "straten"),
    "water": ("water", "sloot", "sloten", "watergang", "vijver"),
    "owners": ("eigenaar", "eigenaren", "owner"),
    "exits": ("exit", "uitgang", "ontsluiting", "toegang"),
    "companies": ("bedrijven", "bedrijf", "compan", "firm", "vestiging", "lisa", "onderneming", "business"),
    "boundary": ("ibis", "werklocatie", "bedrijventerrein", "worksite", "boundary", "grens", "begrenzing", "contour",
                 "plangebied"),
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A known form of a layer.

    Attributes
    ----------
    name
        What it is called in a report.
    role
        What it is taken for.
    needs
        Folded names of columns; each a group of which one must be there.
    """

    name: str
    role: str
    needs: tuple[tuple[str, ...], ...]


FORMS = (
    Form("BAG verblijfsobject", "addresses", (("pandidentificatie", "pandid"), ("oppervlakte",), ("huisnummer",))),
    Form("BAG pand", "buildings", (("identificatie",), ("bouwjaar", "oorspronkelijkbouwjaar"), ("status", "pandstatus"))),
    Form("Kadaster perceel", "parcels", (("sectie",), ("perceelnummer",))),
    Form("IBIS", "boundary", (("rinnummer", "rinnr", "rin"), ("plannaam", "planname", "naam", "terreinnaam"))),
    Form("IBIS", "boundary", (("plannaam",), ("bruto", "brutoha", "oppervlaktebruto", "netto", "nettoha", "oppervlaktenetto"))),
    Form("LISA", "companies", (("sbi", "sbicode", "sbi2008", "activiteit", "activiteitencode", "hoofdactiviteit"),
                               ("banen", "banentotaal", "fulltime", "banenfulltime", "mannenfulltime", "werkzamepersonen",
                                "grootteklasse", "wptotaal", "totaalbanen"))),
)  # fmt: skip
BGT_LAYERS = {
    "wegdeel": "roads", "ondersteunendwegdeel": "green", "begroeidterreindeel": "green", "waterdeel": "water",
    "ondersteunendwaterdeel": "water", "pand": "buildings",
}  # fmt: skip
# Layers that are in the same deliveries and that nothing is done with.
BESIDE = frozenset((
    "onbegroeidterreindeel", "ligplaats", "standplaats", "openbareruimte", "woonplaats", "nummeraanduiding", "bebouwing",
    "kadastralegrens", "openbareruimtelabel", "nummeraanduidingreeks", "layerstyles", "spoor", "paal", "mast", "put", "bord",
    "straatmeubilair", "vegetatieobject", "scheiding", "overbruggingsdeel", "tunneldeel", "gebouwinstallatie",
))  # fmt: skip
# Parts of the road network that no truck drives on: no access to a parcel.
NO_ROAD = ("spoorbaan", "baan voor vliegverkeer", "ruiterpad", "voetpad op trap", "railway", "footpath on stairs")
# A unit or parcel that the register calls ended or never made.
ENDED = ("ingetrokken", "niet gerealiseerd", "ten onrechte opgevoerd", "historisch", "withdrawn")
ENDED_SINCE = ("eindregistratie", "objecteindtijd", "eindgeldigheid", "terminationdate", "lvpublicatieeinddatum")

_ADDRESS = {
    "street": ("straat", "straatnaam", "openbareruimte", "openbareruimtenaam", "street", "streetname", "vestigingsstraat",
               "straatnaamvestiging"),
    "number": ("number", "huisnummer", "huisnr", "nummer", "nr", "housenumber", "streetnumber", "huisnummervestiging", "hnr"),
    "letter": ("huisletter", "huislt", "houseletter", "letter"),
    "addition": ("toevoeging", "huisnummertoevoeging", "huisnrtoev", "toev", "addition", "huisnummertoev", "toevoegsel"),
    "postcode": ("postcode", "pc6", "postalcode", "zip", "zipcode", "postcodevestiging", "pc"),
    "city": ("city", "woonplaats", "woonplaatsnaam", "plaats", "plaatsnaam", "town", "vestigingsplaats"),
    "address": ("adres", "address", "vestigingsadres", "volledigadres", "bezoekadres", "fulladdress"),
}  # fmt: skip
_FLOOR = ("floor", "floorarea", "floorspace", "vloeroppervlak", "vloeroppervlakte", "bvo", "brutovloeroppervlak",
          "brutovloeroppervlakte",
          "gbo", "gebruiksoppervlakte", "vvo", "bedrijfsruimte", "gfa", "grossfloorarea")  # fmt: skip
_NOTE = ("note", "notes", "opmerking", "opmerkingen", "toelichting", "remarks", "remark", "comment", "bijzonderheden")
_ENERGY = ("energy", "energielabel", "energylabel", "energieklasse", "energyclass", "epclabel")

SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "parcels": _ADDRESS | {
        # Without "nummer" and "nr": on a map of parcels those number the parcel.
        "number": ("number", "huisnummer", "huisnr", "housenumber", "streetnumber", "hnr"),
        "name": ("name", "naam", "kavel", "kavelnaam", "kavelnummer", "kavelnr", "perceel", "perceelnaam", "parcel",
                 "parcelname", "parcelid",
                 "plot", "plotname", "plotnumber", "lot", "kavelid", "aanduiding", "kadastraleaanduiding",
                 "perceelaanduiding", "nummer", "nr"),
        "section": ("sectie", "section"), "parcel_number": ("perceelnummer", "perceelnr", "parcelnumber"),
        "cadastral_town": ("kadastralegemeentewaarde", "kadastralegemeente", "kadgemnaam", "kadastralegemeentenaam",
                           "akrkadastralegemeentecodewaarde"),
        "owner": ("owner", "eigenaar", "eigenaarnaam", "naameigenaar", "ownername", "rechthebbende", "zakelijkgerechtigde"),
        "owner_kind": ("ownerkind", "eigenaarsoort", "soorteigenaar", "ownertype", "typeeigenaar", "eigenaartype",
                       "eigenaarstype"),
        "use": ("use", "gebruik", "functie", "bestemming", "landuse", "function", "grondgebruik"),
        "floor": _FLOOR, "note": _NOTE, "energy": _ENERGY,
        "built": ("built", "bouwjaar", "yearbuilt", "builtyear", "constructionyear", "buildyear", "oorspronkelijkbouwjaar"),
        "age": ("age", "leeftijd", "ouderdom"),
        "quality": ("quality", "kwaliteit", "staat", "onderhoudsstaat", "pandkwaliteit", "condition", "kwaliteitpand"),
        "fit": ("fit", "passendheid", "geschiktheid", "suitability"),
        "soil_cost": ("soilcost", "saneringskosten", "bodemkosten", "bodemsanering", "remediationcost", "kostenbodemsanering"),
        "vacant": ("vacant", "leeg", "leegstand", "leegstaand", "isvacant", "vacancy", "staatleeg"),
        "occupied": ("occupied", "ingebruik", "bezet"),
        "vacant_quarters": ("vacantquarters", "leegstandkwartalen", "kwartalenleeg", "leegstandsduurkwartalen"),
        "offered": ("offered", "tekoop", "aangeboden", "teruur", "forsale", "inaanbod", "aanbod", "onthemarket"),
        "enclave": ("enclave",), "assumed": ("assumed", "aangenomen", "verondersteld"),
        "status": ("statushistoriewaarde",),
    },
    "companies": _ADDRESS | {
        "name": ("name", "naam", "bedrijfsnaam", "bedrijf", "company", "companyname", "naamvestiging", "vestigingsnaam",
                 "handelsnaam",
                 "firm", "firmname", "naambedrijf", "organisatie", "onderneming", "statutairenaam", "eerstehandelsnaam"),
        "parcel": ("parcel", "kavel", "perceel", "kavelnummer", "kavelnr", "kavelnaam", "parcelname", "parcelid", "plot",
                   "kadastraleaanduiding", "kavelid"),
        "x": ("x", "xcoord", "xcoordinaat", "xco", "rdx", "xrd", "easting", "lon", "lng", "long", "longitude", "lengtegraad",
              "xcoordinaatrd", "oost", "geox"),
        "y": ("y", "ycoord", "ycoordinaat", "yco", "rdy", "yrd", "northing", "lat", "latitude", "breedtegraad",
              "ycoordinaatrd", "noord", "geoy"),
        "sbi": ("sbi", "sbicode", "sbi2008", "sbi08", "activiteit", "activiteitencode", "hoofdactiviteit", "nace",
                "nacecode", "sbihoofdactiviteit",
                "bedrijfsactiviteit", "activitycode", "activity", "sbi5", "branchecode", "codehoofdactiviteit"),
        "sector": ("sector", "sectornaam", "branche", "bedrijfstak", "industry", "hoofdsector"),
        "jobs": ("jobs", "banen", "banentotaal", "totaalbanen", "werkzamepersonen", "aantalwerkzamepersonen", "wp",
                 "wptotaal", "totaalwp",
                 "arbeidsplaatsen", "werknemers", "aantalwerknemers", "medewerkers", "aantalmedewerkers", "employees",
                 "employment", "personen", "personeel", "headcount", "staff",
                 "totaalwerkzamepersonen", "aantalbanen", "banentot"),
        "jobs_class": ("grootteklasse", "sizeclass", "klasse", "werkzamepersonenklasse", "banenklasse", "personeelsklasse"),
        "fte": ("fte", "aantalfte", "ftes", "fulltimeequivalent"),
        "full_time": ("fulltime", "banenfulltime", "voltijd", "ft", "banenvoltijd", "fulltimebanen", "jobsfulltime"),
        "part_time": ("parttime", "banenparttime", "deeltijd", "pt", "banendeeltijd", "parttimebanen", "jobsparttime"),
        "men_full_time": ("mannenfulltime", "mannenft", "manvoltijd", "manfulltime"),
        "women_full_time": ("vrouwenfulltime", "vrouwenft", "vrouwvoltijd", "vrouwfulltime"),
        "men_part_time": ("mannenparttime", "mannenpt", "mandeeltijd", "manparttime"),
        "women_part_time": ("vrouwenparttime", "vrouwenpt", "vrouwdeeltijd", "vrouwparttime"),
        "agency": ("uitzendkrachten", "uitzend", "agencyworkers"),
        "turnover": ("turnover", "omzet", "jaaromzet", "revenue", "sales"),
        "floor": _FLOOR,
        "floor_needed": ("floorneeded", "ruimtebehoefte", "gevraagdvloeroppervlak", "gewenstvloeroppervlak",
                         "benodigdvloeroppervlak"),
        "land_wish": ("landwish", "grondwens", "uitbreidingswens", "kavelwens", "ruimtewens", "gevraagdegrond"),
        "tenant": ("tenant", "huurder", "huurkoop", "huureigendom", "eigendom", "eigendomssituatie", "tenure", "huur",
                   "isgehuurd", "rents",
                   "eigendomsvorm", "huurofkoop", "huurofeigendom", "koophuur", "gebruiksvorm", "huurderofeigenaar"),
        "owner_occupied": ("owneroccupied", "eigenaargebruiker", "eigenpand", "koop", "owns"),
        "trust": ("trust", "vertrouwen"),
        "key_figure": ("keyfigure", "sleutelfiguur", "trekker", "kartrekker"),
        "outside": ("outside", "zoekt", "zoektruimte", "vanbuiten", "kandidaat", "gegadigde", "prospect"),
        "assumed": ("assumed", "aangenomen", "verondersteld"), "note": _NOTE,
    },
    "buildings": {
        "id": ("id", "identificatie", "pandidentificatie", "buildingid", "pandid", "lokaalid", "identificatiebagpnd",
               "identificatiebagpand"),
        "built": ("built", "bouwjaar", "yearbuilt", "oorspronkelijkbouwjaar", "constructionyear"),
        "floor": _FLOOR,
        "status": ("status", "pandstatus", "bgtstatus"),
    },
    "addresses": _ADDRESS | {
        "floor": ("oppervlakte", *_FLOOR),
        "use": ("use", "gebruiksdoel", "gebruiksdoelen", "function"),
        "building": ("building", "pandidentificatie", "pandid", "buildingid", "maaktdeeluitvan"),
        "status": ("status", "verblijfsobjectstatus"),
        "x": ("x", "xcoord", "xcoordinaat", "rdx", "easting", "lon", "lng", "longitude", "lengtegraad"),
        "y": ("y", "ycoord", "ycoordinaat", "rdy", "northing", "lat", "latitude", "breedtegraad"),
    },
    "roads": {
        "name": ("name", "naam", "straatnaam", "street", "wegnaam"),
        "width": ("width", "breedte", "wegbreedte", "breedtem", "verhardingsbreedte"),
        "use": ("bgtfunctie", "function", "functie", "use", "wegtype"),
    },
    "green": {"use": ("bgtfysiekvoorkomen", "class", "functie", "fysiekvoorkomen")},
    "water": {"use": ("bgttype", "class", "type")},
    "boundary": {"name": ("name", "naam", "plannaam", "terreinnaam", "planname", "werklocatie"), "number": ("rinnummer",
                          "rinnr", "rin")},
    "exits": {"name": ("name", "naam")},
    "ground": {"kind": ("kind", "soort", "use")},
    "owners": {
        "name": ("name", "naam", "eigenaar", "owner"), "kind": ("kind", "soort", "ownerkind", "type", "soorteigenaar",
                 "eigenaarstype"),
        "reservation": ("reservation", "reserveringsprijs"), "willing": ("willing", "bereid", "wilverkopen", "verkoopbereid"),
        "assumed": ("assumed", "aangenomen"), "note": _NOTE,
    },
    "settings": {"key": ("key", "sleutel"), "value": ("value", "waarde")},
}  # fmt: skip

YES = frozenset(("ja", "j", "yes", "y", "true", "t", "1", "waar", "x", "juist"))
NO = frozenset(("nee", "n", "no", "false", "f", "0", "onwaar", "neen", "onjuist"))
TENANT_WORDS = {
    True: ("huur", "gehuurd", "verhuurd", "huurder", "rent", "rented", "rents", "tenant", "leased", "lease", "huurpand"),
    False: ("koop", "eigendom", "eigen", "eigenaar", "eigenaargebruiker", "gekocht", "owned", "owner", "own", "owns",
            "owneroccupied",
            "eigenpand", "koopeigendom", "erfpacht", "leasehold"),
}  # fmt: skip
USE_WORDS = {
    "plot": ("plot", "kavel", "bedrijfskavel", "bedrijf", "bedrijven", "parcel", "terrein", "uitgeefbaar"),
    "road": ("road", "weg", "straat", "verkeer", "infrastructuur", "rijbaan", "openbareweg"),
    "green": ("green", "groen", "plantsoen", "berm", "park", "bos"),
    "water": ("water", "sloot", "watergang", "vijver"),
    "outside": ("outside", "buiten", "nvt", "geen"),
}  # fmt: skip
OWNER_WORDS = {
    "municipality": ("municipality", "gemeente", "overheid", "municipal"),
    "investor": ("investor", "belegger", "vastgoedbelegger", "beleggingsmaatschappij"),
    "absent_owner": ("absentowner", "afwezigeeigenaar", "eigenaaropafstand"),
    "developer": ("developer", "ontwikkelaar", "projectontwikkelaar"),
    "redevelopment_company": ("redevelopmentcompany", "herstructureringsmaatschappij", "rom", "ontwikkelingsmaatschappij",
                              "hmo"),
    "person": ("person", "particulier", "persoon", "natuurlijkpersoon", "private"),
}  # fmt: skip
ENERGY_LABELS = {
    "A+++++": 1.0, "A++++": 1.0, "A+++": 0.97, "A++": 0.94, "A+": 0.90, "A": 0.85, "B": 0.72, "C": 0.60, "D": 0.45, "E": 0.30,
    "F": 0.15, "G": 0.05,
}  # fmt: skip
"""Energy label to the model's 0-1: a judgement. The order is the label's; C, what Dutch offices must have, is put at 0.6."""
