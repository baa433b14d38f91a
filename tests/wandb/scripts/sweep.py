"""Makes a sweep, works on it with an agent in this process, and prints what the Api says as one line of JSON.

Arguments: the configuration as JSON, how many runs (0: until the sweep ends).
"""

import json
import sys

import wandb
from wandb.agents import pyagent

pyagent.Agent.HEARTBEAT_SLEEP_SECONDS = 0.3
config, count = json.loads(sys.argv[1]), int(sys.argv[2]) or None
sweep_id = wandb.sweep(config, project="sweeps")
given = []


def train():
    with wandb.init() as run:
        values = dict(run.config)
        given.append(values)
        for step in range(3):
            run.log({"loss": values["lr"] + values["model"]["width"] / (step + 1)})


wandb.agent(sweep_id, function=train, project="sweeps", count=count)
sweep = wandb.Api().sweep(f"sweeps/{sweep_id}")
best = sweep.best_run()
seen = {
    "given": given,
    "state": sweep.state,
    "expected": sweep.expected_run_count,
    "method": sweep.config["method"],
    "runs": len(sweep.runs),
    "states": sorted({run.state for run in sweep.runs}),
    "best": best.config,
    "best loss": best.summary["loss"],
}
print(json.dumps(seen))
