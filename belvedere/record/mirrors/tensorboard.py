"""`bv.init(mirror="tensorboard")`: what is recorded also goes to event files, which TensorBoard shows.

    mirror="tensorboard"        into the run's own folder: tensorboard --logdir ROOT
    mirror="tensorboard:runs"   into runs/NAME-ID

The files need no TensorBoard and no TensorFlow to be written. TensorBoard keeps scalars as float32.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from belvedere.core.entries import (
    Alerted,
    Configured,
    Event,
    Logged,
    RunFinished,
    RunStarted,
    StageChanged,
    Stored,
    VectorLogged,
)  # fmt: skip
from belvedere.core.errors import UsageError
from belvedere.core.names import FOLDER_NAME
from belvedere.core.values import Histogram
from belvedere.record.mirrors import event_values
from belvedere.record.mirrors.event_file import EventFile
from belvedere.record.mirrors.mirror import MirrorSource

COMPONENTS_MAX = 64  # of a vector that becomes a scalar each; longer ones become a histogram
FINISHED = ("finished", "stopped")


def open_mirror(source: MirrorSource) -> "EventFileMirror":
    """Begin an event file; UsageError when its folder cannot be written."""
    folder = Path(source.target) / _run_name(source) if source.target else source.folder.event_files
    return EventFileMirror(folder, source.started, lambda record: source.content(record).read_bytes(), _print)


class EventFileMirror:
    """A run as one event file. `not_shown` counts the values, by kind, that TensorBoard has no place for."""

    def __init__(
        self, folder: Path, started: RunStarted, content: event_values.Content,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        """`content` reads the file of a record; `tell` hears at the end what was not shown. UsageError when the folder
        cannot be written."""
        self._content, self._tell = content, tell
        try:
            self._file = EventFile(folder, started.time)
        except OSError as error:
            raise UsageError(
                f"no event file can be written there ({error.strerror}); pass another: {folder}"
            ) from error
        self.path = self._file.path
        self.not_shown: Counter[str] = Counter()
        self._config: dict[str, Stored] = {}
        self._time = started.time
        if started.resume_from is not None:
            self._file.restart(started.time, started.resume_from)

    def row(self, logged: Logged) -> None:
        self._time = max(self._time, logged.time)
        values = []
        for key, value in logged.values.items():
            found = event_values.values_of(key, value, self._content)
            if not found and value is not None:
                self.not_shown[_kind(value)] += 1
            values += found
        if values:
            self._file.values(logged.time, logged.step, values)

    def vector(self, vector: VectorLogged) -> None:
        self._time = max(self._time, vector.time)
        if len(vector.names) <= COMPONENTS_MAX:
            pairs = zip(vector.names, vector.values.tolist(), strict=True)
            values = [event_values.scalar(f"{vector.family}/{name}", value) for name, value in pairs]
        else:
            found = Histogram(np.asarray(vector.values, np.float64))
            values = [event_values.histogram(vector.family, found.counts.astype(np.float64), found.edges)]
        self._file.values(vector.time, vector.step, values)

    def event(self, event: Event) -> None:
        if isinstance(event, Configured) and event.section == "config":
            self._config.update(event.values)
            self._file.values(event.time, 0, [event_values.hyperparameters(self._config)])
        elif isinstance(event, StageChanged):
            self._file.values(event.time, event.step, [event_values.text("stage", event.name)])
        elif isinstance(event, Alerted):
            words = f"**{event.level}: {event.title}**\n\n{event.text}".strip()
            self._file.values(event.time, event.step, [event_values.text("alerts", words)])

    def flush(self) -> None:
        self._file.flush()

    def finish(self, finished: RunFinished | None) -> None:
        ended = finished.time if finished else self._time
        is_success = finished is not None and finished.state in FINISHED
        self._file.values(ended, 0, [event_values.session_end(is_success, ended)])
        self._file.close()
        if self.not_shown:
            self._tell(self.not_shown_words())

    def not_shown_words(self) -> str:
        """What TensorBoard has no place for, in a sentence; "" when everything has one."""
        kinds = ", ".join(f"{kind} ({count})" for kind, count in sorted(self.not_shown.items()))
        return f"TensorBoard has no place for {kinds}" if kinds else ""


def _print(text: str) -> None:
    with suppress(OSError):  # nobody listens any more
        print(f"belvedere: mirror tensorboard: {text}", file=sys.stderr)


def _kind(value: Stored) -> str:
    return str(value.get("_type", "mapping")) if isinstance(value, Mapping) else type(value).__name__


def _run_name(source: MirrorSource) -> str:
    """The folder of the run below the target, by which TensorBoard calls it."""
    name = f"{source.started.name}-{source.folder.run_id}"
    return name if FOLDER_NAME.fullmatch(name) else source.folder.run_id
