"""A real server in a process of its own, and a reader of its event stream."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


@dataclass
class Running:
    """A server that said where it is."""

    process: "subprocess.Popen[str]"
    url: str

    def stop(self, number: int) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def server(*words: str) -> Iterator[Running]:
    """`belvedere serve …`, ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "belvedere", "serve", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Belvedere: "), line + (process.stderr.read() if process.stderr and not line else "")
        yield Running(process, line.removeprefix("Belvedere: ").strip())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@dataclass
class Event:
    """One server-sent event."""

    kind: str
    id: str
    data: dict[str, Any]


@dataclass
class Watching:
    """Reads an event stream in a thread until it ends."""

    url: str
    watch: str
    last_event_id: str = ""
    events: list[Event] = field(default_factory=list)
    is_over: bool = False

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def wait_for(self, wanted: Callable[[Event], bool]) -> Event:
        """The first event that fits."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for event in list(self.events):
                if wanted(event):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"no such event among {self.events}")

    def _read(self) -> None:
        headers = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        address = f"{self.url}/api/events"
        try:
            with httpx.stream("GET", address, params={"watch": self.watch}, headers=headers, timeout=None) as answer:
                fields: dict[str, str] = {}
                for line in answer.iter_lines():
                    if line:
                        name, _, value = line.partition(": ")
                        fields[name] = value
                    elif "event" in fields:
                        self.events.append(Event(fields["event"], fields["id"], json.loads(fields["data"])))
                        fields = {}
        except httpx.HTTPError:
            pass  # the server went away: what the tests are about
        self.is_over = True
