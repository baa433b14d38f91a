"""What changed, pushed to every open page: one server-sent event stream per page, one watcher for all of them.

Watched runs are looked at every 50 ms, all others every second while a page is open. The sweep over all others is also
what reads a root for the first time, a second at a time. A stream starts with the present
state of everything it watches, so a page that reconnects, also to a restarted server, misses nothing. What a slow page
has not taken yet is replaced by what is newer, never queued.
"""

import asyncio
import contextlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from belvedere.core.errors import BelvedereError
from belvedere.server.library import Library, RunName
from belvedere.server.schemas import RunChange, RunGrew, RunsChanged

WATCH_SECONDS = 0.05
SWEEP_SECONDS = 1.0
QUIET_SWEEP_SECONDS = 5.0  # nobody looks
BEHIND_SECONDS = 0.1  # runs are left that nobody has read yet; requests come in between
RUNS_SECONDS = 0.5  # a page gets `runs` at most this often
PULSE_SECONDS = 15.0  # a comment now and then, so that both ends notice a dead connection
STATE_SECONDS = 1.0  # a run can crash without its log growing
News = TypeVar("News", RunGrew, RunChange)


@dataclass(eq=False)
class Subscriber:
    """One open page: what it watches and what it was not told yet."""

    watched: frozenset[RunName]
    grew: dict[RunName, RunGrew] = field(default_factory=dict)
    changed: dict[RunName, RunChange] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """The watcher. Its methods but `_look` and `_sweep` run on the event loop."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.is_closing = False
        self._life = secrets.token_hex(4)  # event ids of another life of the server mean nothing to us
        self._number = 0
        self._subscribers: set[Subscriber] = set()
        self._watched: Counter[RunName] = Counter()
        self._looking = threading.Lock()
        self._grown: dict[RunName, RunGrew] = {}
        self._looked_at: dict[RunName, float] = {}
        self._known: dict[RunName, RunChange] = {}
        self._changed_at: dict[RunName, int] = {}
        self._arrived = asyncio.Event()

    async def watch(self) -> None:
        """Follow the watched runs until cancelled."""
        while True:
            if not self._watched:
                self._arrived.clear()
                await self._arrived.wait()
            for name in await asyncio.to_thread(self._look, list(self._watched)):
                self._tell_growth(name)
            await asyncio.sleep(WATCH_SECONDS)

    async def sweep(self) -> None:
        """Follow the run table until cancelled."""
        while True:
            with contextlib.suppress(BelvedereError, OSError):  # a page that asks gets the reason; later it may work
                self._tell_changes(await asyncio.to_thread(self.library.changes))
            if self.library.is_behind:
                await asyncio.sleep(BEHIND_SECONDS)
            else:
                await asyncio.sleep(SWEEP_SECONDS if self._subscribers else QUIET_SWEEP_SECONDS)

    def close(self) -> None:
        """End all streams; pages will knock again."""
        self.is_closing = True
        for subscriber in self._subscribers:
            subscriber.news.set()

    async def stream(self, names: Iterable[RunName], last_event_id: str, version: str) -> AsyncGenerator[bytes, None]:
        """The event stream of one page."""
        subscriber = Subscriber(frozenset(names))
        self._enter(subscriber)
        try:
            yield self._event("hello", msgspec.json.encode({"version": version}))
            for name in await asyncio.to_thread(self._look, list(subscriber.watched), True):
                self._tell_growth(name)  # to other pages too: whoever finds news takes them from the watcher
            subscriber.grew.update({n: grew for n in subscriber.watched if (grew := self._grown.get(n)) is not None})
            self._catch_up(subscriber, last_event_id)
            runs_sent = -RUNS_SECONDS
            while not self.is_closing:
                for grew in _drained(subscriber.grew):
                    yield self._event("run", msgspec.json.encode(grew))
                wait = PULSE_SECONDS
                if subscriber.changed:
                    wait = runs_sent + RUNS_SECONDS - time.monotonic()
                    if wait <= 0:
                        runs_sent, wait = time.monotonic(), PULSE_SECONDS
                        changed = RunsChanged(_drained(subscriber.changed))
                        yield self._event("runs", msgspec.json.encode(changed))
                if not await _news(subscriber, wait) and wait == PULSE_SECONDS:
                    yield b": still here\n\n"
        finally:
            self._leave(subscriber)

    # ---- who listens --------------------------------------------------------------------------------------------

    def _enter(self, subscriber: Subscriber) -> None:
        self._subscribers.add(subscriber)
        self._watched.update(subscriber.watched)
        self._arrived.set()

    def _leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        self._watched.subtract(subscriber.watched)
        for name in [name for name, count in self._watched.items() if count <= 0]:
            del self._watched[name]
            self._grown.pop(name, None)
            self._looked_at.pop(name, None)

    def _catch_up(self, subscriber: Subscriber, last_event_id: str) -> None:
        """Tell a returning page of every run that changed since it left; all runs, when it comes from another life."""
        life, _, number = last_event_id.partition("-")
        if not life:
            return
        since = int(number) if life == self._life and number.isdecimal() else 0
        for name, changed_at in self._changed_at.items():
            if changed_at > since or life != self._life:
                subscriber.changed[name] = self._known[name]

    # ---- what happened ------------------------------------------------------------------------------------------

    def _look(self, names: list[RunName], always: bool = False) -> list[RunName]:
        """In a thread: those of the runs that grew or changed state. All of them are looked at when `always`."""
        found = []
        for name in names:
            with self._looking:  # one run at a time: an older look must not replace what a newer one found
                if self._has_news(name, always):
                    found.append(name)
        return found

    def _has_news(self, name: RunName, always: bool) -> bool:
        size_bytes = self.library.log_bytes(name)
        before, now = self._grown.get(name), time.monotonic()
        is_due = now - self._looked_at.get(name, -STATE_SECONDS) >= STATE_SECONDS
        if before is not None and before.bytes == size_bytes and not is_due and not always:
            return False
        self._looked_at[name] = now
        grew = self.library.growth(name, size_bytes)
        if grew is None or grew == before:
            return False
        self._grown[name] = grew
        return True

    def _tell_growth(self, name: RunName) -> None:
        """Tell of the newest that was found, by whichever look."""
        grew = self._grown.get(name)
        if grew is None:  # nobody watches it any more
            return
        for subscriber in self._subscribers:
            if name in subscriber.watched:
                subscriber.grew[name] = grew
                subscriber.news.set()
        self._tell_changes([RunChange(grew.project, grew.id, grew.state, grew.steps, time.time())])

    def _tell_changes(self, changes: list[RunChange]) -> None:
        for change in changes:
            name = (change.project, change.id)
            self._known[name] = change
            self._number += 1
            self._changed_at[name] = self._number
            for subscriber in self._subscribers:
                subscriber.changed[name] = change
                subscriber.news.set()

    def _event(self, kind: str, data: bytes) -> bytes:
        return b"event: %s\nid: %s-%d\ndata: %s\n\n" % (kind.encode(), self._life.encode(), self._number, data)


def _drained(pending: dict[RunName, News]) -> list[News]:
    """All values, in order, leaving nothing behind."""
    values = list(pending.values())
    pending.clear()
    return values


async def _news(subscriber: Subscriber, wait_seconds: float) -> bool:
    """Whether there was news before the time was over."""
    try:
        await asyncio.wait_for(subscriber.news.wait(), wait_seconds)
    except asyncio.TimeoutError:  # the same as TimeoutError from Python 3.11 on
        return False
    subscriber.news.clear()
    return True
