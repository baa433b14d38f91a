"""The process that mirrors a run while it is recorded, and how the training starts and ends it.

    python -m belvedere.record.mirrors.beside RUN_FOLDER WRITER_ID NAME[:TARGET]

It goes on while standard input is open and until it reads "end"; then it tells the rest, waiting a while for figures
that are still being drawn. What it has to say goes to standard error, one sentence a line.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from belvedere.core.entries import RunStarted
from belvedere.core.errors import BelvedereError, UsageError
from belvedere.record import aside
from belvedere.record.guard import in_background
from belvedere.record.mirrors.following import Following
from belvedere.record.mirrors.mirror import MirrorSource, mirror_module, parted
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries

if TYPE_CHECKING:
    from belvedere.record.run import Run

POLL_SECS = 0.2
ALONE_SECS = 600.0  # so long a mirror that hangs may outlive the program it was started by
COMPANIONS_SECS = 60.0  # so long the figures of a run that is over are waited for

Closer = Callable[[float], str]


def begin(run: "Run", writer_id: str, wish: str) -> Closer:
    """Start the mirroring process of a run; the answer tells it that the run is over and waits for it.

    UsageError for a kind of mirror that does not exist."""
    name, _ = parted(wish)
    mirror_module(name)
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, run.dir, writer_id, wish],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip

    def stop(secs_left: float) -> str:
        if aside.ended(process, secs_left) is not None:
            return ""
        return f"the mirror {name} is not done yet; it goes on by itself (process {process.pid})"

    return stop


def mirror_run(folder: RunFolder, writer_id: str, wish: str, is_over: Callable[[float], bool]) -> int:
    """Mirror until `is_over(seconds to wait)` and everything is told. Exit code 0, or 2 when it could not begin."""
    name, target = parted(wish)
    try:
        mirror = mirror_module(name).open_mirror(MirrorSource(folder, _started(folder, writer_id), target))
    except BelvedereError as error:
        _tell(name, f"nothing is mirrored: {error}")
        return 2
    following = Following(folder, writer_id, mirror, lambda text: _tell(name, text))
    over_at = 0.0
    while True:
        if not over_at and is_over(POLL_SECS):
            over_at = time.monotonic()
        is_new = following.pass_once() > 0
        if over_at and not is_new and (following.is_finished or time.monotonic() - over_at > COMPANIONS_SECS):
            break
        if over_at:
            time.sleep(0 if is_new else POLL_SECS / 4)
            if following.finished is None and not is_new:
                break  # the training was killed: there is no more
    following.end()
    return 0


def _started(folder: RunFolder, writer_id: str) -> RunStarted:
    for path in folder.segments(writer_id)[:1]:
        first = next(read_entries(path), None)
        if isinstance(first, RunStarted):
            return first
    raise UsageError(f"there is no log of {writer_id} to mirror; pass the folder of a run: {folder.path}")


def _tell(name: str, text: str) -> None:
    with suppress(OSError):  # nobody listens any more
        # past sys.stderr, which W&B's client listens to: what is said here is no line of the training
        os.write(2, f"belvedere: mirror {name}: {text}\n".encode(errors="replace"))


def _end_when_alone(parent: int, *, every_secs: float = 1.0, alone_secs: float = ALONE_SECS) -> None:
    """End this process some time after the training's: a client that waits for a dead server would stay for ever."""
    while os.getppid() == parent:
        time.sleep(every_secs)
    time.sleep(alone_secs)
    _tell("", f"not done {alone_secs:.0f} s after the training ended, so it gives up")
    os._exit(3)


def main(arguments: Sequence[str]) -> int:
    """See the top of the file."""
    in_background(lambda: _end_when_alone(os.getppid()), "mirror's end")
    path = Path(arguments[0]).absolute()
    folder = RunFolder(path.parent.parent, path.parent.name, path.name)
    return mirror_run(folder, arguments[1], arguments[2], aside.is_over)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
