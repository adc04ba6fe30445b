"""Processes that read the maps of strangers: each within a time and with a folder of its own, two at once for all sessions."""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

from klaver.dashboard.maps_in import Choices, Outcome, read_outcome
from klaver.dashboard.refusals import printable_line
from klaver.importing.reading.held_files import KINDS

COMMAND = (sys.executable, "-P", "-m", "klaver.dashboard.maps_child")
SECONDS = 60.0
"""A reading may take, from its start."""
MOST_AT_ONCE = 2
MOST_ANSWER = 40_000_000
"""Characters of what a child says in a line."""
_MOST_LINES = 50
_STEPS = ("reading", "gridding", "matching", "assembling", "reporting")

_log = logging.getLogger("klaver.dashboard")
_turns = threading.Condition()
_under_way: set[Reading] = set()


class Reading:
    """One import, from its start to what came of it, in a thread of its own.

    Parameters
    ----------
    files
        Gives safe names and contents when its turn comes; None where the files are not there any more.
    choices
        What the user says of them.
    tell
        Called from another thread when there is something new.
    key
        Of an earlier reading of the same files: codes stay the same.
    command
        That reads.
    seconds
        It may take.

    Attributes
    ----------
    step
        ``"waiting"``, ``"starting"``, a stage of the import (``"reading"``, ``"gridding"``, ``"matching"``,
        ``"assembling"``, ``"reporting"``), or ``"checking"``.
    outcome
        None as long as it is under way, and for ever where it was cancelled.
    process
        Id of the child; None while there is none.
    """

    def __init__(
        self, files: Callable[[], Mapping[str, bytes | bytearray] | None], choices: Choices, tell: Callable[[], None], *,
        key: bytes | None = None, command: Sequence[str] = COMMAND, seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        self.choices, self.step = choices, "waiting"
        self.outcome: Outcome | None = None
        self._files, self._tell, self._key = files, tell, key
        self._command, self._seconds = tuple(command), seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = self._late = False
        self._thread = threading.Thread(target=self._work, name="maps", daemon=True)

    def start(self) -> None:
        """Begin. Not at once when it is made: whoever is told of it must know it by then."""
        self._thread.start()

    @property
    def process(self) -> int | None:
        """Id of the child process."""
        child = self._child
        return child.pid if child is not None and child.returncode is None else None

    @property
    def known_key(self) -> bytes | None:
        """Which code is who, of this reading or of the one before: with it everybody keeps their code."""
        return self.outcome.key if self.outcome is not None and self.outcome.key is not None else self._key

    def cancel(self) -> None:
        """End it at once; nothing comes of it."""
        self._cancelled = True
        with _turns:
            _turns.notify_all()
        self._kill()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is over and everything of it is gone."""
        self._thread.join(seconds)

    # --- inside its thread ---

    def _work(self) -> None:
        outcome: Outcome | None = None
        try:
            with self._turn() as mine:
                if mine:
                    self._at("starting")
                    files = self._files()
                    outcome = Outcome(trouble="gone") if files is None else self._read(files)
        except Exception:  # a full disk and the like; the log has the cause
            _log.exception("files could not be read")
            outcome = Outcome(trouble="failed")
        if not self._cancelled:
            self.outcome = outcome
            self._tell()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Wait for a turn; gives whether there is one, and not a cancel."""
        with _turns:
            _turns.wait_for(lambda: self._cancelled or len(_under_way) < MOST_AT_ONCE)
            if not self._cancelled:
                _under_way.add(self)
        try:
            yield not self._cancelled
        finally:
            with _turns:
                _under_way.discard(self)
                _turns.notify_all()

    def _at(self, step: str) -> None:
        self.step = step
        if not self._cancelled:
            self._tell()

    def _read(self, files: Mapping[str, bytes | bytearray]) -> Outcome | None:
        with tempfile.TemporaryDirectory(prefix="klaver-maps-") as name:
            end_all_at_exit()  # after the folder: at the end of the server the child goes before the folder does
            folder = Path(name)
            asked = self._put_down(files, folder)
            with open(folder / "errors", "w+b") as errors:
                timer = threading.Timer(self._seconds, self._be_late)
                try:
                    child = self._start(folder, errors)
                    if child is None:
                        return None
                    timer.start()
                    answer = self._talk(child, json.dumps(asked))
                finally:
                    timer.cancel()
                    self._end()
                return None if self._cancelled else self._judge(child.returncode, answer, errors)

    def _put_down(self, files: Mapping[str, bytes | bytearray], folder: Path) -> dict[str, Any]:
        """Write the files into a folder, and return what the child is asked."""
        place = folder / "files" / called_after(list(files))  # what a park is called where the files do not say
        place.mkdir(parents=True)
        (folder / "own").mkdir()
        for name, data in files.items():
            with open(place / name, "xb") as file:
                file.write(data)
        alone = place / next(iter(files)) if len(files) == 1 else place
        mapping = next((name for name in files if alone is place and name.lower().endswith(".toml")), None)
        return {"parent": os.getpid(), "folder": str(folder), "place": str(alone),
                "mapping": str(place / mapping) if mapping else None,
                "cell": self.choices.cell, "complete": self.choices.complete, "motorway": self.choices.motorway,
                "codes": self.choices.codes,
                "key": self._key.decode() if self._key is not None and self.choices.codes else None}  # fmt: skip

    def _start(self, folder: Path, errors: IO[bytes]) -> subprocess.Popen[str] | None:
        """Start the child, unless there was a cancel."""
        from analysis.engines import ONE_THREAD

        own = str(folder / "own")
        # Its temporary files go where ours are, so that they go too when it is killed; fewer arenas, so that its limit
        # is on what it uses.
        more = {"TMPDIR": own, "TEMP": own, "TMP": own, "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system",
                "PROJ_NETWORK": "OFF", "PYTHONIOENCODING": "utf-8"}  # fmt: skip
        with self._lock:
            if self._cancelled:
                return None
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8", errors="replace",
                env={**os.environ, **ONE_THREAD, **more}, start_new_session=os.name == "posix",
            )  # fmt: skip
            return self._child

    def _talk(self, child: subprocess.Popen[str], asked: str) -> Any:
        """Ask the child, follow its steps, and return its answer; None where it gives none."""
        assert child.stdin is not None and child.stdout is not None
        with suppress(OSError):  # it may have ended before it heard
            child.stdin.write(asked)
            child.stdin.close()
        for _ in range(_MOST_LINES):
            line = child.stdout.readline(MOST_ANSWER)
            try:
                said = json.loads(line) if line.endswith("\n") else None
            except (ValueError, RecursionError):
                return None
            if not isinstance(said, dict):
                return None
            if "done" in said:
                return said["done"]
            if said.get("step") in _STEPS:
                self._at(said["step"])
        return None

    def _judge(self, code: int | None, answer: Any, errors: IO[bytes]) -> Outcome:
        """Return what came of it."""
        if isinstance(answer, dict):
            self._at("checking")
            outcome = read_outcome(answer)
        elif self._late or code == -getattr(signal, "SIGXCPU", 0):
            outcome = Outcome(trouble="time")
        else:
            killed = code in (-getattr(signal, "SIGKILL", 0), -signal.SIGABRT)  # short of memory, by the system or by itself
            outcome = Outcome(trouble="memory" if killed else "died")
        if outcome.trouble:
            errors.seek(0, os.SEEK_END)
            errors.seek(max(0, errors.tell() - 2_000))
            said = errors.read().decode(errors="replace").replace("\n", " | ")
            _log.warning("an import ended with %s (%s): %s", outcome.trouble, code, printable_line(said, 2_000))
        return outcome

    # --- its end ---

    def _be_late(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        with self._lock:
            child = self._child
            if child is None or child.returncode is not None:
                return
            with suppress(OSError):
                if os.name == "posix":
                    os.killpg(child.pid, signal.SIGKILL)  # a session of its own, with whatever it started
                else:
                    child.kill()

    def _end(self) -> None:
        """See to it that the child is gone."""
        child = self._child
        if child is None:
            return
        with suppress(subprocess.TimeoutExpired):
            child.wait(2.0)
        self._kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def called_after(names: Sequence[str]) -> str:
    """Return how files are called together: what their names begin with, or else after the first that can be read by itself.

    >>> called_after(["hoek_kavels.gpkg", "hoek_bedrijven.csv"]), called_after(["lees.pdf", "kavels.gpkg", "lijst.csv"])
    ('hoek', 'kavels')
    """
    stems = [Path(name).stem for name in names]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    together = "".join(letters[0] for letters in alike).strip("_-. ")
    first = next((name for name in names if Path(name).suffix.lower() in (*KINDS, ".zip")), names[0])
    return together if len(together) > 3 else Path(first).stem


@cache
def end_all_at_exit() -> None:
    """Let no child outlive the server."""
    atexit.register(_end_all)


def _end_all() -> None:
    for reading in list(_under_way):
        reading.cancel()
        reading.wait(5.0)
