"""A training and the server of its page, each a process of its own: signals are handed on, nothing is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import psutil

from belvedere.cli.launching import Launch
from belvedere.core.errors import UsageError

INTERRUPTED = 130
KILLED_WITH = 128  # shells add the signal's number to this
GOODBYE_SECONDS = 5.0  # for the server
SAID = "Belvedere: "  # before the address, in the first line of `belvedere serve`


@contextmanager
def served(root: Path, host: str, port: int) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`belvedere serve` in a process of its own, so that it never takes time from what oversees it: its address, and
    the process. It ends with the block."""
    words = [sys.executable, "-m", "belvedere", "serve", str(root), "--host", host, "--port", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True,
                              env=os.environ | {"PYTHONUNBUFFERED": "1"})  # fmt: skip
    try:
        line = server.stdout.readline() if server.stdout else ""
        if not line.startswith(SAID):
            raise UsageError("the server did not start, its own words are above; pass --no-serve to train without it")
        yield line.removeprefix(SAID).strip(), server
    finally:
        server.terminate()
        try:
            server.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdout:
            server.stdout.close()


def trained(launch: Launch) -> int:
    """Run the training to its end; its exit code, 130 when it was stopped from here.

    The first Ctrl-C (or SIGTERM, or the end of the terminal) is handed on: the training finishes its step and writes a
    checkpoint. The second is handed on as well, which ends a recipe at once; the third kills all that is left.
    """
    received: list[int] = []
    early: list[int] = []  # received before there was a training to hand them on to
    training: subprocess.Popen[bytes] | None = None

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        count = len(received)  # now: the next signal may come while this one is being handed on
        if count == 1:
            # os.write, as a handler may interrupt a print that holds the lock of its stream
            os.write(2, b"\nbelvedere: stopping after this step, with a checkpoint; Ctrl-C again stops at once\n")
        if training is None:
            early.append(number)
        elif count > 2:
            kill_all(training.pid)
        else:
            _hand_on(training.pid, number)

    before = {number: signal.signal(number, note) for number in _heeded()}
    try:
        # In a session of its own a Ctrl-C in the terminal reaches it once, through `note`, not again by itself.
        training = subprocess.Popen(launch.words, env=os.environ | launch.environment, start_new_session=True)
        for number in early:
            _hand_on(training.pid, number)
        code = training.wait()
    finally:
        if training is not None:
            kill_all(training.pid)  # of several processes one may be left
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        return INTERRUPTED
    return code if code >= 0 else KILLED_WITH - code


def wait_for_goodbye(server: "subprocess.Popen[str] | None") -> None:
    """Until Ctrl-C, or until the server ends by itself."""
    if server is None:
        return
    try:
        server.wait()
    except KeyboardInterrupt:
        click.echo()


def kill_all(pid: int) -> None:
    """A process and all that it started, which torchrun puts into sessions of their own."""
    try:
        ours = psutil.Process(pid)
        everyone = [*ours.children(recursive=True), ours]
    except psutil.NoSuchProcess:
        return
    for one in everyone:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue  # gone in the meantime


def _hand_on(pid: int, number: int) -> None:
    """A SIGTERM as it is, all else as Ctrl-C."""
    try:
        os.kill(pid, signal.SIGTERM if number == signal.SIGTERM else signal.SIGINT)
    except ProcessLookupError:
        return  # it has just ended by itself


def _heeded() -> list[signal.Signals]:
    """The signals that mean: end in order. SIGHUP stays ignored where nohup said so."""
    wanted = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    return [one for one in wanted if signal.getsignal(one) != signal.SIG_IGN]
