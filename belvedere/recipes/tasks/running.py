"""Running a program that a model wrote, in a process of its own with limits on time, memory and files.

Limits against accidents, not against ill will: it is no sandbox. Run it where nothing is to be lost.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT_SECS = 5.0
MEMORY_BYTES = 1 << 30
FILE_BYTES = 1 << 20
PASSED = "passed"  # a file that the last line writes: a program that leaves early with exit code 0 has passed nothing
LIMITS = """\
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_FSIZE, ({file}, {file}))
    resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
except (ImportError, ValueError, OSError):
    pass
"""  # set by the program itself: between fork and exec, beside torch's threads, only the simplest calls are safe


def runs_through(program: str, *, timeout_secs: float = TIMEOUT_SECS) -> bool:
    """Whether a Python program reaches its end without an error in time."""
    word = secrets.token_hex(16)
    limits = LIMITS.format(memory=MEMORY_BYTES, file=FILE_BYTES, seconds=int(timeout_secs) + 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        last = f"open({PASSED!r}, 'w').write({word!r})\n"
        Path(folder, "program.py").write_text(f"{limits}\n{program}\n{last}", encoding="utf-8", errors="replace")
        started = subprocess.Popen(
            [sys.executable, "-I", "-B", "program.py"], cwd=folder, env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            started.wait(timeout_secs)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(started)
        passed = Path(folder, PASSED)
        return passed.is_file() and passed.read_bytes() == word.encode()


def _end(started: subprocess.Popen[bytes]) -> None:
    """Whatever it left behind, too: it leads a group of its own."""
    try:
        os.killpg(started.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        started.kill()
    started.wait()
