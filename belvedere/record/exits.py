"""How this process ends: what an exception, sys.exit or Ctrl-C means for its runs."""

import atexit
import builtins
import sys
import threading
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
    """Notes how the process ends and calls `at_end` once, at exit, with that ending.

    Nothing tells of a bare `raise SystemExit(3)` that nobody catches; a run used as a context manager sees it."""

    def __init__(self, at_end: Callable[[Ending], None]) -> None:
        self._at_end = at_end
        self._ending = ending_of(None)
        self._before_hook, self._before_exit = sys.excepthook, sys.exit
        sys.excepthook = self._on_exception
        sys.exit = self._on_exit
        for name in ("exit", "quit"):  # site's; they raise SystemExit themselves
            if hasattr(builtins, name):
                setattr(builtins, name, _Quitter(self._on_exit, getattr(builtins, name)))
        atexit.register(self._finish)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._ending = ending_of(error)
        self._before_hook(kind, error, trace)

    def _on_exit(self, code: object = None) -> NoReturn:
        if threading.current_thread() is not threading.main_thread():  # ends that thread, not the process
            self._before_exit(code)  # type: ignore[arg-type]
        try:
            self._before_exit(code)  # type: ignore[arg-type]
        except SystemExit as error:
            leaving = Leaving(*error.args)
            leaving.is_last = self._note
            raise leaving from None
        raise SystemExit(code)  # never reached: sys.exit raises

    def _note(self, code: object) -> None:
        self._ending = ending_of_code(code)

    def _finish(self) -> None:
        self._at_end(self._ending)


class Leaving(SystemExit):
    """What `sys.exit` raises. Whoever catches it goes on; only the interpreter, on its way out, reads `code` with no
    Python function running, and that is told to `is_last`."""

    is_last: Callable[[object], None] = staticmethod(lambda code: None)

    @property
    def code(self) -> object:  # type: ignore[override]
        found: object = super().code
        try:
            sys._getframe(1)
        except ValueError:
            self.is_last(found)
        return found

    def __reduce__(self) -> tuple[type[SystemExit], tuple[object, ...]]:
        return SystemExit, self.args  # from a worker process it arrives as what it stands for


Leaving.__name__, Leaving.__qualname__, Leaving.__module__ = "SystemExit", "SystemExit", "builtins"


class _Quitter:
    """`exit` and `quit`, which print how to leave when they are shown."""

    def __init__(self, leave: Callable[[object], NoReturn], before: object) -> None:
        self._leave, self._before = leave, before

    def __call__(self, code: object = None) -> NoReturn:
        self._leave(code)

    def __repr__(self) -> str:
        return repr(self._before)
