"""One run, as `Api().run` asks for it."""

import json
from pathlib import Path

from belvedere.wandb_protocol.ids import run_of
from tests.wandb_protocol.landed import land
from tests.wandb_protocol.speaking import Speaking

RUN = """query Run($project: String!, $name: String!) { project(name: $project, entityName: "team") {
    run(name: $name) { projectId ...RunFragment } } }
    fragment RunFragment on Run { id tags name displayName sweepName state config group jobType commit readOnly
        createdAt heartbeatAt description notes systemMetrics summaryMetrics historyLineCount user { name username }
        historyKeys }"""


def test_a_run_says_all_about_itself(tmp_path: Path) -> None:
    land(
        tmp_path, rows=[{"loss": 2.0, "epoch": 0, "d": {"a": 1}}, {"loss": 1.5, "epoch": 1, "d": {"a": 2}}],
        name="calm-hill-1", group="g", tags=("x", "y"), notes="try it",
        config={"lr": 0.1, "model": {"layers": 2}}, system=[{"system.cpu": 12.5}],
        facts={"config": {"t": {"1": [1]}, "cli_version": "0.31.0"}, "sweep": "s1", "commit": "abc"},
    )  # fmt: skip
    client = Speaking(tmp_path)
    run = client.data(RUN, project="p", name="run1")["project"]["run"]
    config, summary = json.loads(run.pop("config")), json.loads(run.pop("summaryMetrics"))
    keys, opaque, number = run.pop("historyKeys"), run.pop("id"), run.pop("projectId")
    assert config == {
        "lr": {"value": 0.1}, "model": {"value": {"layers": 2}},
        "_wandb": {"value": {"t": {"1": [1]}, "cli_version": "0.31.0"}},
    }  # fmt: skip
    assert {key: summary[key] for key in ("loss", "epoch", "d", "_step")} == {
        "loss": 1.5, "epoch": 1, "d": {"a": 2}, "_step": 1,
    }  # fmt: skip
    assert not any(key.startswith("system") for key in summary)
    assert run_of(opaque) == ("p", "run1") and int(number) > 0 and keys["lastStep"] == 1
    assert run == {
        "tags": ["x", "y"], "name": "run1", "displayName": "calm-hill-1", "sweepName": "s1", "state": "finished",
        "group": "g", "jobType": "train", "commit": "abc", "readOnly": False, "createdAt": "2023-11-14T22:13:20Z",
        "heartbeatAt": "2023-11-14T22:13:22Z", "description": None, "notes": "try it",
        "systemMetrics": '{"system.cpu":12.5}', "historyLineCount": 2,
        "user": {"name": "belvedere", "username": "belvedere"},
    }  # fmt: skip
    assert client.desk.unknown == {}


def test_what_nobody_said_is_null(tmp_path: Path) -> None:
    land(tmp_path)
    run = Speaking(tmp_path).data(RUN, project="p", name="run1")["project"]["run"]
    assert [run[name] for name in ("group", "notes", "sweepName", "commit", "description")] == [None] * 5
    assert (run["displayName"], run["tags"], run["config"], run["systemMetrics"]) == ("run1", [], "{}", "{}")
    assert (run["historyLineCount"], run["historyKeys"]) == (0, {"sets": [], "keys": {}, "lastStep": -1})


def test_a_run_that_is_not_there_is_null(tmp_path: Path) -> None:
    land(tmp_path)
    (tmp_path / "p" / "no run").mkdir()
    client = Speaking(tmp_path)
    for name in ("other", "no run", "../run1", "a" * 300, ""):
        assert client.data(RUN, project="p", name=name)["project"] == {"run": None}


def test_a_run_that_was_stopped_is_called_killed(tmp_path: Path) -> None:
    land(tmp_path, state="stopped")
    text = 'query RunState { project(name: "p") { run(name: "run1") { id state } } }'
    assert Speaking(tmp_path).data(text)["project"]["run"]["state"] == "killed"


def test_the_project_of_a_run_and_some_of_its_summary(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": 1, "b": 2}], facts={"config": {"t": {"1": [1]}, "m": []}})
    text = """query Q { project(name: "p", entityName: "team") { run(name: "run1") {
        project { name entityName } wandbConfig(keys: ["t"]) summaryMetrics(keys: ["b"]) } } }"""
    assert Speaking(tmp_path).data(text)["project"]["run"] == {
        "project": {"name": "p", "entityName": "team"}, "wandbConfig": '{"t":{"1":[1]}}', "summaryMetrics": '{"b":2}',
    }  # fmt: skip
