"""A process beside the training, started and fed by a thread: the training hands messages over and goes on.

What it costs the caller is an append to a bounded queue. When the queue is full the oldest message is dropped and
counted. When the process dies, that is said once, and what comes after is dropped. At the end it is told so and waited
for no longer than the deadline; then it goes on alone.
"""

import os
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from belvedere.record.guard import in_background

QUEUE_MAX = 65_536
LOOK_SECS = 0.5  # how often the thread takes what is waiting: waking it for each message would cost the training more
LENGTH = struct.Struct(">I")  # in front of each message; 0 is the end
END = LENGTH.pack(0)


def encoded(message: object) -> bytes:
    """Bytes as they are, text as UTF-8."""
    return message if isinstance(message, bytes) else str(message).encode()


class Beside:
    """`python -m module arguments…`, with messages on its standard input."""

    def __init__(
        self, module: str, arguments: Sequence[str], *, doing: str, tell: Callable[[str], None],
        encode: Callable[[object], bytes] = encoded, queue_max: int = QUEUE_MAX,
    ) -> None:  # fmt: skip
        """`encode` is called by the thread, so a message must not change after it was sent."""
        self.thread_secs = 0.0  # processor time of the thread: what this costs the training's process
        self._command = [sys.executable, "-m", module, *arguments]
        self._doing, self._tell, self._encode = doing, tell, encode
        self._queue: deque[object] = deque(maxlen=queue_max)  # its append and popleft need no lock
        self._sent = self._taken = 0
        self._over = threading.Event()
        self._code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = in_background(self._serve, doing)

    @property
    def pid(self) -> int | None:
        """The process, once it has started."""
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        """Whether it is still fed."""
        return self._thread.is_alive()

    def send(self, message: object) -> None:
        """Hand a message over; never waits."""
        self._sent += 1
        self._queue.append(message)

    def stop(self, secs_left: float) -> str:
        """End it in order; a sentence when it was not done in time, had died, or messages were dropped."""
        self._over.set()
        self._thread.join(max(0.0, secs_left))
        if self._thread.is_alive():  # the thread ends with this program, the process when it is done
            return f"{self._doing}: not done yet; it goes on by itself"
        dropped = self._sent - self._taken
        lost = f"; messages dropped: {dropped:,}" if dropped else ""
        if self._code:
            return f"{self._doing}: the process ended with exit code {self._code}{lost}; the run itself is whole"
        return f"{self._doing}: it could not keep up{lost}" if lost else ""

    # ---- the thread ---------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        began = time.thread_time()
        environ = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ, "MPLBACKEND": "Agg"}
        process = self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, env=environ
        )
        is_over = False
        while not is_over and process.poll() is None:
            is_over = self._over.wait(LOOK_SECS)
            self._write(process, self._waiting() + (END if is_over else b""))
            self.thread_secs = time.thread_time() - began
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        self._code = process.wait()
        if not is_over:
            words = f"the process ended with exit code {self._code}; training and recording go on without it"
            self._tell(f"{self._doing}: {words}")

    def _waiting(self) -> bytes:
        """Everything in the queue, framed."""
        framed = []
        while self._queue:  # only this thread takes from it
            body = self._encode(self._queue.popleft())
            framed.append(LENGTH.pack(len(body)) + body)
        self._taken += len(framed)
        return b"".join(framed)

    def _write(self, process: "subprocess.Popen[bytes]", batch: bytes) -> None:
        if batch and process.stdin is not None:
            with suppress(OSError):  # it died; the loop sees that
                process.stdin.write(batch)
                process.stdin.flush()
