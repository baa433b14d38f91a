"""A writer of its own in the log of a run: adds values beside the training and is no attempt of it."""

from collections.abc import Mapping
from pathlib import Path

from belvedere.core.entries import CompanionOpened, Console, RunFinished, Stored
from belvedere.core.values import Value
from belvedere.record.identity import read_identity
from belvedere.record.opening import Opening
from belvedere.record.ranks import Place
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder


class Companion:
    """Opened by a process that is not the training; `purpose` is one word for people."""

    def __init__(self, folder: RunFolder, purpose: str) -> None:
        self._folder = folder
        self.troubles: list[str] = []
        # is_fork: readers that do not know companions then take it for a child of the training, not for an attempt
        self._writer = Opening(folder, read_identity(folder), Place()).writer(self.troubles.append, is_fork=True)
        self._writer.event(CompanionOpened(self._writer.now(), purpose))

    def log(self, step: int, values: Mapping[str, Value | float]) -> None:
        """Record rich values and numbers of one step, in one row."""
        if values:
            self._writer.row(step, {key: self._stored(value) for key, value in values.items()})

    def say(self, text: str) -> None:
        """Leave a line on the run's console."""
        self._writer.event(Console(self._writer.now(), "stderr", f"{text}\n"))

    def close(self) -> None:
        """Say that it ended in order."""
        self._writer.event(RunFinished(self._writer.now()))
        self._writer.close()

    def _stored(self, value: Value | float) -> Stored:
        return float(value) if isinstance(value, int | float) else value.record(self._keep)

    def _keep(self, content: bytes | Path, suffix: str) -> dict[str, Stored]:
        ref = media.keep(self._folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}
