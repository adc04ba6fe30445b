"""What the server keeps of what was calculated, within a limit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class Kept:
    """What was calculated, by key; what was not used for longest goes first.

    Parameters
    ----------
    most
        Bytes that it may take together.

    Attributes
    ----------
    bytes
        That it takes, as it was told.
    """

    def __init__(self, most: int) -> None:
        self._most, self.bytes = most, 0
        self._there: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def get(self, key: str) -> Any:
        """Return what is kept under a key; None where there is nothing."""
        if key not in self._there:
            return None
        self._there.move_to_end(key)
        return self._there[key][0]

    def put(self, key: str, thing: Any, size: int) -> None:
        """Keep a thing of so many bytes; one that is larger than all that may be kept is not."""
        if key in self._there:
            self.bytes -= self._there.pop(key)[1]
        self._there[key] = (thing, size)
        self.bytes += size
        while self.bytes > self._most:
            self.bytes -= self._there.popitem(last=False)[1][1]
