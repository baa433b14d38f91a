"""`wandb.apis.public`: the classes of `wandb.Api()` by their module."""

from belvedere.compat import wandb_api as public

__all__ = ["public"]
