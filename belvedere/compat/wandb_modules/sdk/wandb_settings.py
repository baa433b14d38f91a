"""`from belvedere.sdk.wandb_settings import …`."""

from belvedere.compat.wandb_sdk import *  # noqa: F403
