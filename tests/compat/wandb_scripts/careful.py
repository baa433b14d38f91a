# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""A script that is careful about where it runs."""

import os

import wandb
from wandb.apis.public import Run as PublicRun
from wandb.errors import CommError
from wandb.sdk.wandb_run import Run

os.environ["WANDB_SILENT"] = "true"
wandb.setup()
wandb.require("core")
wandb.ensure_configured()
is_main = int(os.environ.get("RANK", 0)) == 0
logger = wandb.init(
    project="careful", dir="logs", mode="online" if is_main else "disabled", force=True, anonymous="never", settings=wandb.Settings(console="off"),
    config={"a": 1, "secret": 2}, config_exclude_keys=["secret"], reinit="finish_previous", save_code=False,
)  # fmt: skip
if wandb.run is not None and is_main:
    wandb.log({"x": 1.0}, step=10, commit=False)
    wandb.log({"y": 2.0}, step=10)
    wandb.log({"x": 3.0}, step=20)
    logger.summary.best = 7
    logger.summary["spread"] = wandb.Histogram([1, 2, 2])
    logger.summary["nested"] = {"a": {"b": 1}}
    assert isinstance(logger, Run) and PublicRun is wandb.apis.public.Run
    assert logger.settings.console == "off" and logger.settings.run_id == logger.id
    assert logger.summary["nested"]["a"]["b"] == 1
again = wandb.init(project="careful", config={"b": 2}, reinit="finish_previous", mode="disabled")
again.log({"nothing": 1})
again.finish()
run = wandb.init(project="other", mode="offline")
try:
    raise wandb.errors.UsageError("told")
except wandb.errors.Error as error:
    print(error)
try:
    wandb.Api().run("nowhere/nothing")
except CommError as error:
    print(error)
try:
    from wandb.keras import WandbMetricsLogger
except ImportError as error:
    assert "set WANDB_BASE_URL" in str(error), error
assert wandb.util.generate_id() != wandb.util.generate_id()
wandb.finish()
wandb.teardown()
