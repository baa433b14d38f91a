"""How a training ends the processes it started beside itself, and how such a process hears it: through its standard
input, which also ends when the training is killed."""

import os
import select
import subprocess
from contextlib import suppress


def ended(process: "subprocess.Popen[bytes]", secs_left: float) -> int | None:
    """Say that the training is over and wait; the exit code, or None when the process goes on by itself."""
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.write(b"end\n")
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        return process.wait(secs_left)
    process.returncode = process.returncode or 0  # Popen would complain that it still runs
    return None


def is_over(wait_secs: float) -> bool:
    """In the other process: waits; True once standard input says "end" or is closed."""
    ready, _, _ = select.select([0], [], [], wait_secs)
    return bool(ready) and (b"end" in (said := os.read(0, 64)) or not said)
