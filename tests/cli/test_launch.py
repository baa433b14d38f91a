"""The launcher from the outside: on a terminal and off it, with and without a server, interrupted."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.cli.launching import Launch
from belvedere.cli.main import run
from belvedere.cli.neighbour import neighbour
from belvedere.cli.overseeing import trained
from tests.ports import free_port
from tests.server.running import REPOSITORY, server

PATIENCE_SECONDS = 300.0
LAUNCH = [sys.executable, "-m", "belvedere", "launch"]


pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="the recipes train with torch")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", "TERM": "dumb"}


# In a session of its own a process takes the terminal it is given as its own; only then Ctrl-C reaches it.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A process on a pseudo-terminal: type to it, wait for what it says."""

    def __init__(self, words: list[str], folder: Path) -> None:
        self.terminal, its_side = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *words],
            cwd=folder,
            env=environment(),
            stdin=its_side,
            stdout=its_side,
            stderr=its_side,
            start_new_session=True,
        )
        os.close(its_side)
        self.said = ""

    def until(self, text: str) -> None:
        """Read on until the text has been said."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.said:
            assert time.monotonic() < deadline, f"{text!r} was not said:\n{self.said}"
            if select.select([self.terminal], [], [], 1.0)[0]:
                self.said += os.read(self.terminal, 4096).decode(errors="replace")

    def type(self, text: str) -> None:
        self.said = ""
        os.write(self.terminal, text.encode())

    def interrupted(self) -> int:
        """Press Ctrl-C and read on until it ends; the exit code. Once more after a while, as readline does not notice a
        signal that comes just before it waits."""
        begun = pressed = time.monotonic()
        os.write(self.terminal, b"\x03")
        while self.process.poll() is None:
            assert time.monotonic() < begun + PATIENCE_SECONDS, f"it did not end:\n{self.said}"
            if time.monotonic() > pressed + 15:
                os.write(self.terminal, b"\x03")
                pressed = time.monotonic()
            if select.select([self.terminal], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):  # Linux says so when the other side has closed
                    self.said += os.read(self.terminal, 4096).decode(errors="replace")
        os.close(self.terminal)
        return self.process.returncode


def test_on_a_terminal_it_asks_shows_the_command_and_trains(tmp_path: Path) -> None:
    words = [*LAUNCH, "--dir", "runs", "--port", "0", "--exit"]
    it = Terminal([*words, "--resume", "--dry-run"], tmp_path)
    it.until("Recipe [pretrain]:")
    it.type("pretrian\n")  # a wrong answer is asked again
    it.until("did you mean pretrain?")
    it.until("Recipe [pretrain]:")
    it.type("1\n")
    it.until("[cpu]:")
    it.type("tiny\n")
    it.until("Devices")
    it.type("cpu\n")
    it.until("Start it?")
    assert "python -m belvedere.recipes.pretrain --preset tiny --dir runs --device cpu --resume" in it.said
    it.type("change\n")
    it.until("Recipe [pretrain]:")
    it.type("\n")
    it.until("Preset")
    assert "[tiny]:" in it.said  # the answers so far
    assert it.interrupted() == 130
    assert not (tmp_path / "runs").exists()


def test_it_trains_shows_the_address_and_has_the_exit_code_of_the_training(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    for number in range(40):
        (tmp_path / "text" / f"{number}.txt").write_text("the way up and the way down are one and the same\n" * 20)
    words = [*LAUNCH, "pretrain", "--preset", "tiny", "--devices", "cpu", "--run", "mine", "--dir", "runs"]
    short = ["--port", "0", "--", "--steps", "2", "--data", "text"]
    done = subprocess.run([*words, *short], cwd=tmp_path, env=environment(), capture_output=True, text=True,
                          timeout=PATIENCE_SECONDS, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Belvedere: http://127.0.0.1:")
    assert "python -m belvedere.recipes.pretrain --preset tiny --run mine" in done.stdout
    [found] = bv.open(tmp_path / "runs").runs()
    assert (found.project, found.name, found.state) == ("pretrain", "mine", "finished")


def test_without_a_terminal_and_a_recipe_it_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["launch"], ["launch", "--", "--steps", "5"]):
        assert run(words) == 2
        assert capsys.readouterr().err == (
            "belvedere: no recipe named, and no terminal to ask on; `belvedere launch --list` lists the recipes\n"
        )


# ---------------------------------------------------------------------------------------------------------------------
# Signals

STOPS_IN_ORDER = """
import os, signal, sys, time
got = []
signal.signal(signal.SIGINT, lambda *_: got.append(os.write(1, b"heard\\n")))
print("on", flush=True)
while len(got) < 1: time.sleep(0.01)
print("off in order", flush=True); sys.exit(130)
"""
STOPS_AT_THE_SECOND = STOPS_IN_ORDER.replace("< 1", "< 2").replace("130", "7")
NEVER_STOPS = STOPS_IN_ORDER.replace("< 1", "< 99")
OVERSEE = "import sys; from belvedere.cli.launching import Launch; from belvedere.cli.overseeing import trained\n" \
          "sys.exit(trained(Launch((sys.executable, '-c', sys.argv[1]), {})))"  # fmt: skip


@pytest.mark.parametrize(("code", "signals"), [(STOPS_IN_ORDER, 1), (STOPS_AT_THE_SECOND, 2), (NEVER_STOPS, 3)])
def test_ctrl_c_is_handed_on_and_the_third_one_kills(code: str, signals: int, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", OVERSEE, code], cwd=tmp_path, env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    for _ in range(signals - 1):
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "heard\n"  # two that wait at once would arrive as one
    process.send_signal(signal.SIGINT)
    said, warned = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert said == ("" if code is NEVER_STOPS else "heard\noff in order\n")
    assert warned.count("stopping after this step") == 1


def test_the_exit_code_is_that_of_the_training_or_of_the_signal_that_ended_it() -> None:
    def code_of(text: str) -> int:
        return trained(Launch((sys.executable, "-c", text), {}))

    assert code_of("raise SystemExit(3)") == 3
    assert code_of("import os; os.kill(os.getpid(), 9)") == 128 + 9


# ---------------------------------------------------------------------------------------------------------------------
# Who listens already


class Stranger(BaseHTTPRequestHandler):
    """A program that is no Belvedere."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def stranger() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Stranger) as it:
        threading.Thread(target=it.serve_forever, daemon=True).start()
        yield it.server_port
        it.shutdown()


