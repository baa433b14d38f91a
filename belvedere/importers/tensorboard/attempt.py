"""Lands what one event file says: one attempt of a run."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from belvedere.core.entries import Configured, FileSaved, Heartbeat, RunFinished, RunStarted, Stored
from belvedere.core.errors import BelvedereError, NameRefused, UnknownFormat
from belvedere.core.values import Keep
from belvedere.importers.source import Tell
from belvedere.importers.tensorboard.event_file import EventFile, Found
from belvedere.importers.tensorboard.events import Event, SummaryValue
from belvedere.importers.tensorboard.hparams import session
from belvedere.importers.tensorboard.meshes import meshes
from belvedere.importers.tensorboard.scalars import ScalarBlock
from belvedere.importers.tensorboard.summaries import key_of, stored
from belvedere.runlog import media
from belvedere.runlog.landing import Landing

SILENT_SECS = 900.0  # a file that has not grown for so long is over; nothing in it says so, but for
ENDED_SECS = 10.0  # one whose hyper-parameters say that the session ended
BEAT_SECS = 20.0  # while it is not, the run says now and then that it lives
COMMIT_BYTES = 32 << 20
LAYOUT_PLUGIN = "custom_scalars"


class EventFileAttempt:
    """The source of one event file (see importers/source.py)."""

    def __init__(self, path: Path, started: RunStarted, tell: Tell) -> None:
        self._path, self._started, self._tell = path, started, tell
        self._plugins: dict[str, str] = {}  # by tag, as first told: later values may leave it out
        self._file: EventFile | None = None
        self._beat = 0.0

    @property
    def where(self) -> Path:
        return self._path

    @property
    def started(self) -> RunStarted:
        return self._started

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        size, silent_secs = self._state()
        if size != position.get("size", -1):
            return True
        if position.get("over"):
            return False
        return _is_over(position, silent_secs) or time.monotonic() - self._beat > BEAT_SECS

    def bring(self, landing: Landing) -> bool:
        size, silent_secs = self._state()
        offset = int(str(landing.position.get("offset", 0)))
        if size < offset:
            raise UnknownFormat(f"an event file of {size} bytes, of which {offset} were read before; import it anew")
        if self._file is None or self._file.offset != offset:
            self._file = EventFile(self._path, offset)
        committed = offset
        with np.errstate(all="ignore"):  # numbers of damaged files may be anything
            while found := self._file.poll():
                self._land(found, landing)
                if found.offset - committed >= COMMIT_BYTES:
                    landing.commit(offset=found.offset, size=found.offset)
                    committed = found.offset
        for trouble in self._file.troubles:
            self._tell(trouble)
        self._file.troubles.clear()
        return self._close(landing, size, silent_secs)

    def leave(self, landing: Landing) -> None:
        _, silent_secs = self._state()
        landing.event(_end(landing.position, silent_secs))

    # ---- the end ------------------------------------------------------------------------------------------------

    def _close(self, landing: Landing, size: int, silent_secs: float) -> bool:
        """Commit, and say how the run ended when it has, or that it lives."""
        assert self._file is not None
        is_over = _is_over(landing.position, silent_secs)
        self._beat = time.monotonic()
        if is_over and not landing.position.get("over"):
            landing.event(_end(landing.position, silent_secs))
        elif not is_over:
            landing.event(Heartbeat(time.time() - silent_secs))
        landing.commit(offset=self._file.offset, size=size, over=is_over)
        return is_over

    def _state(self) -> tuple[int, float]:
        """Bytes of the file, and for how many seconds it has not grown."""
        found = os.stat(self._path)
        return found.st_size, time.time() - found.st_mtime

    # ---- entries ------------------------------------------------------------------------------------------------

    def _land(self, found: Found, landing: Landing) -> None:
        for block in found.blocks:
            self._land_block(block, landing)
        for event in found.events:
            self._land_event(event, landing)

    def _land_block(self, block: ScalarBlock, landing: Landing) -> None:
        try:
            landing.rows((block.tag or "untitled",), block.steps, block.times_us, block.values[:, None])
        except NameRefused as error:
            self._tell(f"{error} ({self._path})")

    def _land_event(self, event: Event, landing: Landing) -> None:
        if event.graph:
            self._land_file(event, landing, "graph.pb", event.graph)
        row: dict[str, Stored] = {}
        parts: list[SummaryValue] = []
        for value in event.values:
            plugin = value.metadata.plugin or self._plugins.get(value.tag, "")
            self._plugins.setdefault(value.tag, plugin)
            try:
                if plugin == "mesh":
                    parts.append(value)
                elif plugin == "hparams":
                    self._land_session(event, landing, value.metadata.content)
                elif plugin == LAYOUT_PLUGIN:
                    self._land_file(event, landing, "custom_scalars.pb", next(iter(value.strings()), b""))
                else:
                    row[key_of(value, plugin)] = stored(value, plugin, _keep_in(landing))
            except BelvedereError as error:
                self._tell(f"{value.tag!r} of step {event.step} was passed over: {error} ({self._path})")
        self._land_row(event, landing, row, parts)

    def _land_row(
        self, event: Event, landing: Landing, row: dict[str, Stored], parts: list[SummaryValue]
    ) -> None:  # fmt: skip
        try:
            row.update(meshes(parts, _keep_in(landing)))
            if row:
                landing.row(event.step, event.time_us, row)
        except BelvedereError as error:
            self._tell(f"values of step {event.step} were passed over: {error} ({self._path})")

    def _land_session(self, event: Event, landing: Landing, content: bytes) -> None:
        found = session(content)
        if found.config:
            landing.event(Configured(event.time_us / 1e6, found.config))
        if found.state:
            landing.position["state"] = found.state

    def _land_file(self, event: Event, landing: Landing, name: str, content: bytes) -> None:
        ref = media.keep(landing.folder, content, ".pb")
        landing.event(FileSaved(event.time_us / 1e6, name, ref.sha256, ref.size_bytes))


def _end(position: Mapping[str, Stored], silent_secs: float) -> RunFinished:
    return RunFinished(time.time() - silent_secs, str(position.get("state") or "finished"))


def _is_over(position: Mapping[str, Stored], silent_secs: float) -> bool:
    return silent_secs > (ENDED_SECS if position.get("state") else SILENT_SECS)


def _keep_in(landing: Landing) -> Keep:
    """Keeps large contents with the run."""

    def keep(content: bytes | Path, suffix: str) -> dict[str, Stored]:
        ref = media.keep(landing.folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}

    return keep
