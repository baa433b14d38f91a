"""Whether a writer still lives: running, finished, failed, stopped, or crashed (it never said goodbye and is gone)."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from belvedere.core.entries import RunFinished, RunStarted

SILENCE_SECONDS = 60.0  # a writer on another host says something at least this often
START_TOLERANCE_SECONDS = 2.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
WORST_FIRST = ("running", "failed", "crashed", "stopped", "finished")


@dataclass(frozen=True)
class Attempt:
    """One process start of a run: who, when, and what became of it."""

    writer: str
    rank: int
    started: float
    host: str
    pid: int
    state: str
    resume_from: int | None = None
    world_size: int = 1
    is_fork: bool = False
    is_companion: bool = False  # beside the training, no part of it


@lru_cache(maxsize=1)
def this_boot() -> tuple[str, str]:
    """Host name and boot id of this machine."""
    try:
        boot = BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    return socket.gethostname(), boot


def writer_state(started: RunStarted | None, finished: RunFinished | None, *, grown: float, now: float) -> str:
    """The state of one writer; `grown` is when its log last grew."""
    if finished is not None:
        return finished.state
    if started is None:
        return "crashed" if now - grown > SILENCE_SECONDS else "running"
    host, boot = this_boot()
    if started.host and started.host != host:
        return "running" if now - grown <= SILENCE_SECONDS else "crashed"
    if started.boot_id and boot and started.boot_id != boot:
        return "crashed"
    if not started.pid:
        return "running" if now - grown <= SILENCE_SECONDS else "crashed"
    return "running" if _is_alive(started.pid, started.process_started) else "crashed"


def _is_alive(pid: int, process_started: float) -> bool:
    if pid == os.getpid():
        return True
    import psutil  # 20 ms: only for runs that never finished

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return not process_started or abs(process.create_time() - process_started) <= START_TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def run_state(attempts: Sequence[Attempt]) -> str:
    """The state of a run: running if any process is; else the worst of the last process of each rank of the last
    attempt. Companions do not count."""
    attempts = [attempt for attempt in attempts if not attempt.is_companion]
    if not attempts:
        return "crashed"
    if any(attempt.state == "running" for attempt in attempts):
        return "running"
    own = [attempt for attempt in attempts if not attempt.is_fork] or list(attempts)
    last = {attempt.rank: attempt.state for attempt in own if attempt.rank < max(1, own[-1].world_size)}
    states = set(last.values()) or {own[-1].state}
    return next((state for state in WORST_FIRST if state in states), own[-1].state)


def hidden_from(attempts: Sequence[Attempt]) -> list[int | None]:
    """For each attempt, in order, the step from which on its rows are hidden because a later one resumed there."""
    numbers = _generations(attempts)
    hidden: list[int | None] = []
    for number in numbers:
        later = [
            attempt.resume_from
            for attempt, other in zip(attempts, numbers, strict=True)
            if other > number and attempt.resume_from is not None
        ]
        hidden.append(min(later) if later else None)
    return hidden


def _generations(attempts: Sequence[Attempt]) -> list[int]:
    """Which restart of the run each process belongs to: ranks started together do not hide each other's rows."""
    numbers: list[int] = []
    number, ranks, resume_from = 0, set[int](), None
    for attempt in attempts:
        if not attempt.is_fork:
            if attempt.rank in ranks or (ranks and attempt.resume_from not in (None, resume_from)):
                number, ranks = number + 1, set()
            ranks.add(attempt.rank)
            resume_from = attempt.resume_from
        numbers.append(number)
    return numbers
