"""What a client learns of a run before it resumes it."""

import json
import math
from pathlib import Path
from typing import Any

from tests.wandb_protocol.posting import BEGAN, Program, row
from tests.wandb_protocol.speaking import Speaking

STATUS = """query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) { id name entity { id name }
    bucket(name: $name, missingOk: true) {
      id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail config
      tags notes wandbConfig(keys: ["t"]) } } }"""


def status(client: Speaking, run_id: str = "run1") -> dict[str, Any]:
    found: dict[str, Any] = client.data(STATUS, project="p", name=run_id)["model"]
    return found


def test_a_run_that_is_not_there_is_null_in_a_project_that_is_there(tmp_path: Path) -> None:
    found = status(Speaking(tmp_path))
    assert (found["name"], found["entity"]["name"], found["bucket"]) == ("p", "belvedere", None)


def test_a_run_tells_where_it_stands(tmp_path: Path) -> None:
    program = Program(Speaking(tmp_path))
    program.arrive(displayName="x", tags=["a"], notes="n", config={"lr": 0.1}, raw={"t": {"1": [1]}, "m": []})
    program.post(0, [row(0, loss=2.5), row(4, loss=math.nan, nested={"a": 1})])
    program.console(0, "2026-11-20T20:51:26 one", "2026-11-20T20:51:27 two")
    program.summary({"loss": math.nan, "nested": {"a": 1}, "best": 2, "_step": 4})
    found = status(program.client)["bucket"]
    names = ("name", "displayName", "tags", "notes", "historyLineCount", "logLineCount")
    assert {key: found[key] for key in names} == {
        "name": "run1", "displayName": "x", "tags": ["a"], "notes": "n", "historyLineCount": 5, "logLineCount": 2,
    }  # fmt: skip
    (last,) = map(json.loads, json.loads(found["historyTail"]))
    assert math.isnan(last.pop("loss"))
    assert last == {"_runtime": 4.0, "nested": {"a": 1.0}, "_step": 4, "_timestamp": BEGAN + 4}
    assert json.loads(found["config"]) == {"lr": {"value": 0.1}, "_wandb": {"value": {"t": {"1": [1]}, "m": []}}}
    assert json.loads(found["wandbConfig"])["t"] == {"1": [1]}
    summary = json.loads(found["summaryMetrics"])
    assert math.isnan(summary.pop("loss"))
    assert (summary["best"], summary["nested"], summary["_step"]) == (2, {"a": 1}, 4)


def test_a_run_without_rows_begins_at_step_zero(tmp_path: Path) -> None:
    program = Program(Speaking(tmp_path))
    program.arrive(raw={"t": {}})
    found = status(program.client)["bucket"]
    assert (found["historyLineCount"], found["historyTail"], found["eventsTail"]) == (0, "[]", "[]")


def test_what_was_measured_before_the_first_row_is_no_row(tmp_path: Path) -> None:
    """A client that died then and comes again begins at step 0 all the same."""
    client = Speaking(tmp_path)
    program = Program(client)
    program.arrive(raw={"t": {}})
    measured = json.dumps({"_wandb": True, "_timestamp": BEGAN, "_runtime": 1, "system.cpu": 2.5})
    client.stream({"files": {"wandb-events.jsonl": {"offset": 0, "content": [measured]}}})
    assert client.desk.shelves.run(("p", "run1")).steps == 1
    found = status(client)["bucket"]
    assert (found["historyLineCount"], found["historyTail"], found["summaryMetrics"]) == (0, "[]", "{}")
