"""Logs without a server, and is killed in the middle when it is told to. Arguments: a run id, "ends" or "dies"."""

import os
import signal
import sys
import time

import wandb

run = wandb.init(project="offline", id=sys.argv[1], config={"lr": 0.5})
print("offline", run.offline)
for step in range(400):
    run.log({"loss": 1 / (step + 1), "histogram": wandb.Histogram([step, step + 1])})
if sys.argv[2] == "dies":
    time.sleep(2.5)  # what was logged is written to the file every second
    os.kill(os.getpid(), signal.SIGKILL)
run.finish()
