"""What an exception or an exit code means for a run."""

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
