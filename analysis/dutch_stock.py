"""An ensemble of generated parks that stands for the Dutch stock of business parks.

What is known of Dutch parks is known of all of them together: 30 per cent are outdated, 18 per cent have structural
vacancy. No single park can be held against such a number. So parks are drawn over the spread of the stock (size, age,
vacancy, sectors, share of net area, tenure), and each counts with a weight such that together they are as many parks, on
as many hectares, as there are. Draws are points of one Sobol sequence: the same in every run, and the first 60 of 600
parks are those of a stock of 60.

Figures and marks are those of the page on parameters: S read in that source, C arithmetic on such figures, J a judgement.
How much parks differ from each other is a judgement throughout, as are the two marginal distributions without a source
(vacancy per park and quality of public space). That 30 per cent of parks are outdated (S34) is a share of *parks*, on 9 to
14 per cent of the area: most parks hold few outdated premises, and three in ten a quarter or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.inputs.scenario import MOTORWAY, Scenario, check_scenario
from sim.park.plan import FoundingDraws
from sim.records import SECTORS

PARKS_NL, AREA_NL = 4_138, 112_130.0  # parks and gross hectares in 2017 (S14)
MEAN_HA, MEDIAN_HA = AREA_NL / PARKS_NL, 12.5  # 27.1 (C on S14); the median of about 10-15 is a judgement (J)
SMALLEST_HA, LARGEST_HA = 2.0, 300.0  # IBIS counts from 1 ha up (S17); below 2 and above 300 the generator has no parks
FIRMS_PER_HA = 60 / 27  # C on S5
MOTORWAY_SHARES = (0.22, 0.25, 0.53)  # within 1 km, 1-3 km, beyond (S25; its 0.52 rounded up so that they sum to 1)
OUTDATED_PARKS = 0.30  # parks of which a quarter or more is outdated (S34, S35)
OUTDATED, VACANCY = 0.115, 0.076  # of premises at the founding: 9% of area and 2-5% unknown (C on S34); S38
OLDEST_SHARE = 0.24  # of sites: between the 38% and 18% from before 1960 of S5, at 30% regenerated (J)
TAKEN_UP = 0.53  # outdated parks that have some policy: all but the 82 of 175 of S34 (C)
SUPPLY_SHARE = 0.5  # of the parks with policy, those with a programme of the municipality's own (J)
OTHER_STRATEGIES = ("demand_driven", "regisseren", "aanjagen", "verbinden", "ontzorgen", "adaptive", "by_step",
                    "third_parties")
LEAST_PARKS, LEAST_TO_BALANCE = 8, 30  # parks needed at all; and to match more than the number of parks and their area
_SEED = 2017  # of the sequence; another stock for another seed
_DIMENSIONS = 18


@dataclass(frozen=True)
class StockPark:
    """One park of the stock.

    Attributes
    ----------
    number : int
        Place in the sequence, from 0.
    scenario : Scenario
        The park, complete.
    weight : float
        Parks in the Netherlands that it stands for.
    oldest : bool
        Among the oldest parks that hold :data:`OLDEST_SHARE` of the stock.
    taken_up : bool
        Gets a strategy where it is outdated at the start.
    strategy : str
        Name of that strategy, one that is shipped.
    """

    number: int
    scenario: Scenario
    weight: float
    oldest: bool
    taken_up: bool
    strategy: str


class Total(NamedTuple):
    """How well the stock meets one total or mean of the Dutch stock."""

    name: str
    target: float
    found: float
    matched: bool  # the weights were made to meet it; otherwise it is a check
    source: str


def draw_stock(parks: int, seed: int = _SEED) -> list[StockPark]:
    """Return parks that together stand for the Dutch stock, largest differences first covered (Sobol).

    Parameters
    ----------
    parks
        At least 8. From 30 on the weights also meet the shares of outdated and of vacant premises at the founding.
    seed
        Of the sequence; 0 or more.

    Raises
    ------
    ValueError
        If there are too few parks for their weights to meet the totals.
    """
    if parks < LEAST_PARKS:
        raise ValueError(f"{parks} parks cannot stand for the stock; at least {LEAST_PARKS} are needed")
    from scipy.stats import qmc

    sequence = qmc.Sobol(_DIMENSIONS, rng=seed)
    places = np.clip(sequence.random_base2(math.ceil(math.log2(parks)))[:parks], 1e-6, 1.0 - 1e-6)
    scenarios = [_park(number, row) for number, row in enumerate(places)]
    weights = _balance(scenarios)
    outdated = np.array([scenario.founding.outdated for scenario in scenarios])
    order = np.argsort(-outdated, kind="stable")
    oldest = np.zeros(parks, bool)
    oldest[order[np.cumsum(weights[order]) <= OLDEST_SHARE * weights.sum()]] = True
    return [
        StockPark(number, scenario, float(weights[number]), bool(oldest[number]), bool(places[number, 10] < TAKEN_UP),
                  _strategy(places[number, 11]))
        for number, scenario in enumerate(scenarios)
    ]  # fmt: skip


def _strategy(place: float) -> str:
    if place < SUPPLY_SHARE:
        return "supply_driven"
    return OTHER_STRATEGIES[int((place - SUPPLY_SHARE) / (1.0 - SUPPLY_SHARE) * len(OTHER_STRATEGIES))]


def _between(place: float, low: float, high: float, mean: float, concentration: float = 4.0) -> float:
    """Return the value at a place (0-1) of a beta distribution from low to high with that mean."""
    from scipy.special import betaincinv

    share = (mean - low) / (high - low)
    return float(low + (high - low) * betaincinv(concentration * share, concentration * (1.0 - share), place))


def _outdated(place: float) -> float:
    """Return the share of outdated premises at a place (0-1): in three parks out of ten a quarter or more of them.

    Below 0.46 everywhere (S23: the share of floor space over 30 years old). Where parks lie within either group is a
    judgement (J), made such that the whole comes to about the share of area.
    """
    sound = 1.0 - OUTDATED_PARKS
    if place < sound:
        return _between(place / sound, 0.0, 0.25, 0.04)
    return _between((place - sound) / OUTDATED_PARKS, 0.25, 0.46, 0.30)


def _size(place: float) -> float:
    """Return gross hectares at a place (0-1) of the lognormal distribution of sizes between its two ends."""
    from scipy.special import ndtr, ndtri

    sigma = math.sqrt(2.0 * math.log(MEAN_HA / MEDIAN_HA))
    low, high = (ndtr(math.log(end / MEDIAN_HA) / sigma) for end in (SMALLEST_HA, LARGEST_HA))
    return float(MEDIAN_HA * math.exp(sigma * ndtri(low + place * (high - low))))


def _sectors(places: np.ndarray) -> dict[str, float]:
    """Return a sector mix around the mean of the stock (Dirichlet with concentration 12, J)."""
    from scipy.special import gammaincinv

    amounts = gammaincinv(12.0 * np.array(FoundingDraws().sector_shares), places) + 1e-9
    shares = amounts / amounts.sum()
    return {sector: float(share) for sector, share in zip(SECTORS, shares, strict=True)}


def _park(number: int, place: np.ndarray) -> Scenario:
    from scipy.special import ndtri

    gross = round(_size(place[0]), 1)
    firms = max(4, round(gross * FIRMS_PER_HA * math.exp(0.3 * ndtri(place[1]) - 0.045)))  # 25-100 on 27 ha (S5)
    motorway = int(np.searchsorted(np.cumsum(MOTORWAY_SHARES)[:-1], place[6], side="right"))
    founding = {
        "outdated": _outdated(place[3]),
        "vacancy": _between(place[4], 0.0, 0.30, VACANCY),
        "owner_occupied": _between(place[5], 0.40, 0.80, 0.65),  # R
        "public_quality": _between(place[8], 0.40, 0.80, 0.60),
        "soil_polluted": _between(place[9], 0.05, 0.40, 0.15),  # S111
        "sector_shares": _sectors(place[12:18]),
    }
    return check_scenario({
        "name": f"stock {number}", "gross_ha": gross, "firms": firms, "layout_seed": number + 1,
        "net_gross": _between(place[2], 0.65, 0.85, 0.76),  # S22
        "motorway": MOTORWAY[motorway], "vacant_land": _between(place[7], 0.0, 0.25, 0.09),  # S25
        "founding": founding, "municipality": {"fte": round(max(0.25, gross / MEAN_HA), 2)},  # one per mean park (J)
    }, f"stock {number}")  # fmt: skip


def _balance(scenarios: list[Scenario]) -> np.ndarray:
    """Return the weights nearest to equal ones that meet the totals (entropy balancing, Hainmueller 2012)."""
    from scipy.optimize import root

    firms = np.array([scenario.firms for scenario in scenarios], float)
    columns = [np.ones(len(scenarios)), np.array([scenario.gross_ha for scenario in scenarios]) / MEAN_HA - 1.0]
    if len(scenarios) >= LEAST_TO_BALANCE:
        outdated = np.array([scenario.founding.outdated for scenario in scenarios])
        vacancy = np.array([scenario.founding.vacancy for scenario in scenarios])
        columns += [firms * (outdated - OUTDATED) / firms.mean(), firms * (vacancy - VACANCY) / firms.mean()]
    design = np.column_stack(columns)
    wanted = np.zeros(len(columns))
    wanted[0] = 1.0

    def miss(multipliers: np.ndarray) -> np.ndarray:
        return np.asarray(design.T @ np.exp(np.clip(design @ multipliers, -50.0, 50.0)) / len(design) - wanted)

    solution = root(miss, np.zeros(len(columns)))
    if not solution.success or np.abs(miss(solution.x)).max() > 1e-6:
        raise ValueError(f"no weights make these {len(scenarios)} parks meet the totals of the stock; take more parks")
    return np.asarray(np.exp(design @ solution.x) * PARKS_NL / len(design))


def stock_totals(stock: list[StockPark]) -> list[Total]:
    """Return how well a stock meets the totals that its weights match, and some that they do not."""
    weight = np.array([park.weight for park in stock])
    scenarios = [park.scenario for park in stock]
    area = weight * np.array([scenario.gross_ha for scenario in scenarios])
    firms = weight * np.array([scenario.firms for scenario in scenarios])
    balanced = len(stock) >= LEAST_TO_BALANCE

    def mean(name: str, by: np.ndarray) -> float:
        return float(by @ np.array([getattr(scenario.founding, name) for scenario in scenarios]) / by.sum())

    order = np.argsort([scenario.gross_ha for scenario in scenarios])
    middle = order[np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())]
    outdated = np.array([scenario.founding.outdated for scenario in scenarios])
    near = np.array([scenario.motorway == MOTORWAY[0] for scenario in scenarios])
    net = area @ np.array([scenario.net_gross for scenario in scenarios]) / area.sum()
    return [
        Total("parks", PARKS_NL, float(weight.sum()), True, "S14"),
        Total("gross_ha", AREA_NL, float(area.sum()), True, "S14"),
        Total("outdated_premises", OUTDATED, mean("outdated", firms), balanced, "S34,S23"),
        Total("outdated_parks", OUTDATED_PARKS, float(weight[outdated >= 0.25].sum() / weight.sum()), False, "S34,S35"),
        Total("vacant_premises", VACANCY, mean("vacancy", firms), balanced, "S38"),
        Total("median_ha", MEDIAN_HA, float(scenarios[middle].gross_ha), False, "J"),
        Total("firms_per_ha", FIRMS_PER_HA, float(firms.sum() / area.sum()), False, "C S5"),
        Total("net_gross", 0.76, float(net), False, "S22"),
        Total("owner_occupied", 0.65, mean("owner_occupied", firms), False, "R"),
        Total("motorway_near", MOTORWAY_SHARES[0], float(weight[near].sum() / weight.sum()), False, "S25"),
    ]


def equal_weights_reached(stock: list[StockPark]) -> float:
    """Return Kish's effective number of parks: how many equally weighted ones would be as precise."""
    weight = np.array([park.weight for park in stock])
    return float(weight.sum() ** 2 / (weight**2).sum())
