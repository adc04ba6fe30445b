"""Pattern 8 by controlled appraisals: the same firm, the same premises, one thing changed at a time.

In a run a firm chooses between many options, and what it chooses depends on what else it sees. Anderson and Newell (S12)
looked at advised projects one by one: about half of those that pay for themselves are done, and firms answer some 40 per
cent more to a lower cost than to an equal gain in savings. Here every firm that owns its premises weighs one renovation
against leaving things as they are, by the rule of the model, at quarter 0.
"""

from __future__ import annotations

import numpy as np

from sim import records
from sim.rules.appraisal import appraise_renovation, premium
from sim.world import World, copy_world

SUPPORT = 0.10  # of the cost: the subsidy, and the present value of the savings that equal it (J)
_ALL_CREDIT = 1e6  # of the value: no bank says no


def appraise_firms(world: World) -> dict[str, float]:
    """Return totals over the firms of a park for which a renovation pays for itself at 8 per cent (`premium` 0).

    Returns
    -------
    dict
        ``paying``: firms with such a project; ``refused``: how many of them are expected to leave it (chances summed);
        ``more_by_subsidy``, ``more_by_savings``: by how much a subsidy of a tenth of the cost, and savings with that
        present value, raise the expected number that goes ahead.

    Notes
    -----
    The review (``sim.rules.review``) considers an option only if U is 0 or more, and then picks the highest of U plus a
    Gumbel draw; between one option and staying that is a logistic chance. What the bank lends counts as in a review.
    """
    free = copy_world(world)
    free.parameters[0].credit_share = _ALL_CREDIT
    cheap = copy_world(world)
    cheap.parameters[0].renovation_cost *= 1.0 - SUPPORT
    found = np.zeros(4)
    for i in range(world.counts[0].companies):
        company = world.companies[i]
        if company.state != records.SITTING or company.parcel < 0 or company.tenant:
            continue
        parcel = world.parcels[company.parcel]
        utility, cost = appraise_renovation(world, company, parcel)
        if cost <= 0.0:
            continue
        # U less the premium on the cost is worth that counts every euro once.
        worth = appraise_renovation(free, company, parcel)[0] + premium(world, company) * cost
        if worth <= 0.0:
            continue
        scale = world.parameters[0].taste * company.turnover
        chance = _goes_ahead(utility, scale)
        subsidised = _goes_ahead(appraise_renovation(cheap, company, parcel)[0], scale)
        saving = _goes_ahead(utility + SUPPORT * cost, scale)
        found += (1.0, 1.0 - chance, subsidised - chance, saving - chance)
    return dict(zip(("paying", "refused", "more_by_subsidy", "more_by_savings"), found.tolist(), strict=True))


def _goes_ahead(utility: float, scale: float) -> float:
    """Return the chance that a review picks the renovation over staying."""
    from scipy.special import expit

    return float(expit(utility / max(scale, 1e-9))) if utility >= 0.0 else 0.0
