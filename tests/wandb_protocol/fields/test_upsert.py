"""upsertBucket and rewindRun: runs are made, told anew, taken up again."""

import json
from pathlib import Path
from typing import Any

import pytest

from belvedere.core.entries import Defined
from belvedere.runlog.reader import read_entries
from belvedere.store.describe import definition_of
from tests.wandb_protocol.posting import UPSERT, Program, restarted, rows
from tests.wandb_protocol.speaking import Speaking

REWIND = """mutation RewindRun($runName: String!, $entity: String, $project: String, $metricName: String!,
    $metricValue: Float!) {
  rewindRun(input: {runName: $runName, entityName: $entity, projectName: $project, metricName: $metricName,
      metricValue: $metricValue}) {
    rewoundRun { id name displayName config sweepName historyLineCount project { id name entity { id name } } } } }"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(Speaking(tmp_path))


def entries(program: Program) -> int:
    folder = program.client.desk.shelves.folder(("p", "run1"))
    return sum(1 for writer in folder.writers() for path in folder.segments(writer) for _ in read_entries(path))


def test_a_new_run_is_what_the_client_says_it_is(program: Program) -> None:
    told = program.arrive(
        displayName="my run", groupName="g", jobType="train", tags=["a", "b"], notes="why", commit="abc", sweep="s1",
        config={"lr": 0.1, "nested": {"a": [1, 2]}}, raw={"t": {"1": [1]}},
    )  # fmt: skip
    run = program.run
    assert told["inserted"] is True
    assert (run.name, run.group, run.job_type, run.tags, run.notes) == ("my run", "g", "train", ("a", "b"), "why")
    assert (run.config, run.state, run.hosts) == ({"lr": 0.1, "nested": {"a": [1, 2]}}, "running", ("node-7",))
    facts = run.detail.foreign["wandb"]
    assert {name: facts[name] for name in ("host", "program", "commit", "sweep", "config")} == {
        "host": "node-7", "program": "train.py", "commit": "abc", "sweep": "s1", "config": {"t": {"1": [1]}},
    }  # fmt: skip


def test_the_answer_names_where_rows_go_and_no_line_count(program: Program) -> None:
    bucket = program.arrive(displayName="x", entity="team", config={"lr": 1})["bucket"]
    assert (bucket["name"], bucket["displayName"], bucket["historyLineCount"]) == ("run1", "x", None)
    assert (bucket["project"]["name"], bucket["project"]["entity"]["name"]) == ("p", "team")
    assert json.loads(bucket["config"]) == {"lr": {"value": 1}}
    program.post(0, rows(0, 4))
    assert program.upsert()["bucket"]["historyLineCount"] is None


def test_a_run_without_a_name_gets_one_that_counts(program: Program) -> None:
    assert program.arrive()["bucket"]["displayName"].endswith("-1")
    other = Program(program.client, "run2").arrive()
    assert other["bucket"]["displayName"].endswith("-2")


def test_null_leaves_everything_as_it_was(program: Program) -> None:
    program.arrive(displayName="x", tags=["a"], notes="n", config={"lr": 1})
    again = program.upsert()
    assert (again["inserted"], again["bucket"]["displayName"]) == (False, "x")
    assert (program.run.tags, program.run.notes, program.run.config) == (("a",), "n", {"lr": 1})


def test_only_what_changed_is_written(program: Program) -> None:
    program.arrive(config={"lr": 1}, raw={"t": {}})
    before = entries(program)
    program.upsert(config={"lr": 1}, raw={"t": {}})
    assert entries(program) == before + 1  # the mark that all of it is here
    program.upsert(config={"lr": 2, "bs": 3}, raw={"t": {}})
    assert entries(program) == before + 3
    assert program.run.config == {"lr": 2, "bs": 3}


def test_a_restarted_server_writes_nothing_anew(program: Program) -> None:
    program.arrive(
        displayName="x", tags=["a"], config={"lr": 1}, raw={"t": {}, "m": [{"1": "loss", "6": [3], "7": [1]}]}
    )
    again = Program(restarted(program.client))
    before = entries(again)
    again.upsert(displayName="x", tags=["a"], config={"lr": 1}, raw={"t": {}, "m": [{"1": "loss", "6": [3], "7": [1]}]})
    assert entries(again) == before + 2  # a new segment says who writes, and the mark


def test_metrics_are_defined(program: Program) -> None:
    metrics = [{"1": "epoch"}, {"1": "acc", "5": 1, "6": [1, 3], "7": [2, 5], "8": 2}, {"2": "val/*", "5": 1}]
    program.arrive(raw={"m": metrics})
    found = program.run.definitions
    assert definition_of("acc", found) == Defined(found["acc"].time, "acc", "epoch", ["max", "last"], "maximize")
    assert getattr(definition_of("val/loss", found), "x", None) == "epoch"


def test_where_a_program_runs_is_its_environment(program: Program) -> None:
    process = {
        "os": "Linux", "python": "CPython 3.11.7", "host": "node-7", "program": "train.py", "args": ["--lr", "1"],
        "executable": "/bin/python", "root": "/work", "cpu_count": 4, "cpu_count_logical": 8,
        "cpu": {"model": "EPYC"}, "memory": {"total": "1024"}, "git": {"commit": "abc", "remote": "git@x"},
        "gpu_nvidia": [{"name": "H100", "memoryTotal": "85"}], "startedAt": "2026-11-21T18:20:03Z",
    }  # fmt: skip
    program.arrive(raw={"e": {"old": {"startedAt": "2026-01-01", "host": "gone"}, "new": process}})
    assert program.run.environment == {
        "os": "Linux", "python": "CPython 3.11.7", "host": "node-7", "command": ["train.py", "--lr", "1"],
        "executable": "/bin/python", "directory": "/work", "cpu_cores": 4, "cpu_threads": 8, "cpu": "EPYC",
        "memory_bytes": 1024, "commit": "abc", "remote": "git@x", "gpus": [{"name": "H100", "memory_bytes": 85}],
    }  # fmt: skip


def test_an_edit_by_id_changes_the_run(program: Program) -> None:
    opaque = program.arrive(displayName="x", config={"lr": 1})["bucket"]["id"]
    client = program.client
    client.data(UPSERT, id=opaque, displayName="y", tags=[], notes="n", groupName="g", config='{"lr": {"value": 2}}')
    assert (program.run.name, program.run.notes, program.run.group, program.run.config) == ("y", "n", "g", {"lr": 2})
    assert program.run.attempts[0].resume_from is None
    assert len(program.run.attempts) == 1


def test_a_key_that_an_edit_leaves_out_is_gone_once_the_program_is(program: Program) -> None:
    opaque = program.arrive(config={"lr": 1, "old": 2})["bucket"]["id"]
    edit = {"id": opaque, "config": '{"lr": {"value": 1}}'}
    program.client.data(UPSERT, **edit)
    assert program.run.config == {"lr": 1, "old": 2}  # what the program says next would be lost in the same way
    program.end()
    program.client.data(UPSERT, **edit)
    again = restarted(program.client)
    assert again.desk.shelves.run(("p", "run1")).config == {"lr": 1}
    again.data(UPSERT, id=opaque, config='{"lr": {"value": 1}, "old": {"value": 3}}')
    assert again.desk.shelves.run(("p", "run1")).config == {"lr": 1, "old": 3}


def test_a_state_that_is_told_ends_the_run(program: Program) -> None:
    program.arrive()
    program.upsert(state="failed")
    assert program.run.state == "failed"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "upsertBucket names no run"),
        ({"id": "???"}, "is no id of a run"),
        ({"name": "../x", "project": "p"}, "run id '../x' cannot be a folder name"),
        ({"name": "x", "project": "a/b"}, "project 'a/b' cannot be a folder name"),
        ({"name": "x", "project": "p", "config": "{broken"}, "this is not JSON"),
    ],
)
def test_what_cannot_be_a_run_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    client = Speaking(tmp_path)
    assert message in client.error(UPSERT, **given)
    assert client.desk.shelves.rows() == []


def test_a_rewound_run_hides_what_came_after(program: Program) -> None:
    program.arrive(displayName="x")
    program.post(0, rows(0, 9))
    program.end()
    found = program.client.data(REWIND, runName="run1", project="p", metricName="_step", metricValue=3)
    rewound = found["rewindRun"]["rewoundRun"]
    assert (rewound["name"], rewound["displayName"], rewound["historyLineCount"]) == ("run1", "x", 4)
    program.arrive(id=rewound["id"])
    program.post(4, rows(4, 5, 1.8e9))
    program.end()
    assert program.steps() == [0, 1, 2, 3, 4, 5]
    assert [attempt.resume_from for attempt in program.run.attempts] == [None, 4]


def test_a_rewound_run_that_is_sent_once_more_stays_as_it_is(program: Program) -> None:
    program.arrive()
    program.post(0, rows(0, 9))
    for _ in range(2):
        program.client.data(REWIND, runName="run1", project="p", metricName="_step", metricValue=3)
        program.arrive(id="anything")
        program.post(4, rows(4, 7, 1.8e9))
        program.end()
    assert (program.steps(), program.run.state) == ([0, 1, 2, 3, 4, 5, 6, 7], "finished")


def test_rewinding_needs_a_run_and_a_step(program: Program) -> None:
    error = program.client.error
    assert "no run 'p/nowhere'" in error(REWIND, runName="nowhere", project="p", metricName="_step", metricValue=3)
    assert "not to loss=3" in error(REWIND, runName="run1", project="p", metricName="loss", metricValue=3)
