"""The recorder never breaks training: what goes wrong inside becomes one warning that points at the user's line.

This is the only module that catches everything. With strict=True the error is raised as RecordingError instead. A
program run with warnings as errors (python -W error) gets them as errors too: it asked for them.
"""

import functools
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Protocol, TypeVar, cast

from belvedere.core.errors import BelvedereError, RecordingError

ANY_ERROR = Exception  # what `Run.log` catches; KeyboardInterrupt and SystemExit pass through
PACKAGE = str(Path(__file__).resolve().parent.parent)
PLACES_MAX = 1000  # lines remembered as warned about
UNKNOWN_PLACE = ("<belvedere>", 0)


class RecordingWarning(UserWarning):
    """Something was not recorded as asked; training goes on."""


class Guard:
    """Turns errors of one run into warnings, once for each line of the user and each kind of trouble."""

    def __init__(self, *, is_strict: bool = False) -> None:
        self.is_strict = is_strict
        self._told: set[tuple[str, int, str]] = set()
        self._lock = threading.Lock()

    def caught(self, error: BaseException, doing: str) -> None:
        """Report an error that was caught while `doing` something."""
        text = str(error) if isinstance(error, RecordingError) else f"{doing} failed: {described(error)}"
        self.tell(text, kind=f"{doing} {type(error).__name__}", cause=error)

    def tell(self, text: str, *, kind: str, cause: BaseException | None = None) -> None:
        """Warn about trouble of a `kind`, once for each line it comes from; raise RecordingError when strict."""
        if self.is_strict:
            raise RecordingError(text) from cause
        filename, line = user_line()
        with self._lock:
            if (filename, line, kind) in self._told or len(self._told) >= PLACES_MAX:
                return
            self._told.add((filename, line, kind))
        _warn(text, filename, line)

    def tell_later(self, text: str) -> None:
        """Warn from a place that holds the log's lock: nothing may be written or raised there, so a thread does it."""
        threading.Thread(target=_warn, args=(text, *user_line()), name="belvedere warning", daemon=True).start()


class Guarded(Protocol):
    """What has a guard."""

    _guard: Guard


Method = TypeVar("Method", bound=Callable[..., None])


def guarded(method: Method) -> Method:
    """A method whose errors are reported and do not leave it."""

    @functools.wraps(method)
    def call(self: Guarded, *args: object, **kwargs: object) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self._guard.caught(error, f"{method.__name__}()")

    return cast(Method, call)


def in_background(work: Callable[[], None], doing: str) -> threading.Thread:
    """A started daemon thread whose errors are warned about, and end only the thread."""

    def run() -> None:
        try:
            work()
        except Exception as error:
            _warn(f"{doing} stopped: {described(error)}", *UNKNOWN_PLACE)

    thread = threading.Thread(target=run, name=f"belvedere {doing}", daemon=True)
    thread.start()
    return thread


def user_line() -> tuple[str, int]:
    """File and line of the nearest caller outside this package; a thread of ours has none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != threading.__file__:
        filename = frame.f_code.co_filename
        if not filename.startswith(PACKAGE) or "recipes" in filename[len(PACKAGE) :]:
            return filename, frame.f_lineno
        frame = frame.f_back
    return UNKNOWN_PLACE


def _warn(text: str, filename: str, line: int) -> None:
    warnings.warn_explicit(text, RecordingWarning, filename, line, registry={})


def described(error: BaseException) -> str:
    """An error in one line: our own ones speak for themselves, others need their type."""
    if isinstance(error, BelvedereError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
