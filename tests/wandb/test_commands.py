"""Our commands on runs that were logged with wandb, without being told anything; and wandb's commands on ours."""

import json
import os
import subprocess
import sys

from tests.wandb.real import Client, Server

TRAIN = """
import math, wandb
for run_id, rate in (("good", 1e-3), ("bad", 10.0)):
    with wandb.init(project="commands", id=run_id, name=f"the {run_id} one", config={"lr": rate}) as run:
        for step in range(300):
            is_lost = run_id == "bad" and step >= 200
            loss = float("nan") if is_lost else 0.5 + 3 / (step + 1) + 0.01 * math.sin(step)
            run.log({"train/loss": loss, "train/lr": rate})
"""


def belvedere(server: Server, *words: str, code: int = 0) -> str:
    """What our command line printed."""
    command = [sys.executable, "-m", "belvedere", *words]
    environment = {**os.environ, "BELVEDERE_DIR": str(server.root)}
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_our_commands_know_runs_of_wandb_and_its_commands_ours(shared: Server, shared_client: Client) -> None:
    shared_client.run(TRAIN, WANDB_SILENT="true")
    listed = json.loads(belvedere(shared, "ls", "--json", "--project", "commands"))
    assert {run["id"]: (run["name"], run["state"], run["steps"]) for run in listed} == {
        "good": ("the good one", "finished", 300), "bad": ("the bad one", "finished", 300)
    }  # fmt: skip
    shown = belvedere(shared, "show", "commands/bad").splitlines()
    assert shown[0] == "commands/bad  the bad one" and shown[1].startswith("finished, 300 steps, updated ")
    assert ["train/loss", "scalar", "300", "NaN", "299"] in [line.split() for line in shown]
    assert shown[-1].endswith(" more of the machine, or hidden: add --all")
    assert belvedere(shared, "doctor", "commands/good") == "Nothing found.\n"
    found = belvedere(shared, "doctor", "commands/bad", "--fail-on", "critical", code=1)
    assert "critical: train/loss is NaN at step 200 (nan_loss, steps 200 to 299)" in found
    figure = shared_client.folder / "loss.json"
    belvedere(shared, "figure", "commands/good", "loss_curves", "-o", str(figure))
    drawn = json.loads(figure.read_text())["data"]
    assert {trace["name"] for trace in drawn} >= {"train/loss"}, drawn
    shared_client.wandb("pull", "--project", "commands", "--entity", "belvedere", "good")
    summary = json.loads((shared_client.folder / "wandb-summary.json").read_text())
    assert summary["train/lr"] == 1e-3
    told = belvedere(shared, "doctor", "--server", shared.url)
    assert told == "Every question of every client was understood, and no run is damaged.\n"
