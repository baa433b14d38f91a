"""Cancels a sweep while its agent works on it, as `wandb sweep --cancel` does; prints what became of it as JSON."""

import json
import queue
import threading
import time

import wandb
from wandb.agents import pyagent
from wandb.apis.public.sweeps import _set_sweep_state  # what the command calls

PROJECT = "cancelled"
pyagent.Agent.HEARTBEAT_SLEEP_SECONDS = 0.3
PATIENCE_SECONDS = 0.3  # of an agent without a job; it comes as 5, twice
began = threading.Event()


class Impatient(queue.Queue):
    def get(self, block=True, timeout=None):
        return super().get(block, PATIENCE_SECONDS)


pyagent.queue.Queue = Impatient


def train():
    with wandb.init() as run:
        for step in range(8000):
            run.log({"loss": run.config["lr"] / (step + 1)})
            time.sleep(0.05)
            if step == 10:
                began.set()


def cancel(sweep_id):
    began.wait()
    _set_sweep_state(wandb.Api(), sweep=sweep_id, state="CANCELED", entity="belvedere", project=PROJECT)


sweep_id = wandb.sweep({"method": "grid", "parameters": {"lr": {"values": [0.1, 0.2, 0.3]}}}, project=PROJECT)
threading.Thread(target=cancel, args=[sweep_id]).start()
wandb.agent(sweep_id, function=train, project=PROJECT)
sweep = wandb.Api().sweep(f"{PROJECT}/{sweep_id}")
print(json.dumps({"state": sweep.state, "runs": [[run.state, run.config["lr"]] for run in sweep.runs]}))
