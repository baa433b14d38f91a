"""`belvedere.sdk`: the classes of type hints."""

from belvedere.compat.wandb_sdk import *  # noqa: F403
