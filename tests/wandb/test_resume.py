"""Runs that are taken up again: resumed, begun anew, rewound, forked, and after a crash."""

import json

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script

SEEN = {
    "new, allowed": [0, False],
    "allowed": [3, True],
    "must": [5, True],
    "never": [0, False],
    "again": [0, False],
    "rewound": [4, False],
    "forked": [2, False],
    "rows": {
        "kept": [[0, 9], [1, 8], [2, 7], [3, 6], [4, 3.5], [5, 2.5]],
        "fresh": [[0, 1]],
        "again": [[0, 10], [1, 20]],
        "fork": [[0, 9], [1, 8], [2, 0.5]],
    },
    "config": {"lr": 2, "old": True},
    "summary": 2.5,
}
CRASHED = """
import os, sys, wandb
run = wandb.init(project="resume", resume="auto")
for step in range(3):
    run.log({"loss": step})
print("run", run.id, run.resumed, flush=True)
if sys.argv[1] == "dies":
    os._exit(3)
run.finish()
"""


def test_a_run_goes_on_where_the_client_wants_it_to(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(script("resume.py"), WANDB_SILENT="true")
    found = json.loads(output.splitlines()[0])
    assert found.pop("must, but is not there").startswith("UsageError: Run (nobody) does not exist")
    assert found.pop("never, but is there").startswith("UsageError: Run (fresh) already exists")
    assert found == SEEN
    store = bv.open(shared.root)
    assert {run.id: len(run.attempts) for run in store.runs(project="resume")} == {
        "kept": 4, "fresh": 1, "again": 2, "fork": 2
    }  # fmt: skip
    for run_id, rows in SEEN["rows"].items():  # type: ignore[attr-defined]
        for key, sign in (("loss", 1), ("deep/value", -1)):
            series = store.run(f"resume/{run_id}").series(key)
            assert series.steps.tolist() == [step for step, _ in rows]
            assert series.values.tolist() == [sign * value for _, value in rows]


def test_a_program_that_died_finds_its_run_again(shared: Server, shared_client: Client) -> None:
    """Its unfinished run is remembered in the folder where it ran. What it had sent by then
    (mostly nothing) stays, and the second program counts on from there."""
    died = shared_client.run(CRASHED, "dies", WANDB_SILENT="true", fails=True)
    lived = shared_client.run(CRASHED, "lives", WANDB_SILENT="true")
    (first, was_first), (second, was_second) = (out.split()[-2:] for out in (died, lived))
    assert (first, was_first, was_second) == (second, "False", "True")
    run = bv.open(shared.root).run(f"resume/{first}")
    assert (run.state, len(run.attempts)) == ("finished", 2)
    series = run.series("loss")
    assert series.values.tolist()[-3:] == [0, 1, 2]
    assert series.steps.tolist() == list(range(len(series)))
