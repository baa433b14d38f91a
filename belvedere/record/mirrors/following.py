"""Reads the log of a running training and tells a mirror what is new, pass by pass.

The log is the queue between the two: it takes no memory, and a mirror that falls behind catches up.
"""

from collections.abc import Callable, Iterator

from belvedere.core.entries import CompanionOpened, Entry, Logged, RunFinished, RunStarted, VectorLogged
from belvedere.core.errors import BelvedereError
from belvedere.record.guard import ANY_ERROR, described
from belvedere.record.mirrors.mirror import Mirror
from belvedere.runlog.layout import RunFolder, writer_order
from belvedere.runlog.reader import SegmentReader, entries_of

FAILURES_MAX = 100  # in a row; then the mirror is given up


class Following:
    """Tells `mirror` what one writer of a run and its companions (figures, forked children) have written.

    `is_finished`: the training has said how it ended and no companion is still at work."""

    def __init__(self, folder: RunFolder, writer_id: str, mirror: Mirror, tell: Callable[[str], None]) -> None:
        """`tell` hears one sentence for each kind of trouble."""
        self.finished: RunFinished | None = None
        self.is_given_up = False
        self._folder, self._writer_id, self._mirror, self._tell = folder, writer_id, mirror, tell
        self._readers: dict[str, list[SegmentReader]] = {}  # by writer, one for each segment that was found
        # what began after the training belongs to it, also when the mirror took long to open
        self._passed_over = {name for name in folder.writers() if writer_order(name) <= writer_order(writer_id)}
        self._at_work: set[str] = set()  # companions without an end
        self._told: set[str] = set()
        self._failures = 0

    @property
    def is_finished(self) -> bool:
        return self.finished is not None and not self._at_work

    def pass_once(self) -> int:
        """Tell what is new; how many entries that were."""
        count = 0
        for writer in self._followed():
            for entry in self._new_entries(writer):
                count += 1
                self._take(writer, entry)
        if count:
            self._safely(self._mirror.flush, "flush")
        return count

    def end(self) -> None:
        """Let the mirror close what it opened."""
        self._safely(lambda: self._mirror.finish(self.finished), "finish")

    # ---- entries ------------------------------------------------------------------------------------------------

    def _take(self, writer: str, entry: Entry) -> None:
        if isinstance(entry, RunStarted):
            return
        if isinstance(entry, CompanionOpened):
            self._at_work.add(writer)
            return
        if isinstance(entry, RunFinished):
            self._at_work.discard(writer)
            self.finished = entry if writer == self._writer_id else self.finished
            return
        if isinstance(entry, Logged):
            self._safely(lambda: self._mirror.row(entry), f"a row ({', '.join(list(entry.values)[:3])})")
        elif isinstance(entry, VectorLogged):
            self._safely(lambda: self._mirror.vector(entry), f"the vector {entry.family}")
        else:
            self._safely(lambda: self._mirror.event(entry), type(entry).__name__)

    def _safely(self, work: Callable[[], None], what: str) -> None:
        """Do it unless the mirror was given up; trouble costs this one entry."""
        if self.is_given_up:
            return
        try:
            work()
            self._failures = 0
        except ANY_ERROR as error:
            self._failures += 1
            kind = f"{what.partition(' (')[0]} {type(error).__name__}"
            if kind not in self._told:
                self._told.add(kind)
                self._tell(f"{what} was not mirrored: {described(error)}")
            if self._failures >= FAILURES_MAX:
                self.is_given_up = True
                self._tell(f"the mirror failed {FAILURES_MAX} times in a row and is given up; the recording goes on")

    # ---- the log ------------------------------------------------------------------------------------------------

    def _followed(self) -> list[str]:
        """The training's own writer, and those that began beside it since."""
        for writer in self._folder.writers():
            if writer not in self._readers and writer not in self._passed_over and writer != self._writer_id:
                belongs = self._belongs(writer)
                if belongs is None:
                    continue
                if belongs:
                    self._readers[writer] = []
                else:
                    self._passed_over.add(writer)
        return [self._writer_id, *(writer for writer in self._readers if writer != self._writer_id)]

    def _belongs(self, writer: str) -> bool | None:
        """Whether a new writer is no attempt of its own; None when its log has not begun yet."""
        for path in self._folder.segments(writer)[:1]:
            batch = SegmentReader(path).poll()
            for found in batch.events if batch else ():
                if isinstance(found.event, RunStarted):
                    return found.event.is_fork
        return None

    def _new_entries(self, writer: str) -> Iterator[Entry]:
        readers = self._readers.setdefault(writer, [])
        for place, path in enumerate(self._folder.segments(writer)):
            if place == len(readers):
                try:
                    readers.append(SegmentReader(path))
                except (BelvedereError, OSError):  # not whole yet, or none of ours
                    return
            while batch := readers[place].poll():
                yield from entries_of(batch)
