"""One attempt of a run, taken in line by line: the rows of its history and of its system metrics, and its console.

How far each stream has come is counted in lines and kept in the log (`Landing.position`): a line below it is a repeat,
a gap is no reason to wait. A run that is sent from its file once more is compared with what the log holds instead,
since the numbers of its lines may be others.
"""

import errno
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from belvedere.core.entries import Alerted, RunFinished, RunStarted, Stored
from belvedere.core.errors import BelvedereError
from belvedere.importers.wandb.jsons import loads
from belvedere.importers.wandb.rows import LandedRow, history_row, system_row
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from belvedere.wandb_protocol.console import Lines
from belvedere.wandb_protocol.held import Held, held_by

LATE_SECS = 120.0  # an end that is told so long after the last line is told late
log = logging.getLogger(__name__)


class Intake:
    """The log of one attempt. Not thread-safe.

    step: the highest of its rows · heard_us: when its newest line was made, µs since 1970, 0 before there is one ·
    last: the last value logged under each key · new_paths: paths of nested keys, for others to write down · ending:
    state and exit code · is_imported: an import brought the same rows before."""

    def __init__(self, folder: RunFolder, started: RunStarted) -> None:
        self.folder, self.started = folder, started
        self.landing = Landing(folder, started, on_trouble=log.warning)
        position = self.landing.position
        self.history, self.system = _whole(position.get("history")), _whole(position.get("system"))
        self.step = _whole(position.get("step"), -1)
        self.heard_us = self._whole_us = _whole(position.get("heard_us"))
        self.console = Lines(_whole(position.get("console")), position.get("unwritten"))
        self.is_replay = position.get("replay") is True
        self.is_late = position.get("late") is True
        self.is_imported = position.get("imported") is True
        ending = position.get("ending")
        self.ending = (str(ending[0]), _whole(ending[1])) if isinstance(ending, list | tuple) else None
        self.last: dict[str, Stored] = {}
        self.new_paths: dict[str, list[str]] = {}
        self.alerts: list[Alerted] = []  # told while rows that were logged before them are still on their way
        self._held: Held | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing with a time of its own has come yet."""
        return not (self.history or self.system or self.console.count)

    @property
    def is_there(self) -> bool:
        """False when its folder was deleted."""
        return self.folder.writer(self.started.writer_id).is_dir()

    @property
    def held(self) -> Held:
        """What the log holds; read once, then kept along."""
        if self._held is None:
            self._held = held_by(self.folder, self.started.writer_id)
        return self._held

    def restarted(self, started: RunStarted) -> None:
        """The attempt is known better: from here on its log says this about its start."""
        if self.landing.dropped_rows:
            raise OSError(errno.ENOSPC, "the disk refused a part of the log")
        self.landing.close()
        self.started = started
        self.landing = Landing(self.folder, started, on_trouble=log.warning)

    def begins_at(self, seconds: float) -> None:
        """It began at this time at the latest: before we heard of it, when its file was sent later."""
        if seconds < self.started.time:
            self.is_late = True
            self.restarted(replace(self.started, time=seconds))

    # ---- lines --------------------------------------------------------------------------------------------------

    def take_history(self, offset: int, lines: Sequence[str]) -> int:
        """Rows of the history, the first of them being line `offset`; how many could not be kept."""
        refused, rows = 0, list[LandedRow]()
        skipped = 0 if self.is_replay else max(0, self.history - offset)
        for line in lines[skipped:]:
            row = _row(line)
            if row is None:
                refused += 1
                continue
            landed = history_row(row, step=self.step + 1, time_us=self._now_us)
            if self.is_replay and (landed.step, landed.time_us) in self.held.rows:
                continue
            refused += not self._land(landed)
            if self.alerts:
                rows.append(landed)
        self._place_alerts(rows)
        self.history = max(self.history, offset + len(lines))
        return refused

    def take_system(self, offset: int, lines: Sequence[str]) -> int:
        """Rows of system metrics; they stand at the step that the history has come to."""
        refused = 0
        skipped = 0 if self.is_replay else max(0, self.system - offset)
        for line in lines[skipped:]:
            row = _row(line)
            if row is None:
                refused += 1
                continue
            time_us, values = system_row(row, time_us=self._now_us)
            if self.is_replay and time_us in self.held.system:
                continue
            refused += not self._row(max(0, self.step), time_us, values)
            if self._held is not None:
                self._held.system.add(time_us)
        self.system = max(self.system, offset + len(lines))
        return refused

    def take_console(self, offset: int, lines: Sequence[str], now: float) -> None:
        """Lines of the console. Those of a file that is sent later tell when they were sent, which helps nobody: they
        go with the rows that came before this post."""
        before = (self._whole_us or round(self.started.time * 1e6)) / 1e6
        for line in self.console.take(offset, lines, now, before):
            self.landing.event(replace(line, time=before) if self.is_late else line)

    def rest(self) -> None:
        """Write the lines of the console that were left as they are."""
        for line in self.console.rested():
            self.landing.event(line)

    def finish(self, state: str, exit_code: int, now: float) -> None:
        """The attempt is over. One that is sent from its file ended when its last line came."""
        self.rest()
        if self.ending is not None and self.ending in ((state, exit_code), ("stopped", exit_code)):
            return  # told again
        last = self.heard_us / 1e6
        ended = last if last and now - last > LATE_SECS else now
        self.landing.event(RunFinished(ended, state, exit_code))
        self.ending = (state, exit_code)

    def crash(self) -> None:
        """Another attempt has taken its place, and it never told how it ended. Should it still live, its end counts."""
        if self.ending is None and not self.is_empty:
            self.rest()
            self.landing.event(RunFinished(self._now_us / 1e6, "crashed"))

    def commit(self) -> None:
        """All that was brought is whole."""
        self.landing.commit(**self._position())
        self._whole_us = self.heard_us

    def remember(self, **position: Stored) -> None:
        """Say where it stands, and more; a post that was cut off in the middle is still waited for."""
        self.landing.remember(**self._position(), **position)

    def close(self) -> None:
        """Close the log."""
        self.landing.close()

    # ---- rows ---------------------------------------------------------------------------------------------------

    def _land(self, landed: LandedRow) -> bool:
        if landed.nested:
            self.new_paths.update(landed.nested)
        self.step = max(self.step, landed.step)
        self.last.update(landed.values)
        if self._held is not None:
            self._held.rows.add((landed.step, landed.time_us))
        return self._row(landed.step, landed.time_us, landed.values)

    def _place_alerts(self, landed: Sequence[LandedRow]) -> None:
        """An alert comes at once, and rows seconds later: it stands at the last of those that were logged before it."""
        waiting, self.alerts = self.alerts, []
        for alert in waiting:
            before = [row.step for row in landed if row.time_us <= alert.time * 1e6]
            placed = replace(alert, step=max(before, default=0))
            if placed.step > alert.step:
                self.landing.event(placed)
            if len(before) == len(landed):  # the next rows may come from before it, too
                self.alerts.append(max(alert, placed, key=lambda one: one.step))

    def _row(self, step: int, time_us: int, values: Mapping[str, Stored]) -> bool:
        """One row; one that no log can hold, for its size say, in pieces. False when a value of it is lost."""
        if not values:
            return True
        self._heard(time_us)
        try:
            self.landing.row(step, time_us, values)
        except BelvedereError:
            if len(values) == 1:
                return False
            items = list(values.items())
            half = len(items) // 2
            is_first_whole = self._row(step, time_us, dict(items[:half]))
            return self._row(step, time_us, dict(items[half:])) and is_first_whole
        return True

    def _heard(self, time_us: int) -> None:
        self.heard_us = max(self.heard_us, time_us)

    def _position(self) -> dict[str, Stored]:
        return {
            "history": self.history, "system": self.system, "console": self.console.count, "step": self.step,
            "heard_us": self.heard_us, "unwritten": self.console.open, "replay": self.is_replay,
            "late": self.is_late, "imported": self.is_imported, "ending": self.ending,
        }  # fmt: skip

    @property
    def _now_us(self) -> int:
        """The time of what does not tell its own."""
        return self.heard_us or round(self.started.time * 1e6)


def _row(line: str) -> dict[str, Stored] | None:
    """A line of a history as a row; None when it is none."""
    try:
        found = loads(line)
    except BelvedereError:
        return None
    return found if isinstance(found, dict) else None  # type: ignore[return-value]


def _whole(value: Stored, otherwise: int = 0) -> int:
    return value if type(value) is int else otherwise
