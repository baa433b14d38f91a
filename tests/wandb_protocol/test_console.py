"""Lines of the console that are drawn over again."""

from belvedere.core.entries import Console
from belvedere.wandb_protocol.console import BAR_SECS, Lines, parsed

TIME = "2026-11-20T20:51:26.330491"
SECONDS = 1795207886.330491


def texts(found: list[Console]) -> list[str]:
    return [line.text for line in found]


def test_a_line_tells_its_time_and_its_stream() -> None:
    assert parsed(f"{TIME} epoch 1", 0.0) == Console(SECONDS, "stdout", "epoch 1")
    assert parsed(f"ERROR {TIME} no such file", 0.0) == Console(SECONDS, "stderr", "no such file")


def test_a_line_without_a_time_has_that_of_the_line_before() -> None:
    assert Lines().take(0, [f"{TIME} a", "b", "9999-99-99T99:99:99 c"], 0.0) == [
        Console(SECONDS, "stdout", "a"), Console(SECONDS, "stdout", "b"), Console(SECONDS, "stdout", "c"),
    ]  # fmt: skip


def test_lines_that_come_again_are_written_once() -> None:
    lines = Lines()
    assert texts(lines.take(0, ["a", "b"], 0.0)) == ["a", "b"]
    assert texts(lines.take(0, ["a", "b", "c"], 0.0)) == ["c"]
    assert lines.count == 3


def test_after_a_restart_lines_that_come_again_are_still_known() -> None:
    assert texts(Lines(2).take(1, ["b", "c"], 0.0)) == ["c"]


def test_a_bar_is_written_when_it_begins_and_as_it_ends() -> None:
    lines = Lines()
    assert texts(lines.take(0, ["start", "10 %"], 0.0)) == ["start", "10 %"]
    assert texts(lines.take(1, ["40 %"], 1.0)) == []
    assert texts(lines.take(1, ["100 %"], 2.0)) == []
    assert texts(lines.take(2, ["done"], 3.0)) == ["100 %", "done"]


def test_a_bar_that_never_rests_is_written_every_half_minute() -> None:
    lines = Lines()
    lines.take(0, ["10 %"], 0.0)
    assert texts(lines.take(0, ["20 %"], BAR_SECS / 2)) == []
    assert texts(lines.take(0, ["30 %"], BAR_SECS)) == ["30 %"]


def test_what_is_not_written_yet_survives_a_restart() -> None:
    lines = Lines()
    lines.take(0, [f"ERROR {TIME} 10 %"], 0.0)
    lines.take(0, [f"ERROR {TIME} 20 %"], 1.0)
    assert lines.open == [[0, "stderr", SECONDS, "20 %"]]
    assert Lines(lines.count, lines.open).rested() == [Console(SECONDS, "stderr", "20 %")]


def test_a_line_whose_first_half_came_before_a_restart_gets_its_end_behind_it() -> None:
    lines = Lines()
    lines.take(0, ["epoch 1", "epoch"], 0.0)
    again = Lines(lines.count, lines.open)
    assert texts(again.take(1, ["epoch 2"], 1.0) + again.rested() + again.rested()) == ["epoch 2"]


def test_what_a_terminal_would_show_of_a_line_is_kept() -> None:
    assert texts(Lines().take(0, ["10 %\r20 %\r", "x\r\n"], 0.0)) == ["20 %", "x"]
