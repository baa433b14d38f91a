"""`wandb.errors`: W&B's names for what can go wrong."""

from belvedere.core.errors import BelvedereError, UsageError

Error = WandbError = CommError = BelvedereError  # scripts catch CommError when a run or an artifact is not there


class ConfigError(BelvedereError):
    """Never raised: a config may change; for scripts that catch it."""


class AuthenticationError(BelvedereError):
    """Never raised: nobody has to log in."""


class UnsupportedError(UsageError):
    """Never raised; for scripts that catch it."""


class WaitTimeoutError(BelvedereError):
    """Never raised; for scripts that catch it."""


class ArtifactNotLoggedError(UsageError):
    """Never raised; for scripts that catch it."""


__all__ = [
    "ArtifactNotLoggedError", "AuthenticationError", "CommError", "ConfigError", "Error", "UnsupportedError",
    "UsageError", "WaitTimeoutError", "WandbError",
]  # fmt: skip