def test_another_program_on_the_port_is_said_before_anything_starts(
    stranger: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["launch", "pretrain", "--devices", "cpu", "--dir", str(tmp_path / "runs"), "--port", str(stranger)]
    assert run(words) == 2
    wanted = f"another program listens on 127.0.0.1 port {stranger}; pass --port {stranger + 1}, or --no-serve"
    assert capsys.readouterr().err == f"belvedere: {wanted}\n"


def test_a_belvedere_of_the_same_folder_is_used_and_of_another_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    ours.mkdir()
    with server(str(ours), "--port", "0") as running:
        port = int(running.url.rpartition(":")[2])
        found = neighbour("127.0.0.1", port)
        assert found is not None
        assert (found.address, found.serves(ours), found.serves(other)) == (running.url, True, False)
        words = ["launch", "pretrain", "--devices", "cpu", "--port", str(port)]
        assert run([*words, "--dir", str(other)]) == 2
        assert capfd.readouterr().err == (
            f"belvedere: a Belvedere that serves {ours} listens on port {port}; pass --port {port + 1}, "
            f"or --no-serve: {other}\n"
        )
        assert run([*words, "--dir", str(ours), "--", "--steps", "0"]) == 2  # the training's own code
        said = capfd.readouterr()
        assert f"Belvedere: {running.url} (its server was there already)" in said.out
        assert "pretrain: --steps is 0; give at least 1" in said.err
        assert "ended with exit code 2; its own words are above" in said.err


def test_nobody_there_is_no_neighbour() -> None:
    assert neighbour("127.0.0.1", free_port()) is None
