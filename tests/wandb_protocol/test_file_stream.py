"""Posts of a running program: every row once, whatever comes twice, out of order or broken."""

import errno
import json
import math
import os
from pathlib import Path

import pytest

from belvedere.wandb_protocol.file_stream import receive
from tests.wandb_protocol.posting import BEGAN, CONSOLE, SUMMARY, SYSTEM, Program, restarted, row, rows, system
from tests.wandb_protocol.speaking import Speaking


@pytest.fixture
def program(tmp_path: Path) -> Program:
    found = Program(Speaking(tmp_path))
    found.arrive(displayName="first")
    return found


def test_rows_lie_at_their_steps_and_times(program: Program) -> None:
    program.post(0, [row(0, loss=1.5, epoch=3), row(4, loss=0.5, epoch=4)])
    series = program.run.series("loss")
    assert (series.steps.tolist(), series.times.tolist(), series.values.tolist()) == (
        [0, 4], [BEGAN, BEGAN + 4], [1.5, 0.5],
    )  # fmt: skip


def test_nan_and_infinity_arrive(program: Program) -> None:
    program.post(0, [row(0, a=math.nan, b=math.inf, c=-math.inf)])
    assert [str(program.run.series(key).values[0]) for key in "abc"] == ["nan", "inf", "-inf"]


def test_a_post_that_comes_again_adds_nothing(program: Program) -> None:
    for _ in range(3):
        program.post(0, rows(0, 9))
    assert program.steps() == list(range(10))


def test_overlapping_posts_give_each_row_once(program: Program) -> None:
    program.post(0, rows(0, 5))
    program.post(3, rows(3, 9))
    program.post(2, rows(2, 4))
    assert program.steps() == list(range(10))


def test_a_gap_in_the_line_numbers_is_no_reason_to_wait(program: Program) -> None:
    program.post(100, rows(100, 102))
    assert program.steps() == [100, 101, 102]


def test_a_server_that_was_restarted_goes_on_where_it_was(program: Program) -> None:
    program.post(0, rows(0, 4))
    again = Program(restarted(program.client))
    again.post(3, rows(3, 7))
    assert again.steps() == list(range(8))


def test_a_post_cut_off_in_the_middle_is_taken_once_when_it_comes_again(program: Program) -> None:
    with program.client.desk.attempts.recording(("p", "run1")) as recording:
        recording.current.take_history(0, rows(0, 4))  # and the server dies before it has said that they are whole
    again = Program(restarted(program.client))
    again.post(0, rows(0, 9))
    assert again.steps() == list(range(10))


def test_what_comes_between_a_cut_off_post_and_its_repetition_does_not_double_it(program: Program) -> None:
    program.post(0, rows(0, 1))
    with program.client.desk.attempts.recording(("p", "run1")) as recording:
        recording.current.take_history(2, rows(2, 5))
        recording.current.take_console(0, ["2026-11-20T20:51:26 hello"], 0.0)
    again = Program(restarted(program.client))
    again.upsert(config={"lr": 1})
    once_more = Program(restarted(again.client))
    once_more.upsert(config={"lr": 2})
    console = {CONSOLE: {"offset": 0, "content": ["2026-11-20T20:51:26 hello"]}}
    once_more.post(2, rows(2, 9), files=console)
    assert (once_more.steps(), [line.text for line in once_more.run.console()]) == (list(range(10)), ["hello"])


def test_a_run_nobody_heard_of_is_taken_in(tmp_path: Path) -> None:
    program = Program(Speaking(tmp_path), "stranger")
    program.post(7, rows(7, 8))
    assert (program.steps(), program.run.state) == ([7, 8], "running")


def test_system_metrics_stand_at_the_step_of_the_moment(program: Program) -> None:
    program.post(0, rows(0, 3), files={SYSTEM: {"offset": 0, "content": [system(2)]}})
    program.post(files={SYSTEM: {"offset": 0, "content": [system(2), system(9)]}})
    series = program.run.series("system/cpu")
    assert (series.steps.tolist(), series.times.tolist()) == ([3, 3], [BEGAN + 2, BEGAN + 9])


def test_what_is_no_row_is_passed_over_and_the_rest_kept(program: Program) -> None:
    program.post(0, ["{broken", "[1]", "7", row(3, loss=3.0), ""])
    program.post(5, rows(5, 5))
    assert program.steps() == [3, 5]


def test_odd_rows_are_kept_whole(program: Program) -> None:
    wide = {f"k{i}": float(i) for i in range(20_000)}
    program.post(0, [row(5, **wide), row(2, late=1.0), row(6, **{"": 1.0, "x" * 2000: 2.0, "big": 1 << 70})])
    assert program.run.series("k19999").values.tolist() == [19999.0]
    assert program.run.series("late").steps.tolist() == [2]
    assert program.run.series("big").values.tolist() == [float(1 << 70)]
    assert len([info for info in program.run.keys() if info.last in (1.0, 2.0) and "#" in info.key]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {}, {"files": None}, {"files": 3}, {"files": {"wandb-history.jsonl": {"offset": 0}}},
        {"files": {"wandb-history.jsonl": {"offset": -5, "content": [row(0, loss=0.0)]}}},
        {"files": {"wandb-history.jsonl": {"offset": "x", "content": [row(0, loss=0.0), 7, None]}}},
        {"files": {"odd": {"offset": 1 << 80, "content": ["a"]}}}, {"uploaded": 7, "preempting": "no"},
    ],
)  # fmt: skip
def test_whatever_a_post_holds_it_is_acknowledged(program: Program, body: dict[str, object]) -> None:
    assert program.client.stream(body).json() == {}
    program.post(5, rows(5, 6))
    assert program.steps()[-2:] == [5, 6]


