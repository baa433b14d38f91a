"""`from belvedere.errors import CommError`, as scripts say `from wandb.errors import CommError`."""

from belvedere.compat.wandb_errors import *  # noqa: F403
