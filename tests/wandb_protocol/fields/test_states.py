"""Saying what became of a run."""

from pathlib import Path

from belvedere.wandb_protocol.desk import ProjectValue
from belvedere.wandb_protocol.ids import run_id
from tests.server.recorded import record
from tests.wandb_protocol.landed import land
from tests.wandb_protocol.speaking import Speaking

UPDATE = """mutation UpdateRunState($input: UpdateRunStateInput!) { updateRunState(input: $input) { success } }"""
STATE = 'query RunState { project(name: "p") { run(name: "run1") { state } } }'
OPAQUE = run_id(ProjectValue("team", "p"), "run1")


def test_a_run_that_is_lost_can_be_called_failed(tmp_path: Path) -> None:
    client = Speaking(tmp_path)
    client.start("run1")
    client.stream({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 1}']}}})
    assert client.data(STATE)["project"]["run"]["state"] == "running"
    assert client.data(UPDATE, input={"id": OPAQUE, "state": "failed"}) == {"updateRunState": {"success": True}}
    assert client.data(STATE)["project"]["run"]["state"] == "failed"


def test_a_run_that_ended_stays_as_it_ended(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": 1}])
    client = Speaking(tmp_path)
    for state in ("failed", "pending", "running", None):
        error = client.error(UPDATE, input={"id": OPAQUE, "state": state})
        assert error.startswith(f"run 'run1' is finished and cannot become {str(state)!r}; a running or crashed run")
    assert client.data(STATE)["project"]["run"]["state"] == "finished"


def test_editing_a_run_that_others_recorded_begins_no_attempt(tmp_path: Path) -> None:
    record(tmp_path, steps=3)
    client = Speaking(tmp_path)
    text = """mutation U($id: String!, $notes: String) {
        upsertBucket(input: {id: $id, notes: $notes}) { bucket { id } } }"""
    client.data(text, id=OPAQUE, notes="seen")
    run = client.desk.shelves.run(("p", "run1"))
    assert (run.state, run.notes, run.steps, len(run.attempts)) == ("finished", "seen", 3, 1)


def test_agents_learn_what_became_of_a_run(tmp_path: Path) -> None:
    text = """query SweepWithRuns { project(name: "p") { run(name: "run1") {
        exitcode shouldStop failed stopped running } } }"""
    client = Speaking(tmp_path)
    client.start("run1")
    client.stream({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 1}']}}})
    client.desk.stopping.add(("p", "run1"))
    assert client.data(text)["project"]["run"] == {
        "exitcode": None, "shouldStop": True, "failed": False, "stopped": True, "running": True
    }  # fmt: skip
    client.desk.stopping.clear()
    for code, has_failed, known in ((1, True, None), (0, False, 0)):
        client.stream({"complete": True, "exitcode": code})
        assert client.data(text)["project"]["run"] == {
            "exitcode": known, "shouldStop": False, "failed": has_failed, "stopped": False, "running": False
        }  # fmt: skip
    assert client.desk.unknown == {}
