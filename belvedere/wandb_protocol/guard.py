"""The one place where a mistake of ours ends: a 5xx, or a connection cut, would make the client try for hours, and its
user would see a training that hangs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from belvedere.core.errors import BelvedereError

log = logging.getLogger(__name__)


class OurMistake(Exception):
    """Something that nobody expected; its text is the kind, the traceback is in the server's output."""


@contextmanager
def guarded(what: str) -> Iterator[None]:
    """Errors that have a sentence or belong to the disk pass; any other one becomes OurMistake. `what` failed."""
    try:
        yield
    except (BelvedereError, OSError, RecursionError):
        raise
    except Exception as error:
        log.exception("%s failed", what)
        raise OurMistake(type(error).__name__) from error
