"""What the captures share that a user calls inside the training loop: the run they write to, and where errors go."""

from collections.abc import Callable, Sequence, Set
from numbers import Integral, Real
from types import TracebackType

import torch

from belvedere.core.errors import UsageError
from belvedere.record.deferred import Arrays
from belvedere.record.guard import ANY_ERROR, Guarded, described
from belvedere.record.run import Run
from belvedere.record.session import current_or_none


def chosen_run(run: Run | None) -> Run | None:
    """The run given, or the current one; None when there is neither: a capture then only answers."""
    if run is not None and not isinstance(run, Run):
        raise UsageError(f"run={run!r} is no run; pass what belvedere.init() gave, or leave it out for the current one")
    return current_or_none() if run is None else run


def needed_run(run: Run | None, doing: str) -> Run:
    """The run given, or the current one; UsageError when there is neither."""
    found = chosen_run(run)
    if found is None:
        raise UsageError(f"{doing} has no run to write to; call belvedere.init(project=…) first, or pass run=")
    return found


def needed_module(model: object, doing: str) -> torch.nn.Module:
    """The model when it is one; else UsageError."""
    if not isinstance(model, torch.nn.Module):
        raise UsageError(f"{doing} takes a torch module, got {type(model).__name__}; pass the model that is trained")
    return model


def is_whole(value: object) -> bool:
    """Whether it is a whole number, of Python or of numpy; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def numbers_of(given: object) -> list[float] | None:
    """The members of a list, tuple, range, set, array or tensor; None when it is none of them or holds other things."""
    found: object = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(found, Sequence | Set) or not all(isinstance(one, Real) for one in found):
        return None
    return [float(one) for one in found]


def whole_numbers_of(given: object) -> list[int] | None:
    """The same for whole numbers; None also when one of them is not whole."""
    found = numbers_of(given)
    return None if found is None or not all(one.is_integer() for one in found) else [int(one) for one in found]


def step_of(run: Run, step: int | None) -> int:
    """The step given, or the one that the run's next `log` belongs to."""
    return run.step if step is None else step


class Sheltered:
    """`with Sheltered(run, "capture()"):` what fails inside is one warning and the training goes on.

    A wrong argument (UsageError) is the caller's and is raised; without a run there is nobody to warn, so all is.
    """

    def __init__(self, run: Guarded | None, doing: str) -> None:
        self._run, self._doing = run, doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._run is None or not isinstance(error, ANY_ERROR) or isinstance(error, UsageError):
            return False
        self._run._guard.caught(error, self._doing)
        return True


def send(run: Run, doing: str, tensors: Sequence[torch.Tensor], then: Callable[[Arrays], None]) -> None:
    """Copy tensors to host memory without waiting for their device; `then` gets the arrays, on any thread."""

    def arrived(arrays: Arrays) -> None:
        try:
            then(arrays)
        except ANY_ERROR as error:  # on the thread that found the values: nothing may leave it
            run._guard.tell_later(f"{doing} was not recorded: {described(error)}")

    try:
        is_under_way = run._deferred.put_then(list(tensors), arrived)
    except UsageError as error:  # a CUDA graph is being captured: no argument of the caller is wrong
        run._guard.caught(error, doing)
        return
    if not is_under_way:
        run._guard.tell(f"the device is too far behind: {doing} was dropped; capture less often", kind="capture")
