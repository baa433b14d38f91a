"""Logs without a server, and is killed in the middle when it is told to. Arguments: a run id, "ends" or "dies"."""

import os
import signal
import sys
import time
from pathlib import Path

import wandb

WRITTEN_BYTES = 1 << 14  # rows among them: what is logged goes to the file in the background

run = wandb.init(project="offline", id=sys.argv[1], config={"lr": 0.5})
print("offline", run.offline)
for step in range(400):
    run.log({"loss": 1 / (step + 1), "histogram": wandb.Histogram([step, step + 1])})
if sys.argv[2] == "dies":
    (file,) = Path(run.settings.sync_dir).glob("*.wandb")
    while file.stat().st_size < WRITTEN_BYTES:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
run.finish()
