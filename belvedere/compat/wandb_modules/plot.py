"""`import belvedere.plot`."""

from belvedere.compat.wandb_plot import *  # noqa: F403
