"""`from belvedere.sdk.wandb_run import …`."""

from belvedere.compat.wandb_sdk import *  # noqa: F403
