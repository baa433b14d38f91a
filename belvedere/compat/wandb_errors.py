"""`wandb.errors`: W&B's names for what can go wrong."""

from belvedere.core.errors import BelvedereError, ServerUnreachable, UsageError

Error = WandbError = BelvedereError
CommError = ServerUnreachable


class AuthenticationError(ServerUnreachable):
    """Never raised: nobody has to log in."""


class UnsupportedError(UsageError):
    """Never raised; for scripts that catch it."""


class WaitTimeoutError(BelvedereError):
    """Never raised; for scripts that catch it."""


class ArtifactNotLoggedError(UsageError):
    """Never raised; for scripts that catch it."""


__all__ = [
    "ArtifactNotLoggedError", "AuthenticationError", "CommError", "Error", "UnsupportedError", "UsageError",
    "WaitTimeoutError", "WandbError",
]  # fmt: skip
