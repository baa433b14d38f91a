"""`from belvedere.apis.public import Run`: a stored run, as `Api` answers it."""

from belvedere.compat.wandb_api import *  # noqa: F403
