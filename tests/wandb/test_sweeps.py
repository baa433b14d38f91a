"""Sweeps with the real client: an agent in Python, the command line, and an end by hyperband."""

import json
import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import belvedere as bv
from tests.wandb.real import Client, Server
from tests.wandb.test_everything import script

PARAMETERS = {"lr": {"values": [0.1, 0.2]}, "model": {"parameters": {"width": {"values": [3, 6]}}}}
METRIC = {"name": "loss", "goal": "minimize"}
TRAIN = """
import argparse, time, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
lr = parser.parse_args().lr
with wandb.init() as run:
    for step in range(4 if lr < 0.5 else 8000):
        run.log({"loss": lr})
        time.sleep(0.05)
"""
SWEEP = """
program: train.py
method: grid
metric: {name: loss, goal: minimize}
parameters: {lr: {values: [0.1, 0.9]}}
early_terminate: {type: hyperband, min_iter: 2, eta: 2}
"""


def swept(client: Client, config: dict[str, Any], count: int) -> dict[str, Any]:
    output = client.run(script("sweep.py"), json.dumps(config), str(count), WANDB_SILENT="true")
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def test_a_grid_is_worked_on_until_it_ends(shared_client: Client) -> None:
    found = swept(shared_client, {"method": "grid", "metric": METRIC, "parameters": PARAMETERS}, 0)
    everything = [{"lr": lr, "model": {"width": width}} for lr, width in product((0.1, 0.2), (3, 6))]
    assert found == {
        "given": everything, "state": "FINISHED", "expected": 4, "method": "grid", "runs": 4, "states": ["finished"],
        "best": everything[0], "best loss": 1.1,
    }  # fmt: skip


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_search_without_end_gives_as_many_as_the_agent_wants(shared_client: Client, method: str) -> None:
    if method == "bayes":
        pytest.importorskip("optuna")
    parameters = {**PARAMETERS, "lr": {"min": 0.0, "max": 1.0}}
    found = swept(shared_client, {"method": method, "metric": METRIC, "parameters": parameters}, 2)
    assert [found[key] for key in ("state", "expected", "runs", "states")] == ["RUNNING", None, 2, ["finished"]]
    assert all(0 <= one["lr"] <= 1 and one["model"]["width"] in (3, 6) for one in found["given"])
    assert found["given"][0] != found["given"][1]


def test_the_command_line_makes_a_sweep_and_its_agent_ends_runs_that_are_behind(
    shared: Server, shared_client: Client
) -> None:
    client = shared_client
    (client.folder / "train.py").write_text(TRAIN)
    (client.folder / "sweep.yaml").write_text(SWEEP)
    output = client.wandb("sweep", "--project", "lines", "sweep.yaml")
    sweep_id = output.rpartition("wandb agent belvedere/lines/")[2].split()[0]
    path = f"{Path(client.python).parent}{os.pathsep}{os.environ['PATH']}"
    output = client.wandb("agent", f"belvedere/lines/{sweep_id}", PATH=path)
    assert "Agent received command: stop" in output
    runs = bv.open(shared.root).runs(project="lines")
    assert {run.config["lr"]: run.state for run in runs} == {0.1: "finished", 0.9: "stopped"}
    assert "already finished" in client.wandb("sweep", "--stop", f"belvedere/lines/{sweep_id}", fails=True)


def test_a_cancelled_sweep_ends_its_run_too(shared: Server, shared_client: Client) -> None:
    output = shared_client.run(script("sweep_ends.py"), WANDB_SILENT="true")
    assert json.loads(output.splitlines()[-1]) == {"state": "CANCELED", "runs": [["killed", 0.1]]}
    (run,) = bv.open(shared.root).runs(project="cancelled")
    assert run.state == "stopped"
    assert 10 < len(run.series("loss")) < 8000
