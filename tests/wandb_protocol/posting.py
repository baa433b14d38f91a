"""A program that logs to a run, as W&B's client speaks for it: upserts, posts by line number, an end."""

import json
from collections.abc import Sequence
from typing import Any

from belvedere.store.run import Run
from tests.wandb_protocol.speaking import Speaking

BEGAN = 1_700_000_000.0
UPSERT = """mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String, $groupName: String,
    $displayName: String, $notes: String, $commit: String, $config: JSONString, $host: String, $program: String,
    $jobType: String, $state: String, $sweep: String, $tags: [String!], $summaryMetrics: JSONString) {
  upsertBucket(input: {id: $id, name: $name, modelName: $project, entityName: $entity, groupName: $groupName,
      displayName: $displayName, notes: $notes, commit: $commit, config: $config, host: $host, jobProgram: $program,
      jobType: $jobType, state: $state, sweep: $sweep, tags: $tags, summaryMetrics: $summaryMetrics}) {
    bucket { id name displayName config sweepName historyLineCount project { id name entity { id name } } }
    inserted
  }
}"""
HISTORY, SYSTEM, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"


def row(step: int, time: float = BEGAN, **values: object) -> str:
    """A line of the history, logged `step` seconds after `time`."""
    return json.dumps({**values, "_step": step, "_runtime": float(step), "_timestamp": time + step})


def rows(first: int, last: int, time: float = BEGAN) -> list[str]:
    """Lines with loss = step, from one step to another, both included."""
    return [row(step, time, loss=float(step)) for step in range(first, last + 1)]


def system(second: int, time: float = BEGAN) -> str:
    """A line of system metrics."""
    return json.dumps({"_wandb": True, "_timestamp": time + second, "_runtime": float(second), "system.cpu": 7.5})


class Program:
    """Something that logs to p/run1."""

    def __init__(self, client: Speaking, run_id: str = "run1") -> None:
        self.client, self.run_id = client, run_id

    def upsert(self, *, raw: dict[str, Any] | None = None, config: dict[str, Any] | None = None, **given: Any) -> Any:
        """One upsertBucket; the config as the client packs it, `raw` being its `_wandb`."""
        if config is not None or raw is not None:
            packed = {key: {"value": value} for key, value in (config or {}).items()}
            given["config"] = json.dumps(packed | ({"_wandb": {"value": raw}} if raw is not None else {}))
        return self.client.data(UPSERT, name=self.run_id, project="p", **given)["upsertBucket"]

    def arrive(self, **given: Any) -> Any:
        """What a program says first: where it runs."""
        return self.upsert(host="node-7", program="train.py", **given)

    def post(
        self, offset: int = 0, history: Sequence[str] = (), *, files: dict[str, Any] | None = None, **body: Any
    ) -> Any:  # fmt: skip
        """One post with lines of the history from line `offset` on, and whatever else; what is answered."""
        streams = dict(files or {})
        if history:
            streams[HISTORY] = {"offset": offset, "content": list(history)}
        answer = self.client.stream({"files": streams, **body}, self.run_id)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def summary(self, told: dict[str, Any], **body: Any) -> None:
        """A post of the summary."""
        self.post(files={SUMMARY: {"offset": 0, "content": [json.dumps(told)]}}, **body)

    def console(self, offset: int, *lines: str) -> None:
        """A post of lines of the console."""
        self.post(files={CONSOLE: {"offset": offset, "content": list(lines)}})

    def end(self, exit_code: int = 0) -> None:
        """The last post."""
        self.post(complete=True, exitcode=exit_code)

    @property
    def run(self) -> Run:
        return self.client.desk.shelves.run(("p", self.run_id))

    def steps(self, key: str = "loss") -> list[int]:
        """The steps of a series as readers see them."""
        found: list[int] = self.run.series(key).steps.tolist()
        return found


def restarted(client: Speaking) -> Speaking:
    """The same server, killed and started again."""
    return Speaking(client.root)
