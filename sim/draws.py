"""Random numbers as a pure function of (seed, purpose, quarter, entity, k).

There is no generator object and no order of drawing: a draw is looked up, not consumed. So two strategies on one seed
meet the same recessions, the same growth of each firm and the same prospects, and one more draw somewhere changes
nothing elsewhere (exact common random numbers). ``entity`` is an attribute that travels with the entity (its
``key``), never its position in a table, so that relabelling companies changes nothing but labels.

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, doi 10.1145/2714064.2660195), applied
once per part of the address.
"""

from __future__ import annotations

import math

import numpy as np

from sim.compiled import rule_of

# Purposes. Each use of chance has its own number; never reuse or renumber one, or every stored run changes.
ACTIVITY = 1
GROWTH = 2
CLOSURE = 3
SECTOR_TREND = 4
ELECTION = 5
REVIEW_DUE = 6
TASTE = 7
OUTSIDE_SITE = 8
PERCEPTION_ERROR = 9
PLAN_RESOLVES = 10
PLAN_LAPSES = 11
CONVERSATION = 12
DISCLOSURE = 13
DISCLOSURE_LASTS = 14
INTRODUCTION = 15
PUSH = 16
SLOT = 17
TASK = 18
MEDIATION = 19
BAD_TALK = 20
BROKER = 21
BORDER_TALK = 22
MATCH_ERROR = 23
STANCE = 24
STEP = 25
FAIRNESS = 26
BIAS = 27
ASK = 28
VALUE_ERROR = 29
STALL = 30
STALL_TASK = 31
RESUME = 32
OVERRUN = 33
PROSPECTS = 34
PROSPECT = 35
OUTSIDE_PROSPECT = 36
SEARCH = 37
SHUFFLE = 38
COLLECTIVE = 39
WINDOW = 40
LOW_INTENSITY = 41
GENERATE = 42
OWNER_REVIEW = 43
TEMPER = 44
RELEVEL = 45
LEASE = 46
ACTION = 47
RELOOK = 48
HOME = 49
PATIENCE = 50
WORKS = 51
ALDERMAN = 52
STYLE = 53
WEIGHTS = 54
COMMITMENT = 55
MISFIT = 56
MANAGER = 57
APPLY = 58
OBJECT = 59
LEAK = 60
LEVY = 61
THEME = 62
CANDOUR = 63
STANDSTILL = 64
RANDOM_MATCH = 65

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_TO_UNIT = 1.0 / 4503599627370496.0  # 2**-52: with one bit more the largest draw would round up to 1


@rule_of("uint64(uint64)")
def mix(x):
    """Return the SplitMix64 finaliser of ``x`` (uint64 to uint64, one to one)."""
    x = np.uint64(x)
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@rule_of("uint64(uint64, int64, int64, uint64, uint64)")
def bits(seed, purpose, quarter, entity, k):
    """Return 64 random bits for one address.

    Parameters
    ----------
    seed, purpose, quarter, entity, k : int
        The address of the draw. ``entity`` may use all 64 bits.

    Returns
    -------
    uint64
    """
    h = mix(np.uint64(seed) + _GOLDEN)
    h = mix(h ^ (np.uint64(purpose) * _GOLDEN + np.uint64(1)))
    h = mix(h ^ (np.uint64(quarter) * _GOLDEN + np.uint64(2)))
    h = mix(h ^ (np.uint64(entity) * _GOLDEN + np.uint64(3)))
    return mix(h ^ (np.uint64(k) * _GOLDEN + np.uint64(4)))


@rule_of("float64(uint64, int64, int64, uint64, uint64)")
def uniform(seed, purpose, quarter, entity, k):
    """Return a uniform draw strictly between 0 and 1 for one address (52 bits)."""
    return (np.float64(bits(seed, purpose, quarter, entity, k) >> _S12) + 0.5) * _TO_UNIT


@rule_of("float64(uint64, int64, int64, uint64, uint64)")
def normal(seed, purpose, quarter, entity, k):
    """Return a standard normal draw for one address (Box-Muller on two uniforms of that address)."""
    h = bits(seed, purpose, quarter, entity, k)
    u = (np.float64(h >> _S12) + 0.5) * _TO_UNIT
    v = (np.float64(mix(h + _GOLDEN) >> _S12) + 0.5) * _TO_UNIT
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@rule_of("float64(uint64, int64, int64, uint64, uint64)")
def gumbel(seed, purpose, quarter, entity, k):
    """Return a standard Gumbel draw for one address: the noise under a logit choice."""
    return -math.log(-math.log(uniform(seed, purpose, quarter, entity, k)))


@rule_of("float64(float64, uint64, int64, int64, uint64, uint64)")
def gamma(shape, seed, purpose, quarter, entity, k):
    """Return a gamma draw of scale 1 for one address: squeezed cubes of normals (Marsaglia and Tsang 2000).

    Parameters
    ----------
    shape : float
        Above 0.
    k : int
        The draw uses this and the 63 addresses after it; a try succeeds with 95% or more, so they are never all used.
    """
    raised = shape if shape >= 1.0 else shape + 1.0
    d = raised - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    found = d
    for step in range(31):
        x = normal(seed, purpose, quarter, entity, k + np.uint64(2 * step + 1))
        root = 1.0 + c * x
        v = root * root * root
        u = uniform(seed, purpose, quarter, entity, k + np.uint64(2 * step + 2))
        if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            found = d * v
            break
    if shape < 1.0:
        found *= uniform(seed, purpose, quarter, entity, k) ** (1.0 / shape)
    return found


@rule_of("int64(float64, uint64, int64, int64, uint64)")
def poisson(mean, seed, purpose, quarter, entity):
    """Return a Poisson draw by inversion of one uniform, so that a higher mean never gives a lower count.

    Parameters
    ----------
    mean : float
        Expected count, 0 to about 500.
    """
    u = uniform(seed, purpose, quarter, entity, 0)
    probability = math.exp(-mean)
    cumulative = probability
    count = 0
    while u > cumulative and count < 10_000:
        count += 1
        probability *= mean / count
        cumulative += probability
        if probability < 1e-300 and count > mean:
            break
    return count


@rule_of("uint64(uint64, uint64)")
def derived_key(a, b):
    """Return a new key from two parent keys: for a merged parcel, a successor owner, a part split off."""
    return mix(np.uint64(a) ^ mix(np.uint64(b) + _GOLDEN))
