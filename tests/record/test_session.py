"""init: whose run it is, where it lies, how it goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.core.entries import RunFinished, RunStarted
from tests.record.conftest import Begin, entries, folder_of, rows


def test_defaults_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, begin: Begin) -> None:
    for name, value in {
        "DIR": str(tmp_path / "e"),
        "PROJECT": "q",
        "NAME": "n",
        "RUN_ID": "abc",
        "TAGS": "x, y",
    }.items():
        monkeypatch.setenv(f"BELVEDERE_{name}", value)
    run = begin(project=None, dir=None)
    assert (run.project, run.id, run.name, run.tags, run.dir) == (
        "q",
        "abc",
        "n",
        ("x", "y"),
        str(tmp_path / "e/q/abc"),
    )


def test_ids_and_names_are_made_up(begin: Begin) -> None:
    first, second = begin(), begin()
    assert len(first.id) == 8
    assert first.id != second.id
    assert (first.name.rpartition("-")[2], second.name.rpartition("-")[2]) == ("1", "2")


def test_unknown_arguments_warn_once(begin: Begin) -> None:
    with pytest.warns(bv.RecordingWarning, match="does not know entity, reinit") as found:
        begin(entity="me", reinit=True)
    assert len(found) == 1


@pytest.mark.parametrize(
    "wishes",
    [{"mode": "loud"}, {"id": "../x"}, {"project": "."}, {"resume": "maybe"}, {"sync": "often"}, {"resume_from": 5}],
)
def test_what_cannot_be_is_refused_at_once(begin: Begin, wishes: dict[str, object]) -> None:
    with pytest.raises(bv.UsageError):
        begin(**wishes)


def test_a_directory_that_cannot_be_written_is_refused(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(bv.UsageError, match="cannot be written"):
        begin(dir=tmp_path / "file")


def test_identity_is_written_once_and_shared(begin: Begin) -> None:
    first = begin(id="same", name="original", tags=["a"])
    second = begin(id="same", name="other")
    assert (second.name, second.tags) == ("original", ("a",))
    assert json.loads(folder_of(first).identity.read_text())["name"] == "original"
    assert list(folder_of(first).path.glob(".*.tmp")) == []


def test_two_processes_on_one_id_keep_both(begin: Begin) -> None:
    first, second = begin(id="same"), begin(id="same")
    first.log({"a": 1.0})
    second.log({"a": 2.0})
    first.log({"a": 3.0})
    assert len(folder_of(first).writers()) == 2
    assert sorted(values["a"] for _, values in rows(first)) == [1.0, 2.0, 3.0]  # type: ignore[type-var]


def test_resume_goes_on_behind_the_last_step_in_a_new_writer(begin: Begin) -> None:
    run = begin(id="r")
    run.log({"a": 1.0}, step=40)
    run.log({"a": 1.0}, step=7)
    run.finish()
    again = begin(id="r", resume="must")
    again.log({"a": 2.0})
    assert [step for step, _ in rows(again)] == [40, 7, 41]
    assert begin(id="new", resume="allow").step == 0


def test_resume_refuses_what_it_must(begin: Begin) -> None:
    with pytest.raises(bv.UsageError, match="there is no run"):
        begin(id="r", resume="must")
    begin(id="r", resume="never").finish()
    with pytest.raises(bv.UsageError, match="exists"):
        begin(id="r", resume="never")


@pytest.mark.parametrize("point", [10, "10", "r?_step=10"])
def test_resume_from_says_where_it_goes_on(begin: Begin, point: object) -> None:
    begin(id="r").log({"a": 1.0}, step=20)
    again = begin(id="r", resume_from=point)
    assert again.step == 10
    started = [entry for entry in entries(again) if isinstance(entry, RunStarted)]
    assert [entry.resume_from for entry in started] == [None, 10]


def test_module_functions_act_on_the_newest_run(begin: Begin) -> None:
    with pytest.raises(bv.UsageError, match="there is no run"):
        bv.log({"a": 1.0})
    run = begin(config={"lr": 1})
    bv.log({"a": 1.0})
    assert (bv.run, bv.config["lr"], bv.summary["a"]) == (run, 1, 1.0)
    bv.finish()
    assert bv.run is None
    assert rows(run) == [(0, {"a": 1.0})]


def ended(tmp_path: Path, last_line: str) -> tuple[str, int, int]:
    """State and exit code in the log, and the exit code of a program that ends with a line."""
    code = f"import belvedere as bv, sys\nrun = bv.init(project='p', id='x', dir={str(tmp_path)!r}, hardware=False)\n"
    code += f"run.log({{'a': 1.0}})\nprint('hello')\n{last_line}\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    folder = bv_folder(tmp_path)
    last = folder[-1]
    assert isinstance(last, RunFinished), done.stderr
    return last.state, last.exit_code, done.returncode


def bv_folder(root: Path) -> list[object]:
    from belvedere.runlog.layout import RunFolder
    from belvedere.runlog.reader import read_entries

    folder = RunFolder(root, "p", "x")
    return [entry for writer in folder.writers() for path in folder.segments(writer) for entry in read_entries(path)]


@pytest.mark.parametrize(
    ("last_line", "expected"),
    [
        ("pass", ("finished", 0, 0)),
        ("raise ValueError('no')", ("failed", 1, 1)),
        ("sys.exit(3)", ("failed", 3, 3)),
        ("raise KeyboardInterrupt", ("stopped", 130, -2)),
    ],
)
def test_a_program_that_forgets_finish_says_how_it_ended(tmp_path: Path, last_line: str, expected: object) -> None:
    assert ended(tmp_path, last_line) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_writes_a_log_of_its_own(begin: Begin) -> None:
    run = begin()
    run.log({"a": 1.0})
    child = os.fork()
    if child == 0:
        try:
            run.log({"child": 2.0})
            run.log({"child": 3.0})
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    run.log({"a": 4.0})
    started = [entry for entry in entries(run) if isinstance(entry, RunStarted)]
    assert [entry.is_fork for entry in started] == [False, True]
    assert started[1].pid == child
    assert rows(run) == [(0, {"a": 1.0}), (1, {"a": 4.0}), (1, {"child": 2.0}), (2, {"child": 3.0})]
