"""A park in Mesa's own viewer: ``uv run solara run sim/app.py``.

The map shows the lattice (darker is better kept; companies as dots, larger with more jobs, blue with trust and orange
without), with plots of the outcomes below it. The sliders set how the municipality works; Reset starts anew with them.
The dashboard of ``klaver`` is the tool for policymakers; this page is for whoever knows Mesa and wants to look inside.
"""

from __future__ import annotations

import solara
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.components import AgentPortrayalStyle, PropertyLayerStyle, make_space_component

from sim import records
from sim.agents import Company
from sim.business_park import BusinessPark
from sim.model import Park, no_strategy
from sim.park.generate import lay_out
from sim.park.plan import LayoutSettings

BLUE, ORANGE, SKY = "#0072B2", "#D55E00", "#56B4E9"  # Okabe and Ito: told apart by the colour-blind too
# Mesa 3.5.1 takes a lowest value of 0 for "not given", and then finds none among cells without a building.
LAYER_STYLES = {
    "public_quality": PropertyLayerStyle(colormap="Greys", vmin=1e-9, vmax=1, alpha=0.5, colorbar=False),
    "quality": PropertyLayerStyle(colormap="YlGn", vmin=1e-9, vmax=1, alpha=0.9, colorbar=True),
}


class AdjustablePark(BusinessPark):
    """A generated park of ``firms`` firms whose municipality is set by a few plain numbers, for sliders.

    Parameters
    ----------
    approach
        One of ``records.APPROACHES``.
    fte
        Size of the municipality's team.
    budget
        Thousands of euros per year.
    regisseren, aanjagen, verbinden, ontzorgen
        Relative weights of the four roles; only their proportions count.
    firms
        Premises on the park.
    seed
        Of the run.
    """

    def __init__(
        self, approach: str = "demand_driven", fte: float = 2.0, budget: float = 500.0, regisseren: float = 1.0,
        aanjagen: float = 1.0, verbinden: float = 1.0, ontzorgen: float = 1.0, firms: int = 60, seed: int = 1,
    ) -> None:
        strategy = no_strategy()
        record = strategy[0]
        record.approach = records.APPROACHES.index(approach)
        weights = (regisseren, aanjagen, verbinden, ontzorgen)
        total = sum(weights)
        record.mix[:] = [weight / total if total > 0.0 else 0.25 for weight in weights]
        record.principles[:] = 1
        record.fte, record.budget, record.mandate = fte, 1_000.0 * budget, 100_000.0
        record.max_public_share, record.private_ratio = 0.4, 2.0
        record.exit_rounds, record.exit_quarters, record.exit_euros = 4, 20, 1e6
        park = Park("typical", lay_out(LayoutSettings("typical", gross_ha=0.45 * firms, firms=firms)))
        super().__init__(park, strategy, seed)


def draw_company(company: Company) -> AgentPortrayalStyle:
    """Return how a company looks on the map; one that wants to leave is a triangle."""
    leaves = company.plan in (records.MOVE_AWAY, records.MOVE_WITHIN)
    colour = BLUE if company.trust >= 0.5 else SKY if company.trust >= 0.3 else ORANGE
    # Mesa 3.5.1 draws agents with a zorder other than 1 nowhere.
    return AgentPortrayalStyle(
        color=colour, marker="^" if leaves else "o", size=10.0 + min(company.jobs, 150.0), edgecolors="black",
        linewidths=0.5, zorder=1)


def draw_layer(layer: object) -> PropertyLayerStyle | None:
    """Return how a layer of the grid looks, or None: not drawn."""
    return LAYER_STYLES.get(layer.name)  # type: ignore[attr-defined]


MODEL_PARAMETERS = {
    "approach": {"type": "Select", "value": "demand_driven", "values": list(records.APPROACHES), "label": "Approach"},
    "fte": {"type": "SliderFloat", "value": 2.0, "min": 0.0, "max": 10.0, "step": 0.5, "label": "Team (FTE)"},
    "budget": {"type": "SliderFloat", "value": 500.0, "min": 0.0, "max": 3000.0, "step": 100.0,
               "label": "Budget (thousand euros a year)"},
    **{role: {"type": "SliderFloat", "value": 1.0, "min": 0.0, "max": 4.0, "step": 0.25, "label": role.capitalize()}
       for role in records.ROLES},
    "firms": {"type": "SliderInt", "value": 60, "min": 20, "max": 150, "step": 10, "label": "Firms"},
    "seed": {"type": "SliderInt", "value": 1, "min": 0, "max": 100, "step": 1, "label": "Seed"},
}

COMPONENTS = [
    make_space_component(draw_company, propertylayer_portrayal=draw_layer),
    make_plot_component({"vitality": BLUE}),
    make_plot_component({"multiplier": ORANGE}),
    make_plot_component({"vacancy": ORANGE, "trust": BLUE}),
    make_plot_component({"open_opportunities": BLUE}),
]


@solara.component
def Page(firms: int = 60):
    """Show a park of its own to every visitor, with controls, map and plots."""
    park = solara.use_memo(lambda: AdjustablePark(firms=firms), [firms])
    SolaraViz(park, components=COMPONENTS, model_params=MODEL_PARAMETERS, name="Klaver: a business park")
