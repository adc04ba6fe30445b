"""``klaver new``: a park, strategy or experiment to start from, with a comment at every key. What it writes loads as it is."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from klaver.command_line import BadOption
from klaver.language import Language

_PARK = '''\
# A park of your own. Change what you know; whatever you leave out is taken from "typical", or drawn anew for every seed.
# `klaver show {file}` draws it and shows every setting, `klaver compare {file}` runs it.
based_on = "typical"
name = "{name}"

quarters = 80        # how long it is followed: 80 quarters are 20 years
gross_ha = 20.0      # hectares within its boundary: parcels, roads, green and water
net_gross = 0.76     # share of that in parcels
firms = 45           # premises, each on its parcel
vacant_land = 0.09   # share of parcels without a building
vacant_site_ha = 0.0 # one big vacant site with an old building, hectares
motorway = "middle"  # an exit within 1 km: "near"; within 3 km: "middle"; else "far"
layout_seed = 7      # another number, another layout

[title]
nl = "{title_nl}"
en = "{title_en}"

[description]
nl = "Een zelfbedacht bedrijventerrein van 20 hectare."
en = "An imagined business park of 20 hectares."

[founding]             # what is drawn where nobody measured: means and shares
vacancy = 0.08         # share of premises vacant
outdated = 0.30        # share of premises with quality below 0.4
owner_occupied = 0.65  # share of premises owned by who uses them
median_jobs = 6.0      # per firm
mean_jobs = 19.0
trust = 0.40           # of firms in the municipality, 0 to 1
public_quality = 0.60  # of roads and green, 0 to 1

[municipality]         # what a strategy gets when it does not say so itself
fte = 1.0              # full-time equivalents
mandate = 100000.0     # euros that officials may commit without the council

# To draw the park yourself, give a map with one character a cell, and say what each character is:
#
#   cell_m = 20
#   map = """
#   AABB
#   E###
#   CCDD
#   """
#   [legend.A]
#   kind = "parcel"
#   name = "mill"
#
# `scenarios/parks/rollepaal.toml` is a whole one.
'''

_STRATEGY = """\
# A strategy of your own. Whatever you leave out is taken from "demand_driven".
# `klaver show {file}` shows every setting, `klaver compare rollepaal --strategies none,{file}` runs it.
based_on = "demand_driven"
name = "{name}"

approach = "demand_driven"  # when public money is committed: "supply_driven" beforehand, "demand_driven" after private
                            # money, "none" never
adaptive = false            # true: the team's hours move to the longest queue

[title]
nl = "{title_nl}"
en = "{title_en}"

[description]
nl = "Een zelfbedachte strategie."
en = "An imagined strategy."

[roles]             # shares of the team's hours; together 1
regisseren = 0.25   # directing: steps decided, figures gone into
aanjagen = 0.25     # spurring: parties that wait for each other
verbinden = 0.25    # connecting: plans that nobody knows, parties that do not know each other
ontzorgen = 0.25    # unburdening: tasks that nobody gets round to

[principles]        # the six guiding principles, each on or off
interests = true
societal_value = true
flexibility = true
tailored_roles = true
sharp_choices = true
exit = true

[organisation]      # fte and mandate may be left out: then those of the park
competence = {{ regisseren = 0.7, aanjagen = 0.7, verbinden = 0.7, ontzorgen = 0.7 }}  # chance that an action succeeds
domains = {{ economy = 0.9, space = 0.9, sustainability = 0.9, traffic = 0.9 }}  # know-how at hand when it is needed
core_team = 0.6         # share of the hours with people that firms know
shell_hours = 0.0       # hours a quarter hired from outside
candour = 0.8           # says openly what is not known or not possible
experience = 0.3        # with set ways of running projects
learning = 0.5          # how much practice and feedback change competence
staff_turnover = 0.15   # chance a year that the account manager leaves
earmarked = 0.0         # share of the budget for public works only
lead = "none"           # or "project", "process", "programme"
style = {{ society = 0.5, results = 0.5 }}  # or perspective = "lawful", "performing", "networking", "responsive"
goal_clarity = 0.8

[goals]             # fixed beforehand; without a criterion an effect cannot be shown
criterion = "vitality"  # or "vacancy", "jobs", "future", "none"
level = 5.0             # points of 100 better, or per cent of jobs
years = 8.0

[weights]           # of the lines of the value case; 1 is the unit value as it stands
jobs = 1.0
energy = 1.0

[third_parties]
intermediary = false    # hired when scale and council allow
fund_capital = 0.0      # euros for a redevelopment company
levy_zone = false       # help firms to a zone with a compulsory levy

[money]
max_public_share = 0.5  # of the cost of works
private_ratio = 2.0     # private euros of works for each public euro
instrument = "grant"    # or "loan", "guarantee", "mix"

[exit]                  # stop conditions, for the principle of that name
rounds = 3
quarters = 12
euros = 1000000.0
"""

_EXPERIMENT = {
    "nl": """\
# Een eigen experiment: welke terreinen en strategieën, op welke seeds, onder welke aannames.
# `klaver show {file}` laat zien wat het kruist, `klaver sweep {file} --dry-run` hoe lang het duurt,
# en `klaver sweep {file}` voert het uit: stoppen mag altijd, dezelfde opdracht gaat verder waar hij was.
name = "{name}"

parks = ["typical", "small_village"]             # namen van `klaver list`, of eigen bestanden: "mijn_park.toml"
strategies = ["supply_driven", "demand_driven"]  # ook hier; "none" (alleen wat de wet vraagt) doet altijd mee
reference = "none"                               # waarmee de andere worden vergeleken
seeds = 20                                       # toekomsten per combinatie; voor een uitspraak liever 100 of meer
# quarters = 80                                  # hoe lang elk terrein gevolgd wordt; zonder dit zoals het terrein zegt

[title]
nl = "{title_nl}"
en = "{title_en}"

[question]
nl = "Hangt de beste strategie af van het vertrouwen dat ondernemers in de gemeente hebben?"
en = "Does the best strategy depend on the trust that firms have in the municipality?"

[description]
nl = "Twee strategieën op twee terreinen, bij weinig en bij veel vertrouwen aan het begin."
en = "Two strategies on two parks, at little and at much trust at the start."

[design]
kind = "factorial"  # elke combinatie van waarden. Met grenzen in plaats van waarden, zoals
                    # parameters.beta = {{ low = 0.1, high = 0.4 }}: "sobol" of "latin_hypercube", met samples = 64

[factors]           # wat varieert; de namen staan in `klaver show typical --parameters` en in `klaver show demand_driven`
park.founding.trust = [0.2, 0.6]  # vertrouwen van ondernemers in de gemeente, 0 tot 1
# strategy.organisation.fte = [0.5, 1.0, 2.0]                           # een instelling van de strategie
# strategy.roles = [{{ verbinden = 0.55 }}, {{ ontzorgen = 0.55 }}]  # de andere rollen houden hun verhouding
# parameters.beta = [0.15, 0.30]                                        # een aanname van het model

[indicators]        # wat ook door de tijd heen bewaard wordt; kost schijfruimte
keep = ["vitality", "vacancy", "private_investment", "public_outlay"]
every = 4           # om de hoeveel kwartalen
""",
    "en": """\
# An experiment of your own: which parks and strategies, on which seeds, under which assumptions.
# `klaver show {file}` shows what it crosses, `klaver sweep {file} --dry-run` how long it takes,
# and `klaver sweep {file}` carries it out: stop whenever you like, the same command goes on from there.
name = "{name}"

parks = ["typical", "small_village"]             # names from `klaver list`, or files of your own: "my_park.toml"
strategies = ["supply_driven", "demand_driven"]  # the same; "none" (what the law asks, no more) always takes part
reference = "none"                               # what the others are compared with
seeds = 20                                       # futures per combination; take 100 or more to conclude from
# quarters = 80                                  # how long each park is followed; as the park says if left out

[title]
nl = "{title_nl}"
en = "{title_en}"

[question]
nl = "Hangt de beste strategie af van het vertrouwen dat ondernemers in de gemeente hebben?"
en = "Does the best strategy depend on the trust that firms have in the municipality?"

[description]
nl = "Twee strategieën op twee terreinen, bij weinig en bij veel vertrouwen aan het begin."
en = "Two strategies on two parks, at little and at much trust at the start."

[design]
kind = "factorial"  # every combination of levels. With ranges instead of levels, such as
                    # parameters.beta = {{ low = 0.1, high = 0.4 }}: "sobol" or "latin_hypercube", with samples = 64

[factors]           # what varies; names are in `klaver show typical --parameters` and in `klaver show demand_driven`
park.founding.trust = [0.2, 0.6]  # of firms in the municipality, 0 to 1
# strategy.organisation.fte = [0.5, 1.0, 2.0]                           # a setting of the strategy
# strategy.roles = [{{ verbinden = 0.55 }}, {{ ontzorgen = 0.55 }}]  # the other roles keep their proportions
# parameters.beta = [0.15, 0.30]                                        # an assumption of the model

[indicators]        # what is kept over time as well; takes disk space
keep = ["vitality", "vacancy", "private_investment", "public_outlay"]
every = 4           # every so many quarters
""",
}  # fmt: skip


def write_template(name: str, kind: str, say: Language, force: bool) -> Path:
    """Write a park, strategy or experiment file into the current folder.

    Parameters
    ----------
    name
        Of what is in it; ``.toml`` is added where it is not there.
    kind
        ``"park"``, ``"strategy"`` or ``"experiment"``.
    say
        For its messages and the comments of an experiment; those of a park or strategy are in English.
    force
        Replace a file that is there already.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    BadOption
        If the name is none, or the file is there already, or cannot be written.
    """
    stem = name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", stem):
        raise BadOption("error.new_name", name=name)
    path = Path(f"{stem}.toml")
    if path.exists() and not force:
        raise BadOption("error.file_exists", path=path)
    titles = {f"title_{code}": Language(code)(f"new.{kind}_title", name=stem) for code in ("nl", "en")}
    template = {"park": _PARK, "strategy": _STRATEGY, "experiment": _EXPERIMENT[say.code]}[kind]
    text = template.format(name=stem, file=path, **titles)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{stem}-", dir=Path.cwd())
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)
    except OSError as problem:
        raise BadOption("error.cannot_write", path=path, problem=problem.strerror or problem) from problem
    return path