def test_the_end_tells_the_state(program: Program) -> None:
    assert program.run.state == "running"
    program.end()
    assert program.run.state == "finished"


def test_an_exit_code_means_failed(program: Program) -> None:
    program.end(3)
    assert program.run.state == "failed"


def test_a_run_that_was_asked_to_stop_hears_of_it_and_is_stopped(program: Program) -> None:
    program.client.desk.stopping.add(("p", "run1"))
    program = Program(restarted(program.client))
    assert program.post(0, rows(0, 1)) == {"stopped": True}
    program.end(255)
    program.end(255)  # the answer was lost
    assert (program.run.state, program.client.desk.stopping) == ("stopped", set())


def test_each_of_the_programs_that_share_a_run_hears_that_it_is_to_stop(program: Program) -> None:
    desk, name = program.client.desk, ("p", "run1")
    content = {"wandb-history.jsonl": {"offset": 0, "content": rows(0, 1)}}
    receive(desk, "e", name, {"files": content, "uploaded": ["config.yaml"]}, "first")
    receive(desk, "e", name, {"files": content}, "second")
    desk.stopping.add(name)
    for client in ("first", "second"):
        assert receive(desk, "e", name, {}, client) == {"stopped": True}
        receive(desk, "e", name, {"complete": True, "exitcode": 255}, client)
    assert (program.run.state, receive(desk, "e", name, {}, "second")) == ("stopped", {})


def test_a_deleted_run_does_not_come_back(program: Program) -> None:
    desk = program.client.desk
    with desk.shelves.lock(("p", "run1")):
        desk.attempts.forget(("p", "run1"))
    desk.stopping.add(("p", "gone"))
    assert receive(desk, "belvedere", ("p", "gone"), {"complete": True}) == {"stopped": True}
    assert not desk.shelves.folder(("p", "gone")).path.exists()


def test_a_row_after_the_end_is_kept_and_the_state_too(program: Program) -> None:
    program.post(0, rows(0, 1))
    program.end()
    program.post(2, rows(2, 2))
    assert (program.steps(), program.run.state) == ([0, 1, 2], "finished")


def test_a_run_whose_folder_was_deleted_is_taken_in_anew(program: Program) -> None:
    program.post(0, rows(0, 1))
    program.client.desk.shelves.folder(("p", "run1")).path.rename(program.client.root / "aside")
    program.post(2, rows(2, 3))
    assert program.steps() == [2, 3]


def test_lines_of_the_console_are_kept_with_their_stream(program: Program) -> None:
    program.console(0, "2026-11-20T20:51:26 one", "ERROR 2026-11-20T20:51:27 two")
    program.console(1, "ERROR 2026-11-20T20:51:27 two", "2026-11-20T20:51:28 three")
    found = [(line.stream, line.text) for line in program.run.console()]
    assert found == [("stdout", "one"), ("stderr", "two"), ("stdout", "three")]


def test_a_full_disk_is_no_acknowledgement(program: Program) -> None:
    desk = program.client.desk
    program.post(0, rows(0, 4))
    with (
        pytest.raises(OSError, match="the disk refused 1 entries of p/run1"),
        desk.attempts.landing(("p", "run1")) as landing,
    ):
        landing._writer.dropped_rows = 1  # as the writer counts what the disk refuses


def test_rows_that_the_disk_refused_are_taken_when_they_come_again(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.post(0, rows(0, 4))
    desk = program.client.desk
    body = {"files": {"wandb-history.jsonl": {"offset": 5, "content": rows(5, 9)}}}
    written: list[int] = []

    def write(fd: int, record: bytes) -> int:
        written.append(fd)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, record)

    real = os.write
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="the disk refused"):
        receive(desk, "belvedere", ("p", "run1"), body)
    monkeypatch.undo()
    assert receive(desk, "belvedere", ("p", "run1"), body) == {}
    assert program.steps() == list(range(10))


def test_nested_values_are_flat_keys_and_their_paths_are_known(program: Program) -> None:
    program.post(0, [row(0, nested={"a": 1, "b": {"c": 2.5}})])
    assert program.run.series("nested/b/c").values.tolist() == [2.5]
    assert program.run.detail.foreign["wandb"]["nested"] == {
        "nested/a": ["nested", "a"], "nested/b/c": ["nested", "b", "c"],
    }  # fmt: skip


def test_two_streams_and_a_summary_in_one_post(program: Program) -> None:
    program.post(
        0, rows(0, 2),
        files={
            SUMMARY: {"offset": 0, "content": [json.dumps({"loss": 2, "best": 0.1, "_step": 2})]},
            CONSOLE: {"offset": 0, "content": ["2026-11-20T20:51:26 hello"]},
        },
    )  # fmt: skip
    assert program.run.summary["best"] == 0.1
    assert [line.text for line in program.run.console()] == ["hello"]


def test_parts_of_a_post_and_addresses_that_we_do_not_know_are_counted(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.start()
    known = {"uploaded": ["config.yaml"], "preempting": False, "complete": False}
    files = {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 1}']}}
    assert client.stream({"files": files, **known}).json() == {}
    assert client.desk.unknown == {}
    files["spans.jsonl"] = {"offset": 0, "content": ["{}"]}
    assert client.stream({"files": files, "paused": True}).json() == {}
    assert client.post("/files/belvedere/p/run1/other_stream", json={}).status_code == 405
    assert client.desk.unknown == {
        "file_stream: paused": 1, "file_stream: spans.jsonl": 1, "POST /files/belvedere/p/run1/other_stream": 1
    }  # fmt: skip
    assert client.asking.request("POST", "/other").status_code == 405  # without a key: no client
    assert len(client.desk.unknown) == 3
