"""`from belvedere.sdk.wandb_summary import …`."""

from belvedere.compat.wandb_sdk import *  # noqa: F403
