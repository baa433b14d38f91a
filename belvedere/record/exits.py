"""How this process ends: what an exception, sys.exit or Ctrl-C means for its runs."""

import atexit
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, TypedDict


class Ending(TypedDict):
    """Arguments of `Run.finish`."""

    exit_code: int
    state: str
    message: str


INTERRUPTED = 130  # the exit code of a shell's child after Ctrl-C


def ending_of(error: BaseException | None) -> Ending:
    """The end that an exception means: none is finished, Ctrl-C is stopped, sys.exit counts by its code."""
    if error is None:
        return Ending(exit_code=0, state="finished", message="")
    if isinstance(error, KeyboardInterrupt):
        return Ending(exit_code=INTERRUPTED, state="stopped", message="interrupted from the keyboard")
    if isinstance(error, SystemExit):
        return ending_of_code(error.code)
    return Ending(exit_code=1, state="failed", message=f"{type(error).__name__}: {error}")


def ending_of_code(code: object) -> Ending:
    """The end that sys.exit(code) means."""
    if code is None or code == 0:
        return Ending(exit_code=0, state="finished", message="")
    number = code if isinstance(code, int) else 1
    message = f"sys.exit({code!r})" if isinstance(code, int) else str(code)
    state = "stopped" if number == INTERRUPTED else "failed"
    return Ending(exit_code=number, state=state, message=message)


class Exits:
    """Notes how the process ends and calls `at_end` once, at exit, with that ending."""

    def __init__(self, at_end: Callable[[Ending], None]) -> None:
        self._at_end = at_end
        self._ending = ending_of(None)
        self._before_hook, self._before_exit = sys.excepthook, sys.exit
        self._pid = os.getpid()
        sys.excepthook = self._on_exception
        sys.exit = self._on_exit
        atexit.register(self._finish)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._ending = ending_of(error)
        self._before_hook(kind, error, trace)

    def _on_exit(self, code: object = None) -> NoReturn:
        self._ending = ending_of_code(code)
        self._before_exit(code)  # type: ignore[arg-type]
        raise SystemExit(code)  # never reached: sys.exit raises

    def _finish(self) -> None:
        self._at_end(self._ending)
