"""Which attempt of a run the lines belong to: a new one, one that is resumed, or an old one that is sent again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from belvedere.core.entries import Console, RunFinished, RunStarted
from belvedere.core.errors import NotFound
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import RunFolder
from belvedere.wandb_protocol import attempts, file_stream
from belvedere.wandb_protocol.file_stream import receive
from belvedere.wandb_protocol.recording import is_of_client
from tests.wandb_protocol.posting import BEGAN, CONSOLE, HISTORY, SYSTEM, Program, restarted, row, rows, system
from tests.wandb_protocol.speaking import Speaking

LATER = BEGAN + 1000.0


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(Speaking(tmp_path))


def logged(program: Program, lines: Sequence[str], *, is_over: bool = True) -> None:
    """A program comes, logs these lines, and ends."""
    program.arrive()
    program.post(0, lines)
    if is_over:
        program.end()


def test_a_run_that_is_sent_twice_is_there_once(program: Program) -> None:
    for _ in range(3):
        logged(program, rows(0, 9))
    assert (program.steps(), len(program.run.attempts)) == (list(range(10)), 1)


def test_what_the_server_missed_of_a_killed_program_comes_with_its_file(program: Program) -> None:
    logged(program, rows(0, 4), is_over=False)
    logged(program, rows(0, 9))
    assert (program.steps(), len(program.run.attempts), program.run.state) == (list(range(10)), 1, "finished")


def test_a_file_that_lost_a_row_in_the_middle_loses_none_of_the_others(program: Program) -> None:
    logged(program, rows(0, 4), is_over=False)
    logged(program, [*rows(0, 1), *rows(3, 9)])
    assert program.steps() == list(range(10))


def test_a_file_that_is_sent_while_the_server_restarts_is_taken_once(program: Program) -> None:
    logged(program, rows(0, 9))
    program.arrive()
    again = Program(restarted(program.client))
    again.post(0, rows(0, 4))
    once_more = Program(restarted(again.client))
    once_more.post(5, rows(5, 12))
    assert (once_more.steps(), len(once_more.run.attempts)) == (list(range(13)), 1)


def test_a_new_program_on_the_same_id_hides_what_the_old_one_logged(program: Program) -> None:
    logged(program, rows(0, 9))
    logged(program, rows(0, 2, LATER))
    assert program.steps() == [0, 1, 2]
    assert [attempt.resume_from for attempt in program.run.attempts] == [None, 0]
    assert program.run.series("loss").times.tolist() == [LATER, LATER + 1, LATER + 2]


def test_the_old_program_sent_again_is_still_known(program: Program) -> None:
    logged(program, rows(0, 9))
    logged(program, rows(0, 2, LATER))
    logged(program, rows(0, 9))
    assert (program.steps(), len(program.run.attempts)) == ([0, 1, 2], 2)
    logged(program, rows(0, 2, LATER))
    assert (program.steps(), len(program.run.attempts)) == ([0, 1, 2], 2)


def test_system_metrics_are_enough_to_be_known_by(program: Program) -> None:
    body = {SYSTEM: {"offset": 0, "content": [system(0), system(1)]}}
    for _ in range(2):
        program.arrive()
        program.post(files=body)
        program.end()
    assert (program.run.series("system/cpu").times.tolist(), len(program.run.attempts)) == ([BEGAN, BEGAN + 1], 1)


def test_a_resumed_run_goes_on_in_an_attempt_of_its_own(program: Program) -> None:
    logged(program, rows(0, 4))
    program.arrive(id="anything")
    program.post(5, rows(5, 7, LATER))
    assert program.steps() == list(range(8))
    assert [attempt.resume_from for attempt in program.run.attempts] == [None, 5]


def test_the_file_of_a_resumed_program_is_known_wherever_its_lines_are_counted_from(program: Program) -> None:
    logged(program, rows(0, 4))
    program.arrive(id="anything")
    program.post(5, rows(5, 7, LATER))
    program.end()
    program.arrive(id="anything")
    program.post(8, rows(5, 9, LATER))
    program.end()
    assert (program.steps(), len(program.run.attempts)) == (list(range(10)), 2)


def test_a_program_that_never_logged_leaves_its_place_to_the_next(program: Program) -> None:
    program.arrive()
    logged(program, rows(0, 1))
    assert (program.steps(), len(program.run.attempts)) == ([0, 1], 1)


def test_console_lines_wait_until_it_is_known_whose_they_are(program: Program) -> None:
    logged(program, rows(0, 4))
    program.console(0, "2026-11-20T20:51:26 old")
    program.arrive()
    program.console(0, "2026-11-20T20:59:26 new")
    again = Program(restarted(program.client))
    again.post(0, rows(0, 1, LATER))
    assert [line.text for line in again.run.console()] == ["old", "new"]
    assert [attempt.resume_from for attempt in again.run.attempts] == [None, 0]


def test_a_program_that_only_prints_is_heard_all_the_same(program: Program) -> None:
    logged(program, rows(0, 4))
    program.arrive()
    program.console(0, "2026-11-20T20:59:26 new")
    program.end()
    assert [line.text for line in program.run.console()] == ["new"]


def test_a_run_was_created_when_its_first_line_was_made(program: Program) -> None:
    logged(program, rows(0, 4))
    assert (program.run.created, program.run.series("loss").times[0]) == (BEGAN, BEGAN)


def test_two_programs_on_one_id_disturb_no_other_run(program: Program) -> None:
    other = Program(program.client, "other")
    logged(other, rows(0, 4), is_over=False)
    program.arrive()
    program.post(0, rows(0, 4))
    program.arrive()
    program.post(0, rows(0, 4, LATER))
    program.post(5, rows(5, 6))
    other.post(5, rows(5, 6))
    other.end()
    assert (other.steps(), other.run.state) == (list(range(7)), "finished")
    assert set(program.steps()) >= {0, 1, 2, 3, 4}


def test_programs_that_share_a_run_are_its_ranks(program: Program) -> None:
    program.arrive()
    program.arrive()
    receive, desk, name = file_stream.receive, program.client.desk, ("p", "run1")
    for _ in range(2):
        for client in ("one", "two"):
            own = [row(step, loss=1.0 * step, **{client: 2.0 * step}) for step in range(4)]
            receive(desk, "e", name, {"files": {"wandb-history.jsonl": {"offset": 0, "content": own}}}, client)
    receive(desk, "e", name, {"complete": True, "exitcode": 0}, "one")
    assert program.run.state == "running"
    receive(desk, "e", name, {"complete": True, "exitcode": 0}, "two")
    assert (program.steps("one"), program.steps("two"), program.run.state) == ([0, 1, 2, 3], [0, 1, 2, 3], "finished")
    assert [(attempt.rank, attempt.resume_from) for attempt in program.run.attempts] == [(0, None), (1, None)]


def test_a_run_that_somebody_else_recorded_is_taken_up_in_an_attempt_of_its_own(program: Program) -> None:
    folder = program.client.desk.shelves.folder(("p", "run1"))
    own = Landing(folder, RunStarted(5.0, "p", "run1", "r0-5000000000-0a"))
    own.row(0, 5_000_000, {"loss": 0.5})
    own.row(1, 6_000_000, {"loss": 0.25})
    own.event(RunFinished(7.0))
    own.close()
    program.upsert(tags=["seen"])
    assert (program.run.state, program.run.tags, len(program.run.attempts)) == ("finished", ("seen",), 1)
    program.arrive(id="anything")
    program.post(2, rows(2, 3))
    assert (program.steps(), program.run.state) == ([0, 1, 2, 3], "running")


def test_a_run_that_was_imported_and_is_sent_then_has_each_line_of_its_console_once(program: Program) -> None:
    folder = program.client.desk.shelves.folder(("p", "run1"))
    imported = Landing(folder, RunStarted(BEGAN, "p", "run1", "r0-1699999999000000000-0a"))
    for step in (0, 1):
        imported.row(step, round((BEGAN + step) * 1e6), {"loss": float(step), "_runtime": float(step)})
        imported.event(Console(BEGAN + step, "stdout", f"step {step}"))
    imported.commit()
    imported.close()
    program.arrive()
    sent = [f"2026-11-20T20:51:26.330491 step {step}" for step in range(3)]
    program.post(0, rows(0, 2), files={CONSOLE: {"offset": 0, "content": sent}})
    program.end()
    assert sorted(line.text for line in program.run.console()) == ["step 0", "step 1", "step 2"]
    assert program.steps() == [0, 1, 2]


def test_nobody_elses_log_is_appended_to(program: Program) -> None:
    logged(program, rows(0, 1))
    folder: RunFolder = program.client.desk.shelves.folder(("p", "run1"))
    (own,) = folder.writers()
    assert is_of_client(own)
    assert not is_of_client("r0-1700000000000000000-0123456789ab")


def test_only_so_many_runs_stay_open(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "OPEN_RUNS_MAX", 3)
    opened = program.client.desk.attempts
    for number in range(5):
        with opened.recording(("p", f"run{number}")) as recording:
            assert recording.newest.is_empty
    assert list(opened._open) == [("p", "run2"), ("p", "run3"), ("p", "run4")]


def test_nothing_is_added_to_a_run_that_is_not_there(program: Program) -> None:
    with (
        pytest.raises(NotFound, match="no run 'p/nowhere' to add to"),
        program.client.desk.attempts.landing(("p", "nowhere")),
    ):
        pass


def test_a_run_that_several_programs_write_ends_with_the_one_that_describes_it(program: Program) -> None:
    def posts(client: str, **body: object) -> None:
        found = receive(program.client.desk, "belvedere", ("p", "run1"), body, client)
        assert found == {}

    program.arrive()
    for client in ("worker", "main", "idle"):
        key = f"{client}/loss"
        posts(client, files={HISTORY: {"offset": 0, "content": [row(step, **{key: 1.0}) for step in range(3)]}})
    posts("main", uploaded=["wandb-metadata.json", "requirements.txt"])
    posts("worker", complete=True, exitcode=0)
    assert program.run.state == "running"
    posts("main", complete=True, exitcode=3)
    assert (program.run.state, [one.state for one in program.run.attempts]) == (
        "failed",
        ["finished", "failed", "failed"],
    )
    assert [program.steps(f"{client}/loss") for client in ("worker", "main", "idle")] == [[0, 1, 2]] * 3
