"""`from belvedere.sdk.wandb_config import …`."""

from belvedere.compat.wandb_sdk import *  # noqa: F403
