"""A cache bounded by bytes: what was used longest ago goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

CACHE_BYTES = 64 << 20
Kept = TypeVar("Kept")


class ByteCache:
    """Decoded columns and parsed indexes. Thread-safe; two threads may make the same thing at once, one copy stays."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self.limit_bytes, self.size_bytes = limit_bytes, 0
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Kept, int]]) -> Kept:
        """What is kept under `key`, or what `make` returns with its size in bytes; a thing beyond the limit is not
        kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]  # type: ignore[return-value]
        made, size = make()
        if size <= self.limit_bytes:
            with self._lock:
                old = self._kept.pop(key, None)
                self._kept[key] = (made, size)
                self.size_bytes += size - (old[1] if old else 0)
                self._shrink()
        return made

    def _shrink(self) -> None:
        while self.size_bytes > self.limit_bytes:
            _, (_, size) = self._kept.popitem(last=False)
            self.size_bytes -= size
