"""Which runs lie under a root, and the row of each: kept fresh in slices, newest runs first, so that nobody has to wait
for all of them.

What the disk looks like is compared with what was indexed: one look at a run that ended in order, the sizes of its logs
for any other. What is known can be read at any time, also while another thread refreshes it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from belvedere.runlog import layout
from belvedere.runlog.layout import RunFolder
from belvedere.store.catalog import Catalog, Indexed, RunKey
from belvedere.store.engine import newest_first
from belvedere.store.filters import Condition
from belvedere.store.records import RunRow

SLICE_SECONDS = 0.2  # so much is read between two entries into the catalogue
DIRECT_RUNS, DIRECT_BYTES = 64, 256 << 10  # reading so little is sooner done than opening a database (0.2 s)
CHEAP_SECONDS = 0.02  # a look at the disk that takes less is done for every question
REST = 10.0  # any other is believed for ten times as long as it took


@dataclass(frozen=True)
class Changed:
    """A run that looks different from what was indexed. log_time: ns since 1970."""

    folder: RunFolder
    log_time: int


class RunIndex:
    """The run table of a root. `describe` reads the row of one run."""

    def __init__(self, root: Path, describe: Callable[[RunFolder], RunRow]) -> None:
        self.root = root
        self.is_complete = False  # as of the last look
        self._describe = describe
        self._refreshing = Lock()
        self._catalog: Catalog | None = None
        self._known: dict[RunKey, Indexed] = {}  # the catalogue's own, once that is open
        self._rows: list[RunRow] = []  # newest first; replaced as a whole, never changed
        self._look_due = 0.0

    # ---- asking -------------------------------------------------------------------------------------------------

    def rows(self, condition: Condition | None, project: str | None) -> list[RunRow]:
        """The runs known by now that fulfil a condition, newest first."""
        if condition is not None:
            names = self._opened().select(condition, project)
            return newest_first([found.row for name in names if (found := self._known.get(name)) is not None])
        rows = self._rows
        return list(rows) if project is None else [row for row in rows if row.project == project]

    def refresh(self) -> None:
        """Take in everything that changed."""
        with self._refreshing:
            self._refresh(None)

    def refresh_within(self, patience_secs: float) -> None:
        """Take in what changed, as far as the time allows; the newest runs come first. A look that costs something is
        not repeated at once."""
        deadline = time.monotonic() + patience_secs
        if time.monotonic() < self._look_due or not self._refreshing.acquire(timeout=patience_secs):
            return
        try:
            if time.monotonic() >= self._look_due:  # nobody else just did
                self._refresh(deadline)
        finally:
            self._refreshing.release()

    def close(self) -> None:
        """Let go of the catalogue; what was known is looked up again when asked for."""
        with self._refreshing:
            if self._catalog is not None:
                self._catalog.close()
            self._catalog, self._known, self._rows, self._look_due = None, {}, [], 0.0

    # ---- refreshing, one thread at a time -----------------------------------------------------------------------

    def _refresh(self, deadline: float | None) -> None:
        began = time.monotonic()
        changed = self._look()
        took = time.monotonic() - began
        while changed and (deadline is None or time.monotonic() < deadline):
            self._take_slice(changed)
        self.is_complete = not changed
        self._look_due = time.monotonic() + took * REST if took > CHEAP_SECONDS and self.is_complete else 0.0

    def _look(self) -> list[Changed]:
        """What changed, newest last."""
        there = {(project, run_id): log_time for project, run_id, log_time in layout.log_times(self.root)}
        changed = self._compared(there)
        if self._catalog is None and not _is_little(changed):
            self._open()
            changed = self._compared(there)
        gone = [name for name in self._known if name not in there]
        if gone:
            self._forget(gone)
        return sorted(changed, key=lambda one: (one.log_time, one.folder.project, one.folder.run_id))

    def _compared(self, there: dict[RunKey, int]) -> list[Changed]:
        found = []
        for name, log_time in there.items():
            before = self._known.get(name)
            if before is not None and before.row.state == "finished" and before.stamp == str(log_time):
                continue
            one = Changed(RunFolder(self.root, *name), log_time)
            if before is None or before.row.state == "running" or before.stamp != _sized(one)[0]:
                found.append(one)
        return found

    def _take_slice(self, changed: list[Changed]) -> None:
        """Index as many as a slice of time allows, at least one, from the end of the list."""
        until = time.monotonic() + SLICE_SECONDS
        news: list[Indexed] = []
        is_over = False
        while changed and not is_over:
            one = changed.pop()
            stamp, _ = _sized(one)  # before reading: what grows meanwhile is seen at the next look
            row = self._describe(one.folder)
            now = Indexed(row, str(one.log_time) if row.state == "finished" else stamp)
            before = self._known.get((row.project, row.id))
            if before is None or before.stamp != now.stamp or before.row != row:
                news.append(now)
            is_over = time.monotonic() >= until
        if news:
            self._put(news)

    def _put(self, news: list[Indexed]) -> None:
        if self._catalog is None:
            self._known.update(((one.row.project, one.row.id), one) for one in news)
        else:
            self._catalog.put(news)
        self._publish()

    def _forget(self, gone: list[RunKey]) -> None:
        if self._catalog is None:
            for name in gone:
                del self._known[name]
        else:
            self._catalog.forget(gone)
        self._publish()

    def _publish(self) -> None:
        self._rows = newest_first([one.row for one in self._known.values()])

    # ---- the catalogue ------------------------------------------------------------------------------------------

    def _opened(self) -> Catalog:
        """The catalogue, which a filter always needs."""
        found = self._catalog
        if found is None:
            with self._refreshing:
                found = self._catalog
                if found is None:
                    found = self._open()
                    self._look()  # it may know runs that are gone
        return found

    def _open(self) -> Catalog:
        catalog = Catalog(layout.catalogue(self.root))
        catalog.put(self._known.values())
        self._catalog, self._known = catalog, catalog.known
        self._publish()
        return catalog


def _is_little(changed: list[Changed]) -> bool:
    return len(changed) <= DIRECT_RUNS and sum(_sized(one)[1] for one in changed) <= DIRECT_BYTES


def _sized(one: Changed) -> tuple[str, int]:
    """What the logs of a run look like, as one text, and their bytes."""
    try:
        sizes = layout.log_sizes(one.folder)
    except OSError as error:
        return f"unreadable {error.errno}", 0
    marks = (str(one.log_time), *(f"{name}:{size}" for name, size in sizes))
    return " ".join(marks), sum(size for _, size in sizes)
