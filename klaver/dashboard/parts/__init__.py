"""The parts that pages are built of, as the browser knows them: plain HTML with names, keyboard and focus in order.

Each is one Vue template in this folder with its arguments as properties; ``event_...`` arguments are called from the page
with plain values, which are not to be trusted. Texts come in as arguments. What a part does by itself (dragging, playing,
keeping four shares at 100%) happens in the page, so that it answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

Values = Mapping[str, Any]
Event = Callable[[Any], None]


@solara.component_vue("keeper.vue")
def Keeper(
    state: str = "", link: str = "", language: str = "nl", title: str = "", large: bool = False, ready: bool = False,
    announce: str = "", library: str = "[]", place: str = "", event_restored: Event | None = None,
    event_narrow: Event | None = None, event_library: Event | None = None,
) -> None:
    """Keep the session in the browser (address, tab, last session), and tell the page its language and title.

    Parameters
    ----------
    state, link
        The setting as JSON and as it stands in the address; kept when they change.
    large
        Letters for a presentation.
    ready
        Whether the state is that of this session yet: until then nothing is kept.
    announce
        Said to a screen reader when it changes.
    place
        Where the user is; the page goes to its top when it changes.
    event_restored
        Called once with ``{"tab": JSON or None, "last": JSON or None, "library": JSON or None, "search": str}``.
    library
        Versions as ``versions.to_browser`` writes them. What is new in it is added to those that the browser keeps for all its
        tabs, and what has gone is dropped there: tabs do not overwrite each other's.
    event_library
        Called with ``{"added": JSON, "dropped": dates}`` when another tab did so, with ``{"failed": True}`` where the browser
        cannot keep them.
    event_narrow
        Called with whether the page is as narrow as a phone's, at the start and when that changes.
    """


@solara.component_vue("top_bar.vue")
def TopBar(
    texts: Values, screens: Sequence[Values], current: str, language: str, can_undo: bool, can_redo: bool, large: bool,
    link: str = "", event_go: Event | None = None, event_act: Event | None = None,
) -> None:
    """The head of the page: where one can go, language, undo and redo, sharing; ``event_act`` gets the name of an act."""


@solara.component_vue("form.vue")
def Form(
    fields: Sequence[Values], label: str = "", arranged: str = "column", disabled: bool = False,
    event_change: Event | None = None,
) -> None:
    """A group of fields; ``event_change`` gets ``{"name", "value"}``.

    Parameters
    ----------
    fields
        Each with ``kind`` (``choice``, ``radio``, ``number``, ``range``, ``check``, ``text``, ``long``), ``name``, ``label``,
        ``value`` and, as the kind needs it, ``help``, ``min``, ``max``, ``step``, ``unit``, ``options``
        (``{"value", "label"}``), ``disabled``, ``problem`` (a sentence), ``shown`` (the value in words; for a range).
    label
        Of the group (its legend).
    arranged
        ``column``, ``row``, or ``pairs``: two beside each other, where there is room; a text takes the whole width.
    """


@solara.component_vue("buttons.vue")
def Buttons(items: Sequence[Values], label: str = "", event_press: Event | None = None) -> None:
    """A row of buttons, each ``{"name", "text"}`` with ``primary``, ``pressed`` (True or False), ``disabled``, ``help``."""


@solara.component_vue("picture.vue")
def PictureFrame(
    name: str, title: str, svg: str, description: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], texts: Values,
    busy: bool = False, note: str = "", threshold_name: str = "", level: int = 3, event_pick: Event | None = None,
    event_threshold: Event | None = None,
) -> None:
    """A picture with its title, text alternative, table and downloads; see :func:`klaver.dashboard.showing.show`."""


@solara.component_vue("mix.vue")
def MixSliders(
    roles: Sequence[Values], texts: Values, disabled: bool = False, event_mix: Event | None = None
) -> None:
    """Four shares that keep summing to 100: a slider, a number, a lock and a way back each.

    Parameters
    ----------
    roles
        Each ``{"name", "label", "about", "share", "start"}``: share, and the one to go back to, in whole percents.
    event_mix
        Called with the four shares (percents, summing to 100) while and after one moves.
    """


@solara.component_vue("time_slider.vue")
def TimeSlider(
    value: int, most: int, texts: Values, words: Sequence[str], step: int = 1, event_time: Event | None = None
) -> None:
    """A moment in time, with play and pause; ``words`` says each moment (index 0 to most)."""


@solara.component_vue("data_table.vue")
def DataTable(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], picks: Sequence[str] = (), chosen: str = "",
    numeric: Sequence[int] = (), event_pick: Event | None = None,
) -> None:
    """A table; with ``picks`` (one a row) the first cell of a row is a button that chooses it."""


@solara.component_vue("upload.vue")
def Upload(
    label: str, help: str, accept: str, most_bytes: int, too_large: str, event_file: Event | None = None, many: bool = False,
    most_files: int = 1, piece_bytes: int = 0, taken: str = "", event_piece: Event | None = None,
) -> None:
    """A file of the user: ``event_file`` gets ``{"name", "data"}``, data in base64.

    Parameters
    ----------
    most_bytes, most_files, too_large
        Of all files together, and the sentence where there is more.
    many
        Several files can be chosen. Then ``event_piece`` gets them in pieces of at most ``piece_bytes``, one after the other,
        as :class:`klaver.dashboard.maps_in.Intake` takes them.
    taken
        ``"batch file end"`` of the piece that was taken last: the page waits for it before it sends the next.
    """


@solara.component_vue("download.vue")
def Download(
    text: str, filename: str = "", kind: str = "text/plain", content: str = "", number: int = 0, busy: bool = False,
    primary: bool = False, printed: bool = False, event_ask: Event | None = None, event_saved: Event | None = None,
) -> None:
    """A button that asks for a file, which is saved when ``number`` goes up: ``content`` in base64.

    With ``printed`` a page of HTML is printed instead, as its own page. ``event_saved`` is called when the page has it: the
    content need not be kept any longer.
    """


@solara.component_vue("dialog.vue")
def Dialog(
    shown: bool, title: str, paragraphs: Sequence[str], buttons: Sequence[Values], event_press: Event | None = None
) -> None:
    """A dialog over the page; ``event_press`` gets the name of a button, or ``close``."""


@solara.component_vue("frames.vue")
def Frames(svg: str, count: int, texts: Values, seconds: float = 0.5) -> None:
    """Pictures shown one after the other: groups of one SVG with ``data-frame``; plays only when asked to where motion is
    to be reduced."""


@solara.component_vue("markup.vue")
def Markup(html: str, tag: str = "div", classes: str = "") -> None:
    """HTML of our own; whoever makes it has escaped what a user named."""


@solara.component_vue("share_link.vue")
def ShareLink(link: str, language: str, texts: Values) -> None:
    """The link that brings somebody else to the same setting, to be read and copied (``texts``: label, copy, copied, help)."""
