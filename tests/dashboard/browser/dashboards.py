"""What a test in a browser needs: a Chromium, and a dashboard as a user starts it, in a process of its own at a free port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

PATIENCE = 120.0
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]


def find_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    named = os.environ.get("KLAVER_CHROMIUM")
    if named:
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        found = own if Path(own).exists() else None
    return found


def free_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dashboard:
    """``klaver dashboard``, running.

    Parameters
    ----------
    log
        File for what it prints.
    port
        Where it listens.
    more
        Added to its environment.
    """

    def __init__(self, log: Path, port: int | None = None, **more: str) -> None:
        self.log, self.port = log, port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._more = more
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._file = self.log.open("ab")
        command = "from klaver.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "dashboard", "--no-open", "--port", str(self.port)],
            stdout=self._file, stderr=subprocess.STDOUT, env={**os.environ, **self._more}, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.address}/", timeout=10):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the dashboard did not start:\n{self.told()}")

    def stop(self) -> None:
        """Stop it as Ctrl-C does, or the hard way if it does not listen."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self._file.close()

    def told(self) -> str:
        """Return what it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")
