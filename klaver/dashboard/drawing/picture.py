"""A picture with all that goes with it: its title, its text alternative, and the table of what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Picture:
    """A drawing as the page shows it.

    Attributes
    ----------
    name
        Of the files it is downloaded as; letters, digits and underscores.
    title
        What it shows, in a few words.
    description
        The text alternative: what there is to see, with the numbers that matter, in a sentence or two. Plain text.
    svg
        One ``<svg>`` element without a size of its own (a ``viewBox`` only) that needs nothing else: colours and letters are
        attributes, so that it looks the same when it is saved. Elements with ``data-pick`` can be chosen.
    table
        What is drawn, a row a mark; columns are named in the language of the picture, numbers are numbers.
    """

    name: str
    title: str
    description: str
    svg: str
    table: pd.DataFrame
