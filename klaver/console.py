"""Where the command line speaks: results on standard output, everything else on standard error.

With ``--json`` standard output holds the JSON and nothing else; with ``--quiet`` nothing but the result is said.
Progress is a bar with the time left on a terminal, and a plain line now and then elsewhere.
"""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from klaver.language import Language

_PATIENCE = 1.0  # seconds of work before anything is said about progress
_PAUSE = 5.0  # seconds between plain lines


WIDTH = 80  # characters of a terminal


def folded(text: str, indent: str = "") -> str:
    """Return text folded at the width of a terminal, every line but the first indented."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent)


class Speaker:
    """Speaks to one user.

    Parameters
    ----------
    say
        The language.
    json
        Standard output is for JSON: anything else goes to standard error.
    quiet
        Leave out whatever is not the result.
    """

    def __init__(self, say: Language, json: bool = False, quiet: bool = False) -> None:
        self.say, self.json, self.quiet = say, json, quiet

    def result(self, content: Any) -> None:
        """Show a result (text or something of rich) to the user; with ``--json`` it is left out."""
        if not self.json:
            self.console(sys.stdout).print(content, markup=False, highlight=False, soft_wrap=isinstance(content, str))

    def data(self, content: Any) -> None:
        """Write the JSON of a result, with ``--json`` only."""
        if self.json:
            from klaver.results import as_json

            sys.stdout.write(as_json(content) + "\n")

    def note(self, text: str) -> None:
        """Tell something beside the result, on standard error, unless ``--quiet``."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def remark(self, text: str) -> None:
        """Show a line that belongs to the result but is not one: left out with ``--json`` and ``--quiet``."""
        if not self.quiet:
            self.result(text)

    def console(self, stream: Any) -> Any:
        """Return a rich console on a stream, wide enough for a table when it is no terminal."""
        from rich.console import Console

        return Console(file=stream, width=None if stream.isatty() else 132)

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Give a function to call as ``report(done, total)``; shows a bar, or plain lines."""
        if self.quiet:
            yield lambda done, total: None
        elif sys.stderr.isatty():
            with _bar(self.console(sys.stderr), label) as report:
                yield report
        else:
            yield _Lines(self, label).report

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, *, numbers: bool = False
    ) -> Any:
        """Return a table; with ``numbers`` every column but the first is aligned to the right."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=Text(title) if title else None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 0 if numbers else 1),
            show_header=any(columns),
        )
        for position, column in enumerate(columns):
            side: Any = "right" if numbers and position else "left"
            table.add_column(Text(column), justify=side, overflow="fold", no_wrap=numbers)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        return table


@contextmanager
def _bar(console: Any, label: str) -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True),
        console=console, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Progress where there is no terminal: a line every few seconds."""

    def __init__(self, speaker: Speaker, label: str) -> None:
        self.speaker, self.label = speaker, label
        self.began = self.told = time.monotonic()
        self.first: tuple[float, int] | None = None

    def report(self, done: int, total: int) -> None:
        now = time.monotonic()
        # The first report comes after compiling, which says nothing about the speed of what follows.
        if self.first is None:
            self.first = (now, done)
        known = done > self.first[1]  # else there is nothing to reckon by yet
        if not known or now - self.began < _PATIENCE or now - self.told < _PAUSE or done >= total:
            return
        self.told = now
        began, before = self.first
        left = (now - began) / max(done - before, 1) * (total - done)
        say = self.speaker.say
        progress = say("compare.progress", done=say.number(done), total=say.number(total), left=say.time(left))
        self.speaker.note(f"{self.label}: {progress}")
