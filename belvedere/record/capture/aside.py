"""Work beside the training: forward passes and optimizer steps of a capture, which no watch may take for training."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Depth(threading.local):
    value = 0


_depth = _Depth()


@contextmanager
def aside() -> Iterator[None]:
    """What this thread does inside is no training."""
    _depth.value += 1
    try:
        yield
    finally:
        _depth.value -= 1


def is_aside() -> bool:
    """Whether this thread works beside the training right now."""
    return _depth.value > 0
