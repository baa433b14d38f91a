"""Trains until somebody stops it."""

import sys
import time

import wandb
from wandb.sdk.lib.run_stopping import RunStopChecker

RunStopChecker.__init__.__kwdefaults__["poll_interval"] = 0.5  # seconds; it comes as 15

with wandb.init(project="stop", id=sys.argv[1]) as run:
    print("began", flush=True)
    for step in range(20_000):
        run.log({"loss": 1 / (step + 1)})
        time.sleep(0.02)
