"""Mesa's viewer on a park: the page is built, stepped and reset without an error."""

import math

import ipyvuetify
import pytest

solara = pytest.importorskip("solara", reason="the page needs klaver[dashboard]")

from matplotlib.figure import Figure  # noqa: E402
from mesa.visualization.mpl_space_drawing import draw_space  # noqa: E402

from sim import app, records  # noqa: E402


@pytest.fixture
def park():
    """A small park that the sliders could make."""
    return app.AdjustablePark(firms=20, seed=2)


def buttons_of(context) -> dict[str, object]:
    """Return the buttons of a page by their text."""
    return {str(button.children[-1]).strip(): button for button in context.find(ipyvuetify.Btn).widgets
            if button.children}


def test_the_page_is_built_steps_and_resets(monkeypatch):
    made = []
    monkeypatch.setattr(app.BusinessPark, "refresh", counting(app.BusinessPark.refresh, made))
    _, context = solara.render(solara.AppLayout(children=[app.Page(firms=20)]), handle_error=False)
    park = made[-1]
    assert park.quarter == 0 and len(park.companies) > 10
    buttons_of(context)["Step"].click()
    buttons_of(context)["Step"].click()
    assert park.quarter == 2 and made[-1] is park
    buttons_of(context)["Reset"].click()
    assert made[-1] is not park and made[-1].quarter == 0
    context.close()


def counting(method, made):
    """Return ``method``, noting the park that it was called on."""

    def noted(park):
        made.append(park)
        return method(park)

    return noted


def test_sliders_are_parameters_of_the_model(park):
    import inspect

    assert set(app.MODEL_PARAMETERS) == set(inspect.signature(app.AdjustablePark).parameters)
    for name, options in app.MODEL_PARAMETERS.items():
        assert inspect.signature(app.AdjustablePark).parameters[name].default == options["value"], name


def test_only_the_proportions_of_the_role_sliders_count():
    one = app.AdjustablePark(firms=20, regisseren=0.0, aanjagen=2.0, verbinden=2.0, ontzorgen=0.0)
    assert one.municipality.strategy.mix[0].tolist() == [0.0, 0.5, 0.5, 0.0]
    none = app.AdjustablePark(firms=20, regisseren=0.0, aanjagen=0.0, verbinden=0.0, ontzorgen=0.0)
    assert none.municipality.strategy.mix[0].tolist() == [0.25] * 4


def test_companies_and_layers_have_a_look(park):
    for company in park.companies:
        style = app.draw_company(company)
        assert style.marker in "o^" and style.size > 0 and not math.isnan(style.size)
    drawn = [layer for layer in park.grid._mesa_property_layers.values() if app.draw_layer(layer) is not None]
    assert {layer.name for layer in drawn} == set(app.LAYER_STYLES)
    assert park.municipality.approach_name in records.APPROACHES


def test_the_map_draws_every_company_and_the_range_of_quality(park):
    axes = Figure().add_subplot()
    draw_space(park.grid, app.draw_company, propertylayer_portrayal=app.draw_layer, ax=axes)
    assert sum(len(dots.get_offsets()) for dots in axes.collections if len(dots.get_sizes())) == len(park.companies)
    assert [image.get_clim() for image in axes.images] == [(1e-9, 1), (1e-9, 1)]
