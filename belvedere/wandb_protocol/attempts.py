"""The runs that clients write just now: opened when something comes for them, closed when others are busier.

Facts of a run that W&B alone knows stand in section "wandb" (`run.detail.foreign["wandb"]`):

| fact | what |
|---|---|
| config | the raw value of `_wandb` in its configuration: telemetry `t`, metrics `m`, processes `e`, `visualize` … |
| nested | {flat key: path}: keys that were logged under a path of several parts |
| summary/<key> | the summary's value of a top-level key where it is not simply the last value logged |
| absent | top-level keys that were logged and are not in the summary |
| entity, host, program, commit, repo, description, sweep | as the client said |
| parent | {"project", "run", "step"}: the run that this one was forked from |
| preempting | True when the machine was about to be taken away |
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from belvedere.core.errors import NotFound
from belvedere.runlog.landing import Landing
from belvedere.wandb_protocol.recording import Recording

if TYPE_CHECKING:
    from belvedere.wandb_protocol.desk import RunName, Shelves

OPEN_RUNS_MAX = 256  # each holds a file open


class Attempts:
    """Every run that is being written, each under its lock."""

    def __init__(self, shelves: "Shelves") -> None:
        self._shelves = shelves
        self._open: OrderedDict[RunName, Recording] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def recording(self, name: "RunName") -> Iterator[Recording]:
        """A run to write to, made when it is not there yet; its lock is held meanwhile. OSError when it cannot be
        written: the disk is full, say. What was said then has to come again."""
        with self._shelves.lock(name):
            found = self._found(name)
            try:
                yield found
                found.check_kept()
            except BaseException:
                self._drop(name)  # what lies behind the last mark is known only to a log that is opened anew
                raise
        self._close_idle(name)

    @contextmanager
    def landing(self, name: "RunName") -> Iterator[Landing]:
        """The log of a run's newest attempt; NotFound when there is no such run."""
        if not self._shelves.folder(name).logs.is_dir():
            raise NotFound(f"no run {'/'.join(name)!r} to add to; begin it first")
        with self.recording(name) as found:
            yield found.newest.landing

    def forget(self, name: "RunName") -> None:
        """Close what is open of a run: it is being deleted. Its lock must be held."""
        self._drop(name)

    def _found(self, name: "RunName") -> Recording:
        with self._lock:
            found = self._open.get(name)
            if found is not None:
                self._open.move_to_end(name)
        if found is not None and found.is_there():
            return found
        self._drop(name)  # its folder was deleted under us
        found = Recording.opened(self._shelves, name)
        with self._lock:
            self._open[name] = found
        return found

    def _drop(self, name: "RunName") -> None:
        with self._lock:
            found = self._open.pop(name, None)
        if found is not None:
            found.close()

    def _close_idle(self, name: "RunName") -> None:
        """Close the runs that were used longest ago, but none that is in use."""
        with self._lock:
            surplus = list(self._open)[: max(0, len(self._open) - OPEN_RUNS_MAX)]
        for other in surplus:
            lock = self._shelves.lock(other)
            if other != name and lock.acquire(blocking=False):
                try:
                    self._drop(other)
                finally:
                    lock.release()
