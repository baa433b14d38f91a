# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""A script that is careful about where it runs."""

import os

import wandb

os.environ["WANDB_SILENT"] = "true"
wandb.setup()
wandb.require("core")
wandb.ensure_configured()
is_main = int(os.environ.get("RANK", 0)) == 0
logger = wandb.init(
    project="careful", dir="logs", mode="online" if is_main else "disabled", force=True, anonymous="never",
    config={"a": 1, "secret": 2}, config_exclude_keys=["secret"], reinit="finish_previous", save_code=False,
)  # fmt: skip
if wandb.run is not None and is_main:
    wandb.log({"x": 1.0}, step=10, commit=False)
    wandb.log({"y": 2.0}, step=10)
    wandb.log({"x": 3.0}, step=20)
again = wandb.init(project="careful", config={"b": 2}, reinit="finish_previous", mode="disabled")
again.log({"nothing": 1})
again.finish()
run = wandb.init(project="other", mode="offline")
try:
    raise wandb.errors.UsageError("told")
except wandb.errors.Error as error:
    print(error)
assert wandb.util.generate_id() != wandb.util.generate_id()
wandb.finish()
wandb.teardown()
