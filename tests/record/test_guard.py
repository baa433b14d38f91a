"""Faults: the disk, the server, the process. Training goes on, and what was acknowledged is there."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.entries import Logged, RunFinished
from belvedere.record.guard import Guard, guarded, in_background
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries
from tests.record.conftest import PATIENCE_SECS, Begin, entries, rows, wait_for_warnings


class Fragile:
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @guarded
    def act(self) -> None:
        raise OSError(5, "Input/output error")


def test_an_error_becomes_one_warning_at_the_users_line() -> None:
    fragile = Fragile(Guard())

    def act_on_two_lines() -> None:
        for _ in range(3):
            fragile.act()
        fragile.act()

    with pytest.warns(bv.RecordingWarning, match=r"act\(\) failed: OSError") as found:
        act_on_two_lines()
    assert [(one.filename, one.category) for one in found] == [(__file__, bv.RecordingWarning)] * 2


def test_strict_raises_a_recording_error() -> None:
    with pytest.raises(bv.RecordingError, match="act"):
        Fragile(Guard(is_strict=True)).act()


def test_interrupts_pass_through(begin: Begin) -> None:
    class Interrupting:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    run = begin()
    with pytest.raises(KeyboardInterrupt):
        run.log({"x": Interrupting()})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB; needs root."""
    target = tmp_path / "small"
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(target)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small tmpfs needs root")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room, once nothing else writes here: a file that does not fit gives its room back."""
    for thread in threading.enumerate():
        if thread.name == "belvedere environment":
            thread.join(PATIENCE_SECS)
    with path.open("wb", buffering=0) as target, suppress(OSError):
        while target.write(bytes(4096)):
            pass


def log_until(run: bv.Run, is_met: Callable[[int], bool]) -> None:
    """Log rows until a condition on the number of dropped rows holds, and the warning about it was told."""
    until = time.monotonic() + PATIENCE_SECS
    before = -1
    while not is_met(run._writer.dropped_rows - before) and time.monotonic() < until:
        before = run._writer.dropped_rows
        run.log({"step": 999, "a": "x" * 100}, step=999)
        time.sleep(0.02)
    wait_for_warnings()


def test_a_full_disk_drops_rows_counts_them_and_goes_on(begin: Begin, small_disk: Path) -> None:
    run = begin(dir=small_disk)
    run.log({"step": 0, "a": "x"})
    fill(small_disk / "ballast")
    with pytest.warns(bv.RecordingWarning, match="rows are dropped and counted"):
        log_until(run, lambda newly_dropped: run._writer.dropped_rows > 3)
    (small_disk / "ballast").unlink()
    with pytest.warns(bv.RecordingWarning, match="being written again"):
        log_until(run, lambda newly_dropped: newly_dropped == 0)
    run.finish()
    found = [values["step"] for _, values in rows(run)]
    last = entries(run)[-1]
    assert isinstance(last, RunFinished)
    assert (found[0], found[-1]) == (0, 999)
    assert last.dropped_rows == run._writer.dropped_rows > 3


def test_finish_says_how_many_rows_a_full_disk_cost(
    begin: Begin, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begin(dir=small_disk)
    fill(small_disk / "ballast")
    with pytest.warns(bv.RecordingWarning, match="rows are dropped and counted"):
        log_until(run, lambda newly_dropped: run._writer.dropped_rows > 3)
    (small_disk / "ballast").unlink()

    def finish() -> None:
        run.finish()
        wait_for_warnings()

    with pytest.warns(bv.RecordingWarning, match="being written again"):
        finish()
    assert isinstance(entries(run)[-1], RunFinished)
    assert f"{run._writer.dropped_rows} rows were dropped" in capsys.readouterr().err


def test_media_on_a_full_disk_cost_their_key_only(begin: Begin, small_disk: Path) -> None:
    run = begin(dir=small_disk)
    with pytest.warns(bv.RecordingWarning, match="'big' was not recorded"):
        run.log({"big": bv.Html("x" * (2 << 20)), "loss": 1.0})
    assert rows(run) == [(0, {"loss": 1.0})]
    assert list(small_disk.rglob("*.tmp")) == []


KILLED = """
import os, sys, belvedere as bv
run = bv.init(project="p", id="x", dir=sys.argv[1], console=False, hardware=False)
step = 0
while True:
    run.log({"loss": 1.0, "step": step})
    step += 1
    os.write(1, b"+")
"""


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    for round_number in range(3):
        root = tmp_path / str(round_number)
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        acknowledged = len(os.read(child.stdout.fileno(), 1 << 16))
        time.sleep(0.01 * round_number)
        child.send_signal(signal.SIGKILL)
        acknowledged += len(child.stdout.read())
        child.stdout.close()
        child.wait()
        folder = RunFolder(root, "p", "x")
        (writer,) = folder.writers()
        found = [entry.step for entry in read_entries(folder.segment(writer, 1)) if isinstance(entry, Logged)]
        assert found[:acknowledged] == list(range(acknowledged))
        assert len(found) - acknowledged <= 1


def test_warnings_do_not_come_twice_from_one_line(begin: Begin) -> None:
    run = begin()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for _ in range(5):
            run.log({"x": [object()], "y": 1.0}, step="no")  # type: ignore[arg-type]
    assert [str(one.message) for one in found] == ["log() failed: step='no' is not a step; pass a whole number"]


def test_a_warning_from_a_thread_of_ours_points_at_no_line_of_pythons() -> None:
    def tell_and_wait() -> None:
        in_background(partial(Guard().tell_later, "the process ended"), "test").join()
        wait_for_warnings()

    with pytest.warns(bv.RecordingWarning, match="the process ended") as told:
        tell_and_wait()
    assert told[0].filename == "<belvedere>"
