"""`wandb.sdk` and `wandb.wandb_run`: where scripts find the classes of their type hints."""

import sys

from belvedere.compat import wandb_data_types as data_types
from belvedere.record.artifact import Artifact
from belvedere.record.config import Config
from belvedere.record.face import Settings
from belvedere.record.run import Run
from belvedere.record.summary import Summary

wandb_run = wandb_settings = wandb_config = wandb_summary = sys.modules[__name__]

__all__ = [
    "Artifact", "Config", "Run", "Settings", "Summary", "data_types", "wandb_config", "wandb_run", "wandb_settings",
    "wandb_summary",
]  # fmt: skip
