"""Opens the log of this process: a writer of its own for every process start, forked children included."""

import os
import platform
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from belvedere import __version__
from belvedere.core.entries import RunStarted
from belvedere.core.errors import UsageError
from belvedere.record.identity import Identity, boot_id, process_started
from belvedere.record.ranks import Place
from belvedere.runlog.layout import RunFolder, writer_id
from belvedere.runlog.writer import Clock, LogWriter


@dataclass(frozen=True)
class Opening:
    """What every writer of this process says of itself."""

    folder: RunFolder
    identity: Identity
    place: Place

    def writer(
        self, on_trouble: Callable[[str], None], *, resume_from: int | None = None, is_fork: bool = False
    ) -> LogWriter:
        """A new writer folder with its first segment; UsageError when it cannot be made.

        `on_trouble` hears of a disk that refuses; the log is locked then, so it must not write."""
        clock, who = Clock(), self.identity
        started = RunStarted(
            clock.now_us() / 1e6, who.project, who.id, writer_id(self.place.rank, clock.wall_ns, secrets.token_hex(4)),
            rank=self.place.rank, world_size=self.place.world_size, name=who.name, group=who.group,
            job_type=who.job_type, tags=list(who.tags), notes=who.notes, host=platform.node(), pid=os.getpid(),
            boot_id=boot_id(), process_started=process_started(), resume_from=resume_from, is_fork=is_fork,
            version=__version__,
        )  # fmt: skip
        try:
            return LogWriter(self.folder, started, clock=clock, on_trouble=on_trouble)
        except OSError as error:
            raise UsageError(
                f"the run's log cannot be opened ({error.strerror}); pass dir= or set BELVEDERE_DIR to a place that "
                f"can be written: {self.folder.path}"
            ) from error
