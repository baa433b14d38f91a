"""Deleting runs."""

import os
from pathlib import Path

import pytest

from belvedere.wandb_protocol.desk import ProjectValue
from belvedere.wandb_protocol.ids import run_id
from tests.wandb_protocol.artifacts.logging import Artifacts
from tests.wandb_protocol.landed import land
from tests.wandb_protocol.speaking import Speaking

DELETE = """mutation DeleteRun($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }"""
NAMES = 'query Q { project(name: "p") { runs { edges { node { name } } } } }'
HISTORY = 'query Q { project(name: "p") { run(name: "run1") { history } } }'
DONE = {"deleteRun": {"clientMutationId": None}}


def opaque(name: str) -> str:
    return run_id(ProjectValue("team", "p"), name)


def names(client: Speaking) -> list[str]:
    return [edge["node"]["name"] for edge in client.data(NAMES)["project"]["runs"]["edges"]]


def test_a_run_is_gone_for_good(tmp_path: Path) -> None:
    for number, run in enumerate(("run1", "run2")):
        land(tmp_path, run, rows=[{"a": 1}], number=number)
    client = Speaking(tmp_path)
    assert names(client) == ["run1", "run2"]
    assert len(client.data(HISTORY)["project"]["run"]["history"]) == 1
    assert client.data(DELETE, id=opaque("run1")) == DONE
    assert names(client) == ["run2"]
    assert client.data(HISTORY)["project"]["run"] is None
    assert os.listdir(tmp_path / "p") == ["run2"]


@pytest.mark.parametrize("name", ["other", ".artifacts", "..", "../q/run1"])
def test_only_runs_are_deleted(tmp_path: Path, name: str) -> None:
    land(tmp_path)
    land(tmp_path, project="q")
    (tmp_path / "p" / ".artifacts").mkdir()
    client = Speaking(tmp_path)
    assert client.error(DELETE, id=opaque(name))
    assert sorted(os.listdir(tmp_path / "p")) == [".artifacts", "run1"]
    assert os.listdir(tmp_path / "q") == ["run1"]


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path) -> None:
    land(tmp_path)
    (tmp_path / "p" / "notes").mkdir()
    assert "no run 'p/notes'" in Speaking(tmp_path).error(DELETE, id=opaque("notes"))
    assert (tmp_path / "p" / "notes").is_dir()


def test_a_run_that_is_still_written_is_stopped_and_does_not_come_back(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.start("run1")
    post = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 1}']}}}
    assert client.stream(post).json() == {}
    assert client.data(DELETE, id=opaque("run1")) == DONE
    assert client.stream(post).json() == {"stopped": True}
    update = """mutation U($config: JSONString) { upsertBucket(input: {name: "run1", modelName: "p", config: $config}) {
        bucket { id } } }"""
    assert "was deleted while it ran" in client.error(update, config="{}")
    assert names(client) == []


def test_the_name_of_a_deleted_run_can_be_used_again(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    begin = """mutation U { upsertBucket(input: {name: "run1", modelName: "p", config: "{}", host: "box"}) {
        bucket { id } } }"""
    client.data(begin)
    client.data(DELETE, id=opaque("run1"))
    client.data(begin)
    post = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 2}']}}}
    assert client.stream(post).json() == {}
    assert names(client) == ["run1"]


def test_artifacts_go_with_their_run_when_that_is_asked_for(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    artifacts = Artifacts(client)
    for run in ("run1", "run2"):
        client.start(run)
        artifacts.log("shared", {"a": b"1"}, runName=run)
        artifacts.log(run, {"a": b"2"}, runName=run)
    with_them = DELETE.replace("id: $id", "id: $id, deleteArtifacts: true")
    assert client.data(with_them, id=opaque("run1")) == DONE
    left = [name for name in ("shared:v0", "run1:v0", "run2:v0") if artifacts.named(name)]
    assert left == ["shared:v0", "run2:v0"]
