"""`from belvedere.data_types import Table`."""

from belvedere.compat.wandb_data_types import *  # noqa: F403
