"""What an exception or an exit code means for a run."""

import subprocess
import sys

import pytest

from belvedere.record.exits import ending_of, ending_of_code


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (None, "finished", 0),
        (ValueError("x"), "failed", 1),
        (KeyboardInterrupt(), "stopped", 130),
        (SystemExit(), "finished", 0),
        (SystemExit(2), "failed", 2),
        (SystemExit("no data"), "failed", 1),
        (SystemExit(130), "stopped", 130),
    ],
)
def test_the_ending_of_an_exception(error: BaseException | None, state: str, code: int) -> None:
    ending = ending_of(error)
    assert (ending["state"], ending["exit_code"]) == (state, code)


def test_the_message_says_why() -> None:
    assert ending_of(ValueError("x"))["message"] == "ValueError: x"
    assert ending_of_code("no data")["message"] == "no data"


NOTED = """
import copy, sys, threading
from belvedere.record.exits import Exits
Exits(lambda ending: print(ending["state"], ending["exit_code"]))
"""


@pytest.mark.parametrize(
    ("program", "noted"),
    [
        ("pass", "finished 0"),
        ("sys.exit(3)", "failed 3"),
        ("exit(3)", "failed 3"),
        ("quit()", "finished 0"),
        ("sys.exit('no data')", "failed 1"),
        ("1 / 0", "failed 1"),
        ("try: sys.exit(3)\nfinally: pass", "failed 3"),
        ("try: sys.exit(3)\nexcept SystemExit as error: assert error.code == 3", "finished 0"),
        ("try: sys.exit(3)\nexcept SystemExit as error: assert type(copy.copy(error)) is SystemExit", "finished 0"),
        ("thread = threading.Thread(target=sys.exit, args=(3,)); thread.start(); thread.join()", "finished 0"),
    ],
)
def test_only_the_exit_that_ends_the_process_counts(program: str, noted: str) -> None:
    child = subprocess.run([sys.executable, "-c", NOTED + program], capture_output=True, text=True, check=False)
    assert child.stdout.strip() == noted, child.stderr
