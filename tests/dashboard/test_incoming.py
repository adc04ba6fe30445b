"""What a page may send to its widgets; without a browser."""

import pytest
from ipyvue import VueTemplateWidget
from ipywidgets import Widget

from klaver.dashboard.incoming import DEEPEST, MOST_VALUES, SHAPES, has_its_shape, is_plain, narrow_what_comes_in


@pytest.fixture
def narrowed(monkeypatch):
    """Put back afterwards what a notebook would let a page do."""
    monkeypatch.setattr(VueTemplateWidget.Events, "_handle_event", VueTemplateWidget.Events._handle_event)
    monkeypatch.setattr(Widget, "handle_comm_opened", Widget.__dict__["handle_comm_opened"])
    narrow_what_comes_in()


class Heard(VueTemplateWidget.VueTemplate):
    """A widget that hears one event."""

    template = "<p></p>"

    def vue_press(self, told):
        self.told = told


def send(content, buffers=()):
    """Return a widget after a page has sent it something."""
    widget = Heard()
    widget._handle_custom_msg(content, list(buffers))
    return widget


def test_an_event_comes_in(narrowed):
    assert send({"event": "press", "data": "pin"}).told == "pin"


def test_a_page_cannot_read_a_file(narrowed, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not for you", encoding="utf-8")
    widget = Heard()
    calls = (("__setattr__", ["template_file", str(secret)]), ("__init__", []))
    for name, arguments in calls:
        props = {"y": {"functionRef": name, "args": arguments}}
        widget._handle_custom_msg({"create_widget": ["types", "SimpleNamespace"], "id": "a", "props": props}, [])
    assert widget.template_file is None and "not for you" not in str(getattr(widget.template, "template", widget.template))


def test_a_page_cannot_call_what_it_likes(narrowed, tmp_path):
    target = tmp_path / "made"
    send({"create_widget": ["logging", "FileHandler"], "id": "a", "props": {"filename": str(target)}})
    send({"create_widget": ["logging", "basicConfig"], "id": "a", "props": {"filename": str(target), "force": True}})
    assert not target.exists()
    other = Heard()
    send({"update_ref": {"functionRef": "get_state"}, "id": other.model_id, "prop": "told"})
    assert not hasattr(other, "told")
    send({"event": "press", "data": "x", "destroy_widget": "a"})
    for event in ("nothing", "__init__", 3, None, ["press"], {}):
        assert not hasattr(send({"event": event, "data": "x"}), "told")


@pytest.mark.parametrize("content", [
    None, [], "press", 3, {"data": "x"}, {"event": "press"}, {"event": "press", "data": ["x"]}, {"event": "press", "data": 1},
])  # fmt: skip
def test_what_no_page_sends_changes_nothing(narrowed, content):
    assert not hasattr(send(content), "told")
    assert not hasattr(send({"event": "press", "data": "x"}, [b"x"]), "told")


def test_a_page_cannot_make_a_widget(narrowed):
    class Comm:
        closed = False

        def close(self):
            self.closed = True

    before, comm = len(Widget.widgets), Comm()
    state = {"_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0", "_model_name": "HTMLModel",
             "_view_module": "@jupyter-widgets/controls", "_view_module_version": "2.0.0",
             "_view_name": "HTMLView"}  # fmt: skip
    Widget.handle_comm_opened(comm, {"metadata": {"version": "2.1.0"}, "content": {"data": {"state": state}}, "buffers": []})
    assert comm.closed and len(Widget.widgets) == before


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def test_only_ordinary_values_of_an_ordinary_size_are_plain():
    assert is_plain({"name": "x", "value": ["a", 1, -2.5, None, False]}) and is_plain("x" * 4_000_000)
    assert is_plain(nested(DEEPEST - 1)) and not is_plain(nested(DEEPEST)) and not is_plain(nested(10_000))
    assert is_plain([0] * (MOST_VALUES - 1)) and not is_plain([0] * MOST_VALUES) and not is_plain({"a": [0] * MOST_VALUES})
    for number in (float("nan"), float("inf"), -float("inf"), 10**400, -(10**16), 1e16):
        assert not is_plain(number) and not is_plain({"value": [number]})
    assert not is_plain(b"x") and not is_plain({"value": (1, 2)})


@pytest.mark.parametrize(
    ("event", "right", "wrong"),
    [
        ("press", "pin", (None, 1, ["pin"], {"name": "pin"})), ("event_go", "/park", (["/park"], {}, 0)),
        ("change", {"name": "fte", "value": 2.5}, ("fte", [], {}, {"name": 1, "value": 1}, {"name": "fte", "value": [1]},
                                                   {"name": "fte", "value": {}}, {"value": 1})),
        ("mix", [25, 25, 25, 25], ("25", 25, {})), ("time", 4, (True, "4", 4.5, None)), ("threshold", 0.5, (True, "x", None)),
        ("narrow", True, (1, "true", None)), ("restored", {"search": ""}, (None, [], "x")),
    ],
)  # fmt: skip
def test_an_event_tells_what_its_part_tells(event, right, wrong):
    assert has_its_shape(event, right) and not any(has_its_shape(event, other) for other in wrong)


def test_every_event_of_a_part_has_a_shape_or_tells_nothing():
    import re
    from pathlib import Path

    from klaver.dashboard import parts

    events = set(re.findall(r"\bevent_(\w+): Event", Path(parts.__file__).read_text(encoding="utf-8")))
    assert events - SHAPES.keys() <= {"ask", "saved"} and len(events) > 10
