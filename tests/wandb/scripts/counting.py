"""Logs `steps` rows of ten scalars, `rate` a second (0: as fast as it can)."""

import sys
import time

import wandb

run_id, steps, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
run = wandb.init(project="counting", id=run_id)
for step in range(steps):
    run.log({f"value/{i}": step * 10 + i for i in range(10)})
    if rate:
        time.sleep(1 / rate)
print("logged", flush=True)
run.finish()
