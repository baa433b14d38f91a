"""What is printed goes where it went, and into the log line by line."""

import io
import sys

import pytest

import belvedere as bv
from belvedere.core.entries import Console
from belvedere.record.capture.console import Tee
from tests.record.conftest import Begin, begin, clean_environment, entries  # noqa: F401 - fixtures


def heard(*pieces: str) -> tuple[list[str], str]:
    """Lines that a tee hands on, and what reached the stream."""
    lines: list[str] = []
    stream = io.StringIO()
    tee = Tee(stream, "stdout", lambda name, text: lines.append(text))
    for piece in pieces:
        tee.write(piece)
    tee.flush_pending()
    return lines, stream.getvalue()


def test_pieces_are_joined_into_lines_and_the_stream_gets_every_byte() -> None:
    assert heard("a", "b\nc", "\n\nd") == (["ab", "c", "", "d"], "ab\nc\n\nd")


def test_a_progress_bar_leaves_its_last_state() -> None:
    assert heard("\r 1 %", "\r50 %", "\r100 %\n", "done\n")[0] == ["100 %", "done"]
    assert heard("1 %\r", "2 %\r", "3 %\r")[0] == ["3 %"]
    assert heard("windows\r\n")[0] == ["windows"]


def test_a_bar_that_never_ends_its_line_is_kept_now_and_then() -> None:
    lines: list[str] = []
    now = [0.0]
    tee = Tee(io.StringIO(), "stdout", lambda name, text: lines.append(text), clock=lambda: now[0])
    for percent in range(100):
        now[0] += 1.0
        tee.write(f"\r{percent} %")
    assert lines == ["30 %", "61 %", "92 %"]


def test_a_tee_answers_as_the_stream_does(capfd: pytest.CaptureFixture[str]) -> None:
    tee = Tee(sys.stdout, "stdout", lambda name, text: None)
    assert (tee.isatty(), tee.fileno(), tee.encoding) == (sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.encoding)  # type: ignore[operator]


def test_a_run_records_both_streams_until_it_ends(begin: Begin) -> None:  # noqa: F811
    before = sys.stdout, sys.stderr
    run = begin(console=True)
    print("to out")
    print("to err", file=sys.stderr)
    run.finish()
    assert (sys.stdout, sys.stderr) == before
    print("after")
    found = [(entry.stream, entry.text) for entry in entries(run) if isinstance(entry, Console)]
    assert found == [("stdout", "to out"), ("stderr", "to err")]


def test_two_runs_at_once_both_hear_and_let_go(begin: Begin) -> None:  # noqa: F811
    before = sys.stdout
    first, second = begin(console=True), begin(console=True)
    print("both")
    first.finish()
    print("second")
    second.finish()

    def texts(run: bv.Run) -> list[str]:
        return [entry.text for entry in entries(run) if isinstance(entry, Console)]

    assert (texts(first), texts(second)) == (["both"], ["both", "second"])
    print("neither")
    while isinstance(sys.stdout, Tee):
        sys.stdout = sys.stdout.stream
    assert sys.stdout is before
