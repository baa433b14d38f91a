"""`wandb.Api()`: what it finds, in which order, what it reads, and what it changes."""

import json

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script

SEEN = {
    "projects": True,
    "all": ["ada", "bob", "cyd"],
    "newest first": ["cyd", "bob", "ada"],
    "best first": ["cyd", "bob", "ada"],
    "by config": ["cyd", "bob", "ada"],
    "filters": {
        "equal": ["bob"],
        "nested": ["bob", "cyd"],
        "or": ["ada", "cyd"],
        "and": ["ada"],
        "regex": ["ada", "bob"],
        "state": ["ada", "bob", "cyd"],
        "no state": [],
        "group": ["bob", "cyd"],
        "no group": ["ada"],
        "all tags": ["bob"],
        "nothing": [],
    },
    "length and slice": [3, "cyd"],
    "history": [50, ["loss", "only"]],
    "keys": [{"_step": 0, "only": 0}, {"_step": 5, "only": 5}],
    "sampled": 10,
    "one": [49],
    "own axis": {"only": 45, "loss": 0.2 / 46},
    "system": True,
    "scan": [[step, 0.2 / (step + 1)] for step in (10, 11, 12)],
    "scan of keys": {"only": 45, "_step": 45},
    "state": ["finished", "g", 49, "belvedere", "api", "r1"],
    "updated": [
        {"lr": 0.5, "net": {"depth": 1}, "added": [1, None, "two"]},
        ["odd", "new"],
        "later\nwords",
        "robert",
        [1.5],
        0.004,
    ],
    "uploaded": "uploaded later",
    "deleted file": False,
    "deleted": "CommError: Could not find run <Run belvedere/api/r0 (not found)>",
    "left": ["robert", "cyd"],
    "lists of services": [[], [], []],
    "queue": "input: launch queues and jobs are not served by Belvedere; start runs with `wandb agent`, or by hand",
}


def test_the_api_finds_reads_changes_and_deletes(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(script("api.py"), WANDB_SILENT="true")
    assert json.loads(output.splitlines()[-1]) == SEEN
    runs = {run.id: run for run in bv.open(shared.root).runs(project="api")}
    assert sorted(runs) == ["r1", "r2"]
    run = runs["r1"]
    assert (run.name, run.notes, sorted(run.tags)) == ("robert", "later\nwords", ["new", "odd"])
    assert run.config == {"lr": 0.5, "net": {"depth": 1}, "added": [1, None, "two"]}
    assert run.series("loss").values.tolist() == [0.2 / (step + 1) for step in range(50)]
    assert run.state == "finished"
    assert "up.txt" not in {file.path for file in run.files}
