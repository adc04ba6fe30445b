"""The bell: tells pages that there is more to draw, from threads of its own.

Not too often each, not too often all together, always at the end; and a page that takes its time holds up no other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

TELL_SECONDS = 0.4  # from one word to the next that there is more: drawing takes what the runs could have
ALL_TELL_SECONDS = 0.05  # the same, over all sessions together: every page that draws takes its time of one interpreter
_NEVER = float("inf")

_log = logging.getLogger(__name__)


@dataclass
class _Rope:
    """Whom to tell about one thing, and when."""

    one: Any
    tell: Callable[[], None]
    not_before: float
    due: float = _NEVER
    last: bool = False
    rings: bool = False


class Bell:
    """Tells about fillings and calls; each is known by being itself."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hung: dict[int, _Rope] = {}
        self._closed = False
        self._ringers = ThreadPoolExecutor(4, "klaver-tell")
        self._thread = threading.Thread(target=self._work, name="klaver-bell", daemon=True)
        self._thread.start()

    def hang(self, one: Any, tell: Callable[[], None], not_before: float) -> None:
        """Note whom to tell about a filling or a call."""
        with self._changed:
            self._hung[id(one)] = _Rope(one, tell, not_before)

    def ring(self, one: Any, *, now: bool = False, last: bool = False) -> None:
        """Have it told, as soon as it may be; at once where this is the first picture, or the end."""
        with self._changed:
            rope = self._hung.get(id(one))
            if rope is not None:
                rope.due = 0.0 if now or last else min(rope.due, rope.not_before)
                rope.last |= last
                self._changed.notify()

    def take_down(self, one: Any) -> None:
        """Tell no more about it."""
        with self._changed:
            self._hung.pop(id(one), None)

    def close(self) -> None:
        """Tell nobody any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._ringers.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(self._ring_due())

    def _ring_due(self) -> float | None:
        """Have told what is due; return how long it is until the next, in seconds, or None if there is none."""
        now = time.monotonic()
        waiting = [rope for rope in self._hung.values() if not rope.rings]
        for rope in waiting:
            if rope.due <= now:
                pause = max(TELL_SECONDS, ALL_TELL_SECONDS * len(self._hung))
                rope.due, rope.not_before, rope.rings = _NEVER, now + pause, True
                self._ringers.submit(self._tell, rope)
        nearest = min((rope.due for rope in waiting), default=_NEVER)
        return None if nearest == _NEVER else max(0.0, nearest - now)

    def _tell(self, rope: _Rope) -> None:
        with self._changed:
            hangs = self._hung.get(id(rope.one)) is rope
            last = rope.last
        try:
            if hangs:
                rope.tell()
        except Exception:
            _log.exception("telling that there is more")
        with self._changed:
            rope.rings = False
            if last:
                self._hung.pop(id(rope.one), None)
            self._changed.notify()
